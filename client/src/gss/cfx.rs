//! Per-message tokens of RFC 4121 section 4.2.

use kdclab_proto::{Key, KeyUsage};
use rand::CryptoRng;

use crate::gss::{ContextRole, MessageError, WrapLayout};

const HEADER: usize = 16;
const MIC: [u8; 2] = [0x04, 0x04];
const WRAP: [u8; 2] = [0x05, 0x04];

const SENT_BY_ACCEPTOR: u8 = 0x01;
const SEALED: u8 = 0x02;
const ACCEPTOR_SUBKEY: u8 = 0x04;

/// The extra count of DCE style: one block (MS-KILE section 3.4.5.4.1).
const DCE_EXTRA_COUNT: u16 = 16;

/// The keys of a context whose messages have tokens of RFC 4121.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    /// The initiator's subkey, else the session key.
    pub(super) base: &'a Key,
    pub(super) acceptor_subkey: Option<&'a Key>,
}

impl<'a> Keys<'a> {
    fn to_send(self) -> (&'a Key, u8) {
        match self.acceptor_subkey {
            Some(key) => (key, ACCEPTOR_SUBKEY),
            None => (self.base, 0),
        }
    }

    fn of(self, flags: u8) -> Result<&'a Key, MessageError> {
        match self.acceptor_subkey {
            _ if flags & ACCEPTOR_SUBKEY == 0 => Ok(self.base),
            Some(key) => Ok(key),
            None => Err(MessageError::AcceptorSubkeyMissing),
        }
    }
}

/// The sixteen octets at the start of a token.
#[derive(Clone, Copy)]
struct Header {
    token_id: [u8; 2],
    flags: u8,
    /// EC and RRC; all ones in a MIC token.
    counts: [u16; 2],
    sequence: u64,
}

impl Header {
    fn new(token_id: [u8; 2], sender: ContextRole, flags: u8, sequence: u64) -> Self {
        let direction = match sender {
            ContextRole::Acceptor => SENT_BY_ACCEPTOR,
            ContextRole::Initiator => 0,
        };
        let filler = if token_id == MIC { u16::MAX } else { 0 };
        Self {
            token_id,
            flags: flags | direction,
            counts: [filler; 2],
            sequence,
        }
    }

    /// The header of `token`, which `sender` must have sent, and what follows it.
    fn read(
        token_id: [u8; 2],
        sender: ContextRole,
        token: &[u8],
    ) -> Result<(Self, &[u8]), MessageError> {
        if let [first, second, ..] = *token
            && [first, second] != token_id
        {
            return Err(MessageError::UnexpectedTokenId {
                expected: token_id,
                found: [first, second],
            });
        }
        let Some((header, rest)) = token.split_first_chunk::<HEADER>() else {
            return Err(MessageError::Truncated {
                length: token.len(),
            });
        };
        let [_, _, flags, filler, a, b, c, d, sequence @ ..] = *header;
        let header = Self {
            token_id,
            flags,
            counts: [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])],
            sequence: u64::from_be_bytes(sequence),
        };
        if filler != 0xff || (token_id == MIC && header.counts != [u16::MAX; 2]) {
            return Err(MessageError::InvalidFiller);
        }
        if (flags & SENT_BY_ACCEPTOR != 0) != (sender == ContextRole::Acceptor) {
            return Err(MessageError::Reflected);
        }
        Ok((header, rest))
    }

    fn octets(&self) -> [u8; HEADER] {
        let [first, second] = self.token_id;
        let [[a, b], [c, d]] = self.counts.map(u16::to_be_bytes);
        let mut octets = [0; HEADER];
        octets[..8].copy_from_slice(&[first, second, self.flags, 0xff, a, b, c, d]);
        octets[8..].copy_from_slice(&self.sequence.to_be_bytes());
        octets
    }

    fn with_counts(self, extra_count: u16, right_rotation: u16) -> Self {
        Self {
            counts: [extra_count, right_rotation],
            ..self
        }
    }
}

/// The usage of MIC tokens (section 2).
fn sign_usage(sender: ContextRole) -> KeyUsage {
    match sender {
        ContextRole::Acceptor => KeyUsage::ACCEPTOR_SIGN,
        ContextRole::Initiator => KeyUsage::INITIATOR_SIGN,
    }
}

/// The usage of wrap tokens, sealed or signed (section 2).
fn seal_usage(sender: ContextRole) -> KeyUsage {
    match sender {
        ContextRole::Acceptor => KeyUsage::ACCEPTOR_SEAL,
        ContextRole::Initiator => KeyUsage::INITIATOR_SEAL,
    }
}

/// A MIC token (section 4.2.6.1).
pub(super) fn get_mic(keys: Keys<'_>, sender: ContextRole, sequence: u64, data: &[u8]) -> Vec<u8> {
    let (key, flags) = keys.to_send();
    let header = Header::new(MIC, sender, flags, sequence).octets();
    let checksum = key.checksum(sign_usage(sender), &[data, &header].concat());
    [header.as_slice(), &checksum].concat()
}

/// The sequence number of a genuine MIC token.
pub(super) fn verify_mic(
    keys: Keys<'_>,
    sender: ContextRole,
    data: &[u8],
    token: &[u8],
) -> Result<u64, MessageError> {
    let (header, checksum) = Header::read(MIC, sender, token)?;
    let key = keys.of(header.flags)?;
    let covered = [data, &header.octets()].concat();
    key.verify_checksum(key.checksum_type(), sign_usage(sender), &covered, checksum)
        .map_err(|_| MessageError::Checksum)?;
    Ok(header.sequence)
}

/// A wrap token that is sealed (section 4.2.4).
pub(super) fn seal(
    keys: Keys<'_>,
    sender: ContextRole,
    sequence: u64,
    layout: WrapLayout,
    rng: &mut dyn CryptoRng,
    data: &[u8],
) -> Vec<u8> {
    let (key, flags) = keys.to_send();
    let extra_count = match layout {
        WrapLayout::DceStyle => DCE_EXTRA_COUNT,
        WrapLayout::Unrotated | WrapLayout::Windows => 0,
    };
    let header = Header::new(WRAP, sender, flags | SEALED, sequence).with_counts(extra_count, 0);
    let filler = vec![0; usize::from(extra_count)];
    let plain = [data, &filler, &header.octets()].concat();
    let mut cipher = key.encrypt(seal_usage(sender), rng, &plain);
    // What follows the data: the header's copy and the integrity tag.
    let tag = cipher
        .len()
        .saturating_sub(key.confounder_len() + plain.len());
    let rotation = match layout {
        WrapLayout::Unrotated => 0,
        WrapLayout::DceStyle | WrapLayout::Windows => (HEADER + tag) as u16,
    };
    rotate_right(&mut cipher, layout.rotation(extra_count, rotation));
    let header = header.with_counts(extra_count, rotation);
    [header.octets().as_slice(), &cipher].concat()
}

/// A wrap token that is signed only (section 4.2.4).
pub(super) fn sign(
    keys: Keys<'_>,
    sender: ContextRole,
    sequence: u64,
    layout: WrapLayout,
    data: &[u8],
) -> Vec<u8> {
    let (key, flags) = keys.to_send();
    let header = Header::new(WRAP, sender, flags, sequence);
    let checksum = key.checksum(seal_usage(sender), &[data, &header.octets()].concat());
    let extra_count = checksum.len() as u16;
    let rotation = match layout {
        WrapLayout::Unrotated => 0,
        WrapLayout::DceStyle | WrapLayout::Windows => extra_count,
    };
    let mut signed = [data, &checksum].concat();
    rotate_right(&mut signed, usize::from(rotation));
    let header = header.with_counts(extra_count, rotation);
    [header.octets().as_slice(), &signed].concat()
}

/// What a genuine wrap token carries.
pub(super) struct Opened {
    pub(super) data: Vec<u8>,
    pub(super) sealed: bool,
    pub(super) sequence: u64,
}

/// Opens a wrap token, sealed or signed.
pub(super) fn unwrap(
    keys: Keys<'_>,
    sender: ContextRole,
    layout: WrapLayout,
    token: &[u8],
) -> Result<Opened, MessageError> {
    let (header, body) = Header::read(WRAP, sender, token)?;
    let key = keys.of(header.flags)?;
    let sealed = header.flags & SEALED != 0;
    let [extra_count, rotation] = header.counts;
    let rotation = if sealed {
        layout.rotation(extra_count, rotation)
    } else {
        usize::from(rotation)
    };
    let mut body = body.to_vec();
    rotate_left(&mut body, rotation);
    let data = if sealed {
        open_sealed(key, sender, &header, &body)?
    } else {
        open_signed(key, sender, &header, body)?
    };
    Ok(Opened {
        data,
        sealed,
        sequence: header.sequence,
    })
}

fn open_sealed(
    key: &Key,
    sender: ContextRole,
    header: &Header,
    cipher: &[u8],
) -> Result<Vec<u8>, MessageError> {
    let mut plain = key
        .decrypt(seal_usage(sender), cipher)
        .map_err(|_| MessageError::Undecryptable)?;
    let truncated = MessageError::Truncated {
        length: HEADER + cipher.len(),
    };
    let [extra_count, _] = header.counts;
    let Some(filled) = plain.len().checked_sub(HEADER) else {
        return Err(truncated);
    };
    if plain[filled..] != header.with_counts(extra_count, 0).octets() {
        return Err(MessageError::HeaderMismatch);
    }
    let length = filled
        .checked_sub(usize::from(extra_count))
        .ok_or(truncated)?;
    plain.truncate(length);
    Ok(plain)
}

fn open_signed(
    key: &Key,
    sender: ContextRole,
    header: &Header,
    mut signed: Vec<u8>,
) -> Result<Vec<u8>, MessageError> {
    let [extra_count, _] = header.counts;
    let length =
        signed
            .len()
            .checked_sub(usize::from(extra_count))
            .ok_or(MessageError::Truncated {
                length: HEADER + signed.len(),
            })?;
    let checksum = signed.split_off(length);
    let covered = [signed.as_slice(), &header.with_counts(0, 0).octets()].concat();
    key.verify_checksum(key.checksum_type(), seal_usage(sender), &covered, &checksum)
        .map_err(|_| MessageError::Checksum)?;
    Ok(signed)
}

fn rotate_right(bytes: &mut [u8], count: usize) {
    if let Some(count) = count.checked_rem(bytes.len()) {
        bytes.rotate_right(count);
    }
}

fn rotate_left(bytes: &mut [u8], count: usize) {
    if let Some(count) = count.checked_rem(bytes.len()) {
        bytes.rotate_left(count);
    }
}
