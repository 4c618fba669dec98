//! OpenJDK 17: the messages of `KrbException` and `GSSException`.

use kdclab_client::{
    AcceptError, ApExchangeError, ClientError, FailureReason, Transport, WantedKey,
};
use kdclab_proto::{DecodeError, Enctype, ErrorCode};

pub(super) fn client_text(error: &ClientError, is_login: bool) -> Option<String> {
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
                (Transport::Tcp, FailureReason::Refused) => Some("Connection refused".to_owned()),
                (Transport::Udp, FailureReason::TimedOut) => Some("Receive timed out".to_owned()),
                _ => None,
            }
        }
        // Krb5LoginModule with a cache that is missing, or has nothing valid.
        ClientError::NoCredential { .. } if is_login => {
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
        ClientError::Refused(refusal) => {
            let text = code_text(refusal.error.error_code)?;
            Some(match &refusal.error.e_text {
                Some(detail) => format!("{text} - {detail}"),
                None => text,
            })
        }
        ClientError::ReplyMismatch(_) => code_text(ErrorCode::KRB_AP_ERR_MODIFIED),
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
        AcceptError::ClockSkew { .. } => code_text(ErrorCode::KRB_AP_ERR_SKEW),
        AcceptError::Replay { .. } => code_text(ErrorCode::KRB_AP_ERR_REPEAT),
        AcceptError::TicketEnctypeNotPermitted(wanted) => Some(format!(
            "Encryption type {} is not supported/enabled",
            long_name(wanted.enctype)
        )),
        AcceptError::TicketExpired { .. } => code_text(ErrorCode::KRB_AP_ERR_TKT_EXPIRED),
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

/// `Client not found in Kerberos database (6)`; `None` for a code that has not been seen in JDK 17.
fn code_text(code: ErrorCode) -> Option<String> {
    let text = match code {
        ErrorCode::KDC_ERR_NAME_EXP => "Client's entry in database expired",
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN => "Client not found in Kerberos database",
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN => "Server not found in Kerberos database",
        ErrorCode::KDC_ERR_PRINCIPAL_NOT_UNIQUE => "Multiple principal entries in database",
        ErrorCode::KDC_ERR_POLICY => "KDC policy rejects request",
        ErrorCode::KDC_ERR_BADOPTION => "KDC cannot accommodate requested option",
        ErrorCode::KDC_ERR_ETYPE_NOSUPP => "KDC has no support for encryption type",
        ErrorCode::KDC_ERR_CLIENT_REVOKED => "Clients credentials have been revoked",
        ErrorCode::KDC_ERR_TGT_REVOKED => "TGT has been revoked",
        ErrorCode::KDC_ERR_KEY_EXPIRED => "Password has expired - change password to reset",
        ErrorCode::KDC_ERR_PREAUTH_FAILED => "Pre-authentication information was invalid",
        ErrorCode::KDC_ERR_SERVER_NOMATCH => "Requested server and ticket don't match",
        ErrorCode::KDC_ERR_MUST_USE_USER2USER => "Server principal valid for user2user only",
        ErrorCode::KDC_ERR_PATH_NOT_ACCEPTED => "KDC Policy rejects transited path",
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY => "Integrity check on decrypted field failed",
        ErrorCode::KRB_AP_ERR_TKT_EXPIRED => "Ticket expired",
        ErrorCode::KRB_AP_ERR_TKT_NYV => "Ticket not yet valid",
        ErrorCode::KRB_AP_ERR_REPEAT => "Request is a replay",
        ErrorCode::KRB_AP_ERR_NOT_US => "The ticket isn't for us",
        ErrorCode::KRB_AP_ERR_SKEW => "Clock skew too great",
        ErrorCode::KRB_AP_ERR_MODIFIED => "Message stream modified",
        ErrorCode::KRB_AP_ERR_BADKEYVER => "Specified version of key is not available",
        ErrorCode::KRB_AP_ERR_NOKEY => "Service key not available",
        ErrorCode::KRB_AP_ERR_MUT_FAIL => "Mutual authentication failed",
        ErrorCode::KRB_ERR_RESPONSE_TOO_BIG => "Response too big for UDP, retry with TCP",
        ErrorCode::KRB_ERR_GENERIC => "Generic error (description in e-text)",
        ErrorCode::KDC_ERR_WRONG_REALM => "Wrong realm",
        _ => return None,
    };
    Some(format!("{text} ({})", code.0))
}
