use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::NextTimeout;

use super::*;

/// A peer on loopback: answers each request by a closure and counts connections.
struct Peer {
    address: SocketAddr,
    hits: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

type Script = fn(&mut TcpStream, &str);

impl Peer {
    fn start(script: Script) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Peer {
            address: listener.local_addr().unwrap(),
            hits: Arc::default(),
            heads: Arc::default(),
        };
        let (hits, heads) = (Arc::clone(&peer.hits), Arc::clone(&peer.heads));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                hits.fetch_add(1, Ordering::SeqCst);
                let heads = Arc::clone(&heads);
                thread::spawn(move || talk(stream, script, &heads));
            }
        });
        peer
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn talk(mut stream: TcpStream, script: Script, heads: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).unwrap();
    heads
        .lock()
        .unwrap()
        .push(head.clone() + &String::from_utf8_lossy(&body));
    script(&mut stream, head.split(' ').nth(1).unwrap());
}

fn answer(stream: &mut TcpStream, head: &str, body: &[u8]) {
    // The client may have had enough; that is what some tests are about.
    let _ = write!(
        stream,
        "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(body);
}

fn base() -> BaseUrl {
    BaseUrl::parse("https://kenoma.example").unwrap()
}

fn open_client() -> Client {
    Client::new(&base(), true)
}

fn get(url: &str) -> Result<Answer, FetchError> {
    open_client().send(&Request::get(url, "*/*", Limits::DOCUMENT))
}

/// A name service that answers every name with these addresses.
#[derive(Debug)]
struct Names(Vec<SocketAddr>);

impl Resolver for Names {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        for address in &self.0 {
            found.push(*address);
        }
        Ok(found)
    }
}

#[test]
fn a_request_says_who_asks_and_an_answer_what_came() {
    let peer = Peer::start(|stream, _| {
        answer(
            stream,
            "200 OK\r\nContent-Type: Application/JSON; charset=utf-8",
            b"{}",
        )
    });
    let url = peer.url("/a?b=c#d");
    let make: HopHeaders = &|url| vec![("signature", format!("over {}", url.path()))];
    let request = Request::get(&url, "application/json", Limits::DOCUMENT)
        .headers(&[("x-more", "1")])
        .hop_headers(make);
    let got = open_client().send(&request).unwrap();
    assert_eq!((got.head.status, got.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(got.head.media_type(), "application/json");
    assert_eq!(got.head.url.as_str(), url);
    let head = peer.heads().remove(0).to_ascii_lowercase();
    for line in [
        "get /a?b=c http/1.1\r\n".to_owned(),
        format!("host: {}\r\n", peer.address),
        "accept: application/json\r\n".to_owned(),
        "x-more: 1\r\n".to_owned(),
        "signature: over /a\r\n".to_owned(),
        format!(
            "user-agent: kenoma/{}; +https://kenoma.example\r\n",
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert!(head.contains(&line), "{line} is not in {head}");
    }
}

#[test]
fn a_body_is_posted_and_its_redirect_handed_back() {
    let peer = Peer::start(|stream, _| answer(stream, "307 Elsewhere\r\nLocation: /b", b""));
    let url = peer.url("/inbox");
    let request = Request::post(
        &url,
        &[("content-type", "text/plain")],
        b"hello",
        Limits::DELIVERY,
    );
    assert_eq!(open_client().send(&request).unwrap().head.status, 307);
    let heads = peer.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("POST /inbox ") && heads[0].ends_with("\r\n\r\nhello"));
}

#[test]
fn three_redirects_are_followed_and_a_fourth_is_not() {
    fn script(stream: &mut TcpStream, path: &str) {
        match path {
            "/4" => answer(stream, "302 Found\r\nLocation: /3", b""),
            "/3" => answer(stream, "301 Moved\r\nLocation: /2", b""),
            "/2" => answer(stream, "308 Moved\r\nLocation: /1", b""),
            "/1" => answer(stream, "303 See\r\nLocation: /0", b""),
            _ => answer(stream, "200 OK", b"here"),
        }
    }
    let peer = Peer::start(script);
    let got = get(&peer.url("/3")).unwrap();
    assert_eq!(
        (got.head.url.path(), got.body.as_slice()),
        ("/0", &b"here"[..])
    );
    assert!(matches!(get(&peer.url("/4")), Err(FetchError::BadRedirect)));
}

#[test]
fn sec_s2_a_name_that_points_inside_is_not_called() {
    let canary = Peer::start(|stream, _| answer(stream, "200 OK", b"secret"));
    let names = Names(vec![
        canary.address,
        "10.0.0.1:443".parse().unwrap(),
        "[::1]:443".parse().unwrap(),
    ]);
    let client = Client::resolving(&base(), false, names);
    let url = format!("https://rebinding.example:{}/", canary.address.port());
    let refused = client
        .send(&Request::get(&url, "*/*", Limits::DOCUMENT))
        .unwrap_err();
    assert!(matches!(refused, FetchError::Refused(_)), "{refused}");
    assert!(!refused.is_temporary());
    assert_eq!(canary.hits.load(Ordering::SeqCst), 0);
}

#[test]
fn sec_s2_only_the_public_addresses_of_a_name_are_handed_on() {
    let names = Names(vec![
        "127.0.0.1:443".parse().unwrap(),
        "9.9.9.9:443".parse().unwrap(),
    ]);
    let uri: Uri = "https://mixed.example/".parse().unwrap();
    let config = Config::default();
    let found = Guarded::new(names, false)
        .resolve(&uri, &config, NextTimeout::default())
        .unwrap();
    assert_eq!(&found[..], &["9.9.9.9:443".parse::<SocketAddr>().unwrap()]);
}

#[test]
fn sec_s2_every_redirect_enters_the_check_again() {
    fn script(stream: &mut TcpStream, path: &str) {
        let target = match path {
            "/metadata" => "http://169.254.169.254/latest/meta-data",
            "/any" => "http://[::]/",
            "/user" => "http://a@example.org/",
            "/file" => "file:///etc/passwd",
            _ => "http://127.0.0.1:1/",
        };
        answer(stream, &format!("302 Found\r\nLocation: {target}"), b"");
    }
    /// Lets the test's own peer through and nothing else that is not public.
    #[derive(Debug)]
    struct Peers(SocketAddr, Guarded<DefaultResolver>);
    impl Resolver for Peers {
        fn resolve(
            &self,
            uri: &Uri,
            config: &Config,
            timeout: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            if uri.host() == Some("peer.example") {
                return Names(vec![self.0]).resolve(uri, config, timeout);
            }
            self.1.resolve(uri, config, timeout)
        }
    }
    let peer = Peer::start(script);
    let names = Peers(
        peer.address,
        Guarded::new(DefaultResolver::default(), false),
    );
    let client = Client::resolving(&base(), true, names);
    for path in ["/metadata", "/any", "/user", "/file", "/other"] {
        let url = format!("http://peer.example{path}");
        let refused = client
            .send(&Request::get(&url, "*/*", Limits::DOCUMENT))
            .unwrap_err();
        assert!(
            matches!(refused, FetchError::Refused(_)),
            "{path}: {refused}"
        );
    }
    assert_eq!(peer.hits.load(Ordering::SeqCst), 5);
}

#[test]
fn sec_s2_a_proxy_named_by_the_environment_is_not_asked() {
    let client = open_client();
    assert!(client.agent.config().proxy().is_none());
}

#[test]
fn sec_s4_an_answer_that_never_ends_is_cut_by_the_total_deadline() {
    fn drip_head(stream: &mut TcpStream, _: &str) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ");
        while stream.write_all(b"X").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }
    fn drip_body(stream: &mut TcpStream, _: &str) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b"X").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }
    for script in [drip_head as Script, drip_body] {
        let peer = Peer::start(script);
        let limits = Limits {
            total: Duration::from_millis(800),
            ..Limits::DOCUMENT
        };
        let started = Instant::now();
        let url = peer.url("/");
        let cut = open_client()
            .send(&Request::get(&url, "*/*", limits))
            .unwrap_err();
        assert!(matches!(cut, FetchError::TooSlow), "{cut}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn sec_s4_an_answer_slower_than_a_kibibyte_a_second_is_cut() {
    fn drip(stream: &mut TcpStream, _: &str) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(&[b'x'; 50]).is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }
    let peer = Peer::start(drip);
    let limits = Limits {
        total: Duration::from_secs(60),
        ..Limits::DOCUMENT
    };
    let started = Instant::now();
    let url = peer.url("/");
    let cut = open_client()
        .send(&Request::get(&url, "*/*", limits))
        .unwrap_err();
    assert!(matches!(cut, FetchError::TooSlow), "{cut}");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn sec_s4_a_body_is_capped_after_inflating() {
    fn script(stream: &mut TcpStream, path: &str) {
        match path {
            "/exact" => answer(stream, "200 OK", &vec![b'x'; 1 << 20]),
            "/over" => answer(stream, "200 OK", &vec![b'x'; (1 << 20) + 1]),
            _ => {
                let mut packed =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                packed.write_all(&vec![0; 32 << 20]).unwrap();
                answer(
                    stream,
                    "200 OK\r\nContent-Encoding: gzip",
                    &packed.finish().unwrap(),
                );
            }
        }
    }
    let peer = Peer::start(script);
    assert_eq!(get(&peer.url("/exact")).unwrap().body.len(), 1 << 20);
    for path in ["/over", "/bomb"] {
        assert!(
            matches!(get(&peer.url(path)), Err(FetchError::TooLarge)),
            "{path}"
        );
    }
}

#[test]
fn sec_s4_a_head_without_end_is_refused() {
    fn script(stream: &mut TcpStream, path: &str) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        for number in 0..200_000 {
            let line = match path {
                "/many" => format!("X-{number}: y\r\n"),
                _ => "y".repeat(50),
            };
            if stream.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    }
    let peer = Peer::start(script);
    for path in ["/many", "/long"] {
        let started = Instant::now();
        assert!(get(&peer.url(path)).is_err(), "{path}");
        assert!(started.elapsed() < Duration::from_secs(10), "{path}");
    }
}

#[test]
fn an_answer_is_saved_up_to_the_limit() {
    let peer = Peer::start(|stream, _| answer(stream, "200 OK", &vec![b'x'; 100_000]));
    let url = peer.url("/");
    let client = open_client();
    let mut out = Vec::new();
    let head = client
        .save(&Request::get(&url, "*/*", Limits::MEDIA), &mut out)
        .unwrap();
    assert_eq!((head.status, out.len()), (200, 100_000));
    let tight = Limits {
        size: 99_999,
        ..Limits::MEDIA
    };
    let cut = client.save(&Request::get(&url, "*/*", tight), &mut out);
    assert!(matches!(cut, Err(FetchError::TooLarge)));
}

#[test]
fn line_breaks_never_become_headers_of_a_request() {
    let peer = Peer::start(|stream, _| answer(stream, "200 OK", b""));
    let url = peer.url("/");
    let request = Request::get(&url, "*/*", Limits::DOCUMENT).headers(&[("x-a", "b\r\nx-c: d")]);
    assert!(matches!(
        open_client().send(&request),
        Err(FetchError::Refused(_))
    ));
    assert_eq!(peer.hits.load(Ordering::SeqCst), 0);
}
