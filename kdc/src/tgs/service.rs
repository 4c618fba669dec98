//! Which service a TGS-REQ gets a ticket for (RFC 4120 section 3.3.1, RFC 6806 section 8).

use kdclab_proto::messages::KdcOptions;
use kdclab_proto::{NameType, Principal, Realm};

use crate::context::Context;
use crate::route::realm_path;
use crate::{Dialect, KdcError, PrincipalEntry, RealmPolicy};

/// The entry of `requested`, or of the ticket-granting service of a realm nearer to it.
pub(crate) fn find<'a>(
    context: &Context<'a>,
    requested: &Principal,
    options: KdcOptions,
) -> Result<&'a PrincipalEntry, KdcError> {
    let database = context.database;
    if let Some(entry) = database.lookup(requested) {
        return Ok(entry);
    }
    if database.is_duplicate(requested) {
        return Err(KdcError::ServiceNotUnique(requested.clone()));
    }
    if !database.is_realm(&requested.realm) {
        return Err(KdcError::ServiceRealmForeign(requested.clone()));
    }
    let realm = match requested.name.krbtgt_realm() {
        Some(realm) if !database.is_realm(&realm) => Some(realm),
        Some(_) => None,
        None => referral_realm(context, requested, options),
    };
    realm
        .and_then(|realm| nearest_tgs(context, &realm))
        .ok_or_else(|| KdcError::ServiceUnknown(requested.clone()))
}

/// The ticket-granting service, of those this realm shares a key with, that is furthest on the way to
/// `realm`.
fn nearest_tgs<'a>(context: &Context<'a>, realm: &Realm) -> Option<&'a PrincipalEntry> {
    let database = context.database;
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
