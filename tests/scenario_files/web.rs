//! What is refused of web servers and sites, with its place and the remedy.

use super::refusals::{assert_runs, refusals};

const GOOD: &str = r#"format    = 1
title     = "A title"
catalogue = ["S003-2"]
story     = "A story."

[realm."LAB.EXAMPLE"]
kdc      = "dc1"
dialect  = "active-directory"

[realm."LAB.EXAMPLE".accounts]
alice         = { password = "correct horse" }
"MP1$"        = { host = "mp1" }
"PC1$"        = { host = "pc1" }
"svc-reports" = { password = "x", host = "mp1" }

[host]
dc1  = { dialect = "windows" }
pc1  = { dialect = "windows" }
mit1 = {}

[host.mp1]
dialect  = "windows"
dns_name = "mp1.lab.example"

[host.mp1.web]
mp      = { path = "/mp" }
reports = { path = "/reports", account = "svc-reports", port = 81 }

[site.S01]
management_point = "mp1"
application      = "mp"
smsid            = { pc1 = "GUID:EEAF9390-94EB-43AE-A0DE-F374E3E7E03B" }

[[control]]
act   = { show_client = { client = "pc1", site = "S01" } }
error = "NOT_APPROVED"

[[fault]]
setspn = { account = "svc-reports", add = "HTTP/mp1.lab.example" }

[[symptom]]
act       = { register = { client = "pc1", with = "S01" } }
error     = "NOT_APPROVED"
diagnosis = "service-principal-name"
trace     = ["HTTP CCM_POST", "HTTP 401"]
evidence  = "documented"

[[fix]]
title   = "Delete the name"
do      = [{ setspn = { account = "svc-reports", delete = "HTTP/mp1.lab.example" } }]
works   = true
because = "The computer has the key."
"#;

#[test]
fn the_good_file_says_what_happens() {
    // In the healthy phase controls follow the registration.
    let without = GOOD.replace(
        "[[control]]\nact   = { show_client = { client = \"pc1\", site = \"S01\" } }\nerror = \"NOT_APPROVED\"\n",
        "",
    );
    assert_ne!(without, GOOD);
    assert_runs(&without);
}

refusals! { GOOD,
    a_web_server_elsewhere: "mit1 = {}" => "mit1 = { web = { x = { path = \"/\" } } }", "host `mit1` is no Windows", "dialect = \"windows\"";
    a_path_that_is_relative: "\"/mp\"" => "\"mp\"", "`mp` is not the path of an application", "write it from the root";
    a_path_with_a_query: "\"/mp\"" => "\"/mp?x\"", "`/mp?x` is not the path of an application", "without a query";
    a_port_of_nobody: "port = 81" => "port = 0", "nobody listens on port 0", "80 is that of HTTP";
    a_place_for_two: "\"/reports\", account = \"svc-reports\", port = 81" => "\"/MP\"", "two applications of `mp1` have this place", "another `port`";
    an_account_elsewhere: "account = \"svc-reports\", port" => "account = \"alice\", port", "`mp1` does not have the password of `alice`",
        "give the account `host = \"mp1\"`";
    an_unknown_account: "account = \"svc-reports\", port" => "account = \"svc-report\", port", "unknown principal `svc-report`", "did you mean `svc-reports`?";
    a_host_without_an_account: "pc1  = { dialect = \"windows\" }" => "pc1  = { dialect = \"windows\" }\npc2  = { dialect = \"windows\", web = { x = { path = \"/\" } } }",
        "`pc2` has no computer account", "with `host = \"pc2\"`";
    a_name_without_a_domain: "dns_name = \"mp1.lab.example\"" => "dns_name = \"mp1\"", "`mp1` is not a full name of DNS", "with its domain";
    a_code_that_is_too_long: "[site.S01]" => "[site.SITE1]", "`SITE1` is not the code of a site", "as `2P4`";
    an_unknown_management_point: "management_point = \"mp1\"" => "management_point = \"mp2\"", "unknown host `mp2`", "did you mean `mp1`?";
    an_unknown_application: "application      = \"mp\"" => "application      = \"nmp\"", "unknown web application `nmp`", "did you mean `mp`?";
    an_id_in_small_letters: "GUID:EEAF9390" => "GUID:eeaf9390", "is not the id of a client", "write it as `GUID:";
    an_id_that_is_short: "-F374E3E7E03B" => "-F374E3E7E03", "is not the id of a client", "write it as `GUID:";
    a_client_without_an_account: "register = { client = \"pc1\"" => "register = { client = \"dc1\"", "`dc1` has no computer account", "with `host = \"dc1\"`";
    a_client_of_mit: "register = { client = \"pc1\"" => "register = { client = \"mit1\"", "`mit1` is no Windows", "dialect = \"windows\"";
    an_unknown_site: "with = \"S01\"" => "with = \"S02\"", "unknown site `S02`", "did you mean `S01`?";
    an_unknown_site_in_a_console: "site = \"S01\"" => "site = \"S02\"", "unknown site `S02`", "did you mean `S01`?";
    an_unknown_diagnosis: "\"service-principal-name\"" => "\"service-name\"", "unknown name `service-name`", "expected one of `approved`";
    a_message_of_no_http: "\"HTTP 401\"" => "\"HTTP 4 1\"", "unknown message `HTTP 4 1`", "`HTTP 401`";
    a_move_of_nothing: "[{ setspn = { account = \"svc-reports\", delete = \"HTTP/mp1.lab.example\" } }]" => "[{ move_web_application = { host = \"mp1\", application = \"x\", port = 82 } }]",
        "unknown web application `x`", "`reports`";
    a_move_to_nowhere: "[{ setspn = { account = \"svc-reports\", delete = \"HTTP/mp1.lab.example\" } }]" => "[{ move_web_application = { host = \"mp1\", application = \"mp\", port = 0 } }]",
        "nobody listens on port 0", "80 is that of HTTP";
    a_deletion_from_nowhere: "[{ setspn = { account = \"svc-reports\", delete = \"HTTP/mp1.lab.example\" } }]" => "[{ delete_client = { client = \"pc1\", site = \"S\" } }]",
        "unknown site `S`", "`S01`";
    a_copy_onto_mit: "[{ setspn = { account = \"svc-reports\", delete = \"HTTP/mp1.lab.example\" } }]" => "[{ clone_client = { from = \"pc1\", to = \"mit1\" } }]",
        "`mit1` is no Windows", "dialect = \"windows\"";
    an_id_of_mit: "[{ setspn = { account = \"svc-reports\", delete = \"HTTP/mp1.lab.example\" } }]" => "[{ ccm_del_cert = \"mit1\" }]",
        "`mit1` is no Windows", "dialect = \"windows\"";
}
