//! Pre-authentication with an encrypted timestamp (RFC 4120 section 5.2.7).

use kdclab_proto::messages::{
    EncryptedData, EtypeInfo, EtypeInfo2, EtypeInfo2Entry, EtypeInfoEntry, KdcReq, MethodData,
    PaData, PaEncTsEnc, PadataType,
};
use kdclab_proto::{Enctype, KerberosString, KeyUsage, Timestamp};

use crate::context::{Context, decrypted};
use crate::error::{KdcError, PreauthFailure};
use crate::{Dialect, LongTermKey, PrincipalEntry};

/// Whether a client has proved to know its password: `false` when it did not try.
pub(crate) fn verify(
    context: &Context<'_>,
    client: &PrincipalEntry,
    request: &KdcReq,
) -> Result<bool, KdcError> {
    let failed = |cause| KdcError::PreauthFailed {
        cause,
        method_data: method_data(context, client, &request.req_body().etype),
        is_filtered: context.database.policy().filter_preauth_errors,
    };
    let Some(value) = request.padata(PadataType::ENC_TIMESTAMP) else {
        return Ok(false);
    };
    let data =
        EncryptedData::decode_padded(value).map_err(|_| failed(PreauthFailure::Undecodable))?;
    let key = client
        .newest_key(data.etype)
        .filter(|key| context.permits_key(client, key.key.enctype()))
        .ok_or_else(|| failed(PreauthFailure::NoKeyOfType(data.etype)))?;
    let plain = decrypted(&key.key, KeyUsage::PA_ENC_TIMESTAMP, &data)
        .ok_or_else(|| failed(PreauthFailure::WrongKey))?;
    let stamp =
        PaEncTsEnc::decode_padded(&plain).map_err(|_| failed(PreauthFailure::Undecodable))?;
    if !context.is_within_skew(stamp.patimestamp) {
        let microseconds = stamp.pausec.and_then(|pausec| u32::try_from(pausec).ok());
        return Err(KdcError::ClockSkew {
            client: microseconds
                .and_then(|microseconds| Timestamp::new(stamp.patimestamp, microseconds))
                .unwrap_or_else(|| stamp.patimestamp.timestamp()),
            kdc: context.now,
            limit: context.database.policy().clockskew,
        });
    }
    Ok(true)
}

/// What the client may try (RFC 4120 section 5.2.7.5): empty when it has no key of a type it asks for.
pub(crate) fn method_data(
    context: &Context<'_>,
    client: &PrincipalEntry,
    requested: &[Enctype],
) -> MethodData {
    let keys: Vec<&LongTermKey> = match context.database.policy().dialect {
        Dialect::Mit => context.reply_key(client, requested).into_iter().collect(),
        Dialect::ActiveDirectory => requested
            .iter()
            .filter(|enctype| context.permits_key(client, **enctype))
            .filter_map(|enctype| client.newest_key(*enctype))
            .collect(),
    };
    if keys.is_empty() {
        return MethodData::default();
    }
    let mut methods = Vec::new();
    if knows_only_old_types(requested) {
        let entries = keys
            .iter()
            .map(|key| EtypeInfoEntry {
                etype: key.key.enctype(),
                salt: Some(salt(context, client, key)),
            })
            .collect();
        methods.push(PadataType::ETYPE_INFO.with(EtypeInfo(entries).encode()));
    }
    methods.push(etype_info2(context, client, &keys));
    methods.push(PadataType::ENC_TIMESTAMP.with(Vec::new()));
    MethodData(methods)
}

/// What an AS-REP says about the key it is encrypted with.
pub(crate) fn reply_padata(
    context: &Context<'_>,
    client: &PrincipalEntry,
    key: &LongTermKey,
    requested: &[Enctype],
) -> Vec<PaData> {
    let mut padata = vec![etype_info2(context, client, &[key])];
    if knows_only_old_types(requested) {
        padata.push(PadataType::PW_SALT.with(salt(context, client, key)));
    }
    padata
}

fn etype_info2(context: &Context<'_>, client: &PrincipalEntry, keys: &[&LongTermKey]) -> PaData {
    let entries = keys
        .iter()
        .map(|key| EtypeInfo2Entry {
            etype: key.key.enctype(),
            salt: Some(KerberosString::from(salt(context, client, key))),
            s2kparams: key.s2kparams.clone(),
        })
        .collect();
    PadataType::ETYPE_INFO2.with(EtypeInfo2(entries).encode())
}

fn salt(context: &Context<'_>, client: &PrincipalEntry, key: &LongTermKey) -> Vec<u8> {
    key.salt.clone().unwrap_or_else(|| {
        let principal = client.principal();
        context
            .database
            .policy()
            .salt(&principal.name)
            .bytes(principal)
    })
}

/// RFC 4120 section 5.2.7.5 wants PA-ETYPE-INFO and PA-PW-SALT for clients that know none of the types
/// newer than RFC 1510 and RC4.
fn knows_only_old_types(requested: &[Enctype]) -> bool {
    requested.iter().all(|enctype| enctype.is_weak())
}
