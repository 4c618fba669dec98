//! What lies between the programs and krb5kdc: nothing, or the scenario's fault. The served KDC has the faults of
//! its links itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use kdclab::script::Script;
use kdclab::script::verb::{LinkEffect, TransportName, Verb};

use crate::relay::Relay;

/// Where nobody listens.
const CLOSED_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// So that Java gives a silent KDC up within the patience of a test; MIT knows no such setting.
const IMPATIENT_JAVA: &str = "[libdefaults]\n    kdc_timeout = 1000\n";

/// The way to the KDC.
pub(super) struct Network {
    /// What the programs take for the KDC, unless it is the served one.
    kdc: Option<SocketAddr>,
    /// It alters messages.
    relay: Option<Relay>,
    /// It hears what is sent to a KDC that is out of reach.
    _silence: Option<UdpSocket>,
}

impl Network {
    /// The undisturbed way to `krb5kdc` if that runs, or else to the served KDC. Where the scenario alters
    /// messages or closes TCP alone, it leads through a relay, which has no TCP.
    pub(super) fn start(script: &Script, krb5kdc: Option<SocketAddr>) -> Self {
        let mut steps = script.given.iter().chain(&script.fault);
        let alters = steps.any(|step| match step.get_ref() {
            Verb::Link(link) => match link.effect {
                LinkEffect::Drop => false,
                LinkEffect::Refuse => link.transport == Some(TransportName::Tcp),
                _ => true,
            },
            _ => false,
        });
        let relay = krb5kdc.filter(|_| alters).map(Relay::start);
        Self {
            kdc: relay.as_ref().map(Relay::address).or(krb5kdc),
            relay,
            _silence: None,
        }
    }

    /// Does what a fault of the network does, on the way from every host.
    pub(super) fn apply(&mut self, fault: &Verb) {
        match fault {
            Verb::HostDown(_) => self.fall_silent(),
            Verb::Link(link) => match (&link.effect, &self.relay) {
                (LinkEffect::Drop, _) => self.fall_silent(),
                (LinkEffect::Refuse, None) => self.kdc = Some(CLOSED_PORT),
                (LinkEffect::Refuse, Some(_)) => {}
                (_, Some(relay)) => relay.alter(link),
                (other, None) => panic!("no relay for {other:?}"),
            },
            _ => {}
        }
    }

    fn fall_silent(&mut self) {
        let silence = UdpSocket::bind("127.0.0.1:0").unwrap();
        self.kdc = Some(silence.local_addr().unwrap());
        self._silence = Some(silence);
    }

    /// A krb5.conf that leads to the served KDCs, changed to lead this way.
    pub(super) fn lead(&self, conf: &str) -> String {
        const SERVED: &str = "        kdc = 127.0.0.1:";
        let lines = conf.lines().map(|line| match self.kdc {
            Some(kdc) if line.starts_with(SERVED) => format!("        kdc = {kdc}\n"),
            _ => format!("{line}\n"),
        });
        let conf: String = lines.collect();
        conf.replace("[libdefaults]\n", IMPATIENT_JAVA)
    }
}
