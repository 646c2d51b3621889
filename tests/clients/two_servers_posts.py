"""Posts between two servers: who gets which, what the others do with them, and what becomes of them.

`ann` and `eve` on a follow `bob` on b, `dan` on a follows nobody; `ann` and `bob` follow each other.
"""

import requests

from harness import becomes, eventually, same
from peers import SOON

VISIBILITIES = ["public", "unlisted", "private", "direct", "list", "local"]
# Who on the other side has it in the home timeline, and who may read it there.
READERS = {"public": "ann eve", "unlisted": "ann eve", "private": "ann eve", "direct": "ann", "list": "ann", "local": ""}
OPEN = ("public", "unlisted")


def compose(a, b, visibility):
    """A post of bob's with all that a post may have."""
    pictures = [b.bob.upload(f"{visibility} picture {number}", (number, 80, 160)) for number in (1, 2)]
    more = {"visibility": visibility}
    if visibility == "list":
        made = b.bob.post("/api/v1/lists", title="friends")
        b.bob.post(f"/api/v1/lists/{made['id']}/accounts", **{"account_ids[]": b.bob.find(a.ann)["id"]})
        more = {"visibility": f"list:{made['id']}"}
    # Whoever is named in a post has it anyhow: where others are the point, nobody is.
    named = a.ann.handle if visibility in ("public", "direct", "local") else "friends"
    text = f"Hello {named}, this is {visibility} :blob: #Walk"
    more |= {"spoiler_text": f"careful, {visibility}", "sensitive": "true", "media_ids[]": pictures}
    return b.bob.say(text, language="de", **more)


def same_post(here, there):
    """Compares what the other server shows of a post with what its own shows."""
    for key in ("spoiler_text", "sensitive", "language", "uri", "url"):
        same((key, here[key]), (key, there[key]))
    same(here["pleroma"]["content"]["text/plain"], there["pleroma"]["content"]["text/plain"])
    same([one["name"] for one in here["tags"]], [one["name"] for one in there["tags"]])
    same([one["shortcode"] for one in here["emojis"]], [one["shortcode"] for one in there["emojis"]])
    same([one["url"] for one in here["mentions"]], [one["url"] for one in there["mentions"]])
    for one, other in zip(here["media_attachments"], there["media_attachments"], strict=True):
        for key in ("type", "description", "blurhash"):
            same((key, one[key]), (key, other[key]))
        same(requests.get(one["url"]).content, requests.get(other["url"]).content)
    for one in here["emojis"]:
        same(requests.get(one["url"]).status_code, 200)


def reach(day, a, b, visibility):
    readers = [getattr(a, name) for name in READERS[visibility].split()]
    with day.step(f"{a.host}: a post to {visibility} comes to whom it is for, whole"):
        post = compose(a, b, visibility)
        for reader in readers:
            here = reader.hears(post)
            same_post(here, b.bob.status(post))
            # Over there it is not known who else is on the list.
            same(here["visibility"], {"list": "direct"}.get(visibility, visibility))
        if a.ann.handle in post["pleroma"]["content"]["text/plain"] and readers:
            a.ann.told("mention", b.bob, here)
    with day.step(f"{a.host}: a post to {visibility} comes to nobody else"):
        b.bob.delivered(post, *([a] if readers else []))
        eventually(a.is_idle, SOON)
        for other in (a.ann, a.eve, a.dan):
            at_home = post["uri"] in [one["uri"] for one in other.home()]
            same((other.name, at_home), (other.name, other in readers))
            same((other.name, bool(other.copy(post))), (other.name, other in readers or visibility in OPEN))
        public = requests.get(f"{a.url}/api/v1/timelines/public", params={"limit": 40}).json()
        same(post["uri"] in [one["uri"] for one in public], visibility == "public")
        same(b.document(post["uri"]).status_code, 200 if visibility in OPEN else 404)


def interact(day, who, author, shortcode):
    """Everything that one can do with a post from elsewhere, and take back."""
    us = f"{who.handle} and {author.handle}"
    with day.step(f"{us}: a post and a poll arrive"):
        post = author.say("what do you say?")
        question = {"poll[options][]": ["yes", "no", "both"], "poll[expires_in]": 3600, "poll[multiple]": "true"}
        asked = author.say("tea?", **question)
        here, poll = who.hears(post), who.hears(asked)["poll"]
        same([one["title"] for one in poll["options"]], ["yes", "no", "both"])
        same((poll["multiple"], poll["expired"], poll["expires_at"]), (True, False, asked["poll"]["expires_at"]))
    reactions = f"/api/v1/pleroma/statuses/{here['id']}/reactions"
    with day.step(f"{us}: answers back and forth"):
        answer = who.say(f"{author.handle} good day", in_reply_to_id=here["id"])
        there = eventually(lambda: author.copy(answer), SOON)
        author.told("mention", who, there)
        same((there["in_reply_to_id"], author.status(post)["replies_count"]), (post["id"], 1))
        back = author.say(f"{who.handle} indeed", in_reply_to_id=there["id"])
        who.told("mention", author, eventually(lambda: who.copy(back), SOON))
        for one, at in ((who, here), (author, post)):
            thread = one.get(f"/api/v1/statuses/{at['id']}/context")["descendants"]
            same([status["uri"] for status in thread], [answer["uri"], back["uri"]])
    with day.step(f"{us}: favourite, boost and bookmark"):
        for verb in ("favourite", "reblog", "bookmark"):
            who.act(verb, here)
        for kind in ("favourite", "reblog"):
            author.told(kind, who, post)
        now = author.status(post)
        same((now["favourites_count"], now["reblogs_count"], now["bookmarked"]), (1, 1, False))
        for path in ("favourited_by", "reblogged_by"):
            same([one["acct"] for one in author.get(f"/api/v1/statuses/{post['id']}/{path}")], [who.acct])
        same([one["uri"] for one in who.get("/api/v1/bookmarks")], [post["uri"]])
    with day.step(f"{us}: react with Unicode and custom emoji"):
        for one in ("☕", shortcode):
            who.put(f"{reactions}/{one}")
        seen = lambda: author.status(post)["pleroma"]["emoji_reactions"]
        becomes(lambda: len(seen()), 2, SOON)
        custom, coffee = sorted(seen(), key=lambda one: one["name"])
        same((coffee["name"], coffee["count"], coffee["me"]), ("☕", 1, False))
        same((custom["name"], custom["count"]), (f"{shortcode}@{who.peer.host}", 1))
        same(requests.get(custom["url"]).status_code, 200)
        same(author.told("pleroma:emoji_reaction", who, post)["status"]["id"], post["id"])
    with day.step(f"{us}: quote"):
        quoting = who.say("look at this", quoted_status_id=here["id"])
        becomes(lambda: who.status(quoting)["quote"]["state"], "accepted", SOON)
        there = eventually(lambda: author.copy(quoting), SOON)
        same((there["quote"]["state"], there["quote"]["quoted_status"]["id"]), ("accepted", post["id"]))
        author.told("quote", who, there)
        same(author.status(post)["quotes_count"], 1)
    with day.step(f"{us}: vote"):
        who.post(f"/api/v1/polls/{poll['id']}/votes", **{"choices[]": ["0", "2"]})
        count = lambda one, at: [option["votes_count"] for option in one.get(f"/api/v1/polls/{at['id']}")["options"]]
        becomes(lambda: count(author, asked["poll"]), [1, 0, 1], SOON)
        same(author.get(f"/api/v1/polls/{asked['poll']['id']}")["voters_count"], 1)
        same(who.get(f"/api/v1/polls/{poll['id']}")["own_votes"], [0, 2])
        same(count(who, poll), [1, 0, 1])
        who.post(f"/api/v1/polls/{poll['id']}/votes", expected=422, **{"choices[]": ["1"]})
    with day.step(f"{us}: all of it is taken back, and only it"):
        for verb in ("unfavourite", "unreblog", "unbookmark"):
            who.act(verb, here)
        for one in ("☕", shortcode):
            who.delete(f"{reactions}/{one}")
        for status in (answer, quoting):
            who.delete(f"/api/v1/statuses/{status['id']}")
        counts = ("favourites_count", "reblogs_count", "replies_count", "quotes_count")
        for one, at in ((author, post), (who, here)):
            becomes(lambda: [one.status(at)[key] for key in counts], [0, 0, 0, 0], SOON)
            becomes(lambda: one.status(at)["pleroma"]["emoji_reactions"], [], SOON)
            for path in ("favourited_by", "reblogged_by"):
                same(one.get(f"/api/v1/statuses/{at['id']}/{path}"), [])
        same((author.copy(answer), author.copy(quoting), bool(author.copy(back))), (None, None, True))


def change(day, a, b):
    with day.step("an edit is seen with its history, by whoever boosted too"):
        post = b.bob.say("first words #one", language="en")
        here = a.ann.hears(post)
        a.ann.act("reblog", here)
        b.bob.told("reblog", a.ann, post)
        changed = {"status": "second words :blob: #two", "spoiler_text": "mind", "language": "de"}
        b.bob.put(f"/api/v1/statuses/{post['id']}", **changed, **{"media_ids[]": b.bob.upload("new", (5, 5, 5))})
        eventually(lambda: a.ann.status(here)["edited_at"], SOON)
        same_post(a.ann.status(here), b.bob.status(post))
        for who, at in ((a.ann, here), (b.bob, post)):
            versions = [version["content"] for version in who.get(f"/api/v1/statuses/{at['id']}/history")]
            assert len(versions) == 2 and "first" in versions[0] and "second" in versions[1], versions
        a.ann.told("update", b.bob, here)
        a.ann.act("unreblog", here)
    with day.step("a pinned post is seen on the profile, until it is unpinned"):
        pinned = lambda: [one["uri"] for one in a.ann.get(f"/api/v1/accounts/{here['account']['id']}/statuses", pinned="true")]
        b.bob.act("pin", post)
        becomes(pinned, [post["uri"]], SOON)
        b.bob.act("unpin", post)
        becomes(pinned, [], SOON)
    with day.step("a poll that closes is closed on both sides, with the same result"):
        asked = b.bob.say("quick!", **{"poll[options][]": ["now", "later"], "poll[expires_in]": 4})
        poll = a.ann.hears(asked)["poll"]
        a.ann.post(f"/api/v1/polls/{poll['id']}/votes", **{"choices[]": "1"})
        for who, at in ((b.bob, asked["poll"]), (a.ann, poll)):
            result = lambda: who.get(f"/api/v1/polls/{at['id']}")
            eventually(lambda: result()["expired"], SOON)
            becomes(lambda: [option["votes_count"] for option in result()["options"]], [0, 1], SOON)
            same(result()["voters_count"], 1)
            eventually(lambda: who.get("/api/v1/notifications", **{"types[]": "poll"}), SOON)
        a.ann.post(f"/api/v1/polls/{poll['id']}/votes", expected=422, **{"choices[]": "0"})


def delete(day, a, b):
    with day.step("a deleted post goes on both sides"):
        post = b.bob.say("soon gone")
        here = a.ann.hears(post)
        a.ann.act("favourite", here)
        b.bob.told("favourite", a.ann, post)
        b.bob.delete(f"/api/v1/statuses/{post['id']}")
        eventually(lambda: a.ann.copy(post) is None, SOON)
        a.ann.get(f"/api/v1/statuses/{here['id']}", 404)
        assert post["uri"] not in [one["uri"] for one in a.ann.home()]
        same(b.document(post["uri"]).status_code, 410)
