//! The lab inside a program: a world as a value, for tests.
//!
//! A [`Lab`] is a scenario's world, or one [built](Lab::builder) by the program. Nothing sleeps, no socket is
//! opened and nothing is shared: as many as one likes live in one process, and a clone goes its own way.
//!
//! ```
//! use kdclab::{Call, Lab};
//!
//! let mut lab = Lab::load("service-key-mismatch")?;
//! let call = Call::login("alice").from("ws1").to("cifs/fs1.lab.example");
//! lab.call(&call)?.expect_success();
//!
//! lab.break_it()?;
//! let outcome = lab.call(&call)?;
//! assert_eq!(outcome.error(), Some("KRB_AP_ERR_MODIFIED"));
//! assert_eq!(outcome.sent_by(), Some("fs1"));
//!
//! lab.fix(1)?;
//! lab.call(&call)?.expect_success();
//! # Ok::<(), kdclab::LabError>(())
//! ```

mod acts;
mod builder;
mod error;
mod outcome;

use std::borrow::Borrow;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kdclab_proto::Principal;

use crate::catalogue::{self, Scenario};
use crate::check::{self, DEFAULT_SEED};
use crate::script;
use crate::script::model::{self, Phase, RealmTable, TextOr};
use crate::script::verb::{Attempt, Verb};
use crate::script::{Scope, Spanned};
use crate::serve::{Instance, ServeError, ServeOptions};
use crate::sim::{self, Packet, World};

pub use acts::{Call, Kpasswd};
pub use builder::LabBuilder;
pub use error::LabError;
pub use outcome::{Outcome, TicketFacts};

/// A scenario's world, in a phase, with everything that happened in it. A clone goes its own way.
#[derive(Clone)]
pub struct Lab {
    scenario: Arc<Scenario>,
    seed: u64,
    phase: Phase,
    world: World,
}

impl Lab {
    /// The healthy world of a scenario: of an embedded one by its id, or of a file by its path.
    ///
    /// # Errors
    /// [`LabError::Scenario`], and [`LabError::Impossible`] where a step that prepares the world cannot be
    /// done.
    pub fn load(name: &str) -> Result<Self, LabError> {
        Self::of(catalogue::find(name)?)
    }

    /// The healthy world of the scenario in `text`.
    ///
    /// # Errors
    /// As [`Lab::load`].
    pub fn from_toml(text: &str) -> Result<Self, LabError> {
        Self::of(Scenario::parse(Path::new("lab.toml"), text)?)
    }

    /// The healthy world of `scenario`.
    ///
    /// # Errors
    /// [`LabError::Impossible`] where a step that prepares the world cannot be done.
    pub fn of(scenario: Scenario) -> Result<Self, LabError> {
        let world = check::world_in(&scenario, Phase::Healthy, DEFAULT_SEED, None)?;
        Ok(Self {
            scenario: Arc::new(scenario),
            seed: DEFAULT_SEED,
            phase: Phase::Healthy,
            world,
        })
    }

    /// A world to be described by the program.
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }

    /// The same phase from its beginning, with all randomness from `seed`.
    ///
    /// # Errors
    /// As [`Lab::enter`].
    pub fn seed(mut self, seed: u64) -> Result<Self, LabError> {
        self.seed = seed;
        self.enter(self.phase)?;
        Ok(self)
    }

    /// Begins anew in `phase`, as a run of the scenario has it: before any call, and for a fix after the
    /// symptom.
    ///
    /// # Errors
    /// [`LabError::Impossible`] where a step cannot be done or the scenario has no such phase. The lab stays as
    /// it is.
    pub fn enter(&mut self, phase: Phase) -> Result<(), LabError> {
        self.world = check::world_in(&self.scenario, phase, self.seed, None)?;
        self.phase = phase;
        Ok(())
    }

    /// Does the scenario's faults to the world as it is.
    ///
    /// # Errors
    /// [`LabError::Impossible`] where one cannot be done. Those before it are.
    pub fn break_it(&mut self) -> Result<(), LabError> {
        let scenario = Arc::clone(&self.scenario);
        self.steps(&scenario.script.fault)?;
        self.phase = Phase::Broken;
        Ok(())
    }

    /// Does the steps of the scenario's fix `number`, from 1, to the world as it is.
    ///
    /// # Errors
    /// [`LabError::Impossible`] where a step cannot be done or there is no such fix. The steps before it are
    /// done.
    pub fn fix(&mut self, number: usize) -> Result<(), LabError> {
        let scenario = Arc::clone(&self.scenario);
        self.steps(&check::fix_of(&scenario.script, number)?.steps)?;
        self.phase = Phase::Fix(number);
        Ok(())
    }

    fn steps(&mut self, steps: &[Spanned<Verb>]) -> Result<(), LabError> {
        for step in steps {
            self.world
                .apply(step.get_ref())
                .map_err(|error| LabError::Impossible {
                    place: Some(self.scenario.place_at(step.span().start)),
                    error,
                })?;
        }
        Ok(())
    }

    /// Does one step.
    ///
    /// # Errors
    /// [`LabError::Impossible`] where it cannot be done or changes nothing.
    pub fn apply(&mut self, verb: &Verb) -> Result<(), LabError> {
        Ok(self.world.apply(verb)?)
    }

    /// Does one step, written as in a scenario.
    ///
    /// ```
    /// # use kdclab::Lab;
    /// # let mut lab = Lab::load("service-key-mismatch")?;
    /// lab.step(r#"set_clock = { host = "ws1", offset = "+10m" }"#)?;
    /// lab.step(r#"link = { to = "kdc1", message = "AS-REQ", count = 1, do = "drop" }"#)?;
    /// # Ok::<(), kdclab::LabError>(())
    /// ```
    ///
    /// # Errors
    /// [`LabError::Step`] with the place in `text` and the remedy, or as [`Lab::apply`].
    pub fn step(&mut self, text: &str) -> Result<(), LabError> {
        let verb = script::step(self.world.scope(), text)?;
        self.apply(&verb)
    }

    /// Lets a client act, and says how that ended. That it fails is no error.
    ///
    /// # Errors
    /// [`LabError::Step`] where the call names what this world does not have.
    pub fn call(&mut self, call: impl Borrow<Call>) -> Result<Outcome, LabError> {
        let call = self.read_call(call.borrow())?;
        let start = self.world.packets().len();
        let outcome = self.world.call_one(&call);
        Ok(self.outcome(outcome, start, self.ticket(&call)))
    }

    /// Lets several clients act, all beginning at the same instant.
    ///
    /// # Errors
    /// As [`Lab::call`]. Then none of them acts.
    pub fn call_all(&mut self, calls: &[Call]) -> Result<Vec<Outcome>, LabError> {
        let calls: Vec<model::Call> = calls
            .iter()
            .map(|call| self.read_call(call))
            .collect::<Result<_, _>>()?;
        let start = self.world.packets().len();
        let outcomes = self.world.call(&calls);
        Ok(outcomes
            .into_iter()
            .zip(&calls)
            .map(|(outcome, call)| self.outcome(outcome, start, self.ticket(call)))
            .collect())
    }

    /// Lets a user ask the password service for a new password.
    ///
    /// # Errors
    /// As [`Lab::call`].
    pub fn kpasswd(&mut self, kpasswd: impl Borrow<Kpasswd>) -> Result<Outcome, LabError> {
        let text = kpasswd.borrow().as_step(&self.client());
        let attempt = attempt(self.world.scope(), &text)?;
        let Some(kpasswd) = attempt.kpasswd else {
            unreachable!("the step was written with one");
        };
        let start = self.world.packets().len();
        let outcome = self.world.kpasswd(&kpasswd);
        Ok(self.outcome(outcome, start, None))
    }

    /// Plays the scenario's symptom: what its users do, one outcome for each act.
    pub fn symptom(&mut self) -> Vec<Outcome> {
        let scenario = Arc::clone(&self.scenario);
        let mut outcomes = Vec::new();
        for symptom in &scenario.script.symptom {
            let start = self.world.packets().len();
            for outcome in check::act(&mut self.world, symptom.get_ref()) {
                outcomes.push(self.outcome(outcome, start, None));
            }
        }
        outcomes
    }

    /// Lets time pass. Nothing sleeps.
    pub fn wait(&mut self, time: Duration) {
        self.world.wait(time);
    }

    /// Serves the world on loopback, as it is now, for programs that are not ours. What happens there does not
    /// happen in this lab. Tickets and keys are those of the lab, with today's dates.
    ///
    /// ```no_run
    /// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut lab = kdclab::Lab::load("client-disabled")?;
    /// lab.break_it()?;
    /// let served = lab.serve().await?;
    /// // ... a program that runs in served.environment() ...
    /// served.fix(1).await?;
    /// served.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve(&self) -> Result<Instance, ServeError> {
        self.serve_with(&ServeOptions::default()).await
    }

    /// Serves the world with options. The phase is the lab's own.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve_with(&self, options: &ServeOptions) -> Result<Instance, ServeError> {
        Instance::of(&self.scenario, self.phase, self.world.clone(), options).await
    }

    /// Every packet sent so far, those of the preparing steps included.
    pub fn packets(&self) -> &[Packet] {
        self.world.packets()
    }

    /// Every packet sent so far, one line each, in virtual time.
    pub fn timeline(&self) -> Vec<String> {
        self.world.timeline(0)
    }

    /// The lines of a host's log; `None` where there is no such host.
    pub fn log(&self, host: &str) -> Option<&[String]> {
        let has_host = self.world.client_configs().any(|(name, _)| name == host);
        has_host.then(|| self.world.log(host))
    }

    /// The scenario, which a built lab has as well.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The phase that was last entered.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The world itself, for what is not said here.
    pub fn world(&self) -> &World {
        &self.world
    }

    fn outcome(&self, outcome: sim::Outcome, start: usize, ticket: Option<TicketFacts>) -> Outcome {
        let timeline = self.world.timeline(start);
        Outcome::new(outcome, ticket, timeline, self.seed)
    }

    fn read_call(&self, call: &Call) -> Result<model::Call, LabError> {
        let text = call.as_step(&self.client());
        match attempt(self.world.scope(), &text)?.call {
            Some(call) => Ok(call),
            None => unreachable!("the step was written with one"),
        }
    }

    /// Where clients act that do not say where: as the scenario's first call does, or on a host that is
    /// neither a KDC nor runs a service.
    fn client(&self) -> Cow<'_, str> {
        let script = &self.scenario.script;
        if let Some(call) = script.first_call() {
            return call.from.get_ref().clone().into();
        }
        let has_other_work = |name: &str| script.realm.values().any(|realm| employs(realm, name));
        let mut hosts = script.host.keys().map(Spanned::get_ref);
        hosts
            .clone()
            .find(|name| !has_other_work(name))
            .or_else(|| hosts.next())
            .map_or("", String::as_str)
            .into()
    }

    /// The ticket that `call` was about, as it lies in the caller's cache now.
    fn ticket(&self, call: &model::Call) -> Option<TicketFacts> {
        let caller = self.world.caller(call)?;
        let credentials = self.world.credentials(call.from.get_ref(), &caller);
        let of = |server: &Principal| {
            let mut newest_first = credentials.iter().rev();
            newest_first.find(|credential| credential.server == *server)
        };
        let service = match (&call.to, &call.for_user) {
            (Some(service), _) => self.world.scope().parse(service.get_ref()).ok(),
            (None, Some(_)) => Some(caller.clone()),
            (None, None) => None,
        };
        let tgs = Principal::krbtgt(&caller.realm, &caller.realm);
        service
            .and_then(|service| of(&service))
            .or_else(|| of(&tgs))
            .map(TicketFacts::of)
    }
}

/// Whether `host` is a KDC of the realm or runs a service of it.
fn employs(realm: &RealmTable, host: &str) -> bool {
    realm.kdc.get_ref().0.iter().any(|kdc| kdc == host)
        || realm.services.values().any(|service| match service {
            TextOr::Text(name) => name == host,
            TextOr::Table(service) => {
                let mut hosts = service.host.iter().chain(&service.also_on);
                hosts.any(|name| name.get_ref() == host)
            }
        })
}

fn attempt(scope: &Scope, text: &str) -> Result<Attempt, LabError> {
    match script::step(scope, text)? {
        Verb::Attempt(attempt) => Ok(*attempt),
        _ => unreachable!("the step was written as an attempt"),
    }
}
