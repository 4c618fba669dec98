use kdclab_proto::Realm;

use crate::bits::bits;

bits! {
    /// trustAttributes (MS-ADTS section 6.1.6.7.9).
    TrustAttributes {
        /// The trust must not be combined with another one.
        NON_TRANSITIVE = 0x0000_0001 "NON_TRANSITIVE";
        /// Only clients of Windows 2000 and later may use it; without effect here.
        UPLEVEL_ONLY = 0x0000_0002 "UPLEVEL_ONLY";
        /// SIDs of other domains are filtered out of the PAC (SID filtering). Authentication succeeds all the same, and
        /// this KDC's tickets carry no PAC, so that nothing is seen of it here.
        QUARANTINED_DOMAIN = 0x0000_0004 "QUARANTINED_DOMAIN";
        /// The trust joins two forests, and leads to every domain of the other one.
        FOREST_TRANSITIVE = 0x0000_0008 "FOREST_TRANSITIVE";
        /// Selective authentication: those who come over the trust need the right to authenticate to each service.
        CROSS_ORGANIZATION = 0x0000_0010 "CROSS_ORGANIZATION";
        /// The two domains belong to one forest.
        WITHIN_FOREST = 0x0000_0020 "WITHIN_FOREST";
        /// A trust of forests is filtered as an external one is; without effect here.
        TREAT_AS_EXTERNAL = 0x0000_0040 "TREAT_AS_EXTERNAL";
        /// The keys of a trust with a realm of another implementation are of RC4; without effect here, where
        /// [`TrustKeys::enctypes`](crate::TrustKeys::enctypes) says it.
        USES_RC4_ENCRYPTION = 0x0000_0080 "USES_RC4_ENCRYPTION";
    }
}

/// What a trust joins, as the consoles of Active Directory call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustKind {
    /// Two domains of different forests, and no others of them.
    External,
    /// Two forests, between their root domains.
    Forest,
    /// A domain and the one below it in the same tree.
    ParentChild,
    /// A domain and a realm of another implementation.
    Realm,
    /// Two domains of one forest, past those between them.
    Shortcut,
    /// The root domain of a forest and the root of another of its trees.
    TreeRoot,
}

impl TrustKind {
    /// The trustAttributes of a new trust of this kind. An external one filters SIDs and is not transitive whether or not
    /// it says so.
    pub const fn attributes(self) -> TrustAttributes {
        match self {
            Self::External => TrustAttributes::QUARANTINED_DOMAIN,
            Self::Forest => TrustAttributes::FOREST_TRANSITIVE,
            Self::ParentChild | Self::Shortcut | Self::TreeRoot => TrustAttributes::WITHIN_FOREST,
            Self::Realm => TrustAttributes::NONE,
        }
    }
}

/// Who reaches whom over a trust (trustDirection, MS-ADTS section 6.1.6.7.12), seen from the domain that has the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustDirection {
    /// Both of what follows.
    Bidirectional,
    /// The partner trusts this domain: clients of this domain reach services of the partner.
    Inbound,
    /// This domain trusts the partner: clients of the partner reach services of this domain.
    Outbound,
}

impl TrustDirection {
    /// Whether clients of this domain reach the partner.
    pub const fn leads_out(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Inbound)
    }

    /// Whether clients of the partner reach this domain.
    pub const fn leads_in(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Outbound)
    }

    /// The same trust seen from the partner.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Bidirectional => Self::Bidirectional,
            Self::Inbound => Self::Outbound,
            Self::Outbound => Self::Inbound,
        }
    }
}

/// One record of what a forest says of its names (msDS-TrustForestTrustInfo, MS-ADTS section 6.1.6.9.3.1). Names are DNS
/// suffixes, compared without regard to case; whole labels count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForestTrustRecord {
    /// A suffix whose hosts belong to the other forest (ForestTrustTopLevelName).
    TopLevelName {
        /// The suffix.
        name: String,
        /// Whether it is routed; an administrator may disable it.
        is_enabled: bool,
    },
    /// A part of a routed suffix that does not belong to the other forest (ForestTrustTopLevelNameEx).
    TopLevelNameExclusion {
        /// The suffix.
        name: String,
    },
}

/// A trust as the domain on one side of it keeps it: a trustedDomain object. The keys are principals of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDomain {
    partner: Realm,
    kind: TrustKind,
    direction: TrustDirection,
    /// trustAttributes, which say what the trust does. [`TrustKind::attributes`] are the usual ones.
    pub attributes: TrustAttributes,
    /// Which names lead to the partner's forest. A trust that joins no forests has none, and so gives nobody a hint where
    /// an unknown service may be.
    pub forest_trust_information: Vec<ForestTrustRecord>,
}

impl TrustedDomain {
    /// A trust with `partner` with the attributes that are usual for its kind. Of a forest the DNS name of its root domain
    /// is routed.
    pub fn new(partner: impl Into<Realm>, kind: TrustKind, direction: TrustDirection) -> Self {
        let partner = partner.into();
        let forest_trust_information = match kind {
            TrustKind::Forest => vec![ForestTrustRecord::TopLevelName {
                name: dns_name(&partner),
                is_enabled: true,
            }],
            _ => Vec::new(),
        };
        Self {
            partner,
            kind,
            direction,
            attributes: kind.attributes(),
            forest_trust_information,
        }
    }

    /// The other domain or realm (trustPartner).
    pub fn partner(&self) -> &Realm {
        &self.partner
    }

    /// What the trust joins.
    pub fn kind(&self) -> TrustKind {
        self.kind
    }

    /// Who reaches whom.
    pub fn direction(&self) -> TrustDirection {
        self.direction
    }

    /// Whether both domains belong to one forest.
    pub fn is_within_forest(&self) -> bool {
        self.attributes.contains(TrustAttributes::WITHIN_FOREST)
    }

    /// Whether it joins two forests.
    pub fn joins_forests(&self) -> bool {
        self.attributes.contains(TrustAttributes::FOREST_TRANSITIVE)
    }

    /// Whether it may be combined with another trust to cross realms. A trust of two forests may, inside each of them.
    pub fn is_transitive(&self) -> bool {
        let is_forbidden = self.attributes.contains(TrustAttributes::NON_TRANSITIVE);
        let leads_on =
            self.is_within_forest() || self.joins_forests() || self.kind == TrustKind::Realm;
        leads_on && !is_forbidden
    }

    /// The length of the longest routed suffix that `host` ends in; `None` when the trust does not lead there.
    pub(crate) fn routed_suffix(&self, host: &str) -> Option<usize> {
        if !self.joins_forests() {
            return None;
        }
        let mut longest = None;
        for record in &self.forest_trust_information {
            match record {
                ForestTrustRecord::TopLevelName { name, is_enabled } => {
                    if *is_enabled && is_below(host, name) {
                        longest = longest.max(Some(name.len()));
                    }
                }
                ForestTrustRecord::TopLevelNameExclusion { name } => {
                    if is_below(host, name) {
                        return None;
                    }
                }
            }
        }
        longest
    }
}

/// The DNS name of a domain.
pub(crate) fn dns_name(realm: &Realm) -> String {
    realm.to_str_lossy().to_ascii_lowercase()
}

/// Whether `host` is `suffix` or below it.
pub(crate) fn is_below(host: &str, suffix: &str) -> bool {
    let (host, suffix) = (host.as_bytes(), suffix.as_bytes());
    let Some(start) = host.len().checked_sub(suffix.len()) else {
        return false;
    };
    !suffix.is_empty()
        && host[start..].eq_ignore_ascii_case(suffix)
        && (start == 0 || host[start - 1] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_counts_by_whole_labels_and_without_case() {
        assert!(is_below("web.Corp.example", "corp.EXAMPLE"));
        assert!(is_below("corp.example", "corp.example"));
        assert!(!is_below("notcorp.example", "corp.example"));
        assert!(!is_below("example", "corp.example"));
        assert!(!is_below("web.corp.example", ""));
    }

    #[test]
    fn kinds_are_transitive_unless_an_attribute_forbids_it() {
        for (kind, is_transitive) in [
            (TrustKind::External, false),
            (TrustKind::Forest, true),
            (TrustKind::ParentChild, true),
            (TrustKind::Realm, true),
            (TrustKind::Shortcut, true),
            (TrustKind::TreeRoot, true),
        ] {
            let mut trust = TrustedDomain::new("B", kind, TrustDirection::Bidirectional);
            assert_eq!(trust.is_transitive(), is_transitive, "{kind:?}");
            trust.attributes = trust.attributes | TrustAttributes::NON_TRANSITIVE;
            assert!(!trust.is_transitive(), "{kind:?}");
        }
    }
}
