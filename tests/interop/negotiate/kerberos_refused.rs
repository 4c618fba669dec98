//! Contexts of Kerberos that do not come to stand: keys that are not the ticket's, and altered tokens.

use kdclab_client::spnego::{MechanismFailure, NegotiationError};
use kdclab_client::{AcceptError, ApExchangeError, Dialect, gss};
use kdclab_proto::messages::{NegState, NegTokenResp};
use kdclab_proto::{ErrorCode, ObjectIdentifier};

use super::foreign::{Established, Refusal};
use super::ours::Failure;
use super::pair::{Failed, Pair, alter_last, alter_signature};
use super::realm::{AES256, KRB5, Lab, SPNEGO};
use crate::gss::{Gss, Told};

type End = Result<Established, Failed>;

fn refused_by_us(end: End) -> (Box<Failure>, Option<Told>) {
    match end {
        Err(Failed::Ours(failure, told)) => (failure, told),
        end => panic!("not refused by us: {end:?}"),
    }
}

fn refused_by_peer(end: End) -> (Refusal, Option<Box<Failure>>) {
    match end {
        Err(Failed::Theirs(refusal, failure)) => (refusal, failure),
        end => panic!("not refused by the peer: {end:?}"),
    }
}

/// What a peer says last.
fn last(told: Option<Told>) -> Option<String> {
    told.and_then(|told| told.texts.last().cloned())
}

/// Alters the token of a number.
fn alter(number: usize) -> impl FnMut(usize, &mut [u8]) {
    move |at, token| {
        if at == number {
            alter_last(token);
        }
    }
}

/// The refusal of our acceptor of `dialect`, whose keytab is newer than the ticket, and what MIT's initiator says.
fn renewed_key_at_ours(dialect: Dialect) -> (NegState, ErrorCode, Option<String>) {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    let renewed = lab.renewed_keytab();
    lab.set_initiator(&mut theirs, SPNEGO);
    let mut pair = Pair::new(lab.our_acceptor_like(dialect, &renewed), &mut theirs);
    let (failure, told) = refused_by_us(pair.establish());
    assert!(matches!(
        failure.error.failure(),
        Some(MechanismFailure::Accept(error))
            if matches!(error.refusal(), Some(AcceptError::KeyVersion { .. }))
    ));
    let answer = NegTokenResp::decode(&failure.token.unwrap()).unwrap();
    let krb_error = gss::ContextToken::decode(answer.response_token.as_ref().unwrap()).unwrap();
    assert_eq!(krb_error.id, gss::TokenId::KrbError);
    let krb_error = kdclab_proto::messages::KrbError::decode(krb_error.message).unwrap();
    (answer.neg_state.unwrap(), krb_error.error_code, last(told))
}

#[test]
fn mit_told_by_our_acceptor_of_mit() {
    let (state, code, told) = renewed_key_at_ours(Dialect::Mit);
    assert_eq!(
        (state, code),
        (NegState::Reject, ErrorCode::KRB_AP_ERR_BADKEYVER)
    );
    assert_eq!(told.as_deref(), Some("Key version is not available"));
}

#[test]
fn mit_told_by_our_acceptor_of_windows() {
    let (state, code, told) = renewed_key_at_ours(Dialect::Windows);
    assert_eq!(
        (state, code),
        (NegState::AcceptIncomplete, ErrorCode::KRB_AP_ERR_MODIFIED)
    );
    assert_eq!(told.as_deref(), Some("Message stream modified"));
}

/// Java gets itself a ticket of the new key. It reads the KRB-ERROR of neither dialect.
#[test]
fn java_told_by_our_acceptor() {
    let mut theirs = Gss::java();
    let lab = Lab::start(AES256);
    lab.renewed_keytab();
    let defective = "GSSException: Defective token detected (Mechanism level:";
    for (dialect, expected) in [
        (
            Dialect::Mit,
            Some("supported mechanism from server is null)"),
        ),
        (Dialect::Windows, Some("AP_REP token id does not match!)")),
        (Dialect::Java, None),
    ] {
        lab.set_initiator(&mut theirs, SPNEGO);
        let mut pair = Pair::new(lab.our_acceptor_like(dialect, &lab.keytab), &mut theirs);
        let (_, told) = refused_by_us(pair.establish());
        let expected = expected.map(|text| format!("{defective} {text}"));
        assert_eq!(last(told), expected, "{dialect:?}");
    }
}

/// What our initiator makes of the KRB-ERROR with which MIT's acceptor rejects.
fn krb_error(failure: Option<Box<Failure>>) -> Option<ErrorCode> {
    match failure?.error {
        NegotiationError::Rejected {
            failure:
                Some(MechanismFailure::Initiate(gss::InitiatorError::Exchange(
                    ApExchangeError::Refused(error),
                ))),
            ..
        } => Some(error.error_code),
        _ => None,
    }
}

#[test]
fn renewed_key_at_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    let renewed = lab.renewed_keytab();
    lab.set_acceptor(&mut theirs, SPNEGO, &renewed);
    let mut pair = Pair::new(lab.our_initiator(Some(vec![KRB5])), &mut theirs);
    let (refusal, failure) = refused_by_peer(pair.establish());
    let answer = NegTokenResp::decode(&refusal.token).unwrap();
    assert_eq!(answer.neg_state, Some(NegState::Reject));
    assert_eq!(answer.supported_mech, None);
    assert_eq!(krb_error(failure), Some(ErrorCode::KRB_AP_ERR_BADKEYVER));
    let told = last(Some(refusal.told)).unwrap();
    let expected = "kvno 1 not found in keytab; ticket is likely out of date";
    assert!(told.contains(expected), "{told}");
}

/// Java rejects without a token.
#[test]
fn renewed_key_at_java() {
    let mut theirs = Gss::java();
    let lab = Lab::start(AES256);
    let renewed = lab.renewed_keytab();
    lab.set_acceptor(&mut theirs, SPNEGO, &renewed);
    let mut pair = Pair::new(lab.our_initiator(Some(vec![KRB5])), &mut theirs);
    let (refusal, _) = refused_by_peer(pair.establish());
    assert!(refusal.token.is_empty());
    let told = last(Some(refusal.told)).unwrap();
    assert!(told.ends_with("Checksum failed"), "{told}");
}

/// The last octet of the first token is the authenticator's, that of the second the AP-REP's.
fn altered_tokens(theirs: &mut Gss, at_peer: &str, of_peer: &str) {
    let lab = Lab::start(AES256);
    lab.set_acceptor(theirs, SPNEGO, &lab.keytab);
    let mut pair = Pair::new(lab.our_initiator(Some(vec![KRB5])), theirs);
    let (refusal, _) = refused_by_peer(pair.establish_meddling(alter(0)));
    let told = last(Some(refusal.told)).unwrap();
    assert!(told.ends_with(at_peer), "{told}");

    lab.set_acceptor(theirs, SPNEGO, &lab.keytab);
    let mut pair = Pair::new(lab.our_initiator(Some(vec![KRB5])), theirs);
    let (failure, _) = refused_by_us(pair.establish_meddling(alter(1)));
    let text = failure.error.to_string();
    assert!(text.ends_with("does not open the AP-REP"), "{text}");

    lab.set_initiator(theirs, SPNEGO);
    let mut pair = Pair::new(lab.our_acceptor(&lab.keytab), theirs);
    let (failure, _) = refused_by_us(pair.establish_meddling(alter(0)));
    let text = failure.error.to_string();
    assert!(text.ends_with("does not open the authenticator"), "{text}");

    lab.set_initiator(theirs, SPNEGO);
    let mut pair = Pair::new(lab.our_acceptor(&lab.keytab), theirs);
    let (refusal, _) = refused_by_peer(pair.establish_meddling(alter(1)));
    let told = last(Some(refusal.told)).unwrap();
    assert!(told.ends_with(of_peer), "{told}");
}

#[test]
fn altered_tokens_mit() {
    let check_failed = "Decrypt integrity check failed";
    altered_tokens(&mut Gss::mit(), check_failed, check_failed);
}

#[test]
fn altered_tokens_java() {
    altered_tokens(&mut Gss::java(), "Checksum failed", "Checksum failed");
}

/// MIT's acceptor signs first: our initiator sees it. Then it sees that ours was altered, and rejects.
#[test]
fn altered_signature_at_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    let list = || Some(vec![ObjectIdentifier::NEGOEX, KRB5]);
    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let mut pair = Pair::new(lab.our_initiator(list()), &mut theirs);
    let (failure, _) = refused_by_us(pair.establish_meddling(|_, token| alter_signature(token)));
    assert!(matches!(
        failure.error,
        NegotiationError::MechListMic { .. }
    ));

    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let mut pair = Pair::new(lab.our_initiator(list()), &mut theirs);
    let (refusal, _) = refused_by_peer(pair.establish_meddling(|at, token| {
        if at % 2 == 0 {
            alter_signature(token);
        }
    }));
    let told = "A token had an invalid Message Integrity Check (MIC)";
    assert_eq!(refusal.told.texts[0], told);
    let reject = NegTokenResp::new(NegState::Reject);
    assert_eq!(NegTokenResp::decode(&refusal.token).unwrap(), reject);
}

/// The same with MIT's initiator, which is told the signature with the AP-REP.
#[test]
fn altered_signature_of_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    for number in [1, 2] {
        lab.set_initiator(&mut theirs, SPNEGO);
        let ours = lab.our_acceptor(&lab.keytab).requesting_mic();
        let mut pair = Pair::new(ours, &mut theirs);
        let end = pair.establish_meddling(|at, token| {
            if at == number {
                alter_signature(token);
            }
        });
        if number == 1 {
            let (refusal, _) = refused_by_peer(end);
            let told = "A token had an invalid Message Integrity Check (MIC)";
            assert_eq!(refusal.told.texts[0], told);
        } else {
            let (failure, _) = refused_by_us(end);
            assert!(matches!(
                failure.error,
                NegotiationError::MechListMic { .. }
            ));
        }
    }
}
