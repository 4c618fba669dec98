//! The daemons of Hadoop: what they find in their hosts' directories.

use std::collections::BTreeMap;
use std::time::Duration;

use super::host::Host;
use super::outcome::{Failure, Outcome, VerbError, cause_name};
use super::world::World;
use crate::dialect;
use crate::script::daemons::{
    ChangeMode, Job, MakeDirectory, Mode, RemoveDirectory, SetTaskController, SetUmask,
    StartDaemon, TaskController,
};
use crate::script::values::ErrorName;

/// What a daemon's directory must be.
const DAEMON_MODE: Mode = Mode::new(0o755);
/// What a user's directory becomes where the task runs as the user.
const USER_MODE: Mode = Mode::new(0o700);
/// The umask where nobody set one.
const UMASK: Mode = Mode::new(0o022);
/// The user that runs the daemon of a node.
const NODE_USER: &str = "mapred";
/// Where a node keeps the directories of the users whose tasks it ran.
const USERS: &str = "/data/mapred/local/taskTracker";

/// The directories of a host, and the umasks of its users.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    directories: BTreeMap<String, Directory>,
    umasks: BTreeMap<String, Mode>,
}

#[derive(Clone, Debug)]
struct Directory {
    owner: String,
    mode: Mode,
}

/// Why a daemon does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DaemonError {
    /// The daemon's own directory has other permissions than it must have.
    DirectoryMode {
        directory: String,
        expected: Mode,
        actual: Mode,
    },
    /// The user's directory is open to everybody.
    UserDirectoryMode {
        attempt: String,
        directory: String,
        actual: Mode,
    },
    /// The user's directory belongs to somebody else.
    UserDirectoryOwner {
        attempt: String,
        directory: String,
        expected: String,
        actual: String,
    },
}

/// What a daemon did not do, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonFailure {
    /// It does not start because of its directory's permissions.
    IncorrectPermission,
    /// It does not run a user's task.
    TaskNotInitialized,
}

impl DaemonFailure {
    /// Every failure.
    pub(crate) const ALL: [Self; 2] = [Self::IncorrectPermission, Self::TaskNotInitialized];

    /// The name in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            Self::IncorrectPermission => "INCORRECT_PERMISSION",
            Self::TaskNotInitialized => "TASK_NOT_INITIALIZED",
        }
    }

    /// The failure of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.name() == name)
    }
}

impl DaemonError {
    fn failure(&self) -> DaemonFailure {
        match self {
            Self::DirectoryMode { .. } => DaemonFailure::IncorrectPermission,
            Self::UserDirectoryMode { .. } | Self::UserDirectoryOwner { .. } => {
                DaemonFailure::TaskNotInitialized
            }
        }
    }
}

impl Files {
    fn umask(&self, user: &str) -> Mode {
        self.umasks.get(user).copied().unwrap_or(UMASK)
    }

    fn make(&mut self, path: &str, owner: &str) -> &Directory {
        let directory = Directory {
            owner: owner.to_owned(),
            mode: Mode::ALL.without(self.umask(owner)),
        };
        self.directories.entry(path.to_owned()).or_insert(directory)
    }

    fn remove(&mut self, path: &str) -> bool {
        let before = self.directories.len();
        self.directories.retain(|other, _| {
            other
                .strip_prefix(path)
                .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
        self.directories.len() != before
    }

    /// A daemon looks at its directory.
    fn check_daemon(&mut self, start: &StartDaemon) -> Result<(), DaemonError> {
        let path = start.directory.get_ref();
        let actual = self.make(path, &start.user).mode;
        if actual == DAEMON_MODE {
            return Ok(());
        }
        Err(DaemonError::DirectoryMode {
            directory: path.clone(),
            expected: DAEMON_MODE,
            actual,
        })
    }

    /// A node gets a user's directory ready for a task. Who it belongs to is a question of LinuxTaskController's.
    fn initialize_user(
        &mut self,
        controller: TaskController,
        user: &str,
        attempt: String,
    ) -> Result<(), DaemonError> {
        let path = format!("{USERS}/{user}");
        if controller == TaskController::Default {
            self.make(&path, NODE_USER);
            return Ok(());
        }
        let Some(directory) = self.directories.get(&path) else {
            self.make(&path, user);
            if let Some(new) = self.directories.get_mut(&path) {
                new.mode = USER_MODE;
            }
            return Ok(());
        };
        if directory.owner != user {
            return Err(DaemonError::UserDirectoryOwner {
                attempt,
                directory: path,
                expected: user.to_owned(),
                actual: directory.owner.clone(),
            });
        }
        if directory.mode.is_open_to_others() {
            return Err(DaemonError::UserDirectoryMode {
                attempt,
                actual: directory.mode,
                directory: path,
            });
        }
        Ok(())
    }
}

impl World {
    /// Starts a daemon.
    pub fn start_daemon(&mut self, start: &StartDaemon) -> Outcome {
        let log_start = self.begin_act();
        let result = match self.hosts.get_mut(start.on.get_ref()) {
            Some(host) => {
                let result = host.files.check_daemon(start);
                tell(host, result)
            }
            None => Ok(()),
        };
        Outcome {
            result,
            flags: None,
            took: Duration::ZERO,
            log_start,
        }
    }

    /// Lets a user submit a job, and a node run a task of it.
    pub fn run_job(&mut self, job: &Job) -> Outcome {
        self.jobs = self.jobs.saturating_add(1);
        let mut outcome = self.call_one(&job.call);
        let Some(user) = self
            .caller(&job.call)
            .filter(|_| outcome.result.is_ok())
            .and_then(|user| user.name.components.into_iter().next())
        else {
            return outcome;
        };
        let attempt = self.attempt_name();
        if let Some(host) = self.hosts.get_mut(job.on.get_ref()) {
            let controller = host.task_controller;
            let user = user.to_str_lossy();
            let result = host.files.initialize_user(controller, &user, attempt);
            outcome.result = tell(host, result);
        }
        outcome
    }

    /// The name of the first attempt to run the first task of the last job. It begins with the time at
    /// which the cluster was started.
    fn attempt_name(&self) -> String {
        let epoch = self.epoch.to_string();
        let minutes: String = epoch
            .chars()
            .filter(char::is_ascii_digit)
            .take(12)
            .collect();
        format!("attempt_{minutes}_{:04}_m_000000_0", self.jobs)
    }

    pub(super) fn change_mode(&mut self, change: &ChangeMode) -> Result<bool, VerbError> {
        let path = change.path.get_ref();
        let files = &mut self.host_mut(change.host.get_ref())?.files;
        let directory = files
            .directories
            .get_mut(path)
            .ok_or_else(|| no_directory(path))?;
        Ok(std::mem::replace(&mut directory.mode, change.mode) != change.mode)
    }

    pub(super) fn make_directory(&mut self, make: &MakeDirectory) -> Result<bool, VerbError> {
        let files = &mut self.host_mut(make.host.get_ref())?.files;
        let before = files.directories.len();
        files.make(make.path.get_ref(), &make.owner);
        Ok(files.directories.len() != before)
    }

    pub(super) fn remove_directory(
        &mut self,
        removal: &RemoveDirectory,
    ) -> Result<bool, VerbError> {
        let files = &mut self.host_mut(removal.host.get_ref())?.files;
        Ok(files.remove(removal.path.get_ref()))
    }

    pub(super) fn set_task_controller(
        &mut self,
        change: &SetTaskController,
    ) -> Result<bool, VerbError> {
        let host = self.host_mut(change.host.get_ref())?;
        Ok(std::mem::replace(&mut host.task_controller, change.to) != change.to)
    }

    pub(super) fn set_umask(&mut self, change: &SetUmask) -> Result<bool, VerbError> {
        let files = &mut self.host_mut(change.host.get_ref())?.files;
        let before = files.umask(&change.user);
        files.umasks.insert(change.user.clone(), change.umask);
        Ok(before != change.umask)
    }
}

/// What a daemon's host writes to its log, and its user sees.
fn tell(host: &mut Host, result: Result<(), DaemonError>) -> Result<(), Failure> {
    result.map_err(|error| {
        let text = dialect::daemon_text(&error);
        host.log.push(text.clone());
        host.log.push(dialect::daemon_detail(&error));
        Failure {
            error: ErrorName::Daemon(error.failure()),
            sent_by: Some(host.name.clone()),
            cause: cause_name(&error),
            text: Some(text),
        }
    })
}

fn no_directory(path: &str) -> VerbError {
    VerbError::Unknown {
        what: "directory",
        name: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(umask: u16) -> Files {
        let mut files = Files::default();
        files.umasks.insert("hdfs".to_owned(), Mode::new(umask));
        files
    }

    /// mkdir(2): 0777 without the umask.
    #[test]
    fn a_umask_takes_its_bits_out() {
        for (umask, mode) in [
            (0o022, "rwxr-xr-x"),
            (0o002, "rwxrwxr-x"),
            (0o077, "rwx------"),
            (0o000, "rwxrwxrwx"),
            (0o777, "---------"),
        ] {
            assert_eq!(files(umask).make("/d", "hdfs").mode.to_string(), mode);
        }
    }

    #[test]
    fn without_a_umask_it_is_0022() {
        assert_eq!(files(0o002).make("/d", "mapred").mode, DAEMON_MODE);
    }

    #[test]
    fn an_existing_directory_stays_as_it_is() {
        let mut files = files(0o002);
        files.make("/d", "hdfs");
        files.umasks.clear();
        assert_eq!(files.make("/d", "mapred").mode, Mode::new(0o775));
        assert_eq!(files.make("/d", "mapred").owner, "hdfs");
    }

    #[test]
    fn a_directory_goes_with_what_is_below_it_and_no_namesake() {
        let mut files = files(0o022);
        for path in ["/d", "/d/a", "/d/a/b", "/d2"] {
            files.make(path, "hdfs");
        }
        assert!(files.remove("/d"));
        assert_eq!(files.directories.keys().collect::<Vec<_>>(), ["/d2"]);
        assert!(!files.remove("/d"));
    }

    #[test]
    fn a_user_directory_must_be_the_user_s_own_and_closed() {
        let mut files = files(0o022);
        let mut run = |controller, user| files.initialize_user(controller, user, String::new());
        run(TaskController::Linux, "alice").unwrap();
        run(TaskController::Linux, "alice").unwrap();
        run(TaskController::Default, "bob").unwrap();
        assert!(matches!(
            run(TaskController::Linux, "bob"),
            Err(DaemonError::UserDirectoryOwner { .. })
        ));
        for user in ["alice", "bob"] {
            run(TaskController::Default, user).unwrap();
        }
        let path = format!("{USERS}/alice");
        files.directories.get_mut(&path).unwrap().mode = Mode::new(0o701);
        assert!(matches!(
            files.initialize_user(TaskController::Linux, "alice", String::new()),
            Err(DaemonError::UserDirectoryMode { .. })
        ));
    }
}
