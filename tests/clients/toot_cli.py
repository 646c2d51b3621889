"""A user's day with toot, on its command line."""

import json
import os
import re
import subprocess
import sys
import tempfile

import requests

import surface_toot
from harness import Day, Server, authorize, eventually, picture, same

day = Day("toot")
surface = surface_toot.surface()
server = Server("alice", "bob")
folder = tempfile.TemporaryDirectory()
# Both people have a home of their own; toot keeps its logins there.
homes = {name: os.path.join(folder.name, name) for name in ("alice", "bob")}
instance = server.url.removeprefix("http://")


def toot(name, *arguments, typed=None):
    """Runs a command for somebody; answers what it printed."""
    environment = {**os.environ, "HOME": homes[name], "XDG_CONFIG_HOME": homes[name], "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "toot", "--no-color", *arguments]
    done = subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"toot {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    surface_toot.note(surface, arguments)
    return done.stdout


def toot_json(name, *arguments):
    return json.loads(toot(name, *arguments, "--json"))


def holds(text, *parts):
    missing = [part for part in parts if part not in text]
    assert not missing, f"{missing} not in\n{text}"


with day.step("login on the authorize page"):
    os.makedirs(homes["alice"])
    # toot prints the address of the page and waits for a code: it is asked once for the address, once with the code.
    command = [sys.executable, "-m", "toot", "login", "--instance", server.url]
    environment = {**os.environ, "HOME": homes["alice"], "XDG_CONFIG_HOME": homes["alice"]}
    login = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    page = next(line.strip() for line in login.stdout if line.startswith("http"))
    said, _ = login.communicate(f"n\n{authorize(page, 'alice', 'alice-password')}\n", timeout=60)
    same(login.returncode, 0)
    holds(said, "Successfully logged in")
with day.step("login_cli with an e-mail address and a password"):
    os.makedirs(homes["bob"])
    holds(
        toot("bob", "login_cli", "--instance", server.url, "--email", "bob@example.com", "--password", "bob-password"),
        "Successfully logged in",
    )
with day.step("auth"):
    holds(toot("alice", "auth"), f"alice@{instance}", "ACTIVE")
with day.step("whoami"):
    holds(toot("alice", "whoami"), "@alice", server.url)
    same(toot_json("bob", "whoami")["username"], "bob")
with day.step("instance"):
    holds(toot("alice", "instance"), instance, "kenoma")
    assert "kenoma" in toot_json("alice", "instance")["version"]
with day.step("update-account"):
    avatar = os.path.join(folder.name, "avatar.png")
    with open(avatar, "wb") as file:
        file.write(picture())
    toot("alice", "update-account", "--display-name", "Alice of toot", "--note", "Typed in a shell", "--avatar", avatar)
    me = toot_json("alice", "whoami")
    same(me["display_name"], "Alice of toot")
    same(requests.get(me["avatar"]).status_code, 200)
with day.step("whois"):
    holds(toot("bob", "whois", "alice"), "Alice of toot", "Typed in a shell")
with day.step("follow"):
    holds(toot("bob", "follow", "alice"), "now following")
    same([account["acct"] for account in toot_json("bob", "following", "bob")], ["alice"])
    same([account["acct"] for account in toot_json("alice", "followers", "alice")], ["bob"])
with day.step("upload"):
    holds(toot("alice", "upload", avatar, "--description", "A stripe"), server.url)
with day.step("post with a picture and its description"):
    post = toot_json("alice", "post", "Hello #shell", "--media", avatar, "--description", "An orange stripe", "--language", "en")
    same([media["description"] for media in post["media_attachments"]], ["An orange stripe"])
    same((post["visibility"], post["language"]), ("public", "en"))
with day.step("post from standard input, with a warning"):
    piped = toot("alice", "post", "--spoiler-text", "Careful", "--visibility", "unlisted", typed="piped in\n")
    address = re.search(r"https?://\S+", piped).group()
    same(requests.get(address, headers={"Accept": "text/html"}).status_code, 200)
with day.step("timelines home"):
    holds(toot("bob", "timelines", "home"), "Hello #shell", "piped in")
with day.step("timelines public and tag"):
    holds(toot("bob", "timelines", "public", "--local"), "Hello #shell")
    holds(toot("bob", "timelines", "tag", "shell"), "Hello #shell")
with day.step("timelines account"):
    holds(toot("bob", "timelines", "account", "alice"), "Hello #shell")
with day.step("timeline, as it was before"):
    holds(toot("bob", "timeline", "--once"), "Hello #shell")
with day.step("status by id and by address"):
    same(toot_json("bob", "status", post["id"])["id"], post["id"])
with day.step("reply, and read the thread"):
    reply = toot_json("bob", "post", "@alice from another shell", "--reply-to", post["id"])
    same(reply["in_reply_to_id"], post["id"])
    holds(toot("alice", "thread", post["id"]), "Hello #shell", "from another shell")
with day.step("favourite, reblog and bookmark by id or address"):
    holds(toot("bob", "favourite", post["id"]), "favourited")
    holds(toot("bob", "reblog", post["url"]), "reblogged")
    holds(toot("bob", "reblogged-by", post["id"]), "bob")
    holds(toot("bob", "bookmark", post["id"]), "bookmarked")
    holds(toot("bob", "bookmarks", "--once"), "Hello #shell")
    holds(toot("bob", "timelines", "favourites"), "Hello #shell")
with day.step("react with an emoji"):
    # toot knows no reactions: its own token, sent to Pleroma's endpoint.
    with open(os.path.join(homes["bob"], "toot", "config.json")) as file:
        token = json.load(file)["users"][f"bob@{instance}"]["access_token"]
    answer = requests.put(
        f"{server.url}/api/v1/pleroma/statuses/{post['id']}/reactions/☕", headers={"Authorization": f"Bearer {token}"}
    )
    same((answer.status_code, answer.json()["pleroma"]["emoji_reactions"][0]["name"]), (200, "☕"))
with day.step("notifications"):
    wanted = {"follow", "mention", "favourite", "reblog"}
    eventually(lambda: wanted <= {entry["type"] for entry in toot_json("alice", "notifications")})
    holds(toot("alice", "notifications"), "@bob favourited", "@bob boosted", "@bob mentioned", "now follows you")
with day.step("search"):
    holds(toot("bob", "search", "alice"), "@alice")
    holds(toot("bob", "search", "shell"), "#shell")
with day.step("pin and unpin"):
    holds(toot("alice", "pin", post["id"]), "pinned")
    holds(toot("alice", "unpin", post["id"]), "unpinned")
with day.step("mute, block and undo both"):
    holds(toot("alice", "mute", "bob"), "muted")
    same([account["acct"] for account in toot_json("alice", "muted")], ["bob"])
    toot("alice", "unmute", "bob")
    holds(toot("alice", "block", "bob"), "now blocking")
    same([account["acct"] for account in toot_json("alice", "blocked")], ["bob"])
    toot("alice", "unblock", "bob")
    same(toot_json("alice", "blocked"), [])
with day.step("undo a favourite, a reblog and a bookmark"):
    for command in ("unfavourite", "unreblog", "unbookmark"):
        toot("bob", command, post["id"])
    seen = toot_json("bob", "status", post["id"])
    same((seen["favourites_count"], seen["reblogs_count"], seen["bookmarked"]), (0, 0, False))
with day.step("unfollow"):
    toot("bob", "unfollow", "alice")
    same(toot_json("bob", "following", "bob"), [])
with day.step("delete"):
    toot("alice", "delete", post["id"])
    same(requests.get(f"{server.url}/api/v1/statuses/{post['id']}").status_code, 404)
with day.step("diag"):
    holds(toot("alice", "diag"), "toot")
surface_toot.walk(day, toot, toot_json)
with day.step("logout"):
    # toot only forgets the token; it tells the server nothing.
    holds(toot("alice", "logout", f"alice@{instance}"), "logged out")
    holds(toot("alice", "auth"), "not logged in")
with day.step("the server leaves in order"):
    server.stop()
surface.end(day)
day.end()
