//! Administrative acts on accounts of Active Directory.

use std::fmt;

use kdclab_proto::crypto::{InvalidKey, StringToKeyError};
use kdclab_proto::{KerberosString, KeyCache, Principal, PrincipalName};
use rand::CryptoRng;

use super::{Database, DatabaseError};
use crate::{Account, PasswordKeys, PrincipalEntry, SupportedEncryptionTypes, UserAccountControl};

/// An account as an administrator describes it.
#[derive(Clone, Default)]
pub struct NewAccount<'a> {
    /// sAMAccountName. A computer's ends in `$`.
    pub sam_account_name: &'a str,
    /// The password; `None` for random keys, as a computer has them that joined.
    pub password: Option<&'a str>,
    /// userAccountControl; `None` for what is usual for a user or a computer.
    pub user_account_control: Option<UserAccountControl>,
    /// userPrincipalName; `None` for an account that logs on by its account name.
    pub user_principal_name: Option<&'a str>,
    /// servicePrincipalName.
    pub service_principal_names: &'a [PrincipalName],
    /// msDS-SupportedEncryptionTypes; `None` for the realm's default.
    pub supported_encryption_types: Option<SupportedEncryptionTypes>,
}

impl fmt::Debug for NewAccount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("sam_account_name", &self.sam_account_name)
            .field("user_account_control", &self.user_account_control)
            .field("user_principal_name", &self.user_principal_name)
            .field("service_principal_names", &self.service_principal_names)
            .finish_non_exhaustive()
    }
}

/// Why an account cannot be made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// The database refuses it.
    Database(DatabaseError),
    /// The realm has a type of key that is not implemented.
    InvalidKey(InvalidKey),
    /// The account has not the servicePrincipalName that is to be deleted.
    ServicePrincipalNameMissing(PrincipalName),
    /// The password gives no key.
    StringToKey(StringToKeyError),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::InvalidKey(error) => error.fmt(f),
            Self::ServicePrincipalNameMissing(name) => {
                write!(f, "the account has no service principal name {name}")
            }
            Self::StringToKey(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AccountError {}

impl From<DatabaseError> for AccountError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl From<InvalidKey> for AccountError {
    fn from(error: InvalidKey) -> Self {
        Self::InvalidKey(error)
    }
}

impl From<StringToKeyError> for AccountError {
    fn from(error: StringToKeyError) -> Self {
        Self::StringToKey(error)
    }
}

impl Database {
    /// With an account added. Randomness is drawn only for an account without a password.
    ///
    /// # Errors
    /// [`AccountError`] when another entry has its sAMAccountName or userPrincipalName, or no keys can be made for it.
    pub fn add_account(
        &self,
        account: &NewAccount<'_>,
        cache: &KeyCache,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, AccountError> {
        let mut entry = PrincipalEntry::new_account(&self.realm, account.sam_account_name);
        if let Some(control) = account.user_account_control {
            entry.set_user_account_control(control);
        }
        let enctypes = &self.policy.supported_enctypes;
        match account.password {
            Some(password) => {
                let password = PasswordKeys {
                    password,
                    enctypes,
                    salt: &self.policy.salt(&entry.principal.name),
                    s2kparams: None,
                };
                entry.set_password(&password, cache, false)?;
            }
            None => {
                entry.set_random_keys(enctypes, rng, false)?;
            }
        }
        let attributes = entry.account.get_or_insert_default();
        attributes.user_principal_name = account.user_principal_name.map(KerberosString::from);
        attributes.service_principal_names = account.service_principal_names.to_vec();
        attributes.supported_encryption_types = account.supported_encryption_types;
        Ok(self.insert(entry)?)
    }

    /// With `change` made to the attributes of an account, which the entry becomes if it was none.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such entry, [`DatabaseError::NameTaken`] when a new userPrincipalName
    /// leads to another one.
    pub fn update_account(
        &self,
        account: &Principal,
        change: impl FnOnce(&mut Account),
    ) -> Result<Self, DatabaseError> {
        self.update(account, |entry| {
            change(entry.account.get_or_insert_default());
        })
    }

    /// With a servicePrincipalName added to an account (`setspn -A`), also where another account has it already. Adding it
    /// twice to one account has no effect.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such account.
    pub fn add_service_principal_name(
        &self,
        account: &Principal,
        name: &PrincipalName,
    ) -> Result<Self, DatabaseError> {
        self.update_account(account, |attributes| {
            let names = &mut attributes.service_principal_names;
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.clone());
            }
        })
    }

    /// With a servicePrincipalName taken from an account (`setspn -D`).
    ///
    /// # Errors
    /// [`AccountError`] when there is no such account, or it has not the name.
    pub fn delete_service_principal_name(
        &self,
        account: &Principal,
        name: &PrincipalName,
    ) -> Result<Self, AccountError> {
        let mut is_there = false;
        let changed = self.update_account(account, |attributes| {
            let names = &mut attributes.service_principal_names;
            let before = names.len();
            names.retain(|known| !known.eq_ignore_ascii_case(name));
            is_there = names.len() < before;
        })?;
        if !is_there {
            return Err(AccountError::ServicePrincipalNameMissing(name.clone()));
        }
        Ok(changed)
    }

    /// With the userPrincipalName of an account replaced, or removed.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such account, [`DatabaseError::NameTaken`] when another entry has the
    /// name.
    pub fn set_user_principal_name(
        &self,
        account: &Principal,
        name: Option<&str>,
    ) -> Result<Self, DatabaseError> {
        self.update_account(account, |attributes| {
            attributes.user_principal_name = name.map(KerberosString::from);
        })
    }

    /// With the userAccountControl of an account replaced.
    ///
    /// # Errors
    /// [`DatabaseError::Unknown`] when there is no such account.
    pub fn set_user_account_control(
        &self,
        account: &Principal,
        control: UserAccountControl,
    ) -> Result<Self, DatabaseError> {
        self.update(account, |entry| entry.set_user_account_control(control))
    }

    /// The accounts that have a servicePrincipalName (`setspn -Q`): more than one is a fault. Other names do not count, and
    /// neither do classes that are mapped to others.
    pub fn holders_of_service_principal_name(
        &self,
        name: &PrincipalName,
    ) -> impl Iterator<Item = &PrincipalEntry> {
        let name = self.folded(&name.clone().at(self.realm.clone()));
        let holders = self.services.get(&name).into_iter().flatten();
        holders.filter_map(|holder| self.entries.get(holder).map(AsRef::as_ref))
    }
}
