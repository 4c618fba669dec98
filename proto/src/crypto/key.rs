use std::fmt;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::profile::{Profile, Purpose, Secret, profile};
use super::{
    ChecksumError, ChecksumType, Enctype, IntegrityError, InvalidConfounder, InvalidKey, KeyUsage,
    StringToKeyError, mac, rc4,
};

/// A key with its encryption type. It zeroes itself when dropped, prints as its type only, and
/// compares in constant time.
#[derive(Clone)]
pub struct Key {
    profile: &'static dyn Profile,
    bytes: Secret,
}

impl Key {
    /// The key `bytes` of `enctype`.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented or wants another length.
    pub fn new(enctype: Enctype, bytes: &[u8]) -> Result<Self, InvalidKey> {
        let profile = profile(enctype).ok_or(InvalidKey::UnsupportedEnctype(enctype))?;
        check_length(enctype, profile.parameters().key_len, bytes.len())?;
        Ok(Self {
            profile,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    /// A random key (RFC 3961 `random-to-key`).
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented.
    pub fn generate(enctype: Enctype, rng: &mut dyn CryptoRng) -> Result<Self, InvalidKey> {
        let mut seed = Zeroizing::new(vec![0; Self::seed_len(enctype)?]);
        rng.fill_bytes(&mut seed);
        Self::from_random(enctype, &seed)
    }

    /// The number of random bytes [`from_random`](Self::from_random) wants (RFC 3961 section 3,
    /// key-generation seed-length).
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented.
    pub fn seed_len(enctype: Enctype) -> Result<usize, InvalidKey> {
        let profile = profile(enctype).ok_or(InvalidKey::UnsupportedEnctype(enctype))?;
        Ok(profile.parameters().seed_len)
    }

    /// The key random bytes make: RFC 3961 `random-to-key`, for seeds that come out of a key agreement.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented or the seed has another length than
    /// [`seed_len`](Self::seed_len).
    pub fn from_random(enctype: Enctype, seed: &[u8]) -> Result<Self, InvalidKey> {
        let profile = profile(enctype).ok_or(InvalidKey::UnsupportedEnctype(enctype))?;
        check_length(enctype, profile.parameters().seed_len, seed.len())?;
        Ok(Self {
            profile,
            bytes: profile.random_to_key(seed),
        })
    }

    /// The key of a password (RFC 3961 `string-to-key`). `parameters` is the s2kparams field; `None`
    /// means the profile's default. At most [`MAX_ITERATIONS`](super::MAX_ITERATIONS) are done.
    ///
    /// # Errors
    /// [`StringToKeyError`] when the type is not implemented or the parameters are malformed or ask for
    /// more iterations than allowed.
    pub fn from_password(
        enctype: Enctype,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Self, StringToKeyError> {
        let profile = profile(enctype).ok_or(StringToKeyError::UnsupportedEnctype(enctype))?;
        Ok(Self {
            profile,
            bytes: profile.string_to_key(password, salt, parameters)?,
        })
    }

    /// The key's type.
    pub fn enctype(&self) -> Enctype {
        self.profile.parameters().enctype
    }

    /// The secret bytes, for a keytab, a ccache or an EncryptionKey.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encrypts with a confounder from `rng`. DES and 3DES pad with zeros to 8 bytes, which decryption
    /// cannot take off again.
    pub fn encrypt(&self, usage: KeyUsage, rng: &mut dyn CryptoRng, plain: &[u8]) -> Vec<u8> {
        let mut confounder = vec![0; self.confounder_len()];
        rng.fill_bytes(&mut confounder);
        self.profile.encrypt(self, usage, &confounder, plain)
    }

    /// Encrypts with the confounder given, which must be unpredictable and used once outside of tests.
    ///
    /// # Errors
    /// [`InvalidConfounder`] when it has another length than [`confounder_len`](Self::confounder_len).
    pub fn encrypt_with_confounder(
        &self,
        usage: KeyUsage,
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, InvalidConfounder> {
        let (expected, actual) = (self.confounder_len(), confounder.len());
        if expected != actual {
            return Err(InvalidConfounder { expected, actual });
        }
        Ok(self.profile.encrypt(self, usage, confounder, plain))
    }

    /// The length of a confounder in bytes.
    pub fn confounder_len(&self) -> usize {
        self.profile.parameters().confounder_len
    }

    /// Decrypts and verifies. The plaintext of DES and 3DES may end with up to 7 bytes of padding.
    ///
    /// # Errors
    /// [`IntegrityError`], which does not say why.
    pub fn decrypt(&self, usage: KeyUsage, cipher: &[u8]) -> Result<Vec<u8>, IntegrityError> {
        self.profile.decrypt(self, usage, cipher)
    }

    /// The mandatory checksum type of the key's enctype.
    pub fn checksum_type(&self) -> ChecksumType {
        self.profile.parameters().checksum_type
    }

    /// The mandatory checksum of the key's enctype over `data`.
    pub fn checksum(&self, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        self.profile.checksum(self, usage, data)
    }

    /// The checksum of `checksum_type` over `data`: the mandatory one of the key's enctype, HMAC-MD5, which
    /// takes every key, or an unkeyed one, for which the key does not count.
    ///
    /// # Errors
    /// [`ChecksumError::Inappropriate`] when the type is unknown or belongs to another enctype.
    pub fn checksum_of_type(
        &self,
        checksum_type: ChecksumType,
        usage: KeyUsage,
        data: &[u8],
    ) -> Result<Vec<u8>, ChecksumError> {
        if checksum_type == self.checksum_type() {
            Ok(self.checksum(usage, data))
        } else if checksum_type == ChecksumType::HMAC_MD5 {
            Ok(rc4::checksum(&self.bytes, usage, data))
        } else {
            checksum_type.compute_unkeyed(data)
        }
    }

    /// Verifies a checksum of `checksum_type` over `data`: the mandatory type of the key's enctype, or
    /// HMAC-MD5, which takes every key (MIT verifies PA-FOR-USER so). For an unkeyed type see
    /// [`ChecksumType::verify_unkeyed`].
    ///
    /// # Errors
    /// [`ChecksumError`] when the type is unknown, does not go with the key, is not collision-proof and
    /// keyed, or the value differs.
    pub fn verify_checksum(
        &self,
        checksum_type: ChecksumType,
        usage: KeyUsage,
        data: &[u8],
        value: &[u8],
    ) -> Result<(), ChecksumError> {
        let verified = if checksum_type == self.checksum_type() {
            self.profile.verify_checksum(self, usage, data, value)
        } else if checksum_type == ChecksumType::HMAC_MD5 {
            mac::verify(&rc4::checksum(&self.bytes, usage, data), value)
        } else {
            return Err(ChecksumError::Inappropriate(checksum_type));
        };
        verified.map_err(|IntegrityError| ChecksumError::Mismatch)
    }

    /// The pseudo-random function of the profile.
    pub fn prf(&self, input: &[u8]) -> Vec<u8> {
        self.profile.prf(self, input)
    }

    /// The key derived for one usage and purpose. Profiles get such keys here and nowhere else, so this
    /// is the place to remember them.
    pub(super) fn derived(&self, usage: KeyUsage, purpose: Purpose) -> Secret {
        self.profile.derive(&self.bytes, usage, purpose)
    }
}

fn check_length(enctype: Enctype, expected: usize, actual: usize) -> Result<(), InvalidKey> {
    if expected == actual {
        Ok(())
    } else {
        Err(InvalidKey::WrongLength {
            enctype,
            expected,
            actual,
        })
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.enctype() == other.enctype() && bool::from(self.bytes.ct_eq(&other.bytes))
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.enctype())
    }
}
