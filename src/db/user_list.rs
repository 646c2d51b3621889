//! The admin's list of people: every account that this server knows and that is not deleted, by filters.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::ids::AccountId;

/// Which accounts are asked for; `None` does not care. All conditions hold together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name or host, or `name@host`.
    pub query: Option<String>,
    /// Part of the display name.
    pub name: Option<String>,
    /// The whole address, in any case.
    pub email: Option<String>,
    /// Lives here.
    pub local: Option<bool>,
    /// Switched on, and approved.
    pub active: Option<bool>,
    /// Switched off.
    pub deactivated: Option<bool>,
    /// Waits for an admin.
    pub need_approval: Option<bool>,
    /// Has not confirmed its address.
    pub unconfirmed: Option<bool>,
    /// Has full rights.
    pub admin: Option<bool>,
    /// Moderates.
    pub moderator: Option<bool>,
    /// Has one of these moderation tags.
    pub tags: Vec<String>,
}

/// Unset conditions are NULL and hold for everybody.
macro_rules! select {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ", $columns, " FROM accounts AS a LEFT JOIN users AS u ON u.account_id = a.id
              WHERE a.deleted_at IS NULL
                AND (?1 IS NULL OR instr(a.username || '@' || a.host, ?1) > 0)
                AND (?2 IS NULL OR instr(lower(a.display_name), lower(?2)) > 0)
                AND (?3 IS NULL OR u.email = ?3)
                AND (?4 IS NULL OR (a.host = '') = ?4)
                AND (?5 IS NULL OR (a.deactivated = 0 AND coalesce(u.approval_pending, 0) = 0) = ?5)
                AND (?6 IS NULL OR a.deactivated = ?6)
                AND (?7 IS NULL OR coalesce(u.approval_pending, 0) = ?7)
                AND (?8 IS NULL OR coalesce(u.confirmation_pending, 0) = ?8)
                AND (?9 IS NULL OR coalesce(u.is_admin, 0) = ?9)
                AND (?10 IS NULL OR coalesce(u.is_moderator, 0) = ?10)
                AND (?11 = '[]' OR EXISTS (SELECT 1 FROM json_each(a.moderation_tags) AS t
                                            WHERE t.value IN (SELECT value FROM json_each(?11)))) ",
            $rest
        )
    };
}

/// A page of accounts in the order of their names, and how many there are in all.
pub fn page(
    db: &Connection,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AccountId>, i64)> {
    let query = filter.query.as_ref().map(|query| query.to_lowercase());
    let tags = serde_json::to_string(&filter.tags)?;
    let count = db.prepare_cached(select!("count(*)", ""))?.query_row(
        params![
            query,
            filter.name,
            filter.email,
            filter.local,
            filter.active,
            filter.deactivated,
            filter.need_approval,
            filter.unconfirmed,
            filter.admin,
            filter.moderator,
            tags
        ],
        |row| row.get(0),
    )?;
    let mut stmt = db.prepare_cached(select!(
        "a.id",
        "ORDER BY a.username, a.host LIMIT ?12 OFFSET ?13"
    ))?;
    let rows = stmt.query_map(
        params![
            query,
            filter.name,
            filter.email,
            filter.local,
            filter.active,
            filter.deactivated,
            filter.need_approval,
            filter.unconfirmed,
            filter.admin,
            filter.moderator,
            tags,
            limit,
            offset
        ],
        |row| row.get(0),
    )?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, count))
}
