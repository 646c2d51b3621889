"""Servers that talk with each other, and people who live there: everything is done and seen through the client API."""

import atexit
import errno
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

import requests

from harness import PATIENCE, PROGRAM, becomes, eventually, picture, same

# Failed deliveries are tried again after one second, five, twenty, not after as many minutes.
SETTINGS = ["federation.retry_seconds=1", "federation.allow_private_addresses=true", "rate_limit.enabled=false"]
DOCUMENT = {"Accept": "application/activity+json"}
# Longest that the interface lets an effect on the other side take on an idle machine.
SOON = 10


def free_host():
    """A loopback address with a port that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def bind_port_80(host):
    """Tries whether somebody may listen there: raises what speaks against it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, 80))


def free_hosts_without_port():
    """Loopback addresses, from 127.0.0.2 on, where nobody listens on port 80."""
    for host in (f"127.0.0.{number}" for number in range(2, 255)):
        try:
            bind_port_80(host)
        except OSError as error:
            # Anything else is told when a server is started there.
            if error.errno == errno.EADDRINUSE:
                continue
        yield host


def bound_to_low_ports(host):
    """What a command must begin with so that it may listen on port 80 of a host: nothing for those who may anyhow."""
    try:
        bind_port_80(host)
        return []
    except PermissionError:
        right = "+net_bind_service"
        as_me = [f"--reuid={os.getuid()}", f"--regid={os.getgid()}", "--clear-groups"]
        return ["sudo", "-n", "setpriv", *as_me, "--inh-caps", right, "--ambient-caps", right, "--"]


class Peer:
    """A server that others reach at `http://HOST`, with its log. `people` live there; `NAME:admin` looks after it.

    Its data directory is made by the commands that a new user would type, and stays when it is stopped; `ephemeral` ones are
    made and removed by the server itself.
    """

    def __init__(self, host, *people, ephemeral=False):
        self.host, self.url, self.ephemeral = host, f"http://{host}", ephemeral
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kenoma-peer-"))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.people = people
        self.process = None
        atexit.register(self.leave_at_once)
        made = self.start() or {name: self._create(name, *role) for name, *role in (one.split(":") for one in people)}
        for name, user in made.items():
            setattr(self, name, Person(self, name, user["id"], user["token"]))

    def command(self, *arguments, **options):
        """Runs a command on the data directory to its end; answers what it printed."""
        done = subprocess.run([PROGRAM, "--data", str(self.data), *arguments], capture_output=True, text=True, **options)
        assert done.returncode == 0, f"{arguments}: status {done.returncode}, {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def _create(self, name, role=None):
        more = ["--email", f"{name}@example.com", "--password-stdin", "--json", *([f"--{role}"] if role else [])]
        user = self.command("user", "create", name, *more, input=f"{name}-password\n")
        return {**json.loads(user), "token": self.command("token", "create", name)}

    def start(self, *settings):
        """Starts it, with more settings than the usual ones. Answers the users whom an ephemeral one made."""
        listen = self.host if ":" in self.host else f"{self.host}:80"
        before = [] if ":" in self.host else bound_to_low_ports(self.host)
        arguments = ["serve", "--listen", listen, "--url", self.url]
        if self.ephemeral:
            arguments += ["--ephemeral", *(word for name in self.people for word in ("--user", name))]
        for setting in [*SETTINGS, *settings]:
            arguments += ["--set", setting]
        with self.log.open("a") as log:
            command = [*before, PROGRAM, "--data", str(self.data), *arguments]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            if line.startswith("{") or " is at http" in line:
                break
        else:
            raise AssertionError(f"{' '.join(command)} ended before it was ready: {self.log.read_text()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        if not self.ephemeral:
            return {}
        said = json.loads(line)
        self.data = pathlib.Path(said["data_dir"])
        return said["users"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.process.wait(PATIENCE), 0)

    def kill(self):
        """Ends it in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def leave_at_once(self):
        """Whatever failed, nothing stays behind."""
        if self.process:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.ephemeral:
            shutil.rmtree(self.data, ignore_errors=True)

    def sql(self, query):
        """All rows of a query on the database file."""
        with sqlite3.connect(f"file:{self.data / 'kenoma.db'}?mode=ro", uri=True) as db:
            return db.execute(query).fetchall()

    def is_idle(self):
        """Whether nothing waits to be done, to be sent or to be looked at."""
        # That a poll ends in an hour, or a page is looked at in a minute, is no work yet.
        queues = [f"jobs WHERE run_at <= {time.time() * 1000}", "deliveries WHERE state = 0", "inbox_items"]
        return all(self.sql(f"SELECT count(*) FROM {queue}") == [(0,)] for queue in queues)

    def document(self, uri):
        """What somebody unknown gets who asks for the ActivityPub document."""
        return requests.get(uri, headers=DOCUMENT)


class Person:
    """Somebody who lives on a server, with a token."""

    def __init__(self, peer, name, id, token):
        self.peer, self.name, self.id, self.token = peer, name, id, token
        self.handle, self.acct = f"@{name}@{peer.host}", f"{name}@{peer.host}"

    def ask(self, method, path, expected=200, **more):
        answer = requests.request(method, self.peer.url + path, headers={"Authorization": f"Bearer {self.token}"}, **more)
        wrong = f"{method} {path} answered {answer.status_code} {answer.text[:500]}, expected {expected}"
        assert answer.status_code == expected, wrong
        return answer.json()

    def get(self, path, expected=200, **query):
        return self.ask("GET", path, expected, params=query)

    def post(self, path, files=None, expected=200, **form):
        return self.ask("POST", path, expected, data=form, files=files)

    def patch(self, path, files=None, **form):
        return self.ask("PATCH", path, data=form, files=files)

    def put(self, path, **form):
        return self.ask("PUT", path, data=form)

    def delete(self, path, **query):
        return self.ask("DELETE", path, params=query)

    def say(self, text, **more):
        """Posts."""
        return self.post("/api/v1/statuses", status=text, **more)

    def act(self, verb, post, **more):
        """Favourites, reblogs, pins a post, and so on."""
        return self.post(f"/api/v1/statuses/{post['id']}/{verb}", **more)

    def upload(self, alt, colour):
        file = ("picture.png", picture(colour=colour), "image/png")
        return self.post("/api/v1/media", files={"file": file}, description=alt)["id"]

    def find(self, other):
        """Another's account as this server shows it, looked up by handle."""
        found = self.get("/api/v2/search", q=other.handle, resolve="true")["accounts"]
        same([account["acct"] for account in found], [other.acct])
        return found[0]

    def copy(self, post):
        """A post as this server has it; nothing when it has not. It is not fetched."""
        found = self.get("/api/v2/search", q=post["uri"], resolve="false")["statuses"]
        return found[0] if found else None

    def fetch(self, post):
        """A post as this server has it, fetched if need be."""
        return self.get("/api/v2/search", q=post["uri"], resolve="true")["statuses"][0]

    def hears(self, post):
        """Waits until a post is in the home timeline; answers it as it is there."""
        return eventually(lambda: next((one for one in self.home() if one["uri"] == post["uri"]), None), SOON)

    def home(self):
        return self.get("/api/v1/timelines/home", limit=40)

    def status(self, post):
        return self.get(f"/api/v1/statuses/{post['id']}")

    def relationship(self, account):
        return self.get("/api/v1/accounts/relationships", **{"id[]": account["id"]})[0]

    def told(self, kind, by, of=None):
        """Waits for a notification of a kind, by somebody elsewhere, of a post if one is named. Answers it."""

        def look():
            for one in self.get("/api/v1/notifications", **{"types[]": kind, "limit": 40}):
                about = (one.get("status") or {}).get("id")
                if one["account"]["acct"] == by.acct and (of is None or about == of["id"]):
                    return one

        return eventually(look, SOON)

    def deliveries(self, post):
        """What became of a post on its way to each server."""
        return {one["host"]: one for one in self.get(f"/api/v1/kenoma/statuses/{post['id']}/deliveries")}

    def delivered(self, post, *peers):
        """Waits until the servers that have a post, and those that are to get it, are just these."""
        wanted = {peer.host: "delivered" for peer in peers}
        if not wanted:
            eventually(self.peer.is_idle, SOON)
        becomes(lambda: {host: one["state"] for host, one in self.deliveries(post).items()}, wanted, SOON)
