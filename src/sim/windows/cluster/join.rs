//! A node joins its cluster (catalogue S001-5). That a node without a sponsor may form the cluster by itself is
//! not modelled.

use std::time::Duration;

use kdclab_proto::Timestamp;

use super::Cluster;
use crate::dialect::{self, ClusterLine, RESTART_AFTER_MILLISECONDS, Win32Error};
use crate::script::cluster::{ClusterNode, JoinCluster, SponsorsBy};
use crate::script::values::ErrorName;
use crate::sim::outcome::{Failure, Outcome, VerbError};
use crate::sim::windows::computer_name;
use crate::sim::windows::rpc::{Destination, Request, RpcCall, RpcFailure, SponsorThread};
use crate::sim::world::World;

/// How much later than the one before each thread asks.
const DELAY: Duration = Duration::from_secs(1);
/// How long it takes to spawn a thread, and until it runs. These stand for no measurement: with them the first
/// thread asks before the third is spawned, as in the log that the catalogue quotes.
const SPAWNING: Duration = Duration::from_micros(100);
const STARTING: Duration = Duration::from_micros(150);

/// The most starts of services that one wait plays: a wait may be a century.
const MAX_RESTARTS: usize = 100;

impl World {
    /// Lets the cluster service of a node start and join the others.
    pub(in crate::sim::windows) fn join_cluster(&mut self, join: &JoinCluster) -> Outcome {
        let log_start = self.begin_act();
        let begun = self.now;
        let (node, cluster) = (join.on.get_ref(), join.cluster.get_ref());
        let result = self.start_cluster_service(node, cluster, join.sponsors);
        Outcome {
            result,
            flags: None,
            took: self.since(begun),
            log_start,
        }
    }

    /// Whether the node is a member afterwards and was none before, or the other way round.
    pub(in crate::sim) fn restart_cluster_service(
        &mut self,
        node: &ClusterNode,
    ) -> Result<bool, VerbError> {
        let (name, cluster) = (node.on.get_ref(), node.cluster.get_ref());
        let before = self.cluster(cluster)?.members.contains(name);
        // That it fails is told by the logs.
        let _ = self.start_cluster_service(name, cluster, None);
        Ok(self.cluster(cluster)?.members.contains(name) != before)
    }

    /// Starts the services that have ended by themselves and whose time comes until then. After [`MAX_RESTARTS`] of
    /// them those that still fail are started next when the wait is over.
    pub(in crate::sim) fn restart_services(&mut self, until: Timestamp) {
        for _ in 0..MAX_RESTARTS {
            let due = self.hosts.values().filter_map(|host| {
                let (at, cluster) = host.windows.cluster_service.next.as_ref()?;
                (*at <= until).then(|| (*at, host.name.clone(), cluster.clone()))
            });
            let Some((at, node, cluster)) = due.min() else {
                return;
            };
            self.run_until(Some(at), &mut []);
            self.now = self.now.max(at);
            // That it fails is told by the logs.
            let _ = self.start_cluster_service(&node, &cluster, None);
        }
        for host in self.hosts.values_mut() {
            if let Some((at, _)) = &mut host.windows.cluster_service.next {
                *at = (*at).max(until + Duration::from_micros(1));
            }
        }
    }

    fn start_cluster_service(
        &mut self,
        node: &str,
        name: &str,
        by: Option<SponsorsBy>,
    ) -> Result<(), Failure> {
        let Some(cluster) = self.clusters.get_mut(name) else {
            return Err(not_joined(String::new()));
        };
        cluster.members.remove(node);
        let Some(host) = self.hosts.get_mut(node) else {
            return Err(not_joined(String::new()));
        };
        host.windows.cluster_service.next = None;
        let service_pack = host.windows.service_pack;
        for line in [
            ClusterLine::Started,
            ClusterLine::OsVersion(service_pack),
            ClusterLine::ServiceStarting,
            ClusterLine::AttemptingToJoin { cluster: name },
        ] {
            self.log_cluster(node, &line);
        }
        let results = self.ask_sponsors(node, name, by);
        let joined = results.iter().any(Result::is_ok);
        if joined {
            if let Some(cluster) = self.clusters.get_mut(name) {
                cluster.members.insert(node.to_owned());
            }
            return Ok(());
        }
        let status = Win32Error::BAD_NETPATH;
        for line in [
            ClusterLine::OutOfJoinWait { threads: 1 },
            ClusterLine::NoSponsor,
            ClusterLine::JoinFailed { status },
        ] {
            self.log_cluster(node, &line);
        }
        if let Some(host) = self.hosts.get_mut(node) {
            let event = dialect::not_joined(&computer_name(host));
            host.log.push(event);
        }
        self.cluster_service_ended(node, name);
        let mut failures = results.into_iter().filter_map(Result::err);
        let last = failures.next_back().map(|failure| failure.cause);
        Err(not_joined(last.unwrap_or_default()))
    }

    /// Lets one thread for each sponsor ask; the first that answers is enough.
    fn ask_sponsors(
        &mut self,
        node: &str,
        name: &str,
        by: Option<SponsorsBy>,
    ) -> Vec<Result<(), RpcFailure>> {
        let Some(cluster) = self.clusters.get(name) else {
            return Vec::new();
        };
        let Some(credentials) = self.service_credentials(cluster, node) else {
            return Vec::new();
        };
        let sponsors = self.sponsors(cluster, name, node, by);
        let (mut delay, mut spawned) = (Duration::ZERO, Duration::ZERO);
        for (sponsor, destination) in sponsors {
            let request = Request::JoinVersion;
            let call = RpcCall::new(node, destination, credentials.clone(), request);
            let thread = SponsorThread {
                sponsor,
                delay,
                start: STARTING,
            };
            self.begin_rpc(call.of_thread(thread), spawned);
            delay += DELAY;
            spawned += SPAWNING;
        }
        self.end_rpcs()
    }

    /// Whom a node asks: the cluster's own address, then the name and the address of every other node.
    fn sponsors(
        &self,
        cluster: &Cluster,
        name: &str,
        node: &str,
        by: Option<SponsorsBy>,
    ) -> Vec<(String, Destination)> {
        let mut sponsors = Vec::new();
        let (addresses, names) = (
            by != Some(SponsorsBy::Name),
            by != Some(SponsorsBy::Address),
        );
        if let (Some(address), Some(destination)) =
            (cluster.address, self.destination_of_cluster(name))
            && addresses
        {
            sponsors.push((address.to_string(), destination));
        }
        for other in cluster.nodes.iter().filter(|other| *other != node) {
            let (Some(host), Some(destination)) =
                (self.hosts.get(other), self.destination_of(other))
            else {
                continue;
            };
            if names {
                sponsors.push((computer_name(host), destination));
            }
            if addresses {
                sponsors.push((host.address.to_string(), destination));
            }
        }
        sponsors
    }

    pub(in crate::sim::windows) fn thread_spawned(&mut self, node: &str, thread: &SponsorThread) {
        let sponsor = &thread.sponsor;
        self.log_cluster(node, &ClusterLine::SpawningThread { sponsor });
    }

    pub(in crate::sim::windows) fn thread_asks(&mut self, node: &str, thread: &SponsorThread) {
        let asking = ClusterLine::Asking {
            sponsor: &thread.sponsor,
            delay: thread.delay.as_millis(),
        };
        self.log_cluster(node, &asking);
    }

    pub(in crate::sim::windows) fn thread_failed(
        &mut self,
        node: &str,
        thread: &SponsorThread,
        status: Win32Error,
    ) {
        let sponsor = &thread.sponsor;
        self.log_cluster(node, &ClusterLine::NoJoinVersion { sponsor, status });
        self.log_cluster(node, &ClusterLine::JoinVersionInvalid { sponsor, status });
    }

    /// A sponsor has answered while other threads, besides the one that waits, may still be at it.
    pub(in crate::sim::windows) fn thread_found_sponsor(
        &mut self,
        node: &str,
        thread: &SponsorThread,
        unfinished: usize,
    ) {
        let sponsor = &thread.sponsor;
        for line in [
            ClusterLine::OutOfJoinWait {
                threads: unfinished + 1,
            },
            ClusterLine::AttemptingWithSponsor { sponsor },
            ClusterLine::BeginningJoin,
        ] {
            self.log_cluster(node, &line);
        }
    }

    /// The service has ended by itself: the Service Control Manager says so, and starts it again later.
    pub(super) fn cluster_service_ended(&mut self, node: &str, name: &str) {
        if let Some(cluster) = self.clusters.get_mut(name) {
            cluster.members.remove(node);
        }
        let at = self.now + Duration::from_millis(RESTART_AFTER_MILLISECONDS.into());
        if let Some(host) = self.hosts.get_mut(node) {
            let service = &mut host.windows.cluster_service;
            service.times = service.times.saturating_add(1);
            service.next = Some((at, name.to_owned()));
            let event =
                dialect::terminated(&computer_name(host), host.windows.cluster_service.times);
            host.log.push(event);
        }
    }
}

/// No sponsor answered, each for a reason of its own; `cause` is the last one's.
fn not_joined(cause: String) -> Failure {
    Failure {
        error: ErrorName::Windows(Win32Error::BAD_NETPATH),
        sent_by: None,
        cause,
        text: None,
    }
}
