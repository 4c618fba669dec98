//! Our sans-IO client over real sockets.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kdclab_client::{
    Action, AsExchange, AsOutcome, AsParameters, ClientConfig, ClientError, Credential, Event,
    KdcUnreachable, KpasswdExchange, KpasswdParameters, S4u2SelfExchange, S4u2SelfParameters,
    SendToKdc, Step, TgsExchange, TgsParameters, Transport,
};
use kdclab_proto::{Principal, Realm, Timestamp};
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use crate::mit_realm::Kadmind;

/// How long one reply of a KDC may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client with its krb5.conf and the addresses of the KDCs.
pub(crate) struct Client {
    pub(crate) config: ClientConfig,
    pub(crate) kdcs: HashMap<Realm, Vec<SocketAddr>>,
    pub(crate) rng: ChaCha12Rng,
    /// How far its clock is from this machine's, in microseconds.
    pub(crate) clock_offset: i64,
    /// How each message of the last exchange was answered.
    pub(crate) transports: Vec<Transport>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "MIT's programs live in the wall clock's time"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_microseconds(since.as_micros().try_into().unwrap())
}

/// An AS-REQ for nobody in `realm`, to see whether its KDC answers.
pub(crate) fn probe(realm: &str) -> Vec<u8> {
    let client = format!("nobody@{realm}").parse().unwrap();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let parameters = AsParameters::password(client, "");
    let config = ClientConfig::mit(realm);
    match AsExchange::start(&config, parameters, now(), &mut rng).1 {
        Step::Send { bytes, .. } => bytes,
        other => panic!("no request: {other:?}"),
    }
}

impl Client {
    pub(crate) fn new(realm: &str, kdc: SocketAddr, realms: &[&str]) -> Self {
        let mut config = ClientConfig::mit(realm);
        for realm in realms {
            config
                .domain_realm
                .insert(format!(".{}", realm.to_ascii_lowercase()), (*realm).into());
        }
        Self {
            config,
            kdcs: realms
                .iter()
                .map(|realm| ((*realm).into(), vec![kdc]))
                .collect(),
            rng: ChaCha12Rng::try_from_rng(&mut SysRng).unwrap(),
            clock_offset: 0,
            transports: Vec::new(),
        }
    }

    /// The time by its clock.
    pub(crate) fn clock(&self) -> Timestamp {
        now().offset_by(self.clock_offset)
    }

    pub(crate) fn log_in(&mut self, parameters: AsParameters) -> Result<AsOutcome, ClientError> {
        self.transports.clear();
        let (mut exchange, mut step) =
            AsExchange::start(&self.config, parameters, self.clock(), &mut self.rng);
        loop {
            match step {
                Step::Done(outcome) => return Ok(outcome),
                Step::Failed(error) => return Err(error),
                Step::Send { realm, bytes } => {
                    let answer = self.deliver(&realm, bytes);
                    let answer = answer.as_deref().map_err(Clone::clone);
                    step = exchange.input(self.clock(), &mut self.rng, answer);
                }
            }
        }
    }

    pub(crate) fn ticket(
        &mut self,
        with: &Credential,
        parameters: TgsParameters,
    ) -> Result<Credential, ClientError> {
        self.transports.clear();
        let (mut exchange, mut step) = TgsExchange::start(
            &self.config,
            with,
            &[],
            parameters,
            self.clock(),
            &mut self.rng,
        );
        loop {
            match step {
                Step::Done(credential) => return Ok(credential),
                Step::Failed(error) => return Err(error),
                Step::Send { realm, bytes } => {
                    let answer = self.deliver(&realm, bytes);
                    let answer = answer.as_deref().map_err(Clone::clone);
                    step = exchange.input(self.clock(), &mut self.rng, answer);
                }
            }
        }
    }

    /// A ticket for `user` to the service whose ticket-granting ticket is `with` (S4U2Self).
    pub(crate) fn for_user(
        &mut self,
        with: &Credential,
        user: Principal,
    ) -> Result<Credential, ClientError> {
        let parameters = S4u2SelfParameters::new(user);
        let (mut exchange, mut step) =
            S4u2SelfExchange::start(&self.config, with, parameters, self.clock(), &mut self.rng);
        loop {
            match step {
                Step::Done(credential) => return Ok(credential),
                Step::Failed(error) => return Err(error),
                Step::Send { realm, bytes } => {
                    let answer = self.deliver(&realm, bytes);
                    let answer = answer.as_deref().map_err(Clone::clone);
                    step = exchange.input(self.clock(), &mut self.rng, answer);
                }
            }
        }
    }

    /// A new password by way of `kadmind`, with a ticket for `kadmin/changepw`.
    pub(crate) fn kpasswd(
        &mut self,
        kadmind: &Kadmind,
        with: &Credential,
        parameters: &KpasswdParameters,
    ) -> Result<(), ClientError> {
        let (exchange, step) = KpasswdExchange::start(with, parameters, now(), &mut self.rng)?;
        let Step::Send { bytes, .. } = step else {
            panic!("no request: {step:?}");
        };
        let answer = self.deliver_to(vec![kadmind.address()], bytes);
        match exchange.input(now(), answer.as_deref().map_err(Clone::clone)) {
            Step::Done(()) => Ok(()),
            Step::Failed(error) => Err(error),
            Step::Send { .. } => panic!("a second request"),
        }
    }

    /// Does what [`SendToKdc`] says with real sockets, one event at a time.
    fn deliver(&mut self, realm: &Realm, message: Vec<u8>) -> Result<Vec<u8>, KdcUnreachable> {
        let servers = self.kdcs.get(realm).cloned().unwrap_or_default();
        self.deliver_to(servers, message)
    }

    fn deliver_to(
        &mut self,
        servers: Vec<SocketAddr>,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, KdcUnreachable> {
        let (mut machine, mut actions) = SendToKdc::start(&self.config, now(), servers, message);
        let mut sockets = Sockets::default();
        loop {
            let mut pending = Vec::new();
            for action in actions {
                match action {
                    Action::CancelAll => sockets = Sockets::default(),
                    Action::Close { server, transport } => sockets.close(server, transport),
                    Action::Connect { server } => pending.push(sockets.connect(server)),
                    Action::Done {
                        reply, transport, ..
                    } => {
                        self.transports.push(transport);
                        return Ok(reply);
                    }
                    Action::Failed(failures) => return Err(failures),
                    Action::SendDatagram { server, bytes } => sockets.send_datagram(server, &bytes),
                    Action::SendStream { server, bytes } => sockets.send_stream(server, &bytes),
                    Action::SetTimer(at) => sockets.timer = Some(at),
                }
            }
            let happened = match pending.pop() {
                Some(happened) => happened,
                None => sockets.wait(),
            };
            actions = machine.input(now(), happened.event());
        }
    }
}

enum Happened {
    ConnectFailed(SocketAddr),
    Connected(SocketAddr),
    Datagram(SocketAddr, Vec<u8>),
    DatagramRefused(SocketAddr),
    Stream(SocketAddr, Vec<u8>),
    StreamClosed(SocketAddr),
    Timer,
}

impl Happened {
    fn event(&self) -> Event<'_, SocketAddr> {
        match self {
            Self::ConnectFailed(server) => Event::ConnectFailed { server: *server },
            Self::Connected(server) => Event::Connected { server: *server },
            Self::Datagram(server, bytes) => Event::Datagram {
                server: *server,
                bytes,
            },
            Self::DatagramRefused(server) => Event::DatagramRefused { server: *server },
            Self::Stream(server, bytes) => Event::Stream {
                server: *server,
                bytes,
            },
            Self::StreamClosed(server) => Event::StreamClosed { server: *server },
            Self::Timer => Event::Timer,
        }
    }
}

#[derive(Default)]
struct Sockets {
    udp: HashMap<SocketAddr, UdpSocket>,
    tcp: HashMap<SocketAddr, TcpStream>,
    timer: Option<Timestamp>,
}

impl Sockets {
    fn close(&mut self, server: SocketAddr, transport: Transport) {
        match transport {
            Transport::Tcp => drop(self.tcp.remove(&server)),
            Transport::Udp => drop(self.udp.remove(&server)),
        }
    }

    fn connect(&mut self, server: SocketAddr) -> Happened {
        match TcpStream::connect(server) {
            Ok(stream) => {
                stream.set_nonblocking(true).unwrap();
                self.tcp.insert(server, stream);
                Happened::Connected(server)
            }
            Err(_) => Happened::ConnectFailed(server),
        }
    }

    fn send_datagram(&mut self, server: SocketAddr, bytes: &[u8]) {
        let socket = self.udp.entry(server).or_insert_with(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(server).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        // A refusal of an earlier datagram shows in the next call; `wait` reports it.
        let _ = socket.send(bytes);
    }

    fn send_stream(&mut self, server: SocketAddr, bytes: &[u8]) {
        let stream = self.tcp.get_mut(&server).expect("connected before");
        stream.write_all(bytes).unwrap();
    }

    /// The next thing that happens.
    fn wait(&mut self) -> Happened {
        let start = now();
        loop {
            let mut buffer = vec![0; 1 << 16];
            for (server, socket) in &self.udp {
                match socket.recv(&mut buffer) {
                    Ok(length) => {
                        buffer.truncate(length);
                        return Happened::Datagram(*server, buffer);
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                        return Happened::DatagramRefused(*server);
                    }
                    Err(_) => {}
                }
            }
            for (server, stream) in &mut self.tcp {
                match stream.read(&mut buffer) {
                    Ok(0) => return Happened::StreamClosed(*server),
                    Ok(length) => {
                        buffer.truncate(length);
                        return Happened::Stream(*server, buffer);
                    }
                    Err(_) => {}
                }
            }
            if self.timer.is_some_and(|timer| timer <= now()) {
                self.timer = None;
                return Happened::Timer;
            }
            assert!(now().within(start, PATIENCE), "no answer and no timer");
            std::thread::yield_now();
        }
    }
}
