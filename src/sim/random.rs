//! Randomness that is the same on every machine.

use std::convert::Infallible;
use std::fmt;

use rand::rngs::ChaCha12Rng;
use rand::{SeedableRng, TryCryptoRng, TryRng};

/// The random stream of one host: ChaCha12 keyed by the seed, its stream number taken from the host's
/// name. Adding a host does not move another's numbers. A clone goes on with the same numbers.
pub(super) struct HostRng(ChaCha12Rng);

impl HostRng {
    pub(super) fn new(seed: u64, host: &str) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(fnv1a(host.as_bytes()));
        Self(rng)
    }
}

/// The library's generator is no `Clone`, lest somebody uses a key stream twice by accident. Here the
/// same numbers on both sides are what makes two worlds comparable.
impl Clone for HostRng {
    fn clone(&self) -> Self {
        Self(ChaCha12Rng::deserialize_state(&self.0.serialize_state()))
    }
}

impl fmt::Debug for HostRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostRng(..)")
    }
}

impl TryRng for HostRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for HostRng {}

/// FNV-1a of 64 bits: small, fixed for ever, and good enough to tell host names apart.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn a_stream_depends_on_seed_and_host_alone() {
        let first = HostRng::new(1, "kdc1").next_u64();
        assert_eq!(first, HostRng::new(1, "kdc1").next_u64());
        assert_ne!(first, HostRng::new(1, "kdc2").next_u64());
        assert_ne!(first, HostRng::new(2, "kdc1").next_u64());
    }

    #[test]
    fn a_clone_goes_on_with_the_same_numbers() {
        let mut rng = HostRng::new(1, "kdc1");
        rng.fill_bytes(&mut [0; 7]);
        let mut clone = rng.clone();
        assert_eq!(rng.next_u64(), clone.next_u64());
    }

    #[test]
    fn the_numbers_are_the_same_on_every_machine() {
        assert_eq!(
            HostRng::new(1, "kdc1").next_u64(),
            11_401_143_139_053_484_090
        );
    }
}
