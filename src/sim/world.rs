//! The world as a value.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use kdclab_client::{ClientConfig, ReplayCache, ReplayKey};
use kdclab_kdc::Database;
use kdclab_ntlm::StoredHashes;
use kdclab_proto::{KerberosTime, KeyCache, Keytab, KeytabEntry, Principal, Realm, Timestamp};

use super::acceptors::Service;
use super::host::Host;
use super::http::HttpConnection;
use super::kdcs::{KDC_PORT, KPASSWD_PORT, KdcProcess};
use super::label;
use super::network::{Event, Fate, Network, Packet, Payload};
use super::outcome::VerbError;
use super::random::HostRng;
use super::site::Sites;
use super::verbs::keytab_entries;
use super::web::computer_account;
use super::windows::{Cluster, Rpc};
use crate::script::model::Call;
use crate::script::web::Diagnosis;
use crate::script::{Scope, Spanned};

/// Where nobody listens: a host that somebody takes for a KDC and that is none.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// Hosts, KDCs, services and clients, and the packets they exchange. A clone goes its own way.
#[derive(Clone)]
pub struct World {
    pub(super) now: Timestamp,
    pub(super) epoch: KerberosTime,
    pub(super) scope: Scope,
    pub(super) hosts: BTreeMap<String, Host>,
    pub(super) kdc_processes: BTreeMap<String, KdcProcess>,
    pub(super) databases: BTreeMap<Realm, Database>,
    /// The hosts of each realm's KDCs, the preferred one first.
    pub(super) realm_kdcs: BTreeMap<Realm, Vec<String>>,
    pub(super) services: BTreeMap<Principal, Service>,
    /// The longest reply over UDP of each realm that limits it, in bytes.
    pub(super) udp_reply_limits: BTreeMap<Realm, usize>,
    pub(super) replay_caches: BTreeMap<(String, ReplayKey), ReplayCache>,
    /// What users type.
    pub(super) passwords: BTreeMap<Principal, String>,
    pub(super) trust_passwords: BTreeMap<Principal, String>,
    pub(super) network: Network,
    pub(super) key_cache: KeyCache,
    pub(super) admin_rng: HostRng,
    /// What each host last refused, and why, since the running act began.
    pub(super) causes: BTreeMap<String, String>,
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// What domains store of passwords for NTLM.
    pub(super) ntlm_hashes: BTreeMap<Principal, StoredHashes>,
    pub(super) rpc: Rpc,
    /// The connections to web servers, by the server's host and port and the client's address.
    pub(super) http_connections: BTreeMap<(String, u16, SocketAddr), HttpConnection>,
    /// The sites of Configuration Manager, by their codes.
    pub(super) sites: Sites,
    /// What the procedure of the document finds about the client that registered last.
    pub(super) diagnosis: Option<Diagnosis>,
    /// How many jobs were submitted.
    pub(super) jobs: u32,
}

impl World {
    /// The true time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When it began.
    pub fn epoch(&self) -> KerberosTime {
        self.epoch
    }

    /// The names that the scenario and the steps so far define.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn admin_rng(&mut self) -> &mut HostRng {
        &mut self.admin_rng
    }

    pub(super) fn host(&self, name: &str) -> Result<&Host, VerbError> {
        self.hosts.get(name).ok_or_else(|| VerbError::Unknown {
            what: "host",
            name: name.to_owned(),
        })
    }

    pub(super) fn host_mut(&mut self, name: &str) -> Result<&mut Host, VerbError> {
        self.hosts.get_mut(name).ok_or_else(|| VerbError::Unknown {
            what: "host",
            name: name.to_owned(),
        })
    }

    pub(super) fn host_at(&self, address: IpAddr) -> Option<&Host> {
        self.hosts.values().find(|host| host.address == address)
    }

    pub(super) fn principal(&self, text: &str) -> Result<Principal, VerbError> {
        self.scope.parse(text).map_err(|_| VerbError::Unknown {
            what: "principal",
            name: text.to_owned(),
        })
    }

    pub(super) fn principals(
        &self,
        names: &[Spanned<String>],
    ) -> Result<Vec<Principal>, VerbError> {
        names
            .iter()
            .map(|name| self.principal(name.get_ref()))
            .collect()
    }

    pub(super) fn set_up(&mut self, name: &str, is_up: bool) -> Result<bool, VerbError> {
        let host = self.host_mut(name)?;
        Ok(std::mem::replace(&mut host.is_up, is_up) != is_up)
    }

    /// Removes the faults of the links that are called `name`, or all.
    pub(super) fn repair_links(&mut self, name: Option<&str>) -> bool {
        let rules = &mut self.network.links.rules;
        let before = rules.len();
        rules.retain(|rule| name.is_some() && rule.name.as_deref() != name);
        rules.len() != before
    }

    pub(super) fn note_cause(&mut self, host: &str, cause: String) {
        self.causes.insert(host.to_owned(), cause);
    }

    /// Lets time pass. Packets in flight arrive, and services that ended start again.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        self.restart_services(until);
        self.run_until(Some(until), &mut []);
        self.now = self.now.max(until);
    }

    /// Every packet sent so far.
    pub fn packets(&self) -> &[Packet] {
        &self.network.transcript
    }

    /// The messages sent since packet number `start`.
    pub(crate) fn labels(&self, start: usize) -> Vec<String> {
        self.packets()
            .iter()
            .skip(start)
            .filter_map(|packet| label::message_label(&packet.payload))
            .collect()
    }

    /// The lines of a host's log.
    pub(crate) fn log(&self, host: &str) -> &[String] {
        self.hosts.get(host).map_or(&[], |host| host.log.as_slice())
    }

    /// The lines of a host's log since an act that began with logs of these lengths; with `file`, those of the
    /// log of that name, without it.
    pub(crate) fn log_since(
        &self,
        host: &str,
        file: Option<&str>,
        lengths: &BTreeMap<String, usize>,
    ) -> Vec<&str> {
        let before = lengths.get(host).copied().unwrap_or(0);
        let lines = self.log(host).iter().skip(before).map(String::as_str);
        match file {
            Some(file) => lines
                .filter_map(|line| line.strip_prefix(file)?.strip_prefix(": "))
                .collect(),
            None => lines.collect(),
        }
    }

    /// What the procedure of the document finds about the client that the last act was about.
    pub(crate) fn diagnosis(&self) -> Option<Diagnosis> {
        self.diagnosis
    }

    pub(super) fn log_lengths(&self) -> BTreeMap<String, usize> {
        self.hosts
            .iter()
            .map(|(name, host)| (name.clone(), host.log.len()))
            .collect()
    }

    /// The packets sent since packet number `start`, one line each, in virtual time.
    pub fn timeline(&self, start: usize) -> Vec<String> {
        self.packets()
            .iter()
            .skip(start)
            .map(|packet| self.timeline_entry(packet))
            .collect()
    }

    /// The packet in one line, in virtual time.
    pub(crate) fn timeline_entry(&self, packet: &Packet) -> String {
        let since = packet.sent.unix_microseconds() - self.epoch.timestamp().unix_microseconds();
        let name = |address: IpAddr| {
            self.host_at(address)
                .map_or_else(|| address.to_string(), |host| host.name.clone())
        };
        let what = label::message_label(&packet.payload).unwrap_or_else(|| {
            match &packet.payload {
                Payload::Datagram(_) | Payload::Segment(_) => "data",
                Payload::Reset => "reset",
                Payload::Syn => "connect",
                Payload::SynAck => "connected",
                Payload::Unreachable => "port unreachable",
            }
            .to_owned()
        });
        let fate = match packet.fate {
            Fate::Delivered => String::new(),
            fate => format!(" ({fate})"),
        };
        format!(
            "{:>12.6} s  {:>8} -> {:8} {} {:4} {what}{fate}",
            since as f64 / 1e6,
            name(packet.sender),
            name(packet.receiver),
            packet.payload.transport(),
            packet.payload.bytes().len(),
        )
    }

    /// Handles events until `until`, or without it until every client is done.
    pub(super) fn run_until(
        &mut self,
        until: Option<Timestamp>,
        clients: &mut [super::client::Client],
    ) {
        while until.is_some()
            || self.rpc.is_busy()
            || clients.iter().any(|client| !client.is_done())
        {
            let Some(at) = self.network.next_time() else {
                return;
            };
            if until.is_some_and(|until| at > until) {
                return;
            }
            let Some((at, event)) = self.network.next_event() else {
                return;
            };
            self.now = self.now.max(at);
            self.happen(event, clients);
        }
    }

    /// Lets an event happen now.
    pub(super) fn happen(&mut self, event: Event, clients: &mut [super::client::Client]) {
        match event {
            Event::Arrive(packet) => self.arrive(&packet, clients),
            Event::LogonTimer { local } => self.logon_timer(local),
            Event::RpcTimer { call, serial } => self.rpc_timer(call, serial),
            Event::Timer { client, serial } => {
                if let Some(client) = clients.get_mut(client) {
                    client.timer(self, serial);
                }
            }
        }
    }

    fn arrive(&mut self, packet: &Packet, clients: &mut [super::client::Client]) {
        let Some(host) = self.host_at(packet.receiver) else {
            return;
        };
        if !host.is_up {
            return;
        }
        let host = host.name.clone();
        if self.rpc_packet(&host, packet) {
            return;
        }
        if let Some(client) = clients
            .iter_mut()
            .find(|client| client.owns(packet.destination))
        {
            return client.packet(self, packet);
        }
        let port = packet.destination.port();
        let has_kdc = self.kdc_processes.contains_key(&host);
        let (is_kdc, is_kpasswd) = (has_kdc && port == KDC_PORT, has_kdc && port == KPASSWD_PORT);
        let is_web = self.has_web_server(&host, port);
        match &packet.payload {
            Payload::Syn if is_web || is_kdc || is_kpasswd || self.listens(&host, port) => {
                self.network.answer(self.now, packet, Payload::SynAck);
            }
            Payload::Syn => self.network.answer(self.now, packet, Payload::Reset),
            Payload::Datagram(_) | Payload::Segment(_) if is_kdc => self.kdc_request(&host, packet),
            Payload::Datagram(_) | Payload::Segment(_) if is_kpasswd => {
                self.kpasswd_request(&host, packet);
            }
            Payload::Segment(_) | Payload::Reset if is_web => self.web_packet(&host, packet),
            Payload::Segment(_) if self.listens(&host, port) => self.service_request(&host, packet),
            Payload::Datagram(_) => self.network.answer(self.now, packet, Payload::Unreachable),
            // A client that has gone, or the transport's own.
            _ => {}
        }
    }

    /// The krb5.conf of each host, by the host's name.
    pub fn client_configs(&self) -> impl Iterator<Item = (&str, &ClientConfig)> {
        self.hosts
            .iter()
            .map(|(name, host)| (name.as_str(), &host.config))
    }

    /// The keytabs of the hosts that have one.
    pub fn keytabs(&self) -> impl Iterator<Item = (&str, &Keytab)> {
        self.hosts
            .iter()
            .filter(|(_, host)| !host.keytab.entries.is_empty())
            .map(|(name, host)| (name.as_str(), &host.keytab))
    }

    /// The keytabs with which the programs of hosts log in, of the hosts that have one.
    pub fn client_keytabs(&self) -> impl Iterator<Item = (&str, &Keytab)> {
        self.hosts
            .iter()
            .filter(|(_, host)| !host.client_keytab.entries.is_empty())
            .map(|(name, host)| (name.as_str(), &host.client_keytab))
    }

    /// How far a host's clock is from the true time, in microseconds.
    pub fn clock_offset(&self, host: &str) -> i64 {
        self.hosts.get(host).map_or(0, |host| host.clock_offset)
    }

    /// The newest keys of every principal that is no service of a host: users, and what hosts run as.
    pub fn user_keytab(&self) -> Keytab {
        let mut entries: Vec<KeytabEntry> = Vec::new();
        for principal in self.passwords.keys() {
            let entry = self
                .databases
                .get(&principal.realm)
                .and_then(|database| database.lookup(principal));
            if let Some(entry) = entry {
                entries.extend(keytab_entries(entry, principal, self.now.time()));
            }
        }
        Keytab { entries }
    }

    /// The hosts of each realm's KDCs, as the krb5.conf of `client` lists them.
    pub(super) fn kdcs_known_to(&self, client: &str) -> BTreeMap<&Realm, &Vec<String>> {
        let own = self.hosts.get(client).map(|host| &host.kdcs);
        let mut kdcs: BTreeMap<_, _> = self.realm_kdcs.iter().collect();
        kdcs.extend(own.into_iter().flatten());
        kdcs
    }

    /// Where each realm's KDCs listen according to the krb5.conf of `client`, given where each host's KDC
    /// does. A KDC that it cannot resolve has a name that nobody can (RFC 2606).
    pub fn kdc_addresses(
        &self,
        client: &str,
        hosts: &BTreeMap<String, SocketAddr>,
    ) -> BTreeMap<Realm, Vec<String>> {
        let unresolved = self.hosts.get(client).map(|host| &host.unresolved_kdcs);
        self.kdcs_known_to(client)
            .into_iter()
            .map(|(realm, kdcs)| {
                let addresses = kdcs.iter().map(|kdc| {
                    let address = hosts.get(kdc).unwrap_or(&NOBODY);
                    if unresolved.is_some_and(|names| names.contains(kdc)) {
                        format!("{kdc}.invalid:{}", address.port())
                    } else {
                        address.to_string()
                    }
                });
                (realm.clone(), addresses.collect())
            })
            .collect()
    }

    /// Who makes `call`.
    pub fn caller(&self, call: &Call) -> Option<Principal> {
        match &call.user {
            Some(user) => self.scope.parse(user.get_ref()).ok(),
            None => {
                let host = self.hosts.get(call.from.get_ref())?;
                host.run_as.clone().or_else(|| computer_account(host))
            }
        }
    }

    /// What the caller types, or its host has configured.
    pub fn password<'a>(&'a self, call: &'a Call, user: &Principal) -> Option<&'a str> {
        call.password
            .as_deref()
            .or_else(|| self.configured_password(call))
            .or_else(|| self.passwords.get(user).map(String::as_str))
    }

    /// The password of the host's own identity, where the call uses it and it has no keytab.
    pub(super) fn configured_password(&self, call: &Call) -> Option<&str> {
        let host = self.hosts.get(call.from.get_ref())?;
        host.run_as_password
            .as_deref()
            .filter(|_| call.user.is_none())
    }

    /// The service that `call` is about, and the host that it reaches.
    pub fn called_service(&self, call: &Call) -> Option<(Principal, String)> {
        let service = self.scope.parse(call.to.as_ref()?.get_ref()).ok()?;
        let host = match &call.at {
            Some(host) => host.get_ref().clone(),
            None => self.services.get(&service)?.hosts.first()?.clone(),
        };
        Some((service, host))
    }

    /// Forgets what happened, before an act.
    pub(super) fn begin_act(&mut self) -> BTreeMap<String, usize> {
        self.causes.clear();
        self.diagnosis = None;
        self.log_lengths()
    }
}
