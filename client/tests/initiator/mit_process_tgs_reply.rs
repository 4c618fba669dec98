//! The conditions of MIT's `krb5int_process_tgs_reply` and `check_reply_server`.

use kdclab_client::{
    ClientConfig, ClientError, Credential, Exchange, ReplyMismatch, Step, TgsParameters,
};
use kdclab_proto::messages::{Ticket, TicketFlags};
use kdclab_proto::{ErrorCode, KeyUsage, Principal};

use crate::support::*;

fn host() -> Principal {
    principal("host/srv.lab.example")
}

/// Renewal is one request, so its error is not hidden behind a second one.
fn renewal() -> TgsRun {
    let config = ClientConfig::mit(REALM);
    TgsRun::start(
        &config,
        TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE")),
    )
}

fn renew(change: impl FnOnce(&mut Parts)) -> Step<Credential> {
    let mut run = renewal();
    let mut parts = run.parts();
    change(&mut parts);
    let reply = run.seal(parts);
    run.answer(&reply)
}

fn mismatch(step: Step<Credential>) -> ReplyMismatch {
    let error = failed(step);
    assert_eq!(error.com_err(), Some(-1_765_328_237));
    match error {
        ClientError::ReplyMismatch(mismatch) => *mismatch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn unchanged_reply() {
    done(renew(|_| {}));
}

#[test]
fn other_client() {
    let step = renew(|parts| parts.rep.cname = principal("bob").name);
    assert_eq!(
        mismatch(step),
        ReplyMismatch::Client {
            asked: alice(),
            got: principal("bob")
        }
    );
}

#[test]
fn nonce() {
    let step = renew(|parts| parts.enc_part.nonce += 1);
    assert!(matches!(mismatch(step), ReplyMismatch::Nonce { .. }));
}

#[test]
fn nonce_as_a_signed_number_is_the_same() {
    let config = ClientConfig::mit(REALM);
    let parameters = TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"));
    let (mut exchange, step) =
        kdclab_client::TgsExchange::start(&config, &tgt(), &[], parameters, NOW, &mut rng());
    let (realm, bytes) = sent(step);
    let run = TgsRun {
        exchange: exchange.clone(),
        realm,
        bytes,
    };
    let mut parts = run.parts();
    parts.enc_part.nonce |= 0xffff_ffff << 32;
    let reply = run.seal(parts);
    done(exchange.input(NOW, &mut rng(), Ok(&reply)));
}

#[test]
fn ticket_differs_from_encrypted_part() {
    let step = renew(|parts| parts.rep.ticket.realm = "OTHER".into());
    assert!(matches!(mismatch(step), ReplyMismatch::TicketServer { .. }));
}

#[test]
fn check_reply_server_without_canonicalize() {
    let proxy = |server: &str| {
        let parameters = TgsParameters::proxy(host(), Vec::new());
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
        run.grant_server(server)
    };
    assert_eq!(
        mismatch(proxy("host/other.lab.example")),
        ReplyMismatch::Server {
            asked: host(),
            got: principal("host/other.lab.example")
        }
    );
    // A referral is none of the service asked for either.
    assert!(matches!(
        mismatch(proxy("krbtgt/OTHER")),
        ReplyMismatch::Server { .. }
    ));
    done(proxy("host/srv.lab.example"));
    // One ticket-granting service for another is taken.
    let mut run = renewal();
    done(run.grant_server("krbtgt/OTHER"));
}

#[test]
fn check_reply_server_with_canonicalize() {
    let parameters = TgsParameters {
        canonicalize: true,
        ..TgsParameters::proxy(host(), Vec::new())
    };
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
    done(run.grant_server("host/other.lab.example"));
}

#[test]
fn endtime_counts_only_where_the_caller_asked_for_one() {
    let late = |till| {
        let parameters = TgsParameters {
            till,
            ..TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"))
        };
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
        let mut parts = run.parts();
        parts.enc_part.endtime = after(50_000).time();
        let reply = run.seal(parts);
        run.answer(&reply)
    };
    done(late(None));
    done(late(Some(after(50_000).time())));
    assert_eq!(
        mismatch(late(Some(after(49_999).time()))),
        ReplyMismatch::Endtime {
            asked: after(49_999).time(),
            got: after(50_000).time()
        }
    );
}

#[test]
fn renew_till_later_than_asked() {
    let renewable = |seconds| {
        let mut ticket = tgt();
        ticket.flags |= TicketFlags::RENEWABLE;
        let parameters = TgsParameters {
            rtime: Some(after(1000).time()),
            ..TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"))
        };
        let config = ClientConfig::mit(REALM);
        let mut run = TgsRun::start_with(&config, &ticket, &[], parameters);
        let mut parts = run.parts();
        parts.enc_part.renew_till = Some(after(seconds).time());
        let reply = run.seal(parts);
        run.answer(&reply)
    };
    done(renewable(1000));
    assert!(matches!(
        mismatch(renewable(1001)),
        ReplyMismatch::RenewTill { .. }
    ));
}

#[test]
fn clock_skew_in_the_reply() {
    let start =
        |seconds| renew(move |parts| parts.enc_part.starttime = Some(after(seconds).time()));
    done(start(300));
    done(start(-300));
    for seconds in [301, -301] {
        let error = failed(start(seconds));
        assert!(matches!(error, ClientError::ReplySkew { .. }));
        assert_eq!(error.com_err(), Some(-1_765_328_236));
    }
}

#[test]
fn clock_skew_counts_from_the_learnt_clock() {
    let parameters = TgsParameters {
        kdc_offset: 3600,
        ..TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"))
    };
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
    assert_eq!(run.authenticator().ctime, after(3600).time());
    let mut parts = run.parts();
    parts.enc_part.starttime = Some(after(3600).time());
    let reply = run.seal(parts);
    done(run.answer(&reply));
}

#[test]
fn session_key_opens_what_an_old_heimdal_sealed_with_it() {
    let mut run = renewal();
    let reply = run
        .parts()
        .seal_tgs(&session_key(), KeyUsage::TGS_REP_SESSION_KEY);
    done(run.answer(&reply));
}

#[test]
fn a_reply_under_another_usage_does_not_open() {
    let mut run = renewal();
    let subkey = run.authenticator().subkey.unwrap().key().unwrap();
    let reply = run.parts().seal_tgs(&subkey, KeyUsage::AS_REP);
    let error = failed(run.answer(&reply));
    assert_eq!(
        error,
        ClientError::UndecryptableReply {
            exchange: Exchange::Tgs,
            enctype: AES256
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_353));
}

#[test]
fn message_of_another_exchange() {
    let mut run = renewal();
    let reply = run.parts().seal_as(&session_key());
    let error = failed(run.answer(&reply));
    assert_eq!(error.com_err(), Some(-1_765_328_344));
}

#[test]
fn ok_as_delegate_of_a_foreign_kdc_counts_only_if_the_way_there_has_it() {
    let through = |flags| {
        let foreign = credential("krbtgt/OTHER@LAB.EXAMPLE", flags);
        let config = ClientConfig::mit(REALM);
        let service = TgsParameters::service(principal("host/x@OTHER"));
        let mut run = TgsRun::start_with(&config, &tgt(), &[foreign], service);
        assert_eq!(run.asked(), "host/x@OTHER from OTHER (canonicalize)");
        let mut parts = run.parts();
        parts.enc_part.flags |= TicketFlags::OK_AS_DELEGATE;
        let reply = run.seal(parts);
        let flags = done(run.answer(&reply)).flags;
        flags.contains(TicketFlags::OK_AS_DELEGATE)
    };
    assert!(!through(TicketFlags::NONE));
    assert!(through(TicketFlags::OK_AS_DELEGATE));
}

#[test]
fn s004_h2_renewal_of_a_ticket_that_cannot_be_renewed() {
    for (code, com_err) in [
        (ErrorCode::KDC_ERR_BADOPTION, -1_765_328_371),
        (ErrorCode::KRB_AP_ERR_TKT_EXPIRED, -1_765_328_352),
    ] {
        let error = failed(renewal().refuse(code));
        assert_eq!(error.com_err(), Some(com_err));
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.exchange, Exchange::Tgs);
        assert_eq!(refusal.secret, None);
        assert_eq!(refusal.server, principal("krbtgt/LAB.EXAMPLE"));
    }
}

#[test]
fn addresses_of_the_reply_or_of_the_ticket_used() {
    let address = |octet| {
        let ip = std::net::IpAddr::from([192, 0, 2, octet]);
        Some(vec![ip.into()])
    };
    let run = |caddr| {
        let mut ticket = tgt();
        ticket.addresses = address(1);
        let parameters = TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"));
        let config = ClientConfig::mit(REALM);
        let mut run = TgsRun::start_with(&config, &ticket, &[], parameters);
        let mut parts = run.parts();
        parts.enc_part.caddr = caddr;
        let reply = run.seal(parts);
        done(run.answer(&reply)).addresses
    };
    assert_eq!(run(None), address(1));
    assert_eq!(run(address(2)), address(2));
}

#[test]
fn user_to_user_credential_keeps_the_second_ticket() {
    let theirs: Ticket = ticket(&principal("krbtgt/LAB.EXAMPLE"));
    let parameters = TgsParameters::user_to_user(principal("bob"), theirs.clone());
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
    let credential = done(run.grant());
    assert!(credential.is_skey);
    assert_eq!(credential.second_ticket, Some(theirs));
}
