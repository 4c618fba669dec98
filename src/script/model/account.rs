//! What Active Directory has beyond principals: the attributes of accounts and of trusts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::OneOrMany;
use crate::script::spanned::Spanned;
use crate::script::values::{AccountFlag, EnctypeName};

/// An account of Active Directory, by its sAMAccountName. That of a computer ends with a dollar sign.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountTable {
    /// The password; a random one if absent.
    pub password: Option<String>,
    /// The hosts that have the password: the computer, or the nodes that host a virtual server.
    pub host: Option<Spanned<OneOrMany>>,
    /// The names of its services; those that a computer registers for itself if absent, `HOST/NAME` and
    /// `HOST/NAME.domain`.
    pub service_principal_names: Option<Vec<Spanned<String>>>,
    /// Another name to log on with, such as `carol@corp.example`.
    pub user_principal_name: Option<Spanned<String>>,
    /// The flags of userAccountControl by their names, such as `ACCOUNTDISABLE`; the usual ones if absent.
    pub user_account_control: Option<Vec<AccountFlag>>,
    /// The types of msDS-SupportedEncryptionTypes; unset if absent, which means RC4.
    pub supported_encryption_types: Option<Spanned<Vec<EnctypeName>>>,
    /// When its user may log on; always if absent.
    pub logon_hours: Option<LogonHoursTable>,
    /// The clients and realms that may authenticate to it over a trust with selective authentication.
    #[serde(default)]
    pub allowed_to_authenticate: Vec<Spanned<String>>,
}

/// The hours of every day, in UTC, in which a user may log on.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogonHoursTable {
    /// The first hour.
    #[schemars(range(max = 23))]
    pub from: u8,
    /// The hour after the last one.
    #[schemars(range(max = 24))]
    pub to: u8,
}

/// What joins two domains of Active Directory.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TrustKindName {
    /// Two domains of different forests, and nobody else.
    External,
    /// Two forests, at their roots.
    Forest,
    /// A domain and one below it.
    ParentChild,
    /// Two domains of a forest, to make ways shorter.
    Shortcut,
    /// The root of a forest and that of another tree in it.
    TreeRoot,
}

/// An attribute of a trust (trustAttributes, MS-ADTS section 6.1.6.7.9).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TrustAttributeName {
    /// Its users need the right to authenticate to each account (selective authentication).
    CrossOrganization,
    /// It must not be combined with another trust.
    NonTransitive,
    /// Foreign security identifiers are filtered out, of which authentication shows nothing.
    QuarantinedDomain,
}
