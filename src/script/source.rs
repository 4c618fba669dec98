//! Where in a file something is wrong, and how that is shown.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A scenario file's path and text.
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The `text` of the file at `path`.
    pub fn new(path: &Path, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The text of the file at `path` that holds `bytes`; `help` is for those that are no UTF-8.
    pub(crate) fn read(path: &Path, bytes: Vec<u8>, help: &str) -> Result<String, Box<Fault>> {
        String::from_utf8(bytes).map_err(|error| {
            let text = String::from_utf8_lossy(error.as_bytes());
            let start = error.utf8_error().valid_up_to();
            Self::new(path, &text).fault(
                start..start + char::REPLACEMENT_CHARACTER.len_utf8(),
                "the file is not UTF-8".to_owned(),
                Some(help.to_owned()),
            )
        })
    }

    /// What is wrong at `span` (byte offsets into the text), and what to do about it.
    pub fn fault(&self, span: Range<usize>, title: String, help: Option<String>) -> Box<Fault> {
        self.finding(Level::ERROR, span, title, help)
    }

    /// What could be better at `span`, and how.
    pub fn warning(&self, span: Range<usize>, title: String, help: Option<String>) -> Box<Fault> {
        self.finding(Level::WARNING, span, title, help)
    }

    fn finding(
        &self,
        level: Level<'static>,
        span: Range<usize>,
        title: String,
        help: Option<String>,
    ) -> Box<Fault> {
        let (line, column) = position(&self.text, span.start);
        Box::new(Fault {
            level,
            path: self.path.clone(),
            text: self.text.clone(),
            span,
            line,
            column,
            title,
            help,
        })
    }

    pub(super) fn toml_fault(&self, error: &toml::de::Error) -> Box<Fault> {
        let message = error.message().trim_end();
        let span = error.span().unwrap_or(0..0);
        let (title, help) = match message.split_once(", expected ") {
            Some(("invalid type: map", "a sequence")) => {
                let written = self.text.get(span.clone()).unwrap_or_default();
                let title = "a table stands where a list belongs".to_owned();
                (title, Some(as_list(written)))
            }
            Some((title, expected)) => {
                let title = title.replacen("unknown variant", "unknown name", 1);
                let help = match quoted(&title).next() {
                    Some(name) if title.starts_with("unknown ") => choices(name, quoted(expected)),
                    _ => format!("expected {expected}"),
                };
                (title, Some(help))
            }
            None => (
                message.to_owned(),
                message.strip_prefix("missing field ").map(add),
            ),
        };
        self.fault(span, title, help)
    }

    /// The line and column of a byte offset, both from 1.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        position(&self.text, offset)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn add(field: &str) -> String {
    format!("add {field}")
}

/// How a table, by its heading or in one line, becomes an entry of a list.
fn as_list(written: &str) -> String {
    if written.starts_with('[') {
        format!("write `[{written}]`: there may be several")
    } else {
        "put it into brackets, `[{ ... }]`".to_owned()
    }
}

/// The names between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

/// A file that is not a scenario, or not a good one: the place, the trouble and the remedy.
#[derive(Debug)]
pub struct Fault {
    level: Level<'static>,
    path: PathBuf,
    text: String,
    span: Range<usize>,
    line: usize,
    column: usize,
    title: String,
    help: Option<String>,
}

impl Fault {
    /// The line and column of the place, both from 1.
    pub fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// The trouble, in one line without the place.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The remedy, where one is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy();
        let snippet = Snippet::source(&self.text)
            .line_start(1)
            .path(path)
            .annotation(AnnotationKind::Primary.span(self.span.clone()));
        let mut group = self
            .level
            .clone()
            .primary_title(&self.title)
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

impl std::error::Error for Fault {}

/// How many choices are listed.
const MAX_CHOICES: usize = 40;

/// The choice closest to a misspelt `name`, or the `choices` where none is close.
pub(crate) fn choices<'a>(name: &str, choices: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = choices.into_iter().collect();
    if all.is_empty() {
        return "the scenario defines none".to_owned();
    }
    let closest = all
        .iter()
        .filter(|choice| choice.len().abs_diff(name.len()) <= 8)
        .map(|choice| (edit_distance(name, choice), *choice))
        .filter(|(distance, choice)| *distance <= 2 && *distance < choice.len())
        .min();
    if let Some((_, choice)) = closest {
        return format!("did you mean `{choice}`?");
    }
    let shown = all[..all.len().min(MAX_CHOICES)].join("`, `");
    match all.len().checked_sub(MAX_CHOICES) {
        None | Some(0) => format!("expected one of `{shown}`"),
        Some(more) => format!("expected one of `{shown}` and {more} more"),
    }
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_gets_the_closest_choice() {
        assert_eq!(choices("alcie", ["alice", "bob"]), "did you mean `alice`?");
    }

    #[test]
    fn a_foreign_name_gets_all_choices() {
        assert_eq!(
            choices("mallory", ["alice", "bob"]),
            "expected one of `alice`, `bob`"
        );
    }

    #[test]
    fn of_many_choices_some_are_shown() {
        let names: Vec<String> = (0..100).map(|number| format!("host{number}")).collect();
        let help = choices("x", names.iter().map(String::as_str));
        assert!(help.ends_with("`host39` and 60 more"), "{help}");
    }

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(position("é = 1\nx = 2", 7), (2, 1));
        assert_eq!(position("é = 1\nx = 2", 2), (1, 2));
    }
}
