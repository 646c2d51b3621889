//! `kenoma domain`: what holds for other servers.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, failure, open, say};
use crate::app::App;
use crate::db::domain_policies::{self as rows, DomainPolicyRow, Severity};
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ops::domain_policies::{self, Change};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Keep a server away, with all below its name
    Block {
        /// Its name
        domain: String,
        /// suspend: nothing comes in or goes out; silence: its posts are in no public timeline; noop: only what else is said
        #[arg(long, default_value = "suspend")]
        severity: String,
        /// Leave its files out
        #[arg(long)]
        reject_media: bool,
        /// Do not hear its reports
        #[arg(long)]
        reject_reports: bool,
        /// Do not hear its deletions
        #[arg(long)]
        reject_deletes: bool,
        /// Hide its attachments at first
        #[arg(long)]
        mark_sensitive: bool,
        /// Show its posts to followers alone
        #[arg(long)]
        followers_only: bool,
        /// Why, for the admins
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Take that back
    Unblock {
        /// Its name
        domain: String,
    },
    /// Speak with a server, where federation.allow_list is on
    Allow {
        /// Its name
        domain: String,
    },
    /// No longer
    Disallow {
        /// Its name
        domain: String,
    },
    /// List what was decided, and which servers were allowed
    List,
}

/// Runs `kenoma domain …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    let app = open(data)?;
    let done = match command {
        Command::List => return list(data, &app),
        Command::Unblock { domain } => unblock(&app, &domain),
        Command::Allow { domain } => allow(&app, &domain),
        Command::Disallow { domain } => disallow(&app, &domain),
        Command::Block {
            domain,
            severity,
            reject_media,
            reject_reports,
            reject_deletes,
            mark_sensitive,
            followers_only,
            comment,
        } => {
            let severity = Severity::parse(&severity)
                .ok_or("--severity is suspend, silence or noop".to_owned())?;
            let change = Change {
                severity: Some(severity),
                reject_media: Some(reject_media),
                reject_reports: Some(reject_reports),
                reject_deletes: Some(reject_deletes),
                mark_sensitive: Some(mark_sensitive),
                followers_only: Some(followers_only),
                private_comment: Some(comment),
                ..Change::default()
            };
            block(&app, &domain, change)
        }
    };
    done.map_err(|error| failure(data, error))
}

fn block(app: &App, domain: &str, change: Change) -> Result<()> {
    let host = domain_policies::host(app.base(), domain)?;
    app.db().write(|tx| {
        match rows::by_host(tx, &host)? {
            Some(known) => domain_policies::update(tx, None, known.id, change)?,
            None => domain_policies::create(tx, None, &host, change)?,
        };
        Ok(())
    })
}

fn unblock(app: &App, domain: &str) -> Result<()> {
    let host = domain_policies::host(app.base(), domain)?;
    app.db().write(|tx| match rows::by_host(tx, &host)? {
        Some(known) => domain_policies::delete(tx, None, known.id).map(drop),
        None => Err(Error::Invalid(format!("nothing was decided about {host}"))),
    })
}

fn allow(app: &App, domain: &str) -> Result<()> {
    let host = domain_policies::host(app.base(), domain)?;
    app.db()
        .write(|tx| domain_policies::allow(tx, None, &host).map(drop))
}

fn disallow(app: &App, domain: &str) -> Result<()> {
    let host = domain_policies::host(app.base(), domain)?;
    app.db()
        .write(|tx| match domain_policies::disallow(tx, None, &host)? {
            true => Ok(()),
            false => Err(Error::Invalid(format!("{host} was not allowed"))),
        })
}

fn list(data: &Path, app: &App) -> Outcome {
    let all = Page {
        limit: i64::MAX,
        ..Page::default()
    };
    let found = app
        .db()
        .read(|db| Ok((rows::page(db, &all)?, rows::allowed(db)?)));
    let (blocked, allowed) = found.map_err(|error| failure(data, error))?;
    for row in blocked {
        say(format_args!("{:<40} {}", row.host, described(&row))
            .to_string()
            .trim_end())?;
    }
    allowed
        .iter()
        .try_for_each(|row| say(format_args!("{:<40} allowed", row.host)))
}

fn described(row: &DomainPolicyRow) -> String {
    let mut parts = vec![row.severity.name()];
    let switches = [
        (row.reject_media, "reject-media"),
        (row.reject_reports, "reject-reports"),
        (row.reject_deletes, "reject-deletes"),
        (row.mark_sensitive, "mark-sensitive"),
        (row.followers_only, "followers-only"),
        (!row.private_comment.is_empty(), &row.private_comment),
    ];
    parts.extend(switches.iter().filter(|(on, _)| *on).map(|(_, name)| *name));
    parts.join(", ")
}
