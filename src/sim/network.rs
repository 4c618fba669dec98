//! Packets, ports and virtual time.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kdclab_proto::Timestamp;

use super::framed;
use super::links::{Links, Passage};
use super::random::HostRng;

/// How long a packet takes from one host to another.
pub(super) const LATENCY: Duration = Duration::from_micros(250);

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A UDP datagram.
    Datagram(Vec<u8>),
    /// ICMP's word that nobody listens on a UDP port.
    Unreachable,
    /// The request for a TCP connection.
    Syn,
    /// The acceptance of a TCP connection.
    SynAck,
    /// The refusal of a TCP connection.
    Reset,
    /// Bytes on a TCP connection.
    Segment(Vec<u8>),
}

impl Payload {
    /// The application's bytes; none where the packet is the transport's own.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Datagram(bytes) | Self::Segment(bytes) => bytes,
            _ => &[],
        }
    }

    /// The application's message, on a stream without its length.
    pub(super) fn content(&self) -> Option<&[u8]> {
        match self {
            Self::Datagram(bytes) => Some(bytes),
            Self::Segment(bytes) => bytes.get(4..),
            _ => None,
        }
    }

    /// The same packet with another message in it.
    pub(super) fn with_content(&self, content: &[u8]) -> Option<Self> {
        match self {
            Self::Datagram(_) => Some(Self::Datagram(content.to_vec())),
            Self::Segment(_) => Some(Self::Segment(framed(content))),
            _ => None,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Datagram(bytes) | Self::Segment(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// `udp` or `tcp`.
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Datagram(_) | Self::Unreachable => "udp",
            Self::Syn | Self::SynAck | Self::Reset | Self::Segment(_) => "tcp",
        }
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Delivered,
    /// It disappears.
    Dropped,
    /// It arrives late.
    Delayed,
    /// It arrives twice.
    Duplicated,
    /// It arrives altered.
    Altered,
    /// It waits for its successor.
    Reordered,
    /// The port refuses it.
    Refused,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered on the way",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Dropped => "lost",
            Self::Duplicated => "duplicated",
            Self::Refused => "refused",
            Self::Reordered => "overtaken",
        })
    }
}

/// A packet as it was sent.
#[derive(Clone, Debug)]
pub struct Packet {
    /// When it was sent, in true time.
    pub sent: Timestamp,
    /// The address it names as its source.
    pub source: SocketAddr,
    /// The address it names as its destination.
    pub destination: SocketAddr,
    /// The host that sent it, whatever the source says.
    pub sender: IpAddr,
    /// The host it goes to, whatever the destination says.
    pub receiver: IpAddr,
    /// What it carries, after any damage on the way.
    pub payload: Payload,
    /// What became of it.
    pub fate: Fate,
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A packet reaches its destination.
    Arrive(Packet),
    /// Nobody has answered what a host asked a domain controller from a socket.
    LogonTimer {
        /// The socket.
        local: SocketAddr,
    },
    /// A timer of a call between cluster services rings.
    RpcTimer {
        /// The call, by its place among those that are made.
        call: usize,
        /// Which of its timers; older ones are void.
        serial: u64,
    },
    /// A client's timer rings.
    Timer {
        /// The client, by its place among those that act.
        client: usize,
        /// Which of its timers; older ones are void.
        serial: u64,
    },
}

/// The packets in flight, the links they take and the record of what was sent.
#[derive(Clone, Debug)]
pub(super) struct Network {
    queue: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
    pub(super) links: Links,
    pub(super) transcript: Vec<Packet>,
}

impl Network {
    pub(super) fn new(rng: HostRng) -> Self {
        Self {
            queue: BTreeMap::new(),
            next: 0,
            links: Links::new(rng),
            transcript: Vec::new(),
        }
    }

    pub(super) fn schedule(&mut self, at: Timestamp, event: Event) {
        self.queue.insert((at, self.next), event);
        self.next += 1;
    }

    /// When the next event happens.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn next_event(&mut self) -> Option<(Timestamp, Event)> {
        self.queue.pop_first().map(|((at, _), event)| (at, event))
    }

    /// Forgets what is still in flight, as when everybody has stopped listening.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    /// Sends a packet from `source` at `now`.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        source: SocketAddr,
        destination: SocketAddr,
        payload: Payload,
    ) {
        self.transmit(Packet {
            sent: now,
            source,
            destination,
            sender: source.ip(),
            receiver: destination.ip(),
            payload,
            fate: Fate::Delivered,
        });
    }

    /// Sends a packet to an address that the host at `receiver` has besides its own.
    pub(super) fn send_to(
        &mut self,
        now: Timestamp,
        source: SocketAddr,
        destination: SocketAddr,
        receiver: IpAddr,
        payload: Payload,
    ) {
        self.transmit(Packet {
            sent: now,
            source,
            destination,
            sender: source.ip(),
            receiver,
            payload,
            fate: Fate::Delivered,
        });
    }

    /// Sends the answer to `request` from the host that received it, under the address that the
    /// request named.
    pub(super) fn answer(&mut self, now: Timestamp, request: &Packet, payload: Payload) {
        self.transmit(Packet {
            sent: now,
            source: request.destination,
            destination: request.source,
            sender: request.receiver,
            receiver: request.sender,
            payload,
            fate: Fate::Delivered,
        });
    }

    /// Sends a packet on its way through the links.
    fn transmit(&mut self, packet: Packet) {
        let undisturbed = packet.sent + LATENCY;
        let Passage { sent, arrivals } = self.links.pass(packet, self.transcript.iter());
        self.transcript.extend(sent);
        for (late, packet) in arrivals {
            self.schedule(undisturbed + late, Event::Arrive(packet));
        }
    }
}
