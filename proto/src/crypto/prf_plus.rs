use zeroize::Zeroizing;

use super::profile::Secret;
use super::{Key, PrfPlusTooLong};

impl Key {
    /// PRF+ (RFC 6113 section 5.1): `length` bytes from the key and `pepper`.
    ///
    /// # Errors
    /// [`PrfPlusTooLong`] beyond 255 outputs of [`prf`](Self::prf).
    pub fn prf_plus(
        &self,
        pepper: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, PrfPlusTooLong> {
        let mut output: Secret = Zeroizing::new(Vec::new());
        for counter in 1..=u8::MAX {
            if output.len() >= length {
                break;
            }
            output.extend_from_slice(&self.prf(&[&[counter], pepper].concat()));
        }
        if output.len() < length {
            return Err(PrfPlusTooLong {
                asked: length,
                allowed: output.len(),
            });
        }
        output.truncate(length);
        Ok(output)
    }
}

/// KRB-FX-CF2 (RFC 6113 section 5.1): the key of the first key's type which both keys and both peppers
/// make.
pub fn krb_fx_cf2(first: &Key, second: &Key, first_pepper: &[u8], second_pepper: &[u8]) -> Key {
    const SHORT: &str = "a seed has 32 bytes at most, and PRF+ gives 16 times 255 at least";
    let enctype = first.enctype();
    let length = Key::seed_len(enctype).expect("a key's type is implemented");
    let mut seed = first.prf_plus(first_pepper, length).expect(SHORT);
    let other = second.prf_plus(second_pepper, length).expect(SHORT);
    for (byte, other) in seed.iter_mut().zip(other.iter()) {
        *byte ^= other;
    }
    Key::from_random(enctype, &seed).expect("the seed has the type's length")
}
