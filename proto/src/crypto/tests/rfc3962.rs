//! RFC 3962 appendix B.

use hex_literal::hex;

use super::string_to_key;
use crate::crypto::{Enctype, block};

const BLOCK_SIZE: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
const LONGER: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

vectors! { string_to_key:
    rfc3962_b_iterations_1_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&1u32.to_be_bytes()), &hex!("42263c6e89f4fc28b8df68ee09799f15"));
    rfc3962_b_iterations_1_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&1u32.to_be_bytes()), &hex!("fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161"));
    rfc3962_b_iterations_2_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&2u32.to_be_bytes()), &hex!("c651bf29e2300ac27fa469d693bdda13"));
    rfc3962_b_iterations_2_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&2u32.to_be_bytes()), &hex!("a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff"));
    rfc3962_b_iterations_1200_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&1200u32.to_be_bytes()), &hex!("4c01cd46d632d01e6dbe230a01ed642a"));
    rfc3962_b_iterations_1200_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "password", b"ATHENA.MIT.EDUraeburn", Some(&1200u32.to_be_bytes()), &hex!("55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a"));
    rfc3962_b_iterations_5_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "password", &hex!("1234567878563412"), Some(&5u32.to_be_bytes()), &hex!("e9b23d52273747dd5c35cb55be619d8e"));
    rfc3962_b_iterations_5_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "password", &hex!("1234567878563412"), Some(&5u32.to_be_bytes()), &hex!("97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31"));
    rfc3962_b_iterations_1200_block_size_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, BLOCK_SIZE, b"pass phrase equals block size", Some(&1200u32.to_be_bytes()), &hex!("59d1bb789a828b1aa54ef9c2883f69ed"));
    rfc3962_b_iterations_1200_block_size_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, BLOCK_SIZE, b"pass phrase equals block size", Some(&1200u32.to_be_bytes()), &hex!("89adee3608db8bc71f1bfbfe459486b05618b70cbae22092534e56c553ba4b34"));
    rfc3962_b_iterations_1200_longer_than_block_size_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, LONGER, b"pass phrase exceeds block size", Some(&1200u32.to_be_bytes()), &hex!("cb8005dc5f90179a7f02104c0018751d"));
    rfc3962_b_iterations_1200_longer_than_block_size_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, LONGER, b"pass phrase exceeds block size", Some(&1200u32.to_be_bytes()), &hex!("d78c5c9cb872a8c9dad4697f0bb5b2d21496c82beb2caeda2112fceea057401b"));
    rfc3962_b_iterations_50_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "\u{1d11e}", b"EXAMPLE.COMpianist", Some(&50u32.to_be_bytes()), &hex!("f149c1f2e154a73452d43e7fe62a56e5"));
    rfc3962_b_iterations_50_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "\u{1d11e}", b"EXAMPLE.COMpianist", Some(&50u32.to_be_bytes()), &hex!("4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e"));
}

fn steals_ciphertext(plain: &[u8], cipher: &[u8]) {
    let mut data = plain.to_vec();
    block::cts_encrypt::<aes::Aes128>(b"chicken teriyaki", &mut data);
    assert_eq!(data, cipher);
    block::cts_decrypt::<aes::Aes128>(b"chicken teriyaki", &mut data);
    assert_eq!(data, plain);
}

vectors! { steals_ciphertext:
    rfc3962_b_cts_17_bytes(b"I would like the ", &hex!("c6353568f2bf8cb4d8a580362da7ff7f97"));
    rfc3962_b_cts_31_bytes(b"I would like the General Gau's ", &hex!("fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"));
    rfc3962_b_cts_32_bytes(b"I would like the General Gau's C", &hex!("39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"));
    rfc3962_b_cts_47_bytes(b"I would like the General Gau's Chicken, please,", &hex!("97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5"));
    rfc3962_b_cts_48_bytes(b"I would like the General Gau's Chicken, please, ", &hex!("97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8"));
    rfc3962_b_cts_64_bytes(b"I would like the General Gau's Chicken, please, and wonton soup.", &hex!("97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"));
    openssl_one_block_is_plain_cbc(b"I would like the", &hex!("97687268d6ecccc0c07b25e25ecfe584"));
}
