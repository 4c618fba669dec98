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
    assert_runs(GOOD);
}

pub(super) fn assert_runs(good: &str) {
    let scenario = parse(good).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    assert!(report.is_ok(), "{:?}", report.mismatches);
}

/// Replaces `from` by `to` in the good file and expects the fault at the marked place.
#[track_caller]
pub(super) fn refused(good: &str, from: &str, to: &str, title: &str, help: &str) {
    assert!(good.contains(from), "the good file has no {from:?}");
    let text = good.replacen(from, to, 1);
    let error = match parse(&text) {
        Ok(_) => panic!("the file was accepted"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains(title), "{title:?} is not in:\n{error}");
    assert!(error.contains(help), "{help:?} is not in:\n{error}");
    let changed = text
        .lines()
        .zip(good.lines().chain(std::iter::repeat("")))
        .position(|(new, old)| new != old)
        .map_or(0, |index| index + 1);
    assert!(
        error.contains(&format!("mine.toml:{changed}:")),
        "line {changed} is not named in:\n{error}"
    );
}

macro_rules! refusals {
    ($good:ident, $($name:ident: $from:literal => $to:literal, $title:literal, $help:literal;)*) => {$(
        #[test]
        fn $name() {
            $crate::refusals::refused($good, $from, $to, $title, $help);
        }
    )*};
}
pub(super) use refusals;

refusals! { GOOD,
    unknown_top_level_key: "story " => "strory", "unknown field `strory`", "did you mean `story`?";
    unknown_key_of_a_host: "clock = " => "clokc = ", "unknown field `clokc`", "did you mean `clock`?";
    unknown_verb: "reset_key" => "rest_key", "unknown name `rest_key`", "did you mean `reset_key`?";
    table_for_a_list: "[[fault]]" => "[fault]", "a table stands where a list belongs", "write `[[fault]]`";
    table_in_one_line_for_a_list: "[\"S000-5\"]" => "{ id = \"S000-5\" }", "a table stands where a list belongs", "`[{ ... }]`";
    unknown_dialect: "\"windows\"" => "\"vms\"", "unknown name `vms`", "expected one of `mit`";
    wrong_type: "works   = true" => "works   = \"yes\"", "expected a boolean", "";
    unknown_abi: "ws1  = { clock = \"+10s\" }" => "ws1  = { abi = \"vax\", dialect = \"pan-os\" }", "unknown name `vax`", "`mips`";
    an_abi_that_nobody_tells: "ws1  = { clock = \"+10s\" }" => "ws1  = { abi = \"mips\" }",
        "host `ws1` tells no errno numbers", "dialect = \"pan-os\"";
    a_lock_that_mit_waits_for: "[{ wait = \"5m\" }]" => "[{ lock_ccache = { user = \"alice\", on = \"ws1\" } }]",
        "`ws1` does not fail at a locked cache", "dialect = \"pan-os\"";
    a_lock_of_nobody: "[{ wait = \"5m\" }]" => "[{ unlock_ccache = { user = \"alcie\", on = \"ws1\" } }]",
        "unknown principal `alcie`", "did you mean `alice`?";
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
    a_rewrite_without_its_message: "reset_key = \"cifs/fs1.lab.example\"" => "link = { do = { rewrite = { cname = \"bob\" } } }",
        "does not say which messages' `cname`", "`message = \"AS-REP\"`";
    a_rewrite_of_a_field_that_is_elsewhere: "reset_key = \"cifs/fs1.lab.example\"" => "link = { message = \"AS-REP\", do = { rewrite = { etype = [] } } }",
        "`AS-REP` has no field `etype`", "`message = \"AS-REQ\"`";
    a_rewrite_to_a_name_with_a_realm: "reset_key = \"cifs/fs1.lab.example\"" => "link = { message = \"AS-REP\", do = { rewrite = { cname = \"bob@LAB\" } } }",
        "`bob@LAB` is not a principal's name without realm", "";
    a_trust_that_is_none: "reset_key = \"cifs/fs1.lab.example\"" => "remove_trust_key = { of = \"krbtgt/A@B\", realm = \"LAB.EXAMPLE\" }",
        "unknown trust `krbtgt/A@B`", "";
    an_unresolved_kdc_that_is_no_host: "reset_key = \"cifs/fs1.lab.example\"" => "configure_client = { host = \"ws1\", set = { unresolved_kdcs = [\"kdc9\"] } }",
        "unknown host `kdc9`", "did you mean `kdc1`?";
    an_unknown_message_in_a_trace: "evidence" => "trace    = [\"AS-RQE\"]\nevidence", "unknown message `AS-RQE`", "did you mean";
    an_unknown_part_of_a_message: "evidence" => "decrypted_by.\"AS-REP encpart\" = []\nevidence", "unknown part of a message `AS-REP encpart`", "AS-REP enc-part";
    an_unknown_holder_of_a_key: "evidence" => "decrypted_by.\"AS-REP enc-part\" = [\"mallory\"]\nevidence", "unknown user `mallory`", "alice";
    a_service_as_the_holder_of_a_key: "evidence" => "decrypted_by.\"AP-REQ ticket\" = [\"cifs/fs1.lab.example\"]\nevidence", "unknown user", "alice";
    an_unknown_client_of_authenticators: "ws1  = {" => "ws1  = { client = { authenticator_client = \"mallory\" }, ", "unknown principal `mallory`", "alice";
    a_realm_that_ends_its_section: "[realm.\"LAB.EXAMPLE\"]" => "[realm.\"LAB]\\nx\"]", "is not a realm's name", "LAB.EXAMPLE";
    a_realm_without_a_kdc: "kdc      = \"kdc1\"" => "kdc      = []", "the realm has no KDC", "name the host";
    a_principal_of_every_realm: "services = { " => "services = { \"kadmin/changepw\" = \"fs1\", ", "every realm has `kadmin/changepw` already", "remove it";
    a_principal_defined_twice: "services = { " => "services = { alice = \"fs1\", ", "`alice` is defined twice", "";
    an_enterprise_name_for_nobody: "from = \"ws1\", to" => "from = \"ws1\", enterprise = true, to",
        "`enterprise` is about the name in `for_user`", "add `for_user";
    a_service_beside_a_user_asked_for: "from = \"ws1\", to" => "from = \"ws1\", for_user = \"bob\", to",
        "ends with the ticket", "remove `to`";
    an_unknown_user_asked_for: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\", for_user = \"alcie\" }",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_unknown_host_of_kpasswd: "wait = \"5m\"" => "kpasswd = { user = \"bob\", from = \"ws2\", new = \"n\" }",
        "unknown host `ws2`", "did you mean `ws1`?";
    an_unknown_user_of_kpasswd: "wait = \"5m\"" => "kpasswd = { user = \"alcie\", from = \"ws1\", new = \"n\" }",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_unknown_target_of_kpasswd: "wait = \"5m\"" => "kpasswd = { user = \"bob\", from = \"ws1\", of = \"alcie\", new = \"n\" }",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_unknown_administrator: "wait = \"5m\"" => "configure_realm = { realm = \"LAB.EXAMPLE\", set = { administrators = [\"alcie\"] } }",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_unknown_administrator_of_a_realm: "kdc      = \"kdc1\"" => "settings = { administrators = [\"alcie\"] }\nkdc      = \"kdc1\"",
        "unknown principal `alcie`", "did you mean `alice`?";
    an_attempt_at_nothing: "[{ wait = \"5m\" }]" => "[{ attempt = { times = 1 } }]",
        "exactly one of `call` and `kpasswd`", "keep one";
    an_unknown_service_to_delegate_to: "wait = \"5m\"" => "modify_principal = { name = \"cifs/fs1.lab.example\", allowed_to_delegate_to = [\"nfs/fs1\"] }",
        "unknown service `nfs/fs1`", "cifs/fs1.lab.example";
    an_unknown_service_of_a_service_to_delegate_to: "\"cifs/fs1.lab.example\" = \"fs1\"" => "\"cifs/fs1.lab.example\" = { host = \"fs1\", allowed_to_delegate_to = [\"nfs/fs1\"] }",
        "unknown service `nfs/fs1`", "cifs/fs1.lab.example";
    a_flag_without_a_sign: "evidence" => "flags    = [\"forwardable\"]\nevidence", "`forwardable` is not a ticket flag", "`+forwardable`";
    not_toml: "format    = 1" => "format    : 1", "", "";
}

refusals! { GOOD,
    kinit_that_reaches_a_service: "from = \"ws1\", to = \"cifs/fs1.lab.example\" }\nerror" => "from = \"ws1\", to = \"cifs/fs1.lab.example\", kinit = true }\nerror",
        "kinit reaches no service", "a call of its own";
    a_mode_that_is_none: "[{ wait = \"5m\" }]" => "[{ change_mode = { host = \"fs1\", path = \"/d\", mode = \"0789\" } }]",
        "`0789` is not the permissions of a directory", "as `0755`";
    a_mode_of_more_bits: "[{ wait = \"5m\" }]" => "[{ set_umask = { host = \"fs1\", user = \"hdfs\", umask = \"1777\" } }]",
        "`1777` is not the permissions of a directory", "as `0755`";
    a_directory_with_a_detour: "[{ wait = \"5m\" }]" => "[{ make_directory = { host = \"fs1\", path = \"/d/../e\", owner = \"hdfs\" } }]",
        "`/d/../e` is not the path of a directory", "without detours";
    a_directory_that_begins_nowhere: "[{ wait = \"5m\" }]" => "[{ remove_directory = { host = \"fs1\", path = \"d\" } }]",
        "`d` is not the path of a directory", "from the root";
    a_directory_on_no_host: "[{ wait = \"5m\" }]" => "[{ make_directory = { host = \"fs2\", path = \"/d\", owner = \"hdfs\" } }]",
        "unknown host `fs2`", "did you mean `fs1`?";
    a_mode_on_no_host: "[{ wait = \"5m\" }]" => "[{ change_mode = { host = \"fs2\", path = \"/d\", mode = \"0755\" } }]",
        "unknown host `fs2`", "did you mean `fs1`?";
    a_umask_on_no_host: "[{ wait = \"5m\" }]" => "[{ set_umask = { host = \"fs2\", user = \"hdfs\", umask = \"0022\" } }]",
        "unknown host `fs2`", "did you mean `fs1`?";
    a_task_controller_on_no_host: "[{ wait = \"5m\" }]" => "[{ set_task_controller = { host = \"fs2\", to = \"linux\" } }]",
        "unknown host `fs2`", "did you mean `fs1`?";
    a_job_on_no_host: "[{ wait = \"5m\" }]" => "[{ run_job = { call = { user = \"bob\", from = \"ws1\" }, on = \"fs2\" } }]",
        "unknown host `fs2`", "did you mean `fs1`?";
    a_job_of_nobody: "[{ wait = \"5m\" }]" => "[{ run_job = { call = { user = \"bbo\", from = \"ws1\" }, on = \"fs1\" } }]",
        "unknown principal `bbo`", "did you mean `bob`?";
    a_daemon_on_no_host: "call = { user = \"bob\", from = \"ws1\" }" => "start = { on = \"fs2\", user = \"hdfs\", directory = \"/d\" }",
        "unknown host `fs2`", "did you mean `fs1`?";
}

/// Two acts in one table: the table is shown.
#[test]
fn an_act_beside_a_call() {
    let job = "job = { call = { user = \"bob\", from = \"ws1\" }, on = \"fs1\" }";
    let kpasswd = "kpasswd = { user = \"bob\", from = \"ws1\", new = \"n\" }";
    for (table, act, title) in [
        (
            "[[control]]",
            job,
            "a [[control]] has exactly one of `act`, `call`, `job`, `kpasswd`, `replay` and `start`",
        ),
        (
            "[[symptom]]",
            kpasswd,
            "a [[symptom]] has exactly one of `act`, `call`, `job`, `kpasswd`, `simultaneous` and `start`",
        ),
    ] {
        let text = GOOD.replacen(table, &format!("{table}\n{act}"), 1);
        let Err(error) = parse(&text) else {
            panic!("the file was accepted")
        };
        assert!(error.to_string().contains(title), "{error}");
    }
}

/// Five thousand calls take seconds; a file cannot ask for millions by asking for thousands often.
#[test]
fn too_many_attempts_together() {
    let attempt = "{ attempt = { call = { user = \"bob\", from = \"ws1\" }, times = 1000 } }, ";
    let text = GOOD.replacen(
        "[{ wait = \"5m\" }]",
        &format!("[{}]", attempt.repeat(6)),
        1,
    );
    let Err(error) = parse(&text) else {
        panic!("the file was accepted")
    };
    let error = error.to_string();
    for part in ["6000 attempts", "at most 5000"] {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
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
fn fails(good: &str, from: &str, to: &str, what: &str, expected: &str, actual: &str) {
    assert!(good.contains(from), "the good file has no {from:?}");
    let scenario = parse(&good.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{error}"));
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
    ($good:ident, $($name:ident: $from:literal => $to:literal, $what:literal, $expected:literal, $actual:literal;)*) => {$(
        #[test]
        fn $name() {
            fails($good, $from, $to, $what, $expected, $actual);
        }
    )*};
}

mismatches! { GOOD,
    another_error: "error    = \"KRB_AP_ERR_MODIFIED\"" => "error    = \"KRB_AP_ERR_SKEW\"",
        "error", "KRB_AP_ERR_SKEW (37)", "KRB_AP_ERR_MODIFIED (41)";
    another_sender: "evidence" => "sent_by  = \"kdc1\"\nevidence", "sent_by", "kdc1", "fs1";
    another_cause: "evidence" => "cause    = \"replay\"\nevidence", "cause", "replay", "key-version";
    another_text: "evidence" => "text     = \"Oh dear\"\nevidence", "text", "Oh dear", "Message stream modified";
    another_order: "evidence" => "trace    = [\"TGS-REP\", \"AS-REP\"]\nevidence", "trace", "AS-REP", "TGS-REQ";
    another_number_of_packets: "evidence" => "packets  = 0\nevidence", "packets", "0", "10";
    another_reader: "evidence" => "decrypted_by.\"AS-REP enc-part\" = [\"bob\", \"kdc1\"]\nevidence",
        "who can decrypt the AS-REP enc-part", "kdc1, bob@LAB.EXAMPLE", "kdc1, alice@LAB.EXAMPLE";
    no_reader: "evidence" => "decrypted_by.\"AS-REP ticket\" = []\nevidence",
        "who can decrypt the AS-REP ticket", "nobody", "kdc1";
    a_part_that_does_not_travel: "evidence" => "decrypted_by.\"AP-REP enc-part\" = [\"alice\"]\nevidence",
        "who can decrypt the AP-REP enc-part", "alice@LAB.EXAMPLE", "no such part travelled";
    another_reader_in_a_control: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\" }\ndecrypted_by.\"AS-REP enc-part\" = [\"alice\"]",
        "who can decrypt the AS-REP enc-part", "alice@LAB.EXAMPLE", "kdc1, bob@LAB.EXAMPLE";
    another_order_in_a_control: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\" }\ntrace = [\"AS-REP\", \"AS-REQ\"]",
        "trace", "AS-REQ", "AS-REP";
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
    a_password_change_that_fails: "[{ wait = \"5m\" }]" => "[{ kpasswd = { user = \"bob\", from = \"ws1\", old = \"wrong\", new = \"n\" } }]",
        "step", "", "KDC_ERR_PREAUTH_FAILED (24)";
    an_attempt_that_ends_otherwise: "[{ wait = \"5m\" }]" => "[{ attempt = { call = { user = \"bob\", from = \"ws1\" }, error = \"KDC_ERR_PREAUTH_FAILED\" } }]",
        "step", "", "KDC_ERR_PREAUTH_FAILED (24)";
    a_control_that_the_fault_breaks: "reset_key = \"cifs/fs1.lab.example\"" => "set_password = { user = \"bob\", password = \"new\", told = false }",
        "control 1", "success", "KDC_ERR_PREAUTH_FAILED (24)";
    a_control_that_fails_in_the_healthy_world: "call = { user = \"bob\", from = \"ws1\" }" => "call = { user = \"bob\", from = \"ws1\", password = \"wrong\" }",
        "control 1", "success", "KDC_ERR_PREAUTH_FAILED (24)";
    a_call_that_fails_in_the_healthy_world: "fs1  = { dialect = \"windows\" }" => "fs1  = { dialect = \"windows\", clock = \"+1h\" }",
        "before the fault", "success", "KRB_AP_ERR_SKEW (37)";
}

/// A scenario whose symptom is a success.
const THEFT: &str = r#"format    = 1
title     = "A title"
catalogue = ["S004-D4"]
story     = "A story."

[realm."LAB.EXAMPLE"]
kdc      = "kdc1"
users    = { alice = "correct horse", bob = "battery staple" }
services = { "hdfs/nn1" = "nn1" }

[host]
evil = {}
kdc1 = {}
nn1  = {}
ws1  = {}

[[given]]
attempt = { call = { user = "alice", from = "ws1" } }

[[control]]
call = { user = "bob", from = "ws1" }

[[fault]]
export_keytab = { of = "krbtgt/LAB.EXAMPLE", to = "evil" }

[[fault]]
forge_ticket = { client = "ghost@LAB.EXAMPLE", on = "evil", flags = ["pre-authent"], lifetime = "10d" }

[[fault]]
copy_ccache = { user = "alice", from = "ws1", to = "evil" }

[[symptom]]
call      = { user = "ghost@LAB.EXAMPLE", from = "evil", to = "hdfs/nn1", warm = true, log_in = false }
must_fail = "KRB5_CC_NOTFOUND"
trace     = ["TGS-REP", "AP-REP"]
evidence  = "ran"

[[symptom]]
call      = { user = "alice", from = "evil", to = "hdfs/nn1", warm = true, log_in = false }
must_fail = "KRB5_CC_NOTFOUND"
evidence  = "ran"

[[fix]]
title    = "Change the key"
do       = [
    { change_key = { of = "krbtgt/LAB.EXAMPLE" } },
    { forge_ticket = { client = "ghost@LAB.EXAMPLE", on = "evil", lifetime = "1d" } },
    { copy_ccache = { user = "alice", from = "ws1", to = "evil" } },
]
works    = true
error    = "KRB_ERR_GENERIC"
sent_by  = "kdc1"
cause    = "key-of-ticket-missing"
text     = "KDC returned error string: PROCESS_TGS"
log.kdc1 = "No matching key in entry"
because  = "It opens no more."

[[fix]]
title   = "Empty alice's cache"
do      = [{ purge_ccache = { user = "alice", on = "ws1" } }]
works   = false
because = "Only one of the copies."

[[fix]]
title          = "Switch the KDC off"
do             = [{ host_down = "kdc1" }, { purge_ccache = { user = "ghost@LAB.EXAMPLE", on = "evil" } }, { purge_ccache = { user = "alice", on = "evil" } }]
works          = false
error          = "KRB5_CC_NOTFOUND"
breaks_control = 1
because        = "Nobody works any more."
"#;

#[test]
fn the_theft_runs() {
    let scenario = parse(THEFT).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let shown: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    assert!(report.is_ok(), "{}", shown.join("\n"));
}

refusals! { THEFT,
    a_flag_no_ticket_has: "[\"pre-authent\"]" => "[\"pre-auth\"]", "unknown flag `pre-auth`", "`pre-authent`";
    a_forged_client_that_is_unknown: "client = \"ghost@LAB.EXAMPLE\", on = \"evil\", flags" => "client = \"ghost\", on = \"evil\", flags",
        "unknown principal `ghost`", "expected one of";
    a_forged_ticket_for_no_service: "flags = [\"pre-authent\"]" => "server = \"hdfs/nn2\"", "`hdfs/nn2`", "did you mean `hdfs/nn1`?";
    a_forger_on_no_host: "on = \"evil\", flags" => "on = \"evli\", flags", "unknown host `evli`", "did you mean `evil`?";
    a_cache_copied_for_nobody: "copy_ccache = { user = \"alice\"" => "copy_ccache = { user = \"alcie\"", "unknown principal `alcie`", "did you mean `alice`?";
    a_cache_copied_from_nowhere: "from = \"ws1\", to = \"evil\" }" => "from = \"ws2\", to = \"evil\" }", "unknown host `ws2`", "`ws1`";
    a_cache_copied_to_nowhere: "from = \"ws1\", to = \"evil\" }" => "from = \"ws1\", to = \"evli\" }", "unknown host `evli`", "`evil`";
    keys_purged_of_nobody: "{ purge_ccache = { user = \"alice\", on = \"ws1\" } }" => "{ purge_keys = \"hdfs/nn2\" }", "unknown principal `hdfs/nn2`", "`hdfs/nn1`";
    a_success_with_an_error: "trace     = [\"TGS-REP\", \"AP-REP\"]" => "error     = \"KRB_ERR_GENERIC\"",
        "an act that must fail has no error in the broken world", "that the act succeeds is the symptom";
    a_right_fix_that_ends_in_no_error: "title    = \"Change the key\"" => "title = \"Change\"\nworks = true\nbecause = \"x\"\ndo = []\n[[fix]]\ntitle = \"y\"",
        "the fix does not say how the act that must fail does", "add `error";
    a_wrong_fix_that_ends_in_an_error: "error          = \"KRB5_CC_NOTFOUND\"\nbreaks_control = 1" => "error = \"KRB5_CC_NOTFOUND\"", "a wrong fix lets the act that must fail succeed", "works = true";
    a_right_fix_that_breaks_a_control: "cause    = \"key-of-ticket-missing\"" => "breaks_control = 1", "a fix that works breaks no control", "works = false";
    a_log_on_no_host: "log.kdc1" => "log.kdc2", "unknown host `kdc2`", "did you mean `kdc1`?";
}

/// What works before the fault stands beside what must fail, with nothing to point at but its table.
#[test]
fn an_act_that_works_beside_one_that_must_fail() {
    let second = THEFT.rfind("must_fail").unwrap_or_default();
    let (before, after) = THEFT.split_at(second);
    let text = before.to_owned() + &after.replacen("must_fail = \"KRB5_CC_NOTFOUND\"\n", "", 1);
    let Err(error) = parse(&text) else {
        panic!("the file was accepted")
    };
    let error = error.to_string();
    for part in [
        "mine.toml:38:1",
        "this act works before the fault",
        "give every [[symptom]] `must_fail`",
    ] {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
}

#[test]
fn simultaneous_calls_that_must_fail() {
    let text = THEFT
        .replacen("call      = {", "simultaneous = [{", 1)
        .replacen(
            "log_in = false }\nmust_fail",
            "log_in = false }]\nmust_fail",
            1,
        );
    let Err(error) = parse(&text) else {
        panic!("the file was accepted")
    };
    let error = error.to_string();
    for part in ["mine.toml:34:13", "`must_fail` is about a single call"] {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
}

mismatches! { THEFT,
    a_theft_that_succeeds_before_the_fault: "[[control]]" => "[[given]]\ncopy_ccache = { user = \"alice\", from = \"ws1\", to = \"evil\" }\n\n[[control]]",
        "the call fails before the fault", "KRB5_CC_NOTFOUND", "success";
    a_theft_that_fails_otherwise_before_the_fault: "must_fail = \"KRB5_CC_NOTFOUND\"" => "must_fail = \"NO_IDENTITY\"",
        "the call fails before the fault", "NO_IDENTITY", "KRB5_CC_NOTFOUND";
    a_fault_that_steals_nothing: "forge_ticket = { client = \"ghost@LAB.EXAMPLE\", on" => "forge_ticket = { client = \"alice\", on",
        "error", "success", "KRB5_CC_NOTFOUND";
    another_trace_of_a_success: "[\"TGS-REP\", \"AP-REP\"]" => "[\"AS-REP\", \"AP-REP\"]", "trace", "AS-REP", "TGS-REQ";
    a_right_fix_that_leaves_the_success: "{ change_key = { of = \"krbtgt/LAB.EXAMPLE\" } }" => "{ change_key = { of = \"krbtgt/LAB.EXAMPLE\", keep_old = true } }",
        "the act that must fail, after a fix that works", "KRB_ERR_GENERIC (60)", "success";
    a_right_fix_that_leaves_the_second_success: "\"evil\", lifetime = \"1d\" } },\n    { copy_ccache = { user = \"alice\", from = \"ws1\", to = \"evil\" } },\n" => "\"evil\", lifetime = \"1d\" } },\n",
        "the act that must fail, after a fix that works", "KRB_ERR_GENERIC (60)", "success";
    a_right_fix_with_another_error: "error    = \"KRB_ERR_GENERIC\"" => "error    = \"KRB_AP_ERR_BAD_INTEGRITY\"",
        "the act that must fail, after a fix that works", "KRB_AP_ERR_BAD_INTEGRITY (31)", "KRB_ERR_GENERIC (60)";
    a_right_fix_with_another_text: "PROCESS_TGS" => "NO PREAUTH", "text", "NO PREAUTH", "PROCESS_TGS";
    a_right_fix_with_another_log: "No matching key in entry" => "Oh dear", "log", "Oh dear", "No matching key in entry";
    a_right_fix_with_another_cause: "key-of-ticket-missing" => "preauth-missing", "cause", "preauth-missing", "key-of-ticket-missing";
    a_wrong_fix_that_ends_the_success: "[{ purge_ccache = { user = \"alice\", on = \"ws1\" } }]" => "[{ purge_ccache = { user = \"alice\", on = \"evil\" } }, { purge_ccache = { user = \"ghost@LAB.EXAMPLE\", on = \"evil\" } }]",
        "the act that must fail, after a wrong fix", "success", "KRB5_CC_NOTFOUND";
    a_copy_of_no_cache: "user = \"alice\", from = \"ws1\", to = \"evil\"" => "user = \"bob\", from = \"ws1\", to = \"evil\"",
        "step", "", "no credential cache on the host `ws1`";
    a_forgery_without_a_key: "flags = [\"pre-authent\"]" => "server = \"hdfs/nn1\"", "step", "", "hdfs/nn1@LAB.EXAMPLE has no key";
    keys_purged_where_there_are_none: "{ purge_ccache = { user = \"alice\", on = \"ws1\" } }" => "{ purge_keys = \"hdfs/nn1\" }",
        "step", "changes something", "noop";
}

mismatches! { GOOD,
    a_daemon_that_does_not_start: "[[fault]]" => "[[control]]\nstart = { on = \"fs1\", user = \"hdfs\", directory = \"/d\" }\n\n[[fault]]\nset_umask = { host = \"fs1\", user = \"hdfs\", umask = \"0002\" }\n\n[[fault]]",
        "control 2", "success", "INCORRECT_PERMISSION";
    a_job_that_is_not_run: "[[fault]]" => "[[control]]\njob = { call = { user = \"bob\", from = \"ws1\" }, on = \"fs1\" }\n\n[[fault]]\nrun_job = { call = { user = \"bob\", from = \"ws1\" }, on = \"fs1\" }\n\n[[fault]]\nset_task_controller = { host = \"fs1\", to = \"linux\" }\n\n[[fault]]",
        "control 2", "success", "TASK_NOT_INITIALIZED";
    a_job_whose_submission_fails: "[{ wait = \"5m\" }]" => "[{ run_job = { call = { user = \"bob\", from = \"ws1\", password = \"no\" }, on = \"fs1\" } }]",
        "step", "", "KDC_ERR_PREAUTH_FAILED (24)";
    a_mode_of_no_directory: "[{ wait = \"5m\" }]" => "[{ change_mode = { host = \"fs1\", path = \"/d\", mode = \"0755\" } }]",
        "step", "", "no directory `/d`";
    a_directory_that_was_there: "[{ wait = \"5m\" }]" => "[{ make_directory = { host = \"fs1\", path = \"/d\", owner = \"hdfs\" } }, { make_directory = { host = \"fs1\", path = \"/d\", owner = \"hdfs\" } }]",
        "step", "changes something", "noop";
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

#[test]
fn the_packets_of_an_act_are_shown_once() {
    let facts = "sent_by  = \"kdc1\"\ncause    = \"replay\"\nevidence";
    let text = GOOD.replacen("evidence", facts, 1);
    let scenario = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let hidden: Vec<bool> = report
        .mismatches
        .iter()
        .map(|mismatch| mismatch.timeline.is_empty())
        .collect();
    assert_eq!(hidden, [true, false]);
}
