//! The catalogue: how many scenarios a second, and which are the slowest.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use kdclab::catalogue::{self, Scenario};
use kdclab::check::{self, DEFAULT_SEED, Options};

fn main() {
    divan::main();
    slowest();
}

fn scenarios() -> Vec<Scenario> {
    catalogue::embedded().expect("the tests checked the catalogue")
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn whole_catalogue(bencher: Bencher<'_, '_>) {
    let scenarios = scenarios();
    bencher
        .counter(ItemsCount::new(scenarios.len()))
        .bench_local(|| {
            let options = Options::default();
            for scenario in &scenarios {
                assert!(check::run_with(scenario, &options).is_ok());
            }
        });
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn slowest() {
    let mut times: Vec<(Duration, String)> = scenarios()
        .iter()
        .map(|scenario| {
            let start = std::time::Instant::now();
            check::run(scenario, DEFAULT_SEED);
            (start.elapsed(), scenario.id.clone())
        })
        .collect();
    times.sort();
    println!("\nslowest scenarios");
    for (time, id) in times.iter().rev().take(5) {
        println!("{time:>12.1?}  {id}");
    }
}
