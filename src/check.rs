//! The runner: a scenario is healthy, then broken exactly as it says, and each fix ends as it says.

mod mismatch;

use std::ops::Range;

use kdclab_proto::{KerberosTime, KeyCache};
use sha2::{Digest, Sha256};

use crate::catalogue::Scenario;
use crate::script::model::{Control, Expectation, Fix, Phase, SymptomCheck};
use crate::script::values::ErrorName;
use crate::script::{Script, Spanned};
use crate::sim::{Outcome, Packet, VerbError, World};

pub use mismatch::Mismatch;

/// The seed that is used unless another is asked for.
pub const DEFAULT_SEED: u64 = 1;

/// What came of one scenario.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's id.
    pub id: String,
    /// The seed it ran with.
    pub seed: u64,
    /// The phases, in the order they ran.
    pub phases: Vec<PhaseReport>,
    /// SHA-256 over every packet of every phase: phase, time, endpoints, transport, length, bytes.
    pub transcript_sha256: String,
    /// Every statement of the file that did not hold.
    pub mismatches: Vec<Mismatch>,
}

impl Report {
    /// Whether every statement of the file held.
    pub fn is_ok(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// What came of one phase.
#[derive(Clone, Debug)]
pub struct PhaseReport {
    /// Which phase.
    pub phase: Phase,
    /// Whether it went as the file says.
    pub ok: bool,
    /// The error its last call ended with.
    pub error: Option<ErrorName>,
    /// What the host that raised the error had noticed.
    pub cause: Option<String>,
    /// The host that raised the error.
    pub sent_by: Option<String>,
    /// The packets that travelled.
    pub packets: Vec<Packet>,
    /// What travelled, rendered line by line.
    pub timeline: Vec<String>,
}

/// How scenarios are played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where all randomness comes from.
    pub seed: u64,
    /// Whether the timelines take every message apart: what it says in clear, and who can and who cannot
    /// decrypt the rest.
    pub trace: bool,
    /// The keys of passwords that are known already. Scenarios that share it derive no key twice.
    pub key_cache: KeyCache,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            trace: false,
            key_cache: KeyCache::default(),
        }
    }
}

/// Runs `scenario` from `seed`.
pub fn run(scenario: &Scenario, seed: u64) -> Report {
    let options = Options {
        seed,
        ..Options::default()
    };
    run_with(scenario, &options)
}

/// Runs `scenario` as `options` say.
pub fn run_with(scenario: &Scenario, options: &Options) -> Report {
    let mut run = Run {
        scenario,
        options,
        phases: Vec::new(),
        mismatches: Vec::new(),
        hash: Sha256::new(),
    };
    run.scenario();
    Report {
        id: scenario.id.clone(),
        seed: options.seed,
        phases: run.phases,
        transcript_sha256: hex(&run.hash.finalize()),
        mismatches: run.mismatches,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The world of `scenario` in `phase`, before any call of that phase. It begins at `epoch`, or when the
/// scenario says.
///
/// # Errors
/// [`VerbError`] of the first step that could not be done, or a phase that the scenario does not have.
pub fn world_in(
    scenario: &Scenario,
    phase: Phase,
    seed: u64,
    epoch: Option<KerberosTime>,
) -> Result<World, VerbError> {
    let script = &scenario.script;
    let mut world = World::build(script, seed, epoch, &KeyCache::default())?;
    world.apply_all(&script.given)?;
    if matches!(phase, Phase::Healthy | Phase::Control(_)) {
        return Ok(world);
    }
    world.apply_all(&script.fault)?;
    if let Phase::Fix(number) = phase {
        for symptom in &script.symptom {
            act(&mut world, symptom.get_ref());
        }
        world.apply_all(&fix_of(script, number)?.steps)?;
    }
    Ok(world)
}

/// The fix of `script` with this number, from 1.
pub(crate) fn fix_of(script: &Script, number: usize) -> Result<&Fix, VerbError> {
    let fix = number
        .checked_sub(1)
        .and_then(|index| script.fix.get(index));
    fix.ok_or(VerbError::NoSuchPhase {
        phase: Phase::Fix(number),
        fixes: script.fix.len(),
    })
}

/// Plays one act of a symptom; several clients may act at once.
pub(crate) fn act(world: &mut World, symptom: &SymptomCheck) -> Vec<Outcome> {
    if let Some(wait) = symptom.wait {
        world.wait(wait.0);
    }
    match symptom {
        SymptomCheck {
            call: Some(call), ..
        } => vec![world.call_one(call)],
        SymptomCheck {
            kpasswd: Some(kpasswd),
            ..
        } => vec![world.kpasswd(kpasswd)],
        SymptomCheck { job: Some(job), .. } => vec![world.run_job(job)],
        SymptomCheck {
            simultaneous: Some(calls),
            ..
        } => world.call(calls),
        SymptomCheck {
            start: Some(start), ..
        } => vec![world.start_daemon(start)],
        SymptomCheck { act: Some(act), .. } => vec![world.act(act)],
        _ => unreachable!("a symptom without an act is refused when its file is read"),
    }
}

struct Run<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    phases: Vec<PhaseReport>,
    mismatches: Vec<Mismatch>,
    hash: Sha256,
}

impl Run<'_> {
    fn scenario(&mut self) {
        let script = &self.scenario.script;
        let options = self.options;
        let mut healthy = match World::build(script, options.seed, None, &options.key_cache) {
            Ok(world) => world,
            Err(error) => return self.impossible(Phase::Healthy, &error),
        };
        for verb in &script.given {
            if let Err(error) = healthy.apply(verb.get_ref()) {
                return self.impossible_step(Phase::Healthy, &error, verb.span());
            }
        }
        self.hash_packets(Phase::Healthy, &healthy, 0);
        let mut used = healthy.clone();
        self.healthy(&mut used);
        self.controls(Phase::Healthy, &used, None);

        let mut broken = healthy;
        let given = broken.packets().len();
        for verb in &script.fault {
            if let Err(error) = broken.apply(verb.get_ref()) {
                return self.impossible_step(Phase::Broken, &error, verb.span());
            }
        }
        self.hash_packets(Phase::Broken, &broken, given);
        if !script.lesson || !script.fault.is_empty() {
            let mismatches = self.mismatches.len();
            self.broken(&mut broken);
            self.controls(Phase::Broken, &broken, None);
            self.settle(Phase::Broken, mismatches);
        }
        for (index, fix) in script.fix.iter().enumerate() {
            self.fix(Phase::Fix(index + 1), &mut broken.clone(), fix);
        }
    }

    /// Every call of the symptom succeeds, unless it must fail.
    fn healthy(&mut self, world: &mut World) {
        let phase = Phase::Healthy;
        let mismatches = self.mismatches.len();
        let before = world.packets().len();
        if self.scenario.script.is_told_by_logs() {
            let is_logged = self.symptom_is_logged(&mut world.clone());
            let span = self.scenario.script.symptom[0].span();
            self.expect_log(phase, world, before, span, false, is_logged);
        }
        for symptom in &self.scenario.script.symptom {
            let place = symptom.span().start;
            let must_fail = symptom.get_ref().must_fail.as_ref();
            let expected = must_fail.map(|error| *error.get_ref());
            for outcome in act(world, symptom.get_ref()) {
                if outcome.error() != expected {
                    let place = must_fail.map_or(place, |error| error.span().start);
                    self.mismatches.push(Mismatch::before_the_fault(
                        phase,
                        self.scenario.place_at(place),
                        expected,
                        &outcome,
                        world.timeline(before),
                    ));
                }
            }
        }
        self.close(phase, world, before, None, mismatches);
    }

    /// Every call of the symptom ends as the file says.
    fn broken(&mut self, world: &mut World) {
        let phase = Phase::Broken;
        let mismatches = self.mismatches.len();
        let before = world.packets().len();
        let mut last_failure = None;
        for symptom in &self.scenario.script.symptom {
            let start = world.packets().len();
            let place = symptom.span();
            let symptom = symptom.get_ref();
            let outcomes = act(world, symptom);
            for (index, outcome) in outcomes.into_iter().enumerate() {
                let expectation = if index == symptom.failing_index() {
                    symptom.expectation()
                } else {
                    Expectation::default()
                };
                self.compare(phase, world, start, &place, &expectation, &outcome);
                if outcome.result.is_err() {
                    last_failure = Some(outcome);
                }
            }
        }
        self.close(phase, world, before, last_failure.as_ref(), mismatches);
    }

    fn compare(
        &mut self,
        phase: Phase,
        world: &World,
        start: usize,
        table: &Range<usize>,
        expectation: &Expectation,
        outcome: &Outcome,
    ) {
        let mut differences = mismatch::differences(world, start, expectation, outcome)
            .into_iter()
            .peekable();
        while let Some(difference) = differences.next() {
            // The packets of the act are shown once, below all that is wrong with it.
            let timeline = match differences.peek() {
                Some(_) => Vec::new(),
                None => world.timeline(start),
            };
            self.mismatches.push(Mismatch {
                phase,
                place: self
                    .scenario
                    .place_at(difference.span.as_ref().unwrap_or(table).start),
                what: difference.what,
                expected: difference.expected,
                actual: difference.actual,
                timeline,
            });
        }
    }

    /// Every control ends as the file says, on a copy of `world` each; the one that a wrong fix breaks
    /// does not.
    fn controls(&mut self, phase: Phase, world: &World, broken_control: Option<usize>) {
        for (index, control) in self.scenario.script.control.iter().enumerate() {
            let number = index + 1;
            let mut world = world.clone();
            let before = world.packets().len();
            let mismatches = self.mismatches.len();
            let table = control.span();
            let control = control.get_ref();
            let outcome = act_control(&mut world, control);
            let expected = control.error.as_ref().map(|error| *error.get_ref());
            let holds = outcome.error() == expected;
            if holds == (broken_control == Some(number)) {
                self.mismatches.push(Mismatch {
                    phase,
                    place: self.scenario.place_at(table.start),
                    what: format!("control {number}"),
                    expected: if holds {
                        "no longer holds".to_owned()
                    } else {
                        mismatch::described(expected)
                    },
                    actual: mismatch::described(outcome.error()),
                    timeline: world.timeline(before),
                });
            } else if holds {
                self.compare(
                    phase,
                    &world,
                    before,
                    &table,
                    &control.expectation(),
                    &outcome,
                );
            }
            if phase == Phase::Healthy {
                self.close(
                    Phase::Control(number),
                    &world,
                    before,
                    Some(&outcome),
                    mismatches,
                );
            } else {
                self.hash_packets(Phase::Control(number), &world, before);
            }
        }
    }

    /// The fix's steps are done, and the symptom is gone or remains as the file says.
    fn fix(&mut self, phase: Phase, world: &mut World, fix: &Fix) {
        let mismatches = self.mismatches.len();
        let before = world.packets().len();
        for verb in &fix.steps {
            if let Err(error) = world.apply(verb.get_ref()) {
                return self.impossible_step(phase, &error, verb.span());
            }
        }
        let start = world.packets().len();
        if self.scenario.script.is_told_by_logs() {
            let remains = self.symptom_is_logged(world);
            let is_there = !fix.works && fix.breaks_control.is_none();
            self.expect_log(phase, world, start, fix.title.span(), is_there, remains);
            self.close(phase, world, before, None, mismatches);
            let broken_control = fix.breaks_control.as_ref();
            self.controls(phase, world, broken_control.map(|number| *number.get_ref()));
            return self.settle(phase, mismatches);
        }
        let expected = fix.error.as_ref().map(|error| *error.get_ref());
        let failure = self.try_symptom(world, expected);
        let remains = failure.as_ref().and_then(Outcome::error);
        if remains != expected {
            let place = fix
                .error
                .as_ref()
                .map_or_else(|| fix.title.span(), Spanned::span);
            self.mismatches.push(Mismatch {
                phase,
                place: self.scenario.place_at(place.start),
                what: match (fix.works, self.scenario.script.must_fail()) {
                    (true, false) => "a fix that works",
                    (true, true) => "the act that must fail, after a fix that works",
                    (false, false) => "what remains after a wrong fix",
                    (false, true) => "the act that must fail, after a wrong fix",
                }
                .to_owned(),
                expected: mismatch::described(expected),
                actual: mismatch::described(remains),
                timeline: world.timeline(start),
            });
        } else if let Some(outcome) = &failure {
            self.compare(
                phase,
                world,
                start,
                &fix.title.span(),
                &fix.expectation(),
                outcome,
            );
        }
        self.close(phase, world, before, failure.as_ref(), mismatches);
        self.controls(
            phase,
            world,
            fix.breaks_control.as_ref().map(|number| *number.get_ref()),
        );
        self.settle(phase, mismatches);
    }

    /// Plays a symptom that is told by logs alone; whether they tell all of it.
    fn symptom_is_logged(&self, world: &mut World) -> bool {
        let mut symptoms = self.scenario.script.symptom.iter();
        symptoms.all(|symptom| {
            let symptom = symptom.get_ref();
            let expectation = Expectation {
                log: symptom.log.clone(),
                ..Expectation::default()
            };
            let start = world.packets().len();
            let outcomes = act(world, symptom);
            outcomes.iter().all(|outcome| {
                mismatch::differences(world, start, &expectation, outcome).is_empty()
            })
        })
    }

    fn expect_log(
        &mut self,
        phase: Phase,
        world: &World,
        start: usize,
        span: Range<usize>,
        expected: bool,
        actual: bool,
    ) {
        let told = |is_logged: bool| match is_logged {
            true => "the lines of the symptom",
            false => "not the lines of the symptom",
        };
        if expected != actual {
            self.mismatches.push(Mismatch {
                phase,
                place: self.scenario.place_at(span.start),
                what: "log".to_owned(),
                expected: told(expected).to_owned(),
                actual: told(actual).to_owned(),
                timeline: world.timeline(start),
            });
        }
    }

    /// Whether a phase went as the file says is known once its controls were tried.
    fn settle(&mut self, phase: Phase, mismatches: usize) {
        if let Some(report) = self.phases.iter_mut().rfind(|report| report.phase == phase) {
            report.ok = self.mismatches.len() == mismatches;
        }
    }

    /// The calls of the symptom, as far as the first that fails; of those that must fail, as far as the
    /// first that does not end as `expected`, or else the last.
    fn try_symptom(&self, world: &mut World, expected: Option<ErrorName>) -> Option<Outcome> {
        let script = &self.scenario.script;
        let must_fail = script.must_fail();
        let mut last = None;
        for symptom in &script.symptom {
            for outcome in act(world, symptom.get_ref()) {
                let error = outcome.error();
                let decides = match (must_fail, expected) {
                    (true, Some(_)) => error != expected,
                    (true, None) => error.is_none(),
                    (false, _) => error.is_some(),
                };
                if decides {
                    return Some(outcome);
                }
                last = Some(outcome);
            }
        }
        last.filter(|_| must_fail)
    }

    fn close(
        &mut self,
        phase: Phase,
        world: &World,
        before: usize,
        outcome: Option<&Outcome>,
        mismatches: usize,
    ) {
        self.hash_packets(phase, world, before);
        let failure = outcome.and_then(|outcome| outcome.result.as_ref().err());
        self.phases.push(PhaseReport {
            phase,
            ok: self.mismatches.len() == mismatches,
            error: failure.map(|failure| failure.error),
            cause: failure.map(|failure| failure.cause.clone()),
            sent_by: failure.and_then(|failure| failure.sent_by.clone()),
            packets: world.packets()[before..].to_vec(),
            timeline: if self.options.trace {
                world.dissected_timeline(before)
            } else {
                world.timeline(before)
            },
        });
    }

    fn hash_packets(&mut self, phase: Phase, world: &World, before: usize) {
        for packet in world.packets().iter().skip(before) {
            let bytes = packet.payload.bytes();
            self.hash.update(format!(
                "{phase} {} {} {} {} {}\n",
                packet.sent.unix_microseconds(),
                packet.source,
                packet.destination,
                packet.payload.transport(),
                bytes.len(),
            ));
            self.hash.update(bytes);
        }
    }

    fn impossible(&mut self, phase: Phase, error: &VerbError) {
        self.mismatches.push(Mismatch::impossible(
            phase,
            self.scenario.whole_file(),
            error,
        ));
    }

    /// A step cannot be done, so the phase it leads to cannot be played.
    fn impossible_step(&mut self, phase: Phase, error: &VerbError, span: Range<usize>) {
        self.mismatches.push(Mismatch::impossible(
            phase,
            self.scenario.place_at(span.start),
            error,
        ));
        self.phases.push(PhaseReport {
            phase,
            ok: false,
            error: None,
            cause: None,
            sent_by: None,
            packets: Vec::new(),
            timeline: Vec::new(),
        });
    }
}

fn act_control(world: &mut World, control: &Control) -> Outcome {
    match control {
        Control {
            call: Some(call), ..
        } => world.call_one(call),
        Control {
            kpasswd: Some(kpasswd),
            ..
        } => world.kpasswd(kpasswd),
        Control { job: Some(job), .. } => world.run_job(job),
        Control {
            replay: Some(replay),
            ..
        } => world.replay(replay),
        Control {
            start: Some(start), ..
        } => world.start_daemon(start),
        Control { act: Some(act), .. } => world.act(act),
        _ => unreachable!("a control without an act is refused when its file is read"),
    }
}
