//! The ticket that a TGS-REQ presents, and the proof that its sender may use it (RFC 4120 section 3.3.2).

use kdclab_proto::crypto::ChecksumError;
use kdclab_proto::messages::{
    ApOptions, ApReq, Authenticator, EncTicketPart, HostAddress, KdcReq, PadataType, Ticket,
};
use kdclab_proto::{Key, KeyUsage, Principal, Timestamp};

use crate::context::{Context, decrypted};
use crate::database::Found;
use crate::{Attributes, Dialect, KdcError, PrincipalEntry};

/// How many older keys are tried for a ticket without a key version, as MIT does.
const TRIES_WITHOUT_KVNO: usize = 3;

/// What a TGS-REQ presents.
pub(crate) struct Header<'a> {
    /// The service of the ticket.
    pub(crate) server: Principal,
    /// That service's entry.
    pub(crate) entry: &'a PrincipalEntry,
    /// The contents of the ticket.
    pub(crate) ticket: EncTicketPart,
    /// The session key.
    pub(crate) session: Key,
    /// The authenticator's subkey.
    pub(crate) subkey: Option<Key>,
}

/// Opens and checks what `request` presents. `client` is set as soon as the ticket is open.
pub(crate) fn verify<'a>(
    context: &Context<'a>,
    request: &KdcReq,
    client: &mut Option<Principal>,
) -> Result<Header<'a>, KdcError> {
    let value = request
        .padata(PadataType::TGS_REQ)
        .ok_or(KdcError::PaTgsReqMissing)?;
    let ap_req = ApReq::decode_padded(value).map_err(KdcError::HeaderUndecodable)?;
    let refused = ApOptions::USE_SESSION_KEY | ApOptions::MUTUAL_REQUIRED;
    if ap_req.ap_options.intersects(refused) {
        return Err(KdcError::HeaderOptionsRefused);
    }
    let server = ap_req.ticket.server();
    let entry = find_server(context, &server)
        .ok_or_else(|| KdcError::HeaderServerUnknown(server.clone()))?;
    let ticket = open(context, entry, &ap_req.ticket)?;
    *client = Some(ticket.client());
    let session = ticket.key.key().map_err(KdcError::SessionKeyUnusable)?;
    let authenticator = open_authenticator(&session, &ap_req)?;
    check_use(context, &ticket, &authenticator)?;
    check_body(context, &server, &ticket, &session, &authenticator, request)?;
    let subkey = authenticator
        .subkey
        .as_ref()
        .map(|subkey| subkey.key().map_err(KdcError::SubkeyUnusable))
        .transpose()?;
    Ok(Header {
        server,
        entry,
        ticket,
        session,
        subkey,
    })
}

/// The entry whose key a presented ticket is sealed with.
pub(crate) fn find_server<'a>(
    context: &Context<'a>,
    server: &Principal,
) -> Option<&'a PrincipalEntry> {
    let Found::Entry(entry) = context.database.find_service(server) else {
        return None;
    };
    let closed = [Attributes::DISALLOW_SVR, Attributes::DISALLOW_ALL_TIX];
    let is_closed = closed
        .iter()
        .any(|attribute| entry.attributes.contains(*attribute));
    (!is_closed).then_some(entry)
}

/// Opens a ticket with the key it names. A ticket for this realm's own TGS must be sealed with the first
/// key of its version, since no other is ever used for it.
pub(crate) fn open(
    context: &Context<'_>,
    entry: &PrincipalEntry,
    ticket: &Ticket,
) -> Result<EncTicketPart, KdcError> {
    let server = ticket.server();
    let etype = ticket.enc_part.etype;
    let kvno = ticket.enc_part.kvno.filter(|kvno| *kvno != 0);
    let missing = || {
        let set = kvno
            .and_then(|kvno| entry.key_set(kvno))
            .or_else(|| entry.key_sets().first());
        KdcError::KeyOfTicketMissing {
            server: server.clone(),
            ticket_kvno: kvno,
            ticket_enctype: etype,
            newest_kvno: entry.kvno(),
            present: set
                .into_iter()
                .flat_map(|set| &set.keys)
                .map(|key| key.key.enctype())
                .collect(),
        }
    };
    let sets = entry.key_sets().iter();
    let candidates: Vec<_> = match kvno {
        Some(kvno) => sets.filter(|set| set.kvno == kvno).collect(),
        None => sets.take(TRIES_WITHOUT_KVNO).collect(),
    };
    let mut failure = None;
    for set in candidates {
        let mut keys = set
            .keys
            .iter()
            .filter(|key| context.database.policy().permits(key.key.enctype()));
        let key = if server.is_local_krbtgt() {
            keys.next().filter(|key| key.key.enctype() == etype)
        } else {
            keys.find(|key| key.key.enctype() == etype)
        };
        let Some(key) = key else { continue };
        match decrypted(&key.key, KeyUsage::TICKET, &ticket.enc_part) {
            Some(plain) => {
                return EncTicketPart::decode_padded(&plain).map_err(KdcError::HeaderUndecodable);
            }
            None => {
                failure.get_or_insert_with(|| KdcError::HeaderTicketUndecryptable {
                    server: server.clone(),
                    kvno: set.kvno,
                });
            }
        }
    }
    Err(failure.unwrap_or_else(missing))
}

fn open_authenticator(session: &Key, ap_req: &ApReq) -> Result<Authenticator, KdcError> {
    let plain = decrypted(
        session,
        KeyUsage::TGS_REQ_AUTHENTICATOR,
        &ap_req.authenticator,
    )
    .ok_or(KdcError::AuthenticatorUndecryptable)?;
    Authenticator::decode_padded(&plain).map_err(KdcError::HeaderUndecodable)
}

/// Who uses the ticket, from where and when.
pub(crate) fn check_use(
    context: &Context<'_>,
    ticket: &EncTicketPart,
    authenticator: &Authenticator,
) -> Result<(), KdcError> {
    if ticket.client() != authenticator.client() {
        return Err(KdcError::ClientMismatch {
            ticket: ticket.client(),
            authenticator: authenticator.client(),
        });
    }
    let peer = context.peer.ip();
    if let Some(addresses) = ticket.caddr.as_ref().filter(|caddr| !caddr.is_empty())
        && !addresses.contains(&HostAddress::from(peer))
    {
        return Err(KdcError::AddressMismatch { peer });
    }
    let now = context.time();
    if ticket.valid_from() > now && !context.is_within_skew(ticket.valid_from()) {
        return Err(KdcError::TicketNotYetValid {
            starttime: ticket.valid_from(),
            now,
        });
    }
    if ticket.endtime < now && !context.is_within_skew(ticket.endtime) {
        return Err(KdcError::TicketExpired {
            endtime: ticket.endtime,
            now,
        });
    }
    if !context.is_within_skew(authenticator.ctime) {
        let microseconds = u32::try_from(authenticator.cusec).ok();
        return Err(KdcError::ClockSkew {
            client: microseconds
                .and_then(|microseconds| Timestamp::new(authenticator.ctime, microseconds))
                .unwrap_or_else(|| authenticator.ctime.timestamp()),
            kdc: context.now,
            limit: context.database.policy().clockskew,
        });
    }
    Ok(())
}

/// The checksum over the body, as its octets came. Active Directory does without one.
fn check_body(
    context: &Context<'_>,
    server: &Principal,
    ticket: &EncTicketPart,
    session: &Key,
    authenticator: &Authenticator,
    request: &KdcReq,
) -> Result<(), KdcError> {
    let database = context.database;
    let is_optional = database.policy().dialect == Dialect::ActiveDirectory;
    if authenticator.cksum.is_none() && !is_optional {
        return Err(KdcError::ChecksumMissing);
    }
    if !database.is_realm(&server.realm) && database.is_realm(&ticket.crealm) {
        return Err(KdcError::LineageCheckFailed {
            client: ticket.client(),
            issuer: server.realm.clone(),
        });
    }
    let Some(checksum) = &authenticator.cksum else {
        return Ok(());
    };
    if checksum.cksumtype.is_keyed().is_none() {
        return Err(KdcError::ChecksumTypeUnknown(checksum.cksumtype));
    }
    session
        .verify_checksum(
            checksum.cksumtype,
            KeyUsage::TGS_REQ_CHECKSUM,
            request.req_body_bytes(),
            &checksum.checksum,
        )
        .map_err(|error| match error {
            ChecksumError::Inappropriate(checksum_type) => {
                KdcError::ChecksumInappropriate(checksum_type)
            }
            ChecksumError::Mismatch => KdcError::ChecksumMismatch,
        })
}
