//! Emoji packs as answers show them, and the shelf that keeps the list of them rendered.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Result;
use crate::media::name::PackName;
use crate::media::packs::{self, Manifest, Metadata, Packs};

/// A file of a shared pack that somebody changes in place, by hand, shows in the list only after this time. Everything
/// else shows at once.
const LOOK: Duration = Duration::from_secs(2);

/// A pack (pleroma-contract 18.3).
#[derive(Serialize)]
pub struct Pack<'a> {
    files: BTreeMap<&'a str, &'a str>,
    files_count: usize,
    pack: Metadata,
}

/// A page of packs (pleroma-contract 18.4).
#[derive(Serialize)]
pub struct List {
    packs: BTreeMap<String, Arc<RawValue>>,
    count: usize,
}

/// Which part of a list is wanted. Page 0 is the last one, and size 0 wants only the count: Pleroma-FE relies on both.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// From 1 on.
    pub page: u32,
    /// Things on a page.
    pub size: u32,
}

impl Paging {
    /// The part of a list of so many things; nothing beyond its end.
    pub fn window(self, total: usize) -> Range<usize> {
        let (page, size) = (self.page as usize, self.size as usize);
        if size == 0 || total == 0 {
            return 0..0;
        }
        let index = page.checked_sub(1).unwrap_or((total - 1) / size);
        let start = index.saturating_mul(size).min(total);
        start..start.saturating_add(size).min(total)
    }
}

/// One pack with a page of its files; `None` when there is no such pack.
pub fn one(packs: &Packs, name: &PackName, paging: Paging) -> Result<Option<Arc<RawValue>>> {
    let Some(manifest) = packs.manifest(name)? else {
        return Ok(None);
    };
    let window = paging.window(manifest.files.len());
    Ok(Some(render(packs, name, &manifest, window)?))
}

fn render(
    packs: &Packs,
    name: &PackName,
    manifest: &Manifest,
    window: Range<usize>,
) -> Result<Arc<RawValue>> {
    let archive = match manifest.pack.is_shared() {
        true => packs.archive(name)?,
        false => None,
    };
    let files = manifest.files.iter();
    let files = files.skip(window.start).take(window.len());
    let pack = Pack {
        files: files
            .map(|(code, file)| (code.as_str(), file.as_str()))
            .collect(),
        files_count: manifest.files.len(),
        pack: manifest
            .pack
            .shown(archive.as_ref().map(|archive| archive.sha256.as_str())),
    };
    Ok(serde_json::value::to_raw_value(&pack)?.into())
}

/// What is known of the packs, for as long as they stay as they are: rendering thousands of emoji for every request, and
/// looking whether each of their files is there, would take far longer than sending them.
#[derive(Default)]
pub struct Shelf {
    seen: Mutex<HashMap<PackName, Seen>>,
}

struct Seen {
    fingerprint: u64,
    looked_at: Instant,
    /// `None` for a directory that is no pack, or whose list cannot be read.
    manifest: Option<Manifest>,
    rendered: Option<Arc<RawValue>>,
}

impl Shelf {
    /// A page of the packs, by name.
    pub fn page(&self, packs: &Packs, paging: Paging) -> Result<List> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names = packs::names(packs.root());
        seen.retain(|name, _| names.binary_search(name).is_ok());
        names.retain(|name| {
            let fingerprint = packs::pack_fingerprint(packs.root(), name);
            if seen
                .get(name)
                .is_none_or(|known| known.fingerprint != fingerprint)
            {
                seen.insert(
                    name.clone(),
                    Seen::new(fingerprint, packs.manifest(name), name),
                );
            }
            seen[name].manifest.is_some()
        });
        let count = names.len();
        let mut shown = BTreeMap::new();
        for name in &names[paging.window(count)] {
            if let Some(known) = seen.get_mut(name) {
                shown.insert(name.to_string(), known.rendered(packs, name)?);
            }
        }
        Ok(List {
            packs: shown,
            count,
        })
    }
}

impl Seen {
    fn new(fingerprint: u64, manifest: io::Result<Option<Manifest>>, name: &PackName) -> Seen {
        let manifest = manifest.unwrap_or_else(|error| {
            log::warn!("emoji pack {name} not listed: {error}");
            None
        });
        Seen {
            fingerprint,
            looked_at: Instant::now(),
            manifest,
            rendered: None,
        }
    }

    fn rendered(&mut self, packs: &Packs, name: &PackName) -> Result<Arc<RawValue>> {
        let manifest = self.manifest.get_or_insert_default();
        let is_fresh = !manifest.pack.is_shared() || self.looked_at.elapsed() < LOOK;
        if let Some(rendered) = self.rendered.as_ref().filter(|_| is_fresh) {
            return Ok(Arc::clone(rendered));
        }
        let rendered = render(packs, name, manifest, 0..manifest.files.len())?;
        self.looked_at = Instant::now();
        self.rendered = Some(Arc::clone(&rendered));
        Ok(rendered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_as_pleroma_fe_asks_for_them() {
        let window = |page, size, total| Paging { page, size }.window(total);
        assert_eq!(window(1, 2, 5), 0..2);
        assert_eq!(window(3, 2, 5), 4..5);
        assert_eq!(window(0, 2, 5), 4..5);
        assert_eq!(window(0, 2, 4), 2..4);
        for (page, size, total) in [
            (1, 0, 5),
            (0, 0, 5),
            (4, 2, 5),
            (0, 3, 0),
            (u32::MAX, u32::MAX, 5),
        ] {
            assert!(
                window(page, size, total).is_empty(),
                "{page} {size} {total}"
            );
        }
        assert_eq!(window(1, u32::MAX, 5), 0..5);
    }
}
