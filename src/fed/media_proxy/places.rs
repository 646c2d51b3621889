//! Places for those who fetch files elsewhere: four, so that no number of slow servers takes the threads of everybody else
//! (security.md F8). Four more may wait for one; the next is told to come again.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How many may fetch at once.
pub const AT_ONCE: usize = 4;

/// How many may wait meanwhile; behind the front door, where requests queue without a thread, never more do.
const WAITING: usize = 4;

/// How long one waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The places.
pub struct Places {
    state: Mutex<State>,
    freed: Condvar,
    /// After so long a place is free again even if somebody still holds it: nothing comes from the other server any more, only
    /// its reader is slow.
    lease: Duration,
    patience: Duration,
}

#[derive(Default)]
struct State {
    next: u64,
    taken: Vec<(u64, Instant)>,
    waiting: usize,
}

/// A place, given back when it is dropped.
pub struct Place {
    places: Arc<Places>,
    number: u64,
}

impl Places {
    /// Places whose leases end after that long.
    pub fn new(lease: Duration) -> Places {
        Places {
            state: Mutex::default(),
            freed: Condvar::new(),
            lease,
            patience: PATIENCE,
        }
    }

    /// Takes a place, after a short wait if need be; 503 when there is none.
    pub fn take(self: &Arc<Self>) -> Result<Place> {
        let until = Instant::now() + self.patience;
        let mut state = self.state();
        if let Some(place) = self.try_take(&mut state) {
            return Ok(place);
        }
        if state.waiting >= WAITING {
            return Err(busy());
        }
        state.waiting += 1;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // Leases end without anybody saying so.
            let nap = left.min(Duration::from_millis(250));
            (state, _) = self
                .freed
                .wait_timeout(state, nap)
                .unwrap_or_else(PoisonError::into_inner);
            let place = self.try_take(&mut state);
            if place.is_some() || left.is_zero() {
                state.waiting -= 1;
                return place.ok_or_else(busy);
            }
        }
    }

    fn try_take(self: &Arc<Self>, state: &mut State) -> Option<Place> {
        state
            .taken
            .retain(|(_, since)| since.elapsed() < self.lease);
        if state.taken.len() >= AT_ONCE {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.taken.push((number, Instant::now()));
        Some(Place {
            places: Arc::clone(self),
            number,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.taken.retain(|(number, _)| *number != self.number);
        drop(state);
        self.places.freed.notify_one();
    }
}

fn busy() -> Error {
    Error::Status(
        503,
        "Too many files of other servers are being fetched at this moment".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(lease: Duration, patience: Duration) -> Arc<Places> {
        let mut places = Places::new(lease);
        places.patience = patience;
        Arc::new(places)
    }

    #[test]
    fn sec_f8_the_fifth_is_told_to_come_again() {
        let places = places(Duration::from_secs(60), Duration::from_millis(20));
        let mut taken: Vec<Place> = (0..AT_ONCE).map(|_| places.take().unwrap()).collect();
        assert_eq!(places.take().map(|_| ()).unwrap_err().status(), 503);
        taken.pop();
        assert!(places.take().is_ok());
    }

    #[test]
    fn who_waits_gets_the_place_that_is_freed() {
        let places = places(Duration::from_secs(60), Duration::from_secs(60));
        let mut taken: Vec<Place> = (0..AT_ONCE).map(|_| places.take().unwrap()).collect();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| places.take().is_ok());
            while places.state().waiting == 0 {
                std::thread::yield_now();
            }
            taken.pop();
            assert!(waiting.join().unwrap());
        });
        assert_eq!(places.state().waiting, 0);
    }

    #[test]
    fn no_more_than_a_few_wait() {
        let places = places(Duration::from_secs(60), Duration::from_secs(60));
        let taken: Vec<Place> = (0..AT_ONCE).map(|_| places.take().unwrap()).collect();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..WAITING)
                .map(|_| scope.spawn(|| places.take().is_ok()))
                .collect();
            while places.state().waiting < WAITING {
                std::thread::yield_now();
            }
            assert_eq!(places.take().map(|_| ()).unwrap_err().status(), 503);
            drop(taken);
            assert!(waiting.into_iter().all(|one| one.join().unwrap()));
        });
    }

    #[test]
    fn a_slow_reader_holds_no_place_for_longer_than_a_fetch_may_take() {
        let places = places(Duration::from_millis(50), Duration::from_secs(60));
        let taken: Vec<Place> = (0..AT_ONCE).map(|_| places.take().unwrap()).collect();
        assert!(places.take().is_ok());
        drop(taken);
        assert!(places.state().taken.is_empty());
    }
}
