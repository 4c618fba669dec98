//! The exchanges in process: what a KDC and an acceptor need for one request, beside the cryptography
//! that such a request cannot do without.

use divan::{Bencher, black_box};
use kdclab_client::{
    Acceptor, ApExchange, ApParameters, AsExchange, AsParameters, ClientConfig, Credential, Step,
    TgsExchange, TgsParameters,
};
use kdclab_kdc::{
    Attributes, Database, Dialect, Kdc, PrincipalEntry, Protocol, RealmPolicy, Traffic, Transport,
};
use kdclab_proto::{
    Enctype, KerberosTime, Key, KeyCache, KeyUsage, Keytab, KeytabEntry, Principal, Timestamp,
};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

const REALM: &str = "LAB.EXAMPLE";
const PASSWORD: &str = "correct horse";
const ENCTYPES: [Enctype; 4] = [
    Enctype::AES128_CTS_HMAC_SHA1_96,
    Enctype::AES256_CTS_HMAC_SHA1_96,
    Enctype::AES128_CTS_HMAC_SHA256_128,
    Enctype::AES256_CTS_HMAC_SHA384_192,
];
const NOW: Timestamp = KerberosTime::from_unix(1_767_225_600).timestamp();
const TRANSPORT: Transport = Transport {
    protocol: Protocol::Udp,
    peer: std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 40_000),
    reply_limit: None,
};

/// A realm of one user and one service, and a client of it.
struct Lab {
    kdc: Kdc,
    traffic: Traffic,
    config: ClientConfig,
    keytab: Keytab,
    rng: ChaCha12Rng,
    /// Microseconds that passed, so that no two requests are the same.
    elapsed: i64,
}

fn principal(name: &str) -> Principal {
    Principal::parse(name, Some(&REALM.into())).expect("a well-formed name")
}

impl Lab {
    fn new(enctype: Enctype) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut policy = RealmPolicy::new(Dialect::Mit);
        policy.supported_enctypes = vec![enctype];
        policy
            .default_attributes
            .set(Attributes::REQUIRES_PRE_AUTH, true);
        let cache = KeyCache::default();
        let user = PrincipalEntry::with_password(principal("alice"), &policy, PASSWORD, &cache);
        let entries = [
            user.expect("a supported type makes keys of passwords"),
            random_entry("krbtgt/LAB.EXAMPLE", &policy, &mut rng),
            random_entry("host/srv1.lab.example", &policy, &mut rng),
        ];
        let service = &entries[2];
        let keytab = Keytab {
            entries: service.key_sets()[0]
                .keys
                .iter()
                .map(|key| KeytabEntry {
                    principal: service.principal().clone(),
                    timestamp: KerberosTime::EPOCH,
                    kvno: 1,
                    enctype,
                    key_bytes: Zeroizing::new(key.key.expose_bytes().to_vec()),
                })
                .collect(),
        };
        let database = Database::new(REALM, policy)
            .insert_all(entries)
            .expect("three different names");
        let mut config = ClientConfig::mit(REALM);
        for list in [
            &mut config.default_tkt_enctypes,
            &mut config.default_tgs_enctypes,
        ] {
            *list = vec![enctype];
        }
        Self {
            kdc: Kdc::new([database]),
            traffic: Traffic::new(),
            config,
            keytab,
            rng,
            elapsed: 0,
        }
    }

    fn now(&mut self) -> Timestamp {
        self.elapsed += 1;
        NOW.offset_by(self.elapsed)
    }

    fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let now = self.now();
        self.kdc
            .handle(&self.traffic, now, &mut self.rng, &TRANSPORT, request)
            .bytes
            .expect("an answer to every request")
    }

    /// A first request, without pre-authentication.
    fn bare_as_req(&mut self) -> Vec<u8> {
        let now = self.now();
        let parameters = AsParameters::password(principal("alice"), PASSWORD);
        let (_, step) = AsExchange::start(&self.config, parameters, now, &mut self.rng);
        sent(step)
    }

    /// A client that waits for its AS-REP, and its pre-authenticated request.
    fn as_req(&mut self) -> (AsExchange, Vec<u8>) {
        let now = self.now();
        let parameters = AsParameters::password(principal("alice"), PASSWORD);
        let (mut exchange, step) = AsExchange::start(&self.config, parameters, now, &mut self.rng);
        let refusal = self.answer(&sent(step));
        let now = self.now();
        let step = exchange.input(now, &mut self.rng, Ok(&refusal));
        (exchange, sent(step))
    }

    fn tgt(&mut self) -> Credential {
        let (mut exchange, request) = self.as_req();
        let reply = self.answer(&request);
        let now = self.now();
        match exchange.input(now, &mut self.rng, Ok(&reply)) {
            Step::Done(outcome) => outcome.credential,
            other => panic!("no ticket: {other:?}"),
        }
    }

    fn tgs_req(&mut self, tgt: &Credential) -> (TgsExchange, Vec<u8>) {
        let now = self.now();
        let parameters = TgsParameters::service(principal("host/srv1.lab.example"));
        let (exchange, step) =
            TgsExchange::start(&self.config, tgt, &[], parameters, now, &mut self.rng);
        (exchange, sent(step))
    }

    fn ticket(&mut self, tgt: &Credential) -> Credential {
        let (mut exchange, request) = self.tgs_req(tgt);
        let reply = self.answer(&request);
        let now = self.now();
        match exchange.input(now, &mut self.rng, Ok(&reply)) {
            Step::Done(credential) => credential,
            other => panic!("no ticket: {other:?}"),
        }
    }
}

fn random_entry(name: &str, policy: &RealmPolicy, rng: &mut ChaCha12Rng) -> PrincipalEntry {
    PrincipalEntry::with_random_keys(principal(name), policy, rng)
        .expect("a supported type has keys")
}

fn sent<T: std::fmt::Debug>(step: Step<T>) -> Vec<u8> {
    match step {
        Step::Send { bytes, .. } => bytes,
        other => panic!("no request: {other:?}"),
    }
}

#[divan::bench]
fn as_preauth_required(bencher: Bencher<'_, '_>) {
    let mut lab = Lab::new(Enctype::AES256_CTS_HMAC_SHA1_96);
    let requests: Vec<Vec<u8>> = (0..64).map(|_| lab.bare_as_req()).collect();
    let mut next = requests.iter().cycle();
    bencher.bench_local(|| {
        let request = next.next().expect("a cycle");
        lab.traffic.forget_replies();
        lab.answer(black_box(request))
    });
}

#[divan::bench(args = ENCTYPES)]
fn as_exchange(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let mut lab = Lab::new(enctype);
    let requests: Vec<Vec<u8>> = (0..64).map(|_| lab.as_req().1).collect();
    assert_eq!(lab.answer(&requests[0])[0], 0x6b, "an AS-REP");
    let mut next = requests.iter().cycle();
    bencher.bench_local(|| {
        let request = next.next().expect("a cycle");
        lab.traffic.forget_replies();
        lab.answer(black_box(request))
    });
}

/// One decryption of a timestamp, the ticket and the reply encrypted.
#[divan::bench(args = ENCTYPES)]
fn as_floor(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let key = Key::generate(enctype, &mut rng).expect("a supported type has keys");
    let timestamp = key.encrypt(KeyUsage::PA_ENC_TIMESTAMP, &mut rng, &[7; 28]);
    bencher.bench_local(|| {
        let plain = key.decrypt(KeyUsage::PA_ENC_TIMESTAMP, black_box(&timestamp));
        let session = Key::generate(enctype, &mut rng);
        let ticket = key.encrypt(KeyUsage::TICKET, &mut rng, black_box(&[7; 180]));
        let reply = key.encrypt(KeyUsage::AS_REP, &mut rng, black_box(&[7; 240]));
        (plain, session, ticket, reply)
    });
}

#[divan::bench(args = ENCTYPES)]
fn tgs_exchange(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let mut lab = Lab::new(enctype);
    let tgt = lab.tgt();
    let requests: Vec<Vec<u8>> = (0..64).map(|_| lab.tgs_req(&tgt).1).collect();
    assert_eq!(lab.answer(&requests[0])[0], 0x6d, "a TGS-REP");
    let mut next = requests.iter().cycle();
    bencher.bench_local(|| {
        let request = next.next().expect("a cycle");
        lab.traffic.forget_replies();
        lab.answer(black_box(request))
    });
}

/// Ticket and authenticator decrypted, the body's checksum, the ticket and the reply encrypted.
#[divan::bench(args = ENCTYPES)]
fn tgs_floor(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let key = Key::generate(enctype, &mut rng).expect("a supported type has keys");
    let ticket = key.encrypt(KeyUsage::TICKET, &mut rng, &[7; 180]);
    let authenticator = key.encrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, &mut rng, &[7; 200]);
    bencher.bench_local(|| {
        let opened = key.decrypt(KeyUsage::TICKET, black_box(&ticket));
        let proof = key.decrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, black_box(&authenticator));
        let checksum = key.checksum(KeyUsage::TGS_REQ_CHECKSUM, black_box(&[7; 120]));
        let session = Key::generate(enctype, &mut rng);
        let ticket = key.encrypt(KeyUsage::TICKET, &mut rng, black_box(&[7; 180]));
        let reply = key.encrypt(KeyUsage::TGS_REP_SUBKEY, &mut rng, black_box(&[7; 240]));
        (opened, proof, checksum, session, ticket, reply)
    });
}

#[divan::bench(args = ENCTYPES)]
fn ap_exchange(bencher: Bencher<'_, '_>, enctype: Enctype) {
    let mut lab = Lab::new(enctype);
    let tgt = lab.tgt();
    let credential = lab.ticket(&tgt);
    let mut acceptor = Acceptor::new(lab.config.clone(), lab.keytab.clone());
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    bencher
        .with_inputs(|| {
            let now = lab.now();
            ApExchange::start(&credential, &ApParameters::gss(), now, &mut lab.rng)
                .expect("a token")
                .1
        })
        .bench_local_values(|token| {
            acceptor
                .accept(NOW, &mut rng, None, &token)
                .expect("a fresh request")
        });
}

/// From nothing to the first AS-REP: a realm with one password, a login with pre-authentication.
#[divan::bench]
fn first_as_rep() -> Vec<u8> {
    let mut lab = Lab::new(black_box(Enctype::AES256_CTS_HMAC_SHA1_96));
    let (_, request) = lab.as_req();
    lab.answer(&request)
}
