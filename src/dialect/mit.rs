//! MIT krb5 1.20: the texts of its libraries and of kinit.

use kdclab_client::{
    AcceptError, AcceptorName, ApExchangeError, ClientError, Exchange, KpasswdFailure, Refusal,
    WantedKey,
};
use kdclab_proto::{Enctype, ErrorCode, LibraryError};

const PASSWORD_INCORRECT: &str = "Password incorrect";

pub(super) fn client_text(error: &ClientError, is_typed: bool) -> Option<String> {
    match error {
        // kinit's own words: it knows that it asked for the password.
        ClientError::UndecryptableReply {
            exchange: Exchange::As,
            ..
        } if is_typed => Some(PASSWORD_INCORRECT.to_owned()),
        ClientError::Refused(refusal)
            if is_typed && refusal.error.error_code == ErrorCode::KDC_ERR_PREAUTH_FAILED =>
        {
            Some(PASSWORD_INCORRECT.to_owned())
        }
        ClientError::KdcUnreachable { realm, failures } if failures.failures.is_empty() => {
            Some(format!("Cannot find KDC for realm \"{realm}\""))
        }
        ClientError::KdcUnreachable { realm, failures } if !failures.service_unavailable() => {
            Some(format!("Cannot contact any KDC for realm '{realm}'"))
        }
        // What GSS-API says of an empty cache. It has the user's number in place of krb5.conf's `%{uid}`.
        ClientError::NoCredential { .. } => Some(
            "No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_%{uid})".to_owned(),
        ),
        ClientError::PasswordNotChanged(failure) => kpasswd_text(error, failure),
        ClientError::Refused(refusal) => refusal_text(refusal),
        _ => number_text(error.com_err()?),
    }
}

/// What kpasswd prints.
fn kpasswd_text(error: &ClientError, failure: &KpasswdFailure) -> Option<String> {
    match failure {
        KpasswdFailure::Refused(result) if result.text.is_empty() => {
            Some(result.code.mit_text().to_owned())
        }
        KpasswdFailure::Refused(result) => {
            Some(format!("{}: {}", result.code.mit_text(), result.text))
        }
        _ => number_text(error.com_err()?),
    }
}

fn refusal_text(refusal: &Refusal) -> Option<String> {
    let code = refusal.error.error_code;
    match code {
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN if refusal.exchange == Exchange::As => Some(
            format!("Client '{}' not found in Kerberos database", refusal.client),
        ),
        ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN => Some(format!(
            "Server {} not found in Kerberos database",
            refusal.server
        )),
        ErrorCode::KRB_ERR_GENERIC
            if refusal.exchange == Exchange::Tgs
                && let Some(text) = &refusal.error.e_text =>
        {
            Some(format!("KDC returned error string: {text}"))
        }
        _ => code.mit_text().map(str::to_owned),
    }
}

pub(super) fn session_text(error: &ApExchangeError) -> Option<String> {
    number_text(error.com_err()?)
}

fn number_text(com_err: i32) -> Option<String> {
    ErrorCode::from_com_err(com_err)
        .and_then(ErrorCode::mit_text)
        .or_else(|| LibraryError(com_err).text())
        .map(str::to_owned)
}

pub(super) fn acceptor_text(error: &AcceptError) -> Option<String> {
    match error {
        AcceptError::KeyEnctype(wanted) => Some(format!(
            "{} found in keytab but not with enctype {}",
            ticket(wanted),
            short_name(wanted.enctype)
        )),
        AcceptError::KeyVersion { wanted, newest } => {
            let stale = if *newest > wanted.kvno {
                "ticket"
            } else {
                "keytab"
            };
            Some(format!(
                "{} not found in keytab; {stale} is likely out of date",
                ticket(wanted)
            ))
        }
        // A GSS acceptor that takes any name looks whether there is anything in its keytab.
        AcceptError::NoCredentials { acceptor, .. } if **acceptor == AcceptorName::Any => {
            Some("Keytab FILE:/etc/krb5.keytab is nonexistent or empty".to_owned())
        }
        AcceptError::ServerNotInKeytab(wanted) => Some(format!(
            "Request ticket server {} not found in keytab (ticket kvno {})",
            wanted.server, wanted.kvno
        )),
        AcceptError::TicketUndecryptable(wanted) => Some(format!(
            "{} enctype {} found in keytab but cannot decrypt ticket",
            ticket(wanted),
            short_name(wanted.enctype)
        )),
        _ => number_text(error.com_err()?),
    }
}

fn ticket(wanted: &WantedKey) -> String {
    format!(
        "Request ticket server {} kvno {}",
        wanted.server, wanted.kvno
    )
}

/// The shortest of the names that MIT knows for a type, which is what its acceptor prints.
fn short_name(enctype: Enctype) -> String {
    match enctype {
        Enctype::AES128_CTS_HMAC_SHA1_96 => "aes128-cts".to_owned(),
        Enctype::AES128_CTS_HMAC_SHA256_128 => "aes128-sha2".to_owned(),
        Enctype::AES256_CTS_HMAC_SHA1_96 => "aes256-cts".to_owned(),
        Enctype::AES256_CTS_HMAC_SHA384_192 => "aes256-sha2".to_owned(),
        Enctype::CAMELLIA128_CTS_CMAC => "camellia128-cts".to_owned(),
        Enctype::CAMELLIA256_CTS_CMAC => "camellia256-cts".to_owned(),
        Enctype::RC4_HMAC => "rc4-hmac".to_owned(),
        _ => enctype.to_string(),
    }
}
