//! Many streams at once: nothing is missing, nothing comes twice, nothing comes out of order.

use super::client::Live;

const SOCKETS: usize = 200;
const POSTS: usize = 1000;

#[test]
fn two_hundred_sockets_hear_a_thousand_posts_each_once_and_in_order() {
    let live = Live::new();
    let users = ["alice", "bob", "carol", "dave"].map(|name| live.server.user(name));
    let clients: Vec<_> = (0..SOCKETS)
        .map(|number| live.stream(&users[number % 4], "public"))
        .collect();
    let mut posted = Vec::with_capacity(POSTS);
    let heard: Vec<Vec<String>> = std::thread::scope(|scope| {
        let reading: Vec<_> = clients
            .into_iter()
            .map(|mut client| scope.spawn(move || (0..POSTS).map(|_| client.about().1).collect()))
            .collect();
        for number in 0..POSTS {
            let post = users[number % 4].post_status(&format!("number {number}"));
            posted.push(post["id"].as_str().unwrap().to_owned());
        }
        reading
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for ids in heard {
        assert!(ids == posted, "a stream differs from what was posted");
    }
}
