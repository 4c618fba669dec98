//! The principals and the policy of one realm.

use std::fmt;
use std::sync::Arc;

use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::{NameType, Principal, PrincipalName, Realm};
use rand::CryptoRng;
use rpds::RedBlackTreeMapSync;

use crate::entry::PrincipalId;
use crate::trust::Forest;
use crate::{Attributes, PrincipalEntry, RealmPolicy, TrustedDomain};

mod accounts;
mod names;
mod trusts;

pub use accounts::{AccountError, NewAccount};
pub(crate) use names::{Found, split_suffix};

/// The principals and the policy of one realm: an immutable snapshot. An administrative act returns a
/// new one that shares everything unchanged, so that it costs the same in a realm of any size.
#[derive(Clone)]
pub struct Database {
    realm: Realm,
    policy: Arc<RealmPolicy>,
    entries: RedBlackTreeMapSync<Principal, Arc<PrincipalEntry>>,
    /// Whom each alias leads to, userPrincipalNames included. Active Directory does not keep a service's name from having
    /// several accounts.
    aliases: RedBlackTreeMapSync<Principal, Vec<Principal>>,
    /// Whose each servicePrincipalName is.
    services: RedBlackTreeMapSync<Principal, Vec<Principal>>,
    /// The trustedDomain objects, by the partner's DNS name.
    trusts: RedBlackTreeMapSync<String, Arc<TrustedDomain>>,
    forest: Forest,
    next_id: u64,
}

impl Database {
    /// A realm without principals.
    pub fn new(realm: impl Into<Realm>, policy: RealmPolicy) -> Self {
        Self {
            realm: realm.into(),
            policy: Arc::new(policy),
            entries: RedBlackTreeMapSync::new_sync(),
            aliases: RedBlackTreeMapSync::new_sync(),
            services: RedBlackTreeMapSync::new_sync(),
            trusts: RedBlackTreeMapSync::new_sync(),
            forest: Forest::default(),
            next_id: 1,
        }
    }

    /// A realm as it is when it is created: with `krbtgt/REALM`, and with `kadmin/changepw`, the service
    /// that clients with an expired password may still reach. Both have random keys.
    ///
    /// # Errors
    /// [`InvalidKey`] when a type among the policy's supported ones is not implemented.
    pub fn create(
        realm: impl Into<Realm>,
        policy: RealmPolicy,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, InvalidKey> {
        let mut database = Self::new(realm, policy);
        let realm = database.realm.clone();
        let changepw = PrincipalName::new(NameType::SRV_INST, ["kadmin", "changepw"]);
        for (principal, attributes) in [
            (Principal::krbtgt(&realm, &realm), Attributes::NONE),
            (
                changepw.at(realm.clone()),
                Attributes::PWCHANGE_SERVICE | Attributes::DISALLOW_TGT_BASED,
            ),
        ] {
            let mut entry = PrincipalEntry::new(principal);
            entry.attributes = attributes;
            entry.set_random_keys(&database.policy.supported_enctypes, rng, false)?;
            entry.id = PrincipalId(database.next_id);
            database.next_id += 1;
            let principal = database.folded(&entry.principal);
            database.entries.insert_mut(principal, Arc::new(entry));
        }
        Ok(database)
    }

    /// The realm.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What the realm allows.
    pub fn policy(&self) -> &RealmPolicy {
        &self.policy
    }

    /// The same principals under another policy.
    #[must_use]
    pub fn with_policy(&self, policy: RealmPolicy) -> Self {
        let mut changed = self.clone();
        changed.policy = Arc::new(policy);
        if changed.forest.has(&changed.realm) {
            changed.forest = changed.forest.with(&changed);
        }
        changed
    }

    /// How many principals there are.
    pub fn len(&self) -> usize {
        self.entries.size()
    }

    /// Whether there are no principals.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in order of their names.
    pub fn entries(&self) -> impl Iterator<Item = &PrincipalEntry> {
        self.entries.values().map(AsRef::as_ref)
    }

    /// With `entry` added.
    ///
    /// # Errors
    /// [`DatabaseError::NameTaken`] when its name or an alias leads to another entry.
    pub fn insert(&self, mut entry: PrincipalEntry) -> Result<Self, DatabaseError> {
        let mut changed = self.clone();
        entry.id = PrincipalId(changed.next_id);
        changed.next_id += 1;
        changed.add(entry)?;
        Ok(changed)
    }

    /// With each of `entries` added.
    ///
    /// # Errors
    /// [`DatabaseError::NameTaken`] when a name or an alias leads to another entry.
    pub fn insert_all(
        &self,
        entries: impl IntoIterator<Item = PrincipalEntry>,
    ) -> Result<Self, DatabaseError> {
        let mut changed = self.clone();
        for mut entry in entries {
            entry.id = PrincipalId(changed.next_id);
            changed.next_id += 1;
            changed.add(entry)?;
        }
        Ok(changed)
    }

    /// With `change` made to the entry that `principal` leads to. What the entry counts in
    /// [`Traffic`](crate::Traffic) stays.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such entry, [`DatabaseError::NameTaken`] when a new
    /// alias leads to another one.
    pub fn update(
        &self,
        principal: &Principal,
        change: impl FnOnce(&mut PrincipalEntry),
    ) -> Result<Self, DatabaseError> {
        let mut changed = self.clone();
        let mut entry = changed.take(principal)?;
        change(&mut entry);
        changed.add(entry)?;
        Ok(changed)
    }

    /// With the entry that `principal` leads to renamed. Its keys keep the salts they were made with.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such entry, [`DatabaseError::NameTaken`] when the
    /// new name leads to another one.
    pub fn rename(&self, principal: &Principal, to: Principal) -> Result<Self, DatabaseError> {
        let mut changed = self.clone();
        let mut entry = changed.take(principal)?;
        entry.principal = to;
        changed.add(entry)?;
        Ok(changed)
    }

    /// With every time in it moved by so many seconds, as if the realm had been made earlier or later.
    #[must_use]
    pub fn shifted(&self, seconds: i64) -> Self {
        let mut changed = self.clone();
        for (principal, entry) in self.entries.iter() {
            let mut entry = PrincipalEntry::clone(entry);
            for time in [
                &mut entry.expiration,
                &mut entry.password_expiration,
                &mut entry.password_changed,
                &mut entry.unlocked_at,
            ]
            .into_iter()
            .flatten()
            {
                *time = time.saturating_add(seconds);
            }
            changed
                .entries
                .insert_mut(principal.clone(), Arc::new(entry));
        }
        changed
    }

    /// Without the entry that `principal` leads to.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such entry.
    pub fn remove(&self, principal: &Principal) -> Result<Self, DatabaseError> {
        let mut changed = self.clone();
        changed.take(principal)?;
        Ok(changed)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}, {} principals)", self.realm, self.len())
    }
}

/// Why an administrative act is impossible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseError {
    /// The name leads to another entry.
    NameTaken(Principal),
    /// No entry has the name.
    Unknown(Principal),
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => write!(f, "{name} exists already"),
            Self::Unknown(name) => write!(f, "{name} does not exist"),
        }
    }
}

impl std::error::Error for DatabaseError {}
