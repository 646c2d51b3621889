//! A million posts from elsewhere: how large the file gets, and whether the home timeline notices.
//!
//! Each is read from a document and stored as one that arrives ([`kenoma::fed::reading`], [`kenoma::ops::remote_statuses`]), in
//! the order of their dates over a year. Their ids stand among those of activities seen as long as those are kept.

use std::path::Path;
use std::time::{Duration, Instant};

use kenoma::app::App;
use kenoma::clock::Timestamp;
use kenoma::config::{BaseUrl, Config, Profile};
use kenoma::db::{Tx, follows, seen_activities};
use kenoma::fed::reading::{actor, post};
use kenoma::fed::signature::key;
use kenoma::ids::AccountId;
use kenoma::ops::{remote_accounts, remote_statuses, status_search};
use serde_json::{Value, json};

use super::data::Household;
use super::elsewhere;
use super::inbox::{count, look};
use super::server::Server;
use super::table;
use super::texts::Writer;
use super::timelines;

const STATUSES: usize = 1_000_000;

const PEOPLE: usize = 20_000;

/// Servers that they live on.
const SERVERS: usize = 1_500;

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// How long activities seen are remembered.
const SEEN: Duration = Duration::from_secs(30 * 86_400);

const BATCH: usize = 2_000;

pub fn run() {
    table::title(&format!("{STATUSES} posts of {PEOPLE} people elsewhere"));
    let household = Household::of(0);
    let started = Instant::now();
    fill(household.data());
    eprintln!("  (written in {:.0} s)", started.elapsed().as_secs_f64());
    let size = std::fs::metadata(household.data().join("kenoma.db"))
        .unwrap()
        .len();
    table::figure(
        "the file",
        &format!("{:.2} GB", size as f64 / 1e9),
        "<= 1.2 GB",
    );
    parts(household.data());
    table::loads();
    home(&Household::of(10_000), "home, 10,000");
    home(&household, "home, a million elsewhere");
}

fn home(household: &Household, name: &str) {
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    let bearer = format!("Bearer {}", household.token);
    let auth = [("Authorization", bearer.as_str())];
    let (yard, ours) = timelines::beside(&server, "/api/v1/timelines/home", &auth);
    table::load(name, yard, ours, ">= 35 %, p99 <= 5x");
}

fn fill(data: &Path) {
    let sets = ["storage.cache_kib=400000", "storage.synchronous=normal"].map(str::to_owned);
    let config = Config::load(data, std::iter::empty(), &sets, Profile::Ephemeral)
        .unwrap()
        .config;
    let base = BaseUrl::parse("http://127.0.0.1:4000").unwrap();
    let app = App::open(data, config, base).unwrap();
    let people = people(&app);
    let mut writer = Writer::new(7);
    let now = Timestamp::now();
    let mut written = Vec::new();
    for first in (0..STATUSES).step_by(BATCH) {
        app.db()
            .write(|tx| {
                for n in first..first + BATCH {
                    let left = YEAR.mul_f64((STATUSES - n) as f64 / STATUSES as f64);
                    let at = now.minus(Duration::from_secs(3600)).minus(left);
                    let uri = status(tx, &people, &mut writer, &written, n, at);
                    if left < SEEN {
                        seen_activities::insert(tx, &format!("{uri}/activity"))?;
                    }
                    written.push(uri);
                }
                Ok(())
            })
            .unwrap();
        while status_search::catch_up(app.db()).unwrap() {}
        if first % 100_000 == 0 {
            eprintln!("  ({first} of {STATUSES})");
        }
    }
    app.db().checkpoint().unwrap();
}

struct Known {
    id: AccountId,
    uri: String,
    host: String,
}

/// Writes them, as their documents say who they are; the owner follows each.
fn people(app: &App) -> Vec<Known> {
    let pem = key::generate().unwrap().public_pem;
    app.db()
        .write(|tx| {
            let owner = tx.query_row("SELECT account_id FROM users", [], |row| row.get(0))?;
            (0..PEOPLE)
                .map(|n| {
                    let host = format!("social{}.example", n % SERVERS);
                    let uri = format!("https://{host}/users/person{n}");
                    let document = elsewhere::actor(&uri, &host, n, &pem);
                    let read = actor::read(&document).unwrap();
                    let id = remote_accounts::store(tx, &read.account, &read.keys, true)?;
                    follows::insert(tx, owner, id, false)?;
                    Ok(Known { id, uri, host })
                })
                .collect()
        })
        .unwrap()
}

/// Writes one; returns its id. Every third answers an earlier one, whose author it names.
fn status(
    tx: &Tx,
    people: &[Known],
    writer: &mut Writer,
    written: &[String],
    n: usize,
    at: Timestamp,
) -> String {
    let author = &people[writer.below(PEOPLE)];
    let id = format!("/statuses/{}", 100_000_000_000_000_000 + 17_000_000_000 * n);
    let mut note = elsewhere::note(&author.uri, &author.host, &id, writer, at);
    if writer.below(3) == 0 && written.len() > 1000 {
        answer(&mut note, &written[written.len() - 1 - writer.below(1000)]);
    }
    let read = post::read(&note, post::Around::FETCHED).unwrap();
    remote_statuses::store(tx, author.id, &read, None).unwrap();
    read.uri
}

fn answer(note: &mut Value, to: &str) {
    let author = to.split("/statuses/").next().unwrap();
    let name = author.rsplit('/').next().unwrap();
    let content = note["content"].as_str().unwrap();
    let content = content.replacen(
        "<p>",
        &format!("<p><span class=\"h-card\" translate=\"no\"><a href=\"{author}\" class=\"u-url mention\">@<span>{name}</span></a></span> "),
        1,
    );
    note["content"] = json!(content);
    note["contentMap"] = json!({"en": content});
    note["inReplyTo"] = json!(to);
    note["cc"].as_array_mut().unwrap().push(json!(author));
    let mention = json!({"type": "Mention", "href": author, "name": format!("@{name}")});
    note["tag"].as_array_mut().unwrap().push(mention);
}

/// What takes the room.
fn parts(data: &Path) {
    let db = look(data);
    assert_eq!(
        count(&db, "SELECT count(*) FROM statuses WHERE local = 0"),
        STATUSES
    );
    assert_eq!(count(&db, "SELECT count(*) FROM home_entries"), STATUSES);
    let mut stmt = db
        .prepare("SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 16")
        .unwrap();
    let rows = stmt.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    });
    for (name, size) in rows.unwrap().map(Result::unwrap) {
        table::figure(
            &format!("  {name}"),
            &format!("{:.0} MB", size as f64 / 1e6),
            "",
        );
    }
}
