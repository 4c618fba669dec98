//! Attributes of the directory that are sets of bits.

/// A set of bits of a 32-bit attribute, with a name for each. Bits without a name are kept.
macro_rules! bits {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$flag_meta:meta])* $flag:ident = $bits:literal $text:literal;)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            /// No bit.
            pub const NONE: Self = Self(0);
            $($(#[$flag_meta])* pub const $flag: Self = Self($bits);)*

            /// The value of the attribute.
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// The value of the attribute.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Whether every bit of `flags` is set.
            pub const fn contains(self, flags: Self) -> bool {
                self.0 & flags.0 == flags.0
            }

            /// Whether any bit of `flags` is set.
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

            /// These bits together with `flags`, in a constant.
            #[must_use]
            pub const fn with(self, flags: Self) -> Self {
                Self(self.0 | flags.0)
            }

            /// The bit of that name. Case does not count.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMES
                    .iter()
                    .find(|(_, text)| text.eq_ignore_ascii_case(name))
                    .map(|(flag, _)| *flag)
            }

            /// The names of the bits that are set, lowest bit first.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::NAMES
                    .iter()
                    .filter(move |(flag, _)| self.contains(*flag))
                    .map(|(_, text)| *text)
            }

            /// Every bit that has a name.
            pub fn known() -> impl Iterator<Item = Self> {
                Self::NAMES.iter().map(|(flag, _)| *flag)
            }

            const NAMES: &[(Self, &str)] = &[$((Self::$flag, $text)),*];
        }

        impl std::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                self.with(other)
            }
        }

        /// The names of the bits that are set, and the rest as a number: `NON_TRANSITIVE WITHIN_FOREST 0x80000000`.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut rest = *self;
                let mut separator = "";
                for (flag, text) in Self::NAMES.iter().filter(|(flag, _)| self.contains(*flag)) {
                    rest.set(*flag, false);
                    write!(f, "{separator}{text}")?;
                    separator = " ";
                }
                if rest != Self::NONE || separator.is_empty() {
                    write!(f, "{separator}{:#x}", rest.bits())?;
                }
                Ok(())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

pub(crate) use bits;
