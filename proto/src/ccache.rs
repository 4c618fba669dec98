//! CcacheCredential cache files: a client's tickets and session keys, in MIT's FILE format.

mod config;
mod credential;

use std::fmt;

use zeroize::Zeroizing;

use crate::file::{Reader, Truncated, Unrepresentable, Writer};
use crate::name::{KerberosString, NameType, Principal, PrincipalName, Realm};

pub use config::CcacheConfig;
pub use credential::CcacheCredential;

/// The first byte of every credential cache file.
const FORMAT: u8 = 5;
/// The header tag of [`HeaderField::KdcOffset`].
const TAG_KDC_OFFSET: u16 = 1;

/// A credential cache: whose it is, and the credentials in the order of the file. Among them are
/// configuration entries, and entries that a program removed by overwriting their times;
/// [`Self::tickets`] leaves both out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ccache {
    /// The format of the file.
    pub version: CcacheVersion,
    /// The default principal.
    pub principal: Principal,
    /// The credentials.
    pub credentials: Vec<CcacheCredential>,
}

/// The formats that are read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CcacheVersion {
    /// 0x0503.
    V3,
    /// 0x0504, today's.
    V4 {
        /// What its header says.
        header: Vec<HeaderField>,
    },
}

/// One tagged field of the header of format 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderField {
    /// Tag 1: what to add to the client's clock to get the KDC's. The parts may differ in sign.
    KdcOffset {
        /// Whole seconds.
        seconds: i32,
        /// The rest.
        microseconds: i32,
    },
    /// Any other field.
    Other {
        /// Its tag.
        tag: u16,
        /// Its value.
        value: Vec<u8>,
    },
}

impl Ccache {
    /// An empty cache of format 4 without header fields.
    pub fn new(principal: Principal) -> Self {
        Self {
            version: CcacheVersion::V4 { header: Vec::new() },
            principal,
            credentials: Vec::new(),
        }
    }

    /// Reads a file of format 3 or 4.
    ///
    /// # Errors
    /// [`CcacheError`] when the format is another one, or a field does not fit in the file or header.
    pub fn parse(bytes: &[u8]) -> Result<Self, CcacheError> {
        let mut reader = Reader::new(bytes);
        if reader.u8().ok() != Some(FORMAT) {
            return Err(CcacheError::NotACcache);
        }
        let version = match reader.u8()? {
            3 => CcacheVersion::V3,
            4 => CcacheVersion::V4 {
                header: read_header(&mut reader)?,
            },
            number => return Err(CcacheError::UnsupportedVersion(number)),
        };
        let principal = read_principal(&mut reader)?;
        let mut credentials = Vec::new();
        while reader.remaining() > 0 {
            credentials.push(CcacheCredential::read(&mut reader, &version)?);
        }
        Ok(Self {
            version,
            principal,
            credentials,
        })
    }

    /// The file. The bytes hold session keys: they are zeroed when dropped.
    ///
    /// # Errors
    /// [`Unrepresentable`] when a string, type number or time does not fit in its field.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Unrepresentable> {
        let mut writer = Writer::default();
        match &self.version {
            CcacheVersion::V3 => writer.bytes(&[FORMAT, 3]),
            CcacheVersion::V4 { header } => {
                writer.bytes(&[FORMAT, 4]);
                write_header(&mut writer, header)?;
            }
        }
        write_principal(&mut writer, &self.principal)?;
        for credential in &self.credentials {
            credential.write(&mut writer, &self.version)?;
        }
        Ok(writer.finish())
    }

    /// The credentials that are neither configuration nor removed.
    pub fn tickets(&self) -> impl Iterator<Item = &CcacheCredential> {
        self.credentials
            .iter()
            .filter(|credential| !credential.is_removed() && credential.config().is_none())
    }

    /// The first ticket of `client` for `server`, whatever its times.
    pub fn find(&self, client: &Principal, server: &Principal) -> Option<&CcacheCredential> {
        self.tickets()
            .find(|credential| credential.client == *client && credential.server == *server)
    }

    /// What to add to the client's clock to get the KDC's, in seconds and microseconds, when the header
    /// says it.
    pub fn kdc_offset(&self) -> Option<(i32, i32)> {
        let CcacheVersion::V4 { header } = &self.version else {
            return None;
        };
        header.iter().find_map(|field| match field {
            HeaderField::KdcOffset {
                seconds,
                microseconds,
            } => Some((*seconds, *microseconds)),
            HeaderField::Other { .. } => None,
        })
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<Vec<HeaderField>, Truncated> {
    let length = usize::from(reader.u16()?);
    let mut header = reader.window(length);
    reader.bytes(length)?;
    let mut fields = Vec::new();
    while header.remaining() > 0 {
        let tag = header.u16()?;
        let value = header.bytes16()?;
        fields.push(match (tag, value) {
            (TAG_KDC_OFFSET, &[a, b, c, d, e, f, g, h]) => HeaderField::KdcOffset {
                seconds: i32::from_be_bytes([a, b, c, d]),
                microseconds: i32::from_be_bytes([e, f, g, h]),
            },
            _ => HeaderField::Other {
                tag,
                value: value.to_vec(),
            },
        });
    }
    Ok(fields)
}

fn write_header(writer: &mut Writer, fields: &[HeaderField]) -> Result<(), Unrepresentable> {
    let mut header = Writer::default();
    for field in fields {
        match field {
            HeaderField::KdcOffset {
                seconds,
                microseconds,
            } => {
                header.u16(TAG_KDC_OFFSET);
                header.u16(8);
                header.i32(*seconds);
                header.i32(*microseconds);
            }
            HeaderField::Other { tag, value } => {
                header.u16(*tag);
                header.bytes16("header field", value)?;
            }
        }
    }
    writer.bytes16("header", &header.finish())
}

fn read_principal(reader: &mut Reader<'_>) -> Result<Principal, Truncated> {
    let name_type = NameType(reader.i32()?);
    let count = reader.u32()?;
    let realm = Realm::from(reader.bytes32()?);
    let components = (0..count)
        .map(|_| reader.bytes32().map(KerberosString::from))
        .collect::<Result<_, _>>()?;
    let name = PrincipalName {
        name_type,
        components,
    };
    Ok(name.at(realm))
}

fn write_principal(writer: &mut Writer, principal: &Principal) -> Result<(), Unrepresentable> {
    let name = &principal.name;
    writer.i32(name.name_type.0);
    writer.length32("number of name components", name.components.len())?;
    writer.bytes32("realm", principal.realm.as_bytes())?;
    for component in &name.components {
        writer.bytes32("name component", component.as_bytes())?;
    }
    Ok(())
}

/// Why bytes are no credential cache. Offsets count bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CcacheError {
    /// The first byte is not 5.
    NotACcache,
    /// A field reaches past the end of the file or header.
    Truncated {
        /// Where the field begins.
        offset: usize,
    },
    /// The second byte is neither 3 nor 4.
    UnsupportedVersion(u8),
}

impl From<Truncated> for CcacheError {
    fn from(error: Truncated) -> Self {
        Self::Truncated {
            offset: error.offset,
        }
    }
}

impl fmt::Display for CcacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACcache => f.write_str("not a credential cache file"),
            Self::Truncated { offset } => {
                write!(
                    f,
                    "credential cache cut short: no room for the field at byte {offset}"
                )
            }
            Self::UnsupportedVersion(number @ 1..=2) => write!(
                f,
                "credential cache format {number}, in the byte order of the machine that wrote it, is not read"
            ),
            Self::UnsupportedVersion(number) => {
                write!(f, "credential cache format {number} is neither 3 nor 4")
            }
        }
    }
}

impl std::error::Error for CcacheError {}

#[cfg(test)]
mod tests;
