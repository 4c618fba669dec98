//! camellia128-cts-cmac and camellia256-cts-cmac (RFC 6803).

use std::marker::PhantomData;

use ::camellia::{Camellia128, Camellia256};
use ::hmac::Mac;
use ::hmac::digest::KeyInit as MacKeyInit;
use cmac::Cmac;
use cts::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::profile::{Parameters, Profile, Purpose, Secret};
use super::simplified::{KERBEROS_CONSTANT, PRF_CONSTANT};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, block, mac,
    string_to_key,
};

const BLOCK_LEN: usize = 16;
const MAC_LEN: usize = 16;
const DEFAULT_ITERATIONS: u32 = 32768;

pub(super) static CAMELLIA128: CamelliaCmac<Camellia128, Cmac<Camellia128>> = CamelliaCmac {
    parameters: &Parameters {
        enctype: Enctype::CAMELLIA128_CTS_CMAC,
        checksum_type: ChecksumType::CMAC_CAMELLIA128,
        key_len: 16,
        seed_len: 16,
        confounder_len: BLOCK_LEN,
    },
    name: "camellia128-cts-cmac",
    primitives: PhantomData,
};

pub(super) static CAMELLIA256: CamelliaCmac<Camellia256, Cmac<Camellia256>> = CamelliaCmac {
    parameters: &Parameters {
        enctype: Enctype::CAMELLIA256_CTS_CMAC,
        checksum_type: ChecksumType::CMAC_CAMELLIA256,
        key_len: 32,
        seed_len: 32,
        confounder_len: BLOCK_LEN,
    },
    name: "camellia256-cts-cmac",
    primitives: PhantomData,
};

pub(super) struct CamelliaCmac<C, M> {
    parameters: &'static Parameters,
    /// The registered name, which string-to-key puts before the salt.
    name: &'static str,
    primitives: PhantomData<fn() -> (C, M)>,
}

impl<C, M: Mac + MacKeyInit> CamelliaCmac<C, M> {
    /// KDF-FEEDBACK-CMAC (RFC 6803 section 3) for a key of this type.
    fn kdf(&self, key: &[u8], constant: &[u8]) -> Secret {
        let length = self.parameters.key_len;
        let bits = (length as u32 * 8).to_be_bytes();
        let mut output = Zeroizing::new(Vec::with_capacity(length));
        let mut block = Zeroizing::new(vec![0; BLOCK_LEN]);
        for counter in 1u32..=(length / BLOCK_LEN) as u32 {
            let parts: [&[u8]; 5] = [&block, &counter.to_be_bytes(), constant, &[0], &bits];
            block = Zeroizing::new(mac::mac::<M>(key, &parts));
            output.extend_from_slice(&block);
        }
        output
    }
}

impl<C, M> Profile for CamelliaCmac<C, M>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit + 'static,
    M: Mac + MacKeyInit + 'static,
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
        pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), &salt, iterations, &mut key);
        Ok(self.kdf(&key, KERBEROS_CONSTANT))
    }

    fn derive(&self, key: &[u8], usage: KeyUsage, purpose: Purpose) -> Secret {
        self.kdf(key, &purpose.constant(usage))
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut data = [confounder, plain].concat();
        let mac = mac::mac::<M>(&key.derived(usage, Purpose::Integrity), &[&data]);
        block::cts_encrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
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
            .split_last_chunk::<MAC_LEN>()
            .filter(|(data, _)| data.len() >= BLOCK_LEN)
            .ok_or(IntegrityError)?;
        let mut data = Zeroizing::new(data.to_vec());
        block::cts_decrypt::<C>(&key.derived(usage, Purpose::Encryption), &mut data);
        let mac = mac::mac::<M>(&key.derived(usage, Purpose::Integrity), &[&data]);
        mac::verify(&mac, tag)?;
        Ok(data[BLOCK_LEN..].to_vec())
    }

    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        mac::mac::<M>(&key.derived(usage, Purpose::Checksum), &[data])
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        mac::mac::<M>(&self.kdf(key.expose_bytes(), PRF_CONSTANT), &[input])
    }
}
