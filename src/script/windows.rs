//! What scenario files say of Windows: registries, clusters, and what its programs do.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::cluster::{AdministerCluster, JoinCluster, UpdateCluster};
use super::model::Call;
use super::spanned::Spanned;
use super::web::{ClientOfSite, Register};

/// What a host of Windows has besides what every host has.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowsTable {
    /// The service pack of its Windows Server 2003, 0 to 2; 2 if absent.
    pub service_pack: Option<ServicePack>,
    /// Values of its registry that somebody has set, by key and name, such as
    /// `HKLM\System\CurrentControlSet\Control\Lsa\LmCompatibilityLevel`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, u32>")]
    pub registry: BTreeMap<RegistryPath, u32>,
}

/// A service pack of Windows Server 2003.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePack(u8);

impl ServicePack {
    /// The last one.
    pub const TWO: Self = Self(2);
}

impl Default for ServicePack {
    fn default() -> Self {
        Self::TWO
    }
}

impl fmt::Display for ServicePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service Pack {}", self.0)
    }
}

impl<'de> Deserialize<'de> for ServicePack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u8::try_from(number)
            .ok()
            .filter(|number| *number <= Self::TWO.0)
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "Windows Server 2003 has no service pack {number}; write 0, 1 or 2"
                ))
            })
    }
}

/// A value of a registry: its key and its name, which are compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistryPath(String);

impl RegistryPath {
    /// The value `name` under `key`, which begins with `HKLM\`.
    pub fn new(key: &str, name: &str) -> Self {
        Self(format!("{key}\\{name}").to_ascii_lowercase())
    }
}

impl<'de> Deserialize<'de> for RegistryPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let short = match text.split_once('\\') {
            Some(("HKEY_LOCAL_MACHINE", rest)) => format!("HKLM\\{rest}"),
            _ => text.clone(),
        };
        let parts: Vec<&str> = short.split('\\').collect();
        match parts.as_slice() {
            ["HKLM", _, _, ..] if parts.iter().all(|part| !part.is_empty()) => {
                Ok(Self(short.to_ascii_lowercase()))
            }
            _ => Err(de::Error::custom(format!(
                "`{}` is not a value of a registry; write its key and its name, as \
                 `HKLM\\System\\CurrentControlSet\\Control\\Lsa\\NoLMHash`",
                text.escape_debug()
            ))),
        }
    }
}

/// Changes a value of a host's registry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRegistryValue {
    /// The host.
    pub host: Spanned<String>,
    /// The key and the name of the value.
    pub value: RegistryPath,
    /// What it is from now on, a DWORD; removed if absent.
    pub data: Option<u32>,
}

/// Installs a service pack on a host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallServicePack {
    /// The host.
    pub host: Spanned<String>,
    /// The service pack.
    pub number: ServicePack,
}

/// What a program of Windows does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Somebody opens the Cluster Administrator.
    AdministerCluster(AdministerCluster),
    /// The cluster service starts on a node and joins the others.
    JoinCluster(JoinCluster),
    /// A program opens `\\SERVER`.
    OpenShare(OpenShare),
    /// Nodes of a cluster send each other events and updates.
    UpdateCluster(UpdateCluster),
    /// A client of Configuration Manager registers with the management point of its site.
    Register(Register),
    /// An administrator looks at a client in the console of its site.
    ShowClient(ClientOfSite),
}

impl Act {
    /// The call that it stands for, where a program of another system can make it.
    pub(crate) fn call(&self) -> Option<Call> {
        match self {
            Self::OpenShare(open) => Some(Call {
                user: Some(open.user.clone()),
                to: Some(open.server.clone()),
                ..Call::from_host(open.from.clone())
            }),
            Self::AdministerCluster(_) | Self::JoinCluster(_) | Self::UpdateCluster(_) => None,
            // Another program can at least log in from the same host.
            Self::Register(register) => Some(Call::from_host(register.client.clone())),
            Self::ShowClient(_) => None,
        }
    }
}

/// A program opens the shares of a server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenShare {
    /// Who is logged on.
    pub user: Spanned<String>,
    /// The host it happens on.
    pub from: Spanned<String>,
    /// The server, by its NetBIOS name: a virtual server of a cluster.
    pub server: Spanned<String>,
    /// The program.
    pub with: ShareProgram,
    /// Whether tickets in the user's cache are used. Otherwise it is emptied first.
    #[serde(default)]
    pub warm: bool,
}

/// A program that opens shares.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ShareProgram {
    /// A backup program that looks into the registry of the server first.
    Backup,
    /// The Windows Explorer. It opens the pipe `\winreg` first.
    Explorer,
    /// `net use`, which opens the share alone.
    NetUse,
}

impl ShareProgram {
    /// Whether it opens the pipe `\winreg` before the share.
    pub fn opens_winreg(self) -> bool {
        match self {
            Self::Backup | Self::Explorer => true,
            Self::NetUse => false,
        }
    }
}

/// What the events numbered 4 in a client's log mean.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Triage {
    /// Somebody's key is wrong.
    Failure,
    /// A node of a cluster called a virtual server of its own without a service class, and nothing is wrong.
    Harmless,
}
