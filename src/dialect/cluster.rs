//! The words of the cluster service of Windows Server 2003, in its log and in the event log (catalogue S001-5 and
//! S001-6).

use std::fmt;

use super::Win32Error;
use super::windows::{Event, EventKind};
use crate::script::windows::ServicePack;

/// After how many milliseconds the Service Control Manager starts the service again.
pub(crate) const RESTART_AFTER_MILLISECONDS: u32 = 960_000;

/// A line of `cluster.log`, without its time and thread.
#[derive(Clone, Debug)]
pub(crate) enum ClusterLine<'a> {
    // A node joins.
    Started,
    OsVersion(ServicePack),
    ServiceStarting,
    AttemptingToJoin {
        cluster: &'a str,
    },
    SpawningThread {
        sponsor: &'a str,
    },
    Asking {
        sponsor: &'a str,
        delay: u128,
    },
    NoJoinVersion {
        sponsor: &'a str,
        status: Win32Error,
    },
    JoinVersionInvalid {
        sponsor: &'a str,
        status: Win32Error,
    },
    OutOfJoinWait {
        threads: usize,
    },
    NoSponsor,
    JoinFailed {
        status: Win32Error,
    },
    AttemptingWithSponsor {
        sponsor: &'a str,
    },
    BeginningJoin,
    /// At the sponsor.
    JoinRequested {
        node: usize,
    },
    // A node updates the others.
    EventNotSent {
        node: usize,
        status: Win32Error,
    },
    NoErrorInfo,
    UpdateRoutineFailed {
        update: Update,
        status: Win32Error,
    },
    SelfUpdateFailed {
        status: Win32Error,
    },
    Halting {
        status: Win32Error,
    },
    Dispatching {
        sequence: u32,
        update: Update,
        node: usize,
    },
    LockerUpdating {
        sequence: u32,
        update: Update,
    },
    NoCompletionStatus {
        status: Win32Error,
    },
    UpdateFailed {
        node: usize,
        status: Win32Error,
    },
    CommunicationFailure {
        node: usize,
        status: Win32Error,
    },
    NodeReportedFailed {
        node: usize,
        status: Win32Error,
    },
    Banishing {
        node: usize,
    },
}

/// Which global update it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) kind: u32,
    pub(crate) context: u32,
}

impl Update {
    /// The one of the node that stops.
    pub(crate) const OF_THE_NODE: Self = Self {
        kind: 1,
        context: 0,
    };
    /// The one of the locker.
    pub(crate) const OF_THE_LOCKER: Self = Self {
        kind: 1,
        context: 4098,
    };
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {} context {}", self.kind, self.context)
    }
}

impl ClusterLine<'_> {
    /// The line in the log of its host.
    pub(crate) fn in_log(&self) -> String {
        format!("cluster.log: {self}")
    }
}

impl fmt::Display for ClusterLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => {
                f.write_str("INFO [CS] Cluster Service started - Cluster Node Version 4.3790")
            }
            Self::OsVersion(service_pack) => {
                write!(
                    f,
                    "INFO OS Version 5.2.3790 - {service_pack} (ADS 03000112L)"
                )
            }
            Self::ServiceStarting => f.write_str("INFO [CS] Service Starting..."),
            Self::AttemptingToJoin { cluster } => {
                write!(f, "INFO [INIT] Attempting to join cluster {cluster}")
            }
            Self::SpawningThread { sponsor } => {
                write!(
                    f,
                    "INFO [JOIN] Spawning thread to connect to sponsor {sponsor}"
                )
            }
            Self::Asking { sponsor, delay } => write!(
                f,
                "INFO [JOIN] Asking {sponsor} to sponsor us after delay of {delay} milliseconds."
            ),
            Self::NoJoinVersion { sponsor, status } => write!(
                f,
                "WARN [JOIN] Unable to get join version data from sponsor {sponsor} using NTLM package, status {}.",
                status.0
            ),
            Self::JoinVersionInvalid { sponsor, status } => write!(
                f,
                "WARN [JOIN] JoinVersion data for sponsor {sponsor} is invalid, status {}.",
                status.0
            ),
            Self::OutOfJoinWait { threads } => {
                write!(
                    f,
                    "INFO [JOIN] Got out of the join wait, CsJoinThreadCount = {threads}."
                )
            }
            Self::NoSponsor => f.write_str("ERR [JOIN] Unable to connect to any sponsor node."),
            Self::JoinFailed { status } => {
                write!(f, "WARN [INIT] Failed to join cluster, status {}", status.0)
            }
            Self::AttemptingWithSponsor { sponsor } => {
                write!(f, "WARN [JOIN] Attempting join with sponsor {sponsor}.")
            }
            Self::BeginningJoin => f.write_str("INFO [NMJOIN] Beginning cluster join process."),
            Self::JoinRequested { node } => {
                write!(
                    f,
                    "INFO [NMJOIN] Processing request by node {node} to begin joining."
                )
            }
            Self::EventNotSent { node, status } => write!(
                f,
                "WARN [EVT] EvtBroadcaster: EvPropEvents for node {node} failed. status {}",
                status.0
            ),
            Self::NoErrorInfo => f.write_str("WARN [NM] RpcExtErrorInfo: Error info not found."),
            Self::UpdateRoutineFailed { update, status } => write!(
                f,
                "ERR [GUM] Update routine of type {}, context {} failed with status {}",
                update.kind, update.context, status.0
            ),
            Self::SelfUpdateFailed { status } => write!(
                f,
                "ERR [GUM] GumSendUpdate: Update on non-locker node(self) failed with {} when it must succeed",
                status.0
            ),
            Self::Halting { status } => write!(
                f,
                "ERR [CS] Halting this node to prevent an inconsistency within the cluster. Error status = {}",
                status.0
            ),
            Self::Dispatching {
                sequence,
                update,
                node,
            } => write!(
                f,
                "INFO [GUM] GumSendUpdate: Dispatching seq {sequence} {update} to node {node}"
            ),
            Self::LockerUpdating { sequence, update } => {
                write!(
                    f,
                    "INFO [GUM] GumSendUpdate: Locker updating seq {sequence} {update}"
                )
            }
            Self::NoCompletionStatus { status } => write!(
                f,
                "ERR [GUM] GumUpdateRemoteNode: Failed to get completion status for async RPC call,status {}",
                status.0
            ),
            Self::UpdateFailed { node, status } => write!(
                f,
                "ERR [GUM] GumSendUpdate: Update on node {node} failed with {} when it must succeed",
                status.0
            ),
            Self::CommunicationFailure { node, status } => write!(
                f,
                "ERR [GUM] GumpCommFailure {} communicating with node {node}",
                status.0
            ),
            Self::NodeReportedFailed { node, status } => write!(
                f,
                "INFO [NM] Received advice that node {node} has failed with error {}.",
                status.0
            ),
            Self::Banishing { node } => {
                write!(
                    f,
                    "ERR [NM] Banishing node {node} from active cluster membership."
                )
            }
        }
    }
}

/// Event 1009: the node is in no cluster.
pub(crate) fn not_joined(computer: &str) -> String {
    Event {
        log: "System",
        kind: EventKind::Error,
        source: "ClusSvc",
        category: "None",
        id: 1009,
        computer,
    }
    .described(
        "Cluster service could not join an existing server cluster and could not form a new server cluster. Cluster \
         service has terminated.",
    )
}

/// Event 7031: the service has ended, for the `times`th time, and will be started again.
pub(crate) fn terminated(computer: &str, times: u32) -> String {
    Event {
        log: "System",
        kind: EventKind::Error,
        source: "Service Control Manager",
        category: "None",
        id: 7031,
        computer,
    }
    .described(&format!(
        "The Cluster Service service terminated unexpectedly. It has done this {times} time(s). The following \
         corrective action will be taken in {RESTART_AFTER_MILLISECONDS} milliseconds: Restart the service."
    ))
}
