//! Encryption and checksum profiles (RFC 3961) and the keys they work with.

use std::fmt;

use rand::CryptoRng;
use zeroize::Zeroizing;

/// An encryption type number (RFC 3961 section 8, IANA registry). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Enctype(pub i32);

impl Enctype {
    /// des-cbc-crc (RFC 3961 section 6.2.3).
    pub const DES_CBC_CRC: Self = Self(1);
    /// des-cbc-md5 (RFC 3961 section 6.2.1).
    pub const DES_CBC_MD5: Self = Self(3);
    /// des3-cbc-sha1-kd (RFC 3961 section 6.3).
    pub const DES3_CBC_SHA1_KD: Self = Self(16);
    /// aes128-cts-hmac-sha1-96 (RFC 3962).
    pub const AES128_CTS_HMAC_SHA1_96: Self = Self(17);
    /// aes256-cts-hmac-sha1-96 (RFC 3962).
    pub const AES256_CTS_HMAC_SHA1_96: Self = Self(18);
    /// aes128-cts-hmac-sha256-128 (RFC 8009).
    pub const AES128_CTS_HMAC_SHA256_128: Self = Self(19);
    /// aes256-cts-hmac-sha384-192 (RFC 8009).
    pub const AES256_CTS_HMAC_SHA384_192: Self = Self(20);
    /// rc4-hmac (RFC 4757).
    pub const RC4_HMAC: Self = Self(23);
    /// camellia128-cts-cmac (RFC 6803).
    pub const CAMELLIA128_CTS_CMAC: Self = Self(25);
    /// camellia256-cts-cmac (RFC 6803).
    pub const CAMELLIA256_CTS_CMAC: Self = Self(26);

    /// The number on the wire.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The name MIT prints, `aes256-cts-hmac-sha1-96`; `None` for a number without a profile here.
    pub fn name(self) -> Option<&'static str> {
        unimplemented!()
    }

    /// The type a name stands for: any name or alias MIT's krb5.conf accepts (`aes256-cts`, `rc4-hmac`,
    /// `arcfour-hmac`), or the number in digits.
    pub fn from_name(_name: &str) -> Option<Self> {
        unimplemented!()
    }

    /// Whether this library implements it.
    pub fn is_supported(self) -> bool {
        unimplemented!()
    }

    /// Whether MIT 1.20 counts it as weak: off unless `allow_weak_crypto` is set (DES, and RC4 and 3DES
    /// which have switches of their own as well).
    pub fn is_weak(self) -> bool {
        unimplemented!()
    }
}

impl fmt::Display for Enctype {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

/// A checksum type number (RFC 3961 section 8). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChecksumType(pub i32);

/// A key usage number (RFC 4120 section 7.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyUsage(pub u32);

impl KeyUsage {
    /// PA-ENC-TIMESTAMP under the client's key.
    pub const PA_ENC_TIMESTAMP: Self = Self(1);
    /// The encrypted part of a ticket, under the service's key.
    pub const TICKET: Self = Self(2);
    /// The encrypted part of an AS-REP.
    pub const AS_REP: Self = Self(3);
    /// Authorization data of a TGS-REQ under the session key.
    pub const TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY: Self = Self(4);
    /// Authorization data of a TGS-REQ under the authenticator's subkey.
    pub const TGS_REQ_AUTHORIZATION_DATA_SUBKEY: Self = Self(5);
    /// The checksum over the body of a TGS-REQ, in its authenticator.
    pub const TGS_REQ_CHECKSUM: Self = Self(6);
    /// The authenticator of a TGS-REQ.
    pub const TGS_REQ_AUTHENTICATOR: Self = Self(7);
    /// The encrypted part of a TGS-REP under the session key.
    pub const TGS_REP_SESSION_KEY: Self = Self(8);
    /// The encrypted part of a TGS-REP under the authenticator's subkey.
    pub const TGS_REP_SUBKEY: Self = Self(9);
    /// The checksum in the authenticator of an AP-REQ.
    pub const AP_REQ_CHECKSUM: Self = Self(10);
    /// The authenticator of an AP-REQ.
    pub const AP_REQ_AUTHENTICATOR: Self = Self(11);
    /// The encrypted part of an AP-REP.
    pub const AP_REP: Self = Self(12);
    /// The encrypted part of a KRB-PRIV.
    pub const KRB_PRIV: Self = Self(13);
    /// The encrypted part of a KRB-CRED.
    pub const KRB_CRED: Self = Self(14);
    /// The checksum of a KRB-SAFE.
    pub const KRB_SAFE: Self = Self(15);
    /// PA-REQ-ENC-PA-REP's checksum over the AS-REQ (RFC 6806 section 11).
    pub const AS_REQ: Self = Self(56);
}

/// A key with its encryption type. It zeroes itself when dropped, prints as its type only, and
/// compares in constant time.
#[derive(Clone)]
pub struct Key {
    enctype: Enctype,
    bytes: Zeroizing<Vec<u8>>,
}

impl Key {
    /// The key `bytes` of `enctype`.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented or wants another length.
    pub fn new(_enctype: Enctype, _bytes: &[u8]) -> Result<Self, InvalidKey> {
        unimplemented!()
    }

    /// A random key (RFC 3961 `random-to-key`).
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented.
    pub fn generate(_enctype: Enctype, _rng: &mut dyn CryptoRng) -> Result<Self, InvalidKey> {
        unimplemented!()
    }

    /// The key of a password (RFC 3961 `string-to-key`). `parameters` is the s2kparams field; `None`
    /// means the profile's default.
    ///
    /// # Errors
    /// [`StringToKeyError`] when the type is not implemented or the parameters are malformed or ask for
    /// more iterations than allowed.
    pub fn from_password(
        _enctype: Enctype,
        _password: &str,
        _salt: &[u8],
        _parameters: Option<&[u8]>,
    ) -> Result<Self, StringToKeyError> {
        unimplemented!()
    }

    /// The key's type.
    pub fn enctype(&self) -> Enctype {
        self.enctype
    }

    /// The secret bytes, for a keytab, a ccache or an EncryptionKey.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encrypts with a confounder from `rng`.
    pub fn encrypt(&self, _usage: KeyUsage, _rng: &mut dyn CryptoRng, _plain: &[u8]) -> Vec<u8> {
        unimplemented!()
    }

    /// Decrypts and verifies.
    ///
    /// # Errors
    /// [`IntegrityError`], which does not say why.
    pub fn decrypt(&self, _usage: KeyUsage, _cipher: &[u8]) -> Result<Vec<u8>, IntegrityError> {
        unimplemented!()
    }

    /// The mandatory checksum type of the key's enctype.
    pub fn checksum_type(&self) -> ChecksumType {
        unimplemented!()
    }

    /// The mandatory checksum of the key's enctype over `data`.
    pub fn checksum(&self, _usage: KeyUsage, _data: &[u8]) -> Vec<u8> {
        unimplemented!()
    }

    /// Verifies a checksum of `checksum_type` over `data`.
    ///
    /// # Errors
    /// [`ChecksumError`] when the type is unknown, does not go with the key, is not collision-proof and
    /// keyed, or the value differs.
    pub fn verify_checksum(
        &self,
        _checksum_type: ChecksumType,
        _usage: KeyUsage,
        _data: &[u8],
        _value: &[u8],
    ) -> Result<(), ChecksumError> {
        unimplemented!()
    }

    /// The pseudo-random function of the profile.
    pub fn prf(&self, _input: &[u8]) -> Vec<u8> {
        unimplemented!()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.enctype)
    }
}

/// A key that cannot exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// The type is not implemented.
    UnsupportedEnctype(Enctype),
    /// The type wants keys of another length.
    WrongLength {
        /// The key's type.
        enctype: Enctype,
        /// The length the type wants, in bytes.
        expected: usize,
        /// The length found, in bytes.
        actual: usize,
    },
}

/// Why a password gives no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringToKeyError {
    /// The type is not implemented.
    UnsupportedEnctype(Enctype),
    /// The parameters are malformed for this type.
    InvalidParameters,
    /// The parameters ask for more iterations than allowed.
    TooManyIterations {
        /// The number asked for.
        asked: u64,
        /// The highest number allowed.
        allowed: u32,
    },
}

/// The data was not made with this key, or changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegrityError;

/// Why a checksum does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumError {
    /// The type is unknown, unkeyed or not collision-proof, or belongs to another enctype (RFC 4120:
    /// KRB_AP_ERR_INAPP_CKSUM).
    Inappropriate(ChecksumType),
    /// The value differs (RFC 4120: KRB_AP_ERR_MODIFIED).
    Mismatch,
}
