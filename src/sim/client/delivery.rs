//! Carries one message to a KDC: the sockets, packets and timers behind [`SendToKdc`].

use std::collections::BTreeMap;
use std::net::SocketAddr;

use kdclab_client::{Action, Event as KdcEvent, KdcUnreachable, SendToKdc, Transport};
use kdclab_proto::Realm;

use crate::sim::kdcs::KDC_PORT;
use crate::sim::network::{Event, Packet, Payload};
use crate::sim::world::World;

/// A message on its way to a KDC.
pub(super) struct Delivery {
    machine: SendToKdc<SocketAddr>,
    sockets: BTreeMap<SocketAddr, Socket>,
    client: usize,
    /// The number of the timer that is valid; those before it are void.
    timer: u64,
}

struct Socket {
    server: SocketAddr,
    transport: Transport,
    is_connected: bool,
}

/// How a delivery ended.
pub(super) type Delivered = Result<Vec<u8>, KdcUnreachable>;

impl Delivery {
    /// Begins to deliver `message` from `host` to a KDC of `realm`.
    pub(super) fn begin(
        world: &mut World,
        client: usize,
        host: &str,
        realm: &Realm,
        message: Vec<u8>,
        timer: u64,
    ) -> (Self, Option<Delivered>) {
        let servers = world.kdc_sockets(host, realm);
        let Some(this) = world.hosts.get(host) else {
            unreachable!("a client's host exists as long as its world");
        };
        let now = this.clock(world.now);
        let (machine, actions) = SendToKdc::start(&this.config, now, servers, message);
        let mut delivery = Self {
            machine,
            sockets: BTreeMap::new(),
            client,
            timer,
        };
        let ended = delivery.act(world, host, actions);
        (delivery, ended)
    }

    pub(super) fn owns(&self, address: SocketAddr) -> bool {
        self.sockets.contains_key(&address)
    }

    /// The number that the next timer of the same client may have.
    pub(super) fn next_timer(&self) -> u64 {
        self.timer + 1
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
        for action in actions {
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

impl World {
    /// Where the KDCs of `realm` listen, as the krb5.conf of `client` lists them.
    fn kdc_sockets(&self, client: &str, realm: &Realm) -> Vec<SocketAddr> {
        self.kdcs_known_to(client)
            .get(realm)
            .copied()
            .into_iter()
            .flatten()
            .filter_map(|host| self.hosts.get(host))
            .map(|host| SocketAddr::new(host.address, KDC_PORT))
            .collect()
    }
}
