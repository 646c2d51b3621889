//! Places for those who wait, in a request, for what another server answers.
//!
//! A request has one of few threads. Were all of them waiting for slow servers, nobody would be answered any more
//! (security.md D3); so only some may, and whoever comes when they do is told to come again.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// How many may wait at once; the smallest pool has 16 threads.
const AT_ONCE: usize = 4;

/// The places.
#[derive(Default)]
pub struct Turns {
    taken: AtomicUsize,
}

/// A place, given back when it is dropped.
pub struct Turn<'a>(&'a Turns);

impl Turns {
    /// Takes a place; 503 when there is none.
    pub fn take(&self) -> Result<Turn<'_>> {
        let more = |taken: usize| (taken < AT_ONCE).then_some(taken + 1);
        match self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
        {
            Ok(_) => Ok(Turn(self)),
            Err(_) => Err(Error::Status(
                503,
                "Too many other servers are being asked at this moment".into(),
            )),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_d3_a_few_may_wait_and_the_next_may_come_again() {
        let turns = Turns::default();
        let taken: Vec<Turn> = (0..AT_ONCE).map(|_| turns.take().unwrap()).collect();
        assert_eq!(turns.take().map(|_| ()).unwrap_err().status(), 503);
        drop(taken);
        assert!(turns.take().is_ok());
    }
}
