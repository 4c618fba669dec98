//! The secure channel from a member of a domain to a domain controller, and what the controller answers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kdclab_kdc::{Attributes, Dialect};
use kdclab_ntlm::{NetworkLogon, NtStatus, Validation, verify};

use super::computer_name;
use super::wire::{self, Message};
use crate::dialect;
use crate::sim::framed;
use crate::sim::network::{Event, Packet, Payload};
use crate::sim::outcome::cause_name;
use crate::sim::world::World;

/// Where a domain controller takes the calls of secure channels, past the endpoint mapper.
pub(super) const NETLOGON_PORT: u16 = 1025;
/// How long a member waits for a domain controller: three SYNs, of which a transcript shows the first.
const PATIENCE: Duration = Duration::from_secs(21);

/// A network logon that a member asks about.
#[derive(Clone)]
pub(super) struct Question {
    /// The client whose logon it is.
    pub(super) client: SocketAddr,
    controller: SocketAddr,
    request: Vec<u8>,
}

/// The responses in the request stay unseen.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("client", &self.client)
            .field("controller", &self.controller)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Whether a host is a domain controller.
    pub(super) fn is_domain_controller(&self, host: &str) -> bool {
        let process = self.kdc_processes.get(host);
        let realms = process.map_or(&[][..], |process| &process.realms);
        realms.iter().any(|realm| {
            let database = self.databases.get(realm);
            database.is_some_and(|database| database.policy().dialect == Dialect::ActiveDirectory)
        })
    }

    /// Lets a member ask the domain controller of its domain about the logon of `client`; whether it can.
    pub(super) fn ask_domain_controller(
        &mut self,
        host: &str,
        client: SocketAddr,
        logon: &NetworkLogon,
    ) -> bool {
        let Some(controller) = self.domain_controller_of(host) else {
            return false;
        };
        let (Some(request), Some(member)) = (wire::encode_logon(logon), self.hosts.get_mut(host))
        else {
            return false;
        };
        let local = member.client_socket();
        let controller = SocketAddr::new(controller, NETLOGON_PORT);
        let question = Question {
            client,
            controller,
            request,
        };
        self.rpc.questions.insert(local, question);
        self.network.send(self.now, local, controller, Payload::Syn);
        self.network
            .schedule(self.now + PATIENCE, Event::LogonTimer { local });
        true
    }

    /// The first domain controller that the host knows of its domain.
    fn domain_controller_of(&self, host: &str) -> Option<IpAddr> {
        let realm = self.hosts.get(host)?.config.default_realm.as_ref()?;
        let controller = self.kdcs_known_to(host).get(realm)?.first()?;
        Some(self.hosts.get(controller)?.address)
    }

    /// Takes a packet of the secure channel at the member.
    pub(super) fn question_packet(&mut self, packet: &Packet) {
        let local = packet.destination;
        let Some(question) = self.rpc.questions.get(&local) else {
            return;
        };
        match &packet.payload {
            Payload::SynAck => {
                let payload = Payload::Segment(framed(&question.request));
                let controller = question.controller;
                self.network.send(self.now, local, controller, payload);
            }
            Payload::Segment(_) => {
                let answer = packet.payload.content().and_then(Message::decode);
                let answer = match answer {
                    Some(Message::Answer(answer)) => answer,
                    _ => Err(NtStatus::NO_LOGON_SERVERS),
                };
                self.question_answered(local, answer, packet.sender);
            }
            Payload::Reset => {
                self.question_answered(local, Err(NtStatus::NO_LOGON_SERVERS), packet.sender);
            }
            _ => {}
        }
    }

    /// No domain controller has answered in time.
    pub(in crate::sim) fn logon_timer(&mut self, local: SocketAddr) {
        let nobody = local.ip();
        self.question_answered(local, Err(NtStatus::NO_LOGON_SERVERS), nobody);
    }

    /// Lets the domain controller on `host` answer.
    pub(super) fn netlogon_request(&mut self, host: &str, packet: &Packet) {
        let Some(Message::Logon(logon)) = packet.payload.content().and_then(Message::decode) else {
            return self.network.answer(self.now, packet, Payload::Reset);
        };
        let validation = self.validate(host, &logon);
        let answer = validation.as_ref().map(|validation| &validation.keys);
        let octets = wire::encode_answer(answer.map_err(|(_, status)| *status));
        let mut status = NtStatus(0);
        if let Err((cause, refused)) = validation {
            status = refused;
            self.note_cause(host, cause);
        }
        if let Some(controller) = self.hosts.get_mut(host) {
            let computer = computer_name(controller);
            controller.log.push(dialect::logon_attempt(
                &computer,
                &logon.user,
                &logon.workstation,
                status,
            ));
        }
        let payload = Payload::Segment(framed(&octets));
        self.network.answer(self.now, packet, payload);
    }

    /// What the domain controller finds: whether the response is that of the password, and whether its own
    /// level accepts it. A refusal counts as a wrong password, which may lock the account. An error has the cause
    /// beside the status.
    fn validate(&self, host: &str, logon: &NetworkLogon) -> Result<Validation, (String, NtStatus)> {
        let none = || ("no-logon-servers".to_owned(), NtStatus::NO_LOGON_SERVERS);
        let controller = self.hosts.get(host).ok_or_else(none)?;
        let level = controller.windows.lm_compatibility_level();
        let Some(account) = self.ntlm_account(&logon.user, &logon.domain) else {
            return verify(logon, None, level)
                .map_err(|refusal| (cause_name(&refusal), refusal.status()));
        };
        let process = self.kdc_processes.get(host).ok_or_else(none)?;
        let entry = self.entry(&account.realm, account).map_err(|_| none())?;
        let now = controller.clock(self.now).time();
        let mut history = process.traffic.logons(&account.realm, entry.id());
        if history
            .locked_until(&entry.lockout, entry.unlocked_at, now)
            .is_some()
        {
            let cause = "account-locked".to_owned();
            return Err((cause, NtStatus::ACCOUNT_LOCKED_OUT));
        }
        let result = verify(logon, self.ntlm_hashes.get(account), level);
        match result {
            Ok(_) if entry.attributes.contains(Attributes::DISALLOW_ALL_TIX) => {
                Err(("account-disabled".to_owned(), NtStatus::ACCOUNT_DISABLED))
            }
            Ok(validation) => Ok(validation),
            Err(refusal) => {
                history.failures = history.failures.saturating_add(1);
                history.last_failure = Some(now);
                let id = entry.id();
                process.traffic.set_logons(&account.realm, id, history);
                Err((cause_name(&refusal), refusal.status()))
            }
        }
    }
}
