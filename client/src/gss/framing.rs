//! The framing of initial tokens (RFC 2743 section 3.1).

use crate::gss::TokenError;

/// APPLICATION 0, constructed.
const INITIAL_TOKEN: u8 = 0x60;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The contents of the object identifier that `token` begins with, and what follows it.
pub(crate) fn unframe(token: &[u8]) -> Result<(&[u8], &[u8]), TokenError> {
    let [INITIAL_TOKEN, rest @ ..] = token else {
        return Err(TokenError::NotAnInitialToken {
            found: token.first().copied(),
        });
    };
    let (length, rest) = split_length(rest)?;
    if length != rest.len() {
        return Err(TokenError::WrongLength {
            stated: length,
            actual: rest.len(),
        });
    }
    let [OBJECT_IDENTIFIER, oid_length @ 0..=0x7f, rest @ ..] = rest else {
        return Err(TokenError::NoMechanism);
    };
    rest.split_at_checked(usize::from(*oid_length))
        .ok_or(TokenError::NoMechanism)
}

/// The token of the mechanism `oid`, shorter than 128 octets, around the concatenated `parts`.
pub(crate) fn frame(oid: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let inner: usize = parts.iter().map(|part| part.len()).sum();
    let length = 2 + oid.len() + inner;
    let mut token = Vec::with_capacity(length + 10);
    token.push(INITIAL_TOKEN);
    if length < 0x80 {
        token.push(length as u8);
    } else {
        let digits = length.to_be_bytes();
        let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
        token.push(0x80 | digits.len() as u8);
        token.extend_from_slice(digits);
    }
    token.extend_from_slice(&[OBJECT_IDENTIFIER, oid.len() as u8]);
    token.extend_from_slice(oid);
    for part in parts {
        token.extend_from_slice(part);
    }
    token
}

/// A definite DER length and what follows it.
fn split_length(bytes: &[u8]) -> Result<(usize, &[u8]), TokenError> {
    let (first, rest) = bytes.split_first().ok_or(TokenError::InvalidLength)?;
    match *first {
        length @ 0..=0x7f => Ok((usize::from(length), rest)),
        octets @ 0x81..=0x84 => {
            let (digits, rest) = rest
                .split_at_checked(usize::from(octets & 0x7f))
                .ok_or(TokenError::InvalidLength)?;
            let length = digits
                .iter()
                .fold(0u32, |length, digit| length << 8 | u32::from(*digit));
            let shortest = if digits.len() == 1 {
                length >= 0x80
            } else {
                digits[0] != 0
            };
            match usize::try_from(length) {
                Ok(length) if shortest => Ok((length, rest)),
                _ => Err(TokenError::InvalidLength),
            }
        }
        _ => Err(TokenError::InvalidLength),
    }
}
