//! A client at a service: the connection, the token and the answer.

use std::net::SocketAddr;
use std::time::Duration;

use kdclab_client::{ApExchange, ApExchangeError, ApParameters, Credential, CredentialStore};
use kdclab_proto::Principal;

use super::{Client, Stage};
use crate::dialect;
use crate::script::model::Call;
use crate::script::values::ErrorName;
use crate::sim::framed;
use crate::sim::network::{Event, Packet, Payload};
use crate::sim::outcome::{Failure, OsError, SessionError, cause_name};
use crate::sim::windows::computer_name;
use crate::sim::world::World;

/// How long a client waits for a connection: Linux's seven SYNs, of which a transcript shows the first.
pub(super) const CONNECT_PATIENCE: Duration = Duration::from_secs(127);
/// How long a client waits for a service that says nothing on a connection.
pub(super) const READ_PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a service.
pub(super) struct Session {
    exchange: Option<ApExchange>,
    token: Vec<u8>,
    pub(super) local: SocketAddr,
    remote: SocketAddr,
    pub(super) is_connected: bool,
}

impl Client {
    pub(super) fn reach_service(
        &mut self,
        world: &mut World,
        call: &Call,
        service: &Principal,
        credential: &Credential,
    ) {
        self.flags = Some(credential.flags);
        let at = call.at.as_ref().map(|host| host.get_ref().as_str());
        let Some(remote) = world.service_socket(service, at) else {
            // A ticket is all there is to get: nobody runs the service.
            return self.succeed();
        };
        let offset = self
            .cache(world)
            .and_then(CredentialStore::kdc_offset)
            .unwrap_or(0);
        let now = self
            .clock(world)
            .offset_by(offset.saturating_mul(1_000_000));
        let parameters = ApParameters {
            mutual: call.mutual,
            use_session_key: call.user_to_user.is_some() && call.use_session_key,
            ..ApParameters::gss()
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let credential = &host.with_authenticator_client(credential);
        match ApExchange::start(credential, &parameters, now, &mut host.rng) {
            Ok((exchange, token)) => self.open_session(world, Some(exchange), token, remote),
            Err(error) => self.fail(Failure {
                error: dialect::session_error_name(&error),
                sent_by: None,
                cause: cause_name(&error),
                text: None,
            }),
        }
    }

    /// Connects to a service; the token follows when the connection stands.
    pub(super) fn open_session(
        &mut self,
        world: &mut World,
        exchange: Option<ApExchange>,
        token: Vec<u8>,
        remote: SocketAddr,
    ) {
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let local = host.client_socket();
        world.network.send(world.now, local, remote, Payload::Syn);
        self.wait_for_service(world, CONNECT_PATIENCE);
        self.stage = Stage::Ap(Box::new(Session {
            exchange,
            token,
            local,
            remote,
            is_connected: false,
        }));
    }

    pub(super) fn wait_for_service(&mut self, world: &mut World, patience: Duration) {
        self.previous.timer += 1;
        let (client, serial) = (self.index, self.previous.timer);
        let timer = Event::Timer { client, serial };
        world.network.schedule(world.now + patience, timer);
    }

    pub(super) fn session_packet(
        &mut self,
        world: &mut World,
        mut session: Box<Session>,
        packet: &Packet,
    ) {
        match &packet.payload {
            Payload::SynAck => {
                session.is_connected = true;
                self.wait_for_service(world, READ_PATIENCE);
                let payload = Payload::Segment(framed(&session.token));
                world
                    .network
                    .send(world.now, session.local, session.remote, payload);
                self.stage = Stage::Ap(session);
            }
            Payload::Segment(bytes) => {
                let token = bytes.get(4..).unwrap_or_default();
                self.session_answer(world, &session, token);
            }
            Payload::Reset if !session.is_connected => {
                let sender = self.last_sender.clone();
                self.fail_by_os(world, OsError::ConnectionRefused, sender);
            }
            Payload::Reset => {
                let error = SessionError::ConnectionClosed;
                let sender = self.last_sender.clone();
                let cause = sender
                    .as_ref()
                    .and_then(|host| world.causes.get(host))
                    .cloned()
                    .unwrap_or_else(|| error.cause().to_owned());
                self.fail(Failure::of_session(error, sender, cause));
            }
            _ => self.stage = Stage::Ap(session),
        }
    }

    pub(super) fn session_answer(&mut self, world: &mut World, session: &Session, token: &[u8]) {
        let Some(exchange) = &session.exchange else {
            return self.replay_answer(world, token);
        };
        if exchange.established().is_some() && token.is_empty() {
            return self.succeed();
        }
        match exchange.input(token) {
            Ok(_) => self.succeed(),
            Err(error) => {
                let refused = matches!(error, ApExchangeError::Refused(_));
                let dialect = self.dialect(world);
                let computer = world.hosts.get(&self.host).map(computer_name);
                let line = dialect
                    .zip(self.service.as_ref())
                    .and_then(|(dialect, target)| {
                        let computer = computer.as_deref().unwrap_or_default();
                        dialect::session_log(dialect, &error, &self.user, target, computer)
                    });
                self.log(world, line);
                self.fail(Failure {
                    error: dialect::session_error_name(&error),
                    sent_by: self.last_sender.clone().filter(|_| refused),
                    cause: self.cause(world, refused, || cause_name(&error)),
                    text: dialect.and_then(|dialect| dialect::session_text(dialect, &error)),
                });
            }
        }
    }

    /// An attacker cannot read an AP-REP, but it is one.
    pub(super) fn replay_answer(&mut self, world: &World, token: &[u8]) {
        match dialect::refusal_in(token) {
            None => self.succeed(),
            Some(code) => self.fail(Failure {
                error: ErrorName::Protocol(code),
                sent_by: self.last_sender.clone(),
                cause: self.cause(world, true, String::new),
                text: None,
            }),
        }
    }
}
