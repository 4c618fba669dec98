//! What scenario files say of web servers, and of the sites whose management points are behind them.

mod rules;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Tables;
use super::spanned::Spanned;

pub(crate) use rules::is_smsid;
pub(super) use rules::{check_register, check_site, check_verb, check_web};

/// The account of a web application that runs as the computer itself.
pub const LOCAL_SYSTEM: &str = "Local System";

/// A web application: who answers the requests for a path, after Windows authentication.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebApplicationTable {
    /// The path that its requests begin with.
    pub path: Spanned<String>,
    /// The port of its web site; 80 if absent.
    #[serde(default = "http")]
    #[schemars(range(min = 1))]
    pub port: Spanned<u16>,
    /// The account of its worker process: `Local System`, which is the computer's own, or one that the host has
    /// the password of.
    #[serde(default = "local_system")]
    pub account: Spanned<String>,
}

fn http() -> Spanned<u16> {
    Spanned::new(0..0, 80)
}

fn local_system() -> Spanned<String> {
    Spanned::new(0..0, LOCAL_SYSTEM.to_owned())
}

/// Moves a web application to the web site of another port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveWebApplication {
    /// The host.
    pub host: Spanned<String>,
    /// The application.
    pub application: Spanned<String>,
    /// The port of its web site from now on.
    #[schemars(range(min = 1))]
    pub port: Spanned<u16>,
}

/// A site of Configuration Manager 2007 in mixed mode, with its database of clients.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteTable {
    /// The host of its management point, by whose web application clients register.
    pub management_point: Spanned<String>,
    /// That application.
    pub application: Spanned<String>,
    /// The ids that clients have from the beginning, by their hosts. Others make one when they need it.
    #[serde(default)]
    pub smsid: Tables<Spanned<String>>,
}

/// A client registers with the management point of a site.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The host of the client.
    pub client: Spanned<String>,
    /// The site.
    pub with: Spanned<String>,
    /// Whether the computer's tickets are used. Otherwise it was started anew and has none.
    #[serde(default)]
    pub warm: bool,
}

/// A client and its site.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientOfSite {
    /// The host of the client.
    pub client: Spanned<String>,
    /// The site.
    pub site: Spanned<String>,
}

/// The disk of a client, copied onto another host with the client's id.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneClient {
    /// The host that is copied.
    pub from: Spanned<String>,
    /// The host that gets the copy.
    pub to: Spanned<String>,
}

/// Why a client was not approved, as the procedure of the document finds it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Diagnosis {
    /// It was.
    Approved,
    /// A clock is wrong.
    ClockSkew,
    /// Another client has the same id.
    DuplicateGuid,
    /// No domain controller was found or answered.
    NoDomainController,
    /// The name of the service is on the wrong account, on several or on none.
    ServicePrincipalName,
    /// What joins the domains does not let Kerberos through.
    Trust,
    /// Nothing of what can be seen tells why.
    Unknown,
}
