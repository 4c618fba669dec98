//! The GSS-API of MIT krb5 and of OpenJDK 17: two programs that obey the same lines.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use kdclab_client::CryptoPolicy;

use crate::mit_realm::missing;
use crate::served::text;

/// Debian's python3-gssapi belongs to Debian's interpreter.
const PYTHON: &str = "/usr/bin/python3";

/// Whose GSS-API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Implementation {
    Java,
    Mit,
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Java => "OpenJDK 17",
            Self::Mit => "MIT krb5",
        })
    }
}

/// A running program; it ends when this is dropped.
pub(crate) struct Gss {
    process: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) implementation: Implementation,
}

/// With what a client authenticates.
pub(crate) enum Login<'a> {
    Cache(&'a Path),
    Keytab(&'a str, &'a Path),
    Password(&'a str, &'a str),
}

/// What an initiator asks for, and what both sides tie the context to.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) mutual: bool,
    /// The application data of channel bindings; empty for none.
    pub(crate) bindings: &'a str,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            mutual: true,
            bindings: "",
        }
    }
}

/// What a program says of a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The number of MIT's library; Java has none.
    pub(crate) com_err: Option<i32>,
    /// The texts, the outermost first.
    pub(crate) texts: Vec<String>,
}

impl Told {
    /// Puts the name of a file that the library takes by itself in place of the one it was given.
    pub(crate) fn generalize(&mut self, file: &Path, general: &str) {
        let own = format!("FILE:{}", file.display());
        for text in &mut self.texts {
            *text = text.replace(&own, general);
        }
    }

    pub(crate) fn nothing() -> Self {
        Self {
            com_err: None,
            texts: Vec::new(),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in &self.texts {
            write!(f, "\n    {text}")?;
        }
        match self.com_err {
            Some(number) => write!(f, "\n    ({number})"),
            None => Ok(()),
        }
    }
}

/// What an acceptor makes of a token.
pub(crate) struct Accepted {
    /// Its answer to the initiator, empty where it has none.
    pub(crate) answer: Vec<u8>,
    /// The initiator's name.
    pub(crate) result: Result<String, Told>,
}

static JAVA: LazyLock<Mutex<Gss>> = LazyLock::new(|| Mutex::new(Gss::start_java(&[])));

/// Java with keys of 128 bits at most.
static LIMITED_JAVA: LazyLock<Mutex<Gss>> = LazyLock::new(|| {
    let properties = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/interop/limited.security"
    );
    Mutex::new(Gss::start_java(&[&format!(
        "-Djava.security.properties={properties}"
    )]))
});

/// Java's programs with short and with long keys. All tests of a process share them, for they start slowly.
pub(crate) struct Javas {
    unlimited: MutexGuard<'static, Gss>,
    limited: Option<MutexGuard<'static, Gss>>,
}

impl Javas {
    /// The one with short keys starts only if it is needed.
    pub(crate) fn lock(with_limited: bool) -> Self {
        Self {
            unlimited: Gss::java(),
            limited: with_limited
                .then(|| LIMITED_JAVA.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    pub(crate) fn with(&mut self, policy: CryptoPolicy) -> &mut Gss {
        match policy {
            CryptoPolicy::Limited => self.limited.as_mut().expect("it was asked for"),
            CryptoPolicy::Unlimited => &mut self.unlimited,
        }
    }
}

static ACCEPTORS: Mutex<Vec<Gss>> = Mutex::new(Vec::new());
static INITIATORS: Mutex<Vec<Gss>> = Mutex::new(Vec::new());

/// A program of a pool, to which it goes back.
pub(crate) struct Lent {
    gss: Option<Gss>,
    pool: &'static Mutex<Vec<Gss>>,
}

impl Lent {
    fn of(pool: &'static Mutex<Vec<Gss>>) -> Self {
        let idle = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            gss: Some(idle.unwrap_or_else(Gss::mit)),
            pool,
        }
    }
}

impl Deref for Lent {
    type Target = Gss;

    fn deref(&self) -> &Gss {
        self.gss.as_ref().expect("until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Gss {
        self.gss.as_mut().expect("until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // One that was left in the middle of something is of no more use.
        if !std::thread::panicking()
            && let Some(gss) = self.gss.take()
        {
            self.pool
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(gss);
        }
    }
}

impl Gss {
    /// MIT's, with a replay cache beside each krb5.conf.
    pub(crate) fn mit() -> Self {
        let mut python = Command::new(PYTHON);
        python
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/gss.py"))
            .env("LC_ALL", "C");
        Self::start(python, Implementation::Mit)
    }

    /// MIT's initiator of a pool, for it starts slowly.
    pub(crate) fn mit_initiator() -> Lent {
        Lent::of(&INITIATORS)
    }

    /// MIT's acceptor of a pool.
    pub(crate) fn mit_acceptor() -> Lent {
        Lent::of(&ACCEPTORS)
    }

    /// Java's. All tests of a process share it, for it starts slowly.
    pub(crate) fn java() -> MutexGuard<'static, Self> {
        JAVA.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_java(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/Gss.java");
        let mut java = Command::new(java_17());
        // One file of source is compiled and run at once. Host names are not looked for in the DNS.
        java.args(["-Xshare:auto", "-Djdk.net.hosts.file=/dev/null"]);
        java.args(arguments).arg(script);
        Self::start(java, Implementation::Java)
    }

    fn start(mut command: Command, implementation: Implementation) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| missing(&program, &error));
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            lines,
            implementation,
        }
    }

    /// Says one line and hears one.
    pub(crate) fn ask(&mut self, fields: &[&str]) -> Vec<String> {
        let line = fields.join("\t");
        let input = self.process.stdin.as_mut().expect("piped");
        let said = writeln!(input, "{line}").and_then(|()| input.flush());
        let mut answer = String::new();
        let heard = said.and_then(|()| self.lines.read_line(&mut answer));
        assert!(
            heard.is_ok_and(|length| length > 0),
            "the GSS-API of {} does not run; tests/install-peers installs what it needs",
            self.implementation
        );
        answer.trim_end().split('\t').map(str::to_owned).collect()
    }

    pub(crate) fn done(&mut self, fields: &[&str]) -> Result<Vec<u8>, Told> {
        let answer = self.ask(fields);
        match answer[0].as_str() {
            "done" => Ok(Vec::new()),
            "token" => Ok(bytes(&answer[1])),
            "failed" => Err(self.told(&answer[1..])),
            other => panic!("{fields:?}: {other}"),
        }
    }

    pub(crate) fn told(&self, fields: &[String]) -> Told {
        match self.implementation {
            Implementation::Java => Told {
                com_err: None,
                texts: fields.to_vec(),
            },
            Implementation::Mit => Told {
                // GSS-API has unsigned numbers.
                com_err: fields[0].parse().ok().map(u32::cast_signed),
                texts: fields[1..].to_vec(),
            },
        }
    }

    /// Logs in and does nothing with the ticket.
    pub(crate) fn log_in(&mut self, krb5_conf: &Path, login: &Login<'_>) -> Result<(), Told> {
        let [kind, principal, secret] = login.fields();
        self.done(&["login", text(krb5_conf), kind, principal, secret])
            .map(drop)
    }

    /// The first token for `service`, as `HTTP@host.example`.
    pub(crate) fn initiate(
        &mut self,
        krb5_conf: &Path,
        login: &Login<'_>,
        service: &str,
    ) -> Result<Vec<u8>, Told> {
        self.initiate_with(krb5_conf, login, service, Wanted::default())
    }

    pub(crate) fn initiate_with(
        &mut self,
        krb5_conf: &Path,
        login: &Login<'_>,
        service: &str,
        wanted: Wanted<'_>,
    ) -> Result<Vec<u8>, Told> {
        let [kind, principal, secret] = login.fields();
        let conf = text(krb5_conf);
        let mutual = if wanted.mutual { "true" } else { "false" };
        let bindings = wanted.bindings;
        self.done(&[
            "initiate", conf, kind, principal, secret, service, mutual, bindings,
        ])
    }

    /// What the initiator of the last token makes of the acceptor's answer.
    pub(crate) fn answer(&mut self, token: &[u8]) -> Result<(), Told> {
        self.done(&["answer", &hex(token)]).map(drop)
    }

    /// What an acceptor with the keys of `keytab` makes of a token. Java's logs in as `principal`.
    pub(crate) fn accept(
        &mut self,
        krb5_conf: &Path,
        keytab: &Path,
        principal: &str,
        token: &[u8],
    ) -> Accepted {
        self.accept_bound(krb5_conf, keytab, principal, token, "")
    }

    /// As [`accept`](Self::accept), with the application data of channel bindings.
    pub(crate) fn accept_bound(
        &mut self,
        krb5_conf: &Path,
        keytab: &Path,
        principal: &str,
        token: &[u8],
        bindings: &str,
    ) -> Accepted {
        let (conf, keytab, token) = (text(krb5_conf), text(keytab), hex(token));
        let answer = match self.implementation {
            Implementation::Java => {
                self.ask(&["accept", conf, keytab, principal, &token, bindings])
            }
            Implementation::Mit => self.ask(&["accept", conf, keytab, &token, bindings]),
        };
        Accepted {
            answer: bytes(&answer[1]),
            result: match answer[0].as_str() {
                "accepted" => Ok(answer[2].clone()),
                "refused" => Err(self.told(&answer[2..])),
                other => panic!("accept: {other}"),
            },
        }
    }
}

impl Drop for Gss {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Login<'_> {
    fn fields(&self) -> [&str; 3] {
        match self {
            Self::Cache(path) => ["ccache", "", text(path)],
            Self::Keytab(principal, path) => ["keytab", principal, text(path)],
            Self::Password(principal, password) => ["password", principal, password],
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&hex[start..start + 2], 16).expect("hexadecimal"))
        .collect()
}

/// The launcher of a JDK 17: JAVA_HOME's if it is one, else one where Linux distributions put them.
pub(crate) fn java_17() -> PathBuf {
    let given = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/jvm")
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    installed.sort();
    given
        .into_iter()
        .chain(installed)
        .find(|home| is_jdk_17(home))
        .unwrap_or_else(|| {
            panic!(
                "no JDK 17 in JAVA_HOME or /usr/lib/jvm; tests/install-peers installs openjdk-17-jdk-headless"
            )
        })
        .join("bin/java")
}

/// Whether it is a JDK, with a compiler, and its file `release` says 17.
fn is_jdk_17(home: &Path) -> bool {
    let release = std::fs::read_to_string(home.join("release")).unwrap_or_default();
    release.contains("JAVA_VERSION=\"17.") && home.join("bin/javac").exists()
}
