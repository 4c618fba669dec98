//! The names a scenario defines, and whether its references are among them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use kdclab_kdc::host_service_principal_names;
use kdclab_proto::{Principal, PrincipalName, Realm};

use super::model::{AccountTable, DialectName, Script};
use super::source::{Fault, Source, choices};
use super::spanned::Spanned;
use super::verb::Verb;
use crate::sim::{Holder, names_of_host};

/// The realms, hosts, principals and named faults of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    hosts: BTreeMap<String, DialectName>,
    realms: BTreeSet<String>,
    principals: BTreeMap<Principal, Kind>,
    link_faults: BTreeSet<String>,
    virtual_servers: BTreeSet<String>,
    clusters: BTreeMap<String, ClusterNames>,
    /// The web applications of each host.
    web_applications: BTreeMap<String, BTreeSet<String>>,
    sites: BTreeSet<String>,
    /// The hosts that have a computer account.
    computers: BTreeSet<String>,
}

/// What a cluster can be told by.
#[derive(Clone, Debug, Default)]
struct ClusterNames {
    nodes: Vec<String>,
    address: Option<String>,
    has_account: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Service,
    Trust,
}

impl Scope {
    /// What `script` defines, its later `add_principal` steps included.
    pub fn new(script: &Script) -> Self {
        let mut scope = Self {
            hosts: script
                .host
                .iter()
                .map(|(name, host)| (name.get_ref().clone(), host.dialect))
                .collect(),
            realms: script
                .realm
                .keys()
                .map(|name| name.get_ref().clone())
                .collect(),
            principals: BTreeMap::new(),
            link_faults: BTreeSet::new(),
            virtual_servers: script
                .cluster
                .values()
                .flat_map(|cluster| cluster.virtual_servers.keys())
                .map(|name| name.get_ref().clone())
                .collect(),
            clusters: script
                .cluster
                .iter()
                .map(|(name, table)| {
                    let nodes = table.nodes.iter();
                    let names = ClusterNames {
                        nodes: nodes.map(|node| node.get_ref().clone()).collect(),
                        address: table.address.map(|address| address.to_string()),
                        has_account: table.account.is_some(),
                    };
                    (name.get_ref().clone(), names)
                })
                .collect(),
            web_applications: script
                .host
                .iter()
                .map(|(name, host)| {
                    let names = host.web.keys().map(|name| name.get_ref().clone());
                    (name.get_ref().clone(), names.collect())
                })
                .collect(),
            sites: script
                .site
                .keys()
                .map(|name| name.get_ref().clone())
                .collect(),
            computers: script
                .realm
                .values()
                .flat_map(|realm| &realm.accounts)
                .filter(|(name, _)| name.get_ref().ends_with('$'))
                .flat_map(|(_, account)| &account.host)
                .flat_map(|hosts| hosts.get_ref().0.clone())
                .collect(),
        };
        for (realm, table) in &script.realm {
            let realm = Realm::from(realm.get_ref().as_str());
            for (names, kind) in [
                (table.users.keys().collect::<Vec<_>>(), Kind::User),
                (table.services.keys().collect(), Kind::Service),
            ] {
                for name in names {
                    if let Ok(name) = PrincipalName::parse(name.get_ref()) {
                        scope.principals.insert(name.at(realm.clone()), kind);
                    }
                }
            }
        }
        for (realm, table) in &script.realm {
            let realm = Realm::from(realm.get_ref().as_str());
            for (account, table) in &table.accounts {
                for (name, kind) in names_of(account.get_ref(), table, &realm) {
                    scope
                        .principals
                        .entry(name.at(realm.clone()))
                        .or_insert(kind);
                }
            }
        }
        for trust in &script.trust {
            let (from, to) = (
                Realm::from(trust.from.get_ref().as_str()),
                Realm::from(trust.to.get_ref().as_str()),
            );
            scope
                .principals
                .insert(Principal::krbtgt(&to, &from), Kind::Trust);
            if trust.two_way {
                scope
                    .principals
                    .insert(Principal::krbtgt(&from, &to), Kind::Trust);
            }
        }
        for realm in script.realm.keys() {
            let realm = Realm::from(realm.get_ref().as_str());
            scope
                .principals
                .insert(Principal::krbtgt(&realm, &realm), Kind::Service);
        }
        let fixes = script.fix.iter().flat_map(|fix| &fix.steps);
        for verb in script.given.iter().chain(&script.fault).chain(fixes) {
            scope.define(verb.get_ref());
        }
        scope
    }

    /// These names and the one of the principal that `verb` adds, if it adds one.
    pub(super) fn with_added(&self, verb: &Verb) -> Cow<'_, Self> {
        let mut scope = Cow::Borrowed(self);
        if matches!(act(verb), Verb::AddPrincipal(_)) {
            scope.to_mut().define(verb);
        }
        scope
    }

    /// Knows from now on what `verb` gives a name to: a principal or a fault of the network.
    pub(crate) fn define(&mut self, verb: &Verb) {
        match act(verb) {
            Verb::AddPrincipal(added) => {
                let Ok(principal) = self.parse(added.name.get_ref()) else {
                    return;
                };
                let kind = if principal.name.components.len() > 1 {
                    Kind::Service
                } else {
                    Kind::User
                };
                self.principals.entry(principal).or_insert(kind);
            }
            Verb::Link(link) => {
                let name = link.name.as_ref().map(|name| name.get_ref().clone());
                self.link_faults.extend(name);
            }
            _ => {}
        }
    }

    /// The principal that `text` names. Without a realm it is the one of that name, if only one realm
    /// has it, or the scenario's only realm.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(&self, text: &str) -> Result<Principal, String> {
        if let Ok(principal) = text.parse::<Principal>() {
            return Ok(principal);
        }
        let name = PrincipalName::parse(text).map_err(|error| error.to_string())?;
        let mut realms = self
            .principals
            .keys()
            .filter(|principal| principal.name == name)
            .map(|principal| &principal.realm);
        match (realms.next(), realms.next(), self.realms.first()) {
            (Some(realm), None, _) => Ok(name.at(realm.clone())),
            (None, _, Some(realm)) if self.realms.len() == 1 => Ok(name.at(realm.as_str())),
            (Some(_), Some(_), _) => Err("several realms have it; add its @REALM".to_owned()),
            (None, _, _) => Err("no realm has it; add its @REALM".to_owned()),
        }
    }

    pub(super) fn host(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        self.host_named(source, name.get_ref(), name.span())
    }

    /// A host whose name has no span of its own.
    pub(super) fn host_named(
        &self,
        source: &Source,
        name: &str,
        span: Range<usize>,
    ) -> Result<(), Box<Fault>> {
        known(source, "host", name, span, self.hosts.keys())
    }

    /// A host whose programs give up at once where a credential cache is locked. The others wait until it is
    /// not, or know no locks.
    pub(super) fn host_with_locks(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        self.host(source, name)?;
        if self.hosts.get(name.get_ref()) == Some(&DialectName::PanOs) {
            return Ok(());
        }
        Err(source.fault(
            name.span(),
            format!("`{}` does not fail at a locked cache", name.get_ref()),
            Some("give the host `dialect = \"pan-os\"`; MIT waits for the lock".to_owned()),
        ))
    }

    /// The host or else the principal of that name, as one who holds keys.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn holder_named(&self, text: &str) -> Result<Holder, String> {
        if self.hosts.contains_key(text) {
            return Ok(Holder::Host(text.to_owned()));
        }
        self.parse(text).map(Holder::User)
    }

    pub(super) fn holder(
        &self,
        source: &Source,
        text: &str,
        span: Range<usize>,
    ) -> Result<(), Box<Fault>> {
        match self.holder_named(text) {
            Ok(Holder::Host(_)) => Ok(()),
            _ => self.principal(source, &Spanned::new(span, text.to_owned()), &[Kind::User]),
        }
    }

    pub(crate) fn is_realm(&self, name: &str) -> bool {
        self.realms.contains(name)
    }

    /// What a client asks a ticket for: a service, or a user, who may be none.
    pub(super) fn called(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        match self.principal(source, name, &[Kind::User]) {
            Ok(()) => Ok(()),
            Err(_) => self.principal(source, name, &[Kind::Service]),
        }
    }

    /// A client or a realm of clients.
    pub(super) fn client_or_realm(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        match self.is_realm(name.get_ref()) {
            true => Ok(()),
            false => self.principal(source, name, &[Kind::User]),
        }
    }

    pub(super) fn host_of_windows(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        self.host(source, name)?;
        if self.hosts.get(name.get_ref()) == Some(&DialectName::Windows) {
            return Ok(());
        }
        Err(source.fault(
            name.span(),
            format!("`{}` is no Windows", name.get_ref()),
            Some("say `dialect = \"windows\"` in its table".to_owned()),
        ))
    }

    pub(super) fn cluster(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        let names = self.clusters.keys();
        known(source, "cluster", name.get_ref(), name.span(), names)
    }

    /// A host that is a node of a cluster.
    pub(super) fn node(
        &self,
        source: &Source,
        host: &Spanned<String>,
        cluster: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        self.host(source, host)?;
        let cluster = cluster.get_ref();
        let nodes = self.clusters.get(cluster).map(|names| &names.nodes);
        if nodes.is_some_and(|nodes| nodes.contains(host.get_ref())) {
            return Ok(());
        }
        Err(source.fault(
            host.span(),
            format!("`{}` is no node of cluster `{cluster}`", host.get_ref()),
            Some("name one of its `nodes`".to_owned()),
        ))
    }

    /// The cluster that a host is a node of.
    pub(super) fn cluster_of_node(&self, host: &str) -> Option<&str> {
        let mut clusters = self.clusters.iter();
        clusters
            .find(|(_, names)| names.nodes.iter().any(|node| node == host))
            .map(|(name, _)| name.as_str())
    }

    /// The cluster with an IP address.
    pub(super) fn cluster_at(&self, address: &str) -> Option<&str> {
        let mut clusters = self.clusters.iter();
        clusters
            .find(|(_, names)| names.address.as_deref() == Some(address))
            .map(|(name, _)| name.as_str())
    }

    /// Whether a cluster says as whom its service runs.
    pub(super) fn has_account(&self, cluster: &str) -> bool {
        let names = self.clusters.get(cluster);
        names.is_some_and(|names| names.has_account)
    }

    pub(super) fn virtual_server(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        known(
            source,
            "virtual server",
            name.get_ref(),
            name.span(),
            self.virtual_servers.iter(),
        )
    }

    /// A host of Windows with a computer account.
    pub(super) fn computer(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        self.host_of_windows(source, name)?;
        if self.computers.contains(name.get_ref()) {
            return Ok(());
        }
        Err(source.fault(
            name.span(),
            format!("`{}` has no computer account", name.get_ref()),
            Some(format!(
                "add one to the `accounts` of its realm, with `host = \"{}\"`",
                name.get_ref()
            )),
        ))
    }

    pub(super) fn web_application(
        &self,
        source: &Source,
        host: &Spanned<String>,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        let names = self.web_applications.get(host.get_ref());
        known(
            source,
            "web application",
            name.get_ref(),
            name.span(),
            names.into_iter().flatten(),
        )
    }

    pub(super) fn site(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        known(
            source,
            "site",
            name.get_ref(),
            name.span(),
            self.sites.iter(),
        )
    }

    pub(super) fn realm(&self, source: &Source, name: &Spanned<String>) -> Result<(), Box<Fault>> {
        known(
            source,
            "realm",
            name.get_ref(),
            name.span(),
            self.realms.iter(),
        )
    }

    pub(super) fn link_fault(
        &self,
        source: &Source,
        name: &Spanned<String>,
    ) -> Result<(), Box<Fault>> {
        known(
            source,
            "fault of a link",
            name.get_ref(),
            name.span(),
            self.link_faults.iter(),
        )
    }

    pub(super) fn principal(
        &self,
        source: &Source,
        name: &Spanned<String>,
        kinds: &[Kind],
    ) -> Result<(), Box<Fault>> {
        let found = self.parse(name.get_ref());
        if let Ok(principal) = &found
            && self
                .principals
                .get(principal)
                .is_some_and(|kind| kinds.is_empty() || kinds.contains(kind))
        {
            return Ok(());
        }
        let names: Vec<String> = self
            .principals
            .iter()
            .filter(|(_, kind)| kinds.is_empty() || kinds.contains(kind))
            .map(|(principal, _)| {
                if self.realms.len() == 1 {
                    principal.name.to_string()
                } else {
                    principal.to_string()
                }
            })
            .collect();
        let what = match kinds {
            [Kind::User] => "user",
            [Kind::Service] => "service",
            [Kind::Trust] => "trust",
            _ => "principal",
        };
        let reason = match found {
            Err(reason) => format!(" ({reason})"),
            Ok(_) => String::new(),
        };
        Err(source.fault(
            name.span(),
            format!("unknown {what} `{}`{reason}", name.get_ref()),
            Some(choices(name.get_ref(), names.iter().map(String::as_str))),
        ))
    }
}

/// What `verb` does, or says that it does not change.
fn act(verb: &Verb) -> &Verb {
    match verb {
        Verb::Noop(verb) => act(verb),
        _ => verb,
    }
}

fn known<'a>(
    source: &Source,
    what: &str,
    name: &str,
    span: Range<usize>,
    names: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), Box<Fault>> {
    if names.clone().any(|known| known == name) {
        return Ok(());
    }
    Err(source.fault(
        span,
        format!("unknown {what} `{name}`"),
        Some(choices(name, names.map(String::as_str))),
    ))
}

/// The names that an account of `realm` is called by.
fn names_of(account: &str, table: &AccountTable, realm: &Realm) -> Vec<(PrincipalName, Kind)> {
    let parsed = |name: &str| PrincipalName::parse(name).ok();
    let mut names: Vec<(PrincipalName, Kind)> = Vec::new();
    names.extend(parsed(account).map(|name| (name, Kind::User)));
    let computer = account.strip_suffix('$');
    names.extend(computer.and_then(parsed).map(|name| (name, Kind::Service)));
    let services = match &table.service_principal_names {
        Some(services) => services
            .iter()
            .filter_map(|name| parsed(name.get_ref()))
            .collect(),
        None if computer.is_some() => host_service_principal_names(account, realm).to_vec(),
        None => Vec::new(),
    };
    for service in services {
        names.extend(names_of_host(&service).map(|name| (name, Kind::Service)));
        names.push((service, Kind::Service));
    }
    names
}
