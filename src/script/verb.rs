//! The verbs: everything a scenario can do to its world. One key per step.

use schemars::JsonSchema;
use serde::Deserialize;

use super::cluster::{
    ApplyPolicy, ChangeClusterPassword, ClusterNode, GrantClusterAccess, SetServicePassword,
};
use super::daemons::{
    ChangeMode, Job, MakeDirectory, RemoveDirectory, SetTaskController, SetUmask,
};
use super::limits::MAX_TIMES;
use super::model::{
    AcceptorTable, Call, ClientTable, Kpasswd, LogonHoursTable, RealmSettings, TrustAttributeName,
    TrustKindName,
};
use super::rewrite::Rewrite;
use super::schema::{AttributeName, MessageName};
use super::spanned::Spanned;
use super::values::{AccountFlag, EnctypeName, ErrorName, Instant, Offset, Span, TicketFlag};
use super::web::{ClientOfSite, CloneClient, MoveWebApplication};
use super::windows::{InstallServicePack, SetRegistryValue};

/// One act upon the world.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// Adds a principal with a password or a random key.
    AddPrincipal(AddPrincipal),
    /// Lets a group policy reach hosts of Windows.
    ApplyPolicy(ApplyPolicy),
    /// Lets a client act, and says how that ends.
    Attempt(Box<Attempt>),
    /// Sets the password of a cluster service's account in the domain and on every node.
    ChangeClusterPassword(ChangeClusterPassword),
    /// Lets a client of Configuration Manager forget its id and make a new one (CCMDelCert).
    CcmDelCert(Spanned<String>),
    /// Gives a principal new keys.
    ChangeKey(ChangeKey),
    /// Changes the permissions of a directory.
    ChangeMode(ChangeMode),
    /// Changes what joins two domains of Active Directory, keys apart.
    ChangeTrust(ChangeTrust),
    /// Copies the disk of a client onto another host, with the client's id.
    CloneClient(CloneClient),
    /// Changes how a host's acceptor works.
    ConfigureAcceptor(ConfigureAcceptor),
    /// Changes a host's krb5.conf.
    ConfigureClient(ConfigureClient),
    /// Changes a realm's settings.
    ConfigureRealm(ConfigureRealm),
    /// Copies a user's credential cache to another host, as a thief or an administrator may.
    CopyCcache(CcacheCopy),
    /// Deletes a client from the database of its site.
    DeleteClient(ClientOfSite),
    /// Lets tickets in a user's credential cache have ended, as if they were old.
    ExpireTicket(ExpireTicket),
    /// Copies the current keys of a service into a host's keytab, without changing them
    /// (`ktadd -norandkey`).
    ExportKeytab(KeytabCopy),
    /// Makes a ticket without the KDC, with the service's key from a host's keytab. It becomes the only one in
    /// the client's cache there.
    ForgeTicket(ForgeTicket),
    /// Lets a user administer a cluster.
    GrantClusterAccess(GrantClusterAccess),
    /// Stops a host: it receives and sends nothing.
    HostDown(Spanned<String>),
    /// Starts a stopped host.
    HostUp(Spanned<String>),
    /// Installs a service pack of Windows.
    InstallServicePack(InstallServicePack),
    /// Lets a user change a password through the password service.
    Kpasswd(Box<Kpasswd>),
    /// Gives a service new random keys and adds them to a host's keytab, as `ktadd` does.
    Ktadd(KeytabCopy),
    /// Removes every key of a service from a host's keytab (`ktremove`).
    Ktremove(KeytabRemoval),
    /// Lets something happen to packets on their way.
    Link(LinkFault),
    /// Lets another program of a host take the lock of a user's credential cache, and keep it.
    LockCcache(CacheAt),
    /// Makes a directory, as a user with a umask.
    MakeDirectory(MakeDirectory),
    /// Changes the attributes of an account of Active Directory.
    ModifyAccount(Box<ModifyAccount>),
    /// Changes a principal's attributes and limits.
    ModifyPrincipal(ModifyPrincipal),
    /// Moves a web application to the web site of another port.
    MoveWebApplication(MoveWebApplication),
    /// Does an act and asserts that it changes nothing.
    Noop(Box<Self>),
    /// Empties a user's credential cache on a host.
    PurgeCcache(CacheAt),
    /// Removes every key version of a principal but the newest (`purgekeys`).
    PurgeKeys(Spanned<String>),
    /// Removes a directory with all that is below it.
    RemoveDirectory(RemoveDirectory),
    /// Removes a principal from its realm.
    RemovePrincipal(Spanned<String>),
    /// Removes one side of a trust.
    RemoveTrustKey(TrustSide),
    /// Removes every fault of the network, or those of a name.
    RepairLinks(RepairLinks),
    /// Gives a principal a new random key in the KDC alone.
    ResetKey(Spanned<String>),
    /// Starts the cluster service of a node again, so that it joins the others.
    RestartClusterService(ClusterNode),
    /// Lets the programs of a host authenticate as a principal, with its current keys in the host's
    /// client keytab, or with a password from their configuration.
    RunAs(RunAs),
    /// Lets a user submit a job and a node run a task of it, which must succeed.
    RunJob(Box<Job>),
    /// Moves a host's clock.
    SetClock(SetClock),
    /// Gives a user a new password.
    SetPassword(SetPassword),
    /// Changes as whom a node runs the tasks of jobs.
    SetTaskController(SetTaskController),
    /// Changes a value of a host's registry.
    SetRegistryValue(SetRegistryValue),
    /// Types a password into the properties of the cluster service of one node.
    SetServicePassword(SetServicePassword),
    /// Gives one side of a trust a new key, or its first one where it was removed.
    SetTrustKey(SetTrustKey),
    /// Registers the name of a service on an account of Active Directory, or removes it (`setspn`).
    Setspn(Setspn),
    /// Changes a user's umask on a host.
    SetUmask(SetUmask),
    /// Clears a principal's failed attempts.
    Unlock(Spanned<String>),
    /// Lets it give the lock of a user's credential cache back.
    UnlockCcache(CacheAt),
    /// Lets time pass.
    Wait(Span),
}

impl Verb {
    /// Its key in a scenario, such as `add_principal`.
    pub fn name(&self) -> String {
        let debug = format!("{self:?}");
        let variant = debug.split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut name = String::new();
        for letter in variant.take(1).flat_map(str::chars) {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }
}

/// What joins two domains of Active Directory from now on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeTrust {
    /// The realm of the users.
    pub from: Spanned<String>,
    /// The realm of the services.
    pub to: Spanned<String>,
    /// What it becomes; what it is if absent.
    pub kind: Option<TrustKindName>,
    /// Its attributes besides those of its kind; what they are if absent.
    pub attributes: Option<Vec<TrustAttributeName>>,
    /// The DNS suffixes that it leads to in realm `to`; what they are if absent.
    pub suffixes: Option<Vec<String>>,
}

/// New attributes for an account. What is absent stays as it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModifyAccount {
    /// The account, by its sAMAccountName.
    pub name: Spanned<String>,
    /// Another name to log on with; none if empty.
    pub user_principal_name: Option<String>,
    /// The flags of userAccountControl.
    pub user_account_control: Option<Vec<AccountFlag>>,
    /// The types of msDS-SupportedEncryptionTypes; unset if empty.
    pub supported_encryption_types: Option<Vec<EnctypeName>>,
    /// When its user may log on.
    pub logon_hours: Option<LogonHoursTable>,
    /// The clients and realms that may authenticate to it over a trust with selective authentication.
    pub allowed_to_authenticate: Option<Vec<Spanned<String>>>,
}

/// The name of a service, and the account it is to be on or no longer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setspn {
    /// The account, by its sAMAccountName.
    pub account: Spanned<String>,
    /// The name to register, also where another account has it.
    pub add: Option<Spanned<String>>,
    /// The name to remove.
    pub delete: Option<Spanned<String>>,
}

/// A new principal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPrincipal {
    /// The principal.
    pub name: Spanned<String>,
    /// Its password; a random key if absent.
    pub password: Option<String>,
    /// Its encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
}

/// A client's act with its expected end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// What the client does.
    pub call: Option<Call>,
    /// What a user asks of the password service.
    pub kpasswd: Option<Kpasswd>,
    /// How often; once if absent.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = MAX_TIMES))]
    pub times: Spanned<u32>,
    /// The error each time; success if absent.
    pub error: Option<ErrorName>,
}

fn once() -> Spanned<u32> {
    Spanned::new(0..0, 1)
}

/// New keys for a principal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeKey {
    /// The principal.
    pub of: Spanned<String>,
    /// The keys' encryption types; the realm's if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// The password the keys come from; random if absent.
    pub password: Option<String>,
    /// Whether the old keys stay valid beside the new ones.
    #[serde(default)]
    pub keep_old: bool,
}

/// New settings for a host's acceptor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigureAcceptor {
    /// The host.
    pub host: Spanned<String>,
    /// The settings to change.
    pub set: AcceptorTable,
}

/// New settings for a host's clients.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigureClient {
    /// The host.
    pub host: Spanned<String>,
    /// The settings to change.
    pub set: ClientTable,
}

/// New settings for a realm.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigureRealm {
    /// The realm.
    pub realm: Spanned<String>,
    /// The settings to change.
    pub set: RealmSettings,
}

/// A credential cache on its way to another host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CcacheCopy {
    /// The user.
    pub user: Spanned<String>,
    /// The host it is on.
    pub from: Spanned<String>,
    /// The host that gets the copy, in place of what the user has there.
    pub to: Spanned<String>,
}

/// Tickets that are over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpireTicket {
    /// The user.
    pub user: Spanned<String>,
    /// The host the cache is on, by whose clock the tickets have ended.
    pub on: Spanned<String>,
    /// The service the ticket is for; all tickets of the cache if absent.
    pub server: Option<Spanned<String>>,
    /// Whether the time remains until which a renewable ticket can be renewed.
    #[serde(default)]
    pub renewable: bool,
}

/// A ticket that no KDC issued.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgeTicket {
    /// The client it names. Written with its realm it may be one that exists nowhere.
    pub client: Spanned<String>,
    /// The service; the ticket-granting service of the client's realm if absent.
    pub server: Option<Spanned<String>>,
    /// The host whose keytab holds the key of the service, and whose cache gets the ticket.
    pub on: Spanned<String>,
    /// What the ticket says it is, such as `pre-authent`.
    #[serde(default)]
    pub flags: Vec<TicketFlag>,
    /// How long it is valid.
    pub lifetime: Span,
}

/// Keys on their way to a keytab.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeytabCopy {
    /// The service.
    pub of: Spanned<String>,
    /// The host that gets them.
    pub to: Spanned<String>,
    /// The encryption types to copy; all if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Whether the keytab's older entries of the service are dropped.
    #[serde(default)]
    pub replace: bool,
}

/// Keys to be removed from a keytab.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeytabRemoval {
    /// The service.
    pub of: Spanned<String>,
    /// The host that loses them.
    pub from: Spanned<String>,
}

/// What happens to packets between two hosts. Without `from`, `to`, `message`, `principal` and `transport`
/// it concerns every packet.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkFault {
    /// What it is called, so that it can be removed alone.
    pub name: Option<Spanned<String>>,
    /// The sending host.
    pub from: Option<Spanned<String>>,
    /// The receiving host.
    pub to: Option<Spanned<String>>,
    /// The message inside, such as `AP-REQ`.
    #[schemars(with = "Option<MessageName>")]
    pub message: Option<Spanned<String>>,
    /// The client or the service that the message is about: the message, its ticket or the request that it
    /// answers names it.
    pub principal: Option<Spanned<String>>,
    /// `udp` or `tcp`.
    pub transport: Option<TransportName>,
    /// How many packets pass unharmed before it begins.
    #[serde(default)]
    pub after: u32,
    /// How many packets it concerns; all if absent.
    pub count: Option<u32>,
    /// What happens.
    #[serde(rename = "do")]
    pub effect: LinkEffect,
}

/// UDP or TCP.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TransportName {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

/// What a faulty link does to a packet.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LinkEffect {
    /// It arrives with one bit flipped.
    Corrupt,
    /// It arrives with one bit of the ticket flipped that it shows: an AP-REQ or a TGS-REQ. Others pass.
    CorruptTicket,
    /// It arrives later.
    Delay(Span),
    /// It disappears.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// A copy goes to another host, the original arrives as well.
    CopyTo(Spanned<String>),
    /// The port answers that nobody listens.
    Refuse,
    /// It arrives after the packet that follows it in the same connection or, over UDP, to the same port from
    /// the same host.
    Reorder,
    /// A text arrives in its place: somebody answers who does not speak Kerberos.
    Replace(String),
    /// The last message of its kind that was sent to this host before arrives in its place. Without one it
    /// passes.
    Replay,
    /// It arrives with another value in one field. `message` says which messages these are.
    Rewrite(Spanned<Rewrite>),
    /// It disappears if it is longer than so many bytes.
    SizeLimit(usize),
    /// Only so many bytes of it arrive.
    Truncate(usize),
}

/// Which faults of the network are removed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairLinks {
    /// What they are called; all if absent.
    pub name: Option<Spanned<String>>,
}

/// Changes of a principal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModifyPrincipal {
    /// The principal.
    pub name: Spanned<String>,
    /// Attributes by their kadmin names with a sign, such as `-allow_tix`.
    #[serde(default)]
    #[schemars(with = "Vec<AttributeName>")]
    pub attributes: Vec<Spanned<String>>,
    /// When the principal expires.
    pub expires: Option<Instant>,
    /// When its password expires.
    pub password_expires: Option<Instant>,
    /// The longest life of its tickets.
    pub max_life: Option<Span>,
    /// The longest renewable life of its tickets.
    pub max_renewable_life: Option<Span>,
    /// The session key types a service knows (kadmin's `session_enctypes`).
    pub session_enctypes: Option<Vec<EnctypeName>>,
    /// The services to which it may show the tickets of users that it has (msDS-AllowedToDelegateTo).
    pub allowed_to_delegate_to: Option<Vec<Spanned<String>>>,
}

/// A credential cache.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheAt {
    /// The user.
    pub user: Spanned<String>,
    /// The host.
    pub on: Spanned<String>,
}

/// A host's own identity.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunAs {
    /// The host.
    pub host: Spanned<String>,
    /// The principal its programs use. With a password it may be one that exists nowhere.
    pub principal: Spanned<String>,
    /// The password in their configuration; a keytab with the principal's keys if absent.
    pub password: Option<String>,
}

/// A clock.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClock {
    /// The host.
    pub host: Spanned<String>,
    /// How far its clock is from the true time.
    pub offset: Offset,
}

/// A user's new password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The user.
    pub user: Spanned<String>,
    /// The new password.
    pub password: String,
    /// The new keys' encryption types; those of the realm if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
    /// Whether the user's later calls use the new password as well. Otherwise the user goes on with the
    /// old one.
    #[serde(default = "yes")]
    pub told: bool,
}

fn yes() -> bool {
    true
}

/// One side of a trust.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustSide {
    /// The trust's principal, `krbtgt/TO@FROM`.
    pub of: Spanned<String>,
    /// The realm whose database changes.
    pub realm: Spanned<String>,
}

/// One side of a trust with its new key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTrustKey {
    /// The trust's principal, `krbtgt/TO@FROM`.
    pub of: Spanned<String>,
    /// The realm whose database changes.
    pub realm: Spanned<String>,
    /// The new password; the trust's first password if absent.
    pub password: Option<String>,
    /// The new key version; one more than before if absent.
    pub kvno: Option<u32>,
    /// The new keys' encryption types; those of the realm if absent.
    pub enctypes: Option<Vec<EnctypeName>>,
}
