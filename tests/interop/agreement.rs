//! What scenarios say of MIT krb5 and OpenJDK 17, beside what these programs print: one test per row.
//!
//! Each row names a scenario, the programs that play it, and the KDC they meet. The scenario's own words are
//! compared. Where Java plays what a scenario tells of MIT, or where a row is about a fix, they are compared
//! with what the simulation comes to.

pub(crate) mod clocks;
mod replays;

use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::script::model::{DialectName, Phase};
use tempfile::TempDir;

use crate::gss::Implementation;
use crate::play::{Kdc, Play, Stated};

macro_rules! agreement {
    ($($name:ident: $id:literal, $programs:ident, $kdc:ident $(, fix $fix:literal)?;)*) => {$(
        #[test]
        fn $name() {
            let phase = Phase::Broken;
            $(let phase = { let _ = phase; Phase::Fix($fix) };)?
            agree($id, Implementation::$programs, Kdc::$kdc, phase);
        }
    )*};
}

mod pan_os {
    use super::*;

    agreement! {
        client_disabled: "client-disabled", Mit, Krb5kdc;
        client_disabled_enabled: "client-disabled", Mit, Ours, fix 1;
        client_disabled_java: "client-disabled", Java, Krb5kdc;
        client_disabled_with_ticket: "client-disabled-with-ticket", Mit, Krb5kdc;
        client_expired: "client-expired", Mit, Krb5kdc;
        client_expired_java: "client-expired", Java, Krb5kdc;
        client_locked_out: "client-locked-out", Mit, Krb5kdc;
        client_locked_out_java: "client-locked-out", Java, Krb5kdc;
        client_locked_out_unlocked: "client-locked-out", Mit, Krb5kdc, fix 1;
        client_of_foreign_realm: "client-of-foreign-realm", Mit, Ours;
        client_unknown: "client-unknown", Mit, Krb5kdc;
        client_unknown_java: "client-unknown", Java, Krb5kdc;
        client_without_aes_key: "client-without-aes-key", Mit, Krb5kdc;
        client_without_aes_key_java: "client-without-aes-key-java", Java, Krb5kdc;
        client_without_aes_key_preauth: "client-without-aes-key-preauth", Mit, Krb5kdc;
        clock_skew_is_not_24: "clock-skew-is-not-24", Mit, Ours;
        clock_skew_is_not_24_java: "clock-skew-is-not-24-java", Java, Ours;
        clock_skew_is_not_24_within_limit: "clock-skew-is-not-24", Mit, Ours, fix 2;
        damaged_reply: "damaged-reply", Mit, Krb5kdc;
        damaged_reply_java: "damaged-reply", Java, Krb5kdc;
        kdc_of_other_realms: "kdc-of-other-realms", Mit, Krb5kdc;
        kdc_of_other_realms_java: "kdc-of-other-realms-java", Java, Krb5kdc;
        kdc_port_closed: "kdc-port-closed", Mit, Ours;
        kdc_port_closed_java: "kdc-port-closed-java", Java, Ours;
        kdc_port_closed_with_ticket_java: "kdc-port-closed-with-ticket-java", Java, Krb5kdc;
        kdc_silent_java: "kdc-silent-java", Java, Ours;
        no_common_enctype: "no-common-enctype", Mit, Krb5kdc;
        no_lockout_without_preauth: "no-lockout-without-preauth", Mit, Krb5kdc;
        password_expired: "password-expired", Mit, Krb5kdc;
        password_expired_java: "password-expired", Java, Krb5kdc;
        realm_in_lower_case: "realm-in-lower-case", Mit, Ours;
        realm_in_lower_case_java: "realm-in-lower-case-java", Java, Ours;
        realm_misspelt: "realm-misspelt", Mit, Ours;
        realm_without_kdc: "realm-without-kdc", Mit, Ours;
        realm_without_kdc_java: "realm-without-kdc-java", Java, Ours;
        reply_begins_early: "reply-begins-early", Mit, Ours;
        reply_begins_early_repaired: "reply-begins-early", Mit, Ours, fix 1;
        reply_ends_late: "reply-ends-late", Mit, Ours;
        reply_ends_late_java: "reply-ends-late-java", Java, Ours;
        reply_ends_late_longer_life: "reply-ends-late", Mit, Ours, fix 3;
        reply_ends_late_longer_life_java: "reply-ends-late-java", Java, Ours, fix 3;
        reply_names_other_client: "reply-names-other-client", Mit, Krb5kdc;
        reply_names_other_client_java: "reply-names-other-client-java", Java, Krb5kdc;
        reply_names_other_client_realm: "reply-names-other-client-realm", Mit, Krb5kdc;
        reply_names_other_client_realm_java: "reply-names-other-client-realm-java", Java, Krb5kdc;
        reply_names_other_service: "reply-names-other-service", Mit, Ours;
        reply_names_other_service_canonicalized: "reply-names-other-service", Mit, Ours, fix 2;
        reply_names_other_service_java: "reply-names-other-service-java", Java, Ours;
        reply_names_other_service_java_canonicalized: "reply-names-other-service-java", Java, Ours, fix 5;
        reply_names_other_ticket_realm: "reply-names-other-ticket-realm", Mit, Krb5kdc;
        reply_names_other_ticket_realm_java: "reply-names-other-ticket-realm-java", Java, Krb5kdc;
        reply_names_other_ticket_service: "reply-names-other-ticket-service", Mit, Krb5kdc;
        reply_names_other_ticket_service_java: "reply-names-other-ticket-service-java", Java, Krb5kdc;
        reply_not_kerberos: "reply-not-kerberos", Mit, Krb5kdc;
        reply_not_kerberos_java: "reply-not-kerberos-java", Java, Krb5kdc;
        reply_recorded_earlier: "reply-recorded-earlier", Mit, Krb5kdc;
        reply_recorded_earlier_java: "reply-recorded-earlier-java", Java, Krb5kdc;
        reply_renewable_too_long: "reply-renewable-too-long", Mit, Ours;
        reply_renewable_too_long_java: "reply-renewable-too-long-java", Java, Ours;
        reply_renewable_too_long_longer_life_java: "reply-renewable-too-long-java", Java, Ours, fix 3;
        request_rewritten: "request-rewritten", Mit, Krb5kdc;
        s4u2self_user_behind_trust: "s4u2self-user-behind-trust", Mit, Krb5kdc;
        s4u2self_user_moved: "s4u2self-user-moved", Mit, Krb5kdc;
        s4u2self_user_unknown: "s4u2self-user-unknown", Mit, Krb5kdc;
        service_session_enctype: "service-session-enctype", Mit, Krb5kdc;
        stale_client_keytab: "stale-client-keytab", Mit, Ours;
        stale_client_keytab_krb5kdc: "stale-client-keytab", Mit, Krb5kdc;
        truncated_reply: "truncated-reply", Mit, Krb5kdc;
        truncated_reply_java: "truncated-reply-java", Java, Krb5kdc;
        undecryptable_reply: "undecryptable-reply", Mit, Krb5kdc;
        undecryptable_reply_java: "undecryptable-reply-java", Java, Krb5kdc;
        wrong_password: "wrong-password", Mit, Krb5kdc;
        wrong_password_java: "wrong-password-java", Java, Krb5kdc;
        wrong_password_typed: "wrong-password-typed", Mit, Krb5kdc;
        wrong_password_without_preauth: "wrong-password-typed", Mit, Ours, fix 2;
    }
}

mod hadoop {
    use super::*;

    agreement! {
        clock_skew_login: "clock-skew-login", Mit, Ours;
        clock_skew_login_java: "clock-skew-login-java", Java, Ours;
        clock_skew_login_without_preauth: "clock-skew-login-without-preauth", Mit, Ours;
        cross_realm_enctype_lab_weaker: "cross-realm-enctype-lab-weaker", Mit, Krb5kdc;
        cross_realm_enctype_lab_weaker_java: "cross-realm-enctype-lab-weaker-java", Java, Krb5kdc;
        cross_realm_enctype_partial_overlap: "cross-realm-enctype-partial-overlap", Mit, Krb5kdc;
        cross_realm_enctype_remote_weaker_java: "cross-realm-enctype-remote-weaker-java", Java, Krb5kdc;
        cross_realm_kvno_ahead_in_lab: "cross-realm-kvno-ahead-in-lab", Mit, Krb5kdc;
        cross_realm_kvno_ahead_in_remote_java: "cross-realm-kvno-ahead-in-remote-java", Java, Krb5kdc;
        cross_realm_missing_in_lab: "cross-realm-missing-in-lab", Mit, Krb5kdc;
        cross_realm_missing_in_lab_java: "cross-realm-missing-in-lab-java", Java, Krb5kdc;
        cross_realm_missing_in_remote: "cross-realm-missing-in-remote", Mit, Krb5kdc;
        cross_realm_missing_in_remote_java: "cross-realm-missing-in-remote-java", Java, Krb5kdc;
        cross_realm_password_mismatch: "cross-realm-password-mismatch", Mit, Krb5kdc;
        cross_realm_password_mismatch_java: "cross-realm-password-mismatch", Java, Krb5kdc;
        cross_realm_wrong_direction: "cross-realm-wrong-direction", Mit, Krb5kdc;
        cross_realm_wrong_direction_java: "cross-realm-wrong-direction-java", Java, Krb5kdc;
        kdc_down_java: "kdc-down-java", Java, Ours;
        keytab_empty: "keytab-empty", Mit, Krb5kdc;
        keytab_of_namesake: "keytab-of-namesake", Mit, Krb5kdc;
        keytab_of_namesake_java: "keytab-of-namesake-java", Java, Ours;
        keytab_of_other_service: "keytab-of-other-service", Mit, Ours;
        keytab_of_other_service_java: "keytab-of-other-service-java", Java, Ours;
        keytab_rekeyed: "keytab-rekeyed", Mit, Krb5kdc;
        keytab_rekeyed_exported_again: "keytab-rekeyed", Mit, Krb5kdc, fix 1;
        keytab_rekeyed_java: "keytab-rekeyed-java", Java, Krb5kdc;
        keytab_rekeyed_without_preauth: "keytab-rekeyed-without-preauth", Mit, Krb5kdc;
        keytab_rekeyed_without_preauth_java: "keytab-rekeyed-without-preauth-java", Java, Krb5kdc;
        keytab_restored: "keytab-restored", Mit, Krb5kdc;
        keytab_restored_java: "keytab-restored-java", Java, Ours;
        keytab_without_ticket_enctype: "keytab-without-ticket-enctype", Mit, Ours;
        keytab_without_ticket_enctype_java: "keytab-without-ticket-enctype-java", Java, Ours;
        no_ticket: "no-ticket", Mit, Krb5kdc;
        no_ticket_jaas: "no-ticket-jaas", Java, Ours;
        no_ticket_java: "no-ticket-java", Java, Ours;
        renew_limit_of_krbtgt: "renew-limit-of-krbtgt", Mit, Krb5kdc;
        renew_limit_of_user: "renew-limit-of-user", Mit, Krb5kdc;
        renew_not_allowed: "renew-not-allowed", Mit, Krb5kdc;
        renew_not_requested: "renew-not-requested", Mit, Krb5kdc;
        reply_too_big_for_udp: "reply-too-big-for-udp", Mit, Ours;
        reply_too_big_tcp_closed: "reply-too-big-tcp-closed", Mit, Ours;
        reply_too_big_tcp_closed_java: "reply-too-big-tcp-closed-java", Java, Ours;
        service_key_mismatch_java: "service-key-mismatch-java", Java, Ours;
        service_key_mismatch_mit: "service-key-mismatch-mit", Mit, Ours;
        udp_preference_limit_tcp_closed: "udp-preference-limit-tcp-closed", Mit, Ours;
        udp_preference_limit_tcp_closed_java: "udp-preference-limit-tcp-closed-java", Java, Ours;
    }
}

/// Real programs play a scenario and end as it says.
fn agree(id: &str, programs: Implementation, kdc: Kdc, phase: Phase) {
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
    // A served KDC's clock is set beside that of one host, so each call has a server of its own.
    let texts = match kdc {
        Kdc::Krb5kdc => vec![text],
        Kdc::Ours => (0..scenario.script.symptom.len())
            .map(|index| with_one_symptom(&text, index))
            .collect(),
    };
    for text in texts {
        std::fs::write(&path, &text).unwrap();
        let scenario = Scenario::parse(&path, &text).unwrap();
        Play::start(&scenario, phase, kdc).compare_all(&stated);
    }
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

/// The same file with one part of the symptom alone.
fn with_one_symptom(text: &str, index: usize) -> String {
    const HEADING: &str = "[[symptom]]";
    let mut seen = 0;
    let parts = text.split("\n\n").filter(|part| {
        let is_symptom = part.starts_with(HEADING);
        seen += usize::from(is_symptom);
        !is_symptom || seen == index + 1
    });
    parts.collect::<Vec<_>>().join("\n\n")
}
