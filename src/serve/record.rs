//! What happened while a scenario is served.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sim::Packet;

/// How many events are kept; older ones are forgotten.
const MAX_EVENTS: usize = 10_000;
/// How many bytes of packets and lines are kept.
const MAX_BYTES: usize = 32 << 20;

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// Its number, from 1.
    pub number: u64,
    /// What it was.
    #[serde(flatten)]
    pub what: Happened,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5}  ", self.number)?;
        match &self.what {
            Happened::Log { host, line } => write!(f, "{host}: {line}"),
            Happened::Packet { line } => f.write_str(line),
            Happened::Verb { text } => write!(f, "changed: {text}"),
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Happened {
    /// A host wrote a line into its log.
    Log {
        /// The host.
        host: String,
        /// The line.
        line: String,
    },
    /// A packet was sent.
    Packet {
        /// The packet in one line, in the time since the scenario began.
        line: String,
    },
    /// The world was changed.
    Verb {
        /// How.
        text: String,
    },
}

/// An event as it is kept: a packet is rendered when somebody asks.
pub(super) enum Kept {
    Log { host: String, line: String },
    Packet(Packet),
    Verb(String),
}

/// The events of late, oldest first.
#[derive(Default)]
pub(super) struct Record {
    events: VecDeque<Kept>,
    forgotten: u64,
    bytes: usize,
}

impl Kept {
    fn length(&self) -> usize {
        match self {
            Self::Log { host, line } => host.len() + line.len(),
            Self::Packet(packet) => packet.payload.bytes().len(),
            Self::Verb(text) => text.len(),
        }
    }
}

impl Record {
    pub(super) fn push(&mut self, event: Kept) {
        self.bytes += event.length();
        self.events.push_back(event);
        while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes -= oldest.length();
            self.forgotten += 1;
        }
    }

    /// Moves the times of the packets, as those of the world have moved.
    pub(super) fn shift(&mut self, by: i64) {
        for event in &mut self.events {
            if let Kept::Packet(packet) = event {
                packet.sent = packet.sent.offset_by(by.saturating_mul(1_000_000));
            }
        }
    }

    pub(super) fn log(&mut self, host: &str, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            let host = host.to_owned();
            self.push(Kept::Log { host, line });
        }
    }

    pub(super) fn packets(&self) -> impl DoubleEndedIterator<Item = &Packet> + Clone {
        self.events.iter().filter_map(|event| match event {
            Kept::Packet(packet) => Some(packet),
            Kept::Log { .. } | Kept::Verb(_) => None,
        })
    }

    /// The events after number `after`, with their numbers.
    pub(super) fn after(&self, after: u64) -> impl Iterator<Item = (u64, &Kept)> {
        let first = self.forgotten + 1;
        self.events
            .iter()
            .enumerate()
            .map(move |(index, event)| (first + index as u64, event))
            .filter(move |(number, _)| *number > after)
    }
}
