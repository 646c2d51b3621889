//! `Idempotency-Key`: the same request twice has one effect and one answer (pleroma-contract 0.7, mastodon-api 0.7).

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use super::ctx::Ctx;
use super::reply::Reply;
use super::router::Route;
use crate::clock::Timestamp;
use crate::db::idempotency::{self, Answer};
use crate::error::{Error, Result};

/// How long a first answer is kept.
const KEPT: Duration = Duration::from_secs(3600);

/// Keys whose first request is still being answered; a second one waits for it.
#[derive(Default)]
pub struct InProgress {
    keys: Mutex<HashSet<Vec<u8>>>,
    done: Condvar,
}

/// Answers with the handler, or with what it answered before under the same key. Only for logged-in callers.
pub fn once(cx: &Ctx, route: &Route, handler: impl FnOnce() -> Result<Reply>) -> Result<Reply> {
    let (Some(header), Some(viewer)) = (cx.header("Idempotency-Key"), cx.viewer()) else {
        return handler();
    };
    if route.method == "GET" || header.is_empty() {
        return handler();
    }
    let text = format!("{viewer}\n{}\n{}\n{header}", cx.method, cx.path);
    let key = digest(&SHA256, text.as_bytes()).as_ref().to_vec();
    let _turn = cx.app.in_progress().enter(&key)?;
    let oldest = Timestamp::now().minus(KEPT);
    if let Some(answer) = cx.app.db().read(|db| idempotency::find(db, &key, oldest))? {
        return Ok(replay(answer, header));
    }
    let reply = handler()?;
    if let Some(body) = reply.in_memory()
        && reply.status < 500
    {
        let answer = Answer {
            status: reply.status,
            body: body.to_vec(),
            request_id: crate::ids::next().to_string(),
        };
        cx.app
            .db()
            .write(|tx| idempotency::keep(tx, &key, &answer, oldest))?;
    }
    Ok(reply)
}

fn replay(answer: Answer, key: &str) -> Reply {
    Reply::bytes("application/json; charset=utf-8", answer.body)
        .status(answer.status)
        .header("Idempotency-Key", key)
        .header("Idempotent-Replayed", "true")
        .header("X-Original-Request-Id", &answer.request_id)
}

/// Leaves the set of keys in progress when dropped, also when the handler failed.
struct Turn<'a>(&'a InProgress, Vec<u8>);

impl InProgress {
    /// Waits until nobody else answers under that key.
    fn enter(&self, key: &[u8]) -> Result<Turn<'_>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut keys, waited) = self
            .done
            .wait_timeout_while(keys, Duration::from_secs(20), |keys| keys.contains(key))
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(Error::Status(
                409,
                "A request with this Idempotency-Key is still being answered".into(),
            ));
        }
        keys.insert(key.to_vec());
        Ok(Turn(self, key.to_vec()))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.1);
        self.0.done.notify_all();
    }
}
