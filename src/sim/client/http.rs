//! A client at a web server, and the ticket it gets for one.

use std::net::SocketAddr;

use kdclab_client::Credential;
use kdclab_proto::{Principal, PrincipalName};

use super::session::{CONNECT_PATIENCE, READ_PATIENCE};
use super::{Client, Stage};
use crate::script::Spanned;
use crate::script::model::Call;
use crate::sim::http::Received;
use crate::sim::network::{Packet, Payload};
use crate::sim::outcome::{Failure, OsError, SessionError};
use crate::sim::world::World;

/// A client's end of a connection to a web server.
pub(in crate::sim) struct HttpSocket {
    /// Absent before the connection stands.
    local: Option<SocketAddr>,
    remote: SocketAddr,
}

impl HttpSocket {
    pub(in crate::sim) fn new(remote: SocketAddr) -> Self {
        Self {
            local: None,
            remote,
        }
    }
}

/// One request and what has come of it.
pub(super) struct HttpExchange {
    request: Vec<u8>,
    received: Vec<u8>,
    pub(super) local: SocketAddr,
    remote: SocketAddr,
    pub(super) is_connected: bool,
}

impl World {
    /// Sends a request from `host` and waits for the answer.
    ///
    /// # Errors
    /// [`Failure`] where there is none.
    pub(in crate::sim) fn http_exchange(
        &mut self,
        host: &str,
        socket: &mut HttpSocket,
        request: Vec<u8>,
    ) -> Result<Received, Failure> {
        let mut client = Client::idle(0, host);
        client.ask_web_server(self, socket, request);
        let client = self.run_alone(client);
        let received = client.received;
        client
            .result
            .unwrap_or_else(|| Err(no_answer()))
            .and_then(|()| received.ok_or_else(no_answer))
    }

    /// Gets a ticket for `service` with the keys that `host` has of `account`, asking the account's own realm.
    ///
    /// # Errors
    /// [`Failure`] where there is none.
    pub(in crate::sim) fn service_ticket(
        &mut self,
        host: &str,
        account: &Principal,
        service: PrincipalName,
    ) -> Result<Credential, Failure> {
        let call = Call {
            warm: true,
            ..Call::from_host(Spanned::new(0..0, host.to_owned()))
        };
        let mut client = Client::new(0, &call);
        client.wanted = Some((account.clone(), service));
        client.begin(self);
        let client = self.run_alone(client);
        let ticket = client.ticket;
        client
            .result
            .unwrap_or_else(|| Err(no_answer()))
            .and_then(|()| ticket.ok_or_else(no_answer))
    }

    fn run_alone(&mut self, client: Client) -> Client {
        let mut clients = [client];
        self.run_until(None, &mut clients);
        self.network.clear();
        let [client] = clients;
        client
    }
}

fn no_answer() -> Failure {
    Failure::of_session(SessionError::NoAnswer, None, "no-answer".to_owned())
}

impl Client {
    fn ask_web_server(&mut self, world: &mut World, socket: &mut HttpSocket, request: Vec<u8>) {
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let is_connected = socket.local.is_some();
        let local = *socket.local.get_or_insert_with(|| host.client_socket());
        let exchange = Box::new(HttpExchange {
            request,
            received: Vec::new(),
            local,
            remote: socket.remote,
            is_connected,
        });
        if is_connected {
            return self.send_request(world, exchange);
        }
        let remote = socket.remote;
        world.network.send(world.now, local, remote, Payload::Syn);
        self.wait_for_service(world, CONNECT_PATIENCE);
        self.stage = Stage::Http(exchange);
    }

    fn send_request(&mut self, world: &mut World, exchange: Box<HttpExchange>) {
        let payload = Payload::Segment(exchange.request.clone());
        world
            .network
            .send(world.now, exchange.local, exchange.remote, payload);
        self.wait_for_service(world, READ_PATIENCE);
        self.stage = Stage::Http(exchange);
    }

    pub(super) fn http_packet(
        &mut self,
        world: &mut World,
        mut exchange: Box<HttpExchange>,
        packet: &Packet,
    ) {
        match &packet.payload {
            Payload::SynAck if !exchange.is_connected => {
                exchange.is_connected = true;
                self.send_request(world, exchange);
            }
            Payload::Segment(bytes) => {
                exchange.received.extend_from_slice(bytes);
                match Received::decode(&exchange.received) {
                    Ok(None) => self.stage = Stage::Http(exchange),
                    Ok(Some(received)) => {
                        self.received = Some(received);
                        self.succeed();
                    }
                    Err(()) => {
                        let sender = self.last_sender.clone();
                        let cause = "malformed-answer".to_owned();
                        self.fail(Failure::of_session(SessionError::NoAnswer, sender, cause));
                    }
                }
            }
            Payload::Reset => {
                let sender = self.last_sender.clone();
                if !exchange.is_connected {
                    return self.fail_by_os(world, OsError::ConnectionRefused, sender);
                }
                let error = SessionError::ConnectionClosed;
                let cause = error.cause().to_owned();
                self.fail(Failure::of_session(error, sender, cause));
            }
            _ => self.stage = Stage::Http(exchange),
        }
    }
}
