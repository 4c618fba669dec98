//! A served world over real sockets: its ports, its links with their faults, its services, and what changes it.

mod changes;
mod instances;
mod links;
mod ports;
mod support;
mod web;
