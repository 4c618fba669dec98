//! Every scenario of the catalogue in the hands of real programs, which meet `kdclab serve`: one test per scenario.
//!
//! `docs/proof.md` says what is proven and why the rest cannot be. `make proof` writes it.

#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod driver;
#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod gss;
#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod krb5kdc;
#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod mit_realm;
#[allow(
    dead_code,
    unused_imports,
    reason = "tests/interop/main.rs uses all of it"
)]
mod play;
#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod relay;
#[allow(dead_code, reason = "tests/interop/main.rs uses all of it")]
mod served;

#[path = "proof/page.rs"]
mod page;
#[path = "proof/plan.rs"]
mod plan;
#[path = "proof/rows.rs"]
mod rows;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use kdclab::catalogue::{self, Scenario};
use kdclab::script::model::Phase;
use libtest_mimic::{Arguments, Failed, Trial};

use self::page::Page;
use self::plan::{Plan, Verdict};
use self::play::{Kdc, Play, Program, Stated};

/// Set by `make proof`.
const WRITE: &str = "KDCLAB_WRITE_PROOF";

/// The programs that took part in each scenario.
type Used = Arc<Mutex<BTreeMap<String, BTreeSet<Program>>>>;

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Programs wait more than they work.
    arguments.test_threads.get_or_insert(4);
    panic::set_hook(Box::new(|info| {
        LAST_PANIC.with_borrow_mut(|last| *last = info.to_string());
    }));
    let scenarios = catalogue::embedded().unwrap_or_else(|error| panic!("{error}"));
    let plans = planned(scenarios);
    let page = Arc::new(Page::new(&plans));
    let used = Used::default();
    let checked = Arc::clone(&page);
    let mut trials = vec![Trial::test(
        "every_row_is_shown_by_what_is_there",
        move || checked.check_rows(),
    )];
    if std::env::var_os(WRITE).is_none() {
        let page = Arc::clone(&page);
        trials.push(Trial::test("docs_proof_md_is_what_is_played", move || {
            page.check()
        }));
    }
    // The longest first, so that nothing waits for one of them at the end.
    let mut longest = Vec::new();
    for (scenario, plan) in plans {
        let has_slow = plan
            .iter()
            .any(|(_, verdict)| *verdict == Verdict::Plays { is_slow: true });
        for is_slow in [false, true] {
            let mut phases = plan.clone();
            phases.retain(|(_, verdict)| *verdict == Verdict::Plays { is_slow });
            if phases.is_empty() {
                continue;
            }
            let name = match is_slow {
                true => format!("slow::{}", scenario.id),
                false => scenario.id.clone(),
            };
            let (scenario, used) = (scenario.clone(), Arc::clone(&used));
            let trial = Trial::test(name, move || {
                for (phase, _) in &phases {
                    play(&scenario, *phase, &used)?;
                }
                if has_slow || std::env::var_os(WRITE).is_some() {
                    return Ok(());
                }
                Page::check_programs(&scenario.id, &used.lock().unwrap()[&scenario.id])
            });
            match is_slow {
                true => longest.push(trial),
                false => trials.push(trial),
            }
        }
    }
    longest.extend(trials);
    let conclusion = libtest_mimic::run(&arguments, longest);
    if std::env::var_os(WRITE).is_some() && !conclusion.has_failed() {
        page.write(&used.lock().unwrap());
    }
    conclusion.exit_code()
}

/// What becomes of each phase of each scenario. Keys of passwords take their time.
fn planned(scenarios: Vec<Scenario>) -> Vec<(Scenario, Plan)> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let length = scenarios.len().div_ceil(workers);
    std::thread::scope(|scope| {
        let parts: Vec<_> = scenarios
            .chunks(length)
            .map(|part| scope.spawn(|| part.iter().map(plan::of).collect::<Vec<_>>()))
            .collect();
        let plans = parts.into_iter().flat_map(|part| part.join().unwrap());
        let plans: Vec<_> = plans.collect();
        scenarios.iter().cloned().zip(plans).collect()
    })
}

fn play(scenario: &Scenario, phase: Phase, used: &Used) -> Result<(), Failed> {
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut play = Play::start(scenario, phase, Kdc::Ours);
        play.compare_all(&Stated::ByScenario);
        play.used().clone()
    }));
    let programs = played.map_err(|_| LAST_PANIC.with_borrow(Clone::clone))?;
    let mut used = used.lock().unwrap();
    used.entry(scenario.id.clone())
        .or_default()
        .extend(programs);
    Ok(())
}
