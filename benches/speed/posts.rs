//! Writing: statuses one after the other, against what the disk can do.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::load::{self, Connection};
use super::server::Server;
use super::table;

const TIME: Duration = Duration::from_secs(4);

pub fn run() {
    table::title("Posting, one after the other");
    let normal = posts("storage.synchronous=normal");
    table::figure(
        "synchronous=normal",
        &format!("{normal:.0} /s"),
        ">= 2,000 /s",
    );
    let folder = tempfile::tempdir_in(".").unwrap();
    // In turns, since disks have moods.
    let (mut disk, mut full) = (0.0, 0.0);
    for _ in 0..2 {
        disk += appends(folder.path()) / 2.0;
        full += posts_in(folder.path()) / 2.0;
    }
    table::figure(
        "disk: 4 KiB appends with fsync",
        &format!("{disk:.0} /s"),
        "",
    );
    table::figure(
        "synchronous=full",
        &format!("{full:.0} /s, {:.0}%", 100.0 * full / disk),
        ">= 70 %",
    );
}

fn posts(set: &str) -> f64 {
    let server = Server::ephemeral(&["alice"], &[set]);
    let token = server.token("alice");
    sequentially(&server, &token)
}

/// Posts on the disk of that folder, with every acknowledged one safe.
fn posts_in(folder: &Path) -> f64 {
    let household = super::data::Household::within(folder, 0);
    let server = Server::on(household.data(), &["storage.synchronous=full"]);
    sequentially(&server, &household.token)
}

fn sequentially(server: &Server, token: &str) -> f64 {
    let bearer = format!("Bearer {token}");
    let mut connection = Connection::open(server.address);
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        let body = format!(
            "status=Good+morning+number+{count}%2C+with+a+%23hashtag+and+some+words+to+say"
        );
        connection.exchange(&load::post(
            "/api/v1/statuses",
            &[("Authorization", &bearer)],
            &body,
        ));
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

fn appends(folder: &Path) -> f64 {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("appends"))
        .unwrap();
    let page = [7u8; 4096];
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        file.write_all(&page).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}
