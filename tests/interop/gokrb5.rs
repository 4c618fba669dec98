//! gokrb5's client against `kdclab serve`, in its own words.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::mit_realm::missing;
use crate::served::Served;

/// The program, built once; Go keeps what it compiles beside what cargo does.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Two test processes may build at once.
    let program = directory.join(format!("gokrb5-{}", std::process::id()));
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/interop/gokrb5.go"
        ))
        .env("GOPATH", "/usr/share/gocode")
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOCACHE", directory.join("go-cache"))
        .output()
        .unwrap_or_else(|error| missing("go", &error));
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "go build: {printed}");
    // Under a name of its own it would stay; renaming replaces the last one in one step.
    let name = directory.join("gokrb5");
    std::fs::rename(program, &name).unwrap();
    name
});

/// What it prints for the first call of a scenario, line by line, with `service` in place of the scenario's.
fn printed(scenario: &str, phase: &str, service: Option<&str>) -> Vec<String> {
    let served = Served::start(scenario, phase);
    let variable = |name| served.variable(name);
    let output = Command::new(&*PROGRAM)
        .args([
            variable("KRB5_CONFIG"),
            variable("KDCLAB_USER"),
            variable("KDCLAB_REALM"),
            variable("KDCLAB_PASSWORD"),
            service.unwrap_or_else(|| variable("KDCLAB_SERVICE")),
            variable("KDCLAB_ACCEPTOR"),
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    text.lines().map(str::to_owned).collect()
}

const WORKS: &str = "session: AP-REP";

/// The call works in the healthy phase, and in the broken one it ends with `said`.
#[track_caller]
fn fails(id: &str, said: &[&str]) {
    let healthy = printed(id, "healthy", None);
    assert_eq!(healthy.last().unwrap(), WORKS);
    let broken = printed(id, "broken", None);
    let last = broken.last().unwrap();
    for part in said {
        assert!(last.contains(part), "{part:?} is not in {broken:?}");
    }
}

macro_rules! gokrb5 {
    ($($name:ident: $id:literal, [$($said:literal),*];)*) => {$(
        #[test]
        fn $name() {
            fails($id, &[$($said),*]);
        }
    )*};
}

gokrb5! {
    client_disabled: "client-disabled", [
        "login: [Root cause: KDC_Error] KDC_Error: AS Exchange Error: kerberos error response from KDC: \
         KRB Error: (18) KDC_ERR_CLIENT_REVOKED Clients credentials have been revoked - CLIENT LOCKED OUT"
    ];
    client_unknown: "client-unknown", [
        "login: ", "(6) KDC_ERR_C_PRINCIPAL_UNKNOWN Client not found in Kerberos database - CLIENT_NOT_FOUND"
    ];
    wrong_password: "wrong-password", [
        "login: ", "(24) KDC_ERR_PREAUTH_FAILED Pre-authentication information was invalid - PREAUTH_FAILED"
    ];
    kdc_port_closed: "kdc-port-closed", [
        "login: [Root cause: Networking_Error]", "Attempts made with UDP (", "and then TCP (", "connection refused"
    ];
    // It has no way to learn the difference from the KDC.
    clock_skew_login: "clock-skew-login", [
        "login: ", "(37) KRB_AP_ERR_SKEW Clock skew too great - PREAUTH_FAILED"
    ];
    clock_skew_login_without_preauth: "clock-skew-login-without-preauth", [
        "login: ", "clock skew with KDC too large. Greater than 300 seconds"
    ];
    no_common_enctype: "no-common-enctype", [
        "login: ", "(14) KDC_ERR_ETYPE_NOSUPP KDC has no support for encryption type - BAD_ENCRYPTION_TYPE"
    ];
    reply_too_big_tcp_closed: "reply-too-big-tcp-closed", [
        "Attempts made with UDP (KRB Error: (52) KRB_ERR_RESPONSE_TOO_BIG Response too big for UDP; retry with TCP) \
         and then TCP (", "connection refused"
    ];
    cross_realm_password_mismatch: "cross-realm-password-mismatch", [
        "ticket: ", "(31) KRB_AP_ERR_BAD_INTEGRITY Integrity check on decrypted field failed - PROCESS_TGS"
    ];
    cross_realm_enctype_lab_weaker: "cross-realm-enctype-lab-weaker", [
        "ticket: ", "(60) KRB_ERR_GENERIC Generic error (description in e-text) - PROCESS_TGS"
    ];
    stale_keytab_windows: "service-key-mismatch", [
        "session: KRB Error: (41) KRB_AP_ERR_MODIFIED Message stream modified"
    ];
    stale_keytab_mit: "service-key-mismatch-mit", [
        "session: KRB Error: (44) KRB_AP_ERR_BADKEYVER Specified version of key is not available"
    ];
    stale_keytab_java: "service-key-mismatch-java", ["session: EOF"];
    clock_of_the_acceptor_ahead: "clock-skew-acceptor", [
        "session: KRB Error: (37) KRB_AP_ERR_SKEW Clock skew too great"
    ];
}

#[test]
fn reply_too_big_for_udp() {
    let lines = printed("reply-too-big-for-udp", "broken", None);
    assert_eq!(lines.last().unwrap(), WORKS);
}

#[test]
fn service_unknown() {
    let lines = printed(
        "client-disabled",
        "healthy",
        Some("host/nowhere.lab.example"),
    );
    let said =
        "(7) KDC_ERR_S_PRINCIPAL_UNKNOWN Server not found in Kerberos database - LOOKING_UP_SERVER";
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("ticket: ") && last.ends_with(said),
        "{lines:?}"
    );
}
