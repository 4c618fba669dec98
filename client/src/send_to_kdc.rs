//! Delivery of one message to one of a realm's KDCs (RFC 4120 section 7.2).

mod connection;
mod script;
mod unreachable;

use std::fmt;
use std::time::Duration;

use kdclab_proto::messages::KrbError;
use kdclab_proto::{ErrorCode, Timestamp};

use crate::ClientConfig;
use crate::dialect::Delivery;
use connection::{Connection, State};
use script::{Script, Stage};
pub use unreachable::{FailureReason, KdcUnreachable, ServerFailure};

/// MIT waits this long for a TCP connection that is up.
const STREAM_PATIENCE: Duration = Duration::from_secs(10);

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A stream of messages, each behind its length in four octets (RFC 4120 section 7.2.2).
    Tcp,
    /// One message, one datagram (RFC 4120 section 7.2.1).
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// What happened on the network, or that the time of [`Action::SetTimer`] has come.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a, S> {
    /// The server refused the connection, or there is no way to it.
    ConnectFailed {
        /// Where the connection was to go.
        server: S,
    },
    /// The connection is up.
    Connected {
        /// Where it goes.
        server: S,
    },
    /// A datagram arrived.
    Datagram {
        /// Where it came from.
        server: S,
        /// The message.
        bytes: &'a [u8],
    },
    /// An earlier datagram reached a closed port.
    DatagramRefused {
        /// Where it had gone.
        server: S,
    },
    /// The server's name does not resolve, so that nothing can be sent.
    NotResolved {
        /// Where it was to go.
        server: S,
        /// How.
        transport: Transport,
        /// The name.
        name: &'a str,
    },
    /// Octets arrived on a connection, any number of them.
    Stream {
        /// Where they came from.
        server: S,
        /// The octets.
        bytes: &'a [u8],
    },
    /// The server ended the connection.
    StreamClosed {
        /// Where it went.
        server: S,
    },
    /// The time of the last [`Action::SetTimer`] has come.
    Timer,
}

/// What the caller is to do, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<S> {
    /// Forget the timer, close every socket.
    CancelAll,
    /// Close the socket of this transport.
    Close {
        /// Where it goes.
        server: S,
        /// Which of the two.
        transport: Transport,
    },
    /// Connect by TCP.
    Connect {
        /// Where to.
        server: S,
    },
    /// The end: a server answered.
    Done {
        /// The reply, without its length in front.
        reply: Vec<u8>,
        /// Who answered.
        server: S,
        /// How the answer came.
        transport: Transport,
    },
    /// The end: no server answered.
    Failed(KdcUnreachable),
    /// Send a datagram.
    SendDatagram {
        /// Where to.
        server: S,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Send on the connection.
    SendStream {
        /// Where to.
        server: S,
        /// The message with its length in front.
        bytes: Vec<u8>,
    },
    /// Bring [`Event::Timer`] at this time, in place of any time set before.
    SetTimer(Timestamp),
}

/// The delivery of one message to one of several servers, which are known by addresses of type `S`.
///
/// MIT contacts all servers, a second apart, by UDP (messages above `udp_preference_limit` by TCP),
/// then all by the other transport, then waits 2 s, repeats the datagrams, waits 4 s, repeats them and
/// waits 8 s; a TCP connection that is up holds everything for up to 10 s. A UDP answer that says
/// KRB_ERR_RESPONSE_TOO_BIG starts it all again with TCP alone.
///
/// Java and Windows turn to one server after the other, three times each, with UDP or with TCP; a
/// KRB_ERR_RESPONSE_TOO_BIG makes them repeat the request to that server by TCP. To Java 6 it is the answer.
#[derive(Clone, Debug)]
pub struct SendToKdc<S> {
    servers: Vec<S>,
    message: Vec<u8>,
    delivery: Delivery,
    connections: Vec<Connection>,
    script: Script,
    /// Until when the stage that runs waits.
    stage_end: Timestamp,
    /// The connection of the stage that runs, where others do not count.
    current: Option<usize>,
    failures: Vec<ServerFailure>,
    too_big_is_final: bool,
    too_big: bool,
    finished: bool,
}

impl<S: Clone + PartialEq> SendToKdc<S> {
    /// Begins to deliver `message` to one of `servers`, the preferred one first.
    pub fn start(
        config: &ClientConfig,
        now: Timestamp,
        servers: Vec<S>,
        message: Vec<u8>,
    ) -> (Self, Vec<Action<S>>) {
        let transports = script::transports(config, message.len());
        Self::begin(config, now, servers, message, transports)
    }

    /// Begins to deliver `message` by TCP alone, as MIT does for the rest of an exchange in which
    /// [`Self::too_big`] was once true.
    pub fn start_tcp(
        config: &ClientConfig,
        now: Timestamp,
        servers: Vec<S>,
        message: Vec<u8>,
    ) -> (Self, Vec<Action<S>>) {
        Self::begin(config, now, servers, message, &[Transport::Tcp])
    }

    /// Takes what happened at `now`. Nothing happens after [`Action::Done`] or [`Action::Failed`].
    pub fn input(&mut self, now: Timestamp, event: Event<'_, S>) -> Vec<Action<S>> {
        let mut actions = Vec::new();
        if self.finished {
            return actions;
        }
        match event {
            Event::ConnectFailed { server } => {
                self.fail(&server, Transport::Tcp, FailureReason::Refused);
            }
            Event::Connected { server } => self.connected(now, server, &mut actions),
            Event::Datagram { server, bytes } => {
                if let Some(index) = self.find(&server, Transport::Udp, State::Reading) {
                    self.take_reply(now, index, bytes.to_vec(), &mut actions);
                }
            }
            Event::DatagramRefused { server } => {
                self.fail(&server, Transport::Udp, FailureReason::Refused);
            }
            Event::NotResolved {
                server,
                transport,
                name,
            } => {
                let name = name.to_owned();
                self.fail(&server, transport, FailureReason::NotResolved { name });
            }
            Event::Stream { server, bytes } => self.stream(now, &server, bytes, &mut actions),
            Event::StreamClosed { server } => {
                self.fail(&server, Transport::Tcp, FailureReason::Closed);
            }
            Event::Timer => {}
        }
        if !self.finished {
            self.run(now, &mut actions);
        }
        actions
    }

    /// Whether an answer was KRB_ERR_RESPONSE_TOO_BIG, so that TCP had to take over.
    pub fn too_big(&self) -> bool {
        self.too_big
    }

    fn begin(
        config: &ClientConfig,
        now: Timestamp,
        servers: Vec<S>,
        message: Vec<u8>,
        transports: &[Transport],
    ) -> (Self, Vec<Action<S>>) {
        let delivery = delivery(config);
        let connections = connection::all(servers.len(), transports);
        let mut this = Self {
            script: Script::new(delivery, &connections, transports),
            servers,
            message,
            delivery,
            connections,
            stage_end: now,
            current: None,
            failures: Vec::new(),
            too_big_is_final: config.dialect.behaviour().too_big_is_final,
            too_big: false,
            finished: false,
        };
        let mut actions = Vec::new();
        this.run(now, &mut actions);
        (this, actions)
    }

    /// Goes through the stages until one has to wait or all are done.
    fn run(&mut self, now: Timestamp, actions: &mut Vec<Action<S>>) {
        loop {
            if self.is_waiting() {
                let end = self.deadline();
                if now < end {
                    actions.push(Action::SetTimer(end));
                    return;
                }
                self.time_out_current(actions);
            }
            let Some(stage) = self.next_stage() else {
                self.give_up(actions);
                return;
            };
            match stage {
                Stage::Contact { connection, wait } => {
                    if self.contact(connection, actions) {
                        self.stage_end = now + wait;
                    }
                }
                Stage::Wait(wait) => self.stage_end = now + wait,
            }
        }
    }

    /// Whether an answer can still come in the stage that runs.
    fn is_waiting(&self) -> bool {
        match self.current {
            Some(index) => self.connections[index].is_open(),
            None => self.connections.iter().any(Connection::is_open),
        }
    }

    fn deadline(&self) -> Timestamp {
        self.connections
            .iter()
            .filter(|connection| connection.state == State::Reading)
            .filter_map(|connection| connection.patience_until)
            .fold(self.stage_end, Timestamp::max)
    }

    fn next_stage(&mut self) -> Option<Stage> {
        let hopeless =
            self.delivery == Delivery::Passes && self.connections.iter().all(Connection::is_failed);
        if hopeless {
            return None;
        }
        self.script.next()
    }

    /// Sends by the connection and says whether there is anything to wait for.
    fn contact(&mut self, index: usize, actions: &mut Vec<Action<S>>) -> bool {
        let connection = &mut self.connections[index];
        let server = self.servers[connection.server].clone();
        let one_by_one = self.delivery != Delivery::Passes;
        match (connection.transport, connection.state) {
            (_, State::Failed) => return false,
            (Transport::Udp, _) => {
                connection.state = State::Reading;
                actions.push(Action::SendDatagram {
                    server,
                    bytes: self.message.clone(),
                });
            }
            (Transport::Tcp, State::Unused) => {
                connection.state = State::Connecting;
                actions.push(Action::Connect { server });
            }
            (Transport::Tcp, State::Connecting | State::Reading) => return false,
        }
        self.current = one_by_one.then_some(index);
        true
    }

    /// In the order of one server after the other, what was not answered in its time is closed.
    fn time_out_current(&mut self, actions: &mut Vec<Action<S>>) {
        let Some(index) = self.current.take() else {
            return;
        };
        let connection = &mut self.connections[index];
        let reason = match connection.state {
            State::Connecting => FailureReason::ConnectTimedOut,
            _ => FailureReason::TimedOut,
        };
        connection.reset();
        let (server, transport) = (connection.server, connection.transport);
        actions.push(Action::Close {
            server: self.servers[server].clone(),
            transport,
        });
        if !self.script.contacts(index) {
            self.connections[index].state = State::Failed;
            self.failures.push(ServerFailure {
                server,
                transport,
                reason,
            });
        }
    }

    fn connected(&mut self, now: Timestamp, server: S, actions: &mut Vec<Action<S>>) {
        let Some(index) = self.find(&server, Transport::Tcp, State::Connecting) else {
            return;
        };
        let connection = &mut self.connections[index];
        connection.state = State::Reading;
        match self.delivery {
            Delivery::Passes => connection.patience_until = Some(now + STREAM_PATIENCE),
            Delivery::OneByOne { timeout, .. } => self.stage_end = now + timeout,
        }
        actions.push(Action::SendStream {
            server,
            bytes: connection::framed(&self.message),
        });
    }

    fn stream(&mut self, now: Timestamp, server: &S, bytes: &[u8], actions: &mut Vec<Action<S>>) {
        let Some(index) = self.find(server, Transport::Tcp, State::Reading) else {
            return;
        };
        match self.connections[index].read(bytes) {
            Ok(None) => {}
            Ok(Some(reply)) => self.take_reply(now, index, reply, actions),
            Err(connection::TooLong) => {
                self.fail(server, Transport::Tcp, FailureReason::ReplyTooLong);
            }
        }
    }

    fn take_reply(
        &mut self,
        now: Timestamp,
        index: usize,
        reply: Vec<u8>,
        actions: &mut Vec<Action<S>>,
    ) {
        let connection = &self.connections[index];
        let (server, transport) = (connection.server, connection.transport);
        let code = KrbError::decode(&reply).ok().map(|error| error.error_code);
        let is_too_big =
            transport == Transport::Udp && code == Some(ErrorCode::KRB_ERR_RESPONSE_TOO_BIG);
        if is_too_big && !self.too_big_is_final {
            self.too_big = true;
            self.switch_to_tcp(now, index, actions);
            return;
        }
        if self.delivery == Delivery::Passes && code == Some(ErrorCode::KDC_ERR_SVC_UNAVAILABLE) {
            let server = self.servers[server].clone();
            self.fail(&server, transport, FailureReason::ServiceUnavailable);
            return;
        }
        self.finished = true;
        actions.push(Action::CancelAll);
        actions.push(Action::Done {
            reply,
            server: self.servers[server].clone(),
            transport,
        });
    }

    fn switch_to_tcp(&mut self, now: Timestamp, index: usize, actions: &mut Vec<Action<S>>) {
        let tcp = &[Transport::Tcp];
        match self.delivery {
            Delivery::Passes => {
                actions.push(Action::CancelAll);
                self.connections = connection::all(self.servers.len(), tcp);
                self.script = Script::new(self.delivery, &self.connections, tcp);
                self.failures.clear();
                self.stage_end = now;
            }
            Delivery::OneByOne { .. } => {
                let server = self.connections[index].server;
                self.connections[index].state = State::Failed;
                actions.push(Action::Close {
                    server: self.servers[server].clone(),
                    transport: Transport::Udp,
                });
                self.script.forget(index);
                let connection = self.connections.len();
                self.connections
                    .push(Connection::new(server, Transport::Tcp));
                self.script.insert_tries(self.delivery, connection);
            }
        }
    }

    fn fail(&mut self, server: &S, transport: Transport, reason: FailureReason) {
        let found = self.connections.iter().position(|connection| {
            connection.is_open()
                && connection.transport == transport
                && self.servers[connection.server] == *server
        });
        if let Some(index) = found {
            self.connections[index].state = State::Failed;
            self.failures.push(ServerFailure {
                server: self.connections[index].server,
                transport,
                reason,
            });
        }
    }

    fn find(&self, server: &S, transport: Transport, state: State) -> Option<usize> {
        self.connections.iter().position(|connection| {
            connection.state == state
                && connection.transport == transport
                && self.servers[connection.server] == *server
        })
    }

    fn give_up(&mut self, actions: &mut Vec<Action<S>>) {
        let silent = self.connections.iter().filter(|conn| conn.is_open());
        self.failures.extend(silent.map(|connection| ServerFailure {
            server: connection.server,
            transport: connection.transport,
            reason: FailureReason::TimedOut,
        }));
        self.finished = true;
        actions.push(Action::CancelAll);
        actions.push(Action::Failed(KdcUnreachable {
            failures: std::mem::take(&mut self.failures),
        }));
    }
}

/// How the dialect delivers a message, with the settings that its krb5.conf has for it.
fn delivery(config: &ClientConfig) -> Delivery {
    match (config.dialect.behaviour().delivery, config.dialect) {
        (Delivery::OneByOne { tries, timeout }, dialect) if dialect.is_java() => {
            Delivery::OneByOne {
                tries: config.max_retries.unwrap_or(tries),
                timeout: config.kdc_timeout.unwrap_or(timeout),
            }
        }
        (delivery, _) => delivery,
    }
}
