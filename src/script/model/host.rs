//! The hosts of a scenario: what their clients and acceptors are and how they are configured.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{OneOrMany, Tables};
use crate::dialect::Abi;
use crate::script::spanned::Spanned;
use crate::script::values::{EnctypeName, Offset, Span};
use crate::script::web::WebApplicationTable;
use crate::script::windows::WindowsTable;

/// A machine.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Which implementation its programs use: `mit` (the default), `java`, `java-6`, `pan-os` or
    /// `windows`.
    #[serde(default)]
    pub dialect: DialectName,
    /// Whose errno numbers a `pan-os` tells: `alpha`, `generic` (the default), `hppa`, `mips` or `sparc`.
    pub abi: Option<Spanned<Abi>>,
    /// How far its clock is from the true time.
    #[serde(default)]
    pub clock: Offset,
    /// The realm of its users; the scenario's only realm if absent.
    pub realm: Option<Spanned<String>>,
    /// The principal its programs use when a call names no user.
    pub run_as: Option<Spanned<String>>,
    /// What it has as a host of Windows, where it differs from the defaults.
    pub windows: Option<Spanned<WindowsTable>>,
    /// Its full name as DNS has it; that of its computer account in the realm's domain if absent.
    pub dns_name: Option<Spanned<String>>,
    /// The web applications of a host of Windows.
    #[serde(default)]
    pub web: Tables<WebApplicationTable>,
    /// Its krb5.conf, where it differs from the dialect's defaults.
    #[serde(default)]
    pub client: ClientTable,
    /// Its acceptor, where it differs from the dialect's defaults.
    #[serde(default)]
    pub acceptor: AcceptorTable,
}

/// The implementations of clients and acceptors.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DialectName {
    /// MIT krb5 1.20.
    #[default]
    Mit,
    /// OpenJDK 17.
    Java,
    /// Java 6, as the documents of its time show it.
    #[serde(rename = "java-6")]
    Java6,
    /// The user-id process of a PAN-OS firewall, with MIT's library.
    PanOs,
    /// Windows.
    Windows,
}

/// A krb5.conf.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientTable {
    /// The encryption types it offers and accepts, best first.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Whether DES, 3DES and RC4 are permitted.
    pub allow_weak_crypto: Option<bool>,
    /// Whether RC4 is permitted.
    pub allow_rc4: Option<bool>,
    /// Whether 3DES is permitted.
    pub allow_des3: Option<bool>,
    /// How long keys may be in Java: `limited` to 128 bits, or `unlimited`.
    pub crypto_policy: Option<CryptoPolicyName>,
    /// Whether its programs can read a credential cache with configuration entries. Java cannot before JDK 6
    /// update 27.
    pub reads_ccache_config: Option<bool>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
    /// Whether the KDC's clock is learnt from its replies.
    pub kdc_timesync: Option<bool>,
    /// Whether names may be changed by the KDC in an AS exchange.
    pub canonicalize: Option<bool>,
    /// The life asked for.
    pub ticket_lifetime: Option<Span>,
    /// The renewable life asked for.
    pub renew_lifetime: Option<Span>,
    /// From which size on a request goes over TCP first.
    pub udp_preference_limit: Option<usize>,
    /// How long Java waits for a KDC's answer; MIT has no such setting.
    pub kdc_timeout: Option<Span>,
    /// How often Java asks the same KDC; MIT has no such setting.
    pub max_retries: Option<u32>,
    /// The client that its programs name in their authenticators; the ticket's own if absent. Only a
    /// manipulated program says otherwise.
    pub authenticator_client: Option<Spanned<String>>,
    /// Whether tickets are good from any address; otherwise from those of the host alone.
    pub noaddresses: Option<bool>,
    /// The KDCs whose names it cannot resolve; none if the list is empty.
    pub unresolved_kdcs: Option<Vec<Spanned<String>>>,
    /// The port of the password service, beside the KDCs; 464 if absent.
    pub kpasswd_port: Option<u16>,
    /// The hosts it takes for the KDCs of realms, by realm; the true ones of every realm that is not here.
    #[serde(default)]
    pub kdc: Tables<Spanned<OneOrMany>>,
}

/// How long keys may be in a Java installation.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CryptoPolicyName {
    /// 128 bits for AES, as in old installations.
    Limited,
    /// As long as they come.
    Unlimited,
}

/// An acceptor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptorTable {
    /// What makes two requests the same: `tuple` (client, server and time), `hash` (the ciphertext) or
    /// `none`.
    pub replay_cache: Option<ReplayCacheName>,
    /// How many seconds it adds to the time that it returns in an AP-REP: 0 in Kerberos 5, 1 in the manner of
    /// Kerberos 4.
    pub ap_rep_added_seconds: Option<u32>,
    /// The host whose replay cache it shares, as through a shared file.
    pub shares_replay_cache_with: Option<Spanned<String>>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
}

/// What makes two requests the same.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ReplayCacheName {
    /// Client, server, time and microseconds (RFC 4120 section 3.2.3).
    Tuple,
    /// The authenticator's ciphertext (MIT since 1.18).
    Hash,
    /// Nothing: replays are not looked for.
    None,
}
