//! What is refused of the worlds of Windows, with its place and the remedy.

use super::refusals::{assert_runs, refusals};

const GOOD: &str = r#"format    = 1
title     = "A title"
catalogue = ["S000-1"]
story     = "A story."

[realm."LAB.EXAMPLE"]
kdc      = "dc1"
dialect  = "active-directory"
users    = { alice = "correct horse" }

[realm."LAB.EXAMPLE".accounts]
"NODE1$"  = { host = "node1" }
"FILES$"  = { host = "node1", password = "made by the cluster" }
"svc-app" = { password = "x", service_principal_names = ["HTTP/app1.lab.example"], user_account_control = ["NORMAL_ACCOUNT"] }

[realm."MIT.EXAMPLE"]
kdc      = "kdc1"

[host]
dc1   = { realm = "LAB.EXAMPLE", dialect = "windows" }
node1 = { realm = "LAB.EXAMPLE", dialect = "windows", windows = { service_pack = 1 } }
kdc1  = { realm = "MIT.EXAMPLE" }

[cluster.SHOP]
nodes           = ["node1"]
virtual_servers = { FILES = "node1" }

[[given]]
attempt = { call = { user = "FILES$", from = "node1" } }

[[control]]
act = { open_share = { user = "alice", from = "node1", server = "FILES", with = "net-use" } }

[[fault]]
install_service_pack = { host = "node1", number = 2 }

[[symptom]]
act       = { open_share = { user = "alice", from = "node1", server = "FILES", with = "explorer" } }
log.node1 = "KRB_AP_ERR_MODIFIED"
evidence  = "documented"

[[fix]]
title   = "Set the value"
do      = [{ set_registry_value = { host = "node1", value = 'HKLM\System\CurrentControlSet\Services\RemoteRegistry\Parameters\DontUseSecureNPForRemote', data = 1 } }]
works   = true
because = "The pipe is not opened in that way."

[[fix]]
title   = "Wait"
do      = [{ wait = "5m" }]
works   = false
because = "Time heals nothing."
"#;

#[test]
fn the_good_file_runs() {
    assert_runs(GOOD);
}

refusals! { GOOD,
    an_account_of_mit: "kdc      = \"kdc1\"" => "kdc      = \"kdc1\"\naccounts = { \"PC1$\" = {} }",
        "only Active Directory has accounts", "dialect = \"active-directory\"";
    an_account_with_the_name_of_a_service: "\"svc-app\" =" => "\"HTTP/app1\" =",
        "`HTTP/app1` is not the name of an account", "service_principal_names";
    an_account_of_an_unknown_host: "{ host = \"node1\" }" => "{ host = \"node9\" }", "unknown host `node9`", "did you mean `node1`?";
    a_service_without_a_class: "[\"HTTP/app1.lab.example\"]" => "[\"app1.lab.example\"]",
        "`app1.lab.example` is not the name of a service", "write its class and its host";
    an_unknown_flag_of_an_account: "[\"NORMAL_ACCOUNT\"]" => "[\"NORMAL\"]", "unknown flag `NORMAL`", "`NORMAL_ACCOUNT`";
    a_flag_that_is_computed: "[\"NORMAL_ACCOUNT\"]" => "[\"LOCKOUT\"]", "unknown flag `LOCKOUT`", "`NORMAL_ACCOUNT`";
    windows_of_another_host: "kdc1  = { realm = \"MIT.EXAMPLE\" }" => "kdc1  = { realm = \"MIT.EXAMPLE\", windows = {} }",
        "host `kdc1` is no Windows", "dialect = \"windows\"";
    a_service_pack_that_never_was: "service_pack = 1" => "service_pack = 3", "no service pack 3", "write 0, 1 or 2";
    an_unknown_node: "[\"node1\"]" => "[\"node9\"]", "unknown host `node9`", "did you mean `node1`?";
    a_virtual_server_elsewhere: "{ FILES = \"node1\" }" => "{ FILES = \"dc1\" }", "`dc1` is no node of cluster `SHOP`", "name one of its `nodes`";
    an_unknown_virtual_server: "server = \"FILES\", with = \"net-use\"" => "server = \"FILE\", with = \"net-use\"",
        "unknown virtual server `FILE`", "did you mean `FILES`?";
    an_unknown_program: "\"explorer\"" => "\"exploder\"", "unknown name `exploder`", "did you mean `explorer`?";
    a_value_without_a_key: "'HKLM\\System\\CurrentControlSet\\Services\\RemoteRegistry\\Parameters\\DontUseSecureNPForRemote'" => "'DontUseSecureNPForRemote'",
        "`DontUseSecureNPForRemote` is not a value of a registry", "write its key and its name";
    a_registry_elsewhere: "set_registry_value = { host = \"node1\"" => "set_registry_value = { host = \"kdc1\"",
        "`kdc1` is no Windows", "dialect = \"windows\"";
    setspn_of_nothing: "[{ wait = \"5m\" }]" => "[{ setspn = { account = \"svc-app\" } }]", "setspn does nothing here", "`add = \"...\"`";
    setspn_of_nobody: "[{ wait = \"5m\" }]" => "[{ setspn = { account = \"svc-ap\", add = \"HTTP/x\" } }]",
        "unknown user `svc-ap`", "`svc-app@LAB.EXAMPLE`";
    klist_of_no_user: "evidence  =" => "klist = { node1 = [] }\nevidence  =", "`node1` is not the credential cache of a user on a host",
        "\"ws1/alice\"";
    log_of_an_unknown_host: "log.node1 =" => "log.\"node9/System\" =", "unknown host `node9`", "did you mean `node1`?";
    triage_of_an_unknown_host: "evidence  =" => "triage = { node9 = \"harmless\" }\nevidence  =", "unknown host `node9`", "`node1`";
    user_to_user_without_a_service: "{ user = \"FILES$\", from = \"node1\" }" => "{ user = \"FILES$\", from = \"node1\", user_to_user = \"alice\" }",
        "`user_to_user` is about the ticket for a service", "add `to";
    user_to_user_nowhere: "{ user = \"FILES$\", from = \"node1\" }" => "{ user = \"FILES$\", from = \"node1\", to = \"alice\", user_to_user = \"alice\" }",
        "this is no service, so it may be on any host", "add `at";
    an_unknown_realm_of_a_trust: "[{ wait = \"5m\" }]" => "[{ change_trust = { from = \"LAB.EXAMPLE\", to = \"LAB\" } }]", "unknown realm `LAB`", "`LAB.EXAMPLE`";
    nobody_who_may_authenticate: "[{ wait = \"5m\" }]" => "[{ modify_account = { name = \"svc-app\", allowed_to_authenticate = [\"OTHER.EXAMPLE\"] } }]",
        "unknown user `OTHER.EXAMPLE`", "";
}
