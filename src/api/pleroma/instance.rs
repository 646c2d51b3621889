//! The server's health, and settings for front ends.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::db;
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Health {
    pool_size: u32,
    active: u32,
    idle: u32,
    memory_used: f64,
    job_queue_stats: BTreeMap<String, JobCounts>,
    healthy: bool,
}

#[derive(Serialize)]
struct JobCounts {
    waiting: i64,
    dead: i64,
}

/// `GET /api/pleroma/healthcheck`
pub fn healthcheck(cx: &Ctx) -> Result<Reply> {
    if !cx.app.config().instance.healthcheck {
        return Ok(Reply::json(&json!({}))?.status(503));
    }
    let health = health(cx.app);
    let status = if health.healthy { 200 } else { 503 };
    Ok(Reply::json(&health)?.status(status))
}

/// `GET /health`: as short as a monitor wants it, in JSON for those that ask for that.
pub fn alive(cx: &Ctx) -> Result<Reply> {
    cx.app.db().read(db::users::any)?;
    let wants_json = cx
        .header("Accept")
        .is_some_and(|accept| accept.contains("json"));
    match wants_json {
        true => Reply::json(&json!({"status": "OK"})),
        false => Ok(Reply::bytes("text/plain; charset=utf-8", b"OK".to_vec())),
    }
}

/// `GET /api/pleroma/frontend_configurations`: front ends run with their own defaults.
pub fn frontend_configurations(_: &Ctx) -> Result<Reply> {
    Reply::json(&json!({"pleroma_fe": {}, "masto_fe": {}}))
}

/// Unhealthy: all readers busy, or the database does not answer. With all busy it is not asked: that would only wait.
fn health(app: &App) -> Health {
    let (pool_size, active, idle) = app.db().pool_state();
    let jobs = match active < pool_size {
        true => app.db().read(db::jobs::counts),
        false => Err(Error::internal("all readers are busy")),
    };
    if let Err(Error::Internal(cause)) = &jobs {
        log::error!("healthcheck: {cause}");
    }
    Health {
        pool_size,
        active,
        idle,
        memory_used: resident_megabytes(),
        healthy: jobs.is_ok(),
        job_queue_stats: jobs
            .unwrap_or_default()
            .into_iter()
            .map(|(kind, waiting, dead)| (kind, JobCounts { waiting, dead }))
            .collect(),
    }
}

/// Resident memory with two decimals; 0 where the system does not tell.
fn resident_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0);
    (kibibytes as f64 * 102.4 / 1000.0).round() / 100.0
}
