//! A scenario's values as kdc.conf, krb5.conf and kadmin.local write them.

use kdclab::script::model::RealmSettings;
use kdclab::script::values::{EnctypeName, Instant, Span};

/// The encryption types of new keys where a scenario has none of its own.
pub(super) const SUPPORTED: &str = "aes256-cts aes128-cts";

/// The lines of a realm's section in kdc.conf.
pub(super) fn section(settings: &RealmSettings) -> String {
    let types = names(settings.enctypes.as_deref());
    let mut lines = format!(
        "supported_enctypes = {}\n",
        types.as_deref().unwrap_or(SUPPORTED)
    );
    for (key, span) in [
        ("max_life", settings.max_life),
        ("max_renewable_life", settings.max_renewable_life),
    ] {
        if let Some(span) = span {
            lines.push_str(&format!("  {key} = {}\n", seconds(span)));
        }
    }
    lines
}

pub(super) fn libdefaults(settings: &RealmSettings) -> String {
    let mut lines = String::new();
    for (key, value) in [
        ("allow_des3", settings.allow_des3),
        ("allow_rc4", settings.allow_rc4),
        ("allow_weak_crypto", settings.allow_weak_crypto),
    ] {
        if let Some(value) = value {
            lines.push_str(&format!("{key} = {value}\n "));
        }
    }
    if let Some(types) = names(settings.permitted_enctypes.as_deref()) {
        lines.push_str(&format!("permitted_enctypes = {types}\n "));
    }
    if let Some(skew) = settings.clockskew {
        lines.push_str(&format!("clockskew = {}\n ", skew.seconds()));
    }
    lines
}

pub(super) fn kdcdefaults(settings: &RealmSettings) -> String {
    settings
        .udp_reply_limit
        .map(|limit| format!(" kdc_max_dgram_reply_size = {limit}"))
        .unwrap_or_default()
}

pub(super) fn names(types: Option<&[EnctypeName]>) -> Option<String> {
    let names: Vec<_> = types?.iter().map(|name| name.0.to_string()).collect();
    Some(names.join(" "))
}

pub(super) fn seconds(span: Span) -> String {
    format!("{}s", span.seconds())
}

pub(super) fn secret(password: Option<&str>) -> String {
    password.map_or_else(
        || "-randkey".to_owned(),
        |password| format!("-pw \"{password}\""),
    )
}

pub(super) fn expirations(expires: Option<Instant>, password_expires: Option<Instant>) -> String {
    let mut flags = String::new();
    for (flag, time) in [("-expire", expires), ("-pwexpire", password_expires)] {
        if let Some(time) = time {
            // As kadmin reads a date: `2025-12-31 23:59:59 UTC`.
            let date = time.0.to_string().replace('T', " ").replace('Z', " UTC");
            flags.push_str(&format!(" {flag} \"{date}\""));
        }
    }
    flags
}
