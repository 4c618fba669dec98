//! The server's side of a connection.

use std::net::{IpAddr, SocketAddr};

use kdclab_ntlm::{
    LogonKeys, NtStatus, PendingLogon, SecurityContext, Server, ServerError, ServerStep,
};

use super::Request;
use crate::dialect::Win32Error;
use crate::sim::framed;
use crate::sim::network::{Packet, Payload};
use crate::sim::outcome::cause_name;
use crate::sim::windows::ntlm::server_config;
use crate::sim::windows::wire::{self, Message, Sealed};
use crate::sim::world::World;

/// What a server knows of a client.
#[derive(Clone)]
pub(super) struct Session {
    host: String,
    state: State,
}

#[derive(Clone)]
enum State {
    Challenged(Box<Server>),
    /// The domain controller is asked; the request may be here already.
    Asking {
        pending: Box<PendingLogon>,
        request: Option<(Packet, Sealed)>,
    },
    Open(Box<Client>),
    Refused {
        error: Win32Error,
        cause: String,
    },
}

/// A client that is let in.
#[derive(Clone)]
struct Client {
    user: String,
    domain: String,
    workstation: String,
    context: SecurityContext,
}

impl World {
    pub(super) fn server_packet(&mut self, host: &str, packet: &Packet) {
        let client = packet.source;
        let content = packet.payload.content().unwrap_or_default();
        let state = self
            .rpc
            .sessions
            .remove(&client)
            .map(|session| session.state);
        let state = match (state, Message::decode(content)) {
            (None, Some(Message::Negotiate(_))) => self.challenge(host, packet, content),
            (Some(State::Challenged(server)), Some(Message::Authenticate(_))) => {
                Some(self.ask_about(host, client, *server, content))
            }
            (Some(State::Asking { pending, .. }), Some(Message::Request(sealed))) => {
                let request = Some((packet.clone(), sealed));
                Some(State::Asking { pending, request })
            }
            (Some(State::Open(mut open)), Some(Message::Request(sealed))) => {
                self.serve(host, packet, &mut open, &sealed);
                Some(State::Open(open))
            }
            (Some(State::Refused { error, cause }), Some(Message::Request(_))) => {
                self.refuse(host, packet, error, cause.clone());
                Some(State::Refused { error, cause })
            }
            _ => None,
        };
        match state {
            Some(state) => {
                let host = host.to_owned();
                self.rpc.sessions.insert(client, Session { host, state });
            }
            // What stands in no place ends the connection.
            None => self.network.answer(self.now, packet, Payload::Reset),
        }
    }

    fn challenge(&mut self, name: &str, packet: &Packet, negotiate: &[u8]) -> Option<State> {
        let now = self.hosts.get(name).map(|host| self.file_time(host))?;
        let host = self.hosts.get_mut(name)?;
        let config = server_config(host);
        let (server, challenge) = Server::start(&config, now, &mut host.rng, negotiate).ok()?;
        let payload = Payload::Segment(framed(&challenge));
        self.network.answer(self.now, packet, payload);
        Some(State::Challenged(Box::new(server)))
    }

    fn ask_about(
        &mut self,
        host: &str,
        client: SocketAddr,
        server: Server,
        authenticate: &[u8],
    ) -> State {
        let pending = match server.authenticate(authenticate) {
            Ok(ServerStep::Logon(pending)) => pending,
            Ok(ServerStep::Anonymous { .. }) => {
                return State::Refused {
                    error: Win32Error::ACCESS_DENIED,
                    cause: "anonymous".to_owned(),
                };
            }
            Err(error) => {
                return State::Refused {
                    error: Win32Error::ACCESS_DENIED,
                    cause: cause_name(&error),
                };
            }
        };
        if self.ask_domain_controller(host, client, pending.request()) {
            return State::Asking {
                pending,
                request: None,
            };
        }
        State::Refused {
            error: Win32Error::NO_LOGON_SERVERS,
            cause: "no-logon-servers".to_owned(),
        }
    }

    /// Takes the word of the domain controller at `controller`, and then the request that waits for it.
    pub(in crate::sim::windows) fn question_answered(
        &mut self,
        local: SocketAddr,
        answer: Result<LogonKeys, NtStatus>,
        controller: IpAddr,
    ) {
        let Some(question) = self.rpc.questions.remove(&local) else {
            return;
        };
        let Some(Session { host, state }) = self.rpc.sessions.remove(&question.client) else {
            return;
        };
        let State::Asking { pending, request } = state else {
            return;
        };
        let finished = pending.finish(answer.as_ref().map_err(|status| *status));
        let mut state = match finished {
            Ok(accepted) => State::Open(Box::new(Client {
                user: accepted.user,
                domain: accepted.domain,
                workstation: accepted.workstation,
                context: accepted.context,
            })),
            Err(error) => self.refused(&error, controller),
        };
        if let Some((packet, sealed)) = request {
            match &mut state {
                State::Open(open) => self.serve(&host, &packet, open, &sealed),
                State::Refused { error, cause } => {
                    let (error, cause) = (*error, cause.clone());
                    self.refuse(&host, &packet, error, cause);
                }
                State::Challenged(_) | State::Asking { .. } => {}
            }
        }
        self.rpc
            .sessions
            .insert(question.client, Session { host, state });
    }

    /// What becomes of a client whom the server does not let in. Where the domain controller refuses, its
    /// reason is the cause.
    fn refused(&self, error: &ServerError, controller: IpAddr) -> State {
        let ServerError::Refused(status) = error else {
            return State::Refused {
                error: Win32Error::ACCESS_DENIED,
                cause: cause_name(error),
            };
        };
        let noticed = self
            .host_at(controller)
            .and_then(|host| self.causes.get(&host.name));
        let (error, cause) = match *status {
            NtStatus::NO_LOGON_SERVERS => (Win32Error::NO_LOGON_SERVERS, None),
            NtStatus::ACCOUNT_DISABLED => (Win32Error::ACCOUNT_DISABLED, noticed),
            NtStatus::ACCOUNT_LOCKED_OUT => (Win32Error::ACCOUNT_LOCKED_OUT, noticed),
            _ => (Win32Error::LOGON_FAILURE, noticed),
        };
        let cause = cause.cloned();
        State::Refused {
            error,
            cause: cause.unwrap_or_else(|| "no-logon-servers".to_owned()),
        }
    }

    /// Looks at a request. The cluster service hears of it only if it verifies.
    fn serve(&mut self, host: &str, packet: &Packet, client: &mut Client, sealed: &Sealed) {
        let opened = client
            .context
            .unseal(&sealed.ciphertext, &sealed.signature)
            .map_err(|error| cause_name(&error))
            .and_then(|octets| {
                let request = Request::of_octets(&octets);
                request.ok_or_else(|| "unknown-request".to_owned())
            });
        let request = match opened {
            Ok(request) => request,
            Err(cause) => return self.refuse(host, packet, Win32Error::ACCESS_DENIED, cause),
        };
        let served = self.serve_cluster_request(
            host,
            request,
            (&client.user, &client.domain),
            &client.workstation,
        );
        if let Err((error, cause)) = served {
            return self.refuse(host, packet, error, cause.to_owned());
        }
        if let Ok((ciphertext, signature)) = client.context.seal(b"0") {
            let sealed = Sealed {
                signature,
                ciphertext,
            };
            let payload = Payload::Segment(framed(&sealed.response()));
            self.network.answer(self.now, packet, payload);
        }
    }

    fn refuse(&mut self, host: &str, packet: &Packet, error: Win32Error, cause: String) {
        self.note_cause(host, cause);
        let payload = Payload::Segment(framed(&wire::fault(error)));
        self.network.answer(self.now, packet, payload);
    }
}
