use kdclab_proto::Timestamp;

use super::Transport;

/// MIT takes no longer reply than this.
const MAX_REPLY: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Connecting,
    Failed,
    Reading,
    Unused,
}

/// One server by one transport.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// The place in the list of servers.
    pub(super) server: usize,
    pub(super) transport: Transport,
    pub(super) state: State,
    /// Until when an established connection holds the next stage.
    pub(super) patience_until: Option<Timestamp>,
    received: Vec<u8>,
}

/// The reply announces more octets than a client takes.
pub(super) struct TooLong;

impl Connection {
    pub(super) fn new(server: usize, transport: Transport) -> Self {
        Self {
            server,
            transport,
            state: State::Unused,
            patience_until: None,
            received: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Connecting | State::Reading)
    }

    pub(super) fn is_failed(&self) -> bool {
        self.state == State::Failed
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new(self.server, self.transport);
    }

    /// Takes octets of the stream; the message once it is complete.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        self.received.extend_from_slice(bytes);
        let Some((length, rest)) = self.received.split_first_chunk() else {
            return Ok(None);
        };
        // What does not fit a usize is above the limit as well.
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_REPLY {
            return Err(TooLong);
        }
        Ok(rest.get(..length).map(<[u8]>::to_vec))
    }
}

/// Every server by each of `transports`, server by server.
pub(super) fn all(servers: usize, transports: &[Transport]) -> Vec<Connection> {
    (0..servers)
        .flat_map(|server| {
            transports
                .iter()
                .map(move |transport| Connection::new(server, *transport))
        })
        .collect()
}

/// The message with its length in front (RFC 4120 section 7.2.2).
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    // Bit 31 is reserved; a request that long does not exist.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), message].concat()
}
