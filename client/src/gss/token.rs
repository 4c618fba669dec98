use std::fmt;

use super::framing::{frame, unframe};

/// The object identifier a context token begins with. A reply carries the one of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    /// 1.2.840.113554.1.2.2, the Kerberos mechanism (RFC 4121 section 1).
    #[default]
    Kerberos,
    /// 1.2.840.48018.1.2.2, the same with the number that Windows 2000 truncated. Java does not know it.
    MicrosoftKerberos,
}

impl Mechanism {
    /// The contents of the identifier's DER encoding.
    pub const fn oid(self) -> &'static [u8] {
        match self {
            Self::Kerberos => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02],
            Self::MicrosoftKerberos => &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02],
        }
    }
}

/// The two octets before the Kerberos message (RFC 4121 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenId {
    /// An AP-REP follows.
    ApRep,
    /// An AP-REQ follows.
    ApReq,
    /// A KRB-ERROR follows.
    KrbError,
}

impl TokenId {
    /// The octets on the wire.
    pub const fn octets(self) -> [u8; 2] {
        match self {
            Self::ApReq => [0x01, 0x00],
            Self::ApRep => [0x02, 0x00],
            Self::KrbError => [0x03, 0x00],
        }
    }
}

/// A context token taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextToken<'a> {
    /// The mechanism it names.
    pub mechanism: Mechanism,
    /// What `message` is.
    pub id: TokenId,
    /// The Kerberos message.
    pub message: &'a [u8],
}

impl<'a> ContextToken<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`TokenError`] for anything but a complete token of the Kerberos mechanism with a definite length in
    /// its shortest form and a known token id.
    pub fn decode(token: &'a [u8]) -> Result<Self, TokenError> {
        let (oid, rest) = unframe(token)?;
        let mechanism = [Mechanism::Kerberos, Mechanism::MicrosoftKerberos]
            .into_iter()
            .find(|mechanism| mechanism.oid() == oid)
            .ok_or_else(|| TokenError::OtherMechanism { oid: oid.to_vec() })?;
        let (id, message) = match rest {
            [0x01, 0x00, message @ ..] => (TokenId::ApReq, message),
            [0x02, 0x00, message @ ..] => (TokenId::ApRep, message),
            [0x03, 0x00, message @ ..] => (TokenId::KrbError, message),
            [high, low, ..] => {
                return Err(TokenError::UnknownTokenId {
                    octets: [*high, *low],
                });
            }
            _ => return Err(TokenError::NoTokenId),
        };
        Ok(Self {
            mechanism,
            id,
            message,
        })
    }

    /// Puts the token together.
    pub fn encode(&self) -> Vec<u8> {
        frame(self.mechanism.oid(), &[&self.id.octets(), self.message])
    }
}

/// Why bytes are not a context token of the Kerberos mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The length is indefinite, longer than four octets, cut off or not in its shortest form.
    InvalidLength,
    /// No object identifier follows the length.
    NoMechanism,
    /// Nothing follows the object identifier.
    NoTokenId,
    /// The first octet is not that of an initial token.
    NotAnInitialToken {
        /// The octet found; `None` when there is none.
        found: Option<u8>,
    },
    /// The token belongs to another mechanism.
    OtherMechanism {
        /// The contents of the identifier's DER encoding.
        oid: Vec<u8>,
    },
    /// The token is of a kind that does not belong here.
    UnexpectedTokenId {
        /// The kind expected.
        expected: TokenId,
        /// The kind found.
        found: TokenId,
    },
    /// No message goes by this token id.
    UnknownTokenId {
        /// The octets found.
        octets: [u8; 2],
    },
    /// The token is shorter or longer than it says.
    WrongLength {
        /// The length it states, in bytes.
        stated: usize,
        /// The length found, in bytes.
        actual: usize,
    },
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidLength => f.write_str("invalid length of the token"),
            Self::NoMechanism => f.write_str("the token names no mechanism"),
            Self::NoTokenId => f.write_str("the token has no token id"),
            Self::NotAnInitialToken { found: Some(found) } => {
                write!(f, "the token begins with {found:#04x} and not with 0x60")
            }
            Self::NotAnInitialToken { found: None } => f.write_str("the token is empty"),
            Self::OtherMechanism { .. } => f.write_str("the token belongs to another mechanism"),
            Self::UnexpectedTokenId { expected, found } => write!(
                f,
                "token id {:02x?} where {:02x?} belongs",
                found.octets(),
                expected.octets()
            ),
            Self::UnknownTokenId { octets } => write!(f, "unknown token id {octets:02x?}"),
            Self::WrongLength { stated, actual } => {
                write!(f, "the token states {stated} bytes and has {actual}")
            }
        }
    }
}

impl std::error::Error for TokenError {}
