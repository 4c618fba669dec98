//! Replies made by hand.

use std::convert::Infallible;

use kdclab_client::{
    AsExchange, AsOutcome, AsParameters, ClientConfig, ClientError, Credential, Step, TgsExchange,
    TgsParameters,
};
use kdclab_proto::messages::{
    ApReq, AsRep, AsReq, Authenticator, Checksum, EncAsRepPart, EncKdcRepPart, EncTgsRepPart,
    EncryptedData, EncryptionKey, EtypeInfo2, EtypeInfo2Entry, KdcRep, KdcReq, KrbError,
    MethodData, PaData, PadataType, TgsRep, TgsReq, Ticket, TicketFlags,
};
use kdclab_proto::{
    Enctype, ErrorCode, KerberosTime, Key, KeyUsage, NameType, Principal, PrincipalName, Realm,
    Timestamp,
};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

pub(crate) const REALM: &str = "LAB.EXAMPLE";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const AES256: Enctype = Enctype::AES256_CTS_HMAC_SHA1_96;
pub(crate) const AES128: Enctype = Enctype::AES128_CTS_HMAC_SHA1_96;
/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: Timestamp = KerberosTime::from_unix(1_767_225_600).timestamp();

pub(crate) fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

/// A generator that always gives the same number.
pub(crate) struct Fixed(pub(crate) u32);

impl rand::TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.into())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0 as u8);
        Ok(())
    }
}

impl rand::TryCryptoRng for Fixed {}

pub(crate) fn principal(text: &str) -> Principal {
    Principal::parse(text, Some(&REALM.into())).expect("a principal in a test is well-formed")
}

pub(crate) fn alice() -> Principal {
    principal("alice")
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    NOW.offset_by(seconds * 1_000_000)
}

/// The key that `PASSWORD` makes for alice.
pub(crate) fn alice_key(enctype: Enctype) -> Key {
    Key::from_password(enctype, PASSWORD, b"LAB.EXAMPLEalice", None).expect("a known type")
}

pub(crate) fn session_key() -> Key {
    Key::new(AES256, &[7; 32]).expect("32 bytes")
}

pub(crate) fn sent<T: std::fmt::Debug>(step: Step<T>) -> (Realm, Vec<u8>) {
    match step {
        Step::Send { realm, bytes } => (realm, bytes),
        other => panic!("expected a request, got {other:?}"),
    }
}

pub(crate) fn done<T: std::fmt::Debug>(step: Step<T>) -> T {
    match step {
        Step::Done(result) => result,
        other => panic!("expected a result, got {other:?}"),
    }
}

pub(crate) fn failed<T: std::fmt::Debug>(step: Step<T>) -> ClientError {
    match step {
        Step::Failed(error) => error,
        other => panic!("expected an error, got {other:?}"),
    }
}

pub(crate) fn as_req(bytes: &[u8]) -> KdcReq {
    AsReq::decode(bytes).expect("an AS-REQ").0
}

pub(crate) fn tgs_req(bytes: &[u8]) -> KdcReq {
    TgsReq::decode(bytes).expect("a TGS-REQ").0
}

pub(crate) fn padata_types(request: &KdcReq) -> Vec<i32> {
    let padata = request.padata.iter().flatten();
    padata.map(|padata| padata.padata_type.0).collect()
}

/// A KRB-ERROR in answer to anything.
pub(crate) fn error(code: ErrorCode) -> KrbError {
    KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: None,
        cusec: None,
        stime: NOW.time(),
        susec: 0,
        error_code: code,
        crealm: None,
        cname: None,
        realm: REALM.into(),
        sname: PrincipalName::krbtgt(&REALM.into()),
        e_text: None,
        e_data: None,
    }
}

pub(crate) fn etype_info2(entries: &[(Enctype, Option<&str>, Option<&[u8]>)]) -> PaData {
    let entries = entries
        .iter()
        .map(|(etype, salt, s2kparams)| EtypeInfo2Entry {
            etype: *etype,
            salt: salt.map(Into::into),
            s2kparams: s2kparams.map(<[u8]>::to_vec),
        });
    let info = EtypeInfo2(entries.collect());
    PadataType::ETYPE_INFO2.with(info.encode())
}

/// KDC_ERR_PREAUTH_REQUIRED with this METHOD-DATA.
pub(crate) fn preauth_required(padata: Vec<PaData>) -> KrbError {
    KrbError {
        e_data: Some(MethodData(padata).encode()),
        ..error(ErrorCode::KDC_ERR_PREAUTH_REQUIRED)
    }
}

/// KDC_ERR_PREAUTH_REQUIRED as MIT's KDC sends it for a user with one key.
pub(crate) fn usual_preauth_required() -> KrbError {
    preauth_required(vec![
        etype_info2(&[(AES256, Some("LAB.EXAMPLEalice"), None)]),
        PadataType::ENC_TIMESTAMP.with(Vec::new()),
    ])
}

pub(crate) fn ticket(server: &Principal) -> Ticket {
    Ticket {
        tkt_vno: 5,
        realm: server.realm.clone(),
        sname: server.name.clone(),
        enc_part: EncryptedData {
            etype: AES256,
            kvno: Some(1),
            cipher: b"only the service can read this".to_vec(),
        },
    }
}

/// The two parts of a reply before they are put together.
pub(crate) struct Parts {
    pub(crate) rep: KdcRep,
    pub(crate) enc_part: EncKdcRepPart,
}

/// What a KDC answers that grants exactly what `request` asks for.
pub(crate) fn parts(request: &KdcReq, client: &Principal, flags: TicketFlags) -> Parts {
    let body = request.req_body();
    let name = body.sname.clone().expect("the request names a service");
    let server = name.at(body.realm.clone());
    let till = Some(body.till).filter(|till| *till != KerberosTime::EPOCH);
    let starttime = body.from.unwrap_or(NOW.time());
    Parts {
        rep: KdcRep {
            pvno: 5,
            msg_type: 0,
            padata: None,
            crealm: client.realm.clone(),
            cname: client.name.clone(),
            ticket: ticket(&server),
            enc_part: EncryptedData {
                etype: AES256,
                kvno: None,
                cipher: Vec::new(),
            },
        },
        enc_part: EncKdcRepPart {
            key: EncryptionKey::from(&session_key()),
            last_req: Vec::new(),
            nonce: body.nonce,
            key_expiration: None,
            flags,
            authtime: NOW.time(),
            starttime: Some(starttime),
            endtime: till.unwrap_or(starttime.saturating_add(36_000)),
            renew_till: None,
            srealm: server.realm.clone(),
            sname: server.name,
            caddr: None,
            encrypted_pa_data: None,
        },
    }
}

impl Parts {
    pub(crate) fn seal_as(mut self, key: &Key) -> Vec<u8> {
        self.rep.msg_type = 11;
        let plain = EncAsRepPart(self.enc_part).encode();
        self.rep.enc_part.etype = key.enctype();
        self.rep.enc_part.cipher = key.encrypt(KeyUsage::AS_REP, &mut rng(), &plain);
        AsRep(self.rep).encode()
    }

    pub(crate) fn seal_tgs(mut self, key: &Key, usage: KeyUsage) -> Vec<u8> {
        self.rep.msg_type = 13;
        let plain = EncTgsRepPart(self.enc_part).encode();
        self.rep.enc_part.etype = key.enctype();
        self.rep.enc_part.cipher = key.encrypt(usage, &mut rng(), &plain);
        TgsRep(self.rep).encode()
    }

    /// Names another service, on the ticket as well.
    pub(crate) fn for_server(mut self, server: &Principal) -> Self {
        self.rep.ticket = ticket(server);
        self.enc_part.sname = server.name.clone();
        self.enc_part.srealm = server.realm.clone();
        self
    }

    /// The proof of RFC 6806 section 11 that the KDC saw `request`.
    pub(crate) fn prove_request(mut self, request: &[u8], key: &Key) -> Self {
        let checksum = Checksum {
            cksumtype: key.checksum_type(),
            checksum: key.checksum(KeyUsage::AS_REQ, request),
        };
        let padata = PadataType::REQ_ENC_PA_REP.with(checksum.encode());
        self.enc_part.flags |= TicketFlags::ENC_PA_REP;
        self.enc_part.encrypted_pa_data = Some(vec![padata]);
        self
    }
}

/// The flags of an ordinary initial ticket.
pub(crate) const INITIAL: TicketFlags = TicketFlags::INITIAL.with(TicketFlags::PRE_AUTHENT);

/// An AS exchange that runs, with its last request.
pub(crate) struct AsRun {
    pub(crate) exchange: AsExchange,
    pub(crate) realm: Realm,
    pub(crate) bytes: Vec<u8>,
}

impl AsRun {
    pub(crate) fn start(config: &ClientConfig, parameters: AsParameters) -> Self {
        let (exchange, step) = AsExchange::start(config, parameters, NOW, &mut rng());
        let (realm, bytes) = sent(step);
        Self {
            exchange,
            realm,
            bytes,
        }
    }

    pub(crate) fn request(&self) -> KdcReq {
        as_req(&self.bytes)
    }

    pub(crate) fn answer(&mut self, reply: &[u8]) -> Step<AsOutcome> {
        self.answer_at(NOW, reply)
    }

    pub(crate) fn answer_at(&mut self, now: Timestamp, reply: &[u8]) -> Step<AsOutcome> {
        self.exchange.input(now, &mut rng(), Ok(reply))
    }

    /// Answers and expects another request.
    pub(crate) fn continue_with(&mut self, reply: &KrbError) -> KdcReq {
        let step = self.answer(&reply.encode());
        (self.realm, self.bytes) = sent(step);
        self.request()
    }
}

/// Alice's password login as far as the first request.
pub(crate) fn password_login(config: &ClientConfig) -> AsRun {
    AsRun::start(config, AsParameters::password(alice(), PASSWORD))
}

/// Alice's ticket for `server`.
pub(crate) fn credential(server: &str, flags: TicketFlags) -> Credential {
    let server = principal(server);
    Credential {
        client: alice(),
        ticket: ticket(&server),
        server,
        session_key: session_key(),
        second_ticket: None,
        flags,
        authtime: NOW.time(),
        starttime: NOW.time(),
        endtime: after(36_000).time(),
        renew_till: None,
        addresses: None,
        is_skey: false,
    }
}

pub(crate) fn tgt() -> Credential {
    credential("krbtgt/LAB.EXAMPLE", INITIAL)
}

/// A TGS exchange that runs, with its last request and the ticket it was made with.
pub(crate) struct TgsRun {
    pub(crate) exchange: TgsExchange,
    pub(crate) realm: Realm,
    pub(crate) bytes: Vec<u8>,
}

impl TgsRun {
    pub(crate) fn start(config: &ClientConfig, parameters: TgsParameters) -> Self {
        Self::start_with(config, &tgt(), &[], parameters)
    }

    pub(crate) fn start_with(
        config: &ClientConfig,
        ticket: &Credential,
        cached: &[Credential],
        parameters: TgsParameters,
    ) -> Self {
        let (exchange, step) =
            TgsExchange::start(config, ticket, cached, parameters, NOW, &mut rng());
        let (realm, bytes) = sent(step);
        Self {
            exchange,
            realm,
            bytes,
        }
    }

    pub(crate) fn request(&self) -> KdcReq {
        tgs_req(&self.bytes)
    }

    pub(crate) fn ap_req(&self) -> ApReq {
        let request = self.request();
        let value = request.padata(PadataType::TGS_REQ).expect("PA-TGS-REQ");
        ApReq::decode(value).expect("an AP-REQ")
    }

    pub(crate) fn authenticator(&self) -> Authenticator {
        let cipher = self.ap_req().authenticator.cipher;
        let plain = session_key()
            .decrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, &cipher)
            .expect("the session key opens the authenticator");
        Authenticator::decode_padded(&plain).expect("an authenticator")
    }

    /// `SERVER from REALM`, with `(canonicalize)` where it is set.
    pub(crate) fn asked(&self) -> String {
        let request = self.request();
        let body = request.req_body();
        let server = body
            .sname
            .clone()
            .expect("a service")
            .at(body.realm.clone());
        let canonicalize = kdclab_proto::messages::KdcOptions::CANONICALIZE;
        let suffix = if body.kdc_options.contains(canonicalize) {
            " (canonicalize)"
        } else {
            ""
        };
        format!("{server} from {}{suffix}", self.realm)
    }

    /// A reply that grants what was asked for.
    pub(crate) fn parts(&self) -> Parts {
        parts(&self.request(), &alice(), TicketFlags::PRE_AUTHENT)
    }

    /// Seals a reply with the key that the last request asks for.
    pub(crate) fn seal(&self, parts: Parts) -> Vec<u8> {
        match self.authenticator().subkey {
            Some(subkey) => {
                let key = subkey.key().expect("a subkey of a known type");
                parts.seal_tgs(&key, KeyUsage::TGS_REP_SUBKEY)
            }
            None => parts.seal_tgs(&session_key(), KeyUsage::TGS_REP_SESSION_KEY),
        }
    }

    pub(crate) fn answer(&mut self, reply: &[u8]) -> Step<Credential> {
        self.exchange.input(NOW, &mut rng(), Ok(reply))
    }

    /// Grants what was asked for.
    pub(crate) fn grant(&mut self) -> Step<Credential> {
        let reply = self.seal(self.parts());
        self.answer(&reply)
    }

    /// Grants a ticket for another service.
    pub(crate) fn grant_server(&mut self, server: &str) -> Step<Credential> {
        let reply = self.seal(self.parts().for_server(&principal(server)));
        self.answer(&reply)
    }

    pub(crate) fn refuse(&mut self, code: ErrorCode) -> Step<Credential> {
        self.answer(&error(code).encode())
    }

    /// Takes the next request out of a step.
    pub(crate) fn proceed(&mut self, step: Step<Credential>) -> String {
        (self.realm, self.bytes) = sent(step);
        self.asked()
    }
}

pub(crate) fn enterprise(name: &str) -> Principal {
    PrincipalName::new(NameType::ENTERPRISE, [name]).at(REALM)
}
