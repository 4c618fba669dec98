//! Why an acceptor refuses an AP-REQ, and what each dialect makes of it on the wire.

mod display;

use std::net::IpAddr;
use std::time::Duration;

use kdclab_proto::crypto::{ChecksumError, InvalidKey};
use kdclab_proto::{
    DecodeError, Enctype, ErrorCode, KerberosTime, LibraryError, Principal, Realm, Timestamp,
};

use crate::Dialect;
use crate::acceptor::AcceptorName;
use crate::gss::{InvalidAuthenticatorChecksum, TokenError};
use crate::krb_cred::KrbCredError;

/// The key a ticket asks for, and the name its acceptor goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedKey {
    /// The service the ticket names.
    pub server: Principal,
    /// The key version the ticket names; 0 where it names none, as in user-to-user tickets.
    pub kvno: u32,
    /// The type of the ticket's encryption.
    pub enctype: Enctype,
    /// Whose keys the acceptor looked among.
    pub acceptor: AcceptorName,
}

impl WantedKey {
    /// Whether the acceptor goes by one name, and the ticket names another.
    fn is_for_another(&self) -> bool {
        self.acceptor
            .principal()
            .is_some_and(|principal| *principal != self.server)
    }
}

/// Which of a session's keys an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKeyKind {
    /// The session key of the ticket.
    SessionKey,
    /// The subkey of the authenticator.
    Subkey,
}

/// Why an acceptor refuses an AP-REQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptError {
    /// The authenticator, decrypted, is malformed.
    AuthenticatorMalformed(DecodeError),
    /// The ticket's session key does not open the authenticator.
    AuthenticatorUndecryptable,
    /// The ticket may not be used from where it came from.
    BadAddress {
        /// Where it came from.
        peer: IpAddr,
    },
    /// The acceptor has channel bindings, and the initiator named others, or none where it has to.
    ChannelBindings {
        /// Whether the initiator named bindings.
        initiator: bool,
    },
    /// The authenticator's checksum is one over data and does not stand.
    Checksum(ChecksumError),
    /// The authenticator's checksum is not one of RFC 4121.
    ChecksumMalformed(InvalidAuthenticatorChecksum),
    /// The authenticator has no checksum, where the dialect wants one.
    ChecksumMissing,
    /// The authenticator names another client than the ticket.
    ClientMismatch {
        /// The client the ticket was issued to.
        ticket: Box<Principal>,
        /// The client the authenticator names.
        authenticator: Box<Principal>,
    },
    /// The clocks of the initiator and the acceptor are too far apart.
    ClockSkew {
        /// The initiator's time.
        ctime: Timestamp,
        /// The acceptor's time.
        now: Timestamp,
        /// How far apart they may be.
        limit: Duration,
    },
    /// The initiator asks for DCE RPC's three legs, whose AP-REQ is never in a context token.
    DceStyle,
    /// The token is not one of the Kerberos mechanism.
    DefectiveToken(TokenError),
    /// The delegated credentials cannot be used.
    Delegation(KrbCredError),
    /// A key of the session is of a type that the acceptor does not permit.
    EnctypeNotPermitted {
        /// Which key.
        key: SessionKeyKind,
        /// Its type.
        enctype: Enctype,
    },
    /// A realm on the ticket's path is not one the acceptor trusts to be on it.
    IllegalTransit {
        /// The client's realm.
        client: Realm,
        /// The acceptor's realm.
        server: Realm,
        /// The realm on the path; `None` when the path itself is malformed.
        transited: Option<Realm>,
    },
    /// A key of the session cannot exist.
    InvalidKey {
        /// Which key.
        key: SessionKeyKind,
        /// Why.
        reason: InvalidKey,
    },
    /// The keytab has keys of the ticket's server in the right version and none of the ticket's type.
    KeyEnctype(Box<WantedKey>),
    /// The keytab has keys of the ticket's server and none in the ticket's version.
    KeyVersion {
        /// The key the ticket asks for.
        wanted: Box<WantedKey>,
        /// The newest version in the keytab.
        newest: u32,
    },
    /// The acceptor has no credentials at all: its keytab is missing or has no key for the acceptor's name,
    /// which a GSS acceptor learns before it reads any token.
    NoCredentials {
        /// Whose keys the acceptor looked for.
        acceptor: Box<AcceptorName>,
        /// Whether the keytab has any key.
        keytab_has_keys: bool,
    },
    /// The keytab has no key at all.
    NoKeys,
    /// The keytab has no key that the acceptor's name stands for.
    NoKeysForAcceptor(Box<WantedKey>),
    /// The token is not an AP-REQ.
    NotAnApReq(DecodeError),
    /// The authenticator was presented before.
    Replay {
        /// The client.
        client: Box<Principal>,
        /// The server.
        server: Box<Principal>,
        /// The initiator's time.
        ctime: Timestamp,
    },
    /// The replay cache has no room for another authenticator.
    ReplayCacheFull {
        /// The number of authenticators it holds.
        capacity: usize,
    },
    /// The keytab has keys and none of the ticket's server.
    ServerNotInKeytab(Box<WantedKey>),
    /// The keytab has keys of the ticket's server, which the acceptor does not go by.
    ServerNotAcceptor(Box<WantedKey>),
    /// The acceptor does not permit the type of the ticket's encryption.
    TicketEnctypeNotPermitted(Box<WantedKey>),
    /// The ticket is no longer valid.
    TicketExpired {
        /// When it ceased to be.
        endtime: KerberosTime,
        /// The acceptor's time.
        now: Timestamp,
    },
    /// The ticket is postdated and was never validated.
    TicketInvalid,
    /// The ticket, decrypted, is malformed.
    TicketMalformed(DecodeError),
    /// The ticket is not yet valid.
    TicketNotYetValid {
        /// When it will be.
        starttime: KerberosTime,
        /// The acceptor's time.
        now: Timestamp,
    },
    /// The keytab has the key the ticket asks for, and it does not open the ticket.
    TicketUndecryptable(Box<WantedKey>),
    /// The AP-REQ is of another protocol version than 5.
    WrongVersion {
        /// The version found.
        pvno: i32,
    },
}

impl AcceptError {
    /// The code a KRB-ERROR carries to the initiator; `None` when the dialect's acceptor sends none.
    pub fn code(&self, dialect: Dialect) -> Option<ErrorCode> {
        match dialect {
            Dialect::Java | Dialect::Java6 => None,
            Dialect::Mit => self.mit_code(),
            Dialect::Windows => self.windows_code(),
        }
    }

    fn mit_code(&self) -> Option<ErrorCode> {
        match self {
            Self::DefectiveToken(_)
            | Self::NoCredentials { .. }
            | Self::NotAnApReq(_)
            | Self::WrongVersion { .. } => None,
            _ => self.protocol_code().or(Some(ErrorCode::KRB_ERR_GENERIC)),
        }
    }

    /// MS-KILE section 3.4.5: whatever does not decrypt was modified.
    fn windows_code(&self) -> Option<ErrorCode> {
        match self {
            Self::AuthenticatorMalformed(_)
            | Self::AuthenticatorUndecryptable
            | Self::KeyEnctype(_)
            | Self::KeyVersion { .. }
            | Self::NoCredentials { .. }
            | Self::NoKeys
            | Self::NoKeysForAcceptor(_)
            | Self::ServerNotAcceptor(_)
            | Self::ServerNotInKeytab(_)
            | Self::TicketEnctypeNotPermitted(_)
            | Self::TicketMalformed(_)
            | Self::TicketUndecryptable(_) => Some(ErrorCode::KRB_AP_ERR_MODIFIED),
            Self::TicketInvalid => Some(ErrorCode::KRB_AP_ERR_TKT_NYV),
            Self::ChannelBindings { .. } | Self::DefectiveToken(_) => None,
            Self::NotAnApReq(_) | Self::WrongVersion { .. } => None,
            _ => self.protocol_code().or(Some(ErrorCode::KRB_ERR_GENERIC)),
        }
    }

    /// The code of RFC 4120 that MIT gives the cause, where there is one.
    fn protocol_code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::TicketExpired { .. } => ErrorCode::KRB_AP_ERR_TKT_EXPIRED,
            Self::TicketNotYetValid { .. } => ErrorCode::KRB_AP_ERR_TKT_NYV,
            Self::Replay { .. } => ErrorCode::KRB_AP_ERR_REPEAT,
            Self::ServerNotAcceptor(_) | Self::ServerNotInKeytab(_) => ErrorCode::KRB_AP_ERR_NOT_US,
            Self::ClientMismatch { .. } => ErrorCode::KRB_AP_ERR_BADMATCH,
            Self::ClockSkew { .. } => ErrorCode::KRB_AP_ERR_SKEW,
            Self::BadAddress { .. } => ErrorCode::KRB_AP_ERR_BADADDR,
            Self::IllegalTransit { .. } => ErrorCode::KRB_AP_ERR_ILL_CR_TKT,
            // Under one name, what fails for a ticket of another name is "not for us".
            Self::KeyVersion { wanted, .. } | Self::TicketUndecryptable(wanted)
                if wanted.is_for_another() =>
            {
                ErrorCode::KRB_AP_ERR_NOT_US
            }
            // MIT looks a named acceptor's key up by version and type at once, and has no code for a
            // missing type when it scans.
            Self::KeyEnctype(wanted) if wanted.acceptor.principal().is_some() => {
                ErrorCode::KRB_AP_ERR_NOKEY
            }
            Self::KeyEnctype(_) | Self::KeyVersion { .. } => ErrorCode::KRB_AP_ERR_BADKEYVER,
            Self::AuthenticatorUndecryptable
            | Self::TicketMalformed(_)
            | Self::TicketUndecryptable(_) => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
            Self::NoKeys | Self::NoKeysForAcceptor(_) => ErrorCode::KRB_AP_ERR_NOKEY,
            Self::AuthenticatorMalformed(_)
            | Self::ChannelBindings { .. }
            | Self::Checksum(_)
            | Self::ChecksumMalformed(_)
            | Self::ChecksumMissing
            | Self::DceStyle
            | Self::DefectiveToken(_)
            | Self::Delegation(_)
            | Self::EnctypeNotPermitted { .. }
            | Self::InvalidKey { .. }
            | Self::NoCredentials { .. }
            | Self::NotAnApReq(_)
            | Self::ReplayCacheFull { .. }
            | Self::TicketEnctypeNotPermitted(_)
            | Self::TicketInvalid
            | Self::WrongVersion { .. } => return None,
        })
    }

    /// The com_err number an application of MIT's acceptor sees as minor status; `None` where it sees only a
    /// major status (defective token, bad bindings, bad checksum).
    pub fn com_err(&self) -> Option<i32> {
        const ENOENT: i32 = 2;
        const KG_KEYTAB_NOMATCH: i32 = 39_756_033;
        const KRB5KRB_AP_ERR_TKT_INVALID: i32 = -1_765_328_239;
        const KRB5_BAD_ENCTYPE: i32 = -1_765_328_196;
        const KRB5_BAD_KEYSIZE: i32 = -1_765_328_195;
        match self {
            Self::EnctypeNotPermitted { .. } | Self::TicketEnctypeNotPermitted(_) => {
                Some(LibraryError::KRB5_NOPERM_ETYPE.0)
            }
            Self::Checksum(ChecksumError::Inappropriate(_)) => Some(KRB5_BAD_ENCTYPE),
            Self::NoCredentials {
                acceptor,
                keytab_has_keys,
            } => Some(match (acceptor.as_ref(), keytab_has_keys) {
                (_, true) => KG_KEYTAB_NOMATCH,
                (AcceptorName::Any, false) => LibraryError::KRB5_KT_NOTFOUND.0,
                (_, false) => ENOENT,
            }),
            Self::InvalidKey { reason, .. } => Some(match reason {
                InvalidKey::UnsupportedEnctype(_) => KRB5_BAD_ENCTYPE,
                InvalidKey::WrongLength { .. } => KRB5_BAD_KEYSIZE,
            }),
            Self::TicketInvalid => Some(KRB5KRB_AP_ERR_TKT_INVALID),
            _ => self.protocol_code().and_then(ErrorCode::com_err),
        }
    }
}
