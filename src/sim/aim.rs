//! Which principals a packet is about.

use kdclab_proto::Principal;
use kdclab_proto::messages::{
    ApReq, AsRep, AsReq, KdcReq, KpasswdRequest, KrbError, PadataType, TgsRep, TgsReq, Ticket,
};

use super::label;
use super::network::Packet;

/// Whether the message in `packet`, or the request that it answers, names `principal` as a client or a
/// service. A ticket names its client in its encrypted part alone; it is known from the reply that brought
/// the ticket, which is among the `earlier` packets.
pub(super) fn names<'p>(
    packet: &Packet,
    principal: &Principal,
    earlier: impl DoubleEndedIterator<Item = &'p Packet> + Clone,
) -> bool {
    let Some(message) = label::message(&packet.payload) else {
        return false;
    };
    if mentions(message, principal, earlier.clone()) {
        return true;
    }
    let is_reply = label::message_name(&packet.payload)
        .is_some_and(|name| name.ends_with("-REP") || name == "KRB-ERROR");
    is_reply
        && request(packet, earlier.clone())
            .is_some_and(|request| mentions(request, principal, earlier))
}

/// The last message that went the other way between the same sockets.
fn request<'p>(
    reply: &Packet,
    earlier: impl DoubleEndedIterator<Item = &'p Packet>,
) -> Option<&'p [u8]> {
    earlier
        .rev()
        .filter(|packet| packet.source == reply.destination && packet.destination == reply.source)
        .find_map(|packet| label::message(&packet.payload))
}

fn mentions<'p>(
    message: &[u8],
    principal: &Principal,
    earlier: impl DoubleEndedIterator<Item = &'p Packet>,
) -> bool {
    if let Ok(request) = AsReq::decode(message) {
        let body = request.0.req_body();
        let is_client = body
            .cname
            .as_ref()
            .is_some_and(|name| name.clone().at(body.realm.clone()) == *principal);
        return is_client || is_for(&request.0, principal);
    }
    if let Ok(request) = TgsReq::decode(message) {
        return is_for(&request.0, principal)
            || request
                .0
                .padata(PadataType::TGS_REQ)
                .is_some_and(|ap_req| shows_ticket(ap_req, principal, earlier));
    }
    if let Some((client, ticket)) = issued(message) {
        return client == *principal || ticket.server() == *principal;
    }
    if let Ok(error) = KrbError::decode(message) {
        let client = error.cname.map(|name| {
            let realm = error.crealm.unwrap_or_else(|| error.realm.clone());
            name.at(realm)
        });
        return client.as_ref() == Some(principal) || error.sname.at(error.realm) == *principal;
    }
    match KpasswdRequest::decode(message) {
        Ok(request) => shows_ticket(&request.ap_req, principal, earlier),
        Err(_) => shows_ticket(message, principal, earlier),
    }
}

/// Whether a ticket for `principal` is asked.
fn is_for(request: &KdcReq, principal: &Principal) -> bool {
    let body = request.req_body();
    body.sname
        .as_ref()
        .is_some_and(|name| name.clone().at(body.realm.clone()) == *principal)
}

/// The client and the ticket of a KDC's reply.
fn issued(message: &[u8]) -> Option<(Principal, Ticket)> {
    let reply = AsRep::decode(message)
        .map(|reply| reply.0)
        .or_else(|_| TgsRep::decode(message).map(|reply| reply.0))
        .ok()?;
    Some((reply.client(), reply.ticket))
}

/// Whether an AP-REQ shows a ticket of `principal` or for it.
fn shows_ticket<'p>(
    ap_req: &[u8],
    principal: &Principal,
    earlier: impl DoubleEndedIterator<Item = &'p Packet>,
) -> bool {
    let Ok(request) = ApReq::decode(ap_req) else {
        return false;
    };
    let ticket = request.ticket;
    ticket.server() == *principal
        || earlier
            .rev()
            .filter_map(|packet| issued(label::message(&packet.payload)?))
            .find(|(_, issued)| issued.enc_part.cipher == ticket.enc_part.cipher)
            .is_some_and(|(client, _)| client == *principal)
}
