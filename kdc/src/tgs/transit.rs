//! Which realms a client has crossed, and whether it may cross another one (RFC 4120 section 3.3.3.2, MS-KILE section
//! 3.3.5.7.5).

use kdclab_proto::Realm;
use kdclab_proto::messages::{EncTicketPart, KdcOptions, TransitedEncoding};

use crate::context::Context;
use crate::route::realm_path;
use crate::tgs::header::Header;
use crate::tgs::is_referral;
use crate::transited::{add_transited, expand_transited};
use crate::{Dialect, KdcError, PrincipalEntry, TrustedDomain};

/// The transited field of the new ticket: with the realm that issued the presented one, unless that is
/// the client's own or this one (RFC 4120 section 3.3.3.2).
pub(super) fn transited(
    context: &Context<'_>,
    header: &Header<'_>,
    server: &PrincipalEntry,
) -> Result<TransitedEncoding, KdcError> {
    let presented = &header.ticket;
    let issuer = &header.server.realm;
    let is_foreign = !context.database.is_realm(issuer);
    let leads_on = is_referral(context, server);
    let came_by_one = header.entry.non_transitive && (*issuer != presented.crealm || leads_on);
    let leaves_by_one = server.non_transitive;
    if is_foreign
        && (came_by_one
            || leaves_by_one
            || (leads_on && joins_three_forests(context, issuer, server)))
    {
        return Err(KdcError::NonTransitive {
            client: presented.crealm.clone(),
            server: server.principal().clone(),
        });
    }
    if !is_foreign || *issuer == presented.crealm {
        return Ok(presented.transited.clone());
    }
    let known = TransitedEncoding::DOMAIN_X500_COMPRESS;
    if presented.transited.tr_type != known {
        return Err(KdcError::TransitedTypeUnknown {
            tr_type: presented.transited.tr_type,
        });
    }
    Ok(TransitedEncoding {
        tr_type: known,
        contents: add_transited(&presented.transited.contents, issuer)
            .map_err(|_| KdcError::TransitedUndecodable)?,
    })
}

/// Whether a client who came over a trust of two forests is sent on over another one: such a trust leads to every domain
/// of the other forest, and no further.
fn joins_three_forests(context: &Context<'_>, issuer: &Realm, referral: &PrincipalEntry) -> bool {
    let joins_forests = |realm: &Realm| {
        let trust = context.database.trusted_domain(realm);
        trust.is_some_and(TrustedDomain::joins_forests)
    };
    let next = referral.principal().name.krbtgt_realm();
    joins_forests(issuer) && next.is_some_and(|next| joins_forests(&next))
}

/// Whether every realm crossed is on the way from the client's realm to this one. A domain of Active Directory trusts its
/// partners to know, and does not look (MS-KILE section 3.3.5.7, of the flag transited-policy-checked).
pub(super) fn check(
    context: &Context<'_>,
    options: KdcOptions,
    header: &Header<'_>,
    part: &EncTicketPart,
) -> Result<bool, KdcError> {
    let policy = context.database.policy();
    if context
        .database
        .trusted_domain(&header.server.realm)
        .is_some()
    {
        return Ok(false);
    }
    let realm = context.database.realm();
    let bad_transit = |transited| KdcError::BadTransit {
        client: part.crealm.clone(),
        server: realm.clone(),
        transited,
    };
    if options.contains(KdcOptions::DISABLE_TRANSITED_CHECK) {
        return if policy.reject_bad_transit && policy.dialect == Dialect::Mit {
            Err(bad_transit(None))
        } else {
            Ok(false)
        };
    }
    let crossed = expand_transited(&part.transited.contents, &part.crealm, realm)
        .map_err(|_| KdcError::TransitedUndecodable)?;
    let expected: Vec<Realm> = realm_path(policy, &part.crealm, realm);
    let trusted = crossed.iter().all(|crossed| expected.contains(crossed));
    if !trusted && policy.reject_bad_transit {
        return Err(bad_transit(Some(crossed)));
    }
    Ok(trusted)
}
