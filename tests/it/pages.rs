//! Pages for people, and the files beside them.

use crate::support::TestServer;

#[test]
fn built_in_files_are_served_with_a_tag_that_saves_the_next_answer() {
    let server = TestServer::new();
    for (name, content_type) in [
        ("style.css", "text/css; charset=utf-8"),
        ("avatar.png", "image/png"),
        ("header.png", "image/png"),
    ] {
        let path = format!("/static/{name}");
        let answer = server.get(&path);
        assert_eq!(
            (answer.status, answer.header("Content-Type")),
            (200, Some(content_type))
        );
        assert!(!answer.body.is_empty());
        let etag = answer.header("ETag").unwrap().to_owned();
        let again = server.request("GET", &path, &[("If-None-Match", &etag)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(
        server.get("/favicon.ico").header("Content-Type"),
        Some("image/png")
    );
    assert!(server.get("/robots.txt").text().contains("Disallow: /api/"));
}

#[test]
fn a_file_of_the_operator_wins_and_is_never_older_than_the_disk() {
    let server = TestServer::new();
    let folder = server.data().join("static");
    std::fs::create_dir_all(folder.join("front")).unwrap();
    std::fs::write(folder.join("style.css"), "body { color: red }").unwrap();
    std::fs::write(folder.join("front/app.js"), "1").unwrap();
    let first = server.get("/static/style.css");
    assert_eq!(first.text(), "body { color: red }");
    assert_eq!(
        server.get("/static/front/app.js").header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    let etag = first.header("ETag").unwrap().to_owned();
    let again = server.request("GET", "/static/style.css", &[("If-None-Match", &etag)], b"");
    assert_eq!(again.status, 304);
    std::fs::write(folder.join("style.css"), "body { color: green }").unwrap();
    let changed = server.request("GET", "/static/style.css", &[("If-None-Match", &etag)], b"");
    assert_eq!(changed.text(), "body { color: green }");
}

#[test]
fn no_path_leads_out_of_the_static_folder() {
    let server = TestServer::new();
    let folder = server.data().join("static");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(server.data().join("secret"), "no").unwrap();
    std::os::unix::fs::symlink(server.data().join("secret"), folder.join("link")).unwrap();
    for path in [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "%2Fetc%2Fpasswd",
        "link",
        "",
        ".",
        "a%00b",
        "nothing",
    ] {
        let answer = server.get(&format!("/static/{path}"));
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn an_unknown_page_says_so_to_people() {
    let server = TestServer::new();
    let answer = server.request("GET", "/nowhere", &[("Accept", "text/html")], b"");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<h1>Page not found</h1>"));
    assert!(
        answer
            .header("Content-Security-Policy")
            .unwrap()
            .contains("default-src 'none'")
    );
}
