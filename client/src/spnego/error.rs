use std::fmt;

use kdclab_proto::{DecodeError, ObjectIdentifier};

use super::mechanism::MechanismFailure;

/// Why a negotiation fails.
#[derive(Clone, Debug)]
pub enum NegotiationError {
    /// The acceptor says that the context stands, and the mechanism says that it does not.
    Incomplete {
        /// The mechanism.
        mech_type: ObjectIdentifier,
    },
    /// The token is no negotiation token (GSS_S_DEFECTIVE_TOKEN).
    Malformed(DecodeError),
    /// The mechanism failed.
    Mechanism {
        /// The mechanism.
        mech_type: ObjectIdentifier,
        /// Why.
        failure: MechanismFailure,
    },
    /// The acceptor changes its choice, or chooses what was not offered.
    MechanismNotOffered {
        /// Its choice.
        mech_type: ObjectIdentifier,
    },
    /// The signature of the list of mechanisms cannot be made or does not stand (RFC 4178 section 5).
    MechListMic {
        /// The mechanism.
        mech_type: ObjectIdentifier,
        /// Why.
        failure: MechanismFailure,
    },
    /// The list of mechanisms must be signed, and the other end did not.
    MechListMicMissing,
    /// The mechanism waits for a token, and none came.
    MissingToken {
        /// The mechanism.
        mech_type: ObjectIdentifier,
    },
    /// The acceptor has none of the mechanisms (GSS_S_BAD_MECH).
    NoCommonMechanism {
        /// The mechanisms offered.
        offered: Vec<ObjectIdentifier>,
    },
    /// No mechanism of the initiator has a first token.
    NoMechanism {
        /// Those that failed, and why.
        failures: Vec<(ObjectIdentifier, MechanismFailure)>,
    },
    /// The token is neither one of SPNEGO nor of a mechanism that may come alone.
    NotANegotiationToken {
        /// Its first octet; `None` when it is empty.
        found: Option<u8>,
    },
    /// The negotiation is not in the state for this step.
    OutOfTurn,
    /// The other end rejects.
    Rejected {
        /// The mechanism.
        mech_type: Option<ObjectIdentifier>,
        /// What the mechanism makes of the token that came with it, such as a KRB-ERROR.
        failure: Option<MechanismFailure>,
    },
    /// The acceptor waits, and this end has nothing to send.
    Stalled,
    /// The list of mechanisms is signed before the context stands, or request-mic comes after the first reply.
    UnexpectedMic,
}

impl NegotiationError {
    /// The failure of the mechanism that ended the negotiation.
    pub fn failure(&self) -> Option<&MechanismFailure> {
        match self {
            Self::Mechanism { failure, .. } | Self::MechListMic { failure, .. } => Some(failure),
            Self::NoMechanism { failures } => failures.last().map(|(_, failure)| failure),
            Self::Rejected { failure, .. } => failure.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for NegotiationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { mech_type } => {
                write!(f, "the acceptor is done and {mech_type} is not")
            }
            Self::Malformed(error) => write!(f, "malformed negotiation token: {error}"),
            Self::Mechanism { mech_type, failure } => write!(f, "{mech_type} failed: {failure}"),
            Self::MechanismNotOffered { mech_type } => {
                write!(f, "the acceptor chose {mech_type}, which cannot be chosen")
            }
            Self::MechListMic { failure, .. } => {
                write!(f, "the list of mechanisms is not signed: {failure}")
            }
            Self::MechListMicMissing => {
                f.write_str("the other end did not sign the list of mechanisms")
            }
            Self::MissingToken { mech_type } => {
                write!(f, "{mech_type} waits for a token and none came")
            }
            Self::NoCommonMechanism { offered } => {
                write!(f, "none of the mechanisms offered is known: {offered:?}")
            }
            Self::NoMechanism { failures } => {
                f.write_str("no mechanism can start")?;
                for (mech_type, failure) in failures {
                    write!(f, "; {mech_type}: {failure}")?;
                }
                Ok(())
            }
            Self::NotANegotiationToken { found: Some(found) } => {
                write!(f, "a token that begins with {found:#04x}")
            }
            Self::NotANegotiationToken { found: None } => f.write_str("the token is empty"),
            Self::OutOfTurn => f.write_str("the negotiation expects no such step"),
            Self::Rejected {
                failure: Some(failure),
                ..
            } => write!(f, "the other end rejects: {failure}"),
            Self::Rejected { failure: None, .. } => f.write_str("the other end rejects"),
            Self::Stalled => f.write_str("the acceptor waits for a token that does not exist"),
            Self::UnexpectedMic => {
                f.write_str("a signature or the request for one comes out of turn")
            }
        }
    }
}

impl std::error::Error for NegotiationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            error => error
                .failure()
                .map(|failure| failure as &(dyn std::error::Error + 'static)),
        }
    }
}
