//! Contexts of Kerberos that come to stand.

use kdclab_proto::messages::NegState;
use kdclab_proto::{Enctype, ObjectIdentifier};

use super::ours::Front;
use super::pair::{Pair, alter_signature};
use super::realm::{AES256, KRB5, LAB, Lab, RAW, RC4, SPNEGO};
use crate::gss::Gss;

/// Contexts with and without negotiation, initiated by either end.
fn contexts(theirs: &mut Gss, enctype: Enctype) {
    let lab = Lab::start(enctype);
    for mechanism in [RAW, SPNEGO] {
        lab.set_acceptor(theirs, mechanism, &lab.keytab);
        let ours = lab.our_initiator((mechanism == SPNEGO).then(|| vec![KRB5]));
        let mut pair = Pair::new(ours, theirs);
        let established = pair.establish().unwrap();
        assert_eq!(established.initiator, format!("alice@{LAB}"));
        assert_eq!(pair.ours.oid(), KRB5);
        pair.exchange_messages();

        lab.set_initiator(theirs, mechanism);
        let mut pair = Pair::new(lab.our_acceptor(&lab.keytab), theirs);
        pair.establish().unwrap();
        let Front::Acceptor(acceptor) = &pair.ours.front else {
            panic!("an acceptor");
        };
        assert_eq!(acceptor.is_raw(), mechanism == RAW);
        pair.exchange_messages();
    }
}

#[test]
fn mit_aes256() {
    contexts(&mut Gss::mit(), AES256);
}

#[test]
fn mit_rc4() {
    contexts(&mut Gss::mit(), RC4);
}

#[test]
fn java_aes256() {
    contexts(&mut Gss::java(), AES256);
}

/// MIT asks for signatures where another mechanism than the initiator's first is chosen.
#[test]
fn signed_list_at_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let ours = lab.our_initiator(Some(vec![ObjectIdentifier::NEGOEX, KRB5]));
    let mut pair = Pair::new(ours, &mut theirs);
    pair.establish().unwrap();
    assert_eq!(pair.answers()[0].neg_state, Some(NegState::RequestMic));
    assert_eq!(pair.signed(), (true, true));
    pair.exchange_messages();
}

#[test]
fn signed_list_of_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(AES256);
    lab.set_initiator(&mut theirs, SPNEGO);
    let ours = lab.our_acceptor(&lab.keytab).requesting_mic();
    let mut pair = Pair::new(ours, &mut theirs);
    pair.establish().unwrap();
    assert_eq!(pair.signed(), (true, true));
    pair.exchange_messages();
}

/// Java asks for no signature, and gets none.
#[test]
fn unsigned_list_at_java() {
    let mut theirs = Gss::java();
    let lab = Lab::start(AES256);
    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let ours = lab.our_initiator(Some(vec![ObjectIdentifier::NEGOEX, KRB5]));
    let mut pair = Pair::new(ours, &mut theirs);
    pair.establish().unwrap();
    let states: Vec<_> = pair.answers().iter().map(|token| token.neg_state).collect();
    assert_eq!(
        states,
        [
            Some(NegState::AcceptIncomplete),
            Some(NegState::AcceptIncomplete),
            Some(NegState::AcceptCompleted)
        ]
    );
    assert_eq!(pair.signed(), (false, false));
    pair.exchange_messages();
}

/// Java does not sign when it is asked to, and takes any signature: our acceptor waits.
#[test]
fn unsigned_list_of_java() {
    let mut theirs = Gss::java();
    let lab = Lab::start(AES256);
    for meddle in [|_: &mut [u8]| {}, alter_signature] {
        lab.set_initiator(&mut theirs, SPNEGO);
        let ours = lab.our_acceptor(&lab.keytab).requesting_mic();
        let mut pair = Pair::new(ours, &mut theirs);
        pair.establish_meddling(|_, token| meddle(token)).unwrap();
        assert_eq!(pair.answers()[0].neg_state, Some(NegState::RequestMic));
        assert_eq!(pair.signed(), (false, true));
        assert!(!pair.is_done);
    }
}
