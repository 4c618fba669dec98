//! The s2kparams field (RFC 3962 section 4, RFC 8009 section 4, RFC 6803 section 4).

use crate::crypto::{Enctype, Key, MAX_ITERATIONS, StringToKeyError};

const ITERATED: [Enctype; 6] = [
    Enctype::AES128_CTS_HMAC_SHA1_96,
    Enctype::AES256_CTS_HMAC_SHA1_96,
    Enctype::AES128_CTS_HMAC_SHA256_128,
    Enctype::AES256_CTS_HMAC_SHA384_192,
    Enctype::CAMELLIA128_CTS_CMAC,
    Enctype::CAMELLIA256_CTS_CMAC,
];

fn refused(parameters: &[u8], error: StringToKeyError) {
    for enctype in ITERATED {
        let key = Key::from_password(enctype, "password", b"salt", Some(parameters));
        assert_eq!(key, Err(error.clone()), "{enctype}");
    }
}

fn too_many(asked: u64) -> StringToKeyError {
    StringToKeyError::TooManyIterations {
        asked,
        allowed: MAX_ITERATIONS,
    }
}

vectors! { refused:
    zero_means_two_to_the_32(&[0; 4], too_many(1 << 32));
    one_more_than_allowed(&[0, 0x10, 0, 1], too_many(0x10_0001));
    the_most_four_octets_say(&[0xff; 4], too_many(0xffff_ffff));
    empty(&[], StringToKeyError::InvalidParameters);
    three_octets(&[0, 0, 1], StringToKeyError::InvalidParameters);
    five_octets(&[0, 0, 0, 1, 0], StringToKeyError::InvalidParameters);
}

#[test]
fn the_highest_number_is_allowed() {
    let parameters = MAX_ITERATIONS.to_be_bytes();
    let enctype = Enctype::AES128_CTS_HMAC_SHA1_96;
    assert!(Key::from_password(enctype, "password", b"salt", Some(&parameters)).is_ok());
}

fn default(enctype: Enctype, iterations: u32) {
    let make = |parameters: Option<&[u8]>| {
        Key::from_password(enctype, "password", b"salt", parameters).unwrap()
    };
    assert_eq!(make(None), make(Some(&iterations.to_be_bytes())));
    assert_ne!(make(None), make(Some(&(iterations + 1).to_be_bytes())));
}

vectors! { default:
    rfc3962_4_aes128(Enctype::AES128_CTS_HMAC_SHA1_96, 4096);
    rfc3962_4_aes256(Enctype::AES256_CTS_HMAC_SHA1_96, 4096);
    rfc8009_4_aes128(Enctype::AES128_CTS_HMAC_SHA256_128, 32768);
    rfc8009_4_aes256(Enctype::AES256_CTS_HMAC_SHA384_192, 32768);
    rfc6803_4_camellia128(Enctype::CAMELLIA128_CTS_CMAC, 32768);
    rfc6803_4_camellia256(Enctype::CAMELLIA256_CTS_CMAC, 32768);
}

#[test]
fn types_without_parameters_refuse_them() {
    for enctype in [Enctype::DES3_CBC_SHA1_KD, Enctype::RC4_HMAC] {
        for parameters in [&[][..], &[0, 0, 0, 1]] {
            assert_eq!(
                Key::from_password(enctype, "password", b"salt", Some(parameters)),
                Err(StringToKeyError::InvalidParameters)
            );
        }
    }
}
