//! Our end of a context, of either mechanism, with SPNEGO or without.

use kdclab::ntlmssp;
use kdclab_client::gss::{self, ContextStep};
use kdclab_client::spnego::{self, Mechanism, MechanismFailure, NegotiationError};
use kdclab_ntlm::{
    LmCompatibilityLevel, LogonKeys, NetworkLogon, NtStatus, ResponseKind, StoredHashes,
};
use kdclab_proto::ObjectIdentifier;
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use crate::driver::now;

/// A domain controller that accepts every kind of response and knows one password.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) hashes: StoredHashes,
    /// The kind of response that succeeded last.
    pub(crate) kind: Option<ResponseKind>,
}

impl ntlmssp::DomainController for Account {
    fn logon(&mut self, logon: &NetworkLogon) -> Result<LogonKeys, NtStatus> {
        let level = LmCompatibilityLevel::Level0;
        let validation = kdclab_ntlm::verify(logon, Some(&self.hashes), level)
            .map_err(|refusal| refusal.status())?;
        self.kind = Some(validation.kind);
        Ok(validation.keys)
    }
}

#[derive(Debug)]
pub(crate) enum Ours {
    KerberosAcceptor(Box<gss::Acceptor>),
    KerberosInitiator(Box<gss::Initiator>),
    NtlmAcceptor(Box<(ntlmssp::Acceptor, Account)>),
    NtlmInitiator(Box<ntlmssp::Initiator>),
}

impl Ours {
    /// Lends the mechanism to `use_it`.
    fn lend<T>(&mut self, use_it: impl FnOnce(&mut dyn Mechanism) -> T) -> T {
        match self {
            Self::KerberosAcceptor(acceptor) => use_it(&mut **acceptor),
            Self::KerberosInitiator(initiator) => use_it(&mut **initiator),
            Self::NtlmAcceptor(end) => {
                let (acceptor, account) = &mut **end;
                use_it(&mut acceptor.asking(account))
            }
            Self::NtlmInitiator(initiator) => use_it(&mut **initiator),
        }
    }

    fn kerberos(&mut self) -> Option<&mut gss::SecurityContext> {
        match self {
            Self::KerberosAcceptor(acceptor) => acceptor.context_mut(),
            Self::KerberosInitiator(initiator) => initiator.context_mut(),
            Self::NtlmAcceptor(_) | Self::NtlmInitiator(_) => None,
        }
    }

    pub(crate) fn ntlm(&mut self) -> Option<&mut kdclab_ntlm::SecurityContext> {
        match self {
            Self::KerberosAcceptor(_) | Self::KerberosInitiator(_) => None,
            Self::NtlmAcceptor(end) => end.0.context_mut(),
            Self::NtlmInitiator(initiator) => initiator.context_mut(),
        }
    }
}

/// What stands before the mechanism.
#[derive(Debug)]
pub(crate) enum Front {
    /// SPNEGO, which also takes tokens that come without it.
    Acceptor(spnego::Acceptor),
    Initiator(spnego::Initiator),
    /// Nothing, on an initiator's side.
    Raw,
}

/// A step of ours that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: NegotiationError,
    /// The token for the other end.
    pub(crate) token: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(crate) struct OurEnd {
    pub(crate) front: Front,
    pub(crate) mechanism: Ours,
    rng: ChaCha12Rng,
}

impl OurEnd {
    pub(crate) fn new(front: Front, mechanism: Ours) -> Self {
        Self {
            front,
            mechanism,
            rng: ChaCha12Rng::try_from_rng(&mut SysRng).unwrap(),
        }
    }

    /// The same end, which asks for signatures of the list of mechanisms if it is an acceptor.
    pub(crate) fn requesting_mic(mut self) -> Self {
        self.front = match self.front {
            Front::Acceptor(acceptor) => Front::Acceptor(acceptor.requesting_mic()),
            front => front,
        };
        self
    }

    pub(crate) fn initiates(&self) -> bool {
        !matches!(self.front, Front::Acceptor(_))
    }

    pub(crate) fn step(&mut self, token: Option<&[u8]>) -> Result<ContextStep, Failure> {
        let Self {
            front,
            mechanism,
            rng,
        } = self;
        let at = now();
        mechanism.lend(|mechanism| match (front, token) {
            (Front::Acceptor(acceptor), token) => acceptor
                .step(at, rng, &mut [mechanism], token.unwrap_or_default())
                .map_err(|refused| Failure {
                    error: refused.error,
                    token: refused.reply,
                }),
            (Front::Initiator(initiator), None) => {
                failing(initiator.init(at, rng, &mut [mechanism]))
            }
            (Front::Initiator(initiator), Some(token)) => {
                failing(initiator.step(at, rng, &mut [mechanism], token))
            }
            (Front::Raw, token) => mechanism.step(at, rng, token).map_err(|error| Failure {
                error: NegotiationError::Mechanism {
                    mech_type: mechanism.oid(),
                    failure: error.failure,
                },
                token: error.token,
            }),
        })
    }

    pub(crate) fn is_established(&mut self) -> bool {
        self.mechanism.lend(|mechanism| mechanism.is_established())
    }

    pub(crate) fn oid(&mut self) -> ObjectIdentifier {
        self.mechanism.lend(|mechanism| mechanism.oid())
    }

    pub(crate) fn mic(&mut self, message: &[u8]) -> Vec<u8> {
        if let Some(context) = self.mechanism.kerberos() {
            return context.get_mic(message).unwrap();
        }
        let context = self.mechanism.ntlm().expect("the context stands");
        context.sign(message).unwrap().to_vec()
    }

    pub(crate) fn verify(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        if let Some(context) = self.mechanism.kerberos() {
            let order = context
                .verify_mic(message, mic)
                .map_err(MechanismFailure::Message)?;
            return in_order(order);
        }
        let context = self.mechanism.ntlm().expect("the context stands");
        context
            .verify(message, mic)
            .map_err(MechanismFailure::other)
    }

    pub(crate) fn wrap(&mut self, confidential: bool, message: &[u8]) -> Vec<u8> {
        let rng = &mut self.rng;
        if let Some(context) = self.mechanism.kerberos() {
            return context.wrap(rng, confidential, message).unwrap();
        }
        let context = self.mechanism.ntlm().expect("the context stands");
        let (message, signature) = if confidential {
            context.seal(message).unwrap()
        } else {
            (message.to_vec(), context.sign(message).unwrap())
        };
        [&signature[..], &message].concat()
    }

    /// The message in a wrap token. One of NTLM does not say whether it is encrypted.
    pub(crate) fn unwrap(
        &mut self,
        confidential: bool,
        token: &[u8],
    ) -> Result<Vec<u8>, MechanismFailure> {
        if let Some(context) = self.mechanism.kerberos() {
            let unwrapped = context.unwrap(token).map_err(MechanismFailure::Message)?;
            assert_eq!(unwrapped.confidential, confidential);
            return in_order(unwrapped.order).map(|()| unwrapped.message);
        }
        let context = self.mechanism.ntlm().expect("the context stands");
        let (signature, message) = token.split_at(kdclab_ntlm::SIGNATURE_LEN.min(token.len()));
        let opened = if confidential {
            context.unseal(message, signature)
        } else {
            context
                .verify(message, signature)
                .map(|()| message.to_vec())
        };
        opened.map_err(MechanismFailure::other)
    }
}

fn failing(result: Result<ContextStep, NegotiationError>) -> Result<ContextStep, Failure> {
    result.map_err(|error| Failure { error, token: None })
}

fn in_order(order: gss::TokenOrder) -> Result<(), MechanismFailure> {
    match order {
        gss::TokenOrder::InOrder => Ok(()),
        order => Err(MechanismFailure::Order(order)),
    }
}
