//! S002-6: the conditions of MIT's `verify_as_reply`, each with the reply that meets it.

use std::time::Duration;

use kdclab_client::{AsOutcome, AsParameters, ClientConfig, ClientError, ReplyMismatch, Step};
use kdclab_proto::messages::TicketFlags;

use crate::support::*;

const KDCREP_MODIFIED: i32 = -1_765_328_237;

fn parameters() -> AsParameters {
    AsParameters::password(alice(), PASSWORD)
}

fn canonicalizing() -> AsParameters {
    AsParameters {
        canonicalize: Some(true),
        ..parameters()
    }
}

/// The end of an AS exchange whose reply is what was asked for, after `change`.
fn login(parameters: AsParameters, change: impl FnOnce(&mut Parts)) -> Step<AsOutcome> {
    let mut run = AsRun::start(&ClientConfig::mit(REALM), parameters);
    let mut parts = parts(&run.request(), &alice(), INITIAL);
    change(&mut parts);
    run.answer(&parts.seal_as(&alice_key(AES256)))
}

fn mismatch(step: Step<AsOutcome>) -> ReplyMismatch {
    let error = failed(step);
    assert_eq!(error.com_err(), Some(KDCREP_MODIFIED));
    match error {
        ClientError::ReplyMismatch(mismatch) => *mismatch,
        other => panic!("{other:?}"),
    }
}

fn other_cname(parts: &mut Parts) {
    parts.rep.cname = principal("bob").name;
}

fn other_crealm(parts: &mut Parts) {
    parts.rep.crealm = "OTHER.EXAMPLE".into();
}

#[test]
fn unchanged_reply() {
    done(login(parameters(), |_| {}));
}

#[test]
fn other_client_name() {
    assert_eq!(
        mismatch(login(parameters(), other_cname)),
        ReplyMismatch::Client {
            asked: alice(),
            got: principal("bob")
        }
    );
    let outcome = done(login(canonicalizing(), other_cname));
    assert_eq!(outcome.credential.client, principal("bob"));
}

#[test]
fn other_client_realm() {
    assert_eq!(
        mismatch(login(parameters(), other_crealm)),
        ReplyMismatch::Client {
            asked: alice(),
            got: principal("alice@OTHER.EXAMPLE")
        }
    );
    done(login(canonicalizing(), other_crealm));
}

#[test]
fn enterprise_name_implies_canonicalize() {
    let parameters = AsParameters::password(enterprise("alice@corp.example"), PASSWORD);
    let outcome = done(login(parameters, |_| {}));
    assert_eq!(outcome.credential.client, alice());
}

#[test]
fn lower_case_realm_answered_in_upper_case() {
    let client = principal("alice@lab.example");
    let lower = |canonicalize| {
        let mut parameters = AsParameters::password(client.clone(), PASSWORD);
        parameters.canonicalize = Some(canonicalize);
        let mut run = AsRun::start(&ClientConfig::mit("lab.example"), parameters);
        let parts = parts(&run.request(), &alice(), INITIAL);
        let parts = parts.for_server(&principal("krbtgt/LAB.EXAMPLE"));
        run.answer(&parts.seal_as(&alice_key(AES256)))
    };
    assert_eq!(
        mismatch(lower(false)),
        ReplyMismatch::Client {
            asked: client.clone(),
            got: alice()
        }
    );
    done(lower(true));
}

#[test]
fn other_server() {
    let kadmin = principal("kadmin/changepw");
    let expected = ReplyMismatch::Server {
        asked: principal("krbtgt/LAB.EXAMPLE"),
        got: kadmin.clone(),
    };
    let change = |parts: &mut Parts| {
        parts.rep.ticket = ticket(&kadmin);
        parts.enc_part.sname = kadmin.name.clone();
    };
    assert_eq!(mismatch(login(parameters(), change)), expected);
    // Canonicalize lets one ticket-granting service stand for another, nothing else.
    assert_eq!(mismatch(login(canonicalizing(), change)), expected);
}

#[test]
fn canonicalize_accepts_another_ticket_granting_service() {
    let other = principal("krbtgt/OTHER.EXAMPLE@OTHER.EXAMPLE");
    let change = |parts: &mut Parts| {
        parts.rep.ticket = ticket(&other);
        parts.enc_part.sname = other.name.clone();
        parts.enc_part.srealm = other.realm.clone();
    };
    assert!(matches!(
        mismatch(login(parameters(), change)),
        ReplyMismatch::Server { .. }
    ));
    done(login(canonicalizing(), change));
}

#[test]
fn other_realm_on_the_ticket_fails_even_with_canonicalize() {
    let change = |parts: &mut Parts| parts.rep.ticket.realm = "OTHER.EXAMPLE".into();
    for parameters in [parameters(), canonicalizing()] {
        assert_eq!(
            mismatch(login(parameters, change)),
            ReplyMismatch::TicketServer {
                enc_part: principal("krbtgt/LAB.EXAMPLE"),
                ticket: principal("krbtgt/LAB.EXAMPLE@OTHER.EXAMPLE"),
            }
        );
    }
}

#[test]
fn other_name_on_the_ticket() {
    let change = |parts: &mut Parts| parts.rep.ticket.sname = principal("host/x").name;
    assert!(matches!(
        mismatch(login(parameters(), change)),
        ReplyMismatch::TicketServer { .. }
    ));
}

#[test]
fn recorded_reply_has_an_old_nonce() {
    let step = login(parameters(), |parts| parts.enc_part.nonce ^= 1);
    assert!(matches!(mismatch(step), ReplyMismatch::Nonce { .. }));
}

#[test]
fn later_end_than_asked() {
    let limited = || AsParameters {
        ticket_lifetime: Some(Duration::from_secs(600)),
        ..parameters()
    };
    let end_after =
        |seconds| move |parts: &mut Parts| parts.enc_part.endtime = after(seconds).time();
    assert_eq!(
        mismatch(login(limited(), end_after(601))),
        ReplyMismatch::Endtime {
            asked: after(600).time(),
            got: after(601).time()
        }
    );
    done(login(limited(), end_after(600)));
    done(login(limited(), end_after(1)));
}

#[test]
fn later_renew_till_than_asked() {
    let renewable = || AsParameters {
        renew_lifetime: Some(Duration::from_secs(100_000)),
        ..parameters()
    };
    let renew_till = |seconds| {
        move |parts: &mut Parts| {
            parts.enc_part.flags |= TicketFlags::RENEWABLE;
            parts.enc_part.renew_till = Some(after(seconds).time());
        }
    };
    assert_eq!(
        mismatch(login(renewable(), renew_till(100_001))),
        ReplyMismatch::RenewTill {
            asked: after(100_000).time(),
            got: Some(after(100_001).time())
        }
    );
    done(login(renewable(), renew_till(100_000)));
}

#[test]
fn renewable_ok_is_renewable_until_the_end_asked_for() {
    let renew_till = |seconds| {
        move |parts: &mut Parts| {
            parts.enc_part.flags |= TicketFlags::RENEWABLE;
            parts.enc_part.renew_till = Some(after(seconds).time());
        }
    };
    assert_eq!(
        mismatch(login(parameters(), renew_till(86_401))),
        ReplyMismatch::RenewTill {
            asked: after(86_400).time(),
            got: Some(after(86_401).time())
        }
    );
    done(login(parameters(), renew_till(86_400)));
}

#[test]
fn postdated_ticket_with_another_start() {
    let postdated = || AsParameters {
        postdate: Some(Duration::from_secs(3600)),
        ..parameters()
    };
    let step = login(postdated(), |parts| {
        parts.enc_part.starttime = Some(after(3601).time());
    });
    assert_eq!(
        mismatch(step),
        ReplyMismatch::Starttime {
            asked: after(3600).time(),
            got: after(3601).time()
        }
    );
    done(login(postdated(), |_| {}));
}

mod looks_similar_but_is_not {
    use kdclab_client::Exchange;
    use kdclab_proto::DecodeError;

    use super::*;

    fn reply_to(run: &AsRun) -> Vec<u8> {
        parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256))
    }

    fn error_of(change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> ClientError {
        let mut run = password_login(&ClientConfig::mit(REALM));
        let reply = change(reply_to(&run));
        failed(run.answer(&reply))
    }

    #[test]
    fn truncated_reply() {
        let error = error_of(|mut reply| {
            reply.pop();
            reply
        });
        assert!(matches!(
            error,
            ClientError::UndecodableReply {
                exchange: Exchange::As,
                error: DecodeError::Truncated { .. }
            }
        ));
        assert_eq!(error.com_err(), Some(1_859_794_437));
    }

    #[test]
    fn empty_reply() {
        assert_eq!(error_of(|_| Vec::new()).com_err(), Some(1_859_794_437));
    }

    #[test]
    fn not_kerberos() {
        let error = error_of(|_| b"HTTP/1.1 400 Bad Request".to_vec());
        assert_eq!(
            error,
            ClientError::UnexpectedMessage {
                exchange: Exchange::As,
                first_octet: b'H'
            }
        );
        assert_eq!(error.com_err(), Some(-1_765_328_344));
    }

    #[test]
    fn flipped_bit_in_the_encrypted_part() {
        let error = error_of(|mut reply| {
            // The ciphertext ends the message.
            *reply.last_mut().unwrap() ^= 1;
            reply
        });
        assert_eq!(error.com_err(), Some(-1_765_328_353));
    }
}
