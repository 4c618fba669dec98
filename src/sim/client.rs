//! One call of a client: it logs in, gets a ticket and shows it to a service.

mod delivery;
mod exchange;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use kdclab_client::{
    ApExchange, ApExchangeError, ApParameters, AsOutcome, AsParameters, ClientConfig, ClientError,
    Credential, CredentialQuery, CredentialStore, KpasswdParameters, S4u2SelfParameters, Step,
    TgsParameters,
};
use kdclab_kdc::changepw_of;
use kdclab_proto::messages::{ApReq, HostAddress, TicketFlags};
use kdclab_proto::{NameType, Principal, PrincipalName, Realm, Timestamp};

use self::delivery::{Delivered, Delivery, Previous};
use self::exchange::{Got, KdcExchange};
use super::network::{Event, Packet, Payload};
use super::outcome::{Failure, OsError, SessionError, cause_name};
use super::world::World;
use super::{framed, outcome::Outcome};
use crate::dialect;
use crate::script::model::{Call, DialectName, Kpasswd, Replay};
use crate::script::values::ErrorName;

/// How long a client waits for a connection: Linux's seven SYNs, of which a transcript shows the first.
const CONNECT_PATIENCE: Duration = Duration::from_secs(127);
/// How long a client waits for a service that says nothing on a connection.
const READ_PATIENCE: Duration = Duration::from_secs(30);

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
    stage: Stage,
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
}

/// A connection to a service.
struct Session {
    exchange: Option<ApExchange>,
    token: Vec<u8>,
    local: SocketAddr,
    remote: SocketAddr,
    is_connected: bool,
}

impl World {
    /// Lets one client act until it is done.
    pub fn call_one(&mut self, call: &Call) -> Outcome {
        let mut outcomes = self.call(std::slice::from_ref(call));
        match outcomes.pop() {
            Some(outcome) => outcome,
            None => unreachable!("one call has one outcome"),
        }
    }

    /// Lets clients act, all beginning now, until each is done.
    pub fn call(&mut self, calls: &[Call]) -> Vec<Outcome> {
        let log_start = self.begin_act();
        let begun = self.now;
        let mut clients: Vec<Client> = calls
            .iter()
            .enumerate()
            .map(|(index, call)| Client::new(index, call))
            .collect();
        for client in &mut clients {
            client.begin(self);
        }
        self.run_until(None, &mut clients);
        self.network.clear();
        let took = self.since(begun);
        clients
            .into_iter()
            .map(|client| Outcome {
                result: client.result.unwrap_or_else(|| {
                    Err(Failure::of_session(
                        SessionError::NoAnswer,
                        None,
                        String::new(),
                    ))
                }),
                flags: client.flags,
                took,
                log_start: log_start.clone(),
            })
            .collect()
    }

    /// Sends the last AP-REQ that `replay.from` sent to the service once more, on a connection of its own.
    pub fn replay(&mut self, replay: &Replay) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let result = self.send_recorded(replay);
        self.network.clear();
        Outcome {
            result,
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    /// Lets a user ask the password service for a new password. The user goes on with it if that works.
    pub fn kpasswd(&mut self, kpasswd: &Kpasswd) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let mut client = Client::changing_password(kpasswd);
        client.log_in_to_change(self, kpasswd);
        let mut clients = [client];
        self.run_until(None, &mut clients);
        self.network.clear();
        let [client] = clients;
        let no_answer = || Failure::of_session(SessionError::NoAnswer, None, String::new());
        let result = client.result.unwrap_or_else(|| Err(no_answer()));
        let target = kpasswd.of.as_ref().unwrap_or(&kpasswd.user).get_ref();
        if let (Ok(()), Ok(target)) = (&result, self.principal(target)) {
            self.passwords.insert(target, kpasswd.new.clone());
        }
        Outcome {
            result,
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    fn since(&self, begun: Timestamp) -> Duration {
        let microseconds = self.now.unix_microseconds() - begun.unix_microseconds();
        Duration::from_micros(microseconds.unsigned_abs())
    }

    fn send_recorded(&mut self, replay: &Replay) -> Result<(), Failure> {
        let nothing = || Failure::of_session(SessionError::NothingRecorded, None, String::new());
        let service = self.principal(replay.to.get_ref()).map_err(|_| nothing())?;
        let at = replay.at.as_ref().map(|host| host.get_ref().as_str());
        let remote = self.service_socket(&service, at).ok_or_else(nothing)?;
        let from = self.host(replay.from.get_ref()).map_err(|_| nothing())?;
        let address = from.address;
        let token = self
            .packets()
            .iter()
            .rev()
            .find(|packet| {
                packet.sender == address
                    && packet.destination.port() == remote.port()
                    && is_request_to(&service, &packet.payload)
            })
            .and_then(|packet| packet.payload.bytes().get(4..).map(<[u8]>::to_vec))
            .ok_or_else(nothing)?;
        let mut client = Client::replaying(replay.from.get_ref(), service);
        client.open_session(self, None, token, remote);
        let mut clients = [client];
        self.run_until(None, &mut clients);
        let [client] = clients;
        client.result.unwrap_or_else(|| Err(nothing()))
    }
}

/// Whether a packet carries an AP-REQ with a ticket for `service`.
fn is_request_to(service: &Principal, payload: &Payload) -> bool {
    super::label::message(payload)
        .and_then(|message| ApReq::decode(message).ok())
        .is_some_and(|request| request.ticket.server() == *service)
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
            stage: Stage::Idle,
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
            if call.log_in {
                return self.log_in(world, &call);
            }
            let server = Principal::krbtgt(&self.user.realm, &self.user.realm);
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
        let held = self.ticket.take().or_else(|| self.held(world, &service));
        match held {
            Some(credential) => self.reach_service(world, &call, &service, &credential),
            None => {
                // As a user does, without the realm: the client finds it out.
                let server = service.name.at(Realm::default());
                self.ask_tgs(world, &tgt, TgsParameters::service(server));
            }
        }
    }

    /// The ticket for `service` in the cache. One of the user's own realm may stand there without its
    /// realm, as it was asked for.
    fn held(&self, world: &World, service: &Principal) -> Option<Credential> {
        let cache = self.cache(world)?;
        let now = self.clock(world).time();
        let as_asked = service.name.clone().at(Realm::default());
        cache
            .find(&CredentialQuery::valid(service, now))
            .or_else(|| {
                cache
                    .find(&CredentialQuery::valid(&as_asked, now))
                    .filter(|_| service.realm == self.user.realm)
            })
            .cloned()
    }

    /// Whether a program that reads the cache takes the ticket for one: Java overlooks what has expired, and
    /// an old one cannot read a cache with configuration entries at all.
    fn is_seen(&self, world: &World, tgt: &Credential) -> bool {
        let is_readable = self
            .config(world)
            .is_none_or(|config| config.reads_ccache_config)
            || self.cache(world).is_none_or(|cache| !cache.has_config());
        let is_java = self.is_java(world);
        is_readable && (!is_java || self.clock(world).time() <= tgt.endtime)
    }

    /// The krb5.conf as the program reads it.
    fn config<'w>(&self, world: &'w World) -> Option<Cow<'w, ClientConfig>> {
        let config = &world.hosts.get(&self.host)?.config;
        Some(if self.call.as_ref().is_some_and(|call| call.kinit) {
            Cow::Owned(config.read_by_mit())
        } else {
            Cow::Borrowed(config)
        })
    }

    /// The implementation of the program: MIT's kinit is the same on every host.
    fn dialect(&self, world: &World) -> Option<DialectName> {
        if self.call.as_ref().is_some_and(|call| call.kinit) {
            return Some(DialectName::Mit);
        }
        Some(world.hosts.get(&self.host)?.dialect)
    }

    fn is_java(&self, world: &World) -> bool {
        self.config(world)
            .is_some_and(|config| config.dialect.is_java())
    }

    fn log_in(&mut self, world: &mut World, call: &Call) {
        self.previous.too_big = false;
        let password = world
            .password(call, &self.user)
            .unwrap_or_default()
            .to_owned();
        let by_password = call.user.is_some() || world.configured_password(call).is_some();
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let mut parameters = if by_password {
            AsParameters::password(self.user.clone(), &password)
        } else {
            AsParameters::keytab(self.user.clone(), host.client_keytab.clone())
        };
        parameters.ticket_lifetime = call.lifetime.map(|span| span.0);
        parameters.renew_lifetime = call.renewable.map(|span| span.0);
        parameters.postdate = call.postdated.map(|span| span.0);
        parameters.forwardable = call.forwardable.then_some(true);
        parameters.key_cache = world.key_cache.clone();
        parameters.addresses = (!config.noaddresses).then(|| vec![HostAddress::from(host.address)]);
        let (exchange, step) = KdcExchange::log_in(&config, parameters, now, &mut host.rng);
        self.step(world, Box::new(exchange), step);
    }

    /// Gets the ticket for the password service, which even an expired password gives.
    fn log_in_to_change(&mut self, world: &mut World, kpasswd: &Kpasswd) {
        self.user = world.principal(kpasswd.user.get_ref()).unwrap_or_default();
        let typed = kpasswd.old.as_ref();
        let password = typed.or_else(|| world.passwords.get(&self.user));
        let password = password.cloned().unwrap_or_default();
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let mut parameters = AsParameters::password(self.user.clone(), &password);
        parameters.service = Some(changepw_of(&self.user.realm).name);
        parameters.key_cache = world.key_cache.clone();
        let (exchange, step) = KdcExchange::log_in(&config, parameters, now, &mut host.rng);
        self.step(world, Box::new(exchange), step);
    }

    /// Shows the ticket for the password service together with the new password.
    fn change_password(&mut self, world: &mut World, kpasswd: &Kpasswd, login: &AsOutcome) {
        self.previous.too_big = false;
        let offset = login.kdc_offset.unwrap_or(0);
        let now = self
            .clock(world)
            .offset_by(offset.saturating_mul(1_000_000));
        let target = kpasswd.of.as_ref().map(|of| world.principal(of.get_ref()));
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let parameters = match target {
            Some(target) => {
                KpasswdParameters::set(target.unwrap_or_default(), &kpasswd.new, host.address)
            }
            None => KpasswdParameters::change(&kpasswd.new, host.address),
        };
        match KdcExchange::kpasswd(&login.credential, &parameters, now, &mut host.rng) {
            Ok((exchange, step)) => self.step(world, Box::new(exchange), step),
            Err(error) => self.fail_with(world, &error),
        }
    }

    fn ask_tgs(&mut self, world: &mut World, ticket: &Credential, mut parameters: TgsParameters) {
        self.previous.too_big = false;
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let ticket = &host.with_authenticator_client(ticket);
        let cache = host.caches.get(&self.user);
        parameters.kdc_offset = cache.and_then(CredentialStore::kdc_offset).unwrap_or(0);
        let cached = cache.map_or(&[][..], CredentialStore::credentials);
        let rng = &mut host.rng;
        let (exchange, step) =
            KdcExchange::with_ticket(&config, ticket, cached, parameters, now, rng);
        self.step(world, Box::new(exchange), step);
    }

    fn ask_for_user(
        &mut self,
        world: &mut World,
        ticket: &Credential,
        user: &str,
        enterprise: bool,
    ) {
        self.previous.too_big = false;
        let now = self.clock(world);
        let user = if enterprise {
            PrincipalName::new(NameType::ENTERPRISE, [user]).at(self.user.realm.clone())
        } else {
            world.principal(user).unwrap_or_default()
        };
        let mut parameters = S4u2SelfParameters::new(user);
        let offset = self.cache(world).and_then(CredentialStore::kdc_offset);
        parameters.kdc_offset = offset.unwrap_or(0);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let ticket = &host.with_authenticator_client(ticket);
        let rng = &mut host.rng;
        let (exchange, step) = KdcExchange::for_user(&config, ticket, parameters, now, rng);
        self.step(world, Box::new(exchange), step);
    }

    fn reach_service(
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

    /// Does what an exchange says until it waits for a packet or has ended.
    fn step(&mut self, world: &mut World, mut exchange: Box<KdcExchange>, mut step: Step<Got>) {
        loop {
            match step {
                Step::Done(got) => {
                    if let (Some(kpasswd), Got::Login(login)) = (&self.kpasswd, &got) {
                        let kpasswd = kpasswd.clone();
                        return self.change_password(world, &kpasswd, login);
                    }
                    let is_last = matches!(got, Got::ForUser(_) | Got::Password);
                    self.keep(world, got);
                    self.stage = Stage::Idle;
                    return if is_last {
                        self.succeed()
                    } else {
                        self.next(world)
                    };
                }
                Step::Failed(error) => return self.fail_with(world, &error),
                Step::Send { realm, bytes } => {
                    let (delivery, ended) = Delivery::begin(
                        world,
                        self.index,
                        &self.host,
                        (&realm, exchange.service()),
                        bytes,
                        &self.previous,
                    );
                    let Some(delivered) = ended else {
                        self.stage = Stage::Kdc(exchange, Box::new(delivery));
                        return;
                    };
                    self.previous = delivery.leaves();
                    step = self.answer(world, &mut exchange, delivered);
                }
            }
        }
    }

    /// Goes on with an exchange once the delivery of its request has ended.
    fn resume(
        &mut self,
        world: &mut World,
        mut exchange: Box<KdcExchange>,
        delivery: Box<Delivery>,
        ended: Option<Delivered>,
    ) {
        match ended {
            None => self.stage = Stage::Kdc(exchange, delivery),
            Some(delivered) => {
                self.previous = delivery.leaves();
                let step = self.answer(world, &mut exchange, delivered);
                self.step(world, exchange, step);
            }
        }
    }

    fn answer(
        &self,
        world: &mut World,
        exchange: &mut KdcExchange,
        delivered: Delivered,
    ) -> Step<Got> {
        let now = self.clock(world);
        let Some(host) = world.hosts.get_mut(&self.host) else {
            unreachable!("a client's host exists as long as its world");
        };
        let answer = delivered.as_deref().map_err(Clone::clone);
        exchange.input(now, &mut host.rng, answer)
    }

    /// Puts what an exchange got into the user's cache.
    fn keep(&mut self, world: &mut World, got: Got) {
        let is_java = self.is_java(world);
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        match got {
            Got::ForUser(credential) => {
                self.flags = Some(credential.flags);
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    cache.store(credential);
                }
            }
            Got::Login(outcome) => {
                self.flags = Some(outcome.credential.flags);
                let cache = if is_java {
                    // Java keeps nothing but tickets.
                    let mut cache = CredentialStore::new(outcome.credential.client.clone());
                    cache.store(outcome.credential);
                    cache
                } else {
                    CredentialStore::initialized(outcome)
                };
                host.caches.insert(self.user.clone(), cache);
            }
            Got::Password => {}
            Got::Renewed(credential) => {
                self.renewed = true;
                self.flags = Some(credential.flags);
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    cache.reinitialize(credential);
                }
            }
            Got::Tickets(tickets) => {
                self.ticket = tickets.last().cloned();
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    tickets.into_iter().for_each(|ticket| cache.store(ticket));
                }
            }
        }
    }

    /// Connects to a service; the token follows when the connection stands.
    fn open_session(
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

    fn wait_for_service(&mut self, world: &mut World, patience: Duration) {
        self.previous.timer += 1;
        let (client, serial) = (self.index, self.previous.timer);
        let timer = Event::Timer { client, serial };
        world.network.schedule(world.now + patience, timer);
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
                let error = if session.is_connected {
                    OsError::ReadTimedOut
                } else {
                    OsError::ConnectionTimedOut
                };
                self.fail_by_os(world, error, None);
            }
            Stage::Ap(session) => self.stage = Stage::Ap(session),
        }
    }

    fn session_packet(&mut self, world: &mut World, mut session: Box<Session>, packet: &Packet) {
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

    fn session_answer(&mut self, world: &World, session: &Session, token: &[u8]) {
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
    fn replay_answer(&mut self, world: &World, token: &[u8]) {
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

    /// What the host that refused had noticed, or else `own`.
    fn cause(&self, world: &World, refused: bool, own: impl FnOnce() -> String) -> String {
        self.last_sender
            .as_ref()
            .filter(|_| refused)
            .and_then(|host| world.causes.get(host))
            .cloned()
            .unwrap_or_else(own)
    }

    fn fail_with(&mut self, world: &mut World, error: &ClientError) {
        let refused = error.refusal().is_some() || error.kpasswd_result().is_some();
        let dialect = self.dialect(world);
        if let Some(line) = dialect.and_then(|dialect| dialect::client_log(dialect, error))
            && let Some(host) = world.hosts.get_mut(&self.host)
        {
            host.log.push(line);
        }
        self.fail(Failure {
            error: dialect::client_error_name(error),
            sent_by: self.last_sender.clone().filter(|_| refused),
            cause: self.cause(world, refused, || cause_name(error)),
            text: dialect.and_then(|dialect| {
                let intent = dialect::Intent {
                    is_typed: self.call.as_ref().is_some_and(|call| call.user.is_some()),
                    is_login: self.service.is_none(),
                };
                dialect::client_text(dialect, error, intent)
            }),
        });
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
