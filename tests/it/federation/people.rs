//! Two servers: chats, reports, blocks, moves and farewells, done and seen through the client API (T25).

use serde_json::{Value, json};

use super::pair::{Peer, copy, find, follow, id, kinds, relationship, settle};
use crate::support::TestUser;

const CHATS: &str = "/api/v1/pleroma/chats";

fn say(who: &TestUser, to: &Value, text: &str) -> Value {
    let chat = who
        .post(&format!("{CHATS}/by-account-id/{}", id(to)), &[])
        .ok();
    who.post(
        &format!("{CHATS}/{}/messages", id(&chat)),
        &[("content", text)],
    )
    .ok()
}

fn heard(who: &TestUser) -> Vec<String> {
    let chats = who.get(CHATS).ok();
    let Some(chat) = chats[0]["id"].as_str() else {
        return Vec::new();
    };
    let list = who.get(&format!("{CHATS}/{chat}/messages")).ok();
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|one| one["content"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn two_people_chat_across_servers() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let said = say(&ann, &find(&ann, "bob", &b), "hi bob");
    settle(&a, &b);
    assert_eq!(heard(&bob), ["hi bob"]);
    let told = bob
        .get("/api/v1/notifications?include_types[]=pleroma:chat_mention")
        .ok();
    assert_eq!(told[0]["account"]["acct"], format!("ann@{}", a.host));
    say(&bob, &find(&bob, "ann", &a), "hi ann");
    settle(&a, &b);
    assert_eq!(heard(&ann), ["hi ann", "hi bob"]);
    let chat = said["chat_id"].as_str().unwrap();
    ann.delete(&format!("{CHATS}/{chat}/messages/{}", id(&said)))
        .ok();
    settle(&a, &b);
    assert_eq!(heard(&bob), ["hi ann"]);
}

#[test]
fn a_report_reaches_the_admins_of_the_other_server_without_the_name_of_who_reports() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, root) = (a.user("ann"), b.user("bob"), b.server.admin("root"));
    let post = bob.post_status("rude");
    let (there, here) = (find(&ann, "bob", &b), copy(&ann, &post));
    let form = [
        ("account_id", id(&there)),
        ("status_ids[]", id(&here)),
        ("comment", "rude"),
        ("forward", "true"),
    ];
    ann.post("/api/v1/reports", &form).ok();
    settle(&a, &b);
    let reports = root.get("/api/pleroma/admin/reports").ok();
    let report = &reports["reports"][0];
    assert_eq!(
        (&report["account"]["id"], &report["content"]),
        (&json!(bob.id), &json!("rude"))
    );
    assert_eq!(report["statuses"][0]["id"], post["id"]);
    assert_eq!(report["actor"]["acct"], format!("{0}@{0}", a.host));
    assert!(!report["actor"].to_string().contains("ann"));
}

#[test]
fn who_blocks_somebody_elsewhere_has_no_ties_with_them_any_more() {
    let (a, b) = (
        Peer::start(&["federation.outgoing_blocks=true"]),
        Peer::start(&[]),
    );
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let (there, here) = (find(&ann, "bob", &b), find(&bob, "ann", &a));
    follow(&ann, &there);
    follow(&bob, &here);
    settle(&a, &b);
    let block = |verb: &str| {
        ann.post(&format!("/api/v1/accounts/{}/{verb}", id(&there)), &[])
            .ok();
        settle(&a, &b);
    };
    block("block");
    let (of_ann, of_bob) = (relationship(&ann, &there), relationship(&bob, &here));
    assert_eq!(
        (&of_ann["following"], &of_ann["followed_by"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&of_bob["following"], &of_bob["followed_by"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(of_bob["blocked_by"], true);
    let again = bob.post(&format!("/api/v1/accounts/{}/follow", id(&here)), &[]);
    assert_eq!(again.status, 403);
    block("unblock");
    assert_eq!(relationship(&bob, &here)["blocked_by"], false);
}

#[test]
fn who_moves_to_another_server_is_followed_there_and_may_leave_the_old_one() {
    let (a, b, c) = (Peer::start(&[]), Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, dora) = (a.user("ann"), b.user("bob"), c.user("dora"));
    let there = find(&ann, "bob", &b);
    follow(&ann, &there);
    settle(&a, &b);
    let alias = format!("bob@{}", b.host);
    dora.json("PUT", "/api/pleroma/aliases", &json!({"alias": alias}))
        .ok();
    let target = format!("dora@{}", c.host);
    let form = [
        ("password", bob.password.as_str()),
        ("target_account", target.as_str()),
    ];
    bob.post("/api/pleroma/move_account", &form).ok();
    for _ in 0..3 {
        settle(&a, &b);
        settle(&a, &c);
    }
    let new = find(&ann, "dora", &c);
    assert_eq!(relationship(&ann, &new)["following"], true);
    assert_eq!(relationship(&ann, &there)["following"], false);
    assert_eq!(kinds(&ann), ["move"]);
    let told = ann.get("/api/v1/notifications").ok();
    assert_eq!(told[0]["target"]["acct"], target);
    // Where they went is seen on both sides, by lists of accounts too, and as it is now.
    dora.patch(
        "/api/v1/accounts/update_credentials",
        &[("display_name", "Dora")],
    )
    .ok();
    for other in [&a, &b] {
        settle(&c, other);
    }
    let seen = ann.get(&format!("/api/v1/accounts/{}", id(&there))).ok();
    assert_eq!(
        (&seen["moved"]["acct"], &seen["moved"]["display_name"]),
        (&json!(target), &json!("Dora"))
    );
    assert!(seen["moved"].get("moved").is_none());
    let own = b.server.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(own["moved"]["acct"], target);
    let me = bob.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(me["moved"]["acct"], target);
}
