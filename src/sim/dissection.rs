//! What the messages on the wire say: in clear to everybody, and sealed to those who hold a key.
//!
//! Nobody's word is taken for it. Everyone tries the keys they have on the ciphertexts that travelled:
//! a user the key of the password and the session keys of the caches, a host the keys of its keytabs, a
//! KDC those of its database. What opens yields further keys, as it does for the real holder, who must have
//! sent or received it, if that is a host. A user is taken to see everything.

mod parts;

pub(crate) use parts::PART_NAMES;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kdclab_proto::{Key, Keytab, Principal};

use self::parts::Part;
use super::http;
use super::label;
use super::network::Payload;
use super::windows::Message;
use super::world::World;

const INDENT: &str = "                ";

/// Someone who holds keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A host with its keytabs, and its database if it is a KDC.
    Host(String),
    /// A user with a password and credential caches.
    User(Principal),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => f.write_str(host),
            Self::User(user) => user.fmt(f),
        }
    }
}

/// A part of a message that is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPart {
    /// The message and the part, `AS-REP enc-part`.
    pub name: String,
    /// What it says, keys left out; `None` if nobody can open it.
    pub content: Option<String>,
    /// Who can open it.
    pub opened_by: BTreeSet<Holder>,
    /// Who cannot.
    pub closed_to: BTreeSet<Holder>,
}

/// A message, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dissection {
    /// What everybody on the way can read; empty for a packet without a Kerberos message.
    pub clear: String,
    /// What only some can read.
    pub sealed: Vec<SealedPart>,
}

/// The keys of one holder.
#[derive(Default)]
struct KeyRing(Vec<Key>);

impl KeyRing {
    fn add(&mut self, key: Key) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    fn add_keytab(&mut self, keytab: &Keytab) {
        for entry in &keytab.entries {
            if let Ok(key) = entry.key() {
                self.add(key);
            }
        }
    }

    fn open(&self, part: &Part) -> Option<Vec<u8>> {
        self.0
            .iter()
            .filter(|key| key.enctype() == part.data.etype)
            .find_map(|key| {
                part.usages
                    .iter()
                    .find_map(|usage| key.decrypt(*usage, &part.data.cipher).ok())
            })
    }
}

impl World {
    /// Every packet since number `start`, taken apart. Keys that were replaced before now open nothing,
    /// except session keys that are still in a cache.
    pub fn dissections(&self, start: usize) -> Vec<Dissection> {
        let mut rings = self.key_rings();
        let mut dissections = Vec::new();
        for (index, packet) in self.packets().iter().enumerate() {
            let Some((clear, parts)) = taken_apart(&packet.payload) else {
                if index >= start {
                    dissections.push(Dissection::default());
                }
                continue;
            };
            let ends = [packet.sender, packet.receiver]
                .map(|address| self.host_at(address).map(|host| host.name.as_str()));
            let sees = |holder: &Holder| match holder {
                Holder::Host(host) => ends.contains(&Some(host.as_str())),
                Holder::User(_) => true,
            };
            let sealed = parts
                .iter()
                .map(|part| open(part, &mut rings, sees))
                .collect();
            if index >= start {
                dissections.push(Dissection { clear, sealed });
            }
        }
        dissections
    }

    /// The packets sent since packet number `start` as [`World::timeline`] has them, each with what it says
    /// and who can decrypt the rest on the lines below.
    pub fn dissected_timeline(&self, start: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (packet, dissection) in self
            .timeline(start)
            .into_iter()
            .zip(self.dissections(start))
        {
            lines.push(packet);
            if !dissection.clear.is_empty() {
                lines.push(format!("{INDENT}in clear: {}", dissection.clear));
            }
            for part in &dissection.sealed {
                let content = part.content.as_deref().unwrap_or("nobody here can open it");
                lines.push(format!("{INDENT}{}: {content}", part.name));
                lines.push(format!(
                    "{INDENT}  decrypted by {}; not by {}",
                    names(&part.opened_by),
                    names(&part.closed_to)
                ));
            }
        }
        lines
    }

    fn key_rings(&self) -> BTreeMap<Holder, KeyRing> {
        let mut rings: BTreeMap<Holder, KeyRing> = BTreeMap::new();
        for (name, host) in &self.hosts {
            let ring = rings.entry(Holder::Host(name.clone())).or_default();
            ring.add_keytab(&host.keytab);
            ring.add_keytab(&host.client_keytab);
            let databases = self
                .kdc_processes
                .get(name)
                .into_iter()
                .flat_map(|process| &process.realms)
                .filter_map(|realm| self.databases.get(realm));
            for entry in databases.flat_map(|database| database.entries()) {
                for key in entry.key_sets().iter().flat_map(|set| &set.keys) {
                    ring.add(key.key.clone());
                }
            }
            for (user, cache) in &host.caches {
                let ring = rings.entry(Holder::User(user.clone())).or_default();
                for credential in cache.credentials() {
                    ring.add(credential.session_key.clone());
                }
            }
        }
        for (user, password) in &self.passwords {
            let ring = rings.entry(Holder::User(user.clone())).or_default();
            let keys = self.entry(&user.realm, user).and_then(|entry| {
                let enctypes: Vec<_> = entry
                    .key_sets()
                    .iter()
                    .flat_map(|set| set.keys.iter().map(|key| key.key.enctype()))
                    .collect();
                self.password_keys(entry, &user.realm, password, &enctypes)
            });
            for key in keys.into_iter().flatten() {
                ring.add(key.key);
            }
        }
        rings
    }
}

/// What a packet says in clear, and its encrypted parts; `None` for one of the transport alone.
fn taken_apart(payload: &Payload) -> Option<(String, Vec<Part>)> {
    let Some(described) = http::describe(payload.bytes()) else {
        let message = label::message(payload)?;
        return Some(match Message::decode(message) {
            Some(message) => (message.clear(), Vec::new()),
            None => parts::of_message(message),
        });
    };
    let Some(message) = &described.kerberos else {
        return Some((described.clear, Vec::new()));
    };
    let (inner, parts) = parts::of_message(message);
    let name = label::kerberos_name(message).unwrap_or("a token");
    let clear = format!("{} with {name} {inner}", described.clear);
    Some((clear.trim_end().to_owned(), parts))
}

/// The holders' names, `nobody` if there are none.
pub(crate) fn names(holders: &BTreeSet<Holder>) -> String {
    if holders.is_empty() {
        return "nobody".to_owned();
    }
    let names: Vec<String> = holders.iter().map(Holder::to_string).collect();
    names.join(", ")
}

/// Everyone tries their keys; whoever sees the packet keeps what it holds.
fn open(
    part: &Part,
    rings: &mut BTreeMap<Holder, KeyRing>,
    sees: impl Fn(&Holder) -> bool,
) -> SealedPart {
    let mut sealed = SealedPart {
        name: part.name.to_owned(),
        content: None,
        opened_by: BTreeSet::new(),
        closed_to: BTreeSet::new(),
    };
    for (holder, ring) in rings {
        match ring.open(part) {
            Some(plain) => {
                sealed.opened_by.insert(holder.clone());
                let (content, key) = part.kind.read(&plain);
                sealed.content = Some(content);
                if let Some(key) = key.filter(|_| sees(holder)) {
                    ring.add(key);
                }
            }
            None => {
                sealed.closed_to.insert(holder.clone());
            }
        }
    }
    sealed
}
