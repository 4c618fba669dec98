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
mod ready;
mod record;
mod served;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use kdclab_proto::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::runtime::Runtime;

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

/// The variables that an instance may set. Where it has no value for one, another realm's would be wrong.
pub(crate) const VARIABLES: [&str; 14] = [
    "KDCLAB_ACCEPTOR",
    "KDCLAB_DIR",
    "KDCLAB_KDC",
    "KDCLAB_PASSWORD",
    "KDCLAB_REALM",
    "KDCLAB_RESOLVE",
    "KDCLAB_SERVICE",
    "KDCLAB_URL",
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
    path: PathBuf,
    environment: BTreeMap<String, String>,
    /// The line that says that every socket answers.
    ready: Vec<u8>,
}

/// The served world with all that follows from it.
pub(crate) struct Service {
    id: String,
    phase: Phase,
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
        }
        set_gates(&served, &mut ports).await?;
        let directory = Directory::create(options.dir.as_deref(), additions)?;
        let path = directory.path().to_owned();
        let service = Arc::new(Service {
            id: scenario.id.clone(),
            phase,
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
        let (environment, ready) = service.write(&mut *service.changing.lock().await)?;
        Ok(Self {
            service,
            tasks,
            path,
            environment,
            ready,
        })
    }

    /// The variables that make a program use this instance, as they were when it began.
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
            world.apply_all(faults)
        })
        .await
    }

    async fn fix(&self, number: usize) -> Result<(), ChangeError> {
        let fix = check::fix_of(&self.script, number)?;
        self.change(format!("fix {number}: {}", fix.title.get_ref()), |world| {
            world.apply_all(&fix.steps)
        })
        .await
    }

    async fn change(
        &self,
        what: String,
        change: impl FnOnce(&mut World) -> Result<(), VerbError>,
    ) -> Result<(), ChangeError> {
        let mut changing = self.changing.lock().await;
        self.served.change(|world| {
            let directory = &mut changing.directory;
            directory.read_back(world, &self.script, &self.clients);
        });
        let main = self.served.look(|world| self.clients.main_address(world));
        let now = main.map_or_else(wall_clock, |main| self.served.true_time(main));
        let changed = self.served.change_as_a_whole(now, change);
        if changed.is_ok() {
            self.served.note(what);
        }
        let opened = set_gates(&self.served, &mut changing.ports).await;
        let written = self.write(&mut changing);
        changed?;
        opened?;
        written?;
        Ok(())
    }

    /// Writes the files of the world as it is now. The variables of an instance, and the line that says that it
    /// is ready.
    fn write(
        &self,
        changing: &mut Changing,
    ) -> Result<(BTreeMap<String, String>, Vec<u8>), ServeError> {
        let Changing { ports, directory } = changing;
        self.served.look(|world| {
            let addresses = Addresses::of(ports, world);
            directory.update(world, &self.script, &self.clients, &addresses)?;
            let environment = directory.environment(&self.script, world, &self.clients, &addresses);
            let ready = self.ready(ports, world, &environment)?;
            directory.announce(&environment, &ready)?;
            Ok((environment, ready))
        })
    }
}

/// What a served world runs in.
pub(crate) fn runtime() -> Result<Runtime, ServeError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)
}

/// Lets in at each port whom the world lets in, as far as that is possible.
async fn set_gates(served: &Served, ports: &mut [Port]) -> Result<(), ServeError> {
    let mut result = Ok(());
    for port in ports {
        let way = port.way;
        let gates = served.look(|world| world.gates(way.client, way.server.ip()));
        result = result.and(port.set_gates(gates).await);
    }
    result
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
    runtime()?.block_on(async {
        // The files say that all is ready before anything is printed.
        let mut signals = os::Signals::to_stop().map_err(ServeError::Runtime)?;
        let instance = Instance::start(scenario, options).await?;
        out.write_all(&instance.ready)
            .and_then(|()| out.flush())
            .map_err(ServeError::Output)?;
        tokio::select! {
            _ = signals.arrive() => {}
            () = end_of_input(), if until_eof => {}
        }
        instance.stop().await;
        Ok(())
    })
}

/// Where the programs of each host find the services.
struct Addresses(BTreeMap<String, ServerAddresses>);

/// Where the programs of one host find them: by the host of the service, for acceptors with its port.
#[derive(Default)]
struct ServerAddresses {
    kdcs: BTreeMap<String, SocketAddr>,
    kpasswds: BTreeMap<String, SocketAddr>,
    acceptors: BTreeMap<(String, u16), SocketAddr>,
}

impl Addresses {
    fn of(ports: &[Port], world: &World) -> Self {
        let mut addresses: BTreeMap<String, ServerAddresses> = BTreeMap::new();
        for port in ports {
            let Some(client) = world.host_named_at(port.way.client) else {
                continue;
            };
            let servers = addresses.entry(client).or_default();
            let host = port.listening.host.clone();
            match port.listening.service {
                ListeningService::Acceptor(_) | ListeningService::Web { .. } => {
                    let place = (host, port.listening.port);
                    servers.acceptors.insert(place, port.address());
                }
                ListeningService::Kdc(_) => drop(servers.kdcs.insert(host, port.address())),
                ListeningService::Kpasswd => {
                    servers.kpasswds.insert(host, port.address());
                }
            }
        }
        Self(addresses)
    }

    fn of_client(&self, client: &str) -> &ServerAddresses {
        static NONE: ServerAddresses = ServerAddresses {
            kdcs: BTreeMap::new(),
            kpasswds: BTreeMap::new(),
            acceptors: BTreeMap::new(),
        };
        self.0.get(client).unwrap_or(&NONE)
    }
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
    /// The text is no step.
    Faulty(Box<Fault>),
    /// The world is changed, and its files could not be written or its ports not be opened.
    Serve(ServeError),
    /// The step cannot be done.
    Verb(VerbError),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(fault) => fault.fmt(f),
            Self::Serve(error) => write!(f, "the world is changed, but {error}"),
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
        Self::Serve(error)
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
