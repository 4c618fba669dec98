//! What clients, users and attackers do.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::script::spanned::Spanned;
use crate::script::values::Span;

/// Something a client does: log in, and unless `to` is absent, reach a service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The user; the host's own identity (`run_as`) if absent.
    pub user: Option<Spanned<String>>,
    /// The host it happens on.
    pub from: Spanned<String>,
    /// The service; a login alone if absent.
    pub to: Option<Spanned<String>>,
    /// The user for whom the caller, a service, asks a ticket to itself (S4U2Self, `kvno -I`). One who
    /// exists nowhere is written with a realm.
    pub for_user: Option<Spanned<String>>,
    /// Whether `for_user` is an enterprise name such as a UPN, which the caller first shows to a KDC
    /// (`kvno -U`).
    #[serde(default)]
    pub enterprise: bool,
    /// The host reached, where several run the service.
    pub at: Option<Spanned<String>>,
    /// Whose ticket-granting ticket on the host reached shall seal the service ticket (user-to-user): the
    /// service's own, as which it has logged in there.
    pub user_to_user: Option<Spanned<String>>,
    /// Whether the service is told that the ticket is sealed in that way. A program that does not tell finds
    /// nobody who can open it.
    #[serde(default = "yes")]
    pub use_session_key: bool,
    /// The password typed; the user's own if absent.
    pub password: Option<String>,
    /// Whether tickets in the user's cache are used. Otherwise it is emptied first.
    #[serde(default)]
    pub warm: bool,
    /// Whether the caller logs in where the cache has no ticket-granting ticket. A program that only reads
    /// the cache does not.
    #[serde(default = "yes")]
    pub log_in: bool,
    /// Whether the user's TGT is renewed first (`kinit -R`).
    #[serde(default)]
    pub renew: bool,
    /// Whether MIT's kinit logs in or renews and writes the cache, whatever the host's other programs are.
    #[serde(default)]
    pub kinit: bool,
    /// The life asked for.
    pub lifetime: Option<Span>,
    /// The renewable life asked for.
    pub renewable: Option<Span>,
    /// How far in the future the ticket shall begin (`kinit -s`). Such a ticket is of no use before it is
    /// validated.
    pub postdated: Option<Span>,
    /// Whether the ticket shall be forwardable.
    #[serde(default)]
    pub forwardable: bool,
    /// Whether the service shall prove itself.
    #[serde(default = "yes")]
    pub mutual: bool,
}

impl Call {
    /// A login of the host's own identity, with an empty cache.
    pub(crate) fn from_host(from: Spanned<String>) -> Self {
        Self {
            user: None,
            from,
            to: None,
            for_user: None,
            enterprise: false,
            at: None,
            user_to_user: None,
            use_session_key: true,
            password: None,
            warm: false,
            log_in: true,
            renew: false,
            kinit: false,
            lifetime: None,
            renewable: None,
            postdated: None,
            forwardable: false,
            mutual: true,
        }
    }
}

fn yes() -> bool {
    true
}

/// A user asks the password service for a new password (RFC 3244, MIT's `kpasswd`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kpasswd {
    /// The user who asks.
    pub user: Spanned<String>,
    /// The host it happens on.
    pub from: Spanned<String>,
    /// The password typed as a proof; the user's own if absent.
    pub old: Option<String>,
    /// The new password.
    pub new: String,
    /// Whose password it is; the user's own if absent. It takes an administrator to set another's.
    pub of: Option<Spanned<String>>,
}

/// An attacker's or a proxy's act: the last recorded message of a kind is sent again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The host that recorded it on its way.
    pub from: Spanned<String>,
    /// The service that gets it again.
    pub to: Spanned<String>,
    /// The host reached, where several run the service.
    pub at: Option<Spanned<String>>,
}
