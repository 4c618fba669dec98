//! What the operating system tells a client: the errno of each cause, its number in each ABI, its text.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::sim::OsError;

/// An errno by its symbol. Its number is a matter of the [`Abi`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// EAGAIN.
    Again,
    /// EBUSY.
    Busy,
    /// ECONNREFUSED.
    ConnectionRefused,
    /// ETIMEDOUT.
    TimedOut,
}

/// Whose numbers a Linux uses.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Abi {
    /// Alpha.
    Alpha,
    /// Those of `asm-generic`: x86, ARM, PowerPC, RISC-V, s390.
    #[default]
    Generic,
    /// PA-RISC.
    Hppa,
    /// MIPS, of which older firewalls are made.
    Mips,
    /// SPARC.
    Sparc,
}

impl Errno {
    pub(crate) const ALL: [Self; 4] = [
        Self::Again,
        Self::Busy,
        Self::ConnectionRefused,
        Self::TimedOut,
    ];

    /// What the system tells of `error`.
    pub fn of(error: OsError) -> Self {
        match error {
            OsError::ConnectionRefused => Self::ConnectionRefused,
            OsError::ConnectionTimedOut => Self::TimedOut,
            OsError::LockHeld => Self::Busy,
            OsError::ReadTimedOut => Self::Again,
        }
    }

    /// The symbol, `EAGAIN`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Again => "EAGAIN",
            Self::Busy => "EBUSY",
            Self::ConnectionRefused => "ECONNREFUSED",
            Self::TimedOut => "ETIMEDOUT",
        }
    }

    /// The errno of a symbol.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|errno| errno.name() == name)
    }

    /// The number in the headers of Linux 6.1 (`asm/errno.h`).
    pub fn number(self, abi: Abi) -> i32 {
        match (self, abi) {
            (Self::Again, Abi::Alpha) => 35,
            (Self::Again, Abi::Generic | Abi::Hppa | Abi::Mips | Abi::Sparc) => 11,
            (Self::Busy, _) => 16,
            (Self::ConnectionRefused, Abi::Alpha | Abi::Sparc) => 61,
            (Self::ConnectionRefused, Abi::Generic) => 111,
            (Self::ConnectionRefused, Abi::Hppa) => 239,
            (Self::ConnectionRefused, Abi::Mips) => 146,
            (Self::TimedOut, Abi::Alpha | Abi::Sparc) => 60,
            (Self::TimedOut, Abi::Generic) => 110,
            (Self::TimedOut, Abi::Hppa) => 238,
            (Self::TimedOut, Abi::Mips) => 145,
        }
    }

    /// What `strerror` says of it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Again => "Resource temporarily unavailable",
            Self::Busy => "Device or resource busy",
            Self::ConnectionRefused => "Connection refused",
            Self::TimedOut => "Connection timed out",
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABIS: [Abi; 5] = [Abi::Alpha, Abi::Generic, Abi::Hppa, Abi::Mips, Abi::Sparc];

    macro_rules! numbers {
        ($($name:ident: $errno:ident = $numbers:expr;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!(ABIS.map(|abi| Errno::$errno.number(abi)), $numbers);
            }
        )*};
    }

    // Alpha, generic, hppa, mips, sparc: the headers of Debian's linux-libc-dev and its cross packages.
    numbers! {
        eagain: Again = [35, 11, 11, 11, 11];
        ebusy: Busy = [16, 16, 16, 16, 16];
        econnrefused: ConnectionRefused = [61, 111, 239, 146, 61];
        etimedout: TimedOut = [60, 110, 238, 145, 60];
    }

    #[test]
    fn symbols_name_their_errnos() {
        for errno in Errno::ALL {
            assert_eq!(Errno::from_name(errno.name()), Some(errno));
        }
        assert_eq!(Errno::from_name("EPERM"), None);
    }
}
