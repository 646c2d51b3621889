//! What the door does not let through, and what it does although it looks odd.
use std::thread;

use super::{open, read_answer, read_to_close, send};

#[test]
fn ambiguous_or_oversized_requests_are_refused() {
    let server = open(|_| ());
    let long_target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(9_000));
    let endless_target = format!("GET /{}", "x".repeat(20_000));
    let long_head = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(17_000)
    );
    let many_headers = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "X: y\r\n".repeat(100)
    );
    let cases: &[(u16, &str)] = &[
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        ),
        (
            501,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        ),
        (
            501,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        ),
        (
            501,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\nx",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ),
        (
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
        ),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        (400, "GET / HTTP/1.1\nHost: a\n\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        (400, "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        (505, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "nonsense\r\n\r\n"),
        (505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        (
            417,
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: money\r\nContent-Length: 1\r\n\r\n",
        ),
        (
            413,
            "POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n",
        ),
        (
            413,
            "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\nx",
        ),
        (
            413,
            "POST /tiny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
        ),
        (414, &long_target),
        (414, &endless_target),
        (431, &long_head),
        (431, &many_headers),
    ];
    // Each waits for its connection to be drained: side by side they take one second, not forty.
    thread::scope(|scope| {
        for (status, text) in cases {
            let server = &server;
            scope.spawn(move || {
                let shown: String = text.chars().take(80).collect();
                let mut stream = server.connect();
                send(&mut stream, text);
                let answer = read_answer(&mut stream);
                assert_eq!(answer.status, *status, "{shown:?}");
                assert_eq!(
                    answer.header("content-type"),
                    Some("application/json; charset=utf-8")
                );
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
                assert_eq!(answer.header("connection"), Some("close"));
                assert!(answer.text().starts_with("{\"error\":\""), "{shown:?}");
                assert_eq!(read_to_close(&mut stream), "", "{shown:?}");
            });
        }
    });
    server.assert_answers();
}

#[test]
fn a_second_request_behind_a_refused_one_is_not_answered() {
    let server = open(|_| ());
    let smuggled = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
                    0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    let all = server.tell(smuggled.as_bytes());
    assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{all}");
}

#[test]
fn odd_but_clear_requests_are_answered() {
    let server = open(|_| ());
    for (text, body) in [
        ("\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x 0 7 false"),
        (
            "GET http://b/y?z HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /y?z 0 7 false",
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS * 0 7 false",
        ),
        (
            "GET /%2F/a=b=c HTTP/1.1\r\nhOST: a\r\n\r\n",
            "GET /%2F/a=b=c 0 7 false",
        ),
        (
            "GET /ä?☕ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%C3%A4?%E2%98%95 0 7 false",
        ),
        (
            "GET /headers HTTP/1.1\r\nHost: a\r\nX: \u{e4}\r\n\r\n",
            "Host=a\nX=\u{e4}\n",
        ),
        (
            "GET /headers HTTP/1.1\r\nHost: a\r\nX-Kenoma-SPOOL: /etc/passwd\r\n\r\n",
            "Host=a\n",
        ),
    ] {
        let mut stream = server.connect();
        send(&mut stream, text);
        assert_eq!(read_answer(&mut stream).text(), body, "{text:?}");
    }
}
