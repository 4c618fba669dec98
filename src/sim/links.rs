//! The links between hosts: what happens to a packet on its way, in virtual time and on sockets alike.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kdclab_proto::Principal;
use rand::Rng;

use super::network::{Fate, LATENCY, Packet, Payload};
use super::random::HostRng;
use super::{aim, label, rewrite};
use crate::script::verb::{LinkEffect, TransportName};

/// How many packets a fault holds back for their successors. One more loses the oldest.
const MAX_HELD: usize = 256;

/// A fault of a link.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// What it is called, where somebody wants to remove it alone.
    pub(super) name: Option<String>,
    pub(super) from: Option<IpAddr>,
    pub(super) to: Option<IpAddr>,
    pub(super) message: Option<String>,
    /// The client or service that the message is about.
    pub(super) principal: Option<Principal>,
    pub(super) transport: Option<TransportName>,
    pub(super) after: u32,
    pub(super) count: Option<u32>,
    pub(super) effect: LinkEffect,
    /// Where [`LinkEffect::CopyTo`] sends its copy.
    pub(super) copy_to: Option<IpAddr>,
    /// What [`LinkEffect::Reorder`] holds back, oldest first: at most one on each way.
    pub(super) held: Vec<Packet>,
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
        let name = label::message_name(&packet.payload);
        match &self.message {
            Some(message) => name == Some(message.as_str()),
            // The transport's own packets name nobody.
            None => self.principal.is_none() || name.is_some(),
        }
    }

    /// Whether the packet, which it otherwise concerns, is about the right principal.
    fn is_aimed_at<'p>(
        &self,
        packet: &Packet,
        earlier: impl DoubleEndedIterator<Item = &'p Packet> + Clone,
    ) -> bool {
        self.principal
            .as_ref()
            .is_none_or(|principal| aim::names(packet, principal, earlier))
    }

    /// What is held back on the way of `packet`.
    fn take_held(&mut self, packet: &Packet) -> Option<Packet> {
        let together = way(packet);
        let index = self.held.iter().position(|held| way(held) == together)?;
        Some(self.held.remove(index))
    }

    fn hold(&mut self, packet: Packet) {
        if self.held.len() == MAX_HELD {
            self.held.remove(0);
        }
        self.held.push(packet);
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

/// What became of a packet that was sent.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    /// What was seen on the link, in this order: the packet with its fate, and what it gave rise to.
    pub(crate) sent: Vec<Packet>,
    /// What arrives, with how much later than an undisturbed packet sent at the same time.
    pub(crate) arrivals: Vec<(Duration, Packet)>,
}

impl Passage {
    fn delivered(packet: Packet) -> Self {
        Self::delivered_late(Duration::ZERO, packet)
    }

    fn delivered_late(late: Duration, packet: Packet) -> Self {
        Self {
            sent: vec![packet.clone()],
            arrivals: vec![(late, packet)],
        }
    }

    fn lost(packet: Packet) -> Self {
        Self {
            sent: vec![packet],
            arrivals: Vec::new(),
        }
    }

    /// Another packet arrives as well, without being sent.
    fn and_then(mut self, late: Duration, packet: Packet) -> Self {
        self.arrivals.push((late, packet));
        self
    }
}

/// The links between all hosts, with their faults.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) rules: Vec<Rule>,
    rng: HostRng,
}

impl Links {
    pub(super) fn new(rng: HostRng) -> Self {
        Self {
            rules: Vec::new(),
            rng,
        }
    }

    /// What happens to every packet like this one, where that does not depend on the packets before it.
    pub(super) fn effect_on_all(&self, packet: &Packet) -> Option<&LinkEffect> {
        let is_spent = |rule: &Rule| rule.count == Some(0);
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.concerns(packet) && !is_spent(rule))?;
        (rule.after == 0 && rule.count.is_none() && rule.principal.is_none())
            .then_some(&rule.effect)
    }

    /// Does to a packet what the first rule that concerns it says. `earlier` are the packets sent before.
    pub(super) fn pass<'p>(
        &mut self,
        mut packet: Packet,
        earlier: impl DoubleEndedIterator<Item = &'p Packet> + Clone,
    ) -> Passage {
        let rule = self
            .rules
            .iter_mut()
            .filter(|rule| rule.concerns(&packet))
            .filter(|rule| rule.is_aimed_at(&packet, earlier.clone()))
            .find_map(|rule| rule.applies().then_some(rule));
        let Some(rule) = rule else {
            return Passage::delivered(packet);
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
                Passage::delivered(packet)
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
                Passage::delivered(packet)
            }
            LinkEffect::CopyTo(_) => {
                packet.fate = Fate::Duplicated;
                let mut passage = Passage::delivered(packet.clone());
                if let Some(address) = rule.copy_to {
                    packet.receiver = address;
                    passage.sent.push(packet.clone());
                    passage = passage.and_then(LATENCY, packet);
                }
                passage
            }
            LinkEffect::Delay(by) => {
                packet.fate = Fate::Delayed;
                Passage::delivered_late(by.0, packet)
            }
            LinkEffect::Drop => lose(packet),
            LinkEffect::Duplicate => {
                packet.fate = Fate::Duplicated;
                Passage::delivered(packet.clone()).and_then(LATENCY, packet)
            }
            LinkEffect::Refuse => {
                packet.fate = Fate::Refused;
                let refusal = Packet {
                    sent: packet.sent + LATENCY,
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
                Passage {
                    sent: vec![packet, refusal.clone()],
                    arrivals: vec![(LATENCY, refusal)],
                }
            }
            LinkEffect::Reorder => match rule.take_held(&packet) {
                None => {
                    packet.fate = Fate::Reordered;
                    rule.hold(packet.clone());
                    Passage::lost(packet)
                }
                Some(held) => Passage::delivered(packet).and_then(LATENCY, held),
            },
            LinkEffect::Replace(text) => substituted(packet, Some(text.as_bytes())),
            LinkEffect::Replay => {
                let earlier = last_of_kind(&packet, earlier).map(<[u8]>::to_vec);
                substituted(packet, earlier.as_deref())
            }
            LinkEffect::Rewrite(change) => {
                let changed = packet
                    .payload
                    .content()
                    .and_then(|message| rewrite::rewritten(message, change.get_ref()));
                substituted(packet, changed.as_deref())
            }
            LinkEffect::SizeLimit(limit) => {
                if packet.payload.bytes().len() > limit {
                    lose(packet)
                } else {
                    Passage::delivered(packet)
                }
            }
            LinkEffect::Truncate(length) => {
                if let Some(bytes) = packet.payload.bytes_mut()
                    && bytes.len() > length
                {
                    bytes.truncate(length);
                    packet.fate = Fate::Altered;
                }
                Passage::delivered(packet)
            }
        }
    }
}

/// Within what a packet can overtake another: a connection, or all datagrams between a host and a port.
fn way(packet: &Packet) -> (SocketAddr, SocketAddr, &'static str) {
    let (mut source, mut destination) = (packet.source, packet.destination);
    let transport = packet.payload.transport();
    if transport == "udp" {
        // The service's port is below those that systems give to clients.
        let client = if source.port() > destination.port() {
            &mut source
        } else {
            &mut destination
        };
        client.set_port(0);
    }
    (source, destination, transport)
}

fn lose(mut packet: Packet) -> Passage {
    packet.fate = Fate::Dropped;
    Passage::lost(packet)
}

/// Delivers the packet with `content` in place of its own.
fn substituted(mut packet: Packet, content: Option<&[u8]>) -> Passage {
    if let Some(payload) = content.and_then(|content| packet.payload.with_content(content)) {
        packet.payload = payload;
        packet.fate = Fate::Altered;
    }
    Passage::delivered(packet)
}

/// The last message of the packet's kind that was sent to its receiver before.
fn last_of_kind<'p>(
    packet: &Packet,
    earlier: impl DoubleEndedIterator<Item = &'p Packet>,
) -> Option<&'p [u8]> {
    let kind = label::message_name(&packet.payload)?;
    earlier
        .rev()
        .filter(|earlier| {
            earlier.receiver == packet.receiver
                && label::message_name(&earlier.payload) == Some(kind)
        })
        .find_map(|earlier| earlier.payload.content())
}

/// Where `part` begins in `bytes`; `None` also for an empty part.
fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    bytes.windows(part.len()).position(|window| window == part)
}
