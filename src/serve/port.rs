//! A port of a host of the world, as a client on another host sees it: sockets on loopback.

mod sockets;
mod streams;
mod tasks;
mod web;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};
use tokio::net::UdpSocket;

use super::served::Served;
use super::{ServeError, os};
use crate::sim::{Fate, Gate, Listening, ListeningService, Packet, Payload};

use sockets::{Reserved, Sockets};
use streams::Streams;
pub(crate) use tasks::{OwnedTasks, Tasks};

/// The longest request, in bytes. MIT's clients refuse longer replies as well.
const MAX_MESSAGE: usize = 1 << 20;

/// Both ends of a way through the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The host whose programs use the port.
    pub(super) client: IpAddr,
    /// The host and port in the world.
    pub(super) server: SocketAddr,
}

impl Way {
    /// A packet on its way from a program at `peer`.
    fn request(self, served: &Served, peer: SocketAddr, payload: Payload) -> Packet {
        Packet {
            sent: served.true_time(self.client),
            source: peer,
            destination: self.server,
            sender: self.client,
            receiver: self.server.ip(),
            payload,
            fate: Fate::Delivered,
        }
    }
}

/// A bound port. It keeps its number until it is dropped.
pub(super) struct Port {
    pub(super) way: Way,
    pub(super) listening: Listening,
    address: SocketAddr,
    datagrams: Vec<Arc<UdpSocket>>,
    reserved: Vec<Reserved>,
    streams: Vec<Streams>,
    /// For TCP and for UDP; none where it is not known.
    gates: (Option<Gate>, Gate),
}

impl Port {
    /// Takes a free port on IPv4's loopback and, where there is one, on IPv6's.
    pub(super) fn bind(way: Way, listening: Listening) -> Result<Self, ServeError> {
        let with_udp = matches!(
            listening.service,
            ListeningService::Kdc(_) | ListeningService::Kpasswd
        );
        let sockets = Sockets::bind(with_udp).map_err(|error| ServeError::Bind {
            host: listening.host.clone(),
            error,
        })?;
        Ok(Self {
            way,
            listening,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), sockets.port),
            datagrams: sockets.udp.into_iter().map(Arc::new).collect(),
            reserved: sockets.tcp,
            streams: Vec::new(),
            gates: (Some(Gate::Closed), Gate::Open),
        })
    }

    /// Where programs reach it.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer.
    pub(super) fn serve(&mut self, served: &Arc<Served>, tasks: &Tasks) {
        let door = Door {
            served: Arc::clone(served),
            way: self.way,
            is_web: matches!(self.listening.service, ListeningService::Web { .. }),
            tasks: tasks.clone(),
        };
        for socket in &self.datagrams {
            tasks.spawn(datagrams(door.clone(), Arc::clone(socket)));
        }
        for reserved in self.reserved.drain(..) {
            self.streams.push(Streams::start(door.clone(), reserved));
        }
    }

    /// Lets in whom the world lets in, from when this returns. Where that fails, the next time tries it again.
    pub(super) async fn set_gates(&mut self, (tcp, udp): (Gate, Gate)) -> Result<(), ServeError> {
        if self.gates.0 != Some(tcp) {
            self.gates.0 = None;
            for streams in &self.streams {
                let set = streams.set_gate(tcp).await;
                set.map_err(|error| ServeError::Bind {
                    host: self.listening.host.clone(),
                    error,
                })?;
            }
        }
        if self.gates.1 != udp {
            for socket in &self.datagrams {
                os::set_closed(socket, udp == Gate::Closed);
            }
        }
        self.gates = (Some(tcp), udp);
        Ok(())
    }
}

/// What the tasks of a port share.
#[derive(Clone)]
struct Door {
    served: Arc<Served>,
    way: Way,
    /// Whether it speaks HTTP.
    is_web: bool,
    tasks: Tasks,
}

/// A generator of its own for each task, so that no lock is shared.
fn fresh_rng() -> Option<ChaCha12Rng> {
    ChaCha12Rng::try_from_rng(&mut SysRng).ok()
}

async fn datagrams(door: Door, socket: Arc<UdpSocket>) {
    let Some(mut rng) = fresh_rng() else { return };
    let mut buffer = vec![0; 1 << 16];
    loop {
        // An error here is about an earlier answer that could not be delivered.
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let payload = Payload::Datagram(buffer[..length].to_vec());
        let request = door.way.request(&door.served, peer, payload);
        for (late, arrived) in door.served.send(request) {
            if late.is_zero() {
                answer_datagram(&door, &socket, &arrived, &mut rng).await;
                continue;
            }
            if door.tasks.are_many() {
                continue;
            }
            let (later, socket) = (door.clone(), Arc::clone(&socket));
            door.tasks.spawn(async move {
                tokio::time::sleep(late).await;
                if let Some(mut rng) = fresh_rng() {
                    answer_datagram(&later, &socket, &arrived, &mut rng).await;
                }
            });
        }
    }
}

async fn answer_datagram(
    door: &Door,
    socket: &Arc<UdpSocket>,
    arrived: &Packet,
    rng: &mut ChaCha12Rng,
) {
    // A refusal comes back to the client. Nobody but the system can say that a port is unreachable, and it
    // does not for a port that is open to others.
    if arrived.payload == Payload::Unreachable {
        return;
    }
    let Some(answer) = door.served.receive(door.way.client, arrived, rng) else {
        return;
    };
    for (late, answer) in door.served.send(answer) {
        let Payload::Datagram(bytes) = answer.payload else {
            continue;
        };
        if late.is_zero() {
            let _ = socket.send_to(&bytes, answer.destination).await;
            continue;
        }
        if door.tasks.are_many() {
            continue;
        }
        let socket = Arc::clone(socket);
        door.tasks.spawn(async move {
            tokio::time::sleep(late).await;
            let _ = socket.send_to(&bytes, answer.destination).await;
        });
    }
}

/// The loopback addresses.
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];
