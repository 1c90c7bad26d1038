"""What of the source is packaged, and what is refused before anything is written."""

import os
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from hybridctl.adapters.packaging.source import read_source
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed, ConfigurationInvalid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\ndef broken(:\n", r"backend/entry\.py:2: .*: def broken\(:"),
        ("def handle(e, c): pass\nreturn 1\n", r"backend/entry\.py:2: 'return' outside function: return 1"),
        ("x = '\0'\n", r"backend/entry\.py.*null byte"),
        ("# coding: no-such\n", r"backend/entry\.py.*no-such"),
        ("", r"backend/entry\.py has no handle"),
        ("class A:\n    def handle(self): pass\n", r"backend/entry\.py has no handle"),
    ],
)
def test_a_handler_that_cannot_work_is_named_and_the_old_package_stays(checkout, text, expected):
    runtime = f"python3.{sys.version_info[1]}"  # an older Python than the function's could not be sure
    before = checkout.build(runtime=runtime).path.read_bytes()
    checkout.entry.write_text(text)
    with pytest.raises(BuildFailed, match=expected) as failure:
        checkout.build(runtime=runtime)
    assert failure.value.hint
    assert checkout.zip.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "from backend.other import handle\n",
        "from backend.other import *\n",
        "if True:\n    handle = print\n",
        "try:\n    def handle(e, c): pass\nfinally:\n    pass\n",
        "def __getattr__(name): return print\n",
        "async def handle(e, c): pass\n",
    ],
)
def test_a_handler_may_be_defined_in_any_way(checkout, text):
    checkout.entry.write_text(text)
    assert checkout.build().fresh


def test_a_handler_that_is_not_there_is_named(checkout):
    checkout.entry.rename(checkout.entry.with_name("main.py"))
    with pytest.raises(BuildFailed, match=r"the handler is backend\.entry\.handle, but there is no backend/entry\.py"):
        checkout.build()


def test_a_handler_in_a_package_is_found(checkout):
    assert checkout.build(handler="backend.entry.handle").fresh
    (checkout.source / "backend" / "__init__.py").write_text("handle = print\n")
    assert checkout.build(handler="backend.handle").fresh


def test_the_grammar_is_that_of_the_runtime(checkout):
    checkout.entry.write_text("def handle(e, c):\n    match e:\n        case _: pass\n")
    assert checkout.build(runtime="python3.10").fresh
    # Python 3.9 itself, or a newer one that has its grammar.
    words = r"entry\.py:2: invalid syntax: match e:|entry\.py:3: Pattern matching is only supported in Python 3\.10"
    with pytest.raises(BuildFailed, match=words):
        checkout.build(runtime="python3.9")


def test_a_warning_of_the_compiler_is_not_shown(checkout):
    checkout.entry.write_text("def handle(e, c): return '\\d'\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkout.build().fresh


def test_no_source_and_an_empty_one_are_named(checkout):
    moved = checkout.source.rename(checkout.folder / "moved")
    with pytest.raises(BuildFailed, match="there is no folder"):
        checkout.build()
    checkout.source.mkdir()
    with pytest.raises(BuildFailed, match="contains nothing to package"):
        checkout.build()
    moved.rename(checkout.folder / "lambda_src")
    assert checkout.build().fresh


def test_a_link_that_stays_inside_is_followed(checkout):
    (checkout.source / "backend" / "alias.py").symlink_to("entry.py")
    (checkout.source / "shared").symlink_to("backend")
    checkout.build()
    assert checkout.read("backend/alias.py") == checkout.entry.read_text()
    assert "shared/entry.py" in checkout.names()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("../../../secret.txt", "links outside"),
        ("/etc", "links outside"),
        ("nobody.py", "is a broken link"),
        ("link", "is a broken link"),
        (".", "links to a folder that contains it"),
        ("..", "links to a folder that contains it"),
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(checkout, tmp_path, target, expected):
    (tmp_path / "secret.txt").write_text("secret")
    (checkout.source / "backend" / "link").symlink_to(target)
    with pytest.raises(BuildFailed, match=expected):
        checkout.build()


def test_what_is_left_out_may_link_anywhere(checkout, tmp_path):
    (checkout.source / ".venv").symlink_to(tmp_path)
    (checkout.source / "backend" / ".#entry.py").symlink_to("somebody@host.1234")
    assert checkout.build().files == 4


def test_a_pipe_is_refused_and_not_read(checkout):
    os.mkfifo(checkout.source / "backend" / "pipe")
    with pytest.raises(BuildFailed, match="pipe is neither a file nor a folder"):
        checkout.build()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not store such names")
def test_a_name_that_is_not_utf8_is_refused(checkout):
    with open(os.fsencode(checkout.source) + b"/\xff.txt", "w"):
        pass
    with pytest.raises(BuildFailed, match="is not UTF-8"):
        checkout.build()


@pytest.mark.parametrize("name", ["backend", "backend/entry.py"])
def test_what_cannot_be_read_is_named_and_not_left_out(name):
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "backend").mkdir()
        (folder / "backend" / "entry.py").write_text("")
        folder.chmod(0o755)
        (folder / name).chmod(0)
        try:
            if user == 0:  # who reads everything: be nobody for a moment
                os.seteuid(65534)
            with pytest.raises(BuildFailed, match=f"reading .*{name}: Permission denied"):
                read_source(folder)
        finally:
            os.seteuid(user)
            (folder / name).chmod(0o755)


def test_a_composed_and_a_decomposed_name_are_the_same(checkout, elsewhere):
    (checkout.source / "gr\u00fcn.txt").write_text("x")
    (elsewhere.source / "gru\u0308n.txt").write_text("x")
    assert checkout.build().sha256 == elsewhere.build().sha256


def test_only_that_a_file_may_be_executed_is_kept_of_its_mode(checkout, elsewhere):
    for one, mode in ((checkout, 0o755), (elsewhere, 0o700)):
        (one.source / "run.sh").write_text("#!/bin/sh\n")
        (one.source / "run.sh").chmod(mode)
    package = checkout.build()
    assert package.sha256 == elsewhere.build().sha256
    (checkout.source / "run.sh").chmod(0o644)
    assert checkout.build().sha256 != package.sha256


def test_a_file_of_our_own_name_is_refused(checkout):
    (checkout.source / "build.json").write_text("{}")
    with pytest.raises(BuildFailed, match=r"build\.json is hybridctl's own"):
        checkout.build()


def test_a_module_may_contain_data_named_like_a_requirement_file(checkout):
    (checkout.source / "backend" / "requirements.txt").write_text("template")
    checkout.build()
    assert "backend/requirements.txt" in checkout.names()
    assert "requirements.txt" not in checkout.names()


@pytest.mark.parametrize("setting", [{"runtime": "nodejs22.x"}, {"runtime": "python3"}, {"architecture": "arm"}])
def test_an_unknown_platform_is_refused(checkout, setting):
    with pytest.raises(ConfigurationInvalid):
        checkout.build(**setting)


def test_newer_runtimes_take_newer_wheels():
    assert "manylinux_2_34_aarch64" in Target("python3.13", "arm64").platforms
    assert "manylinux_2_35_aarch64" not in Target("python3.13", "arm64").platforms
    assert "manylinux_2_28_x86_64" not in Target("python3.11", "x86_64").platforms
    assert {"manylinux2014_x86_64", "manylinux_2_5_x86_64"} <= set(Target("python3.11", "x86_64").platforms)
