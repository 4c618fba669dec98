//! rc4-hmac (RFC 4757).

use ::rc4::{KeyInit, Rc4, StreamCipher};
use md4::{Digest, Md4};
use md5::Md5;
use zeroize::Zeroizing;

use super::mac::{hmac_md5, hmac_sha1};
use super::profile::{Parameters, Profile, Purpose, Secret};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, mac, string_to_key,
};

const CONFOUNDER_LEN: usize = 8;
const MAC_LEN: usize = 16;

pub(super) struct Rc4Hmac;

/// The usage as the checksum and the key derivation see it. RFC 4757 sections 3 and 4 give the AS-REP and
/// both kinds of TGS-REP the number 8, and MIT gives GSS wrap tokens (23) the number 13.
fn translated(usage: KeyUsage) -> [u8; 4] {
    match usage {
        KeyUsage::AS_REP | KeyUsage::TGS_REP_SUBKEY => KeyUsage::TGS_REP_SESSION_KEY.0,
        KeyUsage(23) => 13,
        KeyUsage(number) => number,
    }
    .to_le_bytes()
}

/// The HMAC-MD5 checksum, type -138 (RFC 4757 section 4). It takes keys of every type: PA-FOR-USER has it
/// whatever the session key is.
pub(super) fn checksum(key: &[u8], usage: KeyUsage, data: &[u8]) -> Vec<u8> {
    let signing = Zeroizing::new(hmac_md5(key, &[b"signaturekey\0"]));
    let digest = Md5::new()
        .chain_update(translated(usage))
        .chain_update(data)
        .finalize();
    hmac_md5(&signing, &[&digest])
}

/// RC4 under the HMAC-MD5 of `tag` under `base`.
pub(super) fn apply(base: &[u8], tag: &[u8], data: &mut [u8]) {
    let key = Zeroizing::new(hmac_md5(base, &[tag]));
    Rc4::new_from_slice(&key)
        .expect("RC4 takes keys of 16 bytes")
        .apply_keystream(data);
}

fn decrypt(base: &[u8], cipher: &[u8]) -> Result<Vec<u8>, IntegrityError> {
    let (tag, data) = cipher
        .split_first_chunk::<MAC_LEN>()
        .filter(|(_, data)| data.len() >= CONFOUNDER_LEN)
        .ok_or(IntegrityError)?;
    let mut data = Zeroizing::new(data.to_vec());
    apply(base, tag, &mut data);
    mac::verify(&hmac_md5(base, &[&data]), tag)?;
    Ok(data[CONFOUNDER_LEN..].to_vec())
}

impl Profile for Rc4Hmac {
    fn parameters(&self) -> &'static Parameters {
        &Parameters {
            enctype: Enctype::RC4_HMAC,
            checksum_type: ChecksumType::HMAC_MD5,
            key_len: 16,
            seed_len: 16,
            confounder_len: CONFOUNDER_LEN,
        }
    }

    fn string_to_key(
        &self,
        password: &str,
        _salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Secret, StringToKeyError> {
        string_to_key::none(parameters)?;
        let text: Secret =
            Zeroizing::new(password.encode_utf16().flat_map(u16::to_le_bytes).collect());
        Ok(Zeroizing::new(Md4::digest(&text).to_vec()))
    }

    fn derive(&self, key: &[u8], usage: KeyUsage, _purpose: Purpose) -> Secret {
        Zeroizing::new(hmac_md5(key, &[&translated(usage)]))
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let base = key.derived(usage, Purpose::Encryption);
        let mut cipher = hmac_md5(&base, &[confounder, plain]);
        cipher.extend_from_slice(confounder);
        cipher.extend_from_slice(plain);
        let (tag, data) = cipher.split_at_mut(MAC_LEN);
        apply(&base, tag, data);
        cipher
    }

    fn decrypt(
        &self,
        key: &Key,
        usage: KeyUsage,
        cipher: &[u8],
    ) -> Result<Vec<u8>, IntegrityError> {
        let plain = decrypt(&key.derived(usage, Purpose::Encryption), cipher);
        if usage != KeyUsage::TGS_REP_SUBKEY {
            return plain;
        }
        // MIT's KDC leaves the number 9 as it is, and its client accepts both.
        let untranslated = usage.0.to_le_bytes();
        let base = Zeroizing::new(hmac_md5(key.expose_bytes(), &[&untranslated]));
        plain.or_else(|_| decrypt(&base, cipher))
    }

    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        checksum(key.expose_bytes(), usage, data)
    }

    /// RFC 4757 has none; this is MIT's, which FAST depends on.
    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        hmac_sha1(key.expose_bytes(), &[input])
    }
}
