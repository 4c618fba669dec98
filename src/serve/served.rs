//! The served world: what a request meets, and how the world is changed meanwhile.
//!
//! Requests to KDCs meet a snapshot and take no common lock. A change happens to the world behind it, and takes
//! effect as a whole when the next snapshot is in place.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use kdclab_kdc::{Protocol, Transport};
use kdclab_proto::Timestamp;
use rand::rngs::ChaCha12Rng;

use super::port::Way;
use super::record::{Event, Happened, Kept, Record};
use super::wall_clock;
use crate::sim::{
    Fate, HttpConnection, KDC_PORT, KPASSWD_PORT, KdcNow, Packet, Passage, Payload, World, framed,
    request_in,
};

/// The world as requests meet it.
struct Current {
    kdcs: BTreeMap<IpAddr, KdcNow>,
    /// How far each host's clock is from the true time, in microseconds.
    clock_offsets: BTreeMap<IpAddr, i64>,
    down: BTreeSet<IpAddr>,
    has_link_faults: bool,
}

impl Current {
    fn of(world: &World) -> Self {
        let mut clock_offsets = BTreeMap::new();
        let mut down = BTreeSet::new();
        for (address, clock_offset, is_up) in world.machines() {
            clock_offsets.insert(address, clock_offset);
            if !is_up {
                down.insert(address);
            }
        }
        Self {
            kdcs: world.kdcs_now().collect(),
            clock_offsets,
            down,
            has_link_faults: world.has_link_faults(),
        }
    }

    fn clock_offset(&self, address: IpAddr) -> i64 {
        self.clock_offsets.get(&address).copied().unwrap_or(0)
    }
}

/// A world that is served.
pub(super) struct Served {
    world: Mutex<World>,
    current: RwLock<Arc<Current>>,
    record: Mutex<Record>,
}

impl Served {
    pub(super) fn new(mut world: World) -> Self {
        let mut record = Record::default();
        note(&mut record, &mut world);
        Self {
            current: RwLock::new(Arc::new(Current::of(&world))),
            world: Mutex::new(world),
            record: Mutex::new(record),
        }
    }

    /// The world, until the guard is dropped. No request is answered from a world that is half changed:
    /// what `change` does takes effect when it has returned.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = lock(&self.world);
        let done = change(&mut world);
        note(&mut lock(&self.record), &mut world);
        self.publish(&world);
        done
    }

    /// Changes the world at the true time `now`, or leaves it as it is where that fails. Whoever asks meanwhile
    /// meets the world of before, its counts of failed logons included.
    pub(super) fn change_as_a_whole<E>(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut World) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut world = lock(&self.world);
        let mut changed = world.clone();
        changed.set_now(now);
        change(&mut changed)?;
        // The clocks of real programs go on by themselves; what waits here becomes older instead.
        let waited = changed.now().unix_microseconds() - now.unix_microseconds();
        let by = (waited / 1_000_000).saturating_neg();
        changed.shift(by);
        let mut record = lock(&self.record);
        note(&mut record, &mut changed);
        record.shift(by);
        drop(record);
        *world = changed;
        self.publish(&world);
        Ok(())
    }

    /// Looks at the world.
    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&lock(&self.world))
    }

    /// Notes that the world was changed.
    pub(super) fn note(&self, text: String) {
        lock(&self.record).push(Kept::Verb(text));
    }

    /// What happened after event number `after`.
    pub(super) fn events(&self, after: u64) -> Vec<Event> {
        let world = lock(&self.world);
        let record = lock(&self.record);
        record
            .after(after)
            .map(|(number, event)| {
                let what = match event {
                    Kept::Log { host, line } => Happened::Log {
                        host: host.clone(),
                        line: line.clone(),
                    },
                    Kept::Packet(packet) => Happened::Packet {
                        line: world.timeline_entry(packet).trim_start().to_owned(),
                    },
                    Kept::Verb(text) => Happened::Verb { text: text.clone() },
                };
                Event { number, what }
            })
            .collect()
    }

    fn current(&self) -> Arc<Current> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    fn publish(&self, world: &World) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(Current::of(world));
    }

    /// The true time by the machine's clock, which is that of the client at `client`.
    pub(super) fn true_time(&self, client: IpAddr) -> Timestamp {
        true_time(&self.current(), client)
    }

    /// Sends a packet through the links: what arrives, and how much later than at once.
    pub(super) fn send(&self, packet: Packet) -> Vec<(Duration, Packet)> {
        if !self.current().has_link_faults {
            lock(&self.record).push(Kept::Packet(packet.clone()));
            return vec![(Duration::ZERO, packet)];
        }
        let mut world = lock(&self.world);
        let mut record = lock(&self.record);
        let Passage { sent, arrivals } = world.pass(packet, record.packets());
        for packet in sent {
            record.push(Kept::Packet(packet));
        }
        arrivals
    }

    /// What the receiver of `packet` answers, before that is sent through the links. `client` is the host
    /// that made the connection, and whose clock is the machine's.
    pub(super) fn receive(
        &self,
        client: IpAddr,
        packet: &Packet,
        rng: &mut ChaCha12Rng,
    ) -> Option<Packet> {
        let current = self.current();
        if current.down.contains(&packet.receiver) {
            return None;
        }
        let now = true_time(&current, client);
        let payload = match packet.payload {
            Payload::Syn => Payload::SynAck,
            _ => self.reply(&current, now, packet, rng)?,
        };
        Some(Packet {
            sent: now,
            source: packet.destination,
            destination: packet.source,
            sender: packet.receiver,
            receiver: packet.sender,
            payload,
            fate: Fate::Delivered,
        })
    }

    fn reply(
        &self,
        current: &Current,
        now: Timestamp,
        packet: &Packet,
        rng: &mut ChaCha12Rng,
    ) -> Option<Payload> {
        let (protocol, request) = request_in(packet)?;
        let mut transport = Transport {
            protocol,
            peer: packet.source,
            reply_limit: None,
        };
        let reply = match (
            current.kdcs.get(&packet.receiver),
            packet.destination.port(),
        ) {
            (Some(kdc), KDC_PORT) => {
                transport.reply_limit = kdc.udp_reply_limit;
                let clock = now.offset_by(current.clock_offset(packet.receiver));
                let reply = kdc
                    .kdc
                    .handle(&kdc.traffic, clock, rng, &transport, request);
                let lines = reply.outcome.log_lines();
                lock(&self.record).log(&kdc.host, lines);
                reply.bytes
            }
            (Some(kdc), KPASSWD_PORT) => self.change(|world| {
                world.set_now(now);
                world.kpasswd_reply(&kdc.host, &transport, request)
            }),
            _ => self.service_reply(now, packet, request),
        };
        match (protocol, reply) {
            (Protocol::Udp, reply) => reply.map(Payload::Datagram),
            (Protocol::Tcp, Some(reply)) => Some(Payload::Segment(framed(&reply))),
            // krb5kdc ends a connection whose request it drops, and so does an acceptor without words.
            (Protocol::Tcp, None) => Some(Payload::Reset),
        }
    }

    /// What the web server that `packet` reaches answers on its connection, before that is sent through the links;
    /// `None` until a request is whole.
    pub(super) fn web_answer(
        &self,
        client: IpAddr,
        packet: &Packet,
        connection: &mut HttpConnection,
    ) -> Option<Packet> {
        let current = self.current();
        if current.down.contains(&packet.receiver) {
            return None;
        }
        let now = true_time(&current, client);
        let mut world = lock(&self.world);
        let host = world.host_named_at(packet.receiver)?;
        world.set_now(now);
        let (port, peer) = (packet.destination.port(), packet.source.ip());
        let answer = world.http_answer(&host, port, peer, connection, packet.payload.bytes());
        note(&mut lock(&self.record), &mut world);
        Some(Packet {
            sent: now,
            source: packet.destination,
            destination: packet.source,
            sender: packet.receiver,
            receiver: packet.sender,
            payload: Payload::Segment(answer?),
            fate: Fate::Delivered,
        })
    }

    /// Tells a web server that a connection has ended.
    pub(super) fn web_ended(&self, way: Way, connection: &mut HttpConnection) {
        let mut world = lock(&self.world);
        let Some(host) = world.host_named_at(way.server.ip()) else {
            return;
        };
        world.http_ended(&host, connection);
        note(&mut lock(&self.record), &mut world);
    }

    fn service_reply(&self, now: Timestamp, packet: &Packet, token: &[u8]) -> Option<Vec<u8>> {
        let mut world = lock(&self.world);
        let host = world.host_named_at(packet.receiver)?;
        world.set_now(now);
        let reply = world.service_reply(&host, packet.source.ip(), token);
        note(&mut lock(&self.record), &mut world);
        reply
    }
}

fn true_time(current: &Current, client: IpAddr) -> Timestamp {
    wall_clock().offset_by(current.clock_offset(client).saturating_neg())
}

/// Takes down what the world did by itself.
fn note(record: &mut Record, world: &mut World) {
    for packet in world.take_packets() {
        record.push(Kept::Packet(packet));
    }
    for (host, line) in world.take_logs() {
        record.log(&host, [line]);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lab;
    use crate::sim::VerbError;

    const HOUR: Duration = Duration::from_secs(3600);

    /// How old the world looks after `change` at its own time, and after that at one an hour later.
    fn begins(change: impl Fn(&mut World) -> Result<(), VerbError>) -> [i64; 2] {
        let lab = Lab::load("client-disabled").unwrap();
        let served = Served::new(lab.world().clone());
        let now = lab.world().now();
        let begins = || served.look(World::epoch).unix() - lab.world().epoch().unix();
        [now, now + HOUR].map(|now| {
            served.change_as_a_whole(now, &change).unwrap();
            assert_eq!(served.look(World::now), now);
            begins()
        })
    }

    #[test]
    fn time_that_is_let_pass_makes_the_world_older() {
        let wait = |world: &mut World| {
            world.wait(Duration::from_secs(60));
            Ok(())
        };
        assert_eq!(begins(wait), [-60, -120]);
    }

    #[test]
    fn time_that_passes_by_itself_does_not() {
        assert_eq!(begins(|_| Ok(())), [0, 0]);
    }
}
