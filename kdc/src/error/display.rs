use std::fmt;

use kdclab_proto::Enctype;

use super::{KdcError, PreauthFailure};
use crate::traffic::LockedUntil;

/// A list of encryption types as people read it.
struct List<'a>(&'a [Enctype]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, enctype) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{enctype}")?;
        }
        Ok(())
    }
}

impl fmt::Display for KdcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressMismatch { peer } => write!(f, "the ticket may not be used from {peer}"),
            Self::AnonymousClientRequired => {
                f.write_str("an anonymous ticket was asked for a named client")
            }
            Self::AuthenticationNotAllowed { client, server } => {
                write!(f, "{client} is not allowed to authenticate to {server}")
            }
            Self::AuthenticatorUndecryptable => {
                f.write_str("the authenticator does not decrypt with the session key of the ticket")
            }
            Self::AuthorizationDataUndecryptable => {
                f.write_str("the authorization data of the request does not decrypt")
            }
            Self::AuthorizationDataUndecodable(error) => {
                write!(
                    f,
                    "the authorization data of the request is malformed: {error}"
                )
            }
            Self::AuthorizationDataUnknown { ad_type } => {
                write!(
                    f,
                    "authorization data of type {ad_type} must be understood and is not"
                )
            }
            Self::BadTransit {
                client,
                server,
                transited: Some(transited),
            } => {
                write!(
                    f,
                    "the realms from {client} to {server} include an unexpected one:"
                )?;
                transited.iter().try_for_each(|realm| write!(f, " {realm}"))
            }
            Self::BadTransit {
                client,
                server,
                transited: None,
            } => write!(
                f,
                "the realms from {client} to {server} shall not be checked"
            ),
            Self::ChecksumInappropriate(checksum_type) => write!(
                f,
                "a checksum of type {checksum_type} over the request does not suit the session key"
            ),
            Self::ChecksumMismatch => f.write_str("the checksum does not fit the request"),
            Self::ChecksumMissing => {
                f.write_str("the authenticator has no checksum over the request")
            }
            Self::ChecksumTypeUnknown(checksum_type) => {
                write!(f, "checksum type {} is unknown", checksum_type.number())
            }
            Self::ClientBelongsElsewhere { realm } => {
                write!(f, "the client belongs to realm {realm}")
            }
            Self::ClientDisabled => f.write_str("the client is disabled"),
            Self::ClientExpired { expiration, now } => {
                write!(f, "the client expired at {expiration}, and it is {now}")
            }
            Self::ClientKeyMissing { requested, present } => write!(
                f,
                "the client asks for {} and has keys of {}",
                List(requested),
                List(present)
            ),
            Self::ClientLockedOut {
                failures,
                max_failures,
                until,
            } => {
                write!(f, "{failures} logons failed where {max_failures} lock, ")?;
                match until {
                    LockedUntil::Time(until) => write!(f, "until {until}"),
                    LockedUntil::Unlocked => {
                        f.write_str("until an administrator unlocks the client")
                    }
                }
            }
            Self::ClientMismatch {
                ticket,
                authenticator,
            } => write!(
                f,
                "the ticket is of {ticket}, the authenticator of {authenticator}"
            ),
            Self::ClientNameMissing => f.write_str("the request names no client"),
            Self::ClientOutsideLogonHours { now, .. } => {
                write!(
                    f,
                    "{now} is outside the hours that the client may log on at"
                )
            }
            Self::ClientUnknown(client) => write!(f, "{client} is not in the database"),
            Self::ClockSkew { client, kdc, limit } => skew(f, client, kdc, limit.as_secs()),
            Self::DelegationNotAllowed => {
                f.write_str("the client may not delegate to this service")
            }
            Self::ForUserChecksumInappropriate(checksum_type) => write!(
                f,
                "a checksum of type {checksum_type} does not protect the name of the user asked for"
            ),
            Self::ForUserChecksumMismatch => {
                f.write_str("the checksum does not fit the user asked for")
            }
            Self::ForUserForeign(user) => {
                write!(
                    f,
                    "{user} belongs to another realm, whose KDC was not asked"
                )
            }
            Self::ForUserNameless => f.write_str("the user asked for has no name"),
            Self::ForUserNotSelf { requester, server } => write!(
                f,
                "{requester} asks for a user's ticket to {server}, which is another"
            ),
            Self::ForUserUnknown(user) => {
                write!(f, "the user asked for, {user}, is not in the database")
            }
            Self::ForUserUndecodable { error, .. } => {
                write!(f, "the user asked for is malformed: {error}")
            }
            Self::ForUserWithoutPac => {
                f.write_str("nothing in the presented ticket vouches for the user asked for")
            }
            Self::HardwarePreauthRequired(_) => {
                f.write_str("the client must prove to hold hardware")
            }
            Self::HardwarePreauthMissing => {
                f.write_str("the service wants clients that proved to hold hardware")
            }
            Self::HeaderOptionsRefused => {
                f.write_str("the presented ticket came with options a KDC does not take")
            }
            Self::HeaderServerUnknown(server) => {
                write!(
                    f,
                    "the presented ticket is for {server}, which is not in the database"
                )
            }
            Self::HeaderTicketUndecryptable { server, kvno } => write!(
                f,
                "the presented ticket does not decrypt with key version {kvno} of {server}"
            ),
            Self::HeaderUndecodable(error) => {
                write!(
                    f,
                    "the presented ticket or its authenticator is malformed: {error}"
                )
            }
            Self::InvalidAsOptions(options) => {
                write!(f, "the options are not for an initial ticket: {options:?}")
            }
            Self::KeyOfTicketMissing {
                server,
                ticket_kvno,
                ticket_enctype,
                newest_kvno,
                present,
            } => {
                write!(f, "the presented ticket needs a {ticket_enctype} key ")?;
                match ticket_kvno {
                    Some(kvno) => write!(f, "of version {kvno}")?,
                    None => f.write_str("of any version")?,
                }
                write!(
                    f,
                    " of {server}, which has version {newest_kvno} with {}",
                    List(present)
                )
            }
            Self::LineageCheckFailed { client, issuer } => {
                write!(
                    f,
                    "realm {issuer} vouches for {client}, a client of this realm"
                )
            }
            Self::NeverValid { starttime, endtime } => {
                write!(
                    f,
                    "the ticket would start at {starttime} and end at {endtime}"
                )
            }
            Self::NonTransitive { client, server } => {
                write!(
                    f,
                    "the trust leads no further: from realm {client} to {server}"
                )
            }
            Self::PaTgsReqMissing => f.write_str("the request presents no ticket"),
            Self::PasswordChangeRequired => {
                f.write_str("the client must change its password first")
            }
            Self::PasswordExpired { expiration, now } => {
                write!(f, "the password expired at {expiration}, and it is {now}")
            }
            Self::PostdateNotAllowed => {
                f.write_str("the client or the service may not have postdated tickets")
            }
            Self::PreauthFailed { cause, .. } => fmt::Display::fmt(cause, f),
            Self::PreauthMissing => f.write_str("the service wants pre-authenticated clients"),
            Self::PreauthRequired(_) => f.write_str("the client must pre-authenticate"),
            Self::ProxyOfTgt => f.write_str("a ticket-granting ticket cannot be proxied"),
            Self::ResponseTooBig { length, limit } => {
                write!(
                    f,
                    "the reply has {length} bytes and {limit} fit into a datagram"
                )
            }
            Self::SecondTicketKeyMissing(server) => {
                write!(
                    f,
                    "the additional ticket is for {server}, and its key is missing"
                )
            }
            Self::SecondTicketMismatch { ticket, server } => {
                write!(
                    f,
                    "the additional ticket is of {ticket}, the request is for {server}"
                )
            }
            Self::SecondTicketMissing => f.write_str("the request needs an additional ticket"),
            Self::SecondTicketNotTgt(server) => write!(
                f,
                "the additional ticket is for {server}, not ticket-granting for this realm"
            ),
            Self::SecondTicketSessionKeyUnusable(error) => {
                write!(
                    f,
                    "the session key of the additional ticket is of no use: {error}"
                )
            }
            Self::SecondTicketUndecryptable => {
                f.write_str("the additional ticket does not decrypt")
            }
            Self::ServiceDisabled => f.write_str("the service is disabled"),
            Self::ServiceExpired { expiration, now } => {
                write!(f, "the service expired at {expiration}, and it is {now}")
            }
            Self::ServiceForbids { option } => write!(f, "the service does not allow {option:?}"),
            Self::ServiceKeyMissing(server) => write!(f, "{server} has no key"),
            Self::ServiceMismatch { ticket, requested } => {
                write!(
                    f,
                    "the ticket is for {ticket}, the request is for {requested}"
                )
            }
            Self::ServiceNameMissing => f.write_str("the request names no service"),
            Self::ServiceNotAllowed => f.write_str("the principal is no service"),
            Self::ServiceNotUnique(server) => write!(f, "several accounts have the name {server}"),
            Self::ServicePrincipalNameMissing(server) => write!(
                f,
                "{server} is a user's account without a service principal name"
            ),
            Self::ServiceRealmForeign(server) => {
                write!(f, "{server} belongs to a realm that is not served here")
            }
            Self::ServiceUnknown(server) => write!(f, "{server} is not in the database"),
            Self::SessionEnctypeUnavailable { requested } => write!(
                f,
                "no session key type is possible; the client asks for {}",
                List(requested)
            ),
            Self::SessionKeyUnusable(error) => {
                write!(f, "the session key of the ticket is of no use: {error}")
            }
            Self::SubkeyUnusable(error) => write!(f, "the subkey is of no use: {error}"),
            Self::TgtBasedNotAllowed => {
                f.write_str("the service takes no tickets obtained with a ticket-granting ticket")
            }
            Self::TgsOfAnotherRealm { ticket, realm } => {
                write!(
                    f,
                    "the ticket is for {ticket}, the service in realm {realm}"
                )
            }
            Self::TicketExpired { endtime, now } => {
                write!(f, "the ticket ended at {endtime}, and it is {now}")
            }
            Self::TicketInvalid => f.write_str("the ticket must be validated first"),
            Self::TicketLacks { flag } => {
                f.write_str("the ticket is not")?;
                flag.names().try_for_each(|name| write!(f, " {name}"))
            }
            Self::TicketNotTgt(server) => {
                write!(f, "the ticket is for {server}, which grants no tickets")
            }
            Self::TicketNotYetValid { starttime, now }
            | Self::ValidatedTooEarly { starttime, now } => {
                write!(f, "the ticket starts at {starttime}, and it is {now}")
            }
            Self::RenewTimePassed { renew_till, now } => {
                write!(
                    f,
                    "the ticket could be renewed until {renew_till}, and it is {now}"
                )
            }
            Self::TransitedUndecodable => f.write_str("the list of transited realms is malformed"),
            Self::TransitedTypeUnknown { tr_type } => {
                write!(
                    f,
                    "the list of transited realms has the unknown type {tr_type}"
                )
            }
            Self::WrongRealm(realm) => write!(f, "realm {realm} is not served here"),
        }
    }
}

impl fmt::Display for PreauthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeyOfType(enctype) => write!(f, "the client has no key of type {enctype}"),
            Self::Undecodable => f.write_str("the encrypted timestamp is malformed"),
            Self::WrongKey => {
                f.write_str("the encrypted timestamp does not decrypt with the client's key")
            }
        }
    }
}

fn skew(
    f: &mut fmt::Formatter<'_>,
    client: &kdclab_proto::Timestamp,
    kdc: &kdclab_proto::Timestamp,
    limit: u64,
) -> fmt::Result {
    write!(
        f,
        "the client's clock shows {client}, the KDC's {kdc}, and {limit} s are allowed"
    )
}
