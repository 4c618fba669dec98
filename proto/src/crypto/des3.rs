//! des3-cbc-sha1-kd (RFC 3961 section 6.3).

use ::des::TdesEde3;
use zeroize::Zeroizing;

use super::profile::{Parameters, Profile, Purpose, Secret};
use super::simplified::{KERBEROS_CONSTANT, PRF_CONSTANT, derive_random, n_fold, prf_block};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, block, des, mac,
    string_to_key,
};

const BLOCK_LEN: usize = 8;
const MAC_LEN: usize = 20;
const SEED_LEN: usize = 21;
const ZERO_IV: [u8; BLOCK_LEN] = [0; BLOCK_LEN];

pub(super) struct Des3;

impl Des3 {
    fn derive_key(&self, key: &[u8], constant: &[u8]) -> Secret {
        self.random_to_key(&derive_random::<TdesEde3>(key, constant, SEED_LEN))
    }
}

impl Profile for Des3 {
    fn parameters(&self) -> &'static Parameters {
        &Parameters {
            enctype: Enctype::DES3_CBC_SHA1_KD,
            checksum_type: ChecksumType::HMAC_SHA1_DES3_KD,
            key_len: 24,
            seed_len: SEED_LEN,
            confounder_len: BLOCK_LEN,
        }
    }

    fn string_to_key(
        &self,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Secret, StringToKeyError> {
        string_to_key::none(parameters)?;
        let text = Zeroizing::new([password.as_bytes(), salt].concat());
        let key = self.random_to_key(&n_fold(&text, SEED_LEN));
        Ok(self.derive_key(&key, KERBEROS_CONSTANT))
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret {
        let mut key = Zeroizing::new(Vec::with_capacity(24));
        for third in seed.as_chunks::<7>().0 {
            key.extend_from_slice(&des::random_to_key(third)[..]);
        }
        key
    }

    fn derive(&self, key: &[u8], usage: KeyUsage, purpose: Purpose) -> Secret {
        self.derive_key(key, &purpose.constant(usage))
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut data = [confounder, plain].concat();
        data.resize(data.len().next_multiple_of(BLOCK_LEN), 0);
        let mac = mac::hmac_sha1(&key.derived(usage, Purpose::Integrity), &[&data]);
        let encryption = key.derived(usage, Purpose::Encryption);
        block::cbc_encrypt::<TdesEde3>(&encryption, &ZERO_IV, &mut data);
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
            .filter(|(data, _)| data.len() >= BLOCK_LEN && data.len().is_multiple_of(BLOCK_LEN))
            .ok_or(IntegrityError)?;
        let mut data = Zeroizing::new(data.to_vec());
        let encryption = key.derived(usage, Purpose::Encryption);
        block::cbc_decrypt::<TdesEde3>(&encryption, &ZERO_IV, &mut data);
        let mac = mac::hmac_sha1(&key.derived(usage, Purpose::Integrity), &[&data]);
        mac::verify(&mac, tag)?;
        Ok(data[BLOCK_LEN..].to_vec())
    }

    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        mac::hmac_sha1(&key.derived(usage, Purpose::Checksum), &[data])
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        let mut block = prf_block(input);
        let derived = self.derive_key(key.expose_bytes(), PRF_CONSTANT);
        block::cbc_encrypt::<TdesEde3>(&derived, &ZERO_IV, &mut block);
        block.to_vec()
    }
}
