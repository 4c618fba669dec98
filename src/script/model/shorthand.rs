//! Values with a shorter form for the common case.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One name or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<OneOrMany, A::Error> {
                let mut list = Vec::new();
                while let Some(name) = names.next_element()? {
                    list.push(name);
                }
                Ok(OneOrMany(list))
            }
        }

        deserializer.deserialize_any(Names)
    }
}

/// A text for the common case, or a table.
#[derive(Clone, Debug)]
pub enum TextOr<T> {
    /// The text alone.
    Text(String),
    /// The whole table.
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOr<T>, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<TextOr<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(table)).map(TextOr::Table)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// What a log must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogLines {
    /// These lines and no others, in this order.
    Exactly(Vec<String>),
    /// A line with this part, among others.
    Part(String),
}

impl LogLines {
    /// Whether `lines` are what the log must have.
    pub fn fit(&self, lines: &[&str]) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == lines,
            Self::Part(part) => lines.iter().any(|line| line.contains(part.as_str())),
        }
    }

    /// The part of a line, where only that is stated.
    pub fn part(&self) -> Option<&str> {
        match self {
            Self::Exactly(_) => None,
            Self::Part(part) => Some(part),
        }
    }
}

impl fmt::Display for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(lines) if lines.is_empty() => f.write_str("nothing"),
            Self::Exactly(lines) => f.write_str(&lines.join("; ")),
            Self::Part(part) => f.write_str(part),
        }
    }
}

impl<'de> Deserialize<'de> for LogLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lines;

        impl<'de> Visitor<'de> for Lines {
            type Value = LogLines;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a line, or a list of whole lines")
            }

            fn visit_str<E: de::Error>(self, part: &str) -> Result<LogLines, E> {
                Ok(LogLines::Part(part.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<LogLines, A::Error> {
                let mut list = Vec::new();
                while let Some(line) = lines.next_element()? {
                    list.push(line);
                }
                Ok(LogLines::Exactly(list))
            }
        }

        deserializer.deserialize_any(Lines)
    }
}
