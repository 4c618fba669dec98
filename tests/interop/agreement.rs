//! What scenarios say of MIT krb5 and OpenJDK 17, beside what these programs print at MIT's own KDC: one test per row.
//! `proof.rs` plays every scenario at ours.
//!
//! Each row names a scenario and the programs that play it. The scenario's own words are compared. Where Java
//! plays what a scenario tells of MIT, or where a row is about a fix, they are compared with what the simulation
//! comes to.

pub(crate) mod clocks;
mod replays;

use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::script::model::{DialectName, Phase};
use tempfile::TempDir;

use crate::gss::Implementation;
use crate::play::{Kdc, Play, Stated};

macro_rules! agreement {
    ($($name:ident: $id:literal, $programs:ident $(, fix $fix:literal)?;)*) => {$(
        #[test]
        fn $name() {
            let phase = Phase::Broken;
            $(let phase = { let _ = phase; Phase::Fix($fix) };)?
            agree($id, Implementation::$programs, phase);
        }
    )*};
}

mod pan_os {
    use super::*;

    agreement! {
        client_disabled: "client-disabled", Mit;
        client_disabled_java: "client-disabled", Java;
        client_disabled_with_ticket: "client-disabled-with-ticket", Mit;
        client_expired: "client-expired", Mit;
        client_expired_java: "client-expired", Java;
        client_locked_out: "client-locked-out", Mit;
        client_locked_out_java: "client-locked-out", Java;
        client_locked_out_unlocked: "client-locked-out", Mit, fix 1;
        client_unknown: "client-unknown", Mit;
        client_unknown_java: "client-unknown", Java;
        client_without_aes_key: "client-without-aes-key", Mit;
        client_without_aes_key_java: "client-without-aes-key-java", Java;
        client_without_aes_key_preauth: "client-without-aes-key-preauth", Mit;
        damaged_reply: "damaged-reply", Mit;
        damaged_reply_java: "damaged-reply", Java;
        kdc_of_other_realms: "kdc-of-other-realms", Mit;
        kdc_of_other_realms_java: "kdc-of-other-realms-java", Java;
        kdc_port_closed_with_ticket_java: "kdc-port-closed-with-ticket-java", Java;
        no_common_enctype: "no-common-enctype", Mit;
        no_lockout_without_preauth: "no-lockout-without-preauth", Mit;
        password_expired: "password-expired", Mit;
        password_expired_java: "password-expired", Java;
        reply_names_other_client: "reply-names-other-client", Mit;
        reply_names_other_client_java: "reply-names-other-client-java", Java;
        reply_names_other_client_realm: "reply-names-other-client-realm", Mit;
        reply_names_other_client_realm_java: "reply-names-other-client-realm-java", Java;
        reply_names_other_ticket_realm: "reply-names-other-ticket-realm", Mit;
        reply_names_other_ticket_realm_java: "reply-names-other-ticket-realm-java", Java;
        reply_names_other_ticket_service: "reply-names-other-ticket-service", Mit;
        reply_names_other_ticket_service_java: "reply-names-other-ticket-service-java", Java;
        reply_not_kerberos: "reply-not-kerberos", Mit;
        reply_not_kerberos_java: "reply-not-kerberos-java", Java;
        reply_recorded_earlier: "reply-recorded-earlier", Mit;
        reply_recorded_earlier_java: "reply-recorded-earlier-java", Java;
        request_rewritten: "request-rewritten", Mit;
        s4u2self_user_behind_trust: "s4u2self-user-behind-trust", Mit;
        s4u2self_user_moved: "s4u2self-user-moved", Mit;
        s4u2self_user_unknown: "s4u2self-user-unknown", Mit;
        service_session_enctype: "service-session-enctype", Mit;
        stale_client_keytab_krb5kdc: "stale-client-keytab", Mit;
        truncated_reply: "truncated-reply", Mit;
        truncated_reply_java: "truncated-reply-java", Java;
        undecryptable_reply: "undecryptable-reply", Mit;
        undecryptable_reply_java: "undecryptable-reply-java", Java;
        wrong_password: "wrong-password", Mit;
        wrong_password_java: "wrong-password-java", Java;
        wrong_password_typed: "wrong-password-typed", Mit;
    }
}

mod hadoop {
    use super::*;

    agreement! {
        cross_realm_enctype_lab_weaker: "cross-realm-enctype-lab-weaker", Mit;
        cross_realm_enctype_lab_weaker_java: "cross-realm-enctype-lab-weaker-java", Java;
        cross_realm_enctype_partial_overlap: "cross-realm-enctype-partial-overlap", Mit;
        cross_realm_enctype_remote_weaker_java: "cross-realm-enctype-remote-weaker-java", Java;
        cross_realm_kvno_ahead_in_lab: "cross-realm-kvno-ahead-in-lab", Mit;
        cross_realm_kvno_ahead_in_remote_java: "cross-realm-kvno-ahead-in-remote-java", Java;
        cross_realm_missing_in_lab: "cross-realm-missing-in-lab", Mit;
        cross_realm_missing_in_lab_java: "cross-realm-missing-in-lab-java", Java;
        cross_realm_missing_in_remote: "cross-realm-missing-in-remote", Mit;
        cross_realm_missing_in_remote_java: "cross-realm-missing-in-remote-java", Java;
        cross_realm_password_mismatch: "cross-realm-password-mismatch", Mit;
        cross_realm_password_mismatch_java: "cross-realm-password-mismatch", Java;
        cross_realm_wrong_direction: "cross-realm-wrong-direction", Mit;
        cross_realm_wrong_direction_java: "cross-realm-wrong-direction-java", Java;
        keytab_empty: "keytab-empty", Mit;
        keytab_of_namesake: "keytab-of-namesake", Mit;
        keytab_rekeyed: "keytab-rekeyed", Mit;
        keytab_rekeyed_exported_again: "keytab-rekeyed", Mit, fix 1;
        keytab_rekeyed_java: "keytab-rekeyed-java", Java;
        keytab_rekeyed_without_preauth: "keytab-rekeyed-without-preauth", Mit;
        keytab_rekeyed_without_preauth_java: "keytab-rekeyed-without-preauth-java", Java;
        keytab_restored: "keytab-restored", Mit;
        no_ticket: "no-ticket", Mit;
        renew_limit_of_krbtgt: "renew-limit-of-krbtgt", Mit;
        renew_limit_of_user: "renew-limit-of-user", Mit;
        renew_not_allowed: "renew-not-allowed", Mit;
        renew_not_requested: "renew-not-requested", Mit;
    }
}

/// Real programs play a scenario and end as it says.
fn agree(id: &str, programs: Implementation, phase: Phase) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(format!("{id}.toml"));
    let mut text = file_of(id);
    let mut stated = match phase {
        Phase::Fix(_) => Stated::BySimulation,
        _ => Stated::ByScenario,
    };
    let scenario = Scenario::parse(&path, &text).unwrap();
    if let Some(host) = told_of_mit(&scenario)
        && programs == Implementation::Java
    {
        text = with_java(&text, &host);
        stated = Stated::BySimulation;
    }
    std::fs::write(&path, &text).unwrap();
    let scenario = Scenario::parse(&path, &text).unwrap();
    Play::start(&scenario, phase, Kdc::Krb5kdc).compare_all(&stated);
}

/// The shipped file of a scenario.
pub(crate) fn file_of(id: &str) -> String {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap();
    folders
        .map(|folder| folder.unwrap().path().join(format!("{id}.toml")))
        .find(|path| Path::exists(path))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|| panic!("no scenario {id}"))
}

/// The host that makes the last call of the symptom, if its programs use MIT's library and so do all others.
fn told_of_mit(scenario: &Scenario) -> Option<String> {
    let script = &scenario.script;
    let all_mit = script
        .host
        .values()
        .all(|host| matches!(host.dialect, DialectName::Mit | DialectName::PanOs));
    let call = script.symptom.last()?.get_ref().call.as_ref()?;
    all_mit.then(|| call.from.get_ref().clone())
}

/// The same file with Java's programs on `host`.
fn with_java(text: &str, host: &str) -> String {
    let is_host = |line: &str| {
        line.split_once('=')
            .is_some_and(|(name, table)| name.trim() == host && table.trim().starts_with('{'))
    };
    let lines = text.lines().map(|line| match is_host(line) {
        true if line.contains("pan-os") => line.replace("pan-os", "java"),
        true if line.contains("{}") => line.replace("{}", "{ dialect = \"java\" }"),
        true => line.replacen('{', "{ dialect = \"java\",", 1),
        false => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}
