//! The command line as scripts use it: what it prints, and how it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use kdclab::catalogue;
use serde_json::Value;
use tempfile::TempDir;

fn kdclab(arguments: &[&str]) -> Output {
    kdclab_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

fn kdclab_in(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kdclab"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("KDCLAB_SEED")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const SCENARIO: &str = "scenarios/000-event4-modified/service-key-mismatch.toml";

#[test]
fn run_of_the_whole_catalogue_is_one_line_each_and_status_0() {
    let output = kdclab(&["run"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    let listed = stdout(&kdclab(&["list"])).lines().count();
    assert_eq!(text.lines().count(), listed + 1, "{text}");
    assert!(
        text.ends_with(&format!("{listed} passed, 0 failed\n")),
        "{text}"
    );
    assert!(text.contains("KRB_AP_ERR_MODIFIED (41) from fs1"), "{text}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn run_of_an_id_and_of_a_path_are_the_same() {
    let by_id = kdclab(&["run", "service-key-mismatch", "--format", "json"]);
    let by_path = kdclab(&["run", SCENARIO, "--format", "json"]);
    assert_eq!(stdout(&by_id), stdout(&by_path));
}

#[test]
fn a_trace_shows_each_phase_with_its_packets() {
    let text = stdout(&kdclab(&["run", "client-disabled", "--trace"]));
    for part in [
        "\n  healthy\n",
        "\n  control:1\n",
        "\n  broken\n",
        "\n  fix:4\n",
        "KRB-ERROR 18",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn an_unknown_id_is_status_2_and_names_the_closest() {
    let output = kdclab(&["run", "client-disabledd"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("did you mean `client-disabled`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_unknown_flag_is_status_2() {
    assert_eq!(kdclab(&["run", "--fast"]).status.code(), Some(2));
    assert_eq!(kdclab(&["run", "--shard", "0/3"]).status.code(), Some(2));
    assert_eq!(kdclab(&["run", "--jobs", "0"]).status.code(), Some(2));
    assert_eq!(kdclab(&[]).status.code(), Some(2));
}

#[test]
fn a_missing_file_and_a_directory_are_status_2() {
    for path in ["nowhere.toml", "scenarios/000-event4-modified"] {
        let output = kdclab(&["check", path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(stderr(&output).contains(path), "{}", stderr(&output));
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_status_2() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("mine.toml"), b"title = \"\xff\"").unwrap();
    let output = kdclab_in(directory.path(), &["run", "./mine.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("mine.toml"), "{}", stderr(&output));
}

#[test]
fn check_says_which_file_is_right_and_where_another_is_wrong() {
    let output = kdclab(&["check", SCENARIO]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), format!("ok     {SCENARIO}\n"));

    let directory = TempDir::new().unwrap();
    let text = std::fs::read_to_string(SCENARIO).unwrap();
    let wrong = text.replacen("from = \"ws1\"", "from = \"wsl\"", 1);
    std::fs::write(directory.path().join("mine.toml"), wrong).unwrap();
    let output = kdclab_in(directory.path(), &["check", "mine.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "\
error: unknown host `wsl`
  --> mine.toml:23:31
   |
23 | call = { user = \"bob\", from = \"wsl\", to = \"HTTP/web1.lab.example\" }
   |                               ^^^^^
   |
   = help: did you mean `ws1`?
";
    assert_eq!(stderr(&output), expected);
}

#[test]
fn check_tells_of_every_file_and_a_bad_one_outweighs_a_lint() {
    let directory = TempDir::new().unwrap();
    let text = std::fs::read_to_string(SCENARIO).unwrap();
    let lint = text.replacen("kdc1 = {}", "kdc1 = {}\nws2  = {}", 1);
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("bad.toml", "format = 1");
    write("good.toml", &text);
    write("lint.toml", &lint);

    let output = kdclab_in(directory.path(), &["check", "lint.toml", "good.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "ok     good.toml\n");
    let expected = "\
warning: unused host `ws2`
  --> lint.toml:18:1
   |
18 | ws2  = {}
   | ^^^
   |
   = help: nothing in the file names it; remove it, or let it have a part
";
    assert_eq!(stderr(&output), expected);

    let output = kdclab_in(
        directory.path(),
        &["check", "bad.toml", "lint.toml", "good.toml"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), "ok     good.toml\n");
    assert!(stderr(&output).contains("--> bad.toml:1:1"));
    assert!(stderr(&output).ends_with(expected));
}

#[test]
fn schema_prints_the_schema_that_the_files_name() {
    let output = kdclab(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let shipped = std::fs::read_to_string("scenarios/schema.json").unwrap();
    assert!(stdout(&output) == shipped);
}

#[test]
fn new_writes_a_scenario_that_checks_and_runs() {
    let directory = TempDir::new().unwrap();
    let here = directory.path();
    let output = kdclab_in(here, &["new", "moved-file-server"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "moved-file-server.toml\n");

    let output = kdclab_in(here, &["check", "moved-file-server.toml"]);
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
    let output = kdclab_in(here, &["run", "moved-file-server.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn new_overwrites_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("mine.toml");
    std::fs::write(&path, "precious").unwrap();
    let output = kdclab_in(directory.path(), &["new", "mine"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write mine.toml"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn new_takes_no_bad_and_no_taken_id() {
    let directory = TempDir::new().unwrap();
    for (id, reason) in [
        ("../mine", "`../mine` is no id of a scenario"),
        ("Mine", "`Mine` is no id"),
        ("mine.toml", "`mine.toml` is no id"),
        ("", "`` is no id"),
        (
            "service-key-mismatch",
            "the catalogue has a scenario `service-key-mismatch`",
        ),
    ] {
        let output = kdclab_in(directory.path(), &["new", id]);
        assert_eq!(output.status.code(), Some(2), "{id}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// A wrong expectation prints what was expected and what happened with name and number, the place, the
/// packets, and the command that replays it.
#[test]
fn a_wrong_expectation_is_status_1_and_tells_all() {
    let directory = TempDir::new().unwrap();
    let text = std::fs::read_to_string(SCENARIO).unwrap();
    let wrong = text.replacen(
        "error    = \"KRB_AP_ERR_MODIFIED\"",
        "error    = \"KRB_AP_ERR_BADKEYVER\"",
        1,
    );
    std::fs::write(directory.path().join("mine.toml"), wrong).unwrap();
    let output = kdclab_in(directory.path(), &["run", "mine.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    for part in [
        "FAILED mine",
        "mine.toml:30:12: error in phase broken",
        "expected: KRB_AP_ERR_BADKEYVER (44)",
        "actual:   KRB_AP_ERR_MODIFIED (41)",
        "ws1 -> kdc1",
        "AP-REQ",
        "KRB-ERROR 41",
        "replay with: kdclab run mine.toml --seed 1 --trace",
        "0 passed, 1 failed",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn list_json_has_the_fields_of_the_contract() {
    let output = kdclab(&["list", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(!list.is_empty());
    for entry in &list {
        assert!(entry["id"].is_string());
        assert!(entry["title"].is_string());
        assert!(entry["source"].is_string());
        assert!(entry["catalogue"].is_array());
        assert!(entry["teaches"].is_array());
        assert!(entry["fixes"].is_u64());
        assert!(entry["wrong_fixes"].is_u64());
        assert!(entry["lesson"].is_boolean());
    }
}

/// Every failure of the catalogue has a scenario.
#[test]
fn list_json_covers_the_catalogue() {
    let output = kdclab(&["list", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let covered: BTreeSet<&str> = list
        .iter()
        .flat_map(|entry| entry["catalogue"].as_array().unwrap())
        .map(|id| id.as_str().unwrap())
        .collect();
    let missing: Vec<&str> = catalogue::IDS
        .into_iter()
        .filter(|id| !covered.contains(id))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn run_json_has_the_fields_of_the_contract() {
    let report = &json_lines(&kdclab(&["run", "client-disabled", "--format", "json"]))[0];
    assert_eq!(report["id"], "client-disabled");
    assert_eq!(report["ok"], true);
    assert_eq!(report["seed"], 1);
    assert_eq!(report["transcript_sha256"].as_str().unwrap().len(), 64);
    let phases = report["phases"].as_array().unwrap();
    let names: Vec<&str> = phases
        .iter()
        .map(|phase| phase["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..3], ["healthy", "control:1", "broken"]);
    assert!(names.len() > 3);
    for (index, name) in names[3..].iter().enumerate() {
        assert_eq!(*name, format!("fix:{}", index + 1));
    }
    let broken = &phases[2];
    assert_eq!(broken["ok"], true);
    assert_eq!(broken["error"], "KDC_ERR_CLIENT_REVOKED");
    assert_eq!(broken["cause"], "client-disabled");
    assert_eq!(broken["packets"], 2);
    assert_eq!(phases[0]["error"], Value::Null);
}

fn transcripts(arguments: &[&str]) -> BTreeMap<String, String> {
    let arguments = [&["run", "--format", "json"], arguments].concat();
    json_lines(&kdclab(&arguments))
        .iter()
        .map(|report| {
            let text = |field: &str| report[field].as_str().unwrap().to_owned();
            (text("id"), text("transcript_sha256"))
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_however_many_jobs_run() {
    let first = transcripts(&[]);
    assert_eq!(first, transcripts(&[]));
    assert_eq!(first, transcripts(&["--jobs", "1"]));
    assert_eq!(first, transcripts(&["--jobs", "2"]));
}

#[test]
fn another_seed_gives_other_bytes_in_every_scenario() {
    let (first, second) = (transcripts(&[]), transcripts(&["--seed", "2"]));
    for (id, transcript) in &first {
        assert_ne!(transcript, &second[id], "{id}");
    }
}

#[test]
fn shards_lose_nothing_and_have_nothing_twice() {
    let whole: Vec<String> = transcripts(&[]).into_keys().collect();
    let mut parts: Vec<String> = (1..=3)
        .flat_map(|part| transcripts(&["--shard", &format!("{part}/3")]).into_keys())
        .collect();
    parts.sort();
    assert_eq!(whole, parts);
}

#[test]
fn junit_and_pcap_files_are_written() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (junit, pcap) = (path("report.xml"), path("packets.pcapng"));
    let output = kdclab(&["run", "client-disabled", "--junit", &junit, "--pcap", &pcap]);
    assert_eq!(output.status.code(), Some(0));
    let xml = std::fs::read_to_string(junit).unwrap();
    assert!(
        xml.contains("tests=\"1\" skipped=\"0\" failures=\"0\""),
        "{xml}"
    );
    assert!(xml.contains("<testcase name=\"client-disabled\""), "{xml}");
    let packets = std::fs::read(pcap).unwrap();
    assert_eq!(packets[..4], [0x0a, 0x0d, 0x0d, 0x0a]);

    let output = kdclab(&["run", "client-disabled", "--junit", "/nowhere/report.xml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("/nowhere/report.xml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let kdclab = env!("CARGO_BIN_EXE_kdclab");
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "{{ {kdclab} run --trace; echo $? >&2; }} | head -n 1"
        ))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(stderr(&output), "0\n");
}
