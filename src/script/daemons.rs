//! What scenario files say of directories, and of the daemons of Hadoop that check them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::model::Call;
use super::spanned::Spanned;

/// The permissions of a directory, `"0755"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u16);

impl Mode {
    /// What everybody may do who is asked for nothing else: read, write and enter.
    pub const ALL: Self = Self(0o777);

    /// The permissions of these nine bits; further bits have no meaning here.
    pub const fn new(bits: u16) -> Self {
        Self(bits & 0o777)
    }

    /// What is left once a umask took its bits out.
    #[must_use]
    pub const fn without(self, umask: Self) -> Self {
        Self(self.0 & !umask.0)
    }

    /// Whether others than the owner and the group may do anything.
    pub const fn is_open_to_others(self) -> bool {
        self.0 & 0o007 != 0
    }
}

/// As `ls -l` shows it, `rwxr-xr-x`.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in "rwxrwxrwx".char_indices() {
            let is_set = self.0 & (0o400 >> index) != 0;
            write!(f, "{}", if is_set { letter } else { '-' })?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u16::from_str_radix(&text, 8)
            .ok()
            .filter(|bits| *bits <= 0o777)
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "`{text}` is not the permissions of a directory; write them in octal, as `0755`"
                ))
            })
    }
}

/// New permissions of a directory.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMode {
    /// The host.
    pub host: Spanned<String>,
    /// The directory.
    pub path: Spanned<String>,
    /// Its permissions from now on.
    pub mode: Mode,
}

/// A new directory: its permissions are 0777 without the umask of whoever makes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeDirectory {
    /// The host.
    pub host: Spanned<String>,
    /// The directory.
    pub path: Spanned<String>,
    /// The user of the host's operating system who makes it, and owns it then.
    pub owner: String,
}

/// A directory to be removed, with all that is below it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveDirectory {
    /// The host.
    pub host: Spanned<String>,
    /// The directory.
    pub path: Spanned<String>,
}

/// A user's new umask. It concerns what the user makes from then on; 0022 where nobody set one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUmask {
    /// The host.
    pub host: Spanned<String>,
    /// The user of its operating system.
    pub user: String,
    /// The permissions that new directories do not get.
    pub umask: Mode,
}

/// How a node starts the tasks of jobs from then on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTaskController {
    /// The node.
    pub host: Spanned<String>,
    /// The controller.
    pub to: TaskController,
}

/// As whom a node runs the tasks of jobs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TaskController {
    /// As the daemon's own user, as in a cluster without security (`DefaultTaskController`).
    #[default]
    Default,
    /// As the user of the job, as in a secured cluster (`LinuxTaskController`).
    Linux,
}

/// The start of a daemon. It makes its directory where there is none, and insists on 0755.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartDaemon {
    /// The host.
    pub on: Spanned<String>,
    /// The user it runs as.
    pub user: String,
    /// Its directory.
    pub directory: Spanned<String>,
}

/// A job: its user submits it, and a node runs a task of it, with a directory of the user's own below
/// `/data/mapred/local/taskTracker`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The user's submission.
    pub call: Call,
    /// The node.
    pub on: Spanned<String>,
}
