//! S002-1: when and where messages go. The times are those of kinit of MIT 1.20.1 on sockets that stay
//! silent.

use kdclab_client::{
    Action, ClientConfig, Event, FailureReason, KdcUnreachable, SendToKdc, Transport,
};
use kdclab_proto::ErrorCode;
use proptest::prelude::*;

use crate::delivery::*;
use crate::support::*;

fn mit() -> ClientConfig {
    ClientConfig::mit(REALM)
}

#[test]
fn silent_kdc_with_open_tcp() {
    assert_eq!(
        deliver(&mit(), &single(Port::Silent, Port::Silent), MESSAGE, false),
        [
            "0 udp 0",
            "1 connect 0",
            "1 tcp 0",
            "13 udp 0",
            "18 udp 0",
            "27 failed"
        ]
    );
}

#[test]
fn silent_kdc_with_reset_tcp() {
    assert_eq!(
        deliver(&mit(), &single(Port::Silent, Port::Closed), MESSAGE, false),
        ["0 udp 0", "1 connect 0", "4 udp 0", "9 udp 0", "18 failed"]
    );
}

#[test]
fn silent_kdc_with_filtered_tcp() {
    assert_eq!(
        deliver(
            &mit(),
            &single(Port::Filtered, Port::Filtered),
            MESSAGE,
            false
        ),
        ["0 udp 0", "1 connect 0", "4 udp 0", "9 udp 0", "18 failed"]
    );
}

#[test]
fn closed_port_fails_at_once() {
    assert_eq!(
        deliver(&mit(), &[DEAD], MESSAGE, false),
        ["0 udp 0", "0 connect 0", "0 failed"]
    );
}

#[test]
fn s004_d1_dead_then_alive_without_delay() {
    let alive = Server {
        udp: Port::Answers(b"reply"),
        tcp: Port::Closed,
    };
    assert_eq!(
        deliver(&mit(), &[DEAD, alive], MESSAGE, false),
        ["0 udp 0", "0 udp 1", "0 done UDP 1 reply"]
    );
}

#[test]
fn silent_then_alive_after_a_second() {
    let silent = Server {
        udp: Port::Silent,
        tcp: Port::Silent,
    };
    let alive = Server {
        udp: Port::Answers(b"reply"),
        tcp: Port::Closed,
    };
    assert_eq!(
        deliver(&mit(), &[silent, alive], MESSAGE, false),
        ["0 udp 0", "1 udp 1", "1 done UDP 1 reply"]
    );
}

#[test]
fn two_silent_servers() {
    let silent = Server {
        udp: Port::Filtered,
        tcp: Port::Filtered,
    };
    assert_eq!(
        deliver(&mit(), &[silent, silent], MESSAGE, false),
        [
            "0 udp 0",
            "1 udp 1",
            "2 connect 0",
            "3 connect 1",
            "6 udp 0",
            "7 udp 1",
            "12 udp 0",
            "13 udp 1",
            "22 failed"
        ]
    );
}

#[test]
fn s004_h11_too_big_goes_on_by_tcp() {
    assert_eq!(
        deliver(
            &mit(),
            &single(Port::TooBig, Port::Answers(b"reply")),
            MESSAGE,
            false
        ),
        ["0 udp 0", "0 connect 0", "0 tcp 0", "0 done TCP 0 reply"]
    );
    assert_eq!(
        deliver(&mit(), &single(Port::TooBig, Port::Closed), MESSAGE, false),
        ["0 udp 0", "0 connect 0", "0 failed"]
    );
}

#[test]
fn s004_h11_the_caller_learns_that_tcp_took_over() {
    let (mut machine, _) = SendToKdc::start(&mit(), NOW, vec![0], MESSAGE.to_vec());
    assert!(!machine.too_big());
    let reply = error_reply(ErrorCode::KRB_ERR_RESPONSE_TOO_BIG);
    machine.input(
        NOW,
        Event::Datagram {
            server: 0,
            bytes: &reply,
        },
    );
    assert!(machine.too_big());
    assert_eq!(
        deliver(
            &mit(),
            &single(Port::Closed, Port::Answers(b"reply")),
            MESSAGE,
            true
        ),
        ["0 connect 0", "0 tcp 0", "0 done TCP 0 reply"]
    );
}

#[test]
fn tcp_alone_and_silent() {
    assert_eq!(
        deliver(&mit(), &single(Port::Closed, Port::Silent), MESSAGE, true),
        ["0 connect 0", "0 tcp 0", "24 failed"]
    );
}

#[test]
fn udp_preference_limit_in_mit_is_an_order() {
    let mut config = mit();
    config.udp_preference_limit = 1;
    assert_eq!(
        deliver(
            &config,
            &single(Port::Answers(b"reply"), Port::Closed),
            MESSAGE,
            false
        ),
        ["0 connect 0", "0 udp 0", "0 done UDP 0 reply"]
    );
    config.udp_preference_limit = MESSAGE.len();
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
fn s004_h11_limit_1_and_tcp_closed() {
    let mut config = mit();
    config.udp_preference_limit = 1;
    // R-MIT: TCP, UDP, 52, TCP again, unreachable.
    assert_eq!(
        deliver(&config, &single(Port::TooBig, Port::Closed), MESSAGE, false),
        ["0 connect 0", "0 udp 0", "0 connect 0", "0 failed"]
    );
}

#[test]
fn default_limit_is_1465_bytes() {
    for (length, first) in [(1465, "0 udp 0"), (1466, "0 connect 0")] {
        let servers = single(Port::Answers(b"reply"), Port::Answers(b"reply"));
        let log = deliver(&mit(), &servers, &vec![0; length], false);
        assert_eq!(log[0], first, "{length} bytes");
    }
}

#[test]
fn check_for_svc_unavailable_turns_to_the_next_server() {
    let alive = Server {
        udp: Port::Answers(b"reply"),
        tcp: Port::Closed,
    };
    let busy = Server {
        udp: Port::Unavailable,
        tcp: Port::Closed,
    };
    assert_eq!(
        deliver(&mit(), &[busy, alive], MESSAGE, false),
        ["0 udp 0", "0 udp 1", "0 done UDP 1 reply"]
    );
    let (mut machine, _) = SendToKdc::start_tcp(&mit(), NOW, vec![0], MESSAGE.to_vec());
    machine.input(NOW, Event::Connected { server: 0 });
    let reply = error_reply(ErrorCode::KDC_ERR_SVC_UNAVAILABLE);
    let mut bytes = u32::try_from(reply.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(reply);
    let actions = machine.input(
        NOW,
        Event::Stream {
            server: 0,
            bytes: &bytes,
        },
    );
    let Some(Action::Failed(failures)) = actions.last() else {
        panic!("{actions:?}");
    };
    assert!(failures.service_unavailable());
    let error = kdclab_client::ClientError::KdcUnreachable {
        realm: REALM.into(),
        failures: failures.clone(),
    };
    assert_eq!(error.com_err(), Some(-1_765_328_355));
}

#[test]
fn no_server_fails_without_a_packet() {
    let (_, actions) = SendToKdc::<u8>::start(&mit(), NOW, Vec::new(), MESSAGE.to_vec());
    assert_eq!(
        actions,
        [Action::CancelAll, Action::Failed(KdcUnreachable::default())]
    );
}

fn failures(events: &[Event<'_, u8>]) -> Vec<(Transport, FailureReason)> {
    let (mut machine, _) = SendToKdc::start_tcp(&mit(), NOW, vec![0], MESSAGE.to_vec());
    let mut last = Vec::new();
    for event in events {
        last = machine.input(NOW, *event);
    }
    match last.last() {
        Some(Action::Failed(unreachable)) => {
            let failures = unreachable.failures.iter();
            failures
                .map(|failure| (failure.transport, failure.reason.clone()))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_became_of_a_connection() {
    let server = 0;
    let connected = Event::Connected { server };
    assert_eq!(
        failures(&[Event::ConnectFailed { server }]),
        [(Transport::Tcp, FailureReason::Refused)]
    );
    assert_eq!(
        failures(&[connected, Event::StreamClosed { server }]),
        [(Transport::Tcp, FailureReason::Closed)]
    );
    let not_resolved = Event::NotResolved {
        server,
        transport: Transport::Tcp,
        name: "kdc1",
    };
    let name = "kdc1".to_owned();
    assert_eq!(
        failures(&[not_resolved]),
        [(Transport::Tcp, FailureReason::NotResolved { name })]
    );
    let too_long = &[0, 0x10, 0, 1];
    assert_eq!(
        failures(&[
            connected,
            Event::Stream {
                server,
                bytes: too_long
            }
        ]),
        [(Transport::Tcp, FailureReason::ReplyTooLong)]
    );
}

#[test]
fn a_length_of_1_mib_is_taken() {
    let server = 0;
    let (mut machine, _) = SendToKdc::start_tcp(&mit(), NOW, vec![server], MESSAGE.to_vec());
    machine.input(NOW, Event::Connected { server });
    let bytes = &[0, 0x10, 0, 0];
    let actions = machine.input(NOW, Event::Stream { server, bytes });
    assert!(matches!(actions.as_slice(), [Action::SetTimer(_)]));
    let reply = vec![0; 1024 * 1024];
    let actions = machine.input(
        NOW,
        Event::Stream {
            server,
            bytes: &reply,
        },
    );
    assert!(matches!(actions.last(), Some(Action::Done { .. })));
}

#[test]
fn nothing_happens_after_the_end() {
    let (mut machine, _) = SendToKdc::start(&mit(), NOW, vec![0], MESSAGE.to_vec());
    let event = Event::Datagram {
        server: 0,
        bytes: b"reply",
    };
    assert!(!machine.input(NOW, event).is_empty());
    assert!(machine.input(NOW, event).is_empty());
    assert!(machine.input(NOW, Event::Timer).is_empty());
}

#[test]
fn a_stranger_is_not_heard() {
    let (mut machine, _) = SendToKdc::start(&mit(), NOW, vec![0], MESSAGE.to_vec());
    let event = Event::Datagram {
        server: 9,
        bytes: b"reply",
    };
    let actions = machine.input(NOW, event);
    assert!(matches!(actions.as_slice(), [Action::SetTimer(_)]));
}

proptest! {
    /// Whatever comes, the machine ends and tells it once.
    #[test]
    fn any_events_end(
        dialect in 0..3,
        events in proptest::collection::vec((0..7u8, 0..3u8, proptest::collection::vec(any::<u8>(), 0..8)), 0..60),
    ) {
        let config = match dialect {
            0 => ClientConfig::mit(REALM),
            1 => ClientConfig::java(REALM),
            _ => ClientConfig::windows(REALM),
        };
        let (mut machine, mut actions) = SendToKdc::start(&config, NOW, vec![0, 1], MESSAGE.to_vec());
        let mut now = NOW;
        for (kind, server, bytes) in &events {
            let (server, bytes) = (*server, bytes.as_slice());
            actions.extend(machine.input(now, match kind {
                0 => Event::ConnectFailed { server },
                1 => Event::Connected { server },
                2 => Event::Datagram { server, bytes },
                3 => Event::DatagramRefused { server },
                4 => Event::Stream { server, bytes },
                5 => Event::StreamClosed { server },
                _ => { now = now.offset_by(1_000_000); Event::Timer }
            }));
        }
        for _ in 0..200 {
            now = now.offset_by(1_000_000);
            actions.extend(machine.input(now, Event::Timer));
        }
        let ends = actions.iter().filter(|action| matches!(action, Action::Done { .. } | Action::Failed(_)));
        prop_assert_eq!(ends.count(), 1);
    }
}
