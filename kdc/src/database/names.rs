//! Which entry a name leads to.

use std::sync::Arc;

use kdclab_proto::{KerberosString, NameType, Principal, PrincipalName, Realm};
use rpds::RedBlackTreeMapSync;

use super::{Database, DatabaseError};
use crate::{Dialect, PrincipalEntry};

/// What the name of a service leads to.
pub(crate) enum Found<'a> {
    /// To this entry.
    Entry(&'a PrincipalEntry),
    /// To nothing.
    Nothing,
    /// To several accounts, which all have this name.
    Several(Principal),
}

type Index = RedBlackTreeMapSync<Principal, Vec<Principal>>;

impl Database {
    /// The entry that has the name `principal`: as its canonical name, as an alias, as its userPrincipalName or among its
    /// servicePrincipalNames; none where several have it. Active Directory compares names without regard to case.
    pub fn lookup(&self, principal: &Principal) -> Option<&PrincipalEntry> {
        match self.holders(principal).as_slice() {
            [holder] => self.entry(holder),
            _ => None,
        }
    }

    /// Whether several entries have the name `principal`.
    pub fn is_duplicate(&self, principal: &Principal) -> bool {
        self.holders(principal).len() > 1
    }

    /// Whether `realm` names this realm.
    pub fn is_realm(&self, realm: &Realm) -> bool {
        self.is_same_realm(&self.realm, realm)
    }

    /// Whether two names are of one realm, as this realm compares them.
    pub(crate) fn is_same_realm(&self, one: &Realm, other: &Realm) -> bool {
        match self.policy.dialect {
            Dialect::Mit => one == other,
            Dialect::ActiveDirectory => one.as_bytes().eq_ignore_ascii_case(other.as_bytes()),
        }
    }

    /// The entry that logs on as `client`. In Active Directory this is an account with that sAMAccountName, with or without
    /// a `$` behind it, or with that userPrincipalName, whose suffix may be left out where it is the realm (MS-KILE section
    /// 3.3.5.6.1). A servicePrincipalName is no name to log on with.
    pub fn find_client(&self, client: &Principal) -> Option<&PrincipalEntry> {
        let by_name = |name: &Principal| {
            let name = self.folded(name);
            let aliased = || match self.aliases.get(&name).map(Vec::as_slice) {
                Some([holder]) => self.entry(holder),
                _ => None,
            };
            self.entry(&name).or_else(aliased)
        };
        by_name(client).or_else(|| {
            if self.policy.dialect == Dialect::Mit || !self.is_realm(&client.realm) {
                return None;
            }
            self.computer(client)
                .or_else(|| by_name(&self.with_suffix(&client.name)))
        })
    }

    /// The entry that `service` leads to. In Active Directory a name that no account has by itself may be that of a
    /// computer without its `$` (MS-KILE section 3.3.5.1.1), a userPrincipalName that is made of account name and domain, or
    /// a name of a class that is mapped to another one (sPNMappings, MS-DRSR section 4.1.4.2.14; catalogue S003-2).
    pub(crate) fn find_service(&self, service: &Principal) -> Found<'_> {
        let exact = self.found(service);
        if !matches!(exact, Found::Nothing)
            || self.policy.dialect == Dialect::Mit
            || !self.is_realm(&service.realm)
        {
            return exact;
        }
        match service.name.components.as_slice() {
            [_] => self
                .computer(service)
                .or_else(|| self.implicit_user_principal_name(service))
                .map_or(Found::Nothing, Found::Entry),
            [class, rest @ ..] => {
                let class = class.to_str_lossy().to_ascii_lowercase();
                let Some(mapped) = self.policy.spn_mappings.get(&class) else {
                    return Found::Nothing;
                };
                let mapped = [KerberosString::from(mapped.as_str())];
                let components = mapped.into_iter().chain(rest.iter().cloned());
                let name = PrincipalName::new(service.name.name_type, components);
                self.found(&name.at(self.realm.clone()))
            }
            [] => Found::Nothing,
        }
    }

    fn found(&self, name: &Principal) -> Found<'_> {
        match self.holders(name).as_slice() {
            [] => Found::Nothing,
            [holder] => self.entry(holder).map_or(Found::Nothing, Found::Entry),
            _ => Found::Several(name.clone()),
        }
    }

    /// The account whose sAMAccountName is the one component of `name` with a `$` behind it.
    fn computer(&self, name: &Principal) -> Option<&PrincipalEntry> {
        let [component] = name.name.components.as_slice() else {
            return None;
        };
        let account = [component.as_bytes(), b"$"].concat();
        let name = PrincipalName::new(NameType::PRINCIPAL, [account]);
        self.entry(&self.folded(&name.at(self.realm.clone())))
    }

    /// The account that an NT-ENTERPRISE name of this domain stands for, `sAMAccountName@domain`.
    fn implicit_user_principal_name(&self, name: &Principal) -> Option<&PrincipalEntry> {
        let [component] = name.name.components.as_slice() else {
            return None;
        };
        let (account, suffix) = split_suffix(component)?;
        if name.name.name_type != NameType::ENTERPRISE || !self.is_realm(&Realm::from(suffix)) {
            return None;
        }
        let name = PrincipalName::new(NameType::PRINCIPAL, [account]).at(self.realm.clone());
        self.entry(&self.folded(&name))
            .or_else(|| self.computer(&name))
    }

    /// `name@realm` as one component, as userPrincipalNames are.
    fn with_suffix(&self, name: &PrincipalName) -> Principal {
        let components: Vec<&[u8]> = name.components.iter().map(|part| part.as_bytes()).collect();
        let text = [&components.join(&b'/')[..], self.realm.as_bytes()].join(&b'@');
        PrincipalName::new(NameType::ENTERPRISE, [text]).at(self.realm.clone())
    }

    fn entry(&self, folded: &Principal) -> Option<&PrincipalEntry> {
        self.entries.get(folded).map(AsRef::as_ref)
    }

    /// The canonical names of the entries with the name `principal`.
    fn holders(&self, principal: &Principal) -> Vec<Principal> {
        let principal = self.folded(principal);
        let mut holders = Vec::new();
        if self.entries.contains_key(&principal) {
            holders.push(principal.clone());
        }
        for index in [&self.aliases, &self.services] {
            for holder in index.get(&principal).into_iter().flatten() {
                if !holders.contains(holder) {
                    holders.push(holder.clone());
                }
            }
        }
        holders
    }

    /// Adds an entry that is not there.
    pub(super) fn add(&mut self, entry: PrincipalEntry) -> Result<(), DatabaseError> {
        let principal = self.folded(&entry.principal);
        let aliases = self.aliases_of(&entry);
        for name in [&entry.principal].into_iter().chain(&aliases) {
            let folded = self.folded(name);
            let is_taken = match self.may_be_duplicate(&folded) {
                true => self.entries.contains_key(&folded) && folded == principal,
                false => !self.holders(&folded).is_empty(),
            };
            if is_taken {
                return Err(DatabaseError::NameTaken(name.clone()));
            }
        }
        for alias in &aliases {
            let alias = self.folded(alias);
            insert(&mut self.aliases, alias, &principal);
        }
        for service in self.services_of(&entry) {
            insert(&mut self.services, service, &principal);
        }
        self.entries.insert_mut(principal, Arc::new(entry));
        Ok(())
    }

    /// Takes out the entry that `principal` leads to.
    pub(super) fn take(&mut self, principal: &Principal) -> Result<PrincipalEntry, DatabaseError> {
        let entry = self
            .entry(&self.folded(principal))
            .or_else(|| self.lookup(principal))
            .ok_or_else(|| DatabaseError::Unknown(principal.clone()))?
            .clone();
        let canonical = self.folded(&entry.principal);
        for alias in self.aliases_of(&entry) {
            let alias = self.folded(&alias);
            remove(&mut self.aliases, &alias, &canonical);
        }
        for service in self.services_of(&entry) {
            remove(&mut self.services, &service, &canonical);
        }
        self.entries.remove_mut(&canonical);
        Ok(entry)
    }

    /// Whether the name is a service's, which Active Directory lets several accounts have.
    fn may_be_duplicate(&self, name: &Principal) -> bool {
        self.policy.dialect == Dialect::ActiveDirectory && name.name.components.len() > 1
    }

    fn aliases_of(&self, entry: &PrincipalEntry) -> Vec<Principal> {
        let account = entry.account.as_ref();
        let upn = account.and_then(|account| account.user_principal_name.clone());
        let upn = upn.map(|upn| {
            PrincipalName::new(NameType::ENTERPRISE, [upn]).at(entry.principal.realm.clone())
        });
        entry.aliases.iter().cloned().chain(upn).collect()
    }

    fn services_of(&self, entry: &PrincipalEntry) -> Vec<Principal> {
        let names = entry
            .account
            .iter()
            .flat_map(|account| &account.service_principal_names);
        names
            .map(|name| self.folded(&name.clone().at(entry.principal.realm.clone())))
            .collect()
    }

    /// The name as the indexes have it.
    pub(super) fn folded(&self, principal: &Principal) -> Principal {
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

/// A name of the form `name@suffix`, taken apart at its last `@`.
pub(crate) fn split_suffix(name: &KerberosString) -> Option<(&[u8], &[u8])> {
    let bytes = name.as_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'@')?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn insert(index: &mut Index, name: Principal, holder: &Principal) {
    let mut holders = index.get(&name).cloned().unwrap_or_default();
    holders.push(holder.clone());
    index.insert_mut(name, holders);
}

fn remove(index: &mut Index, name: &Principal, holder: &Principal) {
    let mut holders = index.get(name).cloned().unwrap_or_default();
    holders.retain(|other| other != holder);
    if holders.is_empty() {
        index.remove_mut(name);
    } else {
        index.insert_mut(name.clone(), holders);
    }
}
