//! One call of a client: it logs in, gets a ticket and shows it to a service.

mod acts;
mod delivery;
mod exchange;
mod http;
mod requests;
mod session;

use std::borrow::Cow;
use std::net::SocketAddr;

use kdclab_client::{
    ClientConfig, ClientError, Credential, CredentialQuery, CredentialStore, TgsParameters,
};
use kdclab_proto::messages::{Ticket, TicketFlags};
use kdclab_proto::{Principal, PrincipalName, Realm, Timestamp};

use self::delivery::{Delivery, Previous};
use self::exchange::KdcExchange;
use self::http::HttpExchange;
pub(super) use self::http::HttpSocket;
use self::session::Session;
use super::http::Received;
use super::network::Packet;
use super::outcome::{Failure, OsError, SessionError, cause_name};
use super::world::World;
use crate::dialect;
use crate::script::model::{Call, DialectName, Kpasswd};

/// A call in progress.
pub(super) struct Client {
    index: usize,
    host: String,
    user: Principal,
    /// What it does; absent for a replay, which only opens a session, and for a new password.
    call: Option<Call>,
    /// The new password that it asks for.
    kpasswd: Option<Kpasswd>,
    service: Option<Principal>,
    /// The account of the computer and the service it wants a ticket for, and nothing more.
    wanted: Option<(Principal, PrincipalName)>,
    /// What a web server answered.
    received: Option<Received>,
    stage: Stage,
    logged_in: bool,
    renewed: bool,
    /// The service ticket that was just got.
    ticket: Option<Credential>,
    /// The flags of the ticket that it got or used last.
    flags: Option<TicketFlags>,
    /// What the last delivery of the running exchange left.
    previous: Previous,
    result: Option<Result<(), Failure>>,
    /// The host whose packet came last.
    last_sender: Option<String>,
}

enum Stage {
    Idle,
    Kdc(Box<KdcExchange>, Box<Delivery>),
    Ap(Box<Session>),
    Http(Box<HttpExchange>),
}

impl Client {
    fn new(index: usize, call: &Call) -> Self {
        Self {
            call: Some(call.clone()),
            ..Self::idle(index, call.from.get_ref())
        }
    }

    fn replaying(host: &str, service: Principal) -> Self {
        Self {
            service: Some(service),
            ..Self::idle(0, host)
        }
    }

    fn changing_password(kpasswd: &Kpasswd) -> Self {
        Self {
            kpasswd: Some(kpasswd.clone()),
            ..Self::idle(0, kpasswd.from.get_ref())
        }
    }

    fn idle(index: usize, host: &str) -> Self {
        Self {
            index,
            host: host.to_owned(),
            user: Principal::default(),
            call: None,
            kpasswd: None,
            service: None,
            wanted: None,
            received: None,
            stage: Stage::Idle,
            logged_in: false,
            renewed: false,
            ticket: None,
            flags: None,
            previous: Previous::default(),
            result: None,
            last_sender: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.result.is_some()
    }

    /// Whether a packet to `address` is for this client.
    pub(super) fn owns(&self, address: SocketAddr) -> bool {
        match &self.stage {
            Stage::Idle => false,
            Stage::Kdc(_, delivery) => delivery.owns(address),
            Stage::Ap(session) => session.local == address,
            Stage::Http(exchange) => exchange.local == address,
        }
    }

    /// The client's clock.
    fn clock(&self, world: &World) -> Timestamp {
        world
            .hosts
            .get(&self.host)
            .map_or(world.now, |host| host.clock(world.now))
    }

    /// The user's credential cache on this host.
    fn cache<'w>(&self, world: &'w World) -> Option<&'w CredentialStore> {
        world.hosts.get(&self.host)?.caches.get(&self.user)
    }

    fn begin(&mut self, world: &mut World) {
        let Some(call) = self.call.clone() else {
            return;
        };
        if let Some((account, service)) = &self.wanted {
            self.user = account.clone();
            self.service = Some(service.clone().at(account.realm.clone()));
            return self.next(world);
        }
        let Some(user) = world.caller(&call) else {
            return self.fail(Failure::of_session(
                SessionError::NoIdentity,
                None,
                "no-identity".to_owned(),
            ));
        };
        self.user = user;
        self.service = call
            .to
            .as_ref()
            .and_then(|to| world.principal(to.get_ref()).ok());
        let host = world.hosts.get(&self.host);
        if host.is_some_and(|host| host.locked_caches.contains(&self.user)) {
            return self.fail_by_os(world, OsError::LockHeld, None);
        }
        if !call.warm
            && let Some(host) = world.hosts.get_mut(&self.host)
        {
            host.purge_cache(&self.user);
        }
        self.next(world);
    }

    /// Begins the next part of the call: log in, renew, get a ticket, reach the service.
    fn next(&mut self, world: &mut World) {
        let Some(call) = self.call.clone() else {
            return;
        };
        let Some(tgt) = self
            .cache(world)
            .and_then(|cache| cache.initial_ticket().ok())
            .cloned()
            .filter(|tgt| call.log_in || self.is_seen(world, tgt))
        else {
            let server = Principal::krbtgt(&self.user.realm, &self.user.realm);
            if self.logged_in {
                let is_login = self.service.is_none() && call.for_user.is_none();
                return match is_login {
                    true => self.succeed(),
                    false => self.fail_with(world, &ClientError::TgtMissing { server }),
                };
            }
            if call.log_in {
                return self.log_in(world, &call);
            }
            let client = self.user.clone();
            return self.fail_with(world, &ClientError::NoCredential { client, server });
        };
        if call.renew && !self.renewed {
            let parameters = TgsParameters::renew(tgt.server.clone());
            return self.ask_tgs(world, &tgt, parameters);
        }
        if let Some(user) = &call.for_user {
            return self.ask_for_user(world, &tgt, user.get_ref(), call.enterprise);
        }
        let Some(service) = self.service.clone() else {
            return self.succeed();
        };
        let second_ticket = match &call.user_to_user {
            Some(owner) => match self.ticket_of_service(world, &call, owner.get_ref()) {
                Ok(ticket) => Some(ticket),
                Err(error) => return self.fail_with(world, &error),
            },
            None => None,
        };
        let held = self
            .ticket
            .take()
            .or_else(|| self.held(world, &service, second_ticket.as_ref()));
        match (held, second_ticket) {
            (Some(credential), _) if self.wanted.is_some() => {
                self.ticket = Some(credential);
                self.succeed();
            }
            (Some(credential), _) => self.reach_service(world, &call, &service, &credential),
            (None, Some(ticket)) => {
                self.ask_tgs(world, &tgt, TgsParameters::user_to_user(service, ticket));
            }
            (None, None) => {
                // As a user does, without the realm: the client finds it out. Windows leaves that to its own
                // domain controller, which knows the names of other domains.
                let server = match self.wanted {
                    Some(_) => service,
                    None => service.name.at(Realm::default()),
                };
                self.ask_tgs(world, &tgt, TgsParameters::service(server));
            }
        }
    }

    /// The ticket-granting ticket of `owner` on the host that is called, as the service hands it out.
    fn ticket_of_service(
        &self,
        world: &World,
        call: &Call,
        owner: &str,
    ) -> Result<Ticket, ClientError> {
        let client = world.principal(owner).unwrap_or_default();
        let host = world.called_service(call).map(|(_, host)| host);
        host.and_then(|host| world.hosts.get(&host)?.caches.get(&client))
            .and_then(|cache| cache.initial_ticket().ok())
            .map(|credential| credential.ticket.clone())
            .ok_or_else(|| ClientError::NoCredential {
                server: Principal::krbtgt(&client.realm, &client.realm),
                client,
            })
    }

    /// The ticket for `service` in the cache. One of the user's own realm may stand there without its
    /// realm, as it was asked for.
    fn held(
        &self,
        world: &World,
        service: &Principal,
        second_ticket: Option<&Ticket>,
    ) -> Option<Credential> {
        let cache = self.cache(world)?;
        let now = self.clock(world).time();
        let as_asked = service.name.clone().at(Realm::default());
        let find = |server| {
            cache.find(&CredentialQuery {
                second_ticket,
                ..CredentialQuery::valid(server, now)
            })
        };
        find(service)
            .or_else(|| find(&as_asked).filter(|_| service.realm == self.user.realm))
            .cloned()
    }

    /// Whether a program that reads the cache takes the ticket for one: Java overlooks what has expired, and
    /// an old one cannot read a cache with configuration entries at all.
    fn is_seen(&self, world: &World, tgt: &Credential) -> bool {
        let host = world.hosts.get(&self.host);
        let is_readable = self.is_mit_program()
            || host.is_none_or(|host| host.reads_ccache_config)
            || self.cache(world).is_none_or(|cache| !cache.has_config());
        let is_java = self.is_java(world);
        is_readable && (!is_java || self.clock(world).time() <= tgt.endtime)
    }

    /// The krb5.conf as the program reads it.
    fn config<'w>(&self, world: &'w World) -> Option<Cow<'w, ClientConfig>> {
        let config = &world.hosts.get(&self.host)?.config;
        Some(if self.is_mit_program() {
            Cow::Owned(config.read_by_mit())
        } else {
            Cow::Borrowed(config)
        })
    }

    /// Whether the program is MIT's kinit or kpasswd, which are the same on every host.
    fn is_mit_program(&self) -> bool {
        self.kpasswd.is_some() || self.call.as_ref().is_some_and(|call| call.kinit)
    }

    /// The implementation of the program.
    fn dialect(&self, world: &World) -> Option<DialectName> {
        if self.is_mit_program() {
            return Some(DialectName::Mit);
        }
        Some(world.hosts.get(&self.host)?.dialect)
    }

    fn is_java(&self, world: &World) -> bool {
        self.config(world)
            .is_some_and(|config| config.dialect.is_java())
    }

    /// Takes a packet that is for this client.
    pub(super) fn packet(&mut self, world: &mut World, packet: &Packet) {
        self.last_sender = world.host_at(packet.sender).map(|host| host.name.clone());
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => {}
            Stage::Kdc(exchange, mut delivery) => {
                let ended = delivery.packet(world, &self.host, packet);
                self.resume(world, exchange, delivery, ended);
            }
            Stage::Ap(session) => self.session_packet(world, session, packet),
            Stage::Http(exchange) => self.http_packet(world, exchange, packet),
        }
    }

    /// A timer rings.
    pub(super) fn timer(&mut self, world: &mut World, serial: u64) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => {}
            Stage::Kdc(exchange, mut delivery) => {
                let ended = delivery.timer(world, &self.host, serial);
                self.resume(world, exchange, delivery, ended);
            }
            Stage::Ap(session) if serial == self.previous.timer => {
                self.fail_by_silence(world, session.is_connected);
            }
            Stage::Ap(session) => self.stage = Stage::Ap(session),
            Stage::Http(exchange) if serial == self.previous.timer => {
                self.fail_by_silence(world, exchange.is_connected);
            }
            Stage::Http(exchange) => self.stage = Stage::Http(exchange),
        }
    }

    /// What the host that refused had noticed, or else `own`.
    fn cause(&self, world: &World, refused: bool, own: impl FnOnce() -> String) -> String {
        self.last_sender
            .as_ref()
            .filter(|_| refused)
            .and_then(|host| world.causes.get(host))
            .cloned()
            .unwrap_or_else(own)
    }

    fn log(&self, world: &mut World, line: Option<String>) {
        if let Some(host) = world.hosts.get_mut(&self.host) {
            host.log.extend(line);
        }
    }

    fn fail_with(&mut self, world: &mut World, error: &ClientError) {
        let refused = error.refusal().is_some() || error.kpasswd_result().is_some();
        let dialect = self.dialect(world);
        let line = dialect.and_then(|dialect| dialect::client_log(dialect, error));
        self.log(world, line);
        if let Some(host) = world.hosts.get_mut(&self.host) {
            host.log_kerberos_error(error);
        }
        self.fail(Failure {
            error: dialect::client_error_name(error),
            sent_by: self.last_sender.clone().filter(|_| refused),
            cause: self.cause(world, refused, || cause_name(error)),
            text: dialect.and_then(|dialect| {
                let intent = dialect::Intent {
                    is_typed: self.call.as_ref().is_some_and(|call| call.user.is_some()),
                    is_login: self.service.is_none(),
                    has_tgt: self
                        .cache(world)
                        .is_some_and(|cache| cache.initial_ticket().is_ok()),
                };
                dialect::client_text(dialect, error, intent)
            }),
        });
    }

    fn fail_by_silence(&mut self, world: &World, is_connected: bool) {
        let error = match is_connected {
            true => OsError::ReadTimedOut,
            false => OsError::ConnectionTimedOut,
        };
        self.fail_by_os(world, error, None);
    }

    fn fail_by_os(&mut self, world: &World, error: OsError, sent_by: Option<String>) {
        let host = world.hosts.get(&self.host);
        self.fail(Failure {
            error: error.into(),
            sent_by,
            cause: cause_name(&error),
            text: host.and_then(|host| dialect::os_text(host.dialect, host.abi, error)),
        });
    }

    fn fail(&mut self, failure: Failure) {
        self.stage = Stage::Idle;
        self.result = Some(Err(failure));
    }

    fn succeed(&mut self) {
        self.stage = Stage::Idle;
        self.result = Some(Ok(()));
    }
}
