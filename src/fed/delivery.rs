//! One delivery: signed, sent, and what the answer means for the next try (federation.md 9.1).

use std::io::Read;
use std::time::Duration;

use super::fetch::{FetchError, HopHeaders, Limits, Request};
use super::follower_sync;
use super::policy;
use super::signature::key::PrivateKey;
use super::signature::{self, CONTENT_TYPE, Outgoing, Signable, Variant};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::deliveries::{self, DeliveryRow};
use crate::db::{Tx, hosts};
use crate::error::Result;

/// How long to wait after each failure, in units of the setting, a minute: eleven tries in four days.
const SCHEDULE: [u32; 10] = [1, 5, 20, 60, 180, 480, 960, 1440, 1440, 1440];

/// After so many failures in a row a host is left alone, but for one try at a time.
const THRESHOLD: u32 = 5;

/// How much of an answer is read: enough to see what it complains about.
const COMPLAINT: u64 = 4096;

const DAY: Duration = Duration::from_secs(86_400);

/// What came of a try.
enum Answered {
    /// A status, what the answer says, and how long the host wants to be left alone.
    Status(u16, String, Option<Duration>),
    /// Nothing.
    Nothing(FetchError),
}

/// Makes one try, and notes what came of it.
pub fn attempt(app: &App, row: &DeliveryRow) -> Result<()> {
    if policy::refuses(app, &row.host)? {
        // The admins decided so after it was queued.
        let error = "the server is not spoken with";
        return app
            .db()
            .write(|tx| deliveries::failed(tx, row.id, true, None, error, None));
    }
    let known = app.db().read(|db| hosts::get(db, &row.host))?;
    if let Some(at) = known.retry_at.filter(|at| *at > Timestamp::now()) {
        return app.db().write(|tx| deliveries::release(tx, row, at));
    }
    let first = signature::remembered(known.signature);
    let mut answered = send(app, row, first)?;
    if answered.is_about_signature() {
        let second = send(app, row, first.other())?;
        if second.is_good() {
            let name = first.other().name();
            app.db()
                .write(|tx| hosts::took_signature(tx, &row.host, name))?;
        }
        answered = second;
    }
    let unit = unit(app);
    app.db().write(|tx| note(tx, row, &answered, unit))
}

/// What the schedule counts in.
fn unit(app: &App) -> Duration {
    Duration::from_secs(app.config().federation.retry_seconds.into())
}

impl Answered {
    fn is_good(&self) -> bool {
        matches!(self, Answered::Status(200..=299, ..))
    }

    /// Whether nobody was there, or nobody who could take anything: it has nothing to do with what was sent.
    fn is_of_the_host(&self) -> bool {
        matches!(
            self,
            Answered::Status(429 | 502..=504, ..) | Answered::Nothing(FetchError::Unreachable(_))
        )
    }

    fn is_about_signature(&self) -> bool {
        match self {
            Answered::Status(401 | 403, ..) => true,
            Answered::Status(400, text, _) => text.to_ascii_lowercase().contains("signature"),
            _ => false,
        }
    }
}

fn send(app: &App, row: &DeliveryRow, variant: Variant) -> Result<Answered> {
    let own = app.fed().keys.own(app, row.signer)?;
    let former = row.former_key.as_deref();
    let former = former.map(|der| PrivateKey::parse(own.private.id().to_owned(), der));
    let former = former.transpose()?;
    let key = former.as_ref().unwrap_or(&own.private);
    let body = Signable::new(row.json.as_bytes());
    let sign: HopHeaders = &|url| {
        let outgoing = Outgoing {
            url,
            body: Some(&body),
            without_query: false,
        };
        signature::sign(key, variant, &outgoing, Timestamp::now()).unwrap_or_default()
    };
    let mut limits = Limits::DELIVERY;
    if row.attempts > 0 {
        // Whoever was slow gets more time, when nobody else waits for it.
        limits.total *= 3;
    }
    let synchronization = follower_sync::header(app, row)?;
    let mut headers = vec![("content-type", CONTENT_TYPE)];
    headers.extend(
        synchronization
            .as_deref()
            .map(|value| (follower_sync::HEADER, value)),
    );
    let request = Request::post(&row.inbox, &headers, body.bytes, limits).hop_headers(sign);
    Ok(match app.client().open(&request) {
        Err(error) => Answered::Nothing(error),
        Ok(mut stream) => {
            let mut text = Vec::new();
            // The status is the answer; a complaint that breaks off is as good as none.
            let _ = (&mut stream).take(COMPLAINT).read_to_end(&mut text);
            let text = String::from_utf8_lossy(&text).into_owned();
            Answered::Status(stream.head.status, text, stream.head.retry_after())
        }
    })
}

/// Writes down what came of a try.
fn note(tx: &Tx, row: &DeliveryRow, answered: &Answered, unit: Duration) -> Result<()> {
    let all = SCHEDULE.len() as u32 + 1;
    let (status, text, most) = match answered {
        Answered::Status(status @ 200..=299, ..) => {
            hosts::succeeded(tx, &row.host)?;
            return deliveries::done(tx, row, *status);
        }
        Answered::Status(status, text, _) => {
            let most = match status {
                410 => 1,
                400 | 404 | 405 | 413 | 415 | 422 => 2,
                401 | 403 => 3,
                _ => all,
            };
            (Some(*status), text.clone(), most)
        }
        Answered::Nothing(error) => {
            let most = if error.is_temporary() { all } else { 1 };
            (None, error.to_string(), most)
        }
    };
    if status == Some(410) {
        deliveries::inbox_gone(tx, &row.inbox, &row.host)?;
    }
    let now = Timestamp::now();
    let is_nobody_there = answered.is_of_the_host();
    if let Answered::Status(429 | 503, _, Some(pause)) = answered {
        hosts::wait_until(tx, &row.host, now.plus((*pause).min(DAY)))?;
    } else if is_nobody_there {
        // All that wait for it wait for this one, so that it costs a connection a step, and nothing overtakes.
        let pause = |fails: u32| jittered(pause_after(fails.min(row.attempts), unit));
        hosts::failed(tx, &row.host, 1, pause)?;
    } else if matches!(
        answered,
        Answered::Nothing(_) | Answered::Status(500..=599, ..)
    ) {
        hosts::failed(tx, &row.host, THRESHOLD, |fails| pause_after(fails, unit))?;
    }
    let is_over = row.attempts + 1 >= most && (most < all || is_old(row, now, unit));
    let again = (!is_over).then(|| match is_nobody_there {
        true => now,
        false => now.plus(jittered(pause_after(row.attempts, unit))),
    });
    let text: String = text.chars().take(200).collect();
    log::info!(
        "delivery to {} failed ({status:?}): {}",
        row.inbox,
        text.escape_debug()
    );
    deliveries::failed(tx, row.id, !is_nobody_there, status, &text, again)
}

/// Whether a delivery has waited for as long as the schedule lasts. Tries may follow each other faster than that: whenever a server
/// is heard of, it is tried at once.
fn is_old(row: &DeliveryRow, now: Timestamp, unit: Duration) -> bool {
    let whole: u32 = SCHEDULE.iter().sum();
    row.created_at.plus((unit * whole).mul_f64(0.8)) <= now
}

/// How long to wait after so many failures before.
fn pause_after(failures: u32, unit: Duration) -> Duration {
    let at = (failures as usize).min(SCHEDULE.len() - 1);
    unit * SCHEDULE[at]
}

/// A fifth more or less, so that what failed together does not come back together.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0; 1];
    // Without random bytes everything comes back at once, which is no harm.
    let _ = getrandom::fill(&mut byte);
    pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_tries_take_four_days_and_jitter_stays_within_a_fifth() {
        let all: Duration = (0..10)
            .map(|failures| pause_after(failures, Duration::from_secs(60)))
            .sum();
        assert!((4 * DAY..5 * DAY).contains(&all));
        for _ in 0..100 {
            let pause = jittered(Duration::from_secs(100));
            assert!((80..=120).contains(&pause.as_secs()));
        }
    }
}
