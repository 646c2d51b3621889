//! Emoji packs as they lie on disk, in Pleroma's format.
//!
//! A directory under `emoji/` with a `pack.json` is a pack; one without is read by
//! its `emoji.txt`, else by the pictures in it. A folder copied in by hand thus works
//! at once: callers compare [`fingerprint`] to notice. What cannot be read is skipped
//! with a warning, so that one broken pack costs one pack. Links are not followed.
use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dir;
use super::name::{PackName, PackPath};

/// Extensions of files that can be emoji.
const EXTENSIONS: [&str; 7] = ["png", "gif", "webp", "jpg", "jpeg", "apng", "avif"];
/// The tag of emoji that name none themselves and lie in no pack.
const DEFAULT_TAG: &str = "Custom";
/// The largest `pack.json` or `emoji.txt` that is read.
const MAX_LIST_BYTES: u64 = 4 * 1024 * 1024;
/// The deepest directory searched for loose files, and the most entries looked at.
const MAX_DEPTH: usize = 4;
const MAX_ENTRIES: usize = 10_000;

/// A custom emoji of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// The name written between colons.
    pub shortcode: String,
    /// The directory it lies in.
    pub pack: PackName,
    /// Its file in that directory.
    pub file: PackPath,
    /// `pack:NAME` for a pack, else the tags of `emoji.txt`.
    pub tags: Vec<String>,
}

/// What a `pack.json` holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// File paths by shortcode, unchecked: see [`PackPath`].
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The number of files, as written; count `files` instead.
    #[serde(default)]
    pub files_count: u64,
    /// Licence, home page and the like; unknown keys are kept.
    #[serde(default)]
    pub pack: serde_json::Map<String, serde_json::Value>,
}

/// All emoji, sorted by shortcode. Packs are read in the order of their names; where
/// two have the same shortcode, the later pack's counts.
pub fn load(root: &Path) -> Vec<Emoji> {
    let mut found = BTreeMap::new();
    for name in names(root) {
        match load_one(root, &name) {
            Ok(emoji) => found.extend(emoji.into_iter().map(|e| (e.shortcode.clone(), e))),
            Err(error) => log::warn!("emoji pack {name:?} skipped: {error}", name = name.as_str()),
        }
    }
    found.into_values().collect()
}

/// The directories under `emoji/` that can be packs, in byte order.
pub fn names(root: &Path) -> Vec<PackName> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<PackName> = entries
        .filter(is_directory)
        .filter_map(|entry| pack_name(&entry))
        .collect();
    names.sort();
    names
}

/// The `pack.json` of a pack; "not found" for a directory without one.
pub fn manifest(root: &Path, pack: &PackName) -> io::Result<Manifest> {
    Ok(serde_json::from_str(&read_list(root, pack, "pack.json")?)?)
}

/// The emoji of a directory without `pack.json`, in the order they are found. Importing
/// makes a `pack.json` of them.
pub fn unlisted(root: &Path, pack: &PackName) -> io::Result<Vec<Emoji>> {
    match read_list(root, pack, "emoji.txt") {
        Ok(text) => Ok(from_text(pack, &text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(loose(root, pack)),
        Err(error) => Err(error),
    }
}

/// Opens a file of a pack for serving; a link anywhere on the way is "not found".
pub fn open_file(root: &Path, pack: &PackName, path: &PackPath) -> io::Result<File> {
    dir::open_beneath(root, [pack.as_str()].into_iter().chain(path.components()))
}

/// A number that changes when packs come, go or change their list by hand. It looks at
/// time stamps and sizes only, never into a file.
pub fn fingerprint(root: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    stamp(root).hash(&mut hasher);
    for name in names(root) {
        let dir = name.below(root);
        name.hash(&mut hasher);
        for path in [&dir, &dir.join("pack.json"), &dir.join("emoji.txt")] {
            stamp(path).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// When a path changed last and how long it is.
fn stamp(path: &Path) -> Option<(std::time::SystemTime, u64)> {
    let data = fs::symlink_metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

fn is_directory(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn pack_name(entry: &DirEntry) -> Option<PackName> {
    let name = entry.file_name();
    let parsed = name.to_str().and_then(|name| PackName::parse(name).ok());
    if parsed.is_none() && !name.as_encoded_bytes().starts_with(b".") {
        log::warn!("emoji directory {name:?} skipped: not a usable pack name");
    }
    parsed
}

fn load_one(root: &Path, pack: &PackName) -> io::Result<Vec<Emoji>> {
    let manifest = match manifest(root, pack) {
        Err(error) if error.kind() == ErrorKind::NotFound => return unlisted(root, pack),
        other => other?,
    };
    let tag = format!("pack:{pack}");
    let listed = manifest.files.iter();
    Ok(listed
        .filter_map(|(code, file)| emoji(pack, code, file, vec![tag.clone()]))
        .collect())
}

/// A whole small text file of a pack.
fn read_list(root: &Path, pack: &PackName, name: &str) -> io::Result<String> {
    let file = dir::open_beneath(root, [pack.as_str(), name])?;
    if file.metadata()?.len() > MAX_LIST_BYTES {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("{name} is too large"),
        ));
    }
    let mut text = String::new();
    file.take(MAX_LIST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// An emoji whose names are usable, else a warning.
fn emoji(pack: &PackName, shortcode: &str, file: &str, tags: Vec<String>) -> Option<Emoji> {
    let path = PackPath::parse(file).ok().filter(is_picture);
    let (Some(file), true) = (path, is_shortcode(shortcode)) else {
        log::warn!(
            "emoji {shortcode:?} of pack {pack:?} skipped: bad name or file",
            pack = pack.as_str()
        );
        return None;
    };
    Some(Emoji {
        shortcode: shortcode.to_owned(),
        pack: pack.clone(),
        file,
        tags,
    })
}

fn is_picture(path: &PackPath) -> bool {
    EXTENSIONS.contains(&path.extension().as_str())
}

/// Names that can stand between colons in a text without breaking it or its HTML. New
/// emoji are held to a narrower alphabet; this is for what packs already have.
fn is_shortcode(name: &str) -> bool {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || ":/<>\"'&@".contains(c);
    (1..=64).contains(&name.chars().count()) && !name.contains(breaks)
}

/// The lines `name, file[, tag…]` of an `emoji.txt`; a line of one field says nothing.
fn from_text(pack: &PackName, text: &str) -> Vec<Emoji> {
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.trim().split(',').map(str::trim);
        let (name, file) = (fields.next()?, fields.next()?);
        let mut tags: Vec<String> = fields
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect();
        if tags.is_empty() {
            tags.push(DEFAULT_TAG.to_owned());
        }
        emoji(pack, name, own_file(pack, file), tags)
    });
    lines.collect()
}

/// The file without the pack's own directory in front, which `emoji.txt` may spell out
/// as `/emoji/PACK/file.png`.
fn own_file<'a>(pack: &PackName, file: &'a str) -> &'a str {
    let rest = file.trim_start_matches('/');
    let rest = rest.strip_prefix("emoji/").unwrap_or(rest);
    rest.strip_prefix(pack.as_str())
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(file)
}

/// Every picture in a directory and those below it, in byte order.
fn loose(root: &Path, pack: &PackName) -> Vec<Emoji> {
    let mut paths = Vec::new();
    let mut entries_left = MAX_ENTRIES;
    collect(&pack.below(root), "", 0, &mut entries_left, &mut paths);
    paths.sort();
    let tags = || vec![DEFAULT_TAG.to_owned()];
    let found = paths
        .iter()
        .filter_map(|path| emoji(pack, path.stem(), path.as_str(), tags()));
    found.collect()
}

fn collect(
    dir: &Path,
    prefix: &str,
    depth: usize,
    entries_left: &mut usize,
    out: &mut Vec<PackPath>,
) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if *entries_left == 0 {
            return;
        }
        *entries_left -= 1;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let Ok(path) = PackPath::parse(&format!("{prefix}{name}")) else {
            continue;
        };
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth < MAX_DEPTH {
            collect(
                &entry.path(),
                &format!("{path}/"),
                depth + 1,
                entries_left,
                out,
            );
        } else if kind.is_file() && is_picture(&path) {
            out.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Packs(tempfile::TempDir);

    impl Packs {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn root(&self) -> std::path::PathBuf {
            self.0.path().join("emoji")
        }

        fn file(&self, path: &str, text: &str) -> &Self {
            let path = self.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        /// One line for each emoji: `shortcode pack/file tag tag`.
        fn listing(&self) -> Vec<String> {
            let line =
                |e: Emoji| format!("{} {}/{} {}", e.shortcode, e.pack, e.file, e.tags.join(" "));
            load(&self.root()).into_iter().map(line).collect()
        }

        fn open(&self, pack: &str, path: &str) -> io::Result<File> {
            open_file(
                &self.root(),
                &PackName::parse(pack).unwrap(),
                &PackPath::parse(path).unwrap(),
            )
        }
    }

    #[test]
    fn a_pack_lists_its_files_and_tags_them_with_its_name() {
        let packs = Packs::new();
        packs.file(
            "blobs.gg/pack.json",
            r#"{"files":{"b":"dir/b.png","a":"a.gif"},"files_count":9,"pack":{"license":"CC0","x":1}}"#,
        );
        packs.file("blobs.gg/unlisted.png", "");
        assert_eq!(
            packs.listing(),
            [
                "a blobs.gg/a.gif pack:blobs.gg",
                "b blobs.gg/dir/b.png pack:blobs.gg"
            ]
        );
        let manifest = manifest(&packs.root(), &PackName::parse("blobs.gg").unwrap()).unwrap();
        assert_eq!(
            (manifest.files.len(), manifest.pack["x"].as_i64()),
            (2, Some(1))
        );
    }

    #[test]
    fn emoji_txt_has_four_forms_of_lines() {
        let packs = Packs::new();
        packs.file(
            "mine/emoji.txt",
            "blank, blank.png, Fun\n blank2, blank.png \nfoo, /emoji/mine/blank.png\nbar\n\n",
        );
        packs.file("mine/loose.png", "");
        assert_eq!(
            packs.listing(),
            [
                "blank mine/blank.png Fun",
                "blank2 mine/blank.png Custom",
                "foo mine/blank.png Custom"
            ]
        );
    }

    #[test]
    fn without_any_list_every_picture_counts_also_in_subdirectories() {
        let packs = Packs::new();
        for file in [
            "cat.PNG",
            "deep/dog.webp",
            "readme.md",
            "page.html",
            ".hidden.png",
            "draw.svg",
            "x.avif",
        ] {
            packs.file(&format!("found/{file}"), "");
        }
        packs.file("top.png", "");
        assert_eq!(
            packs.listing(),
            [
                "cat found/cat.PNG Custom",
                "dog found/deep/dog.webp Custom",
                "x found/x.avif Custom"
            ]
        );
    }

    #[test]
    fn a_later_pack_overrides_an_earlier_one() {
        let packs = Packs::new();
        packs
            .file("b/pack.json", r#"{"files":{"cat":"b.png"}}"#)
            .file("a/pack.json", r#"{"files":{"cat":"a.png"}}"#);
        assert_eq!(packs.listing(), ["cat b/b.png pack:b"]);
    }

    #[test]
    fn a_broken_pack_costs_only_itself() {
        let packs = Packs::new();
        for (pack, text) in [("a", "{"), ("b", "[]"), ("c", r#"{"files":{"x":1}}"#)] {
            packs
                .file(&format!("{pack}/pack.json"), text)
                .file(&format!("{pack}/loose.png"), "");
        }
        packs.file("d/pack.json", r#"{"files":{"ok":"ok.png"}}"#);
        assert_eq!(packs.listing(), ["ok d/ok.png pack:d"]);
        assert_eq!(load(Path::new("/nonexistent")), []);
    }

    #[test]
    fn sec_f1_entries_with_hostile_names_are_skipped() {
        let packs = Packs::new();
        packs.file(
            "p/pack.json",
            r#"{"files":{"a":"../x.png","b":"/etc/x.png","c":"x.html","d":"a\\b.png","<i>":"x.png","e f":"x.png","":"x.png","g":"g.png"}}"#,
        );
        packs.file(
            "q/emoji.txt",
            "a, ../p/g.png\nb, /etc/x.png\nc, /emoji/q/../p/x.png\nd, d.svg",
        );
        assert_eq!(packs.listing(), ["g p/g.png pack:p"]);
    }

    #[test]
    fn sec_f7_links_in_packs_are_not_read() {
        let packs = Packs::new();
        packs
            .file("../secret/pack.json", r#"{"files":{"s":"s.png"}}"#)
            .file("../secret/s.png", "secret");
        packs
            .file("real/ok.png", "ok")
            .file("real/dir/ok.png", "ok")
            .file("other/x.png", "");
        let (root, secret) = (packs.root(), packs.0.path().join("secret"));
        symlink(&secret, root.join("linked")).unwrap();
        symlink(&secret, root.join("real/dirlink")).unwrap();
        symlink(secret.join("s.png"), root.join("real/link.png")).unwrap();
        symlink(secret.join("pack.json"), root.join("other/pack.json")).unwrap();
        assert_eq!(
            packs.listing(),
            ["ok real/ok.png Custom", "x other/x.png Custom"]
        );
        for (pack, path) in [
            ("linked", "s.png"),
            ("real", "link.png"),
            ("real", "dirlink/s.png"),
            ("real", "dir"),
        ] {
            assert_eq!(
                packs.open(pack, path).unwrap_err().kind(),
                ErrorKind::NotFound,
                "{pack}/{path}"
            );
        }
        let mut text = String::new();
        packs
            .open("real", "dir/ok.png")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "ok");
    }

    #[test]
    fn the_fingerprint_changes_with_every_change_by_hand() {
        let packs = Packs::new();
        let mut seen = vec![fingerprint(&packs.root())];
        let mut changed = |what: &str| {
            let now = fingerprint(&packs.root());
            assert!(!seen.contains(&now), "{what}");
            assert_eq!(now, fingerprint(&packs.root()));
            seen.push(now);
        };
        packs.file("a/pack.json", "{}");
        changed("a pack added");
        packs.file("a/pack.json", r#"{"files":{}}"#);
        changed("its list edited");
        packs.file("b/x.png", "");
        changed("loose files copied in");
        fs::rename(packs.root().join("b"), packs.root().join("c")).unwrap();
        changed("a pack renamed");
        fs::remove_dir_all(packs.root().join("c")).unwrap();
        changed("a pack deleted");
    }
}
