//! Token buckets in memory (security.md O7 and section 2). Keys are route classes from the route table, so the limiter
//! and the dispatcher can never disagree about what is called.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Everything under the API without a user's token, by address.
    Api,
    /// Everything under the API with a user's token, by token.
    Token,
    /// Login, token and second factor, by address.
    Login,
    /// Failed logins, by account.
    Account,
    /// Wrong codes of second factors, by account.
    SecondFactor,
    /// Registration.
    Registration,
    /// Password reset and confirmation mails.
    Mail,
    /// Posting.
    Posting,
    /// Uploads.
    Upload,
    /// Search.
    Search,
    /// What comes to the inboxes, by the sender's host.
    Inbox,
    /// What others said and somebody passes on, by who does.
    Forwarding,
    /// What relays pass on, all of them together.
    Relaying,
}

impl Class {
    /// So many in that time.
    fn limit(self) -> (f64, Duration) {
        let (count, seconds) = match self {
            Class::Api => (300, 300),
            Class::Token => (600, 300),
            Class::Login => (15, 60),
            Class::Account | Class::SecondFactor => (5, 300),
            Class::Registration => (25, 1800),
            Class::Mail => (5, 1800),
            Class::Posting => (15, 10),
            Class::Upload => (60, 300),
            Class::Search => (30, 10),
            Class::Inbox => (600, 60),
            Class::Forwarding => (20, 60),
            Class::Relaying => (20, 10),
        };
        (f64::from(count), Duration::from_secs(seconds))
    }

    /// How long nothing more is let through once the limit was reached (security.md O9).
    fn lock(self) -> Duration {
        match self {
            Class::SecondFactor => Duration::from_secs(900),
            _ => Duration::ZERO,
        }
    }
}

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// An address, or for IPv6 its /64.
    Address(IpAddr),
    /// A token or account by id.
    Id(i64),
    /// A name somebody tries to log in as.
    Name(String),
}

impl Who {
    /// The address, with the last half of an IPv6 one cut: one household has all of it.
    pub fn address(address: IpAddr) -> Who {
        match address {
            IpAddr::V4(_) => Who::Address(address),
            IpAddr::V6(six) => match six.to_ipv4_mapped() {
                Some(four) => Who::Address(IpAddr::V4(four)),
                None => Who::Address(IpAddr::V6((six.to_bits() >> 64 << 64).into())),
            },
        }
    }
}

/// Buckets kept before idle ones are dropped.
const CROWDED: usize = 10_000;

struct Bucket {
    tokens: f64,
    filled_at: Instant,
    locked_until: Option<Instant>,
}

/// All buckets of the process.
pub struct Limiter {
    enabled: bool,
    buckets: Mutex<HashMap<(Class, Who), Bucket>>,
}

impl Limiter {
    /// With `enabled` false nothing is ever limited.
    pub fn new(enabled: bool) -> Limiter {
        Limiter {
            enabled,
            buckets: Mutex::default(),
        }
    }

    /// Takes one token, or answers 429 with the time to wait.
    pub fn take(&self, class: Class, who: Who) -> Result<()> {
        if !self.enabled {
            Ok(())
        } else {
            self.take_at(class, who, Instant::now(), 1.0)
        }
    }

    /// Answers 429 if the bucket is empty, without taking.
    pub fn check(&self, class: Class, who: Who) -> Result<()> {
        if !self.enabled {
            Ok(())
        } else {
            self.take_at(class, who, Instant::now(), 0.0)
        }
    }

    /// Fills a bucket up: whoever it was about turned out to be the right one.
    pub fn forget(&self, class: Class, who: Who) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(&(class, who));
    }

    fn take_at(&self, class: Class, who: Who, now: Instant, tokens: f64) -> Result<()> {
        let (capacity, window) = class.limit();
        let rate = capacity / window.as_secs_f64();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > CROWDED {
            buckets.retain(|(class, _), bucket| {
                now.duration_since(bucket.filled_at) < class.limit().1.max(class.lock())
            });
        }
        let full = || Bucket {
            tokens: capacity,
            filled_at: now,
            locked_until: None,
        };
        let bucket = buckets.entry((class, who)).or_insert_with(full);
        if let Some(until) = bucket.locked_until {
            if now < until {
                let retry_after = until.duration_since(now).as_secs_f64().ceil() as u64;
                return Err(Error::Throttled { retry_after });
            }
            *bucket = full();
        }
        let gained = now.duration_since(bucket.filled_at).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + gained).min(capacity);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            let retry_after = ((1.0 - bucket.tokens) / rate).ceil() as u64;
            return Err(Error::Throttled { retry_after });
        }
        bucket.tokens -= tokens;
        if bucket.tokens < 1.0 && class.lock() > Duration::ZERO {
            bucket.locked_until = Some(now + class.lock());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_with_time() {
        let limiter = Limiter::new(true);
        let (me, start) = (Who::Id(1), Instant::now());
        for _ in 0..5 {
            limiter
                .take_at(Class::Account, me.clone(), start, 1.0)
                .expect("within the limit");
        }
        assert!(matches!(
            limiter.take_at(Class::Account, me.clone(), start, 1.0),
            Err(Error::Throttled { retry_after: 60 })
        ));
        limiter
            .take_at(Class::Account, me, start + Duration::from_secs(61), 1.0)
            .expect("one token came back");
    }

    #[test]
    fn five_wrong_codes_lock_for_a_quarter_of_an_hour() {
        let limiter = Limiter::new(true);
        let (me, start) = (Who::Id(1), Instant::now());
        let attempt = |seconds| {
            let now = start + Duration::from_secs(seconds);
            limiter.take_at(Class::SecondFactor, me.clone(), now, 1.0)
        };
        for second in 0..5 {
            attempt(second).expect("within the limit");
        }
        assert!(matches!(
            attempt(60),
            Err(Error::Throttled { retry_after: 844 })
        ));
        assert!(attempt(903).is_err());
        for _ in 0..5 {
            attempt(904).expect("the lock has ended");
        }
        assert!(attempt(905).is_err());
        limiter.forget(Class::SecondFactor, me.clone());
        attempt(905).expect("it was the right one");
    }

    #[test]
    fn one_ipv6_household_is_one_caller() {
        let who = |text: &str| Who::address(text.parse().expect("an address"));
        assert_eq!(who("2001:db8::1"), who("2001:db8::ffff:2"));
        assert_ne!(who("2001:db8:0:1::1"), who("2001:db8:0:2::1"));
        assert_eq!(who("::ffff:10.0.0.1"), who("10.0.0.1"));
    }
}
