use kdclab_proto::messages::{
    ApOptions, ApReq, Authenticator, Checksum, EncKdcRepPart, EncryptedData, EncryptionKey,
    KdcOptions, KdcRep, KdcReqBody, KrbError, PadataType, TgsRep, TgsReq, Ticket, TicketFlags,
};
use kdclab_proto::{Enctype, KerberosTime, Key, KeyUsage, Principal, Realm, Timestamp};
use rand::CryptoRng;

use crate::dialect::Behaviour;
use crate::error::{Exchange, Refusal};
use crate::reply_check::{Reply, not_a_reply};
use crate::{ClientError, Credential};

/// The flags that a request made with a ticket asks for again: KDC_TKT_COMMON_MASK in MIT.
const INHERITED: TicketFlags = TicketFlags::FORWARDABLE
    .with(TicketFlags::PROXIABLE)
    .with(TicketFlags::MAY_POSTDATE)
    .with(TicketFlags::RENEWABLE);

/// One TGS-REQ to be made.
pub(super) struct Request<'a> {
    /// The ticket it is made with.
    pub(super) ticket: &'a Credential,
    pub(super) server: Principal,
    pub(super) options: KdcOptions,
    pub(super) enctypes: Vec<Enctype>,
    pub(super) addresses: Option<kdclab_proto::messages::HostAddresses>,
    pub(super) till: Option<KerberosTime>,
    pub(super) rtime: Option<KerberosTime>,
    pub(super) second_ticket: Option<Ticket>,
    /// The client's clock, as the KDC's if it knows that.
    pub(super) now: Timestamp,
}

/// A TGS-REQ that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    ticket: Credential,
    server: Principal,
    body: KdcReqBody,
    subkey: Option<Key>,
    till: Option<KerberosTime>,
    rtime: Option<KerberosTime>,
    now: Timestamp,
    pub(super) realm: Realm,
}

impl Request<'_> {
    /// The message, and what its reply is compared with. `realm` is the one whose KDC is asked.
    pub(super) fn make(
        self,
        behaviour: &Behaviour,
        realm: Realm,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Pending, Vec<u8>), ClientError> {
        let session_key = &self.ticket.session_key;
        let body = self.body(behaviour, rng);
        let subkey = if behaviour.tgs_subkey {
            let key = Key::generate(session_key.enctype(), rng);
            Some(key.map_err(ClientError::UnusableSessionKey)?)
        } else {
            None
        };
        let ap_req = self.ap_req(&body.encode(), subkey.as_ref(), rng);
        let padata = vec![PadataType::TGS_REQ.with(ap_req.encode())];
        let bytes = TgsReq::new(Some(padata), body.clone()).encode();
        let pending = Pending {
            ticket: self.ticket.clone(),
            server: self.server,
            body,
            subkey,
            till: self.till,
            rtime: self.rtime,
            now: self.now,
            realm,
        };
        Ok((pending, bytes))
    }

    fn body(&self, behaviour: &Behaviour, rng: &mut dyn CryptoRng) -> KdcReqBody {
        let mut options = self.options;
        let mut latest = behaviour.endless;
        if behaviour.tgs_inherits {
            // Options and flags share the numbers of these bits.
            options |= KdcOptions::from_bits((self.ticket.flags & INHERITED).bits());
            latest = self.ticket.endtime;
        }
        KdcReqBody {
            kdc_options: options,
            cname: None,
            realm: self.server.realm.clone(),
            sname: Some(self.server.name.clone()),
            from: None,
            till: self.till.unwrap_or(latest),
            rtime: self.rtime,
            nonce: i64::from(rng.next_u32() & 0x7fff_ffff),
            etype: self.enctypes.clone(),
            addresses: self.addresses.clone(),
            enc_authorization_data: None,
            additional_tickets: self.second_ticket.clone().map(|ticket| vec![ticket]),
        }
    }

    /// PA-TGS-REQ: the ticket, and an authenticator over the body (RFC 4120 section 5.2.7.1).
    fn ap_req(&self, body: &[u8], subkey: Option<&Key>, rng: &mut dyn CryptoRng) -> ApReq {
        let session_key = &self.ticket.session_key;
        let authenticator = Authenticator {
            authenticator_vno: 5,
            crealm: self.ticket.client.realm.clone(),
            cname: self.ticket.client.name.clone(),
            cksum: Some(Checksum {
                cksumtype: session_key.checksum_type(),
                checksum: session_key.checksum(KeyUsage::TGS_REQ_CHECKSUM, body),
            }),
            // Below 1,000,000.
            cusec: self.now.microseconds() as i32,
            ctime: self.now.time(),
            subkey: subkey.map(EncryptionKey::from),
            seq_number: None,
            authorization_data: None,
        };
        let plain = authenticator.encode();
        ApReq {
            pvno: 5,
            msg_type: ApReq::APPLICATION.into(),
            ap_options: ApOptions::NONE,
            ticket: self.ticket.ticket.clone(),
            authenticator: EncryptedData {
                etype: session_key.enctype(),
                kvno: None,
                cipher: session_key.encrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, rng, &plain),
            },
        }
    }
}

impl Pending {
    /// The credential in the reply, once it is opened and checked.
    pub(super) fn credential(
        &self,
        behaviour: &Behaviour,
        clockskew: std::time::Duration,
        bytes: &[u8],
    ) -> Result<Credential, ClientError> {
        let rep = self.read(behaviour, bytes)?;
        let mut enc_part = self.open(&rep)?;
        if !self.trusts_ok_as_delegate() {
            enc_part.flags.set(TicketFlags::OK_AS_DELEGATE, false);
        }
        let reply = Reply {
            body: &self.body,
            client: &self.ticket.client,
            server: &self.server,
            rep: &rep,
            enc_part: &enc_part,
            now: self.now,
            clockskew: Some(clockskew),
            till: self.till,
            rtime: self.rtime,
        };
        reply.check_tgs(behaviour.reply_check)?;
        let mut credential = Credential::from_reply(&rep, enc_part, Some(&self.ticket))?;
        credential.is_skey = self.body.kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY);
        let tickets = self.body.additional_tickets.as_ref();
        credential.second_ticket = tickets.and_then(|tickets| tickets.first().cloned());
        Ok(credential)
    }

    fn read(&self, behaviour: &Behaviour, bytes: &[u8]) -> Result<KdcRep, ClientError> {
        const TGS_REP: u8 = 0x60 | TgsRep::APPLICATION;
        const KRB_ERROR: u8 = 0x60 | KrbError::APPLICATION;
        let exchange = Exchange::Tgs;
        let undecodable = |error| ClientError::UndecodableReply { exchange, error };
        match bytes.first() {
            Some(&TGS_REP) => Ok(TgsRep::decode(bytes).map_err(undecodable)?.0),
            Some(&KRB_ERROR) => Err(ClientError::Refused(Box::new(Refusal {
                exchange,
                realm: self.realm.clone(),
                client: self.ticket.client.clone(),
                server: self.server.clone(),
                secret: None,
                error: KrbError::decode(bytes).map_err(undecodable)?,
            }))),
            _ => Err(not_a_reply(behaviour, exchange, bytes)),
        }
    }

    /// Some KDCs use the session key although there is a subkey (Heimdal up to 1.2).
    fn open(&self, rep: &KdcRep) -> Result<EncKdcRepPart, ClientError> {
        let exchange = Exchange::Tgs;
        let cipher = &rep.enc_part.cipher;
        let with_subkey = self
            .subkey
            .as_ref()
            .and_then(|key| key.decrypt(KeyUsage::TGS_REP_SUBKEY, cipher).ok());
        let session_key = &self.ticket.session_key;
        let plain = with_subkey
            .or_else(|| {
                session_key
                    .decrypt(KeyUsage::TGS_REP_SESSION_KEY, cipher)
                    .ok()
            })
            .ok_or(ClientError::UndecryptableReply {
                exchange,
                enctype: rep.enc_part.etype,
            })?;
        EncKdcRepPart::decode_padded(&plain)
            .map_err(|error| ClientError::UndecodableReply { exchange, error })
    }

    /// What a foreign KDC says of delegation counts only if the KDCs on the way said it of that KDC.
    fn trusts_ok_as_delegate(&self) -> bool {
        let ticket = &self.ticket;
        let local = ticket.server.is_local_krbtgt() && ticket.server.realm == ticket.client.realm;
        local || ticket.flags.contains(TicketFlags::OK_AS_DELEGATE)
    }
}
