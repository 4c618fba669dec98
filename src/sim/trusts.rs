//! Trusts between realms, and between domains of Active Directory with their objects.

use kdclab_kdc::{
    ForestTrustRecord, PrincipalEntry, TrustAttributes, TrustDirection, TrustError, TrustKeys,
    TrustKind, TrustedDomain, replicate_forests,
};
use kdclab_proto::{Principal, Realm};

use super::outcome::VerbError;
use super::verbs::enctypes;
use super::world::World;
use crate::script::model::{TrustAttributeName, TrustKindName, TrustTable};
use crate::script::verb::ChangeTrust;

impl World {
    pub(super) fn add_trust(&mut self, trust: &TrustTable) -> Result<(), VerbError> {
        let from = Realm::from(trust.from.get_ref().as_str());
        let to = Realm::from(trust.to.get_ref().as_str());
        let mut ways = vec![Principal::krbtgt(&to, &from)];
        if trust.two_way {
            ways.push(Principal::krbtgt(&from, &to));
        }
        for principal in &ways {
            self.trust_passwords
                .insert(principal.clone(), trust.password.clone());
        }
        if let Some(kind) = &trust.kind {
            return self.add_trust_objects(trust, &from, &to, kind_of(*kind.get_ref()));
        }
        for principal in &ways {
            for side in [&from, &to] {
                self.add_trust_side(principal, side, trust)?;
            }
        }
        Ok(())
    }

    /// Both domains have an object for the trust: clients of `from` reach services of `to`.
    fn add_trust_objects(
        &mut self,
        trust: &TrustTable,
        from: &Realm,
        to: &Realm,
        kind: TrustKind,
    ) -> Result<(), VerbError> {
        let direction = match trust.two_way {
            true => TrustDirection::Bidirectional,
            // The domain of the users is trusted by the other one.
            false => TrustDirection::Inbound,
        };
        for (side, partner, direction) in [(from, to, direction), (to, from, direction.reversed())]
        {
            let mut object = TrustedDomain::new(partner.clone(), kind, direction);
            object.attributes = object.attributes | attributes(&trust.attributes);
            if let Some(suffixes) = trust.suffixes.as_ref().filter(|_| partner == to) {
                object.forest_trust_information = routes(suffixes.get_ref());
            }
            let database = self.database(side)?;
            let supported = || database.policy().supported_enctypes.clone();
            let keys = TrustKeys {
                password: trust.password.clone(),
                kvno: 1,
                enctypes: enctypes(trust.enctypes.as_deref()).unwrap_or_else(supported),
            };
            let database = database.add_trust(object, &keys, &self.key_cache)?;
            self.databases.insert(side.clone(), database);
        }
        Ok(())
    }

    /// Both databases of a trust hold its principal, each with keys of its own making.
    fn add_trust_side(
        &mut self,
        principal: &Principal,
        side: &Realm,
        trust: &TrustTable,
    ) -> Result<(), VerbError> {
        let types = enctypes(trust.enctypes.as_deref())
            .unwrap_or_else(|| self.databases[side].policy().supported_enctypes.clone());
        let mut entry = PrincipalEntry::new(principal.clone());
        let keys = self.password_keys(&entry, side, &trust.password, &types)?;
        entry.set_keys(keys, false);
        self.insert_entry(side, entry)
    }

    /// Changes the objects of a trust on both sides.
    pub(super) fn change_trust(&mut self, change: &ChangeTrust) -> Result<bool, VerbError> {
        let from = Realm::from(change.from.get_ref().as_str());
        let to = Realm::from(change.to.get_ref().as_str());
        let mut changed = false;
        for (side, partner) in [(&from, &to), (&to, &from)] {
            let before = self.database(side)?.trusted_domain(partner).cloned();
            let before = before.ok_or_else(|| VerbError::Unknown {
                what: "trust of Active Directory",
                name: format!("{from} to {to}"),
            })?;
            let kind = change.kind.map_or_else(|| before.kind(), kind_of);
            let mut after = TrustedDomain::new(partner.clone(), kind, before.direction());
            let names = change.attributes.as_deref();
            after.attributes = match (names, change.kind) {
                (Some(names), _) => after.attributes | attributes(names),
                (None, Some(_)) => after.attributes,
                (None, None) => before.attributes,
            };
            if let Some(suffixes) = change.suffixes.as_ref().filter(|_| *partner == to) {
                after.forest_trust_information = routes(suffixes);
            } else if change.kind.is_none() {
                after
                    .forest_trust_information
                    .clone_from(&before.forest_trust_information);
            }
            changed |= after != before;
            self.change_database(side, |database| {
                database.update_trust(partner, |trust| *trust = after)
            })?;
        }
        self.replicate_forests();
        Ok(changed)
    }

    /// Lets the domains of each forest know of each other's names and trusts.
    pub(super) fn replicate_forests(&mut self) {
        let databases: Vec<_> = self.databases.values().cloned().collect();
        for database in replicate_forests(&databases) {
            let realm = database.realm().clone();
            // The realm is one that exists.
            let _ = self.change_database(&realm, |_| Ok(database));
        }
    }
}

impl From<TrustError> for VerbError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Database(error) => Self::Database(error),
            TrustError::StringToKey(error) => Self::StringToKey(error),
        }
    }
}

fn kind_of(name: TrustKindName) -> TrustKind {
    match name {
        TrustKindName::External => TrustKind::External,
        TrustKindName::Forest => TrustKind::Forest,
        TrustKindName::ParentChild => TrustKind::ParentChild,
        TrustKindName::Shortcut => TrustKind::Shortcut,
        TrustKindName::TreeRoot => TrustKind::TreeRoot,
    }
}

fn attributes(names: &[TrustAttributeName]) -> TrustAttributes {
    let bit = |name: &TrustAttributeName| match name {
        TrustAttributeName::CrossOrganization => TrustAttributes::CROSS_ORGANIZATION,
        TrustAttributeName::NonTransitive => TrustAttributes::NON_TRANSITIVE,
        TrustAttributeName::QuarantinedDomain => TrustAttributes::QUARANTINED_DOMAIN,
    };
    names
        .iter()
        .fold(TrustAttributes::NONE, |all, name| all | bit(name))
}

fn routes(suffixes: &[String]) -> Vec<ForestTrustRecord> {
    let route = |name: &String| ForestTrustRecord::TopLevelName {
        name: name.clone(),
        is_enabled: true,
    };
    suffixes.iter().map(route).collect()
}
