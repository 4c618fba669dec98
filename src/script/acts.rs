//! The rules of what clients and administrators do.

use std::collections::BTreeMap;

use kdclab_proto::Principal;

use super::cluster::{self, check_act};
use super::daemons::{Job, StartDaemon};
use super::limits::{MAX_ENTRIES, MAX_TIMES};
use super::model::{
    Call, ClientTable, Control, Expectation, Kpasswd, LogLines, RealmSettings, SymptomCheck,
};
use super::rules::{check_attributes, check_service_principal_name};
use super::scope::{Kind, Scope};
use super::source::{Fault, Source, choices};
use super::spanned::Spanned;
use super::values::ErrorName;
use super::verb::{LinkEffect, LinkFault, Verb};
use super::web;
use crate::sim::PART_NAMES;

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
    if let Some(client) = &client.authenticator_client {
        scope.principal(source, client, &[])?;
    }
    for host in client.unresolved_kdcs.iter().flatten() {
        scope.host(source, host)?;
    }
    Ok(())
}

fn check_call(scope: &Scope, source: &Source, call: &Call) -> Result<(), Box<Fault>> {
    scope.host(source, &call.from)?;
    if let Some(user) = &call.user {
        check_client_name(scope, source, user)?;
    }
    match (&call.to, &call.user_to_user) {
        (Some(service), None) => scope.called(source, service)?,
        // Whoever has logged in somewhere can be reached there.
        (Some(service), Some(owner)) => {
            scope.principal(source, service, &[])?;
            scope.principal(source, owner, &[])?;
            let is_service = scope.principal(source, service, &[Kind::Service]).is_ok();
            if !is_service && call.at.is_none() {
                return Err(source.fault(
                    service.span(),
                    "this is no service, so it may be on any host".to_owned(),
                    Some("add `at = \"...\"`, the host on which it has logged in".to_owned()),
                ));
            }
        }
        (None, Some(owner)) => {
            return Err(source.fault(
                owner.span(),
                "`user_to_user` is about the ticket for a service".to_owned(),
                Some("add `to = \"...\"`, or remove it".to_owned()),
            ));
        }
        (None, None) => {}
    }
    if let Some(host) = &call.at {
        scope.host(source, host)?;
    }
    if let (Some(service), true) = (&call.to, call.kinit) {
        return Err(source.fault(
            service.span(),
            "kinit reaches no service".to_owned(),
            Some(
                "remove `to` or `kinit`; the program that reads the cache is a call of its own"
                    .to_owned(),
            ),
        ));
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

fn check_job(scope: &Scope, source: &Source, job: &Job) -> Result<(), Box<Fault>> {
    check_call(scope, source, &job.call)?;
    scope.host(source, &job.on)
}

fn check_start(scope: &Scope, source: &Source, start: &StartDaemon) -> Result<(), Box<Fault>> {
    check_directory(scope, source, &start.on, &start.directory)
}

fn check_directory(
    scope: &Scope,
    source: &Source,
    host: &Spanned<String>,
    path: &Spanned<String>,
) -> Result<(), Box<Fault>> {
    scope.host(source, host)?;
    let text = path.get_ref();
    let is_name = |part: &str| !["", ".", ".."].contains(&part);
    if text
        .strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(is_name))
    {
        return Ok(());
    }
    Err(source.fault(
        path.span(),
        format!("`{}` is not the path of a directory", text.escape_debug()),
        Some("write it from the root and without detours, as `/data/1/dn`".to_owned()),
    ))
}

/// A client that exists nowhere is written with its realm.
fn check_client_name(
    scope: &Scope,
    source: &Source,
    name: &Spanned<String>,
) -> Result<(), Box<Fault>> {
    match name.get_ref().parse::<Principal>() {
        Ok(_) => Ok(()),
        Err(_) => scope.principal(source, name, &[]),
    }
}

fn check_kpasswd(scope: &Scope, source: &Source, kpasswd: &Kpasswd) -> Result<(), Box<Fault>> {
    scope.host(source, &kpasswd.from)?;
    scope.principal(source, &kpasswd.user, &[])?;
    match &kpasswd.of {
        Some(target) => scope.principal(source, target, &[]),
        None => Ok(()),
    }
}

pub(super) fn check_administrators(
    scope: &Scope,
    source: &Source,
    settings: &RealmSettings,
) -> Result<(), Box<Fault>> {
    for name in settings.administrators.iter().flatten() {
        scope.principal(source, name, &[])?;
    }
    Ok(())
}

pub(super) fn check_control(
    scope: &Scope,
    source: &Source,
    control: &Spanned<Control>,
) -> Result<(), Box<Fault>> {
    let table = control.get_ref();
    match (
        &table.call,
        &table.kpasswd,
        &table.replay,
        &table.job,
        &table.start,
        &table.act,
    ) {
        (Some(call), None, None, None, None, None) => check_call(scope, source, call)?,
        (None, Some(kpasswd), None, None, None, None) => check_kpasswd(scope, source, kpasswd)?,
        (None, None, Some(replay), None, None, None) => {
            scope.host(source, &replay.from)?;
            if let Some(host) = &replay.at {
                scope.host(source, host)?;
            }
            scope.principal(source, &replay.to, &[Kind::Service])?;
        }
        (None, None, None, Some(job), None, None) => check_job(scope, source, job)?,
        (None, None, None, None, Some(start), None) => check_start(scope, source, start)?,
        (None, None, None, None, None, Some(act)) => check_act(scope, source, act)?,
        _ => {
            return Err(source.fault(
                control.span(),
                "a [[control]] has exactly one of `act`, `call`, `job`, `kpasswd`, `replay` and `start`"
                    .to_owned(),
                Some("keep one of them; a second act is a [[control]] of its own".to_owned()),
            ));
        }
    }
    check_messages(scope, source, &table.expectation())?;
    check_log(scope, source, &table.log)
}

/// What is said of the messages that travelled.
fn check_messages(
    scope: &Scope,
    source: &Source,
    expectation: &Expectation,
) -> Result<(), Box<Fault>> {
    if let Some(trace) = &expectation.trace {
        check_trace(source, trace)?;
    }
    for (part, holders) in &expectation.decrypted_by {
        if !PART_NAMES.contains(&part.as_str()) {
            return Err(source.fault(
                holders.span(),
                format!("unknown part of a message `{part}`"),
                Some(choices(part, PART_NAMES)),
            ));
        }
        for holder in holders.get_ref() {
            scope.holder(source, holder, holders.span())?;
        }
    }
    Ok(())
}

pub(super) fn check_symptom(
    scope: &Scope,
    source: &Source,
    symptom: &Spanned<SymptomCheck>,
) -> Result<(), Box<Fault>> {
    let table = symptom.get_ref();
    match (
        &table.call,
        &table.kpasswd,
        &table.simultaneous,
        &table.job,
        &table.start,
        &table.act,
    ) {
        (Some(call), None, None, None, None, None) => check_call(scope, source, call)?,
        (None, Some(kpasswd), None, None, None, None) => check_kpasswd(scope, source, kpasswd)?,
        (None, None, Some(calls), None, None, None) => {
            check_simultaneous(scope, source, symptom, calls)?;
        }
        (None, None, None, Some(job), None, None) => check_job(scope, source, job)?,
        (None, None, None, None, Some(start), None) => check_start(scope, source, start)?,
        (None, None, None, None, None, Some(act)) => check_act(scope, source, act)?,
        _ => {
            return Err(source.fault(
                symptom.span(),
                "a [[symptom]] has exactly one of `act`, `call`, `job`, `kpasswd`, `simultaneous` and `start`"
                    .to_owned(),
                Some("keep one of them; a second act is a [[symptom]] of its own".to_owned()),
            ));
        }
    }
    if let (Some(number), None) = (&table.failing, &table.simultaneous) {
        return Err(source.fault(
            number.span(),
            "`failing` is about simultaneous calls".to_owned(),
            Some("remove it: a single call is the one that fails".to_owned()),
        ));
    }
    if let Some(must_fail) = &table.must_fail {
        check_must_fail(source, table, must_fail)?;
    }
    check_facts(
        source,
        table.error.as_ref(),
        [&table.sent_by, &table.cause, &table.text],
    )?;
    if let Some(host) = &table.sent_by {
        scope.host(source, host)?;
    }
    check_messages(scope, source, &table.expectation())?;
    for (place, tickets) in &table.klist {
        let Some((host, user)) = place.split_once('/') else {
            return Err(source.fault(
                tickets.span(),
                format!("`{place}` is not the credential cache of a user on a host"),
                Some("write both, as `\"ws1/alice\"`".to_owned()),
            ));
        };
        scope.host_named(source, host, tickets.span())?;
        let user = Spanned::new(tickets.span(), user.to_owned());
        scope.principal(source, &user, &[Kind::User])?;
    }
    for (host, triage) in &table.triage {
        scope.host_named(source, host, triage.span())?;
    }
    check_log(scope, source, &table.log)
}

/// An act that must not succeed does in the broken world, alone.
fn check_must_fail(
    source: &Source,
    symptom: &SymptomCheck,
    must_fail: &Spanned<ErrorName>,
) -> Result<(), Box<Fault>> {
    if let Some(error) = &symptom.error {
        return Err(source.fault(
            error.span(),
            "an act that must fail has no error in the broken world".to_owned(),
            Some("remove `error`: that the act succeeds is the symptom".to_owned()),
        ));
    }
    if symptom.simultaneous.is_some() {
        return Err(source.fault(
            must_fail.span(),
            "`must_fail` is about a single call".to_owned(),
            Some("write each of the calls as a [[symptom]] of its own".to_owned()),
        ));
    }
    Ok(())
}

pub(super) fn check_log(
    scope: &Scope,
    source: &Source,
    log: &BTreeMap<String, Spanned<LogLines>>,
) -> Result<(), Box<Fault>> {
    for (log, lines) in log {
        let host = log.split_once('/').map_or(log.as_str(), |(host, _)| host);
        scope.host_named(source, host, lines.span())?;
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
        let name = match label.rsplit_once(' ') {
            Some((name @ ("KRB-ERROR" | "RPC FAULT"), number)) if number.parse::<i32>().is_ok() => {
                name
            }
            Some((name @ "HTTP", what)) if is_http(what) => name,
            _ => label,
        };
        if !MESSAGES.contains(&name) {
            return Err(source.fault(
                trace.span(),
                format!("unknown message `{label}`"),
                Some(format!(
                    "{}; an error may have its number, `KRB-ERROR 41`, and HTTP its method or status, `HTTP 401`",
                    choices(name, MESSAGES)
                )),
            ));
        }
    }
    Ok(())
}

/// A method or a status.
fn is_http(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=32).contains(&text.len()) && text.bytes().all(is_plain)
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
            match (&attempt.call, &attempt.kpasswd) {
                (Some(call), None) => check_call(scope, source, call),
                (None, Some(kpasswd)) => check_kpasswd(scope, source, kpasswd),
                _ => Err(source.fault(
                    attempt.times.span(),
                    "an attempt has exactly one of `call` and `kpasswd`".to_owned(),
                    Some("keep one of them; a second act is an attempt of its own".to_owned()),
                )),
            }
        }
        Verb::CcmDelCert(_)
        | Verb::CloneClient(_)
        | Verb::DeleteClient(_)
        | Verb::MoveWebApplication(_) => web::check_verb(scope, source, verb),
        Verb::ChangeKey(change) => scope.principal(source, &change.of, &[]),
        Verb::ChangeMode(change) => check_directory(scope, source, &change.host, &change.path),
        Verb::ChangeTrust(change) => {
            scope.realm(source, &change.from)?;
            scope.realm(source, &change.to)
        }
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
        Verb::ConfigureRealm(change) => {
            check_administrators(scope, source, &change.set)?;
            scope.realm(source, &change.realm)
        }
        Verb::ApplyPolicy(_)
        | Verb::ChangeClusterPassword(_)
        | Verb::GrantClusterAccess(_)
        | Verb::RestartClusterService(_)
        | Verb::SetServicePassword(_) => cluster::check_verb(scope, source, verb),
        Verb::CopyCcache(copy) => {
            check_client_name(scope, source, &copy.user)?;
            scope.host(source, &copy.from)?;
            scope.host(source, &copy.to)
        }
        Verb::ExpireTicket(expiry) => {
            check_client_name(scope, source, &expiry.user)?;
            if let Some(server) = &expiry.server {
                scope.principal(source, server, &[Kind::Service, Kind::Trust])?;
            }
            scope.host(source, &expiry.on)
        }
        Verb::ExportKeytab(copy) | Verb::Ktadd(copy) => {
            scope.principal(source, &copy.of, &[])?;
            scope.host(source, &copy.to)
        }
        Verb::ForgeTicket(forgery) => {
            check_client_name(scope, source, &forgery.client)?;
            if let Some(server) = &forgery.server {
                scope.principal(source, server, &[Kind::Service, Kind::Trust])?;
            }
            scope.host(source, &forgery.on)
        }
        Verb::InstallServicePack(install) => scope.host_of_windows(source, &install.host),
        Verb::Kpasswd(kpasswd) => check_kpasswd(scope, source, kpasswd),
        Verb::Ktremove(removal) => {
            scope.principal(source, &removal.of, &[])?;
            scope.host(source, &removal.from)
        }
        Verb::HostDown(host) | Verb::HostUp(host) => scope.host(source, host),
        Verb::Link(link) => check_link(scope, source, link),
        Verb::LockCcache(cache) | Verb::UnlockCcache(cache) => {
            scope.principal(source, &cache.user, &[])?;
            scope.host_with_locks(source, &cache.on)
        }
        Verb::MakeDirectory(make) => check_directory(scope, source, &make.host, &make.path),
        Verb::ModifyAccount(change) => {
            for name in change.allowed_to_authenticate.iter().flatten() {
                scope.client_or_realm(source, name)?;
            }
            scope.principal(source, &change.name, &[Kind::User])
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
            check_client_name(scope, source, &cache.user)?;
            scope.host(source, &cache.on)
        }
        Verb::PurgeKeys(name)
        | Verb::RemovePrincipal(name)
        | Verb::ResetKey(name)
        | Verb::Unlock(name) => scope.principal(source, name, &[]),
        Verb::RemoveDirectory(removal) => {
            check_directory(scope, source, &removal.host, &removal.path)
        }
        Verb::RemoveTrustKey(side) => {
            scope.principal(source, &side.of, &[Kind::Trust])?;
            scope.realm(source, &side.realm)
        }
        Verb::RunJob(job) => check_job(scope, source, job),
        Verb::SetTaskController(change) => scope.host(source, &change.host),
        Verb::Setspn(change) => {
            for name in change.add.iter().chain(&change.delete) {
                check_service_principal_name(source, name)?;
            }
            if change.add.is_none() && change.delete.is_none() {
                return Err(source.fault(
                    change.account.span(),
                    "setspn does nothing here".to_owned(),
                    Some("say `add = \"...\"` or `delete = \"...\"`".to_owned()),
                ));
            }
            scope.principal(source, &change.account, &[Kind::User])
        }
        Verb::SetUmask(change) => scope.host(source, &change.host),
        Verb::RepairLinks(repair) => match &repair.name {
            Some(name) => scope.link_fault(source, name),
            None => Ok(()),
        },
        Verb::Wait(_) => Ok(()),
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
        Verb::SetRegistryValue(change) => scope.host_of_windows(source, &change.host),
        Verb::SetTrustKey(change) => {
            scope.principal(source, &change.of, &[Kind::Trust])?;
            scope.realm(source, &change.realm)
        }
    }
}

fn check_link(scope: &Scope, source: &Source, link: &LinkFault) -> Result<(), Box<Fault>> {
    for host in link.from.iter().chain(&link.to) {
        scope.host(source, host)?;
    }
    if let Some(principal) = &link.principal {
        check_client_name(scope, source, principal)?;
    }
    if let Some(message) = &link.message
        && !MESSAGES.contains(&message.get_ref().as_str())
    {
        return Err(source.fault(
            message.span(),
            format!("unknown message `{}`", message.get_ref()),
            Some(choices(message.get_ref(), MESSAGES)),
        ));
    }
    match &link.effect {
        LinkEffect::CopyTo(host) => scope.host(source, host),
        LinkEffect::Rewrite(rewrite) => {
            let field = rewrite.get_ref().field();
            let messages = rewrite.get_ref().messages();
            let message = link
                .message
                .as_ref()
                .map(|message| message.get_ref().as_str());
            if message.is_some_and(|message| messages.contains(&message)) {
                return Ok(());
            }
            Err(source.fault(
                rewrite.span(),
                match message {
                    Some(message) => format!("`{message}` has no field `{field}`"),
                    None => format!("the link does not say which messages' `{field}` it rewrites"),
                },
                Some(format!(
                    "add `message = \"{}\"`",
                    messages.join("\"` or `message = \"")
                )),
            ))
        }
        _ => Ok(()),
    }
}

/// The messages a packet can carry, as traces name them.
pub(super) const MESSAGES: [&str; 18] = [
    "AP-REP",
    "AP-REQ",
    "AS-REP",
    "AS-REQ",
    "HTTP",
    "KPASSWD-REP",
    "KPASSWD-REQ",
    "KRB-ERROR",
    "NETLOGON ANSWER",
    "NETLOGON LOGON",
    "NTLM AUTHENTICATE",
    "NTLM CHALLENGE",
    "NTLM NEGOTIATE",
    "RPC FAULT",
    "RPC REQUEST",
    "RPC RESPONSE",
    "TGS-REP",
    "TGS-REQ",
];
