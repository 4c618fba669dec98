//! The files a client needs: krb5.conf, keytabs and credential caches, readable by their owner alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kdclab_client::CredentialStore;
use kdclab_proto::{Ccache, Keytab, Principal};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::clients::Clients;
use super::krb5_conf_add::Additions;
use super::{Addresses, ServeError, ServerAddresses, java, krb5_conf, os};
use crate::script::Script;
use crate::sim::{KDC_PORT, KPASSWD_PORT, ListeningService, World};

/// What a file holds: keys, among other things.
type Contents = Zeroizing<Vec<u8>>;

/// The file with the facts that `serve` prints.
pub(crate) const READY: &str = "ready.json";

/// A directory with krb5.conf, keytabs and credential caches. A temporary one is removed when this is dropped.
pub(super) struct Directory {
    path: PathBuf,
    /// What each file held when it was last written or read.
    files: BTreeMap<String, Contents>,
    /// The caches in which programs have put what the world does not know, and which are theirs.
    left_alone: BTreeSet<String>,
    temporary: Option<TempDir>,
    /// Whether it was said that all is ready. What was written before is of no use without that.
    is_announced: bool,
    /// The user's own lines for krb5.conf.
    additions: Option<Additions>,
}

impl Directory {
    pub(super) fn create(
        path: Option<&Path>,
        additions: Option<Additions>,
    ) -> Result<Self, ServeError> {
        let (path, temporary) = match path {
            Some(path) => (given(path)?, None),
            None => {
                let mut builder = tempfile::Builder::new();
                builder.prefix("kdclab-");
                os::private_temporary(&mut builder);
                let temporary = builder.tempdir().map_err(|error| ServeError::Directory {
                    path: std::env::temp_dir(),
                    error,
                })?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        Ok(Self {
            path,
            files: BTreeMap::new(),
            left_alone: BTreeSet::new(),
            temporary,
            is_announced: false,
            additions,
        })
    }

    /// Writes what Java takes, and last the facts that say that all is `ready`.
    pub(super) fn announce(
        &mut self,
        environment: &BTreeMap<String, String>,
        ready: &[u8],
    ) -> Result<(), ServeError> {
        let jaas = java::jaas(environment);
        let arguments = java::arguments(environment);
        [
            (java::JAAS, jaas.as_bytes()),
            (java::ARGUMENTS, arguments.as_bytes()),
            (READY, ready),
        ]
        .into_iter()
        .try_for_each(|(name, contents)| write_private(&self.path, name, contents))
        .map_err(|error| ServeError::Directory {
            path: self.path.clone(),
            error,
        })?;
        self.is_announced = true;
        Ok(())
    }

    /// Leaves a temporary directory where it is.
    pub(super) fn keep(&mut self) {
        if let Some(temporary) = &mut self.temporary {
            temporary.disable_cleanup(true);
        }
    }

    /// Takes over what programs have written into the credential caches.
    pub(super) fn read_back(&mut self, world: &mut World, script: &Script, clients: &Clients) {
        self.left_alone.clear();
        for (name, (host, user)) in caches(world, script, clients, &self.path) {
            let read = fs::read(self.path.join(&name)).ok().map(Contents::new);
            if read.as_ref() == self.files.get(&name) {
                continue;
            }
            let store = read
                .as_ref()
                .and_then(|bytes| Ccache::parse(bytes).ok())
                .map(|ccache| CredentialStore::from_ccache(&ccache).0)
                .filter(|store| *store.principal() == user);
            // What cannot be read is left alone.
            if read.is_some() && store.is_none() {
                self.left_alone.insert(name);
                continue;
            }
            world.set_ccache(&host, &user, store);
            let held = world.ccache(&host, &user).and_then(to_bytes);
            match held {
                Some(bytes) => drop(self.files.insert(name, bytes)),
                None => drop(self.files.remove(&name)),
            }
        }
    }

    /// Writes every file that the world has changed, and removes those that it no longer has.
    pub(super) fn update(
        &mut self,
        world: &World,
        script: &Script,
        clients: &Clients,
        addresses: &Addresses,
    ) -> Result<(), ServeError> {
        self.write_changed(world, script, clients, addresses)
            .map_err(|error| ServeError::Directory {
                path: self.path.clone(),
                error,
            })
    }

    fn write_changed(
        &mut self,
        world: &World,
        script: &Script,
        clients: &Clients,
        addresses: &Addresses,
    ) -> io::Result<()> {
        let mut files = BTreeMap::new();
        for (host, config) in world.client_configs() {
            let client = clients.standing_for(host).unwrap_or(host);
            let ServerAddresses { kdcs, kpasswds, .. } = addresses.of_client(client);
            let nobody = BTreeMap::new();
            let at_kpasswd_port = match world.kpasswd_port_known_to(host) {
                KPASSWD_PORT => kpasswds,
                KDC_PORT => kdcs,
                _ => &nobody,
            };
            let servers = krb5_conf::Servers {
                kdcs: world.kdc_addresses(host, kdcs),
                kpasswds: world.kdc_addresses(host, at_kpasswd_port),
            };
            let mut file = krb5_conf::render(config, &servers);
            if let Some(additions) = &self.additions {
                file = additions.added_to(&file);
            }
            if clients.main() == Some(host) {
                files.insert(
                    "krb5.conf".to_owned(),
                    Contents::new(file.clone().into_bytes()),
                );
            }
            files.insert(
                format!("{host}.krb5.conf"),
                Contents::new(file.into_bytes()),
            );
        }
        let bytes = |keytab: &Keytab| keytab.to_bytes().map_err(io::Error::other);
        for (host, keytab) in world.keytabs() {
            files.insert(keytab_name(host), bytes(keytab)?);
        }
        for (host, keytab) in world.client_keytabs() {
            files.insert(client_keytab_name(host), bytes(keytab)?);
        }
        files.insert(USERS_KEYTAB.to_owned(), bytes(&world.user_keytab())?);
        for (name, (host, user)) in caches(world, script, clients, &self.path) {
            if let Some(bytes) = world.ccache(&host, &user).and_then(to_bytes) {
                files.insert(name, bytes);
            }
        }
        for name in &self.left_alone {
            files.remove(name);
            self.files.remove(name);
        }
        for name in self.files.keys() {
            if !files.contains_key(name) {
                match fs::remove_file(self.path.join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        for (name, contents) in &files {
            if self.files.get(name) != Some(contents) {
                write_private(&self.path, name, contents)?;
            }
        }
        self.files = files;
        Ok(())
    }

    /// The variables that make a client use this directory and the symptom's first call.
    pub(super) fn environment(
        &self,
        script: &Script,
        world: &World,
        clients: &Clients,
        addresses: &Addresses,
    ) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: String| environment.insert(name.to_owned(), value);
        let path = |name: &str| self.path.join(name);
        let file = |name: &str| format!("FILE:{}", path(name).display());
        let call = script.first_call();
        let call = call.as_deref();
        set("KDCLAB_DIR", self.path.display().to_string());
        set("KRB5CCNAME", file(MAIN_CCACHE));
        set(
            "KRB5RCACHENAME",
            format!("file2:{}", path("rcache").display()),
        );
        let own_identity = call.filter(|call| call.user.is_none()).and_then(|call| {
            world
                .client_keytabs()
                .find(|(host, _)| host == call.from.get_ref())
        });
        let client_keytab = match own_identity {
            Some((host, _)) => file(&client_keytab_name(host)),
            None => file(USERS_KEYTAB),
        };
        set("KRB5_CLIENT_KTNAME", client_keytab);
        set("KRB5_CONFIG", path("krb5.conf").display().to_string());
        if let Some(call) = call
            && let Some(user) = world.caller(call)
        {
            let servers = addresses.of_client(clients.main().unwrap_or_default());
            if let Some(address) = world
                .kdc_addresses(call.from.get_ref(), &servers.kdcs)
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
                set("KRB5_KTNAME", file(&keytab_name(&host)));
                if let Some(address) = world
                    .service_port(&service)
                    .and_then(|port| servers.acceptors.get(&(host, port)))
                {
                    set("KDCLAB_ACCEPTOR", address.to_string());
                }
            }
        }
        let servers = addresses.of_client(clients.main().unwrap_or_default());
        let web = world.listening().into_iter().find_map(|listening| {
            let address = servers.acceptors.get(&(listening.host, listening.port))?;
            match listening.service {
                ListeningService::Web { name, path } => Some((name, path, address)),
                _ => None,
            }
        });
        if let Some((name, path, address)) = web {
            let port = address.port();
            environment.insert(
                "KDCLAB_RESOLVE".to_owned(),
                format!("{name}:{port}:{}", address.ip()),
            );
            let url = format!("http://{name}:{port}{path}");
            environment.insert("KDCLAB_URL".to_owned(), url);
        }
        environment
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The cache of the symptom's first call.
const MAIN_CCACHE: &str = "ccache";
const USERS_KEYTAB: &str = "users.keytab";

fn keytab_name(host: &str) -> String {
    format!("{host}.keytab")
}

/// The keys with which the programs of `host` log in.
fn client_keytab_name(host: &str) -> String {
    format!("{host}.client.keytab")
}

/// The caches that programs and the world share, by file: each user's on each host that has one or on which
/// the symptom lets the user act, and that of the symptom's first call. A call that begins with an empty cache
/// finds none under the latter name, until a program has made one.
fn caches(
    world: &World,
    script: &Script,
    clients: &Clients,
    directory: &Path,
) -> BTreeMap<String, (String, Principal)> {
    let mut files: BTreeMap<_, _> = world
        .ccaches()
        .map(|(host, user, _)| (ccache_name(host, user), (host.to_owned(), user.clone())))
        .collect();
    let calls = script
        .symptom
        .iter()
        .filter_map(|symptom| symptom.get_ref().call.as_ref());
    for call in calls {
        if let Some(user) = world.caller(call) {
            let host = call.from.get_ref();
            files.insert(ccache_name(host, &user), (host.clone(), user));
        }
    }
    if let Some(call) = script.first_call()
        && let Some(main) = clients.main()
        && let Some(user) = world.caller(&call)
        && (call.warm || !call.log_in || directory.join(MAIN_CCACHE).exists())
    {
        files.insert(MAIN_CCACHE.to_owned(), (main.to_owned(), user));
    }
    files
}

fn ccache_name(host: &str, user: &Principal) -> String {
    let user: String = user
        .to_string()
        .chars()
        .map(|letter| match letter {
            '-' | '.' | '@' | '_' => letter,
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '_',
        })
        .collect();
    format!("{host}.{user}.ccache")
}

fn to_bytes(cache: &CredentialStore) -> Option<Contents> {
    (!cache.is_empty())
        .then(|| cache.to_ccache().to_bytes().ok())
        .flatten()
}

impl Drop for Directory {
    /// Nothing is served here any more, or never was.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.join(READY));
        if !self.is_announced {
            for name in self.files.keys().map(String::as_str) {
                let _ = fs::remove_file(self.path.join(name));
            }
        }
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

/// Puts a file in place as a whole: whoever opens it finds the old contents or the new.
fn write_private(directory: &Path, name: &str, contents: &[u8]) -> io::Result<()> {
    let temporary = directory.join(format!(".{name}.new"));
    os::private_file(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&temporary)?
        .write_all(contents)?;
    fs::rename(&temporary, directory.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a file when the directory is dropped.
    fn is_left(announced: bool) -> bool {
        let home = TempDir::new().unwrap();
        let path = home.path().join("lab");
        let mut directory = Directory::create(Some(&path), None).unwrap();
        let contents = Contents::new(b"a key".to_vec());
        write_private(&directory.path, USERS_KEYTAB, &contents).unwrap();
        directory.files.insert(USERS_KEYTAB.to_owned(), contents);
        if announced {
            directory.announce(&BTreeMap::new(), b"{}").unwrap();
        }
        drop(directory);
        path.join(USERS_KEYTAB).exists()
    }

    #[test]
    fn a_start_that_fails_leaves_no_keys() {
        assert!(!is_left(false));
    }

    #[test]
    fn a_directory_that_was_served_keeps_its_files() {
        assert!(is_left(true));
    }
}
