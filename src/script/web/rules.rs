use std::collections::BTreeSet;

use kdclab_proto::{Principal, Realm};

use super::{LOCAL_SYSTEM, Register, SiteTable, WebApplicationTable};
use crate::script::model::{DialectName, HostTable, Script};
use crate::script::scope::Scope;
use crate::script::source::{Fault, Source};
use crate::script::spanned::Spanned;
use crate::script::verb::Verb;

/// The web applications of one host.
pub(in crate::script) fn check_web(
    script: &Script,
    scope: &Scope,
    source: &Source,
    host: &Spanned<String>,
    table: &HostTable,
) -> Result<(), Box<Fault>> {
    let mut places = BTreeSet::new();
    for (name, application) in &table.web {
        if table.dialect != DialectName::Windows {
            return Err(source.fault(
                name.span(),
                format!("host `{}` is no Windows", host.get_ref()),
                Some("remove `web`, or say `dialect = \"windows\"`".to_owned()),
            ));
        }
        check_path(source, &application.path)?;
        check_port(source, &application.port)?;
        let path = application.path.get_ref().to_ascii_lowercase();
        if !places.insert((*application.port.get_ref(), path)) {
            return Err(source.fault(
                application.path.span(),
                format!("two applications of `{}` have this place", host.get_ref()),
                Some("give one of them another `path` or another `port`".to_owned()),
            ));
        }
        check_account(script, scope, source, host, application)?;
    }
    Ok(())
}

fn check_path(source: &Source, path: &Spanned<String>) -> Result<(), Box<Fault>> {
    let text = path.get_ref();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
    if text.len() <= 100 && text.starts_with('/') && text.chars().all(is_plain) {
        return Ok(());
    }
    Err(source.fault(
        path.span(),
        format!(
            "`{}` is not the path of an application",
            text.escape_debug()
        ),
        Some("write it from the root and without a query, as `/reports`".to_owned()),
    ))
}

fn check_port(source: &Source, port: &Spanned<u16>) -> Result<(), Box<Fault>> {
    match port.get_ref() {
        0 => Err(source.fault(
            port.span(),
            "nobody listens on port 0".to_owned(),
            Some("80 is that of HTTP".to_owned()),
        )),
        _ => Ok(()),
    }
}

/// Its keys must be on the host.
fn check_account(
    script: &Script,
    scope: &Scope,
    source: &Source,
    host: &Spanned<String>,
    application: &WebApplicationTable,
) -> Result<(), Box<Fault>> {
    let account = &application.account;
    let mut names = Vec::new();
    for (realm, table) in &script.realm {
        let realm = Realm::from(realm.get_ref().as_str());
        for (name, account) in &table.accounts {
            let hosts = account.host.iter().flat_map(|hosts| &hosts.get_ref().0);
            if hosts.into_iter().any(|other| other == host.get_ref()) {
                names.push((name.get_ref().as_str(), realm.clone()));
            }
        }
    }
    if account.get_ref() == LOCAL_SYSTEM {
        if names.iter().any(|(name, _)| name.ends_with('$')) {
            return Ok(());
        }
        return Err(source.fault(
            application.path.span(),
            format!("`{}` has no computer account", host.get_ref()),
            Some(format!(
                "add one to the `accounts` of its realm, with `host = \"{}\"`",
                host.get_ref()
            )),
        ));
    }
    scope.principal(source, account, &[])?;
    let principal = scope.parse(account.get_ref()).ok();
    let is_here = names.iter().any(|(name, realm)| {
        let known = format!("{name}@{realm}").parse::<Principal>().ok();
        known.is_some() && known == principal
    });
    if is_here {
        return Ok(());
    }
    Err(source.fault(
        account.span(),
        format!(
            "`{}` does not have the password of `{}`",
            host.get_ref(),
            account.get_ref()
        ),
        Some(format!("give the account `host = \"{}\"`", host.get_ref())),
    ))
}

pub(in crate::script) fn check_site(
    scope: &Scope,
    source: &Source,
    name: &Spanned<String>,
    site: &SiteTable,
) -> Result<(), Box<Fault>> {
    let code = name.get_ref();
    if code.len() != 3 || !code.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Err(source.fault(
            name.span(),
            format!("`{}` is not the code of a site", code.escape_debug()),
            Some("it has three letters and digits, as `2P4`".to_owned()),
        ));
    }
    scope.host(source, &site.management_point)?;
    scope.web_application(source, &site.management_point, &site.application)?;
    for (host, smsid) in &site.smsid {
        scope.host_of_windows(source, host)?;
        if !is_smsid(smsid.get_ref()) {
            return Err(source.fault(
                smsid.span(),
                format!(
                    "`{}` is not the id of a client",
                    smsid.get_ref().escape_debug()
                ),
                Some("write it as `GUID:EEAF9390-94EB-43AE-A0DE-F374E3E7E03B`".to_owned()),
            ));
        }
    }
    Ok(())
}

/// Whether a text is the id of a client: `GUID:` and a GUID in capitals.
pub(crate) fn is_smsid(text: &str) -> bool {
    let Some(guid) = text.strip_prefix("GUID:") else {
        return false;
    };
    let lengths = [8, 4, 4, 4, 12];
    let is_part = |part: &str, length: usize| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        part.len() == length && part.bytes().all(is_digit)
    };
    guid.split('-').count() == lengths.len()
        && guid
            .split('-')
            .zip(lengths)
            .all(|(part, length)| is_part(part, length))
}

pub(in crate::script) fn check_register(
    scope: &Scope,
    source: &Source,
    register: &Register,
) -> Result<(), Box<Fault>> {
    scope.computer(source, &register.client)?;
    scope.site(source, &register.with)
}

/// The verbs about web servers and clients of sites.
pub(in crate::script) fn check_verb(
    scope: &Scope,
    source: &Source,
    verb: &Verb,
) -> Result<(), Box<Fault>> {
    match verb {
        Verb::CcmDelCert(host) => scope.host_of_windows(source, host),
        Verb::CloneClient(clone) => {
            scope.host_of_windows(source, &clone.from)?;
            scope.host_of_windows(source, &clone.to)
        }
        Verb::DeleteClient(deletion) => {
            scope.host_of_windows(source, &deletion.client)?;
            scope.site(source, &deletion.site)
        }
        Verb::MoveWebApplication(change) => {
            scope.host(source, &change.host)?;
            check_port(source, &change.port)?;
            scope.web_application(source, &change.host, &change.application)
        }
        _ => Ok(()),
    }
}
