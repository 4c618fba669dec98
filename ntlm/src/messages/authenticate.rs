use std::fmt;

use super::fields::{MessageReader, MessageWriter, decode_string, encode_string};
use super::{DecodeError, EncodeError, Field, NegotiateFlags, Version};

const TYPE: u32 = 3;
const SHORTEST_HEADER: usize = 64;

/// Where the MIC of an AUTHENTICATE_MESSAGE lies, if it has one (MS-NLMP section 2.2.1.3).
pub const MIC_OFFSET: usize = 72;

/// AUTHENTICATE_MESSAGE (MS-NLMP section 2.2.1.3). `Debug` leaves out the responses, from which a password can
/// be guessed.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthenticateMessage {
    /// NegotiateFlags.
    pub flags: NegotiateFlags,
    /// LmChallengeResponse.
    pub lm_response: Vec<u8>,
    /// NtChallengeResponse.
    pub nt_response: Vec<u8>,
    /// DomainName: where the user's account is.
    pub domain: String,
    /// UserName.
    pub user: String,
    /// Workstation: the client's machine.
    pub workstation: String,
    /// EncryptedRandomSessionKey; empty without key exchange.
    pub encrypted_random_session_key: Vec<u8>,
    /// VERSION; old clients have none.
    pub version: Option<Version>,
    /// MIC, for which there is room only behind a VERSION.
    pub mic: Option<[u8; 16]>,
}

impl AuthenticateMessage {
    /// Reads a message. Whether it has a VERSION and a MIC is told by where its payload begins.
    ///
    /// # Errors
    /// [`DecodeError`] when the octets are something else.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = MessageReader::new(message, TYPE, SHORTEST_HEADER)?;
        let lm_response = reader.field(Field::LmChallengeResponse)?;
        let nt_response = reader.field(Field::NtChallengeResponse)?;
        let domain = reader.field(Field::DomainName)?;
        let user = reader.field(Field::UserName)?;
        let workstation = reader.field(Field::Workstation)?;
        let encrypted_random_session_key = reader.field(Field::EncryptedRandomSessionKey)?;
        let flags = reader.flags()?;
        let version = reader.optional()?.map(Version::from_octets);
        let mic = match version {
            Some(_) => reader.optional()?,
            None => None,
        };
        Ok(Self {
            flags,
            lm_response: lm_response.to_vec(),
            nt_response: nt_response.to_vec(),
            domain: decode_string(flags, Field::DomainName, domain)?,
            user: decode_string(flags, Field::UserName, user)?,
            workstation: decode_string(flags, Field::Workstation, workstation)?,
            encrypted_random_session_key: encrypted_random_session_key.to_vec(),
            version,
            mic,
        })
    }

    /// The message's octets. A MIC without a VERSION gets one of zeros, so that it is at its place.
    ///
    /// # Errors
    /// [`EncodeError`] when a part is too long or cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let header_len = match (self.version, self.mic) {
            (_, Some(_)) => 88,
            (Some(_), None) => 72,
            (None, None) => 64,
        };
        let mut writer = MessageWriter::new(TYPE, header_len);
        let text = |field, name| encode_string(self.flags, field, name);
        let domain = text(Field::DomainName, &self.domain)?;
        let user = text(Field::UserName, &self.user)?;
        let workstation = text(Field::Workstation, &self.workstation)?;
        let domain = writer.payload(Field::DomainName, &domain)?;
        let user = writer.payload(Field::UserName, &user)?;
        let workstation = writer.payload(Field::Workstation, &workstation)?;
        let lm_response = writer.payload(Field::LmChallengeResponse, &self.lm_response)?;
        let nt_response = writer.payload(Field::NtChallengeResponse, &self.nt_response)?;
        let key = writer.payload(
            Field::EncryptedRandomSessionKey,
            &self.encrypted_random_session_key,
        )?;
        for place in [lm_response, nt_response, domain, user, workstation, key] {
            writer.field(place);
        }
        writer.flags(self.flags);
        match (self.version, self.mic) {
            (Some(version), _) => writer.octets(&version.octets()),
            (None, Some(_)) => writer.octets(&[0; 8]),
            (None, None) => {}
        }
        if let Some(mic) = &self.mic {
            writer.octets(mic);
        }
        Ok(writer.finish())
    }

    /// Whether the client does not say who it is: neither a name nor an NT response, and no LM response but
    /// one zero (MS-NLMP section 3.2.5.1.2).
    pub fn is_anonymous(&self) -> bool {
        self.user.is_empty()
            && self.nt_response.is_empty()
            && matches!(self.lm_response[..], [] | [0])
    }
}

impl fmt::Debug for AuthenticateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateMessage")
            .field("flags", &self.flags)
            .field("domain", &self.domain)
            .field("user", &self.user)
            .field("workstation", &self.workstation)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
