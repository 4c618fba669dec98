//! Administrative acts on the trusts of a domain of Active Directory.

use std::sync::Arc;

use kdclab_proto::crypto::Salt;
use kdclab_proto::{KeyCache, Principal, Realm};

use super::{Database, DatabaseError};
use crate::trust::{Forest, TrustKeys, dns_name, trust_principal};
use crate::{PasswordKeys, PrincipalEntry, TrustError, TrustedDomain};

/// How many earlier versions of its keys a trust keeps (trustAuthIncoming and trustAuthOutgoing have the previous
/// password, MS-ADTS section 6.1.6.9.1).
const OLD_TRUST_VERSIONS: usize = 1;

impl Database {
    /// The trusts, in order of their partners' names.
    pub fn trusts(&self) -> impl Iterator<Item = &Arc<TrustedDomain>> {
        self.trusts.values()
    }

    /// The trust with `partner`.
    pub fn trusted_domain(&self, partner: &Realm) -> Option<&TrustedDomain> {
        self.trusts.get(&dns_name(partner)).map(AsRef::as_ref)
    }

    /// With this domain's side of a trust: the object, and a principal for each direction, `krbtgt/PARTNER@HERE` and
    /// `krbtgt/HERE@PARTNER`, with the keys of one password. The partner has a side of its own; different keys in the two
    /// are the usual way to break it.
    ///
    /// # Errors
    /// [`TrustError`] when a principal exists already or the password gives no key.
    pub fn add_trust(
        &self,
        trust: TrustedDomain,
        keys: &TrustKeys,
        cache: &KeyCache,
    ) -> Result<Self, TrustError> {
        let mut changed = self.clone();
        for principal in self.principals_of(&trust) {
            let mut entry = PrincipalEntry::new(principal);
            set_keys(&mut entry, keys, cache, false)?;
            changed = changed.insert(entry)?;
        }
        changed.put_trust(trust)?;
        Ok(changed)
    }

    /// With `change` made to the trust with `partner`.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such trust.
    pub fn update_trust(
        &self,
        partner: &Realm,
        change: impl FnOnce(&mut TrustedDomain),
    ) -> Result<Self, DatabaseError> {
        let mut trust = self.required_trust(partner)?.clone();
        change(&mut trust);
        let mut changed = self.clone();
        changed.put_trust(trust)?;
        Ok(changed)
    }

    /// With new keys for this domain's side of the trust with `partner`. The former ones still open tickets.
    ///
    /// # Errors
    /// [`TrustError`] when there is no such trust or the password gives no key.
    pub fn set_trust_keys(
        &self,
        partner: &Realm,
        keys: &TrustKeys,
        cache: &KeyCache,
    ) -> Result<Self, TrustError> {
        let mut changed = self.clone();
        for principal in self.principals_of(self.required_trust(partner)?) {
            let mut entry = changed.take(&principal)?;
            set_keys(&mut entry, keys, cache, true)?;
            entry.purge_keys(OLD_TRUST_VERSIONS + 1);
            changed.add(entry)?;
        }
        Ok(changed)
    }

    /// Without this domain's side of the trust with `partner`.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such trust.
    pub fn remove_trust(&self, partner: &Realm) -> Result<Self, DatabaseError> {
        let principals = self.principals_of(self.required_trust(partner)?);
        let mut changed = self.clone();
        for principal in principals {
            if changed.entries.contains_key(&changed.folded(&principal)) {
                changed.take(&principal)?;
            }
        }
        changed.trusts.remove_mut(&dns_name(partner));
        changed.forest = changed.forest.with(&changed);
        Ok(changed)
    }

    /// What is known of the forest.
    pub(crate) fn forest(&self) -> &Forest {
        &self.forest
    }

    pub(crate) fn with_forest(&self, forest: Forest) -> Self {
        let mut changed = self.clone();
        changed.forest = forest;
        changed
    }

    fn required_trust(&self, partner: &Realm) -> Result<&TrustedDomain, DatabaseError> {
        self.trusted_domain(partner)
            .ok_or_else(|| DatabaseError::Unknown(trust_principal(&self.realm, partner)))
    }

    fn put_trust(&mut self, trust: TrustedDomain) -> Result<(), DatabaseError> {
        for principal in self.principals_of(&trust) {
            // Somebody may have removed one by itself.
            if !self.entries.contains_key(&self.folded(&principal)) {
                continue;
            }
            let mut entry = self.take(&principal)?;
            entry.non_transitive = !trust.is_transitive();
            self.add(entry)?;
        }
        self.trusts
            .insert_mut(dns_name(trust.partner()), Arc::new(trust));
        self.forest = self.forest.with(self);
        Ok(())
    }

    fn principals_of(&self, trust: &TrustedDomain) -> Vec<Principal> {
        let out = trust
            .direction()
            .leads_out()
            .then(|| trust_principal(&self.realm, trust.partner()));
        let into = trust
            .direction()
            .leads_in()
            .then(|| trust_principal(trust.partner(), &self.realm));
        out.into_iter().chain(into).collect()
    }
}

fn set_keys(
    entry: &mut PrincipalEntry,
    keys: &TrustKeys,
    cache: &KeyCache,
    keep_old: bool,
) -> Result<(), TrustError> {
    let password = PasswordKeys {
        password: &keys.password,
        enctypes: &keys.enctypes,
        salt: &Salt::Normal,
        s2kparams: None,
    };
    let made = entry.password_keys(&password, cache)?;
    entry.set_keys_of_version(keys.kvno, made, keep_old);
    Ok(())
}
