//! A scenario played by real programs: what it says of a failure, beside what they print.

mod calls;
mod failed;
mod network;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::{Call, Expectation, Kpasswd, Phase, SymptomCheck};
use kdclab::script::values::ErrorName;
use kdclab::script::verb::Verb;
use kdclab::script::{self, Scope, Spanned};
use kdclab::sim::{Outcome, World};
use kdclab_proto::{KeyCache, Principal};
use tempfile::TempDir;

use self::failed::Failed;
use self::network::Network;
use crate::driver::now;
use crate::gss::{Gss, Lent, Told};
use crate::krb5kdc::Krb5kdc;
use crate::served::{Served, Session, text};

pub(crate) use self::failed::{com_err, refusal, says};

/// Which KDC the programs meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kdc {
    /// MIT's.
    Krb5kdc,
    /// `kdclab serve`.
    Ours,
}

/// Who takes part in a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    Kinit,
    Kpasswd,
    Kvno,
    MitInitiator,
    MitAcceptor,
    JavaLogin,
    JavaInitiator,
    JavaAcceptor,
    /// The lab's own: it stands for a host whose programs cannot run here.
    OurAcceptor,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kinit => "kinit",
            Self::Kpasswd => "kpasswd",
            Self::Kvno => "kvno",
            Self::MitInitiator => "MIT GSS initiator",
            Self::MitAcceptor => "MIT GSS acceptor",
            Self::JavaLogin => "Krb5LoginModule",
            Self::JavaInitiator => "JGSS initiator",
            Self::JavaAcceptor => "JGSS acceptor",
            Self::OurAcceptor => "(kdclab's acceptor)",
        })
    }
}

/// A scenario in the hands of real programs.
pub(crate) struct Play<'a> {
    scenario: &'a Scenario,
    phase: Phase,
    kdc: Kdc,
    /// The simulation of the same.
    world: World,
    served: Served,
    krb5kdc: Option<Krb5kdc>,
    network: Network,
    home: TempDir,
    /// Of each user on each host.
    sessions: BTreeMap<(Principal, String), Session>,
    mit: Lent,
    /// The programs that took part.
    used: BTreeSet<Program>,
    /// What acceptors said of the last call, by host.
    acceptors: BTreeMap<String, Told>,
}

/// What there is to agree with.
pub(crate) enum Stated {
    /// The file's own words.
    ByScenario,
    /// What the simulation comes to.
    BySimulation,
}

impl<'a> Play<'a> {
    /// The scenario as it is in `phase`, before any call of that phase.
    pub(crate) fn start(scenario: &'a Scenario, phase: Phase, kdc: Kdc) -> Self {
        let served = Served::start(text(&scenario.path), &phase.to_string());
        let script = &scenario.script;
        let home = TempDir::new().unwrap();
        let krb5kdc = (kdc == Kdc::Krb5kdc).then(|| Krb5kdc::start(script));
        let real_address = krb5kdc.as_ref().map(|krb5kdc| krb5kdc.realm.address());
        let world = match kdc {
            Kdc::Krb5kdc => World::build(script, DEFAULT_SEED, None, &KeyCache::default()),
            Kdc::Ours => check::world_in(scenario, phase, DEFAULT_SEED, None),
        };
        let mut play = Self {
            scenario,
            phase,
            kdc,
            world: world.unwrap(),
            network: Network::start(script, real_address),
            served,
            krb5kdc,
            mit: Gss::mit_initiator(),
            used: BTreeSet::new(),
            home,
            sessions: BTreeMap::new(),
            acceptors: BTreeMap::new(),
        };
        if kdc == Kdc::Krb5kdc {
            play.prepare();
        }
        play
    }

    /// Brings krb5kdc's realms, and the simulation, into the phase.
    fn prepare(&mut self) {
        let script = &self.scenario.script;
        for verb in script.given.iter().chain(&script.fault) {
            self.apply(verb.get_ref());
        }
        if let Phase::Fix(number) = self.phase {
            for symptom in &script.symptom {
                self.symptom_call(symptom.get_ref());
            }
            for verb in &script.fix[number - 1].steps {
                self.apply(verb.get_ref());
            }
        }
    }

    fn apply(&mut self, verb: &Verb) {
        match verb {
            Verb::Attempt(attempt) => {
                for _ in 0..*attempt.times.get_ref() {
                    let call = attempt.call.as_ref().expect("a call");
                    let failed = self.call(call).err();
                    assert_eq!(
                        failed.is_some(),
                        attempt.error.is_some(),
                        "{attempt:?}: {:?}",
                        failed.map(|failed| failed.told)
                    );
                    if attempt.error.is_none()
                        && call.to.is_none()
                        && self.is_java(call.from.get_ref())
                    {
                        self.fill_cache(call);
                    }
                }
            }
            Verb::PurgeCcache(cache) => {
                let user = self.principal(cache.user.get_ref());
                let key = (user, cache.on.get_ref().clone());
                drop(self.sessions.remove(&key));
            }
            Verb::HostDown(_) | Verb::Link(_) => self.network.apply(verb),
            Verb::Noop(verb) => self.krb5kdc_mut().apply(verb),
            other => self.krb5kdc_mut().apply(other),
        }
        self.world.apply(verb).unwrap();
    }

    fn krb5kdc_mut(&mut self) -> &mut Krb5kdc {
        self.krb5kdc.as_mut().expect("krb5kdc runs")
    }

    /// The programs that took part so far.
    pub(crate) fn used(&self) -> &BTreeSet<Program> {
        &self.used
    }

    fn principal(&self, name: &str) -> Principal {
        Scope::new(&self.scenario.script).parse(name).unwrap()
    }

    /// Plays the symptom, or without one the controls, and compares each call.
    pub(crate) fn compare_all(&mut self, stated: &Stated) {
        let script = &self.scenario.script;
        for (index, symptom) in script.symptom.iter().enumerate() {
            let symptom = symptom.get_ref();
            let log_start = self.log_length();
            let (failed, simulated) = self.symptom_call(symptom);
            let remains = simulated.error.is_some();
            let expectation = match (stated, self.phase) {
                (Stated::ByScenario, Phase::Broken) => completed(symptom.expectation(), &simulated),
                (Stated::ByScenario, Phase::Fix(number)) => {
                    let fix = script.fix[number - 1].expectation();
                    let is_it = |error: &Spanned<ErrorName>| {
                        simulated
                            .error
                            .as_ref()
                            .is_some_and(|simulated| simulated.get_ref() == error.get_ref())
                    };
                    match fix.error.as_ref().is_some_and(is_it) {
                        true => completed(fix, &simulated),
                        false => simulated,
                    }
                }
                _ => simulated,
            };
            let title = format!("{} ({}), call {}", self.scenario.id, self.phase, index + 1);
            let from = symptom.call.as_ref().map(|call| call.from.get_ref());
            self.compare(&title, from, &expectation, failed, log_start);
            // What comes after the first failure is not told of a fix.
            if remains && matches!(self.phase, Phase::Fix(_)) && !script.must_fail() {
                break;
            }
        }
        let controls = script.control.iter().filter(|_| script.symptom.is_empty());
        for (index, control) in controls.enumerate() {
            let call = control.get_ref().call.as_ref().expect("a call");
            let log_start = self.log_length();
            let failed = self.call(call).err();
            let expectation = self.simulated(call);
            let title = format!("{}, control {}", self.scenario.id, index + 1);
            self.compare(
                &title,
                Some(call.from.get_ref()),
                &expectation,
                failed,
                log_start,
            );
        }
    }

    fn log_length(&self) -> usize {
        self.krb5kdc.as_ref().map_or(0, |kdc| kdc.realm.log().len())
    }

    /// One act, by real programs and in the simulation.
    fn symptom_call(&mut self, symptom: &SymptomCheck) -> (Option<Failed>, Expectation) {
        if let Some(wait) = symptom.wait {
            self.world.wait(wait.0);
            match self.kdc {
                Kdc::Krb5kdc => next_second(),
                Kdc::Ours => self.served.ctl(&["wait", &format!("{}s", wait.seconds())]),
            }
        }
        if let Some(kpasswd) = &symptom.kpasswd {
            let failed = self.kpasswd(kpasswd).err();
            return (failed, expectation(self.world.kpasswd(kpasswd)));
        }
        let call = symptom.call.as_ref().expect("one call at a time");
        let failed = self.call(call).err();
        (failed, self.simulated(call))
    }

    fn kpasswd(&mut self, kpasswd: &Kpasswd) -> Result<(), Failed> {
        self.acceptors.clear();
        self.used.insert(Program::Kpasswd);
        let user = self.principal(kpasswd.user.get_ref());
        let old = kpasswd.old.clone().unwrap_or_else(|| {
            let login = script::step(self.world.scope(), &login_of(kpasswd)).unwrap();
            let Verb::Attempt(login) = login else {
                panic!("{login:?}");
            };
            let call = login.call.expect("a call");
            let typed = self.world.password(&call, &user);
            typed.expect("a password").to_owned()
        });
        let session = self.session(&user, kpasswd.from.get_ref());
        calls::kpasswd(session, kpasswd, &user, &old)
    }

    /// What a call comes to in the simulation.
    fn simulated(&mut self, call: &Call) -> Expectation {
        expectation(self.world.call_one(call))
    }

    fn compare(
        &self,
        title: &str,
        from: Option<&String>,
        expectation: &Expectation,
        failed: Option<Failed>,
        log_start: usize,
    ) {
        let error = expectation.error.as_ref().map(|error| *error.get_ref());
        let Some(failed) = failed else {
            assert_eq!(error, None, "{title}: the real programs succeed");
            return;
        };
        let said = format!("{title}: {} says{}", failed.by, failed.told);
        let Some(error) = error else {
            panic!("{said}\nand the scenario says that it works");
        };
        if let Some(refusal) = failed.refusal {
            assert_eq!(refusal, error, "{said}\nafter this KRB-ERROR");
        }
        if let (Some(number), Some(expected)) = (failed.told.com_err, com_err(error)) {
            assert_eq!(
                number,
                expected,
                "{said}\nthe scenario: {}",
                error.described()
            );
        }
        let by_name = |name: &str| format!("{said}\n{name} of the scenario: {}", error.described());
        if let Some(expected) = &expectation.text {
            let expected = expected.get_ref();
            assert!(
                says(&failed.told, expected),
                "{}\n    {expected}",
                by_name("text")
            );
        } else {
            // Nothing to agree with, unless the program has no words of its own: Java's `null`.
            let texts = &failed.told.texts;
            let is_mute = texts.iter().all(|text| text.ends_with(": null"));
            assert!(is_mute, "{}\n    no text", by_name("text"));
        }
        for (host, expected) in &expectation.log {
            // Only the logs of our own actors are stated as a whole.
            let Some(expected) = expected.get_ref().part() else {
                continue;
            };
            let by_client = (from == Some(host)).then_some(&failed.told);
            if let Some(told) = by_client.or_else(|| self.acceptors.get(host)) {
                assert!(
                    told.texts.iter().any(|text| text.contains(expected)),
                    "{title}: {host} says{told}\nlog of the scenario:\n    {expected}"
                );
            } else if let Some(krb5kdc) = &self.krb5kdc {
                let log = krb5kdc.realm.log();
                let log = &log[log_start..];
                assert!(
                    log.contains(expected),
                    "{title}: krb5kdc says\n{log}\nlog of the scenario:\n    {expected}"
                );
            }
        }
        // kinit prints no numbers; its library's trace has that of each KRB-ERROR from a KDC.
        let by_kdc = expectation
            .sent_by
            .as_ref()
            .is_some_and(|host| !self.acceptors.contains_key(host.get_ref()));
        if let Some(trace) = failed.trace.filter(|_| by_kdc) {
            let number = com_err(error).expect("a code of a KRB-ERROR");
            assert!(
                trace.contains(&format!(": {number}/")),
                "{said}\nthe scenario: {}\n{trace}",
                error.described()
            );
        }
    }
}

/// The login of the user who changes a password.
fn login_of(kpasswd: &Kpasswd) -> String {
    format!(
        "attempt = {{ call = {{ user = \"{}\", from = \"{}\" }} }}",
        kpasswd.user.get_ref(),
        kpasswd.from.get_ref()
    )
}

fn expectation(outcome: Outcome) -> Expectation {
    let Err(failure) = outcome.result else {
        return Expectation::default();
    };
    let spanned = |text| Spanned::new(0..0, text);
    Expectation {
        error: Some(Spanned::new(0..0, failure.error)),
        text: failure.text.map(spanned),
        sent_by: failure.sent_by.map(spanned),
        ..Expectation::default()
    }
}

/// What the file says, and where it has no text the simulation's.
fn completed(stated: Expectation, simulated: &Expectation) -> Expectation {
    Expectation {
        text: stated.text.or_else(|| simulated.text.clone()),
        sent_by: stated.sent_by.or_else(|| simulated.sent_by.clone()),
        ..stated
    }
}

/// Until the clock shows another second, which is as finely as tickets tell time.
fn next_second() {
    let second = now().time();
    while now().time() == second {
        std::thread::yield_now();
    }
}
