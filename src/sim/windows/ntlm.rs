//! NTLM on hosts of Windows: what their registries make of it, and what a domain stores of passwords for it.

use kdclab_kdc::Dialect;
use kdclab_ntlm::messages::{AvId, TargetInfo};
use kdclab_ntlm::{
    ClientConfig, Credentials, FileTime, LmCompatibilityLevel, SentResponses, ServerConfig,
    StoredHashes, Target,
};
use kdclab_proto::{Principal, Realm};

use super::{Windows, computer_name};
use crate::script::cluster::ApplyPolicy;
use crate::script::windows::RegistryPath;
use crate::sim::host::Host;
use crate::sim::outcome::VerbError;
use crate::sim::world::World;

const LSA: &str = r"HKLM\System\CurrentControlSet\Control\Lsa";
const LM_COMPATIBILITY_LEVEL: &str = "LmCompatibilityLevel";
const NO_LM_HASH: &str = "NoLMHash";

impl Windows {
    /// The LAN Manager authentication level. Without a value, or with one that is no level, it is that of
    /// Windows Server 2003.
    pub(super) fn lm_compatibility_level(&self) -> LmCompatibilityLevel {
        self.registry_value(LSA, LM_COMPATIBILITY_LEVEL)
            .and_then(LmCompatibilityLevel::from_number)
            .unwrap_or(LmCompatibilityLevel::Level2)
    }

    fn no_lm_hash(&self) -> bool {
        self.registry_value(LSA, NO_LM_HASH).unwrap_or(0) != 0
    }
}

/// A client of the cluster service. With the responses of NTLMv1 it does not ask for extended session security:
/// with it no key would depend on the LM hash, and the documents say that level 1 fails (catalogue S001-2).
pub(super) fn client_config(host: &Host) -> ClientConfig {
    let level = host.windows.lm_compatibility_level();
    ClientConfig {
        extended_session_security: level.sends() == SentResponses::NtlmV2,
        ..ClientConfig::new(level, computer_name(host))
    }
}

pub(super) fn server_config(host: &Host) -> ServerConfig {
    let realm = host.config.default_realm.as_ref();
    let domain = realm.map(netbios_domain).unwrap_or_default();
    let mut target_info = TargetInfo::default();
    target_info.set_name(AvId::NB_DOMAIN_NAME, &domain);
    target_info.set_name(AvId::NB_COMPUTER_NAME, &computer_name(host));
    ServerConfig::new(Target::Domain(domain), target_info)
}

/// Who an account says it is with a password that was typed.
pub(super) fn credentials(account: &Principal, password: &str) -> Credentials {
    let domain = netbios_domain(&account.realm);
    Credentials::from_password(&account.name.to_string(), &domain, password)
}

/// The NetBIOS name of a domain: the first part of its name.
pub(super) fn netbios_domain(realm: &Realm) -> String {
    let name = realm.to_string();
    let first = name.split('.').next().unwrap_or(&name);
    first.to_ascii_uppercase()
}

impl World {
    /// The account of these names in an NTLM message, which are compared without regard to case.
    pub(super) fn ntlm_account(&self, user: &str, domain: &str) -> Option<&Principal> {
        let mut accounts = self.ntlm_hashes.keys();
        accounts.find(|account| {
            account.name.to_string().eq_ignore_ascii_case(user)
                && netbios_domain(&account.realm).eq_ignore_ascii_case(domain)
        })
    }

    /// The clock of a host as NTLM tells it.
    pub(super) fn file_time(&self, host: &Host) -> FileTime {
        FileTime::from_unix_microseconds(host.clock(self.now).unix_microseconds())
    }

    /// Stores what an Active Directory keeps of a new password for NTLM: whether there is an LM hash is decided
    /// by the password and by the policy of the domain controller at this moment (catalogue S001-0).
    pub(in crate::sim) fn store_ntlm_hashes(&mut self, account: &Principal, password: &str) {
        let is_domain = self
            .databases
            .get(&account.realm)
            .is_some_and(|database| database.policy().dialect == Dialect::ActiveDirectory);
        if !is_domain {
            return;
        }
        let controller = self
            .realm_kdcs
            .get(&account.realm)
            .and_then(|hosts| self.hosts.get(hosts.first()?));
        let no_lm_hash = controller.is_some_and(|host| host.windows.no_lm_hash());
        let hashes = StoredHashes::from_password(password, no_lm_hash);
        self.ntlm_hashes.insert(account.clone(), hashes);
    }

    /// Nobody knows the password of an account any more, or the account is gone.
    pub(in crate::sim) fn forget_ntlm_hashes(&mut self, account: &Principal) {
        self.ntlm_hashes.remove(account);
    }

    pub(in crate::sim) fn apply_policy(&mut self, policy: &ApplyPolicy) -> Result<bool, VerbError> {
        let level = policy
            .lm_compatibility_level
            .map(|level| (LM_COMPATIBILITY_LEVEL, level.0.number()));
        let no_lm_hash = policy.no_lm_hash.map(|on| (NO_LM_HASH, u32::from(on)));
        let mut changed = false;
        for host in &policy.hosts {
            let registry = &mut self.host_mut(host.get_ref())?.windows.registry;
            for (name, data) in level.into_iter().chain(no_lm_hash) {
                let before = registry.insert(RegistryPath::new(LSA, name), data);
                changed |= before != Some(data);
            }
        }
        Ok(changed)
    }
}
