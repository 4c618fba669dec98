//! A service asks a ticket to itself for a user who did not log on (S4U2Self, MS-SFU section 3.2.5.1).
//!
//! This KDC issues no PAC, by which other KDCs vouch for a user across realms, so it serves the users of
//! its own realm. MIT refuses a request whose ticket has no PAC in every case.

use kdclab_proto::crypto::ChecksumError;
use kdclab_proto::messages::{
    KdcOptions, KdcReq, KdcReqBody, PaData, PaForUser, PaS4uX509User, PadataType, S4uOptions,
    S4uUserId, TicketFlags,
};
use kdclab_proto::{KeyUsage, NameType, Principal};

use crate::as_exchange::{check_lockout, check_logon_hours, check_policy, find_client};
use crate::context::Context;
use crate::tgs::header::Header;
use crate::tgs::is_referral;
use crate::{Attributes, Dialect, KdcError, PrincipalEntry};

/// The user that a service asks for.
pub(crate) struct ForUser {
    /// The user, as the ticket will name it.
    pub(crate) user: Principal,
    /// The user's entry; `None` for a user of another realm.
    pub(crate) entry: Option<PrincipalEntry>,
    /// The padata that the reply repeats.
    asked: Option<PaS4uX509User>,
}

/// The user that `request` asks for, if it asks for one. PA-S4U-X509-USER goes before PA-FOR-USER.
pub(crate) fn requested(
    context: &Context<'_>,
    request: &KdcReq,
    header: &Header<'_>,
) -> Result<Option<ForUser>, KdcError> {
    let (user, asked) = if let Some(value) = request.padata(PadataType::S4U_X509_USER) {
        let asked = x509_user(value, request, header)?;
        let id = asked.user_id();
        let name = id.cname.clone().ok_or(KdcError::ForUserNameless)?;
        (name.at(id.crealm.clone()), Some(asked))
    } else if let Some(value) = request.padata(PadataType::FOR_USER) {
        let padata_type = PadataType::FOR_USER;
        let asked = PaForUser::decode(value)
            .map_err(|error| KdcError::ForUserUndecodable { padata_type, error })?;
        if asked.cksum.cksumtype.is_keyed() == Some(false) {
            return Err(KdcError::ForUserChecksumInappropriate(
                asked.cksum.cksumtype,
            ));
        }
        asked.verify(&header.session).map_err(checksum_error)?;
        (asked.user(), None)
    } else {
        return Ok(None);
    };
    if !context.database.is_realm(&user.realm) {
        let entry = None;
        return Ok(Some(ForUser { user, entry, asked }));
    }
    let mut entry = find_client(context, &user, KdcOptions::NONE)
        .map_err(|_| KdcError::ForUserUnknown(user.clone()))?
        .clone();
    // Nobody types the user's password, so it does not matter how old it is.
    entry.password_expiration = None;
    entry.attributes.set(Attributes::REQUIRES_PWCHANGE, false);
    let user = match context.database.policy().dialect {
        Dialect::ActiveDirectory if user.name.name_type == NameType::ENTERPRISE => {
            entry.principal().clone()
        }
        _ => user,
    };
    Ok(Some(ForUser {
        user,
        entry: Some(entry),
        asked,
    }))
}

fn x509_user(
    value: &[u8],
    request: &KdcReq,
    header: &Header<'_>,
) -> Result<PaS4uX509User, KdcError> {
    let padata_type = PadataType::S4U_X509_USER;
    let asked = PaS4uX509User::decode(value)
        .map_err(|error| KdcError::ForUserUndecodable { padata_type, error })?;
    // The body's nonce may be the same 32 bits with a sign.
    if asked.user_id().nonce != request.req_body().nonce as u32 {
        return Err(KdcError::ForUserChecksumMismatch);
    }
    let key = header.subkey.as_ref().unwrap_or(&header.session);
    asked
        .verify(key, KeyUsage::PA_S4U_X509_USER_REQUEST)
        .map_err(checksum_error)?;
    let nameless = asked
        .user_id()
        .cname
        .as_ref()
        .is_none_or(|name| name.components.is_empty());
    if nameless {
        return Err(KdcError::ForUserNameless);
    }
    Ok(asked)
}

fn checksum_error(error: ChecksumError) -> KdcError {
    match error {
        ChecksumError::Inappropriate(cksumtype) => {
            KdcError::ForUserChecksumInappropriate(cksumtype)
        }
        ChecksumError::Mismatch => KdcError::ForUserChecksumMismatch,
    }
}

/// Whether the service that presents its ticket may ask for the user: for itself, and for a user who could
/// log on.
pub(crate) fn check(
    context: &Context<'_>,
    body: &KdcReqBody,
    header: &Header<'_>,
    requested: &Principal,
    server: &PrincipalEntry,
    for_user: &ForUser,
) -> Result<(), KdcError> {
    if !context.database.is_realm(&header.server.realm) {
        return Err(KdcError::ForUserWithoutPac);
    }
    if is_referral(context, server) {
        return Err(KdcError::ServiceUnknown(requested.clone()));
    }
    let requester = header.ticket.client();
    let is_self = context
        .database
        .find_client(&requester)
        .is_some_and(|entry| entry.id() == server.id());
    if !is_self {
        return Err(KdcError::ForUserNotSelf {
            requester,
            server: server.principal().clone(),
        });
    }
    let Some(user) = &for_user.entry else {
        return Err(KdcError::ForUserForeign(for_user.user.clone()));
    };
    let nobody = PrincipalEntry::new(Principal::default());
    check_policy(context, body.kdc_options, user, &nobody)?;
    check_lockout(context, user)?;
    let options = for_user
        .asked
        .as_ref()
        .and_then(|asked| asked.user_id().options);
    if options.is_some_and(|options| options.contains(S4uOptions::CHECK_LOGON_HOURS)) {
        check_logon_hours(context, user)?;
    }
    Ok(())
}

/// Whether `server` gets forwardable tickets for users: with the right to, or as long as it is confined
/// to no services (MS-SFU section 3.2.5.1.2). MIT's own database confines none.
fn may_be_forwardable(server: &PrincipalEntry, for_user: &ForUser) -> bool {
    let is_sensitive = for_user
        .entry
        .as_ref()
        .is_some_and(|user| user.attributes.contains(Attributes::DISALLOW_FORWARDABLE));
    !is_sensitive
        && (server
            .attributes
            .contains(Attributes::OK_TO_AUTH_AS_DELEGATE)
            || server.allowed_to_delegate_to.is_empty())
}

/// What a reply says of the user that was asked for.
#[derive(Default)]
pub(crate) struct Confirmation {
    /// The padata of the reply.
    pub(crate) clear: Option<Vec<PaData>>,
    /// The padata of its encrypted part.
    pub(crate) sealed: Option<Vec<PaData>>,
}

/// The padata by which the reply confirms PA-S4U-X509-USER: in the clear, and with old keys in the
/// encrypted part, since their checksums prove nothing.
pub(crate) fn confirmation(
    header: &Header<'_>,
    for_user: &ForUser,
) -> Result<Confirmation, KdcError> {
    let Some(asked) = &for_user.asked else {
        return Ok(Confirmation::default());
    };
    let key = header.subkey.as_ref().unwrap_or(&header.session);
    let options = asked.user_id().options.unwrap_or_default() & S4uOptions::USE_REPLY_KEY_USAGE;
    let usage = if options == S4uOptions::NONE {
        KeyUsage::PA_S4U_X509_USER_REQUEST
    } else {
        KeyUsage::PA_S4U_X509_USER_REPLY
    };
    let user_id = S4uUserId {
        nonce: asked.user_id().nonce,
        cname: Some(for_user.user.name.clone()),
        crealm: for_user.user.realm.clone(),
        subject_certificate: None,
        options: Some(options),
    };
    let confirmed = PaS4uX509User::new(user_id, key, usage, asked.checksum.cksumtype)
        .map_err(checksum_error)?;
    let sealed = key.enctype().is_weak().then(|| {
        let both = [&asked.checksum.checksum[..], &confirmed.checksum.checksum].concat();
        vec![PadataType::S4U_X509_USER.with(both)]
    });
    Ok(Confirmation {
        clear: Some(vec![PadataType::S4U_X509_USER.with(confirmed.encode())]),
        sealed,
    })
}

/// The flags of a ticket for a user's sake: what the user's account forbids is not in them.
pub(crate) fn restrict(flags: &mut TicketFlags, server: &PrincipalEntry, for_user: &ForUser) {
    if !may_be_forwardable(server, for_user) {
        flags.set(TicketFlags::FORWARDABLE, false);
    }
    let user = for_user.entry.as_ref();
    if user.is_some_and(|user| user.attributes.contains(Attributes::DISALLOW_PROXIABLE)) {
        flags.set(TicketFlags::PROXIABLE, false);
    }
}
