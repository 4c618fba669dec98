//! KRB-ERROR (RFC 4120 section 5.9) and what its e-data may hold.

use crate::der::{DecodeError, Reader, Value, Writer};
use crate::messages::{MethodData, PaData, PadataType};
use crate::{ErrorCode, KerberosString, KerberosTime, PrincipalName, Realm};

impl Value for ErrorCode {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        i32::read(reader).map(Self)
    }

    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

sequence! {
    /// KRB-ERROR: a refusal.
    "KRB-ERROR" application 30 struct KrbError {
        /// The protocol version, 5.
        0 => pvno: i32,
        /// 30.
        1 => msg_type: i32 = 30,
        /// The time in the client's request, if it had one.
        2 => ctime: Option<KerberosTime>,
        /// The microseconds of `ctime`.
        3 => cusec: Option<i32>,
        /// The server's time.
        4 => stime: KerberosTime,
        /// The microseconds of `stime`.
        5 => susec: i32,
        /// What happened.
        6 => error_code: ErrorCode,
        /// The client's realm; in a referral of RFC 6806 the realm to ask.
        7 => crealm: Option<Realm>,
        /// The client.
        8 => cname: Option<PrincipalName>,
        /// The service's realm.
        9 => realm: Realm,
        /// The service.
        10 => sname: PrincipalName,
        /// What the server has to say about it.
        11 => e_text: Option<KerberosString>,
        /// More about the error, in the form its code defines.
        12 => e_data: Option<Vec<u8>>,
    }
}

impl KrbError {
    /// The padata a KDC proposes with KDC_ERR_PREAUTH_REQUIRED and its like; empty when `e_data` is
    /// absent or something else.
    pub fn method_data(&self) -> MethodData {
        self.e_data
            .as_deref()
            .and_then(|data| MethodData::decode(data).ok())
            .unwrap_or_default()
    }

    /// The value of the first proposed padata of `padata_type`.
    pub fn padata(&self, padata_type: PadataType) -> Option<Vec<u8>> {
        self.method_data()
            .0
            .into_iter()
            .find(|padata: &PaData| padata.padata_type == padata_type)
            .map(|padata| padata.padata_value)
    }
}

sequence! {
    /// One element of [`TypedData`].
    "TYPED-DATA" struct TypedDataElement {
        /// What the value is.
        0 => data_type: i32,
        /// The value, in the encoding its type defines.
        1 => data_value: Option<Vec<u8>>,
    }
}

list! {
    /// TYPED-DATA (RFC 4120 section 5.9.1): several values in the e-data of one error.
    TypedData(TypedDataElement)
}

sequence! {
    /// KERB-ERROR-DATA, what Active Directory puts into e-data (MS-KILE section 2.2.2).
    "KERB-ERROR-DATA" standalone struct KerbErrorData {
        /// What the value is: [`Self::SKEW_RECOVERY`] or [`Self::EXTENDED_ERROR`].
        1 => data_type: i32,
        /// The value, in the encoding its type defines.
        2 => data_value: Option<Vec<u8>>,
    }
}

impl KerbErrorData {
    /// The KDC would have accepted the request but for the client's clock.
    pub const SKEW_RECOVERY: i32 = 2;
    /// The value is a KERB-EXT-ERROR: an NTSTATUS and flags.
    pub const EXTENDED_ERROR: i32 = 3;

    /// The data with an error that only the client's clock is to blame for (MS-KILE section 2.2.2). It has no value.
    pub fn skew_recovery() -> Self {
        Self {
            data_type: Self::SKEW_RECOVERY,
            data_value: None,
        }
    }

    /// The data for `status`, an NTSTATUS (MS-KILE section 2.2.1).
    pub fn extended_error(status: u32) -> Self {
        let mut value = status.to_le_bytes().to_vec();
        value.extend_from_slice(&[0; 4]);
        value.extend_from_slice(&1u32.to_le_bytes());
        Self {
            data_type: Self::EXTENDED_ERROR,
            data_value: Some(value),
        }
    }

    /// The NTSTATUS, when the value is a KERB-EXT-ERROR.
    pub fn status(&self) -> Option<u32> {
        match self.data_value.as_deref()? {
            [a, b, c, d, ..] if self.data_type == Self::EXTENDED_ERROR => {
                Some(u32::from_le_bytes([*a, *b, *c, *d]))
            }
            _ => None,
        }
    }
}
