//! Scenario files: what is refused, what is warned of, and what editors and authors are told.

mod clusters;
mod documentation;
mod lints;
mod refusals;
mod schema;
mod web;
mod windows;
