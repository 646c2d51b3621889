//! SQL, one file per table or tight group of tables. Rows and transactions; never HTTP, JSON views or other hosts.
//!
//! One connection writes, a pool of connections reads. A read is one deferred transaction, so a page is consistent;
//! a write is one immediate transaction, so it never meets a lock that it did not wait for at its start.

pub mod account_keys;
pub mod account_search;
pub mod accounts;
pub mod activities;
pub mod addresses;
pub mod announcements;
pub mod apps;
pub mod audience;
pub mod backups;
pub mod blocks;
pub mod bookmark_folders;
pub mod bookmarks;
pub mod cards;
pub mod chats;
pub mod codes;
pub mod conversations;
pub mod deletion;
pub mod deliveries;
pub mod directory;
pub mod domain_policies;
pub mod endorsements;
pub mod exports;
pub mod favourites;
pub mod featured_tags;
pub mod filters;
pub mod follows;
pub mod home;
pub mod hosts;
pub mod idempotency;
pub mod imports;
pub mod inbox_items;
pub mod integrity;
pub mod invites;
pub mod jobs;
pub mod lists;
pub mod markers;
pub mod mascots;
pub mod media;
pub mod media_proxy_bans;
pub mod mfa;
pub mod mfa_tokens;
pub mod migrations;
pub mod moderation_log;
pub mod moves;
pub mod mutes;
pub mod notifications;
pub mod page;
pub mod password_resets;
pub mod pins;
pub mod polls;
pub mod preferences;
pub mod pruning;
pub mod push_subscriptions;
pub mod quotes;
pub mod reactions;
pub mod reblogs;
pub mod relationships;
pub mod relays;
pub mod remote_accounts;
pub mod reports;
pub mod row;
pub mod rules;
pub mod scheduled_statuses;
pub mod scrobbles;
pub mod seen_activities;
pub mod server_state;
pub mod snapshot;
pub mod stats;
pub mod status_edits;
pub mod status_hosts;
pub mod status_search;
pub mod statuses;
pub mod streaming;
pub mod suggestions;
pub mod tags;
pub mod timelines;
pub mod tokens;
pub mod trends;
pub mod user_list;
pub mod users;
pub mod visibility;
mod wal;

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use scheduled_thread_pool::ScheduledThreadPool;

use crate::error::{Error, Result};
use crate::events::{Event, Hub};
use crate::ids::AccountId;
use crate::priority;

/// How the database file is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// An acknowledged write survives a power cut (`storage.synchronous = "full"`).
    pub full_sync: bool,
    /// Connections that read at once.
    pub readers: u32,
    /// Page cache of each connection in KiB.
    pub cache_kib: u32,
}

/// The database: a writer, readers, the bell that wakes the job runner, and the hub that tells streams what happened.
pub struct Db {
    readers: r2d2::Pool<SqliteConnectionManager>,
    behind: Mutex<()>,
    writer: Mutex<Connection>,
    generation: AtomicU64,
    bell: Bell,
    log_bell: Bell,
    log_is_due: AtomicBool,
    hub: Arc<Hub>,
}

/// A write transaction. It remembers that a job was pushed, to ring the bell after the commit, and what happened, to publish it.
pub struct Tx<'a> {
    inner: rusqlite::Transaction<'a>,
    jobs_pushed: Cell<bool>,
    emitted: RefCell<Vec<Event>>,
    hub: &'a Hub,
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.inner
    }
}

impl Tx<'_> {
    /// Has the job runner woken once this transaction is committed.
    pub fn wake_jobs(&self) {
        self.jobs_pushed.set(true);
    }

    /// Tells open streams of something once this transaction is committed. Telling the same twice is telling it once.
    pub fn emit(&self, event: Event) {
        let mut emitted = self.emitted.borrow_mut();
        if emitted.last() != Some(&event) {
            emitted.push(event);
        }
    }

    /// Who listens to what happens: what is about to go must be looked at through their eyes before it is gone.
    pub fn listeners(&self) -> Vec<Option<AccountId>> {
        self.hub.listeners()
    }
}

impl Db {
    /// Opens the file, creating or upgrading it (see [`migrations`]).
    pub fn open(path: &Path, settings: &Settings) -> Result<Db> {
        let mut writer = connect(path)?;
        migrations::run(&mut writer)?;
        prepare(&writer, settings)?;
        wal::watch(&writer);
        let init = settings.clone();
        let manager = SqliteConnectionManager::file(path)
            .with_flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .with_init(move |conn| {
                prepare(conn, &init)?;
                conn.pragma_update(None, "query_only", true)
            });
        let readers = r2d2::Pool::builder()
            .max_size(settings.readers.max(1))
            .min_idle(Some(0))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(10))
            .thread_pool(Arc::new(ScheduledThreadPool::new(1)))
            .build(manager)?;
        Ok(Db {
            readers,
            behind: Mutex::default(),
            writer: Mutex::new(writer),
            generation: AtomicU64::new(0),
            bell: Bell::default(),
            log_bell: Bell::default(),
            log_is_due: AtomicBool::new(false),
            hub: Arc::default(),
        })
    }

    /// Reads in one consistent snapshot. Do not hold on to it while waiting for anything but the disk.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _turn = self.turn();
        let conn = self.readers.get()?;
        let snapshot = Snapshot::open(&conn)?;
        let found = work(&conn)?;
        snapshot.close()?;
        Ok(found)
    }

    /// Runs work of one single statement, which is a consistent snapshot by itself.
    pub fn ask<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _turn = self.turn();
        work(&*self.readers.get()?)
    }

    /// Those who stepped back read one after the other: each may be made to wait at any moment, and those who answer requests would wait
    /// for the connections that they hold.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        let turn = || self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        priority::is_behind().then(turn)
    }

    /// Writes in one transaction: all of it happens, or nothing. Rings the job runner's bell and publishes events after the commit.
    pub fn write<T>(&self, work: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
        self.write_then(work, |_, made| Ok(made))
    }

    /// Writes, then reads what came of it, in a snapshot of its own that nobody's write can precede. The writing connection has
    /// the pages in its cache; a reader would drop its own and fetch them.
    pub fn write_and_show<T, S>(
        &self,
        work: impl FnOnce(&Tx) -> Result<T>,
        show: impl FnOnce(&Connection, T) -> Result<S>,
    ) -> Result<S> {
        self.write_then(work, |conn, made| {
            let snapshot = Snapshot::open(conn)?;
            let shown = show(conn, made)?;
            snapshot.close()?;
            Ok(shown)
        })
    }

    fn write_then<T, S>(
        &self,
        work: impl FnOnce(&Tx) -> Result<T>,
        then: impl FnOnce(&Connection, T) -> Result<S>,
    ) -> Result<S> {
        let (shown, wake) = {
            let mut conn = self.writer();
            let (made, wake, events) = self.commit(&mut conn, work)?;
            self.generation.fetch_add(1, Ordering::Release);
            // While the writer is still ours: events come in the order of the commits.
            self.hub.publish(events);
            (then(&conn, made), wake)
        };
        if wake {
            self.bell.ring();
        }
        if wal::is_due() && !self.log_is_due.swap(true, Ordering::Relaxed) {
            self.log_bell.ring();
        }
        shown
    }

    /// What was made, whether to wake the job runner, and what happened.
    fn commit<T>(
        &self,
        conn: &mut Connection,
        work: impl FnOnce(&Tx) -> Result<T>,
    ) -> Result<(T, bool, Vec<Event>)> {
        let tx = Tx {
            inner: conn.transaction_with_behavior(TransactionBehavior::Immediate)?,
            jobs_pushed: Cell::new(false),
            emitted: RefCell::default(),
            hub: &self.hub,
        };
        let made = work(&tx)?;
        let (wake, events) = (tx.jobs_pushed.get(), tx.emitted.take());
        tx.inner.commit()?;
        Ok((made, wake, events))
    }

    /// Counts the writes of this process: what was read at one generation is still so while it lasts. Ask before reading.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Does what [`Db::write`] would, and takes all of it back: to see what would come of it.
    pub fn rehearse<T>(&self, work: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
        let mut conn = self.writer();
        work(&Tx {
            inner: conn.transaction_with_behavior(TransactionBehavior::Immediate)?,
            jobs_pushed: Cell::new(false),
            emitted: RefCell::default(),
            hub: &self.hub,
        })
    }

    /// Where what happened is published.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The bell that rings when there may be work.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// The bell that rings when much stands in the write-ahead log.
    pub fn log_bell(&self) -> &Bell {
        &self.log_bell
    }

    /// Folds the write-ahead log into the file while others read and write, if it is long. They wait only for what is added
    /// meanwhile: without that little the log could not begin anew.
    pub fn fold_log(&self) -> Result<()> {
        if self.log_is_due.swap(false, Ordering::Relaxed) {
            self.ask(|conn| Ok(wal::fold(conn)?))?;
            wal::fold(&self.writer())?;
        }
        Ok(())
    }

    /// Readers: how many there may be, how many are in use, how many are idle (`/api/pleroma/healthcheck`).
    pub fn pool_state(&self) -> (u32, u32, u32) {
        let state = self.readers.state();
        (
            self.readers.max_size(),
            state.connections - state.idle_connections,
            state.idle_connections,
        )
    }

    /// Folds the write-ahead log into the file, as a last act before the process ends.
    pub fn checkpoint(&self) -> Result<()> {
        self.writer()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolls it back; the connection itself is sound.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one of those who wait for work, before its next look at the clock. Whoever finds more than one can do rings again.
#[derive(Default)]
pub struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    /// Wakes somebody who waits, or the next one who does.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_one();
    }

    /// Waits for the bell, at most that long.
    pub fn wait(&self, at_most: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) = self
            .heard
            .wait_timeout_while(rung, at_most, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

/// A deferred transaction of kept statements: rusqlite's own compiles BEGIN and COMMIT each time, and every request reads.
struct Snapshot<'a> {
    conn: &'a Connection,
    open: bool,
}

impl<'a> Snapshot<'a> {
    fn open(conn: &'a Connection) -> rusqlite::Result<Snapshot<'a>> {
        conn.prepare_cached("BEGIN")?.execute([])?;
        Ok(Snapshot { conn, open: true })
    }

    fn close(mut self) -> rusqlite::Result<()> {
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        if self.open
            && let Err(error) = self.conn.execute_batch("ROLLBACK")
        {
            log::error!("ending a read: {error}");
        }
    }
}

fn connect(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(Error::from)
}

fn prepare(conn: &Connection, settings: &Settings) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(
        None,
        "synchronous",
        if settings.full_sync { "FULL" } else { "NORMAL" },
    )?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Checked when a page enters the cache. That is why the file is not mapped: a mapped page would be checked at each visit.
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -i64::from(settings.cache_kib))?;
    // Plans must not depend on the values bound: else SQLite compiles a statement anew for each of them.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(160);
    Ok(())
}

/// A list of ids as a JSON array: one parameter for a whole page, read by `json_each`.
pub fn json_ids<I: Copy + Into<i64>>(ids: &[I]) -> String {
    let mut text = String::with_capacity(ids.len() * 17 + 2);
    text.push('[');
    for (position, id) in ids.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push_str(&(*id).into().to_string());
    }
    text.push(']');
    text
}

/// Tables whose ids come from [`crate::ids::next`].
const NUMBERED: &[&str] = &[
    "statuses",
    "notifications",
    "accounts",
    "media",
    "tokens",
    "jobs",
    "follows",
    "blocks",
    "mutes",
    "lists",
    "list_members",
    "reports",
    "scrobbles",
    "filters",
    "filter_keywords",
    "filter_statuses",
    "tag_follows",
    "featured_tags",
    "endorsements",
    "announcements",
    "announcement_reactions",
    "rules",
    "scheduled_statuses",
    "backups",
    "chat_messages",
];

/// The largest id in use, so that the next one is above it even if the clock was set back.
pub fn newest_id(db: &Connection) -> Result<i64> {
    // The names are our own; an identifier cannot be a parameter.
    let largest = NUMBERED
        .iter()
        .map(|table| format!("SELECT max(id) AS id FROM {table}"));
    let largest = largest.collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!(
        "SELECT coalesce(max(id), 0) FROM ({largest} UNION ALL SELECT max(bumped) FROM chats)"
    );
    Ok(db.query_row(&sql, [], |row| row.get(0))?)
}
