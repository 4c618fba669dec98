//! What a KDC answers, by the section of the specification or the implementation that says so.

mod active_directory;
mod common;
mod database;
mod hostile;
mod mit;
mod ms_sfu;
mod rfc3244;
mod rfc4120;
mod rfc6806;
