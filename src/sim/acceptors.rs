//! The services: what a host does with the AP-REQs that reach it.

use std::net::{IpAddr, SocketAddr};

use kdclab_client::{Acceptor, AcceptorName, Framing, ReplayCache, ReplayKey};
use kdclab_proto::Principal;

use super::network::{Packet, Payload};
use super::outcome::cause_name;
use super::world::World;
use crate::dialect;
use crate::script::model::ReplayCacheName;

/// A service principal and the hosts that run it.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) hosts: Vec<String>,
    pub(super) port: u16,
}

/// The port of a service, by its class.
pub(super) fn port_of(service: &Principal) -> u16 {
    let class = service
        .name
        .components
        .first()
        .map(|class| class.to_str_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    match class.as_str() {
        "http" => 80,
        "ldap" => 389,
        "cifs" => 445,
        "imap" => 143,
        "nfs" => 2049,
        "hdfs" | "dn" => 8020,
        "host" => 22,
        _ => 4000,
    }
}

impl World {
    /// Where `service` listens: on its first host, or on `at`.
    pub(super) fn service_socket(
        &self,
        service: &Principal,
        at: Option<&str>,
    ) -> Option<SocketAddr> {
        let service = self.services.get(service)?;
        let host = at.or_else(|| service.hosts.first().map(String::as_str))?;
        let address = self.hosts.get(host)?.address;
        Some(SocketAddr::new(address, service.port))
    }

    /// Whether a service of `host` listens on `port`.
    pub(super) fn listens(&self, host: &str, port: u16) -> bool {
        self.services
            .values()
            .any(|service| service.port == port && service.hosts.iter().any(|name| name == host))
    }

    /// Lets the acceptor on `host` answer the token in `packet`.
    pub(super) fn service_request(&mut self, host: &str, packet: &Packet) {
        let Payload::Segment(segment) = &packet.payload else {
            return;
        };
        let Some((_, token)) = segment.split_at_checked(4) else {
            return;
        };
        let answer = match self.service_reply(host, packet.source.ip(), token) {
            Some(token) => Payload::Segment(super::framed(&token)),
            None => Payload::Reset,
        };
        self.network.answer(self.now, packet, answer);
    }

    /// What the acceptor on `host` answers to a token from `peer`; `None` where it says nothing and ends the
    /// connection.
    pub(crate) fn service_reply(
        &mut self,
        host: &str,
        peer: IpAddr,
        token: &[u8],
    ) -> Option<Vec<u8>> {
        let now = self.now;
        let host = self.hosts.get_mut(host)?;
        let clock = host.clock(now);
        let acceptor = Acceptor {
            config: host.config.clone(),
            keytab: host.keytab.clone(),
            name: AcceptorName::Any,
            framing: Framing::Gss,
            identity: None,
            user_to_user_key: None,
            channel_bindings: None,
            ap_rep_added_seconds: host.ap_rep_added_seconds,
            replay_cache: ReplayCache::new(replay_key(host.replay_cache)),
        };
        let cache = self
            .replay_caches
            .entry((host.replay_cache_of.clone(), replay_key(host.replay_cache)))
            .or_insert_with(|| ReplayCache::new(replay_key(host.replay_cache)));
        let accepted = acceptor.accept_sharing(cache, clock, &mut host.rng, Some(peer), token);
        let (reply, cause) = match accepted {
            Ok(accepted) => {
                host.log
                    .push(format!("accepted {}", accepted.context.client));
                // Whoever asked for no proof still learns that the session is up.
                (Some(accepted.reply.unwrap_or_default()), None)
            }
            Err(refused) => {
                host.log
                    .push(dialect::acceptor_log(host.dialect, &refused.error));
                (refused.reply.clone(), Some(cause_name(&refused.error)))
            }
        };
        let host = host.name.clone();
        if let Some(cause) = cause {
            self.note_cause(&host, cause);
        }
        reply
    }
}

pub(super) fn replay_key(name: ReplayCacheName) -> ReplayKey {
    match name {
        ReplayCacheName::Hash => ReplayKey::Hash,
        ReplayCacheName::None => ReplayKey::None,
        ReplayCacheName::Tuple => ReplayKey::Tuple,
    }
}
