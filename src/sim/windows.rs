//! Hosts of Windows: their registries, the clusters they form, and what their programs do.

mod cluster;
mod klist;
mod netlogon;
mod ntlm;
mod open_share;
mod rpc;
#[cfg(test)]
mod tests;
mod triage;
mod wire;

use std::collections::BTreeMap;

pub(super) use self::cluster::Cluster;
pub(super) use self::rpc::Rpc;
pub(super) use self::wire::Message;
use kdclab_client::ClientError;

use super::host::Host;
use super::outcome::{Outcome, VerbError};
use super::world::World;
use crate::dialect;
use crate::script::windows::{
    Act, InstallServicePack, RegistryPath, ServicePack, SetRegistryValue, WindowsTable,
};

/// What a host of Windows has besides what every host has.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    service_pack: ServicePack,
    registry: BTreeMap<RegistryPath, u32>,
    cluster_service: cluster::Restarts,
}

impl Windows {
    pub(super) fn new(table: &WindowsTable) -> Self {
        Self {
            service_pack: table.service_pack.unwrap_or_default(),
            registry: table.registry.clone(),
            cluster_service: Default::default(),
        }
    }

    /// A value of the registry, where somebody has set it.
    pub(super) fn registry_value(&self, key: &str, name: &str) -> Option<u32> {
        self.registry.get(&RegistryPath::new(key, name)).copied()
    }
}

impl World {
    /// Lets a program of Windows act until it is done.
    pub fn act(&mut self, act: &Act) -> Outcome {
        match act {
            Act::AdministerCluster(administer) => self.administer_cluster(administer),
            Act::JoinCluster(join) => self.join_cluster(join),
            Act::OpenShare(open) => self.open_share(open),
            Act::UpdateCluster(update) => self.update_cluster(update),
            Act::Register(register) => self.register(register),
            Act::ShowClient(client) => self.show_client(client),
        }
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
