//! Boot settings: what an operator decides before the server starts.
//!
//! `keys` holds THE table: every key, its type, default and meaning; adding a setting is one
//! row there. `load` reads the sources in order (defaults, `config.toml`, `KENOMA_…`, `--set`),
//! `describe` prints what came out, `check` refuses combinations that would be unsafe.
//! Settings that an admin changes while the server runs live in the database, not here.
mod base_url;
mod check;
mod describe;
mod keys;
mod load;
mod suggest;
#[cfg(test)]
mod tests;
mod value;

pub use base_url::BaseUrl;
pub use check::check_data_dir;
pub use describe::{Line, example};
pub use keys::*;
pub use load::{ConfigError, Loaded, Origin};
pub use value::{EmailTls, EmailTransport, Secret, Synchronous};

use std::net::SocketAddr;
use std::time::Duration;

/// Which set of defaults a process starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A server that keeps its data.
    Normal,
    /// `serve --ephemeral`: a throw-away server for tests on one machine.
    Ephemeral,
}

impl Config {
    /// The defaults of a profile, before any source is read.
    pub fn preset(profile: Profile) -> Config {
        let mut config = Config::default();
        if profile == Profile::Ephemeral {
            config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
            config.federation.allow_private_addresses = true;
            config.federation.allow_private_addresses_on_public_url = true;
            config.rate_limit.enabled = false;
            config.storage.synchronous = Synchronous::Normal;
            config.password.cost = 4;
        }
        config
    }

    /// Whether registering needs a solved captcha: as set, else whenever anyone may register.
    pub fn captcha_enabled(&self) -> bool {
        self.captcha
            .enabled
            .unwrap_or(self.instance.registrations_open)
    }

    /// The address under which others reach this server: `server.url`, else the bound address.
    pub fn base_url(&self, bound: SocketAddr) -> BaseUrl {
        self.server
            .url
            .clone()
            .unwrap_or_else(|| BaseUrl::from_listen(bound))
    }

    /// How long an access token lives.
    pub fn token_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.oauth.token_days) * 24 * 60 * 60)
    }

    /// How long an authorization code may wait to be exchanged.
    pub fn code_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.oauth.code_minutes) * 60)
    }
}
