//! The AS and TGS exchanges (RFC 4120 section 5.4).

use crate::der::{self, DecodeError, Field, Reader, Value, Writer};
use crate::messages::{
    EncryptedData, EncryptionKey, HostAddresses, KdcOptions, PaData, PadataType, Ticket,
    TicketFlags,
};
use crate::{Enctype, KerberosTime, Principal, PrincipalName, Realm};

sequence! {
    /// KDC-REQ-BODY: what a client asks for.
    "KDC-REQ-BODY" standalone struct KdcReqBody {
        /// What the ticket shall be and allow.
        0 => kdc_options: KdcOptions,
        /// The client, in an AS-REQ.
        1 => cname: Option<PrincipalName>,
        /// The service's realm; in an AS-REQ the client's as well.
        2 => realm: Realm,
        /// The service.
        3 => sname: Option<PrincipalName>,
        /// When a postdated ticket shall become valid.
        4 => from: Option<KerberosTime>,
        /// Until when the ticket shall be valid; 1970 for as long as allowed.
        5 => till: KerberosTime,
        /// Until when the ticket shall be renewable.
        6 => rtime: Option<KerberosTime>,
        /// A number that the reply repeats. A UInt32; some clients send it as a negative Int32.
        7 => nonce: i64,
        /// The encryption types the client knows, best first.
        8 => etype: Vec<Enctype>,
        /// Where the ticket shall be used from.
        9 => addresses: Option<HostAddresses>,
        /// AuthorizationData under the authenticator's subkey or the session key.
        10 => enc_authorization_data: Option<EncryptedData>,
        /// Tickets that the request is about besides the one in PA-TGS-REQ.
        11 => additional_tickets: Option<Vec<Ticket>>,
    }
}

/// A KDC-REQ, which is an [`AsReq`] or a [`TgsReq`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KdcReq {
    /// The protocol version, 5.
    pub pvno: i32,
    /// 10 for an AS-REQ, 12 for a TGS-REQ.
    pub msg_type: i32,
    /// Pre-authentication data.
    pub padata: Option<Vec<PaData>>,
    req_body: KdcReqBody,
    req_body_bytes: Vec<u8>,
}

impl KdcReq {
    fn new(msg_type: u8, padata: Option<Vec<PaData>>, req_body: KdcReqBody) -> Self {
        Self {
            pvno: 5,
            msg_type: msg_type.into(),
            padata,
            req_body_bytes: req_body.encode(),
            req_body,
        }
    }

    /// What the client asks for.
    pub fn req_body(&self) -> &KdcReqBody {
        &self.req_body
    }

    /// The encoded body, byte for byte as it arrived or will be sent. A checksum over the body covers
    /// these bytes.
    pub fn req_body_bytes(&self) -> &[u8] {
        &self.req_body_bytes
    }

    /// The value of the first padata of `padata_type`.
    pub fn padata(&self, padata_type: PadataType) -> Option<&[u8]> {
        find_padata(self.padata.as_deref(), padata_type)
    }

    fn read_as(application: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let message = "KDC-REQ";
        let mut outer = reader.expect(der::application(application))?.reader();
        let mut reader = outer.expect(der::SEQUENCE)?.reader();
        outer.finish()?;
        let pvno = Field::read_field(&mut reader, der::context(1), message, "pvno")?;
        let msg_type = Field::read_field(&mut reader, der::context(2), message, "msg_type")?;
        der::check_msg_type(application.into(), msg_type)?;
        let padata = Field::read_field(&mut reader, der::context(3), message, "padata")?;
        let offset = reader.offset();
        if reader.peek_tag() != Some(der::context(4)) {
            return Err(DecodeError::MissingField {
                offset,
                message,
                field: "req_body",
            });
        }
        let mut body = reader.element()?.reader();
        let mut ahead = body;
        let req_body_bytes = ahead.element()?.whole.to_vec();
        let req_body = KdcReqBody::read(&mut body)?;
        body.finish()?;
        Ok(Self {
            pvno,
            msg_type,
            padata,
            req_body,
            req_body_bytes,
        })
    }

    fn write_as(&self, application: u8, writer: &mut Writer) {
        writer.nest(der::application(application), |writer| {
            writer.nest(der::SEQUENCE, |writer| {
                self.pvno.write_field(writer, der::context(1));
                self.msg_type.write_field(writer, der::context(2));
                self.padata.write_field(writer, der::context(3));
                writer.nest(der::context(4), |writer| writer.raw(&self.req_body_bytes));
            });
        });
    }
}

macro_rules! kdc_req {
    ($(#[$meta:meta])* $name:ident, $application:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub KdcReq);

        impl $name {
            /// The APPLICATION tag number that begins this message.
            pub const APPLICATION: u8 = $application;

            /// A request of `req_body` with `padata`.
            pub fn new(padata: Option<Vec<PaData>>, req_body: KdcReqBody) -> Self {
                Self(KdcReq::new($application, padata, req_body))
            }
        }

        impl Value for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                KdcReq::read_as($application, reader).map(Self)
            }

            fn write(&self, writer: &mut Writer) {
                self.0.write_as($application, writer);
            }
        }

        sequence!(@message $name);
    };
}

kdc_req! {
    /// AS-REQ: a request made with the client's long-term key, or with none.
    AsReq, 10
}

kdc_req! {
    /// TGS-REQ: a request made with a ticket.
    TgsReq, 12
}

sequence! {
    /// The fields of an AS-REP or a TGS-REP.
    "KDC-REP" struct KdcRep {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 11 in an AS-REP, 13 in a TGS-REP.
        1 => msg_type: i32,
        /// Pre-authentication data, such as the salt of the client's key.
        2 => padata: Option<Vec<PaData>>,
        /// The client's realm.
        3 => crealm: Realm,
        /// The client.
        4 => cname: PrincipalName,
        /// The ticket.
        5 => ticket: Ticket,
        /// An [`EncKdcRepPart`] for the client.
        6 => enc_part: EncryptedData,
    }
}

impl KdcRep {
    /// The client the reply is for.
    pub fn client(&self) -> Principal {
        self.cname.clone().at(self.crealm.clone())
    }

    /// The value of the first padata of `padata_type`.
    pub fn padata(&self, padata_type: PadataType) -> Option<&[u8]> {
        find_padata(self.padata.as_deref(), padata_type)
    }
}

macro_rules! wrapped {
    ($(#[$meta:meta])* $name:ident($inner:ident), $application:literal $($msg_type:ident)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl $name {
            /// The APPLICATION tag number that begins this message.
            pub const APPLICATION: u8 = $application;
        }

        impl Value for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let mut reader = reader.expect(der::application($application))?.reader();
                let inner = $inner::read(&mut reader)?;
                reader.finish()?;
                $(der::check_msg_type($application, inner.$msg_type)?;)?
                Ok(Self(inner))
            }

            fn write(&self, writer: &mut Writer) {
                writer.nest(der::application($application), |writer| self.0.write(writer));
            }
        }

        sequence!(@message $name);
    };
}

wrapped! {
    /// AS-REP: a ticket in answer to an AS-REQ.
    AsRep(KdcRep), 11 msg_type
}

wrapped! {
    /// TGS-REP: a ticket in answer to a TGS-REQ.
    TgsRep(KdcRep), 13 msg_type
}

sequence! {
    /// One entry of LastReq (RFC 4120 section 5.4.2).
    "LastReq" struct LastReqEntry {
        /// What happened then; 0 for nothing.
        0 => lr_type: i32,
        /// When it happened.
        1 => lr_value: KerberosTime,
    }
}

sequence! {
    /// The fields of an EncASRepPart or an EncTGSRepPart: what the client must know about its ticket.
    "EncKDCRepPart" struct EncKdcRepPart {
        /// The session key.
        0 => key: EncryptionKey,
        /// When the client was last seen, as far as the KDC tells.
        1 => last_req: Vec<LastReqEntry>,
        /// The nonce of the request.
        2 => nonce: i64,
        /// When the client's key will expire.
        3 => key_expiration: Option<KerberosTime>,
        /// What the ticket is and allows.
        4 => flags: TicketFlags,
        /// When the client was authenticated.
        5 => authtime: KerberosTime,
        /// When the ticket becomes valid; `authtime` if absent.
        6 => starttime: Option<KerberosTime>,
        /// When the ticket ceases to be valid.
        7 => endtime: KerberosTime,
        /// Until when it can be renewed.
        8 => renew_till: Option<KerberosTime>,
        /// The service's realm.
        9 => srealm: Realm,
        /// The service.
        10 => sname: PrincipalName,
        /// Where the ticket may be used from; everywhere if absent.
        11 => caddr: Option<HostAddresses>,
        /// Padata that nobody on the way can change (RFC 6806 section 11).
        12 => encrypted_pa_data: Option<Vec<PaData>>,
    }
}

impl EncKdcRepPart {
    /// Reads what an AS-REP or a TGS-REP carries. Either APPLICATION tag is accepted in either, since
    /// some KDCs, MIT's among them, put 26 into an AS-REP (RFC 4120 section 5.4.2).
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being an EncKDCRepPart.
    pub fn decode_padded(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.peek_tag() == Some(der::application(EncTgsRepPart::APPLICATION)) {
            EncTgsRepPart::read(&mut reader).map(|part| part.0)
        } else {
            EncAsRepPart::read(&mut reader).map(|part| part.0)
        }
    }

    /// The value of the first encrypted padata of `padata_type`.
    pub fn padata(&self, padata_type: PadataType) -> Option<&[u8]> {
        find_padata(self.encrypted_pa_data.as_deref(), padata_type)
    }
}

wrapped! {
    /// EncASRepPart: the encrypted part of an AS-REP, where MIT's KDC sends an [`EncTgsRepPart`].
    EncAsRepPart(EncKdcRepPart), 25
}

wrapped! {
    /// EncTGSRepPart: the encrypted part of a TGS-REP.
    EncTgsRepPart(EncKdcRepPart), 26
}

fn find_padata(padata: Option<&[PaData]>, padata_type: PadataType) -> Option<&[u8]> {
    padata?
        .iter()
        .find(|padata| padata.padata_type == padata_type)
        .map(|padata| padata.padata_value.as_slice())
}
