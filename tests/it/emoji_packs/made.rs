//! Packs as people have them, drawn here: pictures, archives, folders.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Files by their paths, with their contents.
pub type Files<'a> = [(&'a str, &'a [u8])];

/// A small picture that differs from those of other seeds.
pub fn png(seed: u32) -> Vec<u8> {
    drawn(8, seed, ImageFormat::Png)
}

/// A picture of noise, which no format makes smaller.
pub fn drawn(side: u32, seed: u32, format: ImageFormat) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let image = RgbImage::from_fn(side, side, |_, _| Rgb([next(), next(), next()]));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

/// A zip of these files, stored as they are.
pub fn zipped(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A zip of these files, deflated.
pub fn deflated(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A block of a tar: its header, filled in and summed.
pub fn tar_header(name: &str, kind: u8, size: usize) -> [u8; 512] {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A tar of these, each with its type, compressed.
pub fn tar_gz(entries: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, kind, content) in entries {
        tar.extend(tar_header(name, *kind, content.len()));
        tar.extend(*content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar).unwrap();
    gz.finish().unwrap()
}

/// Writes files below a directory.
pub fn folder(root: &Path, files: &Files) {
    for (name, content) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Every file and directory below a path, sorted; directories end in a slash.
pub fn listing(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if path.is_dir() && !path.is_symlink() {
                found.push(format!("{below}/"));
                waiting.push(path);
            } else {
                found.push(below);
            }
        }
    }
    found.sort();
    found
}

/// Misskey's export of these emoji: name, file, category.
pub fn misskey(emoji: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let listed: Vec<serde_json::Value> = emoji
        .iter()
        .map(|(name, file, _)| {
            serde_json::json!({
                "fileName": file, "downloaded": true,
                "emoji": {"id": "9abc", "updatedAt": "2023-01-01T00:00:00.000Z", "name": name, "host": null,
                    "category": "Blobs", "originalUrl": "https://m.example/x", "publicUrl": "https://m.example/x",
                    "uri": null, "type": "image/png", "aliases": ["a"], "license": "CC0", "localOnly": false,
                    "isSensitive": false}
            })
        })
        .collect();
    let meta = serde_json::json!({"metaVersion": 2, "host": "m.example", "exportedAt": "2023-01-01T00:00:00.000Z", "emojis": listed});
    let meta = meta.to_string();
    let mut files = vec![("meta.json", meta.as_bytes())];
    files.extend(emoji.iter().map(|(_, file, content)| (*file, *content)));
    deflated(&files)
}
