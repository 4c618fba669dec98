use kdclab_proto::crypto::Salt;
use kdclab_proto::messages::{EtypeInfo, EtypeInfo2, PaData, PadataType};
use kdclab_proto::{Enctype, Key, Keytab, Principal};

use super::{AsParameters, Secret};
use crate::ClientError;
use crate::dialect::EtypeInfoChoice;

/// How the client's key of one type is made from its password (RFC 4120 section 5.2.7.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyInfo {
    pub(super) enctype: Enctype,
    /// `None` is the default salt.
    pub(super) salt: Option<Vec<u8>>,
    pub(super) s2kparams: Option<Vec<u8>>,
}

impl KeyInfo {
    pub(super) fn of_type(enctype: Enctype) -> Self {
        Self {
            enctype,
            salt: None,
            s2kparams: None,
        }
    }

    /// The entry for a key of one of `asked`; `None` when the KDC says nothing of types.
    ///
    /// PA-ETYPE-INFO2 counts before PA-ETYPE-INFO. One that cannot be decoded counts as absent.
    pub(super) fn choose(
        padata: &[PaData],
        asked: &[Enctype],
        choice: EtypeInfoChoice,
    ) -> Result<Option<Self>, ClientError> {
        let offered = offered(padata);
        if offered.is_empty() {
            return Ok(None);
        }
        let chosen = match choice {
            EtypeInfoChoice::Client => asked
                .iter()
                .find_map(|enctype| offered.iter().find(|info| info.enctype == *enctype)),
            EtypeInfoChoice::Kdc => offered.first(),
        };
        match chosen {
            Some(info) => Ok(Some(info.clone())),
            None => Err(ClientError::NoCommonEnctype {
                offered: offered.into_iter().map(|info| info.enctype).collect(),
                asked: asked.to_vec(),
            }),
        }
    }

    /// The entry for a key of this type, or the bare salt of PA-PW-SALT.
    pub(super) fn for_type(padata: &[PaData], enctype: Enctype) -> Option<Self> {
        let entry = offered(padata)
            .into_iter()
            .find(|info| info.enctype == enctype);
        entry.or_else(|| {
            Some(Self {
                salt: Some(pw_salt(padata)?),
                ..Self::of_type(enctype)
            })
        })
    }

    /// The client's key. `default_salt` is whose name and realm make the default salt.
    pub(super) fn key(
        &self,
        parameters: &AsParameters,
        client: &Principal,
        default_salt: &Principal,
    ) -> Result<Key, ClientError> {
        match &parameters.secret {
            Secret::Keytab(keytab) => newest_key(keytab, client, self.enctype),
            Secret::Password(password) => {
                let salt = match &self.salt {
                    Some(salt) => salt.clone(),
                    None => Salt::Normal.bytes(default_salt),
                };
                parameters
                    .key_cache
                    .key(self.enctype, password, &salt, self.s2kparams.as_deref())
                    .map_err(ClientError::StringToKey)
            }
        }
    }
}

/// The salt of PA-PW-SALT.
pub(super) fn pw_salt(padata: &[PaData]) -> Option<Vec<u8>> {
    find(padata, PadataType::PW_SALT).map(<[u8]>::to_vec)
}

fn offered(padata: &[PaData]) -> Vec<KeyInfo> {
    if let Some(value) = find(padata, PadataType::ETYPE_INFO2) {
        let info = EtypeInfo2::decode(value).unwrap_or_default();
        let entries = info.0.into_iter().map(|entry| KeyInfo {
            enctype: entry.etype,
            salt: entry.salt.map(|salt| salt.as_bytes().to_vec()),
            s2kparams: entry.s2kparams,
        });
        return entries.collect();
    }
    let info = find(padata, PadataType::ETYPE_INFO)
        .and_then(|value| EtypeInfo::decode(value).ok())
        .unwrap_or_default();
    let entries = info.0.into_iter().map(|entry| KeyInfo {
        enctype: entry.etype,
        salt: entry.salt,
        s2kparams: None,
    });
    entries.collect()
}

fn find(padata: &[PaData], padata_type: PadataType) -> Option<&[u8]> {
    padata
        .iter()
        .find(|padata| padata.padata_type == padata_type)
        .map(|padata| padata.padata_value.as_slice())
}

/// The key of the highest version among those of this type.
fn newest_key(
    keytab: &Keytab,
    principal: &Principal,
    enctype: Enctype,
) -> Result<Key, ClientError> {
    keytab
        .entries_of(principal)
        .filter(|entry| entry.enctype == enctype)
        .max_by_key(|entry| entry.kvno)
        .and_then(|entry| entry.key().ok())
        .ok_or_else(|| ClientError::NoKeyInKeytab {
            principal: principal.clone(),
            enctype: Some(enctype),
        })
}

/// The types of the principal's newest keys.
pub(super) fn newest_types(keytab: &Keytab, principal: &Principal) -> Vec<Enctype> {
    let newest = keytab.newest_kvno(principal);
    keytab
        .entries_of(principal)
        .filter(|entry| Some(entry.kvno) == newest && entry.key().is_ok())
        .map(|entry| entry.enctype)
        .collect()
}
