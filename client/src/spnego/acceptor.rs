use kdclab_proto::messages::{NegState, NegTokenInit, NegTokenResp};
use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use super::initiator::mech_list_mic;
use super::mech_list_mic::MechListMic;
use super::mechanism::{Mechanism, MechanismError};
use super::{NegotiationError, position};
use crate::Dialect;
use crate::gss::{ContextStep, unframe};

/// What every message of NTLM begins with (MS-NLMP section 2.2.1).
const NTLMSSP_SIGNATURE: &[u8] = b"NTLMSSP\0";
/// The first octet of an initial token.
const INITIAL_TOKEN: u8 = 0x60;

/// The acceptor of a negotiation (RFC 4178 section 3.2). As IIS does, it also takes tokens of NTLM and Kerberos that come
/// without negotiation, and answers them so.
#[derive(Clone, Debug)]
pub struct Acceptor {
    dialect: Dialect,
    request_mic: bool,
    chosen: Option<ObjectIdentifier>,
    is_raw: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    New,
    Negotiating {
        mech_type: ObjectIdentifier,
        mic: MechListMic,
    },
    /// The mechanism's tokens come as they are.
    Raw(ObjectIdentifier),
    Finished,
}

/// A negotiation, refused.
#[derive(Clone, Debug)]
pub struct NegotiationRefused {
    /// Why.
    pub error: NegotiationError,
    /// The token for the initiator.
    pub reply: Option<Vec<u8>>,
    /// Whether the acceptor waits for another token of the initiator, as Windows does after a KRB-ERROR: SMB shows
    /// STATUS_MORE_PROCESSING_REQUIRED then.
    pub may_continue: bool,
}

impl Acceptor {
    /// An acceptor that behaves as `dialect` where implementations differ, in how it refuses:
    ///
    /// - MIT 1.20 sends the mechanism's error token with reject, without supportedMech;
    /// - Windows sends it with accept-incomplete. MS-SPNG does not say so; servers of SMB, which show
    ///   STATUS_MORE_PROCESSING_REQUIRED for a Kerberos ticket they cannot use, do. Where there is no such token it is
    ///   reject, as RFC 4178 has it, by our choice;
    /// - Java says nothing.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            request_mic: false,
            chosen: None,
            is_raw: false,
            state: State::New,
        }
    }

    /// The same acceptor, which asks for signatures of the list even where its first mechanism is chosen.
    #[must_use]
    pub fn requesting_mic(mut self) -> Self {
        self.request_mic = true;
        self
    }

    /// The mechanism chosen.
    pub fn mech_type(&self) -> Option<&ObjectIdentifier> {
        self.chosen.as_ref()
    }

    /// Whether the initiator does without negotiation.
    pub fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Answers the initiator's token.
    ///
    /// # Errors
    /// [`NegotiationRefused`], with the cause and the answer to send.
    pub fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        token: &[u8],
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => Err(silent(NegotiationError::OutOfTurn)),
            State::Negotiating { mech_type, mic } => {
                self.continue_with(now, rng, mechanisms, mech_type, mic, token)
            }
            State::New => self.begin(now, rng, mechanisms, token),
            State::Raw(mech_type) => self.pass(now, rng, mechanisms, mech_type, token),
        }
    }

    fn begin(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        token: &[u8],
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        if token.starts_with(NTLMSSP_SIGNATURE) {
            return self.pass(now, rng, mechanisms, ObjectIdentifier::NTLMSSP, token);
        }
        let found = token.first().copied();
        if found != Some(INITIAL_TOKEN) {
            return Err(silent(NegotiationError::NotANegotiationToken { found }));
        }
        if let Ok((contents, _)) = unframe(token)
            && let Some(oid) = ObjectIdentifier::from_contents(contents)
            && oid != ObjectIdentifier::SPNEGO
        {
            return self.pass(now, rng, mechanisms, oid, token);
        }
        let init = match NegTokenInit::decode(token) {
            Ok(init) => init,
            Err(error) => return Err(self.reject(NegotiationError::Malformed(error))),
        };
        self.negotiate(now, rng, mechanisms, &init)
    }

    /// A token of the mechanism `mech_type` without negotiation.
    fn pass(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        mech_type: ObjectIdentifier,
        token: &[u8],
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        let Some(index) = position(mechanisms, &mech_type) else {
            return Err(silent(NegotiationError::NoCommonMechanism {
                offered: vec![mech_type],
            }));
        };
        self.chosen = Some(mech_type.clone());
        self.is_raw = true;
        match mechanisms[index].step(now, rng, Some(token)) {
            Ok(step) => {
                self.state = State::Raw(mech_type);
                Ok(step)
            }
            Err(MechanismError { failure, token }) => {
                let may_continue = self.dialect == Dialect::Windows && token.is_some();
                self.state = State::Raw(mech_type.clone());
                Err(Box::new(NegotiationRefused {
                    error: NegotiationError::Mechanism { mech_type, failure },
                    reply: token,
                    may_continue,
                }))
            }
        }
    }

    /// Chooses the first mechanism of the initiator's list that the acceptor has.
    fn negotiate(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        init: &NegTokenInit,
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        let offered = init.mech_types.mech_types();
        let choice = offered.iter().enumerate().find_map(|(rank, mech_type)| {
            position(mechanisms, mech_type).map(|index| (rank, index, mech_type.clone()))
        });
        let Some((rank, index, mech_type)) = choice else {
            return Err(self.reject(NegotiationError::NoCommonMechanism {
                offered: offered.to_vec(),
            }));
        };
        self.chosen = Some(mech_type.clone());
        let mechanism = &mut *mechanisms[index];
        let is_preferred = rank == 0;
        let required = !is_preferred || self.request_mic || mechanism.requires_mech_list_mic();
        let mic = MechListMic::new(init.mech_types.der().to_vec(), required);
        // A token of another mechanism than the chosen one is of no use, nor is its signature.
        let mech_token = init.mech_token.as_deref().filter(|_| is_preferred);
        let received_mic = init.mech_list_mic.as_deref().filter(|_| is_preferred);
        let response_token = match mech_token {
            None => None,
            Some(token) => match mechanism.step(now, rng, Some(token)) {
                Ok(step) => step.token,
                Err(error) => return Err(self.refuse(mech_type, mic, error, true)),
            },
        };
        self.answer(
            mechanism,
            mech_type,
            mic,
            received_mic,
            response_token,
            true,
        )
    }

    fn continue_with(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mechanisms: &mut [&mut dyn Mechanism],
        mech_type: ObjectIdentifier,
        mic: MechListMic,
        token: &[u8],
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        let token = match NegTokenResp::decode(token) {
            Ok(token) => token,
            Err(error) => return Err(self.reject(NegotiationError::Malformed(error))),
        };
        if token.neg_state == Some(NegState::Reject) {
            return Err(silent(NegotiationError::Rejected {
                mech_type: Some(mech_type),
                failure: None,
            }));
        }
        let Some(index) = position(mechanisms, &mech_type) else {
            return Err(self.reject(NegotiationError::NoCommonMechanism {
                offered: vec![mech_type],
            }));
        };
        let mechanism = &mut *mechanisms[index];
        let received_mic = mech_list_mic(&token);
        let response_token = match token.response_token.as_deref() {
            Some(token) => match mechanism.step(now, rng, Some(token)) {
                Ok(step) => step.token,
                Err(error) => return Err(self.refuse(mech_type, mic, error, false)),
            },
            None if !mechanism.is_established() => {
                return Err(self.reject(NegotiationError::MissingToken { mech_type }));
            }
            None if received_mic.is_none() => {
                return Err(self.reject(NegotiationError::MechListMicMissing));
            }
            None => None,
        };
        self.answer(
            mechanism,
            mech_type,
            mic,
            received_mic,
            response_token,
            false,
        )
    }

    /// The answer after a step of the mechanism that went well, or after none.
    fn answer(
        &mut self,
        mechanism: &mut dyn Mechanism,
        mech_type: ObjectIdentifier,
        mut mic: MechListMic,
        received_mic: Option<&[u8]>,
        response_token: Option<Vec<u8>>,
        is_first: bool,
    ) -> Result<ContextStep, Box<NegotiationRefused>> {
        let is_established = mechanism.is_established();
        let mut own_mic = None;
        if is_established {
            mic.required |= mechanism.requires_mech_list_mic();
            own_mic = match mic.exchange(mechanism, &mech_type, received_mic) {
                Ok(own_mic) => own_mic,
                Err(error) => return Err(self.reject(error)),
            };
        } else if received_mic.is_some() {
            return Err(self.reject(NegotiationError::UnexpectedMic));
        }
        let done = is_established && (!mic.is_required(mechanism) || mic.is_complete());
        // The initiator, which has our signature, is done when it has sent its own.
        let is_silent = done && !is_first && response_token.is_none() && own_mic.is_none();
        let expects_answer = !(is_silent && mic.is_complete());
        let token = NegTokenResp {
            neg_state: Some(if done {
                NegState::AcceptCompleted
            } else if is_first && mic.required {
                NegState::RequestMic
            } else {
                NegState::AcceptIncomplete
            }),
            supported_mech: is_first.then(|| mech_type.clone()),
            response_token,
            mech_list_mic: own_mic,
        };
        if !done {
            self.state = State::Negotiating { mech_type, mic };
        }
        Ok(ContextStep {
            token: expects_answer.then(|| token.encode()),
            done,
        })
    }

    /// The answer after a step of the mechanism that failed.
    fn refuse(
        &mut self,
        mech_type: ObjectIdentifier,
        mic: MechListMic,
        error: MechanismError,
        is_first: bool,
    ) -> Box<NegotiationRefused> {
        let MechanismError { failure, token } = error;
        let may_continue = self.dialect == Dialect::Windows && token.is_some();
        let reply = NegTokenResp {
            supported_mech: (may_continue && is_first).then(|| mech_type.clone()),
            response_token: token,
            ..NegTokenResp::new(if may_continue {
                NegState::AcceptIncomplete
            } else {
                NegState::Reject
            })
        };
        if may_continue {
            self.state = State::Negotiating {
                mech_type: mech_type.clone(),
                mic,
            };
        }
        Box::new(NegotiationRefused {
            error: NegotiationError::Mechanism { mech_type, failure },
            reply: (!self.dialect.is_java()).then(|| reply.encode()),
            may_continue,
        })
    }

    fn reject(&self, error: NegotiationError) -> Box<NegotiationRefused> {
        let reply = NegTokenResp::new(NegState::Reject);
        Box::new(NegotiationRefused {
            error,
            reply: (!self.dialect.is_java()).then(|| reply.encode()),
            may_continue: false,
        })
    }
}

fn silent(error: NegotiationError) -> Box<NegotiationRefused> {
    Box::new(NegotiationRefused {
        error,
        reply: None,
        may_continue: false,
    })
}
