//! A world described by a program.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Lab, LabError};
use crate::script::model::{DialectName, KdcDialectName};
use crate::script::{choices, quoted};

/// A world described by a program. It becomes a scenario's text, which is read by the rules for scenarios: an
/// error shows the line of that text.
///
/// A realm with users and services is enough. What is not said gets a name: `kdc1` is the KDC of the first realm
/// and `ws1` a host for its users, `kdc2` and `ws2` are those of the second; `HTTP/web1.lab.example` runs on
/// `web1`.
///
/// ```
/// use kdclab::{Call, Lab};
///
/// let mut lab = Lab::builder()
///     .realm("LAB.EXAMPLE")
///     .user("alice", "correct horse")
///     .service("HTTP/web1.lab.example")
///     .build()?;
/// lab.call(Call::login("alice").to("HTTP/web1.lab.example"))?.expect_success();
/// # Ok::<(), kdclab::LabError>(())
/// ```
///
/// Users, services, hosts, KDCs and settings belong to the realm that was named last.
///
/// ```
/// # use kdclab::script::model::DialectName;
/// # use kdclab::{Call, Lab};
/// let mut lab = Lab::builder()
///     .realm("LAB.EXAMPLE")
///     .service("HTTP/web1.lab.example")
///     .realm("PARTNER.EXAMPLE")
///     .user("carol", "tr0ub4dor")
///     .trust("PARTNER.EXAMPLE", "LAB.EXAMPLE")
///     .dialect("web1", DialectName::Java)
///     .clock("web1", "-10m")
///     .build()?;
/// let call = Call::login("carol").from("ws2").to("HTTP/web1.lab.example");
/// lab.call(call)?.expect_error("CONNECTION_CLOSED");
/// # Ok::<(), kdclab::LabError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LabBuilder {
    realms: Vec<RealmPart>,
    trusts: Vec<(String, String)>,
    /// Lines of a host's table, by the host.
    host_lines: Vec<(String, String)>,
    given: Vec<String>,
    faults: Vec<String>,
    epoch: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct RealmPart {
    name: String,
    kdcs: Vec<String>,
    users: Vec<(String, String)>,
    services: Vec<(String, String)>,
    hosts: Vec<String>,
    settings: Vec<String>,
    dialect: KdcDialectName,
}

impl LabBuilder {
    /// A realm. What belongs to one and is said before any is named belongs to the first.
    #[must_use]
    pub fn realm(mut self, name: &str) -> Self {
        match self.realms.first_mut() {
            Some(first) if first.name.is_empty() => name.clone_into(&mut first.name),
            _ => self.realms.push(RealmPart {
                name: name.to_owned(),
                ..RealmPart::default()
            }),
        }
        self
    }

    /// A host of the realm's KDC; called again, of one more.
    #[must_use]
    pub fn kdc(mut self, host: &str) -> Self {
        self.last_realm().kdcs.push(host.to_owned());
        self
    }

    /// The realm's KDCs behave like Active Directory's, and not like MIT's.
    #[must_use]
    pub fn active_directory(mut self) -> Self {
        self.last_realm().dialect = KdcDialectName::ActiveDirectory;
        self
    }

    /// Lines of the realm's `settings` in TOML, such as `requires_preauth = false`.
    #[must_use]
    pub fn settings(mut self, lines: &str) -> Self {
        self.last_realm().settings.push(lines.to_owned());
        self
    }

    /// A user with a password.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        let user = (name.to_owned(), password.to_owned());
        self.last_realm().users.push(user);
        self
    }

    /// A service on the host that its name says, `web1` for `HTTP/web1.lab.example`.
    #[must_use]
    pub fn service(self, name: &str) -> Self {
        let instance = name.split_once('/').map_or(name, |(_, instance)| instance);
        let host = instance.split_once('.').map_or(instance, |(host, _)| host);
        self.service_on(name, host)
    }

    /// A service on `host`, which has its keytab.
    #[must_use]
    pub fn service_on(mut self, name: &str, host: &str) -> Self {
        let service = (name.to_owned(), host.to_owned());
        self.last_realm().services.push(service);
        self
    }

    /// One more host. A realm without one beside those of KDCs and services gets `ws1`, or `ws2` where it is
    /// the second realm, and so on.
    #[must_use]
    pub fn host(mut self, name: &str) -> Self {
        self.last_realm().hosts.push(name.to_owned());
        self
    }

    /// Realm `to` accepts the users of realm `from`.
    #[must_use]
    pub fn trust(mut self, from: &str, to: &str) -> Self {
        self.trusts.push((from.to_owned(), to.to_owned()));
        self
    }

    /// Which implementation the programs of `host` use; MIT's if never said.
    #[must_use]
    pub fn dialect(self, host: &str, dialect: DialectName) -> Self {
        let name = match dialect {
            DialectName::Mit => "mit",
            DialectName::Java => "java",
            DialectName::Java6 => "java-6",
            DialectName::PanOs => "pan-os",
            DialectName::Windows => "windows",
        };
        self.host_line(host, format!("dialect = \"{name}\""))
    }

    /// How far the clock of `host` is from the true time, such as `+10m`.
    #[must_use]
    pub fn clock(self, host: &str, offset: &str) -> Self {
        self.host_line(host, format!("clock = {}", quoted(offset)))
    }

    /// The principal that the programs of `host` use where a call names no user.
    #[must_use]
    pub fn run_as(self, host: &str, principal: &str) -> Self {
        self.host_line(host, format!("run_as = {}", quoted(principal)))
    }

    /// An entry of the krb5.conf of `host` in TOML, such as `udp_preference_limit = 1`.
    #[must_use]
    pub fn client(self, host: &str, entry: &str) -> Self {
        self.host_line(host, format!("client.{entry}"))
    }

    /// An entry of the acceptor of `host` in TOML, such as `replay_cache = "none"`.
    #[must_use]
    pub fn acceptor(self, host: &str, entry: &str) -> Self {
        self.host_line(host, format!("acceptor.{entry}"))
    }

    /// When the world begins, such as `2026-03-29T00:00:00Z`; 2026 if never said.
    #[must_use]
    pub fn epoch(mut self, instant: &str) -> Self {
        self.epoch = Some(instant.to_owned());
        self
    }

    /// A step that prepares the healthy world, written as in a scenario.
    #[must_use]
    pub fn given(mut self, step: &str) -> Self {
        self.given.push(step.to_owned());
        self
    }

    /// A step that [`Lab::break_it`] does, written as in a scenario.
    #[must_use]
    pub fn fault(mut self, step: &str) -> Self {
        self.faults.push(step.to_owned());
        self
    }

    /// The healthy world.
    ///
    /// # Errors
    /// [`LabError::UnknownHost`] where something is said of a host that the world does not have, and as
    /// [`Lab::load`].
    pub fn build(&self) -> Result<Lab, LabError> {
        Lab::from_toml(&self.to_toml()?)
    }

    /// The world as a scenario's text, to be kept or to be edited.
    ///
    /// # Errors
    /// [`LabError::UnknownHost`].
    pub fn to_toml(&self) -> Result<String, LabError> {
        let mut text = String::from(
            "format = 1\ntitle = \"A world of its own\"\nstory = \"A program described it.\"\nlesson = true\n",
        );
        self.write(&mut text)?;
        Ok(text)
    }

    fn write(&self, text: &mut String) -> Result<(), LabError> {
        if let Some(epoch) = &self.epoch {
            line(text, format_args!("epoch = {}", quoted(epoch)));
        }
        let mut hosts: Vec<(String, String)> = Vec::new();
        for (index, realm) in self.realms.iter().enumerate() {
            let name = match realm.name.as_str() {
                "" => "LAB.EXAMPLE",
                name => name,
            };
            let kdcs = match realm.kdcs.as_slice() {
                [] => vec![format!("kdc{}", index + 1)],
                kdcs => kdcs.to_vec(),
            };
            realm.write(text, name, &kdcs);
            let working = realm.services.iter().map(|(_, host)| host);
            let working: BTreeSet<&String> = kdcs.iter().chain(working).collect();
            let mut of_realm: Vec<String> = working.iter().map(|host| (*host).clone()).collect();
            of_realm.extend(realm.hosts.iter().cloned());
            if realm.hosts.iter().all(|host| working.contains(host)) {
                of_realm.push(format!("ws{}", index + 1));
            }
            for host in of_realm {
                if !hosts.iter().any(|(known, _)| *known == host) {
                    hosts.push((host, name.to_owned()));
                }
            }
        }
        for (from, to) in &self.trusts {
            line(
                text,
                format_args!(
                    "[[trust]]\nfrom = {}\nto = {}\npassword = \"between friends\"",
                    quoted(from),
                    quoted(to),
                ),
            );
        }
        self.write_hosts(text, &hosts)?;
        for (table, steps) in [("given", &self.given), ("fault", &self.faults)] {
            for step in steps {
                line(text, format_args!("[[{table}]]\n{step}"));
            }
        }
        Ok(())
    }

    fn write_hosts(&self, text: &mut String, hosts: &[(String, String)]) -> Result<(), LabError> {
        for (name, _) in &self.host_lines {
            if !hosts.iter().any(|(known, _)| known == name) {
                return Err(LabError::UnknownHost {
                    name: name.clone(),
                    help: choices(name, hosts.iter().map(|(known, _)| known.as_str())),
                });
            }
        }
        for (host, realm) in hosts {
            line(
                text,
                format_args!("[host.{}]\nrealm = {}", quoted(host), quoted(realm)),
            );
            for (_, entry) in self.host_lines.iter().filter(|(name, _)| name == host) {
                line(text, format_args!("{entry}"));
            }
        }
        Ok(())
    }

    fn host_line(mut self, host: &str, entry: String) -> Self {
        self.host_lines.push((host.to_owned(), entry));
        self
    }

    fn last_realm(&mut self) -> &mut RealmPart {
        if self.realms.is_empty() {
            self.realms.push(RealmPart::default());
        }
        let last = self.realms.len() - 1;
        &mut self.realms[last]
    }
}

impl RealmPart {
    fn write(&self, text: &mut String, name: &str, kdcs: &[String]) {
        let name = quoted(name);
        let kdcs: Vec<String> = kdcs.iter().map(|kdc| quoted(kdc)).collect();
        line(
            text,
            format_args!("[realm.{name}]\nkdc = [{}]", kdcs.join(", ")),
        );
        if self.dialect == KdcDialectName::ActiveDirectory {
            line(text, format_args!("dialect = \"active-directory\""));
        }
        for (table, entries) in [("users", &self.users), ("services", &self.services)] {
            if entries.is_empty() {
                continue;
            }
            line(text, format_args!("[realm.{name}.{table}]"));
            for (key, value) in entries {
                line(text, format_args!("{} = {}", quoted(key), quoted(value)));
            }
        }
        if !self.settings.is_empty() {
            line(text, format_args!("[realm.{name}.settings]"));
        }
        for settings in &self.settings {
            line(text, format_args!("{settings}"));
        }
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{arguments}");
}
