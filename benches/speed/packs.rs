//! Emoji packs: ten thousand emoji in lists, a pack of a thousand files coming in and going out.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::data::Household;
use super::load::{self, Connection};
use super::server::{Server, pinned};
use super::table;
use super::timelines::beside;

/// Ten packs of a thousand emoji.
const PACKS: usize = 10;
const EMOJI: usize = 1_000;

pub fn run() {
    table::title("Emoji packs, 10,000 emoji");
    let household = Household::of(0);
    for pack in 0..PACKS {
        listed(household.data(), pack);
    }
    let server = Server::on(household.data(), &["storage.synchronous=normal"]);
    table::loads();
    for (name, path) in [
        ("pack list", "/api/pleroma/emoji/packs"),
        ("emoji", "/api/pleroma/emoji"),
        ("custom emoji", "/api/v1/custom_emojis"),
    ] {
        let (yard, ours) = beside(&server, path, &[]);
        table::load(name, yard, ours, ">= 50 %");
    }
    let source = tempfile::tempdir().unwrap();
    let folder = source.path().join("large");
    let bytes = pictures(&folder);
    import(household.data(), &folder, bytes);
    archive(household.data(), &server);
}

/// A pack of which only the list matters.
fn listed(data: &Path, pack: usize) {
    let folder = data.join("emoji").join(format!("pack_{pack}"));
    fs::create_dir_all(&folder).unwrap();
    let files: serde_json::Map<String, serde_json::Value> = (0..EMOJI)
        .map(|n| (format!("blob_{pack}_{n}"), format!("{n}.png").into()))
        .collect();
    let manifest = serde_json::json!({"files": files, "pack": {"license": "CC0"}});
    fs::write(folder.join("pack.json"), manifest.to_string()).unwrap();
}

/// A thousand pictures of 12 KB, none like the other; answers their bytes.
fn pictures(folder: &Path) -> usize {
    fs::create_dir_all(folder).unwrap();
    let mut state = 1_u32;
    let mut bytes = 0;
    for n in 0..EMOJI {
        let image = image::RgbImage::from_fn(63, 63, |_, _| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            image::Rgb([state as u8, (state >> 8) as u8, (state >> 16) as u8])
        });
        let path = folder.join(format!("large_{n}.png"));
        image.save(&path).unwrap();
        bytes += fs::metadata(path).unwrap().len() as usize;
    }
    bytes
}

fn import(data: &Path, folder: &Path, bytes: usize) {
    let run = |arguments: &[&str]| {
        let begun = Instant::now();
        let mut command = pinned(&super::server::binary());
        let status = command.arg("--data").arg(data).args(arguments).output();
        assert!(status.unwrap().status.success());
        begun.elapsed()
    };
    let mut took: Vec<Duration> = (0..5)
        .map(|_| {
            let took = run(&["emoji", "import", folder.to_str().unwrap()]);
            run(&["emoji", "delete", "large"]);
            took
        })
        .collect();
    took.sort();
    run(&["emoji", "import", folder.to_str().unwrap()]);
    let name = format!("import of {EMOJI} files, {:.1} MB", bytes as f64 / 1e6);
    let figure = format!("{:.2} s", took[2].as_secs_f64());
    table::figure(&name, &figure, "<= 1 s");
}

fn archive(data: &Path, server: &Server) {
    let list = data.join("emoji/large/pack.json");
    let mut shared: serde_json::Value = serde_json::from_slice(&fs::read(&list).unwrap()).unwrap();
    shared["pack"]["share-files"] = true.into();
    fs::write(&list, shared.to_string()).unwrap();
    let before = server.resident_kib();
    let request = load::get("/api/pleroma/emoji/packs/large/archive", &[]);
    let mut times = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let mut connection = Connection::open(server.address);
        assert!(connection.exchange(&request).len() > 12_000_000);
        times.push(begun.elapsed().as_secs_f64());
    }
    let more = server.resident_kib().saturating_sub(before);
    let figure = format!("{:.1} MiB", more as f64 / 1024.0);
    table::figure(
        "memory that sending its archive takes",
        &figure,
        "<= 16 MiB",
    );
    let figure = format!("{:.2} s, then {:.2} s", times[0], times[4]);
    table::figure("the first archive, and the next", &figure, "");
}
