//! Stolen keys and caches against MIT's own KDC and its `kvno`: what the scenarios of theft claim.

use std::path::PathBuf;
use std::time::Duration;

use kdclab::sim::Forgery;
use kdclab_client::{AsParameters, Credential, CredentialStore};
use kdclab_proto::messages::{HostAddress, TicketFlags};
use kdclab_proto::{Keytab, Principal};

use crate::driver::{Client, now};
use crate::mit_realm::{MitRealm, missing};

const LAB: &str = "LAB.EXAMPLE";
const TGS: &str = "krbtgt/LAB.EXAMPLE";
const SERVICE: &str = "host/srv1.lab.example";
const PRINCIPALS: &[&str] = &[
    "addprinc -pw correct-horse +requires_preauth alice",
    "addprinc -randkey host/srv1.lab.example",
    "addprinc -randkey host/srv2.lab.example",
];

fn lab() -> MitRealm {
    MitRealm::start(&[(LAB, PRINCIPALS)], "")
}

fn principal(name: &str) -> Principal {
    Principal::parse(name, Some(&LAB.into())).unwrap()
}

/// A ticket-granting ticket for a client that is not in the database.
fn forged(realm: &MitRealm, keytab: &Keytab, flags: TicketFlags) -> Credential {
    let forgery = Forgery {
        client: principal("ghost"),
        server: principal(TGS),
        flags,
        lifetime: Duration::from_secs(3650 * 24 * 3600),
    };
    let key = forgery.key(keytab).expect("the key was stolen");
    let mut rng = Client::new(LAB, realm.address(), &[LAB]).rng;
    forgery.seal(key, now().time(), &mut rng).unwrap()
}

/// Writes a cache with one ticket.
fn cache(realm: &MitRealm, name: &str, credential: Credential) -> PathBuf {
    let mut store = CredentialStore::new(credential.client.clone());
    store.store(credential);
    let path = realm.path(name);
    std::fs::write(&path, &*store.to_ccache().to_bytes().unwrap()).unwrap();
    path
}

/// What kvno prints, with a copy of the cache: it adds the tickets it gets to the file.
fn kvno(realm: &MitRealm, cache: &PathBuf, service: &str) -> Result<String, String> {
    let copy = realm.path("copy");
    std::fs::copy(cache, &copy).unwrap();
    let output = realm
        .command("kvno")
        .env("KRB5CCNAME", format!("FILE:{}", copy.display()))
        .arg(service)
        .output()
        .unwrap_or_else(|error| missing("kvno", &error));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

#[track_caller]
fn refused(result: Result<String, String>, text: &str) {
    match result {
        Err(error) => assert!(error.contains(text), "{text:?} is not in {error:?}"),
        Ok(output) => panic!("not refused: {output}"),
    }
}

#[test]
fn a_forged_ticket_works_until_its_key_is_gone() {
    let realm = lab();
    let keytab = realm.keytab(LAB, &[TGS]);
    let flags = TicketFlags::INITIAL | TicketFlags::PRE_AUTHENT;
    let stolen = cache(&realm, "forged", forged(&realm, &keytab, flags));
    kvno(&realm, &stolen, SERVICE).unwrap();
    realm.kadmin(LAB, "cpw -pw another-one alice");
    realm.kadmin(LAB, &format!("cpw -randkey -keepold {TGS}"));
    kvno(&realm, &stolen, SERVICE).unwrap();
    realm.kadmin(LAB, &format!("purgekeys {TGS}"));
    refused(
        kvno(&realm, &stolen, SERVICE),
        "KDC returned error string: PROCESS_TGS",
    );
    let log = std::fs::read_to_string(realm.path("kdc.log")).unwrap();
    assert!(log.contains("No matching key in entry"), "{log}");
}

#[test]
fn a_forged_ticket_needs_the_flag_where_the_service_requires_preauth() {
    let realm = lab();
    let keytab = realm.keytab(LAB, &[TGS]);
    let careless = cache(
        &realm,
        "careless",
        forged(&realm, &keytab, TicketFlags::NONE),
    );
    let careful = cache(
        &realm,
        "careful",
        forged(&realm, &keytab, TicketFlags::PRE_AUTHENT),
    );
    kvno(&realm, &careless, SERVICE).unwrap();
    realm.kadmin(LAB, &format!("modprinc +requires_preauth {SERVICE}"));
    refused(
        kvno(&realm, &careless, SERVICE),
        "KDC returned error string: NO PREAUTH",
    );
    kvno(&realm, &careful, SERVICE).unwrap();
}

#[test]
fn a_stolen_cache_outlives_password_and_account() {
    let realm = lab();
    let mut client = Client::new(LAB, realm.address(), &[LAB]);
    let outcome = client
        .log_in(AsParameters::password(principal("alice"), "correct-horse"))
        .unwrap();
    let stolen = cache(&realm, "stolen", outcome.credential);
    realm.kadmin(LAB, "cpw -pw another-one alice");
    realm.kadmin(LAB, "modprinc -allow_tix alice");
    kvno(&realm, &stolen, SERVICE).unwrap();
    realm.kadmin(LAB, &format!("cpw -randkey {TGS}"));
    refused(
        kvno(&realm, &stolen, "host/srv2.lab.example"),
        "KDC returned error string: PROCESS_TGS",
    );
}

#[test]
fn a_ticket_bound_to_another_address_is_38() {
    let realm = lab();
    let mut client = Client::new(LAB, realm.address(), &[LAB]);
    let mut parameters = AsParameters::password(principal("alice"), "correct-horse");
    let elsewhere = std::net::Ipv4Addr::new(10, 0, 0, 9);
    parameters.addresses = Some(vec![HostAddress::from(std::net::IpAddr::from(elsewhere))]);
    let stolen = cache(
        &realm,
        "stolen",
        client.log_in(parameters).unwrap().credential,
    );
    refused(kvno(&realm, &stolen, SERVICE), "Incorrect net address");
}
