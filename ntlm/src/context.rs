//! Session security (MS-NLMP section 3.4), connection-oriented.

use std::fmt;

use zeroize::Zeroizing;

use crate::key_stream::KeyStream;
use crate::messages::NegotiateFlags;
use crate::primitives::{crc32, equal, hmac_md5};
use crate::secret::SessionKey;
use crate::session_keys::{Mode, seal_key, sign_key};

/// The octets of an NTLMSSP_MESSAGE_SIGNATURE (MS-NLMP section 2.2.2.9).
pub const SIGNATURE_LEN: usize = 16;

const SIGNATURE_VERSION: u32 = 1;

/// An established session: signs and seals what one side sends, verifies and unseals what it receives. What
/// does not verify leaves the session as it was. A clone takes as long as all that was sealed.
#[derive(Clone)]
pub struct SecurityContext {
    flags: NegotiateFlags,
    exported_session_key: SessionKey,
    sending: Direction,
    /// None without extended session security: then there is one key and one count for both directions, which
    /// take turns (MS-NLMP section 3.4; Samba, `ntlmssp_sign_init`).
    receiving: Option<Direction>,
}

#[derive(Clone)]
struct Direction {
    sign_key: Option<SessionKey>,
    key_stream: KeyStream,
    sequence: u32,
}

impl SecurityContext {
    /// The session of negotiated `flags` and an ExportedSessionKey, as `mode` has it.
    pub fn new(flags: NegotiateFlags, exported_session_key: SessionKey, mode: Mode) -> Self {
        let direction = |mode| Direction {
            sign_key: sign_key(flags, &exported_session_key, mode),
            key_stream: KeyStream::new(seal_key(flags, &exported_session_key, mode)),
            sequence: 0,
        };
        let (ours, theirs) = match mode {
            Mode::Client => (Mode::Client, Mode::Server),
            Mode::Server => (Mode::Server, Mode::Client),
        };
        let both = flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
        Self {
            flags,
            sending: direction(ours),
            receiving: both.then(|| direction(theirs)),
            exported_session_key,
        }
    }

    /// The flags both sides agreed on.
    pub fn flags(&self) -> NegotiateFlags {
        self.flags
    }

    /// ExportedSessionKey, which protocols above NTLM take as the session's key.
    pub fn exported_session_key(&self) -> &SessionKey {
        &self.exported_session_key
    }

    /// SIGN: the signature of a message (MS-NLMP section 3.4.2).
    ///
    /// # Errors
    /// [`SessionSecurityError::NotNegotiated`] without NTLMSSP_NEGOTIATE_SIGN and NTLMSSP_NEGOTIATE_SEAL.
    pub fn sign(&mut self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SessionSecurityError> {
        self.require(NegotiateFlags::SIGN.with(NegotiateFlags::SEAL))?;
        let (flags, direction) = (self.flags, &mut self.sending);
        let signature = direction.mac(flags, message, 0);
        direction.advance(mac_key_stream_len(flags));
        Ok(signature)
    }

    /// Verifies what the other side's [`sign`](Self::sign) made.
    ///
    /// # Errors
    /// [`SessionSecurityError`] when signatures were not negotiated or this one is not that of the next
    /// message.
    pub fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), SessionSecurityError> {
        self.require(NegotiateFlags::SIGN.with(NegotiateFlags::SEAL))?;
        let (flags, direction) = (self.flags, self.receiving());
        direction.check(flags, message, 0, signature)?;
        direction.advance(mac_key_stream_len(flags));
        Ok(())
    }

    /// SEAL: the encrypted message and its signature (MS-NLMP section 3.4.3).
    ///
    /// # Errors
    /// [`SessionSecurityError::NotNegotiated`] without NTLMSSP_NEGOTIATE_SEAL.
    pub fn seal(
        &mut self,
        message: &[u8],
    ) -> Result<(Vec<u8>, [u8; SIGNATURE_LEN]), SessionSecurityError> {
        self.require(NegotiateFlags::SEAL)?;
        let (flags, direction) = (self.flags, &mut self.sending);
        let signature = direction.mac(flags, message, message.len());
        let sealed = exclusive_or(message, direction.key_stream.peek(message.len()));
        direction.advance(message.len() + mac_key_stream_len(flags));
        Ok((sealed, signature))
    }

    /// Decrypts and verifies what the other side's [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`SessionSecurityError`] when encryption was not negotiated or the signature is not that of the next
    /// message.
    pub fn unseal(
        &mut self,
        sealed: &[u8],
        signature: &[u8],
    ) -> Result<Vec<u8>, SessionSecurityError> {
        self.require(NegotiateFlags::SEAL)?;
        let (flags, direction) = (self.flags, self.receiving());
        let message = Zeroizing::new(exclusive_or(
            sealed,
            direction.key_stream.peek(sealed.len()),
        ));
        direction.check(flags, &message, message.len(), signature)?;
        direction.advance(message.len() + mac_key_stream_len(flags));
        Ok(message.to_vec())
    }

    /// The mechListMIC of SPNEGO: a signature that counts as a message and leaves the key state to the next one
    /// (MS-SPNG section 3.3.5.1).
    ///
    /// # Errors
    /// As of [`sign`](Self::sign).
    pub fn get_mic(&mut self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SessionSecurityError> {
        self.require(NegotiateFlags::SIGN.with(NegotiateFlags::SEAL))?;
        let signature = self.sending.mac(self.flags, message, 0);
        self.sending.advance(0);
        Ok(signature)
    }

    /// Verifies what the other side's [`get_mic`](Self::get_mic) made.
    ///
    /// # Errors
    /// As of [`verify`](Self::verify).
    pub fn verify_mic(
        &mut self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SessionSecurityError> {
        self.require(NegotiateFlags::SIGN.with(NegotiateFlags::SEAL))?;
        let (flags, direction) = (self.flags, self.receiving());
        direction.check(flags, message, 0, signature)?;
        direction.advance(0);
        Ok(())
    }

    fn receiving(&mut self) -> &mut Direction {
        self.receiving.as_mut().unwrap_or(&mut self.sending)
    }

    fn require(&self, any: NegotiateFlags) -> Result<(), SessionSecurityError> {
        if self.flags.intersects(any) {
            Ok(())
        } else {
            Err(SessionSecurityError::NotNegotiated { any })
        }
    }
}

impl fmt::Debug for SecurityContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityContext")
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}

impl Direction {
    /// MAC of the next message, whose key stream begins `skip` octets ahead (MS-NLMP section 3.4.4).
    fn mac(&mut self, flags: NegotiateFlags, message: &[u8], skip: usize) -> [u8; SIGNATURE_LEN] {
        let length = mac_key_stream_len(flags);
        let sequence = self.sequence.to_le_bytes();
        let key_stream = &self.key_stream.peek(skip + length)[skip..];
        let mut signature = [0; SIGNATURE_LEN];
        signature[..4].copy_from_slice(&SIGNATURE_VERSION.to_le_bytes());
        if let Some(sign_key) = &self.sign_key {
            let checksum = hmac_md5(sign_key.expose_bytes(), &[&sequence, message]);
            signature[4..12].copy_from_slice(&checksum[..8]);
            apply(&mut signature[4..4 + length], key_stream);
            signature[12..].copy_from_slice(&sequence);
        } else {
            signature[8..12].copy_from_slice(&crc32(message));
            signature[12..].copy_from_slice(&sequence);
            apply(&mut signature[4..], key_stream);
            signature[4..8].fill(0);
        }
        signature
    }

    fn check(
        &mut self,
        flags: NegotiateFlags,
        message: &[u8],
        skip: usize,
        signature: &[u8],
    ) -> Result<(), SessionSecurityError> {
        let signature: &[u8; SIGNATURE_LEN] =
            signature
                .try_into()
                .map_err(|_| SessionSecurityError::WrongSignatureLength {
                    actual: signature.len(),
                })?;
        let (version, rest) = signature.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let version = u32::from_le_bytes(*version);
        if version != SIGNATURE_VERSION {
            return Err(SessionSecurityError::UnknownSignatureVersion { version });
        }
        let expected = self.sequence;
        let mac = self.mac(flags, message, skip);
        // Without extended session security the first four octets are a pad, which senders fill as they like.
        let pad = if self.sign_key.is_some() { 0 } else { 4 };
        if equal(&mac[4 + pad..], &rest[pad..]) {
            return Ok(());
        }
        let sent = rest.last_chunk().unwrap_or(&[0; 4]);
        let ours = mac.last_chunk().unwrap_or(&[0; 4]);
        // The difference of encrypted numbers is that of the numbers.
        let actual = expected ^ u32::from_le_bytes(*sent) ^ u32::from_le_bytes(*ours);
        if actual != expected && (self.sign_key.is_some() || mac[8..12] == rest[4..8]) {
            return Err(SessionSecurityError::OutOfSequence { expected, actual });
        }
        Err(SessionSecurityError::SignatureMismatch { sequence: expected })
    }

    /// Ends a message that has used `length` octets of the key stream.
    fn advance(&mut self, length: usize) {
        self.key_stream.advance(length);
        self.sequence = self.sequence.wrapping_add(1);
    }
}

/// How much of the key stream a signature takes.
fn mac_key_stream_len(flags: NegotiateFlags) -> usize {
    if !flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY) {
        12
    } else if flags.contains(NegotiateFlags::KEY_EXCH) {
        8
    } else {
        0
    }
}

fn apply(octets: &mut [u8], key_stream: &[u8]) {
    for (octet, key) in octets.iter_mut().zip(key_stream) {
        *octet ^= key;
    }
}

fn exclusive_or(octets: &[u8], key_stream: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    apply(&mut octets, key_stream);
    octets
}

/// Why a session does not sign, seal or accept a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionSecurityError {
    /// None of these flags was negotiated.
    NotNegotiated {
        /// The flags, of which one would do.
        any: NegotiateFlags,
    },
    /// The message is not the one whose turn it is.
    OutOfSequence {
        /// The number of the message whose turn it is.
        expected: u32,
        /// The number in the signature.
        actual: u32,
    },
    /// The message was altered, or the two sides have different keys.
    SignatureMismatch {
        /// The number of the message.
        sequence: u32,
    },
    /// The signature's version is not 1.
    UnknownSignatureVersion {
        /// The version.
        version: u32,
    },
    /// A signature has 16 octets.
    WrongSignatureLength {
        /// What this one has.
        actual: usize,
    },
}

impl fmt::Display for SessionSecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNegotiated { any } => write!(f, "none of {any:?} was negotiated"),
            Self::OutOfSequence { expected, actual } => {
                write!(f, "message {actual} came where {expected} was expected")
            }
            Self::SignatureMismatch { sequence } => {
                write!(f, "the signature of message {sequence} does not verify")
            }
            Self::UnknownSignatureVersion { version } => {
                write!(f, "unknown signature version {version:#x}")
            }
            Self::WrongSignatureLength { actual } => {
                write!(f, "a signature of {actual} octets, not {SIGNATURE_LEN}")
            }
        }
    }
}

impl std::error::Error for SessionSecurityError {}
