//! Links, ports and virtual time: packets in flight and what happens to them on the way.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kdclab_proto::Timestamp;
use rand::Rng;

use super::label;
use super::random::HostRng;
use super::{framed, rewrite};
use crate::script::verb::{LinkEffect, TransportName};

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
    fn with_content(&self, content: &[u8]) -> Option<Self> {
        match self {
            Self::Datagram(_) => Some(Self::Datagram(content.to_vec())),
            Self::Segment(_) => Some(Self::Segment(framed(content))),
            _ => None,
        }
    }

    fn bytes_mut(&mut self) -> Option<&mut Vec<u8>> {
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

/// A fault of a link.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) from: Option<IpAddr>,
    pub(super) to: Option<IpAddr>,
    pub(super) message: Option<String>,
    pub(super) transport: Option<TransportName>,
    pub(super) after: u32,
    pub(super) count: Option<u32>,
    pub(super) effect: LinkEffect,
    /// Where [`LinkEffect::CopyTo`] sends its copy.
    pub(super) copy_to: Option<IpAddr>,
    pub(super) held: Option<Packet>,
}

impl Rule {
    fn concerns(&self, packet: &Packet) -> bool {
        if self.from.is_some_and(|from| from != packet.sender)
            || self.to.is_some_and(|to| to != packet.receiver)
        {
            return false;
        }
        let transport = match self.transport {
            Some(TransportName::Udp) => Some("udp"),
            Some(TransportName::Tcp) => Some("tcp"),
            None => None,
        };
        if transport.is_some_and(|transport| transport != packet.payload.transport()) {
            return false;
        }
        match &self.message {
            Some(message) => label::message_name(&packet.payload) == Some(message.as_str()),
            None => true,
        }
    }

    /// Counts a packet it concerns; whether the effect applies to it.
    fn applies(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.count {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A packet reaches its destination.
    Arrive(Packet),
    /// A client's timer rings.
    Timer {
        /// The client, by its place among those that act.
        client: usize,
        /// Which of its timers; older ones are void.
        serial: u64,
    },
}

/// The packets in flight, the faults of the links and the record of what was sent.
#[derive(Clone, Debug)]
pub(super) struct Network {
    queue: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
    pub(super) rules: Vec<Rule>,
    pub(super) transcript: Vec<Packet>,
    rng: HostRng,
}

impl Network {
    pub(super) fn new(rng: HostRng) -> Self {
        Self {
            queue: BTreeMap::new(),
            next: 0,
            rules: Vec::new(),
            transcript: Vec::new(),
            rng,
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

    /// Does to a packet what the first rule that concerns it says.
    fn transmit(&mut self, mut packet: Packet) {
        let arrival = packet.sent + LATENCY;
        let rule = self
            .rules
            .iter_mut()
            .filter(|rule| rule.concerns(&packet))
            .find_map(|rule| rule.applies().then_some(rule));
        let Some(rule) = rule else {
            self.deliver(arrival, packet);
            return;
        };
        match rule.effect.clone() {
            LinkEffect::Corrupt => {
                if let Some(bytes) = packet.payload.bytes_mut()
                    && !bytes.is_empty()
                {
                    // The last bytes belong to a ciphertext; flipping a length would be `truncate`.
                    let index = bytes.len() - 1 - self.rng.next_u32() as usize % bytes.len().min(8);
                    bytes[index] ^= 1 << (self.rng.next_u32() % 8);
                    packet.fate = Fate::Altered;
                }
                self.deliver(arrival, packet);
            }
            LinkEffect::CorruptTicket => {
                if let Some(ticket) = label::shown_ticket(&packet.payload)
                    && let Some(bytes) = packet.payload.bytes_mut()
                    && let Some(start) = position(bytes, &ticket.enc_part.cipher)
                {
                    let length = ticket.enc_part.cipher.len();
                    let index = start + self.rng.next_u32() as usize % length;
                    bytes[index] ^= 1 << (self.rng.next_u32() % 8);
                    packet.fate = Fate::Altered;
                }
                self.deliver(arrival, packet);
            }
            LinkEffect::CopyTo(_) => {
                let copy_to = rule.copy_to;
                packet.fate = Fate::Duplicated;
                let mut copy = packet.clone();
                self.deliver(arrival, packet);
                if let Some(address) = copy_to {
                    copy.receiver = address;
                    self.deliver(arrival + LATENCY, copy);
                }
            }
            LinkEffect::Delay(by) => {
                packet.fate = Fate::Delayed;
                self.deliver(arrival + by.0, packet);
            }
            LinkEffect::Drop => self.lose(packet),
            LinkEffect::Duplicate => {
                packet.fate = Fate::Duplicated;
                self.deliver(arrival, packet.clone());
                self.schedule(arrival + LATENCY, Event::Arrive(packet));
            }
            LinkEffect::Refuse => {
                packet.fate = Fate::Refused;
                let refusal = Packet {
                    sent: arrival,
                    source: packet.destination,
                    destination: packet.source,
                    sender: packet.receiver,
                    receiver: packet.sender,
                    payload: match packet.payload.transport() {
                        "udp" => Payload::Unreachable,
                        _ => Payload::Reset,
                    },
                    fate: Fate::Delivered,
                };
                self.transcript.push(packet);
                self.deliver(arrival + LATENCY, refusal);
            }
            LinkEffect::Reorder => match rule.held.take() {
                None => {
                    packet.fate = Fate::Reordered;
                    rule.held = Some(packet.clone());
                    self.transcript.push(packet);
                }
                Some(held) => {
                    self.deliver(arrival, packet);
                    self.schedule(arrival + LATENCY, Event::Arrive(held));
                }
            },
            LinkEffect::Replace(text) => self.substitute(arrival, packet, Some(text.as_bytes())),
            LinkEffect::Replay => {
                let earlier = self.earlier(&packet).map(<[u8]>::to_vec);
                self.substitute(arrival, packet, earlier.as_deref());
            }
            LinkEffect::Rewrite(change) => {
                let changed = packet
                    .payload
                    .content()
                    .and_then(|message| rewrite::rewritten(message, change.get_ref()));
                self.substitute(arrival, packet, changed.as_deref());
            }
            LinkEffect::SizeLimit(limit) => {
                if packet.payload.bytes().len() > limit {
                    self.lose(packet);
                } else {
                    self.deliver(arrival, packet);
                }
            }
            LinkEffect::Truncate(length) => {
                if let Some(bytes) = packet.payload.bytes_mut()
                    && bytes.len() > length
                {
                    bytes.truncate(length);
                    packet.fate = Fate::Altered;
                }
                self.deliver(arrival, packet);
            }
        }
    }

    /// Delivers the packet with `content` in place of its own.
    fn substitute(&mut self, at: Timestamp, mut packet: Packet, content: Option<&[u8]>) {
        if let Some(payload) = content.and_then(|content| packet.payload.with_content(content)) {
            packet.payload = payload;
            packet.fate = Fate::Altered;
        }
        self.deliver(at, packet);
    }

    /// The last message of the packet's kind that was sent to its receiver before.
    fn earlier(&self, packet: &Packet) -> Option<&[u8]> {
        let kind = label::message_name(&packet.payload)?;
        self.transcript
            .iter()
            .rev()
            .filter(|earlier| {
                earlier.receiver == packet.receiver
                    && label::message_name(&earlier.payload) == Some(kind)
            })
            .find_map(|earlier| earlier.payload.content())
    }

    fn deliver(&mut self, at: Timestamp, packet: Packet) {
        self.transcript.push(packet.clone());
        self.schedule(at, Event::Arrive(packet));
    }

    fn lose(&mut self, mut packet: Packet) {
        packet.fate = Fate::Dropped;
        self.transcript.push(packet);
    }
}

/// Where `part` begins in `bytes`; `None` also for an empty part.
fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    bytes.windows(part.len()).position(|window| window == part)
}
