//! What every Kerberos role shares.

mod ccache;
pub mod crypto;
mod error_code;
mod file;
mod keytab;
mod name;
mod time;

pub use ccache::{
    AuthorizationDatum, Ccache, CcacheConfig, CcacheError, CcacheVersion, Credential, HeaderField,
    HostAddress,
};
pub use crypto::{Enctype, Key, KeyUsage};
pub use error_code::{ErrorCode, LibraryError};
pub use file::Unrepresentable;
pub use keytab::{Keytab, KeytabEntry, KeytabError};
pub use name::{
    InvalidName, InvalidNameReason, KerberosString, NameType, Principal, PrincipalName, Realm,
};
pub use time::{InvalidTime, KerberosTime, Timestamp};
