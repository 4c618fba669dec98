//! `kdclab serve` as a process: its files, its sockets, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use kdclab_client::{AsExchange, AsParameters, ClientConfig, Step};
use kdclab_proto::messages::{AsRep, KrbError};
use kdclab_proto::{ErrorCode, KerberosTime};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;
use serde_json::Value;
use tempfile::TempDir;

const HEALTHY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/healthy.toml");
/// How long an answer may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

struct Served {
    child: Child,
    input: Option<ChildStdin>,
    facts: Value,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        Self::start_as(&mut command(arguments))
    }

    fn start_as(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            input: child.stdin.take(),
            child,
            facts: serde_json::from_str(&line).expect("serve prints one line of JSON"),
        }
    }

    fn healthy() -> Self {
        Self::start(&[HEALTHY, "--until-eof"])
    }

    fn address(&self, kdc: usize) -> SocketAddr {
        self.facts["kdcs"][kdc]["address"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    fn dir(&self) -> PathBuf {
        self.facts["env"]["KDCLAB_DIR"].as_str().unwrap().into()
    }

    fn end(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().unwrap()
    }

    fn signal(mut self, signal: &str) -> ExitStatus {
        self.send(signal);
        self.child.wait().unwrap()
    }

    fn send(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Served {
    /// Asks it to end, so that it removes its directory.
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            let id = self.child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &id]).status();
            let _ = self.child.wait();
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kdclab"));
    command.arg("serve").args(arguments);
    command
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(arguments).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// An AS-REQ without pre-authentication.
fn as_req(client: &str) -> Vec<u8> {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let parameters = AsParameters::password(client.parse().unwrap(), "");
    let now = KerberosTime::EPOCH.timestamp();
    match AsExchange::start(&ClientConfig::mit("LAB.EXAMPLE"), parameters, now, &mut rng).1 {
        Step::Send { bytes, .. } => bytes,
        other => panic!("no request: {other:?}"),
    }
}

fn over_udp(kdc: SocketAddr, request: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(request, kdc).unwrap();
    let mut reply = vec![0; 1 << 16];
    let (length, from) = socket.recv_from(&mut reply).unwrap();
    assert_eq!(from, kdc);
    reply.truncate(length);
    reply
}

fn over_tcp(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = u32::try_from(request.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, request].concat()).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut reply = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut reply).unwrap();
    reply
}

#[track_caller]
fn error_code(reply: &[u8]) -> ErrorCode {
    KrbError::decode(reply).unwrap().error_code
}

const PREAUTH: ErrorCode = ErrorCode::KDC_ERR_PREAUTH_REQUIRED;

#[test]
fn udp_and_tcp_answer_on_one_port() {
    let served = Served::healthy();
    let kdc = served.address(0);
    let request = as_req("alice@LAB.EXAMPLE");
    assert_eq!(error_code(&over_udp(kdc, &request)), PREAUTH);
    let mut stream = TcpStream::connect(kdc).unwrap();
    assert_eq!(error_code(&over_tcp(&mut stream, &request)), PREAUTH);
    let second = as_req("bob@LAB.EXAMPLE");
    assert_eq!(error_code(&over_tcp(&mut stream, &second)), PREAUTH);
}

#[test]
fn each_kdc_answers_for_its_own_realm() {
    let served = Served::healthy();
    let unknown = ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN;
    assert_eq!(
        error_code(&over_udp(served.address(1), &as_req("rita@REMOTE.EXAMPLE"))),
        PREAUTH
    );
    assert_eq!(
        error_code(&over_udp(served.address(0), &as_req("rita@LAB.EXAMPLE"))),
        unknown
    );
}

#[test]
fn the_phase_decides_what_is_answered() {
    let request = as_req("svc-monitor@LAB.EXAMPLE");
    for (phase, code) in [
        ("healthy", PREAUTH),
        ("broken", ErrorCode::KDC_ERR_CLIENT_REVOKED),
        ("fix:1", PREAUTH),
        ("fix:2", ErrorCode::KDC_ERR_CLIENT_REVOKED),
    ] {
        let served = Served::start(&["client-disabled", "--phase", phase, "--until-eof"]);
        assert_eq!(
            error_code(&over_udp(served.address(0), &request)),
            code,
            "{phase}"
        );
    }
}

#[test]
fn files_are_for_their_owner_alone() {
    let served = Served::healthy();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&served.dir()), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(served.dir()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    for name in [
        "krb5.conf",
        "srv1.keytab",
        "srv2.keytab",
        "users.keytab",
        "ws2.krb5.conf",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} is not in {names:?}"
        );
    }
}

#[test]
fn a_temporary_directory_goes_with_the_server_and_a_named_one_stays() {
    let served = Served::healthy();
    let dir = served.dir();
    assert!(dir.exists());
    assert!(served.end().success());
    assert!(!dir.exists());

    let home = TempDir::new().unwrap();
    let named = home.path().join("lab");
    let served = Served::start(&[HEALTHY, "--until-eof", "--dir", named.to_str().unwrap()]);
    assert!(served.end().success());
    assert!(named.join("krb5.conf").exists());
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join("precious"), "x").unwrap();
    let (status, text) = refused(&[HEALTHY, "--dir", home.path().to_str().unwrap()]);
    assert_eq!(status, Some(2));
    assert!(
        text.contains("is not empty; name a new or an empty one with --dir"),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn an_unknown_phase_is_status_2() {
    for (phase, remedy) in [
        ("brokn", "a phase is `healthy`, `broken` or `fix:N`"),
        ("fix:0", "a phase is `healthy`, `broken` or `fix:N`"),
        ("fix:99", "there is no phase fix:99: the scenario has"),
    ] {
        let (status, text) = refused(&["client-disabled", "--phase", phase]);
        assert_eq!(status, Some(2), "{phase}");
        assert!(text.contains(remedy), "{text}");
    }
}

#[test]
fn an_unknown_scenario_is_status_2() {
    let (status, text) = refused(&["client-disable"]);
    assert_eq!(status, Some(2));
    assert!(text.contains("did you mean `client-disabled`?"), "{text}");
}

#[test]
fn signals_end_it_with_success_although_clients_hang() {
    for signal in ["-TERM", "-INT"] {
        let served = Served::start(&[HEALTHY]);
        let mut half = TcpStream::connect(served.address(0)).unwrap();
        half.write_all(&[0, 0]).unwrap();
        let idle = TcpStream::connect(served.address(1)).unwrap();
        assert!(served.signal(signal).success(), "{signal}");
        drop((half, idle));
    }
}

/// What `kdclab serve` makes of a terminal that closes, with or without `nohup`.
#[cfg(target_os = "linux")]
fn hung_up(disposition: &str) -> Served {
    let mut command = Command::new("env");
    command.args([disposition, env!("CARGO_BIN_EXE_kdclab"), "serve", HEALTHY]);
    Served::start_as(&mut command)
}

#[test]
#[cfg(target_os = "linux")]
fn a_closed_terminal_ends_it_and_leaves_nothing() {
    let served = hung_up("--default-signal=HUP");
    let directory = served.dir();
    assert!(served.signal("-HUP").success());
    assert!(!directory.exists());
}

#[test]
#[cfg(target_os = "linux")]
fn nohup_keeps_it_alive() {
    let served = hung_up("--ignore-signal=HUP");
    served.send("-HUP");
    let reply = over_udp(served.address(0), &as_req("alice@LAB.EXAMPLE"));
    assert_eq!(error_code(&reply), PREAUTH);
    assert!(served.signal("-TERM").success());
}

/// Garbage, half a message and silence disturb nobody else.
#[test]
fn hostile_clients_disturb_nobody() {
    let served = Served::healthy();
    let kdc = served.address(0);
    let request = as_req("alice@LAB.EXAMPLE");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for garbage in [
        &[][..],
        &[0],
        &[0x6a, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30; 2000],
        &request[..40],
    ] {
        socket.send_to(garbage, kdc).unwrap();
        assert_eq!(error_code(&over_udp(kdc, &request)), PREAUTH);
    }
    let mut hanging = Vec::new();
    for garbage in [
        &[][..],
        &[0, 0, 0, 0],
        &[0xff; 8],
        &[0x80, 0, 0, 1, 0],
        &[0, 0, 1, 0, 0x6a],
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(kdc).unwrap();
        stream.write_all(garbage).unwrap();
        hanging.push(stream);
        let mut good = TcpStream::connect(kdc).unwrap();
        assert_eq!(error_code(&over_tcp(&mut good, &request)), PREAUTH);
    }
    assert!(served.end().success());
}

#[test]
fn a_message_longer_than_the_limit_ends_its_connection() {
    let served = Served::healthy();
    let mut stream = TcpStream::connect(served.address(0)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .write_all(&(1u32 << 20).wrapping_add(1).to_be_bytes())
        .unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn many_instances_do_not_clash() {
    let all: Vec<Served> = (0..16).map(|_| Served::healthy()).collect();
    for served in &all {
        let reply = over_udp(served.address(0), &as_req("alice@LAB.EXAMPLE"));
        assert_eq!(error_code(&reply), PREAUTH);
        assert!(AsRep::decode(&reply).is_err());
    }
}

fn scenario(path: &str) -> String {
    format!("{}/scenarios/{path}.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_host_that_logs_in_from_a_keytab_has_its_own() {
    let served = Served::start(&[
        &scenario("002-pan-os-winrm/stale-client-keytab"),
        "--phase",
        "broken",
        "--until-eof",
    ]);
    let announced = served.facts["env"]["KRB5_CLIENT_KTNAME"].as_str().unwrap();
    let own = served.dir().join("fw1.client.keytab");
    assert_eq!(announced, format!("FILE:{}", own.display()));
    let versions = |path: &Path| -> Vec<u32> {
        let keytab = kdclab_proto::Keytab::parse(&std::fs::read(path).unwrap()).unwrap();
        let monitor = keytab
            .entries
            .iter()
            .filter(|entry| entry.principal.to_string() == "svc-monitor@LAB.EXAMPLE");
        monitor.map(|entry| entry.kvno).collect()
    };
    // The KDC has gone on to version 2, which only the keytab of all users shows.
    assert!(versions(&own).iter().all(|kvno| *kvno == 1), "{own:?}");
    let users = served.dir().join("users.keytab");
    assert!(versions(&users).iter().all(|kvno| *kvno == 2), "{users:?}");
}

#[test]
fn the_clock_of_the_machine_is_that_of_the_calling_host() {
    let served = Served::start(&[
        &scenario("002-pan-os-winrm/clock-skew-is-not-24"),
        "--phase",
        "broken",
        "--until-eof",
    ]);
    let healthy = Served::healthy();
    let clock = |served: &Served, client: &str| {
        let reply = over_udp(served.address(0), &as_req(client));
        KrbError::decode(&reply).unwrap().stime.unix()
    };
    // However long the questions take, the true time of the middle one lies between the others.
    let before = clock(&healthy, "alice@LAB.EXAMPLE");
    let shifted = clock(&served, "svc-monitor@LAB.EXAMPLE");
    let after = clock(&healthy, "alice@LAB.EXAMPLE");
    let possible = before - shifted..=after - shifted;
    assert!(possible.contains(&310), "{possible:?}");
}
