//! Names of realms and principals (RFC 4120 section 6).

mod text;

pub use text::{InvalidName, InvalidNameReason};

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A KerberosString: the bytes of a GeneralString. RFC 4120 section 5.2.1 allows ASCII only; real
/// implementations send UTF-8 and compare bytes, so any bytes are kept and echoed as they came.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KerberosString(Vec<u8>);

impl KerberosString {
    /// The bytes as they travel.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, with U+FFFD for what is not UTF-8.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for KerberosString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for KerberosString {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for KerberosString {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for KerberosString {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl PartialEq<str> for KerberosString {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for KerberosString {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for KerberosString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_str_lossy())
    }
}

impl fmt::Debug for KerberosString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str_lossy(), f)
    }
}

/// A realm name. Case counts: `LAB.EXAMPLE` and `lab.example` are two realms (RFC 4120 section 6.1).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(KerberosString);

impl Realm {
    /// The bytes as they travel.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text, with U+FFFD for what is not UTF-8.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        self.0.to_str_lossy()
    }

    /// Whether the name has no characters, as some clients leave it in a KRB-ERROR.
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl<T: Into<KerberosString>> From<T> for Realm {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The name-type of a principal (RFC 4120 section 6.2, RFC 6111, RFC 8062). A hint only; numbers
/// without a name here are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameType(pub i32);

impl NameType {
    /// NT-UNKNOWN.
    pub const UNKNOWN: Self = Self(0);
    /// NT-PRINCIPAL: a user, or any name without a better type.
    pub const PRINCIPAL: Self = Self(1);
    /// NT-SRV-INST: a service and its instance, `krbtgt/REALM` above all.
    pub const SRV_INST: Self = Self(2);
    /// NT-SRV-HST: a service and the host it runs on.
    pub const SRV_HST: Self = Self(3);
    /// NT-SRV-XHST: a service and its host in several components.
    pub const SRV_XHST: Self = Self(4);
    /// NT-UID: a unique identifier.
    pub const UID: Self = Self(5);
    /// NT-X500-PRINCIPAL: a distinguished name (PKINIT).
    pub const X500_PRINCIPAL: Self = Self(6);
    /// NT-SMTP-NAME: a name in the form of a mail address.
    pub const SMTP_NAME: Self = Self(7);
    /// NT-ENTERPRISE: one component `user@suffix` that the KDC maps to a principal (RFC 6806 section 5).
    pub const ENTERPRISE: Self = Self(10);
    /// NT-WELLKNOWN: a name reserved by RFC 6111, such as `WELLKNOWN/ANONYMOUS`.
    pub const WELLKNOWN: Self = Self(11);
}

/// The name of a principal inside its realm. Two names are equal when their components are: the
/// name-type is a hint (RFC 4120 section 6.2).
#[derive(Clone, Debug, Default)]
pub struct PrincipalName {
    /// What kind of name its sender takes it for.
    pub name_type: NameType,
    /// The components, in order. A wire message may carry none.
    pub components: Vec<KerberosString>,
}

impl PrincipalName {
    /// Whether the components are the same but for the case of ASCII letters, as Active Directory compares names.
    pub fn eq_ignore_ascii_case(&self, other: &Self) -> bool {
        self.components.len() == other.components.len()
            && self
                .components
                .iter()
                .zip(&other.components)
                .all(|(one, other)| one.as_bytes().eq_ignore_ascii_case(other.as_bytes()))
    }

    /// A name of `components`.
    pub fn new<T: Into<KerberosString>>(
        name_type: NameType,
        components: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            name_type,
            components: components.into_iter().map(Into::into).collect(),
        }
    }

    /// `krbtgt/REALM`, the ticket-granting service for `realm`.
    pub fn krbtgt(realm: &Realm) -> Self {
        Self {
            name_type: NameType::SRV_INST,
            components: vec!["krbtgt".into(), realm.0.clone()],
        }
    }

    /// The realm this name grants tickets for, when it is `krbtgt/REALM`.
    pub fn krbtgt_realm(&self) -> Option<Realm> {
        match self.components.as_slice() {
            [service, realm] if *service == "krbtgt" => Some(Realm(realm.clone())),
            _ => None,
        }
    }

    /// This name in `realm`.
    pub fn at(self, realm: impl Into<Realm>) -> Principal {
        Principal {
            name: self,
            realm: realm.into(),
        }
    }
}

impl PartialEq for PrincipalName {
    fn eq(&self, other: &Self) -> bool {
        self.components == other.components
    }
}

impl Eq for PrincipalName {}

impl PartialOrd for PrincipalName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PrincipalName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.components.cmp(&other.components)
    }
}

impl Hash for PrincipalName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.components.hash(state);
    }
}

/// A principal: a name and the realm it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// The name inside the realm.
    pub name: PrincipalName,
    /// The realm that keeps the principal's key.
    pub realm: Realm,
}

impl Principal {
    /// Whether name and realm are the same but for the case of ASCII letters, as Active Directory compares them.
    pub fn eq_ignore_ascii_case(&self, other: &Self) -> bool {
        let (one, two) = (self.realm.as_bytes(), other.realm.as_bytes());
        one.eq_ignore_ascii_case(two) && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// `krbtgt/for_realm@in_realm`: with two realms, the key `in_realm` seals tickets for `for_realm` with.
    pub fn krbtgt(for_realm: &Realm, in_realm: &Realm) -> Self {
        Self {
            name: PrincipalName::krbtgt(for_realm),
            realm: in_realm.clone(),
        }
    }

    /// Whether this is the ticket-granting service of its own realm.
    pub fn is_local_krbtgt(&self) -> bool {
        self.name.krbtgt_realm().as_ref() == Some(&self.realm)
    }
}
