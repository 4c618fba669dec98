//! Names, lists and switches, as MIT 1.20.1-2+deb12u5 answered `krb5_string_to_enctype`,
//! `krb5_enctype_to_name` and `krb5_get_permitted_enctypes` and its KDC a kinit; DES as MIT 1.17.

use crate::crypto::{Enctype, UnknownEnctype, WeakCryptoPolicy, parse_enctype_list};

fn name(number: i32, name: &str, aliases: &[&str]) {
    let enctype = Enctype(number);
    assert_eq!(enctype.name(), Some(name));
    assert_eq!(enctype.to_string(), name);
    for alias in aliases.iter().chain([&name]) {
        assert_eq!(Enctype::from_name(alias), Some(enctype));
        assert_eq!(
            Enctype::from_name(&alias.to_ascii_uppercase()),
            Some(enctype)
        );
    }
    assert_eq!(Enctype::from_name(&number.to_string()), Some(enctype));
    assert!(enctype.is_supported());
}

vectors! { name:
    mit_1_17_des_crc(1, "des-cbc-crc", &[]);
    mit_1_17_des_md5(3, "des-cbc-md5", &["des"]);
    mit_1_20_des3(16, "des3-cbc-sha1", &["des3-hmac-sha1", "des3-cbc-sha1-kd"]);
    mit_1_20_aes128_sha1(17, "aes128-cts-hmac-sha1-96", &["aes128-cts", "aes128-sha1"]);
    mit_1_20_aes256_sha1(18, "aes256-cts-hmac-sha1-96", &["aes256-cts", "aes256-sha1"]);
    mit_1_20_aes128_sha256(19, "aes128-cts-hmac-sha256-128", &["aes128-sha2"]);
    mit_1_20_aes256_sha384(20, "aes256-cts-hmac-sha384-192", &["aes256-sha2"]);
    mit_1_20_rc4(23, "arcfour-hmac", &["rc4-hmac", "arcfour-hmac-md5"]);
    mit_1_20_camellia128(25, "camellia128-cts-cmac", &["camellia128-cts"]);
    mit_1_20_camellia256(26, "camellia256-cts-cmac", &["camellia256-cts"]);
}

#[test]
fn words_that_are_no_names_are_refused() {
    for word in [
        "",
        "aes",
        "rc4",
        "des3",
        "camellia",
        "aes256",
        "aes256-cts ",
        "-17",
        "+17",
        "0x11",
        "99999999999",
        "bogus",
    ] {
        assert_eq!(Enctype::from_name(word), None, "{word}");
    }
}

#[test]
fn a_type_without_a_profile_has_a_number_and_no_name() {
    assert_eq!(Enctype::from_name("99"), Some(Enctype(99)));
    assert_eq!(Enctype(99).name(), None);
    assert_eq!(Enctype(99).to_string(), "etype 99");
    let exportable = Enctype::from_name("rc4-hmac-exp").unwrap();
    assert_eq!(exportable.number(), 24);
    assert_eq!(exportable.name(), None);
    assert_eq!(exportable.to_string(), "arcfour-hmac-exp");
    assert!(!exportable.is_supported());
}

/// MIT's default list in order.
const DEFAULT: [Enctype; 8] = [
    Enctype(18),
    Enctype(17),
    Enctype(20),
    Enctype(19),
    Enctype(16),
    Enctype(23),
    Enctype(25),
    Enctype(26),
];

fn list(text: &str, numbers: &[i32]) {
    let parsed = parse_enctype_list(text, &DEFAULT).unwrap();
    let found: Vec<i32> = parsed.into_iter().map(Enctype::number).collect();
    assert_eq!(found, numbers);
}

vectors! { list:
    mit_1_20_default("DEFAULT", &[18, 17, 20, 19, 16, 23, 25, 26]);
    mit_1_20_default_without_a_family("DEFAULT -rc4", &[18, 17, 20, 19, 16, 25, 26]);
    mit_1_20_plus_changes_nothing("DEFAULT -aes +rc4", &[16, 23, 25, 26]);
    mit_1_20_aes("aes", &[18, 17, 20, 19]);
    mit_1_20_families("aes des3 rc4 camellia", &[18, 17, 20, 19, 16, 23, 26, 25]);
    mit_1_20_case_and_order("Aes RC4 default", &[18, 17, 20, 19, 23, 16, 25, 26]);
    mit_1_20_removed_and_added_again("aes256-cts -aes256-cts rc4 aes256-cts", &[23, 18]);
    mit_1_20_only_removals("-rc4", &[]);
    mit_1_20_weak_names("des3-cbc-raw arcfour-hmac-exp aes", &[6, 24, 18, 17, 20, 19]);
    separators("rc4,\taes256-cts\r\n ,aes128-cts", &[23, 18, 17]);
    mit_1_17_des("des -des-cbc-crc", &[3]);
    nothing("", &[]);
}

fn unknown(text: &str, word: &str) {
    let error = UnknownEnctype(word.to_owned());
    assert_eq!(parse_enctype_list(text, &DEFAULT), Err(error));
}

vectors! { unknown:
    mit_1_20_skips_a_misspelt_name("rc4 bogus aes256-cts", "bogus");
    mit_1_20_skips_numbers("18 17", "18");
    mit_1_20_skips_semicolons("rc4 rc4,aes;rc4", "aes;rc4");
    mit_1_20_skips_a_removal("DEFAULT -bogus", "-bogus");
    a_sign_alone("aes -", "-");
}

#[test]
fn an_unknown_word_is_quoted() {
    assert_eq!(
        UnknownEnctype("bogus".to_owned()).to_string(),
        "\"bogus\" is not the name of an encryption type"
    );
}

/// A kinit asking for one enctype, with one switch on.
fn session_keys(policy: WeakCryptoPolicy, weak: &[i32]) {
    for enctype in Enctype::SUPPORTED {
        let permitted = !enctype.is_weak() || weak.contains(&enctype.number());
        assert_eq!(policy.permits(enctype), permitted, "{enctype}");
    }
}

const OFF: WeakCryptoPolicy = WeakCryptoPolicy {
    allow_weak_crypto: false,
    allow_rc4: false,
    allow_des3: false,
};

vectors! { session_keys:
    mit_1_20_no_switch(OFF, &[]);
    mit_1_20_allow_weak_crypto(WeakCryptoPolicy { allow_weak_crypto: true, ..OFF }, &[1, 3]);
    mit_1_20_allow_rc4(WeakCryptoPolicy { allow_rc4: true, ..OFF }, &[23]);
    mit_1_20_allow_des3(WeakCryptoPolicy { allow_des3: true, ..OFF }, &[16]);
}

#[test]
fn switches_are_off_by_default() {
    assert_eq!(WeakCryptoPolicy::default(), OFF);
}

#[test]
fn lists_keep_rc4_and_des3_and_drop_the_rest_of_the_weak() {
    let on = WeakCryptoPolicy {
        allow_weak_crypto: true,
        ..OFF
    };
    for number in [16, 17, 18, 19, 20, 23, 25, 26] {
        assert!(OFF.permits_in_list(Enctype(number)), "{number}");
    }
    for number in [1, 2, 3, 4, 6, 8, 24] {
        assert!(!OFF.permits_in_list(Enctype(number)), "{number}");
        assert!(on.permits_in_list(Enctype(number)), "{number}");
    }
}

#[test]
fn weak_types_are_des_des3_and_rc4() {
    let weak: Vec<i32> = Enctype::SUPPORTED
        .into_iter()
        .filter(|enctype| enctype.is_weak())
        .map(Enctype::number)
        .collect();
    assert_eq!(weak, [1, 3, 16, 23]);
}
