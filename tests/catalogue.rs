//! Each scenario of the catalogue is one test, named after its id.

use std::collections::BTreeSet;
use std::process::ExitCode;

use kdclab::catalogue::{self, Scenario};
use kdclab::check::{self, DEFAULT_SEED};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let scenarios = catalogue::embedded().unwrap_or_else(|error| panic!("{error}"));
    let mut trials = vec![ids(&scenarios)];
    trials.extend(
        scenarios
            .into_iter()
            .map(|scenario| Trial::test(scenario.id.clone(), move || runs(&scenario))),
    );
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
        let is_kebab = |id: &str| {
            id.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
        };
        match ids.iter().find(|id| !is_kebab(id)) {
            Some(id) => Err(format!("{id} is not kebab-case").into()),
            None => Ok(()),
        }
    })
}
