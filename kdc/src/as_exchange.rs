//! The AS exchange (RFC 4120 section 3.1).

use std::borrow::Cow;

use kdclab_proto::messages::{
    AsRep, Checksum, EncAsRepPart, EncKdcRepPart, EncTicketPart, EncryptionKey, KdcOptions, KdcRep,
    KdcReq, KdcReqBody, LastReqEntry, PadataType, TicketFlags, TransitedEncoding,
};
use kdclab_proto::{KerberosTime, Key, KeyUsage, NameType, Principal, PrincipalName};
use rand::CryptoRng;

use crate::context::{Answer, Context, encrypted, seal};
use crate::database::{Found, split_suffix};
use crate::outcome::Issued;
use crate::tgs::service::check_is_service;
use crate::{AsRepDefect, Attributes, Dialect, KdcError, PrincipalEntry, preauth};

mod policy;

use policy::check_password_age;
pub(crate) use policy::{check_lockout, check_logon_hours, check_policy};

/// Answers an AS-REQ. The order of the checks is MIT's: whoever may not log on learns it before any
/// question of passwords.
pub(crate) fn answer(
    context: &Context<'_>,
    request: &KdcReq,
    raw_request: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Answer, KdcError> {
    let body = request.req_body();
    let cname = body.cname.as_ref().ok_or(KdcError::ClientNameMissing)?;
    let sname = body.sname.as_ref().ok_or(KdcError::ServiceNameMissing)?;
    let client = find_client(
        context,
        &cname.clone().at(body.realm.clone()),
        body.kdc_options,
    )?;
    let requested_server = sname.clone().at(body.realm.clone());
    let server = match context.database.find_service(&requested_server) {
        Found::Entry(server) => server,
        Found::Nothing => return Err(KdcError::ServiceUnknown(requested_server)),
        Found::Several(name) => return Err(KdcError::ServiceNotUnique(name)),
    };
    check_is_service(server, &requested_server)?;

    check_policy(context, body.kdc_options, client, server)?;
    if body.kdc_options.contains(KdcOptions::REQUEST_ANONYMOUS) {
        return Err(KdcError::AnonymousClientRequired);
    }
    check_lockout(context, client)?;
    check_logon_hours(context, client)?;
    let session_enctype = context.session_enctype(server, &body.etype)?;
    let reply_key = context.reply_key(client, &body.etype);
    if reply_key.is_none() && context.database.policy().dialect == Dialect::ActiveDirectory {
        return Err(client_key_missing(client, request));
    }

    let pre_authenticated = pre_authenticate(context, client, request)?;
    if context.database.policy().dialect == Dialect::ActiveDirectory {
        check_password_age(context, client, server)?;
    }
    let reply_key = reply_key.ok_or_else(|| client_key_missing(client, request))?;

    let part = ticket_part(context, request, client, server, pre_authenticated, {
        Key::generate(session_enctype, rng).map_err(KdcError::SessionKeyUnusable)?
    })?;
    let canonical = body.kdc_options.contains(KdcOptions::CANONICALIZE);
    let ticket_name = match &context.database.policy().as_rep_defect {
        Some(AsRepDefect::Sname(other)) if is_krbtgt(sname) => other.clone(),
        _ if canonical && is_krbtgt(sname) && is_krbtgt(&server.principal().name) => {
            server.principal().name.clone()
        }
        _ => sname.clone(),
    };
    let ticket_server = ticket_name.at(context.database.realm().clone());
    let (kvno, sealing_key) = context.sealing_key(server)?;
    let ticket = seal(&ticket_server, &part, sealing_key, Some(kvno), rng);

    let enc_pa_rep = request.padata(PadataType::REQ_ENC_PA_REP).map(|_| {
        let checksum = Checksum {
            cksumtype: reply_key.key.checksum_type(),
            checksum: reply_key.key.checksum(KeyUsage::AS_REQ, raw_request),
        };
        vec![PadataType::REQ_ENC_PA_REP.with(checksum.encode())]
    });
    let reply_part = EncKdcRepPart {
        key: part.key.clone(),
        last_req: vec![last_req(context, client)],
        nonce: body.nonce,
        key_expiration: [client.expiration, client.password_expiration]
            .into_iter()
            .flatten()
            .min(),
        flags: part.flags,
        authtime: part.authtime,
        starttime: part.starttime,
        endtime: part.endtime,
        renew_till: part.renew_till,
        srealm: ticket_server.realm.clone(),
        sname: ticket_server.name.clone(),
        caddr: part.caddr.clone(),
        encrypted_pa_data: enc_pa_rep,
    };
    let issued = Issued {
        server: ticket_server,
        authtime: part.authtime,
        endtime: part.endtime,
        reply_enctype: reply_key.key.enctype(),
        ticket_enctype: sealing_key.enctype(),
        session_enctype,
        for_user: None,
    };
    let reply_kvno = match context.database.policy().dialect {
        Dialect::Mit => None,
        Dialect::ActiveDirectory => Some(client.kvno()),
    };
    let reply = AsRep(KdcRep {
        pvno: 5,
        msg_type: 11,
        padata: Some(preauth::reply_padata(
            context,
            client,
            reply_key,
            &body.etype,
        )),
        crealm: part.crealm,
        cname: part.cname,
        ticket,
        enc_part: encrypted(
            &reply_key.key,
            reply_kvno,
            KeyUsage::AS_REP,
            &EncAsRepPart(reply_part).encode(),
            rng,
        ),
    });
    if pre_authenticated && client.attributes.contains(Attributes::REQUIRES_PRE_AUTH) {
        context
            .traffic
            .record_success(context.database.realm(), client.id(), context.time());
    }
    Ok(Answer {
        bytes: reply.encode(),
        issued,
    })
}

/// The client's entry. An NT-ENTERPRISE name is an alias, or a name and a suffix that stands for this
/// realm or leads to another one (RFC 6806 sections 5 and 7).
pub(crate) fn find_client<'a>(
    context: &Context<'a>,
    client: &Principal,
    options: KdcOptions,
) -> Result<&'a PrincipalEntry, KdcError> {
    let database = context.database;
    if let Some(entry) = database.find_client(client) {
        return Ok(entry);
    }
    let unknown = || KdcError::ClientUnknown(client.clone());
    let [name] = client.name.components.as_slice() else {
        return Err(unknown());
    };
    if client.name.name_type != NameType::ENTERPRISE || !database.is_realm(&client.realm) {
        return Err(unknown());
    }
    let (user, suffix) = split_suffix(name).ok_or_else(unknown)?;
    let suffix_text = String::from_utf8_lossy(suffix).to_ascii_lowercase();
    let realm = match database.policy().upn_suffixes.get(&suffix_text) {
        Some(realm) => Some(realm.clone()),
        None => database
            .forest()
            .realm_of_users(database.realm(), &suffix_text),
    };
    match realm {
        Some(realm) if !database.is_realm(&realm) => {
            if options.contains(KdcOptions::CANONICALIZE) {
                Err(KdcError::ClientBelongsElsewhere { realm })
            } else {
                Err(unknown())
            }
        }
        None if !suffix.eq_ignore_ascii_case(database.realm().as_bytes()) => Err(unknown()),
        _ => database
            .find_client(
                &PrincipalName::new(NameType::PRINCIPAL, [user]).at(database.realm().clone()),
            )
            .ok_or_else(unknown),
    }
}

fn pre_authenticate(
    context: &Context<'_>,
    client: &PrincipalEntry,
    request: &KdcReq,
) -> Result<bool, KdcError> {
    let method_data = || preauth::method_data(context, client, &request.req_body().etype);
    let pre_authenticated = preauth::verify(context, client, request).inspect_err(|error| {
        if matches!(error, KdcError::PreauthFailed { .. }) {
            context.traffic.count_failure(
                context.database.realm(),
                client.id(),
                &client.lockout,
                client.unlocked_at,
                context.time(),
            );
        }
    })?;
    if client.attributes.contains(Attributes::REQUIRES_HW_AUTH) {
        return Err(KdcError::HardwarePreauthRequired(method_data()));
    }
    if client.attributes.contains(Attributes::REQUIRES_PRE_AUTH) && !pre_authenticated {
        return Err(KdcError::PreauthRequired(method_data()));
    }
    Ok(pre_authenticated)
}

fn ticket_part(
    context: &Context<'_>,
    request: &KdcReq,
    client: &PrincipalEntry,
    server: &PrincipalEntry,
    pre_authenticated: bool,
    session_key: Key,
) -> Result<EncTicketPart, KdcError> {
    let body = &body_as_read(context, request.req_body());
    let options = body.kdc_options;
    let now = context.time();
    let entries = [client, server];
    let allowed = |forbidden| {
        entries
            .iter()
            .all(|entry| !entry.attributes.contains(forbidden))
    };
    let postdated = options.contains(KdcOptions::POSTDATED);
    let starttime = match body.from {
        Some(from) if postdated => from,
        _ => now,
    };
    let endtime = context.endtime(starttime, body.till, KerberosTime::MAX, &entries);
    if endtime <= starttime {
        return Err(KdcError::NeverValid { starttime, endtime });
    }
    let renew_till = context.renew_till(body, starttime, endtime, None, &entries);

    let mut flags = TicketFlags::INITIAL | TicketFlags::ENC_PA_REP;
    flags.set(
        TicketFlags::FORWARDABLE,
        options.contains(KdcOptions::FORWARDABLE) && allowed(Attributes::DISALLOW_FORWARDABLE),
    );
    flags.set(
        TicketFlags::PROXIABLE,
        options.contains(KdcOptions::PROXIABLE) && allowed(Attributes::DISALLOW_PROXIABLE),
    );
    flags.set(
        TicketFlags::MAY_POSTDATE,
        options.contains(KdcOptions::ALLOW_POSTDATE),
    );
    flags.set(TicketFlags::POSTDATED | TicketFlags::INVALID, postdated);
    flags.set(TicketFlags::RENEWABLE, renew_till.is_some());
    flags.set(TicketFlags::PRE_AUTHENT, pre_authenticated);

    let named_by_client = body.cname.as_ref().filter(|name| {
        !options.contains(KdcOptions::CANONICALIZE) && name.name_type != NameType::ENTERPRISE
    });
    Ok(EncTicketPart {
        flags,
        key: EncryptionKey::from(&session_key),
        crealm: context.database.realm().clone(),
        cname: named_by_client
            .unwrap_or_else(|| &client.principal().name)
            .clone(),
        transited: TransitedEncoding::empty(),
        authtime: now,
        starttime: Some(starttime),
        endtime,
        renew_till,
        caddr: body
            .addresses
            .clone()
            .filter(|addresses| !addresses.is_empty()),
        authorization_data: None,
    })
}

/// What a KDC that ignores a field takes the request for.
fn body_as_read<'a>(context: &Context<'_>, body: &'a KdcReqBody) -> Cow<'a, KdcReqBody> {
    let mut read = Cow::Borrowed(body);
    match context.database.policy().as_rep_defect {
        Some(AsRepDefect::IgnoresFrom) => {
            let body = read.to_mut();
            body.kdc_options.set(KdcOptions::POSTDATED, false);
            body.from = None;
        }
        Some(AsRepDefect::IgnoresRtime) => read.to_mut().rtime = None,
        Some(AsRepDefect::IgnoresTill) => read.to_mut().till = KerberosTime::EPOCH,
        Some(AsRepDefect::Sname(_)) | None => {}
    }
    read
}

fn last_req(context: &Context<'_>, client: &PrincipalEntry) -> LastReqEntry {
    let known = context
        .traffic
        .logons(context.database.realm(), client.id())
        .last_success
        .filter(|_| context.database.policy().report_last_req);
    match known {
        Some(lr_value) => LastReqEntry {
            lr_type: 2,
            lr_value,
        },
        None => LastReqEntry {
            lr_type: 0,
            lr_value: KerberosTime::EPOCH,
        },
    }
}

fn client_key_missing(client: &PrincipalEntry, request: &KdcReq) -> KdcError {
    let newest = client.key_sets().first();
    KdcError::ClientKeyMissing {
        requested: request.req_body().etype.clone(),
        present: newest
            .into_iter()
            .flat_map(|set| &set.keys)
            .map(|key| key.key.enctype())
            .collect(),
    }
}

fn is_krbtgt(name: &PrincipalName) -> bool {
    name.krbtgt_realm().is_some()
}
