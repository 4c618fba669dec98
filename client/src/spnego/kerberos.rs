//! Kerberos as a mechanism of SPNEGO, under both of its numbers (RFC 4178 appendix C).

use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::CryptoRng;

use super::mechanism::{Mechanism, MechanismError, MechanismFailure};
use crate::gss::{
    Acceptor, AcceptorError, ContextFlags, ContextStep, Initiator, SecurityContext,
    SharingAcceptor, TokenOrder,
};

impl Mechanism for Initiator {
    fn oid(&self) -> ObjectIdentifier {
        ObjectIdentifier::KERBEROS
    }

    fn is_named(&self, oid: &ObjectIdentifier) -> bool {
        oid.is_kerberos()
    }

    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        let step = match token {
            None => self.init(now, rng),
            // An answer before the AP-REQ is for nobody.
            Some(_) if self.is_new() => return Err(no_context()),
            Some(token) => Self::step(self, token),
        };
        step.map_err(|error| MechanismError {
            failure: MechanismFailure::Initiate(error),
            token: None,
        })
    }

    fn is_established(&self) -> bool {
        self.context().is_some()
    }

    fn has_integrity(&self) -> bool {
        has_integrity(self.context())
    }

    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        get_mic(self.context_mut(), message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        verify_mic(self.context_mut(), message, mic)
    }
}

impl Mechanism for Acceptor {
    fn oid(&self) -> ObjectIdentifier {
        ObjectIdentifier::KERBEROS
    }

    fn is_named(&self, oid: &ObjectIdentifier) -> bool {
        oid.is_kerberos()
    }

    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        let token = token.ok_or_else(no_context)?;
        Self::step(self, now, rng, token).map_err(refused)
    }

    fn is_established(&self) -> bool {
        self.context().is_some()
    }

    fn has_integrity(&self) -> bool {
        has_integrity(self.context())
    }

    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        get_mic(self.context_mut(), message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        verify_mic(self.context_mut(), message, mic)
    }
}

impl Mechanism for SharingAcceptor<'_> {
    fn oid(&self) -> ObjectIdentifier {
        self.acceptor.oid()
    }

    fn is_named(&self, oid: &ObjectIdentifier) -> bool {
        self.acceptor.is_named(oid)
    }

    fn step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: Option<&[u8]>,
    ) -> Result<ContextStep, MechanismError> {
        let token = token.ok_or_else(no_context)?;
        self.acceptor
            .step_sharing(self.replay_cache, now, rng, token)
            .map_err(refused)
    }

    fn is_established(&self) -> bool {
        self.acceptor.is_established()
    }

    fn has_integrity(&self) -> bool {
        self.acceptor.has_integrity()
    }

    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MechanismFailure> {
        self.acceptor.get_mic(message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<(), MechanismFailure> {
        self.acceptor.verify_mic(message, mic)
    }
}

fn no_context() -> MechanismError {
    MechanismError {
        failure: MechanismFailure::NoContext,
        token: None,
    }
}

fn refused(error: AcceptorError) -> MechanismError {
    let token = error.token().map(<[u8]>::to_vec);
    MechanismError {
        failure: MechanismFailure::Accept(error),
        token,
    }
}

/// MIT signs the list only where the context offers integrity to applications.
fn has_integrity(context: Option<&SecurityContext>) -> bool {
    context.is_some_and(|context| context.flags().contains(ContextFlags::INTEG))
}

fn get_mic(
    context: Option<&mut SecurityContext>,
    message: &[u8],
) -> Result<Vec<u8>, MechanismFailure> {
    context
        .ok_or(MechanismFailure::NoContext)?
        .get_mic(message)
        .map_err(MechanismFailure::Message)
}

/// The signature is the first message of its context.
fn verify_mic(
    context: Option<&mut SecurityContext>,
    message: &[u8],
    mic: &[u8],
) -> Result<(), MechanismFailure> {
    let order = context
        .ok_or(MechanismFailure::NoContext)?
        .verify_mic(message, mic)
        .map_err(MechanismFailure::Message)?;
    match order {
        TokenOrder::InOrder => Ok(()),
        order => Err(MechanismFailure::Order(order)),
    }
}
