/// FILETIME: an instant in units of 100 nanoseconds since 1601-01-01T00:00:00Z (MS-DTYP section 2.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(pub u64);

impl FileTime {
    /// The instant `microseconds` after 1970, brought to the nearest one there is.
    pub const fn from_unix_microseconds(microseconds: i64) -> Self {
        const MICROSECONDS_FROM_1601_TO_1970: u64 = 11_644_473_600_000_000;
        let microseconds = MICROSECONDS_FROM_1601_TO_1970.saturating_add_signed(microseconds);
        Self(microseconds.saturating_mul(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_dtyp_2_3_3_file_time() {
        assert_eq!(
            FileTime::from_unix_microseconds(0),
            FileTime(116_444_736_000_000_000)
        );
        assert_eq!(FileTime::from_unix_microseconds(i64::MIN), FileTime(0));
        assert_eq!(
            FileTime::from_unix_microseconds(i64::MAX),
            FileTime(u64::MAX)
        );
    }
}
