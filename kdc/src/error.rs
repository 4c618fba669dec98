//! Why a KDC refuses a request.

use kdclab_proto::crypto::{ChecksumType, InvalidKey};
use kdclab_proto::messages::{KdcOptions, KerbErrorData, MethodData, TicketFlags};
use kdclab_proto::{DecodeError, Enctype, ErrorCode, KerberosTime, Principal, Realm, Timestamp};

use crate::traffic::LockedUntil;
use crate::{Dialect, RequestKind};

mod display;

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
    /// The client's clock is too far from the KDC's.
    ClockSkew {
        /// The client's time.
        client: Timestamp,
        /// The KDC's time.
        kdc: Timestamp,
        /// The difference allowed.
        limit: std::time::Duration,
    },
    /// The client has no key of this type.
    NoKeyOfType(Enctype),
    /// It is malformed.
    Undecodable,
    /// It does not decrypt with the client's key: most likely the password was wrong.
    WrongKey,
}

const STATUS_ACCOUNT_DISABLED: u32 = 0xc000_0072;
const STATUS_ACCOUNT_EXPIRED: u32 = 0xc000_0193;
const STATUS_ACCOUNT_LOCKED_OUT: u32 = 0xc000_0234;
const STATUS_PASSWORD_EXPIRED: u32 = 0xc000_0071;
const STATUS_PASSWORD_MUST_CHANGE: u32 = 0xc000_0224;

impl KdcError {
    /// The error-code on the wire (RFC 4120 section 7.5.9).
    pub fn code(&self, dialect: Dialect) -> ErrorCode {
        match self {
            Self::AddressMismatch { .. } => ErrorCode::KRB_AP_ERR_BADADDR,
            Self::AuthenticatorUndecryptable
            | Self::AuthorizationDataUndecryptable
            | Self::SecondTicketUndecryptable => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
            Self::AnonymousClientRequired
            | Self::DelegationNotAllowed
            | Self::InvalidAsOptions(_)
            | Self::ProxyOfTgt
            | Self::SecondTicketMissing => ErrorCode::KDC_ERR_BADOPTION,
            Self::AuthorizationDataUnknown { .. }
            | Self::BadTransit { .. }
            | Self::HeaderOptionsRefused
            | Self::LineageCheckFailed { .. }
            | Self::SecondTicketNotTgt(_)
            | Self::TgtBasedNotAllowed => ErrorCode::KDC_ERR_POLICY,
            Self::ChecksumInappropriate(_) | Self::ChecksumMissing => {
                ErrorCode::KRB_AP_ERR_INAPP_CKSUM
            }
            Self::ChecksumMismatch => match dialect {
                Dialect::Mit => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
                Dialect::ActiveDirectory => ErrorCode::KRB_AP_ERR_MODIFIED,
            },
            Self::ChecksumTypeUnknown(_) => ErrorCode::KDC_ERR_SUMTYPE_NOSUPP,
            Self::ClientBelongsElsewhere { .. } | Self::WrongRealm(_) => {
                ErrorCode::KDC_ERR_WRONG_REALM
            }
            Self::ClientDisabled | Self::ClientLockedOut { .. } => {
                ErrorCode::KDC_ERR_CLIENT_REVOKED
            }
            Self::ClientExpired { .. } => match dialect {
                Dialect::Mit => ErrorCode::KDC_ERR_NAME_EXP,
                Dialect::ActiveDirectory => ErrorCode::KDC_ERR_CLIENT_REVOKED,
            },
            Self::ClientKeyMissing { .. }
            | Self::SecondTicketSessionKeyUnusable(_)
            | Self::SessionEnctypeUnavailable { .. } => ErrorCode::KDC_ERR_ETYPE_NOSUPP,
            Self::ClientMismatch { .. } => ErrorCode::KRB_AP_ERR_BADMATCH,
            Self::ClientNameMissing | Self::ClientUnknown(_) => {
                ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN
            }
            Self::ClockSkew { .. } => ErrorCode::KRB_AP_ERR_SKEW,
            Self::HardwarePreauthRequired(_) | Self::PreauthRequired(_) => {
                ErrorCode::KDC_ERR_PREAUTH_REQUIRED
            }
            Self::HeaderTicketUndecryptable { .. } => match dialect {
                Dialect::Mit => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
                Dialect::ActiveDirectory => ErrorCode::KRB_AP_ERR_MODIFIED,
            },
            Self::AuthorizationDataUndecodable(_)
            | Self::HardwarePreauthMissing
            | Self::HeaderUndecodable(_)
            | Self::KeyOfTicketMissing { .. }
            | Self::PreauthMissing
            | Self::SecondTicketKeyMissing(_)
            | Self::ServiceKeyMissing(_)
            | Self::SessionKeyUnusable(_)
            | Self::ServiceRealmForeign(_)
            | Self::SubkeyUnusable(_) => ErrorCode::KRB_ERR_GENERIC,
            Self::NeverValid { .. } => ErrorCode::KDC_ERR_NEVER_VALID,
            Self::NonTransitive { .. } => ErrorCode::KDC_ERR_PATH_NOT_ACCEPTED,
            Self::PaTgsReqMissing => ErrorCode::KDC_ERR_PADATA_TYPE_NOSUPP,
            Self::PasswordChangeRequired | Self::PasswordExpired { .. } => {
                ErrorCode::KDC_ERR_KEY_EXPIRED
            }
            Self::PostdateNotAllowed => ErrorCode::KDC_ERR_CANNOT_POSTDATE,
            Self::PreauthFailed { cause, .. } => match cause {
                PreauthFailure::ClockSkew { .. } => ErrorCode::KRB_AP_ERR_SKEW,
                PreauthFailure::NoKeyOfType(_)
                | PreauthFailure::Undecodable
                | PreauthFailure::WrongKey => ErrorCode::KDC_ERR_PREAUTH_FAILED,
            },
            Self::ResponseTooBig { .. } => ErrorCode::KRB_ERR_RESPONSE_TOO_BIG,
            Self::SecondTicketMismatch { .. } | Self::ServiceMismatch { .. } => {
                ErrorCode::KDC_ERR_SERVER_NOMATCH
            }
            Self::HeaderServerUnknown(_)
            | Self::ServiceDisabled
            | Self::ServiceNameMissing
            | Self::ServiceUnknown(_) => ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
            Self::ServiceExpired { .. } => ErrorCode::KDC_ERR_SERVICE_EXP,
            Self::ServiceForbids { option } => {
                if option.contains(KdcOptions::ALLOW_POSTDATE) {
                    ErrorCode::KDC_ERR_CANNOT_POSTDATE
                } else {
                    ErrorCode::KDC_ERR_POLICY
                }
            }
            Self::ServiceNotAllowed => ErrorCode::KDC_ERR_MUST_USE_USER2USER,
            Self::TgsOfAnotherRealm { .. } | Self::TicketNotTgt(_) => ErrorCode::KRB_AP_ERR_NOT_US,
            Self::RenewTimePassed { .. } | Self::TicketExpired { .. } => {
                ErrorCode::KRB_AP_ERR_TKT_EXPIRED
            }
            Self::TicketInvalid
            | Self::TicketNotYetValid { .. }
            | Self::ValidatedTooEarly { .. } => ErrorCode::KRB_AP_ERR_TKT_NYV,
            Self::TicketLacks { .. } => ErrorCode::KDC_ERR_BADOPTION,
            Self::TransitedTypeUnknown { .. } => ErrorCode::KDC_ERR_TRTYPE_NOSUPP,
            Self::TransitedUndecodable => ErrorCode::KRB_AP_ERR_ILL_CR_TKT,
        }
    }

    /// The word a MIT KDC logs and sends as e-text.
    pub fn status(&self, kind: RequestKind) -> &'static str {
        let by_kind = |as_word, tgs_word| match kind {
            RequestKind::As => as_word,
            RequestKind::Tgs => tgs_word,
        };
        match self {
            Self::AddressMismatch { .. }
            | Self::AuthenticatorUndecryptable
            | Self::ChecksumInappropriate(_)
            | Self::ChecksumMismatch
            | Self::ChecksumMissing
            | Self::ChecksumTypeUnknown(_)
            | Self::ClientMismatch { .. }
            | Self::ClockSkew { .. }
            | Self::HeaderOptionsRefused
            | Self::HeaderServerUnknown(_)
            | Self::HeaderTicketUndecryptable { .. }
            | Self::HeaderUndecodable(_)
            | Self::KeyOfTicketMissing { .. }
            | Self::PaTgsReqMissing
            | Self::SessionKeyUnusable(_)
            | Self::SubkeyUnusable(_)
            | Self::TicketExpired { .. }
            | Self::TicketNotYetValid { .. }
            | Self::TransitedUndecodable => "PROCESS_TGS",
            Self::AnonymousClientRequired => "VALIDATE_ANONYMOUS_PRINCIPAL",
            Self::AuthorizationDataUndecodable(_)
            | Self::AuthorizationDataUndecryptable
            | Self::AuthorizationDataUnknown { .. } => "HANDLE_AUTHDATA",
            Self::BadTransit { .. } => "BAD_TRANSIT",
            Self::ClientBelongsElsewhere { .. } => "REFERRAL",
            Self::ClientDisabled => "CLIENT LOCKED OUT",
            Self::ClientExpired { .. } => "CLIENT EXPIRED",
            Self::ClientKeyMissing { .. } => "CANT_FIND_CLIENT_KEY",
            Self::ClientLockedOut { .. } => "LOCKED_OUT",
            Self::ClientNameMissing => "NULL_CLIENT",
            Self::ClientUnknown(_) => "CLIENT_NOT_FOUND",
            Self::DelegationNotAllowed => "NOT_ALLOWED_TO_DELEGATE",
            Self::HardwarePreauthMissing => "NO HW PREAUTH",
            Self::HardwarePreauthRequired(_) => "NEEDED_HW_PREAUTH",
            Self::InvalidAsOptions(_) => "INVALID AS OPTIONS",
            Self::LineageCheckFailed { .. } => "INVALID LINEAGE",
            Self::NeverValid { .. } => "NEVER_VALID",
            Self::NonTransitive { .. } => "NON_TRANSITIVE",
            Self::PasswordChangeRequired => "REQUIRED PWCHANGE",
            Self::PasswordExpired { .. } => "CLIENT KEY EXPIRED",
            Self::PostdateNotAllowed => "POSTDATE NOT ALLOWED",
            Self::PreauthFailed { .. } => "PREAUTH_FAILED",
            Self::PreauthMissing => "NO PREAUTH",
            Self::PreauthRequired(_) => "NEEDED_PREAUTH",
            Self::ProxyOfTgt => "CAN'T PROXY TGT",
            Self::RenewTimePassed { .. } => "TKT_EXPIRED",
            Self::ResponseTooBig { .. } => "RESPONSE_TOO_BIG",
            Self::SecondTicketKeyMissing(_) => "2ND_TKT_SERVER",
            Self::SecondTicketMismatch { .. } => "2ND_TKT_MISMATCH",
            Self::SecondTicketMissing => "NO_2ND_TKT",
            Self::SecondTicketNotTgt(_) => "2ND_TKT_NOT_TGS",
            Self::SecondTicketSessionKeyUnusable(_) => "BAD_ETYPE_IN_2ND_TKT",
            Self::SecondTicketUndecryptable => "2ND_TKT_DECRYPT",
            Self::ServiceDisabled => by_kind("SERVICE LOCKED OUT", "SERVER LOCKED OUT"),
            Self::ServiceExpired { .. } => "SERVICE EXPIRED",
            Self::ServiceForbids { option } => {
                if option.contains(KdcOptions::ALLOW_POSTDATE) {
                    "NON-POSTDATABLE TICKET"
                } else if option.contains(KdcOptions::RENEWABLE) {
                    "NON-RENEWABLE TICKET"
                } else {
                    "DUP_SKEY DISALLOWED"
                }
            }
            Self::ServiceKeyMissing(_) => "FINDING_SERVER_KEY",
            Self::ServiceMismatch { .. } => "SERVER DIDN'T MATCH TICKET FOR RENEW/FORWARD/ETC",
            Self::ServiceNameMissing => "NULL_SERVER",
            Self::ServiceNotAllowed => by_kind("SERVICE NOT ALLOWED", "SERVER NOT ALLOWED"),
            Self::ServiceRealmForeign(_) => "GET_LOCAL_TGT",
            Self::ServiceUnknown(server) if server.name.krbtgt_realm().is_some() => {
                by_kind("SERVER_NOT_FOUND", "UNKNOWN_SERVER")
            }
            Self::ServiceUnknown(_) => by_kind("SERVER_NOT_FOUND", "LOOKING_UP_SERVER"),
            Self::SessionEnctypeUnavailable { .. } => "BAD_ENCRYPTION_TYPE",
            Self::TgsOfAnotherRealm { .. } => "BAD TGS SERVER INSTANCE",
            Self::TgtBasedNotAllowed => "TGT BASED NOT ALLOWED",
            Self::TicketInvalid => "TICKET NOT VALID",
            Self::TicketLacks { flag } => match *flag {
                TicketFlags::FORWARDABLE => "TGT NOT FORWARDABLE",
                TicketFlags::PROXIABLE => "TGT NOT PROXIABLE",
                TicketFlags::MAY_POSTDATE => "TGT NOT POSTDATABLE",
                TicketFlags::INVALID => "VALIDATE VALID TICKET",
                _ => "TICKET NOT RENEWABLE",
            },
            Self::TicketNotTgt(_) => "BAD TGS SERVER NAME",
            Self::TransitedTypeUnknown { .. } => "VALIDATE_TRANSIT_TYPE",
            Self::ValidatedTooEarly { .. } => "NOT_YET_VALID",
            Self::WrongRealm(_) => "WRONG_REALM",
        }
    }

    /// What the KRB-ERROR carries in e-data: METHOD-DATA where the client may try something else, and
    /// from Active Directory the NTSTATUS of a revoked client (MS-KILE section 2.2.1).
    pub(crate) fn e_data(&self, dialect: Dialect) -> Option<Vec<u8>> {
        let status = |status| match dialect {
            Dialect::Mit => None,
            Dialect::ActiveDirectory => Some(KerbErrorData::extended_error(status).encode()),
        };
        match self {
            Self::PreauthRequired(method_data) | Self::HardwarePreauthRequired(method_data) => {
                Some(method_data.encode())
            }
            Self::PreauthFailed { cause, method_data } => match cause {
                PreauthFailure::ClockSkew { .. } => None,
                _ => Some(method_data.encode()),
            },
            Self::ClientDisabled => status(STATUS_ACCOUNT_DISABLED),
            Self::ClientExpired { .. } => status(STATUS_ACCOUNT_EXPIRED),
            Self::ClientLockedOut { .. } => status(STATUS_ACCOUNT_LOCKED_OUT),
            Self::PasswordChangeRequired => status(STATUS_PASSWORD_MUST_CHANGE),
            Self::PasswordExpired { .. } => status(STATUS_PASSWORD_EXPIRED),
            _ => None,
        }
    }
}

impl std::error::Error for KdcError {}
