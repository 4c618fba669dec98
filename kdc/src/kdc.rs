//! The entry point: one request in, at most one reply out.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use kdclab_proto::messages::{AsReq, KdcReq, KrbError, TgsReq};
use kdclab_proto::{KerberosString, Principal, PrincipalName, Realm, Timestamp};
use rand::CryptoRng;

use crate::context::{Answer, Context};
use crate::outcome::{DropCause, Exchange, Outcome, Reply, RequestKind};
use crate::{Database, Dialect, KdcError, Traffic, as_exchange, tgs};

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    /// UDP or TCP.
    pub protocol: Protocol,
    /// Where the request came from.
    pub peer: SocketAddr,
    /// The longest reply in bytes that a datagram takes; `None` for no limit. Without effect over TCP.
    pub reply_limit: Option<usize>,
}

/// The protocol under Kerberos (RFC 4120 section 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// A stream, where each message has its length before it.
    Tcp,
}

/// One KDC process, which serves one realm or several: an immutable snapshot that is cheap to clone.
/// What requests change is in [`Traffic`].
#[derive(Clone)]
pub struct Kdc {
    realms: Arc<[Database]>,
}

impl Kdc {
    /// A KDC that serves `realms`. The first one is its default realm.
    pub fn new(realms: impl IntoIterator<Item = Database>) -> Self {
        Self {
            realms: realms.into_iter().collect(),
        }
    }

    /// The realms it serves.
    pub fn realms(&self) -> &[Database] {
        &self.realms
    }

    /// The realm of that name, when it serves it.
    pub fn realm(&self, realm: &Realm) -> Option<&Database> {
        self.realms.iter().find(|database| database.is_realm(realm))
    }

    /// With `database` in place of the one of the same realm, or added to the others.
    #[must_use]
    pub fn with_realm(&self, database: Database) -> Self {
        let mut realms = self.realms.to_vec();
        match realms
            .iter_mut()
            .find(|known| known.realm() == database.realm())
        {
            Some(known) => *known = database,
            None => realms.push(database),
        }
        Self::new(realms)
    }

    /// Answers one request. A refusal is an answer; silence is one too.
    pub fn handle(
        &self,
        traffic: &Traffic,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        transport: &Transport,
        request: &[u8],
    ) -> Reply {
        let remembers = self
            .realms
            .first()
            .is_some_and(|database| database.policy().dialect == Dialect::Mit);
        if remembers && let Some(bytes) = traffic.reply_to(request, now) {
            let bytes = match self.too_big(now, transport, &bytes) {
                Some((bytes, _)) => bytes,
                None => bytes.to_vec(),
            };
            return Reply {
                bytes: Some(bytes),
                outcome: Outcome::Repeated {
                    peer: transport.peer,
                },
            };
        }
        let (bytes, mut exchange) = match self.dispatch(traffic, now, rng, transport, request) {
            Ok(answered) => answered,
            Err(cause) => {
                return Reply {
                    bytes: None,
                    outcome: Outcome::Dropped(cause),
                };
            }
        };
        if remembers {
            traffic.remember_reply(request, &bytes, now);
        }
        let bytes = match self.too_big(now, transport, &bytes) {
            Some((refusal, error)) => {
                exchange.withheld = Some(error);
                refusal
            }
            None => bytes,
        };
        Reply {
            bytes: Some(bytes),
            outcome: Outcome::Answered(Box::new(exchange)),
        }
    }

    fn dispatch(
        &self,
        traffic: &Traffic,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        transport: &Transport,
        request: &[u8],
    ) -> Result<(Vec<u8>, Exchange), DropCause> {
        let tag = request.first().copied();
        let (kind, message): (RequestKind, KdcReq) = match tag {
            Some(0x6a) => (
                RequestKind::As,
                AsReq::decode_padded(request)
                    .map_err(DropCause::Undecodable)?
                    .0,
            ),
            Some(0x6c) => (
                RequestKind::Tgs,
                TgsReq::decode_padded(request)
                    .map_err(DropCause::Undecodable)?
                    .0,
            ),
            _ => return Err(DropCause::NotARequest { first_octet: tag }),
        };
        let body = message.req_body();
        let (database, served) = self.database_for(&body.realm)?;
        if body.sname.is_none() && database.policy().dialect == Dialect::Mit {
            return Err(DropCause::ServiceNameMissing);
        }
        let context = Context {
            database,
            traffic,
            now,
            peer: transport.peer,
        };
        let named = |name: &Option<PrincipalName>| Some(name.clone()?.at(body.realm.clone()));
        let server: Option<Principal> = named(&body.sname);
        let mut client: Option<Principal> = match kind {
            RequestKind::As => named(&body.cname),
            RequestKind::Tgs => None,
        };
        let answer = if !served {
            Err(KdcError::WrongRealm(body.realm.clone()))
        } else {
            match kind {
                RequestKind::As => as_exchange::answer(&context, &message, request, rng),
                RequestKind::Tgs => tgs::answer(&context, &message, &mut client, rng),
            }
        };
        let (bytes, result) = match answer {
            Ok(Answer { bytes, issued }) => (bytes, Ok(issued)),
            Err(error) => {
                let bytes = refuse(
                    database,
                    now,
                    kind,
                    client.as_ref(),
                    server.as_ref(),
                    &error,
                );
                (bytes, Err(error))
            }
        };
        let exchange = Exchange {
            kind,
            dialect: database.policy().dialect,
            peer: transport.peer,
            etypes: message.req_body().etype.clone(),
            client,
            server,
            result,
            withheld: None,
        };
        Ok((bytes, exchange))
    }

    /// The realm that answers a request for `realm`, and whether it is that realm. A MIT KDC of one realm
    /// answers everything; of several, it drops what is for none of them.
    fn database_for(&self, realm: &Realm) -> Result<(&Database, bool), DropCause> {
        if let Some(database) = self.realm(realm) {
            return Ok((database, true));
        }
        match &*self.realms {
            [first, ..] if first.policy().dialect == Dialect::ActiveDirectory => Ok((first, false)),
            [only] => Ok((only, true)),
            _ => Err(DropCause::WrongRealm(realm.clone())),
        }
    }

    fn too_big(
        &self,
        now: Timestamp,
        transport: &Transport,
        reply: &[u8],
    ) -> Option<(Vec<u8>, KdcError)> {
        let limit = transport.reply_limit?;
        if transport.protocol == Protocol::Tcp || reply.len() <= limit {
            return None;
        }
        let database = self.realms.first()?;
        let error = KdcError::ResponseTooBig {
            length: reply.len(),
            limit,
        };
        let bytes = refuse(database, now, RequestKind::As, None, None, &error);
        Some((bytes, error))
    }
}

impl fmt::Debug for Kdc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.realms.iter()).finish()
    }
}

/// The KRB-ERROR for `error` (RFC 4120 section 5.9.1).
fn refuse(
    database: &Database,
    now: Timestamp,
    kind: RequestKind,
    client: Option<&Principal>,
    server: Option<&Principal>,
    error: &KdcError,
) -> Vec<u8> {
    let dialect = database.policy().dialect;
    let local = Principal::krbtgt(database.realm(), database.realm());
    let server = server.unwrap_or(&local);
    let e_text = match (dialect, error) {
        (Dialect::ActiveDirectory, _) | (_, KdcError::ResponseTooBig { .. }) => None,
        (Dialect::Mit, error) => Some(KerberosString::from(error.status(kind))),
    };
    let crealm = match error {
        KdcError::ClientBelongsElsewhere { realm } => Some(realm.clone()),
        _ => client.map(|client| client.realm.clone()),
    };
    KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: None,
        cusec: None,
        stime: now.time(),
        susec: i32::try_from(now.microseconds()).unwrap_or(0),
        error_code: error.code(dialect),
        crealm,
        cname: client.map(|client| client.name.clone()),
        realm: match dialect {
            Dialect::Mit => server.realm.clone(),
            Dialect::ActiveDirectory => database.realm().clone(),
        },
        sname: server.name.clone(),
        e_text,
        e_data: error.e_data(dialect),
    }
    .encode()
}
