//! The TGS exchange (RFC 4120 section 3.3).

use kdclab_proto::messages::{
    AuthorizationData, AuthorizationDataElement, EncKdcRepPart, EncTgsRepPart, EncTicketPart,
    EncryptionKey, KdcOptions, KdcRep, KdcReq, KdcReqBody, LastReqEntry, PaData, TgsRep,
    TicketFlags,
};
use kdclab_proto::{KerberosTime, Key, KeyUsage, Principal};
use rand::CryptoRng;

use crate::context::{Answer, Context, decrypted, encrypted, seal};
use crate::database::Found;
use crate::outcome::Issued;
use crate::tgs::header::Header;
use crate::tgs::s4u2self::{Confirmation, ForUser};
use crate::{Attributes, Dialect, KdcError, PrincipalEntry};

pub(crate) mod header;
mod policy;
mod s4u2self;
pub(crate) mod service;
mod transit;

/// Answers a TGS-REQ. `client` is set as soon as the presented ticket is open.
pub(crate) fn answer(
    context: &Context<'_>,
    request: &KdcReq,
    client: &mut Option<Principal>,
    rng: &mut dyn CryptoRng,
) -> Result<Answer, KdcError> {
    let body = request.req_body();
    let header = header::verify(context, request, client)?;
    let requested = body
        .sname
        .clone()
        .ok_or(KdcError::ServiceNameMissing)?
        .at(body.realm.clone());
    let server = service::find(context, &requested, body.kdc_options)?;
    let for_user = s4u2self::requested(context, request, &header)?;
    if !body.kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
        service::check_is_service(server, &requested).map_err(|error| match for_user {
            // A service without a name is none that could ask for a user (catalogue S003-6 is about clients).
            Some(_) => KdcError::ServiceUnknown(requested.clone()),
            None => error,
        })?;
    }
    service::check_selective_authentication(context, &header, server)?;
    policy::check(context, body, &header, &requested, server)?;
    if let Some(for_user) = &for_user {
        s4u2self::check(context, body, &header, &requested, server, for_user)?;
    }

    let second = if body.kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
        Some(open_second_ticket(context, body, &requested)?)
    } else {
        None
    };
    let shared = second
        .as_ref()
        .map(|key| key.enctype())
        .filter(|enctype| body.etype.contains(enctype));
    let session_enctype = match shared {
        Some(enctype) => enctype,
        None => context.session_enctype(server, &body.etype)?,
    };
    let session = Key::generate(session_enctype, rng).map_err(KdcError::SessionKeyUnusable)?;
    let ticket_server = if is_referral(context, server) {
        server.principal().clone()
    } else {
        requested.name.clone().at(context.database.realm().clone())
    };
    let part = ticket_part(context, body, &header, server, for_user.as_ref(), &session)?;
    let (kvno, sealing_key) = match &second {
        Some(key) => (None, key),
        None => {
            let (kvno, key) = context.sealing_key(server)?;
            (Some(kvno), key)
        }
    };
    let issued = Issued {
        server: ticket_server.clone(),
        authtime: part.authtime,
        endtime: part.endtime,
        reply_enctype: header.subkey.as_ref().unwrap_or(&header.session).enctype(),
        ticket_enctype: sealing_key.enctype(),
        session_enctype,
        for_user: for_user.as_ref().map(|for_user| for_user.user.clone()),
    };
    let ticket = seal(&ticket_server, &part, sealing_key, kvno, rng);
    let (reply_key, usage) = match &header.subkey {
        Some(subkey) => (subkey, KeyUsage::TGS_REP_SUBKEY),
        None => (&header.session, KeyUsage::TGS_REP_SESSION_KEY),
    };
    let confirmation = match &for_user {
        Some(for_user) => s4u2self::confirmation(&header, for_user)?,
        None => Confirmation::default(),
    };
    let reply_part = reply_part(body, &part, ticket_server, confirmation.sealed).encode();
    let reply = TgsRep(KdcRep {
        pvno: 5,
        msg_type: 13,
        padata: confirmation.clear,
        crealm: part.crealm,
        cname: part.cname,
        ticket,
        enc_part: encrypted(reply_key, None, usage, &reply_part, rng),
    });
    Ok(Answer {
        bytes: reply.encode(),
        issued,
    })
}

fn is_referral(context: &Context<'_>, server: &PrincipalEntry) -> bool {
    let realm = context.database.realm();
    server
        .principal()
        .name
        .krbtgt_realm()
        .is_some_and(|next| !context.database.is_realm(&next))
        && server.principal().realm == *realm
}

fn reply_part(
    body: &KdcReqBody,
    part: &EncTicketPart,
    server: Principal,
    encrypted_pa_data: Option<Vec<PaData>>,
) -> EncTgsRepPart {
    let has_new_addresses = body
        .kdc_options
        .intersects(KdcOptions::FORWARDED | KdcOptions::PROXY);
    EncTgsRepPart(EncKdcRepPart {
        key: part.key.clone(),
        last_req: vec![LastReqEntry {
            lr_type: 0,
            lr_value: KerberosTime::EPOCH,
        }],
        nonce: body.nonce,
        key_expiration: None,
        flags: part.flags,
        authtime: part.authtime,
        starttime: part.starttime,
        endtime: part.endtime,
        renew_till: part.renew_till,
        srealm: server.realm,
        sname: server.name,
        caddr: part.caddr.clone().filter(|_| has_new_addresses),
        encrypted_pa_data,
    })
}

/// The session key of the additional ticket, which seals a user-to-user ticket (RFC 4120 section 3.3.3).
fn open_second_ticket(
    context: &Context<'_>,
    body: &KdcReqBody,
    requested: &Principal,
) -> Result<Key, KdcError> {
    let ticket = body
        .additional_tickets
        .as_ref()
        .and_then(|tickets| tickets.first())
        .ok_or(KdcError::SecondTicketMissing)?;
    let tgs = ticket.server();
    let realm = context.database.realm();
    if tgs != Principal::krbtgt(realm, realm) {
        return Err(KdcError::SecondTicketNotTgt(tgs));
    }
    let entry = header::find_server(context, &tgs)
        .ok_or_else(|| KdcError::SecondTicketKeyMissing(tgs.clone()))?;
    let part = header::open(context, entry, ticket).map_err(|error| match error {
        KdcError::KeyOfTicketMissing { .. } => KdcError::SecondTicketKeyMissing(tgs),
        _ => KdcError::SecondTicketUndecryptable,
    })?;
    let same = match (
        context.database.find_client(&part.client()),
        context.database.find_service(requested),
    ) {
        (Some(owner), Found::Entry(server)) => owner.id() == server.id(),
        _ => part.client() == *requested,
    };
    if !same {
        return Err(KdcError::SecondTicketMismatch {
            ticket: part.client(),
            server: requested.clone(),
        });
    }
    part.key
        .key()
        .map_err(KdcError::SecondTicketSessionKeyUnusable)
}

fn ticket_part(
    context: &Context<'_>,
    body: &KdcReqBody,
    header: &Header<'_>,
    server: &PrincipalEntry,
    for_user: Option<&ForUser>,
    session: &Key,
) -> Result<EncTicketPart, KdcError> {
    let options = body.kdc_options;
    let presented = &header.ticket;
    let mut part = EncTicketPart {
        key: EncryptionKey::from(session),
        ..presented.clone()
    };
    let user = for_user.and_then(|for_user| for_user.entry.as_ref());
    let entries: Vec<&PrincipalEntry> = user.into_iter().chain([server]).collect();
    let now = context.time();
    if options.intersects(KdcOptions::VALIDATE | KdcOptions::RENEW) {
        if options.contains(KdcOptions::VALIDATE) {
            part.flags.set(TicketFlags::INVALID, false);
        } else {
            let life = presented.endtime.seconds_since(presented.valid_from());
            part.starttime = Some(now);
            part.endtime = now.saturating_add(life);
            if let Some(renew_till) = presented.renew_till {
                part.endtime = part.endtime.min(renew_till);
            }
        }
        if context.database.policy().dialect == Dialect::Mit {
            let starttime = part.valid_from();
            part.renew_till =
                context.renew_till(body, starttime, part.endtime, Some(presented), &[server]);
            part.flags
                .set(TicketFlags::RENEWABLE, part.renew_till.is_some());
        }
    } else {
        let starttime = match body.from {
            Some(from) if options.contains(KdcOptions::POSTDATED) => from,
            _ => now,
        };
        part.starttime = Some(starttime);
        part.endtime = context.endtime(starttime, body.till, presented.endtime, &entries);
        part.renew_till =
            context.renew_till(body, starttime, part.endtime, Some(presented), &entries);
        part.flags = flags(options, presented, server, part.renew_till.is_some());
        if options.intersects(KdcOptions::FORWARDED | KdcOptions::PROXY) {
            part.caddr = body
                .addresses
                .clone()
                .filter(|addresses| !addresses.is_empty());
        }
    }
    if let Some(for_user) = for_user {
        s4u2self::restrict(&mut part.flags, server, for_user);
        part.crealm = for_user.user.realm.clone();
        part.cname = for_user.user.name.clone();
    }
    part.transited = transit::transited(context, header, server)?;
    let checked = transit::check(context, options, header, &part)?;
    part.flags
        .set(TicketFlags::TRANSITED_POLICY_CHECKED, checked);
    part.authorization_data = authorization_data(body, header)?;
    Ok(part)
}

/// Whether a service's own attribute keeps a flag out of its tickets. In Active Directory it is clients that may not have
/// forwardable tickets.
fn forbids(server: &PrincipalEntry, attribute: Attributes) -> bool {
    server.account.is_none() && server.attributes.contains(attribute)
}

fn flags(
    options: KdcOptions,
    presented: &EncTicketPart,
    server: &PrincipalEntry,
    renewable: bool,
) -> TicketFlags {
    let kept = TicketFlags::FORWARDED
        | TicketFlags::PROXY
        | TicketFlags::PRE_AUTHENT
        | TicketFlags::HW_AUTHENT
        | TicketFlags::ANONYMOUS;
    let mut flags = (presented.flags & kept) | TicketFlags::ENC_PA_REP;
    let mut copy = |option, flag, forbidden| {
        let granted = options.contains(option)
            && presented.flags.contains(flag)
            && !forbids(server, forbidden);
        flags.set(flag, granted);
    };
    copy(
        KdcOptions::FORWARDABLE,
        TicketFlags::FORWARDABLE,
        Attributes::DISALLOW_FORWARDABLE,
    );
    copy(
        KdcOptions::PROXIABLE,
        TicketFlags::PROXIABLE,
        Attributes::DISALLOW_PROXIABLE,
    );
    copy(
        KdcOptions::ALLOW_POSTDATE,
        TicketFlags::MAY_POSTDATE,
        Attributes::DISALLOW_POSTDATED,
    );
    if options.contains(KdcOptions::FORWARDED) {
        flags |= TicketFlags::FORWARDED;
    }
    if options.contains(KdcOptions::PROXY) {
        flags |= TicketFlags::PROXY;
    }
    if options.contains(KdcOptions::POSTDATED) {
        flags |= TicketFlags::POSTDATED | TicketFlags::INVALID;
    }
    flags.set(TicketFlags::RENEWABLE, renewable);
    flags.set(
        TicketFlags::OK_AS_DELEGATE,
        server.attributes.contains(Attributes::OK_AS_DELEGATE),
    );
    flags
}

/// The authorization data of the request followed by that of the presented ticket.
fn authorization_data(
    body: &KdcReqBody,
    header: &Header<'_>,
) -> Result<Option<AuthorizationData>, KdcError> {
    let presented = header.ticket.authorization_data.clone();
    let Some(data) = &body.enc_authorization_data else {
        return Ok(presented);
    };
    let (key, usage) = match &header.subkey {
        Some(subkey) => (subkey, KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SUBKEY),
        None => (
            &header.session,
            KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY,
        ),
    };
    let plain = decrypted(key, usage, data).ok_or(KdcError::AuthorizationDataUndecryptable)?;
    let requested =
        AuthorizationData::decode_padded(&plain).map_err(KdcError::AuthorizationDataUndecodable)?;
    let mandatory = AuthorizationDataElement::AD_MANDATORY_FOR_KDC;
    if requested
        .elements()
        .any(|element| element.ad_type == mandatory)
    {
        return Err(KdcError::AuthorizationDataUnknown { ad_type: mandatory });
    }
    Ok(Some(match presented {
        Some(presented) => requested.followed_by(&presented),
        None => requested,
    }))
}
