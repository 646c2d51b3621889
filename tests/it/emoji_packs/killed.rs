//! `kill -9` in the middle of an import, of making an archive, of an export: what is there afterwards is whole.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::made::{drawn, folder, listing, tar_gz};
use crate::binary::{Program, done, kenoma};

/// Emoji of the pack that is brought in; large enough that a kill often finds it half-written.
const EMOJI: u32 = 120;

/// Where nobody looks: files that a killed process left in the middle of its work.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// What is in a directory for those who use it.
fn visible(root: &Path) -> Vec<String> {
    listing(root)
        .into_iter()
        .filter(|path| !is_hidden(path))
        .collect()
}

/// A data directory on which nothing runs.
fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    Program::on(data.path(), &[]).stop();
    data
}

/// Runs a command and kills it; moments are spread over the time that it needs, not random, so that a failure can be
/// repeated. Answers whether it had ended by itself.
fn kill_at(data: &Path, arguments: &[&str], moment: Duration) -> bool {
    let mut child = kenoma()
        .arg("--data")
        .arg(data)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(moment);
    let ended = child.try_wait().unwrap().is_some();
    // Gone already or not: it is dead after this.
    let _ = child.kill();
    child.wait().unwrap();
    ended
}

/// Moments of something that takes about so long. How long depends on what else the machine does, so it is learnt anew
/// from each round.
struct Moments(Duration);

impl Moments {
    fn of(work: impl FnOnce()) -> Moments {
        let begun = Instant::now();
        work();
        Moments(begun.elapsed())
    }

    fn at(&self, round: u32) -> Duration {
        self.0 * ((round * 37 + 11) % 100) / 95
    }

    fn learn(&mut self, moment: Duration, had_ended: bool) {
        if had_ended {
            self.0 = self.0.min(moment);
        } else {
            self.0 += self.0 / 20;
        }
    }
}

fn archive() -> Vec<u8> {
    let files: Vec<(String, Vec<u8>)> = (0..EMOJI)
        .map(|number| {
            (
                format!("dir/e{number}.png"),
                drawn(24, number, image::ImageFormat::Png),
            )
        })
        .collect();
    let entries: Vec<(&str, u8, &[u8])> = files
        .iter()
        .map(|(name, content)| (name.as_str(), b'0', content.as_slice()))
        .collect();
    tar_gz(&entries)
}

#[test]
fn an_import_killed_at_any_moment_leaves_a_whole_pack_or_none() {
    let data = data();
    let source = tempfile::tempdir().unwrap();
    folder(source.path(), &[("p.tar.gz", &archive())]);
    let path = source.path().join("p.tar.gz");
    let import = ["emoji", "import", path.to_str().unwrap()];
    let root = data.path().join("emoji");
    let mut moments = Moments::of(|| drop(done(data.path(), &import)));
    let expected = visible(&root);
    assert_eq!(expected.len() as u32, EMOJI + 2);
    let (mut interrupted, mut half_way) = (0, 0);
    for round in 0..50 {
        if root.join("p").exists() {
            done(data.path(), &["emoji", "delete", "p"]);
        }
        let moment = moments.at(round);
        let had_ended = kill_at(data.path(), &import, moment);
        moments.learn(moment, had_ended);
        interrupted += u32::from(!had_ended);
        half_way += u32::from(listing(&root).iter().any(|path| is_hidden(path)));
        let left = visible(&root);
        assert!(left.is_empty() || left == expected, "half a pack: {left:?}");
    }
    assert!(
        interrupted >= 10,
        "only {interrupted} of 50 were interrupted"
    );
    assert!(half_way >= 1, "none was interrupted while it wrote");
    // The next start clears up, and the import can be done again.
    let server = Program::on(data.path(), &[]);
    assert!(!listing(&root).iter().any(|path| is_hidden(path)));
    if root.join("p").exists() {
        done(data.path(), &["emoji", "delete", "p"]);
    }
    done(data.path(), &import);
    let shown = server.get("/api/pleroma/emoji/packs/p", "").ok();
    assert_eq!(shown["files_count"], EMOJI);
    server.stop();
}

#[test]
fn an_export_killed_at_any_moment_leaves_whole_archives_or_none() {
    let data = data();
    let source = tempfile::tempdir().unwrap();
    folder(source.path(), &[("p.tar.gz", &archive())]);
    done(
        data.path(),
        &[
            "emoji",
            "import",
            source.path().join("p.tar.gz").to_str().unwrap(),
        ],
    );
    let out = source.path().join("out.zip");
    let export = ["emoji", "export", "p", out.to_str().unwrap()];
    let mut moments = Moments::of(|| drop(done(data.path(), &export)));
    let expected = fs::read(&out).unwrap();
    let cached = data.path().join("cache/archives");
    for round in 0..50 {
        let _ = fs::remove_file(&out);
        for name in visible(&cached) {
            fs::remove_file(cached.join(name)).unwrap();
        }
        let moment = moments.at(round);
        let had_ended = kill_at(data.path(), &export, moment);
        moments.learn(moment, had_ended);
        assert!(!out.exists() || fs::read(&out).unwrap() == expected);
        for name in visible(&cached) {
            assert_eq!(fs::read(cached.join(name)).unwrap(), expected);
        }
    }
    drop(Program::on(data.path(), &[]));
    assert!(!listing(&cached).iter().any(|path| is_hidden(path)));
}

/// Has a pack brought in, shared and packed up. Any of these may find the server dead.
fn ask(server: &Program, token: &str, round: u32) {
    let packs = "/api/pleroma/emoji/packs";
    let import = format!("{packs}/import");
    let _ = server.attempt("POST", &import, token, "text/plain", b"");
    let share = json!({"metadata": {"share-files": true, "round": round}}).to_string();
    let pack = format!("{packs}/p");
    let _ = server.attempt("PATCH", &pack, token, "application/json", share.as_bytes());
    let _ = server.attempt("GET", &format!("{pack}/archive"), "", "text/plain", b"");
}

#[test]
fn a_server_killed_while_it_makes_an_archive_or_imports_is_whole_after_the_restart() {
    let data = data();
    let root = data.path().join("emoji");
    done(
        data.path(),
        &[
            "user",
            "create",
            "root",
            "--email",
            "root@example.com",
            "--admin",
        ],
    );
    let token = done(
        data.path(),
        &["token", "create", "root", "--scopes", "admin"],
    );
    folder(&root, &[("p.tar.gz", &archive())]);
    let server = Program::on(data.path(), &[]);
    let mut moments = Moments::of(|| ask(&server, &token, 50));
    server.stop();
    let expected = visible(&root);
    assert_eq!(expected.len() as u32, EMOJI + 3);
    let mut interrupted = 0;
    for round in 0..50 {
        if round % 3 == 0 && root.join("p").exists() {
            done(data.path(), &["emoji", "delete", "p"]);
        }
        let server = Program::on(data.path(), &[]);
        let moment = moments.at(round);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(&server, &token, round));
            std::thread::sleep(moment);
            let had_ended = asking.is_finished();
            server.signal(Signal::KILL);
            asking.join().unwrap();
            moments.learn(moment, had_ended);
            interrupted += u32::from(!had_ended);
        });
        let left = visible(&root);
        assert!(
            left == ["p.tar.gz"] || left == expected,
            "half a pack: {left:?}"
        );
    }
    assert!(
        interrupted >= 10,
        "only {interrupted} of 50 were interrupted"
    );
    let server = Program::on(data.path(), &[]);
    let import = server
        .attempt(
            "POST",
            "/api/pleroma/emoji/packs/import",
            &token,
            "text/plain",
            b"",
        )
        .unwrap();
    assert_eq!(import.status, 200);
    let share = json!({"metadata": {"share-files": true}}).to_string();
    let shared = server.attempt(
        "PATCH",
        "/api/pleroma/emoji/packs/p",
        &token,
        "application/json",
        share.as_bytes(),
    );
    assert_eq!(shared.unwrap().ok(), json!({"share-files": true}));
    let shown: Value = server.get("/api/pleroma/emoji/packs/p", "").ok();
    let archive = server.get("/api/pleroma/emoji/packs/p/archive", "").body;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &archive);
    let digest = data_encoding::HEXUPPER.encode(digest.as_ref());
    assert_eq!(
        (&shown["files_count"], &shown["pack"]["download-sha256"]),
        (&json!(EMOJI), &json!(digest))
    );
}
