//! Keys in use: our own, made when first needed and parsed once; those of others, remembered while they are used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quick_cache::sync::Cache;

use super::signature::key::{self, NewKey, PrivateKey, PublicKey};
use crate::app::App;
use crate::clock::Timestamp;
pub use crate::db::activities::Signer;
use crate::db::{account_keys, accounts, server_state};
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// A key of ours, ready to sign, with the half that everybody may see.
pub struct OwnKey {
    /// Signs.
    pub private: PrivateKey,
    /// SPKI, PEM.
    pub public_pem: String,
}

/// Somebody else's key.
pub struct RemoteKey {
    /// Whose it is.
    pub account: AccountId,
    /// The owner's actor id.
    pub account_uri: String,
    /// Verifies.
    pub public: PublicKey,
    /// When it was read.
    pub fetched_at: Timestamp,
    /// Not to be read again before.
    pub refresh_after: Timestamp,
    /// When it was read from the database.
    read_at: Instant,
}

/// A key is read from the database again after this: a command beside the server may have removed its owner.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The owner of a key may have changed it, once it is older than this …
const SETTLED: Duration = Duration::from_secs(300);

/// … and is not asked about it more often than this.
const ASKED: Duration = Duration::from_secs(3600);

impl RemoteKey {
    /// Whether a signature that it does not verify may be right, with a newer key.
    pub fn may_be_stale(&self, now: Timestamp) -> bool {
        self.fetched_at.plus(SETTLED) < now && self.refresh_after <= now
    }

    /// The owner is about to be asked for the key: not again for a while.
    pub fn put_off(&self, app: &App, uri: &str) -> Result<()> {
        let until = Timestamp::now().plus(ASKED);
        app.db()
            .write(|tx| account_keys::put_off_refresh(tx, uri, until))?;
        app.fed().keys.forget(uri);
        Ok(())
    }
}

/// Keys parsed a while ago, and still in use.
pub struct Keys {
    own: Cache<Signer, Arc<OwnKey>>,
    remote: Cache<String, Arc<RemoteKey>>,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            own: Cache::new(64),
            remote: Cache::new(1000),
        }
    }
}

/// What the id of a key adds to its owner's. Some peers guess it, so it stays.
pub const FRAGMENT: &str = "#main-key";

impl Keys {
    /// A key of ours; made and kept if there is none yet. Two who need it at once make it once.
    pub fn own(&self, app: &App, signer: Signer) -> Result<Arc<OwnKey>> {
        self.own
            .get_or_insert_with(&signer, || Ok(Arc::new(own(app, signer)?)))
    }

    /// The public half of the key of ours with that id, if there is one.
    pub fn own_public(&self, app: &App, uri: &str) -> Result<Option<PublicKey>> {
        let of_server = [Signer::Instance, Signer::Relay];
        for signer in of_server {
            let key = self.own(app, signer)?;
            if key.private.id() == uri {
                return Ok(PublicKey::parse(&key.public_pem));
            }
        }
        let pem = app.db().read(|db| account_keys::own_public(db, uri))?;
        Ok(pem.and_then(|pem| PublicKey::parse(&pem)))
    }

    /// The key of somebody else, if it is known here.
    pub fn remote(&self, app: &App, uri: &str) -> Result<Option<Arc<RemoteKey>>> {
        let known = self.remote.get(uri);
        if let Some(known) = known.filter(|known| known.read_at.elapsed() < REMEMBERED) {
            return Ok(Some(known));
        }
        let Some(row) = app.db().read(|db| account_keys::remote(db, uri))? else {
            return Ok(None);
        };
        let Some(public) = PublicKey::parse(&row.public_pem) else {
            return Ok(None);
        };
        let key = Arc::new(RemoteKey {
            account: row.account,
            account_uri: row.account_uri,
            public,
            fetched_at: row.fetched_at,
            refresh_after: row.refresh_after,
            read_at: Instant::now(),
        });
        self.remote.insert(uri.to_owned(), Arc::clone(&key));
        Ok(Some(key))
    }

    /// Accounts may be gone: all keys but ours are read from the database when they are next needed.
    pub fn forget_others(&self) {
        self.remote.clear();
    }

    /// A key of ours may be gone.
    pub fn forget_own(&self, signer: Signer) {
        self.own.remove(&signer);
    }

    /// A key changed: it is read from the database when it is next needed.
    pub fn forget(&self, uri: &str) {
        self.remote.remove(uri);
    }
}

fn own(app: &App, signer: Signer) -> Result<OwnKey> {
    match signer {
        Signer::Instance => of_server(app, &super::instance_actor(app.base())),
        Signer::Relay => of_server(app, &super::relay_actor(app.base())),
        Signer::Account(id) => of_account(app, id),
    }
}

fn of_account(app: &App, id: AccountId) -> Result<OwnKey> {
    let (account, key) = app
        .db()
        .read(|db| Ok((accounts::by_id(db, id)?, account_keys::own(db, id)?)))?;
    let account = account
        .filter(|account| account.is_local())
        .ok_or(Error::internal("only local accounts sign"))?;
    let key = match key {
        Some(key) => key,
        None => {
            let uri = format!("{}{FRAGMENT}", account.uri);
            let NewKey {
                private,
                public_pem,
            } = key::generate()?;
            let kept = app.db().write(|tx| {
                account_keys::insert_own(tx, id, &uri, &public_pem, &private)?;
                account_keys::own(tx, id)
            })?;
            kept.ok_or(Error::internal("a new key was not kept"))?
        }
    };
    Ok(OwnKey {
        private: PrivateKey::parse(key.uri, &key.private)?,
        public_pem: key.public_pem,
    })
}

/// The name under which the key of the server itself is kept: one, whatever it is called by.
const INSTANCE_KEY: &str = "instance_key";

fn of_server(app: &App, actor: &str) -> Result<OwnKey> {
    let stored = match app.db().read(|db| server_state::get(db, INSTANCE_KEY))? {
        Some(stored) => stored,
        None => {
            let new = key::generate()?;
            let text = format!(
                "{}\n{}",
                BASE64_STANDARD.encode(new.private),
                new.public_pem
            );
            app.db()
                .write(|tx| server_state::keep_first(tx, INSTANCE_KEY, &text))?
        }
    };
    let (private, public_pem) = stored
        .split_once('\n')
        .ok_or(Error::internal("the instance key is damaged"))?;
    let private = BASE64_STANDARD.decode(private).map_err(Error::internal)?;
    Ok(OwnKey {
        private: PrivateKey::parse(format!("{actor}{FRAGMENT}"), &private)?,
        public_pem: public_pem.to_owned(),
    })
}
