//! Foreign programs against our KDC, our client against theirs, and what scenarios say of them.
//!
//! These need the packages that `tests/install-peers` installs; a missing program is a failure.

mod agreement;
mod driver;
mod exec;
mod gokrb5;
mod gss;
mod gss_acceptor;
mod heimdal;
mod krb5kdc;
mod mit_clients;
mod mit_kdc;
mod mit_realm;
mod negotiate;
mod peers;
#[allow(dead_code, reason = "proof.rs uses all of it")]
mod play;
mod recipes;
mod relay;
mod samba;
mod samba_realm;
mod served;
mod theft;
