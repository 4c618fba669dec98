//! The two ends of an application session: the initiator, which gets tickets, and the acceptor, which
//! checks them. State machines without input and output: time, randomness and bytes are arguments.

mod accept_error;
mod acceptor;
mod ap_exchange;
mod config;
mod credential;
mod dialect;
mod established;
pub mod gss;
mod krb_cred;
mod replay_cache;

pub use accept_error::{AcceptError, SessionKeyKind, WantedKey};
pub use acceptor::{Accepted, Acceptor, AcceptorName, Framing, Refused};
pub use ap_exchange::{ApExchange, ApExchangeError, ApParameters};
pub use config::ClientConfig;
pub use credential::Credential;
pub use dialect::Dialect;
pub use established::EstablishedContext;
pub use krb_cred::KrbCredError;
pub use replay_cache::{NotStored, PresentedAuthenticator, ReplayCache, ReplayKey};

use established::sequence_number;
