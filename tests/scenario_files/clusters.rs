//! What is wrong with a file that tells of a cluster, and what one that is right finds wrong with its world.

use std::path::Path;

use kdclab::catalogue::{CatalogueError, Scenario};
use kdclab::check;

use super::refusals::{assert_runs, refusals};

/// A scenario of a cluster that is right.
const GOOD: &str = r#"format    = 1
title     = "A title"
catalogue = ["S001-4"]
story     = "A story."

[realm."CONTOSO.EXAMPLE"]
kdc      = "dc1"
dialect  = "active-directory"
users    = { svc-cluster = "OldClusterPass", dave = "x" }
accounts = { "NODE01$" = { host = "node1" } }

[host]
dc1   = { dialect = "windows" }
lnx1  = {}
node1 = { dialect = "windows" }
node2 = { dialect = "windows" }

[cluster.CLUSTER-2003]
nodes   = ["node1", "node2"]
account = "svc-cluster"
address = "10.0.1.1"

[cluster.NOBODY]
nodes   = ["dc1"]

[[given]]
apply_policy = { hosts = ["node1", "node2"], lm_compatibility_level = 0 }

[[control]]
act = { administer_cluster = { on = "node1", cluster = "." } }

[[fault]]
apply_policy = { hosts = ["dc1"], no_lm_hash = true }

[[fault]]
change_cluster_password = { cluster = "CLUSTER-2003", password = "ClusterPass#14" }

[[symptom]]
act      = { administer_cluster = { on = "node2", cluster = "CLUSTER-2003" } }
error    = "ERROR_ACCESS_DENIED"
cause    = "signature-mismatch"
trace    = ["NTLM AUTHENTICATE", "RPC FAULT 5"]
evidence = "documented"

[[fix]]
title   = "A long password"
do      = [{ change_cluster_password = { cluster = "CLUSTER-2003", password = "ClusterPass#015" } }]
works   = true
because = "It has no LM hash."

[[fix]]
title   = "Wait"
do      = [{ wait = "5m" }]
works   = false
error   = "ERROR_ACCESS_DENIED"
because = "Time heals nothing."
"#;

fn parse(text: &str) -> Result<Scenario, CatalogueError> {
    Scenario::parse(Path::new("mine.toml"), text)
}

#[test]
fn the_good_file_runs() {
    assert_runs(GOOD);
}

refusals! { GOOD,
    an_account_of_nobody: "account = \"svc-cluster\"" => "account = \"svc-clutser\"",
        "unknown user `svc-clutser`", "did you mean `svc-cluster`?";
    an_administrator_who_is_nobody: "account = \"svc-cluster\"" => "administrators = [\"eve\"]\naccount = \"svc-cluster\"",
        "unknown user `eve`", "dave";
    an_address_that_is_none: "\"10.0.1.1\"" => "\"10.0.1\"", "", "";
    a_node_of_two_clusters: "nodes   = [\"dc1\"]" => "nodes   = [\"node2\"]", "`node2` is a node already", "a node of one cluster";
    a_virtual_server_on_no_node: "address = \"10.0.1.1\"" => "virtual_servers = { V = \"dc1\" }\naddress = \"10.0.1.1\"",
        "`dc1` is no node of cluster `CLUSTER-2003`", "`nodes`";
    a_level_that_is_none: "lm_compatibility_level = 0" => "lm_compatibility_level = 6",
        "no LAN Manager authentication level 6", "write 0 to 5";
    a_policy_for_a_linux: "hosts = [\"node1\", \"node2\"]" => "hosts = [\"lnx1\"]",
        "`lnx1` is no Windows", "dialect = \"windows\"";
    a_policy_that_says_nothing: "hosts = [\"dc1\"], no_lm_hash = true" => "hosts = [\"dc1\"]",
        "the policy says nothing", "add `lm_compatibility_level` or `no_lm_hash`";
    a_cluster_that_is_none: "on = \"node2\", cluster = \"CLUSTER-2003\"" => "on = \"node2\", cluster = \"CLUSTER-2004\"",
        "unknown cluster `CLUSTER-2004`", "did you mean `CLUSTER-2003`?";
    a_dot_on_no_node: "on = \"node1\", cluster = \".\"" => "on = \"lnx1\", cluster = \".\"",
        "`lnx1` is no Windows", "dialect = \"windows\"";
    a_user_of_the_administrator_who_is_nobody: "on = \"node2\", cluster = \"CLUSTER-2003\"" => "on = \"node2\", cluster = \"CLUSTER-2003\", user = \"eve\"",
        "unknown user `eve`", "dave";
    a_cluster_without_an_account: "on = \"node2\", cluster = \"CLUSTER-2003\"" => "on = \"node2\", cluster = \"NOBODY\"",
        "nobody knows as whom the service of cluster `NOBODY` runs", "add `account";
    a_join_of_no_node: "act      = { administer_cluster = { on = \"node2\"," => "act      = { join_cluster = { on = \"dc1\",",
        "`dc1` is no node of cluster `CLUSTER-2003`", "`nodes`";
    sponsors_of_no_kind: "act      = { administer_cluster = { on = \"node2\", cluster" => "act      = { join_cluster = { on = \"node2\", sponsors = \"fax\", cluster",
        "unknown name `fax`", "`address`";
    a_locker_that_updates_itself: "act      = { administer_cluster = { on = \"node2\"," => "act      = { update_cluster = { locker = \"node2\", node = \"node2\",",
        "the locker updates itself", "name another node";
    a_password_of_no_cluster: "change_cluster_password = { cluster = \"CLUSTER-2003\", password = \"ClusterPass#14\" }" => "change_cluster_password = { cluster = \"CLUSTER\", password = \"ClusterPass#14\" }",
        "unknown cluster `CLUSTER`", "CLUSTER-2003";
    a_grant_to_nobody: "[{ wait = \"5m\" }]" => "[{ grant_cluster_access = { cluster = \"CLUSTER-2003\", user = \"eve\" } }]",
        "unknown user `eve`", "dave";
    a_service_on_no_node: "[{ wait = \"5m\" }]" => "[{ restart_cluster_service = { on = \"dc1\", cluster = \"CLUSTER-2003\" } }]",
        "`dc1` is no node of cluster `CLUSTER-2003`", "`nodes`";
    a_service_password_on_no_node: "[{ wait = \"5m\" }]" => "[{ set_service_password = { on = \"dc1\", cluster = \"CLUSTER-2003\", password = \"x\" } }]",
        "`dc1` is no node of cluster `CLUSTER-2003`", "`nodes`";
    a_fault_with_a_word_for_a_number: "\"RPC FAULT 5\"" => "\"RPC FAULT five\"", "unknown message `RPC FAULT five`", "RPC FAULT";
    an_error_that_windows_does_not_have: "cause    = \"signature-mismatch\"" => "must_fail = \"ERROR_ACCES_DENIED\"", "unknown error `ERROR_ACCES_DENIED`", "ERROR_ACCESS_DENIED";
}

/// Where a policy reaches nobody, no host's place can be named.
#[test]
fn a_policy_for_nobody() {
    let text = GOOD.replacen("hosts = [\"dc1\"]", "hosts = []", 1);
    let Err(error) = parse(&text) else {
        panic!("the file was accepted")
    };
    assert!(
        error.to_string().contains("the policy reaches no host"),
        "{error}"
    );
}

/// A file that is right and whose world does otherwise is found when it runs.
#[track_caller]
fn fails(from: &str, to: &str, expected: &str, actual: &str) {
    assert!(GOOD.contains(from), "the good file has no {from:?}");
    let scenario = parse(&GOOD.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, 1);
    let found = report
        .mismatches
        .iter()
        .any(|mismatch| mismatch.expected.contains(expected) && mismatch.actual.contains(actual));
    let shown: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
    assert!(
        found,
        "{expected} / {actual} is not in:\n{}",
        shown.join("\n")
    );
}

macro_rules! mismatches {
    ($($name:ident: $from:literal => $to:literal, $expected:literal, $actual:literal;)*) => {$(
        #[test]
        fn $name() {
            fails($from, $to, $expected, $actual);
        }
    )*};
}

mismatches! {
    another_number_of_a_fault: "\"RPC FAULT 5\"" => "\"RPC FAULT 1326\"", "RPC FAULT 1326", "RPC FAULT 5";
    a_fault_of_any_number_is_told_by_its_name: "\"RPC FAULT 5\"" => "\"RPC FAULT\", \"RPC RESPONSE\"", "RPC RESPONSE", "RPC FAULT 5";
    a_level_at_which_nothing_fails: "lm_compatibility_level = 0" => "lm_compatibility_level = 2", "ERROR_ACCESS_DENIED (5)", "success";
    a_policy_that_is_in_force_already: "[{ wait = \"5m\" }]" => "[{ apply_policy = { hosts = [\"dc1\"], no_lm_hash = true } }]",
        "changes something", "changes nothing";
    a_right_that_is_there_already: "[{ wait = \"5m\" }]" => "[{ grant_cluster_access = { cluster = \"CLUSTER-2003\", user = \"svc-cluster\" } }]",
        "changes something", "changes nothing";
    a_right_that_is_new: "[{ wait = \"5m\" }]" => "[{ noop = { grant_cluster_access = { cluster = \"CLUSTER-2003\", user = \"dave\" } } }]",
        "changes something", "without `noop`";
    a_service_password_that_is_there_already: "[{ wait = \"5m\" }]" => "[{ set_service_password = { on = \"node2\", cluster = \"CLUSTER-2003\", password = \"ClusterPass#14\" } }]",
        "changes something", "changes nothing";
    a_restart_that_throws_the_node_out: "[{ wait = \"5m\" }]" => "[{ noop = { restart_cluster_service = { on = \"node2\", cluster = \"CLUSTER-2003\" } } }]",
        "changes something", "without `noop`";
    a_password_of_14_characters: "ClusterPass#015" => "ClusterPass#01", "success", "ERROR_ACCESS_DENIED (5)";
}
