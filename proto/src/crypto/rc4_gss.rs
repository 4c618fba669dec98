//! What the per-message tokens of RFC 4757 section 7 need besides the profile.

use zeroize::Zeroizing;

use super::mac::{self, hmac_md5};
use super::rc4::apply;
use super::{Enctype, Key, KeyUsage};

/// The salt of both key derivations (RFC 4757 section 7.3).
const SALT: [u8; 4] = [0; 4];

/// A key of rc4-hmac as per-message tokens of GSS use it (RFC 4757 sections 7.2 and 7.3).
#[derive(Clone, Copy, Debug)]
pub struct Rc4Gss<'a>(&'a Key);

impl<'a> Rc4Gss<'a> {
    /// The key; `None` when it is of another type.
    pub fn new(key: &'a Key) -> Option<Self> {
        (key.enctype() == Enctype::RC4_HMAC).then_some(Self(key))
    }

    /// SGN_CKSUM over `covered`, which begins with the token's first eight octets. `usage` is 13 for wrap
    /// tokens and 15 for MIC tokens.
    pub fn sgn_cksum(&self, usage: KeyUsage, covered: &[u8]) -> [u8; 8] {
        let checksum = self.0.checksum(usage, covered);
        std::array::from_fn(|index| checksum.get(index).copied().unwrap_or_default())
    }

    /// Whether `sgn_cksum` is that over `covered`, compared in constant time.
    pub fn verify_sgn_cksum(&self, usage: KeyUsage, covered: &[u8], sgn_cksum: &[u8; 8]) -> bool {
        mac::verify(&self.sgn_cksum(usage, covered), sgn_cksum).is_ok()
    }

    /// Encrypts or decrypts SND_SEQ under Kseq, which `sgn_cksum` makes unique.
    pub fn apply_to_sequence(&self, sgn_cksum: &[u8; 8], snd_seq: &mut [u8; 8]) {
        let base = Zeroizing::new(hmac_md5(self.0.expose_bytes(), &[&SALT]));
        apply(&base, sgn_cksum, snd_seq);
    }

    /// Encrypts or decrypts the confounder and the data after it under Kcrypt, which the sequence number
    /// makes unique.
    pub fn apply_to_data(&self, sequence: u32, data: &mut [u8]) {
        let local: Zeroizing<Vec<u8>> = Zeroizing::new(
            self.0
                .expose_bytes()
                .iter()
                .map(|octet| octet ^ 0xf0)
                .collect(),
        );
        let base = Zeroizing::new(hmac_md5(&local, &[&SALT]));
        apply(&base, &sequence.to_be_bytes(), data);
    }
}
