//! A property over faults: whatever breaks in one realm, the users of another that does not trust it keep
//! working, and no failure lasts longer than its fault.
//!
//! `cargo test --example faults_stay_at_home` tries random faults and shrinks one that breaks the property.

use kdclab::{Call, Lab, LabError};

/// Two realms on one network, without a host in common.
fn two_realms() -> Result<Lab, LabError> {
    Lab::builder()
        .realm("A.EXAMPLE")
        .kdc("kdc1")
        .user("alice", "correct horse")
        .service("HTTP/web1.a.example")
        .realm("B.EXAMPLE")
        .user("bob", "battery staple")
        .service("HTTP/web2.b.example")
        .build()
}

fn alice() -> Call {
    Call::login("alice").from("ws1").to("HTTP/web1.a.example")
}

fn bob() -> Call {
    Call::login("bob").from("ws2").to("HTTP/web2.b.example")
}

fn main() -> Result<(), LabError> {
    let mut lab = two_realms()?;
    lab.step(r#"link = { to = "kdc1", do = "drop" }"#)?;
    for (user, call) in [("alice", alice()), ("bob", bob())] {
        let outcome = lab.call(call)?;
        println!("{user}: {}", outcome.error().unwrap_or("success"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Built once: each case takes a clone, which costs less than the keys of new passwords.
    static HEALTHY: LazyLock<Lab> = LazyLock::new(|| two_realms().unwrap());

    /// What a link does to the packets of one host of realm A.
    fn link_fault() -> impl Strategy<Value = String> {
        let effect = prop_oneof![
            select(vec![
                r#""corrupt""#,
                r#""corrupt_ticket""#,
                r#""drop""#,
                r#""duplicate""#,
                r#""refuse""#,
                r#""reorder""#,
                r#""replay""#,
                r#"{ replace = "HTTP/1.1 400" }"#,
            ])
            .prop_map(str::to_owned),
            (0..20_u32).prop_map(|seconds| format!("{{ delay = \"{seconds}s\" }}")),
            (0..700_u32).prop_map(|bytes| format!("{{ truncate = {bytes} }}")),
            (0..700_u32).prop_map(|bytes| format!("{{ size_limit = {bytes} }}")),
        ];
        let end = select(vec!["from", "to"]);
        let host = select(vec!["kdc1", "web1", "ws1"]);
        (end, host, 0..4_u32, effect).prop_map(|(end, host, after, effect)| {
            format!(r#"link = {{ {end} = "{host}", after = {after}, do = {effect} }}"#)
        })
    }

    /// Any single fault of realm A.
    fn fault() -> impl Strategy<Value = String> {
        let host = || select(vec!["kdc1", "web1", "ws1"]);
        prop_oneof![
            4 => link_fault(),
            1 => host().prop_map(|host| format!("host_down = \"{host}\"")),
            1 => (host(), 1..100_000_u32, select(vec!["+", "-"])).prop_map(|(host, by, sign)| {
                format!(r#"set_clock = {{ host = "{host}", offset = "{sign}{by}s" }}"#)
            }),
            1 => select(vec![
                r#"remove_principal = "alice""#,
                r#"reset_key = "HTTP/web1.a.example""#,
                r#"reset_key = "krbtgt/A.EXAMPLE@A.EXAMPLE""#,
                r#"modify_principal = { name = "alice", attributes = ["-allow_tix"] }"#,
                r#"configure_realm = { realm = "A.EXAMPLE", set = { max_life = "1s" } }"#,
            ])
            .prop_map(str::to_owned),
        ]
    }

    proptest! {
        #[test]
        fn the_other_realm_does_not_notice(fault in fault()) {
            let mut lab = HEALTHY.clone();
            let mut untouched = HEALTHY.clone();
            lab.step(&fault).unwrap();
            lab.call(alice()).unwrap();
            untouched.call(alice()).unwrap().expect_success();

            let outcome = lab.call(bob()).unwrap();
            outcome.expect_success();
            let expected = untouched.call(bob()).unwrap();
            prop_assert_eq!(outcome.took(), expected.took());
        }

        #[test]
        fn a_repaired_network_has_no_memory(fault in link_fault()) {
            let mut lab = HEALTHY.clone();
            lab.step(&fault).unwrap();
            lab.call(alice()).unwrap();
            lab.step("repair_links = {}").unwrap();
            lab.call(alice()).unwrap().expect_success();
        }
    }
}
