//! Why a KDC refuses a request.

use kdclab_proto::crypto::{ChecksumType, InvalidKey};
use kdclab_proto::messages::{KdcOptions, MethodData, PadataType, TicketFlags};
use kdclab_proto::{DecodeError, Enctype, KerberosTime, Principal, Realm, Timestamp};

use crate::LogonHours;
use crate::traffic::LockedUntil;

mod display;
mod wire;

/// Why a KDC refuses a request: what happened, with both sides of each comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KdcError {
    /// An address was asked of a ticket that may not be used from there.
    AddressMismatch {
        /// The address the request came from.
        peer: std::net::IpAddr,
    },
    /// An anonymous ticket was asked for by a client that is not the anonymous principal.
    AnonymousClientRequired,
    /// A client who comes over a trust with selective authentication has not the right to authenticate to the service.
    AuthenticationNotAllowed {
        /// The client.
        client: Principal,
        /// The service's account.
        server: Principal,
    },
    /// The authenticator does not decrypt with the ticket's session key.
    AuthenticatorUndecryptable,
    /// The encrypted authorization data does not decrypt.
    AuthorizationDataUndecryptable,
    /// The encrypted authorization data is not AuthorizationData.
    AuthorizationDataUndecodable(DecodeError),
    /// Authorization data that the client marked as one the KDC must understand.
    AuthorizationDataUnknown {
        /// The type inside AD-MANDATORY-FOR-KDC.
        ad_type: i32,
    },
    /// The ticket crossed realms that are not on the way from the client's to the service's.
    BadTransit {
        /// The client's realm.
        client: Realm,
        /// The service's realm.
        server: Realm,
        /// The realms crossed; `None` when they were not looked at because the client asked for that.
        transited: Option<Vec<Realm>>,
    },
    /// The checksum over the body is of a type that does not suit the session key.
    ChecksumInappropriate(ChecksumType),
    /// The checksum does not fit the body.
    ChecksumMismatch,
    /// The authenticator has no checksum over the body.
    ChecksumMissing,
    /// The checksum over the body is of an unknown type.
    ChecksumTypeUnknown(ChecksumType),
    /// The client belongs to another realm.
    ClientBelongsElsewhere {
        /// The realm to ask.
        realm: Realm,
    },
    /// The client may get no tickets.
    ClientDisabled,
    /// The client's entry has expired.
    ClientExpired {
        /// When it expired.
        expiration: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The client has no key of a type it asked for.
    ClientKeyMissing {
        /// The types it asked for.
        requested: Vec<Enctype>,
        /// The types of its keys.
        present: Vec<Enctype>,
    },
    /// Too many logons failed.
    ClientLockedOut {
        /// How many failed.
        failures: u32,
        /// How many the policy allows.
        max_failures: u32,
        /// Until when the client is locked.
        until: LockedUntil,
    },
    /// The client of the authenticator is not the client of the ticket.
    ClientMismatch {
        /// The client of the ticket.
        ticket: Principal,
        /// The client of the authenticator.
        authenticator: Principal,
    },
    /// An AS-REQ without a client.
    ClientNameMissing,
    /// The client may not log on at this hour of the week.
    ClientOutsideLogonHours {
        /// The hours it may log on at.
        logon_hours: LogonHours,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The client is not in the database.
    ClientUnknown(Principal),
    /// The client's clock is too far from the KDC's.
    ClockSkew {
        /// The client's time.
        client: Timestamp,
        /// The KDC's time.
        kdc: Timestamp,
        /// The difference allowed.
        limit: std::time::Duration,
    },
    /// Constrained delegation, which this KDC does not grant.
    DelegationNotAllowed,
    /// The checksum over the user that a service asks for is of a type that proves nothing.
    ForUserChecksumInappropriate(ChecksumType),
    /// The checksum does not fit the user that a service asks for.
    ForUserChecksumMismatch,
    /// A service asks for a user of another realm, whose KDC it should ask.
    ForUserForeign(Principal),
    /// A service asks for a user without a name.
    ForUserNameless,
    /// A service asks for a ticket of a user to another service.
    ForUserNotSelf {
        /// The service that asks.
        requester: Principal,
        /// The service asked for.
        server: Principal,
    },
    /// The user that a service asks for is not in the database.
    ForUserUnknown(Principal),
    /// The padata that names the user is malformed.
    ForUserUndecodable {
        /// Which padata.
        padata_type: PadataType,
        /// Where and why decoding stopped.
        error: DecodeError,
    },
    /// The ticket of another realm's KDC, with which a service asks for a user, has no PAC.
    ForUserWithoutPac,
    /// The client must prove to hold hardware.
    HardwarePreauthRequired(MethodData),
    /// The service wants clients that proved to hold hardware, and the ticket does not say so.
    HardwarePreauthMissing,
    /// The AP-REQ in PA-TGS-REQ asks for mutual authentication or the use of a session key.
    HeaderOptionsRefused,
    /// The service of the presented ticket is not in the database.
    HeaderServerUnknown(Principal),
    /// The presented ticket does not decrypt with the key it names.
    HeaderTicketUndecryptable {
        /// The service it names.
        server: Principal,
        /// The key version tried.
        kvno: u32,
    },
    /// The AP-REQ, its ticket or its authenticator is malformed.
    HeaderUndecodable(DecodeError),
    /// The AS-REQ has options that only a TGS-REQ may have.
    InvalidAsOptions(KdcOptions),
    /// No key of the presented ticket's version and type is in the database.
    KeyOfTicketMissing {
        /// The service the ticket names.
        server: Principal,
        /// The key version the ticket names.
        ticket_kvno: Option<u32>,
        /// The encryption type the ticket names.
        ticket_enctype: Enctype,
        /// The newest key version in the database.
        newest_kvno: u32,
        /// The types of the keys of the ticket's version, or of the newest one.
        present: Vec<Enctype>,
    },
    /// A foreign KDC vouches for a client of this realm.
    LineageCheckFailed {
        /// The client.
        client: Principal,
        /// The realm of the KDC that issued the ticket.
        issuer: Realm,
    },
    /// The ticket would end before it begins.
    NeverValid {
        /// When it would become valid.
        starttime: KerberosTime,
        /// When it would cease to be valid.
        endtime: KerberosTime,
    },
    /// A trust that must not be combined with another one.
    NonTransitive {
        /// The client's realm.
        client: Realm,
        /// The service.
        server: Principal,
    },
    /// No PA-TGS-REQ in a TGS-REQ.
    PaTgsReqMissing,
    /// The client must change its password first.
    PasswordChangeRequired,
    /// The client's password has expired.
    PasswordExpired {
        /// When it expired.
        expiration: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The client or the service may not have postdated tickets.
    PostdateNotAllowed,
    /// The pre-authentication is wrong.
    PreauthFailed {
        /// What is wrong with it.
        cause: PreauthFailure,
        /// What the client may try.
        method_data: MethodData,
        /// Whether the client learns only that its pre-authentication failed.
        is_filtered: bool,
    },
    /// The service wants pre-authenticated clients, and the ticket does not say so.
    PreauthMissing,
    /// The client must pre-authenticate.
    PreauthRequired(MethodData),
    /// Ticket-granting tickets cannot be proxied.
    ProxyOfTgt,
    /// The reply does not fit into a datagram.
    ResponseTooBig {
        /// Its length in bytes.
        length: usize,
        /// The most that fits.
        limit: usize,
    },
    /// The additional ticket does not open: its key is missing.
    SecondTicketKeyMissing(Principal),
    /// The additional ticket belongs to somebody other than the service asked for.
    SecondTicketMismatch {
        /// The client of the additional ticket.
        ticket: Principal,
        /// The service asked for.
        server: Principal,
    },
    /// User-to-user without an additional ticket.
    SecondTicketMissing,
    /// The additional ticket is not a ticket-granting ticket of this realm.
    SecondTicketNotTgt(Principal),
    /// The additional ticket holds a session key of no use here.
    SecondTicketSessionKeyUnusable(InvalidKey),
    /// The additional ticket does not decrypt, or is malformed.
    SecondTicketUndecryptable,
    /// The service may get no tickets.
    ServiceDisabled,
    /// The service's entry has expired.
    ServiceExpired {
        /// When it expired.
        expiration: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The service does not allow an option.
    ServiceForbids {
        /// The option.
        option: KdcOptions,
    },
    /// The service has no key.
    ServiceKeyMissing(Principal),
    /// The ticket presented is for another service than the one asked for.
    ServiceMismatch {
        /// The service of the ticket.
        ticket: Principal,
        /// The service asked for.
        requested: Principal,
    },
    /// A request without a service.
    ServiceNameMissing,
    /// The principal is no service: only user-to-user tickets exist for it.
    ServiceNotAllowed,
    /// Several accounts have the service's name, so that the KDC cannot know whose key to use.
    ServiceNotUnique(Principal),
    /// The service is the account of a user, and no service's name is registered for it: only user-to-user tickets exist
    /// for it.
    ServicePrincipalNameMissing(Principal),
    /// The service belongs to a realm that is not served here.
    ServiceRealmForeign(Principal),
    /// The service is not in the database.
    ServiceUnknown(Principal),
    /// No session key type that the client asked for is allowed and suits the service.
    SessionEnctypeUnavailable {
        /// The types the client asked for.
        requested: Vec<Enctype>,
    },
    /// The session key of the presented ticket is of no use.
    SessionKeyUnusable(InvalidKey),
    /// The subkey of the authenticator is of no use.
    SubkeyUnusable(InvalidKey),
    /// The service gives nothing in exchange for a ticket-granting ticket.
    TgtBasedNotAllowed,
    /// The ticket presented was ticket-granting for another realm.
    TgsOfAnotherRealm {
        /// The service of the ticket.
        ticket: Principal,
        /// The realm of the service asked for.
        realm: Realm,
    },
    /// The ticket presented has expired.
    TicketExpired {
        /// When it ceased to be valid.
        endtime: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The ticket presented must be validated first.
    TicketInvalid,
    /// The ticket presented lacks the flag that the request needs.
    TicketLacks {
        /// The flag.
        flag: TicketFlags,
    },
    /// The ticket presented is not ticket-granting.
    TicketNotTgt(Principal),
    /// The ticket presented is not valid yet.
    TicketNotYetValid {
        /// When it becomes valid.
        starttime: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The ticket presented cannot be renewed any more.
    RenewTimePassed {
        /// Until when it could be renewed.
        renew_till: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The postdated ticket cannot be validated yet.
    ValidatedTooEarly {
        /// When it becomes valid.
        starttime: KerberosTime,
        /// The KDC's time.
        now: KerberosTime,
    },
    /// The transited field is malformed.
    TransitedUndecodable,
    /// The transited field has an unknown form.
    TransitedTypeUnknown {
        /// The form.
        tr_type: i32,
    },
    /// This KDC does not serve the realm.
    WrongRealm(Realm),
}

/// What is wrong with a PA-ENC-TIMESTAMP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreauthFailure {
    /// The client has no key of this type.
    NoKeyOfType(Enctype),
    /// It is malformed.
    Undecodable,
    /// It does not decrypt with the client's key: most likely the password was wrong.
    WrongKey,
}

impl std::error::Error for KdcError {}
