use kdclab_proto::{KerberosString, Realm};

use crate::ClientConfig;

/// Names with more levels have no hierarchy here: the realms of all levels of a long name would take
/// memory that grows with the square of its length.
const MAX_LEVELS: usize = 32;

/// The realms from `client` to `server`, both included (RFC 4120 section 3.3.1): those of `capaths`
/// between them; without an entry there none, or those of the hierarchy of names.
pub(crate) fn realm_path(config: &ClientConfig, client: &Realm, server: &Realm) -> Vec<Realm> {
    let between = match config.capaths.get(client).and_then(|to| to.get(server)) {
        Some(realms) => realms.clone(),
        None if config.dialect.behaviour().hierarchical_path => hierarchy(client, server),
        None => Vec::new(),
    };
    let mut path = vec![client.clone()];
    path.extend(
        between
            .into_iter()
            .filter(|realm| realm != client && realm != server),
    );
    path.push(server.clone());
    path
}

/// The realms strictly between the two: up to the part the names have in common, then down.
fn hierarchy(client: &Realm, server: &Realm) -> Vec<Realm> {
    if levels(client).max(levels(server)) > MAX_LEVELS {
        return Vec::new();
    }
    let up = suffixes(client);
    let down = suffixes(server);
    let Some(common) = up.iter().find(|realm| down.contains(realm)).cloned() else {
        return Vec::new();
    };
    let until_common = |realms: Vec<Realm>| realms.into_iter().take_while(|r| *r != common);
    let above_client: Vec<_> = until_common(up).collect();
    let mut above_server: Vec<_> = until_common(down).collect();
    above_server.reverse();
    [above_client, vec![common.clone()], above_server].concat()
}

fn levels(realm: &Realm) -> usize {
    realm.as_bytes().split(|byte| *byte == b'.').count()
}

/// The realm and every realm above it by name: `A.B.C`, `B.C`, `C`.
fn suffixes(realm: &Realm) -> Vec<Realm> {
    let bytes = realm.as_bytes();
    let dots = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'.');
    let starts = std::iter::once(0).chain(dots.map(|(index, _)| index + 1));
    starts
        .filter_map(|start| bytes.get(start..))
        .filter(|suffix| !suffix.is_empty())
        .map(|suffix| KerberosString::from(suffix).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(config: &ClientConfig, client: &str, server: &str) -> Vec<String> {
        realm_path(config, &client.into(), &server.into())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn k5_client_realm_path_goes_straight_without_capaths() {
        let config = ClientConfig::mit("A.X.EXAMPLE");
        assert_eq!(
            path(&config, "A.X.EXAMPLE", "B.X.EXAMPLE"),
            ["A.X.EXAMPLE", "B.X.EXAMPLE"]
        );
    }

    #[test]
    fn java_realms_list_follows_the_hierarchy() {
        let config = ClientConfig::java("A.X.EXAMPLE");
        assert_eq!(
            path(&config, "A.X", "D.C.B.X"),
            ["A.X", "X", "B.X", "C.B.X", "D.C.B.X"]
        );
        assert_eq!(
            path(&config, "C.B.A.X", "D.X"),
            ["C.B.A.X", "B.A.X", "A.X", "X", "D.X"]
        );
        assert_eq!(
            path(&config, "A.X.EXAMPLE", "X.EXAMPLE"),
            ["A.X.EXAMPLE", "X.EXAMPLE"]
        );
        assert_eq!(path(&config, "LAB.ONE", "LAB.TWO"), ["LAB.ONE", "LAB.TWO"]);
    }

    #[test]
    fn a_name_of_too_many_levels_has_no_hierarchy() {
        let config = ClientConfig::java("X");
        let deep = |levels: usize| format!("{}X", "A.".repeat(levels - 1));
        assert_eq!(path(&config, "X", &deep(MAX_LEVELS)).len(), MAX_LEVELS);
        assert_eq!(path(&config, "X", &deep(MAX_LEVELS + 1)).len(), 2);
    }

    #[test]
    fn capaths_replace_the_hierarchy() {
        let mut config = ClientConfig::java("A.X.EXAMPLE");
        let to = config.capaths.entry("A.X.EXAMPLE".into()).or_default();
        to.insert("B.X.EXAMPLE".into(), vec!["HUB".into(), "RIM".into()]);
        assert_eq!(
            path(&config, "A.X.EXAMPLE", "B.X.EXAMPLE"),
            ["A.X.EXAMPLE", "HUB", "RIM", "B.X.EXAMPLE"]
        );
        // The entry says nothing about the way back.
        assert_eq!(
            path(&config, "B.X.EXAMPLE", "A.X.EXAMPLE"),
            ["B.X.EXAMPLE", "X.EXAMPLE", "A.X.EXAMPLE"]
        );
    }
}
