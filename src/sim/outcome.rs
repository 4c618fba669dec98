//! What an act came to.

use std::collections::BTreeMap;
use std::fmt;

use kdclab_proto::crypto::{InvalidKey, StringToKeyError};

use crate::script::model::Phase;
use crate::script::values::ErrorName;

/// What a client's act came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Success, or how it failed.
    pub result: Result<(), Failure>,
    /// How many lines each host's log had before.
    pub(crate) log_start: BTreeMap<String, usize>,
}

impl Outcome {
    /// The error, if it failed.
    pub fn error(&self) -> Option<ErrorName> {
        self.result.as_ref().err().map(|failure| failure.error)
    }
}

/// How an act failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error as the client met it.
    pub error: ErrorName,
    /// The host that raised it; `None` when the client raised it itself.
    pub sent_by: Option<String>,
    /// What that host had noticed: the name of the error's cause in kebab-case.
    pub cause: String,
    /// What the client's implementation says to its user, where that is known.
    pub text: Option<String>,
}

/// Why a step cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerbError {
    /// An attempt of a step ended otherwise than stated.
    AttemptEndedOtherwise {
        /// What the step says.
        expected: String,
        /// What happened.
        actual: String,
    },
    /// The world is as it was before.
    ChangesNothing,
    /// The world is not as it was before, against the word of `noop`.
    ChangesSomething,
    /// Keys cannot be made.
    InvalidKey(InvalidKey),
    /// The file of keys cannot hold them.
    NoKeys {
        /// Whose keys.
        principal: String,
    },
    /// The scenario has no such phase.
    NoSuchPhase {
        /// The phase.
        phase: Phase,
        /// How many fixes there are.
        fixes: usize,
    },
    /// Keys cannot be made from a password.
    StringToKey(StringToKeyError),
    /// The principal exists already.
    TakenName {
        /// The principal.
        principal: String,
    },
    /// Something named does not exist at this point.
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for VerbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptEndedOtherwise { expected, actual } => {
                write!(f, "the attempt was to end with {expected} and ended with {actual}")
            }
            Self::ChangesNothing => f.write_str(
                "it changes nothing; write it as `noop = { ... }` if that is the point",
            ),
            Self::ChangesSomething => {
                f.write_str("it changes something; write it without `noop`")
            }
            Self::InvalidKey(error) => error.fmt(f),
            Self::NoKeys { principal } => write!(f, "{principal} has no key of these types"),
            Self::NoSuchPhase { phase, fixes } => write!(
                f,
                "there is no phase {phase}: the scenario has {fixes} fixes, numbered from 1"
            ),
            Self::StringToKey(error) => error.fmt(f),
            Self::TakenName { principal } => write!(f, "{principal} exists already"),
            Self::Unknown { what, name } => {
                write!(f, "there is no {what} `{name}` at this point")
            }
        }
    }
}

impl std::error::Error for VerbError {}

impl From<InvalidKey> for VerbError {
    fn from(error: InvalidKey) -> Self {
        Self::InvalidKey(error)
    }
}

impl From<StringToKeyError> for VerbError {
    fn from(error: StringToKeyError) -> Self {
        Self::StringToKey(error)
    }
}
