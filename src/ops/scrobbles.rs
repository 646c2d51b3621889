//! Scrobbles: saying what one listens to (pleroma-contract 19).

use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::db::Tx;
use crate::db::scrobbles::{self, ScrobbleRow};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, ScrobbleId};
use crate::ops::outgoing::{self, Outgoing};
use crate::text::html;

/// The longest title, artist or album, in characters.
const LONGEST: usize = 1000;

/// What was listened to, as the client says it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The piece.
    pub title: String,
    /// Who plays it.
    pub artist: Option<String>,
    /// What it is from.
    pub album: Option<String>,
    /// Milliseconds, not negative.
    pub length: Option<i64>,
    /// Where it can be heard.
    pub link: Option<String>,
    /// Who may know.
    pub visibility: Visibility,
}

/// Adds a piece to what `me` listened to. Followers elsewhere hear of it if anybody may.
pub fn post(tx: &Tx, base: &BaseUrl, me: AccountId, draft: &Draft) -> Result<ScrobbleRow> {
    let uri = base.join(&format!("/activities/{}", ids::uuid()));
    let row = add(tx, me, uri, draft, Timestamp::now())?;
    if row.visibility <= Visibility::Unlisted {
        let id = row.id;
        outgoing::push_if_remote(tx, me, &[], true, || Outgoing::Listen { scrobble: id })?;
    }
    Ok(row)
}

/// Somebody elsewhere listened to something, says the Listen of that id.
pub fn add_from(tx: &Tx, from: AccountId, uri: &str, draft: &Draft, at: Timestamp) -> Result<()> {
    add(tx, from, uri.to_owned(), draft, at).map(drop)
}

fn add(
    tx: &Tx,
    who: AccountId,
    uri: String,
    draft: &Draft,
    created_at: Timestamp,
) -> Result<ScrobbleRow> {
    let refused = |text: String| Err(Error::BadRequest(text));
    let plain = |text: &String| Some(html::strip_tags(text)).filter(|text| !text.is_empty());
    let Some(title) = plain(&draft.title) else {
        return Err(Error::MissingField("title"));
    };
    let row = ScrobbleRow {
        id: ScrobbleId::new(),
        uri,
        account: who,
        visibility: draft.visibility,
        title,
        artist: draft.artist.as_ref().and_then(plain),
        album: draft.album.as_ref().and_then(plain),
        length: draft.length,
        link: draft.link.clone(),
        created_at,
    };
    let texts = [
        ("title", Some(&row.title)),
        ("artist", row.artist.as_ref()),
        ("album", row.album.as_ref()),
        ("externalLink", row.link.as_ref()),
    ];
    for (name, text) in texts {
        if text.is_some_and(|text| text.chars().count() > LONGEST) {
            return refused(format!("{name} is longer than {LONGEST} characters"));
        }
    }
    if row.length.is_some_and(|length| length < 0) {
        return refused("length must not be negative".into());
    }
    let is_web = |link: &String| link.starts_with("https://") || link.starts_with("http://");
    if row.link.as_ref().is_some_and(|link| !is_web(link)) {
        return refused("externalLink must be a web address".into());
    }
    scrobbles::insert(tx, &row)?;
    Ok(row)
}
