//! Servers to deliver messages to, and a log of what was sent when.

use std::collections::VecDeque;

use kdclab_client::{Action, ClientConfig, Event, SendToKdc};
use kdclab_proto::{ErrorCode, Timestamp};

use crate::support::*;

/// How a server behaves.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) udp: Port,
    pub(crate) tcp: Port,
}

#[derive(Clone, Copy)]
pub(crate) enum Port {
    /// Refuses at once.
    Closed,
    /// Takes everything and says nothing.
    Silent,
    /// Datagrams and connection attempts vanish.
    Filtered,
    Answers(&'static [u8]),
    /// Says that the answer is too long.
    TooBig,
    Unavailable,
}

pub(crate) const DEAD: Server = Server {
    udp: Port::Closed,
    tcp: Port::Closed,
};

pub(crate) fn error_reply(code: ErrorCode) -> Vec<u8> {
    error(code).encode()
}

/// What was done and when, in seconds, until the end.
pub(crate) fn deliver(
    config: &ClientConfig,
    servers: &[Server],
    message: &[u8],
    tcp_only: bool,
) -> Vec<String> {
    let names: Vec<usize> = (0..servers.len()).collect();
    let start = if tcp_only {
        SendToKdc::start_tcp
    } else {
        SendToKdc::start
    };
    let (mut machine, actions) = start(config, NOW, names, message.to_vec());
    let mut log = Vec::new();
    let mut queue = VecDeque::from(actions);
    let mut now = NOW;
    let mut timer = None;
    loop {
        let Some(action) = queue.pop_front() else {
            let at: Timestamp = timer
                .take()
                .expect("a machine that is not done waits for a time");
            assert!(at > now, "a timer in the past");
            now = at;
            queue.extend(machine.input(now, Event::Timer));
            continue;
        };
        let seconds = (now.unix_microseconds() - NOW.unix_microseconds()) / 1_000_000;
        match action {
            Action::CancelAll => timer = None,
            Action::Close { server, transport } => {
                log.push(format!("{seconds} close {transport} {server}"))
            }
            Action::Connect { server } => {
                log.push(format!("{seconds} connect {server}"));
                match servers[server].tcp {
                    Port::Filtered => {}
                    Port::Closed => {
                        queue.extend(machine.input(now, Event::ConnectFailed { server }))
                    }
                    _ => queue.extend(machine.input(now, Event::Connected { server })),
                }
            }
            Action::SendDatagram { server, bytes } => {
                assert_eq!(bytes, message);
                log.push(format!("{seconds} udp {server}"));
                let event = |bytes| Event::Datagram { server, bytes };
                match servers[server].udp {
                    Port::Silent | Port::Filtered => {}
                    Port::Closed => {
                        queue.extend(machine.input(now, Event::DatagramRefused { server }))
                    }
                    Port::Answers(bytes) => queue.extend(machine.input(now, event(bytes))),
                    Port::TooBig => {
                        let reply = error_reply(ErrorCode::KRB_ERR_RESPONSE_TOO_BIG);
                        queue.extend(machine.input(now, event(&reply)));
                    }
                    Port::Unavailable => {
                        let reply = error_reply(ErrorCode::KDC_ERR_SVC_UNAVAILABLE);
                        queue.extend(machine.input(now, event(&reply)));
                    }
                }
            }
            Action::SendStream { server, bytes } => {
                let length = u32::try_from(message.len()).unwrap().to_be_bytes();
                assert_eq!(bytes, [&length, message].concat());
                log.push(format!("{seconds} tcp {server}"));
                if let Port::Answers(reply) = servers[server].tcp {
                    // Byte by byte, as a stream may come.
                    let length = u32::try_from(reply.len()).unwrap().to_be_bytes();
                    for byte in [&length, reply].concat() {
                        let bytes = &[byte];
                        queue.extend(machine.input(now, Event::Stream { server, bytes }));
                    }
                }
            }
            Action::SetTimer(at) => timer = Some(at),
            Action::Done {
                reply,
                server,
                transport,
            } => {
                let reply = String::from_utf8_lossy(&reply).into_owned();
                log.push(format!("{seconds} done {transport} {server} {reply}"));
                return log;
            }
            Action::Failed(_) => {
                log.push(format!("{seconds} failed"));
                return log;
            }
        }
    }
}

pub(crate) fn single(udp: Port, tcp: Port) -> [Server; 1] {
    [Server { udp, tcp }]
}

pub(crate) const MESSAGE: &[u8] = b"request";
