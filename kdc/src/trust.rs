//! Trusts: principals `krbtgt/B@A` that two databases hold, each with keys of its own.

use kdclab_proto::crypto::{Salt, StringToKeyError};
use kdclab_proto::{Enctype, KeyCache, Principal, Realm};

use crate::entry::{PasswordKeys, PrincipalEntry};
use crate::{Database, DatabaseError};

mod domain;
mod forest;

pub(crate) use domain::dns_name;
pub use domain::{ForestTrustRecord, TrustAttributes, TrustDirection, TrustKind, TrustedDomain};
pub(crate) use forest::Forest;
pub use forest::replicate_forests;

/// One side of a trust: the keys that one realm's database holds for it.
#[derive(Clone)]
pub struct TrustKeys {
    /// The password the keys are derived from.
    pub password: String,
    /// The key version number.
    pub kvno: u32,
    /// The types of key, in order of preference: the first one seals.
    pub enctypes: Vec<Enctype>,
}

impl TrustKeys {
    /// Keys of `password`, version 1, of types 18 and 17.
    pub fn new(password: impl Into<String>) -> Self {
        Self {
            password: password.into(),
            kvno: 1,
            enctypes: vec![
                Enctype::AES256_CTS_HMAC_SHA1_96,
                Enctype::AES128_CTS_HMAC_SHA1_96,
            ],
        }
    }
}

impl std::fmt::Debug for TrustKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustKeys")
            .field("kvno", &self.kvno)
            .field("enctypes", &self.enctypes)
            .finish_non_exhaustive()
    }
}

/// Why a trust cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustError {
    /// A database refuses the principal.
    Database(DatabaseError),
    /// The password gives no key.
    StringToKey(StringToKeyError),
}

impl std::fmt::Display for TrustError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::StringToKey(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrustError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::StringToKey(error) => Some(error),
        }
    }
}

impl From<DatabaseError> for TrustError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl From<StringToKeyError> for TrustError {
    fn from(error: StringToKeyError) -> Self {
        Self::StringToKey(error)
    }
}

/// `krbtgt/TO@FROM`, the principal by which clients of `from` reach services of `to`.
pub fn trust_principal(from: &Realm, to: &Realm) -> Principal {
    Principal::krbtgt(to, from)
}

/// `database` with `krbtgt/TO@FROM` added. A trust takes the same act in the databases of both realms;
/// different keys in the two are the usual way to break it.
///
/// # Errors
/// [`TrustError`] when the principal exists already or the password gives no key.
pub fn add_trust_principal(
    database: &Database,
    from: &Realm,
    to: &Realm,
    keys: &TrustKeys,
    cache: &KeyCache,
) -> Result<Database, TrustError> {
    let mut entry = PrincipalEntry::new(trust_principal(from, to));
    let password = PasswordKeys {
        password: &keys.password,
        enctypes: &keys.enctypes,
        salt: &Salt::Normal,
        s2kparams: None,
    };
    let made = entry.password_keys(&password, cache)?;
    entry.set_keys_of_version(keys.kvno, made, false);
    Ok(database.insert(entry)?)
}

/// The two databases with clients of the first realm able to reach services of the second.
///
/// # Errors
/// [`TrustError`] when a principal exists already or the password gives no key.
pub fn one_way_trust(
    from: &Database,
    to: &Database,
    keys: &TrustKeys,
    cache: &KeyCache,
) -> Result<(Database, Database), TrustError> {
    let (from_realm, to_realm) = (from.realm(), to.realm());
    Ok((
        add_trust_principal(from, from_realm, to_realm, keys, cache)?,
        add_trust_principal(to, from_realm, to_realm, keys, cache)?,
    ))
}

/// The two databases with clients of each realm able to reach services of the other. A trust between
/// parent and child, and a shortcut between any two realms, are the same.
///
/// # Errors
/// [`TrustError`] when a principal exists already or the password gives no key.
pub fn two_way_trust(
    first: &Database,
    second: &Database,
    keys: &TrustKeys,
    cache: &KeyCache,
) -> Result<(Database, Database), TrustError> {
    let (first, second) = one_way_trust(first, second, keys, cache)?;
    let (second, first) = one_way_trust(&second, &first, keys, cache)?;
    Ok((first, second))
}

/// The two domains with a trust of `kind` between them, the objects on both sides and their keys. `direction` is that of
/// the first one's object: [`TrustDirection::Outbound`] lets clients of the second reach services of the first.
///
/// # Errors
/// [`TrustError`] when a principal exists already or the password gives no key.
pub fn establish_trust(
    first: &Database,
    second: &Database,
    kind: TrustKind,
    direction: TrustDirection,
    keys: &TrustKeys,
    cache: &KeyCache,
) -> Result<(Database, Database), TrustError> {
    let there = TrustedDomain::new(second.realm().clone(), kind, direction);
    let back = TrustedDomain::new(first.realm().clone(), kind, direction.reversed());
    Ok((
        first.add_trust(there, keys, cache)?,
        second.add_trust(back, keys, cache)?,
    ))
}
