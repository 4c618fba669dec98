//! Messages too short for a confounder, whose integrity check stands all the same: only a holder of the
//! key can make them, and they are refused like any other.

use ::hmac::Hmac;
use ::rc4::{KeyInit, Rc4, StreamCipher};
use sha2::{Sha256, Sha384};

use crate::crypto::mac::{hmac_md5, hmac_sha1, mac};
use crate::crypto::profile::Purpose;
use crate::crypto::{Enctype, IntegrityError, Key, KeyUsage};

const USAGE: KeyUsage = KeyUsage::TICKET;

/// `message` computes the whole ciphertext of nothing from Ki.
fn nothing(enctype: Enctype, message: fn(&[u8]) -> Vec<u8>) {
    let length = [16, 24, 32]
        .into_iter()
        .find(|length| Key::new(enctype, &vec![7; *length]).is_ok())
        .unwrap();
    let key = Key::new(enctype, &vec![7; length]).unwrap();
    let integrity = key.derived(USAGE, Purpose::Integrity);
    let cipher = message(&integrity);
    assert_eq!(key.decrypt(USAGE, &cipher), Err(IntegrityError));
}

vectors! { nothing:
    des3(Enctype::DES3_CBC_SHA1_KD, |ki| hmac_sha1(ki, &[]));
    aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, |ki| hmac_sha1(ki, &[])[..12].to_vec());
    aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, |ki| hmac_sha1(ki, &[])[..12].to_vec());
    aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, |ki| mac::<Hmac<Sha256>>(ki, &[&[0; 16]])[..16].to_vec());
    aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, |ki| mac::<Hmac<Sha384>>(ki, &[&[0; 16]])[..24].to_vec());
    camellia128(Enctype::CAMELLIA128_CTS_CMAC, |ki| mac::<cmac::Cmac<camellia::Camellia128>>(ki, &[]));
    camellia256(Enctype::CAMELLIA256_CTS_CMAC, |ki| mac::<cmac::Cmac<camellia::Camellia256>>(ki, &[]));
}

#[test]
fn rc4_with_part_of_a_confounder() {
    let key = Key::new(Enctype::RC4_HMAC, &[7; 16]).unwrap();
    let base = key.derived(USAGE, Purpose::Encryption);
    let seal = |plain: &[u8]| {
        let tag = hmac_md5(&base, &[plain]);
        let mut data = plain.to_vec();
        Rc4::new_from_slice(&hmac_md5(&base, &[&tag]))
            .unwrap()
            .apply_keystream(&mut data);
        [tag, data].concat()
    };
    for length in 0..8 {
        let cipher = seal(&vec![1; length]);
        assert_eq!(key.decrypt(USAGE, &cipher), Err(IntegrityError));
    }
    assert_eq!(key.decrypt(USAGE, &seal(&[1; 8])), Ok(Vec::new()));
}
