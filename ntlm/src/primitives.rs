//! The functions of MS-NLMP section 6.

use ::des::Des;
use ::des::cipher::{BlockCipherEncrypt, KeyInit};
use ::hmac::{Hmac, Mac};
use ::rc4::{Rc4, StreamCipher};
use crc::{CRC_32_ISO_HDLC, Crc};
use md4::{Digest, Md4};
use md5::Md5;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The HMAC-MD5 of the concatenated `parts` (RFC 2104).
pub(crate) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The MD5 of the concatenated `parts` (RFC 1321).
pub(crate) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// MD4 (RFC 1320).
pub(crate) fn md4(data: &[u8]) -> [u8; 16] {
    Md4::digest(data).into()
}

/// DES(K, D): seven octets of key become eight, the parity bits being zero.
pub(crate) fn des(key: &[u8; 7], data: &[u8; 8]) -> [u8; 8] {
    let bits = key
        .iter()
        .fold(0u64, |bits, octet| bits << 8 | u64::from(*octet));
    let mut spread = Zeroizing::new([0; 8]);
    for (index, octet) in spread.iter_mut().enumerate() {
        *octet = ((bits >> (49 - 7 * index)) as u8 & 0x7f) << 1;
    }
    let cipher = Des::new_from_slice(&spread[..]).expect("DES takes eight octets");
    let mut block = (*data).into();
    cipher.encrypt_block(&mut block);
    block.into()
}

/// DESL(K, D): three times DES, under the thirds of the key and five zeros.
pub(crate) fn desl(key: &[u8; 16], data: &[u8; 8]) -> [u8; 24] {
    let mut padded = Zeroizing::new([0; 21]);
    padded[..16].copy_from_slice(key);
    let mut response = [0; 24];
    let (thirds, _) = padded.as_chunks::<7>();
    for (part, third) in response.as_chunks_mut().0.iter_mut().zip(thirds) {
        *part = des(third, data);
    }
    response
}

/// RC4K(K, D) for a key of sixteen octets.
pub(crate) fn rc4k(key: &[u8; 16], data: &[u8; 16]) -> [u8; 16] {
    let mut data = *data;
    rc4(key).apply_keystream(&mut data);
    data
}

/// RC4Init(H, K); `key` has 1 to 256 octets.
pub(crate) fn rc4(key: &[u8]) -> Rc4 {
    Rc4::new_from_slice(key).expect("the keys of NTLM have 8 or 16 octets")
}

/// CRC32(M), as the octets of a signature.
pub(crate) fn crc32(message: &[u8]) -> [u8; 4] {
    Crc::<u32>::new(&CRC_32_ISO_HDLC)
        .checksum(message)
        .to_le_bytes()
}

/// UNICODE(string): UTF-16 in little-endian octets.
pub(crate) fn unicode(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Compares in constant time; only the lengths may be learnt.
pub(crate) fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// UPPER of one character, as Windows has it: what has no single upper-case character stays.
pub(crate) fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}
