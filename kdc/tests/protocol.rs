//! What a KDC answers, by the section of the specification that says so.

mod common;
mod rfc4120;
