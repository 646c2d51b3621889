//! `kenoma backup`, `restore` and `check`: what is saved comes back, and what is broken is told.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::binary::{Program, done, failure, kenoma, run};
use crate::credentials::png;
use crate::support::multipart;

const QUIET: &[&str] = &["--set", "rate_limit.enabled=false"];

/// A data directory with somebody in it, and what that somebody holds.
struct House {
    folder: TempDir,
    token: String,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(
            data.join("config.toml"),
            "[instance]\nname = \"The house\"\n",
        )
        .unwrap();
        fs::create_dir_all(data.join("emoji/cats")).unwrap();
        fs::write(data.join("emoji/cats/purr.png"), png()).unwrap();
        fs::create_dir_all(data.join("static/deep")).unwrap();
        fs::write(data.join("static/deep/page.txt"), "a page").unwrap();
        Program::on(&data, QUIET).stop();
        let create = ["user", "create", "alice", "--email", "a@example.com"];
        done(&data, &create);
        let token = done(&data, &["token", "create", "alice"]);
        House { folder, token }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path beside the data directory.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn backup(&self) -> PathBuf {
        let file = self.beside("backup.zip");
        done(&self.data(), &["backup", file.to_str().unwrap()]);
        file
    }

    /// Posts a picture; answers its id, and the name of its file.
    fn picture(&self, server: &Program) -> (String, String) {
        let (kind, body) = multipart("file", "a.png", &png(), &[]);
        let media = server
            .attempt("POST", "/api/v1/media", &self.token, &kind, &body)
            .unwrap()
            .ok();
        let form = [
            ("status", "look"),
            ("media_ids[]", media["id"].as_str().unwrap()),
        ];
        let post = server.post("/api/v1/statuses", &self.token, &form).ok();
        let url = media["url"].as_str().unwrap();
        let url = url.split('?').next().unwrap();
        let file = url.rsplit('/').next().unwrap().to_owned();
        (post["id"].as_str().unwrap().to_owned(), file)
    }

    /// A server on it that made one post with a picture, and ended.
    fn with_a_picture() -> (House, String) {
        let house = House::new();
        let server = Program::on(&house.data(), QUIET);
        let (_, file) = house.picture(&server);
        server.stop();
        (house, file)
    }

    fn sql(&self) -> Connection {
        Connection::open(self.data().join("kenoma.db")).unwrap()
    }
}

fn restore(data: &Path, file: &Path) -> std::process::Output {
    run(data, &["restore", file.to_str().unwrap()])
}

/// What a restore of that file says, after which there is nothing.
#[track_caller]
fn refused(house: &House, file: &Path) -> String {
    let data = house.beside("refused");
    let line = failure(&restore(&data, file));
    assert!(!data.exists(), "something is left: {line}");
    line
}

#[test]
fn a_backup_made_while_the_server_writes_is_restored_whole() {
    let house = House::new();
    let server = Program::on(&house.data(), QUIET);
    let before: Vec<(String, String)> = (0..5).map(|_| house.picture(&server)).collect();
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    house.picture(&server);
                    // This one goes again, and its picture with it.
                    let (post, _) = house.picture(&server);
                    let path = format!("/api/v1/statuses/{post}");
                    let form = "application/x-www-form-urlencoded";
                    let gone = server.attempt("DELETE", &path, &house.token, form, b"");
                    gone.unwrap().ok();
                }
            });
        }
        for _ in 0..3 {
            house.backup();
        }
        stop.store(true, Ordering::Relaxed);
    });
    server.stop();
    let restored = house.beside("restored");
    let told = restore(&restored, &house.beside("backup.zip"));
    assert!(told.status.success(), "{told:?}");
    assert!(done(&restored, &["check"]).contains("is sound"));
    let server = Program::on(&restored, QUIET);
    for (post, file) in before {
        server
            .get(&format!("/api/v1/statuses/{post}"), &house.token)
            .ok();
        assert_eq!(server.get(&format!("/media/{file}"), "").status, 200);
    }
    let emoji = server.get("/api/pleroma/emoji", "").ok();
    let path = emoji["purr"]["image_url"].as_str().unwrap();
    assert_eq!(server.get(path, "").body, png());
    let instance = server.get("/api/v1/instance", "").ok();
    assert_eq!(instance["title"], "The house");
    assert_eq!(server.get("/static/deep/page.txt", "").body, b"a page");
    // The login that was there is there.
    let own = "/api/v1/accounts/verify_credentials";
    assert_eq!(server.get(own, &house.token).ok()["username"], "alice");
    server.stop();
}

#[test]
fn a_backup_is_for_its_owner_alone_and_holds_no_cache() {
    let (house, _) = House::with_a_picture();
    let file = house.backup();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let zip = ZipArchive::new(File::open(&file).unwrap()).unwrap();
    let names: Vec<_> = zip.file_names().map(Result::unwrap).collect();
    let holds = |wanted: &str| names.iter().any(|name| name == wanted);
    assert!(holds("kenoma.db") && holds("config.toml"));
    assert!(
        !names.iter().any(|name| name.starts_with("cache")),
        "{names:?}"
    );
    // Nothing is left of the work.
    let left: Vec<_> = fs::read_dir(house.data().join("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("backup.db"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(fs::read_dir(house.folder.path()).unwrap().count(), 2);
}

#[test]
fn a_backup_killed_at_any_moment_leaves_the_one_before() {
    let (house, _) = House::with_a_picture();
    // Large enough to be caught at it.
    fs::write(house.data().join("static/large"), vec![7; 24 << 20]).unwrap();
    let begun = std::time::Instant::now();
    let file = house.backup();
    let mut took = begun.elapsed();
    let mut interrupted = 0;
    for round in 0..10 {
        let mut child = kenoma()
            .arg("--data")
            .arg(house.data())
            .arg("backup")
            .arg(&file)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let moment = took * round / 10;
        std::thread::sleep(moment);
        match child.try_wait().unwrap() {
            None => interrupted += 1,
            // How long it takes depends on what else the machine does.
            Some(_) => took = moment,
        }
        // Gone already or not: it is dead after this.
        let _ = child.kill();
        child.wait().unwrap();
        ZipArchive::new(File::open(&file).unwrap()).unwrap();
    }
    assert!(
        interrupted >= 3,
        "only {interrupted} of 10 were interrupted"
    );
    house.backup();
    assert!(restore(&house.beside("restored"), &file).status.success());
    let left = fs::read_dir(house.folder.path()).unwrap();
    assert_eq!(left.count(), 3, "the killed ones left something");
}

#[test]
fn two_backups_at_once_and_one_of_nothing_are_refused() {
    let house = House::new();
    let lock = house.data().join("cache/backup.lock");
    let lock = File::create(lock).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let file = house.beside("b.zip");
    let arguments = ["backup", file.to_str().unwrap()];
    let line = failure(&run(&house.data(), &arguments));
    assert!(line.contains("another backup is being made"), "{line}");
    let line = failure(&run(house.folder.path(), &arguments));
    assert!(line.contains("there is no kenoma.db"), "{line}");
    let nowhere = house.beside("no/such/folder/b.zip");
    let line = failure(&run(&house.data(), &["backup", nowhere.to_str().unwrap()]));
    assert!(line.contains("cannot write"), "{line}");
    assert!(!file.exists());
}

#[test]
fn nothing_is_restored_over_what_is_there() {
    let house = House::new();
    let file = house.backup();
    let line = failure(&restore(&house.data(), &file));
    assert!(line.contains("is not empty"), "{line}");
    let full = house.beside("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("somebodys"), "words").unwrap();
    assert!(failure(&restore(&full, &file)).contains("is not empty"));
    assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    // What a killed restore left does not stand in the way.
    let begun = house.beside("begun");
    fs::create_dir_all(begun.join(".restore/uploads")).unwrap();
    assert!(restore(&begun, &file).status.success());
    assert!(!begun.join(".restore").exists());
}

/// Copies a backup with something changed: each entry may be kept, replaced or left out.
fn forged(
    house: &House,
    file: &Path,
    change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>,
) -> PathBuf {
    let mut zip = ZipArchive::new(File::open(file).unwrap()).unwrap();
    let path = house.beside("forged.zip");
    let mut forged = ZipWriter::new(File::create(&path).unwrap());
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if let Some(content) = change(&name, content) {
            let options = SimpleFileOptions::default();
            forged.start_file(name, options).unwrap();
            forged.write_all(&content).unwrap();
        }
    }
    forged.finish().unwrap();
    path
}

#[test]
fn a_broken_backup_is_refused_and_nothing_is_left() {
    let (house, picture) = House::with_a_picture();
    let file = house.backup();
    let whole = fs::read(&file).unwrap();
    let broken = house.beside("broken.zip");
    for end in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&broken, &whole[..end]).unwrap();
        assert!(refused(&house, &broken).contains("it is no backup of kenoma"));
    }
    // In the middle of a picture, which is not packed: only its checksum tells.
    let at = whole
        .windows(4)
        .position(|window| window == b"IDAT")
        .unwrap();
    let mut flipped = whole.clone();
    flipped[at + 6] ^= 1;
    fs::write(&broken, &flipped).unwrap();
    assert!(refused(&house, &broken).contains("it is damaged"));
    let without = forged(&house, &file, |name, content| {
        (!name.ends_with(&picture)).then_some(content)
    });
    assert!(refused(&house, &without).contains("something is missing"));
    let unsound = forged(&house, &file, |name, mut content| {
        if name == "kenoma.db" {
            let middle = content.len() / 2;
            content[middle..middle + 4096].fill(0x5a);
        }
        Some(content)
    });
    assert!(refused(&house, &unsound).contains("it is damaged: kenoma.db"));
    let newer = forged(&house, &file, |name, content| {
        let mut about: Value = match name {
            "backup.json" => serde_json::from_slice(&content).unwrap(),
            _ => return Some(content),
        };
        about["format"] = 2.into();
        Some(about.to_string().into_bytes())
    });
    assert!(refused(&house, &newer).contains("which is newer"));
}

#[test]
fn sec_f2_a_backup_writes_nothing_outside_the_directory() {
    let house = House::new();
    let file = house.backup();
    for name in [
        "../outside",
        "/tmp/outside",
        "uploads/../../outside",
        "uploads//x",
        "cache/x",
        "kenoma.db/x",
        "uploads",
        "uploads/a\\b",
    ] {
        let mut zip = ZipWriter::new(File::create(house.beside("evil.zip")).unwrap());
        let about = r#"{"format":1,"kenoma":"0","made_at":"","files":1,"bytes":1,"lost":[]}"#;
        for (name, content) in [(name, "x"), ("backup.json", about)] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let line = refused(&house, &house.beside("evil.zip"));
        assert!(line.contains("it is damaged: it holds"), "{name}: {line}");
    }
    assert!(!house.beside("outside").exists());
    drop(file);
}

#[test]
fn a_file_that_was_lost_before_is_told_and_does_not_stop_anything() {
    let (house, picture) = House::with_a_picture();
    fs::remove_file(house.data().join("uploads").join(&picture)).unwrap();
    let file = house.beside("backup.zip");
    let told = run(&house.data(), &["backup", file.to_str().unwrap()]);
    assert!(told.status.success());
    let names = |output: &std::process::Output| {
        String::from_utf8_lossy(&output.stderr).contains(&format!("uploads/{picture}"))
    };
    assert!(names(&told), "{told:?}");
    let restored = restore(&house.beside("restored"), &file);
    assert!(
        restored.status.success() && names(&restored),
        "{restored:?}"
    );
}

/// Makes a file older than an hour.
fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(7200);
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(then).unwrap();
}

#[test]
fn a_check_finds_files_that_are_lost_or_that_nothing_names() {
    let (house, picture) = House::with_a_picture();
    let data = house.data();
    assert!(done(&data, &["check"]).contains("is sound"));
    let uploads = data.join("uploads");
    for (name, old) in [("unnamed.png", true), ("arriving.png", false)] {
        fs::write(uploads.join(name), "x").unwrap();
        if old {
            age(&uploads.join(name));
        }
    }
    fs::rename(uploads.join(&picture), house.beside("aside")).unwrap();
    fs::create_dir(data.join("emoji/gone")).unwrap();
    let list = r#"{"files": {"a": "a.png"}, "pack": {}}"#;
    fs::write(data.join("emoji/gone/pack.json"), list).unwrap();
    let found = run(&data, &["check"]);
    let told = String::from_utf8(found.stdout.clone()).unwrap();
    assert!(told.contains("uploads/unnamed.png: nothing"), "{told}");
    assert!(told.contains(&format!("uploads/{picture}: the database names it")));
    assert!(told.contains("emoji/gone/a.png"), "{told}");
    assert!(!told.contains("arriving"), "{told}");
    let line = failure(&found);
    assert!(
        line.contains("problems: 3") && line.contains("mends 1"),
        "{line}"
    );
    // What can be mended is: the file is out of the way, not deleted.
    let line = failure(&run(&data, &["check", "--repair"]));
    assert!(
        line.contains("problems: 2") && line.contains("a backup"),
        "{line}"
    );
    assert!(!uploads.join("unnamed.png").exists());
    assert!(data.join("cache/unnamed/unnamed.png").exists());
    assert!(uploads.join("arriving.png").exists());
    fs::rename(house.beside("aside"), uploads.join(&picture)).unwrap();
    fs::remove_dir_all(data.join("emoji/gone")).unwrap();
    assert!(done(&data, &["check"]).contains("is sound"));
}

#[test]
fn a_lost_preview_is_replaced_by_the_picture() {
    let (house, picture) = House::with_a_picture();
    let db = house.sql();
    db.execute(
        "UPDATE media SET preview_file = 'preview.png', preview_width = 1",
        [],
    )
    .unwrap();
    assert!(failure(&run(&house.data(), &["check"])).contains("--repair mends them"));
    assert!(done(&house.data(), &["check", "--repair"]).contains("preview.png"));
    let shown: String = db
        .query_row("SELECT preview_file FROM media", [], |row| row.get(0))
        .unwrap();
    assert_eq!(shown, picture);
    done(&house.data(), &["check"]);
}

#[test]
fn references_that_lead_nowhere_are_found_and_ended() {
    let (house, _) = House::with_a_picture();
    let db = house.sql();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(
        "UPDATE statuses SET card_id = 12345;
         INSERT INTO favourites (id, account_id, status_id) SELECT 7, account_id, 9 FROM statuses;",
    )
    .unwrap();
    let found = run(&house.data(), &["check"]);
    let told = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(
        told.contains("1 rows of favourites name rows of statuses"),
        "{told}"
    );
    assert!(
        told.contains("1 rows of statuses name rows of cards"),
        "{told}"
    );
    failure(&found);
    done(&house.data(), &["check", "--repair"]);
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM favourites"), 0);
    assert_eq!(
        number("SELECT count(*) FROM statuses WHERE card_id IS NULL"),
        1
    );
    done(&house.data(), &["check"]);
}

#[test]
fn a_damaged_index_is_made_anew_and_a_damaged_file_is_told() {
    let (house, _) = House::with_a_picture();
    let db = house.sql();
    let broken = "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '(account_id, id)', '(account_id, id) WHERE id < 0') WHERE name = 'statuses_account';
         PRAGMA writable_schema = RESET;
         REINDEX statuses_account;
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ' WHERE id < 0', '') WHERE name = 'statuses_account';
         PRAGMA writable_schema = RESET;";
    db.execute_batch(broken).unwrap();
    drop(db);
    let found = run(&house.data(), &["check"]);
    assert!(failure(&found).contains("--repair mends"), "{found:?}");
    assert!(done(&house.data(), &["check", "--repair"]).contains("mended"));
    done(&house.data(), &["check"]);
    let path = house.data().join("kenoma.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 16384].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    failure(&run(&house.data(), &["check"]));
    failure(&run(&house.data(), &["check", "--repair"]));
    fs::write(
        &path,
        "these are words, not a database, and long enough to be read as one".repeat(20),
    )
    .unwrap();
    let line = failure(&run(&house.data(), &["check"]));
    assert!(line.contains("is not a database"), "{line}");
}
