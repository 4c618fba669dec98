use kdclab_proto::messages::{MechTypeList, NegState, NegTokenInit, NegTokenResp};
use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use super::mech_list_mic::MechListMic;
use super::mechanism::{Mechanism, MechanismFailure};
use super::{NegotiationError, position};
use crate::gss::ContextStep;

/// The initiator of a negotiation (RFC 4178 section 3.2).
#[derive(Clone, Debug)]
pub struct Initiator {
    mech_types: Vec<ObjectIdentifier>,
    failures: Vec<(ObjectIdentifier, MechanismFailure)>,
    chosen: Option<ObjectIdentifier>,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    New,
    Negotiating(Negotiation),
    Finished,
}

#[derive(Clone, Debug)]
struct Negotiation {
    mech_type: ObjectIdentifier,
    mic: MechListMic,
    /// Whether the acceptor has answered.
    answered: bool,
    /// Whether the mechanism has made its first step.
    started: bool,
}

impl Initiator {
    /// An initiator that offers `mech_types`, best first. Some may have no mechanism; they cannot be chosen.
    pub fn new(mech_types: Vec<ObjectIdentifier>) -> Self {
        Self {
            mech_types,
            failures: Vec::new(),
            chosen: None,
            state: State::New,
        }
    }

    /// The mechanisms that had no first token and were not offered, and why, as MIT and Windows leave them out.
    pub fn failures(&self) -> &[(ObjectIdentifier, MechanismFailure)] {
        &self.failures
    }

    /// The mechanism chosen, by the initiator alone before the acceptor has answered.
    pub fn mech_type(&self) -> Option<&ObjectIdentifier> {
        self.chosen.as_ref()
    }

    /// The NegTokenInit, with the first token of the first mechanism that has one.
    ///
    /// # Errors
    /// [`NegotiationError::NoMechanism`] or [`NegotiationError::OutOfTurn`].
    pub fn init(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
    ) -> Result<ContextStep, NegotiationError> {
        if !matches!(self.state, State::New) {
            return Err(NegotiationError::OutOfTurn);
        }
        self.state = State::Finished;
        let (mech_type, started, mech_token) = loop {
            let Some(mech_type) = self.mech_types.first().cloned() else {
                return Err(NegotiationError::NoMechanism {
                    failures: self.failures.clone(),
                });
            };
            let Some(index) = position(mechanisms, &mech_type) else {
                break (mech_type, false, None);
            };
            let mechanism = &mut mechanisms[index];
            match mechanism.step(now, rng, None) {
                Ok(step) => break (mech_type, true, step.token),
                Err(error) => {
                    self.mech_types
                        .retain(|mech_type| !mechanism.is_named(mech_type));
                    self.failures.push((mech_type, error.failure));
                }
            }
        };
        let mech_types = MechTypeList::new(self.mech_types.clone());
        self.chosen = Some(mech_type.clone());
        self.state = State::Negotiating(Negotiation {
            mech_type,
            mic: MechListMic::new(mech_types.der().to_vec(), false),
            answered: false,
            started,
        });
        let token = NegTokenInit {
            mech_types,
            req_flags: None,
            mech_token,
            mech_list_mic: None,
        };
        Ok(ContextStep {
            token: Some(token.encode()),
            done: false,
        })
    }

    /// Reads the acceptor's answer.
    ///
    /// # Errors
    /// [`NegotiationError`]; nothing more can come of the negotiation then.
    pub fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        token: &[u8],
    ) -> Result<ContextStep, NegotiationError> {
        let State::Negotiating(negotiation) = &self.state else {
            return Err(NegotiationError::OutOfTurn);
        };
        let mut negotiation = negotiation.clone();
        self.state = State::Finished;
        let answer = NegTokenResp::decode(token).map_err(NegotiationError::Malformed)?;
        negotiation.choose(&self.mech_types, &answer)?;
        self.chosen = Some(negotiation.mech_type.clone());
        let Some(index) = position(mechanisms, &negotiation.mech_type) else {
            return Err(NegotiationError::MechanismNotOffered {
                mech_type: negotiation.mech_type,
            });
        };
        let step = negotiation.continue_with(&mut *mechanisms[index], now, rng, answer)?;
        if !step.done {
            self.state = State::Negotiating(negotiation);
        }
        Ok(step)
    }
}

impl Negotiation {
    /// Takes over the acceptor's choice, which its first answer contains. Windows 2003 and MIT's initiator do without
    /// request-mic where the choice is another one than the initiator's.
    fn choose(
        &mut self,
        mech_types: &[ObjectIdentifier],
        answer: &NegTokenResp,
    ) -> Result<(), NegotiationError> {
        let is_first = !std::mem::replace(&mut self.answered, true);
        if answer.neg_state == Some(NegState::RequestMic) {
            if !is_first {
                return Err(NegotiationError::UnexpectedMic);
            }
            self.mic.required = true;
        }
        let Some(choice) = &answer.supported_mech else {
            return Ok(());
        };
        let is_same =
            *choice == self.mech_type || (choice.is_kerberos() && self.mech_type.is_kerberos());
        if is_same {
            return Ok(());
        }
        if !is_first || !mech_types.contains(choice) {
            return Err(NegotiationError::MechanismNotOffered {
                mech_type: choice.clone(),
            });
        }
        self.mech_type = choice.clone();
        self.started = false;
        Ok(())
    }

    fn continue_with(
        &mut self,
        mechanism: &mut dyn Mechanism,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: NegTokenResp,
    ) -> Result<ContextStep, NegotiationError> {
        let neg_state = answer.neg_state;
        let received_mic = mech_list_mic(&answer);
        let response_token = answer.response_token.as_deref();
        if neg_state == Some(NegState::Reject) {
            let failure = response_token
                .filter(|_| self.started)
                .and_then(|token| mechanism.step(now, rng, Some(token)).err())
                .map(|error| error.failure);
            return Err(NegotiationError::Rejected {
                mech_type: Some(self.mech_type.clone()),
                failure,
            });
        }
        let response_token = self.step_mechanism(mechanism, now, rng, response_token)?;
        let is_established = mechanism.is_established();
        let mut mic = None;
        if is_established {
            let waits_for_mic = neg_state == Some(NegState::AcceptIncomplete)
                && response_token.is_none()
                && received_mic.is_none();
            self.mic.required |= waits_for_mic || mechanism.requires_mech_list_mic();
            mic = self
                .mic
                .exchange(mechanism, &self.mech_type, received_mic)?;
        } else if received_mic.is_some() {
            return Err(NegotiationError::UnexpectedMic);
        }
        if neg_state == Some(NegState::AcceptCompleted) {
            return self.complete(mechanism, response_token.is_some());
        }
        let done = is_established && response_token.is_none() && self.mic.is_complete();
        if response_token.is_none() && mic.is_none() {
            // Some acceptors send the mechanism's token and nothing else.
            let is_silent = neg_state.is_none() && is_established;
            return if done || (is_silent && !self.mic.is_required(mechanism)) {
                Ok(ContextStep {
                    token: None,
                    done: true,
                })
            } else {
                Err(NegotiationError::Stalled)
            };
        }
        let token = NegTokenResp {
            neg_state: Some(if done {
                NegState::AcceptCompleted
            } else {
                NegState::AcceptIncomplete
            }),
            supported_mech: None,
            response_token,
            mech_list_mic: mic,
        };
        Ok(ContextStep {
            token: Some(token.encode()),
            done,
        })
    }

    fn step_mechanism(
        &mut self,
        mechanism: &mut dyn Mechanism,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        response_token: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, NegotiationError> {
        let token = match response_token {
            _ if !self.started => None,
            // Whoever is refused after his last token learns it here.
            Some(token) => Some(token),
            None if mechanism.is_established() => return Ok(None),
            None => {
                return Err(NegotiationError::MissingToken {
                    mech_type: self.mech_type.clone(),
                });
            }
        };
        self.started = true;
        let step =
            mechanism
                .step(now, rng, token)
                .map_err(|error| NegotiationError::Mechanism {
                    mech_type: self.mech_type.clone(),
                    failure: error.failure,
                })?;
        Ok(step.token)
    }

    /// The acceptor has nothing more to say.
    fn complete(
        &self,
        mechanism: &dyn Mechanism,
        has_more_to_say: bool,
    ) -> Result<ContextStep, NegotiationError> {
        if !mechanism.is_established() || has_more_to_say {
            return Err(NegotiationError::Incomplete {
                mech_type: self.mech_type.clone(),
            });
        }
        if self.mic.is_required(mechanism) && !self.mic.is_verified() {
            return Err(NegotiationError::MechListMicMissing);
        }
        Ok(ContextStep {
            token: None,
            done: true,
        })
    }
}

/// The signature of a token. Windows 2000 sends the mechanism's token a second time in its place.
pub(super) fn mech_list_mic(token: &NegTokenResp) -> Option<&[u8]> {
    token
        .mech_list_mic
        .as_deref()
        .filter(|mic| token.response_token.as_deref() != Some(mic))
}
