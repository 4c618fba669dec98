//! What a client makes of a reply that is not the KDC's, or no reply at all.

use crate::support::told;

fn world(client: &str) -> String {
    format!(
        r#"
[realm."LAB.EXAMPLE"]
kdc   = "kdc1"
users = {{ alice = "correct horse", bob = "battery staple" }}

[host]
kdc1 = {{}}
ws1  = {{ dialect = "{client}" }}
"#
    )
}

const OTHER_CLIENT: &str =
    r#"link = { from = "kdc1", message = "AS-REP", do = { rewrite = { cname = "bob" } } }"#;
const OTHER_CLIENT_REALM: &str = r#"link = { from = "kdc1", message = "AS-REP", do = { rewrite = { crealm = "lab.example" } } }"#;
const OTHER_TICKET_REALM: &str = r#"link = { from = "kdc1", message = "AS-REP", do = { rewrite = { ticket_realm = "lab.example" } } }"#;
const TRUNCATED: &str = r#"link = { from = "kdc1", message = "AS-REP", do = { truncate = 100 } }"#;
const NOT_KERBEROS: &str = r#"link = { from = "kdc1", message = "AS-REP", do = { replace = "HTTP/1.1 400 Bad Request" } }"#;

#[track_caller]
fn login_shows(client: &str, fault: &str, error: &str, text: &str) {
    let symptom = format!(
        r#"call  = {{ user = "alice", from = "ws1" }}
error = "{error}"
text  = "{text}"
trace = ["AS-REQ", "KRB-ERROR 25", "AS-REQ"]"#
    );
    let phase = told(&world(client), &[fault], &symptom);
    let refused = phase
        .timeline
        .iter()
        .any(|line| line.contains("KRB-ERROR") && !line.ends_with("KRB-ERROR 25"));
    assert!(!refused, "no code was on the wire: {:#?}", phase.timeline);
}

macro_rules! logins {
    ($($test:ident: $client:literal, $fault:ident => $error:literal, $text:literal;)*) => {$(
        #[test]
        fn $test() {
            login_shows($client, $fault, $error, $text);
        }
    )*};
}

logins! {
    reply_for_another_client_mit: "mit", OTHER_CLIENT => "KRB5_KDCREP_MODIFIED", "KDC reply did not match expectations";
    reply_for_another_client_pan_os: "pan-os", OTHER_CLIENT => "KRB5_KDCREP_MODIFIED", "Error -1765328237: KDC reply did not match expectations";
    reply_for_another_client_java: "java", OTHER_CLIENT => "KRB5_KDCREP_MODIFIED", "Message stream modified (41)";
    reply_for_another_realm_mit: "mit", OTHER_CLIENT_REALM => "KRB5_KDCREP_MODIFIED", "KDC reply did not match expectations";
    reply_for_another_realm_java: "java", OTHER_CLIENT_REALM => "KRB5_KDCREP_MODIFIED", "Message stream modified (41)";
    ticket_of_another_realm_mit: "mit", OTHER_TICKET_REALM => "KRB5_KDCREP_MODIFIED", "KDC reply did not match expectations";
    truncated_reply_mit: "mit", TRUNCATED => "ASN1_OVERRUN", "ASN.1 encoding ended unexpectedly";
    truncated_reply_java: "java", TRUNCATED => "ASN1_OVERRUN", "not enough content";
    reply_that_is_not_kerberos_mit: "mit", NOT_KERBEROS => "KRB_AP_ERR_MSG_TYPE", "Invalid message type";
}

/// Java looks at the part that is encrypted, which names the right realm.
#[test]
fn ticket_of_another_realm_java() {
    let symptom = "call = { user = \"alice\", from = \"ws1\" }\ntrace = [\"AS-REP\"]";
    told(&world("java"), &[OTHER_TICKET_REALM], symptom);
}
