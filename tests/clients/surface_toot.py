"""What a day with toot does not come to: the rest of its commands."""

import click
from toot.cli import cli

from harness import eventually, same
from surface import Surface

OLD = "old spelling, hidden from the help, of the command with `-` or a group"
NOT_APPLICABLE = {
    "tui": "draws on a terminal; it makes the calls of the commands",
    "login": "asks for an answer half-way: tests/clients/toot_cli.py drives it by hand",
    "update_account": OLD, "list_accounts": OLD, "list_create": OLD, "list_delete": OLD, "list_add": OLD, "list_remove": OLD,
    "reblogged_by": OLD,
}


def commands(group=cli, before=""):
    """Every command with its group in front."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def surface():
    return Surface("toot", commands(), NOT_APPLICABLE)


def note(made, arguments):
    """Notes the command that was run: one word, or two where the first is a group."""
    made.used |= {name for name in (arguments[0], " ".join(arguments[:2])) if name in made.names}


def holds(text, *parts):
    missing = [part for part in parts if part not in text]
    assert not missing, f"{missing} not in\n{text}"


def walk(day, toot, toot_json):
    """The rest of the commands. Alice and Bob are logged in."""
    with day.step("polls"):
        asked = toot_json("alice", "post", "what to drink?", "--poll-option", "tea", "--poll-option", "coffee")
        poll = asked["poll"]["id"]
        holds(toot("bob", "polls", "show", poll), "tea", "coffee")
        same(toot_json("bob", "polls", "vote", poll, "1")["own_votes"], [1])
    with day.step("lists"):
        toot("alice", "follow", "bob")
        toot("alice", "lists", "create", "friends")
        toot("alice", "lists", "add", "friends", "bob")
        same([account["acct"] for account in toot_json("alice", "lists", "accounts", "friends")], ["bob"])
        toot("bob", "post", "for the list")
        holds(toot("alice", "timelines", "list", "friends", "--no-pager"), "for the list")
        toot("alice", "lists", "remove", "friends", "bob")
        same(toot_json("alice", "lists", "accounts", "friends"), [])
        same([entry["title"] for entry in toot_json("alice", "lists", "list")], ["friends"])
        toot("alice", "lists", "delete", "friends")
        same(toot_json("alice", "lists", "list"), [])
    with day.step("tags"):
        toot("alice", "post", "about #gardens")
        same(toot_json("alice", "tags", "info", "gardens")["name"], "gardens")
        toot("alice", "tags", "follow", "gardens")
        same([tag["name"] for tag in toot_json("alice", "tags", "followed")], ["gardens"])
        toot("alice", "tags", "unfollow", "gardens")
        same(toot_json("alice", "tags", "followed"), [])
        toot("alice", "tags", "feature", "gardens")
        same([tag["name"] for tag in toot_json("alice", "tags", "featured")], ["gardens"])
        toot("alice", "tags", "unfeature", "gardens")
        same(toot_json("alice", "tags", "featured"), [])
    with day.step("trends and a link's timeline"):
        toot("bob", "favourite", toot_json("alice", "post", "worth a star")["id"])
        holds(toot("bob", "timelines", "trending", "--no-pager"), "worth a star")
        toot("bob", "timelines", "link", "https://example.com/nobody-linked-here", "--no-pager")
    with day.step("follow requests"):
        toot("alice", "update-account", "--locked")
        for answer in ("reject", "accept"):
            toot("bob", "follow", "alice")
            eventually(lambda: toot_json("alice", "follow-requests", "list"))
            toot("alice", "follow-requests", answer, "bob")
            same(toot_json("alice", "follow-requests", "list"), [])
        same([account["acct"] for account in toot_json("alice", "followers", "alice")], ["bob"])
        toot("bob", "unfollow", "alice")
        toot("alice", "update-account", "--no-locked")
    with day.step("who is logged in, and where"):
        toot("alice", "activate", f"alice@{toot_json('alice', 'whoami')['url'].split('/')[2]}")
        holds(toot("alice", "env"), "toot")
