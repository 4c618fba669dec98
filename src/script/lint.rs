//! What a readable scenario has and this one lacks. Nothing here is wrong: the file runs.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::model::{Evidence, Script, SymptomCheck, Tables, TextOr};
use super::source::{Fault, Source, choices};
use super::spanned::Spanned;
use crate::catalogue;

/// Everything that `kdclab check` warns of in the scenario that `source` holds.
pub(crate) fn lint(script: &Script, source: &Source) -> Vec<Fault> {
    let mut lints = Lints {
        source,
        found: Vec::new(),
    };
    lints.id();
    lints.catalogue(&script.catalogue);
    lints.names(script);
    lints.evidence(&script.symptom);
    lints.titles(script);
    if !script.lesson {
        lints.symptoms(&script.symptom);
        lints.controls(script);
        lints.fixes(script);
    }
    lints.found
}

struct Lints<'a> {
    source: &'a Source,
    found: Vec<Fault>,
}

impl Lints<'_> {
    fn warn(&mut self, span: std::ops::Range<usize>, title: String, help: &str) {
        self.found
            .push(*self.source.warning(span, title, Some(help.to_owned())));
    }

    fn id(&mut self) {
        let stem = self.source.path().file_stem().unwrap_or_default();
        if !catalogue::is_id(&stem.to_string_lossy()) {
            self.warn(
                0..0,
                "the file's name is not an id".to_owned(),
                "name it in small letters and digits with `-` between words, `moved-web-server.toml`",
            );
        }
    }

    /// Ids like `S004-H6` are the catalogue's; all others belong to whoever writes the file.
    fn catalogue(&mut self, ids: &[Spanned<String>]) {
        for id in ids {
            let name = id.get_ref();
            if is_of_the_catalogue(name) && !catalogue::IDS.contains(&name.as_str()) {
                let help = format!(
                    "{}; ids of your own begin otherwise",
                    choices(name, catalogue::IDS)
                );
                self.warn(id.span(), format!("unknown catalogue id `{name}`"), &help);
            }
        }
    }

    fn names(&mut self, script: &Script) {
        let named = Named::in_file(self.source);
        for name in script.host.keys() {
            if !named.has(name.get_ref()) {
                self.unused("host", name);
            }
        }
        for (realm, table) in &script.realm {
            let users = unnamed(&named, realm.get_ref(), &table.users, |user| match user {
                TextOr::Text(_) => &[],
                TextOr::Table(user) => &user.aliases,
            });
            let services = unnamed(&named, realm.get_ref(), &table.services, |_| &[]);
            for user in users {
                self.unused("user", user);
            }
            for service in services {
                self.unused("service", service);
            }
        }
    }

    fn unused(&mut self, what: &str, name: &Spanned<String>) {
        self.warn(
            name.span(),
            format!("unused {what} `{}`", name.get_ref()),
            "nothing in the file names it; remove it, or let it have a part",
        );
    }

    fn evidence(&mut self, symptoms: &[Spanned<SymptomCheck>]) {
        for symptom in symptoms.iter().map(Spanned::get_ref) {
            if let Some(text) = &symptom.text
                && symptom.evidence == Evidence::Chosen
            {
                self.warn(
                    text.span(),
                    "a text without evidence".to_owned(),
                    "nobody chooses what a program says: see it (`evidence = \"ran\"`), cite it (`\"documented\"`), or \
                     leave it out",
                );
            }
        }
    }

    fn titles(&mut self, script: &Script) {
        let mut titles = BTreeSet::new();
        for fix in &script.fix {
            if !titles.insert(fix.title.get_ref().trim().to_lowercase()) {
                self.warn(
                    fix.title.span(),
                    "two fixes have this title".to_owned(),
                    "say in the title how they differ",
                );
            }
        }
    }

    fn symptoms(&mut self, symptoms: &[Spanned<SymptomCheck>]) {
        let states_something = |symptom: &SymptomCheck| {
            let stated = symptom.expectation();
            symptom.must_fail.is_some()
                || stated.error.is_some()
                || stated.trace.is_some()
                || stated.packets.is_some()
                || stated.takes.is_some()
                || stated.flags.is_some()
                || !stated.log.is_empty()
                || !stated.decrypted_by.is_empty()
        };
        if let Some(first) = symptoms.first()
            && !symptoms
                .iter()
                .any(|symptom| states_something(symptom.get_ref()))
        {
            self.warn(
                first.span(),
                "the symptom is no different from health".to_owned(),
                "say what the fault changes: an `error`, or else `must_fail`, `trace`, `packets`, `takes`, `flags` or `log`",
            );
        }
    }

    fn controls(&mut self, script: &Script) {
        if script.control.is_empty() {
            self.warn(
                script.format.span(),
                "the scenario has no [[control]]".to_owned(),
                "add a call that must work all the time: it shows how far the damage goes",
            );
        }
    }

    fn fixes(&mut self, script: &Script) {
        let Some(last) = script.fix.last() else {
            return;
        };
        let right = script.fix.iter().filter(|fix| fix.works).count();
        if right == 0 {
            self.warn(
                last.title.span(),
                "no fix works".to_owned(),
                "add one that does, with `works = true`",
            );
        }
        let wrong = script.fix.len() - right;
        if wrong < 2 {
            let count = if wrong == 0 {
                "no wrong fix"
            } else {
                "one wrong fix"
            };
            self.warn(
                last.title.span(),
                format!("the scenario has {count}"),
                "add what people try in vain, two at least, each with `works = false`, what remains, and why",
            );
        }
    }
}

/// The names of `table` that nothing in the file names, by themselves or by one of their `aliases`.
fn unnamed<'a, T>(
    named: &Named,
    realm: &str,
    table: &'a Tables<T>,
    aliases: impl Fn(&T) -> &[String],
) -> Vec<&'a Spanned<String>> {
    table
        .iter()
        .filter(|(name, entry)| {
            let mut names = std::iter::once(name.get_ref()).chain(aliases(entry));
            !names.any(|name| named.has_principal(name, realm))
        })
        .map(|(name, _)| name)
        .collect()
}

fn is_of_the_catalogue(id: &str) -> bool {
    id.strip_prefix('S')
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(document, _)| {
            document.len() == 3 && document.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// The texts with which a file can name what it defines elsewhere.
struct Named(BTreeSet<String>);

impl Named {
    fn in_file(source: &Source) -> Self {
        let mut texts = BTreeSet::new();
        let file: Table = toml::from_str(source.text()).unwrap_or_default();
        for (key, value) in &file {
            match (key.as_str(), value) {
                ("host", Value::Table(hosts)) => {
                    for host in hosts.values() {
                        collect(host, &mut texts);
                    }
                }
                ("realm", Value::Table(realms)) => {
                    for (key, value) in realms.values().filter_map(Value::as_table).flatten() {
                        match (key.as_str(), value) {
                            // Passwords and aliases.
                            ("users", _) => {}
                            ("services", Value::Table(services)) => {
                                for service in services.values() {
                                    collect(service, &mut texts);
                                }
                            }
                            _ => collect(value, &mut texts),
                        }
                    }
                }
                _ => collect(value, &mut texts),
            }
        }
        Self(texts)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn has_principal(&self, name: &str, realm: &str) -> bool {
        self.has(name) || self.has(&format!("{name}@{realm}"))
    }
}

/// Every text in `value`, keys included, without the backslashes of principal names.
fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(value, into)),
        Value::String(text) => {
            into.insert(text.replace('\\', ""));
        }
        Value::Table(table) => {
            for (key, value) in table {
                into.insert(key.clone());
                collect(value, into);
            }
        }
        _ => {}
    }
}
