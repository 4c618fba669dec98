//! RFC 6806: canonicalization, enterprise names, referrals, and padata that cannot be changed.

use kdclab_kdc::{Dialect, TrustKeys, one_way_trust};
use kdclab_proto::messages::{Checksum, KdcOptions, KdcReqBody, PadataType, TicketFlags};
use kdclab_proto::{ErrorCode, KeyUsage, NameType, Principal, PrincipalName, Realm};

use crate::common::*;

fn canonicalize(service: &Principal) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::CANONICALIZE,
        ..body(service)
    }
}

fn enterprise(name: &str) -> Principal {
    PrincipalName::new(NameType::ENTERPRISE, [name]).at("LAB")
}

#[test]
fn section_6_an_alias_is_answered_with_the_canonical_name_where_that_is_asked_for() {
    for (asked, expected) in [
        (canonicalize(&krbtgt("LAB")), "alice@LAB"),
        (body(&krbtgt("LAB")), "al@LAB"),
    ] {
        let mut world = World::mit();
        world.edit("alice@LAB", |entry| {
            entry.aliases = vec![principal("al@LAB")]
        });
        let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
        let credential = world
            .logon_with(&principal("al@LAB"), &key, asked, vec![])
            .unwrap();
        assert_eq!(credential.client, principal(expected));
    }
    let mut world = World::mit();
    let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
    let result = world.logon_with(&principal("al@LAB"), &key, body(&krbtgt("LAB")), vec![]);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
        "CLIENT_NOT_FOUND",
    );
}

#[test]
fn section_5_an_enterprise_name_is_an_alias_or_a_name_and_a_suffix_of_this_realm() {
    for (name, found) in [
        ("alice@lab", true),
        ("alice@corp.example", true),
        ("Alice.Smith@corp.example", true),
        ("nobody@lab", false),
        ("alice@unknown.example", false),
        ("alice", false),
        ("@", false),
    ] {
        let mut world = World::mit();
        world.policy("LAB", |policy| {
            policy
                .upn_suffixes
                .insert("corp.example".into(), "LAB".into());
        });
        world.edit("alice@LAB", |entry| {
            entry.aliases = vec![enterprise("Alice.Smith@corp.example")];
        });
        let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
        let asked = canonicalize(&krbtgt("LAB"));
        let result = world.logon_with(&enterprise(name), &key, asked, vec![]);
        // As a plain principal `alice` exists, whatever the name-type says.
        if found || name == "alice" {
            assert_eq!(result.unwrap().client, principal("alice@LAB"), "{name}");
        } else {
            assert_refused(
                &result,
                ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
                "CLIENT_NOT_FOUND",
            );
        }
    }
}

#[test]
fn section_7_a_client_of_another_realm_is_told_which() {
    let refused = |asked: KdcReqBody| -> Refused {
        let mut world = World::mit();
        world.policy("LAB", |policy| {
            policy
                .upn_suffixes
                .insert("corp.example".into(), "CORP".into());
        });
        let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
        world
            .logon_with(&enterprise("alice@corp.example"), &key, asked, vec![])
            .unwrap_err()
    };
    let error = refused(canonicalize(&krbtgt("LAB")));
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_WRONG_REALM);
    assert_eq!(error.crealm, Some("CORP".into()));
    let error = refused(body(&krbtgt("LAB")));
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN);
}

/// LAB, whose clients reach PARENT, where the hosts of parent.example are.
fn referring(dialect: Dialect) -> World {
    let (lab, parent) = one_way_trust(
        &database("LAB", dialect),
        &database("PARENT", dialect),
        &TrustKeys::new("trust"),
        keys(),
    )
    .unwrap();
    let mut world = World::new([lab, parent]);
    world.policy("LAB", |policy| {
        policy
            .domain_realm
            .insert(".parent.example".into(), "PARENT".into());
    });
    world
}

fn service(name_type: NameType, components: &[&str]) -> Principal {
    PrincipalName::new(name_type, components.iter().copied()).at("LAB")
}

const WEB: [&str; 2] = ["HTTP", "web.parent.example"];

#[test]
fn section_8_a_host_of_another_realm_is_referred_there() {
    for name_type in [NameType::SRV_HST, NameType::SRV_INST] {
        let mut world = referring(Dialect::Mit);
        let tgt = world.tgt("alice@LAB");
        let asked = canonicalize(&service(name_type, &WEB));
        let credential = world.tgs(&tgt, asked).unwrap();
        assert_eq!(credential.ticket.server(), principal("krbtgt/PARENT@LAB"));
        assert_eq!(credential.part.sname, principal("krbtgt/PARENT@LAB").name);
    }
}

#[test]
fn s003_1_what_mit_does_not_refer() {
    type Change = fn(&mut kdclab_kdc::RealmPolicy);
    let nothing: Change = |_| ();
    let no_referral: Change = |policy| policy.no_host_referral = vec!["HTTP".into()];
    let other_host: Change = |policy| policy.domain_realm.clear();
    let hst = NameType::SRV_HST;
    let options = KdcOptions::CANONICALIZE;
    for (name_type, components, kdc_options, change) in [
        (hst, &WEB[..], KdcOptions::NONE, nothing),
        (NameType::PRINCIPAL, &WEB[..], options, nothing),
        (NameType::UNKNOWN, &WEB[..], options, nothing),
        (
            hst,
            &["HTTP", "web.parent.example", "x"][..],
            options,
            nothing,
        ),
        (hst, &["HTTP", "web"][..], options, nothing),
        (hst, &["HTTP", "web.lab.example"][..], options, nothing),
        (hst, &WEB[..], options, no_referral),
        (hst, &WEB[..], options, other_host),
    ] {
        let mut world = referring(Dialect::Mit);
        world.policy("LAB", change);
        let tgt = world.tgt("alice@LAB");
        let asked = KdcReqBody {
            kdc_options,
            ..body(&service(name_type, components))
        };
        let result = world.tgs(&tgt, asked);
        assert_refused(
            &result,
            ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
            "LOOKING_UP_SERVER",
        );
    }
}

#[test]
fn s003_1_names_of_unknown_type_are_referred_where_their_service_is_listed() {
    let mut world = referring(Dialect::Mit);
    world.policy("LAB", |policy| {
        policy.host_based_services = vec!["HTTP".into()]
    });
    let tgt = world.tgt("alice@LAB");
    let asked = canonicalize(&service(NameType::UNKNOWN, &WEB));
    assert!(world.tgs(&tgt, asked).is_ok());
    let asked = canonicalize(&service(NameType::UNKNOWN, &["ldap", WEB[1]]));
    assert!(world.tgs(&tgt, asked).is_err());
}

#[test]
fn s003_1_active_directory_does_not_look_at_the_name_type() {
    let mut world = referring(Dialect::ActiveDirectory);
    let tgt = world.tgt("alice@LAB");
    let asked = canonicalize(&service(NameType::PRINCIPAL, &WEB));
    let credential = world.tgs(&tgt, asked).unwrap();
    assert_eq!(credential.ticket.server(), principal("krbtgt/PARENT@LAB"));
}

#[test]
fn a_service_that_exists_is_never_referred() {
    let mut world = referring(Dialect::Mit);
    world.policy("LAB", |policy| {
        policy.domain_realm.insert(".lab".into(), "PARENT".into());
    });
    let tgt = world.tgt("alice@LAB");
    let asked = canonicalize(&service(NameType::SRV_HST, &["host", "web.lab"]));
    let credential = world.tgs(&tgt, asked).unwrap();
    assert_eq!(credential.ticket.realm, Realm::from("LAB"));
    assert_eq!(credential.ticket.sname.components[0], "host");
}

#[test]
fn section_11_the_as_req_is_signed_where_the_client_asks_for_it() {
    let mut world = World::mit();
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, PASSWORD);
    let stamp = enc_timestamp(&key, world.now, &mut world.rng);
    let asked = PadataType::REQ_ENC_PA_REP.with(Vec::new());
    let request = as_req(&alice, body(&krbtgt("LAB")), vec![stamp.clone(), asked]);
    let reply = world.send(&request).bytes.unwrap();
    let credential = read_as_rep(&reply, &key).unwrap();
    assert!(credential.part.flags.contains(TicketFlags::ENC_PA_REP));
    let value = credential.part.padata(PadataType::REQ_ENC_PA_REP).unwrap();
    let checksum = Checksum::decode(value).unwrap();
    let verify = |request: &[u8]| {
        key.verify_checksum(
            checksum.cksumtype,
            KeyUsage::AS_REQ,
            request,
            &checksum.checksum,
        )
    };
    assert_eq!(verify(&request), Ok(()));
    let mut changed = request.clone();
    changed[40] ^= 1;
    assert!(verify(&changed).is_err());

    let request = as_req(&alice, body(&krbtgt("LAB")), vec![stamp]);
    let reply = world.send(&request).bytes.unwrap();
    let credential = read_as_rep(&reply, &key).unwrap();
    assert_eq!(credential.part.encrypted_pa_data, None);
}
