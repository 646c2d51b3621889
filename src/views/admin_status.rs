//! Statuses as admins see them: the author is an Account with all that the admin API knows of it (pleroma-contract D).

use std::collections::HashMap;

use serde_json::Value;

use super::View;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

impl View<'_> {
    /// Accounts, each merged with its user object.
    pub fn merged_accounts(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Value>> {
        let accounts = self.built_accounts(ids)?;
        let users = self.admin_users(ids)?;
        let mut merged = HashMap::new();
        for (account, user) in accounts.iter().zip(users) {
            let mut value = serde_json::to_value(account)?;
            if let (Some(all), Value::Object(more)) =
                (value.as_object_mut(), serde_json::to_value(&user)?)
            {
                all.extend(more);
            }
            merged.insert(user.id, value);
        }
        Ok(merged)
    }

    /// Statuses in the order of the ids, with their authors as admins see them.
    pub fn admin_statuses(&self, ids: &[StatusId]) -> Result<Vec<Value>> {
        let statuses = self.statuses(ids)?;
        let mut authors: Vec<AccountId> = statuses.iter().map(|status| status.author()).collect();
        let by_status = authors.clone();
        authors.sort_unstable();
        authors.dedup();
        let merged = self.merged_accounts(&authors)?;
        let shown = statuses.iter().zip(by_status).map(|(status, author)| {
            let mut value = serde_json::to_value(status)?;
            if let Some(account) = merged.get(&author) {
                value["account"] = account.clone();
            }
            Ok(value)
        });
        shown.collect()
    }
}
