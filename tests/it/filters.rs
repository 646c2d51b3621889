//! Filters: their two versions, what they match, what they hide.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn make(owner: &TestUser, action: &str, keyword: &str) -> Value {
    let filter = json!({
        "title": "cats", "context": ["home", "notifications"], "filter_action": action,
        "keywords_attributes": [{"keyword": keyword, "whole_word": false}],
    });
    owner.json("POST", "/api/v2/filters", &filter).ok()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

fn filtered(viewer: &TestUser, status: &Value) -> Value {
    viewer.get(&format!("/api/v1/statuses/{}", id(status))).ok()["filtered"].clone()
}

#[test]
fn a_filter_is_made_shown_changed_and_deleted() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let form = [
        ("title", " pets "),
        ("context[]", "home"),
        ("context[]", "thread"),
        ("expires_in", "3600"),
        ("keywords_attributes[0][keyword]", "cat"),
        ("keywords_attributes[0][whole_word]", "false"),
        ("keywords_attributes[1][keyword]", "dog"),
    ];
    let made = alice.post("/api/v2/filters", &form).ok();
    let (cat, dog) = (&made["keywords"][0], &made["keywords"][1]);
    assert_eq!(
        made,
        json!({
            "id": made["id"], "title": "pets", "context": ["home", "thread"], "filter_action": "warn",
            "expires_at": made["expires_at"], "statuses": [],
            "keywords": [{"id": cat["id"], "keyword": "cat", "whole_word": false},
                         {"id": dog["id"], "keyword": "dog", "whole_word": true}],
        })
    );
    assert!(made["expires_at"].as_str().unwrap().ends_with('Z'));
    let path = format!("/api/v2/filters/{}", id(&made));
    assert_eq!(alice.get(&path).ok(), made);
    assert_eq!(alice.get("/api/v2/filters").ok(), json!([made]));
    let change = json!({
        "title": "beasts", "context": "account", "filter_action": "blur", "expires_in": "",
        "keywords_attributes": [{"id": cat["id"], "keyword": "tiger"}, {"id": dog["id"], "_destroy": true}, {"keyword": "ox"}],
    });
    let changed = alice.json("PUT", &path, &change).ok();
    assert_eq!(
        changed["keywords"][0],
        json!({"id": cat["id"], "keyword": "tiger", "whole_word": false})
    );
    assert_eq!(changed["keywords"][1]["keyword"], "ox");
    assert_eq!(changed["keywords"].as_array().unwrap().len(), 2);
    assert_eq!(
        [
            &changed["title"],
            &changed["context"],
            &changed["filter_action"],
            &changed["expires_at"]
        ],
        [
            &json!("beasts"),
            &json!(["account"]),
            &json!("blur"),
            &Value::Null
        ]
    );
    // What is not named stays.
    let renamed = alice.put(&path, &[("title", "fauna")]).ok();
    assert_eq!(
        (&renamed["context"], &renamed["keywords"]),
        (&changed["context"], &changed["keywords"])
    );
    assert_eq!(alice.delete(&path).ok(), json!({}));
    alice.get(&path).refused(404, "Record not found");
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let refused = |form: &[(&str, &str)], status: u16, error: &str| {
        alice.post("/api/v2/filters", form).refused(status, error);
    };
    refused(&[("context", "home")], 400, "Missing field: title.");
    refused(&[("title", "a")], 422, "The context is empty");
    refused(
        &[("title", " "), ("context", "home")],
        422,
        "The title is empty",
    );
    let known = "context is any of home, notifications, public, thread, account";
    refused(&[("title", "a"), ("context", "bed")], 422, known);
    let long = "x".repeat(513);
    let more = |key: &'static str, value: &str| -> Vec<(&'static str, String)> {
        vec![
            ("title", "a".into()),
            ("context", "home".into()),
            (key, value.to_owned()),
        ]
    };
    for (key, value, status, error) in [
        (
            "filter_action",
            "burn",
            422,
            "filter_action is one of warn, hide, blur",
        ),
        (
            "keywords_attributes[][keyword]",
            &*long,
            422,
            "The keyword is longer than 512 characters",
        ),
        (
            "keywords_attributes[][keyword]",
            " ",
            422,
            "The keyword is empty",
        ),
        ("keywords_attributes[][id]", "7", 404, "Record not found"),
    ] {
        let form = more(key, value);
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        refused(&form, status, error);
    }
    // Nothing of the refused ones stayed.
    assert_eq!(alice.get("/api/v2/filters").ok(), json!([]));
    let keywords: Vec<Value> = (0..300)
        .map(|n| json!({"keyword": format!("word{n}")}))
        .collect();
    let all = json!({"title": "all", "context": ["home"], "keywords_attributes": keywords});
    let full = alice.json("POST", "/api/v2/filters", &all).ok();
    alice
        .post(
            &format!("/api/v2/filters/{}/keywords", id(&full)),
            &[("keyword", "more")],
        )
        .refused(422, "There are no more than 300 keywords");
    for _ in 1..100 {
        alice
            .post("/api/v2/filters", &[("title", "a"), ("context", "home")])
            .ok();
    }
    refused(
        &[("title", "a"), ("context", "home")],
        422,
        "There are no more than 100 filters",
    );
}

#[test]
fn keywords_and_statuses_are_entities_of_their_own() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let filter = make(&alice, "warn", "cat");
    let path = format!("/api/v2/filters/{}", id(&filter));
    let keywords = format!("{path}/keywords");
    let added = alice.post(&keywords, &[("keyword", "dog")]).ok();
    assert_eq!(
        added,
        json!({"id": added["id"], "keyword": "dog", "whole_word": true})
    );
    assert_eq!(alice.get(&keywords).ok().as_array().unwrap().len(), 2);
    let one = format!("/api/v2/filters/keywords/{}", id(&added));
    let changed = alice.put(&one, &[("whole_word", "false")]).ok();
    assert_eq!(
        changed,
        json!({"id": added["id"], "keyword": "dog", "whole_word": false})
    );
    assert_eq!(alice.get(&one).ok(), changed);
    assert_eq!(alice.delete(&one).ok(), json!({}));
    alice.get(&one).refused(404, "Record not found");
    alice
        .post(&keywords, &[])
        .refused(400, "Missing field: keyword.");

    let post = bob.post_status("harmless");
    let statuses = format!("{path}/statuses");
    let entry = alice.post(&statuses, &[("status_id", id(&post))]).ok();
    assert_eq!(entry, json!({"id": entry["id"], "status_id": post["id"]}));
    assert_eq!(
        alice.post(&statuses, &[("status_id", id(&post))]).ok(),
        entry
    );
    assert_eq!(alice.get(&statuses).ok(), json!([entry]));
    let one = format!("/api/v2/filters/statuses/{}", id(&entry));
    assert_eq!(alice.get(&one).ok(), entry);
    let results = filtered(&alice, &post);
    assert_eq!(
        (
            &results[0]["keyword_matches"],
            &results[0]["status_matches"]
        ),
        (&Value::Null, &json!([post["id"]]))
    );
    assert_eq!(alice.delete(&one).ok(), json!({}));
    alice.get(&one).refused(404, "Record not found");
    assert_eq!(filtered(&alice, &post), json!([]));
    let secret = bob.post_with("psst", &[("visibility", "direct")]);
    alice
        .post(&statuses, &[("status_id", id(&secret))])
        .refused(404, "Record not found");
    alice
        .post(&statuses, &[])
        .refused(400, "Missing field: status_id.");
}

#[test]
fn nobody_sees_or_touches_another_persons_filter() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let filter = make(&alice, "warn", "cat");
    let post = alice.post_status("a cat");
    let path = format!("/api/v2/filters/{}", id(&filter));
    let entry = alice
        .post(&format!("{path}/statuses"), &[("status_id", id(&post))])
        .ok();
    let keyword = format!("/api/v2/filters/keywords/{}", id(&filter["keywords"][0]));
    let status = format!("/api/v2/filters/statuses/{}", id(&entry));
    let first = format!("/api/v1/filters/{}", id(&filter["keywords"][0]));
    for answer in [
        bob.get(&path),
        bob.put(&path, &[("title", "mine")]),
        bob.delete(&path),
        bob.get(&format!("{path}/keywords")),
        bob.post(&format!("{path}/keywords"), &[("keyword", "x")]),
        bob.get(&format!("{path}/statuses")),
        bob.post(&format!("{path}/statuses"), &[("status_id", id(&post))]),
        bob.get(&keyword),
        bob.put(&keyword, &[("keyword", "x")]),
        bob.delete(&keyword),
        bob.get(&status),
        bob.delete(&status),
        bob.get(&first),
        bob.put(&first, &[("phrase", "x")]),
        bob.delete(&first),
    ] {
        answer.refused(404, "Record not found");
    }
    assert_eq!(bob.get("/api/v1/filters").ok(), json!([]));
    // A keyword of one filter is not reached through another.
    let other = make(&alice, "warn", "dog");
    let theft =
        json!({"keywords_attributes": [{"id": filter["keywords"][0]["id"], "keyword": "x"}]});
    alice
        .json("PUT", &format!("/api/v2/filters/{}", id(&other)), &theft)
        .refused(404, "Record not found");
    assert_eq!(filtered(&bob, &post), json!([]));
    assert_eq!(
        server.get(&format!("/api/v1/statuses/{}", id(&post))).ok()["filtered"],
        json!([])
    );
}

#[test]
fn statuses_say_which_filters_they_match_in_text_warning_and_descriptions() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let filter = make(&alice, "warn", "CAT");
    let in_text = bob.post_with("two *cats* <b>", &[("content_type", "text/markdown")]);
    let expected = json!([{
        "filter": {"id": filter["id"], "title": "cats", "context": ["home", "notifications"],
                   "expires_at": null, "filter_action": "warn"},
        "keyword_matches": ["CAT"], "status_matches": null,
    }]);
    assert_eq!(filtered(&alice, &in_text), expected);
    let in_warning = bob.post_with("x", &[("spoiler_text", "concatenation")]);
    assert_eq!(filtered(&alice, &in_warning), expected);
    let described = bob.post_status("y");
    server
        .sql()
        .execute(
            "INSERT INTO media (id, account_id, status_id, kind, mime, file, description, created_at)
             VALUES (7, CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 'image', 'image/png', 'a.png', 'a \"Cat\"', 0)",
            [&bob.id, id(&described)],
        )
        .unwrap();
    server.app.house().fragments.clear();
    assert_eq!(filtered(&alice, &described), expected);
    // Markup is no text.
    let markup = make(&alice, "warn", "href");
    assert_eq!(
        filtered(&alice, &bob.post_status("https://a.example/")),
        json!([])
    );
    alice
        .delete(&format!("/api/v2/filters/{}", id(&markup)))
        .ok();
    // A reblog is filtered as what it wraps.
    let wrapper = bob
        .post(&format!("/api/v1/statuses/{}/reblog", id(&in_text)), &[])
        .ok();
    let seen = alice
        .get(&format!("/api/v1/statuses/{}", id(&wrapper)))
        .ok();
    assert_eq!(
        (&seen["filtered"], &seen["reblog"]["filtered"]),
        (&expected, &expected)
    );
}

#[test]
fn a_filter_that_has_run_out_matches_nothing() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let filter = make(&alice, "hide", "cat");
    let post = bob.post_status("cat");
    assert_eq!(filtered(&alice, &post).as_array().unwrap().len(), 1);
    server
        .sql()
        .execute("UPDATE filters SET expires_at = 1", [])
        .unwrap();
    assert_eq!(filtered(&alice, &post), json!([]));
    let path = format!("/api/v2/filters/{}", id(&filter));
    assert_eq!(
        alice.get(&path).ok()["expires_at"],
        "1970-01-01T00:00:00.001Z"
    );
    alice.put(&path, &[("expires_in", "")]).ok();
    assert_eq!(filtered(&alice, &post).as_array().unwrap().len(), 1);
    alice
        .put(&path, &[("expires_in", "soon")])
        .refused(400, "expires_in - Invalid integer. Got: string.");
}

#[test]
fn what_a_filter_hides_is_neither_at_home_nor_on_lists_nor_among_the_notifications() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    let list = alice.post("/api/v1/lists", &[("title", "a")]).ok();
    alice
        .post(
            &format!("/api/v1/lists/{}/accounts", id(&list)),
            &[("account_ids[]", &bob.id)],
        )
        .ok();
    let (own, hidden, shown) = (
        alice.post_status("my cat"),
        bob.post_status("@alice a cat"),
        bob.post_status("@alice a dog"),
    );
    let home = || ids(&alice.get("/api/v1/timelines/home").ok());
    let listed = || {
        ids(&alice
            .get(&format!("/api/v1/timelines/list/{}", id(&list)))
            .ok())
    };
    let told = || {
        let list = alice.get("/api/v1/notifications?types[]=mention").ok();
        let statuses = list.as_array().unwrap().iter();
        statuses
            .map(|one| id(&one["status"]).to_owned())
            .collect::<Vec<_>>()
    };
    let all = [&shown, &hidden, &own].map(|post| id(post).to_owned());
    let filter = make(&alice, "warn", "cat");
    assert_eq!(
        (home(), listed(), told()),
        (all.to_vec(), all[..2].to_vec(), all[..2].to_vec())
    );
    let path = format!("/api/v2/filters/{}", id(&filter));
    alice.put(&path, &[("filter_action", "hide")]).ok();
    // Nobody hides their own posts from themselves.
    assert_eq!(home(), [all[0].clone(), all[2].clone()]);
    assert_eq!((listed(), told()), (all[..1].to_vec(), all[..1].to_vec()));
    // Paging goes on where it would without the filter.
    let link = alice
        .get("/api/v1/timelines/home?limit=2")
        .header("Link")
        .unwrap()
        .to_owned();
    assert!(link.contains(&format!("max_id={}>", id(&hidden))), "{link}");
    alice.put(&path, &[("context[]", "public")]).ok();
    assert_eq!((home(), told()), (all.to_vec(), all[..2].to_vec()));
}

#[test]
fn the_first_version_shows_keywords_as_filters() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let form = [
        ("phrase", "cat"),
        ("context[]", "home"),
        ("irreversible", "true"),
        ("whole_word", "false"),
        ("expires_in", "3600"),
    ];
    let made = alice.post("/api/v1/filters", &form).ok();
    assert_eq!(
        made,
        json!({"id": made["id"], "phrase": "cat", "context": ["home"], "irreversible": true, "whole_word": false,
               "expires_at": made["expires_at"]})
    );
    let path = format!("/api/v1/filters/{}", id(&made));
    assert_eq!(alice.get(&path).ok(), made);
    let second = alice.get("/api/v2/filters").ok();
    assert_eq!(
        [
            &second[0]["title"],
            &second[0]["filter_action"],
            &second[0]["keywords"][0]["id"]
        ],
        [&json!("cat"), &json!("hide"), &made["id"]]
    );
    let post = bob.post_status("concat");
    assert_eq!(
        filtered(&alice, &post)[0]["keyword_matches"],
        json!(["cat"])
    );
    let change = [
        ("phrase", "dog"),
        ("context[]", "public"),
        ("irreversible", "false"),
    ];
    let changed = alice.put(&path, &change).ok();
    assert_eq!(
        [
            &changed["phrase"],
            &changed["context"],
            &changed["irreversible"],
            &changed["whole_word"]
        ],
        [
            &json!("dog"),
            &json!(["public"]),
            &json!(false),
            &json!(false)
        ]
    );
    assert_eq!(alice.delete(&path).ok(), json!({}));
    assert_eq!(alice.get("/api/v2/filters").ok(), json!([]));
    alice
        .post("/api/v1/filters", &[("context", "home")])
        .refused(400, "Missing field: phrase.");
}

#[test]
fn the_first_version_leaves_filters_with_several_keywords_whole() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let filter = make(&alice, "warn", "cat");
    let keywords = format!("/api/v2/filters/{}/keywords", id(&filter));
    alice.post(&keywords, &[("keyword", "dog")]).ok();
    let list = alice.get("/api/v1/filters").ok();
    let phrases: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["phrase"])
        .collect();
    assert_eq!(phrases, ["cat", "dog"]);
    let cat = format!("/api/v1/filters/{}", id(&list[0]));
    alice.put(&cat, &[("phrase", "ox")]).refused(
        422,
        "This filter has more than one keyword: change it by the second version of the API",
    );
    alice.delete(&cat).ok();
    assert_eq!(alice.get(&keywords).ok()[0]["keyword"], "dog");
}
