//! Two servers that are killed again and again while they talk agree in the end (issue: federation, done when 3).

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::binary::{PATIENCE, Program};
use crate::support::{TestServer, encode};

/// So often one of the two is killed.
const KILLS: usize = 50;

/// A server as a process of its own, with somebody who lives there.
struct House {
    server: TestServer,
    host: String,
    token: String,
    program: Option<Program>,
}

impl House {
    fn new(name: &str) -> House {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let server = TestServer::with(&[&format!("server.url=http://{host}")]);
        let token = server.user(name).token;
        let mut house = House {
            server,
            host,
            token,
            program: None,
        };
        house.start();
        house
    }

    fn start(&mut self) {
        let url = format!("server.url=http://{}", self.host);
        let mut arguments = vec!["--set", &url];
        for set in [
            "federation.allow_private_addresses=true",
            "federation.retry_seconds=1",
            "rate_limit.enabled=false",
        ] {
            arguments.extend(["--set", set]);
        }
        self.program = Some(Program::listening(
            self.server.data(),
            &self.host,
            &arguments,
        ));
    }

    fn kill(&mut self) {
        let mut program = self.program.take().unwrap();
        program.signal(Signal::KILL);
        program.ended();
    }

    /// Asks; nothing when the server is dead, or dies meanwhile.
    fn ask(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let kind = "application/x-www-form-urlencoded";
        let program = self.program.as_ref().unwrap();
        let answer = program.attempt(method, path, &self.token, kind, encode(form).as_bytes());
        match answer {
            Ok(answer) if answer.status == 200 => {
                serde_json::from_slice(&answer.body).unwrap_or_default()
            }
            _ => Value::Null,
        }
    }

    /// What everybody sees of each post: text, and counts.
    fn posts(&self) -> BTreeMap<String, (String, i64, i64, i64)> {
        let db = self.server.sql();
        let mut stmt = db
            .prepare(
                "SELECT uri, content, favourites_count, reblogs_count, replies_count FROM statuses",
            )
            .unwrap();
        let rows = stmt.query_map([], |row| {
            Ok((
                row.get(0)?,
                (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?),
            ))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    fn number(&self, sql: &str) -> i64 {
        self.server
            .sql()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn is_idle(&self) -> bool {
        self.number(
            "SELECT (SELECT count(*) FROM jobs) + (SELECT count(*) FROM deliveries WHERE state = 0) + (SELECT count(*) FROM inbox_items)",
        ) == 0
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn follow(from: &House, name: &str, at: &House) {
    let query = encode(&[("q", &format!("@{name}@{}", at.host)), ("resolve", "true")]);
    let found = from.ask("GET", &format!("/api/v2/search?{query}"), &[]);
    let id = found["accounts"][0]["id"].as_str().unwrap().to_owned();
    from.ask("POST", &format!("/api/v1/accounts/{id}/follow"), &[]);
    until("the follow is accepted", || {
        let seen = from.ask(
            "GET",
            &format!("/api/v1/accounts/relationships?id[]={id}"),
            &[],
        );
        seen[0]["following"] == true
    });
}

/// One round of what people do: somebody posts, answers, likes, reblogs, and takes something back.
fn act(house: &House, round: usize) {
    let said = format!("round {round} at {}", house.host);
    house.ask("POST", "/api/v1/statuses", &[("status", &said)]);
    let home = house.ask("GET", "/api/v1/timelines/home?limit=5", &[]);
    let own = |status: &Value| {
        !status["account"]["acct"]
            .as_str()
            .unwrap_or("@")
            .contains('@')
    };
    for status in home.as_array().into_iter().flatten() {
        let Some(id) = status["id"].as_str().filter(|_| status["reblog"].is_null()) else {
            continue;
        };
        let path = |verb: &str| format!("/api/v1/statuses/{id}/{verb}");
        match (own(status), round % 7) {
            (false, 0 | 3) => drop(house.ask("POST", &path("favourite"), &[])),
            (false, 1) => drop(house.ask("POST", &path("reblog"), &[])),
            (false, 2) => {
                let form = [("status", said.as_str()), ("in_reply_to_id", id)];
                house.ask("POST", "/api/v1/statuses", &form);
            }
            (false, 5) => drop(house.ask("POST", &path("unfavourite"), &[])),
            (true, 6) => {
                house.ask("DELETE", &format!("/api/v1/statuses/{id}"), &[]);
                return;
            }
            _ => {}
        }
    }
}

#[test]
fn two_servers_killed_at_50_moments_of_a_day_agree_on_every_post() {
    let (mut a, mut b) = (House::new("ann"), House::new("bob"));
    follow(&a, "bob", &b);
    follow(&b, "ann", &a);
    for round in 0..KILLS {
        let (victim, other) = match round % 2 {
            0 => (&a, &b),
            _ => (&b, &a),
        };
        // Not random, so that a failure can be repeated; spread over what a round takes.
        let moment = Duration::from_secs_f64((round as f64 * 0.618_034).fract() * 0.06);
        thread::scope(|scope| {
            scope.spawn(|| act(victim, round));
            scope.spawn(|| act(other, round));
            thread::sleep(moment);
            victim.program.as_ref().unwrap().signal(Signal::KILL);
        });
        let victim = match round % 2 {
            0 => &mut a,
            _ => &mut b,
        };
        victim.kill();
        victim.start();
    }
    until("both have said and heard all", || {
        a.is_idle() && b.is_idle()
    });
    let (of_a, of_b) = (a.posts(), b.posts());
    for (uri, post) in &of_a {
        assert_eq!(of_b.get(uri), Some(post), "{uri}");
    }
    assert_eq!(of_a.len(), of_b.len());
    assert!(of_a.len() > KILLS / 2, "{}", of_a.len());
    for house in [&a, &b] {
        // Nothing was applied twice.
        let twice = "SELECT count(*) FROM (SELECT 1 FROM notifications GROUP BY account_id, actor_id, kind, status_id HAVING count(*) > 1)";
        assert_eq!(house.number(twice), 0);
        let given_up: Option<String> = house
            .server
            .sql()
            .query_row(
                "SELECT group_concat(concat_ws(' ', d.inbox, attempts, last_status, last_error, a.json ->> 'type', a.json ->> 'id'), char(10))
                   FROM deliveries AS d JOIN activities AS a ON a.id = d.activity_id WHERE state = 2 AND urgency <> 2",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(given_up, None, "but what carried deleted posts");
        assert_eq!(house.number("SELECT count(*) FROM jobs WHERE dead = 1"), 0);
        assert_eq!(
            house.number("SELECT count(*) FROM pragma_foreign_key_check"),
            0
        );
        let sound: String = house
            .server
            .sql()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
    }
}
