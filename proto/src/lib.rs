//! What every Kerberos role shares.

mod name;
mod time;

pub use name::{KerberosString, NameType, Principal, PrincipalName, Realm};
pub use time::{InvalidTime, KerberosTime, Timestamp};
