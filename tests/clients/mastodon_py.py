"""A user's day with Mastodon.py."""

import io

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError, MastodonNotFoundError

import surface_mastodon_py
from harness import Day, Server, authorize, eventually, picture, same

SCOPES = ["read", "write", "follow", "push"]
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"

day = Day("mastodon_py")
surface = surface_mastodon_py.surface()
server = Server("alice", "bob", "root:admin", settings=["instance.registrations_open=true", "captcha.enabled=false"])
url = server.url


def anybody():
    return Mastodon(client_id=app_id, client_secret=app_secret, api_base_url=url)


def by_browser(name):
    """Somebody who logged in on the authorize page, and the code that they got there."""
    made = anybody()
    page = made.auth_request_url(scopes=SCOPES, redirect_uris=OUT_OF_BAND, allow_http=True)
    code = authorize(page, name, f"{name}-password")
    made.log_in(code=code, redirect_uri=OUT_OF_BAND, scopes=SCOPES, allow_http=True)
    return made, code


def client(name):
    """Somebody who logged in with name and password."""
    made = anybody()
    made.log_in(name, f"{name}-password", scopes=SCOPES, allow_http=True)
    return made


def refused(act, error=MastodonError):
    try:
        act()
    except error:
        return
    raise AssertionError("it was not refused")


def pleroma(who, method, path, **more):
    """Mastodon.py knows nothing of Pleroma's own endpoints: plain requests with its token."""
    answer = requests.request(method, url + path, headers={"Authorization": f"Bearer {who.access_token}"}, **more)
    same(answer.status_code, 200)
    return answer.json()


with day.step("register an app"):
    app_id, app_secret = Mastodon.create_app("Day", scopes=SCOPES, redirect_uris=OUT_OF_BAND, api_base_url=url)
with day.step("log in on the authorize page"):
    alice, code = by_browser("alice")
    same(alice.me().username, "alice")
with day.step("a code works once, and its second use ends what the first one gave"):
    refused(lambda: alice.log_in(code=code, redirect_uri=OUT_OF_BAND, scopes=SCOPES, allow_http=True))
    refused(alice.me)
    alice, _ = by_browser("alice")
with day.step("log in with name and password"):
    bob = client("bob")
    same(bob.me().acct, "bob")
with day.step("a wrong password is refused"):
    refused(lambda: anybody().log_in("bob", "wrong", scopes=SCOPES, allow_http=True))
with day.step("the token's app"):
    same(alice.app_verify_credentials().name, "Day")
with day.step("what this server is"):
    instance = alice.instance()
    assert "kenoma" in instance.version, instance.version
    assert alice.instance_v2().configuration.statuses.max_characters >= 5000
    assert "pleroma_emoji_reactions" in alice.instance_nodeinfo().metadata.features
    same(alice.instance_nodeinfo().software.name, "kenoma")
with day.step("custom emoji"):
    same(list(alice.custom_emojis()), [])

with day.step("update the profile, with an avatar and fields"):
    me = alice.account_update_credentials(
        display_name="Alice in Tests", note="Down the **rabbit hole**", avatar=picture(), avatar_mime_type="image/png",
        header=picture(300, 100), header_mime_type="image/png", fields=[("Pronouns", "she/her"), ("Site", "https://example.com")],
    )
    same(me.display_name, "Alice in Tests")
    same([field.name for field in me.fields], ["Pronouns", "Site"])
    for image in (me.avatar, me.header):
        fetched = requests.get(image)
        same((fetched.status_code, fetched.headers["Content-Type"]), (200, "image/png"))
    same(bob.account(me.id).display_name, "Alice in Tests")
with day.step("follow, and be told"):
    relationship = bob.account_follow(me.id)
    assert relationship.following and not relationship.requested
    assert bob.account_relationships(me.id)[0].following
    same([follower.acct for follower in alice.account_followers(me.id)], ["bob"])
    same([followed.acct for followed in bob.account_following(bob.me().id)], ["alice"])
    assert eventually(lambda: [n for n in alice.notifications(types=["follow"]) if n.account.acct == "bob"])

with day.step("upload with alt text and focus"):
    media = alice.media_post(io.BytesIO(picture()), mime_type="image/png", description="A stripe", focus=(0.5, -0.5))
    same((media.type, media.description), ("image", "A stripe"))
    same((media.meta.focus.x, media.meta.focus.y), (0.5, -0.5))
    assert media.blurhash
    same(alice.media_update(media.id, description="An orange stripe").description, "An orange stripe")
with day.step("post with media, warning, language and hashtag"):
    post = alice.status_post(
        "Hello #kenoma, this is @bob", media_ids=[media], spoiler_text="Stripes", sensitive=True, language="en", visibility="public"
    )
    same((post.visibility, post.spoiler_text, post.sensitive, post.language), ("public", "Stripes", True, "en"))
    same([tag.name for tag in post.tags], ["kenoma"])
    same([mention.acct for mention in post.mentions], ["bob"])
    same(post.media_attachments[0].description, "An orange stripe")
    assert requests.get(post.media_attachments[0].url).content.startswith(b"\x89PNG")
with day.step("an idempotency key posts once"):
    twice = [alice.status_post("Only once", idempotency_key="the-key").id for _ in range(2)]
    same(twice[0], twice[1])
with day.step("a public page without an account"):
    page = requests.get(post.url, headers={"Accept": "text/html"})
    same(page.status_code, 200)
    assert "Hello" in page.text
with day.step("read home, local and hashtag timelines"):
    for timeline in (bob.timeline_home(), bob.timeline_local(), bob.timeline_hashtag("Kenoma")):
        assert post.id in [status.id for status in timeline]
with day.step("page through a timeline"):
    for number in range(5):
        alice.status_post(f"Number {number}")
    first = bob.timeline_home(limit=3)
    second = bob.fetch_next(first)
    seen = [status.id for status in first] + [status.id for status in second]
    same((len(first), len(second), len(set(seen))), (3, 3, 6))
    same(seen, sorted(seen, reverse=True))
    same([status.id for status in bob.fetch_previous(second)], [status.id for status in first])

with day.step("reply"):
    reply = bob.status_reply(bob.status(post.id), "Nice stripe")
    same((reply.in_reply_to_id, reply.in_reply_to_account_id), (post.id, me.id))
    same([mention.acct for mention in reply.mentions], ["alice"])
with day.step("the conversation around it"):
    context = alice.status_context(post.id)
    same(([s.id for s in context.ancestors], [s.id for s in context.descendants]), ([], [reply.id]))
    same([s.id for s in alice.status_context(reply.id).ancestors], [post.id])
with day.step("favourite"):
    same((bob.status_favourite(post.id).favourited, bob.status(post.id).favourites_count), (True, 1))
    same([account.acct for account in alice.status_favourited_by(post.id)], ["bob"])
    assert post.id in [status.id for status in bob.favourites()]
with day.step("boost"):
    boost = bob.status_reblog(post.id)
    same((boost.reblog.id, boost.reblog.reblogged), (post.id, True))
    same([account.acct for account in alice.status_reblogged_by(post.id)], ["bob"])
with day.step("bookmark"):
    assert bob.status_bookmark(post.id).bookmarked
    same([status.id for status in bob.bookmarks()], [post.id])
with day.step("react with an emoji"):
    path = f"/api/v1/pleroma/statuses/{post.id}/reactions"
    reacted = pleroma(bob, "PUT", f"{path}/☕")
    same([(r["name"], r["count"], r["me"]) for r in reacted["pleroma"]["emoji_reactions"]], [("☕", 1, True)])
    seen = pleroma(alice, "GET", path)
    same([(r["name"], r["me"], [a["acct"] for a in r["accounts"]]) for r in seen], [("☕", False, ["bob"])])
with day.step("read notifications of every kind"):
    wanted = {"follow", "mention", "favourite", "reblog", "pleroma:emoji_reaction"}
    eventually(lambda: wanted <= {n.type for n in alice.notifications()})
    mention = alice.notifications(types=["mention"])[0]
    same((mention.account.acct, mention.status.id), ("bob", reply.id))
    same([n.type for n in alice.notifications(exclude_types=list(wanted))], [])
    reaction = [n for n in alice.notifications() if n.type == "pleroma:emoji_reaction"][0]
    same((reaction["emoji"], reaction.status.id), ("☕", post.id))
    same(alice.notifications(id=mention.id).id, mention.id)
with day.step("take everything back"):
    same(bob.status_unfavourite(post.id).favourites_count, 0)
    same(bob.status_unreblog(post.id).reblogs_count, 0)
    assert not bob.status_unbookmark(post.id).bookmarked
    same(pleroma(bob, "DELETE", f"{path}/☕")["pleroma"]["emoji_reactions"], [])
with day.step("pin, and see it on the profile"):
    assert alice.status_pin(post.id).pinned
    same([status.id for status in bob.account_statuses(me.id, pinned=True)], [post.id])
    alice.status_unpin(post.id)
    same(list(bob.account_statuses(me.id, pinned=True)), [])
with day.step("mute a conversation"):
    assert alice.status_mute(post.id).muted
    assert not alice.status_unmute(post.id).muted
with day.step("followers-only and direct posts stay where they belong"):
    root = client("root")
    private = alice.status_post("For followers", visibility="private")
    direct = alice.status_post("@root for you alone", visibility="direct")
    same(bob.status(private.id).visibility, "private")
    for who, hidden in ((root, private), (bob, direct)):
        refused(lambda: who.status(hidden.id), MastodonNotFoundError)
    same(root.status(direct.id).visibility, "direct")

with day.step("search people, posts and tags"):
    found = bob.search_v2("alice", result_type="accounts")
    same([account.acct for account in found.accounts], ["alice"])
    found = bob.search_v2("rabbit kenoma hello", result_type="statuses", resolve=False)
    same(found.accounts, [])
    found = bob.search_v2("kenoma")
    assert "kenoma" in [tag.name for tag in found.hashtags]
    same([status.id for status in bob.search_v2(post.url, resolve=True).statuses], [post.id])
with day.step("look people up"):
    same(bob.account_lookup("alice").id, me.id)
    same([account.acct for account in bob.account_search("ali")], ["alice"])
    assert reply.id in [status.id for status in alice.account_statuses(bob.me().id)]
with day.step("mute, block and note"):
    assert bob.account_mute(me.id).muting
    same([account.acct for account in bob.mutes()], ["alice"])
    assert not bob.account_unmute(me.id).muting
    same(bob.account_note_set(me.id, "met in a test").note, "met in a test")
    blocked = root.account_block(bob.me().id)
    assert blocked.blocking
    same([account.acct for account in root.blocks()], ["bob"])
    assert not root.account_unblock(bob.me().id).blocking
with day.step("a locked account is asked first"):
    assert bob.account_update_credentials(locked=True).locked
    assert root.account_follow(bob.me().id).requested
    same([account.acct for account in bob.follow_requests()], ["root"])
    bob.follow_request_authorize(root.me().id)
    assert root.account_relationships(bob.me().id)[0].following
    bob.account_update_credentials(locked=False)
with day.step("markers"):
    alice.markers_set(["home", "notifications"], [post.id, mention.id])
    markers = alice.markers_get(["home", "notifications"])
    same((str(markers["home"].last_read_id), str(markers["notifications"].last_read_id)), (str(post.id), str(mention.id)))
with day.step("preferences"):
    assert alice.preferences()["posting:default:visibility"] == "public"
with day.step("delete a post"):
    alice.status_delete(post.id)
    refused(lambda: bob.status(post.id), MastodonNotFoundError)
    assert post.id not in [status.id for status in bob.timeline_home()]
with day.step("dismiss and clear notifications"):
    alice.notifications_dismiss(mention.id)
    assert mention.id not in [n.id for n in alice.notifications()]
    alice.notifications_clear()
    same(list(alice.notifications()), [])
with day.step("unfollow"):
    assert not bob.account_unfollow(me.id).following
    assert all(status.account.acct != "alice" for status in bob.timeline_home())
with day.step("register, and be somebody at once"):
    newcomer = anybody()
    newcomer.create_account("carol", "carol-password", "carol@example.com", agreement=True, scopes=SCOPES)
    same(newcomer.me().acct, "carol")
surface_mastodon_py.walk(day, alice, bob, root, server)
with day.step("log out"):
    token = alice.access_token
    alice.revoke_access_token(allow_http=True)
    answer = requests.get(f"{url}/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"})
    same((answer.status_code, answer.json()), (403, {"error": "Invalid credentials."}))
with day.step("the server leaves in order"):
    server.stop()
surface.end(day)
day.end()
