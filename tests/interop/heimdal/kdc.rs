//! Heimdal's KDC: what it answers to a ticket-granting ticket of another realm that it cannot read.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use kdclab_client::{AsParameters, ClientError, Credential, TgsParameters};
use kdclab_proto::{ErrorCode, Principal, Realm};
use tempfile::TempDir;

use super::{program, run};
use crate::driver::{Client, probe};
use crate::mit_realm::{free_port, missing};

const LAB: &str = "LAB.EXAMPLE";
const REMOTE: &str = "REMOTE.EXAMPLE";
const TRUST: &str = "krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";
/// How often another port is tried when somebody else took the first one.
const ATTEMPTS: u32 = 8;
/// How often the KDC is asked whether it answers, 50 ms apart.
const POLLS: u32 = 200;

/// A realm of Heimdal's own KDC; it ends when this is dropped.
struct HeimdalRealm {
    kdc: Child,
    home: TempDir,
    address: SocketAddr,
}

impl HeimdalRealm {
    fn start(realm: &str, commands: &[&[&str]]) -> Self {
        (0..ATTEMPTS)
            .find_map(|_| Self::try_start(realm, commands))
            .expect("a free port")
    }

    fn try_start(realm: &str, commands: &[&[&str]]) -> Option<Self> {
        let home = TempDir::new().unwrap();
        let path = |name: &str| home.path().join(name).display().to_string();
        let conf = format!(
            "[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n\
             [kdc]\n database = {{\n  dbname = {}\n  mkey_file = {}\n  acl_file = {}\n  log_file = {}\n }}\n\
             [logging]\n kdc = 0-/FILE:{}\n",
            path("database"),
            path("mkey"),
            path("acl"),
            path("log"),
            path("kdc.log"),
        );
        std::fs::write(path("krb5.conf"), conf).unwrap();
        let init = [
            "init",
            "--realm-max-ticket-life=1d",
            "--realm-max-renewable-life=7d",
            realm,
        ];
        kadmin(home.path(), &init);
        for command in commands {
            kadmin(home.path(), command);
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut kdc = program("usr/lib/heimdal-servers/kdc");
        kdc.arg(format!("--config-file={}", path("krb5.conf")))
            .arg(format!("--ports={}", address.port()))
            .arg(format!("--addresses={}", address.ip()))
            .env("KRB5_CONFIG", path("krb5.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let kdc = kdc.spawn();
        let kdc = kdc.unwrap_or_else(|error| missing("Heimdal's kdc", &error));
        let mut this = Self { kdc, home, address };
        this.answers(realm).then_some(this)
    }

    fn answers(&mut self, realm: &str) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        (0..POLLS).any(|_| {
            let _ = socket.send_to(&probe(realm), self.address);
            self.kdc.try_wait().unwrap().is_none() && socket.recv_from(&mut [0; 2048]).is_ok()
        })
    }

    fn kadmin(&self, command: &[&str]) {
        kadmin(self.home.path(), command);
    }
}

impl Drop for HeimdalRealm {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = self.kdc.kill();
        let _ = self.kdc.wait();
    }
}

fn kadmin(home: &Path, command: &[&str]) {
    let conf: PathBuf = home.join("krb5.conf");
    let mut kadmin = program("usr/bin/kadmin.heimdal");
    kadmin.arg("-l").args(command).env("KRB5_CONFIG", conf);
    run(&mut kadmin).unwrap_or_else(|printed| panic!("kadmin {command:?}: {printed}"));
}

fn password<'a>(password: &'a str, principal: &'a str) -> [&'a str; 5] {
    ["add", "--use-defaults", "-p", password, principal]
}

/// Two realms, and a user of REMOTE who wants a service of LAB.
struct Trust {
    lab: HeimdalRealm,
    remote: HeimdalRealm,
}

impl Trust {
    fn start() -> Self {
        let service = [
            "add",
            "--use-defaults",
            "--random-key",
            "host/srv1.lab.example",
        ];
        let trust = password("between-us", TRUST);
        Self {
            lab: HeimdalRealm::start(LAB, &[&service, &trust]),
            remote: HeimdalRealm::start(REMOTE, &[&password("secret", "rita"), &trust]),
        }
    }

    fn ticket(&self) -> Result<Credential, ErrorCode> {
        let mut client = Client::new(REMOTE, self.remote.address, &[LAB, REMOTE]);
        client.kdcs.insert(LAB.into(), vec![self.lab.address]);
        let rita = Principal::parse("rita", Some(&REMOTE.into())).unwrap();
        let tgt = client.log_in(AsParameters::password(rita, "secret"));
        let service = Principal::parse("host/srv1.lab.example", Some(&LAB.into())).unwrap();
        let parameters = TgsParameters::service(service.name.at(Realm::default()));
        match client.ticket(&tgt.unwrap().credential, parameters) {
            Ok(credential) => Ok(credential),
            Err(ClientError::Refused(refusal)) => Err(refusal.error.error_code),
            Err(error) => panic!("{error:?}"),
        }
    }
}

macro_rules! trusts {
    ($($name:ident($($command:expr),*) $code:ident;)*) => {$(
        #[test]
        fn $name() {
            let trust = Trust::start();
            trust.ticket().unwrap();
            $(trust.lab.kadmin(&$command);)*
            assert_eq!(trust.ticket().unwrap_err(), ErrorCode::$code);
        }
    )*};
}

trusts! {
    cross_realm_without_the_enctype_in_use_is_44(
        ["del_enctype", TRUST, "aes256-cts-hmac-sha1-96"]
    ) KRB_AP_ERR_BADKEYVER;
    cross_realm_with_two_passwords_is_31(
        ["del", TRUST], password("something-else", TRUST)
    ) KRB_AP_ERR_BAD_INTEGRITY;
    cross_realm_missing_in_lab_is_35(["del", TRUST]) KRB_AP_ERR_NOT_US;
}

/// The version in a ticket does not keep Heimdal from trying the key it has.
#[test]
fn cross_realm_with_two_key_versions_works() {
    let trust = Trust::start();
    trust.lab.kadmin(&["cpw", "-p", "between-us", TRUST]);
    trust.ticket().unwrap();
    trust.lab.kadmin(&["cpw", "-p", "something-else", TRUST]);
    trust.lab.kadmin(&["cpw", "-p", "another", TRUST]);
    trust.ticket().unwrap_err();
}

#[test]
fn cross_realm_missing_in_remote_is_7() {
    let trust = Trust::start();
    trust.remote.kadmin(&["del", TRUST]);
    let code = trust.ticket().unwrap_err();
    assert_eq!(code, ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN);
}
