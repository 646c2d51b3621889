//! Things that get into a server by ways that a test does not want to walk: rows of other servers, pictures.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use kenoma::ids;
use rusqlite::params;

use crate::support::{TestServer, TestUser};

/// A picture of one colour.
pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_pixel(width, height, Rgb([200, 30, 30]));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

/// Somebody on another server.
pub fn stranger(server: &TestServer, username: &str, host: &str) -> String {
    let id = ids::next();
    let uri = format!("https://{host}/users/{username}");
    server
        .sql()
        .execute(
            "INSERT INTO accounts (id, username, host, uri, url, created_at) VALUES (?1, ?2, ?3, ?4, ?4, 1700000000000)",
            params![id, username, host, uri],
        )
        .unwrap();
    id.to_string()
}

/// Posts and returns the id.
pub fn post(user: &TestUser, visibility: &str, text: &str) -> String {
    let post = user.post_with(text, &[("visibility", visibility)]);
    post["id"].as_str().unwrap().to_owned()
}

/// A public status of somebody on another server, as if it had been delivered.
pub fn delivered(server: &TestServer, account: &str, text: &str) -> String {
    let (id, db) = (ids::next(), server.sql());
    let uri = format!("https://planted.example/{id}");
    db.execute("INSERT INTO conversations (uri) VALUES (?1)", [&uri])
        .unwrap();
    db.execute(
        "INSERT INTO statuses (id, uri, account_id, local, visibility, conversation_id, content, created_at)
         VALUES (?1, ?2, ?3, 0, 0, last_insert_rowid(), ?4, ?1 / 1000)",
        params![id, uri, account, text],
    )
    .unwrap();
    id.to_string()
}

/// A row of a table whose two columns are accounts: `blocks`, `mutes`.
pub fn pair(server: &TestServer, table: &str, account: &str, target: &str) {
    server
        .sql()
        .execute(
            &format!("INSERT INTO {table} (account_id, target_id) VALUES (?1, ?2)"),
            [account, target],
        )
        .unwrap();
}

/// One follows the other.
pub fn follow(server: &TestServer, account: &str, target: &str) {
    server
        .sql()
        .execute(
            "INSERT INTO follows (account_id, target_id, created_at) VALUES (?1, ?2, 0)",
            [account, target],
        )
        .unwrap();
}
