//! Scenario files: what they say, and what is wrong with one.
//!
//! A file is TOML; every table refuses keys it does not know. Reading happens in two passes: the shape
//! (types, keys, durations), then the rules (every host, principal and realm that a step names must
//! exist, every fix says why). Both report the line, the column and the choices.

mod acts;
pub mod cluster;
pub mod daemons;
mod limits;
mod lint;
pub mod model;
pub mod rewrite;
mod rules;
mod schema;
mod scope;
mod source;
mod spanned;
mod step;
pub mod values;
pub mod verb;
pub mod web;
pub mod windows;

use std::path::Path;

pub use limits::{
    MAX_ATTEMPTS, MAX_ENTRIES, MAX_HOSTS, MAX_LENGTH, MAX_PRINCIPALS, MAX_REALMS, MAX_TIMES,
};
pub(crate) use lint::lint;
pub use model::Script;
pub use schema::json_schema;
pub use scope::Scope;
pub(crate) use source::choices;
pub use source::{Fault, Source};
pub use spanned::Spanned;
pub(crate) use step::quoted;
pub use step::{MAX_STEP_LENGTH, step, step_from_words};

/// Reads one scenario file of at most [`MAX_LENGTH`] bytes. `path` is what faults name; nothing is read
/// from it.
///
/// ```
/// # use std::path::Path;
/// let fault = kdclab::script::parse(Path::new("mine.toml"), "format = 1\ntitel = \"x\"").unwrap_err();
/// assert_eq!(fault.position(), (2, 1));
/// assert_eq!(fault.title(), "unknown field `titel`");
/// ```
///
/// # Errors
/// [`Fault`], which renders as the place in the file, what is wrong there and the remedy.
pub fn parse(path: &Path, text: &str) -> Result<Script, Box<Fault>> {
    if text.len() > MAX_LENGTH {
        return Err(Source::new(path, "").fault(
            0..0,
            format!("the file has more than {MAX_LENGTH} bytes"),
            Some("a scenario is a small world; leave out what has no part in it".to_owned()),
        ));
    }
    let source = Source::new(path, text);
    let script: Script = toml::from_str(text).map_err(|error| source.toml_fault(&error))?;
    script.check(&source)?;
    Ok(script)
}
