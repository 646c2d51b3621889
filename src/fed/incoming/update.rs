//! `Update`: somebody's profile changed. Edits of posts join here.

use super::{Activity, Handled, Verdict};
use crate::fed::resolve;
use crate::fed::wire::{self, Class};

/// Reads the profile anew from its own address: keys change only there.
pub fn update(activity: &Activity) -> Handled {
    let object = activity.object();
    match wire::type_of(object).0 {
        Class::Actor if activity.object_id() == Some(&activity.actor.uri) => {
            activity.app.fed().failures.forget(&activity.actor.uri);
            resolve::fresh_actor(activity.app, &activity.actor.uri, &activity.budget)?;
            Ok(Verdict::Applied)
        }
        _ => Ok(Verdict::Ignored("an Update of what is not known here")),
    }
}
