//! Drop-in web clients: `static/frontends/NAME`, chosen by `frontend.primary` (mastodon-api 4).

use std::fs;
use std::path::Path;

use crate::binary::{done, run};
use crate::support::{Answer, TestServer};

const INDEX: &str = "<!DOCTYPE html><title>client</title><script>boot()</script><script src=/static/js/app.4f2a91c0.js></script>";

/// A server whose primary client is a small one of our own.
fn server() -> TestServer {
    let server = TestServer::with(&["frontend.primary=fe"]);
    let folder = server.data().join("static/frontends/fe");
    for (path, content) in [
        ("index.html", INDEX),
        ("sw-pleroma.js", "// worker"),
        ("static/config.json", "{\"theme\":\"client\"}"),
        ("static/js/app.4f2a91c0.js", "boot()"),
        ("static/stickers.json", "{}"),
        ("instance/panel.html", "<p>client's"),
    ] {
        write(&folder.join(path), content.as_bytes());
    }
    server
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn browse(server: &TestServer, path: &str) -> Answer {
    server.request("GET", path, &[("Accept", "text/html,*/*;q=0.8")], b"")
}

#[test]
fn people_get_the_client_on_every_page_and_programs_never_do() {
    let server = server();
    let alice = server.user("alice");
    let post = alice.post_status("hello");
    let notice = format!("/notice/{}", post["id"].as_str().unwrap());
    for page in [
        "/",
        "/main/all",
        "/main/public",
        "/users/alice",
        "/@alice",
        "/alice",
        "/settings",
        "/tag/cats",
        "/registration",
        "/registration/abc",
        "/oauth-callback",
        "/lists/1",
        &notice,
    ] {
        let answer = browse(&server, page);
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (200, INDEX),
            "{page}"
        );
        assert_eq!(
            answer.header("Content-Type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"), "{page}");
    }
    for path in [
        "/api/v1/nothing",
        "/api/v1/nothing/index.html",
        "/oauth/nothing",
        "/nodeinfo/9",
        "/.well-known/nothing",
        "/media/nothing",
        "/emoji/a/b",
        "/proxy/a/b",
        "/auth/nothing",
        "/socket/websocket",
        "/static/nothing.js",
        "/instance/nothing.html",
    ] {
        let answer = browse(&server, path);
        assert_eq!(answer.status, 404, "{path}");
        assert_ne!(answer.text(), INDEX, "{path}");
    }
    let posted = server.request("POST", "/main/all", &[("Accept", "text/html")], b"");
    assert_eq!(posted.status, 404);
    // A server that asks for the actor is not answered with the client.
    let activity = [("Accept", "application/activity+json")];
    for path in ["/users/alice", notice.as_str()] {
        assert_ne!(
            server.request("GET", path, &activity, b"").text(),
            INDEX,
            "{path}"
        );
    }
}

#[test]
fn files_of_the_client_have_their_types_and_the_operators_own_ones_win() {
    let server = server();
    let app = server.get("/static/js/app.4f2a91c0.js");
    assert_eq!(app.text(), "boot()");
    assert_eq!(
        app.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(
        app.header("Cache-Control"),
        Some("public, max-age=31536000, immutable")
    );
    let worker = server.get("/sw-pleroma.js");
    assert_eq!(
        (worker.text().as_str(), worker.header("Cache-Control")),
        ("// worker", Some("no-cache"))
    );
    assert_eq!(server.get("/instance/panel.html").text(), "<p>client's");
    let own = server.data().join("static");
    write(&own.join("config.json"), b"{\"theme\":\"operator\"}");
    write(&own.join("instance/panel.html"), b"<p>operator's");
    assert_eq!(
        server.get("/static/config.json").text(),
        "{\"theme\":\"operator\"}"
    );
    assert_eq!(server.get("/instance/panel.html").text(), "<p>operator's");
    // Built-in files still fill the gaps, and what nobody has is nowhere.
    assert_eq!(server.get("/static/style.css").status, 200);
    assert_eq!(
        server
            .get("/static/frontends/fe/static/stickers.json")
            .text(),
        "{}"
    );
}

#[test]
fn a_large_file_is_sent_whole_or_in_part() {
    let server = server();
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    write(
        &server.data().join("static/frontends/fe/static/player.wasm"),
        &content,
    );
    let whole = server.get("/static/player.wasm");
    assert_eq!(
        (whole.status, whole.header("Content-Type")),
        (200, Some("application/wasm"))
    );
    assert_eq!(whole.body, content);
    let part = server.request("GET", "/static/player.wasm", &[("Range", "bytes=5-9")], b"");
    assert_eq!((part.status, part.body), (206, content[5..10].to_vec()));
}

#[test]
fn the_page_may_run_its_own_scripts_and_nobody_elses() {
    let server = server();
    let answer = browse(&server, "/");
    let policy = answer.header("Content-Security-Policy").unwrap();
    // The digest of `boot()`, as `printf 'boot()' | openssl dgst -sha256 -binary | base64` says.
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-MeZS89WlF0u+o0hCvHTBt4q1WHU+U+sJKgbdRUc36mY=';"), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("worker-src 'self' blob:")
    );
}

#[test]
fn no_path_leads_out_of_the_clients_folder() {
    let server = server();
    fs::write(server.data().join("secret"), "no").unwrap();
    let link = server.data().join("static/frontends/fe/link.txt");
    std::os::unix::fs::symlink(server.data().join("secret"), link).unwrap();
    for path in [
        "/../../../secret",
        "/..%2f..%2f..%2fsecret",
        "/link.txt",
        "/static/../../../../secret",
    ] {
        let answer = server.get(path);
        assert!(
            !answer.text().contains("no\n") && answer.text() != "no",
            "{path}"
        );
    }
}

#[test]
fn without_a_client_or_without_its_files_the_built_in_pages_answer() {
    let none = TestServer::new();
    none.user("alice");
    assert!(browse(&none, "/").text().contains("<title>"));
    assert_eq!(browse(&none, "/main/all").status, 404);
    let missing = TestServer::with(&["frontend.primary=gone"]);
    missing.user("alice");
    assert!(
        browse(&missing, "/users/alice")
            .text()
            .contains("<h1>alice</h1>")
    );
    assert_eq!(browse(&missing, "/main/all").status, 404);
}

/// A zip with these files.
fn zipped(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    use std::io::Write;
    let path = folder.join(name);
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    path
}

#[test]
fn a_client_is_installed_replaced_listed_and_removed() {
    let server = TestServer::with(&["frontend.primary=fe"]);
    let (data, outside) = (server.data(), tempfile::tempdir().unwrap());
    let build = zipped(
        outside.path(),
        "fe.zip",
        &[
            ("dist/index.html", INDEX.as_bytes()),
            ("dist/static/js/app.4f2a91c0.js", b"boot()"),
            ("dist/static/docs/index.html", b"another page"),
            ("README", b"not part of the build"),
        ],
    );
    let build = build.to_str().unwrap();
    let said = done(data, &["frontend", "install", build]);
    assert!(said.starts_with("installed fe: 3 files"), "{said}");
    assert_eq!(browse(&server, "/").text(), INDEX);
    assert_eq!(server.get("/static/js/app.4f2a91c0.js").text(), "boot()");
    assert_eq!(server.get("/README").text(), INDEX);
    let newer = zipped(outside.path(), "newer.zip", &[("index.html", b"newer")]);
    done(
        data,
        &["frontend", "install", newer.to_str().unwrap(), "--as", "fe"],
    );
    assert_eq!(browse(&server, "/").text(), "newer");
    assert_eq!(server.get("/static/js/app.4f2a91c0.js").status, 404);
    done(data, &["frontend", "install", build, "--as", "other one"]);
    fs::write(data.join("config.toml"), "[frontend]\nprimary = \"fe\"\n").unwrap();
    assert_eq!(done(data, &["frontend", "list"]), "fe *\nother one");
    done(data, &["frontend", "remove", "fe"]);
    assert_eq!(done(data, &["frontend", "list"]), "other one");
    let gone = run(data, &["frontend", "remove", "fe"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no web client fe"));
}

#[test]
fn sec_f2_a_hostile_build_is_refused_and_the_client_that_is_there_stays() {
    let server = TestServer::new();
    let (data, outside) = (server.data(), tempfile::tempdir().unwrap());
    let good = zipped(outside.path(), "fe.zip", &[("index.html", b"good")]);
    done(data, &["frontend", "install", good.to_str().unwrap()]);
    let bomb = vec![0; 8 << 20];
    for (case, files) in [
        (
            "up.zip",
            &[("index.html", b"x".as_slice()), ("../evil", b"x")][..],
        ),
        ("root.zip", &[("index.html", b"x"), ("/evil", b"x")]),
        ("deep.zip", &[("index.html", b"x"), ("a/../../evil", b"x")]),
        ("bomb.zip", &[("index.html", b"x"), ("bomb.js", &bomb)]),
        ("none.zip", &[("app.js", b"x")]),
    ] {
        let path = zipped(outside.path(), case, files);
        let refused = run(
            data,
            &["frontend", "install", path.to_str().unwrap(), "--as", "fe"],
        );
        assert_eq!(refused.status.code(), Some(1), "{case}");
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{case}: {text}");
    }
    let root = data.join("static/frontends");
    let there: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(there, ["fe"]);
    assert_eq!(fs::read(root.join("fe/index.html")).unwrap(), b"good");
    assert!(!data.join("static/evil").exists() && !data.join("evil").exists());
}
