//! Reports to the admins, and what admins do about them (pleroma-contract D.2, A.6).

use serde_json::{Value, json};

use crate::planted::{pair, post, stranger};
use crate::support::{TestServer, TestUser, ids};

const REPORTS: &str = "/api/v1/reports";
const ADMIN: &str = "/api/pleroma/admin/reports";

fn report(from: &TestUser, of: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("account_id", of)];
    form.extend_from_slice(more);
    from.post(REPORTS, &form).ok()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

fn last_message(root: &TestUser) -> Value {
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    log["items"][0]["message"].clone()
}

#[test]
fn a_report_names_statuses_of_the_account_that_the_reporter_sees() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (rude, private) = (post(&bob, "public", "boo"), post(&bob, "private", "hm"));
    let own = post(&alice, "public", "mine");
    let made = report(
        &alice,
        &bob.id,
        &[
            ("status_ids[]", &rude),
            ("status_ids[]", &private),
            ("status_ids[]", &own),
            ("comment", "rude"),
            ("forward", "true"),
        ],
    );
    assert_eq!(
        (&made["action_taken"], &made["comment"], &made["category"]),
        (&json!(false), &json!("rude"), &json!("other"))
    );
    assert_eq!(made["status_ids"], json!([rude]));
    assert_eq!(made["target_account"]["id"], bob.id.as_str());
    // There is no other server to forward it to.
    assert_eq!(made["forwarded"], false);
    let far = stranger(&server, "zoe", "far.example");
    assert_eq!(
        report(&alice, &far, &[("forward", "true")])["forwarded"],
        true
    );
    let broken = report(&alice, &far, &[("rule_ids[]", "7")]);
    assert_eq!(
        (&broken["category"], &broken["rule_ids"]),
        (&json!("violation"), &json!(["7"]))
    );
}

#[test]
fn what_is_no_report_is_refused() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    assert_eq!(
        alice.post(REPORTS, &[]).with_status(400)["error"],
        "Missing field: account_id."
    );
    let of = |account: &str| alice.post(REPORTS, &[("account_id", account)]);
    for unknown in ["1", "x"] {
        of(unknown).refused(404, "Record not found");
    }
    of(&alice.id).refused(400, "You cannot report yourself");
    let with =
        |key: &str, value: &str| alice.post(REPORTS, &[("account_id", &bob.id), (key, value)]);
    with("comment", &"é".repeat(1001)).refused(400, "Comment must be up to 1000 characters");
    with("category", "boredom").refused(400, "Unknown category");
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    alice
        .json(
            "POST",
            REPORTS,
            &json!({"account_id": bob.id, "status_ids": many}),
        )
        .refused(400, "A report names at most 100 statuses");
    assert_eq!(root.get(ADMIN).ok(), json!({"total": 0, "reports": []}));
}

#[test]
fn admins_list_reports_by_state_and_page_and_read_them_whole() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    let rude = post(&bob, "public", "boo");
    let first = report(
        &alice,
        &bob.id,
        &[("status_ids[]", &rude), ("comment", "rude")],
    );
    let second = report(&bob, &alice.id, &[]);
    let all = root.get(ADMIN).ok();
    assert_eq!(all["total"], 2);
    assert_eq!(ids(&all["reports"]), [id(&second), id(&first)]);
    let shown = root.get(&format!("{ADMIN}/{}", id(&first))).ok();
    assert_eq!(shown, all["reports"][1]);
    assert_eq!(
        (&shown["state"], &shown["content"], &shown["notes"]),
        (&json!("open"), &json!("rude"), &json!([]))
    );
    assert_eq!(
        (&shown["account"]["nickname"], &shown["actor"]["nickname"]),
        (&json!("bob"), &json!("alice"))
    );
    assert_eq!(shown["account"]["acct"], "bob");
    assert_eq!(ids(&shown["statuses"]), [rude.as_str()]);
    assert_eq!(shown["statuses"][0]["account"]["email"], "bob@example.com");
    let page = root.get(&format!("{ADMIN}?page=2&page_size=1")).ok();
    assert_eq!(
        (ids(&page["reports"]), &page["total"]),
        (vec![id(&first).to_owned()], &json!(2))
    );
    assert_eq!(
        ids(&root.get(&format!("{ADMIN}?limit=1")).ok()["reports"]).len(),
        1
    );
    let closed = root.get(&format!("{ADMIN}?state=closed")).ok();
    assert_eq!(closed, json!({"total": 0, "reports": []}));
    root.get(&format!("{ADMIN}?state=odd"))
        .refused(400, "Unsupported state");
    for unknown in ["1", "x"] {
        root.get(&format!("{ADMIN}/{unknown}"))
            .refused(404, "Not found");
    }
    alice.get(ADMIN).refused(403, "User is not an admin.");
}

#[test]
fn a_state_is_set_for_all_reports_or_for_none() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    let (one, two) = (report(&alice, &bob.id, &[]), report(&bob, &alice.id, &[]));
    let set = |reports: Value| root.json("PATCH", ADMIN, &json!({"reports": reports}));
    let state = |report: &Value| root.get(&format!("{ADMIN}/{}", id(report))).ok()["state"].clone();
    let refused = set(json!([
        {"id": one["id"], "state": "resolved"},
        {"id": two["id"], "state": "done"},
        {"id": "1", "state": "closed"}
    ]));
    assert_eq!(
        refused.with_status(400),
        json!([{"id": two["id"], "error": "Unsupported state"}, {"id": "1", "error": "not_found"}])
    );
    assert_eq!(state(&one), "open");
    let answer = set(json!([
        {"id": one["id"], "state": "resolved"},
        {"id": two["id"], "state": "closed"}
    ]));
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(
        (state(&one), state(&two)),
        (json!("resolved"), json!("closed"))
    );
    assert_eq!(
        last_message(&root),
        format!("@root updated report #{} with 'closed' state", id(&two)).as_str()
    );
    let missing = root.patch(ADMIN, &[]).with_status(400);
    assert_eq!(missing["error"], "Missing field: reports.");
}

#[test]
fn admins_leave_notes_for_each_other() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    let made = report(&alice, &bob.id, &[]);
    let path = format!("{ADMIN}/{}/notes", id(&made));
    assert_eq!(root.post(&path, &[("content", "look at this")]).status, 204);
    assert_eq!(
        last_message(&root),
        format!("@root added note 'look at this' to report #{}", id(&made)).as_str()
    );
    let notes = || root.get(&format!("{ADMIN}/{}", id(&made))).ok()["notes"].clone();
    let note = notes()[0].clone();
    assert_eq!(
        (&note["content"], &note["user"]["nickname"]),
        (&json!("look at this"), &json!("root"))
    );
    root.post(&path, &[("content", " ")])
        .refused(400, "content can't be blank");
    assert_eq!(
        root.post(&path, &[]).with_status(400)["error"],
        "Missing field: content."
    );
    root.post(&format!("{ADMIN}/1/notes"), &[("content", "x")])
        .refused(404, "Not found");
    for unknown in [
        format!("{ADMIN}/1/notes/{}", id(&note)),
        format!("{path}/9"),
        format!("{path}/x"),
    ] {
        root.delete(&unknown).refused(404, "Not found");
    }
    assert_eq!(root.delete(&format!("{path}/{}", id(&note))).status, 204);
    assert_eq!(notes(), json!([]));
}

#[test]
fn admins_who_ask_for_it_are_notified_of_reports() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    let made = report(&alice, &bob.id, &[("comment", "rude")]);
    let list = "/api/v1/notifications";
    assert_eq!(root.get(list).ok(), json!([]));
    let asked = format!("{list}?include_types[]=pleroma:report");
    let told = root.get(&asked).ok();
    let told = &told[0];
    assert_eq!(
        (&told["type"], &told["account"]["id"]),
        (&json!("pleroma:report"), &json!(alice.id))
    );
    assert_eq!(
        (&told["report"]["id"], &told["report"]["content"]),
        (&made["id"], &json!("rude"))
    );
    assert_eq!(&root.get(&format!("{list}/{}", id(told))).ok(), told);
    assert_eq!(bob.get(&asked).ok(), json!([]));
    // Who is an admin no longer reads no report.
    let other = server.admin("other");
    other
        .delete("/api/pleroma/admin/users/root/permission_group/admin")
        .ok();
    assert_eq!(root.get(&asked).ok(), json!([]));
}

#[test]
fn a_report_outlives_its_subject_and_goes_with_its_author() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let root = server.admin("root");
    let rude = post(&bob, "public", "boo");
    let of_bob = report(&alice, &bob.id, &[("status_ids[]", &rude)]);
    report(&bob, &alice.id, &[]);
    pair(&server, "blocks", &bob.id, &alice.id);
    root.delete("/api/pleroma/admin/users?nickname=bob").ok();
    server.run_jobs();
    let left = root.get(ADMIN).ok();
    assert_eq!(ids(&left["reports"]), [id(&of_bob)]);
    assert_eq!(left["reports"][0]["statuses"], json!([]));
}
