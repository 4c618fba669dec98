//! Where OpenJDK 17 differs from MIT: `KrbAsReqBuilder`, `KrbKdcRep.check`, `CredentialsUtil`.

use kdclab_client::{
    AsOutcome, AsParameters, ClientConfig, ClientError, Credential, Dialect, KdcUnreachable,
    ReplyMismatch, Step, TgsParameters,
};
use kdclab_proto::messages::{KdcOptions, KrbError, PadataType, TicketFlags};
use kdclab_proto::{ErrorCode, KerberosTime, Keytab, KeytabEntry, NameType, PrincipalName};
use zeroize::Zeroizing;

use crate::support::*;

fn java() -> ClientConfig {
    ClientConfig::java(REALM)
}

fn parameters() -> AsParameters {
    AsParameters::password(alice(), PASSWORD)
}

fn canonicalizing() -> AsParameters {
    AsParameters {
        canonicalize: Some(true),
        ..parameters()
    }
}

fn login(parameters: AsParameters, change: impl FnOnce(&mut Parts)) -> Step<AsOutcome> {
    let mut run = AsRun::start(&java(), parameters);
    let mut parts = parts(&run.request(), &alice(), INITIAL);
    change(&mut parts);
    run.answer(&parts.seal_as(&alice_key(AES256)))
}

/// The mismatch behind `Message stream modified (41)`, which never was on the wire.
fn modified(step: Step<AsOutcome>) -> ReplyMismatch {
    let error = failed(step);
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KRB_AP_ERR_MODIFIED)
    );
    assert_eq!(error.refusal(), None);
    match error {
        ClientError::ReplyMismatch(mismatch) => *mismatch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn first_request() {
    let request = AsRun::start(&java(), parameters()).request();
    let body = request.req_body();
    assert_eq!(request.padata, None);
    assert_eq!(body.kdc_options, KdcOptions::NONE);
    assert_eq!(body.till, KerberosTime::EPOCH);
    let types: Vec<i32> = body.etype.iter().map(|enctype| enctype.0).collect();
    assert_eq!(types, [18, 17, 20, 19]);
    let request = AsRun::start(&java(), canonicalizing()).request();
    assert_eq!(padata_types(&request), [149]);
}

#[test]
fn allow_weak_crypto_brings_rc4_and_3des() {
    let mut config = java();
    config.weak_crypto.allow_weak_crypto = true;
    let request = AsRun::start(&config, parameters()).request();
    let types: Vec<i32> = request.req_body().etype.iter().map(|e| e.0).collect();
    assert_eq!(types, [18, 17, 20, 19, 16, 23]);
}

#[test]
fn s004_d2_wrong_clock_fails_with_37() {
    let mut run = AsRun::start(&java(), parameters());
    let mut required = usual_preauth_required();
    required.stime = after(3600).time();
    run.continue_with(&required);
    let error = failed(run.answer(&error(ErrorCode::KRB_AP_ERR_SKEW).encode()));
    assert_eq!(error.code(Dialect::Java), Some(ErrorCode::KRB_AP_ERR_SKEW));
}

#[test]
fn s004_d2_distant_reply_is_37_of_its_own() {
    let start = |seconds| {
        login(parameters(), move |parts| {
            parts.enc_part.starttime = Some(after(seconds).time());
        })
    };
    done(start(300));
    let error = failed(start(301));
    assert_eq!(error.refusal(), None);
    assert_eq!(error.code(Dialect::Java), Some(ErrorCode::KRB_AP_ERR_SKEW));
    // Without a start there is nothing to compare.
    done(login(parameters(), |parts| {
        parts.enc_part.starttime = None;
        parts.enc_part.authtime = after(9999).time();
    }));
}

#[test]
fn preauth_is_tried_once() {
    for code in [
        ErrorCode::KDC_ERR_PREAUTH_REQUIRED,
        ErrorCode::KDC_ERR_PREAUTH_FAILED,
    ] {
        let mut run = AsRun::start(&java(), parameters());
        let refusal = KrbError {
            error_code: code,
            ..usual_preauth_required()
        };
        let request = run.continue_with(&refusal);
        assert_eq!(padata_types(&request), [2]);
        let error = failed(run.answer(&refusal.encode()));
        assert_eq!(error.code(Dialect::Java), Some(code));
    }
}

#[test]
fn keytab_offers_the_types_it_has_and_no_others() {
    let keytab = |enctype| Keytab {
        entries: vec![KeytabEntry {
            principal: alice(),
            timestamp: NOW.time(),
            kvno: 1,
            enctype,
            key_bytes: Zeroizing::new(alice_key(enctype).expose_bytes().to_vec()),
        }],
    };
    let run = AsRun::start(&java(), AsParameters::keytab(alice(), keytab(AES128)));
    assert_eq!(run.request().req_body().etype, [AES128]);

    // The KDC wants a key the keytab does not have: the same request again, and its refusal.
    let mut run = AsRun::start(&java(), AsParameters::keytab(alice(), keytab(AES128)));
    let request = run.continue_with(&usual_preauth_required());
    assert_eq!(request.padata, None);
    let error = failed(run.answer(&usual_preauth_required().encode()));
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KDC_ERR_PREAUTH_REQUIRED)
    );
}

#[test]
fn a_refused_canonicalize_is_dropped() {
    let mut run = AsRun::start(&java(), canonicalizing());
    let request = run.continue_with(&error(ErrorCode::KDC_ERR_BADOPTION));
    assert_eq!(request.req_body().kdc_options, KdcOptions::NONE);
    let error = failed(run.answer(&error(ErrorCode::KDC_ERR_BADOPTION).encode()));
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KDC_ERR_BADOPTION)
    );
}

mod krb_kdc_rep_check {
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
}

#[test]
fn undecryptable_reply_shows_no_code() {
    let mut run = AsRun::start(&java(), AsParameters::password(alice(), "wrong"));
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
    let error = failed(run.answer(&reply));
    assert!(matches!(error, ClientError::UndecryptableReply { .. }));
    assert_eq!(error.code(Dialect::Java), None);
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
    );
}

mod tgs {
    use super::*;

    const UNKNOWN: ErrorCode = ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN;

    fn start(server: &str) -> TgsRun {
        TgsRun::start(&java(), TgsParameters::service(principal(server)))
    }

    #[test]
    fn no_subkey_and_the_session_key_opens_the_reply() {
        let mut run = start("host/srv");
        assert_eq!(run.authenticator().subkey, None);
        assert_eq!(run.request().req_body().till, KerberosTime::EPOCH);
        done(run.grant());
    }

    #[test]
    fn options_of_the_ticket_are_not_asked_for() {
        let mut ticket = tgt();
        ticket.flags |= TicketFlags::PROXIABLE | TicketFlags::RENEWABLE;
        let parameters = TgsParameters::service(principal("host/srv"));
        let run = TgsRun::start_with(&java(), &ticket, &[], parameters);
        assert_eq!(
            run.request().req_body().kdc_options,
            KdcOptions::CANONICALIZE
        );
    }

    #[test]
    fn forwardable_of_the_configuration_where_the_ticket_allows_it() {
        let mut config = java();
        config.forwardable = true;
        let asks = |flags| {
            let mut ticket = tgt();
            ticket.flags |= flags;
            let parameters = TgsParameters::service(principal("host/srv"));
            let run = TgsRun::start_with(&config, &ticket, &[], parameters);
            let options = run.request().req_body().kdc_options;
            options.contains(KdcOptions::FORWARDABLE)
        };
        assert!(asks(TicketFlags::FORWARDABLE));
        assert!(!asks(TicketFlags::NONE));
    }

    #[test]
    fn unknown_host_belongs_to_the_default_realm() {
        let name = PrincipalName::new(NameType::SRV_HST, ["host", "srv.other.example"]);
        let run = TgsRun::start(&java(), TgsParameters::service(name.at("")));
        assert_eq!(
            run.asked(),
            "host/srv.other.example@LAB.EXAMPLE from LAB.EXAMPLE (canonicalize)"
        );
    }

    #[test]
    fn after_a_referral_the_fallback_begins_again() {
        let mut run = start("host/srv");
        let step = run.grant_server("krbtgt/OTHER");
        assert_eq!(
            run.proceed(step),
            "host/srv@OTHER from OTHER (canonicalize)"
        );
        let step = run.refuse(UNKNOWN);
        assert_eq!(run.proceed(step), "host/srv@LAB.EXAMPLE from LAB.EXAMPLE");
    }

    #[test]
    fn five_referrals_are_followed() {
        let mut run = start("host/srv");
        for hop in 0..5 {
            let step = run.grant_server(&format!("krbtgt/R{hop}"));
            run.proceed(step);
        }
        assert_eq!(
            failed(run.grant_server("krbtgt/R5")),
            ClientError::TooManyReferrals { limit: 5 }
        );
    }

    fn walk(run: &mut TgsRun, refusals: usize) -> Vec<String> {
        let mut asked = vec![run.asked()];
        for _ in 0..refusals {
            let step = run.refuse(UNKNOWN);
            asked.push(run.proceed(step));
        }
        asked
    }

    #[test]
    fn the_path_follows_the_hierarchy_target_first_then_nearest() {
        let config = ClientConfig::java("A.X");
        let client = principal("alice@A.X");
        let mut ticket = tgt();
        ticket.client = client;
        ticket.server = principal("krbtgt/A.X@A.X");
        let parameters = TgsParameters::service(principal("host/srv@C.B.X"));
        let mut run = TgsRun::start_with(&config, &ticket, &[], parameters);
        assert_eq!(
            walk(&mut run, 5),
            [
                "krbtgt/C.B.X@A.X from A.X (canonicalize)",
                "krbtgt/C.B.X@A.X from A.X",
                "krbtgt/X@A.X from A.X (canonicalize)",
                "krbtgt/X@A.X from A.X",
                "krbtgt/B.X@A.X from A.X (canonicalize)",
                "krbtgt/B.X@A.X from A.X",
            ]
        );
    }

    fn no_path(step: Step<Credential>) -> ClientError {
        let error = failed(step);
        // "No service creds", without a code.
        assert_eq!(error.code(Dialect::Java), None);
        match error {
            ClientError::NoPathToRealm { realm, cause } => {
                assert_eq!(realm, "OTHER".into());
                *cause
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn s004_h9_missing_trust_is_no_service_creds() {
        let mut run = start("host/srv@OTHER");
        walk(&mut run, 1);
        let cause = no_path(run.refuse(UNKNOWN));
        assert_eq!(cause.refusal().unwrap().error.error_code, UNKNOWN);
    }

    #[test]
    fn s004_h11_an_unreachable_kdc_on_the_path_is_no_service_creds() {
        let mut run = start("host/srv@OTHER");
        let unreachable = KdcUnreachable::default();
        let step = run
            .exchange
            .input(NOW, &mut rng(), Err(unreachable.clone()));
        assert!(matches!(no_path(step), ClientError::KdcUnreachable { .. }));
        // In the same realm the inner error is shown.
        let mut run = start("host/srv");
        let step = run.exchange.input(NOW, &mut rng(), Err(unreachable));
        assert!(matches!(failed(step), ClientError::KdcUnreachable { .. }));
    }

    #[test]
    fn s004_h9_a_refusal_of_the_remote_kdc_is_shown() {
        let mut run = start("host/srv@OTHER");
        let step = run.grant();
        assert_eq!(
            run.proceed(step),
            "host/srv@OTHER from OTHER (canonicalize)"
        );
        let step = run.refuse(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY);
        assert_eq!(run.proceed(step), "host/srv@OTHER from OTHER");
        let error = failed(run.refuse(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY));
        assert_eq!(
            error.code(Dialect::Java),
            Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
        );
    }

    #[test]
    fn a_referral_must_come_from_the_realm_asked() {
        let mut run = start("host/srv");
        let step = run.grant_server("krbtgt/OTHER@ELSEWHERE");
        assert_eq!(run.proceed(step), "host/srv@LAB.EXAMPLE from LAB.EXAMPLE");
        let error = failed(run.grant_server("krbtgt/OTHER"));
        assert_eq!(
            error.code(Dialect::Java),
            Some(ErrorCode::KRB_AP_ERR_MODIFIED)
        );
    }

    #[test]
    fn the_ticket_alone_decides_the_first_padata() {
        assert!(
            start("host/srv")
                .request()
                .padata(PadataType::TGS_REQ)
                .is_some()
        );
    }
}
