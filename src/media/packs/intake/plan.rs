//! Which files make a pack, under which shortcodes: by `pack.json`, by Misskey's `meta.json`, by `emoji.txt`, or simply
//! every picture.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::{MANIFEST, Manifest, PackPath, TEXT_LIST, is_picture, is_shortcode};
use super::{Listing, MAX_EMOJI, Refused};

/// The list in what Misskey exports.
const MISSKEY: &str = "meta.json";

/// A pack to be made.
#[derive(Debug)]
pub struct Plan {
    /// Its list.
    pub manifest: Manifest,
    /// Where its files are in the source, and where they go.
    pub(super) wanted: BTreeMap<PackPath, PackPath>,
    /// What is in the source and does not come along, each with its reason.
    pub left_out: Vec<String>,
}

/// Misskey's export, as far as it concerns us.
#[derive(Deserialize)]
struct Export {
    emojis: Vec<Exported>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    #[serde(default)]
    downloaded: Option<bool>,
    #[serde(default)]
    file_name: String,
    emoji: ExportedEmoji,
}

#[derive(Deserialize)]
struct ExportedEmoji {
    name: String,
    #[serde(default)]
    license: Option<String>,
}

/// Whether a file may say what a pack is: it lies at the top, or in the one directory that holds everything.
pub(super) fn is_list(path: &PackPath) -> bool {
    path.components().count() <= 2 && [MANIFEST, MISSKEY, TEXT_LIST].contains(&path.file_name())
}

impl Plan {
    /// By what the source itself says.
    pub fn new(listing: &Listing) -> Result<Plan, Refused> {
        let base = base(listing);
        if let Some(text) = list(listing, &base, MANIFEST)? {
            let manifest = Manifest::parse(text);
            let manifest = manifest.map_err(|error| unreadable(MANIFEST, &error))?;
            return Plan::of(manifest, listing, &base);
        }
        let mut plan = if let Some(text) = list(listing, &base, MISSKEY)? {
            misskey(text, listing, &base)?
        } else if let Some(text) = list(listing, &base, TEXT_LIST)? {
            by_text(text, listing, &base)
        } else {
            loose(listing, &base)
        };
        plan.left_out.sort();
        plan.checked()
    }

    /// By a list from elsewhere, such as another server's answer: every file of it must be there.
    pub fn listed(manifest: Manifest, listing: &Listing) -> Result<Plan, Refused> {
        Plan::of(manifest, listing, "")
    }

    /// Every picture that `is_wanted`, under its own name. There may be none.
    pub fn pictures(listing: &Listing, is_wanted: impl Fn(&PackPath) -> bool) -> Plan {
        let mut plan = Plan::empty();
        for path in listing.pictures.iter().filter(|path| is_wanted(path)) {
            let code = path.stem();
            if !plan.manifest.files.contains_key(code) {
                plan.want(listing, "", code, path);
            }
        }
        plan
    }

    fn of(manifest: Manifest, listing: &Listing, base: &str) -> Result<Plan, Refused> {
        let mut plan = Plan::empty();
        let files = manifest.files.clone();
        plan.manifest = Manifest {
            files: BTreeMap::new(),
            ..manifest
        };
        for (code, file) in &files {
            let bad = |what: &str| Refused::List(format!("{MANIFEST}: {what}"));
            if !is_shortcode(code) {
                return Err(bad(&format!("{code:?} cannot be a shortcode")));
            }
            let path = PackPath::parse(file).ok().filter(is_picture);
            let path =
                path.ok_or_else(|| bad(&format!("{file:?} cannot be the file of an emoji")))?;
            if !plan.want(listing, base, code, &path) {
                return Err(bad(&format!("{file:?} is not there")));
            }
        }
        plan.checked()
    }

    fn empty() -> Plan {
        Plan {
            manifest: Manifest::default(),
            wanted: BTreeMap::new(),
            left_out: Vec::new(),
        }
    }

    /// Takes a file as an emoji; `false` when it is not there.
    fn want(&mut self, listing: &Listing, base: &str, code: &str, path: &PackPath) -> bool {
        let source = PackPath::parse(&format!("{base}{path}")).ok();
        let Some(source) = source.filter(|source| listing.pictures.contains(source)) else {
            return false;
        };
        self.wanted.insert(source, path.clone());
        let files = &mut self.manifest.files;
        files.insert(code.to_owned(), path.to_string());
        true
    }

    fn checked(self) -> Result<Plan, Refused> {
        match self.manifest.files.len() {
            0 => Err(Refused::Empty),
            many if many > MAX_EMOJI => Err(Refused::TooLarge("a pack may have 1,000 emoji")),
            _ => Ok(self),
        }
    }
}

/// The directory, with a slash, that holds everything; else nothing.
fn base(listing: &Listing) -> String {
    let paths = || listing.pictures.iter().chain(listing.lists.keys());
    let top = |path: &PackPath| path.as_str().split_once('/').map(|(top, _)| top.to_owned());
    let first = paths().next().and_then(top);
    match first {
        Some(first) if paths().all(|path| top(path).as_ref() == Some(&first)) => {
            format!("{first}/")
        }
        _ => String::new(),
    }
}

fn list<'a>(listing: &'a Listing, base: &str, name: &str) -> Result<Option<&'a str>, Refused> {
    let path = PackPath::parse(&format!("{base}{name}")).ok();
    let Some(text) = path.and_then(|path| listing.lists.get(&path)) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(text).map_err(|error| unreadable(name, &error))?;
    // Editors of one system begin a text with a mark.
    Ok(Some(text.trim_start_matches('\u{feff}')))
}

fn unreadable(name: &str, error: &dyn std::error::Error) -> Refused {
    Refused::List(format!("{name} cannot be read: {error}"))
}

fn misskey(text: &str, listing: &Listing, base: &str) -> Result<Plan, Refused> {
    let export: Export = serde_json::from_str(text).map_err(|error| unreadable(MISSKEY, &error))?;
    let mut plan = Plan::empty();
    let mut licences: Vec<Option<String>> = Vec::new();
    for exported in export.emojis {
        let name = &exported.emoji.name;
        let path = PackPath::parse(&exported.file_name).ok().filter(is_picture);
        let taken = exported.downloaded != Some(false)
            && is_shortcode(name)
            && path.is_some_and(|path| plan.want(listing, base, name, &path));
        if taken {
            licences.push(exported.emoji.license.filter(|text| !text.is_empty()));
        } else {
            plan.left_out.push(format!("{name}: no usable file"));
        }
    }
    licences.sort();
    licences.dedup();
    // One licence for all of them is the pack's.
    if let [Some(licence)] = licences.as_slice() {
        plan.manifest.pack.set("license", licence.as_str());
    }
    Ok(plan)
}

/// The lines `name, file[, tag…]` of an `emoji.txt`. It may spell out where the files lay on another server.
fn by_text(text: &str, listing: &Listing, base: &str) -> Plan {
    let mut plan = Plan::empty();
    for line in text.lines() {
        let mut fields = line.trim().split(',').map(str::trim);
        let (Some(name), Some(file)) = (fields.next(), fields.next()) else {
            continue;
        };
        let spellings = [file, file.rsplit('/').next().unwrap_or(file)];
        let mut paths = spellings
            .iter()
            .filter_map(|path| PackPath::parse(path).ok());
        let taken = is_shortcode(name) && paths.any(|path| plan.want(listing, base, name, &path));
        if !taken {
            plan.left_out.push(format!("{name}: no usable file"));
        }
    }
    plan
}

fn loose(listing: &Listing, base: &str) -> Plan {
    let mut plan = Plan::empty();
    for source in &listing.pictures {
        let below = source.as_str().strip_prefix(base);
        let Some(path) = below.and_then(|path| PackPath::parse(path).ok()) else {
            continue;
        };
        let code = path.stem();
        if !is_shortcode(code) {
            plan.left_out
                .push(format!("{path}: its name cannot be a shortcode"));
        } else if plan.manifest.files.contains_key(code) {
            plan.left_out
                .push(format!("{path}: there is another {code}"));
        } else {
            plan.want(listing, base, code, &path);
        }
    }
    plan
}
