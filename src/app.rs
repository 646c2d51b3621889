//! The house: everything that a request or a job needs, made once at the start. Nothing global stands beside it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::auth::captcha::Solved;
use crate::auth::password::Hasher;
use crate::config::{BaseUrl, Config};
use crate::db::{self, Db};
use crate::error::{Error, Result};
use crate::fed::Federation;
use crate::fed::fetch::Client;
use crate::mail::{Mailer, Site};
use crate::media::image::Decoder;
use crate::media::packs::{self, Packs};
use crate::media::remote::RemoteMedia;
use crate::media::remote_cache::RemoteCache;
use crate::media::store::Store;
use crate::ops::login::Terms;
use crate::ops::server_keys;
use crate::ops::sessions::Rules;
use crate::views::House;
use crate::views::emoji_pack::Shelf;
use crate::web::basic::Remembered;
use crate::web::idempotency::InProgress;
use crate::web::kept::Kept;
use crate::web::rate::Limiter;
use crate::web::router::Router;
use crate::web::streaming::Streams;

/// The running server's parts.
pub struct App {
    config: Config,
    data: PathBuf,
    spool: PathBuf,
    db: Db,
    house: House,
    router: Router,
    limiter: Limiter,
    in_progress: InProgress,
    remembered: Remembered,
    kept: Kept,
    hasher: Hasher,
    captchas: Solved,
    streams: Arc<Streams>,
    uploads: Store,
    remote_cache: RemoteCache,
    decoder: Decoder,
    mailer: Mailer,
    client: Client,
    fed: Federation,
    trusted_proxies: Vec<IpAddr>,
    packs: Packs,
    shelf: Shelf,
    packs_seen: Mutex<PacksSeen>,
    setup: Mutex<Option<[u8; 32]>>,
    stopping: AtomicBool,
}

/// When the emoji packs on disk were looked at, and what they looked like.
#[derive(Default)]
struct PacksSeen {
    at: Option<Instant>,
    fingerprint: Option<u64>,
}

/// Between two looks at the packs on disk.
const PACKS_LOOK: Duration = Duration::from_secs(2);

impl App {
    /// Opens everything in the data directory for the server, creating what is missing.
    pub fn open(data: &Path, config: Config, base: BaseUrl) -> Result<App> {
        make_private_dir(&data.join("cache"))?;
        // Whatever a killed process left half-received is nobody's.
        let _ = std::fs::remove_dir_all(data.join("cache").join("spool"));
        // Commands that run without a server make links too.
        std::fs::write(data.join("cache").join("base_url"), base.as_str())?;
        App::open_beside_a_server(data, config, base)
    }

    /// Opens everything for a command, while a server may be running on the same data directory.
    pub fn open_beside_a_server(data: &Path, config: Config, base: BaseUrl) -> Result<App> {
        let base = base.with_domain(&config.server.domain);
        for folder in ["uploads", "emoji", "cache", "mail", "cache/spool"] {
            make_private_dir(&data.join(folder))?;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as u32;
        let readers = if config.storage.readers == 0 {
            (2 * cores).clamp(4, 16)
        } else {
            config.storage.readers
        };
        let settings = db::Settings {
            full_sync: config.storage.synchronous == crate::config::Synchronous::Full,
            readers,
            cache_kib: config.storage.cache_kib,
        };
        let db = Db::open(&data.join("kenoma.db"), &settings)?;
        db.read(|db| {
            crate::ids::seen(db::newest_id(db)?);
            Ok(())
        })?;
        let app = App {
            spool: data.join("cache").join("spool"),
            setup: Mutex::default(),
            house: House {
                base: base.clone(),
                fragments: Default::default(),
                emojis: Default::default(),
                show_reactions: config.instance.show_reactions,
                remote_media: Arc::new(remote_media(&db, &config, &base)?),
            },
            router: Router::new(crate::routes::ROUTES),
            limiter: Limiter::new(config.rate_limit.enabled),
            in_progress: InProgress::default(),
            remembered: Remembered::default(),
            kept: Kept::default(),
            hasher: Hasher::new(config.password.cost),
            captchas: Solved::default(),
            streams: Arc::new(Streams::new(&config.limits, Arc::clone(db.hub()))?),
            uploads: Store::new(data.join("uploads"))?,
            remote_cache: remote_cache(data, &config),
            decoder: Decoder::default(),
            mailer: Mailer::new(&config, &base, &data.join("mail")).map_err(Error::internal)?,
            fed: Federation::default(),
            client: Client::new(&base, config.federation.allow_private_addresses),
            trusted_proxies: config.server.trusted_proxies.clone(),
            packs: Packs::new(data)?,
            shelf: Shelf::default(),
            packs_seen: Mutex::default(),
            stopping: AtomicBool::new(false),
            data: data.to_owned(),
            config,
            db,
        };
        app.look_at_packs(true);
        Ok(app)
    }

    /// Boot settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where the front door puts large bodies.
    pub fn spool_dir(&self) -> &Path {
        &self.spool
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What rendering needs. Emoji packs changed by hand are noticed here, at most every two seconds.
    pub fn house(&self) -> &House {
        self.look_at_packs(false);
        &self.house
    }

    /// The base of every URL.
    pub fn base(&self) -> &BaseUrl {
        &self.house.base
    }

    /// The route table, searchable.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// Rate limits.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Requests with an `Idempotency-Key` that are being answered.
    pub fn in_progress(&self) -> &InProgress {
        &self.in_progress
    }

    /// HTTP Basic pairs that were right a moment ago.
    pub fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Documents that are rendered once for everybody.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Hashes passwords, two at a time.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Captchas that were solved a moment ago.
    pub fn captchas(&self) -> &Solved {
        &self.captchas
    }

    /// Open streams.
    pub fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// Files that people uploaded.
    pub fn uploads(&self) -> &Store {
        &self.uploads
    }

    /// Files of other servers that somebody here looked at.
    pub fn remote_cache(&self) -> &RemoteCache {
        &self.remote_cache
    }

    /// Emoji packs.
    pub fn packs(&self) -> &Packs {
        &self.packs
    }

    /// The list of emoji packs, rendered.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Decodes images, one at a time.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Outgoing mail.
    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// Asks other servers: the one HTTP client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What the federation room remembers between requests.
    pub fn fed(&self) -> &Federation {
        &self.fed
    }

    /// What letters call this server.
    pub fn site(&self) -> Site<'_> {
        Site {
            name: &self.config.instance.name,
            url: self.base(),
        }
    }

    /// What the settings say about who may be heard.
    pub fn rules(&self) -> Rules {
        Rules {
            activation_required: self.config.instance.account_activation_required,
        }
    }

    /// What the settings say about logins.
    pub fn terms(&self) -> Terms {
        Terms {
            rules: self.rules(),
            token_lifetime: self.config.token_lifetime(),
            code_lifetime: self.config.code_lifetime(),
        }
    }

    /// Proxies whose word about the caller's address is believed.
    pub fn trusted_proxies(&self) -> &[IpAddr] {
        &self.trusted_proxies
    }

    /// Whether that is the admin secret; never while none is set (pleroma-contract B.11).
    pub fn is_admin_secret(&self, shown: Option<&str>) -> bool {
        let secret = self.config.admin.token.expose();
        !secret.is_empty()
            && shown.is_some_and(|shown| crate::auth::secret::is_equal(shown, secret))
    }

    /// Makes the one-time token of the setup page, while nobody lives here (security.md O13). Each start makes another.
    pub fn begin_setup(&self) -> Result<Option<String>> {
        if self.db.read(db::users::any)? {
            return Ok(None);
        }
        let token = crate::auth::secret::token();
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(crate::auth::secret::digest(&token));
        Ok(Some(token))
    }

    /// Whether that is the setup page's token, and nobody lives here yet.
    pub fn is_setup_token(&self, shown: &str) -> Result<bool> {
        let expected = *self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        // Digests are compared, so timing tells nothing of the token.
        Ok(
            expected == Some(crate::auth::secret::digest(shown))
                && !self.db.read(db::users::any)?,
        )
    }

    /// The server refuses new work from now on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.db.bell().ring();
        self.db.log_bell().ring();
        self.fed.senders.ring();
        self.fed.threads.bell.ring();
        self.fed.readers.ring();
        self.fed.fetchers.ring();
    }

    /// Whether [`App::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Reads the emoji packs anew if they changed on disk since the last look.
    pub fn look_at_packs(&self, now: bool) {
        // Somebody else is looking already.
        let Ok(mut seen) = self.packs_seen.try_lock() else {
            return;
        };
        if !now && seen.at.is_some_and(|at| at.elapsed() < PACKS_LOOK) {
            return;
        }
        seen.at = Some(Instant::now());
        let fingerprint = packs::fingerprint(self.packs.root());
        if seen.fingerprint != Some(fingerprint) {
            self.load_emoji(&mut seen, fingerprint);
        }
    }

    /// Reads the emoji packs anew: after a change, and where somebody insists.
    pub fn reload_emoji(&self) {
        let mut seen = self
            .packs_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let fingerprint = packs::fingerprint(self.packs.root());
        self.load_emoji(&mut seen, fingerprint);
    }

    /// The fingerprint was taken before: what changes from here on is noticed by the next look.
    fn load_emoji(&self, seen: &mut PacksSeen, fingerprint: u64) {
        seen.at = Some(Instant::now());
        seen.fingerprint = Some(fingerprint);
        let all = packs::load(self.packs.root());
        self.house.emojis.replace(crate::views::emoji::table(all));
        self.house.fragments.clear();
    }
}

/// How clients get files of other servers.
fn remote_media(db: &Db, config: &Config, base: &BaseUrl) -> Result<RemoteMedia> {
    let secret = match config.media_proxy.enabled {
        true => Some(server_keys::media_proxy(db)?),
        false => None,
    };
    Ok(RemoteMedia::new(base, secret.as_deref()))
}

fn remote_cache(data: &Path, config: &Config) -> RemoteCache {
    let settings = &config.media_proxy;
    let limit = match settings.enabled {
        true => settings.cache,
        false => 0,
    };
    let lifetime = Duration::from_secs(86_400 * u64::from(settings.cache_days));
    RemoteCache::new(data.join("cache").join("media"), limit, lifetime)
}

/// Makes a folder that only we can read.
pub fn make_private_dir(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    Ok(())
}
