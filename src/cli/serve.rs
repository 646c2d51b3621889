//! `kenoma serve`: opens the house, answers until told to stop, leaves in order.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Outcome, Sets, ephemeral, failure, settings};
use crate::app::App;
use crate::config::{Loaded, Profile, check_data_dir};
use crate::web::server::{Server, bind};

/// What `serve` takes.
#[derive(Args)]
pub struct Arguments {
    /// Where to listen (default 127.0.0.1:4000)
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// The address under which others reach this server
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    sets: Sets,
    /// A throw-away server for tests: temporary data directory, any free port
    #[arg(long)]
    ephemeral: bool,
    /// Make a user (ephemeral only); `:admin` makes an admin; may be repeated
    #[arg(long = "user", value_name = "NAME[:admin]", requires = "ephemeral")]
    users: Vec<String>,
    /// Ephemeral mode always prints its start-up line as JSON; accepted for clarity
    #[arg(long, requires = "ephemeral")]
    json: bool,
}

/// What runs may finish for so long after the signal; a throw-away server must be gone within 8 s.
const PATIENCE: Duration = Duration::from_secs(8);
const EPHEMERAL_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the server until SIGTERM or SIGINT.
pub fn run(data: &Path, arguments: Arguments) -> Outcome {
    raise_descriptor_limit();
    if !arguments.ephemeral {
        make_data_dir(data)?;
        return serve(data, &arguments, Profile::Normal);
    }
    let folder = ephemeral::Folder::make()?;
    serve(folder.path(), &arguments, Profile::Ephemeral)
}

fn serve(data: &Path, arguments: &Arguments, profile: Profile) -> Outcome {
    // Asked for first, so that a signal during the start ends it in order too.
    let mut signals = Signals::new([SIGTERM, SIGINT])
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    let (app, server) = start(data, arguments, profile)?;
    announce(&app, arguments, profile)?;
    let jobs =
        crate::jobs::runner::start(Arc::clone(&app)).map_err(|error| failure(data, error))?;
    let pools = crate::jobs::start_pools(&app).map_err(|error| failure(data, error))?;
    signals.forever().next();
    app.stop();
    server.close(if profile == Profile::Ephemeral {
        EPHEMERAL_PATIENCE
    } else {
        PATIENCE
    });
    if jobs.join().is_err() {
        log::error!("the job runner had panicked");
    }
    for thread in pools {
        if thread.join().is_err() {
            log::error!("a worker had panicked");
        }
    }
    app.db().checkpoint().map_err(|error| failure(data, error))
}

fn start(
    data: &Path,
    arguments: &Arguments,
    profile: Profile,
) -> Result<(Arc<App>, Server), String> {
    let loaded = load(data, arguments, profile)?;
    let listener = bind(loaded.config.server.listen)?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    let base = loaded.config.base_url(bound);
    loaded.config.check(&base)?;
    if loaded.config.federation.allow_private_addresses && profile == Profile::Normal {
        log::warn!(
            "federation.allow_private_addresses is on: other servers can make this one call hosts in its own network"
        );
    }
    let app = App::open(data, loaded.config, base).map_err(|error| failure(data, error))?;
    let app = Arc::new(app);
    let server = Server::start(&app, listener).map_err(|error| failure(data, error))?;
    Ok((app, server))
}

fn load(data: &Path, arguments: &Arguments, profile: Profile) -> Result<Loaded, String> {
    let mut sets = arguments.sets.sets.clone();
    sets.extend(
        arguments
            .listen
            .map(|address| format!("server.listen={address}")),
    );
    sets.extend(
        arguments
            .url
            .as_ref()
            .map(|url| format!("server.url={url}")),
    );
    settings(data, &sets, profile)
}

/// Says where we are: a line of JSON for programs, a sentence and perhaps the setup link for people.
fn announce(app: &App, arguments: &Arguments, profile: Profile) -> Outcome {
    let line = match profile {
        Profile::Ephemeral => ephemeral::start_up_line(app, &arguments.users)?,
        Profile::Normal => greeting(app)?,
    };
    let mut out = std::io::stdout().lock();
    // Whoever started us may have stopped listening; that is no reason not to serve.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    Ok(())
}

fn greeting(app: &App) -> Result<String, String> {
    let here = format!("kenoma {} is at {}", env!("CARGO_PKG_VERSION"), app.base());
    match app
        .begin_setup()
        .map_err(|error| failure(app.data(), error))?
    {
        None => Ok(here),
        Some(token) => Ok(format!(
            "{here}\nNobody lives here yet. Make the first account at\n\n    {}/setup/{token}\n",
            app.base()
        )),
    }
}

fn make_data_dir(data: &Path) -> Outcome {
    crate::app::make_private_dir(data).map_err(|error| match error {
        crate::error::Error::NoSpace => format!("the disk is full: cannot make {}", data.display()),
        other => format!(
            "cannot make the data directory {}: {}",
            data.display(),
            cause(&other)
        ),
    })?;
    match std::fs::read_dir(data) {
        Ok(_) => check_data_dir(data),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(format!(
            "the data directory {} may not be read by this user",
            data.display()
        )),
        Err(error) => Err(format!(
            "the data directory {} cannot be read: {error}",
            data.display()
        )),
    }
}

fn cause(error: &crate::error::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| source.to_string())
}

/// Each connection is a descriptor; the usual limit of 1,024 leaves too little beside the files.
pub fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = match limit.maximum {
        Some(maximum) => Some(maximum.min(16_384)),
        None => Some(16_384),
    };
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        log::info!("the limit of open files stays as it is: {error}");
    }
}
