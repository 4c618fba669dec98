//! Heimdal's kinit and kgetcred against `kdclab serve`, in Heimdal's own words, and Heimdal's KDC.
//!
//! Where a KRB-ERROR has an e-text, these programs print it and neither the code nor a text of their own.

mod kdc;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kdclab::script::model::Phase;
use tempfile::TempDir;

use crate::agreement::clocks::Lab;
use crate::mit_realm::missing;
use crate::served::{Served, text};

/// A program that `tests/install-heimdal` unpacked.
fn program(name: &str) -> Command {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/heimdal"));
    let mut command = Command::new(root.join(name));
    command
        .env("LD_LIBRARY_PATH", root.join("lib"))
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    command
}

/// Everything a program printed, as an error unless it succeeded.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .unwrap_or_else(|error| missing(&name, &error));
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        Err(printed)
    }
}

/// A user with a cache and a krb5.conf.
struct Session {
    krb5_conf: String,
    home: TempDir,
}

impl Session {
    fn new(krb5_conf: &str) -> Self {
        Self {
            krb5_conf: krb5_conf.to_owned(),
            home: TempDir::new().unwrap(),
        }
    }

    fn ccache(&self) -> PathBuf {
        self.home.path().join("ccache")
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        run(program(name)
            .args(arguments)
            .env("KRB5_CONFIG", &self.krb5_conf)
            .env("KRB5CCNAME", format!("FILE:{}", self.ccache().display())))
    }

    fn kinit(&self, options: &[&str], user: &str, password: &str) -> Result<String, String> {
        let file = self.home.path().join("password");
        std::fs::write(&file, format!("{password}\n")).unwrap();
        let file = format!("--password-file={}", file.display());
        self.run("usr/bin/kinit.heimdal", &[options, &[&file, user]].concat())
    }

    fn kgetcred(&self, service: &str) -> Result<String, String> {
        self.run("usr/bin/kgetcred", &[service])
    }

    fn klist(&self) -> String {
        self.run("usr/bin/heimtools", &["klist"]).unwrap()
    }
}

/// The first call of a served scenario, by Heimdal's programs.
struct Visit {
    served: Served,
    session: Session,
}

impl Visit {
    fn start(scenario: &str, phase: &str) -> Self {
        let served = Served::start(scenario, phase);
        Self {
            session: Session::new(served.variable("KRB5_CONFIG")),
            served,
        }
    }

    fn log_in(&self, options: &[&str]) -> Result<String, String> {
        let variable = |name| self.served.variable(name);
        let user = format!("{}@{}", variable("KDCLAB_USER"), variable("KDCLAB_REALM"));
        self.session
            .kinit(options, &user, variable("KDCLAB_PASSWORD"))
    }

    /// kinit, and kgetcred for the service in `realm`.
    fn call(&self, realm: &str) -> Result<String, String> {
        self.log_in(&[])?;
        let service = format!("{}@{realm}", self.served.variable("KDCLAB_SERVICE"));
        self.session.kgetcred(&service)?;
        let list = self.session.klist();
        assert!(list.contains(&service), "{list}");
        Ok(list)
    }

    /// What happened, as `kdclab ctl` tells it.
    fn events(&self) -> String {
        let mut kdclab = Command::new(env!("CARGO_BIN_EXE_kdclab"));
        kdclab.args(["ctl", "--dir", text(&self.served.dir()), "events"]);
        run(&mut kdclab).unwrap()
    }
}

/// The call works in the healthy phase, and in the broken one a program prints `said` and nothing else.
#[track_caller]
fn fails(id: &str, said: &str) -> Visit {
    Visit::start(id, "healthy").call("LAB.EXAMPLE").unwrap();
    let broken = Visit::start(id, "broken");
    let printed = broken.call("LAB.EXAMPLE").expect_err("a fault");
    assert_eq!(printed.trim_end(), said);
    broken
}

macro_rules! heimdal {
    ($($name:ident: $id:literal, $said:literal $(, $event:literal)?;)*) => {$(
        #[test]
        fn $name() {
            let _visit = fails($id, $said);
            $(
                let events = _visit.events();
                assert!(events.contains($event), "{events}");
            )?
        }
    )*};
}

heimdal! {
    client_disabled: "client-disabled", "kinit.heimdal: krb5_get_init_creds: CLIENT LOCKED OUT";
    client_expired: "client-expired", "kinit.heimdal: krb5_get_init_creds: CLIENT EXPIRED";
    client_unknown: "client-unknown", "kinit.heimdal: krb5_get_init_creds: CLIENT_NOT_FOUND";
    wrong_password: "wrong-password", "kinit.heimdal: Password incorrect";
    damaged_reply: "damaged-reply", "kinit.heimdal: Password incorrect";
    kdc_port_closed: "kdc-port-closed",
        "kinit.heimdal: krb5_get_init_creds: unable to reach any KDC in realm LAB.EXAMPLE";
    truncated_reply: "truncated-reply", "kinit.heimdal: krb5_get_init_creds: ASN.1 unexpected field number";
    reply_not_kerberos: "reply-not-kerberos",
        "kinit.heimdal: krb5_get_init_creds: ASN.1 unexpected field number";

    // After the refusal Heimdal asks its own KDC once more, for a referral, and prints only what that one says.
    cross_realm_password_mismatch: "cross-realm-password-mismatch",
        "kgetcred: krb5_get_creds: LOOKING_UP_SERVER (hdfs/nn1.lab.example@LAB.EXAMPLE)", "KRB-ERROR 31";
    cross_realm_enctype_lab_weaker: "cross-realm-enctype-lab-weaker",
        "kgetcred: krb5_get_creds: LOOKING_UP_SERVER (hdfs/nn1.lab.example@LAB.EXAMPLE)", "KRB-ERROR 60";
    cross_realm_kvno_ahead_in_lab: "cross-realm-kvno-ahead-in-lab",
        "kgetcred: krb5_get_creds: LOOKING_UP_SERVER (hdfs/nn1.lab.example@LAB.EXAMPLE)", "KRB-ERROR 60";
}

#[test]
fn service_unknown() {
    let visit = Visit::start("client-disabled", "healthy");
    visit.log_in(&[]).unwrap();
    visit.session.kgetcred("HTTP/winrm1.lab.example").unwrap();
    let printed = visit.session.kgetcred("host/nowhere.lab.example");
    assert_eq!(
        printed.unwrap_err().trim_end(),
        "kgetcred: krb5_get_creds: LOOKING_UP_SERVER (host/nowhere.lab.example@LAB.EXAMPLE)"
    );
}

#[test]
fn no_common_enctype() {
    let options = ["-e", "arcfour-hmac-md5"];
    let visit = Visit::start("no-common-enctype", "broken");
    let printed = visit.log_in(&options);
    assert_eq!(
        printed.unwrap_err().trim_end(),
        "kinit.heimdal: krb5_get_init_creds: BAD_ENCRYPTION_TYPE"
    );
    visit.log_in(&[]).unwrap();
}

/// Like MIT's kinit it learns the difference of the clocks from the KDC.
#[test]
fn clock_skew_of_a_login() {
    let visit = Visit::start("clock-skew-login", "broken");
    visit.call("LAB.EXAMPLE").unwrap();
}

/// Without a preauthentication there is nothing to learn it from before the reply, and its time is checked.
#[test]
fn clock_skew_of_a_login_without_preauth() {
    fails(
        "clock-skew-login-without-preauth",
        "kinit.heimdal: krb5_get_init_creds: time skew (310) larger than max (300)",
    );
}

#[test]
fn clock_skew_of_a_ticket_request() {
    for (host, works) in [("nearly-ahead", true), ("ahead", false), ("behind", false)] {
        let lab = Lab::start("clock-skew-ticket-request", Phase::Broken, host);
        let before = lab.session_from_before("alice");
        let session = Session::new(text(&lab.served.krb5_conf(host)));
        std::fs::copy(before.ccache(), session.ccache()).unwrap();
        // Heimdal opens no cache that others can read.
        std::fs::set_permissions(session.ccache(), Permissions::from_mode(0o600)).unwrap();
        let printed = session.kgetcred("hdfs/nn1.lab.example@LAB.EXAMPLE");
        match printed {
            Ok(_) => assert!(works, "{host}"),
            Err(printed) => {
                assert!(!works, "{host}: {printed}");
                assert_eq!(
                    printed.trim_end(),
                    "kgetcred: krb5_get_creds: PROCESS_TGS (hdfs/nn1.lab.example@LAB.EXAMPLE)"
                );
            }
        }
    }
}

#[test]
fn reply_too_big_for_udp() {
    let visit = Visit::start("reply-too-big-for-udp", "broken");
    visit.call("LAB.EXAMPLE").unwrap();
    let events = visit.events();
    assert!(events.contains("KRB-ERROR 52"), "{events}");
}
