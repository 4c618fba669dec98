use std::fmt;

use kdclab_proto::Enctype;

use crate::gss::TokenError;

/// Why a MIC or wrap token cannot be made, or is not genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The token claims the acceptor's subkey, and the acceptor sent none.
    AcceptorSubkeyMissing,
    /// The checksum does not stand (GSS_S_BAD_SIG).
    Checksum,
    /// The token's framing, where it has one, is broken (RFC 1964 section 1.2).
    Framing(TokenError),
    /// The sealed copy of the header differs from the header (RFC 4121 section 4.2.4).
    HeaderMismatch,
    /// The filler octets, the extra count or the padding is not what it must be.
    InvalidFiller,
    /// A token of this side comes back.
    Reflected,
    /// The token is shorter than its parts.
    Truncated {
        /// Its length, in bytes.
        length: usize,
    },
    /// The key does not open the token (GSS_S_BAD_SIG).
    Undecryptable,
    /// The token is of another kind.
    UnexpectedTokenId {
        /// The token id expected.
        expected: [u8; 2],
        /// The octets found.
        found: [u8; 2],
    },
    /// The token names algorithms that the key has not (RFC 4757 section 7.2).
    UnknownAlgorithm {
        /// SGN_ALG and SEAL_ALG, the latter ff ff in MIC tokens.
        algorithms: [u8; 4],
    },
    /// No tokens are made with keys of this type: those of DES and 3DES (RFC 1964).
    UnsupportedEnctype(Enctype),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AcceptorSubkeyMissing => {
                f.write_str("the token claims a subkey that the acceptor did not send")
            }
            Self::Checksum => f.write_str("the checksum of the token does not stand"),
            Self::Framing(error) => error.fmt(f),
            Self::HeaderMismatch => f.write_str("the sealed header differs from the header"),
            Self::InvalidFiller => f.write_str("the token has invalid filler octets"),
            Self::Reflected => f.write_str("the token comes from this side"),
            Self::Truncated { length } => write!(f, "the token ends early, at {length} bytes"),
            Self::Undecryptable => f.write_str("the context's key does not open the token"),
            Self::UnexpectedTokenId { expected, found } => {
                write!(f, "token id {found:02x?} where {expected:02x?} belongs")
            }
            Self::UnknownAlgorithm { algorithms } => {
                write!(f, "unknown algorithms {algorithms:02x?}")
            }
            Self::UnsupportedEnctype(enctype) => write!(f, "no tokens are made with {enctype}"),
        }
    }
}

impl std::error::Error for MessageError {}
