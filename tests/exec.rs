//! `kdclab exec` and `kdclab env` as processes, and the lines that `--krb5-conf-add` brings.

#![cfg(unix)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const SCENARIO: &str = "client-disabled";

/// A place of its own for what `kdclab` makes, so that what it leaves is seen.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.at_home(Command::new(env!("CARGO_BIN_EXE_kdclab")), arguments)
    }

    /// The same, with a signal that the tests may run without: `nohup` ignores one, and shells ignore others for
    /// what runs in the background.
    fn command_that_heeds(&self, signal: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("env");
        command.arg(format!("--default-signal={signal}"));
        command.arg(env!("CARGO_BIN_EXE_kdclab"));
        self.at_home(command, arguments)
    }

    fn at_home(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("TMPDIR", self.0.path())
            .env_remove("KDCLAB_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A POSIX shell with `script`, while the scenario is served.
    fn shell(&self, options: &[&str], script: &str) -> Output {
        let arguments = [
            &["exec", SCENARIO][..],
            options,
            &["--", "sh", "-c", script],
        ]
        .concat();
        self.run(&arguments)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn succeeds(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// The status, and what standard error says; nothing is said elsewhere.
#[track_caller]
fn fails(output: &Output, status: i32, remedy: &str) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{told}");
    assert!(told.contains(remedy), "{remedy:?} is not in:\n{told}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn the_status_is_the_commands_own() {
    let home = Home::new();
    for (script, status) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -KILL $$", 137),
        ("kill -TERM $$", 143),
    ] {
        let output = home.shell(&[], script);
        assert_eq!(output.status.code(), Some(status), "{script}");
        assert_eq!(text(&output.stderr), "", "{script}");
    }
}

#[test]
fn input_and_output_are_the_commands_own() {
    let home = Home::new();
    let mut command = home.command(&["exec", SCENARIO, "--", "sh", "-c", "cat; printf x >&2"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, bytes);
    assert_eq!(output.stderr, b"x");
}

#[test]
fn arguments_that_look_like_ours_are_the_commands() {
    let home = Home::new();
    let output = home.run(&[
        "exec", SCENARIO, "--", "printf", "%s,", "--keep", "--phase", "--",
    ]);
    assert_eq!(succeeds(&output), "--keep,--phase,--,");
}

#[test]
fn the_environment_is_that_of_the_scenario() {
    let home = Home::new();
    let output = home.shell(
        &["--phase", "broken"],
        "echo $KDCLAB_REALM $KDCLAB_USER $KDCLAB_PASSWORD $KDCLAB_SERVICE $OTHER; ls $KDCLAB_DIR; \
         cat ${KRB5_CONFIG:?} ${KRB5_KTNAME#FILE:} ${KRB5_CLIENT_KTNAME#FILE:} > /dev/null; \
         test ${KRB5CCNAME#FILE:} = $KDCLAB_DIR/ccache; test ${KRB5RCACHENAME#file2:} = $KDCLAB_DIR/rcache; \
         grep -F \"kdc = $KDCLAB_KDC\" $KRB5_CONFIG",
    );
    let printed = succeeds(&output);
    let first = "LAB.EXAMPLE svc-monitor S3rvice pass HTTP/winrm1.lab.example\n";
    assert!(printed.starts_with(first), "{printed}");
    for name in ["jaas.conf\n", "java.args\n", "krb5.conf\n", "ready.json\n"] {
        assert!(printed.contains(name), "{printed}");
    }
}

/// A scenario whose call is for no service.
const LOGON: &str = r#"
format = 1
title  = "A logon"
story  = "Alice logs on."
catalogue = []
lesson = true
[realm."LAB.EXAMPLE"]
kdc    = "kdc1"
users  = { alice = "correct horse" }
[host]
kdc1 = {}
ws1  = {}
[[control]]
call = { user = "alice", from = "ws1" }
"#;

/// A logon is for no service, but the caller may have had one.
#[test]
fn variables_of_another_realm_do_not_reach_the_command() {
    let home = Home::new();
    let script = "echo ${KRB5_KTNAME-none} ${KDCLAB_SERVICE-none} $OTHER";
    std::fs::write(home.path("logon.toml"), LOGON).unwrap();
    let output = home
        .command(&["exec", "logon.toml", "--", "sh", "-c", script])
        .env("KRB5_KTNAME", "/etc/krb5.keytab")
        .env("KDCLAB_SERVICE", "HTTP/production")
        .env("OTHER", "stays")
        .output()
        .unwrap();
    assert_eq!(succeeds(&output), "none none stays\n");
}

#[test]
fn the_phase_is_served() {
    let home = Home::new();
    for phase in ["healthy", "broken", "fix:1"] {
        let output = home.shell(&["--phase", phase], "cat $KDCLAB_DIR/ready.json");
        let facts: Value = serde_json::from_str(succeeds(&output)).unwrap();
        assert_eq!(facts["phase"], phase);
    }
}

#[test]
fn everything_is_removed_afterwards() {
    let home = Home::new();
    for script in [
        "mkdir $KDCLAB_DIR/more; touch $KDCLAB_DIR/more/file",
        "exit 1",
        "kill -KILL $$",
    ] {
        let output = home.shell(&[], script);
        assert_eq!(text(&output.stderr), "", "{script}");
        assert!(home.names().is_empty(), "{:?} after {script}", home.names());
    }
    home.run(&["exec", SCENARIO, "--", "no-such-program"]);
    assert!(home.names().is_empty(), "{:?}", home.names());
}

#[test]
fn keep_leaves_the_directory_and_says_where() {
    let home = Home::new();
    let output = home.shell(&["--keep"], "touch $KDCLAB_DIR/mine; exit 3");
    assert_eq!(output.status.code(), Some(3));
    let names = home.names();
    let [name] = names.as_slice() else {
        panic!("{names:?}")
    };
    let kept = home.path(name);
    assert_eq!(text(&output.stderr), format!("kept {}\n", kept.display()));
    assert!(kept.join("mine").exists() && kept.join("krb5.conf").exists());
    assert!(
        !kept.join("ready.json").exists(),
        "nothing is served there any more"
    );
}

#[test]
fn a_named_directory_is_used_and_goes_unless_it_was_there() {
    let home = Home::new();
    let script = "test $(basename $KDCLAB_DIR) = lab && mkdir $KDCLAB_DIR/more";
    succeeds(&home.shell(&["--dir", "lab"], script));
    assert!(home.names().is_empty(), "{:?}", home.names());
    std::fs::create_dir(home.path("lab")).unwrap();
    succeeds(&home.shell(&["--dir", "lab"], script));
    assert_eq!(home.names(), ["lab"]);
    assert_eq!(std::fs::read_dir(home.path("lab")).unwrap().count(), 0);
    succeeds(&home.shell(&["--dir", "lab", "--keep"], script));
    assert!(home.path("lab/krb5.conf").exists());
}

#[test]
fn our_own_troubles_are_125_and_have_a_remedy() {
    let home = Home::new();
    std::fs::create_dir(home.path("busy")).unwrap();
    std::fs::write(home.path("busy/precious"), "x").unwrap();
    for (arguments, remedy) in [
        (
            &["client-disable", "--", "true"][..],
            "did you mean `client-disabled`?",
        ),
        (&["nowhere.toml", "--", "true"], "nowhere.toml"),
        (
            &[SCENARIO, "--phase", "brokn", "--", "true"],
            "a phase is `healthy`, `broken` or `fix:N`",
        ),
        (
            &[SCENARIO, "--phase", "fix:99", "--", "true"],
            "there is no phase fix:99: the scenario has",
        ),
        (
            &[SCENARIO, "--dir", "busy", "--", "true"],
            "is not empty; name a new or an empty one with --dir",
        ),
        (
            &[SCENARIO, "--dir", "busy/precious", "--", "true"],
            "precious",
        ),
        (
            &[SCENARIO, "--fast", "--", "true"],
            "unexpected argument '--fast'",
        ),
        (&[SCENARIO, "true"], "-- <COMMAND>..."),
        (&[SCENARIO], "-- <COMMAND>..."),
        (&[SCENARIO, "--"], "-- <COMMAND>..."),
        (&[], "<ID|PATH>"),
    ] {
        let output = home.run(&[&["exec"], arguments].concat());
        fails(&output, 125, remedy);
    }
    assert_eq!(home.names(), ["busy"]);
    assert!(home.path("busy/precious").exists());
}

#[test]
fn help_is_no_trouble() {
    let output = Home::new().run(&["exec", "--help"]);
    assert!(succeeds(&output).contains("--keep"));
}

#[test]
fn a_command_that_cannot_be_executed_is_126() {
    let home = Home::new();
    std::fs::write(home.path("script"), "#!/bin/sh\n").unwrap();
    for (program, remedy) in [("./script", "chmod +x"), (".", "name a program in it")] {
        fails(&home.run(&["exec", SCENARIO, "--", program]), 126, remedy);
    }
}

#[test]
fn a_missing_command_is_127() {
    let home = Home::new();
    let bad = home.path("bad");
    std::fs::write(&bad, "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&bad, mode).unwrap();
    for (program, remedy) in [
        ("no-such-program", "it is in no directory of PATH"),
        ("./no-such-program", "there is no such file"),
        ("./bad", "the interpreter that its first line names is not"),
    ] {
        fails(&home.run(&["exec", SCENARIO, "--", program]), 127, remedy);
    }
}

/// A command that has said `ready`.
fn ready(mut command: Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim_end() != "ready" {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the command is not ready"
        );
    }
    (child, lines)
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn signals_reach_the_command_and_we_outlive_it() {
    let home = Home::new();
    for name in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"] {
        let script = format!(
            "trap 'sleep 0.3; test -e $KDCLAB_DIR/ready.json && echo got {name}; exit 9' {name}; echo ready; \
             while :; do sleep 0.05; done"
        );
        let mut command =
            home.command_that_heeds(name, &["exec", SCENARIO, "--", "sh", "-c", &script]);
        // Not in the foreground of whatever terminal the tests run at.
        command.process_group(0);
        let (mut child, mut lines) = ready(command);
        signal(&child, name);
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(9), "{name}");
        assert!(home.names().is_empty(), "{:?} after {name}", home.names());
    }
}

#[test]
fn a_signal_that_kills_the_command_is_its_status() {
    let home = Home::new();
    let mut command = home.command(&[
        "exec",
        SCENARIO,
        "--",
        "sh",
        "-c",
        "echo ready; exec sleep 60",
    ]);
    command.process_group(0);
    let (mut child, _lines) = ready(command);
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_nohup_ignores_stays_ignored() {
    let home = Home::new();
    let script =
        "trap '' HUP; exec \"$0\" exec client-disabled -- sh -c 'kill -HUP $$; echo alive'";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_kdclab")])
        .env("TMPDIR", home.0.path());
    assert_eq!(succeeds(&command.output().unwrap()), "alive\n");
}

/// A terminal sends SIGINT to the whole group: the command must not have it once more from us.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupt_typed_at_a_terminal_reaches_the_command_once() {
    let home = Home::new();
    // A shell takes two signals in a row for one.
    let count = "import signal, time\n\
        seen = []\n\
        signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n\
        print('ready', flush=True)\n\
        end = time.monotonic() + 1.5\n\
        while time.monotonic() < end: pass\n\
        print('interrupted', len(seen), 'times')\n";
    let mut command = Command::new("script");
    command
        .args([
            "-qec",
            "exec \"$KDCLAB\" exec client-disabled -- python3 -c \"$COUNT\"",
            "/dev/null",
        ])
        .env("KDCLAB", env!("CARGO_BIN_EXE_kdclab"))
        .env("COUNT", count)
        .env("SHELL", "/bin/sh")
        .env("TMPDIR", home.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let (mut child, mut lines) = ready(command);
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    let mut rest = String::new();
    // The terminal may be gone before the last byte is read.
    let _ = lines.read_to_string(&mut rest);
    assert!(rest.contains("interrupted 1 times"), "{rest}");
    drop(keyboard);
    assert!(child.wait().unwrap().success());
    assert!(home.names().is_empty(), "{:?}", home.names());
}

#[test]
fn many_commands_at_once_do_not_clash() {
    let home = Home::new();
    let children: Vec<Child> = (0..16)
        .map(|_| {
            let arguments = [
                "exec",
                SCENARIO,
                "--",
                "sh",
                "-c",
                "echo $KDCLAB_KDC $KDCLAB_DIR; sleep 0.2",
            ];
            home.command(&arguments).spawn().unwrap()
        })
        .collect();
    let mut printed: Vec<String> = children
        .into_iter()
        .map(|child| succeeds(&child.wait_with_output().unwrap()).to_owned())
        .collect();
    printed.sort();
    printed.dedup();
    assert_eq!(printed.len(), 16);
    assert!(home.names().is_empty(), "{:?}", home.names());
}

/// `kdclab serve` in `home/NAME`, until this is dropped.
struct Served {
    child: Child,
    facts: Value,
}

impl Served {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let arguments = [&["serve", SCENARIO, "--until-eof"], arguments].concat();
        let mut command = home.command(&arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let facts = serde_json::from_str(&line).expect("serve prints one line of JSON");
        Self { child, facts }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn ready_json_is_the_line_that_serve_prints() {
    let home = Home::new();
    let served = Served::start(&home, &["--dir", "lab"]);
    let written: Value =
        serde_json::from_slice(&std::fs::read(home.path("lab/ready.json")).unwrap()).unwrap();
    assert_eq!(written, served.facts);
    drop(served);
    assert!(!home.path("lab/ready.json").exists());
}

#[test]
fn env_is_evaluated_by_a_shell() {
    let home = Home::new();
    let served = Served::start(&home, &["--dir", "it's a $(lab)"]);
    let directory = served.facts["env"]["KDCLAB_DIR"].as_str().unwrap();
    let printed = home.run(&["env", "--dir", directory]);
    let by_name = succeeds(&printed);
    let by_variable = home.command(&["env"]).env("KDCLAB_DIR", directory).output();
    assert_eq!(succeeds(&by_variable.unwrap()), by_name);
    let facts = served.facts["env"].as_object().unwrap();
    assert_eq!(by_name.lines().count(), facts.len());
    for (name, value) in facts {
        let script = format!("eval \"$1\"; printf %s \"${name}\"");
        let shell = Command::new("sh")
            .args(["-c", &script, "sh", by_name])
            .output();
        assert_eq!(succeeds(&shell.unwrap()), value.as_str().unwrap());
    }
}

#[test]
fn env_for_java_is_an_argument_file() {
    let home = Home::new();
    let served = Served::start(&home, &["--dir", "lab"]);
    let directory = Path::new(served.facts["env"]["KDCLAB_DIR"].as_str().unwrap());
    let output = home.run(&["env", "--dir", "lab", "--java"]);
    let printed = succeeds(&output);
    let (arguments, comments): (Vec<&str>, Vec<&str>) =
        printed.lines().partition(|line| !line.starts_with('#'));
    let property =
        |name: &str, file: &str| format!("\"-D{name}={}\"", directory.join(file).display());
    assert_eq!(
        arguments,
        [
            property("java.security.krb5.conf", "krb5.conf"),
            property("java.security.auth.login.config", "jaas.conf"),
        ]
    );
    assert_eq!(
        std::fs::read_to_string(home.path("lab/java.args")).unwrap(),
        arguments.join("\n") + "\n"
    );
    let jaas = std::fs::read_to_string(home.path("lab/jaas.conf")).unwrap();
    for entry in [
        "kdclab-ticket-cache {",
        "kdclab-keytab {",
        "kdclab-acceptor {",
    ] {
        assert!(jaas.contains(entry), "{jaas}");
    }
    for line in jaas.lines() {
        assert!(comments.contains(&format!("# {line}").trim_end()), "{line}");
    }
}

#[test]
fn env_of_a_directory_that_is_not_served_is_status_2() {
    let home = Home::new();
    fails(
        &home.run(&["env"]),
        2,
        "name the one that `kdclab serve` fills with --dir",
    );
    let start = "start it with `kdclab serve ID --dir lab`";
    fails(&home.run(&["env", "--dir", "lab"]), 2, start);
    drop(Served::start(&home, &["--dir", "lab"]));
    fails(&home.run(&["env", "--dir", "lab"]), 2, start);
    for (facts, what) in [
        ("{", "is not what `kdclab serve` wrote"),
        (
            r#"{"env":{"A;reboot":"x"}}"#,
            "\"A;reboot\" is no name of a variable",
        ),
        (r#"{"env":{"1":"x"}}"#, "\"1\" is no name of a variable"),
        (r#"{"env":{"A":1}}"#, "serve the scenario again"),
    ] {
        std::fs::write(home.path("lab/ready.json"), facts).unwrap();
        fails(&home.run(&["env", "--dir", "lab"]), 2, what);
    }
    std::fs::remove_file(home.path("lab/ready.json")).unwrap();
    std::fs::create_dir(home.path("lab/ready.json")).unwrap();
    fails(&home.run(&["env", "--dir", "lab"]), 2, "cannot read");
}

/// The relations of that name, in any section.
fn relations<'a>(file: &'a str, name: &str) -> Vec<&'a str> {
    file.lines()
        .filter_map(|line| line.trim().split_once(" = "))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .collect()
}

const ADDED: &str = "\
includedir /etc/krb5.conf.d
[libdefaults]
    clockskew = 17
    forwardable = true
[realms]
    LAB.EXAMPLE = {
        kdc = 127.0.0.1:9
        auth_to_local = DEFAULT
    }
[appdefaults]
    pam = {
        minimum_uid = 1000
    }
";

#[test]
fn lines_of_ones_own_are_in_every_krb5_conf() {
    let home = Home::new();
    std::fs::write(home.path("mine.conf"), ADDED).unwrap();
    let served = Served::start(&home, &["--dir", "lab", "--krb5-conf-add", "mine.conf"]);
    let shell = home.shell(&["--krb5-conf-add", "mine.conf"], "cat $KRB5_CONFIG");
    let read = |name: &str| std::fs::read_to_string(home.path(name)).unwrap();
    for file in [
        read("lab/krb5.conf"),
        read("lab/dc1.krb5.conf"),
        read("lab/fw1.krb5.conf"),
        succeeds(&shell).to_owned(),
    ] {
        assert!(
            file.starts_with("includedir /etc/krb5.conf.d\n\n[libdefaults]\n"),
            "{file}"
        );
        assert_eq!(relations(&file, "clockskew"), ["17"], "{file}");
        assert_eq!(relations(&file, "forwardable"), ["true"], "{file}");
        assert_eq!(relations(&file, "default_realm"), ["LAB.EXAMPLE"], "{file}");
        assert_eq!(
            relations(&file, "kdc").last(),
            Some(&"127.0.0.1:9"),
            "{file}"
        );
        assert_eq!(relations(&file, "kdc").len(), 3, "{file}");
        assert_eq!(relations(&file, "LAB.EXAMPLE"), ["{"], "{file}");
        assert_eq!(relations(&file, "minimum_uid"), ["1000"], "{file}");
    }
    drop(served);
}

#[test]
fn broken_lines_of_ones_own_have_a_place_and_a_remedy() {
    let home = Home::new();
    std::fs::write(home.path("brace.conf"), "[realms]\n  A = {\n    kdc = x\n").unwrap();
    std::fs::write(home.path("outside.conf"), "clockskew = 1\n").unwrap();
    std::fs::write(home.path("latin.conf"), b"[libdefaults]\n# \xe9\n").unwrap();
    for (file, parts) in [
        (
            "brace.conf",
            &[
                "--> brace.conf:2:3",
                "= help: add a line with `}` at its end",
            ][..],
        ),
        (
            "outside.conf",
            &["--> outside.conf:1:1", "= help: put it under a section"],
        ),
        (
            "latin.conf",
            &[
                "error: the file is not UTF-8",
                "latin.conf",
                "= help: save it as UTF-8",
            ],
        ),
        (
            "nowhere.conf",
            &[
                "cannot read nowhere.conf",
                "--krb5-conf-add takes a file like krb5.conf",
            ],
        ),
        (".", &["cannot read .:"]),
    ] {
        for part in parts {
            let add = ["--krb5-conf-add", file];
            fails(
                &home.run(&[&["serve", SCENARIO][..], &add].concat()),
                2,
                part,
            );
            fails(&home.shell(&add, "true"), 125, part);
        }
    }
}

#[test]
fn a_program_is_found_by_a_name_that_is_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let name = OsStr::from_bytes(b"pr\xffgram");
    std::os::unix::fs::symlink("/bin/sh", home.0.path().join(name)).unwrap();
    let program = Path::new(".").join(name);
    let mut command = home.command(&["exec", SCENARIO, "--"]);
    let output = command
        .arg(program)
        .args(["-c", "echo ran"])
        .output()
        .unwrap();
    assert_eq!(succeeds(&output), "ran\n");
}
