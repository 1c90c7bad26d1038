"""Records that other versions of hybridctl, or other people, have written: what can be read is, the rest is named."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.test_journal import BUCKET
from adapters.aws.test_journal import bucket as bucket  # noqa: PLC0414  a fixture
from adapters.aws.test_journal import s3 as s3  # noqa: PLC0414  a fixture
from adapters.aws.test_journal_claims import RELEASE
from fakes import FakeBackend, FakeClock
from fakes.clock import NOON
from fakes.functions import BUILD
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.aws.release_records import RecordUnreadable, from_record, read_record, to_record
from hybridctl.domain.release import Decision, Kind, Outcome, Release, Rollout, Source, Step
from hybridctl.errors import (
    ClaimUnreadable,
)

PREFIX = "releases/local/"
ROLLOUT = Rollout("canary:10@5m", 1, 2, 0.1, NOON, stop_alarms=("errors",), red_before=("slow",))


def release(number: int, **facts: Any) -> Release:
    began = NOON - timedelta(hours=100 - number)
    whole: dict[str, Any] = {
        "outcome": Outcome.LIVE,
        "finished": began + timedelta(minutes=1),
        "source": Source("0123456789", dirty=True),
        "reason": "because",
        "build": BUILD,
        "version_before": number - 1 or None,
        "version_after": number,
        "changes": "1 to change",
        "verified": True,
        "steps": (Step("build", "ok", 0.1, "unchanged"), Step("prove", "ok", 1.5)),
        "rollout": ROLLOUT,
        "decision": Decision("promote", "bob", "laptop:2", NOON),
    }
    identity = f"{began:%Y%m%dT%H%M%S}-{number}"
    where: dict[str, Any] = {"environment": "local", "account": "0" * 12, "actor": "ada", "host": "laptop:999999999"}
    return Release(identity, Kind.DEPLOY, **where, started=began, **{**whole, **facts})


WHOLE = to_record(release(3))


def journal(client: Any, heard: Any = lambda _record: None) -> S3Journal:
    return S3Journal(lambda: client, bucket=BUCKET, prefix=PREFIX, host="laptop:1", clock=FakeClock(), heard=heard)


def put(client: Any, name: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    client.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=body)


def put_release(client: Any, one: Release) -> None:
    put(client, f"{one.id}.json", to_record(one))


NEWEST = release(9)
NAME = f"{NEWEST.id}.json"
ODD = to_record(NEWEST)
UNREADABLE = {
    "empty": (NAME, b""),
    "truncated": (NAME, json.dumps(ODD).encode()[:200]),
    "nul": (NAME, b"\0" * 100),
    "binary": (NAME, b"\xff\xfe\x80\x81"),
    "deep": (NAME, b"[" * 100_000),
    "list": (NAME, []),
    "null": (NAME, None),
    "nothing": (NAME, {}),
    "bad time": (NAME, ODD | {"started": "yesterday"}),
    "time of another type": (NAME, ODD | {"finished": 12}),
    "steps are a text": (NAME, ODD | {"steps": "prove"}),
    "a step is a text": (NAME, ODD | {"steps": ["prove"]}),
    "version is a text": (NAME, ODD | {"version_after": "nine"}),
    "outcome is a number": (NAME, ODD | {"outcome": 1}),
    "no outcome": (NAME, {name: value for name, value in ODD.items() if name != "outcome"}),
    "source is a list": (NAME, ODD | {"source": []}),
    "rollout without versions": (NAME, ODD | {"rollout": {"strategy": "canary"}}),
    "infinite": (NAME, json.dumps(ODD).replace("0.1", "Infinity", 1).encode()),
    "another's record": (NAME, to_record(release(1))),
    "huge": (NAME, b'{"id": "' + b"x" * 1_100_000 + b'"}'),
    "foreign name": ("zzz.json", {}),
    "foreign object": ("notes.txt", b"hello"),
    "folder within": ("old/20260301T120000-1.json", ODD),
}
CODES = {
    ("status", "local"): 0,
    ("doctor", "local"): 0,
    ("releases", "local"): 0,
    ("plan", "local"): 0,
    ("metrics", "local", "--release", "last"): 0,
    ("rollback", "local", "--yes"): 0,
    ("deploy", "local", "--yes"): 0,
    ("abort", "local"): 3,  # there is nothing to abort
    ("promote", "local"): 3,
    ("releases", "prune", "local", "--dry-run"): 0,
    ("troubleshoot", "throttling", "local"): 5,  # the fake has no tables
}


def run_all(hybridctl: Any, client: Any, heard: Any) -> dict[tuple[str, ...], tuple[int, str]]:
    """Each command's code and words, each on an environment of its own."""
    answers = {}
    for command in CODES:
        backend = FakeBackend.deployed(1, 2, 3, 9, live=3)
        backend.journal = journal(client, heard)  # type: ignore[assignment]
        ran = hybridctl(*command, backend=backend)
        answers[command] = (ran.code, ran.out + ran.err)
        client.delete_object(Bucket=BUCKET, Key=f"{PREFIX}running")
    return answers


OLDER = [release(number, rollout=None, decision=None) for number in (1, 2, 3)]
# A command sees an odd object through the journal alone, so these stand for all: not to be parsed, not to be used, not
# read for its size, of another release, and three that are no records.
TYPICAL = ("truncated", "bad time", "huge", "another's record", "foreign name", "foreign object", "folder within")


@pytest.mark.parametrize(("name", "content"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_odd_object_is_named_and_the_other_records_are_read_as_they_are(s3, name, content):
    for one in OLDER:
        put_release(s3, one)
    put(s3, name, content)
    events: list[Any] = []
    found = journal(s3, events.append)
    assert list(found.releases()) == OLDER
    assert [list(found.releases(count)) for count in (1, 2, 9)] == [OLDER[-1:], OLDER[-2:], OLDER]
    assert list(reversed(found.releases())) == OLDER[::-1]
    assert found.claim() is None
    assert list(found.unreadable) == events
    assert [one.key for one in events] == [PREFIX + name]
    assert str(events[0]).startswith(f"unreadable: {PREFIX}{name}: ")
    assert events[0].id == (NEWEST.id if name == NAME else "")


@pytest.mark.parametrize("odd", TYPICAL)
def test_an_odd_object_becomes_one_line_and_every_command_continues_with_the_rest(hybridctl, s3, odd):
    name, content = UNREADABLE[odd]
    for one in OLDER:
        put_release(s3, one)
    put(s3, name, content)
    events: list[Any] = []
    found = run_all(hybridctl, s3, events.append)
    is_last = name == NAME  # how the last release ended is then unknown, until there is another one
    judged = dict.fromkeys((("status", "local"), ("doctor", "local")), 5 if is_last else 0)
    assert {command: code for command, (code, _) in found.items()} == CODES | judged
    assert not [words for _, words in found.values() if "unexpected" in words]
    assert {one.key for one in events} == {PREFIX + name}
    assert str(events[0]).startswith(f"unreadable: {PREFIX}{name}: ")


def test_without_an_odd_object_they_end_in_the_same_way(hybridctl, s3):
    for one in OLDER:
        put_release(s3, one)
    events: list[Any] = []
    found = run_all(hybridctl, s3, events.append)
    assert {command: code for command, (code, _) in found.items()} == CODES
    assert events == []


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every object within a record, itself included."""
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            yield from paths(member, (*path, name))
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from paths(member, (*path, at))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(st.tuples(st.sampled_from(list(paths(WHOLE))), st.text(min_size=1), JSON), max_size=6))
def test_members_of_a_newer_format_are_passed_over_at_every_depth_and_kept_when_written_again(inserted):
    newer = json.loads(json.dumps(WHOLE))
    added = []
    for path, name, value in inserted:
        if name not in at(newer, path):
            at(newer, path)[name] = value
            added.append((path, name, value))
    read, whole = read_record(json.dumps(newer).encode())
    assert read == release(3)
    again = json.loads(json.dumps(to_record(read, whole)))
    assert again == newer
    changed = json.loads(
        json.dumps(to_record(replace(read, message="changed", steps=(*read.steps, Step("x", "ok", 1))), whole))
    )
    for path, name, value in added:
        assert at(changed, path)[name] == value
    assert changed["message"] == "changed"


@given(st.sampled_from(["kind", "outcome"]), st.text(min_size=1, max_size=20))
def test_a_word_of_a_newer_hybridctl_is_unknown_and_stays_what_it_is(member, word):
    read = from_record(WHOLE | {member: word})
    found = getattr(read, member)
    assert found == word
    if found not in set(type(found)):
        assert all(found is not known and found != known for known in type(found))
    assert to_record(read)[member] == word


WITHOUT = [(path, name) for path in paths(WHOLE) for name in at(WHOLE, path)]
NEEDED = {"id", "kind", "outcome", "started", "old", "new", "at"}


@pytest.mark.parametrize(("path", "name"), WITHOUT, ids=str)
def test_a_record_without_some_member_at_any_depth_is_read_unless_that_is_what_it_is_about(path, name):
    less = json.loads(json.dumps(WHOLE))
    del at(less, path)[name]
    if name in NEEDED and path[:1] != ("steps",):
        with pytest.raises(RecordUnreadable, match=f"has no {name}"):
            from_record(less)
    else:
        assert from_record(less).version_after in (3, None)


def test_an_older_hybridctl_rolls_back_a_release_of_a_newer_one(hybridctl, s3):
    for number in (1, 2):
        put_release(s3, release(number, rollout=None, decision=None))
    newer = to_record(release(3, rollout=None, decision=None)) | {
        "format": 7,
        "kind": "migration",
        "slices": [{"region": "eu"}],
        "source": {"commit": "abc", "dirty": False, "signed": {"by": "ada"}},
        "steps": [{"name": "prove", "outcome": "superb", "seconds": 1, "parts": [1, 2]}],
    }
    put(s3, f"{newer['id']}.json", newer)
    backend = FakeBackend.deployed(1, 2, 3)
    backend.journal = journal(s3)  # type: ignore[assignment]
    listed = hybridctl("releases", "local", backend=backend)
    assert "migration" in listed.out
    ran = hybridctl("rollback", "local", "--yes", backend=backend)
    assert (ran.code, backend.functions.alias.version) == (0, 2), ran.err


def test_a_claim_of_a_newer_hybridctl_is_closed_without_losing_what_it_says(s3):
    newer = to_record(release(3, outcome=Outcome.RUNNING, finished=None, rollout=None, decision=None))
    newer |= {"format": 7, "slices": [1]}
    put(s3, f"{newer['id']}.json", newer)
    put(s3, "running", newer)
    claim = journal(s3).claim()
    mine = journal(s3)
    mine.give_up(mine.claim(), "gone")
    assert claim is not None
    kept = json.loads(s3.get_object(Bucket=BUCKET, Key=f"{PREFIX}{newer['id']}.json")["Body"].read())
    assert (kept["outcome"], kept["slices"], kept["format"]) == ("interrupted", [1], 7)


@pytest.mark.parametrize("body", [b"", b"\0\0", b'{"id": "1', b"[]", b"{}", b"null", b"[" * 60_000])
def test_an_odd_claim_holds_the_environment_until_it_is_unlocked(hybridctl, s3, body):
    put_release(s3, release(1, rollout=None, decision=None))
    running = release(2, outcome=Outcome.RUNNING, finished=None, rollout=None, decision=None)
    put_release(s3, running)
    put(s3, "running", body)
    with pytest.raises(ClaimUnreadable, match="unreadable: releases/local/running"):
        journal(s3).claim()
    backend = FakeBackend.deployed(1, 2)
    backend.journal = journal(s3)  # type: ignore[assignment]
    for command in (
        ("deploy", "local", "--yes"),
        ("rollback", "local", "--yes"),
        ("abort", "local"),
        ("promote", "local"),
    ):
        ran = hybridctl(*command, backend=backend)
        assert (ran.code, "hybridctl state unlock local" in " ".join(ran.err.split())) == (4, True), ran.err
    assert hybridctl("status", "local", backend=backend).out.startswith("unknown")
    assert hybridctl("state", "unlock", "local", backend=backend).code == 6
    ran = hybridctl("state", "unlock", "local", "--yes", backend=backend)
    assert (ran.code, "held for" in ran.err) == (0, True), ran.err
    assert journal(s3).claim() is None
    assert journal(s3).releases(1)[0].outcome is Outcome.INTERRUPTED
    assert hybridctl("deploy", "local", "--yes", backend=backend).code == 0


class Counted:
    def __init__(self, client: Any) -> None:
        self._client = client
        self.gets = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **asked: Any) -> Any:
        self.gets += 1
        return self._client.get_object(**asked)


def test_what_is_looked_for_near_the_end_is_found_without_reading_the_whole_history(s3):
    for number in range(1, 60):
        put_release(s3, release(number, rollout=None, decision=None))
    client = Counted(s3)
    history = journal(client).releases()
    assert history
    assert history[-1].version_after == 59
    assert next(one.version_after for one in reversed(history) if one.version_after == 55) == 55
    assert client.gets <= 20
    assert [one.version_after for one in history] == list(range(1, 60))
    assert client.gets == 59


def test_records_older_than_what_is_listed_first_are_found_too(s3):
    old = replace(release(1), id="20190301T120000-1")
    put_release(s3, old)
    put_release(s3, release(2))
    found = journal(s3)
    assert [one.version_after for one in found.releases()] == [1, 2]
    assert [one.id for one in found.releases(5)] == [old.id, release(2).id]
    assert [one.id for one in found.releases(beginning="2019")] == [old.id]


def test_a_release_survives_a_round_trip_through_json():
    ended = RELEASE.finish(Outcome.LIVE, NOON, message="fine")
    assert from_record(json.loads(json.dumps(to_record(ended)))) == ended


def test_a_record_of_a_newer_format_is_still_read():
    assert from_record(to_record(RELEASE) | {"format": 2, "colour": "blue"}) == RELEASE
