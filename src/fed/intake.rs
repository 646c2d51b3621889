//! What arrives at the same time is written down together: the first who finds the database free writes for all who wait. A
//! transaction, and where every one is made safe a wait for the disk, costs the same for many as for one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::db::Db;
use crate::db::inbox_items::{self, NewItem};
use crate::error::Result;

/// Who waits to be written down.
#[derive(Default)]
pub struct Intake {
    waiting: Mutex<Vec<Arc<Waiting>>>,
    /// Held by whoever writes.
    pen: Mutex<()>,
}

struct Waiting {
    item: NewItem,
    /// Whether there was room, once it is committed.
    kept: Mutex<Option<bool>>,
}

impl Intake {
    /// Keeps an activity; returns once that is committed. `false` when there is no room ([`inbox_items::insert`]).
    pub fn keep(&self, db: &Db, item: NewItem) -> Result<bool> {
        let mine = Arc::new(Waiting {
            item,
            kept: Mutex::default(),
        });
        lock(&self.waiting).push(Arc::clone(&mine));
        let _pen = lock(&self.pen);
        if let Some(kept) = *lock(&mine.kept) {
            return Ok(kept);
        }
        let together = std::mem::take(&mut *lock(&self.waiting));
        let written = db.write(|tx| {
            let items = together.iter().map(|one| &one.item);
            items
                .map(|item| inbox_items::insert(tx, item))
                .collect::<Result<Vec<_>>>()
        });
        match written {
            Ok(all) => {
                let mut answer = false;
                for (one, kept) in together.iter().zip(all) {
                    answer |= kept && Arc::ptr_eq(one, &mine);
                    *lock(&one.kept) = Some(kept);
                }
                Ok(answer)
            }
            Err(error) => {
                // The others try for themselves.
                let others = together.into_iter().filter(|one| !Arc::ptr_eq(one, &mine));
                lock(&self.waiting).extend(others);
                Err(error)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half-changed by a panic: who was not written down is still waiting, or not told.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
