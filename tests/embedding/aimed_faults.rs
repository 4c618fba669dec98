//! Faults of links that are aimed at a principal, and those with a name.

use kdclab::script::{Scope, step};
use kdclab::sim::Fate;
use kdclab::{Call, Kpasswd, Lab};

fn lab() -> Lab {
    let lab = Lab::builder()
        .realm("LAB.EXAMPLE")
        .user("alice", "correct horse")
        .user("bob", "battery staple")
        .service("HTTP/web1.lab.example")
        .service_on("cifs/web1.lab.example", "web1")
        .client("ws1", "udp_preference_limit = 0");
    lab.build().unwrap()
}

fn with(steps: &[&str]) -> Lab {
    let mut lab = lab();
    for step in steps {
        lab.step(step).unwrap();
    }
    lab
}

fn call(user: &str, service: &str) -> Call {
    Call::login(user).to(&format!("{service}/web1.lab.example"))
}

/// The fault's effect, and whether it met the calls of alice to the web server and to the file server, and
/// those of bob.
fn met(fault: &str) -> [bool; 4] {
    [
        ("alice", "HTTP"),
        ("alice", "cifs"),
        ("bob", "HTTP"),
        ("bob", "cifs"),
    ]
    .map(|(user, service)| {
        let mut lab = with(&[fault]);
        lab.call(call(user, service)).unwrap();
        lab.packets()
            .iter()
            .any(|packet| packet.fate != Fate::Delivered)
    })
}

#[test]
fn without_a_principal_everybody_is_met() {
    for message in ["AS-REQ", "AS-REP", "TGS-REQ", "TGS-REP", "AP-REQ", "AP-REP"] {
        assert_eq!(
            met(&format!(
                "link = {{ message = \"{message}\", do = \"duplicate\" }}"
            )),
            [true; 4]
        );
    }
}

/// An AP-REQ, a TGS-REQ and an AP-REP do not name their client in clear.
#[test]
fn a_client_is_met_in_every_message() {
    for message in ["AS-REQ", "AS-REP", "TGS-REQ", "TGS-REP", "AP-REQ", "AP-REP"] {
        let fault = format!(
            "link = {{ principal = \"alice\", message = \"{message}\", do = \"duplicate\" }}"
        );
        assert_eq!(met(&fault), [true, true, false, false], "{message}");
    }
}

#[test]
fn a_service_is_met_where_it_is_named() {
    for message in ["TGS-REQ", "TGS-REP", "AP-REQ", "AP-REP"] {
        let fault = format!(
            "link = {{ principal = \"cifs/web1.lab.example\", message = \"{message}\", do = \"duplicate\" }}"
        );
        assert_eq!(met(&fault), [false, true, false, true], "{message}");
    }
    for message in ["AS-REQ", "AS-REP"] {
        let fault = format!(
            "link = {{ principal = \"cifs/web1.lab.example\", message = \"{message}\", do = \"duplicate\" }}"
        );
        assert_eq!(met(&fault), [false; 4], "{message}");
    }
}

#[test]
fn an_error_is_about_whom_its_request_names() {
    let mut lab = with(&[
        r#"reset_key = "HTTP/web1.lab.example""#,
        r#"link = { principal = "alice", message = "KRB-ERROR", from = "web1", do = "drop" }"#,
    ]);
    lab.call(call("bob", "HTTP"))
        .unwrap()
        .expect_error("KRB_AP_ERR_BADKEYVER");
    lab.call(call("alice", "HTTP"))
        .unwrap()
        .expect_error("EAGAIN");
}

#[test]
fn the_password_service_hears_nothing_of_one_user() {
    let mut lab =
        with(&[r#"link = { principal = "alice", message = "KPASSWD-REQ", do = "drop" }"#]);
    lab.kpasswd(Kpasswd::change("bob", "new"))
        .unwrap()
        .expect_success();
    assert!(
        !lab.kpasswd(Kpasswd::change("alice", "new"))
            .unwrap()
            .is_success()
    );
    let mut lab =
        with(&[r#"link = { principal = "alice", message = "KPASSWD-REP", do = "drop" }"#]);
    lab.kpasswd(Kpasswd::change("bob", "new"))
        .unwrap()
        .expect_success();
    assert!(
        !lab.kpasswd(Kpasswd::change("alice", "new"))
            .unwrap()
            .is_success()
    );
}

/// A connection is nobody's before a message has travelled on it.
#[test]
fn the_packets_of_the_transport_are_not_met() {
    let mut lab =
        with(&[r#"link = { principal = "alice", transport = "tcp", to = "web1", do = "refuse" }"#]);
    let outcome = lab.call(call("alice", "HTTP")).unwrap();
    assert!(!outcome.is_success());
    assert!(
        outcome
            .timeline()
            .iter()
            .any(|line| line.ends_with("connected"))
    );
    lab.call(call("bob", "HTTP")).unwrap().expect_success();
}

#[test]
fn a_ticket_from_the_cache_is_known_for_its_client() {
    let mut lab = lab();
    lab.call(call("alice", "HTTP")).unwrap().expect_success();
    lab.step(r#"link = { principal = "alice", message = "AP-REQ", do = "drop" }"#)
        .unwrap();
    assert!(
        !lab.call(call("alice", "HTTP").from_cache_alone())
            .unwrap()
            .is_success()
    );
    lab.call(call("bob", "HTTP")).unwrap().expect_success();
}

#[test]
fn a_count_counts_the_messages_of_the_principal() {
    let mut lab = with(&[
        r#"link = { principal = "alice", message = "AS-REQ", after = 1, count = 1, do = "duplicate" }"#,
    ]);
    let duplicated = |lab: &Lab| {
        let packets = lab.packets().iter();
        packets
            .filter(|packet| packet.fate == Fate::Duplicated)
            .count()
    };
    lab.call(Call::login("bob")).unwrap().expect_success();
    assert_eq!(duplicated(&lab), 0);
    lab.call(Call::login("alice")).unwrap().expect_success();
    assert_eq!(duplicated(&lab), 1);
    lab.call(Call::login("alice")).unwrap().expect_success();
    assert_eq!(duplicated(&lab), 1);
}

#[test]
fn a_named_fault_is_removed_alone() {
    let mut lab = with(&[
        r#"link = { name = "alice's", principal = "alice", message = "AS-REQ", do = "drop" }"#,
        r#"link = { name = "bob's", principal = "bob", message = "AS-REQ", do = "drop" }"#,
    ]);
    lab.step(r#"repair_links = { name = "alice's" }"#).unwrap();
    lab.call(Call::login("alice")).unwrap().expect_success();
    lab.call(Call::login("bob"))
        .unwrap()
        .expect_error("KRB5_KDC_UNREACH");
    let error = lab
        .step(r#"repair_links = { name = "alice's" }"#)
        .unwrap_err();
    assert!(error.to_string().contains("it changes nothing"), "{error}");
    lab.step("repair_links = {}").unwrap();
    lab.call(Call::login("bob")).unwrap().expect_success();
}

#[test]
fn a_fault_of_another_name_is_told() {
    let mut lab = with(&[r#"link = { name = "slow", do = { delay = "1s" } }"#]);
    let error = lab.step(r#"repair_links = { name = "slwo" }"#).unwrap_err();
    assert!(
        error.to_string().contains("unknown fault of a link `slwo`"),
        "{error}"
    );
    assert!(
        error.to_string().contains("did you mean `slow`?"),
        "{error}"
    );
}

#[test]
fn a_principal_of_nowhere_is_told_unless_it_has_its_realm() {
    let scope = Scope::new(&lab().scenario().script);
    let fault = step(&scope, r#"link = { principal = "alcie", do = "drop" }"#).unwrap_err();
    assert_eq!(fault.title(), "unknown principal `alcie`");
    step(
        &scope,
        r#"link = { principal = "x@NOWHERE.EXAMPLE", do = "drop" }"#,
    )
    .unwrap();
}
