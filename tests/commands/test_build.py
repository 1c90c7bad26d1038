"""`hybridctl build`, whole, on fakes."""

from fakes import FakeBackend


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
