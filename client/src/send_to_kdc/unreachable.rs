use std::fmt;

use super::Transport;

/// No KDC answered; without any failure, no KDC was known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KdcUnreachable {
    /// What became of each server and transport tried, in the order in which they failed.
    pub failures: Vec<ServerFailure>,
}

impl KdcUnreachable {
    /// Whether some KDC answered that it cannot work now (KDC_ERR_SVC_UNAVAILABLE).
    pub fn service_unavailable(&self) -> bool {
        self.failures
            .iter()
            .any(|failure| failure.reason == FailureReason::ServiceUnavailable)
    }
}

impl fmt::Display for KdcUnreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return f.write_str("no server is known");
        }
        for (index, failure) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{failure}")?;
        }
        Ok(())
    }
}

impl std::error::Error for KdcUnreachable {}

/// What became of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFailure {
    /// The server's place in the list given to [`SendToKdc::start`](crate::SendToKdc::start), from 0.
    pub server: usize,
    /// How it was tried.
    pub transport: Transport,
    /// What happened.
    pub reason: FailureReason,
}

impl fmt::Display for ServerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server,
            transport,
            reason,
        } = self;
        write!(f, "server {} {reason} over {transport}", server + 1)
    }
}

/// Why there is no answer from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// The connection ended before the reply did.
    Closed,
    /// Nothing came of a connection in its time, from a client that asks one server after the other.
    ConnectTimedOut,
    /// The server's name does not resolve.
    NotResolved {
        /// The name.
        name: String,
    },
    /// The length in front of the reply was above 1 MiB.
    ReplyTooLong,
    /// The port is closed.
    Refused,
    /// The KDC answered that it cannot work now.
    ServiceUnavailable,
    /// Nothing came in time.
    TimedOut,
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotResolved { name } => return write!(f, "is not known by its name {name}"),
            Self::ConnectTimedOut => "did not take the connection",
            Self::Closed => "closed the connection",
            Self::ReplyTooLong => "announced a reply of more than 1 MiB",
            Self::Refused => "refused",
            Self::ServiceUnavailable => "cannot work now",
            Self::TimedOut => "was silent",
        })
    }
}
