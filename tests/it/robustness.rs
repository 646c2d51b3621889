//! Bad input and bad days, against the real program: each gives a clear error, the server lives, nothing is lost.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use socket2::{Domain, Socket, Type};

use crate::binary::{Program, as_stranger, done, failure, run};
use crate::small_disk::SmallDisk;
use crate::support::multipart;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[test]
fn an_unknown_setting_names_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let by_flag = run(
        folder.path(),
        &["serve", "--set", "instance.registrations_opne=true"],
    );
    assert!(failure(&by_flag).contains("instance.registrations_open"));
    fs::write(folder.path().join("config.toml"), "[upload]\nlimt = 5\n").unwrap();
    let by_file = failure(&run(folder.path(), &SERVE));
    assert!(
        by_file.contains("upload.limit") && by_file.contains("config.toml"),
        "{by_file}"
    );
    assert!(
        !folder.path().join("kenoma.db").exists(),
        "a server that did not start made a database"
    );
}

#[test]
fn wrong_usage_ends_with_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let wrong: [&[&str]; 6] = [
        &[],
        &["frobnicate"],
        &["serve", "--bogus"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--user", "alice"],
        &["user", "create", "alice"],
    ];
    for arguments in wrong {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            !output.stderr.is_empty() && output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = failure(&run(folder.path(), &["serve", "--listen", &address]));
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
}

#[test]
fn a_file_in_place_of_the_data_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "not a directory").unwrap();
    for arguments in [&SERVE[..], &["user", "list"], &["stats", "--json"]] {
        let line = failure(&run(&file, arguments));
        assert!(line.contains(file.to_str().unwrap()), "{line}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a directory");
}

#[test]
fn a_data_directory_that_may_not_be_read_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Where others may start it from; the build's own folder may be closed to them.
    let program = folder.path().join("kenoma");
    fs::copy(env!("CARGO_BIN_EXE_kenoma"), &program).unwrap();
    for mode in [0o000, 0o500] {
        let data = folder.path().join(format!("data-{mode:o}"));
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
        let line = failure(&as_stranger(&program, &data, &SERVE));
        assert!(line.contains(data.to_str().unwrap()), "{line}");
    }
}

#[test]
fn a_database_or_a_settings_file_that_may_not_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("kenoma");
    fs::copy(env!("CARGO_BIN_EXE_kenoma"), &program).unwrap();
    for name in ["kenoma.db", "config.toml"] {
        let data = folder.path().join(format!("data of {name}"));
        Program::on(&data, &[]).stop();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
        let file = data.join(name);
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        let line = failure(&as_stranger(&program, &data, &SERVE));
        assert!(line.contains(data.to_str().unwrap()), "{line}");
        assert!(fs::read(&file).unwrap().is_empty(), "{name} was changed");
    }
}

#[test]
fn a_settings_file_that_is_none_is_named_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[instance]\nname = 'unfinished\n";
    fs::write(folder.path().join("config.toml"), text).unwrap();
    let line = failure(&run(folder.path(), &SERVE));
    assert!(
        line.contains("config.toml") && line.contains("line 2"),
        "{line}"
    );
}

#[test]
fn a_disk_that_is_full_at_the_start_is_told() {
    let disk = SmallDisk::of_mebibytes(32);
    disk.fill_up_to(0);
    let line = failure(&run(&disk.path().join("data"), &SERVE));
    assert!(line.contains("disk") || line.contains("space"), "{line}");
}

/// What a refused database file must leave behind: itself, byte for byte.
#[track_caller]
fn assert_refused_untouched(data: &Path, because: &str) {
    let file = data.join("kenoma.db");
    let before = fs::read(&file).unwrap();
    for arguments in [&SERVE[..], &["user", "list"], &["stats", "--json"]] {
        let line = failure(&run(data, arguments));
        assert!(
            line.contains(because) && line.contains(data.to_str().unwrap()),
            "{line}"
        );
    }
    assert!(fs::read(&file).unwrap() == before, "the file was changed");
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    Program::on(folder.path(), &[]).stop();
    let file = Connection::open(folder.path().join("kenoma.db")).unwrap();
    file.execute_batch("PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    drop(file);
    assert_refused_untouched(folder.path(), "newer kenoma");
}

#[test]
fn another_programs_database_is_refused_untouched() {
    for version in [0, 1] {
        let folder = tempfile::tempdir().unwrap();
        let file = Connection::open(folder.path().join("kenoma.db")).unwrap();
        file.execute_batch("CREATE TABLE bookmarks (url TEXT);")
            .unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
        drop(file);
        assert_refused_untouched(folder.path(), "another program's database");
    }
}

#[test]
fn a_corrupt_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("kenoma.db"),
        "This is not a database, it is a text. ".repeat(200),
    )
    .unwrap();
    assert_refused_untouched(folder.path(), "not a database");
}

#[test]
fn a_truncated_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    Program::on(folder.path(), &[]).stop();
    let file = folder.path().join("kenoma.db");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 3]).unwrap();
    assert_refused_untouched(folder.path(), "damaged");
}

#[test]
fn a_full_disk_answers_507_and_loses_nothing() {
    let disk = SmallDisk::of_mebibytes(32);
    let data = disk.path().join("data");
    Program::on(&data, &[]).stop();
    done(
        &data,
        &["user", "create", "alice", "--email", "alice@example.com"],
    );
    let token = done(&data, &["token", "create", "alice"]);
    let server = Program::on(&data, &["--set", "rate_limit.enabled=false"]);
    disk.fill_up_to(512 * 1024);
    let text = "All work and no play. ".repeat(200);
    let mut acknowledged = Vec::new();
    let refused = loop {
        assert!(acknowledged.len() < 5_000, "the disk never fills");
        let answer = server.post("/api/v1/statuses", &token, &[("status", &text)]);
        if answer.status != 200 {
            break answer;
        }
        acknowledged.push(answer.ok()["id"].as_str().unwrap().to_owned());
    };
    refused.refused(507, "There is no space left on this server");
    let (kind, body) = multipart("file", "a.png", &png(), &[]);
    let upload = server
        .attempt("POST", "/api/v2/media", &token, &kind, &body)
        .unwrap();
    assert!([200, 507].contains(&upload.status), "{}", upload.text());
    let newest = server
        .get("/api/v1/accounts/verify_credentials", &token)
        .ok();
    assert_eq!(newest["statuses_count"], acknowledged.len());
    disk.make_room();
    let again = server.post(
        "/api/v1/statuses",
        &token,
        &[("status", "there is room again")],
    );
    acknowledged.push(again.ok()["id"].as_str().unwrap().to_owned());
    for id in &acknowledged {
        server.get(&format!("/api/v1/statuses/{id}"), &token).ok();
    }
    server.stop();
    let file = Connection::open(data.join("kenoma.db")).unwrap();
    let verdict: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture =
        image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 4, y as u8 * 4, 128]));
    let mut cursor = std::io::Cursor::new(&mut bytes);
    picture
        .write_to(&mut cursor, image::ImageFormat::Png)
        .unwrap();
    bytes
}

/// A connection from that loopback address that has sent half a request.
fn half_open(server: &Program, from: Ipv4Addr, request: &[u8]) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&server.address.into()).ok()?;
    let mut stream = TcpStream::from(socket);
    // One that was refused may be closed already.
    stream.write_all(request).ok()?;
    Some(stream)
}

const HALF_HEAD: &[u8] = b"GET /api/v1/instance HTTP/1.1\r\nHos";
const HALF_BODY: &[u8] =
    b"POST /api/v1/statuses HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nstatus=";

/// Others are answered quickly, and neither memory nor threads have grown with the connections.
#[track_caller]
fn assert_calm(server: &Program, before: (u64, u64)) {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..100 {
        let begun = Instant::now();
        server.get("/api/v1/timelines/public", "").ok();
        times.push(begun.elapsed());
    }
    times.sort();
    // The limit of security.md D1 is 200 ms; a busy machine that runs other tests gets five times that.
    assert!(times[98] < Duration::from_secs(1), "{:?}", times[98]);
    let (memory, threads) = server.usage();
    assert!(
        memory < before.0 + 40 * 1024,
        "{} KiB became {memory}",
        before.0
    );
    assert!(
        threads <= before.1 + 40,
        "{} threads became {threads}",
        before.1
    );
}

#[test]
fn a_thousand_half_open_connections_from_one_address_change_nothing_for_others() {
    let server = Program::ephemeral(&[]);
    let before = server.usage();
    let attacker = Ipv4Addr::new(127, 0, 0, 2);
    let held: Vec<_> = (0..1_000)
        .map(|n| {
            half_open(
                &server,
                attacker,
                if n % 2 == 0 { HALF_HEAD } else { HALF_BODY },
            )
        })
        .collect();
    assert_calm(&server, before);
    drop(held);
    server.stop();
}

#[test]
fn a_thousand_half_open_connections_from_everywhere_change_nothing_for_others() {
    let server = Program::ephemeral(&["--set", "limits.connections=1200"]);
    let before = server.usage();
    let held: Vec<_> = (0..1_000_u32)
        .map(|n| {
            let from = Ipv4Addr::new(127, 0, 1, (n / 25) as u8 + 1);
            half_open(
                &server,
                from,
                if n % 2 == 0 { HALF_HEAD } else { HALF_BODY },
            )
        })
        .collect();
    assert_eq!(held.iter().flatten().count(), 1_000);
    assert_calm(&server, before);
    drop(held);
    server.stop();
}

#[test]
fn oversized_and_malformed_requests_get_documented_errors_and_the_server_lives() {
    let server = Program::ephemeral(&["--user", "alice"]);
    let token = server.token("alice");
    let huge_head = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    assert_eq!(server.tell(huge_head.as_bytes()).status, 431);
    let huge_target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(9_000));
    assert_eq!(server.tell(huge_target.as_bytes()).status, 414);
    let announced =
        b"POST /api/v1/statuses HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n";
    assert_eq!(server.tell(announced).status, 413);
    let large = vec![b'a'; 2 << 20];
    let form = "application/x-www-form-urlencoded";
    let answer = server
        .attempt("POST", "/api/v1/statuses", token, form, &large)
        .unwrap();
    assert_eq!(answer.status, 413);
    assert!(answer.value()["error"].is_string());
    let deep = "[".repeat(100_000);
    let bad: [(&str, &[u8]); 6] = [
        ("application/json", b"{\"status\": "),
        ("application/json", deep.as_bytes()),
        ("application/json", b"\xff\xfe"),
        ("multipart/form-data", b"--x\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\nhalf",
        ),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
    ];
    for (kind, body) in bad {
        let answer = server
            .attempt("POST", "/api/v1/statuses", token, kind, body)
            .unwrap();
        assert_eq!(answer.status, 400, "{kind}: {}", answer.text());
        assert!(answer.value()["error"].is_string(), "{kind}");
    }
    let made = server
        .post("/api/v1/statuses", token, &[("status", "still here")])
        .ok();
    assert_eq!(made["pleroma"]["content"]["text/plain"], "still here");
    server.stop();
}
