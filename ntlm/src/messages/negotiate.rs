use super::fields::{MessageReader, MessageWriter, encode_oem};
use super::{DecodeError, EncodeError, Field, NegotiateFlags, Version};
use crate::oem;

const TYPE: u32 = 1;
const SHORTEST_HEADER: usize = 16;

/// NEGOTIATE_MESSAGE (MS-NLMP section 2.2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegotiateMessage {
    /// NegotiateFlags. The flags that say which names follow are set by the names.
    pub flags: NegotiateFlags,
    /// DomainName, always in the OEM character set.
    pub domain: Option<String>,
    /// Workstation, always in the OEM character set.
    pub workstation: Option<String>,
    /// VERSION; old clients have none.
    pub version: Option<Version>,
}

impl NegotiateMessage {
    /// Reads a message. Clients before Windows 2000 end it after the flags.
    ///
    /// # Errors
    /// [`DecodeError`] when the octets are something else.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = MessageReader::new(message, TYPE, SHORTEST_HEADER)?;
        let flags = reader.flags()?;
        let mut read = Self {
            flags,
            domain: None,
            workstation: None,
            version: None,
        };
        if message.len() == SHORTEST_HEADER {
            return Ok(read);
        }
        let domain = reader.field(Field::DomainName)?;
        let workstation = reader.field(Field::Workstation)?;
        if flags.contains(NegotiateFlags::OEM_DOMAIN_SUPPLIED) {
            read.domain = Some(oem::decode(domain));
        }
        if flags.contains(NegotiateFlags::OEM_WORKSTATION_SUPPLIED) {
            read.workstation = Some(oem::decode(workstation));
        }
        read.version = reader.optional()?.map(Version::from_octets);
        Ok(read)
    }

    /// The message's octets.
    ///
    /// # Errors
    /// [`EncodeError`] when a name is too long or cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let header_len = if self.version.is_some() { 40 } else { 32 };
        let mut writer = MessageWriter::new(TYPE, header_len);
        let text = |field, name: &Option<String>| encode_oem(field, name.as_deref().unwrap_or(""));
        let domain = text(Field::DomainName, &self.domain)?;
        let workstation = text(Field::Workstation, &self.workstation)?;
        let workstation = writer.payload(Field::Workstation, &workstation)?;
        let domain = writer.payload(Field::DomainName, &domain)?;
        writer.flags(
            self.flags
                .with_if(self.domain.is_some(), NegotiateFlags::OEM_DOMAIN_SUPPLIED)
                .with_if(
                    self.workstation.is_some(),
                    NegotiateFlags::OEM_WORKSTATION_SUPPLIED,
                ),
        );
        writer.field(domain);
        writer.field(workstation);
        if let Some(version) = self.version {
            writer.octets(&version.octets());
        }
        Ok(writer.finish())
    }
}
