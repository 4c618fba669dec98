use super::{Enctype, UnknownEnctype};

/// The enctypes a list in krb5.conf names, such as `aes256-cts rc4` or `DEFAULT -des3`, in order and
/// without repetition. Words are separated by blanks or commas; case does not count. A word is an
/// enctype's name, `DEFAULT` for `default`, or a family: `aes` (18, 17, 20, 19), `camellia` (26, 25),
/// `des3` (16), `rc4` (23), `des` (1, 3; families and names of DES are those of MIT 1.17). A `-` before a
/// word takes its types out again, a `+` changes nothing.
///
/// MIT's own library skips an unknown word, and fails later when nothing remains of the list. A list
/// may come out empty here as well.
///
/// # Errors
/// [`UnknownEnctype`] with the first word MIT would skip; numbers are among them.
pub fn parse_enctype_list(text: &str, default: &[Enctype]) -> Result<Vec<Enctype>, UnknownEnctype> {
    let mut list = Vec::new();
    for word in text.split([' ', '\t', '\r', '\n', ',']) {
        let (removes, name) = match word.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, word.strip_prefix('+').unwrap_or(word)),
        };
        if word.is_empty() {
            continue;
        }
        for enctype in named(name, default).ok_or_else(|| UnknownEnctype(word.to_owned()))? {
            if removes {
                list.retain(|listed| *listed != enctype);
            } else if !list.contains(&enctype) {
                list.push(enctype);
            }
        }
    }
    Ok(list)
}

fn named(name: &str, default: &[Enctype]) -> Option<Vec<Enctype>> {
    let enctypes = match name.to_ascii_lowercase().as_str() {
        "default" => default.to_vec(),
        "aes" => vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::AES256_CTS_HMAC_SHA384_192,
            Enctype::AES128_CTS_HMAC_SHA256_128,
        ],
        "camellia" => vec![Enctype::CAMELLIA256_CTS_CMAC, Enctype::CAMELLIA128_CTS_CMAC],
        "des3" => vec![Enctype::DES3_CBC_SHA1_KD],
        "rc4" => vec![Enctype::RC4_HMAC],
        "des" => vec![Enctype::DES_CBC_CRC, Enctype::DES_CBC_MD5],
        _ => vec![Enctype::from_configuration_name(name)?],
    };
    Some(enctypes)
}
