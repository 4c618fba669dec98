//! From nothing to a served world whose every socket answers.

use divan::Bencher;
use kdclab::catalogue;
use kdclab::script::model::Phase;
use kdclab::serve::{Instance, ServeOptions};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

/// A world with one realm, its keys made of passwords included.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn start_to_ready(bencher: Bencher<'_, '_>) {
    let scenario = catalogue::find("client-disabled").expect("the tests checked the catalogue");
    let runtime = Runtime::new().expect("a runtime");
    let options = ServeOptions::default().in_phase(Phase::Broken);
    bencher.bench_local(|| {
        let instance = runtime.block_on(Instance::start(&scenario, &options));
        instance.expect("free ports")
    });
}
