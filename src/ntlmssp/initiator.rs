use std::fmt;

use kdclab_client::gss::ContextStep;
use kdclab_client::spnego::{Mechanism, MechanismError, MechanismFailure};
use kdclab_ntlm::{Authenticated, Client, ClientConfig, ClientError, Credentials, SecurityContext};
use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use super::{Established, failed, file_time, get_mic, has_integrity, sends, verify_mic};

/// The client of one context. Its context stands when the AUTHENTICATE_MESSAGE is on its way: NTLM does not tell a
/// client whether it was let in.
#[derive(Clone, Debug)]
pub struct Initiator {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    New(Box<(ClientConfig, Credentials)>),
    Negotiated(Box<Client>),
    Established(Box<Established<Option<SecurityContext>>>),
    Failed,
}

impl Initiator {
    /// A client that behaves as `config` says and logs on with `credentials`.
    pub fn new(config: ClientConfig, credentials: Credentials) -> Self {
        Self {
            state: State::New(Box::new((config, credentials))),
        }
    }

    /// The session, once it stands; an anonymous one has none.
    pub fn context(&self) -> Option<&SecurityContext> {
        match &self.state {
            State::Established(established) => established.value.as_ref(),
            State::New(_) | State::Negotiated(_) | State::Failed => None,
        }
    }

    /// The session, once it stands, to sign and seal with.
    pub fn context_mut(&mut self) -> Option<&mut SecurityContext> {
        match &mut self.state {
            State::Established(established) => established.value.as_mut(),
            State::New(_) | State::Negotiated(_) | State::Failed => None,
        }
    }

    fn advance(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, InitiatorError> {
        match (std::mem::replace(&mut self.state, State::Failed), token) {
            (State::New(parameters), None) => {
                let (config, credentials) = *parameters;
                let (client, negotiate) =
                    Client::start(config, credentials).map_err(InitiatorError::Client)?;
                self.state = State::Negotiated(Box::new(client));
                Ok(sends(negotiate, false))
            }
            (State::Negotiated(client), Some(challenge)) => {
                let Authenticated {
                    message,
                    carries_mic,
                    context,
                } = client
                    .challenge(file_time(now), rng, challenge)
                    .map_err(InitiatorError::Client)?;
                self.state = State::Established(Box::new(Established {
                    value: context,
                    carries_mic,
                }));
                Ok(sends(message, true))
            }
            (state, _) => {
                self.state = state;
                Err(InitiatorError::OutOfTurn)
            }
        }
    }
}

/// Failures are [`InitiatorError`], and of signatures `kdclab_ntlm::SessionSecurityError`.
impl Mechanism for Initiator {
    fn oid(&self) -> ObjectIdentifier {
        ObjectIdentifier::NTLMSSP
    }

    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        self.advance(now, rng, token).map_err(failed)
    }

    fn is_established(&self) -> bool {
        matches!(self.state, State::Established(_))
    }

    fn has_integrity(&self) -> bool {
        has_integrity(self.context())
    }

    fn requires_mech_list_mic(&self) -> bool {
        matches!(&self.state, State::Established(established) if established.carries_mic)
    }

    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        get_mic(self.context_mut(), message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        verify_mic(self.context_mut(), message, mic)
    }
}

/// Why a client does not log on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitiatorError {
    /// The challenge cannot be answered, or the first message not be written.
    Client(ClientError),
    /// The exchange is not in the state for this step.
    OutOfTurn,
}

impl fmt::Display for InitiatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::OutOfTurn => f.write_str("NTLM expects no such step"),
        }
    }
}

impl std::error::Error for InitiatorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Client(error) => Some(error),
            Self::OutOfTurn => None,
        }
    }
}
