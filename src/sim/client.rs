//! One call of a client: it logs in, gets a ticket and shows it to a service.

mod delivery;

use std::net::SocketAddr;

use kdclab_client::{
    ApExchange, ApParameters, AsExchange, AsOutcome, AsParameters, ClientError, CredentialStore, Secret, Step,
    TgsExchange, TgsOutcome, TgsParameters,
};
use kdclab_proto::{Principal, Timestamp};

use self::delivery::{Delivered, Delivery};
use super::network::{Event, Packet, Payload};
use super::outcome::{Failure, SessionError, cause_name};
use super::world::World;
use super::{framed, outcome::Outcome};
use crate::dialect;
use crate::script::model::{Call, Replay};
use crate::script::values::ErrorName;

/// How long a client waits for a service that says nothing.
const SERVICE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// A call in progress.
pub(super) struct Client {
    index: usize,
    host: String,
    user: Principal,
    call: Call,
    service: Option<Principal>,
    stage: Stage,
    renewed: bool,
    timer: u64,
    result: Option<Result<(), Failure>>,
    /// The host whose packet came last.
    last_sender: Option<String>,
}

enum Stage {
    Idle,
    As(Box<AsExchange>, Delivery),
    Tgs(Box<TgsExchange>, Delivery),
    Ap(Box<Session>),
}

/// A connection to a service.
struct Session {
    exchange: Option<ApExchange>,
    token: Vec<u8>,
    local: SocketAddr,
    remote: SocketAddr,
    is_connected: bool,
}

impl World {
    /// Lets clients act, all beginning now, until each is done.
    pub fn call(&mut self, calls: &[Call]) -> Vec<Outcome> {
        let log_start = self.begin_act();
        let mut clients: Vec<Client> = calls
            .iter()
            .enumerate()
            .map(|(index, call)| Client::new(index, call))
            .collect();
        for client in &mut clients {
            client.begin(self);
        }
        self.run_until(None, &mut clients);
        self.network.clear();
        clients
            .into_iter()
            .map(|client| Outcome {
                result: client.result.unwrap_or_else(|| {
                    Err(Failure::of_session(SessionError::NoAnswer, None, String::new()))
                }),
                log_start: log_start.clone(),
            })
            .collect()
    }

    /// Sends the last AP-REQ that `replay.from` sent to the service once more, on a connection of its own.
    pub fn replay(&mut self, replay: &Replay) -> Outcome {
        let log_start = self.begin_act();
        let result = self.send_recorded(replay);
        self.network.clear();
        Outcome { result, log_start }
    }

    fn send_recorded(&mut self, replay: &Replay) -> Result<(), Failure> {
        let nothing = || Failure::of_session(SessionError::NothingRecorded, None, String::new());
        let service = self.principal(replay.to.get_ref()).map_err(|_| nothing())?;
        let at = replay.at.as_ref().map(|host| host.get_ref().as_str());
        let remote = self.service_socket(&service, at).ok_or_else(nothing)?;
        let from = self.host(replay.from.get_ref()).map_err(|_| nothing())?;
        let address = from.address;
        let token = self
            .packets()
            .iter()
            .rev()
            .find(|packet| {
                packet.sender == address
                    && packet.destination.port() == remote.port()
                    && super::label::message_name(&packet.payload) == Some("AP-REQ")
            })
            .and_then(|packet| packet.payload.bytes().get(4..).map(<[u8]>::to_vec))
            .ok_or_else(nothing)?;
        let mut client = Client::replaying(replay.from.get_ref(), service);
        client.open_session(self, None, token, remote);
        let mut clients = [client];
        self.run_until(None, &mut clients);
        let [client] = clients;
        client.result.unwrap_or_else(|| Err(nothing()))
    }
}

impl Client {
    fn new(index: usize, call: &Call) -> Self {
        Self {
            index,
            host: call.from.get_ref().clone(),
            user: Principal::default(),
            call: call.clone(),
            service: None,
            stage: Stage::Idle,
            renewed: false,
            timer: 0,
            result: None,
            last_sender: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.result.is_some()
    }

    /// Whether a packet to `address` is for this client.
    pub(super) fn owns(&self, address: SocketAddr) -> bool {
        match &self.stage {
            Stage::Idle => false,
            Stage::As(_, delivery) | Stage::Tgs(_, delivery) => delivery.owns(address),
            Stage::Ap(session) => session.local == address,
        }
    }
}
