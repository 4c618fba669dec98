use std::fmt;

/// Why bytes are not the message they should be. Offsets count bytes from the start of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// An element is longer than the bytes that hold it. MIT reports this as ASN1_OVERRUN.
    Truncated {
        /// Where the element begins.
        offset: usize,
    },
    /// An element of another type stands here.
    UnexpectedTag {
        /// Where the element begins.
        offset: usize,
        /// The identifier octet that belongs here.
        expected: u8,
        /// The identifier octet found.
        found: u8,
    },
    /// A field that the type requires is absent.
    MissingField {
        /// Where the SEQUENCE without it goes on or ends.
        offset: usize,
        /// The type, as the RFC writes it.
        message: &'static str,
        /// The field, as this library writes it.
        field: &'static str,
    },
    /// The element has the right type and a value outside of it.
    InvalidValue {
        /// Where the element begins.
        offset: usize,
        /// The type that has no such value.
        expected: &'static str,
    },
    /// The length is indefinite or does not fit four octets.
    UnsupportedLength {
        /// Where the element begins.
        offset: usize,
    },
    /// The msg-type field contradicts the APPLICATION tag. RFC 4120 answers it with KRB_AP_ERR_MSG_TYPE;
    /// MIT's decoders ignore the field.
    MsgTypeMismatch {
        /// The message type of the APPLICATION tag.
        expected: i32,
        /// The message type in the field.
        found: i32,
    },
    /// Bytes follow the message, or the only element that a tag may hold.
    TrailingBytes {
        /// Where the bytes begin.
        offset: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset } => {
                write!(f, "the element at byte {offset} ends after the message")
            }
            Self::UnexpectedTag {
                offset,
                expected,
                found,
            } => write!(
                f,
                "tag {found:#04x} at byte {offset} where {expected:#04x} belongs"
            ),
            Self::MissingField {
                offset,
                message,
                field,
            } => write!(f, "{message} has no {field} at byte {offset}"),
            Self::InvalidValue { offset, expected } => {
                write!(f, "no valid {expected} at byte {offset}")
            }
            Self::UnsupportedLength { offset } => {
                write!(f, "unsupported form of length at byte {offset}")
            }
            Self::MsgTypeMismatch { expected, found } => {
                write!(f, "message type {found} in a message of type {expected}")
            }
            Self::TrailingBytes { offset } => {
                write!(f, "bytes after the end of an element at byte {offset}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
