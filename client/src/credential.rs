use kdclab_proto::messages::{EncKdcRepPart, HostAddresses, KdcRep, Ticket, TicketFlags};
use kdclab_proto::{KerberosTime, Key, Principal};

use crate::ClientError;

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

impl Credential {
    /// The credential of a reply that has been checked. `asked_with` is the ticket of a TGS exchange:
    /// where the reply states no addresses, they are those of that ticket.
    pub(crate) fn from_reply(
        rep: &KdcRep,
        enc_part: EncKdcRepPart,
        asked_with: Option<&Self>,
    ) -> Result<Self, ClientError> {
        let session_key = enc_part
            .key
            .key()
            .map_err(ClientError::UnusableSessionKey)?;
        let inherited = || asked_with.and_then(|credential| credential.addresses.clone());
        Ok(Self {
            client: rep.client(),
            server: enc_part.sname.at(enc_part.srealm),
            session_key,
            ticket: rep.ticket.clone(),
            second_ticket: None,
            flags: enc_part.flags,
            authtime: enc_part.authtime,
            starttime: enc_part.starttime.unwrap_or(enc_part.authtime),
            endtime: enc_part.endtime,
            renew_till: enc_part.renew_till,
            addresses: enc_part.caddr.or_else(inherited),
            is_skey: false,
        })
    }
}
