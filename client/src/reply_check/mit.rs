//! MIT's `verify_as_reply`, `krb5int_process_tgs_reply` and `krb5int_fast_verify_nego`.

use kdclab_proto::messages::{Checksum, EncKdcRepPart, KdcOptions, PadataType, TicketFlags};
use kdclab_proto::{Key, KeyUsage};

use super::{Reply, ReplyMismatch, is_tgs};
use crate::ClientError;
use crate::error::Exchange;

pub(super) fn verify_as_reply(reply: &Reply<'_>) -> Result<(), ClientError> {
    let server = reply.enc_server();
    let canonicalized = (reply.has_option(KdcOptions::CANONICALIZE) || reply.is_enterprise())
        && is_tgs(&reply.server.name)
        && is_tgs(&server.name);
    if !canonicalized {
        require_client(reply)?;
        reply.require(server == *reply.server, || ReplyMismatch::Server {
            asked: reply.server.clone(),
            got: server.clone(),
        })?;
    }
    require_ticket_server(reply)?;
    reply.require_nonce()?;
    require_start(reply)?;
    reply.require_endtime(reply.till)?;
    require_renew_till(reply)?;
    if reply.body.from.is_none() {
        reply.require_starttime_near()?;
    }
    Ok(())
}

pub(super) fn check_tgs_reply(reply: &Reply<'_>) -> Result<(), ClientError> {
    require_client(reply)?;
    require_ticket_server(reply)?;
    let server = reply.enc_server();
    let may_differ = reply.has_option(KdcOptions::CANONICALIZE)
        || is_tgs(&reply.server.name) && is_tgs(&server.name);
    reply.require(may_differ || server == *reply.server, || {
        ReplyMismatch::Server {
            asked: reply.server.clone(),
            got: server.clone(),
        }
    })?;
    reply.require_nonce()?;
    require_start(reply)?;
    reply.require_endtime(reply.till)?;
    require_renew_till(reply)?;
    if reply.body.from.is_none() {
        reply.require_starttime_near()?;
    }
    Ok(())
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
    let Some(padata) = enc_part.padata(PadataType::REQ_ENC_PA_REP) else {
        return Err(ReplyMismatch::EncPaRep.into());
    };
    let checksum = Checksum::decode(padata).map_err(|error| ClientError::UndecodableReply {
        exchange: Exchange::As,
        error,
    })?;
    reply_key
        .verify_checksum(
            checksum.cksumtype,
            KeyUsage::AS_REQ,
            request,
            &checksum.checksum,
        )
        .map_err(|_| ReplyMismatch::EncPaRep.into())
}

fn require_client(reply: &Reply<'_>) -> Result<(), ClientError> {
    let got = reply.rep.client();
    reply.require(got == *reply.client, || ReplyMismatch::Client {
        asked: reply.client.clone(),
        got: got.clone(),
    })
}

fn require_ticket_server(reply: &Reply<'_>) -> Result<(), ClientError> {
    let (enc_part, ticket) = (reply.enc_server(), reply.ticket().server());
    reply.require(enc_part == ticket, || ReplyMismatch::TicketServer {
        enc_part: enc_part.clone(),
        ticket: ticket.clone(),
    })
}

fn require_start(reply: &Reply<'_>) -> Result<(), ClientError> {
    match reply.body.from {
        Some(asked) if reply.has_option(KdcOptions::POSTDATED) => {
            let got = reply.starttime();
            reply.require(got == asked, || ReplyMismatch::Starttime { asked, got })
        }
        _ => Ok(()),
    }
}

fn require_renew_till(reply: &Reply<'_>) -> Result<(), ClientError> {
    if reply.has_option(KdcOptions::RENEWABLE) {
        reply.require_renew_till(reply.rtime)
    } else if reply.has_option(KdcOptions::RENEWABLE_OK)
        && reply.enc_part.flags.contains(TicketFlags::RENEWABLE)
    {
        reply.require_renew_till(reply.till)
    } else {
        Ok(())
    }
}
