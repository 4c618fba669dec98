use std::fmt;

use kdclab_proto::{KerberosString, Principal};

/// The name an acceptor goes by: which keys of its keytab it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AcceptorName {
    /// Any principal in the keytab, the default of GSS acceptors.
    #[default]
    Any,
    /// A service by its class and host, in any realm; without a host, on any.
    HostBased {
        /// The service class, `HTTP`.
        service: KerberosString,
        /// The host, `web1.lab.example`.
        host: Option<KerberosString>,
    },
    /// This principal alone.
    Principal(Principal),
}

impl AcceptorName {
    /// The principal, when the name is that of one.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Principal(principal) => Some(principal),
            Self::Any | Self::HostBased { .. } => None,
        }
    }

    /// Whether the name stands for `principal`.
    pub fn matches(&self, principal: &Principal) -> bool {
        match self {
            Self::Any => true,
            Self::HostBased { service, host } => match principal.name.components.as_slice() {
                [first, second] => {
                    first == service && host.as_ref().is_none_or(|host| host == second)
                }
                _ => false,
            },
            Self::Principal(name) => name == principal,
        }
    }
}

impl fmt::Display for AcceptorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any principal"),
            Self::HostBased {
                service,
                host: Some(host),
            } => write!(f, "{service}/{host}"),
            Self::HostBased { service, .. } => write!(f, "{service} on any host"),
            Self::Principal(principal) => write!(f, "{principal}"),
        }
    }
}
