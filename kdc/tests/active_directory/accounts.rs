//! Accounts: names to log on with, userAccountControl, types of key, and what administrators change (MS-KILE sections
//! 3.3.5.6 and 3.3.5.7, MS-ADTS section 2.2.16).

use kdclab_kdc::{
    AccountError, DatabaseError, PasswordKeys, SupportedEncryptionTypes, UserAccountControl,
};
use kdclab_proto::messages::{
    EtypeInfo2, KdcOptions, KdcReqBody, KrbError, PadataType, TicketFlags,
};
use kdclab_proto::{Enctype, ErrorCode, NameType, Principal, PrincipalName, Realm};

use super::*;

const UNKNOWN_CLIENT: ErrorCode = ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN;

fn enterprise(name: &str) -> Principal {
    PrincipalName::new(NameType::ENTERPRISE, [name]).at("LAB")
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
fn ms_kile_3_3_5_6_1_a_computer_logs_on_with_its_dollar_and_without() {
    let mut world = World::active_directory();
    add_account(&mut world, "DESK$@LAB", &[]);
    for name in ["DESK$@LAB", "desk$@LAB", "desk@LAB"] {
        let credential = logon_as(&mut world, &principal(name), "DESK$@LAB").unwrap();
        assert_eq!(credential.client, principal(name));
    }
    // A dollar is put behind a name, and not taken away.
    let result = logon_as(&mut world, &principal("alice$@LAB"), "alice@LAB");
    assert_eq!(code(&result), Some(UNKNOWN_CLIENT));
}

#[test]
fn ms_kile_3_3_5_6_1_an_account_has_its_own_name_before_a_computer() {
    let mut world = World::active_directory();
    add_account(&mut world, "desk@LAB", &[]);
    add_account(&mut world, "desk$@LAB", &[]);
    assert!(logon_as(&mut world, &principal("desk@LAB"), "desk@LAB").is_ok());
    let result = logon_as(&mut world, &principal("desk@LAB"), "desk$@LAB");
    assert_eq!(code(&result), Some(ErrorCode::KDC_ERR_PREAUTH_FAILED));
}

#[test]
fn ms_kile_3_3_5_6_1_a_user_logs_on_with_its_upn_and_is_named_by_its_account() {
    let mut world = World::active_directory();
    add_account_with(&mut world, "chris@LAB", &[], |new| NewAccount {
        user_principal_name: Some("c.mueller@corp.example"),
        ..new
    });
    for name in [
        "c.mueller@corp.example",
        "C.Mueller@CORP.example",
        "chris@lab",
    ] {
        let credential = logon_as(&mut world, &enterprise(name), "chris@LAB").unwrap();
        assert_eq!(credential.client, principal("chris@LAB"), "{name}");
    }
    for name in ["c.mueller@lab", "chris@corp.example", "c.mueller"] {
        let result = logon_as(&mut world, &enterprise(name), "chris@LAB");
        assert_eq!(code(&result), Some(UNKNOWN_CLIENT), "{name}");
    }
    administer(&mut world, "LAB", |database| {
        database
            .set_user_principal_name(&principal("chris@LAB"), Some("chris.m@lab"))
            .unwrap()
    });
    let result = logon_as(
        &mut world,
        &enterprise("c.mueller@corp.example"),
        "chris@LAB",
    );
    assert_eq!(code(&result), Some(UNKNOWN_CLIENT));
    // The suffix of the domain may be left out.
    assert!(logon_as(&mut world, &principal("chris.m@LAB"), "chris@LAB").is_ok());
}

#[test]
fn a_upn_belongs_to_one_account() {
    let mut world = World::active_directory();
    add_account(&mut world, "one@LAB", &[]);
    add_account(&mut world, "two@LAB", &[]);
    let set = |world: &World, account: &str| {
        let database = world.database("LAB");
        database.set_user_principal_name(&principal(account), Some("me@corp.example"))
    };
    let changed = set(&world, "one@LAB").unwrap();
    world.kdc = world.kdc.with_realm(changed);
    assert!(matches!(
        set(&world, "two@LAB"),
        Err(DatabaseError::NameTaken(_))
    ));
}

#[test]
fn a_service_principal_name_is_no_name_to_log_on_with() {
    let mut world = World::active_directory();
    add_account(&mut world, "svc@LAB", &["HTTP/web2.lab"]);
    let name = principal("HTTP/web2.lab@LAB");
    assert_eq!(
        code(&logon_as(&mut world, &name, "svc@LAB")),
        Some(UNKNOWN_CLIENT)
    );
    // A UPN of the same text is one.
    administer(&mut world, "LAB", |database| {
        database
            .set_user_principal_name(&principal("svc@LAB"), Some("HTTP/web2.lab@LAB"))
            .unwrap()
    });
    assert!(logon_as(&mut world, &name, "svc@LAB").is_ok());
}

#[test]
fn ms_adts_2_2_16_without_dont_req_preauth_an_account_must_preauthenticate() {
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    let first = |world: &mut World| {
        let request = as_req(&principal("chris@LAB"), body(&krbtgt("LAB")), vec![]);
        world.send(&request).outcome.error_code()
    };
    assert_eq!(first(&mut world), Some(ErrorCode::KDC_ERR_PREAUTH_REQUIRED));
    let control = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::DONT_REQ_PREAUTH;
    set_control(&mut world, "chris@LAB", control);
    assert_eq!(first(&mut world), None);
}

#[test]
fn ms_adts_2_2_16_delegation_is_forbidden_for_users_and_announced_for_services() {
    let mut world = World::active_directory();
    add_account(&mut world, "chris@LAB", &[]);
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    let flags = |world: &mut World| {
        let asked = |service: Principal| KdcReqBody {
            kdc_options: KdcOptions::FORWARDABLE,
            ..body(&service)
        };
        let tgt = world.logon("chris@LAB", asked(krbtgt("LAB"))).unwrap();
        let ticket = world.tgs(&tgt, asked(principal("HTTP/web2.lab@LAB")));
        ticket.unwrap().part.flags
    };
    let usual = flags(&mut world);
    assert!(usual.contains(TicketFlags::FORWARDABLE));
    assert!(!usual.contains(TicketFlags::OK_AS_DELEGATE));

    let trusted = UserAccountControl::WORKSTATION_TRUST_ACCOUNT
        | UserAccountControl::TRUSTED_FOR_DELEGATION
        | UserAccountControl::NOT_DELEGATED;
    set_control(&mut world, "web2$@LAB", trusted);
    let flags_of_trusted = flags(&mut world);
    assert!(flags_of_trusted.contains(TicketFlags::OK_AS_DELEGATE));
    // That the computer itself may not be delegated does not concern its clients.
    assert!(flags_of_trusted.contains(TicketFlags::FORWARDABLE));

    let sensitive = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::NOT_DELEGATED;
    set_control(&mut world, "chris@LAB", sensitive);
    assert!(!flags(&mut world).contains(TicketFlags::FORWARDABLE));
}

/// MIT's requires_preauth is about the clients of a service too.
#[test]
fn what_an_account_must_do_itself_its_clients_need_not() {
    let mut world = World::active_directory();
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    let request = as_req(&principal("carol@LAB"), body(&krbtgt("LAB")), vec![]);
    let reply = world.send(&request).bytes.unwrap();
    let key = world.key_of_user(&principal("carol@LAB"), PASSWORD);
    let tgt = read_as_rep(&reply, &key).unwrap();
    assert!(!tgt.part.flags.contains(TicketFlags::PRE_AUTHENT));
    assert!(world.service(&tgt, "HTTP/web2.lab@LAB").is_ok());
    world.set(SERVICE, "+requires_preauth");
    let result = world.service(&tgt, SERVICE);
    assert_eq!(code(&result), Some(ErrorCode::KRB_ERR_GENERIC));
}

/// The types of the ticket and of the session key, or the code.
fn types(world: &mut World, etype: &[Enctype]) -> Result<(Enctype, Enctype), ErrorCode> {
    let tgt = world.tgt("alice@LAB");
    let asked = KdcReqBody {
        etype: etype.to_vec(),
        ..body(&principal("HTTP/web2.lab@LAB"))
    };
    let credential = world.tgs(&tgt, asked).map_err(|error| error.error_code)?;
    Ok((
        credential.ticket.enc_part.etype,
        credential.session.enctype(),
    ))
}

fn set_types(world: &mut World, types: u32) {
    administer(world, "LAB", |database| {
        let types = SupportedEncryptionTypes::from_bits(types);
        let change = |account: &mut kdclab_kdc::Account| {
            account.supported_encryption_types = Some(types);
        };
        database
            .update_account(&principal("web2$@LAB"), change)
            .unwrap()
    });
}

#[test]
fn ms_kile_2_2_7_supported_types_choose_the_ticket_s_key_and_the_session_key() {
    const NO_COMMON_TYPE: Result<(Enctype, Enctype), ErrorCode> =
        Err(ErrorCode::KDC_ERR_ETYPE_NOSUPP);
    let mut world = World::active_directory();
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    let both = [AES256, RC4];
    // Without the attribute RC4 seals, and AES is for the session.
    assert_eq!(types(&mut world, &both), Ok((RC4, AES256)));
    assert_eq!(types(&mut world, &[RC4, AES256]), Ok((RC4, AES256)));
    set_types(&mut world, 0);
    assert_eq!(types(&mut world, &both), Ok((RC4, AES256)));
    set_types(&mut world, 0x1c);
    assert_eq!(types(&mut world, &both), Ok((AES256, AES256)));
    set_types(&mut world, 0x8);
    assert_eq!(types(&mut world, &[AES256]), NO_COMMON_TYPE);
    assert_eq!(types(&mut world, &[AES256, AES128]), Ok((AES128, AES128)));
    // docs/samba.md: 4 with a client of AES and RC4 is 23/23, with one of AES alone 14.
    set_types(&mut world, 0x4);
    assert_eq!(types(&mut world, &[AES256]), NO_COMMON_TYPE);
}

#[test]
fn ms_kile_2_2_7_rc4_alone_is_for_clients_that_know_it() {
    let mut world = World::active_directory();
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    set_types(&mut world, 0x4);
    assert_eq!(types(&mut world, &[AES256, RC4]), Ok((RC4, RC4)));
    world.policy("LAB", |policy| policy.weak_crypto.allow_rc4 = false);
    let refused = Err(ErrorCode::KDC_ERR_ETYPE_NOSUPP);
    assert_eq!(types(&mut world, &[AES256, RC4]), refused);
}

#[test]
fn the_realm_says_what_accounts_support_that_do_not() {
    let mut world = World::active_directory();
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    world.policy("LAB", |policy| {
        policy.default_supported_encryption_types = SupportedEncryptionTypes::from_bits(0x18);
    });
    assert_eq!(types(&mut world, &[AES256]), Ok((AES256, AES256)));
    // Of the supported types the strongest that there is a key of.
    world.edit("web2$@LAB", |entry| {
        let mut keys = entry.key_sets()[0].keys.clone();
        keys.retain(|key| key.key.enctype() != AES256);
        entry.set_keys(keys, false);
    });
    assert_eq!(types(&mut world, &[AES256]), Ok((AES128, AES256)));
    // A type without a key is of no use: Event 16, and 14 for the client.
    let rc4 = PasswordKeys {
        password: PASSWORD,
        enctypes: &[RC4],
        salt: &kdclab_proto::crypto::Salt::Normal,
        s2kparams: None,
    };
    world.edit("web2$@LAB", |entry| {
        entry.set_password(&rc4, keys(), false).unwrap();
    });
    let refused = Err(ErrorCode::KDC_ERR_ETYPE_NOSUPP);
    assert_eq!(types(&mut world, &[AES256]), refused);
}

/// docs/samba.md: of a client the keys count, not the attribute.
#[test]
fn a_client_s_keys_count_and_not_its_supported_types() {
    let mut world = World::active_directory();
    add_account_with(&mut world, "chris@LAB", &[], |new| NewAccount {
        supported_encryption_types: Some(SupportedEncryptionTypes::RC4_HMAC),
        ..new
    });
    assert!(world.logon("chris@LAB", body(&krbtgt("LAB"))).is_ok());
    let des = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::USE_DES_KEY_ONLY;
    set_control(&mut world, "chris@LAB", des);
    let result = world.logon("chris@LAB", body(&krbtgt("LAB")));
    assert_eq!(code(&result), Some(ErrorCode::KDC_ERR_ETYPE_NOSUPP));
}

#[test]
fn a_computer_s_former_key_is_the_computer_s_to_keep() {
    let mut world = World::active_directory();
    add_account(&mut world, "web2$@LAB", &["HTTP/web2.lab"]);
    let tgt = world.tgt("alice@LAB");
    let before = world.service(&tgt, "HTTP/web2.lab@LAB").unwrap();
    assert!(is_sealed_for(&world, &before, "web2$@LAB"));
    let policy = world.database("LAB").policy().clone();
    let mut rng = <rand::rngs::ChaCha12Rng as rand::SeedableRng>::seed_from_u64(9);
    world.edit("web2$@LAB", |entry| {
        let enctypes = &policy.supported_enctypes;
        entry.set_random_keys(enctypes, &mut rng, false).unwrap();
    });
    assert!(!is_sealed_for(&world, &before, "web2$@LAB"));
    assert_eq!(entry(&world, "web2$@LAB").key_sets().len(), 1);
    let after = world.service(&tgt, "HTTP/web2.lab@LAB").unwrap();
    assert_eq!(after.ticket.enc_part.kvno, Some(2));
}

#[test]
fn administrative_acts_leave_the_former_snapshot_as_it_was() {
    let mut world = World::active_directory();
    add_account(&mut world, "svc@LAB", &["HTTP/web2.lab"]);
    let before = world.clone_of();
    let name = principal("svc@LAB");
    administer(&mut world, "LAB", |database| {
        database
            .add_service_principal_name(&name, &spn("HTTP/new.lab"))
            .unwrap()
            .delete_service_principal_name(&name, &spn("http/WEB2.lab"))
            .unwrap()
    });
    let found = |world: &mut World, service: &str| {
        let tgt = world.tgt("alice@LAB");
        world.service(&tgt, service).is_ok()
    };
    for (mut world, old, new) in [(before, true, false), (world.clone_of(), false, true)] {
        assert_eq!(found(&mut world, "HTTP/web2.lab@LAB"), old);
        assert_eq!(found(&mut world, "HTTP/new.lab@LAB"), new);
    }
    let database = world.database("LAB");
    let missing = database.delete_service_principal_name(&name, &spn("HTTP/web2.lab"));
    assert_eq!(
        missing.unwrap_err(),
        AccountError::ServicePrincipalNameMissing(spn("HTTP/web2.lab"))
    );
    let nobody = principal("nobody@LAB");
    let unknown = database.add_service_principal_name(&nobody, &spn("HTTP/web2.lab"));
    assert_eq!(unknown.unwrap_err(), DatabaseError::Unknown(nobody));
}

#[test]
fn a_realm_in_other_letters_serves_tickets_too() {
    let mut world = World::active_directory();
    let tgt = world.tgt("alice@LAB");
    let credential = world.service(&tgt, "host/web.lab@lab").unwrap();
    assert_eq!(credential.ticket.realm, Realm::from("LAB"));
    let other = world.service(&tgt, "host/web.lab@LAB2");
    assert!(code(&other).is_some());
}
