//! The acceptor: the end of an application session that opens tickets (RFC 4120 section 3.2.3).

mod checks;
mod establish;
mod name;
mod refuse;
mod ticket_key;
mod transited;

use std::net::IpAddr;

use kdclab_proto::messages::{ApReq, Authenticator, EncTicketPart};
use kdclab_proto::{Enctype, Key, KeyUsage, Keytab, Principal, Timestamp};
use rand::CryptoRng;

use self::checks::Presented;
use crate::gss::{ChannelBindings, ContextToken, Mechanism, TokenError, TokenId};
use crate::{
    AcceptError, ClientConfig, Credential, Dialect, EstablishedContext, ReplayCache, ReplayKey,
    SessionKeyKind,
};

pub(crate) use establish::says_no_key;
pub use name::AcceptorName;

/// How AP messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// In context tokens of the Kerberos mechanism (RFC 4121 section 4.1).
    Gss,
    /// As they are.
    Raw,
}

/// A service that accepts sessions: its keys, its configuration and what it remembers.
#[derive(Clone, Debug)]
pub struct Acceptor {
    /// The configuration of its host.
    pub config: ClientConfig,
    /// Its long-term keys. An empty keytab stands for a missing one.
    pub keytab: Keytab,
    /// The name it goes by.
    pub name: AcceptorName,
    /// How it expects AP-REQs.
    pub framing: Framing,
    /// The account a Windows host runs as: it signs refusals, and its keys open tickets whose name no account
    /// on the host bears. Refusals name the ticket's server where this is absent.
    pub identity: Option<Principal>,
    /// The session key of its own ticket-granting ticket, for user-to-user sessions.
    pub user_to_user_key: Option<Key>,
    /// What ties its sessions to their channel. In GSS, tickets are compared with the initiator's address in
    /// here and not with the peer's.
    pub channel_bindings: Option<ChannelBindings>,
    /// How many seconds its AP-REPs add to the authenticator's time: none in Kerberos 5. Kerberos 4 added one,
    /// and no initiator of Kerberos 5 accepts that.
    pub ap_rep_added_seconds: u32,
    /// The authenticators it accepted.
    pub replay_cache: ReplayCache,
}

/// A session, accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What both sides know now.
    pub context: EstablishedContext,
    /// The AP-REP for the initiator, framed as its AP-REQ was; `None` when it asked for none.
    pub reply: Option<Vec<u8>>,
    /// The credentials the initiator delegated.
    pub delegated: Vec<Credential>,
    /// The ticket as its issuer wrote it: flags, times, addresses and authorization data.
    pub ticket: EncTicketPart,
    /// The type of the ticket's encryption.
    pub ticket_enctype: Enctype,
}

/// A session, refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub error: AcceptError,
    /// The KRB-ERROR for the initiator, framed as its AP-REQ was; `None` when the dialect sends none. MIT sends
    /// one in GSS only to an initiator that asked for mutual authentication.
    pub reply: Option<Vec<u8>>,
}

impl Acceptor {
    /// An acceptor that goes by any name in `keytab`, expects GSS tokens and has an empty replay cache of its
    /// dialect.
    pub fn new(config: ClientConfig, keytab: Keytab) -> Self {
        let replay_key = ReplayKey::of(config.dialect);
        Self {
            config,
            keytab,
            name: AcceptorName::Any,
            framing: Framing::Gss,
            identity: None,
            user_to_user_key: None,
            channel_bindings: None,
            ap_rep_added_seconds: 0,
            replay_cache: ReplayCache::new(replay_key),
        }
    }

    /// Answers the AP-REQ `token`, which came from `peer` at `now`.
    ///
    /// # Errors
    /// [`Refused`], with the cause and the answer to send.
    pub fn accept(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: Option<IpAddr>,
        token: &[u8],
    ) -> Result<Box<Accepted>, Box<Refused>> {
        let empty = ReplayCache::with_capacity(self.replay_cache.key(), 0);
        let mut replay_cache = std::mem::replace(&mut self.replay_cache, empty);
        let answer = self.accept_sharing(&mut replay_cache, now, rng, peer, token);
        self.replay_cache = replay_cache;
        answer
    }

    /// As [`accept`](Self::accept), with a replay cache that several acceptors share in place of its own.
    ///
    /// # Errors
    /// [`Refused`], with the cause and the answer to send.
    pub fn accept_sharing(
        &self,
        replay_cache: &mut ReplayCache,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: Option<IpAddr>,
        token: &[u8],
    ) -> Result<Box<Accepted>, Box<Refused>> {
        let (mechanism, request) = self
            .read(token)
            .map_err(|error| Box::new(Refused { error, reply: None }))?;
        self.accept_request(replay_cache, now, rng, peer, &request, mechanism)
            .map(Box::new)
            .map_err(|error| Box::new(self.refuse(error, now, &request, mechanism)))
    }

    fn read(&self, token: &[u8]) -> Result<(Mechanism, ApReq), AcceptError> {
        let (mechanism, message) = match self.framing {
            Framing::Raw => (Mechanism::Kerberos, token),
            Framing::Gss => {
                let token = ContextToken::decode(token).map_err(AcceptError::DefectiveToken)?;
                if token.id != TokenId::ApReq {
                    return Err(AcceptError::DefectiveToken(TokenError::UnexpectedTokenId {
                        expected: TokenId::ApReq,
                        found: token.id,
                    }));
                }
                let known =
                    token.mechanism == Mechanism::Kerberos || !self.config.dialect.is_java();
                if !known {
                    return Err(AcceptError::DefectiveToken(TokenError::OtherMechanism {
                        oid: token.mechanism.oid().to_vec(),
                    }));
                }
                (token.mechanism, token.message)
            }
        };
        let request = ApReq::decode(message).map_err(AcceptError::NotAnApReq)?;
        if request.pvno != 5 {
            return Err(AcceptError::WrongVersion { pvno: request.pvno });
        }
        Ok((mechanism, request))
    }

    fn accept_request(
        &self,
        replay_cache: &mut ReplayCache,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: Option<IpAddr>,
        request: &ApReq,
        mechanism: Mechanism,
    ) -> Result<Accepted, AcceptError> {
        let opened = self.open_ticket(request)?;
        let session_key = opened
            .part
            .key
            .key()
            .map_err(|reason| AcceptError::InvalidKey {
                key: SessionKeyKind::SessionKey,
                reason,
            })?;
        let authenticator = open_authenticator(request, &session_key)?;
        let presented = Presented {
            request,
            ticket: &opened.part,
            server: &opened.server,
            authenticator: &authenticator,
            peer: self.checked_address(peer),
        };
        self.check(replay_cache, now, &presented)?;
        self.establish(rng, &presented, session_key, mechanism)
    }

    /// Where a ticket must allow to be used from. GSS knows no peer but the one in its channel bindings.
    fn checked_address(&self, peer: Option<IpAddr>) -> Option<IpAddr> {
        match self.framing {
            Framing::Raw => peer,
            Framing::Gss => self
                .channel_bindings
                .as_ref()
                .and_then(ChannelBindings::initiator),
        }
    }

    /// Whether the host's configuration and its switches for weak types let `enctype` be used.
    fn permits(&self, enctype: Enctype) -> bool {
        let switches = &self.config.weak_crypto;
        let switched_off = match self.config.dialect {
            Dialect::Java | Dialect::Java6 => {
                (enctype.is_weak() && !switches.allow_weak_crypto)
                    || !self.config.permits_length(enctype)
            }
            Dialect::Mit => !switches.permits_in_list(enctype),
            Dialect::Windows => false,
        };
        !switched_off && enctype.is_supported() && self.config.permitted_enctypes.contains(&enctype)
    }
}

fn open_authenticator(request: &ApReq, session_key: &Key) -> Result<Authenticator, AcceptError> {
    let sealed = &request.authenticator;
    if sealed.etype != session_key.enctype() {
        return Err(AcceptError::AuthenticatorUndecryptable);
    }
    let plain = session_key
        .decrypt(KeyUsage::AP_REQ_AUTHENTICATOR, &sealed.cipher)
        .map_err(|_| AcceptError::AuthenticatorUndecryptable)?;
    Authenticator::decode_padded(&plain).map_err(AcceptError::AuthenticatorMalformed)
}
