//! The way to a service ticket in MIT's `get_creds.c`.

use kdclab_client::{
    ClientConfig, ClientError, FailureReason, KdcUnreachable, ReplyMismatch, ServerFailure,
    TgsParameters, Transport,
};
use kdclab_proto::messages::TicketFlags;
use kdclab_proto::{ErrorCode, NameType, Principal, PrincipalName};

use crate::support::*;

const UNKNOWN: ErrorCode = ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN;

fn service(name: &str) -> TgsParameters {
    TgsParameters::service(principal(name))
}

fn without_realm(host: &str) -> Principal {
    PrincipalName::new(NameType::SRV_HST, ["host", host]).at("")
}

fn silent() -> KdcUnreachable {
    KdcUnreachable {
        failures: vec![ServerFailure {
            server: 0,
            transport: Transport::Udp,
            reason: FailureReason::TimedOut,
        }],
    }
}

#[test]
fn try_fallback_repeats_once_without_canonicalize() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/nowhere"));
    assert_eq!(
        run.asked(),
        "host/nowhere@LAB.EXAMPLE from LAB.EXAMPLE (canonicalize)"
    );
    let step = run.refuse(UNKNOWN);
    assert_eq!(
        run.proceed(step),
        "host/nowhere@LAB.EXAMPLE from LAB.EXAMPLE"
    );
    let error = failed(run.refuse(UNKNOWN));
    assert_eq!(error.com_err(), Some(-1_765_328_377));
}

#[test]
fn try_fallback_succeeds_where_only_canonicalize_was_refused() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv"));
    let step = run.refuse(ErrorCode::KDC_ERR_BADOPTION);
    run.proceed(step);
    done(run.grant());
}

#[test]
fn try_fallback_not_after_a_referral() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/nowhere"));
    let step = run.grant_server("krbtgt/OTHER");
    run.proceed(step);
    let error = failed(run.refuse(UNKNOWN));
    assert_eq!(error.refusal().unwrap().realm, "OTHER".into());
}

#[test]
fn an_unreachable_kdc_is_final() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv"));
    let error = failed(run.exchange.input(NOW, &mut rng(), Err(silent())));
    assert_eq!(error.com_err(), Some(-1_765_328_228));
}

#[test]
fn a_changed_name_that_is_no_referral_is_asked_for_again() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv"));
    let step = run.grant_server("host/SRV");
    assert_eq!(run.proceed(step), "host/srv@LAB.EXAMPLE from LAB.EXAMPLE");
}

#[test]
fn a_ticket_for_the_realm_asked_is_no_referral() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv"));
    let step = run.grant_server("krbtgt/LAB.EXAMPLE");
    assert_eq!(run.proceed(step), "host/srv@LAB.EXAMPLE from LAB.EXAMPLE");
}

mod paths {
    use super::*;

    #[test]
    fn known_realm_begins_with_its_ticket_granting_ticket() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        assert_eq!(run.asked(), "krbtgt/OTHER@LAB.EXAMPLE from LAB.EXAMPLE");
        let step = run.grant();
        assert_eq!(
            run.proceed(step),
            "host/srv@OTHER from OTHER (canonicalize)"
        );
        let credential = done(run.grant());
        assert_eq!(credential.server, principal("host/srv@OTHER"));
        let kept: Vec<_> = run
            .exchange
            .intermediates()
            .iter()
            .map(|c| c.server.clone())
            .collect();
        assert_eq!(kept, [principal("krbtgt/OTHER@LAB.EXAMPLE")]);
    }

    #[test]
    fn domain_realm_makes_the_realm_known() {
        let mut config = ClientConfig::mit(REALM);
        config
            .domain_realm
            .insert(".other.example".into(), "OTHER".into());
        let parameters = TgsParameters::service(without_realm("srv.other.example"));
        let run = TgsRun::start(&config, parameters.clone());
        assert_eq!(run.asked(), "krbtgt/OTHER@LAB.EXAMPLE from LAB.EXAMPLE");
        config.domain_realm.clear();
        let run = TgsRun::start(&config, parameters);
        assert_eq!(
            run.asked(),
            "host/srv.other.example@LAB.EXAMPLE from LAB.EXAMPLE (canonicalize)"
        );
    }

    #[test]
    fn a_cached_ticket_spares_the_way() {
        let cached = [
            credential("krbtgt/ELSEWHERE", TicketFlags::NONE),
            credential("krbtgt/OTHER", TicketFlags::NONE),
        ];
        let config = ClientConfig::mit(REALM);
        let run = TgsRun::start_with(&config, &tgt(), &cached, service("host/srv@OTHER"));
        assert_eq!(run.asked(), "host/srv@OTHER from OTHER (canonicalize)");
        let [_, mut old] = cached;
        old.endtime = after(-1).time();
        let run = TgsRun::start_with(&config, &tgt(), &[old], service("host/srv@OTHER"));
        assert_eq!(run.asked(), "krbtgt/OTHER@LAB.EXAMPLE from LAB.EXAMPLE");
    }

    fn hub() -> ClientConfig {
        let mut config = ClientConfig::mit(REALM);
        let to = config.capaths.entry(REALM.into()).or_default();
        to.insert("OTHER".into(), vec!["A".into(), "B".into()]);
        config
    }

    #[test]
    fn capaths_are_tried_from_the_far_end() {
        let mut run = TgsRun::start(&hub(), service("host/srv@OTHER"));
        let mut asked = vec![run.asked()];
        for _ in 0..2 {
            let step = run.refuse(UNKNOWN);
            asked.push(run.proceed(step));
        }
        for _ in 0..2 {
            let step = run.grant();
            asked.push(run.proceed(step));
        }
        assert_eq!(
            asked,
            [
                "krbtgt/OTHER@LAB.EXAMPLE from LAB.EXAMPLE",
                "krbtgt/B@LAB.EXAMPLE from LAB.EXAMPLE",
                "krbtgt/A@LAB.EXAMPLE from LAB.EXAMPLE",
                "krbtgt/OTHER@A from A",
                "host/srv@OTHER from OTHER (canonicalize)",
            ]
        );
        assert_eq!(run.exchange.intermediates().len(), 2);
    }

    #[test]
    fn the_last_refusal_counts_when_no_realm_is_left() {
        let mut run = TgsRun::start(&hub(), service("host/srv@OTHER"));
        for _ in 0..2 {
            let step = run.refuse(UNKNOWN);
            run.proceed(step);
        }
        let error = failed(run.refuse(ErrorCode::KDC_ERR_POLICY));
        assert_eq!(error.com_err(), Some(-1_765_328_372));
    }

    #[test]
    fn s004_h9_missing_trust_is_the_own_kdcs_error_7() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        let error = failed(run.refuse(UNKNOWN));
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.realm, REALM.into());
        assert_eq!(refusal.server, principal("krbtgt/OTHER@LAB.EXAMPLE"));
    }

    #[test]
    fn a_realm_nearer_on_the_path_is_taken_and_not_kept() {
        let mut run = TgsRun::start(&hub(), service("host/srv@OTHER"));
        let step = run.grant_server("krbtgt/A");
        assert_eq!(run.proceed(step), "krbtgt/OTHER@A from A");
        assert!(run.exchange.intermediates().is_empty());
    }

    #[test]
    fn a_cached_ticket_on_the_path_is_used() {
        let cached = [credential("krbtgt/B", TicketFlags::NONE)];
        let mut run = TgsRun::start_with(&hub(), &tgt(), &cached, service("host/srv@OTHER"));
        let step = run.refuse(UNKNOWN);
        assert_eq!(run.proceed(step), "krbtgt/OTHER@B from B");
    }

    #[test]
    fn off_the_path_the_target_is_asked_for_until_it_comes() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        let mut asked = Vec::new();
        for server in ["krbtgt/X@LAB.EXAMPLE", "krbtgt/Y@X", "krbtgt/OTHER@Y"] {
            let step = run.grant_server(server);
            asked.push(run.proceed(step));
        }
        assert_eq!(
            asked,
            [
                "krbtgt/OTHER@X from X",
                "krbtgt/OTHER@Y from Y",
                "host/srv@OTHER from OTHER (canonicalize)",
            ]
        );
    }

    #[test]
    fn off_the_path_a_loop_ends() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        for server in ["krbtgt/X@LAB.EXAMPLE", "krbtgt/Y@X"] {
            let step = run.grant_server(server);
            run.proceed(step);
        }
        assert_eq!(
            failed(run.grant_server("krbtgt/X@Y")),
            ClientError::ReferralLoop { realm: "X".into() }
        );
    }

    #[test]
    fn off_the_path_the_chain_is_bounded() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        for hop in 0..10 {
            let step = run.grant_server(&format!("krbtgt/R{hop}"));
            run.proceed(step);
        }
        assert_eq!(
            failed(run.grant_server("krbtgt/R10")),
            ReplyMismatch::PathTooLong { limit: 10 }.into()
        );
    }

    #[test]
    fn back_to_the_own_realm_is_refused() {
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), service("host/srv@OTHER"));
        assert_eq!(
            failed(run.grant_server("krbtgt/LAB.EXAMPLE")),
            ReplyMismatch::ReferredBack {
                realm: REALM.into()
            }
            .into()
        );
    }

    #[test]
    fn unreachable_kdc_on_the_path_is_final() {
        let mut run = TgsRun::start(&hub(), service("host/srv@OTHER"));
        let error = failed(run.exchange.input(NOW, &mut rng(), Err(silent())));
        assert_eq!(error.com_err(), Some(-1_765_328_228));
    }
}

mod unknown_realm {
    use super::*;

    fn start(host: &str) -> TgsRun {
        let parameters = TgsParameters::service(without_realm(host));
        TgsRun::start(&ClientConfig::mit(REALM), parameters)
    }

    #[test]
    fn granted_at_home_keeps_the_name_without_realm() {
        let mut run = start("srv.other.example");
        let credential = done(run.grant());
        assert_eq!(credential.server, without_realm("srv.other.example"));
        assert_eq!(credential.ticket.realm, REALM.into());
    }

    #[test]
    fn fallback_realm_is_the_domain_in_capitals() {
        let mut run = start("srv.other.example");
        let mut asked = Vec::new();
        let step = run.refuse(UNKNOWN);
        asked.push(run.proceed(step));
        let step = run.grant();
        asked.push(run.proceed(step));
        assert_eq!(
            asked,
            [
                "krbtgt/OTHER.EXAMPLE@LAB.EXAMPLE from LAB.EXAMPLE",
                "host/srv.other.example@OTHER.EXAMPLE from OTHER.EXAMPLE",
            ]
        );
        done(run.grant());
    }

    #[test]
    fn fallback_realm_that_was_asked_already() {
        for host in ["srv.lab.example", "srv"] {
            let mut run = start(host);
            let step = run.refuse(UNKNOWN);
            let expected = format!("host/{host}@LAB.EXAMPLE from LAB.EXAMPLE");
            assert_eq!(run.proceed(step), expected);
        }
    }

    #[test]
    fn a_name_without_host_has_no_fallback() {
        let name = PrincipalName::new(NameType::PRINCIPAL, ["printer"]);
        let parameters = TgsParameters::service(name.clone().at(""));
        let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
        assert_eq!(
            failed(run.refuse(UNKNOWN)),
            ClientError::HostRealmUnknown { service: name }
        );
    }
}

#[test]
fn host_realm_prefers_the_host_then_the_closest_domain() {
    let mut config = ClientConfig::mit(REALM);
    for (name, realm) in [
        ("srv.a.example", "HOST"),
        (".a.example", "A"),
        (".example", "TOP"),
        ("b.example", "B"),
    ] {
        config.domain_realm.insert(name.into(), realm.into());
    }
    let realm = |host| config.host_realm(host).map(ToString::to_string);
    assert_eq!(realm("srv.a.example").as_deref(), Some("HOST"));
    assert_eq!(realm("SRV.A.Example.").as_deref(), Some("HOST"));
    assert_eq!(realm("other.a.example").as_deref(), Some("A"));
    assert_eq!(realm("x.b.example").as_deref(), Some("B"));
    assert_eq!(realm("c.example").as_deref(), Some("TOP"));
    assert_eq!(realm("example.org"), None);
}
