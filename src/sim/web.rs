//! Web servers of Windows hosts: applications by port and path, each with an account of its own, behind Windows
//! authentication (RFC 4559).

mod log;
mod negotiation;

use std::net::IpAddr;

use kdclab_proto::Principal;

pub(super) use log::{SEC_E_LOGON_DENIED, SEC_E_NO_CREDENTIALS, SEC_E_TIME_SKEW};
use negotiation::Verdict;
pub(super) use negotiation::{Negotiation, computer_account};

use super::http::{HttpConnection, HttpRequest, HttpResponse, Next, Status};
use super::network::{Packet, Payload};
use super::outcome::VerbError;
use super::world::World;
use crate::script::model::Tables;
use crate::script::web::{LOCAL_SYSTEM, MoveWebApplication, WebApplicationTable};

/// Who answers the requests for a path.
#[derive(Clone, Debug)]
pub(super) struct WebApplication {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) port: u16,
    /// The account of its worker process; the computer's if absent.
    pub(super) account: Option<Principal>,
}

impl WebApplication {
    /// Whether the requests for `path` are its own.
    fn has(&self, path: &str) -> bool {
        let own = self.path.trim_end_matches('/');
        let Some((start, rest)) = path.split_at_checked(own.len()) else {
            return false;
        };
        start.eq_ignore_ascii_case(own) && (rest.is_empty() || rest.starts_with('/'))
    }
}

/// A request that was not let in, to an application that wants to know.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    pub(super) application: String,
    pub(super) body: Vec<u8>,
}

impl World {
    pub(super) fn add_web(
        &mut self,
        host: &str,
        table: &Tables<WebApplicationTable>,
    ) -> Result<(), VerbError> {
        for (name, application) in table {
            let account = application.account.get_ref();
            let account = match account == LOCAL_SYSTEM {
                true => None,
                false => Some(self.principal(account)?),
            };
            let application = WebApplication {
                name: name.get_ref().clone(),
                path: application.path.get_ref().clone(),
                port: *application.port.get_ref(),
                account,
            };
            self.host_mut(host)?.web.push(application);
        }
        Ok(())
    }

    pub(super) fn move_web_application(
        &mut self,
        change: &MoveWebApplication,
    ) -> Result<bool, VerbError> {
        let name = change.application.get_ref();
        let host = self.host_mut(change.host.get_ref())?;
        let found = host.web.iter_mut().find(|other| other.name == *name);
        let application = found.ok_or_else(|| VerbError::Unknown {
            what: "web application",
            name: name.clone(),
        })?;
        let port = *change.port.get_ref();
        Ok(std::mem::replace(&mut application.port, port) != port)
    }

    /// Whether a web server of `host` listens on `port`.
    pub(crate) fn has_web_server(&self, host: &str, port: u16) -> bool {
        self.hosts
            .get(host)
            .is_some_and(|host| host.web.iter().any(|application| application.port == port))
    }

    /// What the web server of `host` on `port` answers to `bytes`, which came from `peer` on `connection`; `None` until a
    /// request is whole. Several requests may be answered at once. When
    /// [`HttpConnection::is_closed`] then, the server ends the connection. Whoever ends it tells
    /// [`World::http_ended`].
    pub fn http_answer(
        &mut self,
        host: &str,
        port: u16,
        peer: IpAddr,
        connection: &mut HttpConnection,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let clock = self.hosts.get(host)?.clock(self.now).time();
        connection.receive(bytes);
        let mut answers = Vec::new();
        loop {
            match connection.next_request() {
                Next::More => break,
                Next::Continue => answers.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n"),
                Next::Refused(status) => {
                    connection.close();
                    answers.extend(HttpResponse::of(status).encode(clock, "", false));
                }
                Next::Request(request) => {
                    let response = self.web_response(host, port, peer, connection, &request);
                    answers.extend(response.encode(clock, &request.method, request.keep_alive));
                    if !request.keep_alive {
                        connection.close();
                    }
                }
            }
        }
        (!answers.is_empty()).then_some(answers)
    }

    /// Takes note that a connection to the web server of `host` has ended: nothing follows what was not let in.
    pub fn http_ended(&mut self, host: &str, connection: &mut HttpConnection) {
        if let Some(last) = connection.unanswered.take() {
            self.application_request(host, &last.application, &last.body, None);
        }
    }

    fn web_response(
        &mut self,
        host: &str,
        port: u16,
        peer: IpAddr,
        connection: &mut HttpConnection,
        request: &HttpRequest,
    ) -> HttpResponse {
        let application = self.hosts.get(host).and_then(|host| {
            let here = host.web.iter().filter(|web| web.port == port);
            let own = here.filter(|web| web.has(&request.path));
            own.max_by_key(|web| web.path.len()).cloned()
        });
        let Some(application) = application else {
            self.log_request(host, port, request, None, log::NOT_FOUND);
            return HttpResponse::of(Status::NotFound);
        };
        connection.unanswered = None;
        let (user, authenticate) =
            match self.authenticate_request(host, &application, peer, connection, request) {
                Verdict::Authenticated { user, token } => (user, token),
                Verdict::Unauthorized { status, token } => {
                    self.log_request(host, port, request, None, status);
                    connection.unanswered = Some(Unanswered {
                        application: application.name,
                        body: request.body.clone(),
                    });
                    return HttpResponse {
                        authenticate: Some(negotiation::challenge(token.as_deref())),
                        ..HttpResponse::of(Status::Unauthorized)
                    };
                }
            };
        let name = log::account_name(&user);
        let status = self.application_request(host, &application.name, &request.body, Some(&user));
        let logged = match status {
            Status::Ok => log::OK,
            _ => log::BAD_REQUEST,
        };
        self.log_request(host, port, request, Some(&name), logged);
        HttpResponse {
            status,
            authenticate: authenticate.map(|token| negotiation::challenge(Some(&token))),
            body: format!("{name}\r\n"),
        }
    }

    /// Lets the web server on `host` answer what `packet` brings.
    pub(super) fn web_packet(&mut self, host: &str, packet: &Packet) {
        let port = packet.destination.port();
        let key = (host.to_owned(), port, packet.source);
        match &packet.payload {
            Payload::Segment(bytes) => {
                let mut connection = self.http_connections.remove(&key).unwrap_or_default();
                let peer = packet.source.ip();
                let answer = self.http_answer(host, port, peer, &mut connection, bytes);
                if let Some(answer) = answer {
                    self.network
                        .answer(self.now, packet, Payload::Segment(answer));
                }
                if connection.is_closed() {
                    self.http_ended(host, &mut connection);
                } else {
                    self.http_connections.insert(key, connection);
                }
            }
            Payload::Reset => {
                if let Some(mut connection) = self.http_connections.remove(&key) {
                    self.http_ended(host, &mut connection);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
