//! Contexts of Kerberos that come to stand.

use kdclab_proto::{Enctype, ObjectIdentifier};

use super::ours::Front;
use super::pair::Pair;
use super::realm::{AES256, KRB5, LAB, Lab, RC4};
use crate::gss::{Gss, Implementation};

const SPNEGO: &str = "spnego";
const RAW: &str = "kerberos";

/// Contexts with and without negotiation, initiated by either end.
fn contexts(theirs: &mut Gss, enctype: Enctype) {
    let lab = Lab::start(theirs.implementation, enctype);
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

/// Our initiator prefers a mechanism that the acceptor does not have.
#[test]
fn signed_list_at_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(Implementation::Mit, AES256);
    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let ours = lab.our_initiator(Some(vec![ObjectIdentifier::NEGOEX, KRB5]));
    let mut pair = Pair::new(ours, &mut theirs);
    pair.establish().unwrap();
    println!("{:?}", pair.answers());
    assert!(pair.both_signed());
    pair.exchange_messages();
}

/// Our acceptor asks for signatures of MIT's initiator.
#[test]
fn signed_list_of_mit() {
    let mut theirs = Gss::mit();
    let lab = Lab::start(Implementation::Mit, AES256);
    lab.set_initiator(&mut theirs, SPNEGO);
    let mut ours = lab.our_acceptor(&lab.keytab);
    ours.front = requesting_mic(ours.front);
    let mut pair = Pair::new(ours, &mut theirs);
    pair.establish().unwrap();
    println!("{:?}", pair.answers());
    assert!(pair.both_signed());
    pair.exchange_messages();
}

fn requesting_mic(front: Front) -> Front {
    match front {
        Front::Acceptor(acceptor) => Front::Acceptor(acceptor.requesting_mic()),
        front => front,
    }
}

#[test]
fn signed_list_at_java() {
    let mut theirs = Gss::java();
    let lab = Lab::start(Implementation::Java, AES256);
    lab.set_acceptor(&mut theirs, SPNEGO, &lab.keytab);
    let ours = lab.our_initiator(Some(vec![ObjectIdentifier::NEGOEX, KRB5]));
    let mut pair = Pair::new(ours, &mut theirs);
    println!("{:?}", pair.establish());
    println!("{:?}", pair.answers());
}

#[test]
fn signed_list_of_java() {
    let mut theirs = Gss::java();
    let lab = Lab::start(Implementation::Java, AES256);
    lab.set_initiator(&mut theirs, SPNEGO);
    let mut ours = lab.our_acceptor(&lab.keytab);
    ours.front = requesting_mic(ours.front);
    let mut pair = Pair::new(ours, &mut theirs);
    println!("{:?}", pair.establish());
    println!("{:?}", pair.answers());
}
