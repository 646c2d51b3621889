//! Archives that want to do harm (security.md F2): each is refused by upload and by command, with nothing written.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

use super::create;
use super::made::{listing, png, tar_gz, tar_header, zipped};
use crate::binary::{Program, failure, run};
use crate::support::{TestServer, multipart};

/// An entry of a zip, written as it says whether or not that is true.
struct Raw {
    name: Vec<u8>,
    mode: u32,
    flags: u16,
    content: Vec<u8>,
    /// What the headers say of the unpacked size, where that is not the truth.
    declared: Option<u32>,
}

impl Raw {
    fn new(name: impl AsRef<[u8]>, content: &[u8]) -> Raw {
        Raw {
            name: name.as_ref().to_owned(),
            mode: 0o100_644,
            flags: 0,
            content: content.to_owned(),
            declared: None,
        }
    }

    fn mode(mut self, mode: u32) -> Raw {
        self.mode = mode;
        self
    }

    fn flags(mut self, flags: u16) -> Raw {
        self.flags = flags;
        self
    }

    fn declared(mut self, size: u32) -> Raw {
        self.declared = Some(size);
        self
    }
}

fn raw_zip(entries: &[Raw]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&entry.content).unwrap();
        let packed = deflate.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(&entry.content);
        let size = entry.declared.unwrap_or(entry.content.len() as u32);
        // Version, flags, method 8, time, date, checksum, sizes, length of the name, of the extras.
        let mut common = Vec::new();
        common.extend(20_u16.to_le_bytes());
        common.extend(entry.flags.to_le_bytes());
        common.extend(8_u16.to_le_bytes());
        common.extend([0, 0, 0x21, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((entry.name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let at = zip.len() as u32;
        zip.extend(b"PK\x03\x04");
        zip.extend(&common);
        zip.extend(&entry.name);
        zip.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        // Comment, disk, internal attributes, then the mode.
        directory.extend([0; 6]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(&entry.name);
    }
    let count = (entries.len() as u16).to_le_bytes();
    let at = zip.len() as u32;
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count);
    zip.extend(count);
    zip.extend((directory.len() as u32).to_le_bytes());
    zip.extend(at.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// Uploads to a pack and imports by command; both must refuse, and nothing may be different afterwards.
#[track_caller]
fn assert_refused(archive: &[u8], reason: &str) {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let before = listing(server.data());
    if archive.starts_with(b"PK") {
        let answer = admin.upload(
            "POST",
            "/api/pleroma/emoji/packs/p/files",
            "file",
            "x.zip",
            archive,
            &[],
        );
        let text = answer.with_status(400)["error"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(text.contains(reason), "{text}");
    }
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("x.zip");
    std::fs::write(&path, archive).unwrap();
    let line = failure(&run(
        server.data(),
        &["emoji", "import", path.to_str().unwrap()],
    ));
    assert!(line.contains(reason), "{line}");
    assert_eq!(listing(server.data()), before);
    assert_eq!(listing(outside.path()), ["x.zip"]);
}

#[test]
fn sec_f2_the_zip_that_these_tests_write_is_sound() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let zip = raw_zip(&[
        Raw::new("dir/", b"").mode(0o040_755),
        Raw::new("dir/a.png", &png(1)),
    ]);
    let answer = admin.upload(
        "POST",
        "/api/pleroma/emoji/packs/p/files",
        "file",
        "x.zip",
        &zip,
        &[],
    );
    assert_eq!(answer.ok()["a"], "dir/a.png");
}

#[test]
fn sec_f2_names_that_lead_out_are_refused() {
    for name in [
        "../x.png",
        "a/../../x.png",
        "/etc/x.png",
        "..\\x.png",
        "a\\b.png",
        "..",
        "x/..",
        "a/./b.png",
        "nul\0.png",
        "con.png",
    ] {
        let good = Raw::new("good.png", &png(1));
        assert_refused(
            &raw_zip(&[good, Raw::new(name, &png(1))]),
            "a name that is not allowed",
        );
        if !name.contains('\0') {
            let entries = [("good.png", b'0', &png(1)[..]), (name, b'0', &png(1))];
            assert_refused(&tar_gz(&entries), "a name that is not allowed");
        }
    }
    // Also of what nobody wants, and of directories.
    assert_refused(
        &zipped(&[("a.png", &png(1)), ("../readme.md", b"x")]),
        "a name that is not allowed",
    );
    assert_refused(
        &raw_zip(&[Raw::new("../", b"").mode(0o040_755)]),
        "a name that is not allowed",
    );
}

#[test]
fn sec_f2_a_name_that_is_no_text_is_refused() {
    assert_refused(
        &raw_zip(&[Raw::new(b"caf\xe9.png", &png(1))]),
        "a name that is not allowed",
    );
}

#[test]
fn sec_f2_links_and_devices_are_refused() {
    for mode in [0o120_777, 0o020_644, 0o060_644, 0o010_644, 0o140_644] {
        let entry = Raw::new("x.png", b"/etc/passwd").mode(mode);
        assert_refused(&raw_zip(&[entry]), "neither a file nor a directory");
    }
    for kind in [b'1', b'2', b'3', b'4', b'6', b'S'] {
        assert_refused(
            &tar_gz(&[("x.png", kind, b"")]),
            "neither a file nor a directory",
        );
    }
}

#[test]
fn sec_f2_one_name_twice_is_refused() {
    let twice = [Raw::new("x.png", &png(1)), Raw::new("x.png", &png(2))];
    assert_refused(&raw_zip(&twice), "twice");
    let (one, two) = (png(1), png(2));
    assert_refused(
        &tar_gz(&[("x.png", b'0', &one), ("./x.png", b'0', &two)]),
        "twice",
    );
}

#[test]
fn sec_f2_encrypted_and_nested_archives_are_refused() {
    assert_refused(
        &raw_zip(&[Raw::new("x.png", &png(1)).flags(1)]),
        "encrypted",
    );
    let inner = tar_gz(&[("x.png", b'0', &png(1))]);
    assert_refused(
        &zipped(&[("a.png", &png(1)), ("inner.tgz", &inner)]),
        "an archive itself",
    );
    assert_refused(
        &zipped(&[("a.png", &inner)]),
        "This file type is not supported",
    );
    // A zip in a zip has two ends, so one could be taken for the other.
    let inner = zipped(&[("x.png", &png(1))]);
    assert_refused(&zipped(&[("inner.zip", &inner)]), "it is damaged");
    assert_refused(&tar_gz(&[("inner.tar", b'0', b"x")]), "an archive itself");
}

#[test]
fn sec_f2_too_many_entries_are_refused_before_they_are_read() {
    let picture = png(1);
    let names: Vec<String> = (0..10_001).map(|number| format!("{number}.png")).collect();
    let entries: Vec<Raw> = names.iter().map(|name| Raw::new(name, b"x")).collect();
    assert_refused(&raw_zip(&entries), "a pack may have 1,000 emoji");
    let entries: Vec<(&str, u8, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b'0', picture.as_slice()))
        .collect();
    assert_refused(&tar_gz(&entries), "a pack may have 1,000 emoji");
    // The end record may say less than there is.
    let mut zip = raw_zip(
        &names[..2000]
            .iter()
            .map(|name| Raw::new(name, b"x"))
            .collect::<Vec<_>>(),
    );
    let end = zip.len() - 22;
    zip[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    assert_refused(&zip, "0.png: This file type is not supported");
    let mut two_ends = zipped(&[("a.png", &picture)]);
    two_ends.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0");
    assert_refused(&two_ends, "not a zip or tar.gz archive, or it is damaged");
}

#[test]
fn sec_f2_what_blows_up_is_refused_by_what_it_declares() {
    let bomb = raw_zip(&[Raw::new("x.png", &vec![0; 500 << 10])]);
    assert!(bomb.len() < 2000);
    assert_refused(&bomb, "over a hundred times its size");
    // Each within the ratio, together too much.
    let noise = super::made::drawn(48, 7, image::ImageFormat::Png);
    let block = noise.repeat((480 << 10) / noise.len());
    let many: Vec<Raw> = (0..150)
        .map(|number| Raw::new(format!("{number}.png"), &block))
        .collect();
    assert_refused(&raw_zip(&many), "unpacked, an archive may have 64 MiB");
    assert_refused(
        &raw_zip(&[Raw::new("x.png", &noise.repeat(90))]),
        "x.png is larger than 512 KiB",
    );
}

#[test]
fn sec_f2_sizes_that_lie_are_found_out() {
    let picture = png(1);
    let noise = super::made::drawn(64, 3, image::ImageFormat::Png);
    for entry in [
        Raw::new("x.png", &noise.repeat(40)).declared(100),
        Raw::new("x.png", &picture).declared(picture.len() as u32 - 1),
        Raw::new("x.png", &picture).declared(picture.len() as u32 + 1),
    ] {
        assert_refused(&raw_zip(&[entry]), "it is damaged");
    }
    let mut tar = tar_header("x.png", b'0', 100_000).to_vec();
    tar.extend(&picture);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar).unwrap();
    assert_refused(&gz.finish().unwrap(), "it is damaged");
}

#[test]
fn sec_f2_broken_archives_are_refused_wherever_they_are_cut() {
    let whole = zipped(&[
        ("a.png", &png(1)),
        ("pack.json", br#"{"files":{"a":"a.png"}}"#),
    ]);
    for end in [4, 30, 60, whole.len() - 23, whole.len() - 1] {
        assert_refused(&whole[..end], "it is damaged");
    }
    let mut flipped = whole.clone();
    // In the middle of the picture's pixels: only the checksum tells.
    flipped[80] ^= 1;
    assert_refused(&flipped, "it is damaged");
    let tar = tar_gz(&[("a.png", b'0', &png(1))]);
    for end in [3, 20, tar.len() - 9] {
        assert_refused(&tar[..end], "it is damaged");
    }
}

#[test]
fn sec_f2_bombs_take_no_memory() {
    let server = Program::ephemeral(&["--user", "root:admin"]);
    let token = server.token("root").to_owned();
    server.post("/api/pleroma/emoji/packs/p", &token, &[]).ok();
    let (before, _) = server.usage();
    let picture = png(1);
    let lying: Vec<Raw> = (0..50)
        .map(|number| Raw::new(format!("{number}.png"), &vec![0; 1 << 20]).declared(12_000))
        .collect();
    let wide = crate::planted::picture(3000, 3000, image::ImageFormat::Png);
    for zip in [
        raw_zip(&lying),
        raw_zip(&[Raw::new("x.png", &vec![0; 16 << 20])]),
        raw_zip(
            &(0..60_000)
                .map(|number| Raw::new(format!("{number}.png"), b""))
                .collect::<Vec<_>>(),
        ),
        zipped(&[("a.png", &picture), ("wide.png", &wide)]),
    ] {
        let (kind, body) = multipart("file", "x.zip", &zip, &[]);
        let answer = server.attempt(
            "POST",
            "/api/pleroma/emoji/packs/p/files",
            &token,
            &kind,
            &body,
        );
        assert_eq!(answer.unwrap().status, 400);
    }
    let (after, _) = server.usage();
    assert!(
        after < before + 64 * 1024,
        "{before} KiB before, {after} KiB after"
    );
    assert_eq!(listing(&server.data.join("emoji")), ["p/", "p/pack.json"]);
    let zeroes = vec![0; 1 << 20];
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..200 {
        gz.write_all(&zeroes).unwrap();
    }
    assert_refused(&gz.finish().unwrap(), "There are no emoji in it");
    let mut tar = GzEncoder::new(Vec::new(), Compression::best());
    tar.write_all(&tar_header("x.png", b'0', 200 << 20))
        .unwrap();
    for _ in 0..200 {
        tar.write_all(&zeroes).unwrap();
    }
    assert_refused(&tar.finish().unwrap(), "It is too large");
}

#[test]
fn sec_f7_a_link_in_a_pack_is_not_written_through() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), server.data().join("emoji/p/dir")).unwrap();
    let zip = zipped(&[("dir/a.png", &png(1))]);
    let target = "/api/pleroma/emoji/packs/p/files";
    let answer = admin.upload("POST", target, "file", "x.zip", &zip, &[]);
    assert_eq!(answer.status, 500);
    let names = [("filename", "dir/a.png"), ("shortcode", "a")];
    assert_eq!(
        admin
            .upload("POST", target, "file", "a.png", &png(1), &names)
            .status,
        500
    );
    assert_eq!(listing(outside.path()), Vec::<String>::new());
    assert_eq!(
        listing(&server.data().join("emoji")),
        ["p/", "p/dir", "p/pack.json"]
    );
}
