//! The frames of the document, one by one.

use std::path::Path;

use kdclab_proto::KeyCache;
use kdclab_proto::messages::{KdcOptions, TgsReq};

use crate::script::Script;
use crate::script::parse;
use crate::sim::label;
use crate::sim::world::World;

const APPROVAL: &str = include_str!("../../../scenarios/003-client-approval/approval.toml");

fn script() -> Script {
    parse(Path::new("approval.toml"), APPROVAL).unwrap_or_else(|fault| panic!("{fault}"))
}

/// The world in which the client has registered, and the number of the first packet of that.
fn registered(script: &Script) -> (World, usize) {
    let world = World::build(script, 1, None, &KeyCache::default());
    let mut world = world.unwrap_or_else(|error| panic!("{error}"));
    world.apply_all(&script.given).unwrap();
    let start = world.packets().len();
    let act = script.control[0].get_ref().act.as_ref().unwrap();
    assert!(world.act(act).result.is_ok());
    (world, start)
}

#[test]
fn the_frames_come_in_the_order_of_the_document() {
    let (world, start) = registered(&script());
    let frames: Vec<String> = world.packets()[start..]
        .iter()
        .map(|packet| {
            let name = |address| world.host_named_at(address).unwrap();
            let label = label::message_label(&packet.payload).unwrap_or_default();
            let (sender, receiver) = (name(packet.sender), name(packet.receiver));
            format!("{sender} {receiver} {label}").trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        frames,
        [
            "wk02 sms4",
            "sms4 wk02",
            "wk02 sms4 HTTP CCM_POST",
            "sms4 wk02 HTTP 401",
            "wk02 dc03 TGS-REQ",
            "dc03 wk02 TGS-REP",
            "wk02 dc02 TGS-REQ",
            "dc02 wk02 TGS-REP",
            "wk02 sms4 HTTP CCM_POST",
            "sms4 wk02 HTTP 200",
        ]
    );
}

/// Frames 13 and 15: the same name in both requests, which the KDC may change (RFC 6806).
#[test]
fn both_domains_are_asked_for_the_name_of_the_web_server() {
    let (world, start) = registered(&script());
    let asked: Vec<String> = world.packets()[start..]
        .iter()
        .filter_map(|packet| TgsReq::decode(label::message(&packet.payload)?).ok())
        .map(|request| {
            let body = request.0.req_body();
            assert!(body.kdc_options.contains(KdcOptions::CANONICALIZE));
            body.sname
                .clone()
                .unwrap()
                .at(body.realm.clone())
                .to_string()
        })
        .collect();
    assert_eq!(
        asked,
        [
            "HTTP/SMS4-120-52S.A2003.VM.local@CHILD.A2003.VM.LOCAL",
            "HTTP/SMS4-120-52S.A2003.VM.local@A2003.VM.LOCAL",
        ]
    );
}
