//! The way from one realm to another (RFC 4120 section 1.2).

use kdclab_proto::Realm;

use crate::RealmPolicy;

/// How many dots a realm name may have to be taken for part of a hierarchy.
const MAX_LEVELS: usize = 32;

/// The realms from `client` to `server`, both included: as `capaths` says, or else along the hierarchy
/// of their names.
pub(crate) fn realm_path(policy: &RealmPolicy, client: &Realm, server: &Realm) -> Vec<Realm> {
    if client == server {
        return vec![client.clone()];
    }
    let configured = policy
        .capaths
        .get(client)
        .and_then(|servers| servers.get(server));
    match configured {
        Some(between) => {
            let mut path = vec![client.clone()];
            path.extend(between.iter().cloned());
            path.push(server.clone());
            path
        }
        None => hierarchical(client.as_bytes(), server.as_bytes())
            .into_iter()
            .map(Realm::from)
            .collect(),
    }
}

/// Up from `client` to the realm above both, or to its top, and down to `server`.
fn hierarchical<'a>(client: &'a [u8], server: &'a [u8]) -> Vec<&'a [u8]> {
    let up = upwards(client);
    let down = upwards(server);
    let common = up
        .iter()
        .position(|realm| down.contains(realm))
        .map(|meeting| up[meeting]);
    let mut path: Vec<&[u8]> = up
        .iter()
        .copied()
        .take_while(|realm| Some(*realm) != common)
        .collect();
    path.extend(common);
    let descent: Vec<&[u8]> = down
        .iter()
        .copied()
        .take_while(|realm| Some(*realm) != common)
        .collect();
    path.extend(descent.into_iter().rev());
    path
}

/// A realm and those above it, lowest first. A name of more levels than [`MAX_LEVELS`], which only a
/// hostile client sends, has none above it.
fn upwards(realm: &[u8]) -> Vec<&[u8]> {
    let dots = (0..realm.len()).filter(|index| realm[*index] == b'.');
    let dots = Some(dots).filter(|dots| dots.clone().nth(MAX_LEVELS).is_none());
    let dots = dots.into_iter().flatten();
    std::iter::once(realm)
        .chain(dots.map(|dot| &realm[dot + 1..]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(client: &str, server: &str) -> Vec<String> {
        let path = realm_path(&RealmPolicy::default(), &client.into(), &server.into());
        path.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn siblings_meet_at_their_parent() {
        assert_eq!(path("A.LAB", "B.LAB"), ["A.LAB", "LAB", "B.LAB"]);
    }

    #[test]
    fn parents_and_children_are_neighbours() {
        assert_eq!(path("A.LAB", "LAB"), ["A.LAB", "LAB"]);
        assert_eq!(path("LAB", "A.LAB"), ["LAB", "A.LAB"]);
    }

    #[test]
    fn strangers_go_over_both_tops() {
        assert_eq!(path("A.B", "C.D"), ["A.B", "B", "D", "C.D"]);
        assert_eq!(path("A", "B"), ["A", "B"]);
    }

    #[test]
    fn a_name_of_endless_levels_is_one_realm() {
        let endless = format!("{}LAB", "a.".repeat(100_000));
        assert_eq!(path("LAB", &endless), ["LAB", endless.as_str()]);
        let deep = format!("{}LAB", "a.".repeat(MAX_LEVELS));
        assert_eq!(path("LAB", &deep).len(), MAX_LEVELS + 1);
    }

    #[test]
    fn capaths_come_before_the_hierarchy() {
        let mut policy = RealmPolicy::default();
        policy
            .capaths
            .entry("A".into())
            .or_default()
            .insert("C".into(), vec!["B".into()]);
        let realms = ["A", "B", "C"].map(Realm::from);
        assert_eq!(realm_path(&policy, &realms[0], &realms[2]), realms);
        assert_eq!(
            realm_path(&policy, &realms[2], &realms[0]),
            ["C", "A"].map(Realm::from)
        );
    }
}
