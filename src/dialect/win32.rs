//! What Windows calls its errors.

use std::fmt;

/// An error of Windows by its number (MS-ERREF section 2.2). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Win32Error(pub u32);

macro_rules! errors {
    ($($(#[$meta:meta])* $name:ident = $number:literal $symbol:literal;)*) => {
        impl Win32Error {
            $($(#[$meta])* pub const $name: Self = Self($number);)*

            /// Every error with a name.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in MS-ERREF.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($symbol),)*
                    _ => None,
                }
            }
        }
    };
}

errors! {
    /// Access is denied.
    ACCESS_DENIED = 5 "ERROR_ACCESS_DENIED";
    /// The network path was not found.
    BAD_NETPATH = 53 "ERROR_BAD_NETPATH";
    /// There are no logon servers available to service the logon request.
    NO_LOGON_SERVERS = 1311 "ERROR_NO_LOGON_SERVERS";
    /// The user name is unknown or the password is wrong.
    LOGON_FAILURE = 1326 "ERROR_LOGON_FAILURE";
    /// The account is disabled.
    ACCOUNT_DISABLED = 1331 "ERROR_ACCOUNT_DISABLED";
    /// The RPC server is unavailable.
    RPC_SERVER_UNAVAILABLE = 1722 "RPC_S_SERVER_UNAVAILABLE";
    /// The account is locked out.
    ACCOUNT_LOCKED_OUT = 1909 "ERROR_ACCOUNT_LOCKED_OUT";
    /// The cluster node is down.
    CLUSTER_NODE_DOWN = 5050 "ERROR_CLUSTER_NODE_DOWN";
}

impl Win32Error {
    /// The error of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut errors = Self::ALL.iter().copied();
        errors.find(|error| error.name() == Some(name))
    }
}

impl fmt::Display for Win32Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_name_their_numbers() {
        for error in Win32Error::ALL {
            assert_eq!(error.name().and_then(Win32Error::from_name), Some(*error));
        }
        assert_eq!(Win32Error::from_name("ERROR_SUCCESS"), None);
        assert_eq!(Win32Error(1).to_string(), "1");
        assert_eq!(Win32Error(53).to_string(), "ERROR_BAD_NETPATH (53)");
    }
}
