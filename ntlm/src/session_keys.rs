//! The keys of a session (MS-NLMP section 3.4.5).

use zeroize::Zeroizing;

use crate::hash::Challenge;
use crate::messages::NegotiateFlags;
use crate::primitives::{des, hmac_md5, md5, rc4k};
use crate::secret::{LmSessionKey, SessionKey};

/// The local machine's side, or whose message it is (the Mode of MS-NLMP section 3.4.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// What KXKEY is made of besides the flags (MS-NLMP section 3.4.5.1). The client takes it out of the clear
/// password, the server out of what the domain controller returned.
#[derive(Clone, Copy, Debug)]
pub struct KeyMaterial<'a> {
    /// Whether the response is NTLMv2, whose SessionBaseKey is the key as it is.
    pub ntlm_v2: bool,
    /// SessionBaseKey; UserSessionKey at the server.
    pub session_base_key: &'a SessionKey,
    /// The first half of the LM hash, zeros where there is none. KXKEY needs no more of it.
    pub lm_key: &'a LmSessionKey,
    /// The LmChallengeResponse of the AUTHENTICATE_MESSAGE.
    pub lm_response: &'a [u8],
    /// The ServerChallenge of the CHALLENGE_MESSAGE.
    pub server_challenge: &'a Challenge,
}

impl KeyMaterial<'_> {
    /// KXKEY (MS-NLMP section 3.4.5.1).
    pub fn key_exchange_key(&self, flags: NegotiateFlags) -> SessionKey {
        if self.ntlm_v2 {
            return self.session_base_key.clone();
        }
        if flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY) {
            let key = self.session_base_key.expose_bytes();
            return SessionKey::new(hmac_md5(key, &[self.server_challenge, &self.lm_part()]));
        }
        if flags.contains(NegotiateFlags::LM_KEY) {
            return self.lm_session_key();
        }
        if flags.contains(NegotiateFlags::REQUEST_NON_NT_SESSION_KEY) {
            return SessionKey::half(self.lm_key.expose_bytes());
        }
        self.session_base_key.clone()
    }

    fn lm_session_key(&self) -> SessionKey {
        let [a, b, c, d, e, f, g, last] = *self.lm_key.expose_bytes();
        let first = Zeroizing::new([a, b, c, d, e, f, g]);
        let second = Zeroizing::new([last, 0xbd, 0xbd, 0xbd, 0xbd, 0xbd, 0xbd]);
        let mut key = Zeroizing::new([0; 16]);
        key[..8].copy_from_slice(&des(&first, &self.lm_part()));
        key[8..].copy_from_slice(&des(&second, &self.lm_part()));
        SessionKey::new(*key)
    }

    /// The first eight octets of the LM response, as far as there are any.
    fn lm_part(&self) -> Challenge {
        let mut part = [0; 8];
        for (octet, sent) in part.iter_mut().zip(self.lm_response) {
            *octet = *sent;
        }
        part
    }
}

/// EncryptedRandomSessionKey of an ExportedSessionKey and the other way round: RC4 is its own inverse
/// (MS-NLMP sections 3.1.5.1.2 and 3.2.5.1.2).
pub fn exchange_key(key_exchange_key: &SessionKey, key: &[u8; 16]) -> [u8; 16] {
    rc4k(key_exchange_key.expose_bytes(), key)
}

/// SIGNKEY; none without extended session security (MS-NLMP section 3.4.5.2).
pub fn sign_key(flags: NegotiateFlags, exported: &SessionKey, mode: Mode) -> Option<SessionKey> {
    if !flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY) {
        return None;
    }
    let magic: &[u8] = match mode {
        Mode::Client => b"session key to client-to-server signing key magic constant\0",
        Mode::Server => b"session key to server-to-client signing key magic constant\0",
    };
    Some(SessionKey::new(md5(&[exported.expose_bytes(), magic])))
}

/// SEALKEY of a connection-oriented session: 16 octets, or 8 for an LM key (MS-NLMP section 3.4.5.3).
pub fn seal_key(flags: NegotiateFlags, exported: &SessionKey, mode: Mode) -> Zeroizing<Vec<u8>> {
    let key = &exported.expose_bytes()[..];
    if flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY) {
        let strength = if flags.contains(NegotiateFlags::NEGOTIATE_128) {
            key
        } else if flags.contains(NegotiateFlags::NEGOTIATE_56) {
            &key[..7]
        } else {
            &key[..5]
        };
        let magic: &[u8] = match mode {
            Mode::Client => b"session key to client-to-server sealing key magic constant\0",
            Mode::Server => b"session key to server-to-client sealing key magic constant\0",
        };
        Zeroizing::new(md5(&[strength, magic]).to_vec())
    } else if flags.contains(NegotiateFlags::LM_KEY) {
        let (strength, rest): (_, &[u8]) = if flags.contains(NegotiateFlags::NEGOTIATE_56) {
            (&key[..7], &[0xa0])
        } else {
            (&key[..5], &[0xe5, 0x38, 0xb0])
        };
        Zeroizing::new([strength, rest].concat())
    } else {
        Zeroizing::new(key.to_vec())
    }
}
