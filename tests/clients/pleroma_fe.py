"""A user's and an admin's day with the requests of Pleroma-FE: the same paths and encodings, as multipart as it sends them."""

import base64
import hashlib
import hmac
import io
import struct
import time
import zipfile

import requests

from harness import Day, Server, eventually, picture, same

SCOPES = "read write follow push admin"

day = Day("pleroma_fe")
server = Server("alice", "bob", "carol", "dora", "root:admin")
url = server.url


def multipart(fields):
    """What a browser makes of a FormData; a pair is a file with its name."""
    return [(key, value if isinstance(value, tuple) else (None, str(value))) for key, value in fields.items()]


class Somebody:
    """A browser in which somebody is logged in: a token for most calls, the cookie for the emoji tab."""

    def __init__(self, name, at=url, password=None):
        self.url, self.name = at, name
        self.password = password or f"{name}-password"
        self.session = requests.Session()
        app = {"client_name": "PleromaFE", "website": "https://pleroma.social", "redirect_uris": f"{at}/oauth-callback", "scopes": SCOPES}
        self.app = self.session.post(f"{at}/api/v1/apps", files=multipart(app)).json()
        self.log_in()

    def login(self, **more):
        client = {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}
        form = {**client, "grant_type": "password", "username": self.name, "password": self.password, **more}
        return self.session.post(f"{self.url}/oauth/token", files=multipart(form))

    def log_in(self):
        answer = self.login()
        same(answer.status_code, 200)
        self.token = answer.json()["access_token"]
        self.id = self.get("/api/v1/accounts/verify_credentials")["id"]

    def ask(self, method, path, form=None, status=200, cookie=False, **more):
        headers = {} if cookie else {"Authorization": f"Bearer {self.token}"}
        # Without the cookie where the token is sent, so that each is seen to be enough.
        send = self.session.request if cookie else requests.request
        if form is not None:
            more["files"] = multipart(form)
        answer = send(method, self.url + path, headers=headers, **more)
        same(answer.status_code, status)
        return answer.json() if answer.text else None

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, form=None, **more):
        return self.ask("POST", path, form, **more)


def totp(key, at=None):
    moment = struct.pack(">Q", int(at or time.time()) // 30)
    digest = hmac.new(base64.b32decode(key + "=" * (-len(key) % 8)), moment, hashlib.sha1).digest()
    return "%06d" % ((struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF) % 1_000_000)


with day.step("log in, and be known by token and by cookie"):
    alice, bob, carol, root = (Somebody(name) for name in ("alice", "bob", "carol", "root"))
    same(alice.get("/api/v1/accounts/verify_credentials", cookie=True)["id"], alice.id)
with day.step("what is asked before anybody is logged in"):
    for path in ("/api/pleroma/frontend_configurations", "/api/pleroma/emoji.json", "/nodeinfo/2.1.json", "/api/pleroma/healthcheck"):
        same(requests.get(url + path).status_code, 200)
    same(requests.get(f"{url}/api/pleroma/captcha").json(), {"type": "none"})
with day.step("import follows, blocks and mutes from files"):
    follows = f"Account address,Show boosts\nbob@{url[7:]},true\n@carol,false\n"
    same(alice.post("/api/pleroma/follow_import", {"list": ("follows.csv", follows)}), "job started")
    same(bob.post("/api/pleroma/blocks_import", {"list": ("blocks.csv", "dora")}), "job started")
    same(carol.post("/api/pleroma/mutes_import", {"list": ("mutes.csv", "dora")}), "job started")
    eventually(lambda: {a["acct"] for a in alice.get(f"/api/v1/accounts/{alice.id}/following")} == {"bob", "carol"})
    eventually(lambda: [a["acct"] for a in bob.get("/api/v1/blocks/")] == ["dora"])
    eventually(lambda: [a["acct"] for a in carol.get("/api/v1/mutes/")] == ["dora"])

with day.step("follow with the bell, and be told of a post"):
    followed = alice.ask("POST", f"/api/v1/accounts/{bob.id}/follow", json={"notify": True, "reblogs": True})
    same((followed["notifying"], followed["subscribing"]), (True, True))
    bell = bob.post("/api/v1/statuses", {"status": "ding"})
    told = lambda: [n for n in alice.get("/api/v1/notifications") if n["type"] == "status"]
    same(eventually(told)[0]["status"]["id"], bell["id"])
    read = alice.post("/api/v1/pleroma/notifications/read", {"id": told()[0]["id"]})
    same(read["pleroma"]["is_seen"], True)
    same(alice.post("/api/v1/pleroma/notifications/read", {"max_id": told()[0]["id"]}), [])
    unsubscribed = alice.post(f"/api/v1/pleroma/accounts/{bob.id}/unsubscribe")
    same(unsubscribed["subscribing"], False)
with day.step("react with an emoji that stands in the path as it is"):
    path = f"/api/v1/pleroma/statuses/{bell['id']}/reactions"
    same(alice.ask("PUT", f"{path}/👍")["pleroma"]["emoji_reactions"][0]["me"], True)
    same([(r["name"], r["count"]) for r in bob.get(path)], [("👍", 1)])
    same(alice.ask("DELETE", f"{path}/👍")["pleroma"]["emoji_reactions"], [])
with day.step("favourites of somebody who shows them"):
    alice.post(f"/api/v1/statuses/{bell['id']}/favourite")
    refused = bob.get(f"/api/v1/pleroma/accounts/{alice.id}/favourites?limit=20", status=403)
    same(refused, {"error": "Can't get favorites"})
    alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"hide_favorites": False})
    same([s["id"] for s in bob.get(f"/api/v1/pleroma/accounts/{alice.id}/favourites?limit=20")], [bell["id"]])
with day.step("scrobble, seen without a login"):
    alice.post("/api/v1/pleroma/scrobble", {"title": "Song", "artist": "Singer", "length": "180000"})
    seen = requests.get(f"{url}/api/v1/pleroma/accounts/{alice.id}/scrobbles?limit=1").json()
    same([(s["title"], s["length"], s["album"]) for s in seen], [("Song", 180000, None)])

with day.step("chat"):
    chat = alice.ask("POST", f"/api/v1/pleroma/chats/by-account-id/{bob.id}")
    sent = alice.ask("POST", f"/api/v1/pleroma/chats/{chat['id']}/messages", json={"content": "hi <b>"})
    same(sent["content"], "hi &lt;b&gt;")
    media = alice.post("/api/v1/media", {"file": ("a.png", picture())})
    alice.ask("POST", f"/api/v1/pleroma/chats/{chat['id']}/messages", json={"media_id": media["id"]})
    (theirs,) = bob.get("/api/v1/pleroma/chats")
    same((theirs["account"]["acct"], theirs["unread"]), ("alice", 2))
    messages = bob.get(f"/api/v1/pleroma/chats/{theirs['id']}/messages")
    same([m["content"] for m in messages], [None, "hi &lt;b&gt;"])
    same(requests.get(messages[0]["attachment"]["url"]).content[:4], b"\x89PNG")
    read = bob.ask("POST", f"/api/v1/pleroma/chats/{theirs['id']}/read", json={"last_read_id": messages[0]["id"]})
    same(read["unread"], 0)
    alice.ask("DELETE", f"/api/v1/pleroma/chats/{chat['id']}/messages/{sent['id']}")
    same(len(bob.get(f"/api/v1/pleroma/chats/{theirs['id']}/messages")), 1)
with day.step("a conversation with other recipients, answered by its id"):
    first = alice.post("/api/v1/statuses", {"status": "@bob psst", "visibility": "direct"})
    conversation = first["pleroma"]["direct_conversation_id"]
    query = f"recipients[]={bob.id}&recipients[]={carol.id}"
    changed = alice.ask("PATCH", f"/api/v1/pleroma/conversations/{conversation}?{query}")
    same({a["acct"] for a in changed["pleroma"]["recipients"]}, {"alice", "bob", "carol"})
    answer = alice.post("/api/v1/statuses", {"status": "no @dora here", "in_reply_to_conversation_id": conversation})
    same(answer["visibility"], "direct")
    shown = alice.get(f"/api/v1/pleroma/conversations/{conversation}/statuses")
    same([s["id"] for s in shown], [first["id"], answer["id"]])
    same([c["unread"] for c in carol.ask("POST", "/api/v1/pleroma/conversations/read")], [False])
    same(carol.get("/api/v1/accounts/verify_credentials")["pleroma"]["unread_conversation_count"], 0)

with day.step("settings: notifications, mascot, pictures"):
    setting = {"block_from_strangers": "true"}
    same(alice.ask("PUT", "/api/pleroma/notification_settings?block_from_strangers=true", setting), {"status": "success"})
    assert alice.get("/api/v1/accounts/verify_credentials")["pleroma"]["notification_settings"]["block_from_strangers"]
    mascot = alice.ask("PUT", "/api/v1/pleroma/mascot", {"file": ("an_image.png", picture())})
    same(alice.get("/api/v1/pleroma/mascot"), mascot)
    avatar = alice.ask("PATCH", "/api/v1/pleroma/accounts/update_avatar", {"img": ("a.png", picture())})
    same(requests.get(avatar["url"]).headers["Content-Type"], "image/png")
    same(alice.ask("PATCH", "/api/v1/pleroma/accounts/update_avatar", {"img": ""}), {"url": None})
with day.step("the second factor, from its codes to its end"):
    codes = carol.get("/api/pleroma/accounts/mfa/backup_codes")["codes"]
    key = carol.get("/api/pleroma/accounts/mfa/setup/totp")["key"]
    before = time.time() - 30
    same(carol.post("/api/pleroma/accounts/mfa/confirm/totp", {"password": carol.password, "code": totp(key, before)}), {})
    same(carol.get("/api/pleroma/accounts/mfa"), {"settings": {"enabled": True, "totp": True}})
    client = {"client_id": carol.app["client_id"], "client_secret": carol.app["client_secret"]}

    def challenge(kind, code):
        asked = carol.login()
        same((asked.status_code, asked.json()["error"]), (403, "mfa_required"))
        form = {**client, "mfa_token": asked.json()["mfa_token"], "challenge_type": kind, "code": code}
        return requests.post(f"{url}/oauth/mfa/challenge", files=multipart(form)).status_code

    same([challenge("totp", totp(key)), challenge("recovery", codes[0]), challenge("recovery", codes[0])], [200, 200, 400])
    same(carol.ask("DELETE", "/api/pleroma/accounts/mfa/totp", {"password": carol.password}), {})
    same(carol.login().status_code, 200)

with day.step("the emoji tab, which has only the cookie"):
    tab = lambda method, path, **more: root.ask(method, path, cookie=True, **more)
    same(tab("POST", "/api/v1/pleroma/emoji/pack?name=cats at home"), "ok")
    added = tab("POST", "/api/v1/pleroma/emoji/packs/files?name=cats at home", form={"file": ("purr.png", picture())})
    same(added, {"purr": "purr.png"})
    renamed = {"shortcode": "purr", "new_shortcode": "meow", "new_filename": "dir/meow.png", "force": False}
    same(tab("PATCH", "/api/v1/pleroma/emoji/packs/files?name=cats at home", json=renamed), {"meow": "dir/meow.png"})
    same(tab("PATCH", "/api/v1/pleroma/emoji/pack?name=cats at home", json={"metadata": {"share-files": True}}), {"share-files": True})
    same(tab("GET", "/api/v1/pleroma/emoji/packs?page=1&page_size=0"), {"packs": {}, "count": 1})
    (pack,) = tab("GET", "/api/v1/pleroma/emoji/packs?page=0&page_size=25")["packs"].values()
    archive = requests.get(f"{url}/api/v1/pleroma/emoji/packs/archive", params={"name": "cats at home"}).content
    same(hashlib.sha256(archive).hexdigest().upper(), pack["pack"]["download-sha256"])
    same(sorted(zipfile.ZipFile(io.BytesIO(archive)).namelist()), ["dir/meow.png", "pack.json"])
    same(tab("POST", "/api/pleroma/admin/reload_emoji"), "ok")
    shown = requests.get(f"{url}/api/pleroma/emoji.json").json()["meow"]
    same(shown["tags"], ["pack:cats at home"])
    same(requests.get(url + shown["image_url"]).headers["Content-Type"], "image/png")
with day.step("another server takes the pack"):
    other = Server("root:admin")
    there = Somebody("root", other.url)
    listed = there.get("/api/v1/pleroma/emoji/packs/remote", params={"url": url, "page": 1, "page_size": 25})
    same(list(listed["packs"]), ["cats at home"])
    same(there.ask("POST", "/api/v1/pleroma/emoji/packs/download", json={"url": url, "name": "cats at home", "as": "pets"}), "ok")
    same(list(there.get("/api/v1/pleroma/emoji/pack?name=pets")["files"]), ["meow"])
    same(there.ask("DELETE", "/api/v1/pleroma/emoji/pack?name=pets"), "ok")
    other.stop()

with day.step("administration"):
    users = root.get("/api/pleroma/admin/users?filters=local&page=1&page_size=50")
    same((users["count"], [u["nickname"] for u in users["users"]]), (5, ["alice", "bob", "carol", "dora", "root"]))
    names = {"nicknames": ["dora"]}
    same(root.ask("PATCH", "/api/pleroma/admin/users/deactivate", json=names)["users"][0]["is_active"], False)
    same(root.ask("PATCH", "/api/pleroma/admin/users/activate", json=names)["users"][0]["is_active"], True)
    root.ask("PUT", "/api/pleroma/admin/users/tag", json={**names, "tags": ["cat"]}, status=204)
    same(root.get("/api/pleroma/admin/users/dora")["tags"], ["cat"])
    same(root.ask("PATCH", "/api/pleroma/admin/users/dora/credentials", json={"name": "Dora D."}), {"status": "success"})
    bob.ask("POST", "/api/v1/reports", json={"account_id": alice.id, "comment": "look"})
    (report,) = root.get("/api/pleroma/admin/reports?state=open")["reports"]
    root.ask("PATCH", "/api/pleroma/admin/reports", json={"reports": [{"id": report["id"], "state": "resolved"}]}, status=204)
    said = root.ask("POST", "/api/v1/pleroma/admin/announcements", json={"content": "tea at five"})
    same([a["id"] for a in alice.get("/api/v1/announcements")], [said["id"]])
    log = root.get("/api/pleroma/admin/moderation_log")["items"]
    assert any(item["message"] == "@root deactivated users: @dora" for item in log), log
    alice.get("/api/pleroma/admin/users", status=403)

with day.step("sessions are listed and ended"):
    second = Somebody("bob")
    tokens = bob.get("/api/oauth_tokens.json")
    same([t["app_name"] for t in tokens].count("PleromaFE"), 2)
    bob.ask("DELETE", f"/api/oauth_tokens/{max(t['id'] for t in tokens)}", status=201)
    second.get("/api/v1/accounts/verify_credentials", status=403)
with day.step("an archive of the account"):
    alice.post("/api/v1/pleroma/backups")
    made = lambda: [b for b in alice.get("/api/v1/pleroma/backups") if b["processed"]]
    archive = zipfile.ZipFile(io.BytesIO(requests.get(eventually(made)[0]["url"]).content))
    assert {"actor.json", "outbox.json", "likes.json", "bookmarks.json"} <= set(archive.namelist())
with day.step("address and password"):
    same(bob.post("/api/pleroma/change_email", {"email": "b@example.org", "password": "wrong"}), {"error": "Invalid password."})
    same(bob.post("/api/pleroma/change_email", {"email": "b@example.org", "password": bob.password}), {"status": "success"})
    form = {"password": bob.password, "new_password": "another one", "new_password_confirmation": "another one"}
    same(bob.post("/api/pleroma/change_password", form), {"status": "success"})
    bob.get("/api/v1/accounts/verify_credentials", status=403)
    bob = Somebody("b@example.org", password="another one")
with day.step("aliases, and a move to another account"):
    carol.ask("PUT", "/api/pleroma/aliases", json={"alias": "alice"})
    same(carol.get("/api/pleroma/aliases"), {"aliases": [f"alice@{url[7:]}"]})
    bob.post(f"/api/v1/accounts/{alice.id}/follow")
    same(alice.post("/api/pleroma/move_account", {"password": alice.password, "target_account": "carol"}), {"status": "success"})
    same(bob.get(f"/api/v1/accounts/relationships/?id={carol.id}")[0]["following"], True)
with day.step("switch an account off, and delete one"):
    same(carol.post("/api/pleroma/disable_account", {"password": carol.password}), {"status": "success"})
    eventually(lambda: carol.login().json().get("identifier") == "account_is_disabled")
    same(alice.post("/api/pleroma/delete_account", {"password": "wrong"}), {"error": "Invalid password."})
    same(alice.post("/api/pleroma/delete_account", {"password": alice.password}), {"status": "success"})
    eventually(lambda: requests.get(f"{url}/api/v1/accounts/{alice.id}").status_code == 404)
with day.step("the server leaves in order"):
    server.stop()

day.end()
