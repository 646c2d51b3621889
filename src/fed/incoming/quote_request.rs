//! `QuoteRequest`: somebody elsewhere wants to quote a post of ours (FEP-044f).

use super::create::{around, is_own};
use super::{Activity, Handled, Verdict, passed_over};
use crate::db::statuses;
use crate::fed::reading::post;
use crate::fed::resolve::{self, Failure};
use crate::fed::wire::{self, Class};
use crate::ops::{quotes, remote_statuses};

/// Takes the quoting post, if it is not known yet, and answers as the author's policy says. Whoever asks for another's post,
/// or for one that does not quote, is refused.
pub fn request(activity: &Activity) -> Handled {
    let instrument = wire::get(activity.json, "instrument");
    let (Some(object), Some(quoting), Some(id)) =
        (activity.object_id(), wire::id_of(instrument), activity.id)
    else {
        return Ok(Verdict::Ignored("a QuoteRequest without its parts"));
    };
    let (quoted, known) = activity.app.db().read(|db| {
        let quoted = statuses::by_uri(db, object)?;
        Ok((quoted, statuses::id_of(db, quoting)?))
    })?;
    let Some(quoted) = quoted.filter(|row| row.local && row.reblog_of.is_none()) else {
        return Ok(Verdict::Ignored("a QuoteRequest for what is not here"));
    };
    let mut post = None;
    if wire::type_of(instrument).0 == Class::Post && is_own(activity, instrument) {
        let read = post::read(instrument, around(activity))
            .map_err(|reason| Failure::Refused(reason.to_owned()))?;
        post = Some(read);
    } else if known.is_none() && wire::same_host(quoting, &activity.actor.uri) {
        match resolve::object(activity.app, quoting, &activity.budget) {
            Err(Failure::Temporary(reason)) => return Err(Failure::Temporary(reason)),
            found => drop(passed_over(found)?),
        }
    }
    activity.apply(|tx| {
        match &post {
            Some(post) if known.is_none() => {
                remote_statuses::store(tx, activity.actor.id, post, None)?;
            }
            // Followers get the post at once, when it may not say yet what it quotes.
            Some(post) => quotes::meant(tx, activity.actor.id, quoting, post.quote.as_ref())?,
            None => {}
        }
        quotes::requested(
            tx,
            activity.app.base(),
            &quoted,
            activity.actor.id,
            quoting,
            id,
        )
    })
}
