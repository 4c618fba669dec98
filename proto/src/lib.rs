//! What every Kerberos role shares.

pub mod crypto;
mod name;
mod time;

pub use crypto::{Enctype, Key, KeyUsage};
pub use name::{KerberosString, NameType, Principal, PrincipalName, Realm};
pub use time::{InvalidTime, KerberosTime, Timestamp};
