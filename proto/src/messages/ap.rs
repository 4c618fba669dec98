//! The client/server exchange (RFC 4120 section 5.5) and the messages of an established session
//! (sections 5.6 and 5.7).

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::ChecksumType;
use crate::der::{self, DecodeError, Field, Reader, Value, Writer};
use crate::messages::{
    ApOptions, AuthorizationData, Checksum, EncryptedData, EncryptionKey, HostAddress, Ticket,
};
use crate::{KerberosTime, Principal, PrincipalName, Realm};

sequence! {
    /// AP-REQ: a ticket and the proof that its sender holds the session key.
    "AP-REQ" application 14 struct ApReq {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 14.
        1 => msg_type: i32 = 14,
        /// What the client asks of the service.
        2 => ap_options: ApOptions,
        /// The ticket.
        3 => ticket: Ticket,
        /// An [`Authenticator`] under the session key, usage 11 (7 in a TGS-REQ).
        4 => authenticator: EncryptedData,
    }
}

sequence! {
    /// The proof that a client holds a session key, now.
    "Authenticator" application 2 struct Authenticator {
        /// The protocol version, 5.
        0 => authenticator_vno: i32,
        /// The client's realm.
        1 => crealm: Realm,
        /// The client.
        2 => cname: PrincipalName,
        /// A checksum over application data; in a TGS-REQ over its body.
        3 => cksum: Option<Checksum>,
        /// The microseconds of `ctime`.
        4 => cusec: i32,
        /// The client's time.
        5 => ctime: KerberosTime,
        /// A key for this session alone.
        6 => subkey: Option<EncryptionKey>,
        /// Where the client's sequence numbers begin.
        7 => seq_number: Option<u32>,
        /// Data for the service.
        8 => authorization_data: Option<AuthorizationData>,
    }
}

impl Authenticator {
    /// The client that made the authenticator.
    pub fn client(&self) -> Principal {
        self.cname.clone().at(self.crealm.clone())
    }
}

sequence! {
    /// AP-REP: the service's proof that it opened the ticket.
    "AP-REP" application 15 struct ApRep {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 15.
        1 => msg_type: i32 = 15,
        /// An [`EncApRepPart`] under the session key, usage 12.
        2 => enc_part: EncryptedData,
    }
}

sequence! {
    /// What a service returns of an authenticator: its time, unchanged.
    "EncAPRepPart" application 27 struct EncApRepPart {
        /// The authenticator's `ctime`.
        0 => ctime: KerberosTime,
        /// The authenticator's `cusec`.
        1 => cusec: i32,
        /// A key for this session alone.
        2 => subkey: Option<EncryptionKey>,
        /// Where the service's sequence numbers begin.
        3 => seq_number: Option<u32>,
    }
}

sequence! {
    /// KRB-SAFE: application data in clear, with a checksum.
    "KRB-SAFE" application 20 struct KrbSafe {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 20.
        1 => msg_type: i32 = 20,
        /// The data.
        2 => safe_body: KrbSafeBody,
        /// A checksum over [`Self::checksum_input`], usage 15.
        3 => cksum: Checksum,
    }
}

impl KrbSafe {
    /// What the checksum of the encoded KRB-SAFE `message` covers: the message with a checksum of type
    /// 0 and no octets in its place (RFC 4120 section 5.6.1), and its body as it arrived.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `message` stops being a KRB-SAFE.
    pub fn checksum_input(message: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let Self { pvno, msg_type, .. } = Self::decode_padded(message)?;
        let mut fields = Reader::new(message)
            .expect(der::application(Self::APPLICATION))?
            .reader()
            .expect(der::SEQUENCE)?
            .reader();
        fields.expect(der::context(0))?;
        fields.expect(der::context(1))?;
        let body = fields.expect(der::context(2))?;
        let no_checksum = Checksum {
            cksumtype: ChecksumType(0),
            checksum: Vec::new(),
        };
        let mut writer = Writer::with_capacity(message.len());
        writer.nest(der::application(Self::APPLICATION), |writer| {
            writer.nest(der::SEQUENCE, |writer| {
                pvno.write_field(writer, der::context(0));
                msg_type.write_field(writer, der::context(1));
                writer.primitive(der::context(2), body.contents);
                no_checksum.write_field(writer, der::context(3));
            });
        });
        Ok(writer.into_bytes())
    }
}

sequence! {
    /// The data of a [`KrbSafe`].
    "KRB-SAFE-BODY" standalone struct KrbSafeBody {
        /// The application's data.
        0 => user_data: Vec<u8>,
        /// The sender's time.
        1 => timestamp: Option<KerberosTime>,
        /// The microseconds of `timestamp`.
        2 => usec: Option<i32>,
        /// The sender's sequence number.
        3 => seq_number: Option<u32>,
        /// The sender's address.
        4 => s_address: HostAddress,
        /// The recipient's address.
        5 => r_address: Option<HostAddress>,
    }
}

sequence! {
    /// KRB-PRIV: application data under a session key.
    "KRB-PRIV" application 21 struct KrbPriv {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 21.
        1 => msg_type: i32 = 21,
        /// An [`EncKrbPrivPart`] under the session key, usage 13.
        3 => enc_part: EncryptedData,
    }
}

/// What a KRB-PRIV keeps from everybody else, such as a new password. It never shows in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateData(pub Zeroizing<Vec<u8>>);

impl From<Vec<u8>> for PrivateData {
    fn from(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }
}

impl fmt::Debug for PrivateData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateData({} bytes)", self.0.len())
    }
}

impl Value for PrivateData {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Vec::read(reader).map(Self::from)
    }

    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

sequence! {
    /// The data of a [`KrbPriv`].
    "EncKrbPrivPart" application 28 struct EncKrbPrivPart {
        /// The application's data.
        0 => user_data: PrivateData,
        /// The sender's time.
        1 => timestamp: Option<KerberosTime>,
        /// The microseconds of `timestamp`.
        2 => usec: Option<i32>,
        /// The sender's sequence number.
        3 => seq_number: Option<u32>,
        /// The sender's address.
        4 => s_address: HostAddress,
        /// The recipient's address.
        5 => r_address: Option<HostAddress>,
    }
}
