//! Where Active Directory answers otherwise than MIT.

use kdclab_kdc::{
    DatabaseError, Dialect, LockoutPolicy, LongTermKey, PrincipalEntry, TrustKeys,
    add_trust_principal,
};
use kdclab_proto::messages::{EtypeInfo2, KdcReqBody, KerbErrorData, KrbError, PadataType};
use kdclab_proto::{ErrorCode, Key, Realm};

use crate::common::*;

const REVOKED: ErrorCode = ErrorCode::KDC_ERR_CLIENT_REVOKED;
const SERVICE: &str = "host/web.lab@LAB";

fn logon(world: &mut World, password: &str) -> Result<Credential, Refused> {
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, password);
    world.logon_with(&alice, &key, body(&krbtgt("LAB")), vec![])
}

fn ntstatus(error: &KrbError) -> Option<u32> {
    KerbErrorData::decode(error.e_data.as_deref()?)
        .ok()?
        .status()
}

#[test]
fn disabled_expired_and_locked_are_18_and_the_ntstatus_tells_which() {
    let past = START.saturating_add(-1);
    let mut disabled = World::active_directory();
    disabled.set("alice@LAB", "-allow_tix");
    let mut expired = World::active_directory();
    expired.edit("alice@LAB", |entry| entry.expiration = Some(past));
    let mut locked = World::active_directory();
    locked.edit("alice@LAB", |entry| {
        entry.lockout = LockoutPolicy {
            max_failures: 1,
            ..LockoutPolicy::default()
        };
    });
    assert_eq!(
        locked.logon_code("alice@LAB", "wrong"),
        Some(ErrorCode::KDC_ERR_PREAUTH_FAILED)
    );
    for (mut world, status) in [
        (disabled, 0xc000_0072),
        (expired, 0xc000_0193),
        (locked, 0xc000_0234),
    ] {
        for password in [PASSWORD, "wrong"] {
            let error = logon(&mut world, password).unwrap_err();
            assert_eq!(
                (error.error_code, ntstatus(&error)),
                (REVOKED, Some(status))
            );
            assert_eq!(error.e_text, None);
        }
    }
}

#[test]
fn an_expired_password_is_told_only_to_those_who_know_it() {
    let past = START.saturating_add(-1);
    let mut world = World::active_directory();
    world.edit("alice@LAB", |entry| entry.password_expiration = Some(past));
    let error = logon(&mut world, PASSWORD).unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_KEY_EXPIRED);
    assert_eq!(ntstatus(&error), Some(0xc000_0071));
    let error = logon(&mut world, "wrong").unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_PREAUTH_FAILED);
}

#[test]
fn realms_and_names_are_matched_without_case_and_the_realm_answered_in_its_own() {
    let mut world = World::active_directory();
    let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
    let result = world.logon_with(&principal("ALICE@lab"), &key, body(&krbtgt("lab")), vec![]);
    let credential = result.unwrap();
    assert_eq!(credential.client, principal("ALICE@LAB"));
    assert_eq!(credential.ticket.realm, Realm::from("LAB"));
    let mut mit = World::mit();
    let result = mit.logon_with(&principal("ALICE@LAB"), &key, body(&krbtgt("LAB")), vec![]);
    assert_eq!(
        result.unwrap_err().error_code,
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN
    );
}

#[test]
fn a_realm_that_is_not_served_is_68() {
    let mut world = World::active_directory();
    let reply = world.send(&as_req(
        &principal("alice@OTHER"),
        body(&krbtgt("OTHER")),
        vec![],
    ));
    let error = KrbError::decode(&reply.bytes.unwrap()).unwrap();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_WRONG_REALM);
}

#[test]
fn s002_2_a_disabled_client_keeps_its_tgt_for_twenty_minutes() {
    let mut world = World::active_directory();
    let tgt = world.tgt("alice@LAB");
    world.set("alice@LAB", "-allow_tix");
    world.advance(1200);
    assert!(world.service(&tgt, SERVICE).is_ok());
    world.advance(1);
    let error = world.service(&tgt, SERVICE).unwrap_err();
    assert_eq!(
        (error.error_code, ntstatus(&error)),
        (REVOKED, Some(0xc000_0072))
    );
    world.set("alice@LAB", "+allow_tix");
    assert!(world.service(&tgt, SERVICE).is_ok());
}

#[test]
fn s002_8_c_an_account_with_an_rc4_key_only_is_14_for_aes_clients() {
    let rc4_only = |mut world: World| {
        let key = Key::generate(RC4, &mut world.rng).unwrap();
        world.edit("alice@LAB", |entry| {
            entry.set_keys(vec![LongTermKey::from(key)], false);
        });
        let reply = world.send(&as_req(
            &principal("alice@LAB"),
            body(&krbtgt("LAB")),
            vec![],
        ));
        KrbError::decode(&reply.bytes.unwrap()).unwrap()
    };
    let error = rc4_only(World::active_directory());
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_ETYPE_NOSUPP);
    let error = rc4_only(World::mit());
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_PREAUTH_REQUIRED);
    assert_eq!(error.padata(PadataType::ETYPE_INFO2), None);
}

#[test]
fn every_key_the_client_can_use_is_offered() {
    let mut world = World::active_directory();
    let asked = KdcReqBody {
        etype: vec![AES128, AES256, RC4],
        ..body(&krbtgt("LAB"))
    };
    let reply = world.send(&as_req(&principal("alice@LAB"), asked, vec![]));
    let error = KrbError::decode(&reply.bytes.unwrap()).unwrap();
    let info = EtypeInfo2::decode(&error.padata(PadataType::ETYPE_INFO2).unwrap()).unwrap();
    let etypes: Vec<_> = info.0.iter().map(|entry| entry.etype).collect();
    assert_eq!(etypes, [AES128, AES256, RC4]);
}

#[test]
fn a_cross_realm_tgt_that_does_not_decrypt_is_41() {
    let (a, b) = (Realm::from("A"), Realm::from("B"));
    let add = |name: &str, password: &str| {
        let database = database(name, Dialect::ActiveDirectory);
        add_trust_principal(&database, &a, &b, &TrustKeys::new(password), keys()).unwrap()
    };
    let mut world = World::new([add("A", "one"), add("B", "two")]);
    let tgt = world.tgt("alice@A");
    let cross = world.service(&tgt, "krbtgt/B@A").unwrap();
    let error = world.service(&cross, "host/web.b@B").unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_MODIFIED);
}

#[test]
fn a_body_without_checksum_is_accepted_and_one_with_a_wrong_one_is_41() {
    let mut world = World::active_directory();
    let tgt = world.tgt("alice@LAB");
    let mut present = world.present(&tgt);
    present.sum = Sum::Missing;
    assert!(
        world
            .tgs_with(&tgt, &present, body(&principal(SERVICE)))
            .is_ok()
    );
    present.sum = Sum::OverOtherData;
    let error = world
        .tgs_with(&tgt, &present, body(&principal(SERVICE)))
        .unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_MODIFIED);
}

/// The client sees 7, and not 8; the domain controller logs Event 11.
#[test]
fn a_name_that_several_accounts_have_is_7_and_event_11() {
    let spn = || principal("HTTP/web.lab@LAB");
    let asked = |world: &mut World| {
        let tgt = logon(world, PASSWORD).unwrap();
        let present = world.present(&tgt);
        let request = tgs_req(&tgt, &present, body(&spn()), &mut world.rng);
        let outcome = world.send(&request).outcome;
        (outcome.error_code(), outcome.log_lines().join("\n"))
    };
    let mut world = World::active_directory();
    world.edit("alice@LAB", |entry| entry.aliases.push(spn()));
    assert_eq!(asked(&mut world).0, None);

    // Another account's name, in other letters.
    let twin = principal("http/WEB.lab@LAB");
    world.edit(SERVICE, |entry| entry.aliases.push(twin));
    let (code, log) = asked(&mut world);
    assert_eq!(code, Some(ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN));
    let event = "Event 11: There are multiple accounts with name HTTP/web.lab of type DS_SERVICE_PRINCIPAL_NAME";
    assert!(log.contains(event), "{log}");

    world.edit("alice@LAB", |entry| entry.aliases.clear());
    let (code, log) = asked(&mut world);
    assert_eq!(code, None);
    assert!(!log.contains("Event 11"), "{log}");
}

/// MIT's database has no two principals of one name, and Active Directory no two accounts.
#[test]
fn only_names_of_services_may_be_duplicate() {
    let spn = || principal("HTTP/web.lab@LAB");
    for (mut world, alias) in [
        (World::mit(), spn()),
        (World::active_directory(), principal("al@LAB")),
    ] {
        world.edit("alice@LAB", |entry| entry.aliases.push(alias.clone()));
        let twice = world.database("LAB").update(&principal(SERVICE), |entry| {
            entry.aliases.push(alias.clone())
        });
        assert_eq!(twice.unwrap_err(), DatabaseError::NameTaken(alias));
    }
    let world = World::active_directory();
    let same = PrincipalEntry::new(principal(SERVICE));
    let twice = world.database("LAB").insert(same).unwrap_err();
    assert_eq!(twice, DatabaseError::NameTaken(principal(SERVICE)));
}
