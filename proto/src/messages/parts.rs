//! The parts that several messages share (RFC 4120 section 5.2).

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::crypto::{ChecksumType, InvalidKey, Key};
use crate::der::{self, DecodeError, Reader, Value, Writer};
use crate::messages::PadataType;
use crate::{Enctype, PrincipalName};

impl Value for PrincipalName {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(der::SEQUENCE)?.reader();
        let message = "PrincipalName";
        Ok(Self {
            name_type: der::Field::read_field(&mut inner, der::context(0), message, "name_type")?,
            components: der::Field::read_field(
                &mut inner,
                der::context(1),
                message,
                "name_string",
            )?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.nest(der::SEQUENCE, |writer| {
            der::Field::write_field(&self.name_type, writer, der::context(0));
            der::Field::write_field(&self.components, writer, der::context(1));
        });
    }
}

/// EncryptedData (RFC 4120 section 5.2.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedData {
    /// The encryption type.
    pub etype: Enctype,
    /// The version of the long-term key, absent under a session key.
    pub kvno: Option<u32>,
    /// The ciphertext.
    pub cipher: Vec<u8>,
}

sequence!(@message EncryptedData);

impl Value for EncryptedData {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(der::SEQUENCE)?.reader();
        let message = "EncryptedData";
        Ok(Self {
            etype: der::Field::read_field(&mut inner, der::context(0), message, "etype")?,
            kvno: der::Field::read_field(&mut inner, der::context(1), message, "kvno")?,
            cipher: der::Field::read_field(&mut inner, der::context(2), message, "cipher")?,
        })
    }

    /// RFC 4120 makes the kvno a UInt32. MIT and Windows write it as an Int32, so that one of 2^31 or
    /// more, such as a read-only domain controller's, is negative; MIT refuses the unsigned form.
    fn write(&self, writer: &mut Writer) {
        writer.nest(der::SEQUENCE, |writer| {
            der::Field::write_field(&self.etype, writer, der::context(0));
            let kvno = self.kvno.map(u32::cast_signed);
            der::Field::write_field(&kvno, writer, der::context(1));
            der::Field::write_field(&self.cipher, writer, der::context(2));
        });
    }
}

/// EncryptionKey (RFC 4120 section 5.2.9): a session key inside an encrypted part. It zeroes itself
/// when dropped and prints as its type only.
#[derive(Clone)]
pub struct EncryptionKey {
    keytype: Enctype,
    keyvalue: Vec<u8>,
}

impl EncryptionKey {
    /// The key as something to encrypt with.
    ///
    /// # Errors
    /// [`InvalidKey`] when its type is not implemented or its length is wrong.
    pub fn key(&self) -> Result<Key, InvalidKey> {
        Key::new(self.keytype, &self.keyvalue)
    }

    /// The key's encryption type.
    pub fn enctype(&self) -> Enctype {
        self.keytype
    }
}

impl From<&Key> for EncryptionKey {
    fn from(key: &Key) -> Self {
        Self {
            keytype: key.enctype(),
            keyvalue: key.expose_bytes().to_vec(),
        }
    }
}

impl PartialEq for EncryptionKey {
    fn eq(&self, other: &Self) -> bool {
        self.keytype == other.keytype && self.keyvalue.ct_eq(&other.keyvalue).into()
    }
}

impl Eq for EncryptionKey {}

impl Drop for EncryptionKey {
    fn drop(&mut self) {
        self.keyvalue.zeroize();
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({}, ..)", self.keytype)
    }
}

impl Value for EncryptionKey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(der::SEQUENCE)?.reader();
        let message = "EncryptionKey";
        Ok(Self {
            keytype: der::Field::read_field(&mut inner, der::context(0), message, "keytype")?,
            keyvalue: der::Field::read_field(&mut inner, der::context(1), message, "keyvalue")?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.nest(der::SEQUENCE, |writer| {
            der::Field::write_field(&self.keytype, writer, der::context(0));
            der::Field::write_field(&self.keyvalue, writer, der::context(1));
        });
    }
}

impl Value for ChecksumType {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        i32::read(reader).map(Self)
    }

    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

sequence! {
    /// Checksum (RFC 4120 section 5.2.9).
    "Checksum" standalone struct Checksum {
        /// The checksum type.
        0 => cksumtype: ChecksumType,
        /// The value.
        1 => checksum: Vec<u8>,
    }
}

sequence! {
    /// PA-DATA (RFC 4120 section 5.2.7).
    "PA-DATA" standalone struct PaData {
        /// What the value is.
        1 => padata_type: PadataType,
        /// The value, in the encoding its type defines.
        2 => padata_value: Vec<u8>,
    }
}

sequence! {
    /// HostAddress (RFC 4120 section 5.2.5).
    "HostAddress" struct HostAddress {
        /// The kind of address.
        0 => addr_type: i32,
        /// The address, most significant octet first.
        1 => address: Vec<u8>,
    }
}

impl HostAddress {
    /// An IPv4 address (type 2).
    pub const IPV4: i32 = 2;
    /// A directional address (type 3), in KRB-SAFE and KRB-PRIV only.
    pub const DIRECTIONAL: i32 = 3;
    /// A NetBIOS name (type 20).
    pub const NETBIOS: i32 = 20;
    /// An IPv6 address (type 24).
    pub const IPV6: i32 = 24;
}

impl From<std::net::IpAddr> for HostAddress {
    fn from(address: std::net::IpAddr) -> Self {
        match address {
            std::net::IpAddr::V4(address) => Self {
                addr_type: Self::IPV4,
                address: address.octets().to_vec(),
            },
            std::net::IpAddr::V6(address) => Self {
                addr_type: Self::IPV6,
                address: address.octets().to_vec(),
            },
        }
    }
}

/// HostAddresses (RFC 4120 section 5.2.5).
pub type HostAddresses = Vec<HostAddress>;

sequence! {
    /// TransitedEncoding (RFC 4120 section 5.3).
    "TransitedEncoding" struct TransitedEncoding {
        /// The form of the contents; 1 is DOMAIN-X500-COMPRESS.
        0 => tr_type: i32,
        /// The realms between the client's and the service's.
        1 => contents: Vec<u8>,
    }
}

impl TransitedEncoding {
    /// DOMAIN-X500-COMPRESS (RFC 4120 section 3.3.3.2).
    pub const DOMAIN_X500_COMPRESS: i32 = 1;

    /// No realm was crossed.
    pub const fn empty() -> Self {
        Self {
            tr_type: Self::DOMAIN_X500_COMPRESS,
            contents: Vec::new(),
        }
    }
}

sequence! {
    /// One element of AuthorizationData (RFC 4120 section 5.2.6).
    "AuthorizationData" struct AuthorizationDataElement {
        /// What the data is.
        0 => ad_type: i32,
        /// The data, in the encoding its type defines.
        1 => ad_data: Vec<u8>,
    }
}

impl AuthorizationDataElement {
    /// AD-IF-RELEVANT: elements that may be ignored.
    pub const AD_IF_RELEVANT: i32 = 1;
    /// AD-KDCIssued: elements that a KDC vouches for.
    pub const AD_KDC_ISSUED: i32 = 4;
    /// AD-AND-OR: some of several elements.
    pub const AD_AND_OR: i32 = 5;
    /// AD-MANDATORY-FOR-KDC: elements that a KDC must understand.
    pub const AD_MANDATORY_FOR_KDC: i32 = 8;
    /// AD-WIN2K-PAC: a PAC (MS-PAC).
    pub const AD_WIN2K_PAC: i32 = 128;
    /// AD-ETYPE-NEGOTIATION: enctypes for the subkey of the AP-REP (RFC 4537).
    pub const AD_ETYPE_NEGOTIATION: i32 = 129;
}

/// AuthorizationData (RFC 4120 section 5.2.6), kept byte for byte: signatures over it stay valid
/// however its sender encoded it.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationData {
    contents: Vec<u8>,
}

impl AuthorizationData {
    /// The data of `elements`.
    pub fn new(elements: &[AuthorizationDataElement]) -> Self {
        let mut writer = Writer::default();
        for element in elements {
            element.write(&mut writer);
        }
        Self {
            contents: writer.into_bytes(),
        }
    }

    /// The elements, in order.
    pub fn elements(&self) -> impl Iterator<Item = AuthorizationDataElement> + '_ {
        let mut reader = Reader::new(&self.contents);
        std::iter::from_fn(move || AuthorizationDataElement::read(&mut reader).ok())
    }

    /// These elements followed by those of `other`.
    #[must_use]
    pub fn followed_by(&self, other: &Self) -> Self {
        Self {
            contents: [self.contents.as_slice(), &other.contents].concat(),
        }
    }

    /// Reads the AuthorizationData that `bytes` begin with, as it stands in a decrypted
    /// enc-authorization-data or inside AD-IF-RELEVANT.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being AuthorizationData.
    pub fn decode_padded(bytes: &[u8]) -> Result<Self, DecodeError> {
        der::decode_padded(bytes)
    }

    /// The DER encoding.
    pub fn encode(&self) -> Vec<u8> {
        der::encode(self)
    }
}

impl fmt::Debug for AuthorizationData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.elements()).finish()
    }
}

impl Value for AuthorizationData {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(der::SEQUENCE)?;
        let mut inner = element.reader();
        while !inner.is_empty() {
            AuthorizationDataElement::read(&mut inner)?;
        }
        Ok(Self {
            contents: element.contents.to_vec(),
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(der::SEQUENCE, &self.contents);
    }
}

impl Value for PadataType {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        i32::read(reader).map(Self)
    }

    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}
