//! Where Active Directory answers otherwise than MIT, by subject.

use kdclab_kdc::{
    Database, NewAccount, PrincipalEntry, UserAccountControl, parse_service_principal_name,
};
use kdclab_proto::messages::{KdcOptions, KdcReqBody, KerbErrorData, KrbError};
use kdclab_proto::{ErrorCode, Key, Principal, PrincipalName};

use crate::common::*;

mod accounts;
mod refusals;
mod service_principal_names;
mod trusts;

const SERVICE: &str = "host/web.lab@LAB";
const UNKNOWN_SERVICE: ErrorCode = ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN;

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

fn spn(text: &str) -> PrincipalName {
    parse_service_principal_name(text).expect("a servicePrincipalName")
}

/// Puts what `act` makes of the realm in its place.
fn administer(world: &mut World, realm: &str, act: impl FnOnce(&Database) -> Database) {
    world.kdc = world.kdc.with_realm(act(world.database(realm)));
}

/// Adds an account whose names are `spns`: a user with the password of all, or a computer with random keys.
fn add_account(world: &mut World, account: &str, spns: &[&str]) {
    add_account_with(world, account, spns, |new| new);
}

fn add_account_with<'a>(
    world: &mut World,
    account: &'a str,
    spns: &[&str],
    change: impl FnOnce(NewAccount<'a>) -> NewAccount<'a>,
) {
    let (name, realm) = account.split_once('@').expect("an account of a realm");
    let names: Vec<PrincipalName> = spns.iter().map(|text| spn(text)).collect();
    let new = change(NewAccount {
        sam_account_name: name,
        password: (!name.ends_with('$')).then_some(PASSWORD),
        ..NewAccount::default()
    });
    let new = NewAccount {
        service_principal_names: &names,
        ..new
    };
    let changed = world
        .kdc
        .realm(&realm.into())
        .expect("a realm served here")
        .add_account(&new, keys(), &mut world.rng)
        .expect("a new account");
    world.kdc = world.kdc.with_realm(changed);
}

fn set_control(world: &mut World, account: &str, control: UserAccountControl) {
    let name = principal(account);
    let realm = name.realm.to_string();
    administer(world, &realm, |database| {
        database.set_user_account_control(&name, control).unwrap()
    });
}

fn entry<'a>(world: &'a World, account: &str) -> &'a PrincipalEntry {
    let name = principal(account);
    let database = world.kdc.realm(&name.realm).expect("a realm served here");
    database.lookup(&name).expect("an account")
}

/// The AES key of an account.
fn key_of(world: &World, account: &str) -> Key {
    let key = entry(world, account).newest_key(AES256).expect("a key");
    key.key.clone()
}

/// An AS exchange under the name `asked`, with the key of `account`.
fn logon_as(world: &mut World, asked: &Principal, account: &str) -> Result<Credential, Refused> {
    let key = key_of(world, account);
    let tgs = Principal::krbtgt(&asked.realm, &asked.realm);
    world.logon_with(asked, &key, body(&tgs), vec![])
}

fn code<T: std::fmt::Debug>(result: &Result<T, Refused>) -> Option<ErrorCode> {
    result.as_ref().err().map(|error| error.error_code)
}

/// A body as Windows sends it: with the option to be referred.
fn canonical(service: &Principal) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::CANONICALIZE,
        ..body(service)
    }
}

/// The code that a TGS-REQ is answered with, and the log; no code for a ticket.
fn asked(world: &mut World, tgt: &Credential, body: KdcReqBody) -> (Option<ErrorCode>, String) {
    let present = world.present(tgt);
    let request = tgs_req(tgt, &present, body, &mut world.rng);
    let outcome = world.send(&request).outcome;
    (outcome.error_code(), outcome.log_lines().join("\n"))
}

/// The key version and type that a ticket names, and whether the account's key opens it.
fn is_sealed_for(world: &World, credential: &Credential, account: &str) -> bool {
    let sealed = &credential.ticket.enc_part;
    let key = entry(world, account).newest_key(sealed.etype);
    key.is_some_and(|key| {
        key.key
            .decrypt(kdclab_proto::KeyUsage::TICKET, &sealed.cipher)
            .is_ok()
    })
}
