//! What a person takes along to another server: CSV files as Mastodon writes them, under the addresses where it offers them.
//! Names of this server's people carry its host, so that another server finds them.

use crate::db::exports::{self, Address};
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /settings/exports/follows.csv`
pub fn follows(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::follows(db, me))?;
    let head = [
        "Account address",
        "Show boosts",
        "Notify on new posts",
        "Languages",
    ];
    let mut csv = Csv::with_head(&head);
    for follow in rows {
        let languages: Vec<String> = match &follow.languages {
            Some(json) => serde_json::from_str(json)?,
            None => Vec::new(),
        };
        csv.row(&[
            &full(cx, &follow.address),
            truth(follow.show_reblogs),
            truth(follow.notify),
            &languages.join(", "),
        ]);
    }
    csv.reply("following_accounts.csv")
}

/// `GET /settings/exports/blocks.csv`
pub fn blocks(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::blocks(db, me))?;
    let mut csv = Csv::default();
    rows.iter()
        .for_each(|address| csv.row(&[&full(cx, address)]));
    csv.reply("blocked_accounts.csv")
}

/// `GET /settings/exports/mutes.csv`
pub fn mutes(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::mutes(db, me))?;
    let mut csv = Csv::with_head(&["Account address", "Hide notifications"]);
    for (address, notifications) in &rows {
        csv.row(&[&full(cx, address), truth(*notifications)]);
    }
    csv.reply("muted_accounts.csv")
}

/// `GET /settings/exports/domain_blocks.csv`
pub fn domain_blocks(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::domain_blocks(db, me))?;
    let mut csv = Csv::default();
    rows.iter().for_each(|host| csv.row(&[host]));
    csv.reply("blocked_domains.csv")
}

/// `GET /settings/exports/lists.csv`
pub fn lists(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::lists(db, me))?;
    let mut csv = Csv::default();
    for (title, address) in &rows {
        csv.row(&[title, &full(cx, address)]);
    }
    csv.reply("lists.csv")
}

/// `GET /settings/exports/bookmarks.csv`
pub fn bookmarks(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| exports::bookmarks(db, me))?;
    let mut csv = Csv::default();
    rows.iter().for_each(|uri| csv.row(&[uri]));
    csv.reply("bookmarks.csv")
}

/// The name with a host, also for people of this server.
fn full(cx: &Ctx, address: &Address) -> String {
    let host = match address.host.as_str() {
        "" => cx.app.base().domain(),
        host => host,
    };
    format!("{}@{host}", address.username)
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A file of rows (RFC 4180).
#[derive(Default)]
struct Csv(String);

impl Csv {
    fn with_head(names: &[&str]) -> Csv {
        let mut csv = Csv::default();
        csv.row(names);
        csv
    }

    fn row(&mut self, values: &[&str]) {
        for (position, value) in values.iter().enumerate() {
            if position > 0 {
                self.0.push(',');
            }
            if value.contains([',', '"', '\n', '\r']) {
                self.0
                    .push_str(&format!("\"{}\"", value.replace('"', "\"\"")));
            } else {
                self.0.push_str(value);
            }
        }
        self.0.push('\n');
    }

    fn reply(self, name: &str) -> Result<Reply> {
        let disposition = format!("attachment; filename=\"{name}\"");
        Ok(Reply::bytes("text/csv; charset=utf-8", self.0.into_bytes())
            .header("Content-Disposition", &disposition)
            .header("Cache-Control", "private, no-store"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_would_break_a_row_are_quoted() {
        let mut csv = Csv::with_head(&["a", "b"]);
        csv.row(&["x, y", "say \"hi\"\nthere"]);
        assert_eq!(csv.0, "a,b\n\"x, y\",\"say \"\"hi\"\"\nthere\"\n");
    }
}
