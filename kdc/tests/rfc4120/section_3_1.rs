//! RFC 4120 section 3.1: the Authentication Service exchange.

use kdclab_kdc::AsRepDefect;
use kdclab_proto::messages::{
    EtypeInfo2, HostAddress, KdcOptions, KdcReqBody, PadataType, TicketFlags,
};
use kdclab_proto::{ErrorCode, KerberosTime, NameType};

use crate::common::*;

fn body_with(kdc_options: KdcOptions) -> KdcReqBody {
    KdcReqBody {
        kdc_options,
        ..body(&krbtgt("LAB"))
    }
}

#[test]
fn a_client_that_proves_its_password_gets_a_tgt() {
    let mut world = World::mit();
    let credential = world.logon("alice@LAB", body(&krbtgt("LAB"))).unwrap();
    let ticket = world.open(&credential.ticket);
    assert_eq!(credential.client, principal("alice@LAB"));
    assert_eq!(credential.ticket.server(), krbtgt("LAB"));
    assert_eq!(ticket.client(), principal("alice@LAB"));
    assert_eq!(ticket.key, credential.part.key);
    assert_eq!(ticket.authtime, world.now);
    assert_eq!(ticket.starttime, Some(world.now));
    assert_eq!(credential.part.starttime, Some(world.now));
    assert_eq!(credential.part.nonce, 0x1234_5678);
    assert_eq!(
        ticket.flags,
        TicketFlags::INITIAL | TicketFlags::PRE_AUTHENT | TicketFlags::ENC_PA_REP
    );
    assert_eq!(ticket.transited.contents, b"");
}

#[test]
fn a_client_that_proves_another_password_gets_nothing() {
    let mut world = World::mit();
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, "wrong");
    let result = world.logon_with(&alice, &key, body(&krbtgt("LAB")), vec![]);
    assert_refused(&result, ErrorCode::KDC_ERR_PREAUTH_FAILED, "PREAUTH_FAILED");
}

/// MIT before it filtered such errors; a wrong clock is told apart either way.
#[test]
fn a_kdc_of_old_tells_that_the_timestamp_does_not_decrypt() {
    let mut world = World::mit();
    world.policy("LAB", |policy| policy.filter_preauth_errors = false);
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, "wrong");
    let result = world.logon_with(&alice, &key, body(&krbtgt("LAB")), vec![]);
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
        "PREAUTH_FAILED",
    );
    let key = world.key_of_user(&alice, PASSWORD);
    let stamp = enc_timestamp(&key, world.now.saturating_add(301), &mut world.rng);
    let reply = world.send(&as_req(&alice, body(&krbtgt("LAB")), vec![stamp]));
    let result = read_as_rep(&reply.bytes.unwrap(), &key);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_SKEW, "PREAUTH_FAILED");
}

#[test]
fn a_client_that_proves_nothing_learns_how_to() {
    let mut world = World::mit();
    let reply = world.send(&as_req(
        &principal("alice@LAB"),
        body(&krbtgt("LAB")),
        vec![],
    ));
    let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
    let error = read_as_rep(&reply.bytes.unwrap(), &key).unwrap_err();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_PREAUTH_REQUIRED);
    assert_eq!(error.e_text.as_ref().unwrap(), &"NEEDED_PREAUTH");
    assert!(error.padata(PadataType::ENC_TIMESTAMP).is_some());
    let info = EtypeInfo2::decode(&error.padata(PadataType::ETYPE_INFO2).unwrap()).unwrap();
    assert_eq!(info.0.len(), 1);
    assert_eq!(info.0[0].etype, AES256);
    assert_eq!(info.0[0].salt.as_ref().unwrap(), &"LABalice");
}

#[test]
fn a_client_that_need_not_prove_anything_gets_a_tgt_at_once() {
    let mut world = World::mit();
    let carol = principal("carol@LAB");
    let reply = world.send(&as_req(&carol, body(&krbtgt("LAB")), vec![]));
    let key = world.key_of_user(&carol, PASSWORD);
    let credential = read_as_rep(&reply.bytes.unwrap(), &key).unwrap();
    assert!(
        !world
            .open(&credential.ticket)
            .flags
            .contains(TicketFlags::PRE_AUTHENT)
    );
    let info = credential.reply.padata(PadataType::ETYPE_INFO2).unwrap();
    assert_eq!(EtypeInfo2::decode(info).unwrap().0[0].etype, AES256);
}

#[test]
fn section_3_1_3_skew_within_the_limit_is_accepted_and_beyond_it_refused() {
    for (offset, accepted) in [(300, true), (-300, true), (301, false), (-301, false)] {
        let mut world = World::mit();
        let alice = principal("alice@LAB");
        let key = world.key_of_user(&alice, PASSWORD);
        let stamp = enc_timestamp(&key, world.now.saturating_add(offset), &mut world.rng);
        let reply = world.send(&as_req(&alice, body(&krbtgt("LAB")), vec![stamp]));
        let result = read_as_rep(&reply.bytes.unwrap(), &key);
        if accepted {
            assert!(result.is_ok(), "{offset}");
        } else {
            assert_refused(&result, ErrorCode::KRB_AP_ERR_SKEW, "PREAUTH_FAILED");
        }
    }
}

#[test]
fn an_unknown_client_is_6_and_an_unknown_service_7() {
    let mut world = World::mit();
    let key = world.key_of_user(&principal("alice@LAB"), PASSWORD);
    let result = world.logon_with(&principal("nobody@LAB"), &key, body(&krbtgt("LAB")), vec![]);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
        "CLIENT_NOT_FOUND",
    );
    let result = world.logon("alice@LAB", body(&principal("host/none@LAB")));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "SERVER_NOT_FOUND",
    );
}

#[test]
fn a_service_ticket_comes_straight_from_the_as() {
    let mut world = World::mit();
    let service = principal("host/web.lab@LAB");
    let credential = world.logon("alice@LAB", body(&service)).unwrap();
    assert_eq!(credential.ticket.server(), service);
    assert!(
        world
            .open(&credential.ticket)
            .flags
            .contains(TicketFlags::INITIAL)
    );
}

#[test]
fn section_3_1_3_the_endtime_is_the_earliest_of_all_limits() {
    let mut world = World::mit();
    let limit = |seconds: u64| Some(std::time::Duration::from_secs(seconds));
    let mut lives = Vec::new();
    let asked = |world: &World, till: i64| KdcReqBody {
        till: world.now.saturating_add(till),
        ..body(&krbtgt("LAB"))
    };
    let life = |world: &mut World, body: KdcReqBody| {
        let part = world.logon("alice@LAB", body).unwrap().part;
        part.endtime.seconds_since(world.now)
    };
    lives.push(life(&mut world, body(&krbtgt("LAB"))));
    world.edit("krbtgt/LAB@LAB", |entry| entry.max_life = limit(50_000));
    lives.push(life(&mut world, body(&krbtgt("LAB"))));
    world.edit("alice@LAB", |entry| entry.max_life = limit(40_000));
    lives.push(life(&mut world, body(&krbtgt("LAB"))));
    let asked = asked(&world, 30_000);
    lives.push(life(&mut world, asked));
    assert_eq!(lives, [86_400, 50_000, 40_000, 30_000]);
}

#[test]
fn section_3_1_3_a_ticket_that_ends_before_it_begins_is_never_valid() {
    let mut world = World::mit();
    for till in [-1, 0] {
        let body = KdcReqBody {
            till: world.now.saturating_add(till),
            ..body(&krbtgt("LAB"))
        };
        let result = world.logon("alice@LAB", body);
        assert_refused(&result, ErrorCode::KDC_ERR_NEVER_VALID, "NEVER_VALID");
    }
    let body = KdcReqBody {
        till: world.now.saturating_add(1),
        ..body(&krbtgt("LAB"))
    };
    assert!(world.logon("alice@LAB", body).is_ok());
}

#[test]
fn section_3_1_3_the_session_key_is_of_the_first_type_the_client_asks_for() {
    let mut world = World::mit();
    let body = KdcReqBody {
        etype: vec![AES128, AES256],
        ..body(&krbtgt("LAB"))
    };
    let reply = world.send(&as_req(&principal("carol@LAB"), body, vec![]));
    let issued = reply.outcome.exchange().unwrap().result.clone().unwrap();
    assert_eq!(issued.session_enctype, AES128);
    assert_eq!(issued.reply_enctype, AES128);
    assert_eq!(issued.ticket_enctype, AES256);
}

#[test]
fn a_client_of_rc4_only_gets_14_unless_the_switch_is_on() {
    let mut world = World::mit();
    let rc4_only = || KdcReqBody {
        etype: vec![RC4],
        ..body(&krbtgt("LAB"))
    };
    let result = world.logon("alice@LAB", rc4_only());
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_ETYPE_NOSUPP,
        "BAD_ENCRYPTION_TYPE",
    );
    world.policy("LAB", |policy| policy.weak_crypto.allow_rc4 = true);
    let result = world.logon("alice@LAB", rc4_only());
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_ETYPE_NOSUPP,
        "BAD_ENCRYPTION_TYPE",
    );
    world.edit("krbtgt/LAB@LAB", |entry| {
        entry.session_enctypes = Some(vec![RC4])
    });
    let result = world.logon("alice@LAB", rc4_only());
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_ETYPE_NOSUPP,
        "CANT_FIND_CLIENT_KEY",
    );
}

#[test]
fn forwardable_and_proxiable_are_granted_unless_client_or_service_forbid_them() {
    let asked = KdcOptions::FORWARDABLE | KdcOptions::PROXIABLE;
    let granted = TicketFlags::FORWARDABLE | TicketFlags::PROXIABLE;
    let mut world = World::mit();
    let flags = world
        .logon("alice@LAB", body_with(asked))
        .unwrap()
        .part
        .flags;
    assert!(flags.contains(granted));
    for (entry, forbid) in [
        ("alice@LAB", "-allow_forwardable -allow_proxiable"),
        ("krbtgt/LAB@LAB", "-allow_forwardable -allow_proxiable"),
    ] {
        let mut world = World::mit();
        world.set(entry, forbid);
        let flags = world
            .logon("alice@LAB", body_with(asked))
            .unwrap()
            .part
            .flags;
        assert!(!flags.intersects(granted), "{entry}");
    }
}

#[test]
fn renewable_is_granted_as_far_as_the_shortest_limit() {
    let week = std::time::Duration::from_secs(7 * 86_400);
    let mut world = World::mit();
    let asked = || body_with(KdcOptions::RENEWABLE);
    let part = world.logon("alice@LAB", asked()).unwrap().part;
    assert!(part.flags.contains(TicketFlags::RENEWABLE));
    assert_eq!(
        part.renew_till,
        Some(world.now),
        "a realm without renewable life"
    );
    world.policy("LAB", |policy| policy.max_renewable_life = week);
    let part = world
        .logon(
            "alice@LAB",
            KdcReqBody {
                nonce: 2,
                ..asked()
            },
        )
        .unwrap()
        .part;
    assert_eq!(part.renew_till, Some(world.now.saturating_add(7 * 86_400)));
    for (name, seconds) in [("krbtgt/LAB@LAB", 5000), ("alice@LAB", 4000)] {
        let life = std::time::Duration::from_secs(seconds);
        world.edit(name, |entry| entry.max_renewable_life = Some(life));
        world.advance(1);
        let part = world.logon("alice@LAB", asked()).unwrap().part;
        let seconds = i64::try_from(seconds).unwrap();
        assert_eq!(part.renew_till, Some(world.now.saturating_add(seconds)));
    }
    world.set("alice@LAB", "-allow_renewable");
    let part = world
        .logon(
            "alice@LAB",
            KdcReqBody {
                nonce: 3,
                ..asked()
            },
        )
        .unwrap()
        .part;
    assert!(!part.flags.contains(TicketFlags::RENEWABLE));
    assert_eq!(part.renew_till, None);
}

#[test]
fn renewable_ok_gives_a_renewable_ticket_when_the_life_asked_for_is_too_long() {
    let week = std::time::Duration::from_secs(7 * 86_400);
    let mut world = World::mit();
    world.policy("LAB", |policy| policy.max_renewable_life = week);
    for (life, renewable) in [(2 * 86_400, true), (3600, false)] {
        let body = KdcReqBody {
            till: world.now.saturating_add(life),
            ..body_with(KdcOptions::RENEWABLE_OK)
        };
        let part = world.logon("alice@LAB", body.clone()).unwrap().part;
        assert_eq!(part.flags.contains(TicketFlags::RENEWABLE), renewable);
        assert_eq!(part.renew_till, renewable.then_some(body.till));
    }
}

#[test]
fn a_postdated_ticket_starts_later_and_is_invalid_until_then() {
    let mut world = World::mit();
    let from = world.now.saturating_add(HOUR);
    let body = KdcReqBody {
        from: Some(from),
        ..body_with(KdcOptions::ALLOW_POSTDATE | KdcOptions::POSTDATED)
    };
    let part = world.logon("alice@LAB", body.clone()).unwrap().part;
    assert_eq!(part.starttime, Some(from));
    assert_eq!(part.authtime, world.now);
    assert!(
        part.flags
            .contains(TicketFlags::MAY_POSTDATE | TicketFlags::POSTDATED | TicketFlags::INVALID)
    );
    world.set("alice@LAB", "-allow_postdated");
    let result = world.logon("alice@LAB", body);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_CANNOT_POSTDATE,
        "POSTDATE NOT ALLOWED",
    );
}

/// A KDC that fails on purpose: its ticket says the same as the encrypted part beside it, and only the one field
/// is not as asked.
#[test]
fn section_3_1_3_each_defect_changes_its_own_field() {
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3600);
    let after = |world: &World, seconds| world.now.saturating_add(seconds);
    let options = KdcOptions::ALLOW_POSTDATE | KdcOptions::POSTDATED | KdcOptions::RENEWABLE;
    let logon = |defect: Option<AsRepDefect>| {
        let mut world = World::mit();
        world.policy("LAB", |policy| {
            policy.max_life = hours(10);
            policy.max_renewable_life = hours(100);
            policy.as_rep_defect = defect;
        });
        let asked = KdcReqBody {
            from: Some(after(&world, HOUR)),
            till: after(&world, 3 * HOUR),
            rtime: Some(after(&world, 9 * HOUR)),
            ..body_with(options)
        };
        let credential = world.logon("alice@LAB", asked).unwrap();
        let key = world.key_of_service(&krbtgt("LAB"), 1);
        let (part, ticket) = (&credential.part, open_ticket(&credential.ticket, &key));
        assert_eq!(ticket.starttime, part.starttime);
        assert_eq!(ticket.endtime, part.endtime);
        assert_eq!(ticket.renew_till, part.renew_till);
        assert_eq!(ticket.flags, part.flags);
        let server = part.sname.clone().at(part.srealm.clone());
        assert_eq!(credential.ticket.server(), server);
        let relative = |time: KerberosTime| time.seconds_since(world.now) / HOUR;
        (
            relative(part.starttime.unwrap()),
            relative(part.endtime),
            relative(part.renew_till.unwrap()),
            server.to_string(),
        )
    };
    let lab = || "krbtgt/LAB@LAB".to_owned();
    assert_eq!(logon(None), (1, 3, 9, lab()));
    assert_eq!(logon(Some(AsRepDefect::IgnoresFrom)), (0, 3, 9, lab()));
    assert_eq!(logon(Some(AsRepDefect::IgnoresTill)), (1, 11, 9, lab()));
    assert_eq!(logon(Some(AsRepDefect::IgnoresRtime)), (1, 3, 101, lab()));
    let other = principal("krbtgt/OTHER@LAB").name;
    assert_eq!(
        logon(Some(AsRepDefect::Sname(other))),
        (1, 3, 9, "krbtgt/OTHER@LAB".to_owned())
    );
}

#[test]
fn a_defect_of_the_name_spares_other_services_and_every_defect_spares_the_tgs() {
    let other = principal("krbtgt/OTHER@LAB").name;
    for defect in [AsRepDefect::IgnoresTill, AsRepDefect::Sname(other)] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        world.policy("LAB", |policy| policy.as_rep_defect = Some(defect.clone()));
        let web = principal("host/web.lab@LAB");
        let asked = KdcReqBody {
            till: world.now.saturating_add(HOUR),
            ..body(&web)
        };
        let ticket = world.tgs(&tgt, asked.clone()).unwrap();
        assert_eq!(ticket.ticket.server(), web);
        assert_eq!(ticket.part.endtime, asked.till);
        let direct = world.logon("alice@LAB", asked).unwrap();
        assert_eq!(direct.ticket.server(), web);
    }
}

#[test]
fn the_addresses_asked_for_are_in_the_ticket() {
    let mut world = World::mit();
    let addresses = vec![HostAddress::from(world.transport.peer.ip())];
    let asked = KdcReqBody {
        addresses: Some(addresses.clone()),
        ..body(&krbtgt("LAB"))
    };
    let credential = world.logon("alice@LAB", asked).unwrap();
    assert_eq!(credential.part.caddr, Some(addresses.clone()));
    assert_eq!(world.open(&credential.ticket).caddr, Some(addresses));
    let credential = world.logon("alice@LAB", body(&krbtgt("LAB"))).unwrap();
    assert_eq!(world.open(&credential.ticket).caddr, None);
}

#[test]
fn options_of_a_tgs_req_are_refused() {
    for option in [
        KdcOptions::FORWARDED,
        KdcOptions::PROXY,
        KdcOptions::RENEW,
        KdcOptions::VALIDATE,
        KdcOptions::ENC_TKT_IN_SKEY,
    ] {
        let result = World::mit().logon("alice@LAB", body_with(option));
        assert_refused(&result, ErrorCode::KDC_ERR_BADOPTION, "INVALID AS OPTIONS");
    }
}

#[test]
fn an_anonymous_ticket_is_refused() {
    let result = World::mit().logon("alice@LAB", body_with(KdcOptions::REQUEST_ANONYMOUS));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_BADOPTION,
        "VALIDATE_ANONYMOUS_PRINCIPAL",
    );
}

#[test]
fn the_account_is_checked_before_the_password() {
    let past = KerberosTime::from_unix(START.unix() - 1);
    type Change = Box<dyn Fn(&mut World)>;
    let flags = |name: &'static str, flags: &'static str| -> Change {
        Box::new(move |world| world.set(name, flags))
    };
    let cases: Vec<(Change, ErrorCode, &str)> = vec![
        (
            flags("alice@LAB", "-allow_tix"),
            ErrorCode::KDC_ERR_CLIENT_REVOKED,
            "CLIENT LOCKED OUT",
        ),
        (
            Box::new(move |world| world.edit("alice@LAB", |entry| entry.expiration = Some(past))),
            ErrorCode::KDC_ERR_NAME_EXP,
            "CLIENT EXPIRED",
        ),
        (
            Box::new(move |world| {
                world.edit("alice@LAB", |entry| entry.password_expiration = Some(past));
            }),
            ErrorCode::KDC_ERR_KEY_EXPIRED,
            "CLIENT KEY EXPIRED",
        ),
        (
            flags("alice@LAB", "+needchange"),
            ErrorCode::KDC_ERR_KEY_EXPIRED,
            "REQUIRED PWCHANGE",
        ),
        (
            Box::new(move |world| {
                world.edit("krbtgt/LAB@LAB", |entry| entry.expiration = Some(past));
            }),
            ErrorCode::KDC_ERR_SERVICE_EXP,
            "SERVICE EXPIRED",
        ),
        (
            flags("krbtgt/LAB@LAB", "-allow_tix"),
            ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
            "SERVICE LOCKED OUT",
        ),
        (
            flags("krbtgt/LAB@LAB", "-allow_svr"),
            ErrorCode::KDC_ERR_MUST_USE_USER2USER,
            "SERVICE NOT ALLOWED",
        ),
    ];
    for (change, code, e_text) in cases {
        for password in [PASSWORD, "wrong"] {
            let mut world = World::mit();
            change(&mut world);
            let alice = principal("alice@LAB");
            let key = world.key_of_user(&alice, password);
            let result = world.logon_with(&alice, &key, body(&krbtgt("LAB")), vec![]);
            assert_refused(&result, code, e_text);
        }
    }
}

#[test]
fn an_account_is_good_until_the_moment_it_expires() {
    let mut world = World::mit();
    world.edit("alice@LAB", |entry| {
        entry.expiration = Some(START);
        entry.password_expiration = Some(START);
    });
    let part = world.logon("alice@LAB", body(&krbtgt("LAB"))).unwrap().part;
    assert_eq!(part.key_expiration, Some(START));
    world.advance(1);
    assert_eq!(
        world.logon_code("alice@LAB", PASSWORD),
        Some(ErrorCode::KDC_ERR_NAME_EXP)
    );
}

#[test]
fn a_new_key_ends_the_expiration_of_the_old_one() {
    let mut world = World::mit();
    world.set("alice@LAB", "+needchange");
    world.edit("alice@LAB", |entry| {
        entry.password_expiration = Some(START.saturating_add(-1));
    });
    assert_eq!(
        world.logon_code("alice@LAB", PASSWORD),
        Some(ErrorCode::KDC_ERR_KEY_EXPIRED)
    );
    world.edit("alice@LAB", |entry| {
        let keys = entry.key_sets()[0].keys.clone();
        entry.set_keys(keys, false);
    });
    world.advance(1);
    assert_eq!(world.logon_code("alice@LAB", PASSWORD), None);
}

#[test]
fn an_expired_password_still_reaches_the_service_that_changes_it() {
    let changepw = principal("kadmin/changepw@LAB");
    let mut world = World::mit();
    world.set("alice@LAB", "+needchange");
    world.edit("alice@LAB", |entry| {
        entry.password_expiration = Some(START.saturating_add(-1));
    });
    assert!(world.logon("alice@LAB", body(&changepw)).is_ok());
    world.set("kadmin/changepw@LAB", "-password_changing_service");
    let result = world.logon(
        "alice@LAB",
        KdcReqBody {
            nonce: 2,
            ..body(&changepw)
        },
    );
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_KEY_EXPIRED,
        "CLIENT KEY EXPIRED",
    );
}

#[test]
fn hardware_that_no_timestamp_proves_is_asked_for_again() {
    let mut world = World::mit();
    world.set("alice@LAB", "+requires_hwauth");
    let result = world.logon("alice@LAB", body(&krbtgt("LAB")));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_PREAUTH_REQUIRED,
        "NEEDED_HW_PREAUTH",
    );
}

#[test]
fn a_timestamp_under_a_key_of_an_old_version_is_refused() {
    let mut world = World::mit();
    let alice = principal("alice@LAB");
    let old = world.key_of_user(&alice, PASSWORD);
    world.edit("alice@LAB", |entry| {
        let password = kdclab_kdc::PasswordKeys {
            password: "battery staple",
            enctypes: &[AES256, AES128],
            salt: &kdclab_proto::crypto::Salt::Normal,
            s2kparams: None,
        };
        assert_eq!(entry.set_password(&password, keys(), true), Ok(2));
    });
    let result = world.logon_with(&alice, &old, body(&krbtgt("LAB")), vec![]);
    assert_refused(&result, ErrorCode::KDC_ERR_PREAUTH_FAILED, "PREAUTH_FAILED");
    let new = world.key_of_user(&alice, "battery staple");
    let credential = world
        .logon_with(&alice, &new, body(&krbtgt("LAB")), vec![])
        .unwrap();
    assert_eq!(credential.part.nonce, 0x1234_5678);
}

#[test]
fn a_request_without_a_client_is_refused_and_one_without_a_service_dropped() {
    use kdclab_kdc::{DropCause, Outcome};
    use kdclab_proto::messages::{AsReq, KrbError};
    let mut world = World::mit();
    let reply = world.send(&AsReq::new(None, body(&krbtgt("LAB"))).encode());
    let error = KrbError::decode(&reply.bytes.unwrap()).unwrap();
    assert_eq!(error.error_code, ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN);
    assert_eq!(error.e_text.unwrap(), "NULL_CLIENT");
    let nobody = KdcReqBody {
        sname: None,
        ..body(&krbtgt("LAB"))
    };
    let reply = world.send(&as_req(&principal("alice@LAB"), nobody.clone(), vec![]));
    assert_eq!(reply.bytes, None);
    assert_eq!(
        reply.outcome,
        Outcome::Dropped(DropCause::ServiceNameMissing)
    );
    let mut domain = World::active_directory();
    let reply = domain.send(&as_req(&principal("alice@LAB"), nobody, vec![]));
    assert_eq!(
        reply.outcome.error_code(),
        Some(ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN)
    );
}

#[test]
fn a_name_type_is_only_a_hint() {
    let mut world = World::mit();
    let mut alice = principal("alice@LAB");
    alice.name.name_type = NameType::UNKNOWN;
    let key = world.key_of_user(&alice, PASSWORD);
    let result = world.logon_with(&alice, &key, body(&krbtgt("LAB")), vec![]);
    assert_eq!(result.unwrap().reply.cname.name_type, NameType::UNKNOWN);
}
