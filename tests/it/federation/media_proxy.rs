//! Files of other servers through this one (federation.md 10; security.md F8; T23).

mod remote;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kenoma::config::BaseUrl;
use kenoma::media::remote::RemoteMedia;
use serde_json::{Value, json};

use remote::{Ranges, Remote, mp4, png};

use super::fake::Fake;
use crate::binary::{PATIENCE, Program};
use crate::support::{Answer, BASE, TestServer, TestUser, encode};

const ON: &str = "media_proxy.enabled=true";
const MEBIBYTE: usize = 1 << 20;

/// The path of our link to a file elsewhere.
fn link(server: &TestServer, url: &str) -> String {
    let link = server.app.house().remote_media.address(url);
    link.strip_prefix(BASE).expect("a link of ours").to_owned()
}

fn get(server: &TestServer, url: &str) -> Answer {
    server.get(&link(server, url))
}

/// Everything below `found` whose text begins with `start`.
fn texts_with<'a>(found: &'a Value, start: &str, texts: &mut Vec<&'a str>) {
    match found {
        Value::String(text) if text.starts_with(start) => texts.push(text),
        Value::Array(list) => list.iter().for_each(|one| texts_with(one, start, texts)),
        Value::Object(map) => map.values().for_each(|one| texts_with(one, start, texts)),
        _ => {}
    }
}

/// An actor with pictures and emoji, and a post of it with more of them.
fn publish(elsewhere: &Fake) -> String {
    let bob = elsewhere.actor("bob");
    let emoji = json!([{"type": "Emoji", "name": ":cat:", "icon": {"type": "Image", "url": elsewhere.url("/media/cat.png")}}]);
    elsewhere.document(
        "/users/bob",
        &json!({"id": bob, "type": "Person", "preferredUsername": "bob", "inbox": format!("{bob}/inbox"), "name": "Bob :cat:",
                "icon": {"type": "Image", "url": elsewhere.url("/media/face.png")},
                "image": {"type": "Image", "url": elsewhere.url("/media/hills.png")}, "tag": emoji}),
    );
    let mut note = elsewhere.note("/notes/1", &bob);
    note["content"] = json!("<p>hello :cat:</p>");
    note["tag"] = emoji;
    note["attachment"] = json!([
        {"type": "Document", "mediaType": "image/png", "url": elsewhere.url("/media/a.png")},
        {"type": "Document", "mediaType": "video/mp4", "url": elsewhere.url("/media/b.mp4"),
         "icon": {"type": "Image", "url": elsewhere.url("/media/b.png")}},
        {"type": "Document", "mediaType": "application/pdf", "url": elsewhere.url("/papers/c.pdf")}
    ]);
    elsewhere.document("/notes/1", &note);
    elsewhere.url("/notes/1")
}

fn look(who: &TestUser, address: &str) -> Value {
    let query = encode(&[("q", address), ("resolve", "true")]);
    who.get(&format!("/api/v2/search?{query}")).ok()["statuses"][0].clone()
}

#[test]
fn with_the_setting_every_remote_picture_is_a_link_of_ours() {
    let server = TestServer::with(&[ON]);
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    elsewhere.raw("/media/a.png", 200, "Content-Type: image/png", png(100));
    let post = look(&alice, &publish(&elsewhere));
    let id = post["id"].as_str().unwrap();
    alice
        .post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
    let own = alice.upload(
        "POST",
        "/api/v1/media",
        "file",
        "a.png",
        include_bytes!("../../../static/avatar.png"),
        &[],
    );
    let entities = [
        post.clone(),
        alice.get(&format!("/api/v1/statuses/{id}")).ok(),
        alice.get("/api/v1/favourites").ok(),
        alice
            .get(&format!(
                "/api/v1/accounts/{}",
                post["account"]["id"].as_str().unwrap()
            ))
            .ok(),
    ];
    for entity in &entities {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        texts_with(entity, &elsewhere.url("/media/"), &mut theirs);
        assert!(theirs.is_empty(), "{theirs:?}");
        texts_with(entity, &format!("{BASE}/proxy/"), &mut ours);
        assert!(ours.len() >= 6, "{entity}");
    }
    let media = &post["media_attachments"];
    for (at, key, name) in [
        (0, "url", "a.png"),
        (1, "url", "b.mp4"),
        (1, "preview_url", "b.png"),
    ] {
        let url = media[at][key].as_str().unwrap();
        assert!(url.ends_with(&format!("/{name}")), "{url}");
    }
    // What no client shows by itself is a link to where it lies.
    assert_eq!(media[2]["url"], elsewhere.url("/papers/c.pdf"));
    let url = media[0]["url"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    let answer = server.get(url);
    assert_eq!((answer.status, answer.body), (200, png(100)));
    let own = own.ok();
    assert!(
        own["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{BASE}/media/"))
    );
    assert_eq!(
        alice.get("/api/v1/accounts/verify_credentials").ok()["avatar"],
        format!("{BASE}/static/avatar.png")
    );
    let page = String::from_utf8(server.get(&format!("/notice/{id}")).body).unwrap();
    assert!(!page.contains(&elsewhere.url("/media/")), "{page}");
}

#[test]
fn without_the_setting_remote_pictures_are_where_they_lie() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let post = look(&alice, &publish(&elsewhere));
    assert_eq!(
        post["media_attachments"][0]["url"],
        elsewhere.url("/media/a.png")
    );
    assert_eq!(post["account"]["avatar"], elsewhere.url("/media/face.png"));
    assert_eq!(post["emojis"][0]["url"], elsewhere.url("/media/cat.png"));
    server
        .get("/proxy/c2ln/aHR0cHM6Ly9hLw/file")
        .refused(404, "File not found");
    for (settings, expected) in [(&[][..], false), (&[ON][..], true)] {
        let features = TestServer::with(settings).get("/api/v1/instance").ok()["pleroma"]["metadata"]["features"].clone();
        assert_eq!(
            features.as_array().unwrap().contains(&json!("media_proxy")),
            expected
        );
    }
}

#[test]
fn sec_f8_a_link_that_was_not_signed_here_is_404() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    elsewhere.raw("/a.png", 200, "Content-Type: image/png", png(100));
    let good = link(&server, &elsewhere.url("/a.png"));
    let parts: Vec<&str> = good.split('/').collect();
    let other = link(&server, &elsewhere.url("/b.png"));
    let other: Vec<&str> = other.split('/').collect();
    for wrong in [
        format!("/proxy/{}/{}/{}", other[2], parts[3], parts[4]),
        format!("/proxy/{}/{}/{}", parts[2], other[3], other[4]),
        format!("/proxy/{}/{}/b.png", parts[2], parts[3]),
        format!("/proxy/{}A/{}/{}", parts[2], parts[3], parts[4]),
        format!("/proxy/-/{}/{}", parts[3], parts[4]),
    ] {
        server.get(&wrong).refused(404, "File not found");
    }
    assert_eq!(elsewhere.requests(), 0);
    assert_eq!(server.get(&good).status, 200);
    assert_eq!(server.request("POST", &good, &[], b"").status, 405);
    assert_eq!(server.request("HEAD", &good, &[], b"").status, 200);
    // Another server has another key, and the same server after a restart has the same.
    assert_ne!(
        link(&TestServer::with(&[ON]), &elsewhere.url("/a.png")),
        good
    );
    let server = server.restarted_with(&[ON]);
    assert_eq!(link(&server, &elsewhere.url("/a.png")), good);
}

#[test]
fn sec_f8_only_pictures_sound_and_films_go_through_judged_by_their_bytes() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    let html = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec();
    let ours = json!({"@context": "https://www.w3.org/ns/activitystreams", "type": "Note"});
    for (declared, body) in [
        ("text/html", html.clone()),
        ("image/png", html),
        ("image/svg+xml", svg.clone()),
        ("image/png", svg),
        ("image/png", b"alert(1)".to_vec()),
        ("image/png", ours.to_string().into_bytes()),
        ("image/png", b"%PDF-1.7".to_vec()),
        ("image/png", Vec::new()),
    ] {
        elsewhere.raw("/x.png", 200, &format!("Content-Type: {declared}"), body);
        get(&server, &elsewhere.url("/x.png")).refused(404, "File not found");
    }
    elsewhere.raw(
        "/y",
        200,
        "Content-Type: text/html\r\nSet-Cookie: a=b\r\nLink: <x>\r\nETag: \"v1\"",
        png(100),
    );
    let answer = get(&server, &elsewhere.url("/y"));
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("Content-Type", "image/png"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "sandbox; default-src 'none'"),
        ("Cache-Control", "private, max-age=604800"),
        ("ETag", "\"v1\""),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    for absent in ["Set-Cookie", "Link", "Location", "Server"] {
        assert_eq!(answer.header(absent), None, "{absent}");
    }
}

#[test]
fn sec_f8_what_is_larger_than_25_mib_is_cut() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    elsewhere.raw("/a.png", 200, "", png(26 * MEBIBYTE));
    get(&server, &elsewhere.url("/a.png"))
        .refused(502, "The file on the other server is too large");
    // One that does not say how long it is.
    let endless = Remote::start(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(&png(26 * MEBIBYTE));
    });
    get(&server, &endless.url("/a.png")).refused(502, "The file on the other server is too large");
    // A film that is asked for whole breaks off; players go on from there by themselves.
    let film = mp4(26 * MEBIBYTE);
    elsewhere.raw("/whole.mp4", 200, "", film.clone());
    let request = rouille::Request::fake_http(
        "GET",
        link(&server, &elsewhere.url("/whole.mp4")),
        Vec::new(),
        Vec::new(),
    );
    let response = kenoma::web::dispatch::answer(&server.app, &request);
    let (mut body, length) = response.data.into_reader_and_size();
    let mut got = Vec::new();
    assert!(body.read_to_end(&mut got).is_err() && got == film[..got.len()]);
    assert!(
        got.len() <= 25 * MEBIBYTE && got.len() > 24 * MEBIBYTE,
        "{}",
        got.len()
    );
    assert_eq!(length, Some(film.len()));
    // Of a film, a player is given as much as may go through, and told that there is more.
    let range = format!("Content-Range: bytes 0-{}/{}", film.len() - 1, film.len());
    elsewhere.raw("/a.mp4", 206, &range, film.clone());
    let answer = server.request(
        "GET",
        &link(&server, &elsewhere.url("/a.mp4")),
        &[("Range", "bytes=0-")],
        b"",
    );
    assert_eq!((answer.status, answer.body.len()), (206, 25 * MEBIBYTE));
    assert_eq!(answer.body, film[..25 * MEBIBYTE]);
    let range = format!("bytes 0-{}/{}", 25 * MEBIBYTE - 1, film.len());
    assert_eq!(answer.header("Content-Range"), Some(range.as_str()));
    assert!(files_of_cache(&server).is_empty());
}

#[test]
fn sec_f8_private_addresses_are_404() {
    let server = TestServer::with(&[ON, "federation.allow_private_addresses=false"]);
    for url in [
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://10.0.0.1/a.png",
        "https://192.168.1.1/a.png",
        "https://169.254.169.254/latest/meta-data",
        "http://93.184.216.34/a.png",
        "https://user:password@93.184.216.34/a.png",
    ] {
        get(&server, url).refused(404, "File not found");
    }
}

#[test]
fn sec_f8_a_failure_never_leads_elsewhere() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    elsewhere.raw(
        "/loop",
        302,
        &format!("Location: {}", elsewhere.url("/loop")),
        "",
    );
    elsewhere.raw("/file", 302, "Location: file:///etc/passwd", "");
    elsewhere.raw("/gone", 410, "", "");
    elsewhere.raw("/broken", 500, "Content-Type: image/png", png(100));
    elsewhere.raw(
        "/moved",
        301,
        &format!("Location: {}", elsewhere.url("/b.png")),
        "",
    );
    elsewhere.raw("/b.png", 200, "", png(100));
    for (path, status) in [
        ("/loop", 502),
        ("/file", 404),
        ("/gone", 404),
        ("/nothing", 404),
        ("/broken", 502),
        ("/moved", 200),
    ] {
        let answer = get(&server, &elsewhere.url(path));
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("Location"), None, "{path}");
    }
}

#[test]
fn sec_f8_nothing_of_the_client_reaches_the_other_server_but_ranges_and_conditions() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    elsewhere.raw("/a.mp4", 304, "ETag: \"v2\"", "");
    let path = link(&server, &elsewhere.url("/a.mp4"));
    let headers = [
        ("Range", "bytes=5-9"),
        ("If-Range", "\"v1\""),
        ("If-None-Match", "\"v2\""),
        ("If-Modified-Since", "Tue, 24 Nov 2026 18:00:00 GMT"),
        ("User-Agent", "Somebody's phone"),
        ("Cookie", "kenoma=secret"),
        ("Authorization", "Bearer secret"),
        ("Referer", "https://example.org/private"),
        ("Accept-Language", "nds"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("DNT", "1"),
    ];
    let answer = server.request("GET", &path, &headers, b"");
    assert_eq!(
        (answer.status, answer.header("ETag")),
        (304, Some("\"v2\""))
    );
    let head = elsewhere.asked("/a.mp4")[0].to_ascii_lowercase();
    let mut names: Vec<&str> = head
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "accept-encoding",
        "host",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "range",
        "user-agent",
    ];
    assert_eq!(names, expected);
    assert!(
        head.contains("user-agent: kenoma/") && head.contains("range: bytes=5-9\r\n"),
        "{head}"
    );
    // Several ranges at once would be answered by a document of another type.
    server.request("GET", &path, &[("Range", "bytes=0-1,5-9")], b"");
    assert!(
        !elsewhere.asked("/a.mp4")[1]
            .to_ascii_lowercase()
            .contains("range:")
    );
}

#[test]
fn sec_f8_a_part_from_the_middle_is_judged_by_the_beginning_of_its_file() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Ranges::start();
    let part = |path: &str, range: &str| {
        let path = link(&server, &elsewhere.url(path));
        server.request("GET", &path, &[("Range", range)], b"")
    };
    let answer = part("/film", "bytes=70000-70009");
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (206, Some("video/mp4"))
    );
    assert_eq!(answer.body, mp4(100_000)[70_000..70_010]);
    assert_eq!(
        answer.header("Content-Range"),
        Some("bytes 70000-70009/100000")
    );
    assert_eq!(part("/film", "bytes=0-1").body, mp4(2)[..2]);
    assert_eq!(part("/film", "bytes=99990-").body, mp4(100_000)[99_990..]);
    // Known from here on: one request for each part, and one for the beginning.
    assert_eq!(elsewhere.requests(), 4);
    part("/page", "bytes=70000-70009").refused(404, "File not found");
    part("/page", "bytes=0-1").refused(404, "File not found");
    part("/page", "bytes=0-").refused(404, "File not found");
    let answer = part("/film", "bytes=200000-");
    assert_eq!(
        (answer.status, answer.header("Content-Range")),
        (416, Some("bytes */100000"))
    );
}

#[test]
fn what_was_fetched_is_kept_and_parts_are_cut_from_it() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Fake::start(false);
    elsewhere.raw("/a.png", 200, "", png(1000));
    let path = link(&server, &elsewhere.url("/a.png"));
    for _ in 0..3 {
        assert_eq!(server.get(&path).body, png(1000));
    }
    let answer = server.request("GET", &path, &[("Range", "bytes=990-")], b"");
    assert_eq!((answer.status, &answer.body[..]), (206, &png(1000)[990..]));
    assert_eq!(answer.header("Content-Range"), Some("bytes 990-999/1000"));
    assert_eq!(
        (elsewhere.requests(), files_of_cache(&server)),
        (1, vec![1000])
    );
    // The folder may be deleted at any time.
    std::fs::remove_dir_all(server.data().join("cache/media")).unwrap();
    assert_eq!(server.get(&path).body, png(1000));
    let server = server.restarted_with(&[ON, "media_proxy.cache=0"]);
    assert_eq!(server.get(&path).body, png(1000));
    assert_eq!(elsewhere.requests(), 3);
}

#[test]
fn an_answer_that_ends_early_is_neither_kept_nor_shown() {
    let server = TestServer::with(&[ON]);
    let elsewhere = Remote::start(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 2000\r\n\r\n");
        let _ = stream.write_all(&png(1000));
    });
    assert_eq!(get(&server, &elsewhere.url("/a.png")).status, 502);
    assert!(files_of_cache(&server).is_empty());
}

#[test]
fn files_of_servers_that_are_kept_away_are_404() {
    let server = TestServer::with(&[ON]);
    let (root, elsewhere) = (server.admin("root"), Fake::start(false));
    elsewhere.raw("/a.png", 200, "", png(100));
    elsewhere.raw("/b.png", 200, "", png(100));
    let host = elsewhere.base.strip_prefix("http://").unwrap();
    let open = Fake::start(false);
    open.raw(
        "/a.png",
        302,
        &format!("Location: {}", elsewhere.url("/b.png")),
        "",
    );
    assert_eq!(get(&server, &elsewhere.url("/a.png")).status, 200);
    for decision in [("severity", "suspend"), ("reject_media", "true")] {
        let made = root
            .post("/api/v1/admin/domain_blocks", &[("domain", host), decision])
            .ok();
        server.run_jobs();
        for url in [
            elsewhere.url("/a.png"),
            elsewhere.url("/b.png"),
            open.url("/a.png"),
        ] {
            get(&server, &url).refused(404, "File not found");
        }
        let path = format!(
            "/api/v1/admin/domain_blocks/{}",
            made["id"].as_str().unwrap()
        );
        assert_eq!(root.delete(&path).status, 200);
    }
    server.run_jobs();
    assert_eq!(get(&server, &open.url("/a.png")).status, 200);
}

#[test]
fn sec_f8_a_slow_server_elsewhere_takes_no_thread_of_the_real_program() {
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let told = Mutex::new(told);
    let (asked, is_asked) = std::sync::mpsc::channel::<()>();
    let asked = Mutex::new(asked);
    let elsewhere = Remote::start(move |stream, _| {
        asked.lock().unwrap().send(()).unwrap();
        told.lock().unwrap().recv().unwrap();
        stream
            .write_all(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.write_all(&png(100)).unwrap();
    });
    for door in ["true", "false"] {
        let door = format!("server.front_door={door}");
        // Without the door there is one set of threads for all.
        let threads = if door.ends_with("true") {
            "server.threads=1"
        } else {
            "server.threads=2"
        };
        let server = Program::ephemeral(&["--set", ON, "--set", &door, "--set", threads]);
        let db = rusqlite::Connection::open(server.data.join("kenoma.db")).unwrap();
        let key: String = db
            .query_row(
                "SELECT value FROM server_state WHERE key = 'media_proxy_key'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let base = format!("http://{}", server.address);
        let media = RemoteMedia::new(&BaseUrl::parse(&base).unwrap(), Some(&key));
        let path = media.address(&elsewhere.url("/a.png"));
        let path = path.strip_prefix(&base).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| server.get(path, ""));
            is_asked.recv().unwrap();
            for _ in 0..5 {
                assert_eq!(server.get("/api/v1/instance", "").status, 200);
            }
            assert!(!waiting.is_finished());
            go_on.send(()).unwrap();
            let answer = waiting.join().unwrap();
            assert_eq!((answer.status, answer.body), (200, png(100)));
        });
    }
}

const CACHES: &str = "/api/pleroma/admin/media_proxy_caches";

#[test]
fn admins_have_files_fetched_anew_or_never_again() {
    let server = TestServer::with(&[ON]);
    let (root, alice, elsewhere) = (
        server.admin("root"),
        server.user("alice"),
        Fake::start(false),
    );
    for name in ["/a.png", "/b.png"] {
        elsewhere.raw(name, 200, "", png(100));
        assert_eq!(get(&server, &elsewhere.url(name)).status, 200);
    }
    let (a, b) = (elsewhere.url("/a.png"), elsewhere.url("/b.png"));
    // Fetched anew …
    let answer = root.post(
        &format!("{CACHES}/purge"),
        &[("urls[]", &a), ("ban", "false")],
    );
    assert_eq!(answer.ok(), json!({"urls": [a]}));
    assert_eq!(files_of_cache(&server).len(), 1);
    assert_eq!(get(&server, &a).status, 200);
    assert_eq!(elsewhere.asked("/a.png").len(), 2);
    assert_eq!(
        root.get(CACHES).ok(),
        json!({"urls": [], "count": 0, "page_size": 50})
    );
    // … or never again, named by our link as well.
    let ours = format!("{BASE}{}", link(&server, &b));
    let answer = root.post(
        &format!("{CACHES}/purge"),
        &[("urls[]", &a), ("urls[]", &ours)],
    );
    assert_eq!(answer.ok(), json!({"urls": [a, b]}));
    assert!(files_of_cache(&server).is_empty());
    for url in [&a, &b] {
        get(&server, url).refused(404, "File not found");
    }
    assert_eq!(elsewhere.requests(), 3);
    let page = root.get(&format!("{CACHES}?page=2&page_size=1")).ok();
    assert_eq!(page, json!({"urls": [a], "count": 2, "page_size": 1}));
    // Where a redirect ends counts too.
    elsewhere.raw("/c.png", 302, &format!("Location: {a}"), "");
    get(&server, &elsewhere.url("/c.png")).refused(404, "File not found");
    let answer = root.post(
        &format!("{CACHES}/delete"),
        &[
            ("urls[]", &a),
            ("urls[]", "https://far.example/unknown.png"),
        ],
    );
    assert_eq!(answer.status, 200);
    assert_eq!(root.get(CACHES).ok()["urls"], json!([b]));
    assert_eq!(get(&server, &a).status, 200);
    for verb in ["purge", "delete"] {
        let path = format!("{CACHES}/{verb}");
        root.post(&path, &[]).refused(400, "Missing field: urls.");
        root.post(&path, &[("urls[]", "a.png")])
            .refused(400, "urls - must be addresses of files on other servers.");
        alice
            .post(&path, &[("urls[]", &a)])
            .refused(403, "User is not an admin.");
    }
    alice.get(CACHES).refused(403, "User is not an admin.");
}

#[test]
fn a_server_that_does_not_answer_is_left_alone_for_a_while() {
    let server = TestServer::with(&[ON]);
    let asked = Arc::new(Mutex::new(0));
    let counting = Arc::clone(&asked);
    // Hangs up.
    let elsewhere = Remote::start(move |_, _| *counting.lock().unwrap() += 1);
    for name in ["a", "a", "b"] {
        get(&server, &elsewhere.url(&format!("/{name}.png")))
            .refused(502, "The other server did not send the file");
    }
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[test]
fn sec_f8_four_files_are_fetched_at_once_and_nobody_else_waits_for_them() {
    let server = Arc::new(TestServer::with(&[ON]));
    let held: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let holding = Arc::clone(&held);
    // Answers nobody until told to.
    let slow =
        Remote::start(move |stream, _| holding.lock().unwrap().push(stream.try_clone().unwrap()));
    let urls: Vec<String> = (0..9)
        .map(|n| link(&server, &slow.url(&format!("/{n}.png"))))
        .collect();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = urls
            .iter()
            .map(|url| scope.spawn(|| server.get(url)))
            .collect();
        wait_until("some are told to come again", || {
            asking.iter().filter(|one| one.is_finished()).count() >= 1
        });
        assert!(held.lock().unwrap().len() <= 4);
        assert_eq!(server.get("/api/v1/instance").status, 200);
        // Those that were let in get their file, and so do those that waited, if their turn comes soon enough.
        while asking.iter().any(|one| !one.is_finished()) {
            for mut stream in held.lock().unwrap().drain(..) {
                let body = png(100);
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&body);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let found = answers.iter().filter(|answer| answer.status == 200);
    assert!(found.count() >= 4);
    let refused = answers.iter().filter(|answer| answer.status != 200);
    let told: Vec<_> = refused
        .map(|answer| (answer.status, answer.header("Retry-After")))
        .collect();
    assert!(
        !told.is_empty() && told.iter().all(|told| *told == (503, Some("5"))),
        "{told:?}"
    );
}

#[test]
fn a_part_is_handed_through_as_it_comes() {
    let server = TestServer::with(&[ON]);
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let told = Mutex::new(told);
    let elsewhere = Remote::start(move |stream, _| {
        let film = mp4(200_000);
        let head = "HTTP/1.1 206 X\r\nConnection: close\r\nContent-Range: bytes 0-199999/200000\r\nContent-Length: 200000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&film[..100_000]).unwrap();
        told.lock().unwrap().recv().unwrap();
        stream.write_all(&film[100_000..]).unwrap();
    });
    let path = link(&server, &elsewhere.url("/film.mp4"));
    let headers = vec![("Range".to_owned(), "bytes=0-".to_owned())];
    let request = rouille::Request::fake_http("GET", path, headers, Vec::new());
    let response = kenoma::web::dispatch::answer(&server.app, &request);
    let (mut body, _) = response.data.into_reader_and_size();
    let mut film = vec![0; 100_000];
    body.read_exact(&mut film).unwrap();
    go_on.send(()).unwrap();
    body.read_to_end(&mut film).unwrap();
    assert_eq!(film, mp4(200_000));
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sizes of the files in the cache.
fn files_of_cache(server: &TestServer) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(server.data().join("cache/media")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .collect()
}
