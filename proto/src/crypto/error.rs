use std::error::Error;
use std::fmt;

use super::{ChecksumType, Enctype};

/// A key that cannot exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// The type is not implemented.
    UnsupportedEnctype(Enctype),
    /// The type wants keys of another length.
    WrongLength {
        /// The key's type.
        enctype: Enctype,
        /// The length the type wants, in bytes.
        expected: usize,
        /// The length found, in bytes.
        actual: usize,
    },
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedEnctype(enctype) => unsupported(f, *enctype),
            Self::WrongLength {
                enctype,
                expected,
                actual,
            } => write!(
                f,
                "a key of {enctype} is made of {expected} bytes, not of {actual}"
            ),
        }
    }
}

impl Error for InvalidKey {}

/// Why a password gives no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringToKeyError {
    /// The type is not implemented.
    UnsupportedEnctype(Enctype),
    /// The parameters are malformed for this type.
    InvalidParameters,
    /// The parameters ask for more iterations than allowed.
    TooManyIterations {
        /// The number asked for.
        asked: u64,
        /// The highest number allowed.
        allowed: u32,
    },
}

impl fmt::Display for StringToKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedEnctype(enctype) => unsupported(f, *enctype),
            Self::InvalidParameters => f.write_str("the string-to-key parameters are malformed"),
            Self::TooManyIterations { asked, allowed } => write!(
                f,
                "string-to-key would take {asked} iterations, more than the {allowed} allowed"
            ),
        }
    }
}

impl Error for StringToKeyError {}

fn unsupported(f: &mut fmt::Formatter<'_>, enctype: Enctype) -> fmt::Result {
    write!(f, "{enctype} is not supported")
}

/// The data was not made with this key, or changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegrityError;

impl fmt::Display for IntegrityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the integrity check failed")
    }
}

impl Error for IntegrityError {}

/// Why a checksum does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumError {
    /// The type is unknown, unkeyed or not collision-proof, or belongs to another enctype (RFC 4120:
    /// KRB_AP_ERR_INAPP_CKSUM).
    Inappropriate(ChecksumType),
    /// The value differs (RFC 4120: KRB_AP_ERR_MODIFIED).
    Mismatch,
}

impl fmt::Display for ChecksumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inappropriate(checksum_type) => {
                write!(f, "the checksum type {checksum_type} is not appropriate")
            }
            Self::Mismatch => f.write_str("the checksum does not match the data"),
        }
    }
}

impl Error for ChecksumError {}

/// A confounder of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidConfounder {
    /// The length the key's type wants, in bytes.
    pub expected: usize,
    /// The length found, in bytes.
    pub actual: usize,
}

impl fmt::Display for InvalidConfounder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, actual } = self;
        write!(
            f,
            "the confounder is made of {expected} bytes, not of {actual}"
        )
    }
}

impl Error for InvalidConfounder {}

/// More output than PRF+ can give: its counter has one octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrfPlusTooLong {
    /// The length asked for, in bytes.
    pub asked: usize,
    /// The greatest length for the key's type, in bytes.
    pub allowed: usize,
}

impl fmt::Display for PrfPlusTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, allowed } = self;
        write!(f, "PRF+ gives {allowed} bytes at most, not {asked}")
    }
}

impl Error for PrfPlusTooLong {}

/// A word of an enctype list that names no enctype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEnctype(pub String);

impl fmt::Display for UnknownEnctype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not the name of an encryption type", self.0)
    }
}

impl Error for UnknownEnctype {}
