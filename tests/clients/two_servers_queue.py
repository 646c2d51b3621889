"""What two servers have to say to each other while one of them is down, or is killed: it arrives, in order and once."""

from harness import becomes, eventually, same
from peers import SOON

# The third try is six seconds after the first one, the fourth 26.
PATIENCE = 40


def five(who, what):
    return [who.say(f"{what} {number}")["uri"] for number in range(1, 6)]


def arrived(who, uris):
    """Waits for posts in a home timeline: all, in their order, each once."""
    seen = lambda: [one["uri"] for one in reversed(who.home()) if one["uri"] in uris]
    eventually(lambda: len(seen()) >= len(uris), PATIENCE)
    same(seen(), uris)


def wait_for_the_other(day, a, b):
    with day.step("five posts wait for a server that is down, and arrive in order and once when it is back"):
        b.stop()
        uris = five(a.ann, "while you were away")
        way = lambda uri: a.ann.deliveries(a.ann.copy({"uri": uri})).get(b.host, {})
        for uri in uris:
            becomes(lambda: way(uri).get("state"), "waiting", SOON)
        eventually(lambda: way(uris[0])["attempts"], SOON)
        b.start()
        arrived(b.bob, uris)
        for uri in uris:
            becomes(lambda: way(uri)["state"], "delivered", SOON)


def survive(day, a, b):
    with day.step("what waited in a server that was killed arrives in order and once"):
        b.stop()
        uris = five(a.ann, "before the kill")
        a.kill()
        a.start()
        b.start()
        arrived(b.bob, uris)
    with day.step("a server killed while it sends loses nothing and sends nothing twice"):
        uris = five(a.ann, "in the middle")
        a.kill()
        a.start()
        arrived(b.bob, uris)
    with day.step("a server killed while it receives loses nothing and takes nothing twice"):
        uris = five(a.ann, "into the kill")
        b.kill()
        b.start()
        arrived(b.bob, uris)
    with day.step("afterwards both have nothing left to say"):
        eventually(lambda: a.is_idle() and b.is_idle(), PATIENCE)
        same(len({one["uri"] for one in b.bob.home()}), len(b.bob.home()))
