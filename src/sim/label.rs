//! What a packet carries, in the words of the RFC.

use kdclab_client::gss::ContextToken;
use kdclab_proto::messages::{
    ApReq, KpasswdReply, KpasswdRequest, KrbError, PadataType, TgsReq, Ticket,
};

use super::http;
use super::network::Payload;
use super::windows::Message;

const AP_REQ: u8 = 0x60 | ApReq::APPLICATION;

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
    if let Some(name) = http::message_name(payload.bytes()) {
        return Some(name);
    }
    if let Some(message) = Message::decode(payload.content()?) {
        return Some(message.name());
    }
    if let Some(name) = kpasswd_name(message(payload)?) {
        return Some(name);
    }
    kerberos_name(message(payload)?)
}

/// The name of a message of Kerberos.
pub(crate) fn kerberos_name(message: &[u8]) -> Option<&'static str> {
    // APPLICATION tags of constructed values.
    Some(match message.first()?.checked_sub(0x60)? {
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

/// The name of a message of the password protocol, which has a frame around its Kerberos messages.
fn kpasswd_name(bytes: &[u8]) -> Option<&'static str> {
    if KpasswdRequest::decode(bytes).is_ok_and(|request| request.ap_req.first() == Some(&AP_REQ)) {
        return Some("KPASSWD-REQ");
    }
    KpasswdReply::decode(bytes).is_ok().then_some("KPASSWD-REP")
}

/// The message's name, an error's with its number, `KRB-ERROR 41`; `None` for a packet of the transport
/// alone.
pub(crate) fn message_label(payload: &Payload) -> Option<String> {
    if let Some(label) = http::start_label(payload.bytes()) {
        return Some(label);
    }
    let name = message_name(payload)?;
    if let Some(Message::Fault(error)) = Message::decode(payload.content()?) {
        return Some(format!("{name} {}", error.0));
    }
    if name == "KRB-ERROR"
        && let Some(error) = message(payload).and_then(|bytes| KrbError::decode(bytes).ok())
    {
        return Some(format!("{name} {}", error.error_code.0));
    }
    Some(name.to_owned())
}
