use super::fields::decode_unicode;
use super::{DecodeError, EncodeError, Field};
use crate::primitives::unicode;
use crate::time::FileTime;

/// AvId (MS-NLMP section 2.2.2.1). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AvId(pub u16);

impl AvId {
    /// MsvAvEOL, the end of the list.
    pub const EOL: Self = Self(0);
    /// MsvAvNbComputerName, the server's NetBIOS name.
    pub const NB_COMPUTER_NAME: Self = Self(1);
    /// MsvAvNbDomainName, the NetBIOS name of its domain.
    pub const NB_DOMAIN_NAME: Self = Self(2);
    /// MsvAvDnsComputerName, the server's name in the DNS.
    pub const DNS_COMPUTER_NAME: Self = Self(3);
    /// MsvAvDnsDomainName, the name of its domain in the DNS.
    pub const DNS_DOMAIN_NAME: Self = Self(4);
    /// MsvAvDnsTreeName, the name of its forest.
    pub const DNS_TREE_NAME: Self = Self(5);
    /// MsvAvFlags.
    pub const FLAGS: Self = Self(6);
    /// MsvAvTimestamp, the server's time.
    pub const TIMESTAMP: Self = Self(7);
    /// MsvAvSingleHost, what only one machine shall understand (MS-NLMP section 2.2.2.2).
    pub const SINGLE_HOST: Self = Self(8);
    /// MsvAvTargetName, the service's principal name as the client knows it.
    pub const TARGET_NAME: Self = Self(9);
    /// MsvAvChannelBindings, the MD5 of the channel bindings.
    pub const CHANNEL_BINDINGS: Self = Self(10);
}

/// The value of MsvAvFlags (MS-NLMP section 2.2.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AvFlags(pub u32);

impl AvFlags {
    /// The account's authentication is constrained.
    pub const CONSTRAINED: Self = Self(1);
    /// The AUTHENTICATE_MESSAGE has a MIC.
    pub const MIC_PROVIDED: Self = Self(2);
    /// The target's name comes from an untrusted source.
    pub const UNTRUSTED_TARGET_NAME: Self = Self(4);

    /// Whether every flag of `flags` is set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

/// AV_PAIR (MS-NLMP section 2.2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvPair {
    /// What the value is.
    pub id: AvId,
    /// The value's octets.
    pub value: Vec<u8>,
}

/// TargetInfo: AV_PAIRs in their order. The one that ends them is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetInfo {
    pairs: Vec<AvPair>,
}

impl TargetInfo {
    /// Reads AV_PAIRs up to the one that ends them; what follows does not count.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when the end is missing.
    pub fn decode(mut octets: &[u8]) -> Result<Self, DecodeError> {
        let truncated = DecodeError::Truncated {
            field: Field::TargetInfo,
        };
        let mut pairs = Vec::new();
        while let Some(([id, other_id, length, other_length], rest)) = octets.split_first_chunk() {
            let id = AvId(u16::from_le_bytes([*id, *other_id]));
            let length = u16::from_le_bytes([*length, *other_length]);
            let Some((value, rest)) = rest.split_at_checked(length.into()) else {
                break;
            };
            if id == AvId::EOL {
                return Ok(Self { pairs });
            }
            let value = value.to_vec();
            pairs.push(AvPair { id, value });
            octets = rest;
        }
        Err(truncated)
    }

    /// The pairs' octets, with the one that ends them.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] when a value is longer than its length can say.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut octets = Vec::new();
        for AvPair { id, value } in &self.pairs {
            let length = value.len();
            let field = Field::AvPair;
            let stated =
                u16::try_from(length).map_err(|_| EncodeError::TooLong { field, length })?;
            octets.extend(id.0.to_le_bytes());
            octets.extend(stated.to_le_bytes());
            octets.extend(value);
        }
        octets.extend([0; 4]);
        Ok(octets)
    }

    /// The pairs.
    pub fn pairs(&self) -> &[AvPair] {
        &self.pairs
    }

    /// The first value of an id.
    pub fn value(&self, id: AvId) -> Option<&[u8]> {
        self.pairs
            .iter()
            .find(|pair| pair.id == id)
            .map(|pair| &pair.value[..])
    }

    /// Replaces the value of an id, or adds it at the end. An end within the list cannot be set.
    pub fn set(&mut self, id: AvId, value: Vec<u8>) {
        if id == AvId::EOL {
            return;
        }
        match self.pairs.iter_mut().find(|pair| pair.id == id) {
            Some(pair) => pair.value = value,
            None => self.pairs.push(AvPair { id, value }),
        }
    }

    /// A name; `None` when it is missing or not UTF-16.
    pub fn name(&self, id: AvId) -> Option<String> {
        self.value(id).and_then(decode_unicode)
    }

    /// Sets a name.
    pub fn set_name(&mut self, id: AvId, name: &str) {
        self.set(id, unicode(name));
    }

    /// MsvAvFlags; none when missing or malformed.
    pub fn flags(&self) -> AvFlags {
        let flags = self.value(AvId::FLAGS).unwrap_or_default();
        AvFlags(flags.try_into().map_or(0, u32::from_le_bytes))
    }

    /// Sets MsvAvFlags.
    pub fn set_flags(&mut self, flags: AvFlags) {
        self.set(AvId::FLAGS, flags.0.to_le_bytes().to_vec());
    }

    /// MsvAvTimestamp; `None` when missing or malformed.
    pub fn timestamp(&self) -> Option<FileTime> {
        let timestamp = self.value(AvId::TIMESTAMP)?.try_into().ok()?;
        Some(FileTime(u64::from_le_bytes(timestamp)))
    }

    /// Sets MsvAvTimestamp.
    pub fn set_timestamp(&mut self, timestamp: FileTime) {
        self.set(AvId::TIMESTAMP, timestamp.0.to_le_bytes().to_vec());
    }

    /// MsvAvChannelBindings; `None` when missing or malformed.
    pub fn channel_bindings(&self) -> Option<[u8; 16]> {
        self.value(AvId::CHANNEL_BINDINGS)?.try_into().ok()
    }

    /// Sets MsvAvChannelBindings.
    pub fn set_channel_bindings(&mut self, hash: [u8; 16]) {
        self.set(AvId::CHANNEL_BINDINGS, hash.to_vec());
    }
}
