//! Requests made and replies read by hand, message by message.

use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::{
    ApOptions, ApReq, AsRep, AsReq, Authenticator, Checksum, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, KdcOptions, KdcRep, KdcReqBody, KrbError, PaData, PaEncTsEnc,
    PadataType, TgsRep, TgsReq, Ticket,
};
use kdclab_proto::{Enctype, KerberosTime, Key, KeyUsage, Principal};
use rand::CryptoRng;

pub(crate) const AES256: Enctype = Enctype::AES256_CTS_HMAC_SHA1_96;
pub(crate) const AES128: Enctype = Enctype::AES128_CTS_HMAC_SHA1_96;
pub(crate) const RC4: Enctype = Enctype::RC4_HMAC;

/// A body that asks for `server` with nothing special about it.
pub(crate) fn body(server: &Principal) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::NONE,
        cname: None,
        realm: server.realm.clone(),
        sname: Some(server.name.clone()),
        from: None,
        till: KerberosTime::EPOCH,
        rtime: None,
        nonce: 0x1234_5678,
        etype: vec![AES256, AES128],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

pub(crate) fn encrypt(
    key: &Key,
    usage: KeyUsage,
    rng: &mut dyn CryptoRng,
    plain: &[u8],
) -> EncryptedData {
    EncryptedData {
        etype: key.enctype(),
        kvno: None,
        cipher: key.encrypt(usage, rng, plain),
    }
}

pub(crate) fn enc_timestamp(key: &Key, time: KerberosTime, rng: &mut dyn CryptoRng) -> PaData {
    let stamp = PaEncTsEnc {
        patimestamp: time,
        pausec: Some(0),
    };
    let data = encrypt(key, KeyUsage::PA_ENC_TIMESTAMP, rng, &stamp.encode());
    PadataType::ENC_TIMESTAMP.with(data.encode())
}

pub(crate) fn as_req(client: &Principal, mut body: KdcReqBody, padata: Vec<PaData>) -> Vec<u8> {
    body.cname = Some(client.name.clone());
    body.realm = client.realm.clone();
    AsReq::new((!padata.is_empty()).then_some(padata), body).encode()
}

/// A KRB-ERROR where a ticket was asked for.
pub(crate) type Refused = Box<KrbError>;

/// A ticket with its session key, as a client keeps it, and the reply it came in.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) client: Principal,
    pub(crate) ticket: Ticket,
    pub(crate) session: Key,
    pub(crate) part: EncKdcRepPart,
    pub(crate) reply: KdcRep,
}

fn credential(reply: KdcRep, plain: &[u8]) -> Credential {
    let part = EncKdcRepPart::decode_padded(plain).expect("an EncKDCRepPart");
    Credential {
        client: reply.client(),
        ticket: reply.ticket.clone(),
        session: part.key.key().expect("a session key"),
        part,
        reply,
    }
}

/// The credential in an AS-REP, or the KRB-ERROR in its place.
pub(crate) fn read_as_rep(bytes: &[u8], key: &Key) -> Result<Credential, Refused> {
    if let Ok(error) = KrbError::decode(bytes) {
        return Err(Box::new(error));
    }
    let reply = AsRep::decode(bytes).expect("an AS-REP").0;
    let plain = key
        .decrypt(KeyUsage::AS_REP, &reply.enc_part.cipher)
        .expect("the client's key opens the AS-REP");
    assert_eq!(plain[0], 0x79, "EncASRepPart has APPLICATION tag 25");
    Ok(credential(reply, &plain))
}

/// What goes into the checksum field of an authenticator.
#[derive(Clone)]
pub(crate) enum Sum {
    /// The right one.
    Right,
    /// None.
    Missing,
    /// One over something else.
    OverOtherData,
    /// One of this type with these octets.
    Other(ChecksumType, Vec<u8>),
}

/// How a TGS-REQ presents its ticket.
#[derive(Clone)]
pub(crate) struct Present {
    pub(crate) client: Principal,
    pub(crate) time: KerberosTime,
    pub(crate) subkey: Option<EncryptionKey>,
    pub(crate) sum: Sum,
    pub(crate) options: ApOptions,
}

impl Present {
    pub(crate) fn new(credential: &Credential, time: KerberosTime) -> Self {
        Self {
            client: credential.client.clone(),
            time,
            subkey: None,
            sum: Sum::Right,
            options: ApOptions::NONE,
        }
    }
}

pub(crate) fn tgs_req(
    credential: &Credential,
    present: &Present,
    body: KdcReqBody,
    rng: &mut dyn CryptoRng,
) -> Vec<u8> {
    let encoded = TgsReq::new(None, body.clone()).0.req_body_bytes().to_vec();
    let session = &credential.session;
    let right = |data: &[u8]| Checksum {
        cksumtype: session.checksum_type(),
        checksum: session.checksum(KeyUsage::TGS_REQ_CHECKSUM, data),
    };
    let cksum = match &present.sum {
        Sum::Right => Some(right(&encoded)),
        Sum::Missing => None,
        Sum::OverOtherData => Some(right(b"something else")),
        Sum::Other(cksumtype, checksum) => Some(Checksum {
            cksumtype: *cksumtype,
            checksum: checksum.clone(),
        }),
    };
    let authenticator = Authenticator {
        authenticator_vno: 5,
        crealm: present.client.realm.clone(),
        cname: present.client.name.clone(),
        cksum,
        cusec: 0,
        ctime: present.time,
        subkey: present.subkey.clone(),
        seq_number: None,
        authorization_data: None,
    };
    let ap_req = ApReq {
        pvno: 5,
        msg_type: 14,
        ap_options: present.options,
        ticket: credential.ticket.clone(),
        authenticator: encrypt(
            session,
            KeyUsage::TGS_REQ_AUTHENTICATOR,
            rng,
            &authenticator.encode(),
        ),
    };
    TgsReq::new(Some(vec![PadataType::TGS_REQ.with(ap_req.encode())]), body).encode()
}

/// The credential in a TGS-REP, or the KRB-ERROR in its place.
pub(crate) fn read_tgs_rep(
    bytes: &[u8],
    key: &Key,
    usage: KeyUsage,
) -> Result<Credential, Refused> {
    if let Ok(error) = KrbError::decode(bytes) {
        return Err(Box::new(error));
    }
    let reply = TgsRep::decode(bytes).expect("a TGS-REP").0;
    let plain = key
        .decrypt(usage, &reply.enc_part.cipher)
        .expect("the reply key opens the TGS-REP");
    assert_eq!(plain[0], 0x7a, "EncTGSRepPart has APPLICATION tag 26");
    Ok(credential(reply, &plain))
}

pub(crate) fn open_ticket(ticket: &Ticket, key: &Key) -> EncTicketPart {
    let plain = key
        .decrypt(KeyUsage::TICKET, &ticket.enc_part.cipher)
        .expect("the service's key opens its ticket");
    EncTicketPart::decode_padded(&plain).expect("an EncTicketPart")
}

/// An EncryptionKey of `length` octets, however many its type wants.
pub(crate) fn encryption_key(etype: u8, length: u8) -> EncryptionKey {
    let inner = [&[0x04, length][..], &vec![7; usize::from(length)]].concat();
    let value = [&[0xa1, length + 2][..], &inner].concat();
    let keytype = [0xa0, 3, 2, 1, etype];
    let sequence = [&[0x30, 5 + length + 4][..], &keytype, &value].concat();
    // An EncryptionKey decodes only inside a message: here as the subkey of an EncAPRepPart.
    let subkey = [&[0xa2, length + 11][..], &sequence].concat();
    let time = [&[0xa0, 17, 0x18, 15][..], b"20260101000000Z"].concat();
    let cusec = [0xa1, 3, 2, 1, 0];
    let fields = [&time[..], &cusec, &subkey].concat();
    let length = |length: usize| u8::try_from(length).expect("a short form");
    let part = [&[0x30, length(fields.len())][..], &fields].concat();
    let message = [&[0x7b, length(part.len())][..], &part].concat();
    let decoded = kdclab_proto::messages::EncApRepPart::decode(&message).expect("an EncAPRepPart");
    decoded.subkey.expect("a subkey")
}
