use crate::messages::MIC_OFFSET;
use crate::primitives::{equal, hmac_md5};
use crate::secret::SessionKey;

/// The MIC over the three messages, that of the last being taken as zeros (MS-NLMP section 3.1.5.1.2).
pub(crate) fn compute(
    exported: &SessionKey,
    negotiate: &[u8],
    challenge: &[u8],
    authenticate: &[u8],
) -> [u8; 16] {
    let (before, rest) = authenticate.split_at(MIC_OFFSET.min(authenticate.len()));
    let after = rest.get(16..).unwrap_or_default();
    let parts = [negotiate, challenge, before, &[0; 16], after];
    hmac_md5(exported.expose_bytes(), &parts)
}

pub(crate) fn verify(mic: &[u8; 16], computed: &[u8; 16]) -> bool {
    equal(mic, computed)
}
