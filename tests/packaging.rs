//! action.yml and the Dockerfile, as far as they can be tried without GitHub and without Docker.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use saphyr::{LoadableYamlNode, Yaml};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What GitHub puts in the place of `${{ inputs.NAME }}`.
fn with_inputs(text: &str, inputs: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in inputs {
        text = text.replace(&format!("${{{{ inputs.{name} }}}}"), value);
    }
    assert!(!text.contains("${{"), "{text}");
    text
}

/// Runs the steps of action.yml. `cargo` is one that tells how it was called.
fn action(inputs: &[(&str, &str)]) -> Output {
    let text = std::fs::read_to_string(Path::new(ROOT).join("action.yml")).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    let action = &documents[0];
    let mut given = inputs.to_vec();
    for (name, input) in action["inputs"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        assert!(input["description"].as_str().is_some(), "{name}");
        if !given.iter().any(|(given, _)| *given == name) {
            assert!(
                input.as_mapping_get("required").is_none(),
                "{name} is required"
            );
            given.push((name, input["default"].as_str().unwrap()));
        }
    }
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    let home = TempDir::new().unwrap();
    let cargo = home.path().join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\necho \"cargo $*\"\n").unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kdclab"), home.path().join("kdclab")).unwrap();
    let mut path = vec![home.path().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut stdout = Vec::new();
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        assert_eq!(step["shell"].as_str(), Some("bash"));
        let script = step["run"].as_str().unwrap();
        assert!(
            !script.contains("${{"),
            "an input is no part of a script: {script}"
        );
        let mut command = Command::new("bash");
        // As the documentation of GitHub has it for `shell: bash`.
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .env("PATH", std::env::join_paths(&path).unwrap())
            .env("GITHUB_ACTION_PATH", ROOT);
        for (name, value) in step
            .as_mapping_get("env")
            .and_then(Yaml::as_mapping)
            .into_iter()
            .flatten()
        {
            command.env(
                name.as_str().unwrap(),
                with_inputs(value.as_str().unwrap(), &given),
            );
        }
        let output = command.output().unwrap();
        stdout.extend(&output.stdout);
        if !output.status.success() {
            return Output { stdout, ..output };
        }
    }
    Command::new("true")
        .output()
        .map(|output| Output { stdout, ..output })
        .unwrap()
}

#[test]
fn the_action_installs_us_and_runs_the_command() {
    let run = "false | true && exit 3\necho \"$KDCLAB_USER's\"\ngrep -o '\"phase\":\"[a-z]*\"' $KDCLAB_DIR/ready.json";
    let output = action(&[
        ("scenario", "client-disabled"),
        ("phase", "broken"),
        ("run", run),
    ]);
    let installed = format!("cargo install --quiet --locked --path {ROOT}\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{installed}svc-monitor's\n\"phase\":\"broken\"\n")
    );
}

#[test]
fn the_action_has_the_status_of_the_command_and_a_default_phase() {
    let run = "grep -q healthy $KDCLAB_DIR/ready.json; exit 7";
    let output = action(&[("scenario", "client-disabled"), ("run", run)]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let output = action(&[("scenario", "client-disabled"), ("run", "false | true")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = action(&[("scenario", "client-disable"), ("run", "true")]);
    assert_eq!(output.status.code(), Some(125), "{output:?}");
}

/// What the Dockerfile copies is all that Cargo needs to know of the workspace.
#[test]
fn the_dockerfile_copies_what_a_build_needs() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("Dockerfile")).unwrap();
    let folder = TempDir::new().unwrap();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((&"COPY", words)) = words.split_first() else {
            continue;
        };
        let Some((to, from)) = words.split_last() else {
            continue;
        };
        if from[0].starts_with("--from=") {
            continue;
        }
        for path in from {
            let source = Path::new(ROOT).join(path);
            assert!(source.exists(), "{line}: there is no {path}");
            let target = folder.path().join(to);
            let copied = Command::new("cp").arg("-r").args([source, target]).status();
            assert!(copied.unwrap().success(), "{line}");
        }
    }
    let cargo = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        cargo.status.success(),
        "{}",
        String::from_utf8_lossy(&cargo.stderr)
    );
    let version = format!("FROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"));
    assert!(text.starts_with(&version), "{version}");
    assert!(!text.contains("ENTRYPOINT"));
}
