"""What the client scripts share: a throw-away server, a browser without a window, and counted steps.

`KENOMA_BIN` names the program under test; `tests/run` sets it.
"""

import contextlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time
import traceback
import zlib
from urllib.parse import parse_qs, urljoin, urlparse

import requests
from bs4 import BeautifulSoup

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("KENOMA_BIN", str(ROOT / "target/release/kenoma"))
PATIENCE = 8


class Server:
    """`kenoma serve --ephemeral`, from its start-up line to its end in order."""

    def __init__(self, *users, settings=()):
        arguments = [PROGRAM, "serve", "--ephemeral", "--json"]
        for user in users:
            arguments += ["--user", user]
        for setting in settings:
            arguments += ["--set", setting]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("{"):
                break
        else:
            raise SystemExit(f"{PROGRAM} ended before it was ready")
        said = json.loads(line)
        self.url, self.users = said["url"], said["users"]
        self.data = pathlib.Path(said["data_dir"])

    def stop(self):
        """Ends it as a test suite would, and checks that it leaves in order."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running {PATIENCE} s after SIGTERM")
        assert status == 0, f"exit status {status}"
        assert not self.data.exists(), f"{self.data} was left behind"
        return time.monotonic() - begun


class Day:
    """Counts the steps of a script; a step that fails is told with the server's last answer, and the day goes on."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0
        self.last = None
        self._listen()

    def _listen(self):
        """Remembers the last answer of whatever library speaks through requests."""
        send, day = requests.Session.send, self

        def listening(session, request, **options):
            answer = send(session, request, **options)
            day.last = answer
            return answer

        requests.Session.send = listening

    @contextlib.contextmanager
    def step(self, what):
        self.last = None
        try:
            yield
        except Exception:
            self.failed += 1
            print(f"FAIL {self.name}: {what}")
            print("     " + traceback.format_exc().strip().replace("\n", "\n     "))
            if self.last is not None:
                asked = self.last.request
                print(f"     {asked.method} {asked.url} answered {self.last.status_code} {self.last.text[:2000]}")
        else:
            self.passed += 1
            print(f"ok   {self.name}: {what}")
        sys.stdout.flush()

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)


def same(found, expected):
    """Says both sides when they differ."""
    assert found == expected, f"found {found!r}, expected {expected!r}"


def authorize(url, name, password):
    """Opens an authorize page, fills in its form and sends it, as a browser would. Answers the code."""
    browser = requests.Session()
    page = browser.get(url)
    same(page.status_code, 200)
    form = BeautifulSoup(page.text, "html.parser").find("form")
    fields = []
    for field in form.find_all("input"):
        ticked = field.get("type") != "checkbox" or field.has_attr("checked")
        if field.get("name") and ticked:
            fields.append((field["name"], field.get("value", "")))
    button = form.find("button", {"type": "submit"})
    if button.get("name"):
        fields.append((button["name"], button.get("value", "")))
    typed = {"authorization[name]": name, "authorization[password]": password}
    fields = [(key, typed.get(key, value)) for key, value in fields]
    sent = browser.post(
        urljoin(page.url, form.get("action")),
        data=fields,
        headers={"Origin": origin(page.url), "Referer": page.url},
        allow_redirects=False,
    )
    if sent.status_code in (302, 303):
        return parse_qs(urlparse(sent.headers["Location"]).query)["code"][0]
    same(sent.status_code, 200)
    return BeautifulSoup(sent.text, "html.parser").find("code").text.strip()


def origin(url):
    parts = urlparse(url)
    return f"{parts.scheme}://{parts.netloc}"


def eventually(look, patience=5):
    """Looks again until something true is seen: some effects may take the few seconds that the interface allows."""
    end = time.monotonic() + patience
    while True:
        seen = look()
        if seen or time.monotonic() > end:
            assert seen, f"nothing within {patience} s"
            return seen
        time.sleep(0.1)


def becomes(look, expected, patience=5):
    """Looks again until it is as expected; says both sides when it never was."""
    end = time.monotonic() + patience
    while True:
        seen = look()
        if seen == expected or time.monotonic() > end:
            return same(seen, expected)
        time.sleep(0.1)


def picture(width=64, height=48, colour=(200, 120, 40)):
    """A PNG of one colour and a stripe, without an image library."""
    row = b"\0" + bytes(colour) * (width // 2) + bytes(3) * (width - width // 2)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
