//! OpenJDK 17's `KrbKdcRep.check`. It does not look at the clear part of the ticket.

use kdclab_proto::messages::{Checksum, EncKdcRepPart, KdcOptions, PadataType, TicketFlags};
use kdclab_proto::{KerberosTime, Key, KeyUsage};

use super::{Reply, ReplyMismatch, is_tgs};
use crate::ClientError;

/// The options and flags of bits 2 to 5, which must be equal.
const COMPARED: TicketFlags = TicketFlags::FORWARDED
    .with(TicketFlags::PROXIABLE)
    .with(TicketFlags::PROXY)
    .with(TicketFlags::MAY_POSTDATE);

pub(super) fn check(reply: &Reply<'_>, is_as: bool) -> Result<(), ClientError> {
    if is_as {
        check_client(reply)?;
    }
    check_server(reply, is_as)?;
    reply.require_nonce()?;
    check_addresses(reply)?;
    check_flags(reply)?;
    check_starttime(reply)?;
    reply.require_endtime(Some(reply.body.till))?;
    check_renew_till(reply)
}

/// Only a ticket that says enc-pa-rep has to prove which request the KDC saw.
pub(super) fn verify_enc_pa_rep(
    enc_part: &EncKdcRepPart,
    request: &[u8],
    reply_key: &Key,
) -> Result<(), ClientError> {
    if !enc_part.flags.contains(TicketFlags::ENC_PA_REP) {
        return Ok(());
    }
    let checksum = enc_part
        .padata(PadataType::REQ_ENC_PA_REP)
        .and_then(|padata| Checksum::decode(padata).ok());
    let stands = checksum.is_some_and(|checksum| {
        reply_key
            .verify_checksum(
                checksum.cksumtype,
                KeyUsage::AS_REQ,
                request,
                &checksum.checksum,
            )
            .is_ok()
    });
    if stands {
        Ok(())
    } else {
        Err(ReplyMismatch::EncPaRep.into())
    }
}

/// Another client is taken only where the request allowed it and the KDC protects its answer.
fn check_client(reply: &Reply<'_>) -> Result<(), ClientError> {
    let got = reply.rep.client();
    let may_differ = (reply.has_option(KdcOptions::CANONICALIZE) || reply.is_enterprise())
        && reply.enc_part.flags.contains(TicketFlags::ENC_PA_REP);
    reply.require(may_differ || got == *reply.client, || {
        ReplyMismatch::Client {
            asked: reply.client.clone(),
            got: got.clone(),
        }
    })
}

fn check_server(reply: &Reply<'_>, is_as: bool) -> Result<(), ClientError> {
    let got = reply.enc_server();
    let is_referral = !is_as
        && reply.has_option(KdcOptions::CANONICALIZE)
        && is_tgs(&got.name)
        && got.realm == reply.server.realm;
    reply.require(is_referral || got == *reply.server, || {
        ReplyMismatch::Server {
            asked: reply.server.clone(),
            got: got.clone(),
        }
    })
}

fn check_addresses(reply: &Reply<'_>) -> Result<(), ClientError> {
    match (&reply.body.addresses, &reply.enc_part.caddr) {
        (Some(asked), Some(got)) => reply.require(asked == got, || ReplyMismatch::Addresses {
            asked: asked.clone(),
            got: got.clone(),
        }),
        _ => Ok(()),
    }
}

fn check_flags(reply: &Reply<'_>) -> Result<(), ClientError> {
    let got = reply.enc_part.flags;
    // Options and flags share the numbers of these bits.
    let asked = TicketFlags::from_bits(reply.body.kdc_options.bits()) & COMPARED;
    reply.require(got & COMPARED == asked, || ReplyMismatch::Flags {
        asked,
        got,
    })?;
    let renewable = TicketFlags::RENEWABLE;
    let holds = !reply.has_option(KdcOptions::RENEWABLE) || got.contains(renewable);
    reply.require(holds, || ReplyMismatch::Flags {
        asked: asked | renewable,
        got,
    })
}

fn check_starttime(reply: &Reply<'_>) -> Result<(), ClientError> {
    let Some(got) = reply.enc_part.starttime else {
        return Ok(());
    };
    match reply.body.from.filter(|from| *from != KerberosTime::EPOCH) {
        Some(asked) => reply.require(got == asked, || ReplyMismatch::Starttime { asked, got }),
        None => reply.require_starttime_near(),
    }
}

fn check_renew_till(reply: &Reply<'_>) -> Result<(), ClientError> {
    let asked = reply
        .body
        .rtime
        .filter(|rtime| *rtime != KerberosTime::EPOCH);
    match asked {
        Some(asked) if reply.has_option(KdcOptions::RENEWABLE) => {
            let got = reply.enc_part.renew_till;
            reply.require(got.is_some(), || ReplyMismatch::RenewTill { asked, got })?;
            reply.require_renew_till(Some(asked))
        }
        _ => Ok(()),
    }
}
