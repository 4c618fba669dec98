//! `kdclab serve` as a child process, and MIT's programs run against it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use kdclab_proto::Principal;
use serde_json::Value;
use tempfile::TempDir;

use crate::mit_realm::missing;

/// A served scenario; it stops when this is dropped.
pub(crate) struct Served {
    child: Child,
    facts: Value,
    _home: TempDir,
}

impl Served {
    pub(crate) fn start(scenario: &str, phase: &str) -> Self {
        Self::start_with(scenario, phase, &[])
    }

    pub(crate) fn start_with(scenario: &str, phase: &str, options: &[&str]) -> Self {
        let home = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kdclab"))
            .args(["serve", scenario, "--phase", phase, "--until-eof", "--dir"])
            .arg(home.path().join("served"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let facts = serde_json::from_str(&line).expect("serve prints one line of JSON");
        Self {
            child,
            facts,
            _home: home,
        }
    }

    /// The plain healthy world.
    pub(crate) fn healthy() -> Self {
        let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/healthy.toml");
        Self::start(scenario, "healthy")
    }

    /// A variable that `serve` announced.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.facts["env"][name]
            .as_str()
            .unwrap_or_else(|| panic!("serve announces {name}"))
    }

    /// Where the KDCs listen.
    pub(crate) fn kdc_addresses(&self) -> impl Iterator<Item = &str> {
        let kdcs = self.facts["kdcs"].as_array().expect("a list of KDCs");
        kdcs.iter().filter_map(|kdc| kdc["address"].as_str())
    }

    /// The directory that `serve` filled.
    pub(crate) fn dir(&self) -> PathBuf {
        self.variable("KDCLAB_DIR").into()
    }

    /// The credential cache of `user` on `host`, which the served world shares.
    pub(crate) fn ccache(&self, host: &str, user: &Principal) -> PathBuf {
        let user = user.to_string().replace('/', "_");
        self.dir().join(format!("{host}.{user}.ccache"))
    }

    /// Does a step to the served world.
    pub(crate) fn ctl(&self, step: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_kdclab"))
            .args(["ctl", "--dir", self.variable("KDCLAB_DIR")])
            .args(step)
            .output()
            .unwrap();
        Finished::new(format!("ctl {}", step.join(" ")), output).succeeds();
    }

    /// What the served acceptor of `service` on host `at` sends a program on host `from`.
    pub(crate) fn reach(&self, from: &str, at: &str, service: &Principal, token: &[u8]) -> Reached {
        let service = service.to_string();
        let of_client = self.facts["clients"].get(from);
        let acceptors = of_client.unwrap_or_else(|| &self.facts["acceptors"]);
        let acceptor = acceptors
            .as_array()
            .expect("a list of acceptors")
            .iter()
            .find(|acceptor| {
                let services = acceptor["services"].as_array().expect("a list");
                acceptor["host"] == at && services.iter().any(|name| *name == *service)
            })
            .unwrap_or_else(|| panic!("{service} is served on {at}"));
        let exchange = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(acceptor["address"].as_str().expect("an address"))?;
            let length = u32::try_from(token.len()).expect("a short token");
            stream.write_all(&[&length.to_be_bytes(), token].concat())?;
            let mut length = [0; 4];
            stream.read_exact(&mut length)?;
            let mut answer = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut answer)?;
            Ok(answer)
        };
        exchange().map_or(Reached::Closed, Reached::Answer)
    }

    /// A user's session on `host`: a credential cache and a krb5.conf.
    pub(crate) fn session(&self, host: &str) -> Session {
        let client_keytab = self.variable("KRB5_CLIENT_KTNAME");
        Session::new(&self.krb5_conf(host)).with_variable("KRB5_CLIENT_KTNAME", client_keytab)
    }

    /// The krb5.conf of `host`.
    pub(crate) fn krb5_conf(&self, host: &str) -> PathBuf {
        self.dir().join(format!("{host}.krb5.conf"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "serve ended with {status}");
        }
    }
}

/// What a served acceptor does.
pub(crate) enum Reached {
    Answer(Vec<u8>),
    Closed,
}

/// A user's session on one host.
pub(crate) struct Session {
    directory: TempDir,
    krb5_conf: String,
    ccache: PathBuf,
    variables: Vec<(String, String)>,
}

impl Session {
    pub(crate) fn new(krb5_conf: &Path) -> Self {
        let directory = TempDir::new().unwrap();
        Self {
            ccache: directory.path().join("ccache"),
            directory,
            krb5_conf: krb5_conf.display().to_string(),
            variables: Vec::new(),
        }
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lines that take precedence over the served krb5.conf.
    pub(crate) fn with_krb5_conf(mut self, lines: &str) -> Self {
        let path = self.directory.path().join("krb5.conf");
        std::fs::write(&path, lines).unwrap();
        self.krb5_conf = format!("{}:{}", path.display(), self.krb5_conf);
        self
    }

    /// With another credential cache, if one is given.
    pub(crate) fn with_ccache(mut self, ccache: Option<PathBuf>) -> Self {
        self.ccache = ccache.unwrap_or(self.ccache);
        self
    }

    pub(crate) fn ccache(&self) -> PathBuf {
        self.ccache.clone()
    }

    /// What MIT's library did in this session so far, as it tells it.
    pub(crate) fn trace(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("trace")).unwrap_or_default()
    }

    /// Runs a program, with `input` typed, and returns what it did.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], input: &str) -> Finished {
        let file = |name: &str| self.directory.path().join(name);
        let mut child = Command::new(program)
            .args(arguments)
            .envs(self.variables.iter().cloned())
            .env("KRB5_CONFIG", &self.krb5_conf)
            .env("KRB5_TRACE", file("trace"))
            .env("KRB5CCNAME", format!("FILE:{}", self.ccache().display()))
            .env(
                "KRB5RCACHENAME",
                format!("file2:{}", file("rcache").display()),
            )
            .env("LC_ALL", "C")
            .env_remove("KRB5_KTNAME")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| missing(program, &error));
        // A program that does not ask has closed its input already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let what = format!("{program} {}", arguments.join(" "));
        Finished::new(what, child.wait_with_output().unwrap())
    }

    pub(crate) fn kinit(&self, arguments: &[&str], password: &str) -> Finished {
        self.run("kinit", arguments, &format!("{password}\n"))
    }

    pub(crate) fn klist(&self) -> String {
        self.run("klist", &["-ef"], "").succeeds()
    }
}

/// What a program did.
pub(crate) struct Finished {
    what: String,
    output: String,
    success: bool,
}

impl Finished {
    fn new(what: String, output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            what,
            output: String::from_utf8_lossy(&text).into_owned(),
            success: output.status.success(),
        }
    }

    /// Everything it printed, if it succeeded.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        assert!(self.success, "{} failed:\n{}", self.what, self.output);
        self.output
    }

    /// Everything it printed, if it failed.
    pub(crate) fn failure(self) -> Option<String> {
        (!self.success).then_some(self.output)
    }

    /// It failed and printed `text`.
    #[track_caller]
    pub(crate) fn fails_with(self, text: &str) {
        assert!(!self.success, "{} succeeded:\n{}", self.what, self.output);
        assert!(
            self.output.contains(text),
            "{} did not print {text:?}:\n{}",
            self.what,
            self.output
        );
    }
}

/// The path as text, for a command line.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("test directories have plain names")
}
