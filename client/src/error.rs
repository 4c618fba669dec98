use std::fmt;
use std::time::Duration;

use kdclab_proto::crypto::{InvalidKey, StringToKeyError};
use kdclab_proto::messages::{KpasswdResult, KrbError, PadataType};
use kdclab_proto::{
    DecodeError, Enctype, ErrorCode, KerberosTime, LibraryError, Principal, PrincipalName, Realm,
    Timestamp,
};

use crate::{Dialect, KdcUnreachable, KpasswdFailure, ReplyMismatch};

/// Which exchange with a KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// The Authentication Service exchange (RFC 4120 section 3.1).
    As,
    /// The Ticket-Granting Service exchange (RFC 4120 section 3.3).
    Tgs,
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::As => "AS",
            Self::Tgs => "TGS",
        })
    }
}

/// What a client proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// Keys from a keytab.
    Keytab,
    /// A password.
    Password,
}

/// A KRB-ERROR that ends an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The exchange it ends.
    pub exchange: Exchange,
    /// The realm whose KDC was asked.
    pub realm: Realm,
    /// The client of the request. What the KRB-ERROR says of it may be missing or another name.
    pub client: Principal,
    /// The service of the request.
    pub server: Principal,
    /// What an AS exchange was made with. With KDC_ERR_PREAUTH_FAILED it tells "Password incorrect" from
    /// "Preauthentication failed" in MIT's kinit.
    pub secret: Option<SecretKind>,
    /// The KRB-ERROR.
    pub error: KrbError,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.error.error_code;
        write!(f, "the KDC of {} refused with {code}", self.realm)?;
        match &self.error.e_text {
            Some(text) => write!(f, ", {text}"),
            None => Ok(()),
        }
    }
}

/// Why a client has no ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// Nothing tells the realm of the service's host.
    HostRealmUnknown {
        /// The service.
        service: PrincipalName,
    },
    /// No KDC of the realm answered.
    KdcUnreachable {
        /// The realm.
        realm: Realm,
        /// What became of each server.
        failures: KdcUnreachable,
    },
    /// None of the types the KDC has keys for was asked for.
    NoCommonEnctype {
        /// The types of ETYPE-INFO2 or ETYPE-INFO.
        offered: Vec<Enctype>,
        /// The types of the request.
        asked: Vec<Enctype>,
    },
    /// The cache holds no credential that fits.
    NoCredential {
        /// Whose credential.
        client: Principal,
        /// For which service.
        server: Principal,
    },
    /// Nothing is left of the configured enctypes, or of those the keytab has keys for.
    NoEnctype,
    /// The keytab has no key for the principal, or none of this type.
    NoKeyInKeytab {
        /// The principal.
        principal: Principal,
        /// The type looked for.
        enctype: Option<Enctype>,
    },
    /// An answer came although nothing was asked.
    NothingAsked {
        /// The exchange.
        exchange: Exchange,
    },
    /// The client got no ticket-granting ticket for the service's realm (Java, which drops what stood in
    /// the way).
    NoPathToRealm {
        /// The service's realm.
        realm: Realm,
        /// What stood in the way.
        cause: Box<Self>,
    },
    /// The client has no key to pre-authenticate with.
    NoPreauthKey(Box<Self>),
    /// The KDC wants pre-authentication by no mechanism that this client has.
    NoPreauthMechanism {
        /// The padata types of its METHOD-DATA.
        offered: Vec<PadataType>,
    },
    /// The password service did not change the password.
    PasswordNotChanged(Box<KpasswdFailure>),
    /// A referral leads to a realm that was asked before.
    ReferralLoop {
        /// The realm.
        realm: Realm,
    },
    /// The KDC refused.
    Refused(Box<Refusal>),
    /// The reply does not fit the request.
    ReplyMismatch(Box<ReplyMismatch>),
    /// The ticket in the reply begins too far from the client's clock.
    ReplySkew {
        /// When it begins.
        starttime: KerberosTime,
        /// The client's clock.
        now: Timestamp,
        /// The greatest difference allowed.
        limit: Duration,
    },
    /// The password gives no key with the parameters of the KDC.
    StringToKey(StringToKeyError),
    /// The ticket to ask with has expired; nothing was sent.
    TicketExpired {
        /// Its service.
        server: Principal,
        /// When it expired.
        endtime: KerberosTime,
        /// The client's clock.
        now: Timestamp,
    },
    /// The login brought a ticket, but none for the ticket-granting service of the client's realm.
    TgtMissing {
        /// That service.
        server: Principal,
    },
    /// Too many referrals in a row.
    TooManyReferrals {
        /// How many are followed.
        limit: usize,
    },
    /// Too many requests in one AS exchange.
    TooManyRequests {
        /// How many are made.
        limit: usize,
    },
    /// The reply is encrypted with a type that was not asked for.
    UnaskedEnctype {
        /// The type of the reply.
        got: Enctype,
        /// The types of the request.
        asked: Vec<Enctype>,
    },
    /// The reply is not the message that its first octet announces.
    UndecodableReply {
        /// The exchange.
        exchange: Exchange,
        /// Where and why decoding stopped.
        error: DecodeError,
    },
    /// The client's key does not open the reply: another key made it, or it changed on its way.
    UndecryptableReply {
        /// The exchange.
        exchange: Exchange,
        /// The type it is encrypted with.
        enctype: Enctype,
    },
    /// The reply is no reply of this exchange, as its first octet tells.
    UnexpectedMessage {
        /// The exchange.
        exchange: Exchange,
        /// The first octet.
        first_octet: u8,
    },
    /// The session key in the reply is none that the client can use.
    UnusableSessionKey(InvalidKey),
}

impl ClientError {
    /// The number that MIT's libraries return.
    pub fn com_err(&self) -> Option<i32> {
        let library = |error: LibraryError| Some(error.0);
        match self {
            Self::HostRealmUnknown { .. } => library(LibraryError::KRB5_ERR_HOST_REALM_UNKNOWN),
            Self::KdcUnreachable { failures, .. } => {
                if failures.failures.is_empty() {
                    library(LibraryError::KRB5_REALM_UNKNOWN)
                } else if failures.service_unavailable() {
                    ErrorCode::KDC_ERR_SVC_UNAVAILABLE.com_err()
                } else {
                    library(LibraryError::KRB5_KDC_UNREACH)
                }
            }
            Self::NoCommonEnctype { offered, .. } => {
                if offered.iter().any(|enctype| enctype.is_supported()) {
                    library(LibraryError::KRB5_CONFIG_ETYPE_NOSUPP)
                } else {
                    library(LibraryError::KRB5_PROG_ETYPE_NOSUPP)
                }
            }
            Self::NoCredential { .. } | Self::TgtMissing { .. } => {
                library(LibraryError::KRB5_CC_NOTFOUND)
            }
            Self::NoEnctype | Self::UnaskedEnctype { .. } => {
                library(LibraryError::KRB5_CONFIG_ETYPE_NOSUPP)
            }
            Self::NoKeyInKeytab { .. } => library(LibraryError::KRB5_KT_NOTFOUND),
            Self::NoPathToRealm { cause, .. } => cause.com_err(),
            Self::NothingAsked { .. } => None,
            Self::PasswordNotChanged(failure) => match &**failure {
                KpasswdFailure::Ap(error) => error.com_err(),
                KpasswdFailure::Unreachable(_) => library(LibraryError::KRB5_KDC_UNREACH),
                KpasswdFailure::Frame(_) | KpasswdFailure::NoResult => {
                    ErrorCode::KRB_AP_ERR_MODIFIED.com_err()
                }
                KpasswdFailure::Refused(_) => None,
                KpasswdFailure::Session(error) => error
                    .code(Dialect::Mit)
                    .unwrap_or(ErrorCode::KRB_AP_ERR_MODIFIED)
                    .com_err(),
            },
            Self::NoPreauthKey(_) | Self::NoPreauthMechanism { .. } => {
                library(LibraryError::KRB5_PREAUTH_FAILED)
            }
            Self::StringToKey(_) => Some(KRB5_ERR_BAD_S2K_PARAMS),
            Self::ReferralLoop { .. } | Self::TooManyReferrals { .. } => {
                library(LibraryError::KRB5_KDC_UNREACH)
            }
            Self::Refused(refusal) => refusal.error.error_code.com_err(),
            Self::ReplyMismatch(_) => library(LibraryError::KRB5_KDCREP_MODIFIED),
            Self::ReplySkew { .. } => library(LibraryError::KRB5_KDCREP_SKEW),
            Self::TicketExpired { .. } => ErrorCode::KRB_AP_ERR_TKT_EXPIRED.com_err(),
            Self::TooManyRequests { .. } => library(LibraryError::KRB5_GET_IN_TKT_LOOP),
            Self::UndecodableReply { error, .. } => Some(asn1_com_err(error)),
            Self::UndecryptableReply { .. } => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY.com_err(),
            Self::UnexpectedMessage { .. } => ErrorCode::KRB_AP_ERR_MSG_TYPE.com_err(),
            Self::UnusableSessionKey(_) => library(LibraryError::KRB5_PROG_ETYPE_NOSUPP),
        }
    }

    /// The protocol code that an implementation shows, whether it came in a KRB-ERROR or from its own
    /// checks: Java says 41 where MIT has a library error. `None` where it shows none.
    pub fn code(&self, dialect: Dialect) -> Option<ErrorCode> {
        match (self, dialect) {
            (Self::Refused(refusal), _) => Some(refusal.error.error_code),
            (Self::NoPathToRealm { .. }, Dialect::Java | Dialect::Java6) => None,
            (Self::NoPathToRealm { cause, .. }, _) => cause.code(dialect),
            (Self::ReplyMismatch(_), Dialect::Java | Dialect::Java6 | Dialect::Windows) => {
                Some(ErrorCode::KRB_AP_ERR_MODIFIED)
            }
            (Self::ReplySkew { .. }, Dialect::Java | Dialect::Java6 | Dialect::Windows) => {
                Some(ErrorCode::KRB_AP_ERR_SKEW)
            }
            (_, Dialect::Java | Dialect::Java6 | Dialect::Windows) => None,
            (_, Dialect::Mit) => self.com_err().and_then(ErrorCode::from_com_err),
        }
    }

    /// The result with which the password service refused, if it did.
    pub fn kpasswd_result(&self) -> Option<&KpasswdResult> {
        match self {
            Self::PasswordNotChanged(failure) => match &**failure {
                KpasswdFailure::Refused(result) => Some(result),
                _ => None,
            },
            _ => None,
        }
    }

    /// The KRB-ERROR that ended the exchange, if one did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::NoPathToRealm { cause, .. } => cause.refusal(),
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// "Invalid key generation parameters from KDC".
const KRB5_ERR_BAD_S2K_PARAMS: i32 = -1_765_328_140;

/// "Invalid message type specified for encoding".
const KRB5_BADMSGTYPE: i32 = -1_765_328_246;

/// What MIT's decoder calls it. The numbers are those of `asn1_err.et`.
fn asn1_com_err(error: &DecodeError) -> i32 {
    const MISSING_FIELD: i32 = 1_859_794_433;
    const OVERFLOW: i32 = 1_859_794_436;
    const BAD_LENGTH: i32 = 1_859_794_439;
    const BAD_FORMAT: i32 = 1_859_794_440;
    match error {
        DecodeError::InvalidValue { .. } => BAD_FORMAT,
        DecodeError::MissingField { .. } => MISSING_FIELD,
        DecodeError::MsgTypeMismatch { .. } => KRB5_BADMSGTYPE,
        DecodeError::TrailingBytes { .. } => BAD_LENGTH,
        DecodeError::Truncated { .. } => LibraryError::ASN1_OVERRUN.0,
        DecodeError::UnexpectedTag { .. } => LibraryError::ASN1_BAD_ID.0,
        DecodeError::UnsupportedLength { .. } => OVERFLOW,
    }
}

impl From<ReplyMismatch> for ClientError {
    fn from(mismatch: ReplyMismatch) -> Self {
        Self::ReplyMismatch(Box::new(mismatch))
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostRealmUnknown { service } => write!(f, "no realm is known for {service}"),
            Self::KdcUnreachable { realm, failures } => {
                write!(f, "no KDC of {realm} answered: {failures}")
            }
            Self::NoCommonEnctype { offered, asked } => write!(
                f,
                "the KDC has keys of {}, the client asked for {}",
                List(offered),
                List(asked)
            ),
            Self::NoCredential { client, server } => {
                write!(f, "no credential of {client} for {server}")
            }
            Self::NoEnctype => f.write_str("no encryption type is left to ask for"),
            Self::NoKeyInKeytab { principal, enctype } => match enctype {
                Some(enctype) => write!(f, "the keytab has no {enctype} key of {principal}"),
                None => write!(f, "the keytab has no usable key of {principal}"),
            },
            Self::NothingAsked { exchange } => {
                write!(
                    f,
                    "an answer in an {exchange} exchange in which nothing was asked"
                )
            }
            Self::NoPathToRealm { realm, cause } => write!(f, "no way to {realm}: {cause}"),
            Self::NoPreauthKey(cause) => write!(f, "no key to pre-authenticate with: {cause}"),
            Self::NoPreauthMechanism { .. } => {
                f.write_str("the KDC offers no pre-authentication that the client knows")
            }
            Self::PasswordNotChanged(failure) => failure.fmt(f),
            Self::ReferralLoop { realm } => write!(f, "a referral leads to {realm} again"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::ReplyMismatch(mismatch) => mismatch.fmt(f),
            Self::ReplySkew {
                starttime,
                now,
                limit,
            } => write!(
                f,
                "the ticket begins at {starttime}, more than {} s from {now}",
                limit.as_secs()
            ),
            Self::StringToKey(error) => error.fmt(f),
            Self::TicketExpired {
                server,
                endtime,
                now,
            } => write!(
                f,
                "the ticket for {server} expired at {endtime}, it is {now}"
            ),
            Self::TgtMissing { server } => write!(f, "the login brought no ticket for {server}"),
            Self::TooManyReferrals { limit } => write!(f, "more than {limit} referrals"),
            Self::TooManyRequests { limit } => write!(f, "more than {limit} requests"),
            Self::UnaskedEnctype { got, asked } => {
                write!(
                    f,
                    "the reply uses {got}, the client asked for {}",
                    List(asked)
                )
            }
            Self::UndecodableReply { exchange, error } => {
                write!(
                    f,
                    "the reply of the {exchange} exchange is malformed: {error}"
                )
            }
            Self::UndecryptableReply { exchange, enctype } => write!(
                f,
                "the client's {enctype} key does not open the reply of the {exchange} exchange"
            ),
            Self::UnexpectedMessage {
                exchange,
                first_octet,
            } => write!(
                f,
                "a message that begins with {first_octet:#04x} is no reply of the {exchange} exchange"
            ),
            Self::UnusableSessionKey(error) => write!(f, "the session key is unusable: {error}"),
        }
    }
}

impl std::error::Error for ClientError {}

struct List<'a>(&'a [Enctype]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no type");
        }
        for (index, enctype) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{enctype}")?;
        }
        Ok(())
    }
}
