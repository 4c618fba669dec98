//! The two ends of an application session: the initiator, which gets tickets, and the acceptor, which
//! checks them. State machines without input and output: time, randomness and bytes are arguments.

mod config;
mod credential;
mod dialect;

pub use config::ClientConfig;
pub use credential::Credential;
pub use dialect::Dialect;
