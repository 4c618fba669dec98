use super::StringToKeyError;

/// The highest number of PBKDF2 iterations string-to-key accepts, 2^20. The number comes from the KDC, so
/// it must not be able to hang a client: this many take less than a second with the slowest profile,
/// where MIT's limit of 2^24 takes ten or more. Real KDCs ask for 4096 or 32768.
pub const MAX_ITERATIONS: u32 = 1 << 20;

/// The iteration count in the s2kparams field: four octets, zero meaning 2^32 (RFC 3962 section 4).
pub(super) fn iterations(parameters: Option<&[u8]>, default: u32) -> Result<u32, StringToKeyError> {
    let Some(parameters) = parameters else {
        return Ok(default);
    };
    let octets = parameters
        .try_into()
        .map_err(|_| StringToKeyError::InvalidParameters)?;
    match u32::from_be_bytes(octets) {
        0 => Err(too_many(1 << 32)),
        count if count > MAX_ITERATIONS => Err(too_many(count.into())),
        count => Ok(count),
    }
}

fn too_many(asked: u64) -> StringToKeyError {
    StringToKeyError::TooManyIterations {
        asked,
        allowed: MAX_ITERATIONS,
    }
}

/// For a profile without parameters.
pub(super) fn none(parameters: Option<&[u8]>) -> Result<(), StringToKeyError> {
    match parameters {
        None => Ok(()),
        Some(_) => Err(StringToKeyError::InvalidParameters),
    }
}
