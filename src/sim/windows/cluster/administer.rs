//! The Cluster Administrator (catalogue S001-4).

use super::Cluster;
use crate::dialect::Win32Error;
use crate::script::cluster::AdministerCluster;
use crate::sim::outcome::Outcome;
use crate::sim::windows::ntlm::credentials;
use crate::sim::windows::rpc::{Destination, Request, RpcCall, RpcFailure};
use crate::sim::world::World;

impl World {
    /// Lets somebody open a cluster: with `.` by a local call, with its name or its address through the network.
    pub(in crate::sim::windows) fn administer_cluster(
        &mut self,
        administer: &AdministerCluster,
    ) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let result = match administer.cluster.get_ref().as_str() {
            "." => self.administer_locally(administer),
            text => self.administer_remotely(administer, text),
        };
        Outcome {
            result: result.map_err(RpcFailure::of_act),
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    /// A call within the machine: the system knows who is logged on, and nobody has to prove anything.
    fn administer_locally(&self, administer: &AdministerCluster) -> Result<(), RpcFailure> {
        let host = administer.on.get_ref();
        let Some((_, cluster)) = self.cluster_of(host) else {
            return Err(not_there("no-node"));
        };
        if !cluster.members.contains(host) {
            return Err(not_there("service-stopped"));
        }
        let user = self.who_administers(cluster, administer);
        let user = user.and_then(|user| self.principal(user).ok());
        if user.is_some_and(|user| self.may_administer(cluster, &user)) {
            return Ok(());
        }
        Err(RpcFailure {
            error: Win32Error::ACCESS_DENIED,
            sent_by: Some(host.clone()),
            cause: "not-allowed".to_owned(),
        })
    }

    fn administer_remotely(
        &mut self,
        administer: &AdministerCluster,
        text: &str,
    ) -> Result<(), RpcFailure> {
        let call = self.call_of_administrator(administer, text);
        match call {
            Some(call) => self.rpc_call(call),
            None => Err(not_there("unknown-name")),
        }
    }

    pub(in crate::sim::windows) fn call_of_administrator(
        &self,
        administer: &AdministerCluster,
        text: &str,
    ) -> Option<RpcCall> {
        let mut clusters = self.clusters.iter();
        let (name, cluster) = clusters.find(|(name, cluster)| {
            let address = cluster.address.map(|address| address.to_string());
            *name == text || address.as_deref() == Some(text)
        })?;
        let user = self
            .principal(self.who_administers(cluster, administer)?)
            .ok()?;
        let credentials = credentials(&user, self.passwords.get(&user)?);
        let destination = self.destination_of_cluster(name)?;
        let host = administer.on.get_ref();
        Some(RpcCall::new(
            host,
            destination,
            credentials,
            Request::Administer,
        ))
    }

    /// The node with the cluster's name, under the cluster's address where it has one.
    pub(super) fn destination_of_cluster(&self, name: &str) -> Option<Destination> {
        let cluster = self.clusters.get(name)?;
        let node = self.destination_of(cluster.host_of_name(name)?)?;
        let address = cluster.address.unwrap_or(node.address);
        Some(Destination { address, ..node })
    }

    fn who_administers<'a>(
        &self,
        cluster: &'a Cluster,
        administer: &'a AdministerCluster,
    ) -> Option<&'a str> {
        match &administer.user {
            Some(user) => Some(user.get_ref()),
            None => cluster.account.as_deref(),
        }
    }
}

fn not_there(cause: &str) -> RpcFailure {
    RpcFailure {
        error: Win32Error::RPC_SERVER_UNAVAILABLE,
        sent_by: None,
        cause: cause.to_owned(),
    }
}
