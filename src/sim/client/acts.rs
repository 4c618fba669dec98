//! What clients, users and attackers of a world do.

use std::time::Duration;

use kdclab_proto::messages::ApReq;
use kdclab_proto::{Principal, Timestamp};

use super::Client;
use crate::script::model::{Call, Kpasswd, Replay};
use crate::sim::label;
use crate::sim::network::Payload;
use crate::sim::outcome::{Failure, Outcome, SessionError};
use crate::sim::world::World;

impl World {
    /// Lets one client act until it is done.
    pub fn call_one(&mut self, call: &Call) -> Outcome {
        let mut outcomes = self.call(std::slice::from_ref(call));
        match outcomes.pop() {
            Some(outcome) => outcome,
            None => unreachable!("one call has one outcome"),
        }
    }

    /// Lets clients act, all beginning now, until each is done.
    pub fn call(&mut self, calls: &[Call]) -> Vec<Outcome> {
        let log_start = self.begin_act();
        let begun = self.now;
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
        let took = self.time_since(begun);
        clients
            .into_iter()
            .map(|client| Outcome {
                result: client.result.unwrap_or_else(|| {
                    Err(Failure::of_session(
                        SessionError::NoAnswer,
                        None,
                        String::new(),
                    ))
                }),
                flags: client.flags,
                took,
                log_start: log_start.clone(),
            })
            .collect()
    }

    /// Sends the last AP-REQ that `replay.from` sent to the service once more, on a connection of its own.
    pub fn replay(&mut self, replay: &Replay) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let result = self.send_recorded(replay);
        self.network.clear();
        Outcome {
            result,
            flags: None,
            took: self.time_since(begun),
            log_start,
        }
    }

    /// Lets a user ask the password service for a new password. The user goes on with it if that works.
    pub fn kpasswd(&mut self, kpasswd: &Kpasswd) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let mut client = Client::changing_password(kpasswd);
        client.log_in_to_change(self, kpasswd);
        let mut clients = [client];
        self.run_until(None, &mut clients);
        self.network.clear();
        let [client] = clients;
        let no_answer = || Failure::of_session(SessionError::NoAnswer, None, String::new());
        let result = client.result.unwrap_or_else(|| Err(no_answer()));
        let target = kpasswd.of.as_ref().unwrap_or(&kpasswd.user).get_ref();
        if let (Ok(()), Ok(target)) = (&result, self.principal(target)) {
            self.passwords.insert(target, kpasswd.new.clone());
        }
        Outcome {
            result,
            flags: None,
            took: self.time_since(begun),
            log_start,
        }
    }

    pub(in crate::sim) fn time_since(&self, begun: Timestamp) -> Duration {
        let microseconds = self.now.unix_microseconds() - begun.unix_microseconds();
        Duration::from_micros(microseconds.unsigned_abs())
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
                    && is_request_to(&service, &packet.payload)
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

/// Whether a packet carries an AP-REQ with a ticket for `service`.
fn is_request_to(service: &Principal, payload: &Payload) -> bool {
    label::message(payload)
        .and_then(|message| ApReq::decode(message).ok())
        .is_some_and(|request| request.ticket.server() == *service)
}
