//! One machine.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use kdclab_client::{ClientConfig, CredentialStore};
use kdclab_proto::{Keytab, Principal, Realm, Timestamp};

use super::random::HostRng;
use crate::script::model::ReplayCacheName;

/// The first port of a client, as on Linux.
const FIRST_CLIENT_PORT: u16 = 32_768;

/// A machine: its clock, its files and its randomness.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) address: IpAddr,
    /// How far its clock is from the true time, in microseconds.
    pub(super) clock_offset: i64,
    pub(super) is_up: bool,
    pub(super) rng: HostRng,
    pub(super) config: ClientConfig,
    /// The hosts it takes for the KDCs of a realm, where its krb5.conf says so.
    pub(super) kdcs: BTreeMap<Realm, Vec<String>>,
    /// The hosts whose names it cannot resolve when it looks for a KDC.
    pub(super) unresolved_kdcs: BTreeSet<String>,
    /// The credential cache of each user.
    pub(super) caches: BTreeMap<Principal, CredentialStore>,
    /// The principal its programs use, with the keys they use for it.
    pub(super) run_as: Option<Principal>,
    pub(super) client_keytab: Keytab,
    /// The password they use for it in place of a keytab.
    pub(super) run_as_password: Option<String>,
    /// The keys of its services.
    pub(super) keytab: Keytab,
    /// What its acceptor compares to find replays.
    pub(super) replay_cache: ReplayCacheName,
    /// The host whose replay cache its acceptor uses.
    pub(super) replay_cache_of: String,
    pub(super) log: Vec<String>,
    ports_used: u16,
}

impl Host {
    pub(super) fn new(name: &str, address: IpAddr, config: ClientConfig, rng: HostRng) -> Self {
        Self {
            name: name.to_owned(),
            address,
            clock_offset: 0,
            is_up: true,
            rng,
            config,
            kdcs: BTreeMap::new(),
            unresolved_kdcs: BTreeSet::new(),
            caches: BTreeMap::new(),
            run_as: None,
            client_keytab: Keytab::default(),
            run_as_password: None,
            keytab: Keytab::default(),
            replay_cache: ReplayCacheName::Hash,
            replay_cache_of: name.to_owned(),
            log: Vec::new(),
            ports_used: 0,
        }
    }

    /// What its clock shows at the true time `now`.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        now.offset_by(self.clock_offset)
    }

    /// The true time at which its clock shows `local`.
    pub(super) fn true_time(&self, local: Timestamp) -> Timestamp {
        local.offset_by(self.clock_offset.saturating_neg())
    }

    /// An address for a new socket of a client.
    pub(super) fn client_socket(&mut self) -> SocketAddr {
        let port = FIRST_CLIENT_PORT + self.ports_used % (u16::MAX - FIRST_CLIENT_PORT);
        self.ports_used = self.ports_used.wrapping_add(1);
        SocketAddr::new(self.address, port)
    }

    /// Empties a user's cache; whether there was anything in it.
    pub(super) fn purge_cache(&mut self, user: &Principal) -> bool {
        self.caches
            .remove(user)
            .is_some_and(|cache| !cache.is_empty())
    }
}
