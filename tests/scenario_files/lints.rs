//! What `kdclab check` warns of, and what it does not.

use std::path::Path;

use kdclab::catalogue::{self, Scenario};

/// A scenario without lints.
const GOOD: &str = include_str!("../../scenarios/000-event4-modified/service-key-mismatch.toml");

fn lints_of(path: &str, text: &str) -> Vec<String> {
    Scenario::parse(Path::new(path), text)
        .unwrap_or_else(|error| panic!("{error}"))
        .lints()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[track_caller]
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the good file has no {from:?}");
        text.replacen(from, to, 1)
    })
}

/// Makes the changes to the good file and expects one warning, at the line of `place`.
#[track_caller]
fn warned(changes: &[(&str, &str)], place: &str, title: &str, help: &str) {
    let text = changed(changes);
    let lints = lints_of("mine.toml", &text);
    let [lint] = &lints[..] else {
        panic!("there are {} lints: {}", lints.len(), lints.join("\n"));
    };
    assert!(lint.starts_with(&format!("warning: {title}\n")), "{lint}");
    assert!(lint.contains(help), "{help:?} is not in:\n{lint}");
    let line = text.lines().position(|line| line.contains(place)).unwrap() + 1;
    assert!(
        lint.contains(&format!("mine.toml:{line}:")),
        "{line}: {lint}"
    );
}

#[track_caller]
fn not_warned(changes: &[(&str, &str)]) {
    let lints = lints_of("mine.toml", &changed(changes));
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}

#[test]
fn no_lint_fires_in_the_catalogue() {
    let lints: Vec<String> = catalogue::embedded()
        .unwrap_or_else(|error| panic!("{error}"))
        .iter()
        .flat_map(Scenario::lints)
        .map(|lint| lint.to_string())
        .collect();
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}

const SYMPTOM: &str = "error    = \"KRB_AP_ERR_MODIFIED\"
sent_by  = \"fs1\"
cause    = \"key-version\"
text     = \"Message stream modified\"
trace    = [\"AS-REP\", \"TGS-REP\", \"AP-REQ\", \"KRB-ERROR 41\"]
evidence = \"documented\"
";

#[test]
fn an_unknown_catalogue_id() {
    let at = "catalogue =";
    warned(
        &[("\"S000-5\"", "\"S004-H66\"")],
        at,
        "unknown catalogue id `S004-H66`",
        "did you mean `S004-H6`?; ids of your own begin otherwise",
    );
}

#[test]
fn an_id_of_ones_own_and_none() {
    not_warned(&[("\"S000-5\"", "\"TICKET-4711\", \"S4-1\", \"S004-H12\"")]);
    not_warned(&[("[\"S000-5\"]", "[]")]);
    not_warned(&[("catalogue = [\"S000-5\"]\n", "")]);
}

#[test]
fn an_unused_host() {
    warned(
        &[("kdc1 = {}", "kdc1 = {}\nws2  = { dialect = \"java\" }")],
        "ws2  =",
        "unused host `ws2`",
        "remove it",
    );
}

#[test]
fn a_host_that_only_another_host_names() {
    not_warned(&[
        ("kdc1 = {}", "kdc1 = {}\nws2  = {}"),
        (
            "web1 = {}",
            "web1 = { acceptor = { shares_replay_cache_with = \"ws2\" } }",
        ),
    ]);
}

#[test]
fn an_unused_user() {
    warned(
        &[("users    = {", "users    = { carol = \"x\",")],
        "users    =",
        "unused user `carol`",
        "remove it",
    );
    // A password is no use of a name.
    warned(
        &[(
            "alice = \"correct horse\"",
            "alice = \"carol\", carol = { password = \"bob\" }",
        )],
        "users    =",
        "unused user `carol`",
        "remove it",
    );
}

#[test]
fn a_user_named_with_the_realm_or_by_an_alias() {
    let call = "call = { user = \"bob\"";
    not_warned(&[(call, "call = { user = \"bob@LAB.EXAMPLE\"")]);
    not_warned(&[
        (
            "bob = \"battery staple\"",
            "bob = { password = \"x\", aliases = [\"bob.smith@lab.example\"] }",
        ),
        (
            call,
            "call = { user = 'bob.smith\\@lab.example@LAB.EXAMPLE'",
        ),
        (
            "to = \"HTTP/web1.lab.example\" }",
            "to = \"HTTP/web1.lab.example@LAB.EXAMPLE\" }",
        ),
    ]);
}

#[test]
fn an_unused_service() {
    warned(
        &[(
            "services = {",
            "services = { \"HTTP/fs1.lab.example\" = \"fs1\",",
        )],
        "services =",
        "unused service `HTTP/fs1.lab.example`",
        "remove it",
    );
}

#[test]
fn a_text_without_evidence() {
    let chosen = ("evidence = \"documented\"", "evidence = \"chosen\"");
    warned(
        &[chosen],
        "text     =",
        "a text without evidence",
        "leave it out",
    );
    not_warned(&[chosen, ("text     = \"Message stream modified\"\n", "")]);
    not_warned(&[("evidence = \"documented\"", "evidence = \"ran\"")]);
}

#[test]
fn two_fixes_with_one_title() {
    warned(
        &[(
            "\"Reset alice's password\"",
            "\"reset the server's password once more \"",
        )],
        "\"Reset the server's password once more\"",
        "two fixes have this title",
        "how they differ",
    );
}

#[test]
fn a_symptom_like_health() {
    warned(
        &[(SYMPTOM, "evidence = \"chosen\"\n")],
        "[[symptom]]",
        "the symptom is no different from health",
        "say what the fault changes",
    );
    not_warned(&[(SYMPTOM, "packets  = 10\nevidence = \"chosen\"\n")]);
}

#[test]
fn no_control() {
    let control =
        "[[control]]\ncall = { user = \"bob\", from = \"ws1\", to = \"HTTP/web1.lab.example\" }\n";
    let only_alice = [
        (control, ""),
        (", bob = \"battery staple\"", ""),
        (", \"HTTP/web1.lab.example\" = \"web1\"", ""),
        ("web1 = {}", ""),
    ];
    warned(
        &only_alice,
        "format    = 1",
        "the scenario has no [[control]]",
        "how far the damage goes",
    );
}

/// The good file with fewer fixes: those of the numbers.
fn with_fixes(numbers: &[usize]) -> String {
    let mut parts = GOOD.split("[[fix]]");
    let head = parts.next().unwrap().to_owned();
    let fixes: Vec<&str> = parts.collect();
    numbers.iter().fold(head, |text, number| {
        format!("{text}[[fix]]{}", fixes[number - 1])
    })
}

#[test]
fn too_few_fixes() {
    for (fixes, title) in [
        (&[1, 2][..], "the scenario has no wrong fix"),
        (&[1, 2, 3], "the scenario has one wrong fix"),
        (&[3, 4], "no fix works"),
    ] {
        let lints = lints_of("mine.toml", &with_fixes(fixes));
        let [lint] = &lints[..] else {
            panic!("there are {} lints: {}", lints.len(), lints.join("\n"));
        };
        assert!(lint.starts_with(&format!("warning: {title}\n")), "{lint}");
        assert!(lint.contains("title   = "), "{lint}");
    }
    let lints = lints_of("mine.toml", &with_fixes(&[1, 3, 4]));
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}

#[test]
fn a_lesson_needs_no_fix_and_no_symptom() {
    let head = GOOD.split("[[fault]]").next().unwrap();
    let lesson = head.replacen("title ", "lesson    = true\ntitle ", 1);
    let lesson = lesson.replacen(" \"cifs/fs1.lab.example\" = \"fs1\",", "", 1);
    let lesson = lesson.replacen("fs1  = { dialect = \"windows\" }\n", "", 1);
    let lesson = lesson.replacen("alice = \"correct horse\", ", "", 1);
    let lints = lints_of("mine.toml", &lesson);
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}

#[test]
fn a_file_whose_name_is_no_id() {
    for path in ["My scenario.toml", "x_y.toml", "a--b.toml", "-a.toml"] {
        let lints = lints_of(path, GOOD);
        assert_eq!(lints.len(), 1, "{path}");
        assert!(
            lints[0].starts_with("warning: the file's name is not an id\n"),
            "{}",
            lints[0]
        );
    }
    assert_eq!(lints_of("moved-web-server-2.toml", GOOD).len(), 0);
}
