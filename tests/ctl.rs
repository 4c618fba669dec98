//! `kdclab ctl` as a process: what it prints, and its status.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const KDCLAB: &str = env!("CARGO_BIN_EXE_kdclab");

/// A served scenario; it stops when this is dropped.
struct Served {
    child: Child,
    home: TempDir,
}

impl Served {
    fn start() -> Self {
        Self::of("client-disabled")
    }

    fn of(scenario: &str) -> Self {
        let home = TempDir::new().unwrap();
        let mut child = Command::new(KDCLAB)
            .args([
                "serve",
                scenario,
                "--phase",
                "broken",
                "--until-eof",
                "--dir",
            ])
            .arg(home.path().join("lab"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        Self { child, home }
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("lab")
    }

    /// The status, and what is printed on standard output and on standard error.
    fn ctl(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(KDCLAB);
        command.arg("ctl").env("KDCLAB_DIR", self.dir()).args(words);
        ended(&mut command)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}

#[test]
fn what_is_done_prints_nothing() {
    let served = Served::start();
    assert_eq!(served.ctl(&["fix", "1"]), (0, String::new(), String::new()));
    let set_clock = ["set_clock", "host=dc1", "offset=+10m"];
    assert_eq!(served.ctl(&set_clock), (0, String::new(), String::new()));
}

#[test]
fn a_new_password_is_in_the_environment() {
    let served = Served::start();
    let environment = || {
        let mut command = Command::new(KDCLAB);
        command.args(["env", "--dir"]).arg(served.dir());
        ended(&mut command).1
    };
    let word = |environment: String| {
        let line = |line: &str| {
            line.strip_prefix("export KDCLAB_PASSWORD=")
                .map(str::to_owned)
        };
        environment.lines().find_map(line).unwrap()
    };
    assert_ne!(word(environment()), "'Brand new 1'");
    let user = "set_password = { user = \"svc-monitor\", password = \"Brand new 1\" }";
    assert_eq!(served.ctl(&[user]), (0, String::new(), String::new()));
    assert_eq!(word(environment()), "'Brand new 1'");
}

#[test]
fn what_the_world_cannot_do_is_status_1() {
    let served = Served::start();
    let (status, out, err) = served.ctl(&["fix", "99"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains("there is no phase fix:99"), "{err}");
    let (status, _, err) = served.ctl(&["repair_links"]);
    assert_eq!(status, 1);
    assert!(err.contains("it changes nothing"), "{err}");
}

#[test]
fn what_is_no_step_is_status_2_with_its_place() {
    let served = Served::start();
    for (words, told) in [
        (&["host_down", "dc7"][..], "unknown host `dc7`"),
        (&["explode"], "unknown name `explode`"),
        (&["fix", "first"], "`first` is no number"),
        (&["fix", "0"], "`0` is no number"),
        (&["set_clock", "host=dc1", "ten"], "ten"),
    ] {
        let (status, out, err) = served.ctl(words);
        assert_eq!((status, out.as_str()), (2, ""), "{words:?}");
        assert!(
            err.contains(told) && err.contains("help"),
            "{words:?}: {err}"
        );
    }
}

#[test]
fn events_are_lines_or_json_lines() {
    let served = Served::start();
    served.ctl(&["fix", "1"]);
    let (status, out, _) = served.ctl(&["events"]);
    assert_eq!(status, 0);
    assert!(out.contains("changed: fix 1: "), "{out}");
    let (_, out, _) = served.ctl(&["events", "--json"]);
    let events: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = events.last().unwrap();
    assert_eq!(last["kind"], "verb");
    let after = last["number"].to_string();
    assert_eq!(served.ctl(&["events", &after]).1, "");
}

/// `exec` of a command that repairs the scenario it runs in, and lists what happened.
fn repaired_under_exec() -> Command {
    let script = format!("{KDCLAB} ctl fix 1 && {KDCLAB} ctl events");
    let mut command = Command::new(KDCLAB);
    command.args([
        "exec",
        "client-disabled",
        "--phase",
        "broken",
        "--",
        "sh",
        "-c",
    ]);
    command.arg(script);
    command
}

/// Sockets have short names, build directories long ones.
#[test]
fn a_long_directory_has_a_socket_as_well() {
    let home = TempDir::new().unwrap();
    let long = home.path().join("d".repeat(150));
    std::fs::create_dir(&long).unwrap();
    let (status, out, err) = ended(repaired_under_exec().env("TMPDIR", &long));
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("changed: fix 1: "), "{out}");
    assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
}

#[test]
fn without_a_server_it_says_what_to_do() {
    let empty = TempDir::new().unwrap();
    let mut command = Command::new(KDCLAB);
    command
        .args(["ctl", "--dir"])
        .arg(empty.path())
        .arg("events");
    let (status, _, err) = ended(command.env_remove("KDCLAB_DIR"));
    assert_eq!(status, 2);
    assert!(err.contains("still running?"), "{err}");
    let mut command = Command::new(KDCLAB);
    command.args(["ctl", "events"]).env_remove("KDCLAB_DIR");
    let (status, _, err) = ended(&mut command);
    assert_eq!(status, 2);
    assert!(err.contains("--dir"), "{err}");
}

#[test]
fn under_exec_it_finds_the_world_by_itself() {
    let (status, out, err) = ended(&mut repaired_under_exec());
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("changed: fix 1: "), "{out}");
}

/// Lets a process open `more` files beside those that it has.
#[cfg(target_os = "linux")]
fn limit_files(process: &Child, more: usize) {
    use std::collections::BTreeSet;

    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap();
    let open: BTreeSet<u64> = open
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .map(|number| number.parse().unwrap())
        .collect();
    let mut free = (0..).filter(|number| !open.contains(number));
    let limit = Rlimit {
        current: free.nth(more),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Pid::from_raw(process.id() as i32), Resource::Nofile, limit).unwrap();
}

/// A port that the system has nothing left for is told, and opened by the next change.
#[cfg(target_os = "linux")]
#[test]
fn a_port_that_cannot_be_opened_is_told_and_tried_again() {
    let served = Served::of("kdc-port-closed");
    let of_firewall = served.dir().join("fw1.krb5.conf");
    let kdc = std::fs::read_to_string(of_firewall)
        .unwrap()
        .lines()
        .find_map(|line| line.trim().strip_prefix("kdc = ").map(str::to_owned))
        .unwrap();
    let is_open = || std::net::TcpStream::connect(&kdc).is_ok();
    assert!(!is_open());
    // One for the conversation with `ctl`.
    limit_files(&served.child, 1);
    let (status, out, err) = served.ctl(&["fix", "1"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(
        err.contains("no port for dc1 on loopback") && err.contains("Too many open files"),
        "{err}"
    );
    assert!(!is_open());
    limit_files(&served.child, 1000);
    let set_clock = ["set_clock", "host=dc1", "offset=+10m"];
    assert_eq!(served.ctl(&set_clock), (0, String::new(), String::new()));
    assert!(is_open());
}
