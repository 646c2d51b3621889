//! Making accounts for others.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::ops::user_creation::{self, Wanted};
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

/// Each costs a hash, and they come in one request.
const AT_ONCE: usize = 50;

/// What became of one of them. One bad entry spoils all.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    nickname: &'a str,
    email: &'a str,
}

/// `POST /api/pleroma/admin/users`
pub fn create(cx: &Ctx) -> Result<Reply> {
    if !cx.params.has("users") {
        return Err(Error::MissingField("users"));
    }
    let wanted: Vec<Wanted> = cx.params.maps("users").into_iter().map(wanted).collect();
    if wanted.len() > AT_ONCE {
        return Err(Error::BadRequest(format!(
            "At most {AT_ONCE} users at once"
        )));
    }
    let problems = cx
        .app
        .db()
        .read(|db| user_creation::problems(db, &wanted))?;
    refuse(&wanted, &problems)?;
    let hashes = wanted
        .iter()
        .map(|one| cx.app.hasher().hash(&one.password).map_err(Error::internal))
        .collect::<Result<Vec<_>>>()?;
    cx.app.db().write(|tx| {
        refuse(&wanted, &user_creation::problems(tx, &wanted)?)?;
        user_creation::create_all(tx, cx.app.base(), cx.session.viewer(), &wanted, &hashes)
    })?;
    let entries: Vec<Entry> = wanted.iter().map(|one| entry(one, 200, None)).collect();
    Reply::json(&entries)
}

fn wanted(params: &Params) -> Wanted {
    let text = |key: &str| params.text(key).unwrap_or_default().into_owned();
    Wanted {
        nickname: text("nickname"),
        email: text("email"),
        password: text("password"),
    }
}

fn refuse(wanted: &[Wanted], problems: &[Option<String>]) -> Result<()> {
    if problems.iter().all(Option::is_none) {
        return Ok(());
    }
    let entries: Vec<Entry> = wanted
        .iter()
        .zip(problems)
        .map(|(one, problem)| entry(one, 409, Some(problem.as_deref().unwrap_or(""))))
        .collect();
    Err(Error::Answer(409, serde_json::to_value(entries)?))
}

fn entry<'a>(one: &'a Wanted, code: u16, error: Option<&'a str>) -> Entry<'a> {
    Entry {
        kind: if error.is_some() { "error" } else { "success" },
        code,
        error,
        data: Data {
            nickname: &one.nickname,
            email: &one.email,
        },
    }
}
