//! docs/recipes.md, docs/serving.md and the README's examples, as a reader would try them: the files that a document shows in an
//! empty folder, and the commands behind `$`, whose output must have the lines shown.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::gss::java_17;

const RECIPES: &str = include_str!("../../docs/recipes.md");
const SERVING: &str = include_str!("../../docs/serving.md");
const README: &str = include_str!("../../README.md");

/// The files and the commands between one heading and the next.
struct Recipe<'a> {
    files: Vec<(&'a str, String)>,
    /// Each with the lines that it prints.
    commands: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Recipe<'a> {
    /// The part of `document` that begins with the line `heading`.
    fn read(document: &'a str, heading: &str) -> Self {
        let mut recipe = Self {
            files: Vec::new(),
            commands: Vec::new(),
        };
        let mut lines = document.lines().skip_while(|line| *line != heading);
        lines.next().unwrap_or_else(|| panic!("no {heading:?}"));
        let mut before = "";
        while let Some(line) = lines.next() {
            if line.starts_with("## ") {
                break;
            }
            if let Some(language) = line.strip_prefix("```") {
                let block = lines.by_ref().take_while(|line| *line != "```");
                if language == "console" {
                    recipe.console(block);
                } else if let Some(name) = file_name(before) {
                    recipe
                        .files
                        .push((name, block.map(|line| format!("{line}\n")).collect()));
                } else {
                    block.for_each(drop);
                }
            }
            if !line.is_empty() {
                before = line;
            }
        }
        assert!(!recipe.commands.is_empty(), "{heading}");
        recipe
    }

    fn console(&mut self, block: impl Iterator<Item = &'a str>) {
        for line in block {
            match (line.strip_prefix("$ "), self.commands.last_mut()) {
                (Some(command), _) => self.commands.push((command, Vec::new())),
                (None, Some((_, printed))) => printed.push(line),
                (None, None) => panic!("{line:?} is printed by no command"),
            }
        }
    }

    fn works(&self) {
        let folder = TempDir::new().unwrap();
        for (name, text) in &self.files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        for (command, lines) in &self.commands {
            let output = shell(folder.path(), command);
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "$ {command}\n{printed}");
            let mut rest = printed.as_ref();
            for part in lines.iter().flat_map(|line| line.split("...")) {
                let part = part.trim();
                rest = match rest.find(part) {
                    Some(start) => &rest[start + part.len()..],
                    None => panic!(
                        "{part:?} is not in its place in what this prints:\n$ {command}\n{printed}"
                    ),
                };
            }
        }
    }
}

/// The name at the end of a line such as "With a fixture. `test.py`:".
fn file_name(line: &str) -> Option<&str> {
    let name = line.strip_suffix("`:")?;
    Some(name.rsplit_once('`')?.1)
}

/// Runs a line as a user would who has kdclab and a JDK 17 in PATH.
fn shell(folder: &Path, line: &str) -> std::process::Output {
    let kdclab = Path::new(env!("CARGO_BIN_EXE_kdclab"));
    let java = java_17();
    let mut path: Vec<PathBuf> = [kdclab, &java]
        .iter()
        .map(|program| program.parent().unwrap().to_owned())
        .collect();
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("TMPDIR", folder)
        .env("LC_ALL", "C.UTF-8")
        // Go compiles its library once.
        .env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for name in ["KRB5_CONFIG", "KRB5CCNAME", "KRB5_KTNAME", "KDCLAB_DIR"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

macro_rules! recipes {
    ($($name:ident($document:ident, $heading:literal);)*) => {$(
        #[test]
        fn $name() {
            Recipe::read($document, $heading).works();
        }
    )*};
}

recipes! {
    go(RECIPES, "## Go");
    junit(RECIPES, "## JUnit 5");
    pytest(RECIPES, "## pytest");
    readme(README, "## In your test suite");
    shell_script(RECIPES, "## A shell script");
    call(SERVING, "## A call, in one command");
    web_server(SERVING, "## A web server");
    changes(SERVING, "## Changing it while it runs");
}
