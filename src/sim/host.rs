//! One machine.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use kdclab_client::{ClientConfig, Credential, CredentialStore};
use kdclab_proto::{Keytab, Principal, Realm, Timestamp};

use super::daemons::Files;
use super::kdcs::KPASSWD_PORT;
use super::random::HostRng;
use super::web::WebApplication;
use super::windows::Windows;
use crate::dialect::Abi;
use crate::script::daemons::TaskController;
use crate::script::model::{DialectName, ReplayCacheName};

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
    /// Whose words its programs use.
    pub(super) dialect: DialectName,
    /// Whose numbers its errnos have.
    pub(super) abi: Abi,
    pub(super) config: ClientConfig,
    /// The hosts it takes for the KDCs of a realm, where its krb5.conf says so.
    pub(super) kdcs: BTreeMap<Realm, Vec<String>>,
    /// The hosts whose names it cannot resolve when it looks for a KDC.
    pub(super) unresolved_kdcs: BTreeSet<String>,
    /// Where it takes the password service to listen.
    pub(super) kpasswd_port: u16,
    /// The credential cache of each user.
    pub(super) caches: BTreeMap<Principal, CredentialStore>,
    /// Whether its programs can read a credential cache with configuration entries, which MIT writes since
    /// 1.8.1. Java cannot before JDK 6 update 27.
    pub(super) reads_ccache_config: bool,
    /// The client that its programs name in their authenticators in place of the ticket's.
    pub(super) authenticator_client: Option<Principal>,
    /// The users whose credential caches another program has locked.
    pub(super) locked_caches: BTreeSet<Principal>,
    /// The principal its programs use, with the keys they use for it.
    pub(super) run_as: Option<Principal>,
    pub(super) client_keytab: Keytab,
    /// The password they use for it in place of a keytab.
    pub(super) run_as_password: Option<String>,
    /// The keys of its services.
    pub(super) keytab: Keytab,
    /// What its acceptor compares to find replays.
    pub(super) replay_cache: ReplayCacheName,
    /// How many seconds its acceptor adds to the time that it returns.
    pub(super) ap_rep_added_seconds: u32,
    /// The host whose replay cache its acceptor uses.
    pub(super) replay_cache_of: String,
    /// What signs the refusals of its acceptor, where it is a computer of a domain.
    pub(super) identity: Option<Principal>,
    /// The name of its computer account, without the dollar sign.
    pub(super) computer_name: Option<String>,
    /// Its full name, where it is not made of the computer's name and the domain's.
    pub(super) dns_name: Option<String>,
    pub(super) windows: Windows,
    pub(super) web: Vec<WebApplication>,
    /// The id of its client of Configuration Manager.
    pub(super) smsid: Option<String>,
    pub(super) files: Files,
    /// As whom it runs the tasks of jobs.
    pub(super) task_controller: TaskController,
    pub(super) log: Vec<String>,
    ports_used: u16,
}

impl Host {
    pub(super) fn new(
        name: &str,
        address: IpAddr,
        dialect: DialectName,
        config: ClientConfig,
        rng: HostRng,
    ) -> Self {
        Self {
            name: name.to_owned(),
            address,
            clock_offset: 0,
            is_up: true,
            rng,
            dialect,
            abi: Abi::default(),
            config,
            kdcs: BTreeMap::new(),
            unresolved_kdcs: BTreeSet::new(),
            kpasswd_port: KPASSWD_PORT,
            caches: BTreeMap::new(),
            reads_ccache_config: dialect != DialectName::Java6,
            authenticator_client: None,
            locked_caches: BTreeSet::new(),
            run_as: None,
            client_keytab: Keytab::default(),
            run_as_password: None,
            keytab: Keytab::default(),
            replay_cache: ReplayCacheName::Hash,
            ap_rep_added_seconds: 0,
            replay_cache_of: name.to_owned(),
            identity: None,
            computer_name: None,
            dns_name: None,
            windows: Windows::default(),
            web: Vec::new(),
            smsid: None,
            files: Files::default(),
            task_controller: TaskController::default(),
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

    /// The credential as its programs use it: with the client that they name in their authenticators.
    pub(super) fn with_authenticator_client<'c>(
        &self,
        credential: &'c Credential,
    ) -> Cow<'c, Credential> {
        match &self.authenticator_client {
            Some(client) => Cow::Owned(Credential {
                client: client.clone(),
                ..credential.clone()
            }),
            None => Cow::Borrowed(credential),
        }
    }

    /// Whether anybody has logged in here who can be reached with a user-to-user ticket.
    pub(super) fn has_peers(&self) -> bool {
        let has_ticket = |cache: &CredentialStore| cache.initial_ticket().is_ok();
        self.caches.values().any(has_ticket)
    }

    /// Empties a user's cache; whether there was anything in it.
    pub(super) fn purge_cache(&mut self, user: &Principal) -> bool {
        self.caches
            .remove(user)
            .is_some_and(|cache| !cache.is_empty())
    }
}
