//! What a link rewrites in a message.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::{EnctypeName, NameText};

/// A field of a message with its new value.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rewrite {
    /// The client's name in a reply.
    Cname(NameText),
    /// The client's realm in a reply or an error. In an error it names the realm to ask instead.
    Crealm(String),
    /// The encryption types of a request.
    Etype(Vec<EnctypeName>),
    /// The realm that the ticket of a reply names outside its encrypted part.
    TicketRealm(String),
    /// The service that the ticket of a reply names outside its encrypted part.
    TicketSname(NameText),
}

impl Rewrite {
    /// The field's name in scenario files.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::Cname(_) => "cname",
            Self::Crealm(_) => "crealm",
            Self::Etype(_) => "etype",
            Self::TicketRealm(_) => "ticket_realm",
            Self::TicketSname(_) => "ticket_sname",
        }
    }

    /// The messages that have the field.
    pub(super) fn messages(&self) -> &'static [&'static str] {
        match self {
            Self::Cname(_) | Self::TicketRealm(_) | Self::TicketSname(_) => &["AS-REP", "TGS-REP"],
            Self::Crealm(_) => &["AS-REP", "KRB-ERROR", "TGS-REP"],
            Self::Etype(_) => &["AS-REQ", "TGS-REQ"],
        }
    }
}
