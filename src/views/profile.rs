//! The Profile entity: the own profile with its texts as typed (mastodon-api 1.2, API version 9).

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use super::account::{self, raw};
use super::featured_tag::FeaturedTag;
use crate::db;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// Profile. Pictures have no description here, and all tabs of a profile are always shown.
#[derive(Serialize)]
pub struct Profile {
    id: AccountId,
    display_name: String,
    note: String,
    fields: Box<RawValue>,
    avatar: Option<String>,
    avatar_static: Option<String>,
    avatar_description: &'static str,
    header: Option<String>,
    header_static: Option<String>,
    header_description: &'static str,
    locked: bool,
    bot: bool,
    hide_collections: bool,
    discoverable: bool,
    indexable: bool,
    show_media: bool,
    show_media_replies: bool,
    show_featured: bool,
    attribution_domains: [(); 0],
    featured_tags: Vec<FeaturedTag>,
}

/// The own profile.
pub fn load(view: &View, me: AccountId) -> Result<Profile> {
    let row = db::accounts::by_id(view.db, me)?.ok_or(Error::record())?;
    let private = db::preferences::of(view.db, me)?;
    let tags = db::featured_tags::of(view.db, me)?.into_iter();
    let featured_tags = tags.map(|tag| view.featured_tag(tag)).collect();
    let core = account::build(&row, view.house, view.admin).core;
    let (avatar, header) = (
        row.avatar.is_some().then_some(core.avatar),
        row.header.is_some().then_some(core.header),
    );
    Ok(Profile {
        id: me,
        display_name: core.display_name,
        note: private.note_source,
        fields: raw(&private.fields_source, "[]"),
        avatar_static: avatar.clone(),
        avatar,
        avatar_description: "",
        header_static: header.clone(),
        header,
        header_description: "",
        locked: core.locked,
        bot: core.bot,
        hide_collections: core.hide_collections,
        discoverable: core.discoverable,
        indexable: core.indexable,
        show_media: true,
        show_media_replies: true,
        show_featured: true,
        attribution_domains: [],
        featured_tags,
    })
}
