//! RFC 6803 section 10.

use hex_literal::hex;

use super::{checksum, derived, round_trip, string_to_key};
use crate::crypto::{ChecksumType, Enctype};

const BLOCK_SIZE: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
const LONGER: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

vectors! { derived:
    rfc6803_10_camellia128(Enctype::CAMELLIA128_CTS_CMAC, &hex!("57d0297298ffd9d35de5a47fb4bde24b"), 2, &hex!("d155775a209d05f02b38d42a389e5a56"), &hex!("64df83f85a532f17577d8c37035796ab"), &hex!("3e4fbdf30fb8259c425cb6c96f1f4635"));
    rfc6803_10_camellia256(Enctype::CAMELLIA256_CTS_CMAC, &hex!("b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c"), 2, &hex!("e467f9a9552bc7d3155a6220af9c19220eeed4ff78b0d1e6a1544991461a9e50"), &hex!("412aefc362a7285fc3966c6a5181e7605ae675235b6d549fbfc9ab6630a4c604"), &hex!("fa624fa0e523993fa388aefdc67e67ebcd8c08e8a0246b1d73b0d1dd9fc582b0"));
}

vectors! { string_to_key:
    rfc6803_10_iterations_1_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&1u32.to_be_bytes()), &hex!("57d0297298ffd9d35de5a47fb4bde24b"));
    rfc6803_10_iterations_1_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&1u32.to_be_bytes()), &hex!("b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c"));
    rfc6803_10_iterations_2_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&2u32.to_be_bytes()), &hex!("73f1b53aa0f310f93b1de8ccaa0cb152"));
    rfc6803_10_iterations_2_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&2u32.to_be_bytes()), &hex!("83fc5866e5f8f4c6f38663c65c87549f342bc47ed394dc9d3cd4d163ade375e3"));
    rfc6803_10_iterations_1200_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&1200u32.to_be_bytes()), &hex!("8e571145452855575fd916e7b04487aa"));
    rfc6803_10_iterations_1200_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "password", b"ATHENA.MIT.EDUraeburn", Some(&1200u32.to_be_bytes()), &hex!("77f421a6f25e138395e837e5d85d385b4c1bfd772e112cd9208ce72a530b15e6"));
    rfc6803_10_iterations_5_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "password", &hex!("1234567878563412"), Some(&5u32.to_be_bytes()), &hex!("00498fd916bfc1c2b1031c170801b381"));
    rfc6803_10_iterations_5_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "password", &hex!("1234567878563412"), Some(&5u32.to_be_bytes()), &hex!("11083a00bdfe6a41b2f19716d6202f0afa94289afe8b27a049bd28b1d76c389a"));
    rfc6803_10_iterations_1200_block_size_camellia128(Enctype::CAMELLIA128_CTS_CMAC, BLOCK_SIZE, b"pass phrase equals block size", Some(&1200u32.to_be_bytes()), &hex!("8bf6c3ef709b981dbb585d086843be05"));
    rfc6803_10_iterations_1200_block_size_camellia256(Enctype::CAMELLIA256_CTS_CMAC, BLOCK_SIZE, b"pass phrase equals block size", Some(&1200u32.to_be_bytes()), &hex!("119fe2a1cb0b1be010b9067a73db63ed4665b4e53a98d178035dcfe843a6b9b0"));
    rfc6803_10_iterations_1200_longer_than_block_size_camellia128(Enctype::CAMELLIA128_CTS_CMAC, LONGER, b"pass phrase exceeds block size", Some(&1200u32.to_be_bytes()), &hex!("5752ac8d6ad1ccfe8430b312871c2f74"));
    rfc6803_10_iterations_1200_longer_than_block_size_camellia256(Enctype::CAMELLIA256_CTS_CMAC, LONGER, b"pass phrase exceeds block size", Some(&1200u32.to_be_bytes()), &hex!("614d5dfc0ba6d390b412b89ae4d5b088b612b316510994679ddb4383c7126ddf"));
    rfc6803_10_iterations_50_camellia128(Enctype::CAMELLIA128_CTS_CMAC, "\u{1d11e}", b"EXAMPLE.COMpianist", Some(&50u32.to_be_bytes()), &hex!("cc75c7fd260f1c1658011fcc0d560616"));
    rfc6803_10_iterations_50_camellia256(Enctype::CAMELLIA256_CTS_CMAC, "\u{1d11e}", b"EXAMPLE.COMpianist", Some(&50u32.to_be_bytes()), &hex!("163b768c6db148b4eec7163df5aed70e206b68cec078bc069ed68a7ed36b1ecc"));
}

vectors! { round_trip:
    rfc6803_10_camellia128_usage_0_empty(Enctype::CAMELLIA128_CTS_CMAC, &hex!("1dc46a8d763f4f93742bcba3387576c3"), 0, &hex!("b69822a19a6b09c0ebc8557d1f1b6c0a"), b"", &hex!("c466f1871069921edb7c6fde244a52db0ba10edc197bdb8006658ca3ccce6eb8"));
    rfc6803_10_camellia128_usage_1_1_byte(Enctype::CAMELLIA128_CTS_CMAC, &hex!("5027bc231d0f3a9d23333f1ca6fdbe7c"), 1, &hex!("6f2fc3c2a166fd8898967a83de9596d9"), b"1", &hex!("842d21fd950311c0dd464a3f4be8d6da88a56d559c9b47d3f9a85067af661559b8"));
    rfc6803_10_camellia128_usage_2_9_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("a1bb61e805f9ba6dde8fdbddc05cdea0"), 2, &hex!("a5b4a71e077aeef93c8763c18fdb1f10"), b"9 bytesss", &hex!("619ff072e36286ff0a28deb3a352ec0d0edf5c5160d663c901758ccf9d1ed33d71db8f23aabf8348a0"));
    rfc6803_10_camellia128_usage_3_13_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("2ca27a5faf5532244506434e1cef6676"), 3, &hex!("19fee40d810c524b5b22f01874c693da"), b"13 bytes byte", &hex!("b8eca3167ae6315512e59f98a7c500205e5f63ff3bb389af1c41a21d640d8615c9ed3fbeb05ab6acb67689b5ea"));
    rfc6803_10_camellia128_usage_4_30_bytes(Enctype::CAMELLIA128_CTS_CMAC, &hex!("7824f8c16f83ff354c6bf7515b973f43"), 4, &hex!("ca7a7ab4be192dabd603506db19c39e2"), b"30 bytes bytes bytes bytes byt", &hex!("a26a3905a4ffd5816b7b1e27380d08090c8ec1f304496e1abdcd2bdcd1dffc660989e117a713ddbb57a4146c1587cba4356665591d2240282f5842b105a5"));
    rfc6803_10_camellia256_usage_0_empty(Enctype::CAMELLIA256_CTS_CMAC, &hex!("b61c86cc4e5d2757545ad423399fb7031ecab913cbb900bd7a3c6dd8bf92015b"), 0, &hex!("3cbbd2b45917941067f96599bb98926c"), b"", &hex!("03886d03310b47a6d8f06d7b94d1dd837ecce315ef652aff620859d94a259266"));
    rfc6803_10_camellia256_usage_1_1_byte(Enctype::CAMELLIA256_CTS_CMAC, &hex!("1b97fe0a190e2021eb30753e1b6e1e77b0754b1d684610355864104963463833"), 1, &hex!("def487fcebe6de6346d4da4521bba2d2"), b"1", &hex!("2c9c1570133c99bf6a34bc1b0212002fd194338749db4135497a347cfcd9d18a12"));
    rfc6803_10_camellia256_usage_2_9_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("32164c5b434d1d1538e4cfd9be8040fe8c4ac7acc4b93d3314d2133668147a05"), 2, &hex!("ad4ff904d34e555384b14100fc465f88"), b"9 bytesss", &hex!("9c6de75f812de7ed0d28b2963557a115640998275b0af5152709913ff52a2a9c8e63b872f92e64c839"));
    rfc6803_10_camellia256_usage_3_13_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("b038b132cd8e06612267fab7170066d88aeccba0b744bfc60dc89bca182d0715"), 3, &hex!("cf9bca6df1144e0c0af9b8f34c90d514"), b"13 bytes byte", &hex!("eeec85a9813cdc536772ab9b42defc5706f726e975dde05a87eb5406ea324ca185c9986b42aabe794b84821bee"));
    rfc6803_10_camellia256_usage_4_30_bytes(Enctype::CAMELLIA256_CTS_CMAC, &hex!("ccfcd349bf4c6677e86e4b02b8eab924a546ac731cf9bf6989b996e7d6bfbba7"), 4, &hex!("644def38da35007275878d216855e228"), b"30 bytes bytes bytes bytes byt", &hex!("0e44680985855f2d1f1812529ca83bfd8e349de6fd9ada0baaa048d68e265febf34ad1255a344999ad37146887a6c6845731ac7f46376a0504cd06571474"));
}

vectors! { checksum:
    rfc6803_10_camellia128_usage_7(Enctype::CAMELLIA128_CTS_CMAC, &hex!("1dc46a8d763f4f93742bcba3387576c3"), ChecksumType::CMAC_CAMELLIA128, 7, b"abcdefghijk", &hex!("1178e6c5c47a8c1ae0c4b9c7d4eb7b6b"));
    rfc6803_10_camellia128_usage_8(Enctype::CAMELLIA128_CTS_CMAC, &hex!("5027bc231d0f3a9d23333f1ca6fdbe7c"), ChecksumType::CMAC_CAMELLIA128, 8, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", &hex!("d1b34f7004a731f23a0c00bf6c3f753a"));
    rfc6803_10_camellia256_usage_9(Enctype::CAMELLIA256_CTS_CMAC, &hex!("b61c86cc4e5d2757545ad423399fb7031ecab913cbb900bd7a3c6dd8bf92015b"), ChecksumType::CMAC_CAMELLIA256, 9, b"123456789", &hex!("87a12cfd2b96214810f01c826e7744b1"));
    rfc6803_10_camellia256_usage_10(Enctype::CAMELLIA256_CTS_CMAC, &hex!("32164c5b434d1d1538e4cfd9be8040fe8c4ac7acc4b93d3314d2133668147a05"), ChecksumType::CMAC_CAMELLIA256, 10, b"!@#$%^&*()!@#$%^&*()!@#$%^&*()", &hex!("3fa0b42355e52b189187294aa252ab64"));
}
