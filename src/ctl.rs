//! `kdclab ctl`: changes a served world, and asks what happened in it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use clap::Args;

use crate::script::{self, Fault};
use crate::serve::{Request, Response, ask};

/// What to ask.
#[derive(Args, Clone, Debug)]
pub struct CtlOptions {
    /// The directory of the served scenario.
    #[arg(long, env = "KDCLAB_DIR")]
    dir: Option<PathBuf>,
    /// Events as JSON Lines.
    #[arg(long)]
    json: bool,
    /// A verb as in a scenario, `reset_key alice`, `set_clock host=kdc1 offset=+10m`; `break`, the scenario's faults; `fix N`; or
    /// `events [AFTER]`.
    #[arg(required = true, value_name = "VERB")]
    words: Vec<String>,
}

impl CtlOptions {
    /// Whether events are wanted as JSON Lines.
    pub(crate) fn json(&self) -> bool {
        self.json
    }
}

/// Asks what `options` say.
///
/// # Errors
/// [`CtlError`].
pub fn run(options: &CtlOptions) -> Result<Response, CtlError> {
    let directory = options.dir.as_deref().ok_or(CtlError::NoDirectory)?;
    let request = request(&options.words)?;
    ask(directory, &request).map_err(|error| CtlError::Unreachable {
        directory: directory.to_owned(),
        error,
    })
}

fn request(words: &[String]) -> Result<Request, CtlError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| {
        text.parse()
            .map_err(|_| CtlError::NoNumber(text.to_owned()))
    };
    match words.as_slice() {
        ["break"] => Ok(Request::Break),
        ["fix", fix] => match number(fix)? {
            0 => Err(CtlError::NoNumber((*fix).to_owned())),
            fix => Ok(Request::Fix(usize::try_from(fix).unwrap_or(usize::MAX))),
        },
        ["fix", ..] => Err(CtlError::NoNumber(words[1..].join(" "))),
        ["events"] => Ok(Request::Events { after: 0 }),
        ["events", after] => number(after).map(|after| Request::Events { after }),
        words => script::step_from_words(words)
            .map(Request::Step)
            .map_err(CtlError::Faulty),
    }
}

/// Why nothing could be asked.
#[derive(Debug)]
pub enum CtlError {
    /// The words are no verb.
    Faulty(Box<Fault>),
    /// It is not known which served scenario is meant.
    NoDirectory,
    /// A number stands for nothing.
    NoNumber(String),
    /// Nobody answers in the directory.
    Unreachable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for CtlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(fault) => fault.fmt(f),
            Self::NoDirectory => f.write_str(
                "error: which served scenario is meant?\n  = help: name its directory with --dir, or run this under `kdclab exec`",
            ),
            Self::NoNumber(text) => write!(
                f,
                "error: `{}` is no number from 1\n  = help: write `fix N` with the number of a fix, or `events AFTER` with that of an event",
                text.escape_debug()
            ),
            Self::Unreachable { directory, error } => write!(
                f,
                "error: no served scenario answers in {}: {error}\n  = help: is `kdclab serve --dir {}` still running?",
                directory.display(),
                directory.display()
            ),
        }
    }
}

impl std::error::Error for CtlError {}
