use std::time::Duration;

use kdclab_client::{
    AcceptError, Accepted, Acceptor, ApExchange, ApParameters, ClientConfig, Credential, Dialect,
    Refused,
};
use kdclab_proto::messages::{
    ApReq, Authenticator, EncTicketPart, EncryptedData, KrbError, Ticket, TicketFlags,
    TransitedEncoding,
};
use kdclab_proto::{
    Enctype, KerberosTime, Key, KeyUsage, Keytab, KeytabEntry, Principal, Timestamp,
};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

pub(crate) const AES256: Enctype = Enctype::AES256_CTS_HMAC_SHA1_96;
pub(crate) const AES128: Enctype = Enctype::AES128_CTS_HMAC_SHA1_96;
pub(crate) const RC4: Enctype = Enctype::RC4_HMAC;

pub(crate) const SERVICE: &str = "HTTP/web1.lab.example@LAB.EXAMPLE";

/// 2026-01-01T00:00:00.123456Z.
pub(crate) fn now() -> Timestamp {
    KerberosTime::from_unix(1_767_225_600)
        .timestamp()
        .offset_by(123_456)
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

pub(crate) fn principal(text: &str) -> Principal {
    Principal::parse(text, Some(&"LAB.EXAMPLE".into())).unwrap()
}

/// The key of `enctype` that `number` stands for.
pub(crate) fn key(enctype: Enctype, number: u64) -> Key {
    Key::generate(enctype, &mut ChaCha12Rng::seed_from_u64(number)).unwrap()
}

pub(crate) fn config(dialect: Dialect) -> ClientConfig {
    match dialect {
        Dialect::Java => ClientConfig::java("LAB.EXAMPLE"),
        Dialect::Java6 => ClientConfig::java_6("LAB.EXAMPLE"),
        Dialect::Mit => ClientConfig::mit("LAB.EXAMPLE"),
        Dialect::Windows => ClientConfig::windows("LAB.EXAMPLE"),
    }
}

pub(crate) fn entry(name: &str, kvno: u32, key: &Key) -> KeytabEntry {
    KeytabEntry {
        principal: principal(name),
        timestamp: now().time(),
        kvno,
        enctype: key.enctype(),
        key_bytes: key.expose_bytes().to_vec().into(),
    }
}

pub(crate) fn keytab(entries: impl IntoIterator<Item = KeytabEntry>) -> Keytab {
    Keytab {
        entries: entries.into_iter().collect(),
    }
}

/// An acceptor with the service's key, version 2.
pub(crate) fn acceptor(dialect: Dialect) -> Acceptor {
    Acceptor::new(config(dialect), keytab([entry(SERVICE, 2, &service_key())]))
}

pub(crate) fn service_key() -> Key {
    key(AES256, 100)
}

pub(crate) fn session_key() -> Key {
    key(AES256, 200)
}

/// A ticket of alice for the service as its issuer sees it, and how it is sealed.
pub(crate) struct Issue {
    pub(crate) part: EncTicketPart,
    pub(crate) server: Principal,
    pub(crate) key: Key,
    pub(crate) kvno: Option<u32>,
    pub(crate) session_key: Key,
}

impl Issue {
    /// A ticket issued a minute ago for ten hours.
    pub(crate) fn new() -> Self {
        let alice = principal("alice@LAB.EXAMPLE");
        let issued = now().time().saturating_add(-60);
        Self {
            part: EncTicketPart {
                flags: TicketFlags::PRE_AUTHENT,
                key: (&session_key()).into(),
                crealm: alice.realm,
                cname: alice.name,
                transited: TransitedEncoding::empty(),
                authtime: issued,
                starttime: Some(issued),
                endtime: issued.saturating_add(36_000),
                renew_till: None,
                caddr: None,
                authorization_data: None,
            },
            server: principal(SERVICE),
            key: service_key(),
            kvno: Some(2),
            session_key: session_key(),
        }
    }

    pub(crate) fn session_key(mut self, key: Key) -> Self {
        self.part.key = (&key).into();
        self.session_key = key;
        self
    }

    pub(crate) fn credential(&self) -> Credential {
        let cipher = self
            .key
            .encrypt(KeyUsage::TICKET, &mut rng(), &self.part.encode());
        Credential {
            client: self.part.client(),
            server: self.server.clone(),
            session_key: self.session_key.clone(),
            ticket: Ticket {
                tkt_vno: 5,
                realm: self.server.realm.clone(),
                sname: self.server.name.clone(),
                enc_part: EncryptedData {
                    etype: self.key.enctype(),
                    kvno: self.kvno,
                    cipher,
                },
            },
            second_ticket: None,
            flags: self.part.flags,
            authtime: self.part.authtime,
            starttime: self.part.valid_from(),
            endtime: self.part.endtime,
            renew_till: self.part.renew_till,
            addresses: self.part.caddr.clone(),
            is_skey: false,
        }
    }

    /// A GSS token of an initiator whose clock says `at`.
    pub(crate) fn token_at(&self, at: Timestamp) -> Vec<u8> {
        start(&self.credential(), &ApParameters::gss(), at).1
    }

    pub(crate) fn token(&self) -> Vec<u8> {
        self.token_at(now())
    }

    /// A bare AP-REQ with the authenticator that `change` leaves.
    pub(crate) fn request(&self, change: impl FnOnce(&mut Authenticator)) -> ApReq {
        let (_, token) = start(&self.credential(), &ApParameters::raw(), now());
        let mut request = ApReq::decode(&token).unwrap();
        let key = &self.session_key;
        let plain = key
            .decrypt(
                KeyUsage::AP_REQ_AUTHENTICATOR,
                &request.authenticator.cipher,
            )
            .unwrap();
        let mut authenticator = Authenticator::decode_padded(&plain).unwrap();
        change(&mut authenticator);
        request.authenticator.cipher = key.encrypt(
            KeyUsage::AP_REQ_AUTHENTICATOR,
            &mut rng(),
            &authenticator.encode(),
        );
        request
    }
}

pub(crate) fn start(
    credential: &Credential,
    parameters: &ApParameters<'_>,
    at: Timestamp,
) -> (ApExchange, Vec<u8>) {
    ApExchange::start(credential, parameters, at, &mut rng()).unwrap()
}

pub(crate) fn accept_at(
    acceptor: &mut Acceptor,
    at: Timestamp,
    token: &[u8],
) -> Result<Box<Accepted>, Box<Refused>> {
    acceptor.accept(at, &mut rng(), None, token)
}

pub(crate) fn accept(acceptor: &mut Acceptor, token: &[u8]) -> Result<Box<Accepted>, Box<Refused>> {
    accept_at(acceptor, now(), token)
}

pub(crate) fn refusal(acceptor: &mut Acceptor, token: &[u8]) -> AcceptError {
    accept(acceptor, token).unwrap_err().error
}

/// The number of the KRB-ERROR in `refused`'s GSS token.
pub(crate) fn code_in(refused: &Refused) -> Option<i32> {
    refused
        .reply
        .as_deref()
        .map(|token| krb_error(token).error_code.0)
}

pub(crate) fn krb_error(token: &[u8]) -> KrbError {
    let token = kdclab_client::gss::ContextToken::decode(token).unwrap();
    assert_eq!(token.id, kdclab_client::gss::TokenId::KrbError);
    KrbError::decode(token.message).unwrap()
}
