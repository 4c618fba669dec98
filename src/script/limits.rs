//! How large a scenario may be. One file shall not occupy a machine for hours.

use super::model::Script;
use super::source::{Fault, Source};
use super::verb::Verb;

/// The longest scenario file, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;
/// The most hosts.
pub const MAX_HOSTS: usize = 1000;
/// The most realms.
pub const MAX_REALMS: usize = 100;
/// The most users and services, all realms taken together.
pub const MAX_PRINCIPALS: usize = 10_000;
/// The most entries of every other list: trusts, steps, controls, symptoms, fixes, simultaneous calls.
pub const MAX_ENTRIES: usize = 100;
/// The most repetitions of an `attempt`.
pub const MAX_TIMES: u32 = 1000;
/// The most calls of all `attempt`s of a scenario together.
pub const MAX_ATTEMPTS: u64 = 5000;

/// Checks the sizes of the world and of every list of acts.
///
/// # Errors
/// [`Fault`] at the file's `format`: what is too much has no place of its own.
pub(super) fn check(script: &Script, source: &Source) -> Result<(), Box<Fault>> {
    let principals = script
        .realm
        .values()
        .map(|realm| realm.users.len() + realm.services.len() + realm.accounts.len())
        .sum();
    let fixes = script.fix.iter().flat_map(|fix| &fix.steps);
    let attempts: u64 = script
        .given
        .iter()
        .chain(&script.fault)
        .chain(fixes)
        .map(|verb| attempts(verb.get_ref()))
        .sum();
    if attempts > MAX_ATTEMPTS {
        return Err(source.fault(
            script.format.span(),
            format!("the scenario has {attempts} attempts, repetitions counted"),
            Some(format!("at most {MAX_ATTEMPTS} are possible")),
        ));
    }
    let applications = script.host.values().map(|host| host.web.len()).max();
    let fix_steps = script.fix.iter().map(|fix| fix.steps.len()).max();
    for (what, size, limit) in [
        ("hosts", script.host.len(), MAX_HOSTS),
        ("realms", script.realm.len(), MAX_REALMS),
        ("users, services and accounts", principals, MAX_PRINCIPALS),
        ("trusts", script.trust.len(), MAX_ENTRIES),
        ("clusters", script.cluster.len(), MAX_ENTRIES),
        ("sites", script.site.len(), MAX_ENTRIES),
        (
            "web applications of a host",
            applications.unwrap_or(0),
            MAX_ENTRIES,
        ),
        ("given steps", script.given.len(), MAX_ENTRIES),
        ("controls", script.control.len(), MAX_ENTRIES),
        ("faults", script.fault.len(), MAX_ENTRIES),
        ("symptoms", script.symptom.len(), MAX_ENTRIES),
        ("fixes", script.fix.len(), MAX_ENTRIES),
        ("steps in one fix", fix_steps.unwrap_or(0), MAX_ENTRIES),
    ] {
        if size > limit {
            return Err(source.fault(
                script.format.span(),
                format!("the scenario has {size} {what}"),
                Some(format!("at most {limit} are possible")),
            ));
        }
    }
    Ok(())
}

fn attempts(verb: &Verb) -> u64 {
    match verb {
        // More than possible in one place is told there.
        Verb::Attempt(attempt) => (*attempt.times.get_ref()).min(MAX_TIMES).into(),
        Verb::Noop(verb) => attempts(verb),
        _ => 0,
    }
}
