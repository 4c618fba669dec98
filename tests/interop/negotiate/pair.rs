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
    /// Whether our end waits for nothing more.
    pub(crate) is_done: bool,
}

/// Why there is no context.
#[derive(Debug)]
pub(crate) enum Failed {
    /// At our end, and what the foreign one says of our answer, if there is one.
    Ours(Box<Failure>, Option<Told>),
    /// At the foreign end, and what ours makes of its answer, if there is one.
    Theirs(Refusal, Option<Box<Failure>>),
}

impl<'a> Pair<'a> {
    pub(crate) fn new(ours: OurEnd, theirs: &'a mut Gss) -> Self {
        Self {
            ours,
            theirs,
            travelled: Vec::new(),
            is_done: false,
        }
    }

    /// Lets both ends talk until both have a context and wait for nothing more.
    pub(crate) fn establish(&mut self) -> Result<Established, Failed> {
        let established = self.establish_meddling(|_, _| {})?;
        assert!(self.is_done, "ours waits");
        Ok(established)
    }

    /// Lets both ends talk until nobody says anything, with somebody between them who changes the token of each number.
    pub(crate) fn establish_meddling(
        &mut self,
        mut meddle: impl FnMut(usize, &mut [u8]),
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
        assert!(self.ours.is_established(), "we have no context");
        Ok(established.expect("the foreign one has no context"))
    }

    fn our_step(&mut self, token: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failed> {
        match self.ours.step(token) {
            Ok(step) => {
                self.is_done = step.done;
                Ok(step.token)
            }
            Err(failure) => {
                let told = failure
                    .token
                    .as_ref()
                    .map(|token| self.theirs.step(token))
                    .map(|step| step.expect_err("they go on after our refusal").told);
                Err(Failed::Ours(Box::new(failure), told))
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
                    .map(|step| step.expect_err("we go on after their refusal"))
                    .map(Box::new);
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

    /// Whether the initiator and the acceptor signed the list of mechanisms.
    pub(crate) fn signed(&self) -> (bool, bool) {
        let answers = self.answers();
        let mut signed = answers.iter().map(|token| token.mech_list_mic.is_some());
        let (mut initiator, mut acceptor) = (false, false);
        while let Some(by_acceptor) = signed.next() {
            acceptor |= by_acceptor;
            initiator |= signed.next().unwrap_or(false);
        }
        (initiator, acceptor)
    }

    /// Messages both ways, in turn and not, sealed and signed, in wrap tokens and beside the message; then altered ones.
    pub(crate) fn exchange_messages(&mut self) {
        for turn in 0..3 {
            // gss-ntlmssp seals whatever is wrapped.
            let confidential = turn != 1 || self.is_ntlm();
            for count in 0..=turn {
                let message = format!("message {turn}.{count} of ours").into_bytes();
                let token = self.ours.wrap(confidential, &message);
                let opened = self.theirs.unwrap(&token);
                self.assert_opened(&message, confidential, opened);
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
        self.alter_messages();
    }

    fn alter_messages(&mut self) {
        let message = b"altered on the way";
        let token = self.theirs.wrap(true, message);
        self.ours.unwrap(true, &altered(&token)).unwrap_err();
        assert_eq!(self.ours.unwrap(true, &token).unwrap(), message);
        let mic = self.theirs.mic(message);
        self.ours.verify(b"altered", &mic).unwrap_err();
        self.ours.verify(message, &mic).unwrap();

        let mut token = self.ours.wrap(true, message);
        self.theirs.unwrap(&altered(&token)).unwrap_err();
        if self.is_ntlm() {
            // It has used up what it decrypted.
            token = self.ours.wrap(true, message);
        }
        let opened = self.theirs.unwrap(&token);
        self.assert_opened(message, true, opened);
        let mic = self.ours.mic(message);
        self.theirs.verify(b"altered", &mic).unwrap_err();
    }

    /// What gss-ntlmssp says of encryption is not looked at.
    fn assert_opened(
        &self,
        message: &[u8],
        confidential: bool,
        opened: Result<(Vec<u8>, bool), Told>,
    ) {
        let (opened, was_confidential) = opened.unwrap();
        assert_eq!(opened, message);
        assert!(self.is_ntlm() || was_confidential == confidential);
    }

    fn is_ntlm(&self) -> bool {
        matches!(
            self.ours.mechanism,
            Ours::NtlmAcceptor(_) | Ours::NtlmInitiator(_)
        )
    }
}

/// The same token with another last octet.
fn altered(token: &[u8]) -> Vec<u8> {
    let mut token = token.to_vec();
    alter_last(&mut token);
    token
}

/// Changes the signature of the list of mechanisms that is the last part of `token`, if one is.
pub(crate) fn alter_signature(token: &mut [u8]) {
    if NegTokenResp::decode(token).is_ok_and(|token| token.mech_list_mic.is_some()) {
        alter_last(token);
    }
}

pub(crate) fn alter_last(token: &mut [u8]) {
    *token.last_mut().unwrap() ^= 1;
}
