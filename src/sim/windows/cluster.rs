//! Clusters of Windows Server 2003: their members, their services, and who may call them.

mod administer;
mod join;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use kdclab_ntlm::Credentials;
use kdclab_proto::{Principal, Timestamp};

use super::computer_name;
use super::ntlm::credentials;
use super::rpc::{Destination, Request};
use crate::dialect::{ClusterLine, Win32Error};
use crate::script::Spanned;
use crate::script::cluster::{
    ChangeClusterPassword, ClusterTable, GrantClusterAccess, SetServicePassword,
};
use crate::script::verb::SetPassword;
use crate::sim::outcome::VerbError;
use crate::sim::world::World;

/// A cluster. It has no `Debug`, for the sake of its passwords.
#[derive(Clone)]
pub(in crate::sim) struct Cluster {
    /// In the order of their numbers.
    nodes: Vec<String>,
    /// The nodes by the virtual servers' names.
    pub(super) virtual_servers: BTreeMap<String, String>,
    address: Option<IpAddr>,
    /// As whom the service runs.
    account: Option<String>,
    /// Who may administer it besides.
    administrators: BTreeSet<String>,
    /// What the services of the nodes have for the account's password.
    service_passwords: BTreeMap<String, String>,
    /// The nodes whose services run.
    members: BTreeSet<String>,
    /// The number of the next global update.
    update_sequence: u32,
}

/// How often the cluster service of a host has ended by itself, and when it is started again.
#[derive(Clone, Debug, Default)]
pub(super) struct Restarts {
    times: u32,
    next: Option<(Timestamp, String)>,
}

impl Cluster {
    pub(in crate::sim) fn new(table: &ClusterTable) -> Self {
        let text = |text: &Spanned<String>| text.get_ref().clone();
        let servers = table.virtual_servers.iter();
        let nodes: Vec<String> = table.nodes.iter().map(text).collect();
        Self {
            virtual_servers: servers
                .map(|(name, node)| (text(name), text(node)))
                .collect(),
            address: table.address.map(IpAddr::V4),
            account: table.account.as_ref().map(text),
            administrators: table.administrators.iter().map(text).collect(),
            service_passwords: BTreeMap::new(),
            members: nodes.iter().cloned().collect(),
            update_sequence: table.update_sequence.unwrap_or(1),
            nodes,
        }
    }

    /// The number of a node, from 1; 0 for what is none.
    fn number(&self, node: &str) -> usize {
        let place = self.nodes.iter().position(|other| other == node);
        place.map_or(0, |index| index + 1)
    }

    /// The node that has the cluster's name and address.
    fn host_of_name(&self, name: &str) -> Option<&str> {
        let hosts = self
            .virtual_servers
            .get(name)
            .filter(|node| self.members.contains(*node));
        let mut nodes = self.nodes.iter();
        let host = hosts.or_else(|| nodes.find(|node| self.members.contains(*node)));
        host.or_else(|| self.nodes.first()).map(String::as_str)
    }
}

impl World {
    /// The node that hosts a virtual server.
    pub(super) fn node_of(&self, virtual_server: &str) -> Option<&str> {
        let mut clusters = self.clusters.values();
        clusters.find_map(|cluster| {
            let node = cluster.virtual_servers.get(virtual_server)?;
            Some(node.as_str())
        })
    }

    pub(super) fn is_node(&self, host: &str) -> bool {
        self.cluster_of(host).is_some()
    }

    /// The cluster that a host is a node of, with its name.
    fn cluster_of(&self, host: &str) -> Option<(&str, &Cluster)> {
        let mut clusters = self.clusters.iter();
        clusters
            .find(|(_, cluster)| cluster.nodes.iter().any(|node| node == host))
            .map(|(name, cluster)| (name.as_str(), cluster))
    }

    pub(super) fn runs_cluster_service(&self, host: &str) -> bool {
        let cluster = self.cluster_of(host);
        cluster.is_some_and(|(_, cluster)| cluster.members.contains(host))
    }

    fn cluster(&self, name: &str) -> Result<&Cluster, VerbError> {
        self.clusters.get(name).ok_or_else(|| unknown_cluster(name))
    }

    fn cluster_mut(&mut self, name: &str) -> Result<&mut Cluster, VerbError> {
        self.clusters
            .get_mut(name)
            .ok_or_else(|| unknown_cluster(name))
    }

    /// Every service gets the password that its account has at first.
    pub(in crate::sim) fn start_cluster_services(&mut self) {
        for cluster in self.clusters.values_mut() {
            let account = cluster.account.as_ref();
            let account = account.and_then(|account| self.scope.parse(account).ok());
            if let Some(password) = account.and_then(|account| self.passwords.get(&account)) {
                let nodes = cluster.nodes.iter().cloned();
                cluster.service_passwords = nodes.map(|node| (node, password.clone())).collect();
            }
        }
    }

    /// Who the service of a node says it is.
    fn service_credentials(&self, cluster: &Cluster, node: &str) -> Option<Credentials> {
        let account = self.principal(cluster.account.as_ref()?).ok()?;
        let password = cluster.service_passwords.get(node)?;
        Some(credentials(&account, password))
    }

    /// A node under its own address.
    fn destination_of(&self, node: &str) -> Option<Destination> {
        let address = self.hosts.get(node)?.address;
        let host = address;
        Some(Destination { address, host })
    }

    /// Whether somebody may administer a cluster: its service's account and whom it was granted.
    fn may_administer(&self, cluster: &Cluster, user: &Principal) -> bool {
        let mut allowed = cluster.administrators.iter().chain(&cluster.account);
        allowed.any(|name| self.principal(name).is_ok_and(|allowed| allowed == *user))
    }

    fn log_cluster(&mut self, host: &str, line: &ClusterLine<'_>) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.log.push(line.in_log());
        }
    }

    /// What the cluster service of `host` makes of a request from `user` of a domain, whose signature verified.
    /// A refusal has its cause.
    pub(super) fn serve_cluster_request(
        &mut self,
        host: &str,
        request: Request,
        (user, domain): (&str, &str),
        workstation: &str,
    ) -> Result<(), (Win32Error, &'static str)> {
        let Some((_, cluster)) = self.cluster_of(host) else {
            return Err((Win32Error::CLUSTER_NODE_DOWN, "no-node"));
        };
        let client = self.ntlm_account(user, domain);
        let is_allowed = |client| match request {
            Request::Administer => self.may_administer(cluster, client),
            Request::JoinVersion | Request::PropagateEvent | Request::Update => {
                let account = cluster.account.as_ref();
                account.is_some_and(|name| self.principal(name).is_ok_and(|name| name == *client))
            }
        };
        if !client.is_some_and(is_allowed) {
            return Err((Win32Error::ACCESS_DENIED, "not-allowed"));
        }
        let mut nodes = cluster.nodes.iter();
        let node = nodes.find(|node| {
            let host = self.hosts.get(*node);
            host.is_some_and(|host| computer_name(host).eq_ignore_ascii_case(workstation))
        });
        let number = node.map_or(0, |node| cluster.number(node));
        match request {
            Request::Administer => Ok(()),
            Request::JoinVersion => {
                self.log_cluster(host, &ClusterLine::JoinRequested { node: number });
                Ok(())
            }
            Request::PropagateEvent | Request::Update => {
                if node.is_some_and(|node| cluster.members.contains(node)) {
                    return Ok(());
                }
                Err((Win32Error::CLUSTER_NODE_DOWN, "no-member"))
            }
        }
    }

    pub(in crate::sim) fn change_cluster_password(
        &mut self,
        change: &ChangeClusterPassword,
    ) -> Result<bool, VerbError> {
        let cluster = self.cluster(change.cluster.get_ref())?;
        let account = cluster.account.clone().unwrap_or_default();
        let changed = self.set_password(&SetPassword {
            user: Spanned::new(change.cluster.span(), account),
            password: change.password.clone(),
            enctypes: None,
            told: true,
        })?;
        let cluster = self.cluster_mut(change.cluster.get_ref())?;
        let nodes = cluster.nodes.iter().cloned();
        cluster.service_passwords = nodes.map(|node| (node, change.password.clone())).collect();
        Ok(changed)
    }

    pub(in crate::sim) fn grant_cluster_access(
        &mut self,
        grant: &GrantClusterAccess,
    ) -> Result<bool, VerbError> {
        let user = self.principal(grant.user.get_ref())?;
        let cluster = self.cluster(grant.cluster.get_ref())?;
        if self.may_administer(cluster, &user) {
            return Ok(false);
        }
        let cluster = self.cluster_mut(grant.cluster.get_ref())?;
        Ok(cluster.administrators.insert(grant.user.get_ref().clone()))
    }

    pub(in crate::sim) fn set_service_password(
        &mut self,
        change: &SetServicePassword,
    ) -> Result<bool, VerbError> {
        let cluster = self.cluster_mut(change.cluster.get_ref())?;
        let (node, password) = (change.on.get_ref().clone(), change.password.clone());
        let before = cluster.service_passwords.insert(node, password);
        Ok(before.as_ref() != Some(&change.password))
    }
}

fn unknown_cluster(name: &str) -> VerbError {
    VerbError::Unknown {
        what: "cluster",
        name: name.to_owned(),
    }
}
