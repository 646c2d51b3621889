"""Two servers, each a process of its own, talk as their people do everything that one can do across servers.

First at addresses with a port, which is part of everybody's handle then; then at `http://127.0.0.2` and
`http://127.0.0.3`, for there are servers that take no port in a handle.
"""

import two_servers_people as people
import two_servers_posts as posts
import two_servers_queue as queue
from harness import Day, eventually, same
from peers import SOON, Peer, free_host, free_hosts_without_port

day = Day("two servers")


def sound(peer):
    """Looks, once nothing is left to do, whether a server is as it should be."""
    with day.step(f"{peer.host}: nothing waits, nothing was given up"):
        eventually(peer.is_idle, SOON)
        same(peer.sql("SELECT kind, last_error FROM jobs WHERE dead = 1"), [])
        # 2: not tried again, because what it carried was deleted meanwhile
        same(peer.sql("SELECT inbox, last_status, last_error FROM deliveries WHERE state = 2 AND urgency <> 2"), [])
    with day.step(f"{peer.host}: the database is sound, and no row names another that is not there"):
        same(peer.sql("PRAGMA integrity_check"), [("ok",)])
        same(peer.sql("PRAGMA foreign_key_check"), [])
        peer.command("check")
    with day.step(f"{peer.host}: no error in the log"):
        errors = [line for line in peer.log.read_text().splitlines() if " ERROR " in line or "panicked" in line]
        same(errors, [])


def agree(one, other):
    """Both servers say the same of every post that both have, and nobody was told of anything twice."""
    with day.step(f"{one.host} and {other.host} agree on every post that both have"):
        columns = "spoiler_text, favourites_count, reblogs_count, replies_count, quotes_count, edited_at IS NULL, content"
        rows = [{row[0]: row[1:] for row in peer.sql(f"SELECT uri, {columns} FROM statuses")} for peer in (one, other)]
        both = rows[0].keys() & rows[1].keys()
        assert len(both) > 10, both
        for uri in both:
            # Links may say more about themselves after they were looked through.
            same(*((uri, *counts, people.text(content)) for *counts, content in (rows[0][uri], rows[1][uri])))
        twice = "SELECT actor_id, kind, status_id FROM notifications GROUP BY account_id, 1, 2, 3 HAVING count(*) > 1"
        same([peer.sql(twice) for peer in (one, other)], [[], []])


def core(a, b):
    """What holds wherever they are: people find and follow each other, and read, answer and like what the other says."""
    people.prepare(day, a, b)
    people.find(day, a.ann, b.bob)
    people.follow(day, a, b)
    for visibility in posts.VISIBILITIES:
        posts.reach(day, a, b, visibility)
    posts.interact(day, b.bob, a.ann, "blob")
    posts.interact(day, a.ann, b.bob, "cat")


def at_ports():
    a = Peer(free_host(), "ann", "eve", "dan", "root:admin")
    b = Peer(free_host(), "bob", "carl", "root:admin")
    c = Peer(free_host(), "dora", ephemeral=True)
    core(a, b)
    posts.change(day, a, b)
    posts.delete(day, a, b)
    people.talk(day, a, b)
    people.listen(day, a, b)
    people.report(day, a, b)
    people.share_emoji(day, a, b)
    people.block(day, a, b)
    queue.wait_for_the_other(day, a, b)
    queue.survive(day, a, b)
    people.rotate_key(day, a, b)
    people.demand_signatures(day, a, b)
    agree(a, b)
    people.move(day, a, b, c)
    people.vanish(day, a, b)
    for peer in (a, b, c):
        sound(peer)
    for peer in (a, b, c):
        with day.step(f"{peer.host}: it leaves in order"):
            peer.stop()


def without_port():
    hosts = free_hosts_without_port()
    a = Peer(next(hosts), "ann", "eve", "dan", "root:admin", ephemeral=True)
    b = Peer(next(hosts), "bob", "carl", "root:admin", ephemeral=True)
    core(a, b)
    agree(a, b)
    for peer in (a, b):
        sound(peer)
        with day.step(f"{peer.host}: it leaves in order"):
            peer.stop()


for part in (at_ports, without_port):
    with day.step(f"{part.__name__.replace('_', ' ')}: to the end"):
        part()
day.end()
