//! Which of the events numbered 4 may be ignored (catalogue S000-4).

use crate::script::windows::{ServicePack, Triage};
use crate::sim::world::World;

/// Where the description of the event names the target.
const TARGET: &str = "The target name used was ";

impl World {
    /// What an Event 4 in the log of `host` means; `None` where `line` is no such event.
    ///
    /// It may be ignored if it is logged on a node of a cluster with Service Pack 2 and its target is the name of
    /// a virtual server without a service class. The code alone does not tell.
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
        let is_virtual_server = self.node_of(target).is_some();
        Some(
            if has_service_pack_2 && self.is_node(host) && is_virtual_server {
                Triage::Harmless
            } else {
                Triage::Failure
            },
        )
    }
}
