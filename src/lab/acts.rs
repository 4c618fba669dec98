//! What users and programs do, written down step by step.

use std::time::Duration;

use crate::script::quoted;

/// Something a client does: log in and, unless there is no [`to`](Self::to), reach a service. It stands for the
/// `call` of a scenario, and begins with an empty cache as that does.
#[derive(Clone, Debug)]
pub struct Call(Table);

impl Call {
    /// A call of `user`, by name or with the realm.
    pub fn login(user: &str) -> Self {
        Self(Table::default().text("user", user))
    }

    /// A call of the programs of `host`, as the principal that the host runs as.
    pub fn of_host(host: &str) -> Self {
        Self(Table::default().text("from", host))
    }

    /// The host it happens on. Without it, where the scenario's first call happens; in a built world, on the
    /// first host that is neither a KDC nor runs a service.
    #[must_use]
    pub fn from(self, host: &str) -> Self {
        Self(self.0.text("from", host))
    }

    /// The service that is reached.
    #[must_use]
    pub fn to(self, service: &str) -> Self {
        Self(self.0.text("to", service))
    }

    /// The host that is reached, where several run the service.
    #[must_use]
    pub fn at(self, host: &str) -> Self {
        Self(self.0.text("at", host))
    }

    /// The password typed, in place of the user's own.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        Self(self.0.text("password", password))
    }

    /// Uses the tickets in the user's cache.
    #[must_use]
    pub fn warm(self) -> Self {
        Self(self.0.yes("warm"))
    }

    /// Uses the tickets in the user's cache and does not log in where there is none.
    #[must_use]
    pub fn from_cache_alone(self) -> Self {
        Self(self.0.yes("warm").no("log_in"))
    }

    /// Renews the ticket-granting ticket in the user's cache first (`kinit -R`).
    #[must_use]
    pub fn renew(self) -> Self {
        Self(self.0.yes("warm").yes("renew"))
    }

    /// MIT's kinit logs in, whatever the host's other programs are.
    #[must_use]
    pub fn kinit(self) -> Self {
        Self(self.0.yes("kinit"))
    }

    /// The life asked for.
    #[must_use]
    pub fn lifetime(self, life: Duration) -> Self {
        Self(self.0.length("lifetime", life))
    }

    /// The renewable life asked for.
    #[must_use]
    pub fn renewable(self, life: Duration) -> Self {
        Self(self.0.length("renewable", life))
    }

    /// The ticket shall begin so far in the future (`kinit -s`). It is of no use before it is validated.
    #[must_use]
    pub fn postdated(self, by: Duration) -> Self {
        Self(self.0.length("postdated", by))
    }

    /// Asks for a forwardable ticket.
    #[must_use]
    pub fn forwardable(self) -> Self {
        Self(self.0.yes("forwardable"))
    }

    /// The service need not prove itself.
    #[must_use]
    pub fn without_mutual_authentication(self) -> Self {
        Self(self.0.no("mutual"))
    }

    /// The caller, a service, asks a ticket to itself for `user` (S4U2Self).
    #[must_use]
    pub fn for_user(self, user: &str) -> Self {
        Self(self.0.text("for_user", user))
    }

    /// That user is named by an enterprise name, such as a UPN.
    #[must_use]
    pub fn enterprise(self) -> Self {
        Self(self.0.yes("enterprise"))
    }

    /// The call as a step, from `host` unless it says where it happens.
    pub(super) fn as_step(&self, host: &str) -> String {
        format!("attempt = {{ call = {} }}", self.0.acting_on(host))
    }
}

/// A user asks the password service for a new password. It stands for the `kpasswd` of a scenario.
#[derive(Clone, Debug)]
pub struct Kpasswd(Table);

impl Kpasswd {
    /// `user` asks for a new password of their own.
    pub fn change(user: &str, new: &str) -> Self {
        Self(Table::default().text("user", user).text("new", new))
    }

    /// The host it happens on; if absent, as for a [`Call`].
    #[must_use]
    pub fn from(self, host: &str) -> Self {
        Self(self.0.text("from", host))
    }

    /// The password typed as a proof, in place of the user's own.
    #[must_use]
    pub fn old(self, password: &str) -> Self {
        Self(self.0.text("old", password))
    }

    /// Whose password it is, where that is another's.
    #[must_use]
    pub fn of(self, user: &str) -> Self {
        Self(self.0.text("of", user))
    }

    pub(super) fn as_step(&self, host: &str) -> String {
        format!("attempt = {{ kpasswd = {} }}", self.0.acting_on(host))
    }
}

/// Keys with their values as TOML, in the order in which they were first given.
#[derive(Clone, Debug, Default)]
struct Table(Vec<(&'static str, String)>);

impl Table {
    fn set(mut self, key: &'static str, value: String) -> Self {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
        self
    }

    fn text(self, key: &'static str, value: &str) -> Self {
        self.set(key, quoted(value))
    }

    fn length(self, key: &'static str, value: Duration) -> Self {
        let text = humantime::format_duration(value).to_string();
        self.text(key, &text)
    }

    fn yes(self, key: &'static str) -> Self {
        self.set(key, "true".to_owned())
    }

    fn no(self, key: &'static str) -> Self {
        self.set(key, "false".to_owned())
    }

    fn acting_on(&self, host: &str) -> String {
        let mut table = self.clone();
        if !table.0.iter().any(|(key, _)| *key == "from") {
            table = table.text("from", host);
        }
        let entries: Vec<String> = table
            .0
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        format!("{{ {} }}", entries.join(", "))
    }
}
