//! Drop-in web clients as they lie on disk: a folder each in `static/frontends/`, with an `index.html` in it.
//!
//! An archive is judged whole before anything of it is written (security.md F2), unpacked beside the others and renamed into
//! place, so that a client is there whole or not at all; an update takes the place of the old one at once.
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::name::PackName;
use super::packs::Draft;
use super::packs::intake::zip::Zip;
use super::packs::intake::{Limits, Refused};

/// The page that makes a folder a client.
const INDEX: &str = "index.html";

/// The builds of the larger clients have some thousands of files; source maps and players make most of the bytes.
const FRONTEND: Limits = Limits {
    entries: 20_000,
    unpacked: 512 << 20,
    nested: true,
    too_many: "a web client may have 20,000 files",
    too_large: "unpacked, a web client may have 512 MiB",
};

/// Where clients lie in a data directory.
pub fn root(data: &Path) -> PathBuf {
    data.join("static").join("frontends")
}

/// Clients that are there, by name.
pub fn names(data: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(root(data)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join(INDEX).is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.retain(|name| PackName::parse(name).is_ok());
    names.sort();
    Ok(names)
}

/// Unpacks a build, in the place of one of that name if there is one; returns how many files it has. The build may lie at the
/// top of the archive or in a folder (`dist/`): where its `index.html` is.
pub fn install(data: &Path, name: &PackName, archive: File) -> Result<usize, Refused> {
    let mut zip = Zip::open(archive, &FRONTEND)?;
    let mut index: Option<String> = None;
    zip.walk(&mut |entry| {
        let path = entry.path.to_string();
        let depth = |path: &str| path.matches('/').count();
        let is_higher = index
            .as_ref()
            .is_none_or(|known| depth(&path) < depth(known));
        if entry.path.file_name() == INDEX && is_higher {
            index = Some(path);
        }
        Ok(())
    })?;
    let index = index.ok_or_else(|| Refused::List("There is no index.html in it".into()))?;
    let above = &index[..index.len() - INDEX.len()];
    let draft = Draft::new(&root(data))?;
    let mut files = 0;
    zip.walk(&mut |entry| {
        let Some(path) = entry.path.as_str().strip_prefix(above) else {
            return Ok(());
        };
        let path = super::name::PackPath::parse(path).map_err(|_| Refused::Name(path.into()))?;
        // What an entry declares may be a lie.
        let mut content = entry.content.take(entry.size);
        draft.write(&path, &mut content)?;
        if content.limit() > 0 || content.into_inner().read(&mut [0])? > 0 {
            return Err(Refused::Unreadable);
        }
        files += 1;
        Ok(())
    })?;
    draft.sync()?;
    draft.replace(name)?;
    Ok(files)
}

/// Removes a client; `false` when there is none of that name.
pub fn remove(data: &Path, name: &PackName) -> io::Result<bool> {
    match fs::remove_dir_all(name.below(&root(data))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true),
    }
}
