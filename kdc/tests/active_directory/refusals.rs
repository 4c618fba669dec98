//! Refusals and what they say of an account (MS-KILE sections 2.2.1, 2.2.2, 3.3.5.6.3 and 3.3.5.7.1).

use kdclab_kdc::{LockoutPolicy, LogonHours, LongTermKey, UserAccountControl};
use kdclab_proto::messages::{KerbErrorData, KrbError, PadataType};
use kdclab_proto::{ErrorCode, Key};

use super::*;

const REVOKED: ErrorCode = ErrorCode::KDC_ERR_CLIENT_REVOKED;

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

/// An account of LAB called chris, who may log on from now until the hour is over.
fn with_logon_hours() -> World {
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    let mut hours = LogonHours::NEVER;
    // The test begins on a Thursday at midnight.
    hours.set(4, 0, true);
    administer(&mut world, "LAB", |database| {
        let change = |account: &mut kdclab_kdc::Account| account.logon_hours = Some(hours);
        database
            .update_account(&principal("chris@LAB"), change)
            .unwrap()
    });
    world
}

#[test]
fn ms_kile_3_3_5_6_3_outside_logon_hours_is_18() {
    let mut world = with_logon_hours();
    world.advance(3599);
    assert!(world.logon("chris@LAB", body(&krbtgt("LAB"))).is_ok());
    world.advance(1);
    let error = world.logon("chris@LAB", body(&krbtgt("LAB"))).unwrap_err();
    assert_eq!(
        (error.error_code, ntstatus(&error)),
        (REVOKED, Some(0xc000_006f))
    );
}

#[test]
fn ms_kile_3_3_5_7_1_logon_hours_end_a_session_after_twenty_minutes() {
    let mut world = with_logon_hours();
    world.advance(3000);
    let tgt = world.tgt("chris@LAB");
    world.advance(1200);
    assert!(world.service(&tgt, SERVICE).is_ok());
    world.advance(1);
    let error = world.service(&tgt, SERVICE).unwrap_err();
    assert_eq!(
        (error.error_code, ntstatus(&error)),
        (REVOKED, Some(0xc000_006f))
    );
}

#[test]
fn ms_kile_2_2_1_the_status_stands_alone_in_e_data() {
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    let disabled = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::ACCOUNTDISABLE;
    set_control(&mut world, "chris@LAB", disabled);
    let error = world.logon("chris@LAB", body(&krbtgt("LAB"))).unwrap_err();
    assert_eq!(error.error_code, REVOKED);
    let kerb_ext_error = [0x72, 0, 0, 0xc0, 0, 0, 0, 0, 1, 0, 0, 0];
    let e_data = [
        &[0x30, 0x15, 0xa1, 3, 2, 1, 3, 0xa2, 0x0e, 0x04, 0x0c][..],
        &kerb_ext_error,
    ];
    assert_eq!(error.e_data, Some(e_data.concat()));
    set_control(&mut world, "chris@LAB", UserAccountControl::NORMAL_ACCOUNT);
    assert!(world.logon("chris@LAB", body(&krbtgt("LAB"))).is_ok());
}

#[test]
fn ms_kile_3_3_5_6_3_a_password_that_must_change_is_23_of_its_own() {
    let mut world = World::active_directory();
    world.set("alice@LAB", "+needchange");
    let error = logon(&mut world, PASSWORD).unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_KEY_EXPIRED);
    assert_eq!(ntstatus(&error), Some(0xc000_0224));
}

#[test]
fn ms_adts_2_2_16_a_password_that_never_expires_does_not() {
    let past = START.saturating_add(-1);
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    world.edit("chris@LAB", |entry| entry.password_expiration = Some(past));
    let result = world.logon("chris@LAB", body(&krbtgt("LAB")));
    assert_eq!(code(&result), Some(ErrorCode::KDC_ERR_KEY_EXPIRED));
    let never = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::DONT_EXPIRE_PASSWORD;
    set_control(&mut world, "chris@LAB", never);
    assert!(world.logon("chris@LAB", body(&krbtgt("LAB"))).is_ok());
}

#[test]
fn ms_adts_3_1_1_4_5_17_locked_and_expired_are_computed() {
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    world.edit("chris@LAB", |entry| {
        entry.lockout.max_failures = 1;
        entry.password_expiration = Some(START.saturating_add(10));
    });
    let computed = |world: &World| {
        let entry = entry(world, "chris@LAB");
        let history = world.traffic.logons(&"LAB".into(), entry.id());
        entry.computed_account_control(&history, world.now)
    };
    assert_eq!(computed(&world), UserAccountControl::NONE);
    world.logon_code("chris@LAB", "wrong");
    assert_eq!(computed(&world), UserAccountControl::LOCKOUT);
    world.advance(11);
    assert_eq!(computed(&world), UserAccountControl::COMPUTED);
    let stored = entry(&world, "chris@LAB").user_account_control();
    assert_eq!(stored, UserAccountControl::NORMAL_ACCOUNT);
}

#[test]
fn s004_d2_a_wrong_clock_is_37_with_skew_recovery() {
    let mut world = World::active_directory();
    let tgt = world.tgt("alice@LAB");
    let skewed = |mut world: World, apart: i64| {
        let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
        let stamp = enc_timestamp(&key, world.now.saturating_add(apart), &mut world.rng);
        let request = as_req(&principal("alice@LAB"), body(&krbtgt("LAB")), vec![stamp]);
        world.send(&request).bytes.unwrap()
    };
    let error = KrbError::decode(&skewed(world.clone_of(), 310)).unwrap();
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_SKEW);
    assert_eq!(error.e_data, Some(vec![0x30, 5, 0xa1, 3, 2, 1, 2]));
    assert!(KrbError::decode(&skewed(world.clone_of(), 290)).is_err());

    let mut present = world.present(&tgt);
    present.time = world.now.saturating_add(-310);
    let result = world.tgs_with(&tgt, &present, body(&principal(SERVICE)));
    let data = KerbErrorData::decode(result.unwrap_err().e_data.as_deref().unwrap()).unwrap();
    assert_eq!(data, KerbErrorData::skew_recovery());

    let mit = skewed(World::mit(), 310);
    assert_eq!(KrbError::decode(&mit).unwrap().e_data, None);
}
