use std::fmt;
use std::sync::Arc;

use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use crate::Dialect;
use crate::gss::{AcceptorError, ContextStep, InitiatorError, MessageError, TokenOrder};

/// One end of a context of some mechanism, as SPNEGO sees it. An initiator or an acceptor, it does not matter.
pub trait Mechanism {
    /// The identifier the mechanism goes by first.
    fn oid(&self) -> ObjectIdentifier;

    /// Whether the mechanism goes by `oid`.
    fn is_named(&self, oid: &ObjectIdentifier) -> bool {
        *oid == self.oid()
    }

    /// Reads the other end's token, none in an initiator's first step.
    ///
    /// # Errors
    /// [`MechanismError`], with the token that tells the other end, where there is one.
    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError>;

    /// Whether the context stands on this end.
    fn is_established(&self) -> bool;

    /// Whether the context, which stands, can sign messages. A list of mechanisms is not signed without it.
    fn has_integrity(&self) -> bool;

    /// Whether the list of mechanisms must be signed even where its first one is chosen. Windows wants it with NTLM once
    /// the AUTHENTICATE_MESSAGE carries a MIC.
    fn requires_mech_list_mic(&self) -> bool {
        false
    }

    /// Signs the list of mechanisms.
    ///
    /// # Errors
    /// [`MechanismFailure`] when the context cannot.
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure>;

    /// Verifies the other end's signature of the list of mechanisms.
    ///
    /// # Errors
    /// [`MechanismFailure`] when the other end did not sign this list.
    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure>;
}

/// A step of a mechanism that failed.
#[derive(Clone, Debug)]
pub struct MechanismError {
    /// Why.
    pub failure: MechanismFailure,
    /// The token for the other end.
    pub token: Option<Vec<u8>>,
}

/// Why a mechanism failed.
#[derive(Clone, Debug)]
pub enum MechanismFailure {
    /// Kerberos accepts no context.
    Accept(AcceptorError),
    /// Kerberos has no context with the acceptor.
    Initiate(InitiatorError),
    /// A signature of Kerberos cannot be made or does not stand.
    Message(MessageError),
    /// The context is not in the state for this step.
    NoContext,
    /// A signature stands and came out of turn.
    Order(TokenOrder),
    /// Another mechanism failed. The error can be downcast to its own type.
    Other(Arc<dyn std::error::Error + Send + Sync>),
}

impl MechanismFailure {
    /// The failure of another mechanism.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Other(Arc::new(error))
    }

    /// The failure of another mechanism, where it is of type `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Other(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for MechanismFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept(error) => error.fmt(f),
            Self::Initiate(error) => error.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::NoContext => f.write_str("the mechanism expects no such step"),
            Self::Order(_) => f.write_str("a signature came out of turn"),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MechanismFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Accept(error) => Some(error),
            Self::Initiate(error) => Some(error),
            Self::Message(error) => Some(error),
            Self::NoContext | Self::Order(_) => None,
            Self::Other(error) => Some(&**error),
        }
    }
}

/// The list an initiator of `dialect` offers for `mechanisms`, best first. Windows names Kerberos by both of its numbers,
/// its own one first (RFC 4178 appendix C); NEGOEX, which it offers besides, is left out.
pub fn mech_types(dialect: Dialect, mechanisms: &[&mut dyn Mechanism]) -> Vec<ObjectIdentifier> {
    let names = |oid: ObjectIdentifier| match dialect {
        Dialect::Windows if oid.is_kerberos() => vec![
            ObjectIdentifier::MICROSOFT_KERBEROS,
            ObjectIdentifier::KERBEROS,
        ],
        _ => vec![oid],
    };
    mechanisms
        .iter()
        .flat_map(|mechanism| names(mechanism.oid()))
        .collect()
}
