//! What every Kerberos role shares: names, times, keys, messages, error codes, keytabs and credential
//! caches. Nothing here has a clock, a source of randomness or input and output of its own.

mod ccache;
pub mod crypto;
mod der;
pub mod digest;
mod error_code;
mod file;
mod keytab;
pub mod messages;
mod name;
mod object_identifier;
mod time;

pub use ccache::{Ccache, CcacheConfig, CcacheCredential, CcacheError, CcacheVersion, HeaderField};
pub use crypto::{Enctype, Key, KeyCache, KeyUsage};
pub use der::DecodeError;
pub use error_code::{ErrorCode, LibraryError};
pub use file::Unrepresentable;
pub use keytab::{Keytab, KeytabEntry, KeytabError};
pub use name::{
    InvalidName, InvalidNameReason, KerberosString, NameType, Principal, PrincipalName, Realm,
};
pub use object_identifier::ObjectIdentifier;
pub use time::{InvalidTime, KerberosTime, Timestamp};
