use std::fmt;

use super::profile;

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

    /// Every type with a profile here, by number.
    pub const SUPPORTED: [Self; 10] = [
        Self::DES_CBC_CRC,
        Self::DES_CBC_MD5,
        Self::DES3_CBC_SHA1_KD,
        Self::AES128_CTS_HMAC_SHA1_96,
        Self::AES256_CTS_HMAC_SHA1_96,
        Self::AES128_CTS_HMAC_SHA256_128,
        Self::AES256_CTS_HMAC_SHA384_192,
        Self::RC4_HMAC,
        Self::CAMELLIA128_CTS_CMAC,
        Self::CAMELLIA256_CTS_CMAC,
    ];

    /// The number on the wire.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The name MIT prints, `aes256-cts-hmac-sha1-96`; `None` for a number without a profile here.
    pub fn name(self) -> Option<&'static str> {
        self.is_supported()
            .then(|| self.names().first().copied())
            .flatten()
    }

    /// What MIT prints, then the aliases it accepts; empty for a number without a name.
    pub fn names(self) -> &'static [&'static str] {
        NAMES
            .iter()
            .find(|(enctype, _)| *enctype == self)
            .map_or(&[], |(_, names)| names)
    }

    /// The type a name stands for: any name or alias MIT's krb5.conf accepts (`aes256-cts`, `rc4-hmac`,
    /// `arcfour-hmac`), or the number in digits. Case does not count.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_configuration_name(name).or_else(|| {
            let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| name.parse().ok().map(Self)).flatten()
        })
    }

    /// The type a name in krb5.conf stands for, where MIT takes no numbers.
    pub(super) fn from_configuration_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .map(|(enctype, _)| *enctype)
    }

    /// Whether this library implements it.
    pub fn is_supported(self) -> bool {
        profile::profile(self).is_some()
    }

    /// Whether MIT 1.20 calls it deprecated or has removed it: DES, 3DES and RC4. None of them becomes a
    /// session key unless its own switch is on; see [`WeakCryptoPolicy`](super::WeakCryptoPolicy).
    pub fn is_weak(self) -> bool {
        matches!(
            self,
            Self::DES_CBC_CRC | Self::DES_CBC_MD5 | Self::DES3_CBC_SHA1_KD | Self::RC4_HMAC
        ) || self.needs_allow_weak_crypto()
    }

    /// Whether MIT drops it from every list of enctypes while `allow_weak_crypto` is off.
    pub(super) fn needs_allow_weak_crypto(self) -> bool {
        matches!(
            self,
            Self::DES_CBC_CRC
                | Self::DES_CBC_MD5
                | Self::DES_CBC_MD4
                | Self::DES_CBC_RAW
                | Self::DES3_CBC_RAW
                | Self::DES_HMAC_SHA1
                | Self::RC4_HMAC_EXP
        )
    }

    const DES_CBC_MD4: Self = Self(2);
    const DES_CBC_RAW: Self = Self(4);
    const DES3_CBC_RAW: Self = Self(6);
    const DES_HMAC_SHA1: Self = Self(8);
    const RC4_HMAC_EXP: Self = Self(24);
}

/// What MIT prints first, then the aliases it accepts. MIT 1.18 forgot the DES names; they are those of
/// 1.17.
const NAMES: &[(Enctype, &[&str])] = &[
    (Enctype::DES_CBC_CRC, &["des-cbc-crc"]),
    (Enctype::DES_CBC_MD4, &["des-cbc-md4"]),
    (Enctype::DES_CBC_MD5, &["des-cbc-md5", "des"]),
    (Enctype::DES_CBC_RAW, &["des-cbc-raw"]),
    (Enctype::DES3_CBC_RAW, &["des3-cbc-raw"]),
    (Enctype::DES_HMAC_SHA1, &["des-hmac-sha1"]),
    (
        Enctype::DES3_CBC_SHA1_KD,
        &["des3-cbc-sha1", "des3-hmac-sha1", "des3-cbc-sha1-kd"],
    ),
    (
        Enctype::AES128_CTS_HMAC_SHA1_96,
        &["aes128-cts-hmac-sha1-96", "aes128-cts", "aes128-sha1"],
    ),
    (
        Enctype::AES256_CTS_HMAC_SHA1_96,
        &["aes256-cts-hmac-sha1-96", "aes256-cts", "aes256-sha1"],
    ),
    (
        Enctype::AES128_CTS_HMAC_SHA256_128,
        &["aes128-cts-hmac-sha256-128", "aes128-sha2"],
    ),
    (
        Enctype::AES256_CTS_HMAC_SHA384_192,
        &["aes256-cts-hmac-sha384-192", "aes256-sha2"],
    ),
    (
        Enctype::RC4_HMAC,
        &["arcfour-hmac", "rc4-hmac", "arcfour-hmac-md5"],
    ),
    (
        Enctype::RC4_HMAC_EXP,
        &["arcfour-hmac-exp", "rc4-hmac-exp", "arcfour-hmac-md5-exp"],
    ),
    (
        Enctype::CAMELLIA128_CTS_CMAC,
        &["camellia128-cts-cmac", "camellia128-cts"],
    ),
    (
        Enctype::CAMELLIA256_CTS_CMAC,
        &["camellia256-cts-cmac", "camellia256-cts"],
    ),
];

/// The name, or `etype 99` for a number without one.
impl fmt::Display for Enctype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names().first() {
            Some(name) => f.write_str(name),
            None => write!(f, "etype {}", self.0),
        }
    }
}
