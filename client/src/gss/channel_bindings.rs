use std::net::IpAddr;

use kdclab_proto::digest;

use crate::Dialect;

/// What ties a context to the channel it runs over (RFC 2744 section 3.11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBindings {
    /// The kind of `initiator_address`, 0 when there is none.
    pub initiator_addrtype: u32,
    /// The initiator's address.
    pub initiator_address: Vec<u8>,
    /// The kind of `acceptor_address`, 0 when there is none.
    pub acceptor_addrtype: u32,
    /// The acceptor's address.
    pub acceptor_address: Vec<u8>,
    /// The application's data; over TLS a prefix such as `tls-server-end-point:` and what RFC 5929 defines.
    pub application_data: Vec<u8>,
}

impl ChannelBindings {
    /// GSS_C_AF_INET.
    pub const ADDRTYPE_INET: u32 = 2;
    /// GSS_C_AF_INET6 as implementations number it.
    pub const ADDRTYPE_INET6: u32 = 24;

    /// GSS_C_AF_NULLADDR, with which Java marks an address it does not have; others leave the field 0. The
    /// digests differ, so bindings without addresses do not match between Java and others.
    pub const ADDRTYPE_NULLADDR: u32 = 255;

    /// Bindings to `application_data` alone, as hosts of `dialect` make them.
    pub fn of(dialect: Dialect, application_data: impl Into<Vec<u8>>) -> Self {
        let addrtype = match dialect {
            Dialect::Java | Dialect::Java6 => Self::ADDRTYPE_NULLADDR,
            Dialect::Mit | Dialect::Windows => 0,
        };
        Self {
            initiator_addrtype: addrtype,
            acceptor_addrtype: addrtype,
            ..Self::new(application_data)
        }
    }

    /// Bindings to `application_data` alone, without addresses.
    pub fn new(application_data: impl Into<Vec<u8>>) -> Self {
        Self {
            application_data: application_data.into(),
            ..Self::default()
        }
    }

    /// The initiator's address, when it is one of the Internet.
    pub fn initiator(&self) -> Option<IpAddr> {
        let address = self.initiator_address.as_slice();
        match self.initiator_addrtype {
            Self::ADDRTYPE_INET => <[u8; 4]>::try_from(address).ok().map(IpAddr::from),
            Self::ADDRTYPE_INET6 => <[u8; 16]>::try_from(address).ok().map(IpAddr::from),
            _ => None,
        }
    }

    /// The Bnd field of an authenticator checksum (RFC 4121 section 4.1.1.2).
    pub fn digest(&self) -> [u8; 16] {
        let mut bytes = Vec::new();
        let buffer = |octets: &[u8]| {
            let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
            [length.to_le_bytes().as_slice(), octets].concat()
        };
        bytes.extend(self.initiator_addrtype.to_le_bytes());
        bytes.extend(buffer(&self.initiator_address));
        bytes.extend(self.acceptor_addrtype.to_le_bytes());
        bytes.extend(buffer(&self.acceptor_address));
        bytes.extend(buffer(&self.application_data));
        digest::md5(&bytes)
    }
}
