//! OpenJDK 17: the messages of `KrbException` and `GSSException`.

use kdclab_client::{
    AcceptError, ApExchangeError, ClientError, FailureReason, Transport, WantedKey,
};
use kdclab_proto::{DecodeError, Enctype, ErrorCode};

use super::Intent;

pub(super) fn client_text(error: &ClientError, intent: Intent) -> Option<String> {
    match error {
        ClientError::KdcUnreachable { failures, .. } if failures.failures.is_empty() => {
            Some("Cannot locate KDC".to_owned())
        }
        ClientError::KdcUnreachable { failures, .. } => {
            let last = failures.failures.last()?;
            match (last.transport, &last.reason) {
                (_, FailureReason::NotResolved { name }) => {
                    Some(format!("{name}: Name or service not known"))
                }
                (Transport::Tcp, FailureReason::Closed) => {
                    Some("Cannot get a KDC reply".to_owned())
                }
                (Transport::Tcp, FailureReason::ConnectTimedOut) => {
                    Some("Connect timed out".to_owned())
                }
                (Transport::Tcp, FailureReason::Refused) => Some("Connection refused".to_owned()),
                (Transport::Udp, FailureReason::TimedOut) => Some("Receive timed out".to_owned()),
                // A PortUnreachableException has no message. GSS prints that it has none, a login nothing.
                (Transport::Udp, FailureReason::Refused) if intent.has_tgt => {
                    Some("No valid credentials provided (Mechanism level: null)".to_owned())
                }
                _ => None,
            }
        }
        // Krb5LoginModule with a cache that is missing, or has nothing valid.
        ClientError::NoCredential { .. } if intent.is_login => {
            Some("Unable to obtain Principal Name for authentication".to_owned())
        }
        // Krb5LoginModule: the keytab has no key that Java can use, and nobody is there to type a password.
        ClientError::NoEnctype | ClientError::NoKeyInKeytab { .. } => {
            Some("Unable to obtain password from user".to_owned())
        }
        ClientError::NoCredential { .. } => Some(
            "No valid credentials provided (Mechanism level: Failed to find any Kerberos tgt)"
                .to_owned(),
        ),
        // 63 is KRB_AP_ERR_GEN_CRED, a number of Java's own and none of the protocol.
        ClientError::NoPathToRealm { .. } => {
            Some("Fail to create credential. (63) - No service creds".to_owned())
        }
        // Where it sends requests, it gives this code a text without the number.
        ClientError::Refused(refusal)
            if refusal.error.error_code == ErrorCode::KDC_ERR_SVC_UNAVAILABLE =>
        {
            Some("A service is not available".to_owned())
        }
        ClientError::Refused(refusal) => {
            let text = code_text(refusal.error.error_code);
            Some(match &refusal.error.e_text {
                Some(detail) => format!("{text} - {detail}"),
                None => text,
            })
        }
        ClientError::ReplyMismatch(_) => Some(code_text(ErrorCode::KRB_AP_ERR_MODIFIED)),
        ClientError::UndecodableReply {
            error: DecodeError::Truncated { .. },
            ..
        } => Some("not enough content".to_owned()),
        ClientError::UndecryptableReply { .. } => Some("Checksum failed".to_owned()),
        ClientError::UnexpectedMessage { .. } => {
            Some("Identifier doesn't match expected value (906)".to_owned())
        }
        _ => None,
    }
}

/// The innermost cause of the exception: of every refusal it is the same, since Java reads the answer as a
/// reply before it reads it as an error. 906 is `ASN1_BAD_ID`, a number of its own and none of the protocol.
pub(super) fn client_cause(error: &ClientError) -> Option<String> {
    error.refusal().map(|_| {
        "Caused by: KrbException: Identifier doesn't match expected value (906)".to_owned()
    })
}

pub(super) fn session_text(error: &ApExchangeError) -> Option<String> {
    match error {
        // JGSS expects an AP-REP and reads nothing else: the code is lost.
        ApExchangeError::Refused(_) => Some(
            "Defective token detected (Mechanism level: AP_REP token id does not match!)"
                .to_owned(),
        ),
        _ => None,
    }
}

pub(super) fn acceptor_text(error: &AcceptError) -> Option<String> {
    match error {
        AcceptError::EnctypeNotPermitted { enctype, .. } => Some(format!(
            "{} encryption type not in permitted_enctypes list",
            long_name(*enctype)
        )),
        AcceptError::KeyEnctype(wanted) => Some(no_key(wanted)),
        AcceptError::KeyVersion { .. }
        | AcceptError::ServerNotInKeytab(_)
        | AcceptError::TicketUndecryptable(_) => Some("Checksum failed".to_owned()),
        AcceptError::ClockSkew { .. } => Some(code_text(ErrorCode::KRB_AP_ERR_SKEW)),
        AcceptError::Replay { .. } => Some(code_text(ErrorCode::KRB_AP_ERR_REPEAT)),
        AcceptError::TicketEnctypeNotPermitted(wanted) => Some(format!(
            "Encryption type {} is not supported/enabled",
            long_name(wanted.enctype)
        )),
        AcceptError::TicketExpired { .. } => Some(code_text(ErrorCode::KRB_AP_ERR_TKT_EXPIRED)),
        _ => None,
    }
}

fn no_key(wanted: &WantedKey) -> String {
    format!(
        "Invalid argument (400) - Cannot find key of appropriate type to decrypt AP-REQ - {}",
        long_name(wanted.enctype)
    )
}

fn long_name(enctype: Enctype) -> String {
    match enctype {
        Enctype::AES128_CTS_HMAC_SHA1_96 => "AES128 CTS mode with HMAC SHA1-96".to_owned(),
        Enctype::AES256_CTS_HMAC_SHA1_96 => "AES256 CTS mode with HMAC SHA1-96".to_owned(),
        Enctype::AES128_CTS_HMAC_SHA256_128 => "AES128 CTS mode with HMAC SHA256-128".to_owned(),
        Enctype::AES256_CTS_HMAC_SHA384_192 => "AES256 CTS mode with HMAC SHA384-192".to_owned(),
        Enctype::RC4_HMAC => "RC4 with HMAC".to_owned(),
        other => other.to_string(),
    }
}

/// `Client not found in Kerberos database (6)`. Of a code that it has no text for, such as 68, OpenJDK says
/// `null (68)`. Some of its texts are for numbers of its own, which the protocol uses for other errors: 62, 63.
fn code_text(code: ErrorCode) -> String {
    let text = match code {
        ErrorCode::KDC_ERR_NAME_EXP => "Client's entry in database expired",
        ErrorCode::KDC_ERR_SERVICE_EXP => "Server's entry in database has expired",
        ErrorCode::KDC_ERR_BAD_PVNO => "Requested protocol version number not supported",
        ErrorCode::KDC_ERR_C_OLD_MAST_KVNO => "Client's key encrypted in old master key",
        ErrorCode::KDC_ERR_S_OLD_MAST_KVNO => "Server's key encrypted in old master key",
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN => "Client not found in Kerberos database",
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN => "Server not found in Kerberos database",
        ErrorCode::KDC_ERR_PRINCIPAL_NOT_UNIQUE => "Multiple principal entries in database",
        ErrorCode::KDC_ERR_NULL_KEY => "The client or server has a null key",
        ErrorCode::KDC_ERR_CANNOT_POSTDATE => "Ticket not eligible for postdating",
        ErrorCode::KDC_ERR_NEVER_VALID => "Requested start time is later than end time",
        ErrorCode::KDC_ERR_POLICY => "KDC policy rejects request",
        ErrorCode::KDC_ERR_BADOPTION => "KDC cannot accommodate requested option",
        ErrorCode::KDC_ERR_ETYPE_NOSUPP => "KDC has no support for encryption type",
        ErrorCode::KDC_ERR_SUMTYPE_NOSUPP => "KDC has no support for checksum type",
        ErrorCode::KDC_ERR_PADATA_TYPE_NOSUPP => "KDC has no support for padata type",
        ErrorCode::KDC_ERR_TRTYPE_NOSUPP => "KDC has no support for transited type",
        ErrorCode::KDC_ERR_CLIENT_REVOKED => "Clients credentials have been revoked",
        ErrorCode::KDC_ERR_SERVICE_REVOKED => "Credentials for server have been revoked",
        ErrorCode::KDC_ERR_TGT_REVOKED => "TGT has been revoked",
        ErrorCode::KDC_ERR_CLIENT_NOTYET => "Client not yet valid - try again later",
        ErrorCode::KDC_ERR_SERVICE_NOTYET => "Server not yet valid - try again later",
        ErrorCode::KDC_ERR_KEY_EXPIRED => "Password has expired - change password to reset",
        ErrorCode::KDC_ERR_PREAUTH_FAILED => "Pre-authentication information was invalid",
        ErrorCode::KDC_ERR_PREAUTH_REQUIRED => "Additional pre-authentication required",
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY => "Integrity check on decrypted field failed",
        ErrorCode::KRB_AP_ERR_TKT_EXPIRED => "Ticket expired",
        ErrorCode::KRB_AP_ERR_TKT_NYV => "Ticket not yet valid",
        ErrorCode::KRB_AP_ERR_REPEAT => "Request is a replay",
        ErrorCode::KRB_AP_ERR_NOT_US => "The ticket isn't for us",
        ErrorCode::KRB_AP_ERR_BADMATCH => "Ticket and authenticator don't match",
        ErrorCode::KRB_AP_ERR_SKEW => "Clock skew too great",
        ErrorCode::KRB_AP_ERR_BADADDR => "Incorrect net address",
        ErrorCode::KRB_AP_ERR_BADVERSION => "Protocol version mismatch",
        ErrorCode::KRB_AP_ERR_MSG_TYPE => "Invalid msg type",
        ErrorCode::KRB_AP_ERR_MODIFIED => "Message stream modified",
        ErrorCode::KRB_AP_ERR_BADORDER => "Message out of order",
        ErrorCode::KRB_AP_ERR_BADKEYVER => "Specified version of key is not available",
        ErrorCode::KRB_AP_ERR_NOKEY => "Service key not available",
        ErrorCode::KRB_AP_ERR_MUT_FAIL => "Mutual authentication failed",
        ErrorCode::KRB_AP_ERR_BADDIRECTION => "Incorrect message direction",
        ErrorCode::KRB_AP_ERR_METHOD => "Alternative authentication method required",
        ErrorCode::KRB_AP_ERR_BADSEQ => "Incorrect sequence number in message",
        ErrorCode::KRB_AP_ERR_INAPP_CKSUM => "Inappropriate type of checksum in message",
        ErrorCode::KRB_ERR_RESPONSE_TOO_BIG => "Response too big for UDP, retry with TCP",
        ErrorCode::KRB_ERR_GENERIC => "Generic error (description in e-text)",
        ErrorCode::KRB_ERR_FIELD_TOOLONG => "Field is too long for this implementation",
        ErrorCode::KDC_ERR_CLIENT_NOT_TRUSTED => "Realm name not available",
        ErrorCode::KDC_ERR_KDC_NOT_TRUSTED => "Fail to create credential.",
        _ => "null",
    };
    format!("{text} ({})", code.0)
}
