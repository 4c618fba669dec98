//! Accounts of Active Directory that ask for users.

use kdclab_kdc::{LogonHours, NewAccount};

use super::*;

/// LAB with the accounts svc and chris, and a ticket-granting ticket of svc.
fn with_accounts() -> (World, Credential) {
    let mut world = World::active_directory();
    for name in ["svc", "chris"] {
        let account = NewAccount {
            sam_account_name: name,
            password: Some(PASSWORD),
            ..NewAccount::default()
        };
        let database = world.kdc.realm(&"LAB".into()).unwrap();
        let changed = database.add_account(&account, keys(), &mut world.rng);
        world.kdc = world.kdc.with_realm(changed.unwrap());
    }
    let tgt = world.tgt("svc@LAB");
    (world, tgt)
}

fn with_service_name(world: &mut World) {
    let name = PrincipalName::new(NameType::SRV_INST, ["HTTP", "svc.lab"]);
    let database = world.database("LAB");
    let changed = database.add_service_principal_name(&principal("svc@LAB"), &name);
    world.kdc = world.kdc.with_realm(changed.unwrap());
}

/// docs/samba.md; a client that asks for such a ticket for itself is told 27.
#[test]
fn section_3_2_5_1_1_an_account_without_a_service_name_is_7() {
    let (mut world, tgt) = with_accounts();
    let asked = |world: &mut World| {
        let padata = vec![for_user("chris@LAB", &tgt.session)];
        ask(world, &tgt, body(&principal("svc@LAB")), padata)
    };
    let error = asked(&mut world).unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN);
    with_service_name(&mut world);
    let credential = asked(&mut world).unwrap();
    assert_eq!(credential.client, principal("chris@LAB"));
}

#[test]
fn section_2_2_2_logon_hours_count_where_the_service_says_so() {
    let (mut world, tgt) = with_accounts();
    with_service_name(&mut world);
    let change = |account: &mut kdclab_kdc::Account| account.logon_hours = Some(LogonHours::NEVER);
    let database = world.database("LAB");
    let changed = database.update_account(&principal("chris@LAB"), change);
    world.kdc = world.kdc.with_realm(changed.unwrap());
    let options = S4uOptions::USE_REPLY_KEY_USAGE;
    let mut asked = |options| {
        let id = S4uUserId {
            options: Some(options),
            ..user_id("chris@LAB")
        };
        let padata = vec![x509_user(id, &tgt.session)];
        ask(&mut world, &tgt, body(&principal("svc@LAB")), padata)
    };
    assert!(asked(options).is_ok());
    let error = asked(options | S4uOptions::CHECK_LOGON_HOURS).unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_CLIENT_REVOKED);
}
