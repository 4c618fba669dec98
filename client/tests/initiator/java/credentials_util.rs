//! `CredentialsUtil` and `KrbTgsReq`.

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
fn renewed_and_forwarded_tickets_stay_what_they_are() {
    let options = |parameters| {
        let run = TgsRun::start(&java(), parameters);
        run.request().req_body().kdc_options
    };
    assert_eq!(
        options(TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"))),
        KdcOptions::RENEW | KdcOptions::RENEWABLE
    );
    assert_eq!(
        options(TgsParameters::forward(&REALM.into(), None)),
        KdcOptions::FORWARDED | KdcOptions::FORWARDABLE
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
fn java_6_asks_for_no_referral_and_does_not_ask_twice() {
    let config = ClientConfig::java_6(REALM);
    let mut run = TgsRun::start(&config, TgsParameters::service(principal("host/srv")));
    assert_eq!(run.asked(), "host/srv@LAB.EXAMPLE from LAB.EXAMPLE");
    let error = failed(run.refuse(UNKNOWN));
    assert_eq!(error.code(Dialect::Java6), Some(UNKNOWN));
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
    let mut realm = REALM.to_owned();
    for hop in 0..5 {
        let step = run.grant_server(&format!("krbtgt/R{hop}@{realm}"));
        run.proceed(step);
        realm = format!("R{hop}");
    }
    assert_eq!(
        failed(run.grant_server("krbtgt/R5@R4")),
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
