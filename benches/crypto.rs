//! The encryption types: string-to-key, and a ticket's worth of data encrypted, decrypted and summed.

use divan::{Bencher, black_box};
use kdclab_proto::{Enctype, Key, KeyUsage};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

fn main() {
    divan::main();
}

const ENCTYPES: [Enctype; 10] = Enctype::SUPPORTED;
const SALT: &[u8] = b"LAB.EXAMPLEalice";
/// About the size of a ticket without a PAC, in bytes.
const TICKET: usize = 256;

fn key(enctype: Enctype) -> (Key, ChaCha12Rng) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    (
        Key::generate(enctype, &mut rng).expect("a supported type has keys"),
        rng,
    )
}

#[divan::bench(args = ENCTYPES, sample_count = 10)]
fn string_to_key(enctype: Enctype) -> Key {
    Key::from_password(enctype, black_box("correct horse"), SALT, None)
        .expect("a supported type makes keys of passwords")
}

#[divan::bench(args = ENCTYPES)]
fn encrypt(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let (key, mut rng) = key(enctype);
    let plain = [7; TICKET];
    bencher.bench_local(|| key.encrypt(KeyUsage::TICKET, &mut rng, black_box(&plain)));
}

#[divan::bench(args = ENCTYPES)]
fn decrypt(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let (key, mut rng) = key(enctype);
    let cipher = key.encrypt(KeyUsage::TICKET, &mut rng, &[7; TICKET]);
    bencher.bench_local(|| key.decrypt(KeyUsage::TICKET, black_box(&cipher)));
}

#[divan::bench(args = ENCTYPES)]
fn checksum(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let (key, _) = key(enctype);
    let data = [7; TICKET];
    bencher.bench_local(|| key.checksum(KeyUsage::TGS_REQ_CHECKSUM, black_box(&data)));
}
