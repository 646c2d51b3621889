//! Rendered parts that look the same to every viewer, kept by id and revision. A change of the row changes the revision
//! (triggers in schema.sql), so nothing here is ever wrong; what is stale is simply never asked for again.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::value::RawValue;

use super::status::{Shown, ShownKey, StatusCore};
use crate::ids::{AccountId, StatusId};

/// Bytes that each cache may hold, roughly.
const CAPACITY: u64 = 3 << 20;

/// Bounded caches of rendered accounts and statuses, and of statuses as a viewer saw them.
pub struct Fragments {
    accounts: Cache<AccountKey, Arc<RawValue>, BytesOfAccount>,
    statuses: Cache<(StatusId, i64), Arc<StatusCore>, BytesOfStatus>,
    shown: Cache<ShownKey, Arc<Shown>, BytesOfShown>,
}

/// An account's revision, as admins or as others see it.
pub type AccountKey = (AccountId, i64, bool);

#[derive(Clone)]
struct BytesOfAccount;

impl Weighter<AccountKey, Arc<RawValue>> for BytesOfAccount {
    fn weight(&self, _: &AccountKey, account: &Arc<RawValue>) -> u64 {
        account.get().len() as u64 + 100
    }
}

#[derive(Clone)]
struct BytesOfStatus;

impl Weighter<(StatusId, i64), Arc<StatusCore>> for BytesOfStatus {
    fn weight(&self, _: &(StatusId, i64), status: &Arc<StatusCore>) -> u64 {
        status.weight()
    }
}

#[derive(Clone)]
struct BytesOfShown;

impl Weighter<ShownKey, Arc<Shown>> for BytesOfShown {
    fn weight(&self, _: &ShownKey, shown: &Arc<Shown>) -> u64 {
        shown.weight()
    }
}

impl Default for Fragments {
    fn default() -> Fragments {
        Fragments {
            accounts: Cache::with_weighter(2000, CAPACITY, BytesOfAccount),
            statuses: Cache::with_weighter(1000, CAPACITY, BytesOfStatus),
            shown: Cache::with_weighter(1000, CAPACITY, BytesOfShown),
        }
    }
}

impl Fragments {
    /// A rendered account.
    pub fn account(&self, key: &AccountKey) -> Option<Arc<RawValue>> {
        self.accounts.get(key)
    }

    /// Keeps a rendered account.
    pub fn keep_account(&self, key: AccountKey, account: Arc<RawValue>) {
        self.accounts.insert(key, account);
    }

    /// What everybody sees of a status.
    pub fn status(&self, id: StatusId, rev: i64) -> Option<Arc<StatusCore>> {
        self.statuses.get(&(id, rev))
    }

    /// Keeps what everybody sees of a status.
    pub fn keep_status(&self, id: StatusId, rev: i64, status: Arc<StatusCore>) {
        self.statuses.insert((id, rev), status);
    }

    /// A status as somebody saw it last; whether it still looks like that is the caller's care.
    pub fn shown(&self, key: &ShownKey) -> Option<Arc<Shown>> {
        self.shown.get(key)
    }

    /// Keeps a status as somebody sees it, in place of how it looked before.
    pub fn keep_shown(&self, key: ShownKey, shown: Arc<Shown>) {
        self.shown.insert(key, shown);
    }

    /// Forgets everything: the local emoji changed, which any of them may show.
    pub fn clear(&self) {
        self.accounts.clear();
        self.statuses.clear();
        self.shown.clear();
    }
}
