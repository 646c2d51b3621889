//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use kenoma::cli::{Cli, run};

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn,kenoma=info"))
        .init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("kenoma: {reason}");
            ExitCode::FAILURE
        }
    }
}
