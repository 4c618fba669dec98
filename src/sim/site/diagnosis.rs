//! The decision procedure of the document: why a client is not approved, from what an administrator can see.

use std::collections::BTreeMap;

use kdclab_proto::ErrorCode;
use kdclab_proto::messages::{ApReq, KrbError, TgsRep, Ticket};

use crate::script::web::Diagnosis;
use crate::sim::http;
use crate::sim::label;
use crate::sim::network::Packet;
use crate::sim::web::{SEC_E_LOGON_DENIED, SEC_E_NO_CREDENTIALS, SEC_E_TIME_SKEW};
use crate::sim::world::World;

impl World {
    /// Why the client on `host` is not approved at the site: from the report of duplicate GUIDs, the capture that
    /// begins with packet number `start`, and the logs since they had these lengths. Nothing else is looked at.
    pub(super) fn diagnose(
        &mut self,
        host: &str,
        code: &str,
        start: usize,
        lengths: &BTreeMap<String, usize>,
    ) -> Option<Diagnosis> {
        let smsid = self.smsid_of(host).ok()?;
        let record = self.record(host, code);
        let site = self.sites.get(code)?;
        if site.database.is_duplicate(&smsid) {
            return Some(Diagnosis::DuplicateGuid);
        }
        if record.is_some_and(|record| record.is_approved()) {
            return Some(Diagnosis::Approved);
        }
        let capture = Capture {
            world: self,
            host,
            start,
        };
        if capture.packets().next().is_none() {
            return Some(Diagnosis::Unknown);
        }
        if capture.has_service_ticket() {
            let lines = self.log_since(&site.management_point, Some("iis.log"), lengths);
            return Some(of_win32_status(&lines));
        }
        let domain = self.full_name(&site.management_point).unwrap_or_default();
        Some(capture.of_domain_controller(&domain))
    }
}

/// What the client's network card sees.
struct Capture<'w> {
    world: &'w World,
    host: &'w str,
    start: usize,
}

impl<'w> Capture<'w> {
    fn packets(&self) -> impl Iterator<Item = &'w Packet> {
        let address = self.world.address_of(self.host);
        self.world
            .packets()
            .iter()
            .skip(self.start)
            .filter(move |packet| {
                Some(packet.receiver) == address || Some(packet.sender) == address
            })
    }

    /// Whether the client got a ticket for a web server, or has shown one.
    fn has_service_ticket(&self) -> bool {
        self.packets().any(|packet| {
            let got = label::message(&packet.payload)
                .and_then(|message| TgsRep::decode(message).ok())
                .is_some_and(|reply| is_for_http(&reply.0.ticket));
            got || http::describe(packet.payload.bytes())
                .and_then(|described| ApReq::decode(&described.kerberos?).ok())
                .is_some_and(|request| is_for_http(&request.ticket))
        })
    }

    /// What the last word of a domain controller tells.
    fn of_domain_controller(&self, management_point: &str) -> Diagnosis {
        let last = self
            .packets()
            .filter_map(|packet| label::message(&packet.payload))
            .filter(|message| label::kerberos_name(message).is_some())
            .last();
        let Some(error) = last.and_then(|message| KrbError::decode(message).ok()) else {
            return Diagnosis::NoDomainController;
        };
        let domain = management_point
            .split_once('.')
            .map_or("", |(_, domain)| domain);
        let is_of_management_point = error.realm.to_string().eq_ignore_ascii_case(domain);
        match error.error_code {
            ErrorCode::KRB_AP_ERR_SKEW => Diagnosis::ClockSkew,
            // The domain that has the computer does not know its service, or knows it twice.
            ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN if is_of_management_point => {
                Diagnosis::ServicePrincipalName
            }
            ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN | ErrorCode::KDC_ERR_POLICY => Diagnosis::Trust,
            _ => Diagnosis::Unknown,
        }
    }
}

fn is_for_http(ticket: &Ticket) -> bool {
    let server = ticket.server();
    let class = server.name.components.first();
    class.is_some_and(|class| class.as_bytes().eq_ignore_ascii_case(b"HTTP"))
}

/// What the last field of the log's lines tells. The anonymous first leg is in every log.
fn of_win32_status(lines: &[&str]) -> Diagnosis {
    let statuses = lines
        .iter()
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok());
    let mut reasons = statuses.filter(|status| ![0, SEC_E_NO_CREDENTIALS].contains(status));
    match reasons.next_back() {
        Some(SEC_E_TIME_SKEW) => Diagnosis::ClockSkew,
        Some(SEC_E_LOGON_DENIED) => Diagnosis::ServicePrincipalName,
        _ => Diagnosis::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_LEG: &str = "2009-05-20 19:35:11 W3SVC1 CCM_POST /ccm_system_windowsauth/request - 80 - ccmhttp 401 2 2148074254";

    #[test]
    fn the_first_leg_tells_nothing() {
        assert_eq!(of_win32_status(&[FIRST_LEG]), Diagnosis::Unknown);
        let refused = FIRST_LEG.replace("2 2148074254", "1 2148074252");
        for lines in [vec![FIRST_LEG, &refused], vec![&refused, FIRST_LEG]] {
            assert_eq!(of_win32_status(&lines), Diagnosis::ServicePrincipalName);
        }
        let late = FIRST_LEG.replace("2 2148074254", "1 2148074276");
        assert_eq!(of_win32_status(&[FIRST_LEG, &late]), Diagnosis::ClockSkew);
    }
}
