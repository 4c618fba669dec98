use std::fmt;

use kdclab_proto::KerberosTime;

const HOURS: usize = 7 * 24;

/// logonHours (MS-SAMR section 2.2.6.5): one bit for each hour of the week, in UTC, the first one Sunday from midnight to
/// one o'clock. The first hour of each octet is its lowest bit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogonHours([u8; HOURS / 8]);

impl LogonHours {
    /// Every hour.
    pub const ALWAYS: Self = Self([0xff; HOURS / 8]);
    /// No hour.
    pub const NEVER: Self = Self([0; HOURS / 8]);

    /// The hours of the 21 octets of the attribute.
    pub const fn from_octets(octets: [u8; HOURS / 8]) -> Self {
        Self(octets)
    }

    /// The 21 octets of the attribute.
    pub const fn octets(self) -> [u8; HOURS / 8] {
        self.0
    }

    /// Allows or forbids one hour: `day` counts from Sunday, 0, and `hour` from midnight UTC. Numbers beyond the week have
    /// no effect.
    pub fn set(&mut self, day: usize, hour: usize, on: bool) {
        if day >= 7 || hour >= 24 {
            return;
        }
        let index = day * 24 + hour;
        let bit = 1 << (index % 8);
        if on {
            self.0[index / 8] |= bit;
        } else {
            self.0[index / 8] &= !bit;
        }
    }

    /// Whether a user may log on at `time`.
    pub fn permits(self, time: KerberosTime) -> bool {
        // The first hour of 1970 was on a Thursday.
        let hour = time.unix().div_euclid(3600).saturating_add(4 * 24);
        let index = hour.rem_euclid(HOURS as i64) as usize;
        self.0[index / 8] & 1 << (index % 8) != 0
    }
}

/// A 0 or 1 for each hour, a day at a time.
impl fmt::Debug for LogonHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogonHours(")?;
        for index in 0..HOURS {
            if index > 0 && index % 24 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}", self.0[index / 8] >> (index % 8) & 1)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z, a Thursday.
    const THURSDAY: i64 = 1_767_225_600;

    #[test]
    fn ms_samr_2_2_6_5_one_bit_is_one_hour_of_the_week_in_utc() {
        let mut hours = LogonHours::NEVER;
        hours.set(4, 0, true);
        assert_eq!(hours.octets()[12], 1);
        let at = |seconds: i64| hours.permits(KerberosTime::from_unix(THURSDAY + seconds));
        assert!(at(0) && at(3599) && at(7 * 86400));
        assert!(!at(-1) && !at(3600) && !at(86400));
        assert!(!LogonHours::NEVER.permits(KerberosTime::from_unix(THURSDAY)));
        assert!(LogonHours::ALWAYS.permits(KerberosTime::EPOCH));
    }

    #[test]
    fn hours_beyond_the_week_have_no_effect() {
        let mut hours = LogonHours::ALWAYS;
        hours.set(7, 0, false);
        hours.set(0, 24, false);
        assert_eq!(hours, LogonHours::ALWAYS);
        assert!(hours.permits(KerberosTime::MAX));
    }
}
