//! The simulated world: hosts with clocks, a network, KDCs, acceptors and clients.
//!
//! Everything that happens is an event in virtual time. A client is a state machine that the event loop
//! feeds; several may run at the same instant. A world is a value: a clone goes its own way.

mod acceptors;
mod accounts;
mod aim;
mod build;
mod client;
mod daemons;
mod dissection;
mod expiry;
mod host;
mod http;
mod inspection;
mod kdcs;
mod label;
mod links;
mod network;
mod outcome;
mod random;
mod rewrite;
mod served;
mod site;
mod theft;
mod trusts;
mod verbs;
mod web;
mod windows;
mod world;

pub(crate) use accounts::names_of_host;
pub(crate) use daemons::DaemonError;
pub use daemons::DaemonFailure;
pub use dissection::{Dissection, Holder, SealedPart};
pub(crate) use dissection::{PART_NAMES, names as holder_names};
pub use http::HttpConnection;
pub(crate) use kdcs::{KDC_PORT, KPASSWD_PORT, request_in};
pub(crate) use links::Passage;
pub use network::{Fate, Packet, Payload};
pub use outcome::{Failure, OsError, Outcome, SessionError, VerbError};
pub use served::KdcNow;
pub(crate) use served::{Gate, Listening, ListeningService};
pub use theft::Forgery;
pub use world::World;

/// A message behind its length in four octets, as it travels on a stream (RFC 4120 section 7.2.2).
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), message].concat()
}
