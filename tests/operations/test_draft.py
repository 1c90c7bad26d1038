"""Writing the outcome of a release, whatever the journal answers."""

import io
from dataclasses import dataclass, field

import pytest

from fakes.clock import NOON, FakeClock
from fakes.journal import FakeJournal
from hybridctl.domain.release import Kind, Outcome, Release
from hybridctl.errors import AwsRefused, NotRecorded, TakenOver
from hybridctl.operations.draft import Draft
from hybridctl.views.printer import Printer
from hybridctl.views.progress import ScreenProgress

LOST = AwsRefused("recording the release: no answer")
TAKEN = TakenOver("the release has ended")


@dataclass
class FailingJournal(FakeJournal):
    """Raises one of these errors at each attempt to finish a release, then succeeds."""

    failures: list[Exception] = field(default_factory=list)

    def finish(self, release: Release) -> None:
        if self.failures:
            raise self.failures.pop(0)
        super().finish(release)


def end(*failures: Exception) -> FailingJournal:
    journal = FailingJournal(failures=list(failures))
    draft = Draft(
        Release("r1", Kind.DEPLOY, "local", "0", "ada", "host", NOON),
        journal,
        ScreenProgress(Printer(io.StringIO(), {}), FakeClock()),
    )
    draft.end(Outcome.LIVE, NOON)
    return journal


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_the_outcome_is_written_again_after_a_lost_answer(lost):
    assert end(*[LOST] * lost).records["r1"].outcome is Outcome.LIVE


def test_a_release_that_belongs_to_someone_else_is_not_ended_by_us():
    with pytest.raises(TakenOver):
        end(TAKEN)


def test_a_release_that_is_gone_after_a_lost_answer_was_ended_by_us():
    assert end(LOST, TAKEN).failures == []


def test_an_outcome_that_cannot_be_written_is_reported_with_it():
    with pytest.raises(NotRecorded, match="deploy r1 ended as live, but the record could not be written") as failed:
        end(LOST, LOST, LOST)
    assert failed.value.hint == "fix the cause; hybridctl deploy local then completes the history"
