//! Our initiator against MIT's GSS-API acceptor.

use kdclab_client::{
    ApExchange, ApExchangeError, ApParameters, AsParameters, Credential, TgsParameters,
};
use kdclab_proto::{ErrorCode, Keytab, Principal, Realm};

use crate::driver::{Client, now};
use crate::gss::Gss;
use crate::mit_realm::MitRealm;

const LAB: &str = "LAB.EXAMPLE";
const SERVICE: &str = "host/srv1.lab.example";
const PRINCIPALS: &[&str] = &[
    "addprinc -pw correct-horse alice",
    "addprinc -randkey host/srv1.lab.example",
    "addprinc -randkey host/srv2.lab.example",
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
fn mutual_authentication() {
    let (realm, mut client, _, ticket) = prepared();
    let keytab = realm.keytab(LAB, &[SERVICE]);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (exchange, token) = start(&mut client, &ticket);
    let (answer, told) = acceptor.exchange(&token);
    assert_eq!(told, "accepted alice@LAB.EXAMPLE");
    exchange.input(&answer).unwrap();
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

#[track_caller]
fn code(result: Result<kdclab_client::EstablishedContext, ApExchangeError>) -> ErrorCode {
    match result {
        Err(ApExchangeError::Refused(error)) => error.error_code,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_replay_is_34() {
    let (realm, mut client, _, ticket) = prepared();
    let keytab = realm.keytab(LAB, &[SERVICE]);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (exchange, token) = start(&mut client, &ticket);
    acceptor.exchange(&token);
    let (answer, told) = acceptor.exchange(&token);
    assert!(told.contains("Request is a replay"), "{told}");
    assert_eq!(code(exchange.input(&answer)), ErrorCode::KRB_AP_ERR_REPEAT);
}

#[test]
fn a_stale_keytab_is_44() {
    let (realm, mut client, tgt, _) = prepared();
    let stale = realm.keytab(LAB, &[SERVICE]);
    realm.kadmin(LAB, &format!("cpw -randkey {SERVICE}"));
    let server = principal(SERVICE).name.at(Realm::default());
    let ticket = client.ticket(&tgt, TgsParameters::service(server)).unwrap();
    let mut acceptor = MitAcceptor::start(&realm, &stale);
    let (exchange, token) = start(&mut client, &ticket);
    let (answer, told) = acceptor.exchange(&token);
    assert!(
        told.contains("not found in keytab; keytab is likely out of date"),
        "{told}"
    );
    assert_eq!(
        code(exchange.input(&answer)),
        ErrorCode::KRB_AP_ERR_BADKEYVER
    );
}

#[test]
fn a_wrong_key_of_the_right_version_is_31() {
    let (realm, mut client, _, ticket) = prepared();
    let mut keytab = realm.keytab(LAB, &[SERVICE]);
    for entry in &mut keytab.entries {
        entry.key_bytes[0] ^= 1;
    }
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (exchange, token) = start(&mut client, &ticket);
    let (answer, told) = acceptor.exchange(&token);
    assert!(
        told.contains("found in keytab but cannot decrypt ticket"),
        "{told}"
    );
    assert_eq!(
        code(exchange.input(&answer)),
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY
    );
}

#[test]
fn a_keytab_without_the_enctype_of_the_ticket_is_44() {
    let (realm, mut client, _, ticket) = prepared();
    let mut keytab = realm.keytab(LAB, &[SERVICE]);
    let enctype = ticket.ticket.enc_part.etype;
    keytab.entries.retain(|entry| entry.enctype != enctype);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (exchange, token) = start(&mut client, &ticket);
    let (answer, told) = acceptor.exchange(&token);
    assert!(
        told.contains("found in keytab but not with enctype aes256-cts"),
        "{told}"
    );
    assert_eq!(
        code(exchange.input(&answer)),
        ErrorCode::KRB_AP_ERR_BADKEYVER
    );
}

#[test]
fn a_keytab_of_another_principal_is_35() {
    let (realm, mut client, _, ticket) = prepared();
    let keytab = realm.keytab(LAB, &["host/srv2.lab.example"]);
    let mut acceptor = MitAcceptor::start(&realm, &keytab);
    let (exchange, token) = start(&mut client, &ticket);
    let (answer, told) = acceptor.exchange(&token);
    assert!(
        told.contains("not found in keytab (ticket kvno 1)"),
        "{told}"
    );
    assert_eq!(code(exchange.input(&answer)), ErrorCode::KRB_AP_ERR_NOT_US);
}
