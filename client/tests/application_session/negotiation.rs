//! What tests of negotiations share: a mechanism of three tokens in NTLM's place, and both ends talking to each other.

use std::fmt;

use kdclab_client::gss::{self, ContextStep};
use kdclab_client::spnego::{
    Acceptor, Initiator, Mechanism, MechanismError, MechanismFailure, NegotiationError,
    NegotiationRefused,
};
use kdclab_client::{ApParameters, Dialect};
use kdclab_proto::messages::{NegTokenInit, NegTokenResp};
use kdclab_proto::{ObjectIdentifier, Timestamp, digest};
use rand::CryptoRng;

use crate::support::{Issue, acceptor, now, rng};

pub(crate) const KRB5: ObjectIdentifier = ObjectIdentifier::KERBEROS;
pub(crate) const MS_KRB5: ObjectIdentifier = ObjectIdentifier::MICROSOFT_KERBEROS;
pub(crate) const NTLM: ObjectIdentifier = ObjectIdentifier::NTLMSSP;

/// Either end of a mechanism whose messages begin as NTLM's do: number 1, 2 and 3.
#[derive(Clone, Debug)]
pub(crate) struct ThreeTokens {
    pub(crate) is_initiator: bool,
    pub(crate) last: u8,
    pub(crate) can_start: bool,
    pub(crate) integrity: bool,
    pub(crate) requires_mic: bool,
    pub(crate) logon_fails: bool,
}

impl ThreeTokens {
    pub(crate) fn initiator() -> Self {
        Self {
            is_initiator: true,
            last: 0,
            can_start: true,
            integrity: true,
            requires_mic: false,
            logon_fails: false,
        }
    }

    pub(crate) fn acceptor() -> Self {
        Self {
            is_initiator: false,
            ..Self::initiator()
        }
    }

    fn sign(list: &[u8], by_initiator: bool) -> Vec<u8> {
        digest::md5(&[list, &[by_initiator.into()]].concat()).to_vec()
    }
}

pub(crate) fn message(number: u8) -> Vec<u8> {
    [b"NTLMSSP\0".as_slice(), &[number, 0, 0, 0]].concat()
}

/// Why the mechanism of three tokens fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreeTokensError {
    LogonFailure { user: &'static str },
    NoPassword,
    Signature,
    Unexpected,
}

impl fmt::Display for ThreeTokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for ThreeTokensError {}

fn failed(error: ThreeTokensError) -> MechanismError {
    MechanismError {
        failure: MechanismFailure::other(error),
        token: None,
    }
}

impl Mechanism for ThreeTokens {
    fn oid(&self) -> ObjectIdentifier {
        NTLM
    }

    fn step(
        &mut self,
        _now: Timestamp,
        _rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        if !self.can_start {
            return Err(failed(ThreeTokensError::NoPassword));
        }
        let expected = match (self.is_initiator, self.last) {
            (true, 0) => None,
            (false, 0) => Some(1),
            (true, 1) => Some(2),
            (false, 2) => Some(3),
            _ => return Err(failed(ThreeTokensError::Unexpected)),
        };
        if token != expected.map(message).as_deref() {
            return Err(failed(ThreeTokensError::Unexpected));
        }
        if self.logon_fails && expected == Some(3) {
            return Err(failed(ThreeTokensError::LogonFailure { user: "alice" }));
        }
        self.last = expected.unwrap_or(0) + 1;
        let token = (self.last < 4).then(|| message(self.last));
        Ok(ContextStep {
            token,
            done: self.is_established(),
        })
    }

    fn is_established(&self) -> bool {
        self.last >= 3
    }

    fn has_integrity(&self) -> bool {
        self.integrity
    }

    fn requires_mech_list_mic(&self) -> bool {
        self.requires_mic
    }

    fn get_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        Ok(Self::sign(list, self.is_initiator))
    }

    fn verify_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        if mic == Self::sign(list, !self.is_initiator) {
            Ok(())
        } else {
            Err(MechanismFailure::other(ThreeTokensError::Signature))
        }
    }
}

pub(crate) fn kerberos_initiator() -> gss::Initiator {
    gss::Initiator::new(Issue::new().credential(), &ApParameters::gss())
}

pub(crate) fn kerberos_acceptor() -> gss::Acceptor {
    gss::Acceptor::new(acceptor(Dialect::Mit), None)
}

pub(crate) fn init(
    initiator: &mut Initiator,
    mechanisms: &mut [&mut dyn Mechanism],
) -> Result<Vec<u8>, NegotiationError> {
    let step = initiator.init(now(), &mut rng(), mechanisms)?;
    assert!(!step.done);
    Ok(step.token.unwrap())
}

pub(crate) fn initiate(
    initiator: &mut Initiator,
    mechanisms: &mut [&mut dyn Mechanism],
    token: &[u8],
) -> Result<ContextStep, NegotiationError> {
    initiator.step(now(), &mut rng(), mechanisms, token)
}

pub(crate) fn accept(
    acceptor: &mut Acceptor,
    mechanisms: &mut [&mut dyn Mechanism],
    token: &[u8],
) -> Result<ContextStep, Box<NegotiationRefused>> {
    acceptor.step(now(), &mut rng(), mechanisms, token)
}

/// Lets both ends talk until both are done; returns what travelled after the NegTokenInit, one token each way in turn.
pub(crate) fn negotiate(
    initiator: &mut Initiator,
    ours: &mut [&mut dyn Mechanism],
    acceptor: &mut Acceptor,
    theirs: &mut [&mut dyn Mechanism],
) -> (NegTokenInit, Vec<NegTokenResp>) {
    let first = init(initiator, ours).unwrap();
    let mut travelled = Vec::new();
    let mut token = first.clone();
    for _ in 0..8 {
        let answer = accept(acceptor, theirs, &token).unwrap();
        let Some(answered) = answer.token else {
            assert!(answer.done);
            break;
        };
        travelled.push(NegTokenResp::decode(&answered).unwrap());
        let step = initiate(initiator, ours, &answered).unwrap();
        assert!(step.done || step.token.is_some());
        let Some(next) = step.token else {
            assert!(answer.done);
            break;
        };
        travelled.push(NegTokenResp::decode(&next).unwrap());
        token = next;
    }
    assert!(ours.iter().any(|mechanism| mechanism.is_established()));
    assert!(theirs.iter().any(|mechanism| mechanism.is_established()));
    (NegTokenInit::decode(&first).unwrap(), travelled)
}
