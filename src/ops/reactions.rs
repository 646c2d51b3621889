//! Reacting to a status with an emoji, and taking that back (pleroma-contract 20).

use rusqlite::Connection;

use super::notifications::{self, Kind};
use super::outgoing::{self, Outgoing};
use crate::db::statuses::StatusRow;
use crate::db::visibility::Visibility;
use crate::db::{self, Tx};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::text::emoji;

/// What somebody may react with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emoji {
    /// One emoji of the Unicode table, fully qualified.
    Unicode(&'static str),
    /// A custom emoji of this server, by its shortcode.
    Local(String),
    /// Another server's custom emoji: `shortcode@host`.
    Remote(String),
}

impl Emoji {
    /// Reads an emoji, `shortcode`, `shortcode@host`, or those between colons.
    pub fn parse(text: &str) -> Option<Emoji> {
        if let Some(unicode) = emoji::single(text) {
            return Some(Emoji::Unicode(unicode));
        }
        let bare = text
            .strip_prefix(':')
            .and_then(|text| text.strip_suffix(':'))
            .unwrap_or(text);
        match bare.split_once('@') {
            None if emoji::is_shortcode(bare) => Some(Emoji::Local(bare.to_owned())),
            Some((code, host)) if emoji::is_shortcode(code) && !host.is_empty() => {
                Some(Emoji::Remote(format!("{code}@{}", host.to_lowercase())))
            }
            _ => None,
        }
    }

    /// As it is stored and shown.
    pub fn name(&self) -> &str {
        match self {
            Emoji::Unicode(name) => name,
            Emoji::Local(name) | Emoji::Remote(name) => name,
        }
    }
}

/// Reacts to a status; reacting twice with one emoji is one reaction. `None` when another server's emoji is not among the
/// status's reactions already: only what somebody brought here can be shown. That a local emoji exists is the caller's care.
pub fn add(tx: &Tx, me: AccountId, id: StatusId, emoji: &Emoji) -> Result<Option<StatusId>> {
    let status = target(tx, Some(me), id)?;
    let url = match emoji {
        Emoji::Remote(name) => match db::reactions::picture(tx, status.id, name)? {
            Some(url) => Some(url),
            None => return Ok(None),
        },
        _ => None,
    };
    added(tx, me, &status, emoji, url.as_deref(), None)?;
    Ok(Some(status.id))
}

/// Takes in a reaction from elsewhere, with the picture of a custom emoji and the id of the activity.
pub fn add_from(
    tx: &Tx,
    from: AccountId,
    id: StatusId,
    emoji: &Emoji,
    picture: Option<&str>,
    uri: Option<&str>,
) -> Result<()> {
    let status = target(tx, Some(from), id)?;
    added(tx, from, &status, emoji, picture, uri)
}

fn added(
    tx: &Tx,
    from: AccountId,
    status: &StatusRow,
    emoji: &Emoji,
    picture: Option<&str>,
    uri: Option<&str>,
) -> Result<()> {
    let name = emoji.name();
    let Some(row) = db::reactions::insert(tx, from, status.id, name, picture, uri)? else {
        return Ok(());
    };
    let public = status.visibility == Visibility::Public;
    outgoing::push_if_remote(tx, from, &[status.account], public, || Outgoing::React {
        account: from,
        status: status.id,
        row,
        emoji: name.to_owned(),
    })?;
    notifications::push(
        tx,
        Kind::Reaction,
        status.account,
        from,
        Some(status.id),
        Some(name),
    )
}

/// Takes a reaction back, and the notification of it. `None` when there was none.
pub fn remove(tx: &Tx, me: AccountId, id: StatusId, emoji: &Emoji) -> Result<Option<StatusId>> {
    let status = target(tx, Some(me), id)?;
    let Some(row) = db::reactions::delete(tx, me, status.id, emoji.name())? else {
        return Ok(None);
    };
    let public = status.visibility == Visibility::Public;
    outgoing::push_if_remote(tx, me, &[status.account], public, || Outgoing::UndoReact {
        account: me,
        status: status.id,
        row,
        emoji: emoji.name().to_owned(),
    })?;
    notifications::withdraw(
        tx,
        Kind::Reaction,
        status.account,
        me,
        Some(status.id),
        Some(emoji.name()),
    )?;
    Ok(Some(status.id))
}

/// The status that a reaction is about: for a reblog, what it reblogs. 404 unless the viewer may see it.
pub fn target(db: &Connection, viewer: Option<AccountId>, id: StatusId) -> Result<StatusRow> {
    let status = db::statuses::visible_to(db, viewer, id)?;
    match status.reblog_of {
        Some(inner) => db::statuses::visible_to(db, viewer, inner),
        None => Ok(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_read_in_every_spelling_that_clients_send() {
        let cases = [
            ("☕", Some(Emoji::Unicode("☕"))),
            ("⚠", Some(Emoji::Unicode("⚠\u{fe0f}"))),
            ("dinosaur", Some(Emoji::Local("dinosaur".into()))),
            (":dinosaur:", Some(Emoji::Local("dinosaur".into()))),
            (
                ":wow@Remote.Example:",
                Some(Emoji::Remote("wow@remote.example".into())),
            ),
            ("wow@", None),
            (".", None),
            ("", None),
            ("::", None),
            ("☕☕", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Emoji::parse(text), expected, "{text}");
        }
    }
}
