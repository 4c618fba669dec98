//! What scenario files say of clusters and of the NTLM policies that their nodes obey.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use kdclab_ntlm::LmCompatibilityLevel;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::model::Tables;
use super::scope::{Kind, Scope};
use super::source::{Fault, Source};
use super::spanned::Spanned;
use super::verb::Verb;
use super::web;
use super::windows::Act;

/// A cluster of two or more nodes (MSCS).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterTable {
    /// The hosts that are its nodes, in the order of their numbers, from 1.
    pub nodes: Vec<Spanned<String>>,
    /// The names under which it can be reached, each with the node that hosts it.
    #[serde(default)]
    pub virtual_servers: Tables<Spanned<String>>,
    /// The account that its service runs as on every node.
    pub account: Option<Spanned<String>>,
    /// Its IP address, which the node has that hosts the cluster's name, or else the first one that is up.
    #[schemars(with = "Option<String>")]
    pub address: Option<Ipv4Addr>,
    /// Who may administer it, besides that account.
    #[serde(default)]
    pub administrators: Vec<Spanned<String>>,
    /// The number of its next global update; 1 if absent.
    pub update_sequence: Option<u32>,
}

/// Somebody opens the Cluster Administrator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdministerCluster {
    /// The host it happens on.
    pub on: Spanned<String>,
    /// What is typed: the cluster's name, its IP address, or `.` for the cluster of the node itself.
    pub cluster: Spanned<String>,
    /// Who is logged on; the account of the cluster service if absent.
    pub user: Option<Spanned<String>>,
}

/// The cluster service starts on a node and joins the others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinCluster {
    /// The node.
    pub on: Spanned<String>,
    /// The cluster.
    pub cluster: Spanned<String>,
    /// How it reaches its sponsors; in both ways if absent.
    pub sponsors: Option<SponsorsBy>,
}

/// How a node reaches its sponsors.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SponsorsBy {
    /// By their addresses and the cluster's.
    Address,
    /// By their names.
    Name,
}

/// A node of a cluster sends events to another one, which then gets a global update.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCluster {
    /// The cluster.
    pub cluster: Spanned<String>,
    /// The node that holds the lock of updates.
    pub locker: Spanned<String>,
    /// The other node.
    pub node: Spanned<String>,
}

/// Sets the password of the cluster service's account in the domain and on every node (`cluster /CHANGEPASS`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeClusterPassword {
    /// The cluster.
    pub cluster: Spanned<String>,
    /// The new password.
    pub password: String,
}

/// Lets a user administer a cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantClusterAccess {
    /// The cluster.
    pub cluster: Spanned<String>,
    /// The user.
    pub user: Spanned<String>,
}

/// A node of a cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterNode {
    /// The node.
    pub on: Spanned<String>,
    /// The cluster.
    pub cluster: Spanned<String>,
}

/// Types a password into the properties of the cluster service of one node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetServicePassword {
    /// The node.
    pub on: Spanned<String>,
    /// The cluster.
    pub cluster: Spanned<String>,
    /// The password.
    pub password: String,
}

/// A group policy of the domain reaches hosts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyPolicy {
    /// The hosts.
    pub hosts: Vec<Spanned<String>>,
    /// "Network security: LAN Manager authentication level", 0 to 5 (LmCompatibilityLevel).
    pub lm_compatibility_level: Option<Level>,
    /// "Network security: Do not store LAN Manager hash value on next password change" (NoLMHash).
    pub no_lm_hash: Option<bool>,
}

/// A LAN Manager authentication level, 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub LmCompatibilityLevel);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .and_then(LmCompatibilityLevel::from_number)
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "there is no LAN Manager authentication level {number}; write 0 to 5"
                ))
            })
    }
}

/// `nodes` are the nodes of the clusters before.
pub(super) fn check_cluster(
    scope: &Scope,
    source: &Source,
    name: &Spanned<String>,
    cluster: &ClusterTable,
    nodes: &mut BTreeSet<String>,
) -> Result<(), Box<Fault>> {
    for node in &cluster.nodes {
        scope.host(source, node)?;
        if !nodes.insert(node.get_ref().clone()) {
            return Err(source.fault(
                node.span(),
                format!("`{}` is a node already", node.get_ref()),
                Some("a host is a node of one cluster, once; remove it here".to_owned()),
            ));
        }
    }
    for host in cluster.virtual_servers.values() {
        scope.node(source, host, name)?;
    }
    for user in cluster.account.iter().chain(&cluster.administrators) {
        scope.principal(source, user, &[Kind::User])?;
    }
    Ok(())
}

pub(super) fn check_act(scope: &Scope, source: &Source, act: &Act) -> Result<(), Box<Fault>> {
    match act {
        Act::AdministerCluster(administer) => check_administer(scope, source, administer),
        Act::JoinCluster(join) => {
            check_service(scope, source, &join.cluster)?;
            scope.node(source, &join.on, &join.cluster)
        }
        Act::OpenShare(open) => {
            scope.principal(source, &open.user, &[])?;
            scope.host(source, &open.from)?;
            scope.virtual_server(source, &open.server)
        }
        Act::Register(register) => web::check_register(scope, source, register),
        Act::ShowClient(client) => {
            scope.host_of_windows(source, &client.client)?;
            scope.site(source, &client.site)
        }
        Act::UpdateCluster(update) => {
            check_service(scope, source, &update.cluster)?;
            scope.node(source, &update.locker, &update.cluster)?;
            scope.node(source, &update.node, &update.cluster)?;
            if update.locker.get_ref() == update.node.get_ref() {
                return Err(source.fault(
                    update.node.span(),
                    "the locker updates itself without the network".to_owned(),
                    Some("name another node of the cluster".to_owned()),
                ));
            }
            Ok(())
        }
    }
}

fn check_administer(
    scope: &Scope,
    source: &Source,
    administer: &AdministerCluster,
) -> Result<(), Box<Fault>> {
    scope.host_of_windows(source, &administer.on)?;
    let typed = &administer.cluster;
    let cluster = match typed.get_ref().as_str() {
        "." => scope
            .cluster_of_node(administer.on.get_ref())
            .ok_or_else(|| {
                source.fault(
                    typed.span(),
                    format!("`{}` is no node of a cluster", administer.on.get_ref()),
                    Some(
                        "write the cluster's name; `.` is the cluster of the node itself"
                            .to_owned(),
                    ),
                )
            })?,
        text => match scope.cluster_at(text) {
            Some(cluster) => cluster,
            None => {
                scope.cluster(source, typed)?;
                text
            }
        },
    };
    match &administer.user {
        Some(user) => scope.principal(source, user, &[Kind::User]),
        None => check_service(
            scope,
            source,
            &Spanned::new(typed.span(), cluster.to_owned()),
        ),
    }
}

/// A cluster whose service runs as somebody.
fn check_service(
    scope: &Scope,
    source: &Source,
    cluster: &Spanned<String>,
) -> Result<(), Box<Fault>> {
    scope.cluster(source, cluster)?;
    if scope.has_account(cluster.get_ref()) {
        return Ok(());
    }
    Err(source.fault(
        cluster.span(),
        format!(
            "nobody knows as whom the service of cluster `{}` runs",
            cluster.get_ref()
        ),
        Some("add `account = \"...\"` to its table".to_owned()),
    ))
}

/// The checks of this file's verbs; others pass.
pub(super) fn check_verb(scope: &Scope, source: &Source, verb: &Verb) -> Result<(), Box<Fault>> {
    match verb {
        Verb::ApplyPolicy(policy) => {
            for host in &policy.hosts {
                scope.host_of_windows(source, host)?;
            }
            let place = policy.hosts.first().map_or(0..0, Spanned::span);
            if policy.hosts.is_empty() {
                return Err(source.fault(
                    place,
                    "the policy reaches no host".to_owned(),
                    Some("name the hosts in `hosts`".to_owned()),
                ));
            }
            if policy.lm_compatibility_level.is_none() && policy.no_lm_hash.is_none() {
                return Err(source.fault(
                    place,
                    "the policy says nothing".to_owned(),
                    Some("add `lm_compatibility_level` or `no_lm_hash`".to_owned()),
                ));
            }
            Ok(())
        }
        Verb::ChangeClusterPassword(change) => check_service(scope, source, &change.cluster),
        Verb::GrantClusterAccess(grant) => {
            scope.cluster(source, &grant.cluster)?;
            scope.principal(source, &grant.user, &[Kind::User])
        }
        Verb::RestartClusterService(node) => {
            check_service(scope, source, &node.cluster)?;
            scope.node(source, &node.on, &node.cluster)
        }
        Verb::SetServicePassword(change) => {
            check_service(scope, source, &change.cluster)?;
            scope.node(source, &change.on, &change.cluster)
        }
        _ => Ok(()),
    }
}
