//! The page that makes the first account.

use crate::support::{Answer, TestServer};

const FORM: [(&str, &str); 4] = [
    ("name", "Alice"),
    ("email", "alice@example.org"),
    ("password", "correct horse"),
    ("password_again", "correct horse"),
];

#[test]
fn the_first_account_is_made_with_the_link_from_the_terminal() {
    let server = TestServer::new();
    let path = link(&server);
    let form = server.get(&path);
    assert_eq!(
        (form.status, form.header("Cache-Control")),
        (200, Some("no-store"))
    );
    assert!(form.text().contains("name=\"password_again\""));
    let done = server.post_form(&path, &FORM);
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(
        done.text().contains("@alice@127.0.0.1:4000")
            && done.text().contains("http://127.0.0.1:4000")
    );
    let (admin, hash): (bool, String) = server
        .sql()
        .query_row(
            "SELECT is_admin, password_hash FROM users WHERE email = 'alice@example.org'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(admin && server.app.hasher().verify("correct horse", &hash));
    assert_eq!(server.get("/users/alice").status, 200);
}

#[test]
fn the_link_dies_with_its_first_use() {
    let server = TestServer::new();
    let path = link(&server);
    assert_eq!(server.post_form(&path, &FORM).status, 200);
    assert_eq!(server.get(&path).status, 404);
    let mut second = FORM;
    second[0].1 = "mallory";
    second[1].1 = "mallory@example.org";
    assert_eq!(server.post_form(&path, &second).status, 404);
    assert_eq!(users(&server), 1);
}

#[test]
fn the_link_dies_as_soon_as_anybody_lives_here() {
    let server = TestServer::new();
    let path = link(&server);
    server.user("bob");
    assert_eq!(server.get(&path).status, 404);
    assert_eq!(server.post_form(&path, &FORM).status, 404);
    assert_eq!(users(&server), 1);
}

#[test]
fn without_the_right_token_there_is_no_such_page() {
    let server = TestServer::new();
    for path in ["/setup", "/setup/", "/setup/x"] {
        assert_eq!(
            server.get(path).status,
            404,
            "before any link was made: {path}"
        );
    }
    let path = link(&server);
    for wrong in [
        "/setup".to_owned(),
        "/setup/x".into(),
        path[..path.len() - 1].into(),
        format!("{path}x"),
    ] {
        assert_eq!(server.get(&wrong).status, 404, "{wrong}");
        assert_ne!(server.post_form(&wrong, &FORM).status, 200, "{wrong}");
    }
    assert_eq!(users(&server), 0);
}

#[test]
fn of_two_who_use_the_link_at_once_one_becomes_admin() {
    let server = TestServer::new();
    let path = link(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = ["alice", "bob"]
            .map(|name| {
                let (server, path) = (&server, &path);
                scope.spawn(move || {
                    let email = format!("{name}@example.org");
                    let form = [
                        ("name", name),
                        ("email", &email),
                        ("password", "correct horse"),
                        ("password_again", "correct horse"),
                    ];
                    server.post_form(path, &form).status
                })
            })
            .into();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(users(&server), 1);
}

#[test]
fn a_wrong_form_says_what_is_wrong_and_keeps_the_rest() {
    let server = TestServer::new();
    let path = link(&server);
    let with = |key: &str, value: &'static str| {
        let mut form = FORM;
        form.iter_mut().find(|(known, _)| *known == key).unwrap().1 = value;
        server.post_form(&path, &form)
    };
    for (key, value, problem) in [
        ("name", "", "The name can&#39;t be blank."),
        ("name", "al ice", "The name has invalid format."),
        ("name", "api", "The name is reserved."),
        (
            "email",
            "nonsense",
            "The e-mail address has invalid format.",
        ),
        (
            "password",
            "short",
            "The password should be at least 8 character(s).",
        ),
        (
            "password_again",
            "different",
            "The two passwords are not the same.",
        ),
    ] {
        let answer: Answer = with(key, value);
        assert_eq!(answer.status, 422, "{key}={value}");
        assert!(
            answer.text().contains(problem),
            "{key}={value}: {}",
            answer.text()
        );
        assert!(
            !answer.text().contains("correct horse"),
            "passwords are not sent back"
        );
    }
    assert!(with("password", "short").text().contains("value=\"Alice\""));
    assert_eq!(users(&server), 0);
    assert_eq!(with("email", "").status, 200, "an address is not needed");
}

/// The path of the link that the server prints at its start.
fn link(server: &TestServer) -> String {
    format!("/setup/{}", server.app.begin_setup().unwrap().unwrap())
}

fn users(server: &TestServer) -> i64 {
    server
        .sql()
        .query_row("SELECT count(*) FROM users", [], |row| row.get(0))
        .unwrap()
}
