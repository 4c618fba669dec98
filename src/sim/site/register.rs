//! A client registers, as the document shows it frame by frame.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::BASE64;
use kdclab_client::gss::InitiatorError;
use kdclab_client::spnego::{self, Mechanism, MechanismFailure, mech_types};
use kdclab_client::{ApExchangeError, ApParameters, Credential, Dialect, gss};
use kdclab_proto::{NameType, Principal, PrincipalName};

use super::database::ClientRecord;
use crate::dialect;
use crate::script::web::{ClientOfSite, Register};
use crate::sim::client::HttpSocket;
use crate::sim::outcome::{Failure, Outcome, SessionError};
use crate::sim::web::computer_account;
use crate::sim::windows::computer_name;
use crate::sim::world::World;

/// Where a management point takes registrations, below its application's path.
const REQUEST: &str = "/request";

/// Who registers where.
struct Act {
    client: String,
    account: Principal,
    management_point: String,
    /// The full name of the management point.
    name: String,
    path: String,
    body: Vec<u8>,
}

impl World {
    /// Lets a client register. It has failed where the site does not have it as approved then, whatever the web server
    /// answered.
    pub(in crate::sim) fn register(&mut self, register: &Register) -> Outcome {
        let log_start = self.begin_act();
        let (begun, start) = (self.now, self.packets().len());
        let (client, code) = (register.client.get_ref(), register.with.get_ref());
        let told = self.try_register(client, code, register.warm);
        self.end_http_connections();
        let result = match (self.record(client, code), told) {
            (Some(record), _) if record.is_approved() => Ok(()),
            (_, Err(failure)) => Err(Failure {
                error: SessionError::NotApproved.into(),
                ..failure
            }),
            (record, Ok(())) => Err(self.not_approved(client, code, record.is_some())),
        };
        self.diagnosis = self.diagnose(client, code, start, &log_start);
        Outcome {
            result,
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    /// Lets an administrator look at a client in the console.
    pub(in crate::sim) fn show_client(&mut self, shown: &ClientOfSite) -> Outcome {
        let log_start = self.begin_act();
        let start = self.packets().len();
        let (client, code) = (shown.client.get_ref(), shown.site.get_ref());
        let result = match self.record(client, code) {
            Some(record) if record.is_approved() => Ok(()),
            record => Err(self.not_approved(client, code, record.is_some())),
        };
        self.diagnosis = self.diagnose(client, code, start, &log_start);
        Outcome {
            result,
            flags: None,
            took: Duration::ZERO,
            log_start,
        }
    }

    /// What the site knows of a client under its own name.
    pub(super) fn record(&mut self, client: &str, code: &str) -> Option<ClientRecord> {
        let smsid = self.smsid_of(client).ok()?;
        let name = computer_name(self.hosts.get(client)?);
        let record = self.sites.get(code)?.database.client(&smsid)?;
        (record.netbios_name == name).then(|| record.clone())
    }

    fn not_approved(&mut self, client: &str, code: &str, is_registered: bool) -> Failure {
        let smsid = self.smsid_of(client).unwrap_or_default();
        let site = self.sites.get(code);
        let is_duplicate = site.is_some_and(|site| site.database.is_duplicate(&smsid));
        let cause = match (is_duplicate, is_registered) {
            (true, _) => "duplicate-guid",
            (false, true) => "no-integrated-authentication",
            (false, false) => "not-registered",
        };
        Failure::of_session(SessionError::NotApproved, None, cause.to_owned())
    }

    fn act_of(&mut self, client: &str, code: &str) -> Option<(Act, SocketAddr)> {
        let body = self.registration(client)?.encode();
        let account = computer_account(self.hosts.get(client)?)?;
        let site = self.sites.get(code)?;
        let management_point = site.management_point.clone();
        let host = self.hosts.get(&management_point)?;
        let mut applications = host.web.iter();
        let application = applications.find(|web| web.name == site.application)?;
        let path = format!("{}{REQUEST}", application.path.trim_end_matches('/'));
        let remote = SocketAddr::new(host.address, application.port);
        let name = self.full_name(&management_point)?;
        let act = Act {
            client: client.to_owned(),
            account,
            management_point,
            name,
            path,
            body,
        };
        Some((act, remote))
    }

    /// What came of it as far as the client is told.
    fn try_register(&mut self, client: &str, code: &str, warm: bool) -> Result<(), Failure> {
        let Some((act, remote)) = self.act_of(client, code) else {
            return Ok(());
        };
        if !warm && let Some(host) = self.hosts.get_mut(client) {
            host.purge_cache(&act.account);
        }
        let mut socket = HttpSocket::new(remote);
        let answer = self.http_exchange(client, &mut socket, act.request(None))?;
        if answer.status != 401 || !answer.negotiates {
            return Ok(());
        }
        // Windows would go on with NTLM where there is no ticket, which logs on and approves nobody.
        let service = PrincipalName::new(NameType::SRV_INST, ["HTTP", act.name.as_str()]);
        let ticket = self.service_ticket(client, &act.account, service.clone())?;
        if answer.closes {
            socket = HttpSocket::new(remote);
        }
        self.post_with_negotiate(&act, &mut socket, ticket, &service)
    }

    fn post_with_negotiate(
        &mut self,
        act: &Act,
        socket: &mut HttpSocket,
        ticket: Credential,
        service: &PrincipalName,
    ) -> Result<(), Failure> {
        let realm = ticket.server.realm.clone();
        let mut kerberos = gss::Initiator::new(ticket, &ApParameters::gss());
        let mechanisms: &mut [&mut dyn Mechanism] = &mut [&mut kerberos];
        let mut initiator = spnego::Initiator::new(mech_types(Dialect::Windows, mechanisms));
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&act.client) else {
            return Ok(());
        };
        let clock = host.clock(now);
        let token = match initiator.init(clock, &mut host.rng, mechanisms) {
            Ok(step) => step.token.unwrap_or_default(),
            // The ticket itself is of no use.
            Err(_) => return Ok(()),
        };
        let answer = self.http_exchange(&act.client, socket, act.request(Some(&token)))?;
        let now = self.now;
        let told = match (&answer.token, self.hosts.get_mut(&act.client)) {
            (Some(token), Some(host)) => {
                let clock = host.clock(now);
                initiator
                    .step(clock, &mut host.rng, mechanisms, token)
                    .err()
            }
            _ => None,
        };
        let failure = told.as_ref().and_then(|error| error.failure());
        if let Some(MechanismFailure::Initiate(InitiatorError::Exchange(error))) = failure {
            self.log_refusal(act, error, &service.clone().at(realm));
        }
        if answer.status != 401 {
            return Ok(());
        }
        let cause = self.causes.get(&act.management_point).cloned();
        Err(Failure::of_session(
            SessionError::NotApproved,
            Some(act.management_point.clone()),
            cause.unwrap_or_else(|| "unauthorized".to_owned()),
        ))
    }

    /// The event in the client's log where the web server's token is a KRB-ERROR.
    fn log_refusal(&mut self, act: &Act, error: &ApExchangeError, target: &Principal) {
        if let Some(host) = self.hosts.get_mut(&act.client) {
            let computer = computer_name(host);
            let line = dialect::session_log(host.dialect, error, &act.account, target, &computer);
            host.log.extend(line);
        }
    }

    /// Ends the connections that clients have left.
    fn end_http_connections(&mut self) {
        let connections = std::mem::take(&mut self.http_connections);
        for ((host, _, _), mut connection) in connections {
            self.http_ended(&host, &mut connection);
        }
    }
}

impl Act {
    fn request(&self, token: Option<&[u8]>) -> Vec<u8> {
        let authorization = token
            .map(|token| format!("Authorization: Negotiate {}\r\n", BASE64.encode(token)))
            .unwrap_or_default();
        let head = format!(
            "CCM_POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ccmhttp\r\n{authorization}Content-Type: \
             text/plain\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.name,
            self.body.len()
        );
        [head.as_bytes(), &self.body].concat()
    }
}
