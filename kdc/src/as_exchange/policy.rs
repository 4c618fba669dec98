//! Whether a client may log on (RFC 4120 section 3.1.3, MS-KILE section 3.3.5.6.3).

use kdclab_proto::messages::KdcOptions;

use crate::context::Context;
use crate::{Attributes, Dialect, KdcError, PrincipalEntry, UserAccountControl};

const NOT_FOR_AS: KdcOptions = KdcOptions::FORWARDED
    .with(KdcOptions::PROXY)
    .with(KdcOptions::ENC_TKT_IN_SKEY)
    .with(KdcOptions::CNAME_IN_ADDL_TKT)
    .with(KdcOptions::RENEW)
    .with(KdcOptions::VALIDATE);

const POSTDATE: KdcOptions = KdcOptions::ALLOW_POSTDATE.with(KdcOptions::POSTDATED);

pub(crate) fn check_policy(
    context: &Context<'_>,
    options: KdcOptions,
    client: &PrincipalEntry,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    let now = context.time();
    if options.intersects(NOT_FOR_AS) {
        return Err(KdcError::InvalidAsOptions(options & NOT_FOR_AS));
    }
    if let Some(expiration) = client.expiration.filter(|expiration| now > *expiration) {
        return Err(KdcError::ClientExpired { expiration, now });
    }
    if context.database.policy().dialect == Dialect::Mit {
        check_password_expiration(context, client, server)?;
    }
    if let Some(expiration) = server.expiration.filter(|expiration| now > *expiration) {
        return Err(KdcError::ServiceExpired { expiration, now });
    }
    if context.database.policy().dialect == Dialect::Mit {
        check_password_change(client, server)?;
    }
    let forbids_postdating =
        |entry: &PrincipalEntry| entry.attributes.contains(Attributes::DISALLOW_POSTDATED);
    if options.intersects(POSTDATE) && (forbids_postdating(client) || forbids_postdating(server)) {
        return Err(KdcError::PostdateNotAllowed);
    }
    if client.attributes.contains(Attributes::DISALLOW_ALL_TIX) {
        return Err(KdcError::ClientDisabled);
    }
    if server.attributes.contains(Attributes::DISALLOW_ALL_TIX) {
        return Err(KdcError::ServiceDisabled);
    }
    if server.attributes.contains(Attributes::DISALLOW_SVR) {
        return Err(KdcError::ServiceNotAllowed);
    }
    Ok(())
}

pub(super) fn check_password_age(
    context: &Context<'_>,
    client: &PrincipalEntry,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    check_password_expiration(context, client, server)?;
    check_password_change(client, server)
}

fn check_password_expiration(
    context: &Context<'_>,
    client: &PrincipalEntry,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    let now = context.time();
    let control = client.account.as_ref().map(|account| account.control);
    if control.is_some_and(|control| control.contains(UserAccountControl::DONT_EXPIRE_PASSWORD)) {
        return Ok(());
    }
    match client.password_expiration {
        Some(expiration) if now > expiration && !changes_passwords(server) => {
            Err(KdcError::PasswordExpired { expiration, now })
        }
        _ => Ok(()),
    }
}

fn check_password_change(client: &PrincipalEntry, server: &PrincipalEntry) -> Result<(), KdcError> {
    if client.attributes.contains(Attributes::REQUIRES_PWCHANGE) && !changes_passwords(server) {
        return Err(KdcError::PasswordChangeRequired);
    }
    Ok(())
}

fn changes_passwords(server: &PrincipalEntry) -> bool {
    server.attributes.contains(Attributes::PWCHANGE_SERVICE)
}

pub(crate) fn check_lockout(
    context: &Context<'_>,
    client: &PrincipalEntry,
) -> Result<(), KdcError> {
    let history = context
        .traffic
        .logons(context.database.realm(), client.id());
    match history.locked_until(&client.lockout, client.unlocked_at, context.time()) {
        Some(until) => Err(KdcError::ClientLockedOut {
            failures: history.failures,
            max_failures: client.lockout.max_failures,
            until,
        }),
        None => Ok(()),
    }
}

/// Whether an account of Active Directory may log on at this hour (MS-KILE sections 3.3.5.6.3 and 3.3.5.7.1).
pub(crate) fn check_logon_hours(
    context: &Context<'_>,
    client: &PrincipalEntry,
) -> Result<(), KdcError> {
    let hours = client
        .account
        .as_ref()
        .and_then(|account| account.logon_hours);
    match hours {
        Some(hours) if !hours.permits(context.time()) => Err(KdcError::ClientOutsideLogonHours {
            logon_hours: hours,
            now: context.time(),
        }),
        _ => Ok(()),
    }
}
