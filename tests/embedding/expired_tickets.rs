//! Tickets that end before their time.

use std::time::Duration;

use kdclab::script::model::DialectName;
use kdclab::{Call, Lab, LabBuilder};

const SERVICE: &str = "HTTP/web1.lab.example";
const HOUR: Duration = Duration::from_secs(3600);

fn builder() -> LabBuilder {
    Lab::builder()
        .realm("LAB.EXAMPLE")
        .user("alice", "correct horse")
        .service(SERVICE)
        .settings("max_renewable_life = \"7d\"")
        .service_on("cifs/web1.lab.example", "web1")
}

/// A world in which alice has tickets.
fn logged_in(builder: &LabBuilder) -> Lab {
    let mut lab = builder.build().unwrap();
    lab.call(session().renewable(48 * HOUR))
        .unwrap()
        .expect_success();
    lab.call(session().to("cifs/web1.lab.example").from_cache_alone())
        .unwrap()
        .expect_success();
    lab
}

fn session() -> Call {
    Call::login("alice").to(SERVICE)
}

fn expired(lab: &mut Lab) {
    lab.step(r#"expire_ticket = { user = "alice", on = "ws1" }"#)
        .unwrap();
}

#[test]
fn the_client_sees_that_its_tickets_have_ended() {
    let mut lab = logged_in(&builder());
    expired(&mut lab);
    let start = lab.packets().len();
    lab.call(session().from_cache_alone())
        .unwrap()
        .expect_error("KRB_AP_ERR_TKT_EXPIRED");
    assert_eq!(lab.packets().len(), start);
    lab.call(session()).unwrap().expect_success();
}

#[test]
fn the_kdc_sees_it_as_well() {
    let mut lab = logged_in(&builder());
    expired(&mut lab);
    let outcome = lab.call(Call::login("alice").renew()).unwrap();
    outcome.expect_error("KRB_AP_ERR_TKT_EXPIRED");
    assert_eq!(outcome.sent_by(), Some("kdc1"));
}

/// A client whose clock is behind takes the ticket for good and shows it.
#[test]
fn the_service_sees_it_as_well() {
    let mut lab = logged_in(&builder());
    expired(&mut lab);
    lab.step(r#"set_clock = { host = "ws1", offset = "-2h" }"#)
        .unwrap();
    let outcome = lab.call(session().from_cache_alone()).unwrap();
    outcome.expect_error("KRB_AP_ERR_TKT_EXPIRED");
    assert_eq!(outcome.sent_by(), Some("web1"));
}

#[test]
fn a_ticket_is_as_old_as_one_that_has_ended() {
    let mut lab = logged_in(&builder().clock("ws1", "+1m"));
    expired(&mut lab);
    let outcome = lab.call(session().from_cache_alone()).unwrap();
    let ticket = outcome.ticket().unwrap();
    let now = lab.world().now().time().unix() + 60;
    // An hour, and the clock skew that is allowed.
    assert_eq!(now - ticket.endtime.unix(), 3600 + 300);
    assert!(ticket.authtime <= ticket.starttime && ticket.starttime < ticket.endtime);
    assert_eq!(ticket.renew_till, Some(ticket.endtime));
}

#[test]
fn however_far_clocks_may_be_apart_it_has_ended() {
    let skew = "clockskew = \"3h\"";
    let mut lab = logged_in(
        &builder()
            .settings(skew)
            .client("ws1", skew)
            .client("web1", skew),
    );
    expired(&mut lab);
    let outcome = lab.call(Call::login("alice").renew()).unwrap();
    outcome.expect_error("KRB_AP_ERR_TKT_EXPIRED");
}

#[test]
fn a_ticket_may_stay_renewable() {
    let mut lab = logged_in(&builder());
    let till = |lab: &mut Lab| {
        let outcome = lab.call(Call::login("alice").from_cache_alone()).unwrap();
        outcome.ticket().unwrap().renew_till
    };
    let before = till(&mut lab);
    assert!(before.is_some());
    lab.step(r#"expire_ticket = { user = "alice", on = "ws1", renewable = true }"#)
        .unwrap();
    assert_eq!(till(&mut lab), before);
}

#[test]
fn one_ticket_of_a_cache_ends_alone() {
    let mut lab = logged_in(&builder());
    lab.step(&format!(
        r#"expire_ticket = {{ user = "alice", on = "ws1", server = "{SERVICE}" }}"#
    ))
    .unwrap();
    let other = Call::login("alice")
        .to("cifs/web1.lab.example")
        .from_cache_alone();
    let outcome = lab.call(other).unwrap();
    assert_eq!(
        outcome.expect_success().timeline().len(),
        4,
        "no ticket was asked for"
    );
    let outcome = lab.call(session().from_cache_alone()).unwrap();
    assert!(outcome.expect_success().timeline()[0].ends_with("TGS-REQ"));
}

#[test]
fn a_ticket_ends_although_the_kdc_has_forgotten_its_key() {
    let mut lab = logged_in(&builder());
    lab.step(&format!("reset_key = \"{SERVICE}\"")).unwrap();
    expired(&mut lab);
    lab.call(session().from_cache_alone())
        .unwrap()
        .expect_error("KRB_AP_ERR_TKT_EXPIRED");
}

#[test]
fn java_does_not_find_a_ticket_that_has_ended() {
    let mut lab = logged_in(&builder().dialect("ws1", DialectName::Java));
    expired(&mut lab);
    assert!(!lab.call(session().from_cache_alone()).unwrap().is_success());
}

#[test]
fn nothing_to_end_is_told() {
    let mut lab = builder().build().unwrap();
    let all = r#"expire_ticket = { user = "alice", on = "ws1" }"#;
    let error = lab.step(all).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no credential cache on the host `ws1`"),
        "{error}"
    );
    lab.call(Call::login("alice")).unwrap().expect_success();
    let one = format!(r#"expire_ticket = {{ user = "alice", on = "ws1", server = "{SERVICE}" }}"#);
    let error = lab.step(&one).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no ticket in the cache for `HTTP/web1"),
        "{error}"
    );
    lab.step(all).unwrap();
    let error = lab.step(all).unwrap_err();
    assert!(error.to_string().contains("it changes nothing"), "{error}");
}

#[test]
fn a_service_that_does_not_exist_is_told() {
    let mut lab = builder().build().unwrap();
    let text =
        r#"expire_ticket = { user = "alice", on = "ws1", server = "HTTP/web2.lab.example" }"#;
    let error = lab.step(text).unwrap_err();
    assert!(
        error.to_string().contains("unknown principal `HTTP/web2"),
        "{error}"
    );
}
