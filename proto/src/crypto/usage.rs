/// A key usage number (RFC 4120 section 7.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyUsage(pub u32);

impl KeyUsage {
    /// PA-ENC-TIMESTAMP under the client's key.
    pub const PA_ENC_TIMESTAMP: Self = Self(1);
    /// The encrypted part of a ticket, under the service's key.
    pub const TICKET: Self = Self(2);
    /// The encrypted part of an AS-REP.
    pub const AS_REP: Self = Self(3);
    /// Authorization data of a TGS-REQ under the session key.
    pub const TGS_REQ_AUTHORIZATION_DATA_SESSION_KEY: Self = Self(4);
    /// Authorization data of a TGS-REQ under the authenticator's subkey.
    pub const TGS_REQ_AUTHORIZATION_DATA_SUBKEY: Self = Self(5);
    /// The checksum over the body of a TGS-REQ, in its authenticator.
    pub const TGS_REQ_CHECKSUM: Self = Self(6);
    /// The authenticator of a TGS-REQ.
    pub const TGS_REQ_AUTHENTICATOR: Self = Self(7);
    /// The encrypted part of a TGS-REP under the session key.
    pub const TGS_REP_SESSION_KEY: Self = Self(8);
    /// The encrypted part of a TGS-REP under the authenticator's subkey.
    pub const TGS_REP_SUBKEY: Self = Self(9);
    /// The checksum in the authenticator of an AP-REQ.
    pub const AP_REQ_CHECKSUM: Self = Self(10);
    /// The authenticator of an AP-REQ.
    pub const AP_REQ_AUTHENTICATOR: Self = Self(11);
    /// The encrypted part of an AP-REP.
    pub const AP_REP: Self = Self(12);
    /// The encrypted part of a KRB-PRIV.
    pub const KRB_PRIV: Self = Self(13);
    /// The encrypted part of a KRB-CRED.
    pub const KRB_CRED: Self = Self(14);
    /// The checksum of a KRB-SAFE.
    pub const KRB_SAFE: Self = Self(15);
    /// The checksum of PA-FOR-USER (MS-SFU section 2.2.1).
    pub const PA_FOR_USER: Self = Self(17);
    /// A wrap token of the acceptor, sealed or signed (RFC 4121 section 2).
    pub const ACCEPTOR_SEAL: Self = Self(22);
    /// A MIC token of the acceptor.
    pub const ACCEPTOR_SIGN: Self = Self(23);
    /// A wrap token of the initiator, sealed or signed.
    pub const INITIATOR_SEAL: Self = Self(24);
    /// A MIC token of the initiator.
    pub const INITIATOR_SIGN: Self = Self(25);
    /// The checksum of PA-S4U-X509-USER in a request (MS-SFU section 2.2.2).
    pub const PA_S4U_X509_USER_REQUEST: Self = Self(26);
    /// The checksum of PA-S4U-X509-USER in a reply.
    pub const PA_S4U_X509_USER_REPLY: Self = Self(27);
    /// The checksum of an rc4-hmac wrap token (RFC 4757 section 7.3). The profile shares the number.
    pub const RC4_WRAP: Self = Self(13);
    /// The checksum of an rc4-hmac MIC token (RFC 4757 section 7.2). The profile shares the number.
    pub const RC4_MIC: Self = Self(15);
    /// PA-REQ-ENC-PA-REP's checksum over the AS-REQ (RFC 6806 section 11).
    pub const AS_REQ: Self = Self(56);
}
