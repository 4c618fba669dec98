//! S002-2: accounts that lock after failed logons, as MIT's database does it.

use std::time::Duration;

use kdclab_kdc::{KdcError, LockedUntil, LockoutPolicy};
use kdclab_proto::{ErrorCode, KerberosTime};

use crate::common::*;

const FAILED: Option<ErrorCode> = Some(ErrorCode::KDC_ERR_PREAUTH_FAILED);
const REVOKED: Option<ErrorCode> = Some(ErrorCode::KDC_ERR_CLIENT_REVOKED);

fn locking(interval: u64, duration: u64) -> World {
    let mut world = World::mit();
    world.edit("alice@LAB", |entry| {
        entry.lockout = LockoutPolicy {
            max_failures: 3,
            failure_count_interval: Duration::from_secs(interval),
            lockout_duration: Duration::from_secs(duration),
        };
    });
    world
}

fn fail(world: &mut World, times: usize) {
    for _ in 0..times {
        assert_eq!(world.logon_code("alice@LAB", "wrong"), FAILED);
    }
}

#[test]
fn three_failures_lock_and_the_right_password_opens_after_the_duration() {
    let mut world = locking(0, 600);
    fail(&mut world, 3);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
    assert_eq!(world.logon_code("alice@LAB", "wrong"), REVOKED);
    world.advance(599);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
    world.advance(1);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn two_failures_do_not_lock() {
    let mut world = locking(0, 600);
    fail(&mut world, 2);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
    // The success starts the count anew.
    fail(&mut world, 2);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn the_lock_names_its_numbers_and_its_end() {
    let mut world = locking(0, 600);
    fail(&mut world, 3);
    let alice = principal("alice@LAB");
    let reply = world.send(&as_req(&alice, body(&krbtgt("LAB")), vec![]));
    assert_eq!(
        reply.outcome.exchange().unwrap().result,
        Err(KdcError::ClientLockedOut {
            failures: 3,
            max_failures: 3,
            until: LockedUntil::Time(START.saturating_add(600)),
        })
    );
    assert!(reply.outcome.log_lines()[0].contains(": LOCKED_OUT: alice@LAB for "));
}

#[test]
fn after_the_duration_one_more_failure_locks_again() {
    let mut world = locking(0, 600);
    fail(&mut world, 3);
    world.advance(600);
    fail(&mut world, 1);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
}

#[test]
fn failures_far_enough_apart_do_not_add_up() {
    let mut world = locking(100, 600);
    fail(&mut world, 2);
    world.advance(101);
    fail(&mut world, 2);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
    let mut world = locking(100, 600);
    fail(&mut world, 2);
    world.advance(100);
    fail(&mut world, 1);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
}

#[test]
fn without_a_duration_only_an_administrator_unlocks() {
    let mut world = locking(0, 0);
    fail(&mut world, 3);
    world.advance(1_000_000);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
    let now = world.now;
    world.edit("alice@LAB", |entry| entry.unlocked_at = Some(now));
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn an_unlocked_account_locks_again_after_as_many_failures() {
    let mut world = locking(0, 0);
    fail(&mut world, 3);
    world.advance(10);
    let now = world.now;
    world.edit("alice@LAB", |entry| entry.unlocked_at = Some(now));
    world.advance(10);
    fail(&mut world, 2);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
    fail(&mut world, 3);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
}

#[test]
fn another_password_does_not_unlock() {
    let mut world = locking(0, 600);
    fail(&mut world, 3);
    world.edit("alice@LAB", |entry| {
        let password = kdclab_kdc::PasswordKeys {
            password: "battery staple",
            enctypes: &[AES256],
            salt: &kdclab_proto::crypto::Salt::Normal,
            s2kparams: None,
        };
        entry.set_password(&password, keys(), false).unwrap();
    });
    assert_eq!(world.logon_code("alice@LAB", "battery staple"), REVOKED);
}

#[test]
fn skew_and_missing_preauthentication_do_not_count() {
    let mut world = locking(0, 600);
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, PASSWORD);
    for offset in 301..311 {
        let time: KerberosTime = world.now.saturating_add(offset);
        let stamp = enc_timestamp(&key, time, &mut world.rng);
        let reply = world.send(&as_req(&alice, body(&krbtgt("LAB")), vec![stamp]));
        let code = reply.outcome.error_code();
        assert_eq!(code, Some(ErrorCode::KRB_AP_ERR_SKEW));
        let reply = world.send(&as_req(&alice, body(&krbtgt("LAB")), vec![]));
        assert!(reply.bytes.is_some());
    }
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn an_account_without_a_policy_never_locks() {
    let mut world = World::mit();
    fail(&mut world, 50);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn each_kdc_counts_for_itself_and_a_copy_of_the_traffic_goes_its_own_way() {
    let mut world = locking(0, 600);
    fail(&mut world, 2);
    let copy = world.traffic.clone();
    fail(&mut world, 1);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
    world.traffic = copy;
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn the_count_survives_changes_to_the_entry_and_not_its_removal() {
    let mut world = locking(0, 600);
    fail(&mut world, 3);
    world.set("alice@LAB", "+allow_renewable");
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), REVOKED);
    let alice = principal("alice@LAB");
    let database = world.database("LAB");
    let entry = database.lookup(&alice).unwrap().clone();
    let without = database.remove(&alice).unwrap();
    assert_eq!(
        World {
            kdc: world.kdc.with_realm(without.clone()),
            ..World::mit()
        }
        .logon_code("alice@LAB", PASSWORD),
        Some(ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN)
    );
    world.kdc = world.kdc.with_realm(without.insert(entry).unwrap());
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}
