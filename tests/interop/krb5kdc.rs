//! The realms of a scenario in MIT's own KDC: tables and administrative verbs as commands of kadmin.local.

mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use kdclab::script::model::{RealmSettings, ServiceTable, TextOr, UserTable};
use kdclab::script::values::EnctypeName;
use kdclab::script::verb::Verb;
use kdclab::script::{Scope, Script, Spanned};
use kdclab_proto::{Keytab, Principal};

use self::words::{
    SUPPORTED, expirations, kdcdefaults, libdefaults, names, seconds, secret, section,
};
use crate::mit_realm::{MitRealm, RealmSetup};

/// A scenario's realms, served by krb5kdc.
pub(crate) struct Krb5kdc {
    pub(crate) realm: MitRealm,
    scope: Scope,
    /// The encryption types of new keys, by realm.
    supported: BTreeMap<String, String>,
    /// The encryption types of services that have their own.
    own: BTreeMap<Principal, String>,
}

impl Krb5kdc {
    pub(crate) fn start(script: &Script) -> Self {
        let setups: Vec<_> = script
            .realm
            .iter()
            .map(|(name, table)| RealmSetup {
                name: name.get_ref(),
                prepare: &[],
                section: section(&table.settings),
            })
            .collect();
        let first = script.realm.values().next().expect("a realm");
        let realm = MitRealm::with(
            &setups,
            &libdefaults(&first.settings),
            &kdcdefaults(&first.settings),
        );
        let mut this = Self {
            realm,
            scope: Scope::new(script),
            supported: BTreeMap::new(),
            own: BTreeMap::new(),
        };
        this.fill(script);
        this
    }

    fn fill(&mut self, script: &Script) {
        for (name, table) in &script.realm {
            let name = name.get_ref();
            let types = names(table.settings.enctypes.as_deref());
            self.supported
                .insert(name.clone(), types.unwrap_or_else(|| SUPPORTED.to_owned()));
            if let Some(lockout) = table.settings.lockout {
                let mut command = format!("addpol -maxfailure {}", lockout.maxfailure);
                for (flag, span) in [
                    ("-failurecountinterval", lockout.failurecountinterval),
                    ("-lockoutduration", lockout.lockoutduration),
                ] {
                    if let Some(span) = span {
                        command.push_str(&format!(" {flag} {}", seconds(span)));
                    }
                }
                self.realm.kadmin(name, &format!("{command} lockout"));
            }
            for (user, table_of_user) in &table.users {
                self.add_user(name, &table.settings, user.get_ref(), table_of_user);
            }
            for (service, table) in &table.services {
                self.add_service(name, service.get_ref(), table);
            }
        }
        for trust in &script.trust {
            let (from, to) = (trust.from.get_ref(), trust.to.get_ref());
            let mut principals = vec![format!("krbtgt/{to}@{from}")];
            if trust.two_way {
                principals.push(format!("krbtgt/{from}@{to}"));
            }
            for realm in [from, to] {
                let types = names(trust.enctypes.as_deref());
                let types = types.unwrap_or_else(|| self.supported[realm].clone());
                let secret = secret(Some(&trust.password));
                for principal in &principals {
                    let command = format!("addprinc -e \"{types}\" {secret} {principal}");
                    self.realm.kadmin(realm, &command);
                }
            }
        }
        for (host, table) in &script.host {
            if let Some(principal) = &table.run_as {
                self.client_keytab_of(host.get_ref(), principal.get_ref());
            }
        }
    }

    fn add_user(
        &self,
        realm: &str,
        settings: &RealmSettings,
        name: &str,
        user: &TextOr<UserTable>,
    ) {
        let plain;
        let user = match user {
            TextOr::Table(user) => user,
            TextOr::Text(password) => {
                plain = UserTable {
                    password: password.clone(),
                    ..UserTable::default()
                };
                &plain
            }
        };
        let types = names(user.enctypes.as_deref());
        let mut command = format!(
            "addprinc -pw \"{}\" -e \"{}\"",
            user.password,
            types.as_ref().unwrap_or_else(|| &self.supported[realm])
        );
        if settings.requires_preauth != Some(false) {
            command.push_str(" +requires_preauth");
        }
        if settings.lockout.is_some() {
            command.push_str(" -policy lockout");
        }
        for attribute in &user.attributes {
            command.push_str(&format!(" {}", attribute.get_ref()));
        }
        command.push_str(&expirations(user.expires, user.password_expires));
        self.realm.kadmin(realm, &format!("{command} {name}"));
    }

    fn add_service(&mut self, realm: &str, name: &str, service: &TextOr<ServiceTable>) {
        let plain;
        let service = match service {
            TextOr::Table(service) => service,
            TextOr::Text(host) => {
                plain = ServiceTable {
                    host: Some(Spanned::new(0..0, host.clone())),
                    ..ServiceTable::default()
                };
                &plain
            }
        };
        let principal = self.principal(&format!("{name}@{realm}"));
        let own = names(service.enctypes.as_deref());
        let types = own.as_ref().unwrap_or_else(|| &self.supported[realm]);
        let mut command = format!("addprinc -randkey -e \"{types}\"");
        for attribute in &service.attributes {
            command.push_str(&format!(" {}", attribute.get_ref()));
        }
        self.realm.kadmin(realm, &format!("{command} {name}"));
        if let Some(types) = names(service.session_enctypes.as_deref()) {
            let command = format!("setstr {name} session_enctypes \"{types}\"");
            self.realm.kadmin(realm, &command);
        }
        if let Some(own) = own {
            self.own.insert(principal.clone(), own);
        }
        for host in service.host.iter().chain(&service.also_on) {
            let wanted = service.keytab_enctypes.as_deref();
            self.export(&self.keytab(host.get_ref()), &principal, wanted, false);
        }
    }

    /// Does one verb.
    pub(crate) fn apply(&mut self, verb: &Verb) {
        match verb {
            Verb::AddPrincipal(added) => {
                let principal = self.principal(added.name.get_ref());
                let types = self.types(&principal, added.enctypes.as_deref());
                let secret = secret(added.password.as_deref());
                self.kadmin(&principal, &format!("addprinc {secret} -e \"{types}\""));
            }
            Verb::ChangeKey(change) => {
                let principal = self.principal(change.of.get_ref());
                let types = self.types(&principal, change.enctypes.as_deref());
                let secret = secret(change.password.as_deref());
                let keep = if change.keep_old { "-keepold " } else { "" };
                self.kadmin(&principal, &format!("cpw {keep}{secret} -e \"{types}\""));
            }
            Verb::ConfigureRealm(change) => {
                let types = names(change.set.enctypes.as_deref());
                let types = types.expect("krb5kdc is not started again for other settings");
                self.supported.insert(change.realm.get_ref().clone(), types);
            }
            // The served krb5.conf has it.
            Verb::ConfigureClient(_) => {}
            Verb::ExportKeytab(copy) => {
                let principal = self.principal(copy.of.get_ref());
                let wanted = copy.enctypes.as_deref();
                self.export(
                    &self.keytab(copy.to.get_ref()),
                    &principal,
                    wanted,
                    copy.replace,
                );
            }
            Verb::Ktadd(copy) => {
                let principal = self.principal(copy.of.get_ref());
                let types = self.types(&principal, copy.enctypes.as_deref());
                self.kadmin(&principal, &format!("cpw -randkey -e \"{types}\""));
                self.export(
                    &self.keytab(copy.to.get_ref()),
                    &principal,
                    None,
                    copy.replace,
                );
            }
            Verb::Ktremove(removal) => {
                let principal = self.principal(removal.of.get_ref());
                let path = self.keytab(removal.from.get_ref());
                let command = format!("ktremove -k {} {principal} all", path.display());
                self.realm.kadmin(&principal.realm.to_string(), &command);
            }
            Verb::ModifyPrincipal(change) => {
                let principal = self.principal(change.name.get_ref());
                if let Some(types) = names(change.session_enctypes.as_deref()) {
                    let command = format!("setstr {principal} session_enctypes \"{types}\"");
                    self.realm.kadmin(&principal.realm.to_string(), &command);
                }
                let mut command = String::from("modprinc");
                for attribute in &change.attributes {
                    command.push_str(&format!(" {}", attribute.get_ref()));
                }
                for (flag, span) in [
                    ("-maxlife", change.max_life),
                    ("-maxrenewlife", change.max_renewable_life),
                ] {
                    if let Some(span) = span {
                        command.push_str(&format!(" {flag} {}", seconds(span)));
                    }
                }
                command.push_str(&expirations(change.expires, change.password_expires));
                if command != "modprinc" {
                    self.kadmin(&principal, &command);
                }
            }
            Verb::RemovePrincipal(name) => {
                let principal = self.principal(name.get_ref());
                self.kadmin(&principal, "delprinc -force");
            }
            Verb::RemoveTrustKey(side) => {
                let command = format!("delprinc -force {}", side.of.get_ref());
                self.realm.kadmin(side.realm.get_ref(), &command);
            }
            Verb::ResetKey(name) => {
                let principal = self.principal(name.get_ref());
                let types = self.types(&principal, None);
                self.kadmin(&principal, &format!("cpw -randkey -e \"{types}\""));
            }
            Verb::RunAs(run_as) if run_as.password.is_some() => {}
            Verb::RunAs(run_as) => {
                self.client_keytab_of(run_as.host.get_ref(), run_as.principal.get_ref());
            }
            Verb::SetPassword(change) => {
                let principal = self.principal(change.user.get_ref());
                let types = self.types(&principal, change.enctypes.as_deref());
                let secret = secret(Some(&change.password));
                self.kadmin(&principal, &format!("cpw {secret} -e \"{types}\""));
            }
            Verb::SetTrustKey(change) => {
                let realm = change.realm.get_ref();
                let types = names(change.enctypes.as_deref());
                let types = types.unwrap_or_else(|| self.supported[realm].clone());
                let secret = secret(change.password.as_deref());
                let of = change.of.get_ref();
                self.realm
                    .kadmin(realm, &format!("cpw {secret} -e \"{types}\" {of}"));
                if let Some(kvno) = change.kvno {
                    self.realm
                        .kadmin(realm, &format!("modprinc -kvno {kvno} {of}"));
                }
            }
            Verb::Unlock(name) => {
                let principal = self.principal(name.get_ref());
                self.kadmin(&principal, "modprinc -unlock");
            }
            other => panic!("krb5kdc has no {other:?}"),
        }
    }

    fn kadmin(&self, principal: &Principal, command: &str) {
        self.realm.kadmin(
            &principal.realm.to_string(),
            &format!("{command} {principal}"),
        );
    }

    fn principal(&self, name: &str) -> Principal {
        self.scope.parse(name).unwrap()
    }

    fn types(&self, principal: &Principal, stated: Option<&[EnctypeName]>) -> String {
        names(stated)
            .or_else(|| self.own.get(principal).cloned())
            .unwrap_or_else(|| self.supported[&principal.realm.to_string()].clone())
    }

    pub(crate) fn keytab(&self, host: &str) -> PathBuf {
        self.realm.path(&format!("{host}.keytab"))
    }

    pub(crate) fn client_keytab(&self, host: &str) -> PathBuf {
        self.realm.path(&format!("{host}.client.keytab"))
    }

    fn client_keytab_of(&self, host: &str, principal: &str) {
        let path = self.client_keytab(host);
        let _ = std::fs::remove_file(&path);
        self.export(&path, &self.principal(principal), None, false);
    }

    /// Copies the current keys of `principal` into the keytab at `path`.
    fn export(
        &self,
        path: &PathBuf,
        principal: &Principal,
        wanted: Option<&[EnctypeName]>,
        replace: bool,
    ) {
        let mut exported = self
            .realm
            .keytab(&principal.realm.to_string(), &[&principal.to_string()]);
        if let Some(wanted) = wanted {
            exported
                .entries
                .retain(|entry| wanted.iter().any(|wanted| wanted.0 == entry.enctype));
        }
        let mut keytab = read_keytab(path);
        keytab.entries.retain(|old| {
            let same = exported.entries.iter().any(|new| {
                old.kvno == new.kvno && old.enctype == new.enctype && old.principal == new.principal
            });
            !(same || replace && old.principal == *principal)
        });
        keytab.entries.extend(exported.entries);
        std::fs::write(path, keytab.to_bytes().unwrap()).unwrap();
    }
}

fn read_keytab(path: &PathBuf) -> Keytab {
    match std::fs::read(path) {
        Ok(bytes) => Keytab::parse(&bytes).unwrap(),
        Err(_) => Keytab::default(),
    }
}
