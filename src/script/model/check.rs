//! What is done in the phases of a scenario, and what must come of it.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Kpasswd, LogLines, Replay};
use crate::script::daemons::{Job, StartDaemon};
use crate::script::schema::MessageLabel;
use crate::script::spanned::Spanned;
use crate::script::values::{ErrorName, FlagName, Span};
use crate::script::verb::Verb;
use crate::script::web::Diagnosis;
use crate::script::windows::{Act, Triage};

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A real implementation was seen doing it.
    Ran,
    /// A document says so.
    Documented,
    /// The scenario's author chose it.
    Chosen,
}

/// What an act must come to.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// The error; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sent the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raised the error had noticed: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// Messages that travelled, in this order, others between them allowed.
    pub trace: Option<Spanned<Vec<String>>>,
    /// How many packets travelled.
    pub packets: Option<Spanned<usize>>,
    /// How long it took, without fractions of a second.
    pub takes: Option<Spanned<Span>>,
    /// Flags that the ticket has (`+forwardable`) or lacks (`-forwardable`).
    pub flags: Option<Spanned<Vec<FlagName>>>,
    /// Lines in the logs of hosts: by the host's name, or by `HOST/LOG`.
    pub log: BTreeMap<String, Spanned<LogLines>>,
    /// Who can decrypt each part of the messages.
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
    /// What `klist tickets` then lists of services, by `HOST/USER`.
    pub klist: BTreeMap<String, Spanned<Vec<String>>>,
    /// What the events numbered 4 in the logs of hosts mean.
    pub triage: BTreeMap<String, Spanned<Triage>>,
    /// What the procedure for clients that are not approved finds.
    pub diagnosis: Option<Spanned<Diagnosis>>,
}

/// An act that works, or fails as stated, in every phase.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What a client does.
    pub call: Option<Call>,
    /// What a user asks of the password service.
    pub kpasswd: Option<Kpasswd>,
    /// What an attacker does.
    pub replay: Option<Replay>,
    /// A job that a node runs for a user.
    pub job: Option<Job>,
    /// A daemon that starts.
    pub start: Option<StartDaemon>,
    /// What a program of Windows does.
    pub act: Option<Act>,
    /// The error; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// Messages that travelled, in this order, others between them allowed.
    pub trace: Option<Spanned<Vec<String>>>,
    /// Who can decrypt each part of the messages, by the name of the part, such as `AS-REP enc-part`:
    /// hosts and users, and nobody else of this world.
    #[serde(default)]
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
    /// What the logs of hosts then have: a part of one line, or every line. A log is named by its host, or as
    /// `HOST/LOG` where the host keeps several.
    #[serde(default)]
    pub log: BTreeMap<String, Spanned<LogLines>>,
    /// What the procedure for clients that are not approved finds after a registration, from the report of duplicate
    /// GUIDs, the capture and the logs alone.
    pub diagnosis: Option<Spanned<Diagnosis>>,
}

impl Control {
    /// What the act must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            trace: self.trace.clone(),
            decrypted_by: self.decrypted_by.clone(),
            log: self.log.clone(),
            diagnosis: self.diagnosis.clone(),
            ..Expectation::default()
        }
    }
}

/// One act of the symptom with what it must come to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymptomCheck {
    /// What a client does.
    pub call: Option<Call>,
    /// A job that a node runs for a user.
    pub job: Option<Job>,
    /// A daemon that starts.
    pub start: Option<StartDaemon>,
    /// What a program of Windows does.
    pub act: Option<Act>,
    /// What a user asks of the password service.
    pub kpasswd: Option<Kpasswd>,
    /// What several clients do at the same instant. The expectation is about the one that `failing`
    /// names.
    pub simultaneous: Option<Vec<Call>>,
    /// The call of `simultaneous` that must fail, from 1; the first if absent.
    #[schemars(range(min = 1))]
    pub failing: Option<Spanned<usize>>,
    /// Time that passes before.
    pub wait: Option<Span>,
    /// The error of an act that must not succeed, an attacker's, before the fault. Without it the act works
    /// before the fault.
    pub must_fail: Option<Spanned<ErrorName>>,
    /// The error in the broken world; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sent the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raised the error had noticed: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// Messages that travelled, in this order, others between them allowed.
    #[schemars(with = "Option<Vec<MessageLabel>>")]
    pub trace: Option<Spanned<Vec<String>>>,
    /// How many packets travelled.
    pub packets: Option<Spanned<usize>>,
    /// How long it took, without fractions of a second.
    pub takes: Option<Spanned<Span>>,
    /// Flags that the ticket has (`+forwardable`) or lacks (`-forwardable`).
    pub flags: Option<Spanned<Vec<FlagName>>>,
    /// What the logs of hosts then have: a part of one line, or every line. A log is named by its host, or as
    /// `HOST/LOG` where the host keeps several.
    #[serde(default)]
    pub log: BTreeMap<String, Spanned<LogLines>>,
    /// Who can decrypt each part of the messages, by the name of the part, such as `AS-REP enc-part`:
    /// hosts and users, and nobody else of this world.
    #[serde(default)]
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
    /// The tickets for services that `klist tickets` then lists, by `HOST/USER`, one line each and no others.
    #[serde(default)]
    pub klist: BTreeMap<String, Spanned<Vec<String>>>,
    /// What the events numbered 4 mean that the hosts' logs then have: `harmless` or `failure`.
    #[serde(default)]
    pub triage: BTreeMap<String, Spanned<Triage>>,
    /// What the procedure for clients that are not approved finds after a registration, from the report of duplicate
    /// GUIDs, the capture and the logs alone.
    pub diagnosis: Option<Spanned<Diagnosis>>,
    /// Where the facts come from.
    pub evidence: Evidence,
}

impl SymptomCheck {
    /// The place among the simultaneous calls, from 0, of the one that the expectation is about.
    pub fn failing_index(&self) -> usize {
        self.failing
            .as_ref()
            .map_or(0, |number| number.get_ref().saturating_sub(1))
    }

    /// What the act must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            sent_by: self.sent_by.clone(),
            cause: self.cause.clone(),
            text: self.text.clone(),
            trace: self.trace.clone(),
            packets: self.packets.clone(),
            takes: self.takes.clone(),
            flags: self.flags.clone(),
            log: self.log.clone(),
            decrypted_by: self.decrypted_by.clone(),
            klist: self.klist.clone(),
            triage: self.triage.clone(),
            diagnosis: self.diagnosis.clone(),
        }
    }
}

/// A proposed fix and its outcome.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// What is proposed.
    pub title: Spanned<String>,
    /// The steps.
    #[serde(rename = "do")]
    pub steps: Vec<Spanned<Verb>>,
    /// Whether the symptom is gone and the controls hold.
    pub works: bool,
    /// What the symptom comes to: what remains of it after a wrong fix or, where its acts must fail, how
    /// they do after a right one. Success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sends the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raises the error notices: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// What the logs of hosts then have: a part of one line, or every line. A log is named by its host, or as
    /// `HOST/LOG` where the host keeps several.
    #[serde(default)]
    pub log: BTreeMap<String, Spanned<LogLines>>,
    /// What the procedure for clients that are not approved then finds.
    pub diagnosis: Option<Spanned<Diagnosis>>,
    /// The control that no longer holds, from 1, where the symptom is gone.
    #[schemars(range(min = 1))]
    pub breaks_control: Option<Spanned<usize>>,
    /// Why.
    pub because: Spanned<String>,
}

impl Fix {
    /// What the symptom must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            sent_by: self.sent_by.clone(),
            cause: self.cause.clone(),
            text: self.text.clone(),
            log: self.log.clone(),
            diagnosis: self.diagnosis.clone(),
            ..Expectation::default()
        }
    }
}

/// A part of a run. Scripts name them `healthy`, `broken` and `fix:N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the fault.
    Healthy,
    /// The N-th control, from 1.
    Control(usize),
    /// After the fault.
    Broken,
    /// After the N-th fix, from 1.
    Fix(usize),
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Control(number) => write!(f, "control:{number}"),
            Self::Broken => f.write_str("broken"),
            Self::Fix(number) => write!(f, "fix:{number}"),
        }
    }
}
