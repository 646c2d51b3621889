//! Changing the own account.

use super::pictures;
use crate::db::accounts::Column;
use crate::db::preferences::{Column as Preference, Store};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::media::name::SafeName;
use crate::ops::profiles::{self, Change, Limits, Picture};
use crate::views::credential_account;
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

/// Switches of the profile, by parameter.
const ACCOUNT_SWITCHES: [(&str, Column); 8] = [
    ("locked", Column::Locked),
    ("discoverable", Column::Discoverable),
    ("hide_favorites", Column::HideFavourites),
    ("hide_followers", Column::HideFollowers),
    ("hide_follows", Column::HideFollows),
    ("hide_followers_count", Column::HideFollowersCount),
    ("hide_follows_count", Column::HideFollowsCount),
    ("accepts_chat_messages", Column::AcceptsChatMessages),
];

/// Switches that are nobody else's affair, by parameter.
const USER_SWITCHES: [(&str, Preference); 4] = [
    ("show_role", Preference::ShowRole),
    ("no_rich_text", Preference::NoRichText),
    ("skip_thread_containment", Preference::SkipThreadContainment),
    ("allow_following_move", Preference::AllowFollowingMove),
];

/// What new posts may be unless they say otherwise.
const DEFAULT_VISIBILITIES: [Visibility; 4] = [
    Visibility::Public,
    Visibility::Unlisted,
    Visibility::Private,
    Visibility::Direct,
];

/// `PATCH /api/v1/accounts/update_credentials`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let mut change = read(&cx.params)?;
    let limits = &cx.app.config().upload;
    for (key, column, limit) in [
        ("avatar", Column::Avatar, limits.avatar_limit),
        ("header", Column::Header, limits.header_limit),
        (
            "pleroma_background_image",
            Column::Background,
            limits.header_limit,
        ),
    ] {
        match pictures::take(cx, key, limit, invalid) {
            Ok(picture) => change
                .pictures
                .extend(picture.map(|picture| (column, picture))),
            Err(error) => {
                discard(cx, &change);
                return Err(error);
            }
        }
    }
    apply(cx, &change)?;
    let me = cx.me()?.id;
    Reply::json(
        &cx.app
            .db()
            .read(|db| credential_account::load(&cx.view(db), me))?,
    )
}

/// Makes the change; new files vanish if it fails, and replaced ones once it is made.
pub fn apply(cx: &Ctx, change: &Change) -> Result<()> {
    let me = cx.me()?.id;
    let limits = Limits {
        name: cx.app.config().instance.name_limit as usize,
        bio: cx.app.config().instance.bio_limit as usize,
    };
    let done = cx
        .app
        .db()
        .write(|tx| profiles::update(tx, cx.app.base(), limits, me, change));
    match done {
        Ok(replaced) => {
            for name in replaced
                .iter()
                .filter_map(|name| SafeName::parse(name).ok())
            {
                remove(cx, &name);
            }
            Ok(())
        }
        Err(error) => {
            discard(cx, change);
            Err(error)
        }
    }
}

fn discard(cx: &Ctx, change: &Change) {
    for (_, picture) in &change.pictures {
        if let Picture::Stored(name) = picture {
            remove(cx, name);
        }
    }
}

/// A file that stays although nothing refers to it costs only its space.
fn remove(cx: &Ctx, name: &SafeName) {
    if let Err(error) = cx.app.uploads().remove(name) {
        log::warn!("the file {name} could not be removed: {error}");
    }
}

fn invalid() -> Error {
    Error::Forbidden("Invalid request".into())
}

/// Reads everything but the pictures (pleroma-contract A.4).
fn read(params: &Params) -> Result<Change> {
    let no_source = Params::default();
    let source = params.map("source").unwrap_or(&no_source);
    Ok(Change {
        display_name: params.text("display_name").map(|text| text.into_owned()),
        note: params.text("note").map(|text| text.into_owned()),
        fields: params.has("fields_attributes").then(|| fields(params)),
        actor_type: actor_type(params)?,
        account_switches: account_switches(params),
        user_switches: user_switches(params, source),
        pictures: Vec::new(),
        default_visibility: default_visibility(params, source)?,
        default_language: default_language(params, source)?,
        settings_store: settings_store(params)?,
    })
}

/// Fields without a name are dropped: that is how clients remove one.
fn fields(params: &Params) -> Vec<(String, String)> {
    let text = |field: &Params, key| field.text(key).unwrap_or_default().trim().to_owned();
    params
        .maps("fields_attributes")
        .into_iter()
        .map(|field| (text(field, "name"), text(field, "value")))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

fn actor_type(params: &Params) -> Result<Option<&'static str>> {
    match params.nonempty("actor_type").as_deref() {
        Some("Person") => Ok(Some("Person")),
        Some("Service") => Ok(Some("Service")),
        Some(_) => Err(invalid()),
        None => Ok(params
            .bool("bot")
            .map(|bot| if bot { "Service" } else { "Person" })),
    }
}

fn account_switches(params: &Params) -> Vec<(Column, bool)> {
    let mut switches = Vec::new();
    // Mastodon knows one switch for both lists.
    if let Some(hide) = params.bool("hide_collections") {
        switches.extend([(Column::HideFollowers, hide), (Column::HideFollows, hide)]);
    }
    let set = |(key, column): (&str, Column)| params.bool(key).map(|on| (column, on));
    switches.extend(ACCOUNT_SWITCHES.into_iter().filter_map(set));
    switches
}

fn user_switches(params: &Params, source: &Params) -> Vec<(Preference, bool)> {
    let set = |(key, column): (&str, Preference)| params.bool(key).map(|on| (column, on));
    let mut switches: Vec<_> = USER_SWITCHES.into_iter().filter_map(set).collect();
    switches.extend(
        source
            .bool("sensitive")
            .map(|on| (Preference::DefaultSensitive, on)),
    );
    switches
}

fn default_visibility(params: &Params, source: &Params) -> Result<Option<Visibility>> {
    let Some(name) = params
        .nonempty("default_scope")
        .or(source.nonempty("privacy"))
    else {
        return Ok(None);
    };
    match Visibility::parse(&name) {
        Some(visibility) if DEFAULT_VISIBILITIES.contains(&visibility) => Ok(Some(visibility)),
        _ => Err(invalid()),
    }
}

fn default_language(params: &Params, source: &Params) -> Result<Option<String>> {
    let Some(code) = source.text("language").or(params.text("language")) else {
        return Ok(None);
    };
    let is_code = code.len() <= 35 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_code {
        Ok(Some(code.into_owned()))
    } else {
        Err(invalid())
    }
}

fn settings_store(params: &Params) -> Result<Store> {
    match params.json("pleroma_settings_store") {
        serde_json::Value::Null => Ok(Store::new()),
        serde_json::Value::Object(front_ends) => front_ends
            .into_iter()
            .map(|(front_end, settings)| {
                Ok((front_end, serde_json::value::to_raw_value(&settings)?))
            })
            .collect(),
        _ => Err(invalid()),
    }
}
