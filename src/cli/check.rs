//! `kenoma check`: whether the database is sound, and the files that it names are there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::Args;
use rusqlite::Connection;

use super::{Outcome, check_data, failure, say};
use crate::app::make_private_dir;
use crate::db::integrity;
use crate::error::{Error, Result};
use crate::media::backup::DATABASE;
use crate::media::name::PackPath;
use crate::media::packs::{self, Packs};

/// What `check` takes.
#[derive(Args)]
pub struct Arguments {
    /// Mend what can be mended
    #[arg(long)]
    repair: bool,
}

/// A file is written before the row that names it: a young one may still be named.
const YOUNG: Duration = Duration::from_secs(60 * 60);

/// Where files go that nothing names: out of sight, and with the cache in the end.
const UNNAMED: &str = "unnamed";

/// What was found.
#[derive(Default)]
struct Findings {
    repair: bool,
    problems: usize,
    mended: usize,
    /// Of those that were not mended: `--repair` would.
    mendable: usize,
}

impl Findings {
    /// Tells of a problem that nothing here mends.
    fn tell(&mut self, problem: &str) -> Result<()> {
        self.problems += 1;
        say(problem).map_err(Error::internal)
    }

    /// Tells of a problem, and mends it if that was asked for.
    fn tell_or_mend(&mut self, problem: &str, mend: impl FnOnce() -> Result<()>) -> Result<()> {
        self.problems += 1;
        if !self.repair {
            self.mendable += 1;
            return say(problem).map_err(Error::internal);
        }
        mend()?;
        self.mended += 1;
        say(format_args!("{problem}: mended")).map_err(Error::internal)
    }
}

/// Runs `kenoma check`.
pub fn run(data: &Path, arguments: &Arguments) -> Outcome {
    check_data(data)?;
    let mut findings = Findings {
        repair: arguments.repair,
        ..Findings::default()
    };
    let files = check(data, &mut findings).map_err(|error| failure(data, error))?;
    let Findings {
        problems,
        mended,
        mendable,
        ..
    } = findings;
    if problems == mended {
        return say(format_args!(
            "{} is sound: the database and the {files} files that it names",
            data.display()
        ));
    }
    let left = problems - mended;
    let hint = match mendable {
        0 => "a backup may help".to_owned(),
        some if some == left => "kenoma check --repair mends them".to_owned(),
        some => {
            format!("kenoma check --repair mends {some} of them, a backup may help with the others")
        }
    };
    Err(format!("{}: problems: {left}; {hint}", data.display()))
}

/// Looks at everything; returns how many files the database names.
fn check(data: &Path, findings: &mut Findings) -> Result<usize> {
    let db = integrity::open(&data.join(DATABASE))?;
    pages(&db, findings)?;
    references(&db, findings)?;
    let named = integrity::named_files(&db)?;
    let uploads = data.join("uploads");
    for name in &named {
        if !uploads.join(name).is_file() {
            lost(&db, &uploads, name, findings)?;
        }
    }
    unnamed(&db, data, &named, findings)?;
    emoji(data, findings)?;
    Ok(named.len())
}

/// The file itself. Indexes can be made anew from their tables.
fn pages(db: &Connection, findings: &mut Findings) -> Result<()> {
    let mut faults = integrity::faults(db)?;
    let before = faults.len();
    if before > 0 && findings.repair {
        integrity::reindex(db)?;
        faults = integrity::faults(db)?;
    }
    for _ in faults.len()..before {
        findings.tell_or_mend("kenoma.db: an index was damaged", || Ok(()))?;
    }
    for fault in faults {
        let problem = format!("kenoma.db: {fault}");
        match fault.contains("index") && !findings.repair {
            true => findings.tell_or_mend(&problem, || Ok(()))?,
            false => findings.tell(&problem)?,
        }
    }
    Ok(())
}

fn references(db: &Connection, findings: &mut Findings) -> Result<()> {
    for broken in integrity::dangling(db)? {
        let problem = format!(
            "kenoma.db: {} rows of {} name rows of {} that are not there",
            broken.rows, broken.table, broken.parent
        );
        findings.tell_or_mend(&problem, || integrity::mend(db, &broken))?;
    }
    Ok(())
}

/// A file that is named and not there: previews are replaced by what they are the preview of.
fn lost(db: &Connection, uploads: &Path, name: &str, findings: &mut Findings) -> Result<()> {
    let problem = format!("uploads/{name}: the database names it, but it is not there");
    match integrity::original_of(db, name)? {
        Some(original) if uploads.join(&original).is_file() => {
            findings.tell_or_mend(&problem, || integrity::forget_preview(db, name))
        }
        _ => findings.tell(&problem),
    }
}

/// Files that nothing names and nothing is going to.
fn unnamed(db: &Connection, data: &Path, named: &[String], findings: &mut Findings) -> Result<()> {
    let doomed = integrity::doomed_files(db)?;
    let named: BTreeSet<&String> = named.iter().chain(&doomed).collect();
    let aside = data.join("cache").join(UNNAMED);
    let entries = match fs::read_dir(data.join("uploads")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_known = named.contains(&name) || name.starts_with('.');
        if is_known || !entry.file_type()?.is_file() || is_young(&entry)? {
            continue;
        }
        let problem = format!("uploads/{name}: nothing in the database names it");
        findings.tell_or_mend(&problem, || {
            make_private_dir(&aside)?;
            Ok(fs::rename(entry.path(), aside.join(entry.file_name()))?)
        })?;
    }
    Ok(())
}

fn is_young(entry: &fs::DirEntry) -> Result<bool> {
    let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
    Ok(age.is_ok_and(|age| age < YOUNG))
}

/// Packs whose lists cannot be read, or name what is not there.
fn emoji(data: &Path, findings: &mut Findings) -> Result<()> {
    let packs = Packs::new(data)?;
    for name in packs::names(packs.root()) {
        let manifest = match packs.manifest(&name) {
            Ok(Some(manifest)) => manifest,
            Ok(None) => continue,
            Err(error) => {
                findings.tell(&format!("emoji/{name}/pack.json: {error}"))?;
                continue;
            }
        };
        let folder = name.below(packs.root());
        for path in manifest.files.values() {
            let is_there =
                PackPath::parse(path).is_ok_and(|path| folder.join(path.as_str()).is_file());
            if !is_there {
                let problem =
                    format!("emoji/{name}/{path}: pack.json names it, but it is not there");
                findings.tell(&problem)?;
            }
        }
    }
    Ok(())
}
