//! RFC 4120 section 3.3: the Ticket-Granting Service exchange.

use kdclab_kdc::{Dialect, LongTermKey};
use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::{
    ApOptions, AuthorizationData, AuthorizationDataElement, HostAddress, KdcOptions, KdcReqBody,
    TicketFlags, TransitedEncoding,
};
use kdclab_proto::{ErrorCode, Key, KeyUsage};

use crate::common::*;

const SERVICE: &str = "host/web.lab@LAB";

fn subkey(enctype: kdclab_proto::Enctype, world: &mut World) -> Key {
    Key::generate(enctype, &mut world.rng).unwrap()
}

#[test]
fn a_tgt_gets_a_service_ticket() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    world.advance(60);
    let credential = world.service(&tgt, SERVICE).unwrap();
    let ticket = world.open(&credential.ticket);
    assert_eq!(credential.ticket.server(), principal(SERVICE));
    assert_eq!(ticket.client(), principal("alice@LAB"));
    assert_eq!(ticket.key, credential.part.key);
    assert_ne!(ticket.key, tgt.part.key);
    assert_eq!(ticket.authtime, START);
    assert_eq!(ticket.starttime, Some(world.now));
    assert_eq!(ticket.endtime, tgt.part.endtime);
    assert_eq!(
        ticket.flags,
        TicketFlags::PRE_AUTHENT | TicketFlags::ENC_PA_REP | TicketFlags::TRANSITED_POLICY_CHECKED
    );
    assert_eq!(credential.reply.enc_part.kvno, None);
}

#[test]
fn section_3_3_3_the_reply_is_under_the_subkey_when_there_is_one() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    for enctype in [AES256, AES128, RC4] {
        let subkey = subkey(enctype, &mut world);
        let present = Present {
            subkey: Some((&subkey).into()),
            ..world.present(&tgt)
        };
        // Opened with the subkey and usage 9, and with nothing else.
        world
            .tgs_with(&tgt, &present, body(&principal(SERVICE)))
            .unwrap();
    }
}

#[test]
fn a_subkey_of_a_wrong_length_or_unknown_type_is_refused() {
    for (etype, octets) in [(18, 5), (18, 0), (18, 33), (99, 32)] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        let present = Present {
            subkey: Some(encryption_key(etype, octets)),
            ..world.present(&tgt)
        };
        let result = world.tgs_with(&tgt, &present, body(&principal(SERVICE)));
        assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, "PROCESS_TGS");
    }
}

#[test]
fn section_3_3_2_the_authenticator_must_be_of_the_client_of_the_ticket() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    for other in ["bob@LAB", "alice@OTHER"] {
        let present = Present {
            client: principal(other),
            ..world.present(&tgt)
        };
        let result = world.tgs_with(&tgt, &present, body(&principal(SERVICE)));
        assert_refused(&result, ErrorCode::KRB_AP_ERR_BADMATCH, "PROCESS_TGS");
    }
}

#[test]
fn section_3_3_2_the_authenticator_must_be_of_now() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    for (offset, accepted) in [(300, true), (-300, true), (301, false), (-301, false)] {
        let present = Present {
            time: world.now.saturating_add(offset),
            ..world.present(&tgt)
        };
        let result = world.tgs_with(&tgt, &present, body(&principal(SERVICE)));
        if accepted {
            assert!(result.is_ok(), "{offset}");
        } else {
            assert_refused(&result, ErrorCode::KRB_AP_ERR_SKEW, "PROCESS_TGS");
        }
    }
}

#[test]
fn section_3_3_2_the_authenticator_must_be_under_the_session_key() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let stolen = Credential {
        session: subkey(AES256, &mut world),
        ..tgt
    };
    let result = world.service(&stolen, SERVICE);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_BAD_INTEGRITY, "PROCESS_TGS");
}

#[test]
fn section_3_3_2_the_body_must_bear_a_keyed_checksum() {
    let body = || body(&principal(SERVICE));
    let encoded = kdclab_proto::messages::TgsReq::new(None, body());
    let digest = ChecksumType::RSA_MD5.compute_unkeyed(encoded.0.req_body_bytes());
    for (sum, code) in [
        (Sum::Missing, ErrorCode::KRB_AP_ERR_INAPP_CKSUM),
        (Sum::OverOtherData, ErrorCode::KRB_AP_ERR_BAD_INTEGRITY),
        (
            Sum::Other(ChecksumType::RSA_MD5, digest.unwrap()),
            ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
        ),
        (
            Sum::Other(ChecksumType::CRC32, vec![0; 4]),
            ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
        ),
        (
            Sum::Other(ChecksumType::HMAC_SHA1_96_AES128, vec![0; 12]),
            ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
        ),
        (
            Sum::Other(ChecksumType(999), vec![0; 12]),
            ErrorCode::KDC_ERR_SUMTYPE_NOSUPP,
        ),
    ] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        let present = Present {
            sum,
            ..world.present(&tgt)
        };
        let result = world.tgs_with(&tgt, &present, body());
        assert_refused(&result, code, "PROCESS_TGS");
    }
}

#[test]
fn section_3_3_2_the_checksum_covers_the_octets_that_came() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let present = world.present(&tgt);
    let request = tgs_req(&tgt, &present, body(&principal(SERVICE)), &mut world.rng);
    assert!(world.send(&request).outcome.error_code().is_none());
    // The nonce is in the body and in no other place: 0x12345678, last octet changed.
    let nonce = [0x02, 0x04, 0x12, 0x34, 0x56, 0x78];
    let place = request
        .windows(6)
        .position(|window| window == nonce)
        .unwrap();
    let mut changed = request.clone();
    changed[place + 5] ^= 1;
    assert_eq!(
        world.send(&changed).outcome.error_code(),
        Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
    );
}

#[test]
fn an_ap_req_that_wants_an_answer_is_refused() {
    for options in [ApOptions::MUTUAL_REQUIRED, ApOptions::USE_SESSION_KEY] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        let present = Present {
            options,
            ..world.present(&tgt)
        };
        let result = world.tgs_with(&tgt, &present, body(&principal(SERVICE)));
        assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "PROCESS_TGS");
    }
}

#[test]
fn a_request_that_presents_no_ticket_is_refused() {
    use kdclab_proto::messages::{KrbError, PadataType, TgsReq};
    let mut world = World::mit();
    for (padata, code) in [
        (None, ErrorCode::KDC_ERR_PADATA_TYPE_NOSUPP),
        (
            Some(vec![PadataType::TGS_REQ.with(b"nothing".to_vec())]),
            ErrorCode::KRB_ERR_GENERIC,
        ),
    ] {
        let request = TgsReq::new(padata, body(&principal(SERVICE))).encode();
        let error = KrbError::decode(&world.send(&request).bytes.unwrap()).unwrap();
        assert_eq!((error.error_code, error.cname), (code, None));
    }
}

#[test]
fn section_3_2_3_a_ticket_is_good_from_start_to_end_give_or_take_the_skew() {
    for (start, end, code) in [
        (-10, 10, None),
        (300, 1000, None),
        (301, 1000, Some(ErrorCode::KRB_AP_ERR_TKT_NYV)),
        (-1000, -300, None),
        (-1000, -301, Some(ErrorCode::KRB_AP_ERR_TKT_EXPIRED)),
    ] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        let now = world.now;
        let changed = world.resealed(&tgt, |part| {
            part.starttime = Some(now.saturating_add(start));
            part.endtime = now.saturating_add(end);
        });
        let result = world.service(&changed, SERVICE);
        match code {
            None => assert!(result.is_ok(), "{start} {end}"),
            Some(code) => assert_refused(&result, code, "PROCESS_TGS"),
        }
    }
}

#[test]
fn section_3_2_3_a_ticket_with_addresses_is_good_only_from_there() {
    let mut world = World::mit();
    let addresses = vec![HostAddress::from(world.transport.peer.ip())];
    let asked = KdcReqBody {
        addresses: Some(addresses),
        ..body(&krbtgt("LAB"))
    };
    let tgt = world.logon("alice@LAB", asked).unwrap();
    let credential = world.service(&tgt, SERVICE).unwrap();
    assert_eq!(world.open(&credential.ticket).caddr, tgt.part.caddr);
    world.transport.peer = "192.0.2.8:50000".parse().unwrap();
    let result = world.service(&tgt, SERVICE);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_BADADDR, "PROCESS_TGS");
}

#[test]
fn a_ticket_changed_on_the_way_is_refused() {
    let mut world = World::mit();
    let mut tgt = world.tgt("alice@LAB");
    tgt.ticket.enc_part.cipher[20] ^= 1;
    let result = world.service(&tgt, SERVICE);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_BAD_INTEGRITY, "PROCESS_TGS");
}

#[test]
fn a_ticket_of_a_key_version_or_type_that_is_gone_is_60_process_tgs() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let mut later = tgt.clone();
    later.ticket.enc_part.kvno = Some(2);
    let mut other = tgt.clone();
    other.ticket.enc_part.etype = AES128;
    for wrong in [later, other] {
        let result = world.service(&wrong, SERVICE);
        assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, "PROCESS_TGS");
    }
    let mut unversioned = tgt;
    unversioned.ticket.enc_part.kvno = None;
    assert!(world.service(&unversioned, SERVICE).is_ok());
}

#[test]
fn s004_d4_a_new_krbtgt_key_ends_old_tickets_only_when_the_old_key_is_gone() {
    for (keep_old, accepted) in [(true, true), (false, false)] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        let fresh = subkey(AES256, &mut world);
        world.edit("krbtgt/LAB@LAB", |entry| {
            assert_eq!(entry.set_keys(vec![LongTermKey::from(fresh)], keep_old), 2);
        });
        let result = world.service(&tgt, SERVICE);
        if accepted {
            assert!(result.is_ok());
        } else {
            assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, "PROCESS_TGS");
        }
    }
}

#[test]
fn s004_d4_a_forged_tgt_of_a_client_that_does_not_exist_is_served() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let forged = world.resealed(&tgt, |part| part.cname = principal("ghost@LAB").name);
    let credential = world.service(&forged, SERVICE).unwrap();
    assert_eq!(credential.client, principal("ghost@LAB"));
    world.set(SERVICE, "+requires_preauth");
    assert!(world.service(&forged, SERVICE).is_ok());
    let careless = world.resealed(&forged, |part| {
        part.flags.set(TicketFlags::PRE_AUTHENT, false);
    });
    let result = world.service(&careless, SERVICE);
    assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, "NO PREAUTH");
}

#[test]
fn a_disabled_client_keeps_its_tgt_at_mit() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    world.set("alice@LAB", "-allow_tix");
    world.advance(2 * HOUR);
    assert!(world.service(&tgt, SERVICE).is_ok());
}

#[test]
fn an_unknown_service_is_7() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let result = world.service(&tgt, "host/none.lab@LAB");
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "LOOKING_UP_SERVER",
    );
    let result = world.service(&tgt, "krbtgt/NOWHERE@LAB");
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
        "UNKNOWN_SERVER",
    );
    let result = world.service(&tgt, "host/x@ELSEWHERE");
    assert_refused(&result, ErrorCode::KRB_ERR_GENERIC, "GET_LOCAL_TGT");
}

#[test]
fn what_a_service_forbids_is_refused() {
    for (flags, code, e_text) in [
        (
            "-allow_tix",
            ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
            "SERVER LOCKED OUT",
        ),
        (
            "-allow_svr",
            ErrorCode::KDC_ERR_MUST_USE_USER2USER,
            "SERVER NOT ALLOWED",
        ),
        (
            "-allow_tgs_req",
            ErrorCode::KDC_ERR_POLICY,
            "TGT BASED NOT ALLOWED",
        ),
        (
            "+requires_hwauth",
            ErrorCode::KRB_ERR_GENERIC,
            "NO HW PREAUTH",
        ),
    ] {
        let mut world = World::mit();
        let tgt = world.tgt("alice@LAB");
        assert!(world.service(&tgt, SERVICE).is_ok());
        world.set(SERVICE, flags);
        // The same request a second later, lest the reply be the one already sent.
        world.advance(1);
        let result = world.service(&tgt, SERVICE);
        assert_refused(&result, code, e_text);
    }
}

#[test]
fn a_service_is_good_until_the_moment_it_expires() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    world.edit(SERVICE, |entry| entry.expiration = Some(START));
    assert!(world.service(&tgt, SERVICE).is_ok());
    world.advance(1);
    let result = world.service(&tgt, SERVICE);
    assert_refused(&result, ErrorCode::KDC_ERR_SERVICE_EXP, "SERVICE EXPIRED");
}

#[test]
fn the_session_key_suits_client_and_service() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    world.edit(SERVICE, |entry| entry.session_enctypes = Some(vec![AES128]));
    let credential = world.service(&tgt, SERVICE).unwrap();
    assert_eq!(credential.part.key.enctype(), AES128);
    assert_eq!(credential.ticket.enc_part.etype, AES256);
    let result = world.tgs(
        &tgt,
        KdcReqBody {
            etype: vec![AES256],
            ..body(&principal(SERVICE))
        },
    );
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_ETYPE_NOSUPP,
        "BAD_ENCRYPTION_TYPE",
    );
}

#[test]
fn s002_8_d_a_service_with_an_rc4_key_only_still_gets_aes_session_keys() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let key = subkey(RC4, &mut world);
    world.edit(SERVICE, |entry| {
        entry.set_keys(vec![LongTermKey::from(key)], false);
    });
    let credential = world.service(&tgt, SERVICE).unwrap();
    assert_eq!(credential.ticket.enc_part.etype, RC4);
    assert_eq!(credential.part.key.enctype(), AES256);
}

#[test]
fn a_service_ticket_does_not_get_other_tickets() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let credential = world.service(&tgt, SERVICE).unwrap();
    let result = world.service(&credential, SERVICE);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_NOT_US, "BAD TGS SERVER NAME");
}

fn body_with(service: &str, kdc_options: KdcOptions) -> KdcReqBody {
    KdcReqBody {
        kdc_options,
        ..body(&principal(service))
    }
}

fn renewable_world(realm_life: u64) -> World {
    let mut world = World::mit();
    world.policy("LAB", |policy| {
        policy.max_renewable_life = std::time::Duration::from_secs(realm_life);
    });
    world
}

#[test]
fn s004_h2_a_renewable_ticket_is_renewed_until_its_time_has_come() {
    let renew = || body_with("krbtgt/LAB@LAB", KdcOptions::RENEW | KdcOptions::RENEWABLE);
    let mut world = renewable_world(7 * 86_400);
    let tgt = world.tgt_with("alice@LAB", KdcOptions::RENEWABLE);
    world.advance(HOUR);
    let renewed = world.tgs(&tgt, renew()).unwrap();
    assert_eq!(renewed.part.starttime, Some(world.now));
    assert_eq!(renewed.part.endtime, world.now.saturating_add(86_400));
    assert_eq!(renewed.part.renew_till, tgt.part.renew_till);
    assert_eq!(renewed.part.authtime, START);
    assert_ne!(renewed.part.key, tgt.part.key);
    // Ended by seconds, and long enough ago.
    world.now = tgt.part.endtime.saturating_add(10);
    assert!(world.tgs(&tgt, renew()).is_ok());
    world.now = tgt.part.endtime.saturating_add(301);
    let result = world.tgs(&tgt, renew());
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_EXPIRED, "PROCESS_TGS");
    // Close to the end of its renewable time a ticket gets no longer life than that.
    let last = world.resealed(&tgt, |part| part.endtime = START.saturating_add(700_000));
    world.now = START.saturating_add(7 * 86_400 - 60);
    let renewed = world.tgs(&last, renew()).unwrap();
    assert_eq!(Some(renewed.part.endtime), tgt.part.renew_till);
    world.now = START.saturating_add(7 * 86_400 + 1);
    let result = world.tgs(&last, renew());
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_EXPIRED, "TKT_EXPIRED");
}

#[test]
fn s004_h2_a_ticket_without_the_flag_is_13_and_one_without_renewable_life_32() {
    let renew = || body_with("krbtgt/LAB@LAB", KdcOptions::RENEW);
    let mut world = renewable_world(7 * 86_400);
    let tgt = world.tgt("alice@LAB");
    let result = world.tgs(&tgt, renew());
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_BADOPTION,
        "TICKET NOT RENEWABLE",
    );
    let mut world = renewable_world(0);
    let tgt = world.tgt_with("alice@LAB", KdcOptions::RENEWABLE);
    assert!(tgt.part.flags.contains(TicketFlags::RENEWABLE));
    world.advance(1);
    let result = world.tgs(&tgt, renew());
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_EXPIRED, "TKT_EXPIRED");
}

#[test]
fn a_service_ticket_is_renewed_for_the_same_service_only() {
    let mut world = renewable_world(7 * 86_400);
    let tgt = world.tgt_with("alice@LAB", KdcOptions::RENEWABLE);
    let credential = world
        .tgs(&tgt, body_with(SERVICE, KdcOptions::RENEWABLE))
        .unwrap();
    assert!(credential.part.flags.contains(TicketFlags::RENEWABLE));
    assert!(
        world
            .tgs(&credential, body_with(SERVICE, KdcOptions::RENEW))
            .is_ok()
    );
    let result = world.tgs(&credential, body_with("krbtgt/LAB@LAB", KdcOptions::RENEW));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_SERVER_NOMATCH,
        "SERVER DIDN'T MATCH TICKET FOR RENEW/FORWARD/ETC",
    );
}

#[test]
fn a_postdated_ticket_is_validated_at_its_time_and_useless_before() {
    let mut world = World::mit();
    let from = world.now.saturating_add(HOUR);
    let asked = KdcReqBody {
        from: Some(from),
        ..body_with(
            "krbtgt/LAB@LAB",
            KdcOptions::ALLOW_POSTDATE | KdcOptions::POSTDATED,
        )
    };
    let tgt = world.logon("alice@LAB", asked).unwrap();
    let validate = || body_with("krbtgt/LAB@LAB", KdcOptions::VALIDATE);
    let result = world.tgs(&tgt, validate());
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_NYV, "PROCESS_TGS");
    world.now = from.saturating_add(-200);
    let result = world.tgs(&tgt, validate());
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_NYV, "NOT_YET_VALID");
    world.now = from;
    let result = world.service(&tgt, SERVICE);
    assert_refused(&result, ErrorCode::KRB_AP_ERR_TKT_NYV, "TICKET NOT VALID");
    let valid = world.tgs(&tgt, validate()).unwrap();
    assert!(!valid.part.flags.contains(TicketFlags::INVALID));
    assert_eq!(valid.part.starttime, Some(from));
    assert!(world.service(&valid, SERVICE).is_ok());
    let result = world.tgs(&valid, validate());
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_BADOPTION,
        "VALIDATE VALID TICKET",
    );
}

#[test]
fn a_forwardable_tgt_is_forwarded_to_other_addresses_and_others_are_not() {
    let mut world = World::mit();
    let there = vec![HostAddress::from(
        "198.51.100.1".parse::<std::net::IpAddr>().unwrap(),
    )];
    let forward = || KdcReqBody {
        addresses: Some(there.clone()),
        ..body_with(
            "krbtgt/LAB@LAB",
            KdcOptions::FORWARDED | KdcOptions::FORWARDABLE,
        )
    };
    let tgt = world.tgt_with("alice@LAB", KdcOptions::FORWARDABLE);
    let forwarded = world.tgs(&tgt, forward()).unwrap();
    assert!(
        forwarded
            .part
            .flags
            .contains(TicketFlags::FORWARDED | TicketFlags::FORWARDABLE)
    );
    assert_eq!(world.open(&forwarded.ticket).caddr, Some(there.clone()));
    world.transport.peer = "198.51.100.1:1".parse().unwrap();
    let credential = world.service(&forwarded, SERVICE).unwrap();
    assert!(credential.part.flags.contains(TicketFlags::FORWARDED));
    let fixed = world.tgt("alice@LAB");
    let result = world.tgs(&fixed, forward());
    assert_refused(&result, ErrorCode::KDC_ERR_BADOPTION, "TGT NOT FORWARDABLE");
}

#[test]
fn a_proxiable_service_ticket_gets_a_proxy_and_a_tgt_never_does() {
    let mut world = World::mit();
    let proxy = |service| body_with(service, KdcOptions::PROXY);
    let tgt = world.tgt_with("alice@LAB", KdcOptions::PROXIABLE);
    let credential = world
        .tgs(&tgt, body_with(SERVICE, KdcOptions::PROXIABLE))
        .unwrap();
    let proxied = world.tgs(&credential, proxy(SERVICE)).unwrap();
    assert!(proxied.part.flags.contains(TicketFlags::PROXY));
    let result = world.tgs(&tgt, proxy("krbtgt/LAB@LAB"));
    assert_refused(&result, ErrorCode::KDC_ERR_BADOPTION, "CAN'T PROXY TGT");
    let plain = world.service(&tgt, SERVICE).unwrap();
    let result = world.tgs(&plain, proxy(SERVICE));
    assert_refused(&result, ErrorCode::KDC_ERR_BADOPTION, "TGT NOT PROXIABLE");
}

#[test]
fn a_tgt_gives_no_more_than_it_has() {
    let all = KdcOptions::FORWARDABLE | KdcOptions::PROXIABLE | KdcOptions::RENEWABLE;
    let flags = TicketFlags::FORWARDABLE | TicketFlags::PROXIABLE | TicketFlags::RENEWABLE;
    let mut world = renewable_world(7 * 86_400);
    let plain = world.tgt("alice@LAB");
    let credential = world.tgs(&plain, body_with(SERVICE, all)).unwrap();
    assert!(!credential.part.flags.intersects(flags));
    let full = world.tgt_with("alice@LAB", all);
    let credential = world.tgs(&full, body_with(SERVICE, all)).unwrap();
    assert!(credential.part.flags.contains(flags));
    let short = world.resealed(&full, |part| part.endtime = START.saturating_add(100));
    let credential = world.service(&short, SERVICE).unwrap();
    assert_eq!(credential.part.endtime, START.saturating_add(100));
}

#[test]
fn a_service_trusted_for_delegation_says_so_in_its_tickets() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let trusted = |world: &mut World| {
        let flags = world.service(&tgt, SERVICE).unwrap().part.flags;
        flags.contains(TicketFlags::OK_AS_DELEGATE)
    };
    assert!(!trusted(&mut world));
    world.set(SERVICE, "+ok_as_delegate");
    world.advance(1);
    assert!(trusted(&mut world));
}

#[test]
fn section_3_3_3_user_to_user_seals_in_the_session_key_of_the_other_tgt() {
    let mut world = World::mit();
    world.set("bob@LAB", "-allow_svr");
    let (alice, bob) = (world.tgt("alice@LAB"), world.tgt("bob@LAB"));
    let asked = |service: &str, ticket: &Credential| KdcReqBody {
        additional_tickets: Some(vec![ticket.ticket.clone()]),
        ..body_with(service, KdcOptions::ENC_TKT_IN_SKEY)
    };
    let credential = world.tgs(&alice, asked("bob@LAB", &bob)).unwrap();
    assert_eq!(credential.ticket.enc_part.kvno, None);
    let part = open_ticket(&credential.ticket, &bob.session);
    assert_eq!(part.client(), principal("alice@LAB"));

    let result = world.tgs(&alice, asked("carol@LAB", &bob));
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_SERVER_NOMATCH,
        "2ND_TKT_MISMATCH",
    );
    let result = world.tgs(&alice, body_with("bob@LAB", KdcOptions::ENC_TKT_IN_SKEY));
    assert_refused(&result, ErrorCode::KDC_ERR_BADOPTION, "NO_2ND_TKT");
    let service = world.service(&bob, SERVICE).unwrap();
    let result = world.tgs(&alice, asked("bob@LAB", &service));
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "2ND_TKT_NOT_TGS");
    let mut broken = bob.clone();
    broken.ticket.enc_part.cipher[20] ^= 1;
    let result = world.tgs(&alice, asked("bob@LAB", &broken));
    assert_refused(
        &result,
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
        "2ND_TKT_DECRYPT",
    );
    let result = world.service(&alice, "bob@LAB");
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_MUST_USE_USER2USER,
        "SERVER NOT ALLOWED",
    );
    world.set("bob@LAB", "-allow_dup_skey");
    world.advance(1);
    let result = world.tgs(&alice, asked("bob@LAB", &bob));
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "DUP_SKEY DISALLOWED");
}

#[test]
fn authorization_data_of_request_and_ticket_reach_the_service() {
    let element = |ad_type, ad_data: &[u8]| AuthorizationDataElement {
        ad_type,
        ad_data: ad_data.to_vec(),
    };
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let tgt = world.resealed(&tgt, |part| {
        part.authorization_data = Some(AuthorizationData::new(&[element(70, b"ticket")]));
    });
    let data = AuthorizationData::new(&[element(71, b"request")]).encode();
    let subkey = subkey(AES256, &mut world);
    for (key, usage, with_subkey, accepted) in [
        (
            &tgt.session,
            KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY,
            false,
            true,
        ),
        (
            &subkey,
            KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SUBKEY,
            true,
            true,
        ),
        (
            &tgt.session,
            KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY,
            true,
            false,
        ),
        (
            &tgt.session,
            KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SUBKEY,
            false,
            false,
        ),
    ] {
        let present = Present {
            subkey: with_subkey.then(|| (&subkey).into()),
            ..world.present(&tgt)
        };
        let asked = KdcReqBody {
            enc_authorization_data: Some(encrypt(key, usage, &mut world.rng, &data)),
            ..body(&principal(SERVICE))
        };
        let result = world.tgs_with(&tgt, &present, asked);
        if accepted {
            let part = world.open(&result.unwrap().ticket);
            let types = part.authorization_data.unwrap();
            let types: Vec<i32> = types.elements().map(|element| element.ad_type).collect();
            assert_eq!(types, [71, 70]);
        } else {
            assert_refused(
                &result,
                ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
                "HANDLE_AUTHDATA",
            );
        }
    }
    let mandatory = AuthorizationDataElement::AD_MANDATORY_FOR_KDC;
    let data = AuthorizationData::new(&[element(mandatory, b"0\0")]).encode();
    let usage = KeyUsage::TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY;
    let asked = KdcReqBody {
        enc_authorization_data: Some(encrypt(&tgt.session, usage, &mut world.rng, &data)),
        ..body(&principal(SERVICE))
    };
    let result = world.tgs(&tgt, asked);
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "HANDLE_AUTHDATA");
}

#[test]
fn a_local_ticket_whose_transited_realms_are_not_to_be_checked_is_refused() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let asked = || body_with(SERVICE, KdcOptions::DISABLE_TRANSITED_CHECK);
    let result = world.tgs(&tgt, asked());
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "BAD_TRANSIT");
    world.policy("LAB", |policy| policy.reject_bad_transit = false);
    world.advance(1);
    let part = world.tgs(&tgt, asked()).unwrap().part;
    assert!(!part.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
}

#[test]
fn a_transited_field_of_this_realm_is_checked_too() {
    let mut world = World::new([database("LAB", Dialect::Mit)]);
    let tgt = world.tgt("alice@LAB");
    let odd = world.resealed(&tgt, |part| {
        part.transited = TransitedEncoding {
            contents: b"EVIL".to_vec(),
            ..TransitedEncoding::empty()
        };
    });
    let result = world.service(&odd, SERVICE);
    assert_refused(&result, ErrorCode::KDC_ERR_POLICY, "BAD_TRANSIT");
}

#[test]
fn delegation_is_not_granted() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let evidence = world.service(&tgt, SERVICE).unwrap();
    let asked = KdcReqBody {
        additional_tickets: Some(vec![evidence.ticket]),
        ..body_with(SERVICE, KdcOptions::CNAME_IN_ADDL_TKT)
    };
    let result = world.tgs(&tgt, asked);
    assert_refused(
        &result,
        ErrorCode::KDC_ERR_BADOPTION,
        "NOT_ALLOWED_TO_DELEGATE",
    );
}
