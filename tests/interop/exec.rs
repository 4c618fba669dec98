//! What `serve` and `exec` write besides, read by MIT's and Java's programs: lines of the user's own, and JAAS
//! entries.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::gss::{Gss, Login, java_17};
use crate::mit_realm::missing;
use crate::served::Served;

const SCENARIO: &str = "client-disabled";

fn served_with(lines: &str) -> Served {
    let home = TempDir::new().unwrap();
    let file = home.path().join("mine.conf");
    std::fs::write(&file, lines).unwrap();
    Served::start_with(
        SCENARIO,
        "healthy",
        &["--krb5-conf-add", file.to_str().unwrap()],
    )
}

fn java(served: &Served, principal: &str) -> Result<(), String> {
    let login = Login::Password(principal, "correct horse");
    let told = Gss::java().log_in(&served.krb5_conf("fw1"), &login);
    told.map_err(|told| told.to_string())
}

/// MIT takes the first of two relations, Java the last: there is one.
#[test]
fn a_scalar_of_ones_own_wins_in_mit_and_in_java() {
    let served = served_with("[libdefaults]\ndefault_realm = NOWHERE.EXAMPLE\n");
    served
        .session("fw1")
        .kinit(&["alice"], "correct horse")
        .fails_with("Cannot find KDC for realm \"NOWHERE.EXAMPLE\"");
    let told = java(&served, "alice").unwrap_err();
    assert!(told.contains("Cannot locate KDC"), "{told}");
}

#[test]
fn a_block_of_ones_own_joins_that_of_the_realm_in_mit_and_in_java() {
    let served = served_with(
        "[libdefaults]\nudp_preference_limit = 1\n[realms]\nLAB.EXAMPLE = {\nkdc = 127.0.0.1:1\n}\n",
    );
    let session = served.session("fw1");
    session.kinit(&["alice"], "correct horse").succeeds();
    let trace = session.trace();
    assert!(trace.contains("Initiating TCP connection"), "{trace}");
    assert!(!trace.contains("dgram"), "{trace}");
    assert_eq!(java(&served, "alice"), Ok(()));
}

fn exec(home: &Path, phase: &str, script: &str) -> Output {
    let java = java_17();
    Command::new(env!("CARGO_BIN_EXE_kdclab"))
        .args([
            "exec",
            "service-key-mismatch-java",
            "--phase",
            phase,
            "--",
            "sh",
            "-ec",
            script,
        ])
        .current_dir(home)
        .env("JAVA", java)
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|error| missing("kdclab", &error))
}

/// Logs in by the entry that is named.
const JAVA: &str = r#"
import javax.security.auth.login.LoginContext;

class Main {
    public static void main(String[] entries) throws Exception {
        for (var entry : entries) {
            var login = new LoginContext(entry);
            login.login();
            System.out.println(entry + " " + login.getSubject().getPrincipals().stream().toList());
        }
    }
}
"#;

#[test]
fn java_logs_in_by_each_jaas_entry() {
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join("Main.java"), JAVA).unwrap();
    let script = "echo \"$KDCLAB_PASSWORD\" | kinit \"$KDCLAB_USER\" >&2\n\
                  \"$JAVA\" @$KDCLAB_DIR/java.args Main.java kdclab-ticket-cache kdclab-keytab kdclab-acceptor";
    let output = exec(home.path(), "healthy", script);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        printed,
        "kdclab-ticket-cache [alice@LAB.EXAMPLE]\nkdclab-keytab [alice@LAB.EXAMPLE]\nkdclab-acceptor []\n"
    );
}

#[test]
fn kinit_and_kvno_meet_the_failure_and_their_status_is_ours() {
    let home = TempDir::new().unwrap();
    let script = "echo \"$KDCLAB_PASSWORD\" | kinit \"$KDCLAB_USER\"\nkvno -k ${KRB5_KTNAME#FILE:} $KDCLAB_SERVICE";
    let healthy = exec(home.path(), "healthy", script);
    assert!(healthy.status.success(), "{healthy:?}");
    let broken = exec(home.path(), "broken", script);
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    let printed = String::from_utf8_lossy(&broken.stderr);
    assert!(
        printed.contains("kvno = 2, keytab entry invalid"),
        "{broken:?}"
    );
}
