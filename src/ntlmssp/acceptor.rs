use std::fmt;

use kdclab_client::gss::ContextStep;
use kdclab_client::spnego::{Mechanism, MechanismError, MechanismFailure};
use kdclab_ntlm::{
    Accepted, LogonKeys, NetworkLogon, NtStatus, SecurityContext, Server, ServerConfig,
    ServerError, ServerStep,
};
use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use super::{Established, failed, file_time, get_mic, has_integrity, sends, verify_mic};

/// Who answers a server's question about a logon (NetrLogonSamLogonEx, MS-NRPC section 3.5.4.5.1).
pub trait DomainController {
    /// The keys of a logon that succeeds.
    ///
    /// # Errors
    /// The status with which the logon is refused, or with which there is nobody to ask.
    fn logon(&mut self, logon: &NetworkLogon) -> Result<LogonKeys, NtStatus>;
}

impl<F: FnMut(&NetworkLogon) -> Result<LogonKeys, NtStatus>> DomainController for F {
    fn logon(&mut self, logon: &NetworkLogon) -> Result<LogonKeys, NtStatus> {
        self(logon)
    }
}

/// The server of one context. It becomes a mechanism with a domain controller to ask.
#[derive(Clone, Debug)]
pub struct Acceptor {
    config: ServerConfig,
    allows_anonymous: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    New,
    Challenged(Box<Server>),
    Established(Box<Established<Logon>>),
    Failed,
}

/// Who was let in.
#[derive(Clone, Debug)]
pub enum Logon {
    /// Nobody, without session security (MS-NLMP section 3.4).
    Anonymous {
        /// The client's machine, as it says.
        workstation: String,
    },
    /// A user.
    User(Box<Accepted>),
}

impl Acceptor {
    /// A server that behaves as `config` says and refuses anonymous clients.
    pub fn new(config: ServerConfig) -> Self {
        Self {
            config,
            allows_anonymous: false,
            state: State::New,
        }
    }

    /// The same server, which lets anonymous clients in.
    #[must_use]
    pub fn allowing_anonymous(mut self) -> Self {
        self.allows_anonymous = true;
        self
    }

    /// This context as a mechanism of SPNEGO, which asks `domain_controller` about the logon.
    pub fn asking<'a>(
        &'a mut self,
        domain_controller: &'a mut dyn DomainController,
    ) -> AskingAcceptor<'a> {
        AskingAcceptor {
            acceptor: self,
            domain_controller,
        }
    }

    /// Who was let in, once the context stands.
    pub fn logon(&self) -> Option<&Logon> {
        match &self.state {
            State::Established(established) => Some(&established.value),
            State::New | State::Challenged(_) | State::Failed => None,
        }
    }

    /// The session, once it stands; an anonymous one has none.
    pub fn context(&self) -> Option<&SecurityContext> {
        match self.logon()? {
            Logon::User(accepted) => Some(&accepted.context),
            Logon::Anonymous { .. } => None,
        }
    }

    /// The session, once it stands, to sign and seal with.
    pub fn context_mut(&mut self) -> Option<&mut SecurityContext> {
        match &mut self.state {
            State::Established(established) => match &mut established.value {
                Logon::User(accepted) => Some(&mut accepted.context),
                Logon::Anonymous { .. } => None,
            },
            State::New | State::Challenged(_) | State::Failed => None,
        }
    }

    fn advance(
        &mut self,
        domain_controller: &mut dyn DomainController,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Result<ContextStep, AcceptorError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::New => {
                let (server, challenge) = Server::start(&self.config, file_time(now), rng, token)
                    .map_err(AcceptorError::Server)?;
                self.state = State::Challenged(Box::new(server));
                Ok(sends(challenge, false))
            }
            State::Challenged(server) => {
                let established = self.authenticate(domain_controller, *server, token)?;
                self.state = State::Established(Box::new(established));
                Ok(ContextStep {
                    token: None,
                    done: true,
                })
            }
            state @ (State::Established(_) | State::Failed) => {
                self.state = state;
                Err(AcceptorError::OutOfTurn)
            }
        }
    }

    fn authenticate(
        &self,
        domain_controller: &mut dyn DomainController,
        server: Server,
        token: &[u8],
    ) -> Result<Established<Logon>, AcceptorError> {
        match server.authenticate(token).map_err(AcceptorError::Server)? {
            ServerStep::Anonymous { workstation } if self.allows_anonymous => Ok(Established {
                value: Logon::Anonymous { workstation },
                carries_mic: false,
            }),
            ServerStep::Anonymous { workstation } => Err(AcceptorError::Anonymous { workstation }),
            ServerStep::Logon(pending) => {
                let carries_mic = pending.carries_mic();
                let answer = domain_controller.logon(pending.request());
                let accepted = pending
                    .finish(answer.as_ref().map_err(|status| *status))
                    .map_err(AcceptorError::Server)?;
                Ok(Established {
                    value: Logon::User(Box::new(accepted)),
                    carries_mic,
                })
            }
        }
    }
}

/// An [`Acceptor`] together with the domain controller it asks. Failures are [`AcceptorError`], and of signatures
/// `kdclab_ntlm::SessionSecurityError`.
pub struct AskingAcceptor<'a> {
    acceptor: &'a mut Acceptor,
    domain_controller: &'a mut dyn DomainController,
}

impl fmt::Debug for AskingAcceptor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.acceptor.fmt(f)
    }
}

impl Mechanism for AskingAcceptor<'_> {
    fn oid(&self) -> ObjectIdentifier {
        ObjectIdentifier::NTLMSSP
    }

    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        let token = token.ok_or(AcceptorError::OutOfTurn).map_err(failed)?;
        self.acceptor
            .advance(self.domain_controller, now, rng, token)
            .map_err(failed)
    }

    fn is_established(&self) -> bool {
        self.acceptor.logon().is_some()
    }

    fn has_integrity(&self) -> bool {
        has_integrity(self.acceptor.context())
    }

    fn requires_mech_list_mic(&self) -> bool {
        matches!(&self.acceptor.state, State::Established(established) if established.carries_mic)
    }

    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        get_mic(self.acceptor.context_mut(), message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        verify_mic(self.acceptor.context_mut(), message, mic)
    }
}

/// Why a server lets nobody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptorError {
    /// The client does not say who it is.
    Anonymous {
        /// Its machine, as it says.
        workstation: String,
    },
    /// The exchange is not in the state for this step.
    OutOfTurn,
    /// The message or the logon is refused.
    Server(ServerError),
}

impl AcceptorError {
    /// The status with which the domain controller refused the logon.
    pub fn status(&self) -> Option<NtStatus> {
        match self {
            Self::Server(ServerError::Refused(status)) => Some(*status),
            Self::Anonymous { .. } | Self::OutOfTurn | Self::Server(_) => None,
        }
    }
}

impl fmt::Display for AcceptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous { workstation } => {
                write!(f, "an anonymous client at {workstation:?} is not let in")
            }
            Self::OutOfTurn => f.write_str("NTLM expects no such step"),
            Self::Server(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AcceptorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Server(error) => Some(error),
            Self::Anonymous { .. } | Self::OutOfTurn => None,
        }
    }
}
