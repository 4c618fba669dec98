//! MIT's kinit, kvno and klist against `kdclab serve` of a plain healthy world.

use crate::served::{Served, Session, text};

fn logged_in(served: &Served, arguments: &[&str]) -> Session {
    let session = served.session("ws1");
    session
        .kinit(&[arguments, &["alice"]].concat(), "correct horse")
        .succeeds();
    session
}

/// `kvno -k`, which decrypts the ticket with the service's own key.
fn service_ticket_opens(served: &Served, session: &Session, service: &str, host: &str) {
    let keytab = served.dir().join(format!("{host}.keytab"));
    let printed = session
        .run("kvno", &["-k", text(&keytab), service], "")
        .succeeds();
    assert!(printed.contains("keytab entry valid"), "{printed}");
}

#[test]
fn kinit_by_password() {
    let served = Served::healthy();
    let session = logged_in(&served, &[]);
    let list = session.klist();
    assert!(
        list.contains("Default principal: alice@LAB.EXAMPLE"),
        "{list}"
    );
    assert!(list.contains("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE"), "{list}");
}

#[test]
fn kinit_by_keytab() {
    let served = Served::healthy();
    let session = served.session("ws1");
    session.run("kinit", &["-k", "-i", "bob"], "").succeeds();
    assert!(
        session
            .klist()
            .contains("Default principal: bob@LAB.EXAMPLE")
    );
}

#[test]
fn kinit_for_a_service() {
    let served = Served::healthy();
    let session = logged_in(&served, &["-S", "host/srv1.lab.example"]);
    let list = session.klist();
    assert!(list.contains("host/srv1.lab.example@LAB.EXAMPLE"), "{list}");
    assert!(!list.contains("krbtgt"), "{list}");
}

#[test]
fn kinit_forwardable_renewable_and_renewed() {
    let served = Served::healthy();
    let session = logged_in(&served, &["-f", "-r", "2d"]);
    let list = session.klist();
    assert!(list.contains("renew until"), "{list}");
    assert!(list.contains("Flags: FRI"), "{list}");
    session.run("kinit", &["-R"], "").succeeds();
    let list = session.klist();
    assert!(list.contains("Flags: FR"), "{list}");
    service_ticket_opens(&served, &session, "host/srv1.lab.example", "srv1");
}

#[test]
fn kinit_renew_of_a_ticket_that_is_not_renewable() {
    let served = Served::healthy();
    let session = logged_in(&served, &[]);
    session
        .run("kinit", &["-R"], "")
        .fails_with("KDC can't fulfill requested option while renewing credentials");
}

#[test]
fn kinit_canonicalize() {
    let served = Served::healthy();
    let session = logged_in(&served, &["-C"]);
    assert!(
        session
            .klist()
            .contains("Default principal: alice@LAB.EXAMPLE")
    );
}

#[test]
fn kinit_enterprise() {
    let served = Served::healthy();
    let session = served.session("ws1");
    session
        .kinit(&["-E", "alice.smith@lab.example"], "correct horse")
        .succeeds();
    let list = session.klist();
    assert!(
        list.contains("Default principal: alice@LAB.EXAMPLE"),
        "{list}"
    );
}

#[test]
fn kvno_decrypts_the_ticket_with_the_keytab() {
    let served = Served::healthy();
    let session = logged_in(&served, &[]);
    service_ticket_opens(&served, &session, "host/srv1.lab.example", "srv1");
    service_ticket_opens(&served, &session, "HTTP/srv1.lab.example", "srv1");
}

#[test]
fn kvno_across_realms() {
    let served = Served::healthy();
    let session = logged_in(&served, &[]);
    service_ticket_opens(
        &served,
        &session,
        "host/srv2.remote.example@REMOTE.EXAMPLE",
        "srv2",
    );
    let list = session.klist();
    assert!(list.contains("krbtgt/REMOTE.EXAMPLE@LAB.EXAMPLE"), "{list}");
    assert!(
        list.contains("host/srv2.remote.example@REMOTE.EXAMPLE"),
        "{list}"
    );
}

#[test]
fn kvno_across_realms_the_other_way() {
    let served = Served::healthy();
    let session = served.session("ws2");
    session.kinit(&["rita"], "remote secret").succeeds();
    let keytab = served.dir().join("srv1.keytab");
    let arguments = ["-k", text(&keytab), "-S", "host", "srv1.lab.example"];
    let printed = session.run("kvno", &arguments, "").succeeds();
    assert!(printed.contains("keytab entry valid"), "{printed}");
}

#[test]
fn kvno_user_to_user() {
    let served = Served::healthy();
    let peer = served.session("ws1");
    peer.kinit(&["bob"], "battery staple").succeeds();
    let session = logged_in(&served, &[]);
    session
        .run("kvno", &["--u2u", text(&peer.ccache()), "bob"], "")
        .succeeds();
    assert!(session.klist().contains("bob@LAB.EXAMPLE"));
}

/// The service of srv1, logged on with its keytab.
fn service(served: &Served) -> Session {
    let session = served.session("srv1");
    let keytab = served.dir().join("srv1.keytab");
    let arguments = ["-k", "-t", text(&keytab), "-f", "host/srv1.lab.example"];
    session.run("kinit", &arguments, "").succeeds();
    session
}

#[test]
fn kvno_for_a_user() {
    let served = Served::healthy();
    let session = service(&served);
    for option in ["-I", "-U"] {
        let arguments = [option, "alice", "host/srv1.lab.example"];
        session.run("kvno", &arguments, "").succeeds();
    }
    let list = session.klist();
    assert!(
        list.contains("for client alice@LAB.EXAMPLE, Flags: F"),
        "{list}"
    );
    let arguments = ["-U", "alice.smith@lab.example", "host/srv1.lab.example"];
    session.run("kvno", &arguments, "").succeeds();
    let list = session.klist();
    assert!(
        list.contains(r"for client alice.smith\@lab.example"),
        "{list}"
    );
}

#[test]
fn kvno_for_a_user_with_a_ticket_that_opens() {
    let served = Served::healthy();
    let session = service(&served);
    let keytab = served.dir().join("srv1.keytab");
    let arguments = ["-I", "bob", "-k", text(&keytab), "host/srv1.lab.example"];
    let printed = session.run("kvno", &arguments, "").succeeds();
    assert!(printed.contains("keytab entry valid"), "{printed}");
}

#[test]
fn kvno_for_a_user_that_does_not_exist() {
    let served = Served::healthy();
    let session = service(&served);
    let asked = |option| {
        let arguments = [option, "nosuchuser", "host/srv1.lab.example"];
        session.run("kvno", &arguments, "")
    };
    asked("-U").fails_with("Client 'nosuchuser@LAB.EXAMPLE' not found in Kerberos database");
    asked("-I").fails_with("kvno: Client not found in Kerberos database while getting");
}

#[test]
fn kvno_for_a_disabled_user() {
    let served = Served::healthy();
    let session = service(&served);
    let arguments = ["-I", "mallory", "host/srv1.lab.example"];
    session
        .run("kvno", &arguments, "")
        .fails_with("kvno: Client's credentials have been revoked while getting");
}

#[test]
fn kvno_for_a_user_with_rc4_keys() {
    let served = Served::healthy();
    let session = served.session("srv1").with_krb5_conf(
        "[libdefaults]\nallow_rc4 = true\npermitted_enctypes = rc4-hmac aes256-cts\n\
         default_tgs_enctypes = rc4-hmac\ndefault_tkt_enctypes = rc4-hmac\n",
    );
    let keytab = served.dir().join("srv1.keytab");
    let arguments = ["-k", "-t", text(&keytab), "host/srv1.lab.example"];
    session.run("kinit", &arguments, "").succeeds();
    let arguments = ["-I", "alice", "host/srv1.lab.example"];
    session.run("kvno", &arguments, "").succeeds();
    assert!(session.klist().contains("for client alice@LAB.EXAMPLE"));
}

fn passwords() -> Served {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/passwords.toml");
    Served::start(scenario, "healthy")
}

fn kpasswd(session: &Session, user: &str, old: &str, new: &str) -> crate::served::Finished {
    session.run("kpasswd", &[user], &format!("{old}\n{new}\n{new}\n"))
}

#[test]
fn kpasswd_changes_the_password_at_every_kdc() {
    let served = passwords();
    let session = served.session("ws1");
    let printed = kpasswd(&session, "alice", "correct horse", "another horse").succeeds();
    assert!(printed.contains("Password changed."), "{printed}");
    session.kinit(&["alice"], "another horse").succeeds();
    session
        .kinit(&["alice"], "correct horse")
        .fails_with("kinit: Password incorrect");
}

#[test]
fn kpasswd_over_tcp() {
    let served = passwords();
    let session = served
        .session("ws1")
        .with_krb5_conf("[libdefaults]\nudp_preference_limit = 1\n");
    kpasswd(&session, "alice", "correct horse", "another horse").succeeds();
    session.kinit(&["alice"], "another horse").succeeds();
}

#[test]
fn kpasswd_with_an_expired_password() {
    let served = passwords();
    let session = served.session("ws1");
    kpasswd(&session, "carol", "battery staple", "another staple").succeeds();
    session.kinit(&["carol"], "another staple").succeeds();
}

#[test]
fn kpasswd_with_passwords_that_the_policy_rejects() {
    let served = passwords();
    let session = served.session("ws1");
    kpasswd(&session, "alice", "correct horse", "short").fails_with(
        "Password change rejected: New password is too short.\n\
         Please choose a password which is at least 8 characters long.",
    );
    kpasswd(&session, "alice", "correct horse", "correct horse").fails_with(
        "Password change rejected: New password was used previously. Please choose a different password.",
    );
    session.kinit(&["alice"], "correct horse").succeeds();
}

#[test]
fn kpasswd_with_a_wrong_password() {
    let served = passwords();
    let session = served.session("ws1");
    kpasswd(&session, "alice", "wrong", "another horse")
        .fails_with("kpasswd: Preauthentication failed getting initial ticket");
}

macro_rules! enctypes {
    ($($name:ident($enctype:literal, $shown:literal);)*) => {$(
        #[test]
        fn $name() {
            let served = Served::healthy();
            let session = served.session("ws1").with_krb5_conf(concat!(
                "[libdefaults]\n",
                "allow_rc4 = true\n",
                "default_tkt_enctypes = ", $enctype, "\n",
                "default_tgs_enctypes = ", $enctype, "\n",
                "permitted_enctypes = ", $enctype, " aes256-cts\n",
            ));
            session.kinit(&["alice"], "correct horse").succeeds();
            service_ticket_opens(&served, &session, "HTTP/srv1.lab.example", "srv1");
            let list = session.klist();
            let session_keys = list
                .matches(concat!("Etype (skey, tkt): ", $shown, ","))
                .count();
            assert_eq!(session_keys, 2, "{list}");
        }
    )*};
}

enctypes! {
    enctype_17("aes128-cts", "aes128-cts-hmac-sha1-96");
    enctype_18("aes256-cts", "aes256-cts-hmac-sha1-96");
    enctype_19("aes128-sha2", "aes128-cts-hmac-sha256-128");
    enctype_20("aes256-sha2", "aes256-cts-hmac-sha384-192");
    enctype_23("rc4-hmac", "DEPRECATED:arcfour-hmac");
}

#[test]
fn wrong_password() {
    let served = Served::healthy();
    served
        .session("ws1")
        .kinit(&["alice"], "wrong")
        .fails_with("kinit: Password incorrect while getting initial credentials");
}

#[test]
fn wrong_key_in_a_keytab() {
    let served = Served::healthy();
    let session = served.session("ws1");
    let keytab = session.ccache().with_file_name("wrong.keytab");
    let typed = "addent -password -p bob@LAB.EXAMPLE -k 1 -e aes256-cts\nwrong\nwkt ";
    session
        .run("ktutil", &[], &format!("{typed}{}\nquit\n", text(&keytab)))
        .succeeds();
    session
        .run("kinit", &["-k", "-t", text(&keytab), "bob"], "")
        .fails_with("kinit: Preauthentication failed while getting initial credentials");
}

#[test]
fn unknown_user() {
    let served = Served::healthy();
    served.session("ws1").kinit(&["nobody"], "x").fails_with(
        "kinit: Client 'nobody@LAB.EXAMPLE' not found in Kerberos database while getting initial credentials",
    );
}

#[test]
fn unknown_service() {
    let served = Served::healthy();
    let session = logged_in(&served, &[]);
    session
        .run("kvno", &["host/nowhere.lab.example"], "")
        .fails_with("Server host/nowhere.lab.example@LAB.EXAMPLE not found in Kerberos database");
}

#[test]
fn disabled_user() {
    let served = Served::healthy();
    served
        .session("ws1")
        .kinit(&["mallory"], "disabled")
        .fails_with(
            "kinit: Client's credentials have been revoked while getting initial credentials",
        );
}

#[test]
fn locked_out_user() {
    let served = Served::healthy();
    let session = served.session("ws1");
    for _ in 0..3 {
        session
            .kinit(&["carol"], "wrong")
            .fails_with("kinit: Password incorrect while getting initial credentials");
    }
    session.kinit(&["carol"], "three wrong tries").fails_with(
        "kinit: Client's credentials have been revoked while getting initial credentials",
    );
}

#[test]
fn tcp_first() {
    let served = Served::healthy();
    let session = served
        .session("ws1")
        .with_krb5_conf("[libdefaults]\nudp_preference_limit = 1\n");
    session.kinit(&["alice"], "correct horse").succeeds();
}
