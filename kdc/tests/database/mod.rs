//! Administrative acts: each returns a new snapshot and leaves the old one as it was.

use kdclab_kdc::{
    Database, DatabaseError, Dialect, LongTermKey, PasswordKeys, PrincipalEntry, RealmPolicy,
};
use kdclab_proto::crypto::{Salt, StringToKeyError};
use kdclab_proto::{Key, KeyCache};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::common::*;

fn empty() -> Database {
    Database::new("LAB", RealmPolicy::default())
}

fn entry(name: &str) -> PrincipalEntry {
    PrincipalEntry::new(principal(name))
}

#[test]
fn an_act_leaves_the_old_snapshot_as_it_was() {
    let before = empty().insert(entry("alice@LAB")).unwrap();
    let alice = principal("alice@LAB");
    let changed = before
        .update(&alice, |entry| entry.expiration = Some(START))
        .unwrap();
    let removed = changed.remove(&alice).unwrap();
    assert_eq!(before.lookup(&alice).unwrap().expiration, None);
    assert_eq!(changed.lookup(&alice).unwrap().expiration, Some(START));
    assert!(removed.lookup(&alice).is_none());
    assert_eq!((before.len(), changed.len(), removed.len()), (1, 1, 0));
}

#[test]
fn unchanged_entries_are_shared_between_snapshots() {
    let bob = principal("bob@LAB");
    let before = empty()
        .insert_all([entry("alice@LAB"), entry("bob@LAB")])
        .unwrap();
    let after = before
        .update(&principal("alice@LAB"), |entry| {
            entry.expiration = Some(START)
        })
        .unwrap();
    let (old, new) = (before.lookup(&bob).unwrap(), after.lookup(&bob).unwrap());
    assert!(std::ptr::eq(old, new));
    let alice = principal("alice@LAB");
    let (old, new) = (
        before.lookup(&alice).unwrap(),
        after.lookup(&alice).unwrap(),
    );
    assert!(!std::ptr::eq(old, new));
}

#[test]
fn a_name_leads_to_one_entry_only() {
    let mut aliased = entry("alice@LAB");
    aliased.aliases = vec![principal("al@LAB")];
    let database = empty().insert(aliased).unwrap();
    for name in ["alice@LAB", "al@LAB"] {
        let taken = database.insert(entry(name)).unwrap_err();
        assert_eq!(taken, DatabaseError::NameTaken(principal(name)));
    }
    let mut second = entry("bob@LAB");
    second.aliases = vec![principal("al@LAB")];
    assert!(database.insert(second).is_err());
    assert!(database.insert(entry("bob@LAB")).is_ok());
}

#[test]
fn aliases_come_and_go_with_their_entry() {
    let (alice, al) = (principal("alice@LAB"), principal("al@LAB"));
    let database = empty().insert(entry("alice@LAB")).unwrap();
    let database = database
        .update(&alice, |entry| entry.aliases = vec![al.clone()])
        .unwrap();
    assert_eq!(database.lookup(&al).unwrap().principal(), &alice);
    let without = database.update(&al, |entry| entry.aliases.clear()).unwrap();
    assert!(without.lookup(&al).is_none());
    let removed = database.remove(&al).unwrap();
    assert!(removed.lookup(&al).is_none());
    assert!(removed.insert(entry("al@LAB")).is_ok());
}

#[test]
fn what_does_not_exist_cannot_be_changed() {
    let nobody = principal("nobody@LAB");
    let unknown = DatabaseError::Unknown(nobody.clone());
    assert_eq!(empty().update(&nobody, |_| ()).unwrap_err(), unknown);
    assert_eq!(empty().remove(&nobody).unwrap_err(), unknown);
    assert_eq!(
        empty().rename(&nobody, nobody.clone()).unwrap_err(),
        unknown
    );
}

#[test]
fn a_renamed_principal_keeps_id_keys_and_salt() {
    let mut world = World::mit();
    let (alice, anne) = (principal("alice@LAB"), principal("anne@LAB"));
    let before = world.database("LAB").clone();
    let after = before.rename(&alice, anne.clone()).unwrap();
    let (old, new) = (before.lookup(&alice).unwrap(), after.lookup(&anne).unwrap());
    assert_eq!(old.id(), new.id());
    assert!(after.lookup(&alice).is_none());
    let key = world.key_of_user(&alice, PASSWORD);
    world.kdc = world.kdc.with_realm(after);
    assert!(
        world
            .logon_with(&anne, &key, body(&krbtgt("LAB")), vec![])
            .is_ok()
    );
    let rejected = world.key_of_user(&anne, PASSWORD);
    assert!(
        world
            .logon_with(&anne, &rejected, body(&krbtgt("LAB")), vec![])
            .is_err()
    );
}

#[test]
fn ids_are_never_given_twice() {
    let database = empty().insert(entry("alice@LAB")).unwrap();
    let alice = principal("alice@LAB");
    let id = database.lookup(&alice).unwrap().id();
    let database = database.remove(&alice).unwrap();
    let database = database.insert(entry("alice@LAB")).unwrap();
    assert_ne!(database.lookup(&alice).unwrap().id(), id);
}

#[test]
fn one_change_among_many_principals_is_no_copy() {
    let names = (0..20_000).map(|index| entry(&format!("user{index}@LAB")));
    let mut database = empty().insert_all(names).unwrap();
    let user = principal("user777@LAB");
    // Copying would make this 400 million entries.
    for _ in 0..20_000 {
        database = database
            .update(&user, |entry| entry.expiration = Some(START))
            .unwrap();
    }
    assert_eq!(database.len(), 20_000);
}

fn key(seed: u64) -> LongTermKey {
    Key::generate(AES256, &mut ChaCha12Rng::seed_from_u64(seed))
        .unwrap()
        .into()
}

#[test]
fn old_key_versions_stay_or_go_on_purpose() {
    let kvnos = |entry: &PrincipalEntry| -> Vec<u32> {
        entry.key_sets().iter().map(|set| set.kvno).collect()
    };
    let mut entry = entry("host/x@LAB");
    assert_eq!(entry.kvno(), 0);
    assert_eq!(entry.set_keys(vec![key(1)], false), 1);
    assert_eq!(entry.set_keys(vec![key(2)], true), 2);
    assert_eq!(kvnos(&entry), [2, 1]);
    entry.set_keys_of_version(7, vec![key(3)], true);
    entry.set_keys_of_version(4, vec![key(4)], true);
    assert_eq!(kvnos(&entry), [7, 4, 2, 1]);
    assert_eq!(entry.set_keys(vec![key(5)], false), 8);
    assert_eq!(kvnos(&entry), [8]);
    entry.set_keys(vec![key(6)], true);
    entry.set_keys(vec![key(7)], true);
    entry.purge_keys(2);
    assert_eq!(kvnos(&entry), [10, 9]);
    entry.purge_keys(1);
    assert_eq!(kvnos(&entry), [10]);
}

#[test]
fn a_password_gives_a_key_of_each_type_with_its_salt_and_parameters() {
    let cache = KeyCache::default();
    let mut entry = entry("alice@LAB");
    let iterations = [0, 0, 0, 10];
    let password = PasswordKeys {
        password: PASSWORD,
        enctypes: &[AES256, RC4],
        salt: &Salt::Literal(b"salt".to_vec()),
        s2kparams: Some(&iterations),
    };
    let one_type = PasswordKeys {
        enctypes: &[AES128],
        ..password
    };
    assert_eq!(entry.set_password(&one_type, &cache, false), Ok(1));
    let made = &entry.key_sets()[0].keys[0];
    let expected = Key::from_password(AES128, PASSWORD, b"salt", Some(&iterations)).unwrap();
    assert_eq!(made.key.expose_bytes(), expected.expose_bytes());
    assert_eq!(made.salt.as_deref(), Some(&b"salt"[..]));
    assert_eq!(made.s2kparams.as_deref(), Some(&iterations[..]));
    let bad = PasswordKeys {
        enctypes: &[AES128, kdclab_proto::Enctype(99)],
        ..password
    };
    assert!(matches!(
        entry.set_password(&bad, &cache, false),
        Err(StringToKeyError::UnsupportedEnctype(_))
    ));
    assert_eq!(entry.kvno(), 1, "nothing changes on failure");
}

#[test]
fn the_key_cache_tells_every_question_apart() {
    let cache = KeyCache::default();
    let ask = |enctype, password, salt: &[u8], params| {
        let key = cache.key(enctype, password, salt, params).unwrap();
        key.expose_bytes().to_vec()
    };
    let few: Option<&[u8]> = Some(&[0, 0, 0, 1]);
    let first = ask(AES256, "a", b"b", few);
    assert_eq!(cache.len(), 1);
    assert_eq!(ask(AES256, "a", b"b", few), first);
    assert_eq!(cache.len(), 1);
    let other: Option<&[u8]> = Some(&[0, 0, 0, 2]);
    for different in [
        ask(AES256, "ab", b"", few),
        ask(AES256, "a", b"bb", few),
        ask(AES256, "a", b"b", other),
        ask(AES128, "a", b"b", few),
    ] {
        assert_ne!(different, first);
    }
    assert_eq!(cache.len(), 5);
    assert_eq!(format!("{cache:?}"), "KeyCache(5 keys)");
}

#[test]
fn a_created_realm_has_the_principals_it_cannot_do_without() {
    let database = database("LAB", Dialect::Mit);
    assert!(database.lookup(&krbtgt("LAB")).is_some());
    let changepw = database.lookup(&principal("kadmin/changepw@LAB")).unwrap();
    assert_eq!(
        changepw.attributes.to_string(),
        "DISALLOW_TGT_BASED PWCHANGE_SERVICE"
    );
    assert!(database.lookup(&krbtgt("OTHER")).is_none());
}
