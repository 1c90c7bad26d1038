"""The order of a deploy: what is printed, asked and done, in this order, whichever command calls the operation."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from fakes import FakeBackend, FakeCheckout, FakeClock, FakePrerequisites
from fakes.releases import RecordingSteps, about_to_deploy
from hybridctl.adapters.price_list import ListPrices
from hybridctl.domain.environment import Consent, Environment, Place
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.stored_state import StatePosition
from hybridctl.domain.strategy import parse_strategy
from hybridctl.errors import NeedsConsent, ReleaseInProgress
from hybridctl.operations.deploy import Deploy, Deployed, DeployRequest
from hybridctl.operations.proposal import Planned
from hybridctl.operations.safe_deploy import DeployOrder, Workshop, deploy_safely

STAGING = Environment("staging", "us-east-1")


@dataclass
class FakePerson:
    """A person at a terminal: what was printed and asked, in order, and how often Terraform had applied by then."""

    backend: FakeBackend
    is_there: bool = True
    agrees: bool = True
    course: list[tuple[str, int]] = field(default_factory=list)

    def _note(self, what):
        self.course.append((what, self.backend.terraform.applied))

    def say(self, subject):
        self._note(subject if isinstance(subject, str) else type(subject).__name__)

    def must_be_answerable(self, question, wanted, *, given):
        self._note("could somebody agree")
        if not (given or self.is_there):
            raise NeedsConsent(f"{question}: nobody to ask")

    def consent(self, question, name, wanted, *, given):
        self._note(question)
        if not (given or self.agrees):
            raise NeedsConsent(f"{question}: declined")


def deploy(backend, person, tmp_path, order, *, endpoint=None, credentials_end=None):
    backend.place = Place("staging", "123456789012", "us-east-1", endpoint, credentials_end=credentials_end)
    run = Deploy(backend, FakeCheckout(), FakeClock(), RecordingSteps(), "smoke-user")
    prices = ListPrices(tmp_path, lambda: pytest.fail("AWS's price list was asked"))
    workshop = Workshop(lambda: prices, FakePrerequisites(), lambda: backend.plan_files, "python3.13", "arm64")
    return deploy_safely(run, person, workshop, order)


def test_what_would_change_is_shown_before_it_is_asked_and_nothing_is_applied_before_that(tmp_path):
    backend = about_to_deploy()
    person = FakePerson(backend)
    done = deploy(backend, person, tmp_path, DeployOrder(STAGING))
    assert isinstance(done, Deployed)
    assert [what for what, _ in person.course] == ["could somebody agree", "Changes", "Deploy to staging"]
    assert {applied for _, applied in person.course} == {0}
    assert backend.terraform.applied == 1


@pytest.mark.parametrize("person", [{"is_there": False}, {"agrees": False}], ids=["nobody there", "declined"])
def test_without_consent_nothing_is_applied_and_no_plan_is_left(tmp_path, person):
    backend = about_to_deploy()
    with pytest.raises(NeedsConsent):
        deploy(backend, FakePerson(backend, **person), tmp_path, DeployOrder(STAGING))
    assert (backend.terraform.applied, backend.terraform.open_plans) == (0, 0)


def test_nobody_who_could_agree_is_found_before_anything_is_planned(tmp_path):
    backend = about_to_deploy()
    with pytest.raises(NeedsConsent):
        deploy(backend, FakePerson(backend, is_there=False), tmp_path, DeployOrder(STAGING))
    assert backend.terraform.requests == []


@pytest.mark.parametrize(
    ("minutes", "strategy", "note"),
    [
        (
            15,
            "canary:10@5m",
            "expire in 15 min, and this release may take 20 min: renew them first",
        ),
        (30, "canary:10@5m", None),
        (2, "all-at-once", "expire in 2 min, and this release may take 5 min: renew them first"),
    ],
)
def test_credentials_that_end_before_the_release_are_named_before_it_starts(tmp_path, minutes, strategy, note):
    """gruntwork-io/terragrunt#396"""
    backend = about_to_deploy()
    person = FakePerson(backend, agrees=False)
    request = DeployRequest(shift=ShiftRequest(parse_strategy(strategy)))
    end = FakeClock().now() + timedelta(minutes=minutes)
    with pytest.raises(NeedsConsent):
        deploy(backend, person, tmp_path, DeployOrder(STAGING, request=request), credentials_end=end)
    assert [what for what, _ in person.course if what.startswith("note:")] == (
        [f"note: the credentials {note}"] if note else []
    )


def test_a_dry_run_asks_nobody_and_applies_nothing(tmp_path):
    backend = about_to_deploy()
    person = FakePerson(backend, is_there=False, agrees=False)
    done = deploy(backend, person, tmp_path, DeployOrder(STAGING, dry_run=True))
    assert isinstance(done, Planned)
    assert person.course == []
    assert (backend.terraform.applied, backend.terraform.open_plans) == (0, 0)


def test_the_claim_is_read_once_before_the_plan(tmp_path, monkeypatch):
    backend, planned = about_to_deploy(), []
    claim = backend.journal.claim

    def read_claim():
        planned.append(len(backend.terraform.requests))
        return claim()

    monkeypatch.setattr(backend.journal, "claim", read_claim)
    deploy(backend, FakePerson(backend), tmp_path, DeployOrder(STAGING, dry_run=True))
    assert planned == [0]


def test_the_state_is_read_once_after_the_apply(tmp_path, monkeypatch):
    backend, reads = about_to_deploy(), []
    look = backend.state.look

    def read():
        reads.append(backend.terraform.applied)
        return Outputs(backend.state.values), StatePosition("lineage", 7)

    monkeypatch.setattr(backend.state, "read", read)
    monkeypatch.setattr(backend.state, "look", lambda: reads.append("look") if backend.terraform.applied else look())
    done = deploy(backend, FakePerson(backend), tmp_path, DeployOrder(STAGING))
    assert reads == [1]
    assert done.release.serial == 7


@pytest.mark.parametrize(
    ("endpoint", "order", "reads"),
    [
        ("http://127.0.0.1:1", {}, 0),
        ("http://127.0.0.1:1", {"dry_run": True}, 1),
        ("http://127.0.0.1:1", {"values_of": "production"}, 1),
        (None, {}, 1),
    ],
    ids=["sandbox", "sandbox, shown", "sandbox, rehearsed", "AWS"],
)
def test_prices_are_read_where_somebody_sees_the_cost(tmp_path, monkeypatch, endpoint, order, reads):
    backend, read = about_to_deploy(), []
    of = ListPrices.of
    monkeypatch.setattr(ListPrices, "of", lambda prices, region: read.append(region) or of(prices, region))
    deploy(backend, FakePerson(backend), tmp_path, DeployOrder(STAGING, **order), endpoint=endpoint)
    assert len(read) == reads


def test_consent_in_advance_is_no_review_where_a_review_is_wanted(tmp_path):
    backend = about_to_deploy()
    typed = replace(STAGING, consent=Consent.TYPED)
    with pytest.raises(NeedsConsent, match="--yes"):
        deploy(backend, FakePerson(backend), tmp_path, DeployOrder(typed, yes=True))
    assert backend.terraform.requests == []


def test_nothing_is_planned_beside_a_rollout(hybridctl, tmp_path):
    backend = about_to_deploy()
    hybridctl("deploy", "local", "--strategy", "canary:10@20s", "--detach", backend=backend)
    planned = len(backend.terraform.requests)
    with pytest.raises(ReleaseInProgress):
        deploy(backend, FakePerson(backend), tmp_path, DeployOrder(STAGING))
    assert len(backend.terraform.requests) == planned
