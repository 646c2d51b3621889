"""What people on two servers do with each other, beside posting. `ann`, `eve` and `dan` live on a, `bob` and `carl` on b."""

import requests
from bs4 import BeautifulSoup

from harness import becomes, eventually, picture, same
from peers import DOCUMENT, SOON

CHATS = "/api/v1/pleroma/chats"
PACKS = ["/api/pleroma/emoji", "/api/v1/pleroma/emoji"]


def emoji(root, pack, shortcode, colour):
    """Makes a pack with one emoji, as an admin's client does."""
    root.post(f"/api/pleroma/emoji/packs/{pack}")
    file = ("emoji.png", picture(32, 32, colour), "image/png")
    root.post(f"/api/pleroma/emoji/packs/{pack}/files", files={"file": file}, shortcode=shortcode)


def text(html):
    return BeautifulSoup(html, "html.parser").text


def prepare(day, a, b):
    with day.step(f"{a.host}, {b.host}: emoji for each, and a profile with all that it may have"):
        emoji(a.root, "cats", "cat", (90, 90, 90))
        emoji(b.root, "blobs", "blob", (240, 200, 40))
        colours = {"avatar": (9, 9, 200), "header": (9, 200, 9)}
        files = {name: (f"{name}.png", picture(colour=colour), "image/png") for name, colour in colours.items()}
        more = {"fields_attributes[0][name]": "Web", "fields_attributes[0][value]": "https://bob.example", "note": "I am *here*"}
        b.bob.patch("/api/v1/accounts/update_credentials", files=files, display_name="Bob :blob:", **more)
        b.carl.patch("/api/v1/accounts/update_credentials", locked="true")


def find(day, ann, bob):
    with day.step(f"{ann.handle} finds {bob.handle} with all that he shows"):
        there = bob.get("/api/v1/accounts/verify_credentials")
        here = ann.find(bob)
        for key in ("display_name", "note", "url", "bot", "locked"):
            same((key, here[key]), (key, there[key]))
        same([(one["name"], text(one["value"])) for one in here["fields"]], [("Web", "https://bob.example")])
        same([one["shortcode"] for one in here["emojis"]], ["blob"])
        for picture_here, picture_there in ((here["avatar"], there["avatar"]), (here["header"], there["header"])):
            one, other = requests.get(picture_here), requests.get(picture_there)
            same((one.status_code, one.headers["Content-Type"]), (200, "image/png"))
            assert one.content == other.content
        same(requests.get(here["emojis"][0]["url"]).status_code, 200)
        same(ann.get("/api/v1/accounts/lookup", acct=bob.acct)["id"], here["id"])
    with day.step(f"{bob.handle} finds {ann.handle}"):
        same(bob.find(ann)["username"], ann.name)
    with day.step("nobody is found who is not there, and strangers have nobody looked up"):
        ann.get("/api/v1/accounts/lookup", 404, acct=f"nobody@{bob.peer.host}")
        same(requests.get(f"{ann.peer.url}/api/v1/accounts/lookup", params={"acct": f"root@{bob.peer.host}"}).status_code, 404)


def befriend(one, other):
    """Follows an open account elsewhere, and waits until both sides know of it."""
    there = one.find(other)
    one.post(f"/api/v1/accounts/{there['id']}/follow")
    eventually(lambda: one.relationship(there)["following"], SOON)
    eventually(lambda: other.relationship(other.find(one))["followed_by"], SOON)
    return there


def follow(day, a, b):
    with day.step(f"{a.ann.handle} and {b.bob.handle} follow each other, and are told"):
        befriend(a.ann, b.bob)
        b.bob.told("follow", a.ann)
        befriend(b.bob, a.ann)
        a.ann.told("follow", b.bob)
        followers = b.bob.get(f"/api/v1/accounts/{b.bob.id}/followers")
        same([one["acct"] for one in followers], [a.ann.acct])
        befriend(a.eve, b.bob)
    with day.step("a locked account is asked first, and lets one in and the other not"):
        there = a.ann.find(b.carl)
        for who in (a.ann, a.eve):
            who.post(f"/api/v1/accounts/{there['id']}/follow")
            b.carl.told("follow_request", who)
            same((who.relationship(there)["following"], who.relationship(there)["requested"]), (False, True))
        asking = {one["acct"]: one["id"] for one in b.carl.get("/api/v1/follow_requests")}
        same(set(asking), {a.ann.acct, a.eve.acct})
        b.carl.post(f"/api/v1/follow_requests/{asking[a.ann.acct]}/authorize")
        b.carl.post(f"/api/v1/follow_requests/{asking[a.eve.acct]}/reject")
        eventually(lambda: a.ann.relationship(there)["following"], SOON)
        eventually(lambda: not a.eve.relationship(there)["requested"], SOON)
        same(a.eve.relationship(there)["following"], False)
        same([one["acct"] for one in b.carl.get(f"/api/v1/accounts/{b.carl.id}/followers")], [a.ann.acct])
    with day.step("a changed profile is shown on the other side"):
        b.bob.patch("/api/v1/accounts/update_credentials", display_name="Robert :blob:")
        becomes(lambda: a.ann.find(b.bob)["display_name"], "Robert :blob:", SOON)


def talk(day, a, b):
    """Chats and direct conversations."""

    def messages(who, chat):
        return who.get(f"{CHATS}/{chat['id']}/messages")

    def chat_with(who, other):
        return who.post(f"{CHATS}/by-account-id/{who.find(other)['id']}")

    with day.step("a chat message with a picture arrives, and the answer to it"):
        of_ann, of_bob = chat_with(a.ann, b.bob), chat_with(b.bob, a.ann)
        picture_id = a.ann.upload("a chat picture", (1, 2, 3))
        sent = a.ann.post(f"{CHATS}/{of_ann['id']}/messages", content="look :cat:", media_id=picture_id)
        heard = eventually(lambda: messages(b.bob, of_bob), SOON)[0]
        same((heard["content"], [one["shortcode"] for one in heard["emojis"]]), ("look :cat:", ["cat"]))
        assert requests.get(heard["attachment"]["url"]).content == requests.get(sent["attachment"]["url"]).content
        b.bob.told("pleroma:chat_mention", a.ann)
        same(b.bob.get(f"{CHATS}/{of_bob['id']}")["unread"], 1)
        b.bob.post(f"{CHATS}/{of_bob['id']}/messages", content="nice")
        becomes(lambda: [one["content"] for one in messages(a.ann, of_ann)], ["nice", "look :cat:"], SOON)
    with day.step("a chat message that is taken back goes on both sides"):
        a.ann.delete(f"{CHATS}/{of_ann['id']}/messages/{sent['id']}")
        becomes(lambda: [one["content"] for one in messages(b.bob, of_bob)], ["nice"], SOON)
        same([one["content"] for one in messages(a.ann, of_ann)], ["nice"])
    with day.step("a direct conversation goes back and forth, and is one on each side"):
        before = {one["id"] for one in a.ann.get("/api/v1/conversations")}
        first = a.ann.say(f"{b.bob.handle} between us", visibility="direct")
        b.bob.told("mention", a.ann, eventually(lambda: b.bob.copy(first), SOON))
        there = b.bob.get("/api/v1/conversations")[0]
        same((there["last_status"]["uri"], there["unread"]), (first["uri"], True))
        same([one["acct"] for one in there["accounts"]], [a.ann.acct])
        answer = b.bob.say(f"{a.ann.handle} yes", visibility="direct", in_reply_to_id=there["last_status"]["id"])
        a.ann.told("mention", b.bob, eventually(lambda: a.ann.copy(answer), SOON))
        here = [one for one in a.ann.get("/api/v1/conversations") if one["id"] not in before]
        same([one["last_status"]["uri"] for one in here], [answer["uri"]])
        same([one["acct"] for one in here[0]["accounts"]], [b.bob.acct])
        whole = a.ann.get(f"/api/v1/pleroma/conversations/{here[0]['id']}/statuses")
        same([one["uri"] for one in whole], [first["uri"], answer["uri"]])
        same(b.document(answer["uri"]).status_code, 404)
        a.eve.get(f"/api/v1/statuses/{a.ann.copy(answer)['id']}", 404)


def listen(day, a, b):
    with day.step("what somebody listens to is seen on the other side"):
        b.bob.post("/api/v1/pleroma/scrobble", title="Lament", artist="The Cats", album="Night", length="180000")
        there = a.ann.find(b.bob)
        seen = eventually(lambda: a.ann.get(f"/api/v1/pleroma/accounts/{there['id']}/scrobbles"), SOON)
        same([seen[0][key] for key in ("title", "artist", "album", "length")], ["Lament", "The Cats", "Night", 180000])


def report(day, a, b):
    with day.step("a forwarded report reaches the admins of the other server, not the name of who reports"):
        post = b.bob.say("rude")
        here = a.ann.hears(post)
        about = {"account_id": here["account"]["id"], "status_ids[]": here["id"]}
        a.ann.post("/api/v1/reports", comment="so rude", forward="true", **about)
        seen = eventually(lambda: b.root.get("/api/pleroma/admin/reports")["reports"], SOON)[0]
        same((seen["account"]["id"], seen["content"]), (b.bob.id, "so rude"))
        same([one["id"] for one in seen["statuses"]], [post["id"]])
        same(seen["actor"]["acct"], f"{a.host}@{a.host}")
        assert a.ann.name not in str(seen["actor"]), seen["actor"]
        same([one["content"] for one in a.root.get("/api/pleroma/admin/reports")["reports"]], ["so rude"])


def share_emoji(day, a, b):
    with day.step("a pack that is not shared cannot be downloaded"):
        a.root.post("/api/pleroma/emoji/packs/download", expected=500, url=b.url, name="blobs")
    for number, base in enumerate(PACKS):
        with day.step(f"an admin lists the packs of the other server and brings one over, at {base}"):
            b.root.ask("PATCH", "/api/pleroma/emoji/packs/blobs", json={"metadata": {"share-files": True, "license": "CC0"}})
            listed = a.root.get(f"{base}/packs/remote", url=b.url)
            same((listed["count"], list(listed["packs"]["blobs"]["files"])), (1, ["blob"]))
            name = f"blobs {number}"
            a.root.post(f"{base}/packs/download", url=b.url, name="blobs", **{"as": name})
            for shown in (a.root.get(f"/api/pleroma/emoji/packs/{name}"), a.root.get("/api/v1/pleroma/emoji/pack", name=name)):
                same((list(shown["files"]), shown["pack"]["license"]), (["blob"], "CC0"))
            file = shown["files"]["blob"]
            here, there = (requests.get(f"{peer.url}/emoji/{pack}/{file}") for peer, pack in ((a, name), (b, "blobs")))
            same((here.status_code, here.content), (200, there.content))
            archives = ["/api/pleroma/emoji/packs/blobs/archive", "/api/v1/pleroma/emoji/packs/archive?name=blobs"]
            one, other = (requests.get(b.url + path) for path in archives)
            same((one.status_code, one.content[:2], one.content), (200, b"PK", other.content))
    with day.step("what was brought over is an emoji here"):
        assert "blob" in [one["shortcode"] for one in requests.get(f"{a.url}/api/v1/custom_emojis").json()]


def block(day, a, b):
    with day.step("who blocks somebody elsewhere has no ties with them any more"):
        there, here = a.ann.find(b.bob), b.bob.find(a.ann)
        assert a.ann.post(f"/api/v1/accounts/{there['id']}/block")["blocking"]
        ties = lambda who, account: [who.relationship(account)[key] for key in ("following", "followed_by", "requested")]
        same(ties(a.ann, there), [False, False, False])
        becomes(lambda: ties(b.bob, here), [False, False, False], SOON)
    with day.step("neither hears anything of the other"):
        of_ann = a.ann.say("not for bob")
        a.ann.delivered(of_ann)
        of_bob = b.bob.say(f"{a.ann.handle} hear me", visibility="direct")
        of_all = b.bob.say(f"{a.ann.handle} and everybody")
        b.bob.delivered(of_all, a)
        a.eve.hears(of_all)
        b.bob.delivered(of_bob, a)
        eventually(a.is_idle, SOON)
        told = [one["status"]["uri"] for one in a.ann.get("/api/v1/notifications") if one.get("status")]
        assert not {of_bob["uri"], of_all["uri"]} & set(told), told
        assert not {of_bob["uri"], of_all["uri"]} & {one["uri"] for one in a.ann.home()}
        same(b.bob.copy(of_ann), None)
        b.bob.post(f"/api/v1/accounts/{here['id']}/follow")
        eventually(lambda: not b.bob.relationship(here)["requested"], SOON)
        same(b.bob.relationship(here)["following"], False)
    with day.step("after the block they may follow each other again"):
        assert not a.ann.post(f"/api/v1/accounts/{there['id']}/unblock")["blocking"]
        befriend(a.ann, b.bob)
        befriend(b.bob, a.ann)


def rotate_key(day, a, b):
    def key():
        return b.document(f"{b.url}/users/bob").json()["publicKey"]["publicKeyPem"]

    with day.step("who has a new key is believed with the next post"):
        before = key()
        b.command("user", "rotate-key", "bob")
        eventually(lambda: key() != before, SOON)
        a.ann.hears(b.bob.say("under another key"))
        [[known]] = a.sql("SELECT public_pem FROM account_keys WHERE key_uri LIKE '%/users/bob#main-key'")
        same(known, key())


def demand_signatures(day, a, b):
    with day.step("a server that shows nothing to strangers shows the other one what it may see"):
        strict = "federation.authorized_fetch=true"
        for peer in (a, b):
            peer.stop()
            peer.start(strict)
        post = b.carl.say("for whoever asks by name")
        same(b.document(post["uri"]).status_code, 401)
        stub = b.document(f"{b.url}/users/carl").json()
        assert "publicKey" in stub and "name" not in stub, stub
        same(a.dan.fetch(post)["pleroma"]["content"]["text/plain"], "for whoever asks by name")
    with day.step("two servers that both do so still talk"):
        same(a.dan.find(b.bob)["display_name"], "Robert :blob:")
        befriend(a.dan, b.bob)
        a.dan.hears(b.bob.say("for followers", visibility="private"))
        b.bob.hears(a.ann.say("for followers too", visibility="private"))


def move(day, a, b, c):
    with day.step("who moves to a third server is followed there, and no more at the old place"):
        for who in (a.ann, a.eve, a.dan):
            assert who.relationship(who.find(b.bob))["following"], who.handle
        c.dora.put("/api/pleroma/aliases", alias=b.bob.acct)
        moved = b.bob.post("/api/pleroma/move_account", password="bob-password", target_account=c.dora.acct)
        same(moved, {"status": "success"})
        for who in (a.ann, a.eve, a.dan):
            same(who.told("move", b.bob)["target"]["acct"], c.dora.acct)
            eventually(lambda: who.relationship(who.find(c.dora))["following"], SOON)
            eventually(lambda: not who.relationship(who.find(b.bob))["following"], SOON)
        a.dan.hears(c.dora.say("at home in the new place"))
        followers = c.dora.get(f"/api/v1/accounts/{c.dora.id}/followers")
        same({one["acct"] for one in followers}, {a.ann.acct, a.eve.acct, a.dan.acct})
        same(a.ann.find(b.bob)["moved"]["acct"], c.dora.acct)


def vanish(day, a, b):
    with day.step("who deletes the account is gone on both sides, with all that they wrote"):
        there = a.ann.find(b.bob)
        written = [one["id"] for one in a.ann.get(f"/api/v1/accounts/{there['id']}/statuses", limit=40)]
        assert len(written) > 10, written
        same(b.bob.post("/api/pleroma/delete_account", password="bob-password"), {"status": "success"})
        actor = lambda: requests.get(f"{b.url}/users/bob", headers=DOCUMENT).status_code
        becomes(actor, 410, SOON)
        gone = lambda path: requests.get(a.url + path, headers={"Authorization": f"Bearer {a.ann.token}"}).status_code == 404
        for id in written:
            eventually(lambda: gone(f"/api/v1/statuses/{id}"), SOON)
        eventually(lambda: gone(f"/api/v1/accounts/{there['id']}"), SOON)
        assert all(one["account"]["acct"] != b.bob.acct for one in a.ann.home())
        finger = requests.get(f"{b.url}/.well-known/webfinger", params={"resource": f"acct:{b.bob.acct}"})
        same(finger.status_code, 404)
