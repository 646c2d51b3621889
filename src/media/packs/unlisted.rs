//! Directories without a `pack.json`: what they hold by their `emoji.txt`, or else by the pictures in them.
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::{Emoji, PackName, PackPath, TEXT_LIST, emoji, is_picture, read_list};

/// The tag of emoji that name none themselves and lie in no pack.
const DEFAULT_TAG: &str = "Custom";
/// The deepest directory searched for loose files, and the most entries looked at.
const MAX_DEPTH: usize = 4;
const MAX_ENTRIES: usize = 10_000;

/// The emoji of a directory without `pack.json`, in the order they are found. Importing
/// makes a `pack.json` of them.
pub fn unlisted(root: &Path, pack: &PackName) -> io::Result<Vec<Emoji>> {
    match read_list(root, pack, TEXT_LIST) {
        Ok(text) => Ok(from_text(pack, &text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(loose(root, pack)),
        Err(error) => Err(error),
    }
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
