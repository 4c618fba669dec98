//! RFC 4120 section 1.2: cross-realm operation, and section 3.3.3.2: the transited realms.

use kdclab_kdc::{
    Database, Dialect, Kdc, Outcome, TrustKeys, add_trust_principal, one_way_trust, two_way_trust,
};
use kdclab_proto::messages::{KdcOptions, KdcReqBody, TicketFlags};
use kdclab_proto::{ErrorCode, Principal, Realm};

use crate::common::*;

fn realms(names: &[&str]) -> Vec<Database> {
    names
        .iter()
        .map(|name| database(name, Dialect::Mit))
        .collect()
}

/// A trust from each realm to the next, by which clients of the earlier one reach the later one.
fn chained(names: &[&str]) -> World {
    let mut databases = realms(names);
    for index in 1..databases.len() {
        let trust = TrustKeys::new(format!("trust {index}"));
        let (from, to) =
            one_way_trust(&databases[index - 1], &databases[index], &trust, keys()).unwrap();
        databases[index - 1] = from;
        databases[index] = to;
    }
    World::new(databases)
}

fn cross_tgt(from: &str, to: &str) -> String {
    format!("krbtgt/{to}@{from}")
}

/// Walks from one TGT to the next and asks the last realm for its service.
fn walk(world: &mut World, names: &[&str]) -> Result<Credential, Refused> {
    let mut credential = world.tgt(&format!("alice@{}", names[0]));
    for pair in names.windows(2) {
        credential = world.service(&credential, &cross_tgt(pair[0], pair[1]))?;
    }
    let last = names[names.len() - 1];
    world.service(
        &credential,
        &format!("host/web.{}@{last}", last.to_lowercase()),
    )
}

#[test]
fn a_client_reaches_a_service_of_a_trusting_realm() {
    let mut world = chained(&["A", "B"]);
    let credential = walk(&mut world, &["A", "B"]).unwrap();
    let part = world.open(&credential.ticket);
    assert_eq!(part.client(), principal("alice@A"));
    assert_eq!(part.transited.contents, b"");
    assert!(part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

#[test]
fn a_one_way_trust_does_not_lead_back() {
    let mut world = chained(&["A", "B"]);
    let result = walk(&mut world, &["B", "A"]);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "UNKNOWN_SERVER",
    );
    let databases = realms(&["A", "B"]);
    let trust = TrustKeys::new("both ways");
    let (a, b) = two_way_trust(&databases[0], &databases[1], &trust, keys()).unwrap();
    let mut world = World::new([a, b]);
    assert!(walk(&mut world, &["A", "B"]).is_ok());
    assert!(walk(&mut world, &["B", "A"]).is_ok());
}

fn pair_with(there: &TrustKeys, here: &TrustKeys) -> World {
    let databases = realms(&["A", "B"]);
    let (a, b) = (Realm::from("A"), Realm::from("B"));
    let from = add_trust_principal(&databases[0], &a, &b, there, keys()).unwrap();
    let to = add_trust_principal(&databases[1], &a, &b, here, keys()).unwrap();
    World::new([from, to])
}

#[test]
fn s004_h9_each_difference_between_the_two_sides_has_its_own_answer() {
    let same = TrustKeys::new("trust");
    let other_password = TrustKeys::new("another");
    let other_kvno = TrustKeys {
        kvno: 2,
        ..same.clone()
    };
    let only = |enctype| TrustKeys {
        enctypes: vec![enctype],
        ..same.clone()
    };
    let bad_integrity = ErrorCode::KRB_AP_ERR_BAD_INTEGRITY;
    let generic = ErrorCode::KRB_ERR_GENERIC;
    assert!(walk(&mut pair_with(&same, &same), &["A", "B"]).is_ok());
    for (there, here, code) in [
        (&same, &other_password, bad_integrity),
        (&same, &other_kvno, generic),
        (&other_kvno, &same, generic),
        (&only(AES256), &only(AES128), generic),
        (&only(AES128), &only(AES256), generic),
        (&same, &only(RC4), generic),
    ] {
        let result = walk(&mut pair_with(there, here), &["A", "B"]);
        assert_refused(&result, code, "PROCESS_TGS");
    }
    // The type that A uses exists at B among others.
    assert!(walk(&mut pair_with(&only(AES128), &same), &["A", "B"]).is_ok());
}

#[test]
fn s004_h9_a_principal_missing_at_the_service_realm_is_7_process_tgs() {
    let databases = realms(&["A", "B"]);
    let (a, b) = (Realm::from("A"), Realm::from("B"));
    let trust = TrustKeys::new("trust");
    let from = add_trust_principal(&databases[0], &a, &b, &trust, keys()).unwrap();
    let mut world = World::new([from, databases[1].clone()]);
    let result = walk(&mut world, &["A", "B"]);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "PROCESS_TGS",
    );
}

#[test]
fn a_foreign_kdc_cannot_vouch_for_a_client_of_this_realm() {
    let mut world = chained(&["A", "B"]);
    let tgt = world.tgt("alice@A");
    let cross = world.service(&tgt, "krbtgt/B@A").unwrap();
    let lie = world.resealed(&cross, |part| part.crealm = "B".into());
    let result = world.service(&lie, "host/web.b@B");
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "INVALID LINEAGE");
}

#[test]
fn the_realm_between_parent_and_grandchild_is_written_down_and_trusted() {
    let names = ["X.Y.Z", "Y.Z", "Z"];
    let mut world = chained(&names);
    let credential = walk(&mut world, &names).unwrap();
    let part = world.open(&credential.ticket);
    assert_eq!(part.transited.contents, b"Y.Z");
    assert!(part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

#[test]
fn s003_3_a_realm_that_is_not_on_the_way_is_refused_unless_capaths_name_it() {
    let names = ["A", "B", "C"];
    let mut world = chained(&names);
    let result = walk(&mut world, &names);
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "BAD_TRANSIT");

    let mut world = chained(&names);
    world.policy("C", |policy| policy.reject_bad_transit = false);
    let part = walk(&mut world, &names).unwrap().part;
    assert!(!part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));

    let mut world = chained(&names);
    world.policy("C", |policy| {
        let servers = policy.capaths.entry("A".into()).or_default();
        servers.insert("C".into(), vec!["B".into()]);
    });
    let part = walk(&mut world, &names).unwrap().part;
    assert!(part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

#[test]
fn s003_3_the_log_names_the_bad_path() {
    let mut world = chained(&["A", "B", "C"]);
    let tgt = world.tgt("alice@A");
    let tgt = world.service(&tgt, "krbtgt/B@A").unwrap();
    let tgt = world.service(&tgt, "krbtgt/C@B").unwrap();
    let present = world.present(&tgt);
    let request = tgs_req(
        &tgt,
        &present,
        body(&principal("host/web.c@C")),
        &mut world.rng,
    );
    let lines = world.send(&request).outcome.log_lines();
    assert_eq!(
        lines[0],
        "bad realm transit path from 'alice@A' to 'host/web.c@C' via 'B'"
    );
    assert!(lines[1].contains("BAD_TRANSIT: "), "{}", lines[1]);
}

#[test]
fn a_client_may_not_switch_the_check_off() {
    let mut world = chained(&["A", "B"]);
    let tgt = world.tgt("alice@A");
    let cross = world.service(&tgt, "krbtgt/B@A").unwrap();
    let asked = KdcReqBody {
        kdc_options: KdcOptions::DISABLE_TRANSITED_CHECK,
        ..body(&principal("host/web.b@B"))
    };
    let result = world.tgs(&cross, asked);
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "BAD_TRANSIT");
}

#[test]
fn a_trust_that_is_not_transitive_leads_one_step_only() {
    let names = ["X.Y.Z", "Y.Z", "Z"];
    assert!(walk(&mut chained(&names), &names).is_ok());
    // Where the middle realm is come to, and where it is left.
    for trust in ["krbtgt/Y.Z@X.Y.Z", "krbtgt/Z@Y.Z"] {
        let mut world = chained(&names);
        let middle = world.database("Y.Z");
        let middle = middle.update(&principal(trust), |entry| entry.non_transitive = true);
        world.kdc = world.kdc.with_realm(middle.unwrap());
        assert!(walk(&mut world, &names[..2]).is_ok());
        assert!(walk(&mut world, &names[1..]).is_ok());
        let result = walk(&mut world, &names);
        assert_refused(
            &result,
            ErrorCode::KDC_ERR_PATH_NOT_ACCEPTED,
            "NON_TRANSITIVE",
        );
    }
}

#[test]
fn a_request_for_a_distant_realm_is_answered_with_the_nearest_one() {
    let mut world = chained(&["X.Y.Z", "Y.Z", "Z"]);
    let tgt = world.tgt("alice@X.Y.Z");
    let credential = world.service(&tgt, "krbtgt/Z@X.Y.Z").unwrap();
    assert_eq!(credential.ticket.server(), principal("krbtgt/Y.Z@X.Y.Z"));
    // A shortcut goes further.
    let databases = world.kdc.realms().to_vec();
    let (child, root) = one_way_trust(
        &databases[0],
        &databases[2],
        &TrustKeys::new("shortcut"),
        keys(),
    )
    .unwrap();
    let mut world = World::new([child, databases[1].clone(), root]);
    let tgt = world.tgt("alice@X.Y.Z");
    let credential = world.service(&tgt, "krbtgt/Z@X.Y.Z").unwrap();
    assert_eq!(credential.ticket.server(), principal("krbtgt/Z@X.Y.Z"));
}

#[test]
fn a_tgt_is_for_the_realm_it_names() {
    let mut world = chained(&["A", "B"]);
    let tgt = world.tgt("alice@A");
    let cross = world.service(&tgt, "krbtgt/B@A").unwrap();
    let result = world.service(&tgt, "host/web.b@B");
    // B does not hold the key of krbtgt/A@A.
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "PROCESS_TGS",
    );
    assert!(world.service(&cross, "host/web.b@B").is_ok());
    // A itself holds the key of krbtgt/B@A, but it is no ticket for A.
    let result = world.service(&cross, "host/web.a@A");
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_NOT_US,
        "BAD TGS SERVER INSTANCE",
    );
}

#[test]
fn a_kdc_of_several_realms_drops_what_is_for_none_of_them() {
    let mut world = chained(&["A", "B"]);
    let reply = world.send(&as_req(&principal("alice@Z"), body(&krbtgt("Z")), vec![]));
    assert_eq!(reply.bytes, None);
    assert!(matches!(reply.outcome, Outcome::Dropped(_)));
    assert_eq!(
        reply.outcome.log_lines(),
        ["Realm not local to KDC - while dispatching"]
    );
    let only = Kdc::new([world.database("A").clone()]);
    let mut world = World { kdc: only, ..world };
    let reply = world.send(&as_req(&principal("alice@Z"), body(&krbtgt("Z")), vec![]));
    assert_eq!(
        reply.outcome.error_code(),
        Some(ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN)
    );
}

#[test]
fn the_trust_principal_is_named_after_where_it_leads() {
    let principal = kdclab_kdc::trust_principal(&"A".into(), &"B".into());
    assert_eq!(principal, Principal::krbtgt(&"B".into(), &"A".into()));
    assert_eq!(principal.to_string(), "krbtgt/B@A");
}
