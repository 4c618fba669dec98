//! Forwarding credentials (RFC 4120 section 5.8).

use crate::messages::{
    EncryptedData, EncryptionKey, HostAddress, HostAddresses, Ticket, TicketFlags,
};
use crate::{KerberosTime, PrincipalName, Realm};

sequence! {
    /// KRB-CRED: tickets together with what their holder must know.
    "KRB-CRED" application 22 struct KrbCred {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 22.
        1 => msg_type: i32 = 22,
        /// The tickets.
        2 => tickets: Vec<Ticket>,
        /// An [`EncKrbCredPart`] under a session key, usage 14.
        3 => enc_part: EncryptedData,
    }
}

sequence! {
    /// The secret part of a [`KrbCred`].
    "EncKrbCredPart" application 29 struct EncKrbCredPart {
        /// One entry per ticket, in the same order.
        0 => ticket_info: Vec<KrbCredInfo>,
        /// A nonce the recipient asked for.
        1 => nonce: Option<i64>,
        /// The sender's time.
        2 => timestamp: Option<KerberosTime>,
        /// The microseconds of `timestamp`.
        3 => usec: Option<i32>,
        /// The sender's address.
        4 => s_address: Option<HostAddress>,
        /// The recipient's address.
        5 => r_address: Option<HostAddress>,
    }
}

sequence! {
    /// What the holder of one ticket must know.
    "KrbCredInfo" struct KrbCredInfo {
        /// The session key.
        0 => key: EncryptionKey,
        /// The client's realm.
        1 => prealm: Option<Realm>,
        /// The client.
        2 => pname: Option<PrincipalName>,
        /// What the ticket is and allows.
        3 => flags: Option<TicketFlags>,
        /// When the client was authenticated.
        4 => authtime: Option<KerberosTime>,
        /// When the ticket becomes valid.
        5 => starttime: Option<KerberosTime>,
        /// When the ticket ceases to be valid.
        6 => endtime: Option<KerberosTime>,
        /// Until when it can be renewed.
        7 => renew_till: Option<KerberosTime>,
        /// The service's realm.
        8 => srealm: Option<Realm>,
        /// The service.
        9 => sname: Option<PrincipalName>,
        /// Where the ticket may be used from.
        10 => caddr: Option<HostAddresses>,
    }
}
