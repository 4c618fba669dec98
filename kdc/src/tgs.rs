//! The TGS exchange (RFC 4120 section 3.3).
use kdclab_proto::Principal;
use kdclab_proto::messages::KdcReq;
use rand::CryptoRng;

use crate::KdcError;
use crate::context::{Answer, Context};

pub(crate) fn answer(
    _context: &Context<'_>,
    _request: &KdcReq,
    _client: &mut Option<Principal>,
    _rng: &mut dyn CryptoRng,
) -> Result<Answer, KdcError> {
    Err(KdcError::PaTgsReqMissing)
}
