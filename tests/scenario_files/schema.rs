//! The JSON Schema agrees with what the program reads, in the eyes of another validator.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use kdclab::{catalogue, report, script};
use serde_json::Value;

/// The first line of every shipped file, as Taplo and Even Better TOML read it.
const DIRECTIVE: &str = "#:schema ../schema.json";

fn validator() -> Validator {
    jsonschema::draft7::new(&script::json_schema()).unwrap_or_else(|error| panic!("{error}"))
}

fn json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(table).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Path and text of every file of the catalogue.
fn shipped() -> Vec<(PathBuf, String)> {
    catalogue::embedded()
        .unwrap_or_else(|error| panic!("{error}"))
        .into_iter()
        .map(|scenario| {
            let text = std::fs::read_to_string(root().join(&scenario.path)).unwrap();
            (scenario.path, text)
        })
        .collect()
}

#[test]
fn the_schema_that_the_files_name_is_the_one_the_program_prints() {
    let mut printed = Vec::new();
    report::schema(&mut printed).unwrap();
    let shipped = std::fs::read(root().join("scenarios/schema.json")).unwrap();
    assert!(
        printed == shipped,
        "write it anew: cargo run -- schema > scenarios/schema.json"
    );
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::draft7::meta::is_valid(&script::json_schema()));
}

#[test]
fn toml_has_no_null_and_no_links_of_rustdoc() {
    let text = script::json_schema().to_string();
    assert!(!text.contains("null"));
    assert!(!text.contains("]("));
}

#[test]
fn every_shipped_file_names_the_schema_in_its_first_line() {
    for (path, text) in shipped() {
        assert_eq!(text.lines().next(), Some(DIRECTIVE), "{}", path.display());
        let named = path.parent().unwrap().join("../schema.json");
        assert!(root().join(named).is_file(), "{}", path.display());
    }
}

#[test]
fn every_shipped_file_is_valid() {
    let validator = validator();
    for (path, text) in shipped() {
        if let Err(error) = validator.validate(&json(&text)) {
            panic!("{}: {} {error}", path.display(), error.instance_path());
        }
    }
}

/// What an editor would mark, and the program refuses as well.
#[test]
fn a_broken_file_is_invalid() {
    let validator = validator();
    let path = root().join("scenarios/000-event4-modified/service-key-mismatch.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    assert!(validator.is_valid(&json(&good)));
    for (from, to) in [
        ("format    = 1", "format    = 2"),
        ("format    = 1\n", ""),
        ("title     =", "titel     ="),
        ("[\"S000-5\"]", "\"S000-5\""),
        ("kdc      = \"kdc1\"", "kdc      = 1"),
        ("alice = \"correct horse\"", "alice = { pasword = \"x\" }"),
        (
            "alice = \"correct horse\"",
            "alice = { password = \"x\", attributes = [\"+no_such\"] }",
        ),
        ("kdc1 = {}", "kdc1 = { clock = \"310s\" }"),
        ("kdc1 = {}", "kdc1 = { dialect = \"samba\" }"),
        (
            "kdc1 = {}",
            "kdc1 = { client = { enctypes = [\"aes512-cts\"] } }",
        ),
        ("[host]", "epoch = \"2026-01-01\"\n\n[host]"),
        ("reset_key =", "reset_keys ="),
        ("{ reset_key = \"cifs/fs1.lab.example\" }", "\"reset_key\""),
        (
            "{ purge_ccache = {",
            "{ wait = \"soon\" }, { purge_ccache = {",
        ),
        (
            "{ purge_ccache = {",
            "{ attempt = { call = { from = \"ws1\" }, times = 1001 } }, { purge_ccache = {",
        ),
        (
            "{ purge_ccache = {",
            "{ link = { message = \"AP-RQ\", do = \"drop\" } }, { purge_ccache = {",
        ),
        (
            "error    = \"KRB_AP_ERR_MODIFIED\"",
            "error    = \"KRB_AP_ERR_MODIFIE\"",
        ),
        ("\"KRB-ERROR 41\"]", "\"KRB-ERROR MODIFIED\"]"),
        ("evidence = \"documented\"", "evidence = \"heard of\""),
        ("evidence = \"documented\"\n", ""),
        ("works   = true", "works   = \"true\""),
    ] {
        assert!(good.contains(from), "the good file has no {from:?}");
        let broken = good.replacen(from, to, 1);
        assert!(!validator.is_valid(&json(&broken)), "{from:?} as {to:?}");
        assert!(script::parse(&path, &broken).is_err(), "{from:?} as {to:?}");
    }
}

/// Spellings that the program takes must not be marked.
#[test]
fn every_spelling_of_a_value_is_valid() {
    let validator = validator();
    let path = root().join("scenarios/000-event4-modified/service-key-mismatch.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("kdc      = \"kdc1\"", "kdc      = [\"kdc1\"]"),
        (
            "alice = \"correct horse\"",
            "alice = { password = \"x\", attributes = [\"-preauth\"], expires = \"2105-12-31T23:59:59Z\" }",
        ),
        ("kdc1 = {}", "kdc1 = { clock = \"-1h 30m\" }"),
        (
            "kdc1 = {}",
            "kdc1 = { client = { enctypes = [\"aes256-sha2\", \"rc4-hmac\"], clockskew = \"5 minutes\" } }",
        ),
        (
            "error    = \"KRB_AP_ERR_MODIFIED\"",
            "error    = \"KRB5KRB_AP_ERR_MODIFIED\"",
        ),
        ("\"KRB-ERROR 41\"]", "\"KRB-ERROR\"]"),
    ] {
        assert!(good.contains(from), "the good file has no {from:?}");
        let other = good.replacen(from, to, 1);
        if let Err(error) = script::parse(&path, &other) {
            panic!("{error}");
        }
        if let Err(error) = validator.validate(&json(&other)) {
            panic!("{to:?}: {error}");
        }
    }
}
