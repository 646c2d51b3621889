//! Promises that every row of the route table keeps.

use std::fs;
use std::path::Path;

use kenoma::routes::ROUTES;
use kenoma::web::router::{Access, Found, Route};

use crate::support::{Answer, TestServer};

/// The path with something in place of each parameter.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "1"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn ask(server: &TestServer, route: &Route, token: Option<&str>) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers = bearer
        .iter()
        .map(|bearer| ("Authorization", bearer.as_str()));
    server.request(
        route.method,
        &filled(route.path),
        &headers.collect::<Vec<_>>(),
        b"",
    )
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// Asks every row that `expected` names an answer for, and lists those that answered otherwise.
fn assert_all(
    token: Option<&str>,
    server: &TestServer,
    expected: impl Fn(&Route) -> Option<(u16, String)>,
) {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for route in ROUTES {
        let Some((status, error)) = expected(route) else {
            continue;
        };
        asked += 1;
        let answer = ask(server, route, token);
        if answer.status != status || answer.value()["error"] != error.as_str() {
            wrong.push(format!(
                "{}: {} {}",
                name(route),
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(asked > 0, "no row was asked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_for_users_refuses_a_stranger() {
    let server = TestServer::new();
    let expected = |route: &Route| match route.access {
        Access::User(_) | Access::Admin(_) => Some((403, "Invalid credentials.".to_owned())),
        Access::Token => Some((401, "The access token is invalid".to_owned())),
        Access::Open | Access::Optional(_) | Access::Known(_) => None,
    };
    assert_all(None, &server, expected);
    assert_all(Some("a-token-that-nobody-issued"), &server, expected);
}

#[test]
fn every_row_with_a_scope_refuses_a_token_without_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let id = alice.id.parse().unwrap();
    let useless = server
        .app
        .db()
        .write(|tx| {
            kenoma::ops::tokens::issue(
                tx,
                None,
                Some(id),
                "push:nothing",
                std::time::Duration::from_secs(60),
            )
        })
        .unwrap();
    assert_all(Some(&useless.access), &server, |route| match route.access {
        Access::User(scopes) if !scopes.is_empty() => Some((
            403,
            format!("Insufficient permissions: {}.", scopes.join(" | ")),
        )),
        _ => None,
    });
}

#[test]
fn every_admin_row_refuses_a_user_who_is_none() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_all(Some(&alice.token), &server, |route| match route.access {
        Access::Admin(_) => Some((403, "User is not an admin.".to_owned())),
        _ => None,
    });
}

#[test]
fn every_pleroma_row_answers_under_both_prefixes() {
    let server = TestServer::new();
    let router = server.app.router();
    let rows: Vec<&Route> = ROUTES
        .iter()
        .filter(|route| one_spelling(route.path).starts_with("/api/pleroma/"))
        .collect();
    assert!(rows.len() > 50, "{}", rows.len());
    for route in rows {
        let short = one_spelling(&filled(route.path));
        let long = short.replace("/api/pleroma/", "/api/v1/pleroma/");
        for path in [short.clone(), long.clone(), short + "/", long + "/"] {
            let Found::Route(found, _) = router.find(route.method, &path) else {
                panic!("{} {path}", route.method);
            };
            assert_eq!(one_spelling(found.path), one_spelling(route.path), "{path}");
        }
    }
}

/// The texts of all integration tests but this one.
fn test_sources() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs")
                && !path.ends_with("routes.rs")
            {
                texts.push(spelled_out(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    texts
}

/// Source text with its string constants (`{USERS}`) filled in, and with one spelling of the twin prefixes.
fn spelled_out(source: &str) -> String {
    let mut text = source.to_owned();
    for line in source.lines().filter(|line| line.starts_with("const ")) {
        if let Some((name, value)) = line["const ".len()..].split_once(": &str = \"") {
            let value = value.trim_end_matches("\";");
            text = text.replace(&format!("{{{name}}}"), value);
        }
    }
    one_spelling(&text)
}

fn one_spelling(text: &str) -> String {
    text.replace("/api/v1/pleroma/", "/api/pleroma/")
}

/// Whether what begins at `at` is the path, with anything in place of its parameters. Where the test fills in a word of
/// its own (`{verb}`), the word must stand somewhere in the same test file (`"favourite"`).
fn is_path(text: &str, at: usize, path: &str) -> bool {
    let mut rest = &text[at..];
    for segment in path.split('/').skip(1) {
        let Some(after) = rest.strip_prefix('/') else {
            return false;
        };
        let end = after
            .find(['/', '"', '?', '\\', ' ', '\n'])
            .unwrap_or(after.len());
        let (here, after) = after.split_at(end);
        if segment.starts_with("{*") {
            return true;
        }
        let fixed = segment.split('{').next().unwrap_or_default();
        let is_parameter = fixed != segment && here.len() > fixed.len() && here.starts_with(fixed);
        let is_filled_in = || here.starts_with('{') && text.contains(&format!("\"{segment}\""));
        if here != segment && !is_parameter && !is_filled_in() {
            return false;
        }
        rest = after;
    }
    !rest.starts_with('/')
}

#[test]
fn every_route_has_a_test() {
    let tests = test_sources();
    let is_named = |path: &str, text: &String| {
        text.match_indices('/')
            .any(|(at, _)| is_path(text, at, path))
    };
    let paths = ROUTES.iter().map(|route| one_spelling(route.path));
    let missing: Vec<String> = paths
        .filter(|path| !tests.iter().any(|text| is_named(path, text)))
        .collect();
    assert!(missing.is_empty(), "no test names\n{}", missing.join("\n"));
}

/// Streams never end, so nobody waits for one here.
fn is_stream(route: &Route) -> bool {
    route.path.starts_with("/api/v1/streaming")
}

/// Somebody who calls.
struct Caller<'a> {
    name: &'a str,
    token: Option<&'a str>,
    is_user: bool,
    has_scope: bool,
    is_admin: bool,
}

/// What the table says about a caller: the refusal that is due, if one is.
fn refusal(caller: &Caller, access: &Access) -> Option<(u16, String)> {
    let stranger = (403, "Invalid credentials.".to_owned());
    let scopeless = |scopes: &[&str]| {
        let missing = format!("Insufficient permissions: {}.", scopes.join(" | "));
        (!scopes.is_empty() && !caller.has_scope).then_some((403, missing))
    };
    match access {
        Access::Open | Access::Optional(_) | Access::Known(_) => None,
        Access::Token => (!caller.is_user).then(|| (401, "The access token is invalid".to_owned())),
        Access::User(_) | Access::Admin(_) if !caller.is_user => Some(stranger),
        Access::User(scopes) => scopeless(scopes),
        Access::Admin(_) if !caller.is_admin => Some((403, "User is not an admin.".to_owned())),
        Access::Admin(scopes) => scopeless(scopes),
    }
}

#[test]
fn every_row_treats_every_caller_as_the_table_says() {
    let server = TestServer::new();
    let (alice, bob, admin) = (
        server.user("alice"),
        server.user("bob"),
        server.admin("boss"),
    );
    let id = alice.id.parse().unwrap();
    let useless = server.app.db().write(|tx| {
        let hour = std::time::Duration::from_secs(3600);
        kenoma::ops::tokens::issue(tx, None, Some(id), "push:nothing", hour)
    });
    let useless = useless.unwrap().access;
    let caller = |name, token, has_scope, is_admin| Caller {
        name,
        token,
        is_user: token.is_some(),
        has_scope,
        is_admin,
    };
    let callers = [
        caller("no token", None, false, false),
        caller("wrong scope", Some(&*useless), false, false),
        caller("another user", Some(&*bob.token), true, false),
        caller("right scope", Some(&*alice.token), true, false),
        caller("admin", Some(&*admin.token), true, true),
    ];
    let mut wrong = Vec::new();
    for caller in &callers {
        for route in ROUTES.iter().filter(|route| !is_stream(route)) {
            let answer = ask(&server, route, caller.token);
            let due = refusal(caller, &route.access);
            let error = || answer.value()["error"].as_str().map(str::to_owned);
            let is_right = match &due {
                Some((status, text)) => answer.status == *status && error().as_ref() == Some(text),
                // What they are told then is other tests' affair: only not that they may not ask, nor that we failed.
                None => (answer.status < 500 || is_documented(route)) && !is_refusal(&answer),
            };
            if !is_right {
                let (status, text) = (answer.status, answer.text());
                let text: String = text.chars().take(120).collect();
                wrong.push(format!(
                    "{} by {}: {status} {text}",
                    name(route),
                    caller.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pleroma answers 500 to these without parameters, and clients' tests insist on it (pleroma-contract B.3, B.4).
fn is_documented(route: &Route) -> bool {
    matches!(route.path, "/oauth/token" | "/oauth/revoke")
}

/// One of the answers that the dispatcher gives before a handler runs.
fn is_refusal(answer: &Answer) -> bool {
    let text = answer.text();
    let refusals = [
        "Invalid credentials.",
        "Insufficient permissions",
        "User is not an admin",
        "The access token is invalid",
    ];
    matches!(answer.status, 401 | 403) && refusals.iter().any(|refusal| text.contains(refusal))
}
