//! Bytes from strangers.

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::assert_plain;
use crate::crypto::simplified::n_fold;
use crate::crypto::{ChecksumError, ChecksumType, Enctype, IntegrityError, Key, KeyUsage};

fn key() -> impl Strategy<Value = Key> {
    (prop::sample::select(&Enctype::SUPPORTED[..]), any::<u64>()).prop_map(|(enctype, seed)| {
        Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(seed)).unwrap()
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..200)
}

/// des-cbc-crc's 32 bits are left out: a stranger guesses them once in four thousand million tries.
fn forgeable(key: &Key) -> bool {
    key.enctype() == Enctype::DES_CBC_CRC
}

proptest! {
    #[test]
    fn strangers_bytes_do_not_decrypt(key in key(), usage: u32, cipher in bytes()) {
        let decrypted = key.decrypt(KeyUsage(usage), &cipher);
        prop_assert!(decrypted == Err(IntegrityError) || forgeable(&key));
    }

    #[test]
    fn strangers_bytes_do_not_verify(
        key in key(),
        checksum_type in prop_oneof![any::<i32>(), -140..40],
        usage: u32,
        data in bytes(),
        value in bytes(),
    ) {
        let checksum_type = ChecksumType(checksum_type);
        let fits = checksum_type == key.checksum_type() || checksum_type == ChecksumType::HMAC_MD5;
        let expected = if fits {
            ChecksumError::Mismatch
        } else {
            ChecksumError::Inappropriate(checksum_type)
        };
        let verified = key.verify_checksum(checksum_type, KeyUsage(usage), &data, &value);
        prop_assert_eq!(verified, Err(expected));
    }

    #[test]
    fn what_is_encrypted_decrypts(key in key(), usage: u32, seed: u64, plain in bytes()) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let cipher = key.encrypt(KeyUsage(usage), &mut rng, &plain);
        assert_plain(&key.decrypt(KeyUsage(usage), &cipher).unwrap(), key.enctype(), &plain);
    }

    #[test]
    fn what_is_signed_verifies(key in key(), usage: u32, data in bytes()) {
        let value = key.checksum(KeyUsage(usage), &data);
        let verified = key.verify_checksum(key.checksum_type(), KeyUsage(usage), &data, &value);
        prop_assert_eq!(verified, Ok(()));
    }

    #[test]
    fn a_changed_byte_does_not_decrypt(
        key in key(),
        plain in bytes(),
        index: prop::sample::Index,
        change in 1..=u8::MAX,
    ) {
        let usage = KeyUsage::AP_REP;
        let mut cipher = key.encrypt(usage, &mut ChaCha12Rng::seed_from_u64(1), &plain);
        let index = index.index(cipher.len());
        cipher[index] ^= change;
        let decrypted = key.decrypt(usage, &cipher);
        prop_assert!(decrypted == Err(IntegrityError) || forgeable(&key));
    }

    #[test]
    fn any_password_and_salt_make_a_key(password in ".{0,40}", salt in bytes()) {
        for enctype in [Enctype::DES_CBC_MD5, Enctype::DES3_CBC_SHA1_KD, Enctype::RC4_HMAC] {
            let key = Key::from_password(enctype, &password, &salt, None).unwrap();
            prop_assert_eq!(Key::new(enctype, key.expose_bytes()), Ok(key));
        }
    }

    #[test]
    fn folding_has_the_length_asked_for(input in bytes(), length in 1..64usize) {
        let folded = n_fold(&input, length);
        prop_assert_eq!(folded.len(), length);
        if input.len() == length {
            prop_assert_eq!(&folded[..], &input[..]);
        }
    }
}
