//! RFC 6113 appendix A (KRB-FX-CF2) and the bounds of PRF+.

use hex_literal::hex;

use crate::crypto::{Enctype, Key, PrfPlusTooLong, krb_fx_cf2};

fn key(enctype: Enctype, text: &str) -> Key {
    Key::from_password(enctype, text, text.as_bytes(), None).unwrap()
}

fn cf2(enctype: Enctype, expected: &[u8]) {
    let combined = krb_fx_cf2(&key(enctype, "key1"), &key(enctype, "key2"), b"a", b"b");
    assert_eq!(combined.expose_bytes(), expected);
    assert_eq!(combined.enctype(), enctype);
}

vectors! { cf2:
    rfc6113_a_aes128(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("97df97e4b798b29eb31ed7280287a92a"));
    rfc6113_a_aes256(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b"));
    rfc6113_a_des(Enctype::DES_CBC_CRC, &hex!("43bae3738c9467e6"));
    rfc6113_a_des3(Enctype::DES3_CBC_SHA1_KD, &hex!("e58f9eb643862c13ad38e529313462a7f73e62834fe54a01"));
    rfc6113_a_rc4(Enctype::RC4_HMAC, &hex!("24d7f6b6bae4e5c00d2082c5ebab3672"));
}

#[test]
fn cf2_depends_on_both_keys_and_both_peppers() {
    let enctype = Enctype::AES128_CTS_HMAC_SHA1_96;
    let (first, second) = (key(enctype, "key1"), key(enctype, "key2"));
    let combined = krb_fx_cf2(&first, &second, b"a", b"b");
    for other in [
        krb_fx_cf2(&first, &first, b"a", b"b"),
        krb_fx_cf2(&second, &second, b"a", b"b"),
        krb_fx_cf2(&first, &second, b"b", b"b"),
        krb_fx_cf2(&first, &second, b"a", b"a"),
    ] {
        assert_ne!(combined, other);
    }
}

#[test]
fn prf_plus_ends_with_its_one_octet_counter() {
    let key = key(Enctype::AES128_CTS_HMAC_SHA1_96, "key1");
    let all = key.prf_plus(b"pepper", 255 * 16).unwrap();
    assert_eq!(all.len(), 4080);
    assert_eq!(all[4064..], key.prf(b"\xffpepper"));
    assert_eq!(
        key.prf_plus(b"pepper", 4081),
        Err(PrfPlusTooLong {
            asked: 4081,
            allowed: 4080
        })
    );
    assert!(key.prf_plus(b"pepper", 0).unwrap().is_empty());
}
