//! Carries one message to a KDC: the sockets, packets and timers behind [`SendToKdc`].

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use kdclab_client::{
    Action, ClientConfig, Dialect, Event as KdcEvent, KdcUnreachable, SendToKdc, Transport,
};
use kdclab_proto::Realm;

use crate::sim::kdcs::{KDC_PORT, KPASSWD_PORT};
use crate::sim::network::{Event, Packet, Payload};
use crate::sim::world::World;

/// A message on its way to a KDC.
pub(super) struct Delivery {
    machine: SendToKdc<SocketAddr>,
    sockets: BTreeMap<SocketAddr, Socket>,
    client: usize,
    /// The number of the timer that is valid; those before it are void.
    timer: u64,
    /// Whether an earlier reply of the exchange was too big for UDP.
    too_big: bool,
}

/// What a delivery leaves to the next one of the same client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Previous {
    /// The number of the last timer.
    pub(super) timer: u64,
    /// Whether a reply was too big for UDP.
    pub(super) too_big: bool,
}

struct Socket {
    server: SocketAddr,
    transport: Transport,
    is_connected: bool,
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// A KDC.
    Kdc,
    /// The password service.
    Kpasswd,
}

/// How a delivery ended.
pub(super) type Delivered = Result<Vec<u8>, KdcUnreachable>;

impl Delivery {
    /// Begins to deliver `message` from a program on `host` with `config` to a service of `realm`. After `previous`, the delivery before
    /// it in the same exchange, met a reply too big for UDP, MIT stays with TCP.
    pub(super) fn begin(
        world: &mut World,
        client: usize,
        host: &str,
        config: &ClientConfig,
        (realm, service): (&Realm, Service),
        message: Vec<u8>,
        previous: &Previous,
    ) -> (Self, Option<Delivered>) {
        let servers = world.kdc_sockets(host, realm, service);
        let Some(this) = world.hosts.get(host) else {
            unreachable!("a client's host exists as long as its world");
        };
        let now = this.clock(world.now);
        let stays_with_tcp = previous.too_big && config.dialect == Dialect::Mit;
        let (machine, actions) = if stays_with_tcp {
            SendToKdc::start_tcp(config, now, servers, message)
        } else {
            SendToKdc::start(config, now, servers, message)
        };
        let mut delivery = Self {
            machine,
            sockets: BTreeMap::new(),
            client,
            timer: previous.timer,
            too_big: stays_with_tcp,
        };
        let ended = delivery.act(world, host, actions);
        (delivery, ended)
    }

    pub(super) fn owns(&self, address: SocketAddr) -> bool {
        self.sockets.contains_key(&address)
    }

    pub(super) fn leaves(&self) -> Previous {
        Previous {
            timer: self.timer + 1,
            too_big: self.too_big || self.machine.too_big(),
        }
    }

    pub(super) fn packet(
        &mut self,
        world: &mut World,
        host: &str,
        packet: &Packet,
    ) -> Option<Delivered> {
        let socket = self.sockets.get_mut(&packet.destination)?;
        let server = socket.server;
        let event = match &packet.payload {
            Payload::Datagram(bytes) => KdcEvent::Datagram { server, bytes },
            Payload::Unreachable => KdcEvent::DatagramRefused { server },
            Payload::SynAck => {
                socket.is_connected = true;
                KdcEvent::Connected { server }
            }
            Payload::Reset if socket.is_connected => KdcEvent::StreamClosed { server },
            Payload::Reset => KdcEvent::ConnectFailed { server },
            Payload::Segment(bytes) => KdcEvent::Stream { server, bytes },
            Payload::Syn => return None,
        };
        self.input(world, host, event)
    }

    pub(super) fn timer(
        &mut self,
        world: &mut World,
        host: &str,
        serial: u64,
    ) -> Option<Delivered> {
        if serial != self.timer {
            return None;
        }
        self.input(world, host, KdcEvent::Timer)
    }

    fn input(
        &mut self,
        world: &mut World,
        host: &str,
        event: KdcEvent<'_, SocketAddr>,
    ) -> Option<Delivered> {
        let now = world.hosts.get(host)?.clock(world.now);
        let actions = self.machine.input(now, event);
        self.act(world, host, actions)
    }

    fn act(
        &mut self,
        world: &mut World,
        host: &str,
        actions: Vec<Action<SocketAddr>>,
    ) -> Option<Delivered> {
        let mut ended = None;
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            if let Some((server, transport)) = contacts(&action)
                && let Some(name) = world.unresolved_kdc(host, server)
            {
                let now = world.hosts.get(host)?.clock(world.now);
                let event = KdcEvent::NotResolved {
                    server,
                    transport,
                    name,
                };
                actions.extend(self.machine.input(now, event));
                continue;
            }
            match action {
                Action::CancelAll => {
                    self.timer += 1;
                    self.sockets.clear();
                }
                Action::Close { server, transport } => self
                    .sockets
                    .retain(|_, socket| (socket.server, socket.transport) != (server, transport)),
                Action::Connect { server } => {
                    let local = self.socket(world, host, server, Transport::Tcp)?;
                    world.network.send(world.now, local, server, Payload::Syn);
                }
                Action::Done { reply, .. } => ended = Some(Ok(reply)),
                Action::Failed(failures) => ended = Some(Err(failures)),
                Action::SendDatagram { server, bytes } => {
                    let local = self.socket(world, host, server, Transport::Udp)?;
                    let payload = Payload::Datagram(bytes);
                    world.network.send(world.now, local, server, payload);
                }
                Action::SendStream { server, bytes } => {
                    let local = self.socket(world, host, server, Transport::Tcp)?;
                    let payload = Payload::Segment(bytes);
                    world.network.send(world.now, local, server, payload);
                }
                Action::SetTimer(at) => {
                    self.timer += 1;
                    let at = world.hosts.get(host)?.true_time(at);
                    world.network.schedule(
                        at,
                        Event::Timer {
                            client: self.client,
                            serial: self.timer,
                        },
                    );
                }
            }
        }
        ended
    }

    /// The socket for `server`, opened if there is none.
    fn socket(
        &mut self,
        world: &mut World,
        host: &str,
        server: SocketAddr,
        transport: Transport,
    ) -> Option<SocketAddr> {
        let open = self
            .sockets
            .iter()
            .find(|(_, socket)| (socket.server, socket.transport) == (server, transport));
        if let Some((local, _)) = open {
            return Some(*local);
        }
        let local = world.hosts.get_mut(host)?.client_socket();
        self.sockets.insert(
            local,
            Socket {
                server,
                transport,
                is_connected: false,
            },
        );
        Some(local)
    }
}

/// The server that an action is the first to need the address of.
fn contacts(action: &Action<SocketAddr>) -> Option<(SocketAddr, Transport)> {
    match action {
        Action::Connect { server } => Some((*server, Transport::Tcp)),
        Action::SendDatagram { server, .. } => Some((*server, Transport::Udp)),
        _ => None,
    }
}

impl World {
    /// The name of `server`, if the resolver of `client` does not know it.
    fn unresolved_kdc(&self, client: &str, server: SocketAddr) -> Option<&str> {
        let name = &self.host_at(server.ip())?.name;
        let unresolved = &self.hosts.get(client)?.unresolved_kdcs;
        unresolved.contains(name).then_some(name)
    }

    /// Where the KDCs of `realm` listen, as the krb5.conf of `client` lists them.
    fn kdc_sockets(&self, client: &str, realm: &Realm, service: Service) -> Vec<SocketAddr> {
        let (port, count) = match service {
            Service::Kdc => (KDC_PORT, usize::MAX),
            // The password service of a realm is the one beside its first KDC, where passwords are kept.
            Service::Kpasswd => (
                self.hosts
                    .get(client)
                    .map_or(KPASSWD_PORT, |host| host.kpasswd_port),
                1,
            ),
        };
        self.kdcs_known_to(client)
            .get(realm)
            .copied()
            .into_iter()
            .flatten()
            .filter_map(|host| self.hosts.get(host))
            .map(|host| SocketAddr::new(host.address, port))
            .take(count)
            .collect()
    }
}
