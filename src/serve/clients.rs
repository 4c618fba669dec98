//! Whose programs a foreign program may stand for.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::port::Way;
use crate::script::Script;
use crate::script::verb::Verb;
use crate::script::windows::Act;
use crate::sim::{Listening, World};

/// How many ports are bound, unless the main client alone needs more. What is left of the clients shares those
/// of the main one.
const MAX_PORTS: usize = 256;

/// The hosts whose programs act in a scenario. Each has ports of its own, so that the network knows who
/// sends.
pub(super) struct Clients {
    /// The host of the symptom's first call, or else any.
    main: Option<String>,
    others: BTreeSet<String>,
}

impl Clients {
    pub(super) fn of(script: &Script) -> Self {
        let main = script
            .first_call()
            .map(|call| call.from.get_ref().clone())
            .or_else(|| script.host.keys().next().map(|name| name.get_ref().clone()));
        let mut others = BTreeSet::new();
        for control in script.control.iter().map(|control| control.get_ref()) {
            others.extend(control.call.iter().map(|call| call.from.get_ref()));
            others.extend(control.kpasswd.iter().map(|kpasswd| kpasswd.from.get_ref()));
        }
        for symptom in script.symptom.iter().map(|symptom| symptom.get_ref()) {
            let calls = symptom.simultaneous.iter().flatten();
            others.extend(calls.chain(&symptom.call).map(|call| call.from.get_ref()));
            others.extend(symptom.kpasswd.iter().map(|kpasswd| kpasswd.from.get_ref()));
            others.extend(symptom.job.iter().map(|job| job.call.from.get_ref()));
        }
        let fixes = script.fix.iter().flat_map(|fix| &fix.steps);
        for verb in script.given.iter().chain(&script.fault).chain(fixes) {
            others.extend(actor(verb.get_ref()));
        }
        let mut others: BTreeSet<String> = others.into_iter().cloned().collect();
        let controls = script
            .control
            .iter()
            .filter_map(|control| control.get_ref().act.as_ref());
        let symptoms = script
            .symptom
            .iter()
            .filter_map(|symptom| symptom.get_ref().act.as_ref());
        let calls = controls.chain(symptoms).filter_map(Act::call);
        others.extend(calls.map(|call| call.from.get_ref().clone()));
        if let Some(main) = &main {
            others.remove(main);
        }
        Self { main, others }
    }

    pub(super) fn main(&self) -> Option<&str> {
        self.main.as_deref()
    }

    /// The hosts with ports of their own beside the main one.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(String::as_str)
    }

    pub(super) fn main_address(&self, world: &World) -> Option<IpAddr> {
        world.address_of(self.main()?)
    }

    /// The client whose ports the programs of `host` use.
    pub(super) fn standing_for<'c>(&'c self, host: &'c str) -> Option<&'c str> {
        match self.others.contains(host) {
            true => Some(host),
            false => self.main(),
        }
    }

    /// The ports to be bound. Leaves out the clients for whom there would be too many.
    pub(super) fn ways(&mut self, world: &World) -> Vec<(Way, Listening)> {
        let listening = world.listening();
        let mut room = MAX_PORTS.saturating_sub(listening.len());
        self.others.retain(|_| {
            let fits = room >= listening.len();
            if fits {
                room -= listening.len();
            }
            fits
        });
        let mut ways = Vec::new();
        for client in self.main.iter().chain(&self.others) {
            let Some(client) = world.address_of(client) else {
                continue;
            };
            for listening in &listening {
                if let Some(server) = world.address_of(&listening.host) {
                    let way = Way {
                        client,
                        server: SocketAddr::new(server, listening.port),
                    };
                    ways.push((way, listening.clone()));
                }
            }
        }
        ways
    }
}

/// The host on which a step lets a client act.
fn actor(verb: &Verb) -> Option<&String> {
    match verb {
        Verb::Attempt(attempt) => attempt
            .call
            .as_ref()
            .map(|call| &call.from)
            .or_else(|| attempt.kpasswd.as_ref().map(|kpasswd| &kpasswd.from))
            .map(|from| from.get_ref()),
        Verb::Kpasswd(kpasswd) => Some(kpasswd.from.get_ref()),
        Verb::Noop(verb) => actor(verb),
        Verb::RunJob(job) => Some(job.call.from.get_ref()),
        _ => None,
    }
}
