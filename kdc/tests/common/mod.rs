//! Realms to test with, and clients made by hand: no other implementation takes part.

mod wire;

use std::sync::LazyLock;

use kdclab_kdc::{
    Attributes, Database, Dialect, Kdc, PrincipalEntry, Protocol, RealmPolicy, Reply, Traffic,
    Transport,
};
use kdclab_proto::messages::{
    EncTicketPart, EncryptedData, KdcOptions, KdcReqBody, PaData, Ticket,
};
use kdclab_proto::{ErrorCode, KerberosTime, Key, KeyCache, KeyUsage, Principal, Realm};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

pub(crate) use wire::*;

/// String-to-key is slow, and every test wants the same few keys.
static KEYS: LazyLock<KeyCache> = LazyLock::new(KeyCache::default);

pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const START: KerberosTime = KerberosTime::from_unix(1_767_225_600);
pub(crate) const HOUR: i64 = 3600;

pub(crate) fn keys() -> &'static KeyCache {
    &KEYS
}

pub(crate) fn principal(text: &str) -> Principal {
    text.parse().expect("a principal")
}

/// A KDC, its clock and a client's seat. Passwords are `correct horse`; alice and bob must
/// pre-authenticate, carol need not.
pub(crate) struct World {
    pub(crate) kdc: Kdc,
    pub(crate) traffic: Traffic,
    pub(crate) now: KerberosTime,
    pub(crate) rng: ChaCha12Rng,
    pub(crate) transport: Transport,
}

pub(crate) fn database(realm: &str, dialect: Dialect) -> Database {
    let mut rng = ChaCha12Rng::seed_from_u64(realm.len() as u64);
    let policy = RealmPolicy::new(dialect);
    let mut database =
        Database::create(realm, policy.clone(), &mut rng).expect("implemented types");
    for (user, attributes) in [
        ("alice", Attributes::REQUIRES_PRE_AUTH),
        ("bob", Attributes::REQUIRES_PRE_AUTH),
        ("carol", Attributes::NONE),
    ] {
        let user = principal(&format!("{user}@{realm}"));
        let mut entry = PrincipalEntry::with_password(user, &policy, PASSWORD, keys())
            .expect("implemented types");
        entry.attributes = attributes;
        database = database.insert(entry).expect("a new name");
    }
    let service = principal(&format!("host/web.{}@{realm}", realm.to_lowercase()));
    let mut entry = PrincipalEntry::with_random_keys(service, &policy, &mut rng).expect("types");
    entry.attributes = Attributes::NONE;
    database.insert(entry).expect("a new name")
}

impl World {
    pub(crate) fn new(realms: impl IntoIterator<Item = Database>) -> Self {
        Self {
            kdc: Kdc::new(realms),
            traffic: Traffic::new(),
            now: START,
            rng: ChaCha12Rng::seed_from_u64(1),
            transport: Transport {
                protocol: Protocol::Udp,
                peer: "192.0.2.7:50000".parse().expect("an address"),
                reply_limit: None,
            },
        }
    }

    /// One MIT realm, LAB.
    pub(crate) fn mit() -> Self {
        Self::new([database("LAB", Dialect::Mit)])
    }

    /// One Active Directory domain, LAB.
    pub(crate) fn active_directory() -> Self {
        Self::new([database("LAB", Dialect::ActiveDirectory)])
    }

    pub(crate) fn database(&self, realm: &str) -> &Database {
        self.kdc.realm(&realm.into()).expect("a realm served here")
    }

    pub(crate) fn edit(&mut self, name: &str, change: impl FnOnce(&mut PrincipalEntry)) {
        let name = principal(name);
        let served = self.kdc.realms().iter();
        let database = served
            .clone()
            .find(|database| database.lookup(&name).is_some())
            .expect("a principal of a realm served here");
        let changed = database.update(&name, change).expect("the principal");
        self.kdc = self.kdc.with_realm(changed);
    }

    pub(crate) fn set(&mut self, name: &str, flags: &str) {
        self.edit(name, |entry| {
            for flag in flags.split(' ') {
                entry.attributes.apply(flag).expect("an attribute");
            }
        });
    }

    pub(crate) fn policy(&mut self, realm: &str, change: impl FnOnce(&mut RealmPolicy)) {
        let database = self.database(realm);
        let mut policy = database.policy().clone();
        change(&mut policy);
        self.kdc = self.kdc.with_realm(database.with_policy(policy));
    }

    /// A copy that goes its own way.
    pub(crate) fn clone_of(&self) -> Self {
        Self {
            kdc: self.kdc.clone(),
            traffic: self.traffic.clone(),
            now: self.now,
            rng: ChaCha12Rng::seed_from_u64(2),
            transport: self.transport,
        }
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.now = self.now.saturating_add(seconds);
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> Reply {
        let now = self.now.timestamp();
        self.kdc
            .handle(&self.traffic, now, &mut self.rng, &self.transport, request)
    }

    fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        self.send(request).bytes.expect("an answer")
    }

    pub(crate) fn key_of_user(&self, client: &Principal, password: &str) -> Key {
        let salt = kdclab_proto::crypto::Salt::Normal.bytes(client);
        keys().key(AES256, password, &salt, None).expect("a key")
    }

    /// An AS exchange with an encrypted timestamp under `key`.
    pub(crate) fn logon_with(
        &mut self,
        client: &Principal,
        key: &Key,
        body: KdcReqBody,
        mut padata: Vec<PaData>,
    ) -> Result<Credential, Refused> {
        padata.push(enc_timestamp(key, self.now, &mut self.rng));
        let reply = self.answer(&as_req(client, body, padata));
        read_as_rep(&reply, key)
    }

    /// An AS exchange with the right password.
    pub(crate) fn logon(&mut self, client: &str, body: KdcReqBody) -> Result<Credential, Refused> {
        let client = principal(client);
        let key = self.key_of_user(&client, PASSWORD);
        self.logon_with(&client, &key, body, Vec::new())
    }

    /// An AS exchange with some password, for the code of its refusal.
    pub(crate) fn logon_code(&mut self, client: &str, password: &str) -> Option<ErrorCode> {
        let client = principal(client);
        let key = self.key_of_user(&client, password);
        let body = body(&Principal::krbtgt(&client.realm, &client.realm));
        // Another nonce makes another request: the same one would get the same reply again.
        let nonce = i64::from(rand::Rng::next_u32(&mut self.rng));
        let body = KdcReqBody { nonce, ..body };
        self.logon_with(&client, &key, body, Vec::new())
            .err()
            .map(|error| error.error_code)
    }

    pub(crate) fn tgt(&mut self, client: &str) -> Credential {
        self.tgt_with(client, KdcOptions::NONE)
    }

    pub(crate) fn tgt_with(&mut self, client: &str, kdc_options: KdcOptions) -> Credential {
        let realm = principal(client).realm;
        let body = KdcReqBody {
            kdc_options,
            ..body(&Principal::krbtgt(&realm, &realm))
        };
        self.logon(client, body).expect("a TGT")
    }

    pub(crate) fn present(&self, credential: &Credential) -> Present {
        Present::new(credential, self.now)
    }

    pub(crate) fn tgs_with(
        &mut self,
        credential: &Credential,
        present: &Present,
        body: KdcReqBody,
    ) -> Result<Credential, Refused> {
        let request = tgs_req(credential, present, body, &mut self.rng);
        let reply = self.answer(&request);
        match &present.subkey {
            Some(subkey) => {
                let subkey = subkey.key().unwrap_or_else(|_| credential.session.clone());
                read_tgs_rep(&reply, &subkey, KeyUsage::TGS_REP_SUBKEY)
            }
            None => read_tgs_rep(&reply, &credential.session, KeyUsage::TGS_REP_SESSION_KEY),
        }
    }

    pub(crate) fn tgs(
        &mut self,
        credential: &Credential,
        body: KdcReqBody,
    ) -> Result<Credential, Refused> {
        let present = self.present(credential);
        self.tgs_with(credential, &present, body)
    }

    pub(crate) fn service(
        &mut self,
        credential: &Credential,
        service: &str,
    ) -> Result<Credential, Refused> {
        self.tgs(credential, body(&principal(service)))
    }

    /// The key that `ticket` is sealed with, by its service, version and type.
    pub(crate) fn key_of_ticket(&self, ticket: &Ticket) -> Key {
        self.key_of_service(
            &ticket.server(),
            ticket.enc_part.kvno.expect("a key version"),
        )
    }

    pub(crate) fn key_of_service(&self, service: &Principal, kvno: u32) -> Key {
        let entry = self
            .kdc
            .realms()
            .iter()
            .find_map(|database| database.lookup(service))
            .expect("the service");
        let set = entry.key_set(kvno).expect("the key version");
        set.keys[0].key.clone()
    }

    pub(crate) fn open(&self, ticket: &Ticket) -> EncTicketPart {
        open_ticket(ticket, &self.key_of_ticket(ticket))
    }

    /// `credential` with the contents of its ticket changed and sealed again.
    pub(crate) fn resealed(
        &mut self,
        credential: &Credential,
        change: impl FnOnce(&mut EncTicketPart),
    ) -> Credential {
        let key = self.key_of_ticket(&credential.ticket);
        let mut part = self.open(&credential.ticket);
        change(&mut part);
        let cipher = key.encrypt(KeyUsage::TICKET, &mut self.rng, &part.encode());
        let mut changed = credential.clone();
        changed.client = part.client();
        changed.ticket.enc_part = EncryptedData {
            cipher,
            ..changed.ticket.enc_part
        };
        changed
    }
}

pub(crate) fn krbtgt(realm: &str) -> Principal {
    let realm = Realm::from(realm);
    Principal::krbtgt(&realm, &realm)
}

#[track_caller]
pub(crate) fn assert_refused<T: std::fmt::Debug>(
    result: &Result<T, Refused>,
    code: ErrorCode,
    e_text: &str,
) {
    let error = result.as_ref().expect_err("a refusal");
    let text = error.e_text.as_ref().map(ToString::to_string);
    assert_eq!((error.error_code, text.as_deref()), (code, Some(e_text)));
}
