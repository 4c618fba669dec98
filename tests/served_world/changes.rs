//! What changes a served world takes effect at once, and as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kdclab::script::model::Phase;
use kdclab::serve::{ChangeError, Happened, Request, Response, ask};
use kdclab_client::CredentialStore;
use kdclab_proto::messages::AsRep;
use kdclab_proto::{Ccache, ErrorCode, Keytab};

use crate::support::{
    PREAUTH, as_req, blocking, error_code, kdc_of, log_in, over_udp, packets, scenario, served,
    served_with,
};

/// The version of the key that seals a ticket-granting ticket.
fn kvno_of_ticket(kdc: std::net::SocketAddr) -> u32 {
    let reply = over_udp(kdc, &as_req("alice@LAB.EXAMPLE")).unwrap();
    let ticket = AsRep::decode(&reply).unwrap().0.ticket;
    ticket.enc_part.kvno.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_answered_from_a_world_half_changed() {
    let faults = [r#"modify_principal = { name = "alice", attributes = ["-requires_preauth"] }"#];
    let instance = served(&faults).await;
    let kdc = kdc_of(&instance, "ws1");
    let stop = Arc::new(AtomicBool::new(false));
    let in_flight: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            tokio::task::spawn_blocking(move || {
                let mut last = 0;
                while !stop.load(Ordering::Relaxed) {
                    let kvno = kvno_of_ticket(kdc);
                    assert!(kvno >= last, "{kvno} after {last}");
                    last = kvno;
                }
            })
        })
        .collect();
    for version in 2..12 {
        instance
            .step(r#"reset_key = "krbtgt/LAB.EXAMPLE""#)
            .await
            .unwrap();
        let kvno = blocking(move || kvno_of_ticket(kdc)).await;
        assert_eq!(kvno, version);
    }
    stop.store(true, Ordering::Relaxed);
    for task in in_flight {
        task.await.unwrap();
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_takes_effect_on_the_next_request() {
    let instance = scenario("client-disabled", Phase::Broken).await;
    let environment = instance.environment().clone();
    let kdc = environment["KDCLAB_KDC"].parse().unwrap();
    let user = format!("{}@LAB.EXAMPLE", environment["KDCLAB_USER"]);
    // The same bytes again would get the same reply again.
    let (request, again) = (as_req(&user), as_req(&user));
    let reply = blocking(move || over_udp(kdc, &request).unwrap()).await;
    assert_eq!(error_code(&reply), ErrorCode::KDC_ERR_CLIENT_REVOKED);
    instance.fix(1).await.unwrap();
    let reply = blocking(move || over_udp(kdc, &again).unwrap()).await;
    assert_eq!(error_code(&reply), PREAUTH);
    let unknown = instance.fix(99).await.unwrap_err();
    assert!(unknown.to_string().contains("no phase fix:99"), "{unknown}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_world_is_broken_while_it_runs() {
    let instance = scenario("client-disabled", Phase::Healthy).await;
    let environment = instance.environment().clone();
    let kdc = environment["KDCLAB_KDC"].parse().unwrap();
    let user = format!("{}@LAB.EXAMPLE", environment["KDCLAB_USER"]);
    let (request, again) = (as_req(&user), as_req(&user));
    let reply = blocking(move || over_udp(kdc, &request).unwrap()).await;
    assert_eq!(error_code(&reply), PREAUTH);
    instance.break_it().await.unwrap();
    let reply = blocking(move || over_udp(kdc, &again).unwrap()).await;
    assert_eq!(error_code(&reply), ErrorCode::KDC_ERR_CLIENT_REVOKED);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_is_let_pass_ends_a_lockout() {
    let settings = r#"settings = { lockout = { maxfailure = 2, lockoutduration = "10m" } }"#;
    let instance = served_with(settings, &[]).await;
    let kdc = kdc_of(&instance, "ws1");
    let attempt = move |password: &'static str| {
        blocking(move || log_in(kdc, "alice", password).map_err(|error| error.to_string()))
    };
    for _ in 0..2 {
        attempt("wrong").await.unwrap_err();
    }
    attempt("correct horse").await.unwrap_err();
    instance.step(r#"wait = "9m""#).await.unwrap();
    attempt("correct horse").await.unwrap_err();
    instance.step(r#"wait = "2m""#).await.unwrap();
    attempt("correct horse").await.unwrap();
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lockout_is_ended_by_an_administrator() {
    let settings = "settings = { lockout = { maxfailure = 1 } }";
    let instance = served_with(settings, &[]).await;
    let kdc = kdc_of(&instance, "ws1");
    let attempt =
        move |password: &'static str| blocking(move || log_in(kdc, "alice", password).is_ok());
    assert!(!attempt("wrong").await);
    assert!(!attempt("correct horse").await);
    instance.step(r#"unlock = "alice""#).await.unwrap();
    assert!(attempt("correct horse").await);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_is_added_and_can_be_changed() {
    let instance = served(&[]).await;
    let kdc = kdc_of(&instance, "ws1");
    instance
        .step(r#"add_principal = { name = "carol", password = "new here" }"#)
        .await
        .unwrap();
    blocking(move || log_in(kdc, "carol", "new here").unwrap()).await;
    instance
        .step(r#"remove_principal = "carol""#)
        .await
        .unwrap();
    blocking(move || log_in(kdc, "carol", "new here").unwrap_err()).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_keytab_is_in_the_directory() {
    let instance = served(&[]).await;
    let kvno = || {
        let bytes = std::fs::read(instance.directory().join("srv1.keytab")).unwrap();
        let keytab = Keytab::parse(&bytes).unwrap();
        keytab.entries.iter().map(|entry| entry.kvno).max().unwrap()
    };
    assert_eq!(kvno(), 1);
    let name = "host/srv1.lab.example";
    instance
        .step(&format!("reset_key = {name:?}"))
        .await
        .unwrap();
    assert_eq!(kvno(), 1);
    let export = format!("export_keytab = {{ of = {name:?}, to = \"srv1\" }}");
    instance.step(&export).await.unwrap();
    assert_eq!(kvno(), 2);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_a_program_expires_in_its_file() {
    let instance = scenario("ticket-expired", Phase::Healthy).await;
    let path = instance.directory().join("ccache");
    let end = |path: &std::path::Path| {
        let ccache = Ccache::parse(&std::fs::read(path).unwrap()).unwrap();
        let (store, _) = CredentialStore::from_ccache(&ccache);
        (
            store.principal().name.to_string(),
            store.initial_ticket().unwrap().endtime,
        )
    };
    let (user, before) = end(&path);
    let client = instance.environment()["KDCLAB_USER"].clone();
    assert_eq!(user, client);
    let now = crate::support::now().time();
    assert!(before > now);
    let host = kdclab::catalogue::find("ticket-expired").unwrap();
    let host = host.script.first_call().unwrap().from.get_ref().clone();
    instance
        .step(&format!(
            "expire_ticket = {{ user = {user:?}, on = {host:?} }}"
        ))
        .await
        .unwrap();
    let (_, after) = end(&path);
    assert!(after < now, "{after:?}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_none_is_told_with_its_place() {
    let instance = served(&[]).await;
    for (text, told) in [
        (r#"host_down = "kdc7""#, "unknown host `kdc7`"),
        ("explode = {}", "unknown name `explode`"),
        (
            r#"reset_key = "alice"
reset_key = "bob""#,
            "duplicate key",
        ),
    ] {
        let error = instance.step(text).await.unwrap_err();
        assert!(matches!(error, ChangeError::Faulty(_)), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    let error = instance.step("repair_links = {}").await.unwrap_err();
    assert!(matches!(error, ChangeError::Verb(_)), "{error}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_takes_what_ctl_says() {
    let instance = served(&[]).await;
    let directory = instance.directory().to_owned();
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || {
        over_udp(kdc, &as_req("alice@LAB.EXAMPLE")).unwrap();
        let ask = |request: Request| ask(&directory, &request).unwrap();
        let step =
            Request::Step(r#"set_password = { user = "alice", password = "s3cret" }"#.into());
        assert!(matches!(ask(step), Response::Done));
        let Response::Faulty(why) = ask(Request::Step("host_down = 1".into())) else {
            panic!("no fault")
        };
        assert!(why.contains("verb:1:13"), "{why}");
        let Response::Failed(why) = ask(Request::Fix(1)) else {
            panic!("no failure")
        };
        assert!(why.contains("0 fixes"), "{why}");
        let Response::Events(events) = ask(Request::Events { after: 0 }) else {
            panic!("no events")
        };
        assert_eq!(packets(&events).len(), 2);
        let is = |wanted: fn(&Happened) -> bool| events.iter().any(|event| wanted(&event.what));
        assert!(is(
            |what| matches!(what, Happened::Log { host, .. } if host == "kdc1")
        ));
        assert!(is(
            |what| matches!(what, Happened::Verb { text } if text == "set_password")
        ));
        assert!(!format!("{events:?}").contains("s3cret"));
        let last = events.last().unwrap().number;
        let Response::Events(later) = ask(Request::Events { after: last }) else {
            panic!("no events")
        };
        assert!(later.is_empty());
    })
    .await;
    instance.stop().await;
}
