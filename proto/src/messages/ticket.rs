//! Tickets (RFC 4120 section 5.3).

use crate::messages::{
    AuthorizationData, EncryptedData, EncryptionKey, HostAddresses, TicketFlags, TransitedEncoding,
};
use crate::{KerberosTime, Principal, PrincipalName, Realm};

sequence! {
    /// A ticket: who it is for, and a part that only the service can open.
    "Ticket" application 1 struct Ticket {
        /// The protocol version, 5.
        0 => tkt_vno: i32,
        /// The realm that issued the ticket, which is the service's.
        1 => realm: Realm,
        /// The service.
        2 => sname: PrincipalName,
        /// An [`EncTicketPart`] under the service's key, usage 2.
        3 => enc_part: EncryptedData,
    }
}

impl crate::der::SequenceItem for Ticket {}

impl Ticket {
    /// The service the ticket names.
    pub fn server(&self) -> Principal {
        self.sname.clone().at(self.realm.clone())
    }
}

sequence! {
    /// What a ticket says to its service.
    "EncTicketPart" application 3 struct EncTicketPart {
        /// What the ticket is and allows.
        0 => flags: TicketFlags,
        /// The session key.
        1 => key: EncryptionKey,
        /// The client's realm.
        2 => crealm: Realm,
        /// The client.
        3 => cname: PrincipalName,
        /// The realms between the client's and the service's.
        4 => transited: TransitedEncoding,
        /// When the client was authenticated.
        5 => authtime: KerberosTime,
        /// When the ticket becomes valid; `authtime` if absent.
        6 => starttime: Option<KerberosTime>,
        /// When the ticket ceases to be valid.
        7 => endtime: KerberosTime,
        /// Until when it can be renewed.
        8 => renew_till: Option<KerberosTime>,
        /// Where it may be used from; everywhere if absent.
        9 => caddr: Option<HostAddresses>,
        /// Restrictions and other data for the service.
        10 => authorization_data: Option<AuthorizationData>,
    }
}

impl EncTicketPart {
    /// When the ticket becomes valid.
    pub fn valid_from(&self) -> KerberosTime {
        self.starttime.unwrap_or(self.authtime)
    }

    /// The client the ticket was issued to.
    pub fn client(&self) -> Principal {
        self.cname.clone().at(self.crealm.clone())
    }
}
