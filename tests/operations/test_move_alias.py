"""Each way in which one move of the alias can go, with Lambda's answers set one by one."""

from dataclasses import dataclass, field

import pytest

from fakes import FakeBackend, FakeClock
from fakes.releases import RecordingSteps
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.strategy import ALL_AT_ONCE, parse_strategy, percent
from hybridctl.errors import (
    AliasMoved,
    AwsRefused,
    CheckFailed,
    FunctionBusy,
    HybridctlError,
    Interrupted,
    NotDeployed,
    OutcomeUnknown,
    ReleaseTakenBack,
    Unanswered,
    VersionNotFound,
)
from hybridctl.operations.move_alias import give_all_to, move_alias
from hybridctl.operations.shift import alarms_before, stopping_alarms
from hybridctl.operations.take_back import describe, return_to, take_back
from hybridctl.operations.traffic import LOOK_SECONDS, SOON_SECONDS, Traffic

OLD, NEW, OTHER = 1, 2, 3
MOVED = AliasMoved("someone else moved it")
BUSY = FunctionBusy("in progress")
REFUSED = AwsRefused("no answer")
WARMING = Provisioned(2, 0, "IN_PROGRESS")


def serving(version: int, revision: str = "r1", **weights: float) -> Alias:
    return Alias("live", version, revision, {int(name[1:]): share for name, share in weights.items()})


@dataclass
class SetFunctions:
    """Moves and reads that end as they were set, one after the other; the last read is repeated."""

    moves: list[Alias | BaseException] = field(default_factory=list)
    reads: list[Alias | BaseException | None] = field(default_factory=list)
    kept: Provisioned | None = None
    moved: list[tuple[Alias, int, dict[int, float]]] = field(default_factory=list)

    def move(self, alias: Alias, *, to: int, weights: dict[int, float]) -> Alias:
        self.moved.append((alias, to, dict(weights)))
        return _end_with(self.moves.pop(0))

    def live(self) -> Alias | None:
        found = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        return None if found is None else _end_with(found)

    def read_provisioned(self) -> Provisioned | None:
        return self.kept


def _end_with(how: Alias | BaseException) -> Alias:
    if isinstance(how, BaseException):
        raise how
    return how


def traffic_of(functions: SetFunctions) -> Traffic:
    backend = FakeBackend.deployed(OLD)
    traffic = Traffic.of(backend, Outputs({"lambda_function_name": "f"}), FakeClock(), RecordingSteps(), "user")
    traffic.functions = functions
    return traffic


def move(functions: SetFunctions, alias: Alias, **weights: float) -> tuple[Alias, Traffic]:
    traffic = traffic_of(functions)
    return move_alias(
        traffic, alias, to=NEW, weights={int(name[1:]): share for name, share in weights.items()}
    ), traffic


def test_a_move_is_asked_for_once_from_what_was_read():
    functions = SetFunctions([serving(NEW, "r2")])
    moved, traffic = move(functions, serving(OLD), v1=0.9)
    assert moved == serving(NEW, "r2")
    assert functions.moved == [(serving(OLD), NEW, {1: 0.9})]
    assert traffic.clock.slept == []


def test_a_busy_function_is_asked_every_two_seconds_for_three_minutes():
    functions = SetFunctions([*[BUSY] * 90, serving(NEW, "r2")])
    moved, traffic = move(functions, serving(OLD))
    assert (moved.version, traffic.clock.slept) == (NEW, [LOOK_SECONDS] * 90)
    functions = SetFunctions([BUSY] * 99)
    with pytest.raises(FunctionBusy):
        move(functions, serving(OLD))
    assert len(functions.moved) == 91


def test_a_revision_that_lambda_changed_is_taken_and_the_move_made_again():
    now = serving(OLD, "r2")
    functions = SetFunctions([MOVED, serving(NEW, "r3")], [now])
    assert move(functions, serving(OLD))[0] == serving(NEW, "r3")
    assert [alias for alias, _, _ in functions.moved] == [serving(OLD), now]


def test_after_five_moves_without_success_someone_else_is_believed():
    functions = SetFunctions([MOVED] * 9, [serving(OLD, "r2")])
    with pytest.raises(AliasMoved):
        move(functions, serving(OLD))
    assert len(functions.moved) == 5


@pytest.mark.parametrize("now", [serving(OTHER, "r2"), serving(OLD, "r2", v3=0.1), serving(OTHER, "r2", v1=1.0)])
def test_an_alias_that_serves_something_else_was_moved_by_someone(now):
    functions = SetFunctions([MOVED, serving(NEW)], [now])
    with pytest.raises(AliasMoved):
        move(functions, serving(OLD))
    assert len(functions.moved) == 1


def test_weights_that_lambda_has_cleared_meanwhile_are_its_own():
    """It was allocating when it was read; now it is done, or not yet."""
    functions = SetFunctions([MOVED, serving(NEW, "r3")], [serving(OLD, "r2")], WARMING)
    assert move(functions, serving(OLD, v3=1.0))[0].revision == "r3"
    functions = SetFunctions([MOVED, serving(NEW, "r3")], [serving(OLD, "r2")])
    with pytest.raises(AliasMoved):
        move(functions, serving(OLD, v3=1.0))


def test_a_refusal_does_not_count_when_the_alias_is_where_it_was_to_go():
    assert move(SetFunctions([REFUSED], [serving(NEW, "r2", v1=0.9)]), serving(OLD), v1=0.9)[0].revision == "r2"
    assert move(SetFunctions([REFUSED], [serving(NEW, "r2")]), serving(OLD))[0].revision == "r2"
    # Lambda keeps the traffic at the version before until the new one is warm: that is this move too.
    assert move(SetFunctions([REFUSED], [serving(NEW, "r2", v1=1.0)], WARMING), serving(OLD))[0].revision == "r2"


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (serving(OLD, "r2"), None),
        (serving(NEW, "r2", v1=0.5), None),
        (serving(NEW, "r2", v1=1.0), None),
        (serving(OLD, "r2", v3=1.0), WARMING),
    ],
)
def test_a_refusal_is_one_when_the_alias_is_elsewhere(now, kept):
    with pytest.raises(AwsRefused):
        move(SetFunctions([REFUSED], [now], kept), serving(OLD), v1=0.9)


def test_an_alias_that_is_gone_cannot_be_moved():
    with pytest.raises(NotDeployed, match="f has no alias that could be moved"):
        move(SetFunctions([REFUSED], [None]), serving(OLD))


# --- give_all_to


def give(functions: SetFunctions, allowed: tuple[int, ...] = (OLD, NEW)) -> tuple[Alias, Traffic]:
    traffic = traffic_of(functions)
    return give_all_to(traffic, OLD, allowed), traffic


def test_what_serves_one_version_alone_is_not_moved():
    functions = SetFunctions([], [serving(OLD)])
    assert give(functions)[0] == serving(OLD)
    assert functions.moved == []


def test_an_alias_is_moved_and_read_again():
    functions = SetFunctions([serving(OLD, "r2")], [serving(NEW), serving(OLD, "r2")])
    found, traffic = give(functions)
    assert found == serving(OLD, "r2")
    assert functions.moved == [(serving(NEW), OLD, {})]
    assert traffic.clock.slept == []


def test_the_revision_from_before_the_move_is_waited_out():
    functions = SetFunctions([serving(OLD, "r2")], [*[serving(NEW)] * 4, serving(OLD, "r2")])
    _, traffic = give(functions)
    assert len(functions.moved) == 1
    assert traffic.clock.slept == [SOON_SECONDS] * 3


def test_an_old_revision_that_stays_for_twenty_seconds_is_moved_again():
    functions = SetFunctions([serving(OLD, "r2")] * 9, [serving(NEW)])
    traffic = traffic_of(functions)
    with pytest.raises(OutcomeUnknown) as raised:
        give_all_to(traffic, OLD, (OLD, NEW))
    assert traffic.clock.slept == [SOON_SECONDS] * 40
    assert str(raised.value) == "live still splits traffic after 5 moves to version 1"
    assert raised.value.hint == "hybridctl status, then hybridctl rollback local --version 1"
    assert len(functions.moved) == 5


def test_new_weights_are_cleared_as_often_as_they_come():
    reads = [serving(NEW, "r1"), serving(OLD, "r2", v2=1.0), serving(OLD, "r3", v2=1.0), serving(OLD, "r4")]
    functions = SetFunctions([serving(OLD, "x")] * 3, reads, WARMING)
    found, traffic = give(functions)
    assert found.revision == "r4"
    assert [alias.revision for alias, _, _ in functions.moved] == ["r1", "r2", "r3"]
    assert traffic.clock.slept == []


@pytest.mark.parametrize("found", [serving(OTHER), serving(NEW, v3=0.1)])
def test_what_someone_else_gave_the_traffic_to_is_left_alone(found):
    functions = SetFunctions([], [found])
    with pytest.raises(AliasMoved, match="someone else moved it"):
        give(functions)
    assert functions.moved == []


# --- take_back


def back(cause: BaseException, functions: SetFunctions, before: Alias | None = None) -> Traffic:
    traffic = traffic_of(functions)
    take_back(traffic, before or serving(OLD), NEW, cause)
    return traffic


@pytest.mark.parametrize("cause", [MOVED, Unanswered("silence")])
def test_what_says_nothing_about_the_version_takes_nothing_back(cause):
    functions = SetFunctions([], [serving(NEW)])
    back(cause, functions)
    assert functions.moved == []


def test_a_version_that_served_before_cannot_be_taken_back():
    functions = SetFunctions([], [serving(OTHER)])
    back(CheckFailed("red"), functions, before=serving(NEW))
    assert functions.moved == []


def test_nothing_is_taken_back_where_nothing_has_moved():
    functions = SetFunctions([], [serving(OLD, "r9")])
    traffic = back(CheckFailed("red"), functions)
    assert (functions.moved, traffic.progress.said) == ([], [])


def test_a_red_version_is_taken_back_and_the_reason_is_reported():
    functions = SetFunctions([serving(OLD, "r2")], [serving(NEW), serving(NEW), serving(OLD, "r2")])
    cause = CheckFailed("2 of 9 red", result="the report")
    with pytest.raises(ReleaseTakenBack) as raised:
        back(cause, functions)
    assert str(raised.value) == "version 2 was rolled back, version 1 serves again: 2 of 9 red"
    assert (raised.value.hint, raised.value.result) == ("hybridctl logs --since 5m", "the report")
    assert raised.value.__cause__ is cause
    assert functions.moved == [(serving(NEW), OLD, {})]


def test_an_error_without_a_result_brings_none():
    with pytest.raises(ReleaseTakenBack) as raised:
        back(ZeroDivisionError("x"), SetFunctions([], [REFUSED, serving(OLD)]))
    assert raised.value.result is None
    assert str(raised.value).endswith("serves again: unexpected: ZeroDivisionError: x")


def test_an_interruption_always_reads_the_alias_and_says_so():
    traffic = traffic_of(SetFunctions([], [serving(OLD)]))
    with pytest.raises(Interrupted) as raised:
        take_back(traffic, serving(OLD), NEW, KeyboardInterrupt())
    assert str(raised.value) == "interrupted: live serves version 1 again"
    assert traffic.progress.said == [
        ("roll back...", "shifting all traffic to version 1; Ctrl-C does not stop this"),
        ("roll back", "live serves version 1 again"),
    ]


def test_taking_back_goes_on_through_failures_and_interruptions():
    functions = SetFunctions([], [serving(NEW), REFUSED, KeyboardInterrupt(), ZeroDivisionError("x"), serving(OLD)])
    traffic = traffic_of(functions)
    with pytest.raises(ReleaseTakenBack):
        take_back(traffic, serving(OLD), NEW, CheckFailed("red"))
    assert traffic.clock.slept == [LOOK_SECONDS] * 3
    assert [name for name, _ in traffic.progress.said] == [*["roll back..."] * 4, "roll back"]


def test_an_interruption_of_a_pause_does_not_stop_it_either():
    traffic = traffic_of(SetFunctions([], [serving(NEW), REFUSED, serving(OLD)]))

    def interrupt() -> None:
        raise KeyboardInterrupt

    traffic.clock.during(1, interrupt)
    with pytest.raises(ReleaseTakenBack):
        take_back(traffic, serving(OLD), NEW, CheckFailed("red"))


def test_after_four_attempts_the_outcome_is_unknown():
    functions = SetFunctions([], [serving(NEW), REFUSED])
    traffic = traffic_of(functions)
    with pytest.raises(OutcomeUnknown) as raised:
        take_back(traffic, serving(OLD), NEW, CheckFailed("red"))
    assert str(raised.value) == "red; shifting all traffic to version 1 failed too: no answer"
    assert raised.value.hint == "hybridctl status, then hybridctl rollback local --version 1"
    assert raised.value.__cause__ is REFUSED
    assert traffic.clock.slept == [LOOK_SECONDS] * 3


@pytest.mark.parametrize("failed", [MOVED, VersionNotFound("no such version"), NotDeployed("gone")])
def test_what_another_attempt_cannot_change_is_reported_at_once(failed):
    traffic = traffic_of(SetFunctions([], [serving(NEW), failed]))
    with pytest.raises(OutcomeUnknown, match=f"failed too: {failed}"):
        take_back(traffic, serving(OLD), NEW, CheckFailed("red"))
    assert traffic.clock.slept == []


def test_a_version_that_shared_with_the_new_one_is_given_all():
    functions = SetFunctions([serving(OLD, "r2")], [serving(OLD, v2=0.1), serving(OLD, v2=0.1), serving(OLD, "r2")])
    with pytest.raises(ReleaseTakenBack):
        back(CheckFailed("red"), functions)
    assert functions.moved == [(serving(OLD, v2=0.1), OLD, {})]


def test_what_a_third_version_serves_is_not_taken_back():
    with pytest.raises(OutcomeUnknown, match="someone else moved it"):
        back(CheckFailed("red"), SetFunctions([], [serving(OTHER)]))


# --- return_to


def test_a_return_gives_all_to_the_version_and_reads_it():
    functions = SetFunctions([serving(OLD, "r2")], [serving(NEW, v3=0.2), serving(NEW, v3=0.2), serving(OLD, "r2")])
    assert return_to(traffic_of(functions), OLD) == serving(OLD, "r2")


def test_a_return_that_moved_nothing_ends_with_its_error():
    functions = SetFunctions([REFUSED], [serving(NEW)])
    with pytest.raises(AwsRefused):
        return_to(traffic_of(functions), OLD)
    assert len(functions.moved) == 1


def test_a_return_that_may_have_moved_something_is_carried_through():
    functions = SetFunctions(
        [ZeroDivisionError("x"), serving(OLD, "r3")],
        [serving(NEW), serving(NEW), serving(OLD, "r2", v2=1.0), serving(OLD, "r2", v2=1.0), serving(OLD, "r3")],
    )
    traffic = traffic_of(functions)
    assert return_to(traffic, OLD) == serving(OLD, "r3")
    assert traffic.clock.slept == []


def test_an_interrupted_return_is_carried_through_and_says_how_to_verify():
    functions = SetFunctions([KeyboardInterrupt()], [serving(NEW), serving(NEW), serving(OLD, "r2")])
    traffic = traffic_of(functions)
    with pytest.raises(Interrupted) as raised:
        return_to(traffic, OLD)
    assert str(raised.value) == "interrupted: live serves version 1, which was not verified"
    assert raised.value.hint == traffic.how_to_verify


def test_an_alias_that_cannot_be_read_after_a_failure_may_have_moved():
    functions = SetFunctions([KeyboardInterrupt()], [serving(NEW), serving(NEW), REFUSED, serving(OLD, "r2")])
    with pytest.raises(Interrupted):
        return_to(traffic_of(functions), OLD)


def test_a_return_leaves_alone_what_someone_else_moved_meanwhile():
    functions = SetFunctions([REFUSED], [serving(NEW), serving(NEW), serving(OTHER)])
    with pytest.raises(OutcomeUnknown):
        return_to(traffic_of(functions), OLD)
    assert len(functions.moved) == 1


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (HybridctlError("what happened"), "what happened"),
        (KeyboardInterrupt(), "interrupted"),
        (KeyError("x"), "unexpected: KeyError: 'x'"),
    ],
)
def test_a_mistake_of_our_own_is_named_as_one(cause, expected):
    assert describe(cause) == expected


# --- what a shift is given


def test_shares_are_written_without_needless_digits():
    assert [percent(share) for share in (0.1, 0.125, 1.0, 0.00001, 0.5)] == [
        "10 %",
        "12.5 %",
        "100 %",
        "0.001 %",
        "50 %",
    ]


def test_the_alarms_that_end_a_release_are_the_configured_ones_else_all():
    outputs = Outputs({"alarm_names": ["a", "b"]})
    assert stopping_alarms(ShiftRequest(), outputs) == ("a", "b")
    assert stopping_alarms(ShiftRequest(stop_alarms=("c",)), outputs) == ("c",)
    assert stopping_alarms(ShiftRequest(stop_alarms=()), outputs) == ()
    assert stopping_alarms(ShiftRequest(), Outputs({})) == ()
    assert stopping_alarms(ShiftRequest(), Outputs({"alarm_names": None})) == ()
    assert stopping_alarms(ShiftRequest(), Outputs({"alarm_names": "a"})) == ()
    assert stopping_alarms(ShiftRequest(), Outputs({"alarm_names": 7})) == ()


def test_alarms_that_are_red_before_are_read_only_for_a_release_that_watches():
    backend = FakeBackend.deployed(OLD)
    backend.alarms.red = {"b"}
    outputs = Outputs({"alarm_names": ["a", "b"]})
    canary = ShiftRequest(parse_strategy("canary:10@5m"))
    assert alarms_before(backend.alarms, canary, outputs) == ("b",)
    assert alarms_before(backend.alarms, canary, None) == ()
    assert alarms_before(backend.alarms, ShiftRequest(ALL_AT_ONCE), outputs) == ()


def test_a_request_is_all_at_once_and_sends_nothing_unless_it_is_asked_to():
    assert ShiftRequest() == ShiftRequest(ALL_AT_ONCE, 0, False, None)
