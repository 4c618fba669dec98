//! What a packet carries, in the words of the RFC.

use kdclab_client::gss::ContextToken;
use kdclab_proto::messages::{ApReq, KrbError, PadataType, TgsReq, Ticket};

use super::network::Payload;

/// The Kerberos message inside a packet, bare, behind a TCP length or inside a GSS token.
pub(crate) fn message(payload: &Payload) -> Option<&[u8]> {
    let bytes = payload.content()?;
    Some(ContextToken::decode(bytes).map_or(bytes, |token| token.message))
}

/// The ticket that an AP-REQ or a TGS-REQ shows.
pub(crate) fn shown_ticket(payload: &Payload) -> Option<Ticket> {
    let message = message(payload)?;
    let request = match TgsReq::decode(message) {
        Ok(request) => ApReq::decode(request.0.padata(PadataType::TGS_REQ)?),
        Err(_) => ApReq::decode(message),
    };
    Some(request.ok()?.ticket)
}

/// The message's name, `AS-REQ`.
pub(crate) fn message_name(payload: &Payload) -> Option<&'static str> {
    Some(match message(payload)?.first()? & 0x1f {
        10 => "AS-REQ",
        11 => "AS-REP",
        12 => "TGS-REQ",
        13 => "TGS-REP",
        14 => "AP-REQ",
        15 => "AP-REP",
        30 => "KRB-ERROR",
        _ => return None,
    })
}

/// The message's name, an error's with its number, `KRB-ERROR 41`; `None` for a packet of the transport
/// alone.
pub(crate) fn message_label(payload: &Payload) -> Option<String> {
    let name = message_name(payload)?;
    if name == "KRB-ERROR"
        && let Some(error) = message(payload).and_then(|bytes| KrbError::decode(bytes).ok())
    {
        return Some(format!("{name} {}", error.error_code.0));
    }
    Some(name.to_owned())
}
