//! What holds for encryption under every enctype.

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::assert_plain;
use crate::crypto::{Enctype, IntegrityError, Key, KeyUsage};

const USAGE: KeyUsage = KeyUsage::TICKET;

fn key(enctype: Enctype, seed: u64) -> Key {
    Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(seed)).unwrap()
}

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + 1) as u8).collect()
}

fn encrypt(key: &Key, plain: &[u8]) -> Vec<u8> {
    key.encrypt(USAGE, &mut ChaCha12Rng::seed_from_u64(9), plain)
}

fn round_trips_every_length(enctype: Enctype) {
    let key = key(enctype, 1);
    for length in 0..=130 {
        let plain = plain(length);
        let decrypted = key.decrypt(USAGE, &encrypt(&key, &plain)).unwrap();
        assert_plain(&decrypted, enctype, &plain);
    }
}

fn refuses_every_flipped_bit(enctype: Enctype) {
    let key = key(enctype, 1);
    for length in [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100] {
        let cipher = encrypt(&key, &plain(length));
        for bit in 0..cipher.len() * 8 {
            let mut flipped = cipher.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                key.decrypt(USAGE, &flipped),
                Err(IntegrityError),
                "length {length} bit {bit}"
            );
        }
    }
}

fn refuses_every_truncation(enctype: Enctype) {
    let key = key(enctype, 1);
    for length in [0, 1, 16, 50] {
        let cipher = encrypt(&key, &plain(length));
        for end in 0..cipher.len() {
            assert_eq!(key.decrypt(USAGE, &cipher[..end]), Err(IntegrityError));
            assert_eq!(key.decrypt(USAGE, &cipher[end + 1..]), Err(IntegrityError));
        }
        let longer = [&cipher[..], &[0]].concat();
        assert_eq!(key.decrypt(USAGE, &longer), Err(IntegrityError));
    }
}

fn refuses_another_key(enctype: Enctype) {
    let cipher = encrypt(&key(enctype, 1), &plain(50));
    assert_eq!(key(enctype, 2).decrypt(USAGE, &cipher), Err(IntegrityError));
}

fn refuses_another_usage(enctype: Enctype) {
    let key = key(enctype, 1);
    let cipher = encrypt(&key, &plain(50));
    for usage in (0..64).map(KeyUsage).filter(|usage| *usage != USAGE) {
        assert_eq!(key.decrypt(usage, &cipher), Err(IntegrityError));
    }
}

/// One key for everything (RFC 3961 section 6.2): DES does not know usages.
fn accepts_another_usage(enctype: Enctype) {
    let key = key(enctype, 1);
    let cipher = encrypt(&key, &plain(50));
    let decrypted = key.decrypt(KeyUsage::AS_REP, &cipher).unwrap();
    assert_plain(&decrypted, enctype, &plain(50));
}

fn differs_with_the_confounder(enctype: Enctype) {
    let key = key(enctype, 1);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let ciphers = [(); 2].map(|()| key.encrypt(USAGE, &mut rng, b"plain"));
    assert_ne!(ciphers[0], ciphers[1]);
    assert_eq!(ciphers[0].len(), ciphers[1].len());
}

macro_rules! every_enctype {
    ($($check:ident)+) => {
        $(vectors! { $check:
            des_crc(Enctype::DES_CBC_CRC);
            des_md5(Enctype::DES_CBC_MD5);
            des3(Enctype::DES3_CBC_SHA1_KD);
            aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96);
            aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96);
            aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128);
            aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192);
            rc4(Enctype::RC4_HMAC);
            camellia128(Enctype::CAMELLIA128_CTS_CMAC);
            camellia256(Enctype::CAMELLIA256_CTS_CMAC);
        })+
    };
}

every_enctype! {
    round_trips_every_length
    refuses_every_flipped_bit
    refuses_every_truncation
    refuses_another_key
    differs_with_the_confounder
}

vectors! { accepts_another_usage:
    rfc3961_6_2_des_crc(Enctype::DES_CBC_CRC);
    rfc3961_6_2_des_md5(Enctype::DES_CBC_MD5);
}

vectors! { refuses_another_usage:
    des3(Enctype::DES3_CBC_SHA1_KD);
    aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96);
    aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96);
    aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128);
    aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192);
    rc4(Enctype::RC4_HMAC);
    camellia128(Enctype::CAMELLIA128_CTS_CMAC);
    camellia256(Enctype::CAMELLIA256_CTS_CMAC);
}
