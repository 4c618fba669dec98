//! The rules of a scenario's world and of its fixes.

use std::collections::BTreeSet;

use kdclab_kdc::Attributes;
use kdclab_proto::PrincipalName;

use super::acts::{
    check_administrators, check_client, check_control, check_facts, check_log, check_symptom,
    check_verb,
};
use super::cluster::check_cluster;
use super::limits;
use super::model::{
    AccountTable, DialectName, Fix, KdcDialectName, RealmTable, Script, TextOr, TrustTable,
};
use super::scope::{Kind, Scope};
use super::source::{Fault, Source};
use super::spanned::Spanned;
use super::web::{check_site, check_web};

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
            if self.must_fail() && symptom.get_ref().must_fail.is_none() {
                return Err(source.fault(
                    symptom.span(),
                    "this act works before the fault, and another one must fail".to_owned(),
                    Some(
                        "give every [[symptom]] `must_fail`; what must work is a [[control]]"
                            .to_owned(),
                    ),
                ));
            }
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
            check_administrators(scope, source, &table.settings)?;
            let mut names = BTreeSet::new();
            for kdc in &table.kdc.get_ref().0 {
                scope.host_named(source, kdc, table.kdc.span())?;
            }
            for (name, user) in &table.users {
                check_name(source, name, &mut names)?;
                if let TextOr::Table(user) = user {
                    check_attributes(source, &user.attributes)?;
                }
            }
            for (name, account) in &table.accounts {
                check_name(source, name, &mut names)?;
                check_account(scope, source, table, name, account)?;
            }
            for (name, service) in &table.services {
                check_name(source, name, &mut names)?;
                match service {
                    TextOr::Text(host) => scope.host_named(source, host, name.span())?,
                    TextOr::Table(service) => {
                        for host in service.host.iter().chain(&service.also_on) {
                            scope.host(source, host)?;
                        }
                        for other in &service.allowed_to_delegate_to {
                            scope.principal(source, other, &[Kind::Service])?;
                        }
                        check_attributes(source, &service.attributes)?;
                    }
                }
            }
        }
        let mut nodes = BTreeSet::new();
        for (name, cluster) in &self.cluster {
            check_cluster(scope, source, name, cluster, &mut nodes)?;
        }
        for (name, site) in &self.site {
            check_site(scope, source, name, site)?;
        }
        let mut trusts = BTreeSet::new();
        for trust in &self.trust {
            scope.realm(source, &trust.from)?;
            scope.realm(source, &trust.to)?;
            check_trust(source, trust, &mut trusts)?;
        }
        for (name, host) in &self.host {
            check_host_name(source, name)?;
            if let Some(abi) = &host.abi
                && host.dialect != DialectName::PanOs
            {
                return Err(source.fault(
                    abi.span(),
                    format!("host `{}` tells no errno numbers", name.get_ref()),
                    Some("remove `abi`, or say `dialect = \"pan-os\"`".to_owned()),
                ));
            }
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
            if let Some(windows) = &host.windows
                && host.dialect != DialectName::Windows
            {
                return Err(source.fault(
                    windows.span(),
                    format!("host `{}` is no Windows", name.get_ref()),
                    Some("remove `windows`, or say `dialect = \"windows\"`".to_owned()),
                ));
            }
            if let Some(dns_name) = &host.dns_name {
                check_dns_name(source, dns_name)?;
            }
            check_web(self, scope, source, name, host)?;
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
        check_log(scope, source, &fix.log)?;
        if let Some(number) = &fix.breaks_control {
            self.check_broken_control(source, fix, number)?;
        }
        if self.must_fail() {
            check_fix_of_a_success(source, fix)?;
        } else {
            check_fix_of_an_error(source, fix, self.is_told_by_logs())?;
        }
        check_facts(
            source,
            fix.error.as_ref(),
            [&fix.sent_by, &fix.cause, &fix.text],
        )
    }

    fn check_broken_control(
        &self,
        source: &Source,
        fix: &Fix,
        number: &Spanned<usize>,
    ) -> Result<(), Box<Fault>> {
        if fix.works {
            return Err(source.fault(
                number.span(),
                "a fix that works breaks no control".to_owned(),
                Some("remove `breaks_control`, or say `works = false`".to_owned()),
            ));
        }
        if !(1..=self.control.len()).contains(number.get_ref()) {
            return Err(source.fault(
                number.span(),
                format!("there is no control {}", number.get_ref()),
                Some(format!("the scenario has {}", self.control.len())),
            ));
        }
        Ok(())
    }
}

/// The symptom is an error: a right fix leaves none.
/// Where logs alone tell the symptom, what remains of it after a wrong fix are these.
fn check_fix_of_an_error(source: &Source, fix: &Fix, told_by_logs: bool) -> Result<(), Box<Fault>> {
    match (fix.works, &fix.error, &fix.breaks_control) {
        (true, Some(error), _) => Err(source.fault(
            error.span(),
            "a fix that works leaves no error".to_owned(),
            Some("remove `error`, or say `works = false`".to_owned()),
        )),
        (false, None, None) if !told_by_logs => Err(source.fault(
            fix.title.span(),
            "the wrong fix does not say what remains".to_owned(),
            Some("add `error = \"...\"`, or `breaks_control = N`".to_owned()),
        )),
        _ => Ok(()),
    }
}

/// The symptom is a success that must not be: a right fix turns it into an error.
fn check_fix_of_a_success(source: &Source, fix: &Fix) -> Result<(), Box<Fault>> {
    match (fix.works, &fix.error, &fix.breaks_control) {
        (true, None, _) => Err(source.fault(
            fix.title.span(),
            "the fix does not say how the act that must fail does".to_owned(),
            Some("add `error = \"...\"`, or say `works = false`".to_owned()),
        )),
        (false, Some(error), None) => Err(source.fault(
            error.span(),
            "a wrong fix lets the act that must fail succeed".to_owned(),
            Some("remove `error`, say `works = true`, or add `breaks_control = N`".to_owned()),
        )),
        _ => Ok(()),
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
    let is_of_the_kdc = parsed
        .components
        .first()
        .is_some_and(|first| first == "krbtgt")
        || parsed.to_string() == "kadmin/changepw";
    if is_of_the_kdc {
        return Err(source.fault(
            name.span(),
            format!("every realm has `{}` already", name.get_ref()),
            Some("remove it; verbs can name it all the same".to_owned()),
        ));
    }
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

/// A name that one can write behind `HTTP/`.
fn check_dns_name(source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
    let text = name.get_ref();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    if (1..=253).contains(&text.len()) && text.contains('.') && text.chars().all(is_plain) {
        return Ok(());
    }
    Err(source.fault(
        name.span(),
        format!("`{}` is not a full name of DNS", text.escape_debug()),
        Some("write it with its domain, as `web1.lab.example`".to_owned()),
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

pub(super) fn check_attributes(
    source: &Source,
    attributes: &[Spanned<String>],
) -> Result<(), Box<Fault>> {
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

fn check_account(
    scope: &Scope,
    source: &Source,
    realm: &RealmTable,
    name: &Spanned<String>,
    account: &AccountTable,
) -> Result<(), Box<Fault>> {
    if realm.dialect != KdcDialectName::ActiveDirectory {
        return Err(source.fault(
            name.span(),
            "only Active Directory has accounts".to_owned(),
            Some("say `dialect = \"active-directory\"`, or make it one of `users`".to_owned()),
        ));
    }
    if name.get_ref().contains('/') {
        return Err(source.fault(
            name.span(),
            format!("`{}` is not the name of an account", name.get_ref()),
            Some("list it in the `service_principal_names` of the account that has it".to_owned()),
        ));
    }
    if let Some(hosts) = &account.host {
        for host in &hosts.get_ref().0 {
            scope.host_named(source, host, hosts.span())?;
        }
    }
    for name in account.service_principal_names.iter().flatten() {
        check_service_principal_name(source, name)?;
    }
    for name in &account.allowed_to_authenticate {
        scope.client_or_realm(source, name)?;
    }
    Ok(())
}

/// A service's name: a class, a host, and at most one more part.
pub(super) fn check_service_principal_name(
    source: &Source,
    name: &Spanned<String>,
) -> Result<(), Box<Fault>> {
    let parts = PrincipalName::parse(name.get_ref()).map_or(0, |name| name.components.len());
    if (2..=3).contains(&parts) {
        return Ok(());
    }
    Err(source.fault(
        name.span(),
        format!("`{}` is not the name of a service", name.get_ref()),
        Some("write its class and its host, as `HTTP/web1.lab.example`".to_owned()),
    ))
}
