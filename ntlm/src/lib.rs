//! NTLM as MS-NLMP has it: client, server and domain controller as state machines without input and output.
//! Time, randomness and bytes are arguments. Sessions are connection-oriented.

mod client;
mod context;
mod domain_controller;
mod hash;
mod key_stream;
mod level;
pub mod messages;
mod mic;
mod nt_status;
mod oem;
mod primitives;
mod secret;
mod server;
mod session_keys;
mod time;

pub use client::{Authenticated, Client, ClientConfig, ClientError, Credentials};
pub use context::{SIGNATURE_LEN, SecurityContext, SessionSecurityError};
pub use domain_controller::{
    LogonKeys, LogonRefusal, NetworkLogon, StoredHashes, Validation, verify,
};
pub use hash::{Challenge, LM_HASH_MAX_CHARACTERS, LmHash, NtHash, NtlmV2Hash};
pub use level::{LmCompatibilityLevel, ResponseKind, SentResponses};
pub use nt_status::NtStatus;
pub use secret::{LmSessionKey, SessionKey};
pub use server::{Accepted, PendingLogon, Server, ServerConfig, ServerError, ServerStep, Target};
pub use session_keys::{KeyMaterial, Mode, exchange_key, seal_key, sign_key};
pub use time::FileTime;
