"""Every command that can be typed, on streams that fail and with hostile text: the work and its exit code stay."""

import io
import json
import os
import pty
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from commands.test_deploy import with_new_code
from fakes import FakeClock, FakeSessions, fake_context
from fakes.clock import NOON
from fakes.environments import well
from fakes.functions import FakeHandler
from fakes.logs import FakeLogQueries, FakeLogSource, event
from fakes.session_items import session
from hybridctl.adapters.price_list import ListPrices
from hybridctl.commands.tree import leaves
from hybridctl.domain.logs.query import QueryProgress, QueryState
from hybridctl.domain.visible_text import make_visible
from hybridctl.entrypoint import run
from hybridctl.views.printer import Printer
from hybridctl.views.screen import Screen
from hybridctl.views.stream import Stream

HOSTILE = "a[/]b[red]c:smile:\x1b[2J\x1b]0;t\x07\r\x9b31m\u202e\u200b\ufeff\U000e0041é✓"
SHOWN = make_visible(HOSTILE)
SESSION = session()
ARGUMENTS = {
    "deploy": ("local", "--yes", "-m", HOSTILE),
    "logs query": ("errors", "local"),
    "logs search": ("local",),
    "alarms history": ("-e", "local"),
    "alarms test": ("errors", "local"),
    "sessions list": (SESSION.user_id, "-e", "local"),
    "sessions show": (SESSION.id, "-e", "local"),
    "sessions revoke": (SESSION.user_id, "-e", "local", "--yes"),
    "sessions scan": ("-e", "local"),
    "releases diff": ("1", "2", "local"),
    "releases prune": ("local", "--yes"),
    "rollback": ("local", "--yes", "-m", HOSTILE),
    "build": (),
    "destroy": ("local", "--yes"),
    "state show": ("aws_lambda_alias.live", "local"),
    "state unlock": ("local", "--yes"),
    "bootstrap": ("local", "--yes"),
    "sandbox key": ("engineer",),
}
QUIET = dict.fromkeys(
    ("sandbox start", "sandbox stop", "sandbox status", "sandbox reset", "sandbox logs", "sandbox gaps"), ()
)
USUAL_CODES: dict[tuple[str, ...], int] = {}
COMMANDS = {name: (*name.split(), *({**ARGUMENTS, **QUIET}.get(name, ("local",)))) for name, _ in leaves()}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path_factory, monkeypatch):
    """`init` makes its files where the command is typed."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))


def environment():
    """An environment with a history, a log and sessions, all of which hold hostile text."""
    backend = with_new_code(FakeHandler(2), 1)
    watched = well()
    for name in ("metrics", "alarms", "journal"):
        if hasattr(watched, name):
            setattr(backend, name, getattr(watched, name))
    for key, record in list(backend.journal.records.items()):
        backend.journal.records[key] = replace(record, reason=HOSTILE, actor=HOSTILE, message=HOSTILE)
    line = {"level": "INFO", "route": HOSTILE, "version": HOSTILE, "message": HOSTILE, "x": HOSTILE}
    events = [event(NOON - timedelta(minutes=1), HOSTILE), event(NOON - timedelta(minutes=1), json.dumps(line))]
    backend.logs = FakeLogSource(FakeClock(), events)
    backend.sessions = FakeSessions.holding(session(user_agent=HOSTILE, address=HOSTILE, provider=HOSTILE))
    backend.log_queries = FakeLogQueries([QueryProgress(QueryState.COMPLETE, [{HOSTILE: HOSTILE}], matched=1)])
    backend.functions.packages = {1: {HOSTILE: b""}, 2: {HOSTILE: b""}}
    return backend


def run_on(project, out, err, argv):
    clock = FakeClock()
    backend = environment()
    wide = {"COLUMNS": "3000"}
    screen = Screen(Printer(out, wide), Printer(err, wide), clock)
    context = fake_context(project, backend, clock, screen, open_prices=lambda it: ListPrices(it.private, list))
    code = run(argv, context)
    out.flush()
    err.flush()
    return code


def run_encoded(project, argv, encoding="utf-8"):
    """Exit code, stdout and stderr of a run on streams of that encoding."""
    raw = io.BytesIO(), io.BytesIO()
    out, err = (Stream(io.TextIOWrapper(one, encoding=encoding)) for one in raw)
    code = run_on(project, out, err, argv)
    return code, *(one.getvalue().decode(encoding) for one in raw)


def make_abandoned_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def dead_terminal():
    master, slave = pty.openpty()
    os.close(master)
    return slave


def full_disk():
    return os.open("/dev/full", os.O_WRONLY)


@pytest.fixture
def usual_code(tmp_path_factory, monkeypatch, project):
    """The exit code of a command line on good streams, run once for all tests in a project of its own."""

    def find(*argv):
        if argv not in USUAL_CODES:
            apart = tmp_path_factory.mktemp("usual")
            shutil.copy(project / "hybridctl.toml", apart)
            with monkeypatch.context() as patch:
                patch.chdir(tmp_path_factory.mktemp("there"))
                USUAL_CODES[argv] = run_encoded(apart, argv)[0]
        return USUAL_CODES[argv]

    return find


@pytest.mark.parametrize("name", COMMANDS)
def test_hostile_text_is_shown_as_text(project, name):
    code, out, err = run_encoded(project, COMMANDS[name])
    assert "unexpected" not in err
    assert make_visible(out + err) == out + err
    assert code == run_encoded(project, COMMANDS[name])[0]
    if "smile" in out + err:
        assert "a[/]b[red]c:smile:\\x1b[2J" in out + err or "…" in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_encoding_is_enough(project, usual_code, name, encoding):
    code = usual_code(*COMMANDS[name])
    assert run_encoded(project, COMMANDS[name], encoding)[0] == code
    json_code, document, _ = run_encoded(project, ("--output", "json", *COMMANDS[name]), encoding)
    assert json_code == code
    if not name.startswith("logs"):
        json.loads(document or "{}", parse_constant=pytest.fail)


def open_null():
    return os.open(os.devnull, os.O_WRONLY)


@pytest.mark.parametrize("fault", [make_abandoned_pipe, dead_terminal, full_disk, open_null])
@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_stream_that_fails_changes_no_exit_code(project, usual_code, name, output, fault):
    argv = ("--output", output, *COMMANDS[name])
    expected = usual_code(*argv)
    with open(fault(), "w", encoding="utf-8") as file, open(fault(), "w", encoding="utf-8") as other:
        if fault is open_null:
            file.close()
            other.close()
        out, err = Stream(file), Stream(other)
        code = run_on(project, out, err, argv)
        if fault is full_disk and expected == 0:
            assert code in (0, 1)
        elif name.startswith("logs"):
            assert code in (0, expected)
        else:
            assert code == expected
