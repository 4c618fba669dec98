//! The KDCs and the databases behind them.

use std::sync::Arc;

use kdclab_kdc::{Database, Kdc, Kpasswd, Protocol, Traffic, Transport};
use kdclab_proto::{Principal, Realm};

use super::network::{Packet, Payload};
use super::outcome::{VerbError, cause_name};
use super::world::World;

/// The port of a KDC.
pub(crate) const KDC_PORT: u16 = 88;

/// The port of the password service, on the host of the KDC.
pub(crate) const KPASSWD_PORT: u16 = 464;

/// One KDC process of the simulation. A clone remembers what it was asked on its own.
pub(super) struct KdcProcess {
    pub(super) realms: Vec<Realm>,
    pub(super) kdc: Kdc,
    pub(super) traffic: Arc<Traffic>,
}

impl Clone for KdcProcess {
    fn clone(&self) -> Self {
        Self {
            realms: self.realms.clone(),
            kdc: self.kdc.clone(),
            traffic: Arc::new(Traffic::clone(&self.traffic)),
        }
    }
}

impl World {
    /// The longest reply over UDP of the realms that a KDC serves, in bytes.
    pub(super) fn udp_reply_limit(&self, process: &KdcProcess) -> Option<usize> {
        process
            .realms
            .iter()
            .find_map(|realm| self.udp_reply_limits.get(realm))
            .copied()
    }

    pub(super) fn database(&self, realm: &Realm) -> Result<&Database, VerbError> {
        self.databases.get(realm).ok_or_else(|| VerbError::Unknown {
            what: "realm",
            name: realm.to_string(),
        })
    }

    /// Puts a changed database in place of the old one, at every KDC that serves it.
    pub(super) fn change_database(
        &mut self,
        realm: &Realm,
        change: impl FnOnce(&Database) -> Result<Database, kdclab_kdc::DatabaseError>,
    ) -> Result<bool, VerbError> {
        let database = change(self.database(realm)?).map_err(VerbError::Database)?;
        self.databases.insert(realm.clone(), database);
        for process in self.kdc_processes.values_mut() {
            if process.realms.contains(realm) {
                process.kdc = Kdc::new(
                    process
                        .realms
                        .iter()
                        .filter_map(|realm| self.databases.get(realm))
                        .cloned(),
                );
            }
        }
        Ok(true)
    }

    /// Clears the failed attempts of a principal at every KDC of its realm.
    pub(super) fn unlock(&mut self, principal: &Principal) -> bool {
        let Some(entry) = self
            .databases
            .get(&principal.realm)
            .and_then(|database| database.lookup(principal))
        else {
            return false;
        };
        let mut changed = false;
        for process in self.kdc_processes.values() {
            let history = process.traffic.logons(&principal.realm, entry.id());
            if history.failures > 0 {
                process
                    .traffic
                    .set_logons(&principal.realm, entry.id(), Default::default());
                changed = true;
            }
        }
        changed
    }

    /// Lets the password service beside the KDC on `host` answer the request in `packet`.
    pub(super) fn kpasswd_request(&mut self, host: &str, packet: &Packet) {
        let Some((protocol, request)) = request_in(packet) else {
            return;
        };
        let transport = Transport {
            protocol,
            peer: packet.source,
            reply_limit: None,
        };
        let reply = self.kpasswd_reply(host, &transport, request);
        self.answer_request(packet, protocol, reply);
    }

    /// What the password service beside the KDC on `host` answers. A new password is in place at every KDC
    /// of the realm when this returns.
    pub(crate) fn kpasswd_reply(
        &mut self,
        host: &str,
        transport: &Transport,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        let now = self.now;
        let (Some(process), Some(this)) = (self.kdc_processes.get(host), self.hosts.get_mut(host))
        else {
            return None;
        };
        let service = Kpasswd {
            kdc: &process.kdc,
            traffic: &process.traffic,
            keys: &self.key_cache,
            address: this.address,
        };
        let clock = this.clock(now);
        let answer = service.handle(clock, &mut this.rng, transport, request);
        this.log.extend(answer.outcome.log_lines());
        if let Some(error) = answer.outcome.error() {
            self.note_cause(host, cause_name(error));
        }
        if let Some(database) = answer.changed {
            let realm = database.realm().clone();
            // The realm is one that the process serves.
            let _ = self.change_database(&realm, |_| Ok(database));
        }
        answer.bytes
    }

    /// Lets the KDC on `host` answer the request in `packet`.
    pub(super) fn kdc_request(&mut self, host: &str, packet: &Packet) {
        let Some((protocol, request)) = request_in(packet) else {
            return;
        };
        let now = self.now;
        let reply_limit = self
            .kdc_processes
            .get(host)
            .and_then(|process| self.udp_reply_limit(process));
        let (Some(process), Some(host)) = (self.kdc_processes.get(host), self.hosts.get_mut(host))
        else {
            return;
        };
        let transport = Transport {
            protocol,
            peer: packet.source,
            reply_limit,
        };
        let clock = host.clock(now);
        let reply = process
            .kdc
            .handle(&process.traffic, clock, &mut host.rng, &transport, request);
        host.log.extend(reply.outcome.log_lines());
        let cause = reply
            .outcome
            .exchange()
            .and_then(|exchange| {
                exchange
                    .withheld
                    .as_ref()
                    .or_else(|| exchange.result.as_ref().err())
            })
            .map(cause_name);
        let host = host.name.clone();
        if let Some(cause) = cause {
            self.note_cause(&host, cause);
        }
        self.answer_request(packet, protocol, reply.bytes);
    }

    fn answer_request(&mut self, packet: &Packet, protocol: Protocol, reply: Option<Vec<u8>>) {
        let payload = match (protocol, reply) {
            (Protocol::Udp, Some(bytes)) => Payload::Datagram(bytes),
            (Protocol::Udp, None) => return,
            (Protocol::Tcp, Some(bytes)) => Payload::Segment(super::framed(&bytes)),
            // krb5kdc ends a connection whose request it drops.
            (Protocol::Tcp, None) => Payload::Reset,
        };
        self.network.answer(self.now, packet, payload);
    }
}

/// The request inside a packet, bare or behind a TCP length.
pub(crate) fn request_in(packet: &Packet) -> Option<(Protocol, &[u8])> {
    match &packet.payload {
        Payload::Datagram(bytes) => Some((Protocol::Udp, bytes)),
        Payload::Segment(bytes) => Some((Protocol::Tcp, bytes.get(4..)?)),
        _ => None,
    }
}
