//! What the simulated network does to packets, seen by the clients that need them.

use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::Phase;
use kdclab::script::values::ErrorName;
use kdclab::sim::{Fate, Outcome, Payload, World};

const WORLD: &str = r#"
format    = 1
title     = "A network"
catalogue = []
story     = "A client, two KDCs, a service on two hosts."
lesson    = true

[realm."LAB.EXAMPLE"]
kdc      = ["kdc1", "kdc2"]
users    = { alice = "correct horse", bob = "battery staple" }
services = { "host/srv1.lab.example" = { host = "srv1", also_on = ["srv2"] } }
SETTINGS

[host]
kdc1 = {}
kdc2 = {}
srv1 = {}
srv2 = {}
ws1  = WS1

[[control]]
call = { CALL }

"#;

/// The world after the steps in `faults`, and how the call ends there.
fn played_with(settings: &str, ws1: &str, call: &str, faults: &[&str]) -> (World, Outcome) {
    let mut text = WORLD
        .replace("SETTINGS", settings)
        .replace("WS1", ws1)
        .replace("CALL", call);
    for fault in faults {
        text.push_str(&format!("[[fault]]\n{fault}\n"));
    }
    let scenario =
        Scenario::parse(Path::new("network.toml"), &text).unwrap_or_else(|error| panic!("{error}"));
    let mut world = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None)
        .unwrap_or_else(|error| panic!("{error}"));
    let outcome = world.call_one(&scenario.script.first_call().unwrap());
    (world, outcome)
}

const LOGIN: &str = r#"user = "alice", from = "ws1""#;
const SESSION: &str = r#"user = "alice", from = "ws1", to = "host/srv1.lab.example""#;

fn login(faults: &[&str]) -> (World, Outcome) {
    played_with("", "{}", LOGIN, faults)
}

fn session(faults: &[&str]) -> (World, Outcome) {
    played_with("", "{}", SESSION, faults)
}

fn name(outcome: &Outcome) -> String {
    outcome
        .error()
        .map_or_else(|| "success".to_owned(), ErrorName::name)
}

/// From the first packet to the last, in microseconds.
fn duration(world: &World) -> i64 {
    let sent = |index: usize| world.packets()[index].sent.unix_microseconds();
    sent(world.packets().len() - 1) - sent(0)
}

fn fates(world: &World, fate: Fate) -> usize {
    world
        .packets()
        .iter()
        .filter(|packet| packet.fate == fate)
        .count()
}

#[test]
fn an_untouched_network_delivers() {
    let (world, outcome) = session(&[]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(world.packets().len(), 10);
    assert_eq!(fates(&world, Fate::Delivered), 10);
}

#[test]
fn a_dropped_request_is_repeated_to_the_second_kdc() {
    let (world, outcome) = login(&[r#"link = { to = "kdc1", do = "drop" }"#]);
    assert_eq!(name(&outcome), "success");
    // MIT turns to the next KDC after a second, for each of the two requests.
    assert!(
        (2_000_000..2_100_000).contains(&duration(&world)),
        "{}",
        duration(&world)
    );
}

#[test]
fn two_silent_kdcs_are_kdc_unreach() {
    let (_, outcome) = login(&[r#"host_down = "kdc1""#, r#"host_down = "kdc2""#]);
    assert_eq!(name(&outcome), "KRB5_KDC_UNREACH");
}

#[test]
fn a_refused_port_leads_to_the_second_kdc_at_once() {
    let (world, outcome) = login(&[r#"link = { to = "kdc1", do = "refuse" }"#]);
    assert_eq!(name(&outcome), "success");
    assert!(duration(&world) < 10_000, "{}", duration(&world));
    assert!(fates(&world, Fate::Refused) > 0);
}

/// A name that does not resolve costs no time, and the next KDC is asked.
#[test]
fn an_unresolved_kdc_gets_nothing() {
    let unresolved = |names: &str| {
        format!(r#"configure_client = {{ host = "ws1", set = {{ unresolved_kdcs = {names} }} }}"#)
    };
    for dialect in ["mit", "java", "windows"] {
        let ws1 = format!(r#"{{ dialect = "{dialect}" }}"#);
        let fault = unresolved(r#"["kdc1"]"#);
        let (world, outcome) = played_with("", &ws1, LOGIN, &[&fault]);
        assert_eq!(name(&outcome), "success", "{dialect}");
        assert!(duration(&world) < 10_000, "{dialect}: {}", duration(&world));
        let both = unresolved(r#"["kdc1", "kdc2"]"#);
        let (world, outcome) = played_with("", &ws1, LOGIN, &[&both]);
        assert_eq!(name(&outcome), "KRB5_KDC_UNREACH", "{dialect}");
        assert!(world.packets().is_empty(), "{dialect}");
        let (_, outcome) = played_with("", &ws1, LOGIN, &[&both, &unresolved("[]")]);
        assert_eq!(name(&outcome), "success", "{dialect}");
    }
}

/// Java tries one KDC after the other and shows the last failure.
#[test]
fn java_shows_what_the_last_kdc_came_to() {
    let unresolved = r#"configure_client = { host = "ws1", set = { unresolved_kdcs = ["kdc1"] } }"#;
    let text = |kdcs: &str| {
        let order = format!(
            r#"configure_client = {{ host = "ws1", set = {{ kdc = {{ "LAB.EXAMPLE" = {kdcs} }}, udp_preference_limit = 1 }} }}"#
        );
        let refused = r#"link = { to = "kdc2", do = "refuse" }"#;
        let ws1 = r#"{ dialect = "java" }"#;
        let (_, outcome) = played_with("", ws1, LOGIN, &[&order, unresolved, refused]);
        outcome.result.unwrap_err().text
    };
    let not_known = Some("kdc1: Name or service not known".to_owned());
    assert_eq!(text(r#"["kdc2", "kdc1"]"#), not_known);
    assert_eq!(
        text(r#"["kdc1", "kdc2"]"#),
        Some("Connection refused".to_owned())
    );
}

#[test]
fn a_fault_for_a_count_ends() {
    let (world, outcome) = login(&[r#"link = { to = "kdc1", count = 1, do = "drop" }"#]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(fates(&world, Fate::Dropped), 1);
}

#[test]
fn a_fault_after_some_packets_spares_the_first() {
    let (world, outcome) = login(&[r#"link = { to = "kdc1", after = 1, do = "drop" }"#]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(world.packets()[0].fate, Fate::Delivered);
    assert_eq!(world.packets()[2].fate, Fate::Dropped);
}

#[test]
fn a_fault_of_one_message_spares_the_others() {
    let (world, outcome) = session(&[r#"link = { message = "TGS-REQ", do = "drop" }"#]);
    assert_eq!(name(&outcome), "KRB5_KDC_UNREACH");
    assert_eq!(world.packets()[3].fate, Fate::Delivered);
}

#[test]
fn a_fault_of_one_transport_leaves_the_other() {
    let (world, outcome) = login(&[r#"link = { transport = "udp", do = "refuse" }"#]);
    assert_eq!(name(&outcome), "success");
    let tcp = world
        .packets()
        .iter()
        .any(|packet| matches!(packet.payload, Payload::Segment(_)));
    assert!(tcp);
    let both = [
        r#"link = { transport = "udp", do = "refuse" }"#,
        r#"link = { transport = "tcp", do = "refuse" }"#,
    ];
    assert_eq!(name(&login(&both).1), "KRB5_KDC_UNREACH");
}

#[test]
fn a_fault_in_one_direction_leaves_the_other() {
    let (world, outcome) = login(&[r#"link = { from = "kdc1", do = "drop" }"#]);
    assert_eq!(name(&outcome), "success");
    let of_the_client = world
        .packets()
        .iter()
        .filter(|packet| packet.fate == Fate::Dropped);
    assert!(of_the_client.clone().count() > 0);
    for packet in of_the_client {
        assert_eq!(packet.source.port(), 88);
    }
}

#[test]
fn a_delay_takes_its_time() {
    let (world, outcome) =
        login(&[r#"link = { from = "kdc1", message = "AS-REP", do = { delay = "700ms" } }"#]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(fates(&world, Fate::Delayed), 1);
    let (without, _) = login(&[]);
    assert_eq!(
        world.now().unix_microseconds() - without.now().unix_microseconds(),
        700_000
    );
}

#[test]
fn a_corrupted_reply_does_not_decrypt() {
    let (world, outcome) = login(&[r#"link = { message = "AS-REP", do = "corrupt" }"#]);
    assert_eq!(name(&outcome), "KRB_AP_ERR_BAD_INTEGRITY");
    assert_eq!(fates(&world, Fate::Altered), 1);
}

#[test]
fn a_truncated_reply_is_cut_off() {
    let (_, outcome) = login(&[r#"link = { message = "AS-REP", do = { truncate = 100 } }"#]);
    assert_eq!(name(&outcome), "ASN1_OVERRUN");
}

/// The change is one a client finds by comparing: everything still decodes and decrypts.
#[test]
fn a_rewritten_reply_contradicts_the_request() {
    for field in [
        r#"cname = "bob""#,
        r#"crealm = "OTHER.EXAMPLE""#,
        r#"ticket_realm = "OTHER.EXAMPLE""#,
        r#"ticket_sname = "krbtgt/OTHER.EXAMPLE""#,
    ] {
        for message in ["AS-REP", "TGS-REP"] {
            let fault = format!(
                r#"link = {{ message = "{message}", do = {{ rewrite = {{ {field} }} }} }}"#
            );
            let (world, outcome) = session(&[&fault]);
            assert_eq!(name(&outcome), "KRB5_KDCREP_MODIFIED", "{fault}");
            assert!(fates(&world, Fate::Altered) > 0);
        }
    }
}

#[test]
fn a_rewritten_request_is_found_by_its_checksum() {
    let rewrite = |message: &str| {
        let fault = format!(
            r#"link = {{ message = "{message}", do = {{ rewrite = {{ etype = ["aes128-cts"] }} }} }}"#
        );
        name(&session(&[&fault]).1)
    };
    assert_eq!(rewrite("AS-REQ"), "KRB5_KDCREP_MODIFIED");
    assert_eq!(rewrite("TGS-REQ"), "KRB_AP_ERR_BAD_INTEGRITY");
}

#[test]
fn a_recorded_reply_has_the_nonce_of_its_own_request() {
    let replay = r#"link = { message = "AS-REP", do = "replay" }"#;
    let (_, outcome) = login(&[replay]);
    assert_eq!(name(&outcome), "success", "nothing was recorded before");
    let before = format!("attempt = {{ call = {{ {LOGIN} }} }}");
    let (world, outcome) = login(&[&before, replay]);
    assert_eq!(name(&outcome), "KRB5_KDCREP_MODIFIED");
    let replies: Vec<&[u8]> = world
        .packets()
        .iter()
        .map(|packet| packet.payload.bytes())
        .filter(|bytes| bytes.first() == Some(&0x6b))
        .collect();
    assert_eq!(replies.len(), 2);
    assert_eq!(replies[0], replies[1]);
    let over_tcp = r#"configure_client = { host = "ws1", set = { udp_preference_limit = 1 } }"#;
    let (world, outcome) = login(&[&before, over_tcp, replay]);
    assert_eq!(name(&outcome), "KRB5_KDCREP_MODIFIED");
    assert_eq!(fates(&world, Fate::Altered), 1);
}

#[test]
fn a_replaced_reply_is_no_kerberos() {
    let replace = r#"link = { message = "AS-REP", do = { replace = "HTTP/1.1 400 Bad Request" } }"#;
    for limit in ["1465", "1"] {
        let ws1 = format!("{{ client = {{ udp_preference_limit = {limit} }} }}");
        let (_, outcome) = played_with("", &ws1, LOGIN, &[replace]);
        assert_eq!(name(&outcome), "KRB_AP_ERR_MSG_TYPE");
    }
}

#[test]
fn a_size_limit_loses_what_is_longer() {
    let (world, outcome) = login(&[r#"link = { transport = "udp", do = { size_limit = 300 } }"#]);
    assert_eq!(name(&outcome), "success");
    for packet in world.packets() {
        let udp = matches!(packet.payload, Payload::Datagram(_));
        let long = packet.payload.bytes().len() > 300;
        assert_eq!(packet.fate == Fate::Dropped, udp && long);
    }
}

#[test]
fn a_duplicated_request_gets_the_same_reply_twice() {
    let (mut world, outcome) = login(&[r#"link = { message = "AS-REQ", do = "duplicate" }"#]);
    assert_eq!(name(&outcome), "success");
    world.wait(std::time::Duration::from_secs(1));
    let replies: Vec<&[u8]> = world
        .packets()
        .iter()
        .filter(|packet| packet.source.port() == 88)
        .map(|packet| packet.payload.bytes())
        .collect();
    assert_eq!(
        replies[0], replies[1],
        "MIT repeats its reply from the lookaside cache"
    );
}

#[test]
fn a_duplicated_session_request_is_a_replay() {
    let (world, outcome) = session(&[
        r#"link = { message = "AP-REQ", do = { copy_to = "srv2" } }"#,
        r#"link = { from = "srv1", message = "AP-REP", do = "drop" }"#,
        r#"configure_acceptor = { host = "srv2", set = { shares_replay_cache_with = "srv1" } }"#,
    ]);
    assert_eq!(name(&outcome), "KRB_AP_ERR_REPEAT");
    // The original and its copy.
    assert_eq!(fates(&world, Fate::Duplicated), 2);
}

#[test]
fn a_copy_to_a_host_with_a_cache_of_its_own_is_accepted() {
    let (_, outcome) = session(&[
        r#"link = { message = "AP-REQ", do = { copy_to = "srv2" } }"#,
        r#"link = { from = "srv1", message = "AP-REP", do = "drop" }"#,
    ]);
    assert_eq!(name(&outcome), "success");
}

#[test]
fn a_reordered_packet_arrives_after_its_successor() {
    let (world, outcome) = login(&[r#"link = { to = "kdc1", count = 2, do = "reorder" }"#]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(fates(&world, Fate::Reordered), 1);
}

#[test]
fn a_reply_too_big_for_udp_comes_over_tcp() {
    let settings = "settings = { udp_reply_limit = 400 }";
    let (world, outcome) = played_with(settings, "{}", LOGIN, &[]);
    assert_eq!(name(&outcome), "success");
    assert!(
        world
            .timeline(0)
            .iter()
            .any(|line| line.contains("KRB-ERROR 52"))
    );
    let blocked = [r#"link = { transport = "tcp", do = "refuse" }"#];
    let (_, outcome) = played_with(settings, "{}", LOGIN, &blocked);
    assert_eq!(name(&outcome), "KRB5_KDC_UNREACH");
}

#[test]
fn the_limit_of_replies_over_udp_can_be_set_later() {
    let (world, outcome) =
        login(&[r#"configure_realm = { realm = "LAB.EXAMPLE", set = { udp_reply_limit = 400 } }"#]);
    assert_eq!(name(&outcome), "success");
    assert!(
        world
            .timeline(0)
            .iter()
            .any(|line| line.contains("KRB-ERROR 52"))
    );
}

#[test]
fn udp_preference_limit_decides_the_first_transport() {
    let ws1 = "{ client = { udp_preference_limit = 1 } }";
    let (world, outcome) = played_with("", ws1, LOGIN, &[]);
    assert_eq!(name(&outcome), "success");
    assert_eq!(world.packets()[0].payload, Payload::Syn);
}

#[test]
fn a_closed_service_port_refuses() {
    let (_, outcome) = session(&[r#"link = { to = "srv1", do = "refuse" }"#]);
    assert_eq!(name(&outcome), "ECONNREFUSED");
}

#[test]
fn a_read_of_a_silent_service_times_out() {
    let (_, outcome) = session(&[r#"link = { from = "srv1", message = "AP-REP", do = "drop" }"#]);
    assert_eq!(name(&outcome), "EAGAIN");
    assert_eq!(outcome.took.as_secs(), 30);
}

#[test]
fn a_connection_that_nobody_answers_times_out() {
    let (_, outcome) = session(&[r#"link = { to = "srv1", do = "drop" }"#]);
    assert_eq!(name(&outcome), "ETIMEDOUT");
    assert_eq!(outcome.took.as_secs(), 127);
}

#[test]
fn clocks_are_facts_of_hosts() {
    let clock = |offset: &str| format!(r#"set_clock = {{ host = "srv1", offset = "{offset}" }}"#);
    assert_eq!(name(&session(&[&clock("+290s")]).1), "success");
    assert_eq!(name(&session(&[&clock("+310s")]).1), "KRB_AP_ERR_SKEW");
    assert_eq!(name(&session(&[&clock("-290s")]).1), "success");
    // The ticket begins when it was issued, which this clock has not reached.
    assert_eq!(name(&session(&[&clock("-310s")]).1), "KRB_AP_ERR_TKT_NYV");
}

#[test]
fn clones_go_their_own_ways() {
    let (world, _) = session(&[]);
    let (mut first, mut second) = (world.clone(), world);
    let scenario = Scenario::parse(
        Path::new("network.toml"),
        &WORLD
            .replace("SETTINGS", "")
            .replace("WS1", "{}")
            .replace("CALL", SESSION),
    )
    .unwrap();
    let call = scenario.script.first_call().unwrap();
    let start = first.packets().len();
    first.call_one(&call);
    assert_eq!(second.packets().len(), start);
    second.call_one(&call);
    let bytes = |world: &World| -> Vec<Vec<u8>> {
        world
            .packets()
            .iter()
            .map(|packet| packet.payload.bytes().to_vec())
            .collect()
    };
    assert_eq!(
        bytes(&first),
        bytes(&second),
        "the same act on two clones sends the same bytes"
    );
}

#[test]
fn another_host_does_not_change_anybody_s_bytes() {
    let (world, _) = session(&[]);
    let text = WORLD
        .replace("SETTINGS", "")
        .replace("WS1", "{}\nzzz  = {}")
        .replace("CALL", SESSION);
    let scenario = Scenario::parse(Path::new("network.toml"), &text).unwrap();
    let mut other = check::world_in(&scenario, Phase::Healthy, DEFAULT_SEED, None).unwrap();
    other.call_one(&scenario.script.first_call().unwrap());
    for (packet, twin) in world.packets().iter().zip(other.packets()) {
        assert_eq!(packet.payload, twin.payload);
    }
}

/// A service on a host of no known domain is asked for once; its ticket is found again as it was asked for.
#[test]
fn a_service_of_no_domain_is_asked_for_once() {
    let text = WORLD
        .replace("host/srv1.lab.example", "host/short")
        .replace("SETTINGS", "")
        .replace("WS1", "{}")
        .replace(
            "CALL",
            r#"user = "alice", from = "ws1", to = "host/short", warm = true"#,
        );
    let scenario = Scenario::parse(Path::new("network.toml"), &text).unwrap();
    let call = scenario.script.first_call().unwrap();
    let mut world = check::world_in(&scenario, Phase::Healthy, DEFAULT_SEED, None).unwrap();
    for _ in 0..2 {
        assert_eq!(name(&world.call_one(&call)), "success");
    }
    // The tag of a TGS-REQ.
    let requests = world
        .packets()
        .iter()
        .filter(|packet| packet.payload.bytes().first() == Some(&0x6c));
    assert_eq!(requests.count(), 1);
}
