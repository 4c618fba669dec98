//! What KDCs say of tickets and clients of other realms, and what they leave unanswered.

use std::net::SocketAddr;

use kdclab::check::DEFAULT_SEED;
use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_kdc::{Protocol, Transport};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::support::{played, told};

fn two_realms(client: &str) -> String {
    format!(
        r#"
[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
services = {{ "nfs/fs1.lab.example" = "fs1" }}

[realm."REMOTE.EXAMPLE"]
kdc   = "kdc2"
users = {{ alice = "correct horse" }}

[[trust]]
from     = "REMOTE.EXAMPLE"
to       = "LAB.EXAMPLE"
password = "between the realms"

[host]
fs1  = {{ realm = "LAB.EXAMPLE" }}
kdc1 = {{ realm = "LAB.EXAMPLE" }}
kdc2 = {{ realm = "REMOTE.EXAMPLE" }}
ws2  = {{ dialect = "{client}", realm = "REMOTE.EXAMPLE" }}
"#
    )
}

const OTHER_PASSWORD: &str = r#"set_trust_key = { of = "krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE", realm = "LAB.EXAMPLE", password = "other", kvno = 1 }"#;
const OTHER_VERSION: &str = r#"set_trust_key = { of = "krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE", realm = "LAB.EXAMPLE", kvno = 2 }"#;
const OTHER_ENCTYPE: &str = r#"set_trust_key = { of = "krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE", realm = "LAB.EXAMPLE", kvno = 1, enctypes = ["aes128-cts"] }"#;

#[track_caller]
fn remote_tgs_answers(client: &str, fault: &str, name: &str, code: i32, text: &str) {
    let symptom = format!(
        r#"call    = {{ user = "alice", from = "ws2", to = "nfs/fs1.lab.example" }}
error   = "{name}"
sent_by = "kdc1"
text    = "{text}"
trace   = ["TGS-REP", "TGS-REQ", "KRB-ERROR {code}"]"#
    );
    told(&two_realms(client), &[fault], &symptom);
}

#[test]
fn undecryptable_cross_realm_ticket_mit() {
    remote_tgs_answers(
        "mit",
        OTHER_PASSWORD,
        "KRB_AP_ERR_BAD_INTEGRITY",
        31,
        "Decrypt integrity check failed",
    );
}

#[test]
fn undecryptable_cross_realm_ticket_java() {
    remote_tgs_answers(
        "java",
        OTHER_PASSWORD,
        "KRB_AP_ERR_BAD_INTEGRITY",
        31,
        "Integrity check on decrypted field failed (31) - PROCESS_TGS",
    );
}

#[test]
fn unknown_version_of_cross_realm_ticket_mit() {
    remote_tgs_answers(
        "mit",
        OTHER_VERSION,
        "KRB_ERR_GENERIC",
        60,
        "KDC returned error string: PROCESS_TGS",
    );
}

#[test]
fn unknown_version_of_cross_realm_ticket_java() {
    remote_tgs_answers(
        "java",
        OTHER_VERSION,
        "KRB_ERR_GENERIC",
        60,
        "Generic error (description in e-text) (60) - PROCESS_TGS",
    );
}

#[test]
fn unknown_enctype_of_cross_realm_ticket_mit() {
    remote_tgs_answers(
        "mit",
        OTHER_ENCTYPE,
        "KRB_ERR_GENERIC",
        60,
        "KDC returned error string: PROCESS_TGS",
    );
}

#[test]
fn unknown_enctype_of_cross_realm_ticket_java() {
    remote_tgs_answers(
        "java",
        OTHER_ENCTYPE,
        "KRB_ERR_GENERIC",
        60,
        "Generic error (description in e-text) (60) - PROCESS_TGS",
    );
}

/// A KDC of LAB.EXAMPLE, and of `others`, where the client looks for CORP.EXAMPLE.
fn misdirected(others: &str) -> (String, [&'static str; 2]) {
    let world = format!(
        r#"
[realm."CORP.EXAMPLE"]
kdc   = "kdc9"
users = {{ alice = "correct horse" }}

[realm."LAB.EXAMPLE"]
kdc = "kdc1"

{others}

[host]
kdc1 = {{ realm = "LAB.EXAMPLE" }}
kdc9 = {{ realm = "CORP.EXAMPLE" }}
ws1  = {{ realm = "CORP.EXAMPLE" }}
"#
    );
    let faults = [
        r#"configure_client = { host = "ws1", set = { kdc = { "CORP.EXAMPLE" = "kdc1" } } }"#,
        r#"wait = "1s""#,
    ];
    (world, faults)
}

#[test]
fn realm_not_served_mit_of_one_realm() {
    let (world, faults) = misdirected("");
    let symptom = r#"
call    = { user = "alice", from = "ws1" }
error   = "KDC_ERR_C_PRINCIPAL_UNKNOWN"
sent_by = "kdc1"
text    = "Client 'alice@CORP.EXAMPLE' not found in Kerberos database"
trace   = ["AS-REQ", "KRB-ERROR 6"]
packets = 2"#;
    told(&world, &faults, symptom);
}

#[test]
fn realm_not_served_mit_of_several_realms() {
    let (world, faults) = misdirected("[realm.\"TEST.EXAMPLE\"]\nkdc = \"kdc1\"");
    let symptom = r#"
call     = { user = "alice", from = "ws1" }
error    = "KRB5_KDC_UNREACH"
text     = "Cannot contact any KDC for realm 'CORP.EXAMPLE'"
log.kdc1 = "Realm not local to KDC - while dispatching""#;
    let phase = told(&world, &faults, symptom);
    let answered = phase
        .timeline
        .iter()
        .any(|line| line.contains("KRB-ERROR") || line.contains("AS-REP"));
    assert!(!answered, "{:#?}", phase.timeline);
}

#[test]
fn neither_as_nor_tgs_at_the_kdc_port_mit() {
    let symptom = r#"call = { user = "alice", from = "ws2", to = "nfs/fs1.lab.example" }"#;
    let world = played(&two_realms("mit"), &[r#"wait = "1s""#], symptom);
    let ap_req = world
        .packets()
        .iter()
        .filter_map(|packet| ContextToken::decode(packet.payload.bytes().get(4..)?).ok())
        .find(|token| token.id == TokenId::ApReq);
    let Some(ap_req) = ap_req else {
        panic!("no AP-REQ travelled")
    };
    let mut kdcs = world.kdcs_now();
    let (_, kdc) = kdcs.find(|(_, kdc)| kdc.host == "kdc1").unwrap();
    let transport = Transport {
        protocol: Protocol::Udp,
        peer: SocketAddr::from(([10, 0, 0, 9], 32_768)),
        reply_limit: None,
    };
    let mut rng = ChaCha12Rng::seed_from_u64(DEFAULT_SEED);
    let reply = kdc.kdc.handle(
        &kdc.traffic,
        world.now(),
        &mut rng,
        &transport,
        ap_req.message,
    );
    assert_eq!(reply.bytes, None);
    assert_eq!(
        reply.outcome.log_lines(),
        ["Invalid message type - while dispatching"]
    );
}
