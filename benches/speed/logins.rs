//! Logging in: a bcrypt each, which must not slow others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::data::Household;
use super::load::{self, Connection};
use super::server::Server;
use super::table;

/// People who log in at once, over and over.
const AT_ONCE: usize = 4;

const TIME: Duration = Duration::from_secs(4);

pub fn run() {
    table::title("A home timeline while people log in");
    let household = Household::of(10_000);
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    let bearer = format!("Bearer {}", household.token);
    let home = || {
        let headers = [("Authorization", bearer.as_str())];
        load::run(server.address, "/api/v1/timelines/home", &headers, TIME).p99
    };
    let app = app(&server, "owner");
    let alone = home();
    let (ended, logins) = (AtomicBool::new(false), AtomicUsize::new(0));
    let beside = std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let mut connection = Connection::open(server.address);
                while !ended.load(Ordering::Relaxed) {
                    connection.exchange(&load::post("/oauth/token", &[], &app));
                    logins.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let beside = home();
        ended.store(true, Ordering::Relaxed);
        beside
    });
    let ms = |time: Duration| 1000.0 * time.as_secs_f64();
    let figure = format!("{:.1} ms, {:.1} ms alone", ms(beside), ms(alone));
    table::figure(
        &format!("p99, {} logins meanwhile", logins.into_inner()),
        &figure,
        "<= 2x",
    );
}

/// The form of a password grant of that user, of an app registered for it.
pub fn app(server: &Server, user: &str) -> String {
    let form = "client_name=bench&redirect_uris=urn:ietf:wg:oauth:2.0:oob&scopes=read";
    let mut connection = Connection::open(server.address);
    let answer = connection.exchange(&load::post("/api/v1/apps", &[], form));
    let app: serde_json::Value = serde_json::from_slice(answer).unwrap();
    let text = |key: &str| app[key].as_str().unwrap().to_owned();
    format!(
        "grant_type=password&username={user}&password={user}-password&scope=read&client_id={}&client_secret={}",
        text("client_id"),
        text("client_secret")
    )
}
