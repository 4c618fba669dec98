//! The names a scenario defines, and whether its references are among them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use kdclab_kdc::Attributes;
use kdclab_proto::{Principal, PrincipalName, Realm};
use serde_spanned::Spanned;

use super::limits::{self, MAX_ENTRIES, MAX_TIMES};
use super::model::{Call, ClientTable, Control, Fix, Script, SymptomCheck, TextOr, TrustTable};
use super::source::{Fault, Source, choices};
use super::values::ErrorName;
use super::verb::{LinkEffect, Verb};

/// The realms, hosts and principals of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    hosts: BTreeSet<String>,
    realms: BTreeSet<String>,
    principals: BTreeMap<Principal, Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    User,
    Service,
    Trust,
}

impl Scope {
    /// What `script` defines, its later `add_principal` steps included.
    pub fn new(script: &Script) -> Self {
        let mut scope = Self {
            hosts: script
                .host
                .keys()
                .map(|name| name.get_ref().clone())
                .collect(),
            realms: script
                .realm
                .keys()
                .map(|name| name.get_ref().clone())
                .collect(),
            principals: BTreeMap::new(),
        };
        for (realm, table) in &script.realm {
            let realm = Realm::from(realm.get_ref().as_str());
            for (names, kind) in [
                (table.users.keys().collect::<Vec<_>>(), Kind::User),
                (table.services.keys().collect(), Kind::Service),
            ] {
                for name in names {
                    if let Ok(name) = PrincipalName::parse(name.get_ref()) {
                        scope.principals.insert(name.at(realm.clone()), kind);
                    }
                }
            }
        }
        for trust in &script.trust {
            let (from, to) = (
                Realm::from(trust.from.get_ref().as_str()),
                Realm::from(trust.to.get_ref().as_str()),
            );
            scope
                .principals
                .insert(Principal::krbtgt(&to, &from), Kind::Trust);
            if trust.two_way {
                scope
                    .principals
                    .insert(Principal::krbtgt(&from, &to), Kind::Trust);
            }
        }
        for realm in script.realm.keys() {
            let realm = Realm::from(realm.get_ref().as_str());
            scope
                .principals
                .insert(Principal::krbtgt(&realm, &realm), Kind::Service);
        }
        let fixes = script.fix.iter().flat_map(|fix| &fix.steps);
        for verb in script.given.iter().chain(&script.fault).chain(fixes) {
            if let Verb::AddPrincipal(added) = verb.get_ref()
                && let Ok(principal) = scope.parse(added.name.get_ref())
            {
                let kind = if principal.name.components.len() > 1 {
                    Kind::Service
                } else {
                    Kind::User
                };
                scope.principals.entry(principal).or_insert(kind);
            }
        }
        scope
    }

    /// The principal that `text` names. Without a realm it is the one of that name, if only one realm
    /// has it, or the scenario's only realm.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(&self, text: &str) -> Result<Principal, String> {
        if let Ok(principal) = text.parse::<Principal>() {
            return Ok(principal);
        }
        let name = PrincipalName::parse(text).map_err(|error| error.to_string())?;
        let mut realms = self
            .principals
            .keys()
            .filter(|principal| principal.name == name)
            .map(|principal| &principal.realm);
        match (realms.next(), realms.next(), self.realms.first()) {
            (Some(realm), None, _) => Ok(name.at(realm.clone())),
            (None, _, Some(realm)) if self.realms.len() == 1 => Ok(name.at(realm.as_str())),
            (Some(_), Some(_), _) => Err("several realms have it; add its @REALM".to_owned()),
            (None, _, _) => Err("no realm has it; add its @REALM".to_owned()),
        }
    }

    fn host(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        known(source, "host", name.get_ref(), name.span(), &self.hosts)
    }

    fn realm(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        known(source, "realm", name.get_ref(), name.span(), &self.realms)
    }

    fn principal(
        &self,
        source: &Source,
        name: &Spanned<String>,
        kinds: &[Kind],
    ) -> Result<(), Box<Fault>> {
        let found = self.parse(name.get_ref());
        if let Ok(principal) = &found
            && self
                .principals
                .get(principal)
                .is_some_and(|kind| kinds.is_empty() || kinds.contains(kind))
        {
            return Ok(());
        }
        let names: Vec<String> = self
            .principals
            .iter()
            .filter(|(_, kind)| kinds.is_empty() || kinds.contains(kind))
            .map(|(principal, _)| {
                if self.realms.len() == 1 {
                    principal.name.to_string()
                } else {
                    principal.to_string()
                }
            })
            .collect();
        let what = match kinds {
            [Kind::User] => "user",
            [Kind::Service] => "service",
            [Kind::Trust] => "trust",
            _ => "principal",
        };
        let reason = match found {
            Err(reason) => format!(" ({reason})"),
            Ok(_) => String::new(),
        };
        Err(source.fault(
            name.span(),
            format!("unknown {what} `{}`{reason}", name.get_ref()),
            Some(choices(name.get_ref(), names.iter().map(String::as_str))),
        ))
    }
}

fn known(
    source: &Source,
    what: &str,
    name: &str,
    span: Range<usize>,
    names: &BTreeSet<String>,
) -> Result<(), Box<Fault>> {
    if names.contains(name) {
        return Ok(());
    }
    Err(source.fault(
        span,
        format!("unknown {what} `{name}`"),
        Some(choices(name, names.iter().map(String::as_str))),
    ))
}

impl Script {
    /// Checks what the tables' types cannot: every reference is defined, and every fix says what
    /// remains.
    ///
    /// # Errors
    /// [`Fault`], the first one in the file's order of tables.
    pub(super) fn check(&self, source: &Source) -> Result<(), Box<Fault>> {
        if *self.format.get_ref() != 1 {
            return Err(source.fault(
                self.format.span(),
                format!("unknown format {}", self.format.get_ref()),
                Some("this version reads format 1".to_owned()),
            ));
        }
        limits::check(self, source)?;
        let scope = Scope::new(self);
        self.check_world(&scope, source)?;
        for verb in self.given.iter().chain(&self.fault) {
            check_verb(&scope, source, verb.get_ref())?;
        }
        for control in &self.control {
            check_control(&scope, source, control)?;
        }
        for symptom in &self.symptom {
            check_symptom(&scope, source, symptom)?;
        }
        for fix in &self.fix {
            self.check_fix(&scope, source, fix)?;
        }
        if self.lesson {
            return Ok(());
        }
        for (table, is_empty) in [
            ("fault", self.fault.is_empty()),
            ("symptom", self.symptom.is_empty()),
            ("fix", self.fix.is_empty()),
        ] {
            if is_empty {
                return Err(source.fault(
                    self.format.span(),
                    format!("the scenario has no [[{table}]]"),
                    Some(
                        "add one, or say `lesson = true` where nothing is to be repaired"
                            .to_owned(),
                    ),
                ));
            }
        }
        Ok(())
    }

    fn check_world(&self, scope: &Scope, source: &Source) -> Result<(), Box<Fault>> {
        for (name, table) in &self.realm {
            check_realm_name(source, name)?;
            if table.kdc.get_ref().0.is_empty() {
                return Err(source.fault(
                    table.kdc.span(),
                    "the realm has no KDC".to_owned(),
                    Some("name the host of one".to_owned()),
                ));
            }
            let mut names = BTreeSet::new();
            for kdc in &table.kdc.get_ref().0 {
                known(source, "host", kdc, table.kdc.span(), &scope.hosts)?;
            }
            for (name, user) in &table.users {
                check_name(source, name, &mut names)?;
                if let TextOr::Table(user) = user {
                    check_attributes(source, &user.attributes)?;
                }
            }
            for (name, service) in &table.services {
                check_name(source, name, &mut names)?;
                match service {
                    TextOr::Text(host) => known(source, "host", host, name.span(), &scope.hosts)?,
                    TextOr::Table(service) => {
                        for host in service.host.iter().chain(&service.also_on) {
                            scope.host(source, host)?;
                        }
                        check_attributes(source, &service.attributes)?;
                    }
                }
            }
        }
        let mut trusts = BTreeSet::new();
        for trust in &self.trust {
            scope.realm(source, &trust.from)?;
            scope.realm(source, &trust.to)?;
            check_trust(source, trust, &mut trusts)?;
        }
        for (name, host) in &self.host {
            check_host_name(source, name)?;
            if let Some(realm) = &host.realm {
                scope.realm(source, realm)?;
            } else if self.realm.len() > 1 {
                return Err(source.fault(
                    name.span(),
                    format!("host `{}` does not say its realm", name.get_ref()),
                    Some("add `realm = \"...\"`: the scenario has several realms".to_owned()),
                ));
            }
            if let Some(principal) = &host.run_as {
                scope.principal(source, principal, &[])?;
            }
            check_client(scope, source, &host.client)?;
            if let Some(other) = &host.acceptor.shares_replay_cache_with {
                scope.host(source, other)?;
            }
        }
        Ok(())
    }

    fn check_fix(&self, scope: &Scope, source: &Source, fix: &Fix) -> Result<(), Box<Fault>> {
        for verb in &fix.steps {
            check_verb(scope, source, verb.get_ref())?;
        }
        if fix.because.get_ref().trim().is_empty() {
            return Err(source.fault(
                fix.because.span(),
                "the fix does not say why".to_owned(),
                Some("say in `because` why it works or does not".to_owned()),
            ));
        }
        if let Some(host) = &fix.sent_by {
            scope.host(source, host)?;
        }
        let remains = fix.error.as_ref().map(Spanned::span);
        let breaks = fix.breaks_control.as_ref();
        match (fix.works, remains, breaks) {
            (true, Some(span), _) => Err(source.fault(
                span,
                "a fix that works leaves no error".to_owned(),
                Some("remove `error`, or say `works = false`".to_owned()),
            )),
            (true, _, Some(number)) => Err(source.fault(
                number.span(),
                "a fix that works breaks no control".to_owned(),
                Some("remove `breaks_control`, or say `works = false`".to_owned()),
            )),
            (false, None, None) => Err(source.fault(
                fix.title.span(),
                "the wrong fix does not say what remains".to_owned(),
                Some("add `error = \"...\"`, or `breaks_control = N`".to_owned()),
            )),
            (false, _, Some(number)) if !(1..=self.control.len()).contains(number.get_ref()) => {
                Err(source.fault(
                    number.span(),
                    format!("there is no control {}", number.get_ref()),
                    Some(format!("the scenario has {}", self.control.len())),
                ))
            }
            _ => check_facts(
                source,
                fix.error.as_ref(),
                [&fix.sent_by, &fix.cause, &None],
            ),
        }
    }
}

fn check_name(
    source: &Source,
    name: &Spanned<String>,
    names: &mut BTreeSet<PrincipalName>,
) -> Result<(), Box<Fault>> {
    let parsed = PrincipalName::parse(name.get_ref()).map_err(|error| {
        source.fault(
            name.span(),
            format!("`{}` is not a principal's name", name.get_ref()),
            Some(error.to_string()),
        )
    })?;
    if names.insert(parsed) {
        return Ok(());
    }
    Err(source.fault(
        name.span(),
        format!("`{}` is defined twice", name.get_ref()),
        Some(
            "the users and services of a realm share one set of names; rename or remove one"
                .to_owned(),
        ),
    ))
}

/// Hosts give files their names.
fn check_host_name(source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
    let text = name.get_ref();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if (1..=253).contains(&text.len()) && !text.starts_with('.') && text.chars().all(is_plain) {
        return Ok(());
    }
    Err(source.fault(
        name.span(),
        format!("`{}` is not a host's name", text.escape_debug()),
        Some("use letters, digits, `-`, `_` and `.`, at most 253 of them".to_owned()),
    ))
}

/// Realms stand in krb5.conf, where some characters have a meaning.
fn check_realm_name(source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
    let text = name.get_ref();
    let is_plain = |letter: char| letter.is_ascii_graphic() && !"/@\\{}[]=\"'#;:*".contains(letter);
    if (1..=253).contains(&text.len()) && text.chars().all(is_plain) {
        return Ok(());
    }
    Err(source.fault(
        name.span(),
        format!("`{}` is not a realm's name", text.escape_debug()),
        Some("write it like a domain in capitals, `LAB.EXAMPLE`".to_owned()),
    ))
}

fn check_trust<'a>(
    source: &Source,
    trust: &'a TrustTable,
    known: &mut BTreeSet<(&'a str, &'a str)>,
) -> Result<(), Box<Fault>> {
    let (from, to) = (trust.from.get_ref().as_str(), trust.to.get_ref().as_str());
    if from == to {
        return Err(source.fault(
            trust.to.span(),
            format!("{to} trusts itself"),
            Some("a trust is between two realms".to_owned()),
        ));
    }
    let directions = [(from, to), (to, from)];
    for (from, to) in &directions[..1 + usize::from(trust.two_way)] {
        if !known.insert((from, to)) {
            return Err(source.fault(
                trust.from.span(),
                format!("the trust from {from} to {to} is defined twice"),
                Some("remove one; `two_way = true` defines both directions".to_owned()),
            ));
        }
    }
    Ok(())
}

fn check_attributes(source: &Source, attributes: &[Spanned<String>]) -> Result<(), Box<Fault>> {
    for attribute in attributes {
        if let Err(error) = Attributes::NONE.clone().apply(attribute.get_ref()) {
            return Err(source.fault(
                attribute.span(),
                error.to_string(),
                Some("write it as kadmin does, `+requires_preauth` or `-allow_tix`".to_owned()),
            ));
        }
    }
    Ok(())
}

fn check_client(scope: &Scope, source: &Source, client: &ClientTable) -> Result<(), Box<Fault>> {
    for kdcs in client.kdc.values() {
        for host in &kdcs.get_ref().0 {
            known(source, "host", host, kdcs.span(), &scope.hosts)?;
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
    Ok(())
}

fn check_control(
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

fn check_symptom(
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
        known(source, "host", host, line.span(), &scope.hosts)?;
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
fn check_facts(
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

fn check_verb(scope: &Scope, source: &Source, verb: &Verb) -> Result<(), Box<Fault>> {
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
const MESSAGES: [&str; 7] = [
    "AP-REP",
    "AP-REQ",
    "AS-REP",
    "AS-REQ",
    "KRB-ERROR",
    "TGS-REP",
    "TGS-REQ",
];
