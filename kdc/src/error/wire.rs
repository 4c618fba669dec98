//! What a refusal looks like on the wire and in MIT's log: one match each.

use kdclab_proto::ErrorCode;
use kdclab_proto::messages::{KdcOptions, KerbErrorData, PadataType, TicketFlags};

use super::KdcError;
use crate::{Dialect, PreauthFailure, RequestKind};

const STATUS_ACCOUNT_DISABLED: u32 = 0xc000_0072;
const STATUS_ACCOUNT_EXPIRED: u32 = 0xc000_0193;
const STATUS_ACCOUNT_LOCKED_OUT: u32 = 0xc000_0234;
const STATUS_INVALID_LOGON_HOURS: u32 = 0xc000_006f;
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
            Self::AuthenticationNotAllowed { .. }
            | Self::AuthorizationDataUnknown { .. }
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
            Self::ClientDisabled
            | Self::ClientLockedOut { .. }
            | Self::ClientOutsideLogonHours { .. } => ErrorCode::KDC_ERR_CLIENT_REVOKED,
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
            Self::ForUserChecksumInappropriate(_) => ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
            Self::ForUserChecksumMismatch => ErrorCode::KRB_AP_ERR_MODIFIED,
            Self::ForUserForeign(_) => ErrorCode::KDC_ERR_POLICY,
            Self::ForUserNameless | Self::ForUserUnknown(_) => {
                ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN
            }
            Self::ForUserNotSelf { .. } => ErrorCode::KRB_AP_ERR_BADMATCH,
            Self::ForUserWithoutPac => ErrorCode::KDC_ERR_TGT_REVOKED,
            Self::HardwarePreauthRequired(_) | Self::PreauthRequired(_) => {
                ErrorCode::KDC_ERR_PREAUTH_REQUIRED
            }
            Self::HeaderTicketUndecryptable { .. } => match dialect {
                Dialect::Mit => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
                Dialect::ActiveDirectory => ErrorCode::KRB_AP_ERR_MODIFIED,
            },
            Self::AuthorizationDataUndecodable(_)
            | Self::ForUserUndecodable { .. }
            | Self::HardwarePreauthMissing
            | Self::HeaderUndecodable(_)
            | Self::KeyOfTicketMissing { .. }
            | Self::PreauthMissing
            | Self::SecondTicketKeyMissing(_)
            | Self::SessionKeyUnusable(_)
            | Self::ServiceRealmForeign(_)
            | Self::SubkeyUnusable(_) => ErrorCode::KRB_ERR_GENERIC,
            Self::NeverValid { .. } => ErrorCode::KDC_ERR_NEVER_VALID,
            Self::NonTransitive { .. } => match dialect {
                Dialect::Mit => ErrorCode::KDC_ERR_PATH_NOT_ACCEPTED,
                Dialect::ActiveDirectory => ErrorCode::KDC_ERR_POLICY,
            },
            Self::PaTgsReqMissing => ErrorCode::KDC_ERR_PADATA_TYPE_NOSUPP,
            Self::PasswordChangeRequired | Self::PasswordExpired { .. } => {
                ErrorCode::KDC_ERR_KEY_EXPIRED
            }
            Self::PostdateNotAllowed => ErrorCode::KDC_ERR_CANNOT_POSTDATE,
            Self::PreauthFailed {
                cause: PreauthFailure::WrongKey,
                is_filtered: false,
                ..
            } => ErrorCode::KRB_AP_ERR_BAD_INTEGRITY,
            Self::PreauthFailed { .. } => ErrorCode::KDC_ERR_PREAUTH_FAILED,
            Self::ResponseTooBig { .. } => ErrorCode::KRB_ERR_RESPONSE_TOO_BIG,
            Self::SecondTicketMismatch { .. } | Self::ServiceMismatch { .. } => {
                ErrorCode::KDC_ERR_SERVER_NOMATCH
            }
            Self::HeaderServerUnknown(_)
            | Self::ServiceDisabled
            | Self::ServiceNameMissing
            | Self::ServiceNotUnique(_)
            | Self::ServiceUnknown(_) => ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN,
            Self::ServiceExpired { .. } => ErrorCode::KDC_ERR_SERVICE_EXP,
            Self::ServiceForbids { option } => {
                if option.contains(KdcOptions::ALLOW_POSTDATE) {
                    ErrorCode::KDC_ERR_CANNOT_POSTDATE
                } else {
                    ErrorCode::KDC_ERR_POLICY
                }
            }
            Self::ServiceKeyMissing(_) => match dialect {
                Dialect::Mit => ErrorCode::KRB_ERR_GENERIC,
                Dialect::ActiveDirectory => ErrorCode::KDC_ERR_ETYPE_NOSUPP,
            },
            Self::ServiceNotAllowed | Self::ServicePrincipalNameMissing(_) => {
                ErrorCode::KDC_ERR_MUST_USE_USER2USER
            }
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
            Self::AuthenticationNotAllowed { .. } => "NOT ALLOWED TO AUTHENTICATE",
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
            Self::ClientOutsideLogonHours { .. } => "CLIENT OUTSIDE LOGON HOURS",
            Self::ClientUnknown(_) => "CLIENT_NOT_FOUND",
            // A wrong clock and a wrong password have one word in the log.
            Self::ClockSkew { .. } => by_kind("PREAUTH_FAILED", "PROCESS_TGS"),
            Self::DelegationNotAllowed => "NOT_ALLOWED_TO_DELEGATE",
            Self::ForUserChecksumInappropriate(_) | Self::ForUserChecksumMismatch => {
                "INVALID_S4U2SELF_CHECKSUM"
            }
            Self::ForUserForeign(_) => "S4U2SELF_CLIENT_NOT_OURS",
            Self::ForUserNameless => "INVALID_S4U2SELF_REQUEST",
            Self::ForUserNotSelf { .. } => "INVALID_S4U2SELF_REQUEST_SERVER_MISMATCH",
            Self::ForUserUnknown(_) => "UNKNOWN_S4U2SELF_PRINCIPAL",
            Self::ForUserUndecodable { padata_type, .. } => match *padata_type {
                PadataType::FOR_USER => "DECODE_PA_FOR_USER",
                _ => "DECODE_PA_S4U_X509_USER",
            },
            Self::ForUserWithoutPac => "S4U2SELF_NO_PAC",
            Self::HardwarePreauthMissing => "NO HW PREAUTH",
            Self::HardwarePreauthRequired(_) => "NEEDED_HW_PREAUTH",
            Self::InvalidAsOptions(_) => by_kind("INVALID AS OPTIONS", "INVALID S4U2SELF OPTIONS"),
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
            Self::ServiceNotAllowed | Self::ServicePrincipalNameMissing(_) => {
                by_kind("SERVICE NOT ALLOWED", "SERVER NOT ALLOWED")
            }
            Self::ServiceRealmForeign(_) => "GET_LOCAL_TGT",
            Self::ServiceUnknown(server) if server.name.krbtgt_realm().is_some() => {
                by_kind("SERVER_NOT_FOUND", "UNKNOWN_SERVER")
            }
            Self::ServiceNotUnique(_) | Self::ServiceUnknown(_) => {
                by_kind("SERVER_NOT_FOUND", "LOOKING_UP_SERVER")
            }
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
    /// from Active Directory the NTSTATUS of a client that may not log on (MS-KILE section 2.2.1), and with a wrong clock
    /// that it is the clock (section 2.2.2, which says so of application servers; catalogue 0.2 and 0.3 of KDCs).
    pub(crate) fn e_data(&self, dialect: Dialect) -> Option<Vec<u8>> {
        let status = |status| match dialect {
            Dialect::Mit => None,
            Dialect::ActiveDirectory => Some(KerbErrorData::extended_error(status).encode()),
        };
        match self {
            Self::PreauthRequired(method_data) | Self::HardwarePreauthRequired(method_data) => {
                Some(method_data.encode())
            }
            Self::PreauthFailed {
                cause: PreauthFailure::WrongKey,
                is_filtered: false,
                ..
            } => None,
            Self::PreauthFailed { method_data, .. } => Some(method_data.encode()),
            Self::ClientDisabled => status(STATUS_ACCOUNT_DISABLED),
            Self::ClientExpired { .. } => status(STATUS_ACCOUNT_EXPIRED),
            Self::ClientLockedOut { .. } => status(STATUS_ACCOUNT_LOCKED_OUT),
            Self::ClientOutsideLogonHours { .. } => status(STATUS_INVALID_LOGON_HOURS),
            Self::ClockSkew { .. } => match dialect {
                Dialect::Mit => None,
                Dialect::ActiveDirectory => Some(KerbErrorData::skew_recovery().encode()),
            },
            Self::PasswordChangeRequired => status(STATUS_PASSWORD_MUST_CHANGE),
            Self::PasswordExpired { .. } => status(STATUS_PASSWORD_EXPIRED),
            _ => None,
        }
    }
}
