//! The two ends of an application session: the initiator, which gets tickets, and the acceptor, which
//! checks them. State machines without input and output: time, randomness and bytes are arguments.

mod accept_error;
mod acceptor;
mod ap_exchange;
mod as_exchange;
mod config;
mod credential;
mod credential_store;
mod dialect;
mod error;
mod established;
pub mod gss;
mod kpasswd;
mod krb_cred;
mod realm_path;
mod replay_cache;
mod reply_check;
mod s4u2self;
mod send_to_kdc;
mod session;
pub mod spnego;
mod step;
mod tgs_exchange;

pub use accept_error::{AcceptError, SessionKeyKind, WantedKey};
pub use acceptor::{Accepted, Acceptor, AcceptorName, Framing, Refused};
pub use ap_exchange::{ApExchange, ApExchangeError, ApParameters};
pub use as_exchange::{AsExchange, AsOutcome, AsParameters, Secret};
pub use config::{ClientConfig, CryptoPolicy};
pub use credential::Credential;
pub use credential_store::{CredentialQuery, CredentialStore, UnusableEntry, UnusableEntryReason};
pub use dialect::Dialect;
pub use error::{ClientError, Exchange, Refusal, SecretKind};
pub use established::EstablishedContext;
pub use kpasswd::{KpasswdExchange, KpasswdFailure, KpasswdParameters};
pub use krb_cred::KrbCredError;
pub use replay_cache::{NotStored, PresentedAuthenticator, ReplayCache, ReplayKey};
pub use reply_check::ReplyMismatch;
pub use s4u2self::{S4u2SelfExchange, S4u2SelfParameters};
pub use send_to_kdc::{
    Action, Event, FailureReason, KdcUnreachable, SendToKdc, ServerFailure, Transport,
};
pub use session::{Session, SessionError, SessionOptions};
pub use step::{Answer, Step};
pub use tgs_exchange::{TgsExchange, TgsParameters, TgsPurpose};

use established::sequence_number;
