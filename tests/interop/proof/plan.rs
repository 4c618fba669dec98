//! Which phases of a scenario real programs can play here, and why the others cannot be played.

use std::fmt;
use std::time::Duration;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::Script;
use kdclab::script::model::{Call, ClientTable, DialectName, Kpasswd, Phase, SymptomCheck};
use kdclab::script::values::ErrorName;
use kdclab::script::verb::Verb;
use kdclab::sim::{Outcome, World};

/// What takes longer begins before the rest. Clients that wait for a silent KDC are patient.
const PATIENCE: Duration = Duration::from_secs(6);
/// What Java waits for a KDC, and what it waits here.
const JAVA_HURRIES: u32 = 30;

/// What becomes of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody here can show it.
    Cannot(Reason),
    /// Real programs play it.
    Plays {
        /// Whether it takes long.
        is_slow: bool,
    },
}

/// The phases of a scenario, with what becomes of each.
pub(crate) type Plan = Vec<(Phase, Verdict)>;

/// Why no real program here can show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// It takes an administrator's program that sets the password of somebody else.
    AnothersPassword,
    /// An attacker sends a recorded message again.
    Attacker,
    /// The caller's programs do not run here.
    Caller(Absent),
    /// A daemon starts, which no Kerberos program knows of.
    Daemon,
    /// A job runs, which no Kerberos program knows of.
    Job,
    /// The caller sends messages that no honest program sends.
    Manipulated,
    /// Java tells the words of the machine's name service, which the tests keep it from asking.
    NameService,
    /// The caller has no identity, and there is no program to start.
    NoIdentity,
    /// The program must not ask the service to prove itself.
    NotMutual,
    /// A program of Windows acts.
    Program,
    /// Several clients act in the same microsecond.
    Simultaneous,
    /// What fails is the program's own handling of a socket or a lock.
    System,
    /// Somebody else's ticket-granting ticket must be shown to the KDC.
    UserToUser,
}

/// Programs that do not run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Absent {
    Java6,
    Windows,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnothersPassword => {
                "an administrator sets another's password, which MIT's `kpasswd` cannot ask for"
            }
            Self::Attacker => "an attacker sends a recorded message again",
            Self::Caller(Absent::Java6) => "the caller is Java 6, which does not run here",
            Self::Caller(Absent::Windows) => "the caller is Windows, which does not run here",
            Self::Daemon => "a daemon that is simulated starts",
            Self::Job => "a job of a simulated cluster runs",
            Self::Manipulated => "the caller is manipulated: no real program sends what it sends",
            Self::NameService => {
                "Java tells the words of the machine's name service, which tests do not ask"
            }
            Self::NoIdentity => "the caller has no identity with which a program could start",
            Self::NotMutual => "the caller does without mutual authentication",
            Self::Program => "a program of Windows acts, which does not run here",
            Self::Simultaneous => "several clients act in the same microsecond",
            Self::System => {
                "the program's own handling of a socket or a lock fails, in the words of PAN-OS"
            }
            Self::UserToUser => "the caller shows the KDC somebody else's ticket-granting ticket",
        })
    }
}

/// What becomes of each phase of a scenario.
pub(crate) fn of(scenario: &Scenario) -> Plan {
    let script = &scenario.script;
    let mut phases = vec![Phase::Healthy];
    if !script.lesson || !script.fault.is_empty() {
        phases.push(Phase::Broken);
    }
    phases.extend((1..=script.fix.len()).map(Phase::Fix));
    phases
        .into_iter()
        .map(|phase| (phase, verdict(scenario, phase)))
        .collect()
}

fn verdict(scenario: &Scenario, phase: Phase) -> Verdict {
    let script = &scenario.script;
    if let Some(reason) = script
        .symptom
        .iter()
        .find_map(|symptom| reason_of_act(script, symptom.get_ref()))
        .or_else(|| reason_of_controls(script))
    {
        return Verdict::Cannot(reason);
    }
    if phase != Phase::Healthy && script.fault.iter().any(|verb| manipulates(verb.get_ref())) {
        return Verdict::Cannot(Reason::Manipulated);
    }
    let mut world = check::world_in(scenario, phase, DEFAULT_SEED, None).unwrap();
    let mut took = Duration::ZERO;
    for act in acts(script) {
        if act.call().is_some_and(|call| world.caller(call).is_none()) {
            return Verdict::Cannot(Reason::NoIdentity);
        }
        let outcome = act.play(&mut world);
        if let Err(failure) = &outcome.result
            && dialect(script, act.host()) == DialectName::Java
            && let Some(text) = &failure.text
            && text.ends_with("Name or service not known")
        {
            return Verdict::Cannot(Reason::NameService);
        }
        if let Some(ErrorName::Os(_)) = outcome.error() {
            return Verdict::Cannot(Reason::System);
        }
        took += match dialect(script, act.host()) {
            DialectName::Java => outcome.took / JAVA_HURRIES,
            _ => outcome.took,
        };
        if outcome.error().is_some() && matches!(phase, Phase::Fix(_)) && !script.must_fail() {
            break;
        }
    }
    Verdict::Plays {
        is_slow: took > PATIENCE,
    }
}

fn reason_of_act(script: &Script, symptom: &SymptomCheck) -> Option<Reason> {
    if symptom.job.is_some() {
        return Some(Reason::Job);
    }
    if symptom.start.is_some() {
        return Some(Reason::Daemon);
    }
    if symptom.act.is_some() {
        return Some(Reason::Program);
    }
    if symptom.simultaneous.is_some() {
        return Some(Reason::Simultaneous);
    }
    if let Some(kpasswd) = &symptom.kpasswd
        && kpasswd.of.is_some()
    {
        return Some(Reason::AnothersPassword);
    }
    let call = symptom.call.as_ref()?;
    match dialect(script, call.from.get_ref()) {
        DialectName::Java6 => Some(Reason::Caller(Absent::Java6)),
        DialectName::Windows => Some(Reason::Caller(Absent::Windows)),
        DialectName::Java | DialectName::Mit | DialectName::PanOs => {
            (!call.mutual).then_some(Reason::NotMutual)
        }
    }
}

/// Controls are played where there is no symptom.
fn reason_of_controls(script: &Script) -> Option<Reason> {
    let mut controls = script.control.iter().map(|control| control.get_ref());
    script.symptom.is_empty().then_some(())?;
    controls.find_map(|control| {
        let attacks = control.replay.is_some().then_some(Reason::Attacker);
        let job = control.job.is_some().then_some(Reason::Job);
        let act = control.act.is_some().then_some(Reason::Program);
        let call = control.call.as_ref();
        let is_user_to_user = call.is_some_and(|call| call.user_to_user.is_some());
        attacks
            .or(job)
            .or(act)
            .or_else(|| is_user_to_user.then_some(Reason::UserToUser))
            .or_else(|| control.start.is_some().then_some(Reason::Daemon))
    })
}

fn manipulates(verb: &Verb) -> bool {
    let manipulates = |table: &ClientTable| table.authenticator_client.is_some();
    matches!(verb, Verb::ConfigureClient(client) if manipulates(&client.set))
}

/// Something a program does.
enum Act<'a> {
    Call(&'a Call),
    Kpasswd(&'a Kpasswd),
    Symptom(&'a SymptomCheck),
}

impl Act<'_> {
    fn play(&self, world: &mut World) -> Outcome {
        match self {
            Self::Call(call) => world.call_one(call),
            Self::Kpasswd(kpasswd) => world.kpasswd(kpasswd),
            Self::Symptom(symptom) => {
                if let Some(wait) = symptom.wait {
                    world.wait(wait.0);
                }
                let act = symptom.call.as_ref().map(Act::Call);
                let act = act.or_else(|| symptom.kpasswd.as_ref().map(Act::Kpasswd));
                act.expect("a call or a change of a password").play(world)
            }
        }
    }

    fn call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            Self::Kpasswd(_) => None,
            Self::Symptom(symptom) => symptom.call.as_ref(),
        }
    }

    fn host(&self) -> &str {
        match self {
            Self::Call(call) => call.from.get_ref(),
            Self::Kpasswd(kpasswd) => kpasswd.from.get_ref(),
            Self::Symptom(symptom) => {
                let call = symptom.call.as_ref().map(|call| &call.from);
                let from = call.or_else(|| symptom.kpasswd.as_ref().map(|kpasswd| &kpasswd.from));
                from.expect("a call or a change of a password").get_ref()
            }
        }
    }
}

/// What is played: the symptom, or without one the controls.
fn acts(script: &Script) -> Vec<Act<'_>> {
    let symptom = script.symptom.iter();
    let controls = script.control.iter().filter(|_| script.symptom.is_empty());
    symptom
        .map(|symptom| Act::Symptom(symptom.get_ref()))
        .chain(controls.filter_map(|control| control.get_ref().call.as_ref().map(Act::Call)))
        .collect()
}

fn dialect(script: &Script, host: &str) -> DialectName {
    let mut hosts = script.host.iter();
    let found = hosts.find(|(name, _)| name.get_ref() == host);
    found.expect("a host").1.dialect
}
