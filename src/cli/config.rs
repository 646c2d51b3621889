//! `kenoma config`: what the settings are, and where each came from.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, Sets, say, settings};
use crate::config::{Profile, example};

/// What can be asked.
#[derive(Subcommand)]
pub enum Command {
    /// Check the settings, and say what each is and where it came from
    Check(Sets),
    /// Print a config.toml with every setting and its default
    Example,
}

/// Runs `kenoma config …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    match command {
        Command::Check(sets) => check(data, &sets),
        Command::Example => say(example().trim_end()),
    }
}

fn check(data: &Path, sets: &Sets) -> Outcome {
    let loaded = settings(data, &sets.sets, Profile::Normal)?;
    for line in loaded.describe() {
        say(format_args!(
            "{} = {}  ({}): {}",
            line.key, line.value, line.origin, line.meaning
        ))?;
    }
    loaded.config.check(&super::base(data, &loaded.config))
}
