//! MIT's and Java's initiators at the acceptors that `kdclab serve` runs.
//!
//! Each test shows the session that works in the healthy phase, then what the program makes of the broken one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::MutexGuard;

use kdclab::catalogue::Scenario;
use kdclab::script::model::SymptomCheck;
use kdclab::script::values::ErrorName;
use kdclab::sim::SessionError;
use kdclab_client::gss::ChannelBindings;
use kdclab_client::{AcceptError, Acceptor, ClientConfig};
use kdclab_proto::{ErrorCode, Keytab};
use tempfile::TempDir;

use crate::agreement::file_of;
use crate::driver::{Client, now};
use crate::gss::{Gss, Implementation, Login, Told, Wanted};
use crate::play::{com_err, refusal, says};
use crate::served::Served;

/// What Java's initiator makes of any KRB-ERROR.
const NO_AP_REP: &str =
    "Defective token detected (Mechanism level: AP_REP token id does not match!)";
const CLOSED: ErrorName = ErrorName::Session(SessionError::ConnectionClosed);

/// A served scenario and a program of the user who makes its first call.
struct Visit {
    served: Served,
    program: Program,
    _home: TempDir,
}

enum Program {
    /// Kept while a session lasts, for all tests share it.
    Java(MutexGuard<'static, Gss>),
    Mit(Gss),
}

impl Program {
    fn gss(&mut self) -> &mut Gss {
        match self {
            Self::Java(gss) => gss,
            Self::Mit(gss) => gss,
        }
    }
}

/// How a session failed.
#[derive(Debug)]
struct Failed {
    /// What the acceptor sent.
    error: ErrorName,
    /// What the initiator made of it; nothing where the acceptor just hung up.
    told: Told,
}

impl Visit {
    fn start(scenario: &str, phase: &str, implementation: Implementation) -> Self {
        let home = TempDir::new().unwrap();
        Self {
            served: Served::start(scenario, phase),
            program: match implementation {
                Implementation::Java => Program::Java(Gss::java()),
                Implementation::Mit => Program::Mit(Gss::mit()),
            },
            _home: home,
        }
    }

    fn token(&mut self, wanted: Wanted<'_>) -> Vec<u8> {
        let token = self.initiate(wanted);
        token.unwrap_or_else(|told| panic!("no token:{told}"))
    }

    /// Lets the initiator log in, get its ticket and make its token.
    fn initiate(&mut self, wanted: Wanted<'_>) -> Result<Vec<u8>, Told> {
        let variable = |name| self.served.variable(name);
        let user = format!("{}@{}", variable("KDCLAB_USER"), variable("KDCLAB_REALM"));
        let login = Login::Password(&user, variable("KDCLAB_PASSWORD"));
        let service = variable("KDCLAB_SERVICE").replacen('/', "@", 1);
        let conf = PathBuf::from(variable("KRB5_CONFIG"));
        self.program
            .gss()
            .initiate_with(&conf, &login, &service, wanted)
    }

    /// Carries a token to the acceptor; `None` when it ends the connection without an answer.
    fn carry(&self, token: &[u8]) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.served.variable("KDCLAB_ACCEPTOR")).unwrap();
        let length = u32::try_from(token.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length, token].concat()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut heard = Vec::new();
        // A connection that is reset had no answer either.
        let _ = stream.read_to_end(&mut heard);
        let (length, answer) = heard.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().unwrap());
        assert_eq!(length as usize, answer.len());
        Some(answer.to_vec())
    }

    /// Lets the initiator read an answer.
    fn hear(&mut self, answer: Option<&[u8]>) -> Result<(), Failed> {
        let Some(answer) = answer else {
            return Err(Failed {
                error: CLOSED,
                told: Told::nothing(),
            });
        };
        self.program.gss().answer(answer).map_err(|told| Failed {
            error: refusal(answer),
            told,
        })
    }

    /// A whole session.
    fn session(&mut self) -> Result<(), Failed> {
        let token = self.token(Wanted::default());
        let answer = self.carry(&token);
        self.hear(answer.as_deref())
    }
}

/// The session works in the healthy phase, and in the broken one it ends as the scenario says.
fn meets(id: &str, implementation: Implementation) {
    let healthy = Visit::start(id, "healthy", implementation).session();
    healthy.unwrap_or_else(|failed| panic!("{id}, healthy: {}", failed.told));
    let broken = Visit::start(id, "broken", implementation).session();
    let scenario = Scenario::parse(id.as_ref(), &file_of(id)).unwrap();
    let symptom = scenario.script.symptom[0].get_ref();
    ends_as_told(symptom, implementation, &broken.expect_err("a fault"));
}

#[track_caller]
fn ends_as_told(symptom: &SymptomCheck, implementation: Implementation, failed: &Failed) {
    let told = &failed.told;
    let error = *symptom.error.as_ref().unwrap().get_ref();
    assert_eq!(failed.error, error, "{told}");
    if error == CLOSED {
        return;
    }
    let text = match implementation {
        Implementation::Java => NO_AP_REP,
        Implementation::Mit => {
            assert_eq!(told.com_err, com_err(error), "{told}");
            symptom.text.as_ref().expect("a text").get_ref()
        }
    };
    assert!(says(told, text), "{text:?} is not in{told}");
}

macro_rules! initiators {
    ($($name:ident: $id:literal;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn mit() {
                meets($id, Implementation::Mit);
            }

            #[test]
            fn java() {
                meets($id, Implementation::Java);
            }
        }
    )*};
}

initiators! {
    stale_keytab_windows: "service-key-mismatch";
    stale_keytab_mit: "service-key-mismatch-mit";
    stale_keytab_java: "service-key-mismatch-java";
    wrong_key_of_the_right_version: "service-key-mismatch-mit-same-kvno";
    keytab_restored: "keytab-restored";
    keytab_without_ticket_enctype: "keytab-without-ticket-enctype";
    keytab_without_ticket_enctype_java: "keytab-without-ticket-enctype-java";
    keytab_of_other_service: "keytab-of-other-service";
    keytab_of_other_service_java: "keytab-of-other-service-java";
    clock_of_the_acceptor_ahead: "clock-skew-acceptor";
    clock_of_the_acceptor_ahead_java: "clock-skew-acceptor-java";
    clock_of_the_acceptor_behind: "clock-skew-acceptor-behind";
    clock_of_the_acceptor_behind_java: "clock-skew-acceptor-behind-java";
}

/// In the broken phase a KDC refuses the ticket, and the initiator says `text`.
fn gets_no_ticket(id: &str, implementation: Implementation, text: &str) {
    let healthy = Visit::start(id, "healthy", implementation).session();
    healthy.unwrap_or_else(|failed| panic!("{id}, healthy: {}", failed.told));
    let mut broken = Visit::start(id, "broken", implementation);
    let told = broken.initiate(Wanted::default()).expect_err("a fault");
    assert!(says(&told, text), "{text:?} is not in{told}");
    let scenario = Scenario::parse(id.as_ref(), &file_of(id)).unwrap();
    let error = scenario.script.symptom[0].get_ref().error.as_ref().unwrap();
    if implementation == Implementation::Mit {
        assert_eq!(told.com_err, com_err(*error.get_ref()), "{told}");
    }
}

macro_rules! cross_realm {
    ($($name:ident: $id:literal, $mit:literal, $java:literal;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn mit() {
                gets_no_ticket($id, Implementation::Mit, $mit);
            }

            #[test]
            fn java() {
                gets_no_ticket($id, Implementation::Java, $java);
            }
        }
    )*};
}

cross_realm! {
    cross_realm_password_mismatch: "cross-realm-password-mismatch",
        "Decrypt integrity check failed",
        "Integrity check on decrypted field failed (31) - PROCESS_TGS";
    cross_realm_kvno_ahead_in_lab: "cross-realm-kvno-ahead-in-lab",
        "KDC returned error string: PROCESS_TGS",
        "Generic error (description in e-text) (60) - PROCESS_TGS";
    cross_realm_kvno_ahead_in_remote: "cross-realm-kvno-ahead-in-remote",
        "KDC returned error string: PROCESS_TGS",
        "Generic error (description in e-text) (60) - PROCESS_TGS";
    cross_realm_enctype_lab_weaker: "cross-realm-enctype-lab-weaker",
        "KDC returned error string: PROCESS_TGS",
        "Generic error (description in e-text) (60) - PROCESS_TGS";
    cross_realm_enctype_partial_overlap: "cross-realm-enctype-partial-overlap",
        "KDC returned error string: PROCESS_TGS",
        "Generic error (description in e-text) (60) - PROCESS_TGS";
    cross_realm_missing_in_remote: "cross-realm-missing-in-remote",
        "Server krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE not found in Kerberos database",
        "Fail to create credential. (63) - No service creds";
}

/// What the initiator makes of the answer to its token's second arrival.
fn replayed(id: &str, implementation: Implementation) -> Failed {
    let mut visit = Visit::start(id, "healthy", implementation);
    let token = visit.token(Wanted::default());
    visit.carry(&token).expect("an AP-REP");
    let second = visit.carry(&token);
    let failed = visit.hear(second.as_deref()).expect_err("a replay");
    visit.session().expect("another token is no replay");
    failed
}

fn replay(id: &str, implementation: Implementation) {
    let scenario = Scenario::parse(id.as_ref(), &file_of(id)).unwrap();
    let symptom = scenario.script.symptom[0].get_ref();
    ends_as_told(symptom, implementation, &replayed(id, implementation));
}

#[test]
fn replay_mit() {
    replay("replay-duplicating-proxy", Implementation::Mit);
}

#[test]
fn replay_java() {
    replay("replay-duplicating-proxy", Implementation::Java);
}

#[test]
fn replay_to_java_mit() {
    replay("replay-duplicating-proxy-java", Implementation::Mit);
}

#[test]
fn replay_to_java_java() {
    replay("replay-duplicating-proxy-java", Implementation::Java);
}

/// Whoever asks for no proof hears that the session is up, or that it is not, and cannot tell why.
fn one_way(implementation: Implementation) {
    let wanted = Wanted {
        mutual: false,
        ..Wanted::default()
    };
    let id = "service-key-mismatch-mit";
    let mut visit = Visit::start(id, "healthy", implementation);
    let token = visit.token(wanted);
    assert_eq!(visit.carry(&token), Some(Vec::new()));
    // One program of Java at a time.
    drop(visit);
    let mut visit = Visit::start(id, "broken", implementation);
    let token = visit.token(wanted);
    assert_eq!(visit.carry(&token), None);
}

#[test]
fn without_mutual_authentication_mit() {
    one_way(Implementation::Mit);
}

#[test]
fn without_mutual_authentication_java() {
    one_way(Implementation::Java);
}

/// Our acceptor with the keys of a served service, tied to the channel `data` as a host of the initiator's
/// dialect is.
fn acceptor(visit: &Visit, implementation: Implementation, data: &str) -> Acceptor {
    let config = match implementation {
        Implementation::Java => ClientConfig::java(visit.served.variable("KDCLAB_REALM")),
        Implementation::Mit => ClientConfig::mit(visit.served.variable("KDCLAB_REALM")),
    };
    let path = visit.served.variable("KRB5_KTNAME");
    let path = path.strip_prefix("FILE:").unwrap_or(path);
    let keytab = Keytab::parse(&std::fs::read(path).unwrap()).unwrap();
    let dialect = config.dialect;
    Acceptor {
        channel_bindings: (!data.is_empty()).then(|| ChannelBindings::of(dialect, data)),
        ..Acceptor::new(config, keytab)
    }
}

/// What our acceptor makes of a token, and the initiator of the answer.
fn bound(
    visit: &mut Visit,
    implementation: Implementation,
    [initiator, acceptors]: [&str; 2],
) -> Result<bool, (AcceptError, Option<Told>)> {
    let token = visit.token(Wanted {
        bindings: initiator,
        ..Wanted::default()
    });
    let mut rng = Client::new("LAB.EXAMPLE", ([127, 0, 0, 1], 1).into(), &[]).rng;
    let mut acceptor = acceptor(visit, implementation, acceptors);
    match acceptor.accept(now(), &mut rng, None, &token) {
        Ok(accepted) => {
            visit.hear(accepted.reply.as_deref()).unwrap();
            Ok(accepted.context.channel_bound)
        }
        Err(refused) => {
            let answer = refused.reply.as_deref();
            let heard = answer.map(|answer| visit.hear(Some(answer)).expect_err("a refusal").told);
            Err((refused.error, heard))
        }
    }
}

#[test]
fn channel_bindings_mit() {
    let implementation = Implementation::Mit;
    let visit = &mut Visit::start("service-key-mismatch-mit", "healthy", implementation);
    let mut bound = |data| bound(visit, implementation, data);
    assert_eq!(bound(["one", "one"]), Ok(true));
    assert_eq!(bound(["one", ""]), Ok(false));
    assert_eq!(bound(["", "one"]), Ok(false));
    let (error, told) = bound(["one", "another"]).unwrap_err();
    assert!(
        matches!(error, AcceptError::ChannelBindings { .. }),
        "{error:?}"
    );
    let told = told.expect("MIT's acceptor answers");
    assert_eq!(told.com_err, ErrorCode::KRB_ERR_GENERIC.com_err(), "{told}");
}

#[test]
fn channel_bindings_java() {
    let implementation = Implementation::Java;
    let visit = &mut Visit::start("service-key-mismatch-java", "healthy", implementation);
    let mut bound = |data| bound(visit, implementation, data);
    bound(["one", "one"]).unwrap();
    bound(["one", ""]).unwrap();
    for data in [["", "one"], ["one", "another"]] {
        let (error, told) = bound(data).unwrap_err();
        assert!(
            matches!(error, AcceptError::ChannelBindings { .. }),
            "{error:?}"
        );
        assert!(told.is_none());
    }
}
