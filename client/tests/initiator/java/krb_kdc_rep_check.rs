//! `KrbKdcRep.check`.

use super::*;

fn bob(parts: &mut Parts) {
    parts.rep.cname = principal("bob").name;
}

#[test]
fn unchanged_reply() {
    done(login(parameters(), |_| {}));
}

#[test]
fn other_client() {
    let expected = ReplyMismatch::Client {
        asked: alice(),
        got: principal("bob"),
    };
    assert_eq!(modified(login(parameters(), bob)), expected);
    // Canonicalize is not enough: the KDC has to protect its answer.
    assert_eq!(modified(login(canonicalizing(), bob)), expected);
    let mut run = AsRun::start(&java(), canonicalizing());
    let key = alice_key(AES256);
    let mut parts = parts(&run.request(), &alice(), INITIAL).prove_request(&run.bytes, &key);
    bob(&mut parts);
    done(run.answer(&parts.seal_as(&key)));
}

#[test]
fn other_realm_of_the_client() {
    let step = login(parameters(), |parts| parts.rep.crealm = "OTHER".into());
    assert!(matches!(modified(step), ReplyMismatch::Client { .. }));
}

#[test]
fn other_server() {
    let step = login(parameters(), |parts| {
        parts.enc_part.sname = principal("host/x").name;
    });
    assert!(matches!(modified(step), ReplyMismatch::Server { .. }));
    let step = login(canonicalizing(), |parts| {
        parts.enc_part.srealm = "OTHER".into()
    });
    assert!(matches!(modified(step), ReplyMismatch::Server { .. }));
}

#[test]
fn other_realm_on_the_ticket_is_accepted() {
    done(login(parameters(), |parts| {
        parts.rep.ticket.realm = "OTHER".into();
    }));
}

#[test]
fn nonce() {
    let step = login(parameters(), |parts| parts.enc_part.nonce ^= 1);
    assert!(matches!(modified(step), ReplyMismatch::Nonce { .. }));
}

#[test]
fn flags_differ_from_the_options() {
    let proxiable = |asked, got| {
        let parameters = AsParameters {
            proxiable: Some(asked),
            ..parameters()
        };
        login(parameters, move |parts| {
            parts.enc_part.flags.set(TicketFlags::PROXIABLE, got);
        })
    };
    done(proxiable(true, true));
    done(proxiable(false, false));
    for (asked, got) in [(true, false), (false, true)] {
        assert!(matches!(
            modified(proxiable(asked, got)),
            ReplyMismatch::Flags { .. }
        ));
    }
    // A KDC may refuse to make a ticket forwardable.
    done(login(
        AsParameters {
            forwardable: Some(true),
            ..parameters()
        },
        |_| {},
    ));
}

fn renewable() -> AsParameters {
    AsParameters {
        renew_lifetime: Some(std::time::Duration::from_secs(1000)),
        ..parameters()
    }
}

#[test]
fn renewable_was_asked_for() {
    let renewable_until = |seconds: Option<i64>| {
        login(renewable(), move |parts| {
            parts.enc_part.flags |= TicketFlags::RENEWABLE;
            parts.enc_part.renew_till = seconds.map(|seconds| after(seconds).time());
        })
    };
    done(renewable_until(Some(1000)));
    assert!(matches!(
        modified(renewable_until(Some(1001))),
        ReplyMismatch::RenewTill { got: Some(_), .. }
    ));
    assert!(matches!(
        modified(renewable_until(None)),
        ReplyMismatch::RenewTill { got: None, .. }
    ));
    assert!(matches!(
        modified(login(renewable(), |_| {})),
        ReplyMismatch::Flags { .. }
    ));
}

#[test]
fn addresses() {
    let address = |octet: u8| vec![std::net::IpAddr::from([192, 0, 2, octet]).into()];
    let bound_to = |octet| {
        let parameters = AsParameters {
            addresses: Some(address(1)),
            ..parameters()
        };
        login(parameters, move |parts| {
            parts.enc_part.caddr = Some(address(octet))
        })
    };
    done(bound_to(1));
    assert!(matches!(
        modified(bound_to(2)),
        ReplyMismatch::Addresses { .. }
    ));
}

#[test]
fn request_changed_on_its_way() {
    let answer = |parameters: AsParameters, seen: fn(&mut Vec<u8>)| {
        let mut run = AsRun::start(&java(), parameters);
        let key = alice_key(AES256);
        let mut bytes = run.bytes.clone();
        seen(&mut bytes);
        let parts = parts(&run.request(), &alice(), INITIAL).prove_request(&bytes, &key);
        run.answer(&parts.seal_as(&key))
    };
    let flip: fn(&mut Vec<u8>) = |bytes| bytes[0] ^= 1;
    done(answer(canonicalizing(), |_| {}));
    assert_eq!(
        modified(answer(canonicalizing(), flip)),
        ReplyMismatch::EncPaRep
    );
    // Without canonicalize Java does not ask for the proof and does not look at it.
    done(answer(parameters(), flip));
}
