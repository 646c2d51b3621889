//! `kenoma frontend`: web clients that people get in place of the built-in pages. They are files, so a server that runs
//! meanwhile needs no telling.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Outcome, check_data, say};
use crate::config::Profile;
use crate::media::frontends;
use crate::media::name::PackName;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Unpack the build of a web client from a zip; a client of that name is replaced
    Install {
        /// The archive, with an index.html at its top or in one folder
        #[arg(value_name = "FILE.zip")]
        file: PathBuf,
        /// The name of the client; without it, that of the archive
        #[arg(long = "as", value_name = "NAME", value_parser = name)]
        name: Option<PackName>,
    },
    /// List the clients that are there; the one that people get has a star
    List,
    /// Remove a client with all its files
    Remove {
        /// Which
        #[arg(value_parser = name)]
        name: PackName,
    },
}

fn name(text: &str) -> Result<PackName, String> {
    PackName::parse(text).map_err(|_| "this cannot be the name of a folder".to_owned())
}

/// Runs `kenoma frontend …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    check_data(data)?;
    match command {
        Command::Install { file, name } => install(data, &file, name),
        Command::List => list(data),
        Command::Remove { name } => match frontends::remove(data, &name) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("there is no web client {name}")),
            Err(error) => Err(format!("cannot remove {name}: {error}")),
        },
    }
}

fn install(data: &Path, file: &Path, name: Option<PackName>) -> Outcome {
    let cannot = |reason: String| format!("cannot install {}: {reason}", file.display());
    let name = name.or_else(|| PackName::parse(file.file_stem()?.to_str()?).ok());
    let name = name.ok_or_else(|| cannot("give a name with --as".into()))?;
    let archive = File::open(file).map_err(|error| cannot(error.to_string()))?;
    let files = frontends::install(data, &name, archive);
    let files = files.map_err(|reason| cannot(reason.to_string()))?;
    say(format_args!("installed {name}: {files} files"))?;
    if primary(data)? == name.as_str() {
        return Ok(());
    }
    say(format_args!(
        "people get it once frontend.primary = \"{name}\" is set and the server was started anew"
    ))
}

fn list(data: &Path) -> Outcome {
    let (names, primary) = (frontends::names(data), primary(data)?);
    let names = names.map_err(|error| format!("cannot read static/frontends: {error}"))?;
    names.iter().try_for_each(|name| {
        let star = if *name == primary { " *" } else { "" };
        say(format_args!("{name}{star}"))
    })
}

fn primary(data: &Path) -> Result<String, String> {
    let settings = super::settings(data, &[], Profile::Normal)?;
    Ok(settings.config.frontend.primary)
}
