//! Per-message tokens of keys of rc4-hmac (RFC 4757 section 7, in the framing of RFC 1964 section 1.2).

use kdclab_proto::KeyUsage;
use kdclab_proto::crypto::Rc4Gss;
use rand::CryptoRng;

use super::framing::{frame, unframe};
use crate::gss::{ContextRole, Mechanism, MessageError, TokenError};

const MIC: [u8; 2] = [0x01, 0x01];
const WRAP: [u8; 2] = [0x02, 0x01];
/// HMAC.
const SGN_ALG: [u8; 2] = [0x11, 0x00];
/// RC4.
const SEAL_ALG: [u8; 2] = [0x10, 0x00];
/// No sealing, and the filler of MIC tokens.
const NONE: [u8; 2] = [0xff; 2];
/// The greatest padding of RFC 1964 section 1.2.2.3. With RC4, which needs none, one octet is added.
const MAX_PADDING: u8 = 8;
const PADDING: u8 = 1;
const CONFOUNDER: usize = 8;

/// The parts of a token before its data.
struct Parts<'a> {
    header: [u8; 8],
    snd_seq: [u8; 8],
    sgn_cksum: [u8; 8],
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(token_id: [u8; 2], token: &'a [u8]) -> Result<Self, MessageError> {
        let (oid, inner) = unframe(token).map_err(MessageError::Framing)?;
        if oid != Mechanism::Kerberos.oid() {
            return Err(MessageError::Framing(TokenError::OtherMechanism {
                oid: oid.to_vec(),
            }));
        }
        let truncated = MessageError::Truncated {
            length: token.len(),
        };
        if let [first, second, ..] = *inner
            && [first, second] != token_id
        {
            return Err(MessageError::UnexpectedTokenId {
                expected: token_id,
                found: [first, second],
            });
        }
        let (header, rest) = inner.split_first_chunk().ok_or_else(|| truncated.clone())?;
        let (snd_seq, rest) = rest.split_first_chunk().ok_or_else(|| truncated.clone())?;
        let (sgn_cksum, rest) = rest.split_first_chunk().ok_or(truncated)?;
        Ok(Self {
            header: *header,
            snd_seq: *snd_seq,
            sgn_cksum: *sgn_cksum,
            rest,
        })
    }

    /// Whether the data are sealed.
    fn sealed(&self) -> Result<bool, MessageError> {
        let [_, _, sgn @ .., a, b, c, d] = self.header;
        if [c, d] != NONE {
            return Err(MessageError::InvalidFiller);
        }
        match (sgn, [a, b]) {
            (SGN_ALG, SEAL_ALG) => Ok(true),
            (SGN_ALG, NONE) => Ok(false),
            ([first, second], _) => Err(MessageError::UnknownAlgorithm {
                algorithms: [first, second, a, b],
            }),
        }
    }

    /// The sequence number of a token that `sender` must have sent.
    fn sequence(&self, key: Rc4Gss<'_>, sender: ContextRole) -> Result<u32, MessageError> {
        let mut snd_seq = self.snd_seq;
        key.apply_to_sequence(&self.sgn_cksum, &mut snd_seq);
        let [a, b, c, d, rest @ ..] = snd_seq;
        if rest == direction(sender) {
            Ok(u32::from_be_bytes([a, b, c, d]))
        } else if rest == direction(sender.peer()) {
            Err(MessageError::Reflected)
        } else {
            Err(MessageError::Checksum)
        }
    }
}

fn direction(sender: ContextRole) -> [u8; 4] {
    match sender {
        ContextRole::Acceptor => [0xff; 4],
        ContextRole::Initiator => [0; 4],
    }
}

fn header(token_id: [u8; 2], seal_alg: [u8; 2]) -> [u8; 8] {
    let [[a, b], [c, d], [e, f], [g, h]] = [token_id, SGN_ALG, seal_alg, NONE];
    [a, b, c, d, e, f, g, h]
}

fn snd_seq(key: Rc4Gss<'_>, sender: ContextRole, sequence: u32, sgn_cksum: &[u8; 8]) -> [u8; 8] {
    let [a, b, c, d] = sequence.to_be_bytes();
    let [e, f, g, h] = direction(sender);
    let mut snd_seq = [a, b, c, d, e, f, g, h];
    key.apply_to_sequence(sgn_cksum, &mut snd_seq);
    snd_seq
}

/// A MIC token (section 7.2).
pub(super) fn get_mic(key: Rc4Gss<'_>, sender: ContextRole, sequence: u32, data: &[u8]) -> Vec<u8> {
    let header = header(MIC, NONE);
    let sgn_cksum = key.sgn_cksum(KeyUsage::RC4_MIC, &[&header, data].concat());
    let snd_seq = snd_seq(key, sender, sequence, &sgn_cksum);
    frame(Mechanism::Kerberos.oid(), &[&header, &snd_seq, &sgn_cksum])
}

/// The sequence number of a genuine MIC token.
pub(super) fn verify_mic(
    key: Rc4Gss<'_>,
    sender: ContextRole,
    data: &[u8],
    token: &[u8],
) -> Result<u32, MessageError> {
    let parts = Parts::read(MIC, token)?;
    if parts.sealed()? || !parts.rest.is_empty() {
        return Err(MessageError::InvalidFiller);
    }
    let covered = [parts.header.as_slice(), data].concat();
    verify(key, KeyUsage::RC4_MIC, &covered, &parts.sgn_cksum)?;
    parts.sequence(key, sender)
}

/// A wrap token (section 7.3), sealed or signed only.
pub(super) fn wrap(
    key: Rc4Gss<'_>,
    sender: ContextRole,
    sequence: u32,
    sealed: bool,
    rng: &mut dyn CryptoRng,
    data: &[u8],
) -> Vec<u8> {
    let header = header(WRAP, if sealed { SEAL_ALG } else { NONE });
    let mut body = vec![0; CONFOUNDER];
    rng.fill_bytes(&mut body);
    body.extend_from_slice(data);
    body.push(PADDING);
    let sgn_cksum = key.sgn_cksum(KeyUsage::RC4_WRAP, &[header.as_slice(), &body].concat());
    let snd_seq = snd_seq(key, sender, sequence, &sgn_cksum);
    if sealed {
        key.apply_to_data(sequence, &mut body);
    }
    frame(
        Mechanism::Kerberos.oid(),
        &[&header, &snd_seq, &sgn_cksum, &body],
    )
}

/// What a genuine wrap token carries.
pub(super) struct Opened {
    pub(super) data: Vec<u8>,
    pub(super) sealed: bool,
    pub(super) sequence: u32,
}

/// Opens a wrap token, sealed or signed.
pub(super) fn unwrap(
    key: Rc4Gss<'_>,
    sender: ContextRole,
    token: &[u8],
) -> Result<Opened, MessageError> {
    let parts = Parts::read(WRAP, token)?;
    let sealed = parts.sealed()?;
    if parts.rest.len() <= CONFOUNDER {
        return Err(MessageError::Truncated {
            length: token.len(),
        });
    }
    let sequence = parts.sequence(key, sender)?;
    let mut body = parts.rest.to_vec();
    if sealed {
        key.apply_to_data(sequence, &mut body);
    }
    let covered = [parts.header.as_slice(), &body].concat();
    verify(key, KeyUsage::RC4_WRAP, &covered, &parts.sgn_cksum)?;
    let mut data = body.split_off(CONFOUNDER);
    let padding = match data.last() {
        Some(padding @ 1..=MAX_PADDING) => usize::from(*padding),
        _ => return Err(MessageError::InvalidFiller),
    };
    let length = data
        .len()
        .checked_sub(padding)
        .ok_or(MessageError::InvalidFiller)?;
    data.truncate(length);
    Ok(Opened {
        data,
        sealed,
        sequence,
    })
}

fn verify(
    key: Rc4Gss<'_>,
    usage: KeyUsage,
    covered: &[u8],
    sgn_cksum: &[u8; 8],
) -> Result<(), MessageError> {
    if key.verify_sgn_cksum(usage, covered, sgn_cksum) {
        Ok(())
    } else {
        Err(MessageError::Checksum)
    }
}
