"""Others are notified how a release ended; a failure of that is a note."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from commands.test_deploy import with_new_code
from fakes import FakeBackend
from fakes.clock import NOON
from fakes.functions import FakeHandler
from hybridctl.adapters.aws.release_records import from_record
from hybridctl.adapters.http import Urllib3Probe
from hybridctl.adapters.notifier import ReleaseNotifier
from hybridctl.domain.notification import describe_release, webhook_body
from hybridctl.domain.notify import Notify
from hybridctl.domain.release import Kind, Outcome, Release

SECRET = "T000/B000/s3cr3t"
RELEASE = Release(
    "20260301T120000-1",
    Kind.DEPLOY,
    "production",
    "1",
    "ada",
    "h:1",
    NOON,
    Outcome.TAKEN_BACK,
    version_before=6,
    version_after=7,
    reason="<!channel> a & b",
)


@dataclass
class Hook:
    """A web server that keeps what it was sent, and answers with `status` after `wait` seconds."""

    url: str = ""
    status: int = 200
    wait: float = 0.0
    bodies: list[Any] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            time.sleep(found.wait)
            self.send_response(found.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/{SECRET}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture
def notes() -> list[str]:
    return []


def notifier(notify: Notify, notes: list[str], root: Path, environ: dict[str, str], **options: Any) -> ReleaseNotifier:
    return ReleaseNotifier(notify, "shop", root, environ, Urllib3Probe({}).post, notes.append, **options)


def test_slack_gets_escaped_text(hook, notes, tmp_path):
    notifier(Notify("HOOK"), notes, tmp_path, {"HOOK": hook.url}).tell(RELEASE)
    [body] = hook.bodies
    assert notes == []
    first, second = body["text"].splitlines()
    assert first == "shop production: deploy rolled back, version 6 serves again, by ada (20260301T120000-1)"
    assert second == "&lt;!channel&gt; a &amp; b"


def test_teams_gets_an_adaptive_card(hook, notes, tmp_path):
    notifier(Notify("HOOK", "teams"), notes, tmp_path, {"HOOK": hook.url}).tell(RELEASE)
    [body] = hook.bodies
    card = body["attachments"][0]["content"]
    assert (body["type"], card["type"]) == ("message", "AdaptiveCard")
    assert [block["text"] for block in card["body"]] == describe_release("shop", RELEASE).splitlines()


def test_the_command_gets_the_record(notes, tmp_path):
    line = "import sys; open('heard.json', 'w').write(sys.stdin.read())"
    notifier(Notify(command=(sys.executable, "-c", line)), notes, tmp_path, {}).tell(RELEASE)
    assert notes == []
    assert from_record(json.loads((tmp_path / "heard.json").read_text())) == RELEASE


@pytest.mark.parametrize(
    ("environ", "status", "expected"),
    [
        ({}, 200, "HOOK is not set"),
        ({"HOOK": f"ftp://x/{SECRET}"}, 200, "HOOK is not an https:// address"),
        ({"HOOK": f"http://127.0.0.1.example.com/{SECRET}"}, 200, "HOOK is not an https:// address"),
        ({"HOOK": f"http://[{SECRET}"}, 200, "HOOK is not an https:// address"),
        ({"HOOK": f"https://[{SECRET}"}, 200, "did not respond"),
        ({"HOOK": f"http://127.0.0.1:9/{SECRET}"}, 200, "did not respond (NewConnectionError)"),
        ({"HOOK": "…"}, 404, "answered 404"),
        ({"HOOK": "…"}, 302, "answered 302"),
    ],
)
def test_a_webhook_that_fails_is_one_note_without_its_address(hook, notes, tmp_path, environ, status, expected):
    hook.status = status
    known = {name: hook.url if value == "…" else value for name, value in environ.items()}
    notifier(Notify("HOOK", command=("/no/such/command",)), notes, tmp_path, known).tell(RELEASE)
    [note] = notes
    assert expected in note
    assert "/no/such/command could not be started: No such file or directory" in note
    assert "s3cr3t" not in note
    assert "127.0.0.1" not in note


def test_a_slow_webhook_and_a_slow_command_are_given_up(hook, notes, tmp_path):
    hook.wait = 1.0
    slow = ("sh", "-c", "sleep 60 & wait")
    made = notifier(Notify("HOOK", command=slow), notes, tmp_path, {"HOOK": hook.url}, command_seconds=0.2)
    made = replace(made, post=lambda url, body, _seconds: Urllib3Probe({}).post(url, body, 0.2))
    started = time.monotonic()
    made.tell(RELEASE)
    assert time.monotonic() - started < 5
    assert "did not respond (ReadTimeoutError)" in notes[0]
    assert "sh was stopped after 0.2 s" in notes[0]


def test_an_interrupt_while_others_are_notified_is_a_note(notes, tmp_path):
    def post(*_arguments: object) -> int:
        raise KeyboardInterrupt

    made = notifier(Notify("HOOK"), notes, tmp_path, {"HOOK": "https://x"})
    replace(made, post=post).tell(RELEASE)
    assert notes == ["note: a notification was interrupted; the release is not affected"]


@pytest.mark.parametrize(
    ("backend", "words", "expected"),
    [
        (lambda: with_new_code(FakeHandler(2), 1), ("deploy", "local"), [(Kind.DEPLOY, Outcome.LIVE)]),
        (
            lambda: with_new_code(FakeHandler(2, broken={"GET /health"}), 1),
            ("deploy", "local"),
            [(Kind.DEPLOY, Outcome.FAILED)],
        ),
        (lambda: FakeBackend.deployed(1, 2), ("rollback", "local", "--version", "1"), [(Kind.ROLLBACK, Outcome.LIVE)]),
        (lambda: with_new_code(FakeHandler(2), 1), ("deploy", "local", "--dry-run"), []),
    ],
)
def test_each_end_of_a_release_is_reported_once_after_it_is_written_down(hybridctl, backend, words, expected):
    made = backend()
    hybridctl(*words, "--yes", backend=made)
    assert [(one.kind, one.outcome) for one in made.notifier.told] == expected
    assert all(made.journal.records[one.id] == one for one in made.notifier.told)


def test_an_automatic_rollback_is_reported(hybridctl):
    made = with_new_code(FakeHandler(2), 1)
    made.probe.broken = {2: {"GET /health"}}
    ran = hybridctl("deploy", "local", "--yes", backend=made)
    assert ran.code == 7
    [answer] = made.notifier.told
    assert answer.outcome is Outcome.TAKEN_BACK
    assert "version 1 serves again" in describe_release("shop", answer)


def test_a_notifier_that_fails_changes_nothing_of_the_release(hybridctl, notes, tmp_path):
    made, plain = with_new_code(FakeHandler(2), 1), with_new_code(FakeHandler(2), 1)
    made.notifier = notifier(Notify("HOOK", command=("false",)), notes, tmp_path, {})  # type: ignore[assignment]
    messages, untold = (hybridctl("deploy", "local", "--yes", backend=one) for one in (made, plain))
    assert (messages.code, messages.out) == (untold.code, untold.out)
    assert len(notes) == 1


def test_the_two_forms_differ():
    assert webhook_body("slack", "x") == {"text": "x"}
    assert "text" not in webhook_body("teams", "x")
