use kdclab_proto::messages::{AsRep, EncKdcRepPart, KdcRep, KrbError, PadataType, TicketFlags};
use kdclab_proto::{Key, KeyUsage};

use super::client_key::KeyInfo;
use super::{AsExchange, AsOutcome, Sent, request};
use crate::dialect::{Behaviour, ReplyCheck};
use crate::error::Exchange;
use crate::reply_check::{Reply, not_a_reply};
use crate::{ClientError, Credential, Dialect};

/// A message that answers an AS-REQ.
pub(super) enum AsReply {
    Error(KrbError),
    Rep(KdcRep),
}

/// Reads the message that its first octet announces.
pub(super) fn read(behaviour: &Behaviour, bytes: &[u8]) -> Result<AsReply, ClientError> {
    const AS_REP: u8 = 0x60 | AsRep::APPLICATION;
    const KRB_ERROR: u8 = 0x60 | KrbError::APPLICATION;
    let exchange = Exchange::As;
    let decoded = match bytes.first() {
        Some(&AS_REP) => AsRep::decode(bytes).map(|rep| AsReply::Rep(rep.0)),
        Some(&KRB_ERROR) => KrbError::decode(bytes).map(AsReply::Error),
        _ => return Err(not_a_reply(behaviour, exchange, bytes)),
    };
    decoded.map_err(|error| ClientError::UndecodableReply { exchange, error })
}

impl AsExchange {
    pub(super) fn granted(&self, sent: &Sent, rep: &KdcRep) -> Result<AsOutcome, ClientError> {
        let style = self.behaviour().reply_check;
        let enctype = rep.enc_part.etype;
        if style == ReplyCheck::Mit && !self.enctypes.contains(&enctype) {
            return Err(ClientError::UnaskedEnctype {
                got: enctype,
                asked: self.enctypes.clone(),
            });
        }
        let (reply_key, enc_part) = self.open(rep)?;
        self.check(sent, rep, &enc_part, &reply_key)?;
        let fast_available = enc_part.flags.contains(TicketFlags::ENC_PA_REP)
            && enc_part.padata(PadataType::FX_FAST).is_some();
        let authtime = enc_part.authtime;
        let kdc_offset = if self.kdc_timesync {
            Some(authtime.seconds_since(sent.at.time()))
        } else if self.recovered_skew {
            Some(self.kdc_offset.div_euclid(1_000_000))
        } else {
            None
        };
        let key_expiration = enc_part.key_expiration;
        Ok(AsOutcome {
            credential: Credential::from_reply(rep, enc_part, None)?,
            preauth_type: self.preauth.as_ref().map(|_| PadataType::ENC_TIMESTAMP),
            fast_available,
            kdc_offset,
            key_expiration,
        })
    }

    fn check(
        &self,
        sent: &Sent,
        rep: &KdcRep,
        enc_part: &EncKdcRepPart,
        reply_key: &Key,
    ) -> Result<(), ClientError> {
        let reply = Reply {
            body: &sent.body,
            client: &self.client,
            server: &sent.server,
            rep,
            enc_part,
            now: sent.at.offset_by(if self.recovered_skew {
                self.kdc_offset
            } else {
                0
            }),
            clockskew: (!self.kdc_timesync).then_some(self.clockskew),
            till: request::asked(sent.body.till),
            rtime: sent.body.rtime,
        };
        reply.check_as(
            self.behaviour().reply_check,
            &sent.bytes,
            sent.req_enc_pa_rep,
            reply_key,
        )
    }

    /// Opens the reply with the key of pre-authentication, or else with the key that its padata tell
    /// how to make.
    fn open(&self, rep: &KdcRep) -> Result<(Key, EncKdcRepPart), ClientError> {
        let enctype = rep.enc_part.etype;
        let exchange = Exchange::As;
        let open = |key: &Key| key.decrypt(KeyUsage::AS_REP, &rep.enc_part.cipher);
        let used = self.preauth.as_ref().map(|preauth| &preauth.key);
        let opened = used
            .filter(|key| key.enctype() == enctype)
            .and_then(|key| Some((key.clone(), open(key).ok()?)));
        let (key, plain) = match opened {
            Some(opened) => opened,
            None => {
                let key = self.derive_key(rep)?;
                let plain = open(&key)
                    .map_err(|_| ClientError::UndecryptableReply { exchange, enctype })?;
                (key, plain)
            }
        };
        let enc_part = EncKdcRepPart::decode_padded(&plain)
            .map_err(|error| ClientError::UndecodableReply { exchange, error })?;
        Ok((key, enc_part))
    }

    fn derive_key(&self, rep: &KdcRep) -> Result<Key, ClientError> {
        let enctype = rep.enc_part.etype;
        let padata = rep.padata.as_deref().unwrap_or_default();
        let info = KeyInfo::for_type(padata, enctype)
            .or_else(|| KeyInfo::for_type(&self.method_data, enctype))
            .unwrap_or_else(|| KeyInfo::of_type(enctype));
        let named = rep.client();
        // MIT salts with the name that the KDC gave.
        let default_salt = match self.dialect {
            Dialect::Java | Dialect::Java6 => &self.client,
            Dialect::Mit | Dialect::Windows => &named,
        };
        info.key(&self.parameters, &self.client, default_salt)
    }
}
