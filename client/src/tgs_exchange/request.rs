use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::{
    ApOptions, ApReq, Authenticator, Checksum, EncKdcRepPart, EncryptedData, EncryptionKey,
    KdcOptions, KdcRep, KdcReqBody, KrbError, PaForUser, PaS4uX509User, PadataType, S4uOptions,
    S4uUserId, TgsRep, TgsReq, Ticket, TicketFlags,
};
use kdclab_proto::{Enctype, KerberosTime, Key, KeyUsage, Principal, Realm, Timestamp};
use rand::CryptoRng;

use crate::dialect::Behaviour;
use crate::error::{Exchange, Refusal};
use crate::reply_check::{Reply, ReplyMismatch, not_a_reply};
use crate::{ClientError, Credential};

/// The flags that a request made with a ticket asks for again: KDC_TKT_COMMON_MASK in MIT.
const INHERITED: TicketFlags = TicketFlags::FORWARDABLE
    .with(TicketFlags::PROXIABLE)
    .with(TicketFlags::MAY_POSTDATE)
    .with(TicketFlags::RENEWABLE);

/// One TGS-REQ to be made.
pub(crate) struct Request<'a> {
    /// The ticket it is made with.
    pub(crate) ticket: &'a Credential,
    pub(crate) server: Principal,
    pub(crate) options: KdcOptions,
    pub(crate) enctypes: Vec<Enctype>,
    pub(crate) addresses: Option<kdclab_proto::messages::HostAddresses>,
    pub(crate) till: Option<KerberosTime>,
    pub(crate) rtime: Option<KerberosTime>,
    pub(crate) second_ticket: Option<Ticket>,
    /// The user that a service asks for (S4U2Self).
    pub(crate) for_user: Option<Principal>,
    /// The client's clock, as the KDC's if it knows that.
    pub(crate) now: Timestamp,
}

/// A TGS-REQ that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    ticket: Credential,
    server: Principal,
    body: KdcReqBody,
    subkey: Option<Key>,
    for_user: Option<ForUser>,
    till: Option<KerberosTime>,
    rtime: Option<KerberosTime>,
    now: Timestamp,
    pub(crate) realm: Realm,
}

/// The user that a service asks for.
#[derive(Clone, Debug)]
struct ForUser {
    user: Principal,
    /// The padata that the reply must confirm.
    asked: Option<PaS4uX509User>,
}

impl Request<'_> {
    /// The message, and what its reply is compared with. `realm` is the one whose KDC is asked.
    pub(crate) fn make(
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
        let mut padata = vec![PadataType::TGS_REQ.with(ap_req.encode())];
        let for_user = self.for_user.as_ref().map(|user| {
            let key = subkey.as_ref().unwrap_or(session_key);
            let asked = behaviour
                .s4u_x509_user
                .then(|| x509_user(user, body.nonce, key))
                .flatten();
            let x509_user = asked
                .as_ref()
                .map(|asked| PadataType::S4U_X509_USER.with(asked.encode()));
            padata.extend(x509_user);
            padata.push(PadataType::FOR_USER.with(PaForUser::new(user, session_key).encode()));
            ForUser {
                user: user.clone(),
                asked,
            }
        });
        let bytes = TgsReq::new(Some(padata), body.clone()).encode();
        let pending = Pending {
            ticket: self.ticket.clone(),
            server: self.server,
            body,
            subkey,
            for_user,
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

/// PA-S4U-X509-USER for `user`. As Windows does, with a checksum that proves nothing under old keys.
fn x509_user(user: &Principal, nonce: i64, key: &Key) -> Option<PaS4uX509User> {
    let cksumtype = if key.enctype().is_weak() {
        ChecksumType::RSA_MD4
    } else {
        key.checksum_type()
    };
    let user_id = S4uUserId {
        // The nonce is made of 31 bits.
        nonce: nonce as u32,
        cname: Some(user.name.clone()),
        crealm: user.realm.clone(),
        subject_certificate: None,
        options: Some(S4uOptions::USE_REPLY_KEY_USAGE),
    };
    PaS4uX509User::new(user_id, key, KeyUsage::PA_S4U_X509_USER_REQUEST, cksumtype).ok()
}

impl Pending {
    /// The credential in the reply, once it is opened and checked.
    pub(crate) fn credential(
        &self,
        behaviour: &Behaviour,
        clockskew: std::time::Duration,
        bytes: &[u8],
    ) -> Result<Credential, ClientError> {
        let rep = self.read(behaviour, bytes)?;
        let mut enc_part = self.open(&rep)?;
        let client = match &self.for_user {
            Some(for_user) => self.confirmed(for_user, &rep, &enc_part)?,
            None => self.ticket.client.clone(),
        };
        if !self.trusts_ok_as_delegate() {
            enc_part.flags.set(TicketFlags::OK_AS_DELEGATE, false);
        }
        let reply = Reply {
            body: &self.body,
            client: &client,
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

    /// The user as the KDC confirms it under the key of the exchange.
    fn confirmed(
        &self,
        for_user: &ForUser,
        rep: &KdcRep,
        enc_part: &EncKdcRepPart,
    ) -> Result<Principal, ClientError> {
        let ForUser { user, asked } = for_user;
        let Some(asked) = asked else {
            return Ok(user.clone());
        };
        let key = self.subkey.as_ref().unwrap_or(&self.ticket.session_key);
        let is_old = key.enctype().is_weak();
        let unconfirmed = || ReplyMismatch::ForUser {
            asked: user.clone(),
        };
        let sealed = enc_part.padata(PadataType::S4U_X509_USER);
        let Some(padata) = rep.padata(PadataType::S4U_X509_USER) else {
            return if is_old && sealed.is_none() {
                Ok(user.clone())
            } else {
                Err(unconfirmed().into())
            };
        };
        let confirmed = PaS4uX509User::decode(padata).map_err(|_| unconfirmed())?;
        let id = confirmed.user_id();
        let both = [&asked.checksum.checksum[..], &confirmed.checksum.checksum].concat();
        let is_sealed = !is_old || sealed.is_none_or(|sealed| sealed == both);
        let is_right = confirmed
            .verify(key, KeyUsage::PA_S4U_X509_USER_REPLY)
            .is_ok();
        match &id.cname {
            Some(cname) if is_right && is_sealed && id.nonce == asked.user_id().nonce => {
                Ok(cname.clone().at(id.crealm.clone()))
            }
            _ => Err(unconfirmed().into()),
        }
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
