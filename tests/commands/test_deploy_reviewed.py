"""`plan --out` and `deploy --plan`, whole, on fakes: what was reviewed is what is applied, or nothing is."""

from dataclasses import replace
from pathlib import Path

import pytest

from commands.test_deploy import DROPS_TABLE, TABLE, with_new_code
from fakes import FakeBackend, FakeCheckout
from fakes.functions import BUILD, FakeHandler
from fakes.releases import record_rollout
from hybridctl.domain.release import Alias, Kind, Outcome

FILE = Path("release.plan")


@pytest.fixture
def reviewed(hybridctl):
    """An environment with version 1 live, and a plan of version 2 that was kept."""
    backend = with_new_code(FakeHandler(2), 1)
    assert hybridctl("plan", "production", "--out", str(FILE), backend=backend).code == 0
    return backend


def test_a_kept_plan_says_how_it_is_carried_out(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("plan", "production", "--out", str(FILE), "--var", "log_retention_days=14", backend=backend)
    golden("plan-out.txt", ran.transcript)
    kept = backend.plan_files.kept[FILE]
    assert (kept.actor, kept.package, kept.variables) == ("ada@example.com", b"zip", {"log_retention_days": "14"})
    assert backend.terraform.open_plans == 0


def test_a_reviewed_plan_is_carried_out_with_its_own_package(hybridctl, golden, reviewed):
    reviewed.artifacts.zip = b"built by somebody else in between"
    ran = hybridctl("deploy", "production", "--plan", str(FILE), "--yes", "--strategy=all-at-once", backend=reviewed)
    golden("deploy-reviewed.txt", ran.transcript)
    assert reviewed.artifacts.zip == b"zip"
    assert len(reviewed.terraform.requests) == 1, "the plan was recreated"
    assert (reviewed.terraform.applied, reviewed.terraform.open_plans) == (1, 0)


def test_production_takes_yes_only_with_a_reviewed_plan(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("deploy", "production", "--yes", backend=backend)
    golden("deploy-not-reviewed.txt", ran.transcript)
    assert backend.terraform.requests == []


def test_a_plan_whose_conditions_have_changed_is_refused_by_name(hybridctl, golden, reviewed):
    reviewed.state.serial += 1
    ran = hybridctl(
        "deploy", "production", "--plan", str(FILE), "--yes", backend=reviewed, checkout=FakeCheckout(commit="fedc" * 4)
    )
    golden("deploy-stale-plan.txt", ran.transcript)
    assert (reviewed.terraform.applied, reviewed.terraform.open_plans) == (0, 0)
    assert reviewed.journal.releases() == []


def test_the_plan_of_one_environment_is_not_applied_to_another(hybridctl, reviewed):
    ran = hybridctl("deploy", "staging", "--plan", str(FILE), "--yes", backend=reviewed)
    assert ran.code == 4
    assert "environment: production → staging" in ran.err


def test_the_plan_goes_with_the_versions_of_the_providers(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    backend.terraform.locked_providers = b"hashicorp/aws 6.62.0"
    hybridctl("plan", "staging", "--out", str(FILE), backend=backend)
    backend.terraform.locked_providers = None
    assert hybridctl("deploy", "staging", "--plan", str(FILE), "--yes", backend=backend).code == 0
    assert backend.terraform.locked_providers == b"hashicorp/aws 6.62.0"


def test_a_plan_that_is_not_there_is_named(hybridctl):
    ran = hybridctl("deploy", "staging", "--plan", "none.plan", "--yes", backend=FakeBackend.deployed(1))
    assert ran.code == 2
    assert "reading the plan none.plan: No such file or directory" in ran.err


def test_a_package_that_was_built_before_is_taken_as_it_is(hybridctl, tmp_path):
    backend = with_new_code(FakeHandler(2), 1)
    built = tmp_path / "built.zip"
    argv = ("deploy", "local", "--package", str(built))
    assert hybridctl(*argv, backend=backend).code == 1
    built.write_bytes(b"the one zip")
    ran = hybridctl(*argv, backend=backend)
    assert ran.code == 0
    assert "✓ build     built before, " in ran.err
    assert backend.artifacts.zip == b"the one zip"


def test_a_plan_takes_no_other_values(hybridctl):
    assert hybridctl("deploy", "staging", "--plan", "a.plan", "--var", "x=1").code == 2
    assert hybridctl("deploy", "staging", "--plan", "a.plan", "--as", "production").code == 2
    assert hybridctl("deploy", "staging", "--plan", "a.plan", "--package", "b.zip").code == 2


@pytest.mark.parametrize("command", [("plan",), ("deploy", "--dry-run")])
def test_what_is_allowed_elsewhere_is_still_refused_where_it_is_protected(hybridctl, command):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = DROPS_TABLE
    allowed = ("--allow", f"table-destroyed:{TABLE}")
    assert hybridctl(*command, "local", *allowed, backend=backend).code == 0
    ran = hybridctl(*command, "production", *allowed, backend=backend)
    assert ran.code == 5
    assert "the environment is protected" in ran.err
    assert backend.terraform.open_plans == 0


def test_a_dry_run_says_what_would_be_done_and_does_none_of_it(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("deploy", "production", "--dry-run", backend=backend)
    golden("deploy-dry-run.txt", ran.transcript)
    assert (backend.terraform.applied, backend.terraform.open_plans) == (0, 0)
    assert backend.functions.moves == []
    assert backend.journal.releases() == []


def test_a_build_that_came_in_between_is_not_applied_under_the_old_plan(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)

    def answer() -> str:
        backend.artifacts.zip = b"another build"
        return "y"

    ran = hybridctl("deploy", "staging", backend=backend, answer=answer)
    assert ran.code == 4
    assert "no longer contains build bbbbbbbbbbbbbbbb" in ran.err
    assert backend.terraform.applied == 0
    assert backend.journal.releases()[-1].outcome is Outcome.FAILED


def test_a_plan_is_applied_only_with_the_digest_that_was_reviewed(hybridctl, reviewed):
    digest = reviewed.plan_files.kept[FILE].digest
    deploy = ("deploy", "production", "--plan", str(FILE), "--yes", "--strategy=all-at-once")
    ran = hybridctl(*deploy, "--digest", digest[:-1] + ("0" if digest[-1] != "0" else "1"), backend=reviewed)
    assert (ran.code, reviewed.terraform.applied) == (6, 0)
    assert f"the plan release.plan has the SHA-256 {digest}" in ran.err
    for wrong in ("", "abc", "x" * 64):
        ran = hybridctl(*deploy, "--digest", wrong, backend=reviewed)
        assert (ran.code, reviewed.terraform.applied) == (2, 0)
    assert hybridctl("deploy", "local", "--digest", digest, backend=reviewed).code == 2
    ran = hybridctl(*deploy, "--digest", digest.upper(), backend=reviewed)
    assert (ran.code, reviewed.terraform.applied) == (0, 1)
    assert f"note: SHA-256 of the plan: {digest}\n" in ran.err


@pytest.fixture
def rolled_back(hybridctl):
    """Production, where build b… was rolled back after the plan that releases it again was reviewed."""
    backend = with_new_code(FakeHandler(3), 1, 2)
    assert hybridctl("plan", "production", "--out", str(FILE), backend=backend).code == 0
    old = replace(record_rollout(1, 1), build="a" * 16)
    bad = replace(record_rollout(2, 2), version_before=1)
    back = replace(record_rollout(1, 3), kind=Kind.ROLLBACK, build=old.build, version_before=2, reason="it is slow")
    backend.journal.records = {one.id: one for one in (old, bad, back)}
    backend.functions.alias = Alias("live", 1, "r0")
    return backend


def test_a_reviewed_plan_brings_no_build_back_that_was_rolled_back_since(hybridctl, rolled_back):
    ran = hybridctl("deploy", "production", "--plan", str(FILE), "--yes", backend=rolled_back)
    assert ran.code == 6, ran.err
    assert "was rolled back at 2026-03-01 12:00 UTC by ada@example.com: it is slow" in " ".join(ran.err.split())
    assert f"--allow rolled-back-build:{BUILD}" in ran.err
    assert (rolled_back.terraform.applied, rolled_back.terraform.open_plans) == (0, 0)
    assert rolled_back.functions.moves == []


def test_a_reviewed_plan_brings_it_back_where_it_is_named(hybridctl, rolled_back):
    named = f"rolled-back-build:{BUILD}"
    argv = ("deploy", "production", "--plan", str(FILE), "--yes", "--strategy=all-at-once", "--allow", named)
    ran = hybridctl(*argv, backend=rolled_back)
    assert ran.code == 0, ran.err
    assert (rolled_back.terraform.applied, rolled_back.terraform.open_plans) == (1, 0)
    assert rolled_back.journal.releases()[-1].allowed == (named,)


def test_a_reviewed_plan_of_another_environment_says_so_and_goes_on(hybridctl, rolled_back):
    """Where nothing is protected, the note is enough."""
    assert hybridctl("plan", "staging", "--out", str(FILE), backend=rolled_back).code == 0
    ran = hybridctl("deploy", "staging", "--plan", str(FILE), "--yes", backend=rolled_back)
    assert ran.code == 0, ran.err
    assert "note: build " in ran.err
    assert "it is slow" in ran.err
