//! How MIT, Java and Windows tell the same cause: one table per dialect, and nowhere else.

mod java;
mod java_6;
mod mit;

use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_client::{AcceptError, ApExchangeError, ClientError, Dialect};
use kdclab_proto::messages::KrbError;
use kdclab_proto::{ErrorCode, LibraryError};

use crate::script::values::ErrorName;
use crate::sim::SessionError;

/// The error as scenario files name it: the code on the wire, or what MIT's library calls it.
pub(crate) fn client_error_name(error: &ClientError) -> ErrorName {
    if let Some(refusal) = error.refusal() {
        return ErrorName::Protocol(refusal.error.error_code);
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

/// What the user of a client sees when there is no ticket; `None` where no text is known. `is_typed` says
/// that a user typed the password, as at MIT's kinit, which then has words of its own.
pub(crate) fn client_text(dialect: Dialect, error: &ClientError, is_typed: bool) -> Option<String> {
    match dialect {
        Dialect::Java | Dialect::Java6 => java::client_text(error),
        Dialect::Mit => mit::client_text(error, is_typed),
        Dialect::Windows => None,
    }
}

/// What the user of a client sees when a service refuses; `None` where no text is known.
pub(crate) fn session_text(dialect: Dialect, error: &ApExchangeError) -> Option<String> {
    match dialect {
        Dialect::Java | Dialect::Java6 => java::session_text(error),
        Dialect::Mit => mit::session_text(error),
        Dialect::Windows => None,
    }
}

/// What an acceptor writes to its log.
pub(crate) fn acceptor_log(dialect: Dialect, error: &AcceptError) -> String {
    match dialect {
        Dialect::Java => java::acceptor_text(error),
        Dialect::Java6 => java_6::acceptor_text(error),
        Dialect::Mit => mit::acceptor_text(error),
        Dialect::Windows => None,
    }
    .unwrap_or_else(|| error.to_string())
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
