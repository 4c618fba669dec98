//! Whether a presented ticket entitles to what is asked for (RFC 4120 section 3.3.3).

use std::time::Duration;

use kdclab_proto::Principal;
use kdclab_proto::messages::{KdcOptions, KdcReqBody, TicketFlags};

use crate::as_exchange::{check_lockout, check_logon_hours};
use crate::context::{Context, after};
use crate::tgs::header::Header;
use crate::{Attributes, Dialect, KdcError, PrincipalEntry};

/// Options that concern the presented ticket itself, which need not be ticket-granting then.
pub(crate) const ABOUT_THE_TICKET: KdcOptions = KdcOptions::FORWARDED
    .with(KdcOptions::PROXY)
    .with(KdcOptions::RENEW)
    .with(KdcOptions::VALIDATE);

/// After which age of a TGT Active Directory looks at the client's account again (MS-KILE section
/// 3.3.5.7.1).
const ACCOUNT_CHECK_AGE: Duration = Duration::from_secs(20 * 60);

/// The checks in MIT's order.
pub(crate) fn check(
    context: &Context<'_>,
    body: &KdcReqBody,
    header: &Header<'_>,
    requested: &Principal,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    check_flags(body.kdc_options, header)?;
    check_times(context, body.kdc_options, header)?;
    check_service(context, body.kdc_options, header, server)?;
    check_ticket_service(context, body.kdc_options, header, requested)?;
    if context.database.policy().dialect == Dialect::ActiveDirectory {
        check_account(context, header)?;
    }
    if body.kdc_options.contains(KdcOptions::CNAME_IN_ADDL_TKT) {
        if body.additional_tickets.as_ref().is_none_or(Vec::is_empty) {
            return Err(KdcError::SecondTicketMissing);
        }
        return Err(KdcError::DelegationNotAllowed);
    }
    Ok(())
}

fn check_flags(options: KdcOptions, header: &Header<'_>) -> Result<(), KdcError> {
    let needs = [
        (KdcOptions::FORWARDED, TicketFlags::FORWARDABLE),
        (KdcOptions::PROXY, TicketFlags::PROXIABLE),
        (KdcOptions::ALLOW_POSTDATE, TicketFlags::MAY_POSTDATE),
        (KdcOptions::POSTDATED, TicketFlags::MAY_POSTDATE),
        (KdcOptions::VALIDATE, TicketFlags::INVALID),
        (KdcOptions::RENEW, TicketFlags::RENEWABLE),
    ];
    for (option, flag) in needs {
        if options.contains(option) && !header.ticket.flags.contains(flag) {
            return Err(KdcError::TicketLacks { flag });
        }
    }
    if header.ticket.flags.contains(TicketFlags::INVALID) && !options.contains(KdcOptions::VALIDATE)
    {
        return Err(KdcError::TicketInvalid);
    }
    Ok(())
}

fn check_times(
    context: &Context<'_>,
    options: KdcOptions,
    header: &Header<'_>,
) -> Result<(), KdcError> {
    let now = context.time();
    let starttime = header.ticket.valid_from();
    if options.contains(KdcOptions::VALIDATE) && starttime > now {
        return Err(KdcError::ValidatedTooEarly { starttime, now });
    }
    if options.contains(KdcOptions::RENEW)
        && let Some(renew_till) = header
            .ticket
            .renew_till
            .filter(|renew_till| now > *renew_till)
    {
        return Err(KdcError::RenewTimePassed { renew_till, now });
    }
    Ok(())
}

fn check_service(
    context: &Context<'_>,
    options: KdcOptions,
    header: &Header<'_>,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    let forbids = |attribute| server.attributes.contains(attribute);
    let forbidden = [
        (KdcOptions::RENEWABLE, Attributes::DISALLOW_RENEWABLE),
        (KdcOptions::ALLOW_POSTDATE, Attributes::DISALLOW_POSTDATED),
        (KdcOptions::ENC_TKT_IN_SKEY, Attributes::DISALLOW_DUP_SKEY),
    ];
    for (option, attribute) in forbidden {
        if options.contains(option) && forbids(attribute) {
            return Err(KdcError::ServiceForbids { option });
        }
    }
    if forbids(Attributes::DISALLOW_ALL_TIX) {
        return Err(KdcError::ServiceDisabled);
    }
    if forbids(Attributes::DISALLOW_SVR) && !options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
        return Err(KdcError::ServiceNotAllowed);
    }
    if forbids(Attributes::DISALLOW_TGT_BASED) && header.server.name.krbtgt_realm().is_some() {
        return Err(KdcError::TgtBasedNotAllowed);
    }
    // What an account of Active Directory must do itself, its clients need not.
    let wants = |attribute| server.account.is_none() && forbids(attribute);
    let has = |flag| header.ticket.flags.contains(flag);
    if wants(Attributes::REQUIRES_HW_AUTH) && !has(TicketFlags::HW_AUTHENT) {
        return Err(KdcError::HardwarePreauthMissing);
    }
    if wants(Attributes::REQUIRES_PRE_AUTH) && !has(TicketFlags::PRE_AUTHENT) {
        return Err(KdcError::PreauthMissing);
    }
    let now = context.time();
    match server.expiration {
        Some(expiration) if now > expiration => Err(KdcError::ServiceExpired { expiration, now }),
        _ => Ok(()),
    }
}

/// Whether the presented ticket is for the right service: the one asked for where the request is about
/// the ticket itself, and the ticket-granting one of the realm asked in every other case.
fn check_ticket_service(
    context: &Context<'_>,
    options: KdcOptions,
    header: &Header<'_>,
    requested: &Principal,
) -> Result<(), KdcError> {
    if options.intersects(ABOUT_THE_TICKET) {
        if header.server != *requested {
            return Err(KdcError::ServiceMismatch {
                ticket: header.server.clone(),
                requested: requested.clone(),
            });
        }
        if options.contains(KdcOptions::PROXY) && requested.name.krbtgt_realm().is_some() {
            return Err(KdcError::ProxyOfTgt);
        }
        return Ok(());
    }
    match header.server.name.krbtgt_realm() {
        None => Err(KdcError::TicketNotTgt(header.server.clone())),
        Some(realm) if !context.database.is_same_realm(&realm, &requested.realm) => {
            Err(KdcError::TgsOfAnotherRealm {
                ticket: header.server.clone(),
                realm: requested.realm.clone(),
            })
        }
        Some(_) => Ok(()),
    }
}

/// Active Directory looks at the client's own account again when the TGT is old enough; MIT never does.
fn check_account(context: &Context<'_>, header: &Header<'_>) -> Result<(), KdcError> {
    let now = context.time();
    if now <= after(header.ticket.valid_from(), ACCOUNT_CHECK_AGE) {
        return Ok(());
    }
    let Some(client) = context.database.find_client(&header.ticket.client()) else {
        return Ok(());
    };
    if client.attributes.contains(Attributes::DISALLOW_ALL_TIX) {
        return Err(KdcError::ClientDisabled);
    }
    if let Some(expiration) = client.expiration.filter(|expiration| now > *expiration) {
        return Err(KdcError::ClientExpired { expiration, now });
    }
    check_lockout(context, client)?;
    check_logon_hours(context, client)
}
