"""What goes wrong on a new user's machine: a clear error, the right code, nothing half-done."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import Clone, copy_deployed, fresh_clone
from hybridctl.sandbox.interpreters import find_python


def read_refusal(clone: Clone, *argv: str, code: int, saying: str, **options: object) -> None:
    ran = clone.run(*argv, **options)  # type: ignore[arg-type]
    assert ran.code == code, ran.all
    assert saying in ran.err
    assert "hint: " in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", ["smoke", "logs", "outputs", "rollback", "releases"])
def test_before_any_deploy_there_is_nothing_to_find(clone: Clone, command: str):
    read_refusal(clone, command, code=3, saying="has never been deployed from here")
    assert not (clone.root / ".hybridctl" / "sandbox").exists()


def test_an_unknown_environment_is_named(clone: Clone):
    read_refusal(clone, "deploy", "nowhere", code=2, saying="there is no environment 'nowhere'")


def test_outside_a_checkout_the_missing_file_is_named(clone: Clone):
    elsewhere = Clone(clone.home, clone.home)
    read_refusal(elsewhere, "status", code=2, saying="no hybridctl.toml in")


def test_a_broken_configuration_is_named_with_its_line(clone: Clone):
    text = (clone.root / "hybridctl.toml").read_text()
    (clone.root / "hybridctl.toml").write_text(text.replace("region =", "regoin ="))
    read_refusal(clone, "deploy", "local", code=2, saying="hybridctl.toml:2: unknown key 'regoin'")
    (clone.root / "hybridctl.toml").write_text(text)


def test_staging_without_credentials_is_refused_before_anything(clone: Clone):
    env = {"AWS_EC2_METADATA_DISABLED": "true"}
    read_refusal(clone, "deploy", "staging", code=1, saying="no AWS credentials", env=env)


def test_a_port_that_is_taken_is_named(clone: Clone):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        read_refusal(clone, "sandbox", "start", "--port", str(port), code=1, saying=str(port))


def test_a_syntax_error_is_found_before_anything_is_planned(clone: Clone):
    """By the function's own Python: an older one cannot distinguish a mistake from newer syntax."""
    found = find_python("python3.13", os.environ)
    if found is None:
        pytest.skip("no Python 3.13 on this machine")
    entry = clone.root / "lambda_src/backend/entry.py"
    text = entry.read_text()
    entry.write_text(text + "\ndef broken(:\n")
    try:
        path = f"{Path(found[0]).parent}:{clone.environment['PATH']}"
        read_refusal(clone, "deploy", "local", code=1, saying="backend/entry.py:", env={"PATH": path})
    finally:
        entry.write_text(text)


def test_a_private_folder_that_cannot_be_written_is_named(tmp_path: Path):
    clone = fresh_clone(tmp_path)
    (clone.root / ".hybridctl").write_text("a file where the folder should be")
    ran = clone.run("deploy", "local")
    assert ran.code == 1, ran.all
    assert ".hybridctl" in ran.err
    assert "Traceback" not in ran.err
    assert "unexpected" not in ran.err


def test_without_terraform_on_path_the_bundled_engine_does_it_all(tmp_path: Path):
    clone = fresh_clone(tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    clone.more = {"PATH": str(tools)}
    ran = clone.must("deploy", "local")
    assert "(bundled)" in ran.err
    assert "9 of 9 checks passed" in ran.out
    doctor = clone.must("doctor", "local")
    assert "(bundled)" in doctor.out
    clone.must("sandbox", "stop")


def test_with_opentofu_alone_on_path_it_does_it_all(tmp_path: Path):
    tofu = shutil.which("tofu")
    if tofu is None:
        pytest.skip("tofu is not on PATH; tests/adapters/terraform/test_cli_engines.py replays what it says")
    clone = fresh_clone(tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, found in (("tofu", tofu), ("git", shutil.which("git")), ("sh", shutil.which("sh"))):
        if found:
            (tools / name).symlink_to(found)
    clone.more = {"PATH": str(tools)}
    ran = clone.must("deploy", "local")
    assert "✓ init      tofu " in ran.err
    assert "9 of 9 checks passed" in ran.out
    assert clone.must("plan", "local", "--detailed-exitcode").code == 0
    assert clone.must("drift", "local").out.startswith("no drift")
    clone.must("sandbox", "stop")


@pytest.fixture(scope="module")
def served(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Another checkout, deployed and with a sandbox that runs."""
    made = copy_deployed(template, fresh_clone(tmp_path_factory.mktemp("served")))
    made.must("sandbox", "start")
    yield made
    made.run("sandbox", "stop")


def test_two_checkouts_do_not_disturb_each_other(served: Clone, tmp_path: Path):
    other = fresh_clone(tmp_path)
    other.must("sandbox", "start")
    assert other.exports["AWS_ENDPOINT_URL"] != served.exports["AWS_ENDPOINT_URL"]
    assert other.run("status").code == 3
    other.must("sandbox", "reset")
    served.must("smoke")
    other.must("sandbox", "stop")


@pytest.mark.parametrize("output", ["text", "json"])
def test_output_that_nobody_reads_is_not_a_failure(served: Clone, output: str):
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        ["hybridctl", "--output", output, "releases"],
        cwd=served.root,
        env=served.environment,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert not [word for word in ("Traceback", "Exception") if word in ran.stderr], ran.stderr
