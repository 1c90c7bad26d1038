"""All that is installed is in a lock with its hashes, also what builds; and every lock is audited."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.stem for path in (ROOT / "locks").glob("*.lock"))
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
AUDIT = (ROOT / ".github" / "workflows" / "audit.yml").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")))


def lines_of(target: str) -> list[str]:
    """What make would run for a target when nothing of it is there."""
    argv = ["make", "--dry-run", "--always-make", target]
    output = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return output.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_has_a_hash_and_no_address(name: str):
    text = (ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert entries
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("name", ["hybridctl", "sandbox", "dev"])
def test_what_builds_is_installed_by_hash_before_anything_is_built(name: str):
    installs = [line for line in lines_of(f".venv/.installed-{name}") if "pip install" in line]
    first, *rest = installs
    assert "--only-binary :all: --require-hashes -r locks/build.lock" in first
    assert len(rest) == 2
    assert all("--no-build-isolation" in line for line in rest)
    assert f"--require-hashes -r locks/{name}.lock" in rest[0]
    assert "--no-index --no-deps --editable ." in rest[1]


@pytest.mark.parametrize("name", ["hybridctl", "sandbox", "dev", "audit"])
def test_locks_agree_on_what_they_share(name: str):
    """What builds and what is built get into one environment."""
    build, other = pins("build"), pins(name)
    assert {"hatchling", "editables", "setuptools"} <= build.keys()
    assert {name: other[name] for name in build.keys() & other.keys()} == {
        name: build[name] for name in build.keys() & other.keys()
    }


def test_pull_requests_and_every_week_are_audited_without_any_right():
    assert "\n  pull_request:\n" in AUDIT  # not pull_request_target, which has the repository's rights
    assert re.search(r'cron: "\d+ \d+ \* \* [0-6]"', AUDIT)
    assert "\npermissions: {}\n" in AUDIT
    assert re.findall(r"    permissions:\n((?:      .+\n)+)", AUDIT) == ["      contents: read\n"]
    assert "secrets." not in AUDIT
    assert re.findall(r"- run: (.+)", AUDIT) == ["make audit"]


def test_every_lock_of_the_product_is_audited_by_a_program_from_a_lock():
    text = "\n".join(lines_of("audit"))
    assert "--only-binary :all: --require-hashes -r locks/audit.lock" in text
    for audited in [*(f"locks/{name}.lock" for name in LOCKS if name != "bench"), "lambda_src/requirements.txt"]:
        assert re.search(rf"for lock in [^;]*{re.escape(audited)}", text), audited
    assert "pip-audit --strict --disable-pip --require-hashes" in text
