//! How a call of a real program failed.

use kdclab::script::values::ErrorName;
use kdclab::sim::SessionError;
use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_proto::messages::KrbError;

use crate::gss::Told;

/// What a program made of a call that failed.
pub(super) struct Failed {
    pub(super) by: String,
    pub(super) told: Told,
    /// The code of the KRB-ERROR that an acceptor sent.
    pub(super) refusal: Option<ErrorName>,
    /// What the library did, where the program prints no numbers.
    pub(super) trace: Option<String>,
}

impl Failed {
    pub(super) fn new(by: impl Into<String>, told: Told) -> Self {
        Self {
            by: by.into(),
            told,
            refusal: None,
            trace: None,
        }
    }
}

pub(super) fn refused(by: &str, told: Told, answer: &[u8]) -> Failed {
    Failed {
        refusal: is_refusal(answer).then(|| refusal(answer)),
        ..Failed::new(by, told)
    }
}

/// Whether an acceptor's answer is none, or a KRB-ERROR. An initiator may be at odds with an AP-REP as well.
fn is_refusal(answer: &[u8]) -> bool {
    ContextToken::decode(answer).map_or(true, |token| token.id == TokenId::KrbError)
}

/// What an acceptor's answer that is no acceptance means to a client.
pub(crate) fn refusal(answer: &[u8]) -> ErrorName {
    if answer.is_empty() {
        return ErrorName::Session(SessionError::ConnectionClosed);
    }
    let token = ContextToken::decode(answer).expect("a token");
    assert_eq!(token.id, TokenId::KrbError);
    let error = KrbError::decode(token.message).unwrap();
    ErrorName::Protocol(error.error_code)
}

/// Whether one of the texts is `expected`. Java's stand behind the name of an exception.
pub(crate) fn says(told: &Told, expected: &str) -> bool {
    let expected = &timeless(expected);
    told.texts.iter().any(|text| {
        let text = &timeless(text);
        let message = text.split_once(": ").map(|(_, message)| message);
        text == expected || message == Some(expected)
    })
}

/// The text without the one time that a text of MIT has in it: the file's is in the time of the file, the
/// program's in that of the machine.
fn timeless(text: &str) -> String {
    match text.split_once("Please wait until ") {
        Some((before, after)) => {
            let after = after
                .split_once(" before ")
                .map_or(after, |(_, after)| after);
            format!("{before}{after}")
        }
        None => text.to_owned(),
    }
}

pub(crate) fn com_err(error: ErrorName) -> Option<i32> {
    match error {
        ErrorName::Library(error) => Some(error.0),
        ErrorName::Protocol(code) => code.com_err(),
        ErrorName::Daemon(_)
        | ErrorName::Kpasswd(_)
        | ErrorName::Os(_)
        | ErrorName::Session(_)
        | ErrorName::Windows(_) => None,
    }
}
