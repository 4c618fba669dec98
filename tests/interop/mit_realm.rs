//! A realm of MIT's own KDC: a private directory, a database, `krb5kdc` on loopback.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running KDC; it is killed when this is dropped.
pub(crate) struct MitRealm {
    kdc: Child,
    directory: TempDir,
    address: SocketAddr,
    /// Where kadmind will listen for changes of passwords.
    kpasswd: SocketAddr,
}

/// A running kadmind; it is killed when this is dropped.
pub(crate) struct Kadmind {
    process: Child,
    address: SocketAddr,
}

impl Kadmind {
    /// Where it listens for changes of passwords.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Kadmind {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How often another port is tried when somebody else took the first one.
const ATTEMPTS: u32 = 8;
/// How often the KDC is asked whether it answers, 50 ms apart.
const POLLS: u32 = 200;

/// A realm to be: its name, commands for kadmin.local, and lines of its section in kdc.conf.
pub(crate) struct RealmSetup<'a> {
    pub(crate) name: &'a str,
    pub(crate) prepare: &'a [&'a str],
    pub(crate) section: String,
}

impl MitRealm {
    /// A KDC of `realms`; `prepare` are the commands for kadmin.local of each. `kdc_conf` goes into
    /// `[kdcdefaults]`.
    pub(crate) fn start(realms: &[(&str, &[&str])], kdc_conf: &str) -> Self {
        let realms: Vec<_> = realms
            .iter()
            .map(|(name, prepare)| RealmSetup {
                name,
                prepare,
                section: "max_renewable_life = 7d\n  supported_enctypes = aes256-cts aes128-cts \
                          aes256-sha2 aes128-sha2 rc4-hmac camellia256-cts camellia128-cts"
                    .to_owned(),
            })
            .collect();
        Self::with(&realms, "allow_rc4 = true", kdc_conf)
    }

    /// A KDC of `realms`. `libdefaults` go into its krb5.conf, `kdcdefaults` into its kdc.conf.
    pub(crate) fn with(realms: &[RealmSetup<'_>], libdefaults: &str, kdcdefaults: &str) -> Self {
        for _ in 0..ATTEMPTS {
            if let Some(started) = Self::try_start(realms, libdefaults, kdcdefaults) {
                return started;
            }
        }
        panic!("krb5kdc found no free port");
    }

    fn try_start(realms: &[RealmSetup<'_>], libdefaults: &str, kdcdefaults: &str) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let port = free_port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let path = |name: &str| directory.path().join(name).display().to_string();
        let kpasswd = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut krb5 = format!(
            "[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n rdns = false\n \
             dns_canonicalize_hostname = false\n {libdefaults}\n",
        );
        krb5.push_str(&format!(" default_realm = {}\n[realms]\n", realms[0].name));
        let mut kdc = format!(
            "[kdcdefaults]\n kdc_listen = {address}\n kdc_tcp_listen = {address}\n{kdcdefaults}\n[realms]\n"
        );
        let mut domains = String::from("[domain_realm]\n");
        for RealmSetup { name, section, .. } in realms {
            krb5.push_str(&format!(" {name} = {{\n  kdc = {address}\n }}\n"));
            domains.push_str(&format!(" .{} = {name}\n", name.to_ascii_lowercase()));
            kdc.push_str(&format!(
                " {name} = {{\n  database_name = {}\n  key_stash_file = {}\n  acl_file = {}\n  kpasswd_listen = {kpasswd}\n  kadmind_listen = 127.0.0.1:{}\n  {section}\n }}\n",
                path(&format!("{name}.db")),
                path(&format!("{name}.stash")),
                path("acl"),
                free_port(),
            ));
        }
        krb5.push_str(&domains);
        krb5.push_str("[logging]\n kdc = STDERR\n");
        std::fs::write(path("krb5.conf"), krb5).unwrap();
        std::fs::write(path("kdc.conf"), kdc).unwrap();
        for RealmSetup { name, prepare, .. } in realms {
            let create = ["create", "-s", "-P", "master", "-r", *name];
            run(directory.path(), "kdb5_util", &create, "");
            for command in *prepare {
                kadmin(directory.path(), name, command);
            }
        }
        let mut arguments = vec!["-n"];
        for realm in realms {
            arguments.extend(["-r", realm.name]);
        }
        let log = std::fs::File::create(directory.path().join("kdc.log")).unwrap();
        let kdc = command(directory.path(), "krb5kdc")
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| missing("krb5kdc", &error));
        let mut this = Self {
            kdc,
            directory,
            address,
            kpasswd,
        };
        this.answers(realms[0].name).then_some(this)
    }

    /// Whether the KDC comes to answer; false when it ends, as it does when its port is taken.
    fn answers(&mut self, realm: &str) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        for _ in 0..POLLS {
            if self.kdc.try_wait().unwrap().is_some() {
                return false;
            }
            let _ = socket.send_to(&crate::driver::probe(realm), self.address);
            if socket.recv_from(&mut [0; 2048]).is_ok() {
                return true;
            }
        }
        false
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts kadmind for the first realm; `acl` says who may do what.
    pub(crate) fn kadmind(&self, acl: &str) -> Kadmind {
        std::fs::write(self.path("acl"), acl).unwrap();
        let log = std::fs::File::create(self.path("kadmind.log")).unwrap();
        let process = self
            .command("kadmind")
            .arg("-nofork")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| missing("kadmind", &error));
        let mut kadmind = Kadmind {
            process,
            address: self.kpasswd,
        };
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        for _ in 0..POLLS {
            assert!(
                kadmind.process.try_wait().unwrap().is_none(),
                "kadmind ended"
            );
            // A request whose AP-REQ is none gets an answer that says so.
            let _ = socket.send_to(b"\x00\x08\x00\x01\x00\x01ab", kadmind.address);
            if socket.recv_from(&mut [0; 2048]).is_ok() {
                return kadmind;
            }
        }
        panic!("kadmind does not answer");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What the KDC has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("kdc.log")).unwrap()
    }

    /// Runs one command of kadmin.local on a realm's database.
    pub(crate) fn kadmin(&self, realm: &str, command: &str) {
        kadmin(self.directory.path(), realm, command);
    }

    /// A program that uses this realm.
    pub(crate) fn command(&self, program: &str) -> Command {
        command(self.directory.path(), program)
    }

    /// Runs a program that uses this realm, with `input` typed; what it printed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], input: &str) -> String {
        run(self.directory.path(), program, arguments, input)
    }

    /// A keytab with the current keys of `principals`, exported without changing them.
    pub(crate) fn keytab(&self, realm: &str, principals: &[&str]) -> kdclab_proto::Keytab {
        let path = self.path("exported.keytab");
        let _ = std::fs::remove_file(&path);
        let names = principals.join(" ");
        self.kadmin(
            realm,
            &format!("ktadd -norandkey -k {} {names}", path.display()),
        );
        kdclab_proto::Keytab::parse(&std::fs::read(&path).unwrap()).unwrap()
    }
}

impl Drop for MitRealm {
    fn drop(&mut self) {
        let _ = self.kdc.kill();
        let _ = self.kdc.wait();
    }
}

/// A port that was free a moment ago. MIT's KDC cannot say which port it took, so there is no other way.
pub(crate) fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap().port()
}

fn kadmin(directory: &Path, realm: &str, query: &str) {
    run(directory, "kadmin.local", &["-r", realm, "-q", query], "");
}

fn command(directory: &Path, program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .env("KRB5_CONFIG", directory.join("krb5.conf"))
        .env("KRB5_KDC_PROFILE", directory.join("kdc.conf"))
        .env(
            "KRB5RCACHENAME",
            format!("file2:{}", directory.join("rcache").display()),
        )
        .env(
            "KRB5CCNAME",
            format!("FILE:{}", directory.join("ccache").display()),
        )
        .env("LC_ALL", "C");
    command
}

fn run(directory: &Path, program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = command(directory, program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| missing(program, &error));
    // A program that does not ask has closed its input already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    // kadmin.local ends with success even when its query failed.
    let failed = text.contains("while ") && !text.contains("WARNING: no policy");
    assert!(
        output.status.success() && !failed,
        "{program} {arguments:?}:\n{text}"
    );
    text
}

pub(crate) fn missing(program: &str, error: &std::io::Error) -> ! {
    panic!("cannot run {program} ({error}); tests/install-peers installs it")
}
