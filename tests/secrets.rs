//! What must never travel: no packet of any scenario holds a password or a user's key.

use kdclab::catalogue::{self, Scenario};
use kdclab::check::{self, DEFAULT_SEED};
use kdclab::script::model::{Phase, TextOr};
use kdclab::sim::Packet;

fn secrets(scenario: &Scenario) -> Vec<Vec<u8>> {
    let passwords = scenario
        .script
        .realm
        .values()
        .flat_map(|realm| realm.users.values())
        .map(|user| match user {
            TextOr::Text(password) => password.as_bytes().to_vec(),
            TextOr::Table(user) => user.password.as_bytes().to_vec(),
        });
    let world = check::world_in(scenario, Phase::Healthy, DEFAULT_SEED, None)
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.id));
    let keys = world
        .user_keytab()
        .entries
        .into_iter()
        .map(|entry| entry.key_bytes.to_vec());
    passwords.chain(keys).collect()
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
