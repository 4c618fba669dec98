//! What requests change at a KDC, as opposed to what administrators change.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kdclab_proto::{KerberosTime, Realm, Timestamp};

use crate::entry::{LockoutPolicy, PrincipalId};

const SHARDS: usize = 16;
/// How long MIT resends a reply to a repeated request (`STALE_TIME`).
const LOOKASIDE_SECONDS: u64 = 120;
/// How many bytes of requests and replies MIT remembers, over all shards (`LOOKASIDE_MAX_SIZE`).
const LOOKASIDE_BYTES: usize = 10 * 1024 * 1024;

/// How many authenticators the password service remembers.
const MAX_AUTHENTICATORS: usize = 1024;

/// How a client's logons went at one KDC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogonHistory {
    /// Failures since the last success, counted as the lockout policy says.
    pub failures: u32,
    /// When pre-authentication last failed.
    pub last_failure: Option<KerberosTime>,
    /// When pre-authentication last succeeded.
    pub last_success: Option<KerberosTime>,
}

/// Until when an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockedUntil {
    /// Until this moment.
    Time(KerberosTime),
    /// Until an administrator unlocks it.
    Unlocked,
}

impl LogonHistory {
    /// Until when the account is locked at `now`; `None` when it is not.
    pub fn locked_until(
        &self,
        policy: &LockoutPolicy,
        unlocked_at: Option<KerberosTime>,
        now: KerberosTime,
    ) -> Option<LockedUntil> {
        let last_failure = self.last_failure?;
        if unlocked_at.is_some_and(|unlocked_at| unlocked_at >= last_failure) {
            return None;
        }
        if policy.max_failures == 0 || self.failures < policy.max_failures {
            return None;
        }
        if policy.lockout_duration.is_zero() {
            return Some(LockedUntil::Unlocked);
        }
        let until = last_failure.saturating_add(seconds(policy.lockout_duration));
        (until > now).then_some(LockedUntil::Time(until))
    }

    fn count_failure(
        &mut self,
        policy: &LockoutPolicy,
        unlocked_at: Option<KerberosTime>,
        now: KerberosTime,
    ) {
        if self.locked_until(policy, unlocked_at, now).is_some() {
            return;
        }
        let forgotten = self.last_failure.is_some_and(|last_failure| {
            unlocked_at.is_some_and(|unlocked_at| unlocked_at >= last_failure)
                || (!policy.failure_count_interval.is_zero()
                    && now > last_failure.saturating_add(seconds(policy.failure_count_interval)))
        });
        if forgotten {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last_failure = Some(now);
    }
}

/// What requests change at one KDC process: how logons went, and the replies lately sent. Shared by the
/// threads that serve requests, without one lock around everything; a clone is an independent copy.
///
/// Two KDCs of one realm have one each: an account locked at one of them is open at the other.
pub struct Traffic {
    logons: [Mutex<BTreeMap<(Realm, PrincipalId), LogonHistory>>; SHARDS],
    lookaside: [Mutex<Lookaside>; SHARDS],
    /// The authenticators that the password service accepted, oldest first.
    authenticators: Mutex<VecDeque<(Arc<[u8]>, Timestamp)>>,
}

impl Traffic {
    /// No request was seen yet.
    pub fn new() -> Self {
        Self {
            logons: std::array::from_fn(|_| Mutex::default()),
            lookaside: std::array::from_fn(|_| Mutex::default()),
            authenticators: Mutex::default(),
        }
    }

    /// Whether the password service accepted the sealed authenticator before, within `limit`. It is
    /// remembered otherwise.
    pub(crate) fn is_replay(
        &self,
        authenticator: &[u8],
        now: Timestamp,
        limit: std::time::Duration,
    ) -> bool {
        let mut known = lock(&self.authenticators);
        // A client's clock may be as far ahead as it may be behind.
        let limit = limit.saturating_mul(2);
        let fresh = |(_, since): &(Arc<[u8]>, Timestamp)| since.within(now, limit);
        while known.front().is_some_and(|old| !fresh(old)) {
            known.pop_front();
        }
        if known.iter().any(|(old, _)| **old == *authenticator) {
            return true;
        }
        if known.len() >= MAX_AUTHENTICATORS {
            known.pop_front();
        }
        known.push_back((authenticator.into(), now));
        false
    }

    /// How the logons of a principal of `realm` went.
    pub fn logons(&self, realm: &Realm, id: PrincipalId) -> LogonHistory {
        let key = (realm.clone(), id);
        self.shard(id).get(&key).copied().unwrap_or_default()
    }

    /// Replaces what is known of the logons of a principal of `realm`.
    pub fn set_logons(&self, realm: &Realm, id: PrincipalId, history: LogonHistory) {
        self.shard(id).insert((realm.clone(), id), history);
    }

    /// Moves every time in it by so many seconds, and forgets the replies and authenticators of late.
    pub fn shift(&self, seconds: i64) {
        for shard in &self.logons {
            for history in lock(shard).values_mut() {
                for time in [&mut history.last_failure, &mut history.last_success]
                    .into_iter()
                    .flatten()
                {
                    *time = time.saturating_add(seconds);
                }
            }
        }
        self.forget_replies();
        lock(&self.authenticators).clear();
    }

    /// Forgets the replies lately sent, as a KDC does that restarts. The history of logons stays: it is
    /// in the database file.
    pub fn forget_replies(&self) {
        for shard in &self.lookaside {
            *lock(shard) = Lookaside::default();
        }
    }

    pub(crate) fn count_failure(
        &self,
        realm: &Realm,
        id: PrincipalId,
        policy: &LockoutPolicy,
        unlocked_at: Option<KerberosTime>,
        now: KerberosTime,
    ) {
        self.shard(id)
            .entry((realm.clone(), id))
            .or_default()
            .count_failure(policy, unlocked_at, now);
    }

    pub(crate) fn record_success(&self, realm: &Realm, id: PrincipalId, now: KerberosTime) {
        let mut shard = self.shard(id);
        let history = shard.entry((realm.clone(), id)).or_default();
        history.failures = 0;
        history.last_success = Some(now);
    }

    pub(crate) fn reply_to(&self, request: &[u8], now: Timestamp) -> Option<Arc<[u8]>> {
        lock(&self.lookaside[shard_of(request)]).find(request, now)
    }

    pub(crate) fn remember_reply(&self, request: &[u8], reply: &[u8], now: Timestamp) {
        lock(&self.lookaside[shard_of(request)]).insert(request, reply, now);
    }

    fn shard(
        &self,
        id: PrincipalId,
    ) -> MutexGuard<'_, BTreeMap<(Realm, PrincipalId), LogonHistory>> {
        lock(&self.logons[(id.0 % SHARDS as u64) as usize])
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Traffic {
    fn clone(&self) -> Self {
        Self {
            logons: std::array::from_fn(|shard| Mutex::new(lock(&self.logons[shard]).clone())),
            lookaside: std::array::from_fn(|shard| {
                Mutex::new(lock(&self.lookaside[shard]).clone())
            }),
            authenticators: Mutex::new(lock(&self.authenticators).clone()),
        }
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traffic(..)")
    }
}

/// A reply and when it was sent.
type Sent = (Arc<[u8]>, Timestamp);

#[derive(Clone, Default)]
struct Lookaside {
    replies: BTreeMap<Arc<[u8]>, Sent>,
    oldest_first: VecDeque<(Arc<[u8]>, Timestamp)>,
    bytes: usize,
}

impl Lookaside {
    fn find(&self, request: &[u8], now: Timestamp) -> Option<Arc<[u8]>> {
        let (reply, sent) = self.replies.get(request)?;
        is_fresh(*sent, now).then(|| Arc::clone(reply))
    }

    fn insert(&mut self, request: &[u8], reply: &[u8], now: Timestamp) {
        while let Some((oldest, sent)) = self.oldest_first.front() {
            let full = self.bytes + request.len() + reply.len() > LOOKASIDE_BYTES / SHARDS;
            if is_fresh(*sent, now) && !full {
                break;
            }
            if let Some((reply, known_since)) = self.replies.get(oldest)
                && known_since == sent
            {
                self.bytes -= oldest.len() + reply.len();
                self.replies.remove(&oldest.clone());
            }
            self.oldest_first.pop_front();
        }
        if request.len() + reply.len() > LOOKASIDE_BYTES / SHARDS {
            return;
        }
        let request: Arc<[u8]> = request.into();
        self.bytes += request.len() + reply.len();
        self.oldest_first.push_back((Arc::clone(&request), now));
        let previous = self
            .replies
            .insert(Arc::clone(&request), (reply.into(), now));
        if let Some((previous, _)) = previous {
            self.bytes -= request.len() + previous.len();
        }
    }
}

fn is_fresh(sent: Timestamp, now: Timestamp) -> bool {
    sent.within(now, std::time::Duration::from_secs(LOOKASIDE_SECONDS))
}

/// FNV-1a: where a request's reply is kept must not depend on anything but the request.
fn shard_of(request: &[u8]) -> usize {
    let hash = request
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash >> 32) as usize % SHARDS
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LIMIT: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        KerberosTime::from_unix(1_767_225_600 + seconds).timestamp()
    }

    #[test]
    fn an_authenticator_is_a_replay_the_second_time() {
        let traffic = Traffic::new();
        assert!(!traffic.is_replay(b"one", at(0), LIMIT));
        assert!(!traffic.is_replay(b"two", at(0), LIMIT));
        assert!(traffic.is_replay(b"one", at(0), LIMIT));
    }

    #[test]
    fn the_oldest_of_a_full_memory_is_still_a_replay() {
        let traffic = Traffic::new();
        for number in 0..MAX_AUTHENTICATORS {
            assert!(!traffic.is_replay(&number.to_be_bytes(), at(0), LIMIT));
        }
        assert!(traffic.is_replay(&0_usize.to_be_bytes(), at(0), LIMIT));
    }

    #[test]
    fn an_authenticator_is_forgotten_when_no_clock_makes_it_fresh() {
        let traffic = Traffic::new();
        assert!(!traffic.is_replay(b"one", at(0), LIMIT));
        assert!(traffic.is_replay(b"one", at(600), LIMIT));
        assert!(!traffic.is_replay(b"one", at(602), LIMIT));
    }

    #[test]
    fn the_longest_limit_does_not_overflow() {
        let traffic = Traffic::new();
        assert!(!traffic.is_replay(b"one", at(0), Duration::MAX));
        assert!(traffic.is_replay(b"one", at(0), Duration::MAX));
    }
}
