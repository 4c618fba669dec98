//! RFC 8009 appendix A.

use hex_literal::hex;

use super::{checksum, derived, prf, round_trip, string_to_key};
use crate::crypto::{ChecksumType, Enctype};

vectors! { string_to_key:
    rfc8009_a_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, "password", &hex!("10df9dd783e5bc8acea1730e74355f61415448454e412e4d49542e4544557261656275726e"), Some(&32768u32.to_be_bytes()), &hex!("089bca48b105ea6ea77ca5d2f39dc5e7"));
    rfc8009_a_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, "password", &hex!("10df9dd783e5bc8acea1730e74355f61415448454e412e4d49542e4544557261656275726e"), Some(&32768u32.to_be_bytes()), &hex!("45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467"));
    rfc8009_4_default_iterations(Enctype::AES128_CTS_HMAC_SHA256_128, "password", &hex!("10df9dd783e5bc8acea1730e74355f61415448454e412e4d49542e4544557261656275726e"), None, &hex!("089bca48b105ea6ea77ca5d2f39dc5e7"));
}

vectors! { derived:
    rfc8009_a_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), 2, &hex!("b31a018a48f54776f403e9a396325dc3"), &hex!("9b197dd1e8c5609d6e67c3e37c62c72e"), &hex!("9fda0e56ab2d85e1569a688696c26a6c"));
    rfc8009_a_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), 2, &hex!("ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d"), &hex!("56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49"), &hex!("69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f"));
}

vectors! { round_trip:
    rfc8009_a_aes128_sha256_empty(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), 2, &hex!("7e5895eaf2672435bad817f545a37148"), &hex!(""), &hex!("ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718"));
    rfc8009_a_aes128_sha256_less_than_block(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), 2, &hex!("7bca285e2fd4130fb55b1a5c83bc5b24"), &hex!("000102030405"), &hex!("84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c"));
    rfc8009_a_aes128_sha256_one_block(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), 2, &hex!("56ab21713ff62c0a1457200f6fa9948f"), &hex!("000102030405060708090a0b0c0d0e0f"), &hex!("3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3"));
    rfc8009_a_aes128_sha256_more_than_block(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), 2, &hex!("a7a4e29a4728ce10664fb64e49ad3fac"), &hex!("000102030405060708090a0b0c0d0e0f1011121314"), &hex!("720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc"));
    rfc8009_a_aes256_sha384_empty(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), 2, &hex!("f764e9fa15c276478b2c7d0c4e5f58e4"), &hex!(""), &hex!("41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c"));
    rfc8009_a_aes256_sha384_less_than_block(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), 2, &hex!("b80d3251c1f6471494256ffe712d0b9a"), &hex!("000102030405"), &hex!("4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2"));
    rfc8009_a_aes256_sha384_one_block(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), 2, &hex!("53bf8a0d105265d4e276428624ce5e63"), &hex!("000102030405060708090a0b0c0d0e0f"), &hex!("bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df574d1f932e40c4ff255b36a266"));
    rfc8009_a_aes256_sha384_more_than_block(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), 2, &hex!("763e65367e864f02f55153c7e3b58af1"), &hex!("000102030405060708090a0b0c0d0e0f1011121314"), &hex!("40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62"));
}

vectors! { checksum:
    rfc8009_a_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), ChecksumType::HMAC_SHA256_128_AES128, 2, &hex!("000102030405060708090a0b0c0d0e0f1011121314"), &hex!("d78367186643d67b411cba9139fc1dee"));
    rfc8009_a_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), ChecksumType::HMAC_SHA384_192_AES256, 2, &hex!("000102030405060708090a0b0c0d0e0f1011121314"), &hex!("45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a"));
}

vectors! { prf:
    rfc8009_a_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("3705d96080c17728a0e800eab6e0d23c"), b"test", &hex!("9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295"));
    rfc8009_a_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52"), b"test", &hex!("9801f69a368c2bf675e59521e177d9a07f67efe1cfde8d3c8d6f6a0256e3b17db3c1b62ad1b8553360d17367eb1514d2"));
}
