//! What an act came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use kdclab_kdc::{DatabaseError, KpasswdError};
use kdclab_proto::crypto::{InvalidKey, StringToKeyError};
use kdclab_proto::messages::TicketFlags;

use crate::dialect::Errno;
use crate::script::model::Phase;
use crate::script::values::ErrorName;

/// What a client's act came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Success, or how it failed.
    pub result: Result<(), Failure>,
    /// The flags of the ticket that it got or used last.
    pub flags: Option<TicketFlags>,
    /// How long it took, until the last of simultaneous acts was done.
    pub took: Duration,
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

impl Failure {
    pub(super) fn of_session(error: SessionError, sent_by: Option<String>, cause: String) -> Self {
        Self {
            error: ErrorName::Session(error),
            sent_by,
            cause,
            text: None,
        }
    }
}

/// What the operating system of a client's host tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OsError {
    /// Nobody listens on the service's port.
    ConnectionRefused,
    /// The request for a connection was never answered.
    ConnectionTimedOut,
    /// Another program holds the lock of the credential cache.
    LockHeld,
    /// The connection is up, and nothing came on it in time.
    ReadTimedOut,
}

impl From<OsError> for ErrorName {
    fn from(error: OsError) -> Self {
        Self::Os(Errno::of(error))
    }
}

impl From<SessionError> for ErrorName {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// How a session ends without any Kerberos error on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// The service closed the connection without a word.
    ConnectionClosed,
    /// Nothing more can happen, and the client still waits.
    NoAnswer,
    /// The host has no principal of its own, and the call names no user.
    NoIdentity,
    /// The site does not trust the client that has registered.
    NotApproved,
    /// There is no recorded request to send again.
    NothingRecorded,
}

impl SessionError {
    pub(crate) const ALL: [Self; 5] = [
        Self::ConnectionClosed,
        Self::NoAnswer,
        Self::NoIdentity,
        Self::NotApproved,
        Self::NothingRecorded,
    ];

    /// The name in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectionClosed => "CONNECTION_CLOSED",
            Self::NoAnswer => "NO_ANSWER",
            Self::NoIdentity => "NO_IDENTITY",
            Self::NotApproved => "NOT_APPROVED",
            Self::NothingRecorded => "NOTHING_RECORDED",
        }
    }

    /// The error of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.name() == name)
    }

    pub(super) fn cause(self) -> &'static str {
        match self {
            Self::ConnectionClosed => "connection-closed",
            Self::NoAnswer => "no-answer",
            Self::NoIdentity => "no-identity",
            Self::NotApproved => "not-approved",
            Self::NothingRecorded => "nothing-recorded",
        }
    }
}

/// The cause's name in a scenario file: the name of the error's variant in kebab-case, so that the typed
/// error is the only list of causes.
pub(super) fn cause_name(error: &impl fmt::Debug) -> String {
    let debug = format!("{error:?}");
    let variant: String = debug
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let mut name = String::with_capacity(variant.len() + 4);
    for (index, letter) in variant.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
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
    /// The database refuses the change.
    Database(DatabaseError),
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
    /// The realm's policy refuses the password.
    PasswordRefused(Box<KpasswdError>),
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
                write!(
                    f,
                    "the attempt was to end with {expected} and ended with {actual}"
                )
            }
            Self::ChangesNothing => {
                f.write_str("it changes nothing; write it as `noop = { ... }` if that is the point")
            }
            Self::ChangesSomething => f.write_str("it changes something; write it without `noop`"),
            Self::Database(error) => error.fmt(f),
            Self::InvalidKey(error) => error.fmt(f),
            Self::NoKeys { principal } => write!(f, "{principal} has no key of these types"),
            Self::NoSuchPhase { phase, fixes } => write!(
                f,
                "there is no phase {phase}: the scenario has {fixes} fixes, numbered from 1"
            ),
            Self::PasswordRefused(error) => error.fmt(f),
            Self::StringToKey(error) => error.fmt(f),
            Self::TakenName { principal } => write!(f, "{principal} exists already"),
            Self::Unknown { what, name } => {
                write!(f, "there is no {what} `{name}` at this point")
            }
        }
    }
}

impl std::error::Error for VerbError {}

impl From<KpasswdError> for VerbError {
    fn from(error: KpasswdError) -> Self {
        Self::PasswordRefused(Box::new(error))
    }
}

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
