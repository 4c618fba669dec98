//! Time as the protocol carries it: [`KerberosTime`] in whole seconds, [`Timestamp`] with the
//! microseconds that travel beside it.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

/// An instant in whole seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 4120 section
/// 5.2.3). On the wire it is a GeneralizedTime `YYYYMMDDHHMMSSZ`, so it covers the years 0 to 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KerberosTime(i64);

impl KerberosTime {
    /// 0000-01-01T00:00:00Z, the first instant a GeneralizedTime can name.
    pub const MIN: Self = Self(-62_167_219_200);
    /// 9999-12-31T23:59:59Z, the last instant a GeneralizedTime can name.
    pub const MAX: Self = Self(253_402_300_799);
    /// 1970-01-01T00:00:00Z, which `till` uses to say "as late as you allow" (RFC 4120 section 5.4.1).
    pub const EPOCH: Self = Self(0);

    /// The instant `seconds` after 1970, brought into the years 0 to 9999 when it lies outside.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < Self::MIN.0 {
            Self::MIN
        } else if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before it.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This instant with a fraction of zero microseconds.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp {
            time: self,
            microseconds: 0,
        }
    }

    /// `seconds` later, or earlier when negative; stops at [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub const fn saturating_add(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to `self`; negative when `earlier` is the later one.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Parses `YYYYMMDDHHMMSSZ`. A fraction of a second, which RFC 4120 forbids, is accepted and dropped.
    ///
    /// # Errors
    /// [`InvalidTime`] when the text has another shape or names no day of the calendar.
    pub fn from_generalized(text: &[u8]) -> Result<Self, InvalidTime> {
        let digits = text.get(..14).ok_or(InvalidTime)?;
        match text.get(14..) {
            Some(b"Z") => {}
            Some([b'.', fraction @ .., b'Z']) if fraction.iter().all(u8::is_ascii_digit) => {}
            _ => return Err(InvalidTime),
        }
        let number = |range: std::ops::Range<usize>| -> Result<i64, InvalidTime> {
            digits[range].iter().try_fold(0, |value, digit| {
                if digit.is_ascii_digit() {
                    Ok(value * 10 + i64::from(digit - b'0'))
                } else {
                    Err(InvalidTime)
                }
            })
        };
        let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
        let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
        if !(1..=12).contains(&month)
            || !(1..=days_in_month(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return Err(InvalidTime);
        }
        Ok(Self(
            days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second,
        ))
    }

    /// The wire form `YYYYMMDDHHMMSSZ`.
    pub fn to_generalized(self) -> String {
        let (year, month, day, hour, minute, second) = self.civil();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
    }

    fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let (days, rest) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// ISO 8601, `2026-01-01T00:00:00Z`.
impl fmt::Display for KerberosTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.civil();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// Reads what [`fmt::Display`] writes.
impl FromStr for KerberosTime {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let bytes = text.as_bytes();
        if bytes.len() != 20 {
            return Err(InvalidTime);
        }
        let mut generalized = Vec::with_capacity(15);
        for (index, byte) in bytes.iter().enumerate() {
            match (index, byte) {
                (4 | 7, b'-') | (10, b'T') | (13 | 16, b':') => {}
                (4 | 7 | 10 | 13 | 16, _) => return Err(InvalidTime),
                (_, byte) => generalized.push(*byte),
            }
        }
        Self::from_generalized(&generalized)
    }
}

/// A text that is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time of the form 2026-01-01T00:00:00Z")
    }
}

impl std::error::Error for InvalidTime {}

/// An instant with microseconds: a clock's reading, or a [`KerberosTime`] and the Microseconds field
/// beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    time: KerberosTime,
    microseconds: u32,
}

impl Timestamp {
    /// The instant `time` plus `microseconds`; `None` when those are not below 1,000,000 (RFC 4120
    /// section 5.2.4).
    pub const fn new(time: KerberosTime, microseconds: u32) -> Option<Self> {
        if microseconds < 1_000_000 {
            Some(Self { time, microseconds })
        } else {
            None
        }
    }

    /// The instant `microseconds` after 1970, brought into the years 0 to 9999.
    pub const fn from_unix_microseconds(microseconds: i64) -> Self {
        Self {
            time: KerberosTime::from_unix(microseconds.div_euclid(1_000_000)),
            microseconds: microseconds.rem_euclid(1_000_000) as u32,
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    pub const fn unix_microseconds(self) -> i64 {
        self.time.0 * 1_000_000 + self.microseconds as i64
    }

    /// The whole seconds.
    pub const fn time(self) -> KerberosTime {
        self.time
    }

    /// The fraction in microseconds, 0 to 999,999.
    pub const fn microseconds(self) -> u32 {
        self.microseconds
    }

    /// The instant `microseconds` later, or earlier when negative.
    #[must_use]
    pub const fn offset_by(self, microseconds: i64) -> Self {
        Self::from_unix_microseconds(self.unix_microseconds().saturating_add(microseconds))
    }

    /// Whether the two instants are at most `limit` apart in either direction.
    pub fn within(self, other: Self, limit: Duration) -> bool {
        let apart = self.unix_microseconds().abs_diff(other.unix_microseconds());
        u128::from(apart) <= limit.as_micros()
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.offset_by(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.offset_by(-i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

/// ISO 8601 with six decimals, `2026-01-01T00:00:00.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.time.to_string();
        write!(
            f,
            "{}.{:06}Z",
            text.trim_end_matches('Z'),
            self.microseconds
        )
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar, counting years from March so
/// that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! times {
        ($($name:ident($text:expr, $seconds:expr);)*) => {$(
            #[test]
            fn $name() {
                let time = KerberosTime::from_generalized($text.as_bytes()).unwrap();
                assert_eq!(time.unix(), $seconds);
                assert_eq!(time.to_generalized(), $text);
                assert_eq!(time.to_string().parse(), Ok(time));
            }
        )*};
    }

    times! {
        unix_epoch("19700101000000Z", 0);
        one_second_before_the_epoch("19691231235959Z", -1);
        leap_day_2000("20000229123456Z", 951_827_696);
        no_leap_day_2100("21000301000000Z", 4_107_542_400);
        end_of_the_32_bit_clock("20380119031407Z", 2_147_483_647);
        end_of_the_unsigned_32_bit_clock("21060207062815Z", 4_294_967_295);
        first_year("00000101000000Z", KerberosTime::MIN.unix());
        last_second("99991231235959Z", KerberosTime::MAX.unix());
    }

    macro_rules! not_times {
        ($($name:ident($text:expr);)*) => {$(
            #[test]
            fn $name() {
                assert_eq!(KerberosTime::from_generalized($text.as_bytes()), Err(InvalidTime));
            }
        )*};
    }

    not_times! {
        empty("");
        without_zone("20260101000000");
        with_offset("20260101000000+0100");
        month_13("20261301000000Z");
        february_30("20260230000000Z");
        hour_24("20260101240000Z");
        leap_second("20261231235960Z");
        letters("2026010100000xZ");
    }

    #[test]
    fn a_fraction_is_dropped() {
        assert_eq!(
            KerberosTime::from_generalized(b"20260101000000.123Z"),
            KerberosTime::from_generalized(b"20260101000000Z")
        );
    }

    #[test]
    fn within_is_inclusive_and_symmetric() {
        let now = KerberosTime::from_unix(1000).timestamp();
        let limit = Duration::from_secs(300);
        assert!(now.within(now + limit, limit));
        assert!((now + limit).within(now, limit));
        assert!(!now.within((now + limit).offset_by(1), limit));
        assert!(!(now + limit).offset_by(1).within(now, limit));
    }
}
