//! The tables of a scenario file.

mod account;
mod act;
mod check;
mod host;
mod realm;
mod shorthand;

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::account::{AccountTable, LogonHoursTable, TrustAttributeName, TrustKindName};
pub use self::act::{Call, Kpasswd, Replay};
pub use self::check::{Control, Evidence, Expectation, Fix, Phase, SymptomCheck};
pub use self::host::{
    AcceptorTable, ClientTable, CryptoPolicyName, DialectName, HostTable, ReplayCacheName,
};
pub use self::realm::{
    AsRepDefectName, KdcDialectName, Lockout, PasswordPolicyTable, RealmSettings, RealmTable,
    ServiceTable, TrustTable, UserTable,
};
pub use self::shorthand::{LogLines, OneOrMany, TextOr};
use super::cluster::ClusterTable;
use super::spanned::Spanned;
use super::values::Instant;
use super::verb::Verb;
use super::web::SiteTable;
use super::windows::Act;

/// The tables by name, in the order of their names.
pub type Tables<T> = BTreeMap<Spanned<String>, T>;

/// A scenario: a world, its fault, the symptom and the fixes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A scenario of kdclab")]
pub struct Script {
    /// The version of this format, 1.
    #[schemars(extend("const" = 1))]
    pub format: Spanned<u32>,
    /// One line: what the user sees.
    pub title: String,
    /// The failures it covers, by the catalogue's ids (`S004-H6`) or by ids of one's own.
    #[serde(default)]
    pub catalogue: Vec<Spanned<String>>,
    /// The topics it teaches.
    #[serde(default)]
    pub teaches: Vec<String>,
    /// What happened before, in a few sentences.
    pub story: String,
    /// Whether this is a lesson: a scenario that shows how something works and needs no fix.
    #[serde(default)]
    pub lesson: bool,
    /// When the scenario begins; 2026-01-01T00:00:00Z if absent.
    pub epoch: Option<Instant>,
    /// The realms.
    pub realm: Tables<RealmTable>,
    /// The trusts between them.
    #[serde(default)]
    pub trust: Vec<TrustTable>,
    /// The hosts.
    pub host: Tables<HostTable>,
    /// The clusters.
    #[serde(default)]
    pub cluster: Tables<ClusterTable>,
    /// The sites of Configuration Manager, by their codes.
    #[serde(default)]
    pub site: Tables<SiteTable>,
    /// Steps that prepare the healthy world.
    #[serde(default)]
    pub given: Vec<Spanned<Verb>>,
    /// What works in every phase.
    #[serde(default)]
    pub control: Vec<Spanned<Control>>,
    /// The steps that break the world.
    #[serde(default)]
    pub fault: Vec<Spanned<Verb>>,
    /// What fails in the broken world.
    #[serde(default)]
    pub symptom: Vec<Spanned<SymptomCheck>>,
    /// What was proposed against it, and how it ends.
    #[serde(default)]
    pub fix: Vec<Fix>,
}

impl Script {
    /// Whether the symptom is a success: its acts must fail and do not.
    pub fn must_fail(&self) -> bool {
        self.symptom
            .iter()
            .any(|symptom| symptom.get_ref().must_fail.is_some())
    }

    /// Whether the symptom is to be found in logs alone: its acts succeed all the time.
    pub fn is_told_by_logs(&self) -> bool {
        let mut symptoms = self.symptom.iter().map(Spanned::get_ref);
        !self.lesson
            && !self.must_fail()
            && symptoms.clone().all(|symptom| symptom.error.is_none())
            && symptoms.any(|symptom| !symptom.log.is_empty())
    }

    /// The first call of the symptom, or else of the controls. The act of a program of Windows stands for a call of
    /// its user.
    pub fn first_call(&self) -> Option<Cow<'_, Call>> {
        let symptoms = self.symptom.iter().map(Spanned::get_ref);
        let calls = symptoms.clone().flat_map(|check| {
            let job = check.job.iter().map(|job| &job.call);
            let calls = check.call.iter().chain(job);
            calls.chain(check.simultaneous.iter().flatten())
        });
        let acts = symptoms.filter_map(|check| check.act.as_ref());
        let controls = self.control.iter().map(Spanned::get_ref);
        let control_calls = controls.clone().filter_map(|control| control.call.as_ref());
        let control_acts = controls.filter_map(|control| control.act.as_ref());
        calls
            .map(Cow::Borrowed)
            .chain(acts.filter_map(Act::call).map(Cow::Owned))
            .chain(control_calls.map(Cow::Borrowed))
            .chain(control_acts.filter_map(Act::call).map(Cow::Owned))
            .next()
    }
}
