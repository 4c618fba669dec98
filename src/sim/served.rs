//! A world as sockets serve it: who listens where, which ports let anybody in, and what is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use kdclab_client::CredentialStore;
use kdclab_kdc::{Kdc, Traffic};
use kdclab_proto::{Principal, Realm, Timestamp};

use super::kdcs::{KDC_PORT, KPASSWD_PORT};
use super::links::Passage;
use super::network::{Fate, Packet, Payload};
use super::web::WebApplication;
use super::world::World;
use crate::script::verb::LinkEffect;

/// A port of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    /// The host.
    pub(crate) host: String,
    /// The port's number in the world.
    pub(crate) port: u16,
    /// What is there.
    pub(crate) service: ListeningService,
}

/// What listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListeningService {
    /// An acceptor of these principals, on TCP alone.
    Acceptor(Vec<Principal>),
    /// A KDC of these realms.
    Kdc(Vec<Realm>),
    /// The password service beside a KDC.
    Kpasswd,
    /// A web server with an application below this path, on TCP alone.
    Web {
        /// The host's name in URLs.
        name: String,
        /// The path.
        path: String,
    },
}

/// Whether a port lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It answers that nobody listens.
    Closed,
    /// It takes what comes.
    Open,
    /// It does not even say that it has heard.
    Silent,
}

/// A KDC process as it is now.
#[derive(Clone)]
pub struct KdcNow {
    /// The host it runs on.
    pub host: String,
    /// The KDC.
    pub kdc: Kdc,
    /// What it remembers of requests. Shared with the world: what a request changes is seen by both.
    pub traffic: Arc<Traffic>,
    /// The longest reply over UDP, in bytes.
    pub udp_reply_limit: Option<usize>,
}

impl World {
    /// Every port on which somebody listens, in the order of the hosts' names.
    pub(crate) fn listening(&self) -> Vec<Listening> {
        let mut ports = Vec::new();
        for (host, process) in &self.kdc_processes {
            for (port, service) in [
                (KDC_PORT, ListeningService::Kdc(process.realms.clone())),
                (KPASSWD_PORT, ListeningService::Kpasswd),
            ] {
                ports.push(Listening {
                    host: host.clone(),
                    port,
                    service,
                });
            }
        }
        let places: BTreeSet<(&String, u16)> = self
            .services
            .values()
            .flat_map(|service| service.hosts.iter().map(|host| (host, service.port)))
            .collect();
        for (host, port) in places
            .into_iter()
            .filter(|(host, port)| !self.has_web_server(host, *port))
        {
            let principals = self
                .services
                .iter()
                .filter(|(_, service)| service.port == port && service.hosts.contains(host))
                .map(|(principal, _)| principal.clone());
            ports.push(Listening {
                host: host.clone(),
                port,
                service: ListeningService::Acceptor(principals.collect()),
            });
        }
        for (host, machine) in &self.hosts {
            let mut applications: BTreeMap<u16, &WebApplication> = BTreeMap::new();
            for application in &machine.web {
                applications.entry(application.port).or_insert(application);
            }
            for (port, application) in applications {
                ports.push(Listening {
                    host: host.clone(),
                    port,
                    service: ListeningService::Web {
                        name: self.full_name(host).unwrap_or_else(|| host.clone()),
                        path: application.path.clone(),
                    },
                });
            }
        }
        ports
    }

    /// The port on which `service` listens, where it does.
    pub(crate) fn service_port(&self, service: &Principal) -> Option<u16> {
        self.services.get(service).map(|service| service.port)
    }

    /// The port on which `host` looks for the password service.
    pub(crate) fn kpasswd_port_known_to(&self, host: &str) -> u16 {
        self.hosts
            .get(host)
            .map_or(KPASSWD_PORT, |host| host.kpasswd_port)
    }

    /// A host's address in the world.
    pub(crate) fn address_of(&self, host: &str) -> Option<IpAddr> {
        self.hosts.get(host).map(|host| host.address)
    }

    /// The host at an address of the world.
    pub(crate) fn host_named_at(&self, address: IpAddr) -> Option<String> {
        self.host_at(address).map(|host| host.name.clone())
    }

    /// How far the clock of the host at an address is from the true time, in microseconds.
    pub(crate) fn offset_at(&self, address: IpAddr) -> i64 {
        self.host_at(address).map_or(0, |host| host.clock_offset)
    }

    /// The credential caches, with the host and the user of each.
    pub(crate) fn ccaches(&self) -> impl Iterator<Item = (&str, &Principal, &CredentialStore)> {
        self.hosts.iter().flat_map(|(name, host)| {
            let caches = host.caches.iter();
            caches.map(move |(user, cache)| (name.as_str(), user, cache))
        })
    }

    /// The credential cache of `user` on `host`.
    pub(crate) fn ccache(&self, host: &str, user: &Principal) -> Option<&CredentialStore> {
        self.hosts.get(host)?.caches.get(user)
    }

    /// Puts a credential cache in place, or removes it.
    pub(crate) fn set_ccache(
        &mut self,
        host: &str,
        user: &Principal,
        cache: Option<CredentialStore>,
    ) {
        let Some(host) = self.hosts.get_mut(host) else {
            return;
        };
        match cache {
            Some(cache) => host.caches.insert(user.clone(), cache),
            None => host.caches.remove(user),
        };
    }

    /// The hosts with their addresses, how far each clock is from the true time in microseconds, and whether
    /// the host is up.
    pub(crate) fn machines(&self) -> impl Iterator<Item = (IpAddr, i64, bool)> {
        self.hosts
            .values()
            .map(|host| (host.address, host.clock_offset, host.is_up))
    }

    /// The KDC processes with their addresses.
    pub fn kdcs_now(&self) -> impl Iterator<Item = (IpAddr, KdcNow)> {
        self.kdc_processes.iter().filter_map(|(host, process)| {
            let now = KdcNow {
                host: host.clone(),
                kdc: process.kdc.clone(),
                traffic: Arc::clone(&process.traffic),
                udp_reply_limit: self.udp_reply_limit(process),
            };
            Some((self.address_of(host)?, now))
        })
    }

    /// Whether any link has a fault.
    pub(crate) fn has_link_faults(&self) -> bool {
        !self.network.links.rules.is_empty()
    }

    /// Sends a packet through the links. `earlier` are the packets sent before.
    pub(crate) fn pass<'p>(
        &mut self,
        packet: Packet,
        earlier: impl DoubleEndedIterator<Item = &'p Packet> + Clone,
    ) -> Passage {
        self.network.links.pass(packet, earlier)
    }

    /// What every client at `client` meets at `server`: over TCP, and over UDP.
    pub(crate) fn gates(&self, client: IpAddr, server: IpAddr) -> (Gate, Gate) {
        let is_up = |address| self.host_at(address).is_some_and(|host| host.is_up);
        if !is_up(server) || !is_up(client) {
            return (Gate::Silent, Gate::Silent);
        }
        let gate = |sender: IpAddr, receiver: IpAddr, payload: Payload| {
            let packet = Packet {
                sent: self.now,
                source: SocketAddr::new(sender, 0),
                destination: SocketAddr::new(receiver, 0),
                sender,
                receiver,
                payload,
                fate: Fate::Delivered,
            };
            match self.network.links.effect_on_all(&packet) {
                Some(LinkEffect::Drop) => Gate::Silent,
                Some(LinkEffect::Refuse) => Gate::Closed,
                _ => Gate::Open,
            }
        };
        let tcp = match gate(client, server, Payload::Syn) {
            Gate::Open if gate(server, client, Payload::SynAck) == Gate::Silent => Gate::Silent,
            gate => gate,
        };
        (tcp, gate(client, server, Payload::Datagram(Vec::new())))
    }

    /// Sets the true time, which may also go back: it follows the clock of whoever looks.
    pub(crate) fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Takes what the hosts have logged.
    pub(crate) fn take_logs(&mut self) -> Vec<(String, String)> {
        self.hosts
            .iter_mut()
            .flat_map(|(name, host)| {
                let lines = std::mem::take(&mut host.log);
                lines.into_iter().map(|line| (name.clone(), line))
            })
            .collect()
    }

    /// Takes the packets sent so far.
    pub(crate) fn take_packets(&mut self) -> Vec<Packet> {
        std::mem::take(&mut self.network.transcript)
    }
}
