//! docs/scenarios.md tells of everything that a scenario file may say, and its examples hold.

use std::collections::BTreeSet;
use std::path::Path;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script;
use kdclab::script::model::Phase;
use serde_json::Value;
use toml::Table;

const DOCUMENT: &str = include_str!("../../docs/scenarios.md");

/// The section of each table that has one of its own. Other tables belong to the section of the table or
/// verb that holds them; a verb's section has its name.
const SECTIONS: [(&str, &str); 25] = [
    ("AcceptorTable", "`acceptor` of a host"),
    ("AccountTable", "Accounts"),
    ("Act", "Programs of Windows"),
    ("Call", "Calls"),
    ("ClientTable", "`client` of a host"),
    ("ClientOfSite", "Sites and their clients"),
    ("ClusterTable", "`[cluster.NAME]`"),
    ("Control", "`[[control]]`"),
    ("Diagnosis", "Sites and their clients"),
    ("Fix", "`[[fix]]`"),
    ("HostTable", "`[host]`"),
    ("Job", "Jobs and daemons"),
    ("Kpasswd", "Passwords"),
    ("OpenShare", "Programs of Windows"),
    ("RealmSettings", "`settings` of a realm"),
    ("RealmTable", "`[realm.\"NAME\"]`"),
    ("Register", "Sites and their clients"),
    ("ServiceTable", "Services"),
    ("SiteTable", "Sites and their clients"),
    ("StartDaemon", "Jobs and daemons"),
    ("SymptomCheck", "`[[symptom]]`"),
    ("TrustTable", "`[[trust]]`"),
    ("UserTable", "Users"),
    ("WebApplicationTable", "`web` of a host"),
    ("WindowsTable", "`windows` of a host"),
];

#[derive(Default)]
struct Section {
    heading: &'static str,
    /// The lines outside of blocks.
    prose: Vec<&'static str>,
    /// The blocks of TOML.
    blocks: Vec<Block>,
}

struct Block {
    /// The line of its fence, from 1.
    line: usize,
    is_world: bool,
    text: String,
    table: Table,
}

fn sections() -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut lines = DOCUMENT.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if line.starts_with('#') {
            sections.push(Section {
                heading: line.trim_start_matches(['#', ' ']),
                ..Section::default()
            });
        } else if let Some(section) = sections.last_mut() {
            let Some(info) = line.strip_prefix("```") else {
                section.prose.push(line);
                continue;
            };
            let text: Vec<&str> = lines
                .by_ref()
                .map(|(line, _)| line)
                .take_while(|line| *line != "```")
                .collect();
            if info.starts_with("toml") {
                section
                    .blocks
                    .push(Block::new(number, info, text.join("\n")));
            }
        }
    }
    sections
}

impl Block {
    fn new(line: usize, info: &str, text: String) -> Self {
        let table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("block of line {line}: {error}"));
        Self {
            line,
            is_world: info == "toml world",
            text,
            table,
        }
    }

    fn is_complete(&self) -> bool {
        self.table.contains_key("format")
    }

    /// The scenario in `text`, which is this block's or made of it.
    fn scenario(&self, text: &str) -> Scenario {
        let path = format!("block-of-line-{}.toml", self.line);
        Scenario::parse(Path::new(&path), text).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn runs(scenario: &Scenario) {
    let report = check::run(scenario, DEFAULT_SEED);
    let mismatches: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    assert!(report.is_ok(), "{}", mismatches.join("\n"));
}

#[test]
fn complete_examples_run() {
    let blocks: Vec<Block> = sections()
        .into_iter()
        .flat_map(|section| section.blocks)
        .filter(Block::is_complete)
        .collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        runs(&block.scenario(&block.text));
    }
}

/// Lists take the place of the world's lists, tables are added to its tables, as the page says.
fn add(world: &mut Table, part: &Table) {
    for (key, value) in part {
        match (world.get_mut(key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => add(old, new),
            _ => {
                world.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The steps of a part that shows nothing else can be done; any other part runs with the whole world.
#[test]
fn the_other_examples_hold_in_the_world_of_the_examples() {
    let blocks: Vec<Block> = sections()
        .into_iter()
        .flat_map(|section| section.blocks)
        .collect();
    let worlds: Vec<&Block> = blocks.iter().filter(|block| block.is_world).collect();
    let [world] = worlds[..] else {
        panic!("the page has {} worlds", worlds.len());
    };
    for block in blocks.iter().filter(|block| !block.is_complete()) {
        let mut table = world.table.clone();
        add(&mut table, &block.table);
        let scenario = block.scenario(&toml::to_string(&table).unwrap());
        let has = |key| block.table.contains_key(key);
        if has("control") || has("symptom") || has("fix") {
            runs(&scenario);
            continue;
        }
        assert!(
            has("fault") || has("given"),
            "nothing to do in line {}",
            block.line
        );
        if let Err(error) = check::world_in(&scenario, Phase::Broken, DEFAULT_SEED, None) {
            panic!("the steps of line {}: {error}", block.line);
        }
    }
}

/// What a schema lets one write.
#[derive(Default)]
struct Words {
    keys: BTreeSet<String>,
    /// The words for values.
    values: BTreeSet<String>,
}

impl Words {
    /// Adds the words of `schema`, without those of tables that have a section of their own.
    fn add(&mut self, schema: &Value, definitions: &Value) {
        match schema {
            Value::Array(list) => list.iter().for_each(|part| self.add(part, definitions)),
            Value::Object(parts) => {
                for (key, part) in parts {
                    self.add_keyword(key, part, definitions);
                }
            }
            _ => {}
        }
    }

    fn add_keyword(&mut self, keyword: &str, part: &Value, definitions: &Value) {
        match (keyword, part) {
            ("$ref", Value::String(reference)) => {
                let name = reference.trim_start_matches("#/definitions/");
                let has_section = SECTIONS.iter().any(|(table, _)| *table == name);
                if !has_section && name != "Verb" {
                    self.add(&definitions[name], definitions);
                }
            }
            ("const", Value::String(word)) => {
                self.values.insert(word.clone());
            }
            ("properties", Value::Object(properties)) => {
                for (name, part) in properties {
                    self.keys.insert(name.clone());
                    self.add(part, definitions);
                }
            }
            ("default", _) => {}
            _ => self.add(part, definitions),
        }
    }
}

/// The words in code spans.
fn told(section: &Section) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    section
        .prose
        .iter()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .flat_map(|code| code.split(move |letter| !is_part(letter)))
        .collect()
}

fn keys<'a>(table: &'a Table, into: &mut BTreeSet<&'a str>) {
    for (key, value) in table {
        into.insert(key);
        keys_within(value, into);
    }
}

fn keys_within<'a>(value: &'a toml::Value, into: &mut BTreeSet<&'a str>) {
    match value {
        toml::Value::Array(list) => list.iter().for_each(|value| keys_within(value, into)),
        toml::Value::Table(table) => keys(table, into),
        _ => {}
    }
}

fn shown<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> BTreeSet<&'a str> {
    let mut shown = BTreeSet::new();
    for block in blocks {
        keys(&block.table, &mut shown);
    }
    shown
}

#[test]
fn every_table_verb_and_assertion_is_told_and_shown() {
    let schema = script::json_schema();
    let definitions = &schema["definitions"];
    let mut top = schema.clone();
    top["definitions"] = Value::Null;
    let verbs = definitions["Verb"]["oneOf"].as_array().unwrap();
    let tables = SECTIONS.map(|(table, heading)| (heading.to_owned(), &definitions[table]));
    let verbs = verbs.iter().map(|verb| {
        let name = verb["required"][0].as_str().unwrap();
        (format!("`{name}`"), verb)
    });

    let sections = sections();
    let shown_anywhere = shown(sections.iter().flat_map(|section| &section.blocks));
    let mut lacks = Vec::new();
    for (heading, schema) in [("The top of the file".to_owned(), &top)]
        .into_iter()
        .chain(tables)
        .chain(verbs)
    {
        let Some(section) = sections.iter().find(|section| section.heading == heading) else {
            lacks.push(format!("a section {heading}"));
            continue;
        };
        let verb = heading.trim_matches('`');
        let is_verb = schema["properties"][verb].is_object();
        if is_verb && !shown(&section.blocks).contains(verb) {
            lacks.push(format!("an example under {heading}"));
        }
        let mut told = told(section);
        told.insert(verb);
        let mut words = Words::default();
        words.add(schema, definitions);
        for word in words.keys.iter().chain(&words.values) {
            if !told.contains(word.as_str()) {
                lacks.push(format!("`{word}` under {heading}"));
            }
        }
        for key in &words.keys {
            if !shown_anywhere.contains(key.as_str()) {
                lacks.push(format!("an example with `{key}`"));
            }
        }
    }
    assert!(
        lacks.is_empty(),
        "docs/scenarios.md lacks\n{}",
        lacks.join("\n")
    );
}
