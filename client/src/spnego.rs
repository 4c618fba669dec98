//! SPNEGO (RFC 4178), which chooses the mechanism of a context, with what Windows does of its own (MS-SPNG).
//!
//! The negotiation borrows the mechanisms for every step; their owner passes the same ones each time and finds their
//! contexts where he left them.

mod acceptor;
mod error;
mod initiator;
mod kerberos;
mod mech_list_mic;
mod mechanism;

pub use acceptor::{Acceptor, NegotiationRefused};
pub use error::NegotiationError;
pub use initiator::Initiator;
pub use mechanism::{Mechanism, MechanismError, MechanismFailure, mech_types};

use kdclab_proto::ObjectIdentifier;

/// The index of the mechanism that goes by `oid`.
fn position(mechanisms: &[&mut dyn Mechanism], oid: &ObjectIdentifier) -> Option<usize> {
    mechanisms
        .iter()
        .position(|mechanism| mechanism.is_named(oid))
}
