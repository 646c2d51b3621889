//! Profiles: what people change about their own account.

use rusqlite::types::Value;
use serde::Serialize;

use super::follows;
use super::outgoing::{self, Outgoing};
use super::statuses::addressing;
use crate::config::BaseUrl;
use crate::db::accounts::{self, Column};
use crate::db::preferences::{self, Store};
use crate::db::visibility::Visibility;
use crate::db::{Tx, accounts::AccountRow};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::media::name::SafeName;
use crate::text::format::{ContentType, Links, render};
use crate::text::html;

/// Fields of a profile.
pub const MAX_FIELDS: usize = 10;
/// Characters in the name of a field.
pub const FIELD_NAME_LENGTH: usize = 512;
/// Characters in the value of a field.
pub const FIELD_VALUE_LENGTH: usize = 2048;

/// Bytes of all front-ends' settings together.
const SETTINGS_STORE_SIZE: usize = 1 << 20;

/// What may be as long as the settings say.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Characters in a display name.
    pub name: usize,
    /// Characters in a biography.
    pub bio: usize,
}

/// What becomes of a picture.
#[derive(Clone, Debug)]
pub enum Picture {
    /// The default one is shown.
    Removed,
    /// A file in the store.
    Stored(SafeName),
}

/// What somebody changes; whatever is `None` or not listed stays.
#[derive(Default)]
#[expect(missing_docs, reason = "the names are those of the parameters")]
pub struct Change {
    pub display_name: Option<String>,
    pub note: Option<String>,
    pub fields: Option<Vec<(String, String)>>,
    pub actor_type: Option<&'static str>,
    pub account_switches: Vec<(Column, bool)>,
    pub user_switches: Vec<(preferences::Column, bool)>,
    pub pictures: Vec<(Column, Picture)>,
    pub default_visibility: Option<Visibility>,
    /// An empty one is none.
    pub default_language: Option<String>,
    pub settings_store: Store,
}

/// A field as stored, both as typed and as shown.
#[derive(Serialize)]
struct Field {
    name: String,
    value: String,
    verified_at: Option<()>,
}

/// Changes the own account. Returns the names of files that nothing refers to once this is committed.
pub fn update(
    tx: &Tx,
    base: &BaseUrl,
    limits: Limits,
    me: AccountId,
    change: &Change,
) -> Result<Vec<String>> {
    let old = accounts::by_id(tx, me)?.ok_or(Error::record())?;
    if problem(limits, change).is_some() {
        return Err(invalid());
    }
    if let Some(name) = &change.display_name {
        accounts::set(tx, me, Column::DisplayName, display_name(name))?;
    }
    if let Some(note) = &change.note {
        set_note(tx, base, me, note)?;
    }
    if let Some(fields) = &change.fields {
        set_fields(tx, base, me, fields)?;
    }
    if let Some(actor_type) = change.actor_type {
        accounts::set(tx, me, Column::ActorType, actor_type.to_owned())?;
    }
    for (column, on) in &change.account_switches {
        accounts::set(tx, me, *column, *on)?;
    }
    set_preferences(tx, me, change)?;
    if old.locked && change.account_switches.contains(&(Column::Locked, false)) {
        follows::authorize_all(tx, me)?;
    }
    outgoing::push_if_remote(tx, me, &[], true, || Outgoing::UpdateActor { account: me })?;
    set_pictures(tx, &old, &change.pictures)
}

fn invalid() -> Error {
    Error::Forbidden("Invalid request".into())
}

/// What in a change is too much, and how: the field as the admin API names it, and the text that its clients know.
pub fn problem(limits: Limits, change: &Change) -> Option<(&'static str, String)> {
    let too_long = |field, text: Option<String>, limit: usize| {
        text.is_some_and(|text| text.chars().count() > limit)
            .then(|| (field, format!("should be at most {limit} character(s)")))
    };
    let name = change.display_name.as_deref().map(display_name);
    let fields = change.fields.as_deref().unwrap_or_default();
    let is_long_field = |(name, value): &(String, String)| {
        name.chars().count() > FIELD_NAME_LENGTH || value.chars().count() > FIELD_VALUE_LENGTH
    };
    let bad_fields = fields.len() > MAX_FIELDS || fields.iter().any(is_long_field);
    too_long("name", name, limits.name)
        .or_else(|| too_long("bio", change.note.clone(), limits.bio))
        .or_else(|| bad_fields.then(|| ("fields", "is invalid".into())))
}

/// Names are plain text on one line, whatever was pasted.
fn display_name(typed: &str) -> String {
    let text = html::strip_tags(typed).replace(char::is_control, " ");
    text.trim().to_owned()
}

fn set_note(tx: &Tx, base: &BaseUrl, me: AccountId, note: &str) -> Result<()> {
    let links = addressing::resolve(tx, base, note)?.links;
    let shown = render(note, ContentType::Plain, &links).html;
    accounts::set(tx, me, Column::NoteSource, note.to_owned())?;
    accounts::set(tx, me, Column::Note, shown)
}

fn set_fields(tx: &Tx, base: &BaseUrl, me: AccountId, fields: &[(String, String)]) -> Result<()> {
    let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
    let links = addressing::resolve(tx, base, &values.join("\n"))?.links;
    let field = |name: &str, value: String| Field {
        name: name.to_owned(),
        value,
        verified_at: None,
    };
    let typed: Vec<Field> = fields
        .iter()
        .map(|(name, value)| field(name, value.clone()))
        .collect();
    let shown: Vec<Field> = fields
        .iter()
        .map(|(name, value)| field(name, one_line(value, &links)))
        .collect();
    accounts::set(tx, me, Column::FieldsSource, serde_json::to_string(&typed)?)?;
    accounts::set(tx, me, Column::Fields, serde_json::to_string(&shown)?)
}

/// A formatted text without the paragraph around it.
fn one_line(source: &str, links: &Links) -> String {
    let line = source.replace(char::is_control, " ");
    let html = render(&line, ContentType::Plain, links).html;
    html.strip_prefix("<p>")
        .and_then(|html| html.strip_suffix("</p>"))
        .map_or(html.clone(), str::to_owned)
}

fn set_preferences(tx: &Tx, me: AccountId, change: &Change) -> Result<()> {
    for (column, on) in &change.user_switches {
        preferences::set(tx, me, *column, *on)?;
    }
    if let Some(visibility) = change.default_visibility {
        preferences::set_default_visibility(tx, me, visibility)?;
    }
    if let Some(language) = &change.default_language {
        let language = (!language.is_empty()).then(|| language.clone());
        preferences::set(tx, me, preferences::Column::DefaultLanguage, language)?;
    }
    if !change.settings_store.is_empty()
        && preferences::merge_store(tx, me, &change.settings_store)? > SETTINGS_STORE_SIZE
    {
        return Err(invalid());
    }
    Ok(())
}

fn set_pictures(tx: &Tx, old: &AccountRow, pictures: &[(Column, Picture)]) -> Result<Vec<String>> {
    let mut replaced = Vec::new();
    for (column, picture) in pictures {
        let value = match picture {
            Picture::Removed => Value::Null,
            Picture::Stored(name) => Value::Text(name.as_str().to_owned()),
        };
        accounts::set(tx, old.id, *column, value)?;
        replaced.extend(match column {
            Column::Avatar => old.avatar.clone(),
            Column::Header => old.header.clone(),
            Column::Background => old.background.clone(),
            _ => None,
        });
    }
    Ok(replaced)
}
