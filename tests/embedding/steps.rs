//! One verb by itself, from a text and from words of a command line.

use std::path::Path;
use std::sync::LazyLock;

use kdclab::catalogue::Scenario;
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::Phase;
use kdclab::script::verb::{LinkEffect, Verb};
use kdclab::script::{Fault, MAX_STEP_LENGTH, Scope, step, step_from_words};
use proptest::prelude::*;

const WORLD: &str = r#"
format = 1
title  = "Two realms"
story  = "A host and a user in each."
lesson = true

[realm."A.EXAMPLE"]
kdc      = "kdc1"
users    = { alice = "correct horse" }
services = { "host/srv1.a.example" = "srv1" }

[realm."B.EXAMPLE"]
kdc   = "kdc2"
users = { bob = "battery staple" }

[host]
kdc1 = { realm = "A.EXAMPLE" }
srv1 = { realm = "A.EXAMPLE" }
kdc2 = { realm = "B.EXAMPLE" }
"#;

static SCENARIO: LazyLock<Scenario> = LazyLock::new(|| {
    Scenario::parse(Path::new("two-realms.toml"), WORLD).unwrap_or_else(|error| panic!("{error}"))
});

static SCOPE: LazyLock<Scope> = LazyLock::new(|| Scope::new(&SCENARIO.script));

fn read(text: &str) -> Verb {
    step(&SCOPE, text).unwrap_or_else(|fault| panic!("{fault}"))
}

fn refused(text: &str) -> Fault {
    *step(&SCOPE, text).expect_err(text)
}

fn words(words: &[&str]) -> String {
    step_from_words(words).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn a_verb_reads_as_in_a_scenario() {
    let Verb::SetClock(clock) = read(r#"set_clock = { host = "kdc1", offset = "+10m" }"#) else {
        panic!("another verb");
    };
    assert_eq!(clock.host.get_ref(), "kdc1");
    assert_eq!(clock.offset.0, 600_000_000);
}

#[test]
fn a_verb_may_be_a_table_of_its_own() {
    let text = "[link]\nto = \"kdc1\"\ndo = \"drop\"\n";
    assert!(matches!(read(text), Verb::Link(_)));
}

#[test]
fn an_unknown_host_is_told_with_its_place_and_the_choices() {
    let fault = refused(r#"set_clock = { host = "kdc3", offset = "+10m" }"#);
    assert_eq!(fault.position(), (1, 22));
    assert_eq!(fault.title(), "unknown host `kdc3`");
    assert_eq!(fault.help(), Some("did you mean `kdc1`?"));
    assert!(fault.to_string().contains("--> verb:1:22"), "{fault}");
}

#[test]
fn an_unknown_verb_is_told_with_the_closest() {
    let fault = refused(r#"set_clok = { host = "kdc1", offset = "+10m" }"#);
    assert_eq!(fault.title(), "unknown name `set_clok`");
    assert_eq!(fault.help(), Some("did you mean `set_clock`?"));
    assert_eq!(fault.position(), (1, 1));
}

#[test]
fn an_unknown_key_is_told_with_the_choices() {
    let fault = refused(r#"set_clock = { hst = "kdc1", offset = "+10m" }"#);
    assert_eq!(fault.title(), "unknown field `hst`");
    assert_eq!(fault.position(), (1, 15));
}

#[test]
fn the_rules_of_values_hold() {
    let fault = refused(r#"set_clock = { host = "kdc1", offset = "10m" }"#);
    assert!(
        fault.title().starts_with("`10m` is not a clock offset"),
        "{fault}"
    );
}

#[test]
fn a_name_that_several_realms_could_have_needs_its_realm() {
    let fault = refused(r#"add_principal = { name = "carol", password = "x" }"#);
    assert_eq!(
        fault.title(),
        "unknown principal `carol` (no realm has it; add its @REALM)"
    );
    read(r#"add_principal = { name = "carol@B.EXAMPLE", password = "x" }"#);
    read(r#"noop = { add_principal = { name = "carol@B.EXAMPLE", password = "x" } }"#);
}

#[test]
fn a_step_has_one_verb() {
    let fault = refused("host_down = \"kdc1\"\nhost_down_too = \"kdc2\"");
    assert_eq!(fault.title(), "a step has one verb, and this is another");
    assert_eq!(fault.position(), (2, 1));
    for nothing in ["", "  ", "# host_down"] {
        assert_eq!(refused(nothing).title(), "no verb stands here");
    }
}

#[test]
fn a_step_is_short() {
    let longest = format!("host_down = \"kdc1\" #{}", "x".repeat(MAX_STEP_LENGTH - 20));
    assert_eq!(longest.len(), MAX_STEP_LENGTH);
    read(&longest);
    let fault = refused(&format!("{longest}x"));
    assert_eq!(fault.title(), "the step has more than 65536 bytes");
}

#[test]
fn a_world_knows_what_a_step_added() {
    let mut world = check::world_in(&SCENARIO, Phase::Healthy, DEFAULT_SEED, None).unwrap();
    let change = r#"set_password = { user = "carol", password = "y" }"#;
    assert!(step(world.scope(), change).is_err());
    let add = step(
        world.scope(),
        r#"add_principal = { name = "carol@B.EXAMPLE", password = "x" }"#,
    );
    world.apply(&add.unwrap()).unwrap();
    world.apply(&step(world.scope(), change).unwrap()).unwrap();
}

#[test]
fn a_word_becomes_a_value() {
    assert_eq!(
        words(&["reset_key", "host/srv1.a.example"]),
        r#"reset_key = "host/srv1.a.example""#
    );
    assert_eq!(words(&["wait", "1h 30m"]), r#"wait = "1h 30m""#);
    assert_eq!(words(&["repair_links"]), "repair_links = {}");
    assert!(matches!(
        read(&words(&["repair_links"])),
        Verb::RepairLinks(_)
    ));
    assert!(matches!(
        read(&words(&["host_down", "kdc1"])),
        Verb::HostDown(_)
    ));
}

#[test]
fn words_become_a_table() {
    assert_eq!(
        words(&["set_clock", "host=kdc1", "offset=+10m"]),
        r#"set_clock = { host = "kdc1", offset = "+10m" }"#
    );
    assert_eq!(
        words(&[
            "attempt",
            "call={ from = \"srv1\", user = \"alice\" }",
            "times=3"
        ]),
        r#"attempt = { call = { from = "srv1", user = "alice" }, times = 3 }"#
    );
    assert_eq!(
        words(&["set_password", "user=alice", "password=a=b"]),
        r#"set_password = { user = "alice", password = "a=b" }"#
    );
    assert_eq!(
        words(&[
            "change_key",
            "of=alice",
            "enctypes=[\"aes128-cts\"]",
            "keep_old=true"
        ]),
        r#"change_key = { of = "alice", enctypes = ["aes128-cts"], keep_old = true }"#
    );
}

#[test]
fn dots_lead_into_a_table() {
    let text = words(&["link", "to=kdc1", "do.delay=2s"]);
    let Verb::Link(link) = read(&text) else {
        panic!("another verb");
    };
    assert!(matches!(link.effect, LinkEffect::Delay(span) if span.0.as_secs() == 2));
    let text = words(&[
        "configure_client",
        "host=srv1",
        r#"set.kdc."A.EXAMPLE"=["kdc1"]"#,
    ]);
    assert!(matches!(read(&text), Verb::ConfigureClient(_)), "{text}");
}

#[test]
fn a_word_with_a_verb_and_its_value_is_the_text() {
    let text = r#"set_clock = { host = "kdc1", offset = "+10m" }"#;
    assert_eq!(words(&[text]), text);
    assert_eq!(
        words(&["set_clock", r#"{ host = "kdc1", offset = "+10m" }"#]),
        text
    );
}

#[test]
fn dates_and_fractions_are_texts() {
    let text = words(&[
        "modify_principal",
        "name=alice",
        "expires=2026-01-02T00:00:00Z",
    ]);
    assert_eq!(
        text,
        r#"modify_principal = { name = "alice", expires = "2026-01-02T00:00:00Z" }"#
    );
    read(&text);
    assert_eq!(words(&["reset_key", "inf"]), r#"reset_key = "inf""#);
}

#[test]
fn digits_are_a_text_in_quotes() {
    let fault = refused(&words(&["set_password", "user=alice", "password=1234"]));
    assert_eq!(fault.title(), "invalid type: integer `1234`");
    read(&words(&[
        "set_password",
        "user=alice",
        r#"password="1234""#,
    ]));
}

#[test]
fn what_is_no_key_is_told_as_an_unknown_one() {
    let fault = refused(&words(&["set_clock", "the host=kdc1", "offset=+10m"]));
    assert_eq!(fault.title(), "unknown field `the host`");
    let fault = refused(&words(&["set clock", "host=kdc1", "offset=+10m"]));
    assert_eq!(fault.title(), "unknown name `set clock`");
}

#[test]
fn a_key_given_twice_is_told() {
    let fault = refused(&words(&[
        "set_clock",
        "host=kdc1",
        "host=kdc2",
        "offset=+10m",
    ]));
    assert!(fault.title().contains("duplicate key"), "{fault}");
}

#[test]
fn a_word_without_a_key_is_told_with_its_place() {
    let fault = step_from_words(&["set_clock", "kdc1", "offset=+10m"]).unwrap_err();
    assert_eq!(fault.position(), (1, 11));
    assert!(fault.to_string().contains("set_clock kdc1 offset=+10m"));
    let fault = step_from_words::<&str>(&[]).unwrap_err();
    assert_eq!(fault.title(), "no verb was given");
}

/// Pieces that steps are made of, and some that they are not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "set_clock",
            "link",
            "noop",
            "add_principal",
            "attempt",
            "host",
            "do",
            "kdc1",
            "alice",
            "=",
            "{",
            "}",
            "[",
            "]",
            "\"",
            "'",
            "\"\"\"",
            ".",
            ",",
            "+10m",
            "9",
            "true",
            "\n",
            "#",
            " ",
            "\\u",
            "1979-05-27",
            "nan",
            "é",
            "\u{0}",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn no_text_panics(pieces in prop::collection::vec(piece(), 0..20)) {
        if let Err(fault) = step(&SCOPE, &pieces.concat()) {
            fault.to_string();
        }
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(prop::collection::vec(piece(), 0..4).prop_map(|pieces| pieces.concat()), 0..5)) {
        let fault = match step_from_words(&words) {
            Ok(text) => step(&SCOPE, &text).err(),
            Err(fault) => Some(fault),
        };
        if let Some(fault) = fault {
            fault.to_string();
        }
    }

    /// Whatever a value is, it comes through.
    #[test]
    fn a_text_comes_through_the_words(password in any::<String>()) {
        let quoted = toml::Value::String(password.clone()).to_string();
        for value in [password.clone(), quoted] {
            if value != password || toml::from_str::<toml::Table>(&format!("v = {value}")).is_err() {
                let text = words(&["set_password", "user=alice", &format!("password={value}")]);
                let Verb::SetPassword(change) = read(&text) else {
                    panic!("another verb");
                };
                prop_assert_eq!(&change.password, &password);
            }
        }
    }

    #[test]
    fn nested_steps_end(depth in 0..2000_usize) {
        let text = format!("{}wait = \"1s\"{}", "noop = { ".repeat(depth), " }".repeat(depth));
        if let Err(fault) = step(&SCOPE, &text) {
            fault.to_string();
        }
    }
}
