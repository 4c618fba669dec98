use std::fmt;

/// Where in a message something is wrong. The names are those of MS-NLMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The value of an AV_PAIR.
    AvPair,
    /// DomainName.
    DomainName,
    /// EncryptedRandomSessionKey.
    EncryptedRandomSessionKey,
    /// What stands before the payload.
    Header,
    /// LmChallengeResponse.
    LmChallengeResponse,
    /// NtChallengeResponse.
    NtChallengeResponse,
    /// TargetInfo.
    TargetInfo,
    /// TargetName.
    TargetName,
    /// UserName.
    UserName,
    /// Workstation.
    Workstation,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Why octets are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A string is not UTF-16.
    NotUnicode {
        /// The string.
        field: Field,
    },
    /// The octets do not begin with "NTLMSSP" and a zero.
    NotNtlm,
    /// A field lies within the header or beyond the end.
    OutOfBounds {
        /// The field.
        field: Field,
        /// Its offset.
        offset: u32,
        /// Its length.
        length: u16,
    },
    /// A part is missing.
    Truncated {
        /// The part.
        field: Field,
    },
    /// The message is of another type, or the NTLMv2 response of another version.
    UnexpectedType {
        /// The type expected.
        expected: u32,
        /// The type found.
        actual: u32,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUnicode { field } => write!(f, "{field} is not UTF-16"),
            Self::NotNtlm => f.write_str("not a message of NTLM"),
            Self::OutOfBounds {
                field,
                offset,
                length,
            } => write!(f, "{field} has {length} octets at {offset}, out of bounds"),
            Self::Truncated { field } => write!(f, "a part of {field} is missing"),
            Self::UnexpectedType { expected, actual } => {
                write!(f, "type {actual} came where {expected} was expected")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Why a message has no octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A string has characters that the OEM code page lacks, and Unicode was not negotiated.
    NotOem {
        /// The string.
        field: Field,
    },
    /// A field is longer than its length can say.
    TooLong {
        /// The field.
        field: Field,
        /// Its octets.
        length: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOem { field } => write!(f, "{field} cannot be written in the OEM code page"),
            Self::TooLong { field, length } => write!(f, "{field} of {length} octets is too long"),
        }
    }
}

impl std::error::Error for EncodeError {}
