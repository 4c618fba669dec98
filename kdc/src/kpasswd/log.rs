use std::net::SocketAddr;

use kdclab_proto::Principal;
use kdclab_proto::messages::{KpasswdFrameError, KpasswdVersion};

use super::KpasswdError;

/// What happened to a request for a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KpasswdOutcome {
    /// It was answered.
    Answered(Box<KpasswdExchange>),
    /// It was dropped without an answer.
    Dropped(KpasswdFrameError),
}

/// A request for a new password and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpasswdExchange {
    /// Whether it changes or sets a password.
    pub version: KpasswdVersion,
    /// Where the request came from.
    pub peer: SocketAddr,
    /// The client of the ticket, once that is open.
    pub client: Option<Principal>,
    /// Whose password it is, once the request is open.
    pub target: Option<Principal>,
    /// Whether the password is changed, or why not.
    pub result: Result<(), KpasswdError>,
}

impl KpasswdOutcome {
    /// Why nothing was changed, where there was an answer.
    pub fn error(&self) -> Option<&KpasswdError> {
        match self {
            Self::Answered(exchange) => exchange.result.as_ref().err(),
            Self::Dropped(_) => None,
        }
    }

    /// What kadmind writes to its log, without date, host and process id: at most one line.
    pub fn log_lines(&self) -> Vec<String> {
        match self {
            Self::Answered(exchange) => exchange.log_line().into_iter().collect(),
            Self::Dropped(KpasswdFrameError::UnknownVersion { .. }) => {
                vec!["Requested protocol version not supported - while dispatching".to_owned()]
            }
            Self::Dropped(_) => vec!["Message stream modified - while dispatching".to_owned()],
        }
    }
}

impl KpasswdExchange {
    fn log_line(&self) -> Option<String> {
        let text = match &self.result {
            Ok(()) => "success",
            Err(error) => error.log_text(),
        };
        if text.is_empty() {
            return None;
        }
        let client = self.client.as_ref()?.to_string();
        let peer = self.peer.ip();
        Some(match self.version {
            KpasswdVersion::Change => format!("chpw request from {peer} for {client}: {text}"),
            // MIT 1.20 prints the client again where the target belongs, cut to the target's length.
            KpasswdVersion::Set => {
                let length = self.target.as_ref()?.to_string().chars().count();
                format!("setpw request from {peer} by {client} for {client:.length$}: {text}")
            }
        })
    }
}
