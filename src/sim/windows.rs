//! Hosts of Windows: their registries, the clusters they form, and what their programs do.

mod klist;
mod open_share;
mod triage;

use std::collections::BTreeMap;

use kdclab_client::ClientError;

use super::host::Host;
use super::outcome::{Outcome, VerbError};
use super::world::World;
use crate::dialect;
use crate::script::windows::{
    Act, ClusterTable, InstallServicePack, RegistryPath, ServicePack, SetRegistryValue,
    WindowsTable,
};

/// What a host of Windows has besides what every host has.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    service_pack: ServicePack,
    registry: BTreeMap<RegistryPath, u32>,
}

impl Windows {
    pub(super) fn new(table: &WindowsTable) -> Self {
        Self {
            service_pack: table.service_pack.unwrap_or_default(),
            registry: table.registry.clone(),
        }
    }

    /// A value of the registry, where somebody has set it.
    pub(super) fn registry_value(&self, key: &str, name: &str) -> Option<u32> {
        self.registry.get(&RegistryPath::new(key, name)).copied()
    }
}

/// A cluster: its nodes, and which of them hosts each virtual server.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    nodes: Vec<String>,
    /// The nodes by the virtual servers' names.
    virtual_servers: BTreeMap<String, String>,
}

impl Cluster {
    pub(super) fn new(table: &ClusterTable) -> Self {
        let servers = table.virtual_servers.iter();
        Self {
            nodes: table
                .nodes
                .iter()
                .map(|node| node.get_ref().clone())
                .collect(),
            virtual_servers: servers
                .map(|(name, node)| (name.get_ref().clone(), node.get_ref().clone()))
                .collect(),
        }
    }
}

impl World {
    /// Lets a program of Windows act until it is done.
    pub fn act(&mut self, act: &Act) -> Outcome {
        match act {
            Act::OpenShare(open) => self.open_share(open),
            Act::Register(register) => self.register(register),
            Act::ShowClient(client) => self.show_client(client),
        }
    }

    /// The node that hosts a virtual server.
    fn node_of(&self, virtual_server: &str) -> Option<&str> {
        let mut clusters = self.clusters.values();
        clusters.find_map(|cluster| {
            let node = cluster.virtual_servers.get(virtual_server)?;
            Some(node.as_str())
        })
    }

    fn is_node(&self, host: &str) -> bool {
        let mut nodes = self.clusters.values().flat_map(|cluster| &cluster.nodes);
        nodes.any(|node| node == host)
    }

    pub(super) fn install_service_pack(
        &mut self,
        install: &InstallServicePack,
    ) -> Result<bool, VerbError> {
        let host = self.host_mut(install.host.get_ref())?;
        let before = std::mem::replace(&mut host.windows.service_pack, install.number);
        Ok(before != install.number)
    }

    pub(super) fn set_registry_value(
        &mut self,
        change: &SetRegistryValue,
    ) -> Result<bool, VerbError> {
        let registry = &mut self.host_mut(change.host.get_ref())?.windows.registry;
        let before = match change.data {
            Some(data) => registry.insert(change.value.clone(), data),
            None => registry.remove(&change.value),
        };
        Ok(before != change.data)
    }
}

/// KB 262177: whether the Kerberos client writes what domain controllers refuse to the system log.
const KERBEROS_PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\Kerberos\Parameters";
const LOG_LEVEL: &str = "LogLevel";

impl Host {
    /// Writes Event 3 where a domain controller has refused and Kerberos logging is on.
    pub(super) fn log_kerberos_error(&mut self, error: &ClientError) {
        let is_on = self
            .windows
            .registry_value(KERBEROS_PARAMETERS, LOG_LEVEL)
            .is_some_and(|level| level != 0);
        let line = dialect::kdc_event(error, &computer_name(self)).filter(|_| is_on);
        self.log.extend(line);
    }
}

/// The name of a computer as Windows shows it.
pub(super) fn computer_name(host: &Host) -> String {
    host.computer_name
        .clone()
        .unwrap_or_else(|| host.name.to_ascii_uppercase())
}
