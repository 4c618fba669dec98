use std::time::Duration;

use kdclab_client::{
    AsExchange, AsParameters, ClientConfig, ClientError, Exchange, KdcUnreachable, SecretKind, Step,
};
use kdclab_proto::messages::{EncryptedData, KdcOptions, PaEncTsEnc, PadataType, TicketFlags};
use kdclab_proto::{
    Enctype, ErrorCode, KerberosTime, KeyUsage, Keytab, KeytabEntry, LibraryError, PrincipalName,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::support::*;

/// The first request of `kinit alice` of MIT 1.20.1.
const MIT_KINIT: &str = "6a81b03081ada103020105a20302010aa31a3018300aa10402020096a2020400300aa10402020095a2020400\
a48184308181a00703050000000010a1123010a003020101a10930071b05616c696365a20b1b094c41422e4c4f43414ca31e301ca00302\
0102a11530131b066b72627467741b094c41422e4c4f43414ca511180f32303236313132343039323432395aa70602047ffd66caa81a30\
1802011202011102011402011302011002011702011902011a";

#[test]
fn first_request_of_kinit_byte_for_byte() {
    let config = ClientConfig::mit("LAB.LOCAL");
    let client = principal("alice@LAB.LOCAL");
    let now: KerberosTime = "2026-11-23T09:24:29Z".parse().unwrap();
    let (_, step) = AsExchange::start(
        &config,
        AsParameters::password(client, "pw"),
        now.timestamp(),
        &mut Fixed(0xfffd_66ca),
    );
    let (_, bytes) = sent(step);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, MIT_KINIT);
}

#[test]
fn section_3_1_1_request_follows_the_parameters() {
    let config = ClientConfig::mit(REALM);
    let mut parameters = AsParameters::password(alice(), PASSWORD);
    parameters.forwardable = Some(true);
    parameters.proxiable = Some(true);
    parameters.canonicalize = Some(true);
    parameters.ticket_lifetime = Some(Duration::from_secs(600));
    parameters.renew_lifetime = Some(Duration::from_secs(7200));
    parameters.service = Some(PrincipalName::parse("kadmin/changepw").unwrap());
    parameters.include_pac = Some(false);
    let run = AsRun::start(&config, parameters);
    let request = run.request();
    let body = request.req_body();
    assert_eq!(
        body.kdc_options,
        KdcOptions::FORWARDABLE
            | KdcOptions::PROXIABLE
            | KdcOptions::CANONICALIZE
            | KdcOptions::RENEWABLE
    );
    assert_eq!(body.till, after(600).time());
    assert_eq!(body.rtime, Some(after(7200).time()));
    assert_eq!(body.from, None);
    assert_eq!(body.sname.as_ref().unwrap().to_string(), "kadmin/changepw");
    assert_eq!(run.realm, REALM.into());
    assert_eq!(padata_types(&request), [150, 149, 128]);
}

#[test]
fn section_3_1_1_renewable_life_is_not_shorter_than_life() {
    let mut parameters = AsParameters::password(alice(), PASSWORD);
    parameters.ticket_lifetime = Some(Duration::from_secs(600));
    parameters.renew_lifetime = Some(Duration::from_secs(60));
    let request = AsRun::start(&ClientConfig::mit(REALM), parameters).request();
    assert_eq!(request.req_body().rtime, Some(after(600).time()));
}

#[test]
fn section_2_4_postdated_request() {
    let mut parameters = AsParameters::password(alice(), PASSWORD);
    parameters.postdate = Some(Duration::from_secs(3600));
    parameters.ticket_lifetime = Some(Duration::from_secs(600));
    let request = AsRun::start(&ClientConfig::mit(REALM), parameters).request();
    let body = request.req_body();
    assert!(
        body.kdc_options
            .contains(KdcOptions::ALLOW_POSTDATE | KdcOptions::POSTDATED)
    );
    assert_eq!(body.from, Some(after(3600).time()));
    assert_eq!(body.till, after(4200).time());
}

#[test]
fn section_3_1_5_reply_makes_a_credential() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let mut parts = parts(&run.request(), &alice(), INITIAL);
    parts.enc_part.renew_till = None;
    parts.enc_part.key_expiration = Some(after(5).time());
    let outcome = done(run.answer(&parts.seal_as(&alice_key(AES256))));
    let credential = outcome.credential;
    assert_eq!(credential.client, alice());
    assert_eq!(credential.server, principal("krbtgt/LAB.EXAMPLE"));
    assert_eq!(credential.session_key, session_key());
    assert_eq!(credential.flags, INITIAL);
    assert_eq!(credential.endtime, after(86_400).time());
    assert_eq!(outcome.preauth_type, None);
    assert_eq!(outcome.key_expiration, Some(after(5).time()));
}

#[test]
fn section_3_1_5_wrong_password_without_preauth_fails_locally() {
    let config = ClientConfig::mit(REALM);
    let mut run = AsRun::start(&config, AsParameters::password(alice(), "wrong"));
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
    let error = failed(run.answer(&reply));
    assert_eq!(
        error,
        ClientError::UndecryptableReply {
            exchange: Exchange::As,
            enctype: AES256
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_353));
}

#[test]
fn section_5_2_7_2_enc_timestamp_holds_the_clock() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&usual_preauth_required());
    assert_eq!(padata_types(&request), [2, 150, 149]);
    let data = EncryptedData::decode(request.padata(PadataType::ENC_TIMESTAMP).unwrap()).unwrap();
    assert_eq!((data.etype, data.kvno), (AES256, None));
    let plain = alice_key(AES256)
        .decrypt(KeyUsage::PA_ENC_TIMESTAMP, &data.cipher)
        .unwrap();
    let stamp = PaEncTsEnc::decode_padded(&plain).unwrap();
    assert_eq!((stamp.patimestamp, stamp.pausec), (NOW.time(), Some(0)));
    let reply = parts(&request, &alice(), INITIAL).seal_as(&alice_key(AES256));
    let outcome = done(run.answer(&reply));
    assert_eq!(outcome.preauth_type, Some(PadataType::ENC_TIMESTAMP));
}

#[test]
fn each_request_has_a_nonce_of_its_own() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let first = run.request().req_body().nonce;
    let mut other = rand::rngs::ChaCha12Rng::clone(&rng());
    let _ = rand::Rng::next_u32(&mut other);
    let step = run
        .exchange
        .input(NOW, &mut other, Ok(&usual_preauth_required().encode()));
    let second = as_req(&sent(step).1).req_body().nonce;
    assert_ne!(first, second);
}

#[test]
fn preauth_required_without_e_data_is_final_in_mit() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let refusal = error(ErrorCode::KDC_ERR_PREAUTH_REQUIRED).encode();
    let error = failed(run.answer(&refusal));
    assert_eq!(error.com_err(), Some(-1_765_328_359));
}

#[test]
fn s002_9_preauth_failed_tells_password_from_keytab() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    run.continue_with(&usual_preauth_required());
    let error = failed(run.answer(&error(ErrorCode::KDC_ERR_PREAUTH_FAILED).encode()));
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.secret, Some(SecretKind::Password));
    assert_eq!(refusal.realm, REALM.into());
    assert_eq!(error.com_err(), Some(-1_765_328_360));
    assert_eq!(
        error.code(kdclab_client::Dialect::Mit),
        Some(ErrorCode::KDC_ERR_PREAUTH_FAILED)
    );
}

#[test]
fn preauth_failed_before_any_preauth_drops_the_informational_padata_once() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&error(ErrorCode::KDC_ERR_PREAUTH_FAILED));
    assert_eq!(request.padata, None);
    let error = failed(run.answer(&error(ErrorCode::KDC_ERR_PREAUTH_FAILED).encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_360));
}

#[test]
fn endless_preauth_required_ends_after_16_requests() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    for _ in 1..16 {
        run.continue_with(&usual_preauth_required());
    }
    let error = failed(run.answer(&usual_preauth_required().encode()));
    assert_eq!(error, ClientError::TooManyRequests { limit: 16 });
    assert_eq!(error.com_err(), Some(LibraryError::KRB5_GET_IN_TKT_LOOP.0));
}

#[test]
fn s002_8b_etype_nosupp_is_final() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let error = failed(run.answer(&error(ErrorCode::KDC_ERR_ETYPE_NOSUPP).encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_370));
}

#[test]
fn s002_1_unreachable_names_the_realm() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let failures = KdcUnreachable::default();
    let step = run.exchange.input(NOW, &mut rng(), Err(failures.clone()));
    let error = failed(step);
    assert_eq!(
        error,
        ClientError::KdcUnreachable {
            realm: REALM.into(),
            failures
        }
    );
    // No server at all: "Cannot find KDC for realm".
    assert_eq!(error.com_err(), Some(-1_765_328_230));
}

#[test]
fn an_answer_to_nothing_is_an_error() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let refusal = error(ErrorCode::KDC_ERR_CLIENT_REVOKED).encode();
    failed(run.answer(&refusal));
    assert_eq!(
        failed(run.answer(&refusal)),
        ClientError::NothingAsked {
            exchange: Exchange::As
        }
    );
}

mod clocks {
    use super::*;

    const KDC_AHEAD: i64 = 3600;

    fn kdc_error(mut error: kdclab_proto::messages::KrbError) -> Vec<u8> {
        error.stime = after(KDC_AHEAD).time();
        error.encode()
    }

    fn timestamp_of(bytes: &[u8]) -> KerberosTime {
        let request = as_req(bytes);
        let data = request.padata(PadataType::ENC_TIMESTAMP).unwrap();
        let data = EncryptedData::decode(data).unwrap();
        let plain = alice_key(AES256)
            .decrypt(KeyUsage::PA_ENC_TIMESTAMP, &data.cipher)
            .unwrap();
        PaEncTsEnc::decode_padded(&plain).unwrap().patimestamp
    }

    #[test]
    fn s004_d2_kdc_timesync_learns_from_the_error_and_from_the_reply() {
        let mut run = password_login(&ClientConfig::mit(REALM));
        let (_, bytes) = sent(run.answer(&kdc_error(usual_preauth_required())));
        assert_eq!(timestamp_of(&bytes), after(KDC_AHEAD).time());
        let request = as_req(&bytes);
        assert_eq!(request.req_body().till, after(KDC_AHEAD + 86_400).time());
        let mut parts = parts(&request, &alice(), INITIAL);
        parts.enc_part.authtime = after(KDC_AHEAD).time();
        parts.enc_part.starttime = Some(after(KDC_AHEAD).time());
        let outcome = done(run.answer(&parts.seal_as(&alice_key(AES256))));
        assert_eq!(outcome.kdc_offset, Some(KDC_AHEAD));
    }

    #[test]
    fn s004_d2_without_kdc_timesync_the_own_clock_counts() {
        let mut config = ClientConfig::mit(REALM);
        config.kdc_timesync = false;
        let mut run = password_login(&config);
        let (_, bytes) = sent(run.answer(&kdc_error(usual_preauth_required())));
        assert_eq!(timestamp_of(&bytes), NOW.time());
        let error = failed(run.answer(&error(ErrorCode::KRB_AP_ERR_SKEW).encode()));
        assert_eq!(error.com_err(), Some(-1_765_328_347));
    }

    #[test]
    fn s004_d2_without_kdc_timesync_a_distant_reply_is_refused() {
        let mut config = ClientConfig::mit(REALM);
        config.kdc_timesync = false;
        for (seconds, refused) in [(300, false), (-300, false), (301, true), (-301, true)] {
            let mut run = password_login(&config);
            let mut parts = parts(&run.request(), &alice(), INITIAL);
            parts.enc_part.starttime = Some(after(seconds).time());
            let step = run.answer(&parts.seal_as(&alice_key(AES256)));
            if refused {
                let error = failed(step);
                assert_eq!(error.com_err(), Some(-1_765_328_236), "{seconds} s");
            } else {
                assert_eq!(done(step).kdc_offset, None, "{seconds} s");
            }
        }
    }
}

mod keytab {
    use super::*;

    fn entry(kvno: u32, enctype: Enctype) -> KeytabEntry {
        KeytabEntry {
            principal: alice(),
            timestamp: NOW.time(),
            kvno,
            enctype,
            key_bytes: Zeroizing::new(alice_key(enctype).expose_bytes().to_vec()),
        }
    }

    fn login(config: &ClientConfig, entries: Vec<KeytabEntry>) -> Step<kdclab_client::AsOutcome> {
        let parameters = AsParameters::keytab(alice(), Keytab { entries });
        AsExchange::start(config, parameters, NOW, &mut rng()).1
    }

    #[test]
    fn mit_offers_the_types_of_the_newest_keys_first() {
        let entries = vec![entry(1, AES256), entry(2, AES128)];
        let (_, bytes) = sent(login(&ClientConfig::mit(REALM), entries));
        let types: Vec<i32> = as_req(&bytes)
            .req_body()
            .etype
            .iter()
            .map(|e| e.0)
            .collect();
        assert_eq!(types, [17, 18, 20, 19, 16, 23, 25, 26]);
    }

    #[test]
    fn the_newest_key_of_the_type_is_used() {
        let mut old = entry(1, AES256);
        old.key_bytes = Zeroizing::new(vec![1; 32]);
        let parameters = AsParameters::keytab(
            alice(),
            Keytab {
                entries: vec![entry(2, AES256), old],
            },
        );
        let mut run = AsRun::start(&ClientConfig::mit(REALM), parameters);
        let request = run.continue_with(&usual_preauth_required());
        let data = request.padata(PadataType::ENC_TIMESTAMP).unwrap();
        let data = EncryptedData::decode(data).unwrap();
        alice_key(AES256)
            .decrypt(KeyUsage::PA_ENC_TIMESTAMP, &data.cipher)
            .unwrap();
        let error = failed(run.answer(&error(ErrorCode::KDC_ERR_PREAUTH_FAILED).encode()));
        assert_eq!(error.refusal().unwrap().secret, Some(SecretKind::Keytab));
    }

    #[test]
    fn a_keytab_without_the_principal_sends_nothing() {
        let mut other = entry(1, AES256);
        other.principal = principal("bob");
        let error = failed(login(&ClientConfig::mit(REALM), vec![other]));
        assert_eq!(
            error,
            ClientError::NoKeyInKeytab {
                principal: alice(),
                enctype: None
            }
        );
        assert_eq!(error.com_err(), Some(-1_765_328_203));
    }

    #[test]
    fn a_keytab_without_the_type_the_kdc_chose_cannot_preauthenticate() {
        let parameters = AsParameters::keytab(
            alice(),
            Keytab {
                entries: vec![entry(1, AES128)],
            },
        );
        let mut run = AsRun::start(&ClientConfig::mit(REALM), parameters);
        let error = failed(run.answer(&usual_preauth_required().encode()));
        assert_eq!(error.com_err(), Some(-1_765_328_174));
    }
}

proptest! {
    #[test]
    fn a_nonce_fits_a_signed_number(random in any::<u32>()) {
        let parameters = AsParameters::password(alice(), PASSWORD);
        let config = ClientConfig::mit(REALM);
        let (_, step) = AsExchange::start(&config, parameters, NOW, &mut Fixed(random));
        let nonce = as_req(&sent(step).1).req_body().nonce;
        prop_assert!((0..=0x7fff_ffff).contains(&nonce));
    }
}

#[test]
fn unasked_enctype_of_the_reply() {
    let mut config = ClientConfig::mit(REALM);
    config.default_tkt_enctypes = vec![AES128];
    let mut run = password_login(&config);
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
    let error = failed(run.answer(&reply));
    assert_eq!(
        error,
        ClientError::UnaskedEnctype {
            got: AES256,
            asked: vec![AES128]
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_147));
    let mut run = password_login(&config);
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES128));
    done(run.answer(&reply));
}

#[test]
fn no_enctype_left_sends_nothing() {
    let mut config = ClientConfig::mit(REALM);
    config.default_tkt_enctypes = vec![Enctype::DES_CBC_MD5];
    let parameters = AsParameters::password(alice(), PASSWORD);
    let (_, step) = AsExchange::start(&config, parameters.clone(), NOW, &mut rng());
    assert_eq!(failed(step), ClientError::NoEnctype);
    config.weak_crypto.allow_weak_crypto = true;
    let (_, step) = AsExchange::start(&config, parameters, NOW, &mut rng());
    sent(step);
}

#[test]
fn a_flag_of_the_reply_that_nobody_asked_for_is_kept() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let flags = INITIAL | TicketFlags::PROXIABLE;
    let reply = parts(&run.request(), &alice(), flags).seal_as(&alice_key(AES256));
    assert_eq!(done(run.answer(&reply)).credential.flags, flags);
}
