//! What a krb5kdc process does besides answering: it resends, it drops, it keeps datagrams short.

use kdclab_kdc::{Outcome, Protocol, Traffic};
use kdclab_proto::ErrorCode;
use kdclab_proto::messages::{KdcReqBody, KrbError};

use crate::common::*;

fn request(world: &mut World) -> Vec<u8> {
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, PASSWORD);
    let stamp = enc_timestamp(&key, world.now, &mut world.rng);
    as_req(&alice, body(&krbtgt("LAB")), vec![stamp])
}

#[test]
fn a_repeated_request_gets_the_same_reply_for_two_minutes() {
    let mut world = World::mit();
    let request = request(&mut world);
    let first = world.send(&request);
    world.advance(120);
    let again = world.send(&request);
    assert_eq!(again.bytes, first.bytes);
    let peer = world.transport.peer;
    assert_eq!(again.outcome, Outcome::Repeated { peer });
    assert_eq!(
        again.outcome.log_lines(),
        ["DISPATCH: repeated (retransmitted?) request from 192.0.2.7, resending previous response"]
    );
    world.advance(1);
    let later = world.send(&request);
    assert!(later.outcome.exchange().is_some());
    assert_ne!(later.bytes, first.bytes);
}

#[test]
fn a_repeated_failure_counts_once() {
    let mut world = World::mit();
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, "wrong");
    let stamp = enc_timestamp(&key, world.now, &mut world.rng);
    let request = as_req(&alice, body(&krbtgt("LAB")), vec![stamp]);
    for _ in 0..5 {
        assert!(world.send(&request).bytes.is_some());
    }
    let id = world.database("LAB").lookup(&alice).unwrap().id();
    let logons = world.traffic.logons(&"LAB".into(), id);
    assert_eq!(logons.failures, 1);
    assert_eq!(logons.last_failure, Some(START));
}

#[test]
fn a_restarted_kdc_has_forgotten_the_replies_and_not_the_failures() {
    let mut world = World::mit();
    let request = request(&mut world);
    world.send(&request);
    assert_eq!(
        world.logon_code("alice@LAB", "wrong"),
        Some(ErrorCode::KDC_ERR_PREAUTH_FAILED)
    );
    world.traffic.forget_replies();
    assert!(world.send(&request).outcome.exchange().is_some());
    let alice = principal("alice@LAB");
    let id = world.database("LAB").lookup(&alice).unwrap().id();
    // The success just now has cleared the count; when it failed is still known.
    let logons = world.traffic.logons(&"LAB".into(), id);
    assert_eq!((logons.failures, logons.last_failure), (0, Some(START)));
}

#[test]
fn active_directory_answers_a_repeated_request_anew() {
    let mut world = World::active_directory();
    let carol = principal("carol@LAB");
    let request = as_req(&carol, body(&krbtgt("LAB")), vec![]);
    let first = world.send(&request);
    assert_ne!(world.send(&request).bytes, first.bytes);
}

#[test]
fn what_is_remembered_is_bounded() {
    let traffic = Traffic::new();
    let mut world = World::mit();
    world.traffic = traffic;
    let carol = principal("carol@LAB");
    let padding = vec![kdclab_proto::messages::PadataType(-7).with(vec![0; 60_000])];
    let requests: Vec<Vec<u8>> = (0..400)
        .map(|nonce| {
            let body = KdcReqBody {
                nonce,
                ..body(&krbtgt("LAB"))
            };
            as_req(&carol, body, padding.clone())
        })
        .collect();
    for request in &requests {
        world.send(request);
    }
    let repeated = |world: &mut World, request: &[u8]| {
        matches!(world.send(request).outcome, Outcome::Repeated { .. })
    };
    assert!(repeated(&mut world, &requests[399]));
    let kept = requests
        .iter()
        .filter(|request| repeated(&mut world.clone_of(), request))
        .count();
    assert!(
        (16..=200).contains(&kept),
        "{kept} of 400 requests of 60 kB in 10 MB"
    );
}

#[test]
fn s004_h11_a_reply_too_long_for_a_datagram_is_52() {
    let mut world = World::mit();
    let request = request(&mut world);
    world.transport.reply_limit = Some(300);
    let reply = world.send(&request);
    let error = KrbError::decode(&reply.bytes.unwrap()).unwrap();
    assert_eq!(error.error_code, ErrorCode::KRB_ERR_RESPONSE_TOO_BIG);
    assert_eq!(error.cname, None);
    let exchange = reply.outcome.exchange().unwrap();
    assert!(exchange.result.is_ok());
    assert_eq!(
        exchange.error_code(),
        Some(ErrorCode::KRB_ERR_RESPONSE_TOO_BIG)
    );
    // The same octets again over TCP get the ticket that is already made.
    world.transport.protocol = Protocol::Tcp;
    let reply = world.send(&request);
    assert!(matches!(reply.outcome, Outcome::Repeated { .. }));
    let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
    assert!(read_as_rep(&reply.bytes.unwrap(), &key).is_ok());
}

#[test]
fn a_reply_that_just_fits_is_sent() {
    let mut world = World::mit();
    let request = request(&mut world);
    let length = world.send(&request).bytes.unwrap().len();
    for (limit, fits) in [(length, true), (length - 1, false)] {
        let mut world = World::mit();
        world.transport.reply_limit = Some(limit);
        let reply = world.send(&request);
        assert_eq!(reply.outcome.exchange().unwrap().withheld.is_none(), fits);
    }
}

#[test]
fn s004_d3_what_is_no_request_of_a_ticket_is_dropped() {
    let mut world = World::mit();
    for message in [
        &b""[..],
        b"\x6e\x00",
        b"\x00\x10\x00\x01",
        b"GET / HTTP/1.1\r\n",
    ] {
        let reply = world.send(message);
        assert_eq!(reply.bytes, None);
        assert_eq!(
            reply.outcome.log_lines(),
            ["Invalid message type - while dispatching"]
        );
    }
    for message in [&b"\x6a"[..], b"\x6a\x80", b"\x6c\x03\x30\x01\x00"] {
        assert_eq!(world.send(message).bytes, None);
    }
}

#[test]
fn a_kdc_without_realms_is_silent() {
    let mut world = World::new([]);
    let reply = world.send(&as_req(
        &principal("alice@LAB"),
        body(&krbtgt("LAB")),
        vec![],
    ));
    assert_eq!(reply.bytes, None);
}
