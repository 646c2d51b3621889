//! How soon it is ready, and how little it takes.

use std::time::Duration;

use super::server::{Server, binary};
use super::table;

pub fn run() {
    table::title("Start and size");
    let mut ready: Vec<Duration> = (0..11)
        .map(|_| Server::ephemeral(&["alice", "root:admin"], &[]).ready_after)
        .collect();
    ready.sort();
    let figure = format!("{:.1} ms", 1000.0 * ready[5].as_secs_f64());
    table::figure(
        "serve --ephemeral, two users, until ready",
        &figure,
        "<= 100 ms, aim 20",
    );
    let server = Server::ephemeral(&["alice"], &[]);
    std::thread::sleep(Duration::from_secs(2));
    let idle = server.resident_kib();
    table::figure(
        "resident when idle",
        &format!("{:.1} MiB", idle as f64 / 1024.0),
        "<= 16 MiB",
    );
    let size = std::fs::metadata(binary()).unwrap().len();
    table::figure(
        "binary",
        &format!("{:.1} MiB", size as f64 / (1 << 20) as f64),
        "<= 15 MiB",
    );
}
