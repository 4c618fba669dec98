//! The verbs of a scenario, done to a world.

use kdclab_kdc::{
    Attributes, Dialect, LongTermKey, PasswordKeys, PasswordSetBy, PrincipalEntry,
    check_new_password,
};
use kdclab_proto::{Enctype, Keytab, KeytabEntry, Principal, Realm};
use zeroize::Zeroizing;

use super::accounts::names_of_keys;
use super::links::Rule;
use super::outcome::{Outcome, VerbError};
use super::world::World;
use crate::script::Spanned;
use crate::script::values::{EnctypeName, ErrorName};
use crate::script::verb::{
    AddPrincipal, Attempt, ChangeKey, KeytabCopy, LinkEffect, LinkFault, ModifyPrincipal, RunAs,
    SetPassword, SetTrustKey, Verb,
};

/// Whether a step changed the world.
type Changed = bool;

impl World {
    /// Does one step.
    ///
    /// # Errors
    /// [`VerbError`] when it cannot be done, or changes nothing.
    pub fn apply(&mut self, verb: &Verb) -> Result<(), VerbError> {
        if self.perform(verb)? {
            self.scope.define(verb);
            Ok(())
        } else {
            Err(VerbError::ChangesNothing)
        }
    }

    /// Does steps, as far as the first that cannot be done.
    ///
    /// # Errors
    /// As [`World::apply`].
    pub fn apply_all(&mut self, steps: &[Spanned<Verb>]) -> Result<(), VerbError> {
        steps.iter().try_for_each(|step| self.apply(step.get_ref()))
    }

    fn perform(&mut self, verb: &Verb) -> Result<Changed, VerbError> {
        match verb {
            Verb::AddPrincipal(added) => self.add_principal(added),
            Verb::ApplyPolicy(policy) => self.apply_policy(policy),
            Verb::Attempt(attempt) => self.attempt(attempt),
            Verb::CcmDelCert(host) => self.ccm_del_cert(host.get_ref()),
            Verb::ChangeClusterPassword(change) => self.change_cluster_password(change),
            Verb::ChangeKey(change) => self.change_key(change),
            Verb::ChangeMode(change) => self.change_mode(change),
            Verb::ChangeTrust(change) => self.change_trust(change),
            Verb::CloneClient(clone) => self.clone_client(clone),
            Verb::ConfigureAcceptor(change) => {
                self.configure_acceptor(change.host.get_ref(), &change.set)
            }
            Verb::ConfigureClient(change) => {
                self.configure_client(change.host.get_ref(), &change.set)
            }
            Verb::ConfigureRealm(change) => {
                self.configure_realm(&Realm::from(change.realm.get_ref().as_str()), &change.set)
            }
            Verb::CopyCcache(copy) => self.copy_ccache(copy),
            Verb::DeleteClient(deletion) => self.delete_client(deletion),
            Verb::ExpireTicket(expiry) => self.expire_ticket(expiry),
            Verb::ExportKeytab(copy) => self.export_keytab(copy),
            Verb::ForgeTicket(forgery) => self.forge_ticket(forgery),
            Verb::GrantClusterAccess(grant) => self.grant_cluster_access(grant),
            Verb::HostDown(host) => self.set_up(host.get_ref(), false),
            Verb::HostUp(host) => self.set_up(host.get_ref(), true),
            Verb::InstallServicePack(install) => self.install_service_pack(install),
            Verb::Kpasswd(kpasswd) => {
                let outcome = self.kpasswd(kpasswd);
                ended_as(&outcome, None)
            }
            Verb::Ktadd(copy) => self.ktadd(copy),
            Verb::Ktremove(removal) => {
                let principal = self.principal(removal.of.get_ref())?;
                let keytab = &mut self.host_mut(removal.from.get_ref())?.keytab;
                let before = keytab.entries.len();
                keytab.entries.retain(|entry| entry.principal != principal);
                Ok(keytab.entries.len() != before)
            }
            Verb::Link(link) => self.link(link),
            Verb::LockCcache(cache) => {
                let user = self.principal(cache.user.get_ref())?;
                let host = self.host_mut(cache.on.get_ref())?;
                Ok(host.locked_caches.insert(user))
            }
            Verb::MakeDirectory(make) => self.make_directory(make),
            Verb::ModifyAccount(change) => self.modify_account(change),
            Verb::ModifyPrincipal(change) => self.modify_principal(change),
            Verb::MoveWebApplication(change) => self.move_web_application(change),
            Verb::Noop(verb) => match self.perform(verb)? {
                true => Err(VerbError::ChangesSomething),
                false => Ok(true),
            },
            Verb::PurgeCcache(cache) => {
                let user = self.principal(cache.user.get_ref())?;
                Ok(self.host_mut(cache.on.get_ref())?.purge_cache(&user))
            }
            Verb::PurgeKeys(name) => {
                let principal = self.principal(name.get_ref())?;
                let has_older = self.entry(&principal.realm, &principal)?.key_sets().len() > 1;
                self.change_database(&principal.realm, |database| {
                    database.update(&principal, |entry| entry.purge_keys(1))
                })?;
                Ok(has_older)
            }
            Verb::RemoveDirectory(removal) => self.remove_directory(removal),
            Verb::RemovePrincipal(name) => {
                let principal = self.principal(name.get_ref())?;
                self.forget_ntlm_hashes(&principal);
                self.change_database(&principal.realm, |database| database.remove(&principal))
            }
            Verb::RemoveTrustKey(side) => {
                let trust = self.principal(side.of.get_ref())?;
                let realm = Realm::from(side.realm.get_ref().as_str());
                self.change_database(&realm, |database| database.remove(&trust))
            }
            Verb::RepairLinks(repair) => {
                let name = repair.name.as_ref().map(|name| name.get_ref().as_str());
                Ok(self.repair_links(name))
            }
            Verb::ResetKey(name) => {
                let principal = self.principal(name.get_ref())?;
                let enctypes = self.own_enctypes(&principal)?;
                self.random_keys(&principal, &enctypes, false)
            }
            Verb::RestartClusterService(node) => self.restart_cluster_service(node),
            Verb::RunAs(run_as) => self.run_as(run_as),
            Verb::RunJob(job) => ended_as(&self.run_job(job), None),
            Verb::SetClock(clock) => {
                let host = self.host_mut(clock.host.get_ref())?;
                Ok(std::mem::replace(&mut host.clock_offset, clock.offset.0) != clock.offset.0)
            }
            Verb::SetPassword(change) => self.set_password(change),
            Verb::SetServicePassword(change) => self.set_service_password(change),
            Verb::SetTaskController(change) => self.set_task_controller(change),
            Verb::SetRegistryValue(change) => self.set_registry_value(change),
            Verb::SetTrustKey(change) => self.set_trust_key(change),
            Verb::Setspn(change) => self.setspn(change),
            Verb::SetUmask(change) => self.set_umask(change),
            Verb::Unlock(name) => {
                let principal = self.principal(name.get_ref())?;
                Ok(self.unlock(&principal))
            }
            Verb::UnlockCcache(cache) => {
                let user = self.principal(cache.user.get_ref())?;
                let host = self.host_mut(cache.on.get_ref())?;
                Ok(host.locked_caches.remove(&user))
            }
            Verb::Wait(span) => {
                self.wait(span.0);
                Ok(!span.0.is_zero())
            }
        }
    }

    fn add_principal(&mut self, added: &AddPrincipal) -> Result<Changed, VerbError> {
        let principal = self.principal(added.name.get_ref())?;
        let database = self.database(&principal.realm)?;
        if database.lookup(&principal).is_some() {
            return Err(VerbError::TakenName {
                principal: principal.to_string(),
            });
        }
        let enctypes = enctypes(added.enctypes.as_deref())
            .unwrap_or_else(|| database.policy().supported_enctypes.clone());
        let mut entry = PrincipalEntry::new(principal.clone());
        match &added.password {
            Some(password) => {
                self.check_password(&entry, &principal.realm, password)?;
                let keys = self.password_keys(&entry, &principal.realm, password, &enctypes)?;
                entry.set_keys(keys, false);
                self.store_ntlm_hashes(&principal, password);
            }
            None => {
                entry.set_random_keys(&enctypes, self.admin_rng(), false)?;
            }
        }
        self.change_database(&principal.realm, |database| database.insert(entry))
    }

    fn attempt(&mut self, attempt: &Attempt) -> Result<Changed, VerbError> {
        for _ in 0..*attempt.times.get_ref() {
            let outcome = match (&attempt.call, &attempt.kpasswd) {
                (Some(call), _) => self.call_one(call),
                (None, Some(kpasswd)) => self.kpasswd(kpasswd),
                (None, None) => {
                    unreachable!("an attempt without an act is refused when its file is read")
                }
            };
            ended_as(&outcome, attempt.error)?;
        }
        Ok(true)
    }

    fn change_key(&mut self, change: &ChangeKey) -> Result<Changed, VerbError> {
        let principal = self.principal(change.of.get_ref())?;
        let enctypes = match enctypes(change.enctypes.as_deref()) {
            Some(enctypes) => enctypes,
            None => self.own_enctypes(&principal)?,
        };
        match &change.password {
            Some(password) => {
                self.store_ntlm_hashes(&principal, password);
                self.keys_of_password(
                    &principal,
                    &principal.realm,
                    password,
                    &enctypes,
                    None,
                    change.keep_old,
                )
            }
            None => self.random_keys(&principal, &enctypes, change.keep_old),
        }
    }

    fn random_keys(
        &mut self,
        principal: &Principal,
        enctypes: &[Enctype],
        keep_old: bool,
    ) -> Result<Changed, VerbError> {
        let keys = enctypes
            .iter()
            .map(|enctype| kdclab_proto::Key::generate(*enctype, self.admin_rng()))
            .map(|key| key.map(LongTermKey::from))
            .collect::<Result<Vec<_>, _>>()?;
        self.forget_ntlm_hashes(principal);
        let kvno = self.entry(&principal.realm, principal)?.kvno();
        self.replace_keys(
            principal,
            &principal.realm,
            kvno.saturating_add(1),
            keys,
            keep_old,
        )
    }

    /// Puts keys in place as version `kvno`. A realm may keep older versions of its own ticket-granting key
    /// unasked.
    fn replace_keys(
        &mut self,
        principal: &Principal,
        realm: &Realm,
        kvno: u32,
        keys: Vec<LongTermKey>,
        keep_old: bool,
    ) -> Result<Changed, VerbError> {
        let kept = match self.database(realm)?.policy().old_krbtgt_versions {
            older if principal.is_local_krbtgt() => older,
            _ => 0,
        };
        let now = self.now().time();
        self.change_database(realm, |database| {
            database.update(principal, |entry| {
                entry.set_keys_of_version(kvno, keys, keep_old || kept > 0);
                entry.password_changed = Some(now);
                if !keep_old {
                    entry.purge_keys(kept.saturating_add(1));
                }
            })
        })?;
        self.unlock_as_kadmin(principal, realm)?;
        Ok(true)
    }

    /// MIT's kadmin clears the failed attempts of a principal that gets new keys. Active Directory does
    /// not: a new password does not end a lockout.
    fn unlock_as_kadmin(&mut self, principal: &Principal, realm: &Realm) -> Result<(), VerbError> {
        if self.database(realm)?.policy().dialect == Dialect::Mit {
            self.unlock(principal);
        }
        Ok(())
    }

    fn keys_of_password(
        &mut self,
        principal: &Principal,
        realm: &Realm,
        password: &str,
        enctypes: &[Enctype],
        kvno: Option<u32>,
        keep_old: bool,
    ) -> Result<Changed, VerbError> {
        let entry = self.entry(realm, principal)?;
        let kvno = kvno.unwrap_or_else(|| entry.kvno().saturating_add(1));
        let keys = self.password_keys(entry, realm, password, enctypes)?;
        let same = entry.kvno() == kvno
            && entry.key_set(kvno).is_some_and(|set| {
                set.keys
                    .iter()
                    .map(|key| &key.key)
                    .eq(keys.iter().map(|key| &key.key))
            });
        self.replace_keys(principal, realm, kvno, keys, keep_old)?;
        Ok(!same)
    }

    pub(super) fn password_keys(
        &self,
        entry: &PrincipalEntry,
        realm: &Realm,
        password: &str,
        enctypes: &[Enctype],
    ) -> Result<Vec<LongTermKey>, VerbError> {
        let salt = self.database(realm)?.policy().salt(&entry.principal().name);
        Ok(entry.password_keys(
            &PasswordKeys {
                password,
                enctypes,
                salt: &salt,
                s2kparams: None,
            },
            &self.key_cache,
        )?)
    }

    fn export_keytab(&mut self, copy: &KeytabCopy) -> Result<Changed, VerbError> {
        let principal = self.principal(copy.of.get_ref())?;
        let time = self.now().time();
        let wanted = enctypes(copy.enctypes.as_deref());
        let entry = self.entry(&principal.realm, &principal)?;
        let names = names_of_keys(entry, &principal);
        let mut entries: Vec<KeytabEntry> = names
            .iter()
            .flat_map(|name| keytab_entries(entry, name, time))
            .collect();
        if let Some(wanted) = &wanted {
            entries.retain(|entry| wanted.contains(&entry.enctype));
        }
        if entries.is_empty() {
            return Err(VerbError::NoKeys {
                principal: principal.to_string(),
            });
        }
        let host = self.host_mut(copy.to.get_ref())?;
        let before = host.keytab.clone();
        if copy.replace {
            host.keytab
                .entries
                .retain(|entry| entry.principal != principal);
        }
        merge(&mut host.keytab, entries);
        Ok(host.keytab != before)
    }

    fn ktadd(&mut self, copy: &KeytabCopy) -> Result<Changed, VerbError> {
        let principal = self.principal(copy.of.get_ref())?;
        let enctypes = match enctypes(copy.enctypes.as_deref()) {
            Some(enctypes) => enctypes,
            None => self.own_enctypes(&principal)?,
        };
        self.random_keys(&principal, &enctypes, false)?;
        self.export_keytab(copy)
    }

    fn link(&mut self, link: &LinkFault) -> Result<Changed, VerbError> {
        let address = |name: Option<&String>| {
            name.map(|name| self.host(name).map(|host| host.address))
                .transpose()
        };
        let rule = Rule {
            name: link.name.as_ref().map(|name| name.get_ref().clone()),
            from: address(link.from.as_ref().map(|from| from.get_ref()))?,
            to: address(link.to.as_ref().map(|to| to.get_ref()))?,
            message: link
                .message
                .as_ref()
                .map(|message| message.get_ref().clone()),
            principal: match &link.principal {
                Some(principal) => Some(self.principal(principal.get_ref())?),
                None => None,
            },
            transport: link.transport,
            after: link.after,
            count: link.count,
            copy_to: match &link.effect {
                LinkEffect::CopyTo(host) => address(Some(host.get_ref()))?,
                _ => None,
            },
            effect: link.effect.clone(),
            held: Vec::new(),
        };
        self.network.links.rules.push(rule);
        Ok(true)
    }

    fn modify_principal(&mut self, change: &ModifyPrincipal) -> Result<Changed, VerbError> {
        let principal = self.principal(change.name.get_ref())?;
        let entry = self.entry(&principal.realm, &principal)?;
        let mut changed = entry.clone();
        apply_attributes(
            &mut changed.attributes,
            change.attributes.iter().map(|flag| flag.get_ref()),
        )?;
        if let Some(expires) = change.expires {
            changed.expiration = Some(expires.0);
        }
        if let Some(expires) = change.password_expires {
            changed.password_expiration = Some(expires.0);
        }
        if let Some(life) = change.max_life {
            changed.max_life = Some(life.0);
        }
        if let Some(life) = change.max_renewable_life {
            changed.max_renewable_life = Some(life.0);
        }
        if let Some(session) = enctypes(change.session_enctypes.as_deref()) {
            changed.session_enctypes = Some(session);
        }
        if let Some(services) = &change.allowed_to_delegate_to {
            changed.allowed_to_delegate_to = self.principals(services)?;
        }
        let same = entry.attributes == changed.attributes
            && entry.expiration == changed.expiration
            && entry.password_expiration == changed.password_expiration
            && entry.max_life == changed.max_life
            && entry.max_renewable_life == changed.max_renewable_life
            && entry.session_enctypes == changed.session_enctypes
            && entry.allowed_to_delegate_to == changed.allowed_to_delegate_to;
        self.change_database(&principal.realm, |database| {
            database.update(&principal, |entry| *entry = changed)
        })?;
        Ok(!same)
    }

    pub(super) fn run_as(&mut self, run_as: &RunAs) -> Result<Changed, VerbError> {
        let principal = self.principal(run_as.principal.get_ref())?;
        let time = self.now().time();
        let entries = match run_as.password {
            Some(_) => Vec::new(),
            None => keytab_entries(self.entry(&principal.realm, &principal)?, &principal, time),
        };
        let host = self.host_mut(run_as.host.get_ref())?;
        let keytab = Keytab { entries };
        let changed = host.run_as.as_ref() != Some(&principal)
            || host.client_keytab != keytab
            || host.run_as_password != run_as.password;
        host.run_as = Some(principal);
        host.client_keytab = keytab;
        host.run_as_password.clone_from(&run_as.password);
        Ok(changed)
    }

    pub(super) fn set_password(&mut self, change: &SetPassword) -> Result<Changed, VerbError> {
        let user = self.principal(change.user.get_ref())?;
        let enctypes = match enctypes(change.enctypes.as_deref()) {
            Some(enctypes) => enctypes,
            None => self
                .database(&user.realm)?
                .policy()
                .supported_enctypes
                .clone(),
        };
        let entry = self.entry(&user.realm, &user)?;
        self.check_password(entry, &user.realm, &change.password)?;
        self.keys_of_password(&user, &user.realm, &change.password, &enctypes, None, false)?;
        self.store_ntlm_hashes(&user, &change.password);
        let max_life = self.database(&user.realm)?.policy().password.max_life;
        if let Some(life) = max_life {
            let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
            let expiration = self.now().time().saturating_add(seconds);
            self.change_database(&user.realm, |database| {
                database.update(&user, |entry| entry.password_expiration = Some(expiration))
            })?;
        }
        if change.told {
            self.passwords.insert(user, change.password.clone());
        }
        Ok(true)
    }

    /// Whether the realm's policy lets an administrator give `entry` this password.
    fn check_password(
        &self,
        entry: &PrincipalEntry,
        realm: &Realm,
        password: &str,
    ) -> Result<(), VerbError> {
        let database = self.database(realm)?;
        let set_by = PasswordSetBy::Administrator;
        Ok(check_new_password(
            database,
            entry,
            set_by,
            password,
            &self.key_cache,
        )?)
    }

    fn set_trust_key(&mut self, change: &SetTrustKey) -> Result<Changed, VerbError> {
        let trust = self.principal(change.of.get_ref())?;
        let realm = Realm::from(change.realm.get_ref().as_str());
        let password = match &change.password {
            Some(password) => password.clone(),
            None => {
                self.trust_passwords
                    .get(&trust)
                    .cloned()
                    .ok_or_else(|| VerbError::Unknown {
                        what: "password of the trust",
                        name: trust.to_string(),
                    })?
            }
        };
        let enctypes = match enctypes(change.enctypes.as_deref()) {
            Some(enctypes) => enctypes,
            None => self.database(&realm)?.policy().supported_enctypes.clone(),
        };
        if self.database(&realm)?.lookup(&trust).is_none() {
            let mut entry = PrincipalEntry::new(trust);
            let keys = self.password_keys(&entry, &realm, &password, &enctypes)?;
            entry.set_keys_of_version(change.kvno.unwrap_or(1), keys, false);
            return self.change_database(&realm, |database| database.insert(entry));
        }
        self.keys_of_password(&trust, &realm, &password, &enctypes, change.kvno, false)
    }

    /// The types of a principal's newest keys.
    fn own_enctypes(&self, principal: &Principal) -> Result<Vec<Enctype>, VerbError> {
        let entry = self.entry(&principal.realm, principal)?;
        Ok(entry
            .key_sets()
            .first()
            .map(|set| set.keys.iter().map(|key| key.key.enctype()).collect())
            .unwrap_or_default())
    }

    /// The entry of `principal` in the database of `realm`. A trust's principal is in two of them.
    pub(super) fn entry(
        &self,
        realm: &Realm,
        principal: &Principal,
    ) -> Result<&PrincipalEntry, VerbError> {
        self.database(realm)?
            .lookup(principal)
            .ok_or_else(|| VerbError::Unknown {
                what: "principal",
                name: principal.to_string(),
            })
    }
}

/// Whether an act of a step ended as the step says.
fn ended_as(outcome: &Outcome, expected: Option<ErrorName>) -> Result<Changed, VerbError> {
    if outcome.error() == expected {
        return Ok(true);
    }
    let described =
        |error: Option<ErrorName>| error.map_or_else(|| "success".to_owned(), ErrorName::described);
    Err(VerbError::AttemptEndedOtherwise {
        expected: described(expected),
        actual: described(outcome.error()),
    })
}

/// The newest keys of an entry, as a keytab holds them.
pub(super) fn keytab_entries(
    entry: &PrincipalEntry,
    principal: &Principal,
    timestamp: kdclab_proto::KerberosTime,
) -> Vec<KeytabEntry> {
    let Some(newest) = entry.key_sets().first() else {
        return Vec::new();
    };
    newest
        .keys
        .iter()
        .map(|key| KeytabEntry {
            principal: principal.clone(),
            timestamp,
            kvno: newest.kvno,
            enctype: key.key.enctype(),
            key_bytes: Zeroizing::new(key.key.expose_bytes().to_vec()),
        })
        .collect()
}

/// Adds entries; one of the same principal, version and type takes the older one's place.
pub(super) fn merge(keytab: &mut Keytab, entries: Vec<KeytabEntry>) {
    for entry in entries {
        let same = keytab.entries.iter_mut().find(|old| {
            old.principal == entry.principal
                && old.kvno == entry.kvno
                && old.enctype == entry.enctype
        });
        match same {
            Some(old) if old.key_bytes == entry.key_bytes => {}
            Some(old) => *old = entry,
            None => keytab.entries.push(entry),
        }
    }
}

pub(super) fn enctypes(names: Option<&[EnctypeName]>) -> Option<Vec<Enctype>> {
    names.map(|names| names.iter().map(|name| name.0).collect())
}

pub(super) fn apply_attributes<'a>(
    attributes: &mut Attributes,
    flags: impl IntoIterator<Item = &'a String>,
) -> Result<(), VerbError> {
    for flag in flags {
        attributes.apply(flag).map_err(|_| VerbError::Unknown {
            what: "attribute",
            name: flag.clone(),
        })?;
    }
    Ok(())
}
