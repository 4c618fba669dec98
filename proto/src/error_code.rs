//! Protocol error codes: the number a KRB-ERROR carries, and what the RFCs and MIT call it.

use std::fmt;

/// What com_err adds to a protocol code in MIT's libraries.
const MIT_BASE: i32 = -1_765_328_384;

/// The error-code of a KRB-ERROR (RFC 4120 section 7.5.9). Unknown numbers are kept. The constants
/// bear the names of the RFCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i32);

struct Row {
    number: i32,
    name: &'static str,
    other_names: &'static [&'static str],
    mit_name: &'static str,
    mit_text: &'static str,
}

macro_rules! error_codes {
    ($($number:literal $name:ident $([$($other:literal),*])?, $mit_name:literal, $mit_text:literal, $source:literal;)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!("Error ", $number, " (", $source, "), `", $mit_name, "` in MIT: \"", $mit_text, "\".")]
                pub const $name: Self = Self($number);
            )*
        }

        /// In ascending order of the number.
        const ROWS: &[Row] = &[$(
            Row {
                number: $number,
                name: stringify!($name),
                other_names: &[$($($other),*)?],
                mit_name: $mit_name,
                mit_text: $mit_text,
            },
        )*];
    };
}

// Number, RFC name and what other RFCs call it, MIT's name and text, source.
error_codes! {
    0 KDC_ERR_NONE, "KRB5KDC_ERR_NONE", "No error", "RFC 4120 section 7.5.9";
    1 KDC_ERR_NAME_EXP, "KRB5KDC_ERR_NAME_EXP", "Client's entry in database has expired", "RFC 4120 section 7.5.9";
    2 KDC_ERR_SERVICE_EXP, "KRB5KDC_ERR_SERVICE_EXP", "Server's entry in database has expired", "RFC 4120 section 7.5.9";
    3 KDC_ERR_BAD_PVNO, "KRB5KDC_ERR_BAD_PVNO", "Requested protocol version not supported", "RFC 4120 section 7.5.9";
    4 KDC_ERR_C_OLD_MAST_KVNO, "KRB5KDC_ERR_C_OLD_MAST_KVNO", "Client's key is encrypted in an old master key", "RFC 4120 section 7.5.9";
    5 KDC_ERR_S_OLD_MAST_KVNO, "KRB5KDC_ERR_S_OLD_MAST_KVNO", "Server's key is encrypted in an old master key", "RFC 4120 section 7.5.9";
    6 KDC_ERR_C_PRINCIPAL_UNKNOWN, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN", "Client not found in Kerberos database", "RFC 4120 section 7.5.9";
    7 KDC_ERR_S_PRINCIPAL_UNKNOWN, "KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", "Server not found in Kerberos database", "RFC 4120 section 7.5.9";
    8 KDC_ERR_PRINCIPAL_NOT_UNIQUE, "KRB5KDC_ERR_PRINCIPAL_NOT_UNIQUE", "Principal has multiple entries in Kerberos database", "RFC 4120 section 7.5.9";
    9 KDC_ERR_NULL_KEY, "KRB5KDC_ERR_NULL_KEY", "Client or server has a null key", "RFC 4120 section 7.5.9";
    10 KDC_ERR_CANNOT_POSTDATE, "KRB5KDC_ERR_CANNOT_POSTDATE", "Ticket is ineligible for postdating", "RFC 4120 section 7.5.9";
    11 KDC_ERR_NEVER_VALID, "KRB5KDC_ERR_NEVER_VALID", "Requested effective lifetime is negative or too short", "RFC 4120 section 7.5.9";
    12 KDC_ERR_POLICY, "KRB5KDC_ERR_POLICY", "KDC policy rejects request", "RFC 4120 section 7.5.9";
    13 KDC_ERR_BADOPTION, "KRB5KDC_ERR_BADOPTION", "KDC can't fulfill requested option", "RFC 4120 section 7.5.9";
    14 KDC_ERR_ETYPE_NOSUPP, "KRB5KDC_ERR_ETYPE_NOSUPP", "KDC has no support for encryption type", "RFC 4120 section 7.5.9";
    15 KDC_ERR_SUMTYPE_NOSUPP, "KRB5KDC_ERR_SUMTYPE_NOSUPP", "KDC has no support for checksum type", "RFC 4120 section 7.5.9";
    16 KDC_ERR_PADATA_TYPE_NOSUPP, "KRB5KDC_ERR_PADATA_TYPE_NOSUPP", "KDC has no support for padata type", "RFC 4120 section 7.5.9";
    17 KDC_ERR_TRTYPE_NOSUPP, "KRB5KDC_ERR_TRTYPE_NOSUPP", "KDC has no support for transited type", "RFC 4120 section 7.5.9";
    18 KDC_ERR_CLIENT_REVOKED, "KRB5KDC_ERR_CLIENT_REVOKED", "Client's credentials have been revoked", "RFC 4120 section 7.5.9";
    19 KDC_ERR_SERVICE_REVOKED, "KRB5KDC_ERR_SERVICE_REVOKED", "Credentials for server have been revoked", "RFC 4120 section 7.5.9";
    20 KDC_ERR_TGT_REVOKED, "KRB5KDC_ERR_TGT_REVOKED", "TGT has been revoked", "RFC 4120 section 7.5.9";
    21 KDC_ERR_CLIENT_NOTYET, "KRB5KDC_ERR_CLIENT_NOTYET", "Client not yet valid - try again later", "RFC 4120 section 7.5.9";
    22 KDC_ERR_SERVICE_NOTYET, "KRB5KDC_ERR_SERVICE_NOTYET", "Server not yet valid - try again later", "RFC 4120 section 7.5.9";
    23 KDC_ERR_KEY_EXPIRED, "KRB5KDC_ERR_KEY_EXP", "Password has expired", "RFC 4120 section 7.5.9";
    24 KDC_ERR_PREAUTH_FAILED, "KRB5KDC_ERR_PREAUTH_FAILED", "Preauthentication failed", "RFC 4120 section 7.5.9";
    25 KDC_ERR_PREAUTH_REQUIRED, "KRB5KDC_ERR_PREAUTH_REQUIRED", "Additional pre-authentication required", "RFC 4120 section 7.5.9";
    26 KDC_ERR_SERVER_NOMATCH, "KRB5KDC_ERR_SERVER_NOMATCH", "Requested server and ticket don't match", "RFC 4120 section 7.5.9";
    27 KDC_ERR_MUST_USE_USER2USER, "KRB5KDC_ERR_MUST_USE_USER2USER", "Server principal valid for user2user only", "RFC 4120 section 7.5.9";
    28 KDC_ERR_PATH_NOT_ACCEPTED, "KRB5KDC_ERR_PATH_NOT_ACCEPTED", "KDC policy rejects transited path", "RFC 4120 section 7.5.9";
    29 KDC_ERR_SVC_UNAVAILABLE, "KRB5KDC_ERR_SVC_UNAVAILABLE", "A service is not available that is required to process the request", "RFC 4120 section 7.5.9";
    31 KRB_AP_ERR_BAD_INTEGRITY, "KRB5KRB_AP_ERR_BAD_INTEGRITY", "Decrypt integrity check failed", "RFC 4120 section 7.5.9";
    32 KRB_AP_ERR_TKT_EXPIRED, "KRB5KRB_AP_ERR_TKT_EXPIRED", "Ticket expired", "RFC 4120 section 7.5.9";
    33 KRB_AP_ERR_TKT_NYV, "KRB5KRB_AP_ERR_TKT_NYV", "Ticket not yet valid", "RFC 4120 section 7.5.9";
    34 KRB_AP_ERR_REPEAT, "KRB5KRB_AP_ERR_REPEAT", "Request is a replay", "RFC 4120 section 7.5.9";
    35 KRB_AP_ERR_NOT_US, "KRB5KRB_AP_ERR_NOT_US", "The ticket isn't for us", "RFC 4120 section 7.5.9";
    36 KRB_AP_ERR_BADMATCH, "KRB5KRB_AP_ERR_BADMATCH", "Ticket/authenticator don't match", "RFC 4120 section 7.5.9";
    37 KRB_AP_ERR_SKEW, "KRB5KRB_AP_ERR_SKEW", "Clock skew too great", "RFC 4120 section 7.5.9";
    38 KRB_AP_ERR_BADADDR, "KRB5KRB_AP_ERR_BADADDR", "Incorrect net address", "RFC 4120 section 7.5.9";
    39 KRB_AP_ERR_BADVERSION, "KRB5KRB_AP_ERR_BADVERSION", "Protocol version mismatch", "RFC 4120 section 7.5.9";
    40 KRB_AP_ERR_MSG_TYPE, "KRB5KRB_AP_ERR_MSG_TYPE", "Invalid message type", "RFC 4120 section 7.5.9";
    41 KRB_AP_ERR_MODIFIED, "KRB5KRB_AP_ERR_MODIFIED", "Message stream modified", "RFC 4120 section 7.5.9";
    42 KRB_AP_ERR_BADORDER, "KRB5KRB_AP_ERR_BADORDER", "Message out of order", "RFC 4120 section 7.5.9";
    43 KRB_AP_ERR_ILL_CR_TKT, "KRB5KRB_AP_ERR_ILL_CR_TKT", "Illegal cross-realm ticket", "RFC 1510 section 8.3";
    44 KRB_AP_ERR_BADKEYVER, "KRB5KRB_AP_ERR_BADKEYVER", "Key version is not available", "RFC 4120 section 7.5.9";
    45 KRB_AP_ERR_NOKEY, "KRB5KRB_AP_ERR_NOKEY", "Service key not available", "RFC 4120 section 7.5.9";
    46 KRB_AP_ERR_MUT_FAIL, "KRB5KRB_AP_ERR_MUT_FAIL", "Mutual authentication failed", "RFC 4120 section 7.5.9";
    47 KRB_AP_ERR_BADDIRECTION, "KRB5KRB_AP_ERR_BADDIRECTION", "Incorrect message direction", "RFC 4120 section 7.5.9";
    48 KRB_AP_ERR_METHOD, "KRB5KRB_AP_ERR_METHOD", "Alternative authentication method required", "RFC 4120 section 7.5.9";
    49 KRB_AP_ERR_BADSEQ, "KRB5KRB_AP_ERR_BADSEQ", "Incorrect sequence number in message", "RFC 4120 section 7.5.9";
    50 KRB_AP_ERR_INAPP_CKSUM, "KRB5KRB_AP_ERR_INAPP_CKSUM", "Inappropriate type of checksum in message", "RFC 4120 section 7.5.9";
    51 KRB_AP_PATH_NOT_ACCEPTED, "KRB5KRB_AP_PATH_NOT_ACCEPTED", "Policy rejects transited path", "RFC 4120 section 7.5.9";
    52 KRB_ERR_RESPONSE_TOO_BIG, "KRB5KRB_ERR_RESPONSE_TOO_BIG", "Response too big for UDP, retry with TCP", "RFC 4120 section 7.5.9";
    60 KRB_ERR_GENERIC, "KRB5KRB_ERR_GENERIC", "Generic error (see e-text)", "RFC 4120 section 7.5.9";
    61 KRB_ERR_FIELD_TOOLONG, "KRB5KRB_ERR_FIELD_TOOLONG", "Field is too long for this implementation", "RFC 4120 section 7.5.9";
    62 KDC_ERR_CLIENT_NOT_TRUSTED ["KDC_ERROR_CLIENT_NOT_TRUSTED"], "KRB5KDC_ERR_CLIENT_NOT_TRUSTED", "Client not trusted", "RFC 4556 section 3.1.3";
    63 KDC_ERR_KDC_NOT_TRUSTED ["KDC_ERROR_KDC_NOT_TRUSTED"], "KRB5KDC_ERR_KDC_NOT_TRUSTED", "KDC not trusted", "RFC 4120 section 7.5.9";
    64 KDC_ERR_INVALID_SIG ["KDC_ERROR_INVALID_SIG"], "KRB5KDC_ERR_INVALID_SIG", "Invalid signature", "RFC 4556 section 3.1.3";
    65 KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED ["KDC_ERR_KEY_TOO_WEAK"], "KRB5KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED", "Key parameters not accepted", "RFC 4556 section 3.1.3";
    66 KDC_ERR_CERTIFICATE_MISMATCH, "KRB5KDC_ERR_CERTIFICATE_MISMATCH", "Certificate mismatch", "RFC 4120 section 7.5.9";
    67 KRB_AP_ERR_NO_TGT, "KRB5KRB_AP_ERR_NO_TGT", "No ticket granting ticket", "RFC 4120 section 7.5.9";
    68 KDC_ERR_WRONG_REALM, "KRB5KDC_ERR_WRONG_REALM", "Realm not local to KDC", "RFC 4120 section 7.5.9";
    69 KRB_AP_ERR_USER_TO_USER_REQUIRED, "KRB5KRB_AP_ERR_USER_TO_USER_REQUIRED", "User to user required", "RFC 4120 section 7.5.9";
    70 KDC_ERR_CANT_VERIFY_CERTIFICATE, "KRB5KDC_ERR_CANT_VERIFY_CERTIFICATE", "Can't verify certificate", "RFC 4556 section 3.1.3";
    71 KDC_ERR_INVALID_CERTIFICATE, "KRB5KDC_ERR_INVALID_CERTIFICATE", "Invalid certificate", "RFC 4556 section 3.1.3";
    72 KDC_ERR_REVOKED_CERTIFICATE, "KRB5KDC_ERR_REVOKED_CERTIFICATE", "Revoked certificate", "RFC 4556 section 3.1.3";
    73 KDC_ERR_REVOCATION_STATUS_UNKNOWN, "KRB5KDC_ERR_REVOCATION_STATUS_UNKNOWN", "Revocation status unknown", "RFC 4556 section 3.1.3";
    74 KDC_ERR_REVOCATION_STATUS_UNAVAILABLE, "KRB5KDC_ERR_REVOCATION_STATUS_UNAVAILABLE", "Revocation status unavailable", "RFC 4120 section 7.5.9";
    75 KDC_ERR_CLIENT_NAME_MISMATCH, "KRB5KDC_ERR_CLIENT_NAME_MISMATCH", "Client name mismatch", "RFC 4556 section 3.1.3";
    76 KDC_ERR_KDC_NAME_MISMATCH, "KRB5KDC_ERR_KDC_NAME_MISMATCH", "KDC name mismatch", "RFC 4120 section 7.5.9";
    77 KDC_ERR_INCONSISTENT_KEY_PURPOSE, "KRB5KDC_ERR_INCONSISTENT_KEY_PURPOSE", "Inconsistent key purpose", "RFC 4556 section 3.1.3";
    78 KDC_ERR_DIGEST_IN_CERT_NOT_ACCEPTED, "KRB5KDC_ERR_DIGEST_IN_CERT_NOT_ACCEPTED", "Digest in certificate not accepted", "RFC 4556 section 3.1.3";
    79 KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED, "KRB5KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED", "Checksum must be included", "RFC 4556 section 3.1.3";
    80 KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED, "KRB5KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED", "Digest in signed-data not accepted", "RFC 4556 section 3.1.3";
    81 KDC_ERR_PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED, "KRB5KDC_ERR_PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED", "Public key encryption not supported", "RFC 4556 section 3.1.3";
    82 KRB_AP_ERR_PRINCIPAL_UNKNOWN, "KRB5PLACEHOLD_82", "KRB5 error code 82", "RFC 6111";
    83 KRB_AP_ERR_REALM_UNKNOWN, "KRB5PLACEHOLD_83", "KRB5 error code 83", "RFC 6111";
    84 KRB_AP_ERR_PRINCIPAL_RESERVED, "KRB5PLACEHOLD_84", "KRB5 error code 84", "RFC 6111";
    85 KRB_AP_ERR_IAKERB_KDC_NOT_FOUND, "KRB5KRB_AP_ERR_IAKERB_KDC_NOT_FOUND", "The IAKERB proxy could not find a KDC", "draft-ietf-kitten-iakerb";
    86 KRB_AP_ERR_IAKERB_KDC_NO_RESPONSE, "KRB5KRB_AP_ERR_IAKERB_KDC_NO_RESPONSE", "The KDC did not respond to the IAKERB proxy", "draft-ietf-kitten-iakerb";
    90 KDC_ERR_PREAUTH_EXPIRED, "KRB5KDC_ERR_PREAUTH_EXPIRED", "Preauthentication expired", "RFC 6113";
    91 KDC_ERR_MORE_PREAUTH_DATA_REQUIRED, "KRB5KDC_ERR_MORE_PREAUTH_DATA_REQUIRED", "More preauthentication data is required", "RFC 6113";
    92 KDC_ERR_PREAUTH_BAD_AUTHENTICATION_SET, "KRB5PLACEHOLD_92", "KRB5 error code 92", "RFC 6113";
    93 KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS ["KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTION"], "KRB5KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTION", "An unsupported critical FAST option was requested", "RFC 6113";
    100 KDC_ERR_NO_ACCEPTABLE_KDF, "KRB5KDC_ERR_NO_ACCEPTABLE_KDF", "No acceptable KDF offered", "RFC 8636";
}

impl ErrorCode {
    /// Every code that has a name, in ascending order.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.number))
    }

    /// The code of a name, in any capitals: the RFC's (`KDC_ERR_KEY_EXPIRED`), another RFC's
    /// (`KDC_ERROR_INVALID_SIG`) or MIT's (`KRB5KDC_ERR_KEY_EXP`).
    pub fn from_name(name: &str) -> Option<Self> {
        let is_name = |other: &str| other.eq_ignore_ascii_case(name);
        ROWS.iter()
            .find(|row| {
                is_name(row.name)
                    || is_name(row.mit_name)
                    || row.other_names.iter().any(|other| is_name(other))
            })
            .map(|row| Self(row.number))
    }

    /// The code of a com_err number as MIT's libraries return it.
    pub fn from_com_err(number: i32) -> Option<Self> {
        let code = number.checked_sub(MIT_BASE)?;
        (0..=127).contains(&code).then_some(Self(code))
    }

    /// The name in the RFCs; `None` when the number is unassigned.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// The name in MIT's `krb5.h`: `KRB5KDC_ERR_...`, `KRB5KRB_AP_ERR_...`, `KRB5KRB_ERR_...`, or
    /// `KRB5PLACEHOLD_...` where MIT does not know the code.
    pub fn mit_name(self) -> Option<&'static str> {
        self.row().map(|row| row.mit_name)
    }

    /// The com_err number in MIT's libraries, -1765328384 plus the code; `None` outside 0 to 127, where
    /// MIT has its library errors.
    pub fn com_err(self) -> Option<i32> {
        (0..=127).contains(&self.0).then(|| MIT_BASE + self.0)
    }

    /// The text of MIT 1.20's error table. Where its libraries know more, they say more
    /// (`Client 'alice@LAB.EXAMPLE' not found in Kerberos database`).
    pub fn mit_text(self) -> Option<&'static str> {
        self.row().map(|row| row.mit_text)
    }

    fn row(self) -> Option<&'static Row> {
        let index = ROWS.binary_search_by_key(&self.0, |row| row.number).ok()?;
        ROWS.get(index)
    }
}

/// `41 KRB_AP_ERR_MODIFIED`, or `250 (unassigned)`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{} (unassigned)", self.0),
        }
    }
}

/// An error of MIT's libraries that never travels in a KRB-ERROR, as its com_err number. The constants
/// bear the names of `krb5.h`; numbers without a name here are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryError(pub i32);

macro_rules! library_errors {
    ($($number:literal $name:ident, $text:literal;)*) => {
        impl LibraryError {
            $(
                #[doc = concat!($number, ", \"", $text, "\".")]
                pub const $name: Self = Self($number);
            )*
        }

        const LIBRARY_ROWS: &[(i32, &str, &str)] = &[$(($number, stringify!($name), $text),)*];
    };
}

library_errors! {
    -1765328250 KRB5_PARSE_MALFORMED, "Malformed representation of principal";
    -1765328249 KRB5_CONFIG_CANTOPEN, "Can't open/find Kerberos configuration file";
    -1765328243 KRB5_CC_NOTFOUND, "Matching credential not found";
    -1765328242 KRB5_CC_END, "End of credential cache reached";
    -1765328240 KRB5KRB_AP_WRONG_PRINC, "Wrong principal in request";
    -1765328237 KRB5_KDCREP_MODIFIED, "KDC reply did not match expectations";
    -1765328236 KRB5_KDCREP_SKEW, "Clock skew too great in KDC reply";
    -1765328235 KRB5_IN_TKT_REALM_MISMATCH, "Client/server realm mismatch in initial ticket request";
    -1765328234 KRB5_PROG_ETYPE_NOSUPP, "Program lacks support for encryption type";
    -1765328232 KRB5_WRONG_ETYPE, "Requested encryption type not used in message";
    -1765328230 KRB5_REALM_UNKNOWN, "Cannot find KDC for requested realm";
    -1765328229 KRB5_SERVICE_UNKNOWN, "Kerberos service unknown";
    -1765328228 KRB5_KDC_UNREACH, "Cannot contact any KDC for requested realm";
    -1765328226 KRB5_MUTUAL_FAILED, "Mutual authentication failed";
    -1765328221 KRB5_RC_REPLAY, "Message is a replay";
    -1765328203 KRB5_KT_NOTFOUND, "Key table entry not found";
    -1765328199 KRB5_NO_TKT_IN_RLM, "Cannot find ticket for requested realm";
    -1765328190 KRB5_FCC_PERM, "Credentials cache permissions incorrect";
    -1765328189 KRB5_FCC_NOFILE, "No credentials cache found";
    -1765328185 KRB5_CC_FORMAT, "Bad format in credentials cache";
    -1765328182 KRB5_NO_2ND_TKT, "Request missing second ticket";
    -1765328176 KRB5_PREAUTH_BAD_TYPE, "Unsupported preauthentication type";
    -1765328174 KRB5_PREAUTH_FAILED, "Generic preauthentication failure";
    -1765328172 KRB5_CCACHE_BADVNO, "Unsupported credentials cache format version number";
    -1765328171 KRB5_KEYTAB_BADVNO, "Unsupported key table format version number";
    -1765328167 KRB5_ERR_HOST_REALM_UNKNOWN, "Cannot determine realm for host";
    -1765328163 KRB5_TKT_NOT_FORWARDABLE, "Requesting ticket can't get forwardable tickets";
    -1765328161 KRB5_GET_IN_TKT_LOOP, "Looping detected inside krb5_get_in_tkt";
    -1765328160 KRB5_CONFIG_NODEFREALM, "Configuration file does not specify default realm";
    -1765328154 KRB5_KT_KVNONOTFOUND, "Key version number for principal in key table is incorrect";
    -1765328149 KRB5_KT_FORMAT, "Bad format in keytab";
    -1765328148 KRB5_NOPERM_ETYPE, "Encryption type not permitted";
    -1765328147 KRB5_CONFIG_ETYPE_NOSUPP, "No supported encryption types (config file error?)";
    -1765328132 KRB5_ERR_FAST_REQUIRED, "FAST protected pre-authentication required but not supported by KDC";
    1859794437 ASN1_OVERRUN, "ASN.1 encoding ended unexpectedly";
    1859794438 ASN1_BAD_ID, "ASN.1 identifier doesn't match expected value";
}

impl LibraryError {
    /// Every error that has a name here.
    pub fn all() -> impl Iterator<Item = Self> {
        LIBRARY_ROWS.iter().map(|row| Self(row.0))
    }

    /// The error of a name of `krb5.h`, in any capitals.
    pub fn from_name(name: &str) -> Option<Self> {
        LIBRARY_ROWS
            .iter()
            .find(|row| row.1.eq_ignore_ascii_case(name))
            .map(|row| Self(row.0))
    }

    /// The name in `krb5.h`.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// The text of MIT 1.20's error table. Where its libraries know more, they say more
    /// (`Cannot contact any KDC for realm 'LAB.EXAMPLE'`).
    pub fn text(self) -> Option<&'static str> {
        self.row().map(|row| row.2)
    }

    fn row(self) -> Option<&'static (i32, &'static str, &'static str)> {
        LIBRARY_ROWS.iter().find(|row| row.0 == self.0)
    }
}

/// `-1765328228 KRB5_KDC_UNREACH`, or the number alone.
impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mit() -> impl Iterator<Item = (i32, &'static str, &'static str)> {
        include_str!("../tests/data/mit-errors.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut fields = line.splitn(3, '\t');
                let number = fields.next().unwrap().parse().unwrap();
                (number, fields.next().unwrap(), fields.next().unwrap())
            })
    }

    #[test]
    fn every_protocol_code_has_the_number_name_and_text_of_mit() {
        let mut seen = 0;
        for (number, name, text) in mit() {
            let Some(code) = ErrorCode::from_com_err(number) else {
                continue;
            };
            seen += 1;
            assert_eq!(code.com_err(), Some(number));
            match code.name() {
                Some(_) => {
                    assert_eq!(code.mit_name(), Some(name));
                    assert_eq!(code.mit_text(), Some(text));
                    assert_eq!(ErrorCode::from_name(name), Some(code));
                }
                None => assert!(name.starts_with("KRB5PLACEHOLD_"), "{name} has no row"),
            }
        }
        assert_eq!(seen, 128);
    }

    #[test]
    fn every_library_error_has_the_number_and_text_of_mit() {
        for error in LibraryError::all() {
            let row = mit().find(|row| row.0 == error.0);
            assert_eq!(
                row,
                Some((error.0, error.name().unwrap(), error.text().unwrap()))
            );
            assert_eq!(LibraryError::from_name(error.name().unwrap()), Some(error));
            assert_eq!(ErrorCode::from_com_err(error.0), None);
        }
    }

    #[test]
    fn the_rows_are_in_order_and_their_names_differ() {
        assert!(ROWS.windows(2).all(|pair| pair[0].number < pair[1].number));
        for code in ErrorCode::all() {
            let row = code.row().unwrap();
            for name in [row.name, row.mit_name].iter().chain(row.other_names) {
                assert_eq!(ErrorCode::from_name(name), Some(code), "{name}");
            }
        }
    }

    #[test]
    fn the_extremes_of_the_table() {
        assert_eq!(ErrorCode::KDC_ERR_NONE.com_err(), Some(-1_765_328_384));
        assert_eq!(ErrorCode(127).com_err(), Some(-1_765_328_257));
        assert_eq!(ErrorCode(128).com_err(), None);
        assert_eq!(ErrorCode(-1).com_err(), None);
        assert_eq!(ErrorCode::from_com_err(-1_765_328_385), None);
        assert_eq!(ErrorCode::from_com_err(-1_765_328_256), None);
    }

    #[test]
    fn names_of_all_spellings_lead_to_the_code() {
        for name in [
            "KDC_ERR_KEY_EXPIRED",
            "KRB5KDC_ERR_KEY_EXP",
            "kdc_err_key_expired",
        ] {
            assert_eq!(ErrorCode::from_name(name), Some(ErrorCode(23)), "{name}");
        }
        for name in ["KDC_ERROR_CLIENT_NOT_TRUSTED", "KDC_ERR_CLIENT_NOT_TRUSTED"] {
            assert_eq!(ErrorCode::from_name(name), Some(ErrorCode(62)), "{name}");
        }
        for name in [
            "KDC_ERR_KEY_TOO_WEAK",
            "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED",
        ] {
            assert_eq!(ErrorCode::from_name(name), Some(ErrorCode(65)), "{name}");
        }
        for name in ["", "KRB_AP_ERR", "41", "KRB5_KDC_UNREACH"] {
            assert_eq!(ErrorCode::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn display_names_the_code() {
        assert_eq!(
            ErrorCode::KRB_AP_ERR_MODIFIED.to_string(),
            "41 KRB_AP_ERR_MODIFIED"
        );
        assert_eq!(ErrorCode(250).to_string(), "250 (unassigned)");
        assert_eq!(ErrorCode(-3).to_string(), "-3 (unassigned)");
        assert_eq!(
            LibraryError::KRB5_KDC_UNREACH.to_string(),
            "-1765328228 KRB5_KDC_UNREACH"
        );
        assert_eq!(LibraryError(5).to_string(), "5");
    }

    proptest! {
        #[test]
        fn any_number_is_kept_and_never_panics(number: i32) {
            let code = ErrorCode(number);
            prop_assert!(code.to_string().starts_with(&number.to_string()));
            prop_assert_eq!(code.com_err().and_then(ErrorCode::from_com_err), code.com_err().map(|_| code));
            prop_assert!(ErrorCode::from_com_err(number).is_none_or(|code| code.com_err() == Some(number)));
        }
    }
}
