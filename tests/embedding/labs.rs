//! Worlds as values of a program.

use std::time::Duration;

use kdclab::script::model::{DialectName, Phase};
use kdclab::sim::VerbError;
use kdclab::{Call, Kpasswd, Lab, LabBuilder, LabError, catalogue};

fn one_realm() -> LabBuilder {
    Lab::builder()
        .realm("LAB.EXAMPLE")
        .user("alice", "correct horse")
        .service("HTTP/web1.lab.example")
}

fn session() -> Call {
    Call::login("alice").to("HTTP/web1.lab.example")
}

fn built(builder: &LabBuilder) -> Lab {
    builder.build().unwrap()
}

fn refused(builder: &LabBuilder) -> String {
    match builder.build() {
        Ok(_) => panic!("it was built"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_lab_may_go_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Lab>();
    is_send::<LabError>();
}

#[test]
fn a_scenario_breaks_and_is_repaired() {
    let mut lab = Lab::load("service-key-mismatch").unwrap();
    let call = Call::login("alice").to("cifs/fs1.lab.example");
    lab.call(&call).unwrap().expect_success();
    assert_eq!(lab.phase(), Phase::Healthy);

    lab.break_it().unwrap();
    let outcome = lab.call(&call).unwrap();
    outcome.expect_error("KRB_AP_ERR_MODIFIED");
    assert_eq!(outcome.sent_by(), Some("fs1"));
    assert_eq!(outcome.cause(), Some("key-version"));
    assert!(!outcome.is_success());
    assert_eq!(lab.phase(), Phase::Broken);

    lab.fix(1).unwrap();
    lab.call(&call).unwrap().expect_success();
    assert_eq!(lab.phase(), Phase::Fix(1));
}

#[test]
fn a_phase_is_entered_from_the_beginning() {
    let mut lab = Lab::load("service-key-mismatch").unwrap();
    lab.call(Call::login("alice")).unwrap().expect_success();
    lab.enter(Phase::Broken).unwrap();
    assert!(lab.packets().is_empty());
    lab.symptom()[0].expect_error("KRB_AP_ERR_MODIFIED");
    lab.enter(Phase::Fix(1)).unwrap();
    lab.symptom()[0].expect_success();
}

#[test]
fn a_fix_that_does_not_exist_is_told() {
    let mut lab = Lab::load("service-key-mismatch").unwrap();
    for number in [0, 99] {
        for error in [
            lab.fix(number).unwrap_err(),
            lab.enter(Phase::Fix(number)).unwrap_err(),
        ] {
            assert!(
                matches!(
                    error,
                    LabError::Impossible {
                        error: VerbError::NoSuchPhase { .. },
                        ..
                    }
                ),
                "{error}"
            );
        }
    }
    assert_eq!(lab.phase(), Phase::Healthy);
}

#[test]
fn an_unknown_scenario_is_told_with_the_closest() {
    let error = Lab::load("service-key-mismatc").err().unwrap();
    assert!(
        error
            .to_string()
            .contains("did you mean `service-key-mismatch`?"),
        "{error}"
    );
}

#[test]
fn a_realm_with_a_user_and_a_service_is_a_world() {
    let mut lab = built(&one_realm());
    let outcome = lab.call(session()).unwrap();
    let ticket = outcome.expect_success().ticket().unwrap();
    assert_eq!(
        ticket.server.to_string(),
        "HTTP/web1.lab.example@LAB.EXAMPLE"
    );
    assert_eq!(ticket.client.to_string(), "alice@LAB.EXAMPLE");
    assert_eq!(ticket.kvno, Some(1));
    assert_eq!(ticket.enctype.to_string(), "aes256-cts-hmac-sha1-96");
    let hosts: Vec<&str> = lab.world().client_configs().map(|(host, _)| host).collect();
    assert_eq!(hosts, ["kdc1", "web1", "ws1"]);
    assert!(lab.timeline()[0].contains("ws1 -> kdc1"));
    assert_eq!(lab.timeline(), outcome.timeline());
    assert_eq!(lab.packets().len(), 10);
}

#[test]
fn what_is_said_before_a_realm_belongs_to_the_first() {
    let mut lab = built(
        &Lab::builder()
            .user("alice", "correct horse")
            .service_on("imap/mail", "box"),
    );
    let outcome = lab.call(Call::login("alice").to("imap/mail")).unwrap();
    let ticket = outcome.expect_success().ticket().unwrap();
    assert_eq!(ticket.client.to_string(), "alice@LAB.EXAMPLE");
    built(
        &Lab::builder()
            .user("alice", "x")
            .realm("OTHER.EXAMPLE")
            .user("bob", "y"),
    )
    .call(Call::login("alice@OTHER.EXAMPLE"))
    .unwrap()
    .expect_success();
}

#[test]
fn a_world_may_have_realms_that_trust_each_other() {
    let builder = one_realm()
        .realm("PARTNER.EXAMPLE")
        .kdc("dc1")
        .kdc("dc2")
        .active_directory()
        .user("carol", "tr0ub4dor")
        .host("pc1");
    let call = Call::login("carol").from("pc1").to("HTTP/web1.lab.example");
    let error = built(&builder).call(&call).unwrap();
    error.expect_error("KDC_ERR_S_PRINCIPAL_UNKNOWN");
    let mut lab = built(&builder.trust("PARTNER.EXAMPLE", "LAB.EXAMPLE"));
    lab.call(&call).unwrap().expect_success();
    let hosts: Vec<&str> = lab.world().client_configs().map(|(host, _)| host).collect();
    assert_eq!(hosts, ["dc1", "dc2", "kdc1", "pc1", "web1", "ws1"]);
}

#[test]
fn what_hosts_are_like_decides_the_error() {
    let skewed = one_realm().clock("web1", "+10m");
    let outcome = built(&skewed).call(session()).unwrap();
    outcome.expect_error("KRB_AP_ERR_SKEW");
    assert_eq!(outcome.sent_by(), Some("web1"));
    let java = skewed.dialect("web1", DialectName::Java);
    let outcome = built(&java).call(session()).unwrap();
    outcome.expect_error("CONNECTION_CLOSED");
    let generous = java.client("web1", "clockskew = \"1h\"");
    built(&generous).call(session()).unwrap().expect_success();
}

#[test]
fn settings_and_acceptors_are_as_said() {
    let without_preauth = one_realm().settings("requires_preauth = false");
    assert_eq!(
        built(&without_preauth)
            .call(Call::login("alice"))
            .unwrap()
            .timeline()
            .len(),
        2
    );
    let mut lab = built(&one_realm().acceptor("web1", "ap_rep_added_seconds = 1"));
    lab.call(session())
        .unwrap()
        .expect_error("KRB5_MUTUAL_FAILED");
}

#[test]
fn a_host_has_an_identity() {
    let mut lab = built(&one_realm().run_as("web1", "HTTP/web1.lab.example"));
    let outcome = lab.call(Call::of_host("web1")).unwrap();
    let ticket = outcome.expect_success().ticket().unwrap();
    assert_eq!(
        ticket.client.to_string(),
        "HTTP/web1.lab.example@LAB.EXAMPLE"
    );
}

#[test]
fn a_built_world_begins_when_it_says() {
    let lab = built(&one_realm().epoch("2030-05-06T07:08:09Z"));
    assert_eq!(lab.world().now().time().to_string(), "2030-05-06T07:08:09Z");
}

#[test]
fn a_built_world_has_steps_and_faults() {
    let mut lab = built(
        &one_realm()
            .given(r#"add_principal = { name = "bob", password = "battery staple" }"#)
            .fault(r#"remove_principal = "bob""#),
    );
    let login = Call::login("bob").password("battery staple");
    lab.call(&login).unwrap().expect_success();
    lab.break_it().unwrap();
    lab.call(&login)
        .unwrap()
        .expect_error("KDC_ERR_C_PRINCIPAL_UNKNOWN");
    let error = lab.break_it().unwrap_err();
    assert!(error.to_string().contains("--> lab.toml:"), "{error}");
}

#[test]
fn a_builder_tells_what_is_wrong() {
    let error = refused(&one_realm().clock("web2", "+10m"));
    assert!(error.contains("unknown host `web2`") && error.contains("did you mean `web1`?"));
    let error = refused(&one_realm().clock("web1", "10m"));
    assert!(error.contains("clock = \"10m\"") && error.contains("write it with its sign"));
    let error = refused(&one_realm().user("HTTP/web1.lab.example", "x"));
    assert!(error.contains("is defined twice"), "{error}");
    assert!(refused(&Lab::builder()).contains("missing field `realm`"));
}

#[test]
fn names_and_passwords_come_through_whatever_is_in_them() {
    let password = "a\"b\\c\n\u{7f}[realm]é";
    let mut lab = built(&Lab::builder().user("o\"neil", password));
    lab.call(Call::login("o\"neil").password(password))
        .unwrap()
        .expect_success();
    lab.call(Call::login("o\"neil").password("other"))
        .unwrap()
        .expect_error("KDC_ERR_PREAUTH_FAILED");
}

#[test]
fn a_call_that_names_nobody_is_told_with_the_choices() {
    let mut lab = built(&one_realm());
    let error = lab.call(Call::login("alcie")).unwrap_err();
    assert!(matches!(error, LabError::Step(_)));
    assert!(
        error.to_string().contains("did you mean `alice`?"),
        "{error}"
    );
    let error = lab.call(session().from("wsl")).unwrap_err();
    assert!(error.to_string().contains("did you mean `ws1`?"), "{error}");
    let error = lab.kpasswd(Kpasswd::change("alcie", "x")).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `alice`?"),
        "{error}"
    );
    assert!(lab.packets().is_empty());
}

#[test]
fn debug_is_what_a_failing_test_prints() {
    let error = built(&one_realm()).call(Call::login("alcie")).unwrap_err();
    assert_eq!(format!("{error:?}"), format!("\n{error}"));
}

#[test]
fn a_call_says_all_that_a_scenario_can() {
    let mut lab = built(
        &one_realm()
            .host("ws1")
            .host("ws3")
            .settings("max_renewable_life = \"7d\""),
    );
    let hour = Duration::from_secs(3600);
    let login = Call::login("alice")
        .lifetime(hour)
        .renewable(24 * hour)
        .forwardable()
        .kinit();
    let outcome = lab.call(&login).unwrap();
    let ticket = outcome.expect_success().ticket().unwrap().clone();
    assert_eq!(ticket.endtime.unix() - ticket.starttime.unix(), 3600);
    assert_eq!(
        ticket.renew_till.unwrap().unix() - ticket.starttime.unix(),
        86_400
    );
    let flags: Vec<&str> = ticket.flags.names().collect();
    assert!(
        flags.contains(&"forwardable") && flags.contains(&"renewable"),
        "{flags:?}"
    );

    let later = lab
        .clone()
        .call(Call::login("alice").postdated(hour))
        .unwrap();
    let later = later.expect_success().ticket().unwrap();
    assert_eq!(later.starttime.unix() - ticket.starttime.unix(), 3600);

    lab.wait(Duration::from_secs(60));
    let outcome = lab.call(Call::login("alice").renew()).unwrap();
    let renewed = outcome.expect_success().ticket().unwrap();
    assert_eq!(renewed.endtime.unix() - ticket.endtime.unix(), 60);

    let warm = lab.call(session().warm()).unwrap();
    assert!(!warm.expect_success().timeline()[0].contains("AS-REQ"));
    lab.call(session().from("ws3").from_cache_alone())
        .unwrap()
        .expect_error("KRB5_CC_NOTFOUND");
    lab.call(session().password("wrong"))
        .unwrap()
        .expect_error("KDC_ERR_PREAUTH_FAILED");
    lab.call(session().without_mutual_authentication())
        .unwrap()
        .expect_success();
}

#[test]
fn clients_may_act_at_once() {
    let mut lab = built(&one_realm().user("bob", "battery staple"));
    let bob = Call::login("bob").to("HTTP/web1.lab.example");
    let outcomes = lab.call_all(&[session(), bob.password("wrong")]).unwrap();
    outcomes[0].expect_success();
    outcomes[1].expect_error("KDC_ERR_PREAUTH_FAILED");
    assert!(lab.call_all(&[session(), Call::login("carol")]).is_err());
}

#[test]
fn a_user_changes_a_password() {
    let mut lab = built(&one_realm());
    lab.kpasswd(Kpasswd::change("alice", "new one"))
        .unwrap()
        .expect_success();
    lab.call(Call::login("alice").password("new one"))
        .unwrap()
        .expect_success();
    lab.call(Call::login("alice").password("correct horse"))
        .unwrap()
        .expect_error("KDC_ERR_PREAUTH_FAILED");
    let wrong = Kpasswd::change("alice", "x")
        .old("correct horse")
        .from("ws1");
    lab.kpasswd(wrong)
        .unwrap()
        .expect_error("KDC_ERR_PREAUTH_FAILED");
}

#[test]
fn a_step_changes_the_world_for_the_next_call() {
    let mut lab = built(&one_realm());
    lab.step(r#"reset_key = "HTTP/web1.lab.example""#).unwrap();
    lab.call(session())
        .unwrap()
        .expect_error("KRB_AP_ERR_BADKEYVER");
    lab.step(r#"export_keytab = { of = "HTTP/web1.lab.example", to = "web1" }"#)
        .unwrap();
    lab.call(session()).unwrap().expect_success();
    let error = lab.step(r#"host_up = "web1""#).unwrap_err();
    assert!(error.to_string().contains("it changes nothing"), "{error}");
    let error = lab.step(r#"host_up = "web2""#).unwrap_err();
    assert!(error.to_string().contains("--> verb:1:11"), "{error}");
}

#[test]
fn a_log_has_the_lines_of_one_host() {
    let mut lab = Lab::load("client-locked-out").unwrap();
    lab.enter(Phase::Broken).unwrap();
    lab.symptom();
    let kdc = lab.scenario().script.realm.values().next().unwrap();
    let kdc = kdc.kdc.get_ref().0[0].clone();
    assert!(!lab.log(&kdc).unwrap().is_empty());
    assert_eq!(lab.log("nowhere"), None);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let played = |seed| {
        let mut lab = built(&one_realm()).seed(seed).unwrap();
        lab.call(session()).unwrap().expect_success();
        let packets = lab.packets().iter();
        packets
            .map(|packet| packet.payload.bytes().to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(played(7), played(7));
    assert_ne!(played(7), played(8));
}

#[test]
fn a_seed_keeps_the_phase() {
    let mut lab = Lab::load("service-key-mismatch").unwrap();
    lab.break_it().unwrap();
    let mut lab = lab.seed(9).unwrap();
    assert_eq!(lab.phase(), Phase::Broken);
    lab.symptom()[0].expect_error("KRB_AP_ERR_MODIFIED");
}

/// Failed logons, replay caches and databases are those of one world.
#[test]
fn a_clone_goes_its_own_way() {
    let lockout = "lockout = { maxfailure = 1 }";
    let lab = built(&one_realm().settings(lockout));
    let mut locked = lab.clone();
    locked
        .call(Call::login("alice").password("wrong"))
        .unwrap()
        .expect_error("KDC_ERR_PREAUTH_FAILED");
    locked
        .call(session())
        .unwrap()
        .expect_error("KDC_ERR_CLIENT_REVOKED");
    let mut changed = lab.clone();
    changed
        .step(r#"reset_key = "HTTP/web1.lab.example""#)
        .unwrap();
    changed
        .call(session())
        .unwrap()
        .expect_error("KRB_AP_ERR_BADKEYVER");
    let mut lab = lab;
    assert!(lab.packets().is_empty());
    lab.call(session()).unwrap().expect_success();
}

#[test]
fn labs_run_side_by_side() {
    let runs: Vec<_> = (0..8)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut lab = Lab::load("service-key-mismatch")
                    .unwrap()
                    .seed(seed % 2)
                    .unwrap();
                lab.break_it().unwrap();
                lab.symptom()[0].expect_error("KRB_AP_ERR_MODIFIED");
                lab.timeline().join("\n") + &format!("{:?}", lab.packets()[8].payload.bytes())
            })
        })
        .map(|run| run.join().unwrap())
        .collect();
    for (index, run) in runs.iter().enumerate() {
        assert_eq!(run, &runs[index % 2]);
    }
    assert_ne!(runs[0], runs[1]);
}

#[test]
fn a_surprise_is_told_with_the_packets_and_the_seed() {
    let mut lab = built(&one_realm());
    let outcome = lab.call(session().password("wrong")).unwrap();
    let panic = std::panic::catch_unwind(|| {
        outcome.expect_success();
    });
    let text = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.starts_with(
            "expected: success\nactual:   KDC_ERR_PREAUTH_FAILED (24) from kdc1, cause "
        )
    );
    assert!(
        text.contains("ws1 -> kdc1     udp") && text.ends_with("\nseed: 1"),
        "{text}"
    );
    assert!(text.contains("\"Password incorrect\""), "{text}");
}

/// What a lab says of a scenario is what the runner says of it.
#[test]
fn every_scenario_breaks_in_a_lab_as_it_does_when_it_runs() {
    for id in [
        "ticket-expired",
        "client-disabled",
        "service-key-mismatch-java",
        "client-locked-out",
    ] {
        let scenario = catalogue::find(id).unwrap();
        let report = kdclab::check::run(&scenario, kdclab::check::DEFAULT_SEED);
        let broken = report
            .phases
            .iter()
            .find(|phase| phase.phase == Phase::Broken)
            .unwrap();
        let mut lab = Lab::of(scenario).unwrap();
        lab.break_it().unwrap();
        let last = lab
            .symptom()
            .into_iter()
            .rev()
            .find(|outcome| !outcome.is_success());
        let expected = broken.error.map(|error| error.name());
        assert_eq!(last.unwrap().error(), expected.as_deref(), "{id}");
    }
}

/// docs/embedding.md runs as a documentation test.
#[test]
fn the_code_of_the_readme_is_code_that_runs() {
    let readme = include_str!("../../README.md");
    let document = include_str!("../../docs/embedding.md");
    let (_, section) = readme.split_once("## In a Rust test").unwrap();
    let (_, code) = section.split_once("```rust\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    assert!(code.contains("Lab::load") && document.contains(code));
}

#[test]
fn every_embedded_scenario_is_found_by_its_id() {
    let all = catalogue::embedded().unwrap();
    assert!(all.len() > 100);
    for scenario in all {
        let found = catalogue::find(&scenario.id).unwrap();
        assert_eq!(found.path, scenario.path);
        assert!(found.is_embedded());
    }
}
