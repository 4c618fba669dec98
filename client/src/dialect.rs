use std::fmt;

/// Whose behaviour a host imitates. Where implementations disagree, the dialect decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// OpenJDK 17, `Krb5LoginModule` and JGSS.
    Java,
    /// MIT krb5 1.20.
    Mit,
    /// Windows.
    Windows,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Java => "java",
            Self::Mit => "mit",
            Self::Windows => "windows",
        })
    }
}
