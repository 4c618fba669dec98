//! What a KDC says of an account that may not log on, and of a clock that is wrong.

use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::Phase;
use kdclab::sim::VerbError;

use crate::support::{scenario, told};

fn world(kdc: &str, client: &str) -> String {
    format!(
        r#"
[realm."LAB.EXAMPLE"]
dialect  = "{kdc}"
kdc      = "kdc1"
users    = {{ alice = "correct horse" }}
services = {{ "nfs/fs1.lab.example" = "fs1", "HTTP/fs1.lab.example" = "fs1" }}
settings = {{ lockout = {{ maxfailure = 3 }} }}

[host]
fs1  = {{}}
kdc1 = {{}}
ws1  = {{ dialect = "{client}" }}
"#
    )
}

const DISABLED: &str = r#"modify_principal = { name = "alice", attributes = ["-allow_tix"] }"#;
const EXPIRED: &str = r#"modify_principal = { name = "alice", expires = "2025-12-31T00:00:00Z" }"#;
const LOCKED: &str = r#"attempt = { call = { user = "alice", from = "ws1", password = "wrong" }, times = 3, error = "KDC_ERR_PREAUTH_FAILED" }"#;

#[track_caller]
fn logon_answers(kdc: &str, client: &str, fault: &str, name: &str, code: i32, text: &str) {
    let symptom = format!(
        r#"call    = {{ user = "alice", from = "ws1" }}
error   = "{name}"
sent_by = "kdc1"
text    = "{text}"
trace   = ["AS-REQ", "KRB-ERROR {code}"]
packets = 2"#
    );
    told(&world(kdc, client), &[fault], &symptom);
}

macro_rules! logons {
    ($($test:ident: $kdc:literal, $client:literal, $fault:ident => $name:literal, $code:literal, $text:literal;)*) => {$(
        #[test]
        fn $test() {
            logon_answers($kdc, $client, $fault, $name, $code, $text);
        }
    )*};
}

logons! {
    disabled_account_mit: "mit", "mit", DISABLED => "KDC_ERR_CLIENT_REVOKED", 18, "Client's credentials have been revoked";
    disabled_account_java: "mit", "java", DISABLED => "KDC_ERR_CLIENT_REVOKED", 18, "Clients credentials have been revoked (18) - CLIENT LOCKED OUT";
    disabled_account_windows: "active-directory", "mit", DISABLED => "KDC_ERR_CLIENT_REVOKED", 18, "Client's credentials have been revoked";
    locked_account_mit: "mit", "mit", LOCKED => "KDC_ERR_CLIENT_REVOKED", 18, "Client's credentials have been revoked";
    locked_account_java: "mit", "java", LOCKED => "KDC_ERR_CLIENT_REVOKED", 18, "Clients credentials have been revoked (18) - LOCKED_OUT";
    locked_account_windows: "active-directory", "mit", LOCKED => "KDC_ERR_CLIENT_REVOKED", 18, "Client's credentials have been revoked";
    expired_account_mit: "mit", "mit", EXPIRED => "KDC_ERR_NAME_EXP", 1, "Client's entry in database has expired";
    expired_account_java: "mit", "java", EXPIRED => "KDC_ERR_NAME_EXP", 1, "Client's entry in database expired (1) - CLIENT EXPIRED";
    expired_account_windows: "active-directory", "mit", EXPIRED => "KDC_ERR_CLIENT_REVOKED", 18, "Client's credentials have been revoked";
}

/// Alice has a ticket and is disabled. After `wait` she asks for another.
#[track_caller]
fn later_ticket(kdc: &str, wait: &str, facts: &str) {
    let given = "\n[[given]]\nattempt = { call = { user = \"alice\", from = \"ws1\" } }\n";
    let symptom = format!(
        r#"call = {{ user = "alice", from = "ws1", to = "nfs/fs1.lab.example", warm = true }}
wait = "{wait}"
{facts}"#
    );
    told(
        &format!("{}{given}", world(kdc, "mit")),
        &[DISABLED],
        &symptom,
    );
}

#[test]
fn ticket_of_a_disabled_account_mit() {
    later_ticket("mit", "1h", r#"trace = ["TGS-REQ", "TGS-REP", "AP-REP"]"#);
}

#[test]
fn ticket_of_a_disabled_account_windows_within_20_minutes() {
    later_ticket(
        "active-directory",
        "19m",
        r#"trace = ["TGS-REQ", "TGS-REP", "AP-REP"]"#,
    );
}

#[test]
fn ticket_of_a_disabled_account_windows_after_20_minutes() {
    later_ticket(
        "active-directory",
        "21m",
        "error = \"KDC_ERR_CLIENT_REVOKED\"\nsent_by = \"kdc1\"\ntrace = [\"TGS-REQ\", \"KRB-ERROR 18\"]",
    );
}

#[test]
fn a_service_name_twice_mit() {
    let twice = world("mit", "mit").replace(
        "users    = { ",
        "users    = { \"nfs/fs1.lab.example\" = \"x\", ",
    );
    let text =
        format!("format = 1\ntitle = \"t\"\ncatalogue = []\nstory = \"s\"\nlesson = true\n{twice}");
    let Err(error) = Scenario::parse(Path::new("cell.toml"), &text) else {
        panic!("the name was taken twice")
    };
    assert!(error.to_string().contains("is defined twice"), "{error}");

    let again = r#"add_principal = { name = "nfs/fs1.lab.example", password = "x" }"#;
    let call = r#"call = { user = "alice", from = "ws1" }"#;
    let scenario = scenario(&world("mit", "mit"), &[again], call);
    let error = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None).err();
    let principal = "nfs/fs1.lab.example@LAB.EXAMPLE".to_owned();
    assert_eq!(error, Some(VerbError::TakenName { principal }));
}

const AHEAD: &str = r#"set_clock = { host = "ws1", offset = "+310s" }"#;

#[test]
fn clock_310_s_wrong_mit() {
    let symptom = r#"call = { user = "alice", from = "ws1", to = "nfs/fs1.lab.example" }
trace = ["AS-REP", "TGS-REP", "AP-REP"]"#;
    told(&world("mit", "mit"), &[AHEAD], symptom);
}

#[test]
fn clock_310_s_wrong_java() {
    let symptom = r#"call    = { user = "alice", from = "ws1" }
error   = "KRB_AP_ERR_SKEW"
sent_by = "kdc1"
text    = "Clock skew too great (37) - PREAUTH_FAILED"
trace   = ["AS-REQ", "KRB-ERROR 37"]"#;
    told(&world("mit", "java"), &[AHEAD], symptom);
}
