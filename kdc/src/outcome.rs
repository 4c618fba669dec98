//! What a KDC did with a request, as data and as the line krb5kdc would log.

use std::fmt;
use std::net::SocketAddr;

use kdclab_proto::{DecodeError, Enctype, ErrorCode, KerberosTime, Principal, Realm};

use crate::{Dialect, KdcError};

/// What a KDC does with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The message to send; `None` for silence.
    pub bytes: Option<Vec<u8>>,
    /// What happened.
    pub outcome: Outcome,
}

/// Whether a request is an AS-REQ or a TGS-REQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// An AS-REQ.
    As,
    /// A TGS-REQ.
    Tgs,
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::As => "AS_REQ",
            Self::Tgs => "TGS_REQ",
        })
    }
}

/// What happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered: with a ticket, or with a KRB-ERROR.
    Answered(Box<Exchange>),
    /// It was dropped without an answer.
    Dropped(DropCause),
    /// It came before, and the same reply was sent again.
    Repeated {
        /// Where it came from.
        peer: SocketAddr,
    },
}

/// Why a request gets no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropCause {
    /// Neither an AS-REQ nor a TGS-REQ.
    NotARequest {
        /// Its first octet; `None` for an empty message.
        first_octet: Option<u8>,
    },
    /// The start of a request that does not decode.
    Undecodable(DecodeError),
    /// A request that names no service.
    ServiceNameMissing,
    /// A request for a realm that this KDC, which serves several, does not serve.
    WrongRealm(Realm),
}

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// AS or TGS.
    pub kind: RequestKind,
    /// Whose KDC answered in whose manner.
    pub dialect: Dialect,
    /// Where the request came from.
    pub peer: SocketAddr,
    /// The encryption types the client asked for.
    pub etypes: Vec<Enctype>,
    /// The client, as far as it is known: in a TGS exchange the client of the ticket.
    pub client: Option<Principal>,
    /// The service asked for.
    pub server: Option<Principal>,
    /// The ticket, or why there is none.
    pub result: Result<Issued, KdcError>,
    /// Set when the reply did not fit into a datagram and [`KdcError::ResponseTooBig`] went out instead.
    pub withheld: Option<KdcError>,
}

/// The ticket that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The service the ticket is for: not the one asked for when it is a referral.
    pub server: Principal,
    /// When the client was authenticated.
    pub authtime: KerberosTime,
    /// When the ticket ceases to be valid.
    pub endtime: KerberosTime,
    /// The type of the key the reply is encrypted with.
    pub reply_enctype: Enctype,
    /// The type of the key the ticket is sealed with.
    pub ticket_enctype: Enctype,
    /// The type of the session key.
    pub session_enctype: Enctype,
    /// The user that a service got the ticket for (S4U2Self).
    pub for_user: Option<Principal>,
}

impl Exchange {
    /// The error-code that went out; `None` when a ticket did.
    pub fn error_code(&self) -> Option<ErrorCode> {
        let error = self
            .withheld
            .as_ref()
            .or_else(|| self.result.as_ref().err())?;
        Some(error.code(self.dialect))
    }
}

impl Outcome {
    /// The exchange, when the request was answered anew.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Answered(exchange) => Some(exchange),
            Self::Dropped(_) | Self::Repeated { .. } => None,
        }
    }

    /// The error-code that went out; `None` when a ticket did, or nothing new.
    pub fn error_code(&self) -> Option<ErrorCode> {
        self.exchange().and_then(Exchange::error_code)
    }

    /// What krb5kdc writes to its log, without date, host and process id: usually one line.
    pub fn log_lines(&self) -> Vec<String> {
        match self {
            Self::Answered(exchange) => exchange.log_lines(),
            Self::Dropped(cause) => vec![format!("{cause} - while dispatching")],
            Self::Repeated { peer } => vec![format!(
                "DISPATCH: repeated (retransmitted?) request from {}, resending previous response",
                peer.ip()
            )],
        }
    }
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARequest { .. } => f.write_str("Invalid message type"),
            Self::Undecodable(_) => f.write_str("ASN.1 structure is missing a required field"),
            Self::ServiceNameMissing | Self::WrongRealm(_) => f.write_str("Realm not local to KDC"),
        }
    }
}

impl Exchange {
    fn log_lines(&self) -> Vec<String> {
        let name = |principal: &Option<Principal>, unknown: &str| match principal {
            Some(principal) => principal.to_string(),
            None => unknown.to_owned(),
        };
        let (client, server) = (
            name(&self.client, "<unknown client>"),
            name(&self.server, "<unknown server>"),
        );
        let request = format!(
            "{} ({}) {}",
            self.kind,
            Etypes(&self.etypes),
            self.peer.ip()
        );
        let error = match &self.result {
            Ok(issued) => {
                let line = format!(
                    "{request}: ISSUE: authtime {}, etypes {{rep={}, tkt={}, ses={}}}, {client} for {}",
                    issued.authtime.unix(),
                    Etype(issued.reply_enctype),
                    Etype(issued.ticket_enctype),
                    Etype(issued.session_enctype),
                    issued.server
                );
                let transition = issued
                    .for_user
                    .as_ref()
                    .map(|user| format!("... PROTOCOL-TRANSITION s4u-client={user}"));
                return [line].into_iter().chain(transition).collect();
            }
            Err(error) => error,
        };
        let code = error.code(self.dialect);
        let text = match (error, code.mit_text()) {
            (KdcError::KeyOfTicketMissing { .. }, _) => "No matching key in entry",
            (KdcError::ServiceRealmForeign(_), _) => "No such entry in the database",
            (_, Some(text)) => text,
            (_, None) => "",
        };
        let status = error.status(self.kind);
        let line = match self.kind {
            RequestKind::As => format!("{request}: {status}: {client} for {server}, {text}"),
            RequestKind::Tgs => {
                format!(
                    "{request}: {status}: authtime 0, etypes {{rep=UNSUPPORTED:(0)}} {client} for {server}, {text}"
                )
            }
        };
        match error {
            KdcError::SecondTicketMismatch { .. } | KdcError::ServiceMismatch { .. } => {
                let request = format!("{} {}", self.kind, self.peer.ip());
                vec![format!(
                    "{request}: {status}: authtime 0, {client} for {server}, 2nd tkt client <unknown>"
                )]
            }
            KdcError::BadTransit {
                transited: None, ..
            } => vec!["not checking transit path".to_owned(), line],
            KdcError::BadTransit {
                transited: Some(transited),
                ..
            } => {
                let via: Vec<String> = transited.iter().map(ToString::to_string).collect();
                let path = format!(
                    "bad realm transit path from '{client}' to '{server}' via '{}'",
                    via.join(",")
                );
                vec![path, line]
            }
            KdcError::NonTransitive {
                client: realm,
                server,
            } if self.dialect == Dialect::ActiveDirectory => {
                let wanted = server.name.krbtgt_realm();
                let event = format!(
                    "Event 12: A request failed from client realm {realm} for a ticket in realm {}. This failed because a trust link between the realms is non transitive.",
                    wanted.as_ref().unwrap_or(&server.realm)
                );
                vec![event, line]
            }
            KdcError::ServicePrincipalNameMissing(account) => {
                let event = format!(
                    "Event 24: A service ticket request by client {client} for {account} was rejected because User2User was required."
                );
                vec![event, line]
            }
            KdcError::ServiceNotUnique(server) => {
                let event = format!(
                    "Event 11: There are multiple accounts with name {} of type DS_SERVICE_PRINCIPAL_NAME.",
                    server.name
                );
                vec![event, line]
            }
            _ => vec![line],
        }
    }
}

struct Etype(Enctype);

impl fmt::Display for Etype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.name(), self.0.is_weak()) {
            (Some(name), true) => write!(f, "DEPRECATED:{name}({})", self.0.number()),
            (Some(name), false) => write!(f, "{name}({})", self.0.number()),
            (None, _) => write!(f, "UNSUPPORTED:({})", self.0.number()),
        }
    }
}

struct Etypes<'a>(&'a [Enctype]);

impl fmt::Display for Etypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} etypes {{", self.0.len())?;
        for (index, enctype) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Etype(*enctype))?;
        }
        f.write_str("}")
    }
}
