//! Each scenario of the catalogue is one test, named after its id.

use std::collections::BTreeSet;
use std::process::ExitCode;

use kdclab::catalogue::{self, Scenario};
use kdclab::check::{self, DEFAULT_SEED, Mismatch};
use kdclab::script::model::Phase;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let scenarios = catalogue::embedded().unwrap_or_else(|error| panic!("{error}"));
    let mut trials = vec![ids(&scenarios)];
    for scenario in scenarios {
        let id = scenario.id.clone();
        if !scenario.script.lesson {
            let scenario = scenario.clone();
            trials.push(Trial::test(format!("without_faults::{id}"), move || {
                fails_without_faults(scenario)
            }));
        }
        trials.push(Trial::test(id, move || runs(&scenario)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn runs(scenario: &Scenario) -> Result<(), Failed> {
    let report = check::run(scenario, DEFAULT_SEED);
    if report.is_ok() {
        return Ok(());
    }
    let mismatches: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    Err(mismatches.join("\n").into())
}

/// What is stated of the broken world holds in no healthy one.
fn fails_without_faults(mut scenario: Scenario) -> Result<(), Failed> {
    scenario.script.fault.clear();
    let report = check::run(&scenario, DEFAULT_SEED);
    let fails = |mismatch: &Mismatch| mismatch.phase == Phase::Broken;
    if report.mismatches.iter().any(fails) {
        return Ok(());
    }
    Err("its symptom is there without its faults".into())
}

fn ids(scenarios: &[Scenario]) -> Trial {
    let ids: Vec<String> = scenarios
        .iter()
        .map(|scenario| scenario.id.clone())
        .collect();
    Trial::test("every_id_is_unique_and_kebab_case", move || {
        let unique: BTreeSet<&String> = ids.iter().collect();
        if unique.len() != ids.len() {
            return Err("two scenarios have the same id".into());
        }
        match ids.iter().find(|id| !catalogue::is_id(id)) {
            Some(id) => Err(format!("{id} is not kebab-case").into()),
            None => Ok(()),
        }
    })
}
