use std::fmt;
use std::net::IpAddr;

use kdclab_proto::messages::{KpasswdCode, KpasswdResult};
use kdclab_proto::{DecodeError, KerberosTime, Principal};

use crate::{Dialect, KdcError};

/// Why the password service changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KpasswdError {
    /// Only an administrator may set the password of another.
    AccessDenied {
        /// Who asks.
        client: Principal,
        /// Whose password it is.
        target: Principal,
    },
    /// The AP-REQ does not prove who asks.
    ApReqRefused(Box<KdcError>),
    /// The data of a request to set a password is malformed.
    DataUndecodable(DecodeError),
    /// The ticket does not come from an AS exchange.
    InitialTicketRequired,
    /// The new password is empty.
    PasswordEmpty,
    /// The new password is the current one or one of those before it.
    PasswordReused {
        /// How many passwords count, the current one included.
        history: usize,
    },
    /// The new password is too short.
    PasswordTooShort {
        /// Its length in bytes.
        length: usize,
        /// The length it must have.
        min_length: usize,
    },
    /// The current password is too new to be changed by its owner.
    PasswordTooSoon {
        /// When it may be changed.
        until: KerberosTime,
    },
    /// The new password is not UTF-8, or gives no key.
    PasswordUnreadable,
    /// The KRB-PRIV names another sender than the request came from.
    PrivFromElsewhere {
        /// Where the request came from.
        peer: IpAddr,
    },
    /// The KRB-PRIV is not the first message of its sender.
    PrivOutOfOrder {
        /// The sequence number in the authenticator.
        expected: u32,
        /// The one in the message.
        found: Option<u32>,
    },
    /// The KRB-PRIV or its encrypted part is malformed.
    PrivUndecodable(DecodeError),
    /// The session's key does not open the KRB-PRIV.
    PrivUndecryptable,
    /// The AP-REQ was received before.
    Replay,
    /// The principal whose password shall be set does not exist.
    TargetUnknown(Principal),
}

impl KpasswdError {
    /// The result code (RFC 3244 section 2), as MIT gives it.
    pub fn code(&self) -> KpasswdCode {
        match self {
            Self::AccessDenied { .. } => KpasswdCode::ACCESSDENIED,
            Self::ApReqRefused(_) | Self::Replay => KpasswdCode::AUTHERROR,
            Self::DataUndecodable(_) => KpasswdCode::MALFORMED,
            Self::InitialTicketRequired => KpasswdCode::INITIAL_FLAG_NEEDED,
            Self::PasswordEmpty
            | Self::PasswordReused { .. }
            | Self::PasswordTooShort { .. }
            | Self::PasswordTooSoon { .. } => KpasswdCode::SOFTERROR,
            Self::PasswordUnreadable
            | Self::PrivFromElsewhere { .. }
            | Self::PrivOutOfOrder { .. }
            | Self::PrivUndecodable(_)
            | Self::PrivUndecryptable
            | Self::TargetUnknown(_) => KpasswdCode::HARDERROR,
        }
    }

    /// The result as it goes out: with MIT's words, or none from Active Directory.
    pub(super) fn result(&self, dialect: Dialect) -> KpasswdResult {
        KpasswdResult {
            code: self.code(),
            text: match dialect {
                Dialect::ActiveDirectory => String::new(),
                Dialect::Mit => self.mit_text(),
            },
        }
    }

    fn mit_text(&self) -> String {
        match self {
            Self::AccessDenied { .. } => "Unauthorized request".to_owned(),
            Self::ApReqRefused(_) | Self::Replay => "Failed reading application request".to_owned(),
            Self::DataUndecodable(_) => "Failed decoding ChangePasswdData".to_owned(),
            Self::InitialTicketRequired => "Ticket must be derived from a password".to_owned(),
            Self::PasswordEmpty => "Password is too short\n\nPassword not changed.".to_owned(),
            Self::PasswordReused { .. } => {
                "New password was used previously. Please choose a different password.".to_owned()
            }
            Self::PasswordTooShort { min_length, .. } => format!(
                "New password is too short.\n\
                 Please choose a password which is at least {min_length} characters long."
            ),
            Self::PasswordTooSoon { until } => format!(
                "Password cannot be changed because it was changed too recently.\n\
                 Please wait until {} before you change it.\n\
                 If you need to change your password before then, contact your system\n\
                 security administrator.",
                ctime(*until)
            ),
            Self::PasswordUnreadable => {
                "Password not changed.\nInvalid argument while trying to change password.\n"
                    .to_owned()
            }
            Self::PrivFromElsewhere { .. }
            | Self::PrivOutOfOrder { .. }
            | Self::PrivUndecodable(_)
            | Self::PrivUndecryptable => "Failed decrypting request".to_owned(),
            Self::TargetUnknown(_) => {
                "Password not changed.\nPrincipal does not exist while trying to change password.\n"
                    .to_owned()
            }
        }
    }

    /// What kadmind writes to its log.
    pub(super) fn log_text(&self) -> &'static str {
        match self {
            Self::AccessDenied { .. } => "Operation requires ``change-password'' privilege",
            Self::PasswordEmpty | Self::PasswordTooShort { .. } => "Password is too short",
            Self::PasswordReused { .. } => "Cannot reuse password",
            Self::PasswordTooSoon { .. } => "Current password's minimum life has not expired",
            Self::PasswordUnreadable => "Invalid argument",
            Self::TargetUnknown(_) => "Principal does not exist",
            Self::ApReqRefused(_)
            | Self::DataUndecodable(_)
            | Self::InitialTicketRequired
            | Self::PrivFromElsewhere { .. }
            | Self::PrivOutOfOrder { .. }
            | Self::PrivUndecodable(_)
            | Self::PrivUndecryptable
            | Self::Replay => "",
        }
    }
}

/// The time as C's `ctime` prints it in UTC: `Tue Nov 24 13:06:52 2026`.
fn ctime(time: KerberosTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // 1970 began on a Thursday.
    let weekday = time.unix().div_euclid(86_400).rem_euclid(7);
    let digits = time.to_generalized();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let month = part(4, 6).parse::<usize>().unwrap_or(1);
    format!(
        "{} {} {:>2} {}:{}:{} {}",
        usize::try_from(weekday)
            .ok()
            .and_then(|day| DAYS.get(day))
            .unwrap_or(&""),
        MONTHS.get(month.saturating_sub(1)).unwrap_or(&""),
        part(6, 8).trim_start_matches('0'),
        part(8, 10),
        part(10, 12),
        part(12, 14),
        part(0, 4),
    )
}

impl fmt::Display for KpasswdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessDenied { client, target } => {
                write!(f, "{client} may not set the password of {target}")
            }
            Self::ApReqRefused(error) => error.fmt(f),
            Self::DataUndecodable(error) => write!(f, "the request's data is malformed: {error}"),
            Self::InitialTicketRequired => {
                f.write_str("the ticket does not come from an AS exchange")
            }
            Self::PasswordEmpty => f.write_str("the new password is empty"),
            Self::PasswordReused { history } => {
                write!(f, "the new password is one of the last {history}")
            }
            Self::PasswordTooShort { length, min_length } => {
                write!(
                    f,
                    "the new password has {length} bytes where {min_length} are due"
                )
            }
            Self::PasswordTooSoon { until } => {
                write!(f, "the password may be changed from {until} on")
            }
            Self::PasswordUnreadable => f.write_str("the new password gives no key"),
            Self::PrivFromElsewhere { peer } => {
                write!(f, "the KRB-PRIV names another sender than {peer}")
            }
            Self::PrivOutOfOrder { expected, .. } => {
                write!(
                    f,
                    "the KRB-PRIV has another sequence number than {expected}"
                )
            }
            Self::PrivUndecodable(error) => write!(f, "the KRB-PRIV is malformed: {error}"),
            Self::PrivUndecryptable => f.write_str("the session's key does not open the KRB-PRIV"),
            Self::Replay => f.write_str("the request was received before"),
            Self::TargetUnknown(target) => write!(f, "{target} is not in the database"),
        }
    }
}

impl std::error::Error for KpasswdError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_ctime_prints_them() {
        for (time, expected) in [
            ("2026-11-24T13:06:52Z", "Tue Nov 24 13:06:52 2026"),
            ("1970-01-01T00:00:00Z", "Thu Jan  1 00:00:00 1970"),
            ("2024-02-29T23:59:59Z", "Thu Feb 29 23:59:59 2024"),
        ] {
            assert_eq!(ctime(time.parse().unwrap()), expected);
        }
    }
}
