//! What a run says: one line per scenario for people, one JSON object per scenario for programs.

mod junit;
mod pcap;

use std::io::{self, Write};

use serde::Serialize;

use crate::catalogue::Scenario;
use crate::check::Report;
use crate::script::{self, model::Phase};

pub use junit::junit;
pub use pcap::pcap;

/// Writes the line of one scenario, and what went wrong under it. With `trace` the packets of every
/// phase follow.
///
/// # Errors
/// What `out` raises.
pub fn human(
    out: &mut dyn Write,
    scenario: &Scenario,
    report: &Report,
    trace: bool,
) -> io::Result<()> {
    let word = if report.is_ok() { "ok    " } else { "FAILED" };
    writeln!(out, "{word} {:40} {}", report.id, summary(scenario, report))?;
    if trace {
        for phase in &report.phases {
            writeln!(out, "  {}", phase.phase)?;
            for line in &phase.timeline {
                writeln!(out, "    {line}")?;
            }
        }
    }
    for mismatch in &report.mismatches {
        for line in mismatch.to_string().lines() {
            writeln!(out, "  {line}")?;
        }
    }
    if !report.is_ok() {
        writeln!(
            out,
            "  replay with: kdclab run {} --seed {} --trace",
            if scenario.is_embedded() {
                scenario.id.clone()
            } else {
                scenario.path.display().to_string()
            },
            report.seed
        )?;
    }
    Ok(())
}

fn summary(scenario: &Scenario, report: &Report) -> String {
    let broken = report
        .phases
        .iter()
        .find(|phase| phase.phase == Phase::Broken);
    let what = match broken {
        Some(broken) => {
            let error = broken.error.map_or_else(
                || {
                    let success = if scenario.script.must_fail() {
                        "success of what must fail"
                    } else {
                        "no error"
                    };
                    success.to_owned()
                },
                |error| error.described(),
            );
            match &broken.sent_by {
                Some(host) => format!("{error} from {host}"),
                None => error,
            }
        }
        None => "healthy".to_owned(),
    };
    let right = scenario.script.fix.iter().filter(|fix| fix.works).count();
    let wrong = scenario.script.fix.len() - right;
    format!("{what}; fixes: {right} right, {wrong} wrong")
}

#[derive(Serialize)]
struct JsonReport<'a> {
    id: &'a str,
    ok: bool,
    seed: u64,
    phases: Vec<JsonPhase<'a>>,
    transcript_sha256: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mismatches: Vec<JsonMismatch<'a>>,
}

#[derive(Serialize)]
struct JsonPhase<'a> {
    name: String,
    ok: bool,
    error: Option<String>,
    cause: Option<&'a str>,
    sent_by: Option<&'a str>,
    packets: usize,
}

#[derive(Serialize)]
struct JsonMismatch<'a> {
    phase: String,
    place: &'a str,
    what: &'a str,
    expected: &'a str,
    actual: &'a str,
}

/// Writes the JSON line of one scenario.
///
/// # Errors
/// What `out` raises.
pub fn json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let line = JsonReport {
        id: &report.id,
        ok: report.is_ok(),
        seed: report.seed,
        phases: report
            .phases
            .iter()
            .map(|phase| JsonPhase {
                name: phase.phase.to_string(),
                ok: phase.ok,
                error: phase.error.map(|error| error.name()),
                cause: phase.cause.as_deref(),
                sent_by: phase.sent_by.as_deref(),
                packets: phase.packets.len(),
            })
            .collect(),
        transcript_sha256: &report.transcript_sha256,
        mismatches: report
            .mismatches
            .iter()
            .map(|mismatch| JsonMismatch {
                phase: mismatch.phase.to_string(),
                place: &mismatch.place,
                what: &mismatch.what,
                expected: &mismatch.expected,
                actual: &mismatch.actual,
            })
            .collect(),
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonListing<'a> {
    id: &'a str,
    title: &'a str,
    source: &'a str,
    catalogue: Vec<&'a str>,
    teaches: &'a [String],
    fixes: usize,
    wrong_fixes: usize,
    lesson: bool,
}

/// Writes what there is, as one JSON array.
///
/// # Errors
/// What `out` raises.
pub fn list_json(out: &mut dyn Write, scenarios: &[Scenario]) -> io::Result<()> {
    let rows: Vec<JsonListing<'_>> = scenarios
        .iter()
        .map(|scenario| {
            let script = &scenario.script;
            JsonListing {
                id: &scenario.id,
                title: &script.title,
                source: &scenario.source,
                catalogue: script
                    .catalogue
                    .iter()
                    .map(|id| id.get_ref().as_str())
                    .collect(),
                teaches: &script.teaches,
                fixes: script.fix.iter().filter(|fix| fix.works).count(),
                wrong_fixes: script.fix.iter().filter(|fix| !fix.works).count(),
                lesson: script.lesson,
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

/// Writes what there is, one line each.
///
/// # Errors
/// What `out` raises.
pub fn list_human(out: &mut dyn Write, scenarios: &[Scenario]) -> io::Result<()> {
    for scenario in scenarios {
        writeln!(out, "{:40} {}", scenario.id, scenario.script.title)?;
    }
    Ok(())
}

/// Writes the JSON Schema of scenario files.
///
/// # Errors
/// What `out` raises.
pub fn schema(out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &script::json_schema())?;
    writeln!(out)
}
