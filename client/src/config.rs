use std::collections::BTreeMap;
use std::time::Duration;

use kdclab_proto::crypto::WeakCryptoPolicy;
use kdclab_proto::{Enctype, PrincipalName, Realm};

use crate::Dialect;

/// rc4-hmac-exp (RFC 4757) and an older form of it, which Windows still offers.
const RC4_HMAC_EXP: Enctype = Enctype(24);
const RC4_HMAC_OLD_EXP: Enctype = Enctype(-135);

/// How long keys may be by the rules of a Java installation (`crypto.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CryptoPolicy {
    /// AES has keys of 128 bits at most, as in old installations.
    Limited,
    /// As long as they come.
    Unlimited,
}

/// The Kerberos configuration of one host, the `krb5.conf` of its dialect. Field names are those of
/// `[libdefaults]`.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The switches for weak types. MIT heeds each of them; Java takes DES, 3DES and RC4 out of the lists
    /// while `allow_weak_crypto` is off; Windows knows no such switches.
    pub weak_crypto: WeakCryptoPolicy,
    /// How long keys may be. Only Java heeds it.
    pub crypto_policy: CryptoPolicy,
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
    /// Requests longer than this number of bytes go by TCP: in MIT first, with UDP after it; in Java and
    /// Windows alone. In Java 0 means no limit.
    pub udp_preference_limit: usize,
    /// How long Java waits for a KDC's answer before it asks again; `None` is its own 30 s.
    pub kdc_timeout: Option<Duration>,
    /// How often Java asks the same KDC; `None` is its own three times.
    pub max_retries: Option<u32>,
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
            weak_crypto: WeakCryptoPolicy::default(),
            crypto_policy: CryptoPolicy::Unlimited,
            clockskew: Duration::from_secs(300),
            kdc_timesync: true,
            canonicalize: false,
            forwardable: false,
            proxiable: false,
            ticket_lifetime: Some(Duration::from_secs(24 * 3600)),
            renew_lifetime: Duration::ZERO,
            noaddresses: true,
            udp_preference_limit: 1465,
            kdc_timeout: None,
            max_retries: None,
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
            udp_preference_limit: 32_700,
            ..Self::mit(realm)
        }
    }

    /// The defaults of Java 6 before its update 27 in `realm`: the types of its time, of which none counted as
    /// weak.
    pub fn java_6(realm: impl Into<Realm>) -> Self {
        let enctypes = vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::DES3_CBC_SHA1_KD,
            Enctype::RC4_HMAC,
        ];
        Self {
            dialect: Dialect::Java6,
            default_tkt_enctypes: enctypes.clone(),
            default_tgs_enctypes: enctypes.clone(),
            permitted_enctypes: enctypes,
            weak_crypto: WeakCryptoPolicy {
                allow_weak_crypto: true,
                ..WeakCryptoPolicy::default()
            },
            ..Self::java(realm)
        }
    }

    /// The defaults of Windows in the domain `realm`.
    pub fn windows(realm: impl Into<Realm>) -> Self {
        let enctypes = vec![
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES128_CTS_HMAC_SHA1_96,
            Enctype::RC4_HMAC,
            RC4_HMAC_EXP,
            RC4_HMAC_OLD_EXP,
        ];
        Self {
            dialect: Dialect::Windows,
            default_tkt_enctypes: enctypes.clone(),
            default_tgs_enctypes: enctypes.clone(),
            permitted_enctypes: enctypes,
            kdc_timesync: false,
            canonicalize: true,
            forwardable: true,
            renew_lifetime: Duration::from_secs(7 * 24 * 3600),
            ticket_lifetime: None,
            ..Self::mit(realm)
        }
    }

    /// The types an AS-REQ offers once the switches for weak types did their work.
    pub fn as_enctypes(&self) -> Vec<Enctype> {
        self.without_weak(&self.default_tkt_enctypes)
    }

    /// The types a TGS-REQ offers once the switches for weak types did their work.
    pub fn tgs_enctypes(&self) -> Vec<Enctype> {
        self.without_weak(&self.default_tgs_enctypes)
    }

    /// The same krb5.conf as MIT's programs on the host read it, which bring their own defaults.
    pub fn read_by_mit(&self) -> Self {
        if self.dialect == Dialect::Mit {
            return self.clone();
        }
        let mit = Self::mit(Realm::default());
        Self {
            dialect: Dialect::Mit,
            default_tkt_enctypes: mit.default_tkt_enctypes,
            default_tgs_enctypes: mit.default_tgs_enctypes,
            permitted_enctypes: mit.permitted_enctypes,
            kdc_timesync: mit.kdc_timesync,
            ticket_lifetime: self.ticket_lifetime.or(mit.ticket_lifetime),
            udp_preference_limit: mit.udp_preference_limit,
            ..self.clone()
        }
    }

    /// Whether the crypto policy lets the host use keys of this type.
    pub(crate) fn permits_length(&self, enctype: Enctype) -> bool {
        let is_long = [
            Enctype::AES256_CTS_HMAC_SHA1_96,
            Enctype::AES256_CTS_HMAC_SHA384_192,
        ]
        .contains(&enctype);
        !self.dialect.is_java() || self.crypto_policy == CryptoPolicy::Unlimited || !is_long
    }

    fn without_weak(&self, enctypes: &[Enctype]) -> Vec<Enctype> {
        let stays = |enctype: &Enctype| match self.dialect {
            Dialect::Java | Dialect::Java6 => {
                (self.weak_crypto.allow_weak_crypto || !enctype.is_weak())
                    && self.permits_length(*enctype)
            }
            Dialect::Mit => self.weak_crypto.permits_in_list(*enctype),
            Dialect::Windows => true,
        };
        enctypes.iter().copied().filter(stays).collect()
    }

    /// The realm that `domain_realm` gives a host: of its own name, else of the closest domain above it.
    /// Case does not count.
    pub fn host_realm(&self, host: &str) -> Option<&Realm> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let entry = |name: &str| {
            self.domain_realm
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, realm)| realm)
        };
        if let Some(realm) = entry(&host) {
            return Some(realm);
        }
        let dots = host.match_indices('.').map(|(index, _)| index);
        dots.filter_map(|dot| {
            let domain = host.get(dot..)?;
            entry(domain).or_else(|| entry(domain.get(1..)?))
        })
        .next()
    }

    /// The realm of a service on a host that `domain_realm` does not place, where referrals have not
    /// found it: MIT takes the host's domain in capitals, or the default realm of a name without a dot.
    pub fn fallback_realm(&self, service: &PrincipalName) -> Option<Realm> {
        let host = service.components.get(1)?.to_str_lossy();
        match host.split_once('.') {
            Some((_, domain)) if !domain.is_empty() => {
                Some(domain.to_ascii_uppercase().as_str().into())
            }
            _ => self.default_realm.clone(),
        }
    }
}
