//! The hot queries walk indexes: no table of unbounded size is scanned, and nothing unbounded is sorted.

use crate::support::TestServer;
use crate::trace::{ONE_READER, heard, plan};

/// Lists as long as a page, a thread's limit, the people one post addresses, the newest few thousand or what admins decided by
/// hand may be walked whole.
const BOUNDED: [&str; 11] = [
    "decided",
    "recent",
    "page",
    "wanted",
    "up",
    "down",
    "people",
    "other",
    "CONSTANT",
    "found",
    "(subquery-1)",
];

/// Whether a step of a plan walks a table of any size.
pub fn is_bad(step: &str) -> bool {
    let walked = step
        .strip_prefix("SCAN ")
        .filter(|_| !step.contains("VIRTUAL TABLE"));
    walked.is_some_and(|rest| !BOUNDED.contains(&rest.split(' ').next().unwrap_or(rest)))
}

/// Every statement that the requests run, with its plan.
fn plans(targets: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let server = TestServer::with(ONE_READER);
    let (alice, other) = (server.user("alice"), server.user("other"));
    let poll = [
        ("poll[options][]", "yes"),
        ("poll[options][]", "no"),
        ("poll[expires_in]", "3600"),
    ];
    let id = alice.post_with("hi #cats @alice", &poll)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let open = [("hide_favorites", "false")];
    alice
        .patch("/api/v1/accounts/update_credentials", &open)
        .ok();
    let list = alice.post("/api/v1/lists", &[("title", "cats")]).ok();
    let list = list["id"].as_str().unwrap();
    let chat = format!("/api/v1/pleroma/chats/by-account-id/{}", other.id);
    let chat = alice.post(&chat, &[]).ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let message = format!("/api/v1/pleroma/chats/{chat}/messages");
    let message = alice.post(&message, &[("content", "hi")]).ok();
    let message = message["id"].as_str().unwrap();
    let (_, mut statements) = heard(&server, || {
        for (method, target) in targets {
            let target = target
                .replace("LIST", list)
                .replace("OTHER", &other.id)
                .replace("CHAT", &chat)
                .replace("MESSAGE", message)
                .replace("ID", &id)
                .replace("ME", &alice.id);
            let answer = alice.request(method, &target, &[], b"");
            assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        }
    });
    statements.sort_unstable();
    statements.dedup();
    let db = server.sql();
    statements
        .into_iter()
        .filter(|sql| sql.starts_with(['S', 'W', 'I', 'U', 'D']))
        .map(|sql| {
            let plan = plan(&db, &sql);
            (sql, plan)
        })
        .collect()
}

#[test]
fn timelines_are_ranges_of_indexes_read_in_order() {
    let pages = ["", "max_id=9000000000000000", "min_id=1"];
    let paths = [
        "/api/v1/timelines/home?",
        "/api/v1/timelines/public?",
        "/api/v1/timelines/public?local=true&",
        "/api/v1/timelines/tag/cats?all[]=cats&none[]=dogs&",
        "/api/v1/timelines/direct?",
        "/api/v1/timelines/list/LIST?",
        "/api/v1/accounts/ME/statuses?tagged=cats&",
        "/api/v1/favourites?",
        "/api/v1/bookmarks?",
        "/api/v1/pleroma/accounts/ME/favourites?",
        "/api/v1/bookmarks?folder_id=1&",
        "/api/v1/statuses/ID/favourited_by?",
        "/api/v1/statuses/ID/reblogged_by?",
        "/api/v1/pleroma/accounts/ME/scrobbles?",
    ];
    let targets: Vec<String> = paths
        .iter()
        .flat_map(|path| pages.iter().map(move |page| format!("{path}{page}")))
        .collect();
    let targets: Vec<(&str, &str)> = targets
        .iter()
        .map(|target| ("GET", target.as_str()))
        .collect();
    let plans = plans(&targets);
    let keyset = |sql: &str| sql.contains(" < ?1 AND ");
    assert_eq!(plans.iter().filter(|(sql, _)| keyset(sql)).count(), 30);
    for (sql, plan) in plans {
        let sorts = keyset(&sql) && plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(
            !sorts && !plan.iter().any(|step| is_bad(step)),
            "{sql}\n{plan:#?}"
        );
    }
}

#[test]
fn filters_walk_indexes() {
    let plans = plans(&[
        (
            "POST",
            "/api/v2/filters?title=a&context=home&keywords_attributes[][keyword]=cats",
        ),
        ("GET", "/api/v2/filters"),
        ("GET", "/api/v1/filters"),
        ("GET", "/api/v1/statuses/ID"),
    ]);
    assert!(plans.iter().any(|(sql, _)| sql.contains("FROM filters")));
    for (sql, plan) in plans {
        assert!(!plan.iter().any(|step| is_bad(step)), "{sql}\n{plan:#?}");
    }
}

#[test]
fn tags_and_trends_walk_indexes() {
    let plans = plans(&[
        ("POST", "/api/v1/tags/cats/follow"),
        ("POST", "/api/v1/featured_tags?name=cats"),
        ("GET", "/api/v1/featured_tags/suggestions"),
        ("GET", "/api/v1/followed_tags"),
        ("GET", "/api/v1/tags/cats"),
        ("GET", "/api/v1/trends/tags"),
        ("GET", "/api/v1/trends/statuses"),
        ("GET", "/api/v1/trends/links"),
        ("GET", "/api/v1/timelines/link?url=https://a.example/"),
        ("POST", "/api/v1/tags/cats/unfollow"),
    ]);
    assert!(plans.iter().any(|(sql, _)| sql.contains("status_days")));
    for (sql, plan) in plans {
        assert!(!plan.iter().any(|step| is_bad(step)), "{sql}\n{plan:#?}");
    }
}

#[test]
fn finding_people_walks_indexes() {
    let plans = plans(&[
        ("GET", "/api/v1/suggestions"),
        ("GET", "/api/v1/directory"),
        ("GET", "/api/v1/directory?order=new"),
        ("GET", "/api/v1/endorsements"),
        ("GET", "/api/v1/accounts/familiar_followers?id[]=ME"),
    ]);
    // The directory's indexes hold whom it lists, in its order: a page of it is walked.
    let is_walk = |step: &String| is_bad(step) && !step.starts_with("SCAN a USING INDEX accounts_");
    for (sql, plan) in plans {
        let sorts =
            sql.contains("accounts_active") && plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorts && !plan.iter().any(is_walk), "{sql}\n{plan:#?}");
    }
}

#[test]
fn posting_and_acting_on_posts_walk_no_table() {
    let plans = plans(&[
        ("POST", "/api/v1/statuses?status=hello+%40alice+%23cats"),
        (
            "POST",
            "/api/v1/statuses?status=psst&visibility=direct&in_reply_to_id=ID",
        ),
        ("GET", "/api/v1/statuses/ID"),
        ("GET", "/api/v1/statuses?id[]=ID"),
        ("GET", "/api/v1/statuses/ID/context"),
        ("PUT", "/api/v1/statuses/ID?status=hello+all+%40alice"),
        ("GET", "/api/v1/statuses/ID/history"),
        ("POST", "/api/v1/statuses?status=look&quote_id=ID"),
        ("GET", "/api/v1/statuses/ID/quotes?max_id=9000000000000000"),
        (
            "POST",
            "/api/v1/statuses?status=then&scheduled_at=2099-01-01T00:00:00Z",
        ),
        ("GET", "/api/v1/scheduled_statuses?min_id=1"),
        (
            "POST",
            "/api/v1/statuses?status=well&poll[options][]=a&poll[options][]=b&poll[expires_in]=0",
        ),
        ("POST", "/api/v1/statuses/ID/favourite"),
        ("POST", "/api/v1/statuses/ID/unfavourite"),
        ("POST", "/api/v1/statuses/ID/bookmark"),
        ("POST", "/api/v1/statuses/ID/reblog"),
        ("POST", "/api/v1/statuses/ID/unreblog"),
        ("POST", "/api/v1/statuses/ID/pin"),
        ("POST", "/api/v1/statuses/ID/mute"),
        ("DELETE", "/api/v1/statuses/ID"),
    ]);
    assert!(
        plans.len() > 30,
        "only {} statements were heard",
        plans.len()
    );
    for (sql, plan) in plans {
        assert!(!plan.iter().any(|step| is_bad(step)), "{sql}\n{plan:#?}");
    }
}

#[test]
fn notifications_and_searches_walk_indexes() {
    let plans = plans(&[
        ("GET", "/api/v1/notifications"),
        ("GET", "/api/v1/notifications?min_id=1&account_id=ME"),
        ("POST", "/api/v1/pleroma/notifications/read?max_id=9"),
        ("GET", "/api/v2/notifications"),
        ("GET", "/api/v2/notifications/unread_count"),
        ("GET", "/api/v2/notifications/policy"),
        ("GET", "/api/v1/notifications/requests"),
        ("POST", "/api/v1/notifications/requests/accept?id[]=OTHER"),
        ("POST", "/api/v1/notifications/requests/dismiss?id[]=OTHER"),
        ("POST", "/api/v1/notifications/clear"),
        ("GET", "/api/v2/search?q=cats"),
        ("GET", "/api/v2/search?q=from:me%20has:image"),
        ("GET", "/api/v2/search?q=in:library"),
        ("GET", "/api/v2/search?q=https://remote.example/1"),
        ("GET", "/api/v1/pleroma/statuses/ID/reactions"),
    ]);
    let is_list = |sql: &str| sql.contains("FROM notifications AS n JOIN");
    assert_eq!(plans.iter().filter(|(sql, _)| is_list(sql)).count(), 2);
    // The search engine's own tables are its own business.
    let ours = plans.iter().filter(|(sql, _)| !sql.contains("'main'."));
    for (sql, plan) in ours {
        let sorts = is_list(sql) && plan.iter().any(|step| step.contains("TEMP B-TREE"));
        let walks = plan.iter().any(|step| is_bad(step));
        assert!(!sorts && !walks, "{sql}\n{plan:#?}");
    }
}

#[test]
fn conversations_walk_indexes_and_are_read_in_order() {
    let plans = plans(&[
        (
            "POST",
            "/api/v1/statuses?status=psst+%40alice&visibility=direct",
        ),
        ("GET", "/api/v1/conversations"),
        ("GET", "/api/v1/conversations?min_id=1&recipients[]=ME"),
        ("GET", "/api/v1/pleroma/conversations/1"),
        ("GET", "/api/v1/pleroma/conversations/1/statuses"),
        ("GET", "/api/v1/pleroma/conversations/1/statuses?min_id=1"),
        ("PATCH", "/api/v1/pleroma/conversations/1?recipients[]=ME"),
        ("POST", "/api/v1/pleroma/conversations/read"),
        ("POST", "/api/v1/accounts/OTHER/block"),
        ("DELETE", "/api/v1/conversations/1"),
    ]);
    let is_list =
        |sql: &str| sql.contains("FROM participations AS p CROSS") && sql.contains("LIMIT ?4");
    assert_eq!(plans.iter().filter(|(sql, _)| is_list(sql)).count(), 2);
    for (sql, plan) in plans {
        let sorts = is_list(&sql) && plan.iter().any(|step| step.contains("TEMP B-TREE"));
        let walks = plan.iter().any(|step| is_bad(step));
        assert!(!sorts && !walks, "{sql}\n{plan:#?}");
    }
}

#[test]
fn chats_walk_indexes_and_are_read_in_order() {
    let plans = plans(&[
        ("POST", "/api/v1/pleroma/chats/by-account-id/OTHER"),
        ("POST", "/api/v1/pleroma/chats/CHAT/messages?content=hi"),
        ("GET", "/api/v1/pleroma/chats"),
        ("GET", "/api/v2/pleroma/chats?min_id=1"),
        ("GET", "/api/v1/pleroma/chats/CHAT/messages"),
        ("GET", "/api/v1/pleroma/chats/CHAT/messages?min_id=1"),
        ("POST", "/api/v1/pleroma/chats/CHAT/read?last_read_id=9"),
        ("DELETE", "/api/v1/pleroma/chats/CHAT/messages/MESSAGE"),
    ]);
    for (sql, plan) in plans {
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        let walks = plan.iter().any(|step| is_bad(step));
        assert!(!sorts && !walks, "{sql}\n{plan:#?}");
    }
}

#[test]
fn what_admins_look_through_is_read_along_indexes() {
    let server = TestServer::with(ONE_READER);
    let root = server.admin("root");
    root.post_status("hi");
    let (_, statements) = heard(&server, || {
        for target in [
            "statuses",
            "statuses?local_only=true&godmode=true",
            "users/root/statuses",
            "instances/far.example/statuses",
            "stats",
        ] {
            root.get(&format!("/api/pleroma/admin/{target}")).ok();
        }
    });
    let db = server.sql();
    for sql in statements.iter().filter(|sql| sql.starts_with('S')) {
        let plan = plan(&db, sql);
        // One row for each host and visibility: few.
        let walks = plan
            .iter()
            .any(|step| is_bad(step) && step != "SCAN status_counts");
        assert!(!walks, "{sql}\n{plan:#?}");
    }
}
