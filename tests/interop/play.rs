//! A scenario played by real programs: what it says of a failure, beside what they print.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::PathBuf;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::Spanned;
use kdclab::script::model::{Call, DialectName, Expectation, Phase, SymptomCheck};
use kdclab::script::values::ErrorName;
use kdclab::script::verb::{LinkEffect, Verb};
use kdclab::sim::{SessionError, World};
use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_proto::messages::KrbError;
use kdclab_proto::{KeyCache, Keytab, Principal};
use tempfile::TempDir;

use crate::driver::now;
use crate::gss::{Gss, Login, Told};
use crate::krb5kdc::Krb5kdc;
use crate::served::{Served, Session, text};

/// Where nobody listens.
const CLOSED_PORT: &str = "127.0.0.1:1";
/// So that Java gives a silent KDC up within the patience of a test.
const IMPATIENT_JAVA: &str = "[libdefaults]\n    kdc_timeout = 200\n    max_retries = 1\n";
/// The files that the scenarios' texts name: those of a program that is told nothing else.
const DEFAULT_CCACHE: &str = "FILE:/tmp/krb5cc_%{uid}";
const DEFAULT_KEYTAB: &str = "FILE:/etc/krb5.keytab";

/// Which KDC the programs meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kdc {
    /// MIT's.
    Krb5kdc,
    /// `kdclab serve`.
    Ours,
}

/// A scenario in the hands of real programs.
pub(crate) struct Play<'a> {
    scenario: &'a Scenario,
    phase: Phase,
    /// The simulation of the same.
    world: World,
    served: Served,
    krb5kdc: Option<Krb5kdc>,
    /// Hears what is sent to a KDC that cannot be reached.
    silence: UdpSocket,
    home: TempDir,
    /// Of each user on each host.
    sessions: BTreeMap<(Principal, String), Session>,
    mit: Gss,
    /// What acceptors said of the last call, by host.
    acceptors: BTreeMap<String, Told>,
}

/// What a program made of a call that failed.
struct Failed {
    by: String,
    told: Told,
    /// The code of the KRB-ERROR that an acceptor sent.
    refusal: Option<ErrorName>,
    /// What the library did, where the program prints no numbers.
    trace: Option<String>,
}

impl Failed {
    fn new(by: impl Into<String>, told: Told) -> Self {
        Self {
            by: by.into(),
            told,
            refusal: None,
            trace: None,
        }
    }
}

/// What there is to agree with.
pub(crate) enum Stated {
    /// The file's own words.
    ByScenario,
    /// What the simulation comes to.
    BySimulation,
}

impl<'a> Play<'a> {
    /// The scenario as it is in `phase`, before any call of that phase.
    pub(crate) fn start(scenario: &'a Scenario, phase: Phase, kdc: Kdc) -> Self {
        let served = Served::start(text(&scenario.path), &phase.to_string());
        let script = &scenario.script;
        let home = TempDir::new().unwrap();
        let mut play = Self {
            scenario,
            phase,
            world: match kdc {
                Kdc::Krb5kdc => World::build(script, DEFAULT_SEED, None, &KeyCache::default()),
                Kdc::Ours => check::world_in(scenario, phase, DEFAULT_SEED, None),
            }
            .unwrap(),
            served,
            krb5kdc: (kdc == Kdc::Krb5kdc).then(|| Krb5kdc::start(script)),
            silence: UdpSocket::bind("127.0.0.1:0").unwrap(),
            mit: Gss::mit(home.path()),
            home,
            sessions: BTreeMap::new(),
            acceptors: BTreeMap::new(),
        };
        if kdc == Kdc::Krb5kdc {
            play.prepare();
        }
        play
    }

    /// Brings krb5kdc's realms, and the simulation, into the phase.
    fn prepare(&mut self) {
        let script = &self.scenario.script;
        for verb in script.given.iter().chain(&script.fault) {
            self.apply(verb.get_ref());
        }
        if let Phase::Fix(number) = self.phase {
            for symptom in &script.symptom {
                self.symptom_call(symptom.get_ref());
            }
            for verb in &script.fix[number - 1].steps {
                self.apply(verb.get_ref());
            }
        }
    }

    fn apply(&mut self, verb: &Verb) {
        match verb {
            Verb::Attempt(attempt) => {
                for _ in 0..*attempt.times.get_ref() {
                    let failed = self.call(&attempt.call).err();
                    assert_eq!(
                        failed.is_some(),
                        attempt.error.is_some(),
                        "{attempt:?}: {:?}",
                        failed.map(|failed| failed.told)
                    );
                }
            }
            Verb::PurgeCcache(cache) => {
                let user = self.world_principal(cache.user.get_ref());
                let key = (user, cache.on.get_ref().clone());
                drop(self.sessions.remove(&key));
            }
            Verb::Noop(verb) => self.krb5kdc_mut().apply(verb),
            other => self.krb5kdc_mut().apply(other),
        }
        self.world.apply(verb).unwrap();
    }

    fn krb5kdc_mut(&mut self) -> &mut Krb5kdc {
        self.krb5kdc.as_mut().expect("krb5kdc runs")
    }

    fn world_principal(&self, name: &str) -> Principal {
        kdclab::script::Scope::new(&self.scenario.script)
            .parse(name)
            .unwrap()
    }

    /// Plays the symptom, or without one the controls, and compares each call.
    pub(crate) fn compare_all(&mut self, stated: &Stated) {
        let script = &self.scenario.script;
        for (index, symptom) in script.symptom.iter().enumerate() {
            let symptom = symptom.get_ref();
            let log_start = self.log_length();
            let (failed, simulated) = self.symptom_call(symptom);
            let expectation = match stated {
                Stated::ByScenario => symptom.expectation(),
                Stated::BySimulation => simulated,
            };
            let title = format!("{} ({}), call {}", self.scenario.id, self.phase, index + 1);
            self.compare(&title, &expectation, failed, log_start);
        }
        let controls = script.control.iter().filter(|_| script.symptom.is_empty());
        for (index, control) in controls.enumerate() {
            let call = control.get_ref().call.as_ref().expect("a call");
            let log_start = self.log_length();
            let failed = self.call(call).err();
            let expectation = self.simulated(call);
            let title = format!("{}, control {}", self.scenario.id, index + 1);
            self.compare(&title, &expectation, failed, log_start);
        }
    }

    fn log_length(&self) -> usize {
        self.krb5kdc.as_ref().map_or(0, |kdc| kdc.realm.log().len())
    }

    /// One call, by real programs and in the simulation.
    fn symptom_call(&mut self, symptom: &SymptomCheck) -> (Option<Failed>, Expectation) {
        if let Some(wait) = symptom.wait {
            self.world.wait(wait.0);
            next_second();
        }
        let call = symptom.call.as_ref().expect("one call at a time");
        let failed = self.call(call).err();
        (failed, self.simulated(call))
    }

    /// What a call comes to in the simulation.
    fn simulated(&mut self, call: &Call) -> Expectation {
        let Err(failure) = self.world.call_one(call).result else {
            return Expectation::default();
        };
        let spanned = |text| Spanned::new(0..0, text);
        Expectation {
            error: Some(Spanned::new(0..0, failure.error)),
            text: failure.text.map(spanned),
            sent_by: failure.sent_by.map(spanned),
            ..Expectation::default()
        }
    }

    fn compare(
        &self,
        title: &str,
        expectation: &Expectation,
        failed: Option<Failed>,
        log_start: usize,
    ) {
        let error = expectation.error.as_ref().map(|error| *error.get_ref());
        let Some(failed) = failed else {
            assert_eq!(error, None, "{title}: the real programs succeed");
            return;
        };
        let said = format!("{title}: {} says{}", failed.by, failed.told);
        let Some(error) = error else {
            panic!("{said}\nand the scenario says that it works");
        };
        if let Some(refusal) = failed.refusal {
            assert_eq!(refusal, error, "{said}\nafter this KRB-ERROR");
        }
        if let (Some(number), Some(expected)) = (failed.told.com_err, com_err(error)) {
            assert_eq!(
                number,
                expected,
                "{said}\nthe scenario: {}",
                error.described()
            );
        }
        let by_name = |name: &str| format!("{said}\n{name} of the scenario: {}", error.described());
        if let Some(expected) = &expectation.text {
            let expected = expected.get_ref();
            assert!(
                says(&failed.told, expected),
                "{}\n    {expected}",
                by_name("text")
            );
        } else {
            // Nothing to agree with, unless the program has no words of its own: Java's `null`.
            let is_mute = failed
                .told
                .texts
                .iter()
                .all(|text| text.ends_with(": null"));
            assert!(is_mute, "{}\n    no text", by_name("text"));
        }
        for (host, expected) in &expectation.log {
            let expected = expected.get_ref();
            if let Some(told) = self.acceptors.get(host) {
                assert!(
                    told.texts.iter().any(|text| text.contains(expected)),
                    "{title}: {host} says{told}\nlog of the scenario:\n    {expected}"
                );
            } else if let Some(krb5kdc) = &self.krb5kdc {
                let log = krb5kdc.realm.log();
                let log = &log[log_start..];
                assert!(
                    log.contains(expected),
                    "{title}: krb5kdc says\n{log}\nlog of the scenario:\n    {expected}"
                );
            }
        }
        // kinit prints no numbers; its library's trace has that of each KRB-ERROR from a KDC.
        let by_kdc = expectation
            .sent_by
            .as_ref()
            .is_some_and(|host| !self.acceptors.contains_key(host.get_ref()));
        if let Some(trace) = failed.trace.filter(|_| by_kdc) {
            let number = com_err(error).expect("a code of a KRB-ERROR");
            assert!(
                trace.contains(&format!(": {number}/")),
                "{said}\nthe scenario: {}\n{trace}",
                error.described()
            );
        }
    }

    fn call(&mut self, call: &Call) -> Result<(), Failed> {
        self.acceptors.clear();
        match self.dialect(call.from.get_ref()) {
            DialectName::Java => self.java_call(call),
            DialectName::Mit => self.mit_call(call),
            other => panic!("no programs of {other:?} run here"),
        }
    }

    fn dialect(&self, host: &str) -> DialectName {
        let mut hosts = self.scenario.script.host.iter();
        let found = hosts.find(|(name, _)| name.get_ref() == host);
        found.expect("a host").1.dialect
    }

    fn is_java(&self, host: &str) -> bool {
        self.dialect(host) == DialectName::Java
    }

    fn java_call(&mut self, call: &Call) -> Result<(), Failed> {
        let host = call.from.get_ref();
        let user = self.world.caller(call).expect("a user");
        let name = user.to_string();
        let conf = self.krb5_conf(host);
        let password = self.world.password(call, &user).map(str::to_owned);
        let keytab = self.client_keytab(host);
        let ccache = self.session(&user, host).ccache();
        let login = if !call.log_in {
            Login::Cache(&ccache)
        } else if call.user.is_none() && self.has_client_keytab(host) {
            Login::Keytab(&name, &keytab)
        } else {
            Login::Password(&name, password.as_deref().expect("a password"))
        };
        let mut java = Gss::java();
        let failed = |told| Failed::new("OpenJDK 17", told);
        let Some((service, at)) = self.world.called_service(call) else {
            return java.log_in(&conf, &login).map_err(failed);
        };
        let service_name = host_based(&service);
        let token = java
            .initiate(&conf, &login, &service_name)
            .map_err(failed)?;
        let acceptor = self.is_java(&at).then_some(&mut *java);
        let answer = self.accept(&at, &service, &token, acceptor)?;
        java.answer(&answer)
            .map_err(|told| refused("OpenJDK 17", told, &answer))
    }

    fn mit_call(&mut self, call: &Call) -> Result<(), Failed> {
        let host = call.from.get_ref();
        let user = self.world.caller(call).expect("a user");
        let conf = self.krb5_conf(host);
        let by_keytab = self.has_client_keytab(host);
        let keytab = self.client_keytab(host);
        let password = self.world.password(call, &user).map(str::to_owned);
        let called = self.world.called_service(call);
        let failed = |told| Failed::new("GSS-API of MIT krb5", told);
        if call.user.is_none() {
            // A program with an identity of its own, in a keytab or with a password in its configuration.
            let name = user.to_string();
            let login = if by_keytab {
                Login::Keytab(&name, &keytab)
            } else {
                Login::Password(&name, password.as_deref().expect("a password"))
            };
            let Some((service, at)) = called else {
                return self.mit.log_in(&conf, &login).map_err(failed);
            };
            let token = self.mit.initiate(&conf, &login, &host_based(&service));
            return self.mit_session(&service, &at, &token.map_err(failed)?);
        }
        let session = self.session(&user, host);
        let ccache = session.ccache();
        if !call.warm {
            let _ = std::fs::remove_file(&ccache);
        }
        if call.log_in && !ccache.exists() {
            kinit(session, call, &user, password.as_deref())?;
        }
        if call.renew {
            // Of a ticket request the trace has no numbers.
            program(session, "kinit", &["-R"], "").map_err(|failed| Failed {
                trace: None,
                ..failed
            })?;
        }
        let Some((service, at)) = called else {
            return Ok(());
        };
        let login = Login::Cache(&ccache);
        let token = self.mit.initiate(&conf, &login, &host_based(&service));
        let token = token.map_err(|mut told| {
            told.generalize(&ccache, DEFAULT_CCACHE);
            failed(told)
        })?;
        self.mit_session(&service, &at, &token)
    }

    fn mit_session(&mut self, service: &Principal, at: &str, token: &[u8]) -> Result<(), Failed> {
        let answer = if self.is_java(at) {
            self.accept(at, service, token, Some(&mut Gss::java()))?
        } else {
            self.accept(at, service, token, None)?
        };
        let answered = self.mit.answer(&answer);
        answered.map_err(|told| refused("GSS-API of MIT krb5", told, &answer))
    }

    /// The answer of the acceptor on host `at`, Java's if it is given.
    fn accept(
        &mut self,
        at: &str,
        service: &Principal,
        token: &[u8],
        java: Option<&mut Gss>,
    ) -> Result<Vec<u8>, Failed> {
        let conf = self.krb5_conf(at);
        let keytab = self.keytab(at);
        let held = std::fs::read(&keytab).map(|bytes| Keytab::parse(&bytes).unwrap());
        let entries = held.unwrap_or_default().entries;
        // Java's acceptor logs in as one principal of its keytab.
        let principal = entries
            .iter()
            .map(|entry| &entry.principal)
            .find(|principal| *principal == service)
            .or_else(|| entries.first().map(|entry| &entry.principal))
            .map(ToString::to_string)
            .unwrap_or_default();
        // A process of its own: within one, MIT's library gives an initiator the acceptor's words.
        let mut accepted = match java {
            Some(java) => java.accept(&conf, &keytab, &principal, token),
            None => Gss::mit(self.home.path()).accept(&conf, &keytab, &principal, token),
        };
        if let Err(told) = &mut accepted.result {
            told.generalize(&keytab, DEFAULT_KEYTAB);
        }
        if let Err(told) = accepted.result {
            self.acceptors.insert(at.to_owned(), told);
            if accepted.answer.is_empty() {
                let by = format!("the acceptor on {at}");
                return Err(refused(&by, Told::nothing(), &[]));
            }
        }
        Ok(accepted.answer)
    }

    fn has_client_keytab(&self, host: &str) -> bool {
        self.world.client_keytabs().any(|(name, _)| name == host)
    }

    fn session(&mut self, user: &Principal, host: &str) -> &Session {
        let conf = self.krb5_conf(host);
        self.sessions
            .entry((user.clone(), host.to_owned()))
            .or_insert_with(|| Session::new(&conf))
    }

    fn keytab(&self, host: &str) -> PathBuf {
        match &self.krb5kdc {
            Some(krb5kdc) => krb5kdc.keytab(host),
            None => self.served.dir().join(format!("{host}.keytab")),
        }
    }

    fn client_keytab(&self, host: &str) -> PathBuf {
        match &self.krb5kdc {
            Some(krb5kdc) => krb5kdc.client_keytab(host),
            None => self.served.dir().join(format!("{host}.client.keytab")),
        }
    }

    /// The krb5.conf of `host`, with the addresses of the KDCs that the programs shall meet.
    fn krb5_conf(&self, host: &str) -> PathBuf {
        let path = self.home.path().join(format!("{host}.krb5.conf"));
        let mut conf = std::fs::read_to_string(self.served.krb5_conf(host)).unwrap();
        let krb5kdc = self.krb5kdc.as_ref();
        let krb5kdc = krb5kdc.map(|krb5kdc| krb5kdc.realm.address().to_string());
        if let Some(other) = krb5kdc.or_else(|| self.unreachable()) {
            for address in self.served.kdc_addresses() {
                conf = conf.replace(&format!("kdc = {address}\n"), &format!("kdc = {other}\n"));
            }
            conf = conf.replace("[libdefaults]\n", IMPATIENT_JAVA);
        }
        std::fs::write(&path, conf).unwrap();
        path
    }

    /// The address of the KDCs where the fault keeps clients from them: a closed port or a silent one.
    fn unreachable(&self) -> Option<String> {
        let mut faults = self.scenario.script.fault.iter();
        let silence = self.silence.local_addr().unwrap().to_string();
        faults
            .find_map(|verb| match verb.get_ref() {
                Verb::HostDown(_) => Some(silence.clone()),
                Verb::Link(link) if link.effect == LinkEffect::Drop => Some(silence.clone()),
                Verb::Link(link) if link.effect == LinkEffect::Refuse => {
                    Some(CLOSED_PORT.to_owned())
                }
                _ => None,
            })
            .filter(|_| self.phase == Phase::Broken)
    }
}

fn kinit(
    session: &Session,
    call: &Call,
    user: &Principal,
    password: Option<&str>,
) -> Result<(), Failed> {
    let mut arguments = Vec::new();
    for (flag, span) in [("-l", call.lifetime), ("-r", call.renewable)] {
        if let Some(span) = span {
            arguments.extend([flag.to_owned(), format!("{}s", span.seconds())]);
        }
    }
    if call.forwardable {
        arguments.push("-f".to_owned());
    }
    arguments.push(user.to_string());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let typed = format!("{}\n", password.unwrap_or_default());
    program(session, "kinit", &arguments, &typed)
}

/// A program of MIT, which prints `kinit: TEXT while getting initial credentials`.
fn program(session: &Session, name: &str, arguments: &[&str], typed: &str) -> Result<(), Failed> {
    let Some(output) = session.run(name, arguments, typed).failure() else {
        return Ok(());
    };
    let line = output
        .rsplit(&format!("{name}: "))
        .next()
        .unwrap_or(&output);
    let said = line.split(" while ").next().unwrap_or(line);
    let told = Told {
        com_err: None,
        texts: vec![said.to_owned()],
    };
    Err(Failed {
        trace: Some(session.trace()),
        ..Failed::new(format!("{name} {}", arguments.join(" ")), told)
    })
}

fn refused(by: &str, told: Told, answer: &[u8]) -> Failed {
    Failed {
        refusal: Some(refusal(answer)),
        ..Failed::new(by, told)
    }
}

/// What an acceptor's answer that is no acceptance means to a client.
pub(crate) fn refusal(answer: &[u8]) -> ErrorName {
    if answer.is_empty() {
        return ErrorName::Session(SessionError::ConnectionClosed);
    }
    let token = ContextToken::decode(answer).expect("a token");
    assert_eq!(token.id, TokenId::KrbError);
    let error = KrbError::decode(token.message).unwrap();
    ErrorName::Protocol(error.error_code)
}

/// Whether one of the texts is `expected`. Java's stand behind the name of an exception.
pub(crate) fn says(told: &Told, expected: &str) -> bool {
    told.texts.iter().any(|text| {
        let message = text.split_once(": ").map(|(_, message)| message);
        text == expected || message == Some(expected)
    })
}

/// As GSS-API names a service: `HTTP@host.example`.
pub(crate) fn host_based(service: &Principal) -> String {
    service.name.to_string().replacen('/', "@", 1)
}

pub(crate) fn com_err(error: ErrorName) -> Option<i32> {
    match error {
        ErrorName::Library(error) => Some(error.0),
        ErrorName::Protocol(code) => code.com_err(),
        ErrorName::Daemon(_) | ErrorName::Os(_) | ErrorName::Session(_) => None,
    }
}

/// Until the clock shows another second, which is as finely as tickets tell time.
fn next_second() {
    let second = now().time();
    while now().time() == second {
        std::thread::yield_now();
    }
}
