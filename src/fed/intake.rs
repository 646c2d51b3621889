//! What arrives at the same time is written down together: the first who finds the database free writes for all who wait. A
//! transaction, and where every one is made safe a wait for the disk, costs the same for many as for one.
//!
//! A post for which nobody need be asked has its effect in that transaction. All else is kept for the readers (`jobs::incoming`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::incoming::ready::Ready;
use crate::db::inbox_items::{self, NewItem};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};

/// Who waits to be written down.
#[derive(Default)]
pub struct Intake {
    waiting: Mutex<Vec<Arc<Waiting>>>,
    /// Held by whoever writes.
    pen: Mutex<()>,
}

/// An activity at the door.
pub struct Arrival {
    /// What is kept of it.
    pub item: NewItem,
    /// The post that it is, where nobody need be asked for it.
    pub ready: Option<Ready>,
}

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It had its effect.
    Applied,
    /// It waits for the readers.
    Kept,
    /// There is no room ([`inbox_items::insert`]).
    Refused,
}

struct Waiting {
    arrival: Arrival,
    /// Once it is committed.
    taken: Mutex<Option<Taken>>,
}

impl Intake {
    /// Takes an activity in; returns once that is committed.
    pub fn take(&self, db: &Db, arrival: Arrival) -> Result<Taken> {
        let mine = Arc::new(Waiting {
            arrival,
            taken: Mutex::default(),
        });
        lock(&self.waiting).push(Arc::clone(&mine));
        let _pen = lock(&self.pen);
        if let Some(taken) = *lock(&mine.taken) {
            return Ok(taken);
        }
        let together = self.gathered();
        match write(db, &together) {
            Ok(all) => {
                for (one, taken) in together.iter().zip(all) {
                    *lock(&one.taken) = Some(taken);
                }
                let taken = *lock(&mine.taken);
                taken.ok_or_else(|| Error::internal("an arrival was left out"))
            }
            Err(error) => {
                // The others try for themselves.
                let others = together.into_iter().filter(|one| !Arc::ptr_eq(one, &mine));
                lock(&self.waiting).extend(others);
                Err(error)
            }
        }
    }

    /// All who wait. Who is on the way here gets a moment to join, as long as somebody does: on one core nobody else would ever be in
    /// time.
    fn gathered(&self) -> Vec<Arc<Waiting>> {
        let mut count = 0;
        loop {
            std::thread::yield_now();
            let mut waiting = lock(&self.waiting);
            if waiting.len() == count {
                return std::mem::take(&mut *waiting);
            }
            count = waiting.len();
        }
    }
}

/// Writes all of them down. Should one be stumbled over, they are kept as they came: the readers find out which it is.
fn write(db: &Db, together: &[Arc<Waiting>]) -> Result<Vec<Taken>> {
    let arrivals = || together.iter().map(|one| &one.arrival);
    let applied = catch_unwind(AssertUnwindSafe(|| {
        db.write(|tx| arrivals().map(|one| apply(tx, one)).collect())
    }));
    match applied {
        Ok(Ok(all)) => return Ok(all),
        Ok(Err(error)) => log::info!("{} arrivals could not be stored: {error:?}", together.len()),
        Err(_) => log::error!("storing {} arrivals panicked", together.len()),
    }
    db.write(|tx| arrivals().map(|one| keep(tx, &one.item)).collect())
}

fn apply(tx: &Tx, arrival: &Arrival) -> Result<Taken> {
    match &arrival.ready {
        Some(ready) if !inbox_items::is_behind(tx, &arrival.item)? && ready.is_whole(tx)? => {
            ready.store(tx)?;
            Ok(Taken::Applied)
        }
        _ => keep(tx, &arrival.item),
    }
}

fn keep(tx: &Tx, item: &NewItem) -> Result<Taken> {
    Ok(match inbox_items::insert(tx, item)? {
        true => Taken::Kept,
        false => Taken::Refused,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half-changed by a panic: who was not written down is still waiting, or not told.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
