//! Reading: timelines, one status, the small documents, compression.

use std::time::Duration;

use super::data::Household;
use super::load::{self, Connection, Measured};
use super::server::Server;
use super::table;
use super::yardstick::Yardstick;

const TIME: Duration = Duration::from_secs(2);

const TIMELINE: &str = ">= 35 %, p99 <= 5x";

fn title(statuses: usize) {
    table::title(&format!(
        "Reading, {statuses} statuses, {} connections",
        load::CONNECTIONS
    ));
}

/// Every kind of list that grows with the statuses.
pub fn lists(statuses: usize) {
    title(statuses);
    let household = Household::of(statuses);
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    let bearer = format!("Bearer {}", household.token);
    let auth = [("Authorization", bearer.as_str())];
    let list = format!("/api/v1/timelines/list/{}", household.a_list);
    let account = format!("/api/v1/accounts/{}/statuses", household.a_person);
    let context = format!("/api/v1/statuses/{}/context", household.a_thread);
    table::loads();
    for (name, path) in [
        ("home", "/api/v1/timelines/home"),
        ("public", "/api/v1/timelines/public"),
        ("list of 20 people", list.as_str()),
        ("tag", "/api/v1/timelines/tag/tag0"),
        ("account", account.as_str()),
        ("notifications", "/api/v1/notifications"),
        ("notifications, grouped", "/api/v2/notifications"),
        ("context, 200 answers", context.as_str()),
        ("search", "/api/v2/search?q=lazy+fox&type=statuses"),
    ] {
        let (yard, ours) = beside(&server, path, &auth);
        table::load(name, yard, ours, TIMELINE);
    }
}

/// Loads a household of that many statuses.
pub fn run(statuses: usize) {
    title(statuses);
    let household = Household::of(statuses);
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    let bearer = format!("Bearer {}", household.token);
    let auth = [("Authorization", bearer.as_str())];
    let status = format!("/api/v1/statuses/{}", household.a_status);
    table::loads();
    for (name, path, goal) in [
        ("home", "/api/v1/timelines/home", TIMELINE),
        ("local", "/api/v1/timelines/public?local=true", TIMELINE),
        ("one status", status.as_str(), ">= 55 %"),
        ("instance v1", "/api/v1/instance", ">= 55 %"),
        ("instance v2", "/api/v2/instance", ">= 55 %"),
        ("custom emoji (500)", "/api/v1/custom_emojis", ">= 55 %"),
        ("emoji (500)", "/api/pleroma/emoji", ">= 55 %"),
        ("nodeinfo", "/nodeinfo/2.1", ">= 55 %"),
        (
            "verify_credentials",
            "/api/v1/accounts/verify_credentials",
            ">= 55 %",
        ),
    ] {
        let (yard, ours) = beside(&server, path, &auth);
        table::load(name, yard, ours, goal);
    }
    compression(&server, &auth);
    table::figure(
        "resident after this",
        &format!("{:.1} MiB", server.resident_kib() as f64 / 1024.0),
        "<= 32 MiB",
    );
}

/// Emoji by the thousand, and the list of their packs.
pub fn emoji(count: usize) {
    table::title(&format!("Reading, {count} emoji"));
    let household = Household::of_emoji(count);
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    table::loads();
    for (name, path) in [
        ("emoji", "/api/pleroma/emoji"),
        ("packs, 50 of each", "/api/pleroma/emoji/packs"),
    ] {
        let (yard, ours) = beside(&server, path, &[]);
        table::load(name, yard, ours, ">= 50 %");
    }
}

/// The same bytes from both, in turns, so that a busy moment hits both; the middle of three.
pub fn beside(server: &Server, path: &str, headers: &[(&str, &str)]) -> (Measured, Measured) {
    let body = Connection::open(server.address)
        .exchange(&load::get(path, headers))
        .to_vec();
    let yardstick = Yardstick::start(&body);
    let turn = |_| {
        let yard = load::run(yardstick.address, path, headers, TIME);
        (yard, load::run(server.address, path, headers, TIME))
    };
    let turns: Vec<(Measured, Measured)> = (0..3).map(turn).collect();
    let middle = |pick: fn(&(Measured, Measured)) -> Measured| {
        let mut all: Vec<Measured> = turns.iter().map(pick).collect();
        all.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        all[1]
    };
    (middle(|turn| turn.0), middle(|turn| turn.1))
}

fn compression(server: &Server, auth: &[(&str, &str)]) {
    let home = "/api/v1/timelines/home";
    let plain = load::run(server.address, home, auth, TIME);
    let mut headers = auth.to_vec();
    headers.push(("Accept-Encoding", "gzip"));
    let packed = load::run(server.address, home, &headers, TIME);
    let figure = format!("{:.1}x, {} bytes", plain.rate / packed.rate, packed.bytes);
    table::figure("cost of a compressed home", &figure, "<= 3x");
}
