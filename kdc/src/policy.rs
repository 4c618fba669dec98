//! What a realm allows, with one table of defaults per dialect.

use std::collections::BTreeMap;
use std::time::Duration;

use kdclab_proto::crypto::{Salt, WeakCryptoPolicy};
use kdclab_proto::{Enctype, Principal, PrincipalName, Realm};

use crate::{Attributes, SupportedEncryptionTypes};

/// The classes that a new forest maps to HOST (sPNMappings; catalogue S003-2).
const MAPPED_TO_HOST: &[&str] = &[
    "alerter",
    "appmgmt",
    "cisvc",
    "clipsrv",
    "browser",
    "dhcp",
    "dnscache",
    "replicator",
    "eventlog",
    "eventsystem",
    "policyagent",
    "oakley",
    "dmserver",
    "dns",
    "mcsvc",
    "fax",
    "msiserver",
    "ias",
    "messenger",
    "netlogon",
    "netman",
    "netdde",
    "netddedsm",
    "nmagent",
    "plugplay",
    "protectedstorage",
    "rasman",
    "rpclocator",
    "rpc",
    "rpcss",
    "remoteaccess",
    "rsvp",
    "samss",
    "scardsvr",
    "scesrv",
    "seclogon",
    "scm",
    "dcom",
    "cifs",
    "spooler",
    "snmp",
    "schedule",
    "tapisrv",
    "trksvr",
    "trkwks",
    "ups",
    "time",
    "wins",
    "www",
    "http",
    "w3svc",
    "iisadmin",
    "msdtc",
];

/// Whose KDC a realm's KDC behaves like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// MIT krb5 1.20.
    #[default]
    Mit,
    /// Active Directory of the Windows Server 2019 era.
    ActiveDirectory,
}

/// In what the AS-REPs of a KDC that fails on purpose are not the answer to their requests. Their tickets say the
/// same as their encrypted parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsRepDefect {
    /// A postdated ticket begins at once.
    IgnoresFrom,
    /// A renewable ticket is renewable for as long as the realm allows.
    IgnoresRtime,
    /// The ticket lives for as long as the realm allows.
    IgnoresTill,
    /// A ticket-granting ticket has this name in its place.
    Sname(PrincipalName),
}

/// What a realm wants of new passwords (the values of a kadmin policy), and who may set those of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest bytes of a password.
    pub min_length: usize,
    /// How many passwords of a principal may not come again, the current one included.
    pub history: usize,
    /// How long a password must be kept by its owner.
    pub min_life: Duration,
    /// After how long a password expires; `None` for never.
    pub max_life: Option<Duration>,
    /// Who may set the passwords of others.
    pub administrators: Vec<Principal>,
}

/// The policy of one realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealmPolicy {
    /// Whose KDC this realm's KDC behaves like.
    pub dialect: Dialect,
    /// The types of key that new principals get, strongest first.
    pub supported_enctypes: Vec<Enctype>,
    /// The attributes that new principals get.
    pub default_attributes: Attributes,
    /// How far a client's clock may differ.
    pub clockskew: Duration,
    /// The longest life of a ticket.
    pub max_life: Duration,
    /// The longest time a ticket can be renewed over; zero for no renewable tickets.
    pub max_renewable_life: Duration,
    /// The types this KDC works with.
    pub permitted_enctypes: Vec<Enctype>,
    /// The switches for weak types.
    pub weak_crypto: WeakCryptoPolicy,
    /// What new passwords must be like.
    pub password: PasswordPolicy,
    /// Services whose NT-UNKNOWN names are taken for host-based ones when a referral is due; `*` for all.
    pub host_based_services: Vec<String>,
    /// Services never referred to another realm; `*` for all.
    pub no_host_referral: Vec<String>,
    /// Which realm a host belongs to: a host name, or a suffix that begins with a dot. Lower case.
    pub domain_realm: BTreeMap<String, Realm>,
    /// Which realm the suffix of an NT-ENTERPRISE name belongs to. Lower case.
    pub upn_suffixes: BTreeMap<String, Realm>,
    /// The realms between a client's (first) and a service's (second), in order; none for a direct trust.
    /// A pair of realms not named
    /// here has the hierarchical path.
    pub capaths: BTreeMap<Realm, BTreeMap<Realm, Vec<Realm>>>,
    /// Whether a ticket is refused when the realms it crossed are not on the expected path.
    pub reject_bad_transit: bool,
    /// Whether AS-REPs tell when the client was last seen.
    pub report_last_req: bool,
    /// Whether a timestamp sealed with a wrong key is reported as failed pre-authentication. MIT's KDCs of
    /// old reported what they had noticed, that something does not decrypt.
    pub filter_preauth_errors: bool,
    /// Which class of service names stands for which other one where no account has the name by itself (sPNMappings). Lower
    /// case.
    pub spn_mappings: BTreeMap<String, String>,
    /// What accounts support that do not say it (DefaultDomainSupportedEncTypes).
    pub default_supported_encryption_types: SupportedEncryptionTypes,
    /// DNS suffixes of the domain's hosts besides its own name (msDS-AllowedDNSSuffixes), which other domains of the forest
    /// route by.
    pub dns_suffixes: Vec<String>,
    /// How many older versions of its ticket-granting key the realm keeps when the key is changed.
    pub old_krbtgt_versions: usize,
    /// In what the AS-REPs are wrong on purpose.
    pub as_rep_defect: Option<AsRepDefect>,
}

impl RealmPolicy {
    /// The defaults of `dialect`.
    pub fn new(dialect: Dialect) -> Self {
        let aes = [
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
        ];
        let common = Self {
            dialect,
            supported_enctypes: aes.to_vec(),
            default_attributes: Attributes::NONE,
            clockskew: Duration::from_secs(300),
            max_life: Duration::from_secs(24 * 3600),
            max_renewable_life: Duration::ZERO,
            permitted_enctypes: Vec::new(),
            weak_crypto: WeakCryptoPolicy::default(),
            password: PasswordPolicy::default(),
            host_based_services: Vec::new(),
            no_host_referral: Vec::new(),
            domain_realm: BTreeMap::new(),
            upn_suffixes: BTreeMap::new(),
            capaths: BTreeMap::new(),
            reject_bad_transit: true,
            report_last_req: false,
            filter_preauth_errors: true,
            spn_mappings: BTreeMap::new(),
            default_supported_encryption_types: SupportedEncryptionTypes::DOMAIN_DEFAULT,
            dns_suffixes: Vec::new(),
            old_krbtgt_versions: 0,
            as_rep_defect: None,
        };
        match dialect {
            Dialect::Mit => Self {
                permitted_enctypes: [
                    &aes[..],
                    &[
                        Enctype::AES256_CTS_HMAC_SHA384_192,
                        Enctype::AES128_CTS_HMAC_SHA256_128,
                        Enctype::DES3_CBC_SHA1_KD,
                        Enctype::RC4_HMAC,
                        Enctype::CAMELLIA256_CTS_CMAC,
                        Enctype::CAMELLIA128_CTS_CMAC,
                        Enctype::DES_CBC_MD5,
                        Enctype::DES_CBC_CRC,
                    ],
                ]
                .concat(),
                ..common
            },
            Dialect::ActiveDirectory => Self {
                supported_enctypes: [&aes[..], &[Enctype::RC4_HMAC]].concat(),
                default_attributes: Attributes::REQUIRES_PRE_AUTH,
                max_life: Duration::from_secs(10 * 3600),
                max_renewable_life: Duration::from_secs(7 * 24 * 3600),
                permitted_enctypes: [&aes[..], &[Enctype::RC4_HMAC]].concat(),
                weak_crypto: WeakCryptoPolicy {
                    allow_rc4: true,
                    ..WeakCryptoPolicy::default()
                },
                spn_mappings: MAPPED_TO_HOST
                    .iter()
                    .map(|class| ((*class).to_owned(), "host".to_owned()))
                    .collect(),
                // The password history of the account krbtgt.
                old_krbtgt_versions: 1,
                ..common
            },
        }
    }

    /// Whether this KDC works with long-term keys of `enctype`.
    pub fn permits(&self, enctype: Enctype) -> bool {
        enctype.is_supported()
            && self.permitted_enctypes.contains(&enctype)
            && self.weak_crypto.permits_in_list(enctype)
    }

    /// Whether this KDC makes session keys of `enctype`.
    pub fn permits_session(&self, enctype: Enctype) -> bool {
        self.permits(enctype) && self.weak_crypto.permits(enctype)
    }

    /// How this realm salts the password keys of `name`.
    pub fn salt(&self, name: &PrincipalName) -> Salt {
        match (self.dialect, name.components.as_slice()) {
            (Dialect::ActiveDirectory, [account]) if account.as_bytes().ends_with(b"$") => {
                Salt::ActiveDirectoryComputer {
                    account: account.clone(),
                }
            }
            (Dialect::ActiveDirectory, [account]) => Salt::ActiveDirectoryUser {
                account: account.clone(),
            },
            _ => Salt::Normal,
        }
    }

    /// The realm that `domain_realm` gives `host`: by its whole name, or by its longest suffix, which
    /// stands there with its dot or without.
    pub fn realm_of_host(&self, host: &str) -> Option<&Realm> {
        let host = host.to_ascii_lowercase();
        if let Some(realm) = self.domain_realm.get(&host) {
            return Some(realm);
        }
        host.match_indices('.').find_map(|(dot, _)| {
            self.domain_realm
                .get(&host[dot..])
                .or_else(|| self.domain_realm.get(&host[dot + 1..]))
        })
    }
}

impl Default for RealmPolicy {
    fn default() -> Self {
        Self::new(Dialect::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_suffix_decides_the_realm_of_a_host() {
        let mut policy = RealmPolicy::default();
        for (domain, realm) in [
            (".lab.example", "LAB.EXAMPLE"),
            (".child.lab.example", "CHILD.LAB.EXAMPLE"),
            ("odd.lab.example", "ODD.EXAMPLE"),
        ] {
            policy.domain_realm.insert(domain.into(), realm.into());
        }
        for (host, realm) in [
            ("web.lab.example", Some("LAB.EXAMPLE")),
            ("WEB.Child.lab.example", Some("CHILD.LAB.EXAMPLE")),
            ("odd.lab.example", Some("ODD.EXAMPLE")),
            ("lab.example", None),
            ("web", None),
            ("notlab.example", None),
        ] {
            assert_eq!(
                policy.realm_of_host(host),
                realm.map(Realm::from).as_ref(),
                "{host}"
            );
        }
    }
}
