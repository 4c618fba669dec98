//! Where MIT, Java and Windows answer the same AP-REQ differently.

use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_client::{
    AcceptError, Acceptor, AcceptorName, ApExchangeError, ApParameters, Dialect, Framing, WantedKey,
};
use kdclab_proto::messages::KerbErrorData;
use kdclab_proto::{Enctype, ErrorCode, Key, Keytab};

use crate::support::{
    AES128, AES256, Issue, SERVICE, accept, accept_at, acceptor, code_in, config, entry, key,
    keytab, krb_error, now, principal, refusal, seconds, service_key, start,
};

const OTHER: &str = "host/web1.lab.example@LAB.EXAMPLE";

/// The key the ticket of [`Issue::new`] asks for.
fn wanted(acceptor: AcceptorName) -> Box<WantedKey> {
    Box::new(WantedKey {
        server: principal(SERVICE),
        kvno: 2,
        enctype: AES256,
        acceptor,
    })
}

fn with_keytab(dialect: Dialect, keytab: Keytab) -> Acceptor {
    Acceptor::new(config(dialect), keytab)
}

/// What `acceptor` says to an ordinary ticket, and the code it sends.
fn verdict(mut acceptor: Acceptor) -> Result<(), (AcceptError, Option<i32>)> {
    accept(&mut acceptor, &Issue::new().token())
        .map(|_| ())
        .map_err(|refused| (refused.error.clone(), code_in(&refused)))
}

fn named(dialect: Dialect, keytab: Keytab, name: &str) -> Acceptor {
    Acceptor {
        name: AcceptorName::Principal(principal(name)),
        framing: Framing::Raw,
        ..with_keytab(dialect, keytab)
    }
}

/// What an acceptor of one name says to a bare AP-REQ.
fn named_verdict(mut acceptor: Acceptor) -> Result<(), (AcceptError, Option<i32>)> {
    let request = Issue::new().request(|_| {}).encode();
    accept(&mut acceptor, &request)
        .map(|_| ())
        .map_err(|refused| {
            let code = refused.reply.as_deref().map(|reply| {
                kdclab_proto::messages::KrbError::decode(reply)
                    .unwrap()
                    .error_code
                    .0
            });
            (refused.error.clone(), code)
        })
}

// The right version, another key

fn wrong_key() -> Keytab {
    keytab([entry(SERVICE, 2, &key(AES256, 101))])
}

#[test]
fn wrong_key_is_31_from_mit() {
    assert_eq!(
        verdict(with_keytab(Dialect::Mit, wrong_key())),
        Err((
            AcceptError::TicketUndecryptable(wanted(AcceptorName::Any)),
            Some(31)
        ))
    );
}

#[test]
fn wrong_key_is_silence_from_java() {
    assert_eq!(
        verdict(with_keytab(Dialect::Java, wrong_key())),
        Err((
            AcceptError::TicketUndecryptable(wanted(AcceptorName::Any)),
            None
        ))
    );
}

#[test]
fn wrong_key_is_41_from_windows() {
    assert_eq!(
        verdict(with_keytab(Dialect::Windows, wrong_key())),
        Err((
            AcceptError::TicketUndecryptable(wanted(AcceptorName::Any)),
            Some(41)
        ))
    );
}

#[test]
fn wrong_key_under_one_name_is_31_from_mit() {
    let name = AcceptorName::Principal(principal(SERVICE));
    assert_eq!(
        named_verdict(named(Dialect::Mit, wrong_key(), SERVICE)),
        Err((AcceptError::TicketUndecryptable(wanted(name)), Some(31)))
    );
}

#[test]
fn wrong_key_under_another_name_is_35_from_mit() {
    let name = AcceptorName::Principal(principal(OTHER));
    let keytab = keytab([entry(OTHER, 2, &key(AES256, 101))]);
    assert_eq!(
        named_verdict(named(Dialect::Mit, keytab, OTHER)),
        Err((AcceptError::TicketUndecryptable(wanted(name)), Some(35)))
    );
}

// Another version

fn stale(kvno: u32) -> Keytab {
    keytab([entry(SERVICE, kvno, &key(AES256, 101))])
}

fn key_version(newest: u32) -> AcceptError {
    AcceptError::KeyVersion {
        wanted: wanted(AcceptorName::Any),
        newest,
    }
}

#[test]
fn stale_keytab_is_44_from_mit() {
    assert_eq!(
        verdict(with_keytab(Dialect::Mit, stale(1))),
        Err((key_version(1), Some(44)))
    );
}

#[test]
fn stale_ticket_is_44_from_mit_with_the_newer_version_told() {
    assert_eq!(
        verdict(with_keytab(Dialect::Mit, stale(3))),
        Err((key_version(3), Some(44)))
    );
}

#[test]
fn stale_keytab_is_silence_from_java() {
    assert_eq!(
        verdict(with_keytab(Dialect::Java, stale(1))),
        Err((key_version(1), None))
    );
}

#[test]
fn stale_keytab_is_41_from_windows() {
    assert_eq!(
        verdict(with_keytab(Dialect::Windows, stale(1))),
        Err((key_version(1), Some(41)))
    );
}

#[test]
fn stale_keytab_under_one_name_is_44_from_mit() {
    assert_eq!(
        named_verdict(named(Dialect::Mit, stale(1), SERVICE)).map_err(|(_, code)| code),
        Err(Some(44))
    );
}

#[test]
fn the_same_key_under_another_version_opens_the_ticket_except_under_one_name_in_mit() {
    let keytab = || keytab([entry(SERVICE, 1, &service_key())]);
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        assert_eq!(verdict(with_keytab(dialect, keytab())), Ok(()), "{dialect}");
    }
    assert_eq!(
        named_verdict(named(Dialect::Mit, keytab(), SERVICE)).map_err(|(_, code)| code),
        Err(Some(44))
    );
}

#[test]
fn an_older_key_opens_an_old_ticket() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let keytab = keytab([
            entry(SERVICE, 2, &service_key()),
            entry(SERVICE, 3, &key(AES256, 101)),
        ]);
        assert_eq!(verdict(with_keytab(dialect, keytab)), Ok(()), "{dialect}");
    }
}

#[test]
fn java_tries_the_newest_key_and_no_older_one() {
    let keytab = keytab([
        entry(SERVICE, 4, &service_key()),
        entry(SERVICE, 5, &key(AES256, 101)),
    ]);
    assert_eq!(
        verdict(with_keytab(Dialect::Java, keytab.clone())),
        Err((key_version(5), None))
    );
    assert_eq!(verdict(with_keytab(Dialect::Windows, keytab)), Ok(()));
}

// Another type

fn other_enctype() -> Keytab {
    keytab([entry(SERVICE, 2, &key(AES128, 101))])
}

#[test]
fn missing_enctype_is_44_from_mit() {
    assert_eq!(
        verdict(with_keytab(Dialect::Mit, other_enctype())),
        Err((AcceptError::KeyEnctype(wanted(AcceptorName::Any)), Some(44)))
    );
}

#[test]
fn missing_enctype_under_one_name_is_45_from_mit() {
    let name = AcceptorName::Principal(principal(SERVICE));
    assert_eq!(
        named_verdict(named(Dialect::Mit, other_enctype(), SERVICE)),
        Err((AcceptError::KeyEnctype(wanted(name)), Some(45)))
    );
}

#[test]
fn missing_enctype_is_silence_from_java() {
    assert_eq!(
        verdict(with_keytab(Dialect::Java, other_enctype())),
        Err((AcceptError::KeyEnctype(wanted(AcceptorName::Any)), None))
    );
}

#[test]
fn missing_enctype_is_41_from_windows() {
    assert_eq!(
        verdict(with_keytab(Dialect::Windows, other_enctype())),
        Err((AcceptError::KeyEnctype(wanted(AcceptorName::Any)), Some(41)))
    );
}

#[test]
fn a_ticket_enctype_not_permitted_is_31_from_mit_and_named_by_java() {
    let mut mit = acceptor(Dialect::Mit);
    mit.config.permitted_enctypes = vec![AES128];
    assert_eq!(
        verdict(mit),
        Err((
            AcceptError::TicketUndecryptable(wanted(AcceptorName::Any)),
            Some(31)
        ))
    );
    let mut java = acceptor(Dialect::Java);
    java.config.permitted_enctypes = vec![AES128];
    assert_eq!(
        verdict(java),
        Err((
            AcceptError::TicketEnctypeNotPermitted(wanted(AcceptorName::Any)),
            None
        ))
    );
}

// Other principals only

fn other_principal() -> Keytab {
    keytab([entry(OTHER, 2, &key(AES256, 101))])
}

#[test]
fn other_principals_only_is_35_from_mit() {
    assert_eq!(
        verdict(with_keytab(Dialect::Mit, other_principal())),
        Err((
            AcceptError::ServerNotInKeytab(wanted(AcceptorName::Any)),
            Some(35)
        ))
    );
}

#[test]
fn other_principals_only_under_one_name_is_45_from_mit() {
    let name = AcceptorName::Principal(principal(SERVICE));
    assert_eq!(
        named_verdict(named(Dialect::Mit, other_principal(), SERVICE)),
        Err((AcceptError::NoKeysForAcceptor(wanted(name)), Some(45)))
    );
}

#[test]
fn other_principals_only_is_silence_from_java() {
    assert_eq!(
        verdict(with_keytab(Dialect::Java, other_principal())),
        Err((
            AcceptError::TicketUndecryptable(wanted(AcceptorName::Any)),
            None
        ))
    );
}

#[test]
fn other_principals_only_is_41_from_windows() {
    assert_eq!(
        verdict(with_keytab(Dialect::Windows, other_principal())).map_err(|(_, code)| code),
        Err(Some(41))
    );
}

#[test]
fn the_key_of_another_principal_opens_a_ticket_for_an_alias() {
    let keytab = keytab([entry(OTHER, 2, &service_key())]);
    let mut mit = with_keytab(Dialect::Mit, keytab);
    let accepted = accept(&mut mit, &Issue::new().token()).unwrap();
    assert_eq!(accepted.context.server, principal(OTHER));
}

#[test]
fn a_host_based_acceptor_refuses_the_ticket_of_another_service_in_its_keytab() {
    let name = AcceptorName::HostBased {
        service: "host".into(),
        host: None,
    };
    let keys = [
        entry(SERVICE, 2, &service_key()),
        entry(OTHER, 2, &key(AES256, 101)),
    ];
    let mut mit = with_keytab(Dialect::Mit, keytab(keys.clone()));
    mit.name = name.clone();
    assert_eq!(
        verdict(mit),
        Err((AcceptError::ServerNotAcceptor(wanted(name)), Some(35)))
    );
    let mut web = with_keytab(Dialect::Mit, keytab(keys));
    web.name = AcceptorName::HostBased {
        service: "HTTP".into(),
        host: Some("web1.lab.example".into()),
    };
    assert_eq!(verdict(web), Ok(()));
}

#[test]
fn the_machine_account_opens_names_that_no_account_bears() {
    let node = "host/clusternode.lab.example@LAB.EXAMPLE";
    let mut windows = with_keytab(
        Dialect::Windows,
        keytab([
            entry("cifs/virtual.lab.example@LAB.EXAMPLE", 2, &service_key()),
            entry(node, 5, &key(AES256, 101)),
        ]),
    );
    windows.identity = Some(principal(node));
    let mut issue = Issue::new();
    issue.server = principal("VIRTUAL@LAB.EXAMPLE");
    let refused = accept(&mut windows, &issue.token()).unwrap_err();
    let error = krb_error(refused.reply.as_deref().unwrap());
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_MODIFIED);
    assert_eq!(error.sname, principal(node).name);

    issue.server = principal("cifs/virtual.lab.example@LAB.EXAMPLE");
    assert!(accept(&mut windows, &issue.token()).is_ok());
}

// No keys

#[test]
fn no_keytab_stops_a_gss_acceptor_of_mit_before_any_token() {
    let (error, code) = verdict(with_keytab(Dialect::Mit, Keytab::default())).unwrap_err();
    assert_eq!(
        error,
        AcceptError::NoCredentials {
            acceptor: AcceptorName::Any.into(),
            keytab_has_keys: false
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_203));
    assert_eq!(code, None);
}

#[test]
fn no_key_for_its_name_stops_a_gss_acceptor_of_mit_before_any_token() {
    let acceptor = |keytab| Acceptor {
        name: AcceptorName::Principal(principal(SERVICE)),
        ..with_keytab(Dialect::Mit, keytab)
    };
    let (error, code) = verdict(acceptor(other_principal())).unwrap_err();
    assert_eq!(error.com_err(), Some(39_756_033));
    assert_eq!(code, None);
    let (error, _) = verdict(acceptor(Keytab::default())).unwrap_err();
    assert_eq!(error.com_err(), Some(2));
}

#[test]
fn no_keytab_is_45_from_mit_outside_of_gss() {
    let acceptor = named(Dialect::Mit, Keytab::default(), SERVICE);
    assert_eq!(
        named_verdict(acceptor),
        Err((AcceptError::NoKeys, Some(45)))
    );
}

// User-to-user tickets against long-term keys

fn user_to_user() -> (Vec<u8>, Vec<u8>) {
    let mut issue = Issue::new();
    issue.key = key(AES256, 300);
    issue.kvno = None;
    (issue.token(), issue.request(|_| {}).encode())
}

#[test]
fn a_user_to_user_ticket_is_44_from_mit() {
    let refused = accept(&mut acceptor(Dialect::Mit), &user_to_user().0).unwrap_err();
    assert_eq!(code_in(&refused), Some(44));
    assert!(matches!(
        refused.error,
        AcceptError::KeyVersion { newest: 2, .. }
    ));
}

#[test]
fn a_user_to_user_ticket_under_one_name_is_31_from_mit() {
    let keytab = keytab([entry(SERVICE, 2, &service_key())]);
    let error = refusal(&mut named(Dialect::Mit, keytab, SERVICE), &user_to_user().1);
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
    );
}

#[test]
fn a_user_to_user_ticket_is_41_from_windows() {
    let refused = accept(&mut acceptor(Dialect::Windows), &user_to_user().0).unwrap_err();
    assert_eq!(code_in(&refused), Some(41));
}

// Clocks

fn fresh_ticket_at_an_acceptor_behind(dialect: Dialect) -> (AcceptError, Option<i32>) {
    let mut issue = Issue::new();
    issue.part.authtime = now().time();
    issue.part.starttime = Some(now().time());
    let behind = now() - seconds(310);
    let refused = accept_at(&mut acceptor(dialect), behind, &issue.token()).unwrap_err();
    let code = code_in(&refused);
    (refused.error, code)
}

#[test]
fn an_acceptor_310_s_behind_says_33_in_mit() {
    let (error, code) = fresh_ticket_at_an_acceptor_behind(Dialect::Mit);
    assert!(matches!(error, AcceptError::TicketNotYetValid { .. }));
    assert_eq!(code, Some(33));
}

#[test]
fn an_acceptor_310_s_behind_sees_skew_in_java() {
    let (error, code) = fresh_ticket_at_an_acceptor_behind(Dialect::Java);
    assert!(matches!(error, AcceptError::ClockSkew { .. }));
    assert_eq!(code, None);
}

#[test]
fn an_acceptor_310_s_ahead_says_37_in_mit() {
    let ahead = now() + seconds(310);
    let refused = accept_at(&mut acceptor(Dialect::Mit), ahead, &Issue::new().token()).unwrap_err();
    assert_eq!(code_in(&refused), Some(37));
}

#[test]
fn windows_sends_skew_recovery_with_37() {
    let ahead = now() + seconds(310);
    let mut windows = acceptor(Dialect::Windows);
    let refused = accept_at(&mut windows, ahead, &Issue::new().token()).unwrap_err();
    let error = krb_error(refused.reply.as_deref().unwrap());
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_SKEW);
    assert_eq!(error.stime, ahead.time());
    let data = KerbErrorData::decode(error.e_data.as_deref().unwrap()).unwrap();
    assert_eq!(data.data_type, KerbErrorData::SKEW_RECOVERY);
}

#[test]
fn mit_sends_no_data_with_37() {
    let ahead = now() + seconds(310);
    let refused = accept_at(&mut acceptor(Dialect::Mit), ahead, &Issue::new().token()).unwrap_err();
    assert_eq!(krb_error(refused.reply.as_deref().unwrap()).e_data, None);
}

// Answers

#[test]
fn mit_refuses_in_silence_who_expects_no_answer() {
    let parameters = ApParameters {
        mutual: false,
        ..ApParameters::gss()
    };
    let (_, token) = start(&Issue::new().credential(), &parameters, now());
    let late = now() + seconds(301);
    let refused = accept_at(&mut acceptor(Dialect::Mit), late, &token).unwrap_err();
    assert_eq!(refused.reply, None);
    let refused = accept_at(&mut acceptor(Dialect::Windows), late, &token).unwrap_err();
    assert_eq!(code_in(&refused), Some(37));
}

#[test]
fn the_initiator_learns_the_code_except_in_java() {
    let (exchange, token) = start(&Issue::new().credential(), &ApParameters::gss(), now());
    let refused = accept(&mut with_keytab(Dialect::Windows, wrong_key()), &token).unwrap_err();
    let error = exchange.input(&refused.reply.unwrap()).unwrap_err();
    assert!(matches!(error, ApExchangeError::Refused(_)));
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_MODIFIED)
    );
    assert_eq!(error.com_err(), Some(-1_765_328_343));
    assert_eq!(error.code(Dialect::Java), None);
}

#[test]
fn java_makes_no_acceptor_subkey() {
    let token = Issue::new().token();
    let accepted = accept(&mut acceptor(Dialect::Java), &token).unwrap();
    assert!(accepted.context.acceptor_subkey.is_none());
    let reply = accepted.reply.unwrap();
    assert_eq!(ContextToken::decode(&reply).unwrap().id, TokenId::ApRep);
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    assert!(accepted.context.acceptor_subkey.is_some());
}

fn acceptor_subkey(session_key: &Key, enctypes: &[Enctype]) -> Option<Enctype> {
    let parameters = ApParameters {
        enctypes: enctypes.to_vec(),
        ..ApParameters::gss()
    };
    let issue = Issue::new().session_key(session_key.clone());
    let (exchange, token) = start(&issue.credential(), &parameters, now());
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    let initiator = exchange.input(&accepted.reply.unwrap()).unwrap();
    initiator.acceptor_subkey.map(|key| key.enctype())
}

#[test]
fn rfc4537_the_acceptor_takes_the_first_type_it_permits() {
    let session_key = key(AES128, 204);
    let unknown = Enctype(99);
    assert_eq!(
        acceptor_subkey(&session_key, &[unknown, AES256, AES128]),
        Some(AES256)
    );
    assert_eq!(acceptor_subkey(&session_key, &[]), Some(AES128));
}

#[test]
fn rfc4121_messages_under_rc4_keys_leave_no_room_for_an_acceptor_subkey() {
    let session_key = key(Enctype::RC4_HMAC, 205);
    assert_eq!(acceptor_subkey(&session_key, &[]), None);
    assert_eq!(acceptor_subkey(&session_key, &[AES256]), Some(AES256));
}
