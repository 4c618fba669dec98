//! What a Samba AD DC answers where `docs/samba.md` records it. These are Samba's answers, not Windows'.

mod ask;

use std::net::SocketAddr;

use kdclab_client::{AsParameters, ClientConfig, ClientError, Credential};
use kdclab_proto::messages::{ApReq, KdcOptions, PaForUser, PadataType, TgsReq};
use kdclab_proto::{
    Enctype, ErrorCode, Key, KeytabEntry, NameType, Principal, PrincipalName, Realm,
};
use serde_json::{Value, json};

use crate::driver::Client;
use crate::samba_realm::{PASSWORD, REALM, SambaRealm, TRUST_PASSWORD, samba};
use ask::{Answer, AsAsk, TgsAsk, entry, forged, over_tcp, over_udp, silence_over_udp};

/// A forest that the domain trusts, and that trusts it.
const OTHER: &str = "OTHER.EXAMPLE";
/// A moment of 2016, as the directory keeps times.
const LONG_AGO: &str = "131000000000000000";
/// The service of the domain controller itself.
const DC: &str = "host/dc1.samba.example";
/// A ticket's time that begins a minute ago and ends in an hour, in seconds from now.
const NOW: (i64, i64) = (-60, 3600);
/// NORMAL_ACCOUNT and, as the name says, ACCOUNTDISABLE, DONT_REQ_PREAUTH or SMARTCARD_REQUIRED.
const DISABLED: &str = "514";
const DISABLED_NO_PREAUTH: &str = "4194818";
const NO_PREAUTH: &str = "4194816";
const SMARTCARD: &str = "262656";
/// No hour of the week.
const NEVER: &str = "hex:000000000000000000000000000000000000000000";
/// What a first request is answered.
const PREAUTH_REQUIRED: &str = "25 \"Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ\" \
                                methods [16, 15, 147, 2, 136, 655, 19] etypes [18]";
const WRONG_PASSWORD: &str = "24 methods [19] etypes [18]";

fn kdc() -> SocketAddr {
    samba().address()
}

fn principal(name: &str) -> Principal {
    Principal::parse(name, Some(&REALM.into())).unwrap()
}

fn service(name_type: NameType, name: &str) -> Principal {
    let mut service = principal(name);
    service.name.name_type = name_type;
    service
}

fn enterprise(name: &str) -> Principal {
    PrincipalName::new(NameType::ENTERPRISE, [name]).at(REALM)
}

fn key(enctype: Enctype, password: &str, salt: &str) -> Key {
    Key::from_password(enctype, password, salt.as_bytes(), None).unwrap()
}

/// The key of an account's password. The salt of a user is realm and name with nothing between; that of
/// the computer `name$` is realm, `host` and the computer's host name.
fn aes256(account: &str) -> Key {
    let salt = match account.strip_suffix('$') {
        Some(computer) => format!("{REALM}host{computer}.samba.example"),
        None => format!("{REALM}{account}"),
    };
    key(Enctype::AES256_CTS_HMAC_SHA1_96, PASSWORD, &salt)
}

/// An AS-REQ of `account`, without pre-authentication.
fn first(account: &str) -> AsAsk {
    AsAsk::new(principal(account))
}

/// The same with the right password.
fn right(account: &str) -> AsAsk {
    AsAsk {
        key: Some(aes256(account)),
        ..first(account)
    }
}

fn wrong(account: &str) -> AsAsk {
    AsAsk {
        key: Some(aes256("salted otherwise")),
        ..first(account)
    }
}

fn add(account: &str, attributes: Value) {
    samba().add(account, attributes);
}

fn tgt(account: &str) -> Credential {
    right(account).ask(kdc()).credential()
}

/// The ticket-granting ticket of a new account.
fn tgt_of_new(account: &str) -> Credential {
    add(account, json!({}));
    tgt(account)
}

fn ask_for(with: &Credential, server: &str) -> Answer {
    TgsAsk::new(with, service(NameType::SRV_INST, server)).ask(kdc())
}

fn canonicalize(mut ask: AsAsk) -> Answer {
    ask.options = KdcOptions::CANONICALIZE;
    ask.ask(kdc())
}

#[track_caller]
fn says(answer: Answer, expected: &str) {
    assert_eq!(answer.summary(), expected);
}

/// What the three requests of a logon are answered: without pre-authentication, with the right password,
/// with a wrong one.
macro_rules! logons {
    ($($name:ident($account:literal, $attributes:tt, $overwritten:tt)
        $first:expr, $right:expr, $wrong:expr;)*) => {$(
        #[test]
        fn $name() {
            add($account, json!($attributes));
            let overwritten = json!($overwritten);
            if overwritten != json!({}) {
                samba().overwrite($account, overwritten);
            }
            let summaries = [first($account), right($account), wrong($account)]
                .map(|ask| ask.ask(kdc()).summary());
            assert_eq!(summaries, [$first, $right, $wrong]);
        }
    )*};
}

logons! {
    logon("logon", {}, {})
        PREAUTH_REQUIRED, "ticket logon -> krbtgt/SAMBA.EXAMPLE, 18/18", WRONG_PASSWORD;
    logon_without_preauth("eager", {"userAccountControl": NO_PREAUTH}, {})
        PREAUTH_REQUIRED, "ticket eager -> krbtgt/SAMBA.EXAMPLE, 18/18", WRONG_PASSWORD;
    logon_of_a_disabled_account("disabled", {"userAccountControl": DISABLED}, {})
        PREAUTH_REQUIRED, "18 methods [19, 3] status 0xc0000072 etypes [18]", WRONG_PASSWORD;
    logon_of_a_disabled_account_without_preauth("disabled-eager", {"userAccountControl": DISABLED_NO_PREAUTH}, {})
        PREAUTH_REQUIRED, "18 methods [19, 3] status 0xc0000072 etypes [18]", WRONG_PASSWORD;
    logon_of_an_expired_account("expired", {"accountExpires": LONG_AGO}, {})
        PREAUTH_REQUIRED, "18 methods [19, 3] status 0xc0000193 etypes [18]", WRONG_PASSWORD;
    logon_with_an_expired_password("stale", {}, {"pwdLastSet": LONG_AGO})
        PREAUTH_REQUIRED, "23 methods [19, 3] status 0xc0000071 etypes [18]", WRONG_PASSWORD;
    logon_where_the_password_must_change("new", {"pwdLastSet": "0"}, {})
        PREAUTH_REQUIRED, "23 methods [19, 3] status 0xc0000224 etypes [18]", WRONG_PASSWORD;
    logon_outside_logon_hours("night", {"logonHours": NEVER}, {})
        PREAUTH_REQUIRED, "18 methods [19, 3] status 0xc000006f etypes [18]", WRONG_PASSWORD;
    logon_from_a_workstation_not_listed("bound", {"userWorkstations": "ELSEWHERE"}, {})
        PREAUTH_REQUIRED, "ticket bound -> krbtgt/SAMBA.EXAMPLE, 18/18", WRONG_PASSWORD;
    logon_without_the_smart_card("card", {"userAccountControl": SMARTCARD}, {})
        PREAUTH_REQUIRED, WRONG_PASSWORD, WRONG_PASSWORD;
    logon_with_aes_where_the_account_has_no_aes_key("rc4-only", {}, {"supplementalCredentials": []})
        "25 \"Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ\" methods [16, 15, 147, 2, 136, 655, 19] etypes [23]",
        "14 \"No key matching entype\" methods [19] etypes [23]",
        "14 \"No key matching entype\" methods [19] etypes [23]";
    logon_where_the_account_says_it_knows_rc4_only("says-rc4", {"msDS-SupportedEncryptionTypes": "4"}, {})
        PREAUTH_REQUIRED, "ticket says-rc4 -> krbtgt/SAMBA.EXAMPLE, 18/18", WRONG_PASSWORD;
}

#[test]
fn the_third_wrong_password_locks_the_account() {
    add("locked", json!({}));
    says(wrong("locked").ask(kdc()), WRONG_PASSWORD);
    says(wrong("locked").ask(kdc()), WRONG_PASSWORD);
    says(wrong("locked").ask(kdc()), WRONG_PASSWORD);
    says(wrong("locked").ask(kdc()), "18 methods [19] etypes [18]");
    says(right("locked").ask(kdc()), "18 methods [19] etypes [18]");
    says(first("locked").ask(kdc()), PREAUTH_REQUIRED);
}

#[test]
fn an_expired_password_still_gets_a_ticket_to_change_it() {
    add("changing", json!({"pwdLastSet": "0"}));
    let mut ask = right("changing");
    ask.service = Some(principal("kadmin/changepw").name);
    says(ask.ask(kdc()), "ticket changing -> kadmin/changepw, 18/18");
}

#[test]
fn a_client_of_aes_alone_and_an_account_of_rc4_alone() {
    add("rc4", json!({}));
    samba().overwrite("rc4", json!({"supplementalCredentials": []}));
    let aes = vec![
        Enctype::AES256_CTS_HMAC_SHA1_96,
        Enctype::AES128_CTS_HMAC_SHA1_96,
    ];
    let ask = |mut ask: AsAsk| {
        ask.enctypes = aes.clone();
        ask.ask(kdc())
    };
    says(
        ask(first("rc4")),
        "25 \"Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ\" methods [16, 15, 147, 2, 136, 655]",
    );
    says(ask(right("rc4")), "14 \"No key matching entype\"");
}

#[test]
fn a_client_of_des_alone() {
    add("des", json!({}));
    let mut ask = first("des");
    ask.enctypes = vec![Enctype::DES_CBC_MD5];
    says(ask.ask(kdc()), "14");
}

#[test]
fn unknown_client() {
    says(first("nobody").ask(kdc()), "6");
    says(canonicalize(first("nobody")), "6");
    says(
        AsAsk::new(enterprise("nobody@samba.example")).ask(kdc()),
        "6",
    );
    says(
        canonicalize(AsAsk::new(enterprise("nobody@samba.example"))),
        "6",
    );
    says(
        canonicalize(AsAsk::new(enterprise("nobody@nowhere.example"))),
        "6",
    );
}

#[test]
fn client_of_a_trusted_forest() {
    other();
    let carol = || AsAsk::new(enterprise("carol@other.example"));
    says(carol().ask(kdc()), "68");
    says(canonicalize(carol()), "68");
    let refusal = canonicalize(carol()).refused();
    assert_eq!(refusal.crealm, Some(OTHER.into()));
}

#[test]
fn realm_that_is_not_served() {
    let elsewhere =
        |realm: &str| AsAsk::new(Principal::parse(&format!("carol@{realm}"), None).unwrap());
    other();
    says(elsewhere("NOWHERE.EXAMPLE").ask(kdc()), "6");
    says(canonicalize(elsewhere("NOWHERE.EXAMPLE")), "6");
    says(elsewhere(OTHER).ask(kdc()), "6");
    says(canonicalize(elsewhere(OTHER)), "6");
}

#[test]
fn realm_in_other_letters() {
    add("lower", json!({}));
    let lower = |realm: &str| {
        let mut ask = right("lower");
        ask.client.realm = Realm::from(realm);
        ask
    };
    says(
        lower("samba.example").ask(kdc()),
        "ticket lower -> krbtgt/samba.example, 18/18",
    );
    says(
        canonicalize(lower("samba.example")),
        "ticket lower -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
    says(
        lower("SAMBA").ask(kdc()),
        "ticket lower -> krbtgt/SAMBA, 18/18",
    );
    says(
        canonicalize(lower("SAMBA")),
        "ticket lower -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
}

#[test]
fn client_in_other_letters() {
    add("Mixed", json!({}));
    let mut ask = right("Mixed");
    ask.client = principal("mIXED");
    says(
        ask.ask(kdc()),
        "ticket mIXED -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
    says(
        canonicalize(ask),
        "ticket Mixed -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
    let mut ask = right("Mixed");
    ask.client = enterprise("mixed@samba.example");
    says(
        ask.ask(kdc()),
        "ticket mixed\\@samba.example -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
    says(
        canonicalize(ask),
        "ticket Mixed -> krbtgt/SAMBA.EXAMPLE, 18/18",
    );
}

#[test]
fn clock_of_the_password_logon() {
    add("clock", json!({}));
    let ask = |clock| {
        let ask = AsAsk {
            clock,
            ..right("clock")
        };
        ask.ask(kdc())
    };
    let ticket = "ticket clock -> krbtgt/SAMBA.EXAMPLE, 18/18";
    says(ask(-290), ticket);
    says(ask(290), ticket);
    says(ask(-310), "37 methods [19] etypes [18]");
    says(ask(310), "37 methods [19] etypes [18]");
}

#[test]
fn clock_of_the_ticket_request() {
    let tgt = tgt_of_new("clock-tgs");
    let mut ask = TgsAsk::new(&tgt, principal(DC));
    ask.clock = -310;
    says(ask.ask(kdc()), "37");
    ask.clock = 310;
    says(ask.ask(kdc()), "37");
}

#[test]
fn ticket_request_twice() {
    let tgt = tgt_of_new("twice");
    let ask = TgsAsk::new(&tgt, principal(DC));
    let bytes = ask.encode();
    says(
        ask.answer(over_tcp(kdc(), &bytes)),
        "ticket twice -> host/dc1.samba.example, 18/18",
    );
    says(
        ask.answer(over_tcp(kdc(), &bytes)),
        "ticket twice -> host/dc1.samba.example, 18/18",
    );
}

#[test]
fn service_unknown() {
    let tgt = tgt_of_new("seeker");
    says(ask_for(&tgt, "HTTP/nobody.samba.example"), "7");
    says(ask_for(&tgt, "nobody"), "7");
}

#[test]
fn service_by_every_name_type() {
    add(
        "web$",
        json!({"servicePrincipalName": "HTTP/web.samba.example"}),
    );
    let tgt = tgt_of_new("visitor");
    let ask =
        |name_type| TgsAsk::new(&tgt, service(name_type, "HTTP/web.samba.example")).ask(kdc());
    says(
        ask(NameType::UNKNOWN),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    says(
        ask(NameType::PRINCIPAL),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    says(
        ask(NameType::SRV_INST),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    says(
        ask(NameType::SRV_HST),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    says(
        ask_for(&tgt, "http/WEB.samba.example"),
        "ticket visitor -> http/WEB.samba.example, 23/18",
    );
    says(ask_for(&tgt, "web$"), "ticket visitor -> web$, 23/18");
    says(ask_for(&tgt, "web"), "ticket visitor -> web, 23/18");
    let mut ask = TgsAsk::new(
        &tgt,
        service(NameType::SRV_INST, "HTTP/web.samba.example@samba.example"),
    );
    says(
        ask.ask(kdc()),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    ask.options = KdcOptions::CANONICALIZE;
    says(
        ask.ask(kdc()),
        "ticket visitor -> HTTP/web.samba.example, 23/18",
    );
    let mut ask = TgsAsk::new(&tgt, service(NameType::SRV_INST, "http/WEB.samba.example"));
    ask.options = KdcOptions::CANONICALIZE;
    says(
        ask.ask(kdc()),
        "ticket visitor -> http/WEB.samba.example, 23/18",
    );
}

#[test]
fn computer_without_its_dollar() {
    add("desk$", json!({}));
    says(first("desk$").ask(kdc()), PREAUTH_REQUIRED);
    says(first("desk").ask(kdc()), PREAUTH_REQUIRED);
    add(
        "desk-user",
        json!({"userPrincipalName": "clerk@samba.example"}),
    );
    says(first("clerk").ask(kdc()), PREAUTH_REQUIRED);
    says(
        AsAsk::new(enterprise("clerk@samba.example")).ask(kdc()),
        PREAUTH_REQUIRED,
    );
}

#[test]
fn account_without_spn() {
    add("plain", json!({}));
    let peer = tgt("plain");
    let tgt = tgt_of_new("caller");
    says(ask_for(&tgt, "plain"), "7");
    let mut ask = TgsAsk::new(&tgt, principal("plain"));
    ask.options = KdcOptions::ENC_TKT_IN_SKEY;
    ask.second_ticket = Some(peer.ticket.clone());
    says(ask.ask(kdc()), "7");
    add(
        "spn-user",
        json!({"servicePrincipalName": "app/app.samba.example"}),
    );
    says(
        ask_for(&tgt, "spn-user"),
        "ticket caller -> spn-user, 23/18",
    );
    let mut ask = TgsAsk::new(&tgt, principal("spn-user"));
    ask.options = KdcOptions::ENC_TKT_IN_SKEY;
    ask.second_ticket = Some(self::tgt("spn-user").ticket);
    says(ask.ask(kdc()), "ticket caller -> spn-user, 18/18");
    says(
        ask_for(&tgt, "app/app.samba.example"),
        "ticket caller -> app/app.samba.example, 23/18",
    );
    let mut ask = first("caller");
    ask.key = Some(aes256("caller"));
    ask.service = Some(principal("plain").name);
    says(ask.ask(kdc()), "7");
}

#[test]
fn duplicate_spn() {
    add(
        "first-dup$",
        json!({"servicePrincipalName": "HTTP/dup.samba.example"}),
    );
    add("second-dup$", json!({}));
    let refused = samba().refusal(
        json!(["modify", "second-dup$", {"servicePrincipalName": "HTTP/dup.samba.example"}]),
    );
    assert!(refused.contains("would cause a conflict"), "{refused}");
    samba().overwrite(
        "second-dup$",
        json!({"servicePrincipalName": "HTTP/dup.samba.example"}),
    );
    let tgt = tgt_of_new("doubter");
    says(ask_for(&tgt, "HTTP/dup.samba.example"), "7");
    says(
        ask_for(&tgt, "first-dup$"),
        "ticket doubter -> first-dup$, 23/18",
    );
}

#[test]
fn disabled_service() {
    add(
        "off$",
        json!({"servicePrincipalName": "HTTP/off.samba.example"}),
    );
    samba().modify("off$", json!({"userAccountControl": "4098"}));
    let tgt = tgt_of_new("unlucky");
    says(
        ask_for(&tgt, "HTTP/off.samba.example"),
        "ticket unlucky -> HTTP/off.samba.example, 23/18",
    );
}

#[test]
fn host_stands_for_other_classes() {
    add(
        "files$",
        json!({"servicePrincipalName": "HOST/files.samba.example"}),
    );
    let tgt = tgt_of_new("reader");
    says(
        ask_for(&tgt, "cifs/files.samba.example"),
        "ticket reader -> cifs/files.samba.example, 23/18",
    );
    says(
        ask_for(&tgt, "HTTP/files.samba.example"),
        "ticket reader -> HTTP/files.samba.example, 23/18",
    );
    says(ask_for(&tgt, "MSSQLSvc/files.samba.example"), "7");
    add("cifs-user", json!({"msDS-SupportedEncryptionTypes": "4"}));
    samba().overwrite(
        "cifs-user",
        json!({"servicePrincipalName": "cifs/files.samba.example"}),
    );
    samba().modify("files$", json!({"msDS-SupportedEncryptionTypes": "24"}));
    says(
        ask_for(&tgt, "cifs/files.samba.example"),
        "ticket reader -> cifs/files.samba.example, 23/23",
    );
    says(
        ask_for(&tgt, "host/files.samba.example"),
        "ticket reader -> host/files.samba.example, 18/18",
    );
}

#[test]
fn service_of_rc4_alone() {
    add(
        "old$",
        json!({"servicePrincipalName": "HTTP/old.samba.example", "msDS-SupportedEncryptionTypes": "4"}),
    );
    let tgt = tgt_of_new("modern");
    let mut ask = TgsAsk::new(&tgt, principal("HTTP/old.samba.example"));
    says(
        ask.ask(kdc()),
        "ticket modern -> HTTP/old.samba.example, 23/23",
    );
    ask.enctypes = vec![Enctype::AES256_CTS_HMAC_SHA1_96];
    says(ask.ask(kdc()), "14");
    ask.enctypes = vec![Enctype::RC4_HMAC];
    says(
        ask.ask(kdc()),
        "ticket modern -> HTTP/old.samba.example, 23/23",
    );
}

#[test]
fn ticket_granted_before_the_account_changed() {
    let before = |account: &str, attributes: Value| {
        let tgt = tgt_of_new(account);
        samba().modify(account, attributes);
        ask_for(&tgt, DC)
    };
    says(
        before("later-disabled", json!({"userAccountControl": DISABLED})),
        "12",
    );
    says(
        before("later-expired", json!({"accountExpires": LONG_AGO})),
        "1",
    );
    says(
        before("later-must-change", json!({"pwdLastSet": "0"})),
        "23",
    );
    says(
        before("later-night", json!({"logonHours": NEVER})),
        "ticket later-night -> host/dc1.samba.example, 18/18",
    );
    let tgt = tgt_of_new("later-other-password");
    samba().reset_password("later-other-password", "Another-Horse-2");
    says(
        ask_for(&tgt, DC),
        "ticket later-other-password -> host/dc1.samba.example, 18/18",
    );
    let tgt = tgt_of_new("later-renamed");
    samba().modify("later-renamed", json!({"sAMAccountName": "renamed-now"}));
    says(ask_for(&tgt, DC), "6");
    let tgt = tgt_of_new("later-locked");
    for _ in 0..3 {
        wrong("later-locked").ask(kdc());
    }
    says(ask_for(&tgt, DC), "18");
}

fn local_tgs() -> Principal {
    let realm = Realm::from(REALM);
    Principal::krbtgt(&realm, &realm)
}

/// The key of the ticket-granting service, which belongs to the account krbtgt.
fn tgs_key(samba: &SambaRealm) -> KeytabEntry {
    let keytab = samba.keytab();
    let account = principal("krbtgt");
    let mut entries = keytab.entries_of(&account);
    let entry = entries.find(|entry| entry.enctype == Enctype::AES256_CTS_HMAC_SHA1_96);
    entry.expect("the account has the key").clone()
}

#[test]
fn ticket_granting_ticket_under_other_keys() {
    add("forger", json!({}));
    let client = principal("forger");
    let right = tgs_key(samba());
    let ask = |key: &KeytabEntry, valid| ask_for(&forged(&client, &local_tgs(), key, valid), DC);
    // Without a PAC the right key is not enough.
    says(ask(&right, NOW), "20");
    says(
        ask(&entry(&local_tgs(), right.kvno, &aes256("forger")), NOW),
        "31",
    );
    let unknown_kvno = KeytabEntry {
        kvno: right.kvno + 5,
        ..right.clone()
    };
    says(ask(&unknown_kvno, NOW), "44");
    let rc4 = key(Enctype::RC4_HMAC, PASSWORD, "");
    says(ask(&entry(&local_tgs(), right.kvno, &rc4), NOW), "44");
    let camellia = Key::generate(Enctype::CAMELLIA256_CTS_CMAC, &mut ask::rng()).unwrap();
    says(ask(&entry(&local_tgs(), right.kvno, &camellia), NOW), "44");
    says(ask(&right, (-7200, -3600)), "32");
    says(ask(&right, (3600, 7200)), "33");
}

#[test]
fn refusal_of_a_ticket_names_nobody() {
    add("nameless", json!({}));
    let wrong = entry(&local_tgs(), 1, &aes256("nameless"));
    let tgt = forged(&principal("nameless"), &local_tgs(), &wrong, NOW);
    let refusal = ask_for(&tgt, DC).refused();
    assert_eq!((refusal.crealm, refusal.cname), (None, None));
    assert_eq!(refusal.realm, Realm::from("<unspecified realm>"));
    let refusal = ask_for(&tgt_of_new("named"), "HTTP/nobody.samba.example").refused();
    assert_eq!(refusal.crealm, Some(REALM.into()));
    assert_eq!(refusal.cname, Some(principal("named").name));
    assert_eq!(refusal.realm, Realm::from(REALM));
}

#[test]
fn service_ticket_in_the_place_of_a_ticket_granting_ticket() {
    let tgt = tgt_of_new("confused");
    let ticket = ask_for(&tgt, DC).credential();
    says(ask_for(&ticket, DC), "12");
}

/// Makes the trust with [`OTHER`], once.
fn other() {
    static DONE: std::sync::Once = std::sync::Once::new();
    DONE.call_once(|| samba().trust(OTHER, json!({})));
}

/// The key of the trust that `realm` seals tickets for this one with.
fn trust_key(enctype: Enctype, realm: &str) -> Key {
    key(enctype, TRUST_PASSWORD, &format!("{realm}krbtgt{REALM}"))
}

fn cross_realm_answer(realm: &str, kvno: Option<u32>, key: &Key) -> Answer {
    let (here, there) = (Realm::from(REALM), Realm::from(realm));
    let client = Principal::parse("carol", Some(&there)).unwrap();
    let server = Principal::krbtgt(&here, &there);
    let mut tgt = forged(
        &client,
        &server,
        &entry(&server, kvno.unwrap_or(1), key),
        NOW,
    );
    tgt.ticket.enc_part.kvno = kvno;
    ask_for(&tgt, DC)
}

#[test]
fn cross_realm_ticket_under_other_keys() {
    other();
    let right = trust_key(Enctype::AES256_CTS_HMAC_SHA1_96, OTHER);
    let wrong = aes256("another key");
    // Without a PAC the right key is not enough.
    says(cross_realm_answer(OTHER, Some(1), &right), "20");
    says(cross_realm_answer(OTHER, Some(1), &wrong), "31");
    says(cross_realm_answer(OTHER, None, &wrong), "31");
    // The version does not matter while the key is right.
    says(cross_realm_answer(OTHER, Some(7), &right), "20");
    says(cross_realm_answer(OTHER, None, &right), "20");
    says(cross_realm_answer(OTHER, Some(7), &wrong), "31");
    let rc4 = trust_key(Enctype::RC4_HMAC, OTHER);
    says(cross_realm_answer(OTHER, Some(1), &rc4), "44");
    let camellia = Key::generate(Enctype::CAMELLIA256_CTS_CMAC, &mut ask::rng()).unwrap();
    says(cross_realm_answer(OTHER, Some(1), &camellia), "44");
    says(cross_realm_answer("NOWHERE.EXAMPLE", Some(1), &right), "35");
}

#[test]
fn cross_realm_ticket_of_a_realm_that_is_no_windows_domain() {
    // TRUST_TYPE_MIT, without a forest.
    let attributes = json!({"trustType": "3", "trustAttributes": "0"});
    samba().trust("MIT.EXAMPLE", attributes);
    let key = trust_key(Enctype::AES256_CTS_HMAC_SHA1_96, "MIT.EXAMPLE");
    says(cross_realm_answer("MIT.EXAMPLE", Some(1), &key), "35");
}

#[test]
fn trust_in_one_direction() {
    // Inbound: the other domain trusts this one. Outbound: this one trusts the other.
    samba().trust("INBOUND.EXAMPLE", json!({"trustDirection": "1"}));
    samba().trust("OUTBOUND.EXAMPLE", json!({"trustDirection": "2"}));
    let arrival = |realm: &str| {
        let key = trust_key(Enctype::AES256_CTS_HMAC_SHA1_96, realm);
        cross_realm_answer(realm, Some(1), &key)
    };
    says(arrival("INBOUND.EXAMPLE"), "35");
    says(arrival("OUTBOUND.EXAMPLE"), "20");
    let tgt = tgt_of_new("leaver");
    says(
        ask_for(&tgt, "krbtgt/INBOUND.EXAMPLE"),
        "ticket leaver -> krbtgt/INBOUND.EXAMPLE, 18/18",
    );
    says(ask_for(&tgt, "krbtgt/OUTBOUND.EXAMPLE"), "7");
}

#[test]
fn trust_of_rc4_alone() {
    samba().trust("RC4.EXAMPLE", json!({"msDS-SupportedEncryptionTypes": "4"}));
    let aes = trust_key(Enctype::AES256_CTS_HMAC_SHA1_96, "RC4.EXAMPLE");
    says(cross_realm_answer("RC4.EXAMPLE", Some(1), &aes), "44");
    let rc4 = trust_key(Enctype::RC4_HMAC, "RC4.EXAMPLE");
    says(cross_realm_answer("RC4.EXAMPLE", Some(1), &rc4), "20");
    let tgt = tgt_of_new("rc4-leaver");
    says(
        ask_for(&tgt, "krbtgt/RC4.EXAMPLE"),
        "ticket rc4-leaver -> krbtgt/RC4.EXAMPLE, 23/23",
    );
}

#[test]
fn referral_to_a_trusted_forest() {
    other();
    let tgt = tgt_of_new("traveller");
    let ask = |name_type, options| {
        let mut ask = TgsAsk::new(&tgt, service(name_type, "HTTP/www.other.example"));
        ask.options = options;
        ask.ask(kdc())
    };
    let canonicalize = KdcOptions::CANONICALIZE;
    says(
        ask(NameType::UNKNOWN, canonicalize),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask(NameType::PRINCIPAL, canonicalize),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask(NameType::SRV_INST, canonicalize),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask(NameType::SRV_HST, canonicalize),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask(NameType::SRV_INST, KdcOptions::NONE),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask_for(&tgt, "krbtgt/OTHER.EXAMPLE"),
        "ticket traveller -> krbtgt/OTHER.EXAMPLE, 18/18",
    );
    says(
        ask_for(&tgt, "krbtgt/other.example"),
        "ticket traveller -> krbtgt/other.example, 18/18",
    );
    says(ask_for(&tgt, "krbtgt/NOWHERE.EXAMPLE"), "7");
    says(ask_for(&tgt, "HTTP/www.other.example@OTHER.EXAMPLE"), "7");
    says(
        ask_for(&tgt, "HTTP/www.nowhere.example@NOWHERE.EXAMPLE"),
        "7",
    );
    let mut ask = TgsAsk::new(
        &tgt,
        service(NameType::SRV_INST, "HTTP/www.nowhere.example"),
    );
    ask.options = canonicalize;
    says(ask.ask(kdc()), "7");
}

#[test]
fn ticket_to_oneself_for_a_user() {
    add(
        "portal$",
        json!({"servicePrincipalName": "HTTP/portal.samba.example"}),
    );
    add("s4u-user", json!({}));
    add("s4u-off", json!({"userAccountControl": DISABLED}));
    add("s4u-stale", json!({"pwdLastSet": "0"}));
    other();
    let tgt = tgt("portal$");
    let ask = |user: Principal| {
        let mut ask = TgsAsk::new(&tgt, principal("portal$"));
        let padata = PaForUser::new(&user, &tgt.session_key);
        ask.padata = vec![PadataType::FOR_USER.with(padata.encode())];
        ask.ask(kdc())
    };
    says(
        ask(principal("s4u-user")),
        "ticket s4u-user -> portal$, 23/18",
    );
    says(ask(principal("s4u-nobody")), "6");
    says(
        ask(enterprise("s4u-user@samba.example")),
        "ticket s4u-user\\@samba.example -> portal$, 23/18",
    );
    says(ask(enterprise("s4u-nobody@samba.example")), "6");
    says(ask(principal("s4u-off")), "12");
    says(
        ask(principal("s4u-stale")),
        "ticket s4u-stale -> portal$, 23/18",
    );
    says(
        ask(Principal::parse("carol@OTHER.EXAMPLE", None).unwrap()),
        "6",
    );
    says(
        ask(Principal::parse("carol@NOWHERE.EXAMPLE", None).unwrap()),
        "6",
    );
    let tgt = tgt_of_new("s4u-no-service");
    let mut ask = TgsAsk::new(&tgt, principal("s4u-no-service"));
    let padata = PaForUser::new(&principal("s4u-user"), &tgt.session_key);
    ask.padata = vec![PadataType::FOR_USER.with(padata.encode())];
    says(ask.ask(kdc()), "7");
}

#[test]
fn messages_of_other_kinds() {
    let tgt = tgt_of_new("mailer");
    let tgs_req = TgsReq::decode(&TgsAsk::new(&tgt, local_tgs()).encode()).unwrap();
    let ap_req = tgs_req.0.padata(PadataType::TGS_REQ).unwrap().to_vec();
    ApReq::decode(&ap_req).unwrap();
    let error = first("nobody").ask(kdc()).refused().encode();
    let half = &first("mailer").encode()[..40];
    for message in [&ap_req, &error, half, b"GET / HTTP/1.0\r\n\r\n", b""] {
        assert_eq!(silence_over_udp(kdc(), message), None, "{message:02x?}");
        // Where UDP has silence, TCP has the end of the connection.
        assert_eq!(over_tcp(kdc(), message), None, "{message:02x?}");
    }
}

#[test]
fn reply_that_is_too_big_for_udp() {
    add("wordy", json!({}));
    let bytes = over_udp(kdc(), &right("wordy").encode());
    says(
        Answer::from_bytes(Some(bytes), |_| None),
        "52 \"Reply packet too large\" methods [19] etypes [18]",
    );
}

#[test]
fn clock_of_whole_clients() {
    add("late", json!({}));
    let log_in = |config: ClientConfig| {
        let mut client = Client::new(REALM, kdc(), &[REALM]);
        client.config = config;
        client.clock_offset = -310_000_000;
        let parameters = AsParameters::password(principal("late"), PASSWORD);
        client.log_in(parameters).map(|_| ())
    };
    assert_eq!(log_in(ClientConfig::mit(REALM)), Ok(()));
    for config in [ClientConfig::java(REALM), ClientConfig::windows(REALM)] {
        match log_in(config) {
            Err(ClientError::Refused(refusal)) => {
                assert_eq!(refusal.error.error_code, ErrorCode::KRB_AP_ERR_SKEW);
            }
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[test]
fn old_key_of_the_ticket_granting_service() {
    let own = SambaRealm::start();
    own.add("veteran", json!({}));
    let tgt = right("veteran").ask(own.address()).credential();
    let ask = |tgt: &Credential| TgsAsk::new(tgt, principal(DC)).ask(own.address());
    says(ask(&tgt), "ticket veteran -> host/dc1.samba.example, 18/18");
    own.reset_password("krbtgt", "Other-Secret-1");
    says(ask(&tgt), "ticket veteran -> host/dc1.samba.example, 18/18");
    own.reset_password("krbtgt", "Other-Secret-2");
    says(ask(&tgt), "ticket veteran -> host/dc1.samba.example, 18/18");
    own.reset_password("krbtgt", "Other-Secret-3");
    says(ask(&tgt), "44");
    let fresh = right("veteran").ask(own.address()).credential();
    says(
        ask(&fresh),
        "ticket veteran -> host/dc1.samba.example, 18/18",
    );
}

#[test]
fn samba_is_the_one_of_the_record() {
    let version = samba().version();
    let is_recorded = version.starts_with("4.17.");
    assert!(is_recorded, "docs/samba.md records 4.17; this is {version}");
}

#[test]
fn samba_ends_with_its_owner() {
    let own = SambaRealm::start();
    let (directory, process) = (own.directory().to_path_buf(), own.process());
    assert!(std::path::Path::new(&format!("/proc/{process}")).exists());
    drop(own);
    assert!(!directory.exists());
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
}
