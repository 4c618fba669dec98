//! A Kerberos failure lab.
//!
//! A scenario describes a world of realms, hosts and services, breaks it, and states how it fails and
//! which fixes help. [`check::run`] plays it with real Kerberos messages on a simulated network;
//! [`serve`] lets the same KDCs answer on loopback. [`Lab`] is the same world inside a test.
//!
//! ```
//! use kdclab::{catalogue, check};
//!
//! let scenario = catalogue::find("service-key-mismatch")?;
//! let report = check::run(&scenario, check::DEFAULT_SEED);
//! assert!(report.is_ok());
//! # Ok::<(), catalogue::CatalogueError>(())
//! ```

pub mod catalogue;
pub mod check;
pub mod cli;
pub mod ctl;
pub mod dialect;
pub mod env;
pub mod exec;
pub mod lab;
pub mod ntlmssp;
pub mod report;
pub mod script;
pub mod serve;
pub mod sim;

#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
struct Embedding;

pub use lab::{Call, Kpasswd, Lab, LabBuilder, LabError};
