//! What decides whether the keys of an NTLM session are equal, told by what is altered on the way or in a store.

use std::path::Path;
use std::time::Duration;

use kdclab_ntlm::{LmHash, LmSessionKey, LogonKeys, NtHash, StoredHashes};
use kdclab_proto::{KeyCache, Principal};

use super::wire::{self, Message};
use crate::catalogue::Scenario;
use crate::script::Spanned;
use crate::script::cluster::{AdministerCluster, JoinCluster};
use crate::script::step;
use crate::script::windows::Act;
use crate::sim::network::{Event, Payload};
use crate::sim::{Outcome, World, framed};

/// A password of 14 characters.
const PASSWORD: &str = "ClusterPass#14";

const WORLD: &str = r#"
format = 1
title  = "A cluster"
story  = "Nothing is broken."
lesson = true

[realm."CONTOSO.EXAMPLE"]
kdc      = "dc1"
dialect  = "active-directory"
users    = { svc-cluster = { password = "ClusterPass#14" } }
settings = { lockout = { maxfailure = 2 } }
accounts = { "NODE01$" = { host = "node1" }, "NODE02$" = { host = "node2" } }

[host]
dc1   = { dialect = "windows" }
node1 = { dialect = "windows" }
node2 = { dialect = "windows" }

[cluster.CLUSTER-2003]
nodes   = ["node1", "node2"]
account = "svc-cluster"
"#;

fn world(steps: &[&str]) -> World {
    let scenario = Scenario::parse(Path::new("cluster.toml"), WORLD).unwrap();
    let mut world = World::build(&scenario.script, 1, None, &KeyCache::default()).unwrap();
    for text in steps {
        change(&mut world, text);
    }
    world
}

fn change(world: &mut World, text: &str) {
    let verb = step(world.scope(), text).unwrap_or_else(|fault| panic!("{fault}"));
    world
        .apply(&verb)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
}

const LEVEL_0: &str =
    r#"apply_policy = { hosts = ["node1", "node2"], lm_compatibility_level = 0 }"#;
const NO_LM_HASH: &str = r#"apply_policy = { hosts = ["dc1"], no_lm_hash = true }"#;
const SAME_PASSWORD: &str =
    r#"change_cluster_password = { cluster = "CLUSTER-2003", password = "ClusterPass#14" }"#;

fn text(text: &str) -> Spanned<String> {
    Spanned::new(0..0, text.to_owned())
}

fn by_name() -> Act {
    Act::AdministerCluster(AdministerCluster {
        on: text("node2"),
        cluster: text("CLUSTER-2003"),
        user: None,
    })
}

fn join() -> Act {
    Act::JoinCluster(JoinCluster {
        on: text("node2"),
        cluster: text("CLUSTER-2003"),
        sponsors: None,
    })
}

fn account() -> Principal {
    "svc-cluster@CONTOSO.EXAMPLE".parse().unwrap()
}

fn stored(world: &World) -> Option<&StoredHashes> {
    world.ntlm_hashes.get(&account())
}

/// The error's name and the cause, or success.
fn end(outcome: &Outcome) -> (String, String) {
    match &outcome.result {
        Ok(()) => ("success".to_owned(), String::new()),
        Err(failure) => (failure.error.name(), failure.cause.clone()),
    }
}

#[track_caller]
fn ends(world: &mut World, act: &Act, error: &str, cause: &str) {
    let outcome = world.act(act);
    assert_eq!(end(&outcome), (error.to_owned(), cause.to_owned()));
}

#[track_caller]
fn works(world: &mut World, act: &Act) {
    ends(world, act, "success", "");
}

/// Lets the act happen while every answer of the domain controller is altered on its way.
fn with_answers(
    world: &mut World,
    act: &Act,
    alter: impl Fn(LogonKeys) -> LogonKeys,
) -> (String, String) {
    let Act::AdministerCluster(administer) = act else {
        panic!("another act");
    };
    let call = world
        .call_of_administrator(administer, administer.cluster.get_ref())
        .unwrap();
    world.begin_rpc(call, Duration::ZERO);
    while world.rpc.is_busy() {
        let (at, mut event) = world.network.next_event().unwrap();
        world.now = world.now.max(at);
        if let Event::Arrive(packet) = &mut event
            && let Some(Message::Answer(Ok(keys))) =
                packet.payload.content().and_then(Message::decode)
        {
            let octets = wire::encode_answer(Ok(&alter(keys)));
            packet.payload = Payload::Segment(framed(&octets));
        }
        world.happen(event, &mut []);
    }
    match world.end_rpcs().pop().unwrap() {
        Ok(()) => ("success".to_owned(), String::new()),
        Err(failure) => (failure.error.name().unwrap().to_owned(), failure.cause),
    }
}

fn without_lm_hash() -> World {
    world(&[LEVEL_0, NO_LM_HASH, SAME_PASSWORD])
}

/// Catalogue S001-0: the server has no other source for its key than what the domain controller answers.
#[test]
fn the_lm_key_of_the_answer_decides() {
    let right = LmSessionKey::of(LmHash::from_password(PASSWORD).as_ref());
    let unaltered = with_answers(&mut without_lm_hash(), &by_name(), |keys| keys);
    assert_eq!(unaltered.0, "ERROR_ACCESS_DENIED");
    assert_eq!(unaltered.1, "signature-mismatch");
    let altered = with_answers(&mut without_lm_hash(), &by_name(), |keys| LogonKeys {
        lm_key: right.clone(),
        ..keys
    });
    assert_eq!(altered.0, "success");
    let zeros = with_answers(&mut world(&[LEVEL_0]), &by_name(), |keys| LogonKeys {
        lm_key: LmSessionKey::new([0; 8]),
        ..keys
    });
    assert_eq!(zeros, unaltered);
}

/// From level 2 on the LM key has no part in it, and the user session key has.
#[test]
fn the_user_session_key_of_the_answer_decides_from_level_2_on() {
    let wrong_lm = |keys| LogonKeys {
        lm_key: LmSessionKey::new([7; 8]),
        ..keys
    };
    let wrong_nt = |keys: LogonKeys| LogonKeys {
        user_session_key: NtHash::from_password("another").session_base_key(),
        ..keys
    };
    for level in 0..=5 {
        let policy =
            format!(r#"apply_policy = {{ hosts = ["node2"], lm_compatibility_level = {level} }}"#);
        let [lm, nt] = [
            with_answers(&mut world(&[&policy]), &by_name(), wrong_lm).0,
            with_answers(&mut world(&[&policy]), &by_name(), wrong_nt).0,
        ];
        let (failing, working) = if level < 2 { (lm, nt) } else { (nt, lm) };
        assert_eq!(failing, "ERROR_ACCESS_DENIED", "level {level}");
        assert_eq!(working, "success", "level {level}");
    }
}

/// Of the stored hash the first eight octets make the key; the rest belongs to the response, which does not
/// count beside an NT response.
#[test]
fn one_octet_of_the_stored_lm_hash_decides() {
    for (index, expected) in [
        (0, "ERROR_ACCESS_DENIED"),
        (7, "ERROR_ACCESS_DENIED"),
        (8, "success"),
        (15, "success"),
    ] {
        let mut world = world(&[LEVEL_0]);
        let mut hashes = stored(&world).unwrap().clone();
        let mut octets = *hashes.lm.unwrap().expose_bytes();
        // Not the lowest bit, which DES leaves out of account.
        octets[index] ^= 0x10;
        hashes.lm = Some(LmHash::new(octets));
        world.ntlm_hashes.insert(account(), hashes);
        assert_eq!(end(&world.act(&by_name())).0, expected, "octet {index}");
    }
}

#[test]
fn a_hash_is_stored_as_the_policy_says_at_that_moment() {
    let mut world = world(&[]);
    let has_lm = |world: &World| stored(world).unwrap().lm.is_some();
    assert!(has_lm(&world));
    change(&mut world, NO_LM_HASH);
    assert!(has_lm(&world), "no hash vanishes by a policy");
    for (step, lm) in [
        (SAME_PASSWORD, false),
        (
            r#"apply_policy = { hosts = ["dc1"], no_lm_hash = false }"#,
            false,
        ),
        (
            r#"set_password = { user = "svc-cluster", password = "ClusterPass#15" }"#,
            true,
        ),
        (
            r#"set_password = { user = "svc-cluster", password = "ClusterPass#015" }"#,
            false,
        ),
        (
            r#"change_key = { of = "svc-cluster", password = "short" }"#,
            true,
        ),
    ] {
        change(&mut world, step);
        assert_eq!(has_lm(&world), lm, "{step}");
    }
    // The policy of a member is about the member's own accounts.
    change(
        &mut world,
        r#"apply_policy = { hosts = ["node1", "node2"], no_lm_hash = true }"#,
    );
    change(&mut world, SAME_PASSWORD);
    assert!(has_lm(&world));
    change(&mut world, r#"reset_key = "svc-cluster""#);
    assert!(stored(&world).is_none());
}

#[test]
fn the_password_service_makes_what_is_stored_anew() {
    let mut world = world(&[LEVEL_0, NO_LM_HASH]);
    change(
        &mut world,
        r#"kpasswd = { user = "svc-cluster", from = "node1", new = "ClusterPass#16" }"#,
    );
    let hashes = stored(&world).unwrap();
    assert_eq!(hashes.nt, NtHash::from_password("ClusterPass#16"));
    assert!(hashes.lm.is_none());
}

#[test]
fn a_node_that_is_down_is_unavailable() {
    let mut world = world(&[r#"host_down = "node1""#]);
    let outcome = world.act(&by_name());
    assert_eq!(end(&outcome).1, "connection-timed-out");
    assert_eq!(outcome.took, Duration::from_secs(21));
    ends(
        &mut world,
        &join(),
        "ERROR_BAD_NETPATH",
        "connection-timed-out",
    );
}

#[test]
fn a_service_that_does_not_run_refuses_connections() {
    let mut world = without_lm_hash();
    ends(
        &mut world,
        &join(),
        "ERROR_BAD_NETPATH",
        "signature-mismatch",
    );
    change(
        &mut world,
        r#"apply_policy = { hosts = ["node1", "node2"], lm_compatibility_level = 2 }"#,
    );
    let at_node_2 = Act::JoinCluster(JoinCluster {
        on: text("node1"),
        cluster: text("CLUSTER-2003"),
        sponsors: None,
    });
    ends(
        &mut world,
        &at_node_2,
        "ERROR_BAD_NETPATH",
        "connection-refused",
    );
}

#[test]
fn without_a_domain_controller_nobody_logs_on() {
    let mut world = world(&[r#"host_down = "dc1""#]);
    let outcome = world.act(&by_name());
    let expected = ("ERROR_NO_LOGON_SERVERS", "no-logon-servers");
    assert_eq!(
        end(&outcome),
        (expected.0.to_owned(), expected.1.to_owned())
    );
    assert_eq!(outcome.took.as_secs(), 21);
}

#[test]
fn a_disabled_account_does_not_log_on() {
    let disable = r#"modify_principal = { name = "svc-cluster", attributes = ["-allow_tix"] }"#;
    let mut world = world(&[disable]);
    ends(
        &mut world,
        &by_name(),
        "ERROR_ACCOUNT_DISABLED",
        "account-disabled",
    );
}

/// A domain controller that refuses a kind of response counts that as a wrong password.
#[test]
fn refused_responses_lock_an_account() {
    let refuse = r#"apply_policy = { hosts = ["dc1"], lm_compatibility_level = 5 }"#;
    let mut world = world(&[refuse]);
    for _ in 0..2 {
        ends(
            &mut world,
            &by_name(),
            "ERROR_LOGON_FAILURE",
            "refused-by-level",
        );
    }
    ends(
        &mut world,
        &by_name(),
        "ERROR_ACCOUNT_LOCKED_OUT",
        "account-locked",
    );
    change(&mut world, r#"unlock = "svc-cluster""#);
    change(
        &mut world,
        r#"apply_policy = { hosts = ["node2"], lm_compatibility_level = 3 }"#,
    );
    works(&mut world, &by_name());
}

/// What the message says and what came of it, for a link that does something to one message.
#[test]
fn a_damaged_message_is_refused() {
    for (message, error, cause) in [
        ("RPC REQUEST", "ERROR_ACCESS_DENIED", "signature-mismatch"),
        ("RPC RESPONSE", "ERROR_ACCESS_DENIED", "signature-mismatch"),
        (
            "NTLM AUTHENTICATE",
            "ERROR_ACCESS_DENIED",
            "signature-mismatch",
        ),
    ] {
        let link = format!(r#"link = {{ message = "{message}", do = "corrupt" }}"#);
        ends(&mut world(&[&link]), &by_name(), error, cause);
    }
    let nobody = r#"link = { message = "NETLOGON LOGON", do = "drop" }"#;
    ends(
        &mut world(&[nobody]),
        &by_name(),
        "ERROR_NO_LOGON_SERVERS",
        "no-logon-servers",
    );
}

/// Whatever travels in a message's place, nobody panics and the call ends.
#[test]
fn nobody_stumbles_over_what_is_no_message() {
    for message in [
        "NTLM NEGOTIATE",
        "NTLM CHALLENGE",
        "NTLM AUTHENTICATE",
        "NETLOGON LOGON",
        "NETLOGON ANSWER",
        "RPC REQUEST",
        "RPC RESPONSE",
    ] {
        let cuts = (0..60).map(|length| format!("{{ truncate = {length} }}"));
        let others = [
            "\"corrupt\"",
            "\"duplicate\"",
            "\"reorder\"",
            "{ replace = \"no\" }",
        ];
        for effect in cuts.chain(others.map(str::to_owned)) {
            let link = format!(r#"link = {{ message = "{message}", do = {effect} }}"#);
            let mut world = world(&[&link]);
            world.act(&by_name());
            assert!(!world.rpc.is_busy());
            world.act(&join());
        }
    }
}

#[test]
fn a_service_that_ended_starts_again_by_itself() {
    let mut world = without_lm_hash();
    ends(
        &mut world,
        &join(),
        "ERROR_BAD_NETPATH",
        "signature-mismatch",
    );
    let events = |world: &World| {
        let log = world.log("node2").iter();
        log.filter(|line| line.contains("Event ID: 7031")).count()
    };
    assert_eq!(events(&world), 1);
    world.wait(Duration::from_secs(959));
    assert_eq!(events(&world), 1);
    world.wait(Duration::from_secs(2));
    assert_eq!(events(&world), 2);
    let line = world.log("node2").last().unwrap();
    assert!(line.contains("It has done this 2 time(s)."), "{line}");
    world.wait(Duration::from_secs(3 * 970));
    assert_eq!(events(&world), 5);
    change(
        &mut world,
        r#"apply_policy = { hosts = ["node2"], lm_compatibility_level = 2 }"#,
    );
    world.wait(Duration::from_secs(970));
    assert_eq!(events(&world), 5);
    assert!(world.runs_cluster_service("node2"));
}

/// A wait may be a century, and every start of a service that cannot join is a dozen messages.
#[test]
fn a_century_of_vain_starts_is_cut_short() {
    let scenario = crate::catalogue::find("cluster-join-access-denied").unwrap();
    let mut world =
        crate::check::world_in(&scenario, crate::script::model::Phase::Broken, 1, None).unwrap();
    crate::check::act(&mut world, scenario.script.symptom[0].get_ref());
    let before = world.packets().len();
    world.wait(Duration::from_secs(100 * 365 * 24 * 3600));
    let sent = world.packets().len() - before;
    assert!((1..50_000).contains(&sent), "{sent}");
    world.wait(Duration::from_secs(3600));
}
