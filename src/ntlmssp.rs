//! NTLMSSP as a mechanism of SPNEGO (MS-NLMP, MS-SPNG section 3.3.5.1), for `kdclab_client::spnego`.
//!
//! Neither end knows a socket. The server's end borrows whoever answers for the domain controller, as
//! [`Acceptor::asking`] says, so that both ends can be cloned with the world they live in.

mod acceptor;
mod initiator;

pub use acceptor::{Acceptor, AcceptorError, AskingAcceptor, DomainController, Logon};
pub use initiator::{Initiator, InitiatorError};

use kdclab_client::gss::ContextStep;
use kdclab_client::spnego::{MechanismError, MechanismFailure};
use kdclab_ntlm::messages::NegotiateFlags;
use kdclab_ntlm::{FileTime, SecurityContext};
use kdclab_proto::Timestamp;

fn file_time(now: Timestamp) -> FileTime {
    FileTime::from_unix_microseconds(now.unix_microseconds())
}

/// What an end has once its context stands.
#[derive(Clone, Debug)]
struct Established<T> {
    value: T,
    /// Whether the AUTHENTICATE_MESSAGE carried a MIC.
    carries_mic: bool,
}

/// NTLM signs where signatures or encryption were negotiated.
fn has_integrity(context: Option<&SecurityContext>) -> bool {
    const SIGNS: NegotiateFlags = NegotiateFlags::SIGN.with(NegotiateFlags::SEAL);
    context.is_some_and(|context| context.flags().intersects(SIGNS))
}

fn get_mic(
    context: Option<&mut SecurityContext>,
    message: &[u8],
) -> Result<Vec<u8>, MechanismFailure> {
    context
        .ok_or(MechanismFailure::NoContext)?
        .get_mic(message)
        .map(|mic| mic.to_vec())
        .map_err(MechanismFailure::other)
}

fn verify_mic(
    context: Option<&mut SecurityContext>,
    message: &[u8],
    mic: &[u8],
) -> Result<(), MechanismFailure> {
    context
        .ok_or(MechanismFailure::NoContext)?
        .verify_mic(message, mic)
        .map_err(MechanismFailure::other)
}

/// NTLM has no token that tells the other end of a failure.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> MechanismError {
    MechanismError {
        failure: MechanismFailure::other(error),
        token: None,
    }
}

fn sends(token: Vec<u8>, done: bool) -> ContextStep {
    ContextStep {
        token: Some(token),
        done,
    }
}
