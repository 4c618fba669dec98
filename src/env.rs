//! What a served directory says of itself, for shells and for Java.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::serve::{READY, java};

/// The facts in [`READY`] that matter here.
#[derive(Deserialize)]
struct Facts {
    env: BTreeMap<String, String>,
}

/// The variables of the scenario that is served in `directory`.
///
/// # Errors
/// [`EnvError`].
pub fn read(directory: &Path) -> Result<BTreeMap<String, String>, EnvError> {
    let path = directory.join(READY);
    let text = std::fs::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => EnvError::NotServed {
            directory: directory.to_owned(),
        },
        _ => EnvError::Unreadable {
            path: path.clone(),
            error,
        },
    })?;
    let facts: Facts = serde_json::from_slice(&text).map_err(|error| EnvError::Malformed {
        path: path.clone(),
        error: error.to_string(),
    })?;
    // The lines are made to be evaluated by a shell.
    match facts.env.keys().find(|name| !is_identifier(name)) {
        Some(name) => Err(EnvError::Malformed {
            path,
            error: format!("{name:?} is no name of a variable"),
        }),
        None => Ok(facts.env),
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Writes the variables as lines for a POSIX shell.
///
/// # Errors
/// Those of `out`.
pub fn for_shell(out: &mut dyn Write, environment: &BTreeMap<String, String>) -> io::Result<()> {
    for (name, value) in environment {
        writeln!(out, "export {name}='{}'", value.replace('\'', r"'\''"))?;
    }
    Ok(())
}

/// Writes an argument file for `java`, with the JAAS entries as comments in it.
///
/// # Errors
/// Those of `out`.
pub fn for_java(out: &mut dyn Write, environment: &BTreeMap<String, String>) -> io::Result<()> {
    write!(out, "{}", java::arguments(environment))?;
    writeln!(out, "# The login.config above has these entries:")?;
    for line in java::jaas(environment).lines() {
        writeln!(out, "{}", format!("# {line}").trim_end())?;
    }
    Ok(())
}

/// Why a directory says nothing of what is served.
#[derive(Debug)]
pub enum EnvError {
    /// The file with the facts holds something else.
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: String,
    },
    /// No directory was named.
    NoDirectory,
    /// Nothing is served in the directory.
    NotServed {
        /// The directory.
        directory: PathBuf,
    },
    /// The file with the facts cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { path, error } => write!(
                f,
                "{} is not what `kdclab serve` wrote: {error}; serve the scenario again",
                path.display()
            ),
            Self::NoDirectory => f.write_str(
                "no directory; name the one that `kdclab serve` fills with --dir, or run this under `kdclab exec`, \
                 which sets KDCLAB_DIR",
            ),
            Self::NotServed { directory } => {
                let directory = directory.display();
                write!(
                    f,
                    "nothing is served in {directory}; start it with `kdclab serve ID --dir {directory}` and wait for \
                     the line that it prints"
                )
            }
            Self::Unreadable { path, error } => write!(
                f,
                "cannot read {}: {error}; only the user who serves it may",
                path.display()
            ),
        }
    }
}

impl std::error::Error for EnvError {}
