//! The conditions a reply of a KDC must meet (RFC 4120 sections 3.1.5 and 3.3.4).

mod java;
mod mit;

use std::fmt;

use kdclab_proto::messages::{
    EncKdcRepPart, HostAddresses, KdcOptions, KdcRep, KdcReqBody, KrbError, Ticket, TicketFlags,
};
use kdclab_proto::{DecodeError, KerberosTime, Key, NameType, Principal, PrincipalName, Timestamp};

use crate::ClientError;
use crate::dialect::{Behaviour, ReplyCheck};
use crate::error::Exchange;

/// A well-formed reply that is not the answer to the request. Each says what was asked and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyMismatch {
    /// The ticket is for other addresses.
    Addresses {
        /// The addresses in the request.
        asked: HostAddresses,
        /// The addresses in the reply.
        got: HostAddresses,
    },
    /// The reply is for another client.
    Client {
        /// The client of the request or of the ticket it was made with.
        asked: Principal,
        /// The client of the reply.
        got: Principal,
    },
    /// PA-REQ-ENC-PA-REP in the reply does not match the request as it was sent (RFC 6806 section 11):
    /// somebody changed it on its way.
    EncPaRep,
    /// The ticket ends too late.
    Endtime {
        /// The latest end the request allows.
        asked: KerberosTime,
        /// The end in the reply.
        got: KerberosTime,
    },
    /// The ticket is forwarded, proxiable, a proxy or postdatable where the request is not, or the
    /// other way round, or not renewable where it shall be (Java).
    Flags {
        /// The flags that follow from the request.
        asked: TicketFlags,
        /// The flags in the reply.
        got: TicketFlags,
    },
    /// The reply does not confirm the user that a service asked for (MS-SFU section 2.2.2).
    ForUser {
        /// The user asked for.
        asked: Principal,
    },
    /// The reply answers another request.
    Nonce {
        /// The nonce of the request.
        asked: i64,
        /// The nonce in the reply.
        got: i64,
    },
    /// A ticket-granting ticket was asked for; this is a ticket for something else.
    NotTicketGranting {
        /// The service in the reply.
        got: Principal,
    },
    /// The way to another realm has too many realms.
    PathTooLong {
        /// How many are visited.
        limit: usize,
    },
    /// The ticket can be renewed for too long, or not at all (`None`; Java).
    RenewTill {
        /// The latest time the request allows.
        asked: KerberosTime,
        /// The time in the reply.
        got: Option<KerberosTime>,
    },
    /// The way to another realm leads back to where it began.
    ReferredBack {
        /// The realm it began in.
        realm: kdclab_proto::Realm,
    },
    /// The ticket is for another service.
    Server {
        /// The service of the request.
        asked: Principal,
        /// The service in the reply.
        got: Principal,
    },
    /// A postdated ticket begins at another time.
    Starttime {
        /// The start in the request.
        asked: KerberosTime,
        /// The start in the reply.
        got: KerberosTime,
    },
    /// The ticket names another service than the encrypted part beside it.
    TicketServer {
        /// The service in the encrypted part.
        enc_part: Principal,
        /// The service on the ticket.
        ticket: Principal,
    },
}

impl fmt::Display for ReplyMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses { .. } => f.write_str("the ticket is for other addresses"),
            Self::Client { asked, got } => {
                write!(f, "the reply is for {got}, the request was for {asked}")
            }
            Self::EncPaRep => f.write_str("the KDC saw another request than the one sent"),
            Self::Endtime { asked, got } => {
                write!(f, "the ticket ends at {got}, the request says {asked}")
            }
            Self::Flags { asked, got } => {
                write!(f, "the ticket has {got:?}, the request asks for {asked:?}")
            }
            Self::ForUser { asked } => {
                write!(f, "the reply does not confirm that it is about {asked}")
            }
            Self::Nonce { asked, got } => {
                write!(f, "the reply has nonce {got}, the request {asked}")
            }
            Self::NotTicketGranting { got } => {
                write!(
                    f,
                    "a ticket for {got} where a ticket-granting ticket belongs"
                )
            }
            Self::PathTooLong { limit } => {
                write!(f, "after {limit} realms the service's realm is not reached")
            }
            Self::RenewTill {
                asked,
                got: Some(got),
            } => {
                write!(
                    f,
                    "the ticket is renewable until {got}, the request says {asked}"
                )
            }
            Self::RenewTill { asked, got: None } => {
                write!(
                    f,
                    "the ticket is not renewable, the request says until {asked}"
                )
            }
            Self::ReferredBack { realm } => write!(f, "the KDC refers back to {realm}"),
            Self::Server { asked, got } => {
                write!(f, "the ticket is for {got}, the request was for {asked}")
            }
            Self::Starttime { asked, got } => {
                write!(f, "the ticket starts at {got}, the request says {asked}")
            }
            Self::TicketServer { enc_part, ticket } => {
                write!(f, "the ticket is for {ticket}, the reply says {enc_part}")
            }
        }
    }
}

/// What is told of `bytes` that begin like no reply of `exchange`.
pub(crate) fn not_a_reply(behaviour: &Behaviour, exchange: Exchange, bytes: &[u8]) -> ClientError {
    let truncated = DecodeError::Truncated { offset: 0 };
    match bytes.first() {
        Some(&first_octet)
            if !behaviour.reads_element_first || KrbError::decode(bytes) != Err(truncated) =>
        {
            ClientError::UnexpectedMessage {
                exchange,
                first_octet,
            }
        }
        _ => ClientError::UndecodableReply {
            exchange,
            error: truncated,
        },
    }
}

/// What the conditions compare.
pub(crate) struct Reply<'a> {
    /// The body of the request.
    pub(crate) body: &'a KdcReqBody,
    /// The client: of the request in an AS exchange, of the ticket used in a TGS exchange.
    pub(crate) client: &'a Principal,
    /// The service asked for.
    pub(crate) server: &'a Principal,
    /// The clear part of the reply.
    pub(crate) rep: &'a KdcRep,
    /// The encrypted part.
    pub(crate) enc_part: &'a EncKdcRepPart,
    /// The client's clock at the time of the request, as far as it counts for skew.
    pub(crate) now: Timestamp,
    /// The greatest difference between two clocks; `None` when the client adopts the KDC's.
    pub(crate) clockskew: Option<std::time::Duration>,
    /// The end and the renewable end the caller asked for itself, as far as it did.
    pub(crate) till: Option<KerberosTime>,
    pub(crate) rtime: Option<KerberosTime>,
}

impl Reply<'_> {
    /// Checks an AS-REP. `request` is the AS-REQ as sent and `reply_key` what opened the reply.
    pub(crate) fn check_as(
        &self,
        style: ReplyCheck,
        request: &[u8],
        sent_req_enc_pa_rep: bool,
        reply_key: &Key,
    ) -> Result<(), ClientError> {
        match style {
            ReplyCheck::Mit => {
                mit::verify_enc_pa_rep(self.enc_part, request, reply_key)?;
                mit::verify_as_reply(self)?;
            }
            ReplyCheck::Java => {
                java::check(self, true)?;
                if sent_req_enc_pa_rep {
                    java::verify_enc_pa_rep(self.enc_part, request, reply_key)?;
                }
            }
        }
        Ok(())
    }

    /// Checks a TGS-REP.
    pub(crate) fn check_tgs(&self, style: ReplyCheck) -> Result<(), ClientError> {
        match style {
            ReplyCheck::Mit => mit::check_tgs_reply(self),
            ReplyCheck::Java => java::check(self, false),
        }
    }

    fn has_option(&self, option: KdcOptions) -> bool {
        self.body.kdc_options.contains(option)
    }

    /// The service as the encrypted part names it.
    fn enc_server(&self) -> Principal {
        self.enc_part.sname.clone().at(self.enc_part.srealm.clone())
    }

    fn ticket(&self) -> &Ticket {
        &self.rep.ticket
    }

    /// When the ticket becomes valid.
    fn starttime(&self) -> KerberosTime {
        self.enc_part.starttime.unwrap_or(self.enc_part.authtime)
    }

    fn is_enterprise(&self) -> bool {
        self.client.name.name_type == NameType::ENTERPRISE
    }

    fn require(
        &self,
        holds: bool,
        mismatch: impl FnOnce() -> ReplyMismatch,
    ) -> Result<(), ClientError> {
        if holds {
            Ok(())
        } else {
            Err(mismatch().into())
        }
    }

    fn require_nonce(&self) -> Result<(), ClientError> {
        let (asked, got) = (self.body.nonce, self.enc_part.nonce);
        // Some KDCs repeat the nonce as a signed number of 32 bits.
        self.require(asked as u32 == got as u32, || ReplyMismatch::Nonce {
            asked,
            got,
        })
    }

    fn require_endtime(&self, asked: Option<KerberosTime>) -> Result<(), ClientError> {
        let got = self.enc_part.endtime;
        let asked = asked.filter(|asked| *asked != KerberosTime::EPOCH);
        match asked {
            Some(asked) if got > asked => Err(ReplyMismatch::Endtime { asked, got }.into()),
            _ => Ok(()),
        }
    }

    fn require_renew_till(&self, asked: Option<KerberosTime>) -> Result<(), ClientError> {
        let got = self.enc_part.renew_till;
        let asked = asked.filter(|asked| *asked != KerberosTime::EPOCH);
        match (asked, got) {
            (Some(asked), Some(time)) if time > asked => {
                Err(ReplyMismatch::RenewTill { asked, got }.into())
            }
            _ => Ok(()),
        }
    }

    fn require_starttime_near(&self) -> Result<(), ClientError> {
        let Some(limit) = self.clockskew else {
            return Ok(());
        };
        let starttime = self.starttime();
        let apart = starttime.seconds_since(self.now.time()).unsigned_abs();
        if apart <= limit.as_secs() {
            Ok(())
        } else {
            Err(ClientError::ReplySkew {
                starttime,
                now: self.now,
                limit,
            })
        }
    }
}

/// Whether the name is `krbtgt/` and one more component, whatever the realm.
pub(crate) fn is_tgs(name: &PrincipalName) -> bool {
    name.krbtgt_realm().is_some()
}
