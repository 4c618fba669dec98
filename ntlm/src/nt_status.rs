use std::fmt;

/// An NTSTATUS (MS-ERREF section 2.3.1). Unknown numbers are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtStatus(pub u32);

macro_rules! statuses {
    ($($(#[$meta:meta])* $name:ident = $number:literal $symbol:literal;)*) => {
        impl NtStatus {
            $($(#[$meta])* pub const $name: Self = Self($number);)*

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

statuses! {
    /// Nobody has such an account.
    NO_SUCH_USER = 0xc000_0064 "STATUS_NO_SUCH_USER";
    /// The response is not that of the account's password, or of a kind that is refused.
    WRONG_PASSWORD = 0xc000_006a "STATUS_WRONG_PASSWORD";
    /// The user or the password is wrong, without saying which.
    LOGON_FAILURE = 0xc000_006d "STATUS_LOGON_FAILURE";
    /// A restriction of the account forbids the logon.
    ACCOUNT_RESTRICTION = 0xc000_006e "STATUS_ACCOUNT_RESTRICTION";
    /// It is not one of the account's logon hours.
    INVALID_LOGON_HOURS = 0xc000_006f "STATUS_INVALID_LOGON_HOURS";
    /// The account may not log on at this machine.
    INVALID_WORKSTATION = 0xc000_0070 "STATUS_INVALID_WORKSTATION";
    /// The password has expired.
    PASSWORD_EXPIRED = 0xc000_0071 "STATUS_PASSWORD_EXPIRED";
    /// The account is disabled.
    ACCOUNT_DISABLED = 0xc000_0072 "STATUS_ACCOUNT_DISABLED";
    /// No domain controller answers.
    NO_LOGON_SERVERS = 0xc000_005e "STATUS_NO_LOGON_SERVERS";
    /// The account has expired.
    ACCOUNT_EXPIRED = 0xc000_0193 "STATUS_ACCOUNT_EXPIRED";
    /// The password must be changed first.
    PASSWORD_MUST_CHANGE = 0xc000_0224 "STATUS_PASSWORD_MUST_CHANGE";
    /// The account is locked.
    ACCOUNT_LOCKED_OUT = 0xc000_0234 "STATUS_ACCOUNT_LOCKED_OUT";
    /// The channel bindings differ.
    BAD_BINDINGS = 0xc000_035b "STATUS_BAD_BINDINGS";
    /// NTLM is forbidden.
    NTLM_BLOCKED = 0xc000_0418 "STATUS_NTLM_BLOCKED";
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#010x})", self.0),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
