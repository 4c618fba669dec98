//! What every Kerberos role shares.

pub mod crypto;
mod error_code;
mod file;
mod keytab;
mod name;
mod time;

pub use crypto::{Enctype, Key, KeyUsage};
pub use error_code::{ErrorCode, LibraryError};
pub use file::Unrepresentable;
pub use keytab::{Keytab, KeytabEntry, KeytabError};
pub use name::{
    InvalidName, InvalidNameReason, KerberosString, NameType, Principal, PrincipalName, Realm,
};
pub use time::{InvalidTime, KerberosTime, Timestamp};
