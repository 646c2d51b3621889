//! The rules of this server: making and changing them.

use crate::db::Tx;
use crate::db::rules::{self, RuleRow};
use crate::error::{Error, Result};
use crate::ids::RuleId;

/// Rules that a server may have.
const MAX_RULES: usize = 100;
/// Characters in a rule and in its hint.
const LENGTH: usize = 2000;

/// What an admin sets of a rule; `None` leaves it.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the parameters")]
pub struct Change {
    pub priority: Option<i64>,
    pub text: Option<String>,
    pub hint: Option<String>,
}

/// Makes a rule. The change must have a text.
pub fn create(tx: &Tx, change: Change) -> Result<RuleRow> {
    if rules::all(tx)?.len() >= MAX_RULES {
        return Err(Error::Invalid(format!(
            "There are no more than {MAX_RULES} rules"
        )));
    }
    let blank = RuleRow {
        id: RuleId::new(),
        priority: 0,
        text: String::new(),
        hint: String::new(),
    };
    apply(tx, blank, change)
}

/// Changes a rule.
pub fn update(tx: &Tx, id: RuleId, change: Change) -> Result<RuleRow> {
    apply(tx, rules::one(tx, id)?, change)
}

fn apply(tx: &Tx, old: RuleRow, change: Change) -> Result<RuleRow> {
    let rule = RuleRow {
        id: old.id,
        priority: change.priority.unwrap_or(old.priority),
        text: change.text.unwrap_or(old.text).trim().to_owned(),
        hint: change.hint.unwrap_or(old.hint).trim().to_owned(),
    };
    if rule.text.is_empty() {
        return Err(Error::Invalid("The rule is empty".into()));
    }
    if rule.text.chars().count() > LENGTH || rule.hint.chars().count() > LENGTH {
        return Err(Error::Invalid(format!(
            "The rule is longer than {LENGTH} characters"
        )));
    }
    rules::put(tx, &rule)?;
    Ok(rule)
}

/// Removes a rule; 404 when it is unknown.
pub fn delete(tx: &Tx, id: RuleId) -> Result<()> {
    match rules::delete(tx, id)? {
        true => Ok(()),
        false => Err(Error::record()),
    }
}
