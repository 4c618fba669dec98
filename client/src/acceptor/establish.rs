//! From a checked AP-REQ to a session: the authenticator's checksum, subkeys, sequence numbers, AP-REP.

use kdclab_proto::crypto::{ChecksumError, ChecksumType};
use kdclab_proto::messages::{
    ApOptions, ApRep, Authenticator, AuthorizationData, AuthorizationDataElement, Checksum,
    EncApRepPart, EncryptedData, EtypeList,
};
use kdclab_proto::{Enctype, Key, KeyUsage, digest};
use rand::CryptoRng;

use super::checks::Presented;
use crate::acceptor::{Acceptor, Framing};
use crate::gss::{AuthenticatorChecksum, ContextFlags, Mechanism, TokenId};
use crate::{
    AcceptError, Accepted, Credential, EstablishedContext, SessionKeyKind, krb_cred,
    sequence_number,
};

/// rsa-md5 (RFC 3961 section 6.2.2), unkeyed.
const RSA_MD5: ChecksumType = ChecksumType(7);
/// KERB_AUTH_DATA_AP_OPTIONS (MS-KILE section 2.2.5).
const AD_AP_OPTIONS: i32 = 143;
/// KERB_AP_OPTIONS_CBT: the initiator sends channel bindings wherever there is a channel.
const AP_OPTIONS_CBT: u32 = 0x4000;

/// The flags an acceptor takes over from the initiator.
const INITIATOR_FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONF)
    .with(ContextFlags::INTEG)
    .with(ContextFlags::IDENTIFY)
    .with(ContextFlags::EXTENDED_ERROR);

/// What the checksum field of an authenticator says of the session.
#[derive(Default)]
struct Asked {
    flags: ContextFlags,
    channel_bound: bool,
    delegation: Option<Vec<u8>>,
}

impl Acceptor {
    pub(super) fn establish(
        &self,
        rng: &mut dyn CryptoRng,
        presented: &Presented<'_>,
        session_key: Key,
        mechanism: Mechanism,
    ) -> Result<Accepted, AcceptError> {
        let authenticator = presented.authenticator;
        let initiator_subkey = authenticator
            .subkey
            .as_ref()
            .map(|subkey| subkey.key())
            .transpose()
            .map_err(|reason| AcceptError::InvalidKey {
                key: SessionKeyKind::Subkey,
                reason,
            })?;
        let asked = match self.framing {
            Framing::Gss => self.read_checksum(presented, &session_key)?,
            Framing::Raw => asked_by_options(presented),
        };
        let mut delegated: Vec<Credential> = Vec::new();
        if let Some(message) = &asked.delegation {
            let mut keys: Vec<&Key> = initiator_subkey.iter().collect();
            keys.push(&session_key);
            delegated = krb_cred::read(message, &keys).map_err(AcceptError::Delegation)?;
        }
        let receive_sequence = authenticator.seq_number.unwrap_or(0);
        let mut context = EstablishedContext {
            client: presented.ticket.client(),
            server: presented.server.clone(),
            session_key,
            initiator_subkey,
            acceptor_subkey: None,
            flags: asked.flags,
            channel_bound: asked.channel_bound,
            send_sequence: receive_sequence,
            receive_sequence,
            endtime: presented.ticket.endtime,
        };
        let reply = if asked.flags.contains(ContextFlags::MUTUAL) {
            context.send_sequence = sequence_number(rng);
            context.acceptor_subkey = self.acceptor_subkey(presented, &context, rng)?;
            let message = self.ap_rep(authenticator, &context, rng).encode();
            Some(self.frame(TokenId::ApRep, mechanism, message))
        } else {
            None
        };
        Ok(Accepted {
            context,
            reply,
            delegated,
            ticket: presented.ticket.clone(),
            ticket_enctype: presented.request.ticket.enc_part.etype,
        })
    }

    /// Reads the checksum field. Some initiators send none, and Samba sends an ordinary checksum over no
    /// data; MIT and Windows let both pass, Java neither.
    fn read_checksum(
        &self,
        presented: &Presented<'_>,
        session_key: &Key,
    ) -> Result<Asked, AcceptError> {
        let is_java = self.config.dialect.is_java();
        let asked = match &presented.authenticator.cksum {
            None if is_java => return Err(AcceptError::ChecksumMissing),
            None => Asked::default(),
            Some(checksum) if checksum.cksumtype == AuthenticatorChecksum::TYPE => {
                let checksum = AuthenticatorChecksum::decode(&checksum.checksum)
                    .map_err(AcceptError::ChecksumMalformed)?;
                let channel_bound = self.compare_channel_bindings(&checksum)?;
                if checksum.flags.contains(ContextFlags::DCE_STYLE) && !is_java {
                    return Err(AcceptError::DceStyle);
                }
                let mut flags = checksum.flags & INITIATOR_FLAGS;
                flags.set(ContextFlags::DELEG, checksum.delegation.is_some());
                Asked {
                    channel_bound,
                    flags,
                    delegation: checksum.delegation,
                }
            }
            Some(checksum) if is_java => {
                return Err(AcceptError::Checksum(ChecksumError::Inappropriate(
                    checksum.cksumtype,
                )));
            }
            Some(checksum) => {
                verify_over_nothing(checksum, session_key).map_err(AcceptError::Checksum)?;
                let asked = asked_by_options(presented);
                Asked {
                    flags: asked.flags | ContextFlags::REPLAY | ContextFlags::SEQUENCE,
                    ..asked
                }
            }
        };
        let promised = !is_java && promises_channel_bindings(presented.authenticator);
        if promised && self.channel_bindings.is_some() && !asked.channel_bound {
            return Err(AcceptError::ChannelBindings { initiator: false });
        }
        Ok(asked)
    }

    /// Whether both sides name the same bindings. No acceptor without bindings looks at the initiator's; with
    /// bindings, MIT lets the initiator be silent and Java does not.
    fn compare_channel_bindings(
        &self,
        checksum: &AuthenticatorChecksum,
    ) -> Result<bool, AcceptError> {
        let Some(own) = &self.channel_bindings else {
            return Ok(false);
        };
        let initiator = checksum.is_bound();
        let bound = own.digest() == checksum.channel_bindings;
        let may_be_silent = !self.config.dialect.is_java();
        if bound || (!initiator && may_be_silent) {
            Ok(bound)
        } else {
            Err(AcceptError::ChannelBindings { initiator })
        }
    }

    fn ap_rep(
        &self,
        authenticator: &Authenticator,
        context: &EstablishedContext,
        rng: &mut dyn CryptoRng,
    ) -> ApRep {
        let part = EncApRepPart {
            ctime: authenticator
                .ctime
                .saturating_add(self.ap_rep_added_seconds.into()),
            cusec: authenticator.cusec,
            subkey: context.acceptor_subkey.as_ref().map(Into::into),
            seq_number: Some(context.send_sequence),
        };
        let key = &context.session_key;
        ApRep {
            pvno: 5,
            msg_type: 15,
            enc_part: EncryptedData {
                etype: key.enctype(),
                kvno: None,
                cipher: key.encrypt(KeyUsage::AP_REP, rng, &part.encode()),
            },
        }
    }

    /// The acceptor's own subkey: in GSS where messages say which key they use, which those of RFC 4121 do and
    /// those of DES, 3DES and RC4 do not; of the first type of the initiator's list that is permitted (RFC
    /// 4537), else of the type of the key it replaces. Java makes none.
    fn acceptor_subkey(
        &self,
        presented: &Presented<'_>,
        context: &EstablishedContext,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Key>, AcceptError> {
        if self.framing == Framing::Raw || self.config.dialect.is_java() {
            return Ok(None);
        }
        let replaced = context.key().enctype();
        let list = presented
            .authenticator
            .authorization_data
            .as_ref()
            .map(EtypeList::from_authorization_data)
            .transpose()
            .map_err(AcceptError::AuthenticatorMalformed)?
            .flatten();
        let enctype = list
            .into_iter()
            .flat_map(|list| list.0)
            .find(|enctype| self.permits(*enctype))
            .unwrap_or(replaced);
        if says_no_key(replaced)
            && (enctype == context.session_key.enctype() || says_no_key(enctype))
        {
            return Ok(None);
        }
        Key::generate(enctype, rng)
            .map(Some)
            .map_err(|reason| AcceptError::InvalidKey {
                key: SessionKeyKind::Subkey,
                reason,
            })
    }
}

/// Whether messages under a key of this type leave open which key they are under (RFC 4121 section 1).
pub(crate) fn says_no_key(enctype: Enctype) -> bool {
    matches!(
        enctype,
        Enctype::DES_CBC_CRC | Enctype::DES_CBC_MD5 | Enctype::DES3_CBC_SHA1_KD | Enctype::RC4_HMAC
    )
}

fn asked_by_options(presented: &Presented<'_>) -> Asked {
    let mut asked = Asked::default();
    let mutual = presented
        .request
        .ap_options
        .contains(ApOptions::MUTUAL_REQUIRED);
    asked.flags.set(ContextFlags::MUTUAL, mutual);
    asked
}

/// A checksum over no data shows that the authenticator was not made for other data.
fn verify_over_nothing(checksum: &Checksum, session_key: &Key) -> Result<(), ChecksumError> {
    if checksum.cksumtype != RSA_MD5 {
        return session_key.verify_checksum(
            checksum.cksumtype,
            KeyUsage::AP_REQ_CHECKSUM,
            &[],
            &checksum.checksum,
        );
    }
    if checksum.checksum == digest::md5(&[]) {
        Ok(())
    } else {
        Err(ChecksumError::Mismatch)
    }
}

fn promises_channel_bindings(authenticator: &Authenticator) -> bool {
    authenticator
        .authorization_data
        .iter()
        .flat_map(AuthorizationData::elements)
        .filter(|outer| outer.ad_type == AuthorizationDataElement::AD_IF_RELEVANT)
        .filter_map(|outer| AuthorizationData::decode_padded(&outer.ad_data).ok())
        .any(|inner| {
            inner.elements().any(|element| {
                element.ad_type == AD_AP_OPTIONS
                    && <[u8; 4]>::try_from(element.ad_data.as_slice())
                        .is_ok_and(|bits| u32::from_le_bytes(bits) & AP_OPTIONS_CBT != 0)
            })
        })
}
