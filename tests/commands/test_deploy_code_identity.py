"""What is released is what was built: the code of the version, and not only what Terraform says of it."""

import json

import pytest

from fakes import FakeBackend
from fakes.backend import NEW_CODE, outputs
from fakes.functions import FakeHandler
from hybridctl.domain.release import Outcome


def republishing(*, other: dict[int, str]) -> FakeBackend:
    """A release of version 2, where those versions run code that is not the package."""
    backend = FakeBackend.deployed(1)
    backend.terraform.planned, backend.terraform.publishes = NEW_CODE, FakeHandler(2)
    backend.functions.code = dict(other)
    return backend


def test_a_version_with_other_code_is_replaced_in_the_same_release(hybridctl):
    backend = republishing(other={2: "console"})
    ran = hybridctl("--output", "json", "deploy", "local", backend=backend, width=200)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["version"] == 3
    assert backend.functions.alias.version == 3
    assert "version 2 contains other code" in ran.err
    assert "uploaded again as version 3" in ran.err
    (record,) = backend.journal.releases()
    assert (record.version_after, record.outcome) == (3, Outcome.LIVE)


def test_code_that_cannot_be_put_right_is_refused_and_the_alias_stays(hybridctl):
    backend = republishing(other={2: "console"})
    backend.functions.stuck_code = "console"
    ran = hybridctl("--output", "json", "deploy", "local", backend=backend)
    assert ran.code == 5
    error = json.loads(ran.out)["error"]
    assert error["code"] == "code_differs"
    assert "version 3 contains other code" in error["message"]
    assert "hybridctl build --explain local" in error["hint"]
    assert backend.functions.alias.version == 1
    (record,) = backend.journal.releases()
    assert record.outcome is Outcome.FAILED


@pytest.fixture
def stale() -> FakeBackend:
    """Terraform has nothing to do: its state has the new hash. The function kept the old code."""
    backend = FakeBackend.deployed(1)
    backend.functions.code = {1: "old"}
    return backend


def test_nothing_to_do_is_not_reported_for_other_code(hybridctl, stale):
    ran = hybridctl("deploy", "local", backend=stale)
    assert ran.code == 0, ran.err
    assert stale.functions.alias.version == 2
    assert len(stale.journal.releases()) == 1
    stale.state.values = outputs(2)  # Terraform's next refresh has found the new version
    again = hybridctl("deploy", "local", backend=stale)
    assert "nothing to do" in again.out
    assert stale.functions.alias.version == 2


def test_a_plan_says_that_the_code_is_not_the_packages(hybridctl, stale):
    ran = hybridctl("plan", "local", backend=stale, width=200)
    assert "note: version 1 contains other code" in ran.err
    assert hybridctl("plan", "local", "--detailed-exitcode", backend=stale).code == 5
    assert stale.functions.alias.version == 1


def test_an_unchanged_release_uploads_nothing(hybridctl):
    backend = FakeBackend.deployed(1)
    assert hybridctl("deploy", "local", backend=backend).code == 0
    assert sorted(backend.functions.handlers) == [1]
