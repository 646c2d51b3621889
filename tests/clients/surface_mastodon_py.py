"""What a day with Mastodon.py does not come to: the rest of its methods, one by one, each by what it changes."""

import base64
import inspect
from datetime import datetime, timedelta, timezone

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError
from mastodon.streaming import StreamListener

from harness import eventually, picture, same
from surface import Surface

ADMIN = "Mastodon's own admin API: this server has Pleroma's (tests/it/admin_*.rs)"
# A point on the curve of push keys.
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"

NOT_APPLICABLE = {
    "status_translate": "nothing is translated here, and the instance says so",
    "instance_languages": "asks for /api/v1/instance/languages; the languages spoken here stand in the instance document",
    "get_async_refresh_status": "no answer here is refreshed later, so none announces a refresh",
    "await_async_refresh": "no answer here is refreshed later, so none announces a refresh",
    "email_resend_confirmation": "asks for /api/v1/emails/confirmations; Pleroma's way is tests/it/confirmation.rs",
    "follows": "POST /api/v1/follows ended with Mastodon 3",
    "reports": "GET /api/v1/reports ended with Mastodon 2.5",
    "status_card": "asks for /api/v1/statuses/:id/card only of servers older than 2.6; status() has it",
    "get_status_length": "counts locally, with a package beside the library",
    "decode_blurhash": "draws locally, with a package beside the library",
    "push_subscription_generate_keys": "makes keys locally, with packages beside the library; a fixed key is used",
    "oauth_userinfo": "insists on https, which a throw-away server has not; tests/it/oauth.rs asks for it",
    "push_subscription_decrypt_push": "decrypts locally what a push service hands over; tests/it/push.rs decrypts what is sent",
}


def surface():
    """The public methods of the library, watched from here on."""
    names = [name for name, member in inspect.getmembers(Mastodon) if not name.startswith("_") and callable(member)]
    admin = {name: ADMIN for name in names if name.startswith("admin_") and "_domain_" not in name.replace("email_domain", "")}
    made = Surface("Mastodon.py", names, {**NOT_APPLICABLE, **admin})
    made.watch(Mastodon)
    return made


def walk(day, alice, bob, root, server):
    """The rest of the surface. Alice and Bob are there, and Root is an admin."""
    me, him = alice.me(), bob.me()
    lists_and_filters(day, alice, him)
    tags_and_trends(day, alice, bob, me)
    people(day, alice, bob, me, him)
    posts(day, alice, bob)
    notifications(day, alice, bob, root, him)
    about_the_server(day, alice, server.users["root"]["token"], server.data)
    streams(day, alice, bob, him)
    the_library_itself(day, alice)


def refused(act, error):
    try:
        act()
    except error:
        return
    raise AssertionError("it was not refused")


def lists_and_filters(day, alice, him):
    with day.step("lists"):
        made = alice.list_create("friends", replies_policy="none")
        same(alice.list_update(made.id, "best friends", exclusive=True).title, "best friends")
        assert alice.list(made.id).exclusive and [entry.id for entry in alice.lists()] == [made.id]
        alice.account_follow(him.id)
        alice.list_accounts_add(made.id, [him.id])
        same([account.id for account in alice.list_accounts(made.id)], [him.id])
        same([entry.id for entry in alice.account_lists(him.id)], [made.id])
        same({status.account.id for status in alice.timeline_list(made.id)} - {him.id}, set())
        alice.list_accounts_delete(made.id, [him.id])
        same(list(alice.list_accounts(made.id)), [])
        alice.list_delete(made.id)
        same(list(alice.lists()), [])
    with day.step("filters, first version"):
        made = alice.filter_create("cucumber", ["home"], expires_in=3600)
        same(alice.filter(made.id).phrase, "cucumber")
        same(alice.filter_update(made.id, phrase="gherkin", context=["home"]).phrase, "gherkin")
        posted = alice.status_post("a gherkin")
        same(alice.filters_apply([alice.status(posted.id)], alice.filters(), "home"), [])
        alice.filter_delete(made.id)
        same(list(alice.filters()), [])
    with day.step("filters, second version"):
        made = alice.create_filter_v2("pickles", ["home", "public"], "warn", keywords_attributes=[{"keyword": "gherkin", "whole_word": True}])
        same(alice.update_filter_v2(made.id, title="no pickles").title, "no pickles")
        word = alice.add_filter_keyword_v2(made.id, "capers", whole_word=True)
        same({keyword.keyword for keyword in alice.filter_keywords_v2(made.id)}, {"gherkin", "capers"})
        alice.delete_filter_keyword_v2(word.id)
        single = alice.add_filter_status_v2(made.id, posted.id)
        same(alice.filter_status_v2(single.id).status_id, posted.id)
        same([entry.id for entry in alice.filter_statuses_v2(made.id)], [single.id])
        alice.delete_filter_status_v2(single.id)
        same(alice.filter_v2(made.id).title, "no pickles")
        same([match.filter.id for match in alice.status(posted.id).filtered], [made.id])
        alice.delete_filter_v2(made.id)
        same(list(alice.filters_v2()), [])


def tags_and_trends(day, alice, bob, me):
    with day.step("tags: followed, featured, suggested"):
        alice.status_post("about #gardens and #walls")
        assert not alice.tag("gardens").following
        assert alice.tag_follow("gardens").following
        same([tag.name for tag in alice.followed_tags()], ["gardens"])
        assert not alice.tag_unfollow("gardens").following
        assert "walls" in [tag.name for tag in alice.featured_tag_suggestions()]
        made = alice.featured_tag_create("gardens")
        assert alice.tag_feature("walls").featuring
        same({tag.name for tag in alice.featured_tags()}, {"gardens", "walls"})
        same({tag.name for tag in bob.account_featured_tags(me.id)}, {"gardens", "walls"})
        assert not alice.tag_unfeature("walls").featuring
        alice.featured_tag_delete(made.id)
        same(list(alice.featured_tags()), [])
    with day.step("trends"):
        liked = alice.status_post("worth a star")
        bob.status_favourite(liked.id)
        assert liked.id in [status.id for status in bob.trending_statuses()]
        for trends in (bob.trends(), bob.trending_tags(limit=20)):
            assert "gardens" in [tag.name for tag in trends]
        same(list(bob.trending_links()), [])
        same(list(bob.timeline_link("https://example.com/nobody-linked-here")), [])


def people(day, alice, bob, me, him):
    with day.step("accounts by id, the own one, its pictures"):
        same([account.id for account in alice.accounts([me.id, him.id])], [me.id, him.id])
        same(alice.account_verify_credentials().id, me.id)
        shown = alice.account_update_credentials(avatar=picture(), avatar_mime_type="image/png", header=picture(), header_mime_type="image/png")
        alice.account_delete_avatar()
        alice.account_delete_header()
        bare = alice.me()
        assert bare.avatar != shown.avatar and bare.header != shown.header
    with day.step("endorsements, under both names"):
        alice.account_follow(him.id)
        for endorse, withdraw in ((alice.account_pin, alice.account_unpin), (alice.account_endorse, alice.account_unendorse)):
            assert endorse(him.id).endorsed
            same([account.id for account in alice.endorsements()], [him.id])
            assert not withdraw(him.id).endorsed
    with day.step("followers: familiar ones, one removed, one refused"):
        same([entry.id for entry in bob.account_familiar_followers([me.id])], [me.id])
        bob.account_follow(me.id)
        assert not alice.account_remove_from_followers(him.id).followed_by
        alice.account_update_credentials(locked=True)
        bob.account_follow(me.id)
        alice.follow_request_reject(him.id)
        assert not bob.account_relationships(me.id)[0].requested
        alice.account_update_credentials(locked=False)
    with day.step("blocked domains"):
        alice.domain_block("far.example")
        same(list(alice.domain_blocks()), ["far.example"])
        alice.domain_unblock("far.example")
        same(list(alice.domain_blocks()), [])
    with day.step("suggestions and the directory"):
        bob.account_update_credentials(discoverable=True)
        alice.account_unfollow(him.id)
        for suggested in (alice.suggestions(), alice.suggestions_v1(), [entry.account for entry in alice.suggestions_v2()]):
            assert him.id in [account.id for account in suggested], suggested
        alice.suggestion_delete(him.id)
        assert him.id not in [entry.account.id for entry in alice.suggestions_v2()]
        assert him.id in [account.id for account in alice.directory(order="new", local=True)]
    with day.step("report somebody"):
        post = bob.status_post("rude words")
        report = alice.report(him.id, [post.id], comment="rude", category="spam")
        same((report.action_taken, report.target_account.id), (False, him.id))


def posts(day, alice, bob):
    with day.step("polls"):
        poll = alice.make_poll(["tea", "coffee"], 3600, multiple=True)
        asked = alice.status_post("what to drink?", poll=poll)
        same(bob.poll(asked.poll.id).voted, False)
        same(bob.poll_vote(asked.poll.id, [0, 1]).own_votes, [0, 1])
    with day.step("an edit, its source and its history, with another alt text"):
        media = alice.media_post(picture(), mime_type="image/png", description="stripe")
        same(alice.media(media.id).description, "stripe")
        post = alice.status_post("frist", media_ids=[media])
        attributes = alice.generate_media_edit_attributes(media.id, description="orange stripe")
        same(attributes, {"id": media.id, "description": "orange stripe"})
        # With `media_ids` beside them, the library trips over its own sets.
        edited = alice.status_update(post.id, "first", media_attributes=[attributes])
        same(edited.media_attachments[0].description, "orange stripe")
        same(alice.status_source(post.id).text, "first")
        same([version.content for version in alice.status_history(post.id)], ["<p>frist</p>", "<p>first</p>"])
        same([status.id for status in alice.statuses([post.id])], [post.id])
    with day.step("a scheduled post"):
        later = datetime.now(timezone.utc) + timedelta(hours=1)
        made = alice.status_post("in an hour", scheduled_at=later)
        same([entry.id for entry in alice.scheduled_statuses()], [made.id])
        moved = alice.scheduled_status_update(made.id, later + timedelta(hours=1))
        assert moved.scheduled_at > later
        same(alice.scheduled_status(made.id).params.text, "in an hour")
        alice.scheduled_status_delete(made.id)
        same(list(alice.scheduled_statuses()), [])
    with day.step("quotes, and their policy"):
        quoted = alice.toot("quote me")
        quoting = bob.status_post("as she said", quoted_status_id=quoted.id)
        same([status.id for status in alice.status_quotes(quoted.id)], [quoting.id])
        same(alice.status_quote_revoke(quoted.id, quoting.id).quote.state, "revoked")
        alice.status_update_quote_approval_policy(quoted.id, "nobody")
        refused(lambda: bob.status_post("once more", quoted_status_id=quoted.id), MastodonAPIError)
    with day.step("direct messages as conversations"):
        bob.status_post("@alice psst", visibility="direct")
        talk = eventually(lambda: [talk for talk in alice.conversations() if talk.unread])[0]
        assert not alice.conversations_read(talk.id).unread
    with day.step("timelines by name, and every page of one"):
        assert alice.timeline("home") and alice.timeline_public()
        first = alice.timeline_home(limit=2)
        everything = alice.fetch_remaining(first)
        same(len({status.id for status in everything}), len(everything))
        assert len(everything) > 4
        info = alice.get_pagination_info(first, "next")
        same([status.id for status in alice.fetch_next(info)], [status.id for status in alice.fetch_next(first)])
        walked = [status.id for status in alice.pagination_iterator(alice.timeline_home(limit=2))]
        same(walked, [status.id for status in everything])
    with day.step("search in both versions"):
        same([account.acct for account in alice.search("bob", result_type="accounts").accounts], ["bob"])
        assert "gardens" in alice.search_v1("gardens").hashtags


def notifications(day, alice, bob, root, him):
    with day.step("what is unread"):
        alice.notifications_clear()
        post = alice.status_post("count me")
        bob.status_favourite(post.id)
        bob.status_post("@alice hello")
        eventually(lambda: alice.notifications_unread_count().count == 2)
        same(alice.unread_grouped_notifications_count(), 2)
    with day.step("grouped notifications"):
        root.status_favourite(post.id)
        grouped = alice.grouped_notifications()
        key = f"favourite-{post.id}"
        group = next(group for group in grouped.notification_groups if group.group_key == key)
        same((group.notifications_count, group.status_id), (2, post.id))
        same(alice.grouped_notification(key).notification_groups[0].group_key, key)
        same({account.acct for account in alice.grouped_notification_accounts(key)}, {"bob", "root"})
        alice.dismiss_grouped_notification(key)
        refused(lambda: alice.grouped_notification(key), MastodonNotFoundError)
    with day.step("a policy, and the requests that it makes"):
        alice.account_unfollow(him.id)
        same(alice.update_notifications_policy(for_not_following="filter").for_not_following, "filter")
        def kept_back(text):
            bob.status_post(f"@alice {text}")
            return eventually(alice.notification_requests)[0]
        request = kept_back("one")
        same(alice.notifications_policy().summary.pending_requests_count, 1)
        same((request.id, alice.notification_request(request.id).account.id), (him.id, him.id))
        alice.dismiss_notification_request(request.id)
        alice.dismiss_multiple_notification_requests([kept_back("two").id])
        same(list(alice.notification_requests()), [])
        alice.accept_notification_request(kept_back("three").id)
        assert alice.notifications_merged()
        assert [n for n in alice.notifications(types=["mention"]) if "three" in n.status.content]
        root.status_post("@alice from the staff")
        same(list(alice.notification_requests()), [])
        # Who was let in once is not kept back again; of these there is nothing left to accept.
        bob.status_post("@alice four")
        alice.accept_multiple_notification_requests([him.id])
        same(list(alice.notification_requests()), [])
        alice.update_notifications_policy(for_not_following="accept")


def about_the_server(day, alice, admin, data):
    with day.step("documents about the server"):
        assert "kenoma" in alice.instance_v1().version
        same(len(alice.instance_activity()), 12)
        same([list(alice.instance_peers()), list(alice.instance_rules())], [[], []])
        same(alice.instance_extended_description().content, "")
        terms = data / "static" / "terms-of-service.html"
        terms.parent.mkdir(exist_ok=True)
        terms.write_text("<p>Be kind.</p>")
        same(alice.instance_terms_of_service().content, "<p>Be kind.</p>")
        same(dict(alice.instance_translation_languages()), {})
        assert alice.instance_health() and alice.stream_healthy()
        same(alice.oauth_authorization_server_info().issuer.rstrip("/"), alice.api_base_url)
    with day.step("decisions about other servers"):
        staff = Mastodon(access_token=admin, api_base_url=alice.api_base_url)
        made = staff.admin_create_domain_block("rude.example", severity="silence", public_comment="rude")
        same(staff.admin_update_domain_block(made.id, severity="suspend").severity, "suspend")
        same([entry.domain for entry in staff.admin_domain_blocks()], ["rude.example"])
        same([(entry.domain, entry.severity, entry.comment) for entry in alice.instance_domain_blocks()], [("rude.example", "suspend", "rude")])
        staff.admin_delete_domain_block(made.id)
        same(list(alice.instance_domain_blocks()), [])
        allowed = staff.admin_create_domain_allow("kind.example")
        same(staff.admin_domain_allow(allowed.id).domain, "kind.example")
        same([entry.domain for entry in staff.admin_domain_allows()], ["kind.example"])
        staff.admin_delete_domain_allow(allowed.id)
        same(list(staff.admin_domain_allows()), [])
    with day.step("announcements"):
        # Pleroma's endpoint makes them.
        made = requests.post(
            f"{alice.api_base_url}/api/v1/pleroma/admin/announcements",
            headers={"Authorization": f"Bearer {admin}"}, json={"content": "we move"},
        )
        same(made.status_code, 200)
        said = alice.announcements()[0]
        alice.announcement_reaction_create(said.id, "🎉")
        same([(reaction.name, reaction.me) for reaction in alice.announcements()[0].reactions], [("🎉", True)])
        alice.announcement_reaction_delete(said.id, "🎉")
        alice.announcement_dismiss(said.id)
        same(list(alice.announcements())[0].read, True)
    with day.step("push subscriptions"):
        public = {"pubkey": base64.urlsafe_b64decode(POINT + "="), "auth": bytes(16)}
        made = alice.push_subscription_set("https://push.example/x", public, mention_events=True)
        same((made.endpoint, made.alerts.mention), ("https://push.example/x", True))
        same(alice.push_subscription_update(follow_events=True).alerts.follow, True)
        same(alice.push_subscription().id, made.id)
        alice.push_subscription_delete()
        refused(alice.push_subscription, MastodonNotFoundError)


class Ear(StreamListener):
    def __init__(self):
        self.heard = []

    def on_update(self, status):
        self.heard.append(status.content)

    def on_conversation(self, conversation):
        self.heard.append(conversation.last_status.content)


def streams(day, alice, bob, him):
    with day.step("streams of every kind"):
        alice.account_follow(him.id)
        friends = alice.list_create("stream")
        alice.list_accounts_add(friends.id, [him.id])
        ways = {
            "user": (lambda ear: alice.stream_user(ear, run_async=True), {}),
            "public": (lambda ear: alice.stream_public(ear, run_async=True), {}),
            "local": (lambda ear: alice.stream_local(ear, run_async=True), {}),
            "hashtag": (lambda ear: alice.stream_hashtag("tuned", ear, run_async=True), {}),
            "list": (lambda ear: alice.stream_list(friends.id, ear, run_async=True), {}),
            "direct": (lambda ear: alice.stream_direct(ear, run_async=True), {"visibility": "direct"}),
        }
        for name, (listen, options) in ways.items():
            ear = Ear()
            handle = listen(ear)
            eventually(handle.is_receiving)
            bob.status_post(f"@alice {name} #tuned", **options)
            eventually(lambda: [content for content in ear.heard if name in content])
            handle.close()


def the_library_itself(day, alice):
    with day.step("what the library works out by itself"):
        same(alice.retrieve_mastodon_version(), "4.3.0")
        assert alice.verify_minimum_version("4.3.0")
        assert Mastodon.get_supported_version()
        assert abs(alice.get_approx_server_time().replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)) < timedelta(minutes=1)
        same(alice.get_async_refresh_info(alice.timeline_home()), None)
        alice.set_language("de")
        assert alice.persistable_login_credentials()
        alice.clear_caches()
