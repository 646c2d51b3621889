//! Sending: one post to the followers on a thousand servers, which stand on ports of loopback.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::params;

use super::data::Household;
use super::elsewhere::read_request;
use super::inbox::{count, look};
use super::load::{self, Connection};
use super::rsa;
use super::server::Server;
use super::table;

const HOSTS: usize = 1_000;

/// Of these half refuse connections, and half accept them and never answer.
const DEAD: usize = 500;

const POSTS: usize = 5;

const TIME: Duration = Duration::from_secs(4);

pub fn run() {
    table::title(&format!("One post to {HOSTS} servers"));
    let hosts = Hosts::start();
    let alone = speed(&hosts);
    beside_the_dead(&hosts, alone);
}

/// Servers that take everything.
struct Hosts {
    inboxes: Vec<String>,
    got: Arc<AtomicUsize>,
}

impl Hosts {
    /// Each has a thread that mostly sleeps.
    fn start() -> Hosts {
        kenoma::cli::serve::raise_descriptor_limit();
        let got = Arc::new(AtomicUsize::new(0));
        let inboxes = (0..HOSTS).map(|_| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let got = Arc::clone(&got);
            let thread = std::thread::Builder::new().stack_size(64 << 10);
            let take = move || {
                for mut stream in listener.incoming().flatten() {
                    if read_request(&stream).is_ok() {
                        got.fetch_add(1, Ordering::Relaxed);
                        let answer = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                        let _ = std::io::Write::write_all(&mut stream, answer);
                    }
                }
            };
            thread.spawn(take).unwrap();
            format!("http://{address}/inbox")
        });
        Hosts {
            inboxes: inboxes.collect(),
            got,
        }
    }

    fn got(&self) -> usize {
        self.got.load(Ordering::Relaxed)
    }

    /// Waits until they have got so many.
    fn wait(&self, until: usize) {
        let patience = Instant::now() + Duration::from_secs(120);
        while self.got() < until {
            assert!(
                Instant::now() < patience,
                "{} of {until} arrived",
                self.got()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A household whose owner has a follower at each of these inboxes, with a server on it.
struct Sender {
    household: Household,
    server: Server,
}

impl Sender {
    fn new(inboxes: &[String]) -> Sender {
        let household = Household::of(10_000);
        let mut db = look(household.data());
        let tx = db.transaction().unwrap();
        let now = kenoma::clock::Timestamp::now().0;
        for (n, inbox) in inboxes.iter().enumerate() {
            let host = inbox.split('/').nth(2).unwrap();
            let uri = format!("http://{host}/users/follower");
            let id = (now - HOSTS as i64 * 10 + n as i64) * 1000;
            tx.execute(
                "INSERT INTO accounts (id, username, host, uri, url, inbox, shared_inbox, created_at)
                 VALUES (?1, 'follower', ?2, ?3, ?3, ?3 || '/inbox', ?4, ?5)",
                params![id, host, uri, inbox, now],
            )
            .unwrap();
            tx.execute(
                "INSERT INTO follows (id, account_id, target_id, created_at) SELECT ?1, ?1, account_id, ?2 FROM users",
                params![id, now],
            )
            .unwrap();
        }
        tx.commit().unwrap();
        let sets = [
            "federation.allow_private_addresses=true",
            "storage.synchronous=normal",
        ];
        let server = Server::on(household.data(), &sets);
        Sender { household, server }
    }

    /// Posts; returns when it was asked, and how long the answer took.
    fn post(&self, n: usize) -> (Instant, Duration) {
        let bearer = format!("Bearer {}", self.household.token);
        let form = format!("status=Hear%2C+hear+{n}+all+of+you+who+live+elsewhere");
        let request = load::post("/api/v1/statuses", &[("Authorization", &bearer)], &form);
        let mut connection = Connection::open(self.server.address);
        let asked = Instant::now();
        connection.exchange(&request);
        (asked, asked.elapsed())
    }
}

/// Returns how long it takes until all of them have a post.
fn speed(hosts: &Hosts) -> Duration {
    let sender = Sender::new(&hosts.inboxes);
    let db = look(sender.household.data());
    let (mut answers, mut queued, mut arrived) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..POSTS {
        let before = hosts.got();
        let (asked, answer) = sender.post(n);
        answers.push(answer);
        while count(&db, "SELECT count(*) FROM deliveries") < (n + 1) * HOSTS {
            std::thread::sleep(Duration::from_micros(200));
        }
        queued.push(asked.elapsed());
        hosts.wait(before + HOSTS);
        arrived.push(asked.elapsed());
    }
    let yardstick = rsa::measure(sender.household.data(), 1000, "normal");
    let middle = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let ms = |time: Duration| 1000.0 * time.as_secs_f64();
    let (answer, queued, arrived) = (
        middle(&mut answers),
        middle(&mut queued),
        middle(&mut arrived),
    );
    let figure = format!("{:.1}, {:.1} ms", ms(answer), ms(queued));
    table::figure(
        "until the answer, until all are queued",
        &figure,
        "<= 20 ms",
    );
    let rate = HOSTS as f64 / arrived.as_secs_f64();
    table::figure(
        "RSA-2048 signatures",
        &format!("{:.0} /s", yardstick.sign),
        "",
    );
    let figure = format!("{rate:.0} /s, {:.0}%", 100.0 * rate / yardstick.sign);
    table::figure("delivered", &figure, ">= 50 %");
    home_meanwhile(hosts, &sender);
    arrived
}

/// How long somebody waits for the home timeline while posts go out one after the other.
fn home_meanwhile(hosts: &Hosts, sender: &Sender) {
    let bearer = format!("Bearer {}", sender.household.token);
    let auth = [("Authorization", bearer.as_str())];
    let home = || load::run(sender.server.address, "/api/v1/timelines/home", &auth, TIME).p99;
    let alone = home();
    let ended = AtomicBool::new(false);
    let before = hosts.got();
    let beside = std::thread::scope(|threads| {
        threads.spawn(|| {
            for n in POSTS.. {
                let before = hosts.got();
                sender.post(n);
                while hosts.got() < before + HOSTS {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let beside = home();
        ended.store(true, Ordering::Relaxed);
        beside
    });
    let ms = |time: Duration| 1000.0 * time.as_secs_f64();
    let name = format!("home, 99 %, {} deliveries meanwhile", hosts.got() - before);
    let figure = format!("{:.1} ms, {:.1} ms alone", ms(beside), ms(alone));
    table::figure(&name, &figure, "<= 1.5x");
}

/// Half a thousand of dead servers among the live ones.
fn beside_the_dead(hosts: &Hosts, alone: Duration) {
    let silent: Vec<TcpListener> = (0..DEAD / 2)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let silent = silent
        .iter()
        .map(|one| one.local_addr().unwrap().to_string());
    // Nobody listens on port 1.
    let refusing = (0..DEAD / 2).map(|n| format!("127.0.{}.{}:1", 1 + n / 200, 1 + n % 200));
    let dead = silent
        .chain(refusing)
        .map(|host| format!("http://{host}/inbox"));
    let mut inboxes = hosts.inboxes.clone();
    // After every second one that lives.
    for (n, inbox) in dead.enumerate() {
        inboxes.insert(3 * n + 2, inbox);
    }
    let sender = Sender::new(&inboxes);
    let idle = sender.server.resident_kib();
    for (n, name) in ["never heard of before", "once more"]
        .into_iter()
        .enumerate()
    {
        let before = hosts.got();
        let (asked, _) = sender.post(n);
        hosts.wait(before + HOSTS);
        let figure = format!(
            "{:.2} s, {:.2} s alone",
            asked.elapsed().as_secs_f64(),
            alone.as_secs_f64()
        );
        table::figure(&format!("{DEAD} dead servers, {name}"), &figure, "no later");
    }
    let more = sender.server.resident_kib().saturating_sub(idle);
    table::figure(
        "memory that it takes",
        &format!("{:.1} MiB", more as f64 / 1024.0),
        "",
    );
}
