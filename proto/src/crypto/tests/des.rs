//! RFC 3961 section 6.2 and appendix A. MIT 1.18 dropped DES, so ciphertexts are those MIT 1.17's own
//! tests decrypt, and the rest was computed with OpenSSL's DES and Python's MD5 and CRC-32.

use hex_literal::hex;

use super::{prf, round_trip, string_to_key};
use crate::crypto::des::{random_to_key, rsa_md5_des};
use crate::crypto::{ChecksumError, ChecksumType, Enctype, Key, KeyUsage, StringToKeyError};

vectors! { string_to_key:
    rfc3961_a_2_password(Enctype::DES_CBC_MD5, "password", b"ATHENA.MIT.EDUraeburn", Some(&[0]), &hex!("cbc22fae235298e3"));
    rfc3961_a_2_potatoe(Enctype::DES_CBC_MD5, "potatoe", b"WHITEHOUSE.GOVdanny", Some(&[0]), &hex!("df3d32a74fd92a01"));
    rfc3961_a_2_g_clef(Enctype::DES_CBC_MD5, "\u{1d11e}", b"EXAMPLE.COMpianist", Some(&[0]), &hex!("4ffb26bab0cd9413"));
    rfc3961_a_2_eszett(Enctype::DES_CBC_MD5, "\u{df}", "ATHENA.MIT.EDUJuri\u{161}i\u{107}".as_bytes(), Some(&[0]), &hex!("62c81a5232b5e69d"));
    rfc3961_a_2_weak_intermediate_1(Enctype::DES_CBC_MD5, "11119999", b"AAAAAAAA", Some(&[0]), &hex!("984054d0f1a73e31"));
    rfc3961_a_2_weak_intermediate_2(Enctype::DES_CBC_MD5, "NNNN6666", b"FFFFAAAA", Some(&[0]), &hex!("c4bf6b25adf7a4f8"));
    rfc3961_a_2_without_parameters(Enctype::DES_CBC_CRC, "password", b"ATHENA.MIT.EDUraeburn", None, &hex!("cbc22fae235298e3"));
}

vectors! { round_trip:
    mit_1_17_des_crc_usage_0_empty(Enctype::DES_CBC_CRC, &hex!("45e6087cdf138fb5"), 0, &hex!("025610f534e18c74"), b"", &hex!("28f6b09a012bccf72fb05122b2839e6e"));
    mit_1_17_des_crc_usage_1_1_byte(Enctype::DES_CBC_CRC, &hex!("92a7155810586b2f"), 1, &hex!("b40e777ba100c413"), b"1", &hex!("b4c871c2f3e7bf7605efd62f2eeec205"));
    mit_1_17_des_crc_usage_2_9_bytes(Enctype::DES_CBC_CRC, &hex!("a4b9514a61646423"), 2, &hex!("d354038b381cc638"), b"9 bytesss", &hex!("5f14c35178d33d7cde0ec169c623cc8321b7b8bd34ea7efe"));
    mit_1_17_des_crc_usage_3_13_bytes(Enctype::DES_CBC_CRC, &hex!("2f16a2a7fdb05768"), 3, &hex!("799ecbc5eff6efd1"), b"13 bytes byte", &hex!("0b588e38d971433c9d86d8baebf63e4c1a01666e76d8a54a3293f72679ed88c9"));
    mit_1_17_des_crc_usage_4_30_bytes(Enctype::DES_CBC_CRC, &hex!("bc8f70fd2097d67c"), 4, &hex!("bc0124cc7141eab7"), b"30 bytes bytes bytes bytes byt", &hex!("38d632d2c20a7c2ea250fc8ece42938e92a9f5d302502665c1a33729c1050dc2056298fbfb1682ceeb65e59204fda7df"));
    mit_1_17_des_md5_usage_0_empty(Enctype::DES_CBC_MD5, &hex!("4a545e0bf7a22631"), 0, &hex!("dd7ec91485d92263"), b"", &hex!("784cd81591a034be82556f56dca3224b62d9956fa90b1b93"));
    mit_1_17_des_md5_usage_1_1_byte(Enctype::DES_CBC_MD5, &hex!("d5804a269dc4e645"), 1, &hex!("f26ba1e5e607f1c3"), b"1", &hex!("ffa25c7be287596bfe58126e90aaa0f12d9a82a0d86df6d5f9074b6b399e7ff1"));
    mit_1_17_des_md5_usage_2_9_bytes(Enctype::DES_CBC_MD5, &hex!("c8312f7f83ea4640"), 2, &hex!("b76112dfb833e806"), b"9 bytesss", &hex!("e7850337f2cc5e3f35ce3d69e2c3298638a7aa44b878031e39851e47c15b5d0ee7e7ac54de111d80"));
    mit_1_17_des_md5_usage_3_13_bytes(Enctype::DES_CBC_MD5, &hex!("7fda3e62ad8af18c"), 3, &hex!("74467cad8e75d028"), b"13 bytes byte", &hex!("d7a8032e19994c928777506595fbda9883158a8514548e296e911c29f465c672366000558bfc2e88"));
    mit_1_17_des_md5_usage_4_30_bytes(Enctype::DES_CBC_MD5, &hex!("d3d6832970a73752"), 4, &hex!("42d1b511725662d0"), b"30 bytes bytes bytes bytes byt", &hex!("8a48166a4c6feae607a8cf68b381c0755e402b19dbc0f81a7d7ca19a25e05223f6064409bf5a4f50acd826639ffa7673fd324ec19e429502"));
    openssl_des_crc_usage_3_16_bytes(Enctype::DES_CBC_CRC, &hex!("92a7155810586b2f"), 3, &hex!("0011223344556677"), b"exactly16 octets", &hex!("9880a01cc19f83189fd17a6b87bbea4be7f72dc3ff46980d1e55cb1d9474d387"));
    openssl_des_md5_usage_3_16_bytes(Enctype::DES_CBC_MD5, &hex!("92a7155810586b2f"), 3, &hex!("0011223344556677"), b"exactly16 octets", &hex!("82939904e06c6fb84745bb97cfc84a600696801834390b11440805db9fa8e2a649468d154f43f7e3"));
}

vectors! { prf:
    openssl_des_crc_empty(Enctype::DES_CBC_CRC, &hex!("92a7155810586b2f"), b"", &hex!("c2389dab4ff0e1ac092452af81a420c8"));
    openssl_des_md5(Enctype::DES_CBC_MD5, &hex!("92a7155810586b2f"), b"prf input", &hex!("f649a05ccca946ae3fdd66b3421e2119"));
}

/// The value, and that the key verifies it whatever its confounder.
fn md5_des(confounder: &[u8], data: &[u8], expected: &[u8]) {
    let key = Key::new(Enctype::DES_CBC_MD5, &hex!("92a7155810586b2f")).unwrap();
    let variant: Vec<u8> = key.expose_bytes().iter().map(|byte| byte ^ 0xf0).collect();
    assert_eq!(rsa_md5_des(&variant, confounder, data), expected);
    let usage = KeyUsage::KRB_SAFE;
    let verify = |value: &[u8]| key.verify_checksum(ChecksumType::RSA_MD5_DES, usage, data, value);
    assert_eq!(verify(expected), Ok(()));
    for bit in 0..expected.len() * 8 {
        let mut flipped = expected.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&flipped), Err(ChecksumError::Mismatch), "bit {bit}");
    }
    for length in 0..expected.len() {
        assert_eq!(verify(&expected[..length]), Err(ChecksumError::Mismatch));
    }
}

vectors! { md5_des:
    openssl_empty(&hex!("0001020304050607"), b"", &hex!("7aa5e6af3683e17d03c5c748a3400cfe36c2147f7b60ed2a"));
    openssl_41_bytes(b"abcdefgh", b"forty-one octets of text, not a multiple.", &hex!("2535ccb5921888ac567a7e0bb460082cf6dd819724d197bf"));
}

#[test]
fn md5_des_confounder_depends_on_key_and_data() {
    let first = Key::new(Enctype::DES_CBC_MD5, &[0x31; 8]).unwrap();
    let second = Key::new(Enctype::DES_CBC_MD5, &[0x32; 8]).unwrap();
    let usage = KeyUsage::KRB_SAFE;
    assert_eq!(
        first.checksum(usage, b"data"),
        first.checksum(usage, b"data")
    );
    assert_ne!(
        first.checksum(usage, b"data")[..8],
        first.checksum(usage, b"date")[..8]
    );
    assert_ne!(
        first.checksum(usage, b"data"),
        second.checksum(usage, b"data")
    );
}

#[test]
fn afs3_string_to_key_is_refused() {
    for parameters in [&[1][..], &[], &[0, 0]] {
        assert_eq!(
            Key::from_password(Enctype::DES_CBC_CRC, "p", b"s", Some(parameters)),
            Err(StringToKeyError::InvalidParameters)
        );
    }
}

#[test]
fn weak_keys_are_corrected_by_the_last_byte() {
    assert_eq!(*random_to_key(&[0; 7]), hex!("01010101010101f1"));
    assert_eq!(*random_to_key(&[0xff; 7]), hex!("fefefefefefefe0e"));
    assert_eq!(
        *random_to_key(&[0x1f, 0x1f, 0x1f, 0x1f, 0x0e, 0x0e, 0x0e]),
        hex!("1f1f1f1f0e0e0e1f")
    );
}
