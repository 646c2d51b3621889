//! The one handler, behind the front door or bare, and its end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::dispatch;
use super::door::bare::Bare;
use super::door::{Ask, Door, Handler, Settings, Takers};
use super::streaming;
use crate::app::App;
use crate::error::Result;

/// A server that answers.
pub struct Server {
    front: Front,
    streams: streaming::Running,
}

/// What stands between the clients and the handler.
enum Front {
    /// Behind the front door.
    Guarded(Door),
    /// `server.front_door = false`: for use behind a proxy that limits heads, bodies and time.
    Bare(Bare),
}

impl Server {
    /// Begins to answer on that listener.
    pub fn start(app: &Arc<App>, listener: TcpListener) -> Result<Server> {
        let answering = Arc::clone(app);
        let handler: Handler = Arc::new(move |request| dispatch::answer(&answering, request));
        let redeeming = Arc::clone(app.streams());
        let takers: Takers = Arc::new(move |ticket| redeeming.taker(ticket));
        let settings = settings(app);
        let streams = streaming::start(app)?;
        if !app.config().server.front_door {
            let address = listener.local_addr()?;
            // rouille binds by itself; the port was ours until now, so nobody else asks for it.
            drop(listener);
            let bare = Bare::open(address, settings.threads, handler, takers, lost)?;
            let front = Front::Bare(bare);
            return Ok(Server { front, streams });
        }
        let (limiting, sorting) = (Arc::clone(app), Arc::clone(app));
        let ask = Ask {
            body_limit: Arc::new(move |method, target| {
                dispatch::body_limit(&limiting, method, target)
            }),
            is_slow: Arc::new(move |method, target| dispatch::is_slow(&sorting, method, target)),
        };
        let door = Door::open(listener, settings, ask, handler, takers)?;
        let front = Front::Guarded(door);
        Ok(Server { front, streams })
    }

    /// Sends the streams away, refuses new work, lets what runs finish until the deadline.
    pub fn close(self, deadline: Duration) {
        self.streams.stop();
        match self.front {
            Front::Guarded(door) => door.close(deadline),
            Front::Bare(bare) => bare.close(deadline),
        }
    }
}

/// The bare mode's socket loop ends at the first failed accept. A supervisor starts us again.
fn lost() {
    log::error!("the listening socket failed: ending");
    std::process::exit(1);
}

/// What the front door is told: defaults of `security.md` 2, as the operator changed them.
fn settings(app: &App) -> Settings {
    let (limits, server) = (&app.config().limits, &app.config().server);
    let mut settings = Settings::new(app.spool_dir().to_owned());
    settings.head_limit = limits.head as usize;
    settings.head_timeout = limits.head_timeout;
    settings.body_timeout = limits.body_timeout;
    settings.idle_timeout = limits.idle_timeout;
    settings.write_timeout = limits.write_timeout;
    settings.max_connections = limits.connections as usize;
    settings.max_per_address = Some(limits.connections_per_address as usize);
    settings.exempt = server.trusted_proxies.clone();
    if server.threads > 0 {
        settings.threads = server.threads as usize;
    }
    settings
}

/// Whether a listener may be given to that address; for the messages of `kenoma serve`.
pub fn bind(address: SocketAddr) -> std::result::Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is in use by another program: stop it, or choose another address with --listen")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("{address} may not be used by this user: ports below 1024 need a privilege; choose another with --listen")
        }
        std::io::ErrorKind::AddrNotAvailable => format!("{address} is not an address of this machine"),
        _ => format!("cannot listen on {address}: {error}"),
    })
}
