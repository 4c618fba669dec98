//! Which service a TGS-REQ gets a ticket for (RFC 4120 section 3.3.1, RFC 6806 section 8).

use kdclab_proto::messages::KdcOptions;
use kdclab_proto::{NameType, Principal, Realm};

use crate::context::Context;
use crate::database::Found;
use crate::route::realm_path;
use crate::tgs::header::Header;
use crate::{Dialect, KdcError, PrincipalEntry, RealmPolicy, TrustAttributes};

/// The entry of `requested`, or of the ticket-granting service of a realm nearer to it.
pub(crate) fn find<'a>(
    context: &Context<'a>,
    requested: &Principal,
    options: KdcOptions,
) -> Result<&'a PrincipalEntry, KdcError> {
    let database = context.database;
    match database.find_service(requested) {
        Found::Entry(entry) => return Ok(entry),
        Found::Several(name) => return Err(KdcError::ServiceNotUnique(name)),
        Found::Nothing => {}
    }
    if !database.is_realm(&requested.realm) {
        return Err(KdcError::ServiceRealmForeign(requested.clone()));
    }
    let realm = match requested.name.krbtgt_realm() {
        Some(realm) if !database.is_realm(&realm) => Some(realm),
        Some(_) => None,
        None => referral_realm(context, requested, options),
    };
    next_domain(context, requested, options)
        .or_else(|| realm.and_then(|realm| nearest_tgs(context, &realm)))
        .ok_or_else(|| KdcError::ServiceUnknown(requested.clone()))
}

/// The ticket-granting service of the next domain or realm on the way to a service, as far as the trusts of the domain and
/// of its forest tell. A name of three components is looked for where the last one says,
/// `ldap/dc1.corp.example/corp.example`.
fn next_domain<'a>(
    context: &Context<'a>,
    requested: &Principal,
    options: KdcOptions,
) -> Option<&'a PrincipalEntry> {
    let (forest, here) = (context.database.forest(), context.database.realm());
    let tgs = |next: &Realm| context.database.lookup(&Principal::krbtgt(next, here));
    if let Some(realm) = requested.name.krbtgt_realm() {
        return tgs(&forest.next_to_realm(here, &realm)?);
    }
    let may_be_referred = options.contains(KdcOptions::CANONICALIZE)
        && !options.contains(KdcOptions::ENC_TKT_IN_SKEY);
    if !may_be_referred {
        return None;
    }
    let [_, host, rest @ ..] = requested.name.components.as_slice() else {
        return None;
    };
    let place = rest.last().unwrap_or(host).to_str_lossy();
    let host = place.split(':').next().unwrap_or_default();
    tgs(&forest.next_to_host(here, host)?)
}

/// Whether service tickets exist for the account. A user's account has to have a service's name, since otherwise anybody
/// could try passwords on a ticket for it (catalogue S003-6).
pub(crate) fn check_is_service(
    server: &PrincipalEntry,
    requested: &Principal,
) -> Result<(), KdcError> {
    match &server.account {
        Some(account) if account.is_user() && account.service_principal_names.is_empty() => {
            Err(KdcError::ServicePrincipalNameMissing(requested.clone()))
        }
        _ => Ok(()),
    }
}

/// Whether a client of another organization may come to the account (MS-KILE section 3.3.5.7.5). The domain that a client
/// enters the forest by would say so in the PAC; without one, each domain looks at the forest's trusts.
pub(crate) fn check_selective_authentication(
    context: &Context<'_>,
    header: &Header<'_>,
    server: &PrincipalEntry,
) -> Result<(), KdcError> {
    let database = context.database;
    let client = header.ticket.client();
    let trust = database.trusted_domain(&header.server.realm);
    if trust.is_none() || server.principal().name.krbtgt_realm().is_some() {
        return Ok(());
    }
    let is_theirs = trust.is_some_and(|trust| {
        trust
            .attributes
            .contains(TrustAttributes::CROSS_ORGANIZATION)
    });
    let forest = database.forest();
    let is_selective =
        is_theirs || (!forest.has(&client.realm) && forest.is_cross_organization(&client.realm));
    let is_allowed = server
        .account
        .as_ref()
        .is_some_and(|account| account.lets_authenticate(&client));
    if is_selective && !is_allowed {
        return Err(KdcError::AuthenticationNotAllowed {
            client,
            server: server.principal().clone(),
        });
    }
    Ok(())
}

/// The ticket-granting service, of those this realm shares a key with, that is furthest on the way to
/// `realm`. A domain of Active Directory with trusts knows no other ways than those.
fn nearest_tgs<'a>(context: &Context<'a>, realm: &Realm) -> Option<&'a PrincipalEntry> {
    let database = context.database;
    if database.forest().has(database.realm()) {
        let next = database.forest().next_to_realm(database.realm(), realm);
        let next = next.as_ref().unwrap_or(realm);
        return database.lookup(&Principal::krbtgt(next, database.realm()));
    }
    let path = realm_path(database.policy(), database.realm(), realm);
    path.iter()
        .skip(1)
        .rev()
        .find_map(|next| database.lookup(&Principal::krbtgt(next, database.realm())))
}

/// The realm that the host of an unknown service belongs to, when the client may be referred there.
fn referral_realm(
    context: &Context<'_>,
    requested: &Principal,
    options: KdcOptions,
) -> Option<Realm> {
    let policy = context.database.policy();
    let [service, host] = requested.name.components.as_slice() else {
        return None;
    };
    let (service, host) = (service.to_str_lossy(), host.to_str_lossy());
    let may_be_referred = options.contains(KdcOptions::CANONICALIZE)
        && !options.contains(KdcOptions::ENC_TKT_IN_SKEY)
        && is_host_based(policy, requested.name.name_type, &service)
        && host.contains('.');
    if !may_be_referred {
        return None;
    }
    policy
        .realm_of_host(&host)
        .filter(|realm| !realm.is_empty() && !context.database.is_realm(realm))
        .cloned()
}

fn is_host_based(policy: &RealmPolicy, name_type: NameType, service: &str) -> bool {
    let listed = |services: &[String]| {
        services
            .iter()
            .any(|listed| listed == "*" || listed == service)
    };
    if policy.dialect == Dialect::ActiveDirectory {
        return true;
    }
    match name_type {
        NameType::SRV_HST | NameType::SRV_INST => !listed(&policy.no_host_referral),
        NameType::UNKNOWN => {
            listed(&policy.host_based_services) && !listed(&policy.no_host_referral)
        }
        _ => false,
    }
}
