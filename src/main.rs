//! The `kdclab` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kdclab::cli::main()
}
