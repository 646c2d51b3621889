//! What arrives at the same time is written down together: the first who finds the database free writes for all who wait, and gives
//! those on the way a moment to join. A transaction, and where every one is made safe a wait for the disk, costs the same for many as
//! for one.
//!
//! A post for which nobody need be asked has its effect in that transaction. All else is kept for the readers (`jobs::incoming`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::incoming::ready::Ready;
use crate::db::inbox_items::{self, NewItem};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};

/// Who waits to be written down, and who is on the way.
#[derive(Default)]
pub struct Intake {
    hall: Mutex<Hall>,
    /// Somebody came in, or turned back.
    moved: Condvar,
    /// Held by whoever writes.
    pen: Mutex<()>,
}

#[derive(Default)]
struct Hall {
    waiting: Vec<Arc<Waiting>>,
    coming: usize,
}

/// Somebody on the way: whoever writes waits for them for a moment. Dropped: they turned back.
pub struct Coming<'a>(&'a Intake);

/// So long is waited for whoever stands before the door: on one core nobody comes in while somebody else is at work …
const GLANCE: Duration = Duration::from_micros(200);

/// … and so long at most for those who came in.
const MOMENT: Duration = Duration::from_millis(2);

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

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        lock(&self.0.hall).coming -= 1;
        self.0.moved.notify_one();
    }
}

impl Intake {
    /// Somebody is on the way.
    pub fn announce(&self) -> Coming<'_> {
        lock(&self.hall).coming += 1;
        Coming(self)
    }

    /// Takes an activity in; returns once that is committed.
    pub fn take(&self, db: &Db, arrival: Arrival, coming: Coming) -> Result<Taken> {
        let mine = Arc::new(Waiting {
            arrival,
            taken: Mutex::default(),
        });
        lock(&self.hall).waiting.push(Arc::clone(&mine));
        drop(coming);
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
                lock(&self.hall).waiting.extend(others);
                Err(error)
            }
        }
    }

    /// All who wait, once nobody is on the way or the moment for them has passed.
    fn gathered(&self) -> Vec<Arc<Waiting>> {
        std::thread::sleep(GLANCE);
        let hall = lock(&self.hall);
        let (mut hall, _) = self
            .moved
            .wait_timeout_while(hall, MOMENT, |hall| hall.coming > 0)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut hall.waiting)
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
