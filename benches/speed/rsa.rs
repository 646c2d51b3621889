//! The yardstick of federation: what the cores of the server can do at most. A process of its own on the same cores.
//!
//! * verify: signatures of RSA-2048 with SHA-256 over a text as long as what is signed, by the library that kenoma uses.
//! * insert: rows of a length, each in a transaction of its own, into a table of one column in a file with a write-ahead log.
//! * both: one verification and one insertion, message after message; on several cores they verify at once and insert in turn.
//! * sign: signatures of the same kind.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kenoma::fed::signature::key::{self, Algorithm, PrivateKey, PublicKey};
use rusqlite::{Connection, params};

use super::server::pinned;

/// The first argument of a process that is this yardstick.
pub const ROLE: &str = "rsa";

const TIME: Duration = Duration::from_secs(2);

/// As long as what is signed of a request to an inbox.
const TEXT: &str = "(request-target): post /inbox\nhost: 127.0.0.1:40000\ndate: Tue, 24 Nov 2026 12:00:00 GMT\n\
    digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ncontent-type: application/activity+json";

/// Per second.
pub struct Rates {
    pub verify: f64,
    pub insert: f64,
    pub both: f64,
    pub sign: f64,
}

/// Measures, with rows of so many bytes in a file in that folder.
pub fn measure(folder: &Path, bytes: usize, synchronous: &str) -> Rates {
    let output = pinned(&std::env::current_exe().unwrap())
        .arg(ROLE)
        .args([folder.to_str().unwrap(), &bytes.to_string(), synchronous])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rates: Vec<f64> = text
        .split_whitespace()
        .map(|rate| rate.parse().unwrap())
        .collect();
    let [verify, insert, both, sign] = rates[..] else {
        panic!("the yardstick said {text:?}");
    };
    Rates {
        verify,
        insert,
        both,
        sign,
    }
}

/// Is the yardstick.
pub fn serve(arguments: &[String]) {
    let [folder, bytes, synchronous] = arguments else {
        panic!("{arguments:?}");
    };
    let new = key::generate().unwrap();
    let private = PrivateKey::parse("bench".into(), &new.private).unwrap();
    let public = PublicKey::parse(&new.public_pem).unwrap();
    let signature = BASE64_STANDARD.decode(private.sign(TEXT).unwrap()).unwrap();
    let row = "x".repeat(bytes.parse().unwrap());
    let folder = tempfile::tempdir_in(folder).unwrap();
    let db = Connection::open(folder.path().join("yardstick.db")).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", synchronous).unwrap();
    db.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    let db = Mutex::new(db);
    let verify = || assert!(public.verifies(Algorithm::RsaSha256, TEXT, &signature));
    let insert = || {
        let mut db = db.lock().unwrap();
        let tx = db.transaction().unwrap();
        tx.prepare_cached("INSERT INTO rows (body) VALUES (?1)")
            .unwrap()
            .execute(params![row])
            .unwrap();
        tx.commit().unwrap();
    };
    let both = || {
        verify();
        insert();
    };
    let sign = || assert!(!private.sign(TEXT).unwrap().is_empty());
    println!(
        "{} {} {} {}",
        rate(&verify),
        rate(&insert),
        rate(&both),
        rate(&sign)
    );
}

/// How often that is done in a second, by as many threads as there are cores.
fn rate(work: &(dyn Fn() + Sync)) -> f64 {
    let done = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            threads.spawn(|| {
                while started.elapsed() < TIME {
                    work();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / started.elapsed().as_secs_f64()
}
