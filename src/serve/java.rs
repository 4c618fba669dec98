//! What a JVM takes instead of environment variables: arguments and JAAS entries.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The file with the arguments, which `java @FILE` reads.
pub(crate) const ARGUMENTS: &str = "java.args";
/// The file with the JAAS entries.
pub(crate) const JAAS: &str = "jaas.conf";

/// The arguments, in the syntax of an argument file.
///
/// None is about replays: an acceptor keeps those in its own memory since JDK 8.
pub(crate) fn arguments(environment: &BTreeMap<String, String>) -> String {
    let mut arguments = String::new();
    let mut define = |property: &str, value: &str| {
        let _ = writeln!(arguments, "\"-D{property}={}\"", escaped(value));
    };
    if let Some(krb5_conf) = environment.get("KRB5_CONFIG") {
        define("java.security.krb5.conf", krb5_conf);
    }
    if let Some(directory) = environment.get("KDCLAB_DIR") {
        let jaas = Path::new(directory).join(JAAS);
        define("java.security.auth.login.config", &jaas.to_string_lossy());
    }
    arguments
}

/// The JAAS entries: a login by ticket cache, one by keytab, and an acceptor, as far as the scenario has them.
pub(crate) fn jaas(environment: &BTreeMap<String, String>) -> String {
    let get = |name: &str| environment.get(name).map(|value| file(value));
    let client = get("KDCLAB_USER")
        .zip(get("KDCLAB_REALM"))
        .map(|(user, realm)| format!("{user}@{realm}"));
    let mut jaas = String::new();
    if let Some(cache) = get("KRB5CCNAME") {
        entry(
            &mut jaas,
            "as whoever kinit got a ticket for",
            "kdclab-ticket-cache",
            &[("useTicketCache", "true"), ("ticketCache", cache)],
        );
    }
    if let Some((keytab, client)) = get("KRB5_CLIENT_KTNAME").zip(client) {
        entry(
            &mut jaas,
            "as the user, without a password",
            "kdclab-keytab",
            &[
                ("useKeyTab", "true"),
                ("keyTab", keytab),
                ("principal", &client),
            ],
        );
    }
    if let Some(keytab) = get("KRB5_KTNAME") {
        entry(
            &mut jaas,
            "as the service, with every key of its keytab",
            "kdclab-acceptor",
            &[
                ("useKeyTab", "true"),
                ("keyTab", keytab),
                ("principal", "*"),
                ("storeKey", "true"),
                ("isInitiator", "false"),
            ],
        );
    }
    jaas
}

/// The value as it stands between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"")
}

/// The file's name in MIT's `FILE:name`.
fn file(value: &str) -> &str {
    value.strip_prefix("FILE:").unwrap_or(value)
}

fn entry(jaas: &mut String, what: &str, name: &str, options: &[(&str, &str)]) {
    if !jaas.is_empty() {
        jaas.push('\n');
    }
    let _ = writeln!(jaas, "// A login {what}.");
    let _ = write!(
        jaas,
        "{name} {{\n    com.sun.security.auth.module.Krb5LoginModule required"
    );
    // A JVM that outlives one served scenario must read the krb5.conf of the next.
    for (option, value) in options
        .iter()
        .chain(&[("doNotPrompt", "true"), ("refreshKrb5Config", "true")])
    {
        let _ = write!(jaas, "\n    {option}=\"{}\"", escaped(value));
    }
    let _ = writeln!(jaas, ";\n}};");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        variables.iter().map(owned).collect()
    }

    #[test]
    fn arguments_are_quoted_for_an_argument_file() {
        let printed = arguments(&environment(&[(
            "KRB5_CONFIG",
            r#"C:\my lab\"x"\krb5.conf"#,
        )]));
        assert_eq!(
            printed,
            r#""-Djava.security.krb5.conf=C:\\my lab\\\"x\"\\krb5.conf""#.to_owned() + "\n"
        );
    }

    #[test]
    fn a_scenario_without_a_call_has_the_ticket_cache_alone() {
        let printed = jaas(&environment(&[
            ("KRB5CCNAME", "FILE:/lab/ccache"),
            ("KRB5_CLIENT_KTNAME", "FILE:/lab/users.keytab"),
        ]));
        assert!(printed.contains("ticketCache=\"/lab/ccache\""), "{printed}");
        assert!(!printed.contains("kdclab-keytab"), "{printed}");
        assert!(!printed.contains("kdclab-acceptor"), "{printed}");
    }
}
