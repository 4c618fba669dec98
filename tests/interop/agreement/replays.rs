//! One request shown twice to acceptors with one replay cache.

use kdclab::catalogue::Scenario;
use tempfile::TempDir;

use super::file_of;
use crate::gss::{Gss, Login, Told};
use crate::play::{refusal, says};
use crate::served::{Served, text};

const ID: &str = "replay-duplicating-proxy";

fn scenario(id: &str) -> Scenario {
    Scenario::parse(id.as_ref(), &file_of(id)).unwrap()
}

/// The second answer, and what the acceptor says of it.
fn second_time(gss: &mut Gss, home: &TempDir) -> (Vec<u8>, Told) {
    let path = home.path().join(format!("{ID}.toml"));
    std::fs::write(&path, file_of(ID)).unwrap();
    let served = Served::start(text(&path), "healthy");
    let session = served.session("ws1");
    session.kinit(&["alice"], "correct horse").succeeds();
    let conf = served.krb5_conf("ws1");
    let ccache = session.ccache();
    let token = Gss::mit()
        .initiate(&conf, &Login::Cache(&ccache), "hdfs@nn.lab.example")
        .unwrap();
    let mut accept = || {
        let keytab = served.dir().join("nn1.keytab");
        gss.accept(&conf, &keytab, "hdfs/nn.lab.example", &token)
    };
    accept().result.unwrap();
    let accepted = accept();
    (accepted.answer, accepted.result.unwrap_err())
}

#[test]
fn replay_to_two_servers() {
    let scenario = scenario(ID);
    let home = TempDir::new().unwrap();
    let (answer, told) = second_time(&mut Gss::mit(), &home);
    let symptom = scenario.script.symptom[0].get_ref();
    let expected = symptom.text.as_ref().unwrap().get_ref();
    assert!(says(&told, expected), "it says{told}");
    assert_eq!(refusal(&answer), *symptom.error.as_ref().unwrap().get_ref());
}

#[test]
fn replay_to_java() {
    let scenario = scenario("replay-duplicating-proxy-java");
    let home = TempDir::new().unwrap();
    let (answer, told) = second_time(&mut Gss::java(), &home);
    let symptom = scenario.script.symptom[0].get_ref();
    assert!(
        says(&told, symptom.log["nn2"].get_ref().part().unwrap()),
        "it says{told}"
    );
    assert_eq!(refusal(&answer), *symptom.error.as_ref().unwrap().get_ref());
}
