//! aes128-cts-hmac-sha256-128 and aes256-cts-hmac-sha384-192 (RFC 8009).

use std::marker::PhantomData;

use ::hmac::digest::KeyInit as MacKeyInit;
use ::hmac::{Hmac, Mac};
use aes::{Aes128, Aes256};
use cts::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use super::profile::{Parameters, Profile, Purpose, Secret};
use super::simplified::{KERBEROS_CONSTANT, PRF_CONSTANT};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, block, mac,
    string_to_key,
};

const BLOCK_LEN: usize = 16;
/// The initial cipher state, which the MAC covers.
const INITIAL_VECTOR: [u8; BLOCK_LEN] = [0; BLOCK_LEN];
const DEFAULT_ITERATIONS: u32 = 32768;

pub(super) static AES128_SHA256: AesSha2<Aes128, Hmac<Sha256>> = AesSha2 {
    parameters: &Parameters {
        enctype: Enctype::AES128_CTS_HMAC_SHA256_128,
        checksum_type: ChecksumType::HMAC_SHA256_128_AES128,
        key_len: 16,
        seed_len: 16,
        confounder_len: BLOCK_LEN,
    },
    name: "aes128-cts-hmac-sha256-128",
    mac_len: 16,
    prf_len: 32,
    primitives: PhantomData,
};

pub(super) static AES256_SHA384: AesSha2<Aes256, Hmac<Sha384>> = AesSha2 {
    parameters: &Parameters {
        enctype: Enctype::AES256_CTS_HMAC_SHA384_192,
        checksum_type: ChecksumType::HMAC_SHA384_192_AES256,
        key_len: 32,
        seed_len: 32,
        confounder_len: BLOCK_LEN,
    },
    name: "aes256-cts-hmac-sha384-192",
    mac_len: 24,
    prf_len: 48,
    primitives: PhantomData,
};

pub(super) struct AesSha2<C, M> {
    parameters: &'static Parameters,
    /// The registered name, which string-to-key puts before the salt.
    name: &'static str,
    mac_len: usize,
    prf_len: usize,
    primitives: PhantomData<fn() -> (C, M)>,
}

impl<C, M: Mac + MacKeyInit> AesSha2<C, M> {
    /// KDF-HMAC-SHA2 (RFC 8009 section 3). No output is longer than one MAC, so one round is enough.
    fn kdf(&self, key: &[u8], label: &[u8], context: &[u8], length: usize) -> Secret {
        let bits = (length as u32 * 8).to_be_bytes();
        let mut output = mac::mac::<M>(key, &[&[0, 0, 0, 1], label, &[0], context, &bits]);
        output.truncate(length);
        Zeroizing::new(output)
    }

    fn truncated_mac(&self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = mac::mac::<M>(key, parts);
        mac.truncate(self.mac_len);
        mac
    }
}

impl<C, M> Profile for AesSha2<C, M>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit + 'static,
    M: Mac + MacKeyInit + ::hmac::digest::FixedOutput + ::hmac::digest::Update + Clone + 'static,
{
    fn parameters(&self) -> &'static Parameters {
        self.parameters
    }

    fn string_to_key(
        &self,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Secret, StringToKeyError> {
        let iterations = string_to_key::iterations(parameters, DEFAULT_ITERATIONS)?;
        let salt = [self.name.as_bytes(), &[0], salt].concat();
        let mut key = Zeroizing::new(vec![0; self.parameters.key_len]);
        pbkdf2::pbkdf2::<M>(password.as_bytes(), &salt, iterations, &mut key)
            .expect("HMAC takes any key");
        Ok(self.kdf(&key, KERBEROS_CONSTANT, &[], self.parameters.key_len))
    }

    fn derive(&self, key: &[u8], usage: KeyUsage, purpose: Purpose) -> Secret {
        let length = match purpose {
            Purpose::Encryption => self.parameters.key_len,
            Purpose::Checksum | Purpose::Integrity => self.mac_len,
        };
        self.kdf(key, &purpose.constant(usage), &[], length)
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut data = [confounder, plain].concat();
        block::cts_encrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
        let integrity = key.derived(usage, Purpose::Integrity);
        let mac = self.truncated_mac(&integrity, &[&INITIAL_VECTOR, &data]);
        data.extend_from_slice(&mac);
        data
    }

    fn decrypt(
        &self,
        key: &Key,
        usage: KeyUsage,
        cipher: &[u8],
    ) -> Result<Vec<u8>, IntegrityError> {
        let (data, tag) = cipher
            .len()
            .checked_sub(self.mac_len)
            .filter(|length| *length >= BLOCK_LEN)
            .map(|length| cipher.split_at(length))
            .ok_or(IntegrityError)?;
        let integrity = key.derived(usage, Purpose::Integrity);
        mac::verify(
            &self.truncated_mac(&integrity, &[&INITIAL_VECTOR, data]),
            tag,
        )?;
        let mut data = Zeroizing::new(data.to_vec());
        block::cts_decrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
        Ok(data[BLOCK_LEN..].to_vec())
    }

    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        self.truncated_mac(&key.derived(usage, Purpose::Checksum), &[data])
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        self.kdf(key.expose_bytes(), PRF_CONSTANT, input, self.prf_len)
            .to_vec()
    }
}
