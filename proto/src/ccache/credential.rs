use std::fmt;

use zeroize::Zeroizing;

use super::{CcacheVersion, read_principal, write_principal};
use crate::crypto::{Enctype, InvalidKey, Key};
use crate::file::{Reader, Truncated, Unrepresentable, Writer};
use crate::messages::{AuthorizationDataElement, HostAddress, TicketFlags};
use crate::name::Principal;
use crate::time::KerberosTime;

/// One entry of a credential cache: a ticket and what its client knows of it (RFC 4120 section 5.4.2).
#[derive(Clone, PartialEq, Eq)]
pub struct CcacheCredential {
    /// The client the ticket names.
    pub client: Principal,
    /// The service the ticket is for, or was asked for.
    pub server: Principal,
    /// The type of the session key.
    pub enctype: Enctype,
    /// The session key itself. It may be of a type this library does not implement.
    pub session_key_bytes: Zeroizing<Vec<u8>>,
    /// When the client proved its identity.
    pub authtime: KerberosTime,
    /// From when the ticket is valid; `None`, which the file writes as the year 1970, means `authtime`.
    pub starttime: Option<KerberosTime>,
    /// Until when the ticket is valid.
    pub endtime: KerberosTime,
    /// Until when the ticket can be renewed; `None`, which the file writes as the year 1970, when it
    /// cannot.
    pub renew_till: Option<KerberosTime>,
    /// Not 0 when the ticket is sealed with the session key of [`Self::second_ticket`]: MIT writes the
    /// KDC option ENC-TKT-IN-SKEY, 8, here.
    pub is_skey: u8,
    /// What the ticket is and allows.
    pub flags: TicketFlags,
    /// The addresses the ticket is bound to; none when it is valid from everywhere.
    pub addresses: Vec<HostAddress>,
    /// The authorization data the client asked for.
    pub authorization_data: Vec<AuthorizationDataElement>,
    /// The ticket in DER; in a configuration entry its value.
    pub ticket: Vec<u8>,
    /// The ticket of the user-to-user peer in DER; otherwise empty.
    pub second_ticket: Vec<u8>,
}

impl CcacheCredential {
    /// The session key, ready for use.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type is not implemented or wants another length.
    pub fn session_key(&self) -> Result<Key, InvalidKey> {
        Key::new(self.enctype, &self.session_key_bytes)
    }

    /// Whether the ticket is sealed with a session key instead of a long-term key (user-to-user).
    pub fn is_user_to_user(&self) -> bool {
        self.is_skey != 0
    }

    /// Whether a program removed this entry. MIT does so in place: it sets `authtime` to the last
    /// second of the format and `endtime` to 1970, and moves configuration to the realm `X-RMED-CONF:`.
    pub fn is_removed(&self) -> bool {
        self.endtime == KerberosTime::EPOCH && self.authtime != KerberosTime::EPOCH
    }

    pub(super) fn read(
        reader: &mut Reader<'_>,
        version: &CcacheVersion,
    ) -> Result<Self, Truncated> {
        let client = read_principal(reader)?;
        let server = read_principal(reader)?;
        let enctype = Enctype(reader.i16()?.into());
        if *version == CcacheVersion::V3 {
            // Format 3 has the type twice; MIT ignores the second one.
            reader.i16()?;
        }
        let session_key_bytes = Zeroizing::new(reader.bytes32()?.to_vec());
        let authtime = reader.time()?;
        let starttime = unless_epoch(reader.time()?);
        let endtime = reader.time()?;
        let renew_till = unless_epoch(reader.time()?);
        let is_skey = reader.u8()?;
        let flags = TicketFlags::from_bits(reader.u32()?);
        let addresses = read_typed(reader)?
            .into_iter()
            .map(|(addr_type, address)| HostAddress { addr_type, address })
            .collect();
        let authorization_data = read_typed(reader)?
            .into_iter()
            .map(|(ad_type, ad_data)| AuthorizationDataElement { ad_type, ad_data })
            .collect();
        Ok(Self {
            client,
            server,
            enctype,
            session_key_bytes,
            authtime,
            starttime,
            endtime,
            renew_till,
            is_skey,
            flags,
            addresses,
            authorization_data,
            ticket: reader.bytes32()?.to_vec(),
            second_ticket: reader.bytes32()?.to_vec(),
        })
    }

    pub(super) fn write(
        &self,
        writer: &mut Writer,
        version: &CcacheVersion,
    ) -> Result<(), Unrepresentable> {
        write_principal(writer, &self.client)?;
        write_principal(writer, &self.server)?;
        writer.type_number("enctype", self.enctype.0)?;
        if *version == CcacheVersion::V3 {
            writer.type_number("enctype", self.enctype.0)?;
        }
        writer.bytes32("session key", &self.session_key_bytes)?;
        writer.time("authtime", self.authtime)?;
        writer.time("starttime", self.starttime.unwrap_or(KerberosTime::EPOCH))?;
        writer.time("endtime", self.endtime)?;
        writer.time("renew-till", self.renew_till.unwrap_or(KerberosTime::EPOCH))?;
        writer.u8(self.is_skey);
        writer.u32(self.flags.bits());
        writer.length32("number of addresses", self.addresses.len())?;
        for address in &self.addresses {
            writer.type_number("address type", address.addr_type)?;
            writer.bytes32("address", &address.address)?;
        }
        writer.length32(
            "number of authorization data",
            self.authorization_data.len(),
        )?;
        for datum in &self.authorization_data {
            writer.type_number("authorization data type", datum.ad_type)?;
            writer.bytes32("authorization data", &datum.ad_data)?;
        }
        writer.bytes32("ticket", &self.ticket)?;
        writer.bytes32("second ticket", &self.second_ticket)
    }
}

fn unless_epoch(time: KerberosTime) -> Option<KerberosTime> {
    (time != KerberosTime::EPOCH).then_some(time)
}

fn read_typed(reader: &mut Reader<'_>) -> Result<Vec<(i32, Vec<u8>)>, Truncated> {
    let count = reader.u32()?;
    (0..count)
        .map(|_| Ok((reader.i16()?.into(), reader.bytes32()?.to_vec())))
        .collect()
}

impl fmt::Debug for CcacheCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("client", &self.client)
            .field("server", &self.server)
            .field("enctype", &self.enctype.0)
            .field("authtime", &self.authtime)
            .field("starttime", &self.starttime)
            .field("endtime", &self.endtime)
            .field("renew_till", &self.renew_till)
            .field("is_skey", &self.is_skey)
            .field("flags", &self.flags)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
