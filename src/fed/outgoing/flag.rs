//! `Flag`: a report that the other server is to hear of. The server itself says it; who reported stays here.

use rusqlite::Connection;

use super::{Activity, Parcel};
use crate::app::App;
use crate::db::{accounts, audience, reports, statuses};
use crate::error::Result;
use crate::fed::instance_actor;
use crate::fed::keys::Signer;
use crate::ids::{ReportId, StatusId};

/// The reported account and its posts, with what was said about them.
pub fn flag(app: &App, db: &Connection, report: ReportId) -> Result<Option<Parcel>> {
    let Some(row) = reports::by_ids(db, &[report])?.pop() else {
        return Ok(None);
    };
    let (target, uri) = (accounts::by_id(db, row.target)?, reports::uri(db, report)?);
    let Some((target, uri)) = target.zip(uri) else {
        return Ok(None);
    };
    let named: Vec<StatusId> = reports::statuses(db, &[report])?
        .into_iter()
        .map(|(_, status)| status)
        .collect();
    let mut object = vec![target.uri.clone()];
    object.extend(
        statuses::by_ids(db, &named)?
            .into_iter()
            .map(|status| status.uri),
    );
    let me = instance_actor(app.base());
    let mut flag = Activity::new(uri, "Flag", &me, object, vec![target.uri]);
    flag.content = Some(row.comment);
    let inboxes = audience::of_people(db, &[target.id], false)?;
    let mut parcel = Parcel::new(row.account, &flag, inboxes)?;
    parcel.signer = Signer::Instance;
    Ok(Some(parcel))
}
