//! Which checksum types exist, and which of them prove anything.

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::crypto::{ChecksumError, ChecksumType, Enctype, Key, KeyUsage};

const USAGE: KeyUsage = KeyUsage::TGS_REQ_CHECKSUM;

const TYPES: [ChecksumType; 14] = [
    ChecksumType::CRC32,
    ChecksumType::RSA_MD4,
    ChecksumType::RSA_MD5,
    ChecksumType::RSA_MD5_DES,
    ChecksumType::NIST_SHA,
    ChecksumType::HMAC_SHA1_DES3_KD,
    ChecksumType::SHA1,
    ChecksumType::HMAC_SHA1_96_AES128,
    ChecksumType::HMAC_SHA1_96_AES256,
    ChecksumType::CMAC_CAMELLIA128,
    ChecksumType::CMAC_CAMELLIA256,
    ChecksumType::HMAC_SHA256_128_AES128,
    ChecksumType::HMAC_SHA384_192_AES256,
    ChecksumType::HMAC_MD5,
];

fn key(enctype: Enctype) -> Key {
    Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(1)).unwrap()
}

fn mandatory(enctype: Enctype, checksum_type: ChecksumType) {
    assert_eq!(key(enctype).checksum_type(), checksum_type);
}

vectors! { mandatory:
    rfc3961_6_2_des_crc(Enctype::DES_CBC_CRC, ChecksumType::RSA_MD5_DES);
    rfc3961_6_2_des_md5(Enctype::DES_CBC_MD5, ChecksumType::RSA_MD5_DES);
    rfc3961_6_3_des3(Enctype::DES3_CBC_SHA1_KD, ChecksumType::HMAC_SHA1_DES3_KD);
    rfc3962_7_aes128(Enctype::AES128_CTS_HMAC_SHA1_96, ChecksumType::HMAC_SHA1_96_AES128);
    rfc3962_7_aes256(Enctype::AES256_CTS_HMAC_SHA1_96, ChecksumType::HMAC_SHA1_96_AES256);
    rfc8009_6_aes128(Enctype::AES128_CTS_HMAC_SHA256_128, ChecksumType::HMAC_SHA256_128_AES128);
    rfc8009_6_aes256(Enctype::AES256_CTS_HMAC_SHA384_192, ChecksumType::HMAC_SHA384_192_AES256);
    rfc4757_4_rc4(Enctype::RC4_HMAC, ChecksumType::HMAC_MD5);
    rfc6803_6_camellia128(Enctype::CAMELLIA128_CTS_CMAC, ChecksumType::CMAC_CAMELLIA128);
    rfc6803_6_camellia256(Enctype::CAMELLIA256_CTS_CMAC, ChecksumType::CMAC_CAMELLIA256);
}

#[test]
fn a_key_verifies_its_own_type_and_hmac_md5_and_nothing_else() {
    for enctype in Enctype::SUPPORTED {
        let key = key(enctype);
        for checksum_type in TYPES {
            let fits =
                checksum_type == key.checksum_type() || checksum_type == ChecksumType::HMAC_MD5;
            let made = key.checksum_of_type(checksum_type, USAGE, b"data");
            let keyed = checksum_type.is_keyed().unwrap();
            assert_eq!(made.is_ok(), fits || !keyed, "{enctype} {checksum_type}");
            let value = made.unwrap_or_else(|_| vec![0; checksum_type.value_len().unwrap()]);
            let expected = if fits {
                Ok(())
            } else {
                Err(ChecksumError::Inappropriate(checksum_type))
            };
            let verified = key.verify_checksum(checksum_type, USAGE, b"data", &value);
            assert_eq!(verified, expected, "{enctype} {checksum_type}");
        }
    }
}

/// A CRC, a hash or an unknown type is refused before its value is looked at (RFC 4120 section 4).
#[test]
fn a_correct_unkeyed_checksum_is_inappropriate() {
    let key = key(Enctype::AES256_CTS_HMAC_SHA1_96);
    for checksum_type in [
        ChecksumType::CRC32,
        ChecksumType::RSA_MD4,
        ChecksumType::RSA_MD5,
        ChecksumType::NIST_SHA,
        ChecksumType::SHA1,
    ] {
        let value = checksum_type.compute_unkeyed(b"data").unwrap();
        assert_eq!(
            key.verify_checksum(checksum_type, USAGE, b"data", &value),
            Err(ChecksumError::Inappropriate(checksum_type))
        );
        assert_eq!(checksum_type.verify_unkeyed(b"data", &value), Ok(()));
        assert_eq!(
            checksum_type.verify_unkeyed(b"date", &value),
            Err(ChecksumError::Mismatch)
        );
        assert_eq!(
            checksum_type.verify_unkeyed(b"data", &value[1..]),
            Err(ChecksumError::Mismatch)
        );
    }
}

#[test]
fn a_keyed_type_has_no_unkeyed_value() {
    for checksum_type in TYPES {
        if checksum_type.is_keyed() == Some(true) {
            let inappropriate = ChecksumError::Inappropriate(checksum_type);
            assert_eq!(checksum_type.compute_unkeyed(b""), Err(inappropriate));
            assert_eq!(checksum_type.verify_unkeyed(b"", b""), Err(inappropriate));
        }
    }
}

#[test]
fn an_unknown_type_is_inappropriate() {
    let key = key(Enctype::AES256_CTS_HMAC_SHA1_96);
    for number in [0, 3, 99, -1, i32::MIN, i32::MAX] {
        let unknown = ChecksumType(number);
        let inappropriate = ChecksumError::Inappropriate(unknown);
        assert_eq!(
            key.checksum_of_type(unknown, USAGE, b""),
            Err(inappropriate)
        );
        assert_eq!(
            key.verify_checksum(unknown, USAGE, b"", b""),
            Err(inappropriate)
        );
        assert_eq!(unknown.name(), None);
        assert_eq!(unknown.is_keyed(), None);
        assert_eq!(unknown.is_collision_proof(), None);
        assert_eq!(unknown.value_len(), None);
        assert_eq!(unknown.to_string(), format!("cksumtype {number}"));
    }
}

#[test]
fn another_key_or_a_flipped_bit_is_a_mismatch() {
    for enctype in Enctype::SUPPORTED {
        let key = key(enctype);
        let other = Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(2)).unwrap();
        for checksum_type in [key.checksum_type(), ChecksumType::HMAC_MD5] {
            let value = key.checksum_of_type(checksum_type, USAGE, b"data").unwrap();
            let mismatch = Err(ChecksumError::Mismatch);
            assert_eq!(
                other.verify_checksum(checksum_type, USAGE, b"data", &value),
                mismatch
            );
            for bit in 0..value.len() * 8 {
                let mut flipped = value.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(
                    key.verify_checksum(checksum_type, USAGE, b"data", &flipped),
                    mismatch
                );
            }
        }
    }
}

#[test]
fn only_crc32_is_not_collision_proof() {
    for checksum_type in TYPES {
        assert_eq!(
            checksum_type.is_collision_proof(),
            Some(checksum_type != ChecksumType::CRC32)
        );
    }
}

#[test]
fn names_lead_back_to_their_type() {
    for checksum_type in TYPES {
        let name = checksum_type.name().unwrap();
        assert_eq!(ChecksumType::from_name(name), Some(checksum_type));
        assert_eq!(checksum_type.to_string(), name);
    }
    assert_eq!(
        ChecksumType::from_name("HMAC-MD5-Earcfour"),
        Some(ChecksumType::HMAC_MD5)
    );
    assert_eq!(ChecksumType::from_name("rsa-md5"), None);
    assert_eq!(ChecksumType::from_name(""), None);
}

#[test]
fn errors_name_the_type() {
    assert_eq!(
        ChecksumError::Inappropriate(ChecksumType::CRC32).to_string(),
        "the checksum type crc32 is not appropriate"
    );
    assert_eq!(
        ChecksumError::Mismatch.to_string(),
        "the checksum does not match the data"
    );
}
