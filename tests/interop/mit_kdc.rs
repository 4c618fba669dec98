//! Our client against MIT's own KDC.

use std::time::Duration;

use kdclab_client::{
    AsOutcome, AsParameters, ClientError, Credential, CredentialStore, KpasswdParameters,
    SecretKind, TgsParameters, Transport,
};
use kdclab_proto::messages::{EncTicketPart, TicketFlags};
use kdclab_proto::{
    Ccache, Enctype, ErrorCode, KeyUsage, Keytab, NameType, Principal, PrincipalName, Realm,
};

use crate::driver::Client;
use crate::mit_realm::MitRealm;

const LAB: &str = "LAB.EXAMPLE";
const REMOTE: &str = "REMOTE.EXAMPLE";
const PRINCIPALS: &[&str] = &[
    "addprinc -pw correct-horse +requires_preauth alice",
    "addprinc -pw battery-staple bob",
    "addprinc -randkey host/srv1.lab.example",
];

fn lab() -> MitRealm {
    MitRealm::start(&[(LAB, PRINCIPALS)], "")
}

fn client(realm: &MitRealm) -> Client {
    Client::new(LAB, realm.address(), &[LAB])
}

fn principal(name: &str) -> Principal {
    Principal::parse(name, Some(&LAB.into())).unwrap()
}

/// A service without a realm, as users name it.
fn service(name: &str) -> TgsParameters {
    TgsParameters::service(principal(name).name.at(Realm::default()))
}

fn alice(client: &mut Client) -> AsOutcome {
    client
        .log_in(AsParameters::password(principal("alice"), "correct-horse"))
        .unwrap()
}

/// What the service reads in a ticket.
fn opened(credential: &Credential, keytab: &Keytab) -> EncTicketPart {
    let sealed = &credential.ticket.enc_part;
    let entry = keytab
        .find(
            &credential.ticket.server(),
            sealed.kvno.unwrap(),
            sealed.etype,
        )
        .expect("the keytab has the ticket's key");
    let plain = entry
        .key()
        .unwrap()
        .decrypt(KeyUsage::TICKET, &sealed.cipher)
        .unwrap();
    EncTicketPart::decode_padded(&plain).unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, ClientError>) -> ErrorCode {
    match result {
        Err(ClientError::Refused(refusal)) => refusal.error.error_code,
        other => panic!("not refused: {other:?}"),
    }
}

macro_rules! as_enctypes {
    ($($name:ident($enctype:ident);)*) => {$(
        #[test]
        fn $name() {
            let realm = lab();
            let mut client = client(&realm);
            client.config.weak_crypto.allow_rc4 = true;
            let mut parameters = AsParameters::password(principal("alice"), "correct-horse");
            parameters.enctypes = Some(vec![Enctype::$enctype]);
            let credential = client.log_in(parameters).unwrap().credential;
            assert_eq!(credential.session_key.enctype(), Enctype::$enctype);
            assert!(credential.flags.contains(TicketFlags::INITIAL | TicketFlags::PRE_AUTHENT));
        }
    )*};
}

as_enctypes! {
    as_enctype_17(AES128_CTS_HMAC_SHA1_96);
    as_enctype_18(AES256_CTS_HMAC_SHA1_96);
    as_enctype_19(AES128_CTS_HMAC_SHA256_128);
    as_enctype_20(AES256_CTS_HMAC_SHA384_192);
    as_enctype_23(RC4_HMAC);
    as_enctype_25(CAMELLIA128_CTS_CMAC);
    as_enctype_26(CAMELLIA256_CTS_CMAC);
}

#[test]
fn as_by_keytab() {
    let realm = lab();
    let keytab = realm.keytab(LAB, &["bob"]);
    let outcome = client(&realm).log_in(AsParameters::keytab(principal("bob"), keytab));
    assert_eq!(outcome.unwrap().credential.client, principal("bob"));
}

#[test]
fn a_client_without_a_key_of_a_type_it_asks_for_is_14() {
    let realm = lab();
    realm.kadmin(LAB, "cpw -e aes256-cts:normal -pw battery-staple bob");
    let log_in = |enctype| {
        let mut parameters = AsParameters::password(principal("bob"), "battery-staple");
        parameters.enctypes = Some(vec![enctype]);
        client(&realm).log_in(parameters)
    };
    log_in(Enctype::AES256_CTS_HMAC_SHA1_96).unwrap();
    let code = refused(log_in(Enctype::AES128_CTS_HMAC_SHA1_96));
    assert_eq!(code, ErrorCode::KDC_ERR_ETYPE_NOSUPP);
}

#[test]
fn a_keytab_from_before_the_key_changed_is_24() {
    let realm = lab();
    let name = "host/srv1.lab.example";
    realm.kadmin(LAB, &format!("modprinc +requires_preauth {name}"));
    let keytab = realm.keytab(LAB, &[name]);
    let log_in = |keytab| client(&realm).log_in(AsParameters::keytab(principal(name), keytab));
    log_in(keytab.clone()).unwrap();
    realm.kadmin(LAB, &format!("cpw -randkey {name}"));
    assert_eq!(refused(log_in(keytab)), ErrorCode::KDC_ERR_PREAUTH_FAILED);
    log_in(realm.keytab(LAB, &[name])).unwrap();
}

#[test]
fn wrong_password_is_24() {
    let realm = lab();
    let parameters = AsParameters::password(principal("alice"), "wrong");
    match client(&realm).log_in(parameters) {
        Err(ClientError::Refused(refusal)) => {
            assert_eq!(refusal.error.error_code, ErrorCode::KDC_ERR_PREAUTH_FAILED);
            assert_eq!(refusal.secret, Some(SecretKind::Password));
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn wrong_password_without_preauth_is_found_by_the_client() {
    let realm = lab();
    let parameters = AsParameters::password(principal("bob"), "wrong");
    let error = client(&realm).log_in(parameters).unwrap_err();
    assert!(
        matches!(error, ClientError::UndecryptableReply { .. }),
        "{error:?}"
    );
    assert_eq!(
        error.com_err(),
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY.com_err()
    );
}

macro_rules! refusals {
    ($($name:ident($command:literal, $user:literal, $code:ident);)*) => {$(
        #[test]
        fn $name() {
            let realm = lab();
            realm.kadmin(LAB, $command);
            let parameters = AsParameters::password(principal($user), "correct-horse");
            assert_eq!(refused(client(&realm).log_in(parameters)), ErrorCode::$code);
        }
    )*};
}

refusals! {
    unknown_client_is_6("getprinc alice", "nobody", KDC_ERR_C_PRINCIPAL_UNKNOWN);
    disabled_client_is_18("modprinc -allow_tix alice", "alice", KDC_ERR_CLIENT_REVOKED);
    expired_client_is_1("modprinc -expire 2001-01-01 alice", "alice", KDC_ERR_NAME_EXP);
    expired_password_is_23("modprinc -pwexpire 2001-01-01 alice", "alice", KDC_ERR_KEY_EXPIRED);
}

/// What krb5kdc answers to a password login of a client with a wrong clock that does not learn the KDC's.
fn login_with_clock_off_by(seconds: i64) -> Result<AsOutcome, ClientError> {
    let realm = lab();
    let mut client = client(&realm);
    client.config.kdc_timesync = false;
    client.clock_offset = seconds * 1_000_000;
    client.log_in(AsParameters::password(principal("alice"), "correct-horse"))
}

/// What krb5kdc answers to a client whose clock jumped after the login.
fn request_after_a_jump_of(seconds: i64) -> Result<Credential, ClientError> {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    client.clock_offset = seconds * 1_000_000;
    client.ticket(&tgt, service("host/srv1.lab.example"))
}

/// 37, with the word that tells where the KDC noticed.
#[track_caller]
fn refused_for_skew<T: std::fmt::Debug>(result: Result<T, ClientError>, e_text: &str) {
    match result {
        Err(ClientError::Refused(refusal)) => {
            assert_eq!(refusal.error.error_code, ErrorCode::KRB_AP_ERR_SKEW);
            assert_eq!(refusal.error.e_text.unwrap(), e_text);
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_login_310_seconds_off_is_37() {
    for seconds in [310, -310] {
        refused_for_skew(login_with_clock_off_by(seconds), "PREAUTH_FAILED");
    }
}

#[test]
fn a_login_290_seconds_off_works() {
    for seconds in [290, -290] {
        login_with_clock_off_by(seconds).unwrap();
    }
}

#[test]
fn a_ticket_request_310_seconds_off_is_37() {
    for seconds in [310, -310] {
        refused_for_skew(request_after_a_jump_of(seconds), "PROCESS_TGS");
    }
}

#[test]
fn a_ticket_request_290_seconds_off_works() {
    for seconds in [290, -290] {
        request_after_a_jump_of(seconds).unwrap();
    }
}

#[test]
fn three_failures_lock_the_account() {
    let realm = lab();
    realm.kadmin(LAB, "addpol -maxfailure 3 -lockoutduration 10m strict");
    realm.kadmin(LAB, "modprinc -policy strict alice");
    let mut client = client(&realm);
    let mut codes = Vec::new();
    for password in ["wrong", "wrong", "wrong", "correct-horse"] {
        let parameters = AsParameters::password(principal("alice"), password);
        codes.push(refused(client.log_in(parameters)));
    }
    let (failed, revoked) = (
        ErrorCode::KDC_ERR_PREAUTH_FAILED,
        ErrorCode::KDC_ERR_CLIENT_REVOKED,
    );
    assert_eq!(codes, [failed, failed, failed, revoked]);
}

#[test]
fn service_ticket_opens_with_the_exported_keytab() {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    let credential = client
        .ticket(&tgt, service("host/srv1.lab.example"))
        .unwrap();
    let part = opened(&credential, &realm.keytab(LAB, &["host/srv1.lab.example"]));
    assert_eq!(part.client(), principal("alice"));
    assert_eq!(part.key.key().unwrap(), credential.session_key);
}

#[test]
fn unknown_service_is_7() {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    let result = client.ticket(&tgt, service("host/nowhere.lab.example"));
    assert_eq!(refused(result), ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN);
}

fn renewable(client: &mut Client) -> Credential {
    let mut parameters = AsParameters::password(principal("alice"), "correct-horse");
    parameters.renew_lifetime = Some(Duration::from_secs(2 * 24 * 3600));
    client.log_in(parameters).unwrap().credential
}

#[test]
fn renewal() {
    let realm = lab();
    let mut client = client(&realm);
    realm.kadmin(LAB, "modprinc -maxrenewlife 7d alice");
    realm.kadmin(LAB, "modprinc -maxrenewlife 7d krbtgt/LAB.EXAMPLE");
    let tgt = renewable(&mut client);
    assert!(tgt.flags.contains(TicketFlags::RENEWABLE));
    let renewed = client
        .ticket(&tgt, TgsParameters::renew(tgt.server.clone()))
        .unwrap();
    assert!(renewed.starttime >= tgt.starttime);
    assert_ne!(renewed.session_key, tgt.session_key);
}

#[test]
fn renewal_of_a_ticket_that_is_not_renewable_is_13() {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    let result = client.ticket(&tgt, TgsParameters::renew(tgt.server.clone()));
    assert_eq!(refused(result), ErrorCode::KDC_ERR_BADOPTION);
}

#[test]
fn user_to_user() {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    let peer = client
        .log_in(AsParameters::password(principal("bob"), "battery-staple"))
        .unwrap()
        .credential;
    let parameters = TgsParameters::user_to_user(principal("bob"), peer.ticket.clone());
    let credential = client.ticket(&tgt, parameters).unwrap();
    let cipher = &credential.ticket.enc_part.cipher;
    let plain = peer.session_key.decrypt(KeyUsage::TICKET, cipher).unwrap();
    assert_eq!(
        EncTicketPart::decode_padded(&plain).unwrap().client(),
        principal("alice")
    );

    let parameters = TgsParameters::user_to_user(principal("alice"), peer.ticket);
    let code = refused(client.ticket(&tgt, parameters));
    assert_eq!(code, ErrorCode::KDC_ERR_SERVER_NOMATCH);
}

/// The service of srv1 with a forwardable ticket-granting ticket.
fn service_tgt(realm: &MitRealm, client: &mut Client) -> Credential {
    let name = "host/srv1.lab.example";
    let keytab = realm.keytab(LAB, &[name]);
    let mut parameters = AsParameters::keytab(principal(name), keytab);
    parameters.forwardable = Some(true);
    client.log_in(parameters).unwrap().credential
}

#[test]
fn s4u2self() {
    let realm = lab();
    let mut client = client(&realm);
    let tgt = service_tgt(&realm, &mut client);
    let enterprise = PrincipalName::new(NameType::ENTERPRISE, ["alice"]).at(LAB);
    for user in [principal("alice"), enterprise] {
        let credential = client.for_user(&tgt, user.clone()).unwrap();
        let part = opened(&credential, &realm.keytab(LAB, &["host/srv1.lab.example"]));
        assert_eq!((part.client(), credential.client), (user.clone(), user));
        assert!(credential.flags.contains(TicketFlags::FORWARDABLE));
    }
}

#[test]
fn s4u2self_for_users_whose_account_is_not_in_order() {
    let realm = lab();
    let mut client = client(&realm);
    for command in [
        "addprinc -pw x disabled",
        "modprinc -allow_tix disabled",
        "addprinc -pw x expired",
        "modprinc -expire 2001-01-01 expired",
        "addprinc -pw x stale",
        "modprinc -pwexpire 2001-01-01 stale",
        "addprinc -pw x sensitive",
        "modprinc -allow_forwardable sensitive",
    ] {
        realm.kadmin(LAB, command);
    }
    let tgt = service_tgt(&realm, &mut client);
    for (user, code) in [
        ("nobody", ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN),
        ("disabled", ErrorCode::KDC_ERR_CLIENT_REVOKED),
        ("expired", ErrorCode::KDC_ERR_NAME_EXP),
    ] {
        let result = client.for_user(&tgt, principal(user));
        assert_eq!(refused(result), code, "{user}");
    }
    client.for_user(&tgt, principal("stale")).unwrap();
    let sensitive = client.for_user(&tgt, principal("sensitive")).unwrap();
    assert!(!sensitive.flags.contains(TicketFlags::FORWARDABLE));
    let elsewhere = Principal::parse("alice@ELSEWHERE.EXAMPLE", None).unwrap();
    let result = client.for_user(&tgt, elsewhere);
    assert_eq!(refused(result), ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN);
}

/// The ticket for the password service.
fn changepw(client: &mut Client, user: &str, password: &str) -> Credential {
    let mut parameters = AsParameters::password(principal(user), password);
    parameters.service = Some(principal("kadmin/changepw").name);
    client.log_in(parameters).unwrap().credential
}

const LOOPBACK: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[track_caller]
fn rejected(result: Result<(), ClientError>) -> (u16, String) {
    let error = result.unwrap_err();
    let result = error.kpasswd_result().unwrap_or_else(|| panic!("{error}"));
    (result.code.0, result.text.clone())
}

#[test]
fn changing_the_password_at_kadmind() {
    let realm = lab();
    let kadmind = realm.kadmind("");
    let mut client = client(&realm);
    realm.kadmin(LAB, "addpol -minlength 8 long");
    realm.kadmin(LAB, "modprinc -policy long -pwexpire 2001-01-01 alice");
    let ticket = changepw(&mut client, "alice", "correct-horse");
    let change = |password| KpasswdParameters::change(password, LOOPBACK);
    let text =
        "New password is too short.\nPlease choose a password which is at least 8 characters long.";
    let result = client.kpasswd(&kadmind, &ticket, &change("short"));
    assert_eq!(rejected(result), (4, text.to_owned()));
    client
        .kpasswd(&kadmind, &ticket, &change("another-horse"))
        .unwrap();
    client
        .log_in(AsParameters::password(principal("alice"), "another-horse"))
        .unwrap();
}

#[test]
fn setting_the_password_of_another_at_kadmind() {
    let realm = lab();
    let kadmind = realm.kadmind("bob@LAB.EXAMPLE c\n");
    let mut client = client(&realm);
    let set = |user, password| KpasswdParameters::set(principal(user), password, LOOPBACK);
    let alice = changepw(&mut client, "alice", "correct-horse");
    let result = client.kpasswd(&kadmind, &alice, &set("bob", "stolen"));
    assert_eq!(rejected(result), (5, "Unauthorized request".to_owned()));
    let bob = changepw(&mut client, "bob", "battery-staple");
    client
        .kpasswd(&kadmind, &bob, &set("alice", "set-by-bob"))
        .unwrap();
    client
        .log_in(AsParameters::password(principal("alice"), "set-by-bob"))
        .unwrap();
    let result = client.kpasswd(&kadmind, &bob, &set("nobody", "nothing"));
    let text = "Password not changed.\nPrincipal does not exist while trying to change password.\n";
    assert_eq!(rejected(result), (2, text.to_owned()));
}

#[test]
fn a_ticket_for_another_service_at_kadmind() {
    let realm = lab();
    let kadmind = realm.kadmind("");
    let mut client = client(&realm);
    let tgt = alice(&mut client).credential;
    let change = KpasswdParameters::change("another-horse", LOOPBACK);
    let result = client.kpasswd(&kadmind, &tgt, &change);
    let text = "Failed reading application request".to_owned();
    assert_eq!(rejected(result), (3, text));
}

#[test]
fn forwarding() {
    let realm = lab();
    let mut client = client(&realm);
    let mut parameters = AsParameters::password(principal("alice"), "correct-horse");
    parameters.forwardable = Some(true);
    let tgt = client.log_in(parameters).unwrap().credential;
    let forwarded = client
        .ticket(&tgt, TgsParameters::forward(&LAB.into(), None))
        .unwrap();
    assert!(forwarded.flags.contains(TicketFlags::FORWARDED));

    let plain = alice(&mut client).credential;
    let code = refused(client.ticket(&plain, TgsParameters::forward(&LAB.into(), None)));
    assert_eq!(code, ErrorCode::KDC_ERR_BADOPTION);
}

/// Two realms at one KDC process; users of REMOTE reach services of LAB.
fn two_realms(lab_side: &str, remote_side: &str) -> MitRealm {
    let lab = [PRINCIPALS, &[lab_side]].concat();
    let remote = ["addprinc -pw remote-secret rita", remote_side];
    MitRealm::start(&[(LAB, &lab), (REMOTE, &remote)], "")
}

const TRUST: &str = "addprinc -pw between-us krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";

fn rita(realm: &MitRealm) -> (Client, Credential) {
    let mut client = Client::new(REMOTE, realm.address(), &[LAB, REMOTE]);
    let rita = Principal::parse("rita", Some(&REMOTE.into())).unwrap();
    let outcome = client.log_in(AsParameters::password(rita, "remote-secret"));
    let tgt = outcome.unwrap().credential;
    (client, tgt)
}

#[test]
fn cross_realm() {
    let realm = two_realms(TRUST, TRUST);
    let (mut client, tgt) = rita(&realm);
    let credential = client
        .ticket(&tgt, service("host/srv1.lab.example"))
        .unwrap();
    let part = opened(&credential, &realm.keytab(LAB, &["host/srv1.lab.example"]));
    assert_eq!(part.crealm, Realm::from(REMOTE));
    assert!(part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

/// What the user of REMOTE hears when asking for the service of LAB: the code, and krb5kdc's word for the step.
#[track_caller]
fn cross_realm_refusal(realm: &MitRealm) -> (ErrorCode, String) {
    let (mut client, tgt) = rita(realm);
    match client.ticket(&tgt, service("host/srv1.lab.example")) {
        Err(ClientError::Refused(refusal)) => {
            let error = refusal.error;
            (
                error.error_code,
                error.e_text.unwrap_or_default().to_string(),
            )
        }
        other => panic!("not refused: {other:?}"),
    }
}

macro_rules! cross_realm_refusals {
    ($($name:ident($lab:expr, $remote:expr, $code:ident, $text:literal);)*) => {$(
        #[test]
        fn $name() {
            let refusal = cross_realm_refusal(&two_realms($lab, $remote));
            assert_eq!(refusal, (ErrorCode::$code, $text.to_owned()));
        }
    )*};
}

const NO_TRUST: &str = "getprinc host/srv1.lab.example";
const NO_TRUST_IN_REMOTE: &str = "getprinc rita";
const OTHER_PASSWORD: &str = "addprinc -pw something-else krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";
const OTHER_DIRECTION: &str = "addprinc -pw between-us krbtgt/REMOTE.EXAMPLE@LAB.EXAMPLE";
const WITH_AES128: &str =
    "addprinc -pw between-us -e aes128-cts:normal krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";
const WITH_AES256: &str =
    "addprinc -pw between-us -e aes256-cts:normal krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";
const WITH_BOTH: &str = "addprinc -pw between-us -e aes256-cts:normal,aes128-cts:normal krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";

cross_realm_refusals! {
    cross_realm_with_two_passwords_is_31(OTHER_PASSWORD, TRUST, KRB_AP_ERR_BAD_INTEGRITY, "PROCESS_TGS");
    cross_realm_without_common_enctype_is_60(WITH_AES128, WITH_AES256, KRB_ERR_GENERIC, "PROCESS_TGS");
    cross_realm_without_the_enctype_in_use_is_60(WITH_AES128, WITH_BOTH, KRB_ERR_GENERIC, "PROCESS_TGS");
    cross_realm_missing_in_lab_is_7(NO_TRUST, TRUST, KDC_ERR_S_PRINCIPAL_UNKNOWN, "PROCESS_TGS");
    cross_realm_missing_in_remote_is_7(
        TRUST, NO_TRUST_IN_REMOTE, KDC_ERR_S_PRINCIPAL_UNKNOWN, "UNKNOWN_SERVER"
    );
    cross_realm_of_the_other_direction_is_7(
        OTHER_DIRECTION, NO_TRUST_IN_REMOTE, KDC_ERR_S_PRINCIPAL_UNKNOWN, "UNKNOWN_SERVER"
    );
}

#[test]
fn cross_realm_with_more_enctypes_in_lab_works() {
    let realm = two_realms(WITH_BOTH, WITH_AES128);
    let (mut client, tgt) = rita(&realm);
    let ticket = client.ticket(&tgt, service("host/srv1.lab.example"));
    assert_eq!(ticket.unwrap().ticket.realm, Realm::from(LAB));
}

#[test]
fn cross_realm_with_two_key_versions_is_60() {
    for ahead in [LAB, REMOTE] {
        let realm = two_realms(TRUST, TRUST);
        realm.kadmin(
            ahead,
            "cpw -pw between-us krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE",
        );
        let refusal = cross_realm_refusal(&realm);
        assert_eq!(
            refusal,
            (ErrorCode::KRB_ERR_GENERIC, "PROCESS_TGS".to_owned())
        );
    }
}

#[test]
fn a_server_referral_leads_to_the_other_realm() {
    let realm = two_realms(TRUST, TRUST);
    let (mut client, tgt) = rita(&realm);
    // The client knows no domain, so the KDC of REMOTE has to.
    client.config.domain_realm.clear();
    let credential = client.ticket(&tgt, service("host/srv1.lab.example"));
    assert_eq!(credential.unwrap().ticket.realm, Realm::from(LAB));
}

#[test]
fn a_dead_kdc_first_in_the_list_does_no_harm() {
    let realm = lab();
    let mut client = client(&realm);
    let dead = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    client.kdcs.insert(LAB.into(), vec![dead, realm.address()]);
    alice(&mut client);
}

#[test]
fn no_kdc_at_all_is_kdc_unreach() {
    let realm = lab();
    let mut client = client(&realm);
    let dead = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    client.kdcs.insert(LAB.into(), vec![dead]);
    let parameters = AsParameters::password(principal("alice"), "correct-horse");
    assert_eq!(
        client.log_in(parameters).unwrap_err().com_err(),
        Some(-1_765_328_228)
    );
}

#[test]
fn udp_preference_limit_1_goes_to_tcp_first() {
    let realm = lab();
    let mut client = client(&realm);
    alice(&mut client);
    assert_eq!(client.transports, [Transport::Udp, Transport::Udp]);
    client.config.udp_preference_limit = 1;
    alice(&mut client);
    assert_eq!(client.transports, [Transport::Tcp, Transport::Tcp]);
}

#[test]
fn a_reply_too_big_for_udp_comes_over_tcp() {
    let realm = MitRealm::start(&[(LAB, PRINCIPALS)], " kdc_max_dgram_reply_size = 300");
    let mut client = client(&realm);
    alice(&mut client);
    assert_eq!(client.transports.last(), Some(&Transport::Tcp));
}

#[test]
fn mit_reads_and_uses_our_credential_cache() {
    let realm = lab();
    let mut client = client(&realm);
    let store = CredentialStore::initialized(alice(&mut client));
    let bytes = store.to_ccache().to_bytes().unwrap();
    std::fs::write(realm.path("ccache"), &bytes).unwrap();
    let text = realm.run("klist", &["-ef"], "");
    assert!(
        text.contains("Default principal: alice@LAB.EXAMPLE"),
        "{text}"
    );
    assert!(text.contains("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE"), "{text}");
    realm.run("kvno", &["host/srv1.lab.example"], "");
}

#[test]
fn we_use_the_credential_cache_of_kinit() {
    let realm = lab();
    realm.run("kinit", &["alice"], "correct-horse\n");
    let bytes = std::fs::read(realm.path("ccache")).unwrap();
    let (store, unusable) = CredentialStore::from_ccache(&Ccache::parse(&bytes).unwrap());
    assert!(unusable.is_empty(), "{unusable:?}");
    let tgt = store.initial_ticket().unwrap().clone();
    let credential = client(&realm).ticket(&tgt, service("host/srv1.lab.example"));
    assert_eq!(credential.unwrap().client, principal("alice"));
}
