//! The command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::thread;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::catalogue::{self, CatalogueError, Scenario};
use crate::check::{self, DEFAULT_SEED, Report};
use crate::ctl::{self, CtlError, CtlOptions};
use crate::env::{self, EnvError};
use crate::exec::{self, ExecError};
use crate::report;
use crate::serve::{self, Response, ServeError, ServeOptions};

/// Everything is as described.
const SUCCESS: u8 = 0;
/// A scenario did not behave, or lacks what a reader would miss.
const MISBEHAVED: u8 = 1;
/// Bad usage or a bad file.
const BAD_USAGE: u8 = 2;

/// A Kerberos failure lab: scenarios that fail as documented, and fixes that are proven.
#[derive(Parser)]
#[command(name = "kdclab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the scenarios.
    List {
        /// As a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Run scenarios and compare what happens with what they say.
    Run(RunArguments),
    /// Check that files are valid scenarios, without running them. The status is 2 where one is not, and 1
    /// where one lacks what a reader would miss.
    Check {
        /// The files.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Write a commented scenario to start from, ID.toml in the current directory.
    New {
        /// Its id: small letters and digits, with `-` between words.
        id: String,
    },
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Change a served scenario, or ask what happened in it.
    Ctl(CtlOptions),
    /// Let the KDCs and services of a scenario listen on loopback.
    Serve {
        /// An id or a path.
        #[arg(value_name = "ID|PATH")]
        scenario: String,
        #[command(flatten)]
        options: ServeOptions,
        /// Stop at the end of standard input.
        #[arg(long)]
        until_eof: bool,
    },
    /// Run a command while a scenario is served, and return its status. That of kdclab's own troubles is 125; 126
    /// where the command cannot be executed, 127 where there is none.
    Exec(ExecArguments),
    /// Print what a program needs to meet a served scenario, as lines for a shell.
    Env {
        /// The directory that is served.
        #[arg(long, env = "KDCLAB_DIR")]
        dir: Option<PathBuf>,
        /// As an argument file for `java`, with JAAS entries.
        #[arg(long)]
        java: bool,
    },
}

#[derive(Args)]
struct ExecArguments {
    /// An id or a path.
    #[arg(value_name = "ID|PATH")]
    scenario: String,
    #[command(flatten)]
    options: ServeOptions,
    /// Leave the directory with krb5.conf and keytabs, and say where it is.
    #[arg(long)]
    keep: bool,
    /// The command and its arguments.
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

#[derive(Args)]
struct RunArguments {
    /// Ids or paths; the whole catalogue if there are none.
    #[arg(value_name = "ID|PATH")]
    scenarios: Vec<String>,
    /// Where all randomness comes from.
    #[arg(long, default_value_t = DEFAULT_SEED, env = "KDCLAB_SEED")]
    seed: u64,
    /// How many scenarios run at the same time; the number of processors if absent.
    #[arg(long)]
    jobs: Option<std::num::NonZeroUsize>,
    /// Run the I-th of N equal parts, I from 1.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Show the packets of every phase.
    #[arg(long)]
    trace: bool,
    /// Lines for people, or JSON Lines.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also write every packet, in virtual time, to a pcapng file.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
}

/// One of several equal parts of the scenarios.
#[derive(Clone, Copy)]
struct Shard {
    /// Which part, from 1.
    index: usize,
    /// How many parts.
    count: usize,
}

impl Shard {
    /// Whether the scenario at `position`, from 0, belongs to this part.
    fn has(self, position: usize) -> bool {
        position % self.count + 1 == self.index
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('/')
            .and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)))
            .filter(|(index, count)| (1..=*count).contains(index))
            .map(|(index, count)| Self { index, count })
            .ok_or("a part is written I/N, with I from 1 to N")
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    // Any other status of `exec` would pass for its command's.
    let failed = match std::env::args_os().nth(1) {
        Some(verb) if verb == "exec" => exec::FAILED,
        _ => BAD_USAGE,
    };
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { failed } else { SUCCESS });
        }
    };
    match run(arguments.command, &mut io::stdout(), &mut io::stderr()) {
        Ok(code) => ExitCode::from(code),
        // A reader that has seen enough, such as `head`, is no error.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(SUCCESS)
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{failure}");
            ExitCode::from(match failure {
                Failure::Exec(error) => error.status(),
                _ => failed,
            })
        }
    }
}

enum Failure {
    Catalogue(CatalogueError),
    Ctl(CtlError),
    Env(EnvError),
    Exec(ExecError),
    File { path: PathBuf, error: io::Error },
    Output(io::Error),
    Serve(ServeError),
}

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(error)
    }
}

impl From<EnvError> for Failure {
    fn from(error: EnvError) -> Self {
        Self::Env(error)
    }
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Self {
        Self::Exec(error)
    }
}

impl From<CtlError> for Failure {
    fn from(error: CtlError) -> Self {
        Self::Ctl(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::Serve(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Catalogue(error) => error.fmt(f),
            Self::Serve(ServeError::Krb5ConfFaulty(fault))
            | Self::Exec(ExecError::Serve(ServeError::Krb5ConfFaulty(fault))) => fault.fmt(f),
            Self::Env(error) => write!(f, "error: {error}"),
            Self::Exec(error) => write!(f, "error: {error}"),
            Self::Ctl(error) => error.fmt(f),
            Self::File { path, error } => {
                write!(f, "error: cannot write {}: {error}", path.display())
            }
            Self::Output(error) => write!(f, "error: cannot write the result: {error}"),
            Self::Serve(error) => write!(f, "error: {error}"),
        }
    }
}

fn run(command: Command, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        Command::List { json: true } => report::list_json(out, &catalogue::embedded()?)?,
        Command::List { json: false } => report::list_human(out, &catalogue::embedded()?)?,
        Command::Run(arguments) => return run_scenarios(out, &arguments),
        Command::Check { paths } => return check_files(out, err, &paths),
        Command::New { id } => {
            let path = catalogue::create(Path::new(""), &id)?;
            writeln!(out, "{}", path.display())?;
        }
        Command::Ctl(options) => return control(out, err, &options),
        Command::Schema => report::schema(out)?,
        Command::Serve {
            scenario,
            options,
            until_eof,
        } => serve::run(&catalogue::find(&scenario)?, &options, until_eof, out)?,
        Command::Exec(ExecArguments {
            scenario,
            options,
            keep,
            command,
        }) => {
            let scenario = catalogue::find(&scenario)?;
            return Ok(exec::run(&scenario, &options, keep, &command, err)?);
        }
        Command::Env { dir, java } => {
            let environment = env::read(&dir.ok_or(EnvError::NoDirectory)?)?;
            if java {
                env::for_java(out, &environment)?;
            } else {
                env::for_shell(out, &environment)?;
            }
        }
    }
    Ok(SUCCESS)
}

/// Asks a served scenario. The status is 1 where it cannot do what is asked, and 2 where nobody could.
fn control(out: &mut dyn Write, err: &mut dyn Write, options: &CtlOptions) -> Result<u8, Failure> {
    match ctl::run(options)? {
        Response::Done => Ok(SUCCESS),
        Response::Events(events) => {
            for event in events {
                if options.json() {
                    serde_json::to_writer(&mut *out, &event).map_err(io::Error::from)?;
                    writeln!(out)?;
                } else {
                    writeln!(out, "{event}")?;
                }
            }
            Ok(SUCCESS)
        }
        Response::Failed(why) => {
            writeln!(err, "{why}")?;
            Ok(MISBEHAVED)
        }
        Response::Faulty(why) => {
            writeln!(err, "{why}")?;
            Ok(BAD_USAGE)
        }
    }
}

/// Checks every file, whatever is wrong with those before it.
fn check_files(out: &mut dyn Write, err: &mut dyn Write, paths: &[PathBuf]) -> Result<u8, Failure> {
    let mut status = SUCCESS;
    for path in paths {
        let lints = match catalogue::read(path) {
            Ok(scenario) => scenario.lints(),
            Err(error) => {
                writeln!(err, "{error}")?;
                status = BAD_USAGE;
                continue;
            }
        };
        for lint in &lints {
            writeln!(err, "{lint}")?;
        }
        if lints.is_empty() {
            writeln!(out, "ok     {}", path.display())?;
        } else {
            status = status.max(MISBEHAVED);
        }
    }
    Ok(status)
}

fn run_scenarios(out: &mut dyn Write, arguments: &RunArguments) -> Result<u8, Failure> {
    let mut scenarios = if arguments.scenarios.is_empty() {
        catalogue::embedded()?
    } else {
        arguments
            .scenarios
            .iter()
            .map(|name| catalogue::find(name))
            .collect::<Result<_, _>>()?
    };
    if let Some(shard) = arguments.shard {
        let mut position = 0;
        scenarios.retain(|_| {
            position += 1;
            shard.has(position - 1)
        });
    }
    let options = check::Options {
        seed: arguments.seed,
        trace: arguments.trace,
        ..check::Options::default()
    };
    let reports = run_all(&scenarios, &options, arguments.jobs);
    for (scenario, report) in scenarios.iter().zip(&reports) {
        match arguments.format {
            Format::Human => report::human(out, scenario, report, arguments.trace)?,
            Format::Json => report::json(out, report)?,
        }
    }
    let write = |path: &PathBuf, bytes: io::Result<Vec<u8>>| {
        let written = bytes.and_then(|bytes| std::fs::write(path, bytes));
        written.map_err(|error| Failure::File {
            path: path.clone(),
            error,
        })
    };
    if let Some(path) = &arguments.junit {
        write(path, report::junit(&scenarios, &reports))?;
    }
    if let Some(path) = &arguments.pcap {
        write(path, report::pcap(&reports))?;
    }
    let failed = reports.iter().filter(|report| !report.is_ok()).count();
    if matches!(arguments.format, Format::Human) {
        writeln!(out, "{} passed, {failed} failed", reports.len() - failed)?;
    }
    Ok(if failed == 0 { SUCCESS } else { MISBEHAVED })
}

/// Runs the scenarios on `jobs` threads; the reports come in the order of the scenarios.
fn run_all(
    scenarios: &[Scenario],
    options: &check::Options,
    jobs: Option<std::num::NonZeroUsize>,
) -> Vec<Report> {
    let jobs = jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, std::num::NonZeroUsize::get)
        .clamp(1, scenarios.len().max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut numbered: Vec<(usize, Report)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs)
            .map(|_| {
                scope.spawn(|| {
                    let mut reports = Vec::new();
                    loop {
                        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(scenario) = scenarios.get(index) else {
                            return reports;
                        };
                        reports.push((index, check::run_with(scenario, options)));
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    numbered.sort_by_key(|(index, _)| *index);
    numbered.into_iter().map(|(_, report)| report).collect()
}
