use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::crypto::{
    Enctype, IntegrityError, InvalidConfounder, InvalidKey, Key, KeyUsage, StringToKeyError,
};

const UNKNOWN: Enctype = Enctype(99);

#[test]
fn an_unknown_enctype_has_no_keys() {
    let unsupported = InvalidKey::UnsupportedEnctype(UNKNOWN);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    assert_eq!(Key::new(UNKNOWN, &[0; 16]), Err(unsupported.clone()));
    assert_eq!(Key::generate(UNKNOWN, &mut rng), Err(unsupported.clone()));
    assert_eq!(Key::from_random(UNKNOWN, &[]), Err(unsupported));
    assert_eq!(
        Key::from_password(UNKNOWN, "p", b"s", None),
        Err(StringToKeyError::UnsupportedEnctype(UNKNOWN))
    );
    assert!(!UNKNOWN.is_supported());
}

#[test]
fn a_key_has_its_types_length_and_no_other() {
    let lengths = [8, 8, 24, 16, 32, 16, 32, 16, 16, 32];
    for (enctype, expected) in Enctype::SUPPORTED.into_iter().zip(lengths) {
        for actual in 0..=64 {
            let key = Key::new(enctype, &vec![7; actual]);
            if actual == expected {
                assert_eq!(key.unwrap().expose_bytes(), vec![7; actual]);
            } else {
                assert_eq!(
                    key,
                    Err(InvalidKey::WrongLength {
                        enctype,
                        expected,
                        actual
                    })
                );
            }
        }
        let seed_len = Key::seed_len(enctype).unwrap();
        assert!(Key::from_random(enctype, &vec![7; seed_len]).is_ok());
        assert!(Key::from_random(enctype, &vec![7; seed_len + 1]).is_err());
    }
}

#[test]
fn generated_keys_follow_the_rng() {
    for enctype in Enctype::SUPPORTED {
        let generate =
            |seed| Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(seed)).unwrap();
        assert_eq!(generate(1), generate(1));
        assert_ne!(generate(1), generate(2));
        assert_eq!(generate(1).enctype(), enctype);
    }
}

#[test]
fn generated_des_keys_have_odd_parity() {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    for enctype in [Enctype::DES_CBC_MD5, Enctype::DES3_CBC_SHA1_KD] {
        let key = Key::generate(enctype, &mut rng).unwrap();
        let odd = |byte: &u8| byte.count_ones() % 2 == 1;
        assert!(key.expose_bytes().iter().all(odd));
    }
}

#[test]
fn keys_of_two_types_differ_even_with_the_same_bytes() {
    let first = Key::new(Enctype::AES128_CTS_HMAC_SHA1_96, &[1; 16]).unwrap();
    let second = Key::new(Enctype::RC4_HMAC, &[1; 16]).unwrap();
    assert_ne!(first, second);
    assert_eq!(first, first.clone());
}

#[test]
fn a_key_prints_its_type_only() {
    let key = Key::new(Enctype::AES128_CTS_HMAC_SHA1_96, &[0xab; 16]).unwrap();
    assert_eq!(format!("{key:?}"), "Key(aes128-cts-hmac-sha1-96, ..)");
}

#[test]
fn a_confounder_has_its_types_length_and_no_other() {
    for enctype in Enctype::SUPPORTED {
        let key = Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(1)).unwrap();
        let expected = key.confounder_len();
        for actual in 0..=32 {
            let result = key.encrypt_with_confounder(KeyUsage(1), &vec![0; actual], b"plain");
            if actual == expected {
                assert!(result.is_ok());
            } else {
                assert_eq!(result, Err(InvalidConfounder { expected, actual }));
            }
        }
    }
}

#[test]
fn errors_read_as_fragments() {
    let errors: [(&dyn std::error::Error, &str); 7] = [
        (
            &InvalidKey::UnsupportedEnctype(UNKNOWN),
            "etype 99 is not supported",
        ),
        (
            &Key::new(Enctype::RC4_HMAC, &[1, 2]).unwrap_err(),
            "a key of arcfour-hmac is made of 16 bytes, not of 2",
        ),
        (
            &StringToKeyError::InvalidParameters,
            "the string-to-key parameters are malformed",
        ),
        (
            &Key::from_password(Enctype(17), "p", b"", Some(&[0; 4])).unwrap_err(),
            "string-to-key would take 4294967296 iterations, more than the 1048576 allowed",
        ),
        (&IntegrityError, "the integrity check failed"),
        (
            &InvalidConfounder {
                expected: 16,
                actual: 8,
            },
            "the confounder is made of 16 bytes, not of 8",
        ),
        (
            &crate::crypto::PrfPlusTooLong {
                asked: 9000,
                allowed: 4080,
            },
            "PRF+ gives 4080 bytes at most, not 9000",
        ),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}
