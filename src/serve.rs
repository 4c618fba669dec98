//! A scenario's KDCs on loopback, for clients that are not ours.
//!
//! This is the only place that knows sockets, files under a directory of its own, the wall clock and the
//! system's randomness.

mod clients;
mod control;
mod directory;
pub(crate) mod java;
mod krb5_conf;
mod krb5_conf_add;
pub(crate) mod os;
mod port;
mod record;
mod served;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use kdclab_proto::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;

use crate::catalogue::Scenario;
use crate::check;
use crate::script::model::Phase;
use crate::script::verb::Verb;
use crate::script::{self, Fault, Script};
use crate::sim::{ListeningService, VerbError, World};

pub use control::{Request, Response};
pub use record::{Event, Happened};

use clients::Clients;
use directory::Directory;
pub(crate) use directory::READY;
use krb5_conf_add::Additions;
use port::{OwnedTasks, Port};
use served::Served;

/// How to serve.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeOptions {
    /// `healthy`, `broken` or `fix:N`.
    #[arg(long, value_name = "PHASE", default_value = "healthy", value_parser = parse_phase)]
    phase: ServedPhase,
    /// An empty or new directory for krb5.conf and keytabs; a temporary one if absent, removed at the
    /// end.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Lines of your own for every krb5.conf: what they set takes the place of what the scenario says, lists,
    /// such as the KDCs of a realm, grow.
    #[arg(long, value_name = "FILE")]
    krb5_conf_add: Option<PathBuf>,
}

impl ServeOptions {
    /// Serves the scenario in `phase`.
    #[must_use]
    pub fn in_phase(mut self, phase: Phase) -> Self {
        self.phase = ServedPhase(phase);
        self
    }

    /// Puts the files into `directory`, which is new or empty.
    #[must_use]
    pub fn in_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.dir = Some(directory.into());
        self
    }

    /// Adds the lines of `file` to every krb5.conf: what they set takes the place of what the scenario says.
    #[must_use]
    pub fn with_krb5_conf(mut self, file: impl Into<PathBuf>) -> Self {
        self.krb5_conf_add = Some(file.into());
        self
    }

    /// The directory that the user named.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

#[derive(Clone, Copy, Debug)]
struct ServedPhase(Phase);

impl Default for ServedPhase {
    fn default() -> Self {
        Self(Phase::Healthy)
    }
}

fn parse_phase(text: &str) -> Result<ServedPhase, String> {
    let phase = match text {
        "healthy" => Some(Phase::Healthy),
        "broken" => Some(Phase::Broken),
        _ => text
            .strip_prefix("fix:")
            .and_then(|number| number.parse().ok())
            .filter(|number| *number > 0)
            .map(Phase::Fix),
    };
    phase
        .map(ServedPhase)
        .ok_or_else(|| "a phase is `healthy`, `broken` or `fix:N` with N from 1".to_owned())
}

/// The current time.
#[expect(
    clippy::disallowed_methods,
    reason = "foreign clients live in the wall clock's time, so what we serve does too"
)]
fn wall_clock() -> Timestamp {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_microseconds(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

/// What a client must know, as the line that says that every socket answers.
#[derive(Serialize)]
struct Ready<'a> {
    scenario: &'a str,
    phase: String,
    env: &'a BTreeMap<String, String>,
    kdcs: &'a [ReadyKdc],
    acceptors: &'a [ReadyAcceptor],
    /// Where the programs of other hosts than that of the symptom's first call reach the acceptors.
    clients: &'a BTreeMap<String, Vec<ReadyAcceptor>>,
}

#[derive(Serialize)]
struct ReadyKdc {
    host: String,
    realms: Vec<String>,
    address: String,
    /// Where the password service listens.
    kpasswd: String,
}

#[derive(Serialize)]
struct ReadyAcceptor {
    host: String,
    services: Vec<String>,
    address: String,
}

/// The variables that an instance may set. Where it has no value for one, another realm's would be wrong.
pub(crate) const VARIABLES: [&str; 12] = [
    "KDCLAB_ACCEPTOR",
    "KDCLAB_DIR",
    "KDCLAB_KDC",
    "KDCLAB_PASSWORD",
    "KDCLAB_REALM",
    "KDCLAB_SERVICE",
    "KDCLAB_USER",
    "KRB5CCNAME",
    "KRB5RCACHENAME",
    "KRB5_CLIENT_KTNAME",
    "KRB5_CONFIG",
    "KRB5_KTNAME",
];

/// A served scenario: its sockets answer until it is stopped or dropped.
pub struct Instance {
    service: Arc<Service>,
    tasks: OwnedTasks,
    scenario: String,
    phase: Phase,
    path: PathBuf,
    environment: BTreeMap<String, String>,
    kdcs: Vec<ReadyKdc>,
    acceptors: Vec<ReadyAcceptor>,
    acceptors_of_others: BTreeMap<String, Vec<ReadyAcceptor>>,
}

/// The served world with all that follows from it.
pub(crate) struct Service {
    script: Script,
    clients: Clients,
    served: Arc<Served>,
    /// Locked while the world changes, so that one change follows the other.
    changing: tokio::sync::Mutex<Changing>,
}

/// What changes beside the world.
struct Changing {
    ports: Vec<Port>,
    directory: Directory,
}

impl Instance {
    /// Serves `scenario`. Every socket answers when this returns.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(scenario: &Scenario, options: &ServeOptions) -> Result<Self, ServeError> {
        let seed = SysRng
            .try_next_u64()
            .map_err(|_| ServeError::NoRandomness)?;
        let phase = options.phase.0;
        let now = wall_clock().time();
        let world = check::world_in(scenario, phase, seed, Some(now)).map_err(ServeError::World)?;
        Self::of(scenario, phase, world, options).await
    }

    /// Serves a world of `scenario` that is in `phase`, whatever the options say of that.
    pub(crate) async fn of(
        scenario: &Scenario,
        phase: Phase,
        mut world: World,
        options: &ServeOptions,
    ) -> Result<Self, ServeError> {
        let additions = options
            .krb5_conf_add
            .as_deref()
            .map(Additions::read)
            .transpose()?;
        let mut clients = Clients::of(&scenario.script);
        let ahead = clients
            .main_address(&world)
            .map_or(0, |main| world.offset_at(main) / 1_000_000);
        // By the clock of the main client, which is the machine's, what happened in the world is past.
        let now = wall_clock().time().unix().saturating_sub(ahead);
        world.shift(now.saturating_sub(world.now().time().unix()));
        let mut ports = Vec::new();
        for way in clients.ways(&world) {
            ports.push(Port::bind(way.0, way.1)?);
        }
        let served = Arc::new(Served::new(world));
        let tasks = OwnedTasks::new();
        for port in &mut ports {
            port.serve(&served, &tasks);
            let way = port.way;
            let gates = served.look(|world| world.gates(way.client, way.server.ip()));
            port.set_gates(gates).await;
        }
        let mut directory = Directory::create(options.dir.as_deref(), additions)?;
        let (environment, kdcs, acceptors, acceptors_of_others) = served.look(|world| {
            let addresses = Addresses::of(&ports, world);
            directory.update(world, &scenario.script, &clients, &addresses)?;
            let environment = directory.environment(&scenario.script, world, &clients, &addresses);
            let main = clients.main_address(world);
            Ok((
                environment,
                ready_kdcs(&ports, main),
                ready_acceptors(&ports, main),
                clients
                    .others()
                    .map(|host| {
                        (
                            host.clone(),
                            ready_acceptors(&ports, world.address_of(host)),
                        )
                    })
                    .collect(),
            ))
        })?;
        let path = directory.path().to_owned();
        let service = Arc::new(Service {
            script: scenario.script.clone(),
            clients,
            served,
            changing: tokio::sync::Mutex::new(Changing { ports, directory }),
        });
        let socket = os::ControlSocket::bind(&path).map_err(|error| ServeError::Directory {
            path: path.clone(),
            error,
        })?;
        let control = os::serve_control(socket, Arc::clone(&service), tasks.clone());
        tasks.spawn(control);
        let instance = Self {
            service,
            tasks,
            scenario: scenario.id.clone(),
            phase,
            path,
            environment,
            kdcs,
            acceptors,
            acceptors_of_others,
        };
        let mut ready = Vec::new();
        announce(&mut ready, &instance.ready())?;
        let changing = instance.service.changing.lock().await;
        changing.directory.announce(&instance.environment, &ready)?;
        drop(changing);
        Ok(instance)
    }

    /// The variables that make a program use this instance.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The directory with krb5.conf, keytabs and credential caches.
    pub fn directory(&self) -> &Path {
        &self.path
    }

    /// What happened after event number `after`, as far as it is remembered.
    pub fn events(&self, after: u64) -> Vec<Event> {
        self.service.events(after)
    }

    /// Does one step of a scenario to the served world. The next request meets the changed world, and the
    /// files of the directory are those of the changed world.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn apply(&self, verb: &Verb) -> Result<(), ChangeError> {
        self.service.apply(verb).await
    }

    /// Does one step, written as in a scenario: `reset_key = "alice"`.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn step(&self, text: &str) -> Result<(), ChangeError> {
        self.service.step(text).await
    }

    /// Does the scenario's faults.
    ///
    /// # Errors
    /// [`ChangeError`]; then none of them is done.
    pub async fn break_it(&self) -> Result<(), ChangeError> {
        self.service.break_it().await
    }

    /// Applies the scenario's fix number `number`, from 1.
    ///
    /// # Errors
    /// [`ChangeError`]; then none of its steps is done.
    pub async fn fix(&self, number: usize) -> Result<(), ChangeError> {
        self.service.fix(number).await
    }

    /// Leaves a directory of its own making where it is when this stops.
    pub async fn keep_directory(&self) {
        self.service.changing.lock().await.directory.keep();
    }

    /// Closes every socket, waits until that is done, and removes a directory of its own making.
    pub async fn stop(self) {
        self.tasks.shutdown().await;
    }

    fn ready(&self) -> Ready<'_> {
        Ready {
            scenario: &self.scenario,
            phase: self.phase.to_string(),
            env: &self.environment,
            kdcs: &self.kdcs,
            acceptors: &self.acceptors,
            clients: &self.acceptors_of_others,
        }
    }
}

impl Service {
    fn events(&self, after: u64) -> Vec<Event> {
        self.served.events(after)
    }

    async fn apply(&self, verb: &Verb) -> Result<(), ChangeError> {
        self.change(verb.name(), |world| world.apply(verb)).await
    }

    async fn step(&self, text: &str) -> Result<(), ChangeError> {
        let verb = self
            .served
            .look(|world| script::step(world.scope(), text))?;
        self.apply(&verb).await
    }

    async fn break_it(&self) -> Result<(), ChangeError> {
        let faults = &self.script.fault;
        self.change("the faults of the scenario".to_owned(), |world| {
            faults
                .iter()
                .try_for_each(|verb| world.apply(verb.get_ref()))
        })
        .await
    }

    async fn fix(&self, number: usize) -> Result<(), ChangeError> {
        let fixes = &self.script.fix;
        let fix = number
            .checked_sub(1)
            .and_then(|index| fixes.get(index))
            .ok_or(VerbError::NoSuchPhase {
                phase: Phase::Fix(number),
                fixes: fixes.len(),
            })?;
        self.change(format!("fix {number}: {}", fix.title.get_ref()), |world| {
            fix.steps
                .iter()
                .try_for_each(|verb| world.apply(verb.get_ref()))
        })
        .await
    }

    async fn change(
        &self,
        what: String,
        change: impl FnOnce(&mut World) -> Result<(), VerbError>,
    ) -> Result<(), ChangeError> {
        let mut changing = self.changing.lock().await;
        let Changing { ports, directory } = &mut *changing;
        self.served
            .change(|world| directory.read_back(world, &self.script, &self.clients));
        let main = self.served.look(|world| self.clients.main_address(world));
        let now = main.map_or_else(wall_clock, |main| self.served.true_time(main));
        let changed = self.served.change_as_a_whole(now, change);
        if changed.is_ok() {
            self.served.note(what);
        }
        for port in ports.iter_mut() {
            let way = port.way;
            let gates = self
                .served
                .look(|world| world.gates(way.client, way.server.ip()));
            port.set_gates(gates).await;
        }
        let written = self.served.look(|world| {
            let addresses = Addresses::of(ports, world);
            directory.update(world, &self.script, &self.clients, &addresses)
        });
        changed?;
        Ok(written?)
    }
}

/// Asks the scenario that is served in `directory`.
///
/// # Errors
/// Nobody listens there, or what answers is something else.
pub fn ask(directory: &Path, request: &Request) -> io::Result<Response> {
    os::ask(directory, request)
}

/// Serves `scenario` until it is told to stop, by a signal or with `until_eof` by the end of standard input, and
/// says on `out` when every socket answers.
///
/// # Errors
/// [`ServeError`].
pub fn run(
    scenario: &Scenario,
    options: &ServeOptions,
    until_eof: bool,
    out: &mut dyn Write,
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    runtime.block_on(async {
        // The files say that all is ready before anything is printed.
        let mut signals = os::Signals::to_stop().map_err(ServeError::Runtime)?;
        let instance = Instance::start(scenario, options).await?;
        announce(out, &instance.ready())?;
        tokio::select! {
            _ = signals.arrive() => {}
            () = end_of_input(), if until_eof => {}
        }
        instance.stop().await;
        Ok(())
    })
}

/// Where programs find the services: by the host whose programs they are, then by the host of the service.
struct Addresses {
    kdcs: BTreeMap<String, BTreeMap<String, SocketAddr>>,
    kpasswds: BTreeMap<String, BTreeMap<String, SocketAddr>>,
    acceptors: BTreeMap<String, BTreeMap<(String, u16), SocketAddr>>,
}

impl Addresses {
    fn of(ports: &[Port], world: &World) -> Self {
        let mut addresses = Self {
            kdcs: BTreeMap::new(),
            kpasswds: BTreeMap::new(),
            acceptors: BTreeMap::new(),
        };
        for port in ports {
            let Some(client) = world.host_named_at(port.way.client) else {
                continue;
            };
            let host = port.listening.host.clone();
            match port.listening.service {
                ListeningService::Acceptor(_) => {
                    let place = (host, port.listening.port);
                    let of_client = addresses.acceptors.entry(client).or_default();
                    of_client.insert(place, port.address());
                }
                ListeningService::Kdc(_) => {
                    let of_client = addresses.kdcs.entry(client).or_default();
                    of_client.insert(host, port.address());
                }
                ListeningService::Kpasswd => {
                    let of_client = addresses.kpasswds.entry(client).or_default();
                    of_client.insert(host, port.address());
                }
            }
        }
        addresses
    }
}

impl Addresses {
    fn kdcs_of(&self, client: &str) -> &BTreeMap<String, SocketAddr> {
        static NONE: BTreeMap<String, SocketAddr> = BTreeMap::new();
        self.kdcs.get(client).unwrap_or(&NONE)
    }

    fn kpasswds_of(&self, client: &str) -> &BTreeMap<String, SocketAddr> {
        static NONE: BTreeMap<String, SocketAddr> = BTreeMap::new();
        self.kpasswds.get(client).unwrap_or(&NONE)
    }

    /// Where programs of `client` reach the acceptor on `port` of `host`.
    fn acceptor(&self, client: &str, host: &str, port: u16) -> Option<SocketAddr> {
        let place = (host.to_owned(), port);
        self.acceptors.get(client)?.get(&place).copied()
    }
}

fn ready_kdcs(ports: &[Port], main: Option<IpAddr>) -> Vec<ReadyKdc> {
    let mut kdcs = Vec::new();
    for port in ports {
        if let ListeningService::Kdc(realms) = &port.listening.service
            && Some(port.way.client) == main
        {
            let kpasswd = ports.iter().find(|other| {
                other.way.client == port.way.client
                    && other.listening.host == port.listening.host
                    && other.listening.service == ListeningService::Kpasswd
            });
            kdcs.push(ReadyKdc {
                host: port.listening.host.clone(),
                realms: realms.iter().map(ToString::to_string).collect(),
                address: port.address().to_string(),
                kpasswd: kpasswd
                    .map(|port| port.address().to_string())
                    .unwrap_or_default(),
            });
        }
    }
    kdcs
}

fn ready_acceptors(ports: &[Port], main: Option<IpAddr>) -> Vec<ReadyAcceptor> {
    let mut acceptors = Vec::new();
    for port in ports {
        if let ListeningService::Acceptor(services) = &port.listening.service
            && Some(port.way.client) == main
        {
            acceptors.push(ReadyAcceptor {
                host: port.listening.host.clone(),
                services: services.iter().map(ToString::to_string).collect(),
                address: port.address().to_string(),
            });
        }
    }
    acceptors
}

fn announce(out: &mut dyn Write, ready: &Ready<'_>) -> Result<(), ServeError> {
    let write = |out: &mut dyn Write| -> io::Result<()> {
        serde_json::to_writer(&mut *out, ready)?;
        writeln!(out)?;
        out.flush()
    };
    write(out).map_err(ServeError::Output)
}

/// A thread of its own, since a blocking read of standard input would keep the runtime from stopping.
async fn end_of_input() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = sender.send(());
    });
    let _ = receiver.await;
}

/// Why the served world was not changed.
#[derive(Debug)]
pub enum ChangeError {
    /// The world is changed, and its files could not be written.
    Directory(ServeError),
    /// The text is no step.
    Faulty(Box<Fault>),
    /// The step cannot be done.
    Verb(VerbError),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(error) => error.fmt(f),
            Self::Faulty(fault) => fault.fmt(f),
            Self::Verb(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ChangeError {}

impl From<Box<Fault>> for ChangeError {
    fn from(fault: Box<Fault>) -> Self {
        Self::Faulty(fault)
    }
}

impl From<ServeError> for ChangeError {
    fn from(error: ServeError) -> Self {
        Self::Directory(error)
    }
}

impl From<VerbError> for ChangeError {
    fn from(error: VerbError) -> Self {
        Self::Verb(error)
    }
}

/// Why a scenario cannot be served.
#[derive(Debug)]
pub enum ServeError {
    /// No socket could be had.
    Bind {
        /// The KDC's host.
        host: String,
        /// Why.
        error: io::Error,
    },
    /// The directory for krb5.conf and keytabs cannot be used.
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The directory holds files already.
    DirectoryInUse {
        /// The directory.
        path: PathBuf,
    },
    /// The lines to add to krb5.conf are no such lines.
    Krb5ConfFaulty(Box<Fault>),
    /// The lines to add to krb5.conf cannot be read.
    Krb5ConfUnreadable {
        /// The file that was named.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system has no randomness.
    NoRandomness,
    /// The line that says that all is ready cannot be written.
    Output(io::Error),
    /// The system has no resources for the server.
    Runtime(io::Error),
    /// The scenario cannot be brought into its phase.
    World(VerbError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { host, error } => write!(f, "no port for {host} on loopback: {error}"),
            Self::Directory { path, error } => {
                write!(f, "cannot use the directory {}: {error}", path.display())
            }
            Self::DirectoryInUse { path } => write!(
                f,
                "the directory {} is not empty; name a new or an empty one with --dir",
                path.display()
            ),
            Self::Krb5ConfFaulty(fault) => fault.fmt(f),
            Self::Krb5ConfUnreadable { path, error } => write!(
                f,
                "cannot read {}: {error}; --krb5-conf-add takes a file like krb5.conf",
                path.display()
            ),
            Self::NoRandomness => f.write_str("the system gives no random numbers"),
            Self::Output(error) => write!(f, "cannot say that the server is ready: {error}"),
            Self::Runtime(error) => write!(f, "cannot start the server: {error}"),
            Self::World(error) => write!(f, "cannot prepare the scenario: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}
