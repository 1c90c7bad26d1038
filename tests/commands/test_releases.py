"""`hybridctl releases`, `releases diff`, `releases prune`, and a rollback to a release, whole, on fakes."""

import json
from dataclasses import replace

import pytest

from commands.test_rollback import THREE, live, with_history
from hybridctl.domain.release import Kind, Outcome


def with_files(backend):
    backend.functions.packages = {
        1: {"backend/entry.py": b"1", "backend/old.py": b"", "build.json": b"1"},
        2: {"backend/entry.py": b"2", "backend/new.py": b"", "build.json": b"2"},
        3: {"backend/entry.py": b"2", "backend/new.py": b"", "build.json": b"2"},
    }
    return backend


def test_a_narrow_terminal_shows_the_time_of_a_release_whole(hybridctl):
    out = hybridctl("releases", backend=with_history(*THREE), width=48).out
    assert f"{THREE[0].started:%Y-%m-%d}  " in out
    assert f"\n{THREE[0].started:%H:%M}" in out


def test_two_releases_are_compared_with_the_files_of_their_packages(hybridctl, golden):
    ran = hybridctl("releases", "diff", THREE[0].id, THREE[1].id, backend=with_files(with_history(*THREE)))
    golden("releases-diff.txt", ran.transcript)
    same = hybridctl(
        "releases", "diff", THREE[1].id[:8], THREE[2].id[:8], "local", backend=with_files(with_history(*THREE))
    )
    assert "files    identical" in same.out
    by_version = hybridctl("releases", "diff", "1", "2", backend=with_files(with_history(*THREE)))
    assert by_version.out == ran.out


def test_the_code_of_two_releases_is_compared_line_by_line(hybridctl, golden):
    backend = with_files(with_history(*THREE))
    backend.functions.packages[2]["backend/key.pem"] = b"-----BEGIN PRIVATE KEY-----\nMIIEv\n"
    backend.functions.packages[2]["backend/lib.so"] = b"\x7fELF\0"
    ran = hybridctl("releases", "diff", "1", "2", "--code", backend=backend)
    golden("releases-diff-code.txt", ran.transcript)
    assert "MIIEv" not in ran.out
    cut = hybridctl("releases", "diff", "1", "2", "--code", "--lines", "2", backend=backend)
    assert "more: --lines 0 shows all" in cut.out
    found = json.loads(hybridctl("releases", "diff", "1", "2", "--code", "--json", backend=backend).out)
    assert found["code"]["files"][0]["name"] == "backend/entry.py"
    assert found["code"]["more"] == 0
    assert json.loads(hybridctl("releases", "diff", "1", "2", "--json", backend=backend).out)["code"] is None


def test_versions_that_are_gone_are_not_compared(hybridctl):
    backend = with_files(with_history(*THREE, versions=(2, 3)))
    ran = hybridctl("releases", "diff", THREE[0].id, THREE[1].id, backend=backend)
    assert ran.code == 0
    assert "a version is no longer published" in ran.out


def test_a_version_that_was_never_live_is_compared_by_its_number(hybridctl):
    failed = replace(live(4, 5, before=2), outcome=Outcome.FAILED)
    backend = with_files(with_history(*THREE, failed, versions=(1, 2, 5)))
    backend.functions.packages[5] = {"backend/entry.py": b"5"}
    ran = hybridctl("releases", "diff", "2", "5", backend=backend)
    assert ran.code == 0
    assert "deploy, failed" in ran.out


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("1999", "there is no release 1999"),
        ("9", "there is no release 9"),
        ("20", "there is no release 20"),
        ("2026", "3 releases begin with 2026"),
    ],
)
def test_a_release_that_is_not_there_is_named(hybridctl, start, expected):
    for argv in (("releases", "diff", start, THREE[0].id), ("rollback", "--release", start)):
        ran = hybridctl(*argv, backend=with_history(*THREE))
        assert ran.code == 3
        assert expected in ran.err


def test_a_prune_keeps_what_is_served_newest_or_good(hybridctl, golden):
    history = [live(number, number) for number in range(1, 8)] + [live(8, 3, Kind.ROLLBACK, before=7)]
    backend = with_history(*history, versions=tuple(range(1, 10)), serving=3)
    golden(
        "releases-prune-dry-run.txt",
        hybridctl("releases", "prune", "--keep", "2", "--dry-run", backend=backend).transcript,
    )
    assert len(backend.functions.handlers) == 9
    golden("releases-prune.txt", hybridctl("releases", "prune", "--keep", "2", backend=backend).transcript)
    assert sorted(backend.functions.handlers) == [3, 7, 9]
    again = hybridctl("releases", "prune", "--keep", "2", backend=backend)
    assert (again.code, again.out) == (0, "nothing to delete: 3 versions needed\n")


def test_a_prune_asks_first_and_waits_for_a_release_to_end(hybridctl):
    backend = with_history(*THREE, versions=tuple(range(1, 6)), serving=3)
    assert hybridctl("releases", "prune", "staging", "--keep", "1", backend=backend).code == 6
    backend.journal.holder = THREE[2]
    ran = hybridctl("releases", "prune", "--keep", "1", backend=backend)
    assert ran.code == 4
    assert "is in progress" in ran.err
    assert len(backend.functions.handlers) == 5


def test_a_canarys_versions_are_kept(hybridctl):
    backend = with_history(*THREE, versions=tuple(range(1, 6)), serving=1)
    backend.functions.alias.weights[4] = 0.1
    planned = json.loads(hybridctl("releases", "prune", "--keep", "1", "--dry-run", "--json", backend=backend).out)
    assert [one["number"] for one in planned["versions"]] == [2], "Lambda would refuse to delete what the alias uses"
    hybridctl("releases", "prune", "--keep", "1", backend=backend)
    assert sorted(backend.functions.handlers) == [1, 3, 4, 5]


def test_a_rollback_goes_to_what_a_release_made_live(hybridctl):
    backend = with_history(*THREE)
    assert hybridctl("rollback", "--release", THREE[0].id, backend=backend).code == 0
    assert backend.functions.moves == [(1, {})]
    assert hybridctl("rollback", "--release", "x", "--version", "1", backend=backend).code == 2


def test_a_release_whose_version_was_removed_is_noticed_before_anything_moves(hybridctl):
    backend = with_history(*THREE, versions=(2, 3))
    ran = hybridctl("rollback", "--release", THREE[0].id, backend=backend)
    assert ran.code == 3
    assert "version 1 of the function is not published" in ran.err
    assert backend.functions.moves == []
