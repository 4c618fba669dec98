//! Trusts: who is referred where, and how far a trust leads (MS-KILE section 3.3.5.7.5, MS-ADTS section 6.1.6; catalogue
//! S003-1 and S003-3).

use kdclab_kdc::{
    AllowedToAuthenticate, Database, DatabaseError, Dialect, ForestTrustRecord, TrustAttributes,
    TrustDirection, TrustKeys, TrustKind, TrustedDomain, add_trust_principal, establish_trust,
    replicate_forests,
};
use kdclab_proto::messages::{KrbError, TicketFlags};
use kdclab_proto::{ErrorCode, NameType, PrincipalName, Realm};

use super::*;

mod limits;

/// Domains, with trusts between some of them that everybody knows of.
fn forests(domains: &[&str], trusts: &[(&str, &str, TrustKind)]) -> World {
    let databases = domains
        .iter()
        .map(|name| database(name, Dialect::ActiveDirectory));
    let mut world = World::new(databases);
    for (first, second, kind) in trusts {
        trust(
            &mut world,
            first,
            second,
            *kind,
            TrustDirection::Bidirectional,
        );
    }
    replicate(&mut world);
    for name in domains {
        let host = format!("web.{}", name.to_lowercase());
        let name = format!("web$@{name}");
        add_account(&mut world, &name, &[&format!("HTTP/{host}")]);
    }
    world
}

fn trust(world: &mut World, first: &str, second: &str, kind: TrustKind, direction: TrustDirection) {
    let keys_of_trust = TrustKeys::new(format!("{first} and {second}"));
    let (one, two) = (world.database(first), world.database(second));
    let (one, two) = establish_trust(one, two, kind, direction, &keys_of_trust, keys()).unwrap();
    world.kdc = world.kdc.with_realm(one).with_realm(two);
}

fn replicate(world: &mut World) {
    let replicated = replicate_forests(world.kdc.realms());
    world.kdc = kdclab_kdc::Kdc::new(replicated);
}

fn change_trust(
    world: &mut World,
    domain: &str,
    partner: &str,
    change: impl FnOnce(&mut TrustedDomain),
) {
    administer(world, domain, |database| {
        database.update_trust(&partner.into(), change).unwrap()
    });
    replicate(world);
}

/// The forest LAB with two children, a grandchild and another tree.
const LAB: [&str; 5] = ["LAB", "EU.LAB", "US.LAB", "X.US.LAB", "TREE"];
const WITHIN_LAB: [(&str, &str, TrustKind); 4] = [
    ("LAB", "EU.LAB", TrustKind::ParentChild),
    ("LAB", "US.LAB", TrustKind::ParentChild),
    ("US.LAB", "X.US.LAB", TrustKind::ParentChild),
    ("LAB", "TREE", TrustKind::TreeRoot),
];

/// The forests LAB and CORP, joined by a trust, and a domain with an external one.
fn joined() -> World {
    let domains = [&LAB[..], &["CORP", "SUB.CORP", "OLD"]].concat();
    let trusts = [
        &WITHIN_LAB[..],
        &[
            ("CORP", "SUB.CORP", TrustKind::ParentChild),
            ("LAB", "CORP", TrustKind::Forest),
            ("EU.LAB", "OLD", TrustKind::External),
        ],
    ];
    forests(&domains, &trusts.concat())
}

/// Follows referrals from the client's domain, for the realms that were asked and the ticket.
fn follow(
    world: &mut World,
    client: &str,
    service: &str,
) -> (Vec<String>, Result<Credential, Refused>) {
    let mut realm = principal(client).realm;
    let mut tgt = world.tgt(client);
    let mut asked = Vec::new();
    loop {
        asked.push(realm.to_string());
        assert!(asked.len() < 10, "a circle: {asked:?}");
        let name = PrincipalName::parse(service).unwrap().at(realm.clone());
        let result = world.tgs(&tgt, canonical(&name));
        let Ok(credential) = result else {
            return (asked, result);
        };
        match credential.ticket.sname.krbtgt_realm() {
            Some(next) => {
                assert_eq!(credential.ticket.realm, realm);
                (realm, tgt) = (next, credential);
            }
            None => return (asked, Ok(credential)),
        }
    }
}

#[track_caller]
fn assert_way(world: &mut World, client: &str, service: &str, way: &[&str]) {
    let (asked, result) = follow(world, client, service);
    assert_eq!(asked, way, "{result:?}");
    let credential = result.expect("a ticket");
    assert_eq!(credential.client, principal(client));
}

#[track_caller]
fn assert_no_way(world: &mut World, client: &str, service: &str, way: &[&str], code: ErrorCode) {
    let (asked, result) = follow(world, client, service);
    assert_eq!(asked, way, "{result:?}");
    assert_eq!(result.expect_err("a refusal").error_code, code);
}

#[test]
fn s003_1_a_child_s_client_is_referred_to_the_parent() {
    let mut world = joined();
    let way = ["EU.LAB", "LAB"];
    assert_way(&mut world, "alice@EU.LAB", "HTTP/web.lab", &way);
    assert_no_way(
        &mut world,
        "alice@EU.LAB",
        "HTTP/nope.lab",
        &way,
        UNKNOWN_SERVICE,
    );
    // The class is mapped where the service is, not on the way.
    assert_no_way(
        &mut world,
        "alice@EU.LAB",
        "MSSQLSvc/web.lab",
        &way,
        UNKNOWN_SERVICE,
    );
}

/// docs/samba.md: the name-type does not matter.
#[test]
fn s003_1_every_name_type_is_referred_and_none_without_canonicalize() {
    let mut world = joined();
    let tgt = world.tgt("alice@EU.LAB");
    for name_type in [0, 1, 2, 3] {
        let name = PrincipalName::new(NameType(name_type), ["HTTP", "web.lab:80"]).at("EU.LAB");
        let credential = world.tgs(&tgt, canonical(&name)).unwrap();
        let referral = principal("krbtgt/LAB@EU.LAB");
        assert_eq!(credential.ticket.server(), referral, "{name_type}");
        let result = world.tgs(&tgt, body(&name));
        assert_eq!(code(&result), Some(UNKNOWN_SERVICE), "{name_type}");
    }
}

#[test]
fn within_a_forest_the_way_goes_from_trust_to_trust() {
    let mut world = joined();
    let way = ["X.US.LAB", "US.LAB", "LAB", "EU.LAB"];
    assert_way(&mut world, "alice@X.US.LAB", "HTTP/web.eu.lab", &way);
    let way = ["X.US.LAB", "US.LAB", "LAB", "TREE"];
    assert_way(&mut world, "alice@X.US.LAB", "HTTP/web.tree", &way);
    assert_way(
        &mut world,
        "alice@TREE",
        "HTTP/web.eu.lab",
        &["TREE", "LAB", "EU.LAB"],
    );
    // What is nobody's suffix is nowhere.
    let way = ["TREE"];
    assert_no_way(
        &mut world,
        "alice@TREE",
        "HTTP/web.other",
        &way,
        UNKNOWN_SERVICE,
    );
    assert_no_way(
        &mut world,
        "alice@TREE",
        "HTTP/web.notlab",
        &way,
        UNKNOWN_SERVICE,
    );
}

#[test]
fn a_shortcut_makes_the_way_shorter() {
    let mut world = joined();
    let two_way = TrustDirection::Bidirectional;
    trust(
        &mut world,
        "X.US.LAB",
        "EU.LAB",
        TrustKind::Shortcut,
        two_way,
    );
    replicate(&mut world);
    let way = ["X.US.LAB", "EU.LAB"];
    assert_way(&mut world, "alice@X.US.LAB", "HTTP/web.eu.lab", &way);
    assert_way(
        &mut world,
        "alice@US.LAB",
        "HTTP/web.eu.lab",
        &["US.LAB", "LAB", "EU.LAB"],
    );
}

#[test]
fn a_shortcut_in_one_direction_shortens_that_one() {
    let mut world = joined();
    trust(
        &mut world,
        "EU.LAB",
        "X.US.LAB",
        TrustKind::Shortcut,
        TrustDirection::Outbound,
    );
    replicate(&mut world);
    assert_way(
        &mut world,
        "alice@X.US.LAB",
        "HTTP/web.eu.lab",
        &["X.US.LAB", "EU.LAB"],
    );
    let way = ["EU.LAB", "LAB", "US.LAB", "X.US.LAB"];
    assert_way(&mut world, "alice@EU.LAB", "HTTP/web.x.us.lab", &way);
}

#[test]
fn a_name_of_three_parts_leads_to_the_domain_at_its_end() {
    let mut world = joined();
    add_account(&mut world, "dc1$@LAB", &["ldap/dc1.elsewhere/lab"]);
    let way = ["EU.LAB", "LAB"];
    assert_way(&mut world, "alice@EU.LAB", "ldap/dc1.elsewhere/lab", &way);
    let (asked, result) = follow(&mut world, "alice@EU.LAB", "ldap/dc1.elsewhere/elsewhere");
    assert_eq!(asked, ["EU.LAB"]);
    assert_eq!(code(&result), Some(UNKNOWN_SERVICE));
}

#[test]
fn a_domain_has_other_suffixes_that_its_forest_routes() {
    let mut world = joined();
    add_account(&mut world, "shop$@US.LAB", &["HTTP/www.shop.example"]);
    let service = "HTTP/www.shop.example";
    assert_no_way(&mut world, "alice@LAB", service, &["LAB"], UNKNOWN_SERVICE);
    world.policy("US.LAB", |policy| {
        policy.dns_suffixes.push("shop.example".into())
    });
    replicate(&mut world);
    assert_way(&mut world, "alice@LAB", service, &["LAB", "US.LAB"]);
}

#[test]
fn domains_that_were_not_told_of_their_forest_know_their_own_partners() {
    let two_way = TrustDirection::Bidirectional;
    let mut world = forests(&["LAB", "EU.LAB", "US.LAB"], &[]);
    for child in ["EU.LAB", "US.LAB"] {
        trust(&mut world, "LAB", child, TrustKind::ParentChild, two_way);
    }
    assert_way(
        &mut world,
        "alice@EU.LAB",
        "HTTP/web.lab",
        &["EU.LAB", "LAB"],
    );
    // The parent's name is the end of the sibling's, so that the parent is asked, which knows.
    assert_way(
        &mut world,
        "alice@EU.LAB",
        "HTTP/web.us.lab",
        &["EU.LAB", "LAB", "US.LAB"],
    );
}

#[test]
fn s003_3_a_forest_trust_is_reached_over_the_root() {
    let mut world = joined();
    let way = ["EU.LAB", "LAB", "CORP"];
    assert_way(&mut world, "alice@EU.LAB", "HTTP/web.corp", &way);
    let way = ["X.US.LAB", "US.LAB", "LAB", "CORP", "SUB.CORP"];
    assert_way(&mut world, "alice@X.US.LAB", "HTTP/web.sub.corp", &way);
    // The realms crossed are no path of a hierarchy, and no domain controller looks at them.
    let way = ["TREE", "LAB", "CORP"];
    assert_way(&mut world, "alice@TREE", "HTTP/web.corp", &way);
    let (_, credential) = follow(&mut world, "alice@TREE", "HTTP/web.corp");
    let flags = credential.unwrap().part.flags;
    assert!(!flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

#[test]
fn s003_3_suffixes_are_routed_unless_disabled_or_excluded() {
    let mut world = joined();
    add_account(&mut world, "shop$@CORP", &["HTTP/www.shop.example"]);
    let service = "HTTP/www.shop.example";
    assert_no_way(&mut world, "alice@LAB", service, &["LAB"], UNKNOWN_SERVICE);
    let route = |name: &str, is_enabled| ForestTrustRecord::TopLevelName {
        name: name.to_owned(),
        is_enabled,
    };
    let added = route("shop.example", true);
    change_trust(&mut world, "LAB", "CORP", |trust| {
        trust.forest_trust_information.push(added)
    });
    assert_way(&mut world, "alice@LAB", service, &["LAB", "CORP"]);

    let excluded = ForestTrustRecord::TopLevelNameExclusion {
        name: "www.shop.example".to_owned(),
    };
    let mut other = world.clone_of();
    change_trust(&mut other, "LAB", "CORP", |trust| {
        trust.forest_trust_information.push(excluded)
    });
    assert_no_way(&mut other, "alice@LAB", service, &["LAB"], UNKNOWN_SERVICE);
    assert_way(&mut other, "alice@LAB", "HTTP/web.corp", &["LAB", "CORP"]);

    let disabled = vec![route("corp", false), route("shop.example", false)];
    change_trust(&mut world, "LAB", "CORP", |trust| {
        trust.forest_trust_information = disabled
    });
    for service in [service, "HTTP/web.corp"] {
        assert_no_way(&mut world, "alice@LAB", service, &["LAB"], UNKNOWN_SERVICE);
    }
    // The trust itself is as it was.
    let tgt = world.tgt("alice@LAB");
    assert!(world.service(&tgt, "krbtgt/CORP@LAB").is_ok());
}

#[test]
fn s003_3_an_external_trust_gives_no_hint_and_leads_where_it_is_asked() {
    let mut world = joined();
    let way = ["EU.LAB"];
    assert_no_way(
        &mut world,
        "alice@EU.LAB",
        "HTTP/web.old",
        &way,
        UNKNOWN_SERVICE,
    );
    let tgt = world.tgt("alice@EU.LAB");
    let cross = world.service(&tgt, "krbtgt/OLD@EU.LAB").unwrap();
    assert_eq!(cross.ticket.server(), principal("krbtgt/OLD@EU.LAB"));
    assert!(world.service(&cross, "HTTP/web.old@OLD").is_ok());
    // From another domain of the forest there is no way to it.
    let tgt = world.tgt("alice@LAB");
    let result = world.service(&tgt, "krbtgt/OLD@LAB");
    assert_eq!(code(&result), Some(UNKNOWN_SERVICE));
}

#[test]
fn s003_3_a_forest_trust_in_place_of_the_external_one_is_the_fix() {
    let mut world = forests(&["LAB", "OLD"], &[("LAB", "OLD", TrustKind::External)]);
    assert_no_way(
        &mut world,
        "alice@LAB",
        "HTTP/web.old",
        &["LAB"],
        UNKNOWN_SERVICE,
    );
    administer(&mut world, "LAB", |database| {
        database.remove_trust(&"OLD".into()).unwrap()
    });
    administer(&mut world, "OLD", |database| {
        database.remove_trust(&"LAB".into()).unwrap()
    });
    let tgt = world.tgt("alice@LAB");
    let gone = world.service(&tgt, "krbtgt/OLD@LAB");
    assert_eq!(code(&gone), Some(UNKNOWN_SERVICE));
    let two_way = TrustDirection::Bidirectional;
    trust(&mut world, "LAB", "OLD", TrustKind::Forest, two_way);
    replicate(&mut world);
    assert_way(&mut world, "alice@LAB", "HTTP/web.old", &["LAB", "OLD"]);
    let missing = world.database("LAB").remove_trust(&"NEW".into());
    let name = principal("krbtgt/NEW@LAB");
    assert_eq!(missing.unwrap_err(), DatabaseError::Unknown(name));
}

#[test]
fn a_distant_realm_is_answered_with_the_next_one() {
    let mut world = joined();
    let tgt = world.tgt("alice@X.US.LAB");
    for (asked, next) in [
        ("krbtgt/EU.LAB@X.US.LAB", "krbtgt/US.LAB@X.US.LAB"),
        ("krbtgt/sub.corp@X.US.LAB", "krbtgt/US.LAB@X.US.LAB"),
    ] {
        let credential = world.service(&tgt, asked).unwrap();
        assert_eq!(credential.ticket.server(), principal(next), "{asked}");
    }
    let result = world.service(&tgt, "krbtgt/NOWHERE@X.US.LAB");
    assert_eq!(code(&result), Some(UNKNOWN_SERVICE));
}

/// docs/samba.md: a user of a trusted forest is 68.
#[test]
fn rfc6806_7_a_user_of_another_domain_is_told_where_to_log_on() {
    let mut world = joined();
    let mut ask = |name: &str| {
        let client = PrincipalName::new(NameType::ENTERPRISE, [name]).at("LAB");
        let request = as_req(&client, canonical(&krbtgt("LAB")), vec![]);
        let error = KrbError::decode(&world.send(&request).bytes.unwrap()).unwrap();
        (
            error.error_code,
            error.crealm.map(|realm| realm.to_string()),
        )
    };
    let elsewhere = |realm: &str| (ErrorCode::KDC_ERR_WRONG_REALM, Some(realm.to_owned()));
    assert_eq!(ask("alice@eu.lab"), elsewhere("EU.LAB"));
    assert_eq!(ask("alice@corp"), elsewhere("CORP"));
    assert_eq!(ask("alice@old").0, ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN);
    assert_eq!(ask("alice@lab").0, ErrorCode::KDC_ERR_PREAUTH_REQUIRED);
}

#[test]
fn a_domain_without_trusts_goes_by_its_domain_realm_as_before() {
    let mut world = World::new([Database::clone(World::active_directory().database("LAB"))]);
    let keys_of_trust = TrustKeys::new("trust");
    administer(&mut world, "LAB", |database| {
        let (here, there) = (Realm::from("LAB"), Realm::from("CORP"));
        add_trust_principal(database, &here, &there, &keys_of_trust, keys()).unwrap()
    });
    let tgt = world.tgt("alice@LAB");
    let service = principal("HTTP/web.corp@LAB");
    let result = world.tgs(&tgt, canonical(&service));
    assert_eq!(code(&result), Some(UNKNOWN_SERVICE));
    world.policy("LAB", |policy| {
        policy.domain_realm.insert(".corp".into(), "CORP".into());
    });
    let credential = world.tgs(&tgt, canonical(&service)).unwrap();
    assert_eq!(credential.ticket.server(), principal("krbtgt/CORP@LAB"));
}
