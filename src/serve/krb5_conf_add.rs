//! The user's own lines for krb5.conf, merged with those of the scenario.
//!
//! One file before the other would not do: of two relations with one name MIT takes the first, and Java the last.

use std::fmt::Write;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::ServeError;
use crate::script::{Fault, Source};

/// How long a file may be, in bytes.
const MAX_LENGTH: u64 = 1 << 20;
/// How deep blocks may nest; MIT's files have no more than three.
const MAX_DEPTH: usize = 16;

/// What a krb5.conf holds: directives, and sections with relations.
#[derive(Debug, Default)]
pub(super) struct Additions {
    /// `include`, `includedir` and `module` lines.
    directives: Vec<String>,
    sections: Block,
}

#[derive(Clone, Debug, Default)]
struct Block(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    /// Whether an asterisk says that no later file may add to it.
    last: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Block(Block),
    /// As written, quotes included.
    Relation(String),
}

impl Additions {
    /// Reads the lines in `path`.
    pub(super) fn read(path: &Path) -> Result<Self, ServeError> {
        let unreadable = |error| ServeError::Krb5ConfUnreadable {
            path: path.to_owned(),
            error,
        };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_LENGTH + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        Source::read(path, bytes, "save it as UTF-8")
            .and_then(|text| Self::parse(path, &text))
            .map_err(ServeError::Krb5ConfFaulty)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Box<Fault>> {
        if text.len() as u64 > MAX_LENGTH {
            return Err(Source::new(path, "").fault(
                0..0,
                format!("the file has more than {MAX_LENGTH} bytes"),
                Some("leave out what is no krb5.conf".to_owned()),
            ));
        }
        Parser::new(&Source::new(path, text)).parse(text)
    }

    /// The `file` as we wrote it, with these lines.
    pub(super) fn added_to(&self, file: &str) -> String {
        let Ok(Self { mut sections, .. }) = Self::parse(Path::new("krb5.conf"), file) else {
            unreachable!("we write files that can be read");
        };
        sections.merge(&self.sections, &mut Vec::new());
        let mut merged = String::new();
        for directive in &self.directives {
            let _ = writeln!(merged, "{directive}");
        }
        for section in &sections.0 {
            if !merged.is_empty() {
                merged.push('\n');
            }
            let _ = writeln!(merged, "[{}]{}", section.name, asterisk(section.last));
            if let Value::Block(block) = &section.value {
                block.render(&mut merged, 1);
            }
        }
        merged
    }
}

impl Block {
    /// Takes what `added` says. `path` names the blocks around, the section first.
    fn merge<'a>(&mut self, added: &'a Self, path: &mut Vec<&'a str>) {
        let replaces = |entry: &Entry| {
            matches!(entry.value, Value::Relation(_)) && !is_list(path, &entry.name)
        };
        self.0.retain(|ours| {
            let same = |theirs: &&Entry| theirs.name == ours.name && replaces(theirs);
            !(matches!(ours.value, Value::Relation(_)) && added.0.iter().any(|entry| same(&entry)))
        });
        for theirs in &added.0 {
            let same = self.0.iter_mut().filter(|ours| ours.name == theirs.name);
            let block = same.filter_map(|ours| match &mut ours.value {
                Value::Block(block) => Some((&mut ours.last, block)),
                Value::Relation(_) => None,
            });
            match (&theirs.value, block.into_iter().next()) {
                (Value::Block(block), Some((last, ours))) => {
                    *last |= theirs.last;
                    path.push(&theirs.name);
                    ours.merge(block, path);
                    path.pop();
                }
                _ => self.0.push(theirs.clone()),
            }
        }
    }

    fn render(&self, file: &mut String, depth: usize) {
        let indent = "    ".repeat(depth);
        for Entry { name, last, value } in &self.0 {
            let last = asterisk(*last);
            // Writing to a String cannot fail.
            let _ = match value {
                Value::Relation(value) => writeln!(file, "{indent}{name}{last} = {value}"),
                Value::Block(block) => {
                    let _ = writeln!(file, "{indent}{name} = {{");
                    block.render(file, depth + 1);
                    writeln!(file, "{indent}}}{last}")
                }
            };
        }
    }
}

fn asterisk(last: bool) -> &'static str {
    if last { "*" } else { "" }
}

/// Whether a relation may stand several times, each one more value.
fn is_list(path: &[&str], name: &str) -> bool {
    match path {
        ["capaths", ..] => true,
        ["plugins", ..] => matches!(name, "disable" | "enable_only" | "module"),
        ["libdefaults" | "realms", ..] if name.starts_with("pkinit_") => matches!(
            name,
            "pkinit_anchors"
                | "pkinit_cert_match"
                | "pkinit_identities"
                | "pkinit_intermediates"
                | "pkinit_pool"
                | "pkinit_revoke"
        ),
        ["realms", ..] => matches!(
            name,
            "admin_server"
                | "auth_to_local"
                | "http_anchors"
                | "kdc"
                | "kpasswd_server"
                | "krb524_server"
                | "master_kdc"
                | "primary_kdc"
        ),
        _ => false,
    }
}

/// A block whose end has not come yet.
struct Open {
    name: String,
    last: bool,
    entries: Vec<Entry>,
    /// Where it begins.
    span: Range<usize>,
}

struct Parser<'a> {
    source: &'a Source,
    additions: Additions,
    /// The section and the blocks that are open in it.
    open: Vec<Open>,
    /// The name of a block whose brace must come on the next line.
    awaiting_brace: Option<(String, Range<usize>)>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            additions: Additions::default(),
            open: Vec::new(),
            awaiting_brace: None,
        }
    }

    fn parse(mut self, text: &str) -> Result<Additions, Box<Fault>> {
        let mut start = 0;
        for whole in text.split_inclusive('\n') {
            // Some editors begin a file with a byte order mark.
            let line = whole.trim_start_matches('\u{feff}').trim();
            let offset = start + whole.find(line).unwrap_or(0);
            start += whole.len();
            if !line.is_empty() && !line.starts_with(['#', ';']) {
                self.line(line, offset..offset + line.len())?;
            }
        }
        self.check_brace()?;
        self.close_section()?;
        Ok(self.additions)
    }

    fn line(&mut self, line: &str, span: Range<usize>) -> Result<(), Box<Fault>> {
        if let Some((name, begun)) = self.awaiting_brace.take() {
            if line == "{" {
                return self.open_block(name, false, begun);
            }
            self.awaiting_brace = Some((name, begun));
            return self.check_brace();
        }
        if ["include", "includedir", "module"]
            .iter()
            .any(|word| line.split_whitespace().next() == Some(word) && !line.contains('='))
        {
            self.additions.directives.push(line.to_owned());
            return Ok(());
        }
        if let Some(header) = line.strip_prefix('[') {
            return self.section(header, span);
        }
        if let Some(rest) = line.strip_prefix('}') {
            return self.close_block(rest.trim(), span);
        }
        self.relation(line, span)
    }

    fn section(&mut self, header: &str, span: Range<usize>) -> Result<(), Box<Fault>> {
        self.close_section()?;
        let named = header
            .split_once(']')
            .map(|(name, rest)| (name.trim(), rest.trim()));
        match named {
            Some((name, rest @ ("" | "*"))) if !name.is_empty() => {
                self.open.push(Open {
                    name: name.to_owned(),
                    last: rest == "*",
                    entries: Vec::new(),
                    span,
                });
                Ok(())
            }
            _ => self.fault(
                span,
                "this is no section",
                "write a section as `[libdefaults]`, alone on its line",
            ),
        }
    }

    fn relation(&mut self, line: &str, span: Range<usize>) -> Result<(), Box<Fault>> {
        if self.open.is_empty() {
            return self.fault(
                span,
                "this line stands outside of a section",
                "put it under a section, such as `[libdefaults]`",
            );
        }
        let Some((name, value)) = line.split_once('=') else {
            return self.fault(span, "this is no relation", "write it as `name = value`");
        };
        let (name, value) = (name.trim(), value.trim());
        let (name, last) = match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return self.fault(
                span,
                "a relation has one word before its `=`",
                "write it as `name = value`",
            );
        }
        match value {
            "" => self.awaiting_brace = Some((name.to_owned(), span)),
            "{" => self.open_block(name.to_owned(), last, span)?,
            _ if value.starts_with('{') => {
                return self.fault(
                    span,
                    "something follows a `{` on its line",
                    "put each relation of a block on a line of its own",
                );
            }
            _ => self.add(Entry {
                name: name.to_owned(),
                last,
                value: Value::Relation(value.to_owned()),
            }),
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry) {
        if let Some(open) = self.open.last_mut() {
            open.entries.push(entry);
        }
    }

    fn open_block(
        &mut self,
        name: String,
        last: bool,
        span: Range<usize>,
    ) -> Result<(), Box<Fault>> {
        if self.open.len() > MAX_DEPTH {
            return self.fault(
                span,
                "blocks nest too deep",
                "no part of krb5.conf needs so many",
            );
        }
        self.open.push(Open {
            name,
            last,
            entries: Vec::new(),
            span,
        });
        Ok(())
    }

    fn close_block(&mut self, rest: &str, span: Range<usize>) -> Result<(), Box<Fault>> {
        if !matches!(rest, "" | "*") {
            return self.fault(
                span,
                "something follows a `}` on its line",
                "put it on a line of its own",
            );
        }
        if self.open.len() < 2 {
            return self.fault(
                span,
                "this `}` closes nothing",
                "remove it, or write the `name = {` that it closes",
            );
        }
        if let Some(block) = self.open.pop() {
            self.add(Entry {
                name: block.name,
                last: block.last || rest == "*",
                value: Value::Block(Block(block.entries)),
            });
        }
        Ok(())
    }

    /// Ends the section, in which no block may be open.
    fn close_section(&mut self) -> Result<(), Box<Fault>> {
        if self.open.len() > 1
            && let Some(block) = self.open.pop()
        {
            return self.fault(
                block.span,
                "this block is never closed",
                "add a line with `}` at its end",
            );
        }
        if let Some(section) = self.open.pop() {
            let section = Entry {
                name: section.name,
                last: section.last,
                value: Value::Block(Block(section.entries)),
            };
            self.additions.sections.0.push(section);
        }
        Ok(())
    }

    fn check_brace(&mut self) -> Result<(), Box<Fault>> {
        match self.awaiting_brace.take() {
            Some((_, span)) => self.fault(
                span,
                "this relation has no value",
                "write one behind the `=`, `\"\"` for an empty one, or `{` for a block",
            ),
            None => Ok(()),
        }
    }

    fn fault(&self, span: Range<usize>, title: &str, help: &str) -> Result<(), Box<Fault>> {
        Err(self
            .source
            .fault(span, title.to_owned(), Some(help.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "\
[libdefaults]
    default_realm = LAB.EXAMPLE
    clockskew = 300

[realms]
    LAB.EXAMPLE = {
        kdc = 127.0.0.1:1
        kpasswd_server = 127.0.0.1:2
    }

[domain_realm]
    lab.example = LAB.EXAMPLE
";

    #[track_caller]
    fn merged(added: &str, expected: &str) {
        let additions = Additions::parse(Path::new("mine.conf"), added).unwrap();
        assert_eq!(additions.added_to(OURS), expected, "{added}");
    }

    #[track_caller]
    fn refused(added: &str, position: (usize, usize), title: &str) {
        let fault = Additions::parse(Path::new("mine.conf"), added).unwrap_err();
        assert_eq!((fault.position(), fault.title()), (position, title));
        assert!(fault.help().is_some(), "{title}");
    }

    #[test]
    fn nothing_added_changes_nothing() {
        merged("# only a comment\n; and another\n", OURS);
    }

    #[test]
    fn a_scalar_is_replaced_and_a_new_one_is_added() {
        let expected = OURS.replace(
            "    clockskew = 300\n",
            "    clockskew = 10\n    forwardable = true\n",
        );
        merged(
            "[libdefaults]\nclockskew=10\n\tforwardable = true\n",
            &expected,
        );
    }

    #[test]
    fn a_scalar_in_two_sections_of_one_name_is_replaced_once() {
        let expected = OURS.replace("    clockskew = 300\n", "    a = b\n    clockskew = 10\n");
        merged(
            "[libdefaults]\na = b\n[libdefaults]\nclockskew = 10\n",
            &expected,
        );
    }

    #[test]
    fn blocks_of_a_realm_are_merged_and_lists_grow() {
        let expected = OURS.replace(
            "        kpasswd_server = 127.0.0.1:2\n    }\n",
            "        kpasswd_server = 127.0.0.1:2\n        kdc = 127.0.0.1:9\n        default_domain = x\n    }\n    \
             OTHER = {\n        kdc = other:88\n    }\n",
        );
        merged(
            "[realms]\nLAB.EXAMPLE = {\nkdc = 127.0.0.1:9\ndefault_domain = x\n}\nOTHER =\n{\nkdc = other:88\n}\n",
            &expected,
        );
    }

    #[test]
    fn a_scalar_of_a_sub_block_is_replaced_there_and_nowhere_else() {
        let ours = "[libdefaults]\n    a = 1\n    X = {\n        a = 2\n    }\n";
        let additions =
            Additions::parse(Path::new("mine"), "[libdefaults]\nX = {\na = 3\n}\n").unwrap();
        assert_eq!(additions.added_to(ours), ours.replace("a = 2", "a = 3"));
    }

    #[test]
    fn new_sections_directives_and_asterisks_are_kept() {
        merged(
            "include /etc/x\n[appdefaults]\nmodule = one\nb* = \"two words\"\nc = {\nd = e\n}*\n\
             includedir /etc/y\n[libdefaults]*\nclockskew* = 1\n",
            &format!(
                "include /etc/x\nincludedir /etc/y\n\n{}\n[appdefaults]\n    module = one\n    b* = \"two words\"\n    \
                 c = {{\n        d = e\n    }}*\n",
                OURS.replace("clockskew = 300", "clockskew* = 1")
                    .replace("[libdefaults]", "[libdefaults]*")
            ),
        );
    }

    #[test]
    fn line_ends_of_windows_and_a_byte_order_mark_are_read() {
        merged(
            "\u{feff}[libdefaults]\r\nclockskew = 7\r\n",
            &OURS.replace("300", "7"),
        );
    }

    #[test]
    fn what_is_broken_has_a_place_and_a_remedy() {
        let outside = "this line stands outside of a section";
        refused("# x\n  clockskew = 1\n", (2, 3), outside);
        refused(
            "[realms]\nA = {\nkdc = x\n",
            (2, 1),
            "this block is never closed",
        );
        refused(
            "[realms]\nA = {\n[libdefaults]\n",
            (2, 1),
            "this block is never closed",
        );
        refused("[realms]\n}\n", (2, 1), "this `}` closes nothing");
        refused("}\n", (1, 1), "this `}` closes nothing");
        refused("[realms\n", (1, 1), "this is no section");
        refused("[]\n", (1, 1), "this is no section");
        refused("[realms] x\n", (1, 1), "this is no section");
        refused(
            "[libdefaults]\nclockskew 1\n",
            (2, 1),
            "this is no relation",
        );
        let words = "a relation has one word before its `=`";
        refused("[libdefaults]\nclock skew = 1\n", (2, 1), words);
        refused("[libdefaults]\n= 1\n", (2, 1), words);
        refused(
            "[libdefaults]\nclockskew =\nx = 1\n",
            (2, 1),
            "this relation has no value",
        );
        refused(
            "[libdefaults]\nclockskew =",
            (2, 1),
            "this relation has no value",
        );
        refused(
            "[realms]\nA = { kdc = x }\n",
            (2, 1),
            "something follows a `{` on its line",
        );
        refused(
            "[realms]\nA = {\n} B\n",
            (3, 1),
            "something follows a `}` on its line",
        );
        let deep = "[realms]\n".to_owned() + &"a = {\n".repeat(100_000);
        refused(&deep, (18, 1), "blocks nest too deep");
        let long = "#".repeat(1 << 20) + "#";
        refused(&long, (1, 1), "the file has more than 1048576 bytes");
    }
}
