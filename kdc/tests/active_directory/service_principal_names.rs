//! servicePrincipalNames: whose key a name gets (MS-DRSR section 4.1.4.2.14, MS-KILE section 3.3.5.1.1; catalogue S003-2
//! and S003-6).

use kdclab_kdc::{DatabaseError, NewAccount, PrincipalEntry, host_service_principal_names};
use kdclab_proto::messages::{KdcOptions, KdcReqBody};
use kdclab_proto::{ErrorCode, NameType};

use super::*;

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

/// The account whose key opens the ticket for a service, if there is a ticket.
fn owner(world: &mut World, service: &str) -> Result<&'static str, ErrorCode> {
    let tgt = world.tgt("alice@LAB");
    let credential = world
        .service(&tgt, service)
        .map_err(|error| error.error_code)?;
    assert_eq!(credential.ticket.server(), principal(service));
    let accounts = ["web2$@LAB", "reports@LAB", "dc1$@LAB"];
    let owner = accounts.iter().find(|account| {
        let name = principal(account);
        world.database("LAB").lookup(&name).is_some() && is_sealed_for(world, &credential, account)
    });
    Ok(owner.expect("the owner among them"))
}

fn with_computer() -> World {
    let mut world = World::active_directory();
    let names = host_service_principal_names("WEB2$", &"LAB".into());
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["HOST/WEB2", "HOST/WEB2.lab"]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    add_account(&mut world, "web2$@LAB", &names);
    add_account(&mut world, "reports@LAB", &[]);
    world
}

fn register(world: &mut World, account: &str, name: &str) {
    administer(world, "LAB", |database| {
        database
            .add_service_principal_name(&principal(account), &spn(name))
            .unwrap()
    });
}

#[test]
fn s003_2_a_class_is_mapped_to_host_where_no_account_has_the_name() {
    let mut world = with_computer();
    for service in [
        "HOST/web2.lab@LAB",
        "host/WEB2@LAB",
        "HTTP/web2.lab@LAB",
        "cifs/web2@LAB",
        "MSDTC/web2.lab@LAB",
    ] {
        assert_eq!(owner(&mut world, service), Ok("web2$@LAB"), "{service}");
    }
    for service in [
        "MSSQLSvc/web2.lab@LAB",
        "HTTP/web3.lab@LAB",
        "ldap/web2@LAB",
    ] {
        assert_eq!(
            owner(&mut world, service),
            Err(UNKNOWN_SERVICE),
            "{service}"
        );
    }
    world.policy("LAB", |policy| {
        policy.spn_mappings.remove("http");
        policy.spn_mappings.insert("ldap".into(), "host".into());
    });
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Err(UNKNOWN_SERVICE));
    assert_eq!(owner(&mut world, "ldap/web2@LAB"), Ok("web2$@LAB"));
}

#[test]
fn s003_2_an_exact_name_on_another_account_goes_before_host() {
    let mut world = with_computer();
    register(&mut world, "reports@LAB", "http/WEB2.lab");
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Ok("reports@LAB"));
    assert_eq!(owner(&mut world, "cifs/web2.lab@LAB"), Ok("web2$@LAB"));
    // The fix: the name leaves the user, with the one of another port in its place.
    administer(&mut world, "LAB", |database| {
        database
            .delete_service_principal_name(&principal("reports@LAB"), &spn("HTTP/web2.lab"))
            .unwrap()
            .add_service_principal_name(&principal("reports@LAB"), &spn("HTTP/web2.lab:81"))
            .unwrap()
    });
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Ok("web2$@LAB"));
    assert_eq!(owner(&mut world, "HTTP/web2.lab:81@LAB"), Ok("reports@LAB"));
    // The port is part of the name, also where the class is mapped.
    assert_eq!(
        owner(&mut world, "HTTP/web2.lab:82@LAB"),
        Err(UNKNOWN_SERVICE)
    );
}

#[test]
fn s003_2_the_name_on_the_computer_as_well_is_a_duplicate() {
    let mut world = with_computer();
    register(&mut world, "reports@LAB", "HTTP/web2.lab");
    register(&mut world, "web2$@LAB", "HTTP/web2.lab");
    let holders = |world: &World, name: &str| {
        world
            .database("LAB")
            .holders_of_service_principal_name(&spn(name))
            .count()
    };
    assert_eq!(holders(&world, "http/web2.LAB"), 2);
    let tgt = world.tgt("alice@LAB");
    let (code, log) = asked(&mut world, &tgt, body(&principal("HTTP/web2.lab@LAB")));
    assert_eq!(code, Some(UNKNOWN_SERVICE));
    assert!(log.contains("Event 11: There are multiple accounts with name HTTP/web2.lab"));
    // The name of the class it would be mapped to is still one computer's.
    assert_eq!(owner(&mut world, "cifs/web2.lab@LAB"), Ok("web2$@LAB"));
    register(&mut world, "reports@LAB", "HOST/web2.lab");
    let (code, log) = asked(&mut world, &tgt, body(&principal("cifs/web2.lab@LAB")));
    assert_eq!(code, Some(UNKNOWN_SERVICE));
    assert!(log.contains("Event 11: There are multiple accounts with name host/web2.lab"));
}

#[test]
fn one_account_has_a_name_once_however_it_is_registered() {
    let mut world = with_computer();
    register(&mut world, "reports@LAB", "HTTP/web2.lab");
    register(&mut world, "reports@LAB", "http/WEB2.LAB");
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Ok("reports@LAB"));
    administer(&mut world, "LAB", |database| {
        let change = |account: &mut kdclab_kdc::Account| {
            account.service_principal_names.push(spn("HTTP/web2.lab"));
        };
        database
            .update_account(&principal("reports@LAB"), change)
            .unwrap()
    });
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Ok("reports@LAB"));
    administer(&mut world, "LAB", |database| {
        database
            .delete_service_principal_name(&principal("reports@LAB"), &spn("HTTP/web2.lab"))
            .unwrap()
    });
    assert_eq!(owner(&mut world, "HTTP/web2.lab@LAB"), Ok("web2$@LAB"));
}

#[test]
fn names_of_three_parts_are_found_whole() {
    let mut world = World::active_directory();
    let names = ["ldap/dc1.lab/lab", "HOST/dc1.lab/lab"];
    add_account(&mut world, "dc1$@LAB", &names);
    assert_eq!(owner(&mut world, "LDAP/dc1.lab/LAB@LAB"), Ok("dc1$@LAB"));
    assert_eq!(owner(&mut world, "cifs/dc1.lab/lab@LAB"), Ok("dc1$@LAB"));
    for service in [
        "ldap/dc1.lab@LAB",
        "cifs/dc1.lab@LAB",
        "ldap/dc1.lab/other@LAB",
    ] {
        assert_eq!(
            owner(&mut world, service),
            Err(UNKNOWN_SERVICE),
            "{service}"
        );
    }
}

#[test]
fn what_is_no_service_principal_name_is_not_read_as_one() {
    for text in ["HTTP/web", "HTTP/web:81", "ldap/dc1.lab/lab"] {
        assert_eq!(spn(text).to_string(), text);
    }
    for text in ["", "web", "HTTP/", "/web", "a/b/", "a/b/c/d"] {
        let error = parse_service_principal_name(text).unwrap_err();
        assert_eq!(error.text, text);
    }
}

#[test]
fn s000_1_a_name_of_one_part_finds_the_computer_of_that_name() {
    let mut world = World::active_directory();
    add_account(&mut world, "VIRTUALSERVERNAME$@LAB", &[]);
    let tgt = world.tgt("alice@LAB");
    let credential = world.service(&tgt, "VIRTUALSERVERNAME@LAB").unwrap();
    let asked = principal("VIRTUALSERVERNAME@LAB");
    assert_eq!(credential.ticket.server(), asked);
    assert!(is_sealed_for(&world, &credential, "VIRTUALSERVERNAME$@LAB"));
    assert!(world.service(&tgt, "virtualservername$@LAB").is_ok());
    assert_eq!(
        code(&world.service(&tgt, "VIRTUALSERVER@LAB")),
        Some(UNKNOWN_SERVICE)
    );
}

/// A body for a user-to-user ticket with `tgt` as the additional one.
fn user_to_user(service: &str, tgt: &Credential) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::ENC_TKT_IN_SKEY,
        additional_tickets: Some(vec![tgt.ticket.clone()]),
        ..body(&principal(service))
    }
}

#[test]
fn s003_6_a_user_without_a_service_name_is_27_and_event_24() {
    let mut world = with_computer();
    let tgt = world.tgt("alice@LAB");
    let (code, log) = asked(&mut world, &tgt, body(&principal("reports@LAB")));
    assert_eq!(code, Some(ErrorCode::KDC_ERR_MUST_USE_USER2USER));
    let event = "Event 24: A service ticket request by client alice@LAB for reports@LAB was rejected because User2User was required.";
    assert!(log.contains(event), "{log}");

    let initial = world.logon("alice@LAB", body(&principal("reports@LAB")));
    let refused = initial.unwrap_err().error_code;
    assert_eq!(refused, ErrorCode::KDC_ERR_MUST_USE_USER2USER);

    // A service's name makes it a service, by its account name too.
    register(&mut world, "reports@LAB", "HTTP/reports.lab");
    let (code, log) = asked(&mut world, &tgt, body(&principal("reports@LAB")));
    assert_eq!(code, None);
    assert!(!log.contains("Event 24"), "{log}");
}

#[test]
fn s003_6_user_to_user_needs_no_service_name() {
    let mut world = with_computer();
    let tgt = world.tgt("alice@LAB");
    let second = world.tgt("reports@LAB");
    let credential = world
        .tgs(&tgt, user_to_user("reports@LAB", &second))
        .unwrap();
    open_ticket(&credential.ticket, &second.session);
    assert_eq!(credential.ticket.enc_part.kvno, None);
    let other = world.tgt("bob@LAB");
    let result = world.tgs(&tgt, user_to_user("reports@LAB", &other));
    assert_eq!(code(&result), Some(ErrorCode::KDC_ERR_SERVER_NOMATCH));
}

#[test]
fn s003_6_user_to_user_with_other_forms_of_the_same_name() {
    let mut world = with_computer();
    let tgt = world.tgt("alice@LAB");
    let second = logon_as(&mut world, &principal("web2@LAB"), "web2$@LAB").unwrap();
    for service in ["web2$@LAB", "WEB2@LAB", "HTTP/web2.lab@LAB"] {
        let result = world.tgs(&tgt, user_to_user(service, &second));
        assert!(result.is_ok(), "{service}");
    }
    let result = world.tgs(&tgt, user_to_user("reports@LAB", &second));
    assert_eq!(code(&result), Some(ErrorCode::KDC_ERR_SERVER_NOMATCH));
}

#[test]
fn ms_kile_3_3_5_1_1_a_service_by_its_upn() {
    let mut world = World::active_directory();
    add_account_with(&mut world, "svc@LAB", &["HTTP/svc.lab"], |new| NewAccount {
        user_principal_name: Some("service@corp.example"),
        ..new
    });
    let tgt = world.tgt("alice@LAB");
    let mut ask = |name_type, name: &str| {
        let service = PrincipalName::new(name_type, [name]).at("LAB");
        code(&world.tgs(&tgt, body(&service)))
    };
    assert_eq!(ask(NameType::ENTERPRISE, "Service@corp.example"), None);
    assert_eq!(ask(NameType::ENTERPRISE, "svc@lab"), None);
    assert_eq!(
        ask(NameType::ENTERPRISE, "svc@corp.example"),
        Some(UNKNOWN_SERVICE)
    );
    assert_eq!(ask(NameType::PRINCIPAL, "svc@lab"), Some(UNKNOWN_SERVICE));
}

#[test]
fn a_realm_of_mit_maps_no_classes_and_adds_no_dollar() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    assert!(world.service(&tgt, "host/web.lab@LAB").is_ok());
    for service in ["HTTP/web.lab@LAB", "HOST/web.lab@LAB"] {
        assert_eq!(code(&world.service(&tgt, service)), Some(UNKNOWN_SERVICE));
    }
}
