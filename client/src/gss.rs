//! The Kerberos mechanism of the GSS-API (RFC 4121): context tokens, contexts and the tokens of their messages.

mod acceptor;
mod cfx;
mod channel_bindings;
mod checksum;
mod flags;
mod framing;
mod initiator;
mod message_error;
mod rc4_tokens;
mod security_context;
mod token;
mod token_order;

pub use acceptor::{Acceptor, AcceptorError, SharingAcceptor};
pub use channel_bindings::ChannelBindings;
pub use checksum::{AuthenticatorChecksum, InvalidAuthenticatorChecksum};
pub use flags::ContextFlags;
pub use initiator::{Initiator, InitiatorError};
pub use message_error::MessageError;
pub use security_context::{ContextRole, SecurityContext, Unwrapped, WrapLayout};
pub use token::{ContextToken, Mechanism, TokenError, TokenId};
pub use token_order::TokenOrder;

pub(crate) use framing::unframe;

/// What one step of a context's establishment brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextStep {
    /// The token for the other end, if one must travel.
    pub token: Option<Vec<u8>>,
    /// Whether the context stands on this end.
    pub done: bool,
}
