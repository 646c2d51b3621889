//! Threads as their origins have them (federation.md 7.3): what is missing above and below a post that somebody here opens is
//! fetched in the background, within a budget, and shown to open streams as it comes. What waits is kept in memory: after a
//! restart whoever opens the post again asks again.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use serde_json::Value;

use super::resolve::{self, Budget, Failure, Resolved};
use super::wire::{self, Class};
use crate::app::App;
use crate::db::statuses::{self, StatusRow};
use crate::db::visibility::Visibility;
use crate::db::{Bell, Tx};
use crate::events::Event;
use crate::ids::{AccountId, StatusId};

/// A thread is not looked at again so soon.
const PAUSE: Duration = Duration::from_secs(300);

/// Threads that may wait; more are not asked for.
const WAITING: usize = 100;

/// Pages of one collection that are read, and ids in them.
const PAGES: usize = 3;
const ITEMS: usize = 50;

/// How far it is with a thread that somebody opened.
#[derive(Clone, Copy)]
pub struct Look {
    since: Instant,
    /// Nothing more will come of it.
    pub is_over: bool,
    /// Posts that came of it.
    pub found: usize,
}

impl Look {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < PAUSE
    }
}

/// The threads that are to be looked at.
pub struct Threads {
    waiting: Mutex<VecDeque<StatusId>>,
    looks: Cache<StatusId, Look>,
    /// Rings when there is one.
    pub bell: Bell,
}

impl Default for Threads {
    fn default() -> Threads {
        Threads {
            waiting: Mutex::default(),
            looks: Cache::new(2000),
            bell: Bell::default(),
        }
    }
}

impl Threads {
    /// Has the thread looked at, unless that was done of late; whether it is being done now.
    fn want(&self, status: StatusId) -> bool {
        let mut waiting = self.waiting();
        if let Some(look) = self.looks.get(&status).filter(Look::is_fresh) {
            return !look.is_over;
        }
        if waiting.len() >= WAITING {
            return false;
        }
        let look = Look {
            since: Instant::now(),
            is_over: false,
            found: 0,
        };
        self.looks.insert(status, look);
        waiting.push_back(status);
        self.bell.ring();
        true
    }

    /// The last look at a post's thread, if that was of late.
    pub fn look(&self, status: StatusId) -> Option<Look> {
        self.looks.get(&status).filter(Look::is_fresh)
    }

    fn note(&self, status: StatusId, change: impl FnOnce(&mut Look)) {
        if let Some(mut look) = self.looks.get(&status) {
            change(&mut look);
            self.looks.insert(status, look);
        }
    }

    /// Nothing more will come of the look at that thread.
    pub fn finished(&self, status: StatusId) {
        self.note(status, |look| look.is_over = true);
    }

    /// The post whose thread has waited the longest.
    pub fn next(&self) -> Option<StatusId> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<StatusId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody opens a post; whether more of its thread may come. Nothing is fetched for strangers, nor of what not everybody may see.
pub fn opened(app: &App, viewer: Option<AccountId>, status: &StatusRow) -> bool {
    let is_open = status.visibility <= Visibility::Unlisted;
    let is_elsewhere = !status.local && app.config().federation.enabled;
    viewer.is_some() && is_open && is_elsewhere && app.fed().threads.want(status.id)
}

/// Fetches what is missing of the thread around a post, and the post itself as it is now.
pub fn fill(app: &App, id: StatusId) -> Resolved<()> {
    let Some(status) = app.db().read(|db| Ok(statuses::by_ids(db, &[id])?.pop()))? else {
        return Ok(());
    };
    let budget = Budget::background();
    let mut gathered = Gathered {
        app,
        around: id,
        budget: &budget,
        visited: HashSet::new(),
        new: 0,
    };
    // Each way may end early: what was had stays.
    let ends = [gathered.above(&status), gathered.below(&status)];
    if gathered.new > 0 {
        app.db().write(|tx: &Tx| {
            tx.emit(Event::Edited(id));
            Ok(())
        })?;
    }
    for end in ends {
        match end {
            Err(Failure::Ours(error)) => return Err(Failure::Ours(error)),
            Err(failure) => log::debug!("thread of {}: {failure}", status.uri.escape_debug()),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// What is done for one post that was opened.
struct Gathered<'a> {
    app: &'a App,
    around: StatusId,
    budget: &'a Budget,
    visited: HashSet<String>,
    new: usize,
}

impl Gathered<'_> {
    fn found(&mut self) {
        self.new += 1;
        let threads = &self.app.fed().threads;
        threads.note(self.around, |look| look.found = self.new);
    }

    /// Follows the thread upwards from where it broke off, as often as that leads further.
    fn above(&mut self, status: &StatusRow) -> Resolved<()> {
        loop {
            let missing = self
                .app
                .db()
                .read(|db| statuses::missing_above(db, status.id))?;
            match missing {
                Some(uri) if !self.app.is_stopping() && self.visited.insert(uri.clone()) => {
                    resolve::object(self.app, &uri, self.budget)?;
                    self.found();
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads the replies of the post, and those of the replies that are new here.
    fn below(&mut self, status: &StatusRow) -> Resolved<()> {
        let failures = &self.app.fed().failures;
        failures.forget(&status.uri);
        let found = resolve::document(self.app, &status.uri, self.budget)?;
        resolve::renewed(self.app, &found, self.budget)?;
        self.visited.insert(status.uri.clone());
        let mut posts = VecDeque::from([found]);
        while let Some(post) = posts.pop_front() {
            if self.app.is_stopping() {
                break;
            }
            for item in self.replies(&post)? {
                posts.extend(self.reply(&item)?);
            }
        }
        Ok(())
    }

    /// Takes one reply; returns its document if it is new. What the collection tells of another host's is asked of that.
    fn reply(&mut self, (item, home): &(Value, String)) -> Resolved<Option<Value>> {
        let Some(id) = wire::id_of(item) else {
            return Ok(None);
        };
        let is_known = self.app.db().read(|db| {
            Ok(statuses::id_of(db, id)?.is_some() || statuses::tombstone(db, id)?.is_some())
        })?;
        if is_known || !self.visited.insert(id.to_owned()) {
            return Ok(None);
        }
        let is_told = wire::type_of(item).0 == Class::Post && wire::same_host(id, home);
        let found = match is_told {
            true => item.clone(),
            false => match resolve::document(self.app, id, self.budget) {
                Ok(found) => found,
                Err(failure) => return self.forgiven(failure),
            },
        };
        match resolve::take(self.app, &found, self.budget) {
            Ok(_) => {
                self.found();
                Ok(Some(found))
            }
            Err(failure) => self.forgiven(failure),
        }
    }

    /// What one server does not give ends nothing but that; only an empty budget ends all.
    fn forgiven<T>(&self, failure: Failure) -> Resolved<Option<T>> {
        match failure {
            Failure::Ours(_) => Err(failure),
            other if self.budget.is_used_up() => Err(other),
            _ => Ok(None),
        }
    }

    /// The first items of a post's replies, each with the id of the post, whose host vouches for them.
    fn replies(&self, post: &Value) -> Resolved<Vec<(Value, String)>> {
        let Some(home) = wire::id_of(post) else {
            return Ok(Vec::new());
        };
        let mut items = Vec::new();
        let mut next = Some(wire::get(post, "replies").clone());
        let mut pages = 0;
        while let Some(page) = next.take() {
            // A page that is told by its id alone has to be fetched; the first comes with the collection, mostly.
            let page = match &page {
                Value::String(id) if wire::same_host(id, home) => {
                    match resolve::document(self.app, id, self.budget) {
                        Ok(found) => found,
                        Err(failure) => {
                            self.forgiven::<()>(failure)?;
                            break;
                        }
                    }
                }
                Value::Object(_) => page,
                _ => break,
            };
            let listed = ["items", "orderedItems"]
                .iter()
                .flat_map(|name| wire::many(wire::get(&page, name)));
            items.extend(listed.map(|item| (item.clone(), home.to_owned())));
            items.truncate(ITEMS);
            let (first, after) = (wire::get(&page, "first"), wire::get(&page, "next"));
            next = match (first.is_null(), after.is_null()) {
                (false, _) => Some(first.clone()),
                (true, false) => {
                    pages += 1;
                    Some(after.clone())
                }
                (true, true) => None,
            };
            if items.len() >= ITEMS || pages >= PAGES {
                break;
            }
        }
        Ok(items)
    }
}
