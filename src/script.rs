//! Scenario files: what they say, and what is wrong with one.
//!
//! A file is TOML; every table refuses keys it does not know. Reading happens in two passes: the shape
//! (types, keys, durations), then the references (every host, principal and realm that a step names
//! must exist). Both report the line, the column and the choices.

pub mod model;
mod scope;
mod source;
pub mod values;
pub mod verb;

use std::path::Path;

pub use model::Script;
pub use scope::Scope;
pub(crate) use source::choices;
pub use source::{Fault, Source};

/// Reads one scenario file.
///
/// # Errors
/// [`Fault`], which renders as the place in the file, what is wrong there and the remedy.
pub fn parse(path: &Path, text: &str) -> Result<Script, Box<Fault>> {
    let source = Source::new(path, text);
    let script: Script = toml::from_str(text).map_err(|error| source.toml_fault(&error))?;
    script.check(&source)?;
    Ok(script)
}
