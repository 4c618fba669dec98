//! The world that a scenario describes, and later changes of its settings.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use kdclab_client::{ClientConfig, CryptoPolicy};
use kdclab_kdc::{
    AsRepDefect, Attributes, Database, Dialect as KdcDialect, Kdc, LockoutPolicy, PasswordPolicy,
    PrincipalEntry, RealmPolicy, Traffic, changepw_of,
};
use kdclab_proto::{KerberosTime, KeyCache, NameType, Principal, PrincipalName, Realm};

use super::acceptors::{Service, port_of};
use super::host::Host;
use super::kdcs::KdcProcess;
use super::network::Network;
use super::outcome::VerbError;
use super::random::HostRng;
use super::verbs::{apply_attributes, enctypes, keytab_entries, merge};
use super::windows::{Cluster, Windows};
use super::world::World;
use crate::script::model::{
    AcceptorTable, AsRepDefectName, ClientTable, CryptoPolicyName, DialectName, HostTable,
    KdcDialectName, Lockout, RealmSettings, RealmTable, ReplayCacheName, ServiceTable, TextOr,
    UserTable,
};
use crate::script::verb::RunAs;
use crate::script::{Scope, Script};

/// When a scenario begins unless it says otherwise: 2026-01-01T00:00:00Z.
const EPOCH: KerberosTime = KerberosTime::from_unix(1_767_225_600);

impl World {
    /// The world of `script`, before any of its steps. It begins at `epoch`, or when the scenario says.
    ///
    /// # Errors
    /// [`VerbError`] when a key cannot be made or a name is taken.
    pub fn build(
        script: &Script,
        seed: u64,
        epoch: Option<KerberosTime>,
        key_cache: &KeyCache,
    ) -> Result<Self, VerbError> {
        let epoch = epoch
            .or_else(|| script.epoch.map(|epoch| epoch.0))
            .unwrap_or(EPOCH);
        let mut world = Self {
            now: epoch.timestamp(),
            epoch,
            scope: Scope::new(script),
            hosts: Default::default(),
            kdc_processes: Default::default(),
            databases: Default::default(),
            realm_kdcs: Default::default(),
            services: Default::default(),
            udp_reply_limits: Default::default(),
            replay_caches: Default::default(),
            passwords: Default::default(),
            trust_passwords: Default::default(),
            network: Network::new(HostRng::new(seed, "(network)")),
            key_cache: key_cache.clone(),
            admin_rng: HostRng::new(seed, "(administrator)"),
            causes: Default::default(),
            clusters: script
                .cluster
                .iter()
                .map(|(name, table)| (name.get_ref().clone(), Cluster::new(table)))
                .collect(),
            ntlm_hashes: Default::default(),
            rpc: Default::default(),
            http_connections: Default::default(),
            sites: Default::default(),
            diagnosis: None,
            jobs: 0,
        };
        for (index, (name, table)) in script.host.iter().enumerate() {
            world.add_host(script, seed, index, name.get_ref(), table)?;
        }
        for (name, table) in &script.realm {
            world.add_realm(Realm::from(name.get_ref().as_str()), table)?;
        }
        world.start_cluster_services();
        for trust in &script.trust {
            world.add_trust(trust)?;
        }
        world.replicate_forests();
        world.start_kdcs();
        world.add_sites(script)?;
        for (name, table) in &script.host {
            world.add_web(name.get_ref(), &table.web)?;
            if let Some(principal) = &table.run_as {
                world.run_as(&RunAs {
                    host: name.clone(),
                    principal: principal.clone(),
                    password: None,
                })?;
            }
        }
        Ok(world)
    }

    fn add_host(
        &mut self,
        script: &Script,
        seed: u64,
        index: usize,
        name: &str,
        table: &HostTable,
    ) -> Result<(), VerbError> {
        let realm = table
            .realm
            .as_ref()
            .or_else(|| script.realm.keys().next())
            .map(|realm| Realm::from(realm.get_ref().as_str()))
            .unwrap_or_default();
        let mut config = match table.dialect {
            DialectName::Java => ClientConfig::java(realm),
            DialectName::Java6 => ClientConfig::java_6(realm),
            DialectName::Mit | DialectName::PanOs => ClientConfig::mit(realm),
            DialectName::Windows => ClientConfig::windows(realm),
        };
        // Every host knows the realm of every domain, as a well-kept krb5.conf does.
        // Windows asks its own domain for everything.
        let realms = script.realm.keys();
        for realm in realms.filter(|_| table.dialect != DialectName::Windows) {
            let domain = realm.get_ref().to_ascii_lowercase();
            let realm = Realm::from(realm.get_ref().as_str());
            config.domain_realm.insert(format!(".{domain}"), realm);
        }
        let rng = HostRng::new(seed, name);
        let mut host = Host::new(name, address(index), table.dialect, config, rng);
        host.abi = table
            .abi
            .as_ref()
            .map(|abi| *abi.get_ref())
            .unwrap_or_default();
        host.clock_offset = table.clock.0;
        host.dns_name = table.dns_name.as_ref().map(|name| name.get_ref().clone());
        if let Some(windows) = &table.windows {
            host.windows = Windows::new(windows.get_ref());
        }
        if matches!(table.dialect, DialectName::Java6 | DialectName::Windows) {
            host.replay_cache = ReplayCacheName::Tuple;
        }
        self.hosts.insert(name.to_owned(), host);
        self.configure_client(name, &table.client)?;
        self.configure_acceptor(name, &table.acceptor)?;
        Ok(())
    }

    fn add_realm(&mut self, realm: Realm, table: &RealmTable) -> Result<(), VerbError> {
        let dialect = match table.dialect {
            KdcDialectName::ActiveDirectory => KdcDialect::ActiveDirectory,
            KdcDialectName::Mit => KdcDialect::Mit,
        };
        let mut policy = RealmPolicy::new(dialect);
        // As in the kdc.conf that Debian ships for MIT.
        policy
            .default_attributes
            .set(Attributes::REQUIRES_PRE_AUTH, true);
        change_policy(&mut policy, &table.settings);
        self.set_administrators(&mut policy, &table.settings)?;
        let mut database = Database::new(realm.clone(), policy.clone());
        self.realm_kdcs
            .insert(realm.clone(), table.kdc.get_ref().0.clone());
        if let Some(limit) = table.settings.udp_reply_limit {
            self.udp_reply_limits.insert(realm.clone(), limit);
        }

        let tgs = PrincipalEntry::with_random_keys(
            Principal::krbtgt(&realm, &realm),
            &policy,
            &mut self.admin_rng,
        )?;
        database = database.insert(tgs).map_err(VerbError::Database)?;
        let mut changepw =
            PrincipalEntry::with_random_keys(changepw_of(&realm), &policy, &mut self.admin_rng)?;
        changepw.attributes = Attributes::PWCHANGE_SERVICE | Attributes::DISALLOW_TGT_BASED;
        database = database.insert(changepw).map_err(VerbError::Database)?;
        self.databases.insert(realm.clone(), database);
        for (name, user) in &table.users {
            let plain;
            let user = match user {
                TextOr::Table(user) => user,
                TextOr::Text(password) => {
                    plain = UserTable {
                        password: password.clone(),
                        ..UserTable::default()
                    };
                    &plain
                }
            };
            self.add_user(&realm, table, name.get_ref(), user)?;
        }
        for (name, service) in &table.services {
            let plain;
            let service = match service {
                TextOr::Table(service) => service,
                TextOr::Text(host) => {
                    plain = ServiceTable::on(host);
                    &plain
                }
            };
            self.add_service(&realm, name.get_ref(), service)?;
        }
        for (name, account) in &table.accounts {
            self.add_account(&realm, name.get_ref(), account)?;
        }
        Ok(())
    }

    fn add_user(
        &mut self,
        realm: &Realm,
        table: &RealmTable,
        name: &str,
        user: &UserTable,
    ) -> Result<(), VerbError> {
        let name = parse_name(name)?;
        let policy = self.database(realm)?.policy().clone();
        let mut entry = PrincipalEntry::new(name.clone().at(realm.clone()));
        entry.attributes = policy.default_attributes;
        let types =
            enctypes(user.enctypes.as_deref()).unwrap_or_else(|| policy.supported_enctypes.clone());
        let keys = self.password_keys(&entry, realm, &user.password, &types)?;
        entry.set_keys(keys, false);
        apply_attributes(
            &mut entry.attributes,
            user.attributes.iter().map(|flag| flag.get_ref()),
        )?;
        entry.aliases = user
            .aliases
            .iter()
            .map(|alias| {
                PrincipalName::new(NameType::ENTERPRISE, [alias.as_str()]).at(realm.clone())
            })
            .collect();
        entry.expiration = user.expires.map(|time| time.0);
        entry.password_expiration = user.password_expires.map(|time| time.0);
        if let Some(lockout) = table.settings.lockout {
            entry.lockout = lockout_policy(lockout);
        }
        let principal = name.at(realm.clone());
        self.store_ntlm_hashes(&principal, &user.password);
        self.passwords.insert(principal, user.password.clone());
        self.insert_entry(realm, entry)
    }

    fn add_service(
        &mut self,
        realm: &Realm,
        name: &str,
        service: &ServiceTable,
    ) -> Result<(), VerbError> {
        let name = parse_name(name)?;
        let principal = name.clone().at(realm.clone());
        let types = enctypes(service.enctypes.as_deref())
            .unwrap_or_else(|| self.databases[realm].policy().supported_enctypes.clone());
        let mut entry = PrincipalEntry::new(principal.clone());
        entry.set_random_keys(&types, &mut self.admin_rng, false)?;
        entry.session_enctypes = enctypes(service.session_enctypes.as_deref());
        entry.allowed_to_delegate_to = self.principals(&service.allowed_to_delegate_to)?;
        apply_attributes(
            &mut entry.attributes,
            service.attributes.iter().map(|flag| flag.get_ref()),
        )?;

        let mut keys = keytab_entries(&entry, &principal, self.now.time());
        if let Some(wanted) = enctypes(service.keytab_enctypes.as_deref()) {
            keys.retain(|key| wanted.contains(&key.enctype));
        }
        let hosts: Vec<String> = service
            .host
            .iter()
            .chain(&service.also_on)
            .map(|host| host.get_ref().clone())
            .collect();
        for host in &hosts {
            merge(&mut self.host_mut(host)?.keytab, keys.clone());
        }
        if !hosts.is_empty() {
            let port = port_of(&principal);
            self.services.insert(principal, Service { hosts, port });
        }
        self.insert_entry(realm, entry)
    }

    pub(super) fn insert_entry(
        &mut self,
        realm: &Realm,
        entry: PrincipalEntry,
    ) -> Result<(), VerbError> {
        let database = self
            .database(realm)?
            .insert(entry)
            .map_err(VerbError::Database)?;
        self.databases.insert(realm.clone(), database);
        Ok(())
    }
}

impl World {
    fn start_kdcs(&mut self) {
        let mut realms_of: std::collections::BTreeMap<String, Vec<Realm>> = Default::default();
        for (realm, hosts) in &self.realm_kdcs {
            for host in hosts {
                realms_of
                    .entry(host.clone())
                    .or_default()
                    .push(realm.clone());
            }
        }
        for (host, realms) in realms_of {
            let databases = realms.iter().filter_map(|realm| self.databases.get(realm));
            let process = KdcProcess {
                kdc: Kdc::new(databases.cloned()),
                realms,
                traffic: Arc::new(Traffic::new()),
            };
            self.kdc_processes.insert(host, process);
        }
    }

    /// Changes a host's krb5.conf; whether anything is different then.
    pub(super) fn configure_client(
        &mut self,
        host: &str,
        table: &ClientTable,
    ) -> Result<bool, VerbError> {
        let authenticator_client = table
            .authenticator_client
            .as_ref()
            .map(|client| self.principal(client.get_ref()))
            .transpose()?;
        let host = self.host_mut(host)?;
        let kdcs_before = (host.kdcs.clone(), host.unresolved_kdcs.clone());
        let authenticator_client_before = host.authenticator_client.clone();
        if authenticator_client.is_some() {
            host.authenticator_client = authenticator_client;
        }
        for (realm, kdcs) in &table.kdc {
            let realm = Realm::from(realm.get_ref().as_str());
            host.kdcs.insert(realm, kdcs.get_ref().0.clone());
        }
        if let Some(names) = &table.unresolved_kdcs {
            host.unresolved_kdcs = names.iter().map(|name| name.get_ref().clone()).collect();
        }
        let config = &mut host.config;
        let before = config.clone();
        if let Some(types) = enctypes(table.enctypes.as_deref()) {
            config.default_tkt_enctypes.clone_from(&types);
            config.default_tgs_enctypes.clone_from(&types);
            config.permitted_enctypes = types;
        }
        set(
            &mut config.weak_crypto.allow_weak_crypto,
            table.allow_weak_crypto,
        );
        set(&mut config.weak_crypto.allow_rc4, table.allow_rc4);
        set(&mut config.weak_crypto.allow_des3, table.allow_des3);
        set(&mut config.clockskew, table.clockskew.map(|span| span.0));
        set(&mut config.kdc_timesync, table.kdc_timesync);
        set(&mut config.canonicalize, table.canonicalize);
        if let Some(lifetime) = table.ticket_lifetime {
            config.ticket_lifetime = Some(lifetime.0);
        }
        set(
            &mut config.renew_lifetime,
            table.renew_lifetime.map(|span| span.0),
        );
        set(
            &mut config.crypto_policy,
            table.crypto_policy.map(|policy| match policy {
                CryptoPolicyName::Limited => CryptoPolicy::Limited,
                CryptoPolicyName::Unlimited => CryptoPolicy::Unlimited,
            }),
        );
        set(&mut config.noaddresses, table.noaddresses);
        set(&mut config.udp_preference_limit, table.udp_preference_limit);
        if let Some(timeout) = table.kdc_timeout {
            config.kdc_timeout = Some(timeout.0);
        }
        if let Some(retries) = table.max_retries {
            config.max_retries = Some(retries);
        }
        let mut changed = *config != before
            || kdcs_before != (host.kdcs.clone(), host.unresolved_kdcs.clone())
            || host.authenticator_client != authenticator_client_before;
        if let Some(reads) = table.reads_ccache_config {
            changed |= std::mem::replace(&mut host.reads_ccache_config, reads) != reads;
        }
        if let Some(port) = table.kpasswd_port {
            changed |= std::mem::replace(&mut host.kpasswd_port, port) != port;
        }
        Ok(changed)
    }

    /// Changes a host's acceptor; whether anything is different then.
    pub(super) fn configure_acceptor(
        &mut self,
        host: &str,
        table: &AcceptorTable,
    ) -> Result<bool, VerbError> {
        let host = self.host_mut(host)?;
        let before = (
            host.replay_cache,
            host.replay_cache_of.clone(),
            host.config.clockskew,
            host.ap_rep_added_seconds,
        );
        set(&mut host.ap_rep_added_seconds, table.ap_rep_added_seconds);
        set(&mut host.replay_cache, table.replay_cache);
        set(
            &mut host.config.clockskew,
            table.clockskew.map(|span| span.0),
        );
        if let Some(other) = &table.shares_replay_cache_with {
            host.replay_cache_of.clone_from(other.get_ref());
        }
        Ok(before
            != (
                host.replay_cache,
                host.replay_cache_of.clone(),
                host.config.clockskew,
                host.ap_rep_added_seconds,
            ))
    }

    /// Changes a realm's settings; whether anything is different then.
    pub(super) fn configure_realm(
        &mut self,
        realm: &Realm,
        settings: &RealmSettings,
    ) -> Result<bool, VerbError> {
        let before = self.database(realm)?.policy().clone();
        let mut policy = before.clone();
        change_policy(&mut policy, settings);
        self.set_administrators(&mut policy, settings)?;
        let mut changed = policy != before;
        if let Some(limit) = settings.udp_reply_limit {
            changed |= self.udp_reply_limits.insert(realm.clone(), limit) != Some(limit);
        }
        self.change_database(realm, |database| Ok(database.with_policy(policy)))?;
        Ok(changed)
    }

    fn set_administrators(
        &self,
        policy: &mut RealmPolicy,
        settings: &RealmSettings,
    ) -> Result<(), VerbError> {
        if let Some(names) = &settings.administrators {
            policy.password.administrators = self.principals(names)?;
        }
        Ok(())
    }
}

fn change_policy(policy: &mut RealmPolicy, settings: &RealmSettings) {
    set(
        &mut policy.supported_enctypes,
        enctypes(settings.enctypes.as_deref()),
    );
    set(
        &mut policy.permitted_enctypes,
        enctypes(settings.permitted_enctypes.as_deref()),
    );
    set(
        &mut policy.weak_crypto.allow_weak_crypto,
        settings.allow_weak_crypto,
    );
    set(&mut policy.weak_crypto.allow_rc4, settings.allow_rc4);
    set(&mut policy.weak_crypto.allow_des3, settings.allow_des3);
    set(&mut policy.clockskew, settings.clockskew.map(|span| span.0));
    set(&mut policy.max_life, settings.max_life.map(|span| span.0));
    set(
        &mut policy.max_renewable_life,
        settings.max_renewable_life.map(|span| span.0),
    );
    set(
        &mut policy.host_based_services,
        settings.host_based_services.clone(),
    );
    set(&mut policy.reject_bad_transit, settings.reject_bad_transit);
    set(
        &mut policy.filter_preauth_errors,
        settings.filter_preauth_errors,
    );
    if let Some(defect) = &settings.as_rep_defect {
        policy.as_rep_defect = as_rep_defect(defect);
    }
    if let Some(table) = settings.password_policy {
        policy.password = PasswordPolicy {
            min_length: table.minlength,
            history: table.history,
            min_life: table.minlife.map(|span| span.0).unwrap_or_default(),
            max_life: table.maxlife.map(|span| span.0),
            administrators: std::mem::take(&mut policy.password.administrators),
        };
    }
    if let Some(required) = settings.requires_preauth {
        policy
            .default_attributes
            .set(Attributes::REQUIRES_PRE_AUTH, required);
    }
    if let Some(domains) = &settings.domain_realm {
        policy.domain_realm = domains
            .iter()
            .map(|(domain, realm)| (domain.clone(), Realm::from(realm.as_str())))
            .collect();
    }
    if let Some(suffixes) = &settings.upn_suffixes {
        policy.upn_suffixes = suffixes
            .iter()
            .map(|(suffix, realm)| (suffix.to_ascii_lowercase(), Realm::from(realm.as_str())))
            .collect();
    }
}

fn as_rep_defect(name: &AsRepDefectName) -> Option<AsRepDefect> {
    Some(match name {
        AsRepDefectName::IgnoresFrom => AsRepDefect::IgnoresFrom,
        AsRepDefectName::IgnoresRtime => AsRepDefect::IgnoresRtime,
        AsRepDefectName::IgnoresTill => AsRepDefect::IgnoresTill,
        AsRepDefectName::None => return None,
        AsRepDefectName::Sname(name) => AsRepDefect::Sname(name.0.clone()),
    })
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn lockout_policy(lockout: Lockout) -> LockoutPolicy {
    LockoutPolicy {
        max_failures: lockout.maxfailure,
        failure_count_interval: lockout
            .failurecountinterval
            .map(|span| span.0)
            .unwrap_or_default(),
        lockout_duration: lockout
            .lockoutduration
            .map(|span| span.0)
            .unwrap_or_default(),
    }
}

pub(super) fn parse_name(name: &str) -> Result<PrincipalName, VerbError> {
    PrincipalName::parse(name).map_err(|_| VerbError::Unknown {
        what: "principal",
        name: name.to_owned(),
    })
}

/// 10.0.0.1 for the first host, and so on.
fn address(index: usize) -> IpAddr {
    let number = u32::try_from(index + 1).unwrap_or(u32::MAX) & 0x00ff_ffff;
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 | number))
}
