//! Which of the events numbered 4 may be ignored (catalogue S000-4).

use crate::script::windows::{ServicePack, Triage};
use crate::sim::world::World;

/// Where the description of the event names the target.
const TARGET: &str = "The target name used was ";

impl World {
    /// What an Event 4 in the log of `host` means; `None` where `line` is no such event.
    ///
    /// It may be ignored if it is logged on a node of a cluster with Service Pack 2 and its target is the name of
    /// a virtual server that the node hosts, without a service class. The code alone does not tell.
    pub(crate) fn triage(&self, host: &str, line: &str) -> Option<Triage> {
        if !line.contains("KRB_AP_ERR_MODIFIED") {
            return None;
        }
        let (_, rest) = line.split_once(TARGET)?;
        // A name may have dots, the sentence ends with one.
        let (target, _) = rest.split_once(". ")?;
        let has_service_pack_2 = self
            .hosts
            .get(host)
            .is_some_and(|host| host.windows.service_pack >= ServicePack::TWO);
        let mut servers = self
            .clusters
            .values()
            .flat_map(|cluster| &cluster.virtual_servers);
        let is_hosted_here =
            servers.any(|(name, node)| name.eq_ignore_ascii_case(target) && node == host);
        Some(
            if has_service_pack_2 && self.is_node(host) && is_hosted_here {
                Triage::Harmless
            } else {
                Triage::Failure
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue;
    use crate::check::{self, DEFAULT_SEED};
    use crate::script::model::Phase;
    use crate::script::windows::Triage;

    fn triage(phase: Phase, host: &str, target: &str) -> Option<Triage> {
        let scenario = catalogue::find("event4-no-prefix").unwrap();
        let world = check::world_in(&scenario, phase, DEFAULT_SEED, None).unwrap();
        let line = format!(
            "received a KRB_AP_ERR_MODIFIED error from the server host/x. The target name used was {target}. This"
        );
        world.triage(host, &line)
    }

    #[test]
    fn s000_4_a_virtual_server_of_the_node_itself_is_harmless() {
        for target in ["VIRTUALSERVERNAME", "virtualservername"] {
            assert_eq!(
                triage(Phase::Broken, "node1", target),
                Some(Triage::Harmless)
            );
        }
    }

    #[test]
    fn s000_4_every_condition_counts() {
        for (phase, host, target) in [
            (Phase::Broken, "node1", "cifs/VIRTUALSERVERNAME.contoso.com"),
            (Phase::Broken, "node1", r"CONTOSO\VIRTUALSERVERNAME$"),
            (Phase::Broken, "node1", "FS1"),
            // It hosts another one's names, or none.
            (Phase::Broken, "node2", "VIRTUALSERVERNAME"),
            (Phase::Broken, "dc1", "VIRTUALSERVERNAME"),
            // Service Pack 1.
            (Phase::Healthy, "node1", "VIRTUALSERVERNAME"),
        ] {
            let told = triage(phase, host, target);
            assert_eq!(told, Some(Triage::Failure), "{phase} {host} {target}");
        }
    }

    #[test]
    fn s000_4_another_line_is_no_event_4() {
        let scenario = catalogue::find("event4-no-prefix").unwrap();
        let world = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None).unwrap();
        assert_eq!(world.triage("node1", "accepted alice@CONTOSO.COM"), None);
    }
}
