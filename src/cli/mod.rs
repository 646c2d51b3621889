//! The commands. They call the same operations as the API; there is no second way to do a thing.
//!
//! A command answers `Err` with one line that says what is wrong and what to do.

pub mod backup;
pub mod check;
pub mod config;
pub mod domain;
pub mod emoji;
pub mod ephemeral;
pub mod frontend;
mod progress;
pub mod prune;
pub mod relay;
pub mod restore;
pub mod serve;
pub mod stats;
pub mod status;
pub mod token;
pub mod user;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use rusqlite::ErrorCode;

use crate::app::App;
use crate::config::{BaseUrl, Config, Loaded, Profile};
use crate::error::Error;

/// What a command answers.
pub type Outcome = Result<(), String>;

/// A fediverse server for one person or a few.
#[derive(Parser)]
#[command(name = "kenoma", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// The data directory
    #[arg(
        long,
        global = true,
        env = "KENOMA_DATA",
        default_value = "kenoma-data",
        value_name = "DIR"
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Administer users
    #[command(subcommand)]
    User(user::Command),
    /// Make tokens for scripts
    #[command(subcommand)]
    Token(token::Command),
    /// Bring in, list, pack up and delete custom emoji
    #[command(subcommand)]
    Emoji(emoji::Command),
    /// Install, list and remove web clients
    #[command(subcommand)]
    Frontend(frontend::Command),
    /// Decide what holds for other servers
    #[command(subcommand)]
    Domain(domain::Command),
    /// Follow, list and leave relays
    #[command(subcommand)]
    Relay(relay::Command),
    /// See what became of a post
    #[command(subcommand)]
    Status(status::Command),
    /// Copy everything into one zip, while the server runs
    Backup(backup::Arguments),
    /// Make a data directory of a backup
    Restore(restore::Arguments),
    /// Look whether the database and the files that it names are sound
    Check(check::Arguments),
    /// Drop what came from other servers and nobody here touched, while the server runs
    Prune(prune::Arguments),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Count what is there
    Stats(stats::Arguments),
}

/// `--set SECTION.KEY=VALUE`, where a command takes it.
#[derive(Args)]
pub struct Sets {
    /// A setting, above the file and the environment; may be repeated
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    sets: Vec<String>,
}

/// Runs a command.
pub fn run(cli: Cli) -> Outcome {
    // Nobody else on this machine reads what we write (security.md P8).
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match cli.command {
        Command::Serve(arguments) => serve::run(&cli.data, arguments),
        Command::User(command) => user::run(&cli.data, command),
        Command::Token(command) => token::run(&cli.data, command),
        Command::Emoji(command) => emoji::run(&cli.data, command),
        Command::Frontend(command) => frontend::run(&cli.data, command),
        Command::Domain(command) => domain::run(&cli.data, command),
        Command::Relay(command) => relay::run(&cli.data, command),
        Command::Status(command) => status::run(&cli.data, command),
        Command::Backup(arguments) => backup::run(&cli.data, &arguments),
        Command::Restore(arguments) => restore::run(&cli.data, &arguments),
        Command::Check(arguments) => check::run(&cli.data, &arguments),
        Command::Prune(arguments) => prune::run(&cli.data, &arguments),
        Command::Config(command) => config::run(&cli.data, command),
        Command::Stats(arguments) => stats::run(&cli.data, arguments),
    }
}

/// Reads the settings for a command.
fn settings(data: &Path, sets: &[String], profile: Profile) -> Result<Loaded, String> {
    Config::load(data, std::env::vars(), sets, profile).map_err(|error| error.to_string())
}

/// Refuses what is no data directory, before anything is made in it.
fn check_data(data: &Path) -> Outcome {
    if data.join("kenoma.db").exists() {
        return Ok(());
    }
    Err(format!(
        "there is no kenoma.db in {}: name the data directory with --data, or run `kenoma serve` once",
        data.display()
    ))
}

/// Opens an existing data directory for a command that administers it, while a server may be running on it.
fn open(data: &Path) -> Result<App, String> {
    check_data(data)?;
    let config = settings(data, &[], Profile::Normal)?.config;
    let base = base(data, &config);
    App::open_beside_a_server(data, config, base).map_err(|error| failure(data, error))
}

/// The base URL that the server used last, unless the settings name one.
fn base(data: &Path, config: &Config) -> BaseUrl {
    let remembered = || {
        BaseUrl::parse(
            std::fs::read_to_string(data.join("cache").join("base_url"))
                .ok()?
                .trim(),
        )
        .ok()
    };
    config
        .server
        .url
        .clone()
        .or_else(remembered)
        .unwrap_or_else(|| config.base_url(listen(config)))
}

fn listen(config: &Config) -> SocketAddr {
    config.server.listen
}

/// An error of ours as the line that a person at a terminal can use.
fn failure(data: &Path, error: Error) -> String {
    match error {
        Error::NoSpace => format!("the disk that holds {} is full", data.display()),
        Error::Internal(cause) => format!("{}: {}", data.display(), diagnosis(cause.as_ref())),
        other => other.to_string(),
    }
}

/// What SQLite says of a file that is none of its own, in words that tell what to do.
fn diagnosis(cause: &(dyn std::error::Error + 'static)) -> String {
    let code = cause
        .downcast_ref::<rusqlite::Error>()
        .and_then(rusqlite::Error::sqlite_error_code);
    match code {
        Some(ErrorCode::NotADatabase) => {
            "kenoma.db is not a database; nothing was changed: put a backup in its place".into()
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            format!("kenoma.db is damaged ({cause}): put a backup in its place")
        }
        _ => cause.to_string(),
    }
}

/// Prints an entity as one line of JSON.
fn print_json(entity: &impl serde::Serialize) -> Outcome {
    say(serde_json::to_string(entity).map_err(|error| error.to_string())?)
}

/// Prints a line. Whoever reads it may have heard enough (`kenoma stats | head`); that is no failure.
fn say(line: impl std::fmt::Display) -> Outcome {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("cannot print: {error}"))
        }
        _ => Ok(()),
    }
}
