//! What our initiator hands to MIT's GSS-API acceptor, and what it takes from it.

use kdclab_client::{
    ApExchange, ApExchangeError, ApParameters, AsParameters, Credential, TgsParameters,
};
use kdclab_proto::{Keytab, Principal, Realm};

use crate::driver::{Client, now};
use crate::gss::Gss;
use crate::mit_realm::MitRealm;

const LAB: &str = "LAB.EXAMPLE";
const SERVICE: &str = "host/srv1.lab.example";
const PRINCIPALS: &[&str] = &[
    "addprinc -pw correct-horse alice",
    "addprinc -randkey host/srv1.lab.example",
];

/// An acceptor of MIT krb5 with a keytab.
struct MitAcceptor<'a> {
    gss: Gss,
    realm: &'a MitRealm,
}

impl<'a> MitAcceptor<'a> {
    fn start(realm: &'a MitRealm, keytab: &Keytab) -> Self {
        std::fs::write(realm.path("acceptor.keytab"), keytab.to_bytes().unwrap()).unwrap();
        Self {
            gss: Gss::mit(),
            realm,
        }
    }

    /// The answer to a token, and what the acceptor says of it.
    fn exchange(&mut self, token: &[u8]) -> (Vec<u8>, String) {
        let conf = self.realm.path("krb5.conf");
        let keytab = self.realm.path("acceptor.keytab");
        let accepted = self.gss.accept(&conf, &keytab, "", token);
        let told = match accepted.result {
            Ok(initiator) => format!("accepted {initiator}"),
            Err(told) => told.to_string(),
        };
        (accepted.answer, told)
    }
}

fn principal(name: &str) -> Principal {
    Principal::parse(name, Some(&LAB.into())).unwrap()
}

/// A realm, a client of it, and the client's TGT and service ticket.
fn prepared() -> (MitRealm, Client, Credential, Credential) {
    let realm = MitRealm::start(&[(LAB, PRINCIPALS)], "");
    let mut client = Client::new(LAB, realm.address(), &[LAB]);
    let mut parameters = AsParameters::password(principal("alice"), "correct-horse");
    parameters.forwardable = Some(true);
    let tgt = client.log_in(parameters).unwrap().credential;
    let server = principal(SERVICE).name.at(Realm::default());
    let ticket = client.ticket(&tgt, TgsParameters::service(server)).unwrap();
    (realm, client, tgt, ticket)
}

fn start(client: &mut Client, ticket: &Credential) -> (ApExchange, Vec<u8>) {
    ApExchange::start(ticket, &ApParameters::gss(), now(), &mut client.rng).unwrap()
}

#[test]
fn delegation() {
    let (realm, mut client, tgt, ticket) = prepared();
    let keytab = realm.keytab(LAB, &[SERVICE]);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let forwarded = client
        .ticket(&tgt, TgsParameters::forward(&LAB.into(), None))
        .unwrap();
    let parameters = ApParameters {
        delegation: Some(&forwarded),
        ..ApParameters::gss()
    };
    let (exchange, token) =
        ApExchange::start(&ticket, &parameters, now(), &mut client.rng).unwrap();
    let (answer, told) = acceptor.exchange(&token);
    assert_eq!(
        told,
        "accepted alice@LAB.EXAMPLE delegating alice@LAB.EXAMPLE"
    );
    exchange.input(&answer).unwrap();
}

#[test]
fn an_answer_to_another_request_is_not_taken() {
    let (realm, mut client, _, ticket) = prepared();
    let keytab = realm.keytab(LAB, &[SERVICE]);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (_, token) = start(&mut client, &ticket);
    let (answer, _) = acceptor.exchange(&token);
    let (other, _) = start(&mut client, &ticket);
    let error = other.input(&answer).unwrap_err();
    assert!(
        matches!(error, ApExchangeError::MutualFailed { .. }),
        "{error:?}"
    );
}
