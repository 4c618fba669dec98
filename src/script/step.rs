//! One verb by itself, as it stands in a scenario or as words of a command line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;
use toml::Value;

use super::acts::check_verb;
use super::scope::Scope;
use super::source::{Fault, Source};
use super::spanned::Spanned;
use super::verb::Verb;

/// The longest text of one step, in bytes.
pub const MAX_STEP_LENGTH: usize = 1 << 16;

/// What faults call the text of a step.
const PATH: &str = "verb";

const EXAMPLE: &str = "`set_clock = { host = \"kdc1\", offset = \"+10m\" }`";

/// Reads one verb, written as in a scenario, of at most [`MAX_STEP_LENGTH`] bytes. The rules are those of a
/// scenario's steps: every name is one that `scope` has, or that the step itself adds.
///
/// ```
/// # use kdclab::{catalogue, script::{self, Scope}};
/// let scenario = catalogue::find("service-key-mismatch").unwrap();
/// let scope = Scope::new(&scenario.script);
/// let fault = script::step(&scope, r#"host_down = "kdc7""#).unwrap_err();
/// assert_eq!(fault.position(), (1, 13));
/// assert_eq!(fault.title(), "unknown host `kdc7`");
/// ```
///
/// # Errors
/// [`Fault`], which renders as the place in `text`, what is wrong there and the remedy.
pub fn step(scope: &Scope, text: &str) -> Result<Verb, Box<Fault>> {
    if text.len() > MAX_STEP_LENGTH {
        return Err(Source::new(Path::new(PATH), "").fault(
            0..0,
            format!("the step has more than {MAX_STEP_LENGTH} bytes"),
            Some("write it as several steps".to_owned()),
        ));
    }
    let source = Source::new(Path::new(PATH), text);
    let keys: BTreeMap<Spanned<String>, IgnoredAny> =
        toml::from_str(text).map_err(|error| source.toml_fault(&error))?;
    let mut places: Vec<_> = keys.keys().map(Spanned::span).collect();
    places.sort_by_key(|place| place.start);
    match places.as_slice() {
        [] => {
            return Err(source.fault(
                0..text.len(),
                "no verb stands here".to_owned(),
                Some(format!("write one as in a scenario, {EXAMPLE}")),
            ));
        }
        [_] => {}
        [_, second, ..] => {
            return Err(source.fault(
                second.clone(),
                "a step has one verb, and this is another".to_owned(),
                Some("make it a step of its own".to_owned()),
            ));
        }
    }
    let verb: Verb = toml::from_str(text).map_err(|error| source.toml_fault(&error))?;
    check_verb(&scope.with_added(&verb), &source, &verb)?;
    Ok(verb)
}

/// The text that [`step`] reads, from the words of a command line:
///
/// - a verb and a value, `reset_key cifs/fs1.lab.example`;
/// - a verb and its keys, `set_clock host=kdc1 offset=+10m`, where dots lead into a table, `do.delay=2s`;
/// - a verb alone, where it has no keys or none that are needed, `repair_links`;
/// - one word that is the text, `set_clock = { host = "kdc1", offset = "+10m" }`.
///
/// A value that is TOML is taken as TOML, apart from dates and fractions, which no verb knows; every other
/// value is a text. A text of digits alone has to say so with quotes, `password='"1234"'`.
///
/// ```
/// # use kdclab::script::step_from_words;
/// let words = ["link", "to=kdc1", "count=2", "do.delay=2s"];
/// let text = r#"link = { to = "kdc1", count = 2, do.delay = "2s" }"#;
/// assert_eq!(step_from_words(&words).unwrap(), text);
/// ```
///
/// # Errors
/// [`Fault`] where the words have no verb or a value stands where a key is needed. What else may be wrong with
/// them [`step`] finds.
pub fn step_from_words<S: AsRef<str>>(words: &[S]) -> Result<String, Box<Fault>> {
    let Some((verb, arguments)) = words.split_first() else {
        return Err(Source::new(Path::new(PATH), "").fault(
            0..0,
            "no verb was given".to_owned(),
            Some(
                "name one and what it needs, `set_clock host=kdc1 offset=+10m` or `reset_key alice`"
                    .to_owned(),
            ),
        ));
    };
    let verb = verb.as_ref();
    match arguments {
        [] if verb.contains('=') => Ok(verb.to_owned()),
        [] => Ok(format!("{} = {{}}", key(verb))),
        [value] if plain_value(value.as_ref()).is_some() || !value.as_ref().contains('=') => {
            Ok(format!("{} = {}", key(verb), rendered(value.as_ref())))
        }
        _ => {
            let mut entries = Vec::new();
            for (index, argument) in arguments.iter().enumerate() {
                let Some((name, value)) = argument.as_ref().split_once('=') else {
                    return Err(value_without_key(words, index + 1));
                };
                entries.push(format!("{} = {}", key(name.trim()), rendered(value)));
            }
            Ok(format!("{} = {{ {} }}", key(verb), entries.join(", ")))
        }
    }
}

/// The word at `index` stands where a key is needed.
fn value_without_key<S: AsRef<str>>(words: &[S], index: usize) -> Box<Fault> {
    let mut line = String::new();
    let mut span = 0..0;
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            line.push(' ');
        }
        let start = line.len();
        line.push_str(word.as_ref());
        if place == index {
            span = start..line.len();
        }
    }
    Source::new(Path::new(PATH), &line).fault(
        span,
        "this word does not say which key it is the value of".to_owned(),
        Some("write key=value, `set_clock host=kdc1 offset=+10m`".to_owned()),
    )
}

/// A key as it stands in the text. What is no key of TOML becomes a quoted one, so that it is told what keys
/// there are.
fn key(text: &str) -> String {
    let is_bare = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if text.split('.').all(is_bare) || is_dotted_key(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text as TOML writes it on one line, for a key as well.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\U{:08X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether `text` is a key with quoted parts, `set.kdc."LAB.EXAMPLE"`.
fn is_dotted_key(text: &str) -> bool {
    let has_one_line = !text.contains(['\n', '\r', '#', '[', '=']);
    has_one_line && toml::from_str::<toml::Table>(&format!("{text} = 0")).is_ok()
}

/// The value as it stands in the text.
fn rendered(text: &str) -> String {
    match plain_value(text) {
        Some(Value::String(text)) => quoted(&text),
        Some(value) => value.to_string(),
        None => quoted(text),
    }
}

/// The value that `text` is in TOML, if a verb could have it.
fn plain_value(text: &str) -> Option<Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}")).ok()?;
    let value = table.remove("value")?;
    let is_plain = !matches!(value, Value::Datetime(_) | Value::Float(_));
    (table.is_empty() && is_plain).then_some(value)
}
