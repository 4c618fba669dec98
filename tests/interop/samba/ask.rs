//! One request, and what comes back, with no client in between.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use kdclab_client::Credential;
use kdclab_proto::messages::{
    ApOptions, ApReq, AsRep, AsReq, Authenticator, Checksum, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, EtypeInfo2, KdcOptions, KdcRep, KdcReqBody, KerbErrorData,
    KrbError, MethodData, PaData, PaEncTsEnc, PadataType, TgsRep, TgsReq, Ticket, TicketFlags,
    TransitedEncoding,
};
use kdclab_proto::{
    Enctype, KerberosTime, Key, KeyUsage, KeytabEntry, Principal, PrincipalName, Realm, Timestamp,
};
use rand::rngs::{ChaCha12Rng, SysRng};
use rand::{Rng, SeedableRng};

use crate::driver::now;
use crate::samba_realm::REALM;

/// How long nothing must come to be taken for silence.
const SILENCE: Duration = Duration::from_millis(500);
/// How long an answer may take that must come.
const PATIENCE: Duration = Duration::from_secs(20);
const TEN_HOURS: i64 = 36_000;

pub(crate) fn rng() -> ChaCha12Rng {
    ChaCha12Rng::try_from_rng(&mut SysRng).unwrap()
}

/// An AS-REQ.
pub(crate) struct AsAsk {
    pub(crate) client: Principal,
    /// The realm that the request names, where it is not the client's.
    pub(crate) realm: Option<Realm>,
    pub(crate) service: Option<PrincipalName>,
    pub(crate) options: KdcOptions,
    pub(crate) enctypes: Vec<Enctype>,
    /// The key of PA-ENC-TIMESTAMP, without which there is none.
    pub(crate) key: Option<Key>,
    /// How far the client's clock is from the KDC's, in seconds.
    pub(crate) clock: i64,
}

impl AsAsk {
    /// A request without pre-authentication.
    pub(crate) fn new(client: Principal) -> Self {
        Self {
            client,
            realm: None,
            service: None,
            options: KdcOptions::NONE,
            enctypes: vec![
                Enctype::AES256_CTS_HMAC_SHA1_96,
                Enctype::AES128_CTS_HMAC_SHA1_96,
                Enctype::RC4_HMAC,
            ],
            key: None,
            clock: 0,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut rng = rng();
        let clock = now().offset_by(self.clock * 1_000_000);
        let realm = self.realm.as_ref().unwrap_or(&self.client.realm);
        let service = self.service.clone();
        let body = KdcReqBody {
            cname: Some(self.client.name.clone()),
            sname: Some(service.unwrap_or_else(|| PrincipalName::krbtgt(realm))),
            ..body(
                self.options,
                realm.clone(),
                self.enctypes.clone(),
                clock,
                &mut rng,
            )
        };
        let padata = self.key.as_ref().map(|key| {
            let stamp = PaEncTsEnc {
                patimestamp: clock.time(),
                pausec: Some(clock.microseconds() as i32),
            };
            let cipher = key.encrypt(KeyUsage::PA_ENC_TIMESTAMP, &mut rng, &stamp.encode());
            let sealed = EncryptedData {
                etype: key.enctype(),
                kvno: None,
                cipher,
            };
            vec![PadataType::ENC_TIMESTAMP.with(sealed.encode())]
        });
        AsReq::new(padata, body).encode()
    }

    pub(crate) fn ask(&self, kdc: SocketAddr) -> Answer {
        Answer::from_bytes(over_tcp(kdc, &self.encode()), |reply| {
            self.key
                .as_ref()
                .map(|key| (key.clone(), KeyUsage::AS_REP))
                .filter(|(key, _)| key.enctype() == reply.enc_part.etype)
        })
    }
}

/// A TGS-REQ.
pub(crate) struct TgsAsk<'a> {
    pub(crate) with: &'a Credential,
    pub(crate) server: Principal,
    pub(crate) options: KdcOptions,
    pub(crate) enctypes: Vec<Enctype>,
    pub(crate) second_ticket: Option<Ticket>,
    pub(crate) padata: Vec<PaData>,
    /// How far the client's clock is from the KDC's, in seconds.
    pub(crate) clock: i64,
}

impl<'a> TgsAsk<'a> {
    pub(crate) fn new(with: &'a Credential, server: Principal) -> Self {
        Self {
            with,
            server,
            options: KdcOptions::NONE,
            enctypes: AsAsk::new(with.client.clone()).enctypes,
            second_ticket: None,
            padata: Vec::new(),
            clock: 0,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut rng = rng();
        let clock = now().offset_by(self.clock * 1_000_000);
        let session_key = &self.with.session_key;
        let body = KdcReqBody {
            sname: Some(self.server.name.clone()),
            additional_tickets: self.second_ticket.clone().map(|ticket| vec![ticket]),
            ..body(
                self.options,
                self.server.realm.clone(),
                self.enctypes.clone(),
                clock,
                &mut rng,
            )
        };
        let authenticator = Authenticator {
            authenticator_vno: 5,
            crealm: self.with.client.realm.clone(),
            cname: self.with.client.name.clone(),
            cksum: Some(Checksum {
                cksumtype: session_key.checksum_type(),
                checksum: session_key.checksum(KeyUsage::TGS_REQ_CHECKSUM, &body.encode()),
            }),
            cusec: clock.microseconds() as i32,
            ctime: clock.time(),
            subkey: None,
            seq_number: None,
            authorization_data: None,
        };
        let ap_req = ApReq {
            pvno: 5,
            msg_type: 14,
            ap_options: ApOptions::NONE,
            ticket: self.with.ticket.clone(),
            authenticator: EncryptedData {
                etype: session_key.enctype(),
                kvno: None,
                cipher: session_key.encrypt(
                    KeyUsage::TGS_REQ_AUTHENTICATOR,
                    &mut rng,
                    &authenticator.encode(),
                ),
            },
        };
        let mut padata = vec![PadataType::TGS_REQ.with(ap_req.encode())];
        padata.extend(self.padata.iter().cloned());
        TgsReq::new(Some(padata), body).encode()
    }

    pub(crate) fn ask(&self, kdc: SocketAddr) -> Answer {
        self.answer(over_tcp(kdc, &self.encode()))
    }

    pub(crate) fn answer(&self, bytes: Option<Vec<u8>>) -> Answer {
        Answer::from_bytes(bytes, |_| {
            let key = self.with.session_key.clone();
            Some((key, KeyUsage::TGS_REP_SESSION_KEY))
        })
    }
}

fn body(
    kdc_options: KdcOptions,
    realm: Realm,
    etype: Vec<Enctype>,
    now: Timestamp,
    rng: &mut ChaCha12Rng,
) -> KdcReqBody {
    KdcReqBody {
        kdc_options,
        cname: None,
        realm,
        sname: None,
        from: None,
        till: now.time().saturating_add(TEN_HOURS),
        rtime: None,
        nonce: i64::from(rng.next_u32() >> 1),
        etype,
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

/// What a KDC said.
#[derive(Debug)]
pub(crate) enum Answer {
    Refused(KrbError),
    Silence,
    Ticket {
        reply: Box<KdcRep>,
        /// What the client reads in the reply, where the test has its key.
        part: Option<Box<EncKdcRepPart>>,
    },
}

impl Answer {
    pub(crate) fn from_bytes(
        bytes: Option<Vec<u8>>,
        key: impl FnOnce(&KdcRep) -> Option<(Key, KeyUsage)>,
    ) -> Self {
        let Some(bytes) = bytes else {
            return Self::Silence;
        };
        if let Ok(error) = KrbError::decode(&bytes) {
            return Self::Refused(error);
        }
        let reply = match AsRep::decode(&bytes) {
            Ok(AsRep(reply)) => reply,
            Err(_) => TgsRep::decode(&bytes).expect("a KDC's answer").0,
        };
        let part = key(&reply).map(|(key, usage)| {
            let plain = key.decrypt(usage, &reply.enc_part.cipher).unwrap();
            Box::new(EncKdcRepPart::decode_padded(&plain).unwrap())
        });
        Self::Ticket {
            reply: Box::new(reply),
            part,
        }
    }

    /// The answer in one line: the code, e-text and e-data of a KRB-ERROR, or the ticket's client and
    /// server, without the realm where it is Samba's, and its types: sealed with, for the session.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Refused(error) => refusal(error),
            Self::Silence => String::from("silence"),
            Self::Ticket { reply, part } => {
                let sealed = &reply.ticket.enc_part;
                let (client, server) = (short(&reply.client()), short(&reply.ticket.server()));
                let mut line = format!("ticket {client} -> {server}, {}", sealed.etype.0);
                if let Some(part) = part {
                    let _ = write!(line, "/{}", part.key.enctype().0);
                }
                line
            }
        }
    }

    pub(crate) fn refused(self) -> KrbError {
        match self {
            Self::Refused(error) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The ticket and what its holder must know, to go on with.
    pub(crate) fn credential(self) -> Credential {
        let Self::Ticket {
            reply,
            part: Some(part),
        } = self
        else {
            panic!("no ticket: {}", self.summary());
        };
        Credential {
            client: reply.client(),
            server: part.sname.clone().at(part.srealm.clone()),
            session_key: part.key.key().unwrap(),
            ticket: reply.ticket,
            second_ticket: None,
            flags: part.flags,
            authtime: part.authtime,
            starttime: part.starttime.unwrap_or(part.authtime),
            endtime: part.endtime,
            renew_till: part.renew_till,
            addresses: part.caddr,
            is_skey: false,
        }
    }
}

fn short(principal: &Principal) -> String {
    let name = principal.to_string();
    let realm = format!("@{REALM}");
    name.strip_suffix(&realm).unwrap_or(&name).to_owned()
}

fn refusal(error: &KrbError) -> String {
    let mut line = error.error_code.0.to_string();
    if let Some(text) = &error.e_text {
        let _ = write!(line, " {:?}", text.to_str_lossy());
    }
    let Some(data) = &error.e_data else {
        return line;
    };
    if let Ok(data) = KerbErrorData::decode(data) {
        let value = data.data_value.clone().unwrap_or_default();
        match data.status() {
            Some(status) => {
                let _ = write!(line, " error data status {status:#010x}");
            }
            None => {
                let _ = write!(line, " error data {} {}", data.data_type, hex(&value));
            }
        }
    } else if let Ok(MethodData(methods)) = MethodData::decode(data) {
        let types: Vec<_> = methods.iter().map(|method| method.padata_type.0).collect();
        let _ = write!(line, " methods {types:?}");
        // What MS-KILE's KERB-ERROR-DATA holds, among METHOD-DATA: both number their fields alike.
        let data = error.padata(PadataType(KerbErrorData::EXTENDED_ERROR));
        if let Some(data_value) = data {
            let data = KerbErrorData {
                data_type: KerbErrorData::EXTENDED_ERROR,
                data_value: Some(data_value),
            };
            let _ = write!(line, " status {:#010x}", data.status().unwrap());
        }
        if let Some(info) = error.padata(PadataType::ETYPE_INFO2) {
            let entries = EtypeInfo2::decode(&info).unwrap().0;
            let types: Vec<_> = entries.iter().map(|entry| entry.etype.0).collect();
            let _ = write!(line, " etypes {types:?}");
        }
    } else {
        let _ = write!(line, " e-data {}", hex(data));
    }
    line
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer over TCP; none where the KDC closes the connection instead.
pub(crate) fn over_tcp(kdc: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(kdc).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = u32::try_from(message.len()).unwrap();
    stream
        .write_all(&[&length.to_be_bytes(), message].concat())
        .unwrap();
    let mut answer = Vec::new();
    match stream.read_exact(answer_of(&mut answer, 4)) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
        read => read.unwrap(),
    }
    let length = u32::from_be_bytes(answer[..].try_into().unwrap());
    stream
        .read_exact(answer_of(&mut answer, length as usize))
        .unwrap();
    Some(answer)
}

fn answer_of(answer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    answer.clear();
    answer.resize(length, 0);
    answer
}

/// The answer over UDP.
pub(crate) fn over_udp(kdc: SocketAddr, message: &[u8]) -> Vec<u8> {
    within_udp(kdc, message, PATIENCE).expect("an answer")
}

/// What comes over UDP where nothing should.
pub(crate) fn silence_over_udp(kdc: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    within_udp(kdc, message, SILENCE)
}

fn within_udp(kdc: SocketAddr, message: &[u8], patience: Duration) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    socket.send_to(message, kdc).unwrap();
    let mut answer = vec![0; 1 << 16];
    let (length, _) = socket.recv_from(&mut answer).ok()?;
    answer.truncate(length);
    Some(answer)
}

/// A ticket made without a KDC, from `starts` to `ends` seconds from now.
pub(crate) fn forged(
    client: &Principal,
    server: &Principal,
    key: &KeytabEntry,
    (starts, ends): (i64, i64),
) -> Credential {
    let mut rng = rng();
    let session_key = Key::generate(Enctype::AES256_CTS_HMAC_SHA1_96, &mut rng).unwrap();
    let now = now().time();
    let (starttime, endtime) = (now.saturating_add(starts), now.saturating_add(ends));
    let part = EncTicketPart {
        flags: TicketFlags::INITIAL | TicketFlags::PRE_AUTHENT,
        key: EncryptionKey::from(&session_key),
        crealm: client.realm.clone(),
        cname: client.name.clone(),
        transited: TransitedEncoding::empty(),
        authtime: starttime,
        starttime: Some(starttime),
        endtime,
        renew_till: None,
        caddr: None,
        authorization_data: None,
    };
    let sealed = key
        .key()
        .unwrap()
        .encrypt(KeyUsage::TICKET, &mut rng, &part.encode());
    Credential {
        client: client.clone(),
        server: server.clone(),
        session_key,
        ticket: Ticket {
            tkt_vno: 5,
            realm: server.realm.clone(),
            sname: server.name.clone(),
            enc_part: EncryptedData {
                etype: key.enctype,
                kvno: Some(key.kvno),
                cipher: sealed,
            },
        },
        second_ticket: None,
        flags: part.flags,
        authtime: starttime,
        starttime,
        endtime,
        renew_till: None,
        addresses: None,
        is_skey: false,
    }
}

/// A key of a principal as a keytab holds it.
pub(crate) fn entry(principal: &Principal, kvno: u32, key: &Key) -> KeytabEntry {
    KeytabEntry {
        principal: principal.clone(),
        timestamp: KerberosTime::from_unix(0),
        kvno,
        enctype: key.enctype(),
        key_bytes: key.expose_bytes().to_vec().into(),
    }
}
