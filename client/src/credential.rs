use kdclab_proto::messages::{HostAddresses, Ticket, TicketFlags};
use kdclab_proto::{KerberosTime, Key, Principal};

/// A ticket and what its holder must know about it: one entry of a credential cache.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The client the ticket was issued to.
    pub client: Principal,
    /// The service, as its holder asked for it. [`Ticket::server`] may say it otherwise.
    pub server: Principal,
    /// The key the client shares with the service.
    pub session_key: Key,
    /// The ticket, opaque to the client.
    pub ticket: Ticket,
    /// The ticket whose session key seals `ticket`, in a user-to-user credential.
    pub second_ticket: Option<Ticket>,
    /// What the ticket is and allows.
    pub flags: TicketFlags,
    /// When the client was authenticated.
    pub authtime: KerberosTime,
    /// When the ticket becomes valid.
    pub starttime: KerberosTime,
    /// When the ticket ceases to be valid.
    pub endtime: KerberosTime,
    /// Until when the ticket can be renewed.
    pub renew_till: Option<KerberosTime>,
    /// Where the ticket may be used from; everywhere if absent.
    pub addresses: Option<HostAddresses>,
    /// Whether the ticket is sealed in another ticket's session key (user-to-user).
    pub is_skey: bool,
}
