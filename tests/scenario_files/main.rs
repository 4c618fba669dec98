//! Scenario files: what is refused, and what editors are told.

mod refusals;
mod schema;
