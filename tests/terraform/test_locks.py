"""The lock file of each root: one provider for every machine, which no command changes."""

import re
import subprocess
from pathlib import Path

import pytest

from hybridctl.adapters.terraform.argv import init
from hybridctl.domain.engine import Engine

REPOSITORY = Path(__file__).resolve().parents[2]
ROOTS = REPOSITORY / "terraform" / "environments"
LOCKS = [ROOTS / name / ".terraform.lock.hcl" for name in ("local", "staging", "production")]
SOURCE = "registry.terraform.io/hashicorp/aws"


def test_every_root_pins_the_same_provider_and_git_keeps_it():
    assert len({lock.read_bytes() for lock in LOCKS}) == 1
    text = LOCKS[0].read_text(encoding="utf-8")
    assert re.findall(r'^provider "(.+)"', text, re.MULTILINE) == [SOURCE]
    asked = subprocess.run(
        ["git", "check-ignore", *map(str, LOCKS)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert asked.stdout == ""


def test_the_pinned_version_is_within_what_the_roots_ask_for():
    text = LOCKS[0].read_text(encoding="utf-8")
    found = re.search(r'version\s+= "(\d+)\.(\d+)\.\d+"', text)
    assert found is not None
    assert (5, 100) <= (int(found[1]), int(found[2])) < (7, 0)
    for lock in LOCKS:
        assert '">= 5.100, < 7"' in (lock.parent / "terraform.tf").read_text(encoding="utf-8")


def test_it_holds_a_checksum_of_every_platforms_zip():
    """`zh` is of the zip as it is published: with those of all platforms, `init` verifies on any of them."""
    text = LOCKS[0].read_text(encoding="utf-8")
    zipped, unpacked = set(re.findall(r'"zh:([0-9a-f]{64})"', text)), re.findall(r'"h1:([\w+/]{43}=)"', text)
    assert len(zipped) >= 14
    assert unpacked


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_root_with_a_lock_is_initialised_without_changing_it(is_locked: bool):
    engine = Engine("terraform", "1.11.4", ("terraform",), bundled=False)
    assert ("-lockfile=readonly" in init(engine, {}, is_locked=is_locked)) is is_locked
