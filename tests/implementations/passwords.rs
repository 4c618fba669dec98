//! The password service and kadmin: whose words, whose rules, and who reads what travels.

use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::Phase;
use kdclab::sim::VerbError;
use kdclab_kdc::KpasswdError;

use crate::support::{scenario, told};

fn world(kdc: &str, client: &str, policy: &str) -> String {
    format!(
        r#"
[realm."LAB.EXAMPLE"]
dialect  = "{kdc}"
kdc      = "kdc1"
users    = {{ alice = "correct horse", bob = "battery staple" }}
settings = {{ password_policy = {policy} }}

[host]
kdc1 = {{}}
ws1  = {{ dialect = "{client}" }}
"#
    )
}

/// kpasswd is MIT's program, and speaks as such beside other programs.
#[test]
fn kpasswd_is_the_same_on_a_host_of_java() {
    let symptom = r#"kpasswd = { user = "alice", from = "ws1", new = "another horse" }
error   = "KDC_ERR_CLIENT_REVOKED"
text    = "Client's credentials have been revoked""#;
    let disabled = r#"modify_principal = { name = "alice", attributes = ["-allow_tix"] }"#;
    for client in ["mit", "java", "java-6"] {
        told(&world("mit", client, "{}"), &[disabled], symptom);
    }
}

/// With the password as it was: keys of former passwords open nothing in the trace.
const REFUSED: &str = r#"kpasswd = { user = "alice", from = "ws1", new = "sh0rt" }
error   = "KRB5_KPASSWD_SOFTERROR""#;
const SHORT: &str =
    r#"configure_realm = { realm = "LAB.EXAMPLE", set = { password_policy = { minlength = 8 } } }"#;

#[test]
fn a_new_password_is_read_by_its_owner_and_the_kdc_alone() {
    let symptom = format!(
        r#"{REFUSED}
trace   = ["KPASSWD-REQ", "KPASSWD-REP"]
decrypted_by."KPASSWD-REQ ticket"        = ["kdc1"]
decrypted_by."KPASSWD-REQ authenticator" = ["alice", "kdc1"]
decrypted_by."KPASSWD-REQ KRB-PRIV"      = ["alice", "kdc1"]
decrypted_by."KPASSWD-REP AP-REP"        = ["alice", "kdc1"]
decrypted_by."KPASSWD-REP KRB-PRIV"      = ["alice", "kdc1"]"#
    );
    told(&world("mit", "mit", "{}"), &[SHORT], &symptom);
}

#[test]
fn the_trace_tells_whose_password_is_new_and_never_the_password() {
    let scenario = scenario(&world("mit", "mit", "{}"), &[SHORT], REFUSED);
    let mut world = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None).unwrap();
    let symptom = scenario.script.symptom[0].get_ref();
    world.kpasswd(symptom.kpasswd.as_ref().unwrap());
    let trace = world.dissected_timeline(0).join("\n");
    for line in [
        "in clear: for kadmin/changepw@LAB.EXAMPLE",
        "KPASSWD-REQ KRB-PRIV: a new password for the client",
        "KPASSWD-REP KRB-PRIV: result 4",
    ] {
        assert!(trace.contains(line), "{trace}");
    }
    assert!(!trace.contains("sh0rt"), "{trace}");
}

/// A password that an administrator sets, under the policy, by what the KDC is.
#[track_caller]
fn set(kdc: &str, policy: &str, password: &str) -> Result<(), VerbError> {
    let verb = format!(r#"set_password = {{ user = "alice", password = "{password}" }}"#);
    let symptom = r#"call = { user = "bob", from = "ws1" }"#;
    let scenario = scenario(&world(kdc, "mit", policy), &[&verb], symptom);
    check::world_in(&scenario, Phase::Healthy, DEFAULT_SEED, None)
        .unwrap()
        .apply(scenario.script.fault[0].get_ref())
}

/// Why the policy refuses it.
fn refusal(set: Result<(), VerbError>) -> Option<KpasswdError> {
    match set {
        Err(VerbError::PasswordRefused(error)) => Some(*error),
        _ => None,
    }
}

/// kadmin's cpw says "Password is too short", and "Cannot reuse password".
#[test]
fn kadmin_obeys_the_policy_too() {
    let policy = "{ minlength = 8, minlife = \"1d\" }";
    assert_eq!(set("mit", policy, "long enough"), Ok(()));
    assert!(matches!(
        refusal(set("mit", policy, "short")),
        Some(KpasswdError::PasswordTooShort { .. })
    ));
    // "Number of old keys kept: 1" if nothing is said.
    assert!(matches!(
        refusal(set("mit", policy, "correct horse")),
        Some(KpasswdError::PasswordReused { history: 1 })
    ));
    assert_ne!(
        set("mit", "{ history = 0 }", "correct horse").map_err(|error| error.to_string()),
        set("mit", "{}", "correct horse").map_err(|error| error.to_string())
    );
    assert!(matches!(
        set("active-directory", policy, "short"),
        Err(VerbError::PasswordRefused(_))
    ));
    assert_eq!(
        set("active-directory", "{ history = 3 }", "battery horse"),
        Ok(())
    );
}
