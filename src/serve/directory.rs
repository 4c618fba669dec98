//! The files a client needs: krb5.conf and keytabs, readable by their owner alone.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kdclab_proto::Keytab;
use tempfile::TempDir;

use super::krb5_conf_add::Additions;
use super::{Addresses, ServeError, java, krb5_conf, os};
use crate::script::Script;
use crate::sim::World;

/// The file with the facts that `serve` prints.
pub(crate) const READY: &str = "ready.json";

/// A directory with krb5.conf and keytabs. A temporary one is removed when this is dropped; in another one,
/// nothing then says that it is served.
pub(super) struct Directory {
    path: PathBuf,
    temporary: Option<TempDir>,
}

/// What the files are made from.
pub(super) struct Files<'a> {
    /// The host whose krb5.conf stands under that very name.
    pub(super) client: Option<&'a str>,
    pub(super) world: &'a World,
    pub(super) addresses: &'a Addresses,
    /// The user's own lines for krb5.conf.
    pub(super) additions: Option<&'a Additions>,
}

impl Directory {
    pub(super) fn create(path: Option<&Path>, files: &Files<'_>) -> Result<Self, ServeError> {
        let directory = match path {
            Some(path) => Self {
                path: given(path)?,
                temporary: None,
            },
            None => {
                let mut builder = tempfile::Builder::new();
                builder.prefix("kdclab-");
                os::private_temporary(&mut builder);
                let temporary = builder.tempdir().map_err(|error| ServeError::Directory {
                    path: std::env::temp_dir(),
                    error,
                })?;
                Self {
                    path: temporary.path().to_owned(),
                    temporary: Some(temporary),
                }
            }
        };
        directory
            .fill(files)
            .map_err(|error| directory.failed(error))?;
        Ok(directory)
    }

    /// Writes what Java takes, and last the facts that say that all is `ready`.
    pub(super) fn announce(
        &self,
        environment: &BTreeMap<String, String>,
        ready: &[u8],
    ) -> Result<(), ServeError> {
        let write = || {
            write_private(
                &self.path.join(java::JAAS),
                java::jaas(environment).as_bytes(),
            )?;
            write_private(
                &self.path.join(java::ARGUMENTS),
                java::arguments(environment).as_bytes(),
            )?;
            // Whoever waits for the file must not find half of it.
            let unfinished = self.path.join(".ready");
            write_private(&unfinished, ready)?;
            fs::rename(unfinished, self.path.join(READY))
        };
        write().map_err(|error| self.failed(error))
    }

    /// Leaves a temporary directory where it is.
    pub(super) fn keep(&mut self) {
        if let Some(temporary) = &mut self.temporary {
            temporary.disable_cleanup(true);
        }
    }

    fn failed(&self, error: io::Error) -> ServeError {
        ServeError::Directory {
            path: self.path.clone(),
            error,
        }
    }

    fn fill(&self, files: &Files<'_>) -> io::Result<()> {
        let Files {
            client,
            world,
            addresses,
            additions,
        } = *files;
        for (host, config) in world.client_configs() {
            let kdcs = world.kdc_addresses(host, &addresses.kdcs);
            let kpasswds = world.kdc_addresses(host, &addresses.kpasswds);
            let mut file = krb5_conf::render(config, &kdcs, &kpasswds);
            if let Some(additions) = additions {
                file = additions.added_to(&file);
            }
            let path = self.path.join(format!("{host}.krb5.conf"));
            write_private(&path, file.as_bytes())?;
            if client == Some(host) {
                write_private(&self.krb5_conf(), file.as_bytes())?;
            }
        }
        for (host, keytab) in world.keytabs() {
            write_keytab(&self.keytab(host), keytab)?;
        }
        for (host, keytab) in world.client_keytabs() {
            write_keytab(&self.client_keytab_of(host), keytab)?;
        }
        write_keytab(&self.client_keytab(), &world.user_keytab())
    }

    /// The variables that make a client use this directory and the symptom's first call.
    pub(super) fn environment(
        &self,
        script: &Script,
        world: &World,
        addresses: &Addresses,
    ) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: String| environment.insert(name.to_owned(), value);
        let file = |path: PathBuf| format!("FILE:{}", path.display());
        let call = script.first_call();
        set("KDCLAB_DIR", self.path.display().to_string());
        set("KRB5CCNAME", file(self.path.join("ccache")));
        set(
            "KRB5RCACHENAME",
            format!("file2:{}", self.path.join("rcache").display()),
        );
        let own_identity = call.filter(|call| call.user.is_none()).and_then(|call| {
            world
                .client_keytabs()
                .find(|(host, _)| host == call.from.get_ref())
        });
        let client_keytab = match own_identity {
            Some((host, _)) => self.client_keytab_of(host),
            None => self.client_keytab(),
        };
        set("KRB5_CLIENT_KTNAME", file(client_keytab));
        set("KRB5_CONFIG", self.krb5_conf().display().to_string());
        if let Some(call) = call
            && let Some(user) = world.caller(call)
        {
            if let Some(address) = world
                .kdc_addresses(call.from.get_ref(), &addresses.kdcs)
                .get(&user.realm)
                .and_then(|addresses| addresses.first())
            {
                set("KDCLAB_KDC", address.clone());
            }
            if let Some(password) = world.password(call, &user) {
                set("KDCLAB_PASSWORD", password.to_owned());
            }
            set("KDCLAB_REALM", user.realm.to_string());
            set("KDCLAB_USER", user.name.to_string());
            if let Some((service, host)) = world.called_service(call) {
                set("KDCLAB_SERVICE", service.name.to_string());
                set("KRB5_KTNAME", file(self.keytab(&host)));
            }
        }
        environment
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn krb5_conf(&self) -> PathBuf {
        self.path.join("krb5.conf")
    }

    fn keytab(&self, host: &str) -> PathBuf {
        self.path.join(format!("{host}.keytab"))
    }

    /// The keys with which the programs of `host` log in.
    fn client_keytab_of(&self, host: &str) -> PathBuf {
        self.path.join(format!("{host}.client.keytab"))
    }

    fn client_keytab(&self) -> PathBuf {
        self.path.join("users.keytab")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.join(READY));
    }
}

/// The directory the user named: made if it is not there, taken only if it is empty.
fn given(path: &Path) -> Result<PathBuf, ServeError> {
    let failed = |error| ServeError::Directory {
        path: path.to_owned(),
        error,
    };
    match os::private_directory(&mut fs::DirBuilder::new()).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::read_dir(path).map_err(failed)?.next().is_some() {
                return Err(ServeError::DirectoryInUse {
                    path: path.to_owned(),
                });
            }
            os::make_private(path).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    path.canonicalize().map_err(failed)
}

fn write_keytab(path: &Path, keytab: &Keytab) -> io::Result<()> {
    let bytes = keytab.to_bytes().map_err(io::Error::other)?;
    write_private(path, &bytes)
}

fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    os::private_file(OpenOptions::new().write(true).create_new(true))
        .open(path)?
        .write_all(contents)
}
