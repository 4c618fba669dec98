//! Messages that no client sends: whatever comes in, the KDC answers or is silent.

use kdclab_kdc::{Dialect, Reply};
use kdclab_proto::messages::{AsRep, KdcOptions, KrbError, TgsRep};
use proptest::prelude::*;

use crate::common::*;

fn is_sound(reply: &Reply) -> bool {
    let lines = reply.outcome.log_lines();
    let well_formed = reply.bytes.as_deref().is_none_or(|bytes| {
        KrbError::decode(bytes).is_ok()
            || AsRep::decode(bytes).is_ok()
            || TgsRep::decode(bytes).is_ok()
    });
    !lines.is_empty() && well_formed
}

fn requests(world: &mut World) -> [Vec<u8>; 2] {
    let alice = principal("alice@LAB");
    let key = world.key_of_user(&alice, PASSWORD);
    let stamp = enc_timestamp(&key, world.now, &mut world.rng);
    let tgt = world.tgt_with("alice@LAB", KdcOptions::FORWARDABLE);
    let present = world.present(&tgt);
    [
        as_req(&alice, body(&krbtgt("LAB")), vec![stamp]),
        tgs_req(
            &tgt,
            &present,
            body(&principal("host/web.lab@LAB")),
            &mut world.rng,
        ),
    ]
}

fn worlds() -> [World; 2] {
    [World::mit(), World::active_directory()]
}

#[test]
fn every_truncation_is_survived() {
    for mut world in worlds() {
        for request in requests(&mut world) {
            for length in 0..request.len() {
                let reply = world.send(&request[..length]);
                assert_eq!(reply.bytes, None, "{length} of {} octets", request.len());
            }
        }
    }
}

#[test]
fn every_changed_octet_is_survived() {
    for mut world in worlds() {
        for request in requests(&mut world) {
            for place in 0..request.len() {
                for change in [0x01, 0x80, 0xff] {
                    let mut changed = request.clone();
                    changed[place] ^= change;
                    assert!(is_sound(&world.send(&changed)), "{place} {change}");
                }
            }
        }
    }
}

/// The contents of the ticket and of the authenticator come from whoever holds a key.
#[test]
fn every_changed_octet_under_the_keys_is_survived() {
    use kdclab_proto::KeyUsage;
    use kdclab_proto::messages::{ApReq, KdcReq, PadataType, TgsReq};
    for mut world in worlds() {
        let [_, request] = requests(&mut world);
        let message: KdcReq = TgsReq::decode(&request).unwrap().0;
        let ap_req = ApReq::decode(message.padata(PadataType::TGS_REQ).unwrap()).unwrap();
        let sealing = world.key_of_ticket(&ap_req.ticket);
        let part = world.open(&ap_req.ticket);
        let session = part.key.key().unwrap();
        let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
        let authenticator = session
            .decrypt(usage, &ap_req.authenticator.cipher)
            .unwrap();
        let ticket = part.encode();
        let send = |world: &mut World, ap_req: ApReq| {
            let padata = vec![PadataType::TGS_REQ.with(ap_req.encode())];
            let request = TgsReq::new(Some(padata), message.req_body().clone()).encode();
            assert!(is_sound(&world.send(&request)));
        };
        for place in 0..authenticator.len() {
            let mut changed = authenticator.clone();
            changed[place] ^= 0x41;
            let mut ap_req = ap_req.clone();
            ap_req.authenticator.cipher = session.encrypt(usage, &mut world.rng, &changed);
            send(&mut world, ap_req);
        }
        for place in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[place] ^= 0x41;
            let mut ap_req = ap_req.clone();
            ap_req.ticket.enc_part.cipher =
                sealing.encrypt(KeyUsage::TICKET, &mut world.rng, &changed);
            send(&mut world, ap_req);
        }
    }
}

/// A domain with an account, and trusts inside and outside of its forest.
fn domain_with_trusts() -> World {
    use kdclab_kdc::{
        NewAccount, TrustDirection, TrustKeys, TrustKind, TrustedDomain, replicate_forests,
    };
    let account = NewAccount {
        sam_account_name: "web$",
        user_principal_name: Some("web@corp.example"),
        ..NewAccount::default()
    };
    let mut world = World::active_directory();
    let mut database = world
        .database("LAB")
        .clone()
        .add_account(&account, keys(), &mut world.rng)
        .unwrap();
    for (partner, kind) in [
        ("SUB.LAB", TrustKind::ParentChild),
        ("CORP", TrustKind::Forest),
    ] {
        let trust = TrustedDomain::new(partner, kind, TrustDirection::Bidirectional);
        let keys_of_trust = TrustKeys::new("trust");
        database = database.add_trust(trust, &keys_of_trust, keys()).unwrap();
    }
    World::new(replicate_forests(&[database]))
}

proptest! {
    #[test]
    fn any_names_are_survived(
        name_type in -1i32..12,
        parts in proptest::collection::vec("[a@$.:/H]{0,4}|web|http|corp|lab|sub\\.lab|krbtgt|(?s:.){0,4}", 0..4),
        realm in "LAB|lab|CORP|(?s:.){0,3}",
    ) {
        use kdclab_proto::messages::KdcReqBody;
        use kdclab_proto::{NameType, PrincipalName};
        let mut world = domain_with_trusts();
        let name = PrincipalName::new(NameType(name_type), parts).at(realm.as_str());
        let asked = KdcReqBody { kdc_options: KdcOptions::CANONICALIZE, ..body(&name) };
        let logon = as_req(&name, asked.clone(), vec![]);
        let tgt = world.tgt("alice@LAB");
        let present = world.present(&tgt);
        let request = tgs_req(&tgt, &present, asked, &mut world.rng);
        for message in [logon, request] {
            prop_assert!(is_sound(&world.send(&message)));
        }
    }

    #[test]
    fn any_octets_are_survived(message in proptest::collection::vec(any::<u8>(), 0..300)) {
        for mut world in worlds() {
            prop_assert!(is_sound(&world.send(&message)));
        }
    }

    #[test]
    fn any_octets_behind_the_start_of_a_request_are_survived(
        tag in prop_oneof![Just(0x6au8), Just(0x6c)],
        rest in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let message = [&[tag, u8::try_from(rest.len()).unwrap()], &rest[..]].concat();
        prop_assert!(is_sound(&World::mit().send(&message)));
    }

    #[test]
    fn any_options_and_times_are_survived(
        options in any::<u32>(),
        till in -62_167_219_200i64..253_402_300_800,
        from in -62_167_219_200i64..253_402_300_800,
        rtime in -62_167_219_200i64..253_402_300_800,
        now in -62_167_219_200i64..253_402_000_000,
        nonce in any::<i32>(),
    ) {
        use kdclab_proto::KerberosTime;
        use kdclab_proto::messages::KdcReqBody;
        for dialect in [Dialect::Mit, Dialect::ActiveDirectory] {
            let mut world = World::new([database("LAB", dialect)]);
            world.now = KerberosTime::from_unix(now);
            let tgt = world.tgt_with("alice@LAB", KdcOptions::FORWARDABLE);
            let asked = KdcReqBody {
                kdc_options: KdcOptions::from_bits(options),
                till: KerberosTime::from_unix(till),
                from: Some(KerberosTime::from_unix(from)),
                rtime: Some(KerberosTime::from_unix(rtime)),
                nonce: i64::from(nonce),
                additional_tickets: Some(vec![tgt.ticket.clone()]),
                ..body(&principal("host/web.lab@LAB"))
            };
            let request = as_req(&principal("carol@LAB"), asked.clone(), vec![]);
            prop_assert!(is_sound(&world.send(&request)));
            let present = world.present(&tgt);
            let request = tgs_req(&tgt, &present, asked, &mut world.rng);
            prop_assert!(is_sound(&world.send(&request)));
        }
    }
}
