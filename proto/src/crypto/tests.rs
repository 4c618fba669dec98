//! Known answers by source, then the rules every profile keeps.

use super::profile::Purpose;
use super::{ChecksumError, ChecksumType, Enctype, Key, KeyUsage};

/// A table of cases for one function of the file: each row becomes a test of its own.
macro_rules! vectors {
    ($check:ident: $($name:ident($($argument:expr),* $(,)?);)+) => {
        mod $check {
            #[allow(unused_imports, reason = "not every table takes every item of its file")]
            use super::*;

            $(
                #[test]
                fn $name() {
                    super::$check($($argument),*);
                }
            )+
        }
    };
}

mod checksums;
mod des;
mod enctypes;
mod every_enctype;
mod keys;
mod mit_1_20;
mod picky;
mod properties;
mod rfc3961;
mod rfc3962;
mod rfc4757;
mod rfc6113;
mod rfc6803;
mod rfc8009;
mod salts;
mod string_to_key_parameters;
mod without_confounder;

fn string_to_key(
    enctype: Enctype,
    password: &str,
    salt: &[u8],
    parameters: Option<&[u8]>,
    expected: &[u8],
) {
    let key = Key::from_password(enctype, password, salt, parameters).unwrap();
    assert_eq!(key.expose_bytes(), expected);
    assert_eq!(key.enctype(), enctype);
}

/// The three keys of one usage.
fn derived(enctype: Enctype, key: &[u8], usage: u32, kc: &[u8], ke: &[u8], ki: &[u8]) {
    let key = Key::new(enctype, key).unwrap();
    let derived = |purpose| key.derived(KeyUsage(usage), purpose).to_vec();
    assert_eq!(derived(Purpose::Checksum), kc);
    assert_eq!(derived(Purpose::Encryption), ke);
    assert_eq!(derived(Purpose::Integrity), ki);
}

/// Encryption to `cipher` and back, up to the padding of DES and 3DES.
fn round_trip(
    enctype: Enctype,
    key: &[u8],
    usage: u32,
    confounder: &[u8],
    plain: &[u8],
    cipher: &[u8],
) {
    let key = Key::new(enctype, key).unwrap();
    let usage = KeyUsage(usage);
    let encrypted = key.encrypt_with_confounder(usage, confounder, plain);
    assert_eq!(encrypted.unwrap(), cipher);
    assert_plain(&key.decrypt(usage, cipher).unwrap(), enctype, plain);
}

fn assert_plain(decrypted: &[u8], enctype: Enctype, plain: &[u8]) {
    let (start, padding) = decrypted.split_at(plain.len());
    assert_eq!(start, plain);
    assert!(padding.iter().all(|byte| *byte == 0));
    assert!(padding.len() < if pads(enctype) { 8 } else { 1 });
}

fn pads(enctype: Enctype) -> bool {
    matches!(
        enctype,
        Enctype::DES_CBC_CRC | Enctype::DES_CBC_MD5 | Enctype::DES3_CBC_SHA1_KD
    )
}

/// The value, its verification, and its refusal when anything about it changes.
fn checksum(
    enctype: Enctype,
    key: &[u8],
    checksum_type: ChecksumType,
    usage: u32,
    data: &[u8],
    expected: &[u8],
) {
    let key = Key::new(enctype, key).unwrap();
    let usage = KeyUsage(usage);
    let value = key.checksum_of_type(checksum_type, usage, data).unwrap();
    assert_eq!(value, expected);
    assert_eq!(checksum_type.value_len(), Some(value.len()));
    if checksum_type == key.checksum_type() {
        assert_eq!(key.checksum(usage, data), expected);
    }
    let verify =
        |usage, data: &[u8], value: &[u8]| key.verify_checksum(checksum_type, usage, data, value);
    assert_eq!(verify(usage, data, &value), Ok(()));
    let other_usage = KeyUsage(usage.0 + 1);
    let longer = [data, b"\0"].concat();
    let mismatch = Err(ChecksumError::Mismatch);
    assert_eq!(verify(other_usage, data, &value), mismatch);
    assert_eq!(verify(usage, &longer, &value), mismatch);
    assert_eq!(verify(usage, data, &value[1..]), mismatch);
    assert_eq!(verify(usage, data, &[]), mismatch);
}

fn prf(enctype: Enctype, key: &[u8], input: &[u8], expected: &[u8]) {
    assert_eq!(Key::new(enctype, key).unwrap().prf(input), expected);
}
