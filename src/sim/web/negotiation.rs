//! Windows authentication of a request: SPNEGO with Kerberos, and the keys of one account.

use std::net::IpAddr;

use data_encoding::BASE64;
use kdclab_client::gss::AcceptorError;
use kdclab_client::spnego::{self, MechanismFailure, NegotiationError, NegotiationRefused};
use kdclab_client::{AcceptError, Acceptor, Dialect, ReplayCache, gss};
use kdclab_proto::{Keytab, NameType, Principal, PrincipalName};

use super::WebApplication;
use super::log::{
    ANONYMOUS, LogStatus, SEC_E_INVALID_TOKEN, SEC_E_LOGON_DENIED, SEC_E_NO_CREDENTIALS,
    SEC_E_TIME_SKEW, SEC_E_UNSUPPORTED_FUNCTION,
};
use crate::sim::acceptors::replay_key;
use crate::sim::host::Host;
use crate::sim::http::{HttpConnection, HttpRequest, negotiate_token};
use crate::sim::outcome::cause_name;
use crate::sim::world::World;

/// An authentication that takes more than one request.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Negotiation {
    application: String,
    spnego: spnego::Acceptor,
    kerberos: gss::Acceptor,
}

/// Whether a request is let in.
pub(super) enum Verdict {
    Authenticated {
        user: Principal,
        /// The last token for the client.
        token: Option<Vec<u8>>,
    },
    Unauthorized {
        status: LogStatus,
        token: Option<Vec<u8>>,
    },
}

/// The value of WWW-Authenticate (RFC 4559 section 4).
pub(super) fn challenge(token: Option<&[u8]>) -> String {
    match token {
        Some(token) => format!("Negotiate {}", BASE64.encode(token)),
        None => "Negotiate".to_owned(),
    }
}

impl World {
    /// Kerberos authenticates every request of a connection anew.
    pub(super) fn authenticate_request(
        &mut self,
        host: &str,
        application: &WebApplication,
        peer: IpAddr,
        connection: &mut HttpConnection,
        request: &HttpRequest,
    ) -> Verdict {
        let begun = connection.negotiation.take();
        let Some(token) = negotiate_token(request.authorization.as_deref()) else {
            return Verdict::Unauthorized {
                status: ANONYMOUS,
                token: None,
            };
        };
        let now = self.now;
        let Some(this) = self.hosts.get_mut(host) else {
            return unauthorized(SEC_E_LOGON_DENIED);
        };
        let mut negotiation = match begun {
            Some(negotiation) if negotiation.application == application.name => negotiation,
            _ => Negotiation {
                application: application.name.clone(),
                spnego: spnego::Acceptor::new(Dialect::Windows),
                kerberos: gss::Acceptor::new(acceptor(this, application), Some(peer)),
            },
        };
        let key = replay_key(this.replay_cache);
        let cache = self
            .replay_caches
            .entry((this.replay_cache_of.clone(), key))
            .or_insert_with(|| ReplayCache::new(key));
        let clock = this.clock(now);
        let step = negotiation.spnego.step(
            clock,
            &mut this.rng,
            &mut [&mut negotiation.kerberos.sharing(cache)],
            &token,
        );
        match step {
            Ok(step) if step.done => match negotiation.kerberos.context() {
                Some(_) => Verdict::Authenticated {
                    user: client_of(&negotiation.kerberos),
                    token: step.token,
                },
                None => unauthorized(SEC_E_LOGON_DENIED),
            },
            Ok(step) => {
                connection.negotiation = Some(negotiation);
                Verdict::Unauthorized {
                    status: LogStatus::unauthorized(SEC_E_NO_CREDENTIALS),
                    token: step.token,
                }
            }
            Err(refused) => {
                let status = LogStatus::unauthorized(win32_status(&refused.error));
                self.note_cause(host, cause_of(&refused.error));
                let NegotiationRefused { reply, .. } = *refused;
                Verdict::Unauthorized {
                    status,
                    token: reply,
                }
            }
        }
    }
}

fn unauthorized(win32: u32) -> Verdict {
    Verdict::Unauthorized {
        status: LogStatus::unauthorized(win32),
        token: None,
    }
}

fn client_of(kerberos: &gss::Acceptor) -> Principal {
    kerberos
        .accepted()
        .map(|accepted| accepted.context.client.clone())
        .unwrap_or_default()
}

/// An acceptor with the keys of the account that the application runs as, and no others: whatever name the ticket
/// bears.
fn acceptor(host: &Host, application: &WebApplication) -> Acceptor {
    let computer = computer_account(host);
    let account = application.account.as_ref().or(computer.as_ref());
    let identity = match &application.account {
        Some(account) => Some(account),
        None => host.identity.as_ref(),
    };
    let mut keytab = Keytab::default();
    for entry in &host.keytab.entries {
        if Some(&entry.principal) == account {
            let mut entry = entry.clone();
            if let Some(identity) = identity {
                entry.principal = identity.clone();
            }
            keytab.entries.push(entry);
        }
    }
    Acceptor {
        identity: identity.cloned(),
        ..Acceptor::new(host.config.clone(), keytab)
    }
}

/// The account of the computer itself.
pub(in crate::sim) fn computer_account(host: &Host) -> Option<Principal> {
    let name = format!("{}$", host.computer_name.as_ref()?);
    let realm = host.identity.as_ref()?.realm.clone();
    Some(PrincipalName::new(NameType::PRINCIPAL, [name.as_str()]).at(realm))
}

fn accept_error(error: &NegotiationError) -> Option<&AcceptError> {
    match error.failure()? {
        MechanismFailure::Accept(AcceptorError::Refused(refused)) => Some(&refused.error),
        _ => None,
    }
}

fn cause_of(error: &NegotiationError) -> String {
    accept_error(error).map_or_else(|| cause_name(error), cause_name)
}

/// What the log says of a token that is refused. The document has no number for it; these are chosen.
fn win32_status(error: &NegotiationError) -> u32 {
    match (error, accept_error(error)) {
        (_, Some(AcceptError::ClockSkew { .. })) => SEC_E_TIME_SKEW,
        (_, Some(AcceptError::DefectiveToken(_) | AcceptError::NotAnApReq(_)))
        | (NegotiationError::Malformed(_) | NegotiationError::NotANegotiationToken { .. }, None) => {
            SEC_E_INVALID_TOKEN
        }
        (NegotiationError::NoCommonMechanism { .. }, None) => SEC_E_UNSUPPORTED_FUNCTION,
        _ => SEC_E_LOGON_DENIED,
    }
}
