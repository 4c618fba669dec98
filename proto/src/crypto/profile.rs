use zeroize::Zeroizing;

use super::aes_sha1::{AES128_SHA1, AES256_SHA1};
use super::aes_sha2::{AES128_SHA256, AES256_SHA384};
use super::camellia::{CAMELLIA128, CAMELLIA256};
use super::des::{DES_CRC, DES_MD5};
use super::des3::Des3;
use super::rc4::Rc4Hmac;
use super::{ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, mac};

/// Bytes that zero themselves.
pub(super) type Secret = Zeroizing<Vec<u8>>;

/// What a profile fixes once for all (RFC 3961 section 3); lengths in bytes.
pub(super) struct Parameters {
    pub(super) enctype: Enctype,
    /// The required checksum mechanism.
    pub(super) checksum_type: ChecksumType,
    pub(super) key_len: usize,
    /// The key-generation seed length.
    pub(super) seed_len: usize,
    pub(super) confounder_len: usize,
}

/// What a key derived for one usage is for (RFC 3961 section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Kc.
    Checksum,
    /// Ke.
    Encryption,
    /// Ki.
    Integrity,
}

impl Purpose {
    /// The well-known constant: the usage in four octets and one octet for the purpose.
    pub(super) fn constant(self, usage: KeyUsage) -> [u8; 5] {
        let [a, b, c, d] = usage.0.to_be_bytes();
        let purpose = match self {
            Self::Checksum => 0x99,
            Self::Encryption => 0xaa,
            Self::Integrity => 0x55,
        };
        [a, b, c, d, purpose]
    }
}

/// An encryption algorithm profile (RFC 3961 section 3). A method that takes a [`Key`] is called with a
/// key of this profile, and a confounder or seed has the length the parameters state.
pub(super) trait Profile: Send + Sync + 'static {
    fn parameters(&self) -> &'static Parameters;

    fn string_to_key(
        &self,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Secret, StringToKeyError>;

    fn random_to_key(&self, seed: &[u8]) -> Secret {
        Zeroizing::new(seed.to_vec())
    }

    /// The key for one usage and purpose. Called by [`Key::derived`] alone.
    fn derive(&self, key: &[u8], usage: KeyUsage, purpose: Purpose) -> Secret;

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8>;

    fn decrypt(&self, key: &Key, usage: KeyUsage, cipher: &[u8])
    -> Result<Vec<u8>, IntegrityError>;

    /// The required checksum mechanism.
    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8>;

    fn verify_checksum(
        &self,
        key: &Key,
        usage: KeyUsage,
        data: &[u8],
        value: &[u8],
    ) -> Result<(), IntegrityError> {
        mac::verify(&self.checksum(key, usage, data), value)
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8>;
}

/// The profile of `enctype`.
pub(super) fn profile(enctype: Enctype) -> Option<&'static dyn Profile> {
    match enctype {
        Enctype::DES_CBC_CRC => Some(&DES_CRC),
        Enctype::DES_CBC_MD5 => Some(&DES_MD5),
        Enctype::DES3_CBC_SHA1_KD => Some(&Des3),
        Enctype::AES128_CTS_HMAC_SHA1_96 => Some(&AES128_SHA1),
        Enctype::AES256_CTS_HMAC_SHA1_96 => Some(&AES256_SHA1),
        Enctype::AES128_CTS_HMAC_SHA256_128 => Some(&AES128_SHA256),
        Enctype::AES256_CTS_HMAC_SHA384_192 => Some(&AES256_SHA384),
        Enctype::RC4_HMAC => Some(&Rc4Hmac),
        Enctype::CAMELLIA128_CTS_CMAC => Some(&CAMELLIA128),
        Enctype::CAMELLIA256_CTS_CMAC => Some(&CAMELLIA256),
        _ => None,
    }
}
