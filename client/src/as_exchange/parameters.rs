use std::fmt;
use std::time::Duration;

use kdclab_proto::messages::HostAddresses;
use kdclab_proto::{Enctype, KeyCache, Keytab, Principal, PrincipalName};
use zeroize::Zeroizing;

use crate::SecretKind;

/// What a client proves itself with. It never shows in `Debug`.
#[derive(Clone)]
pub enum Secret {
    /// The keys of a keytab: the newest of the type needed.
    Keytab(Keytab),
    /// A password.
    Password(Zeroizing<String>),
}

impl Secret {
    /// Which of the two it is.
    pub fn kind(&self) -> SecretKind {
        match self {
            Self::Keytab(_) => SecretKind::Keytab,
            Self::Password(_) => SecretKind::Password,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(..)", self.kind())
    }
}

/// What an AS exchange is to get. Where a field is `None`, the configuration decides.
#[derive(Clone, Debug)]
pub struct AsParameters {
    /// The client, of type NT-PRINCIPAL, or NT-ENTERPRISE in the realm to ask first.
    pub client: Principal,
    /// What it proves itself with.
    pub secret: Secret,
    /// The service, in the client's realm (`kinit -S`); `None` is the ticket-granting service.
    pub service: Option<PrincipalName>,
    /// The types to offer, best first.
    pub enctypes: Option<Vec<Enctype>>,
    /// Whether the ticket shall be forwardable.
    pub forwardable: Option<bool>,
    /// Whether the ticket shall be proxiable.
    pub proxiable: Option<bool>,
    /// Whether the KDC may change names or refer to another realm (RFC 6806).
    pub canonicalize: Option<bool>,
    /// The life of the ticket.
    pub ticket_lifetime: Option<Duration>,
    /// The time during which the ticket can be renewed; zero for not at all.
    pub renew_lifetime: Option<Duration>,
    /// How far in the future a postdated ticket begins; `None` is an ordinary ticket.
    pub postdate: Option<Duration>,
    /// Where the ticket may be used from; `None` is everywhere.
    pub addresses: Option<HostAddresses>,
    /// Whether the ticket shall carry a PAC (MS-KILE section 2.2.3); `None` leaves it to the dialect.
    pub include_pac: Option<bool>,
    /// The keys of passwords that are known already.
    pub key_cache: KeyCache,
}

impl AsParameters {
    /// A ticket-granting ticket for `client`, got with `password`.
    pub fn password(client: Principal, password: &str) -> Self {
        Self::new(
            client,
            Secret::Password(Zeroizing::new(password.to_owned())),
        )
    }

    /// A ticket-granting ticket for `client`, got with a key of `keytab`.
    pub fn keytab(client: Principal, keytab: Keytab) -> Self {
        Self::new(client, Secret::Keytab(keytab))
    }

    fn new(client: Principal, secret: Secret) -> Self {
        Self {
            client,
            secret,
            service: None,
            enctypes: None,
            forwardable: None,
            proxiable: None,
            canonicalize: None,
            ticket_lifetime: None,
            renew_lifetime: None,
            postdate: None,
            addresses: None,
            include_pac: None,
            key_cache: KeyCache::default(),
        }
    }
}
