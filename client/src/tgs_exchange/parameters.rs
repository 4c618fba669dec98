use kdclab_proto::messages::{HostAddresses, Ticket};
use kdclab_proto::{Enctype, KerberosTime, Principal, Realm};

/// What a TGS exchange is for (RFC 4120 section 3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TgsPurpose {
    /// A ticket-granting ticket to hand to another host (section 2.6).
    Forward {
        /// Where it may be used from; `None` is everywhere.
        addresses: Option<HostAddresses>,
    },
    /// A service ticket to hand to another host (section 2.5).
    Proxy {
        /// Where it may be used from.
        addresses: HostAddresses,
    },
    /// The same ticket with a new life (section 2.3).
    Renew,
    /// A ticket for a service.
    Service,
    /// A ticket for a service that has no key but a ticket-granting ticket (section 3.7).
    UserToUser {
        /// That ticket.
        ticket: Ticket,
    },
    /// A postdated ticket whose time has come (section 2.4).
    Validate,
}

/// What a TGS exchange is to get.
#[derive(Clone, Debug)]
pub struct TgsParameters {
    /// The service. Where its realm is empty, `domain_realm` names it, or else the KDCs find it.
    pub server: Principal,
    /// What the exchange is for.
    pub purpose: TgsPurpose,
    /// The types to offer, best first; `None` is what the configuration says.
    pub enctypes: Option<Vec<Enctype>>,
    /// Whether every request lets the KDC change names. The first one for a service always does.
    pub canonicalize: bool,
    /// When the ticket shall end; `None` is as late as possible.
    pub till: Option<KerberosTime>,
    /// Until when it shall be renewable; `None` leaves it to the KDC.
    pub rtime: Option<KerberosTime>,
    /// What to add to this host's clock to have the KDC's, in seconds, as an AS exchange learnt it.
    pub kdc_offset: i64,
}

impl TgsParameters {
    /// A ticket for `server`.
    pub fn service(server: Principal) -> Self {
        Self::new(server, TgsPurpose::Service)
    }

    /// A ticket for `server` that is sealed in the session key of `ticket`, the server's own
    /// ticket-granting ticket.
    pub fn user_to_user(server: Principal, ticket: Ticket) -> Self {
        Self::new(server, TgsPurpose::UserToUser { ticket })
    }

    /// A new life for the ticket that the exchange starts with, which is one for `server` (`kinit -R`).
    pub fn renew(server: Principal) -> Self {
        Self::new(server, TgsPurpose::Renew)
    }

    /// Validation of the ticket that the exchange starts with, which is one for `server` (`kinit -v`).
    pub fn validate(server: Principal) -> Self {
        Self::new(server, TgsPurpose::Validate)
    }

    /// A forwarded ticket-granting ticket of `realm`, for use from `addresses`.
    pub fn forward(realm: &Realm, addresses: Option<HostAddresses>) -> Self {
        let server = Principal::krbtgt(realm, realm);
        Self::new(server, TgsPurpose::Forward { addresses })
    }

    /// A proxy for `server`, for use from `addresses`.
    pub fn proxy(server: Principal, addresses: HostAddresses) -> Self {
        Self::new(server, TgsPurpose::Proxy { addresses })
    }

    fn new(server: Principal, purpose: TgsPurpose) -> Self {
        Self {
            server,
            purpose,
            enctypes: None,
            canonicalize: false,
            till: None,
            rtime: None,
            kdc_offset: 0,
        }
    }
}
