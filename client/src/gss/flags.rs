use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign};

/// The context flags of an authenticator checksum (RFC 4121 section 4.1.1.1). Unknown flags are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ContextFlags(u32);

impl ContextFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Credentials are delegated.
    pub const DELEG: Self = Self(0x1);
    /// The acceptor authenticates itself.
    pub const MUTUAL: Self = Self(0x2);
    /// Replayed messages are detected.
    pub const REPLAY: Self = Self(0x4);
    /// Messages out of sequence are detected.
    pub const SEQUENCE: Self = Self(0x8);
    /// Messages can be sealed.
    pub const CONF: Self = Self(0x10);
    /// Messages can be signed.
    pub const INTEG: Self = Self(0x20);
    /// DCE RPC's third leg, with messages outside of the usual framing (RFC 4757 section 7.1).
    pub const DCE_STYLE: Self = Self(0x1000);
    /// The acceptor may identify the initiator and not act for it (RFC 4757 section 7.1).
    pub const IDENTIFY: Self = Self(0x2000);
    /// The acceptor may answer with Windows error codes (RFC 4757 section 7.1).
    pub const EXTENDED_ERROR: Self = Self(0x4000);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::DELEG, "deleg"),
        (Self::MUTUAL, "mutual"),
        (Self::REPLAY, "replay"),
        (Self::SEQUENCE, "sequence"),
        (Self::CONF, "conf"),
        (Self::INTEG, "integ"),
        (Self::DCE_STYLE, "dce-style"),
        (Self::IDENTIFY, "identify"),
        (Self::EXTENDED_ERROR, "extended-error"),
    ];

    /// These flags together with `flags`, in a constant.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// The flags of the 32 bits.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The 32 bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every flag of `flags` is set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Sets `flags` when `on`, clears them otherwise.
    pub fn set(&mut self, flags: Self, on: bool) {
        if on {
            self.0 |= flags.0;
        } else {
            self.0 &= !flags.0;
        }
    }

    /// The names of the set flags, as RFC 4121 writes them without their prefix, lowest bit first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| name)
    }
}

impl BitOr for ContextFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for ContextFlags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOrAssign for ContextFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for ContextFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContextFlags({:#x}", self.0)?;
        for name in self.names() {
            write!(f, " {name}")?;
        }
        f.write_str(")")
    }
}
