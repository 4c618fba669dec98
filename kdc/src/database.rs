//! The principals and the policy of one realm.

use std::fmt;
use std::sync::Arc;

use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::{KerberosString, NameType, Principal, PrincipalName, Realm};
use rand::CryptoRng;
use rpds::RedBlackTreeMapSync;

use crate::entry::PrincipalId;
use crate::{Attributes, Dialect, PrincipalEntry, RealmPolicy};

/// The principals and the policy of one realm: an immutable snapshot. An administrative act returns a
/// new one that shares everything unchanged, so that it costs the same in a realm of any size.
#[derive(Clone)]
pub struct Database {
    realm: Realm,
    policy: Arc<RealmPolicy>,
    entries: RedBlackTreeMapSync<Principal, Arc<PrincipalEntry>>,
    /// Whom each alias leads to. Active Directory does not keep a service's name from having several accounts.
    aliases: RedBlackTreeMapSync<Principal, Vec<Principal>>,
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

    /// The entry that `principal` is the canonical name or an alias of; none where it leads to several. Active
    /// Directory compares names without regard to case.
    pub fn lookup(&self, principal: &Principal) -> Option<&PrincipalEntry> {
        match self.holders(principal).as_slice() {
            [holder] => self.entries.get(holder).map(AsRef::as_ref),
            _ => None,
        }
    }

    /// Whether several entries have the name `principal`.
    pub fn is_duplicate(&self, principal: &Principal) -> bool {
        self.holders(principal).len() > 1
    }

    /// The canonical names of the entries with the name `principal`.
    fn holders(&self, principal: &Principal) -> Vec<Principal> {
        let principal = self.folded(principal);
        let mut holders = self.aliases.get(&principal).cloned().unwrap_or_default();
        if self.entries.contains_key(&principal) {
            holders.push(principal);
        }
        holders
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

    /// Whether `realm` names this realm.
    pub fn is_realm(&self, realm: &Realm) -> bool {
        match self.policy.dialect {
            Dialect::Mit => self.realm == *realm,
            Dialect::ActiveDirectory => {
                self.realm.as_bytes().eq_ignore_ascii_case(realm.as_bytes())
            }
        }
    }

    fn add(&mut self, entry: PrincipalEntry) -> Result<(), DatabaseError> {
        let principal = self.folded(&entry.principal);
        let mut names = vec![(&entry.principal, principal.clone())];
        names.extend(
            entry
                .aliases
                .iter()
                .map(|alias| (alias, self.folded(alias))),
        );
        for (given, folded) in &names {
            let is_taken = match self.may_be_duplicate(folded) {
                true => self.entries.contains_key(folded) && *folded == principal,
                false => !self.holders(folded).is_empty(),
            };
            if is_taken {
                return Err(DatabaseError::NameTaken((*given).clone()));
            }
        }
        for (_, alias) in names.into_iter().skip(1) {
            let mut holders = self.aliases.get(&alias).cloned().unwrap_or_default();
            holders.push(principal.clone());
            self.aliases.insert_mut(alias, holders);
        }
        self.entries.insert_mut(principal, Arc::new(entry));
        Ok(())
    }

    /// Whether the name is a service's, which Active Directory lets several accounts have.
    fn may_be_duplicate(&self, name: &Principal) -> bool {
        self.policy.dialect == Dialect::ActiveDirectory && name.name.components.len() > 1
    }

    fn take(&mut self, principal: &Principal) -> Result<PrincipalEntry, DatabaseError> {
        let entry = self
            .entries
            .get(&self.folded(principal))
            .map(AsRef::as_ref)
            .or_else(|| self.lookup(principal))
            .ok_or_else(|| DatabaseError::Unknown(principal.clone()))?
            .clone();
        let canonical = self.folded(&entry.principal);
        for alias in &entry.aliases {
            let alias = self.folded(alias);
            let mut holders = self.aliases.get(&alias).cloned().unwrap_or_default();
            holders.retain(|holder| *holder != canonical);
            if holders.is_empty() {
                self.aliases.remove_mut(&alias);
            } else {
                self.aliases.insert_mut(alias, holders);
            }
        }
        self.entries.remove_mut(&canonical);
        Ok(entry)
    }

    fn folded(&self, principal: &Principal) -> Principal {
        match self.policy.dialect {
            Dialect::Mit => principal.clone(),
            Dialect::ActiveDirectory => {
                let lower = |bytes: &[u8]| KerberosString::from(bytes.to_ascii_lowercase());
                let components = principal.name.components.iter();
                PrincipalName {
                    name_type: principal.name.name_type,
                    components: components.map(|name| lower(name.as_bytes())).collect(),
                }
                .at(lower(principal.realm.as_bytes()))
            }
        }
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
