//! The realms between a client's and a service's (RFC 4120 section 3.3.3.2).

use std::collections::BTreeMap;

use kdclab_proto::Realm;
use kdclab_proto::messages::TransitedEncoding;

/// The longest realm name a path may spell out, in bytes.
const LONGEST_REALM: usize = 1024;

/// A path that the acceptor does not trust: the realm that does not belong on it, `None` where the path is
/// malformed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Untrusted(pub(crate) Option<Realm>);

type Capaths = BTreeMap<Realm, BTreeMap<Realm, Vec<Realm>>>;

/// Checks that every realm of `transited` lies on the path from `client` to `server`, which is what
/// `capaths` says or, where it says nothing, the way up and down the hierarchy of names. Like MIT it reads every
/// encoding as DOMAIN-X500-COMPRESS.
pub(crate) fn check(
    transited: &TransitedEncoding,
    client: &Realm,
    server: &Realm,
    capaths: &Capaths,
) -> Result<(), Untrusted> {
    if matches!(transited.contents.first(), None | Some(0)) {
        return Ok(());
    }
    let configured = capaths.get(client).and_then(|paths| paths.get(server));
    let mut trusted: Vec<Vec<u8>> = match configured {
        Some(realms) => realms
            .iter()
            .map(|realm| realm.as_bytes().to_vec())
            .collect(),
        None => hierarchy(client.as_bytes(), server.as_bytes()),
    };
    trusted.push(client.as_bytes().to_vec());
    trusted.push(server.as_bytes().to_vec());
    let mut trust = |realm: &[u8]| {
        if trusted.iter().any(|trusted| trusted == realm) {
            Ok(())
        } else {
            Err(Untrusted(Some(realm.into())))
        }
    };
    for_each_realm(
        &transited.contents,
        client.as_bytes(),
        server.as_bytes(),
        &mut trust,
    )
}

/// The realms above `client` up to the nearest ancestor it shares with `server`, and those from there down.
fn hierarchy(client: &[u8], server: &[u8]) -> Vec<Vec<u8>> {
    let up: Vec<&[u8]> = ancestors(client).collect();
    let down: Vec<&[u8]> = ancestors(server).collect();
    let shared = up.iter().find(|realm| down.contains(realm)).copied();
    let below = |realms: Vec<&[u8]>| -> Vec<Vec<u8>> {
        realms
            .into_iter()
            .take_while(|realm| Some(*realm) != shared)
            .map(<[u8]>::to_vec)
            .collect()
    };
    let mut path = below(up);
    path.extend(shared.map(<[u8]>::to_vec));
    path.extend(below(down));
    path
}

/// `realm`, and what remains as labels are taken from its front.
fn ancestors(realm: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(realm), |realm| {
        let dot = realm.iter().position(|byte| *byte == b'.')?;
        realm.get(dot + 1..)
    })
}

/// Calls `visit` with every realm that `contents` name or, by an empty field, leave out.
fn for_each_realm(
    contents: &[u8],
    client: &[u8],
    server: &[u8],
    visit: &mut impl FnMut(&[u8]) -> Result<(), Untrusted>,
) -> Result<(), Untrusted> {
    let mut previous = client.to_vec();
    let mut spelled = Vec::new();
    let mut left_out = false;
    for field in Fields::new(contents) {
        let field = field?;
        if field.name.is_empty() {
            left_out = true;
            continue;
        }
        let name = if field.absolute {
            field.name
        } else if field.name.ends_with(b".") {
            [field.name.as_slice(), &spelled].concat()
        } else if field.name.starts_with(b"/") {
            [spelled.as_slice(), &field.name].concat()
        } else {
            field.name
        };
        if name.len() > LONGEST_REALM {
            return Err(Untrusted(None));
        }
        if left_out {
            visit_between(&previous, &name, visit)?;
            left_out = false;
        }
        visit(&name)?;
        spelled.clone_from(&name);
        previous = name;
    }
    if left_out {
        visit_between(&previous, server, visit)?;
    }
    Ok(())
}

/// Calls `visit` with the realms between two of which one is an ancestor of the other.
fn visit_between(
    from: &[u8],
    to: &[u8],
    visit: &mut impl FnMut(&[u8]) -> Result<(), Untrusted>,
) -> Result<(), Untrusted> {
    let (low, high) = if from.len() >= to.len() {
        (from, to)
    } else {
        (to, from)
    };
    if !ancestors(low).any(|realm| realm == high) {
        return Err(Untrusted(None));
    }
    ancestors(low)
        .skip(1)
        .take_while(|realm| *realm != high)
        .try_for_each(visit)
}

struct Field {
    name: Vec<u8>,
    /// A leading space says that what follows is a name of its own.
    absolute: bool,
}

/// The comma-separated fields, with `\` before an octet that stands for itself.
struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn new(contents: &'a [u8]) -> Self {
        Self {
            rest: Some(contents),
        }
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, Untrusted>;

    fn next(&mut self) -> Option<Self::Item> {
        let contents = self.rest.take()?;
        let mut name = Vec::new();
        let absolute = contents.first() == Some(&b' ');
        let mut bytes = contents.iter().enumerate().skip(usize::from(absolute));
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b',' => {
                    self.rest = contents.get(index + 1..);
                    break;
                }
                b'\\' => match bytes.next() {
                    Some((_, escaped)) => name.push(*escaped),
                    None => return Some(Err(Untrusted(None))),
                },
                byte => name.push(*byte),
            }
        }
        Some(Ok(Field { name, absolute }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realms(contents: &str) -> Result<Vec<String>, Untrusted> {
        let mut realms = Vec::new();
        for_each_realm(
            contents.as_bytes(),
            b"A.EXAMPLE",
            b"B.EXAMPLE",
            &mut |realm| {
                realms.push(String::from_utf8_lossy(realm).into_owned());
                Ok(())
            },
        )?;
        Ok(realms)
    }

    fn checked(
        contents: &str,
        client: &str,
        server: &str,
        capaths: &Capaths,
    ) -> Result<(), Untrusted> {
        let transited = TransitedEncoding {
            tr_type: TransitedEncoding::DOMAIN_X500_COMPRESS,
            contents: contents.as_bytes().to_vec(),
        };
        check(&transited, &client.into(), &server.into(), capaths)
    }

    fn untrusted(realm: &str) -> Result<(), Untrusted> {
        Err(Untrusted(Some(realm.into())))
    }

    #[test]
    fn rfc4120_3_3_3_2_a_trailing_dot_extends_the_previous_realm() {
        assert_eq!(
            realms("EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.").unwrap(),
            [
                "EDU",
                "MIT.EDU",
                "ATHENA.MIT.EDU",
                "WASHINGTON.EDU",
                "CS.WASHINGTON.EDU"
            ]
        );
    }

    #[test]
    fn rfc4120_3_3_3_2_a_leading_slash_extends_the_previous_realm() {
        assert_eq!(
            realms("/COM,/HP,/APOLLO").unwrap(),
            ["/COM", "/COM/HP", "/COM/HP/APOLLO"]
        );
    }

    #[test]
    fn rfc4120_3_3_3_2_a_leading_space_stands_for_itself() {
        assert_eq!(realms("/COM, /HP").unwrap(), ["/COM", "/HP"]);
    }

    #[test]
    fn rfc4120_3_3_3_2_a_backslash_escapes() {
        assert_eq!(realms("A\\,B,C").unwrap(), ["A,B", "C"]);
    }

    #[test]
    fn rfc4120_3_3_3_2_an_empty_field_means_everything_between() {
        assert_eq!(
            realms("X.Y.EXAMPLE,,EXAMPLE").unwrap(),
            ["X.Y.EXAMPLE", "Y.EXAMPLE", "EXAMPLE"]
        );
    }

    #[test]
    fn an_empty_field_between_strangers_is_malformed() {
        assert_eq!(realms("X.ORG,,Y.COM"), Err(Untrusted(None)));
    }

    #[test]
    fn a_backslash_at_the_end_is_malformed() {
        assert_eq!(realms("X\\"), Err(Untrusted(None)));
    }

    #[test]
    fn a_realm_that_grows_without_end_is_malformed() {
        let contents = format!("A{}", ",ABCDEFGHIJ.".repeat(100));
        assert_eq!(realms(&contents), Err(Untrusted(None)));
    }

    #[test]
    fn the_common_parent_is_trusted() {
        let none = Capaths::new();
        assert_eq!(checked("EXAMPLE", "A.EXAMPLE", "B.EXAMPLE", &none), Ok(()));
    }

    #[test]
    fn a_realm_beside_the_hierarchy_is_not_trusted() {
        let none = Capaths::new();
        assert_eq!(
            checked("EVIL.ORG", "A.EXAMPLE", "B.EXAMPLE", &none),
            untrusted("EVIL.ORG")
        );
    }

    #[test]
    fn what_lies_above_the_common_parent_is_not_trusted() {
        let none = Capaths::new();
        assert_eq!(
            checked("COM", "A.EXAMPLE.COM", "B.EXAMPLE.COM", &none),
            untrusted("COM")
        );
    }

    #[test]
    fn capaths_replace_the_hierarchy() {
        let paths = BTreeMap::from([(Realm::from("B.EXAMPLE"), vec![Realm::from("HUB.ORG")])]);
        let capaths = Capaths::from([(Realm::from("A.EXAMPLE"), paths)]);
        assert_eq!(
            checked("HUB.ORG", "A.EXAMPLE", "B.EXAMPLE", &capaths),
            Ok(())
        );
        assert_eq!(
            checked("EXAMPLE", "A.EXAMPLE", "B.EXAMPLE", &capaths),
            untrusted("EXAMPLE")
        );
    }

    #[test]
    fn without_a_common_parent_the_way_leads_over_both_tops() {
        let none = Capaths::new();
        for realm in ["ORG", "EXAMPLE"] {
            assert_eq!(checked(realm, "X.ORG", "B.EXAMPLE", &none), Ok(()));
        }
        assert_eq!(
            checked("Y.ORG", "X.ORG", "B.EXAMPLE", &none),
            untrusted("Y.ORG")
        );
    }
}
