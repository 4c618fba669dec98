//! What a served world says of itself when every socket answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::port::Port;
use super::{ServeError, Service};
use crate::sim::{ListeningService, World};

/// What a client must know, as the line that says that every socket answers.
#[derive(Serialize)]
struct Ready<'a> {
    scenario: &'a str,
    phase: String,
    env: &'a BTreeMap<String, String>,
    kdcs: Vec<ReadyKdc>,
    acceptors: Vec<ReadyAcceptor>,
    web: Vec<ReadyWeb>,
    /// Where the programs of other hosts than that of the symptom's first call reach the acceptors.
    clients: BTreeMap<&'a str, Vec<ReadyAcceptor>>,
}

#[derive(Serialize)]
struct ReadyKdc {
    host: String,
    realms: Vec<String>,
    address: String,
    /// Where the password service listens.
    kpasswd: String,
}

#[derive(Serialize)]
struct ReadyAcceptor {
    host: String,
    services: Vec<String>,
    address: String,
}

#[derive(Serialize)]
struct ReadyWeb {
    host: String,
    /// By the name that a client must ask for, which the system does not resolve.
    url: String,
    address: String,
}

impl Service {
    /// The line that says that every socket answers.
    pub(super) fn ready(
        &self,
        ports: &[Port],
        world: &World,
        environment: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, ServeError> {
        let of_other = |host| (host, acceptors(ports, world.address_of(host)));
        let main = self.clients.main_address(world);
        let ready = Ready {
            scenario: &self.id,
            phase: self.phase.to_string(),
            env: environment,
            kdcs: kdcs(ports, main),
            acceptors: acceptors(ports, main),
            web: web(ports, main),
            clients: self.clients.others().map(of_other).collect(),
        };
        let mut line =
            serde_json::to_vec(&ready).map_err(|error| ServeError::Output(error.into()))?;
        line.push(b'\n');
        Ok(line)
    }
}

fn kdcs(ports: &[Port], client: Option<IpAddr>) -> Vec<ReadyKdc> {
    let of_client = || ports.iter().filter(|port| Some(port.way.client) == client);
    let kdc = |port: &Port| {
        let ListeningService::Kdc(realms) = &port.listening.service else {
            return None;
        };
        let kpasswd = of_client().find(|other| {
            other.listening.host == port.listening.host
                && other.listening.service == ListeningService::Kpasswd
        });
        Some(ReadyKdc {
            host: port.listening.host.clone(),
            realms: realms.iter().map(ToString::to_string).collect(),
            address: port.address().to_string(),
            kpasswd: kpasswd
                .map(|port| port.address().to_string())
                .unwrap_or_default(),
        })
    };
    of_client().filter_map(kdc).collect()
}

fn acceptors(ports: &[Port], client: Option<IpAddr>) -> Vec<ReadyAcceptor> {
    let of_client = ports.iter().filter(|port| Some(port.way.client) == client);
    let acceptor = |port: &Port| match &port.listening.service {
        ListeningService::Acceptor(services) => Some(ReadyAcceptor {
            host: port.listening.host.clone(),
            services: services.iter().map(ToString::to_string).collect(),
            address: port.address().to_string(),
        }),
        _ => None,
    };
    of_client.filter_map(acceptor).collect()
}

fn web(ports: &[Port], client: Option<IpAddr>) -> Vec<ReadyWeb> {
    let of_client = ports.iter().filter(|port| Some(port.way.client) == client);
    let web = |port: &Port| match &port.listening.service {
        ListeningService::Web { name, path } => Some(ReadyWeb {
            host: port.listening.host.clone(),
            url: format!("http://{name}:{}{path}", port.address().port()),
            address: port.address().to_string(),
        }),
        _ => None,
    };
    of_client.filter_map(web).collect()
}
