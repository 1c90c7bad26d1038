"""The sandbox held to the real hashicorp/aws: the same HCL, the same sandbox, either provider, no difference."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import Clone, fresh_clone

REAL = ("--provider", "hashicorp")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    made = fresh_clone(tmp_path_factory.mktemp("real"))
    yield made
    made.run("sandbox", "stop")


@pytest.fixture
def mirrored(twice: Clone, mirror: Path, tmp_path: Path) -> Clone:
    configuration = tmp_path / "terraformrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    twice.more = {"TF_CLI_CONFIG_FILE": str(configuration)}
    return twice


def test_what_the_sandboxs_provider_made_the_real_one_leaves_alone(mirrored: Clone):
    mirrored.must("deploy", "local")
    ran = mirrored.run("plan", "local", "--detailed-exitcode", *REAL)
    assert ran.code == 0, ran.all


def test_a_change_by_the_real_one_is_none_to_the_sandboxs(mirrored: Clone):
    ran = mirrored.must("deploy", "local", "--var", "lambda_memory_size=768", *REAL)
    assert "version   2" in ran.out
    again = mirrored.run("plan", "local", "--var", "lambda_memory_size=768", "--detailed-exitcode")
    assert again.code == 0, again.all


def test_both_plan_the_same_change_and_the_same_outputs(mirrored: Clone):
    change = ("--as", "production")
    ours = mirrored.must("--output", "json", "plan", "local", *change).json["changes"]
    theirs = mirrored.must("--output", "json", "plan", "local", *change, *REAL).json["changes"]
    assert ours == theirs


def test_the_real_one_destroys_what_both_have_made(mirrored: Clone):
    ran = mirrored.must("destroy", "local", "--yes", env={"HYBRIDCTL_PROVIDER": "hashicorp"}, timeout=400)
    assert "resources destroyed" in ran.out
    mirrored.must("deploy", "local", *REAL, timeout=400)
