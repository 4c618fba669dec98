//! Our end and a foreign one, talking to each other.

use kdclab_proto::messages::{NegTokenInit, NegTokenResp};

use super::foreign::{Established, Refusal};
use super::ours::{Failure, OurEnd, Ours};
use crate::gss::{Gss, Told};

pub(crate) struct Pair<'a> {
    pub(crate) ours: OurEnd,
    pub(crate) theirs: &'a mut Gss,
    /// The tokens, in their order, the initiator's first.
    pub(crate) travelled: Vec<Vec<u8>>,
}

/// Why there is no context.
#[derive(Debug)]
pub(crate) enum Failed {
    /// At our end, and what the foreign one says of our answer, if there is one.
    Ours(Failure, Option<Told>),
    /// At the foreign end, and what ours makes of its answer, if there is one.
    Theirs(Refusal, Option<Failure>),
}

impl<'a> Pair<'a> {
    pub(crate) fn new(ours: OurEnd, theirs: &'a mut Gss) -> Self {
        Self {
            ours,
            theirs,
            travelled: Vec::new(),
        }
    }

    /// Lets both ends talk until both have a context.
    pub(crate) fn establish(&mut self) -> Result<Established, Failed> {
        self.establish_meddling(|_, _| {})
    }

    /// As [`establish`](Self::establish), with somebody between them who changes the token of each number.
    pub(crate) fn establish_meddling(
        &mut self,
        mut meddle: impl FnMut(usize, &mut Vec<u8>),
    ) -> Result<Established, Failed> {
        let mut established = None;
        let mut is_ours = self.ours.initiates();
        let mut token = None;
        loop {
            let mut answer = if is_ours {
                self.our_step(token.as_deref())?
            } else {
                let step = self.their_step(token.as_deref())?;
                established = established.or(step.1);
                step.0
            };
            if let Some(answer) = &mut answer {
                meddle(self.travelled.len(), answer);
                self.travelled.push(answer.clone());
            } else {
                break;
            }
            assert!(self.travelled.len() < 10, "they do not come to an end");
            token = answer;
            is_ours = !is_ours;
        }
        assert!(self.ours.is_established(), "ours waits");
        Ok(established.expect("the foreign one waits"))
    }

    fn our_step(&mut self, token: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failed> {
        match self.ours.step(token) {
            Ok(step) => Ok(step.token),
            Err(failure) => {
                let told = failure
                    .token
                    .as_ref()
                    .map(|token| self.theirs.step(token))
                    .map(|step| step.expect_err("they go on after our refusal").told);
                Err(Failed::Ours(failure, told))
            }
        }
    }

    #[allow(clippy::type_complexity, reason = "a token and what it means")]
    fn their_step(
        &mut self,
        token: Option<&[u8]>,
    ) -> Result<(Option<Vec<u8>>, Option<Established>), Failed> {
        match self.theirs.step(token.unwrap_or_default()) {
            Ok(step) => {
                let token = Some(step.token).filter(|token| !token.is_empty());
                Ok((token, step.established))
            }
            Err(refusal) => {
                let token = Some(&refusal.token).filter(|token| !token.is_empty());
                let failure = token
                    .map(|token| self.ours.step(Some(token)))
                    .map(|step| step.expect_err("we go on after their refusal"));
                Err(Failed::Theirs(refusal, failure))
            }
        }
    }

    /// What of the negotiation travelled, without the first token.
    pub(crate) fn answers(&self) -> Vec<NegTokenResp> {
        NegTokenInit::decode(&self.travelled[0]).unwrap();
        self.travelled[1..]
            .iter()
            .map(|token| NegTokenResp::decode(token).unwrap())
            .collect()
    }

    /// Whether both ends signed the list of mechanisms.
    pub(crate) fn both_signed(&self) -> bool {
        let signatures = self.answers();
        let signed = |is_initiator: bool| {
            signatures.iter().enumerate().any(|(index, token)| {
                (index % 2 == 1) == is_initiator && token.mech_list_mic.is_some()
            })
        };
        signed(true) && signed(false)
    }

    /// Messages both ways, sealed, wrapped and signed, in turn and not; then altered ones.
    pub(crate) fn exchange_messages(&mut self) {
        for (turn, confidential) in [true, false, true].into_iter().enumerate() {
            for count in 0..=turn {
                let message = format!("message {turn}.{count} of ours").into_bytes();
                let token = self.ours.wrap(confidential, &message);
                let opened = self.theirs.unwrap(&token).unwrap();
                assert_eq!(opened.0, message);
                if !self.is_ntlm() {
                    assert_eq!(opened.1, confidential);
                }
            }
            let message = format!("message {turn} of theirs").into_bytes();
            let token = self.theirs.wrap(confidential, &message);
            let opened = self.ours.unwrap(confidential, &token).unwrap();
            assert_eq!(opened, message);
            let mic = self.theirs.mic(&message);
            self.ours.verify(&message, &mic).unwrap();
            let mic = self.ours.mic(&message);
            self.theirs.verify(&message, &mic).unwrap();
        }
        let mut token = self.theirs.wrap(true, b"altered on the way");
        *token.last_mut().unwrap() ^= 1;
        self.ours.unwrap(true, &token).unwrap_err();
        *token.last_mut().unwrap() ^= 1;
        self.ours.unwrap(true, &token).unwrap();
        let mic = self.theirs.mic(b"signed");
        self.ours.verify(b"altered", &mic).unwrap_err();
        let mut token = self.ours.wrap(true, b"altered on the way");
        *token.last_mut().unwrap() ^= 1;
        self.theirs.unwrap(&token).unwrap_err();
        let mic = self.ours.mic(b"signed");
        self.theirs.verify(b"altered", &mic).unwrap_err();
    }

    fn is_ntlm(&self) -> bool {
        matches!(
            self.ours.mechanism,
            Ours::NtlmAcceptor(_) | Ours::NtlmInitiator(_)
        )
    }
}
