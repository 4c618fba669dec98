//! What an acceptor says of a ticket that it cannot open, and what an initiator makes of a refusal.

use kdclab::check::{self, DEFAULT_SEED};
use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_client::{Acceptor, AcceptorName, ClientConfig, Framing};
use kdclab_proto::messages::KrbError;
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::support::{played, scenario, told};

/// A service `nfs` on a host of dialect `acceptor`, which has another service, and a client.
fn world(initiator: &str, acceptor: &str) -> String {
    format!(
        r#"
[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
users    = {{ alice = "correct horse" }}
services = {{ "nfs/fs1.lab.example" = "fs1", "HTTP/fs1.lab.example" = "fs1" }}

[host]
fs1  = {{ dialect = "{acceptor}" }}
kdc1 = {{}}
ws1  = {{ dialect = "{initiator}" }}
"#
    )
}

const CALL: &str = r#"call = { user = "alice", from = "ws1", to = "nfs/fs1.lab.example" }"#;

/// The KDC has another key of the same version.
const OTHER_KEY: &[&str] = &[
    r#"remove_principal = "nfs/fs1.lab.example""#,
    r#"add_principal = { name = "nfs/fs1.lab.example" }"#,
];
/// The KDC has a key of a later version.
const LATER_KEY: &[&str] = &[r#"reset_key = "nfs/fs1.lab.example""#];
/// The KDC has a key of a later version, made of a password that an earlier version had, and not the last one.
const EARLIER_PASSWORD: &[&str] = &[
    r#"change_key = { of = "nfs/fs1.lab.example", password = "first" }"#,
    r#"export_keytab = { of = "nfs/fs1.lab.example", to = "fs1" }"#,
    r#"change_key = { of = "nfs/fs1.lab.example", password = "second" }"#,
    r#"export_keytab = { of = "nfs/fs1.lab.example", to = "fs1" }"#,
    r#"change_key = { of = "nfs/fs1.lab.example", password = "first" }"#,
];
/// The keytab has no key of the ticket's type.
const OTHER_ENCTYPE: &[&str] = &[
    r#"export_keytab = { of = "nfs/fs1.lab.example", to = "fs1", enctypes = ["aes128-cts"], replace = true }"#,
];
/// The keytab has the keys of another service alone.
const OTHER_PRINCIPAL: &[&str] = &[r#"ktremove = { of = "nfs/fs1.lab.example", from = "fs1" }"#];

#[track_caller]
fn mit_answers(faults: &[&str], name: &str, code: i32, text: &str, log: &str) {
    let symptom = format!(
        r#"{CALL}
error   = "{name}"
sent_by = "fs1"
text    = "{text}"
trace   = ["AP-REQ", "KRB-ERROR {code}"]
log.fs1 = "{log}""#
    );
    told(&world("mit", "mit"), faults, &symptom);
}

/// The acceptor throws, and its host ends the connection without a token.
#[track_caller]
fn java_throws(faults: &[&str], log: &str) {
    let symptom = format!(
        r#"{CALL}
error   = "CONNECTION_CLOSED"
sent_by = "fs1"
log.fs1 = "{log}""#
    );
    let phase = told(&world("mit", "java"), faults, &symptom);
    let after_request = phase
        .timeline
        .iter()
        .skip_while(|line| !line.ends_with("AP-REQ"));
    let answers: Vec<&String> = after_request.skip(1).collect();
    assert!(
        matches!(answers[..], [only] if only.ends_with("reset")),
        "{answers:?}"
    );
}

#[track_caller]
fn windows_answers_41(faults: &[&str]) {
    let symptom = format!(
        r#"{CALL}
error   = "KRB_AP_ERR_MODIFIED"
sent_by = "fs1"
text    = "Message stream modified"
trace   = ["AP-REQ", "KRB-ERROR 41"]"#
    );
    told(&world("mit", "windows"), faults, &symptom);
}

/// What MIT's `krb5_rd_req` with a named server says to the AP-REQ that travelled.
#[track_caller]
fn raw_mit_answers(faults: &[&str], code: i32) {
    let world = played(&world("mit", "mit"), faults, CALL);
    let token = world
        .packets()
        .iter()
        .filter_map(|packet| ContextToken::decode(packet.payload.bytes().get(4..)?).ok())
        .find(|token| token.id == TokenId::ApReq);
    let Some(token) = token else {
        panic!("no AP-REQ travelled")
    };
    let (_, keytab) = world.keytabs().find(|(host, _)| *host == "fs1").unwrap();
    let mut acceptor = Acceptor {
        framing: Framing::Raw,
        name: AcceptorName::Principal("nfs/fs1.lab.example@LAB.EXAMPLE".parse().unwrap()),
        ..Acceptor::new(ClientConfig::mit("LAB.EXAMPLE"), keytab.clone())
    };
    let mut rng = ChaCha12Rng::seed_from_u64(DEFAULT_SEED);
    let Err(refused) = acceptor.accept(world.now(), &mut rng, None, token.message) else {
        panic!("it was accepted")
    };
    let error = KrbError::decode(&refused.reply.unwrap()).unwrap();
    assert_eq!(error.error_code.0, code);
}

#[test]
fn undecryptable_ticket_mit() {
    mit_answers(
        OTHER_KEY,
        "KRB_AP_ERR_BAD_INTEGRITY",
        31,
        "Decrypt integrity check failed",
        "kvno 1 enctype aes256-cts found in keytab but cannot decrypt ticket",
    );
}

#[test]
fn undecryptable_ticket_java() {
    java_throws(OTHER_KEY, "Checksum failed");
}

#[test]
fn undecryptable_ticket_windows() {
    windows_answers_41(OTHER_KEY);
}

#[test]
fn unknown_key_version_mit() {
    mit_answers(
        LATER_KEY,
        "KRB_AP_ERR_BADKEYVER",
        44,
        "Key version is not available",
        "kvno 2 not found in keytab; keytab is likely out of date",
    );
}

#[test]
fn unknown_key_version_java() {
    java_throws(LATER_KEY, "Checksum failed");
}

#[test]
fn unknown_key_version_windows() {
    windows_answers_41(LATER_KEY);
}

/// MIT's GSS library tries them all, whatever their versions.
#[test]
fn unknown_version_of_an_older_key_mit_gss() {
    let symptom = format!("{CALL}\ntrace = [\"AP-REQ\", \"AP-REP\"]");
    told(&world("mit", "mit"), EARLIER_PASSWORD, &symptom);
}

#[test]
fn unknown_version_of_an_older_key_mit_raw() {
    raw_mit_answers(EARLIER_PASSWORD, 44);
}

/// Java tries the newest key.
#[test]
fn unknown_version_of_an_older_key_java() {
    java_throws(EARLIER_PASSWORD, "Checksum failed");
}

/// Windows tries them all as well.
#[test]
fn unknown_version_of_an_older_key_windows() {
    let symptom = format!("{CALL}\ntrace = [\"AP-REQ\", \"AP-REP\"]");
    told(&world("mit", "windows"), EARLIER_PASSWORD, &symptom);
}

#[test]
fn unknown_enctype_mit_gss() {
    mit_answers(
        OTHER_ENCTYPE,
        "KRB_AP_ERR_BADKEYVER",
        44,
        "Key version is not available",
        "kvno 1 found in keytab but not with enctype aes256-cts",
    );
}

#[test]
fn unknown_enctype_mit_raw() {
    raw_mit_answers(OTHER_ENCTYPE, 45);
}

#[test]
fn unknown_enctype_java() {
    java_throws(
        OTHER_ENCTYPE,
        "Invalid argument (400) - Cannot find key of appropriate type to decrypt AP-REQ - AES256 CTS mode with HMAC SHA1-96",
    );
}

#[test]
fn unknown_enctype_windows() {
    windows_answers_41(OTHER_ENCTYPE);
}

#[test]
fn other_principals_only_mit_gss() {
    mit_answers(
        OTHER_PRINCIPAL,
        "KRB_AP_ERR_NOT_US",
        35,
        "The ticket isn't for us",
        "Request ticket server nfs/fs1.lab.example@LAB.EXAMPLE not found in keytab (ticket kvno 1)",
    );
}

#[test]
fn other_principals_only_mit_raw() {
    raw_mit_answers(OTHER_PRINCIPAL, 45);
}

#[test]
fn other_principals_only_java() {
    java_throws(OTHER_PRINCIPAL, "Checksum failed");
}

#[test]
fn other_principals_only_windows() {
    windows_answers_41(OTHER_PRINCIPAL);
}

#[track_caller]
fn initiator_shows(initiator: &str, text: &str) {
    let symptom = format!(
        r#"{CALL}
error = "KRB_AP_ERR_MODIFIED"
text  = "{text}"
trace = ["AP-REQ", "KRB-ERROR 41"]"#
    );
    told(&world(initiator, "windows"), OTHER_KEY, &symptom);
}

#[test]
fn error_in_place_of_ap_rep_mit() {
    initiator_shows("mit", "Message stream modified");
}

#[test]
fn error_in_place_of_ap_rep_java() {
    initiator_shows(
        "java",
        "Defective token detected (Mechanism level: AP_REP token id does not match!)",
    );
}

/// Whom the event names as the server comes out of the KRB-ERROR.
#[test]
fn error_in_place_of_ap_rep_windows() {
    let symptom = format!(
        r#"{CALL}
error   = "KRB_AP_ERR_MODIFIED"
trace   = ["AP-REQ", "KRB-ERROR 41"]
log.ws1 = "Event ID: 4\nUser: N/A\nComputer: WS1\nDescription: The kerberos client received a KRB_AP_ERR_MODIFIED error from the server nfs/fs1.lab.example. The target name used was nfs/fs1.lab.example. This indicates that the password used to encrypt the kerberos service ticket is different than that on the target server. Commonly, this is due to identically named machine accounts in the target realm (LAB.EXAMPLE) and the client realm. Please contact your system administrator."
"#
    );
    told(&world("windows", "windows"), OTHER_KEY, &symptom);
}

#[test]
fn another_error_in_place_of_ap_rep_windows() {
    let symptom = format!(
        r#"{CALL}
error   = "KRB_AP_ERR_SKEW"
trace   = ["AP-REQ", "KRB-ERROR 37"]
log.ws1 = "Event ID: 3\nUser: N/A\nComputer: WS1\nDescription: KRB_AP_ERR_SKEW (37)"
"#
    );
    let skew = r#"set_clock = { host = "fs1", offset = "+10m" }"#;
    told(&world("windows", "windows"), &[skew], &symptom);
}

/// What MIT's client meets is in no event log.
#[test]
fn error_in_place_of_ap_rep_is_no_event_of_mit() {
    let symptom = format!("{CALL}\nerror = \"KRB_AP_ERR_MODIFIED\"\nlog.ws1 = \"Event\"");
    let scenario = scenario(&world("mit", "windows"), OTHER_KEY, &symptom);
    let mismatches = check::run(&scenario, DEFAULT_SEED).mismatches;
    assert_eq!(mismatches.len(), 1, "{mismatches:?}");
}

/// Two hosts of one principal, in the same microsecond, at an acceptor of `dialect`. Before the fault each
/// has a principal of its own.
fn simultaneous(dialect: &str) -> (String, [&'static str; 2]) {
    let world = format!(
        r#"
[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
services = {{ "nfs/fs1.lab.example" = "fs1", "dn/one" = {{}}, "dn/two" = {{}} }}

[host]
dn1  = {{ run_as = "dn/one" }}
dn2  = {{ run_as = "dn/two" }}
fs1  = {{ dialect = "{dialect}" }}
kdc1 = {{}}
"#
    );
    let faults = [
        r#"run_as = { host = "dn2", principal = "dn/one" }"#,
        r#"wait = "1s""#,
    ];
    (world, faults)
}

const BOTH: &str = r#"simultaneous = [
    { from = "dn1", to = "nfs/fs1.lab.example" },
    { from = "dn2", to = "nfs/fs1.lab.example" },
]
failing = 2"#;

#[test]
fn same_ctime_and_cusec_mit() {
    let (world, faults) = simultaneous("mit");
    told(
        &world,
        &faults,
        &format!("{BOTH}\ntrace = [\"AP-REP\", \"AP-REP\"]"),
    );
}

#[test]
fn same_ctime_and_cusec_java() {
    let (world, faults) = simultaneous("java");
    told(
        &world,
        &faults,
        &format!("{BOTH}\ntrace = [\"AP-REP\", \"AP-REP\"]"),
    );
}

#[test]
fn same_ctime_and_cusec_java_6() {
    let (world, faults) = simultaneous("java-6");
    let symptom =
        "error = \"CONNECTION_CLOSED\"\ncause = \"replay\"\nlog.fs1 = \"Request is a replay (34)\"";
    told(&world, &faults, &format!("{BOTH}\n{symptom}"));
}

#[test]
fn same_ctime_and_cusec_windows() {
    let (world, faults) = simultaneous("windows");
    let symptom =
        "error = \"KRB_AP_ERR_REPEAT\"\ncause = \"replay\"\ntrace = [\"AP-REP\", \"KRB-ERROR 34\"]";
    told(&world, &faults, &format!("{BOTH}\n{symptom}"));
}
