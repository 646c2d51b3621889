//! The orderly end, and the same handler without the door.
use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use kenoma::web::door::bare::Bare;

use super::{PATIENCE, get, handle, open, read_answer, read_to_close, send, taker, wait_until};

#[test]
fn closing_finishes_what_runs_and_refuses_the_rest() {
    let server = open(|_| ());
    let address = server.door.address();
    let mut idle = server.connect();
    assert_eq!(get(&mut idle, "/hello").status, 200);
    let mut late = server.connect();
    send(&mut late, "GET /hello HTTP/1.1\r\n");
    let mut running = server.connect();
    send(&mut running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    let closing = thread::spawn(move || {
        let begun = Instant::now();
        server.door.close(Duration::from_secs(5));
        begun.elapsed()
    });
    assert_eq!(read_to_close(&mut idle), "");
    wait_until("nobody listens", || TcpStream::connect(address).is_err());
    send(&mut late, "Host: a\r\n\r\n");
    assert!(read_to_close(&mut late).starts_with("HTTP/1.1 503 "));
    let answer = read_answer(&mut running);
    assert_eq!(
        (answer.text(), answer.header("connection")),
        ("slow", Some("close"))
    );
    drop((running, late));
    let took = closing.join().expect("a door that closes");
    assert!(
        took < Duration::from_secs(4),
        "closing waited for nobody: {took:?}"
    );
}

#[test]
fn closing_does_not_wait_past_its_deadline() {
    let server = open(|_| ());
    let mut running = server.connect();
    send(&mut running, "GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
    let begun = Instant::now();
    thread::sleep(Duration::from_millis(50));
    server.door.close(Duration::from_millis(100));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

fn open_bare() -> Bare {
    let address = "127.0.0.1:0".parse().expect("an address");
    Bare::open(address, 4, Arc::new(handle), Arc::new(taker), || ()).expect("an open server")
}

#[test]
fn without_the_door_kept_connections_do_not_wait_for_acknowledgements() {
    let bare = open_bare();
    let mut stream = TcpStream::connect(bare.address()).expect("a connection");
    // Over 1 KB, where the missing option costs 40 ms each.
    let target = format!("/{}", "x".repeat(3_000));
    let begun = Instant::now();
    for _ in 0..50 {
        assert_eq!(get(&mut stream, &target).status, 200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn without_the_door_tickets_and_two_lengths_are_refused() {
    let bare = open_bare();
    for header in [
        "X-Kenoma-Spool: /etc/passwd",
        "Content-Length: 0\r\nContent-Length: 0",
    ] {
        let mut stream = TcpStream::connect(bare.address()).expect("a connection");
        send(
            &mut stream,
            &format!("GET /hello HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n"),
        );
        assert_eq!(read_answer(&mut stream).status, 400, "{header}");
    }
}

#[test]
fn without_the_door_closing_finishes_what_runs() {
    let bare = open_bare();
    let address = bare.address();
    let mut running = TcpStream::connect(address).expect("a connection");
    send(&mut running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    let closing = thread::spawn(move || bare.close(Duration::from_secs(5)));
    wait_until("nobody listens", || TcpStream::connect(address).is_err());
    assert_eq!(read_answer(&mut running).text(), "slow");
    closing.join().expect("a server that closes");
}

#[test]
fn without_the_door_a_connection_leaves_with_the_head_of_its_response_too() {
    let bare = open_bare();
    for (target, status, ticket) in [
        ("/leave", "200 OK", "seven"),
        ("/switch", "101 Switching Protocols", "eight"),
    ] {
        let mut stream = TcpStream::connect(bare.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        send(
            &mut stream,
            &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"),
        );
        let mut said = Vec::new();
        let end = format!("taken by {ticket}");
        while !said.ends_with(end.as_bytes()) {
            let mut part = [0; 256];
            let read = stream.read(&mut part).expect("more");
            assert!(read > 0, "{}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&part[..read]);
        }
        let said = String::from_utf8_lossy(&said);
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
        assert!(!said.contains("Content-Length"), "{said}");
    }
}
