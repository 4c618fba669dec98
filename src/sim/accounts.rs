//! The accounts of Active Directory: who has their passwords, and under which names their services go.

use kdclab_kdc::{
    Account, AccountError, AllowedToAuthenticate, DatabaseError, LogonHours, NewAccount,
    PrincipalEntry, SupportedEncryptionTypes, UserAccountControl, host_service_principal_names,
};
use kdclab_proto::{NameType, Principal, PrincipalName, Realm};

use super::acceptors::{Service, port_of};
use super::build::parse_name;
use super::outcome::VerbError;
use super::verbs::{keytab_entries, merge};
use super::world::World;
use crate::script::Spanned;
use crate::script::model::{AccountTable, LogonHoursTable};
use crate::script::values::{AccountFlag, EnctypeName};
use crate::script::verb::{ModifyAccount, Setspn};

impl World {
    pub(super) fn add_account(
        &mut self,
        realm: &Realm,
        name: &str,
        account: &AccountTable,
    ) -> Result<(), VerbError> {
        let principal = parse_name(name)?.at(realm.clone());
        let names = match &account.service_principal_names {
            Some(names) => names
                .iter()
                .map(|name| parse_name(name.get_ref()))
                .collect::<Result<_, _>>()?,
            None if name.ends_with('$') => host_service_principal_names(name, realm).to_vec(),
            None => Vec::new(),
        };
        let new = NewAccount {
            sam_account_name: name,
            password: account.password.as_deref(),
            user_account_control: account.user_account_control.as_deref().map(control),
            user_principal_name: account
                .user_principal_name
                .as_ref()
                .map(|name| name.get_ref().as_str()),
            service_principal_names: &names,
            supported_encryption_types: account
                .supported_encryption_types
                .as_ref()
                .map(|types| supported_types(types.get_ref())),
        };
        let allowed = self.allowed_to_authenticate(&account.allowed_to_authenticate)?;
        let database = self
            .database(realm)?
            .clone()
            .add_account(&new, &self.key_cache, &mut self.admin_rng)?
            .update_account(&principal, |attributes| {
                attributes.logon_hours = account.logon_hours.map(logon_hours);
                attributes.allowed_to_authenticate = allowed;
            })
            .map_err(VerbError::Database)?;
        self.databases.insert(realm.clone(), database);
        if let Some(password) = &account.password {
            self.passwords.insert(principal.clone(), password.clone());
        }
        let entry = self.entry(realm, &principal)?.clone();
        for host in account.host.iter().flat_map(|host| &host.get_ref().0) {
            self.give_account(host, &entry, &names)?;
        }
        Ok(())
    }

    /// Lets a host have the password of an account: its services go by the account's names. The first computer is
    /// the host's own.
    fn give_account(
        &mut self,
        host: &str,
        entry: &PrincipalEntry,
        names: &[PrincipalName],
    ) -> Result<(), VerbError> {
        let now = self.now.time();
        let account = entry.principal();
        let realm = &account.realm;
        let account_name = account.name.to_string();
        let computer = account_name.strip_suffix('$');
        let bare = computer.unwrap_or(&account_name);
        let bare = PrincipalName::new(NameType::PRINCIPAL, [bare]);
        let names = names
            .iter()
            .flat_map(|name| std::iter::once(name.clone()).chain(names_of_host(name)));
        for name in names.chain([bare]) {
            let name = name.at(realm.clone());
            let service = Service {
                hosts: Vec::new(),
                port: port_of(&name),
            };
            let hosts = &mut self.services.entry(name).or_insert(service).hosts;
            if !hosts.iter().any(|other| other == host) {
                hosts.push(host.to_owned());
            }
        }
        let host = self.host_mut(host)?;
        for name in names_of_keys(entry, account) {
            merge(&mut host.keytab, keytab_entries(entry, &name, now));
        }
        if host.computer_name.is_none()
            && let Some(computer) = computer
        {
            host.identity = Some(identity_of(computer, realm));
            host.computer_name = Some(computer.to_owned());
        }
        Ok(())
    }

    pub(super) fn setspn(&mut self, change: &Setspn) -> Result<bool, VerbError> {
        let account = self.principal(change.account.get_ref())?;
        let mut changed = false;
        for (name, is_new) in [(&change.delete, false), (&change.add, true)] {
            let Some(name) = name else { continue };
            let name = parse_name(name.get_ref())?;
            let entry = self.entry(&account.realm, &account)?;
            let text = name.to_string();
            let has_it = entry
                .account
                .iter()
                .flat_map(|account| &account.service_principal_names)
                .any(|other| other.to_string().eq_ignore_ascii_case(&text));
            if has_it == is_new {
                continue;
            }
            changed = true;
            let database = self.database(&account.realm)?;
            let after = match is_new {
                true => database
                    .add_service_principal_name(&account, &name)
                    .map_err(VerbError::Database)?,
                false => database.delete_service_principal_name(&account, &name)?,
            };
            self.change_database(&account.realm, |_| Ok::<_, DatabaseError>(after))?;
        }
        Ok(changed)
    }

    pub(super) fn modify_account(&mut self, change: &ModifyAccount) -> Result<bool, VerbError> {
        let account = self.principal(change.name.get_ref())?;
        let before = self.entry(&account.realm, &account)?.clone();
        let allowed = change
            .allowed_to_authenticate
            .as_deref()
            .map(|names| self.allowed_to_authenticate(names))
            .transpose()?;
        if let Some(name) = &change.user_principal_name {
            let name = Some(name.as_str()).filter(|name| !name.is_empty());
            self.change_database(&account.realm, |database| {
                database.set_user_principal_name(&account, name)
            })?;
        }
        if let Some(flags) = &change.user_account_control {
            self.change_database(&account.realm, |database| {
                database.set_user_account_control(&account, control(flags))
            })?;
        }
        self.change_database(&account.realm, |database| {
            database.update_account(&account, |attributes| {
                change_attributes(attributes, change, allowed);
            })
        })?;
        let after = self.entry(&account.realm, &account)?;
        Ok(after.account != before.account || after.attributes != before.attributes)
    }

    /// Names of clients and of realms.
    fn allowed_to_authenticate(
        &self,
        names: &[Spanned<String>],
    ) -> Result<Vec<AllowedToAuthenticate>, VerbError> {
        let allowed = |name: &Spanned<String>| {
            let realm = Realm::from(name.get_ref().as_str());
            if self.scope.is_realm(name.get_ref()) {
                return Ok(AllowedToAuthenticate::Realm(realm));
            }
            self.principal(name.get_ref())
                .map(AllowedToAuthenticate::Principal)
        };
        names.iter().map(allowed).collect()
    }
}

impl From<AccountError> for VerbError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Database(error) => Self::Database(error),
            AccountError::InvalidKey(error) => Self::InvalidKey(error),
            AccountError::ServicePrincipalNameMissing(name) => Self::Unknown {
                what: "service principal name",
                name: name.to_string(),
            },
            AccountError::StringToKey(error) => Self::StringToKey(error),
        }
    }
}

fn change_attributes(
    account: &mut Account,
    change: &ModifyAccount,
    allowed: Option<Vec<AllowedToAuthenticate>>,
) {
    if let Some(types) = &change.supported_encryption_types {
        account.supported_encryption_types =
            Some(supported_types(types)).filter(|_| !types.is_empty());
    }
    if let Some(hours) = change.logon_hours {
        account.logon_hours = Some(logon_hours(hours));
    }
    if let Some(allowed) = allowed {
        account.allowed_to_authenticate = allowed;
    }
}

/// The names under which a host keeps the keys of an account: all that its services go by.
pub(super) fn names_of_keys(entry: &PrincipalEntry, principal: &Principal) -> Vec<Principal> {
    let mut names = vec![principal.clone()];
    let Some(account) = &entry.account else {
        return names;
    };
    let realm = &principal.realm;
    let account_name = entry.principal().name.to_string();
    let computer = account_name.strip_suffix('$');
    names.extend(computer.map(|computer| identity_of(computer, realm)));
    let services = account.service_principal_names.iter();
    let services =
        services.flat_map(|name| std::iter::once(name.clone()).chain(names_of_host(name)));
    names.extend(services.map(|name| name.at(realm.clone())));
    names
}

/// As whom a computer signs its refusals.
fn identity_of(computer: &str, realm: &Realm) -> Principal {
    let domain = realm.to_string().to_ascii_lowercase();
    let full = format!("{computer}.{domain}");
    PrincipalName::new(NameType::SRV_INST, ["host", full.as_str()]).at(realm.clone())
}

/// The classes of service that a host's own name stands for as well, as far as scenarios call them.
const HOST_CLASSES: [&str; 2] = ["cifs", "HTTP"];

/// The names that `HOST/x` stands for.
pub(crate) fn names_of_host(name: &PrincipalName) -> impl Iterator<Item = PrincipalName> + use<> {
    let host = match name.components.as_slice() {
        [class, host] if class.as_bytes().eq_ignore_ascii_case(b"host") => Some(host.clone()),
        _ => None,
    };
    let names = host.map(|host| {
        HOST_CLASSES.map(|class| PrincipalName {
            name_type: NameType::SRV_INST,
            components: vec![class.into(), host.clone()],
        })
    });
    names.into_iter().flatten()
}

fn control(flags: &[AccountFlag]) -> UserAccountControl {
    flags
        .iter()
        .fold(UserAccountControl::NONE, |control, flag| control | flag.0)
}

fn supported_types(types: &[EnctypeName]) -> SupportedEncryptionTypes {
    let all = SupportedEncryptionTypes::known();
    all.filter(|bit| {
        let of_bit = bit.ticket_enctypes();
        types.iter().any(|wanted| of_bit.contains(&wanted.0))
    })
    .fold(SupportedEncryptionTypes::NONE, |types, bit| types | bit)
}

fn logon_hours(table: LogonHoursTable) -> LogonHours {
    let mut hours = LogonHours::NEVER;
    for day in 0..7 {
        for hour in table.from..table.to {
            hours.set(day, hour.into(), true);
        }
    }
    hours
}
