//! What must never travel: no packet of any scenario holds a password or a user's key.

use kdclab::catalogue::{self, Scenario};
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::Phase;
use kdclab::sim::Packet;
use toml::{Table, Value};

/// Every password that the file writes, and the users' keys in its healthy world.
fn secrets(scenario: &Scenario) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(&scenario.path)
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.path.display()));
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let mut passwords = Vec::new();
    collect(&Value::Table(table), false, &mut passwords);
    let world = check::world_in(scenario, Phase::Healthy, DEFAULT_SEED, None)
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.id));
    let keys = world
        .user_keytab()
        .entries
        .into_iter()
        .map(|entry| entry.key_bytes.to_vec());
    let texts = passwords.into_iter().filter(|text| !text.is_empty());
    texts.map(String::into_bytes).chain(keys).collect()
}

/// The texts under keys that hold passwords: those of `users`, and every `password`, `new` and `old`.
fn collect(value: &Value, is_password: bool, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            for value in values {
                collect(value, is_password, found);
            }
        }
        Value::String(text) if is_password => found.push(text.clone()),
        Value::Table(table) => {
            for (key, value) in table {
                if key == "users" {
                    for user in value.as_table().into_iter().flat_map(Table::values) {
                        collect(user, user.is_str(), found);
                    }
                } else {
                    let is_password = ["password", "new", "old"].contains(&key.as_str());
                    collect(value, is_password, found);
                }
            }
        }
        _ => {}
    }
}

fn holds(packet: &Packet, secret: &[u8]) -> bool {
    let bytes = packet.payload.bytes();
    bytes.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn no_password_and_no_key_of_a_user_travels() {
    let scenarios = catalogue::embedded().unwrap_or_else(|error| panic!("{error}"));
    let mut seen = 0;
    for scenario in &scenarios {
        let secrets = secrets(scenario);
        for phase in check::run(scenario, DEFAULT_SEED).phases {
            for packet in &phase.packets {
                seen += 1;
                let leaks = secrets.iter().any(|secret| holds(packet, secret));
                assert!(!leaks, "{}, {}: {packet:?}", scenario.id, phase.phase);
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_name_that_travels_is_found() {
    let scenario = catalogue::find("protocol-walk").unwrap_or_else(|error| panic!("{error}"));
    let report = check::run(&scenario, DEFAULT_SEED);
    let mut packets = report.phases.iter().flat_map(|phase| &phase.packets);
    assert!(packets.any(|packet| holds(packet, b"alice")));
}
