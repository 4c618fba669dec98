//! A command that runs while a scenario is served.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::process::{Child, Command};

use crate::catalogue::Scenario;
use crate::serve::{self, Instance, ServeError, ServeOptions, VARIABLES, os};

/// The status that says that kdclab itself failed, as that of `env`, `nohup` and `timeout`.
pub const FAILED: u8 = 125;
/// The status that says that the command is there and cannot be executed.
pub const CANNOT_EXECUTE: u8 = 126;
/// The status that says that there is no such command.
pub const NOT_FOUND: u8 = 127;

/// Serves `scenario` while `command` runs, and returns the command's status: its own, or 128 and the number of
/// the signal that killed it.
///
/// Signals that ask this process to end, and SIGUSR1 and SIGUSR2, go to the command. Everything served is
/// removed afterwards, in a directory that the options name too; with `keep` it stays, and `err` is told where.
///
/// # Errors
/// [`ExecError`], which has a status too.
pub fn run(
    scenario: &Scenario,
    options: &ServeOptions,
    keep: bool,
    command: &[OsString],
    err: &mut dyn Write,
) -> Result<u8, ExecError> {
    serve::runtime()?.block_on(async {
        let mut signals = os::Signals::to_pass_on().map_err(ServeError::Runtime)?;
        let found = options.directory().is_some_and(Path::exists);
        let instance = Instance::start(scenario, options).await?;
        let directory = instance.directory().to_owned();
        let ended = match start(&instance, command) {
            Ok(child) => follow(child, &mut signals).await,
            Err(error) => Err(error),
        };
        if keep {
            instance.keep_directory().await;
        }
        instance.stop().await;
        // What is said of the directory is no reason to lose the command's status.
        let _ = if keep {
            writeln!(err, "kept {}", directory.display())
        } else if let Err(error) = remove(&directory, found) {
            writeln!(err, "cannot remove {}: {error}", directory.display())
        } else {
            Ok(())
        };
        ended
    })
}

fn start(instance: &Instance, command: &[OsString]) -> Result<Child, ExecError> {
    let (program, arguments) = command.split_first().ok_or(ExecError::NoCommand)?;
    let mut command = Command::new(program);
    command.args(arguments);
    // A variable of the caller's own realm would mix it with the served one.
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
        .envs(instance.environment())
        .spawn()
        .map_err(|error| ExecError::not_started(program, error))
}

/// Waits until the command ends, and hands it the signals that come meanwhile.
async fn follow(mut child: Child, signals: &mut os::Signals) -> Result<u8, ExecError> {
    let id = child.id();
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map(os::status).map_err(ExecError::Lost),
            signal = signals.arrive() => {
                if let Some(id) = id {
                    os::pass_on(signal, id);
                }
            }
        }
    }
}

/// Removes what `directory` holds, and the directory itself unless it was `found` there.
fn remove(directory: &Path, found: bool) -> io::Result<()> {
    let removed = if found {
        fs::read_dir(directory).and_then(|mut entries| {
            entries.try_for_each(|entry| {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    fs::remove_dir_all(entry.path())
                } else {
                    fs::remove_file(entry.path())
                }
            })
        })
    } else {
        fs::remove_dir_all(directory)
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Why there is no status of a command.
#[derive(Debug)]
pub enum ExecError {
    /// The command is there and cannot be executed.
    CannotExecute {
        /// Its name as given.
        program: OsString,
        /// Why.
        error: io::Error,
    },
    /// The system does not tell how the command ended.
    Lost(io::Error),
    /// No command was given.
    NoCommand,
    /// There is no such command.
    NotFound {
        /// Its name as given.
        program: OsString,
    },
    /// The scenario cannot be served.
    Serve(ServeError),
}

impl ExecError {
    fn not_started(program: &OsStr, error: io::Error) -> Self {
        let program = program.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { program },
            _ => Self::CannotExecute { program, error },
        }
    }

    /// The process's status.
    pub fn status(&self) -> u8 {
        match self {
            Self::CannotExecute { .. } => CANNOT_EXECUTE,
            Self::NotFound { .. } => NOT_FOUND,
            Self::Lost(_) | Self::NoCommand | Self::Serve(_) => FAILED,
        }
    }
}

impl From<ServeError> for ExecError {
    fn from(error: ServeError) -> Self {
        Self::Serve(error)
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotExecute { program, error } => {
                let path = PathBuf::from(program);
                write!(f, "cannot execute {}: {error}; ", path.display())?;
                f.write_str(if path.is_dir() {
                    "name a program in it"
                } else {
                    "is it a program, or a script that starts with `#!`, and may it be executed (chmod +x)?"
                })
            }
            Self::Lost(error) => write!(f, "the command's status is lost: {error}"),
            Self::NoCommand => f.write_str("no command; write it after `--`"),
            Self::NotFound { program } => {
                let path = PathBuf::from(program);
                write!(f, "cannot find {}; ", path.display())?;
                f.write_str(if path.components().count() == 1 {
                    "it is in no directory of PATH: install it, or name it with its path"
                } else if path.exists() {
                    "the file is there, but the interpreter that its first line names is not"
                } else {
                    "there is no such file"
                })
            }
            Self::Serve(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CannotExecute { error, .. } | Self::Lost(error) => Some(error),
            Self::Serve(error) => Some(error),
            Self::NoCommand | Self::NotFound { .. } => None,
        }
    }
}
