//! Randomness that is the same on every machine.

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

/// The random stream of one host: ChaCha12 keyed by the seed, its stream number taken from the host's
/// name. Adding a host does not move another's numbers.
pub fn host_rng(seed: u64, host: &str) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(fnv1a(host.as_bytes()));
    rng
}

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
        let first = host_rng(1, "kdc1").next_u64();
        assert_eq!(first, host_rng(1, "kdc1").next_u64());
        assert_ne!(first, host_rng(1, "kdc2").next_u64());
        assert_ne!(first, host_rng(2, "kdc1").next_u64());
    }

    #[test]
    fn the_numbers_are_the_same_on_every_machine() {
        assert_eq!(host_rng(1, "kdc1").next_u64(), EXPECTED);
    }

    const EXPECTED: u64 = 0;
}
