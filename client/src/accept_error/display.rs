use std::fmt;

use kdclab_proto::crypto::ChecksumError;

use crate::{AcceptError, SessionKeyKind};

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthenticatorMalformed(error) => write!(f, "malformed authenticator: {error}"),
            Self::AuthenticatorUndecryptable => {
                f.write_str("the ticket's session key does not open the authenticator")
            }
            Self::BadAddress { peer } => write!(f, "the ticket may not be used from {peer}"),
            Self::ChannelBindings { initiator: true } => {
                f.write_str("initiator and acceptor name different channel bindings")
            }
            Self::ChannelBindings { .. } => {
                f.write_str("the acceptor has channel bindings, the initiator names none")
            }
            Self::Checksum(ChecksumError::Inappropriate(kind)) => {
                write!(
                    f,
                    "checksum type {} does not belong in the authenticator",
                    kind.0
                )
            }
            Self::Checksum(ChecksumError::Mismatch) => {
                f.write_str("the authenticator's checksum does not match")
            }
            Self::ChecksumMalformed(error) => write!(f, "{error}"),
            Self::ChecksumMissing => f.write_str("the authenticator has no checksum"),
            Self::ClientMismatch {
                ticket,
                authenticator,
            } => write!(
                f,
                "a ticket of {ticket} with an authenticator of {authenticator}"
            ),
            Self::ClockSkew { ctime, now, limit } => write!(
                f,
                "the initiator's clock says {ctime}, ours {now}, and {} s apart are allowed",
                limit.as_secs()
            ),
            Self::DceStyle => f.write_str("a DCE-style AP-REQ in a context token"),
            Self::DefectiveToken(error) => write!(f, "{error}"),
            Self::Delegation(error) => write!(f, "{error}"),
            Self::EnctypeNotPermitted { key, enctype } => {
                write!(f, "{key} of type {enctype}, which is not permitted")
            }
            Self::IllegalTransit {
                client,
                server,
                transited: Some(transited),
            } => write!(
                f,
                "{transited} is not on the path from {client} to {server}"
            ),
            Self::IllegalTransit { client, server, .. } => {
                write!(f, "malformed path from {client} to {server}")
            }
            Self::InvalidKey { key, reason } => write!(f, "unusable {key}: {reason}"),
            Self::KeyEnctype(wanted) => write!(
                f,
                "{} version {} is in the keytab, but not with type {}",
                wanted.server, wanted.kvno, wanted.enctype
            ),
            Self::KeyVersion { wanted, newest } => write!(
                f,
                "{} version {} is not in the keytab, the newest there is {newest}",
                wanted.server, wanted.kvno
            ),
            Self::NoCredentials {
                keytab_has_keys: false,
                ..
            } => f.write_str("there is no keytab, or no key in it"),
            Self::NoCredentials { acceptor, .. } => {
                write!(f, "the keytab has no key for {acceptor}")
            }
            Self::NoKeys => f.write_str("the keytab is empty"),
            Self::NoKeysForAcceptor(wanted) => {
                write!(f, "the keytab has no key for {}", wanted.acceptor)
            }
            Self::NotAnApReq(error) => write!(f, "not an AP-REQ: {error}"),
            Self::Replay {
                client,
                server,
                ctime,
            } => write!(
                f,
                "the authenticator of {client} for {server} of {ctime} was presented before"
            ),
            Self::ReplayCacheFull { capacity } => {
                write!(f, "the replay cache is full with {capacity} authenticators")
            }
            Self::ServerNotAcceptor(wanted) => write!(
                f,
                "the ticket is for {}, which is in the keytab but is not {}",
                wanted.server, wanted.acceptor
            ),
            Self::ServerNotInKeytab(wanted) => write!(
                f,
                "{} is not in the keytab (ticket version {})",
                wanted.server, wanted.kvno
            ),
            Self::TicketEnctypeNotPermitted(wanted) => write!(
                f,
                "the ticket is encrypted with type {}, which is not permitted",
                wanted.enctype
            ),
            Self::TicketExpired { endtime, now } => {
                write!(f, "the ticket ended at {endtime}, it is {now}")
            }
            Self::TicketInvalid => f.write_str("the ticket is postdated and not yet validated"),
            Self::TicketMalformed(error) => write!(f, "malformed ticket: {error}"),
            Self::TicketNotYetValid { starttime, now } => {
                write!(f, "the ticket begins at {starttime}, it is {now}")
            }
            Self::TicketUndecryptable(wanted) => write!(
                f,
                "the key of {} version {} type {} does not open the ticket",
                wanted.server, wanted.kvno, wanted.enctype
            ),
            Self::WrongVersion { pvno } => write!(f, "protocol version {pvno} where 5 belongs"),
        }
    }
}

impl fmt::Display for SessionKeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SessionKey => "session key",
            Self::Subkey => "subkey",
        })
    }
}

impl std::error::Error for AcceptError {}
