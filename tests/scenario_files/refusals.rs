//! What is wrong with a scenario file is shown with its place and the remedy.

use std::path::Path;

use kdclab::catalogue::{CatalogueError, Scenario};
use kdclab::check;

/// A scenario that is right.
const GOOD: &str = r#"format    = 1
title     = "A title"
catalogue = ["S000-5"]
story     = "A story."

[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
users    = { alice = "correct horse", bob = { password = "x", attributes = ["+requires_preauth"] } }
services = { "cifs/fs1.lab.example" = "fs1" }

[host]
kdc1 = {}
ws1  = { clock = "+10s" }
fs1  = { dialect = "windows" }

[[control]]
call = { user = "bob", from = "ws1" }

[[fault]]
reset_key = "cifs/fs1.lab.example"

[[symptom]]
call     = { user = "alice", from = "ws1", to = "cifs/fs1.lab.example" }
error    = "KRB_AP_ERR_MODIFIED"
evidence = "documented"

[[fix]]
title   = "Export the key"
do      = [{ export_keytab = { of = "cifs/fs1.lab.example", to = "fs1" } }]
works   = true
because = "The server needs it."

[[fix]]
title   = "Wait"
do      = [{ wait = "5m" }]
works   = false
error   = "KRB_AP_ERR_MODIFIED"
because = "Time heals nothing."
"#;

fn parse(text: &str) -> Result<Scenario, CatalogueError> {
    Scenario::parse(Path::new("mine.toml"), text)
}

#[test]
fn the_good_file_runs() {
    let scenario = parse(GOOD).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    assert!(report.is_ok(), "{:?}", report.mismatches);
}

/// Replaces `from` by `to` in the good file and expects the fault at the marked place.
#[track_caller]
fn refused(from: &str, to: &str, title: &str, help: &str) {
    assert!(GOOD.contains(from), "the good file has no {from:?}");
    let text = GOOD.replacen(from, to, 1);
    let error = match parse(&text) {
        Ok(_) => panic!("the file was accepted"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains(title), "{title:?} is not in:\n{error}");
    assert!(error.contains(help), "{help:?} is not in:\n{error}");
    let changed = text
        .lines()
        .zip(GOOD.lines().chain(std::iter::repeat("")))
        .position(|(new, old)| new != old)
        .map_or(0, |index| index + 1);
    assert!(
        error.contains(&format!("mine.toml:{changed}:")),
        "line {changed} is not named in:\n{error}"
    );
}

macro_rules! refusals {
    ($($name:ident: $from:literal => $to:literal, $title:literal, $help:literal;)*) => {$(
        #[test]
        fn $name() {
            refused($from, $to, $title, $help);
        }
    )*};
}

refusals! {
    unknown_top_level_key: "story " => "strory", "unknown field `strory`", "`story`";
    unknown_key_of_a_host: "clock = " => "clokc = ", "unknown field `clokc`", "`clock`";
    unknown_verb: "reset_key" => "rest_key", "unknown variant `rest_key`", "`reset_key`";
    unknown_dialect: "\"windows\"" => "\"vms\"", "unknown variant `vms`", "`windows`";
    wrong_type: "works   = true" => "works   = \"yes\"", "expected a boolean", "";
    host_that_is_a_path: "ws1  = {" => "\"../ws1\" = {}\nws1  = {", "`../ws1` is not a host's name", "use letters, digits";
    unknown_host: "from = \"ws1\", to" => "from = \"ws2\", to", "unknown host `ws2`", "did you mean `ws1`?";
    unknown_kdc_host: "kdc      = \"kdc1\"" => "kdc      = \"dc\"", "unknown host `dc`", "`kdc1`";
    unknown_user: "user = \"alice\"" => "user = \"alcie\"", "unknown principal `alcie`", "did you mean `alice`?";
    unknown_service: "to = \"cifs/fs1.lab.example\" }" => "to = \"cifs/fs2.lab.example\" }",
        "unknown service `cifs/fs2.lab.example`", "did you mean `cifs/fs1.lab.example`?";
    unknown_principal: "reset_key = \"cifs/fs1.lab.example\"" => "reset_key = \"nfs/fs1\"",
        "unknown principal `nfs/fs1`", "expected one of";
    unknown_attribute: "+requires_preauth" => "+requires_preath", "requires_preath", "+requires_preauth";
    unknown_error: "\"KRB_AP_ERR_MODIFIED\"" => "\"KRB_AP_ERR_MODIFYED\"", "unknown error `KRB_AP_ERR_MODIFYED`", "RFC 4120";
    bad_duration: "wait = \"5m\"" => "wait = \"five\"", "`five` is not a length of time", "`5m`";
    bad_clock_offset: "\"+10s\"" => "\"10s\"", "`10s` is not a clock offset", "`+310s`";
    unknown_format: "format    = 1" => "format    = 2", "unknown format 2", "this version reads format 1";
    right_fix_with_an_error: "works   = true" => "works   = true\nerror   = \"KRB_AP_ERR_MODIFIED\"",
        "a fix that works leaves no error", "works = false";
    control_out_of_range: "works   = false\nerror   = \"KRB_AP_ERR_MODIFIED\"" => "works   = false\nbreaks_control = 2",
        "there is no control 2", "the scenario has 1";
    fix_without_a_reason: "because = \"Time heals nothing.\"" => "because = \" \"", "does not say why", "because";
    a_wait_of_centuries: "wait = \"5m\"" => "wait = \"101y\"", "`101y` is too long", "`100y`";
    an_attempt_a_million_times: "[{ wait = \"5m\" }]" => "[{ attempt = { call = { user = \"bob\", from = \"ws1\" }, times = 1000000 } }]",
        "cannot happen 1000000 times", "from 1 to 1000";
    an_attempt_no_times: "[{ wait = \"5m\" }]" => "[{ attempt = { call = { user = \"bob\", from = \"ws1\" }, times = 0 } }]",
        "cannot happen 0 times", "from 1 to 1000";
    failing_of_a_single_call: "evidence" => "failing  = 0\nevidence", "`failing` is about simultaneous calls", "remove it";
    a_cause_without_an_error: "error    = \"KRB_AP_ERR_MODIFIED\"" => "cause    = \"replay\"", "none is expected", "add `error";
    an_unknown_message_in_a_trace: "evidence" => "trace    = [\"AS-RQE\"]\nevidence", "unknown message `AS-RQE`", "did you mean";
    a_realm_that_ends_its_section: "[realm.\"LAB.EXAMPLE\"]" => "[realm.\"LAB]\\nx\"]", "is not a realm's name", "LAB.EXAMPLE";
    a_realm_without_a_kdc: "kdc      = \"kdc1\"" => "kdc      = []", "the realm has no KDC", "name the host";
    a_principal_defined_twice: "services = { " => "services = { alice = \"fs1\", ", "`alice` is defined twice", "";
    an_enterprise_name_for_nobody: "from = \"ws1\", to" => "from = \"ws1\", enterprise = true, to",
        "`enterprise` is about the name in `for_user`", "add `for_user";
    a_service_beside_a_user_asked_for: "from = \"ws1\", to" => "from = \"ws1\", for_user = \"bob\", to",
        "ends with the ticket", "remove `to`";
    an_unknown_user_asked_for: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\", for_user = \"alcie\" }",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_unknown_service_to_delegate_to: "wait = \"5m\"" => "modify_principal = { name = \"cifs/fs1.lab.example\", allowed_to_delegate_to = [\"nfs/fs1\"] }",
        "unknown service `nfs/fs1`", "cifs/fs1.lab.example";
    an_unknown_service_of_a_service_to_delegate_to: "\"cifs/fs1.lab.example\" = \"fs1\"" => "\"cifs/fs1.lab.example\" = { host = \"fs1\", allowed_to_delegate_to = [\"nfs/fs1\"] }",
        "unknown service `nfs/fs1`", "cifs/fs1.lab.example";
    a_flag_without_a_sign: "evidence" => "flags    = [\"forwardable\"]\nevidence", "`forwardable` is not a ticket flag", "`+forwardable`";
    not_toml: "format    = 1" => "format    : 1", "", "";
}

/// Nothing stands where something is missing, so the fix's title is shown.
#[test]
fn wrong_fix_without_an_error() {
    let text = GOOD.replace(
        "works   = false\nerror   = \"KRB_AP_ERR_MODIFIED\"",
        "works   = false",
    );
    let Err(error) = parse(&text) else {
        panic!("the file was accepted")
    };
    let error = error.to_string();
    for part in [
        "mine.toml:34:11",
        "does not say what remains",
        "breaks_control",
    ] {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
}

/// A scenario whose file is right and whose world does otherwise is found when it runs.
#[track_caller]
fn fails(from: &str, to: &str, what: &str, expected: &str, actual: &str) {
    assert!(GOOD.contains(from), "the good file has no {from:?}");
    let scenario = parse(&GOOD.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let shown: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    let found = report.mismatches.iter().any(|mismatch| {
        mismatch.what.contains(what)
            && mismatch.expected.contains(expected)
            && mismatch.actual.contains(actual)
            && mismatch.place.starts_with("mine.toml:")
    });
    assert!(
        found,
        "{what}: {expected} / {actual} is not in:\n{}",
        shown.join("\n")
    );
}

macro_rules! mismatches {
    ($($name:ident: $from:literal => $to:literal, $what:literal, $expected:literal, $actual:literal;)*) => {$(
        #[test]
        fn $name() {
            fails($from, $to, $what, $expected, $actual);
        }
    )*};
}

mismatches! {
    another_error: "error    = \"KRB_AP_ERR_MODIFIED\"" => "error    = \"KRB_AP_ERR_SKEW\"",
        "error", "KRB_AP_ERR_SKEW (37)", "KRB_AP_ERR_MODIFIED (41)";
    another_sender: "evidence" => "sent_by  = \"kdc1\"\nevidence", "sent_by", "kdc1", "fs1";
    another_cause: "evidence" => "cause    = \"replay\"\nevidence", "cause", "replay", "key-version";
    another_text: "evidence" => "text     = \"Oh dear\"\nevidence", "text", "Oh dear", "Message stream modified";
    another_order: "evidence" => "trace    = [\"TGS-REP\", \"AS-REP\"]\nevidence", "trace", "AS-REP", "TGS-REQ";
    another_number_of_packets: "evidence" => "packets  = 0\nevidence", "packets", "0", "10";
    another_flag: "evidence" => "flags    = [\"-initial\", \"+forwardable\"]\nevidence", "flags", "+forwardable", "pre-authent";
    another_log: "evidence" => "log.fs1  = \"Oh dear\"\nevidence", "log", "Oh dear", "";
    a_fault_that_breaks_nothing: "reset_key = \"cifs/fs1.lab.example\"" => "wait = \"1m\"",
        "error", "KRB_AP_ERR_MODIFIED (41)", "success";
    a_right_fix_that_does_not_help: "[{ export_keytab = { of = \"cifs/fs1.lab.example\", to = \"fs1\" } }]" => "[{ wait = \"1m\" }]",
        "a fix that works", "success", "KRB_AP_ERR_MODIFIED (41)";
    a_wrong_fix_that_helps: "[{ wait = \"5m\" }]" => "[{ ktadd = { of = \"cifs/fs1.lab.example\", to = \"fs1\" } }]",
        "what remains after a wrong fix", "KRB_AP_ERR_MODIFIED (41)", "success";
    a_step_that_changes_nothing: "[{ wait = \"5m\" }]" => "[{ unlock = \"alice\" }]",
        "step", "changes something", "noop";
    a_noop_that_changes_something: "[{ wait = \"5m\" }]" => "[{ noop = { reset_key = \"cifs/fs1.lab.example\" } }]",
        "step", "", "without `noop`";
    an_attempt_that_ends_otherwise: "[{ wait = \"5m\" }]" => "[{ attempt = { call = { user = \"bob\", from = \"ws1\" }, error = \"KDC_ERR_PREAUTH_FAILED\" } }]",
        "step", "", "KDC_ERR_PREAUTH_FAILED (24)";
    a_control_that_the_fault_breaks: "reset_key = \"cifs/fs1.lab.example\"" => "set_password = { user = \"bob\", password = \"new\", told = false }",
        "control 1", "success", "KDC_ERR_PREAUTH_FAILED (24)";
    a_control_that_fails_in_the_healthy_world: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\", password = \"wrong\" }",
        "control 1", "success", "KDC_ERR_PREAUTH_FAILED (24)";
    a_call_that_fails_in_the_healthy_world: "fs1  = { dialect = \"windows\" }" => "fs1  = { dialect = \"windows\", clock = \"+1h\" }",
        "before the fault", "success", "KRB_AP_ERR_SKEW (37)";
}

/// The phases of a report say where it went wrong, a step that cannot be done included.
#[test]
fn each_phase_says_whether_it_went_as_stated() {
    let text = GOOD
        .replacen("reset_key = \"cifs/fs1.lab.example\"", "reset_key = \"cifs/fs1.lab.example\"\n\n[[fault]]\nset_password = { user = \"bob\", password = \"new\", told = false }", 1)
        .replacen("[{ wait = \"5m\" }]", "[{ unlock = \"alice\" }]", 1);
    let scenario = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let phases: Vec<(String, bool)> = report
        .phases
        .iter()
        .map(|phase| (phase.phase.to_string(), phase.ok))
        .collect();
    let expected = [
        ("healthy", true),
        ("control:1", true),
        ("broken", false),
        ("fix:1", false),
        ("fix:2", false),
    ];
    let expected: Vec<(String, bool)> = expected
        .iter()
        .map(|(name, ok)| ((*name).to_owned(), *ok))
        .collect();
    assert_eq!(phases, expected);
}

/// A transcript covers every packet, those of the steps before the phases too.
#[test]
fn a_transcript_covers_given_steps() {
    let quiet = "format = 1\ntitle = \"t\"\ncatalogue = []\nstory = \"s\"\nlesson = true\n\
                 [realm.LAB]\nkdc = \"kdc1\"\nusers = { alice = \"x\" }\n[host]\nkdc1 = {}\n";
    let given = "[[given]]\nattempt = { call = { user = \"alice\", from = \"kdc1\" } }\n";
    let transcript = |text: &str| {
        let scenario = parse(text).unwrap_or_else(|error| panic!("{error}"));
        check::run(&scenario, 1).transcript_sha256
    };
    assert_eq!(transcript(quiet), transcript(quiet));
    assert_ne!(transcript(quiet), transcript(&format!("{quiet}{given}")));
}

/// Fixes are tried on the world as the symptom left it: an account that the symptom locks stays locked.
#[test]
fn a_fix_meets_the_world_as_the_symptom_left_it() {
    let text = GOOD
        .replace(
            "services = {",
            "settings = { lockout = { maxfailure = 1 } }\nservices = {",
        )
        .replace(
            "reset_key = \"cifs/fs1.lab.example\"",
            "set_password = { user = \"alice\", password = \"new\", told = false }",
        )
        .replace("error    = \"KRB_AP_ERR_MODIFIED\"", "error    = \"KDC_ERR_PREAUTH_FAILED\"")
        .replace(
            "{ export_keytab = { of = \"cifs/fs1.lab.example\", to = \"fs1\" } }",
            "{ unlock = \"alice\" }, { set_password = { user = \"alice\", password = \"correct horse\" } }",
        )
        .replace("error   = \"KRB_AP_ERR_MODIFIED\"", "error   = \"KDC_ERR_CLIENT_REVOKED\"");
    let scenario = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let shown: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    assert!(report.is_ok(), "{}", shown.join("\n"));
}
