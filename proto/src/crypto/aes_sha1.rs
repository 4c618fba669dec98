//! aes128-cts-hmac-sha1-96 and aes256-cts-hmac-sha1-96 (RFC 3962).

use std::marker::PhantomData;

use aes::{Aes128, Aes256};
use cts::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::profile::{Parameters, Profile, Purpose, Secret};
use super::simplified::{KERBEROS_CONSTANT, PRF_CONSTANT, derive_random, prf_block};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, block, mac,
    string_to_key,
};

const BLOCK_LEN: usize = 16;
const MAC_LEN: usize = 12;
const DEFAULT_ITERATIONS: u32 = 4096;

pub(super) static AES128_SHA1: AesSha1<Aes128> = AesSha1::new(&Parameters {
    enctype: Enctype::AES128_CTS_HMAC_SHA1_96,
    checksum_type: ChecksumType::HMAC_SHA1_96_AES128,
    key_len: 16,
    seed_len: 16,
    confounder_len: BLOCK_LEN,
});

pub(super) static AES256_SHA1: AesSha1<Aes256> = AesSha1::new(&Parameters {
    enctype: Enctype::AES256_CTS_HMAC_SHA1_96,
    checksum_type: ChecksumType::HMAC_SHA1_96_AES256,
    key_len: 32,
    seed_len: 32,
    confounder_len: BLOCK_LEN,
});

pub(super) struct AesSha1<C> {
    parameters: &'static Parameters,
    cipher: PhantomData<fn() -> C>,
}

impl<C: BlockCipherEncrypt + KeyInit> AesSha1<C> {
    const fn new(parameters: &'static Parameters) -> Self {
        Self {
            parameters,
            cipher: PhantomData,
        }
    }

    fn derive_key(&self, key: &[u8], constant: &[u8]) -> Secret {
        derive_random::<C>(key, constant, self.parameters.key_len)
    }
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit + 'static> Profile for AesSha1<C> {
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
        let mut key = Zeroizing::new(vec![0; self.parameters.key_len]);
        pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, iterations, &mut key);
        Ok(self.derive_key(&key, KERBEROS_CONSTANT))
    }

    fn derive(&self, key: &[u8], usage: KeyUsage, purpose: Purpose) -> Secret {
        self.derive_key(key, &purpose.constant(usage))
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut data = [confounder, plain].concat();
        let mac = mac::hmac_sha1(&key.derived(usage, Purpose::Integrity), &[&data]);
        block::cts_encrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
        data.extend_from_slice(&mac[..MAC_LEN]);
        data
    }

    fn decrypt(
        &self,
        key: &Key,
        usage: KeyUsage,
        cipher: &[u8],
    ) -> Result<Vec<u8>, IntegrityError> {
        let (data, tag) = cipher
            .split_last_chunk::<MAC_LEN>()
            .filter(|(data, _)| data.len() >= BLOCK_LEN)
            .ok_or(IntegrityError)?;
        let mut data = Zeroizing::new(data.to_vec());
        block::cts_decrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
        let mac = mac::hmac_sha1(&key.derived(usage, Purpose::Integrity), &[&data]);
        mac::verify(&mac[..MAC_LEN], tag)?;
        Ok(data[BLOCK_LEN..].to_vec())
    }

    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        let mut mac = mac::hmac_sha1(&key.derived(usage, Purpose::Checksum), &[data]);
        mac.truncate(MAC_LEN);
        mac
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        let mut block = prf_block(input);
        block::cts_encrypt::<C>(
            &self.derive_key(key.expose_bytes(), PRF_CONSTANT),
            &mut block,
        );
        block.to_vec()
    }
}
