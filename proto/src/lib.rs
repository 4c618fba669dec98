//! What every Kerberos role shares.

pub mod crypto;
mod error_code;
mod name;
mod time;

pub use crypto::{Enctype, Key, KeyUsage};
pub use error_code::{ErrorCode, LibraryError};
pub use name::{
    InvalidName, InvalidNameReason, KerberosString, NameType, Principal, PrincipalName, Realm,
};
pub use time::{InvalidTime, KerberosTime, Timestamp};
