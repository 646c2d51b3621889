//! What belongs to somebody else: every row of the route table is asked with ids that really exist and are not the caller's, in
//! its path and in its parameters. Nothing of it may be told, and nothing of it may change.

use std::collections::BTreeMap;

use kenoma::routes::ROUTES;
use kenoma::web::router::{Access, Route};
use serde_json::Value;

use crate::support::{TestServer, TestUser, encode};

/// Stands in everything that is Alice's alone.
const SECRET: &str = "xyzzy";

/// Ids of things of one person.
type Things = BTreeMap<&'static str, String>;

fn id(entity: &Value) -> String {
    match &entity["id"] {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    }
}

/// What somebody can have, each with the secret in it.
fn things(server: &TestServer, owner: &TestUser, friend: &TestUser) -> Things {
    let made = |path: &str, form: &[(&str, &str)]| id(&owner.post(path, form).ok());
    let mut things = posts(owner);
    let status = things["status"].clone();
    let sql = "SELECT c.uri FROM statuses AS s JOIN conversations AS c ON c.id = s.conversation_id WHERE s.id = ?1";
    let thread = server.sql().query_row(sql, [&status], |row| row.get(0));
    let thread: String = thread.unwrap();
    let uuid = thread.rsplit('/').next().unwrap();
    things.insert("thread", uuid.to_owned());
    let list = made("/api/v1/lists", &[("title", SECRET)]);
    owner.follow(friend);
    let members = format!("/api/v1/lists/{list}/accounts");
    owner.post(&members, &[("account_ids[]", &friend.id)]).ok();
    things.insert("list", list);
    let filter = [
        ("title", SECRET),
        ("context[]", "home"),
        ("keywords_attributes[][keyword]", "sesame"),
    ];
    let filter = owner.post("/api/v2/filters", &filter).ok();
    things.insert("keyword", id(&filter["keywords"][0]));
    let filter = id(&filter);
    let single = format!("/api/v2/filters/{filter}/statuses");
    things.insert("filter status", made(&single, &[("status_id", &status)]));
    things.insert("filter", filter);
    let folder = [("name", SECRET)];
    things.insert("folder", made("/api/v1/pleroma/bookmark_folders", &folder));
    let chats = "/api/v1/pleroma/chats";
    let chat = made(&format!("{chats}/by-account-id/{}", friend.id), &[]);
    let messages = format!("{chats}/{chat}/messages");
    things.insert("message", made(&messages, &[("content", SECRET)]));
    things.insert("chat", chat);
    friend.post_with(
        &format!("@{} {SECRET}", owner.name),
        &[("visibility", "direct")],
    );
    friend.post(&format!("/api/v1/statuses/{status}/favourite"), &[]);
    things.insert(
        "conversation",
        id(&owner.get("/api/v1/conversations").ok()[0]),
    );
    things.insert(
        "notification",
        id(&owner.get("/api/v1/notifications").ok()[0]),
    );
    let tag = [("name", "garden")];
    things.insert("featured tag", made("/api/v1/featured_tags", &tag));
    let list = [("list", SECRET)];
    owner.post("/api/pleroma/follow_import", &list).ok();
    things.insert("import", id(&owner.get("/api/v1/pleroma/imports").ok()[0]));
    things.insert("token", id(&owner.get("/api/oauth_tokens").ok()[0]));
    let request = server.user("asker");
    owner.patch("/api/v1/accounts/update_credentials", &[("locked", "true")]);
    request.follow(owner);
    things.insert("asker", request.id.clone());
    things
}

fn posts(owner: &TestUser) -> Things {
    let private = |more: &[(&str, &str)]| {
        let mut form = vec![("visibility", "private")];
        form.extend_from_slice(more);
        owner.post_with(SECRET, &form)
    };
    let mut things = Things::new();
    let status = private(&[]);
    let uri = status["uri"].as_str().unwrap();
    things.insert("uuid", uri.rsplit('/').next().unwrap().to_owned());
    things.insert("uri", uri.to_owned());
    things.insert("status", id(&status));
    let context = status["pleroma"]["context"].as_str().unwrap();
    things.insert("context", context.rsplit('/').next().unwrap().to_owned());
    let poll = [
        ("poll[options][]", SECRET),
        ("poll[options][]", "no"),
        ("poll[expires_in]", "3600"),
    ];
    things.insert("poll", id(&private(&poll)["poll"]));
    let later = private(&[("scheduled_at", "2099-01-01T00:00:00Z")]);
    things.insert("scheduled", id(&later));
    let png = crate::credentials::png();
    let described = [("description", SECRET)];
    let media = owner.upload("POST", "/api/v1/media", "file", "a.png", &png, &described);
    things.insert("media", id(&media.ok()));
    things
}

/// Which thing the first parameter of a path names, by how the path begins; the longest beginning counts.
const IN_PATHS: &[(&str, &str)] = &[
    ("/api/v1/statuses/{", "status"),
    ("/api/v1_alpha/async_refreshes/{", "status"),
    ("/api/v1/pleroma/statuses/{", "status"),
    ("/api/v1/kenoma/statuses/{", "status"),
    ("/notice/{", "status"),
    ("/objects/{", "uuid"),
    ("/contexts/{", "context"),
    ("/activities/{", "uuid"),
    ("/quote_authorizations/{", "uuid"),
    ("/contexts/{", "thread"),
    ("/api/v1/polls/{", "poll"),
    ("/api/v1/scheduled_statuses/{", "scheduled"),
    ("/api/v1/media/{", "media"),
    ("/api/v1/lists/{", "list"),
    ("/api/v1/timelines/list/{", "list"),
    ("/api/v2/filters/{", "filter"),
    ("/api/v2/filters/keywords/{", "keyword"),
    ("/api/v2/filters/statuses/{", "filter status"),
    ("/api/v1/filters/{", "keyword"),
    ("/api/v1/conversations/{", "conversation"),
    ("/api/v1/pleroma/conversations/{", "conversation"),
    ("/api/v1/pleroma/chats/{", "chat"),
    ("/api/v1/notifications/{", "notification"),
    ("/api/v1/notifications/requests/{", "asker"),
    ("/api/v1/follow_requests/{", "asker"),
    ("/api/v2/notifications/{", "group"),
    ("/api/v1/pleroma/bookmark_folders/{", "folder"),
    ("/api/v1/pleroma/imports/{", "import"),
    ("/api/oauth_tokens/{", "token"),
    ("/api/v1/featured_tags/{", "featured tag"),
];

/// Paths whose parameters name what is everybody's: people and their public pages, tags, emoji, files, announcements, or a
/// secret that only its owner knows.
const EVERYBODYS: &[&str] = &[
    "/@{",
    "/users/{",
    "/tag/{",
    "/emoji/{",
    "/media/{",
    "/proxy/{",
    "/static/{",
    "/setup/{",
    "/registration/{",
    "/api/account/confirm_email/{",
    "/api/pleroma/accounts/mfa/",
    "/api/pleroma/emoji/packs/{",
    "/api/pleroma/password_reset/{",
    "/api/v1/accounts/{",
    "/api/v1/announcements/{",
    "/api/v1/pleroma/accounts/{",
    "/api/v1/pleroma/chats/by-account-id/{",
    "/api/v1/suggestions/{",
    "/api/v1/tags/{",
    "/api/v1/timelines/tag/{",
];

/// The path of a row with the things in it; `None` where it has no parameter, or only everybody's.
fn aimed(route: &Route, things: &Things) -> Option<String> {
    if !route.path.contains('{') || EVERYBODYS.iter().any(|path| route.path.starts_with(path)) {
        return None;
    }
    let known = IN_PATHS
        .iter()
        .filter(|(path, _)| route.path.starts_with(path));
    let (_, thing) = known
        .max_by_key(|(path, _)| path.len())
        .unwrap_or_else(|| panic!("say in IN_PATHS or EVERYBODYS whose {} is", route.path));
    let mut first = true;
    let segments = route.path.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        match std::mem::take(&mut first) {
            true => things[thing].clone(),
            false if segment == "{message_id}" => things["message"].clone(),
            false => "x".to_owned(),
        }
    });
    Some(segments.collect::<Vec<_>>().join("/"))
}

/// Parameters that would change whatever takes them.
const CHANGE: &[(&str, &str)] = &[
    ("status", "stolen"),
    ("title", "stolen"),
    ("name", "stolen"),
    ("content", "stolen"),
    ("comment", "stolen"),
    ("phrase", "stolen"),
    ("keyword", "stolen"),
    ("context[]", "home"),
    ("choices[]", "0"),
    ("description", "stolen"),
    ("scheduled_at", "2098-01-01T00:00:00Z"),
    ("quote_approval_policy", "nobody"),
    ("last_read_id", "9007199254740991"),
    ("replies_policy", "none"),
];

/// The things as parameters, under every name by which some row takes such an id.
fn soup(things: &Things) -> Vec<(&'static str, String)> {
    [
        ("id", "status"),
        ("id[]", "status"),
        ("ids[]", "notification"),
        ("status_id", "status"),
        ("status_ids[]", "status"),
        ("in_reply_to_id", "status"),
        ("quote_id", "status"),
        ("quoted_status_id", "status"),
        ("in_reply_to_conversation_id", "conversation"),
        ("media_ids[]", "media"),
        ("media_id", "media"),
        ("media_attributes[][id]", "media"),
        ("folder_id", "folder"),
        ("list", "list"),
        ("list_id", "list"),
        ("max_id", "notification"),
        ("url", "uri"),
        ("uri", "uri"),
        ("q", "uri"),
    ]
    .map(|(name, thing)| (name, things[thing].clone()))
    .to_vec()
}

/// All that Alice has, as she sees it.
fn seen(owner: &TestUser, things: &Things) -> Vec<(String, Value)> {
    let mut paths: Vec<String> = [
        "/api/v1/lists",
        "/api/v2/filters",
        "/api/v1/pleroma/bookmark_folders",
        "/api/v1/pleroma/chats",
        "/api/v1/conversations",
        "/api/v1/notifications",
        "/api/v1/notifications/requests",
        "/api/v1/follow_requests",
        "/api/v1/featured_tags",
        "/api/v1/pleroma/imports",
        "/api/v1/scheduled_statuses",
        "/api/oauth_tokens",
        "/api/v1/accounts/verify_credentials",
    ]
    .map(str::to_owned)
    .to_vec();
    for (start, thing) in [
        ("/api/v1/statuses/", "status"),
        ("/api/v1/polls/", "poll"),
        ("/api/v1/media/", "media"),
    ] {
        paths.push(format!("{start}{}", things[thing]));
    }
    paths.push(format!("/api/v1/lists/{}/accounts", things["list"]));
    paths.push(format!("/api/v1/pleroma/chats/{}/messages", things["chat"]));
    let look = |path: String| {
        let shown = owner.get(&path).ok();
        (path, shown)
    };
    paths.into_iter().map(look).collect()
}

/// Rows that may be asked without harm to the caller: the caller must still be there for the next.
fn is_asked(route: &Route) -> bool {
    let ends_caller = [
        "/auth/sign_out",
        "/oauth/revoke",
        "/api/pleroma/delete_account",
        "/api/pleroma/disable_account",
    ];
    !matches!(route.access, Access::Admin(_))
        && !route.path.starts_with("/api/v1/streaming")
        && !ends_caller.contains(&route.path)
}

#[test]
fn nobody_learns_or_changes_what_is_somebody_elses() {
    let server = TestServer::new();
    let [alice, friend, bob] = ["alice", "friend", "bob"].map(|name| server.user(name));
    let boss = server.admin("boss");
    let mut things = things(&server, &alice, &friend);
    things.insert("group", format!("ungrouped-{}", things["notification"]));
    let before = seen(&alice, &things);
    let soup = soup(&things);
    let soup: Vec<(&str, &str)> = soup.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let mut aims = 0;
    // An admin has a table of rows of their own; on everybody's rows they are one like others.
    for caller in [Some(&bob), Some(&boss), None] {
        for route in ROUTES.iter().filter(|route| is_asked(route)) {
            let aimed = aimed(route, &things);
            aims += usize::from(aimed.is_some());
            let plain = (!route.path.contains('{')).then(|| route.path.to_owned());
            let asked = [(aimed, CHANGE), (plain, &soup[..])];
            for (path, form) in asked
                .into_iter()
                .filter_map(|(path, form)| Some((path?, form)))
            {
                let told = ask(&server, caller, route.method, &path, form);
                assert!(
                    !told.contains(SECRET),
                    "{} {path} tells {}\n{told}",
                    route.method,
                    caller.map_or("anybody", |caller| &caller.name)
                );
            }
        }
    }
    assert!(
        aims > 150,
        "only {aims} requests were aimed at foreign things"
    );
    for ((path, was), (_, is)) in before.iter().zip(seen(&alice, &things)) {
        assert_eq!(*was, is, "{path} was changed");
    }
    // The same requests do tell her whose it is.
    let gets = ROUTES
        .iter()
        .filter(|route| route.method == "GET" && is_asked(route));
    let aimed = gets.filter_map(|route| aimed(route, &things));
    let told = aimed.filter(|path| ask(&server, Some(&alice), "GET", path, &[]).contains(SECRET));
    assert!(told.count() >= 10);
}

/// Asks as somebody or as nobody; answers head and body as text.
fn ask(
    server: &TestServer,
    caller: Option<&TestUser>,
    method: &str,
    path: &str,
    form: &[(&str, &str)],
) -> String {
    let form = encode(form);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let (target, body) = match method {
        "GET" => (format!("{path}?{form}"), ""),
        _ => (path.to_owned(), form.as_str()),
    };
    let answer = match caller {
        Some(caller) => caller.request(method, &target, &[kind], body.as_bytes()),
        None => server.request(method, &target, &[kind], body.as_bytes()),
    };
    format!("{:?}\n{}", answer.headers, answer.text())
}
