//! Nodes of a cluster send each other events and global updates (catalogue S001-6).

use crate::dialect::{ClusterLine, Update, Win32Error};
use crate::script::cluster::UpdateCluster;
use crate::sim::outcome::Outcome;
use crate::sim::windows::rpc::{Request, RpcCall, RpcFailure};
use crate::sim::world::World;

/// How many events the node has to tell of.
const EVENTS: usize = 3;

impl World {
    /// Lets a node tell the locker of events, the locker update the node, and the node update itself through the
    /// locker. Whoever cannot do what must succeed takes itself or the other out of the cluster.
    pub(in crate::sim::windows) fn update_cluster(&mut self, update: &UpdateCluster) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let result = self.update_nodes(update);
        Outcome {
            result: result.map_err(RpcFailure::of_act),
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    fn update_nodes(&mut self, update: &UpdateCluster) -> Result<(), RpcFailure> {
        let name = update.cluster.get_ref();
        let (locker, node) = (update.locker.get_ref(), update.node.get_ref());
        let Some(cluster) = self.clusters.get_mut(name) else {
            return Err(node_down());
        };
        if ![locker, node]
            .iter()
            .all(|node| cluster.members.contains(*node))
        {
            return Err(node_down());
        }
        let sequence = cluster.update_sequence;
        cluster.update_sequence = sequence.wrapping_add(1);
        let numbers = (cluster.number(locker), cluster.number(node));
        for _ in 0..EVENTS {
            if let Err(failure) = self.call_node(name, node, locker, Request::PropagateEvent) {
                self.log_cluster(
                    node,
                    &ClusterLine::EventNotSent {
                        node: numbers.0,
                        status: failure.error,
                    },
                );
                self.log_cluster(node, &ClusterLine::NoErrorInfo);
            }
        }
        let by_locker = self.update_by_locker(name, (locker, node), numbers.1, sequence);
        let by_node = self.call_node(name, node, locker, Request::Update);
        if let Err(failure) = &by_node {
            self.halt(name, node, failure.error);
        }
        by_locker.and(by_node)
    }

    fn update_by_locker(
        &mut self,
        name: &str,
        (locker, other): (&str, &str),
        node: usize,
        sequence: u32,
    ) -> Result<(), RpcFailure> {
        let update = Update::OF_THE_LOCKER;
        for line in [
            ClusterLine::Dispatching {
                sequence,
                update,
                node,
            },
            ClusterLine::LockerUpdating { sequence, update },
        ] {
            self.log_cluster(locker, &line);
        }
        let result = self.call_node(name, locker, other, Request::Update);
        let Err(failure) = &result else {
            return result;
        };
        let status = failure.error;
        for line in [
            ClusterLine::NoCompletionStatus { status },
            ClusterLine::UpdateFailed { node, status },
            ClusterLine::NoErrorInfo,
            ClusterLine::CommunicationFailure { node, status },
            ClusterLine::NoErrorInfo,
            ClusterLine::NodeReportedFailed { node, status },
            ClusterLine::NodeReportedFailed { node, status },
            ClusterLine::Banishing { node },
        ] {
            self.log_cluster(locker, &line);
        }
        if let Some(cluster) = self.clusters.get_mut(name) {
            cluster.members.remove(other);
        }
        result
    }

    /// A node that cannot do its own update stops its service.
    fn halt(&mut self, name: &str, node: &str, status: Win32Error) {
        for line in [
            ClusterLine::UpdateRoutineFailed {
                update: Update::OF_THE_NODE,
                status,
            },
            ClusterLine::SelfUpdateFailed { status },
            ClusterLine::Halting { status },
        ] {
            self.log_cluster(node, &line);
        }
        self.cluster_service_ended(node, name);
    }

    /// A call of one node's service to another's.
    fn call_node(
        &mut self,
        name: &str,
        from: &str,
        to: &str,
        request: Request,
    ) -> Result<(), RpcFailure> {
        let parts = self.clusters.get(name).and_then(|cluster| {
            let credentials = self.service_credentials(cluster, from)?;
            Some((credentials, self.destination_of(to)?))
        });
        let Some((credentials, destination)) = parts else {
            return Err(node_down());
        };
        self.rpc_call(RpcCall::new(from, destination, credentials, request))
    }
}

fn node_down() -> RpcFailure {
    RpcFailure {
        error: Win32Error::CLUSTER_NODE_DOWN,
        sent_by: None,
        cause: "node-down".to_owned(),
    }
}
