//! The values of a scenario file that TOML has no type for.

use std::time::Duration;

use kdclab_kdc::UserAccountControl;
use kdclab_proto::messages::{KpasswdCode, TicketFlags};
use kdclab_proto::{Enctype, ErrorCode, KerberosTime, LibraryError, PrincipalName};

use crate::dialect::{Errno, Win32Error};
use crate::sim::{DaemonFailure, SessionError};
use serde::{Deserialize, Deserializer, de};

/// The longest length of time and the largest clock offset a scenario may state, about 100 years: what
/// lies beyond has no Kerberos time.
const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// 2105-12-31T23:59:59Z.
const LAST_INSTANT: i64 = 4_291_747_199;

/// A length of time, `"5m"`, `"1h 30m"`, `"250ms"`, of at most 100 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = humantime::parse_duration(&text).map_err(|error| {
            de::Error::custom(format!(
                "`{text}` is not a length of time ({error}); write it as `5m`, `1h 30m` or `250ms`"
            ))
        })?;
        if length > LONGEST {
            return Err(de::Error::custom(format!(
                "`{text}` is too long; the longest is `100y`"
            )));
        }
        Ok(Self(length))
    }
}

impl Span {
    /// The length in whole seconds.
    pub fn seconds(self) -> i64 {
        i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX)
    }
}

/// A clock's offset in microseconds, `"+310s"` or `"-5m"`, of at most 100 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub i64);

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (sign, length) = match text.split_at_checked(1) {
            Some(("+", length)) => (1, length),
            Some(("-", length)) => (-1, length),
            _ => {
                return Err(de::Error::custom(format!(
                    "`{text}` is not a clock offset; write it with its sign, as `+310s` or `-5m`"
                )));
            }
        };
        let length = humantime::parse_duration(length).map_err(|error| {
            de::Error::custom(format!(
                "`{text}` is not a clock offset ({error}); write it as `+310s` or `-5m`"
            ))
        })?;
        if length > LONGEST {
            return Err(de::Error::custom(format!(
                "`{text}` is too far; the furthest is `+100y` or `-100y`"
            )));
        }
        let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Ok(Self(sign * length))
    }
}

/// An instant of the years 1970 to 2105, which keytabs and credential caches can hold,
/// `"2026-01-01T00:00:00Z"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub KerberosTime);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: KerberosTime = text
            .parse()
            .map_err(|error| de::Error::custom(format!("`{text}` is {error}")))?;
        if !(0..=LAST_INSTANT).contains(&time.unix()) {
            return Err(de::Error::custom(format!(
                "`{text}` is not an instant of the years 1970 to 2105"
            )));
        }
        Ok(Self(time))
    }
}

/// An encryption type by its name, `"aes256-cts"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnctypeName(pub Enctype);

impl<'de> Deserialize<'de> for EnctypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Enctype::from_name(&text)
            .filter(|enctype| enctype.is_supported())
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "unknown encryption type `{text}`; the names are those of krb5.conf, such as `aes256-cts`, \
                     `aes128-cts`, `aes256-sha2`, `rc4-hmac`, `des3-cbc-sha1`, `camellia256-cts`"
                ))
            })
    }
}

/// A principal's name without its realm, `"svc-monitor"` or `"HTTP/web1.lab.example"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameText(pub PrincipalName);

impl<'de> Deserialize<'de> for NameText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PrincipalName::parse(&text).map(Self).map_err(|error| {
            de::Error::custom(format!(
                "`{text}` is not a principal's name without realm: {error}"
            ))
        })
    }
}

/// A flag of a ticket by its name in RFC 4120, `"pre-authent"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketFlag(pub TicketFlags);

impl<'de> Deserialize<'de> for TicketFlag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        TicketFlags::from_name(&text).map(Self).ok_or_else(|| {
            let names: Vec<&str> = TicketFlags::from_bits(u32::MAX).names().collect();
            de::Error::custom(format!(
                "unknown flag `{text}`; expected one of `{}`",
                names.join("`, `")
            ))
        })
    }
}

/// A flag of userAccountControl by its name, `"ACCOUNTDISABLE"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountFlag(pub UserAccountControl);

impl<'de> Deserialize<'de> for AccountFlag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        UserAccountControl::from_name(&text)
            .filter(|flag| !UserAccountControl::COMPUTED.contains(*flag))
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "unknown flag `{text}`; expected one of `{}`",
                    Self::names().join("`, `")
                ))
            })
    }
}

impl AccountFlag {
    /// The names of the flags that an administrator sets.
    pub(crate) fn names() -> Vec<&'static str> {
        UserAccountControl::known()
            .filter(|flag| !UserAccountControl::COMPUTED.contains(*flag))
            .flat_map(UserAccountControl::names)
            .collect()
    }
}

/// A flag that a ticket has or lacks, `"+forwardable"` or `"-forwardable"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagName {
    /// The flag.
    pub flag: TicketFlags,
    /// Whether the ticket has it.
    pub is_set: bool,
}

impl<'de> Deserialize<'de> for FlagName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let signed = match text.split_at_checked(1) {
            Some(("+", name)) => Some((name, true)),
            Some(("-", name)) => Some((name, false)),
            _ => None,
        };
        signed
            .and_then(|(name, is_set)| {
                let flag = TicketFlags::from_name(name)?;
                Some(Self { flag, is_set })
            })
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "`{text}` is not a ticket flag; write the RFC's name with a sign, as `+forwardable` where \
                     the ticket has it or `-ok-as-delegate` where it does not"
                ))
            })
    }
}

/// An error by its name: a protocol error (`KRB_AP_ERR_MODIFIED`), or one that an implementation
/// raises without any message (`KRB5_KDC_UNREACH`), or an errno (`ETIMEDOUT`), or the end of a session
/// (`CONNECTION_CLOSED`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorName {
    /// An error of RFC 4120 and its extensions.
    Protocol(ErrorCode),
    /// A result code of the password service (RFC 3244).
    Kpasswd(KpasswdCode),
    /// An error that MIT's library raises by itself.
    Library(LibraryError),
    /// An errno of the client's operating system, whatever its number there.
    Os(Errno),
    /// The end of a session without any Kerberos error.
    Session(SessionError),
    /// What a daemon does not do.
    Daemon(DaemonFailure),
    /// An error of Windows.
    Windows(Win32Error),
}

impl ErrorName {
    /// The name a scenario file uses.
    pub fn name(self) -> String {
        match self {
            Self::Protocol(code) => code
                .name()
                .map_or_else(|| code.0.to_string(), str::to_owned),
            Self::Kpasswd(code) => code
                .name()
                .map_or_else(|| code.0.to_string(), str::to_owned),
            Self::Library(error) => error
                .name()
                .map_or_else(|| error.0.to_string(), str::to_owned),
            Self::Os(errno) => errno.name().to_owned(),
            Self::Session(error) => error.name().to_owned(),
            Self::Daemon(failure) => failure.name().to_owned(),
            Self::Windows(error) => error
                .name()
                .map_or_else(|| error.0.to_string(), str::to_owned),
        }
    }

    /// Name and number.
    pub fn described(self) -> String {
        match self {
            Self::Protocol(code) => format!("{} ({})", self.name(), code.0),
            Self::Kpasswd(code) => format!("{} ({})", self.name(), code.0),
            Self::Library(error) => format!("{} ({})", self.name(), error.0),
            Self::Windows(error) => error.to_string(),
            Self::Daemon(_) | Self::Os(_) | Self::Session(_) => self.name(),
        }
    }
}

impl<'de> Deserialize<'de> for ErrorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(code) = ErrorCode::from_name(&text) {
            return Ok(Self::Protocol(code));
        }
        LibraryError::from_name(&text)
            .map(Self::Library)
            .or_else(|| Errno::from_name(&text).map(Self::Os))
            .or_else(|| KpasswdCode::from_name(&text).map(Self::Kpasswd))
            .or_else(|| SessionError::from_name(&text).map(Self::Session))
            .or_else(|| DaemonFailure::from_name(&text).map(Self::Daemon))
            .or_else(|| Win32Error::from_name(&text).map(Self::Windows))
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "unknown error `{text}`; the names are those of RFC 4120 (`KRB_AP_ERR_MODIFIED`, \
                     `KDC_ERR_PREAUTH_FAILED`), of MIT's library (`KRB5_KDC_UNREACH`), of the \
                     password service (`KRB5_KPASSWD_SOFTERROR`), or where no Kerberos error is told `EAGAIN`, `EBUSY`, `ECONNREFUSED`, `ETIMEDOUT`, \
                     `CONNECTION_CLOSED`, `NO_ANSWER`, or of a daemon `INCORRECT_PERMISSION`, \
                     `TASK_NOT_INITIALIZED`, or of Windows `ERROR_ACCESS_DENIED`"
                ))
            })
    }
}
