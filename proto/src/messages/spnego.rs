//! The negotiation tokens of SPNEGO (RFC 4178 section 4.2) and Microsoft's extension (MS-SPNG section 2.2.1).

use super::SpnegoContextFlags;
use crate::der::{self, DecodeError, Element, Reader, SEQUENCE, Value, Writer};
use crate::{KerberosString, ObjectIdentifier};

const ENUMERATED: u8 = 0x0a;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The mechanisms of a negotiation, best first (RFC 4178 section 4.1), with the octets that a mechListMIC covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MechTypeList {
    mech_types: Vec<ObjectIdentifier>,
    der: Vec<u8>,
}

impl MechTypeList {
    /// The most mechanisms of a list that is read.
    pub const MAX: usize = 64;

    /// The list of `mech_types`.
    pub fn new(mech_types: Vec<ObjectIdentifier>) -> Self {
        let mut writer = Writer::default();
        writer.nest(SEQUENCE, |writer| {
            for mech_type in &mech_types {
                mech_type.write(writer);
            }
        });
        Self {
            mech_types,
            der: writer.into_bytes(),
        }
    }

    /// The mechanisms, best first.
    pub fn mech_types(&self) -> &[ObjectIdentifier] {
        &self.mech_types
    }

    /// The encoding, as its sender made it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl Value for MechTypeList {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(SEQUENCE)?;
        let mut inner = element.reader();
        let mut mech_types = Vec::new();
        while !inner.is_empty() {
            if mech_types.len() == Self::MAX {
                return Err(element.invalid("MechTypeList of at most 64 mechanisms"));
            }
            mech_types.push(ObjectIdentifier::read(&mut inner)?);
        }
        Ok(Self {
            mech_types,
            der: element.whole.to_vec(),
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.raw(&self.der);
    }
}

impl Value for ObjectIdentifier {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(OBJECT_IDENTIFIER)?;
        Self::from_contents(element.contents).ok_or_else(|| element.invalid("OBJECT IDENTIFIER"))
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(OBJECT_IDENTIFIER, self.contents());
    }
}

/// What the sender of a negTokenResp makes of the negotiation (RFC 4178 section 4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegState {
    /// The context stands.
    AcceptCompleted,
    /// Another token is expected.
    AcceptIncomplete,
    /// The negotiation is over.
    Reject,
    /// The mechanism is not the initiator's first, so both sides must sign the list.
    RequestMic,
}

impl NegState {
    const ALL: [Self; 4] = [
        Self::AcceptCompleted,
        Self::AcceptIncomplete,
        Self::Reject,
        Self::RequestMic,
    ];
}

impl Value for NegState {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(ENUMERATED)?;
        match element.contents {
            [number] => Self::ALL.get(usize::from(*number)).copied(),
            _ => None,
        }
        .ok_or_else(|| element.invalid("negState"))
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(ENUMERATED, &[*self as u8]);
    }
}

sequence! {
    /// The initiator's first token (RFC 4178 section 4.2.1). Encoded, it stands in the framing of RFC 2743.
    "NegTokenInit" struct NegTokenInit {
        /// The mechanisms the initiator offers.
        0 => mech_types: MechTypeList,
        /// What it asks of the context.
        1 => req_flags: Option<SpnegoContextFlags>,
        /// The first token of its first mechanism.
        2 => mech_token: Option<Vec<u8>>,
        /// The first mechanism's signature of the list.
        3 => mech_list_mic: Option<Vec<u8>>,
    }
}

sequence! {
    /// The hint of an acceptor that speaks first (MS-SPNG section 2.2.1).
    "NegTokenInit2" struct NegTokenInit2 {
        /// The mechanisms the acceptor knows.
        0 => mech_types: Option<MechTypeList>,
        /// Not sent.
        1 => req_flags: Option<SpnegoContextFlags>,
        /// Not sent.
        2 => mech_token: Option<Vec<u8>>,
        /// What clients ignore.
        3 => neg_hints: Option<NegHints>,
        /// Not sent.
        4 => mech_list_mic: Option<Vec<u8>>,
    }
}

sequence! {
    /// Hints of a [`NegTokenInit2`].
    "NegHints" struct NegHints {
        /// [`NegHints::PLEASE_IGNORE`], formerly the name of the acceptor.
        0 => hint_name: Option<KerberosString>,
        /// Not sent.
        1 => hint_address: Option<Vec<u8>>,
    }
}

sequence! {
    /// Every other token, of either side (RFC 4178 section 4.2.2).
    "NegTokenResp" struct NegTokenResp {
        /// What the sender makes of the negotiation.
        0 => neg_state: Option<NegState>,
        /// The mechanism the acceptor chose, in its first reply.
        1 => supported_mech: Option<ObjectIdentifier>,
        /// The mechanism's token.
        2 => response_token: Option<Vec<u8>>,
        /// The mechanism's signature of the list of mechanisms.
        3 => mech_list_mic: Option<Vec<u8>>,
    }
}

impl NegTokenInit {
    /// Reads the initial token `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being this token.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_initial(bytes)
    }

    /// The token in its framing.
    pub fn encode(&self) -> Vec<u8> {
        encode_initial(self)
    }
}

impl NegTokenInit2 {
    /// A hint with these mechanisms, as Windows sends it.
    pub fn new(mech_types: MechTypeList) -> Self {
        Self {
            mech_types: Some(mech_types),
            req_flags: None,
            mech_token: None,
            neg_hints: Some(NegHints {
                hint_name: Some(NegHints::PLEASE_IGNORE.into()),
                hint_address: None,
            }),
            mech_list_mic: None,
        }
    }

    /// Reads the initial token `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being this token.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_initial(bytes)
    }

    /// The token in its framing.
    pub fn encode(&self) -> Vec<u8> {
        encode_initial(self)
    }
}

impl NegHints {
    /// The hintName of MS-SPNG section 2.2.1.
    pub const PLEASE_IGNORE: &'static str = "not_defined_in_RFC4178@please_ignore";
}

impl NegTokenResp {
    /// A reply with nothing in it but its state.
    pub fn new(neg_state: NegState) -> Self {
        Self {
            neg_state: Some(neg_state),
            supported_mech: None,
            response_token: None,
            mech_list_mic: None,
        }
    }

    /// Reads the token `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being this token.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut inner = reader.expect(der::context(1))?.reader();
        let token = Self::read(&mut inner)?;
        inner.finish()?;
        reader.finish()?;
        Ok(token)
    }

    /// The token, which has no framing.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.nest(der::context(1), |writer| self.write(writer));
        writer.into_bytes()
    }
}

/// The framing of RFC 2743 section 3.1 and the choice of negTokenInit in it.
fn decode_initial<T: Value>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut framed = reader.expect(der::application(0))?.reader();
    let mechanism: Element<'_> = framed.expect(OBJECT_IDENTIFIER)?;
    if mechanism.contents != ObjectIdentifier::SPNEGO.contents() {
        return Err(mechanism.invalid("OBJECT IDENTIFIER of SPNEGO"));
    }
    let mut inner = framed.expect(der::context(0))?.reader();
    let token = T::read(&mut inner)?;
    inner.finish()?;
    framed.finish()?;
    reader.finish()?;
    Ok(token)
}

fn encode_initial<T: Value>(token: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(512);
    writer.nest(der::application(0), |writer| {
        ObjectIdentifier::SPNEGO.write(writer);
        writer.nest(der::context(0), |writer| token.write(writer));
    });
    writer.into_bytes()
}
