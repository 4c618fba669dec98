use std::fmt;

use super::{DecodeError, EncodeError, Field, TargetInfo};
use crate::hash::{Challenge, NtlmV2Hash};
use crate::time::FileTime;

/// RespType and HiRespType.
const VERSION: [u8; 2] = [1, 1];

/// NTLMv2_RESPONSE and the NTLMv2_CLIENT_CHALLENGE in it (MS-NLMP sections 2.2.2.7 and 2.2.2.8).
#[derive(Clone, PartialEq, Eq)]
pub struct NtlmV2Response {
    /// NTProofStr.
    pub proof: [u8; 16],
    /// TimeStamp: the server's time, if it told it.
    pub timestamp: FileTime,
    /// ChallengeFromClient.
    pub client_challenge: Challenge,
    /// AvPairs: those of the CHALLENGE_MESSAGE and the client's own.
    pub target_info: TargetInfo,
}

/// What the proof can be searched with stays unseen.
impl fmt::Debug for NtlmV2Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NtlmV2Response")
            .field("timestamp", &self.timestamp)
            .field("target_info", &self.target_info)
            .finish_non_exhaustive()
    }
}

impl NtlmV2Response {
    /// The shortest response there can be. Those of NTLMv1 have 24 octets.
    pub(crate) const MIN_LEN: usize = 16 + 28;

    /// Reads a response. The proof is to be checked over the octets themselves, since what follows the AvPairs
    /// is not kept.
    ///
    /// # Errors
    /// [`DecodeError`] when the octets are something else.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let truncated = || DecodeError::Truncated {
            field: Field::NtChallengeResponse,
        };
        let (proof, temp) = octets.split_first_chunk().ok_or_else(truncated)?;
        let (version, rest) = temp.split_first_chunk().ok_or_else(truncated)?;
        if *version != VERSION {
            return Err(DecodeError::UnexpectedType {
                expected: u16::from_le_bytes(VERSION).into(),
                actual: u16::from_le_bytes(*version).into(),
            });
        }
        let (_reserved, rest) = rest.split_first_chunk::<6>().ok_or_else(truncated)?;
        let (timestamp, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let (client_challenge, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let (_reserved, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        Ok(Self {
            proof: *proof,
            timestamp: FileTime(u64::from_le_bytes(*timestamp)),
            client_challenge: *client_challenge,
            target_info: TargetInfo::decode(rest)?,
        })
    }

    /// The response to a server's challenge (MS-NLMP section 3.3.2).
    ///
    /// # Errors
    /// [`EncodeError`] when an AV_PAIR is too long.
    pub fn compute(
        hash: &NtlmV2Hash,
        server: &Challenge,
        client_challenge: Challenge,
        timestamp: FileTime,
        target_info: TargetInfo,
    ) -> Result<Self, EncodeError> {
        let mut response = Self {
            proof: [0; 16],
            timestamp,
            client_challenge,
            target_info,
        };
        response.proof = hash.proof(server, &response.temp()?);
        Ok(response)
    }

    /// The response's octets.
    ///
    /// # Errors
    /// [`EncodeError`] when an AV_PAIR is too long.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok([&self.proof[..], &self.temp()?].concat())
    }

    /// The `temp` of MS-NLMP section 3.3.2.
    fn temp(&self) -> Result<Vec<u8>, EncodeError> {
        Ok([
            &VERSION[..],
            &[0; 6],
            &self.timestamp.0.to_le_bytes(),
            &self.client_challenge,
            &[0; 4],
            &self.target_info.encode()?,
            &[0; 4],
        ]
        .concat())
    }
}
