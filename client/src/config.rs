use std::collections::BTreeMap;
use std::time::Duration;

use kdclab_proto::{Enctype, Realm};

use crate::Dialect;

/// The Kerberos configuration of one host, the `krb5.conf` of its dialect. Field names are those of
/// `[libdefaults]`.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Whose behaviour the host imitates.
    pub dialect: Dialect,
    /// The realm of names that state none.
    pub default_realm: Option<Realm>,
    /// The types an AS-REQ offers, best first.
    pub default_tkt_enctypes: Vec<Enctype>,
    /// The types a TGS-REQ offers, best first.
    pub default_tgs_enctypes: Vec<Enctype>,
    /// The types that may be used at all, best first.
    pub permitted_enctypes: Vec<Enctype>,
    /// Whether types that the dialect counts as weak stay in the three lists.
    pub allow_weak_crypto: bool,
    /// How far apart two clocks may be.
    pub clockskew: Duration,
    /// Whether the client learns the KDC's clock from its replies and uses it from then on.
    pub kdc_timesync: bool,
    /// Whether an AS-REQ lets the KDC change names or refer to another realm (RFC 6806).
    pub canonicalize: bool,
    /// Whether tickets are asked to be forwardable.
    pub forwardable: bool,
    /// Whether tickets are asked to be proxiable.
    pub proxiable: bool,
    /// The life asked for; `None` asks for the longest the KDC allows.
    pub ticket_lifetime: Option<Duration>,
    /// The renewable life asked for; zero asks for no renewable ticket.
    pub renew_lifetime: Duration,
    /// Whether tickets are asked for without addresses.
    pub noaddresses: bool,
    /// Requests longer than this number of bytes go to TCP first.
    pub udp_preference_limit: usize,
    /// The realm of a host or, with a leading dot, of the hosts below a domain.
    pub domain_realm: BTreeMap<String, Realm>,
    /// `[capaths]`: the intermediate realms from a client's realm (outer key) to a service's realm
    /// (inner key); an empty list is the direct path.
    pub capaths: BTreeMap<Realm, BTreeMap<Realm, Vec<Realm>>>,
}

impl ClientConfig {
    /// The defaults of MIT krb5 1.20 in `realm`.
    pub fn mit(realm: impl Into<Realm>) -> Self {
        let enctypes = vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::AES256_CTS_HMAC_SHA384_192,
            Enctype::AES128_CTS_HMAC_SHA256_128,
            Enctype::DES3_CBC_SHA1_KD,
            Enctype::RC4_HMAC,
            Enctype::CAMELLIA128_CTS_CMAC,
            Enctype::CAMELLIA256_CTS_CMAC,
        ];
        Self {
            dialect: Dialect::Mit,
            default_realm: Some(realm.into()),
            default_tkt_enctypes: enctypes.clone(),
            default_tgs_enctypes: enctypes.clone(),
            permitted_enctypes: enctypes,
            allow_weak_crypto: false,
            clockskew: Duration::from_secs(300),
            kdc_timesync: true,
            canonicalize: false,
            forwardable: false,
            proxiable: false,
            ticket_lifetime: Some(Duration::from_secs(24 * 3600)),
            renew_lifetime: Duration::ZERO,
            noaddresses: true,
            udp_preference_limit: 1465,
            domain_realm: BTreeMap::new(),
            capaths: BTreeMap::new(),
        }
    }

    /// The defaults of OpenJDK 17 in `realm`.
    pub fn java(realm: impl Into<Realm>) -> Self {
        let enctypes = vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::AES256_CTS_HMAC_SHA384_192,
            Enctype::AES128_CTS_HMAC_SHA256_128,
            Enctype::DES3_CBC_SHA1_KD,
            Enctype::RC4_HMAC,
        ];
        Self {
            dialect: Dialect::Java,
            default_tkt_enctypes: enctypes.clone(),
            default_tgs_enctypes: enctypes.clone(),
            permitted_enctypes: enctypes,
            kdc_timesync: false,
            ticket_lifetime: None,
            ..Self::mit(realm)
        }
    }

    /// The defaults of Windows in the domain `realm`.
    pub fn windows(realm: impl Into<Realm>) -> Self {
        let enctypes = vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::RC4_HMAC,
        ];
        Self {
            dialect: Dialect::Windows,
            default_tkt_enctypes: enctypes.clone(),
            default_tgs_enctypes: enctypes.clone(),
            permitted_enctypes: enctypes,
            canonicalize: true,
            forwardable: true,
            renew_lifetime: Duration::from_secs(7 * 24 * 3600),
            ticket_lifetime: None,
            ..Self::mit(realm)
        }
    }
}
