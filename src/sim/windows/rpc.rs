//! Connections between the cluster services of nodes, and from the Cluster Administrator: NTLM, then a request
//! that is signed and sealed with the keys that NTLM made.
//!
//! The server lets a client authenticate, asks its domain controller, derives its keys from the answer alone and
//! looks at the request. Whatever does not verify is refused before the cluster service hears of it.

mod client;
mod server;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kdclab_ntlm::{Client, Credentials, SecurityContext};

use self::server::Session;
use super::netlogon::{NETLOGON_PORT, Question};
use crate::dialect::Win32Error;
use crate::script::values::ErrorName;
use crate::sim::network::{Event, Packet, Payload};
use crate::sim::outcome::Failure;
use crate::sim::world::World;

/// Where the cluster service takes calls, past the endpoint mapper: its port of the register of IANA.
pub(super) const CLUSTER_PORT: u16 = 3343;
/// How long a client waits for a connection: three SYNs, of which a transcript shows the first.
const CONNECT_PATIENCE: Duration = Duration::from_secs(21);
/// How long a client waits for an answer: longer than a server waits for its domain controller.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// The connections of the running act.
#[derive(Clone, Default)]
pub(in crate::sim) struct Rpc {
    calls: Vec<RpcCall>,
    /// What servers know of their clients, by the clients' sockets.
    sessions: BTreeMap<SocketAddr, Session>,
    /// What members ask domain controllers, by the members' sockets.
    pub(super) questions: BTreeMap<SocketAddr, Question>,
}

impl Rpc {
    /// Whether a client has not ended.
    pub(in crate::sim) fn is_busy(&self) -> bool {
        self.calls.iter().any(|call| call.result.is_none())
    }

    /// How many clients have not ended.
    pub(super) fn unfinished(&self) -> usize {
        let unfinished = self.calls.iter().filter(|call| call.result.is_none());
        unfinished.count()
    }
}

/// What a client asks the cluster service for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// To show and change the cluster.
    Administer,
    /// Its version, so that the client can join.
    JoinVersion,
    /// To take an event about a property.
    PropagateEvent,
    /// To take a global update.
    Update,
}

impl Request {
    const ALL: [Self; 4] = [
        Self::Administer,
        Self::JoinVersion,
        Self::PropagateEvent,
        Self::Update,
    ];

    /// Its octets, before they are sealed: the interface and the operation.
    fn octets(self) -> &'static [u8] {
        match self {
            Self::Administer => b"clusapi: ApiOpenCluster",
            Self::JoinVersion => b"joinversion: CsRpcGetJoinVersionData",
            Self::PropagateEvent => b"evtrpc: EvPropEvents",
            Self::Update => b"intracluster: GumUpdateNode",
        }
    }

    fn of_octets(octets: &[u8]) -> Option<Self> {
        let mut requests = Self::ALL.into_iter();
        requests.find(|request| request.octets() == octets)
    }
}

/// A node as a client reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// The address it calls.
    pub(super) address: IpAddr,
    /// The address of the host that has it.
    pub(super) host: IpAddr,
}

/// When a thread that looks for a sponsor does what: it is spawned, and later asks.
#[derive(Clone, Debug)]
pub(super) struct SponsorThread {
    pub(super) sponsor: String,
    pub(super) delay: Duration,
    /// How long after it was spawned it is ready to ask.
    pub(super) start: Duration,
}

/// A call as it is made.
#[derive(Clone)]
pub(super) struct RpcCall {
    host: String,
    destination: Destination,
    credentials: Credentials,
    request: Request,
    /// The thread of a join that makes it.
    thread: Option<SponsorThread>,
    local: Option<SocketAddr>,
    stage: Stage,
    /// Which of its timers counts; older ones are void.
    timer: u64,
    result: Option<Result<(), RpcFailure>>,
}

#[derive(Clone)]
enum Stage {
    Spawned,
    Connecting,
    Negotiating(Box<Client>),
    Waiting(Box<SecurityContext>),
    Ended,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RpcFailure {
    pub(super) error: Win32Error,
    /// The host that answered with it.
    pub(super) sent_by: Option<String>,
    /// What the host that raised it had noticed.
    pub(super) cause: String,
}

impl RpcFailure {
    fn unavailable(cause: &str) -> Self {
        Self {
            error: Win32Error::RPC_SERVER_UNAVAILABLE,
            sent_by: None,
            cause: cause.to_owned(),
        }
    }

    /// The failure of the act that made the call.
    pub(super) fn of_act(self) -> Failure {
        Failure {
            error: ErrorName::Windows(self.error),
            sent_by: self.sent_by,
            cause: self.cause,
            text: None,
        }
    }
}

impl RpcCall {
    pub(super) fn new(
        host: &str,
        destination: Destination,
        credentials: Credentials,
        request: Request,
    ) -> Self {
        Self {
            host: host.to_owned(),
            destination,
            credentials,
            request,
            thread: None,
            local: None,
            stage: Stage::Spawned,
            timer: 0,
            result: None,
        }
    }

    pub(super) fn of_thread(self, thread: SponsorThread) -> Self {
        Self {
            thread: Some(thread),
            ..self
        }
    }
}

impl World {
    /// Makes one call and waits for its end.
    pub(super) fn rpc_call(&mut self, call: RpcCall) -> Result<(), RpcFailure> {
        self.begin_rpc(call, Duration::ZERO);
        self.end_rpcs().pop().unwrap_or(Ok(()))
    }

    /// Makes a call after a while.
    pub(super) fn begin_rpc(&mut self, call: RpcCall, after: Duration) {
        let timer = Event::RpcTimer {
            call: self.rpc.calls.len(),
            serial: call.timer,
        };
        self.network.schedule(self.now + after, timer);
        self.rpc.calls.push(call);
    }

    /// Waits for the ends of all calls.
    pub(super) fn end_rpcs(&mut self) -> Vec<Result<(), RpcFailure>> {
        self.run_until(None, &mut []);
        self.network.clear();
        let rpc = std::mem::take(&mut self.rpc);
        let calls = rpc.calls.into_iter();
        calls
            .map(|call| {
                let silent = || Err(RpcFailure::unavailable("no-answer"));
                call.result.unwrap_or_else(silent)
            })
            .collect()
    }

    /// Lets no further thread ask: one sponsor is enough.
    fn cancel_rpcs(&mut self) {
        for call in &mut self.rpc.calls {
            if call.result.is_none() {
                call.result = Some(Err(RpcFailure::unavailable("cancelled")));
                call.stage = Stage::Ended;
            }
        }
    }

    /// A timer of a call rings.
    pub(in crate::sim) fn rpc_timer(&mut self, index: usize, serial: u64) {
        let Some(call) = self.rpc.calls.get_mut(index) else {
            return;
        };
        if call.result.is_some() || call.timer != serial {
            return;
        }
        match call.stage {
            Stage::Spawned => {
                let (host, thread) = (call.host.clone(), call.thread.clone());
                match thread {
                    Some(thread) if serial == 0 => {
                        self.thread_spawned(&host, &thread);
                        return self.set_rpc_timer(index, thread.start + thread.delay);
                    }
                    Some(thread) => self.thread_asks(&host, &thread),
                    None => {}
                }
                self.connect_rpc(index);
            }
            Stage::Connecting => {
                self.rpc_ended(index, Err(RpcFailure::unavailable("connection-timed-out")));
            }
            _ => self.rpc_ended(index, Err(RpcFailure::unavailable("read-timed-out"))),
        }
    }

    fn set_rpc_timer(&mut self, index: usize, after: Duration) {
        if let Some(call) = self.rpc.calls.get_mut(index) {
            call.timer += 1;
            let timer = Event::RpcTimer {
                call: index,
                serial: call.timer,
            };
            self.network.schedule(self.now + after, timer);
        }
    }

    fn connect_rpc(&mut self, index: usize) {
        let Some(call) = self.rpc.calls.get_mut(index) else {
            return;
        };
        let Some(host) = self.hosts.get_mut(&call.host) else {
            return;
        };
        call.local = Some(host.client_socket());
        call.stage = Stage::Connecting;
        self.send_rpc(index, Payload::Syn);
        self.set_rpc_timer(index, CONNECT_PATIENCE);
    }

    fn send_rpc(&mut self, index: usize, payload: Payload) {
        if let Some(call) = self.rpc.calls.get(index)
            && let Some(local) = call.local
        {
            let destination = SocketAddr::new(call.destination.address, CLUSTER_PORT);
            let receiver = call.destination.host;
            self.network
                .send_to(self.now, local, destination, receiver, payload);
        }
    }

    /// Takes a packet that belongs to a connection of this kind; whether it does.
    pub(in crate::sim) fn rpc_packet(&mut self, host: &str, packet: &Packet) -> bool {
        let to = Some(packet.destination);
        if let Some(index) = self.rpc.calls.iter().position(|call| call.local == to) {
            self.client_packet(index, packet);
            return true;
        }
        if self.rpc.questions.contains_key(&packet.destination) {
            self.question_packet(packet);
            return true;
        }
        let port = packet.destination.port();
        let is_cluster = port == CLUSTER_PORT && self.is_node(host);
        let is_netlogon = port == NETLOGON_PORT && self.is_domain_controller(host);
        match &packet.payload {
            Payload::Syn if is_netlogon || (is_cluster && self.runs_cluster_service(host)) => {
                self.network.answer(self.now, packet, Payload::SynAck);
            }
            Payload::Syn if is_cluster => self.network.answer(self.now, packet, Payload::Reset),
            Payload::Segment(_) if is_netlogon => self.netlogon_request(host, packet),
            Payload::Segment(_) if is_cluster => self.server_packet(host, packet),
            _ => return false,
        }
        true
    }
}
