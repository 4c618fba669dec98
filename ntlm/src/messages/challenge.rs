use super::fields::{MessageReader, MessageWriter, decode_string, encode_string};
use super::{DecodeError, EncodeError, Field, NegotiateFlags, TargetInfo, Version};
use crate::hash::Challenge;

const TYPE: u32 = 2;
const SHORTEST_HEADER: usize = 32;

/// CHALLENGE_MESSAGE (MS-NLMP section 2.2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeMessage {
    /// NegotiateFlags.
    pub flags: NegotiateFlags,
    /// TargetName: the server's domain, or the server itself if it is in none.
    pub target_name: String,
    /// ServerChallenge.
    pub server_challenge: Challenge,
    /// TargetInfo, if the flags say so.
    pub target_info: Option<TargetInfo>,
    /// VERSION; old servers have none.
    pub version: Option<Version>,
}

impl ChallengeMessage {
    /// Reads a message. Servers before Windows 2000 end its header after the challenge.
    ///
    /// # Errors
    /// [`DecodeError`] when the octets are something else.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = MessageReader::new(message, TYPE, SHORTEST_HEADER)?;
        let target_name = reader.field(Field::TargetName)?;
        let flags = reader.flags()?;
        let server_challenge = reader.octets()?;
        let mut read = Self {
            flags,
            target_name: decode_string(flags, Field::TargetName, target_name)?,
            server_challenge,
            target_info: None,
            version: None,
        };
        let reserved: Option<[u8; 8]> = reader.optional()?;
        if reserved.is_none() {
            return Ok(read);
        }
        if flags.contains(NegotiateFlags::TARGET_INFO) {
            let target_info = reader.field(Field::TargetInfo)?;
            read.target_info = Some(TargetInfo::decode(target_info)?);
        } else if reader.optional::<8>()?.is_none() {
            return Ok(read);
        }
        read.version = reader.optional()?.map(Version::from_octets);
        Ok(read)
    }

    /// The message's octets.
    ///
    /// # Errors
    /// [`EncodeError`] when a part is too long or cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let flags = self
            .flags
            .with_if(self.target_info.is_some(), NegotiateFlags::TARGET_INFO);
        let header_len = if self.version.is_some() { 56 } else { 48 };
        let mut writer = MessageWriter::new(TYPE, header_len);
        let target_name = encode_string(flags, Field::TargetName, &self.target_name)?;
        let target_name = writer.payload(Field::TargetName, &target_name)?;
        writer.field(target_name);
        writer.flags(flags);
        writer.octets(&self.server_challenge);
        writer.octets(&[0; 8]);
        match &self.target_info {
            Some(target_info) => {
                let target_info = writer.payload(Field::TargetInfo, &target_info.encode()?)?;
                writer.field(target_info);
            }
            None => writer.no_field(),
        }
        if let Some(version) = self.version {
            writer.octets(&version.octets());
        }
        Ok(writer.finish())
    }
}
