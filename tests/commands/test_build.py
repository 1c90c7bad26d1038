"""`hybridctl build`, whole, on fakes: what it prints, what `--verify` and `--explain` find, and what it refuses."""

import json
from dataclasses import dataclass, replace

import pytest

from fakes import FakeBackend
from fakes.backend import FakeArtifacts
from hybridctl.domain.package import Package

NOTE = "zip 41 of the 50 MiB that Lambda allows"


@dataclass
class NotedArtifacts(FakeArtifacts):
    def build(self) -> Package:
        return replace(super().build(), notes=(NOTE,))


@pytest.fixture
def noted() -> FakeBackend:
    backend = FakeBackend()
    backend.artifacts = NotedArtifacts()
    return backend


def test_a_proven_build_says_so(hybridctl):
    assert "verified  2 builds from scratch gave identical bytes" in hybridctl("build", "--verify").out
    answer = json.loads(hybridctl("--output", "json", "build", "--verify").out)
    assert answer["verified"] == 2
    assert answer["build"] == "b" * 16


def test_the_first_file_that_came_out_differently_is_named(hybridctl):
    backend = FakeBackend()
    backend.artifacts.zips = [b"one", b"two"]
    ran = hybridctl("build", "--verify", backend=backend)
    assert (ran.code, ran.out) == (5, "")
    assert "first difference: the zip itself" in ran.err
    backend.artifacts.zips = [b"same", b"same"]
    ran = hybridctl("build", "--verify", backend=backend)
    assert ran.code == 5
    assert "a build from scratch differs from lambda_function.zip" in ran.err


@pytest.mark.parametrize("options", [[], ["--verify"], ["--output", "json"]])
def test_notes_go_to_stderr_and_not_into_the_result(hybridctl, noted, options):
    before, after = (options, []) if "--output" in options else ([], options)
    ran = hybridctl(*before, "build", *after, backend=noted)
    assert ran.code == 0
    assert ran.err == f"note: {NOTE}\n"
    if before:
        assert json.loads(ran.out)["notes"] == [NOTE]
    else:
        assert NOTE not in ran.out


@pytest.mark.parametrize("line", [["staging"], ["--env", "local", "--verify"], ["--verify", "--explain"]])
def test_options_that_do_not_go_together_are_refused(hybridctl, line):
    ran = hybridctl("build", *line)
    assert (ran.code, ran.out) == (2, "")
    assert "hint:" in ran.err


def test_build_says_what_it_made(hybridctl, golden):
    backend = FakeBackend()
    backend.artifacts.fresh = True
    golden("build.txt", hybridctl("build", backend=backend).transcript)
    golden("build-as-json.txt", hybridctl("--output", "json", "build", backend=backend).transcript)


def test_verify_compares_two_builds_from_scratch(hybridctl):
    backend = FakeBackend()
    assert hybridctl("build", "--verify", backend=backend).code == 0
    backend.artifacts.zips = [b"one", b"two"]
    ran = hybridctl("build", "--verify", backend=backend)
    assert ran.code == 5
    assert "two builds of the same source differ" in ran.err


def test_explain_names_the_files_that_differ_from_the_live_version(hybridctl, golden):
    backend = FakeBackend.deployed(1, 2, live=1)
    backend.artifacts.files = {"a.py": b"new", "b.py": b"same", "c.py": b"more", "build.json": b"2"}
    backend.functions.packages = {1: {"a.py": b"old", "b.py": b"same", "gone.py": b"", "build.json": b"1"}}
    golden("build-explain.txt", hybridctl("build", "--explain", "local", backend=backend).transcript)
    backend.functions.packages = {1: dict(backend.artifacts.files)}
    assert "same files as version 1" in hybridctl("build", "--explain", backend=backend).out
    assert hybridctl("build", "--explain", backend=FakeBackend()).code == 3
