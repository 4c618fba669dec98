//! RFC 3244: the password service. Result codes, words and silences are those of MIT's kadmind 1.20.

use std::time::Duration;

use kdclab_kdc::{Kpasswd, KpasswdAnswer, KpasswdOutcome, changepw_of};
use kdclab_proto::messages::{
    ApOptions, ApRep, ApReq, Authenticator, ChangePasswdData, EncApRepPart, EncKrbPrivPart,
    EncryptionKey, HostAddress, KpasswdCode, KpasswdReply, KpasswdRequest, KpasswdResult,
    KpasswdVersion, KrbError, KrbPriv, TicketFlags,
};
use kdclab_proto::{ErrorCode, Key, KeyUsage};

use crate::common::*;

/// Where the service listens.
const SERVICE: &str = "192.0.2.1";
const SEQUENCE: u32 = 77;

/// A request, part by part.
struct Asking {
    version: KpasswdVersion,
    data: Vec<u8>,
    /// The sender that the KRB-PRIV names.
    sender: &'static str,
    seq_number: Option<u32>,
    /// The number that the authenticator announces.
    announced: Option<u32>,
    /// Seals the KRB-PRIV in place of the subkey.
    other_key: Option<Key>,
    time: i64,
}

fn change(password: &str) -> Asking {
    Asking {
        version: KpasswdVersion::Change,
        data: password.as_bytes().to_vec(),
        sender: "192.0.2.7",
        seq_number: Some(SEQUENCE),
        announced: Some(SEQUENCE),
        other_key: None,
        time: 0,
    }
}

fn set(target: Option<&str>, password: &str) -> Asking {
    let data = ChangePasswdData {
        new_password: password.as_bytes().to_vec().into(),
        target: target.map(principal),
    };
    Asking {
        version: KpasswdVersion::Set,
        data: data.encode(),
        ..change("")
    }
}

fn ticket(world: &mut World, client: &str) -> Credential {
    let service = changepw_of(&principal(client).realm);
    world.logon(client, body(&service)).expect("a ticket")
}

fn subkey() -> Key {
    Key::new(AES256, &[9; 32]).unwrap()
}

fn request(world: &mut World, ticket: &Credential, asking: &Asking) -> Vec<u8> {
    let authenticator = Authenticator {
        authenticator_vno: 5,
        crealm: ticket.client.realm.clone(),
        cname: ticket.client.name.clone(),
        cksum: None,
        cusec: 5,
        ctime: world.now.saturating_add(asking.time),
        subkey: Some(EncryptionKey::from(&subkey())),
        seq_number: asking.announced,
        authorization_data: None,
    };
    let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
    let ap_req = ApReq {
        pvno: 5,
        msg_type: 14,
        ap_options: ApOptions::NONE,
        ticket: ticket.ticket.clone(),
        authenticator: encrypt(
            &ticket.session,
            usage,
            &mut world.rng,
            &authenticator.encode(),
        ),
    };
    let part = EncKrbPrivPart {
        user_data: asking.data.clone().into(),
        timestamp: None,
        usec: None,
        seq_number: asking.seq_number,
        s_address: HostAddress::from(asking.sender.parse::<std::net::IpAddr>().unwrap()),
        r_address: None,
    };
    let key = asking.other_key.clone().unwrap_or_else(subkey);
    let krb_priv = KrbPriv {
        pvno: 5,
        msg_type: 21,
        enc_part: encrypt(&key, KeyUsage::KRB_PRIV, &mut world.rng, &part.encode()),
    };
    KpasswdRequest {
        version: asking.version,
        ap_req: ap_req.encode(),
        krb_priv: krb_priv.encode(),
    }
    .encode()
    .unwrap()
}

/// What the service answers; a new password is in place afterwards.
fn handle(world: &mut World, request: &[u8]) -> KpasswdAnswer {
    let service = Kpasswd {
        kdc: &world.kdc,
        traffic: &world.traffic,
        keys: keys(),
        address: SERVICE.parse().unwrap(),
    };
    let now = world.now.timestamp();
    let answer = service.handle(now, &mut world.rng, &world.transport, request);
    if let Some(changed) = &answer.changed {
        world.kdc = world.kdc.with_realm(changed.clone());
    }
    answer
}

/// The result in a sealed reply, which must be the service's answer to this very request.
fn sealed_result(ticket: &Credential, world: &World, answer: &KpasswdAnswer) -> KpasswdResult {
    let reply = KpasswdReply::decode(answer.bytes.as_ref().expect("a reply")).unwrap();
    let ap_rep = ApRep::decode(&reply.ap_rep).expect("an AP-REP");
    let plain = ticket
        .session
        .decrypt(KeyUsage::AP_REP, &ap_rep.enc_part.cipher);
    let confirmed = EncApRepPart::decode(&plain.unwrap()).unwrap();
    assert_eq!((confirmed.ctime, confirmed.cusec), (world.now, 5));
    let krb_priv = KrbPriv::decode(&reply.message).expect("a KRB-PRIV");
    let plain = subkey().decrypt(KeyUsage::KRB_PRIV, &krb_priv.enc_part.cipher);
    let part = EncKrbPrivPart::decode(&plain.unwrap()).unwrap();
    assert_eq!(part.seq_number, confirmed.seq_number);
    let here: std::net::IpAddr = SERVICE.parse().unwrap();
    assert_eq!(part.s_address, HostAddress::from(here));
    KpasswdResult::decode(&part.user_data.0).expect("a result")
}

/// The code and the words with which `client` is answered.
fn ask(world: &mut World, client: &str, asking: &Asking) -> (u16, String) {
    let ticket = ticket(world, client);
    let request = request(world, &ticket, asking);
    let answer = handle(world, &request);
    let result = sealed_result(&ticket, world, &answer);
    let changed = answer.changed.is_some();
    assert_eq!(result.code == KpasswdCode::SUCCESS, changed);
    (result.code.0, result.text)
}

/// The result in a KRB-ERROR.
fn refusal(answer: &KpasswdAnswer) -> KpasswdResult {
    let reply = KpasswdReply::decode(answer.bytes.as_ref().expect("a reply")).unwrap();
    assert!(reply.ap_rep.is_empty());
    let error = KrbError::decode(&reply.message).expect("a KRB-ERROR");
    assert_eq!(error.error_code, ErrorCode::KRB_ERR_GENERIC);
    assert_eq!(error.sname, changepw_of(&"LAB".into()).name);
    KpasswdResult::decode(&error.e_data.expect("e-data")).expect("a result")
}

#[test]
fn a_new_password_replaces_the_old_one() {
    let mut world = World::mit();
    let kvno = |world: &World| {
        let alice = principal("alice@LAB");
        world.database("LAB").lookup(&alice).unwrap().kvno()
    };
    let before = kvno(&world);
    assert_eq!(
        ask(&mut world, "alice@LAB", &change("battery staple")),
        (0, String::new())
    );
    assert_eq!(kvno(&world), before + 1);
    assert_eq!(world.logon_code("alice@LAB", "battery staple"), None);
    let old = world.logon_code("alice@LAB", PASSWORD);
    assert_eq!(old, Some(ErrorCode::KDC_ERR_PREAUTH_FAILED));
}

#[test]
fn an_expired_password_still_gets_the_ticket_and_the_new_one_has_not_expired() {
    let mut world = World::mit();
    let past = START.saturating_add(-HOUR);
    world.set("alice@LAB", "+needchange");
    world.edit("alice@LAB", |entry| entry.password_expiration = Some(past));
    let expired = world.logon_code("alice@LAB", PASSWORD);
    assert_eq!(expired, Some(ErrorCode::KDC_ERR_KEY_EXPIRED));
    assert_eq!(ask(&mut world, "alice@LAB", &change("battery staple")).0, 0);
    assert_eq!(world.logon_code("alice@LAB", "battery staple"), None);
}

#[test]
fn the_new_password_expires_when_the_policy_says() {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.password.max_life = Some(Duration::from_secs(600));
    });
    assert_eq!(ask(&mut world, "alice@LAB", &change("battery staple")).0, 0);
    assert_eq!(world.logon_code("alice@LAB", "battery staple"), None);
    world.advance(601);
    let expired = world.logon_code("alice@LAB", "battery staple");
    assert_eq!(expired, Some(ErrorCode::KDC_ERR_KEY_EXPIRED));
}

#[test]
fn a_new_password_ends_a_lockout() {
    let mut world = World::mit();
    let ticket = ticket(&mut world, "alice@LAB");
    world.edit("alice@LAB", |entry| entry.lockout.max_failures = 1);
    world.logon_code("alice@LAB", "wrong");
    let locked = world.logon_code("alice@LAB", PASSWORD);
    assert_eq!(locked, Some(ErrorCode::KDC_ERR_CLIENT_REVOKED));
    let request = request(&mut world, &ticket, &change("battery staple"));
    handle(&mut world, &request);
    assert_eq!(world.logon_code("alice@LAB", "battery staple"), None);
}

#[test]
fn result_4_for_a_password_that_is_too_short() {
    let mut world = World::mit();
    world.policy("LAB", |policy| policy.password.min_length = 8);
    let (code, text) = ask(&mut world, "alice@LAB", &change("1234567"));
    assert_eq!(code, 4);
    assert_eq!(
        text,
        "New password is too short.\nPlease choose a password which is at least 8 characters long."
    );
    assert_eq!(ask(&mut world, "alice@LAB", &change("12345678")).0, 0);
}

#[test]
fn result_4_for_an_empty_password_under_any_policy() {
    let (code, text) = ask(&mut World::mit(), "alice@LAB", &change(""));
    assert_eq!(code, 4);
    assert_eq!(text, "Password is too short\n\nPassword not changed.");
}

#[test]
fn result_4_for_a_password_that_was_used_lately() {
    let mut world = World::mit();
    world.policy("LAB", |policy| policy.password.history = 2);
    let text = "New password was used previously. Please choose a different password.";
    let refused = (4, text.to_owned());
    assert_eq!(ask(&mut world, "alice@LAB", &change(PASSWORD)), refused);
    assert_eq!(ask(&mut world, "alice@LAB", &change("second")).0, 0);
    let admin = |world: &mut World, password: &str| {
        world.policy("LAB", |policy| {
            policy.password.administrators = vec![principal("carol@LAB")];
        });
        ask(world, "carol@LAB", &set(Some("alice@LAB"), password))
    };
    assert_eq!(admin(&mut world, PASSWORD), refused);
    assert_eq!(admin(&mut world, "second"), refused);
    assert_eq!(admin(&mut world, "third").0, 0);
    assert_eq!(
        admin(&mut world, PASSWORD).0,
        0,
        "two passwords count, not three"
    );
}

/// A reset does not ask whether the password is new; the words of refusals are not MIT's, and none are known.
#[test]
fn active_directory_lets_an_administrator_set_a_former_password() {
    let mut world = World::active_directory();
    world.policy("LAB", |policy| {
        policy.password.history = 2;
        policy.password.min_length = 6;
        policy.password.administrators = vec![principal("carol@LAB")];
    });
    let set_by =
        |world: &mut World, client, password| ask(world, client, &set(Some("alice@LAB"), password));
    assert_eq!(
        set_by(&mut world, "alice@LAB", PASSWORD),
        (4, String::new())
    );
    assert_eq!(set_by(&mut world, "carol@LAB", "short"), (4, String::new()));
    assert_eq!(set_by(&mut world, "carol@LAB", PASSWORD).0, 0);
}

#[test]
fn a_krb_error_has_the_words_of_its_realm_s_implementation() {
    for (mut world, words) in [
        (World::mit(), "Failed reading application request"),
        (World::active_directory(), ""),
    ] {
        let late = Asking {
            time: 301,
            ..change("second")
        };
        let ticket = ticket(&mut world, "alice@LAB");
        let request = request(&mut world, &ticket, &late);
        let answer = handle(&mut world, &request);
        let result = refusal(&answer);
        assert_eq!(result.code, KpasswdCode::AUTHERROR);
        assert_eq!(result.text, words);
    }
}

#[test]
fn any_password_may_come_again_without_a_history() {
    assert_eq!(ask(&mut World::mit(), "alice@LAB", &change(PASSWORD)).0, 0);
}

#[test]
fn result_4_for_a_password_that_is_too_new_unless_it_must_be_changed() {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.password.min_life = Duration::from_secs(86_400)
    });
    world.edit("alice@LAB", |entry| entry.password_changed = Some(START));
    let (code, text) = ask(&mut world, "alice@LAB", &change("second"));
    assert_eq!(code, 4);
    let first = "Password cannot be changed because it was changed too recently.\n";
    assert!(text.starts_with(first), "{text}");
    assert!(
        text.contains("wait until Fri Jan  2 00:00:00 2026 before"),
        "{text}"
    );

    let mut marked = world.clone_of();
    marked.set("alice@LAB", "+needchange");
    assert_eq!(ask(&mut marked, "alice@LAB", &change("second")).0, 0);

    world.policy("LAB", |policy| {
        policy.password.administrators = vec![principal("carol@LAB")];
    });
    assert_eq!(
        ask(&mut world, "carol@LAB", &set(Some("alice@LAB"), "third")).0,
        0
    );
}

#[test]
fn a_password_that_is_old_enough_may_be_changed() {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.password.min_life = Duration::from_secs(600)
    });
    world.edit("alice@LAB", |entry| entry.password_changed = Some(START));
    world.advance(599);
    assert_eq!(ask(&mut world, "alice@LAB", &change("second")).0, 4);
    world.advance(1);
    assert_eq!(ask(&mut world, "alice@LAB", &change("second")).0, 0);
}

#[test]
fn result_5_for_whoever_sets_anothers_password_without_being_an_administrator() {
    let mut world = World::mit();
    let refused = (5, "Unauthorized request".to_owned());
    for target in ["carol@LAB", "nobody@LAB"] {
        let asking = set(Some(target), "second");
        assert_eq!(ask(&mut world, "alice@LAB", &asking), refused);
    }
    assert_eq!(
        ask(&mut world, "alice@LAB", &set(Some("alice@LAB"), "second")).0,
        0
    );
}

#[test]
fn result_2_for_a_target_that_does_not_exist() {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.password.administrators = vec![principal("alice@LAB")];
    });
    let (code, text) = ask(&mut world, "alice@LAB", &set(Some("nobody@LAB"), "second"));
    assert_eq!(code, 2);
    let expected =
        "Password not changed.\nPrincipal does not exist while trying to change password.\n";
    assert_eq!(text, expected);
}

#[test]
fn section_2_version_0xff80_without_a_target_changes_ones_own() {
    let mut world = World::mit();
    assert_eq!(ask(&mut world, "alice@LAB", &set(None, "second")).0, 0);
    assert_eq!(world.logon_code("alice@LAB", "second"), None);
}

#[test]
fn result_1_for_data_that_does_not_decode() {
    let asking = Asking {
        data: b"no sequence".to_vec(),
        ..set(None, "")
    };
    let expected = (1, "Failed decoding ChangePasswdData".to_owned());
    assert_eq!(ask(&mut World::mit(), "alice@LAB", &asking), expected);
}

#[test]
fn result_2_for_a_password_that_is_no_text() {
    let asking = Asking {
        data: vec![0xff, 0xfe],
        ..change("")
    };
    assert_eq!(ask(&mut World::mit(), "alice@LAB", &asking).0, 2);
}

#[test]
fn result_7_for_a_ticket_that_does_not_come_from_a_password() {
    let mut world = World::mit();
    let ticket = ticket(&mut world, "alice@LAB");
    let derived = world.resealed(&ticket, |part| {
        part.flags.set(TicketFlags::INITIAL, false);
    });
    for asking in [change("second"), set(None, "second")] {
        let request = request(&mut world, &derived, &asking);
        let answer = handle(&mut world, &request);
        let result = sealed_result(&derived, &world, &answer);
        assert_eq!(result.code, KpasswdCode::INITIAL_FLAG_NEEDED);
        assert_eq!(result.text, "Ticket must be derived from a password");
    }
}

#[test]
fn the_kdc_gives_no_ticket_for_the_service_in_exchange_for_another() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let result = world.tgs(&tgt, body(&changepw_of(&"LAB".into())));
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "TGT BASED NOT ALLOWED");
}

#[test]
fn result_2_for_a_krb_priv_of_another_session_order_or_place() {
    let wrong: [fn(&mut Asking); 4] = [
        |asking| asking.other_key = Some(Key::new(AES256, &[8; 32]).unwrap()),
        |asking| asking.seq_number = Some(SEQUENCE + 1),
        |asking| asking.seq_number = None,
        |asking| asking.sender = "192.0.2.8",
    ];
    for spoil in wrong {
        let mut asking = change("second");
        spoil(&mut asking);
        let expected = (2, "Failed decrypting request".to_owned());
        assert_eq!(ask(&mut World::mit(), "alice@LAB", &asking), expected);
    }
}

#[test]
fn a_sequence_number_of_0_is_left_out_by_mit() {
    let asking = Asking {
        seq_number: None,
        announced: None,
        ..change("second")
    };
    assert_eq!(ask(&mut World::mit(), "alice@LAB", &asking).0, 0);
}

#[test]
fn result_3_in_a_krb_error_for_an_ap_req_that_proves_nothing() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let right = ticket(&mut world, "alice@LAB");
    let mut other_session = right.clone();
    other_session.session = Key::new(AES256, &[8; 32]).unwrap();
    let mut other_client = right.clone();
    other_client.client = principal("carol@LAB");
    let late = Asking {
        time: 301,
        ..change("second")
    };
    let garbage = KpasswdRequest {
        version: KpasswdVersion::Change,
        ap_req: vec![1],
        krb_priv: vec![2],
    };
    let requests = [
        request(&mut world, &tgt, &change("second")),
        request(&mut world, &other_session, &change("second")),
        request(&mut world, &other_client, &change("second")),
        request(&mut world, &right, &late),
        garbage.encode().unwrap(),
    ];
    for request in requests {
        let answer = handle(&mut world, &request);
        let result = refusal(&answer);
        assert_eq!(result.code, KpasswdCode::AUTHERROR);
        assert_eq!(result.text, "Failed reading application request");
        assert!(answer.changed.is_none());
    }
}

#[test]
fn the_same_request_changes_nothing_a_second_time() {
    let mut world = World::mit();
    let ticket = ticket(&mut world, "alice@LAB");
    let first = request(&mut world, &ticket, &change("second"));
    let second = request(&mut world, &ticket, &change("third"));
    assert!(handle(&mut world, &first).changed.is_some());
    assert!(handle(&mut world, &second).changed.is_some());
    assert_eq!(
        refusal(&handle(&mut world, &first)).code,
        KpasswdCode::AUTHERROR
    );
    assert_eq!(world.logon_code("alice@LAB", "third"), None);
}

#[test]
fn what_has_no_frame_of_the_protocol_gets_no_answer() {
    let mut world = World::mit();
    for (request, logged) in [
        (&b""[..], "Message stream modified"),
        (b"abc", "Message stream modified"),
        (b"\x00\x09\x00\x01\x00\x00", "Message stream modified"),
        (b"\x00\x06\x00\x01\x00\x00", "Message stream modified"),
        (
            b"\x00\x06\x00\x09\x00\x00",
            "Requested protocol version not supported",
        ),
    ] {
        let answer = handle(&mut world, request);
        assert_eq!(answer.bytes, None);
        assert!(matches!(answer.outcome, KpasswdOutcome::Dropped(_)));
        assert_eq!(
            answer.outcome.log_lines(),
            [format!("{logged} - while dispatching")]
        );
    }
}

#[test]
fn kadmind_logs_who_changed_what() {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.password.administrators = vec![principal("carol@LAB")];
    });
    let mut log = |client: &str, asking: Asking| {
        let ticket = ticket(&mut world, client);
        let request = request(&mut world, &ticket, &asking);
        handle(&mut world, &request).outcome.log_lines()
    };
    assert_eq!(
        log("alice@LAB", change("")),
        ["chpw request from 192.0.2.7 for alice@LAB: Password is too short"]
    );
    assert_eq!(
        log("alice@LAB", change("second")),
        ["chpw request from 192.0.2.7 for alice@LAB: success"]
    );
    assert_eq!(
        log("carol@LAB", set(Some("bob@LAB"), "second")),
        ["setpw request from 192.0.2.7 by carol@LAB for carol@L: success"]
    );
}

#[test]
fn a_request_to_the_kdc_itself_gets_no_answer() {
    let mut world = World::mit();
    let ticket = ticket(&mut world, "alice@LAB");
    let request = request(&mut world, &ticket, &change("second"));
    let reply = world.send(&request);
    assert_eq!(reply.bytes, None);
    let logged = "Invalid message type - while dispatching";
    assert_eq!(reply.outcome.log_lines(), [logged]);
}
