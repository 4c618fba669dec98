//! The lab inside a program: single verbs, and worlds as values.

mod labs;
mod steps;
