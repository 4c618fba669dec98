//! Foreign programs against our KDC, and our client against theirs.
//!
//! These need the packages that `tests/install-peers` installs; a missing program is a failure.

mod driver;
mod gss_acceptor;
mod mit_clients;
mod mit_kdc;
mod mit_realm;
mod served;
mod theft;
