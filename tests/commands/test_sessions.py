"""`hybridctl sessions`, whole, on fakes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import FakeBackend, FakeSessions
from fakes.clock import NOON
from fakes.session_items import BROWSER, DAY, T, session, session_id
from hybridctl.domain.sessions import SessionRules, TimeToLive
from hybridctl.errors import AwsRefused

EVIL = "x\x1b]0;owned\x07\x1b[31m\u202ered[bold]\nnext"

FOUR = (
    session("3kd93kfa", last_seen_at=T - 300),
    session("9fk2mmQ1", created_at=T - 2 * DAY, last_seen_at=T - 8 * DAY, address="2001:db8::/48", user_agent="curl"),
    session("Zp_4-aaa", created_at=T - 31 * DAY, last_seen_at=T - DAY, expires_at=T - DAY),
    session("old00000", created_at=T - 40 * DAY, epoch=0, expires_at=T + DAY),
)


def backend(*sessions, **options):
    made = FakeBackend.deployed(1)
    made.sessions = FakeSessions.holding(*sessions, **options)
    return made


def devices():
    newer = (replace(one, epoch=2) for one in FOUR[:3])
    return backend(*newer, FOUR[3], session("other", user_id="ada"), user_epochs={"user123": 2})


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("list", ["sessions", "list", "user123"]),
        ("list-cut", ["sessions", "list", "user123", "--limit", "2"]),
        ("list-none", ["sessions", "list", "nobody"]),
        ("list-as-json", ["--output", "json", "sessions", "list", "user123", "--limit", "1"]),
        ("show-shortened", ["sessions", "show", "9fk2mmQ1", "--of", "user123"]),
        ("show-not-whole", ["sessions", "show", "9fk2mmQ1"]),
        ("show-not-there", ["--output", "json", "sessions", "show", session_id("gone")]),
        ("scan", ["sessions", "scan"]),
        ("scan-cut", ["sessions", "scan", "--limit", "3"]),
        ("scan-as-json", ["--output", "json", "sessions", "scan"]),
        ("revoke-user-dry-run", ["sessions", "revoke", "user123", "--dry-run"]),
        ("revoke-user", ["sessions", "revoke", "user123"]),
        ("revoke-user-as-json", ["--output", "json", "sessions", "revoke", "user123"]),
        ("revoke-session", ["sessions", "revoke", "3kd93kfa", "--of", "user123"]),
        ("revoke-unknown", ["sessions", "revoke", "user12"]),
        ("revoke-both-flags", ["sessions", "revoke", "user123", "--user", "--session"]),
    ],
)
def test_transcript(hybridctl, golden, name, argv):
    golden(f"sessions-{name}.txt", hybridctl(*argv, backend=devices()).transcript)


@pytest.mark.parametrize(("name", "flags"), [("", []), ("-as-json", ["--output", "json"])])
def test_a_plan_counts_no_further_than_the_first_page(hybridctl, golden, name, flags):
    held = backend(*FOUR, page=3)
    ran = hybridctl(*flags, "sessions", "revoke", "user123", "--dry-run", backend=held)
    golden(f"sessions-revoke-many-dry-run{name}.txt", ran.transcript)


@pytest.mark.parametrize(
    ("name", "values", "options"),
    [
        ("active", {}, {"answered": NOON + timedelta(seconds=1)}),
        ("expired", {"expires_at": T - 3 * DAY}, {}),
        ("milliseconds", {"expires_at": (T + DAY) * 1000}, {"answered": None}),
        ("revoked", {}, {"user_epochs": {"user123": 1}, "told": SessionRules(60, "SESSION_IDLE_SECONDS of f:live")}),
        ("no-ttl-and-a-wrong-clock", {}, {"ttl": TimeToLive("DISABLED"), "answered": NOON - timedelta(minutes=4)}),
    ],
)
def test_one_session_explained(hybridctl, golden, name, values, options):
    one = session(**values)
    ran = hybridctl("sessions", "show", one.id, backend=backend(one, **options))
    golden(f"sessions-show-{name}.txt", ran.transcript)


def test_one_session_explained_for_a_program(hybridctl, golden):
    one = session(expires_at=(T + DAY) * 1000)
    ran = hybridctl("--output", "json", "sessions", "show", one.id, backend=backend(one))
    golden("sessions-show-as-json.txt", ran.transcript)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(
    "argv",
    [
        ["list", "user123"],
        ["show", "3kd93kfa", "--of", "user123"],
        ["scan"],
        ["revoke", "3kd93kfa", "--of", "user123", "--dry-run"],
        ["revoke", "3kd93kfa", "--of", "user123"],
        ["revoke", "user123"],
    ],
)
def test_no_output_holds_a_whole_id_or_what_a_terminal_obeys(hybridctl, argv, output):
    evil = session(user_agent=EVIL, address=EVIL, provider=EVIL)
    ran = hybridctl("--output", output, "sessions", *argv, backend=backend(evil))
    assert ran.code == 0, ran.err
    both = ran.out + ran.err
    assert evil.id not in both
    assert evil.id[:9] not in both
    assert all(char.isprintable() or char == "\n" for char in both)
    assert "\x1b" not in both
    if output == "json":
        json.loads(ran.out)


def test_an_id_that_a_terminal_would_obey_is_refused_and_not_repeated(hybridctl):
    for argv in (
        ["list", "a\x1b[2J"],
        ["show", "a\udc80"],
        ["revoke", "\u202euser"],
        ["list", "a" * 513],
    ):
        ran = hybridctl("sessions", *argv, backend=devices())
        assert ran.code == 2
        assert "printable characters" in ran.err or "is not valid UTF-8" in ran.err
        assert "\x1b" not in ran.err


@pytest.mark.parametrize("prefix", ["12345678", "short"])
def test_a_line_to_type_holds_any_user_as_a_shell_takes_it(hybridctl, prefix):
    ran = hybridctl("sessions", "show", prefix, "--of", "Ada; rm -rf $HOME", backend=devices())
    assert ran.code in (2, 3)
    assert "hybridctl sessions list 'Ada; rm -rf $HOME'" in ran.err


def test_staging_asks_and_without_a_terminal_refuses(hybridctl):
    for answer, code in (("n", 6), ("y", 0)):
        held = devices()
        ran = hybridctl("sessions", "revoke", "user123", "-e", "staging", backend=held, answer=answer)
        assert ran.code == code
        assert held.sessions.epoch("user123") == (3 if code == 0 else 2)
    assert hybridctl("sessions", "revoke", "user123", "-e", "staging", backend=devices()).code == 6
    assert hybridctl("sessions", "revoke", "user123", "-e", "staging", "--yes", backend=devices()).code == 0


def test_production_needs_its_name_typed(hybridctl):
    ask = ["sessions", "revoke", "user123", "-e", "production"]
    assert hybridctl(*ask, backend=devices(), answer="y").code == 6
    assert hybridctl(*ask, backend=devices(), answer="production").code == 0


def test_a_protected_environment_must_be_named_to_revoke(hybridctl, project):
    toml = project / "hybridctl.toml"
    toml.write_text(toml.read_text().replace('default_environment = "local"', 'default_environment = "production"'))
    held = devices()
    assert hybridctl("sessions", "revoke", "user123", "--yes", backend=held).code == 2
    assert held.sessions.epoch("user123") == 2


def test_the_environment_is_taken_from_the_variable_too(hybridctl):
    ran = hybridctl("sessions", "scan", backend=devices(), environ={"HYBRIDCTL_ENV": "staging"})
    assert ran.err.startswith("staging")


def test_a_dry_run_changes_nothing(hybridctl):
    held = devices()
    before = dict(held.sessions.sessions)
    for argv in (["user123"], ["3kd93kfa", "--of", "user123"]):
        assert hybridctl("sessions", "revoke", *argv, "--dry-run", "-e", "production", backend=held).code == 0
    assert (held.sessions.sessions, held.sessions.user_epochs) == (before, {"user123": 2})


def test_a_clean_up_that_ends_early_leaves_the_log_out_done_and_says_so(hybridctl, golden):
    many = [session(f"id{n:05}", created_at=T - n) for n in range(60)]
    held = backend(*many, busy=[0] + [25] * 20)
    golden("sessions-revoke-unfinished.txt", hybridctl("sessions", "revoke", "user123", backend=held).transcript)


def test_a_log_out_is_planned_without_an_index(hybridctl, golden, monkeypatch):
    def refuse(*_arguments, **_named):
        raise AwsRefused("reading the index: cannot read from a backfilling index")

    held = backend(session())
    monkeypatch.setattr(held.sessions, "of_user", refuse)
    ran = hybridctl("--output", "json", "sessions", "revoke", "user123", "--user", "--dry-run", backend=held)
    golden("sessions-revoke-without-index-as-json.txt", ran.transcript)
    golden(
        "sessions-revoke-without-index.txt",
        hybridctl("sessions", "revoke", "user123", "--user", backend=held).transcript,
    )


@pytest.mark.parametrize("user_id", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f469\u200d\U0001f4bb"])
def test_a_name_with_joiners_can_be_revoked(hybridctl, user_id):
    held = backend(session(user_id=user_id))
    assert hybridctl("sessions", "revoke", user_id, backend=held).code == 0
    assert held.sessions.user_epochs == {user_id: 1}


def test_an_interrupted_clean_up_says_that_the_log_out_holds(hybridctl, golden):
    many = [session(f"id{n:05}", created_at=T - n) for n in range(60)]
    held = backend(*many, dies_after=1)
    golden("sessions-revoke-interrupted.txt", hybridctl("sessions", "revoke", "user123", backend=held).transcript)
    held.sessions.dies_after = None
    assert hybridctl("sessions", "revoke", "user123", backend=held).code == 0
    assert held.sessions.sessions == {}


def test_a_long_user_agent_does_not_break_the_table(hybridctl):
    ran = hybridctl("sessions", "list", "user123", backend=backend(session(user_agent=BROWSER * 9)))
    assert len(ran.out.splitlines()) == 3
