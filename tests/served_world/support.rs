//! A client with blocking sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kdclab::Lab;
use kdclab::script::model::Phase;
use kdclab::serve::{Event, Happened, Instance, ServeOptions};
use kdclab_client::{
    ApExchange, ApParameters, AsExchange, AsParameters, ClientConfig, ClientError, Credential,
    Step, TgsExchange, TgsParameters,
};
use kdclab_proto::messages::KrbError;
use kdclab_proto::{ErrorCode, Principal, PrincipalName, Realm, Timestamp};
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

/// How long an answer may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing must come before a test believes that nothing will.
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

pub(crate) const PREAUTH: ErrorCode = ErrorCode::KDC_ERR_PREAUTH_REQUIRED;

const WORLD: &str = r#"
format    = 1
title     = "A world to serve"
catalogue = []
story     = "Two client hosts, a KDC, a service."
lesson    = true

[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
users    = { alice = "correct horse", bob = "battery staple" }
services = { "host/srv1.lab.example" = "srv1" }
SETTINGS

[host]
kdc1 = {}
srv1 = {}
ws1  = {}
ws2  = {}

[[control]]
call = { user = "alice", from = "ws1", to = "host/srv1.lab.example" }

[[control]]
call = { user = "bob", from = "ws2", to = "host/srv1.lab.example" }

"#;

/// The world after `faults`, served.
pub(crate) async fn served(faults: &[&str]) -> Instance {
    served_with("", faults).await
}

/// The same with settings of the realm.
pub(crate) async fn served_with(settings: &str, faults: &[&str]) -> Instance {
    let mut text = WORLD.replace("SETTINGS", settings);
    for fault in faults {
        text.push_str(&format!("[[fault]]\n{fault}\n"));
    }
    let mut lab = Lab::from_toml(&text).unwrap_or_else(|error| panic!("{error}"));
    lab.break_it().unwrap();
    lab.serve().await.unwrap()
}

/// An embedded scenario in a phase, served.
pub(crate) async fn scenario(id: &str, phase: Phase) -> Instance {
    let scenario = kdclab::catalogue::find(id).unwrap();
    let options = ServeOptions::default().in_phase(phase);
    Instance::start(&scenario, &options).await.unwrap()
}

/// Lets blocking code run beside the served world.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Where the KDC listens for the programs of `host`.
pub(crate) fn kdc_of(instance: &Instance, host: &str) -> SocketAddr {
    server_of(instance.directory(), host, "kdc")
}

/// The address that the krb5.conf of `host` has under `key`.
pub(crate) fn server_of(directory: &Path, host: &str, key: &str) -> SocketAddr {
    let conf = std::fs::read_to_string(directory.join(format!("{host}.krb5.conf"))).unwrap();
    let line = conf
        .lines()
        .find_map(|line| line.trim().strip_prefix(&format!("{key} = ")))
        .unwrap_or_else(|| panic!("no {key} in {conf}"));
    line.parse().unwrap()
}

/// Where the service listens for the programs of the first call's host.
pub(crate) fn acceptor_of(instance: &Instance) -> SocketAddr {
    instance.environment()["KDCLAB_ACCEPTOR"].parse().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a served world lives in the wall clock's time"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_microseconds(since.as_micros().try_into().unwrap())
}

pub(crate) fn rng() -> ChaCha12Rng {
    ChaCha12Rng::try_from_rng(&mut SysRng).unwrap()
}

/// An AS-REQ without pre-authentication.
pub(crate) fn as_req(client: &str) -> Vec<u8> {
    let parameters = AsParameters::password(client.parse().unwrap(), "");
    match AsExchange::start(
        &ClientConfig::mit("LAB.EXAMPLE"),
        parameters,
        now(),
        &mut rng(),
    )
    .1
    {
        Step::Send { bytes, .. } => bytes,
        other => panic!("no request: {other:?}"),
    }
}

/// A socket of UDP that talks to `server` alone.
pub(crate) fn udp(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() {
        "127.0.0.1:0"
    } else {
        "[::1]:0"
    };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

pub(crate) fn receive(socket: &UdpSocket) -> std::io::Result<Vec<u8>> {
    let mut reply = vec![0; 1 << 16];
    let length = socket.recv(&mut reply)?;
    reply.truncate(length);
    Ok(reply)
}

pub(crate) fn over_udp(server: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = udp(server);
    socket.send(request)?;
    receive(&socket)
}

/// Nothing comes within [`SILENCE`].
#[track_caller]
pub(crate) fn is_silent(socket: &UdpSocket) {
    socket.set_read_timeout(Some(SILENCE)).unwrap();
    let error = receive(socket).expect_err("nothing was to come");
    let timed_out = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
    assert!(timed_out.contains(&error.kind()), "{error:?}");
}

pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&length, message].concat()
}

pub(crate) fn read_framed(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

pub(crate) fn over_tcp(server: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(&framed(request))?;
    read_framed(&mut stream)
}

#[track_caller]
pub(crate) fn error_code(reply: &[u8]) -> ErrorCode {
    KrbError::decode(reply).expect("a KRB-ERROR").error_code
}

/// What a KDC's clock showed when it made this KRB-ERROR.
pub(crate) fn stime(reply: &[u8]) -> Timestamp {
    let error = KrbError::decode(reply).expect("a KRB-ERROR");
    error.stime.timestamp()
}

/// Logs in.
pub(crate) fn log_in(
    kdc: SocketAddr,
    user: &str,
    password: &str,
) -> Result<Credential, ClientError> {
    let config = ClientConfig::mit("LAB.EXAMPLE");
    let user = Principal::parse(user, Some(&Realm::from("LAB.EXAMPLE"))).unwrap();
    let mut rng = rng();
    let parameters = AsParameters::password(user, password);
    let (mut exchange, mut step) = AsExchange::start(&config, parameters, now(), &mut rng);
    loop {
        match step {
            Step::Done(outcome) => return Ok(outcome.credential),
            Step::Failed(error) => return Err(error),
            Step::Send { bytes, .. } => {
                let answer = over_udp(kdc, &bytes).unwrap();
                step = exchange.input(now(), &mut rng, Ok(&answer));
            }
        }
    }
}

/// A ticket for `service`.
pub(crate) fn ticket(
    kdc: SocketAddr,
    tgt: &Credential,
    service: &str,
) -> Result<Credential, ClientError> {
    let config = ClientConfig::mit("LAB.EXAMPLE");
    let server = PrincipalName::parse(service).unwrap().at("LAB.EXAMPLE");
    let mut rng = rng();
    let parameters = TgsParameters::service(server);
    let (mut exchange, mut step) =
        TgsExchange::start(&config, tgt, &[], parameters, now(), &mut rng);
    loop {
        match step {
            Step::Done(credential) => return Ok(credential),
            Step::Failed(error) => return Err(error),
            Step::Send { bytes, .. } => {
                let answer = over_udp(kdc, &bytes).unwrap();
                step = exchange.input(now(), &mut rng, Ok(&answer));
            }
        }
    }
}

/// A session with a service: the token that it answers with.
pub(crate) fn establish(acceptor: SocketAddr, credential: &Credential) -> std::io::Result<Vec<u8>> {
    let (_, token) =
        ApExchange::start(credential, &ApParameters::gss(), now(), &mut rng()).unwrap();
    over_tcp(acceptor, &token)
}

/// The packets among the events, each with what became of it.
pub(crate) fn packets(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.what {
            Happened::Packet { line } => Some(line.clone()),
            _ => None,
        })
        .collect()
}
