//! DOMAIN-X500-COMPRESS: the realms a ticket has crossed (RFC 4120 section 3.3.3.2).

use std::fmt;

use kdclab_proto::Realm;

/// The longest realm name and the most realms that are expanded: a few octets can stand for a lot.
const MAX_REALM: usize = 500;
const MAX_REALMS: usize = 500;

/// A transited field that does not follow its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTransited;

impl fmt::Display for InvalidTransited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a list of realms in the form DOMAIN-X500-COMPRESS")
    }
}

impl std::error::Error for InvalidTransited {}

/// The realms that `contents` stand for, in order, on the way from `client` to `server`. An empty
/// subfield stands for every realm of the hierarchy between its neighbours.
///
/// # Errors
/// [`InvalidTransited`] when a name is malformed or too long, or an empty subfield has neighbours that
/// are not above one another.
pub fn expand_transited(
    contents: &[u8],
    client: &Realm,
    server: &Realm,
) -> Result<Vec<Realm>, InvalidTransited> {
    if contents.is_empty() {
        return Ok(Vec::new());
    }
    let mut realms: Vec<Vec<u8>> = Vec::new();
    let mut gap = false;
    for subfield in subfields(contents)? {
        let Some(name) = subfield.join(realms.last().map(Vec::as_slice)) else {
            gap = true;
            continue;
        };
        if name.len() > MAX_REALM {
            return Err(InvalidTransited);
        }
        if gap {
            let previous = realms.last().map_or(client.as_bytes(), Vec::as_slice);
            let between = between(previous, &name)?;
            realms.extend(between);
        }
        gap = false;
        realms.push(name);
        if realms.len() > MAX_REALMS {
            return Err(InvalidTransited);
        }
    }
    if gap {
        let previous = realms.last().map_or(client.as_bytes(), Vec::as_slice);
        let between = between(previous, server.as_bytes())?;
        realms.extend(between);
    }
    Ok(realms.into_iter().map(Realm::from).collect())
}

/// `contents` with `realm` added behind the realms already there.
///
/// # Errors
/// [`InvalidTransited`] when `contents` are malformed.
pub fn add_transited(contents: &[u8], realm: &Realm) -> Result<Vec<u8>, InvalidTransited> {
    let mut last: Option<Vec<u8>> = None;
    for subfield in subfields(contents)? {
        if let Some(name) = subfield.join(last.as_deref()) {
            if name.len() > MAX_REALM {
                return Err(InvalidTransited);
            }
            last = Some(name);
        }
    }
    let mut added = contents.to_vec();
    if !contents.is_empty() {
        added.push(b',');
    }
    added.extend(compressed(realm.as_bytes(), last.as_deref()));
    Ok(added)
}

struct Subfield {
    name: Vec<u8>,
    /// A leading space: the name stands for itself although it begins with a slash.
    stands_alone: bool,
    /// The final dot was not quoted.
    ends_in_dot: bool,
}

impl Subfield {
    /// The realm this stands for behind `previous`; `None` for an empty subfield.
    fn join(&self, previous: Option<&[u8]>) -> Option<Vec<u8>> {
        if self.name.is_empty() {
            return None;
        }
        let previous = previous.unwrap_or_default();
        if self.stands_alone {
            Some(self.name.clone())
        } else if self.name.starts_with(b"/") {
            Some([previous, &self.name].concat())
        } else if self.ends_in_dot {
            Some([&self.name, previous].concat())
        } else {
            Some(self.name.clone())
        }
    }
}

fn subfields(contents: &[u8]) -> Result<Vec<Subfield>, InvalidTransited> {
    if contents.is_empty() {
        return Ok(Vec::new());
    }
    let mut subfields = Vec::new();
    let mut current = Subfield::empty();
    let mut octets = contents.iter();
    let mut is_first = true;
    while let Some(octet) = octets.next() {
        match octet {
            b',' => {
                subfields.push(std::mem::replace(&mut current, Subfield::empty()));
                is_first = true;
                continue;
            }
            b'\\' => {
                current.name.push(*octets.next().ok_or(InvalidTransited)?);
                current.ends_in_dot = false;
            }
            b' ' if is_first => current.stands_alone = true,
            other => {
                current.name.push(*other);
                current.ends_in_dot = *other == b'.';
            }
        }
        is_first = false;
    }
    subfields.push(current);
    if subfields.len() > MAX_REALMS {
        return Err(InvalidTransited);
    }
    Ok(subfields)
}

impl Subfield {
    const fn empty() -> Self {
        Self {
            name: Vec::new(),
            stands_alone: false,
            ends_in_dot: false,
        }
    }
}

/// The shortest subfield for `realm` behind `previous`.
fn compressed(realm: &[u8], previous: Option<&[u8]>) -> Vec<u8> {
    if let Some(previous) = previous.filter(|previous| !previous.is_empty()) {
        if realm.starts_with(b"/") {
            return match realm.strip_prefix(previous) {
                Some(rest) if previous.starts_with(b"/") && rest.starts_with(b"/") => quoted(rest),
                _ => [b" ".as_slice(), &quoted(realm)].concat(),
            };
        }
        if let Some(prefix) = realm.strip_suffix(previous)
            && prefix.ends_with(b".")
            && !previous.starts_with(b"/")
        {
            let mut subfield = quoted(&prefix[..prefix.len() - 1]);
            subfield.push(b'.');
            return subfield;
        }
    }
    let mut subfield = quoted(realm);
    if realm.ends_with(b".") {
        subfield.insert(subfield.len() - 1, b'\\');
    }
    if realm.starts_with(b" ") {
        subfield.insert(0, b'\\');
    }
    subfield
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(name.len());
    for octet in name {
        if matches!(octet, b',' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*octet);
    }
    quoted
}

/// The realms strictly between two of which one is above the other, starting next to `from`.
fn between(from: &[u8], to: &[u8]) -> Result<Vec<Vec<u8>>, InvalidTransited> {
    if from.len() > MAX_REALM || to.len() > MAX_REALM {
        return Err(InvalidTransited);
    }
    if from == to {
        return Ok(Vec::new());
    }
    if from.len() > to.len() {
        return above(from, to).ok_or(InvalidTransited);
    }
    let mut realms = above(to, from).ok_or(InvalidTransited)?;
    realms.reverse();
    Ok(realms)
}

/// The realms above `lower` and below `upper`, lowest first; `None` when `upper` is not above `lower`.
fn above(lower: &[u8], upper: &[u8]) -> Option<Vec<Vec<u8>>> {
    if upper.starts_with(b"/") {
        let rest = lower.strip_prefix(upper)?;
        rest.starts_with(b"/").then_some(())?;
        let ends = (1..rest.len()).rev().filter(|end| rest[*end] == b'/');
        return Some(
            ends.map(|end| lower[..upper.len() + end].to_vec())
                .collect(),
        );
    }
    let rest = lower.strip_suffix(upper)?;
    rest.ends_with(b".").then_some(())?;
    let starts = (0..rest.len() - 1).filter(|dot| rest[*dot] == b'.');
    Some(starts.map(|dot| lower[dot + 1..].to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(contents: &str, client: &str, server: &str) -> Result<Vec<String>, InvalidTransited> {
        let realms = expand_transited(contents.as_bytes(), &client.into(), &server.into())?;
        Ok(realms.iter().map(ToString::to_string).collect())
    }

    fn compress(realms: &[&str]) -> String {
        let contents = realms.iter().fold(Vec::new(), |contents, realm| {
            add_transited(&contents, &Realm::from(*realm)).unwrap()
        });
        String::from_utf8(contents).unwrap()
    }

    const DOMAINS: [&str; 5] = [
        "EDU",
        "MIT.EDU",
        "ATHENA.MIT.EDU",
        "WASHINGTON.EDU",
        "CS.WASHINGTON.EDU",
    ];
    const X500: [&str; 4] = ["/COM", "/COM/HP", "/COM/HP/APOLLO", "/COM/DEC"];

    #[test]
    fn rfc4120_3_3_3_2_domain_names_expand() {
        assert_eq!(
            expand("EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.", "A", "B").unwrap(),
            DOMAINS
        );
    }

    #[test]
    fn rfc4120_3_3_3_2_domain_names_compress() {
        assert_eq!(compress(&DOMAINS), "EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.");
    }

    #[test]
    fn rfc4120_3_3_3_2_x500_names_expand() {
        assert_eq!(
            expand("/COM,/HP,/APOLLO, /COM/DEC", "A", "B").unwrap(),
            X500
        );
    }

    #[test]
    fn rfc4120_3_3_3_2_x500_names_compress() {
        assert_eq!(compress(&X500), "/COM,/HP,/APOLLO, /COM/DEC");
    }

    #[test]
    fn rfc4120_3_3_3_2_empty_subfields_stand_for_the_hierarchy() {
        assert_eq!(
            expand(",EDU, /COM,", "ATHENA.MIT.EDU", "/COM/HP/APOLLO").unwrap(),
            ["MIT.EDU", "EDU", "/COM", "/COM/HP"]
        );
        assert_eq!(expand(",", "A.B.C", "C").unwrap(), ["B.C"]);
        assert_eq!(expand(",", "C", "A.B.C").unwrap(), ["B.C"]);
    }

    #[test]
    fn an_empty_subfield_between_strangers_is_refused() {
        assert_eq!(expand(",", "A.B", "C.D"), Err(InvalidTransited));
        assert_eq!(expand("A.B,,XA.B.C", "X", "Y"), Err(InvalidTransited));
    }

    #[test]
    fn commas_backslashes_and_final_dots_are_quoted() {
        for realm in ["A,B", "A\\B", "A.", " A", ",", "/A, B"] {
            let contents = add_transited(b"FIRST", &realm.into()).unwrap();
            let expanded = expand_transited(&contents, &"C".into(), &"S".into()).unwrap();
            assert_eq!(expanded, ["FIRST".into(), Realm::from(realm)], "{realm}");
        }
        assert_eq!(expand("A\\", "C", "S"), Err(InvalidTransited));
    }

    #[test]
    fn a_suffix_counts_only_at_a_dot() {
        assert_eq!(compress(&["MIT.EDU", "NOTMIT.EDU"]), "MIT.EDU,NOTMIT.EDU");
        assert_eq!(compress(&["/COM", "/COMPANY"]), "/COM, /COMPANY");
    }

    #[test]
    fn growing_names_are_bounded() {
        let contents = ["ABCDEFGH"].into_iter().chain(vec!["A."; 400]);
        let contents = contents.collect::<Vec<_>>().join(",");
        assert_eq!(expand(&contents, "A", "B"), Err(InvalidTransited));
        assert_eq!(
            add_transited(contents.as_bytes(), &"A".into()),
            Err(InvalidTransited)
        );
        assert_eq!(
            expand(&",".repeat(100_000), "A", "B"),
            Err(InvalidTransited)
        );
    }

    #[test]
    fn nothing_crossed_is_an_empty_list() {
        assert_eq!(expand("", "A", "B").unwrap(), [""; 0]);
        assert_eq!(compress(&["A"]), "A");
    }
}
