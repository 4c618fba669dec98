//! The realms of a scenario: their KDCs, principals and trusts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::{AccountTable, TrustAttributeName, TrustKindName};
use super::{OneOrMany, Tables, TextOr};
use crate::script::schema::AttributeName;
use crate::script::spanned::Spanned;
use crate::script::values::{EnctypeName, Instant, NameText, Span};

/// A realm and its principal database.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmTable {
    /// The host of its KDC, or several. A host may be the KDC of several realms.
    pub kdc: Spanned<OneOrMany>,
    /// The users by name: a password, or a table.
    #[serde(default)]
    pub users: Tables<TextOr<UserTable>>,
    /// The services by name: the host that runs it and holds its keytab, or a table.
    #[serde(default)]
    pub services: Tables<TextOr<ServiceTable>>,
    /// The accounts of Active Directory beyond users, by their sAMAccountNames: computers, virtual servers and
    /// whatever runs services.
    #[serde(default)]
    pub accounts: Tables<AccountTable>,
    /// Which implementation the KDC behaves like: `mit` (the default) or `active-directory`.
    #[serde(default)]
    pub dialect: KdcDialectName,
    /// Everything else.
    #[serde(default)]
    pub settings: RealmSettings,
}

/// What a KDC does by configuration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmSettings {
    /// The encryption types of new keys, strongest first.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// The encryption types the KDC works with at all.
    pub permitted_enctypes: Option<Vec<EnctypeName>>,
    /// Whether DES, 3DES and RC4 are permitted.
    pub allow_weak_crypto: Option<bool>,
    /// Whether RC4 is permitted.
    pub allow_rc4: Option<bool>,
    /// Whether 3DES is permitted.
    pub allow_des3: Option<bool>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
    /// The longest life of a ticket.
    pub max_life: Option<Span>,
    /// The longest renewable life of a ticket.
    pub max_renewable_life: Option<Span>,
    /// Whether users must pre-authenticate.
    pub requires_preauth: Option<bool>,
    /// When failed attempts lock an account.
    pub lockout: Option<Lockout>,
    /// What new passwords must be like.
    pub password_policy: Option<PasswordPolicyTable>,
    /// Who may set the passwords of others through the password service (`kadm5.acl`).
    pub administrators: Option<Vec<Spanned<String>>>,
    /// The longest reply over UDP, in bytes.
    pub udp_reply_limit: Option<usize>,
    /// The realms of host names that end in a suffix, for referrals.
    pub domain_realm: Option<BTreeMap<String, String>>,
    /// The realms of the suffixes of enterprise names, `corp.example` for `carol@corp.example`.
    pub upn_suffixes: Option<BTreeMap<String, String>>,
    /// The service classes the KDC refers although the client did not say that the name holds a host.
    pub host_based_services: Option<Vec<String>>,
    /// Whether a bad path of realms is refused.
    pub reject_bad_transit: Option<bool>,
    /// Whether a wrong password is reported as failed pre-authentication (24). MIT's KDCs of old reported
    /// the failed integrity check (31).
    pub filter_preauth_errors: Option<bool>,
    /// In what its AS-REPs are wrong on purpose: `none`, or they do not do what a field of the request says
    /// (`ignores_from`, `ignores_rtime`, `ignores_till`), or ticket-granting tickets have another name (`sname`).
    pub as_rep_defect: Option<AsRepDefectName>,
}

/// In what the AS-REPs of a KDC are wrong on purpose.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsRepDefectName {
    /// A postdated ticket begins at once.
    IgnoresFrom,
    /// A renewable ticket is renewable for as long as the realm allows, whatever the client asks.
    IgnoresRtime,
    /// The ticket lives for as long as the realm allows, whatever the client asks.
    IgnoresTill,
    /// In nothing.
    None,
    /// A ticket-granting ticket has this name in its place.
    Sname(NameText),
}

/// When failed attempts lock an account (kadmin's policy).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// How many failures lock it.
    pub maxfailure: u32,
    /// After how long without a failure the count begins anew; never if absent.
    pub failurecountinterval: Option<Span>,
    /// How long it stays locked; until unlocked if absent.
    pub lockoutduration: Option<Span>,
}

/// What new passwords must be like (kadmin's policy).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicyTable {
    /// The fewest bytes of a password.
    #[serde(default)]
    pub minlength: usize,
    /// How many passwords may not come again, the current one included: 1 if absent. At most 65 are remembered.
    #[serde(default = "current_password")]
    pub history: usize,
    /// How long a password must be kept by its owner; no time if absent.
    pub minlife: Option<Span>,
    /// After how long a password expires; never if absent.
    pub maxlife: Option<Span>,
}

fn current_password() -> usize {
    1
}

/// The KDC implementations.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum KdcDialectName {
    /// MIT krb5 1.20.
    #[default]
    Mit,
    /// Active Directory.
    ActiveDirectory,
}

/// A user beyond a password.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The password.
    pub password: String,
    /// The keys' encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Attributes by their kadmin names with a sign.
    #[serde(default)]
    #[schemars(with = "Vec<AttributeName>")]
    pub attributes: Vec<Spanned<String>>,
    /// Other names of the account, such as an enterprise name `alice.smith@lab.example`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// When the account expires.
    pub expires: Option<Instant>,
    /// When the password expires.
    pub password_expires: Option<Instant>,
}

/// A service beyond its host.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// The host that runs it and holds its keytab; none for a name without a running service.
    pub host: Option<Spanned<String>>,
    /// More hosts that run it under the same name.
    #[serde(default)]
    pub also_on: Vec<Spanned<String>>,
    /// The keys' encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// The encryption types in the keytab; all of the keys' if absent.
    pub keytab_enctypes: Option<Vec<EnctypeName>>,
    /// Attributes by their kadmin names with a sign.
    #[serde(default)]
    #[schemars(with = "Vec<AttributeName>")]
    pub attributes: Vec<Spanned<String>>,
    /// The session key types the service knows.
    pub session_enctypes: Option<Vec<EnctypeName>>,
    /// The services to which it may show the tickets of users that it has (msDS-AllowedToDelegateTo).
    #[serde(default)]
    pub allowed_to_delegate_to: Vec<Spanned<String>>,
}

impl ServiceTable {
    /// A service on one host, with the realm's defaults.
    pub(crate) fn on(host: &str) -> Self {
        Self {
            host: Some(Spanned::new(0..0, host.to_owned())),
            ..Self::default()
        }
    }
}

/// A trust: realm `to` accepts the users of realm `from`, through `krbtgt/TO@FROM`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustTable {
    /// The realm of the users.
    pub from: Spanned<String>,
    /// The realm of the services.
    pub to: Spanned<String>,
    /// Whether the other direction is trusted too, with the same password.
    #[serde(default)]
    pub two_way: bool,
    /// The password both sides derive their keys from.
    pub password: String,
    /// The keys' encryption types; the realms' if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// What joins two domains of Active Directory: `external`, `forest`, `parent-child`, `shortcut` or
    /// `tree-root`. Without it neither domain has an object for the trust, which routes nothing.
    pub kind: Option<Spanned<TrustKindName>>,
    /// More attributes of its objects: `cross-organization`, `non-transitive`, `quarantined-domain`.
    #[serde(default)]
    pub attributes: Vec<TrustAttributeName>,
    /// The DNS suffixes that a forest trust leads to in realm `to`; the realm's own name if absent.
    pub suffixes: Option<Spanned<Vec<String>>>,
}
