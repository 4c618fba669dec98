use kdclab_proto::ObjectIdentifier;

use super::error::NegotiationError;
use super::mechanism::Mechanism;

/// The signatures of the list of mechanisms (RFC 4178 section 5).
#[derive(Clone, Debug, Default)]
pub(super) struct MechListMic {
    /// The encoding of the list as the initiator sent it.
    pub(super) list: Vec<u8>,
    /// Whether both ends must sign.
    pub(super) required: bool,
    sent: bool,
    verified: bool,
}

impl MechListMic {
    pub(super) fn new(list: Vec<u8>, required: bool) -> Self {
        Self {
            list,
            required,
            ..Self::default()
        }
    }

    /// Verifies the signature received, and returns the one to send. The context stands.
    pub(super) fn exchange(
        &mut self,
        mechanism: &mut dyn Mechanism,
        mech_type: &ObjectIdentifier,
        received: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, NegotiationError> {
        let failed = |failure| NegotiationError::MechListMic {
            mech_type: mech_type.clone(),
            failure,
        };
        if let Some(mic) = received {
            if self.verified {
                return Err(NegotiationError::UnexpectedMic);
            }
            mechanism.verify_mic(&self.list, mic).map_err(failed)?;
            self.verified = true;
            self.required = true;
        }
        if !self.is_required(mechanism) || self.sent {
            return Ok(None);
        }
        let mic = mechanism.get_mic(&self.list).map_err(failed)?;
        self.sent = true;
        Ok(Some(mic))
    }

    /// Whether both ends must sign and can.
    pub(super) fn is_required(&self, mechanism: &dyn Mechanism) -> bool {
        self.required && mechanism.has_integrity()
    }

    pub(super) fn is_verified(&self) -> bool {
        self.verified
    }

    /// Whether both ends have signed.
    pub(super) fn is_complete(&self) -> bool {
        self.sent && self.verified
    }
}
