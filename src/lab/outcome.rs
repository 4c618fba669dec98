//! What an act came to, for a test to ask.

use std::time::Duration;

use kdclab_client::Credential;
use kdclab_proto::messages::TicketFlags;
use kdclab_proto::{Enctype, KerberosTime, Principal};

use crate::script::values::ErrorName;
use crate::sim::{self, Failure};

/// What an act came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    result: Result<(), (Failure, String)>,
    took: Duration,
    ticket: Option<TicketFacts>,
    timeline: Vec<String>,
    seed: u64,
}

impl Outcome {
    pub(super) fn new(
        outcome: sim::Outcome,
        ticket: Option<TicketFacts>,
        timeline: Vec<String>,
        seed: u64,
    ) -> Self {
        Self {
            result: outcome.result.map_err(|failure| {
                let name = failure.error.name();
                (failure, name)
            }),
            took: outcome.took,
            ticket,
            timeline,
            seed,
        }
    }

    /// Whether it succeeded.
    pub fn is_success(&self) -> bool {
        self.result.is_ok()
    }

    /// The error's name, such as `KRB_AP_ERR_MODIFIED`; `None` after a success.
    pub fn error(&self) -> Option<&str> {
        self.result.as_ref().err().map(|(_, name)| name.as_str())
    }

    /// The whole failure; `None` after a success.
    pub fn failure(&self) -> Option<&Failure> {
        self.result.as_ref().err().map(|(failure, _)| failure)
    }

    /// What the client's implementation says to its user, where that is known.
    pub fn text(&self) -> Option<&str> {
        self.failure()?.text.as_deref()
    }

    /// What the host that raised the error had noticed, such as `key-version`.
    pub fn cause(&self) -> Option<&str> {
        self.failure().map(|failure| failure.cause.as_str())
    }

    /// The host that raised the error; `None` after a success and when the client raised it itself.
    pub fn sent_by(&self) -> Option<&str> {
        self.failure()?.sent_by.as_deref()
    }

    /// How long it took, in virtual time.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The ticket for the service, or without one the ticket-granting ticket, as it lies in the caller's cache
    /// after a call. A user's new password leaves none.
    pub fn ticket(&self) -> Option<&TicketFacts> {
        self.ticket.as_ref()
    }

    /// The packets that travelled meanwhile, one line each, in virtual time.
    pub fn timeline(&self) -> &[String] {
        &self.timeline
    }

    /// Panics unless it succeeded, with the packets that travelled.
    #[track_caller]
    pub fn expect_success(&self) -> &Self {
        self.expect(None)
    }

    /// Panics unless it failed with the error of this name, with the packets that travelled.
    ///
    /// ```should_panic
    /// # use kdclab::{Call, Lab};
    /// # let mut lab = Lab::load("service-key-mismatch").unwrap();
    /// lab.call(Call::login("alice")).unwrap().expect_error("KDC_ERR_CLIENT_REVOKED");
    /// ```
    #[track_caller]
    pub fn expect_error(&self, name: &str) -> &Self {
        self.expect(Some(name))
    }

    #[track_caller]
    fn expect(&self, expected: Option<&str>) -> &Self {
        if self.error() == expected {
            return self;
        }
        let actual = match self.failure() {
            None => "success".to_owned(),
            Some(failure) => described(failure),
        };
        panic!(
            "expected: {}\nactual:   {actual}\n{}\nseed: {}",
            expected.unwrap_or("success"),
            self.timeline.join("\n"),
            self.seed,
        );
    }
}

fn described(failure: &Failure) -> String {
    let mut text = ErrorName::described(failure.error);
    if let Some(host) = &failure.sent_by {
        text.push_str(&format!(" from {host}"));
    }
    if !failure.cause.is_empty() {
        text.push_str(&format!(", cause {}", failure.cause));
    }
    if let Some(said) = &failure.text {
        text.push_str(&format!(", \"{said}\""));
    }
    text
}

/// What is to be known about a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketFacts {
    /// The client it was issued to.
    pub client: Principal,
    /// The service it is for.
    pub server: Principal,
    /// What it is and allows.
    pub flags: TicketFlags,
    /// When the client was authenticated.
    pub authtime: KerberosTime,
    /// When it becomes valid.
    pub starttime: KerberosTime,
    /// When it ceases to be valid.
    pub endtime: KerberosTime,
    /// Until when it can be renewed, where it can.
    pub renew_till: Option<KerberosTime>,
    /// The type of the service's key that seals it.
    pub enctype: Enctype,
    /// The version of that key, where the ticket says it.
    pub kvno: Option<u32>,
    /// The type of its session key.
    pub session_enctype: Enctype,
}

impl TicketFacts {
    pub(super) fn of(credential: &Credential) -> Self {
        Self {
            client: credential.client.clone(),
            server: credential.server.clone(),
            flags: credential.flags,
            authtime: credential.authtime,
            starttime: credential.starttime,
            endtime: credential.endtime,
            renew_till: credential.renew_till,
            enctype: credential.ticket.enc_part.etype,
            kvno: credential.ticket.enc_part.kvno,
            session_enctype: credential.session_key.enctype(),
        }
    }
}
