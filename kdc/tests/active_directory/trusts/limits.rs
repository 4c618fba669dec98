//! How far a trust leads, and for whom.

use super::*;

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

#[track_caller]
fn assert_event_12(world: &mut World, tgt: &Credential, service: &str, realms: (&str, &str)) {
    let (code, log) = asked(world, tgt, canonical(&principal(service)));
    assert_eq!(code, Some(ErrorCode::KDC_ERR_POLICY), "{log}");
    let (client, wanted) = realms;
    let event = format!(
        "Event 12: A request failed from client realm {client} for a ticket in realm {wanted}. This failed because a trust link between the realms is non transitive."
    );
    assert!(log.contains(&event), "{log}");
}

#[test]
fn s003_3_an_external_trust_is_not_combined_with_another_one() {
    let mut world = joined();
    // In over it, and on to the parent.
    let tgt = world.tgt("alice@OLD");
    let cross = world.service(&tgt, "krbtgt/EU.LAB@OLD").unwrap();
    assert!(world.service(&cross, "HTTP/web.eu.lab@EU.LAB").is_ok());
    assert_event_12(&mut world, &cross, "HTTP/web.lab@EU.LAB", ("OLD", "LAB"));
    // From the parent, and out over it.
    let tgt = world.tgt("alice@LAB");
    let cross = world.service(&tgt, "krbtgt/EU.LAB@LAB").unwrap();
    assert_event_12(&mut world, &cross, "krbtgt/OLD@EU.LAB", ("LAB", "OLD"));
}

#[test]
fn s003_3_the_attribute_non_transitive_forbids_it_to_any_trust() {
    let mut world = joined();
    let way = ["TREE", "LAB", "EU.LAB"];
    assert_way(&mut world, "alice@TREE", "HTTP/web.eu.lab", &way);
    let forbid = |trust: &mut TrustedDomain| {
        trust.attributes.set(TrustAttributes::NON_TRANSITIVE, true);
    };
    change_trust(&mut world, "LAB", "TREE", forbid);
    let tgt = world.tgt("alice@TREE");
    let cross = world.service(&tgt, "krbtgt/LAB@TREE").unwrap();
    assert!(world.service(&cross, "HTTP/web.lab@LAB").is_ok());
    assert_event_12(
        &mut world,
        &cross,
        "HTTP/web.eu.lab@LAB",
        ("TREE", "EU.LAB"),
    );
    change_trust(&mut world, "LAB", "TREE", |trust| {
        trust.attributes.set(TrustAttributes::NON_TRANSITIVE, false);
    });
    assert_way(&mut world, "alice@TREE", "HTTP/web.eu.lab", &way);
}

#[test]
fn trusts_of_forests_are_not_combined_either() {
    let domains = ["ONE", "TWO", "THREE", "SUB.TWO"];
    let trusts = [
        ("ONE", "TWO", TrustKind::Forest),
        ("TWO", "THREE", TrustKind::Forest),
        ("TWO", "SUB.TWO", TrustKind::ParentChild),
    ];
    let mut world = forests(&domains, &trusts);
    assert_way(
        &mut world,
        "alice@ONE",
        "HTTP/web.sub.two",
        &["ONE", "TWO", "SUB.TWO"],
    );
    let tgt = world.tgt("alice@ONE");
    let cross = world.service(&tgt, "krbtgt/TWO@ONE").unwrap();
    assert_event_12(&mut world, &cross, "HTTP/web.three@TWO", ("ONE", "THREE"));
    // The trust is good for its own clients.
    assert_way(&mut world, "alice@TWO", "HTTP/web.three", &["TWO", "THREE"]);
}

fn allow(world: &mut World, account: &str, allowed: AllowedToAuthenticate) {
    let name = principal(account);
    administer(world, &name.realm.to_string(), |database| {
        let change = |account: &mut kdclab_kdc::Account| {
            account.allowed_to_authenticate = vec![allowed];
        };
        database.update_account(&name, change).unwrap()
    });
}

#[test]
fn ms_kile_3_3_5_7_5_selective_authentication_wants_a_right_on_each_account() {
    let mut world = joined();
    let selective = |trust: &mut TrustedDomain| {
        trust
            .attributes
            .set(TrustAttributes::CROSS_ORGANIZATION, true);
    };
    change_trust(&mut world, "CORP", "LAB", selective);
    let policy = ErrorCode::KDC_ERR_POLICY;
    let (root, sub) = ("HTTP/web.corp", "HTTP/web.sub.corp");
    let way = ["LAB", "CORP"];
    let longer = ["EU.LAB", "LAB", "CORP", "SUB.CORP"];
    assert_no_way(&mut world, "alice@LAB", root, &way, policy);
    assert_no_way(&mut world, "alice@EU.LAB", sub, &longer, policy);
    // Clients of the forest itself are not concerned, nor is the other direction.
    assert_way(&mut world, "alice@SUB.CORP", root, &["SUB.CORP", "CORP"]);
    assert_way(&mut world, "alice@CORP", "HTTP/web.lab", &["CORP", "LAB"]);

    allow(
        &mut world,
        "web$@CORP",
        AllowedToAuthenticate::Principal(principal("ALICE@lab")),
    );
    assert_way(&mut world, "alice@LAB", root, &way);
    assert_no_way(&mut world, "bob@LAB", root, &way, policy);
    allow(
        &mut world,
        "web$@SUB.CORP",
        AllowedToAuthenticate::Realm(Realm::from("EU.LAB")),
    );
    assert_way(&mut world, "bob@EU.LAB", sub, &longer);
    assert_no_way(
        &mut world,
        "bob@US.LAB",
        sub,
        &["US.LAB", "LAB", "CORP", "SUB.CORP"],
        policy,
    );
}

/// SIDs are filtered out of a PAC, which tickets here have not.
#[test]
fn s003_3_a_quarantined_domain_authenticates_all_the_same() {
    let mut world = joined();
    let trust = world.database("EU.LAB").trusted_domain(&"OLD".into());
    let attributes = trust.unwrap().attributes;
    assert!(attributes.contains(TrustAttributes::QUARANTINED_DOMAIN));
    let through = |world: &mut World| {
        let tgt = world.tgt("alice@OLD");
        let cross = world.service(&tgt, "krbtgt/EU.LAB@OLD").unwrap();
        world.service(&cross, "HTTP/web.eu.lab@EU.LAB").is_ok()
    };
    assert!(through(&mut world));
    change_trust(&mut world, "EU.LAB", "OLD", |trust| {
        trust
            .attributes
            .set(TrustAttributes::QUARANTINED_DOMAIN, false);
    });
    assert!(through(&mut world));
}

#[test]
fn a_trust_in_one_direction_leads_one_way() {
    let mut world = forests(&["LAB", "CORP"], &[]);
    trust(
        &mut world,
        "LAB",
        "CORP",
        TrustKind::Forest,
        TrustDirection::Outbound,
    );
    assert_way(&mut world, "alice@CORP", "HTTP/web.lab", &["CORP", "LAB"]);
    assert_no_way(
        &mut world,
        "alice@LAB",
        "HTTP/web.corp",
        &["LAB"],
        UNKNOWN_SERVICE,
    );
    let tgt = world.tgt("alice@LAB");
    let result = world.service(&tgt, "krbtgt/CORP@LAB");
    assert_eq!(code(&result), Some(UNKNOWN_SERVICE));
}

#[test]
fn a_child_does_not_refer_to_a_trust_that_leads_in_only() {
    let domains = ["LAB", "EU.LAB", "CORP"];
    let mut world = forests(&domains, &[("LAB", "EU.LAB", TrustKind::ParentChild)]);
    let outbound = TrustDirection::Outbound;
    trust(&mut world, "LAB", "CORP", TrustKind::Forest, outbound);
    replicate(&mut world);
    let way = ["CORP", "LAB", "EU.LAB"];
    assert_way(&mut world, "alice@CORP", "HTTP/web.eu.lab", &way);
    let service = "HTTP/web.corp";
    assert_no_way(
        &mut world,
        "alice@EU.LAB",
        service,
        &["EU.LAB"],
        UNKNOWN_SERVICE,
    );
}

#[test]
fn former_keys_of_a_trust_open_what_was_sealed_with_them() {
    let mut world = forests(&["LAB", "CORP"], &[("LAB", "CORP", TrustKind::Forest)]);
    let tgt = world.tgt("alice@LAB");
    let cross = world.service(&tgt, "krbtgt/CORP@LAB").unwrap();
    let rotate = |world: &mut World, domain: &str, partner: &str, kvno| {
        let new = TrustKeys {
            kvno,
            ..TrustKeys::new(format!("another {kvno}"))
        };
        administer(world, domain, |database| {
            database
                .set_trust_keys(&partner.into(), &new, keys())
                .unwrap()
        });
    };
    rotate(&mut world, "CORP", "LAB", 2);
    assert!(world.service(&cross, "HTTP/web.corp@CORP").is_ok());
    rotate(&mut world, "LAB", "CORP", 2);
    assert_way(&mut world, "alice@LAB", "HTTP/web.corp", &["LAB", "CORP"]);
    rotate(&mut world, "CORP", "LAB", 3);
    let result = world.service(&cross, "HTTP/web.corp@CORP");
    assert!(code(&result).is_some());
}

#[test]
fn ms_kile_3_3_5_7_5_who_comes_over_the_trust_is_selected_whatever_names_are_routed() {
    let mut world = joined();
    change_trust(&mut world, "CORP", "LAB", |trust| {
        trust
            .attributes
            .set(TrustAttributes::CROSS_ORGANIZATION, true);
        trust.forest_trust_information.clear();
    });
    let way = ["EU.LAB", "LAB", "CORP"];
    let policy = ErrorCode::KDC_ERR_POLICY;
    assert_no_way(&mut world, "alice@EU.LAB", "HTTP/web.corp", &way, policy);
}

#[test]
fn ms_kile_3_3_5_7_5_a_forest_inside_the_other_one_s_name_selects_no_client_of_its_own() {
    let domains = ["LAB", "CORP.LAB", "SUB.CORP.LAB"];
    let trusts = [
        ("CORP.LAB", "SUB.CORP.LAB", TrustKind::ParentChild),
        ("LAB", "CORP.LAB", TrustKind::Forest),
    ];
    let mut world = forests(&domains, &trusts);
    change_trust(&mut world, "CORP.LAB", "LAB", |trust| {
        trust
            .attributes
            .set(TrustAttributes::CROSS_ORGANIZATION, true);
    });
    let way = ["SUB.CORP.LAB", "CORP.LAB"];
    assert_way(&mut world, "alice@SUB.CORP.LAB", "HTTP/web.corp.lab", &way);
    // The longest suffix decides whose a host is.
    let way = ["LAB", "CORP.LAB"];
    let policy = ErrorCode::KDC_ERR_POLICY;
    assert_no_way(&mut world, "alice@LAB", "HTTP/web.corp.lab", &way, policy);
}
