//! Keytab files: the long-term keys of services, in MIT's FILE format.

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::{Enctype, InvalidKey, Key};
use crate::file::{Reader, Truncated, Unrepresentable, Writer};
use crate::name::{KerberosString, NameType, Principal, PrincipalName, Realm};
use crate::time::KerberosTime;

/// The first byte of every keytab file.
const FORMAT: u8 = 5;

/// The keys of a keytab, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keytab {
    /// The entries.
    pub entries: Vec<KeytabEntry>,
}

impl Keytab {
    /// Reads a file of format 0x502, or 0x501. That older one is in the byte order of the machine that
    /// wrote it and says nothing of it; it is read as little-endian, and its names have the type
    /// NT-UNKNOWN. Holes that removed entries leave are skipped. A record of length zero ends the file,
    /// as do fewer than four bytes in place of a length: MIT reads no further either.
    ///
    /// # Errors
    /// [`KeytabError`] when the version is another one or an entry does not fit in its record or file.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeytabError> {
        let mut reader = Reader::new(bytes);
        if reader.u8().ok() != Some(FORMAT) {
            return Err(KeytabError::NotAKeytab);
        }
        let version = match reader.u8()? {
            1 => Version::V1,
            2 => Version::V2,
            number => return Err(KeytabError::UnsupportedVersion(number)),
        };
        if version == Version::V1 {
            reader.set_little_endian();
        }
        let mut entries = Vec::new();
        while let Ok(length) = reader.i32() {
            // A hole may be 2^31 long, which fits a usize of at least 32 bits.
            let size = length.unsigned_abs() as usize;
            if length == 0 {
                break;
            }
            if length > 0 {
                entries.push(KeytabEntry::read(&reader, size, version)?);
            }
            reader.skip(size);
        }
        Ok(Self { entries })
    }

    /// The file in format 0x502, with the 32-bit kvno in every entry, as MIT writes it. The bytes are
    /// keys: they are zeroed when dropped.
    ///
    /// # Errors
    /// [`Unrepresentable`] when a string, type number or time does not fit in its field.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Unrepresentable> {
        let mut writer = Writer::default();
        writer.bytes(&[FORMAT, 2]);
        for entry in &self.entries {
            let mut record = Writer::default();
            entry.write(&mut record)?;
            let length = record.len();
            let size = i32::try_from(length).map_err(|_| Unrepresentable::TooLong {
                field: "keytab entry",
                length,
                limit: i32::MAX as u64,
            })?;
            writer.i32(size);
            writer.bytes(&record.finish());
        }
        Ok(writer.finish())
    }

    /// The entries of `principal`, in the order of the file.
    pub fn entries_of(&self, principal: &Principal) -> impl Iterator<Item = &KeytabEntry> {
        self.entries
            .iter()
            .filter(move |entry| entry.principal == *principal)
    }

    /// The newest kvno of `principal`. As in MIT, a kvno below 128 is newer than one above 240 unless
    /// its entry is older: it was probably cut to 8 or 16 bits on its way.
    pub fn newest_kvno(&self, principal: &Principal) -> Option<u32> {
        self.entries_of(principal)
            .reduce(|newest, entry| {
                if entry.is_newer_than(newest) {
                    entry
                } else {
                    newest
                }
            })
            .map(|entry| entry.kvno)
    }

    /// The key of `principal` with this kvno and enctype. As in MIT, an entry whose kvno is below 256
    /// stands in for every kvno with the same low 8 bits where no entry has the number itself: old
    /// programs write only those.
    pub fn find(&self, principal: &Principal, kvno: u32, enctype: Enctype) -> Option<&KeytabEntry> {
        let candidates = || {
            self.entries_of(principal)
                .filter(move |entry| entry.enctype == enctype)
        };
        candidates()
            .find(|entry| entry.kvno == kvno)
            .or_else(|| candidates().find(|entry| entry.kvno == kvno & 0xff))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// One key of a keytab. The key may be of a type this library does not implement.
#[derive(Clone, PartialEq, Eq)]
pub struct KeytabEntry {
    /// Whose key it is.
    pub principal: Principal,
    /// When the entry was written.
    pub timestamp: KerberosTime,
    /// The version of the key.
    pub kvno: u32,
    /// The type of the key.
    pub enctype: Enctype,
    /// The key itself.
    pub key_bytes: Zeroizing<Vec<u8>>,
}

impl KeytabEntry {
    /// The key, ready for use.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented or wants another length.
    pub fn key(&self) -> Result<Key, InvalidKey> {
        Key::new(self.enctype, &self.key_bytes)
    }

    fn is_newer_than(&self, other: &Self) -> bool {
        let wrapped = |low: &Self, high: &Self| {
            low.kvno < 128 && high.kvno > 240 && low.timestamp >= high.timestamp
        };
        wrapped(self, other) || self.kvno > other.kvno && !wrapped(other, self)
    }

    fn read(file: &Reader<'_>, size: usize, version: Version) -> Result<Self, KeytabError> {
        let start = file.offset();
        let mut record = file.window(size);
        let mut count = record.u16()?;
        if version == Version::V1 {
            // The older format counts the realm as a component.
            count = count
                .checked_sub(1)
                .ok_or(KeytabError::NoRealm { offset: start })?;
        }
        let realm = Realm::from(record.bytes16()?);
        let components = (0..count)
            .map(|_| record.bytes16().map(KerberosString::from))
            .collect::<Result<_, _>>()?;
        let name_type = match version {
            Version::V1 => NameType::UNKNOWN,
            Version::V2 => NameType(record.i32()?),
        };
        let name = PrincipalName {
            name_type,
            components,
        };
        let timestamp = record.time()?;
        let low_kvno = record.u8()?;
        let enctype = Enctype(record.i16()?.into());
        let key_bytes = Zeroizing::new(record.bytes16()?.to_vec());
        // MIT's 0x501 files end before their last record does, so a record's size, not the file's, tells
        // whether there is a 32-bit kvno; zero there means that only the 8-bit one counts.
        let has_kvno = size - (record.offset() - start) >= 4;
        let kvno = if has_kvno { record.u32()? } else { 0 };
        Ok(Self {
            principal: name.at(realm),
            timestamp,
            kvno: if kvno == 0 { low_kvno.into() } else { kvno },
            enctype,
            key_bytes,
        })
    }

    fn write(&self, record: &mut Writer) -> Result<(), Unrepresentable> {
        let name = &self.principal.name;
        record.length16("number of name components", name.components.len())?;
        record.bytes16("realm", self.principal.realm.as_bytes())?;
        for component in &name.components {
            record.bytes16("name component", component.as_bytes())?;
        }
        record.i32(name.name_type.0);
        record.time("timestamp", self.timestamp)?;
        record.u8((self.kvno & 0xff) as u8);
        record.type_number("enctype", self.enctype.0)?;
        record.bytes16("key", &self.key_bytes)?;
        record.u32(self.kvno);
        Ok(())
    }
}

impl fmt::Debug for KeytabEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeytabEntry")
            .field("principal", &self.principal)
            .field("timestamp", &self.timestamp)
            .field("kvno", &self.kvno)
            .field("enctype", &self.enctype.0)
            .finish_non_exhaustive()
    }
}

/// Why bytes are no keytab. Offsets count bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeytabError {
    /// An entry of format 0x501 with not even a realm.
    NoRealm {
        /// Where the entry begins.
        offset: usize,
    },
    /// The first byte is not 5.
    NotAKeytab,
    /// A field reaches past the end of its record or file.
    Truncated {
        /// Where the field begins.
        offset: usize,
    },
    /// The second byte is neither 1 nor 2.
    UnsupportedVersion(u8),
}

impl From<Truncated> for KeytabError {
    fn from(error: Truncated) -> Self {
        Self::Truncated {
            offset: error.offset,
        }
    }
}

impl fmt::Display for KeytabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRealm { offset } => write!(f, "keytab entry without a realm at byte {offset}"),
            Self::NotAKeytab => f.write_str("not a keytab file"),
            Self::Truncated { offset } => {
                write!(
                    f,
                    "keytab entry cut short: no room for the field at byte {offset}"
                )
            }
            Self::UnsupportedVersion(number) => {
                write!(f, "keytab format {number} is neither 1 nor 2")
            }
        }
    }
}

impl std::error::Error for KeytabError {}

#[cfg(test)]
mod tests;
