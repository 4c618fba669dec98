use kdclab_proto::{KerberosTime, Key, Principal};
use rand::CryptoRng;

use crate::gss::ContextFlags;

/// What both ends of an application session know once the client/server exchange succeeded.
#[derive(Clone, Debug)]
pub struct EstablishedContext {
    /// The initiator.
    pub client: Principal,
    /// The acceptor, by the name of the key that opened the ticket.
    pub server: Principal,
    /// The ticket's session key.
    pub session_key: Key,
    /// The subkey of the authenticator.
    pub initiator_subkey: Option<Key>,
    /// The subkey of the AP-REP.
    pub acceptor_subkey: Option<Key>,
    /// What the context offers; none outside of GSS except mutual authentication.
    pub flags: ContextFlags,
    /// Whether both sides named the same channel bindings. Only the acceptor knows.
    pub channel_bound: bool,
    /// The sequence number of the next message sent.
    pub send_sequence: u32,
    /// The sequence number of the next message received.
    pub receive_sequence: u32,
    /// When the ticket ceases to be valid.
    pub endtime: KerberosTime,
}

impl EstablishedContext {
    /// The key that protects the session's messages: the acceptor's subkey, else the initiator's, else the
    /// session key (RFC 4121 section 2).
    pub fn key(&self) -> &Key {
        self.acceptor_subkey
            .as_ref()
            .or(self.initiator_subkey.as_ref())
            .unwrap_or(&self.session_key)
    }
}

/// A first sequence number. Like MIT's it stays below 2^30, for peers that count in signed integers.
pub(crate) fn sequence_number(rng: &mut dyn CryptoRng) -> u32 {
    rng.next_u32() & 0x3fff_ffff
}
