use ::hmac::digest::KeyInit;
use ::hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::IntegrityError;

/// The MAC of the concatenated `parts`.
pub(super) fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key)
        .expect("HMAC takes any key, and a profile's CMAC keys have the cipher's length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac::<Hmac<Md5>>(key, parts)
}

pub(super) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac::<Hmac<Sha1>>(key, parts)
}

/// Compares in constant time; only the lengths may be learnt.
pub(super) fn verify(expected: &[u8], actual: &[u8]) -> Result<(), IntegrityError> {
    if bool::from(expected.ct_eq(actual)) {
        Ok(())
    } else {
        Err(IntegrityError)
    }
}
