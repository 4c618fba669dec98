//! What did not go as the file says.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::script::model::{Expectation, Phase};
use crate::script::values::ErrorName;
use crate::script::windows::Triage;
use crate::sim::{Holder, Outcome, SealedPart, VerbError, World, holder_names};

/// A statement of a scenario file that did not hold.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// In which phase.
    pub phase: Phase,
    /// `path:line:column` of the statement.
    pub place: String,
    /// What was compared.
    pub what: String,
    /// What the file says.
    pub expected: String,
    /// What happened.
    pub actual: String,
    /// The packets of the phase, rendered line by line.
    pub timeline: Vec<String>,
}

impl Mismatch {
    pub(super) fn before_the_fault(
        phase: Phase,
        place: String,
        expected: Option<ErrorName>,
        outcome: &Outcome,
        timeline: Vec<String>,
    ) -> Self {
        let verb = if expected.is_some() { "fails" } else { "works" };
        Self {
            phase,
            place,
            what: format!("the call {verb} before the fault"),
            expected: described(expected),
            actual: match &outcome.result {
                Ok(()) => described(None),
                Err(failure) => {
                    format!("{} ({})", described(Some(failure.error)), failure.cause)
                }
            },
            timeline,
        }
    }

    pub(super) fn impossible(phase: Phase, place: String, error: &VerbError) -> Self {
        Self {
            phase,
            place,
            what: "step".to_owned(),
            expected: "it can be done and changes something".to_owned(),
            actual: error.to_string(),
            timeline: Vec::new(),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} in phase {}", self.place, self.what, self.phase)?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  actual:   {}", self.actual)?;
        for line in &self.timeline {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// An error with name and number, or its absence.
pub(super) fn described(error: Option<ErrorName>) -> String {
    error.map_or_else(|| "success".to_owned(), ErrorName::described)
}

pub(super) struct Difference {
    /// Where the file says what did not hold; `None` where it says so by leaving something out.
    pub(super) span: Option<Range<usize>>,
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) actual: String,
}

/// Where `outcome` is not what `expectation` says. `start` is the first packet of the act.
pub(super) fn differences(
    world: &World,
    start: usize,
    expectation: &Expectation,
    outcome: &Outcome,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differ = |span: Option<Range<usize>>, what: &str, expected: String, actual: String| {
        differences.push(Difference {
            span,
            what: what.to_owned(),
            expected,
            actual,
        });
    };
    let failure = outcome.result.as_ref().err();
    let expected = expectation.error.as_ref().map(|error| *error.get_ref());
    if outcome.error() != expected {
        let span = expectation.error.as_ref().map(|error| error.span());
        differ(
            span,
            "error",
            described(expected),
            described(outcome.error()),
        );
    }
    if let Some(sender) = &expectation.sent_by {
        let actual = failure.and_then(|failure| failure.sent_by.as_deref());
        if actual != Some(sender.get_ref()) {
            differ(
                Some(sender.span()),
                "sent_by",
                sender.get_ref().clone(),
                actual.unwrap_or("nobody: the client raised it").to_owned(),
            );
        }
    }
    if let Some(cause) = &expectation.cause {
        let actual = failure.map_or("none", |failure| &failure.cause);
        if actual != cause.get_ref() {
            differ(
                Some(cause.span()),
                "cause",
                cause.get_ref().clone(),
                actual.to_owned(),
            );
        }
    }
    if let Some(text) = &expectation.text {
        let actual = failure.and_then(|failure| failure.text.as_deref());
        if actual != Some(text.get_ref()) {
            differ(
                Some(text.span()),
                "text",
                text.get_ref().clone(),
                actual.unwrap_or("no text is known for this").to_owned(),
            );
        }
    }
    if let Some(trace) = &expectation.trace {
        let labels = world.labels(start);
        let mut rest = labels.iter();
        let missing = trace
            .get_ref()
            .iter()
            .find(|wanted| !rest.any(|label| matches_label(label, wanted)));
        if let Some(missing) = missing {
            differ(
                Some(trace.span()),
                "trace",
                format!("{missing}, in the order {}", trace.get_ref().join(", ")),
                labels.join(", "),
            );
        }
    }
    if !expectation.decrypted_by.is_empty() {
        differences.extend(decryption_differences(world, start, expectation));
    }
    let mut differ = |span: Option<Range<usize>>, what: &str, expected: String, actual: String| {
        differences.push(Difference {
            span,
            what: what.to_owned(),
            expected,
            actual,
        });
    };
    if let Some(packets) = &expectation.packets {
        let actual = world.packets().len() - start;
        if actual != *packets.get_ref() {
            differ(
                Some(packets.span()),
                "packets",
                packets.get_ref().to_string(),
                actual.to_string(),
            );
        }
    }
    if let Some(takes) = &expectation.takes {
        let (expected, actual) = (takes.get_ref().0.as_secs(), outcome.took.as_secs());
        if actual != expected {
            differ(
                Some(takes.span()),
                "takes",
                format!("{expected} s"),
                format!("{:.3} s", outcome.took.as_secs_f64()),
            );
        }
    }
    if let Some(flags) = &expectation.flags {
        let actual = outcome.flags.unwrap_or_default();
        let wrong = flags
            .get_ref()
            .iter()
            .find(|wanted| actual.contains(wanted.flag) != wanted.is_set);
        if let Some(wrong) = wrong {
            let sign = if wrong.is_set { '+' } else { '-' };
            differ(
                Some(flags.span()),
                "flags",
                wrong
                    .flag
                    .names()
                    .map(|name| format!("{sign}{name}"))
                    .collect(),
                match outcome.flags {
                    Some(flags) => flags.names().collect::<Vec<_>>().join(" "),
                    None => "there is no ticket".to_owned(),
                },
            );
        }
    }
    for (name, wanted) in &expectation.log {
        let (host, file) = match name.split_once('/') {
            Some((host, file)) => (host, Some(file)),
            None => (name.as_str(), None),
        };
        let lines = world.log_since(host, file, &outcome.log_start);
        if !wanted.get_ref().fit(&lines) {
            differ(
                Some(wanted.span()),
                "log",
                wanted.get_ref().to_string(),
                if lines.is_empty() {
                    format!("{name} has nothing")
                } else {
                    lines.join("; ")
                },
            );
        }
    }
    if let Some(wanted) = &expectation.diagnosis {
        let actual = world.diagnosis();
        if actual != Some(*wanted.get_ref()) {
            differ(
                Some(wanted.span()),
                "diagnosis",
                format!("{:?}", wanted.get_ref()),
                actual.map_or_else(
                    || "nobody registered".to_owned(),
                    |diagnosis| format!("{diagnosis:?}"),
                ),
            );
        }
    }
    for (place, wanted) in &expectation.klist {
        let actual = world.klist(place);
        if actual != *wanted.get_ref() {
            differ(
                Some(wanted.span()),
                "klist",
                wanted.get_ref().join("; "),
                actual.join("; "),
            );
        }
    }
    for (host, wanted) in &expectation.triage {
        let lines = world.log_since(host, None, &outcome.log_start);
        let verdicts: Vec<Triage> = lines
            .iter()
            .filter_map(|line| world.triage(host, line))
            .collect();
        if verdicts.is_empty() || verdicts.iter().any(|verdict| verdict != wanted.get_ref()) {
            differ(
                Some(wanted.span()),
                "triage",
                format!("{:?}", wanted.get_ref()),
                match verdicts.is_empty() {
                    true => format!("{host} has no Event 4"),
                    false => format!("{verdicts:?}"),
                },
            );
        }
    }
    differences
}

/// Where others can decrypt a part than `expectation` says.
fn decryption_differences(
    world: &World,
    start: usize,
    expectation: &Expectation,
) -> Vec<Difference> {
    let parts: Vec<SealedPart> = world
        .dissections(start)
        .into_iter()
        .flat_map(|message| message.sealed)
        .collect();
    let mut differences = Vec::new();
    for (name, holders) in &expectation.decrypted_by {
        let wanted: BTreeSet<Holder> = holders
            .get_ref()
            .iter()
            .filter_map(|holder| world.scope().holder_named(holder).ok())
            .collect();
        let mut travelled = parts.iter().filter(|part| part.name == *name).peekable();
        let actual = match travelled.peek() {
            None => Some("no such part travelled".to_owned()),
            Some(_) => travelled
                .find(|part| part.opened_by != wanted)
                .map(|part| holder_names(&part.opened_by)),
        };
        if let Some(actual) = actual {
            differences.push(Difference {
                span: Some(holders.span()),
                what: format!("who can decrypt the {name}"),
                expected: holder_names(&wanted),
                actual,
            });
        }
    }
    differences
}

/// Whether a packet's label is the one a trace asks for: `KRB-ERROR` stands for any error.
fn matches_label(label: &str, wanted: &str) -> bool {
    label == wanted
        || label
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with(' '))
}
