"""`hybridctl state`, whole, on fakes."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fakes import FakeBackend
from fakes.clock import NOON
from hybridctl.domain.release import Kind, Outcome, Release, Rollout
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.stored_state import StateKind, StoredState
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.errors import EngineFailed

FUNCTION = "module.function.aws_lambda_function.this"
LOCK = StateLock("abc-1", "OperationTypeApply", "ada@laptop", NOON, 600.0)


def with_resources() -> FakeBackend:
    backend = FakeBackend.deployed(1)
    attributes = {"memory_size": 512, "function_name": "hybrid-ci-cd-local", "secret": "(sensitive)"}
    backend.terraform.held = Resources((Resource(FUNCTION, "aws_lambda_function", attributes),))
    return backend


def test_the_state_is_listed_and_shown(hybridctl, golden):
    golden("state-list.txt", hybridctl("state", "list", backend=with_resources()).transcript)
    golden("state-show.txt", hybridctl("state", "show", FUNCTION, backend=with_resources()).transcript)
    missing = hybridctl("state", "show", "aws_x.y", backend=with_resources())
    assert (missing.code, "there is no aws_x.y in the state" in missing.err) == (3, True)
    assert hybridctl("state", "list", backend=FakeBackend()).code == 3


def test_a_lock_is_shown_before_it_is_removed(hybridctl, golden):
    backend = with_resources()
    backend.state.locked = LOCK
    golden("state-unlock-nobody-to-ask.txt", hybridctl("state", "unlock", "local", backend=backend).transcript)
    assert backend.terraform.unlocked == []
    assert hybridctl("state", "unlock", "local", backend=backend, answer="n").code == 6
    assert hybridctl("state", "unlock", "local", backend=backend, answer="y").code == 0
    assert backend.terraform.unlocked == ["abc-1"]


def test_a_lock_that_a_living_release_may_hold_is_left_alone(hybridctl, clock):
    backend = with_resources()
    backend.state.locked = LOCK
    backend.journal.holder = Release(
        "20260301T110000-1", Kind.DEPLOY, "local", "0", "ada@example.com", "laptop:1", NOON - timedelta(minutes=5)
    )
    ran = hybridctl("state", "unlock", "local", "--yes", backend=backend)
    assert (ran.code, "is running and may hold it" in ran.err, backend.terraform.unlocked) == (4, True, [])
    backend.journal.orphaned = True
    assert hybridctl("state", "unlock", "local", "--yes", backend=backend).code == 0


def test_a_lock_whose_engine_died_here_says_so(hybridctl):
    backend = with_resources()
    backend.state.locked = LOCK
    backend.terraform.dead.append(LOCK.id)
    ran = hybridctl("state", "unlock", "local", backend=backend, answer="n")
    assert "ada@laptop (apply, since 2026-03-01 12:00 UTC; its Terraform process is dead)" in " ".join(ran.err.split())


def test_a_lock_that_names_nobody_is_shown_and_removed(hybridctl):
    backend = with_resources()
    backend.state.locked = StateLock("", "", "", NOON, 600.0, unreadable="it is truncated")
    shown = hybridctl("state", "unlock", "local", backend=backend, answer="n")
    assert "locked for 10 min by an unknown holder" in shown.err
    assert "it is truncated" in shown.err
    assert (shown.code, backend.state.removed) == (6, [])
    assert hybridctl("state", "unlock", "local", "--yes", backend=backend).code == 0
    assert (len(backend.state.removed), backend.terraform.unlocked) == (1, [])


def test_a_half_made_environment_is_listed(hybridctl):
    backend = with_resources()
    backend.state.stored = StoredState(StateKind.WITHOUT_OUTPUTS, resources=3)
    assert hybridctl("state", "list", "local", backend=backend).code == 0


def test_unlocking_a_protected_environment_wants_its_name(hybridctl):
    backend = with_resources()
    backend.state.locked = LOCK
    assert hybridctl("state", "unlock", "production", backend=backend, answer="y").code == 6
    assert hybridctl("state", "unlock", "production", backend=backend, answer="production").code == 0


def test_unlocking_is_reported_as_json_too(hybridctl):
    backend = with_resources()
    backend.state.locked = LOCK
    ran = hybridctl("--output", "json", "state", "unlock", "local", "--yes", backend=backend)
    assert json.loads(ran.out)["lock"]["who"] == "ada@laptop"


def test_a_claim_that_a_dead_runner_left_is_removed_too(hybridctl):
    backend = with_resources()
    begun = NOON - timedelta(minutes=20)
    backend.journal.begin(Release("20260301T110000-9", Kind.DEPLOY, "local", "0", "ci@example.com", "runner:1", begun))
    ran = hybridctl("state", "unlock", "local", "--yes", backend=backend)
    assert ran.code == 0, ran.err
    assert "held by deploy 20260301T110000-9 (ci@example.com on runner:1, since" in " ".join(ran.err.split())
    assert backend.journal.running() is None
    assert backend.journal.releases()[0].outcome is Outcome.INTERRUPTED


def test_a_rollout_is_not_unlocked_but_ended(hybridctl):
    backend = with_resources()
    rollout = Rollout("canary:10@5m", 1, 2, 0.1, NOON)
    release = Release("1", Kind.DEPLOY, "local", "0", "ci@example.com", "runner-7:12", NOON, rollout=rollout)
    backend.journal.begin(release)
    ran = hybridctl("state", "unlock", "local", "--yes", backend=backend)
    assert (ran.code, "hybridctl promote local, or hybridctl abort local" in ran.err) == (4, True)


def test_a_state_that_was_left_behind_is_pushed(hybridctl, golden):
    backend = with_resources()
    assert hybridctl("state", "push", "local", backend=backend).code == 3
    backend.terraform.errored = Path("terraform/environments/local/errored.tfstate")
    ran = hybridctl("state", "push", "local", backend=backend)
    golden("state-push.txt", ran.transcript)
    assert backend.terraform.errored is None


def test_a_state_that_was_left_behind_is_set_aside_with_consent(hybridctl):
    backend = with_resources()
    assert hybridctl("state", "push", "local", "--set-aside", backend=backend).code == 3
    backend.terraform.errored = Path("errored.tfstate")
    assert hybridctl("state", "push", "staging", "--set-aside", backend=backend, answer="n").code == 6
    assert backend.terraform.errored
    ran = hybridctl("state", "push", "staging", "--set-aside", backend=backend, answer="y")
    assert (ran.code, backend.terraform.errored) == (0, None)
    assert "hybridctl deploy staging" in " ".join(ran.out.split())


CUT_OFF = StoredState(StateKind.UNREADABLE, "it is truncated")
EARLIER = StoredState(StateKind.OK, written=NOON, serial=11, resources=35, version="v1")


def test_an_unreadable_state_is_restored_with_consent(hybridctl, golden):
    backend = with_resources()
    backend.state.stored, backend.state.before = CUT_OFF, EARLIER
    assert hybridctl("state", "restore", "staging", backend=backend, answer="n").code == 6
    assert backend.state.stored is CUT_OFF
    golden("state-restore.txt", hybridctl("state", "restore", "local", "--yes", backend=backend).transcript)
    assert backend.state.stored is EARLIER


def test_an_init_that_fails_on_the_state_says_what_is_wrong_with_the_state(hybridctl):
    backend = with_resources()
    backend.terraform.init_fails = EngineFailed("init of local: Unsupported state file format")
    assert "Unsupported state file format" in hybridctl("plan", "local", backend=backend).err
    backend.state.stored = replace(CUT_OFF, kind=StateKind.ENCRYPTED, why="OpenTofu has encrypted it")
    ran = hybridctl("plan", "local", backend=backend)
    assert (ran.code, "OpenTofu has encrypted it" in " ".join(ran.err.split())) == (1, True)


def test_a_state_that_can_be_read_or_is_locked_is_not_restored(hybridctl):
    backend = with_resources()
    backend.state.before = EARLIER
    assert hybridctl("state", "restore", "local", "--yes", backend=backend).code == 3
    backend.state.stored = replace(CUT_OFF, kind=StateKind.ENCRYPTED, why="OpenTofu has encrypted it")
    refused = hybridctl("state", "restore", "local", "--yes", backend=backend)
    assert (refused.code, "encrypted" in refused.err) == (1, True)
    backend.state.stored, backend.state.locked = CUT_OFF, LOCK
    assert hybridctl("state", "restore", "local", "--yes", backend=backend).code == 4
    backend.state.locked = backend.state.before = None
    assert hybridctl("state", "restore", "local", "--yes", backend=backend).code == 3


def test_without_a_lock_there_is_nothing_to_remove(hybridctl):
    assert hybridctl("state", "unlock", "local", "--yes", backend=with_resources()).code == 3
