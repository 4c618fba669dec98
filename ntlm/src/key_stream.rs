use ::rc4::{Rc4, StreamCipher};
use zeroize::Zeroizing;

use crate::primitives::rc4;

/// The state of an RC4 key (the Handle of MS-NLMP section 3.4.4). Octets can be looked at before they are
/// used up, so that a message which does not verify leaves the state as it was.
pub(crate) struct KeyStream {
    key: Zeroizing<Vec<u8>>,
    cipher: Rc4,
    used: u64,
    ahead: Zeroizing<Vec<u8>>,
}

impl KeyStream {
    pub(crate) fn new(key: Zeroizing<Vec<u8>>) -> Self {
        Self {
            cipher: rc4(&key),
            key,
            used: 0,
            ahead: Zeroizing::default(),
        }
    }

    /// The next `length` octets, which stay the next ones.
    pub(crate) fn peek(&mut self, length: usize) -> &[u8] {
        let known = self.ahead.len();
        if known < length {
            let mut longer = Zeroizing::new(vec![0; length]);
            longer[..known].copy_from_slice(&self.ahead);
            self.cipher.apply_keystream(&mut longer[known..]);
            self.ahead = longer;
        }
        &self.ahead[..length]
    }

    /// Uses up `length` octets.
    pub(crate) fn advance(&mut self, length: usize) {
        self.peek(length);
        self.ahead = Zeroizing::new(self.ahead[length..].to_vec());
        self.used += length as u64;
    }
}

/// Takes as long as all that was used up did: the cipher's state cannot be copied.
impl Clone for KeyStream {
    fn clone(&self) -> Self {
        let mut clone = Self::new(self.key.clone());
        let mut rest = self.used;
        let mut buffer = [0; 4096];
        while rest > 0 {
            let length = usize::try_from(rest).map_or(buffer.len(), |rest| rest.min(buffer.len()));
            clone.cipher.apply_keystream(&mut buffer[..length]);
            rest -= length as u64;
        }
        clone.used = self.used;
        clone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> KeyStream {
        KeyStream::new(Zeroizing::new(b"Key".to_vec()))
    }

    #[test]
    fn rc4_wikipedia_key_plaintext_in_pieces() {
        let mut stream = stream();
        assert_eq!(stream.peek(3), [0xeb, 0x9f, 0x77]);
        assert_eq!(stream.peek(2), [0xeb, 0x9f]);
        stream.advance(2);
        assert_eq!(stream.peek(4), [0x77, 0x81, 0xb7, 0x34]);
        stream.advance(8);
        assert_eq!(stream.used, 10);
    }

    #[test]
    fn a_clone_goes_on_where_the_original_is() {
        for used in [0, 1, 4095, 4096, 10_000] {
            let mut original = stream();
            original.advance(used);
            original.peek(7);
            assert_eq!(original.clone().peek(16), original.peek(16), "{used}");
        }
    }
}
