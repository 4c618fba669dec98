//! What MIT's libk5crypto 1.20.1 computes (`krb5_c_encrypt`, `krb5_c_make_checksum`, `krb5_c_prf` and so
//! on), for what the RFCs have no vectors of.

use hex_literal::hex;

use super::{checksum, prf, round_trip, string_to_key};
use crate::crypto::{ChecksumType, Enctype, Key, KeyUsage, krb_fx_cf2};

vectors! { string_to_key:
    mit_1_20_des3(Enctype::DES3_CBC_SHA1_KD, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"));
    mit_1_20_des3_utf8_without_salt(Enctype::DES3_CBC_SHA1_KD, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("b33e2fd5b3c7cd61854fcd83c45dae164adc1f5273f1081c"));
    mit_1_20_des3_empty_password(Enctype::DES3_CBC_SHA1_KD, "", b"LAB.EXAMPLEalice", None, &hex!("545d7ccefdf87075703de63b3dbfe5c8ce0e6e3b94adb37f"));
    mit_1_20_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("bab39d077c3610800c098cb8cef5829f"));
    mit_1_20_aes128_sha1_utf8_without_salt(Enctype::AES128_CTS_HMAC_SHA1_96, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("35c14c78ba82603ba7838ead653a7e4b"));
    mit_1_20_aes128_sha1_empty_password(Enctype::AES128_CTS_HMAC_SHA1_96, "", b"LAB.EXAMPLEalice", None, &hex!("cd9b97d074acc7968b87851c2cceb215"));
    mit_1_20_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"));
    mit_1_20_aes256_sha1_utf8_without_salt(Enctype::AES256_CTS_HMAC_SHA1_96, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("51f3c9c10b475a77df9fce0f5fb264f718630af96dab20935be6c68d6bab086e"));
    mit_1_20_aes256_sha1_empty_password(Enctype::AES256_CTS_HMAC_SHA1_96, "", b"LAB.EXAMPLEalice", None, &hex!("a6de1b72743bcfe09c09ab4a83bedd44325f1bf66b1d480d7bd66660cee3567d"));
    mit_1_20_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("f98ce9df2056ba556a3a071f5c7e322f"));
    mit_1_20_aes128_sha256_utf8_without_salt(Enctype::AES128_CTS_HMAC_SHA256_128, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("8e4bb98112c017da910a614b88fab0d3"));
    mit_1_20_aes128_sha256_empty_password(Enctype::AES128_CTS_HMAC_SHA256_128, "", b"LAB.EXAMPLEalice", None, &hex!("18689692271c8fda15910874291fcddd"));
    mit_1_20_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"));
    mit_1_20_aes256_sha384_utf8_without_salt(Enctype::AES256_CTS_HMAC_SHA384_192, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("63ca35f55e3ddff41ca40d0c96d1a1611241acdbcfa5b746439b157b6bb9a7c0"));
    mit_1_20_aes256_sha384_empty_password(Enctype::AES256_CTS_HMAC_SHA384_192, "", b"LAB.EXAMPLEalice", None, &hex!("bc52cd8227e83599d71efd0e757bdca5a6f863be8eb52014ea4f9b9d2c8cc089"));
    mit_1_20_rc4(Enctype::RC4_HMAC, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("cfc43211ba8dc470832267827cac1407"));
    mit_1_20_rc4_utf8_without_salt(Enctype::RC4_HMAC, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("0268c86dc10a07d3b7411ddff2c80a4a"));
    mit_1_20_rc4_empty_password(Enctype::RC4_HMAC, "", b"LAB.EXAMPLEalice", None, &hex!("31d6cfe0d16ae931b73c59d7e0c089c0"));
    mit_1_20_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("c5ac46e695aa27886b332ffa0580173e"));
    mit_1_20_camellia128_utf8_without_salt(Enctype::CAMELLIA128_CTS_CMAC, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("14d649327e62fdd75ef75cf59efea6c4"));
    mit_1_20_camellia128_empty_password(Enctype::CAMELLIA128_CTS_CMAC, "", b"LAB.EXAMPLEalice", None, &hex!("3984fdcbfe85a9efe80c0daeb5e3b47e"));
    mit_1_20_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "correct horse", b"LAB.EXAMPLEalice", None, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"));
    mit_1_20_camellia256_utf8_without_salt(Enctype::CAMELLIA256_CTS_CMAC, "\u{fc}\u{20ac}\u{1d11e}", b"", None, &hex!("4f40756c6d8bf24ad90492d5df561677fec950d08c30d7275770b67f19424eba"));
    mit_1_20_camellia256_empty_password(Enctype::CAMELLIA256_CTS_CMAC, "", b"LAB.EXAMPLEalice", None, &hex!("29cf7bf1475afc291a9e982e4a05f7735852f9d6b031ef10eac3af0ebf81857e"));
}

vectors! { round_trip:
    mit_1_20_des3_usage_1_empty(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 1, &hex!("186771db40693013"), b"", &hex!("ab1022ad77eb7f77d537d6968d8e90d9da7108c41f0f530f1c3c4f8c"));
    mit_1_20_des3_usage_2_1_bytes(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 2, &hex!("674881db462edc26"), b"a", &hex!("4710cdd37cce0ba03cc3e7fca008f9413b74850aa9837b2793120970c8a9d05ee8883c6c"));
    mit_1_20_des3_usage_3_16_bytes(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 3, &hex!("9505660e6146b4b8"), b"exactly16 octets", &hex!("94c4fab44252e648ed49530c96523f040e6b084d49226706d6d3aefc9f3f14d3fb2175bdb7049886dfa13415"));
    mit_1_20_des3_usage_11_17_bytes(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 11, &hex!("306dae75d3a31936"), b"one more than 16!", &hex!("99e0f8cd9ba525e1e83b68549bb3319374bcfa78c5e656d227a55ca073c1d9719fbedd5da7e215ede6c18ebbd6c232c0dc8f3677"));
    mit_1_20_des3_usage_9_32_bytes(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 9, &hex!("3b8697fdb9906f69"), b"two whole cipher blocks of text.", &hex!("0e33d143c6a8115edf01f603060739f61b503b23b34578af9469d3e5f22963ff21b74a332b0be420f7430cea0491f889b7a85d543caa449e16b6b5d9"));
    mit_1_20_des3_usage_1024_41_bytes(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), 1024, &hex!("9972fa74bedbc5e9"), b"forty-one octets of text, not a multiple.", &hex!("86a109eb6a365a4d1132e726fcc82c5162e5cc10ffca6d67b1775a274e435fc9d0cfab3937b22e15f65020d2654758685981bff87e96763deaef8671a6a48f8df59b1c5fd9703dfca67a84f5"));
    mit_1_20_aes128_sha1_usage_1_empty(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 1, &hex!("dc087197eb92eb6cd04c221acfd8ddd5"), b"", &hex!("14ef3493df3fd168b508d5ba2d5abb6f2d35f29430c96e7e353e28a9"));
    mit_1_20_aes128_sha1_usage_2_1_bytes(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 2, &hex!("da2e456978f518cfd4b40cf910998043"), b"a", &hex!("b39ff800d8ffd56132b296ebb36e6f47038d4ec8ebea6fec56148db135"));
    mit_1_20_aes128_sha1_usage_3_16_bytes(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 3, &hex!("fae0def986f9f48574f7233d3de32d49"), b"exactly16 octets", &hex!("c767ce87dd6fd23b6c852621c0a32e1331a7a53b4aaccb80fdc16b6e8ec750af4ad46c85f4064ccfe469ce15"));
    mit_1_20_aes128_sha1_usage_11_17_bytes(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 11, &hex!("ae2e3f752386e5001d69cf8c10e10671"), b"one more than 16!", &hex!("78fb616826d877087fa266cfd800999e19caf059dbe1fb51f86283dff338b520287fbe10f84b4bc631cbcdec01"));
    mit_1_20_aes128_sha1_usage_9_32_bytes(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 9, &hex!("22842fe9f61cab97c6f513c4101d4b6e"), b"two whole cipher blocks of text.", &hex!("ca854b249597b43a04afd225f5328437915a3c403abadc5accf2f0872faf0edc8c2a97c6889b2666780c23158d8bae992e6fea34e5628859177fcb38"));
    mit_1_20_aes128_sha1_usage_1024_41_bytes(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), 1024, &hex!("0e3f644cc1ee666d7be31ca76ebdfb11"), b"forty-one octets of text, not a multiple.", &hex!("85c8d65d1035c00adf9fac1f6893f89cc87204b082fdc652bdff27a5b079bf25c9fe8cc8b3660a3df7eec63c0c919b3141374115f4d7d8386e54a956dbe111947b91e50a82"));
    mit_1_20_aes256_sha1_usage_1_empty(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 1, &hex!("c2c7058499fe1f03b7331d1a99050a70"), b"", &hex!("ad651deee283c2d93c050de0f5e1de9350437dc4a3e631eee1e739ee"));
    mit_1_20_aes256_sha1_usage_2_1_bytes(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 2, &hex!("75941adc777d2c3722af70777db61683"), b"a", &hex!("03b38c2a8f253237b0dc6c9f0e685b89132cf7fda663455a983b93eca2"));
    mit_1_20_aes256_sha1_usage_3_16_bytes(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 3, &hex!("19437366cff2a25ce83c3513af747b12"), b"exactly16 octets", &hex!("dcec1cfbc448053e06e7e3ef0fc27f77f1510ece34564ab7218573b0179359b1b28e944c2d73150bb96ef542"));
    mit_1_20_aes256_sha1_usage_11_17_bytes(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 11, &hex!("37137599d2d5f9c395e8f7986cfd8dcc"), b"one more than 16!", &hex!("dc5ff271804cdb84be8f8ed0f98a5519cdf37519303fe0d8270cb0ea88313858070a1d2ac0f565a4fcd178b041"));
    mit_1_20_aes256_sha1_usage_9_32_bytes(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 9, &hex!("5e6ca2837827eaabc29985fd07d0c3cc"), b"two whole cipher blocks of text.", &hex!("190ebebbf484996ffa32404bc9231fe17eb833add72324c2a078e2e3ec36d9f2094e9d2b1ab8928647bae016560def02dc534774d4349bfdefd5cf45"));
    mit_1_20_aes256_sha1_usage_1024_41_bytes(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), 1024, &hex!("a5d30b12460c85912bac11454517758a"), b"forty-one octets of text, not a multiple.", &hex!("2d0d375b0a4e7cee99361506af95b142654860d48a859d05c43c336654193ce851c302527b4a4b62ce5767b2b0e28902ee3a929834d529197c6bbdf1edab51fc9b20661e2a"));
    mit_1_20_aes128_sha256_usage_1_empty(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 1, &hex!("00c84215a462fddfe4cacdca251fb7a0"), b"", &hex!("da8ec5e036db660c8322500ec1e41bacf7e4a8aea4919b86289af1dee64cb7bb"));
    mit_1_20_aes128_sha256_usage_2_1_bytes(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 2, &hex!("82fed4c11ccb5069490b09bcf5753d8c"), b"a", &hex!("61c3537536a42034524f84f3be3dfd94ac9131eee0773010255616969a43eddb99"));
    mit_1_20_aes128_sha256_usage_3_16_bytes(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 3, &hex!("ce19d4da241ec279823f7ac166995c22"), b"exactly16 octets", &hex!("f326bb84aa970f67c1b954d636509b48e4895c6a659ac848d210ad82119ed80a54c10dac513a219dd901856c4bdb69d6"));
    mit_1_20_aes128_sha256_usage_11_17_bytes(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 11, &hex!("3d6e69bed611be99be18cd2ab754a1f3"), b"one more than 16!", &hex!("1c62079fd27c9e4af9b5e36f5fa9c2732842eae305ecf601d090e01739d270aa05dbb30ebde854742297923bda6eca50e2"));
    mit_1_20_aes128_sha256_usage_9_32_bytes(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 9, &hex!("3244269922a5c67113c7d26af83eb4a2"), b"two whole cipher blocks of text.", &hex!("ebcf7285dcd92c3ce1fbc4c479b32c8c1dd9f52ab461a12c5d4c954f49c82caef504dc526a0105b35c7a90b51c2d4355fe0e0f17d04794647fa18b7d332a691b"));
    mit_1_20_aes128_sha256_usage_1024_41_bytes(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), 1024, &hex!("8b18e7817a37ab0bd713041425fb981f"), b"forty-one octets of text, not a multiple.", &hex!("2b46346863e762f589d8e2a892b1de79d03022f4ffa48bd83859a0743b6ebe027c0ceb16b1d93830de407df601f6495c82688b5ebcffbf676d09e70a43284d06108010d57a295a9c54"));
    mit_1_20_aes256_sha384_usage_1_empty(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 1, &hex!("a2fb660da81590e0f7c68c131061378b"), b"", &hex!("cd0c01dbd6860ca68949cd7eaffb755fbbe739f240fbdacae49919af59c607350703ed5a43bceca5"));
    mit_1_20_aes256_sha384_usage_2_1_bytes(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 2, &hex!("86c7596e8c19a374a0858c622848f17a"), b"a", &hex!("dad151972197a68029b866188891979d7f960e06b0a58b5c84232e8310568ab4538822e5a9e79a033d"));
    mit_1_20_aes256_sha384_usage_3_16_bytes(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 3, &hex!("2aa89cf7f7393d9acc2a51bd1d85c911"), b"exactly16 octets", &hex!("d47ee4ca5c0ea0d3c7d01280bf8d00baf20a7fc746ffeb550a5e61c39a9fa54c00b37e46f94ae2794ea945917bd1387ad5977937f91bb1ea"));
    mit_1_20_aes256_sha384_usage_11_17_bytes(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 11, &hex!("05083d2ddf5333556214905e135d8086"), b"one more than 16!", &hex!("3a9eb949b6b58e76fd3a6bd67c8bd0c34f2b53d4a21fdb6a178d8fa319468a5c011c14f07e874c400731590df797d8a71209aef7f8cc19bd37"));
    mit_1_20_aes256_sha384_usage_9_32_bytes(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 9, &hex!("55dc83b66c9c999dbdd424ec61f2593c"), b"two whole cipher blocks of text.", &hex!("d5e38fd83316df2734b25e8eb5c71bc080bf28b8863848517de666c9bd3f3b0258f224c82c3a3ade929b1cb583fc145a8607c965c0038d612c3ce8dd06899f5b90ee875d273f8fcf"));
    mit_1_20_aes256_sha384_usage_1024_41_bytes(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), 1024, &hex!("24ea1bd3f8c4a5f04b35c0d2718af299"), b"forty-one octets of text, not a multiple.", &hex!("aa0a466b06d4aeb1d52fb376187ec51fcea7bb160bf402bfca76c4bbe79d1dddf8e5cdb449d31ba502e4e4f5114277f249d63a14558277c287c89cc5918bf80ac94f5b6b0ad36da59ddb26170730c18e7f"));
    mit_1_20_rc4_usage_1_empty(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), 1, &hex!("eabe96ebc9e952ba"), b"", &hex!("685dea9fca0bf35538479fa4a226e98d17d9dd7513ada2f0"));
    mit_1_20_rc4_usage_2_1_bytes(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), 2, &hex!("62019f09f88f8c69"), b"a", &hex!("0d63fb48dce25feacb1aa95b9da2e951a1b73b465944f90adf"));
    mit_1_20_rc4_usage_3_16_bytes(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), 3, &hex!("13afacea547c6662"), b"exactly16 octets", &hex!("bbcdfd9f780dbcd9b93d5533d7ef2c677a84494f4e79bc2b38561097125d381b0f23fb44eb86b6f3"));
    mit_1_20_rc4_usage_11_17_bytes(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), 11, &hex!("4e23f50170b00c7b"), b"one more than 16!", &hex!("a9a1c057ff7bca704e56279614462b03086f42d2f25e6ba637d45878ea0b77fc9625a9d4be47c09772"));
    mit_1_20_rc4_usage_1024_41_bytes(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), 1024, &hex!("87391a755e6c3021"), b"forty-one octets of text, not a multiple.", &hex!("7ef8a89244dd37e5f948ddfadac534fcec98faf178479aa4aa8a18ab6711854b0b7a4e8426d0a19a8289fd87d4e29296641e63a41cfcb22c9c12084b6ab8f7dcfd"));
    mit_1_20_camellia128_usage_1_empty(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 1, &hex!("efc26d8db9577a2951bd52f9fa4faa03"), b"", &hex!("83a1dc19c731b6eadfe55e27699b1d3ff5af2e84ad1edce6beb0c72224d41476"));
    mit_1_20_camellia128_usage_2_1_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 2, &hex!("3a7b4e75f8309166e16e3c31583bb1aa"), b"a", &hex!("14044fabd59fd4af5d2c5964ae48d1ee7466dd1c8a8121d3254242379f62cb0990"));
    mit_1_20_camellia128_usage_3_16_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 3, &hex!("53edd740575c04f01fa97bc5a80086d8"), b"exactly16 octets", &hex!("dddd67d6edb5a0aaf82738ccc321fc0f54e7afb3eded7cab84d71c985f90d0bec2aca038a66e4e032d71e10392d1bd17"));
    mit_1_20_camellia128_usage_11_17_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 11, &hex!("1732055862acc73063ea471664776237"), b"one more than 16!", &hex!("c07b4501ceda02786619929e382fb27f48fd295fde65a97db9551202829c112ea158c2060d67d588bb635ea363fb712cfb"));
    mit_1_20_camellia128_usage_9_32_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 9, &hex!("55dd18a64a49a8a59e32dfb8374fe217"), b"two whole cipher blocks of text.", &hex!("96a790408b11447a99dd30c93d6984ba1574e89d1e87a56a21297a5e0b74ace8c0d716744aaea85508ded62c5f3624ec3c3c923497248cd8e8c967a8a31864ca"));
    mit_1_20_camellia128_usage_1024_41_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), 1024, &hex!("d86635bece3a71156b958cf73aaf84dc"), b"forty-one octets of text, not a multiple.", &hex!("410c9d6248390433409990652b8bb993d7653a0a8da0bf5828c6055f10591f9b4342a4b84d4c841267f7babe9d7ae2650ee026c0dbbd28c5c6e91e920caea8abe1575bb4411771f7e5"));
    mit_1_20_camellia256_usage_1_empty(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 1, &hex!("7cba47cefbe2c640121d410c99ef7a3c"), b"", &hex!("f6eca58d6544add6378b57a5f08c59788af9b4ada331cc60361a78ba7e23c343"));
    mit_1_20_camellia256_usage_2_1_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 2, &hex!("834c67717698b267f0305b520a324814"), b"a", &hex!("693261556c7d3ce5d4af6d23822bec1f145773aeb2ebc2be83f82bb8060a94ad64"));
    mit_1_20_camellia256_usage_3_16_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 3, &hex!("21d1f9bb86fd93bae115231cba0d8745"), b"exactly16 octets", &hex!("a31adef3b73a56dd89bbd56731b09bba811b306246c6d52c14a38358c9a9e6075645adec61a44d7354ec62e3c2cb3cbf"));
    mit_1_20_camellia256_usage_11_17_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 11, &hex!("08f3647361498b87dc5e8c351b14bb63"), b"one more than 16!", &hex!("06109ae419eeef1c17e6d3c82de24561367d07f0c3f083b4e9c30b8a2081cf0f115fb3afc7d291c1a55981f25ef81cbe30"));
    mit_1_20_camellia256_usage_9_32_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 9, &hex!("023df50461a9e3d0f601faf8aa26f020"), b"two whole cipher blocks of text.", &hex!("8045a66396ef6c570b3b76e6db6e027d796ddf2d7be24b77ac46986d4dcb4790f71f9ecb3e6cc4ea43aeb840b67119f5ef40ce225c6e7c7fa129aa31645e8e67"));
    mit_1_20_camellia256_usage_1024_41_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), 1024, &hex!("4c79edfccda4483d9ba7106fa43bfa00"), b"forty-one octets of text, not a multiple.", &hex!("72f37b9b788458b2550117c4a979dc5f72c3e46cc04964cd0c5b4b89eb18e135f9789a02a84c28f4bda8d291257ed8d5e9139c428352ea70452c44396f38a64b14c290356f846cc60d"));
}

/// MIT encrypts rc4-hmac's usage 9 as 9, where RFC 4757 says 8.
#[test]
fn rc4_usage_9_is_read_translated_or_not() {
    let key = Key::new(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407")).unwrap();
    let cipher = hex!(
        "bcf1cff2ce68623d84b1184758f57752fe25a4431ad0e90fc25f8a73f7dfb48f6bba26f7ac73f0034535a1954066c2f486757a7a8d0a570e"
    );
    let plain = b"two whole cipher blocks of text.";
    assert_eq!(
        key.decrypt(KeyUsage::TGS_REP_SUBKEY, &cipher).unwrap(),
        plain
    );
    assert!(key.decrypt(KeyUsage::TGS_REP_SESSION_KEY, &cipher).is_err());
    let confounder = &hex!("6603cc7ca24eb63e");
    let ours = key
        .encrypt_with_confounder(KeyUsage::TGS_REP_SUBKEY, confounder, plain)
        .unwrap();
    assert_eq!(key.decrypt(KeyUsage::TGS_REP_SUBKEY, &ours).unwrap(), plain);
    assert_eq!(
        key.decrypt(KeyUsage::TGS_REP_SESSION_KEY, &ours).unwrap(),
        plain
    );
}

vectors! { checksum:
    mit_1_20_des3_hmac_sha1_des3_kd_usage_6(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_SHA1_DES3_KD, 6, b"", &hex!("2f1fe5698c356b475351fd707a0dfc8cc00eb441"));
    mit_1_20_des3_hmac_md5_usage_6(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_MD5, 6, b"", &hex!("7db9163df0ad913b66da61527751a962"));
    mit_1_20_des3_hmac_sha1_des3_kd_usage_10(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_SHA1_DES3_KD, 10, b"one more than 16!", &hex!("5f76b540a4ce6a1df4757bad2f3261a71b15bcac"));
    mit_1_20_des3_hmac_md5_usage_10(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("f0eee6c05004758279b84665ac142804"));
    mit_1_20_des3_hmac_sha1_des3_kd_usage_17(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_SHA1_DES3_KD, 17, b"two whole cipher blocks of text.", &hex!("ec75e0eebe06463e9eb0aa8f2b5a28a788bbd53f"));
    mit_1_20_des3_hmac_md5_usage_17(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("e247e1f13d02c0cdd3a0b5ecd5a38af2"));
    mit_1_20_aes128_sha1_hmac_sha1_96_aes128_usage_6(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_SHA1_96_AES128, 6, b"", &hex!("ac419064ec11ef3d04f7b277"));
    mit_1_20_aes128_sha1_hmac_md5_usage_6(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_MD5, 6, b"", &hex!("9b2b6bac66726014f5bd95b6faecb5dc"));
    mit_1_20_aes128_sha1_hmac_sha1_96_aes128_usage_10(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_SHA1_96_AES128, 10, b"one more than 16!", &hex!("814673b5b966fd4f71ce6412"));
    mit_1_20_aes128_sha1_hmac_md5_usage_10(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("247cd371c07ee3c989639a1c2472c5a5"));
    mit_1_20_aes128_sha1_hmac_sha1_96_aes128_usage_17(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_SHA1_96_AES128, 17, b"two whole cipher blocks of text.", &hex!("05f85568a333bf64c3710df4"));
    mit_1_20_aes128_sha1_hmac_md5_usage_17(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("0a36f4b2faffd49c8e4c57a9a487bb7f"));
    mit_1_20_aes256_sha1_hmac_sha1_96_aes256_usage_6(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_SHA1_96_AES256, 6, b"", &hex!("d0136b79d1084819e42a68dd"));
    mit_1_20_aes256_sha1_hmac_md5_usage_6(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_MD5, 6, b"", &hex!("4583c65e30612fb2ef07ce39d37db512"));
    mit_1_20_aes256_sha1_hmac_sha1_96_aes256_usage_10(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_SHA1_96_AES256, 10, b"one more than 16!", &hex!("9c74a520514534752fcebcfa"));
    mit_1_20_aes256_sha1_hmac_md5_usage_10(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("8286df1438e24eeaf60af7f47457b473"));
    mit_1_20_aes256_sha1_hmac_sha1_96_aes256_usage_17(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_SHA1_96_AES256, 17, b"two whole cipher blocks of text.", &hex!("76f496ec3b9e5c7ea938c515"));
    mit_1_20_aes256_sha1_hmac_md5_usage_17(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("0712c3d91000f3d7253fd65259cb7d43"));
    mit_1_20_aes128_sha256_hmac_sha256_128_aes128_usage_6(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_SHA256_128_AES128, 6, b"", &hex!("3dc69f3ac6a42746780a7983b862a302"));
    mit_1_20_aes128_sha256_hmac_md5_usage_6(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_MD5, 6, b"", &hex!("1635efcdebe9c2a5edc4fab237c38176"));
    mit_1_20_aes128_sha256_hmac_sha256_128_aes128_usage_10(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_SHA256_128_AES128, 10, b"one more than 16!", &hex!("5f255bc79d59cc124d14aa0717c528c4"));
    mit_1_20_aes128_sha256_hmac_md5_usage_10(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("7755f9fe2ad701cd0c7b60020208cec7"));
    mit_1_20_aes128_sha256_hmac_sha256_128_aes128_usage_17(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_SHA256_128_AES128, 17, b"two whole cipher blocks of text.", &hex!("d612dc4d4879b09b96873be6f24921fd"));
    mit_1_20_aes128_sha256_hmac_md5_usage_17(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("f0fa4d1e3c274984e19e84e821636d76"));
    mit_1_20_aes256_sha384_hmac_sha384_192_aes256_usage_6(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_SHA384_192_AES256, 6, b"", &hex!("66a5060999c5467a16eb329ad18b21cae8b3f317677b06f3"));
    mit_1_20_aes256_sha384_hmac_md5_usage_6(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_MD5, 6, b"", &hex!("3a9aa432c6c2bcd312c1d73284199c07"));
    mit_1_20_aes256_sha384_hmac_sha384_192_aes256_usage_10(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_SHA384_192_AES256, 10, b"one more than 16!", &hex!("01fa6a1d6dce30043dfff4d30e05a96bdb105c7a5ca09ea2"));
    mit_1_20_aes256_sha384_hmac_md5_usage_10(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("ee0ea92b60bb9b73523f3cbdcad2ce5b"));
    mit_1_20_aes256_sha384_hmac_sha384_192_aes256_usage_17(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_SHA384_192_AES256, 17, b"two whole cipher blocks of text.", &hex!("bc3afcc2ff48979afad4f02127790924ecc95677e8afe134"));
    mit_1_20_aes256_sha384_hmac_md5_usage_17(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("9966be6257420dd72a577ff73ac4fe95"));
    mit_1_20_rc4_hmac_md5_usage_6(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), ChecksumType::HMAC_MD5, 6, b"", &hex!("93b9e4eb812dc42e24772895ed3284a7"));
    mit_1_20_rc4_hmac_md5_usage_10(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("d57a96449831bb00acffc6cf01e9fc5a"));
    mit_1_20_rc4_hmac_md5_usage_17(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("a9c92140e98cdb9192364f9d049393c9"));
    mit_1_20_camellia128_cmac_camellia128_usage_6(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::CMAC_CAMELLIA128, 6, b"", &hex!("292eb5c73324a38ced2be956180301bf"));
    mit_1_20_camellia128_hmac_md5_usage_6(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::HMAC_MD5, 6, b"", &hex!("93945abacf7df968da074c0d80f15f11"));
    mit_1_20_camellia128_cmac_camellia128_usage_10(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::CMAC_CAMELLIA128, 10, b"one more than 16!", &hex!("e82965d06005b59609e1c54cb8a39efc"));
    mit_1_20_camellia128_hmac_md5_usage_10(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("61e752c77dff48c7df6e99bc9a02f73d"));
    mit_1_20_camellia128_cmac_camellia128_usage_17(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::CMAC_CAMELLIA128, 17, b"two whole cipher blocks of text.", &hex!("864757b4eb5e256b7a3d179f3864e13c"));
    mit_1_20_camellia128_hmac_md5_usage_17(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("18f66b1696d670f2378259af3b5ab4ff"));
    mit_1_20_camellia256_cmac_camellia256_usage_6(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::CMAC_CAMELLIA256, 6, b"", &hex!("ccd9d996367456df0e38dc282d3e591c"));
    mit_1_20_camellia256_hmac_md5_usage_6(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::HMAC_MD5, 6, b"", &hex!("3b087f59863bc06b40a233b23a4564ff"));
    mit_1_20_camellia256_cmac_camellia256_usage_10(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::CMAC_CAMELLIA256, 10, b"one more than 16!", &hex!("4abcfe472e19852b105ad4a804a0e244"));
    mit_1_20_camellia256_hmac_md5_usage_10(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::HMAC_MD5, 10, b"one more than 16!", &hex!("8137d7bc0fc572f1de7a26adc53c6fe9"));
    mit_1_20_camellia256_cmac_camellia256_usage_17(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::CMAC_CAMELLIA256, 17, b"two whole cipher blocks of text.", &hex!("a74681f5d7cf6060fba3b240c135da5f"));
    mit_1_20_camellia256_hmac_md5_usage_17(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), ChecksumType::HMAC_MD5, 17, b"two whole cipher blocks of text.", &hex!("ba8622f56d7ce302c19672eaff3cbb06"));
}

fn unkeyed(checksum_type: ChecksumType, data: &[u8], expected: &[u8]) {
    assert_eq!(checksum_type.compute_unkeyed(data).unwrap(), expected);
}

vectors! { unkeyed:
    mit_1_20_rsa_md4(ChecksumType::RSA_MD4, b"forty-one octets of text, not a multiple.", &hex!("57bedbad446df15d19c8143f5538e1be"));
    mit_1_20_rsa_md5(ChecksumType::RSA_MD5, b"forty-one octets of text, not a multiple.", &hex!("3853434f3a39a909036d7a8215f37964"));
    mit_1_20_nist_sha(ChecksumType::NIST_SHA, b"forty-one octets of text, not a multiple.", &hex!("25a21b2b9d042652719564183e5afb95be25d0c3"));
    mit_1_20_sha1(ChecksumType::SHA1, b"forty-one octets of text, not a multiple.", &hex!("25a21b2b9d042652719564183e5afb95be25d0c3"));
}

vectors! { prf:
    mit_1_20_des3_empty(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), b"", &hex!("e3bdeb9b9d1b160c8218f92b6e379d5a"));
    mit_1_20_des3_short(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), b"prf input", &hex!("310b0e9a0c725c26566e3aafc3e10784"));
    mit_1_20_des3_long(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("8c4e773896353744d46e04e0cb4da519"));
    mit_1_20_aes128_sha1_empty(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), b"", &hex!("875408f06b9b7db0a4e301ab0fcbc43f"));
    mit_1_20_aes128_sha1_short(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), b"prf input", &hex!("0d9fdd1e803578992f208e69d8caab5c"));
    mit_1_20_aes128_sha1_long(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("95406caf103fbbf702809901ec9c7365"));
    mit_1_20_aes256_sha1_empty(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), b"", &hex!("fc85af3c6ca05c4510959f9149715e70"));
    mit_1_20_aes256_sha1_short(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), b"prf input", &hex!("b77b9d686b6a114220b19e4139e73117"));
    mit_1_20_aes256_sha1_long(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("4369ee7ee60671426e40981aa8d5aeff"));
    mit_1_20_aes128_sha256_empty(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), b"", &hex!("801f85ca13cdcce89db12a5fe0087819546b915a51cbee42e4f86baea7100059"));
    mit_1_20_aes128_sha256_short(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), b"prf input", &hex!("ae3940d3fc9d75e274217e817989536d7f5eebecbac52d0620b15f95908df42c"));
    mit_1_20_aes128_sha256_long(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("0ebd23fab4a5513fb572fe5405acc9c03d044ca78455749d18cf6992a833199a"));
    mit_1_20_aes256_sha384_empty(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), b"", &hex!("3830627b2d0c5fdce5a5fc80c94d9fd9b7f1d25dc9a16875738083f77bcecd6f5e2be624de1cc24328da31c71e83a41a"));
    mit_1_20_aes256_sha384_short(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), b"prf input", &hex!("c0aaf083c1263bc3a42c8fa89cdef9a82d712f56d13405a701afbcff20947d3a7ce636b412948436a53e4accb05289a4"));
    mit_1_20_aes256_sha384_long(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("70b020dadab6c323cbf1d8a480c33eece0886b639d19e39c50c650694cd461f43c38f3979322eb7aa75e57e759a723e9"));
    mit_1_20_rc4_empty(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), b"", &hex!("86600eeb49180298a6432659dbf5061a53f4eb10"));
    mit_1_20_rc4_short(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), b"prf input", &hex!("1b4f675e905d3a5ab8b8888ce309af818a7421ae"));
    mit_1_20_rc4_long(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("eaacf2378523e9cd7beb04f05f5fa8ad5519b82d"));
    mit_1_20_camellia128_empty(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), b"", &hex!("da50b298f1823dd7082a988343391a43"));
    mit_1_20_camellia128_short(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), b"prf input", &hex!("4842c8ce2fa7147ee98e00d101c3e1d2"));
    mit_1_20_camellia128_long(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("800fbee3d73c6eacd6c184a238d4766e"));
    mit_1_20_camellia256_empty(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), b"", &hex!("9e46211545c1d54687dc435b4f7ad81e"));
    mit_1_20_camellia256_short(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), b"prf input", &hex!("d3576d95ba2cd0436c608b85ac64ab2f"));
    mit_1_20_camellia256_long(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), b"an input which is longer than one block of any hash that is used in here, so that it counts for two", &hex!("544890fb1962d7a70fa2993993d65b75"));
}

fn prf_plus(enctype: Enctype, key: &[u8], pepper: &[u8], expected: &[u8]) {
    let key = Key::new(enctype, key).unwrap();
    assert_eq!(key.prf_plus(pepper, expected.len()).unwrap()[..], *expected);
}

vectors! { prf_plus:
    mit_1_20_des3(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), b"pepper", &hex!("b68aaa036b3cd9cacf5463f14330895d465ce88d4e9b2232fda0bb557de3eb80051bfb3cb966bd5748e443da4f14a98d274dbdf3264a0e0569b05892208e107de90297039df863b480483d"));
    mit_1_20_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), b"pepper", &hex!("04d6932adc58a039f51e353e877e79bbc51a6de6561a7100c7b14da89a32fa5cc42e3029abddf4d2ba6a7bae394a9f4446b03b1a46c79ee4d427f12be8a068151d6830387b25081f033a42"));
    mit_1_20_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), b"pepper", &hex!("a216a8c20fec2411e0015d0da68407eecfbab16e23a1af5bb65997edebc3617d57b449dd8d1fab5afd691cd08f23c8446631eebd2140c2c2122a4e52c64f8bc9350bcd4e71e5223f917bff"));
    mit_1_20_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), b"pepper", &hex!("00127b052e0f49740eeb97bd9b94817daf1413af60b8f3560fde749dcf94f68de3d4e132647d73470405c03a14c20eed7bfcbd88995c92a1c7b5c6754997415676fb2932f30b235026bceb"));
    mit_1_20_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), b"pepper", &hex!("6505a2befcc9fcc78e82db5dc67f0f9c864ef0fabf615dfe41cb62ffb000c216e83ccec9e810ca0f35d3a647f05b52f0713f4d6467084359842dc89fe09ee7d53189ff4f15331640aa8cca"));
    mit_1_20_rc4(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), b"pepper", &hex!("445eb26f5ff60595b69fb5e4da675d6769d82adca8517f26034b4221613c2a4a5e52ed46b36e261f08371510a7ac213d9d5d56af22bd745314c804536f4a90e2090b3269676c6ec2879523"));
    mit_1_20_camellia128(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), b"pepper", &hex!("e95d694b6c50a96007f1991fc478f405a796cda1368dfcd97eb87f87b78572a30b10223b614f8f93f4638a2ba1ed934471cc778c4b03f1f6150bca679dce54481facde1f8842f388f44b68"));
    mit_1_20_camellia256(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), b"pepper", &hex!("78bfc9b810a7f9b68ae6a33d7586e582da495ef6bfaaf8c1f919cce6fb844a39e088896071f36e18f051aa7bb3cf6bd8497f009f150fdb9f6b9d9ea18e3cf8450a2aefd008c96d254ec951"));
}

fn cf2(
    first_type: Enctype,
    first: &[u8],
    second_type: Enctype,
    second: &[u8],
    peppers: [&[u8]; 2],
    expected: &[u8],
) {
    let first = Key::new(first_type, first).unwrap();
    let second = Key::new(second_type, second).unwrap();
    let combined = krb_fx_cf2(&first, &second, peppers[0], peppers[1]);
    assert_eq!(combined, Key::new(first_type, expected).unwrap());
}

vectors! { cf2:
    mit_1_20_des3(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), Enctype::DES3_CBC_SHA1_KD, &hex!("68b33b025eefd9fdb364aeb6d9f46802fe15c10d51d5430d"), [b"pepper1", b"pepper2"], &hex!("52ead915fda17c255bfed5c7cdec10802670c29d64e0ec19"));
    mit_1_20_des3_with_aes128_sha256(Enctype::DES3_CBC_SHA1_KD, &hex!("cd0767b3fbe9b9204f2cb6c746a167e08c4a5b6bb65707ec"), Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("dfb252e4127a0032eb13fcbe4d5f3ce4"), [b"clientchallenge", b"kdcchallenge"], &hex!("c81c6e20676e0e516dce6e9d405bae3219403ee6766bf804"));
    mit_1_20_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("48d07e66e3745265365b7f4d7d907b43"), [b"pepper1", b"pepper2"], &hex!("ea31ceb431e62ea45a2b36b78c0e19f8"));
    mit_1_20_aes128_sha1_with_aes256_sha384(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("bab39d077c3610800c098cb8cef5829f"), Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("92d3b9c2582a302cf6fb9696b95f73d73d068e07158e4c6bf113758a3bb783a3"), [b"clientchallenge", b"kdcchallenge"], &hex!("802a95fd7d97802f1cd23b0684b4e182"));
    mit_1_20_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("2a8ef7f6a5a737aac0f603bc66e8980eb9b415707d89f5b7ad5def0e7f25d9d5"), [b"pepper1", b"pepper2"], &hex!("7ebd9f156785ef9889c3c32058059d5172da85f10492cb86ff70a6b6b8dcc8de"));
    mit_1_20_aes256_sha1_with_rc4(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("61b7eaf95c81e9a5efb3d875bbeef3a60db245ebe386f2fd43925ce8205995e1"), Enctype::RC4_HMAC, &hex!("d2014734df6b53d1f0dbc15e9829db43"), [b"clientchallenge", b"kdcchallenge"], &hex!("c660256023a0b01d84373a469320734fe39f6dae58e7fdb6febd4a3b6121c997"));
    mit_1_20_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("dfb252e4127a0032eb13fcbe4d5f3ce4"), [b"pepper1", b"pepper2"], &hex!("f91f7ab349fd1ad66bf9ad4f245da739"));
    mit_1_20_aes128_sha256_with_camellia128(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("f98ce9df2056ba556a3a071f5c7e322f"), Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5fcc8a6e4814f35a47dcd8e2f1d3eac"), [b"clientchallenge", b"kdcchallenge"], &hex!("56083fa82271fb9610087848645f2cc7"));
    mit_1_20_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("92d3b9c2582a302cf6fb9696b95f73d73d068e07158e4c6bf113758a3bb783a3"), [b"pepper1", b"pepper2"], &hex!("abc985efa31aa3be64cade002d600d755f405d7c70744da713a2600eb20472ea"));
    mit_1_20_aes256_sha384_with_camellia256(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("f402780da559f87f1af47eef682cf9d9f5570f49d6c2db4be18558386ad26ac3"), Enctype::CAMELLIA256_CTS_CMAC, &hex!("782550353b47803245c0f72486f4be2a466c46940e342c59fdb3188950f72742"), [b"clientchallenge", b"kdcchallenge"], &hex!("a75f71a5c785f78f78f7dcd1ee835329d6fea8ea12180d2bc12b232b3482002b"));
    mit_1_20_rc4(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), Enctype::RC4_HMAC, &hex!("d2014734df6b53d1f0dbc15e9829db43"), [b"pepper1", b"pepper2"], &hex!("ae9c08604b73b409e13cdfa2f861f1e4"));
    mit_1_20_rc4_with_des3(Enctype::RC4_HMAC, &hex!("cfc43211ba8dc470832267827cac1407"), Enctype::DES3_CBC_SHA1_KD, &hex!("68b33b025eefd9fdb364aeb6d9f46802fe15c10d51d5430d"), [b"clientchallenge", b"kdcchallenge"], &hex!("227a187ba56474d89d940651691aa5c6"));
    mit_1_20_camellia128(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5fcc8a6e4814f35a47dcd8e2f1d3eac"), [b"pepper1", b"pepper2"], &hex!("ff1108a184f9b2e2cfa5dfb524099369"));
    mit_1_20_camellia128_with_aes128_sha1(Enctype::CAMELLIA128_CTS_CMAC, &hex!("c5ac46e695aa27886b332ffa0580173e"), Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("48d07e66e3745265365b7f4d7d907b43"), [b"clientchallenge", b"kdcchallenge"], &hex!("ac8af4b883a92d369bd82762b3206567"));
    mit_1_20_camellia256(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), Enctype::CAMELLIA256_CTS_CMAC, &hex!("782550353b47803245c0f72486f4be2a466c46940e342c59fdb3188950f72742"), [b"pepper1", b"pepper2"], &hex!("3000f763f5dd12dc7a96376c28b801c43753423804d7d8f62b44dd5d2320eda1"));
    mit_1_20_camellia256_with_aes256_sha1(Enctype::CAMELLIA256_CTS_CMAC, &hex!("494c8d046d22c49966692f7e562a5448aa7dff306e44b7ff199f34d8a3de830f"), Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("2a8ef7f6a5a737aac0f603bc66e8980eb9b415707d89f5b7ad5def0e7f25d9d5"), [b"clientchallenge", b"kdcchallenge"], &hex!("f5b79095d0254c83469cc143e23dfc9cb658b81652317e8c89dcc116eb236c21"));
}

fn random_to_key(enctype: Enctype, seed: &[u8], expected: &[u8]) {
    assert_eq!(Key::seed_len(enctype).unwrap(), seed.len());
    assert_eq!(
        Key::from_random(enctype, seed).unwrap().expose_bytes(),
        expected
    );
}

vectors! { random_to_key:
    mit_1_20_des3(Enctype::DES3_CBC_SHA1_KD, &hex!("030a11181f262d343b424950575e656c737a81888f"), &hex!("020b10191f262cab343b434951575e54646d737a80898fab"));
    mit_1_20_aes128_sha1(Enctype::AES128_CTS_HMAC_SHA1_96, &hex!("030a11181f262d343b424950575e656c"), &hex!("030a11181f262d343b424950575e656c"));
    mit_1_20_aes256_sha1(Enctype::AES256_CTS_HMAC_SHA1_96, &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"), &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"));
    mit_1_20_aes128_sha256(Enctype::AES128_CTS_HMAC_SHA256_128, &hex!("030a11181f262d343b424950575e656c"), &hex!("030a11181f262d343b424950575e656c"));
    mit_1_20_aes256_sha384(Enctype::AES256_CTS_HMAC_SHA384_192, &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"), &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"));
    mit_1_20_rc4(Enctype::RC4_HMAC, &hex!("030a11181f262d343b424950575e656c"), &hex!("030a11181f262d343b424950575e656c"));
    mit_1_20_camellia128(Enctype::CAMELLIA128_CTS_CMAC, &hex!("030a11181f262d343b424950575e656c"), &hex!("030a11181f262d343b424950575e656c"));
    mit_1_20_camellia256(Enctype::CAMELLIA256_CTS_CMAC, &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"), &hex!("030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc"));
}
