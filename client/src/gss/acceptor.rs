use std::fmt;
use std::net::IpAddr;

use kdclab_proto::Timestamp;
use rand::CryptoRng;

use crate::gss::{ContextRole, ContextStep, SecurityContext};
use crate::{AcceptError, Accepted, Framing, Refused, ReplayCache};

/// The acceptor of one context (GSS_Accept_sec_context, RFC 4121 section 4.1). One that refused a token takes another.
#[derive(Clone, Debug)]
pub struct Acceptor {
    service: crate::Acceptor,
    peer: Option<IpAddr>,
    established: Option<Box<(Accepted, SecurityContext)>>,
}

impl Acceptor {
    /// An acceptor for a peer at `peer`, with the keys and rules of `service`. It reads framed tokens whatever
    /// `service` says.
    pub fn new(service: crate::Acceptor, peer: Option<IpAddr>) -> Self {
        Self {
            service: crate::Acceptor {
                framing: Framing::Gss,
                ..service
            },
            peer,
            established: None,
        }
    }

    /// Answers the initiator's token.
    ///
    /// # Errors
    /// [`AcceptorError`], with the KRB-ERROR to send where there is one.
    pub fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Result<ContextStep, AcceptorError> {
        if self.established.is_some() {
            return Err(AcceptorError::OutOfTurn);
        }
        let answer = self.service.accept(now, rng, self.peer, token);
        self.conclude(answer)
    }

    /// As [`step`](Self::step), with a replay cache that several contexts share.
    ///
    /// # Errors
    /// [`AcceptorError`], with the KRB-ERROR to send where there is one.
    pub fn step_sharing(
        &mut self,
        replay_cache: &mut ReplayCache,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Result<ContextStep, AcceptorError> {
        if self.established.is_some() {
            return Err(AcceptorError::OutOfTurn);
        }
        let service = &self.service;
        let answer = service.accept_sharing(replay_cache, now, rng, self.peer, token);
        self.conclude(answer)
    }

    fn conclude(
        &mut self,
        answer: Result<Box<Accepted>, Box<Refused>>,
    ) -> Result<ContextStep, AcceptorError> {
        let accepted = *answer.map_err(AcceptorError::Refused)?;
        let token = accepted.reply.clone();
        let context = SecurityContext::new(accepted.context.clone(), ContextRole::Acceptor);
        self.established = Some(Box::new((accepted, context)));
        Ok(ContextStep { token, done: true })
    }

    /// This context with a replay cache that several contexts share, as a mechanism of SPNEGO.
    pub fn sharing<'a>(&'a mut self, replay_cache: &'a mut ReplayCache) -> SharingAcceptor<'a> {
        SharingAcceptor {
            acceptor: self,
            replay_cache,
        }
    }

    /// The service, with its replay cache.
    pub fn service(&self) -> &crate::Acceptor {
        &self.service
    }

    /// The service back.
    pub fn into_service(self) -> crate::Acceptor {
        self.service
    }

    /// What was accepted: the initiator, its ticket and the credentials it delegated.
    pub fn accepted(&self) -> Option<&Accepted> {
        self.established.as_ref().map(|established| &established.0)
    }

    /// The context, once it stands.
    pub fn context(&self) -> Option<&SecurityContext> {
        self.established.as_ref().map(|established| &established.1)
    }

    /// The context, once it stands, to make and read messages.
    pub fn context_mut(&mut self) -> Option<&mut SecurityContext> {
        self.established
            .as_mut()
            .map(|established| &mut established.1)
    }
}

/// An [`Acceptor`] together with the replay cache it shares with others.
#[derive(Debug)]
pub struct SharingAcceptor<'a> {
    pub(crate) acceptor: &'a mut Acceptor,
    pub(crate) replay_cache: &'a mut ReplayCache,
}

/// Why an acceptor has no context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptorError {
    /// The context stands already.
    OutOfTurn,
    /// The token is refused.
    Refused(Box<Refused>),
}

impl AcceptorError {
    /// Why the token is refused.
    pub fn refusal(&self) -> Option<&AcceptError> {
        match self {
            Self::OutOfTurn => None,
            Self::Refused(refused) => Some(&refused.error),
        }
    }

    /// The framed KRB-ERROR for the initiator.
    pub fn token(&self) -> Option<&[u8]> {
        match self {
            Self::OutOfTurn => None,
            Self::Refused(refused) => refused.reply.as_deref(),
        }
    }
}

impl fmt::Display for AcceptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfTurn => f.write_str("the context expects no token"),
            Self::Refused(refused) => refused.error.fmt(f),
        }
    }
}

impl std::error::Error for AcceptorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::OutOfTurn => None,
            Self::Refused(refused) => Some(&refused.error),
        }
    }
}
