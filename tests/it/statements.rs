//! A page costs as many SQL statements as a single status, and a post few.

use crate::support::{TestServer, TestUser, ids};
use crate::trace::{ONE_READER, heard};

/// A post with everything on it: media, mention, tag, poll, quote, reaction, favourite, and a reblog of it.
fn rich_post(
    server: &TestServer,
    author: &TestUser,
    other: &TestUser,
    quoted: &str,
    number: usize,
) {
    let text = format!("number {number} for @{} #tag{number}", other.name);
    let poll = [
        ("poll[options][]", "yes"),
        ("poll[options][]", "no"),
        ("poll[expires_in]", "3600"),
        ("quote_id", quoted),
    ];
    let posted = author.post_with(&text, &poll);
    let id = posted["id"].as_str().unwrap();
    let db = server.sql();
    db.execute(
        "INSERT INTO media (id, account_id, status_id, kind, mime, file, created_at)
         VALUES (CAST(?1 AS INTEGER) + 1, CAST(?2 AS INTEGER), CAST(?1 AS INTEGER), 'image', 'image/png', 'a.png', 0)",
        [id, &author.id],
    )
    .unwrap();
    db.execute(
        "INSERT INTO reactions (account_id, status_id, emoji) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), '🐈')",
        [&other.id, id],
    )
    .unwrap();
    other
        .post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
    other
        .post(&format!("/api/v1/statuses/{id}/reblog"), &[])
        .ok();
}

fn list_of(owner: &TestUser, member: &TestUser) -> String {
    let list = owner.post("/api/v1/lists", &[("title", "a")]).ok();
    let list = list["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/lists/{list}/accounts");
    owner.post(&path, &[("account_ids[]", &member.id)]).ok();
    list
}

#[test]
fn a_page_of_forty_costs_as_many_statements_as_a_page_of_one() {
    let server = TestServer::with(ONE_READER);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let quoted = alice.post_status("to be quoted");
    let quoted = quoted["id"].as_str().unwrap();
    for number in 0..40 {
        rich_post(&server, &alice, &bob, quoted, number);
    }
    let open = [("hide_favorites", "false")];
    bob.patch("/api/v1/accounts/update_credentials", &open).ok();
    let list = list_of(&bob, &alice);
    let filter = [
        ("title", "a"),
        ("context", "home"),
        ("keywords_attributes[][keyword]", "number"),
    ];
    bob.post("/api/v2/filters", &filter).ok();
    let cost = |target: &str, limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("{target}limit={limit}");
        let (page, statements) = heard(&server, || bob.get(&target).ok());
        assert_eq!(ids(&page).len(), limit, "{target}");
        statements.len()
    };
    for target in [
        "/api/v1/timelines/home?",
        "/api/v1/timelines/public?",
        &format!("/api/v1/accounts/{}/statuses?", alice.id),
        &format!("/api/v1/accounts/{}/statuses?", bob.id),
        "/api/v1/favourites?",
        &format!("/api/v1/pleroma/accounts/{}/favourites?", bob.id),
        &format!("/api/v1/timelines/list/{list}?"),
    ] {
        assert_eq!(cost(target, 40), cost(target, 1), "{target}");
    }
}

#[test]
fn a_post_costs_the_same_whatever_the_number_of_followers_and_mentions() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let cost = |text: &str| heard(&server, || alice.post_status(text)).1.len();
    cost("warm up");
    let plain = cost("hello");
    let names: Vec<String> = (0..8).map(|number| format!("user{number}")).collect();
    for name in &names {
        let follower = server.user(name);
        server
            .sql()
            .execute(
                "INSERT INTO follows (account_id, target_id, created_at) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 0)",
                [&follower.id, &alice.id],
            )
            .unwrap();
    }
    assert_eq!(cost("hello again"), plain);
    let one = cost("hi @user0 #a");
    let all = cost(&format!("hi @{} #a #b #c", names.join(" @")));
    assert_eq!(all, one);
    assert!(plain <= 20, "a plain post costs {plain} statements");
}

#[test]
fn a_list_of_accounts_costs_as_many_statements_as_one_account() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let others: Vec<TestUser> = (0..12).map(|n| server.user(&format!("user{n}"))).collect();
    for other in &others {
        other.follow(&alice);
        alice.follow(other);
        for verb in ["mute", "subscribe"] {
            let pleroma = if verb == "subscribe" { "pleroma/" } else { "" };
            alice
                .post(
                    &format!("/api/v1/{pleroma}accounts/{}/{verb}", other.id),
                    &[],
                )
                .ok();
        }
    }
    let cost = |target: &str, limit: usize| {
        let target = format!("{target}limit={limit}");
        // The search engine prepares statements of its own on first use.
        alice.get(&target).ok();
        server.app.house().fragments.clear();
        let (page, statements) = heard(&server, || alice.get(&target).ok());
        assert_eq!(ids(&page).len(), limit, "{target}");
        statements.len()
    };
    for target in [
        &format!("/api/v1/accounts/{}/followers?", alice.id),
        &format!(
            "/api/v1/accounts/{}/following?with_relationships=true&",
            alice.id
        ),
        "/api/v1/mutes?with_relationships=true&",
        "/api/v1/accounts/search?q=user&with_relationships=true&",
    ] {
        assert_eq!(cost(target, 12), cost(target, 1), "{target}");
    }
}

#[test]
fn a_page_of_notifications_costs_the_same_whatever_its_size() {
    let server = TestServer::with(ONE_READER);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let quoted = alice.post_status("to be quoted");
    let quoted = quoted["id"].as_str().unwrap();
    for number in 0..14 {
        rich_post(&server, &alice, &bob, quoted, number);
    }
    let cost = |limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("/api/v1/notifications?limit={limit}");
        let (page, statements) = heard(&server, || alice.get(&target).ok());
        assert_eq!(ids(&page).len(), limit);
        statements.len()
    };
    assert_eq!(cost(28), cost(1));
}

#[test]
fn a_page_of_conversations_costs_the_same_whatever_its_size() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    for number in 0..12 {
        let name = format!("user{number}");
        server.user(&name);
        alice.post_with(
            &format!("hi @{name} @user0"),
            &[("visibility", "direct"), ("spoiler_text", "#tag")],
        );
    }
    let cost = |target: &str, limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("{target}?limit={limit}");
        let (page, statements) = heard(&server, || alice.get(&target).ok());
        assert_eq!(ids(&page).len(), limit);
        statements.len()
    };
    let list = "/api/v1/conversations";
    assert_eq!(cost(list, 12), cost(list, 1));
    let first = ids(&alice.get(list).ok())[0].clone();
    for number in 0..11 {
        alice.post_with(
            &format!("number {number}"),
            &[("in_reply_to_conversation_id", &first)],
        );
    }
    let whole = format!("/api/v1/pleroma/conversations/{first}/statuses");
    assert_eq!(cost(&whole, 12), cost(&whole, 1));
}

#[test]
fn a_page_of_chats_and_of_messages_costs_the_same_whatever_its_size() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let mut last = String::new();
    for number in 0..12 {
        let other = server.user(&format!("user{number}"));
        let path = format!("/api/v1/pleroma/chats/by-account-id/{}", other.id);
        last = alice.post(&path, &[]).ok()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/api/v1/pleroma/chats/{last}/messages");
        alice.post(&path, &[("content", "hi")]).ok();
    }
    for number in 0..11 {
        let path = format!("/api/v1/pleroma/chats/{last}/messages");
        alice.post(&path, &[("content", &number.to_string())]).ok();
    }
    let cost = |target: &str, limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("{target}?limit={limit}");
        let (page, statements) = heard(&server, || alice.get(&target).ok());
        assert_eq!(ids(&page).len(), limit);
        statements.len()
    };
    let messages = format!("/api/v1/pleroma/chats/{last}/messages");
    for target in ["/api/v2/pleroma/chats", &messages] {
        assert_eq!(cost(target, 12), cost(target, 1), "{target}");
    }
}

#[test]
fn a_page_of_reports_costs_the_same_whatever_its_size() {
    let server = TestServer::with(ONE_READER);
    let (root, alice) = (server.admin("root"), server.user("alice"));
    for number in 0..12 {
        let other = server.user(&format!("user{number}"));
        let id = other.post_status("hm")["id"].as_str().unwrap().to_owned();
        let form = [("account_id", other.id.as_str()), ("status_ids[]", &id)];
        let made = alice.post("/api/v1/reports", &form).ok();
        let path = format!(
            "/api/pleroma/admin/reports/{}/notes",
            made["id"].as_str().unwrap()
        );
        root.post(&path, &[("content", "x")]);
    }
    let cost = |limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("/api/pleroma/admin/reports?page_size={limit}");
        let (page, statements) = heard(&server, || root.get(&target).ok());
        assert_eq!(ids(&page["reports"]).len(), limit);
        statements.len()
    };
    assert_eq!(cost(12), cost(1));
}
