//! KerberosFlags (RFC 4120 section 5.2.8): bit 0 is the most significant bit of the first octet.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use crate::der::{BIT_STRING, DecodeError, Reader, Value, Writer};

macro_rules! flags {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$flag_meta:meta])* $flag:ident = $bit:literal $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            /// No flag.
            pub const NONE: Self = Self(0);
            $($(#[$flag_meta])* pub const $flag: Self = Self(0x8000_0000 >> $bit);)*

            /// The flags of the 32 bits, bit 0 of the RFC being the most significant one.
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// The 32 bits, bit 0 of the RFC being the most significant one.
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

            /// Sets `flags` when `on`, clears them otherwise.
            pub fn set(&mut self, flags: Self, on: bool) {
                if on {
                    self.0 |= flags.0;
                } else {
                    self.0 &= !flags.0;
                }
            }

            /// These flags together with `flags`, in a constant.
            #[must_use]
            pub const fn with(self, flags: Self) -> Self {
                Self(self.0 | flags.0)
            }

            /// The flag that the RFC writes so.
            pub fn from_name(name: &str) -> Option<Self> {
                [$((Self::$flag, $text)),*]
                    .into_iter()
                    .find(|(_, text)| *text == name)
                    .map(|(flag, _)| flag)
            }

            /// The names of the set flags, as the RFC writes them, lowest bit number first.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$((Self::$flag, $text)),*]
                    .into_iter()
                    .filter(move |(flag, _)| self.contains(*flag))
                    .map(|(_, text)| text)
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }

        impl BitAnd for $name {
            type Output = Self;

            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl Not for $name {
            type Output = Self;

            fn not(self) -> Self {
                Self(!self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:#010x}", stringify!($name), self.0)?;
                for name in self.names() {
                    write!(f, " {name}")?;
                }
                f.write_str(")")
            }
        }

        impl Value for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                read_bits(reader).map(Self)
            }

            fn write(&self, writer: &mut Writer) {
                let [a, b, c, d] = self.0.to_be_bytes();
                writer.primitive(BIT_STRING, &[0, a, b, c, d]);
            }
        }
    };
}

/// The first 32 bits of a BIT STRING of any length. Bits that are not sent are zero, bits above 31
/// have no meaning in any of the flags.
fn read_bits(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    let element = reader.expect(BIT_STRING)?;
    let (unused, octets) = match element.contents {
        [unused @ 0..=7, octets @ ..] if *unused == 0 || !octets.is_empty() => (*unused, octets),
        _ => return Err(element.invalid("BIT STRING")),
    };
    let mut bits = 0;
    for index in 0..4 {
        bits = bits << 8 | u32::from(octets.get(index).copied().unwrap_or(0));
    }
    if (1..=4).contains(&octets.len()) {
        let sent = octets.len() as u32 * 8 - u32::from(unused);
        if sent < 32 {
            bits &= !(u32::MAX >> sent);
        }
    }
    Ok(bits)
}

flags! {
    /// What a client asks of a KDC (RFC 4120 section 5.4.1).
    KdcOptions {
        /// The ticket may be forwarded.
        FORWARDABLE = 1 "forwardable",
        /// This request forwards a ticket.
        FORWARDED = 2 "forwarded",
        /// The ticket may be proxied.
        PROXIABLE = 3 "proxiable",
        /// This request makes a proxy.
        PROXY = 4 "proxy",
        /// The ticket may be postdated.
        ALLOW_POSTDATE = 5 "allow-postdate",
        /// This request is for a postdated ticket.
        POSTDATED = 6 "postdated",
        /// The ticket may be renewed.
        RENEWABLE = 8 "renewable",
        /// Constrained delegation (MS-SFU).
        CNAME_IN_ADDL_TKT = 14 "cname-in-addl-tkt",
        /// The KDC may change names or refer (RFC 6806).
        CANONICALIZE = 15 "canonicalize",
        /// An anonymous ticket (RFC 8062).
        REQUEST_ANONYMOUS = 16 "request-anonymous",
        /// Do not check the transited realms.
        DISABLE_TRANSITED_CHECK = 26 "disable-transited-check",
        /// A renewable ticket will do where the life asked for is too long.
        RENEWABLE_OK = 27 "renewable-ok",
        /// Seal the ticket in the session key of the additional ticket (user-to-user).
        ENC_TKT_IN_SKEY = 28 "enc-tkt-in-skey",
        /// This request renews a ticket.
        RENEW = 30 "renew",
        /// This request validates a postdated ticket.
        VALIDATE = 31 "validate",
    }
}

flags! {
    /// What a ticket is and allows (RFC 4120 section 5.3).
    TicketFlags {
        /// May be forwarded.
        FORWARDABLE = 1 "forwardable",
        /// Was forwarded, or comes from a forwarded one.
        FORWARDED = 2 "forwarded",
        /// May be proxied.
        PROXIABLE = 3 "proxiable",
        /// Is a proxy.
        PROXY = 4 "proxy",
        /// May be postdated.
        MAY_POSTDATE = 5 "may-postdate",
        /// Was postdated.
        POSTDATED = 6 "postdated",
        /// Must be validated before use.
        INVALID = 7 "invalid",
        /// May be renewed.
        RENEWABLE = 8 "renewable",
        /// Comes from an AS exchange.
        INITIAL = 9 "initial",
        /// The client was pre-authenticated.
        PRE_AUTHENT = 10 "pre-authent",
        /// The client proved to hold hardware.
        HW_AUTHENT = 11 "hw-authent",
        /// The KDC checked the transited realms.
        TRANSITED_POLICY_CHECKED = 12 "transited-policy-checked",
        /// The service is trusted for delegation.
        OK_AS_DELEGATE = 13 "ok-as-delegate",
        /// The reply carries encrypted padata (RFC 6806 section 11).
        ENC_PA_REP = 15 "enc-pa-rep",
        /// The client is anonymous (RFC 8062).
        ANONYMOUS = 16 "anonymous",
    }
}

flags! {
    /// How a service asks for a user (MS-SFU section 2.2.2).
    S4uOptions {
        /// The user's logon hours count.
        CHECK_LOGON_HOURS = 1 "check-logon-hours",
        /// The reply's checksum has a key usage of its own.
        USE_REPLY_KEY_USAGE = 2 "use-reply-key-usage",
    }
}

flags! {
    /// What an AP-REQ asks of its receiver (RFC 4120 section 5.5.1).
    ApOptions {
        /// The ticket is sealed in a session key (user-to-user).
        USE_SESSION_KEY = 1 "use-session-key",
        /// The client wants an AP-REP.
        MUTUAL_REQUIRED = 2 "mutual-required",
    }
}

flags! {
    /// What an initiator of SPNEGO asks of a context (RFC 4178 section 4.2.1, ContextFlags). Nobody may rely on them.
    SpnegoContextFlags {
        /// Credentials are delegated.
        DELEG = 0 "deleg",
        /// The acceptor authenticates itself.
        MUTUAL = 1 "mutual",
        /// Replayed messages are detected.
        REPLAY = 2 "replay",
        /// Messages out of sequence are detected.
        SEQUENCE = 3 "sequence",
        /// The initiator is anonymous.
        ANON = 4 "anon",
        /// Messages can be sealed.
        CONF = 5 "conf",
        /// Messages can be signed.
        INTEG = 6 "integ",
    }
}
