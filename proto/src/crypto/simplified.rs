//! The parts of the simplified profile (RFC 3961 section 5).

use cts::cipher::{BlockCipherEncrypt, KeyInit};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::block;
use super::profile::Secret;

/// The constant of the key derived for the pseudo-random function (RFC 3961 section 5.3).
pub(super) const PRF_CONSTANT: &[u8] = b"prf";
/// The constant of the last step of string-to-key.
pub(super) const KERBEROS_CONSTANT: &[u8] = b"kerberos";

/// The n-fold of `input` to `length` bytes (RFC 3961 section 5.1). Nothing folds to zeros.
pub(super) fn n_fold(input: &[u8], length: usize) -> Secret {
    let mut sums = Zeroizing::new(vec![0u64; length]);
    let copies = if input.is_empty() {
        0
    } else {
        length / gcd(length, input.len())
    };
    let bits = input.len() * 8;
    for copy in 0..copies {
        for position in 0..input.len() {
            // Each copy is the input rotated right by 13 bits more than the one before.
            let first = (position * 8 + bits - (13 * copy) % bits) % bits;
            let byte = byte_at_bit(input, first);
            sums[(copy * input.len() + position) % length] += u64::from(byte);
        }
    }
    ones_complement(sums)
}

fn byte_at_bit(input: &[u8], bit: usize) -> u8 {
    let (index, shift) = (bit / 8, bit % 8);
    let pair = u16::from_be_bytes([input[index], input[(index + 1) % input.len()]]);
    (pair >> (8 - shift)) as u8
}

/// Carries from right to left, and from the leftmost place around to the rightmost.
fn ones_complement(mut sums: Zeroizing<Vec<u64>>) -> Secret {
    loop {
        let mut carry = 0;
        for sum in sums.iter_mut().rev() {
            *sum += carry;
            carry = *sum >> 8;
            *sum &= 0xff;
        }
        match (carry, sums.last_mut()) {
            (0, _) | (_, None) => break,
            (carry, Some(last)) => *last += carry,
        }
    }
    Zeroizing::new(sums.iter().map(|sum| *sum as u8).collect())
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// DR: `length` bytes derived from the cipher key `key` and `constant` (RFC 3961 section 5.1).
pub(super) fn derive_random<C: BlockCipherEncrypt + KeyInit>(
    key: &[u8],
    constant: &[u8],
    length: usize,
) -> Secret {
    let cipher = block::cipher::<C>(key);
    let mut block = if constant.len() == C::block_size() {
        Zeroizing::new(constant.to_vec())
    } else {
        n_fold(constant, C::block_size())
    };
    let mut output = Zeroizing::new(Vec::with_capacity(length + block.len()));
    while output.len() < length {
        block::encrypt_block(&cipher, &mut block);
        output.extend_from_slice(&block);
    }
    output.truncate(length);
    output
}

/// What the pseudo-random function encrypts: the hash of its input, cut to whole blocks of a cipher (RFC
/// 3961 section 5.3). For blocks of 8 and of 16 bytes that is 16 bytes.
pub(super) fn prf_block(input: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block.copy_from_slice(&Sha1::digest(input)[..16]);
    block
}
