//! What an acceptor remembers of the authenticators it accepted (RFC 4120 section 3.2.3).

use std::collections::BTreeSet;
use std::time::Duration;

use kdclab_proto::{KerberosTime, Principal, Timestamp};

use crate::Dialect;

/// What makes two AP-REQs the same to a replay cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplayKey {
    /// The checksum at the end of the authenticator's ciphertext: only the same bytes are a replay. MIT
    /// since 1.18; OpenJDK since 8 with the same effect.
    Hash,
    /// Nothing is ever a replay.
    None,
    /// Client, server, ctime and cusec: the rule of RFC 4120 and of older implementations, under which two
    /// hosts that share a principal collide when they send in the same microsecond.
    Tuple,
}

impl ReplayKey {
    /// What the dialect's acceptors use. Of Windows only the RFC's rule is documented.
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Java | Dialect::Mit => Self::Hash,
            Dialect::Java6 | Dialect::Windows => Self::Tuple,
        }
    }
}

/// What a replay cache looks at in an AP-REQ.
#[derive(Clone, Copy, Debug)]
pub struct PresentedAuthenticator<'a> {
    /// The client.
    pub client: &'a Principal,
    /// The server.
    pub server: &'a Principal,
    /// The authenticator's time.
    pub ctime: KerberosTime,
    /// The microseconds of `ctime`, as they travel.
    pub cusec: i32,
    /// The authenticator's ciphertext.
    pub cipher: &'a [u8],
}

/// A replay cache. It forgets an authenticator once its time, or the time it was presented, is older than the
/// clock skew allows, and refuses everything new while it is full (RFC 4120 section 3.2.3: a server that
/// cannot remember must reject).
#[derive(Clone, Debug)]
pub struct ReplayCache {
    key: ReplayKey,
    capacity: usize,
    seen: BTreeSet<Entry>,
    by_expiry: BTreeSet<(Timestamp, Entry)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Hash(Vec<u8>),
    Tuple {
        client: Principal,
        server: Principal,
        ctime: KerberosTime,
        cusec: i32,
    },
}

/// The longest checksum that ends a ciphertext, that of aes256-cts-hmac-sha384-192, in bytes.
const LONGEST_CHECKSUM: usize = 24;

impl ReplayCache {
    /// The number of authenticators a cache holds unless told otherwise.
    pub const DEFAULT_CAPACITY: usize = 1 << 16;

    /// An empty cache that compares by `key`.
    pub fn new(key: ReplayKey) -> Self {
        Self::with_capacity(key, Self::DEFAULT_CAPACITY)
    }

    /// An empty cache that holds at most `capacity` authenticators.
    pub fn with_capacity(key: ReplayKey, capacity: usize) -> Self {
        Self {
            key,
            capacity,
            seen: BTreeSet::new(),
            by_expiry: BTreeSet::new(),
        }
    }

    /// What makes two AP-REQs the same.
    pub fn key(&self) -> ReplayKey {
        self.key
    }

    /// The number of authenticators remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether no authenticator is remembered.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Remembers `presented` until `clockskew` after its time or after `now`, whichever is later.
    ///
    /// # Errors
    /// [`NotStored`] when it is remembered already or there is no room.
    pub fn store(
        &mut self,
        now: Timestamp,
        clockskew: Duration,
        presented: &PresentedAuthenticator<'_>,
    ) -> Result<(), NotStored> {
        let entry = match self.key {
            ReplayKey::None => return Ok(()),
            ReplayKey::Hash => {
                let start = presented.cipher.len().saturating_sub(LONGEST_CHECKSUM);
                Entry::Hash(presented.cipher.get(start..).unwrap_or_default().to_vec())
            }
            ReplayKey::Tuple => Entry::Tuple {
                client: presented.client.clone(),
                server: presented.server.clone(),
                ctime: presented.ctime,
                cusec: presented.cusec,
            },
        };
        self.expire(now);
        if self.seen.contains(&entry) {
            return Err(NotStored::Replay);
        }
        if self.seen.len() >= self.capacity {
            return Err(NotStored::Full {
                capacity: self.capacity,
            });
        }
        // The fraction of ctime is not trusted, so the whole second counts.
        let ctime = presented.ctime.saturating_add(1).timestamp();
        let expiry = now.max(ctime) + clockskew;
        self.by_expiry.insert((expiry, entry.clone()));
        self.seen.insert(entry);
        Ok(())
    }

    fn expire(&mut self, now: Timestamp) {
        while self
            .by_expiry
            .first()
            .is_some_and(|(expiry, _)| *expiry < now)
        {
            if let Some((_, entry)) = self.by_expiry.pop_first() {
                self.seen.remove(&entry);
            }
        }
    }
}

/// Why a replay cache does not take an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// There is no room for another authenticator.
    Full {
        /// The number of authenticators the cache holds.
        capacity: usize,
    },
    /// It was presented before.
    Replay,
}
