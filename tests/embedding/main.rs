//! The lab inside a program: single verbs, and worlds as values.

mod steps;
