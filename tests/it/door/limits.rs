//! Deadlines, rates and caps: what clients cannot take from each other.
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

fn own_threads() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("process status");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"));
    line.and_then(|count| count.trim().parse().ok())
        .expect("a thread count")
}

#[test]
fn half_a_head_is_timed_out() {
    let server = open(|settings| settings.head_timeout = Duration::from_millis(100));
    let answer = server.tell(b"GET / HTTP/1.1\r\nHo");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(
        server.tell(b""),
        "",
        "a silent connection is closed without a word"
    );
}

#[test]
fn a_head_that_drips_is_timed_out() {
    let server = open(|settings| settings.head_timeout = Duration::from_millis(200));
    let mut stream = server.connect();
    let begun = Instant::now();
    while stream.write_all(b"G").is_ok() && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(begun.elapsed() < PATIENCE, "the door never closed");
}

#[test]
fn a_body_below_the_minimum_rate_is_timed_out() {
    let server = open(|settings| settings.body_grace = Duration::from_millis(100));
    let mut stream = server.connect();
    send(
        &mut stream,
        "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
    );
    for _ in 0..30 {
        // The door stops listening in the middle.
        let _ = stream.write_all(b"x");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(read_to_close(&mut stream).starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_body_past_its_deadline_is_timed_out() {
    let server = open(|settings| {
        settings.body_timeout = Duration::from_millis(200);
        settings.min_body_rate = 0;
    });
    let answer = server.tell(b"POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn an_idle_connection_is_closed_in_silence() {
    let server = open(|settings| settings.idle_timeout = Duration::from_millis(100));
    let mut stream = server.connect();
    assert_eq!(get(&mut stream, "/hello").status, 200);
    assert_eq!(read_to_close(&mut stream), "");
}

#[test]
fn slow_readers_hold_no_thread() {
    let server = open(|settings| settings.threads = 1);
    let mut readers: Vec<TcpStream> = (0..5).map(|_| server.connect()).collect();
    for reader in &mut readers {
        send(reader, "GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for _ in 0..20 {
        server.assert_answers();
    }
    let answer = read_answer(&mut readers[4]);
    assert!(answer.body.len() == 32 * MEBIBYTE && answer.body.iter().all(|&byte| byte == b'x'));
}

#[test]
fn a_reader_that_sleeps_is_given_up() {
    let server = open(|settings| {
        settings.write_timeout = Duration::from_millis(150);
        settings.max_connections = 1;
    });
    let mut sleeper = server.connect();
    send(&mut sleeper, "GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("the only place is free again", || {
        let mut stream = server.connect();
        // A refused connection may be reset.
        let _ = stream.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        read_to_close(&mut stream).ends_with("hello")
    });
}

#[test]
fn a_thousand_half_open_connections_change_nothing_for_others() {
    let before = own_threads();
    let server = open(|settings| {
        settings.max_connections = 1_100;
        settings.threads = 4;
    });
    let half_open: Vec<TcpStream> = (0..1_000)
        .map(|n| {
            let mut stream = server.connect();
            send(
                &mut stream,
                if n % 2 == 0 {
                    "GET / HTTP/1.1\r\nHos"
                } else {
                    "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
                },
            );
            stream
        })
        .collect();
    for _ in 0..50 {
        server.assert_answers();
    }
    // Other tests of this process run their own threads; a thread each would be far more.
    assert!(
        own_threads() < before + 300,
        "threads grow with connections"
    );
    drop(half_open);
}

#[test]
fn connections_over_the_caps_are_told_503() {
    let server = open(|settings| settings.max_connections = 3);
    assert_third_is_last(&server);
    let server = open(|settings| {
        settings.max_per_address = Some(3);
        settings.exempt = Vec::new();
    });
    assert_third_is_last(&server);
    let server = open(|settings| {
        settings.max_per_address = Some(3);
        settings.exempt = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    });
    let mut streams: Vec<TcpStream> = (0..9).map(|_| server.connect()).collect();
    assert!(
        streams
            .iter_mut()
            .all(|stream| get(stream, "/hello").status == 200)
    );
}

fn assert_third_is_last(server: &Server) {
    let mut streams: Vec<TcpStream> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        assert_eq!(get(stream, "/hello").status, 200);
    }
    let answer = read_to_close(&mut server.connect());
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After"),
        "{answer}"
    );
    streams.pop();
    wait_until("a closed connection frees its place", || {
        let mut stream = server.connect();
        // A refused connection may be reset.
        let _ = stream.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        read_to_close(&mut stream).ends_with("hello")
    });
}

#[test]
fn requests_over_the_limit_in_flight_are_told_503() {
    let server = open(|settings| {
        settings.threads = 1;
        settings.max_in_flight = 2;
    });
    let mut streams: Vec<TcpStream> = (0..6).map(|_| server.connect()).collect();
    for stream in &mut streams {
        send(stream, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    let statuses: Vec<u16> = streams
        .iter_mut()
        .map(|stream| read_answer(stream).status)
        .collect();
    assert_eq!(
        statuses.iter().filter(|&&status| status == 200).count(),
        2,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|&&status| status == 503).count(),
        4,
        "{statuses:?}"
    );
}

#[test]
fn more_busy_connections_than_threads_all_get_their_turn() {
    let server = open(|settings| settings.threads = 2);
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let mut stream = server.connect();
                for _ in 0..200 {
                    assert_eq!(get(&mut stream, "/hello").body, b"hello");
                }
            });
        }
    });
}

#[test]
fn sec_f8_what_waits_for_other_servers_takes_no_thread_of_the_others() {
    let server = open(|settings| {
        settings.threads = 1;
        settings.slow_threads = 2;
    });
    let mut far: Vec<TcpStream> = (0..6).map(|_| server.connect()).collect();
    for stream in &mut far {
        send(stream, "GET /far HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for _ in 0..20 {
        server.assert_answers();
    }
    FAR_SENDS.store(true, Ordering::Relaxed);
    for stream in &mut far {
        let answer = read_answer(stream);
        assert!(answer.body.len() == 100_000 && answer.body.iter().all(|&byte| byte == b'f'));
        // A kept connection may ask for the one as for the other.
        assert_eq!(get(stream, "/hello").body, b"hello");
    }
    assert_eq!(get(&mut far[0], "/far").body.len(), 100_000);
    assert_eq!(get(&mut far[0], "/hello").body, b"hello");
}
