//! The Kerberos mechanism's context tokens (RFC 4121 section 4.1).

mod channel_bindings;
mod checksum;
mod flags;
mod token;

pub use channel_bindings::ChannelBindings;
pub use checksum::{AuthenticatorChecksum, InvalidAuthenticatorChecksum};
pub use flags::ContextFlags;
pub use token::{ContextToken, Mechanism, TokenError, TokenId};
