//! A user as admins see it (pleroma-contract D). Older and newer clients read opposite keys for the same fact, so both
//! are there.

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::account;
use crate::clock::Timestamp;
use crate::db;
use crate::db::accounts::AccountRow;
use crate::db::users::Particulars;
use crate::error::Result;
use crate::ids::AccountId;

/// The admin API's user object.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct AdminUser {
    pub id: AccountId,
    pub avatar: String,
    pub nickname: String,
    pub display_name: String,
    pub email: Option<String>,
    pub deactivated: bool,
    pub is_active: bool,
    pub local: bool,
    pub roles: Roles,
    pub tags: Box<RawValue>,
    pub confirmation_pending: bool,
    pub is_confirmed: bool,
    pub approval_pending: bool,
    pub is_approved: bool,
    pub url: String,
    pub registration_reason: Option<String>,
    pub actor_type: String,
    pub created_at: Timestamp,
}

/// What somebody may do here.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Roles {
    pub admin: bool,
    pub moderator: bool,
}

impl View<'_> {
    /// Users in the order of the ids; unknown ones are left out.
    pub fn admin_users(&self, ids: &[AccountId]) -> Result<Vec<AdminUser>> {
        let rows = db::accounts::by_ids(self.db, ids)?;
        let mut particulars = db::users::particulars(self.db, ids)?;
        let mut users: Vec<AdminUser> = rows
            .iter()
            .map(|row| self.admin_user(row, particulars.remove(&row.id).unwrap_or_default()))
            .collect();
        users.sort_by_key(|user| ids.iter().position(|id| *id == user.id));
        Ok(users)
    }

    fn admin_user(&self, row: &AccountRow, particulars: Particulars) -> AdminUser {
        let role = row.role;
        let unconfirmed = role.is_some_and(|role| role.confirmation_pending);
        let unapproved = role.is_some_and(|role| role.approval_pending);
        let name = Some(row.display_name.clone()).filter(|name| !name.is_empty());
        AdminUser {
            id: row.id,
            avatar: account::avatar(self.house, row),
            nickname: row.acct(),
            display_name: name.unwrap_or_else(|| row.username.clone()),
            email: particulars.email,
            deactivated: row.deactivated,
            is_active: !row.deactivated,
            local: row.is_local(),
            roles: Roles {
                admin: role.is_some_and(|role| role.admin),
                moderator: role.is_some_and(|role| role.moderator),
            },
            tags: account::raw(&row.moderation_tags, "[]"),
            confirmation_pending: unconfirmed,
            is_confirmed: !unconfirmed,
            approval_pending: unapproved,
            is_approved: !unapproved,
            url: row.url.clone(),
            registration_reason: particulars.registration_reason,
            actor_type: row.actor_type.clone(),
            created_at: row.created_at,
        }
    }
}
