use std::fmt;

/// NegotiateFlags (MS-NLMP section 2.2.2.5). The names are those of the document without what they all begin
/// with. Unknown bits are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NegotiateFlags(u32);

macro_rules! flags {
    ($($(#[$meta:meta])* $name:ident = $bits:literal $symbol:literal;)*) => {
        impl NegotiateFlags {
            $($(#[$meta])* pub const $name: Self = Self($bits);)*

            const NAMES: &[(Self, &str)] = &[$((Self::$name, $symbol)),*];
        }
    };
}

flags! {
    /// Strings are Unicode.
    UNICODE = 0x0000_0001 "NTLMSSP_NEGOTIATE_UNICODE";
    /// Strings are of the OEM character set.
    OEM = 0x0000_0002 "NTLM_NEGOTIATE_OEM";
    /// The CHALLENGE_MESSAGE shall name the target.
    REQUEST_TARGET = 0x0000_0004 "NTLMSSP_REQUEST_TARGET";
    /// Messages can be signed.
    SIGN = 0x0000_0010 "NTLMSSP_NEGOTIATE_SIGN";
    /// Messages can be encrypted.
    SEAL = 0x0000_0020 "NTLMSSP_NEGOTIATE_SEAL";
    /// Connectionless authentication.
    DATAGRAM = 0x0000_0040 "NTLMSSP_NEGOTIATE_DATAGRAM";
    /// The key is made of the LM hash.
    LM_KEY = 0x0000_0080 "NTLMSSP_NEGOTIATE_LM_KEY";
    /// NTLMv1 session security.
    NTLM = 0x0000_0200 "NTLMSSP_NEGOTIATE_NTLM";
    /// The connection is anonymous.
    ANONYMOUS = 0x0000_0800 "NTLMSSP_ANONYMOUS";
    /// The NEGOTIATE_MESSAGE names the client's domain.
    OEM_DOMAIN_SUPPLIED = 0x0000_1000 "NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED";
    /// The NEGOTIATE_MESSAGE names the client's machine.
    OEM_WORKSTATION_SUPPLIED = 0x0000_2000 "NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED";
    /// Messages have a signature block, be it a dummy.
    ALWAYS_SIGN = 0x0000_8000 "NTLMSSP_NEGOTIATE_ALWAYS_SIGN";
    /// The target is a domain.
    TARGET_TYPE_DOMAIN = 0x0001_0000 "NTLMSSP_TARGET_TYPE_DOMAIN";
    /// The target is a server.
    TARGET_TYPE_SERVER = 0x0002_0000 "NTLMSSP_TARGET_TYPE_SERVER";
    /// Extended session security, "NTLM2 session"; never together with [`Self::LM_KEY`].
    EXTENDED_SESSIONSECURITY = 0x0008_0000 "NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY";
    /// The client shall be known by its name only.
    IDENTIFY = 0x0010_0000 "NTLMSSP_NEGOTIATE_IDENTIFY";
    /// The key is the first half of the LM hash.
    REQUEST_NON_NT_SESSION_KEY = 0x0040_0000 "NTLMSSP_REQUEST_NON_NT_SESSION_KEY";
    /// The CHALLENGE_MESSAGE has a TargetInfo.
    TARGET_INFO = 0x0080_0000 "NTLMSSP_NEGOTIATE_TARGET_INFO";
    /// The messages have a VERSION.
    VERSION = 0x0200_0000 "NTLMSSP_NEGOTIATE_VERSION";
    /// Keys of 128 bits.
    NEGOTIATE_128 = 0x2000_0000 "NTLMSSP_NEGOTIATE_128";
    /// The client chooses the session key.
    KEY_EXCH = 0x4000_0000 "NTLMSSP_NEGOTIATE_KEY_EXCH";
    /// Keys of 56 bits.
    NEGOTIATE_56 = 0x8000_0000 "NTLMSSP_NEGOTIATE_56";
}

impl NegotiateFlags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// The flags of a number.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The number of the flags.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every flag of `flags` is set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether any flag of `flags` is set.
    pub const fn intersects(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// These flags together with `flags`.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// These flags without `flags`.
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }

    /// These flags, `flags` being among them or not as `on` says.
    #[must_use]
    pub const fn with_if(self, on: bool, flags: Self) -> Self {
        if on {
            self.with(flags)
        } else {
            self.without(flags)
        }
    }

    /// The flags both have.
    #[must_use]
    pub const fn both(self, flags: Self) -> Self {
        Self(self.0 & flags.0)
    }

    /// Whether the client chooses the session key: only for sessions that protect something (MS-NLMP section
    /// 3.1.5.1.2).
    pub const fn exchanges_key(self) -> bool {
        self.contains(Self::KEY_EXCH) && self.intersects(Self::SIGN.with(Self::SEAL))
    }

    /// Of flags that exclude each other, the ones that are returned: extended session security wins over LM_KEY
    /// and Unicode over OEM (MS-NLMP section 2.2.2.5).
    #[must_use]
    pub(crate) const fn resolved(self) -> Self {
        let mut flags = self;
        if flags.contains(Self::EXTENDED_SESSIONSECURITY) {
            flags = flags.without(Self::LM_KEY);
        }
        if flags.contains(Self::UNICODE) {
            flags = flags.without(Self::OEM);
        }
        flags
    }
}

/// The names MS-NLMP gives the flags, joined by `|`.
impl fmt::Debug for NegotiateFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = *self;
        let mut separator = "";
        for (flag, name) in Self::NAMES {
            if self.contains(*flag) {
                write!(f, "{separator}{name}")?;
                separator = "|";
                rest = rest.without(*flag);
            }
        }
        if rest != Self::NONE || separator.is_empty() {
            write!(f, "{separator}{:#010x}", rest.0)?;
        }
        Ok(())
    }
}
