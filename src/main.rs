//! The program: reads its arguments, runs one command, ends with that command's exit code.

use clap::Parser;
use pencere::commands::{self, Arguments};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => commands::run(arguments).into(),
        Err(refusal) => commands::refuse(&refusal).into(),
    }
}
