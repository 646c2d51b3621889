//! Changing the own account.

use super::pictures;
use crate::db::Tx;
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
    take(cx)?;
    shown(cx)
}

/// The own account as a change of it answers.
pub(super) fn shown(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    Reply::json(
        &cx.app
            .db()
            .read(|db| credential_account::load(&cx.view(db), me))?,
    )
}

/// Takes the parameters of [`update`] and makes the change.
pub(super) fn take(cx: &Ctx) -> Result<()> {
    let mut change = read(&cx.params, |_| invalid())?;
    take_pictures(
        cx,
        &mut change,
        &["avatar", "header", "pleroma_background_image"],
        |_| invalid(),
    )?;
    apply(cx, &change)
}

/// Stores the pictures among the parameters: of avatar, header and background, by the names that the call has for them.
/// `refused` is the answer where one is no picture.
pub fn take_pictures(
    cx: &Ctx,
    change: &mut Change,
    keys: &[&'static str; 3],
    refused: fn(&'static str) -> Error,
) -> Result<()> {
    let limits = &cx.app.config().upload;
    for (key, column, limit) in [
        (keys[0], Column::Avatar, limits.avatar_limit),
        (keys[1], Column::Header, limits.header_limit),
        (keys[2], Column::Background, limits.header_limit),
    ] {
        match pictures::take(cx, key, limit, || refused(key)) {
            Ok(picture) => change
                .pictures
                .extend(picture.map(|picture| (column, picture))),
            Err(error) => {
                discard(cx, change);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// What a profile may hold here.
pub fn limits(cx: &Ctx) -> Limits {
    let instance = &cx.app.config().instance;
    Limits {
        name: instance.name_limit as usize,
        bio: instance.bio_limit as usize,
    }
}

/// Makes the change of the own account.
pub fn apply(cx: &Ctx, change: &Change) -> Result<()> {
    let me = cx.me()?.id;
    store(cx, change, |tx| {
        profiles::update(tx, cx.app.base(), limits(cx), me, change)
    })
}

/// Makes a change by `work`, which answers the files that nothing refers to after it; new files vanish if it fails, and
/// those once it is made.
pub fn store(
    cx: &Ctx,
    change: &Change,
    work: impl FnOnce(&Tx) -> Result<Vec<String>>,
) -> Result<()> {
    match cx.app.db().write(work) {
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

/// Reads everything but the pictures (pleroma-contract A.4). `refused` is the answer where the named field is wrong.
pub fn read(params: &Params, refused: fn(&'static str) -> Error) -> Result<Change> {
    let no_source = Params::default();
    let source = params.map("source").unwrap_or(&no_source);
    Ok(Change {
        display_name: params.text("display_name").map(|text| text.into_owned()),
        note: params.text("note").map(|text| text.into_owned()),
        fields: params
            .has("fields_attributes")
            .then(|| fields(params, "fields_attributes")),
        actor_type: actor_type(params, refused)?,
        account_switches: account_switches(params),
        user_switches: user_switches(params, source),
        pictures: Vec::new(),
        default_visibility: default_visibility(params, source, refused)?,
        default_language: default_language(params, source, refused)?,
        settings_store: settings_store(params, refused)?,
    })
}

/// Fields without a name are dropped: that is how clients remove one.
pub fn fields(params: &Params, key: &str) -> Vec<(String, String)> {
    let text = |field: &Params, key| field.text(key).unwrap_or_default().trim().to_owned();
    params
        .maps(key)
        .into_iter()
        .map(|field| (text(field, "name"), text(field, "value")))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

fn actor_type(params: &Params, refused: fn(&'static str) -> Error) -> Result<Option<&'static str>> {
    match params.nonempty("actor_type").as_deref() {
        Some("Person") => Ok(Some("Person")),
        Some("Service") => Ok(Some("Service")),
        Some(_) => Err(refused("actor_type")),
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

fn default_visibility(
    params: &Params,
    source: &Params,
    refused: fn(&'static str) -> Error,
) -> Result<Option<Visibility>> {
    let Some(name) = params
        .nonempty("default_scope")
        .or(source.nonempty("privacy"))
    else {
        return Ok(None);
    };
    match Visibility::parse(&name) {
        Some(visibility) if DEFAULT_VISIBILITIES.contains(&visibility) => Ok(Some(visibility)),
        _ => Err(refused("default_scope")),
    }
}

fn default_language(
    params: &Params,
    source: &Params,
    refused: fn(&'static str) -> Error,
) -> Result<Option<String>> {
    let Some(code) = source.text("language").or(params.text("language")) else {
        return Ok(None);
    };
    let is_code = code.len() <= 35 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_code {
        Ok(Some(code.into_owned()))
    } else {
        Err(refused("language"))
    }
}

fn settings_store(params: &Params, refused: fn(&'static str) -> Error) -> Result<Store> {
    match params.json("pleroma_settings_store") {
        serde_json::Value::Null => Ok(Store::new()),
        serde_json::Value::Object(front_ends) => front_ends
            .into_iter()
            .map(|(front_end, settings)| {
                Ok((front_end, serde_json::value::to_raw_value(&settings)?))
            })
            .collect(),
        _ => Err(refused("pleroma_settings_store")),
    }
}
