//! Whom somebody might like to follow, and who of their people follows somebody already.

use rusqlite::{Connection, params};

use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// Why an account is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// People whom one follows follow it.
    FriendsOfFriends,
    /// Many follow it.
    MostFollowed,
}

/// `wanted!()`: account `a` wants to be found, and the viewer `?1` neither knows it nor wants to keep away from it.
macro_rules! wanted {
    () => {
        "a.discoverable = 1 AND a.hidden = 0 AND a.id <> ?1
          AND NOT EXISTS (SELECT 1 FROM follows WHERE account_id = ?1 AND target_id = a.id)
          AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?1 AND target_id = a.id)
          AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_id = ?1)
          AND NOT EXISTS (SELECT 1 FROM mutes WHERE account_id = ?1 AND target_id = a.id AND (expires_at IS NULL OR expires_at > ?3))
          AND NOT EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ?1 AND host = a.host)
          AND NOT EXISTS (SELECT 1 FROM suggestion_dismissals WHERE account_id = ?1 AND target_id = a.id)"
    };
}

/// How many of the viewer's latest follows are asked whom they follow.
const FRIENDS: i64 = 100;
/// How many of each one's latest follows count.
const OF_EACH: i64 = 50;

/// Accounts worth following: what most of one's people follow, then what most people follow.
pub fn list(db: &Connection, viewer: AccountId, limit: i64) -> Result<Vec<(AccountId, Source)>> {
    let now = Timestamp::now();
    let mut stmt = db.prepare_cached(concat!(
        "WITH page (id) AS (SELECT f.target_id FROM follows AS f JOIN accounts AS a ON a.id = f.target_id
                             WHERE f.account_id = ?1 AND f.pending = 0 AND a.hide_follows = 0 ORDER BY f.id DESC LIMIT ?4),
              found (id) AS (SELECT other.value FROM page CROSS JOIN json_each(
                               (SELECT json_group_array(target_id) FROM
                                 (SELECT target_id FROM follows WHERE account_id = page.id AND pending = 0 ORDER BY id DESC LIMIT ?5) AS people
                               )) AS other)
         SELECT a.id FROM found CROSS JOIN accounts AS a ON a.id = found.id WHERE ",
        wanted!(),
        " GROUP BY +a.id ORDER BY count(*) DESC, a.followers_count DESC LIMIT ?2"
    ))?;
    let rows = stmt.query_map(params![viewer, limit, now, FRIENDS, OF_EACH], |row| {
        row.get(0)
    })?;
    let mut found: Vec<(AccountId, Source)> = rows
        .map(|id| Ok((id?, Source::FriendsOfFriends)))
        .collect::<Result<_>>()?;
    let mut stmt = db.prepare_cached(concat!(
        "SELECT a.id FROM accounts AS a INDEXED BY accounts_popular WHERE ",
        wanted!(),
        " ORDER BY a.followers_count DESC, a.id DESC LIMIT ?2"
    ))?;
    let popular = stmt.query_map(params![viewer, limit, now], |row| row.get(0))?;
    for id in popular {
        let id = id?;
        if !found.iter().any(|(known, _)| *known == id) {
            found.push((id, Source::MostFollowed));
        }
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// Never suggests an account to somebody again.
pub fn dismiss(db: &Connection, account: AccountId, target: AccountId) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO suggestion_dismissals (account_id, target_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(params![account, target])?;
    Ok(())
}

/// For each of these accounts those of the viewer's people who follow it, as far as both show it. Pairs in the order of the
/// accounts, the viewer's latest follows first.
pub fn familiar_followers(
    db: &Connection,
    viewer: AccountId,
    ids: &[AccountId],
) -> Result<Vec<(AccountId, AccountId)>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id, mine.target_id
           FROM json_each(?1) AS page JOIN accounts AS a ON a.id = page.value AND a.hidden = 0 AND a.hide_followers = 0
           CROSS JOIN follows AS mine ON mine.account_id = ?2 AND mine.pending = 0
           CROSS JOIN follows AS theirs ON theirs.account_id = mine.target_id AND theirs.target_id = a.id AND theirs.pending = 0
           JOIN accounts AS friend ON friend.id = mine.target_id AND friend.hidden = 0 AND friend.hide_follows = 0
          ORDER BY page.key, mine.id DESC",
    )?;
    let rows = stmt.query_map(params![json_ids(ids), viewer], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
