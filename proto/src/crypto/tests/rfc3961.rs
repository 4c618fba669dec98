//! RFC 3961 appendix A, without DES.

use hex_literal::hex;

use super::string_to_key;
use crate::crypto::des3::Des3;
use crate::crypto::profile::Profile;
use crate::crypto::simplified::{derive_random, n_fold};
use crate::crypto::{ChecksumType, Enctype};

fn folds(input: &[u8], expected: &[u8]) {
    assert_eq!(n_fold(input, expected.len())[..], *expected);
}

vectors! { folds:
    rfc3961_a_1_64_fold_012345(b"012345", &hex!("be072631276b1955"));
    rfc3961_a_1_56_fold_password(b"password", &hex!("78a07b6caf85fa"));
    rfc3961_a_1_64_fold_rough_consensus(b"Rough Consensus, and Running Code", &hex!("bb6ed30870b7f0e0"));
    rfc3961_a_1_168_fold_password(b"password", &hex!("59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e"));
    rfc3961_a_1_192_fold_massachvsetts(b"MASSACHVSETTS INSTITVTE OF TECHNOLOGY", &hex!("db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"));
    rfc3961_a_1_168_fold_q(b"Q", &hex!("518a54a215a8452a518a54a215a8452a518a54a215"));
    rfc3961_a_1_168_fold_ba(b"ba", &hex!("fb25d531ae8974499f52fd92ea9857c4ba24cf297e"));
    rfc3961_a_1_64_fold_kerberos(b"kerberos", &hex!("6b65726265726f73"));
    rfc3961_a_1_128_fold_kerberos(b"kerberos", &hex!("6b65726265726f737b9b5b2b93132b93"));
    rfc3961_a_1_168_fold_kerberos(b"kerberos", &hex!("8372c236344e5f1550cd0747e15d62ca7a5a3bcea4"));
    rfc3961_a_1_256_fold_kerberos(b"kerberos", &hex!("6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4"));
    nothing_folds_to_zeros(b"", &[0; 21]);
}

fn derives(key: &[u8], constant: &[u8], random: &[u8], derived: &[u8]) {
    assert_eq!(
        derive_random::<des::TdesEde3>(key, constant, 21)[..],
        *random
    );
    assert_eq!(Des3.random_to_key(random)[..], *derived);
}

vectors! { derives:
    rfc3961_a_3_1(&hex!("dce06b1f64c857a11c3db57c51899b2cc1791008ce973b92"), &hex!("0000000155"), &hex!("935079d14490a75c3093c4a6e8c3b049c71e6ee705"), &hex!("925179d04591a79b5d3192c4a7e9c289b049c71f6ee604cd"));
    rfc3961_a_3_2(&hex!("5e13d31c70ef765746578531cb51c15bf11ca82c97cee9f2"), &hex!("00000001aa"), &hex!("9f58e5a047d894101c469845d67ae3c5249ed812f2"), &hex!("9e58e5a146d9942a101c469845d67a20e3c4259ed913f207"));
    rfc3961_a_3_3(&hex!("98e6fd8a04a4b6859b75a176540b9752bad3ecd610a252bc"), &hex!("0000000155"), &hex!("12fff90c773f956d13fc2ca0d0840349dbd39908eb"), &hex!("13fef80d763e94ec6d13fd2ca1d085070249dad39808eabf"));
    rfc3961_a_3_4(&hex!("622aec25a2fe2cad7094680b7c64940280084c1a7cec92b5"), &hex!("00000001aa"), &hex!("f8debf05b097e7dc0603686aca35d91fd9a5516a70"), &hex!("f8dfbf04b097e6d9dc0702686bcb3489d91fd9a4516b703e"));
    rfc3961_a_3_5(&hex!("d3f8298ccb166438dcb9b93ee5a7629286a491f838f802fb"), &hex!("6b65726265726f73"), &hex!("2270db565d2a3d64cfbfdc5305d4f778a6de42d9da"), &hex!("2370da575d2a3da864cebfdc5204d56df779a7df43d9da43"));
    rfc3961_a_3_6(&hex!("c1081649ada74362e6a1459d01dfd30d67c2234c940704da"), &hex!("0000000155"), &hex!("348056ec98fcc517171d2b4d7a9493af482d999175"), &hex!("348057ec98fdc48016161c2a4c7a943e92ae492c989175f7"));
    rfc3961_a_3_7(&hex!("5d154af238f46713155719d55e2f1f790dd661f279a7917c"), &hex!("00000001aa"), &hex!("a8818bc367dadacbe9a6c84627fb60c294b01215e5"), &hex!("a8808ac267dada3dcbe9a7c84626fbc761c294b01315e5c1"));
    rfc3961_a_3_8(&hex!("798562e049852f57dc8c343ba17f2ca1d97394efc8adc443"), &hex!("0000000155"), &hex!("c813f88b3be2b2f75424ce9175fbc8483b88c8713a"), &hex!("c813f88a3be3b334f75425ce9175fbe3c8493b89c8703b49"));
    rfc3961_a_3_9(&hex!("26dce334b545292f2feab9a8701a89a4b99eb9942cecd016"), &hex!("00000001aa"), &hex!("f58efc6f83f93e55e695fd252cf8fe59f7d5ba37ec"), &hex!("f48ffd6e83f83e7354e694fd252cf83bfe58f7d5ba37ec5d"));
}

vectors! { string_to_key:
    rfc3961_a_4_password(Enctype::DES3_CBC_SHA1_KD, "password", b"ATHENA.MIT.EDUraeburn", None, &hex!("850bb51358548cd05e86768c313e3bfef7511937dcf72c3e"));
    rfc3961_a_4_potatoe(Enctype::DES3_CBC_SHA1_KD, "potatoe", b"WHITEHOUSE.GOVdanny", None, &hex!("dfcd233dd0a43204ea6dc437fb15e061b02979c1f74f377a"));
    rfc3961_a_4_penny(Enctype::DES3_CBC_SHA1_KD, "penny", b"EXAMPLE.COMbuckaroo", None, &hex!("6d2fcdf2d6fbbc3ddcadb5da5710a23489b0d3b69d5d9d4a"));
    rfc3961_a_4_eszett(Enctype::DES3_CBC_SHA1_KD, "\u{df}", "ATHENA.MIT.EDUJuri\u{161}i\u{107}".as_bytes(), None, &hex!("16d5a40e1ce3bacb61b9dce00470324c831973a7b952feb0"));
    rfc3961_a_4_g_clef(Enctype::DES3_CBC_SHA1_KD, "\u{1d11e}", b"EXAMPLE.COMpianist", None, &hex!("85763726585dbc1cce6ec43e1f751f07f1c4cbb098f40b19"));
}

fn crc32(data: &[u8], expected: &[u8]) {
    assert_eq!(ChecksumType::CRC32.compute_unkeyed(data).unwrap(), expected);
}

vectors! { crc32:
    rfc3961_a_5_foo(b"foo", &hex!("33bc3273"));
    rfc3961_a_5_test0123456789(b"test0123456789", &hex!("d6883eb8"));
    rfc3961_a_5_massachvsetts(b"MASSACHVSETTS INSTITVTE OF TECHNOLOGY", &hex!("f78041e3"));
    rfc3961_a_5_8000(&hex!("8000"), &hex!("4b98833b"));
    rfc3961_a_5_0008(&hex!("0008"), &hex!("3288db0e"));
    rfc3961_a_5_0080(&hex!("0080"), &hex!("2083b8ed"));
    rfc3961_a_5_80(&hex!("80"), &hex!("2083b8ed"));
    rfc3961_a_5_80000000(&hex!("80000000"), &hex!("3bb659ed"));
    rfc3961_a_5_00000001(&hex!("00000001"), &hex!("96300777"));
}
