//! Small worlds, broken in one place.

use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED, PhaseReport};
use kdclab::script::model::Phase;
use kdclab::sim::World;

const HEAD: &str = r#"
format    = 1
title     = "A cell of a table"
catalogue = []
story     = "One situation, told by one implementation."
lesson    = true
"#;

pub(crate) fn scenario(world: &str, faults: &[&str], symptom: &str) -> Scenario {
    let faults: String = faults
        .iter()
        .map(|fault| format!("\n[[fault]]\n{fault}\n"))
        .collect();
    let text = format!("{HEAD}{world}{faults}\n[[symptom]]\n{symptom}\nevidence = \"ran\"\n");
    Scenario::parse(Path::new("cell.toml"), &text).unwrap_or_else(|error| panic!("{error}"))
}

/// The world works, and after `faults` the symptom is as stated. What travelled in it.
#[track_caller]
pub(crate) fn told(world: &str, faults: &[&str], symptom: &str) -> PhaseReport {
    let report = check::run(&scenario(world, faults, symptom), DEFAULT_SEED);
    let mismatches: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    assert!(report.is_ok(), "{}", mismatches.join("\n"));
    let broken = |phase: &PhaseReport| phase.phase == Phase::Broken;
    let Some(phase) = report.phases.into_iter().find(broken) else {
        panic!("the world was not broken")
    };
    phase
}

/// The world after `faults` and the first call of `symptom`.
pub(crate) fn played(world: &str, faults: &[&str], symptom: &str) -> World {
    let scenario = scenario(world, faults, symptom);
    let mut world = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None)
        .unwrap_or_else(|error| panic!("{error}"));
    let Some(call) = scenario.script.first_call() else {
        panic!("the symptom has no call")
    };
    world.call_one(&call);
    world
}
