//! The two ends of an application session: the initiator, which gets tickets, and the acceptor, which
//! checks them. State machines without input and output: time, randomness and bytes are arguments.

mod as_exchange;
mod config;
mod credential;
mod credential_store;
mod dialect;
mod error;
mod realm_path;
mod reply_check;
mod send_to_kdc;
mod step;
mod tgs_exchange;

pub use as_exchange::{AsExchange, AsOutcome, AsParameters, Secret};
pub use config::ClientConfig;
pub use credential::Credential;
pub use credential_store::{CredentialQuery, CredentialStore, UnusableEntry, UnusableEntryReason};
pub use dialect::Dialect;
pub use error::{ClientError, Exchange, Refusal, SecretKind};
pub use reply_check::ReplyMismatch;
pub use send_to_kdc::{
    Action, Event, FailureReason, KdcUnreachable, SendToKdc, ServerFailure, Transport,
};
pub use step::{Answer, Step};
pub use tgs_exchange::{TgsExchange, TgsParameters, TgsPurpose};
