//! Passwords: the rules for them, and hashing with bcrypt.
//!
//! bcrypt reads 72 bytes and silently ignores the rest, and it ends at a NUL. So such
//! passwords never reach it: within the rules, every byte counts.
use bcrypt::BcryptError;
use std::sync::{Condvar, Mutex, PoisonError};

/// Most bytes that bcrypt takes in.
const LONGEST: usize = 72;

/// Fewest bytes in a newly chosen password.
const SHORTEST: usize = 8;

/// Hashes computed at once: each keeps a core busy, and a Raspberry Pi has four.
const AT_ONCE: usize = 2;

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password breaks a rule; the text is meant for the person choosing it.
    #[error("{0}")]
    Refused(&'static str),
    /// The system could not provide a salt.
    #[error("cannot hash a password")]
    Failed(#[source] BcryptError),
}

/// Checks what any password must fulfil to be hashed and verified.
pub fn check(password: &str) -> Result<(), &'static str> {
    match password.len() {
        0 => Err("can't be blank"),
        1..=LONGEST if password.contains('\0') => Err("must not contain a NUL character"),
        1..=LONGEST => Ok(()),
        _ => Err("should be at most 72 byte(s)"),
    }
}

/// Checks a password that somebody chooses now; older, shorter ones stay valid.
pub fn check_new(password: &str) -> Result<(), &'static str> {
    check(password)?;
    if password.len() < SHORTEST {
        return Err("should be at least 8 character(s)");
    }
    Ok(())
}

/// Hashes and verifies, no more than two at a time. The app owns one.
#[derive(Debug)]
pub struct Hasher {
    cost: u32,
    gate: Gate,
}

impl Hasher {
    /// Sets the work per hash: each step up doubles it. Clamped to what bcrypt knows.
    pub fn new(cost: u32) -> Hasher {
        Hasher {
            cost: cost.clamp(4, 31),
            gate: Gate::new(AT_ONCE),
        }
    }

    /// Hashes a password with a fresh salt. Takes long: hold no transaction meanwhile.
    pub fn hash(&self, password: &str) -> Result<String, PasswordError> {
        check(password).map_err(PasswordError::Refused)?;
        self.gate
            .pass(|| bcrypt::hash(password, self.cost))
            .map_err(PasswordError::Failed)
    }

    /// Tells whether the password belongs to the hash. An unreadable hash (a locked
    /// account has one) takes as long as a wrong password.
    pub fn verify(&self, password: &str, hash: &str) -> bool {
        if check(password).is_err() {
            return false;
        }
        match self.gate.pass(|| bcrypt::verify(password, hash)) {
            Ok(matches) => matches,
            Err(_) => self.dummy_verify(password),
        }
    }

    /// Does the work of [`Hasher::verify`] for an account that does not exist, so that
    /// the answer's time does not tell; never succeeds.
    pub fn dummy_verify(&self, password: &str) -> bool {
        if check(password).is_ok() {
            let work = || bcrypt::hash_with_salt(password, self.cost, [0; 16]).is_ok();
            std::hint::black_box(self.gate.pass(work));
        }
        false
    }
}

/// Lets a fixed number of threads through; others wait.
#[derive(Debug)]
struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Gate {
    fn new(places: usize) -> Gate {
        Gate {
            free: Mutex::new(places),
            freed: Condvar::new(),
        }
    }

    /// Works in a thread of its own that steps back behind all others: a login waits for requests, never they for it.
    fn pass<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let _place = self.enter();
        let done = std::thread::scope(|threads| {
            let hashing = threads.spawn(|| {
                crate::priority::step_back();
                work()
            });
            hashing.join()
        });
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn enter(&self) -> Place<'_> {
        // A counter cannot be left half-changed: a poisoned lock is as good as any.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self)
    }
}

/// A place at the gate, given back when dropped, also by a panic.
struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    fn hasher() -> Hasher {
        Hasher::new(4)
    }

    #[test]
    fn a_password_opens_its_own_hash_only() {
        let hash = hasher().hash("correct horse").expect("a hash");
        assert!(hasher().verify("correct horse", &hash));
        for wrong in ["correct hors", "correct horse ", "Correct horse", ""] {
            assert!(!hasher().verify(wrong, &hash), "{wrong}");
        }
        assert_ne!(hash, hasher().hash("correct horse").expect("a hash"));
    }

    #[test]
    fn passwords_that_share_72_bytes_cannot_both_log_in() {
        let full = "x".repeat(72);
        let hash = hasher().hash(&full).expect("a hash");
        assert!(hasher().verify(&full, &hash));
        assert!(!hasher().verify(&"x".repeat(71), &hash));
        assert!(!hasher().verify(&"x".repeat(73), &hash));
        assert!(matches!(
            hasher().hash(&"x".repeat(73)),
            Err(PasswordError::Refused(_))
        ));
    }

    #[test]
    fn the_rules_count_bytes() {
        assert_eq!(check(&"é".repeat(36)), Ok(()));
        assert_eq!(check(&"é".repeat(37)), Err("should be at most 72 byte(s)"));
        assert_eq!(check("a\0b"), Err("must not contain a NUL character"));
        assert_eq!(check(""), Err("can't be blank"));
        assert_eq!(check("short"), Ok(()));
        assert_eq!(check_new("short"), Err("should be at least 8 character(s)"));
        assert_eq!(check_new("long enough"), Ok(()));
    }

    #[test]
    fn a_short_old_password_still_verifies() {
        let hash = bcrypt::hash("test", 4).expect("a hash");
        assert!(hasher().verify("test", &hash));
    }

    #[test]
    fn a_broken_hash_matches_nothing() {
        for hash in ["", "!", "$2b$04$", "$argon2id$x", &"é".repeat(30)] {
            assert!(!hasher().verify("password", hash), "{hash}");
        }
    }

    #[test]
    fn no_more_than_two_hashes_run_at_once() {
        let gate = Gate::new(AT_ONCE);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    gate.pass(|| {
                        most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                        std::thread::sleep(Duration::from_millis(10));
                        inside.fetch_sub(1, SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.load(SeqCst), AT_ONCE);
    }

    #[test]
    fn a_panic_gives_its_place_back() {
        let gate = Gate::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            gate.pass(|| panic!("on purpose"));
        }));
        assert!(panicked.is_err());
        assert_eq!(gate.pass(|| 1), 1);
    }
}
