//! A service asks for a user (MS-SFU section 2.2).

use crate::crypto::{ChecksumError, ChecksumType};
use crate::der::{self, DecodeError, Reader, Value, Writer};
use crate::messages::{Checksum, S4uOptions};
use crate::{KerberosString, Key, KeyUsage, Principal, PrincipalName, Realm};

sequence! {
    /// PA-FOR-USER: the user that a service asks a ticket to itself for (MS-SFU section 2.2.1).
    "PA-FOR-USER" standalone struct PaForUser {
        /// The user.
        0 => user_name: PrincipalName,
        /// The user's realm.
        1 => user_realm: Realm,
        /// HMAC-MD5 over the other fields under the session key of the service's ticket.
        2 => cksum: Checksum,
        /// `Kerberos`.
        3 => auth_package: KerberosString,
    }
}

impl PaForUser {
    /// Asks for `user` in a request that is made with a ticket of this session key.
    pub fn new(user: &Principal, session_key: &Key) -> Self {
        let mut this = Self {
            user_name: user.name.clone(),
            user_realm: user.realm.clone(),
            cksum: Checksum {
                cksumtype: ChecksumType::HMAC_MD5,
                checksum: Vec::new(),
            },
            auth_package: KerberosString::from("Kerberos"),
        };
        let checksum = session_key.checksum_of_type(
            ChecksumType::HMAC_MD5,
            KeyUsage::PA_FOR_USER,
            &this.covered(),
        );
        // HMAC-MD5 takes every key.
        this.cksum.checksum = checksum.unwrap_or_default();
        this
    }

    /// The user with the realm.
    pub fn user(&self) -> Principal {
        self.user_name.clone().at(self.user_realm.clone())
    }

    /// Whether the checksum is right under the session key of the ticket that the request was made with.
    ///
    /// # Errors
    /// [`ChecksumError`] when it is of another type or differs.
    pub fn verify(&self, session_key: &Key) -> Result<(), ChecksumError> {
        session_key.verify_checksum(
            self.cksum.cksumtype,
            KeyUsage::PA_FOR_USER,
            &self.covered(),
            &self.cksum.checksum,
        )
    }

    /// S4UByteArray: the name type with its low octet first, then the strings without anything between.
    fn covered(&self) -> Vec<u8> {
        let mut bytes = self.user_name.name_type.0.to_le_bytes().to_vec();
        for component in &self.user_name.components {
            bytes.extend(component.as_bytes());
        }
        bytes.extend(self.user_realm.as_bytes());
        bytes.extend(self.auth_package.as_bytes());
        bytes
    }
}

sequence! {
    /// S4UUserID: a user by name or by certificate.
    "S4UUserID" standalone struct S4uUserId {
        /// The nonce of the request's body.
        0 => nonce: u32,
        /// The user; absent where the certificate alone tells.
        1 => cname: Option<PrincipalName>,
        /// The user's realm.
        2 => crealm: Realm,
        /// The user's certificate.
        3 => subject_certificate: Option<Vec<u8>>,
        /// How the service asks.
        4 => options: Option<S4uOptions>,
    }
}

/// PA-S4U-X509-USER: the same for a user by name or by certificate, protected by the key of the request
/// and repeated in the reply (MS-SFU section 2.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaS4uX509User {
    user_id: S4uUserId,
    user_id_bytes: Vec<u8>,
    /// The checksum over the encoded user id.
    pub checksum: Checksum,
}

sequence!(@message PaS4uX509User);

impl PaS4uX509User {
    /// Asks for or confirms `user_id` under the key of the exchange, with a checksum of `cksumtype`.
    ///
    /// # Errors
    /// [`ChecksumError::Inappropriate`] when the type does not suit the key.
    pub fn new(
        user_id: S4uUserId,
        key: &Key,
        usage: KeyUsage,
        cksumtype: ChecksumType,
    ) -> Result<Self, ChecksumError> {
        let user_id_bytes = user_id.encode();
        let checksum = key.checksum_of_type(cksumtype, usage, &user_id_bytes)?;
        Ok(Self {
            user_id,
            user_id_bytes,
            checksum: Checksum {
                cksumtype,
                checksum,
            },
        })
    }

    /// The user.
    pub fn user_id(&self) -> &S4uUserId {
        &self.user_id
    }

    /// Whether the checksum is right. Windows makes an unkeyed one under keys older than AES.
    ///
    /// # Errors
    /// [`ChecksumError`] when its type does not suit the key, or it differs.
    pub fn verify(&self, key: &Key, usage: KeyUsage) -> Result<(), ChecksumError> {
        let Checksum {
            cksumtype,
            checksum,
        } = &self.checksum;
        if cksumtype.is_keyed() == Some(false) && key.enctype().is_weak() {
            cksumtype.verify_unkeyed(&self.user_id_bytes, checksum)
        } else {
            key.verify_checksum(*cksumtype, usage, &self.user_id_bytes, checksum)
        }
    }
}

impl Value for PaS4uX509User {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let message = "PA-S4U-X509-USER";
        let mut reader = reader.expect(der::SEQUENCE)?.reader();
        let offset = reader.offset();
        if reader.peek_tag() != Some(der::context(0)) {
            return Err(DecodeError::MissingField {
                offset,
                message,
                field: "user_id",
            });
        }
        let mut inner = reader.element()?.reader();
        let mut ahead = inner;
        let user_id_bytes = ahead.element()?.whole.to_vec();
        let user_id = S4uUserId::read(&mut inner)?;
        inner.finish()?;
        let checksum = der::Field::read_field(&mut reader, der::context(1), message, "checksum")?;
        Ok(Self {
            user_id,
            user_id_bytes,
            checksum,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.nest(der::SEQUENCE, |writer| {
            writer.nest(der::context(0), |writer| writer.raw(&self.user_id_bytes));
            der::Field::write_field(&self.checksum, writer, der::context(1));
        });
    }
}
