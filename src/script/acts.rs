//! The rules of what clients and administrators do.

use kdclab_proto::Principal;

use super::limits::{MAX_ENTRIES, MAX_TIMES};
use super::model::{Call, ClientTable, Control, SymptomCheck};
use super::rules::check_attributes;
use super::scope::{Kind, Scope};
use super::source::{Fault, Source, choices};
use super::spanned::Spanned;
use super::values::ErrorName;
use super::verb::{LinkEffect, Verb};

pub(super) fn check_client(
    scope: &Scope,
    source: &Source,
    client: &ClientTable,
) -> Result<(), Box<Fault>> {
    for kdcs in client.kdc.values() {
        for host in &kdcs.get_ref().0 {
            scope.host_named(source, host, kdcs.span())?;
        }
    }
    Ok(())
}

fn check_call(scope: &Scope, source: &Source, call: &Call) -> Result<(), Box<Fault>> {
    scope.host(source, &call.from)?;
    if let Some(user) = &call.user
        // A user that exists nowhere is written with its realm.
        && user.get_ref().parse::<Principal>().is_err()
    {
        scope.principal(source, user, &[])?;
    }
    if let Some(service) = &call.to {
        scope.principal(source, service, &[Kind::Service])?;
    }
    if let Some(host) = &call.at {
        scope.host(source, host)?;
    }
    check_for_user(scope, source, call)
}

fn check_for_user(scope: &Scope, source: &Source, call: &Call) -> Result<(), Box<Fault>> {
    let Some(user) = &call.for_user else {
        if call.enterprise {
            return Err(source.fault(
                call.from.span(),
                "`enterprise` is about the name in `for_user`".to_owned(),
                Some("add `for_user = \"...\"`, or remove it".to_owned()),
            ));
        }
        return Ok(());
    };
    if let Some(service) = &call.to {
        return Err(source.fault(
            service.span(),
            "a call with `for_user` ends with the ticket".to_owned(),
            Some("remove `to`: the ticket is for the caller itself".to_owned()),
        ));
    }
    let is_elsewhere = user.get_ref().parse::<Principal>().is_ok();
    if call.enterprise || is_elsewhere {
        return Ok(());
    }
    scope.principal(source, user, &[])
}

pub(super) fn check_control(
    scope: &Scope,
    source: &Source,
    control: &Spanned<Control>,
) -> Result<(), Box<Fault>> {
    let table = control.get_ref();
    match (&table.call, &table.replay) {
        (Some(call), None) => check_call(scope, source, call),
        (None, Some(replay)) => {
            scope.host(source, &replay.from)?;
            if let Some(host) = &replay.at {
                scope.host(source, host)?;
            }
            scope.principal(source, &replay.to, &[Kind::Service])
        }
        _ => Err(source.fault(
            control.span(),
            "a [[control]] has exactly one of `call` and `replay`".to_owned(),
            Some("keep one of them; a second act is a [[control]] of its own".to_owned()),
        )),
    }
}

pub(super) fn check_symptom(
    scope: &Scope,
    source: &Source,
    symptom: &Spanned<SymptomCheck>,
) -> Result<(), Box<Fault>> {
    let table = symptom.get_ref();
    match (&table.call, &table.simultaneous) {
        (Some(call), None) => {
            check_call(scope, source, call)?;
            if let Some(number) = &table.failing {
                return Err(source.fault(
                    number.span(),
                    "`failing` is about simultaneous calls".to_owned(),
                    Some("remove it: a single call is the one that fails".to_owned()),
                ));
            }
        }
        (None, Some(calls)) => check_simultaneous(scope, source, symptom, calls)?,
        _ => {
            return Err(source.fault(
                symptom.span(),
                "a [[symptom]] has exactly one of `call` and `simultaneous`".to_owned(),
                Some("keep one of them; a second act is a [[symptom]] of its own".to_owned()),
            ));
        }
    }
    check_facts(
        source,
        table.error.as_ref(),
        [&table.sent_by, &table.cause, &table.text],
    )?;
    if let Some(host) = &table.sent_by {
        scope.host(source, host)?;
    }
    if let Some(trace) = &table.trace {
        check_trace(source, trace)?;
    }
    for (host, line) in &table.log {
        scope.host_named(source, host, line.span())?;
    }
    Ok(())
}

fn check_simultaneous(
    scope: &Scope,
    source: &Source,
    symptom: &Spanned<SymptomCheck>,
    calls: &[Call],
) -> Result<(), Box<Fault>> {
    if !(1..=MAX_ENTRIES).contains(&calls.len()) {
        return Err(source.fault(
            symptom.span(),
            format!("there are {} simultaneous calls", calls.len()),
            Some(format!("from 1 to {MAX_ENTRIES} are possible")),
        ));
    }
    for call in calls {
        check_call(scope, source, call)?;
    }
    match &symptom.get_ref().failing {
        Some(number) if !(1..=calls.len()).contains(number.get_ref()) => Err(source.fault(
            number.span(),
            format!("there is no simultaneous call {}", number.get_ref()),
            Some(format!("there are {}, numbered from 1", calls.len())),
        )),
        _ => Ok(()),
    }
}

/// What describes an error needs one.
pub(super) fn check_facts(
    source: &Source,
    error: Option<&Spanned<ErrorName>>,
    facts: [&Option<Spanned<String>>; 3],
) -> Result<(), Box<Fault>> {
    match facts.into_iter().flatten().next() {
        Some(fact) if error.is_none() => Err(source.fault(
            fact.span(),
            "this describes an error, and none is expected".to_owned(),
            Some("add `error = \"...\"`, or remove this".to_owned()),
        )),
        _ => Ok(()),
    }
}

fn check_trace(source: &Source, trace: &Spanned<Vec<String>>) -> Result<(), Box<Fault>> {
    for label in trace.get_ref() {
        let name = match label.split_once(' ') {
            Some((name @ "KRB-ERROR", number)) if number.parse::<i32>().is_ok() => name,
            _ => label,
        };
        if !MESSAGES.contains(&name) {
            return Err(source.fault(
                trace.span(),
                format!("unknown message `{label}`"),
                Some(format!(
                    "{}; an error may have its number, `KRB-ERROR 41`",
                    choices(name, MESSAGES)
                )),
            ));
        }
    }
    Ok(())
}

pub(super) fn check_verb(scope: &Scope, source: &Source, verb: &Verb) -> Result<(), Box<Fault>> {
    match verb {
        // The scope has every added principal whose name can be read.
        Verb::AddPrincipal(added) => scope.principal(source, &added.name, &[]),
        Verb::Attempt(attempt) => {
            let times = attempt.times.get_ref();
            if !(1..=MAX_TIMES).contains(times) {
                return Err(source.fault(
                    attempt.times.span(),
                    format!("an attempt cannot happen {times} times"),
                    Some(format!("from 1 to {MAX_TIMES} are possible")),
                ));
            }
            check_call(scope, source, &attempt.call)
        }
        Verb::ChangeKey(change) => scope.principal(source, &change.of, &[]),
        Verb::ConfigureAcceptor(change) => {
            if let Some(other) = &change.set.shares_replay_cache_with {
                scope.host(source, other)?;
            }
            scope.host(source, &change.host)
        }
        Verb::ConfigureClient(change) => {
            check_client(scope, source, &change.set)?;
            scope.host(source, &change.host)
        }
        Verb::ConfigureRealm(change) => scope.realm(source, &change.realm),
        Verb::ExportKeytab(copy) | Verb::Ktadd(copy) => {
            scope.principal(source, &copy.of, &[])?;
            scope.host(source, &copy.to)
        }
        Verb::Ktremove(removal) => {
            scope.principal(source, &removal.of, &[])?;
            scope.host(source, &removal.from)
        }
        Verb::HostDown(host) | Verb::HostUp(host) => scope.host(source, host),
        Verb::Link(link) => {
            for host in link.from.iter().chain(&link.to) {
                scope.host(source, host)?;
            }
            if let LinkEffect::CopyTo(host) = &link.effect {
                scope.host(source, host)?;
            }
            match &link.message {
                Some(message) if !MESSAGES.contains(&message.get_ref().as_str()) => Err(source
                    .fault(
                        message.span(),
                        format!("unknown message `{}`", message.get_ref()),
                        Some(choices(message.get_ref(), MESSAGES)),
                    )),
                _ => Ok(()),
            }
        }
        Verb::ModifyPrincipal(change) => {
            scope.principal(source, &change.name, &[])?;
            for service in change.allowed_to_delegate_to.iter().flatten() {
                scope.principal(source, service, &[Kind::Service])?;
            }
            check_attributes(source, &change.attributes)
        }
        Verb::Noop(verb) => check_verb(scope, source, verb),
        Verb::PurgeCcache(cache) => {
            scope.principal(source, &cache.user, &[])?;
            scope.host(source, &cache.on)
        }
        Verb::RemovePrincipal(name) | Verb::ResetKey(name) | Verb::Unlock(name) => {
            scope.principal(source, name, &[])
        }
        Verb::RepairLinks(_) | Verb::Wait(_) => Ok(()),
        Verb::RunAs(run_as) => {
            let may_be_unknown = run_as.password.is_some()
                && run_as.principal.get_ref().parse::<Principal>().is_ok();
            if !may_be_unknown {
                scope.principal(source, &run_as.principal, &[])?;
            }
            scope.host(source, &run_as.host)
        }
        Verb::SetClock(clock) => scope.host(source, &clock.host),
        Verb::SetPassword(change) => scope.principal(source, &change.user, &[]),
        Verb::SetTrustKey(change) => {
            scope.principal(source, &change.of, &[Kind::Trust])?;
            scope.realm(source, &change.realm)
        }
    }
}

/// The messages a packet can carry, as traces name them.
pub(super) const MESSAGES: [&str; 7] = [
    "AP-REP",
    "AP-REQ",
    "AS-REP",
    "AS-REQ",
    "KRB-ERROR",
    "TGS-REP",
    "TGS-REQ",
];
