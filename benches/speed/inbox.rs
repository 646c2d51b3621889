//! Receiving: signed posts of people whose keys are known, from the inbox to the home timeline of somebody who follows them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection as Db, OpenFlags, params};

use super::data::Household;
use super::elsewhere::Elsewhere;
use super::load::{self, Connection};
use super::rsa;
use super::server::Server;
use super::table;

const SERVERS: usize = 4;
const PEOPLE: usize = 6;

/// Sent as fast as they are taken.
const MESSAGES: usize = 6_000;

/// Connections that bring them.
const CONNECTIONS: usize = 8;

/// Sent in a second, and for how long (federation.md T24).
const STEADY: usize = 200;
const SECONDS: usize = 30;

/// Waiting when the server starts, and a tenth of that: memory must not tell one from the other.
const WAITING: usize = 50_000;
const FEW: usize = WAITING / 10;

const HOME: &str = "/api/v1/timelines/home";

pub fn run() {
    table::title(&format!(
        "Inbox, {} people on {SERVERS} servers, {CONNECTIONS} connections",
        SERVERS * PEOPLE
    ));
    let elsewhere = Elsewhere::start(SERVERS, PEOPLE);
    for synchronous in ["normal", "full"] {
        as_fast_as_possible(&elsewhere, synchronous);
    }
    steady(&elsewhere);
    let few = waiting(&elsewhere, FEW);
    let many = waiting(&elsewhere, WAITING);
    let name = format!("memory that {WAITING} take, beside {FEW}");
    table::figure(&name, &format!("{many:.1}, {few:.1} MiB"), "flat");
}

/// A household with a server on it, where everybody elsewhere is followed.
fn serve(household: &Household, elsewhere: &Elsewhere, synchronous: &str) -> Server {
    let server = start(household, synchronous);
    elsewhere.are_followed(&server, &household.token);
    server
}

fn start(household: &Household, synchronous: &str) -> Server {
    let synchronous = format!("storage.synchronous={synchronous}");
    let sets = ["federation.allow_private_addresses=true", &synchronous];
    Server::on(household.data(), &sets)
}

/// Looks into the database beside the server.
pub fn look(data: &Path) -> Db {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Db::open_with_flags(data.join("kenoma.db"), flags).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db
}

pub fn count(db: &Db, sql: &str) -> usize {
    let mut stmt = db.prepare_cached(sql).unwrap();
    let count: i64 = stmt.query_row([], |row| row.get(0)).unwrap();
    count as usize
}

const AT_HOME: &str = "SELECT count(*) FROM home_entries";

fn as_fast_as_possible(elsewhere: &Elsewhere, synchronous: &str) {
    let household = Household::of(10_000);
    let server = serve(&household, elsewhere, synchronous);
    let requests = elsewhere.posts(server.address, MESSAGES, synchronous);
    let bytes = requests.iter().map(Vec::len).sum::<usize>() / MESSAGES;
    let db = look(household.data());
    let before = count(&db, AT_HOME);
    let started = Instant::now();
    std::thread::scope(|threads| {
        for connection in 0..CONNECTIONS {
            let mine = requests.iter().skip(connection).step_by(CONNECTIONS);
            threads.spawn(|| {
                let mut connection = Connection::open(server.address);
                mine.for_each(|request| assert_eq!(connection.send(request).0, 202));
            });
        }
    });
    let answered = started.elapsed();
    while count(&db, AT_HOME) < before + MESSAGES {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "posts are missing"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let shown = started.elapsed();
    let yardstick = rsa::measure(household.data(), bytes, synchronous);
    let rate = |time: Duration| MESSAGES as f64 / time.as_secs_f64();
    table::figure(
        &format!("RSA-2048 verifications, rows ({synchronous})"),
        &format!("{:.0}, {:.0} /s", yardstick.verify, yardstick.insert),
        "",
    );
    table::figure(
        "one of each per message",
        &format!("{:.0} /s", yardstick.both),
        "",
    );
    table::figure("answered", &format!("{:.0} /s", rate(answered)), "");
    table::figure(
        "from the inbox to the home timeline",
        &format!(
            "{:.0} /s, {:.0}%",
            rate(shown),
            100.0 * rate(shown) / yardstick.both
        ),
        ">= 15 %, aim 30",
    );
}

/// Tells how large a server gets while something happens.
fn peak<T>(server: &Server, work: impl FnOnce() -> T) -> (T, u64) {
    let (peak, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let done = std::thread::scope(|threads| {
        threads.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(server.resident_kib(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let done = work();
        ended.store(true, Ordering::Relaxed);
        done
    });
    (done, peak.into_inner())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// A day of traffic in half a minute, while the owner reads.
fn steady(elsewhere: &Elsewhere) {
    let household = Household::of(10_000);
    let server = serve(&household, elsewhere, "full");
    let requests = elsewhere.posts(server.address, STEADY * SECONDS, "steady");
    let bearer = format!("Bearer {}", household.token);
    let home = load::get(HOME, &[("Authorization", &bearer)]);
    Connection::open(server.address).exchange(&home);
    let before = server.resident_kib();
    let started = Instant::now() + Duration::from_millis(100);
    let due = |n: usize| started + Duration::from_secs(1) * n as u32 / STEADY as u32;
    let ((mut answers, mut reads), peak) = peak(&server, || {
        std::thread::scope(|threads| {
            let reader = threads.spawn(|| {
                let mut connection = Connection::open(server.address);
                let mut times = Vec::new();
                while started.elapsed() < Duration::from_secs(SECONDS as u64) {
                    let asked = Instant::now();
                    connection.exchange(&home);
                    times.push(asked.elapsed());
                    std::thread::sleep(Duration::from_millis(20));
                }
                times
            });
            let senders: Vec<_> = (0..CONNECTIONS)
                .map(|first| {
                    let mine = requests.iter().enumerate().skip(first).step_by(CONNECTIONS);
                    threads.spawn(move || {
                        let mut connection = Connection::open(server.address);
                        // From when it was due: whoever is late because of the one before is late.
                        mine.map(|(n, request)| {
                            std::thread::sleep(due(n).saturating_duration_since(Instant::now()));
                            assert_eq!(connection.send(request).0, 202);
                            due(n).elapsed()
                        })
                        .collect::<Vec<_>>()
                    })
                })
                .collect();
            let answers: Vec<Duration> = senders
                .into_iter()
                .flat_map(|sender| sender.join().unwrap())
                .collect();
            (answers, reader.join().unwrap())
        })
    });
    answers.sort();
    reads.sort();
    let ms = |times: &[Duration], part: usize| {
        1000.0 * times[(times.len() - 1) * part / 100].as_secs_f64()
    };
    let name = format!("{STEADY} posts a second for {SECONDS} s, answer, 50 %, 99 %");
    let figure = format!("{:.1}, {:.1} ms", ms(&answers, 50), ms(&answers, 99));
    table::figure(&name, &figure, "99 % < 250 ms");
    let figure = format!("{:.1}, {:.1} ms", ms(&reads, 99), ms(&reads, 100));
    table::figure(
        "home timeline meanwhile, 99 %, slowest",
        &figure,
        "< 100 ms",
    );
    let figure = format!("{:.1} MiB", mib(peak.saturating_sub(before)));
    table::figure("memory that it takes", &figure, "< 32 MiB");
}

/// Very much waits when the server starts. Returns by how many MiB it grows.
fn waiting(elsewhere: &Elsewhere, items: usize) -> f64 {
    let household = Household::of(10_000);
    drop(serve(&household, elsewhere, "normal"));
    fill(&household, elsewhere, items);
    let db = look(household.data());
    let before = count(&db, AT_HOME);
    let server = start(&household, "normal");
    let at_start = server.resident_kib();
    let started = Instant::now();
    let ((), peak) = peak(&server, || {
        while count(&db, AT_HOME) < before + items {
            assert!(
                started.elapsed() < Duration::from_secs(600),
                "posts are missing"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let name = format!("{items} that wait, taken in");
    let figure = format!("{:.0} /s", items as f64 / started.elapsed().as_secs_f64());
    table::figure(&name, &figure, "");
    mib(peak.saturating_sub(at_start))
}

/// Puts them into the queue, as the inbox would.
fn fill(household: &Household, elsewhere: &Elsewhere, items: usize) {
    let mut db = look(household.data());
    let tx = db.transaction().unwrap();
    let now = kenoma::clock::Timestamp::now();
    for n in 0..items {
        let person = &elsewhere.people[n % elsewhere.people.len()];
        tx.prepare_cached(
            "INSERT INTO inbox_items (id, actor, host, signer_id, body, received_at, run_at)
             SELECT ?1, uri, ?2, id, ?3, ?4, ?4 FROM accounts WHERE uri = ?5",
        )
        .unwrap()
        .execute(params![
            now.0 * 1000 + n as i64,
            person.host,
            person.note(n, "waiting"),
            now,
            person.uri
        ])
        .unwrap();
    }
    tx.commit().unwrap();
}
