//! A directory of the operator's. Links are passed over, as they are in packs.
use std::fs;
use std::path::Path;

use super::{Budget, Entry, Named, PACK, Refused, Visit, named};

/// The deepest directory that is looked into.
const MAX_DEPTH: usize = 7;

/// Visits every regular file.
pub(super) fn walk(folder: &Path, visit: &mut Visit) -> Result<(), Refused> {
    within(folder, "", 0, &mut Budget::new(&PACK), visit)
}

fn within(
    folder: &Path,
    prefix: &str,
    depth: usize,
    budget: &mut Budget,
    visit: &mut Visit,
) -> Result<(), Refused> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let Some(name) = name.to_str().map(|name| format!("{prefix}{name}")) else {
            return Err(Refused::Name(name.to_string_lossy().into_owned()));
        };
        let Named::File(path) = named(name.as_bytes())? else {
            continue;
        };
        if kind.is_dir() && depth < MAX_DEPTH {
            within(&entry.path(), &format!("{name}/"), depth + 1, budget, visit)?;
        } else if kind.is_file() {
            let mut file = fs::File::open(entry.path())?;
            let size = file.metadata()?.len();
            // Only what is wanted is read; a folder may hold the drawings that the emoji were made from.
            budget.take(0)?;
            visit(Entry {
                path,
                size,
                content: &mut file,
            })?;
        }
    }
    Ok(())
}
