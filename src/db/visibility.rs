//! Who may see a status: the one predicate in SQL that every read of a post goes through (security.md P2).
//!
//! The macros are string literals for `concat!`, so the predicate is written once and costs nothing to assemble.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde::{Serialize, Serializer};

/// How far a status reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Everyone, and the public timelines.
    Public,
    /// Everyone who has the address, and followers.
    Unlisted,
    /// Followers and those mentioned.
    Private,
    /// Those mentioned.
    Direct,
    /// Members of one of the author's lists.
    List,
    /// Logged-in people of this server.
    Local,
}

const NAMES: [(&str, Visibility); 6] = [
    ("public", Visibility::Public),
    ("unlisted", Visibility::Unlisted),
    ("private", Visibility::Private),
    ("direct", Visibility::Direct),
    ("list", Visibility::List),
    ("local", Visibility::Local),
];

impl Visibility {
    /// Reads the API's word.
    pub fn parse(text: &str) -> Option<Visibility> {
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, visibility)| *visibility)
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].0
    }
}

impl Serialize for Visibility {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl rusqlite::ToSql for Visibility {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Visibility {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number =
            usize::try_from(i64::column_result(value)?).map_err(|_| FromSqlError::InvalidType)?;
        NAMES
            .get(number)
            .map(|(_, visibility)| *visibility)
            .ok_or(FromSqlError::OutOfRange(number as i64))
    }
}

/// `none_of!("blocks", "account_id = ?2", "target_id = s.account_id")`: no row of the viewer's is about the status. Most people
/// block and mute nobody, so whether there are any such rows at all is asked first, once for the whole statement.
#[macro_export]
macro_rules! none_of {
    ($table:literal, $of_viewer:expr, $about:expr) => {
        concat!(
            "(NOT EXISTS (SELECT 1 FROM ",
            $table,
            " WHERE ",
            $of_viewer,
            ") OR NOT EXISTS (SELECT 1 FROM ",
            $table,
            " WHERE ",
            $of_viewer,
            " AND ",
            $about,
            "))"
        )
    };
}

/// `visible!("s", "?2")`: the status row `s` may be seen by the account in `?2` (NULL: by anybody).
///
/// Public and unlisted by all; private by active followers; direct, and the rest, by those addressed; local by people of
/// this server; all by the author. Never where author and viewer block each other, nor posts of hidden accounts.
#[macro_export]
macro_rules! visible {
    ($status:literal, $viewer:literal) => {
        $crate::visible!(
            $status,
            $viewer,
            concat!(
                "(SELECT hidden FROM accounts WHERE id = ",
                $status,
                ".account_id)"
            )
        )
    };
    // The same where the author's row is joined: whether it is hidden need not be looked up.
    ($status:literal, $viewer:literal, $hidden:expr) => {
        $crate::reached!($status, $viewer, concat!(" AND ", $hidden, " = 0"))
    };
}

/// `reached!("s", "?2", "")`: what [`visible!`] would be if the author were not hidden. For telling those who saw a post that it
/// goes, and for nothing else.
#[macro_export]
macro_rules! reached {
    ($status:literal, $viewer:literal, $and:expr) => {
        concat!(
            "(",
            $status,
            ".account_id IS ",
            $viewer,
            " OR ((",
            $status,
            ".visibility < 2",
            " OR (",
            $status,
            ".visibility = 2 AND EXISTS (SELECT 1 FROM follows WHERE account_id = ",
            $viewer,
            " AND target_id = ",
            $status,
            ".account_id AND pending = 0))",
            " OR (",
            $status,
            ".visibility = 5 AND ",
            $viewer,
            " IS NOT NULL)",
            " OR EXISTS (SELECT 1 FROM mentions WHERE status_id = ",
            $status,
            ".id AND account_id = ",
            $viewer,
            "))",
            " AND ",
            $crate::none_of!(
                "blocks",
                concat!("account_id = ", $viewer),
                concat!("target_id = ", $status, ".account_id")
            ),
            " AND ",
            $crate::none_of!(
                "blocks",
                concat!("target_id = ", $viewer),
                concat!("account_id = ", $status, ".account_id")
            ),
            $and,
            "))"
        )
    };
}

/// `wanted_at_home!("s", "?2")`: the viewer's follow of the author of row `s`, if there is one, leaves out neither its language
/// nor, if it is one, the reblog; and no exclusive list of the viewer's takes the author's posts out of the home timeline.
#[macro_export]
macro_rules! wanted_at_home {
    ($status:literal, $viewer:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM follows AS f WHERE f.account_id = ",
            $viewer,
            " AND f.target_id = ",
            $status,
            ".account_id AND ((",
            $status,
            ".reblog_of_id IS NOT NULL AND f.show_reblogs = 0)",
            " OR (f.languages IS NOT NULL AND ",
            $status,
            ".language NOT IN (SELECT value FROM json_each(f.languages)))))",
            " AND ",
            $crate::none_of!(
                "lists",
                concat!("account_id = ", $viewer, " AND exclusive = 1"),
                concat!(
                    "EXISTS (SELECT 1 FROM list_members WHERE list_id = lists.id AND account_id = ",
                    $status,
                    ".account_id)"
                )
            )
        )
    };
}

/// `wanted_on_list!("s", "?2", "?3")`: the replies policy of the list in `?3` lets row `s` through, and its owner in `?2` did
/// not turn off the reblogs of its author. Replies to oneself and to the owner pass in any case.
#[macro_export]
macro_rules! wanted_on_list {
    ($status:literal, $owner:literal, $list:literal) => {
        concat!(
            "(",
            $status,
            ".in_reply_to_account_id IS NULL OR ",
            $status,
            ".in_reply_to_account_id IN (",
            $status,
            ".account_id, ",
            $owner,
            ")",
            " OR CASE (SELECT replies_policy FROM lists WHERE id = ",
            $list,
            ")",
            " WHEN 'list' THEN EXISTS (SELECT 1 FROM list_members WHERE list_id = ",
            $list,
            " AND account_id = ",
            $status,
            ".in_reply_to_account_id)",
            " WHEN 'followed' THEN EXISTS (SELECT 1 FROM follows WHERE account_id = ",
            $owner,
            " AND target_id = ",
            $status,
            ".in_reply_to_account_id AND pending = 0)",
            " ELSE 0 END)",
            " AND (",
            $status,
            ".reblog_of_id IS NULL OR NOT EXISTS (SELECT 1 FROM follows WHERE account_id = ",
            $owner,
            " AND target_id = ",
            $status,
            ".account_id AND show_reblogs = 0))"
        )
    };
}

/// `unmuted!("s", "?2")`: the viewer muted neither the author of row `s`, nor the author of what it reblogs, nor its thread.
/// Lists that take `with_muted` combine it as `(?3 OR (unmuted!(…))) AND unblocked!(…)`.
#[macro_export]
macro_rules! unmuted {
    ($status:literal, $viewer:literal) => {
        concat!(
            $crate::none_of!(
                "mutes",
                concat!("account_id = ", $viewer),
                concat!(
                    "target_id = ",
                    $status,
                    ".account_id AND (expires_at IS NULL OR expires_at > unixepoch('subsec') * 1000)"
                )
            ),
            " AND ",
            $crate::none_of!(
                "conversation_mutes",
                concat!("account_id = ", $viewer),
                concat!(
                    "conversation_id = ",
                    $status,
                    ".conversation_id AND (expires_at IS NULL OR expires_at > unixepoch('subsec') * 1000)"
                )
            ),
            " AND (",
            $status,
            ".reblog_of_id IS NULL OR NOT EXISTS (SELECT 1 FROM statuses AS inner_status",
            " JOIN mutes ON mutes.target_id = inner_status.account_id AND mutes.account_id = ",
            $viewer,
            " WHERE inner_status.id = ",
            $status,
            ".reblog_of_id",
            " AND (mutes.expires_at IS NULL OR mutes.expires_at > unixepoch('subsec') * 1000)))"
        )
    };
}

/// `unblocked!("s", "?2")`: neither the author's host nor the author of what the row reblogs is blocked by the viewer.
/// Blocks between author and viewer themselves are in [`visible!`]. With `"0"` behind, whoever is reblogged may be hidden.
#[macro_export]
macro_rules! unblocked {
    ($status:literal, $viewer:literal) => {
        $crate::unblocked!($status, $viewer, "author.hidden = 1")
    };
    ($status:literal, $viewer:literal, $hidden:literal) => {
        concat!(
            $crate::none_of!(
                "domain_blocks",
                concat!("account_id = ", $viewer),
                concat!("host = (SELECT host FROM accounts WHERE id = ", $status, ".account_id)")
            ),
            " AND (", $status, ".reblog_of_id IS NULL OR NOT EXISTS (SELECT 1 FROM statuses AS inner_status",
            " JOIN accounts AS author ON author.id = inner_status.account_id WHERE inner_status.id = ", $status, ".reblog_of_id",
            " AND (", $hidden,
            " OR EXISTS (SELECT 1 FROM blocks WHERE account_id = ", $viewer, " AND target_id = author.id)",
            " OR EXISTS (SELECT 1 FROM blocks WHERE account_id = author.id AND target_id = ", $viewer, ")",
            " OR EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ", $viewer, " AND host = author.host))))"
        )
    };
}
