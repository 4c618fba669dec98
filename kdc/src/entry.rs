//! One principal of a database.

use std::time::Duration;

use kdclab_proto::crypto::{InvalidKey, Salt, StringToKeyError};
use kdclab_proto::{Enctype, KerberosTime, Key, KeyCache, Principal};
use rand::CryptoRng;

use crate::{Account, Attributes, RealmPolicy};

/// What identifies an entry for as long as it exists, whatever is changed about it. Unique in its
/// database; [`Database::insert`](crate::Database::insert) hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId(pub(crate) u64);

/// A long-term key and what a client needs to derive it from a password.
#[derive(Clone, Debug)]
pub struct LongTermKey {
    /// The key.
    pub key: Key,
    /// The salt; `None` for a random key.
    pub salt: Option<Vec<u8>>,
    /// The string-to-key parameters; `None` for the profile's defaults.
    pub s2kparams: Option<Vec<u8>>,
}

impl From<Key> for LongTermKey {
    fn from(key: Key) -> Self {
        Self {
            key,
            salt: None,
            s2kparams: None,
        }
    }
}

/// The keys of one version, in order of preference.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// The key version number.
    pub kvno: u32,
    /// The keys, one per encryption type.
    pub keys: Vec<LongTermKey>,
}

/// How many former passwords a principal's entry remembers.
const MAX_HISTORY: usize = 64;

/// Everything that the keys of a password depend on.
#[derive(Clone, Copy)]
pub struct PasswordKeys<'a> {
    /// The password.
    pub password: &'a str,
    /// The types of key to make, in order of preference.
    pub enctypes: &'a [Enctype],
    /// How the salt comes about.
    pub salt: &'a Salt,
    /// The string-to-key parameters; `None` for each profile's defaults.
    pub s2kparams: Option<&'a [u8]>,
}

/// When failed logons lock an account (the pw_ values of a kadmin policy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// After how many failures the account locks; 0 for never.
    pub max_failures: u32,
    /// After how long without a failure the count starts anew; zero for never.
    pub failure_count_interval: Duration,
    /// How long the account stays locked; zero until an administrator unlocks it.
    pub lockout_duration: Duration,
}

/// One principal: its keys and what it may do.
#[derive(Clone, Debug)]
pub struct PrincipalEntry {
    pub(crate) id: PrincipalId,
    pub(crate) principal: Principal,
    key_sets: Vec<KeySet>,
    /// The keys that are gone, newest first, which a new password may not make again.
    former_keys: Vec<LongTermKey>,
    /// Other names that lead to this entry.
    pub aliases: Vec<Principal>,
    /// What the principal may do and must do.
    pub attributes: Attributes,
    /// After which moment the principal may do nothing more.
    pub expiration: Option<KerberosTime>,
    /// After which moment the client must change its password.
    pub password_expiration: Option<KerberosTime>,
    /// When the password was last changed; `None` for long ago.
    pub password_changed: Option<KerberosTime>,
    /// The longest life of its tickets; `None` for no limit of its own.
    pub max_life: Option<Duration>,
    /// The longest time its tickets can be renewed over; `None` for no limit of its own.
    pub max_renewable_life: Option<Duration>,
    /// When failed logons lock it.
    pub lockout: LockoutPolicy,
    /// When an administrator last unlocked it. Failures before that do not count.
    pub unlocked_at: Option<KerberosTime>,
    /// The session key types it supports as a service (the string attribute `session_enctypes`); `None`
    /// for aes256-cts-hmac-sha1-96 and the types of its keys.
    pub session_enctypes: Option<Vec<Enctype>>,
    /// The services to which it may show the tickets of users that it has (msDS-AllowedToDelegateTo).
    pub allowed_to_delegate_to: Vec<Principal>,
    /// Whether its trust must not be combined with another one to cross realms.
    pub non_transitive: bool,
    /// What Active Directory has for an account; `None` for a principal that is none, as a trust's.
    pub account: Option<Account>,
}

impl PrincipalEntry {
    /// A principal without keys and attributes.
    pub fn new(principal: Principal) -> Self {
        Self {
            id: PrincipalId(0),
            principal,
            key_sets: Vec::new(),
            former_keys: Vec::new(),
            aliases: Vec::new(),
            attributes: Attributes::NONE,
            expiration: None,
            password_expiration: None,
            password_changed: None,
            max_life: None,
            max_renewable_life: None,
            lockout: LockoutPolicy::default(),
            unlocked_at: None,
            session_enctypes: None,
            allowed_to_delegate_to: Vec::new(),
            non_transitive: false,
            account: None,
        }
    }

    /// A principal with the key of `password`, version 1, as `policy` makes new principals.
    ///
    /// # Errors
    /// [`StringToKeyError`] when the policy's types cannot be made of a password.
    pub fn with_password(
        principal: Principal,
        policy: &RealmPolicy,
        password: &str,
        cache: &KeyCache,
    ) -> Result<Self, StringToKeyError> {
        let mut entry = Self::new(principal);
        entry.attributes = policy.default_attributes;
        let salt = policy.salt(&entry.principal.name);
        entry.set_password(
            &PasswordKeys {
                password,
                enctypes: &policy.supported_enctypes,
                salt: &salt,
                s2kparams: None,
            },
            cache,
            false,
        )?;
        Ok(entry)
    }

    /// A principal with random keys, version 1, as `policy` makes new principals.
    ///
    /// # Errors
    /// [`InvalidKey`] when a type of the policy is not implemented.
    pub fn with_random_keys(
        principal: Principal,
        policy: &RealmPolicy,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, InvalidKey> {
        let mut entry = Self::new(principal);
        entry.attributes = policy.default_attributes;
        entry.set_random_keys(&policy.supported_enctypes, rng, false)?;
        Ok(entry)
    }

    /// What identifies the entry whatever is changed about it.
    pub fn id(&self) -> PrincipalId {
        self.id
    }

    /// The principal's canonical name.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The keys, newest version first.
    pub fn key_sets(&self) -> &[KeySet] {
        &self.key_sets
    }

    /// The newest key version number; 0 without keys.
    pub fn kvno(&self) -> u32 {
        self.key_sets.first().map_or(0, |set| set.kvno)
    }

    /// The keys of version `kvno`.
    pub fn key_set(&self, kvno: u32) -> Option<&KeySet> {
        self.key_sets.iter().find(|set| set.kvno == kvno)
    }

    /// The newest key of `enctype`.
    pub fn newest_key(&self, enctype: Enctype) -> Option<&LongTermKey> {
        let newest = self.key_sets.first()?;
        newest.keys.iter().find(|key| key.key.enctype() == enctype)
    }

    /// Puts `keys` in place as the next version, and returns its number. Older versions stay with
    /// `keep_old` and are gone without it.
    pub fn set_keys(&mut self, keys: Vec<LongTermKey>, keep_old: bool) -> u32 {
        let kvno = self.kvno().saturating_add(1);
        self.set_keys_of_version(kvno, keys, keep_old);
        kvno
    }

    /// Puts `keys` in place as version `kvno`. Other versions stay with `keep_old` and are gone without it.
    /// New keys are not expired and need no change, as in MIT's kadmin.
    pub fn set_keys_of_version(&mut self, kvno: u32, keys: Vec<LongTermKey>, keep_old: bool) {
        let former = self.key_sets.first().and_then(|set| set.keys.first());
        if let Some(former) = former.cloned() {
            self.former_keys.insert(0, former);
            self.former_keys.truncate(MAX_HISTORY);
        }
        if keep_old {
            self.key_sets.retain(|set| set.kvno != kvno);
        } else {
            self.key_sets.clear();
        }
        let newer = self.key_sets.partition_point(|set| set.kvno > kvno);
        self.key_sets.insert(newer, KeySet { kvno, keys });
        self.password_expiration = None;
        self.attributes.set(Attributes::REQUIRES_PWCHANGE, false);
    }

    /// A key of each of the last `count` passwords, the current one first.
    pub(crate) fn last_passwords(&self, count: usize) -> impl Iterator<Item = &LongTermKey> {
        let current = self.key_sets.first().and_then(|set| set.keys.first());
        current.into_iter().chain(&self.former_keys).take(count)
    }

    /// Forgets every key version but the newest `count` (kadmin's `purgekeys` keeps one).
    pub fn purge_keys(&mut self, count: usize) {
        self.key_sets.truncate(count);
    }

    /// Puts the keys of a password in place as the next version, and returns its number.
    ///
    /// # Errors
    /// [`StringToKeyError`] when a key cannot be made; nothing is changed then.
    pub fn set_password(
        &mut self,
        password: &PasswordKeys<'_>,
        cache: &KeyCache,
        keep_old: bool,
    ) -> Result<u32, StringToKeyError> {
        let keys = self.password_keys(password, cache)?;
        Ok(self.set_keys(keys, keep_old))
    }

    /// The keys of a password for this principal.
    ///
    /// # Errors
    /// [`StringToKeyError`] when a key cannot be made.
    pub fn password_keys(
        &self,
        password: &PasswordKeys<'_>,
        cache: &KeyCache,
    ) -> Result<Vec<LongTermKey>, StringToKeyError> {
        let salt = password.salt.bytes(&self.principal);
        password
            .enctypes
            .iter()
            .map(|enctype| {
                let key = cache.key(*enctype, password.password, &salt, password.s2kparams)?;
                Ok(LongTermKey {
                    key,
                    salt: Some(salt.clone()),
                    s2kparams: password.s2kparams.map(<[u8]>::to_vec),
                })
            })
            .collect()
    }

    /// Puts random keys of `enctypes` in place as the next version, and returns its number.
    ///
    /// # Errors
    /// [`InvalidKey`] when a type is not implemented; nothing is changed then.
    pub fn set_random_keys(
        &mut self,
        enctypes: &[Enctype],
        rng: &mut dyn CryptoRng,
        keep_old: bool,
    ) -> Result<u32, InvalidKey> {
        let keys = enctypes
            .iter()
            .map(|enctype| Key::generate(*enctype, rng).map(LongTermKey::from))
            .collect::<Result<_, _>>()?;
        Ok(self.set_keys(keys, keep_old))
    }
}
