//! A program that opens the shares of a virtual server, as Windows Server 2003 does it on the cluster's nodes.

use std::time::Duration;

use crate::script::Spanned;
use crate::script::model::Call;
use crate::script::windows::{OpenShare, ServicePack};
use crate::sim::outcome::Outcome;
use crate::sim::world::World;

/// KB 913327: whether the redirector leaves pipes of remote computers unauthenticated.
const REMOTE_REGISTRY: &str = r"HKLM\System\CurrentControlSet\Services\RemoteRegistry\Parameters";
const DONT_USE_SECURE_NP_FOR_REMOTE: &str = "DontUseSecureNPForRemote";
/// How long after a refusal the program tries again.
const PAUSE: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn open_share(&mut self, open: &OpenShare) -> Outcome {
        let server = open.server.get_ref();
        let node = self.node_of(server).unwrap_or_default().to_owned();
        let mut call = share_call(open, &node);
        let mut log_start = None;
        if open.with.opens_winreg() && self.drops_service_class(open.from.get_ref(), &node) {
            let refused = self.call_one(&Call {
                to: named(server),
                user_to_user: named(&format!("{server}$")),
                use_session_key: false,
                ..call.clone()
            });
            log_start = Some(refused.log_start);
            self.wait(PAUSE);
            call.warm = true;
        }
        let realm = self
            .caller(&call)
            .map(|user| user.realm)
            .unwrap_or_default();
        let domain = realm.to_string().to_ascii_lowercase();
        call.to = named(&format!("cifs/{server}.{domain}"));
        let mut outcome = self.call_one(&call);
        outcome.log_start = log_start.unwrap_or(outcome.log_start);
        outcome
    }

    /// Whether a program of `host` that opens the pipe `\winreg` of a server on `node` asks for a ticket without
    /// a service class (catalogue S000-1): on a node with Service Pack 2 that hosts the server itself, unless the
    /// registry says otherwise.
    fn drops_service_class(&self, host: &str, node: &str) -> bool {
        let Some(windows) = self.hosts.get(host).map(|host| &host.windows) else {
            return false;
        };
        let switched_off = windows.registry_value(REMOTE_REGISTRY, DONT_USE_SECURE_NP_FOR_REMOTE);
        host == node
            && self.is_node(host)
            && windows.service_pack >= ServicePack::TWO
            && switched_off.unwrap_or(0) == 0
    }
}

fn share_call(open: &OpenShare, node: &str) -> Call {
    Call {
        user: Some(open.user.clone()),
        at: named(node),
        warm: open.warm,
        ..Call::from_host(open.from.clone())
    }
}

fn named(name: &str) -> Option<Spanned<String>> {
    Some(Spanned::new(0..0, name.to_owned()))
}
