//! A second implementation, picky-krb, both ways for the three enctypes it has.

use picky_krb::crypto::{ChecksumSuite, CipherSuite};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use super::assert_plain;
use crate::crypto::{Enctype, Key, KeyUsage};

const USAGES: [u32; 4] = [1, 3, 11, 1024];

fn string_to_key(suite: CipherSuite, enctype: Enctype) {
    for (password, salt) in [
        ("correct horse", "LAB.EXAMPLEalice"),
        ("p\u{e4}ssword", "LAB.EXAMPLEHTTPweb1.lab.example"),
    ] {
        let key = Key::from_password(enctype, password, salt.as_bytes(), None).unwrap();
        let theirs = suite
            .cipher()
            .generate_key_from_password(password.as_bytes(), salt.as_bytes())
            .unwrap();
        assert_eq!(key.expose_bytes(), theirs);
    }
}

fn encryption(suite: CipherSuite, enctype: Enctype) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let key = Key::generate(enctype, &mut rng).unwrap();
    let cipher = suite.cipher();
    for usage in USAGES {
        for length in 1..=70 {
            let plain: Vec<u8> = (1..=length).collect();
            let ours = key.encrypt(KeyUsage(usage), &mut rng, &plain);
            let decrypted = cipher.decrypt(key.expose_bytes(), usage as i32, &ours);
            assert_plain(&decrypted.unwrap(), enctype, &plain);
            let theirs = cipher
                .encrypt(key.expose_bytes(), usage as i32, &plain)
                .unwrap();
            let decrypted = key.decrypt(KeyUsage(usage), &theirs);
            assert_plain(&decrypted.unwrap(), enctype, &plain);
        }
    }
}

fn checksum(suite: ChecksumSuite, enctype: Enctype) {
    let key = Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(1)).unwrap();
    for usage in USAGES {
        let theirs = suite
            .hasher()
            .checksum(key.expose_bytes(), usage as i32, b"some data")
            .unwrap();
        assert_eq!(key.checksum(KeyUsage(usage), b"some data"), theirs);
    }
}

vectors! { string_to_key:
    aes128_sha1(CipherSuite::Aes128CtsHmacSha196, Enctype::AES128_CTS_HMAC_SHA1_96);
    aes256_sha1(CipherSuite::Aes256CtsHmacSha196, Enctype::AES256_CTS_HMAC_SHA1_96);
    des3(CipherSuite::Des3CbcSha1Kd, Enctype::DES3_CBC_SHA1_KD);
}

vectors! { encryption:
    aes128_sha1(CipherSuite::Aes128CtsHmacSha196, Enctype::AES128_CTS_HMAC_SHA1_96);
    aes256_sha1(CipherSuite::Aes256CtsHmacSha196, Enctype::AES256_CTS_HMAC_SHA1_96);
    des3(CipherSuite::Des3CbcSha1Kd, Enctype::DES3_CBC_SHA1_KD);
}

// Its hmac-sha1-des3-kd takes Ki for Kc, against RFC 3961 section 5.4 and MIT.
vectors! { checksum:
    aes128_sha1(ChecksumSuite::HmacSha196Aes128, Enctype::AES128_CTS_HMAC_SHA1_96);
    aes256_sha1(ChecksumSuite::HmacSha196Aes256, Enctype::AES256_CTS_HMAC_SHA1_96);
}
