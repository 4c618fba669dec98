//! A krb5.conf with which MIT's, Heimdal's and Java's clients find the served KDCs and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;

use kdclab_client::ClientConfig;
use kdclab_proto::{Enctype, Realm};

/// Where a host finds its servers, by realm.
pub(super) struct Servers {
    /// The KDCs.
    pub(super) kdcs: BTreeMap<Realm, Vec<String>>,
    /// The password services beside them.
    pub(super) kpasswds: BTreeMap<Realm, Vec<String>>,
}

/// The file for a host configured like `config`.
pub(super) fn render(config: &ClientConfig, servers: &Servers) -> String {
    let mut file = String::new();
    // Writing to a String cannot fail.
    let _ = render_into(&mut file, config, servers);
    file
}

fn render_into(
    file: &mut String,
    config: &ClientConfig,
    Servers { kdcs, kpasswds }: &Servers,
) -> std::fmt::Result {
    writeln!(file, "[libdefaults]")?;
    if let Some(realm) = &config.default_realm {
        writeln!(file, "    default_realm = {realm}")?;
    }
    for key in [
        "dns_lookup_kdc",
        "dns_lookup_realm",
        "dns_canonicalize_hostname",
        "rdns",
        "ignore_acceptor_hostname",
    ] {
        writeln!(file, "    {key} = false")?;
    }
    writeln!(file, "    clockskew = {}", config.clockskew.as_secs())?;
    writeln!(file, "    kdc_timesync = {}", u8::from(config.kdc_timesync))?;
    writeln!(file, "    canonicalize = {}", config.canonicalize)?;
    writeln!(file, "    noaddresses = {}", config.noaddresses)?;
    writeln!(
        file,
        "    udp_preference_limit = {}",
        config.udp_preference_limit
    )?;
    if let Some(lifetime) = config.ticket_lifetime {
        writeln!(file, "    ticket_lifetime = {}", lifetime.as_secs())?;
    }
    if !config.renew_lifetime.is_zero() {
        writeln!(
            file,
            "    renew_lifetime = {}",
            config.renew_lifetime.as_secs()
        )?;
    }
    if let Some(timeout) = config.kdc_timeout {
        writeln!(file, "    kdc_timeout = {}", timeout.as_millis())?;
    }
    if let Some(retries) = config.max_retries {
        writeln!(file, "    max_retries = {retries}")?;
    }
    writeln!(
        file,
        "    allow_weak_crypto = {}",
        config.weak_crypto.allow_weak_crypto
    )?;
    writeln!(file, "    allow_rc4 = {}", config.weak_crypto.allow_rc4)?;
    writeln!(file, "    allow_des3 = {}", config.weak_crypto.allow_des3)?;
    for (key, enctypes) in [
        ("default_tkt_enctypes", &config.default_tkt_enctypes),
        ("default_tgs_enctypes", &config.default_tgs_enctypes),
        ("permitted_enctypes", &config.permitted_enctypes),
    ] {
        writeln!(file, "    {key} = {}", names(enctypes))?;
    }
    writeln!(file, "\n[realms]")?;
    for (realm, addresses) in kdcs {
        writeln!(file, "    {realm} = {{")?;
        for address in addresses {
            writeln!(file, "        kdc = {address}")?;
        }
        if let Some(address) = kpasswds.get(realm).and_then(|addresses| addresses.first()) {
            writeln!(file, "        kpasswd_server = {address}")?;
        }
        writeln!(file, "    }}")?;
    }
    writeln!(file, "\n[domain_realm]")?;
    for (suffix, realm) in &config.domain_realm {
        writeln!(file, "    {suffix} = {realm}")?;
    }
    if !config.capaths.is_empty() {
        writeln!(file, "\n[capaths]")?;
    }
    for (client, paths) in &config.capaths {
        writeln!(file, "    {client} = {{")?;
        for (server, path) in paths {
            if path.is_empty() {
                writeln!(file, "        {server} = .")?;
            }
            for realm in path {
                writeln!(file, "        {server} = {realm}")?;
            }
        }
        writeln!(file, "    }}")?;
    }
    Ok(())
}

fn names(enctypes: &[Enctype]) -> String {
    let names: Vec<String> = enctypes.iter().map(ToString::to_string).collect();
    names.join(" ")
}
