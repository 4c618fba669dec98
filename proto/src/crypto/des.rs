//! des-cbc-crc and des-cbc-md5 (RFC 3961 section 6.2).

use ::des::Des;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::profile::{Parameters, Profile, Purpose, Secret};
use super::{
    ChecksumType, Enctype, IntegrityError, Key, KeyUsage, StringToKeyError, block, checksum, mac,
};

const BLOCK_LEN: usize = 8;
const ZERO_IV: [u8; BLOCK_LEN] = [0; BLOCK_LEN];
/// What turns the key into that of the rsa-md5-des checksum.
const CHECKSUM_VARIANT: u8 = 0xf0;

type DesKey = Zeroizing<[u8; 8]>;

pub(super) static DES_CRC: SingleDes = SingleDes {
    parameters: &parameters(Enctype::DES_CBC_CRC),
    hash: Hash::Crc32,
};

pub(super) static DES_MD5: SingleDes = SingleDes {
    parameters: &parameters(Enctype::DES_CBC_MD5),
    hash: Hash::Md5,
};

const fn parameters(enctype: Enctype) -> Parameters {
    Parameters {
        enctype,
        checksum_type: ChecksumType::RSA_MD5_DES,
        key_len: 8,
        seed_len: 7,
        confounder_len: BLOCK_LEN,
    }
}

pub(super) struct SingleDes {
    parameters: &'static Parameters,
    hash: Hash,
}

/// The unkeyed checksum inside the ciphertext.
enum Hash {
    Crc32,
    Md5,
}

impl SingleDes {
    fn hash(&self, data: &[u8]) -> Vec<u8> {
        match self.hash {
            Hash::Crc32 => checksum::crc32(data),
            Hash::Md5 => Md5::digest(data).to_vec(),
        }
    }

    fn hash_len(&self) -> usize {
        match self.hash {
            Hash::Crc32 => 4,
            Hash::Md5 => 16,
        }
    }

    fn initial_vector<'a>(&self, key: &'a [u8]) -> &'a [u8] {
        match self.hash {
            Hash::Crc32 => key,
            Hash::Md5 => &ZERO_IV,
        }
    }
}

impl Profile for SingleDes {
    fn parameters(&self) -> &'static Parameters {
        self.parameters
    }

    /// Parameters are one octet, of which only 0 is supported: 1 asks for the AFS3 algorithm.
    fn string_to_key(
        &self,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Secret, StringToKeyError> {
        match parameters {
            None | Some([0]) => Ok(Zeroizing::new(
                mit_des_string_to_key(password.as_bytes(), salt).to_vec(),
            )),
            Some(_) => Err(StringToKeyError::InvalidParameters),
        }
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret {
        let seed = seed.try_into().expect("the seed has the profile's length");
        Zeroizing::new(random_to_key(seed).to_vec())
    }

    fn derive(&self, key: &[u8], _usage: KeyUsage, purpose: Purpose) -> Secret {
        let variant = match purpose {
            Purpose::Checksum => CHECKSUM_VARIANT,
            Purpose::Encryption | Purpose::Integrity => 0,
        };
        Zeroizing::new(key.iter().map(|byte| byte ^ variant).collect())
    }

    fn encrypt(&self, key: &Key, usage: KeyUsage, confounder: &[u8], plain: &[u8]) -> Vec<u8> {
        let hash_end = BLOCK_LEN + self.hash_len();
        let mut data = confounder.to_vec();
        data.resize(hash_end, 0);
        data.extend_from_slice(plain);
        data.resize(data.len().next_multiple_of(BLOCK_LEN), 0);
        let hash = self.hash(&data);
        data[BLOCK_LEN..hash_end].copy_from_slice(&hash);
        let key = key.derived(usage, Purpose::Encryption);
        block::cbc_encrypt::<Des>(&key, self.initial_vector(&key), &mut data);
        data
    }

    fn decrypt(
        &self,
        key: &Key,
        usage: KeyUsage,
        cipher: &[u8],
    ) -> Result<Vec<u8>, IntegrityError> {
        let hash_end = BLOCK_LEN + self.hash_len();
        if cipher.len() < hash_end || !cipher.len().is_multiple_of(BLOCK_LEN) {
            return Err(IntegrityError);
        }
        let mut data = Zeroizing::new(cipher.to_vec());
        let key = key.derived(usage, Purpose::Encryption);
        block::cbc_decrypt::<Des>(&key, self.initial_vector(&key), &mut data);
        let hash = data[BLOCK_LEN..hash_end].to_vec();
        data[BLOCK_LEN..hash_end].fill(0);
        mac::verify(&self.hash(&data), &hash)?;
        Ok(data[hash_end..].to_vec())
    }

    /// rsa-md5-des wants a confounder, and a checksum has no source of randomness here: it is computed from
    /// the key and the data, so it is as unpredictable to others and repeats only with the data.
    fn checksum(&self, key: &Key, usage: KeyUsage, data: &[u8]) -> Vec<u8> {
        let tag = mac::hmac_md5(key.expose_bytes(), &[b"rsa-md5-des confounder", data]);
        rsa_md5_des(
            &key.derived(usage, Purpose::Checksum),
            &tag[..BLOCK_LEN],
            data,
        )
    }

    fn verify_checksum(
        &self,
        key: &Key,
        usage: KeyUsage,
        data: &[u8],
        value: &[u8],
    ) -> Result<(), IntegrityError> {
        if value.len() != BLOCK_LEN + 16 {
            return Err(IntegrityError);
        }
        let mut value = value.to_vec();
        block::cbc_decrypt::<Des>(&key.derived(usage, Purpose::Checksum), &ZERO_IV, &mut value);
        let (confounder, digest) = value.split_at(BLOCK_LEN);
        mac::verify(&confounded_md5(confounder, data), digest)
    }

    fn prf(&self, key: &Key, input: &[u8]) -> Vec<u8> {
        let mut digest = Md5::digest(input).to_vec();
        block::cbc_encrypt::<Des>(key.expose_bytes(), &ZERO_IV, &mut digest);
        digest
    }
}

/// The rsa-md5-des checksum under the variant key `key` (RFC 3961 section 6.2.5).
pub(super) fn rsa_md5_des(key: &[u8], confounder: &[u8], data: &[u8]) -> Vec<u8> {
    let mut value = [confounder, &confounded_md5(confounder, data)].concat();
    block::cbc_encrypt::<Des>(key, &ZERO_IV, &mut value);
    value
}

fn confounded_md5(confounder: &[u8], data: &[u8]) -> Vec<u8> {
    Md5::new()
        .chain_update(confounder)
        .chain_update(data)
        .finalize()
        .to_vec()
}

/// Spreads 56 random bits over a key: seven bytes, then one of their lowest bits, and the parity bits. A
/// weak key is corrected (RFC 3961 section 6.3.1, where the layout is drawn).
pub(super) fn random_to_key(seed: &[u8; 7]) -> DesKey {
    let mut key = Zeroizing::new([0; 8]);
    key[..7].copy_from_slice(seed);
    for (index, byte) in seed.iter().enumerate() {
        key[7] |= (byte & 1) << (index + 1);
    }
    correct(&mut key);
    key
}

/// mit_des_string_to_key (RFC 3961 section 6.2): fan-fold, then a CBC checksum under the result.
fn mit_des_string_to_key(password: &[u8], salt: &[u8]) -> DesKey {
    let mut text = Zeroizing::new([password, salt].concat());
    let padded = text.len().next_multiple_of(BLOCK_LEN);
    text.resize(padded, 0);
    let mut folded = 0u64;
    for (index, block) in text.as_chunks::<8>().0.iter().enumerate() {
        let bits = block
            .iter()
            .fold(0u64, |bits, byte| bits << 7 | u64::from(byte & 0x7f));
        folded ^= if index % 2 == 0 {
            bits
        } else {
            bits.reverse_bits() >> 8
        };
    }
    let mut key: DesKey = Zeroizing::new([0; 8]);
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = ((folded >> (49 - 7 * index)) as u8) << 1;
    }
    correct(&mut key);
    let folded_key = key.clone();
    if let Some(start) = text.len().checked_sub(BLOCK_LEN) {
        block::cbc_encrypt::<Des>(&*folded_key, &*folded_key, &mut text);
        key.copy_from_slice(&text[start..]);
    } else {
        // The CBC checksum of nothing is its initial vector.
        key.copy_from_slice(&*folded_key);
    }
    correct(&mut key);
    key
}

/// Sets odd parity, and turns a weak or semi-weak key into another (`key_correction`).
fn correct(key: &mut DesKey) {
    for byte in key.iter_mut() {
        let even = (*byte & 0xfe).count_ones() % 2 == 0;
        *byte = *byte & 0xfe | u8::from(even);
    }
    if ::des::weak_key_test(&key[..]).is_err() {
        key[7] ^= 0xf0;
    }
}
