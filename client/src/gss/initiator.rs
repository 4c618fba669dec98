use std::fmt;

use kdclab_proto::Timestamp;
use kdclab_proto::messages::KrbError;
use rand::CryptoRng;

use crate::gss::{ContextRole, ContextStep, SecurityContext};
use crate::{ApExchange, ApExchangeError, ApParameters, Credential, Framing};

/// The initiator of one context (GSS_Init_sec_context, RFC 4121 section 4.1).
#[derive(Clone, Debug)]
pub struct Initiator {
    credential: Credential,
    delegation: Option<Credential>,
    parameters: ApParameters<'static>,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    New,
    /// The AP-REQ is on its way.
    Sent(Box<ApExchange>),
    /// The exchange stays, since who asked for no proof may still be refused.
    Established(Box<ApExchange>, Box<SecurityContext>),
    Failed,
}

impl Initiator {
    /// An initiator that asks with `credential`. Its tokens are framed whatever `parameters` say.
    pub fn new(credential: Credential, parameters: &ApParameters<'_>) -> Self {
        Self {
            credential,
            delegation: parameters.delegation.cloned(),
            parameters: ApParameters {
                framing: Framing::Gss,
                mutual: parameters.mutual,
                use_session_key: parameters.use_session_key,
                subkey: parameters.subkey,
                flags: parameters.flags,
                channel_bindings: parameters.channel_bindings.clone(),
                delegation: None,
                enctypes: parameters.enctypes.clone(),
            },
            state: State::New,
        }
    }

    /// The first token. The context stands at once where no mutual authentication is asked for.
    ///
    /// # Errors
    /// [`InitiatorError::Exchange`] when there can be no such token, [`InitiatorError::OutOfTurn`] when there was one.
    pub fn init(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<ContextStep, InitiatorError> {
        if !matches!(self.state, State::New) {
            return Err(InitiatorError::OutOfTurn);
        }
        let parameters = ApParameters {
            delegation: self.delegation.as_ref(),
            ..self.parameters.clone()
        };
        let (exchange, token) = ApExchange::start(&self.credential, &parameters, now, rng)
            .map_err(InitiatorError::Exchange)?;
        let established = exchange.established().cloned();
        let exchange = Box::new(exchange);
        let done = established.is_some();
        self.state = match established {
            Some(context) => {
                let context = SecurityContext::new(context, ContextRole::Initiator);
                State::Established(exchange, Box::new(context))
            }
            None => State::Sent(exchange),
        };
        Ok(ContextStep {
            token: Some(token),
            done,
        })
    }

    /// Reads the acceptor's answer. A context that stands is refused by a KRB-ERROR all the same.
    ///
    /// # Errors
    /// [`InitiatorError`]; [`InitiatorError::refusal`] has what a KRB-ERROR says.
    pub fn step(&mut self, token: &[u8]) -> Result<ContextStep, InitiatorError> {
        let (exchange, was_established) = match std::mem::replace(&mut self.state, State::Failed) {
            State::Sent(exchange) => (exchange, false),
            State::Established(exchange, _) => (exchange, true),
            state @ (State::New | State::Failed) => {
                self.state = state;
                return Err(InitiatorError::OutOfTurn);
            }
        };
        let context = match exchange.input(token) {
            Err(error @ ApExchangeError::Refused(_)) => {
                return Err(InitiatorError::Exchange(error));
            }
            _ if was_established => return Err(InitiatorError::OutOfTurn),
            answer => answer.map_err(InitiatorError::Exchange)?,
        };
        let context = SecurityContext::new(context, ContextRole::Initiator);
        self.state = State::Established(exchange, Box::new(context));
        Ok(ContextStep {
            token: None,
            done: true,
        })
    }

    /// The context, once it stands.
    pub fn context(&self) -> Option<&SecurityContext> {
        match &self.state {
            State::Established(_, context) => Some(context),
            State::Failed | State::New | State::Sent(_) => None,
        }
    }

    /// The context, once it stands, to make and read messages.
    pub fn context_mut(&mut self) -> Option<&mut SecurityContext> {
        match &mut self.state {
            State::Established(_, context) => Some(context),
            State::Failed | State::New | State::Sent(_) => None,
        }
    }

    /// Whether [`init`](Self::init) has not been called.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.state, State::New)
    }
}

/// Why an initiator has no context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitiatorError {
    /// The exchange failed, or the acceptor refused.
    Exchange(ApExchangeError),
    /// The context is not in the state for this step.
    OutOfTurn,
}

impl InitiatorError {
    /// The acceptor's KRB-ERROR, with its code, and the realm and name of the service it speaks for.
    pub fn refusal(&self) -> Option<&KrbError> {
        match self {
            Self::Exchange(ApExchangeError::Refused(error)) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for InitiatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange(error) => error.fmt(f),
            Self::OutOfTurn => f.write_str("the context expects no such step"),
        }
    }
}

impl std::error::Error for InitiatorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Exchange(error) => Some(error),
            Self::OutOfTurn => None,
        }
    }
}
