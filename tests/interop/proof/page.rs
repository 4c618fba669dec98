//! `docs/proof.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::script::model::Phase;
use libtest_mimic::Failed;

use crate::plan::{Plan, Reason, Verdict};
use crate::play::Program;
use crate::rows::{Proof, ROWS};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/proof.md");

const INTRODUCTION: &str = "\
# What real programs prove

Written by `make proof`; do not edit. Each scenario is served (`kdclab serve`) in each of its phases, real programs play
its symptom against that, and what they say is compared with what the scenario says: with its own words of the broken world
and of what remains after a wrong fix, and with success where it promises success. `make test` plays the same again, and
fails where this page is not what was played.

The programs are those of MIT krb5 1.20 (`kinit`, `kvno`, `kpasswd`, and its GSS-API through python3-gssapi) and of OpenJDK 17
(`Krb5LoginModule`, JGSS). Where the acceptor is kdclab's own, it stands for one that cannot run here, or that has a clock, a
setting or a way of its own: what is then proven are the words of the initiator.
";

/// The page, but for the programs that took part.
pub(crate) struct Page {
    /// Each one's folder and id.
    scenarios: Vec<(String, String, Plan)>,
}

impl Page {
    pub(crate) fn new(plans: &[(Scenario, Plan)]) -> Self {
        let scenarios = plans
            .iter()
            .map(|(scenario, plan)| (scenario.source.clone(), scenario.id.clone(), plan.clone()));
        Self {
            scenarios: scenarios.collect(),
        }
    }

    /// The page is what is played.
    pub(crate) fn check(&self) -> Result<(), Failed> {
        let page = std::fs::read_to_string(FILE).unwrap_or_default();
        let told = |id: &str| programs_in(&page, id).unwrap_or_default();
        let expected = self.render(&told);
        let mut lines = expected.lines().zip(page.lines());
        if let Some((expected, found)) = lines.find(|(expected, found)| expected != found) {
            return Err(format!(
                "docs/proof.md is out of date; run `make proof`\nit says\n    {found}\nand it is\n    {expected}"
            )
            .into());
        }
        match expected == page {
            true => Ok(()),
            false => Err("docs/proof.md is out of date; run `make proof`".into()),
        }
    }

    /// The programs that the page names of a scenario took part.
    pub(crate) fn check_programs(id: &str, used: &BTreeSet<Program>) -> Result<(), Failed> {
        let page = std::fs::read_to_string(FILE).unwrap_or_default();
        match programs_in(&page, id) {
            Some(told) if told == names(used) => Ok(()),
            told => Err(format!(
                "docs/proof.md is out of date; run `make proof`\nit names {}, and {} took part",
                told.unwrap_or_default(),
                names(used)
            )
            .into()),
        }
    }

    pub(crate) fn write(&self, used: &BTreeMap<String, BTreeSet<Program>>) {
        let told = |id: &str| used.get(id).map(names).unwrap_or_default();
        std::fs::write(FILE, self.render(&told)).unwrap();
    }

    /// Every test that a row names is there, and every scenario is played.
    pub(crate) fn check_rows(&self) -> Result<(), Failed> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        for proof in ROWS.iter().flat_map(|row| row.proofs) {
            match proof {
                Proof::None(_) => {}
                Proof::Scenario(id) => {
                    let found = self.scenarios.iter().find(|(_, name, _)| name == id);
                    let plan = found
                        .map(|(_, _, plan)| plan.as_slice())
                        .unwrap_or_default();
                    if !plan.iter().any(|(phase, verdict)| {
                        *phase != Phase::Healthy && matches!(verdict, Verdict::Plays { .. })
                    }) && !plan.is_empty_lesson()
                    {
                        return Err(format!("no real program plays {id}").into());
                    }
                }
                Proof::Test(file, name) => {
                    let text = std::fs::read_to_string(tests.join(format!("{file}.rs"))).unwrap();
                    let is_there = [
                        format!("fn {name}("),
                        format!(" {name}: "),
                        format!(" {name}("),
                    ];
                    if !is_there.iter().any(|sign| text.contains(sign)) {
                        return Err(format!("no test {name} in {file}.rs").into());
                    }
                }
            }
        }
        Ok(())
    }

    fn render(&self, programs: &dyn Fn(&str) -> String) -> String {
        let mut page = INTRODUCTION.to_owned();
        // Writing to a String cannot fail.
        let _ = self.render_into(&mut page, programs);
        page
    }

    fn render_into(
        &self,
        page: &mut String,
        programs: &dyn Fn(&str) -> String,
    ) -> std::fmt::Result {
        let phases = || self.scenarios.iter().flat_map(|(_, _, plan)| plan);
        let proven = phases().filter(|(_, verdict)| matches!(verdict, Verdict::Plays { .. }));
        let is_proven = |plan: &[(Phase, Verdict)]| {
            plan.iter()
                .any(|(_, verdict)| matches!(verdict, Verdict::Plays { .. }))
        };
        let whole = self.scenarios.iter().filter(|(_, _, plan)| {
            plan.iter()
                .all(|(_, verdict)| matches!(verdict, Verdict::Plays { .. }))
        });
        let some = self.scenarios.iter().filter(|(_, _, plan)| is_proven(plan));
        let count = |word: &str| {
            let named = self
                .scenarios
                .iter()
                .filter(|(_, id, _)| programs(id).split(", ").any(|name| is_of(name, word)));
            named.count()
        };
        let shown = ROWS
            .iter()
            .filter(|row| !matches!(row.proofs, [Proof::None(_)]));
        writeln!(page, "\n| what | proven | of |\n|---|---|---|")?;
        writeln!(
            page,
            "| phases of scenarios | {} | {} |",
            proven.count(),
            phases().count()
        )?;
        writeln!(
            page,
            "| scenarios, in every phase | {} | {} |",
            whole.count(),
            self.scenarios.len()
        )?;
        writeln!(
            page,
            "| scenarios, in some phase | {} | {} |",
            some.count(),
            self.scenarios.len()
        )?;
        writeln!(
            page,
            "| scenarios with a program of MIT | {} | |",
            count("MIT")
        )?;
        writeln!(
            page,
            "| scenarios with a program of OpenJDK 17 | {} | |",
            count("Java")
        )?;
        writeln!(
            page,
            "| facts seen when the failures were collected | {} | {} |",
            shown.count(),
            ROWS.len()
        )?;
        let mut source = "";
        for (folder, id, plan) in &self.scenarios {
            if source != folder {
                source = folder;
                writeln!(page, "\n## {source}\n")?;
                writeln!(page, "| scenario | programs | proven | not here |")?;
                writeln!(page, "|---|---|---|---|")?;
            }
            let played = plan
                .iter()
                .filter(|(_, verdict)| matches!(verdict, Verdict::Plays { .. }))
                .map(|(phase, _)| *phase);
            let reasons: BTreeSet<Reason> = plan
                .iter()
                .filter_map(|(_, verdict)| match verdict {
                    Verdict::Cannot(reason) => Some(*reason),
                    Verdict::Plays { .. } => None,
                })
                .collect();
            let excuses: Vec<String> = reasons
                .into_iter()
                .map(|reason| {
                    let of = plan
                        .iter()
                        .filter(|(_, verdict)| *verdict == Verdict::Cannot(reason));
                    format!("{}: {reason}", list(of.map(|(phase, _)| *phase)))
                })
                .collect();
            writeln!(
                page,
                "| `{id}` | {} | {} | {} |",
                programs(id),
                list(played),
                excuses.join("; ")
            )?;
        }
        writeln!(page, "\n## Facts seen with MIT's or Java's programs\n")?;
        writeln!(
            page,
            "What was seen when the failures were collected, and what shows it again: scenarios of the tables above, or"
        )?;
        writeln!(page, "tests of `tests/interop` against MIT's own KDC.\n")?;
        writeln!(page, "| place | fact | shown by |\n|---|---|---|")?;
        for row in ROWS {
            let proofs: Vec<String> = row
                .proofs
                .iter()
                .map(|proof| match proof {
                    Proof::None(reason) => format!("not here: {reason}"),
                    Proof::Scenario(id) => format!("`{id}`"),
                    Proof::Test(file, name) => format!("`{}::{name}`", file.replace('/', "::")),
                })
                .collect();
            writeln!(
                page,
                "| {} | {} | {} |",
                row.id,
                row.what,
                proofs.join(", ")
            )?;
        }
        Ok(())
    }
}

/// A lesson shows something in its only phase.
trait Lesson {
    fn is_empty_lesson(&self) -> bool;
}

impl Lesson for [(Phase, Verdict)] {
    fn is_empty_lesson(&self) -> bool {
        matches!(self, [(Phase::Healthy, Verdict::Plays { .. })])
    }
}

fn names(used: &BTreeSet<Program>) -> String {
    let names: Vec<String> = used.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn is_of(name: &str, maker: &str) -> bool {
    let is_java = name.starts_with('J') || name.starts_with("Krb5");
    match maker {
        "Java" => is_java,
        _ => !is_java && !name.is_empty() && !name.starts_with('('),
    }
}

/// The programs that a page names of a scenario.
fn programs_in(page: &str, id: &str) -> Option<String> {
    let start = format!("| `{id}` | ");
    let line = page.lines().find_map(|line| line.strip_prefix(&start))?;
    let (programs, _) = line.split_once(" | ")?;
    Some(programs.to_owned())
}

/// `healthy, broken, fix:1-4`.
fn list(phases: impl Iterator<Item = Phase>) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut fixes: Vec<(usize, usize)> = Vec::new();
    for phase in phases {
        match (phase, fixes.last_mut()) {
            (Phase::Fix(number), Some((_, last))) if *last + 1 == number => *last = number,
            (Phase::Fix(number), _) => fixes.push((number, number)),
            _ => names.push(phase.to_string()),
        }
    }
    names.extend(fixes.into_iter().map(|(first, last)| match first == last {
        true => format!("fix:{first}"),
        false => format!("fix:{first}-{last}"),
    }));
    names.join(", ")
}
