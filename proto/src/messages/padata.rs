//! Pre-authentication data (RFC 4120 section 5.2.7).

use crate::messages::PaData;
use crate::{Enctype, KerberosString, KerberosTime};

/// A padata type (RFC 4120 section 7.5.2, IANA registry). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PadataType(pub i32);

impl PadataType {
    /// PA-TGS-REQ: an AP-REQ.
    pub const TGS_REQ: Self = Self(1);
    /// PA-ENC-TIMESTAMP: an EncryptedData of a [`PaEncTsEnc`], usage 1.
    pub const ENC_TIMESTAMP: Self = Self(2);
    /// PA-PW-SALT: a salt, as bare octets.
    pub const PW_SALT: Self = Self(3);
    /// PA-ETYPE-INFO: an [`EtypeInfo`].
    pub const ETYPE_INFO: Self = Self(11);
    /// PA-PK-AS-REQ (RFC 4556).
    pub const PK_AS_REQ: Self = Self(16);
    /// PA-PK-AS-REP (RFC 4556).
    pub const PK_AS_REP: Self = Self(17);
    /// PA-ETYPE-INFO2: an [`EtypeInfo2`].
    pub const ETYPE_INFO2: Self = Self(19);
    /// PA-SVR-REFERRAL-INFO.
    pub const SVR_REFERRAL_INFO: Self = Self(20);
    /// PA-PAC-REQUEST: a [`PaPacRequest`] (MS-KILE section 2.2.3).
    pub const PAC_REQUEST: Self = Self(128);
    /// PA-FOR-USER: a [`PaForUser`](crate::messages::PaForUser) (MS-SFU section 2.2.1).
    pub const FOR_USER: Self = Self(129);
    /// PA-S4U-X509-USER: a [`PaS4uX509User`](crate::messages::PaS4uX509User) (MS-SFU section 2.2.2).
    pub const S4U_X509_USER: Self = Self(130);
    /// PA-FX-COOKIE (RFC 6113).
    pub const FX_COOKIE: Self = Self(133);
    /// PA-FX-FAST (RFC 6113).
    pub const FX_FAST: Self = Self(136);
    /// PA-FX-ERROR (RFC 6113).
    pub const FX_ERROR: Self = Self(137);
    /// PA-ENCRYPTED-CHALLENGE (RFC 6113).
    pub const ENCRYPTED_CHALLENGE: Self = Self(138);
    /// PA-REQ-ENC-PA-REP (RFC 6806 section 11).
    pub const REQ_ENC_PA_REP: Self = Self(149);
    /// PA-AS-FRESHNESS (RFC 8070).
    pub const AS_FRESHNESS: Self = Self(150);
    /// PA-SPAKE (RFC 9588).
    pub const SPAKE: Self = Self(151);
    /// PA-SUPPORTED-ENCTYPES (MS-KILE section 2.2.8).
    pub const SUPPORTED_ENCTYPES: Self = Self(165);
    /// PA-PAC-OPTIONS (MS-KILE section 2.2.10).
    pub const PAC_OPTIONS: Self = Self(167);

    /// This type with `value`.
    pub fn with(self, value: Vec<u8>) -> PaData {
        PaData {
            padata_type: self,
            padata_value: value,
        }
    }
}

sequence! {
    /// PA-ENC-TS-ENC: the client's time.
    "PA-ENC-TS-ENC" standalone struct PaEncTsEnc {
        /// The client's time.
        0 => patimestamp: KerberosTime,
        /// The microseconds of `patimestamp`.
        1 => pausec: Option<i32>,
    }
}

sequence! {
    /// One entry of ETYPE-INFO.
    "ETYPE-INFO-ENTRY" struct EtypeInfoEntry {
        /// An encryption type the client's key exists in.
        0 => etype: Enctype,
        /// The salt of that key.
        1 => salt: Option<Vec<u8>>,
    }
}

sequence! {
    /// One entry of ETYPE-INFO2.
    "ETYPE-INFO2-ENTRY" struct EtypeInfo2Entry {
        /// An encryption type the client's key exists in.
        0 => etype: Enctype,
        /// The salt of that key; the default salt if absent.
        1 => salt: Option<KerberosString>,
        /// The parameters of string-to-key; the profile's defaults if absent.
        2 => s2kparams: Option<Vec<u8>>,
    }
}

list! {
    /// ETYPE-INFO: the types and salts of a client's keys, for clients that know old types only.
    EtypeInfo(EtypeInfoEntry)
}

list! {
    /// ETYPE-INFO2: the types, salts and parameters of a client's keys.
    EtypeInfo2(EtypeInfo2Entry)
}

sequence! {
    /// KERB-PA-PAC-REQUEST (MS-KILE section 2.2.3).
    "KERB-PA-PAC-REQUEST" standalone struct PaPacRequest {
        /// Whether the ticket shall carry a PAC.
        0 => include_pac: bool,
    }
}

list! {
    /// METHOD-DATA: the padata a KDC proposes.
    MethodData(PaData)
}
