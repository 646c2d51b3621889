//! Notifications: what somebody is told about, and the rules under which it is told (pleroma-contract 14, A.6).

pub mod listing;
pub mod policy;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, ChatMessageId, NotificationId, ReportId, StatusId};
use crate::visible;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's")]
pub enum Kind {
    Mention,
    Status,
    Favourite,
    Reblog,
    Follow,
    FollowRequest,
    Reaction,
    Poll,
    Update,
    Move,
    ChatMention,
    Report,
    Quote,
    QuotedUpdate,
}

impl Kind {
    /// What a list may be asked for.
    pub const ALL: [Kind; 14] = [
        Kind::Mention,
        Kind::Status,
        Kind::Favourite,
        Kind::Reblog,
        Kind::Follow,
        Kind::FollowRequest,
        Kind::Reaction,
        Kind::Poll,
        Kind::Update,
        Kind::Move,
        Kind::ChatMention,
        Kind::Report,
        Kind::Quote,
        Kind::QuotedUpdate,
    ];

    /// What a list shows unless it is asked for something else.
    pub const LISTED: [Kind; 12] = [
        Kind::Mention,
        Kind::Status,
        Kind::Favourite,
        Kind::Reblog,
        Kind::Follow,
        Kind::FollowRequest,
        Kind::Reaction,
        Kind::Poll,
        Kind::Update,
        Kind::Move,
        Kind::Quote,
        Kind::QuotedUpdate,
    ];

    /// The API's `type`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mention => "mention",
            Kind::Status => "status",
            Kind::Favourite => "favourite",
            Kind::Reblog => "reblog",
            Kind::Follow => "follow",
            Kind::FollowRequest => "follow_request",
            Kind::Reaction => "pleroma:emoji_reaction",
            Kind::Poll => "poll",
            Kind::Update => "update",
            Kind::Move => "move",
            Kind::ChatMention => "pleroma:chat_mention",
            Kind::Report => "pleroma:report",
            Kind::Quote => "quote",
            Kind::QuotedUpdate => "quoted_update",
        }
    }
}

/// What a notification says.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub actor: AccountId,
    /// To which status.
    pub status: Option<StatusId>,
    /// With which emoji.
    pub emoji: Option<&'a str>,
    /// By which message in a chat.
    pub chat_message: Option<ChatMessageId>,
    /// By which report.
    pub report: Option<ReportId>,
}

/// `strictness!()`: how strictly the policy `p` of `u` wants news of `actor` treated: 0 told, 1 kept back, 2 dropped. The staff,
/// people whom `u` lets through, and what `u` asked for oneself are always told.
macro_rules! strictness {
    () => {
        "CASE WHEN p.account_id IS NULL OR u.account_id = actor.id OR ?3 IN ('poll', 'update', 'status', 'pleroma:report')
                OR EXISTS (SELECT 1 FROM notification_permissions WHERE account_id = u.account_id AND actor_id = actor.id)
                OR EXISTS (SELECT 1 FROM users WHERE account_id = actor.id AND (is_admin = 1 OR is_moderator = 1))
              THEN 0 ELSE max(
                CASE WHEN EXISTS (SELECT 1 FROM follows WHERE account_id = u.account_id AND target_id = actor.id AND pending = 0)
                     THEN 0 ELSE max(p.for_not_following,
                       CASE WHEN ?3 = 'mention' AND EXISTS (SELECT 1 FROM statuses AS s WHERE s.id = ?4 AND s.visibility = 3
                                                               AND s.in_reply_to_account_id IS NOT u.account_id)
                            THEN p.for_private_mentions ELSE 0 END) END,
                CASE WHEN EXISTS (SELECT 1 FROM follows WHERE account_id = actor.id AND target_id = u.account_id AND pending = 0)
                     THEN 0 ELSE p.for_not_followers END,
                CASE WHEN actor.created_at > ?6 - 2592000000 THEN p.for_new_accounts ELSE 0 END,
                CASE WHEN p.for_limited_accounts > 0 AND actor.host <> '' AND EXISTS
                       (SELECT 1 FROM domain_policies AS decided WHERE decided.severity = 'silence'
                           AND (decided.host = actor.host OR substr(actor.host, -length(decided.host) - 1) = '.' || decided.host))
                     THEN p.for_limited_accounts ELSE 0 END) END"
    };
}

/// Tells the local ones among these people, each as far as they want to hear it: nobody of what they did themselves (but the end
/// of their own polls), nor of people whom they block, mute or do not want to hear of, nor of muted threads, nor twice of
/// the same. What their policies keep back is written, but not told. Returns who was told, with what.
pub fn tell(
    db: &Connection,
    people: &[AccountId],
    news: &News,
) -> Result<Vec<(AccountId, NotificationId)>> {
    let rows: Vec<(i64, i64)> = people.iter().map(|to| (ids::next(), to.0)).collect();
    let mut stmt = db.prepare_cached(concat!(
        "INSERT INTO notifications (id, account_id, actor_id, kind, status_id, emoji, chat_message_id, report_id, created_at, filtered, seen)
         SELECT t.value ->> 0, u.account_id, actor.id, ?3, ?4, ?5, ?7, ?8, ?6, ",
        strictness!(),
        ", ",
        strictness!(),
        " FROM json_each(?1) AS t
           CROSS JOIN users AS u ON u.account_id = t.value ->> 1
           CROSS JOIN accounts AS actor ON actor.id = ?2
           LEFT JOIN notification_policies AS p ON p.account_id = u.account_id
          WHERE ",
        strictness!(),
        " < 2 AND (u.account_id <> actor.id OR ?3 = 'poll') AND actor.hidden = 0
            AND (?4 IS NULL OR EXISTS (SELECT 1 FROM statuses AS s WHERE s.id = ?4 AND ",
        visible!("s", "u.account_id"),
        "))
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = u.account_id AND target_id = actor.id)
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = actor.id AND target_id = u.account_id)
            AND NOT EXISTS (SELECT 1 FROM mutes WHERE account_id = u.account_id AND target_id = actor.id AND notifications = 1
                               AND (expires_at IS NULL OR expires_at > ?6))
            AND NOT EXISTS (SELECT 1 FROM statuses AS s JOIN conversation_mutes AS m ON m.conversation_id = s.conversation_id
                             WHERE s.id = ?4 AND m.account_id = u.account_id AND (m.expires_at IS NULL OR m.expires_at > ?6))
            AND (u.account_id = actor.id OR CASE WHEN EXISTS (SELECT 1 FROM follows WHERE account_id = u.account_id AND target_id = actor.id AND pending = 0)
                THEN coalesce(u.notification_settings ->> 'follows', 1)
                ELSE NOT EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = u.account_id AND host = actor.host)
                     AND coalesce(u.notification_settings ->> 'non_follows', 1)
                     AND NOT coalesce(u.notification_settings ->> 'block_from_strangers', 0) END
            AND CASE WHEN EXISTS (SELECT 1 FROM follows WHERE account_id = actor.id AND target_id = u.account_id AND pending = 0)
                THEN coalesce(u.notification_settings ->> 'followers', 1)
                ELSE coalesce(u.notification_settings ->> 'non_followers', 1) END
            AND CASE actor.host WHEN ''
                THEN coalesce(u.notification_settings ->> 'local', 1)
                ELSE coalesce(u.notification_settings ->> 'remote', 1) END)
            AND NOT EXISTS (SELECT 1 FROM notifications AS n
                             WHERE n.actor_id = actor.id AND n.account_id = u.account_id AND n.kind = ?3
                               AND n.status_id IS ?4 AND n.emoji IS ?5 AND n.chat_message_id IS ?7
                               AND n.report_id IS ?8)
         RETURNING account_id, id, filtered"
    ))?;
    let told = stmt.query_map(
        params![
            serde_json::to_string(&rows)?,
            news.actor,
            news.kind.name(),
            news.status,
            news.emoji,
            Timestamp::now(),
            news.chat_message,
            news.report
        ],
        |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)),
    )?;
    let told: Vec<(_, bool)> = told.collect::<rusqlite::Result<_>>()?;
    let at_once = told.into_iter().filter(|(_, filtered)| !filtered);
    Ok(at_once.map(|(told, _)| told).collect())
}

/// Takes a notification back: what it told of was undone.
pub fn withdraw(db: &Connection, to: AccountId, news: &News) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM notifications
          WHERE actor_id = ?2 AND account_id = ?1 AND kind = ?3 AND status_id IS ?4 AND emoji IS ?5",
    )?
    .execute(params![
        to,
        news.actor,
        news.kind.name(),
        news.status,
        news.emoji
    ])?;
    Ok(())
}

/// Takes back what everybody was told in that way of a status.
pub fn withdraw_all(db: &Connection, kind: Kind, status: StatusId) -> Result<()> {
    db.prepare_cached("DELETE FROM notifications WHERE status_id = ?1 AND kind = ?2")?
        .execute(params![status, kind.name()])?;
    Ok(())
}

/// Local people who want to hear of every post of somebody and have not been told of this one otherwise.
pub fn subscribers(db: &Connection, author: AccountId, status: StatusId) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "SELECT account_id FROM subscriptions AS s WHERE target_id = ?1
            AND NOT EXISTS (SELECT 1 FROM notifications AS n WHERE n.status_id = ?2 AND n.account_id = s.account_id)",
    )?;
    let found = stmt.query_map(params![author, status], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
