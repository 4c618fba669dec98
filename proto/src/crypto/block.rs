use cbc::{Decryptor, Encryptor};
use cts::cipher::array::Array;
use cts::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InOutBuf,
    InnerIvInit, KeyInit,
};
use cts::{CbcCs3, Decrypt, Encrypt};

const ENOUGH: &str = "the caller made sure of at least one block";

/// The cipher under a key of its length.
pub(super) fn cipher<C: KeyInit>(key: &[u8]) -> C {
    C::new_from_slice(key).expect("a profile's keys have its cipher's length")
}

/// Encrypts `data`, of at least one block, in place in CBC mode with ciphertext stealing and a zero
/// initial vector (RFC 3962 section 5).
pub(super) fn cts_encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], data: &mut [u8]) {
    let cipher = cipher::<C>(key);
    if data.len() == C::block_size() {
        // The crate would exchange the single block with itself, after a second encryption.
        encrypt_block(&cipher, data);
    } else {
        CbcCs3::inner_iv_init(cipher, &Array::default())
            .encrypt(data)
            .expect(ENOUGH);
    }
}

/// Undoes [`cts_encrypt`].
pub(super) fn cts_decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], data: &mut [u8]) {
    let cipher = cipher::<C>(key);
    if data.len() == C::block_size() {
        cipher.decrypt_block(data.try_into().expect("the length is the block's"));
    } else {
        CbcCs3::inner_iv_init(cipher, &Array::default())
            .decrypt(data)
            .expect(ENOUGH);
    }
}

/// Encrypts one block in place.
pub(super) fn encrypt_block<C: BlockCipherEncrypt>(cipher: &C, block: &mut [u8]) {
    cipher.encrypt_block(block.try_into().expect("the length is the block's"));
}

/// Encrypts `data`, a number of whole blocks, in place in CBC mode.
pub(super) fn cbc_encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], data: &mut [u8]) {
    let mut mode = Encryptor::inner_iv_slice_init(cipher::<C>(key), iv).expect("one block of iv");
    mode.encrypt_blocks_inout(InOutBuf::from(data).into_chunks().0);
}

/// Undoes [`cbc_encrypt`].
pub(super) fn cbc_decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], data: &mut [u8]) {
    let mut mode = Decryptor::inner_iv_slice_init(cipher::<C>(key), iv).expect("one block of iv");
    mode.decrypt_blocks_inout(InOutBuf::from(data).into_chunks().0);
}
