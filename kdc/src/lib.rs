//! A Kerberos KDC without input and output: one request, the time and randomness go in, a reply comes
//! out. [`Kdc::handle`] is the entry point, [`Database`] is what it answers from, [`Traffic`] is what it
//! remembers of requests.

mod account;
mod as_exchange;
mod attributes;
mod bits;
mod context;
mod database;
mod entry;
mod error;
mod kdc;
mod kpasswd;
mod outcome;
mod policy;
mod preauth;
mod route;
mod tgs;
mod traffic;
mod transited;
mod trust;

pub use account::{
    Account, AllowedToAuthenticate, InvalidServicePrincipalName, LogonHours,
    SupportedEncryptionTypes, UserAccountControl, host_service_principal_names,
    parse_service_principal_name,
};
pub use attributes::{Attributes, UnknownAttribute};
pub use database::{AccountError, Database, DatabaseError, NewAccount};
pub use entry::{KeySet, LockoutPolicy, LongTermKey, PasswordKeys, PrincipalEntry, PrincipalId};
pub use error::{KdcError, PreauthFailure};
pub use kdc::{Kdc, Protocol, Transport};
pub use kpasswd::{
    Kpasswd, KpasswdAnswer, KpasswdError, KpasswdExchange, KpasswdOutcome, PasswordSetBy,
    changepw_of, check_new_password,
};
pub use outcome::{DropCause, Exchange, Issued, Outcome, Reply, RequestKind};
pub use policy::{AsRepDefect, Dialect, PasswordPolicy, RealmPolicy};
pub use traffic::{LockedUntil, LogonHistory, Traffic};
pub use transited::{InvalidTransited, add_transited, expand_transited};
pub use trust::{
    ForestTrustRecord, TrustAttributes, TrustDirection, TrustError, TrustKeys, TrustKind,
    TrustedDomain, add_trust_principal, establish_trust, one_way_trust, replicate_forests,
    trust_principal, two_way_trust,
};
