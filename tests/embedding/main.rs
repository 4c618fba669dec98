//! The lab inside a program: single verbs, and worlds as values.

mod aimed_faults;
mod expired_tickets;
mod labs;
mod steps;
