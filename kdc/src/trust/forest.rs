//! What every domain controller of a forest knows of the forest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kdclab_proto::Realm;

use super::domain::{TrustedDomain, dns_name, is_below};
use crate::{Database, Dialect};

/// The domains of a forest with their trusts, as the global catalog has them. A domain that nobody has told of its forest
/// knows itself and its own trusts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forest {
    /// By DNS name.
    domains: Arc<BTreeMap<String, Domain>>,
}

#[derive(Clone, Debug)]
struct Domain {
    realm: Realm,
    /// DNS suffixes of hosts besides the domain's own name.
    dns_suffixes: Vec<String>,
    trusts: Vec<Arc<TrustedDomain>>,
}

impl Domain {
    /// The length of the longest suffix of the domain that `host` ends in.
    fn suffix(&self, host: &str) -> Option<usize> {
        let name = dns_name(&self.realm);
        let suffixes = self.dns_suffixes.iter().chain([&name]);
        suffixes
            .filter(|suffix| is_below(host, suffix))
            .map(|suffix| suffix.len())
            .max()
    }
}

/// Where a name leads.
enum Place<'a> {
    /// To a domain of the forest.
    Here(&'a Realm),
    /// To another forest, over a trust that the first domain has.
    Beyond(&'a Realm, &'a TrustedDomain),
}

impl Forest {
    /// With what `database` says of itself in place of what was known of it.
    pub(crate) fn with(&self, database: &Database) -> Self {
        let mut domains = BTreeMap::clone(&self.domains);
        domains.insert(dns_name(database.realm()), Domain::of(database));
        Self {
            domains: Arc::new(domains),
        }
    }

    /// Whether the realm is a domain of the forest.
    pub(crate) fn has(&self, realm: &Realm) -> bool {
        self.domain(realm).is_some()
    }

    /// The next realm on the way from the domain `from` to the hosts called `host`; `None` when they are its own, or
    /// nobody knows whose they are.
    pub(crate) fn next_to_host(&self, from: &Realm, host: &str) -> Option<Realm> {
        self.next_to(from, self.place_of(host)?)
    }

    /// The next realm on the way from the domain `from` to the realm `to`.
    pub(crate) fn next_to_realm(&self, from: &Realm, to: &Realm) -> Option<Realm> {
        let place = match self.domain(to) {
            Some(domain) => Place::Here(domain),
            None => self.place_of(&dns_name(to))?,
        };
        self.next_to(from, place)
    }

    /// The realm that logs on users whose names end in `suffix`, when it is another one than `from`.
    pub(crate) fn realm_of_users(&self, from: &Realm, suffix: &str) -> Option<Realm> {
        let realm = match self.place_of(suffix)? {
            Place::Here(realm) => realm,
            Place::Beyond(_, trust) => trust.partner(),
        };
        (dns_name(realm) != dns_name(from)).then(|| realm.clone())
    }

    /// Whether clients of the foreign realm `client` come into the forest by selective authentication.
    pub(crate) fn is_cross_organization(&self, client: &Realm) -> bool {
        let name = dns_name(client);
        let trusts = self.domains.values().flat_map(|domain| &domain.trusts);
        let mut over = trusts.filter(|trust| {
            trust.direction().leads_in()
                && (dns_name(trust.partner()) == name || trust.routed_suffix(&name).is_some())
        });
        over.any(|trust| {
            trust
                .attributes
                .contains(super::TrustAttributes::CROSS_ORGANIZATION)
        })
    }

    /// A domain of the forest, also one that is known by its trusts alone.
    fn domain(&self, realm: &Realm) -> Option<&Realm> {
        let name = dns_name(realm);
        if let Some(domain) = self.domains.get(&name) {
            return Some(&domain.realm);
        }
        self.partners_within()
            .find(|partner| dns_name(partner) == name)
    }

    fn partners_within(&self) -> impl Iterator<Item = &Realm> {
        let trusts = self.domains.values().flat_map(|domain| &domain.trusts);
        trusts
            .filter(|trust| trust.is_within_forest())
            .map(|trust| trust.partner())
    }

    /// The longest suffix decides; a domain of the forest goes before a trust with another one.
    fn place_of(&self, host: &str) -> Option<Place<'_>> {
        let known = self
            .domains
            .values()
            .filter_map(|domain| Some((domain.suffix(host)?, &domain.realm)));
        let by_trust = self.partners_within().filter_map(|partner| {
            let name = dns_name(partner);
            is_below(host, &name).then_some((name.len(), partner))
        });
        let here = known.chain(by_trust).max_by_key(|(length, _)| *length);
        let beyond = self
            .domains
            .values()
            .flat_map(|domain| domain.trusts.iter().map(|trust| (&domain.realm, trust)))
            .filter(|(_, trust)| trust.direction().leads_out())
            .filter_map(|(realm, trust)| Some((trust.routed_suffix(host)?, realm, trust)))
            .max_by_key(|(length, ..)| *length);
        match (here, beyond) {
            (Some((length, _)), Some((longer, realm, trust))) if longer > length => {
                Some(Place::Beyond(realm, trust))
            }
            (Some((_, realm)), _) => Some(Place::Here(realm)),
            (None, Some((_, realm, trust))) => Some(Place::Beyond(realm, trust)),
            (None, None) => None,
        }
    }

    fn next_to(&self, from: &Realm, place: Place<'_>) -> Option<Realm> {
        match place {
            Place::Here(realm) => self.next_within(from, realm),
            Place::Beyond(realm, trust) if dns_name(realm) == dns_name(from) => {
                Some(trust.partner().clone())
            }
            Place::Beyond(realm, _) => self.next_within(from, realm),
        }
    }

    /// The first step of the shortest way from `from` to `to` over the trusts within the forest.
    fn next_within(&self, from: &Realm, to: &Realm) -> Option<Realm> {
        let (from, to) = (dns_name(from), dns_name(to));
        let mut seen = BTreeSet::from([from.clone()]);
        let mut ways: VecDeque<(String, Option<&Realm>)> = VecDeque::from([(from, None)]);
        while let Some((at, first)) = ways.pop_front() {
            if at == to {
                return first.cloned();
            }
            let trusts = self
                .domains
                .get(&at)
                .into_iter()
                .flat_map(|domain| &domain.trusts);
            for trust in trusts {
                let name = dns_name(trust.partner());
                let is_way = trust.is_within_forest() && trust.direction().leads_out();
                if is_way && seen.insert(name.clone()) {
                    ways.push_back((name, first.or_else(|| Some(trust.partner()))));
                }
            }
        }
        None
    }
}

impl Domain {
    fn of(database: &Database) -> Self {
        Self {
            realm: database.realm().clone(),
            dns_suffixes: database.policy().dns_suffixes.clone(),
            trusts: database.trusts().cloned().collect(),
        }
    }
}

/// The databases after the domains of each forest have told each other of their names and trusts, as replication of the
/// global catalog does. Domains belong to one forest when a trust within a forest joins them, over others or directly.
///
/// It takes this act for a domain to route to others than its own partners, and again for it to learn of a change at
/// another domain.
#[must_use]
pub fn replicate_forests(databases: &[Database]) -> Vec<Database> {
    let domains: Vec<&Database> = databases
        .iter()
        .filter(|database| database.policy().dialect == Dialect::ActiveDirectory)
        .collect();
    let replicated = databases.iter().map(|database| {
        if database.policy().dialect != Dialect::ActiveDirectory {
            return database.clone();
        }
        let forest = forest_of(database, &domains)
            .into_iter()
            .fold(Forest::default(), |forest, domain| forest.with(domain));
        database.with_forest(forest)
    });
    replicated.collect()
}

fn forest_of<'a>(database: &'a Database, domains: &[&'a Database]) -> Vec<&'a Database> {
    let mut forest = vec![database];
    let mut next = 0;
    while let Some(domain) = forest.get(next).copied() {
        next += 1;
        for other in domains {
            let joined = [(domain, *other), (*other, domain)]
                .iter()
                .any(|(one, two)| {
                    one.trusted_domain(two.realm())
                        .is_some_and(TrustedDomain::is_within_forest)
                });
            if joined && !forest.iter().any(|known| known.realm() == other.realm()) {
                forest.push(other);
            }
        }
    }
    forest
}
