//! Acceptors with clocks of their own, and what is just within the limit: the machine's clock is that of the real program,
//! and the served KDC's is beside it. `proof.rs` plays the callers.
//!
//! What happened before a clock jumped is our own client's doing, by its own clock.

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::{Phase, SymptomCheck};
use kdclab::sim::World;
use kdclab_client::{
    ApExchange, ApParameters, AsOutcome, AsParameters, Credential, CredentialStore, TgsParameters,
};
use kdclab_proto::{Principal, Realm};
use tempfile::TempDir;

use super::file_of;
use crate::driver::Client;
use crate::gss::{Accepted, Gss, Told};
use crate::play::{refusal, says};
use crate::served::{Served, Session, text};

/// A scenario served by the clock of one of its hosts.
pub(crate) struct Lab {
    scenario: Scenario,
    world: World,
    pub(crate) served: Served,
    /// The host whose clock is this machine's.
    host: String,
    _home: TempDir,
}

impl Lab {
    pub(crate) fn start(id: &str, phase: Phase, host: &str) -> Self {
        let home = TempDir::new().unwrap();
        let scenario = Scenario::parse(home.path(), &file_of(id)).unwrap();
        let world = check::world_in(&scenario, phase, DEFAULT_SEED, None).unwrap();
        // The first call decides whose clock it is.
        let path = home.path().join(format!("{id}.toml"));
        std::fs::write(&path, called_from(&file_of(id), host)).unwrap();
        Self {
            served: Served::start(text(&path), &phase.to_string()),
            scenario,
            world,
            host: host.to_owned(),
            _home: home,
        }
    }

    fn symptom(&self, index: usize) -> &SymptomCheck {
        self.scenario.script.symptom[index].get_ref()
    }

    /// Our client with a clock as far from the machine's as that of `host`.
    fn client(&self, host: &str) -> Client {
        let realm = self.served.variable("KDCLAB_REALM");
        let kdc = self.served.kdc_addresses().next().unwrap().parse().unwrap();
        let mut client = Client::new(realm, kdc, &[realm]);
        client.clock_offset = self.world.clock_offset(host) - self.world.clock_offset(&self.host);
        client
    }

    fn log_in(&self, client: &mut Client, user: &str) -> AsOutcome {
        let realm = Realm::from(self.served.variable("KDCLAB_REALM"));
        let user = Principal::parse(user, Some(&realm)).unwrap();
        let call = self.symptom(0).call.as_ref().unwrap();
        let password = self.world.password(call, &user).unwrap();
        client
            .log_in(AsParameters::password(user.clone(), password))
            .unwrap()
    }

    /// A session on the machine with the tickets of somebody who logged in when the clocks agreed.
    pub(crate) fn session_from_before(&self, user: &str) -> Session {
        let session = self.served.session(&self.host);
        let outcome = self.log_in(&mut self.client("kdc1"), user);
        let store = CredentialStore::initialized(outcome);
        std::fs::write(session.ccache(), store.to_ccache().to_bytes().unwrap()).unwrap();
        session
    }

    /// A ticket for the service of the symptom.
    fn ticket(&self, client: &mut Client, user: &str) -> Credential {
        let tgt = self.log_in(client, user).credential;
        let (service, _) = self.called(0);
        let server = service.name.at(Realm::default());
        client.ticket(&tgt, TgsParameters::service(server)).unwrap()
    }

    fn called(&self, index: usize) -> (Principal, String) {
        let call = self.symptom(index).call.as_ref().unwrap();
        self.world.called_service(call).unwrap()
    }

    /// What an acceptor on the machine makes of a request.
    fn accept(&self, gss: &mut Gss, token: &[u8]) -> Accepted {
        let conf = self.served.krb5_conf(&self.host);
        let keytab = self.served.dir().join(format!("{}.keytab", self.host));
        let service = self.called(0).0.to_string();
        gss.accept(&conf, &keytab, &service, token)
    }
}

/// The file with one symptom alone, a login on `host`.
fn called_from(text: &str, host: &str) -> String {
    let call = format!("[[symptom]]\ncall     = {{ user = \"alice\", from = \"{host}\" }}");
    let mut parts: Vec<_> = text.split("\n\n").collect();
    parts.retain(|part| !part.starts_with("[[symptom]]"));
    let at = parts
        .iter()
        .position(|part| part.starts_with("[[fix]]"))
        .unwrap();
    let symptom = format!("{call}\nerror    = \"KRB_AP_ERR_SKEW\"\nevidence = \"chosen\"");
    parts.insert(at, &symptom);
    parts.join("\n\n")
}

/// The line of a symptom in the log of the acceptor.
#[track_caller]
fn agrees(symptom: &SymptomCheck, told: &Told) {
    let expected = symptom.log["nn1"].get_ref().part().unwrap();
    assert!(
        says(told, expected),
        "it says{told}\nthe scenario:\n    {expected}"
    );
}

#[test]
fn ticket_request_within_the_limit() {
    let lab = Lab::start("clock-skew-ticket-request", Phase::Broken, "nearly-ahead");
    let session = lab.session_from_before("bob");
    let service = lab.called(0).0.to_string();
    session.run("kvno", &[&service], "").succeeds();
}

/// An acceptor whose clock is the machine's gets a fresh ticket of our client.
fn acceptor_refuses(lab: &Lab, gss: &mut Gss, index: usize, token: &[u8]) {
    let symptom = lab.symptom(index);
    let accepted = lab.accept(gss, token);
    let told = accepted.result.unwrap_err();
    agrees(symptom, &told);
    let error = *symptom.error.as_ref().unwrap().get_ref();
    assert_eq!(refusal(&accepted.answer), error);
}

fn fresh_ticket(lab: &Lab) -> Vec<u8> {
    let mut client = lab.client("ws1");
    let ticket = lab.ticket(&mut client, "alice");
    let (_, token) = ApExchange::start(
        &ticket,
        &ApParameters::gss(),
        client.clock(),
        &mut client.rng,
    )
    .unwrap();
    token
}

#[test]
fn acceptor_ahead() {
    let lab = Lab::start("clock-skew-acceptor", Phase::Broken, "nn1");
    acceptor_refuses(&lab, &mut Gss::mit(), 0, &fresh_ticket(&lab));
}

#[test]
fn acceptor_ahead_java() {
    let lab = Lab::start("clock-skew-acceptor-java", Phase::Broken, "nn1");
    acceptor_refuses(&lab, &mut Gss::java(), 0, &fresh_ticket(&lab));
}

#[test]
fn acceptor_behind_new_ticket() {
    let lab = Lab::start("clock-skew-acceptor-behind", Phase::Broken, "nn1");
    acceptor_refuses(&lab, &mut Gss::mit(), 0, &fresh_ticket(&lab));
}

/// The ticket is from before the clock went wrong; only the authenticator is of the future.
#[test]
fn acceptor_behind_old_ticket() {
    let lab = Lab::start("clock-skew-acceptor-behind", Phase::Healthy, "nn1");
    let mut client = lab.client("ws1");
    let ticket = lab.ticket(&mut client, "bob");
    let later = client.clock().offset_by(310_000_000);
    let parameters = ApParameters::gss();
    let (_, token) = ApExchange::start(&ticket, &parameters, later, &mut client.rng).unwrap();
    acceptor_refuses(&lab, &mut Gss::mit(), 1, &token);
}

#[test]
fn acceptor_behind_java() {
    let lab = Lab::start("clock-skew-acceptor-behind-java", Phase::Broken, "nn1");
    acceptor_refuses(&lab, &mut Gss::java(), 0, &fresh_ticket(&lab));
}
