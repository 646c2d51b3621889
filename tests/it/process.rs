//! The real program from its start to its end: the contract of `serve --ephemeral`, commands beside a running server,
//! signals, and what is left after `kill -9`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::binary::{PATIENCE, Program, done, failure, kenoma, run};

#[test]
fn the_start_up_line_names_url_directory_and_exactly_the_users_asked_for() {
    let server = Program::ephemeral(&["--json", "--user", "alice", "--user", "root:admin"]);
    let names: Vec<&String> = server.users.as_object().unwrap().keys().collect();
    assert_eq!(names, ["alice", "root"]);
    assert!(server.address.ip().is_loopback() && server.address.port() != 0);
    assert!(server.data.join("kenoma.db").is_file());
    for name in ["alice", "root"] {
        assert_eq!(server.users[name]["password"], format!("{name}-password"));
        let me = server
            .get("/api/v1/accounts/verify_credentials", server.token(name))
            .ok();
        assert_eq!(
            (&me["id"], &me["username"]),
            (&server.users[name]["id"], &json!(name))
        );
        assert_eq!(me["pleroma"]["is_admin"], name == "root");
    }
    let listed = done(&server.data, &["user", "list", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&listed)
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let alice: Value =
        serde_json::from_str(&done(&server.data, &["user", "show", "alice", "--json"])).unwrap();
    assert_eq!(alice["email"], "alice@example.com");
    assert_eq!(
        (&alice["approved"], &alice["confirmed"], &alice["admin"]),
        (&json!(true), &json!(true), &json!(false))
    );
}

#[test]
fn passwords_of_ephemeral_users_log_in() {
    let server = Program::ephemeral(&["--user", "alice"]);
    let app = server.post(
        "/api/v1/apps",
        "",
        &[
            ("client_name", "test"),
            ("redirect_uris", "urn:ietf:wg:oauth:2.0:oob"),
            ("scopes", "read write follow push admin"),
        ],
    );
    let app = app.ok();
    let grant = [
        ("grant_type", "password"),
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
        ("username", "alice"),
        ("password", "alice-password"),
    ];
    let token = server.post("/oauth/token", "", &grant).ok();
    let me = server.get(
        "/api/v1/accounts/verify_credentials",
        token["access_token"].as_str().unwrap(),
    );
    assert_eq!(me.ok()["username"], "alice");
}

#[test]
fn ephemeral_tokens_have_every_scope() {
    let server = Program::ephemeral(&["--user", "alice"]);
    let file = rusqlite::Connection::open(server.data.join("kenoma.db")).unwrap();
    let scopes: String = file
        .query_row("SELECT scopes FROM tokens", [], |row| row.get(0))
        .unwrap();
    assert_eq!(scopes, "read write follow push admin");
}

#[test]
fn either_signal_ends_an_ephemeral_server_and_removes_its_directory() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Program::ephemeral(&["--user", "alice"]);
        let data = server.data.clone();
        // A connection that is kept open must not delay the end.
        let _idle = server.connect();
        server.signal(signal);
        let (status, took) = server.ended();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(8), "{took:?}");
        assert!(!data.exists());
    }
}

#[test]
fn a_request_that_runs_is_finished_before_the_end_and_the_log_is_folded_in() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), "[password]\ncost = 13\n").unwrap();
    let mut server = Program::on(folder.path(), &[]);
    let made = done(
        folder.path(),
        &[
            "user",
            "create",
            "alice",
            "--email",
            "alice@example.com",
            "--json",
        ],
    );
    let password = serde_json::from_str::<Value>(&made).unwrap()["password"]
        .as_str()
        .unwrap()
        .to_owned();
    let credentials = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        format!("alice:{password}"),
    );
    let mut slow = server.connect();
    write!(slow, "GET /api/v1/accounts/verify_credentials HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {credentials}\r\n\r\n").unwrap();
    // Checking the password takes far longer than this.
    thread::sleep(Duration::from_millis(100));
    server.signal(Signal::TERM);
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut slow, &mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"alice\""),
        "{answer}"
    );
    let (status, took) = server.ended();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    let log = fs::metadata(folder.path().join("kenoma.db-wal")).map_or(0, |file| file.len());
    assert_eq!(log, 0, "the write-ahead log was left behind");
}

#[test]
fn every_acknowledged_post_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let token = first_user(folder.path());
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    for round in 0..10_u64 {
        let server = Program::on(folder.path(), &["--set", "rate_limit.enabled=false"]);
        assert_all_there(&server, &token, &acknowledged);
        // Not random, so that a failure can be repeated; not regular either. Counted from the third post of the round, so
        // that a slow machine posts too.
        let moment = Duration::from_millis((round * 7_919 + 13) % 90);
        let made = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (server, made) = (&server, &made);
            scope.spawn(move || {
                while made.load(Ordering::Relaxed) < 3 {
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(moment);
                server.signal(Signal::KILL);
            });
            acknowledged.extend(post_until_killed(server, &token, round, made));
        });
    }
    assert!(acknowledged.len() >= 30);
    let server = Program::on(folder.path(), &[]);
    assert_all_there(&server, &token, &acknowledged);
    server.stop();
    let file = rusqlite::Connection::open(folder.path().join("kenoma.db")).unwrap();
    let verdict: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

/// Makes alice in an empty data directory; answers a token.
fn first_user(data: &Path) -> String {
    Program::on(data, &[]).stop();
    done(
        data,
        &["user", "create", "alice", "--email", "alice@example.com"],
    );
    done(data, &["token", "create", "alice"])
}

fn post_until_killed(
    server: &Program,
    token: &str,
    round: u64,
    count: &AtomicUsize,
) -> Vec<(String, String)> {
    let mut made = Vec::new();
    loop {
        let text = format!("round {round}, post {}", made.len());
        let body = crate::support::encode(&[("status", &text)]);
        let kind = "application/x-www-form-urlencoded";
        let Ok(answer) = server.attempt("POST", "/api/v1/statuses", token, kind, body.as_bytes())
        else {
            return made;
        };
        made.push((answer.ok()["id"].as_str().unwrap().to_owned(), text));
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[track_caller]
fn assert_all_there(server: &Program, token: &str, acknowledged: &[(String, String)]) {
    for (id, text) in acknowledged {
        let status = server.get(&format!("/api/v1/statuses/{id}"), token).ok();
        assert_eq!(status["pleroma"]["content"]["text/plain"], text.as_str());
    }
}

#[test]
fn a_server_that_nobody_lives_on_prints_a_setup_link_and_a_settled_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let said = Program::on(folder.path(), &[]).stop_and_quote();
    let link = said
        .split_whitespace()
        .find(|word| word.contains("/setup/"));
    assert!(
        link.is_some_and(|link| link.starts_with("http://127.0.0.1:")),
        "{said}"
    );
    done(
        folder.path(),
        &[
            "user",
            "create",
            "alice",
            "--email",
            "alice@example.com",
            "--admin",
        ],
    );
    assert!(
        !Program::on(folder.path(), &[])
            .stop_and_quote()
            .contains("/setup/")
    );
}

#[test]
fn whoever_is_made_on_the_command_line_waits_for_nobody() {
    let waiting = [
        "--set",
        "instance.account_approval_required=true",
        "--set",
        "instance.account_activation_required=true",
    ];
    let server = Program::ephemeral(&waiting);
    let create = ["user", "create", "carol", "--email", "carol@example.com"];
    done(&server.data, &create);
    let token = done(&server.data, &["token", "create", "carol"]);
    server
        .get("/api/v1/accounts/verify_credentials", &token)
        .ok();
}

#[test]
fn commands_work_beside_a_running_server_and_take_effect_at_once() {
    let server = Program::ephemeral(&["--user", "root:admin"]);
    let data = &server.data;
    let made = done(
        data,
        &[
            "user",
            "create",
            "carol",
            "--email",
            "carol@example.com",
            "--json",
        ],
    );
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(
        (&made["name"], &made["admin"]),
        (&json!("carol"), &json!(false))
    );
    assert!(made["password"].as_str().unwrap().len() >= 20);
    let token = done(
        data,
        &["token", "create", "carol", "--scopes", "read write"],
    );
    let me = || server.get("/api/v1/accounts/verify_credentials", &token);
    assert_eq!(me().ok()["username"], "carol");
    done(data, &["user", "deactivate", "carol"]);
    me().refused(403, "Invalid credentials.");
    done(data, &["user", "activate", "carol"]);
    me().ok();
    let other = done(data, &["user", "set-password", "carol"]);
    assert!(other.len() >= 20);
    me().refused(403, "Invalid credentials.");
    assert!(
        done(data, &["user", "list"])
            .lines()
            .any(|line| line.starts_with("carol "))
    );
    let stats: Value = serde_json::from_str(&done(data, &["stats", "--json"])).unwrap();
    assert_eq!(stats["tables"]["users"], 2);
    assert!(stats["database_bytes"].as_u64().unwrap() > 0);
    let file = rusqlite::Connection::open(data.join("kenoma.db")).unwrap();
    let factor = "INSERT INTO mfa_totp (account_id, secret) SELECT id, x'00' FROM accounts WHERE username = 'carol'";
    file.execute(factor, []).unwrap();
    let has_factor = || {
        let shown = done(data, &["user", "show", "carol", "--json"]);
        serde_json::from_str::<Value>(&shown).unwrap()["mfa"] == true
    };
    assert!(has_factor());
    done(data, &["user", "reset-mfa", "carol"]);
    assert!(!has_factor());
    let key = || {
        let asked =
            "GET /users/carol HTTP/1.0\r\nHost: a\r\nAccept: application/activity+json\r\n\r\n";
        server.tell(asked.as_bytes()).ok()["publicKey"]["publicKeyPem"].clone()
    };
    let (before, started) = (key(), Instant::now());
    done(data, &["user", "rotate-key", "carol"]);
    while key() == before {
        assert!(started.elapsed() < PATIENCE, "the old key is still shown");
        thread::sleep(Duration::from_millis(20));
    }
    done(data, &["user", "delete", "carol"]);
    assert_eq!(
        failure(&run(data, &["user", "show", "nobody"])),
        "kenoma: there is no user nobody: `kenoma user list` shows who there is"
    );
}

#[test]
fn config_check_says_what_each_setting_is_and_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("config.toml"),
        "[instance]\nname = \"From the file\"\n",
    )
    .unwrap();
    let output = kenoma()
        .env("KENOMA_INSTANCE_LIMIT", "777")
        .arg("--data")
        .arg(folder.path())
        .args([
            "config",
            "check",
            "--set",
            "instance.description=from the flag",
        ])
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        said.lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("instance.name").contains("From the file")
            && line("instance.name").contains("config.toml")
    );
    assert!(
        line("instance.limit").contains("777")
            && line("instance.limit").contains("KENOMA_INSTANCE_LIMIT")
    );
    assert!(
        line("instance.description").contains("from the flag")
            && line("instance.description").contains("command line")
    );
    assert!(line("upload.limit").contains("default"));
}

#[test]
fn a_reader_who_has_heard_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = kenoma();
    command
        .arg("--data")
        .arg(folder.path())
        .args(["config", "check"]);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
