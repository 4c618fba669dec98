//! A scenario's KDCs on loopback, for clients that are not ours.
//!
//! This is the only place that knows sockets, files under a directory of its own, the wall clock and the
//! system's randomness.

mod directory;
pub(crate) mod java;
mod krb5_conf;
mod krb5_conf_add;
mod listener;
pub(crate) mod os;
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
use serde::Serialize;
use tokio::task::JoinSet;

use crate::catalogue::Scenario;
use crate::check;
use crate::script::Fault;
use crate::script::model::Phase;
use crate::sim::VerbError;

pub(crate) use directory::READY;
use directory::{Directory, Files};
use krb5_conf_add::Additions;
use listener::Listener;
use served::{Served, Service};

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
}

#[derive(Serialize)]
struct ReadyKdc {
    host: String,
    realms: Vec<String>,
    address: String,
    /// Where the password service listens.
    kpasswd: String,
}

/// The variables that an instance may set. Where it has no value for one, another realm's would be wrong.
pub(crate) const VARIABLES: [&str; 11] = [
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
    tasks: JoinSet<()>,
    directory: Directory,
    environment: BTreeMap<String, String>,
    kdcs: Vec<ReadyKdc>,
    scenario: String,
    phase: Phase,
}

impl Instance {
    /// Serves `scenario`. Every socket answers when this returns.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(scenario: &Scenario, options: &ServeOptions) -> Result<Self, ServeError> {
        let additions = options
            .krb5_conf_add
            .as_deref()
            .map(Additions::read)
            .transpose()?;
        let epoch = wall_clock();
        let seed = SysRng
            .try_next_u64()
            .map_err(|_| ServeError::NoRandomness)?;
        let world = check::world_in(scenario, options.phase.0, seed, Some(epoch.time()))
            .map_err(ServeError::World)?;
        let client = scenario
            .script
            .first_call()
            .map(|call| call.from.get_ref().as_str())
            .or_else(|| world.client_configs().next().map(|(host, _)| host));
        // Foreign programs run by this machine's clock, so it is the one of the client's host.
        let client_offset = client.map_or(0, |host| world.clock_offset(host));
        let mut kdcs = world.kdcs();
        for kdc in &mut kdcs {
            kdc.clock_offset = kdc.clock_offset.saturating_sub(client_offset);
        }
        let served = Arc::new(Served::new(kdcs));
        let mut listeners = Vec::new();
        for index in 0..served.len() {
            for service in [Service::Kdc, Service::Kpasswd] {
                listeners.push(Listener::bind(&served, (index, service)).await?);
            }
        }
        let addresses = Addresses {
            kdcs: addresses(&listeners, Service::Kdc),
            kpasswds: addresses(&listeners, Service::Kpasswd),
        };
        let files = Files {
            client,
            world: &world,
            addresses: &addresses,
            additions: additions.as_ref(),
        };
        let directory = Directory::create(options.dir.as_deref(), &files)?;
        let environment = directory.environment(&scenario.script, &world, &addresses);
        let kdcs = listeners
            .iter()
            .filter(|listener| listener.service() == Service::Kdc)
            .map(|listener| ready_kdc(listener, &addresses))
            .collect();
        let mut tasks = JoinSet::new();
        for listener in listeners {
            tasks.spawn(listener.serve());
        }
        let instance = Self {
            tasks,
            directory,
            environment,
            kdcs,
            scenario: scenario.id.clone(),
            phase: options.phase.0,
        };
        let mut ready = Vec::new();
        announce(&mut ready, &instance.ready())?;
        instance.directory.announce(&instance.environment, &ready)?;
        Ok(instance)
    }

    /// The variables that make a program use this instance.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The directory with krb5.conf and keytabs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves a directory of its own making where it is when this stops.
    pub fn keep_directory(&mut self) {
        self.directory.keep();
    }

    /// Closes every socket, waits until that is done, and removes a directory of its own making.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    fn ready(&self) -> Ready<'_> {
        Ready {
            scenario: &self.scenario,
            phase: self.phase.to_string(),
            env: &self.environment,
            kdcs: &self.kdcs,
        }
    }
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
        let instance = Instance::start(scenario, options).await?;
        let mut signals = os::Signals::to_stop().map_err(ServeError::Runtime)?;
        announce(out, &instance.ready())?;
        tokio::select! {
            _ = signals.arrive() => {}
            () = end_of_input(), if until_eof => {}
        }
        instance.stop().await;
        Ok(())
    })
}

/// Where the services listen, by host name.
struct Addresses {
    kdcs: BTreeMap<String, SocketAddr>,
    kpasswds: BTreeMap<String, SocketAddr>,
}

fn addresses(listeners: &[Listener], service: Service) -> BTreeMap<String, SocketAddr> {
    listeners
        .iter()
        .filter(|listener| listener.service() == service)
        .map(|listener| (listener.host().to_owned(), listener.address()))
        .collect()
}

fn ready_kdc(listener: &Listener, addresses: &Addresses) -> ReadyKdc {
    let kpasswd = addresses.kpasswds.get(listener.host());
    ReadyKdc {
        host: listener.host().to_owned(),
        realms: listener.realms().iter().map(ToString::to_string).collect(),
        address: listener.address().to_string(),
        kpasswd: kpasswd.map(ToString::to_string).unwrap_or_default(),
    }
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
