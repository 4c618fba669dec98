//! How Java and Windows deliver messages (S002-1, S004-H11).

use std::time::Duration;

use kdclab_client::ClientConfig;

use crate::delivery::*;
use crate::support::*;

fn java() -> ClientConfig {
    ClientConfig::java(REALM)
}

#[test]
fn java_tries_udp_three_times_and_never_tcp() {
    assert_eq!(
        deliver(&java(), &single(Port::Silent, Port::Silent), MESSAGE, false),
        [
            "0 udp 0",
            "30 close UDP 0",
            "30 udp 0",
            "60 close UDP 0",
            "60 udp 0",
            "90 close UDP 0",
            "90 failed"
        ]
    );
}

#[test]
fn java_obeys_kdc_timeout_and_max_retries() {
    let config = ClientConfig {
        kdc_timeout: Some(Duration::from_secs(5)),
        max_retries: Some(2),
        ..java()
    };
    assert_eq!(
        deliver(&config, &single(Port::Silent, Port::Silent), MESSAGE, false),
        [
            "0 udp 0",
            "5 close UDP 0",
            "5 udp 0",
            "10 close UDP 0",
            "10 failed"
        ]
    );
}

#[test]
fn mit_knows_no_kdc_timeout_and_no_max_retries() {
    let config = ClientConfig {
        kdc_timeout: Some(Duration::from_secs(5)),
        max_retries: Some(2),
        ..ClientConfig::mit(REALM)
    };
    let silent = single(Port::Silent, Port::Silent);
    assert_eq!(
        deliver(&config, &silent, MESSAGE, false),
        deliver(&ClientConfig::mit(REALM), &silent, MESSAGE, false)
    );
}

#[test]
fn java_turns_from_a_closed_port_to_the_next_server() {
    let alive = Server {
        udp: Port::Answers(b"reply"),
        tcp: Port::Closed,
    };
    assert_eq!(
        deliver(&java(), &[DEAD, alive], MESSAGE, false),
        ["0 udp 0", "0 udp 1", "0 done UDP 1 reply"]
    );
    assert_eq!(
        deliver(&java(), &[DEAD], MESSAGE, false),
        ["0 udp 0", "0 failed"]
    );
}

#[test]
fn java_repeats_by_tcp_what_is_too_big() {
    assert_eq!(
        deliver(
            &java(),
            &single(Port::TooBig, Port::Answers(b"reply")),
            MESSAGE,
            false
        ),
        [
            "0 udp 0",
            "0 close UDP 0",
            "0 connect 0",
            "0 tcp 0",
            "0 done TCP 0 reply"
        ]
    );
    assert_eq!(
        deliver(&java(), &single(Port::TooBig, Port::Closed), MESSAGE, false),
        ["0 udp 0", "0 close UDP 0", "0 connect 0", "0 failed"]
    );
}

#[test]
fn java_6_takes_too_big_for_the_answer() {
    let java_6 = ClientConfig::java_6(REALM);
    let log = deliver(
        &java_6,
        &single(Port::TooBig, Port::Answers(b"reply")),
        MESSAGE,
        false,
    );
    let [sent, ended] = log.as_slice() else {
        panic!("{log:?}")
    };
    assert_eq!(sent, "0 udp 0");
    assert!(ended.starts_with("0 done UDP 0"), "{ended}");
}

#[test]
fn java_6_with_limit_1_never_meets_too_big() {
    let mut java_6 = ClientConfig::java_6(REALM);
    java_6.udp_preference_limit = 1;
    assert_eq!(
        deliver(
            &java_6,
            &single(Port::TooBig, Port::Answers(b"reply")),
            MESSAGE,
            false
        ),
        ["0 connect 0", "0 tcp 0", "0 done TCP 0 reply"]
    );
}

#[test]
fn java_limit_1_is_tcp_alone() {
    let mut config = java();
    config.udp_preference_limit = 1;
    assert_eq!(
        deliver(
            &config,
            &single(Port::Answers(b"reply"), Port::Closed),
            MESSAGE,
            false
        ),
        ["0 connect 0", "0 failed"]
    );
    config.udp_preference_limit = 0;
    assert_eq!(
        deliver(
            &config,
            &single(Port::Answers(b"reply"), Port::Closed),
            MESSAGE,
            false
        ),
        ["0 udp 0", "0 done UDP 0 reply"]
    );
}

#[test]
fn java_takes_service_unavailable_for_an_answer() {
    let log = deliver(
        &java(),
        &single(Port::Unavailable, Port::Closed),
        MESSAGE,
        false,
    );
    assert!(log[1].starts_with("0 done UDP 0"), "{log:?}");
}

#[test]
fn windows_gives_up_sooner() {
    let config = ClientConfig::windows(REALM);
    let log = deliver(&config, &single(Port::Silent, Port::Silent), MESSAGE, false);
    assert_eq!(log.last().unwrap(), "15 failed");
}

#[test]
fn a_silent_connection_is_tried_again() {
    let mut config = java();
    config.udp_preference_limit = 1;
    assert_eq!(
        deliver(&config, &single(Port::Closed, Port::Silent), MESSAGE, false),
        [
            "0 connect 0",
            "0 tcp 0",
            "30 close TCP 0",
            "30 connect 0",
            "30 tcp 0",
            "60 close TCP 0",
            "60 connect 0",
            "60 tcp 0",
            "90 close TCP 0",
            "90 failed"
        ]
    );
}
