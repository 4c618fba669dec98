use std::fmt;

use ::crc::{Algorithm, Crc};
use md4::Md4;
use md5::{Digest, Md5};
use sha1::Sha1;

use super::{ChecksumError, mac};

/// A checksum type number (RFC 3961 section 8). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChecksumType(pub i32);

impl ChecksumType {
    /// CRC32 (RFC 3961 section 6.1.3): unkeyed, not collision-proof.
    pub const CRC32: Self = Self(1);
    /// rsa-md4 (RFC 3961 section 6.1.2): unkeyed.
    pub const RSA_MD4: Self = Self(2);
    /// rsa-md5 (RFC 3961 section 6.1.1): unkeyed.
    pub const RSA_MD5: Self = Self(7);
    /// rsa-md5-des (RFC 3961 section 6.2.5), of both DES enctypes.
    pub const RSA_MD5_DES: Self = Self(8);
    /// SHA-1, as MIT numbers it besides 14: unkeyed.
    pub const NIST_SHA: Self = Self(9);
    /// hmac-sha1-des3-kd (RFC 3961 section 6.3).
    pub const HMAC_SHA1_DES3_KD: Self = Self(12);
    /// SHA-1 (RFC 3961 section 8), of PKINIT's paChecksum: unkeyed.
    pub const SHA1: Self = Self(14);
    /// hmac-sha1-96-aes128 (RFC 3962).
    pub const HMAC_SHA1_96_AES128: Self = Self(15);
    /// hmac-sha1-96-aes256 (RFC 3962).
    pub const HMAC_SHA1_96_AES256: Self = Self(16);
    /// cmac-camellia128 (RFC 6803).
    pub const CMAC_CAMELLIA128: Self = Self(17);
    /// cmac-camellia256 (RFC 6803).
    pub const CMAC_CAMELLIA256: Self = Self(18);
    /// hmac-sha256-128-aes128 (RFC 8009).
    pub const HMAC_SHA256_128_AES128: Self = Self(19);
    /// hmac-sha384-192-aes256 (RFC 8009).
    pub const HMAC_SHA384_192_AES256: Self = Self(20);
    /// HMAC-MD5 (RFC 4757 section 4), which takes keys of every enctype.
    pub const HMAC_MD5: Self = Self(-138);

    /// The number on the wire.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// MIT's name, `hmac-sha1-96-aes256`; `None` for a number without an implementation here.
    pub fn name(self) -> Option<&'static str> {
        self.row().and_then(|row| row.names.first().copied())
    }

    /// The type one of MIT's names stands for. Case does not count.
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter()
            .find(|row| {
                row.names
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name))
            })
            .map(|row| row.checksum_type)
    }

    /// The length of a value in bytes; `None` for a number without an implementation here.
    pub fn value_len(self) -> Option<usize> {
        self.row().map(|row| row.value_len)
    }

    /// Whether only a holder of the key can make a value; `None` for a number without an implementation here.
    pub fn is_keyed(self) -> Option<bool> {
        self.row().map(|row| row.keyed)
    }

    /// Whether RFC 3961 (where it says so) and MIT call it collision-proof: every type here but CRC32;
    /// `None` for a number without an implementation here.
    pub fn is_collision_proof(self) -> Option<bool> {
        self.row().map(|row| row.checksum_type != Self::CRC32)
    }

    /// The value of this unkeyed type over `data`.
    ///
    /// # Errors
    /// [`ChecksumError::Inappropriate`] when the type is unknown or keyed.
    pub fn compute_unkeyed(self, data: &[u8]) -> Result<Vec<u8>, ChecksumError> {
        match self {
            Self::CRC32 => Ok(crc32(data)),
            Self::RSA_MD4 => Ok(Md4::digest(data).to_vec()),
            Self::RSA_MD5 => Ok(Md5::digest(data).to_vec()),
            Self::NIST_SHA | Self::SHA1 => Ok(Sha1::digest(data).to_vec()),
            _ => Err(ChecksumError::Inappropriate(self)),
        }
    }

    /// Verifies a value of this unkeyed type over `data`. It proves nothing about who made it: use it
    /// where something else protects the value.
    ///
    /// # Errors
    /// [`ChecksumError`] when the type is unknown or keyed, or the value differs.
    pub fn verify_unkeyed(self, data: &[u8], value: &[u8]) -> Result<(), ChecksumError> {
        mac::verify(&self.compute_unkeyed(data)?, value).map_err(|_| ChecksumError::Mismatch)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.checksum_type == self)
    }
}

struct Row {
    checksum_type: ChecksumType,
    names: &'static [&'static str],
    value_len: usize,
    keyed: bool,
}

const fn row(
    checksum_type: ChecksumType,
    names: &'static [&'static str],
    value_len: usize,
    keyed: bool,
) -> Row {
    Row {
        checksum_type,
        names,
        value_len,
        keyed,
    }
}

/// MIT 1.18 forgot crc32 and md5-des; those names are of 1.17. For 14 MIT prints 9's name; `sha1` is the
/// registry's.
const ROWS: &[Row] = &[
    row(ChecksumType::CRC32, &["crc32"], 4, false),
    row(ChecksumType::RSA_MD4, &["md4"], 16, false),
    row(ChecksumType::RSA_MD5, &["md5"], 16, false),
    row(ChecksumType::RSA_MD5_DES, &["md5-des"], 24, true),
    row(ChecksumType::NIST_SHA, &["sha"], 20, false),
    row(
        ChecksumType::HMAC_SHA1_DES3_KD,
        &["hmac-sha1-des3", "hmac-sha1-des3-kd"],
        20,
        true,
    ),
    row(ChecksumType::SHA1, &["sha1"], 20, false),
    row(
        ChecksumType::HMAC_SHA1_96_AES128,
        &["hmac-sha1-96-aes128"],
        12,
        true,
    ),
    row(
        ChecksumType::HMAC_SHA1_96_AES256,
        &["hmac-sha1-96-aes256"],
        12,
        true,
    ),
    row(
        ChecksumType::CMAC_CAMELLIA128,
        &["cmac-camellia128"],
        16,
        true,
    ),
    row(
        ChecksumType::CMAC_CAMELLIA256,
        &["cmac-camellia256"],
        16,
        true,
    ),
    row(
        ChecksumType::HMAC_SHA256_128_AES128,
        &["hmac-sha256-128-aes128"],
        16,
        true,
    ),
    row(
        ChecksumType::HMAC_SHA384_192_AES256,
        &["hmac-sha384-192-aes256"],
        24,
        true,
    ),
    row(
        ChecksumType::HMAC_MD5,
        &["hmac-md5-rc4", "hmac-md5-enc", "hmac-md5-earcfour"],
        16,
        true,
    ),
];

/// The name, or `cksumtype 99` for a number without one.
impl fmt::Display for ChecksumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "cksumtype {}", self.0),
        }
    }
}

/// The modified CRC-32 of RFC 3961 section 6.1.3: no complement before or after, low octet first.
pub(super) fn crc32(data: &[u8]) -> Vec<u8> {
    const ALGORITHM: Algorithm<u32> = Algorithm {
        width: 32,
        poly: 0x04c1_1db7,
        init: 0,
        refin: true,
        refout: true,
        xorout: 0,
        check: 0x2dfd_2d88,
        residue: 0,
    };
    const CRC: Crc<u32> = Crc::<u32>::new(&ALGORITHM);
    CRC.checksum(data).to_le_bytes().to_vec()
}
