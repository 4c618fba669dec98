//! Principal names as text, quoted as MIT's `krb5_parse_name` and `krb5_unparse_name` do.

use std::fmt;
use std::str::FromStr;

use super::{KerberosString, NameType, Principal, PrincipalName, Realm};

impl Principal {
    /// Reads `component/component@REALM`. A name without `@` belongs to `default_realm`. A backslash
    /// takes the next character as it is, except that `\n`, `\t`, `\b` and `\0` stand for the control
    /// characters. The name-type follows from the components: `krbtgt/REALM` is NT-SRV-INST,
    /// `WELLKNOWN/...` is NT-WELLKNOWN, everything else NT-PRINCIPAL.
    ///
    /// # Errors
    /// [`InvalidName`] when the text ends in a backslash, has a second realm or a `/` in the realm, or
    /// has no realm and there is no default.
    pub fn parse(text: &str, default_realm: Option<&Realm>) -> Result<Self, InvalidName> {
        let parts = Parts::split(text, false)?;
        let name = PrincipalName {
            name_type: inferred_type(&parts.components),
            components: parts.components,
        };
        Ok(name.at(realm_or_default(text, parts.realm, default_realm)?))
    }

    /// Reads an enterprise name (RFC 6806 section 5): one component of type NT-ENTERPRISE which may
    /// hold `/` and one `@`; what follows a second `@` is the realm.
    ///
    /// # Errors
    /// [`InvalidName`] when the text ends in a backslash, has a third `@`, or has no realm and there is
    /// no default.
    pub fn parse_enterprise(
        text: &str,
        default_realm: Option<&Realm>,
    ) -> Result<Self, InvalidName> {
        let parts = Parts::split(text, true)?;
        let name = PrincipalName {
            name_type: NameType::ENTERPRISE,
            components: parts.components,
        };
        Ok(name.at(realm_or_default(text, parts.realm, default_realm)?))
    }
}

impl PrincipalName {
    /// Reads `component/component` with the quoting and name-types of [`Principal::parse`].
    ///
    /// # Errors
    /// [`InvalidName`] when the text ends in a backslash or has an unquoted `@`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let parts = Parts::split(text, false)?;
        if let Some((position, _)) = parts.realm {
            return Err(InvalidName {
                position,
                reason: InvalidNameReason::UnexpectedRealm,
            });
        }
        Ok(Self {
            name_type: inferred_type(&parts.components),
            components: parts.components,
        })
    }
}

/// Reads a name with its realm, `component/component@REALM`.
impl FromStr for Principal {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text, None)
    }
}

/// The text [`Principal::parse`] reads, with `/`, `@`, `\` and the four control characters quoted in
/// components and realm. What is not UTF-8 prints as U+FFFD.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.name)?;
        write_quoted(f, &self.realm.to_str_lossy())
    }
}

/// The text [`PrincipalName::parse`] reads.
impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, component) in self.components.iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            write_quoted(f, &component.to_str_lossy())?;
        }
        Ok(())
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write;

    for character in text.chars() {
        match character {
            '/' | '@' | '\\' => write!(f, "\\{character}")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\0' => f.write_str("\\0")?,
            _ => f.write_char(character)?,
        }
    }
    Ok(())
}

fn inferred_type(components: &[KerberosString]) -> NameType {
    match components {
        [first, _] if *first == "krbtgt" => NameType::SRV_INST,
        [first, _, ..] if *first == "WELLKNOWN" => NameType::WELLKNOWN,
        _ => NameType::PRINCIPAL,
    }
}

fn realm_or_default(
    text: &str,
    realm: Option<(usize, String)>,
    default_realm: Option<&Realm>,
) -> Result<Realm, InvalidName> {
    match (realm, default_realm) {
        (Some((_, realm)), _) => Ok(realm.into()),
        (None, Some(default_realm)) => Ok(default_realm.clone()),
        (None, None) => Err(InvalidName {
            position: text.len(),
            reason: InvalidNameReason::MissingRealm,
        }),
    }
}

struct Parts {
    components: Vec<KerberosString>,
    /// The position of the `@` and what follows it.
    realm: Option<(usize, String)>,
}

impl Parts {
    fn split(text: &str, enterprise: bool) -> Result<Self, InvalidName> {
        let mut components = Vec::new();
        let mut realm_position = None;
        let mut part = String::new();
        let mut suffix_allowed = enterprise;
        let mut characters = text.char_indices();
        while let Some((position, character)) = characters.next() {
            let error = |reason| Err(InvalidName { position, reason });
            match character {
                '/' if !enterprise && realm_position.is_some() => {
                    return error(InvalidNameReason::SeparatorInRealm);
                }
                '/' if !enterprise => components.push(std::mem::take(&mut part).into()),
                '@' if suffix_allowed => {
                    suffix_allowed = false;
                    part.push(character);
                }
                '@' if realm_position.is_some() => return error(InvalidNameReason::SecondRealm),
                '@' => {
                    realm_position = Some(position);
                    components.push(std::mem::take(&mut part).into());
                }
                '\\' => match characters.next() {
                    None => return error(InvalidNameReason::TrailingBackslash),
                    Some((_, 'n')) => part.push('\n'),
                    Some((_, 't')) => part.push('\t'),
                    Some((_, 'b')) => part.push('\u{8}'),
                    Some((_, '0')) => part.push('\0'),
                    Some((_, quoted)) => part.push(quoted),
                },
                _ => part.push(character),
            }
        }
        let realm = match realm_position {
            Some(position) => Some((position, part)),
            None => {
                components.push(part.into());
                None
            }
        };
        Ok(Self { components, realm })
    }
}

/// A text that is not a principal name: where, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidName {
    /// The byte of the text at which the fault lies.
    pub position: usize,
    /// What is wrong there.
    pub reason: InvalidNameReason,
}

/// Why a text is not a principal name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidNameReason {
    /// There is no `@`, and no default realm.
    MissingRealm,
    /// A second unquoted `@`.
    SecondRealm,
    /// An unquoted `/` after the `@`.
    SeparatorInRealm,
    /// A backslash with nothing behind it.
    TrailingBackslash,
    /// An unquoted `@` where only a name is wanted.
    UnexpectedRealm,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            InvalidNameReason::MissingRealm => "the principal has no realm",
            InvalidNameReason::SecondRealm => "a second realm",
            InvalidNameReason::SeparatorInRealm => "a component separator in the realm",
            InvalidNameReason::TrailingBackslash => "a backslash that quotes nothing",
            InvalidNameReason::UnexpectedRealm => "a realm where only a name is wanted",
        })?;
        write!(f, " at byte {}", self.position)
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each row was put to MIT 1.20 (krb5_parse_name, its type and components, krb5_unparse_name) with
    /// the default realm DEF.
    macro_rules! mit_parses {
        ($($name:ident($parse:ident, $text:expr, $type:expr, $components:expr, $realm:expr, $shown:expr);)*) => {$(
            #[test]
            fn $name() {
                let principal = Principal::$parse($text, Some(&"DEF".into())).unwrap();
                assert_eq!(principal.name.name_type, NameType($type));
                let components: [&str; _] = $components;
                assert_eq!(principal, PrincipalName::new(NameType::UNKNOWN, components).at($realm));
                assert_eq!(principal.to_string(), $shown);
            }
        )*};
    }

    mit_parses! {
        mit_plain(parse, "alice@LAB", 1, ["alice"], "LAB", "alice@LAB");
        mit_default_realm(parse, "alice", 1, ["alice"], "DEF", "alice@DEF");
        mit_empty_text(parse, "", 1, [""], "DEF", "@DEF");
        mit_empty_name(parse, "@LAB", 1, [""], "LAB", "@LAB");
        mit_empty_realm(parse, "alice@", 1, ["alice"], "", "alice@");
        mit_four_components(parse, "a/b/c/d@LAB", 1, ["a", "b", "c", "d"], "LAB", "a/b/c/d@LAB");
        mit_lone_separator(parse, "/@LAB", 1, ["", ""], "LAB", "/@LAB");
        mit_empty_middle_component(parse, "a//b@LAB", 1, ["a", "", "b"], "LAB", "a//b@LAB");
        mit_empty_last_component(parse, "a/@LAB", 1, ["a", ""], "LAB", "a/@LAB");
        mit_space(parse, "a b@LAB", 1, ["a b"], "LAB", "a b@LAB");
        mit_quoted_separator(parse, r"a\/b@LAB", 1, ["a/b"], "LAB", r"a\/b@LAB");
        mit_quoted_at(parse, r"a\@b@LAB", 1, ["a@b"], "LAB", r"a\@b@LAB");
        mit_quoted_backslash(parse, r"a\\b@LAB", 1, [r"a\b"], "LAB", r"a\\b@LAB");
        mit_control_characters(parse, r"a\nb\tc\bd\0e@LAB", 1, ["a\nb\tc\u{8}d\0e"], "LAB", r"a\nb\tc\bd\0e@LAB");
        mit_bare_tab(parse, "a\tb@LAB", 1, ["a\tb"], "LAB", r"a\tb@LAB");
        mit_bare_carriage_return(parse, "a\rb@LAB", 1, ["a\rb"], "LAB", "a\rb@LAB");
        mit_needless_quote(parse, r"a\qb@LAB", 1, ["aqb"], "LAB", "aqb@LAB");
        mit_quoted_utf8(parse, r"a\ä@LAB", 1, ["aä"], "LAB", "aä@LAB");
        mit_utf8(parse, "älice/€@LÄ", 1, ["älice", "€"], "LÄ", "älice/€@LÄ");
        mit_quoted_separator_in_realm(parse, r"a@b\/c", 1, ["a"], "b/c", r"a@b\/c");
        mit_quoted_at_in_realm(parse, r"a@b\@c", 1, ["a"], "b@c", r"a@b\@c");
        mit_realm_keeps_its_case(parse, "alice@lab", 1, ["alice"], "lab", "alice@lab");
        mit_krbtgt(parse, "krbtgt/LAB@LAB", 2, ["krbtgt", "LAB"], "LAB", "krbtgt/LAB@LAB");
        mit_krbtgt_alone(parse, "krbtgt@LAB", 1, ["krbtgt"], "LAB", "krbtgt@LAB");
        mit_krbtgt_of_three(parse, "krbtgt/A/B@LAB", 1, ["krbtgt", "A", "B"], "LAB", "krbtgt/A/B@LAB");
        mit_krbtgt_in_capitals(parse, "KRBTGT/LAB@LAB", 1, ["KRBTGT", "LAB"], "LAB", "KRBTGT/LAB@LAB");
        mit_anonymous(parse, "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS", 11, ["WELLKNOWN", "ANONYMOUS"],
            "WELLKNOWN:ANONYMOUS", "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS");
        mit_wellknown_of_three(parse, "WELLKNOWN/A/B@LAB", 11, ["WELLKNOWN", "A", "B"], "LAB", "WELLKNOWN/A/B@LAB");
        mit_wellknown_alone(parse, "WELLKNOWN@LAB", 1, ["WELLKNOWN"], "LAB", "WELLKNOWN@LAB");
        mit_host_service(parse, "host/x@LAB", 1, ["host", "x"], "LAB", "host/x@LAB");
        mit_enterprise(parse_enterprise, "user@suffix", 10, ["user@suffix"], "DEF", r"user\@suffix@DEF");
        mit_enterprise_with_realm(parse_enterprise, "user@suffix@LAB", 10, ["user@suffix"], "LAB", r"user\@suffix@LAB");
        mit_enterprise_without_suffix(parse_enterprise, "user", 10, ["user"], "DEF", "user@DEF");
        mit_enterprise_with_separator(parse_enterprise, "a/b@suffix", 10, ["a/b@suffix"], "DEF", r"a\/b\@suffix@DEF");
        mit_enterprise_quoted_at_does_not_count(parse_enterprise, r"a\@b@c", 10, ["a@b@c"], "DEF", r"a\@b\@c@DEF");
        mit_enterprise_empty_realm(parse_enterprise, "a@b@", 10, ["a@b"], "", r"a\@b@");
        mit_enterprise_separator_in_realm(parse_enterprise, "a@b@c/d", 10, ["a@b"], "c/d", r"a\@b@c\/d");
        mit_enterprise_lone_at(parse_enterprise, "@", 10, ["@"], "DEF", r"\@@DEF");
        mit_enterprise_krbtgt(parse_enterprise, "krbtgt/LAB", 10, ["krbtgt/LAB"], "DEF", r"krbtgt\/LAB@DEF");
    }

    macro_rules! mit_refuses {
        ($($name:ident($parse:ident, $text:expr, $position:expr, $reason:ident);)*) => {$(
            #[test]
            fn $name() {
                let error = InvalidName { position: $position, reason: InvalidNameReason::$reason };
                assert_eq!(Principal::$parse($text, Some(&"DEF".into())), Err(error));
            }
        )*};
    }

    mit_refuses! {
        mit_trailing_backslash(parse, r"a\", 1, TrailingBackslash);
        mit_trailing_backslash_in_realm(parse, r"a@LAB\", 5, TrailingBackslash);
        mit_second_realm(parse, "a@b@c", 3, SecondRealm);
        mit_separator_in_realm(parse, "a@b/c", 3, SeparatorInRealm);
        mit_enterprise_third_at(parse_enterprise, "a@b@c@d", 5, SecondRealm);
        mit_enterprise_trailing_backslash(parse_enterprise, r"a@b\", 3, TrailingBackslash);
    }

    #[test]
    fn from_str_wants_a_realm() {
        let error = InvalidName {
            position: 5,
            reason: InvalidNameReason::MissingRealm,
        };
        assert_eq!("alice".parse::<Principal>(), Err(error));
        assert_eq!(error.to_string(), "the principal has no realm at byte 5");
        assert!("alice@LAB".parse::<Principal>().is_ok());
    }

    #[test]
    fn a_name_alone_wants_no_realm() {
        let error = InvalidName {
            position: 1,
            reason: InvalidNameReason::UnexpectedRealm,
        };
        assert_eq!(PrincipalName::parse("a@LAB"), Err(error));
        assert_eq!(PrincipalName::parse("a@"), Err(error));
        let name = PrincipalName::parse(r"krbtgt/a\@b").unwrap();
        assert_eq!(
            name,
            PrincipalName::new(NameType::SRV_INST, ["krbtgt", "a@b"])
        );
        assert_eq!(name.name_type, NameType::SRV_INST);
        assert_eq!(name.to_string(), r"krbtgt/a\@b");
    }

    #[test]
    fn what_is_not_utf8_prints_as_a_replacement() {
        let name = PrincipalName::new(NameType::PRINCIPAL, [vec![b'a', 0xff, b'/']]);
        assert_eq!(name.at("LAB").to_string(), "a\u{fffd}\\/@LAB");
    }

    fn text() -> impl Strategy<Value = String> {
        let special = prop::sample::select(vec![
            '/', '@', '\\', 'n', '0', '\n', '\t', '\u{8}', '\0', ' ',
        ]);
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..8)
            .prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn display_then_parse_is_identity(components in prop::collection::vec(text(), 1..5), realm in text()) {
            let principal = PrincipalName::new(NameType::PRINCIPAL, components).at(realm);
            prop_assert_eq!(principal.to_string().parse(), Ok(principal.clone()));
            prop_assert_eq!(PrincipalName::parse(&principal.name.to_string()), Ok(principal.name));
        }

        #[test]
        fn enterprise_display_then_parse_is_identity(component in text(), realm in text()) {
            let principal = PrincipalName::new(NameType::ENTERPRISE, [component]).at(realm);
            prop_assert_eq!(principal.to_string().parse(), Ok(principal));
        }

        #[test]
        fn parse_then_display_then_parse_is_stable(text in text(), enterprise: bool) {
            let parse = if enterprise { Principal::parse_enterprise } else { Principal::parse };
            if let Ok(principal) = parse(&text, Some(&"DEF".into())) {
                prop_assert_eq!(principal.to_string().parse(), Ok(principal));
            }
        }
    }
}
