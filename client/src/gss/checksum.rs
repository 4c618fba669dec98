use std::fmt;

use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::Checksum;

use crate::gss::{ChannelBindings, ContextFlags};

/// The length of the channel bindings' digest, in bytes.
const DIGEST: usize = 16;
/// The option that carries delegated credentials.
const DELEGATION: u16 = 1;

/// What the checksum field of an authenticator carries in a GSS context (RFC 4121 section 4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticatorChecksum {
    /// The digest of the channel bindings; zeroes when there are none.
    pub channel_bindings: [u8; DIGEST],
    /// What the initiator asks of the context.
    pub flags: ContextFlags,
    /// A KRB-CRED with delegated credentials.
    pub delegation: Option<Vec<u8>>,
    /// Extensions: a type and its data (RFC 4121 section 4.1.1, Exts).
    pub extensions: Vec<(u32, Vec<u8>)>,
}

impl AuthenticatorChecksum {
    /// The checksum type 0x8003.
    pub const TYPE: ChecksumType = ChecksumType(0x8003);

    /// The digest that stands for `bindings`, zeroes for none.
    pub fn digest_of(bindings: Option<&ChannelBindings>) -> [u8; DIGEST] {
        bindings.map_or([0; DIGEST], ChannelBindings::digest)
    }

    /// Whether the initiator bound the context to a channel.
    pub fn is_bound(&self) -> bool {
        self.channel_bindings != [0; DIGEST]
    }

    /// The checksum field.
    ///
    /// # Errors
    /// [`InvalidAuthenticatorChecksum::TooLong`] when the delegated credentials do not fit their length field.
    pub fn encode(&self) -> Result<Checksum, InvalidAuthenticatorChecksum> {
        let mut value = Vec::with_capacity(24);
        value.extend((DIGEST as u32).to_le_bytes());
        value.extend(self.channel_bindings);
        value.extend(self.flags.bits().to_le_bytes());
        if let Some(message) = &self.delegation {
            let length = u16::try_from(message.len()).map_err(|_| {
                InvalidAuthenticatorChecksum::TooLong {
                    length: message.len(),
                }
            })?;
            value.extend(DELEGATION.to_le_bytes());
            value.extend(length.to_le_bytes());
            value.extend(message);
        }
        for (kind, data) in &self.extensions {
            let length = u32::try_from(data.len())
                .map_err(|_| InvalidAuthenticatorChecksum::TooLong { length: data.len() })?;
            value.extend(kind.to_be_bytes());
            value.extend(length.to_be_bytes());
            value.extend(data);
        }
        Ok(Checksum {
            cksumtype: Self::TYPE,
            checksum: value,
        })
    }

    /// Reads the value of a checksum field of type 0x8003. A delegation flag without delegated
    /// credentials after it is tolerated, as MIT does.
    ///
    /// # Errors
    /// [`InvalidAuthenticatorChecksum`] when the value has another shape.
    pub fn decode(value: &[u8]) -> Result<Self, InvalidAuthenticatorChecksum> {
        let mut rest = value;
        let truncated = InvalidAuthenticatorChecksum::Truncated {
            length: value.len(),
        };
        let length = u32::from_le_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
        if length as usize != DIGEST {
            return Err(InvalidAuthenticatorChecksum::BindingsLength { length });
        }
        let channel_bindings = take(&mut rest).ok_or_else(|| truncated.clone())?;
        let flags = u32::from_le_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
        let flags = ContextFlags::from_bits(flags);
        let mut delegation = None;
        if flags.contains(ContextFlags::DELEG) && rest.len() >= 4 {
            let option = u16::from_le_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
            let length = u16::from_le_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
            if option != DELEGATION {
                return Err(InvalidAuthenticatorChecksum::UnknownOption { option });
            }
            let (message, after) = rest
                .split_at_checked(usize::from(length))
                .ok_or_else(|| truncated.clone())?;
            delegation = Some(message.to_vec());
            rest = after;
        }
        let mut extensions = Vec::new();
        while !rest.is_empty() {
            let kind = u32::from_be_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
            let length = u32::from_be_bytes(take(&mut rest).ok_or_else(|| truncated.clone())?);
            let (data, after) = usize::try_from(length)
                .ok()
                .and_then(|length| rest.split_at_checked(length))
                .ok_or_else(|| truncated.clone())?;
            extensions.push((kind, data.to_vec()));
            rest = after;
        }
        Ok(Self {
            channel_bindings,
            flags,
            delegation,
            extensions,
        })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// Why a value is not an authenticator checksum of RFC 4121.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidAuthenticatorChecksum {
    /// The digest of the channel bindings has another length than 16 bytes.
    BindingsLength {
        /// The length stated, in bytes.
        length: u32,
    },
    /// The data do not fit their length field.
    TooLong {
        /// Their length, in bytes.
        length: usize,
    },
    /// The value ends too early.
    Truncated {
        /// The length of the value, in bytes.
        length: usize,
    },
    /// Something else than delegated credentials stands in their place.
    UnknownOption {
        /// The option found.
        option: u16,
    },
}

impl fmt::Display for InvalidAuthenticatorChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BindingsLength { length } => {
                write!(f, "channel bindings of {length} bytes where 16 belong")
            }
            Self::TooLong { length } => write!(f, "{length} bytes do not fit their length field"),
            Self::Truncated { length } => {
                write!(
                    f,
                    "the authenticator checksum ends early, at {length} bytes"
                )
            }
            Self::UnknownOption { option } => {
                write!(f, "option {option} where delegated credentials belong")
            }
        }
    }
}

impl std::error::Error for InvalidAuthenticatorChecksum {}
