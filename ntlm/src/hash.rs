//! What a password becomes (MS-NLMP sections 3.3.1 and 3.3.2).

use zeroize::Zeroizing;

use crate::oem;
use crate::primitives::{des, desl, hmac_md5, md4, md5, unicode, upper};
use crate::secret::{LmSessionKey, SessionKey, secret};

/// Eight octets that nobody could foretell: the server's or the client's challenge.
pub type Challenge = [u8; 8];

/// The longest password that has an LM hash, in characters (MS-NLMP section 3.3.1).
pub const LM_HASH_MAX_CHARACTERS: usize = 14;

secret! {
    /// LMOWFv1, the LM hash of a password (MS-NLMP section 3.3.1). Not every password has one.
    LmHash, 16
}

secret! {
    /// NTOWFv1, the NT hash of a password (MS-NLMP section 3.3.1).
    NtHash, 16
}

secret! {
    /// NTOWFv2, which LMOWFv2 is as well: the NT hash bound to a user and a domain (MS-NLMP section
    /// 3.3.2).
    NtlmV2Hash, 16
}

impl LmHash {
    /// The LM hash of a password; `None` when it is longer than 14 characters, or when one of its upper-case
    /// characters is not in the OEM code page, here 437.
    pub fn from_password(password: &str) -> Option<Self> {
        let mut text = Zeroizing::new([0; LM_HASH_MAX_CHARACTERS]);
        let mut room = text.iter_mut();
        for character in password.chars() {
            *room.next()? = oem::encode_character(upper(character))?;
        }
        let mut hash = [0; 16];
        let (halves, _) = text.as_chunks::<7>();
        for (part, half) in hash.as_chunks_mut().0.iter_mut().zip(halves) {
            *part = des(half, b"KGS!@#$%");
        }
        Some(Self::new(hash))
    }

    /// The LM response to a server's challenge (MS-NLMP section 3.3.1).
    pub fn response(&self, server: &Challenge) -> [u8; 24] {
        desl(self.expose_bytes(), server)
    }

    /// The part of the hash that keys are made of.
    pub fn session_key(&self) -> LmSessionKey {
        let [first, _] = halves(self.expose_bytes());
        LmSessionKey::new(first)
    }

    /// What a domain controller returns as UserSessionKey when the LM response is all it was given
    /// (Samba, `ntlm_password_check`).
    pub(crate) fn user_session_key(&self) -> SessionKey {
        SessionKey::half(self.session_key().expose_bytes())
    }
}

impl NtHash {
    /// The NT hash of a password: the MD4 of its UTF-16.
    pub fn from_password(password: &str) -> Self {
        Self::new(md4(&Zeroizing::new(unicode(password))))
    }

    /// The hash bound to a user and a domain. The user's name counts in upper case, the domain's as it is.
    pub fn ntlm_v2(&self, user: &str, domain: &str) -> NtlmV2Hash {
        let user: String = user.chars().map(upper).collect();
        NtlmV2Hash::new(hmac_md5(
            self.expose_bytes(),
            &[&unicode(&user), &unicode(domain)],
        ))
    }

    /// The NTLMv1 response to a server's challenge (MS-NLMP section 3.3.1).
    pub fn response(&self, server: &Challenge) -> [u8; 24] {
        desl(self.expose_bytes(), server)
    }

    /// The NTLMv1 response under extended session security, "NTLM2 session" (MS-NLMP section 3.3.1).
    pub fn session_response(&self, server: &Challenge, client: &Challenge) -> [u8; 24] {
        let [both, _] = halves(&md5(&[server, client]));
        desl(self.expose_bytes(), &both)
    }

    /// SessionBaseKey of both kinds of NTLMv1.
    pub fn session_base_key(&self) -> SessionKey {
        SessionKey::new(md4(self.expose_bytes()))
    }
}

impl NtlmV2Hash {
    /// The LMv2 response (MS-NLMP section 3.3.2).
    pub fn lm_response(&self, server: &Challenge, client: &Challenge) -> [u8; 24] {
        let mut response = [0; 24];
        response[..16].copy_from_slice(&hmac_md5(self.expose_bytes(), &[server, client]));
        response[16..].copy_from_slice(client);
        response
    }

    /// NTProofStr over `temp`, the rest of the NTLMv2 response (MS-NLMP section 3.3.2).
    pub fn proof(&self, server: &Challenge, temp: &[u8]) -> [u8; 16] {
        hmac_md5(self.expose_bytes(), &[server, temp])
    }

    /// SessionBaseKey of NTLMv2.
    pub fn session_base_key(&self, proof: &[u8; 16]) -> SessionKey {
        SessionKey::new(hmac_md5(self.expose_bytes(), &[proof]))
    }
}

pub(crate) fn halves(octets: &[u8; 16]) -> [[u8; 8]; 2] {
    let mut halves = [[0; 8]; 2];
    halves.as_flattened_mut().copy_from_slice(octets);
    halves
}
