//! From an id or a handle to a row: documents are fetched, checked and stored (federation.md 7). Never call this while
//! holding a database connection.

mod actor;
mod asked;
mod document;
mod object;
mod quote;
mod webfinger;

pub use actor::{actor, fresh_actor, handle, key, settled_actor};
pub use asked::{asked, interaction_page, key_asked, mentioned, poll_looked_at, read_anew};
pub use document::{Failures, document, page};
pub use object::{Found, any, earlier, fresh_object, is_by, object, renewed, take};
pub use quote::quotation;

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use super::fetch::{FetchError, Limits};
use crate::error::Error;

/// Why something is not had.
#[derive(Debug)]
pub enum Failure {
    /// It is gone, its server says.
    Gone,
    /// It never will be: not allowed, not what it claims to be, or not for us.
    Refused(String),
    /// Perhaps later.
    Temporary(String),
    /// We failed.
    Ours(Error),
}

/// What came of looking for something.
pub type Resolved<T> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Gone => f.write_str("it is gone"),
            Failure::Refused(reason) | Failure::Temporary(reason) => f.write_str(reason),
            Failure::Ours(error) => write!(f, "{error:?}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Ours(error)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Failure {
        match error.is_temporary() {
            true => Failure::Temporary(error.to_string()),
            false => Failure::Refused(error.to_string()),
        }
    }
}

impl Failure {
    fn refused(reason: impl Into<String>) -> Failure {
        Failure::Refused(reason.into())
    }
}

/// Passes over a failure to fetch something beside the point; not over one of ours.
pub fn passed_over<T>(found: Resolved<T>) -> Resolved<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Ours(error)) => Err(Failure::Ours(error)),
        Err(_) => Ok(None),
    }
}

/// How much one event may make us fetch (security.md S5).
pub struct Budget {
    fetches: Cell<u32>,
    until: Instant,
}

impl Budget {
    /// For something that happens in the background.
    pub fn background() -> Budget {
        Budget::new(100, Duration::from_secs(60))
    }

    /// For something that somebody waits for.
    pub fn waited_for() -> Budget {
        Budget::new(30, Duration::from_secs(20))
    }

    /// For something by the way, while somebody waits for something else.
    pub fn brief() -> Budget {
        Budget::new(8, Duration::from_secs(4))
    }

    /// For a post that a relay passed on: with its author and a little of what it answers.
    pub fn relayed() -> Budget {
        Budget::new(8, Duration::from_secs(10))
    }

    /// No single fetch takes longer than what is left.
    fn within(&self, limits: Limits) -> Limits {
        let left = self.until.saturating_duration_since(Instant::now());
        Limits {
            total: limits.total.min(left),
            ..limits
        }
    }

    fn new(fetches: u32, time: Duration) -> Budget {
        Budget {
            fetches: Cell::new(fetches),
            until: Instant::now() + time,
        }
    }

    /// Whether nothing more may be fetched.
    pub fn is_used_up(&self) -> bool {
        self.fetches.get() == 0 || Instant::now() >= self.until
    }

    /// Takes one fetch; a failure when nothing is left.
    fn take(&self) -> Resolved<()> {
        match self.fetches.get().checked_sub(1) {
            Some(left) if Instant::now() < self.until => {
                self.fetches.set(left);
                Ok(())
            }
            _ => Err(Failure::Temporary(
                "the budget of fetches is used up".into(),
            )),
        }
    }
}
