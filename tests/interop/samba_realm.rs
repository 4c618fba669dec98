//! A Samba AD DC in a private directory, of which only the KDC runs. One serves all tests of the process.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use kdclab_proto::Keytab;
use serde_json::{Value, json};

use crate::mit_realm::{free_port, missing};

pub(crate) const REALM: &str = "SAMBA.EXAMPLE";
/// Of every account, unless its test says otherwise.
pub(crate) const PASSWORD: &str = "Correct-Horse-1";
/// Both sides of a trust make their keys of it.
pub(crate) const TRUST_PASSWORD: &str = "Trust-Secret-1";

/// python3-samba belongs to Debian's interpreter.
const PYTHON: &str = "/usr/bin/python3";
/// How long an answer may take. The first comes when the domain is made, which takes seconds of work.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often another port is tried when somebody else took the first one.
const ATTEMPTS: u32 = 8;
/// How often the KDC is asked whether it answers, 50 ms apart.
const POLLS: u32 = 600;

/// A running Samba and the domain behind it. It is stopped, and its directory removed, when this is
/// dropped or its process ends.
pub(crate) struct SambaRealm {
    supervisor: Child,
    conversation: Mutex<Conversation>,
    directory: PathBuf,
    address: SocketAddr,
    process: u64,
}

struct Conversation {
    verbs: Option<ChildStdin>,
    answers: Receiver<String>,
}

/// The Samba that the tests share.
pub(crate) fn samba() -> &'static SambaRealm {
    static SHARED: OnceLock<SambaRealm> = OnceLock::new();
    SHARED.get_or_init(SambaRealm::start)
}

impl SambaRealm {
    pub(crate) fn start() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("kdclab-samba-")
            .tempdir()
            .unwrap()
            .keep();
        let log = std::fs::File::create(directory.join("supervisor.log")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/samba_realm.py");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut supervisor = Command::new(PYTHON)
            .arg(script)
            .args([&*directory.display().to_string(), REALM])
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .env("LC_ALL", "C")
            // The domain need not outlive the machine.
            .env("TDB_NO_FSYNC", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| missing(PYTHON, &error));
        let verbs = supervisor.stdin.take();
        let output = supervisor.stdout.take().unwrap();
        let (answered, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if answered.send(line).is_err() {
                    break;
                }
            }
        });
        let mut this = Self {
            supervisor,
            conversation: Mutex::new(Conversation { verbs, answers }),
            directory,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            process: 0,
        };
        this.answer(&this.conversation.lock().unwrap());
        for _ in 0..ATTEMPTS {
            this.address.set_port(free_port());
            this.process = this
                .call(json!(["start", this.address.port()]))
                .as_u64()
                .unwrap();
            if this.answers() {
                return this;
            }
        }
        panic!("Samba found no free port:\n{}", this.log());
    }

    /// Whether the KDC comes to answer; false when it ends, as it does when its port is taken.
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        for _ in 0..POLLS {
            let _ = socket.send_to(&crate::driver::probe(REALM), self.address);
            let answered = socket.recv_from(&mut [0; 2048]).is_ok();
            if self.call(json!(["runs"])) == json!(false) {
                return false;
            }
            if answered {
                return true;
            }
        }
        panic!("Samba does not answer:\n{}", self.log());
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn version(&self) -> String {
        let version = self.call(json!(["version"]));
        version.as_str().unwrap().to_owned()
    }

    /// Samba's process.
    pub(crate) fn process(&self) -> u64 {
        self.process
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds an account with a password; what ends with `$` is a computer's. A value that begins with
    /// `hex:` is not text.
    pub(crate) fn add(&self, account: &str, attributes: Value) {
        self.done(json!(["add", account, attributes]));
    }

    /// Replaces attributes of an account; an empty list removes one.
    pub(crate) fn modify(&self, account: &str, attributes: Value) {
        self.done(json!(["modify", account, attributes]));
    }

    /// Replaces attributes that the rules of the directory protect.
    pub(crate) fn overwrite(&self, account: &str, attributes: Value) {
        self.done(json!(["overwrite", account, attributes]));
    }

    pub(crate) fn reset_password(&self, account: &str, password: &str) {
        self.done(json!(["reset_password", account, password]));
    }

    /// Makes a trusted domain object; without attributes for a two-way forest trust with AES keys.
    pub(crate) fn trust(&self, realm: &str, attributes: Value) {
        self.done(json!(["trust", realm, attributes]));
    }

    /// Every key of the domain.
    pub(crate) fn keytab(&self) -> Keytab {
        let path = self.call(json!(["keytab"]));
        Keytab::parse(&std::fs::read(path.as_str().unwrap()).unwrap()).unwrap()
    }

    /// Why the directory does not do what `verb` says.
    pub(crate) fn refusal(&self, verb: Value) -> String {
        let answer = self.call(verb);
        answer["error"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn done(&self, verb: Value) {
        let answer = self.call(verb.clone());
        assert_eq!(answer, Value::Null, "{verb}");
    }

    fn call(&self, verb: Value) -> Value {
        // A test that failed leaves nothing half-said behind.
        let mut conversation = self
            .conversation
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let verbs = conversation.verbs.as_mut().unwrap();
        if writeln!(verbs, "{verb}").is_err() {
            panic!("the supervisor ended:\n{}", self.log());
        }
        serde_json::from_str(&self.answer(&conversation)).unwrap()
    }

    fn answer(&self, conversation: &Conversation) -> String {
        match conversation.answers.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => panic!(
                "the supervisor ({error}; tests/install-peers installs python3-samba):\n{}",
                self.log()
            ),
        }
    }

    fn log(&self) -> String {
        ["supervisor.log", "samba.out"]
            .map(|name| std::fs::read_to_string(self.directory.join(name)).unwrap_or_default())
            .concat()
    }
}

impl Drop for SambaRealm {
    fn drop(&mut self) {
        if let Ok(conversation) = self.conversation.get_mut() {
            conversation.verbs = None;
        }
        let _ = self.supervisor.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
