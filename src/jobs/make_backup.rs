//! Makes the archive of an account. Everything is read a page at a time and written into a hidden file, so that neither memory
//! nor anybody who waits for the database notices; a crash on the way leaves the job, which begins anew.

use std::io;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::Outcome;
use crate::app::App;
use crate::db::accounts::{self, AccountRow};
use crate::db::backups::{self, BackupRow};
use crate::db::jobs::{self, JobRow};
use crate::db::page::Page;
use crate::db::timelines::{self, Filter, Profile};
use crate::db::{bookmarks, favourites, statuses};
use crate::error::{Error, Result};
use crate::fed::documents::note::{self, Posted};
use crate::fed::documents::{actor, context};
use crate::fed::keys::Signer;
use crate::ids::{AccountId, BackupId, MediaId, StatusId};
use crate::media::account_archive::AccountArchive;
use crate::media::name::SafeName;
use crate::ops;

/// Minutes between tries.
pub const RETRIES: &[u64] = &[1, 20, 180];

/// Rows that are read at once.
const PAGE: i64 = 200;

/// Does the job; its payload is the archive's id.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(id) = serde_json::from_str::<String>(&job.payload)
        .unwrap_or_default()
        .parse()
    else {
        return Outcome::Drop("the payload is no id of an archive".into());
    };
    match make(app, job, id) {
        Ok(()) => Outcome::Done,
        Err(error) if (job.attempts as usize) < RETRIES.len() => {
            Outcome::Retry(format!("{error:?}"))
        }
        Err(error) => match app.db().write(|tx| backups::fail(tx, id)) {
            Ok(()) => Outcome::Drop(format!("{error:?}")),
            Err(other) => Outcome::Retry(format!("{error:?}, and then {other:?}")),
        },
    }
}

fn make(app: &App, job: &JobRow, id: BackupId) -> Result<()> {
    let found = app.db().read(|db| {
        let backup = backups::by_id(db, id)?;
        let account = match &backup {
            Some(backup) => accounts::by_id(db, backup.account)?,
            None => None,
        };
        Ok(backup.zip(account))
    })?;
    // It goes with the account of its owner.
    let Some((backup, account)) = found else {
        return app.db().write(|tx| jobs::done(tx, job.id));
    };
    // The next start clears up after a crash.
    let mut archive = AccountArchive::create(app.spool_dir())?;
    fill(app, &account, &mut archive)?;
    place(app, job, &backup, archive)
}

/// Gives the archive its name, then names it in the database.
fn place(app: &App, job: &JobRow, backup: &BackupRow, archive: AccountArchive) -> Result<()> {
    let mut whole = archive.finish()?;
    let size = whole.metadata()?.len();
    if app.uploads().free_space()? < size {
        return Err(Error::NoSpace);
    }
    let file = app.uploads().put(&mut whole, "zip")?;
    let named = app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        ops::backups::complete(tx, backup, file.as_str(), size)
    });
    if !matches!(named, Ok(true)) {
        app.uploads().remove(&file)?;
    }
    named.map(drop)
}

fn fill(app: &App, account: &AccountRow, archive: &mut AccountArchive) -> Result<()> {
    archive.document("actor.json", &profile(app, account)?)?;
    let own = context::get().get();
    archive.collection("outbox.json", own, posts(app, account.id))?;
    let plain = "\"https://www.w3.org/ns/activitystreams\"";
    archive.collection(
        "likes.json",
        plain,
        marked(app, account.id, favourites::list),
    )?;
    let all_bookmarks =
        |db: &Connection, me: AccountId, page: &Page| bookmarks::list(db, me, None, page);
    archive.collection(
        "bookmarks.json",
        plain,
        marked(app, account.id, all_bookmarks),
    )?;
    files(app, account, archive)
}

/// The actor document, which names the others as they lie beside it.
fn profile(app: &App, account: &AccountRow) -> Result<Vec<u8>> {
    let key = app.fed().keys.own(app, Signer::Account(account.id))?;
    let key = actor::PublicKey::new(key.private.id(), &account.uri, &key.public_pem);
    let moved_to = app.db().read(|db| accounts::moved_to(db, account.id))?;
    let mut document = serde_json::to_value(actor::person(app.house(), account, key, moved_to))?;
    for name in ["outbox", "likes", "bookmarks"] {
        document[name] = json!(format!("{name}.json"));
    }
    Ok(serde_json::to_vec_pretty::<Value>(&document)?)
}

/// Everything that the account said, to whomever, the newest first: the activities as other servers got them.
fn posts<'a>(app: &'a App, me: AccountId) -> impl FnMut() -> io::Result<Vec<String>> + 'a {
    let mut page = Page {
        limit: PAGE,
        ..Page::default()
    };
    move || {
        let filter = Filter {
            viewer: Some(me),
            ..Filter::default()
        };
        let read = app.db().read(|db| {
            let ids = timelines::by_account(db, &page, &filter, me, &Profile::default())?;
            page.max_id = ids.last().map(|id| id.0).or(page.max_id);
            let posts = note::page(db, app.house(), &ids)?;
            let activities = posts.into_iter().map(Posted::into_activity);
            activities
                .map(|activity| Ok(serde_json::to_string(&activity)?))
                .collect::<Result<Vec<_>>>()
        });
        read.map_err(io::Error::other)
    }
}

/// Ids of the posts that the account marked, the latest mark first.
fn marked<'a>(
    app: &'a App,
    me: AccountId,
    list: impl Fn(&Connection, AccountId, &Page) -> Result<Vec<(i64, StatusId)>> + 'a,
) -> impl FnMut() -> io::Result<Vec<String>> + 'a {
    let mut page = Page {
        limit: PAGE,
        ..Page::default()
    };
    move || {
        let read = app.db().read(|db| {
            let rows = list(db, me, &page)?;
            page.max_id = rows.last().map(|(key, _)| *key).or(page.max_id);
            let ids: Vec<StatusId> = rows.iter().map(|(_, status)| *status).collect();
            let found = statuses::by_ids(db, &ids)?;
            ids.iter()
                .filter_map(|id| found.iter().find(|row| row.id == *id))
                .map(|row| Ok(serde_json::to_string(&row.uri)?))
                .collect::<Result<Vec<_>>>()
        });
        read.map_err(io::Error::other)
    }
}

/// Avatar and header, then what hangs on posts, by the names that they have in the addresses. What is lost is left out.
fn files(app: &App, account: &AccountRow, archive: &mut AccountArchive) -> Result<()> {
    for name in [&account.avatar, &account.header].into_iter().flatten() {
        file(app, name, archive)?;
    }
    let mut after = MediaId(0);
    loop {
        let found = app
            .db()
            .read(|db| backups::posted_files(db, account.id, after, PAGE))?;
        let Some((last, _)) = found.last() else {
            return Ok(());
        };
        after = *last;
        for (_, name) in &found {
            file(app, name, archive)?;
        }
    }
}

fn file(app: &App, name: &str, archive: &mut AccountArchive) -> Result<()> {
    let Ok(name) = SafeName::parse(name) else {
        return Ok(());
    };
    match app.uploads().open(&name) {
        Ok(mut content) => Ok(archive.file(&format!("media/{name}"), &mut content)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}
