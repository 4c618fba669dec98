//! Whatever a KDC sends, the answer is a step.

use kdclab_client::{ClientConfig, ClientError, Step, TgsParameters};
use kdclab_proto::messages::{EncAsRepPart, EncTgsRepPart, MethodData};
use kdclab_proto::{ErrorCode, KeyUsage};
use proptest::prelude::*;

use crate::support::*;

fn configs() -> impl Strategy<Value = ClientConfig> {
    prop_oneof![
        Just(ClientConfig::mit(REALM)),
        Just(ClientConfig::java(REALM)),
        Just(ClientConfig::windows(REALM)),
    ]
}

/// Sets one octet of `bytes`.
fn mutate(mut bytes: Vec<u8>, (place, value): (prop::sample::Index, u8)) -> Vec<u8> {
    let place = place.index(bytes.len());
    bytes[place] = value;
    bytes
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, u8)> {
    any::<(prop::sample::Index, u8)>()
}

proptest! {
    #[test]
    fn any_bytes_in_an_as_exchange(config in configs(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut run = password_login(&config);
        let step = run.answer(&bytes);
        prop_assert!(matches!(step, Step::Failed(_)));
    }

    #[test]
    fn any_bytes_in_a_tgs_exchange(config in configs(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut run = TgsRun::start(&config, TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE")));
        prop_assert!(matches!(run.answer(&bytes), Step::Failed(_)));
    }

    #[test]
    fn a_changed_octet_of_an_as_rep(config in configs(), mutation in mutation()) {
        let mut run = password_login(&config);
        let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
        let _ = run.answer(&mutate(reply, mutation));
    }

    #[test]
    fn a_changed_octet_of_a_tgs_rep(config in configs(), mutation in mutation()) {
        let mut run = TgsRun::start(&config, TgsParameters::service(principal("host/srv")));
        let reply = run.seal(run.parts());
        let _ = run.answer(&mutate(reply, mutation));
    }

    #[test]
    fn a_changed_octet_of_a_krb_error(config in configs(), mutation in mutation()) {
        let mut run = password_login(&config);
        let _ = run.answer(&mutate(usual_preauth_required().encode(), mutation));
    }

    #[test]
    fn a_changed_octet_of_method_data(config in configs(), mutation in mutation()) {
        let mut refusal = usual_preauth_required();
        refusal.e_data = refusal.e_data.map(|data| mutate(data, mutation));
        let mut run = password_login(&config);
        let _ = run.answer(&refusal.encode());
    }

    #[test]
    fn a_changed_octet_inside_the_encrypted_part(config in configs(), mutation in mutation()) {
        let mut run = password_login(&config);
        let mut whole = parts(&run.request(), &alice(), INITIAL);
        let plain = mutate(EncAsRepPart(whole.enc_part.clone()).encode(), mutation);
        whole.rep.msg_type = 11;
        whole.rep.enc_part.cipher = alice_key(AES256).encrypt(KeyUsage::AS_REP, &mut rng(), &plain);
        let _ = run.answer(&kdclab_proto::messages::AsRep(whole.rep).encode());

        let mut run = TgsRun::start(&config, TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE")));
        let mut whole = run.parts();
        let plain = mutate(EncTgsRepPart(whole.enc_part.clone()).encode(), mutation);
        whole.rep.msg_type = 13;
        whole.rep.enc_part.cipher =
            session_key().encrypt(KeyUsage::TGS_REP_SESSION_KEY, &mut rng(), &plain);
        let _ = run.answer(&kdclab_proto::messages::TgsRep(whole.rep).encode());
    }

    #[test]
    fn any_error_code_ends_or_continues(config in configs(), code in any::<i32>(), data in prop::option::of(prop::collection::vec(any::<u8>(), 0..40))) {
        let mut run = password_login(&config);
        let refusal = kdclab_proto::messages::KrbError { e_data: data, ..error(ErrorCode(code)) };
        let _ = run.answer(&refusal.encode());
    }
}

#[test]
fn every_truncation_of_an_as_rep_fails() {
    let run = password_login(&ClientConfig::mit(REALM));
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
    for length in 0..reply.len() {
        let mut run = password_login(&ClientConfig::mit(REALM));
        let error = failed(run.answer(&reply[..length]));
        assert!(
            matches!(error, ClientError::UndecodableReply { .. }),
            "{length}"
        );
    }
}

#[test]
fn extreme_times_do_not_overflow() {
    let config = ClientConfig::mit(REALM);
    for time in [
        kdclab_proto::KerberosTime::MIN,
        kdclab_proto::KerberosTime::MAX,
    ] {
        let mut run = password_login(&config);
        let mut refusal = usual_preauth_required();
        refusal.stime = time;
        refusal.susec = i32::MIN;
        run.continue_with(&refusal);
        let mut run = password_login(&config);
        let mut parts = parts(&run.request(), &alice(), INITIAL);
        parts.enc_part.authtime = time;
        done(run.answer(&parts.seal_as(&alice_key(AES256))));
    }
}

#[test]
fn empty_method_data_offers_no_mechanism() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let refusal = kdclab_proto::messages::KrbError {
        e_data: Some(MethodData(Vec::new()).encode()),
        ..error(ErrorCode::KDC_ERR_PREAUTH_REQUIRED)
    };
    assert_eq!(
        failed(run.answer(&refusal.encode())),
        ClientError::NoPreauthMechanism {
            offered: Vec::new()
        }
    );
}
