//! How MIT, Java, Windows and PAN-OS tell the same cause: one table per dialect, and nowhere else.

mod cluster;
mod errno;
mod hadoop;
mod java;
mod java_6;
mod mit;
mod pan_os;
#[cfg(test)]
mod tests;
mod win32;
mod windows;

use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_client::{AcceptError, ApExchangeError, ClientError};
use kdclab_proto::messages::KrbError;
use kdclab_proto::{ErrorCode, LibraryError, Principal};

pub(crate) use self::cluster::{
    ClusterLine, RESTART_AFTER_MILLISECONDS, Update, not_joined, terminated,
};
pub use self::errno::{Abi, Errno};
pub use self::win32::Win32Error;
pub(crate) use self::windows::logon_attempt;
use crate::script::model::DialectName;
use crate::script::values::ErrorName;
use crate::sim::{DaemonError, OsError, SessionError};

/// The error as scenario files name it: the code on the wire, or what MIT's library calls it.
pub(crate) fn client_error_name(error: &ClientError) -> ErrorName {
    if let Some(refusal) = error.refusal() {
        return ErrorName::Protocol(refusal.error.error_code);
    }
    if let Some(result) = error.kpasswd_result() {
        return ErrorName::Kpasswd(result.code);
    }
    error
        .com_err()
        .map_or(ErrorName::Session(SessionError::NoAnswer), number_name)
}

/// The error of a session as scenario files name it.
pub(crate) fn session_error_name(error: &ApExchangeError) -> ErrorName {
    if let ApExchangeError::Refused(error) = error {
        return ErrorName::Protocol(error.error_code);
    }
    error.com_err().map_or(
        ErrorName::Session(SessionError::ConnectionClosed),
        number_name,
    )
}

fn number_name(com_err: i32) -> ErrorName {
    ErrorCode::from_com_err(com_err).map_or(
        ErrorName::Library(LibraryError(com_err)),
        ErrorName::Protocol,
    )
}

/// What a client was about when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    /// Whether a user typed the password, as at MIT's kinit, which then has words of its own.
    pub(crate) is_typed: bool,
    /// Whether it was for a login alone, as in Java's `Krb5LoginModule`, and for no service.
    pub(crate) is_login: bool,
    /// Whether it had a ticket-granting ticket, so that no login was under way.
    pub(crate) has_tgt: bool,
}

/// What the user of a client sees when there is no ticket; `None` where no text is known.
pub(crate) fn client_text(
    dialect: DialectName,
    error: &ClientError,
    intent: Intent,
) -> Option<String> {
    match dialect {
        DialectName::Java | DialectName::Java6 => java::client_text(error, intent),
        DialectName::Mit => mit::client_text(error, intent.is_typed),
        DialectName::PanOs => pan_os::client_text(error),
        DialectName::Windows => None,
    }
}

/// What a client with debugging switched on prints beside that.
pub(crate) fn client_log(dialect: DialectName, error: &ClientError) -> Option<String> {
    match dialect {
        DialectName::Java | DialectName::Java6 => java::client_cause(error),
        DialectName::Mit | DialectName::PanOs | DialectName::Windows => None,
    }
}

/// What the user of a client sees when a service refuses; `None` where no text is known.
pub(crate) fn session_text(dialect: DialectName, error: &ApExchangeError) -> Option<String> {
    match dialect {
        DialectName::Java | DialectName::Java6 => java::session_text(error),
        DialectName::Mit => mit::session_text(error),
        DialectName::PanOs => pan_os::session_text(error),
        DialectName::Windows => None,
    }
}

/// What the log of a client's host has when a service refuses the client a session with `target`. `computer`
/// is the host's name.
pub(crate) fn session_log(
    dialect: DialectName,
    error: &ApExchangeError,
    client: &Principal,
    target: &Principal,
    computer: &str,
) -> Option<String> {
    match dialect {
        DialectName::Windows => windows::session_event(error, client, target, computer),
        DialectName::Java | DialectName::Java6 | DialectName::Mit | DialectName::PanOs => None,
    }
}

/// The event that Windows with Kerberos logging writes where a KDC refuses. `computer` is the host's name.
pub(crate) fn kdc_event(error: &ClientError, computer: &str) -> Option<String> {
    windows::kdc_event(error, computer)
}

/// What the user of a client sees when the operating system fails it; `None` where no text is known.
pub(crate) fn os_text(dialect: DialectName, abi: Abi, error: OsError) -> Option<String> {
    match dialect {
        DialectName::PanOs => Some(pan_os::os_text(Errno::of(error), abi)),
        DialectName::Java | DialectName::Java6 | DialectName::Mit | DialectName::Windows => None,
    }
}

/// What an acceptor writes to its log.
pub(crate) fn acceptor_log(dialect: DialectName, error: &AcceptError) -> String {
    match dialect {
        DialectName::Java => java::acceptor_text(error),
        DialectName::Java6 => java_6::acceptor_text(error),
        DialectName::Mit | DialectName::PanOs => mit::acceptor_text(error),
        DialectName::Windows => None,
    }
    .unwrap_or_else(|| error.to_string())
}

/// What a daemon of Hadoop says, to its user and in its log.
pub(crate) fn daemon_text(error: &DaemonError) -> String {
    hadoop::text(error)
}

/// What the log of a daemon of Hadoop has beside that.
pub(crate) fn daemon_detail(error: &DaemonError) -> String {
    hadoop::detail(error)
}

/// The code of the KRB-ERROR that `token` is, if it is one.
pub(crate) fn refusal_in(token: &[u8]) -> Option<ErrorCode> {
    let token = ContextToken::decode(token).ok()?;
    if token.id != TokenId::KrbError {
        return None;
    }
    KrbError::decode(token.message)
        .ok()
        .map(|error| error.error_code)
}
