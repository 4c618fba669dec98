//! Why a lab cannot do what it is told.

use std::fmt;

use crate::catalogue::CatalogueError;
use crate::script::Fault;
use crate::sim::VerbError;

/// Why a lab cannot do what it is told. That a call fails is no such error.
///
/// `Debug` says what `Display` says, since that is what `unwrap` and a failing test print.
pub enum LabError {
    /// A step, of the scenario or of the program, cannot be done.
    Impossible {
        /// The step's place, where it stands in the scenario: file, line and column.
        place: Option<String>,
        /// Why.
        error: VerbError,
    },
    /// The scenario cannot be had, or what was built is none.
    Scenario(CatalogueError),
    /// A step or a call is not written as it must be, or names what this world does not have.
    Step(Box<Fault>),
    /// A builder was told about a host that it does not have.
    UnknownHost {
        /// The host.
        name: String,
        /// The hosts there are, or the closest one.
        help: String,
    },
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { place, error } => {
                write!(f, "error: the step cannot be done: {error}")?;
                match place {
                    Some(place) => write!(f, "\n  --> {place}"),
                    None => Ok(()),
                }
            }
            Self::Scenario(error) => error.fmt(f),
            Self::Step(fault) => fault.fmt(f),
            Self::UnknownHost { name, help } => {
                write!(f, "error: unknown host `{name}`\n  = help: {help}")
            }
        }
    }
}

impl fmt::Debug for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for LabError {}

impl From<CatalogueError> for LabError {
    fn from(error: CatalogueError) -> Self {
        Self::Scenario(error)
    }
}

impl From<Box<Fault>> for LabError {
    fn from(fault: Box<Fault>) -> Self {
        Self::Step(fault)
    }
}

impl From<VerbError> for LabError {
    fn from(error: VerbError) -> Self {
        Self::Impossible { place: None, error }
    }
}
