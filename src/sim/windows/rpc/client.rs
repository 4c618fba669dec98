//! The client's side of a connection.

use kdclab_ntlm::{Client, SecurityContext};

use super::{ANSWER_PATIENCE, RpcFailure, Stage};
use crate::dialect::Win32Error;
use crate::sim::framed;
use crate::sim::network::{Packet, Payload};
use crate::sim::outcome::cause_name;
use crate::sim::windows::ntlm::client_config;
use crate::sim::windows::wire::{Message, Sealed};
use crate::sim::world::World;

impl World {
    pub(super) fn client_packet(&mut self, index: usize, packet: &Packet) {
        let Some(call) = self.rpc.calls.get_mut(index) else {
            return;
        };
        let stage = std::mem::replace(&mut call.stage, Stage::Ended);
        match (stage, &packet.payload) {
            (Stage::Ended, _) => {}
            (Stage::Connecting, Payload::SynAck) => self.negotiate(index),
            (Stage::Connecting, Payload::Reset) => {
                self.rpc_ended(index, Err(RpcFailure::unavailable("connection-refused")));
            }
            (_, Payload::Reset) => {
                self.rpc_ended(index, Err(RpcFailure::unavailable("connection-closed")));
            }
            (stage, Payload::Segment(_)) => {
                let content = packet.payload.content().unwrap_or_default();
                let message = Message::decode(content);
                match (stage, message) {
                    (Stage::Negotiating(client), Some(Message::Challenge(_))) => {
                        self.authenticate(index, *client, content);
                    }
                    (Stage::Waiting(context), Some(Message::Response(sealed))) => {
                        self.take_response(index, *context, &sealed);
                    }
                    (_, Some(Message::Fault(error))) => self.take_fault(index, error, packet),
                    _ => self.rpc_ended(index, Err(RpcFailure::unavailable("malformed-answer"))),
                }
            }
            (stage, _) => call.stage = stage,
        }
    }

    fn negotiate(&mut self, index: usize) {
        let Some(call) = self.rpc.calls.get_mut(index) else {
            return;
        };
        let Some(host) = self.hosts.get(&call.host) else {
            return;
        };
        match Client::start(client_config(host), call.credentials.clone()) {
            Ok((client, message)) => {
                call.stage = Stage::Negotiating(Box::new(client));
                self.send_rpc(index, Payload::Segment(framed(&message)));
                self.set_rpc_timer(index, ANSWER_PATIENCE);
            }
            Err(error) => self.client_refuses(index, cause_name(&error)),
        }
    }

    /// Sends the AUTHENTICATE_MESSAGE and, since nobody answers it, the request right behind it.
    fn authenticate(&mut self, index: usize, client: Client, challenge: &[u8]) {
        let Some((name, request)) = self
            .rpc
            .calls
            .get(index)
            .map(|call| (call.host.clone(), call.request))
        else {
            return;
        };
        let Some(now) = self.hosts.get(&name).map(|host| self.file_time(host)) else {
            return;
        };
        let Some(host) = self.hosts.get_mut(&name) else {
            return;
        };
        let authenticated = match client.challenge(now, &mut host.rng, challenge) {
            Ok(authenticated) => authenticated,
            Err(error) => return self.client_refuses(index, cause_name(&error)),
        };
        let Some(mut context) = authenticated.context else {
            return self.client_refuses(index, "no-session".to_owned());
        };
        let sealed = match context.seal(request.octets()) {
            Ok((ciphertext, signature)) => Sealed {
                signature,
                ciphertext,
            },
            Err(error) => return self.client_refuses(index, cause_name(&error)),
        };
        self.send_rpc(index, Payload::Segment(framed(&authenticated.message)));
        self.send_rpc(index, Payload::Segment(framed(&sealed.request())));
        if let Some(call) = self.rpc.calls.get_mut(index) {
            call.stage = Stage::Waiting(Box::new(context));
        }
        self.set_rpc_timer(index, ANSWER_PATIENCE);
    }

    fn take_response(&mut self, index: usize, mut context: SecurityContext, sealed: &Sealed) {
        match context.unseal(&sealed.ciphertext, &sealed.signature) {
            Ok(_) => self.rpc_ended(index, Ok(())),
            Err(error) => self.client_refuses(index, cause_name(&error)),
        }
    }

    fn take_fault(&mut self, index: usize, error: Win32Error, packet: &Packet) {
        let sent_by = self.host_at(packet.sender).map(|host| host.name.clone());
        let cause = sent_by
            .as_ref()
            .and_then(|host| self.causes.get(host))
            .cloned()
            .unwrap_or_default();
        let failure = RpcFailure {
            error,
            sent_by,
            cause,
        };
        self.rpc_ended(index, Err(failure));
    }

    /// The client itself does not go on.
    fn client_refuses(&mut self, index: usize, cause: String) {
        let failure = RpcFailure {
            error: Win32Error::ACCESS_DENIED,
            sent_by: None,
            cause,
        };
        self.rpc_ended(index, Err(failure));
    }

    pub(super) fn rpc_ended(&mut self, index: usize, result: Result<(), RpcFailure>) {
        let Some(call) = self.rpc.calls.get_mut(index) else {
            return;
        };
        call.stage = Stage::Ended;
        call.result = Some(result.clone());
        if let Some(thread) = call.thread.clone() {
            let host = call.host.clone();
            match result {
                Ok(()) => {
                    let unfinished = self.rpc.unfinished();
                    self.thread_found_sponsor(&host, &thread, unfinished);
                    self.cancel_rpcs();
                }
                Err(failure) => self.thread_failed(&host, &thread, failure.error),
            }
        }
    }
}
