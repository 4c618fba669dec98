//! The tables of a scenario file.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::daemons::{Job, StartDaemon};
use crate::dialect::Abi;

use super::schema::{AttributeName, MessageLabel};
use super::spanned::Spanned;
use super::values::{EnctypeName, ErrorName, FlagName, Instant, NameText, Offset, Span};
use super::verb::Verb;

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

    /// The first call of the symptom, or else of the controls.
    pub fn first_call(&self) -> Option<&Call> {
        let symptom = self.symptom.iter().map(Spanned::get_ref).flat_map(|check| {
            let job = check.job.iter().map(|job| &job.call);
            let calls = check.call.iter().chain(job);
            calls.chain(check.simultaneous.iter().flatten())
        });
        let controls = self
            .control
            .iter()
            .filter_map(|control| control.get_ref().call.as_ref());
        symptom.chain(controls).next()
    }
}

/// A realm and its principal database.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmTable {
    /// The host of its KDC, or several. A host may be the KDC of several realms.
    pub kdc: Spanned<OneOrMany>,
    /// The users by name: a password, or a table.
    #[serde(default)]
    pub users: Tables<TextOr<UserTable>>,
    /// The services by name: the host that runs it and holds its keytab, or a table.
    #[serde(default)]
    pub services: Tables<TextOr<ServiceTable>>,
    /// Which implementation the KDC behaves like: `mit` (the default) or `active-directory`.
    #[serde(default)]
    pub dialect: KdcDialectName,
    /// Everything else.
    #[serde(default)]
    pub settings: RealmSettings,
}

/// What a KDC does by configuration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RealmSettings {
    /// The encryption types of new keys, strongest first.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// The encryption types the KDC works with at all.
    pub permitted_enctypes: Option<Vec<EnctypeName>>,
    /// Whether DES, 3DES and RC4 are permitted.
    pub allow_weak_crypto: Option<bool>,
    /// Whether RC4 is permitted.
    pub allow_rc4: Option<bool>,
    /// Whether 3DES is permitted.
    pub allow_des3: Option<bool>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
    /// The longest life of a ticket.
    pub max_life: Option<Span>,
    /// The longest renewable life of a ticket.
    pub max_renewable_life: Option<Span>,
    /// Whether users must pre-authenticate.
    pub requires_preauth: Option<bool>,
    /// When failed attempts lock an account.
    pub lockout: Option<Lockout>,
    /// What new passwords must be like.
    pub password_policy: Option<PasswordPolicyTable>,
    /// Who may set the passwords of others through the password service (`kadm5.acl`).
    pub administrators: Option<Vec<Spanned<String>>>,
    /// The longest reply over UDP, in bytes.
    pub udp_reply_limit: Option<usize>,
    /// The realms of host names that end in a suffix, for referrals.
    pub domain_realm: Option<BTreeMap<String, String>>,
    /// The realms of the suffixes of enterprise names, `corp.example` for `carol@corp.example`.
    pub upn_suffixes: Option<BTreeMap<String, String>>,
    /// The service classes the KDC refers although the client did not say that the name holds a host.
    pub host_based_services: Option<Vec<String>>,
    /// Whether a bad path of realms is refused.
    pub reject_bad_transit: Option<bool>,
    /// Whether a wrong password is reported as failed pre-authentication (24). MIT's KDCs of old reported
    /// the failed integrity check (31).
    pub filter_preauth_errors: Option<bool>,
    /// In what its AS-REPs are wrong on purpose: `none`, or they do not do what a field of the request says
    /// (`ignores_from`, `ignores_rtime`, `ignores_till`), or ticket-granting tickets have another name (`sname`).
    pub as_rep_defect: Option<AsRepDefectName>,
}

/// In what the AS-REPs of a KDC are wrong on purpose.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsRepDefectName {
    /// A postdated ticket begins at once.
    IgnoresFrom,
    /// A renewable ticket is renewable for as long as the realm allows, whatever the client asks.
    IgnoresRtime,
    /// The ticket lives for as long as the realm allows, whatever the client asks.
    IgnoresTill,
    /// In nothing.
    None,
    /// A ticket-granting ticket has this name in its place.
    Sname(NameText),
}

/// When failed attempts lock an account (kadmin's policy).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// How many failures lock it.
    pub maxfailure: u32,
    /// After how long without a failure the count begins anew; never if absent.
    pub failurecountinterval: Option<Span>,
    /// How long it stays locked; until unlocked if absent.
    pub lockoutduration: Option<Span>,
}

/// What new passwords must be like (kadmin's policy).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicyTable {
    /// The fewest bytes of a password.
    #[serde(default)]
    pub minlength: usize,
    /// How many passwords may not come again, the current one included. At most 65 are remembered.
    #[serde(default)]
    pub history: usize,
    /// How long a password must be kept by its owner; no time if absent.
    pub minlife: Option<Span>,
    /// After how long a password expires; never if absent.
    pub maxlife: Option<Span>,
}

/// The KDC implementations.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum KdcDialectName {
    /// MIT krb5 1.20.
    #[default]
    Mit,
    /// Active Directory.
    ActiveDirectory,
}

/// A user beyond a password.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The password.
    pub password: String,
    /// The keys' encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Attributes by their kadmin names with a sign.
    #[serde(default)]
    #[schemars(with = "Vec<AttributeName>")]
    pub attributes: Vec<Spanned<String>>,
    /// Other names of the account, such as an enterprise name `alice.smith@lab.example`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// When the account expires.
    pub expires: Option<Instant>,
    /// When the password expires.
    pub password_expires: Option<Instant>,
}

/// A service beyond its host.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// The host that runs it and holds its keytab; none for a name without a running service.
    pub host: Option<Spanned<String>>,
    /// More hosts that run it under the same name.
    #[serde(default)]
    pub also_on: Vec<Spanned<String>>,
    /// The keys' encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// The encryption types in the keytab; all of the keys' if absent.
    pub keytab_enctypes: Option<Vec<EnctypeName>>,
    /// Attributes by their kadmin names with a sign.
    #[serde(default)]
    #[schemars(with = "Vec<AttributeName>")]
    pub attributes: Vec<Spanned<String>>,
    /// The session key types the service knows.
    pub session_enctypes: Option<Vec<EnctypeName>>,
    /// The services to which it may show the tickets of users that it has (msDS-AllowedToDelegateTo).
    #[serde(default)]
    pub allowed_to_delegate_to: Vec<Spanned<String>>,
}

impl ServiceTable {
    /// A service on one host, with the realm's defaults.
    pub(crate) fn on(host: &str) -> Self {
        Self {
            host: Some(Spanned::new(0..0, host.to_owned())),
            ..Self::default()
        }
    }
}

/// A trust: realm `to` accepts the users of realm `from`, through `krbtgt/TO@FROM`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustTable {
    /// The realm of the users.
    pub from: Spanned<String>,
    /// The realm of the services.
    pub to: Spanned<String>,
    /// Whether the other direction is trusted too, with the same password.
    #[serde(default)]
    pub two_way: bool,
    /// The password both sides derive their keys from.
    pub password: String,
    /// The keys' encryption types; the realms' if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
}

/// A machine.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Which implementation its programs use: `mit` (the default), `java`, `java-6`, `pan-os` or
    /// `windows`.
    #[serde(default)]
    pub dialect: DialectName,
    /// Whose errno numbers a `pan-os` tells: `alpha`, `generic` (the default), `hppa`, `mips` or `sparc`.
    pub abi: Option<Spanned<Abi>>,
    /// How far its clock is from the true time.
    #[serde(default)]
    pub clock: Offset,
    /// The realm of its users; the scenario's only realm if absent.
    pub realm: Option<Spanned<String>>,
    /// The principal its programs use when a call names no user.
    pub run_as: Option<Spanned<String>>,
    /// Its krb5.conf, where it differs from the dialect's defaults.
    #[serde(default)]
    pub client: ClientTable,
    /// Its acceptor, where it differs from the dialect's defaults.
    #[serde(default)]
    pub acceptor: AcceptorTable,
}

/// The implementations of clients and acceptors.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DialectName {
    /// MIT krb5 1.20.
    #[default]
    Mit,
    /// OpenJDK 17.
    Java,
    /// Java 6, as the documents of its time show it.
    #[serde(rename = "java-6")]
    Java6,
    /// The user-id process of a PAN-OS firewall, with MIT's library.
    PanOs,
    /// Windows.
    Windows,
}

/// A krb5.conf.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientTable {
    /// The encryption types it offers and accepts, best first.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Whether DES, 3DES and RC4 are permitted.
    pub allow_weak_crypto: Option<bool>,
    /// Whether RC4 is permitted.
    pub allow_rc4: Option<bool>,
    /// Whether 3DES is permitted.
    pub allow_des3: Option<bool>,
    /// How long keys may be in Java: `limited` to 128 bits, or `unlimited`.
    pub crypto_policy: Option<CryptoPolicyName>,
    /// Whether its programs can read a credential cache with configuration entries. Java cannot before JDK 6
    /// update 27.
    pub reads_ccache_config: Option<bool>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
    /// Whether the KDC's clock is learnt from its replies.
    pub kdc_timesync: Option<bool>,
    /// Whether names may be changed by the KDC in an AS exchange.
    pub canonicalize: Option<bool>,
    /// The life asked for.
    pub ticket_lifetime: Option<Span>,
    /// The renewable life asked for.
    pub renew_lifetime: Option<Span>,
    /// From which size on a request goes over TCP first.
    pub udp_preference_limit: Option<usize>,
    /// How long Java waits for a KDC's answer; MIT has no such setting.
    pub kdc_timeout: Option<Span>,
    /// How often Java asks the same KDC; MIT has no such setting.
    pub max_retries: Option<u32>,
    /// The client that its programs name in their authenticators; the ticket's own if absent. Only a
    /// manipulated program says otherwise.
    pub authenticator_client: Option<Spanned<String>>,
    /// Whether tickets are good from any address; otherwise from those of the host alone.
    pub noaddresses: Option<bool>,
    /// The KDCs whose names it cannot resolve; none if the list is empty.
    pub unresolved_kdcs: Option<Vec<Spanned<String>>>,
    /// The port of the password service, beside the KDCs; 464 if absent.
    pub kpasswd_port: Option<u16>,
    /// The hosts it takes for the KDCs of realms, by realm; the true ones of every realm that is not here.
    #[serde(default)]
    pub kdc: Tables<Spanned<OneOrMany>>,
}

/// How long keys may be in a Java installation.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CryptoPolicyName {
    /// 128 bits for AES, as in old installations.
    Limited,
    /// As long as they come.
    Unlimited,
}

/// An acceptor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptorTable {
    /// What makes two requests the same: `tuple` (client, server and time), `hash` (the ciphertext) or
    /// `none`.
    pub replay_cache: Option<ReplayCacheName>,
    /// How many seconds it adds to the time that it returns in an AP-REP: 0 in Kerberos 5, 1 in the manner of
    /// Kerberos 4.
    pub ap_rep_added_seconds: Option<u32>,
    /// The host whose replay cache it shares, as through a shared file.
    pub shares_replay_cache_with: Option<Spanned<String>>,
    /// How far clocks may be apart.
    pub clockskew: Option<Span>,
}

/// What makes two requests the same.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ReplayCacheName {
    /// Client, server, time and microseconds (RFC 4120 section 3.2.3).
    Tuple,
    /// The authenticator's ciphertext (MIT since 1.18).
    Hash,
    /// Nothing: replays are not looked for.
    None,
}

/// Something a client does: log in, and unless `to` is absent, reach a service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The user; the host's own identity (`run_as`) if absent.
    pub user: Option<Spanned<String>>,
    /// The host it happens on.
    pub from: Spanned<String>,
    /// The service; a login alone if absent.
    pub to: Option<Spanned<String>>,
    /// The user for whom the caller, a service, asks a ticket to itself (S4U2Self, `kvno -I`). One who
    /// exists nowhere is written with a realm.
    pub for_user: Option<Spanned<String>>,
    /// Whether `for_user` is an enterprise name such as a UPN, which the caller first shows to a KDC
    /// (`kvno -U`).
    #[serde(default)]
    pub enterprise: bool,
    /// The host reached, where several run the service.
    pub at: Option<Spanned<String>>,
    /// The password typed; the user's own if absent.
    pub password: Option<String>,
    /// Whether tickets in the user's cache are used. Otherwise it is emptied first.
    #[serde(default)]
    pub warm: bool,
    /// Whether the caller logs in where the cache has no ticket-granting ticket. A program that only reads
    /// the cache does not.
    #[serde(default = "yes")]
    pub log_in: bool,
    /// Whether the user's TGT is renewed first (`kinit -R`).
    #[serde(default)]
    pub renew: bool,
    /// Whether MIT's kinit logs in or renews and writes the cache, whatever the host's other programs are.
    #[serde(default)]
    pub kinit: bool,
    /// The life asked for.
    pub lifetime: Option<Span>,
    /// The renewable life asked for.
    pub renewable: Option<Span>,
    /// How far in the future the ticket shall begin (`kinit -s`). Such a ticket is of no use before it is
    /// validated.
    pub postdated: Option<Span>,
    /// Whether the ticket shall be forwardable.
    #[serde(default)]
    pub forwardable: bool,
    /// Whether the service shall prove itself.
    #[serde(default = "yes")]
    pub mutual: bool,
}

fn yes() -> bool {
    true
}

/// A user asks the password service for a new password (RFC 3244, MIT's `kpasswd`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kpasswd {
    /// The user who asks.
    pub user: Spanned<String>,
    /// The host it happens on.
    pub from: Spanned<String>,
    /// The password typed as a proof; the user's own if absent.
    pub old: Option<String>,
    /// The new password.
    pub new: String,
    /// Whose password it is; the user's own if absent. It takes an administrator to set another's.
    pub of: Option<Spanned<String>>,
}

/// An attacker's or a proxy's act: the last recorded message of a kind is sent again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The host that recorded it on its way.
    pub from: Spanned<String>,
    /// The service that gets it again.
    pub to: Spanned<String>,
    /// The host reached, where several run the service.
    pub at: Option<Spanned<String>>,
}

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A real implementation was seen doing it.
    Ran,
    /// A document says so.
    Documented,
    /// The scenario's author chose it.
    Chosen,
}

/// What an act must come to.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// The error; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sent the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raised the error had noticed: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// Messages that travelled, in this order, others between them allowed.
    pub trace: Option<Spanned<Vec<String>>>,
    /// How many packets travelled.
    pub packets: Option<Spanned<usize>>,
    /// How long it took, without fractions of a second.
    pub takes: Option<Spanned<Span>>,
    /// Flags that the ticket has (`+forwardable`) or lacks (`-forwardable`).
    pub flags: Option<Spanned<Vec<FlagName>>>,
    /// Lines in the logs of hosts, a part of each.
    pub log: BTreeMap<String, Spanned<String>>,
    /// Who can decrypt each part of the messages.
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
}

/// An act that works, or fails as stated, in every phase.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What a client does.
    pub call: Option<Call>,
    /// What a user asks of the password service.
    pub kpasswd: Option<Kpasswd>,
    /// What an attacker does.
    pub replay: Option<Replay>,
    /// A job that a node runs for a user.
    pub job: Option<Job>,
    /// A daemon that starts.
    pub start: Option<StartDaemon>,
    /// The error; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// Messages that travelled, in this order, others between them allowed.
    pub trace: Option<Spanned<Vec<String>>>,
    /// Who can decrypt each part of the messages, by the name of the part, such as `AS-REP enc-part`:
    /// hosts and users, and nobody else of this world.
    #[serde(default)]
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
}

impl Control {
    /// What the act must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            trace: self.trace.clone(),
            decrypted_by: self.decrypted_by.clone(),
            ..Expectation::default()
        }
    }
}

/// One act of the symptom with what it must come to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymptomCheck {
    /// What a client does.
    pub call: Option<Call>,
    /// A job that a node runs for a user.
    pub job: Option<Job>,
    /// A daemon that starts.
    pub start: Option<StartDaemon>,
    /// What a user asks of the password service.
    pub kpasswd: Option<Kpasswd>,
    /// What several clients do at the same instant. The expectation is about the one that `failing`
    /// names.
    pub simultaneous: Option<Vec<Call>>,
    /// The call of `simultaneous` that must fail, from 1; the first if absent.
    #[schemars(range(min = 1))]
    pub failing: Option<Spanned<usize>>,
    /// Time that passes before.
    pub wait: Option<Span>,
    /// The error of an act that must not succeed, an attacker's, before the fault. Without it the act works
    /// before the fault.
    pub must_fail: Option<Spanned<ErrorName>>,
    /// The error in the broken world; success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sent the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raised the error had noticed: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// Messages that travelled, in this order, others between them allowed.
    #[schemars(with = "Option<Vec<MessageLabel>>")]
    pub trace: Option<Spanned<Vec<String>>>,
    /// How many packets travelled.
    pub packets: Option<Spanned<usize>>,
    /// How long it took, without fractions of a second.
    pub takes: Option<Spanned<Span>>,
    /// Flags that the ticket has (`+forwardable`) or lacks (`-forwardable`).
    pub flags: Option<Spanned<Vec<FlagName>>>,
    /// Lines in the logs of hosts, a part of each.
    #[serde(default)]
    pub log: BTreeMap<String, Spanned<String>>,
    /// Who can decrypt each part of the messages, by the name of the part, such as `AS-REP enc-part`:
    /// hosts and users, and nobody else of this world.
    #[serde(default)]
    pub decrypted_by: BTreeMap<String, Spanned<Vec<String>>>,
    /// Where the facts come from.
    pub evidence: Evidence,
}

impl SymptomCheck {
    /// The place among the simultaneous calls, from 0, of the one that the expectation is about.
    pub fn failing_index(&self) -> usize {
        self.failing
            .as_ref()
            .map_or(0, |number| number.get_ref().saturating_sub(1))
    }

    /// What the act must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            sent_by: self.sent_by.clone(),
            cause: self.cause.clone(),
            text: self.text.clone(),
            trace: self.trace.clone(),
            packets: self.packets.clone(),
            takes: self.takes.clone(),
            flags: self.flags.clone(),
            log: self.log.clone(),
            decrypted_by: self.decrypted_by.clone(),
        }
    }
}

impl Fix {
    /// What the symptom must come to.
    pub fn expectation(&self) -> Expectation {
        Expectation {
            error: self.error.clone(),
            sent_by: self.sent_by.clone(),
            cause: self.cause.clone(),
            text: self.text.clone(),
            log: self.log.clone(),
            ..Expectation::default()
        }
    }
}

/// A proposed fix and its outcome.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// What is proposed.
    pub title: Spanned<String>,
    /// The steps.
    #[serde(rename = "do")]
    pub steps: Vec<Spanned<Verb>>,
    /// Whether the symptom is gone and the controls hold.
    pub works: bool,
    /// What the symptom comes to: what remains of it after a wrong fix or, where its acts must fail, how
    /// they do after a right one. Success if absent.
    pub error: Option<Spanned<ErrorName>>,
    /// The host that sends the error.
    pub sent_by: Option<Spanned<String>>,
    /// What the host that raises the error notices: the name of the typed error in kebab-case.
    pub cause: Option<Spanned<String>>,
    /// The text the user sees.
    pub text: Option<Spanned<String>>,
    /// Lines in the logs of hosts, a part of each.
    #[serde(default)]
    pub log: BTreeMap<String, Spanned<String>>,
    /// The control that no longer holds, from 1, where the symptom is gone.
    #[schemars(range(min = 1))]
    pub breaks_control: Option<Spanned<usize>>,
    /// Why.
    pub because: Spanned<String>,
}

/// A part of a run. Scripts name them `healthy`, `broken` and `fix:N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the fault.
    Healthy,
    /// The N-th control, from 1.
    Control(usize),
    /// After the fault.
    Broken,
    /// After the N-th fix, from 1.
    Fix(usize),
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Control(number) => write!(f, "control:{number}"),
            Self::Broken => f.write_str("broken"),
            Self::Fix(number) => write!(f, "fix:{number}"),
        }
    }
}

/// One name or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<OneOrMany, A::Error> {
                let mut list = Vec::new();
                while let Some(name) = names.next_element()? {
                    list.push(name);
                }
                Ok(OneOrMany(list))
            }
        }

        deserializer.deserialize_any(Names)
    }
}

/// A text for the common case, or a table.
#[derive(Clone, Debug)]
pub enum TextOr<T> {
    /// The text alone.
    Text(String),
    /// The whole table.
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOr<T>, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<TextOr<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(table)).map(TextOr::Table)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}
