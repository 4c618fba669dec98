//! The attributes of a principal, as kadmin sets and prints them.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::str::FromStr;

/// A principal's attributes. The bits are those of MIT's database, most of which forbid something.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Attributes(u32);

struct Row {
    flag: Attributes,
    /// The name getprinc prints and some commands accept.
    printed: &'static str,
    /// The names addprinc and modprinc accept after `+` or `-`; the first one is preferred.
    kadmin: &'static [&'static str],
    /// Whether `+name` clears the bit.
    inverted: bool,
}

macro_rules! attributes {
    ($($(#[$meta:meta])* $flag:ident = $bits:literal $printed:literal $sign:literal [$($kadmin:literal),+];)*) => {
        impl Attributes {
            $($(#[$meta])* pub const $flag: Self = Self($bits);)*
        }

        const ROWS: &[Row] = &[$(Row {
            flag: Attributes::$flag,
            printed: $printed,
            kadmin: &[$($kadmin),+],
            inverted: $sign == '-',
        },)*];
    };
}

attributes! {
    /// No postdated tickets for this client or service.
    DISALLOW_POSTDATED = 0x0000_0001 "DISALLOW_POSTDATED" '-' ["allow_postdated"];
    /// No forwardable tickets for this client or service.
    DISALLOW_FORWARDABLE = 0x0000_0002 "DISALLOW_FORWARDABLE" '-' ["allow_forwardable"];
    /// No tickets for this service in exchange for a TGT.
    DISALLOW_TGT_BASED = 0x0000_0004 "DISALLOW_TGT_BASED" '-' ["allow_tgs_req", "allow_tgs"];
    /// No renewable tickets for this client or service.
    DISALLOW_RENEWABLE = 0x0000_0008 "DISALLOW_RENEWABLE" '-' ["allow_renewable"];
    /// No proxiable tickets for this client or service.
    DISALLOW_PROXIABLE = 0x0000_0010 "DISALLOW_PROXIABLE" '-' ["allow_proxiable"];
    /// No user-to-user tickets for this principal.
    DISALLOW_DUP_SKEY = 0x0000_0020 "DISALLOW_DUP_SKEY" '-' ["allow_dup_skey"];
    /// No tickets at all: a disabled account.
    DISALLOW_ALL_TIX = 0x0000_0040 "DISALLOW_ALL_TIX" '-' ["allow_tix"];
    /// This client must pre-authenticate; this service wants pre-authenticated clients.
    REQUIRES_PRE_AUTH = 0x0000_0080 "REQUIRES_PRE_AUTH" '+' ["requires_preauth", "preauth"];
    /// This client must prove to hold hardware.
    REQUIRES_HW_AUTH = 0x0000_0100 "REQUIRES_HW_AUTH" '+' ["requires_hwauth", "hwauth"];
    /// This client must change its password first.
    REQUIRES_PWCHANGE = 0x0000_0200 "REQUIRES_PWCHANGE" '+' ["needchange", "pwchange"];
    /// No tickets for this principal as a service, other than user-to-user.
    DISALLOW_SVR = 0x0000_1000 "DISALLOW_SVR" '-' ["allow_svr", "service"];
    /// The service that changes passwords: open to clients whose password has expired.
    PWCHANGE_SERVICE = 0x0000_2000 "PWCHANGE_SERVICE" '+'
        ["password_changing_service", "pwchange_service", "pwservice"];
    /// Historical; without effect.
    SUPPORT_DESMD5 = 0x0000_4000 "SUPPORT_DESMD5" '+' ["support_desmd5"];
    /// Historical; without effect.
    NEW_PRINC = 0x0000_8000 "NEW_PRINC" '+' ["new_princ"];
    /// Tickets for this service carry the ok-as-delegate flag.
    OK_AS_DELEGATE = 0x0010_0000 "OK_AS_DELEGATE" '+' ["ok_as_delegate"];
    /// This service may obtain forwardable tickets to itself for any user.
    OK_TO_AUTH_AS_DELEGATE = 0x0020_0000 "OK_TO_AUTH_AS_DELEGATE" '+' ["ok_to_auth_as_delegate"];
    /// Tickets for this service carry no authorization data of the KDC.
    NO_AUTH_DATA_REQUIRED = 0x0040_0000 "NO_AUTH_DATA_REQUIRED" '+' ["no_auth_data_required"];
    /// The keys never leave the database.
    LOCKDOWN_KEYS = 0x0080_0000 "LOCKDOWN_KEYS" '+' ["lockdown_keys"];
}

impl Attributes {
    /// No attribute: everything allowed, nothing required.
    pub const NONE: Self = Self(0);

    /// The attributes of the bits of MIT's database; unknown bits are kept.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits as MIT's database stores them.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every attribute of `attributes` is set.
    pub const fn contains(self, attributes: Self) -> bool {
        self.0 & attributes.0 == attributes.0
    }

    /// Sets `attributes` when `on`, clears them otherwise.
    pub fn set(&mut self, attributes: Self, on: bool) {
        if on {
            self.0 |= attributes.0;
        } else {
            self.0 &= !attributes.0;
        }
    }

    /// Applies one flag of kadmin's addprinc and modprinc, `-allow_tix` or `+requires_preauth`, or one
    /// name that getprinc prints, `DISALLOW_ALL_TIX`. Without a sign the flag is switched on. Letter
    /// case and the choice of `-` or `_` between words do not count.
    ///
    /// # Errors
    /// [`UnknownAttribute`] when no attribute has that name.
    pub fn apply(&mut self, flag: &str) -> Result<(), UnknownAttribute> {
        let (on, name) = match flag.as_bytes().first() {
            Some(b'+') => (true, &flag[1..]),
            Some(b'-') => (false, &flag[1..]),
            _ => (true, flag),
        };
        let folded = name.to_ascii_lowercase().replace('-', "_");
        for row in ROWS {
            if row.kadmin.contains(&folded.as_str()) {
                self.set(row.flag, on != row.inverted);
                return Ok(());
            }
            if row.printed.eq_ignore_ascii_case(&folded) {
                self.set(row.flag, on);
                return Ok(());
            }
        }
        Err(UnknownAttribute {
            flag: flag.to_owned(),
        })
    }

    /// Every name of kadmin, without a sign: `allow_tix`.
    pub fn kadmin_names() -> impl Iterator<Item = &'static str> {
        ROWS.iter().flat_map(|row| row.kadmin).copied()
    }

    /// The flags that make these attributes out of none, as modprinc takes them:
    /// `-allow_tix +requires_preauth`.
    pub fn kadmin_flags(self) -> String {
        let flags: Vec<String> = ROWS
            .iter()
            .filter(|row| self.contains(row.flag))
            .map(|row| format!("{}{}", if row.inverted { '-' } else { '+' }, row.kadmin[0]))
            .collect();
        flags.join(" ")
    }
}

/// What getprinc prints: `DISALLOW_ALL_TIX REQUIRES_PRE_AUTH`.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for row in ROWS.iter().filter(|row| self.contains(row.flag)) {
            write!(f, "{separator}{}", row.printed)?;
            separator = " ";
        }
        Ok(())
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({:#010x} {self})", self.0)
    }
}

/// Reads flags in either spelling, separated by spaces or commas.
impl FromStr for Attributes {
    type Err = UnknownAttribute;

    fn from_str(text: &str) -> Result<Self, UnknownAttribute> {
        let mut attributes = Self::NONE;
        for flag in text.split([' ', ',']).filter(|flag| !flag.is_empty()) {
            attributes.apply(flag)?;
        }
        Ok(attributes)
    }
}

impl BitOr for Attributes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Attributes {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A flag that names no attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// The flag as it was given.
    pub flag: String,
}

impl fmt::Display for UnknownAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no principal attribute is called {}", self.flag)
    }
}

impl std::error::Error for UnknownAttribute {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_the_same_attribute() {
        for row in ROWS {
            let sign = if row.inverted { '-' } else { '+' };
            for name in row.kadmin {
                assert_eq!(format!("{sign}{name}").parse(), Ok(row.flag), "{name}");
            }
            assert_eq!(row.printed.parse(), Ok(row.flag));
        }
    }

    #[test]
    fn printed_flags_read_back() {
        let attributes: Attributes = "-allow_tix +requires_preauth +needchange".parse().unwrap();
        assert_eq!(
            attributes.to_string(),
            "DISALLOW_ALL_TIX REQUIRES_PRE_AUTH REQUIRES_PWCHANGE"
        );
        assert_eq!(attributes.to_string().parse(), Ok(attributes));
        assert_eq!(attributes.kadmin_flags().parse(), Ok(attributes));
    }

    #[test]
    fn the_opposite_sign_takes_the_attribute_back() {
        let mut attributes = Attributes::DISALLOW_ALL_TIX | Attributes::REQUIRES_PRE_AUTH;
        attributes.apply("+allow_tix").unwrap();
        attributes.apply("-requires_preauth").unwrap();
        assert_eq!(attributes, Attributes::NONE);
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        assert_eq!(
            "-allow_ticks".parse::<Attributes>(),
            Err(UnknownAttribute {
                flag: "-allow_ticks".into()
            })
        );
        assert!("+".parse::<Attributes>().is_err());
        assert!("é".parse::<Attributes>().is_err());
    }
}
