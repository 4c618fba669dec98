use std::collections::VecDeque;
use std::time::Duration;

use super::Transport;
use super::connection::Connection;
use crate::dialect::Delivery;
use crate::{ClientConfig, Dialect};

/// MIT waits this long for an answer before it turns to the next server.
const BETWEEN_SERVERS: Duration = Duration::from_secs(1);
/// MIT's wait at the end of each pass.
const AFTER_PASS: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// No datagram is longer, whatever `udp_preference_limit` says (MIT and Java).
const HARD_UDP_LIMIT: usize = 32_700;

/// One step of a delivery.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Send by a connection and wait, if there was anything to send.
    Contact { connection: usize, wait: Duration },
    /// Wait for those already contacted.
    Wait(Duration),
}

/// The steps still to do.
#[derive(Clone, Debug)]
pub(super) struct Script(VecDeque<Stage>);

impl Script {
    pub(super) fn new(
        delivery: Delivery,
        connections: &[Connection],
        transports: &[Transport],
    ) -> Self {
        Self(match delivery {
            Delivery::Passes => passes(connections, transports),
            Delivery::OneByOne { tries, timeout } => (0..connections.len())
                .flat_map(|connection| {
                    let wait = timeout;
                    (0..tries).map(move |_| Stage::Contact { connection, wait })
                })
                .collect(),
        })
    }

    pub(super) fn next(&mut self) -> Option<Stage> {
        self.0.pop_front()
    }

    /// Whether the connection is to be contacted again.
    pub(super) fn contacts(&self, index: usize) -> bool {
        self.0
            .iter()
            .any(|stage| matches!(stage, Stage::Contact { connection, .. } if *connection == index))
    }

    /// Takes the connection out.
    pub(super) fn forget(&mut self, index: usize) {
        self.0.retain(
            |stage| !matches!(stage, Stage::Contact { connection, .. } if *connection == index),
        );
    }

    /// Puts all tries of the connection in front.
    pub(super) fn insert_tries(&mut self, delivery: Delivery, connection: usize) {
        if let Delivery::OneByOne { tries, timeout } = delivery {
            for _ in 0..tries {
                self.0.push_front(Stage::Contact {
                    connection,
                    wait: timeout,
                });
            }
        }
    }
}

fn passes(connections: &[Connection], transports: &[Transport]) -> VecDeque<Stage> {
    let contact = |connection| Stage::Contact {
        connection,
        wait: BETWEEN_SERVERS,
    };
    let mut stages = VecDeque::new();
    for transport in transports {
        let of_transport = connections
            .iter()
            .enumerate()
            .filter(|(_, connection)| connection.transport == *transport);
        stages.extend(of_transport.map(|(index, _)| contact(index)));
    }
    for (pass, wait) in AFTER_PASS.into_iter().enumerate() {
        if pass > 0 {
            stages.extend((0..connections.len()).map(contact));
        }
        stages.push_back(Stage::Wait(wait));
    }
    stages
}

/// The transports for a message of `length` bytes, the preferred one first.
pub(super) fn transports(config: &ClientConfig, length: usize) -> &'static [Transport] {
    let limit = config.udp_preference_limit.min(HARD_UDP_LIMIT);
    let small = length <= limit;
    match config.dialect {
        Dialect::Mit if small => &[Transport::Udp, Transport::Tcp],
        Dialect::Mit => &[Transport::Tcp, Transport::Udp],
        // Java reads 0 as no limit.
        Dialect::Java | Dialect::Java6 if limit == 0 => &[Transport::Udp],
        Dialect::Java | Dialect::Java6 | Dialect::Windows if small => &[Transport::Udp],
        Dialect::Java | Dialect::Java6 | Dialect::Windows => &[Transport::Tcp],
    }
}
