//! The services: what a host does with the AP-REQs that reach it.

use std::net::{IpAddr, SocketAddr};

use kdclab_client::gss::ContextToken;
use kdclab_client::{Acceptor, AcceptorName, Framing, ReplayCache, ReplayKey};
use kdclab_proto::messages::ApReq;
use kdclab_proto::{Key, Principal};

use super::host::Host;
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
        _ => PEER_PORT,
    }
}

/// Where whoever has logged in on a host takes sessions, and services without a port of their own.
const PEER_PORT: u16 = 4000;

impl World {
    /// Where `service` listens: on its first host, or on `at`.
    pub(super) fn service_socket(
        &self,
        service: &Principal,
        at: Option<&str>,
    ) -> Option<SocketAddr> {
        let service = self.services.get(service);
        let first = service.and_then(|service| service.hosts.first());
        let host = self.hosts.get(at.or_else(|| first.map(String::as_str))?)?;
        let port = match service {
            Some(service) => service.port,
            None => Some(PEER_PORT).filter(|_| host.has_peers())?,
        };
        Some(SocketAddr::new(host.address, port))
    }

    /// Whether a service of `host` listens on `port`.
    pub(super) fn listens(&self, host: &str, port: u16) -> bool {
        let has_peers = || self.hosts.get(host).is_some_and(Host::has_peers);
        (port == PEER_PORT && has_peers())
            || self.services.values().any(|service| {
                service.port == port && service.hosts.iter().any(|name| name == host)
            })
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
        let user_to_user_key = own_session_key(host, token);
        let acceptor = Acceptor {
            config: host.config.clone(),
            keytab: host.keytab.clone(),
            name: AcceptorName::Any,
            framing: Framing::Gss,
            identity: host.identity.clone(),
            user_to_user_key,
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

/// The session key of the ticket-granting ticket that a service of the host has, if the ticket in `token` is for
/// one that has logged in there. Active Directory's computers are called without their dollar sign.
fn own_session_key(host: &Host, token: &[u8]) -> Option<Key> {
    let message = ContextToken::decode(token).ok()?.message;
    let server = ApReq::decode(message).ok()?.ticket.server();
    let is_own = |owner: &&Principal| {
        let name = owner.name.to_string();
        owner.realm == server.realm
            && name.strip_suffix('$').unwrap_or(&name)
                == server.name.to_string().trim_end_matches('$')
    };
    let owner = host.caches.keys().find(is_own)?;
    let ticket = host.caches.get(owner)?.initial_ticket().ok()?;
    Some(ticket.session_key.clone())
}

pub(super) fn replay_key(name: ReplayCacheName) -> ReplayKey {
    match name {
        ReplayCacheName::Hash => ReplayKey::Hash,
        ReplayCacheName::None => ReplayKey::None,
        ReplayCacheName::Tuple => ReplayKey::Tuple,
    }
}
