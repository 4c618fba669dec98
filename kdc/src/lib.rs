//! A Kerberos KDC without input and output: one request, the time and randomness go in, a reply comes
//! out. [`Kdc::handle`] is the entry point, [`Database`] is what it answers from, [`Traffic`] is what it
//! remembers of requests.

mod as_exchange;
mod attributes;
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

pub use attributes::{Attributes, UnknownAttribute};
pub use database::{Database, DatabaseError};
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
    TrustError, TrustKeys, add_trust_principal, one_way_trust, trust_principal, two_way_trust,
};
