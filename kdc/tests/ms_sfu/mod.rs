//! MS-SFU: a service asks a ticket to itself for a user (S4U2Self). Codes and words are MIT 1.20's.

use kdclab_kdc::{Dialect, TrustKeys, one_way_trust};
use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::{
    KdcOptions, KdcReqBody, PaData, PaForUser, PaS4uX509User, PadataType, S4uOptions, S4uUserId,
    TgsReq, TicketFlags,
};
use kdclab_proto::{ErrorCode, Key, KeyUsage, NameType, Principal, PrincipalName};

use crate::common::*;

mod accounts;

const WEB: &str = "host/web.lab@LAB";

/// A realm whose service host/web.lab has a forwardable ticket-granting ticket.
fn world() -> (World, Credential) {
    logged_on(World::mit())
}

fn logged_on(mut world: World) -> (World, Credential) {
    let web = principal(WEB);
    let key = world.key_of_service(&web, 1);
    let forwardable = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::PROXIABLE,
        ..body(&krbtgt("LAB"))
    };
    let tgt = world.logon_with(&web, &key, forwardable, vec![]).unwrap();
    (world, tgt)
}

fn for_user(user: &str, session: &Key) -> PaData {
    PadataType::FOR_USER.with(PaForUser::new(&principal(user), session).encode())
}

fn user_id(user: &str) -> S4uUserId {
    let user = principal(user);
    S4uUserId {
        nonce: 0x1234_5678,
        cname: Some(user.name),
        crealm: user.realm,
        subject_certificate: None,
        options: Some(S4uOptions::USE_REPLY_KEY_USAGE),
    }
}

fn x509_user(user_id: S4uUserId, key: &Key) -> PaData {
    let usage = KeyUsage::PA_S4U_X509_USER_REQUEST;
    let padata = PaS4uX509User::new(user_id, key, usage, key.checksum_type()).unwrap();
    PadataType::S4U_X509_USER.with(padata.encode())
}

fn ask(
    world: &mut World,
    tgt: &Credential,
    body: KdcReqBody,
    padata: Vec<PaData>,
) -> Result<Credential, Refused> {
    let present = world.present(tgt);
    let bytes = tgs_req(tgt, &present, body, &mut world.rng);
    let mut request = TgsReq::decode(&bytes).unwrap();
    request.0.padata.as_mut().unwrap().extend(padata);
    let reply = world.send(&request.encode()).bytes.unwrap();
    read_tgs_rep(&reply, &tgt.session, KeyUsage::TGS_REP_SESSION_KEY)
}

fn ask_for(user: &str, change: impl FnOnce(&mut World)) -> Result<Credential, Refused> {
    let (mut world, tgt) = world();
    change(&mut world);
    let padata = vec![for_user(user, &tgt.session)];
    ask(&mut world, &tgt, forwardable(WEB), padata)
}

fn forwardable(service: &str) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::PROXIABLE,
        ..body(&principal(service))
    }
}

#[test]
fn section_3_2_5_1_2_the_ticket_names_the_user_and_is_for_the_service() {
    let (mut world, tgt) = world();
    let padata = vec![for_user("alice@LAB", &tgt.session)];
    let credential = ask(&mut world, &tgt, body(&principal(WEB)), padata).unwrap();
    assert_eq!(credential.client, principal("alice@LAB"));
    let part = world.open(&credential.ticket);
    assert_eq!(part.client(), principal("alice@LAB"));
    assert_eq!(part.authtime, tgt.part.authtime);
    assert_eq!(credential.ticket.server(), principal(WEB));
    assert_eq!(credential.reply.padata, None);
}

#[test]
fn section_3_2_5_1_1_a_user_that_does_not_exist_is_6() {
    let result = ask_for("nobody@LAB", |_| {});
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
        "UNKNOWN_S4U2SELF_PRINCIPAL",
    );
    assert_eq!(result.unwrap_err().cname, Some(principal(WEB).name));
}

#[test]
fn section_3_2_5_1_1_a_user_of_another_realm_is_12() {
    let result = ask_for("alice@ELSEWHERE", |_| {});
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_POLICY,
        "S4U2SELF_CLIENT_NOT_OURS",
    );
}

#[test]
fn section_3_2_5_1_1_only_for_the_service_that_asks() {
    let (mut world, tgt) = world();
    let padata = || vec![for_user("alice@LAB", &tgt.session)];
    let result = ask(&mut world, &tgt, body(&principal("carol@LAB")), padata());
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_BADMATCH,
        "INVALID_S4U2SELF_REQUEST_SERVER_MISMATCH",
    );
    world.edit(WEB, |entry| {
        entry.aliases = vec![principal("host/alias.lab@LAB")];
    });
    let alias = body(&principal("host/alias.lab@LAB"));
    ask(&mut world, &tgt, alias, padata()).expect("an alias is the same service");
}

#[test]
fn section_2_2_1_the_checksum_covers_name_realm_and_package() {
    type Change = fn(&mut PaForUser);
    let changes: [Change; 4] = [
        |padata| padata.user_name = principal("carol@LAB").name,
        |padata| padata.user_name.name_type = NameType::SRV_INST,
        |padata| padata.user_realm = "LAC".into(),
        |padata| padata.auth_package = "Kerberoz".into(),
    ];
    for change in changes {
        let (mut world, tgt) = world();
        let mut padata = PaForUser::new(&principal("alice@LAB"), &tgt.session);
        change(&mut padata);
        let padata = PadataType::FOR_USER.with(padata.encode());
        let result = ask(&mut world, &tgt, body(&principal(WEB)), vec![padata]);
        assert_refused(
            &result,
            ErrorCode::KRB_AP_ERR_MODIFIED,
            "INVALID_S4U2SELF_CHECKSUM",
        );
    }
}

#[test]
fn section_2_2_1_the_checksum_is_made_with_the_session_key_of_the_ticket() {
    let (mut world, tgt) = world();
    let other = Key::generate(AES256, &mut world.rng).unwrap();
    let padata = vec![for_user("alice@LAB", &other)];
    let result = ask(&mut world, &tgt, body(&principal(WEB)), padata);
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_MODIFIED,
        "INVALID_S4U2SELF_CHECKSUM",
    );
}

#[test]
fn section_2_2_1_an_unkeyed_checksum_is_50() {
    let (mut world, tgt) = world();
    let mut padata = PaForUser::new(&principal("alice@LAB"), &tgt.session);
    padata.cksum.cksumtype = ChecksumType::RSA_MD5;
    let padata = PadataType::FOR_USER.with(padata.encode());
    let result = ask(&mut world, &tgt, body(&principal(WEB)), vec![padata]);
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
        "INVALID_S4U2SELF_CHECKSUM",
    );
}

#[test]
fn malformed_padata_is_60() {
    for (padata_type, e_text) in [
        (PadataType::FOR_USER, "DECODE_PA_FOR_USER"),
        (PadataType::S4U_X509_USER, "DECODE_PA_S4U_X509_USER"),
    ] {
        for value in [&b""[..], b"\x30\x00", b"\x30\x02\xa0\x00", b"\xff\xff"] {
            let (mut world, tgt) = world();
            let padata = vec![padata_type.with(value.to_vec())];
            let result = ask(&mut world, &tgt, body(&principal(WEB)), padata);
            assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, e_text);
        }
    }
}

#[test]
fn section_3_2_5_1_2_forwardable_with_the_right_or_without_a_list_of_services() {
    let has_flag = |result: Result<Credential, Refused>| {
        let credential = result.expect("a ticket in every case");
        credential.part.flags.contains(TicketFlags::FORWARDABLE)
    };
    let confine = |world: &mut World| {
        world.edit(WEB, |entry| {
            entry.allowed_to_delegate_to = vec![principal("carol@LAB")];
        });
    };
    assert!(has_flag(ask_for("alice@LAB", |_| {})));
    assert!(!has_flag(ask_for("alice@LAB", confine)));
    assert!(has_flag(ask_for("alice@LAB", |world| {
        confine(world);
        world.set(WEB, "+ok_to_auth_as_delegate");
    })));
    assert!(!has_flag(ask_for("alice@LAB", |world| {
        world.set(WEB, "+ok_to_auth_as_delegate");
        world.set("alice@LAB", "-allow_forwardable");
    })));
}

#[test]
fn a_user_who_may_not_be_proxied_is_not() {
    let has_flag = |result: Result<Credential, Refused>| {
        let credential = result.expect("a ticket in every case");
        credential.part.flags.contains(TicketFlags::PROXIABLE)
    };
    assert!(has_flag(ask_for("alice@LAB", |_| {})));
    assert!(!has_flag(ask_for("alice@LAB", |world| {
        world.set("alice@LAB", "-allow_proxiable");
    })));
}

#[test]
fn the_state_of_the_users_account_counts_but_not_the_age_of_the_password() {
    let past = START.saturating_add(-HOUR);
    let result = ask_for("alice@LAB", |world| world.set("alice@LAB", "-allow_tix"));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_CLIENT_REVOKED,
        "CLIENT LOCKED OUT",
    );
    let result = ask_for("alice@LAB", |world| {
        world.edit("alice@LAB", |entry| entry.expiration = Some(past));
    });
    assert_refused(&result, ErrorCode::KDC_ERR_NAME_EXP, "CLIENT EXPIRED");
    let result = ask_for("alice@LAB", |world| {
        world.edit("alice@LAB", |entry| entry.lockout.max_failures = 1);
        world.logon_code("alice@LAB", "wrong");
    });
    assert_refused(&result, ErrorCode::KDC_ERR_CLIENT_REVOKED, "LOCKED_OUT");
    ask_for("alice@LAB", |world| {
        world.set("alice@LAB", "+needchange");
        world.edit("alice@LAB", |entry| entry.password_expiration = Some(past));
    })
    .expect("nobody types the password");
}

#[test]
fn the_ticket_ends_when_the_users_tickets_do() {
    let credential = ask_for("alice@LAB", |world| {
        let life = std::time::Duration::from_secs(600);
        world.edit("alice@LAB", |entry| entry.max_life = Some(life));
    });
    let part = credential.unwrap().part;
    assert_eq!(part.endtime.seconds_since(START), 600);
}

#[test]
fn options_that_no_initial_ticket_has_are_13() {
    let (mut world, tgt) = world();
    let asked = KdcReqBody {
        kdc_options: KdcOptions::ENC_TKT_IN_SKEY,
        additional_tickets: Some(vec![tgt.ticket.clone()]),
        ..body(&principal(WEB))
    };
    let padata = vec![for_user("alice@LAB", &tgt.session)];
    let result = ask(&mut world, &tgt, asked.clone(), padata);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_BADOPTION,
        "INVALID S4U2SELF OPTIONS",
    );
    ask(&mut world, &tgt, asked, vec![]).expect("user-to-user without a user in between");
}

#[test]
fn section_2_2_2_the_reply_confirms_the_user() {
    for options in [S4uOptions::USE_REPLY_KEY_USAGE, S4uOptions::NONE] {
        let (mut world, tgt) = world();
        let asked = S4uUserId {
            options: Some(options | S4uOptions::CHECK_LOGON_HOURS),
            ..user_id("alice@LAB")
        };
        let padata = vec![x509_user(asked, &tgt.session)];
        let credential = ask(&mut world, &tgt, body(&principal(WEB)), padata).unwrap();
        assert_eq!(credential.client, principal("alice@LAB"));
        let confirmed = credential.reply.padata(PadataType::S4U_X509_USER).unwrap();
        let confirmed = PaS4uX509User::decode(confirmed).unwrap();
        let expected = S4uUserId {
            options: Some(options),
            ..user_id("alice@LAB")
        };
        assert_eq!(confirmed.user_id(), &expected);
        let usage = if options == S4uOptions::NONE {
            KeyUsage::PA_S4U_X509_USER_REQUEST
        } else {
            KeyUsage::PA_S4U_X509_USER_REPLY
        };
        confirmed.verify(&tgt.session, usage).unwrap();
        assert_eq!(credential.part.padata(PadataType::S4U_X509_USER), None);
    }
}

#[test]
fn section_2_2_2_the_nonce_and_the_key_belong_to_the_request() {
    let (mut world, tgt) = world();
    let other = Key::generate(AES256, &mut world.rng).unwrap();
    let stale = S4uUserId {
        nonce: 1,
        ..user_id("alice@LAB")
    };
    for padata in [
        x509_user(stale, &tgt.session),
        x509_user(user_id("alice@LAB"), &other),
    ] {
        let result = ask(&mut world, &tgt, body(&principal(WEB)), vec![padata]);
        assert_refused(
            &result,
            ErrorCode::KRB_AP_ERR_MODIFIED,
            "INVALID_S4U2SELF_CHECKSUM",
        );
    }
}

#[test]
fn section_2_2_2_an_unkeyed_checksum_will_do_under_old_keys_alone() {
    let unkeyed = |key: &Key| {
        let usage = KeyUsage::PA_S4U_X509_USER_REQUEST;
        let id = user_id("alice@LAB");
        let padata = PaS4uX509User::new(id, key, usage, ChecksumType::RSA_MD4).unwrap();
        (
            padata.clone(),
            PadataType::S4U_X509_USER.with(padata.encode()),
        )
    };
    let (mut world, tgt) = world();
    let padata = vec![unkeyed(&tgt.session).1];
    let result = ask(&mut world, &tgt, body(&principal(WEB)), padata);
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
        "INVALID_S4U2SELF_CHECKSUM",
    );

    let rc4 = Key::generate(RC4, &mut world.rng).unwrap();
    let mut old = world.resealed(&tgt, |part| part.key = (&rc4).into());
    old.session = rc4.clone();
    let (asked, padata) = unkeyed(&rc4);
    let credential = ask(&mut world, &old, body(&principal(WEB)), vec![padata]).unwrap();
    let clear = credential.reply.padata(PadataType::S4U_X509_USER).unwrap();
    let clear = PaS4uX509User::decode(clear).unwrap();
    let both = [&asked.checksum.checksum[..], &clear.checksum.checksum].concat();
    let encrypted = credential.part.padata(PadataType::S4U_X509_USER);
    assert_eq!(encrypted, Some(&both[..]));
}

#[test]
fn section_2_2_2_a_user_without_a_name_is_6() {
    for cname in [
        None,
        Some(PrincipalName::new(NameType::UNKNOWN, Vec::<&str>::new())),
    ] {
        let (mut world, tgt) = world();
        let nameless = S4uUserId {
            cname,
            ..user_id("alice@LAB")
        };
        let padata = vec![x509_user(nameless, &tgt.session)];
        let result = ask(&mut world, &tgt, body(&principal(WEB)), padata);
        assert_refused(
            &result,
            ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
            "INVALID_S4U2SELF_REQUEST",
        );
    }
}

#[test]
fn section_2_2_2_it_goes_before_pa_for_user() {
    let (mut world, tgt) = world();
    let padata = vec![
        for_user("carol@LAB", &tgt.session),
        x509_user(user_id("alice@LAB"), &tgt.session),
    ];
    let credential = ask(&mut world, &tgt, body(&principal(WEB)), padata).unwrap();
    assert_eq!(credential.client, principal("alice@LAB"));
}

#[test]
fn an_enterprise_name_is_looked_up_and_active_directory_answers_with_the_account() {
    for (dialect, client) in [
        (Dialect::Mit, r"alice\@corp.example@LAB"),
        (Dialect::ActiveDirectory, "alice@LAB"),
    ] {
        let (mut world, tgt) = logged_on(World::new([database("LAB", dialect)]));
        world.policy("LAB", |policy| {
            policy
                .upn_suffixes
                .insert("corp.example".into(), "LAB".into());
        });
        let upn = PrincipalName::new(NameType::ENTERPRISE, ["alice@corp.example"]).at("LAB");
        let padata = PaForUser::new(&upn, &tgt.session).encode();
        let padata = vec![PadataType::FOR_USER.with(padata)];
        let credential = ask(&mut world, &tgt, body(&principal(WEB)), padata).unwrap();
        assert_eq!(credential.client, principal(client));
    }
}

#[test]
fn nobody_vouches_for_a_user_across_realms() {
    let (lab, remote) = one_way_trust(
        &database("LAB", Dialect::Mit),
        &database("REMOTE", Dialect::Mit),
        &TrustKeys::new("trust"),
        keys(),
    )
    .unwrap();
    let (mut world, tgt) = logged_on(World::new([lab, remote]));
    let remote_tgs = Principal::krbtgt(&"REMOTE".into(), &"LAB".into());
    let cross = world.tgs(&tgt, body(&remote_tgs)).unwrap();
    let padata = vec![for_user("alice@REMOTE", &cross.session)];
    let result = ask(
        &mut world,
        &cross,
        body(&principal("host/web.remote@REMOTE")),
        padata,
    );
    assert_refused(&result, ErrorCode::KDC_ERR_TGT_REVOKED, "S4U2SELF_NO_PAC");
}
