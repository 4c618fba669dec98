//! NTLM against its document, the catalogue of failures and an implementation that is not ours.

mod domain_controller;
mod exchange;
mod messages;
mod parties;
mod session;
mod sspi_peer;
mod truth_table;
mod vectors;
